/* SPDX-License-Identifier: Apache-2.0 */
/* The report as aligned text, for a terminal. */
#include <math.h>
#include <string.h>

#include "report/label.h"
#include "report/number.h"
#include "report/section.h"
#include "report/table.h"
#include "report/text.h"

struct page {
	const struct report *r;
	FILE *out;
	bool colour;
	bool several; /* runs: each row says which one it is of */
	int failed;
};

static void heading(struct page *p, const char *text)
{
	fputc('\n', p->out);
	table_text(p->out, p->colour, STYLE_HEADING, text);
	fputc('\n', p->out);
}

static void run_cell(struct page *p, struct table *t, const struct result_run *run)
{
	char s[LABEL_SIZE];

	table_cell(t, STYLE_PLAIN, "%s", p->several && run ? label_run(s, p->r, run) : "");
}

static void end(struct page *p, struct table *t)
{
	if (table_end(t, p->out, p->colour))
		p->failed = -1;
}

/* ---- Runs ---- */

static void print_runs(struct page *p)
{
	char s[LABEL_SIZE];

	for (size_t i = 0; i < p->r->run_count; i++) {
		const struct result_run *run = p->r->runs[i];
		const char *host = label_host(p->r, run);
		const struct report_file *file = label_file(p->r, run);

		fprintf(p->out, "Run %s: plan %s, started %s on %s, virt-qualify %s\n",
			label_run(s, p->r, run), run->plan_name, run->started,
			host ? host : "a host that is not disclosed", run->version);
		if (file)
			fprintf(p->out, "       %s, sha256 %s\n", file->path, file->sha256);
		if (*label_block(s, p->r, run))
			fprintf(p->out, "       %s\n", s);
		if (*label_all_variants(s, p->r, run))
			fprintf(p->out, "       variants: %s\n", s);
	}
}

/* ---- Metrics ---- */

static enum table_style execution_style(enum execution e)
{
	return e == EXECUTION_HARDWARE ? STYLE_PLAIN : STYLE_DOUBT;
}

static void metric_row(struct page *p, struct table *t, const struct metric *m)
{
	char s[LABEL_SIZE], n[NUMBER_SIZE];
	enum unit unit = m->unit;

	run_cell(p, t, m->run);
	table_cell(t, STYLE_PLAIN, "%s", label_metric(s, m));
	table_cell(t, STYLE_PLAIN, "%s", label_platform(s, m->platform, m->variant));
	table_cell(t, execution_style(m->execution), "%s", execution_name(m->execution));
	table_cell(t, STYLE_PLAIN, "%s", number_figure(n, m->median, m->interval, unit));
	table_cell(t, STYLE_PLAIN, "%s", number_interval(n, m->median, m->interval, unit));
	table_cell(t, STYLE_PLAIN, "%s", number_beside(n, m->p99, m->median, m->interval, unit));
	table_cell(t, STYLE_PLAIN, "%s", number_ratio(n, m->native_ratio, m->native_interval));
	table_cell(t, STYLE_PLAIN, "%s",
		   label_ratio_interval(s, m->native_ratio, m->native_interval));
	table_cell(t, STYLE_PLAIN, "%s",
		   isfinite(m->exits_per_op) ? number_plain(n, m->exits_per_op) : "");
	table_cell(t, STYLE_PLAIN, "%s",
		   isfinite(m->emulated_per_op) ? number_plain(n, m->emulated_per_op) : "");
	if (m->discarded)
		table_cell(t, STYLE_BAD, "%zu of %zu", m->trials, m->trials + m->discarded);
	else
		table_cell(t, STYLE_PLAIN, "%zu", m->trials);
	table_cell(t, m->disturbances || isnan(m->disturbed_share) ? STYLE_DOUBT : STYLE_PLAIN,
		   "%s", label_disturbed(s, m));
}

/* What is to be said of the ratio of a metric to native; "" where it speaks for itself. */
static const char *native_note(char s[LABEL_SIZE], const struct metric *m)
{
	if (!strcmp(m->platform_name, BASELINE_PLATFORM))
		return strcpy(s, "");
	return label_native(s, m);
}

static bool has_note(const struct metric *m, const char *note)
{
	char s[LABEL_SIZE];

	return !strcmp(native_note(s, m), note);
}

