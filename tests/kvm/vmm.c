/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded VMM and the machines around it, for real: boot, pause, snapshot, restore, and the
 * ways in which a guest or its process ends. Everywhere a bound stands in for a time.
 */
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cmocka.h>

#include "harness/core/record.h"
#include "harness/vmm/vmm.h"
#include "tests/kvm/machines.h"

static const struct platform *platform; /* the one that is being tested */

/* ---- Machines: a guest in a process of its own ---- */

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
	assert_non_null(strstr(m.status->error, "triple fault"));
	assert_null(strchr(m.status->error, '\n'));
	assert_true(machine_alive(&m)); /* the guest died, its process did not */
	assert_true(all_stand_still(m.memory, 2));
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
	assert_non_null(strstr(m.error, "guest process"));
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

/* ---- The VMM itself, in this process ---- */

struct guest {
	struct vm *vm;
	uint8_t *memory;
	int memory_fd, event;
};

static struct guest create_guest(const char *command, uint32_t cpus, uint64_t memory_size)
{
	struct guest g;
	char error[512];

	g.memory_fd = memfd_create("vmm test", MFD_CLOEXEC);
	g.event = eventfd(0, EFD_CLOEXEC);
	assert_true(g.memory_fd >= 0 && g.event >= 0);
	assert_int_equal(ftruncate(g.memory_fd, (off_t)memory_size), 0);
	g.memory = mmap(NULL, memory_size, PROT_READ | PROT_WRITE, MAP_SHARED, g.memory_fd, 0);
	assert_true(g.memory != MAP_FAILED);
	g.vm = vm_create(&(struct vm_config){.memory = g.memory,
					     .memory_size = memory_size,
					     .cpus = cpus,
					     .track_dirty = true,
					     .end_event = g.event,
					     .notify_fd = -1,
					     .wake_fd = -1},
			 command, 0, 0, error, sizeof(error));
	if (!g.vm)
		fail_msg("vm_create: %s", error);
	return g;
}

static void destroy_guest(struct guest *g)
{
	uint64_t size = g->vm->config.memory_size;

	vm_destroy(g->vm);
	munmap(g->memory, size);
	close(g->memory_fd);
	close(g->event);
}

static bool ends(const struct guest *g)
{
	return poll(&(struct pollfd){.fd = g->event, .events = POLLIN}, 1, BOUND_NS / 1000000) == 1;
}

static struct snapshot *snapshot_room(const struct guest *g)
{
	size_t size = vm_snapshot_room(g->vm->config.cpus, g->vm->config.memory_size);
	void *p = aligned_alloc(VQ_PAGE_SIZE, (size + VQ_PAGE_SIZE - 1) & -(size_t)VQ_PAGE_SIZE);

	assert_non_null(p);
	return p;
}

/* The pages of RAM that differ from the copy, beside control and heartbeats, which are what host
 * and guest have said to each other and stay. */
static uint32_t pages_that_differ(const uint8_t *memory, const uint8_t *copy, uint64_t size)
{
	uint32_t n = 0;

	for (uint64_t at = 0; at < size; at += VQ_PAGE_SIZE)
		if (at != VQ_CONTROL_OFFSET && at != VQ_HEARTBEAT_OFFSET)
			n += memcmp(memory + at, copy + at, VQ_PAGE_SIZE) != 0;
	return n;
}

static uint8_t *copy_of(const uint8_t *memory, uint64_t size)
{
	uint8_t *copy = malloc(size);

	assert_non_null(copy);
	return memcpy(copy, memory, size);
}

/* What host and guest wrote since is undone, to the byte, and the vCPUs go on from there. */
static void restore_puts_all_of_memory_back(uint32_t cpus)
{
	struct guest g = create_guest("serve=1", cpus, MEMORY);
	struct snapshot *s = snapshot_room(&g);
	struct vq_control control;
	uint8_t *copy;

	assert_int_equal(vm_start(g.vm), 0);
	assert_true(all_go_on(g.memory, cpus));
	vm_pause(g.vm);
	if (vm_snapshot(g.vm, s))
		fail_msg("vm_snapshot: %s", g.vm->error);
	copy = copy_of(g.memory, MEMORY);
	for (int i = 0; i < 3; i++) {
		vm_resume(g.vm);
		assert_true(all_go_on(g.memory, cpus));
		request(g.memory, VQ_REQUEST_OVERRUN, 1);
		assert_true(all_go_on(g.memory, cpus));
		vm_pause(g.vm);
		((struct vq_ring *)(g.memory + VQ_RING_OFFSET))->tail += 24;
		((struct vq_boot *)(g.memory + VQ_BOOT_OFFSET))->member = 77;
		assert_true(pages_that_differ(g.memory, copy, MEMORY) >= 2);
		memcpy(&control, g.memory + VQ_CONTROL_OFFSET, sizeof(control));
		if (vm_restore(g.vm, s) < 0)
			fail_msg("vm_restore: %s", g.vm->error);
		assert_int_equal(pages_that_differ(g.memory, copy, MEMORY), 0);
		assert_memory_equal(g.memory + VQ_CONTROL_OFFSET, &control, sizeof(control));
	}
	vm_resume(g.vm);
	assert_true(all_go_on(g.memory, cpus));
	free(copy);
	free(s);
	destroy_guest(&g);
}

