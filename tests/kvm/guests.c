/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Machines for real, on every platform that boots the guest and works here: boot, pause, snapshot,
 * restore, and the ways in which a guest or its process ends. Everywhere a bound stands in for a
 * time.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "harness/core/record.h"
#include "tests/kvm/machines.h"

static const struct platform *platform; /* the one that is being tested */

/* All records up to goodbye: the guest says hello for all its vCPUs and ends with status 0. */
static void check_records(struct machine *m, uint32_t cpus)
{
	static struct record_reader reader;
	static struct record record;
	bool hello = false, goodbye = false;
	enum record_status status;

	record_reader_init(&reader);
	while (record_feed_ring(&reader, (struct vq_ring *)(m->memory + VQ_RING_OFFSET)) > 0)
		while ((status = record_next(&reader, &record)) != RECORD_NONE) {
			struct vq_hello *h = (struct vq_hello *)record.payload;
			struct vq_goodbye *g = (struct vq_goodbye *)record.payload;

			assert_int_equal(status, RECORD_OK);
			if (record.header.type == VQ_RECORD_HELLO) {
				assert_int_equal(h->abi_version, VQ_ABI_VERSION);
				assert_int_equal(h->cpus, cpus);
				hello = true;
			} else if (record.header.type == VQ_RECORD_GOODBYE) {
				assert_int_equal(g->status, 0);
				goodbye = true;
			}
		}
	assert_true(hello);
	assert_true(goodbye);
}

static void check_end(const struct machine *m, enum machine_end expected)
{
	if (m->status->end != expected)
		fail_msg("%u vCPUs: ended with %u: %s", m->config.cpus, m->status->end,
			 m->status->error);
}

static void boot_to_goodbye(uint32_t cpus)
{
	struct machine m;

	open_machine(&m, platform, "", cpus, false);
	assert_true(machine_wait(&m, host_now_ns() + BOUND_NS));
	check_end(&m, MACHINE_GOODBYE);
	assert_true(m.status->stamp_ns[STAMP_OPEN] > 0);
	assert_true(m.status->stamp_ns[STAMP_STARTED] >= m.status->stamp_ns[STAMP_OPEN]);
	assert_true(m.status->stamp_ns[STAMP_ENDED] >= m.status->stamp_ns[STAMP_STARTED]);
	check_records(&m, cpus);
	machine_close(&m);
}

static void boots_to_goodbye(void **state)
{
	(void)state;
	boot_to_goodbye(1);
	boot_to_goodbye(2);
	boot_to_goodbye(4);
}

static void every_cpu_serves(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, platform, "serve=1", 4, false);
	assert_true(all_go_on(m.memory, 4));
	assert_int_equal(m.status->end, MACHINE_RUNNING);
	machine_close(&m);
}

static void pauses_and_resumes(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, platform, "serve=1", 2, false);
	assert_true(all_go_on(m.memory, 2));
	for (int i = 0; i < 5; i++) {
		assert_int_equal(machine_pause(&m), 0);
		assert_true(all_stand_still(m.memory, 2));
		assert_true(m.status->stamp_ns[STAMP_DONE] >= m.status->stamp_ns[STAMP_COMMAND]);
		assert_int_equal(machine_resume(&m), 0);
		assert_true(all_go_on(m.memory, 2));
	}
	machine_close(&m);
}

/* Commands that come twice, or before they make sense, do no harm. */
static void pauses_twice_and_resumes_twice(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, platform, "serve=1", 2, false);
	assert_int_equal(machine_resume(&m), 0);
	assert_int_equal(machine_pause(&m), 0); /* perhaps before its first instruction */
	assert_int_equal(machine_pause(&m), 0);
	assert_true(all_stand_still(m.memory, 2));
	assert_int_equal(machine_resume(&m), 0);
	assert_int_equal(machine_resume(&m), 0);
	assert_true(all_go_on(m.memory, 2));
	machine_close(&m);
}

static void a_triple_fault_is_a_shutdown_with_a_line(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, platform, "serve=1", 2, false);
	assert_true(all_go_on(m.memory, 2));
	request(m.memory, VQ_REQUEST_TRIPLE_FAULT, 0);
	assert_true(machine_wait(&m, host_now_ns() + BOUND_NS));
	check_end(&m, MACHINE_SHUTDOWN);
	assert_true(strlen(m.status->error) > 10);
	assert_null(strchr(m.status->error, '\n'));
	/* The guest died, its process did not; libvirt ends that, too. */
	assert_true(machine_alive(&m) || !strncmp(m.status->error, "libvirt", 7));
	assert_true(within_bound(all_stand_still(m.memory, 2))); /* QEMU stops the others next */
	assert_int_equal(machine_restart(&m, false), 0);
	assert_true(all_go_on(m.memory, 2));
	assert_int_equal(m.status->end, MACHINE_RUNNING);
	machine_close(&m);
}

/* So that what is seen to be gone later is that process, not a number. */
static int watch_process(const struct machine *m)
{
	int fd = (int)syscall(SYS_pidfd_open, m->pid, 0);

	assert_true(fd >= 0);
	return fd;
}

