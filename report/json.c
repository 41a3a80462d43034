/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as one JSON object, for programs. Figures are numbers in their base unit
 * (nanoseconds, operations or bytes a second), null where there is none; the keys are documented in
 * docs/result-file.md and only ever added to.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "harness/core/command.h"
#include "report/label.h"
#include "report/section.h"

#define JSON_SCHEMA 1

static json_t *number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *text(const char *s)
{
	return s ? json_string(s) : json_null();
}

static json_t *numbers(const double *v, size_t n)
{
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, number(v[i]));
	return list;
}

static json_t *disturbances(uint32_t mask)
{
	json_t *list = json_array();

	for (unsigned int bit = 0; bit < DISTURBANCES; bit++)
		if (mask & 1u << bit)
			json_array_append_new(list, text(disturbance_name(bit)));
	return list;
}

/* ---- Runs ---- */

static json_t *platform(const struct result_platform *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", text(p->name));
	json_object_set_new(o, "label", text(p->label));
	json_object_set_new(o, "version", text(p->version));
	json_object_set_new(o, "why_not", text(p->why_not));
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
		json_object_set_new(o, "source", text(c[i].source));
		json_object_set_new(o, "name", text(c[i].name));
		json_object_set_new(o, "scope", text(c[i].scope));
		json_object_set_new(o, "unit", text(c[i].unit));
		json_object_set_new(o, "why_not", text(c[i].why_not));
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

		json_object_set_new(o, "name", text(v[i].name));
		json_object_set_new(o, "settings", text(v[i].settings));
		json_object_set_new(o, "label", text(v[i].label));
		json_array_append_new(all, o);
	}
	return all;
}

static json_t *run(const struct report *r, const struct result_run *run)
{
	json_t *o = json_object(), *host = json_object(), *why = json_object();
	json_t *platforms = json_array();

	json_object_set_new(o, "id", text(run->uuid));
	json_object_set_new(o, "started", text(run->started));
	json_object_set_new(o, "finished", text(run->finished));
	json_object_set_new(o, "interrupted", json_boolean(run->interrupted));
	json_object_set_new(o, "version", text(run->version));
	json_object_set_new(o, "command", text(run->command));
	json_object_set_new(o, "plan_name", text(run->plan_name));
	json_object_set_new(o, "plan", text(run->plan));
	/* As text: a seed takes all 64 bits, and many readers have 53. */
	json_object_set_new(o, "seed", json_sprintf("%llu", (unsigned long long)run->seed));
	json_object_set_new(o, "delta", number(run->delta));
	for (size_t i = 0; i < r->fact_count; i++) {
		const struct result_fact *f = r->facts[i];

		if (label_run_of_fact(r, i) != run)
			continue;
		json_object_set_new(host, f->name, text(f->value));
		if (f->why)
			json_object_set_new(why, f->name, text(f->why));
	}
	for (size_t i = 0; i < r->platform_count; i++)
		if (label_run_of_platform(r, i) == run)
			json_array_append_new(platforms, platform(r->platforms[i]));
	json_object_set_new(o, "host", host);
	json_object_set_new(o, "host_why", why);
	json_object_set_new(o, "platforms", platforms);
	json_object_set_new(o, "counters", counters(r, run));
	json_object_set_new(o, "variants", variants(r, run));
	json_object_set_new(o, "block_of", text(report_side(r, run)->uuid));
	return o;
}

/* ---- Figures ---- */

