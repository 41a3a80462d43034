/* SPDX-License-Identifier: Apache-2.0 */
/* The platform `kvm`: our own VMM straight on /dev/kvm. */
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "harness/platform.h"
#include "harness/platform/embedded.h"
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

static unsigned int capabilities(void)
{
	return CAN_GUEST | CAN_SNAPSHOT | CAN_PAUSE | CAN_RING0 | CAN_KERNEL_DEVICES | CAN_APIC |
	       CAN_NOTIFY | CAN_WINDOW | CAN_PRIVATE_RAM | CAN_CGROUP | CAN_HOST_TSC |
	       CAN_TSC_ADJUST | (vmm_probe()->hypercalls ? CAN_HYPERCALL : 0);
}

static const char *lacks(enum capability one)
{
	if (one == CAN_HYPERCALL)
		return "guest ring 0 is interpreted here, and VMCALL/VMMCALL never return from the "
		       "interpreter; run it on a host with VT-x or AMD-V";
	return embedded_lacks(one);
}

static size_t snapshot_room(const struct machine_config *c)
{
	return vm_snapshot_room(c->cpus, c->memory);
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
		.doorbell = embedded_doorbell,
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
	return vm_create(&config, m->config.command, m->config.member, untouched, m->error,
			 sizeof(m->error));
}

static void guest_process(struct machine *m)
{
	struct vm *vm = make_vm(m);

	if (vm && m->status->from_snapshot && vm_restore(vm, m->snapshot) < 0) {
		snprintf(m->error, sizeof(m->error), "%s", vm->error);
		vm = NULL;
	}
	embedded_serve(m, vm);
}

PLATFORM(kvm, .summary = "our own VMM on /dev/kvm", .works = works, .label = label,
	 .version = embedded_version, .capabilities = capabilities, .execution = embedded_execution,
	 .lacks = lacks, .snapshot_room = snapshot_room,
	 .settings = SETTINGS(&setting_plant, &setting_kvm), .guest_process = guest_process);
