/* SPDX-License-Identifier: Apache-2.0 */
/* The plan that a command line names. */
#include "harness/plan_arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/bench.h"
#include "harness/core/command.h"
#include "harness/fault.h"
#include "harness/setting.h"

enum { OPTION_VARIANT = 768 };

static const struct argp_option options[] = {
	{"platform", 'p', "GLOB", 0, "Run on these platforms only (repeatable; all)", 0},
	{"bench", 'b', "GLOB", 0, "Run these benches only (repeatable; none)", 0},
	{"fault", 'f', "GLOB", 0, "Run these faults only (repeatable; none)", 0},
	{"preset", 'P', "NAME", 0, "Built-in plan: smoke, ci, qualify, lab", 0},
	{"variant", OPTION_VARIANT, "NAME[:KEY=VALUE,...]", 0,
	 "Compare this form of each platform with the others (repeatable; the first is the base)",
	 0},
	{"seed", 's', "N", 0, "Seed of the order of trials", 0},
	{"output", 'o', "FILE.vq", 0, "Result file to make (default: by date)", 0},
	{0},
};

static void add_glob(struct argp_state *state, struct plan_argument_globs *g, char *text)
{
	if (g->count == PLAN_MAX_GLOBS)
		argp_failure(state, EXIT_USAGE, 0, "an option more than %d times; write a plan",
			     PLAN_MAX_GLOBS);
	g->glob[g->count++] = text;
}

uint64_t plan_number(struct argp_state *state, const char *option, const char *text)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-')
		argp_failure(state, EXIT_USAGE, 0, "%s %s: not a number from 0 to 2^64-1", option,
			     text);
	return n;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct plan_arguments *a = state->input;

	switch (key) {
	case 'p':
		add_glob(state, &a->platforms, text);
		return 0;
	case 'b':
		add_glob(state, &a->benches, text);
		return 0;
	case 'f':
		add_glob(state, &a->faults, text);
		return 0;
	case 'P':
		a->preset = text;
		return 0;
	case OPTION_VARIANT:
		add_glob(state, &a->variants, text);
		return 0;
	case 's':
		a->seed = plan_number(state, "--seed", text);
		a->seed_given = 1;
		return 0;
	case 'o':
		a->output = command_file(text, state);
		return 0;
	case ARGP_KEY_ARG:
		if (a->plan)
			argp_failure(state, EXIT_USAGE, 0, "one plan at a time: %s and %s", a->plan,
				     text);
		a->plan = text;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp plan_argp = {.options = options, .parser = parse_option};

/* "libvirt:URI" is told to its platform. */
static int tell_platforms(const struct plan *plan, char *error, size_t size)
{
	for (size_t i = 0; i < plan->platforms.count; i++) {
		for_each_registered (struct platform, p, REGISTRY(platforms)) {
			const char *argument =
				plan_platform_argument(plan->platforms.glob[i], p->name);

			if (argument && !p->take) {
				snprintf(error, size,
					 "-p %s: nothing may follow it; drop the colon", p->name);
				return -1;
			}
			if (argument && p->take(argument, error, size))
				return -1;
		}
	}
	return 0;
}

struct group {
	const char *name; /* first: a registry of them */
};

#define MAX_GROUPS 64

/* The groups that benches are of, each once. */
static struct registry groups_of_benches(void)
{
	static struct group groups[MAX_GROUPS];
	static const void *entries[MAX_GROUPS];
	struct registry all = {entries, 0};

	for_each_registered (struct bench, b, REGISTRY(benches)) {
		size_t i = 0;

		while (i < all.count && strcmp(groups[i].name, b->group) != 0)
			i++;
		if (i < all.count || i == MAX_GROUPS)
			continue;
		groups[i].name = b->group;
		entries[i] = &groups[i];
		all.count++;
	}
	return all;
}

/* Those of the command line in place of the plan's own. */
static int replace_variants(struct plan *p, const struct plan_argument_globs *given, char *error,
			    size_t size)
{
	char why[256];

	if (given->count)
		variants_free(&p->variants);
	for (size_t i = 0; i < given->count; i++) {
		if (!variants_add_text(&p->variants, given->glob[i], why, sizeof(why)))
			continue;
		snprintf(error, size, "--variant %.100s: %s", given->glob[i], why);
		return -1;
	}
	return settings_check(p, error, size);
}

static int unit_of_bench(const char *name)
{
	const struct bench *b = registry_find(REGISTRY(benches), name);

	return b ? (int)b->unit : -1;
}

struct plan_names plan_all_names(void)
{
	return (struct plan_names){
		.platforms = REGISTRY(platforms),
		.benches = REGISTRY(benches),
		.faults = REGISTRY(faults),
		.recoveries = REGISTRY(recoveries),
		.groups = groups_of_benches(),
		.unit_of = unit_of_bench,
	};
}

struct plan *plan_of_text(const char *text, const char *file, char *error, size_t size)
{
	struct plan_names names = plan_all_names();
	struct plan *p = plan_parse(text, strlen(text), file, &names, error, size);

	if (!p || (!settings_check(p, error, size) && !tell_platforms(p, error, size)))
		return p;
	plan_free(p);
	return NULL;
}

struct plan *plan_of_arguments(const struct plan_arguments *a, char *error, size_t size)
{
	struct plan_names names = plan_all_names();
	struct plan *p;

	if (a->plan && a->preset) {
		snprintf(error, size, "a plan and a preset: give one of them");
		return NULL;
	}
	p = a->plan ? plan_read(a->plan, &names, error, size)
		    : plan_preset(a->preset ? a->preset : a->otherwise, &names, error, size);
	if (!p)
		return NULL;
	if (plan_narrow(p, a->platforms.glob, a->platforms.count, a->benches.glob, a->benches.count,
			a->faults.glob, a->faults.count, &names, error, size) ||
	    replace_variants(p, &a->variants, error, size) || tell_platforms(p, error, size)) {
		plan_free(p);
		return NULL;
	}
	if (a->seed_given)
		p->seed = a->seed;
	return p;
}