static json_t *metric(const struct metric *m)
{
	json_t *o = json_object();

	json_object_set_new(o, "run", text(m->run->uuid));
	json_object_set_new(o, "bench", text(m->bench->name));
	json_object_set_new(o, "group", text(m->bench->group));
	json_object_set_new(o, "platform", text(m->platform));
	json_object_set_new(o, "variant", text(m->variant));
	json_object_set_new(o, "parameter_name", text(m->bench->parameter_name));
	json_object_set_new(o, "parameter",
			    m->bench->parameter_name ? json_integer(m->parameter) : json_null());
	json_object_set_new(o, "unit", text(unit_name(m->unit)));
	json_object_set_new(o, "better", text(better_name(m->bench->better)));
	json_object_set_new(o, "execution", text(execution_name(m->execution)));
	json_object_set_new(o, "trials", json_integer((json_int_t)m->trials));
	json_object_set_new(o, "discarded", json_integer((json_int_t)m->discarded));
	json_object_set_new(o, "median", number(m->median));
	json_object_set_new(o, "low", number(m->interval.low));
	json_object_set_new(o, "high", number(m->interval.high));
	json_object_set_new(o, "mean", number(m->mean));
	json_object_set_new(o, "p99", number(m->p99));
	json_object_set_new(o, "values", numbers(m->values, m->trials));
	if (isfinite(m->exits_per_op))
		json_object_set_new(o, "exits_per_op", number(m->exits_per_op));
	if (isfinite(m->emulated_per_op))
		json_object_set_new(o, "emulated_per_op", number(m->emulated_per_op));
	json_object_set_new(o, "overhead", number(m->overhead));
	json_object_set_new(o, "disturbed_share", number(m->disturbed_share));
	json_object_set_new(o, "disturbances", disturbances(m->disturbances));
	json_object_set_new(o, "median_undisturbed", number(m->median_undisturbed));
	json_object_set_new(o, "loop_disagrees", json_boolean(m->loop_disagrees));
	json_object_set_new(o, "plain_mean", number(m->plain_mean));
	json_object_set_new(o, "native_ratio", number(m->native_ratio));
	json_object_set_new(o, "native_low", number(m->native_interval.low));
	json_object_set_new(o, "native_high", number(m->native_interval.high));
	json_object_set_new(o, "native_why", text(m->native_why));
	return o;
}

static json_t *fit(const struct metric_fit *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "run", text(f->run->uuid));
	json_object_set_new(o, "bench", text(f->bench->name));
	json_object_set_new(o, "platform", text(f->platform));
	json_object_set_new(o, "variant", text(f->variant));
	json_object_set_new(o, "parameter_name", text(f->bench->parameter_name));
	json_object_set_new(o, "unit", text(unit_name(f->unit)));
	json_object_set_new(o, "execution", text(execution_name(f->execution)));
	json_object_set_new(o, "intercept", number(f->fit.intercept));
	json_object_set_new(o, "slope", number(f->fit.slope));
	json_object_set_new(o, "slope_low", number(f->fit.slope_interval.low));
	json_object_set_new(o, "slope_high", number(f->fit.slope_interval.high));
	json_object_set_new(o, "residual", number(f->fit.residual));
	json_object_set_new(o, "r_squared", number(f->fit.r_squared));
	return o;
}

static json_t *time_figure(const struct time_figure *t)
{
	json_t *o = json_object();

	json_object_set_new(o, "median", number(t->median));
	json_object_set_new(o, "low", number(t->low));
	json_object_set_new(o, "high", number(t->high));
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
	json_object_set_new(o, "run", text(f->run->uuid));
	json_object_set_new(o, "fault", text(f->fault->name));
	json_object_set_new(o, "group", text(f->fault->group));
	json_object_set_new(o, "platform", text(f->platform));
	json_object_set_new(o, "variant", text(f->variant));
	json_object_set_new(o, "recovery", text(f->recovery));
	json_object_set_new(o, "execution", text(execution_name(f->execution)));
	json_object_set_new(o, "unit", text(unit_name(f->unit)));
	json_object_set_new(o, "detector", text(f->detector));
	json_object_set_new(o, "detector_ours", json_boolean(f->detector_ours));
	json_object_set_new(o, "trials", json_integer((json_int_t)f->trials));
	json_object_set_new(o, "outcomes", outcomes);
	json_object_set_new(o, "activated", json_integer((json_int_t)f->activated));
	json_object_set_new(o, "recovered", json_integer((json_int_t)f->recovered));
	json_object_set_new(o, "censored", json_integer((json_int_t)f->censored));
	json_object_set_new(o, "recovered_low", number(f->recovered_share.low));
	json_object_set_new(o, "recovered_high", number(f->recovered_share.high));
	json_object_set_new(o, "ttd", time_figure(&f->ttd));
	json_object_set_new(o, "ttr", time_figure(&f->ttr));
	json_object_set_new(o, "repair", time_figure(&f->repair));
	json_object_set_new(o, "full", time_figure(&f->full));
	json_object_set_new(o, "downtime", time_figure(&f->downtime));
	json_object_set_new(o, "lost_operations", number(f->lost_operations));
	json_object_set_new(o, "rate_ratio", number(f->rate_ratio));
	json_object_set_new(o, "neighbour_ratio", number(f->neighbour_ratio));
	json_object_set_new(o, "fairness", number(f->fairness));
	json_object_set_new(o, "worst_wait", number(f->worst_wait));
	json_object_set_new(o, "steal", number(f->steal));
	return o;
}

