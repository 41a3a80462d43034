/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The embedded VMM: the smallest thing that runs our guest straight on /dev/kvm, and the only
 * place that issues KVM ioctls. One VM a process (platform/kvm.c forks it); a thread a vCPU.
 *
 * Errors: functions return 0 or -1 and leave one line in vm->error (vm_create: in `error`).
 * References: Documentation/virt/kvm/api.rst of the Linux kernel, by section.
 */
#ifndef VQ_VMM_H
#define VQ_VMM_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "guests/abi.h"

struct kvm_run;

/* What KVM on this host can do; gathered once, inherited by every trial through fork. */
struct vmm_host {
	bool usable;
	char why_not[256];   /* where not: what, and how to get it */
	bool hardware_ring0; /* guest ring 0 runs on the processor; else it is interpreted */
	bool hypercalls;     /* VMCALL/VMMCALL from ring 0 return */
	bool statistics;     /* KVM_GET_STATS_FD: exits and emulated instructions are counted */
	uint64_t xcr0;	     /* state components a guest may enable */
	uint32_t tsc_khz;
	char module[32]; /* vendor module: kvm_intel, kvm_amd, kvm_pvm, … or "built in" */
};

/* Probe /dev/kvm (cached; the first call boots a guest for a moment). Never fails: see usable. */
const struct vmm_host *vmm_probe(void);

enum vm_end {
	VM_RUNNING,
	VM_GOODBYE,  /* the guest said goodbye */
	VM_SHUTDOWN, /* triple fault */
	VM_ERROR,    /* KVM could not go on: the reason names the exit */
};

/* The hypervisor's own counters over one vCPU's life; api.rst 4.133. */
struct vm_counters {
	uint64_t exits;
	uint64_t emulated; /* instructions emulated */
};

/* One of its statistics over the guest's life. */
struct vm_statistic {
	char name[48];
	const char *unit;  /* as struct result_counter's; static */
	const char *scope; /* "vcpus": added up over them (peaks: the highest); "vm"; static */
	uint64_t value;
};

struct vm;

/* An ELF program. */
struct vm_image {
	const uint8_t *bytes;
	size_t size;
};

/*
 * A kernel that is booted by PVH (xen/include/public/arch-x86/hvm/start_info.h) in place of our
 * guest: RAM of its own from address 0, ACPI tables that tell of CPUs and one IOAPIC, and of no
 * other device; a serial line that takes characters for the console log and has nothing to say.
 */
struct vm_kernel {
	struct vm_image image; /* with a note that says where it is entered */
	struct vm_image initrd;
	const char *command;
	uint8_t *ram;	   /* its mapping in this process; stays the caller's */
	uint64_t ram_size; /* bytes, at most VM_KERNEL_AREAS */
};

/* Where a kernel finds config.memory, which is no RAM to it. */
#define VM_KERNEL_AREAS 0x40000000ull

#define VM_LOWER_RAM (2ull << 20)

struct vm_config {
	uint8_t *memory;      /* its shared mapping in this process; stays the caller's */
	uint64_t memory_size; /* bytes, a multiple of 4 KiB, at least 2 MiB */
	uint32_t cpus;	      /* 1 to VQ_MAX_CPUS */
	const int *pin;	      /* [cpus] host CPU for each vCPU thread, -1: anywhere; or NULL */
	const struct vm_kernel *kernel; /* what to boot; NULL: our guest */
	uint8_t *upper;	 /* RAM from VM_LOWER_RAM on lies here; NULL: in `memory` like the rest */
	uint8_t *shared; /* mapping for VQ_SHARED_WINDOW, or NULL */
	uint64_t shared_size;
	bool kernel_devices; /* ioeventfds: destroying a VM that had one takes 15 ms (SRCU) */
	bool statistics;     /* vm_statistics will be used */
	bool track_dirty;    /* vm_snapshot will be used */
	/* Called on the vCPU's thread for each doorbell; the guest waits meanwhile. */
	void (*doorbell)(void *context, struct vm *vm, uint32_t cpu, uint8_t value);
	void *context;
	int end_event; /* eventfd written once when the VM ends, or -1 */
	int notify_fd; /* eventfd that OUT to VQ_PORT_NOTIFY signals, inside the kernel; -1 */
	int wake_fd;   /* eventfd that raises VQ_VECTOR_WAKE on vCPU 0 (irqfd); -1 */
};

struct vcpu {
	struct vm *vm;
	uint32_t index;
	int fd;
	int stats_fd; /* -1 until the first vm_counters */
	struct kvm_run *run;
	pthread_t thread;
	pid_t tid;
	bool started;
	bool parked; /* under vm->lock: its thread waits outside KVM_RUN */
};

