/* SPDX-License-Identifier: Apache-2.0 */
/* The section on noise: how much figures differ where nothing was changed, as `aa` stored it. */
#include <math.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"
#include "report/noise.h"
#include "report/number.h"
#include "report/section.h"
#include "report/table.h"

enum {
	BENCH,
	PARAMETER,
	PLATFORM,
	VARIANT,
	EXECUTION,
	RUNS,
	TRIALS,
	WITHIN,
	BETWEEN_TRIALS,
	BETWEEN_RUNS,
	FLOOR,
	DETECTABLE,
	DETECTABLE_RUNS,
	BEST,
	BATCHES,
	TRIAL_DEVIATION,
	RUN_DEVIATION,
	BATCH_NS,
	TRIAL_NS,
	RUN_NS,
	ORIGIN,
	FINGERPRINT,
};

static const struct section_column columns[] = {
	[BENCH] = {"bench", "bench", false},
	[PARAMETER] = {"parameter", "parameter", true},
	[PLATFORM] = {"platform", "platform", false},
	[VARIANT] = {"variant", "variant", false},
	[EXECUTION] = {"execution", "execution", false},
	[RUNS] = {"runs", "runs", true},
	[TRIALS] = {"trials", "trials", true},
	[WITHIN] = {"within", "in a trial", true},
	[BETWEEN_TRIALS] = {"between_trials", "of trials", true},
	[BETWEEN_RUNS] = {"between_runs", "of runs", true},
	[FLOOR] = {"floor", "floor", true},
	[DETECTABLE] = {"detectable", "found in a run", true},
	[DETECTABLE_RUNS] = {"detectable_runs", "found between runs", true},
	[BEST] = {"best_spent", "spend time on", false},
	[BATCHES] = {"batches", NULL, true},
	[TRIAL_DEVIATION] = {"trial_deviation", NULL, true},
	[RUN_DEVIATION] = {"run_deviation", NULL, true},
	[BATCH_NS] = {"batch_ns", NULL, true},
	[TRIAL_NS] = {"trial_ns", NULL, true},
	[RUN_NS] = {"run_ns", NULL, true},
	[ORIGIN] = {"origin", NULL, false},
	[FINGERPRINT] = {"fingerprint", NULL, false},
};

static double number_of(const struct result_noise *n, size_t column)
{
	const double numbers[] = {
		[PARAMETER] = (double)n->parameter,
		[RUNS] = n->runs,
		[TRIALS] = n->trials,
		[WITHIN] = n->within,
		[BETWEEN_TRIALS] = n->between_trials,
		[BETWEEN_RUNS] = n->between_runs,
		[FLOOR] = n->floor,
		[DETECTABLE] = n->detectable,
		[DETECTABLE_RUNS] = n->detectable_runs,
		[BATCHES] = n->batches,
		[TRIAL_DEVIATION] = n->trial_deviation,
		[RUN_DEVIATION] = n->run_deviation,
		[BATCH_NS] = n->batch_ns,
		[TRIAL_NS] = n->trial_ns,
		[RUN_NS] = n->run_ns,
		[FINGERPRINT] = NAN,
	};

	return numbers[column];
}

static const char *text_of(const struct result_noise *n, size_t column)
{
	switch (column) {
	case BENCH:
		return n->bench;
	case PLATFORM:
		return n->platform;
	case VARIANT:
		return n->variant;
	case EXECUTION:
		return execution_name(n->execution);
	case BEST:
		return noise_best_spent(n);
	case ORIGIN:
		return n->origin;
	case FINGERPRINT:
		return n->fingerprint;
	}
	return NULL;
}

static void number_cell(const struct result_noise *n, size_t column, struct section_cell *c)
{
	char s[NUMBER_SIZE];

	c->number = number_of(n, column);
	if (column == PARAMETER && !n->parameter)
		return;
	if (column == PARAMETER)
		text_print(c->text, sizeof(c->text), "%lld", (long long)n->parameter);
	else if (column == RUNS || column == TRIALS)
		text_print(c->text, sizeof(c->text), "%.4g", c->number);
	else if (isfinite(c->number))
		text_print(c->text, sizeof(c->text), "%s", number_share(s, c->number));
	else if (column == DETECTABLE || column == DETECTABLE_RUNS)
		text_print(c->text, sizeof(c->text), "none");
}

static void cell(const struct report *r, size_t row, size_t column, struct section_cell *c)
{
	const struct result_noise *n = r->noise[row];
	const char *text;

	if (columns[column].number) {
		number_cell(n, column, c);
		return;
	}
	text = text_of(n, column);
	text_print(c->text, sizeof(c->text), "%.*s", SECTION_TEXT - 1, text ? text : "");
	c->null = !text;
}

static size_t rows(const struct report *r)
{
	return r->noise_count;
}

SECTION(noise, .title = "Noise",
	.note = "standard deviations in a trial, of trials and of runs, each without the others' "
		"part; two runs of the same code differ by less than the floor in 95 of 100 cases; "
		"the least change that is found 9 times in 10, interleaved in a run, and between "
		"two runs",
	.columns = columns, .column_count = sizeof(columns) / sizeof(columns[0]), .rows = rows,
	.cell = cell);

int noise_print(const struct report *r, FILE *out)
{
	return section_print_text(&noise_section, r, out, table_colour(out));
}
