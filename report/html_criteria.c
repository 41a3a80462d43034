/* SPDX-License-Identifier: Apache-2.0 */
/* What the plans decide by: limits and requirements with their verdicts, and scores. */
#include <math.h>

#include "report/html.h"
#include "report/label.h"

static const struct {
	const char *class, *mark;
} looks[] = {
	[JUDGED_INCONCLUSIVE] = {"v-none", "?"},
	[JUDGED_PASSED] = {"v-good", "\xe2\x9c\x93"},
	[JUDGED_FAILED] = {"v-bad", "\xe2\x9c\x97"},
};

static void note(const struct html *h, const char *text)
{
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%s", text);
	fputs("</span>", h->out);
}

static void code(const struct html *h, const char *text)
{
	fputs("<code>", h->out);
	html_text(h, "%s", text);
	fputs("</code>", h->out);
}

static void run_note(const struct html *h, const struct result_run *run)
{
	char letter[8];

	if (h->r->run_count > 1)
		html_text(h, " [%s]", html_run_letter(h, letter, run));
}

static void judgement(struct html_table *t, const struct judgement *x)
{
	const struct html *h = t->h;

	html_table_row(t);
	html_table_cell(t);
	code(h, x->what);
	run_note(h, x->run);
	note(h, x->platform);
	html_table_cell(t);
	fprintf(h->out, "<span class=\"verdict %s\"><span aria-hidden=\"true\">%s</span> %s</span>",
		looks[x->result].class, looks[x->result].mark, judged_name(x->result));
	if (x->why)
		note(h, x->why);
	html_table_cell(t);
	html_text(h, "%s: %s", criterion_name(x->criterion->kind), x->wanted);
	html_table_cell(t);
	html_text(h, "%s", x->found);
}

static void given(const struct html *h)
{
	char s[LABEL_SIZE];

	if (!label_given(s, h->r, GIVEN_LIMITS)[0])
		return;
	fputs("<p class=\"after\">\xe2\x96\xb3 ", h->out);
	html_text(h, "%s", s);
	fputs("</p>\n", h->out);
}

/* What failed first, then what is open. */
static void judgements(struct html *h)
{
	static const struct html_column columns[] = {
		{"What", "h"}, {"Verdict", ""}, {"Wanted", ""}, {"Found", ""}};
	static const enum judged order[] = {JUDGED_FAILED, JUDGED_INCONCLUSIVE, JUDGED_PASSED};
	const struct report *r = h->r;
	struct html_table t;
	char counts[LABEL_SIZE];

	if (!r->judgement_count)
		return;
	fputs("<p><strong>", h->out);
	html_text(h, "%s", label_judged(counts, r));
	fputs("</strong>. A limit has passed where the whole 95\xc2\xa0% interval lies within it, "
	      "and "
	      "failed where all of it lies beyond. ",
	      h->out);
	html_text(h, "%s", label_limits_runs(counts, r));
	fputs("</p>\n", h->out);
	html_table_begin(&t, h, columns, sizeof(columns) / sizeof(*columns),
			 "Limits and requirements of the plan");
	for (size_t k = 0; k < 3; k++)
		for (size_t i = 0; i < r->judgement_count; i++)
			if (r->judgements[i].result == order[k])
				judgement(&t, &r->judgements[i]);
	html_table_end(&t);
}

static void score_row(struct html_table *t, const struct score *x)
{
	const struct html *h = t->h;
	char s[LABEL_SIZE], ratio[FIGURE_SIZE];

	html_table_row(t);
	html_table_cell(t);
	html_text(h, "%s", label_platform(s, x->platform, x->variant));
	run_note(h, x->run);
	html_table_cell(t);
	if (x->why) {
		fputs("<span class=\"none\">none</span>", h->out);
	} else {
		fputs("<strong>", h->out);
		html_text(h, "%s", number_ratio(ratio, x->score, x->interval));
		fputs("</strong> ", h->out);
		html_text(h, "%s",
			  isnan(x->interval.low)
				  ? label_score_interval(s, x)
				  : html_ratio_interval(ratio, x->score, x->interval));
	}
	html_table_cell(t);
	html_text(h, "%s", label_worst(s, x));
	html_table_cell(t);
	html_text(h, "%s", x->why ? x->why : label_parts(s, x));
}

static void scores(struct html *h)
{
	static const struct html_column columns[] = {
		{"Platform", "h"}, {"Score", "n"}, {"Worst part", ""}, {"Parts, or why none", ""}};
	const struct report *r = h->r;
	struct html_table t;
	char s[LABEL_SIZE];

	if (!r->score_count)
		return;
	fputs("<h3>Scores</h3>\n", h->out);
	for (size_t i = 0; i < r->score_count; i++) {
		if (!label_is_new_formula(r, i))
			continue;
		fputs("<p>", h->out);
		html_text(h, "Score = %s, %s. Above 1 is better than %s.", r->scores[i].formula,
			  label_score_rule(s, &r->scores[i]), r->scores[i].reference);
		fputs("</p>\n", h->out);
	}
	html_table_begin(&t, h, columns, sizeof(columns) / sizeof(*columns),
			 "Scores by the plan's weights");
	for (size_t i = 0; i < r->score_count; i++)
		score_row(&t, &r->scores[i]);
	html_table_end(&t);
}

void html_criteria(struct html *h)
{
	if (!h->r->judgement_count && !h->r->score_count)
		return;
	fputs("<section aria-labelledby=\"criteria\"><h2 id=\"criteria\">Limits, requirements and "
	      "scores</h2>\n",
	      h->out);
	given(h);
	judgements(h);
	scores(h);
	fputs("</section>\n", h->out);
}
