/* SPDX-License-Identifier: Apache-2.0 */
/* The report as Markdown, for a pull request: verdicts first. */
#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"
#include "report/number.h"
#include "report/section.h"

/* An underscore inside a word is one; elsewhere it begins emphasis. */
static bool is_inside_word(const char *text, const char *s)
{
	return s > text && isalnum((unsigned char)s[-1]) && isalnum((unsigned char)s[1]);
}

/* What files say must not become markup, a mention, a link or a table's bar. */
static void escaped(FILE *out, const char *text)
{
	for (const char *s = text; *s; s++) {
		if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else if (strchr("@\\`*[]#|~$", *s) || (*s == '_' && !is_inside_word(text, s)) ||
			 (*s == ':' && s[1] == '/' && s[2] == '/'))
			fprintf(out, "&#%d;", *s);
		else
			fputc(*s, out);
	}
}

static void cell(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void cell(FILE *out, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fputs(" ", out);
	escaped(out, text ? text : "(no memory)");
	fputs(" |", out);
	free(text);
}

/* What a reader of a pull request opens on demand; the title is ours. */
static void fold_begin(FILE *out, const char *title)
{
	fprintf(out, "\n<details><summary>%s</summary>\n\n", title);
}

static void fold_end(FILE *out)
{
	fputs("\n</details>\n", out);
}

#define MOST_ROWS 20u /* that a pull request shows unfolded */

/*
 * Begin a section from its title and its table's two first lines, which are ours and no text of a
 * file's. Folded where a comparison stands above it, or where it is long. Ended by end().
 */
static bool begin(FILE *out, const struct report *r, const char *heading, size_t rows,
		  const char *columns, const char *rule)
{
	bool folded = r->compared_by || rows > MOST_ROWS;

	if (folded)
		fprintf(out, "\n<details><summary>%s (%zu)</summary>\n", heading, rows);
	else
		fprintf(out, "\n### %s\n", heading);
	fprintf(out, "\n%s\n%s\n", columns, rule);
	return folded;
}

static void end(FILE *out, bool folded)
{
	if (folded)
		fold_end(out);
}

static void run_cell(FILE *out, const struct report *r, const struct result_run *run)
{
	char s[LABEL_SIZE];

	fputc('|', out);
	cell(out, "%s", run ? label_run(s, r, run) : "");
}

static void print_runs(const struct report *r, FILE *out)
{
	char variants[LABEL_SIZE], block[LABEL_SIZE];
	bool folded =
		begin(out, r, "Runs", r->run_count,
		      "| run | block | started | host | virt-qualify | variants | file | SHA-256 |",
		      "|---|---|---|---|---|---|---|---|");
	for (size_t i = 0; i < r->run_count; i++) {
		const struct result_run *run = r->runs[i];
		const struct report_file *file = label_file(r, run);
		const char *host = label_host(r, run);

		run_cell(out, r, run);
		cell(out, "%s", label_block(block, r, run));
		cell(out, "%s", run->started);
		cell(out, "%s", host ? host : "not disclosed");
		cell(out, "%s", run->version);
		cell(out, "%s", label_all_variants(variants, r, run));
		cell(out, "%s", file ? file->path : "");
		cell(out, "%s", file ? file->sha256 : "");
		fputc('\n', out);
	}
	end(out, folded);
}

static void print_metrics(const struct report *r, FILE *out)
{
	bool folded;
	char s[LABEL_SIZE], n[NUMBER_SIZE], why[LABEL_SIZE];

	if (!r->metric_count)
		return;
	folded = begin(
		out, r, "Benches", r->metric_count,
		"| run | bench | platform | execution | median | 95 % interval | p99 | / native | "
		"95 % interval | exits/op | emulated/op | trials | disturbed | note |",
		"|---|---|---|---|--:|---|--:|--:|---|--:|--:|--:|---|---|");
	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];
		enum unit unit = m->unit;

		run_cell(out, r, m->run);
		cell(out, "%s", label_metric(s, m));
		cell(out, "%s", label_platform(s, m->platform, m->variant));
		cell(out, "%s", execution_name(m->execution));
		cell(out, "%s", number_figure(n, m->median, m->interval, unit));
		cell(out, "%s", number_interval(n, m->median, m->interval, unit));
		cell(out, "%s", number_beside(n, m->p99, m->median, m->interval, unit));
		cell(out, "%s", number_ratio(n, m->native_ratio, m->native_interval));
		cell(out, "%s", label_ratio_interval(s, m->native_ratio, m->native_interval));
		cell(out, "%s", isfinite(m->exits_per_op) ? number_plain(n, m->exits_per_op) : "");
		cell(out, "%s",
		     isfinite(m->emulated_per_op) ? number_plain(n, m->emulated_per_op) : "");
		if (m->discarded)
			cell(out, "%zu of %zu", m->trials, m->trials + m->discarded);
		else
			cell(out, "%zu", m->trials);
		if (m->disturbances)
			cell(out, "%s (%s)", number_share(n, m->disturbed_share),
			     label_disturbances(why, m->disturbances));
		else
			cell(out, "%s", "");
		cell(out, "%s%s", m->loop_disagrees ? "loop and stamps disagree; " : "",
		     m->native_why ? m->native_why : "");
		fputc('\n', out);
	}
	end(out, folded);
}

