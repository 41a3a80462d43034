/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/counters.h"

#include <stdio.h>
#include <string.h>

static int add(struct result *r, struct result_counter row, int64_t *id)
{
	if (result_add_counter(r, &row))
		return -1;
	*id = row.id;
	return 0;
}

static int describe_events(struct counters *c, struct result *r)
{
	const struct event_counter *list;
	size_t count = events_catalog(&list);

	for (size_t i = 0; i < count; i++) {
		struct result_counter row = {
			.run = c->run,
			.source = "perf",
			.name = list[i].name,
			.scope = list[i].scope,
			.unit = list[i].unit,
			.why_not = list[i].event.usable ? NULL : list[i].why_not,
		};

		if (add(r, row, &c->perf[i]))
			return -1;
	}
	return 0;
}

int counters_describe(struct counters *c, struct result *r, int64_t run)
{
	memset(c, 0, sizeof(*c));
	c->run = run;
	for (unsigned int i = 0; i < CPU_COUNTERS; i++) {
		struct result_counter row = {
			.run = run,
			.source = "host",
			.name = cpu_counter_name(i),
			.scope = cpu_counter_scope(i),
			.unit = cpu_counter_unit(i),
			.why_not = cpu_watch_why_not(i),
		};

		if (add(r, row, &c->host[i]))
			return -1;
	}
	return describe_events(c, r);
}

/* The row of a statistic; 0 where there is no room for another. */
static int find_stat(struct counters *c, struct result *r, struct machine_stat *s, int64_t *id)
{
	struct result_counter row = {.run = c->run, .source = "kvm"};
	size_t i = 0;

	s->name[sizeof(s->name) - 1] = s->unit[sizeof(s->unit) - 1] = '\0';
	s->scope[sizeof(s->scope) - 1] = '\0';
	while (i < c->stat_count &&
	       (strcmp(c->stat[i].name, s->name) || strcmp(c->stat[i].scope, s->scope)))
		i++;
	*id = 0;
	if (i == COUNTERS_MAX_STATS || !*s->name || !*s->scope || !*s->unit)
		return 0;
	if (i == c->stat_count) {
		row.name = s->name;
		row.scope = s->scope;
		row.unit = s->unit;
		if (add(r, row, &c->stat[i].id))
			return -1;
		memcpy(c->stat[i].name, s->name, sizeof(s->name));
		memcpy(c->stat[i].scope, s->scope, sizeof(s->scope));
		c->stat_count++;
	}
	*id = c->stat[i].id;
	return 0;
}

static int find_row(struct counters *c, struct result *r, struct trial_result *t,
		    const struct trial_count *n, int64_t *id)
{
	*id = 0;
	if (n->source == COUNT_PERF && n->index < EVENTS_MAX)
		*id = c->perf[n->index];
	else if (n->source == COUNT_HOST && n->index < CPU_COUNTERS)
		*id = c->host[n->index];
	else if (n->source == COUNT_KVM && n->index < MACHINE_MAX_STATS)
		return find_stat(c, r, &t->stat[n->index], id);
	return 0;
}

int counters_collect(struct counters *c, struct result *r, struct trial_result *t,
		     struct result_count *rows, size_t *count)
{
	*count = 0;
	for (uint32_t i = 0; i < t->count_count && i < TRIAL_MAX_COUNTS; i++) {
		const struct trial_count *n = &t->count[i];
		int64_t id;

		if (find_row(c, r, t, n, &id))
			return -1;
		if (id)
			rows[(*count)++] = (struct result_count){
				.counter = id, .batch = n->batch, .value = n->value};
	}
	return 0;
}
