/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as one JSON object, for programs. Figures are numbers in their base unit
 * (nanoseconds, operations or bytes a second), null where there is none; the keys are documented in
 * docs/result-file.md and only ever added to.
 */
#include <errno.h>

#include "harness/core/command.h"
#include "report/json.h"
#include "report/label.h"
#include "report/section.h"

#define JSON_SCHEMA 1

static json_t *numbers(const double *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, js_number(v[i]));
	return list;
}

static json_t *disturbances(uint32_t mask)
{
	json_t *list = json_array();

	for (unsigned int bit = 0; bit < DISTURBANCES; bit++)
		if (mask & 1u << bit)
			json_array_append_new(list, js_text(disturbance_name(bit)));
	return list;
}

/* ---- Runs ---- */

static json_t *platform(const struct result_platform *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", js_text(p->name));
	json_object_set_new(o, "label", js_text(p->label));
	json_object_set_new(o, "version", js_text(p->version));
	json_object_set_new(o, "why_not", js_text(p->why_not));
	return o;
}

/* What was counted beside samples on that host, and why not the rest. */
static json_t *counters(const struct report *r, const struct result_run *run)
{
	const struct report_file *file = label_file(r, run);
	const struct result_counter *c;
	json_t *list = json_array();
	size_t count;

	if (!file || result_counters(file->result, &c, &count))
		return list;
	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();

		if (c[i].run != run->id) {
			json_decref(o);
			continue;
		}
		json_object_set_new(o, "source", js_text(c[i].source));
		json_object_set_new(o, "name", js_text(c[i].name));
		json_object_set_new(o, "scope", js_text(c[i].scope));
		json_object_set_new(o, "unit", js_text(c[i].unit));
		json_object_set_new(o, "why_not", js_text(c[i].why_not));
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *variants(const struct report *r, const struct result_run *run)
{
	json_t *all = json_array();
	size_t count;
	const struct result_variant *v = label_variants(r, run, &count);

	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();

		json_object_set_new(o, "name", js_text(v[i].name));
		json_object_set_new(o, "settings", js_text(v[i].settings));
		json_object_set_new(o, "label", js_text(v[i].label));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *run(const struct report *r, const struct result_run *run)
{
	json_t *o = json_object(), *host = json_object(), *why = json_object();
	json_t *platforms = json_array();
	char hash[65];

	json_object_set_new(o, "id", js_text(run->uuid));
	json_object_set_new(o, "started", js_text(run->started));
	json_object_set_new(o, "finished", js_text(run->finished));
	json_object_set_new(o, "interrupted", json_boolean(run->interrupted));
	json_object_set_new(o, "version", js_text(run->version));
	json_object_set_new(o, "command", js_text(run->command));
	json_object_set_new(o, "plan_name", js_text(run->plan_name));
	json_object_set_new(o, "plan", js_text(run->plan));
	json_object_set_new(o, "plan_sha256", js_text(label_plan_hash(hash, run)));
	/* As text: a seed takes all 64 bits, and many readers have 53. */
	json_object_set_new(o, "seed", json_sprintf("%llu", (unsigned long long)run->seed));
	json_object_set_new(o, "delta", js_number(run->delta));
	for (size_t i = 0; i < r->fact_count; i++) {
		const struct result_fact *f = r->facts[i];

		if (label_run_of_fact(r, i) != run)
			continue;
		json_object_set_new(host, f->name, js_text(f->value));
		if (f->why)
			json_object_set_new(why, f->name, js_text(f->why));
	}
	for (size_t i = 0; i < r->platform_count; i++)
		if (label_run_of_platform(r, i) == run)
			json_array_append_new(platforms, platform(r->platforms[i]));
	json_object_set_new(o, "host", host);
	json_object_set_new(o, "host_why", why);
	json_object_set_new(o, "platforms", platforms);
	json_object_set_new(o, "counters", counters(r, run));
	json_object_set_new(o, "variants", variants(r, run));
	json_object_set_new(o, "block_of", js_text(report_side(r, run)->uuid));
	return o;
}

/* ---- Figures ---- */

static json_t *metric(const struct metric *m)
{
	json_t *o = json_object();

	json_object_set_new(o, "run", js_text(m->run->uuid));
	json_object_set_new(o, "bench", js_text(m->bench->name));
	json_object_set_new(o, "group", js_text(m->bench->group));
	json_object_set_new(o, "platform", js_text(m->platform));
	json_object_set_new(o, "variant", js_text(m->variant));
	json_object_set_new(o, "parameter_name", js_text(m->bench->parameter_name));
	json_object_set_new(o, "parameter",
			    m->bench->parameter_name ? json_integer(m->parameter) : json_null());
	json_object_set_new(o, "unit", js_text(unit_name(m->unit)));
	json_object_set_new(o, "better", js_text(better_name(m->bench->better)));
	json_object_set_new(o, "execution", js_text(execution_name(m->execution)));
	json_object_set_new(o, "trials", json_integer((json_int_t)m->trials));
	json_object_set_new(o, "discarded", json_integer((json_int_t)m->discarded));
	json_object_set_new(o, "median", js_number(m->median));
	json_object_set_new(o, "low", js_number(m->interval.low));
	json_object_set_new(o, "high", js_number(m->interval.high));
	json_object_set_new(o, "mean", js_number(m->mean));
	json_object_set_new(o, "p99", js_number(m->p99));
	json_object_set_new(o, "values", numbers(m->values, m->trials));
	if (isfinite(m->exits_per_op))
		json_object_set_new(o, "exits_per_op", js_number(m->exits_per_op));
	if (isfinite(m->emulated_per_op))
		json_object_set_new(o, "emulated_per_op", js_number(m->emulated_per_op));
	json_object_set_new(o, "overhead", js_number(m->overhead));
	json_object_set_new(o, "disturbed_share", js_number(m->disturbed_share));
	json_object_set_new(o, "disturbances", disturbances(m->disturbances));
	json_object_set_new(o, "median_undisturbed", js_number(m->median_undisturbed));
	json_object_set_new(o, "loop_disagrees",
			    isnan(m->plain_mean) ? json_null() : json_boolean(m->loop_disagrees));
	json_object_set_new(o, "plain_mean", js_number(m->plain_mean));
	json_object_set_new(o, "native_ratio", js_number(m->native_ratio));
	json_object_set_new(o, "native_low", js_number(m->native_interval.low));
	json_object_set_new(o, "native_high", js_number(m->native_interval.high));
	json_object_set_new(o, "native_variant", js_text(m->native_variant));
	json_object_set_new(o, "native_why", js_text(m->native_why));
	return o;
}

static json_t *fit(const struct metric_fit *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "run", js_text(f->run->uuid));
	json_object_set_new(o, "bench", js_text(f->bench->name));
	json_object_set_new(o, "platform", js_text(f->platform));
	json_object_set_new(o, "variant", js_text(f->variant));
	json_object_set_new(o, "parameter_name", js_text(f->bench->parameter_name));
	json_object_set_new(o, "unit", js_text(unit_name(f->unit)));
	json_object_set_new(o, "execution", js_text(execution_name(f->execution)));
	json_object_set_new(o, "intercept", js_number(f->fit.intercept));
	json_object_set_new(o, "slope", js_number(f->fit.slope));
	json_object_set_new(o, "slope_low", js_number(f->fit.slope_interval.low));
	json_object_set_new(o, "slope_high", js_number(f->fit.slope_interval.high));
	json_object_set_new(o, "residual", js_number(f->fit.residual));
	json_object_set_new(o, "r_squared", js_number(f->fit.r_squared));
	return o;
}

static json_t *time_figure(const struct time_figure *t)
{
	json_t *o = json_object();

	json_object_set_new(o, "median", js_number(t->median));
	json_object_set_new(o, "low", js_number(t->low));
	json_object_set_new(o, "high", js_number(t->high));
	json_object_set_new(o, "count", json_integer((json_int_t)t->count));
	return o;
}

static json_t *fault(const struct fault_figure *f)
{
	json_t *o = json_object(), *outcomes = json_object();

	for (int i = 0; i < OUTCOMES; i++)
		if (f->outcomes[i])
			json_object_set_new(outcomes, outcome_name((enum outcome)i),
					    json_integer((json_int_t)f->outcomes[i]));
	json_object_set_new(o, "run", js_text(f->run->uuid));
	json_object_set_new(o, "fault", js_text(f->fault->name));
	json_object_set_new(o, "group", js_text(f->fault->group));
	json_object_set_new(o, "platform", js_text(f->platform));
	json_object_set_new(o, "variant", js_text(f->variant));
	json_object_set_new(o, "recovery", js_text(f->recovery));
	json_object_set_new(o, "execution", js_text(execution_name(f->execution)));
	json_object_set_new(o, "unit", js_text(unit_name(f->unit)));
	json_object_set_new(o, "detector", js_text(f->detector));
	json_object_set_new(o, "detector_ours", json_boolean(f->detector_ours));
	json_object_set_new(o, "trials", json_integer((json_int_t)f->trials));
	json_object_set_new(o, "outcomes", outcomes);
	json_object_set_new(o, "activated", json_integer((json_int_t)f->activated));
	json_object_set_new(o, "recovered", json_integer((json_int_t)f->recovered));
	json_object_set_new(o, "censored", json_integer((json_int_t)f->censored));
	json_object_set_new(o, "recovered_low", js_number(f->recovered_share.low));
	json_object_set_new(o, "recovered_high", js_number(f->recovered_share.high));
	json_object_set_new(o, "ttd", time_figure(&f->ttd));
	json_object_set_new(o, "ttr", time_figure(&f->ttr));
	json_object_set_new(o, "repair", time_figure(&f->repair));
	json_object_set_new(o, "full", time_figure(&f->full));
	json_object_set_new(o, "downtime", time_figure(&f->downtime));
	json_object_set_new(o, "lost_operations", js_number(f->lost_operations));
	json_object_set_new(o, "rate_ratio", js_number(f->rate_ratio));
	json_object_set_new(o, "neighbour_ratio", js_number(f->neighbour_ratio));
	json_object_set_new(o, "fairness", js_number(f->fairness));
	json_object_set_new(o, "worst_wait", js_number(f->worst_wait));
	json_object_set_new(o, "steal", js_number(f->steal));
	return o;
}

/* ---- What has no figure ---- */

static json_t *skip(const struct report *r, size_t i)
{
	const struct result_skip *s = r->skips[i];
	const struct result_run *of = label_run_of_skip(r, i);
	json_t *o = json_object();

	json_object_set_new(o, "run", js_text(of ? of->uuid : NULL));
	json_object_set_new(o, "kind", js_text(s->kind));
	json_object_set_new(o, "what", js_text(s->what));
	json_object_set_new(o, "platform", js_text(s->platform));
	json_object_set_new(o, "why", js_text(s->why));
	return o;
}

static json_t *problem(const struct problem *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "run", js_text(p->run->uuid));
	json_object_set_new(o, "what", js_text(p->what));
	json_object_set_new(o, "platform", js_text(p->platform));
	json_object_set_new(o, "count", json_integer((json_int_t)p->count));
	json_object_set_new(
		o, "status",
		js_text(p->status == TRIAL_OK ? "doubt" : trial_status_name(p->status)));
	json_object_set_new(o, "why", js_text(p->why));
	return o;
}

