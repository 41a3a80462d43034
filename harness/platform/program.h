/* SPDX-License-Identifier: Apache-2.0 */
/* A program of an administrator's that starts containers: where it is, and one bounded call of it.
 */
#ifndef VQ_PROGRAM_H
#define VQ_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

/* Find `name` along PATH; one with a slash is a path. */
bool program_find(const char *name, char *path, size_t size);

/* What follows "version " in the first line of `PATH --version`: "1.1.5+ds1"; "": it says nothing.
 */
void program_version(const char *path, char *version, size_t size);

struct program_call {
	const char *path;
	const char *name;		/* for messages */
	const char *const *options;	/* that come first in each call, NULL at the end; or NULL */
	const char *const *arguments;	/* the first names the call in messages; NULL at the end */
	const char *const *environment; /* NULL: ours */
	const char *directory;		/* where it is run; NULL: here */
	int wait_ms;			/* until it is killed */
};

#define PROGRAM_MAX_ARGUMENTS 80

/* Run it to its end. 0, or -1 with "NAME CALL: " and the last thing that it said in `error`. */
int program_call(const struct program_call *p, char *error, size_t size);

#endif