static void restore_in_place_is_exact(void **state)
{
	(void)state;
	restore_puts_all_of_memory_back(1);
	restore_puts_all_of_memory_back(2);
	restore_puts_all_of_memory_back(4);
}

static void restore_into_another_vm_is_exact(void **state)
{
	struct guest a = create_guest("serve=1", 2, MEMORY), b;
	struct snapshot *s = snapshot_room(&a);
	uint8_t *copy;

	(void)state;
	assert_int_equal(vm_start(a.vm), 0);
	assert_true(all_go_on(a.memory, 2));
	vm_pause(a.vm);
	assert_int_equal(vm_snapshot(a.vm, s), 0);
	copy = copy_of(a.memory, MEMORY);
	destroy_guest(&a);

	b = create_guest("serve=1", 2, MEMORY);
	for (uint64_t i = MEMORY / 2; i < MEMORY; i++)
		b.memory[i] = (uint8_t)i; /* as if another guest had lived there */
	if (vm_restore(b.vm, s) < 0)
		fail_msg("vm_restore: %s", b.vm->error);
	assert_int_equal(pages_that_differ(b.memory, copy, MEMORY), 0);
	assert_int_equal(vm_start(b.vm), 0);
	assert_true(all_go_on(b.memory, 2));
	/* The second restore is in place. */
	vm_pause(b.vm);
	assert_true(pages_that_differ(b.memory, copy, MEMORY) > 0);
	assert_true(vm_restore(b.vm, s) >= 0);
	assert_int_equal(pages_that_differ(b.memory, copy, MEMORY), 0);
	vm_resume(b.vm);
	assert_true(all_go_on(b.memory, 2));
	free(copy);
	free(s);
	destroy_guest(&b);
}

static void what_is_no_snapshot_of_this_shape_is_refused(void **state)
{
	struct guest small = create_guest("serve=1", 1, MEMORY);
	struct guest large = create_guest("serve=1", 1, 2 * MEMORY);
	struct guest wide = create_guest("serve=1", 2, MEMORY);
	struct snapshot *s = snapshot_room(&small), *none = snapshot_room(&small);

	(void)state;
	assert_int_equal(vm_start(small.vm), 0);
	vm_pause(small.vm);
	assert_int_equal(vm_snapshot(small.vm, s), 0);
	assert_int_equal(vm_restore(large.vm, s), -1);
	assert_non_null(strstr(large.vm->error, "no snapshot"));
	assert_int_equal(vm_restore(wide.vm, s), -1);
	memset(none, 0, VQ_PAGE_SIZE);
	assert_int_equal(vm_restore(small.vm, none), -1);
	free(s);
	free(none);
	destroy_guest(&small);
	destroy_guest(&large);
	destroy_guest(&wide);
}

/* Let the guest begin with other code than ours. */
static void plant(struct guest *g, const void *code, size_t size)
{
	uint8_t *scratch = malloc(MEMORY);
	char error[128];
	uint64_t entry;

	assert_non_null(scratch);
	assert_int_equal(image_load(scratch, MEMORY, &entry, error, sizeof(error)), 0);
	assert_true(entry + size < MEMORY);
	memcpy(g->memory + entry, code, size);
	free(scratch);
}

static void a_stray_access_is_reported_with_its_address(void **state)
{
	static const uint8_t write[] = {0xa2, 0x00, 0x20, 0x00, 0xd0, 0, 0, 0, 0}; /* mov %al, m */
	static const uint8_t read[] = {0xa0, 0x00, 0x20, 0x00, 0xd0, 0, 0, 0, 0};  /* mov m, %al */
	struct guest g = create_guest("", 1, MEMORY);

	(void)state;
	plant(&g, write, sizeof(write));
	assert_int_equal(vm_start(g.vm), 0);
	assert_true(ends(&g));
	assert_int_equal(vm_end(g.vm), VM_ERROR);
	assert_non_null(strstr(g.vm->error, "MMIO write of 1 bytes at 0xd0002000"));
	assert_null(strchr(g.vm->error, '\n'));
	destroy_guest(&g);

	g = create_guest("", 1, MEMORY);
	plant(&g, read, sizeof(read));
	assert_int_equal(vm_start(g.vm), 0);
	assert_true(ends(&g));
	assert_int_equal(vm_end(g.vm), VM_ERROR);
	assert_non_null(strstr(g.vm->error, "MMIO read of 1 bytes at 0xd0002000"));
	destroy_guest(&g);
}

