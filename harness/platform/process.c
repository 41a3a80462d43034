/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/process.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guests/payload_private.h"
#include "harness/host.h"

/* The payload's environment knows one machine: the one whose process this is. */
static struct machine *self;
static bool contained;
static struct payload payloads[VQ_MAX_CPUS];
static struct record_writer writer;

uint64_t interrupt_count[256]; /* no interrupts here; guest halves that wait for one refuse */

void payload_doorbell(struct payload *p, uint8_t reason)
{
	if (p->boot->doorbell == VQ_DOORBELLS_ANSWERED)
		payload_ring(p, reason); /* a Linux guest's init: the host is outside */
	else if (reason == VQ_DOORBELL_BATCH && p->cpu == 0)
		machine_batch_doorbell(self, NULL, NULL);
	else if (reason == VQ_DOORBELL_RING_FULL)
		usleep(100);
	else if (reason == VQ_DOORBELL_GOODBYE)
		machine_ended(self, MACHINE_GOODBYE, "");
}

void payload_relax(void)
{
	sched_yield();
}

void payload_notify(struct payload *p)
{
	uint64_t one = 1;

	(void)p;
	if (write(self->config.notify_fd, &one, sizeof(one)) < 0)
		machine_ended(self, MACHINE_ERROR, "cannot notify the next member");
}

void payload_wait(struct payload *p)
{
	uint64_t count;

	(void)p;
	if (read(self->config.wake_fd, &count, sizeof(count)) < 0)
		machine_ended(self, MACHINE_ERROR, "cannot wait for the member before");
}

void kernel_halt(void)
{
	abort(); /* guest halves that halt are not legal in a process, and never run in one */
}

/* The nearest thing to a CPU with its interrupts off: nothing reaches this thread any more. */
void environment_hang(void)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	for (;;)
		sleep(1000);
}

void environment_triple_fault(void)
{
	abort();
}

void environment_panic(void)
{
	abort();
}

void environment_feed_watchdog(void)
{
	/* A process is never given one. */
}

/* Neither has it a disk: its operations are a kernel's, and another thing. */
bool payload_disk_open(struct payload *p)
{
	return payload_refuse(p, "a process has no disk of its own");
}

bool payload_disk_read(uint32_t block, void *to)
{
	(void)block;
	(void)to;
	return false;
}

uint8_t *payload_region(struct payload *p, uint64_t size, bool huge)
{
	bool is_huge;
	uint8_t *region = machine_private_memory(size, huge ? PAGES_HUGE : PAGES_SMALL, &is_huge);

	if (!region) {
		payload_refuse(p, "no memory for this bench");
		return NULL;
	}
	if (huge && !is_huge) {
		payload_refuse(p, "the host gives no transparent huge pages "
				  "(/sys/kernel/mm/transparent_hugepage/enabled)");
		return NULL;
	}
	return region;
}

void process_write_boot(struct machine *m)
{
	struct vq_boot boot = {
		.magic = VQ_BOOT_MAGIC,
		.memory_size = m->memory_size,
		.untouched = m->config.untouched ? m->memory_size - m->config.untouched : 0,
		.cpus = m->config.cpus,
		.tsc_khz = host_tsc_khz(),
		.shared_window = m->config.shared_fd >= 0 ? (uint32_t)m->config.shared_size : 0,
		.member = m->config.member,
	};

	snprintf(boot.command, sizeof(boot.command), "%s", m->config.command);
	memcpy(m->memory + VQ_BOOT_OFFSET, &boot, sizeof(boot));
}

void process_write_boot_outside(struct machine *m)
{
	process_write_boot(m);
	((struct vq_boot *)(m->memory + VQ_BOOT_OFFSET))->doorbell = VQ_DOORBELLS_ANSWERED;
}

static void *cpu_main(void *argument)
{
	struct payload *p = argument;
	const int *pin = self->config.pin;

	if (pin && pin[p->cpu] >= 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(pin[p->cpu], &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	if (!contained)
		self->status->vcpu_tid[p->cpu] = gettid();
	if (!contained && p->cpu == 0) {
		self->status->start_tsc = rdtsc();
		self->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	}
	payload_run(p);
	return NULL;
}

/* Named by who makes it: when we are done, who looks for it finds it. */
static void start_cpu(struct payload *p)
{
	pthread_t thread;
	char name[16];

	if (pthread_create(&thread, NULL, cpu_main, p)) {
		machine_ended(self, MACHINE_ERROR, "cannot start a thread");
		_exit(1);
	}
	snprintf(name, sizeof(name), PROCESS_THREAD_NAME "%u", p->cpu);
	pthread_setname_np(thread, name);
}

void process_start(struct machine *m, uint8_t *window, bool in_container)
{

	self = m;
	contained = in_container;
	for (uint32_t i = 0; i < m->config.cpus; i++) {
		payload_init(&payloads[i], m->memory, i, &writer);
		payloads[i].shared = window;
	}
	for (uint32_t i = 0; i < m->config.cpus; i++)
		start_cpu(&payloads[i]);
}
