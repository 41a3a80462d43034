/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In which order the trials of a run come: each cell evenly over the whole of it, what may be
 * compared in the same blocks, and how long the rest will take.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/bench.h"
#include "harness/fault.h"
#include "harness/runner_internal.h"

#define BENCHES 30u
#define BLOCKS	20u
#define CELLS	(3 * BENCHES)

static struct bench benches[BENCHES];
static char names[BENCHES][16];
static const struct platform fast = {.name = "fast"}, twin = {.name = "twin"},
			     slow = {.name = "slow"};

/* The runner's, which needs all the rest of the harness. */
int run_fail(struct run *r, const char *format, ...)
{
	(void)r;
	fail_msg("%s", format);
	return -1;
}

/* Each bench on two platforms BLOCKS times, on the slow one `rare` times. */
static void plan(struct run *r, uint32_t rare, uint64_t seed)
{
	static const struct platform *const platforms[] = {&fast, &twin, &slow};
	static struct run_summary summary;
	uint32_t trials[CELLS];

	memset(&summary, 0, sizeof(summary));
	*r = (struct run){.summary = &summary, .cells = CELLS};
	r->cell = calloc(CELLS, sizeof(*r->cell));
	assert_non_null(r->cell);
	for (size_t c = 0; c < CELLS; c++) {
		snprintf(names[c % BENCHES], sizeof(names[0]), "bench_%zu", c % BENCHES);
		benches[c % BENCHES].name = names[c % BENCHES];
		r->cell[c].spec.bench = &benches[c % BENCHES];
		r->cell[c].spec.platform = platforms[c / BENCHES];
		trials[c] = c / BENCHES == 2 ? rare : BLOCKS;
	}
	assert_int_equal(run_add_order(r, trials, seed), 0);
}

static void forget(struct run *r)
{
	free(r->cell);
	free(r->order);
	free(r->block_ends);
}

/* Which blocks a cell has trials in, as bits; the last block ends the order. */
static uint32_t blocks_of(const struct run *r, size_t cell)
{
	uint32_t bits = 0, block = 0;

	for (size_t i = 0; i < r->planned; i++) {
		if (r->order[i] == cell)
			bits |= 1u << block;
		block += r->block_ends[i];
	}
	assert_int_equal(block, BLOCKS);
	return bits;
}

static void each_block_has_one_of_each(void **state)
{
	struct run r;

	(void)state;
	plan(&r, 1, 7);
	assert_int_equal(r.planned, 2 * BENCHES * BLOCKS + BENCHES);
	for (size_t c = 0; c < 2 * BENCHES; c++)
		assert_int_equal(blocks_of(&r, c), (1u << BLOCKS) - 1);
	forget(&r);
}

/* A hundred cells of one trial each in one block would make that block longer than all others. */
static void what_is_rare_is_spread(void **state)
{
	unsigned int used;
	uint32_t all = 0;
	struct run r;

	(void)state;
	plan(&r, 1, 7);
	for (size_t c = 2 * BENCHES; c < CELLS; c++)
		all |= blocks_of(&r, c);
	used = (unsigned int)__builtin_popcount(all);
	assert_in_range(used, 10, BLOCKS); /* 15.7 expected of 30 draws */
	forget(&r);
	plan(&r, 4, 7); /* one in each quarter */
	for (size_t c = 2 * BENCHES; c < CELLS; c++) {
		uint32_t bits = blocks_of(&r, c);

		for (int quarter = 0; quarter < 4; quarter++)
			assert_int_equal(__builtin_popcount(bits >> 5 * quarter & 31), 1);
	}
	forget(&r);
}

