/* SPDX-License-Identifier: Apache-2.0 */
/* The platform `kvm`: our own VMM straight on /dev/kvm. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform.h"
#include "harness/setting.h"
#include "harness/vmm/vmm.h"

static bool works(char *why, size_t size)
{
	const struct vmm_host *h = vmm_probe();

	if (!h->usable)
		snprintf(why, size, "%s", h->why_not);
	return h->usable;
}

static const char *label(void)
{
	return "kvm";
}

static const char *version(void)
{
	static struct utsname kernel;
	static char text[160];

	uname(&kernel);
	snprintf(text, sizeof(text), "Linux %s, %s", kernel.release, vmm_probe()->module);
	return text;
}

static unsigned int capabilities(void)
{
	return CAN_GUEST | CAN_SNAPSHOT | CAN_PAUSE | CAN_RING0 | CAN_KERNEL_DEVICES | CAN_APIC |
	       CAN_NOTIFY | CAN_WINDOW | CAN_PRIVATE_RAM | CAN_CGROUP | CAN_HOST_TSC |
	       CAN_TSC_ADJUST | (vmm_probe()->hypercalls ? CAN_HYPERCALL : 0);
}

static enum execution execution(int ring)
{
	if (ring == 0 && !vmm_probe()->hardware_ring0)
		return EXECUTION_INTERPRETED;
	return EXECUTION_HARDWARE;
}

static const char *lacks(enum capability one)
{
	if (one == CAN_MIGRATE)
		return "the embedded VMM hosts its guest in one process, to its end";
	if (one == CAN_RESET)
		return "the embedded VMM has no reset: it gives a guest that starts anew a new "
		       "process";
	if (one == CAN_DISK)
		return "the embedded VMM emulates no disk; QEMU's platforms have one";
	if (one == CAN_HYPERCALL)
		return "guest ring 0 is interpreted here, and VMCALL/VMMCALL never return from the "
		       "interpreter; run it on a host with VT-x or AMD-V";
	return NULL;
}

static size_t snapshot_room(const struct machine_config *c)
{
	return vm_snapshot_room(c->cpus, c->memory);
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

static void on_doorbell(void *context, struct vm *vm, uint32_t cpu, uint8_t value)
{
	struct machine *m = context;

	if (value == VQ_DOORBELL_BATCH && cpu == 0)
		machine_batch_doorbell(m, count, &vm->vcpu[0]);
	else if (value == VQ_DOORBELL_RING_FULL)
		usleep(100); /* the trial drains the ring */
	else if (value == VQ_DOORBELL_GOODBYE && cpu == 0 && m->config.watch)
		keep_statistics(m, vm);
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
		snprintf(m->error, sizeof(m->error), "%s", lacks(CAN_MIGRATE));
		return -1;
	case COMMAND_DISK:
		snprintf(m->error, sizeof(m->error), "%s", lacks(CAN_DISK));
		return -1;
	case COMMAND_RESET:
		snprintf(m->error, sizeof(m->error), "%s", lacks(CAN_RESET));
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

_Static_assert(VM_LOWER_RAM == MACHINE_LOWER_RAM, "");

/* RAM above the first 2 MiB, where it is not part of the shared file. */
static uint8_t *upper_memory(struct machine *m, bool *huge)
{
	*huge = false;
	if (m->config.pages == PAGES_SHARED)
		return NULL;
	return machine_private_memory(m->memory_size - MACHINE_LOWER_RAM, m->config.pages, huge);
}

static struct vm *make_vm(struct machine *m)
{
	bool huge;
	struct vm_config config = {
		.memory = m->memory,
		.memory_size = m->memory_size,
		.cpus = m->config.cpus,
		.pin = m->config.pin,
		.upper = upper_memory(m, &huge),
		.shared = machine_map_window(m),
		.shared_size = m->config.shared_size,
		.kernel_devices = m->config.kernel_devices,
		.statistics = m->config.watch,
		.track_dirty = m->config.snapshots,
		.doorbell = on_doorbell,
		.context = m,
		.end_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.notify_fd = m->config.notify_fd,
		.wake_fd = m->config.wake_fd,
	};
	uint64_t untouched = m->config.untouched ? m->memory_size - m->config.untouched : 0;

	if (m->config.pages != PAGES_SHARED && !config.upper) {
		snprintf(m->error, sizeof(m->error), "no memory for the guest's RAM");
		return NULL;
	}
	if (m->config.pages == PAGES_HUGE && !huge) {
		machine_without_huge_pages(m);
		return NULL;
	}
	return vm_create(&config, m->config.command, m->config.member, untouched, m->status->error,
			 sizeof(m->status->error));
}

static void guest_process(struct machine *m)
{
	struct machine_commands commands = {.act = act, .on_fd = on_end};
	struct vm *vm = make_vm(m);

	if (!vm || (m->status->from_snapshot && vm_restore(vm, m->snapshot) < 0)) {
		machine_ended(m, MACHINE_ERROR, vm ? vm->error : m->error);
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

PLATFORM(kvm, .summary = "our own VMM on /dev/kvm", .works = works, .label = label,
	 .version = version, .capabilities = capabilities, .execution = execution, .lacks = lacks,
	 .snapshot_room = snapshot_room, .settings = SETTINGS(&setting_plant, &setting_kvm),
	 .guest_process = guest_process);
