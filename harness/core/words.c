/* SPDX-License-Identifier: Apache-2.0 */
/* The names of the design's words, as they stand in result files and reports. */
#include "harness/core/words.h"

#include <stddef.h>
#include <string.h>

static const char *const unit_names[FIGURE_UNITS] = {
	[NANOSECONDS] = "ns",
	[OPERATIONS_PER_SECOND] = "op/s",
	[BYTES_PER_SECOND] = "B/s",
	[INSTRUCTIONS] = "instructions",
	[OPERATIONS_PER_GIGAINSTRUCTION] = "op/Ginstr",
	[BYTES_PER_GIGAINSTRUCTION] = "B/Ginstr",
};

static const char *const better_names[BETTERS] = {
	[LOWER] = "lower",
	[HIGHER] = "higher",
};

static const char *const execution_names[EXECUTIONS] = {
	[EXECUTION_HARDWARE] = "hardware",
	[EXECUTION_INTERPRETED] = "interpreted",
	[EXECUTION_EMULATED] = "emulated",
	[EXECUTION_DETERMINISTIC] = "deterministic",
};

static const char *const placement_names[PLACEMENTS] = {
	[PLACEMENT_ANY] = "any",
	[PLACEMENT_SAME_CORE] = "same-core",
	[PLACEMENT_SAME_CACHE] = "same-cache",
	[PLACEMENT_OTHER_NODE] = "other-node",
};

static const char *const criterion_names[CRITERIA] = {
	[CRITERION_GATE] = "gate",	     [CRITERION_LIMIT] = "limit",
	[CRITERION_REQUIRE] = "require",     [CRITERION_WEIGHT] = "weight",
	[CRITERION_REFERENCE] = "reference",
};

static const char *const limit_figure_names[LIMIT_FIGURES] = {
	[LIMIT_MEDIAN] = "median",
	[LIMIT_P99] = "p99",
	[LIMIT_MEAN] = "mean",
	[LIMIT_NATIVE_RATIO] = "native-ratio",
	[LIMIT_TIME_TO_DETECT] = "time-to-detect",
	[LIMIT_TIME_TO_RECOVER] = "time-to-recover",
	[LIMIT_REPAIR] = "repair",
	[LIMIT_FULL_RECOVERY] = "full-recovery",
	[LIMIT_DOWNTIME] = "downtime",
	[LIMIT_RECOVERED] = "recovered",
};

/* By bit number, in the order of enum disturbance. */
static const char *const disturbance_names[DISTURBANCES] = {
	"steal", "switches", "throttled", "interrupted", "migrated", "interrupts",
};

static const char *const trial_status_names[TRIAL_STATUSES] = {
	[TRIAL_OK] = "ok",
	[TRIAL_INVALID] = "invalid",
	[TRIAL_FAILED] = "failed",
	[TRIAL_UNSUPPORTED] = "unsupported",
	[TRIAL_INTERRUPTED] = "interrupted",
};

static const char *const outcome_names[OUTCOMES] = {
	[OUTCOME_NOT_ACTIVATED] = "not-activated",
	[OUTCOME_MASKED] = "masked",
	[OUTCOME_DEGRADED] = "degraded",
	[OUTCOME_AUTO_RECOVERED] = "auto-recovered",
	[OUTCOME_ASSISTED_RECOVERED] = "assisted-recovered",
	[OUTCOME_HANG] = "hang",
	[OUTCOME_CRASH] = "crash",
	[OUTCOME_DETECTED_CORRUPTION] = "detected-corruption",
	[OUTCOME_SILENT_CORRUPTION] = "silent-corruption",
	[OUTCOME_COLLATERAL] = "collateral",
	[OUTCOME_HARNESS_ERROR] = "harness-error",
};

#define COUNT(table)	    (sizeof(table) / sizeof((table)[0]))
#define NAME(table, value)  name_of(table, COUNT(table), (unsigned int)(value))
#define VALUE(table, name_) value_of(table, COUNT(table), name_)

static const char *name_of(const char *const *table, size_t count, unsigned int value)
{
	if (value >= count || !table[value])
		return "?";
	return table[value];
}

static int value_of(const char *const *table, size_t count, const char *name)
{
	if (!name)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (table[i] && !strcmp(table[i], name))
			return (int)i;
	return -1;
}

const char *unit_name(enum unit u)
{
	return NAME(unit_names, u);
}

const char *better_name(enum better b)
{
	return NAME(better_names, b);
}

const char *execution_name(enum execution e)
{
	return NAME(execution_names, e);
}

const char *trial_status_name(enum trial_status s)
{
	return NAME(trial_status_names, s);
}

const char *outcome_name(enum outcome o)
{
	return NAME(outcome_names, o);
}

const char *placement_name(enum placement p)
{
	return NAME(placement_names, p);
}

const char *disturbance_name(unsigned int bit)
{
	return NAME(disturbance_names, bit);
}

const char *criterion_name(enum criterion c)
{
	return NAME(criterion_names, c);
}

const char *limit_figure_name(enum limit_figure f)
{
	return NAME(limit_figure_names, f);
}

int unit_from_name(const char *s)
{
	return value_of(unit_names, UNITS, s);
}

int better_from_name(const char *s)
{
	return VALUE(better_names, s);
}

int execution_from_name(const char *s)
{
	return VALUE(execution_names, s);
}

int trial_status_from_name(const char *s)
{
	return VALUE(trial_status_names, s);
}

int outcome_from_name(const char *s)
{
	return VALUE(outcome_names, s);
}

int placement_from_name(const char *s)
{
	return VALUE(placement_names, s);
}

int criterion_from_name(const char *s)
{
	return VALUE(criterion_names, s);
}

int limit_figure_from_name(const char *s)
{
	return VALUE(limit_figure_names, s);
}

int figure_unit_from_name(const char *s)
{
	return VALUE(unit_names, s);
}

enum unit unit_of_figure(enum unit u, enum execution e)
{
	if (e != EXECUTION_DETERMINISTIC || (unsigned int)u >= UNITS)
		return u;
	return (enum unit)(INSTRUCTIONS + (u - NANOSECONDS));
}

bool outcome_recovered(enum outcome o)
{
	return o == OUTCOME_AUTO_RECOVERED || o == OUTCOME_ASSISTED_RECOVERED;
}
