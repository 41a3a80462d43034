/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded VMM, for real: snapshots to the byte, and guests that do what none should.
 * Everywhere a bound stands in for a time.
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

int main(void)
{
	static const struct CMUnitTest kvm[] = {
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
	return cmocka_run_group_tests(kvm, NULL, NULL);
}
