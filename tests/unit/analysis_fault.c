/* SPDX-License-Identifier: Apache-2.0 */
/* The analysis of faults: every expected figure is worked out by hand in the comment beside it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "report/report.h"
#include "tests/unit/analysis_file.h"

static struct result *begin_faults(int64_t *run)
{
	struct result *r = sample_create(path);

	*run = sample_run(r, "u-1", "1.0");
	sample_platform(r, *run, "kvm", "kvm");
	sample_fault(r, *run, "hang");
	return r;
}

static void add_fault(struct result *r, int64_t run, uint32_t ordinal,
		      const struct result_fault_trial *f)
{
	struct result_trial t = sample_fault_trial(run, ordinal, "hang", "restart", "kvm", f);

	sample_must(r, result_add_trial(r, &t));
}

static void add_recovered(struct result *r, int64_t run, uint32_t ordinal, int64_t after)
{
	struct result_fault_trial f = sample_outcome(OUTCOME_ASSISTED_RECOVERED);

	sample_recovered(&f, after / 2, after);
	add_fault(r, run, ordinal, &f);
}

static void add_lost(struct result *r, int64_t run, uint32_t ordinal, enum outcome outcome)
{
	struct result_fault_trial f = sample_outcome(outcome);

	f.stamp_ns[T0_INJECTED] = 100000000;
	f.stamp_ns[T1_ACTIVE] = 100001000;
	f.downtime_ns = f.horizon_ns;
	add_fault(r, run, ordinal, &f);
}

static void test_censored(void **state)
{
	static const int64_t times[] = {40, 10, 30, 20};
	struct fault_figure *f;
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin_faults(&run);
	for (uint32_t i = 0; i < 4; i++)
		add_recovered(r, run, i, times[i] * 1000000);
	add_lost(r, run, 4, OUTCOME_HANG);
	report = finish(r, run);
	assert_int_equal(report->fault_count, 1);
	f = &report->faults[0];
	assert_int_equal(f->trials, 5);
	assert_int_equal(f->activated, 5);
	assert_int_equal(f->recovered, 4);
	assert_int_equal(f->censored, 1);
	assert_int_equal(f->outcomes[OUTCOME_HANG], 1);
	assert_int_equal(f->recovery_count, 5);
	assert_near(f->recoveries[1].time, 10e6);
	assert_true(!f->recoveries[1].censored && f->recoveries[4].censored);
	/* Survival 0.8, 0.6, 0.4: half are back by 30 ms. Without the hang it would say 20. */
	assert_near(f->ttr.median, 30e6);
	assert_int_equal(f->ttr.count, 4);
	assert_near(f->ttd.median, 15e6);
	/* Of 5, 10, 15, 20: the hang was never detected, so there was nothing to repair. */
	assert_near(f->repair.median, 10e6);
	assert_near(f->full.median, 35e6);
	assert_near(f->downtime.median, 30e6);
	assert_near(f->rate_ratio, 0);
	assert_near(f->lost_operations, 0);
	assert_true(isnan(f->fairness) && isnan(f->steal));
	/* Clopper and Pearson for 4 of 5. */
	assert_true(fabs(f->recovered_share.low - 0.28358) < 1e-4);
	assert_true(fabs(f->recovered_share.high - 0.99495) < 1e-4);
	assert_non_null(f->example);
	assert_int_equal(f->example->ordinal, 2); /* the one that took 30 ms */
	assert_ptr_equal(f->result, report->files[0].result);
	report_free(report);
}

/* Service came back and was lost again: downtime is longer than the time to recover. Where the
 * watch ended before the baseline was reached, it is only known to be longer than what was seen. */
static void test_lost_again(void **state)
{
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin_faults(&run);
	for (uint32_t i = 0; i < 3; i++) {
		struct result_fault_trial f = sample_outcome(OUTCOME_ASSISTED_RECOVERED);

		sample_recovered(&f, 5000000, 10000000);
		f.downtime_ns = 30000000;
		if (i == 2) {
			f.stamp_ns[T5_BASELINE] = -1;
			f.downtime_ns = 20000000;
		}
		add_fault(r, run, i, &f);
	}
	add_recovered(r, run, 3, 10000000);
	report = finish(r, run);
	assert_near(report->faults[0].ttr.median, 10e6);
	assert_int_equal(report->faults[0].ttr.count, 4);
	/* One of 10 ms, one beyond 20, two of 30: survival 0.75 and then 0. As if it had ended at
	 * 20, the median would be 20. */
	assert_near(report->faults[0].downtime.median, 30e6);
	assert_int_equal(report->faults[0].downtime.count, 3);
	report_free(report);
}

