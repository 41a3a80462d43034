/* SPDX-License-Identifier: Apache-2.0 */
/* What plans decide by, as reports judge it: gates, limits, requirements, scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "report/report.h"
#include "tests/unit/sample_files.h"
#include "tests/unit/sample_result.h"

static char error[512];

/* ---- Making files ---- */

struct file {
	struct result *r;
	int64_t run;
	uint32_t ordinal;
};

static struct file begin(int which)
{
	struct file f = {.r = sample_create(paths[which])};

	f.run = sample_run(f.r, which ? "second" : "first", "1");
	sample_platform(f.r, f.run, "native", "native");
	sample_platform(f.r, f.run, "kvm", "kvm");
	return f;
}

static void finish(struct file *f)
{
	sample_must(f->r, result_end_run(f->r, f->run, 0));
	result_close(f->r);
}

/* Trials whose medians are `ns`, ns + 1, … ns + 3, ns, … : below 200 they are exact. */
static void trials(struct file *f, const char *bench, const char *platform, unsigned int ns,
		   uint32_t count, enum execution execution)
{
	for (uint32_t i = 0; i < count; i++) {
		struct result_trial t = sample_trial(f->run, f->ordinal++, bench, platform);

		t.execution = execution;
		sample_flat(f->r, t, 60 + 2 * (ns + i % 4), 10);
	}
}

static void criterion(struct file *f, struct result_criterion c)
{
	c.run = f->run;
	sample_must(f->r, result_add_criterion(f->r, &c));
}

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

static void limit(struct file *f, const char *what, const char *platform, enum limit_figure figure,
		  double low, double high)
{
	bool of_time = figure >= LIMIT_TIME_TO_DETECT && figure <= LIMIT_DOWNTIME;
	static uint32_t entry;

	criterion(f, (struct result_criterion){.kind = CRITERION_LIMIT,
					       .entry = entry++,
					       .what = what,
					       .platform = platform,
					       .execution = EXECUTION_HARDWARE,
					       .figure = figure,
					       .quantile = of_time ? 0.9 : NAN,
					       .low = low,
					       .high = high,
					       .unit = figure <= LIMIT_MEAN || of_time ? NANOSECONDS
										       : -1,
					       .weight = NAN});
}

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
		assert_int_equal(x->result, cases[i].result);
		assert_true(!x->why == (x->result == JUDGED_PASSED));
		assert_int_equal(report_exit_code(r, 0), cases[i].code);
		assert_int_equal(report_exit_code(r, 1), cases[i].strict);
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
	r = load(1);
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

/* ---- Requirements ---- */

static void require(struct file *f, const char *what, const char *platform, int execution)
{
	criterion(f, (struct result_criterion){.kind = CRITERION_REQUIRE,
					       .what = what,
					       .platform = platform,
					       .execution = execution,
					       .weight = NAN,
					       .trials = 6});
}

static const struct {
	const char *what, *platform;
	int execution;
	enum judged result;
	const char *why;
} required[] = {
	{"exit_a", "kvm", EXECUTION_HARDWARE, JUDGED_PASSED, NULL},
	{"exit_a", NULL, EXECUTION_HARDWARE, JUDGED_PASSED, NULL},
	{"exit_a", "native", EXECUTION_HARDWARE, JUDGED_FAILED, "too few trials"},
	{"exit_a", "xen", EXECUTION_HARDWARE, JUDGED_FAILED, "no such platform"},
	{"exit_b", "kvm", EXECUTION_HARDWARE, JUDGED_FAILED, "it ran interpreted"},
	{"exit_b", "kvm", -1, JUDGED_PASSED, NULL},
	{"exit_c", NULL, EXECUTION_HARDWARE, JUDGED_FAILED, "skipped: no such CPU"},
	{"exit_d", NULL, EXECUTION_HARDWARE, JUDGED_FAILED, "no such bench or fault"},
	{"exit_e", NULL, EXECUTION_HARDWARE, JUDGED_FAILED, "no trial is valid"},
	{"exit_f", "kvm", EXECUTION_HARDWARE, JUDGED_FAILED, "no trial is valid"},
	{"hang", NULL, EXECUTION_HARDWARE, JUDGED_PASSED, NULL},
	{"hang+restart", "kvm", EXECUTION_HARDWARE, JUDGED_PASSED, NULL},
	/* With six active trials in one variant, and none in the other. */
	{"storm", "kvm", EXECUTION_HARDWARE, JUDGED_FAILED, "it was active in no trial"},
	{"hang+snapshot", NULL, EXECUTION_HARDWARE, JUDGED_FAILED, "skipped: no room"},
	{"hang+magic", NULL, EXECUTION_HARDWARE, JUDGED_FAILED, "no such bench or fault"},
};

