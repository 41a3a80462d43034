/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify run: measure and break by a plan, into a result file. */
#include <argp.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/append.h"
#include "harness/bench.h"
#include "harness/budget.h"
#include "harness/core/command.h"
#include "harness/fault.h"
#include "harness/lab/stream.h"
#include "harness/plan_arguments.h"
#include "harness/progress.h"
#include "harness/run_row.h"
#include "harness/runner.h"
#include "harness/stop.h"

struct arguments {
	struct plan_arguments plan;
	const char *append, *noise;
	int64_t budget_ns;
	int tap, raw, host_faults, fail_on_inconclusive;
};

enum {
	OPTION_RAW = 512,
	OPTION_FAIL_ON,
	OPTION_HOST_FAULTS,
	OPTION_APPEND,
	OPTION_BUDGET,
	OPTION_NOISE
};

static const struct argp_option options[] = {
	{"append", OPTION_APPEND, "FILE.vq", 0,
	 "Add a block of trials of its plan to this result file", 0},
	{"budget", OPTION_BUDGET, "TIME", 0,
	 "Plan as many trials as fit into this time: 90s, 5m, 1h", 0},
	{"noise", OPTION_NOISE, "AA.vq", 0,
	 "Take over what aa found on a host of this kind, for compare", 0},
	{"tap", 't', NULL, 0, "Print TAP 13 on standard output", 0},
	{"allow-host-faults", OPTION_HOST_FAULTS, NULL, 0,
	 "Allow what changes the host for other processes, too", 0},
	{"fail-on", OPTION_FAIL_ON, "inconclusive", 0,
	 "Exit with 3 where a limit of the plan is inconclusive", 0},
	{"raw", OPTION_RAW, NULL, 0, "Keep every sample, for report --raw", 0},
	{0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->plan;
		return 0;
	case OPTION_HOST_FAULTS:
		a->host_faults = 1;
		return 0;
	case OPTION_APPEND:
		a->append = command_file(text, state);
		return 0;
	case OPTION_FAIL_ON:
		command_fail_on(text, state);
		a->fail_on_inconclusive = 1;
		return 0;
	case OPTION_NOISE:
		a->noise = command_file(text, state);
		return 0;
	case OPTION_BUDGET:
		if (budget_parse(text, &a->budget_ns))
			argp_failure(
				state, EXIT_USAGE, 0,
				"--budget %s: no time from 1s to a week, such as 90s, 5m or 1h",
				text);
		return 0;
	case OPTION_RAW:
		a->raw = 1;
		return 0;
	case 't':
		a->tap = 1;
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
	.doc = "Run a plan (YAML) or a preset, trial by trial, into a result file.",
};

static void say_summary(const struct run_summary *s, const char *path)
{
	fprintf(stderr, "%zu of %zu trials done: %zu ok", s->done, s->planned, s->ok);
	if (s->invalid)
		fprintf(stderr, ", %zu invalid", s->invalid);
	if (s->failed)
		fprintf(stderr, ", %zu failed", s->failed);
	if (s->unsupported)
		fprintf(stderr, ", %zu unsupported", s->unsupported);
	if (s->unsupported && !s->interrupted && s->planned > s->done + s->left_out)
		fprintf(stderr, " and %zu more of the same not tried",
			s->planned - s->done - s->left_out);
	if (s->left_out)
		fprintf(stderr, ", %zu left out as the budget was spent", s->left_out);
	fprintf(stderr, "; %zu skipped here (its report says why)\n%s\n", s->skipped, path);
}

/* What the budget is planned to be good for, before it is spent. */
static void say_budget(const struct run_summary *s)
{
	char trials[48], over[80] = "", effect[64] = "no change can be found with so few";

	snprintf(trials, sizeof(trials), s->fewest == s->most ? "%u" : "%u to %u", s->fewest,
		 s->most);
	if (s->over_ns)
		snprintf(over, sizeof(over), ", which took %.0f s more than it has",
			 (double)s->over_ns / 1e9);
	if (isfinite(s->detectable))
		snprintf(effect, sizeof(effect), "the median bench finds a change of %.2g %%",
			 100 * s->detectable);
	fprintf(stderr, "budget: %s trial%s of each%s; %s%s\n", trials, s->most == 1 ? "" : "s",
		over, effect,
		s->detectable_assumed ? " if trials vary by 6 %, as assumed: see aa and --noise"
				      : "");
}

static int conclude(const struct run_summary *s, const char *path)
{
	say_summary(s, path);
	if (s->interrupted)
		return complain(EXIT_HARNESS, "interrupted: what was measured until then is in %s",
				path);
	return run_conclude(s);
}

/* What report says of the file, and ends with: 1 where a limit or requirement failed. */
static int print_report(const struct arguments *a, const char *path, const char *format)
{
	char *argv[] = {"virt-qualify report",	  (char *)path, "-F", (char *)format,
			"--fail-on=inconclusive", NULL};
	const struct command *report = registry_find(REGISTRY(commands), "report");
	int argc = a->fail_on_inconclusive ? 5 : 4;

	argv[argc] = NULL;
	return report->main(argc, argv);
}

static bool has_criterion(const struct plan *p, enum criterion kind)
{
	for (size_t i = 0; i < p->criterion_count; i++)
		if (p->criteria[i].kind == kind)
			return true;
	return false;
}

/*
 * A consumer takes a skipped file by its plan, and any exit code but 0 for a failure. Where the
 * plan requires something, that nothing ran is a failure, not a skip.
 */
static int report_tap(const struct arguments *a, const struct plan *plan,
		      const struct run_summary *s, int code, const char *path)
{
	int printed;

	if (code == EXIT_NOTHING_RAN && !has_criterion(plan, CRITERION_REQUIRE)) {
		printf("TAP version 13\n1..0 # SKIP nothing in the plan can run here: %s\n",
		       s->skipped ? s->skip : "it is empty");
		return EXIT_OK;
	}
	printed = print_report(a, path, "tap");
	return code == EXIT_OK || code == EXIT_NOTHING_RAN ? printed : code;
}

/* What the plan decides by is judged at once. A lab's host has nobody to read it: there the file is
 * taken out first. */
static int judge(const struct arguments *a, const struct plan *plan, int code, const char *path)
{
	int verdict;

	if (lab_inside() ||
	    (!has_criterion(plan, CRITERION_LIMIT) && !has_criterion(plan, CRITERION_REQUIRE) &&
	     !has_criterion(plan, CRITERION_WEIGHT)))
		return code;
	verdict = print_report(a, path, "verdicts");
	return code == EXIT_OK || (code == EXIT_NOTHING_RAN && verdict == EXIT_VERDICT) ? verdict
											: code;
}

/* Raw samples are kept of batches up to a size: no bench of the plan may be silently without. */
static int check_raw(const struct plan *plan, char *error, size_t size)
{
	for_each_registered (struct bench, b, REGISTRY(benches)) {
		const struct plan_bench *entry = plan_find_bench(plan, b->name);
		uint32_t samples = entry && entry->samples ? entry->samples : b->samples;

		if (!entry || samples <= VQ_RAW_MAX)
			continue;
		snprintf(error, size,
			 "--raw keeps batches of up to %u samples, and %s has %u; let it have more "
			 "batches in place of them, or leave it out",
			 VQ_RAW_MAX, b->name, samples);
		return -1;
	}
	return 0;
}

static int run_main(int argc, char **argv)
{
	struct arguments a = {.plan = {.otherwise = "smoke"}};
	struct run_options o = {0};
	struct run_summary s;
	char error[1024], path[RUN_FILE_SIZE];
	struct plan *plan;
	char *command;
	int ret;

	argp_parse(&parser, argc, argv, 0, NULL, &a);
	if (a.append && a.plan.output)
		return complain(EXIT_USAGE, "--append and -o: give one of them");
	plan = a.append ? append_plan(a.append, &a.plan, error, sizeof(error))
			: plan_of_arguments(&a.plan, error, sizeof(error));
	if (!plan)
		return complain(EXIT_USAGE, "%s", error);
	if (a.raw && check_raw(plan, error, sizeof(error))) {
		plan_free(plan);
		return complain(EXIT_USAGE, "%s", error);
	}
	run_file_name(path, NULL);
	command = command_join(argc, argv);
	o.plan = plan;
	o.raw = a.raw;
	o.budget_ns = a.budget_ns;
	o.on_budget = say_budget;
	o.noise = a.noise;
	o.host_faults = a.host_faults;
	o.command = command ? command : "";
	o.output = a.append ? a.append : a.plan.output ? a.plan.output : path;
	o.append = a.append != NULL;
	o.progress = isatty(STDERR_FILENO) ? PROGRESS_TERMINAL
		     : lab_inside()	   ? PROGRESS_LAB
					   : PROGRESS_NONE;
	o.stop = stop_on_signals();
	ret = run_plan(&o, &s, error, sizeof(error));
	free(command);
	if (ret)
		ret = complain(ret, "%s", error);
	else if (a.tap)
		ret = report_tap(&a, plan, &s, conclude(&s, o.output), o.output);
	else
		ret = judge(&a, plan, conclude(&s, o.output), o.output);
	plan_free(plan);
	return ret;
}

COMMAND(run, .summary = "run a plan: measure, break, time the recovery", .order = 20,
	.main = run_main);
