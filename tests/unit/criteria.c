/* SPDX-License-Identifier: Apache-2.0 */
/* What plans decide by, as reports judge it: gates and limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "report/report.h"
#include "tests/unit/criteria_file.h"

static char error[512];

static void gate(struct file *f, const char *what)
{
	criterion(f, (struct result_criterion){
			     .kind = CRITERION_GATE, .what = what, .execution = -1, .weight = NAN});
}

/* ---- Gates ---- */

/* In the second file exit_b is half as slow again. */
static struct report *two_sides(const char *gate_of_base, const char *gate_of_other)
{
	struct report *r;

	for (int side = 0; side < 2; side++) {
		const char *glob = side ? gate_of_other : gate_of_base;
		struct file f = begin(side);

		if (glob)
			gate(&f, glob);
		sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
		sample_bench(f.r, f.run, "exit_b", NANOSECONDS);
		trials(&f, "exit_a", "kvm", 100, 12, EXECUTION_HARDWARE);
		trials(&f, "exit_b", "kvm", side ? 150 : 100, 12, EXECUTION_HARDWARE);
		finish(&f);
	}
	r = sample_load(2);
	if (report_compare(r, BY_VERSION, error, sizeof(error)))
		fail_msg("%s", error);
	return r;
}

static const struct comparison_row *row_of(const struct report *r, const char *bench)
{
	for (size_t i = 0; i < r->comparison_count; i++)
		if (!strcmp(r->comparisons[i].base->bench->name, bench))
			return &r->comparisons[i];
	fail_msg("%s is not compared", bench);
	return NULL;
}

static void what_does_not_gate_is_never_red(void **state)
{
	struct report *r = two_sides("exit_a", "exit_a");
	const struct comparison_row *a = row_of(r, "exit_a"), *b = row_of(r, "exit_b");

	(void)state;
	assert_true(a->gates && !b->gates);
	assert_int_equal(b->verdict, VERDICT_REGRESSED); /* shown for what it is */
	assert_int_equal(report_exit_code(r, 0), 0);
	assert_int_equal(report_verdict_counts(r).of[VERDICT_REGRESSED], 0);
	assert_int_equal(report_verdict_counts(r).shown, 1);
	assert_int_equal(report_verdict_counts(r).shown_worse, 1);
	/* Each is alone in its family: nothing is corrected for the other. */
	assert_true(a->adjusted_p == a->test.p && b->adjusted_p == b->test.p);
	report_free(r);
}

static void without_gate_everything_decides(void **state)
{
	struct report *r = two_sides(NULL, NULL);
	const struct comparison_row *b = row_of(r, "exit_b");

	(void)state;
	assert_true(row_of(r, "exit_a")->gates && b->gates);
	assert_int_equal(report_exit_code(r, 0), 1);
	assert_true(b->adjusted_p > b->test.p * 1.9); /* the least of two */
	report_free(r);
}

static void either_plan_can_gate(void **state)
{
	struct report *r = two_sides("exit_b", "exit_a");

	(void)state;
	assert_true(row_of(r, "exit_a")->gates && row_of(r, "exit_b")->gates);
	assert_int_equal(report_exit_code(r, 0), 1);
	report_free(r);
	r = two_sides("exit_a", NULL); /* the other one's plan gates on all */
	assert_true(row_of(r, "exit_b")->gates);
	report_free(r);
}

/* A gate that judges nothing must not look like one that found nothing. */
static void a_gate_over_nothing_is_inconclusive(void **state)
{
	struct report *r = two_sides("mem_*", "mem_*");

	(void)state;
	assert_int_equal(report_exit_code(r, 0), 0);
	assert_int_equal(report_exit_code(r, 1), 3);
	report_free(r);
}

/* ---- Limits ---- */

/* 12 trials of 100, 101, 102, 103, … ns: the median 101.5, and by order statistics its 95 %
 * interval is that of the third and the tenth value: 100 to 103. */
static struct report *one_bench(double low, double high, enum execution execution, uint32_t count)
{
	struct file f = begin(0);
	struct report *r;

	limit(&f, "exit_a", "kvm", LIMIT_MEDIAN, low, high);
	sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
	trials(&f, "exit_a", "kvm", 100, count, execution);
	finish(&f);
	r = sample_load(1);
	assert_int_equal(r->judgement_count, 1);
	return r;
}

