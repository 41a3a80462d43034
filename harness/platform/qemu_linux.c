/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platforms `qemu-kvm-linux` and `qemu-tcg-linux`: Debian's cloud kernel with the native
 * payload as its init, on QEMU's pc. What it costs to start, to run and to recover a real operating
 * system; what the observer reads is the memory of a PCI device (ivshmem) that both sides map.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/platform/linux_boot.h"
#include "harness/platform/process.h"
#include "harness/platform/qemu/emulator.h"
#include "harness/platform/qemu/guest.h"
#include "harness/platform/qemu/spawned.h"
#include "harness/setting.h"
#include "harness/vmm/vmm.h"

#define KVM_NAME "qemu-kvm-linux"
#define TCG_NAME "qemu-tcg-linux"

#define RAM_MIB	   128u
#define SLACK_MS   60000 /* firmware and a whole kernel, perhaps interpreted, on a busy host */
#define HORIZON_MS 15000 /* a recovery starts it anew */

/* The kernel's own words go to the serial line, and into the trial's console where they matter. */
#define APPEND                                                                                     \
	"console=ttyS0 quiet panic=-1 nokaslr mitigations=off tsc=reliable no_timer_check "        \
	"rdinit=/init"

/* Of the device's memory: a BAR is a power of two, and QEMU wants the file as long. */
static uint64_t bar_size(const struct machine *m)
{
	uint64_t size = 2ull << 20;

	while (size < m->memory_size)
		size *= 2;
	return size;
}

static int open_files(struct machine *m, struct qemu_files *f)
{
	f->kernel = open(linux_kernel(), O_RDONLY | O_CLOEXEC);
	if (f->kernel < 0) {
		snprintf(m->error, sizeof(m->error), "%s: %s", linux_kernel(), strerror(errno));
		return -1;
	}
	f->initrd = linux_initrd();
	if (f->initrd >= 0 && ftruncate(m->memory_fd, (off_t)bar_size(m)) == 0)
		return 0;
	snprintf(m->error, sizeof(m->error), "making the guest's files: %s", strerror(errno));
	return -1;
}

static void arguments(struct qemu_arguments *a, const struct qemu_guest *g,
		      const struct qemu_files *f)
{
	qemu_argument(a, "-machine");
	qemu_argument(a, "%s,accel=%s,vmport=off", qemu_machine_type(g->m, "pc"),
		      g->kvm ? "kvm" : "tcg");
	qemu_argument(a, "-m");
	qemu_argument(a, "%uM", RAM_MIB);
	qemu_argument(a, "-object");
	qemu_argument(a,
		      "memory-backend-file,id=areas,size=%llu,mem-path=/proc/self/fd/%d,share=on",
		      (unsigned long long)bar_size(g->m), g->m->memory_fd);
	qemu_argument(a, "-device");
	qemu_argument(a, "ivshmem-plain,memdev=areas,master=on");
	qemu_argument(a, "-device");
	qemu_argument(a, "isa-serial,chardev=console");
	qemu_argument(a, "-kernel");
	qemu_argument(a, "/proc/self/fd/%d", f->kernel);
	qemu_argument(a, "-initrd");
	qemu_argument(a, "/proc/self/fd/%d", f->initrd);
	qemu_argument(a, "-append");
	qemu_argument(a, "%s", APPEND);
}

static void kvm_process(struct machine *m)
{
	static const struct qemu_spawned kind = {
		.kvm = true, .open_files = open_files, .arguments = arguments};

	process_write_boot_outside(m);
	qemu_drive(m, &kind);
}

static void tcg_process(struct machine *m)
{
	static const struct qemu_spawned kind = {.open_files = open_files, .arguments = arguments};

	process_write_boot_outside(m);
	qemu_drive(m, &kind);
}

/* ---- What they are ---- */

static bool kvm_works(char *why, size_t size)
{
	if (!qemu_works(true, why, size) || !linux_has_kernel(KVM_NAME, why, size))
		return false;
	if (vmm_probe()->hardware_ring0)
		return true;
	snprintf(why, size, "%s", LINUX_NEEDS_RING0);
	return false;
}

static bool tcg_works(char *why, size_t size)
{
	return qemu_works(false, why, size) && linux_has_kernel(TCG_NAME, why, size);
}

static const char *kvm_label(void)
{
	return "qemu-kvm (Linux guest)";
}

static const char *tcg_label(void)
{
	return "qemu-tcg (Linux guest)";
}

static const char *version(void)
{
	static char text[512];

	snprintf(text, sizeof(text), "%s, guest %s", qemu_version(), linux_version());
	return text;
}

static unsigned int capabilities(void)
{
	return CAN_PAUSE | CAN_PRIVATE_RAM | CAN_MIGRATE | qemu_postcopy();
}

static const char *lacks(enum capability one)
{
	switch (one) {
	case CAN_GUEST:
	case CAN_RING0:
	case CAN_APIC:
		return "the payload is a process of the guest's Linux; qemu-kvm and qemu-tcg have "
		       "a "
		       "ring 0 of ours";
	case CAN_SNAPSHOT:
		return "a snapshot leaves out RAM that is shared, and this guest's is QEMU's own; "
		       "qemu-kvm and qemu-tcg have snapshots";
	case CAN_RESET:
		return "where the payload boots from is written when its guest is started; "
		       "qemu-kvm and qemu-tcg have resets";
	case CAN_CGROUP:
		return "QEMU with a whole Linux in it takes more memory than such a cgroup has";
	case CAN_PVPANIC:
	case CAN_WATCHDOG:
	case CAN_DISK:
		return "the guest's Linux would have to drive that device, and the payload is a "
		       "process of it; qemu-kvm and qemu-tcg have it";
	case CAN_WINDOW:
	case CAN_NOTIFY:
		return "the guest's Linux shares nothing with other guests but through devices";
	default:
		return qemu_tcg_lacks(one);
	}
}

PLATFORM_CALLED(qemu_kvm_linux, KVM_NAME,
		.summary = "Debian's kernel with the payload as init, QEMU's pc on /dev/kvm",
		.works = kvm_works, .label = kvm_label, .version = version,
		.capabilities = capabilities, .execution = qemu_kvm_execution, .lacks = lacks,
		.slack_ms = SLACK_MS, .horizon_ms = HORIZON_MS, .ambient_exits = QEMU_AMBIENT_EXITS,
		.settings = SETTINGS(&setting_plant, &setting_qemu, &setting_machine, &setting_kvm),
		.guest_process = kvm_process);

PLATFORM_CALLED(qemu_tcg_linux, TCG_NAME,
		.summary = "Debian's kernel with the payload as init, QEMU's pc in software",
		.works = tcg_works, .label = tcg_label, .version = version,
		.capabilities = capabilities, .execution = qemu_tcg_execution, .lacks = lacks,
		.slack_ms = SLACK_MS, .horizon_ms = HORIZON_MS,
		.settings = SETTINGS(&setting_plant, &setting_qemu, &setting_machine),
		.guest_process = tcg_process);