static json_t *file(const struct report_file *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "path", js_text(f->path));
	json_object_set_new(o, "sha256", js_text(f->sha256));
	return o;
}

/* The i-th of a list; it is released. */
static int print_element(FILE *out, size_t i, json_t *o)
{
	int failed = !o;

	fputs(i ? ",\n    " : "\n    ", out);
	if (!failed)
		failed = json_dumpf(o, out, JSON_REAL_PRECISION(15));
	json_decref(o);
	if (failed)
		errno = errno ? errno : ENOMEM;
	return failed ? -1 : 0;
}

/* Print one list, an element at a time: a large report is never in memory twice. */
static int print_list(FILE *out, const char *key, size_t count,
		      json_t *(*element)(const struct report *r, size_t i), const struct report *r)
{
	fprintf(out, ",\n  \"%s\": [", key);
	for (size_t i = 0; i < count; i++) {
		if (print_element(out, i, element(r, i)))
			return -1;
	}
	fputs(count ? "\n  ]" : "]", out);
	return 0;
}

static json_t *run_at(const struct report *r, size_t i)
{
	return run(r, r->runs[i]);
}

static json_t *metric_at(const struct report *r, size_t i)
{
	return metric(&r->metrics[i]);
}

static json_t *fit_at(const struct report *r, size_t i)
{
	return fit(&r->fits[i]);
}

