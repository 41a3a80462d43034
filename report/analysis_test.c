/* SPDX-License-Identifier: Apache-2.0 */
/* The permutation test between two metrics: which trials enter, and whether they are pairs. */
#include "report/analysis.h"

#include <stdlib.h>
#include <string.h>

#define ROUNDS_MORE  10u  /* so many times as many rounds … */
#define ROUNDS_WORTH 0.02 /* … where p is at most that */

#define PAIRS_LEAST 0.8 /* of the trials of the larger side, for a test of pairs alone */

struct series { /* figures of trials, and their places */
	const double *x;
	const uint64_t *place;
	size_t n;
};

struct sides { /* the two series that one test is about */
	struct series a, b;
	bool paired;
	double *pairs; /* malloc'd: those of a, then of b; NULL: all of the series, as they are */
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

/* Cells of one run with as many trials, but for where it was cut off. */
static bool has_pairs(const struct metric *a, const struct metric *b)
{
	size_t more = a->tried > b->tried ? a->tried - b->tried : b->tried - a->tried;

	return a->run == b->run && a->place && b->place && more <= a->block_count;
}

/* Those of equal places, which rise in both. */
static size_t match(const struct series *a, const struct series *b, double *x, double *y)
{
	size_t i = 0, k = 0, n = 0;

	while (i < a->n && k < b->n) {
		if (a->place[i] == b->place[k]) {
			x[n] = a->x[i++];
			y[n++] = b->x[k++];
		} else if (a->place[i] < b->place[k]) {
			i++;
		} else {
			k++;
		}
	}
	return n;
}

/*
 * Pairs whose other half has no figure are left out, which does not depend on what a figure is;
 * where that leaves less than a share of `least`, all trials of both sides tell more than the pairs
 * do.
 */
static void pair_up(struct sides *s, double least)
{
	size_t most = s->a.n > s->b.n ? s->a.n : s->b.n, n;
	double *x = calloc(2 * most + 1, sizeof(*x)), *y;

	if (!x)
		return;
	y = x + most;
	n = match(&s->a, &s->b, x, y);
	if (!n || (double)n < least * (double)most) {
		free(x);
		return;
	}
	s->paired = true;
	s->pairs = x;
	s->a = (struct series){x, NULL, n};
	s->b = (struct series){y, NULL, n};
}

static struct sides sides_of(const struct metric *a, const struct metric *b, enum batches which,
			     uint64_t seed)
{
	struct sides s = {
		{a->values, a->place, a->trials}, {b->values, b->place, b->trials}, .seed = seed};

	if (which == UNDISTURBED_BATCHES) {
		s.a = (struct series){a->undisturbed, a->undisturbed_place, a->undisturbed_count};
		s.b = (struct series){b->undisturbed, b->undisturbed_place, b->undisturbed_count};
	}
	/* The undisturbed ones are to confirm a verdict: they are looked at as all batches were. */
	if (has_pairs(a, b))
		pair_up(&s, which == UNDISTURBED_BATCHES ? 0 : PAIRS_LEAST);
	return s;
}

static struct comparison test_sides(const struct sides *s, unsigned int rounds)
{
	if (s->paired)
		return stats_compare_paired(s->a.x, s->b.x, s->a.n, CONFIDENCE, rounds, s->seed);
	return stats_compare(s->a.x, s->a.n, s->b.x, s->b.n, CONFIDENCE, rounds, s->seed);
}

struct comparison analysis_test(const struct metric *a, const struct metric *b, enum batches which,
				unsigned int rounds, uint64_t seed)
{
	struct sides s = sides_of(a, b, which, seed);
	struct comparison c = test_sides(&s, rounds);

	if (c.p <= ROUNDS_WORTH)
		c = test_sides(&s, ROUNDS_MORE * rounds);
	free(s.pairs);
	return c;
}

void analysis_widen(struct comparison *c, const struct metric *a, const struct metric *b,
		    enum batches which, const struct run_noise *noise_a,
		    const struct run_noise *noise_b)
{
	struct sides s = sides_of(a, b, which, 0);

	stats_widen(c, s.a.x, s.a.n, s.b.x, s.b.n, CONFIDENCE, noise_a, noise_b);
	free(s.pairs);
}
