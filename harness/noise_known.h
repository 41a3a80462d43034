/* SPDX-License-Identifier: Apache-2.0 */
/* What `aa` found on this kind of host, as another result file has it: run --noise. */
#ifndef VQ_NOISE_KNOWN_H
#define VQ_NOISE_KNOWN_H

#include "harness/core/result.h"

struct noise_known {
	struct result *file; /* NULL: none was given */
	const struct result_noise *row;
	size_t count;
};

/* Open the file; `path` NULL: none. 0, or -1 with one line in `error`, also where it holds nothing
 * of a host of this kind. */
int noise_open(struct noise_known *k, const char *path, const char *fingerprint, char *error,
	       size_t size);
void noise_close(struct noise_known *k);

/* Copy the rows that were measured on a host of this kind beside a run. 0, or -1 with
 * result_error(). */
int noise_copy(const struct noise_known *k, struct result *to, int64_t run,
	       const char *fingerprint);

/*
 * The effect that so many interleaved trials of a bench will find (stats_paired_detectable), from
 * its row for this host; where there is none, from trials that vary by NOISE_ASSUMED, and
 * *assumed is set. NaN: none.
 */
#define NOISE_ASSUMED 0.06 /* of a trial's log; exits on a shared host were seen to vary so */
double noise_detectable(const struct noise_known *k, const char *fingerprint, const char *bench,
			const char *platform, int64_t parameter, size_t trials, int *assumed);

#endif
