/* SPDX-License-Identifier: Apache-2.0 */
/* The report as Markdown, for a pull request: verdicts first. */
#include <math.h>

#include "report/label.h"
#include "report/md.h"
#include "report/number.h"
#include "report/section.h"

static void print_runs(const struct report *r, FILE *out)
{
	char variants[LABEL_SIZE], block[LABEL_SIZE];
	bool folded = md_begin(
		out, r, "Runs", r->run_count,
		"| run | block | started | host | virt-qualify | variants | file | SHA-256 |",
		"|---|---|---|---|---|---|---|---|");
	for (size_t i = 0; i < r->run_count; i++) {
		const struct result_run *run = r->runs[i];
		const struct report_file *file = label_file(r, run);
		const char *host = label_host(r, run);

		md_run_cell(out, r, run);
		md_cell(out, "%s", label_block(block, r, run));
		md_cell(out, "%s", run->started);
		md_cell(out, "%s", host ? host : "not disclosed");
		md_cell(out, "%s", run->version);
		md_cell(out, "%s", label_all_variants(variants, r, run));
		md_cell(out, "%s", file ? file->path : "");
		md_cell(out, "%s", file ? file->sha256 : "");
		fputc('\n', out);
	}
	md_end(out, folded);
}

static void print_metrics(const struct report *r, FILE *out)
{
	bool folded;
	char s[LABEL_SIZE], n[NUMBER_SIZE];

	if (!r->metric_count)
		return;
	folded = md_begin(
		out, r, "Benches", r->metric_count,
		"| run | bench | platform | execution | median | 95 % interval | p99 | / native | "
		"95 % interval | exits/op | emulated/op | trials | disturbed | note |",
		"|---|---|---|---|--:|---|--:|--:|---|--:|--:|--:|---|---|");
	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];
		enum unit unit = m->unit;

		md_run_cell(out, r, m->run);
		md_cell(out, "%s", label_metric(s, m));
		md_cell(out, "%s", label_platform(s, m->platform, m->variant));
		md_cell(out, "%s", execution_name(m->execution));
		md_cell(out, "%s", number_figure(n, m->median, m->interval, unit));
		md_cell(out, "%s", number_interval(n, m->median, m->interval, unit));
		md_cell(out, "%s", number_beside(n, m->p99, m->median, m->interval, unit));
		md_cell(out, "%s", number_ratio(n, m->native_ratio, m->native_interval));
		md_cell(out, "%s", label_ratio_interval(s, m->native_ratio, m->native_interval));
		md_cell(out, "%s",
			isfinite(m->exits_per_op) ? number_plain(n, m->exits_per_op) : "");
		md_cell(out, "%s",
			isfinite(m->emulated_per_op) ? number_plain(n, m->emulated_per_op) : "");
		if (m->discarded)
			md_cell(out, "%zu of %zu", m->trials, m->trials + m->discarded);
		else
			md_cell(out, "%zu", m->trials);
		md_cell(out, "%s", label_disturbed(s, m));
		label_native(s, m);
		md_cell(out, "%s%s%s", m->loop_disagrees ? "loop and stamps disagree" : "",
			m->loop_disagrees && s[0] ? "; " : "", s);
		fputc('\n', out);
	}
	md_end(out, folded);
}

static void print_fits(const struct report *r, FILE *out)
{
	bool folded;
	const struct interval none = {NAN, NAN};
	char s[LABEL_SIZE], n[NUMBER_SIZE];

	if (!r->fit_count)
		return;
	folded = md_begin(
		out, r, "Lines over a parameter", r->fit_count,
		"| run | bench | platform | execution | fixed | per unit | 95 % interval | of | "
		"residual | R² |",
		"|---|---|---|---|--:|--:|---|---|--:|--:|");
	for (size_t i = 0; i < r->fit_count; i++) {
		const struct metric_fit *f = &r->fits[i];
		enum unit unit = f->unit;

		md_run_cell(out, r, f->run);
		md_cell(out, "%s", f->bench->name);
		md_cell(out, "%s", label_platform(s, f->platform, f->variant));
		md_cell(out, "%s", execution_name(f->execution));
		md_cell(out, "%s", number_figure(n, f->fit.intercept, none, unit));
		md_cell(out, "%s", number_figure(n, f->fit.slope, f->fit.slope_interval, unit));
		md_cell(out, "%s", number_interval(n, f->fit.slope, f->fit.slope_interval, unit));
		md_cell(out, "%s", f->bench->parameter_name ? f->bench->parameter_name : "");
		md_cell(out, "%s", number_figure(n, f->fit.residual, none, unit));
		md_cell(out, "%s", number_r_squared(n, f->fit.r_squared));
		fputc('\n', out);
	}
	md_end(out, folded);
}

