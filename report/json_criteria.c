/* SPDX-License-Identifier: Apache-2.0 */
/* JSON: limits, requirements, scores. */
#include "report/json.h"

json_t *js_judgement(const struct report *r, size_t i)
{
	const struct judgement *x = &r->judgements[i];
	const struct result_criterion *c = x->criterion;
	bool limit = c->kind == CRITERION_LIMIT;
	const struct metric *m = x->metric;
	json_t *o = json_object();

	json_object_set_new(o, "run", js_text(x->run->uuid));
	json_object_set_new(o, "kind", js_text(criterion_name(c->kind)));
	json_object_set_new(o, "what", js_text(x->what));
	json_object_set_new(o, "platform", js_text(x->platform));
	json_object_set_new(o, "execution",
			    js_text(m	       ? execution_name(m->execution)
				    : x->fault ? execution_name(x->fault->execution)
					       : NULL));
	json_object_set_new(
		o, "meant_for",
		js_text(c->execution < 0 ? NULL : execution_name((enum execution)c->execution)));
	json_object_set_new(o, "figure", js_text(limit ? limit_figure_name(c->figure) : "trials"));
	json_object_set_new(o, "quantile", js_number(limit ? c->quantile : NAN));
	json_object_set_new(o, "at_least", js_number(limit ? c->low : (double)c->trials));
	json_object_set_new(o, "at_most", js_number(limit ? c->high : NAN));
	json_object_set_new(o, "unit",
			    limit && c->unit >= 0 ? js_text(unit_name((enum unit)c->unit))
						  : json_null());
	json_object_set_new(o, "value", js_number(x->value));
	json_object_set_new(o, "low", js_number(x->interval.low));
	json_object_set_new(o, "high", js_number(x->interval.high));
	json_object_set_new(o, "between_runs", js_number(limit ? x->between_runs : NAN));
	json_object_set_new(o, "why_not_held", js_text(x->why_not_held));
	json_object_set_new(o, "within", x->of ? json_integer((json_int_t)x->within) : json_null());
	json_object_set_new(o, "of", x->of ? json_integer((json_int_t)x->of) : json_null());
	json_object_set_new(o, "wanted", js_text(x->wanted));
	json_object_set_new(o, "found", js_text(x->found));
	json_object_set_new(o, "verdict", js_text(judged_name(x->result)));
	json_object_set_new(o, "why", js_text(x->why));
	return o;
}

json_t *js_score(const struct report *r, size_t i)
{
	const struct score *x = &r->scores[i];
	json_t *o = json_object(), *parts = json_array();

	for (size_t k = 0; k < x->part_count; k++) {
		json_t *p = json_object();

		json_object_set_new(p, "name", js_text(x->parts[k].name));
		json_object_set_new(p, "weight", js_number(x->parts[k].weight));
		json_object_set_new(p, "ratio", js_number(x->parts[k].ratio));
		json_object_set_new(p, "tests", json_integer((json_int_t)x->parts[k].tests));
		json_array_append_new(parts, p);
	}
	json_object_set_new(o, "run", js_text(x->run->uuid));
	json_object_set_new(o, "platform", js_text(x->platform));
	json_object_set_new(o, "variant", js_text(x->variant));
	json_object_set_new(o, "reference", js_text(x->reference));
	json_object_set_new(o, "formula", js_text(x->formula));
	json_object_set_new(o, "score", js_number(x->score));
	json_object_set_new(o, "low", js_number(x->interval.low));
	json_object_set_new(o, "high", js_number(x->interval.high));
	json_object_set_new(o, "worst", js_text(x->worst ? x->worst->name : NULL));
	json_object_set_new(o, "parts", parts);
	json_object_set_new(o, "why", js_text(x->why));
	return o;
}

static json_t *given_file(const struct given_file *x)
{
	json_t *o = json_object();

	json_object_set_new(o, "path", js_text(x->path));
	json_object_set_new(o, "sha256", js_text(x->sha256));
	return o;
}

json_t *js_limits_from(const struct report *r, size_t i)
{
	(void)i;
	return given_file(&r->given[GIVEN_LIMITS]);
}

json_t *js_noise_from(const struct report *r, size_t i)
{
	(void)i;
	return given_file(&r->given[GIVEN_NOISE]);
}
