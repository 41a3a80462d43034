/* SPDX-License-Identifier: Apache-2.0 */
/* A plan's YAML while it is read: plan_yaml.c bounds and loads it, plan_node.c reads any node,
 * plan_parse.c understands what is to run, plan_criteria.c what decides. */
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
	int only_criteria; /* it is not to be run */
	size_t globs;	   /* so far */
	char *error;
	size_t size;
};

/* Leave "FILE:LINE: …" and return -1; `line` counts from 1. */
int plan_fail(struct reader *r, size_t line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* harness/plan_parse_variant.c: the value of `variants:`. 0, or -1 with the error left. */
int plan_read_variants(struct reader *r, const yaml_node_t *node, struct variants *all);

#define PLAN_MAX_BYTES (1u << 20)
#define PLAN_NO_MEMORY "out of memory; close something and try again"

/*
 * Load text as one document of bounded size and depth, have `read` look at it, and free it.
 * Returns what `read` does, or -1 with the error left.
 */
int plan_load(struct reader *r, const char *text, size_t length,
	      int (*read)(struct reader *r, void *out), void *out);

/* ---- plan_node.c: what both halves read by ---- */

#define PLAN_MAX_GLOBS_IN_ALL 4096 /* of a whole plan, aliases expanded */
#define PLAN_MAX_STARS	      8	   /* of one glob: bounds the time that fnmatch(3) takes */
#define PLAN_MAX_KEYS	      16   /* of one mapping */

/* One key of a mapping. */
struct plan_field {
	const char *key; /* first: a table of fields is a registry, too */
	int (*read)(struct reader *r, const char *key, yaml_node_t *value, void *out);
	size_t offset; /* of what `read` fills */
};

static inline size_t plan_line(const yaml_node_t *node)
{
	return node->start_mark.line + 1;
}

/* "a list", for messages. */
const char *plan_node_kind(const yaml_node_t *node);
/* The text of a scalar, or NULL with the error left. */
const char *plan_scalar(struct reader *r, const char *key, const yaml_node_t *node,
			const char *example);
/* A whole number from 1 to `max`. */
int plan_read_count(struct reader *r, const char *key, const yaml_node_t *node, uint64_t max,
		    uint32_t *out);
int plan_read_trials(struct reader *r, const char *key, yaml_node_t *node, void *out);
int plan_read_mapping(struct reader *r, const yaml_node_t *node, const char *what,
		      const struct plan_field *fields, size_t count, void *out);
/* A list of entries of one kind: `add` takes each. */
int plan_read_entries(struct reader *r, const char *key, const yaml_node_t *node, struct plan *p,
		      int (*add)(struct reader *r, const yaml_node_t *entry, struct plan *p));
/* Is it short, printable, and quick to match? */
int plan_glob_sound(const char *text, size_t longest);
int plan_add_glob(struct reader *r, const yaml_node_t *node, const char *text,
		  struct plan_globs *out);

/* ---- plan_criteria.c: `out` is the struct plan ---- */

int plan_read_gate(struct reader *r, const char *key, yaml_node_t *node, void *out);
int plan_read_limits(struct reader *r, const char *key, yaml_node_t *node, void *out);
int plan_read_require(struct reader *r, const char *key, yaml_node_t *node, void *out);
int plan_read_weights(struct reader *r, const char *key, yaml_node_t *node, void *out);
int plan_read_reference(struct reader *r, const char *key, yaml_node_t *node, void *out);
/* Globs over faults, alone or with a recovery; `out` is a struct plan_globs. */
int plan_read_faults(struct reader *r, const char *key, yaml_node_t *node, void *out);
/* Do they go together? */
int plan_check_criteria(struct reader *r, const yaml_node_t *root, const struct plan *p);

#endif
