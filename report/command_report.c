/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify report FILE.vq... [-F FORMAT] [-o OUT] */
#include <argp.h>
#include <stdlib.h>

#include "harness/core/command.h"
#include "report/arguments.h"
#include "report/output.h"
#include "report/trace.h"

struct arguments {
	struct report_arguments common;
	const char *trace, *raw;
};

enum { OPTION_TRACE = OPTION_OWN, OPTION_RAW };

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case OPTION_TRACE:
		a->trace = value;
		return 0;
	case OPTION_RAW:
		a->raw = value;
		return 0;
	default:
		return arguments_parse(&a->common, key, value, state,
				       "name at least one result file (.vq)");
	}
}

/* --help ends with the formats that were really linked in. */
static char *add_formats(int key, const char *help, void *input)
{
	struct registry formats = REGISTRY(formats);
	char *all = NULL;
	size_t size = 0;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC || !(out = open_memstream(&all, &size)))
		return (char *)help;
	fputs("Formats:\n", out);
	for_each_registered (struct format, f, formats)
		fprintf(out, "  %-12s %s\n", f->name, f->summary);
	fclose(out);
	return all;
}

static int command_report(int argc, char **argv)
{
	static const struct argp_option options[] = {
		OPTIONS_OF_REPORTS("Exit with 3 where a limit is inconclusive"),
		{"trace", OPTION_TRACE, "METRIC", 0,
		 "Follow one figure back to its trials: exit_cpuid/kvm, guest_hang+restart/kvm", 0},
		{"raw", OPTION_RAW, "METRIC", 0,
		 "Print every sample of one figure as CSV, of a file that run --raw made", 0},
		{0},
	};
	static const struct argp argp = {
		options,
		parse,
		"FILE.vq...",
		"Print every figure that result files hold.\v"
		"Exits with 1 where a limit or requirement failed: of the plan that the runs "
		"carried out, or of --limits PLAN.\n\n",
		NULL,
		add_formats,
		NULL};
	struct arguments a = {0};
	const struct format *format;
	struct report *r = NULL;
	char error[2048];
	int code = EXIT_USAGE;

	if (arguments_begin(&a.common, argc))
		return complain(EXIT_HARNESS, "no memory");
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	format = a.raw	   ? &trace_raw_format
		 : a.trace ? trace_format(a.common.format)
			   : output_format(a.common.format);
	if (!format)
		goto out;
	if ((a.common.limits || a.common.noise) && (a.trace || a.raw)) {
		code = complain(EXIT_USAGE, "--limits and --noise judge what --trace and --raw do "
					    "not: leave out one of them");
		goto out;
	}
	r = arguments_load(&a.common, error, sizeof(error));
	if (!r)
		code = complain(EXIT_USAGE, "%s", error);
	else if ((a.trace && trace_select(r, a.trace, error, sizeof(error))) ||
		 (a.raw && (trace_select(r, a.raw, error, sizeof(error)) ||
			    trace_raw_check(r, error, sizeof(error)))))
		code = complain(EXIT_USAGE, "%s", error);
	else
		code = output_report(r, format, a.common.output);
	if (code == EXIT_OK && !a.trace && !a.raw)
		code = report_exit_code(r, a.common.fail_on_inconclusive);
	report_free(r);
out:
	arguments_end(&a.common);
	return code;
}

COMMAND(report, .summary = "print the figures of result files", .order = 30,
	.main = command_report);