static void test_censored_median(void **state)
{
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin_faults(&run);
	for (uint32_t i = 0; i < 2; i++)
		add_recovered(r, run, i, 10000000);
	for (uint32_t i = 2; i < 5; i++)
		add_lost(r, run, i, i == 2 ? OUTCOME_CRASH : OUTCOME_HANG);
	report = finish(r, run);
	/* Two of five: half are never seen to recover. No number, but the count. */
	assert_true(isnan(report->faults[0].ttr.median));
	assert_true(isnan(report->faults[0].ttr.low) && isnan(report->faults[0].ttr.high));
	assert_int_equal(report->faults[0].ttr.count, 2);
	assert_int_equal(report->faults[0].censored, 3);
	assert_true(isnan(report->faults[0].downtime.median));
	report_free(report);
}

/*
 * Recovered at 10, 20 and 30 ms; two lose data at once. Aalen and Johansen: incidence of recovery
 * 0.2, 0.4, 0.6, so the median is 30 ms. Censoring the losses at 15 ms would give 20.
 */
static void test_competing(void **state)
{
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin_faults(&run);
	for (uint32_t i = 0; i < 3; i++)
		add_recovered(r, run, i, 10000000 * (int64_t)(i + 1));
	add_lost(r, run, 3, OUTCOME_SILENT_CORRUPTION);
	add_lost(r, run, 4, OUTCOME_DETECTED_CORRUPTION);
	report = finish(r, run);
	assert_near(report->faults[0].ttr.median, 30e6);
	assert_int_equal(report->faults[0].recovered, 3);
	assert_int_equal(report->faults[0].censored, 2);
	report_free(report);
}

static void test_not_counted(void **state)
{
	struct result_fault_trial f;
	struct fault_figure *figure;
	struct result_trial t;
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin_faults(&run);
	add_recovered(r, run, 0, 10000000);
	f = sample_outcome(OUTCOME_HARNESS_ERROR);
	add_fault(r, run, 1, &f);
	f = sample_outcome(OUTCOME_NOT_ACTIVATED);
	f.stamp_ns[T0_INJECTED] = 5;
	add_fault(r, run, 2, &f);
	f = sample_outcome(OUTCOME_MASKED);
	f.stamp_ns[T0_INJECTED] = 5;
	add_fault(r, run, 3, &f);
	f = sample_outcome(OUTCOME_ASSISTED_RECOVERED); /* but no stamp says when */
	f.stamp_ns[T0_INJECTED] = 5;
	add_fault(r, run, 4, &f);
	f = sample_outcome(OUTCOME_ASSISTED_RECOVERED);
	sample_recovered(&f, 5000000, 10000000);
	f.stamp_ns[T2_DETECTED] = 5; /* before the injection */
	add_fault(r, run, 5, &f);
	f = sample_outcome(OUTCOME_ASSISTED_RECOVERED);
	sample_recovered(&f, 5000000, 10000000);
	t = sample_fault_trial(run, 6, "hang", "restart", "kvm", &f);
	t.status = TRIAL_FAILED;
	t.reason = "the guest did not start";
	sample_must(r, result_add_trial(r, &t));
	f = sample_outcome(OUTCOME_DEGRADED); /* noticed 5 ns after nobody knows what */
	f.stamp_ns[T2_DETECTED] = 5;
	add_fault(r, run, 8, &f);
	t.ordinal = 7;
	t.fault_trial = NULL; /* failed so early that there is nothing about the fault */
	sample_must(r, result_add_trial(r, &t));
	report = finish(r, run);
	assert_int_equal(report->fault_count, 1);
	figure = &report->faults[0];
	assert_int_equal(figure->trials, 3);
	assert_int_equal(figure->outcomes[OUTCOME_NOT_ACTIVATED], 1);
	assert_int_equal(figure->outcomes[OUTCOME_MASKED], 1);
	assert_int_equal(figure->outcomes[OUTCOME_HARNESS_ERROR], 0);
	assert_int_equal(figure->activated, 2);
	assert_int_equal(figure->recovered, 1);
	assert_int_equal(figure->censored, 0);
	assert_int_equal(figure->ttr.count, 1);
	assert_near(figure->ttr.median, 10e6);
	assert_int_equal(figure->downtime.count, 2);
	assert_int_equal(figure->ttd.of, 1);
	assert_int_equal(report->problem_count, 5);
	assert_string_equal(report->problems[4].why, "the guest did not start");
	assert_int_equal(report->problems[4].count, 2);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(report->problems[i].what, "hang+restart");
	report_free(report);
}

