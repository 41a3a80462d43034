/* SPDX-License-Identifier: Apache-2.0 */
/* The histogram keeps its promises: contiguous buckets, error at most 1/512, nothing lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/core/histogram.h"
#include "harness/core/stats.h"

static struct histogram one, two;

static int empty_both(void **state)
{
	(void)state;
	histogram_clear(&one);
	histogram_clear(&two);
	return 0;
}

static void buckets_tile_the_range(void **state)
{
	uint64_t expected = 0;

	(void)state;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		uint64_t low = histogram_bucket_low(i), width = histogram_bucket_width(i);

		assert_true(low == expected);
		assert_int_equal(histogram_bucket(low), i);
		assert_int_equal(histogram_bucket(low + width - 1), i);
		expected = low + width;
	}
	assert_true(expected == 1ull << HISTOGRAM_MAX_BITS);
}

static void large_values_land_in_the_last_bucket(void **state)
{
	(void)state;
	assert_int_equal(histogram_bucket(1ull << HISTOGRAM_MAX_BITS), HISTOGRAM_BUCKETS - 1);
	assert_int_equal(histogram_bucket(UINT64_MAX), HISTOGRAM_BUCKETS - 1);
	assert_true(histogram_bucket_low(UINT32_MAX) ==
		    histogram_bucket_low(HISTOGRAM_BUCKETS - 1));
	assert_true(histogram_bucket_width(HISTOGRAM_BUCKETS) ==
		    histogram_bucket_width(HISTOGRAM_BUCKETS - 1));
}

/* One value alone is its own median: within 1/512 of it. */
static void relative_error_is_bounded(void **state)
{
	struct random r;

	(void)state;
	random_seed(&r, 1);
	for (int i = 0; i < 2000; i++) {
		uint64_t value = random_next(&r) >> (24 + random_below(&r, 40));
		uint64_t found, error;

		histogram_clear(&one);
		histogram_record(&one, value);
		found = histogram_quantile(&one, 1, 2);
		error = found > value ? found - value : value - found;
		assert_true(error * 512 <= value);
		assert_true(one.sum == value);
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Against the sorted values: nearest rank, then the rounding of its bucket. */
static void quantiles_match_sorted_values(void **state)
{
	static uint64_t values[997];
	const size_t n = sizeof(values) / sizeof(values[0]);
	struct random r;

	(void)state;
	random_seed(&r, 2);
	for (size_t i = 0; i < n; i++) {
		values[i] = random_below(&r, 1u << (1 + random_below(&r, 30)));
		histogram_record(&one, values[i]);
	}
	qsort(values, n, sizeof(values[0]), by_value);
	for (uint64_t q = 0; q <= 1000; q++) {
		uint64_t rank = (q * n + 999) / 1000;
		uint32_t bucket = histogram_bucket(values[rank ? rank - 1 : 0]);

		assert_int_equal(histogram_bucket(histogram_quantile(&one, q, 1000)), bucket);
	}
	assert_int_equal(one.total, n);
}

static void quantile_of_little(void **state)
{
	(void)state;
	assert_int_equal(histogram_quantile(&one, 1, 2), 0);
	histogram_record(&one, 10);
	histogram_record(&one, 20);
	assert_int_equal(histogram_quantile(&one, 0, 1), 10);
	assert_int_equal(histogram_quantile(&one, 1, 2), 10);
	assert_int_equal(histogram_quantile(&one, 501, 1000), 20);
	assert_int_equal(histogram_quantile(&one, 1, 1), 20);
	assert_int_equal(histogram_quantile(&one, 2, 1), 20);
	assert_int_equal(histogram_quantile(&one, 1, 0), 20);
}

static void merging_equals_recording_all(void **state)
{
	static struct histogram both;
	struct random r;

	(void)state;
	histogram_clear(&both);
	random_seed(&r, 3);
	for (int i = 0; i < 5000; i++) {
		uint64_t value = random_next(&r) >> 30;

		histogram_record(i % 3 ? &one : &two, value);
		histogram_record(&both, value);
	}
	histogram_merge(&one, &two);
	assert_memory_equal(&one, &both, sizeof(both));
}

static void next_finds_every_bucket(void **state)
{
	static const uint32_t used[] = {0, 1, 15, 16, 17, 100, 4095, 4096, HISTOGRAM_BUCKETS - 1};
	uint32_t at = 0;

	(void)state;
	assert_int_equal(histogram_next(&one, 0), HISTOGRAM_BUCKETS);
	for (size_t i = 0; i < sizeof(used) / sizeof(*used); i++)
		assert_int_equal(histogram_add_bucket(&one, used[i], 1), 0);
	for (size_t i = 0; i < sizeof(used) / sizeof(*used); i++) {
		assert_int_equal(histogram_next(&one, at), used[i]);
		at = used[i] + 1;
	}
	assert_int_equal(histogram_next(&one, at), HISTOGRAM_BUCKETS);
	assert_int_equal(histogram_next(&one, UINT32_MAX), HISTOGRAM_BUCKETS);
}

static void buckets_from_a_record(void **state)
{
	(void)state;
	assert_int_equal(histogram_add_bucket(&one, HISTOGRAM_BUCKETS, 7), -1);
	assert_int_equal(histogram_add_bucket(&one, UINT32_MAX, 7), -1);
	assert_memory_equal(&one, &two, sizeof(one)); /* still empty */

	assert_int_equal(histogram_add_bucket(&one, histogram_bucket(100), 7), 0);
	assert_int_equal(one.total, 7);
	assert_int_equal(one.sum, 700);
}

/* A full bucket takes no more: the total must still be the sum of the buckets. */
static void full_bucket_stays_consistent(void **state)
{
	(void)state;
	assert_int_equal(histogram_add_bucket(&one, 5, UINT32_MAX - 1), 0);
	histogram_record(&one, 5);
	histogram_record(&one, 5);
	assert_int_equal(histogram_add_bucket(&one, 5, 10), 0);
	assert_int_equal(one.count[5], UINT32_MAX);
	assert_true(one.total == UINT32_MAX);
	assert_true(one.sum == 5ull * UINT32_MAX);
	histogram_merge(&one, &one);
	assert_true(one.total == UINT32_MAX);
	assert_int_equal(histogram_quantile(&one, 99, 100), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buckets_tile_the_range),
		cmocka_unit_test(large_values_land_in_the_last_bucket),
		cmocka_unit_test_setup(relative_error_is_bounded, empty_both),
		cmocka_unit_test_setup(quantiles_match_sorted_values, empty_both),
		cmocka_unit_test_setup(quantile_of_little, empty_both),
		cmocka_unit_test_setup(merging_equals_recording_all, empty_both),
		cmocka_unit_test_setup(next_finds_every_bucket, empty_both),
		cmocka_unit_test_setup(buckets_from_a_record, empty_both),
		cmocka_unit_test_setup(full_bucket_stays_consistent, empty_both),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
