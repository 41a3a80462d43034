/* SPDX-License-Identifier: Apache-2.0 */
/* What plans decide by, as reports judge it: requirements, scores, fleets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "report/report.h"
#include "tests/unit/criteria_file.h"

static char error[512];

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

static void write_host(const char *path, int number, int of_host)
{
	struct file f = {.r = sample_create(path)};
	char uuid[32], host[32];

	snprintf(uuid, sizeof(uuid), "run-%d", number);
	snprintf(host, sizeof(host), "host-%d", of_host);
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

static size_t count_odd(const struct report *r)
{
	size_t odd = 0;

	for (size_t i = 0; i < r->fleet_count; i++)
		odd += r->fleet[i].odd;
	return odd;
}

/* Six runs of one limit on so many hosts, the fourth 20 % slower: 100, 101, 102, 123, 104, 105 ns.
 */
static struct report *fleet_of(int hosts)
{
	char names[HOSTS][80];
	const char *list[HOSTS];
	struct report *r;

	for (int i = 0; i < HOSTS; i++) {
		snprintf(names[i], sizeof(names[i]), "%s/host%d.vq", directory, i);
		list[i] = names[i];
		write_host(names[i], i, i % hosts);
	}
	r = report_load(list, HOSTS, error, sizeof(error));
	assert_non_null(r);
	assert_int_equal(report_compare(r, BY_HOST, error, sizeof(error)), 0);
	assert_int_equal(r->fleet_count, HOSTS);
	for (int i = 0; i < HOSTS; i++)
		remove(names[i]);
	return r;
}

static void few_hosts_of_many_runs_have_no_odd_one(void **state)
{
	struct report *r = fleet_of(3);

	(void)state;
	assert_int_equal(count_odd(r), 0);
	report_free(r);
}

static void the_odd_host_is_marked(void **state)
{
	struct report *r = fleet_of(HOSTS);

	(void)state;
	assert_int_equal(count_odd(r), 1);
	assert_true(r->fleet[3].odd && r->fleet[3].judgement->value == 123);
	/* The median is 103; the distances 3, 2, 1, 20, 1, 2, of median 2. */
	assert_true(fabs(r->fleet[3].apart - 0.6745 * 20 / 2) < 1e-9);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_required_was_really_exercised),
		cmocka_unit_test(a_score_is_a_weighted_geometric_mean),
		cmocka_unit_test(without_a_weighted_test_there_is_no_score),
		cmocka_unit_test(a_weight_that_no_bench_has_makes_none),
		cmocka_unit_test(the_interval_of_a_score_repeats),
		cmocka_unit_test(few_hosts_of_many_runs_have_no_odd_one),
		cmocka_unit_test(the_odd_host_is_marked),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
