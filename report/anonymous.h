/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A report that does not say whose host it was: report --anonymize. Names, addresses, serial
 * numbers, UUIDs, MACs, users and paths become "host-1", "path-2" and so on, the same thing
 * always the same word, over all files of a report. docs/anonymize.md lists what is removed.
 *
 * It works where texts are read, so that no format can forget it.
 */
#ifndef VQ_ANONYMOUS_H
#define VQ_ANONYMOUS_H

#include <stdbool.h>

#include "harness/core/result.h"

struct anonymous;

struct anonymous *anonymous_new(void); /* NULL: no memory */
void anonymous_free(struct anonymous *a);

/* Read a file for the names of its host and users, so that they are known wherever they appear.
 * 0, or -1 with one line in result_error(NULL). */
int anonymous_learn(struct anonymous *a, const char *path);

/* For result_set_filter; valid as long as `a`. */
struct result_filter anonymous_filter(struct anonymous *a);

/* A word that stands for this path; NULL: no memory. Valid as long as `a`. */
const char *anonymous_path(struct anonymous *a, const char *path);

/* ---- What the parts share ---- */

enum anonymous_kind {
	ANONYMOUS_HOST,
	ANONYMOUS_USER,
	ANONYMOUS_ADDRESS,
	ANONYMOUS_MAC,
	ANONYMOUS_UUID,
	ANONYMOUS_SERIAL,
	ANONYMOUS_PATH,
	ANONYMOUS_URL,
	ANONYMOUS_ID,
	ANONYMOUS_KINDS,
};

/* anonymous_match.c: what stands at the start of a text. The length of what is to be replaced, 0
 * where it may stay. `skip`: so much of it stays before ("serial: "). `before`: the character
 * ahead of it, '\0' for none. */
struct anonymous_match {
	enum anonymous_kind kind;
	size_t skip, length;
};

struct anonymous_match anonymous_match(const char *s, char before);
/* A path that is the same on every host: of devices and of the kernel's own settings. */
int anonymous_is_common_path(const char *s, size_t length);

#endif