/* Each reason once, with all that it is about. */
static void print_native_reasons(struct page *p)
{
	const struct report *r = p->r;
	char note[LABEL_SIZE], s[LABEL_SIZE], platform[LABEL_SIZE];

	for (size_t i = 0; i < r->metric_count; i++) {
		bool seen = !native_note(note, &r->metrics[i])[0];

		for (size_t k = 0; k < i && !seen; k++)
			seen = has_note(&r->metrics[k], note);
		if (seen)
			continue;
		fprintf(p->out,
			"%s (%s):", r->metrics[i].native_why ? "no ratio to native" : "/native",
			note);
		for (size_t k = i; k < r->metric_count; k++)
			if (has_note(&r->metrics[k], note))
				fprintf(p->out, "%s %s on %s", k > i ? "," : "",
					label_metric(s, &r->metrics[k]),
					label_platform(platform, r->metrics[k].platform,
						       r->metrics[k].variant));
		fputc('\n', p->out);
	}
}

static void print_metrics(struct page *p)
{
	static const char *const headings[] = {
		"run",		 "bench",   "platform",		 "execution",	  ">median",
		"95 % interval", ">p99",    ">/native",		 "95 % interval", ">exits/op",
		">emulated/op",	 ">trials", "disturbed batches",
	};
	struct table t;

	if (!p->r->metric_count)
		return;
	heading(p, "Benches: median over trials of each trial's median, stamp cost subtracted");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < p->r->metric_count; i++)
		metric_row(p, &t, &p->r->metrics[i]);
	end(p, &t);
	print_native_reasons(p);
}

static void print_fits(struct page *p)
{
	static const char *const headings[] = {
		"run",	     "bench",	      "platform", "execution", ">fixed",
		">per unit", "95 % interval", "of",	  ">residual", ">R²",
	};
	struct table t;

	if (!p->r->fit_count)
		return;
	heading(p, "Lines through the figures over a parameter");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < p->r->fit_count; i++) {
		const struct metric_fit *f = &p->r->fits[i];
		const struct interval none = {NAN, NAN}, slope = f->fit.slope_interval;
		enum unit unit = f->unit;
		char s[LABEL_SIZE], n[NUMBER_SIZE];

		run_cell(p, &t, f->run);
		table_cell(&t, STYLE_PLAIN, "%s", f->bench->name);
		table_cell(&t, STYLE_PLAIN, "%s", label_platform(s, f->platform, f->variant));
		table_cell(&t, execution_style(f->execution), "%s", execution_name(f->execution));
		table_cell(&t, STYLE_PLAIN, "%s", number_figure(n, f->fit.intercept, none, unit));
		table_cell(&t, STYLE_PLAIN, "%s", number_figure(n, f->fit.slope, slope, unit));
		table_cell(&t, STYLE_PLAIN, "%s", number_interval(n, f->fit.slope, slope, unit));
		table_cell(&t, STYLE_PLAIN, "%s",
			   f->bench->parameter_name ? f->bench->parameter_name : "");
		table_cell(&t, STYLE_PLAIN, "%s", number_figure(n, f->fit.residual, none, unit));
		table_cell(&t, STYLE_PLAIN, "%s", number_r_squared(n, f->fit.r_squared));
	}
	end(p, &t);
}

/* ---- Faults ---- */

static void print_faults(struct page *p)
{
	static const char *const headings[] = {
		"run",	    "fault+recovery", "platform",	"execution",	   ">trials",
		"outcomes", "recovered",      "time to detect", "time to recover", "downtime",
		"detector",
	};
	struct table t;

	if (!p->r->fault_count)
		return;
	heading(p, "Faults: medians, trials that did not recover counted as censored");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < p->r->fault_count; i++) {
		const struct fault_figure *f = &p->r->faults[i];
		size_t lost = f->recovered + f->censored;
		char s[LABEL_SIZE];

		run_cell(p, &t, f->run);
		table_cell(&t, STYLE_PLAIN, "%s", label_fault(s, f));
		table_cell(&t, STYLE_PLAIN, "%s", label_platform(s, f->platform, f->variant));
		table_cell(&t, execution_style(f->execution), "%s", execution_name(f->execution));
		table_cell(&t, STYLE_PLAIN, "%zu", f->trials);
		table_cell(&t, STYLE_PLAIN, "%s", label_outcomes(s, f));
		table_cell(&t, f->censored ? STYLE_DOUBT : STYLE_PLAIN, "%s",
			   label_recovered(s, f));
		table_cell(&t, STYLE_PLAIN, "%s", label_time(s, &f->ttd, f->unit, lost));
		table_cell(&t, STYLE_PLAIN, "%s", label_time(s, &f->ttr, f->unit, lost));
		table_cell(&t, STYLE_PLAIN, "%s",
			   label_time(s, &f->downtime, f->unit, f->activated));
		table_cell(&t, STYLE_PLAIN, "%s%s", f->detector_ours ? "ours: " : "", f->detector);
	}
	end(p, &t);
}

