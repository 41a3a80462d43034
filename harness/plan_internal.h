/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the plan share among themselves: plan.c, plan_parse.c, plan_preset.c. */
#ifndef VQ_PLAN_INTERNAL_H
#define VQ_PLAN_INTERNAL_H

#include "harness/plan.h"

#define PLAN_MAX_NAME	    64	/* bytes of a name or a glob over names */
#define PLAN_DEFAULT_TRIALS 20u /* where an entry gives none */

/*
 * Parse a plan. A `built_in` one may have globs that match nothing: a build without, say, any
 * life-cycle bench still has all its presets.
 */
struct plan *plan_parse_text(const char *text, size_t length, const char *file,
			     const struct plan_names *names, int built_in, char *error,
			     size_t size);

/* A plan's bytes, at most one more than it may have; `hint`: what to do where there are none. NULL
 * with one line in `error`; else malloc'd. */
char *plan_read_text(const char *path, const char *hint, size_t *length, char *error, size_t size);

/* Globs: grow by a copy (0, or -1 without memory), and forget all. */
int plan_globs_add(struct plan_globs *g, const char *glob);
void plan_globs_free(struct plan_globs *g);

void plan_bench_free(struct plan_bench *b);
void plan_fault_free(struct plan_fault *f);
void plan_limit_free(struct plan_limit *l);
void plan_criterion_free(struct plan_criterion *c);

/* Does a glob match any name? "all" always does. */
int plan_glob_known(struct registry r, const char *glob);

/* The unit of the benches that a limit is about, where none of them can be in its own; else -1. */
int plan_limit_unit(const struct plan_names *n, const struct plan_globs *match, int unit);

/* The same of platforms, which may be given as "NAME:ARGUMENT". */
int plan_platform_known(struct registry r, const char *text);

/* The advice for a glob that matches no name of a registry: `did you mean "…"?`, or how to list
 * what there is. */
void plan_advise(struct registry r, const char *glob, const char *kinds, char *out, size_t size);

/* Values as a plan writes them; 0, or -1 where the text is no such value. */
int plan_count(const char *text, uint64_t *value); /* "20": digits only */
int plan_duration(const char *text, uint64_t *ns); /* "20ms", "1.5s", "1h": a unit is a must */
int plan_share(const char *text, double *share);   /* "3%" or "0.03" */
/* "2us", "10GB/s", "900instructions" in the base of their unit; "1.2x", "5%" or "1.2", whose unit
 * is -1. 0, or 0.0001 up to 10^15. */
int plan_amount(const char *text, double *value, int *unit);

/* Copy text for a message: control characters become '?', long text ends in an ellipsis. */
const char *plan_show(const char *text, char *out, size_t size);

#endif