static void print_fits(const struct report *r, FILE *out)
{
	bool folded;
	const struct interval none = {NAN, NAN};
	char s[LABEL_SIZE], n[NUMBER_SIZE];

	if (!r->fit_count)
		return;
	folded = begin(
		out, r, "Lines over a parameter", r->fit_count,
		"| run | bench | platform | execution | fixed | per unit | 95 % interval | of | "
		"residual | R² |",
		"|---|---|---|---|--:|--:|---|---|--:|--:|");
	for (size_t i = 0; i < r->fit_count; i++) {
		const struct metric_fit *f = &r->fits[i];
		enum unit unit = f->unit;

		run_cell(out, r, f->run);
		cell(out, "%s", f->bench->name);
		cell(out, "%s", label_platform(s, f->platform, f->variant));
		cell(out, "%s", execution_name(f->execution));
		cell(out, "%s", number_figure(n, f->fit.intercept, none, unit));
		cell(out, "%s", number_figure(n, f->fit.slope, f->fit.slope_interval, unit));
		cell(out, "%s", number_interval(n, f->fit.slope, f->fit.slope_interval, unit));
		cell(out, "%s", f->bench->parameter_name ? f->bench->parameter_name : "");
		cell(out, "%s", number_figure(n, f->fit.residual, none, unit));
		cell(out, "%.4f", f->fit.r_squared);
		fputc('\n', out);
	}
	end(out, folded);
}

static void print_faults(const struct report *r, FILE *out)
{
	bool folded;
	char s[LABEL_SIZE];

	if (!r->fault_count)
		return;
	folded = begin(
		out, r, "Faults", r->fault_count,
		"| run | fault+recovery | platform | execution | trials | outcomes | recovered | "
		"time to detect "
		"| "
		"time to recover | downtime | detector |",
		"|---|---|---|---|--:|---|---|---|---|---|---|");
	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];
		size_t lost = f->recovered + f->censored;

		run_cell(out, r, f->run);
		cell(out, "%s", label_fault(s, f));
		cell(out, "%s", label_platform(s, f->platform, f->variant));
		cell(out, "%s", execution_name(f->execution));
		cell(out, "%zu", f->trials);
		cell(out, "%s", label_outcomes(s, f));
		cell(out, "%s", label_recovered(s, f));
		cell(out, "%s", label_time(s, &f->ttd, f->unit, lost));
		cell(out, "%s", label_time(s, &f->ttr, f->unit, lost));
		cell(out, "%s", label_time(s, &f->downtime, f->unit, f->activated));
		cell(out, "%s%s", f->detector_ours ? "ours: " : "", f->detector);
		fputc('\n', out);
	}
	end(out, folded);
}

/* ---- Comparison ---- */

static void side_cell(FILE *out, const struct metric *m, const char *name)
{
	char n[NUMBER_SIZE];

	if (!m)
		cell(out, "%s", "");
	else
		cell(out, "%s: %s (%s)", name, number_figure(n, m->median, m->interval, m->unit),
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
	cell(out, "%s", label_metric(s, m));
	cell(out, "%s", label_platform(s, m->platform, m->variant));
	side_cell(out, c->base, c->base_name);
	side_cell(out, c->other, c->other_name);
	cell(out, "%s", number_ratio(n, c->test.ratio, i));
	cell(out, "%s", label_ratio_interval(s, c->test.ratio, i));
	cell(out, "%s", number_p(n, c->adjusted_p));
	cell(out, "%s",
	     c->exact.layouts		    ? "exact"
	     : isfinite(c->test.detectable) ? number_share(n, c->test.detectable)
	     : ranked			    ? "none"
					    : "");
	cell(out, "%s", label_note(s, c));
	fputc('\n', out);
}

static void print_differences(const struct report *r, FILE *out)
{
	if (!r->difference_count)
		return;
	fold_begin(out, "What the runs' hosts differ in");
	fputs("| run | what | base | other |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < r->difference_count; i++) {
		const struct fact_difference *d = &r->differences[i];
		char s[LABEL_SIZE];

		run_cell(out, r, d->other);
		cell(out, "%s", d->name);
		cell(out, "%s", label_value(s, d->base_value));
		cell(out, "%s", label_value(s, d->other_value));
		fputc('\n', out);
	}
	fold_end(out);
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

static int print_comparison(const struct report *r, FILE *out)
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
		if (i == MOST_ROWS) {
			fprintf(out, "\n<details><summary>%zu more</summary>\n\n",
				r->comparison_count - i);
			comparison_heading(out);
		}
		comparison_row(out, rows[i]);
	}
	end(out, r->comparison_count > MOST_ROWS);
	print_differences(r, out);
	free(rows);
	return 0;
}

