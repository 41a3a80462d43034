/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as tidy CSV (RFC 4180): one quantity a line, so that any tool can filter and plot it.
 * Values are in base units with all their digits; an empty value is one that does not exist.
 */
#include <math.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"
#include "report/section.h"

/* What a line's quantities are about. */
struct subject {
	FILE *out;
	const char *run, *kind, *name, *parameter_name, *platform, *variant, *execution;
	long long parameter;
	size_t trials;
	bool counted; /* `trials` is known */
};

/*
 * A text field, always quoted. A spreadsheet takes a field that begins like a formula for one,
 * and names come from files of strangers: such a field gets an apostrophe.
 */
static void field(FILE *out, const char *s, const char *after)
{
	fputc('"', out);
	if (s[0] && strchr("=+-@", s[0]))
		fputc('\'', out);
	for (; *s; s++) {
		if (*s == '"')
			fputc('"', out);
		fputc(*s, out);
	}
	fputc('"', out);
	fputs(after, out);
}

static void number(FILE *out, double v)
{
	if (isfinite(v))
		fprintf(out, "%.15g", v);
	fputc(',', out);
}

static void line(const struct subject *s, const char *quantity, double value, struct interval i,
		 const char *unit, const char *note)
{
	FILE *out = s->out;

	field(out, s->run, ",");
	field(out, s->kind, ",");
	field(out, s->name, ",");
	field(out, s->parameter_name ? s->parameter_name : "", ",");
	if (s->parameter_name)
		fprintf(out, "%lld", s->parameter);
	fputc(',', out);
	field(out, s->platform, ",");
	field(out, s->variant, ",");
	field(out, s->execution, ",");
	field(out, quantity, ",");
	number(out, value);
	number(out, i.low);
	number(out, i.high);
	field(out, unit, ",");
	if (s->counted)
		fprintf(out, "%zu", s->trials);
	fputc(',', out);
	field(out, note, "\r\n");
}

static const struct interval none = {NAN, NAN};

static void print_metric(FILE *out, const struct metric *m)
{
	const char *unit = unit_name(m->unit);
	const struct subject s = {.out = out,
				  .run = m->run->uuid,
				  .kind = "metric",
				  .name = m->bench->name,
				  .parameter_name = m->bench->parameter_name,
				  .parameter = m->parameter,
				  .platform = m->platform,
				  .variant = m->variant,
				  .execution = execution_name(m->execution),
				  .trials = m->trials,
				  .counted = true};
	char why[LABEL_SIZE];

	line(&s, "median", m->median, m->interval, unit, "");
	line(&s, "mean", m->mean, none, unit, "");
	line(&s, "p99", m->p99, none, unit, "");
	line(&s, "median_undisturbed", m->median_undisturbed, none, unit, "");
	line(&s, "plain_mean", m->plain_mean, none, unit,
	     m->loop_disagrees ? "disagrees with the stamped mean" : "");
	line(&s, "overhead", m->overhead, none,
	     unit_name(unit_of_figure(NANOSECONDS, m->execution)), "");
	line(&s, "native_ratio", m->native_ratio, m->native_interval, "", label_native(why, m));
	line(&s, "disturbed_share", m->disturbed_share, none, "",
	     isnan(m->disturbed_share) ? label_disturbed(why, m)
				       : label_disturbances(why, m->disturbances));
	line(&s, "discarded", (double)m->discarded, none, "trials", "");
	if (isfinite(m->exits_per_op))
		line(&s, "exits_per_op", m->exits_per_op, none, "", "");
	if (isfinite(m->emulated_per_op))
		line(&s, "emulated_per_op", m->emulated_per_op, none, "", "");
	for (size_t i = 0; i < m->trials; i++)
		line(&s, "trial", m->values[i], none, unit, "");
}

