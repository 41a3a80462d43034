/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: comparisons, and what hosts differ in. */
#include "report/json.h"

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
	json_object_set_new(o, "least", js_number(e->least));
	json_object_set_new(o, "median", js_number(e->median));
	json_object_set_new(o, "most", js_number(e->most));
	json_object_set_new(o, "least_share", js_number(e->least_share));
	json_object_set_new(o, "median_share", js_number(e->median_share));
	json_object_set_new(o, "most_share", js_number(e->most_share));
	return o;
}

static json_t *between_runs(const struct between_runs *x)
{
	json_t *o;

	if (!x->counts)
		return json_null();
	o = json_object();
	json_object_set_new(o, "assumed", json_boolean(x->assumed));
	json_object_set_new(o, "base_deviation", js_number(x->base));
	json_object_set_new(o, "other_deviation", js_number(x->other));
	json_object_set_new(o, "runs", json_integer((json_int_t)x->runs));
	json_object_set_new(o, "trials_p", js_number(x->trials_p));
	return o;
}

json_t *js_comparison(const struct report *r, size_t i)
{
	const struct comparison_row *c = &r->comparisons[i];
	const struct metric *m = c->base ? c->base : c->other;
	json_t *o = json_object();
	bool ranked = report_is_compared(c);

	json_object_set_new(o, "bench", js_text(m->bench->name));
	json_object_set_new(o, "parameter",
			    m->bench->parameter_name ? json_integer(m->parameter) : json_null());
	json_object_set_new(o, "platform", js_text(m->platform));
	json_object_set_new(o, "variant", js_text(m->variant));
	json_object_set_new(o, "unit", js_text(unit_name(m->unit)));
	json_object_set_new(o, "better", js_text(better_name(m->bench->better)));
	json_object_set_new(o, "base", c->base ? js_text(c->base_name) : json_null());
	json_object_set_new(o, "base_run", js_text(c->base ? c->base->run->uuid : NULL));
	json_object_set_new(o, "base_median", js_number(c->base ? c->base->median : NAN));
	json_object_set_new(o, "base_execution",
			    js_text(c->base ? execution_name(c->base->execution) : NULL));
	json_object_set_new(o, "other", c->other ? js_text(c->other_name) : json_null());
	json_object_set_new(o, "other_run", js_text(c->other ? c->other->run->uuid : NULL));
	json_object_set_new(o, "other_median", js_number(c->other ? c->other->median : NAN));
	json_object_set_new(o, "other_execution",
			    js_text(c->other ? execution_name(c->other->execution) : NULL));
	json_object_set_new(o, "ratio", js_number(c->test.ratio));
	json_object_set_new(o, "low", js_number(c->test.ratio_interval.low));
	json_object_set_new(o, "high", js_number(c->test.ratio_interval.high));
	json_object_set_new(o, "p", js_number(c->test.p));
	json_object_set_new(o, "adjusted_p", js_number(c->adjusted_p));
	json_object_set_new(o, "least_p", js_number(c->test.least_p));
	json_object_set_new(o, "detectable", js_number(c->test.detectable));
	json_object_set_new(o, "delta", js_number(c->delta));
	json_object_set_new(o, "exact", exact(&c->exact));
	json_object_set_new(o, "gates", json_boolean(c->gates));
	json_object_set_new(o, "between_runs", between_runs(&c->between_runs));
	json_object_set_new(o, "verdict", ranked ? js_text(verdict_name(c->verdict)) : json_null());
	json_object_set_new(o, "why", js_text(c->why));
	return o;
}

json_t *js_difference(const struct report *r, size_t i)
{
	const struct fact_difference *d = &r->differences[i];
	json_t *o = json_object();

	json_object_set_new(o, "base_run", js_text(d->base->uuid));
	json_object_set_new(o, "other_run", js_text(d->other->uuid));
	json_object_set_new(o, "name", js_text(d->name));
	json_object_set_new(o, "base", js_text(d->base_value));
	json_object_set_new(o, "other", js_text(d->other_value));
	return o;
}