/* Where a fault never began, no detector was at work: such a trial is no figure of its own. */
static void test_no_detector(void **state)
{
	static const char *const detectors[] = {"", "watchdog", "", "watchdog", "libvirt"};
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin_faults(&run);
	for (uint32_t i = 0; i < 5; i++) {
		struct result_fault_trial f = sample_outcome(
			detectors[i][0] ? OUTCOME_ASSISTED_RECOVERED : OUTCOME_NOT_ACTIVATED);

		if (detectors[i][0])
			sample_recovered(&f, 5000000, 10000000);
		f.detector = detectors[i];
		add_fault(r, run, i, &f);
	}
	report = finish(r, run);
	assert_int_equal(report->fault_count, 2);
	assert_string_equal(report->faults[0].detector, "libvirt");
	assert_int_equal(report->faults[0].trials, 3);
	assert_int_equal(report->faults[0].outcomes[OUTCOME_NOT_ACTIVATED], 2);
	assert_string_equal(report->faults[1].detector, "watchdog");
	assert_int_equal(report->faults[1].trials, 2);
	report_free(report);
}

/* Self-recovered before the detector noticed: not detected late, and not repaired either. */
static void test_undetected(void **state)
{
	struct result_fault_trial f;
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	r = begin_faults(&run);
	for (uint32_t i = 0; i < 3; i++) {
		f = sample_outcome(OUTCOME_AUTO_RECOVERED);
		sample_recovered(&f, 20000000, 10000000);
		f.stamp_ns[T3_RECOVERY_STARTED] = -1;
		if (i)
			f.stamp_ns[T2_DETECTED] = -1;
		add_fault(r, run, i, &f);
	}
	report = finish(r, run);
	assert_near(report->faults[0].ttr.median, 10e6);
	assert_int_equal(report->faults[0].ttd.count, 1);
	assert_true(isnan(report->faults[0].ttd.median));
	assert_int_equal(report->faults[0].repair.count, 0);
	assert_true(isnan(report->faults[0].repair.median));
	report_free(report);
}

/* Truth lies within [stamp - uncertainty, stamp]: the interval is wider by that, the median is
 * not moved. */
static void test_uncertainty(void **state)
{
	struct time_figure exact, vague;
	struct report *report;
	struct result *r;
	int64_t run;

	(void)state;
	for (int vagueness = 0; vagueness < 2; vagueness++) {
		r = begin_faults(&run);
		for (uint32_t i = 0; i < 12; i++) {
			struct result_fault_trial f = sample_outcome(OUTCOME_ASSISTED_RECOVERED);

			sample_recovered(&f, 5000000, 10000000 + 1000000 * (int64_t)i);
			f.uncertainty_ns[T4_FIRST_SERVICE] = vagueness * 300000;
			f.uncertainty_ns[T0_INJECTED] = vagueness * 50000;
			add_fault(r, run, i, &f);
		}
		report = finish(r, run);
		*(vagueness ? &vague : &exact) = report->faults[0].ttr;
		report_free(report);
	}
	assert_near(vague.median, exact.median);
	assert_near(vague.median, 15e6); /* the sixth of twelve */
	assert_near(vague.low, exact.low - 300000);
	assert_near(vague.high, exact.high + 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_censored),    cmocka_unit_test(test_censored_median),
		cmocka_unit_test(test_competing),   cmocka_unit_test(test_not_counted),
		cmocka_unit_test(test_undetected),  cmocka_unit_test(test_uncertainty),
		cmocka_unit_test(test_no_detector), cmocka_unit_test(test_lost_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
