/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify import: a console log into a result file. */
#include <argp.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/command.h"
#include "harness/core/words.h"
#include "harness/import.h"
#include "harness/run_row.h"

#define MAX_LOGS      256
#define PLATFORM_NAME 64 /* bytes: it stands in every row */

struct arguments {
	char *log[MAX_LOGS];
	size_t count;
	const char *output, *platform;
	int execution;
};

static const struct argp_option options[] = {
	{"output", 'o', "FILE.vq", 0, "Result file to make (default: by date)", 0},
	{"platform", 'p', "NAME", 0, "What to call the platform: \"aws m7i\"", 0},
	{"execution", 'x', "HOW", 0,
	 "How it runs guests, where the log cannot tell: hardware, interpreted, emulated, "
	 "deterministic",
	 0},
	{0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'o':
		a->output = command_file(text, state);
		return 0;
	case 'p':
		if (strlen(text) > PLATFORM_NAME)
			exit(complain(EXIT_USAGE,
				      "import: -p: a name of %zu bytes; write at most %d",
				      strlen(text), PLATFORM_NAME));
		a->platform = text;
		return 0;
	case 'x':
		a->execution = execution_from_name(text);
		if (a->execution < 0)
			exit(complain(EXIT_USAGE,
				      "import: no execution \"%s\"; write hardware, interpreted, "
				      "emulated or deterministic",
				      text));
		return 0;
	case ARGP_KEY_ARG:
		if (a->count == MAX_LOGS)
			exit(complain(EXIT_USAGE, "import: more than %d logs; import them in parts",
				      MAX_LOGS));
		a->log[a->count++] = text;
		return 0;
	case ARGP_KEY_END:
		if (!a->count)
			exit(complain(EXIT_USAGE, "import: no log; name a file, or - for standard "
						  "input"));
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.args_doc = "LOG...",
	.doc = "Take in what a guest that was booted elsewhere said on its console."
	       "\v"
	       "The image that \"make iso\" builds runs a plan by itself, on any machine that "
	       "boots "
	       "it, and says its results on the serial port. A log of that, with whatever else it "
	       "holds, becomes a result file; several logs are of one platform. What was damaged "
	       "or "
	       "lost is in it, too, as trials that failed.",
};

static void say_summary(const struct import_summary *s, const char *path)
{
	fprintf(stderr, "%s: %zu trials: %zu ok", s->label, s->trials, s->ok);
	if (s->unsupported)
		fprintf(stderr, ", %zu refused by the guest", s->unsupported);
	if (s->invalid)
		fprintf(stderr, ", %zu damaged or invalid", s->invalid);
	if (s->failed)
		fprintf(stderr, ", %zu failed or lost", s->failed);
	if (s->damaged || s->lost)
		fprintf(stderr,
			"; of the log, %" PRIu64 " line%s damaged and %" PRIu64
			" bytes of records never came",
			s->damaged, s->damaged == 1 ? " was" : "s were", s->lost);
	fprintf(stderr, "\n%s\n", path);
}

static int import_main(int argc, char **argv)
{
	struct arguments a = {.execution = -1};
	struct import_options o = {0};
	struct import_summary s;
	char error[1024], path[RUN_FILE_SIZE];
	char *command;
	int code;

	argp_parse(&parser, argc, argv, 0, NULL, &a);
	run_file_name(path, "import");
	command = command_join(argc, argv);
	o.logs = a.log;
	o.log_count = a.count;
	o.output = a.output ? a.output : path;
	o.platform = a.platform;
	o.execution = a.execution;
	o.command = command ? command : "";
	code = import_logs(&o, &s, error, sizeof(error));
	free(command);
	if (code)
		return complain(code, "import: %s", error);
	say_summary(&s, o.output);
	if (!s.ok)
		return complain(EXIT_USAGE, "import: none of the %zu trials is whole; %s says why",
				s.trials, o.output);
	return EXIT_OK;
}

COMMAND(import, .summary = "a console log of a guest booted elsewhere, into a result file",
	.order = 35, .main = import_main);
