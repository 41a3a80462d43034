/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify list: what can run here, and why the rest cannot. */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/command.h"
#include "harness/core/text.h"
#include "harness/fit.h"

#define COLUMNS 100
#define WHY	512

/* A platform and whether it works: asked once, as asking may boot something. */
struct place {
	const struct platform *platform;
	bool works;
	char why[WHY];
};

struct places {
	struct place *place;
	size_t count;
};

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

/* ---- Text ---- */

static size_t wider(size_t width, const char *s)
{
	size_t w = text_width(s);

	return w > width ? w : width;
}

/* `width` columns and two more, so that the next cell stands apart. */
static void print_cell(const char *s, size_t width)
{
	printf("%s%*s", s, (int)(width - text_width(s) + 2), "");
}

/* "indent label: text", folded between words, later lines under the first word. */
static void print_explanation(size_t indent, const char *label, const char *text)
{
	size_t start = indent + text_width(label) + 2, at = start;

	printf("%*s%s:", (int)indent, "", label);
	while (*text) {
		size_t length = strcspn(text, " ");
		char word[WHY];

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		if (at > start && at + text_width(word) > COLUMNS) {
			printf("\n%*s", (int)start - 1, "");
			at = start;
		}
		printf(" %s", word);
		at += text_width(word) + 1;
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

static void print_heading(const char *title, size_t width, const struct places *all)
{
	printf("%s%*s", title, (int)(width - text_width(title)), "");
	for (size_t i = 0; i < all->count; i++)
		printf("  %s", all->place[i].platform->name);
	putchar('\n');
}

/* The mark in the column of platform `i`; nothing follows the last. */
static void print_mark(const struct places *all, size_t i, const char *mark)
{
	size_t width = text_width(all->place[i].platform->name);

	if (i + 1 < all->count)
		print_cell(mark, wider(width, mark));
	else
		printf("%s\n", mark);
}

static void list_platforms(const struct places *all)
{
	size_t name = 0, label = 0, version = 0;

	for (size_t i = 0; i < all->count; i++) {
		name = wider(name, all->place[i].platform->name);
		label = wider(label, label_of(all->place[i].platform));
		version = wider(version, or_nothing(version_of(all->place[i].platform)));
	}
	puts("PLATFORMS");
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];

		printf("  ");
		print_cell(here->platform->name, name);
		print_cell(label_of(here->platform), label);
		print_cell(or_nothing(version_of(here->platform)), version);
		print_cell(here->works ? "works" : "no", 5);
		printf("%s\n", here->platform->summary);
		if (!here->works)
			print_explanation(4, "why not", here->why);
	}
}

/* One line for every platform that works and cannot run it. */
static void print_bench(const struct bench *b, const struct places *all, size_t name, size_t unit,
			size_t summary)
{
	char why[WHY];

	printf("    ");
	print_cell(b->name, name);
	print_cell(unit_name(b->unit), unit);
	print_cell(b->summary, summary);
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];

		bool runs = here->works && bench_fits(b, here->platform, why, sizeof(why));

		print_mark(all, i, !here->works ? "-" : runs ? "yes" : "no");
	}
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];

		if (here->works && !bench_fits(b, here->platform, why, sizeof(why)))
			print_explanation(6, here->platform->name, why);
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

static void list_benches(const struct places *all)
{
	struct registry benches = REGISTRY(benches);
	size_t name = 0, unit = 0, summary = 0;

	for_each_registered (struct bench, b, benches) {
		name = wider(name, b->name);
		unit = wider(unit, unit_name(b->unit));
		summary = wider(summary, b->summary);
	}
	print_heading("BENCHES", 4 + name + 2 + unit + 2 + summary, all);
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

/* What one platform makes of a fault: every recovery that takes it asked in turn. */
struct fault_answer {
	size_t takes, fits;
	bool same;     /* all that do not fit give the same reason */
	char why[WHY]; /* the first reason */
};

static void ask_fault(const struct fault *f, const struct platform *p, struct fault_answer *a)
{
	char why[WHY];

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
	char why[WHY], label[128];

	ask_fault(f, p, &a);
	if (a.fits == a.takes)
		return;
	if (!a.fits && a.same) {
		print_explanation(6, p->name, a.why);
		return;
	}
	for_each_registered (struct recovery, r, REGISTRY(recoveries)) {
		if (!fault_takes(f, r) || fault_fits(f, r, p, why, sizeof(why)))
			continue;
		snprintf(label, sizeof(label), "%s with %s", p->name, r->name);
		print_explanation(6, label, why);
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
	print_cell(f->name, name);
	print_cell(f->summary, summary);
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];

		if (here->works)
			ask_fault(f, here->platform, &a);
		print_mark(all, i, !here->works ? "-" : a.fits ? "yes" : "no");
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

static void list_faults(const struct places *all)
{
	struct registry faults = REGISTRY(faults), recoveries = REGISTRY(recoveries);
	size_t name = 0, summary = 0, recovery = 0;

	for_each_registered (struct fault, f, faults) {
		name = wider(name, f->name);
		summary = wider(summary, f->summary);
	}
	print_heading("FAULTS", 4 + name + 2 + summary, all);
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
		recovery = wider(recovery, r->name);
	for_each_registered (struct recovery, r, recoveries) {
		printf("    ");
		print_cell(r->name, recovery);
		printf("%s\n", r->summary);
	}
}

/* ---- JSON ---- */

static json_t *json_platforms(const struct places *all)
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

static json_t *json_answer(bool runs, const char *why)
{
	return json_pack("{s:b, s:s?}", "runs", runs, "why_not", runs ? NULL : why);
}

static json_t *json_bench_answers(const struct bench *b, const struct places *all)
{
	json_t *object = json_object();
	char why[WHY];

	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];
		bool runs = here->works && bench_fits(b, here->platform, why, sizeof(why));

		json_object_set_new(object, here->platform->name,
				    json_answer(runs, here->works ? why : here->why));
	}
	return object;
}

static json_t *json_benches(const struct places *all)
{
	json_t *list = json_array();

	for_each_registered (struct bench, b, REGISTRY(benches)) {
		json_t *parameters = json_array();

		for (size_t i = 0; i < MAX_PARAMETERS && b->parameters[i]; i++)
			json_array_append_new(parameters, json_integer(b->parameters[i]));
		json_array_append_new(
			list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s?, s:o, s:o}", "name",
					b->name, "group", b->group, "unit", unit_name(b->unit),
					"better", better_name(b->better), "summary", b->summary,
					"parameter", b->parameter_name, "parameters", parameters,
					"platforms", json_bench_answers(b, all)));
	}
	return list;
}

static json_t *json_recovery_answers(const struct fault *f, const struct recovery *r,
				     const struct places *all)
{
	json_t *object = json_object();
	char why[WHY];

	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];
		bool runs = here->works && fault_fits(f, r, here->platform, why, sizeof(why));

		json_object_set_new(object, here->platform->name,
				    json_answer(runs, here->works ? why : here->why));
	}
	return object;
}

static json_t *json_faults(const struct places *all)
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

/* ---- The command ---- */

struct section {
	const char *name; /* first, as in everything that registry_find looks at */
	void (*print)(const struct places *all);
	json_t *(*json)(const struct places *all);
	bool elsewhere; /* platforms that results are imported from as well */
};

static const struct section sections[] = {
	{"platforms", list_platforms, json_platforms, true},
	{"benches", list_benches, json_benches, false},
	{"faults", list_faults, json_faults, false},
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
	exit(complain(EXIT_USAGE, "list: no \"%s\" to list; write platforms, benches or faults",
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
		.args_doc = "[platforms|benches|faults]",
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