static json_t *exact(const struct exact_difference *e)
{
	json_t *o;

	if (!e->layouts)
		return json_null();
	o = json_object();
	json_object_set_new(o, "layouts", json_integer((json_int_t)e->layouts));
	json_object_set_new(o, "differing", json_integer((json_int_t)e->differing));
	json_object_set_new(o, "unmatched", json_integer((json_int_t)e->unmatched));
	json_object_set_new(o, "by_seed", json_boolean(e->by_seed));
	json_object_set_new(o, "least", number(e->least));
	json_object_set_new(o, "median", number(e->median));
	json_object_set_new(o, "most", number(e->most));
	json_object_set_new(o, "least_share", number(e->least_share));
	json_object_set_new(o, "median_share", number(e->median_share));
	json_object_set_new(o, "most_share", number(e->most_share));
	return o;
}

static json_t *between_runs(const struct between_runs *x)
{
	json_t *o;

	if (!x->counts)
		return json_null();
	o = json_object();
	json_object_set_new(o, "assumed", json_boolean(x->assumed));
	json_object_set_new(o, "base_deviation", number(x->base));
	json_object_set_new(o, "other_deviation", number(x->other));
	json_object_set_new(o, "runs", json_integer((json_int_t)x->runs));
	json_object_set_new(o, "trials_p", number(x->trials_p));
	return o;
}

static json_t *comparison(const struct comparison_row *c)
{
	const struct metric *m = c->base ? c->base : c->other;
	json_t *o = json_object();
	bool ranked = report_is_compared(c);

	json_object_set_new(o, "bench", text(m->bench->name));
	json_object_set_new(o, "parameter",
			    m->bench->parameter_name ? json_integer(m->parameter) : json_null());
	json_object_set_new(o, "platform", text(m->platform));
	json_object_set_new(o, "variant", text(m->variant));
	json_object_set_new(o, "unit", text(unit_name(m->unit)));
	json_object_set_new(o, "better", text(better_name(m->bench->better)));
	json_object_set_new(o, "base", c->base ? text(c->base_name) : json_null());
	json_object_set_new(o, "base_run", text(c->base ? c->base->run->uuid : NULL));
	json_object_set_new(o, "base_median", number(c->base ? c->base->median : NAN));
	json_object_set_new(o, "base_execution",
			    text(c->base ? execution_name(c->base->execution) : NULL));
	json_object_set_new(o, "other", c->other ? text(c->other_name) : json_null());
	json_object_set_new(o, "other_run", text(c->other ? c->other->run->uuid : NULL));
	json_object_set_new(o, "other_median", number(c->other ? c->other->median : NAN));
	json_object_set_new(o, "other_execution",
			    text(c->other ? execution_name(c->other->execution) : NULL));
	json_object_set_new(o, "ratio", number(c->test.ratio));
	json_object_set_new(o, "low", number(c->test.ratio_interval.low));
	json_object_set_new(o, "high", number(c->test.ratio_interval.high));
	json_object_set_new(o, "p", number(c->test.p));
	json_object_set_new(o, "adjusted_p", number(c->adjusted_p));
	json_object_set_new(o, "least_p", number(c->test.least_p));
	json_object_set_new(o, "detectable", number(c->test.detectable));
	json_object_set_new(o, "delta", number(c->delta));
	json_object_set_new(o, "exact", exact(&c->exact));
	json_object_set_new(o, "gates", json_boolean(c->gates));
	json_object_set_new(o, "between_runs", between_runs(&c->between_runs));
	json_object_set_new(o, "verdict", ranked ? text(verdict_name(c->verdict)) : json_null());
	json_object_set_new(o, "why", text(c->why));
	return o;
}

