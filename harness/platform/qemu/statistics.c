/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KVM's binary statistics of a guest in QEMU, which QEMU reads for us from 7.1 on (query-stats):
 * what batches are held against, and all of them over a guest's life. To read those of a vCPU it
 * kicks the vCPU, which spins at its doorbell: an exit each time, and not the guest's.
 */
#include "harness/platform/qemu/statistics.h"

#include <stdio.h>
#include <string.h>

#include "harness/host.h"

static int64_t soon(void)
{
	return host_now_ns() + QEMU_COMMAND_NS;
}

/* ---- Those of a batch ---- */

static uint64_t value_of(const json_t *stats, const char *name, bool *found)
{
	json_t *stat;
	size_t i;

	json_array_foreach(stats, i, stat)
	{
		const char *it = json_string_value(json_object_get(stat, "name"));

		if (it && !strcmp(it, name))
			return (uint64_t)json_integer_value(json_object_get(stat, "value"));
	}
	*found = false;
	return 0;
}

int qemu_statistics_count(void *context, uint64_t *exits, uint64_t *emulated)
{
	struct qemu_guest *g = context;
	bool found = true;
	json_t *answer;
	const json_t *stats;

	if (!g->kvm || g->uncounted)
		return -1;
	answer = qmp_call(&g->qmp, soon(), "query-stats", "{s:s, s:[s], s:[{s:s, s:[s,s]}]}",
			  "target", "vcpu", "vcpus", g->cpu0, "providers", "provider", "kvm",
			  "names", "exits", "insn_emulation");
	stats = json_object_get(json_array_get(answer, 0), "stats");
	*exits = value_of(stats, "exits", &found) - ++g->kicks;
	*emulated = value_of(stats, "insn_emulation", &found);
	json_decref(answer);
	g->uncounted = !found;
	return found ? 0 : -1;
}

/* ---- All of them ---- */

struct collection {
	struct machine_status *s;
	const json_t *schema; /* of one target */
	const char *scope;
	uint32_t count;
};

static bool text_is(const json_t *object, const char *key, const char *text)
{
	const char *is = json_string_value(json_object_get(object, key));

	return is && !strcmp(is, text);
}

/* "count", "ns", "bytes level": see struct result_counter. */
static const char *unit_of(const json_t *described)
{
	bool level = text_is(described, "type", "instant") || text_is(described, "type", "peak");
	json_int_t exponent = json_integer_value(json_object_get(described, "exponent"));

	if (text_is(described, "unit", "bytes"))
		return level ? "bytes level" : "bytes";
	if (text_is(described, "unit", "cycles"))
		return level ? "cycles level" : "cycles";
	if (text_is(described, "unit", "seconds") && exponent == -9)
		return level ? "ns level" : "ns";
	if (text_is(described, "unit", "seconds"))
		return level ? "time level" : "time";
	return level ? "count level" : "count";
}

/* The element of an array whose `key` is `text`; NULL: none. */
static const json_t *find_element(const json_t *array, const char *key, const char *text)
{
	json_t *element;
	size_t i;

	json_array_foreach(array, i, element)
	{
		if (text_is(element, key, text))
			return element;
	}
	return NULL;
}

static struct machine_stat *find_stat(struct collection *c, const char *name, const char *unit)
{
	struct machine_stat *s = c->s->stat, *end = s + c->count;

	while (s < end && (strcmp(s->name, name) || strcmp(s->scope, c->scope)))
		s++;
	if (s < end)
		return s;
	if (c->count == MACHINE_MAX_STATS)
		return NULL;
	*s = (struct machine_stat){0};
	snprintf(s->name, sizeof(s->name), "%s", name);
	snprintf(s->unit, sizeof(s->unit), "%s", unit);
	snprintf(s->scope, sizeof(s->scope), "%s", c->scope);
	c->count++;
	return s;
}

/* Of several vCPUs: added up, the highest of peaks. What is 0 is left out. */
static void collect_value(struct collection *c, const json_t *described, const char *name,
			  const json_t *value)
{
	json_int_t is = json_is_true(value) ? 1 : json_integer_value(value);
	struct machine_stat *s = is > 0 ? find_stat(c, name, unit_of(described)) : NULL;

	if (!s)
		return;
	if (!text_is(described, "type", "peak"))
		s->value += (uint64_t)is;
	else if ((uint64_t)is > s->value)
		s->value = (uint64_t)is;
}

/* A histogram's parts are numbered. */
static void collect_one(struct collection *c, const json_t *stat)
{
	const char *name = json_string_value(json_object_get(stat, "name"));
	const json_t *described = name ? find_element(c->schema, "name", name) : NULL;
	const json_t *value = json_object_get(stat, "value");
	char part[sizeof(c->s->stat[0].name)];
	json_t *element;
	size_t i;

	if (!described || strlen(name) + sizeof(".4294967295") > sizeof(part))
		return;
	if (!json_is_array(value)) {
		collect_value(c, described, name, value);
		return;
	}
	json_array_foreach(value, i, element)
	{
		snprintf(part, sizeof(part), "%s.%u", name, (unsigned int)i);
		collect_value(c, described, part, element);
	}
}

static void collect_object(struct collection *c, const json_t *object)
{
	json_t *stat;
	size_t i;

	json_array_foreach(json_object_get(object, "stats"), i, stat)
	{
		collect_one(c, stat);
	}
}

/* Of one target: of each of its objects. */
static void collect(struct collection *c, struct qemu_guest *g, const char *target,
		    const json_t *schemas)
{
	json_t *answer = qmp_call(&g->qmp, soon(), "query-stats", "{s:s, s:[{s:s}]}", "target",
				  target, "providers", "provider", "kvm");
	json_t *object;
	size_t i;

	c->schema = json_object_get(find_element(schemas, "target", target), "stats");
	json_array_foreach(answer, i, object)
	{
		collect_object(c, object);
	}
	json_decref(answer);
}

void qemu_statistics_keep(struct qemu_guest *g)
{
	struct collection c = {.s = g->m->status, .scope = "vcpus"};
	json_t *schemas;

	if (!g->kvm || g->uncounted)
		return;
	schemas = qmp_call(&g->qmp, soon(), "query-stats-schemas", "{s:s}", "provider", "kvm");
	collect(&c, g, "vcpu", schemas);
	c.scope = "vm";
	collect(&c, g, "vm", schemas);
	json_decref(schemas);
	__atomic_store_n(&g->m->status->stat_count, c.count, __ATOMIC_RELEASE);
}
