/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify list: what can run here, and why the rest cannot. */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/command.h"
#include "harness/list.h"

static void add_places(struct places *all, bool imported)
{
	for_each_registered (struct platform, p, REGISTRY(platforms)) {
		struct place *here = &all->place[all->count];

		if (p->imported != imported)
			continue;
		here->platform = p;
		here->works = p->works(here->why, sizeof(here->why));
		all->count++;
	}
}

/* `hosts`: those of `all` that this host can start something on. */
static int find_places(struct places *all, struct places *hosts)
{
	all->place = calloc(REGISTRY(platforms).count + 1, sizeof(*all->place));
	if (!all->place)
		return -1;
	add_places(all, false);
	*hosts = *all;
	add_places(all, true);
	return 0;
}

struct section {
	const char *name; /* first, as in everything that registry_find looks at */
	void (*print)(const struct places *all);
	json_t *(*json)(const struct places *all);
	bool elsewhere; /* platforms that results are imported from as well */
};

static const struct section sections[] = {
	{"platforms", list_platforms, list_platforms_json, true},
	{"benches", list_benches, list_benches_json, false},
	{"faults", list_faults, list_faults_json, false},
	{"variants", list_variants, list_variants_json, false},
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

struct options {
	const struct section *only; /* NULL: all */
	bool json;
};

static const struct section *find_section(const char *name)
{
	const void *entries[SECTIONS];
	struct registry r = {.entries = entries, .count = SECTIONS};
	const struct section *found;
	const char *nearest;

	for (size_t i = 0; i < SECTIONS; i++)
		entries[i] = &sections[i];
	found = registry_find(r, name);
	if (found)
		return found;
	nearest = registry_nearest(r, name);
	if (nearest)
		exit(complain(EXIT_USAGE, "list: no \"%s\" to list; did you mean \"%s\"?", name,
			      nearest));
	exit(complain(EXIT_USAGE,
		      "list: no \"%s\" to list; write platforms, benches, faults or variants",
		      name));
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *o = state->input;

	switch (key) {
	case 'F':
		if (strcmp(value, "text") && strcmp(value, "json"))
			exit(complain(EXIT_USAGE,
				      "list: no format \"%s\"; write -F text or -F json", value));
		o->json = !strcmp(value, "json");
		return 0;
	case ARGP_KEY_ARG:
		if (o->only)
			exit(complain(EXIT_USAGE, "list: one word at a time: %s or %s",
				      o->only->name, value));
		o->only = find_section(value);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static void print_text(const struct options *o, const struct places *all,
		       const struct places *hosts)
{
	for (size_t i = 0; i < SECTIONS; i++) {
		if (o->only && o->only != &sections[i])
			continue;
		if (i && !o->only)
			putchar('\n');
		sections[i].print(sections[i].elsewhere ? all : hosts);
	}
}

static int print_json(const struct options *o, const struct places *all)
{
	json_t *root = json_object();
	int ret = 0;

	for (size_t i = 0; i < SECTIONS; i++)
		if (!o->only || o->only == &sections[i])
			ret |= json_object_set_new(root, sections[i].name, sections[i].json(all));
	/* A failed write to stdout shows at exit, as for all output. */
	if (!ret && !json_dumpf(root, stdout, JSON_INDENT(2)))
		putchar('\n');
	json_decref(root);
	return ret;
}

static int list(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"format", 'F', "FORMAT", 0, "text (as it is without this option) or json", 0},
		{0},
	};
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "[platforms|benches|faults|variants]",
		.doc = "List what can run on this host, and why the rest cannot."
		       "\v"
		       "A platform's column says yes, no (the reason stands below), or - where "
		       "the platform itself does not work here.",
	};
	struct options o = {0};
	struct places all = {0}, hosts;
	int status = 0;

	argp_parse(&argp, argc, argv, 0, NULL, &o);
	if (find_places(&all, &hosts))
		return complain(EXIT_HARNESS, "list: out of memory");
	if (o.json)
		status = print_json(&o, &all);
	else
		print_text(&o, &all, &hosts);
	free(all.place);
	return status ? complain(EXIT_HARNESS, "list: out of memory for JSON") : EXIT_OK;
}

COMMAND(list, .summary = "list what can run here, and why the rest cannot", .order = 10,
	.main = list);
