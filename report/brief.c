/* SPDX-License-Identifier: Apache-2.0 */
/* The few figures that fit a screen: what `make run` prints before it names the full report. */
#include <math.h>
#include <string.h>

#include "report/label.h"
#include "report/number.h"
#include "report/table.h"
#include "report/text.h"

static void execution_cell(struct table *t, enum execution e)
{
	table_cell(t, e == EXECUTION_HARDWARE ? STYLE_PLAIN : STYLE_DOUBT, "%s", execution_name(e));
}

static void print_metrics(const struct report *r, FILE *out, bool colour)
{
	static const char *const headings[] = {"bench",		"platform", ">median",
					       "95 % interval", ">/native", ">exits/op",
					       ">emulated/op",	"execution"};
	struct table t;

	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];
		char s[LABEL_SIZE], n[NUMBER_SIZE];

		table_cell(&t, STYLE_PLAIN, "%s", label_metric(s, m));
		table_cell(&t, STYLE_PLAIN, "%s", label_platform(s, m->platform, m->variant));
		table_cell(&t, STYLE_PLAIN, "%s",
			   number_figure(n, m->median, m->interval, m->unit));
		table_cell(&t, STYLE_PLAIN, "%s",
			   number_interval(n, m->median, m->interval, m->unit));
		table_cell(&t, STYLE_PLAIN, "%s",
			   isnan(m->native_ratio)
				   ? ""
				   : number_ratio(n, m->native_ratio, m->native_interval));
		table_cell(&t, STYLE_PLAIN, "%s",
			   isfinite(m->exits_per_op) ? number_plain(n, m->exits_per_op) : "");
		table_cell(&t, STYLE_PLAIN, "%s",
			   isfinite(m->emulated_per_op) ? number_plain(n, m->emulated_per_op) : "");
		table_cell(&t, m->execution == EXECUTION_HARDWARE ? STYLE_PLAIN : STYLE_DOUBT, "%s",
			   execution_name(m->execution));
	}
	table_end(&t, out, colour);
}

static void time_cell(struct table *t, const struct time_figure *f, enum unit unit)
{
	char n[NUMBER_SIZE];

	table_cell(t, STYLE_PLAIN, "%s",
		   isnan(f->median)
			   ? ""
			   : number_figure(n, f->median, (struct interval){f->low, f->high}, unit));
}

static void print_faults(const struct report *r, FILE *out, bool colour)
{
	static const char *const headings[] = {
		"fault+recovery",	"platform", "outcomes", ">detected in", ">recovered in",
		">back at baseline in", "execution"};
	struct table t;

	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];
		char s[LABEL_SIZE];

		table_cell(&t, STYLE_PLAIN, "%s+%s", f->fault->name, f->recovery);
		table_cell(&t, STYLE_PLAIN, "%s", label_platform(s, f->platform, f->variant));
		table_cell(&t, f->censored ? STYLE_BAD : STYLE_PLAIN, "%s", label_outcomes(s, f));
		time_cell(&t, &f->ttd, f->unit);
		time_cell(&t, &f->ttr, f->unit);
		time_cell(&t, &f->full, f->unit);
		execution_cell(&t, f->execution);
	}
	table_end(&t, out, colour);
}

static bool same_reason(const struct result_skip *a, const struct result_skip *b)
{
	return !strcmp(a->why, b->why) &&
	       !strcmp(a->platform ? a->platform : "", b->platform ? b->platform : "");
}

/* A line for each reason, with all that it kept from running. */
static void print_skips(const struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_skip *s = r->skips[i];
		size_t first = 0;

		while (!same_reason(r->skips[first], s))
			first++;
		if (first < i)
			continue;
		fprintf(out, "skipped%s%s:", s->platform ? " on " : "",
			s->platform ? s->platform : "");
		for (size_t k = i; k < r->skip_count; k++)
			if (same_reason(r->skips[k], s))
				fprintf(out, " %s", r->skips[k]->what);
		fprintf(out, ": %s\n", s->why);
	}
}

static int print(const struct report *r, FILE *out)
{
	bool colour = table_colour(out);

	if (text_criteria(r, out, colour))
		return -1;
	if (r->judgement_count || r->score_count)
		fputc('\n', out);
	if (r->metric_count)
		print_metrics(r, out, colour);
	if (r->metric_count && r->fault_count)
		fputc('\n', out);
	if (r->fault_count)
		print_faults(r, out, colour);
	if (r->skip_count || r->problem_count)
		fputc('\n', out);
	print_skips(r, out);
	if (r->problem_count)
		fprintf(out,
			"problems and doubts: %zu, each with its reason in every other format\n",
			r->problem_count);
	label_unfinished(r, out);
	for (size_t i = 0; i < r->file_count; i++)
		fprintf(out, "%s%s, sha256 %s\n", i ? "" : "\n", r->files[i].path,
			r->files[i].sha256);
	return ferror(out) ? -1 : 0;
}

FORMAT(brief, .summary = "the few figures that fit a screen", .suffix = ".txt", .print = print);
