/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A variant: one of several forms of a platform that a run compares, its trials interleaved with
 * those of the others. It is a name and settings, KEY=VALUE; which keys there are, and what they
 * do, is the platforms' business (harness/setting.h). A variant without settings is the platform as
 * it is.
 */
#ifndef VQ_VARIANT_H
#define VQ_VARIANT_H

#include <stddef.h>

#define VARIANT_MAX_NAME     32 /* characters */
#define VARIANT_MAX_KEY	     64
#define VARIANT_MAX_VALUE    400
#define VARIANT_MAX_SETTINGS 16 /* of one variant */
#define VARIANTS_MAX	     16 /* of one plan */

struct setting {
	char *key, *value;
};

struct variant {
	char *name; /* letters, digits, dots, - and _ */
	struct setting *settings;
	size_t count;
	int line; /* in the plan's file, for messages; 0: command line */
};

struct variants {
	struct variant *variant;
	size_t count;
};

/* What a variant sets a key to; NULL: it does not (so `v` NULL). */
const char *variant_value(const struct variant *v, const char *key);

/*
 * Append an empty variant, and a setting to the last one. 0, or -1 with a sentence in `why` that
 * says what is wrong with the name, the key or the value. They are copied.
 */
int variants_add(struct variants *all, const char *name, int line, char *why, size_t size);
int variants_set(struct variants *all, const char *key, const char *value, char *why, size_t size);

/* The same from "NAME:KEY=VALUE,KEY=VALUE" or "NAME", as a command line gives it. */
int variants_add_text(struct variants *all, const char *text, char *why, size_t size);

void variants_free(struct variants *all);

/* "KEY=VALUE,KEY=VALUE"; "" where nothing is set. Allocated, NULL: no memory. */
char *variant_settings_text(const struct variant *v);

#endif