/* ---- Limits, requirements, scores ---- */

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
	cell(out, "%s", x->what);
	cell(out, "%s", x->platform);
	cell(out, "%s", label_run(s, r, x->run));
	cell(out, "%s: %s", criterion_name(x->criterion->kind), x->wanted);
	cell(out, "%s", x->found);
	cell(out, "%s", x->why ? x->why : "");
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
			if (shown++ == MOST_ROWS) {
				fold_begin(out, "More limits and requirements");
				judgement_heading(out);
			}
			judgement_row(r, out, &r->judgements[i]);
		}
	end(out, shown > MOST_ROWS);
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
		escaped(out, r->scores[i].formula);
		fputs(", ", out);
		escaped(out, label_score_rule(s, &r->scores[i]));
		fputs(".\n", out);
	}
	fputs("Above 1 is better than the reference.\n\n"
	      "| platform | run | score | 95 % interval | worst part | parts | why none |\n"
	      "|---|---|--:|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < r->score_count; i++) {
		const struct score *x = &r->scores[i];

		fputc('|', out);
		cell(out, "%s", label_platform(s, x->platform, x->variant));
		cell(out, "%s", label_run(s, r, x->run));
		cell(out, "%s", x->why ? "none" : number_ratio(n, x->score, x->interval));
		cell(out, "%s", label_ratio_interval(s, x->score, x->interval));
		cell(out, "%s", label_worst(s, x));
		cell(out, "%s", label_parts(s, x));
		cell(out, "%s", x->why ? x->why : "");
		fputc('\n', out);
	}
}

/* ---- Platforms side by side ---- */

static void matrix_heading(const struct report *r, FILE *out, const char *first)
{
	char s[LABEL_SIZE];

	fprintf(out, "| %s |", first);
	for (size_t c = 0; c < r->matrix->column_count; c++)
		cell(out, "%s", label_column(s, r, &r->matrix->columns[c]));
	fputs("\n|---|", out);
	for (size_t c = 0; c < r->matrix->column_count; c++)
		fputs("---|", out);
	fputc('\n', out);
}

static void print_matrix_benches(const struct report *r, FILE *out)
{
	const struct matrix *m = r->matrix;
	char s[LABEL_SIZE];

	fold_begin(out, "Every bench on every platform");
	fputs("Median, how it ran unless in hardware, and × native (above 1 is slower), only where "
	      "both ran alike.\n\n",
	      out);
	matrix_heading(r, out, "bench");
	for (size_t i = 0; i < m->bench_count; i++) {
		const struct matrix_row *row = &m->benches[i];

		fputc('|', out);
		cell(out, "%s",
		     row->has_parameter ? label_bench(s, row->bench, row->parameter) : row->name);
		for (size_t c = 0; c < m->column_count; c++)
			cell(out, "%s", label_cell(s, &row->cells[c]));
		fputc('\n', out);
	}
	fold_end(out);
}

static void print_means(const struct report *r, FILE *out)
{
	const struct matrix *m = r->matrix;
	const struct interval none = {NAN, NAN};
	char s[LABEL_SIZE], n[NUMBER_SIZE];

	if (!m->mean_count)
		return;
	fputs("Geometric mean of ratios of cost, only among what ran alike:\n\n"
	      "| group | execution | platform | cost | over | benches |\n"
	      "|---|---|---|--:|---|--:|\n",
	      out);
	for (size_t i = 0; i < m->mean_count; i++) {
		const struct matrix_mean *x = &m->means[i];

		fputc('|', out);
		cell(out, "%s", x->group);
		cell(out, "%s", execution_name(x->execution));
		cell(out, "%s", label_column(s, r, &m->columns[x->column]));
		cell(out, "%s%s", isnan(x->ratio) ? "too few" : number_ratio(n, x->ratio, none),
		     isnan(x->ratio) ? "" : "×");
		cell(out, "%s", label_column(s, r, &m->columns[x->reference]));
		cell(out, "%zu of %zu", x->benches, x->of);
		fputc('\n', out);
	}
}