static json_t *difference(const struct report *r, size_t i)
{
	const struct fact_difference *d = &r->differences[i];
	json_t *o = json_object();

	json_object_set_new(o, "base_run", text(d->base->uuid));
	json_object_set_new(o, "other_run", text(d->other->uuid));
	json_object_set_new(o, "name", text(d->name));
	json_object_set_new(o, "base", text(d->base_value));
	json_object_set_new(o, "other", text(d->other_value));
	return o;
}

/* ---- Limits, requirements, scores ---- */

static json_t *judgement(const struct report *r, size_t i)
{
	const struct judgement *x = &r->judgements[i];
	const struct result_criterion *c = x->criterion;
	bool limit = c->kind == CRITERION_LIMIT;
	const struct metric *m = x->metric;
	json_t *o = json_object();

	json_object_set_new(o, "run", text(x->run->uuid));
	json_object_set_new(o, "kind", text(criterion_name(c->kind)));
	json_object_set_new(o, "what", text(x->what));
	json_object_set_new(o, "platform", text(x->platform));
	json_object_set_new(o, "execution",
			    text(m	    ? execution_name(m->execution)
				 : x->fault ? execution_name(x->fault->execution)
					    : NULL));
	json_object_set_new(
		o, "meant_for",
		text(c->execution < 0 ? NULL : execution_name((enum execution)c->execution)));
	json_object_set_new(o, "figure", text(limit ? limit_figure_name(c->figure) : "trials"));
	json_object_set_new(o, "quantile", number(limit ? c->quantile : NAN));
	json_object_set_new(o, "at_least", number(limit ? c->low : (double)c->trials));
	json_object_set_new(o, "at_most", number(limit ? c->high : NAN));
	json_object_set_new(o, "unit",
			    limit && c->unit >= 0 ? text(unit_name((enum unit)c->unit))
						  : json_null());
	json_object_set_new(o, "value", number(x->value));
	json_object_set_new(o, "low", number(x->interval.low));
	json_object_set_new(o, "high", number(x->interval.high));
	json_object_set_new(o, "within", x->of ? json_integer((json_int_t)x->within) : json_null());
	json_object_set_new(o, "of", x->of ? json_integer((json_int_t)x->of) : json_null());
	json_object_set_new(o, "wanted", text(x->wanted));
	json_object_set_new(o, "found", text(x->found));
	json_object_set_new(o, "verdict", text(judged_name(x->result)));
	json_object_set_new(o, "why", text(x->why));
	return o;
}

static json_t *score(const struct report *r, size_t i)
{
	const struct score *x = &r->scores[i];
	json_t *o = json_object(), *parts = json_array();

	for (size_t k = 0; k < x->part_count; k++) {
		json_t *p = json_object();

		json_object_set_new(p, "name", text(x->parts[k].name));
		json_object_set_new(p, "weight", number(x->parts[k].weight));
		json_object_set_new(p, "ratio", number(x->parts[k].ratio));
		json_object_set_new(p, "tests", json_integer((json_int_t)x->parts[k].tests));
		json_array_append_new(parts, p);
	}
	json_object_set_new(o, "run", text(x->run->uuid));
	json_object_set_new(o, "platform", text(x->platform));
	json_object_set_new(o, "variant", text(x->variant));
	json_object_set_new(o, "reference", text(x->reference));
	json_object_set_new(o, "formula", text(x->formula));
	json_object_set_new(o, "score", number(x->score));
	json_object_set_new(o, "low", number(x->interval.low));
	json_object_set_new(o, "high", number(x->interval.high));
	json_object_set_new(o, "worst", text(x->worst ? x->worst->name : NULL));
	json_object_set_new(o, "parts", parts);
	json_object_set_new(o, "why", text(x->why));
	return o;
}

/* ---- Platforms side by side ---- */