static void print_fit(FILE *out, const struct metric_fit *f)
{
	const struct subject s = {.out = out,
				  .run = f->run->uuid,
				  .kind = "fit",
				  .name = f->bench->name,
				  .platform = f->platform,
				  .variant = f->variant,
				  .execution = execution_name(f->execution)};
	const char *unit = unit_name(f->unit);

	line(&s, "intercept", f->fit.intercept, none, unit, "");
	line(&s, "slope", f->fit.slope, f->fit.slope_interval, unit,
	     f->bench->parameter_name ? f->bench->parameter_name : "");
	line(&s, "residual", f->fit.residual, none, unit, "");
	line(&s, "r_squared", f->fit.r_squared, none, "", "");
}

static void time_line(struct subject *s, const char *quantity, const struct time_figure *t,
		      const char *unit, const char *note)
{
	s->trials = t->count; /* in which it was seen */
	line(s, quantity, t->median, (struct interval){t->low, t->high}, unit, note);
}

static void print_fault(FILE *out, const struct fault_figure *f)
{
	char name[LABEL_SIZE];
	struct subject s = {.out = out,
			    .run = f->run->uuid,
			    .kind = "fault",
			    .name = label_fault(name, f),
			    .platform = f->platform,
			    .variant = f->variant,
			    .execution = execution_name(f->execution),
			    .trials = f->trials,
			    .counted = true};
	const char *unit = unit_name(f->unit);
	size_t lost = f->recovered + f->censored;

	for (int o = 0; o < OUTCOMES; o++)
		if (f->outcomes[o])
			line(&s, outcome_name((enum outcome)o), (double)f->outcomes[o], none,
			     "trials", "");
	s.trials = lost;
	line(&s, "recovered_share", lost ? (double)f->recovered / (double)lost : NAN,
	     f->recovered_share, "", "");
	line(&s, "censored", (double)f->censored, none, "trials", "");
	s.trials = f->activated;
	line(&s, "lost_operations", f->lost_operations, none, "op", "");
	line(&s, "rate_ratio", f->rate_ratio, none, "", "");
	line(&s, "neighbour_ratio", f->neighbour_ratio, none, "", "");
	line(&s, "fairness", f->fairness, none, "", "");
	line(&s, "worst_wait", f->worst_wait, none, unit, "");
	line(&s, "steal", f->steal, none, unit, "");
	time_line(&s, "ttd", &f->ttd, unit, f->detector);
	time_line(&s, "ttr", &f->ttr, unit, "");
	time_line(&s, "repair", &f->repair, unit, "");
	time_line(&s, "full", &f->full, unit, "");
	time_line(&s, "downtime", &f->downtime, unit, "");
}

static void print_comparison(FILE *out, const struct comparison_row *c)
{
	const struct metric *m = c->other ? c->other : c->base;
	bool mixed = c->base && c->other && c->base->execution != c->other->execution;
	const struct subject s = {.out = out,
				  .run = m->run->uuid,
				  .kind = "comparison",
				  .name = m->bench->name,
				  .parameter_name = m->bench->parameter_name,
				  .parameter = m->parameter,
				  .platform = m->platform,
				  .variant = m->variant,
				  .execution = mixed ? "unlike" : execution_name(m->execution),
				  .trials = m->trials,
				  .counted = true};
	const char *verdict = report_is_compared(c) ? verdict_name(c->verdict) : "not compared";
	char note[2 * LABEL_SIZE], exact[LABEL_SIZE];

	label_note(exact, c);
	text_print(note, sizeof(note), "%s: %s against %s%s%s", verdict,
		   c->other ? c->other_name : "nothing", c->base ? c->base_name : "nothing",
		   exact[0] ? "; " : "", exact);
	line(&s, "ratio", c->test.ratio, c->test.ratio_interval, "", note);
	line(&s, "adjusted_p", c->adjusted_p, none, "", verdict);
	line(&s, "detectable", c->test.detectable, none, "", "");
	if (c->between_runs.counts)
		line(&s, "between_runs", fmax(c->between_runs.base, c->between_runs.other), none,
		     "", c->between_runs.assumed ? "assumed" : "measured");
	if (!c->exact.layouts)
		return;
	line(&s, "difference", c->exact.median, (struct interval){c->exact.least, c->exact.most},
	     unit_name(m->unit), "median, least and most over layouts");
	line(&s, "difference_share", c->exact.median_share,
	     (struct interval){c->exact.least_share, c->exact.most_share}, "",
	     "median, least and most over layouts");
	line(&s, "layouts", (double)c->exact.layouts, none, "", "");
}