static bool is_gone(int pidfd)
{
	return poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, 0) == 1;
}

static void a_guest_without_end_is_bounded(void **state)
{
	struct machine m;
	int64_t begin;
	int process;

	(void)state;
	open_machine(&m, platform, "serve=1", 2, false);
	process = watch_process(&m);
	assert_true(all_go_on(m.memory, 2));
	begin = host_now_ns();
	assert_false(machine_wait(&m, begin + 50000000));
	assert_true(host_now_ns() - begin >= 50000000);
	assert_true(host_now_ns() - begin < BOUND_NS);
	assert_false(is_gone(process));
	machine_close(&m);
	assert_true(is_gone(process));
	close(process);
}

static void a_guest_that_hangs_is_bounded(void **state)
{
	static const uint32_t ways[] = {VQ_REQUEST_HANG, VQ_REQUEST_SPIN};

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		struct machine m;
		uint32_t ticket;
		int process;

		open_machine(&m, platform, "serve=1", 1, false);
		process = watch_process(&m);
		assert_true(all_go_on(m.memory, 1));
		ticket = request(m.memory, ways[i], 0);
		assert_true(within_bound(heartbeat(m.memory, 0).fault_ticket == ticket));
		assert_true(all_stand_still(m.memory, 1));
		assert_int_equal(m.status->end, MACHINE_RUNNING);
		machine_close(&m);
		assert_true(is_gone(process));
		close(process);
	}
}

static void the_end_of_the_guest_process_is_seen(void **state)
{
	struct machine m;

	(void)state;
	open_machine(&m, platform, "serve=1", 1, false);
	assert_true(all_go_on(m.memory, 1));
	assert_true(machine_alive(&m));
	assert_int_equal(machine_signal(&m, SIGKILL), 0);
	assert_true(machine_wait(&m, host_now_ns() + BOUND_NS));
	assert_false(machine_alive(&m));
	assert_int_equal(machine_pause(&m), -1);
	assert_true(strlen(m.error) > 10);
	assert_int_equal(machine_restart(&m, false), 0);
	assert_true(all_go_on(m.memory, 1));
	machine_close(&m);
	machine_close(&m); /* safe when closed already */
}

static void two_machines_do_not_disturb_each_other(void **state)
{
	struct machine a, b;

	(void)state;
	open_machine(&a, platform, "serve=1", 2, false);
	open_machine(&b, platform, "serve=1", 2, false);
	assert_true(all_go_on(a.memory, 2));
	assert_true(all_go_on(b.memory, 2));
	request(a.memory, VQ_REQUEST_HANG, 0);
	request(a.memory, VQ_REQUEST_HANG, 1);
	assert_true(all_go_on(b.memory, 2));
	machine_signal(&a, SIGKILL);
	assert_true(machine_wait(&a, host_now_ns() + BOUND_NS));
	assert_true(all_go_on(b.memory, 2));
	machine_close(&a);
	assert_true(all_go_on(b.memory, 2));
	assert_int_equal(b.status->end, MACHINE_RUNNING);
	machine_close(&b);
}

/*
 * A life that began with a snapshot, told from one that began with a boot by what only the guest's
 * own memory holds: the ticket of a request that was over when the snapshot was made.
 */
static uint32_t make_history(struct machine *m)
{
	uint32_t ticket;

	assert_true(all_go_on(m->memory, 2));
	ticket = request(m->memory, VQ_REQUEST_OVERRUN, 1);
	assert_true(within_bound(heartbeat(m->memory, 0).fault_ticket == ticket));
	assert_true(all_go_on(m->memory, 2));
	assert_int_equal(machine_pause(m), 0);
	if (machine_snapshot(m))
		fail_msg("snapshot: %s", m->error);
	assert_int_equal(machine_resume(m), 0);
	assert_true(all_go_on(m->memory, 2));
	return ticket;
}

static void restores_in_place(void **state)
{
	struct machine m;
	uint32_t ticket;

	(void)state;
	open_machine(&m, platform, "serve=1", 2, true);
	ticket = make_history(&m);
	for (int i = 0; i < 3; i++) {
		if (machine_restore(&m))
			fail_msg("restore: %s", m.error);
		assert_true(all_go_on(m.memory, 2));
		assert_int_equal(heartbeat(m.memory, 0).fault_ticket, ticket);
	}
	/* Also after an end. */
	request(m.memory, VQ_REQUEST_TRIPLE_FAULT, 0);
	assert_true(machine_wait(&m, host_now_ns() + BOUND_NS));
	check_end(&m, MACHINE_SHUTDOWN);
	((struct vq_control *)(m.memory + VQ_CONTROL_OFFSET))->request = VQ_REQUEST_NONE;
	if (machine_restore(&m))
		fail_msg("restore after an end: %s", m.error);
	assert_true(all_go_on(m.memory, 2));
	assert_int_equal(m.status->end, MACHINE_RUNNING);
	assert_int_equal(heartbeat(m.memory, 0).fault_ticket, ticket);
	machine_close(&m);
}

