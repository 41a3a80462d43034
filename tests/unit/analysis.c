/* SPDX-License-Identifier: Apache-2.0 */
/* The analysis: every expected figure is worked out by hand in the comment beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "harness/core/sha256.h"
#include "report/label.h"
#include "report/report.h"
#include "tests/unit/analysis_file.h"

/* A new file with one run, platforms native and kvm, and one bench. */
static struct result *begin(int64_t *run, const char *native, struct result_bench bench)
{
	struct result *r = sample_create(path);

	*run = sample_run(r, "u-1", "1.0");
	sample_platform(r, *run, "native", native);
	sample_platform(r, *run, "kvm", "kvm");
	bench.run = *run;
	sample_must(r, result_add_bench(r, &bench));
	return r;
}

static struct result_bench bench_of(enum unit unit)
{
	return (struct result_bench){.name = "b",
				     .group = "g",
				     .summary = "s",
				     .unit = unit,
				     .better = unit == NANOSECONDS ? LOWER : HIGHER};
}

/* ---- Metrics ---- */

static void test_times(void **state)
{
	struct report *report;
	struct metric *m;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin(&run, "native", bench_of(NANOSECONDS));
	for (uint32_t i = 0; i < 8; i++)
		sample_flat(r, sample_trial(run, i, "b", "kvm"), 160 + 2 * i, 10);
	report = finish(r, run);
	assert_int_equal(report->metric_count, 1);
	m = &report->metrics[0];
	/* (160 + 2 i - 60) ticks of 0.5 ns: 50, 51, … 57. */
	for (size_t i = 0; i < 8; i++)
		assert_near(m->values[i], 50 + (double)i);
	assert_int_equal(m->trials, 8);
	assert_int_equal(m->discarded, 0);
	assert_near(m->median, 53.5);
	assert_near(m->mean, 53.5);
	assert_near(m->p99, 53.5);
	assert_near(m->overhead, 30);
	/* Eight trials: only the extremes hold the median with 95 % (1 - 2/256; inside them 93 %).
	 */
	assert_near(m->interval.low, 50);
	assert_near(m->interval.high, 57);
	assert_near(m->median_undisturbed, 53.5);
	assert_near(m->disturbed_share, 0);
	assert_true(isnan(m->plain_mean) && isnan(m->exits_per_op));
	assert_int_equal(m->loop_disagrees, 0);
	assert_int_equal(m->histogram->total, 80);
	assert_near(m->tick_ns, 0.5);
	assert_int_equal(report->problem_count, 0);
	report_free(report);
}

/* Batches of 120, 100 and 100 ticks net, half as fast in every other trial, and one cut short. */
static void test_warm_up(void **state)
{
	static const uint64_t net[] = {120, 100, 100};
	static struct histogram histograms[3];
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin(&run, "native", bench_of(NANOSECONDS));
	for (uint32_t i = 0; i < 7; i++) {
		struct result_trial t = sample_trial(run, i, "b", "kvm");
		struct result_batch batches[3];

		for (uint32_t k = 0; k < 3; k++) {
			sample_batch_clear(&batches[k], &histograms[k], k);
			sample_record(&batches[k], 60 + net[k] * (1 + i % 2), 10);
		}
		t.overhead_ticks = 60;
		t.batches = batches;
		t.batch_count = i == 4 ? 1 : 3;
		sample_must(r, result_add_trial(r, &t));
	}
	report = finish(r, run);
	assert_int_equal(report->metric_count, 1);
	assert_int_equal(report->metrics[0].warm_up_count, 3);
	assert_near(report->metrics[0].warm_up[0], 1.2);
	assert_near(report->metrics[0].warm_up[1], 1);
	assert_near(report->metrics[0].warm_up[2], 1);
	report_free(report);
}

static void test_never_pooled(void **state)
{
	static const uint32_t counts[] = {1000, 10, 10};
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin(&run, "native", bench_of(NANOSECONDS));
	for (uint32_t i = 0; i < 3; i++)
		sample_flat(r, sample_trial(run, i, "b", "kvm"), 160 + 40 * i, counts[i]);
	report = finish(r, run);
	/* Medians 50, 70, 90: their median is 70; of all samples together it would be 50. */
	assert_near(report->metrics[0].median, 70);
	assert_near(report->metrics[0].mean, 70);
	assert_true(isnan(report->metrics[0].interval.low));
	report_free(report);
}

