/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify list faults: with the recoveries that mend them. */
#include <stdio.h>
#include <string.h>

#include "harness/fit.h"
#include "harness/list.h"

/* What one platform makes of a fault: every recovery that takes it asked in turn. */
struct fault_answer {
	size_t takes, fits;
	bool same;	    /* all that do not fit give the same reason */
	char why[LIST_WHY]; /* the first reason */
};

static void ask_fault(const struct fault *f, const struct platform *p, struct fault_answer *a)
{
	char why[LIST_WHY];

	*a = (struct fault_answer){.same = true};
	for_each_registered (struct recovery, r, REGISTRY(recoveries)) {
		if (!fault_takes(f, r))
			continue;
		a->takes++;
		if (fault_fits(f, r, p, why, sizeof(why)))
			a->fits++;
		else if (a->takes - a->fits == 1)
			memcpy(a->why, why, sizeof(a->why));
		else if (strcmp(a->why, why))
			a->same = false;
	}
}

static void explain_fault(const struct fault *f, const struct platform *p)
{
	struct fault_answer a;
	char why[LIST_WHY], label[128];

	ask_fault(f, p, &a);
	if (a.fits == a.takes)
		return;
	if (!a.fits && a.same) {
		list_explain(6, p->name, a.why);
		return;
	}
	for_each_registered (struct recovery, r, REGISTRY(recoveries)) {
		if (!fault_takes(f, r) || fault_fits(f, r, p, why, sizeof(why)))
			continue;
		snprintf(label, sizeof(label), "%s with %s", p->name, r->name);
		list_explain(6, label, why);
	}
}

static void print_recoveries(const struct fault *f)
{
	size_t n = 0;

	printf("      recovery:");
	for_each_registered (struct recovery, r, REGISTRY(recoveries)) {
		if (fault_takes(f, r))
			printf("%s %s", n++ ? "," : "", r->name);
	}
	puts(n ? "" : " none in this build");
}

static void print_fault(const struct fault *f, const struct places *all, size_t name,
			size_t summary)
{
	struct fault_answer a;

	printf("    ");
	list_cell(f->name, name);
	list_cell(f->summary, summary);
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];

		if (here->works)
			ask_fault(f, here->platform, &a);
		list_mark(all, i, !here->works ? "-" : a.fits ? "yes" : "no");
	}
	print_recoveries(f);
	for (size_t i = 0; i < all->count; i++)
		if (all->place[i].works)
			explain_fault(f, all->place[i].platform);
}

static bool opens_fault_group(const struct fault *f)
{
	for_each_registered (struct fault, other, REGISTRY(faults)) {
		if (other == f)
			return true;
		if (!strcmp(other->group, f->group))
			return false;
	}
	return true;
}

void list_faults(const struct places *all)
{
	struct registry faults = REGISTRY(faults), recoveries = REGISTRY(recoveries);
	size_t name = 0, summary = 0, recovery = 0;

	for_each_registered (struct fault, f, faults) {
		name = list_wider(name, f->name);
		summary = list_wider(summary, f->summary);
	}
	list_heading("FAULTS", 4 + name + 2 + summary, all);
	for_each_registered (struct fault, first, faults) {
		if (!opens_fault_group(first))
			continue;
		printf("  %s\n", first->group);
		for_each_registered (struct fault, f, faults) {
			if (!strcmp(f->group, first->group))
				print_fault(f, all, name, summary);
		}
	}
	puts("  recoveries");
	for_each_registered (struct recovery, r, recoveries)
		recovery = list_wider(recovery, r->name);
	for_each_registered (struct recovery, r, recoveries) {
		printf("    ");
		list_cell(r->name, recovery);
		printf("%s\n", r->summary);
	}
}

static json_t *json_recovery_answers(const struct fault *f, const struct recovery *r,
				     const struct places *all)
{
	json_t *object = json_object();
	char why[LIST_WHY];

	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];
		bool runs = here->works && fault_fits(f, r, here->platform, why, sizeof(why));

		json_object_set_new(object, here->platform->name,
				    list_answer(runs, here->works ? why : here->why));
	}
	return object;
}

json_t *list_faults_json(const struct places *all)
{
	json_t *list = json_array();

	for_each_registered (struct fault, f, REGISTRY(faults)) {
		json_t *recoveries = json_array();

		for_each_registered (struct recovery, r, REGISTRY(recoveries)) {
			if (!fault_takes(f, r))
				continue;
			json_array_append_new(recoveries,
					      json_pack("{s:s, s:s, s:o}", "name", r->name,
							"summary", r->summary, "platforms",
							json_recovery_answers(f, r, all)));
		}
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:o}", "name", f->name,
						      "group", f->group, "summary", f->summary,
						      "recoveries", recoveries));
	}
	return list;
}
