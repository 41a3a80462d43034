/* SPDX-License-Identifier: Apache-2.0 */
/* run --append: another block of trials of the plan that a result file holds. */
#ifndef VQ_APPEND_H
#define VQ_APPEND_H

#include "harness/plan_arguments.h"

/*
 * The plan of the next run of that file: the one that its first run has, or, where the command line
 * names a plan, that one, which must be the same but for the seed. Its seed is that of the first
 * run and one more for each run since, unless --seed says otherwise: blocks differ in order and
 * memory layouts, and the k-th blocks of two files of one plan do not. NULL with one line in
 * `error`; else the caller frees it.
 */
struct plan *append_plan(const char *path, const struct plan_arguments *a, char *error,
			 size_t size);

#endif