/* Six trials of a fault and recovery. */
static void fault_trials(struct file *f, const char *fault, const char *variant,
			 struct result_fault_trial *ft)
{
	for (int i = 0; i < 6; i++) {
		struct result_trial t =
			sample_fault_trial(f->run, f->ordinal++, fault, "restart", "kvm", ft);

		t.variant = variant;
		sample_must(f->r, result_add_trial(f->r, &t));
	}
}

/* exit_e has no valid trial; of exit_f's two parameters one has none. */
static void fill_required(struct file *f)
{
	static const char *const names[] = {"exit_a", "exit_b", "exit_c", "exit_e"};
	struct result_bench b = {f->run, "exit_f", "exits", "s", "n", NANOSECONDS, LOWER, 0, 0, 0};
	struct result_fault_trial ft = sample_outcome(OUTCOME_ASSISTED_RECOVERED);
	struct result_fault_trial idle = sample_outcome(OUTCOME_NOT_ACTIVATED);
	struct result_trial bad = sample_trial(f->run, 1000, "exit_e", "kvm");

	for (size_t i = 0; i < 4; i++)
		sample_bench(f->r, f->run, names[i], NANOSECONDS);
	sample_must(f->r, result_add_bench(f->r, &b));
	trials(f, "exit_a", "kvm", 100, 6, EXECUTION_HARDWARE);
	trials(f, "exit_a", "native", 100, 5, EXECUTION_HARDWARE);
	trials(f, "exit_b", "kvm", 100, 6, EXECUTION_INTERPRETED);
	trials(f, "exit_f", "kvm", 100, 6, EXECUTION_HARDWARE);
	bad.status = TRIAL_INVALID;
	bad.reason = "exits were not as declared";
	sample_must(f->r, result_add_trial(f->r, &bad));
	bad.bench = "exit_f";
	bad.parameter = 2;
	bad.ordinal++;
	sample_must(f->r, result_add_trial(f->r, &bad));
	sample_fault(f->r, f->run, "hang");
	sample_recovered(&ft, 500000, 1000000);
	fault_trials(f, "hang", "", &ft);
	sample_fault(f->r, f->run, "storm");
	fault_trials(f, "storm", "a", &ft);
	fault_trials(f, "storm", "b", &idle);
	sample_must(f->r, result_add_skip(f->r, &(struct result_skip){f->run, "bench", "exit_c",
								      "kvm", "no such CPU"}));
	sample_must(f->r,
		    result_add_skip(f->r, &(struct result_skip){f->run, "fault", "hang+snapshot",
								"kvm", "no room"}));
}

static void what_is_required_was_really_exercised(void **state)
{
	size_t count = sizeof(required) / sizeof(required[0]);
	struct file f = begin(0);
	struct report *r;

	(void)state;
	for (size_t i = 0; i < count; i++)
		require(&f, required[i].what, required[i].platform, required[i].execution);
	fill_required(&f);
	finish(&f);
	r = sample_load(1);
	assert_int_equal(r->judgement_count, count);
	for (size_t i = 0; i < count; i++) {
		const struct judgement *x = &r->judgements[i];

		if (x->result != required[i].result ||
		    (required[i].why && !strstr(x->why, required[i].why)))
			fail_msg("%s on %s: %s: %s", required[i].what, x->platform,
				 judged_name(x->result), x->why ? x->why : "");
	}
	assert_int_equal(report_exit_code(r, 0), 1);
	report_free(r);
}

/* ---- Scores ---- */

static void weight(struct file *f, const char *what, double weight)
{
	criterion(f, (struct result_criterion){.kind = CRITERION_WEIGHT,
					       .what = what,
					       .execution = -1,
					       .weight = weight});
}

static void reference(struct file *f, const char *platform)
{
	criterion(f, (struct result_criterion){.kind = CRITERION_REFERENCE,
					       .what = platform,
					       .execution = -1,
					       .weight = NAN});
}

