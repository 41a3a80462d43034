/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan as a command line names it: [PLAN] or --preset, narrowed by -p, -b, -f, and --seed; and
 * where its result file goes. A command takes plan_argp as a child (argp) and gives it a struct
 * plan_arguments.
 */
#ifndef VQ_PLAN_ARGUMENTS_H
#define VQ_PLAN_ARGUMENTS_H

#include <argp.h>
#include <stdint.h>

#include "harness/plan.h"

#define PLAN_MAX_GLOBS 64

struct plan_argument_globs {
	char *glob[PLAN_MAX_GLOBS];
	size_t count;
};

struct plan_arguments {
	const char *plan, *preset;
	const char *otherwise; /* the preset where neither is given; set before parsing */
	struct plan_argument_globs platforms, benches, faults;
	struct plan_argument_globs variants; /* in place of the plan's own */
	uint64_t seed;
	int seed_given;
	const char *output; /* NULL: see run_file_name() */
};

extern const struct argp plan_argp;

/* All that is registered, to check a plan against. */
struct plan_names plan_all_names(void);

/* The plan that they name, checked against all that is registered. NULL with one line in `error`;
 * else the caller frees it. */
struct plan *plan_of_arguments(const struct plan_arguments *a, char *error, size_t size);

/* The plan of a text, as `file` holds it, checked likewise. */
struct plan *plan_of_text(const char *text, const char *file, char *error, size_t size);

/* A number from 0 to 2^64-1 for an option; ends the program with a usage error otherwise. */
uint64_t plan_number(struct argp_state *state, const char *option, const char *text);

#endif