struct vm {
	struct vm_config config;
	int kvm, fd;
	uint64_t serial;  /* tells this VM from others that this process made */
	int kernel_event; /* the ioeventfd behind VQ_PORT_KERNEL and VQ_MMIO_KERNEL */
	size_t run_size;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool pausing, stopping; /* under lock; read unlocked by vCPU threads after a kick */
	enum vm_end end;	/* under lock */
	char error[512];	/* why it ended, or why a call failed */
	char console[4096];	/* what the guest printed; cut where full */
	size_t console_length;
	struct vcpu vcpu[VQ_MAX_CPUS];
};

/* Create VM, vCPUs and devices; load the image, write the boot page (not for a kernel: what stands
 * in config.memory is the caller's word to it). Nothing runs yet. */
struct vm *vm_create(const struct vm_config *config, const char *command, uint32_t member,
		     uint64_t untouched, char *error, size_t size);

/* Start all vCPU threads at the guest's entry point. */
int vm_start(struct vm *vm);

/* Take all vCPUs out of the guest (kick by signal with immediate_exit); returns when they are
 * parked. Resume lets them go on. */
int vm_pause(struct vm *vm);
int vm_resume(struct vm *vm);

enum vm_end vm_end(struct vm *vm);

/* The thread id of a vCPU that was started (waits until its thread runs). */
pid_t vm_wait_tid(struct vm *vm, uint32_t cpu);

/* Stop everything and free; NULL is allowed. */
void vm_destroy(struct vm *vm);

/* Counters of one vCPU; -1 where KVM has no binary statistics. */
int vm_counters(struct vm *vm, uint32_t cpu, struct vm_counters *out);

/*
 * All of KVM's statistics that are not 0, at most `max`; on a vCPU's own thread, or of a VM that is
 * paused or over. Elements of histograms are named for their index: "halt_wait_hist.3". Returns how
 * many, 0 where KVM has none.
 */
size_t vm_statistics(struct vm *vm, struct vm_statistic *out, size_t max);

/* ---- Snapshot of a whole VM in memory: RAM, vCPU and local-APIC state ---- */

struct snapshot;

/* Bytes that a snapshot of such a VM takes; the caller may place it in shared memory, so that it
 * outlives the process. */
size_t vm_snapshot_room(uint32_t cpus, uint64_t memory_size);

/* Fill `s` (vm_snapshot_room bytes, page-aligned) from a paused VM. */
int vm_snapshot(struct vm *vm, struct snapshot *s);

/*
 * Put a paused or ended VM back to the snapshot. Where `s` was taken from this very VM, only
 * pages written since (KVM's dirty log, and the areas the host writes) are put back; into another
 * VM all of RAM is. The control and heartbeat pages are left
 * alone: they are what host and guest have said to each other. Returns pages put back, or -1.
 */
int64_t vm_restore(struct vm *vm, struct snapshot *s);

/* ---- For the files of this directory ---- */

int vcpu_create(struct vm *vm, uint32_t index);
int vcpu_start(struct vcpu *v);
void vcpu_close(struct vcpu *v);
void vcpu_kick(struct vcpu *v);
void vcpu_open_statistics(struct vcpu *v); /* on its own thread: elsewhere it waits for it */
int vcpu_set_entry(struct vcpu *v, uint64_t entry);
int vcpu_set_pvh(struct vcpu *v, uint32_t entry, uint32_t start_info);
int vm_fail(struct vm *vm, const char *format, ...) __attribute__((format(printf, 2, 3)));
const char *kvm_exit_name(uint32_t reason);

/* ---- Images ---- */

/* Lay the guest image into `size` bytes of RAM from address 0, and tell its 64-bit entry. 0, or -1
 * with one line in `error`. */
int image_load(uint8_t *memory, uint64_t size, uint64_t *entry, char *error, size_t error_size);

/* Where it is entered as by a PVH loader: in 32-bit protected mode, with %ebx at the loader's
 * words. */
uint32_t image_pvh_entry(void);

/* The same of any image; no entry: 0. */
int image_load_elf(const struct vm_image *image, uint8_t *memory, uint64_t size, uint64_t *entry,
		   char *error, size_t error_size);
uint32_t image_pvh_entry_elf(const struct vm_image *image);

/* ---- A kernel in place of our guest ---- */

/* Lay vm->config.kernel into its RAM, with what its loader tells it. 0, or -1 with vm->error. */
int pvh_load(struct vm *vm, uint32_t *entry, uint32_t *start_info);

/* Its serial line. */
uint8_t pvh_port_read(uint16_t port);
bool pvh_port_is_console(uint16_t port, uint8_t byte);

#endif
