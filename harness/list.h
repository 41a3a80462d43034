/* SPDX-License-Identifier: Apache-2.0 */
/* What the sections of `virt-qualify list` share: one is one file. */
#ifndef VQ_LIST_H
#define VQ_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "harness/platform.h"

#define LIST_WHY 512

/* A platform and whether it works: asked once, as asking may boot something. */
struct place {
	const struct platform *platform;
	bool works;
	char why[LIST_WHY];
};

struct places {
	struct place *place;
	size_t count;
};

/* ---- Sections: text on standard output, and the same as JSON ---- */

void list_platforms(const struct places *all);
void list_benches(const struct places *all);
void list_faults(const struct places *all);
void list_variants(const struct places *all);
json_t *list_platforms_json(const struct places *all);
json_t *list_benches_json(const struct places *all);
json_t *list_faults_json(const struct places *all);
json_t *list_variants_json(const struct places *all);

/* ---- list_print.c ---- */

/* The width, or that of the text, whichever is more. */
size_t list_wider(size_t width, const char *s);

/* `width` columns and two more, so that the next cell stands apart. */
void list_cell(const char *s, size_t width);

/* "indent label: text", folded between words, later lines under the first word. */
void list_explain(size_t indent, const char *label, const char *text);

/* A title, and behind it a column for each platform. */
void list_heading(const char *title, size_t width, const struct places *all);

/* The mark in the column of platform `i`; nothing follows the last. */
void list_mark(const struct places *all, size_t i, const char *mark);

/* A platform's answer: {runs, why_not}. */
json_t *list_answer(bool runs, const char *why);

#endif
