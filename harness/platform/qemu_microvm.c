/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platforms `qemu-kvm-microvm` and `qemu-tcg-microvm`: QEMU's smallest machine, started by the
 * guest process itself and driven over QMP. No firmware worth its name, no PCI, no libvirt: QEMU's
 * fast path.
 */
#include "harness/platform.h"
#include "harness/platform/qemu/emulator.h"
#include "harness/platform/qemu/guest.h"
#include "harness/platform/qemu/spawned.h"
#include "harness/setting.h"
#include "harness/vmm/vmm.h"

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

static int open_files(struct machine *m, struct qemu_files *f)
{
	f->kernel = qemu_memory_file(m, "guest image", guest_image_start, guest_image_size);
	return f->kernel < 0 ? -1 : 0;
}

static void one_piece(struct qemu_arguments *a, const struct machine *m)
{
	qemu_argument(a, "-machine");
	qemu_argument(a, "memory-backend=ram");
	qemu_argument(a, "-object");
	qemu_argument(a, "memory-backend-file,id=ram,size=%llu,mem-path=/proc/self/fd/%d,share=on",
		      (unsigned long long)m->memory_size, m->memory_fd);
}

/*
 * RAM in two pieces is QEMU's NUMA nodes, which the guest hears nothing of: below, what the
 * observer shares; above, memory of QEMU's own. QEMU advises huge pages for all of its RAM, but a
 * copy of a file's pages never has them: for small ones the piece above is one of the same file.
 */
static void two_pieces(struct qemu_arguments *a, const struct machine *m)
{
	unsigned long long upper = m->memory_size - MACHINE_LOWER_RAM;

	qemu_argument(a, "-object");
	qemu_argument(a, "memory-backend-file,id=low,size=%llu,mem-path=/proc/self/fd/%d,share=on",
		      (unsigned long long)MACHINE_LOWER_RAM, m->memory_fd);
	qemu_argument(a, "-object");
	if (m->config.pages == PAGES_HUGE)
		qemu_argument(a, "memory-backend-ram,id=high,size=%llu,prealloc=on", upper);
	else
		qemu_argument(a,
			      "memory-backend-file,id=high,size=%llu,mem-path=/proc/self/fd/%d,"
			      "share=off,prealloc=on",
			      upper, m->memory_fd);
	qemu_argument(a, "-numa");
	qemu_argument(a, "node,memdev=low");
	qemu_argument(a, "-numa");
	qemu_argument(a, "node,memdev=high");
}

/* acpi=off chooses qboot as firmware, which is a few hundred instructions. */
static void arguments(struct qemu_arguments *a, const struct qemu_guest *g,
		      const struct qemu_files *f)
{
	const struct machine *m = g->m;
	char command[2 * VQ_COMMAND_LENGTH];

	qemu_guest_command(g, command, sizeof(command));
	qemu_argument(a, "-machine");
	qemu_argument(a,
		      "microvm,accel=%s,acpi=off,pit=off,pic=off,rtc=off,"
		      "isa-serial=off,auto-kernel-cmdline=off",
		      g->kvm ? "kvm" : "tcg");
	qemu_argument(a, "-m");
	qemu_argument(a, "%lluK", (unsigned long long)m->memory_size >> 10);
	if (m->config.pages == PAGES_SHARED)
		one_piece(a, m);
	else
		two_pieces(a, m);
	qemu_argument(a, "-kernel");
	qemu_argument(a, "/proc/self/fd/%d", f->kernel);
	qemu_argument(a, "-append");
	qemu_argument(a, "%s", command);
	qemu_argument(a, "-device");
	qemu_argument(a, "isa-debugcon,iobase=%#x,chardev=console", VQ_PORT_CONSOLE);
}

static void kvm_process(struct machine *m)
{
	static const struct qemu_spawned kind = {
		.kvm = true, .open_files = open_files, .arguments = arguments};

	qemu_drive(m, &kind);
}

static void tcg_process(struct machine *m)
{
	static const struct qemu_spawned kind = {.open_files = open_files, .arguments = arguments};

	qemu_drive(m, &kind);
}

/* ---- What they are ---- */

static bool kvm_works(char *why, size_t size)
{
	return qemu_works(true, why, size);
}

static bool tcg_works(char *why, size_t size)
{
	return qemu_works(false, why, size);
}

static const char *kvm_label(void)
{
	return "qemu-kvm (microvm)";
}

static const char *tcg_label(void)
{
	return "qemu-tcg (microvm)";
}

static unsigned int tcg_capabilities(void)
{
	return CAN_GUEST | CAN_SNAPSHOT | CAN_PAUSE | CAN_RING0 | CAN_APIC | CAN_CGROUP |
	       CAN_MIGRATE | CAN_RESET | qemu_postcopy() | CAN_PRIVATE_RAM | qemu_devices();
}

static unsigned int kvm_capabilities(void)
{
	return tcg_capabilities() | CAN_TSC_ADJUST | (vmm_probe()->hypercalls ? CAN_HYPERCALL : 0);
}

#define SLACK_MS 3000 /* QEMU's exec and initialisation, on a busy host */

PLATFORM_CALLED(qemu_kvm_microvm, "qemu-kvm-microvm",
		.summary = "QEMU's microvm on /dev/kvm, driven over QMP", .works = kvm_works,
		.label = kvm_label, .version = qemu_version, .capabilities = kvm_capabilities,
		.execution = qemu_kvm_execution, .lacks = qemu_kvm_lacks, .slack_ms = SLACK_MS,
		.ambient_exits = QEMU_AMBIENT_EXITS, .snapshot_room = qemu_snapshot_room,
		.settings = SETTINGS(&setting_plant, &setting_qemu, &setting_kvm),
		.guest_process = kvm_process);

PLATFORM_CALLED(qemu_tcg_microvm, "qemu-tcg-microvm",
		.summary = "QEMU's microvm, its CPU in software, driven over QMP",
		.works = tcg_works, .label = tcg_label, .version = qemu_version,
		.capabilities = tcg_capabilities, .execution = qemu_tcg_execution,
		.lacks = qemu_tcg_lacks, .slack_ms = SLACK_MS, .snapshot_room = qemu_snapshot_room,
		.settings = SETTINGS(&setting_plant, &setting_qemu), .guest_process = tcg_process);
