/* SPDX-License-Identifier: Apache-2.0 */
/* A plan's YAML while it is read: plan_yaml.c bounds and loads it, plan_parse.c understands it. */
#ifndef VQ_PLAN_YAML_H
#define VQ_PLAN_YAML_H

#include <stddef.h>
#include <yaml.h>

#include "harness/plan_internal.h"

struct reader {
	yaml_document_t *document;
	const char *file;
	const struct plan_names *names;
	int built_in;
	size_t globs; /* so far */
	char *error;
	size_t size;
};

/* Leave "FILE:LINE: …" and return -1; `line` counts from 1. */
int plan_fail(struct reader *r, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define PLAN_MAX_BYTES (1u << 20)
#define PLAN_NO_MEMORY "out of memory; close something and try again"

/*
 * Load text as one document of bounded size and depth, have `read` look at it, and free it.
 * Returns what `read` does, or -1 with the error left.
 */
int plan_load(struct reader *r, const char *text, size_t length,
	      int (*read)(struct reader *r, void *out), void *out);

#endif
