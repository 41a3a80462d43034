/* SPDX-License-Identifier: Apache-2.0 */
/* A budget of time: what is planned fits, keeps its proportions, and uses what there is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness/budget.h"

#define MS 1000000ll

static int64_t time_of(const struct budget_cell *c, size_t n)
{
	int64_t ns = 0;

	for (size_t i = 0; i < n; i++)
		ns += c[i].more * c[i].ns;
	return ns;
}

static void it_fits_and_is_used(void **state)
{
	struct budget_cell c[] = {{20, 1, 20 * MS, 0}, {20, 1, 60 * MS, 0}, {6, 1, 900 * MS, 0}};

	(void)state;
	for (int64_t left = 0; left <= 600000 * MS; left += 7919 * MS) {
		budget_fill(c, 3, left);
		assert_true(time_of(c, 3) <= left * 9 / 10);
		/* Another step of all would be too much. */
		assert_true(left * 9 / 10 - time_of(c, 3) < 5000 * MS);
		assert_int_equal(c[0].more, c[1].more); /* sides stay of one size */
		assert_true(c[2].more <= c[0].more);
	}
}

static void there_are_bounds(void **state)
{
	struct budget_cell c[] = {{20, 1, 20 * MS, 9}, {20, 1, 60 * MS, 9}};

	(void)state;
	budget_fill(c, 2, 0);
	assert_true(!c[0].more && !c[1].more);
	budget_fill(c, 2, -5);
	assert_true(!c[0].more && !c[1].more);
	c[0].ns = c[1].ns = 0; /* they take no time at all */
	budget_fill(c, 2, 1000 * MS);
	assert_int_equal(c[0].more, BUDGET_MAX_TRIALS - 1);
	budget_fill(NULL, 0, 1000 * MS);
}

/* ---- A run on a host that is made up ---- */

#define CELLS 4u

static const uint32_t wanted[CELLS] = {20, 20, 6, 0}; /* the last cannot run here */

/* What a trial of a cell takes as the run's n-th: the first ones are slow, and so is the host while
 * a neighbour is busy. */
static int64_t trial_ns(size_t cell, uint32_t n, uint64_t at, bool busy)
{
	static const int64_t ns[CELLS] = {20 * MS, 60 * MS, 300 * MS, 0};

	return ns[cell] * (n ? 1 : 3) * (busy && at / 5000000000u % 2 ? 3 : 1);
}

/* Stages as the runner has them; returns the time that all took, and how many stages they were. */
static int64_t spend(struct budget_cell *c, int64_t budget, bool busy, uint32_t *stages)
{
	int64_t spent = 0, sum[CELLS] = {0};

	*stages = 0;
	for (size_t i = 0; i < CELLS; i++)
		c[i] = (struct budget_cell){.wanted = wanted[i], .more = 1};
	do {
		for (size_t i = 0; i < CELLS; i++)
			for (; c[i].more; c[i].more--) {
				int64_t ns = trial_ns(i, c[i].done, (uint64_t)spent, busy);

				sum[i] += ns;
				spent += ns;
				c[i].ns = sum[i] / ++c[i].done;
			}
		++*stages;
		assert_int_equal(c[0].done, c[1].done); /* sides stay of one size */
	} while (budget_fill(c, CELLS, budget - spent));
	return spent;
}

static void what_it_has_is_used(void **state)
{
	struct budget_cell c[CELLS];
	uint32_t stages;

	(void)state;
	for (int64_t budget = 5000 * MS; budget <= 300000 * MS; budget += 1009 * MS) {
		int64_t spent = spend(c, budget, false, &stages);

		assert_true(spent <= budget);
		/* Another trial of the two small cells would be too much, or of the large one. */
		if (spent < budget * 9 / 10 - 450 * MS)
			fail_msg("%lld of %lld ms, %u stages", (long long)(spent / MS),
				 (long long)(budget / MS), stages);
		assert_in_range(stages, 2, 12);
		assert_int_equal(c[CELLS - 1].done, 1);
	}
}

static void on_a_busy_host_too(void **state)
{
	struct budget_cell c[CELLS];
	uint32_t stages;

	(void)state;
	for (int64_t budget = 20000 * MS; budget <= 300000 * MS; budget += 1009 * MS)
		assert_true(spend(c, budget, true, &stages) >= budget * 8 / 10);
}

static void times_as_users_write_them(void **state)
{
	static const char *const bad[] = {
		"",   "5",     "m",   "5x",   "10ms",
		"0s", "8000h", "-5m", "1e3s", "99999999999999999999999999999999999m"};
	int64_t ns = 0;

	(void)state;
	assert_int_equal(budget_parse("5m", &ns), 0);
	assert_true(ns == 300000 * MS);
	assert_int_equal(budget_parse("5min", &ns), 0);
	assert_true(ns == 300000 * MS);
	assert_int_equal(budget_parse("90s", &ns), 0);
	assert_true(ns == 90000 * MS);
	assert_int_equal(budget_parse("1.5h", &ns), 0);
	assert_true(ns == 5400000 * MS);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(budget_parse(bad[i], &ns), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_fits_and_is_used),	     cmocka_unit_test(there_are_bounds),
		cmocka_unit_test(what_it_has_is_used),	     cmocka_unit_test(on_a_busy_host_too),
		cmocka_unit_test(times_as_users_write_them),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