static void number_cell(struct table *t, double v)
{
	char n[NUMBER_SIZE];

	table_cell(t, STYLE_PLAIN, "%s", isfinite(v) ? number_plain(n, v) : "");
}

static void time_cell(struct table *t, double v, enum unit unit)
{
	const struct interval none = {NAN, NAN};
	char n[NUMBER_SIZE];

	table_cell(t, STYLE_PLAIN, "%s", isfinite(v) ? number_figure(n, v, none, unit) : "");
}

static void print_blast(struct page *p)
{
	static const char *const headings[] = {
		"run",
		"fault+recovery",
		"platform",
		">lost operations",
		">rate/baseline",
		">neighbours' rate",
		">fairness",
		">longest wait",
		">steal",
	};
	struct table t;

	if (!p->r->fault_count)
		return;
	heading(p, "What faults cost while they lasted");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < p->r->fault_count; i++) {
		const struct fault_figure *f = &p->r->faults[i];
		char s[LABEL_SIZE];

		run_cell(p, &t, f->run);
		table_cell(&t, STYLE_PLAIN, "%s", label_fault(s, f));
		table_cell(&t, STYLE_PLAIN, "%s", label_platform(s, f->platform, f->variant));
		number_cell(&t, f->lost_operations);
		number_cell(&t, f->rate_ratio);
		number_cell(&t, f->neighbour_ratio);
		number_cell(&t, f->fairness);
		time_cell(&t, f->worst_wait, f->unit);
		time_cell(&t, f->steal, f->unit);
	}
	end(p, &t);
}

/* ---- Comparison ---- */

static enum table_style verdict_style(const struct comparison_row *c)
{
	static const enum table_style styles[] = {
		[VERDICT_INCONCLUSIVE] = STYLE_DOUBT,
		[VERDICT_EQUIVALENT] = STYLE_PLAIN,
		[VERDICT_IMPROVED] = STYLE_GOOD,
		[VERDICT_REGRESSED] = STYLE_BAD,
	};

	if (!c->gates && c->verdict == VERDICT_REGRESSED)
		return STYLE_DOUBT;
	return report_is_compared(c) ? styles[c->verdict] : STYLE_DOUBT;
}

static void side_cells(struct table *t, const struct metric *m, const char *name)
{
	char n[NUMBER_SIZE];

	if (!m) {
		table_cell(t, STYLE_PLAIN, "%s", "");
		return;
	}
	number_figure(n, m->median, m->interval, m->unit);
	table_cell(t, execution_style(m->execution), "%s  %s%s%s", name, n,
		   m->execution == EXECUTION_HARDWARE ? "" : " ",
		   m->execution == EXECUTION_HARDWARE ? "" : execution_name(m->execution));
}

static void comparison_row(struct table *t, const struct comparison_row *c)
{
	const struct metric *m = c->base ? c->base : c->other;
	char s[LABEL_SIZE], n[NUMBER_SIZE];
	struct interval i = c->test.ratio_interval;
	bool ranked = report_is_compared(c);

	table_cell(t, STYLE_PLAIN, "%s", label_metric(s, m));
	table_cell(t, STYLE_PLAIN, "%s", label_platform(s, m->platform, m->variant));
	side_cells(t, c->base, c->base_name);
	side_cells(t, c->other, c->other_name);
	table_cell(t, STYLE_PLAIN, "%s", ranked ? number_ratio(n, c->test.ratio, i) : "");
	table_cell(t, STYLE_PLAIN, "%s", label_ratio_interval(s, c->test.ratio, i));
	table_cell(t, STYLE_PLAIN, "%s", isfinite(c->adjusted_p) ? number_p(n, c->adjusted_p) : "");
	table_cell(t, STYLE_PLAIN, "%s",
		   !ranked			  ? ""
		   : c->exact.layouts		  ? "exact"
		   : isfinite(c->test.detectable) ? number_share(n, c->test.detectable)
						  : "none");
	table_cell(t, verdict_style(c), "%s", ranked ? verdict_name(c->verdict) : "not compared");
	table_cell(t, STYLE_PLAIN, "%s", label_note(s, c));
}

static void print_verdicts(struct page *p)
{
	size_t exact = 0, differing = 0;
	char verdicts[LABEL_SIZE];

	for (size_t i = 0; i < p->r->comparison_count; i++) {
		const struct comparison_row *c = &p->r->comparisons[i];

		exact += c->exact.layouts != 0;
		differing += c->exact.differing != 0;
	}
	fprintf(p->out, "%s\n", label_verdicts(verdicts, p->r));
	if (exact)
		fprintf(p->out, "%zu of %zu deterministic metrics differ at all\n", differing,
			exact);
}