static json_t *fault_at(const struct report *r, size_t i)
{
	return fault(&r->faults[i]);
}

static json_t *problem_at(const struct report *r, size_t i)
{
	return problem(&r->problems[i]);
}

static json_t *file_at(const struct report *r, size_t i)
{
	return file(&r->files[i]);
}

static json_t *section_row(const struct section *s, const struct report *r, size_t row)
{
	json_t *o = json_object();

	for (size_t i = 0; i < s->column_count; i++) {
		struct section_cell c = section_cell(s, r, row, i);

		json_object_set_new(o, s->columns[i].key,
				    s->columns[i].number ? js_number(c.number)
							 : js_text(c.null ? NULL : c.text));
	}
	return o;
}

static int print_sections(const struct report *r, FILE *out)
{
	for_each_registered (struct section, s, REGISTRY(sections)) {
		size_t rows = s->rows(r);

		fprintf(out, ",\n  \"%s\": [", s->name);
		for (size_t row = 0; row < rows; row++)
			if (print_element(out, row, section_row(s, r, row)))
				return -1;
		fputs(rows ? "\n  ]" : "]", out);
	}
	return 0;
}

static int print_json(const struct report *r, FILE *out)
{
	errno = 0;
	fprintf(out, "{\n  \"schema\": %d,\n  \"version\": \"%s\"", JSON_SCHEMA,
		virt_qualify_version());
	if (print_list(out, "runs", r->run_count, run_at, r) ||
	    print_list(out, "metrics", r->metric_count, metric_at, r) ||
	    print_list(out, "fits", r->fit_count, fit_at, r) ||
	    print_list(out, "faults", r->fault_count, fault_at, r))
		return -1;
	if (print_list(out, "columns", r->matrix ? r->matrix->column_count : 0, js_column, r) ||
	    print_list(out, "groups", r->matrix ? r->matrix->mean_count : 0, js_group, r))
		return -1;
	if (print_sections(r, out) ||
	    print_list(out, "judgements", r->judgement_count, js_judgement, r) ||
	    print_list(out, "limits_from", r->given[GIVEN_LIMITS].path != NULL, js_limits_from,
		       r) ||
	    print_list(out, "noise_from", r->given[GIVEN_NOISE].path != NULL, js_noise_from, r) ||
	    print_list(out, "scores", r->score_count, js_score, r))
		return -1;
	if (r->compared_by)
		fprintf(out, ",\n  \"compared_by\": \"%s\"", r->compared_by);
	if (print_list(out, "comparisons", r->comparison_count, js_comparison, r) ||
	    print_list(out, "differences", r->difference_count, js_difference, r) ||
	    print_list(out, "skipped", r->skip_count, skip, r) ||
	    print_list(out, "problems", r->problem_count, problem_at, r) ||
	    print_list(out, "files", r->file_count, file_at, r))
		return -1;
	fputs("\n}\n", out);
	return ferror(out) ? -1 : 0;
}

FORMAT(json, .summary = "every figure as JSON, for programs", .suffix = ".json",
       .print = print_json);
