/* SPDX-License-Identifier: Apache-2.0 */
/* One vCPU: its thread, its run loop, and what each exit means. */
#include <errno.h>
#include <linux/kvm.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/vmm/cpu_state.h"
#include "harness/vmm/vmm.h"

#define KICK_SIGNAL SIGRTMIN

/* The handler has nothing to do: the signal takes KVM_RUN out, immediate_exit keeps it out. */
static void on_kick(int signal)
{
	(void)signal;
}

void vcpu_kick(struct vcpu *v)
{
	if (!v->started)
		return;
	__atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_RELEASE);
	pthread_kill(v->thread, KICK_SIGNAL);
}

int vcpu_create(struct vm *vm, uint32_t index)
{
	struct vcpu *v = &vm->vcpu[index];
	void *run;

	v->vm = vm;
	v->index = index;
	v->fd = ioctl(vm->fd, KVM_CREATE_VCPU, index);
	if (v->fd < 0)
		return vm_fail(vm, "KVM_CREATE_VCPU %u: %s", index, strerror(errno));
	run = mmap(NULL, vm->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (run == MAP_FAILED)
		return vm_fail(vm, "mapping vCPU %u: %s", index, strerror(errno));
	v->run = run;
	return cpu_state_init(v);
}

/* End the VM, all vCPUs with it, as a reset would; the first reason counts. */
static void end_vm(struct vcpu *v, enum vm_end end, const char *why)
{
	struct vm *vm = v->vm;
	uint64_t one = 1;

	pthread_mutex_lock(&vm->lock);
	if (vm->end == VM_RUNNING) {
		vm_fail(vm, "%s", why);
		vm->end = end;
		for (uint32_t i = 0; i < vm->config.cpus; i++)
			if (i != v->index)
				vcpu_kick(&vm->vcpu[i]);
		if (vm->config.end_event >= 0 && write(vm->config.end_event, &one, sizeof(one)) < 0)
			vm_fail(vm, "%s; and no one was told: %s", why, strerror(errno));
	}
	pthread_mutex_unlock(&vm->lock);
}

static void end_with_error(struct vcpu *v, const char *what)
{
	struct kvm_regs regs = {0};
	char text[sizeof(v->vm->error)];

	ioctl(v->fd, KVM_GET_REGS, &regs);
	snprintf(text, sizeof(text), "vCPU %u at %#llx: %s", v->index, (unsigned long long)regs.rip,
		 what);
	end_vm(v, VM_ERROR, text);
}

static void describe_internal_error(const struct kvm_run *run, char *text, size_t size)
{
	const struct kvm_run fixed = *run; /* the mapping is shared with the kernel */
	uint32_t bytes = fixed.emulation_failure.insn_size;
	size_t used;

	used = snprintf(text, size, "INTERNAL_ERROR, suberror %u", fixed.internal.suberror);
	if (fixed.internal.suberror != KVM_INTERNAL_ERROR_EMULATION ||
	    !(fixed.emulation_failure.flags & KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES))
		return;
	if (bytes > sizeof(fixed.emulation_failure.insn_bytes))
		bytes = sizeof(fixed.emulation_failure.insn_bytes);
	used += snprintf(text + used, size - used, " (emulation), instruction bytes");
	for (uint32_t i = 0; i < bytes && used + 4 < size; i++)
		used += snprintf(text + used, size - used, " %02x",
				 fixed.emulation_failure.insn_bytes[i]);
}

static void console_byte(struct vm *vm, uint8_t byte)
{
	pthread_mutex_lock(&vm->lock);
	if (vm->console_length + 1 < sizeof(vm->console))
		vm->console[vm->console_length++] = (char)byte;
	pthread_mutex_unlock(&vm->lock);
}

/* Returns false where the vCPU shall not go on. */
static bool on_io(struct vcpu *v)
{
	struct vm *vm = v->vm;
	const struct kvm_run *run = v->run;
	uint8_t *data = (uint8_t *)v->run + run->io.data_offset;
	uint8_t value;

	if (run->io.direction == KVM_EXIT_IO_IN) {
		memset(data, vm->config.kernel ? pvh_port_read(run->io.port) : 0xff,
		       (size_t)run->io.size * run->io.count);
		return true;
	}
	if (run->io.port == VQ_PORT_USER)
		return true;
	value = *data;
	if (run->io.port == VQ_PORT_CONSOLE ||
	    (vm->config.kernel && pvh_port_is_console(run->io.port, value))) {
		console_byte(vm, value);
	} else if (run->io.port == VQ_PORT_DOORBELL) {
		if (vm->config.doorbell)
			vm->config.doorbell(vm->config.context, vm, v->index, value);
		if (value == VQ_DOORBELL_GOODBYE) {
			end_vm(v, VM_GOODBYE, "");
			return false;
		}
	}
	return true;
}

static bool on_mmio(struct vcpu *v)
{
	struct kvm_run *run = v->run;
	char text[96];

	if ((run->mmio.phys_addr & ~0xfffull) == VQ_MMIO_USER) {
		if (!run->mmio.is_write)
			memset(run->mmio.data, 0, sizeof(run->mmio.data));
		return true;
	}
	/* A kernel may look for devices; where there is none a PC, too, has ones. */
	if (v->vm->config.kernel) {
		if (!run->mmio.is_write)
			memset(run->mmio.data, 0xff, sizeof(run->mmio.data));
		return true;
	}
	snprintf(text, sizeof(text), "MMIO %s of %u bytes at %#llx, where there is nothing",
		 run->mmio.is_write ? "write" : "read", run->mmio.len,
		 (unsigned long long)run->mmio.phys_addr);
	end_with_error(v, text);
	return false;
}

static bool on_exit_reason(struct vcpu *v)
{
	char text[256];

	switch (v->run->exit_reason) {
	case KVM_EXIT_IO:
		return on_io(v);
	case KVM_EXIT_MMIO:
		return on_mmio(v);
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
	case KVM_EXIT_IOAPIC_EOI:
	case KVM_EXIT_SET_TPR:
		return true;
	case KVM_EXIT_SHUTDOWN:
		snprintf(text, sizeof(text), "vCPU %u: SHUTDOWN (triple fault)", v->index);
		end_vm(v, VM_SHUTDOWN, text);
		return false;
	case KVM_EXIT_INTERNAL_ERROR:
		describe_internal_error(v->run, text, sizeof(text));
		break;
	case KVM_EXIT_FAIL_ENTRY:
		snprintf(text, sizeof(text), "FAIL_ENTRY, hardware reason %#llx",
			 (unsigned long long)v->run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		snprintf(text, sizeof(text), "SYSTEM_EVENT %u", v->run->system_event.type);
		break;
	default:
		snprintf(text, sizeof(text), "unexpected exit %u (%s)", v->run->exit_reason,
			 kvm_exit_name(v->run->exit_reason));
	}
	end_with_error(v, text);
	return false;
}

/* Wait outside the guest while it is paused or ended; false where it is being destroyed. */
static bool park(struct vcpu *v)
{
	struct vm *vm = v->vm;
	bool go_on;

	pthread_mutex_lock(&vm->lock);
	while (!vm->stopping && (vm->pausing || vm->end != VM_RUNNING)) {
		v->parked = true;
		pthread_cond_broadcast(&vm->changed);
		pthread_cond_wait(&vm->changed, &vm->lock);
	}
	v->parked = false;
	pthread_cond_broadcast(&vm->changed);
	__atomic_store_n(&v->run->immediate_exit, 0, __ATOMIC_RELEASE);
	go_on = !vm->stopping;
	pthread_mutex_unlock(&vm->lock);
	return go_on;
}

static void run_loop(struct vcpu *v)
{
	char text[96];

	for (;;) {
		if (ioctl(v->fd, KVM_RUN, 0) == 0) {
			if (on_exit_reason(v))
				continue;
		} else if (errno != EINTR && errno != EAGAIN) {
			snprintf(text, sizeof(text), "KVM_RUN: %s", strerror(errno));
			end_with_error(v, text);
		}
		if (!park(v))
			return;
	}
}

static void *thread_main(void *argument)
{
	struct vcpu *v = argument;
	const int *pin = v->vm->config.pin;
	char text[96];

	pthread_mutex_lock(&v->vm->lock);
	v->tid = gettid();
	pthread_cond_broadcast(&v->vm->changed);
	pthread_mutex_unlock(&v->vm->lock);
	if (pin && pin[v->index] >= 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(pin[v->index], &set);
		if (sched_setaffinity(0, sizeof(set), &set)) {
			snprintf(text, sizeof(text), "cannot be pinned to host CPU %d: %s",
				 pin[v->index], strerror(errno));
			end_with_error(v, text);
		}
	}
	if (v->vm->config.statistics)
		vcpu_open_statistics(v);
	if (park(v))
		run_loop(v);
	return NULL;
}

int vcpu_start(struct vcpu *v)
{
	struct sigaction action = {.sa_handler = on_kick};
	int error;

	sigaction(KICK_SIGNAL, &action, NULL);
	error = pthread_create(&v->thread, NULL, thread_main, v);
	if (error)
		return vm_fail(v->vm, "thread of vCPU %u: %s", v->index, strerror(error));
	v->started = true;
	return 0;
}

void vcpu_close(struct vcpu *v)
{
	if (v->started)
		pthread_join(v->thread, NULL);
	v->started = false;
	if (v->run)
		munmap(v->run, v->vm->run_size);
	if (v->stats_fd >= 0)
		close(v->stats_fd);
	if (v->fd >= 0)
		close(v->fd);
}