static void a_limit_is_kept_by_the_whole_interval(void **state)
{
	static const struct {
		double low, high;
		enum judged result;
		int code, strict;
	} cases[] = {
		{NAN, 104, JUDGED_PASSED, 0, 0},	 {NAN, 103, JUDGED_PASSED, 0, 0},
		{NAN, 102.9, JUDGED_INCONCLUSIVE, 0, 3}, {NAN, 100, JUDGED_INCONCLUSIVE, 0, 3},
		{NAN, 99.9, JUDGED_FAILED, 1, 1},	 {99, NAN, JUDGED_PASSED, 0, 0},
		{101, NAN, JUDGED_INCONCLUSIVE, 0, 3},	 {103.5, NAN, JUDGED_FAILED, 1, 1},
		{100, 103, JUDGED_PASSED, 0, 0},	 {101, 110, JUDGED_INCONCLUSIVE, 0, 3},
		{104, 110, JUDGED_FAILED, 1, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *r = one_bench(cases[i].low, cases[i].high, EXECUTION_HARDWARE, 12);
		const struct judgement *x = r->judgements;

		assert_true(x->value == 101.5 && x->interval.low == 100 && x->interval.high == 103);
		assert_true(isnan(x->between_runs));
		assert_int_equal(x->result, cases[i].result);
		assert_true(!x->why == (x->result == JUDGED_PASSED));
		assert_int_equal(report_exit_code(r, 0), cases[i].code);
		assert_int_equal(report_exit_code(r, 1), cases[i].strict);
		report_free(r);
	}
}

/* The same with what `aa` found of runs of 12 such trials. */
static void what_runs_differ_in_widens_a_limit(void **state)
{
	static const struct {
		double high;
		enum limit_figure figure;
		enum judged result;
	} cases[] = {{104, LIMIT_MEDIAN, JUDGED_INCONCLUSIVE},
		     {104, LIMIT_P99, JUDGED_PASSED}, /* aa measures medians */
		     {117, LIMIT_MEDIAN, JUDGED_PASSED},
		     {99, LIMIT_MEDIAN, JUDGED_INCONCLUSIVE},
		     {88, LIMIT_MEDIAN, JUDGED_FAILED}};
	const double t = 2.7764451051977987; /* of 4 degrees of freedom, two-sided 95 % */

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct result_noise n = sample_aa(0, "kind", "exit_a", "kvm", 0.05);
		struct file f = begin(0);
		const struct judgement *x;
		struct report *r;

		n.run = f.run;
		n.trials = 12;
		n.trial_deviation = 0.05; /* more than that of the trials here: V is that of runs */
		sample_must(f.r, result_add_noise(f.r, &n));
		sample_must(f.r,
			    result_add_fact(f.r, &(struct result_fact){.run = f.run,
								       .name = "host.fingerprint",
								       .value = "kind"}));
		limit(&f, "exit_a", "kvm", cases[i].figure, NAN, cases[i].high);
		sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
		trials(&f, "exit_a", "kvm", 100, 12, EXECUTION_HARDWARE);
		finish(&f);
		r = sample_load(1);
		x = r->judgements;
		assert_int_equal(x->result, cases[i].result);
		if (cases[i].figure == LIMIT_MEDIAN) {
			assert_true(x->between_runs == 0.05 && x->between_runs_over == 5);
			assert_true(fabs(x->interval.low / (101.5 * exp(-t * 0.05)) - 1) < 1e-9);
			assert_true(fabs(x->interval.high / (101.5 * exp(t * 0.05)) - 1) < 1e-9);
			assert_non_null(strstr(x->found, "% between runs"));
		} else {
			assert_true(isnan(x->between_runs));
		}
		report_free(r);
	}
}

static void what_was_discarded_is_doubted(void **state)
{
	(void)state;
	for (uint32_t lost = 3; lost <= 4; lost++) { /* of 15, and of 16 trials */
		struct file f = begin(0);
		struct report *r;

		limit(&f, "exit_a", "kvm", LIMIT_MEDIAN, NAN, 104);
		sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
		trials(&f, "exit_a", "kvm", 100, 12, EXECUTION_HARDWARE);
		for (uint32_t i = 0; i < lost; i++) {
			struct result_trial t = sample_trial(f.run, f.ordinal++, "exit_a", "kvm");

			t.status = TRIAL_INVALID;
			t.reason = "it exited too often";
			sample_must(f.r, result_add_trial(f.r, &t));
		}
		finish(&f);
		r = sample_load(1);
		assert_int_equal(r->judgements->result,
				 lost == 3 ? JUDGED_PASSED : JUDGED_INCONCLUSIVE);
		if (lost == 4)
			assert_non_null(
				strstr(r->judgements->why, "4 of 16 trials were discarded"));
		report_free(r);
	}
}

