/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify list benches: and why a platform that works cannot run one. */
#include <stdio.h>
#include <string.h>

#include "harness/fit.h"
#include "harness/host.h"
#include "harness/list.h"

#define MAX_CPUS 1024

/* Can the bench's vCPUs lie so on this host? */
static bool can_lie(const struct bench *b, enum placement p, char *why, size_t size)
{
	unsigned int cpus[MAX_CPUS], need;

	if (p == PLACEMENT_ANY)
		return true;
	need = bench_placed_cpus(b, b->parameters[0], why, size);
	return need && host_placed_cpus(p, need, cpus, MAX_CPUS, why, size);
}

static void print_placements(const struct bench *b, bool here, const char *title)
{
	char why[LIST_WHY];
	size_t n = 0;

	for (int k = 0; k < PLACEMENTS; k++)
		if (can_lie(b, (enum placement)k, why, sizeof(why)) == here)
			printf("%s %s", n++ ? "," : title, placement_name((enum placement)k));
}

/* Of benches of several vCPUs: how a plan can place them. */
static void print_placement(const struct bench *b)
{
	char why[LIST_WHY];

	if (bench_placed_cpus(b, b->parameters[0], why, sizeof(why))) {
		print_placements(b, true, "      placement:");
		print_placements(b, false, "; not on this host:");
		putchar('\n');
	} else if (b->one_cpu) {
		list_explain(6, "no placement", why);
	}
}

/* One line for every platform that works and cannot run it. */
static void print_bench(const struct bench *b, const struct places *all, size_t name, size_t unit,
			size_t summary)
{
	char why[LIST_WHY];

	printf("    ");
	list_cell(b->name, name);
	list_cell(unit_name(b->unit), unit);
	list_cell(b->summary, summary);
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];

		bool runs = here->works && bench_fits(b, here->platform, why, sizeof(why));

		list_mark(all, i, !here->works ? "-" : runs ? "yes" : "no");
	}
	print_placement(b);
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];

		if (here->works && !bench_fits(b, here->platform, why, sizeof(why)))
			list_explain(6, here->platform->name, why);
	}
}

/* Is this the first one of its group? Names sort, groups need not. */
static bool opens_group(const struct bench *b)
{
	for_each_registered (struct bench, other, REGISTRY(benches)) {
		if (other == b)
			return true;
		if (!strcmp(other->group, b->group))
			return false;
	}
	return true;
}

void list_benches(const struct places *all)
{
	struct registry benches = REGISTRY(benches);
	size_t name = 0, unit = 0, summary = 0;

	for_each_registered (struct bench, b, benches) {
		name = list_wider(name, b->name);
		unit = list_wider(unit, unit_name(b->unit));
		summary = list_wider(summary, b->summary);
	}
	list_heading("BENCHES", 4 + name + 2 + unit + 2 + summary, all);
	for_each_registered (struct bench, first, benches) {
		if (!opens_group(first))
			continue;
		printf("  %s\n", first->group);
		for_each_registered (struct bench, b, benches) {
			if (!strcmp(b->group, first->group))
				print_bench(b, all, name, unit, summary);
		}
	}
}

static json_t *json_bench_answers(const struct bench *b, const struct places *all)
{
	json_t *object = json_object();
	char why[LIST_WHY];

	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];
		bool runs = here->works && bench_fits(b, here->platform, why, sizeof(why));

		json_object_set_new(object, here->platform->name,
				    list_answer(runs, here->works ? why : here->why));
	}
	return object;
}

static json_t *json_placements(const struct bench *b)
{
	json_t *object = json_object();
	char why[LIST_WHY];

	for (int k = 0; k < PLACEMENTS; k++) {
		bool runs = can_lie(b, (enum placement)k, why, sizeof(why));

		json_object_set_new(object, placement_name((enum placement)k),
				    list_answer(runs, why));
	}
	return object;
}

json_t *list_benches_json(const struct places *all)
{
	json_t *list = json_array();

	for_each_registered (struct bench, b, REGISTRY(benches)) {
		json_t *parameters = json_array();

		for (size_t i = 0; i < MAX_PARAMETERS && b->parameters[i]; i++)
			json_array_append_new(parameters, json_integer(b->parameters[i]));
		json_array_append_new(
			list,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:o, s:o}", "name", b->name,
				  "group", b->group, "unit", unit_name(b->unit), "better",
				  better_name(b->better), "summary", b->summary, "parameter",
				  b->parameter_name, "parameters", parameters, "placements",
				  json_placements(b), "platforms", json_bench_answers(b, all)));
	}
	return list;
}
