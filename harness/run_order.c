/* SPDX-License-Identifier: Apache-2.0 */
/* In which order the trials of a run come. */
#include <stdlib.h>

#include "harness/core/stats.h"
#include "harness/runner_internal.h"

/* Where a trial stands in the order. */
struct slot {
	size_t cell;
	uint64_t block;
	uint64_t key; /* random */
};

static int by_slot(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;

	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->cell > b->cell) - (a->cell < b->cell);
}

static uint32_t most_trials(const uint32_t *trials, size_t cells)
{
	uint32_t most = 1;

	for (size_t c = 0; c < cells; c++)
		if (trials[c] > most)
			most = trials[c];
	return most;
}

/*
 * Randomised complete blocks: as many as the largest cell has trials, smaller cells spread evenly
 * over them, the order within a block random. The k-th trials of two cells of one size are then in
 * one block: a drift of the host hits both alike, and they may be compared as pairs.
 */
static size_t fill_slots(const uint32_t *trials, size_t cells, uint64_t seed, struct slot *slots)
{
	uint64_t blocks = most_trials(trials, cells);
	struct random random;
	size_t n = 0;

	random_seed(&random, seed);
	for (size_t c = 0; c < cells; c++)
		for (uint64_t i = 0; i < trials[c]; i++)
			slots[n++] = (struct slot){
				.cell = c,
				.block = (2 * i + 1) * blocks / (2 * (uint64_t)trials[c]),
				.key = random_next(&random),
			};
	if (n)
		qsort(slots, n, sizeof(*slots), by_slot);
	return n;
}

/* So many trials of each cell more, after those that are planned. */
int run_add_order(struct run *r, const uint32_t *trials, uint64_t seed)
{
	size_t more = 0, planned;
	struct slot *slots;

	for (size_t c = 0; c < r->cells; c++)
		more += trials[c];
	planned = r->planned + more;
	slots = calloc(more + 1, sizeof(*slots));
	r->order = reallocarray(r->order, planned + 1, sizeof(*r->order));
	r->block_ends = reallocarray(r->block_ends, planned + 1, sizeof(*r->block_ends));
	if (!r->order || !r->block_ends || !slots) {
		free(slots);
		return run_fail(r, "out of memory for %zu trials", planned);
	}
	fill_slots(trials, r->cells, seed, slots);
	for (size_t i = 0; i < more; i++) {
		r->order[r->planned + i] = slots[i].cell;
		r->block_ends[r->planned + i] =
			i + 1 == more || slots[i].block != slots[i + 1].block;
	}
	free(slots);
	r->summary->planned = r->planned = planned;
	return 0;
}
