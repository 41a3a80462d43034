/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan decides by, in words that every format shares. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"
#include "report/number.h"

static const struct interval none = {NAN, NAN};

const char *label_judged(char *s, const struct report *r)
{
	size_t counts[3] = {0};

	for (size_t i = 0; i < r->judgement_count; i++)
		counts[r->judgements[i].result]++;
	text_print(s, LABEL_SIZE, "%zu failed, %zu inconclusive, %zu passed", counts[JUDGED_FAILED],
		   counts[JUDGED_INCONCLUSIVE], counts[JUDGED_PASSED]);
	return s;
}

const char *label_limits_runs(char *s, const struct report *r)
{
	size_t with = 0, without = 0, n = 0;

	for (size_t i = 0; i < r->judgement_count; i++) {
		const struct judgement *x = &r->judgements[i];

		if (x->criterion->kind != CRITERION_LIMIT)
			continue;
		with += !isnan(x->between_runs);
		without += x->why_not_held != NULL;
	}
	s[0] = '\0';
	if (with)
		n = (size_t)snprintf(s, LABEL_SIZE,
				     "Of %zu limit%s the interval holds what runs differ in by "
				     "themselves, as aa measured it on this kind of host.",
				     with, with == 1 ? "" : "s");
	if (without)
		snprintf(s + n, LABEL_SIZE - n,
			 "%sOf %zu limit%s: one run, variation between runs not included; "
			 "virt-qualify aa measures that of benches' medians alone.",
			 n ? " " : "", without, without == 1 ? "" : "s");
	return s;
}

const char *given_name(enum given which)
{
	static const char *const names[GIVEN] = {"limits", "noise"};

	return names[which];
}

const char *label_given(char *s, const struct report *r, enum given which)
{
	const struct given_file *given = &r->given[which];

	s[0] = '\0';
	if (given->path && which == GIVEN_LIMITS)
		text_print(s, LABEL_SIZE,
			   "Judged by %.200s (sha256 %s), given after the runs, in place of what "
			   "their own plans declared before.",
			   given->path, given->sha256);
	else if (given->path)
		text_print(s, LABEL_SIZE,
			   "What runs differ in by themselves is also taken from %.200s (sha256 "
			   "%s).",
			   given->path, given->sha256);
	return s;
}

const char *label_worst(char *s, const struct score *x)
{
	char ratio[NUMBER_SIZE];

	s[0] = '\0';
	if (x->worst)
		text_print(s, LABEL_SIZE, "%.64s %s", x->worst->name,
			   number_ratio(ratio, x->worst->ratio, none));
	return s;
}

bool label_is_unfinished(const struct problem *x)
{
	return x->status == TRIAL_OK && !strcmp(x->what, "run") && !x->platform[0] &&
	       (x->run->interrupted || !x->run->finished);
}

void label_unfinished(const struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->problem_count; i++) {
		char s[LABEL_SIZE];

		if (label_is_unfinished(&r->problems[i]))
			fprintf(out, "incomplete: run %s: %s\n",
				label_run(s, r, r->problems[i].run), r->problems[i].why);
	}
}

const char *label_score_interval(char *s, const struct score *x)
{
	if (x->why)
		return strcpy(s, "");
	if (isnan(x->interval.low))
		return strcpy(s, "none: fewer than 6 trials of a test");
	return label_ratio_interval(s, x->score, x->interval);
}

const char *label_parts(char *s, const struct score *x)
{
	size_t n = 0;

	s[0] = '\0';
	for (size_t i = 0; i < x->part_count && !x->why && n < LABEL_SIZE; i++) {
		char ratio[NUMBER_SIZE];

		n += text_print(s + n, LABEL_SIZE - n, "%s%.64s %s (%zu test%s)", n ? ", " : "",
				x->parts[i].name, number_ratio(ratio, x->parts[i].ratio, none),
				x->parts[i].tests, x->parts[i].tests == 1 ? "" : "s");
	}
	return s;
}

bool label_is_new_formula(const struct report *r, size_t score)
{
	const char *formula = r->scores[score].formula;

	for (size_t i = 0; i < score; i++)
		if (!strcmp(r->scores[i].formula, formula))
			return false;
	return formula[0] != '\0';
}

const char *label_score_rule(char *s, const struct score *x)
{
	text_print(s, LABEL_SIZE,
		   "each part the geometric mean of %.100s's time over this platform's, or of this "
		   "platform's rate over %.100s's, over the benches that it names",
		   x->reference, x->reference);
	return s;
}
