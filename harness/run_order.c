/* SPDX-License-Identifier: Apache-2.0 */
/* In which order the trials of a run come. */
#include <stdlib.h>

#include "harness/core/stats.h"
#include "harness/fault.h"
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

/* FNV-1a. */
static uint64_t hash(uint64_t h, const char *name)
{
	for (const char *s = name ? name : ""; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3ull;
	return h;
}

/* Where in its share of the blocks each trial of a cell lies, of 2^16: drawn for what is measured,
 * so that it is one place for all platforms and forms that have as many. */
static uint64_t offset_of(const struct trial_spec *s, uint64_t seed)
{
	uint64_t h = 0xcbf29ce484222325ull ^ s->parameter;
	struct random random;

	h = hash(h, s->bench ? s->bench->name : s->fault->name);
	random_seed(&random, seed ^ hash(h, s->recovery ? s->recovery->name : NULL));
	return random_next(&random) >> 48;
}

/*
 * Randomised complete blocks: as many as the largest cell has trials, smaller cells spread evenly
 * over them, the order within a block random. The k-th trials of two cells of one size that measure
 * the same are then in one block: a drift of the host hits both alike, and they may be compared as
 * pairs.
 */
static size_t fill_slots(const struct run *r, const uint32_t *trials, uint64_t seed,
			 struct slot *slots)
{
	uint64_t blocks = most_trials(trials, r->cells);
	struct random random;
	size_t n = 0;

	random_seed(&random, seed);
	for (size_t c = 0; c < r->cells; c++) {
		uint64_t offset = offset_of(&r->cell[c].spec, seed);

		for (uint64_t i = 0; i < trials[c]; i++)
			slots[n++] = (struct slot){
				.cell = c,
				.block =
					((i << 16) + offset) * blocks / ((uint64_t)trials[c] << 16),
				.key = random_next(&random),
			};
	}
	if (n)
		qsort(slots, n, sizeof(*slots), by_slot);
	return n;
}

/* So many trials of each cell more, after those that are planned. */
int run_add_order(struct run *r, const uint32_t *trials, uint64_t seed)
{
	size_t more = 0, planned;
	struct slot *slots;

	for (size_t c = 0; c < r->cells; c++) {
		more += trials[c];
		r->cell[c].left += trials[c];
	}
	planned = r->planned + more;
	slots = calloc(more + 1, sizeof(*slots));
	r->order = reallocarray(r->order, planned + 1, sizeof(*r->order));
	r->block_ends = reallocarray(r->block_ends, planned + 1, sizeof(*r->block_ends));
	if (!r->order || !r->block_ends || !slots) {
		free(slots);
		return run_fail(r, "out of memory for %zu trials", planned);
	}
	fill_slots(r, trials, seed, slots);
	for (size_t i = 0; i < more; i++) {
		r->order[r->planned + i] = slots[i].cell;
		r->block_ends[r->planned + i] =
			i + 1 == more || slots[i].block != slots[i + 1].block;
	}
	free(slots);
	r->summary->planned = r->planned = planned;
	return 0;
}

/* ---- What is left ---- */

/* The mean trial of those cells that were tried: of one platform, or of all. 0: none was. */
static double mean_ns(const struct run *r, const struct platform *p)
{
	double sum = 0;
	size_t tried = 0;

	for (size_t c = 0; c < r->cells; c++) {
		const struct cell *one = &r->cell[c];

		if (!one->tried || (p && one->spec.platform != p))
			continue;
		sum += (double)one->sum_ns / (double)one->tried;
		tried++;
	}
	return tried ? sum / (double)tried : 0;
}

/* Cells differ a thousandfold: each counts by its own trials, else by others on its platform. */
int64_t run_left_ns(const struct run *r)
{
	const struct platform *p = NULL;
	double all = mean_ns(r, NULL), there = all, left = 0;

	for (size_t c = 0; c < r->cells; c++) {
		const struct cell *one = &r->cell[c];

		if (one->spec.platform != p) { /* they come platform by platform */
			p = one->spec.platform;
			there = mean_ns(r, p);
			there = there > 0 ? there : all;
		}
		if (!one->unsupported)
			left += (double)one->left *
				(one->tried ? (double)one->sum_ns / (double)one->tried : there);
	}
	return (int64_t)left;
}

int64_t run_block_ns(const struct run *r)
{
	int64_t ns = 0;

	for (size_t i = r->next; i < r->planned; i++) {
		const struct cell *c = &r->cell[r->order[i]];
		int64_t mean = c->tried ? c->sum_ns / (int64_t)c->tried : 0;

		if (!c->unsupported)
			ns += c->took_ns > mean ? c->took_ns : mean;
		if (r->block_ends[i])
			break;
	}
	return ns;
}
