/* SPDX-License-Identifier: Apache-2.0 */
/* What the journal's parts know of each other: entries, and how each kind is undone. */
#ifndef VQ_JOURNAL_INTERNAL_H
#define VQ_JOURNAL_INTERNAL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/core/arena.h"
#include "harness/journal.h"

#define JOURNAL_MAX_LINE    (32 + 3 * (JOURNAL_MAX_PATH + JOURNAL_MAX_VALUE))
#define JOURNAL_MAX_ENTRIES 4096

/* A sentence into `out`; returns -1. */
int journal_refuse(char *out, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- The file ---- */

#define JOURNAL_NAME_PREFIX "run-"
#define JOURNAL_NAME_SUFFIX ".journal"
#define JOURNAL_DIRECTORIES 2

struct journal_directories {
	char path[JOURNAL_DIRECTORIES][PATH_MAX];
	size_t count;
};

/* Those that are looked at; see journal_open(). 0, or -1 with a line in `error`. */
int journal_find_directories(struct journal_directories *d, char *error, size_t size);

/* mkdir -p. Returns why the directory could not be made, an errno. */
int journal_make_directory(const char *path);

/* A descriptor; -1 with a line in `error`, errno is ENOENT where it is just not there. */
int journal_open_directory(const char *path, char *error, size_t size);

/* The lock under which files are made and found there, which nobody holds for long. 0, or -1 with a
 * line in `error` that names who holds it, where that can be seen. Let go of it with flock(2). */
int journal_lock_directory(int directory, const char *path, char *error, size_t size);

/* How long it is waited for, milliseconds; for tests to shorten. */
extern int journal_lock_ms;

/* For a file that is open and locked. Takes `fd` and `directory` over, also when it fails: NULL. */
struct journal *journal_new(int fd, int directory, const char *place, const char *name, char *error,
			    size_t size);

/* ---- Its entries ---- */

/* A kind of inverse. All functions return 0, or -1 with a sentence in `why`. */
struct inverse {
	const char *name;
	const char *done;   /* past tense, for messages: "removed cgroup" */
	bool has_value;	    /* PATH VALUE instead of PATH */
	bool outlives_boot; /* the change is still there after a reboot */
	/* May this be undone at all? Nothing is touched. */
	int (*check)(const char *path, char *why, size_t size);
	int (*undo)(const char *path, const char *value, char *why, size_t size);
	int (*verify)(const char *path, const char *value, char *why, size_t size);
};

/* Is it a path of ours, plain and absolute? 0, or -1 with a sentence. */
int inverse_check_name(const char *path, char *why, size_t size);

/* Is it one below a cgroup mount? */
int inverse_check_cgroup(const char *path, char *why, size_t size);

/* Nothing by that name is left. */
int inverse_verify_gone(const char *path, const char *value, char *why, size_t size);

/* harness/journal_remove.c */
extern const struct inverse inverse_kill_cgroup, inverse_remove_tree;

/* harness/journal_mounted.c */
extern const struct inverse inverse_kill_mounted;

const struct inverse *inverse_find(const char *name);

struct journal_entry {
	const struct inverse *inverse;
	const char *path, *value; /* value: "" where the kind has none */
	unsigned int line;
	bool undone; /* as the file says */
	bool healed; /* by us, just now */
};

/* A journal's text, understood. */
struct journal_image {
	struct arena arena;
	char boot[64]; /* "" where there is no header yet */
	size_t header; /* bytes of the header line */
	size_t whole;  /* bytes up to the end of the last complete line */
	struct journal_entry *entry;
	size_t count;
	const char **bad; /* complaints about complete lines that make no sense */
	size_t bad_count;
};

/* 0, or -1 where memory is short. Free with arena_free(&image->arena). */
int journal_parse(const char *text, size_t length, struct journal_image *image);

/* An entry as a line with its end; its length, or 0 where it exceeds a limit. */
size_t journal_format(char *line, size_t size, const struct inverse *inverse, const char *path,
		      const char *value);

/* Escaped for a line or a message; `out` has room for 3 bytes each and a NUL. */
void journal_escape(char *out, const char *raw);

#endif