/* However good it looks: it is not what the limit was meant for. */
static void what_ran_otherwise_never_passes(void **state)
{
	static const enum execution others[] = {EXECUTION_INTERPRETED, EXECUTION_EMULATED,
						EXECUTION_DETERMINISTIC};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct report *r = one_bench(NAN, 1e9, others[i], 12);

		assert_int_equal(r->judgements->result, JUDGED_INCONCLUSIVE);
		assert_non_null(strstr(r->judgements->why, "meant for hardware"));
		report_free(r);
	}
}

static void few_trials_show_nothing(void **state)
{
	struct report *r = one_bench(NAN, 1e9, EXECUTION_HARDWARE, 5);

	(void)state;
	assert_int_equal(r->judgements->result, JUDGED_INCONCLUSIVE);
	assert_non_null(strstr(r->judgements->why, "fewer than six"));
	report_free(r);
}

/* A trial that its stamps hide has no logarithm: there is a ratio of medians, and no interval. */
static void a_ratio_without_interval_says_why(void **state)
{
	struct file f = begin(0);
	struct report *r;

	(void)state;
	limit(&f, "exit_a", "kvm", LIMIT_NATIVE_RATIO, NAN, 2);
	sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
	trials(&f, "exit_a", "native", 100, 12, EXECUTION_HARDWARE);
	trials(&f, "exit_a", "kvm", 100, 11, EXECUTION_HARDWARE);
	sample_flat(f.r, sample_trial(f.run, f.ordinal++, "exit_a", "kvm"), 60, 10);
	finish(&f);
	r = sample_load(1);
	assert_int_equal(r->judgement_count, 1);
	assert_int_equal(r->judgements[0].result, JUDGED_INCONCLUSIVE);
	assert_true(r->judgements[0].value > 0.9 && isnan(r->judgements[0].interval.low));
	assert_non_null(strstr(r->judgements[0].why, "above zero"));
	report_free(r);
}

static void a_limit_on_nothing_has_a_row(void **state)
{
	struct file f = begin(0);
	struct report *r;

	(void)state;
	limit(&f, "exit_b", NULL, LIMIT_MEDIAN, NAN, 1e9);
	limit(&f, "exit_a", "xen", LIMIT_P99, NAN, 1e9);
	sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
	sample_must(f.r, result_add_skip(f.r, &(struct result_skip){f.run, "bench", "exit_b", "kvm",
								    "no such CPU"}));
	trials(&f, "exit_a", "kvm", 100, 12, EXECUTION_HARDWARE);
	finish(&f);
	r = sample_load(1);
	assert_int_equal(r->judgement_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(r->judgements[i].result, JUDGED_INCONCLUSIVE);
		assert_non_null(strstr(r->judgements[i].why, "nothing that it is about"));
	}
	assert_non_null(strstr(r->judgements[0].why, "no such CPU"));
	report_free(r);
}

/* Two globs of one entry that match one metric judge it once. */
static void an_entry_judges_once(void **state)
{
	struct result_criterion c = {.kind = CRITERION_LIMIT,
				     .entry = 7,
				     .what = "exit_*",
				     .execution = -1,
				     .quantile = NAN,
				     .low = NAN,
				     .high = 500,
				     .unit = NANOSECONDS,
				     .weight = NAN};
	struct file f = begin(0);
	struct report *r;

	(void)state;
	criterion(&f, c);
	c.what = "exit_a";
	criterion(&f, c);
	sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
	sample_bench(f.r, f.run, "exit_b", NANOSECONDS);
	trials(&f, "exit_a", "kvm", 100, 12, EXECUTION_HARDWARE);
	trials(&f, "exit_b", "kvm", 100, 12, EXECUTION_HARDWARE);
	finish(&f);
	r = sample_load(1);
	assert_int_equal(r->judgement_count, 2);
	report_free(r);
}

