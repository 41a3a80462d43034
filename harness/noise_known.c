/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/noise_known.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/core/stats.h"

#define ALPHA 0.05

int noise_open(struct noise_known *k, const char *path, char *error, size_t size)
{
	*k = (struct noise_known){0};
	if (!path)
		return 0;
	k->file = result_open(path);
	if (k->file && !result_noise(k->file, &k->row, &k->count))
		return 0;
	snprintf(error, size, "%s", result_error(k->file));
	noise_close(k);
	return -1;
}

void noise_close(struct noise_known *k)
{
	result_close(k->file);
	*k = (struct noise_known){0};
}

static int is_of(const struct result_noise *n, const char *fingerprint)
{
	return fingerprint && !strcmp(n->fingerprint, fingerprint);
}

int noise_copy(const struct noise_known *k, struct result *to, int64_t run, const char *fingerprint,
	       char *error, size_t size)
{
	size_t copied = 0;

	for (size_t i = 0; i < k->count; i++) {
		struct result_noise row = k->row[i];

		if (!is_of(&row, fingerprint))
			continue;
		row.run = run;
		if (result_add_noise(to, &row)) {
			snprintf(error, size, "%s", result_error(to));
			return -1;
		}
		copied++;
	}
	if (copied || !k->file)
		return 0;
	snprintf(error, size,
		 "--noise: that file holds no noise of a host of this kind (host.fingerprint %s); "
		 "virt-qualify aa measures it here",
		 fingerprint ? fingerprint : "not disclosed");
	return -1;
}

double noise_detectable(const struct noise_known *k, const char *fingerprint, const char *bench,
			const char *platform, int64_t parameter, size_t trials, int *assumed)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct result_noise *n = &k->row[i];

		if (is_of(n, fingerprint) && !strcmp(n->bench, bench) &&
		    !strcmp(n->platform, platform) && n->parameter == parameter)
			return stats_paired_detectable(n->trial_deviation,
						       n->runs * (n->trials - 1), trials, ALPHA);
	}
	*assumed = 1;
	return stats_paired_detectable(NOISE_ASSUMED, INFINITY, trials, ALPHA);
}
