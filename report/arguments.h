/* SPDX-License-Identifier: Apache-2.0 */
/* What the commands that read result files are told alike. */
#ifndef VQ_ARGUMENTS_H
#define VQ_ARGUMENTS_H

#include <argp.h>

#include "report/report.h"

struct report_arguments {
	const char *format, *output;
	const char *limits, *noise; /* files given beside the runs'; NULL: none */
	const char **files;
	size_t count;
	bool anonymize;
	int fail_on_inconclusive;
};

enum {
	OPTION_ANONYMIZE = 256,
	OPTION_FAIL_ON,
	OPTION_LIMITS,
	OPTION_NOISE,
	OPTION_OWN /* the first of a command's own */
};

/* Rows of a table of options; `fail_on` says what is inconclusive. */
#define OPTIONS_OF_REPORTS(fail_on)                                                                \
	{"format", 'F', "FORMAT", 0, "How to print it (default: text)", 0},                        \
		{"output", 'o', "OUT", 0, "Write to this file, whole or not at all", 0},           \
		{"anonymize",                                                                      \
		 OPTION_ANONYMIZE,                                                                 \
		 NULL,                                                                             \
		 0,                                                                                \
		 "Leave out what says whose host it was: names, addresses, serials, paths",        \
		 0},                                                                               \
		{"limits",                                                                         \
		 OPTION_LIMITS,                                                                    \
		 "PLAN",                                                                           \
		 0,                                                                                \
		 "Judge by the limits, requirements and weights of this plan, not by the runs' "   \
		 "own",                                                                            \
		 0},                                                                               \
		{"noise",                                                                          \
		 OPTION_NOISE,                                                                     \
		 "AA.vq",                                                                          \
		 0,                                                                                \
		 "Take what separate runs differ in by themselves also from this file, which aa "  \
		 "made: comparisons of them and limits on medians allow for it",                   \
		 0},                                                                               \
	{                                                                                          \
		"fail-on", OPTION_FAIL_ON, "inconclusive", 0, (fail_on), 0                         \
	}

/* Room for the files that a command line may name, and the default format. 0, or -1: no memory. */
int arguments_begin(struct report_arguments *a, int argc);
void arguments_end(struct report_arguments *a);

/* What a command's own parser hands on; ends the program where there is no file, with the line
 * `no_files`. */
error_t arguments_parse(struct report_arguments *a, int key, char *value, struct argp_state *state,
			const char *no_files);

/* The report of these files, judged by what was given; NULL with the error line. Release it with
 * report_free. */
struct report *arguments_load(const struct report_arguments *a, char *error, size_t size);

#endif