static void print_fault_line(const struct report *r, FILE *out, const struct matrix_row *row,
			     size_t column, const struct fault_figure *f)
{
	size_t lost = f->recovered + f->censored;
	char s[LABEL_SIZE];

	fputc('|', out);
	cell(out, "%s", row->name);
	cell(out, "%s", label_column(s, r, &r->matrix->columns[column]));
	cell(out, "%s", execution_name(f->execution));
	cell(out, "%s", label_outcomes(s, f));
	cell(out, "%s", label_recovered(s, f));
	cell(out, "%s", lost && f->detector_ours ? label_time(s, &f->ttd, f->unit, lost) : "");
	cell(out, "%s", lost && !f->detector_ours ? label_time(s, &f->ttd, f->unit, lost) : "");
	cell(out, "%s", lost ? label_time(s, &f->repair, f->unit, label_repairable(f)) : "");
	fputc('\n', out);
}

static void print_matrix_faults(const struct report *r, FILE *out)
{
	const struct matrix *m = r->matrix;
	char s[LABEL_SIZE];

	if (!m->fault_count)
		return;
	fold_begin(out, "Every fault on every platform");
	fputs("The times to detect of our own detector are never ranked against a platform's.\n\n"
	      "| fault+recovery | platform | execution | outcomes | recovered | detected (ours) | "
	      "detected (platform's) | repair |\n|---|---|---|---|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < m->fault_count; i++)
		for (size_t c = 0; c < m->column_count; c++) {
			const struct matrix_cell *x = &m->faults[i].cells[c];

			for (size_t k = 0; x->faults && k < x->count; k++)
				print_fault_line(r, out, &m->faults[i], c, &x->faults[k]);
			if (x->state == CELL_FIGURES)
				continue;
			fputc('|', out);
			cell(out, "%s", m->faults[i].name);
			cell(out, "%s", label_column(s, r, &m->columns[c]));
			cell(out, "%s", "");
			cell(out, "%s", label_cell(s, x));
			fputs(" | | | |\n", out);
		}
	fold_end(out);
}

static void print_reasons(const struct report *r, FILE *out)
{
	if (!r->matrix->reason_count)
		return;
	fold_begin(out, "What was skipped where, and why");
	fputs("| number | why | where |\n|---|---|---|\n", out);
	for (size_t i = 0; i < r->matrix->reason_count; i++) {
		char *where = label_where(r, i + 1);

		fprintf(out, "| %zu |", i + 1);
		cell(out, "%s", r->matrix->reasons[i]);
		cell(out, "%s", where ? where : "(no memory)");
		fputc('\n', out);
		free(where);
	}
	fold_end(out);
}

static void print_matrix(const struct report *r, FILE *out)
{
	if (r->matrix_why)
		fprintf(out, "\nPlatforms side by side: not shown, %s.\n", r->matrix_why);
	if (!r->matrix)
		return;
	fputs("\n### Platforms side by side\n\n", out);
	print_means(r, out);
	print_matrix_benches(r, out);
	print_matrix_faults(r, out);
	print_reasons(r, out);
}

/* ---- What has no figure ---- */

static void print_skips(const struct report *r, FILE *out)
{
	bool folded;
	if (!r->skip_count)
		return;
	folded = begin(out, r, "Skipped", r->skip_count, "| run | kind | what | platform | why |",
		       "|---|---|---|---|---|");
	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_skip *s = r->skips[i];

		run_cell(out, r, label_run_of_skip(r, i));
		cell(out, "%s", s->kind);
		cell(out, "%s", s->what);
		cell(out, "%s", s->platform ? s->platform : "");
		cell(out, "%s", s->why);
		fputc('\n', out);
	}
	end(out, folded);
}

static void print_problems(const struct report *r, FILE *out)
{
	bool folded;
	if (!r->problem_count)
		return;
	folded = begin(out, r, "Problems", r->problem_count,
		       "| run | what | platform | trials | status | why |",
		       "|---|---|---|--:|---|---|");
	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *x = &r->problems[i];

		run_cell(out, r, x->run);
		cell(out, "%s", x->what);
		cell(out, "%s", x->platform);
		cell(out, "%zu", x->count);
		cell(out, "%s", x->status == TRIAL_OK ? "doubt" : trial_status_name(x->status));
		cell(out, "%s", x->why);
		fputc('\n', out);
	}
	end(out, folded);
}

static void print_section(const struct section *s, const struct report *r, FILE *out)
{
	size_t rows = s->rows(r);

	if (!rows)
		return;
	fold_begin(out, s->title);
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
				cell(out, "%s", section_cell(s, r, row, i).text);
		fputc('\n', out);
	}
	fold_end(out);
}

static void print_sections(const struct report *r, FILE *out)
{
	for_each_registered (struct section, s, REGISTRY(sections))
		print_section(s, r, out);
}

static int print_md(const struct report *r, FILE *out)
{
	fputs("## virt-qualify\n", out);
	print_judgements(r, out);
	print_scores(r, out);
	if (print_comparison(r, out))
		return -1;
	if (!r->compared_by)
		print_matrix(r, out);
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
