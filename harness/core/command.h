/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A command of virt-qualify: `virt-qualify NAME …`. One file each, registered like everything
 * else, so that the report half links without the measuring half.
 */
#ifndef VQ_COMMAND_H
#define VQ_COMMAND_H

#include "harness/core/registry.h"

#ifndef VQ_VERSION
#define VQ_VERSION "unknown"
#endif

/* Exit codes, as documented in virt-qualify(1). */
enum exit_code {
	EXIT_OK = 0,
	EXIT_VERDICT = 1,      /* a regression, or a limit not met */
	EXIT_USAGE = 2,	       /* bad usage or bad input */
	EXIT_INCONCLUSIVE = 3, /* only with --fail-on=inconclusive */
	EXIT_HARNESS = 4,      /* we failed */
	EXIT_NOTHING_RAN = 77, /* nothing could run here */
};

struct command {
	const char *name;
	const char *summary; /* one line for --help */
	int order;	     /* place in --help */
	/* argv[0] is "virt-qualify NAME". Returns an enum exit_code. */
	int (*main)(int argc, char **argv);
};

REGISTRY_DECLARE(commands);
#define COMMAND(id, ...)                                                                           \
	static const struct command id##_command = {.name = #id, __VA_ARGS__};                     \
	REGISTER(commands, id##_command)

/* The version of this program, for files and reports. */
const char *virt_qualify_version(void);

/* The command line as it could be typed again; NULL: out of memory. The caller frees it. */
char *command_join(int argc, char **argv);

/* Check an argument of --fail-on, or one that names a file; end the program with a usage error
 * where it is wrong. */
struct argp_state;
void command_fail_on(const char *value, const struct argp_state *state);
const char *command_file(const char *name, const struct argp_state *state);

/*
 * Print one line "virt-qualify: …" to stderr: what, where, what to do. printf-style, no newline.
 * Returns `code`, so that a command can end with `return complain(EXIT_USAGE, …)`.
 */
int complain(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