static void test_never_clamped(void **state)
{
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin(&run, "native", bench_of(NANOSECONDS));
	sample_flat(r, sample_trial(run, 0, "b", "kvm"), 50, 10);
	report = finish(r, run);
	assert_near(report->metrics[0].median, -5); /* (50 - 60) / 2 */
	report_free(report);
}

/* One batch holds 98 fast and 2 slow operations. */
static void test_rates(void **state)
{
	struct histogram *h = malloc(sizeof(*h));
	struct result_batch b;
	struct result_trial t;
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	assert_non_null(h);
	r = begin(&run, "native", bench_of(BYTES_PER_SECOND));
	t = sample_trial(run, 0, "b", "kvm");
	t.work = 1000;
	sample_batch_clear(&b, h, 0);
	sample_record(&b, 160, 98);
	sample_record(&b, 260, 2);
	t.batches = &b;
	t.batch_count = 1;
	sample_must(r, result_add_trial(r, &t));
	t.ordinal = 1; /* the stamps cost more than the operation: no rate, and it says so */
	sample_flat(r, t, 60, 5);
	report = finish(r, run);
	assert_int_equal(report->metric_count, 1);
	assert_int_equal(report->metrics[0].trials, 1);
	assert_int_equal(report->metrics[0].discarded, 1);
	assert_near(report->metrics[0].median, 1000 / 50e-9);
	assert_near(report->metrics[0].p99, 1000 / 100e-9); /* the slow end */
	assert_near(report->metrics[0].mean, 1000 / 51e-9);
	assert_int_equal(report->problem_count, 1);
	assert_int_equal(report->problems[0].status, TRIAL_INVALID);
	assert_non_null(strstr(report->problems[0].why, "no rate"));
	report_free(report);
	free(h);
}

static void test_disturbances(void **state)
{
	static struct histogram h[4];
	struct result_batch b[4];
	struct result_trial t;
	struct report *report;
	struct metric *m;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin(&run, "native", bench_of(NANOSECONDS));
	for (uint32_t i = 0; i < 3; i++) {
		t = sample_trial(run, i, "b", "kvm");
		for (uint32_t k = 0; k < 4; k++) {
			bool disturbed = k < i + 1; /* 1, 2, 3 of 4 */

			sample_batch_clear(&b[k], &h[k], k);
			sample_record(&b[k], disturbed ? 400 : 160 + 2 * i, 10);
			b[k].disturbances = disturbed ? DISTURBED_STEAL : 0;
		}
		t.batches = b;
		t.batch_count = 4;
		sample_must(r, result_add_trial(r, &t));
	}
	t = sample_trial(run, 3, "b", "kvm"); /* nothing undisturbed at all */
	sample_batch_clear(&b[0], &h[0], 0);
	sample_record(&b[0], 400, 10);
	b[0].disturbances = DISTURBED_SWITCHES;
	t.batches = b;
	t.batch_count = 1;
	sample_must(r, result_add_trial(r, &t));
	report = finish(r, run);
	m = &report->metrics[0];
	/* Nearest rank: 50, 51 (20 of 40), 170, 170. */
	assert_near(m->values[0], 50);
	assert_near(m->values[1], 51);
	assert_near(m->values[2], 170);
	assert_near(m->median, 110.5);
	assert_int_equal(m->undisturbed_count, 3);
	assert_near(m->median_undisturbed, 51); /* of 50, 51, 52 */
	assert_near(m->disturbed_share, 7.0 / 13);
	for (size_t i = 0; i < 4; i++)
		assert_near(m->disturbed[i], i < 3 ? (double)(i + 1) / 4 : 1);
	assert_int_equal(m->disturbances, DISTURBED_STEAL | DISTURBED_SWITCHES);
	report_free(report);
}

/* A plain loop of `ticks` an operation beside stamped ones of 460 ticks, net 400 = 200 ns. */
static struct report *load_loop(uint64_t ticks, int64_t overhead)
{
	struct histogram *h = malloc(sizeof(*h));
	struct result_batch b;
	struct result_trial t;
	struct result *r;
	int64_t run;

	assert_non_null(h);
	r = begin(&run, "native", bench_of(NANOSECONDS));
	t = sample_trial(run, 0, "b", "kvm");
	t.overhead_ticks = overhead;
	sample_batch_clear(&b, h, 0);
	sample_record(&b, 400 + (uint64_t)overhead, 10);
	b.plain_count = 100;
	b.plain_ticks = 100 * ticks;
	t.batches = &b;
	t.batch_count = 1;
	sample_must(r, result_add_trial(r, &t));
	free(h);
	return finish(r, run);
}

