/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `native`: the payload as a plain process of this host, a thread for each CPU. It
 * is the baseline; where this host is itself a guest it says so.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "guests/payload_private.h"
#include "harness/host.h"
#include "harness/platform.h"

/* The payload's environment knows one machine: the one whose process this is. */
static struct machine *self;
static struct payload payloads[VQ_MAX_CPUS];
static struct record_writer writer;

uint64_t interrupt_count[256]; /* no interrupts here; guest halves that wait for one refuse */

void payload_doorbell(struct payload *p, uint8_t reason)
{
	if (reason == VQ_DOORBELL_BATCH && p->cpu == 0)
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

static bool works(char *why, size_t size)
{
	(void)why;
	(void)size;
	return true;
}

static const char *label(void)
{
	return host_is_guest() ? "native (nested)" : "native";
}

static const char *version(void)
{
	static struct utsname kernel;
	static char text[160];

	uname(&kernel);
	snprintf(text, sizeof(text), "Linux %s", kernel.release);
	return text;
}

static unsigned int capabilities(void)
{
	return CAN_NOTIFY | CAN_WINDOW | CAN_PRIVATE_RAM | CAN_CGROUP;
}

static enum execution execution(int ring)
{
	(void)ring;
	return EXECUTION_HARDWARE;
}

static const char *lacks(enum capability one)
{
	if (one == CAN_SNAPSHOT)
		return "a plain process has no snapshot";
	return NULL;
}

static void *cpu_main(void *argument)
{
	struct payload *p = argument;
	const int *pin = self->config.pin;

	self->status->vcpu_tid[p->cpu] = gettid();
	if (pin && pin[p->cpu] >= 0) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(pin[p->cpu], &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	if (p->cpu == 0) {
		self->status->start_tsc = rdtsc();
		self->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	}
	payload_run(p);
	return NULL;
}

static void write_boot_page(struct machine *m)
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

static int act(void *context, struct machine *m, enum machine_command command)
{
	(void)context;
	snprintf(m->error, sizeof(m->error), "a plain process knows no command %d", command);
	return -1;
}

static void guest_process(struct machine *m)
{
	struct machine_commands commands = {.act = act, .fd = -1};
	uint8_t *window = machine_map_window(m);
	pthread_t thread;

	self = m;
	write_boot_page(m);
	m->status->ready = 1;
	for (uint32_t i = 0; i < m->config.cpus; i++) {
		payload_init(&payloads[i], m->memory, i, &writer);
		payloads[i].shared = window;
	}
	for (uint32_t i = 0; i < m->config.cpus; i++)
		if (pthread_create(&thread, NULL, cpu_main, &payloads[i])) {
			machine_ended(m, MACHINE_ERROR, "cannot start a thread");
			_exit(1);
		}
	machine_serve(m, &commands);
}

PLATFORM(native, .summary = "a plain process on this host: the baseline", .works = works,
	 .label = label, .version = version, .capabilities = capabilities, .execution = execution,
	 .lacks = lacks, .guest_process = guest_process);