/* Code that never leaves the guest, on every vCPU, from its first instruction on. */
static void a_guest_that_never_leaves_can_be_stopped(void **state)
{
	static const uint8_t loop[] = {0xeb, 0xfe}; /* jmp to itself */
	struct guest g = create_guest("", 2, MEMORY);

	(void)state;
	plant(&g, loop, sizeof(loop));
	assert_int_equal(vm_start(g.vm), 0);
	for (int i = 0; i < 20; i++) {
		vm_pause(g.vm);
		vm_resume(g.vm);
	}
	assert_int_equal(vm_end(g.vm), VM_RUNNING);
	destroy_guest(&g);
}

static void a_guest_that_talks_without_end_is_cut(void **state)
{
	/* mov $'x', %al; 1: out %al, $0xe9; jmp 1b */
	static const uint8_t chatter[] = {0xb0, 'x', 0xe6, 0xe9, 0xeb, 0xfc};
	struct guest g = create_guest("", 1, MEMORY);
	size_t full = sizeof(g.vm->console) - 1;

	(void)state;
	plant(&g, chatter, sizeof(chatter));
	assert_int_equal(vm_start(g.vm), 0);
	assert_true(within_bound(__atomic_load_n(&g.vm->console_length, __ATOMIC_RELAXED) == full));
	vm_pause(g.vm);
	assert_int_equal(g.vm->console_length, full);
	assert_int_equal(strlen(g.vm->console), full);
	destroy_guest(&g);
}

static void a_vm_that_was_never_started_can_be_destroyed(void **state)
{
	struct guest g = create_guest("", 4, MEMORY);

	(void)state;
	destroy_guest(&g);
	vm_destroy(NULL);
}

static void memory_that_is_too_small_is_refused(void **state)
{
	static uint8_t page[VQ_PAGE_SIZE] __attribute__((aligned(4096)));
	char error[512] = "";

	(void)state;
	assert_null(vm_create(&(struct vm_config){.memory = page,
						  .memory_size = sizeof(page),
						  .cpus = 1,
						  .end_event = -1,
						  .notify_fd = -1,
						  .wake_fd = -1},
			      "", 0, 0, error, sizeof(error)));
	assert_true(strlen(error) > 10);
}

/* ---- All of them ---- */

static int use_kvm(void **state)
{
	(void)state;
	platform = find_platform("kvm");
	return !platform;
}

int main(void)
{
	static const struct CMUnitTest kvm[] = {
		cmocka_unit_test(boots_to_goodbye),
		cmocka_unit_test(every_cpu_serves),
		cmocka_unit_test(pauses_and_resumes),
		cmocka_unit_test(pauses_twice_and_resumes_twice),
		cmocka_unit_test(a_triple_fault_is_a_shutdown_with_a_line),
		cmocka_unit_test(a_guest_without_end_is_bounded),
		cmocka_unit_test(a_guest_that_hangs_is_bounded),
		cmocka_unit_test(the_end_of_the_guest_process_is_seen),
		cmocka_unit_test(two_machines_do_not_disturb_each_other),
		cmocka_unit_test(restores_in_place),
		cmocka_unit_test(restores_into_a_new_process),
		cmocka_unit_test(restore_in_place_is_exact),
		cmocka_unit_test(restore_into_another_vm_is_exact),
		cmocka_unit_test(what_is_no_snapshot_of_this_shape_is_refused),
		cmocka_unit_test(a_stray_access_is_reported_with_its_address),
		cmocka_unit_test(a_guest_that_never_leaves_can_be_stopped),
		cmocka_unit_test(a_guest_that_talks_without_end_is_cut),
		cmocka_unit_test(a_vm_that_was_never_started_can_be_destroyed),
		cmocka_unit_test(memory_that_is_too_small_is_refused),
	};
	const char *why;

	alarm(300); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	why = skip_reason(find_platform("kvm"));
	if (why) {
		printf("1..0 # SKIP %s\n", why);
		return 0;
	}
	return cmocka_run_group_tests(kvm, use_kvm, NULL);
}
