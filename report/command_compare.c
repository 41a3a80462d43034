/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify compare FILE.vq... [--by WHAT] [-F FORMAT] [-o OUT] [--fail-on=inconclusive] */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/command.h"
#include "report/output.h"

struct arguments {
	const char *format, *output, *noise;
	const char **files;
	size_t count;
	bool anonymize, by_given;
	enum compare_by by;
	int fail_on_inconclusive;
};

enum { OPTION_BY = 256, OPTION_FAIL_ON, OPTION_ANONYMIZE, OPTION_NOISE };

static const char *const by_names[] = {
	[BY_VERSION] = "version",
	[BY_HOST] = "host",
	[BY_PLATFORM] = "platform",
	[BY_VARIANT] = "variant",
};

static void parse_by(struct arguments *a, const char *value, struct argp_state *state)
{
	for (size_t i = 0; i < sizeof(by_names) / sizeof(by_names[0]); i++) {
		if (strcmp(value, by_names[i]))
			continue;
		a->by = (enum compare_by)i;
		a->by_given = true;
		return;
	}
	argp_failure(state, EXIT_USAGE, 0,
		     "cannot compare by \"%s\"; by version, host, platform or variant", value);
}

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
	case OPTION_BY:
		parse_by(a, value, state);
		return 0;
	case OPTION_FAIL_ON:
		command_fail_on(value, state);
		a->fail_on_inconclusive = 1;
		return 0;
	case OPTION_NOISE:
		a->noise = value;
		return 0;
	case OPTION_ANONYMIZE:
		a->anonymize = true;
		return 0;
	case ARGP_KEY_ARG:
		a->files[a->count++] = value;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_failure(state, EXIT_USAGE, 0,
			     "name the result files (.vq) to compare, the base first");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int compare(const struct arguments *a, const struct format *format)
{
	struct report *r;
	char error[2048];
	int code;

	r = a->anonymize ? report_load_anonymous(a->files, a->count, error, sizeof(error))
			 : report_load(a->files, a->count, error, sizeof(error));
	if (!r)
		return complain(EXIT_USAGE, "%s", error);
	if ((a->noise && report_add_noise(r, a->noise, error, sizeof(error))) ||
	    report_compare(r, a->by_given ? a->by : report_compare_by(r), error, sizeof(error))) {
		report_free(r);
		return complain(EXIT_USAGE, "%s", error);
	}
	code = output_report(r, format, a->output);
	if (code == EXIT_OK)
		code = report_exit_code(r, a->fail_on_inconclusive);
	report_free(r);
	return code;
}

static int command_compare(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"by", OPTION_BY, "WHAT", 0,
		 "What the sides differ in: version (run against run, the default), host, platform "
		 "or variant (the default for one file with several)",
		 0},
		{"format", 'F', "FORMAT", 0, "How to print it (default: text)", 0},
		{"output", 'o', "OUT", 0, "Write to this file, whole or not at all", 0},
		{"noise", OPTION_NOISE, "AA.vq", 0,
		 "Take what separate runs differ in by themselves from this file, which aa made",
		 0},
		{"anonymize", OPTION_ANONYMIZE, NULL, 0,
		 "Leave out what says whose host it was: names, addresses, serials, paths", 0},
		{"fail-on", OPTION_FAIL_ON, "inconclusive", 0,
		 "Exit with 3 where something is inconclusive", 0},
		{0},
	};
	static const struct argp argp = {
		options,
		parse,
		"FILE.vq...",
		"Give a verdict on every metric: regressed, improved, equivalent or inconclusive. "
		"The first file is the base.\v"
		"Exits with 1 where a metric regressed, or a limit or requirement failed.",
		NULL,
		NULL,
		NULL};
	struct arguments a = {.format = "text"};
	const struct format *format;
	int code = EXIT_USAGE;

	a.files = calloc((size_t)argc + 1, sizeof(*a.files));
	if (!a.files)
		return complain(EXIT_HARNESS, "no memory");
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	format = output_format(a.format);
	if (format)
		code = compare(&a, format);
	free(a.files);
	return code;
}

COMMAND(compare, .summary = "give a verdict on every metric of two sides", .order = 40,
	.main = command_compare);
