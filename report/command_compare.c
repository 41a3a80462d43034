/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify compare FILE.vq... [--by WHAT] [-F FORMAT] [-o OUT] [--fail-on=inconclusive] */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/command.h"
#include "report/arguments.h"
#include "report/output.h"

struct arguments {
	struct report_arguments common;
	bool by_given;
	enum compare_by by;
};

enum { OPTION_BY = OPTION_OWN };

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
	case OPTION_BY:
		parse_by(a, value, state);
		return 0;
	default:
		return arguments_parse(&a->common, key, value, state,
				       "name the result files (.vq) to compare, the base first");
	}
}

/* A gate that held nothing against anything is not green. Unlike platforms are a finding; limits
 * judge. */
static int nothing_compared(const struct report *r)
{
	struct verdict_counts n = report_verdict_counts(r);

	if (!n.not_compared || r->judgement_count || !strcmp(r->compared_by, "platform"))
		return EXIT_OK;
	for (size_t i = 0; i < r->comparison_count; i++)
		if (report_is_compared(&r->comparisons[i]))
			return EXIT_OK;
	return complain(EXIT_NOTHING_RAN,
			"not one of %zu metrics could be compared; the report says why of each",
			n.not_compared);
}

static int compare(const struct arguments *a, const struct format *format)
{
	struct report *r;
	char error[2048];
	int code;

	r = arguments_load(&a->common, error, sizeof(error));
	if (!r)
		return complain(EXIT_USAGE, "%s", error);
	if (report_compare(r, a->by_given ? a->by : report_compare_by(r), error, sizeof(error))) {
		report_free(r);
		return complain(EXIT_USAGE, "%s", error);
	}
	code = output_report(r, format, a->common.output);
	if (code == EXIT_OK)
		code = report_exit_code(r, a->common.fail_on_inconclusive);
	if (code == EXIT_OK)
		code = nothing_compared(r);
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
		OPTIONS_OF_REPORTS("Exit with 3 where something is inconclusive"),
		{0},
	};
	static const struct argp argp = {
		options,
		parse,
		"FILE.vq...",
		"Give a verdict on every metric: regressed, improved, equivalent or inconclusive. "
		"The first file is the base.\v"
		"Exits with 1 where a metric regressed, or a limit or requirement failed: of the "
		"plans that the runs carried out, or of --limits PLAN.",
		NULL,
		NULL,
		NULL};
	struct arguments a = {0};
	const struct format *format;
	int code = EXIT_USAGE;

	if (arguments_begin(&a.common, argc))
		return complain(EXIT_HARNESS, "no memory");
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	format = output_format(a.common.format);
	if (format)
		code = compare(&a, format);
	arguments_end(&a.common);
	return code;
}

COMMAND(compare, .summary = "give a verdict on every metric of two sides", .order = 40,
	.main = command_compare);
