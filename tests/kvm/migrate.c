/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that migrates keeps its memory, its heartbeat and its driver; one that cannot stays. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/platform/libvirt/qemu_driver.h"
#include "tests/kvm/machines.h"

#define DIRTY_MEMORY (4ull << 20)
#define PAGES	     256u /* what it dirties: half of what lies above 2 MiB */

static int open_guest(struct machine *m, const struct platform *platform, bool migrates)
{
	struct machine_config c = {
		.cpus = 1,
		.memory = DIRTY_MEMORY,
		.command = "serve=1 dirty=256",
		.migrates = migrates,
		.shared_fd = -1,
		.notify_fd = -1,
		.wake_fd = -1,
	};

	if (machine_open(m, platform, &c))
		fail_msg("machine_open: %s", m->error);
	return within_bound(machine_ready(m) && sequence(m->memory, 0) > PAGES) ? 0 : -1;
}

static void look(void *context)
{
	++*(uint64_t *)context;
}

static const uint64_t *page(const struct machine *m, uint32_t i)
{
	return (const uint64_t *)(m->memory + (2u << 20) + (size_t)i * VQ_PAGE_SIZE);
}

static void migrate(struct machine *m, enum machine_migration how)
{
	uint64_t before = sequence(m->memory, 0);
	pid_t host = machine_host(m);
	uint8_t *memory = m->memory;
	uint64_t looks = 0;

	if (machine_migrate(m, how, look, &looks))
		fail_msg("machine_migrate: %s", m->error);
	assert_true(looks > 0);
	assert_ptr_equal(m->memory, memory);
	assert_int_not_equal(machine_host(m), host);
	assert_true(sequence(m->memory, 0) > before);
	assert_true(goes_on(m->memory, 0, PAGES));
	/* And at the source nobody does. */
	assert_true(all_stand_still(m->destination, 1));
	assert_true(machine_alive(m));
}

/* Page by page, what an operation wrote there last: so none was lost, or replaced by an older. */
static void expect_pages(const struct machine *m)
{
	for (uint32_t i = 0; i < PAGES; i++)
		assert_in_range(*page(m, i), sequence(m->memory, 0) - PAGES,
				sequence(m->memory, 0) + 1);
}

static void test_goes_on(void **state)
{
	static struct machine m;

	assert_int_equal(open_guest(&m, *state, true), 0);
	migrate(&m, PRECOPY);
	migrate(&m, PRECOPY); /* and back to the first memory */
	assert_int_equal(machine_pause(&m), 0);
	assert_true(all_stand_still(m.memory, 1));
	expect_pages(&m);
	assert_int_equal(machine_migrate(&m, PRECOPY, NULL, NULL), -1);
	assert_non_null(strstr(m.error, "a guest that runs"));
	assert_int_equal(machine_resume(&m), 0);
	migrate(&m, PRECOPY);
	assert_int_equal(machine_restart(&m, false), 0);
	assert_true(within_bound(machine_ready(&m) && sequence(m.memory, 0)));
	migrate(&m, PRECOPY);
	machine_close(&m);
}

/* There, back to memory that is not empty, and before the RAM again. */
static void test_followed(void **state)
{
	static struct machine m;

	assert_int_equal(open_guest(&m, *state, true), 0);
	migrate(&m, POSTCOPY);
	migrate(&m, POSTCOPY);
	migrate(&m, PRECOPY);
	assert_int_equal(machine_pause(&m), 0);
	expect_pages(&m);
	machine_close(&m);
}