/* Two times of 100 and 50 ns natively, and a rate; on kvm `a` and `b` ns, and the same rate. */
static struct file score_file(void)
{
	struct file f = begin(0);
	struct result_bench rate = {f.run,  "mem_c", "memory", "s", NULL, OPERATIONS_PER_SECOND,
				    HIGHER, 0,	     0,	       0};

	weight(&f, "exits", 3);
	weight(&f, "mem_*", 1);
	reference(&f, "native");
	sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
	sample_bench(f.r, f.run, "exit_b", NANOSECONDS);
	sample_must(f.r, result_add_bench(f.r, &rate));
	return f;
}

static void flat(struct file *f, const char *bench, const char *platform, unsigned int ns,
		 uint32_t count, enum execution execution)
{
	for (uint32_t i = 0; i < count; i++) {
		struct result_trial t = sample_trial(f->run, f->ordinal++, bench, platform);

		t.execution = execution;
		sample_flat(f->r, t, 60 + 2 * ns, 10);
	}
}

static void native_side(struct file *f)
{
	flat(f, "exit_a", "native", 100, 6, EXECUTION_HARDWARE);
	flat(f, "exit_b", "native", 50, 6, EXECUTION_HARDWARE);
	flat(f, "mem_c", "native", 80, 6, EXECUTION_HARDWARE);
}

/* exits: sqrt(100/200 × 50/100) = 1/2; mem_*: a rate of 1/40 ns over one of 1/80 ns is 2; the score
 * (0.5^3 × 2)^(1/4) = 0.25^(1/4) = sqrt(1/2). */
static void a_score_is_a_weighted_geometric_mean(void **state)
{
	struct file f = score_file();
	struct report *r;
	const struct score *x;

	(void)state;
	native_side(&f);
	flat(&f, "exit_a", "kvm", 200, 6, EXECUTION_HARDWARE);
	flat(&f, "exit_b", "kvm", 100, 6, EXECUTION_HARDWARE);
	flat(&f, "mem_c", "kvm", 40, 6, EXECUTION_HARDWARE);
	finish(&f);
	r = sample_load(1);
	assert_int_equal(r->score_count, 1);
	x = r->scores;
	assert_null(x->why);
	assert_true(fabs(x->parts[0].ratio - 0.5) < 1e-9 && x->parts[0].tests == 2);
	assert_true(fabs(x->parts[1].ratio - 2) < 1e-9 && x->parts[1].tests == 1);
	assert_true(fabs(x->score - sqrt(0.5)) < 1e-9);
	/* Trials that do not differ cannot be drawn otherwise. */
	assert_true(fabs(x->interval.low - x->score) < 1e-9);
	assert_true(fabs(x->interval.high - x->score) < 1e-9);
	assert_ptr_equal(x->worst, &x->parts[0]);
	assert_string_equal(x->formula, "(exits^3 × mem_*)^(1/4)");
	report_free(r);
}

static void without_a_weighted_test_there_is_no_score(void **state)
{
	struct file f = score_file();
	struct report *r;

	(void)state;
	native_side(&f);
	flat(&f, "exit_a", "kvm", 200, 6, EXECUTION_HARDWARE);
	flat(&f, "exit_b", "kvm", 100, 6, EXECUTION_INTERPRETED);
	sample_must(f.r, result_add_skip(f.r, &(struct result_skip){f.run, "bench", "mem_c", "kvm",
								    "no memory"}));
	finish(&f);
	r = sample_load(1);
	assert_int_equal(r->score_count, 1);
	assert_true(isnan(r->scores->score) && isnan(r->scores->parts[0].ratio));
	assert_null(r->scores->worst);
	assert_non_null(strstr(r->scores->why, "mem_c: not measured on kvm, skipped: no memory"));
	assert_non_null(strstr(r->scores->why, "exit_b: interpreted on kvm, hardware on native"));
	report_free(r);
}

static void a_weight_that_no_bench_has_makes_none(void **state)
{
	struct file f = begin(0);
	struct report *r;

	(void)state;
	weight(&f, "exits", 1);
	weight(&f, "storage", 1);
	reference(&f, "native");
	sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
	flat(&f, "exit_a", "native", 100, 6, EXECUTION_HARDWARE);
	flat(&f, "exit_a", "kvm", 100, 6, EXECUTION_HARDWARE);
	finish(&f);
	r = sample_load(1);
	assert_non_null(strstr(r->scores->why, "storage: the run has no such bench"));
	report_free(r);
}