static void print_judgement(FILE *out, const struct judgement *x)
{
	const struct metric *m = x->metric;
	const struct result_criterion *c = x->criterion;
	const char *unit = c->kind == CRITERION_REQUIRE ? "trials"
			   : c->unit < 0		? ""
							: unit_name((enum unit)c->unit);
	const struct subject s = {.out = out,
				  .run = x->run->uuid,
				  .kind = criterion_name(c->kind),
				  .name = m ? m->bench->name : x->what,
				  .parameter_name = m ? m->bench->parameter_name : NULL,
				  .parameter = m ? m->parameter : 0,
				  .platform = m		 ? m->platform
					      : x->fault ? x->fault->platform
							 : x->platform,
				  .variant = m		? m->variant
					     : x->fault ? x->fault->variant
							: "",
				  .execution = m	  ? execution_name(m->execution)
					       : x->fault ? execution_name(x->fault->execution)
							  : "",
				  .trials = x->of ? x->of
					    : m	  ? m->trials
						  : 0,
				  .counted = x->of || m};
	char note[2 * LABEL_SIZE];

	text_print(note, sizeof(note), "%s: %s%s%s%s%s", judged_name(x->result), x->wanted,
		   x->found[0] ? ": " : "", x->found, x->why ? "; " : "", x->why ? x->why : "");
	/* One figure may have several limits. */
	line(&s, x->wanted, x->value, x->interval, unit, note);
}

static void print_score(FILE *out, const struct score *x)
{
	struct subject s = {.out = out,
			    .run = x->run->uuid,
			    .kind = "score",
			    .name = "score",
			    .platform = x->platform,
			    .variant = x->variant,
			    .execution = ""};

	line(&s, "score", x->score, x->interval, "", x->why ? x->why : x->formula);
	for (size_t i = 0; i < x->part_count; i++) {
		s.name = x->parts[i].name;
		line(&s, "part", x->parts[i].ratio, none, "", "");
	}
}

static void print_missing(const struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_skip *x = r->skips[i];
		const struct result_run *run = label_run_of_skip(r, i);
		const struct subject s = {.out = out,
					  .run = run ? run->uuid : "",
					  .kind = "skip",
					  .name = x->what,
					  .platform = x->platform ? x->platform : "",
					  .variant = "",
					  .execution = ""};

		line(&s, x->kind, NAN, none, "", x->why);
	}
	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *x = &r->problems[i];
		const struct subject s = {.out = out,
					  .run = x->run->uuid,
					  .kind = "problem",
					  .name = x->what,
					  .platform = x->platform,
					  .variant = "",
					  .execution = "",
					  .trials = x->count,
					  .counted = true};

		line(&s, x->status == TRIAL_OK ? "doubt" : trial_status_name(x->status), NAN, none,
		     "", x->why);
	}
}

static void print_means(const struct report *r, FILE *out)
{
	const struct matrix *m = r->matrix;

	for (size_t i = 0; m && i < m->mean_count; i++) {
		const struct matrix_mean *x = &m->means[i];
		const struct matrix_column *c = &m->columns[x->column];
		char over[LABEL_SIZE], note[2 * LABEL_SIZE];
		const struct subject s = {.out = out,
					  .run = c->run->uuid,
					  .kind = "group",
					  .name = x->group,
					  .platform = c->platform,
					  .variant = c->variant,
					  .execution = execution_name(x->execution)};

		text_print(note, sizeof(note), "over %s; %zu of %zu benches",
			   label_column(over, r, &m->columns[x->reference]), x->benches, x->of);
		line(&s, "mean_ratio", x->ratio, none, "", note);
	}
}

static void print_differences(const struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->difference_count; i++) {
		const struct fact_difference *d = &r->differences[i];
		const struct subject s = {.out = out,
					  .run = d->other->uuid,
					  .kind = "difference",
					  .name = d->name,
					  .platform = "",
					  .variant = "",
					  .execution = ""};

		line(&s, "base", NAN, none, "", d->base_value ? d->base_value : "");
		line(&s, "other", NAN, none, "", d->other_value ? d->other_value : "");
	}
}