static void test_loop(void **state)
{
	struct report *report;

	(void)state;
	report = load_loop(420, 20);			 /* 5 % more; 400 is 20 times the stamp */
	assert_near(report->metrics[0].plain_mean, 210); /* no overhead taken off */
	assert_int_equal(report->metrics[0].loop_disagrees, 1);
	assert_int_equal(report->problem_count, 1);
	assert_int_equal(report->problems[0].status, TRIAL_OK);
	report_free(report);
	report = load_loop(420, 21); /* not worth judging: stamps weigh too much */
	assert_int_equal(report->metrics[0].loop_disagrees, 0);
	assert_int_equal(report->problem_count, 0);
	report_free(report);
	report = load_loop(407, 20); /* 1.75 % */
	assert_int_equal(report->metrics[0].loop_disagrees, 0);
	report_free(report);
}

static void test_no_samples(void **state)
{
	struct result_batch b = {.number = 0, .plain_count = 10, .plain_ticks = 100};
	struct result_batch bare = {.number = 0, .count = 10, .sum_ticks = 100};
	struct result_trial t;
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin(&run, "native", bench_of(NANOSECONDS));
	t = sample_trial(run, 0, "b", "kvm");
	t.batches = &b;
	t.batch_count = 1;
	sample_must(r, result_add_trial(r, &t));
	t.ordinal = 1;
	t.batches = &bare;
	sample_must(r, result_add_trial(r, &t));
	t.ordinal = 2;
	t.status = TRIAL_FAILED;
	t.reason = "crash";
	t.batch_count = 0;
	sample_must(r, result_add_trial(r, &t));
	t.ordinal = 3;
	sample_must(r, result_add_trial(r, &t));
	report = finish(r, run);
	assert_int_equal(report->metric_count, 0);
	assert_int_equal(report->problem_count, 3);
	assert_string_equal(report->problems[2].why, "crash");
	assert_int_equal(report->problems[2].count, 2);
	assert_string_equal(report->problems[2].what, "b");
	assert_string_equal(report->problems[2].platform, "kvm");
	report_free(report);
}

/* ---- Against native ---- */

static struct metric *find(struct report *report, const char *platform)
{
	for (size_t i = 0; i < report->metric_count; i++)
		if (!strcmp(report->metrics[i].platform_name, platform))
			return &report->metrics[i];
	fail();
	return NULL;
}

struct native_case {
	const char *native; /* label */
	enum unit unit;
	int traps;
	enum execution guest;
	double ratio;
	const char *why;
};