static void what_is_compared_shares_its_blocks(void **state)
{
	static const struct recovery restart = {.name = "restart"}, reset = {.name = "reset"};
	static const struct fault fault = {.name = "fault"};
	static struct run_summary summary;
	struct cell cells[5] = {0};
	uint32_t trials[5] = {BLOCKS, 3, 3, 3, 3};
	struct run r = {.summary = &summary, .cell = cells, .cells = 5};

	(void)state;
	benches[0].name = "bench";
	for (size_t c = 0; c < 5; c++)
		cells[c].spec.platform = c % 2 ? &fast : &slow;
	cells[0].spec.bench = cells[1].spec.bench = cells[2].spec.bench = &benches[0];
	cells[3].spec.fault = cells[4].spec.fault = &fault;
	cells[3].spec.recovery = &restart;
	cells[4].spec.recovery = &reset;
	assert_int_equal(run_add_order(&r, trials, 5), 0);
	assert_int_equal(blocks_of(&r, 1), blocks_of(&r, 2));
	assert_int_not_equal(blocks_of(&r, 3), blocks_of(&r, 4));
	free(r.order);
	free(r.block_ends);
}

static void seeds_tell(void **state)
{
	struct run a, b, c;

	(void)state;
	plan(&a, 3, 7);
	plan(&b, 3, 7);
	plan(&c, 3, 8);
	assert_int_equal(a.planned, b.planned);
	assert_memory_equal(a.order, b.order, a.planned * sizeof(*a.order));
	assert_memory_not_equal(a.order, c.order, a.planned * sizeof(*a.order));
	forget(&a);
	forget(&b);
	forget(&c);
}

static void what_is_left_is_known_by_cell(void **state)
{
	struct run r;

	(void)state;
	plan(&r, 1, 7);
	assert_true(run_left_ns(&r) == 0); /* nothing was tried */
	r.cell[0].tried = 2;
	r.cell[0].sum_ns = 2000;
	r.cell[0].left -= 2;
	/* All as long as that one. */
	assert_true(run_left_ns(&r) == 1000 * ((int64_t)r.planned - 2));
	r.cell[2 * BENCHES].tried = 1;
	r.cell[2 * BENCHES].sum_ns = 500000;
	r.cell[2 * BENCHES].left = 0;
	/* The slow platform's by its own; the twin's, of which none was tried, by the mean. */
	assert_true(run_left_ns(&r) == 1000ll * (BENCHES * BLOCKS - 2) +
					       250500ll * (BENCHES * BLOCKS) +
					       500000ll * (BENCHES - 1));
	r.cell[BENCHES].unsupported = true;
	assert_true(run_left_ns(&r) == 1000ll * (BENCHES * BLOCKS - 2) +
					       250500ll * ((BENCHES - 1) * BLOCKS) +
					       500000ll * (BENCHES - 1));
	forget(&r);
}

static void the_next_block_is_known(void **state)
{
	int64_t all = 0;
	struct run r;

	(void)state;
	plan(&r, BLOCKS, 7);
	assert_true(run_block_ns(&r) == 0); /* nothing was tried */
	for (size_t c = 0; c < CELLS; c++) {
		int64_t mean = 1000 * (int64_t)c, last = c % 2 ? 2 * mean : 1;

		r.cell[c].tried = 4;
		r.cell[c].sum_ns = 4 * mean;
		r.cell[c].took_ns = last;
		all += last > mean ? last : mean;
	}
	/* Each block has one of each; what is left of one counts alone. */
	assert_true(run_block_ns(&r) == all);
	r.cell[CELLS - 1].unsupported = true;
	all -= r.cell[CELLS - 1].took_ns;
	assert_true(run_block_ns(&r) == all);
	r.next = CELLS;
	assert_true(run_block_ns(&r) == all);
	r.next = r.planned;
	assert_true(run_block_ns(&r) == 0);
	forget(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_block_has_one_of_each),
		cmocka_unit_test(what_is_rare_is_spread),
		cmocka_unit_test(what_is_compared_shares_its_blocks),
		cmocka_unit_test(seeds_tell),
		cmocka_unit_test(what_is_left_is_known_by_cell),
		cmocka_unit_test(the_next_block_is_known),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
