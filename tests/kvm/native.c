/* SPDX-License-Identifier: Apache-2.0 */
/* Machines on the native platform: a process for each, with no VMM in it. */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/kvm/machines.h"

static const struct platform *platform;

static void serve_and_stop(uint32_t cpus)
{
	struct machine m;

	open_machine(&m, platform, "serve=1", cpus, false);
	assert_true(all_go_on(m.memory, cpus));
	assert_int_equal(m.status->end, MACHINE_RUNNING);
	for (uint32_t i = 0; i < cpus; i++)
		assert_true(m.status->vcpu_tid[i] > 0);
	machine_close(&m);
}

static void every_cpu_serves(void **state)
{
	(void)state;
	serve_and_stop(1);
	serve_and_stop(2);
	serve_and_stop(4);
}

static void says_goodbye(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, platform, "", 1, false);
	assert_true(machine_wait(&m, host_now_ns() + BOUND_NS));
	assert_int_equal(m.status->end, MACHINE_GOODBYE);
	machine_close(&m);
}

static void takes_no_commands(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, platform, "serve=1", 1, false);
	assert_true(all_go_on(m.memory, 1));
	assert_int_equal(machine_pause(&m), -1);
	assert_non_null(strstr(m.error, "command"));
	assert_true(all_go_on(m.memory, 1));
	machine_close(&m);
}

static void its_end_is_seen_and_it_starts_again(void **state)
{
	struct machine a, b;

	(void)state;
	open_machine(&a, platform, "serve=1", 2, false);
	open_machine(&b, platform, "serve=1", 2, false);
	assert_true(all_go_on(a.memory, 2));
	assert_int_equal(machine_signal(&a, SIGKILL), 0);
	assert_true(machine_wait(&a, host_now_ns() + BOUND_NS));
	assert_false(machine_alive(&a));
	assert_true(all_go_on(b.memory, 2));
	assert_int_equal(machine_restart(&a, false), 0);
	assert_true(all_go_on(a.memory, 2));
	machine_close(&a);
	assert_true(all_go_on(b.memory, 2));
	machine_close(&b);
}

static void one_that_hangs_is_bounded(void **state)
{
	struct machine m;
	uint32_t ticket;

	(void)state;
	open_machine(&m, platform, "serve=1", 1, false);
	assert_true(all_go_on(m.memory, 1));
	ticket = request(m.memory, VQ_REQUEST_HANG, 0);
	assert_true(within_bound(heartbeat(m.memory, 0).fault_ticket == ticket));
	assert_true(all_stand_still(m.memory, 1));
	assert_true(machine_alive(&m));
	assert_int_equal(machine_restart(&m, false), 0);
	assert_true(all_go_on(m.memory, 1));
	machine_close(&m);
}

static void one_that_was_never_opened_can_be_closed(void **state)
{
	struct machine m = {0};

	(void)state;
	machine_close(&m);
	assert_false(machine_alive(&m));
}

static int find_native(void **state)
{
	(void)state;
	platform = find_platform("native");
	return !platform;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cpu_serves),
		cmocka_unit_test(says_goodbye),
		cmocka_unit_test(takes_no_commands),
		cmocka_unit_test(its_end_is_seen_and_it_starts_again),
		cmocka_unit_test(one_that_hangs_is_bounded),
		cmocka_unit_test(one_that_was_never_opened_can_be_closed),
	};

	alarm(300); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_native, NULL);
}
