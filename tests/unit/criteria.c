/* SPDX-License-Identifier: Apache-2.0 */
/* What plans decide by, as reports judge it: gates, limits, requirements, scores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "report/report.h"
#include "tests/unit/sample_result.h"

static char directory[] = "/tmp/vq-criteria.XXXXXX";
static char paths[2][64];
static char error[512];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	for (int i = 0; i < 2; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%d.vq", directory, i);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		remove(paths[i]);
	return rmdir(directory);
}

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

static struct report *load(size_t count)
{
	const char *const list[] = {paths[0], paths[1]};
	struct report *r = report_load(list, count, error, sizeof(error));

	if (!r)
		fail_msg("%s", error);
	return r;
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
	r = load(2);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_gate_is_never_red),
		cmocka_unit_test(without_gate_everything_decides),
		cmocka_unit_test(either_plan_can_gate),
		cmocka_unit_test(a_gate_over_nothing_is_inconclusive),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
