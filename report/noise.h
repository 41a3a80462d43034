/* SPDX-License-Identifier: Apache-2.0 */
/* How much figures differ where nothing was changed: several runs of one plan on one host. */
#ifndef VQ_NOISE_H
#define VQ_NOISE_H

#include "report/report.h"

/*
 * The noise of every bench that two runs of the report at least have figures of, on hosts of one
 * kind: a row for each bench, parameter, platform, variant and execution, beside the last of its
 * runs, sorted by these. Deterministic figures have none. Rows live as long as the report. 0, or -1
 * with one line in `error`.
 */
int noise_measure(struct report *r, struct result_noise **rows, size_t *count, char *error,
		  size_t size);

/* The same, stored in the file that `path` names, which holds the runs; *count: rows stored. */
int noise_store(const char *path, size_t *count, char *error, size_t size);

/* The noise of a metric on its host: of its variant before that of the plain platform, of many
 * runs before that of few. NULL: nobody measured it. */
const struct result_noise *noise_find(const struct report *r, const struct metric *m);

/* What the mean of a side, all its blocks, differs by from one such side to the next. */
struct run_noise noise_of_side(const struct result_noise *n, const struct metric *m);

/* Where more time is best spent to make a run's figure sure: on "batches", "trials" or "runs";
 * NULL: nothing is known of the times, or there is no noise. */
const char *noise_best_spent(const struct result_noise *n);

/* Print the noise of a report as a table, if there is any. 0, or -1 with errno. */
int noise_print(const struct report *r, FILE *out);

#endif