/* Seeded: the same file has the same interval; and it holds the score and what it is about. */
static void the_interval_of_a_score_repeats(void **state)
{
	struct interval first = {NAN, NAN};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct file f = begin(0);
		struct report *r;

		weight(&f, "exit_a", 1);
		reference(&f, "native");
		sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
		trials(&f, "exit_a", "native", 100, 12, EXECUTION_HARDWARE);
		trials(&f, "exit_a", "kvm", 150, 12, EXECUTION_HARDWARE);
		finish(&f);
		r = sample_load(1);
		assert_true(fabs(r->scores->score - 101.5 / 151.5) < 1e-9);
		assert_true(r->scores->interval.low < r->scores->score);
		assert_true(r->scores->interval.high > r->scores->score);
		assert_true(r->scores->interval.low >= 100.0 / 153);
		assert_true(r->scores->interval.high <= 103.0 / 150);
		if (i)
			assert_memory_equal(&first, &r->scores->interval, sizeof(first));
		first = r->scores->interval;
		report_free(r);
	}
}

/* ---- A fleet ---- */

#define HOSTS 6

static void write_host(const char *path, int number)
{
	struct file f = {.r = sample_create(path)};
	char uuid[32], host[32];

	snprintf(uuid, sizeof(uuid), "run-%d", number);
	snprintf(host, sizeof(host), "host-%d", number);
	f.run = sample_run(f.r, uuid, "1");
	sample_platform(f.r, f.run, "kvm", "kvm");
	sample_must(f.r,
		    result_add_fact(f.r, &(struct result_fact){f.run, "host.name", host, NULL}));
	limit(&f, "exit_a", "kvm", LIMIT_MEDIAN, NAN, 500);
	sample_bench(f.r, f.run, "exit_a", NANOSECONDS);
	flat(&f, "exit_a", "kvm", number == 3 ? 123 : 100 + (unsigned int)number, 6,
	     EXECUTION_HARDWARE);
	finish(&f);
}

/* Six hosts of one limit, the fourth 20 % slower: 100, 101, 102, 123, 104, 105 ns. */
static void the_odd_host_is_marked(void **state)
{
	char names[HOSTS][80];
	const char *list[HOSTS];
	struct report *r;
	size_t odd = 0;

	(void)state;
	for (int i = 0; i < HOSTS; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/host%d.vq", directory, i);
		list[i] = names[i];
		write_host(names[i], i);
	}
	r = report_load(list, HOSTS, error, sizeof(error));
	assert_non_null(r);
	assert_int_equal(report_compare(r, BY_HOST, error, sizeof(error)), 0);
	assert_int_equal(r->fleet_count, HOSTS);
	for (size_t i = 0; i < HOSTS; i++)
		odd += r->fleet[i].odd;
	assert_int_equal(odd, 1);
	assert_true(r->fleet[3].odd && r->fleet[3].judgement->value == 123);
	/* The median is 103; the distances 3, 2, 1, 20, 1, 2, of median 2. */
	assert_true(fabs(r->fleet[3].apart - 0.6745 * 20 / 2) < 1e-9);
	report_free(r);
	for (int i = 0; i < HOSTS; i++)
		remove(names[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_gate_is_never_red),
		cmocka_unit_test(without_gate_everything_decides),
		cmocka_unit_test(either_plan_can_gate),
		cmocka_unit_test(a_gate_over_nothing_is_inconclusive),
		cmocka_unit_test(a_limit_is_kept_by_the_whole_interval),
		cmocka_unit_test(what_ran_otherwise_never_passes),
		cmocka_unit_test(few_trials_show_nothing),
		cmocka_unit_test(a_ratio_without_interval_says_why),
		cmocka_unit_test(a_limit_on_nothing_has_a_row),
		cmocka_unit_test(an_entry_judges_once),
		cmocka_unit_test(a_time_is_limited_by_the_share_that_kept_it),
		cmocka_unit_test(a_share_that_recovered_is_limited),
		cmocka_unit_test(what_is_required_was_really_exercised),
		cmocka_unit_test(a_score_is_a_weighted_geometric_mean),
		cmocka_unit_test(without_a_weighted_test_there_is_no_score),
		cmocka_unit_test(a_weight_that_no_bench_has_makes_none),
		cmocka_unit_test(the_interval_of_a_score_repeats),
		cmocka_unit_test(the_odd_host_is_marked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