/* The destination's memory is too small: QEMU does not start on it. */
static void test_stays(void **state)
{
	static struct machine m;
	pid_t host;

	assert_int_equal(open_guest(&m, *state, true), 0);
	host = machine_host(&m);
	assert_int_equal(ftruncate(m.destination_fd, VQ_PAGE_SIZE), 0);
	assert_int_equal(machine_migrate(&m, PRECOPY, NULL, NULL), -1);
	assert_non_null(strcasestr(m.error, "qemu"));
	assert_int_equal(machine_host(&m), host);
	assert_true(goes_on(m.memory, 0, PAGES));
	assert_int_equal(m.status->end, MACHINE_RUNNING);
	assert_int_equal(ftruncate(m.destination_fd, DIRTY_MEMORY), 0);
	migrate(&m, PRECOPY);
	machine_close(&m);
}

/* Its QEMU is stopped, and takes no part in what libvirt asks of it: that would take for ever. */
static void test_bounded(void **state)
{
	int bound_ms = qemu_driver_migrate_ms;
	static struct machine m;
	pid_t host;

	qemu_driver_migrate_ms = 500;
	assert_int_equal(open_guest(&m, *state, true), 0);
	host = machine_host(&m);
	assert_int_equal(kill(host, SIGSTOP), 0);
	assert_int_equal(machine_migrate(&m, PRECOPY, NULL, NULL), -1);
	assert_non_null(strstr(m.error, "not through within 0.5 s, and was ended by a kill"));
	assert_true(within_bound(kill(host, 0)));
	/* The driver did not hang with it: a new guest can be had, and that one migrates. */
	qemu_driver_migrate_ms = bound_ms;
	assert_int_equal(machine_restart(&m, false), 0);
	assert_true(within_bound(machine_ready(&m) && sequence(m.memory, 0)));
	migrate(&m, PRECOPY);
	machine_close(&m);
}

static void test_no_room(void **state)
{
	static struct machine m;

	assert_int_equal(open_guest(&m, *state, false), 0);
	assert_int_equal(machine_migrate(&m, PRECOPY, NULL, NULL), -1);
	assert_non_null(strstr(m.error, "no room for a destination"));
	assert_true(goes_on(m.memory, 0, PAGES));
	machine_close(&m);
}

/* Whoever does not migrate says why. */
static void test_others(void **state)
{
	(void)state;
	for_each_registered (struct platform, it, REGISTRY(platforms)) {
		if (it->capabilities() & CAN_MIGRATE)
			continue;
		assert_non_null(it->lacks);
		assert_non_null(it->lacks(CAN_MIGRATE));
	}
}

static struct CMUnitTest tests[24];
static size_t test_count;

static void add(const char *name, CMUnitTestFunction test, const struct platform *p)
{
	char *called = NULL;

	if (asprintf(&called, "%s: %s", p ? p->name : "all platforms", name) < 0)
		abort();
	tests[test_count++] =
		(struct CMUnitTest){.name = called, .test_func = test, .initial_state = (void *)p};
}

int main(void)
{
	static const char *const names[] = {"qemu-kvm-microvm", "qemu-tcg-microvm", "qemu-kvm",
					    "qemu-tcg"};
	char why[512];
	int failed;

	alarm(600); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	add("those that do not migrate say why", test_others, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct platform *p = find_platform(names[i]);

		if (!p->works(why, sizeof(why))) {
			printf("# %s: %s\n", p->name, why);
			continue;
		}
		if (p->begin && p->begin(why, sizeof(why))) {
			printf("Bail out! %s: %s\n", p->name, why);
			return 1;
		}
		add("goes on", test_goes_on, p);
		if (p->capabilities() & CAN_POSTCOPY)
			add("is followed by its memory", test_followed, p);
		else
			printf("# %s: %s\n", p->name, p->lacks(CAN_POSTCOPY));
		add("stays", test_stays, p);
		if (p->capabilities() & CAN_MANAGEMENT) /* it is libvirt that knows no bound */
			add("is bounded", test_bounded, p);
		add("no room", test_no_room, p);
	}
	failed = _cmocka_run_group_tests("migrate", tests, test_count, NULL, NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (find_platform(names[i])->end)
			find_platform(names[i])->end(); /* it may not have begun */
	return failed;
}