/* A difference in figures may be the hosts'. */
static void print_differences(struct page *p)
{
	static const char *const headings[] = {"run", "what the hosts differ in", "base", "other"};
	struct table t;

	if (!p->r->difference_count)
		return;
	heading(p, "What the runs' hosts differ in");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < p->r->difference_count; i++) {
		const struct fact_difference *d = &p->r->differences[i];
		char s[LABEL_SIZE];

		run_cell(p, &t, d->other);
		table_cell(&t, STYLE_PLAIN, "%s", d->name);
		table_cell(&t, STYLE_PLAIN, "%s", label_value(s, d->base_value));
		table_cell(&t, STYLE_PLAIN, "%s", label_value(s, d->other_value));
	}
	end(p, &t);
}

static void print_comparison(struct page *p)
{
	static const char *const headings[] = {
		"bench",	 "platform", "base",	    "other",   ">ratio",
		"95 % interval", ">p",	     ">detectable", "verdict", "note",
	};
	struct table t;

	if (!p->r->compared_by)
		return;
	fprintf(p->out, "\n");
	table_text(p->out, p->colour, STYLE_HEADING, "Comparison by ");
	table_text(p->out, p->colour, STYLE_HEADING, p->r->compared_by);
	fprintf(p->out, ": ratio is other / base; p is corrected for the number of metrics\n");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < p->r->comparison_count; i++)
		comparison_row(&t, &p->r->comparisons[i]);
	end(p, &t);
	print_verdicts(p);
	print_differences(p);
}

/* ---- What has no figure ---- */

static void print_skips(struct page *p)
{
	static const char *const headings[] = {"run", "kind", "what", "platform", "why"};
	struct table t;

	if (!p->r->skip_count)
		return;
	heading(p, "Skipped");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < p->r->skip_count; i++) {
		const struct result_skip *s = p->r->skips[i];

		run_cell(p, &t, label_run_of_skip(p->r, i));
		table_cell(&t, STYLE_PLAIN, "%s", s->kind);
		table_cell(&t, STYLE_PLAIN, "%s", s->what);
		table_cell(&t, STYLE_PLAIN, "%s", s->platform ? s->platform : "");
		table_cell(&t, STYLE_PLAIN, "%s", s->why);
	}
	end(p, &t);
}

static void print_problems(struct page *p)
{
	static const char *const headings[] = {"run",	  "what",   "platform",
					       ">trials", "status", "why"};
	struct table t;

	if (!p->r->problem_count)
		return;
	heading(p, "Problems: trials without a figure, and doubts about figures");
	table_begin(&t, headings, sizeof(headings) / sizeof(headings[0]));
	for (size_t i = 0; i < p->r->problem_count; i++) {
		const struct problem *x = &p->r->problems[i];
		bool doubt = x->status == TRIAL_OK;

		run_cell(p, &t, x->run);
		table_cell(&t, STYLE_PLAIN, "%s", x->what);
		table_cell(&t, STYLE_PLAIN, "%s", x->platform);
		if (doubt)
			table_cell(&t, STYLE_PLAIN, "%s", "");
		else
			table_cell(&t, STYLE_PLAIN, "%zu", x->count);
		table_cell(&t, doubt ? STYLE_DOUBT : STYLE_BAD, "%s",
			   doubt ? "doubt" : trial_status_name(x->status));
		table_cell(&t, STYLE_PLAIN, "%s", x->why);
	}
	end(p, &t);
}

static void print_sections(struct page *p)
{
	for_each_registered (struct section, s, REGISTRY(sections)) {
		if (section_print_text(s, p->r, p->out, p->colour))
			p->failed = -1;
	}
}

static int print_text(const struct report *r, FILE *out)
{
	struct page p = {
		.r = r, .out = out, .colour = table_colour(out), .several = r->run_count > 1};

	print_runs(&p);
	if (text_criteria(r, out, p.colour))
		p.failed = -1;
	print_comparison(&p);
	if (!r->compared_by && text_matrix(r, out, p.colour))
		p.failed = -1;
	print_metrics(&p);
	print_fits(&p);
	print_faults(&p);
	print_blast(&p);
	print_sections(&p);
	print_skips(&p);
	print_problems(&p);
	if (!r->metric_count && !r->fault_count)
		fputs("\nThese files hold no figure.\n", out);
	return p.failed || ferror(out) ? -1 : 0;
}

FORMAT(text, .summary = "aligned tables for a terminal", .suffix = ".txt", .print = print_text);
