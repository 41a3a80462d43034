/* SPDX-License-Identifier: Apache-2.0 */
/* What the plans decide by, as text: limits, requirements, scores. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"
#include "report/number.h"
#include "report/table.h"
#include "report/text.h"

static enum table_style judged_style(enum judged j)
{
	static const enum table_style styles[] = {STYLE_DOUBT, STYLE_GOOD, STYLE_BAD};

	return styles[j];
}

static void heading(FILE *out, bool colour, const char *text)
{
	fputc('\n', out);
	table_text(out, colour, STYLE_HEADING, text);
	fputc('\n', out);
}

static void run_cell(struct table *t, const struct report *r, const struct result_run *run)
{
	char s[LABEL_SIZE];

	table_cell(t, STYLE_PLAIN, "%s", r->run_count > 1 ? label_run(s, r, run) : "");
}

static int print_judgements(const struct report *r, FILE *out, bool colour)
{
	static const char *const headings[] = {"run",	   "verdict", "kind",  "what",
					       "platform", "wanted",  "found", "why"};
	char counts[LABEL_SIZE];
	struct table t;

	heading(out, colour, "Limits and requirements");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < r->judgement_count; i++) {
		const struct judgement *x = &r->judgements[i];

		run_cell(&t, r, x->run);
		table_cell(&t, judged_style(x->result), "%s", judged_name(x->result));
		table_cell(&t, STYLE_PLAIN, "%s", criterion_name(x->criterion->kind));
		table_cell(&t, STYLE_PLAIN, "%s", x->what);
		table_cell(&t, STYLE_PLAIN, "%s", x->platform);
		table_cell(&t, STYLE_PLAIN, "%s", x->wanted);
		table_cell(&t, STYLE_PLAIN, "%s", x->found);
		table_cell(&t, STYLE_PLAIN, "%s", x->why ? x->why : "");
	}
	if (table_end(&t, out, colour))
		return -1;
	fprintf(out, "%s\n", label_judged(counts, r));
	if (label_limits_runs(counts, r)[0])
		fprintf(out, "%s\n", counts);
	return 0;
}

static int print_scores(const struct report *r, FILE *out, bool colour)
{
	static const char *const headings[] = {"run",	     "platform", ">score",  "95 % interval",
					       "worst part", "parts",	 "why none"};
	struct table t;

	heading(out, colour, "Scores: above 1 is better than the reference");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < r->score_count; i++) {
		const struct score *x = &r->scores[i];
		char s[LABEL_SIZE], n[NUMBER_SIZE];

		run_cell(&t, r, x->run);
		table_cell(&t, STYLE_PLAIN, "%s", label_platform(s, x->platform, x->variant));
		table_cell(&t, STYLE_PLAIN, "%s",
			   x->why ? "none" : number_ratio(n, x->score, x->interval));
		table_cell(&t, STYLE_PLAIN, "%s", label_score_interval(s, x));
		table_cell(&t, STYLE_PLAIN, "%s", label_worst(s, x));
		table_cell(&t, STYLE_PLAIN, "%s", label_parts(s, x));
		table_cell(&t, STYLE_DOUBT, "%s", x->why ? x->why : "");
	}
	if (table_end(&t, out, colour))
		return -1;
	for (size_t i = 0; i < r->score_count; i++) {
		char s[LABEL_SIZE];

		if (label_is_new_formula(r, i))
			fprintf(out, "score = %s, %s\n", r->scores[i].formula,
				label_score_rule(s, &r->scores[i]));
	}
	return 0;
}

int text_criteria(const struct report *r, FILE *out, bool colour)
{
	char s[LABEL_SIZE];

	if (r->judgement_count && print_judgements(r, out, colour))
		return -1;
	if (r->score_count && print_scores(r, out, colour))
		return -1;
	for (int i = 0; i < GIVEN; i++)
		if (label_given(s, r, (enum given)i)[0])
			fprintf(out, "%s\n", s);
	return 0;
}

static int print(const struct report *r, FILE *out)
{
	char s[LABEL_SIZE];

	if (text_criteria(r, out, table_colour(out)))
		return -1;
	if (r->compared_by)
		fprintf(out, "\nComparison by %s: %s\n", r->compared_by, label_verdicts(s, r));
	else if (!r->judgement_count && !r->score_count)
		fputs("No limit, requirement or weight: the plan decides nothing.\n", out);
	label_unfinished(r, out);
	for (size_t i = 0; i < r->file_count; i++)
		fprintf(out, "%s%s, sha256 %s\n", i ? "" : "\n", r->files[i].path,
			r->files[i].sha256);
	return ferror(out) ? -1 : 0;
}

FORMAT(verdicts, .summary = "limits, requirements and scores alone", .suffix = ".txt",
       .print = print);
