/* SPDX-License-Identifier: Apache-2.0 */
/* Markdown: verdicts, what wants action first, and what hosts differ in. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"
#include "report/md.h"
#include "report/number.h"

static void side_cell(FILE *out, const struct metric *m, const char *name)
{
	char n[NUMBER_SIZE];

	if (!m)
		md_cell(out, "%s", "");
	else
		md_cell(out, "%s: %s (%s)", name, number_figure(n, m->median, m->interval, m->unit),
			execution_name(m->execution));
}

static void comparison_row(FILE *out, const struct comparison_row *c)
{
	const struct metric *m = c->base ? c->base : c->other;
	struct interval i = c->test.ratio_interval;
	char s[LABEL_SIZE], n[NUMBER_SIZE];
	bool ranked = report_is_compared(c);

	fputs("| ", out);
	if (c->verdict == VERDICT_REGRESSED && c->gates)
		fputs("**regressed** |", out);
	else
		fprintf(out, "%s |", ranked ? verdict_name(c->verdict) : "not compared");
	md_cell(out, "%s", label_metric(s, m));
	md_cell(out, "%s", label_platform(s, m->platform, m->variant));
	side_cell(out, c->base, c->base_name);
	side_cell(out, c->other, c->other_name);
	md_cell(out, "%s", number_ratio(n, c->test.ratio, i));
	md_cell(out, "%s", label_ratio_interval(s, c->test.ratio, i));
	md_cell(out, "%s", number_p(n, c->adjusted_p));
	md_cell(out, "%s",
		c->exact.layouts	       ? "exact"
		: isfinite(c->test.detectable) ? number_share(n, c->test.detectable)
		: ranked		       ? "none"
					       : "");
	md_cell(out, "%s", label_note(s, c));
	fputc('\n', out);
}

static void print_differences(const struct report *r, FILE *out)
{
	if (!r->difference_count)
		return;
	md_fold(out, "What the runs' hosts differ in");
	fputs("| run | what | base | other |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < r->difference_count; i++) {
		const struct fact_difference *d = &r->differences[i];
		char s[LABEL_SIZE];

		md_run_cell(out, r, d->other);
		md_cell(out, "%s", d->name);
		md_cell(out, "%s", label_value(s, d->base_value));
		md_cell(out, "%s", label_value(s, d->other_value));
		fputc('\n', out);
	}
	md_fold_end(out);
}

/* What wants action first; what decides nothing, and what was not compared, last. */
static int rank(const struct comparison_row *c)
{
	static const int ranks[] = {[VERDICT_REGRESSED] = 0,
				    [VERDICT_IMPROVED] = 1,
				    [VERDICT_INCONCLUSIVE] = 2,
				    [VERDICT_EQUIVALENT] = 3};

	return report_is_compared(c) ? ranks[c->verdict] + (c->gates ? 0 : 4) : 8;
}

static int by_rank(const void *x, const void *y)
{
	const struct comparison_row *a = *(const struct comparison_row *const *)x;
	const struct comparison_row *b = *(const struct comparison_row *const *)y;

	return rank(a) != rank(b) ? rank(a) - rank(b) : (a > b) - (a < b);
}

static void comparison_heading(FILE *out)
{
	fputs("| verdict | bench | platform | base | other | ratio | 95 % interval | p | "
	      "detectable | note |\n"
	      "|---|---|---|---|---|--:|---|--:|--:|---|\n",
	      out);
}

int md_comparison(const struct report *r, FILE *out)
{
	const struct comparison_row **rows;
	char verdicts[LABEL_SIZE];

	if (!r->compared_by)
		return 0;
	rows = calloc(r->comparison_count + 1, sizeof(*rows));
	if (!rows)
		return -1;
	for (size_t i = 0; i < r->comparison_count; i++)
		rows[i] = &r->comparisons[i];
	qsort(rows, r->comparison_count, sizeof(*rows), by_rank);
	label_verdicts(verdicts, r);
	fprintf(out, "\n**%.*s**%s\n", (int)strcspn(verdicts, ","), verdicts,
		verdicts + strcspn(verdicts, ","));
	fprintf(out, "\n### Comparison by %s\n\n", r->compared_by);
	fputs("Ratio is other / base; p is corrected for the number of metrics (Benjamini, "
	      "Hochberg).\n\n",
	      out);
	comparison_heading(out);
	for (size_t i = 0; i < r->comparison_count; i++) {
		if (i == MD_MOST_ROWS) {
			fprintf(out, "\n<details><summary>%zu more</summary>\n\n",
				r->comparison_count - i);
			comparison_heading(out);
		}
		comparison_row(out, rows[i]);
	}
	md_end(out, r->comparison_count > MD_MOST_ROWS);
	print_differences(r, out);
	free(rows);
	return 0;
}
