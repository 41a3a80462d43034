/* SPDX-License-Identifier: Apache-2.0 */
/* Machines whose RAM is not our file: a platform's own pages lie over it, life by life. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "tests/kvm/machines.h"

#define MARK 0x1234567890ull

static int theirs = -1; /* the guest's RAM, as far as it is mapped */
static bool broken;	/* it cannot be mapped, by the trial */
static pid_t trial;

static int map_memory(struct machine *m)
{
	if (broken && getpid() == trial) {
		snprintf(m->error, sizeof(m->error), "no way in");
		return -1;
	}
	return mmap(m->memory, MACHINE_AREAS, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		    theirs, 0) == MAP_FAILED
		       ? -1
		       : 0;
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	(void)context;
	(void)m;
	(void)command;
	return 0;
}

/* A guest that shows one sign of life, in pages of its own that are fresh. */
static void guest_process(struct machine *m)
{
	struct machine_commands commands = {.act = act, .fd = -1};
	struct vq_heartbeat *heartbeat = (void *)(m->memory + VQ_HEARTBEAT_OFFSET);

	if (ftruncate(theirs, 0) || ftruncate(theirs, MACHINE_AREAS))
		_exit(1);
	m->status->memory_of = 7;
	if (machine_map_memory(m))
		_exit(1);
	heartbeat->sequence = MARK;
	__atomic_store_n(&m->status->ready, 1, __ATOMIC_RELEASE);
	machine_serve(m, &commands);
}

static const struct platform platform = {
	.name = "foreign", .map_memory = map_memory, .guest_process = guest_process};

static struct vq_control *control(struct machine *m)
{
	return (struct vq_control *)(m->memory + VQ_CONTROL_OFFSET);
}

static uint64_t sign_of_life(struct machine *m)
{
	return ((struct vq_heartbeat *)(m->memory + VQ_HEARTBEAT_OFFSET))->sequence;
}

static bool wait_ready(struct machine *m)
{
	return within_bound(machine_ready(m) || m->status->end != MACHINE_RUNNING) &&
	       machine_ready(m);
}

static uint32_t seen_by_the_guest(size_t offset)
{
	uint32_t value = 0;

	assert_int_equal(pread(theirs, &value, sizeof(value), (off_t)offset), sizeof(value));
	return value;
}

static void pages_take_the_files_place(void **state)
{
	struct machine m;
	uint8_t *at;

	(void)state;
	broken = false;
	open_machine(&m, &platform, "", 1, false);
	at = m.memory;
	control(&m)->epoch = 5;
	assert_true(wait_ready(&m));
	assert_ptr_equal(m.memory, at);
	assert_true(sign_of_life(&m) == MARK);
	/* What was asked before is known to the guest, and so is what is asked now. */
	assert_int_equal(seen_by_the_guest(VQ_CONTROL_OFFSET + offsetof(struct vq_control, epoch)),
			 5);
	control(&m)->ticket = 9;
	assert_int_equal(seen_by_the_guest(VQ_CONTROL_OFFSET + offsetof(struct vq_control, ticket)),
			 9);
	machine_close(&m);
}

static void each_life_has_its_own(void **state)
{
	struct machine m;

	(void)state;
	broken = false;
	open_machine(&m, &platform, "", 1, false);
	assert_true(wait_ready(&m));
	control(&m)->epoch = 6;
	assert_int_equal(machine_restart(&m, false), 0);
	assert_true(m.memory_of == 0);
	assert_true(sign_of_life(&m) == 0);
	assert_int_equal(control(&m)->epoch, 6);
	assert_true(wait_ready(&m));
	assert_true(sign_of_life(&m) == MARK);
	assert_int_equal(seen_by_the_guest(VQ_CONTROL_OFFSET + offsetof(struct vq_control, epoch)),
			 6);
	machine_close(&m);
}

static void what_cannot_be_mapped_ends_the_machine(void **state)
{
	struct machine m;

	(void)state;
	broken = true;
	open_machine(&m, &platform, "", 1, false);
	assert_false(wait_ready(&m));
	assert_int_equal(m.status->end, MACHINE_ERROR);
	assert_string_equal(m.status->error, "no way in");
	machine_close(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_take_the_files_place),
		cmocka_unit_test(each_life_has_its_own),
		cmocka_unit_test(what_cannot_be_mapped_ends_the_machine),
	};

	trial = getpid();
	theirs = memfd_create("virt-qualify test", MFD_CLOEXEC);
	assert_true(theirs >= 0);
	alarm(300); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
