/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/embedded.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"

const char *embedded_version(void)
{
	static struct utsname kernel;
	static char text[160];

	uname(&kernel);
	snprintf(text, sizeof(text), "Linux %s, %s", kernel.release, vmm_probe()->module);
	return text;
}

enum execution embedded_execution(int ring)
{
	if (ring == 0 && !vmm_probe()->hardware_ring0)
		return EXECUTION_INTERPRETED;
	return EXECUTION_HARDWARE;
}

const char *embedded_lacks(enum capability one)
{
	if (one == CAN_MIGRATE)
		return "the embedded VMM hosts its guest in one process, to its end";
	if (one == CAN_RESET)
		return "the embedded VMM has no reset: it gives a guest that starts anew a new "
		       "process";
	if (one == CAN_DISK)
		return "the embedded VMM emulates no disk; QEMU's platforms have one";
	return NULL;
}

static int count(void *context, uint64_t *exits, uint64_t *emulated)
{
	struct vm_counters c;
	struct vcpu *v = context;

	if (vm_counters(v->vm, v->index, &c))
		return -1;
	*exits = c.exits;
	*emulated = c.emulated;
	return 0;
}

/* The guest is done, and its vCPU stands in its last doorbell. */
static void keep_statistics(struct machine *m, struct vm *vm)
{
	static struct vm_statistic all[MACHINE_MAX_STATS];
	struct machine_status *s = m->status;
	size_t count = vm_statistics(vm, all, MACHINE_MAX_STATS);

	for (size_t i = 0; i < count; i++) {
		struct machine_stat *out = &s->stat[i];

		memcpy(out->name, all[i].name, sizeof(out->name));
		snprintf(out->unit, sizeof(out->unit), "%s", all[i].unit);
		snprintf(out->scope, sizeof(out->scope), "%s", all[i].scope);
		out->value = all[i].value;
	}
	__atomic_store_n(&s->stat_count, (uint32_t)count, __ATOMIC_RELEASE);
}

void embedded_doorbell(void *context, struct vm *vm, uint32_t cpu, uint8_t value)
{
	struct machine *m = context;
	struct vq_ring *ring = (struct vq_ring *)(m->memory + VQ_RING_OFFSET);

	if (value == VQ_DOORBELL_BATCH && cpu == 0)
		machine_batch_doorbell(m, count, &vm->vcpu[0]);
	else if (value == VQ_DOORBELL_RING_FULL)
		usleep(100); /* the trial drains the ring */
	else if (value == VQ_DOORBELL_GOODBYE && cpu == 0 && m->config.watch)
		keep_statistics(m, vm);
	/* Its Linux asks, but stood still. */
	if (vm->config.kernel)
		__atomic_store_n(&ring->answered, ring->rung, __ATOMIC_RELEASE);
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct vm *vm = context;
	int ret = -1;

	switch (command) {
	case COMMAND_PAUSE:
		ret = vm_pause(vm);
		break;
	case COMMAND_RESUME:
		ret = vm_resume(vm);
		break;
	case COMMAND_SNAPSHOT:
		ret = vm_snapshot(vm, m->snapshot);
		break;
	case COMMAND_RESTORE:
		vm_pause(vm);
		m->status->end = MACHINE_RUNNING;
		ret = vm_restore(vm, m->snapshot) < 0 ? -1 : vm_resume(vm);
		break;
	case COMMAND_EXEC:
		snprintf(m->error, sizeof(m->error), "a guest without an OS runs no process");
		return -1;
	case COMMAND_MIGRATE:
		snprintf(m->error, sizeof(m->error), "%s", embedded_lacks(CAN_MIGRATE));
		return -1;
	case COMMAND_DISK:
		snprintf(m->error, sizeof(m->error), "%s", embedded_lacks(CAN_DISK));
		return -1;
	case COMMAND_RESET:
		snprintf(m->error, sizeof(m->error), "%s", embedded_lacks(CAN_RESET));
		return -1;
	case COMMAND_SAVE:
	case COMMAND_START:
	case COMMAND_DESTROY:
		snprintf(m->error, sizeof(m->error), "no management has a guest of this process");
		return -1;
	}
	if (ret)
		snprintf(m->error, sizeof(m->error), "%s", vm->error);
	return ret;
}

static void on_end(void *context, struct machine *m)
{
	static const enum machine_end ends[] = {
		[VM_RUNNING] = MACHINE_RUNNING,
		[VM_GOODBYE] = MACHINE_GOODBYE,
		[VM_SHUTDOWN] = MACHINE_SHUTDOWN,
		[VM_ERROR] = MACHINE_ERROR,
	};
	struct vm *vm = context;
	uint64_t drained;

	if (read(vm->config.end_event, &drained, sizeof(drained)) < 0)
		return;
	memcpy(m->status->console, vm->console, sizeof(m->status->console));
	machine_ended(m, ends[vm_end(vm)], vm->error);
}

void embedded_serve(struct machine *m, struct vm *vm)
{
	struct machine_commands commands = {.act = act, .on_fd = on_end};

	if (!vm) {
		machine_ended(m, MACHINE_ERROR, m->error);
		_exit(1);
	}
	m->status->ready = 1;
	commands.context = vm;
	commands.fd = vm->config.end_event;
	m->status->start_tsc = rdtsc();
	m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	if (vm_start(vm)) {
		machine_ended(m, MACHINE_ERROR, vm->error);
		_exit(1);
	}
	for (uint32_t i = 0; i < vm->config.cpus; i++)
		m->status->vcpu_tid[i] = vm_wait_tid(vm, i);
	machine_serve(m, &commands);
}
