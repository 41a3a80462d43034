/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify report FILE.vq... [-F FORMAT] [-o OUT] */
#include <argp.h>
#include <stdlib.h>

#include "harness/core/command.h"
#include "report/output.h"
#include "report/trace.h"

struct arguments {
	const char *format, *output, *trace, *raw;
	const char **files;
	size_t count;
	bool anonymize;
	int fail_on_inconclusive;
};

enum { OPTION_ANONYMIZE = 256, OPTION_TRACE, OPTION_RAW, OPTION_FAIL_ON };

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'F':
		a->format = value;
		return 0;
	case 'o':
		a->output = value;
		return 0;
	case OPTION_TRACE:
		a->trace = value;
		return 0;
	case OPTION_RAW:
		a->raw = value;
		return 0;
	case OPTION_ANONYMIZE:
		a->anonymize = true;
		return 0;
	case OPTION_FAIL_ON:
		command_fail_on(value, state);
		a->fail_on_inconclusive = 1;
		return 0;
	case ARGP_KEY_ARG:
		a->files[a->count++] = value;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_failure(state, EXIT_USAGE, 0, "name at least one result file (.vq)");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
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
		{"format", 'F', "FORMAT", 0, "How to print it (default: text)", 0},
		{"output", 'o', "OUT", 0, "Write to this file, whole or not at all", 0},
		{"anonymize", OPTION_ANONYMIZE, NULL, 0,
		 "Leave out what says whose host it was: names, addresses, serials, paths", 0},
		{"trace", OPTION_TRACE, "METRIC", 0,
		 "Follow one figure back to its trials: exit_cpuid/kvm, guest_hang+restart/kvm", 0},
		{"raw", OPTION_RAW, "METRIC", 0,
		 "Print every sample of one figure as CSV, of a file that run --raw made", 0},
		{"fail-on", OPTION_FAIL_ON, "inconclusive", 0,
		 "Exit with 3 where a limit is inconclusive", 0},
		{0},
	};
	static const struct argp argp = {
		options,
		parse,
		"FILE.vq...",
		"Print every figure that result files hold.\v"
		"Exits with 1 where a limit or requirement of the plan failed.\n\n",
		NULL,
		add_formats,
		NULL};
	struct arguments a = {.format = "text"};
	const struct format *format;
	struct report *r = NULL;
	char error[2048];
	int code = EXIT_USAGE;

	a.files = calloc((size_t)argc + 1, sizeof(*a.files));
	if (!a.files)
		return complain(EXIT_HARNESS, "no memory");
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	format = a.raw	   ? &trace_raw_format
		 : a.trace ? trace_format(a.format)
			   : output_format(a.format);
	if (!format)
		goto out;
	r = a.anonymize ? report_load_anonymous(a.files, a.count, error, sizeof(error))
			: report_load(a.files, a.count, error, sizeof(error));
	if (!r) {
		code = complain(EXIT_USAGE, "%s", error);
		goto out;
	}
	if ((a.trace && trace_select(r, a.trace, error, sizeof(error))) ||
	    (a.raw && (trace_select(r, a.raw, error, sizeof(error)) ||
		       trace_raw_check(r, error, sizeof(error)))))
		code = complain(EXIT_USAGE, "%s", error);
	else
		code = output_report(r, format, a.output);
	if (code == EXIT_OK && !a.trace && !a.raw)
		code = report_exit_code(r, a.fail_on_inconclusive);
	report_free(r);
out:
	free(a.files);
	return code;
}

COMMAND(report, .summary = "print the figures of result files", .order = 30,
	.main = command_report);
