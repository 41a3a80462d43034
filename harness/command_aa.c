/* SPDX-License-Identifier: Apache-2.0 */
/*
 * virt-qualify aa: the same platforms against themselves. Several whole runs of one plan, each
 * with platforms begun and ended anew, into one file; then what their figures differ by, though
 * nothing was changed, is stored there.
 */
#include <argp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/core/command.h"
#include "harness/plan_arguments.h"
#include "harness/run_row.h"
#include "harness/runner.h"
#include "harness/stop.h"
#include "report/noise.h"

#define RUNS	  5u /* with fewer, what a run differs by is hardly known: t has few degrees */
#define RUNS_MOST 1000u

struct arguments {
	struct plan_arguments plan;
	unsigned int runs;
};

enum { OPTION_RUNS = 512 };

static const struct argp_option options[] = {
	{"runs", OPTION_RUNS, "N", 0, "So many separate runs (default: 5)", 0},
	{0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;
	uint64_t runs;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->plan;
		return 0;
	case OPTION_RUNS:
		runs = plan_number(state, "--runs", text);
		if (runs < 2 || runs > RUNS_MOST)
			argp_failure(state, EXIT_USAGE, 0, "--runs %s: from 2 to %u", text,
				     RUNS_MOST);
		a->runs = (unsigned int)runs;
		return 0;
	case ARGP_KEY_END:
		if (a->plan.faults.count)
			argp_failure(state, EXIT_USAGE, 0,
				     "aa is about benches, faults have no noise; leave -f out");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {{&plan_argp, 0, NULL, 0}, {0}};

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.children = children,
	.args_doc = "[PLAN]",
	.doc = "Run the benches of a plan several times over, and say what their figures differ by "
	       "where nothing was changed: this host's noise floor, and the least change that can "
	       "be found. It is stored in the result file, for compare and run --noise.",
};

static int check_run(const struct run_summary *s, unsigned int number, const struct arguments *a)
{
	fprintf(stderr, "run %u of %u: %zu of %zu trials ok\n", number, a->runs, s->ok, s->planned);
	if (s->interrupted)
		return complain(EXIT_HARNESS,
				"interrupted: what was measured until then is in %s, and no noise",
				a->plan.output);
	return run_conclude(s);
}

/* `end`: there is no noise to be had, whatever other runs bring. A bench that never gave a valid
 * trial is told in the end, by the exit code, too: the others have theirs. */
static int run_all(const struct arguments *a, struct plan *plan, const char *command, bool *end)
{
	struct run_options o = {
		.plan = plan,
		.output = a->plan.output,
		.command = command ? command : "",
		.progress = isatty(STDERR_FILENO) ? PROGRESS_TERMINAL : PROGRESS_NONE,
		.stop = stop_on_signals(),
	};
	int code = EXIT_OK, one;
	struct run_summary s;
	char error[1024];

	*end = true;
	for (unsigned int i = 0; i < a->runs; i++) {
		o.append = i > 0;
		one = run_plan(&o, &s, error, sizeof(error));
		if (one)
			return complain(one, "%s", error);
		one = check_run(&s, i + 1, a);
		if (one && (s.interrupted || !s.ok))
			return one;
		code = one ? one : code;
		plan->seed++; /* another order, and other memory layouts */
	}
	*end = false;
	return code;
}

/* Store the noise and print it. */
static int conclude(const char *path)
{
	const char *const paths[] = {path};
	struct report *r;
	char error[2048];
	size_t count;
	int failed;

	if (noise_store(path, &count, error, sizeof(error)))
		return complain(EXIT_HARNESS, "%s", error);
	fprintf(stderr, "%s\n", path);
	if (!count)
		return complain(EXIT_NOTHING_RAN,
				"no bench has figures above zero of two runs that could differ: "
				"deterministic ones do not");
	r = report_load(paths, 1, error, sizeof(error));
	if (!r)
		return complain(EXIT_HARNESS, "%s", error);
	failed = noise_print(r, stdout);
	report_free(r);
	return failed ? complain(EXIT_HARNESS, "cannot print: the output takes no more") : EXIT_OK;
}

static int aa_main(int argc, char **argv)
{
	struct arguments a = {.plan = {.otherwise = "smoke"}, .runs = RUNS};
	char error[1024], path[RUN_FILE_SIZE], none[] = "none";
	struct plan *plan;
	int code, printed;
	char *command;
	bool end;

	argp_parse(&parser, argc, argv, 0, NULL, &a);
	a.plan.faults.glob[a.plan.faults.count++] = none;
	plan = plan_of_arguments(&a.plan, error, sizeof(error));
	if (!plan)
		return complain(EXIT_USAGE, "%s", error);
	run_file_name(path, NULL);
	if (!a.plan.output)
		a.plan.output = path;
	command = command_join(argc, argv);
	code = run_all(&a, plan, command, &end);
	plan_free(plan);
	free(command);
	if (end)
		return code;
	printed = conclude(a.plan.output);
	return code ? code : printed;
}

COMMAND(aa, .summary = "the noise of this host: the same against itself", .order = 45,
	.main = aa_main);