/* The guest starts anew where it was, hung or paused; its process stays. */
static void resets_in_its_process(void **state)
{
	struct machine m;
	pid_t host;

	(void)state;
	open_machine(&m, platform, "serve=1", 2, false);
	assert_true(all_go_on(m.memory, 2));
	host = machine_host(&m);
	request(m.memory, VQ_REQUEST_HANG, 0);
	assert_true(within_bound(heartbeat(m.memory, 0).fault_ticket));
	((struct vq_control *)(m.memory + VQ_CONTROL_OFFSET))->request = VQ_REQUEST_NONE;
	if (machine_reset(&m))
		fail_msg("reset: %s", m.error);
	assert_true(within_bound(machine_ready(&m)));
	assert_true(all_go_on(m.memory, 2));
	assert_int_equal(heartbeat(m.memory, 0).fault_ticket, 0);
	assert_int_equal(machine_pause(&m), 0);
	assert_int_equal(machine_reset(&m), 0);
	assert_true(all_go_on(m.memory, 2));
	assert_int_equal(machine_host(&m), host);
	assert_int_equal(m.status->end, MACHINE_RUNNING);
	machine_close(&m);
}

static void restores_into_a_new_process(void **state)
{
	struct machine m;
	uint32_t ticket;
	int first;

	(void)state;
	open_machine(&m, platform, "serve=1", 2, true);
	ticket = make_history(&m);
	first = watch_process(&m);
	machine_signal(&m, SIGKILL);
	assert_true(machine_wait(&m, host_now_ns() + BOUND_NS));
	assert_int_equal(machine_restart(&m, true), 0);
	assert_true(is_gone(first));
	assert_true(all_go_on(m.memory, 2));
	assert_int_equal(heartbeat(m.memory, 0).fault_ticket, ticket);
	/* The new process takes commands, and the snapshot can be used again. */
	assert_int_equal(machine_pause(&m), 0);
	assert_true(all_stand_still(m.memory, 2));
	assert_int_equal(machine_restore(&m), 0);
	assert_true(all_go_on(m.memory, 2));
	assert_int_equal(heartbeat(m.memory, 0).fault_ticket, ticket);
	/* And a boot is told from it. */
	assert_int_equal(machine_restart(&m, false), 0);
	assert_true(all_go_on(m.memory, 2));
	assert_int_equal(heartbeat(m.memory, 0).fault_ticket, 0);
	close(first);
	machine_close(&m);
}

/* ---- All of them, on all platforms ---- */

#define MAX_TESTS 256u

static struct CMUnitTest tests[MAX_TESTS];
static size_t test_count;

static int use(void **state)
{
	platform = *state;
	return 0;
}

static void add(const struct platform *p, const char *name, CMUnitTestFunction function)
{
	char *text;

	if (test_count == MAX_TESTS || asprintf(&text, "%s: %s", p->name, name) < 0)
		abort();
	tests[test_count++] = (struct CMUnitTest){
		.name = text, .test_func = function, .setup_func = use, .initial_state = (void *)p};
}

/* Through libvirt a life takes seconds: there, what exercises the most. */
static void add_all(const struct platform *p)
{
	bool slow = p->slack_ms > 5000;

#define ADD(test) add(p, #test, test)
	ADD(boots_to_goodbye);
	ADD(pauses_and_resumes);
	ADD(a_triple_fault_is_a_shutdown_with_a_line);
	ADD(the_end_of_the_guest_process_is_seen);
	ADD(two_machines_do_not_disturb_each_other);
	ADD(restores_in_place);
	if (p->capabilities() & CAN_RESET)
		ADD(resets_in_its_process);
	if (slow)
		return;
	ADD(every_cpu_serves);
	ADD(pauses_twice_and_resumes_twice);
	ADD(a_guest_without_end_is_bounded);
	ADD(a_guest_that_hangs_is_bounded);
	ADD(restores_into_a_new_process);
#undef ADD
}

int main(void)
{
	const unsigned int needs = CAN_GUEST | CAN_PAUSE | CAN_SNAPSHOT | CAN_RING0;
	const struct platform *begun[32];
	size_t begun_count = 0;
	char why[512];
	int ret;

	alarm(600); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	for_each_registered (struct platform, p, REGISTRY(platforms)) {
		if (skip_reason(p) || !p->works(why, sizeof(why)) ||
		    (p->capabilities() & needs) != needs)
			continue;
		if (p->begin && p->begin(why, sizeof(why))) {
			printf("# %s: %s\n", p->name, why);
			return 1;
		}
		if (p->end)
			begun[begun_count++] = p;
		add_all(p);
	}
	if (!test_count) {
		printf("1..0 # SKIP no platform that boots the guest works here\n");
		return 0;
	}
	ret = _cmocka_run_group_tests("guests", tests, test_count, NULL, NULL);
	while (begun_count)
		begun[--begun_count]->end();
	return ret;
}
