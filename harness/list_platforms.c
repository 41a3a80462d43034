/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify list platforms. */
#include <stdio.h>

#include "harness/list.h"

static const char *or_nothing(const char *s)
{
	return s ? s : "";
}

static const char *label_of(const struct platform *p)
{
	const char *label = p->label ? p->label() : NULL;

	return label ? label : p->name;
}

static const char *version_of(const struct platform *p)
{
	return p->version ? p->version() : NULL;
}

void list_platforms(const struct places *all)
{
	size_t name = 0, label = 0, version = 0;

	for (size_t i = 0; i < all->count; i++) {
		name = list_wider(name, all->place[i].platform->name);
		label = list_wider(label, label_of(all->place[i].platform));
		version = list_wider(version, or_nothing(version_of(all->place[i].platform)));
	}
	puts("PLATFORMS");
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];

		printf("  ");
		list_cell(here->platform->name, name);
		list_cell(label_of(here->platform), label);
		list_cell(or_nothing(version_of(here->platform)), version);
		list_cell(here->works ? "works" : "no", 5);
		printf("%s\n", here->platform->summary);
		if (!here->works)
			list_explain(4, "why not", here->why);
	}
}

json_t *list_platforms_json(const struct places *all)
{
	json_t *list = json_array();

	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];
		const struct platform *p = here->platform;

		json_array_append_new(list,
				      json_pack("{s:s, s:s, s:s?, s:s, s:b, s:s?}", "name", p->name,
						"label", label_of(p), "version", version_of(p),
						"summary", p->summary, "works", here->works,
						"why_not", here->works ? NULL : here->why));
	}
	return list;
}
