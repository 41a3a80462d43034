/* SPDX-License-Identifier: Apache-2.0 */
/* A recovery that fails, or brings nothing back, is a trial that did not recover: never dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "harness/fault.h"
#include "harness/host.h"

#define HORIZON_NS 150000000ll
#define PATIENT_NS 5000000000ll /* a trial that recovers ends well before */

static int fails(struct fault_trial *f)
{
	snprintf(fault_victim(f)->error, sizeof(fault_victim(f)->error), "made to fail");
	return -1;
}

static int does_nothing(struct fault_trial *f)
{
	(void)f;
	return 0;
}

static int restarts(struct fault_trial *f)
{
	return machine_restart(fault_victim(f), false);
}

/* guest_hang on the platform that works everywhere, with a recovery of ours. */
static struct trial_result *run_with(const struct recovery *r, int64_t horizon_ns)
{
	struct trial_result *result = trial_result_new();
	unsigned int cpus[64];
	struct trial_spec s = {
		.platform = registry_find(REGISTRY(platforms), "native"),
		.fault = registry_find(REGISTRY(faults), "guest_hang"),
		.recovery = r,
		.horizon_ns = horizon_ns,
		.cpus = cpus,
		.cpu_count = host_cpus(cpus, 64),
	};

	assert_non_null(result);
	assert_non_null(s.platform);
	assert_non_null(s.fault);
	trial_run(&s, result, -1);
	assert_string_equal(result->reason, "");
	assert_int_equal(result->status, TRIAL_OK);
	assert_true(result->fault.stamp_ns[T2_DETECTED] > 0);
	assert_true(result->fault.stamp_ns[T3_RECOVERY_STARTED] > 0);
	return result;
}

static void expect_not_recovered(struct trial_result *result)
{
	assert_int_equal(result->fault.outcome, OUTCOME_HANG);
	assert_int_equal(result->fault.stamp_ns[T4_FIRST_SERVICE], -1);
	assert_int_equal(result->fault.stamp_ns[T5_BASELINE], -1);
	assert_true(result->fault.horizon_ns >= HORIZON_NS);
	trial_result_free(result);
}

static void one_that_fails_is_censored(void **state)
{
	static const struct recovery r = {.name = "fails", .kind = FRESH_GUEST, .recover = fails};

	(void)state;
	expect_not_recovered(run_with(&r, HORIZON_NS));
}

static void one_that_does_nothing_is_censored(void **state)
{
	static const struct recovery r = {
		.name = "nothing", .kind = FRESH_GUEST, .recover = does_nothing};

	(void)state;
	expect_not_recovered(run_with(&r, HORIZON_NS));
}

static void one_that_works_recovers(void **state)
{
	static const struct recovery r = {
		.name = "works", .kind = FRESH_GUEST, .recover = restarts};
	struct trial_result *result;

	(void)state;
	result = run_with(&r, PATIENT_NS);
	assert_int_equal(result->fault.outcome, OUTCOME_ASSISTED_RECOVERED);
	assert_true(result->fault.stamp_ns[T4_FIRST_SERVICE] > 0);
	trial_result_free(result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_fails_is_censored),
		cmocka_unit_test(one_that_does_nothing_is_censored),
		cmocka_unit_test(one_that_works_recovers),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
