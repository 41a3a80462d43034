/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/noise_known.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/core/stats.h"

#define ALPHA 0.05

static int is_of(const struct result_noise *n, const char *fingerprint)
{
	return !strcmp(n->fingerprint, fingerprint);
}

static int check_host(const struct noise_known *k, const char *path, const char *fingerprint,
		      char *error, size_t size)
{
	for (size_t i = 0; i < k->count; i++)
		if (is_of(&k->row[i], fingerprint))
			return 0;
	if (k->count)
		snprintf(error, size,
			 "--noise %.200s: holds no noise of a host of this kind (host.fingerprint "
			 "%s); virt-qualify aa measures it here",
			 path, *fingerprint ? fingerprint : "not disclosed");
	else
		snprintf(error, size,
			 "--noise %.200s: holds no noise; virt-qualify aa makes such a file", path);
	return -1;
}

int noise_open(struct noise_known *k, const char *path, const char *fingerprint, char *error,
	       size_t size)
{
	*k = (struct noise_known){0};
	if (!path)
		return 0;
	k->file = result_open(path);
	if (!k->file || result_noise(k->file, &k->row, &k->count))
		snprintf(error, size, "%s", result_error(k->file));
	else if (!check_host(k, path, fingerprint, error, size))
		return 0;
	noise_close(k);
	return -1;
}

void noise_close(struct noise_known *k)
{
	result_close(k->file);
	*k = (struct noise_known){0};
}

int noise_copy(const struct noise_known *k, struct result *to, int64_t run, const char *fingerprint)
{
	for (size_t i = 0; i < k->count; i++) {
		struct result_noise row = k->row[i];

		row.run = run;
		if (is_of(&row, fingerprint) && result_add_noise(to, &row))
			return -1;
	}
	return 0;
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
