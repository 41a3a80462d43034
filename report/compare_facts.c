/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tells the hosts of two compared runs apart: kernel, processor, settings, versions. A
 * difference in figures may be theirs.
 */
#include <stdlib.h>
#include <string.h>

#include "report/compare.h"

/* One fact of one run. */
struct entry {
	const char *name, *value;
	bool base;
};

struct entries {
	struct entry *entry;
	size_t count, room;
	bool failed;
};

static void add(struct entries *e, const char *name, const char *value, bool base)
{
	if (e->count == e->room) {
		size_t room = e->room ? 2 * e->room : 128;
		struct entry *longer = reallocarray(e->entry, room, sizeof(*longer));

		if (!longer) {
			e->failed = true;
			return;
		}
		e->entry = longer;
		e->room = room;
	}
	e->entry[e->count++] = (struct entry){name, value, base};
}

static void add_platform(struct analysis *a, struct entries *e, const struct result_platform *p,
			 bool base)
{
	const char *name;

	if (p->why_not)
		return;
	name = arena_printf(&a->arena, "version of %s", p->name);
	if (name)
		add(e, name, p->version, base);
	else
		e->failed = true;
}

static void collect(struct analysis *a, struct entries *e, const struct result_run *run, bool base)
{
	const struct report_file *file = label_file(&a->report, run);
	const struct result_platform *platforms;
	const struct result_fact *facts;
	size_t fact_count, platform_count;

	if (!file || result_facts(file->result, &facts, &fact_count) ||
	    result_platforms(file->result, &platforms, &platform_count))
		return;
	for (size_t i = 0; i < fact_count; i++)
		if (facts[i].run == run->id)
			add(e, facts[i].name, facts[i].value, base);
	for (size_t i = 0; i < platform_count; i++)
		if (platforms[i].run == run->id)
			add_platform(a, e, &platforms[i], base);
}

static int by_name(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int order = strcmp(a->name, b->name);

	return order ? order : (int)b->base - (int)a->base;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* Entries [0, n) of one name, those of the base first: its value and the other's. */
static void add_difference(struct report *r, const struct result_run *base,
			   const struct result_run *other, const struct entry *e, size_t n)
{
	struct fact_difference d = {.base = base, .other = other, .name = e->name};

	d.base_value = e[0].base ? e[0].value : NULL;
	d.other_value = e[n - 1].base ? NULL : e[n - 1].value;
	if (!is_same(d.base_value, d.other_value))
		r->differences[r->difference_count++] = d;
}

/* Room for `more` differences; `*room` of them there is. Twice as much each time: of many runs the
 * sum of all copies would else be the square. */
static int make_room(struct analysis *a, size_t more, size_t *room)
{
	struct report *r = &a->report;
	struct fact_difference *longer;

	if (r->difference_count + more <= *room)
		return 0;
	*room = 2 * (r->difference_count + more);
	longer = arena_array(&a->arena, *room, sizeof(*longer));
	if (!longer)
		return -1;
	if (r->difference_count)
		memcpy(longer, r->differences, r->difference_count * sizeof(*longer));
	r->differences = longer;
	return 0;
}

static int compare_runs(struct analysis *a, const struct result_run *base,
			const struct result_run *other, size_t *room)
{
	struct report *r = &a->report;
	struct entries e = {0};

	collect(a, &e, base, true);
	collect(a, &e, other, false);
	if (e.failed || make_room(a, e.count, room)) {
		free(e.entry);
		return -1;
	}
	if (e.count)
		qsort(e.entry, e.count, sizeof(*e.entry), by_name);
	for (size_t i = 0, end; i < e.count; i = end) {
		for (end = i + 1; end < e.count && !strcmp(e.entry[i].name, e.entry[end].name);)
			end++;
		add_difference(r, base, other, e.entry + i, end - i);
	}
	free(e.entry);
	return 0;
}

int compare_facts(struct analysis *a)
{
	size_t room = 0;

	for (size_t i = 1; i < a->report.run_count; i++)
		if (compare_runs(a, a->report.runs[0], a->report.runs[i], &room))
			return -1;
	return 0;
}
