/* SPDX-License-Identifier: Apache-2.0 */
/* Every word has a name, every name leads back to its word, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/core/words.h"

/* Names stand in result files: they must never change. */
static void names_are_as_published(void **state)
{
	(void)state;
	assert_string_equal(unit_name(NANOSECONDS), "ns");
	assert_string_equal(unit_name(OPERATIONS_PER_SECOND), "op/s");
	assert_string_equal(unit_name(BYTES_PER_SECOND), "B/s");
	assert_string_equal(better_name(LOWER), "lower");
	assert_string_equal(better_name(HIGHER), "higher");
	assert_string_equal(execution_name(EXECUTION_HARDWARE), "hardware");
	assert_string_equal(execution_name(EXECUTION_INTERPRETED), "interpreted");
	assert_string_equal(execution_name(EXECUTION_EMULATED), "emulated");
	assert_string_equal(execution_name(EXECUTION_DETERMINISTIC), "deterministic");
	assert_string_equal(trial_status_name(TRIAL_OK), "ok");
	assert_string_equal(trial_status_name(TRIAL_UNSUPPORTED), "unsupported");
	assert_string_equal(outcome_name(OUTCOME_NOT_ACTIVATED), "not-activated");
	assert_string_equal(outcome_name(OUTCOME_SILENT_CORRUPTION), "silent-corruption");
	assert_string_equal(outcome_name(OUTCOME_HARNESS_ERROR), "harness-error");
	assert_string_equal(criterion_name(CRITERION_GATE), "gate");
	assert_string_equal(criterion_name(CRITERION_REFERENCE), "reference");
	assert_string_equal(limit_figure_name(LIMIT_P99), "p99");
	assert_string_equal(limit_figure_name(LIMIT_TIME_TO_RECOVER), "time-to-recover");
}

/* The table of disturbances goes by bit: bit and name must stay together. */
static void disturbances_go_by_bit(void **state)
{
	(void)state;
	assert_string_equal(disturbance_name(__builtin_ctz(DISTURBED_STEAL)), "steal");
	assert_string_equal(disturbance_name(__builtin_ctz(DISTURBED_SWITCHES)), "switches");
	assert_string_equal(disturbance_name(__builtin_ctz(DISTURBED_THROTTLED)), "throttled");
	assert_string_equal(disturbance_name(__builtin_ctz(DISTURBED_INTERRUPTED)), "interrupted");
	assert_string_equal(disturbance_name(__builtin_ctz(DISTURBED_MIGRATED)), "migrated");
	assert_string_equal(disturbance_name(__builtin_ctz(DISTURBED_INTERRUPTS)), "interrupts");
	assert_string_equal(disturbance_name(DISTURBANCES), "?");
}

#define assert_round_trip(kind, limit)                                                             \
	do {                                                                                       \
		for (int i = 0; i < (int)(limit); i++) {                                           \
			assert_string_not_equal(kind##_name((enum kind)i), "?");                   \
			assert_int_equal(kind##_from_name(kind##_name((enum kind)i)), i);          \
		}                                                                                  \
		assert_string_equal(kind##_name((enum kind)(limit)), "?");                         \
		assert_string_equal(kind##_name((enum kind) - 1), "?");                            \
		assert_int_equal(kind##_from_name("?"), -1);                                       \
		assert_int_equal(kind##_from_name(""), -1);                                        \
		assert_int_equal(kind##_from_name(NULL), -1);                                      \
	} while (0)

static void names_lead_back(void **state)
{
	(void)state;
	for (int i = 0; i < (int)UNITS; i++)
		assert_int_equal(unit_from_name(unit_name((enum unit)i)), i);
	/* Virtual time is how figures read; no file declares it. */
	for (int i = UNITS; i < (int)FIGURE_UNITS; i++) {
		assert_string_not_equal(unit_name((enum unit)i), "?");
		assert_int_equal(unit_from_name(unit_name((enum unit)i)), -1);
	}
	assert_string_equal(unit_name(FIGURE_UNITS), "?");
	assert_int_equal(unit_of_figure(NANOSECONDS, EXECUTION_EMULATED), NANOSECONDS);
	assert_int_equal(unit_of_figure(NANOSECONDS, EXECUTION_DETERMINISTIC), INSTRUCTIONS);
	assert_int_equal(unit_of_figure(BYTES_PER_SECOND, EXECUTION_DETERMINISTIC),
			 BYTES_PER_GIGAINSTRUCTION);
	assert_round_trip(better, BETTERS);
	assert_round_trip(execution, EXECUTIONS);
	assert_round_trip(placement, PLACEMENTS);
	assert_round_trip(trial_status, TRIAL_STATUSES);
	assert_round_trip(outcome, OUTCOMES);
	assert_round_trip(criterion, CRITERIA);
	assert_round_trip(limit_figure, LIMIT_FIGURES);
	for (int i = 0; i < (int)FIGURE_UNITS; i++)
		assert_int_equal(figure_unit_from_name(unit_name((enum unit)i)), i);
}

static void recovered_means_lost_and_regained(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOMES; i++)
		assert_int_equal(outcome_recovered((enum outcome)i),
				 i == OUTCOME_AUTO_RECOVERED || i == OUTCOME_ASSISTED_RECOVERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_as_published),
		cmocka_unit_test(disturbances_go_by_bit),
		cmocka_unit_test(names_lead_back),
		cmocka_unit_test(recovered_means_lost_and_regained),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