static void print_faults(const struct report *r, FILE *out)
{
	bool folded;
	char s[LABEL_SIZE];

	if (!r->fault_count)
		return;
	folded = md_begin(
		out, r, "Faults", r->fault_count,
		"| run | fault+recovery | platform | execution | trials | outcomes | recovered | "
		"time to detect "
		"| "
		"time to recover | downtime | detector |",
		"|---|---|---|---|--:|---|---|---|---|---|---|");
	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];
		size_t lost = f->recovered + f->censored;

		md_run_cell(out, r, f->run);
		md_cell(out, "%s", label_fault(s, f));
		md_cell(out, "%s", label_platform(s, f->platform, f->variant));
		md_cell(out, "%s", execution_name(f->execution));
		md_cell(out, "%zu", f->trials);
		md_cell(out, "%s", label_outcomes(s, f));
		md_cell(out, "%s", label_recovered(s, f));
		md_cell(out, "%s", label_time(s, &f->ttd, f->unit, lost));
		md_cell(out, "%s", label_time(s, &f->ttr, f->unit, lost));
		md_cell(out, "%s", label_time(s, &f->downtime, f->unit, f->activated));
		md_cell(out, "%s%s", f->detector_ours ? "ours: " : "", f->detector);
		fputc('\n', out);
	}
	md_end(out, folded);
}

/* ---- What has no figure ---- */

static void print_skips(const struct report *r, FILE *out)
{
	bool folded;
	if (!r->skip_count)
		return;
	folded = md_begin(out, r, "Skipped", r->skip_count,
			  "| run | kind | what | platform | why |", "|---|---|---|---|---|");
	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_skip *s = r->skips[i];

		md_run_cell(out, r, label_run_of_skip(r, i));
		md_cell(out, "%s", s->kind);
		md_cell(out, "%s", s->what);
		md_cell(out, "%s", s->platform ? s->platform : "");
		md_cell(out, "%s", s->why);
		fputc('\n', out);
	}
	md_end(out, folded);
}

static void print_problems(const struct report *r, FILE *out)
{
	bool folded;
	if (!r->problem_count)
		return;
	folded = md_begin(out, r, "Problems", r->problem_count,
			  "| run | what | platform | trials | status | why |",
			  "|---|---|---|--:|---|---|");
	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *x = &r->problems[i];

		md_run_cell(out, r, x->run);
		md_cell(out, "%s", x->what);
		md_cell(out, "%s", x->platform);
		md_cell(out, "%zu", x->count);
		md_cell(out, "%s", x->status == TRIAL_OK ? "doubt" : trial_status_name(x->status));
		md_cell(out, "%s", x->why);
		fputc('\n', out);
	}
	md_end(out, folded);
}

static void print_section(const struct section *s, const struct report *r, FILE *out)
{
	size_t rows = s->rows(r);

	if (!rows)
		return;
	md_fold(out, s->title);
	fprintf(out, "%s\n\n|", s->note);
	for (size_t i = 0; i < s->column_count; i++)
		if (s->columns[i].heading)
			fprintf(out, " %s |", s->columns[i].heading);
	fputs("\n|", out);
	for (size_t i = 0; i < s->column_count; i++)
		if (s->columns[i].heading)
			fputs(s->columns[i].number ? "--:|" : "---|", out);
	fputc('\n', out);
	for (size_t row = 0; row < rows; row++) {
		fputc('|', out);
		for (size_t i = 0; i < s->column_count; i++)
			if (s->columns[i].heading)
				md_cell(out, "%s", section_cell(s, r, row, i).text);
		fputc('\n', out);
	}
	md_fold_end(out);
}

static void print_sections(const struct report *r, FILE *out)
{
	for_each_registered (struct section, s, REGISTRY(sections))
		print_section(s, r, out);
}

static int print_md(const struct report *r, FILE *out)
{
	fputs("## virt-qualify\n", out);
	md_criteria(r, out);
	if (md_comparison(r, out))
		return -1;
	if (!r->compared_by)
		md_matrix(r, out);
	print_metrics(r, out);
	print_fits(r, out);
	print_faults(r, out);
	print_sections(r, out);
	print_skips(r, out);
	print_problems(r, out);
	print_runs(r, out);
	return ferror(out) ? -1 : 0;
}

FORMAT(md, .summary = "Markdown tables, for a pull request", .suffix = ".md", .print = print_md);
