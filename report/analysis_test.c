/* SPDX-License-Identifier: Apache-2.0 */
/* The permutation test between two metrics: which trials enter, and whether they are pairs. */
#include "report/analysis.h"

#include <string.h>

#define ROUNDS_MORE  10u  /* so many times as many rounds … */
#define ROUNDS_WORTH 0.02 /* … where p is at most that */

struct sides { /* the two series that one test is about */
	const double *a, *b;
	size_t na, nb;
	bool paired;
	uint64_t seed;
};

/* Their blocks hold as many trials each: then the k-th ones are of one block of the run, too. */
static bool has_same_blocks(const struct metric *a, const struct metric *b)
{
	return !memcmp(a->block, b->block, a->trials * sizeof(*a->block));
}

bool analysis_is_paired(const struct metric *a, const struct metric *b)
{
	return a->run == b->run && a->trials == b->trials && !a->discarded && !b->discarded &&
	       has_same_blocks(a, b);
}

static struct sides all_batches(const struct metric *a, const struct metric *b, uint64_t seed)
{
	return (struct sides){a->values, b->values, a->trials, b->trials, analysis_is_paired(a, b),
			      seed};
}

/* Undisturbed figures exist only of some trials: pairs only where none is missing. */
static struct sides undisturbed_batches(const struct metric *a, const struct metric *b,
					uint64_t seed)
{
	bool whole = a->undisturbed_count == a->trials && b->undisturbed_count == b->trials;

	return (struct sides){a->undisturbed,
			      b->undisturbed,
			      a->undisturbed_count,
			      b->undisturbed_count,
			      whole && analysis_is_paired(a, b),
			      seed};
}

static struct comparison test_sides(const struct sides *s, unsigned int rounds)
{
	if (s->paired)
		return stats_compare_paired(s->a, s->b, s->na, CONFIDENCE, rounds, s->seed);
	return stats_compare(s->a, s->na, s->b, s->nb, CONFIDENCE, rounds, s->seed);
}

static struct sides sides_of(const struct metric *a, const struct metric *b, enum batches which,
			     uint64_t seed)
{
	return which == ALL_BATCHES ? all_batches(a, b, seed) : undisturbed_batches(a, b, seed);
}

struct comparison analysis_test(const struct metric *a, const struct metric *b, enum batches which,
				unsigned int rounds, uint64_t seed)
{
	struct sides s = sides_of(a, b, which, seed);
	struct comparison c = test_sides(&s, rounds);

	return c.p <= ROUNDS_WORTH ? test_sides(&s, ROUNDS_MORE * rounds) : c;
}

void analysis_widen(struct comparison *c, const struct metric *a, const struct metric *b,
		    enum batches which, const struct run_noise *noise_a,
		    const struct run_noise *noise_b)
{
	struct sides s = sides_of(a, b, which, 0);

	stats_widen(c, s.a, s.na, s.b, s.nb, CONFIDENCE, noise_a, noise_b);
}
