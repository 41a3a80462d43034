/* SPDX-License-Identifier: Apache-2.0 */
/* What a trial counted beside its samples, for a trace. */
#include <jansson.h>

#include "report/trace.h"

static const struct result_counter *find(const struct result_counter *c, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++)
		if (c[i].id == id)
			return &c[i];
	return NULL;
}

static json_t *one(const struct result_counter *c, uint64_t value)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:I}", "source", c->source, "name", c->name, "scope",
			 c->scope, "unit", c->unit, "value", (json_int_t)value);
}

json_t *trace_counts(const struct trace_trial *t, int32_t batch)
{
	const struct result_counter *counters;
	const struct result_count *counts;
	size_t counter_count, count;
	json_t *list = json_array();

	if (!t->result || result_counters(t->result, &counters, &counter_count) ||
	    result_counts(t->result, t->trial->id, &counts, &count))
		return list;
	for (size_t i = 0; i < count; i++) {
		const struct result_counter *c = find(counters, counter_count, counts[i].counter);

		if (c && counts[i].batch == batch)
			json_array_append_new(list, one(c, counts[i].value));
	}
	return list;
}

json_t *trace_place(const struct trace_trial *t)
{
	const struct result_place *p = NULL;

	if (!t->result || result_place(t->result, t->trial->id, &p) || !p)
		return json_null();
	return json_pack("{s:s, s:s, s:s}", "placement", p->placement, "cpus", p->cpus, "observer",
			 p->observer);
}