static json_t *column(const struct report *r, size_t i)
{
	const struct matrix_column *c = &r->matrix->columns[i];
	json_t *o = json_object(), *figures = json_object();

	for (int e = 0; e < EXECUTIONS; e++)
		if (c->figures[e])
			json_object_set_new(figures, execution_name((enum execution)e),
					    json_integer((json_int_t)c->figures[e]));
	json_object_set_new(o, "run", text(c->run->uuid));
	json_object_set_new(o, "platform", text(c->platform));
	json_object_set_new(o, "variant", text(c->variant));
	json_object_set_new(o, "host", text(c->host));
	json_object_set_new(o, "version", text(c->version));
	json_object_set_new(o, "figures", figures);
	json_object_set_new(o, "skipped", json_integer((json_int_t)c->skipped));
	return o;
}

static json_t *group(const struct report *r, size_t i)
{
	const struct matrix_mean *x = &r->matrix->means[i];
	const struct matrix_column *c = &r->matrix->columns[x->column];
	const struct matrix_column *over = &r->matrix->columns[x->reference];
	json_t *o = json_object();

	json_object_set_new(o, "group", text(x->group));
	json_object_set_new(o, "execution", text(execution_name(x->execution)));
	json_object_set_new(o, "run", text(c->run->uuid));
	json_object_set_new(o, "platform", text(c->platform));
	json_object_set_new(o, "variant", text(c->variant));
	json_object_set_new(o, "over_run", text(over->run->uuid));
	json_object_set_new(o, "over_platform", text(over->platform));
	json_object_set_new(o, "over_variant", text(over->variant));
	json_object_set_new(o, "mean_ratio", number(x->ratio));
	json_object_set_new(o, "benches", json_integer((json_int_t)x->benches));
	json_object_set_new(o, "of", json_integer((json_int_t)x->of));
	return o;
}

/* ---- What has no figure ---- */

static json_t *skip(const struct report *r, size_t i)
{
	const struct result_skip *s = r->skips[i];
	const struct result_run *of = label_run_of_skip(r, i);
	json_t *o = json_object();

	json_object_set_new(o, "run", text(of ? of->uuid : NULL));
	json_object_set_new(o, "kind", text(s->kind));
	json_object_set_new(o, "what", text(s->what));
	json_object_set_new(o, "platform", text(s->platform));
	json_object_set_new(o, "why", text(s->why));
	return o;
}

static json_t *problem(const struct problem *p)
{
	json_t *o = json_object();

	json_object_set_new(o, "run", text(p->run->uuid));
	json_object_set_new(o, "what", text(p->what));
	json_object_set_new(o, "platform", text(p->platform));
	json_object_set_new(o, "count", json_integer((json_int_t)p->count));
	json_object_set_new(o, "status",
			    text(p->status == TRIAL_OK ? "doubt" : trial_status_name(p->status)));
	json_object_set_new(o, "why", text(p->why));
	return o;
}

static json_t *file(const struct report_file *f)
{
	json_t *o = json_object();

	json_object_set_new(o, "path", text(f->path));
	json_object_set_new(o, "sha256", text(f->sha256));
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

static json_t *comparison_at(const struct report *r, size_t i)
{
	return comparison(&r->comparisons[i]);
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
				    s->columns[i].number ? number(c.number)
							 : text(c.null ? NULL : c.text));
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
	if (print_list(out, "columns", r->matrix ? r->matrix->column_count : 0, column, r) ||
	    print_list(out, "groups", r->matrix ? r->matrix->mean_count : 0, group, r))
		return -1;
	if (print_sections(r, out) ||
	    print_list(out, "judgements", r->judgement_count, judgement, r) ||
	    print_list(out, "scores", r->score_count, score, r))
		return -1;
	if (r->compared_by)
		fprintf(out, ",\n  \"compared_by\": \"%s\"", r->compared_by);
	if (print_list(out, "comparisons", r->comparison_count, comparison_at, r) ||
	    print_list(out, "differences", r->difference_count, difference, r) ||
	    print_list(out, "skipped", r->skip_count, skip, r) ||
	    print_list(out, "problems", r->problem_count, problem_at, r) ||
	    print_list(out, "files", r->file_count, file_at, r))
		return -1;
	fputs("\n}\n", out);
	return ferror(out) ? -1 : 0;
}

FORMAT(json, .summary = "every figure as JSON, for programs", .suffix = ".json",
       .print = print_json);
