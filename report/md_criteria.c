/* SPDX-License-Identifier: Apache-2.0 */
/* Markdown: limits, requirements and scores. */
#include <string.h>

#include "report/label.h"
#include "report/md.h"
#include "report/number.h"

static void judgement_heading(FILE *out)
{
	fputs("| verdict | what | platform | run | wanted | found | why |\n"
	      "|---|---|---|---|---|---|---|\n",
	      out);
}

static void judgement_row(const struct report *r, FILE *out, const struct judgement *x)
{
	char s[LABEL_SIZE];

	fprintf(out, x->result == JUDGED_FAILED ? "| **%s** |" : "| %s |", judged_name(x->result));
	md_cell(out, "%s", x->what);
	md_cell(out, "%s", x->platform);
	md_cell(out, "%s", label_run(s, r, x->run));
	md_cell(out, "%s: %s", criterion_name(x->criterion->kind), x->wanted);
	md_cell(out, "%s", x->found);
	md_cell(out, "%s", x->why ? x->why : "");
	fputc('\n', out);
}

/* What failed first, then what is open. */
static void print_judgements(const struct report *r, FILE *out)
{
	static const enum judged order[] = {JUDGED_FAILED, JUDGED_INCONCLUSIVE, JUDGED_PASSED};
	char counts[LABEL_SIZE];
	size_t shown = 0;

	if (!r->judgement_count)
		return;
	label_judged(counts, r);
	fprintf(out, "\n### Limits and requirements\n\n**%.*s**%s\n\n", (int)strcspn(counts, ","),
		counts, counts + strcspn(counts, ","));
	judgement_heading(out);
	for (size_t k = 0; k < sizeof(order) / sizeof(order[0]); k++)
		for (size_t i = 0; i < r->judgement_count; i++) {
			if (r->judgements[i].result != order[k])
				continue;
			if (shown++ == MD_MOST_ROWS) {
				md_fold(out, "More limits and requirements");
				judgement_heading(out);
			}
			judgement_row(r, out, &r->judgements[i]);
		}
	md_end(out, shown > MD_MOST_ROWS);
	if (label_limits_runs(counts, r)[0]) {
		fputc('\n', out);
		md_escaped(out, counts);
		fputc('\n', out);
	}
}

static void print_scores(const struct report *r, FILE *out)
{
	char s[LABEL_SIZE], n[NUMBER_SIZE];

	if (!r->score_count)
		return;
	fputs("\n### Scores\n\n", out);
	for (size_t i = 0; i < r->score_count; i++) {
		if (!label_is_new_formula(r, i))
			continue;
		fputs("Score = ", out);
		md_escaped(out, r->scores[i].formula);
		fputs(", ", out);
		md_escaped(out, label_score_rule(s, &r->scores[i]));
		fputs(".\n", out);
	}
	fputs("Above 1 is better than the reference.\n\n"
	      "| platform | run | score | 95 % interval | worst part | parts | why none |\n"
	      "|---|---|--:|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < r->score_count; i++) {
		const struct score *x = &r->scores[i];

		fputc('|', out);
		md_cell(out, "%s", label_platform(s, x->platform, x->variant));
		md_cell(out, "%s", label_run(s, r, x->run));
		md_cell(out, "%s", x->why ? "none" : number_ratio(n, x->score, x->interval));
		md_cell(out, "%s", label_score_interval(s, x));
		md_cell(out, "%s", label_worst(s, x));
		md_cell(out, "%s", label_parts(s, x));
		md_cell(out, "%s", x->why ? x->why : "");
		fputc('\n', out);
	}
}

void md_criteria(const struct report *r, FILE *out)
{
	char s[LABEL_SIZE];

	print_judgements(r, out);
	print_scores(r, out);
	for (int i = 0; i < GIVEN; i++) {
		if (!label_given(s, r, (enum given)i)[0])
			continue;
		fputc('\n', out);
		md_escaped(out, s);
		fputc('\n', out);
	}
}