/* What the figures come from: its hash is the note, as values are numbers. */
static void print_files(const struct report *r, FILE *out)
{
	for (size_t i = 0; i < r->run_count; i++) {
		const struct report_file *file = label_file(r, r->runs[i]);
		const struct subject s = {.out = out,
					  .run = r->runs[i]->uuid,
					  .kind = "file",
					  .name = file ? file->path : "",
					  .platform = "",
					  .variant = "",
					  .execution = ""};

		line(&s, "sha256", NAN, none, "", file ? file->sha256 : "");
	}
	for (int i = 0; i < GIVEN; i++) {
		const struct given_file *x = &r->given[i];
		struct subject s = {.out = out,
				    .run = "",
				    .kind = given_name((enum given)i),
				    .name = x->path,
				    .platform = "",
				    .variant = "",
				    .execution = ""};
		char note[LABEL_SIZE];

		if (!x->path)
			continue;
		line(&s, "sha256", NAN, none, "", x->sha256);
		line(&s, "given", NAN, none, "", label_given(note, r, (enum given)i));
	}
}

static bool is_subject(const char *key)
{
	return !strcmp(key, "platform") || !strcmp(key, "variant") || !strcmp(key, "execution") ||
	       !strcmp(key, "parameter") || !strcmp(key, "run");
}

/* A line for each value; what a row is about is its first column, and where there, its platform,
 * variant and execution. */
static void print_section(const struct section *x, const struct report *r, size_t row, FILE *out)
{
	struct section_cell cells[SECTION_COLUMNS] = {0};
	struct subject s = {.out = out,
			    .run = "",
			    .kind = x->name,
			    .name = cells[0].text,
			    .platform = "",
			    .variant = "",
			    .execution = ""};
	const struct {
		const char *key, **to;
	} known[] = {{"platform", &s.platform},
		     {"variant", &s.variant},
		     {"execution", &s.execution},
		     {"run", &s.run}};

	for (size_t i = 0; i < x->column_count; i++) {
		cells[i] = section_cell(x, r, row, i);
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (!strcmp(x->columns[i].key, known[k].key))
				*known[k].to = cells[i].text;
		if (!strcmp(x->columns[i].key, "parameter") && cells[i].text[0]) {
			s.parameter_name = "parameter";
			s.parameter = (long long)cells[i].number;
		}
	}
	for (size_t i = 1; i < x->column_count; i++)
		if (!is_subject(x->columns[i].key))
			line(&s, x->columns[i].key, cells[i].number, none, "",
			     x->columns[i].number ? "" : cells[i].text);
}

static void print_sections(const struct report *r, FILE *out)
{
	for_each_registered (struct section, s, REGISTRY(sections)) {
		for (size_t row = 0; row < s->rows(r); row++)
			print_section(s, r, row, out);
	}
}

static int print_csv(const struct report *r, FILE *out)
{
	fputs("run,kind,name,parameter_name,parameter,platform,variant,execution,quantity,value,"
	      "low,high,unit,trials,note\r\n",
	      out);
	print_files(r, out);
	for (size_t i = 0; i < r->metric_count; i++)
		print_metric(out, &r->metrics[i]);
	for (size_t i = 0; i < r->fit_count; i++)
		print_fit(out, &r->fits[i]);
	for (size_t i = 0; i < r->fault_count; i++)
		print_fault(out, &r->faults[i]);
	for (size_t i = 0; i < r->comparison_count; i++)
		print_comparison(out, &r->comparisons[i]);
	for (size_t i = 0; i < r->judgement_count; i++)
		print_judgement(out, &r->judgements[i]);
	for (size_t i = 0; i < r->score_count; i++)
		print_score(out, &r->scores[i]);
	print_means(r, out);
	print_sections(r, out);
	print_differences(r, out);
	print_missing(r, out);
	return ferror(out) ? -1 : 0;
}

FORMAT(csv, .summary = "one quantity a line, for spreadsheets and plots", .suffix = ".csv",
       .print = print_csv);