/* ---- Limits on faults ---- */

/* `quick` trials recover in 1 ms, `slow` ones in 1 s, `never` ones not by the horizon of 2 s. */
static struct report *one_fault(enum limit_figure figure, double high, unsigned int quick,
				unsigned int slow, unsigned int never)
{
	struct file f = begin(0);
	struct report *r;

	if (figure == LIMIT_RECOVERED)
		limit(&f, "hang", NULL, figure, high, NAN);
	else
		limit(&f, "hang+restart", "kvm", figure, NAN, high);
	sample_fault(f.r, f.run, "hang");
	for (unsigned int i = 0; i < quick + slow + never; i++) {
		bool lost = i >= quick + slow;
		struct result_fault_trial ft =
			sample_outcome(lost ? OUTCOME_HANG : OUTCOME_ASSISTED_RECOVERED);
		struct result_trial t;

		sample_recovered(&ft, 500000, i < quick ? 1000000 : 1000000000);
		for (int k = T2_DETECTED; k < FAULT_STAMPS && lost; k++)
			ft.stamp_ns[k] = -1;
		t = sample_fault_trial(f.run, f.ordinal++, "hang", "restart", "kvm", &ft);
		sample_must(f.r, result_add_trial(f.r, &t));
	}
	finish(&f);
	r = sample_load(1);
	assert_int_equal(r->judgement_count, 1);
	return r;
}

/* At least 90 % of trials within the limit: 36 of 36 have Clopper and Pearson's lower bound at
 * 0.025^(1/36) = 0.9026; 35 of 35 at 0.8999. */
static void a_time_is_limited_by_the_share_that_kept_it(void **state)
{
	static const struct {
		unsigned int quick, slow, never;
		double limit;
		enum judged result;
		size_t within;
	} cases[] = {
		{36, 0, 0, 1e7, JUDGED_PASSED, 36},
		{35, 0, 0, 1e7, JUDGED_INCONCLUSIVE, 35},
		{36, 4, 0, 1e7, JUDGED_INCONCLUSIVE, 36},
		{10, 20, 0, 1e7, JUDGED_FAILED, 10},
		{10, 0, 20, 1e7, JUDGED_FAILED, 10},
		{10, 0, 20, 1.9e9, JUDGED_FAILED, 10},
		{0, 40, 0, 1.1e9, JUDGED_PASSED, 40},
		/* Beyond the horizon nobody watched. */
		{10, 0, 20, 3e9, JUDGED_INCONCLUSIVE, 10},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *r = one_fault(LIMIT_TIME_TO_RECOVER, cases[i].limit, cases[i].quick,
					     cases[i].slow, cases[i].never);
		const struct judgement *x = r->judgements;

		assert_int_equal(x->result, cases[i].result);
		assert_int_equal(x->within, cases[i].within);
		assert_int_equal(x->of, cases[i].quick + cases[i].slow + cases[i].never);
		report_free(r);
	}
}

static void a_share_that_recovered_is_limited(void **state)
{
	static const struct {
		unsigned int back, never;
		enum judged result;
	} cases[] = {{36, 0, JUDGED_PASSED}, {20, 0, JUDGED_INCONCLUSIVE}, {10, 20, JUDGED_FAILED}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report *r =
			one_fault(LIMIT_RECOVERED, 0.9, cases[i].back, 0, cases[i].never);

		assert_int_equal(r->judgements->result, cases[i].result);
		report_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_gate_is_never_red),
		cmocka_unit_test(without_gate_everything_decides),
		cmocka_unit_test(either_plan_can_gate),
		cmocka_unit_test(a_gate_over_nothing_is_inconclusive),
		cmocka_unit_test(a_limit_is_kept_by_the_whole_interval),
		cmocka_unit_test(what_runs_differ_in_widens_a_limit),
		cmocka_unit_test(what_was_discarded_is_doubted),
		cmocka_unit_test(what_ran_otherwise_never_passes),
		cmocka_unit_test(few_trials_show_nothing),
		cmocka_unit_test(a_ratio_without_interval_says_why),
		cmocka_unit_test(a_limit_on_nothing_has_a_row),
		cmocka_unit_test(an_entry_judges_once),
		cmocka_unit_test(a_time_is_limited_by_the_share_that_kept_it),
		cmocka_unit_test(a_share_that_recovered_is_limited),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
