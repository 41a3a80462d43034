/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify run: measure and break by a plan, into a result file. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/bench.h"
#include "harness/core/command.h"
#include "harness/fault.h"
#include "harness/runner.h"

#define MAX_GLOBS 64

struct globs {
	char *glob[MAX_GLOBS];
	size_t count;
};

struct arguments {
	const char *plan, *preset, *output;
	struct globs platforms, benches, faults;
	uint64_t seed;
	int seed_given, tap;
};

static const struct argp_option options[] = {
	{"platform", 'p', "GLOB", 0, "Run on these platforms only (repeatable; all)", 0},
	{"bench", 'b', "GLOB", 0, "Run these benches only (repeatable; none)", 0},
	{"fault", 'f', "GLOB", 0, "Run these faults only (repeatable; none)", 0},
	{"preset", 'P', "NAME", 0, "Built-in plan: smoke (default), ci, qualify", 0},
	{"seed", 's', "N", 0, "Seed of the order of trials", 0},
	{"output", 'o', "FILE.vq", 0, "Result file to make (default: by date)", 0},
	{"tap", 't', NULL, 0, "Print TAP 13 on standard output", 0},
	{0},
};

static void add_glob(struct argp_state *state, struct globs *g, char *text)
{
	if (g->count == MAX_GLOBS)
		argp_failure(state, EXIT_USAGE, 0, "more than %d globs; put them in a plan",
			     MAX_GLOBS);
	g->glob[g->count++] = text;
}

static uint64_t parse_seed(struct argp_state *state, const char *text)
{
	char *end;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || *text == '-')
		argp_failure(state, EXIT_USAGE, 0, "--seed %s: not a number from 0 to 2^64-1",
			     text);
	return n;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;

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
	case 's':
		a->seed = parse_seed(state, text);
		a->seed_given = 1;
		return 0;
	case 'o':
		a->output = text;
		return 0;
	case 't':
		a->tap = 1;
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

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.args_doc = "[PLAN]",
	.doc = "Run a plan (YAML) or a preset, trial by trial, into a result file.",
};

static struct plan *load_plan(const struct arguments *a, char *error, size_t size)
{
	struct plan_names names = {
		.platforms = REGISTRY(platforms),
		.benches = REGISTRY(benches),
		.faults = REGISTRY(faults),
		.recoveries = REGISTRY(recoveries),
	};
	struct plan *p;

	if (a->plan && a->preset) {
		snprintf(error, size, "a plan and a preset: give one of them");
		return NULL;
	}
	p = a->plan ? plan_read(a->plan, &names, error, size)
		    : plan_preset(a->preset ? a->preset : "smoke", &names, error, size);
	if (!p)
		return NULL;
	if (plan_narrow(p, a->platforms.glob, a->platforms.count, a->benches.glob, a->benches.count,
			a->faults.glob, a->faults.count, &names, error, size)) {
		plan_free(p);
		return NULL;
	}
	if (a->seed_given)
		p->seed = a->seed;
	return p;
}

static int stop_pipe[2] = {-1, -1};

static void on_stop(int signal)
{
	int saved = errno;

	(void)signal;
	if (write(stop_pipe[1], "", 1) < 0)
		errno = saved; /* full: it was told already */
	errno = saved;
}

static int catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	if (pipe2(stop_pipe, O_CLOEXEC | O_NONBLOCK))
		return -1;
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	return 0;
}

static void default_output(char *path, size_t size)
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(path, size, "virt-qualify-%Y%m%d-%H%M%S.vq", &tm);
}

static void say_summary(const struct run_summary *s, const char *path)
{
	fprintf(stderr, "%zu of %zu trials done: %zu ok", s->done, s->planned, s->ok);
	if (s->invalid)
		fprintf(stderr, ", %zu invalid", s->invalid);
	if (s->failed)
		fprintf(stderr, ", %zu failed", s->failed);
	if (s->unsupported)
		fprintf(stderr, ", %zu unsupported", s->unsupported);
	fprintf(stderr, "; %zu skipped here (virt-qualify list says why)\n%s\n", s->skipped, path);
}

static int conclude(const struct run_summary *s, const char *path)
{
	say_summary(s, path);
	if (s->interrupted)
		return complain(EXIT_HARNESS, "interrupted: what was measured until then is in %s",
				path);
	if (!s->planned || (s->unsupported && s->unsupported == s->done))
		return complain(EXIT_NOTHING_RAN, "nothing in the plan can run here: %s%s",
				s->skipped ? s->skip : "it is empty",
				s->skipped > 1 ? " (virt-qualify list says why of all)" : "");
	if (s->empty_cells)
		return complain(EXIT_HARNESS, "%zu without one valid trial, the first: %s",
				s->empty_cells, s->empty);
	return EXIT_OK;
}

static int print_tap(const char *path)
{
	char *argv[] = {"virt-qualify report", (char *)path, "-F", "tap", NULL};
	const struct command *report = registry_find(REGISTRY(commands), "report");

	return report->main(4, argv);
}

/* A consumer takes a skipped file by its plan, and any exit code but 0 for a failure. */
static int report_tap(const struct run_summary *s, int code, const char *path)
{
	int printed;

	if (code == EXIT_NOTHING_RAN) {
		printf("TAP version 13\n1..0 # SKIP nothing in the plan can run here: %s\n",
		       s->skipped ? s->skip : "it is empty");
		return EXIT_OK;
	}
	printed = print_tap(path);
	return code == EXIT_OK ? printed : code;
}

static int run_main(int argc, char **argv)
{
	struct arguments a = {0};
	struct run_options o = {0};
	struct run_summary s;
	char error[1024], path[64];
	struct plan *plan;
	char *command;
	int ret;

	argp_parse(&parser, argc, argv, 0, NULL, &a);
	plan = load_plan(&a, error, sizeof(error));
	if (!plan)
		return complain(EXIT_USAGE, "%s", error);
	default_output(path, sizeof(path));
	command = command_join(argc, argv);
	o.plan = plan;
	o.command = command ? command : "";
	o.output = a.output ? a.output : path;
	o.show_progress = isatty(STDERR_FILENO);
	o.stop = catch_signals() ? -1 : stop_pipe[0];
	ret = run_plan(&o, &s, error, sizeof(error));
	plan_free(plan);
	free(command);
	if (ret)
		return complain(EXIT_HARNESS, "%s", error);
	ret = conclude(&s, o.output);
	return a.tap ? report_tap(&s, ret, o.output) : ret;
}

COMMAND(run, .summary = "run a plan: measure, break, time the recovery", .order = 20,
	.main = run_main);