static void test_native(void **state)
{
	/* Native takes 50 ns, kvm 200 ns; as rates 1000 over that. */
	static const struct native_case cases[] = {
		{"native", NANOSECONDS, 1, EXECUTION_HARDWARE, 4, NULL},
		{"native", OPERATIONS_PER_SECOND, 0, EXECUTION_HARDWARE, 4, NULL},
		{"native (nested)", NANOSECONDS, 0, EXECUTION_HARDWARE, 4, NULL},
		{"native (nested)", NANOSECONDS, 1, EXECUTION_HARDWARE, NAN, "native traps"},
		{"native", NANOSECONDS, 0, EXECUTION_INTERPRETED, NAN, "interpreted here"},
		{"native", NANOSECONDS, 0, EXECUTION_DETERMINISTIC, NAN, "instructions here"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result_bench bench = bench_of(cases[i].unit);
		struct result_trial t;
		struct report *report;
		struct metric *m;
		struct result *r;
		int64_t run;

		bench.traps = cases[i].traps;
		r = begin(&run, cases[i].native, bench);
		t = sample_trial(run, 0, "b", "native");
		t.work = 1000;
		sample_flat(r, t, 160, 5);
		t = sample_trial(run, 1, "b", "kvm");
		t.work = 1000;
		t.execution = cases[i].guest;
		sample_flat(r, t, 460, 5);
		report = finish(r, run);
		m = find(report, "kvm");
		assert_string_equal(find(report, "native")->platform, cases[i].native);
		if (cases[i].why) {
			assert_true(isnan(m->native_ratio));
			assert_non_null(strstr(m->native_why, cases[i].why));
		} else {
			assert_null(m->native_why);
			assert_near(m->native_ratio, 4);
		}
		assert_true(isnan(find(report, "native")->native_ratio));
		report_free(report);
	}
}

/* Native does not take every setting: then it is the one that nothing was changed of. */
static void test_native_of_variants(void **state)
{
	static const struct {
		const char *native, *of; /* variants */
		double ratio;
	} cases[] = {{"base", "base", 4},
		     {"base", "new", 4},
		     {"new", "new", 4},
		     {"", "new", 4},
		     {"slow", "new", NAN},
		     {"base, same-core", "new, same-core", 4},
		     {"base", "new, same-core", NAN}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result_trial t;
		struct report *report;
		struct metric *m;
		struct result *r;
		int64_t run;

		r = begin(&run, "native", bench_of(NANOSECONDS));
		for (size_t k = 0; k < 3; k++)
			sample_must(r, result_add_variant(
					       r, &(struct result_variant){run,
									   k == 0   ? "slow"
									   : k == 1 ? "base"
										    : "new",
									   k == 1 ? "" : "plant=5%",
									   "in words"}));
		t = sample_trial(run, 0, "b", "native");
		t.variant = cases[i].native;
		sample_flat(r, t, 160, 5);
		t = sample_trial(run, 1, "b", "kvm");
		t.variant = cases[i].of;
		sample_flat(r, t, 460, 5);
		report = finish(r, run);
		m = find(report, "kvm");
		if (isnan(cases[i].ratio)) {
			assert_null(m->native_variant);
			assert_non_null(strstr(m->native_why, "in this variant"));
		} else {
			assert_near(m->native_ratio, cases[i].ratio);
			assert_string_equal(m->native_variant, cases[i].native);
		}
		report_free(report);
	}
}

/* Beside an imported log nobody watches: that is no share of zero. */
static void test_unwatched(void **state)
{
	static struct histogram h;
	struct result_count count = {.batch = 0, .value = 1};
	struct result_counter counter = {
		.source = "host", .name = "interrupts", .scope = "cpu", .unit = "count"};

	(void)state;
	for (int counted = 0; counted < 2; counted++) {
		char text[LABEL_SIZE];
		struct result_batch b;
		struct result_trial t;
		struct report *report;
		struct result *r;
		int64_t run;

		r = begin(&run, "native", bench_of(NANOSECONDS));
		sample_batch_clear(&b, &h, 0);
		b.voluntary = 0;
		sample_record(&b, 160, 10);
		t = sample_trial(run, 0, "b", "kvm");
		t.batches = &b;
		t.batch_count = 1;
		counter.run = run;
		if (counted) {
			sample_must(r, result_add_counter(r, &counter));
			count.counter = counter.id;
			t.counts = &count;
			t.count_count = 1;
		}
		sample_must(r, result_add_trial(r, &t));
		report = finish(r, run);
		assert_int_equal(isnan(report->metrics->disturbed_share), !counted);
		assert_int_equal(isnan(report->metrics->median_undisturbed), !counted);
		assert_string_equal(label_disturbed(text, report->metrics),
				    counted ? "0 %" : "not known");
		report_free(report);
	}
}

static void test_native_missing(void **state)
{
	struct result_bench bench = bench_of(NANOSECONDS);
	struct result_trial t;
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	bench.parameter_name = "n";
	r = begin(&run, "native", bench);
	t = sample_trial(run, 0, "b", "native");
	t.parameter = 1;
	sample_flat(r, t, 160, 5);
	t = sample_trial(run, 1, "b", "kvm");
	t.parameter = 2; /* another parameter is another metric */
	sample_flat(r, t, 160, 5);
	t = sample_trial(run, 2, "b", "kvm");
	t.parameter = 2; /* and so is another execution */
	t.execution = EXECUTION_INTERPRETED;
	sample_flat(r, t, 200, 5);
	report = finish(r, run);
	assert_int_equal(report->metric_count, 3);
	assert_non_null(strstr(find(report, "kvm")->native_why, "no figure of it in this run"));
	assert_int_equal(report->metrics[1].execution, EXECUTION_HARDWARE);
	assert_int_equal(report->metrics[2].execution, EXECUTION_INTERPRETED);
	assert_near(report->metrics[1].median, 50);
	assert_near(report->metrics[2].median, 70);
	report_free(report);
}

static void test_fit(void **state)
{
	struct result_bench bench = bench_of(NANOSECONDS);
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	bench.parameter_name = "pages";
	bench.fit_line = 1;
	r = begin(&run, "native", bench);
	for (uint32_t i = 0; i < 12; i++) {
		struct result_trial t = sample_trial(run, i, "b", "kvm");

		t.parameter = 10 * (i % 4 + 1);
		sample_flat(r, t, 100 + 2 * (uint64_t)t.parameter, 5);
	}
	report = finish(r, run);
	assert_int_equal(report->fit_count, 1);
	assert_near(report->fits[0].fit.intercept, 20); /* (100 - 60) / 2 */
	assert_near(report->fits[0].fit.slope, 1);
	assert_near(report->fits[0].fit.r_squared, 1);
	assert_string_equal(report->fits[0].platform, "kvm");
	report_free(report);
}

/* ---- The whole ---- */

static void test_full(void **state)
{
	static const struct sample_options options = {.uuid = "u-9",
						      .version = "1",
						      .host = "h",
						      .seed = 5,
						      .exit_pio_factor = 1,
						      .mem_copy_factor = 1};
	const char *const twice[] = {path, path};
	const char *const one[] = {path};
	struct report *report;
	char error[512];

	(void)state;
	sample_write(path, &options);
	report = report_load(one, 1, error, sizeof(error));
	assert_non_null(report);
	assert_int_equal(report->metric_count, 15);
	assert_int_equal(report->fit_count, 1);
	assert_true(fabs(report->fits[0].fit.slope / 700 - 1) < 0.03);
	assert_int_equal(report->fault_count, 3);
	assert_int_equal(report->skip_count, 3);
	assert_int_equal(report->fact_count, 8);
	assert_int_equal(report->platform_count, 3);
	assert_int_equal(report->problem_count, 4);
	for (size_t i = 0; i < report->metric_count; i++) {
		const struct metric *m = &report->metrics[i];

		assert_int_equal(m->trials, SAMPLE_TRIALS);
		assert_true(m->interval.low <= m->median && m->median <= m->interval.high);
		assert_true(isnan(m->native_ratio) == (m->native_why != NULL));
	}
	report_free(report);

	assert_null(report_load(twice, 2, error, sizeof(error)));
	assert_non_null(strstr(error, "twice"));
}

static void test_unfinished(void **state)
{
	const char *const one[] = {path};
	struct report *report;
	struct result *r;
	char error[512];

	(void)state;
	r = sample_create(path);
	result_close(r);
	assert_null(report_load(one, 1, error, sizeof(error)));
	assert_non_null(strstr(error, "holds no run"));

	r = sample_create(path);
	sample_run(r, "u", "1");
	result_close(r);
	report = report_load(one, 1, error, sizeof(error));
	assert_non_null(report);
	assert_int_equal(report->metric_count, 0);
	assert_int_equal(report->problem_count, 1);
	assert_non_null(strstr(report->problems[0].why, "has no end"));
	report_free(report);
}

/* FIPS 180-4's examples (NIST CSRC), and lengths around a block's end. */
static void test_sha256(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
		{"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
		{"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		 "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
		{"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopq"
		 "klmnopqrlmnopqrsmnopqrstnopqrstu",
		 "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
	};
	char hex[65], chunked[65], block[1000];
	struct sha256 s;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sha256_begin(&s);
		sha256_add(&s, cases[i].text, strlen(cases[i].text));
		sha256_end(&s, hex);
		assert_string_equal(hex, cases[i].hex);
	}
	/* A million times "a", in pieces that never fit a block. */
	memset(block, 'a', sizeof(block));
	sha256_begin(&s);
	for (int i = 0; i < 1000; i++)
		sha256_add(&s, block, sizeof(block));
	sha256_end(&s, hex);
	assert_string_equal(hex,
			    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	for (size_t n = 50; n < 140; n++) {
		sha256_begin(&s);
		sha256_add(&s, block, n);
		sha256_end(&s, hex);
		sha256_begin(&s);
		for (size_t i = 0; i < n; i++)
			sha256_add(&s, block + i, 1);
		sha256_end(&s, chunked);
		assert_string_equal(hex, chunked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_warm_up),
		cmocka_unit_test(test_never_pooled),
		cmocka_unit_test(test_never_clamped),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_disturbances),
		cmocka_unit_test(test_loop),
		cmocka_unit_test(test_no_samples),
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_native_missing),
		cmocka_unit_test(test_native_of_variants),
		cmocka_unit_test(test_unwatched),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_sha256),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
