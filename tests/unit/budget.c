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
	struct budget_cell c[] = {{20, 20 * MS, 0}, {20, 60 * MS, 0}, {6, 900 * MS, 0}};

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
	struct budget_cell c[] = {{20, 20 * MS, 9}, {20, 60 * MS, 9}};

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
		cmocka_unit_test(it_fits_and_is_used),
		cmocka_unit_test(there_are_bounds),
		cmocka_unit_test(times_as_users_write_them),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
