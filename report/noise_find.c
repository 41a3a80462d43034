/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the rows that `aa` stored is about a figure, and what it says of a side of several runs.
 */
#include <math.h>
#include <string.h>

#include "report/label.h"
#include "report/noise.h"

static bool is_same(const char *a, const char *b)
{
	return !strcmp(a, b);
}

static bool is_about(const struct result_noise *n, const struct metric *m, const char *fingerprint)
{
	return n->parameter == m->parameter && n->execution == m->execution &&
	       is_same(n->bench, m->bench->name) && is_same(n->platform, m->platform_name) &&
	       is_same(n->fingerprint, fingerprint);
}

const struct result_noise *noise_find(const struct report *r, const struct metric *m)
{
	const char *fingerprint = label_fact(r, m->run, "host.fingerprint");
	const struct result_noise *best = NULL;

	for (size_t i = 0; fingerprint && i < r->noise_count; i++) {
		const struct result_noise *n = r->noise[i];
		bool own = is_same(n->variant, m->variant), best_own;

		if (!is_about(n, m, fingerprint) || (!own && n->variant[0]))
			continue;
		best_own = best && is_same(best->variant, m->variant);
		if (!best || own > best_own || (own == best_own && n->runs > best->runs))
			best = n;
	}
	return best;
}

struct run_noise noise_of_side(const struct result_noise *n, const struct metric *m)
{
	/* The mean of k runs, its blocks, varies by a k-th of the variance of one. */
	double blocks = m->block_count ? (double)m->block_count : 1;

	return (struct run_noise){.deviation = n->run_deviation / sqrt(blocks),
				  .trials = n->trials * blocks,
				  .trial_deviation = n->trial_deviation,
				  .freedom = n->runs - 1.0};
}
