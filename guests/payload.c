/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload: reads its command line, then measures one bench or serves the fault workload.
 * Shared by the guest (ring 3) and the native platform (a process).
 */
#include "guests/payload.h"
#include "guests/payload_private.h"

uint8_t apic_id[VQ_MAX_CPUS] = {0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15,
				16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31};

uint64_t payload_block[VQ_DISK_WORDS];

static const char *skip_to(const char *s, char c)
{
	while (*s && *s != c)
		s++;
	return s;
}

static bool starts_with(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

int payload_word_length(const char *s)
{
	return (int)(skip_to(s, ' ') - s);
}

const char *payload_option(const struct vq_boot *boot, const char *key)
{
	const char *s = boot->command;

	while (*s) {
		while (*s == ' ')
			s++;
		if (starts_with(s, key) && *skip_to(s, '=') == '=' &&
		    skip_to(s, '=') - s == payload_strlen(key))
			return skip_to(s, '=') + 1;
		s = skip_to(s, ' ');
	}
	return 0;
}

uint32_t payload_number(const struct vq_boot *boot, const char *key, uint32_t otherwise)
{
	const char *s = payload_option(boot, key);
	uint32_t n = 0;

	if (!s || *s < '0' || *s > '9')
		return otherwise;
	while (*s >= '0' && *s <= '9')
		n = n * 10 + (uint32_t)(*s++ - '0');
	return n;
}

static bool option_is(const char *value, const char *name)
{
	return starts_with(value, name) &&
	       (value[payload_strlen(name)] == ' ' || value[payload_strlen(name)] == '\0');
}

int payload_strlen(const char *s)
{
	return (int)(skip_to(s, '\0') - s);
}

void payload_event(struct payload *p, uint32_t code, uint64_t value)
{
	struct vq_event event = {.code = code, .tsc = rdtsc(), .value = value};

	record_write(p->writer, VQ_RECORD_EVENT, (uint16_t)p->cpu, &event, sizeof(event));
}

bool payload_refuse(struct payload *p, const char *why)
{
	uint32_t i = 0;

	for (; why[i] && i + 1 < sizeof(p->why); i++)
		p->why[i] = why[i];
	p->why[i] = '\0';
	return false;
}

void payload_goodbye(struct payload *p, uint32_t batches, uint32_t status, uint64_t operations)
{
	struct vq_goodbye bye = {.batches = batches, .status = status, .operations = operations};

	record_write(p->writer, VQ_RECORD_GOODBYE, (uint16_t)p->cpu, &bye, sizeof(bye));
	payload_doorbell(p, VQ_DOORBELL_GOODBYE);
}

static void say_hello(struct payload *p, uint64_t tsc, enum ring ring)
{
	struct vq_hello hello = {
		.abi_version = VQ_ABI_VERSION,
		.cpus = p->boot->cpus,
		.tsc = tsc,
		.vendor = cpuid(0, 0).ebx,
		.ring = ring,
		.tsc_khz = p->boot->tsc_khz,
	};

	record_write(p->writer, VQ_RECORD_HELLO, (uint16_t)p->cpu, &hello, sizeof(hello));
}

static const struct guest_bench *find_bench(const char *name)
{
	for (const void *const *b = __start_guest_benches; b < __stop_guest_benches; b++) {
		const struct guest_bench *bench = *b;

		if (option_is(name, bench->name))
			return bench;
	}
	return 0;
}

void payload_init(struct payload *p, uint8_t *memory, uint32_t cpu, struct record_writer *writer)
{
	p->memory = memory;
	p->boot = (struct vq_boot *)(memory + VQ_BOOT_OFFSET);
	p->control = (struct vq_control *)(memory + VQ_CONTROL_OFFSET);
	p->heartbeat = (struct vq_heartbeat *)(memory + VQ_HEARTBEAT_OFFSET);
	p->cpu = cpu;
	p->writer = writer;
	p->parameter = payload_number(p->boot, "parameter", 0);
	p->seed = payload_number(p->boot, "seed", 0);
	p->batches = payload_number(p->boot, "batches", 1);
	p->samples = payload_number(p->boot, "samples", 1);
	p->warmup = payload_number(p->boot, "warmup", p->samples);
	writer->ring = (struct vq_ring *)(memory + VQ_RING_OFFSET);
	writer->context = p;
	writer->wait_for_space = payload_wait_for_space;
}

void payload_ring(struct payload *p, uint8_t reason)
{
	struct vq_ring *ring = p->writer->ring;
	uint64_t rung;

	ring->reason = reason;
	rung = __atomic_add_fetch(&ring->rung, 1, __ATOMIC_ACQ_REL);
	outb(VQ_PORT_DOORBELL, reason);
	if (p->boot->doorbell == VQ_DOORBELLS_TRAPPED || reason == VQ_DOORBELL_GOODBYE)
		return;
	while (__atomic_load_n(&ring->answered, __ATOMIC_ACQUIRE) < rung)
		payload_relax();
}

void payload_wait_for_space(void *context)
{
	payload_doorbell(context, VQ_DOORBELL_RING_FULL);
}

void payload_run(struct payload *p)
{
	uint64_t tsc = rdtsc();
	const char *name = payload_option(p->boot, "bench");
	const struct guest_bench *bench = name ? find_bench(name) : 0;

	if (p->cpu) {
		if (name)
			bench_assist(p, bench);
		else
			workload_serve(p);
		return;
	}
	say_hello(p, tsc, bench ? bench->ring : RING3);
	if (bench && p->boot->member && bench->peer) {
		bench->peer(p);
	} else if (bench) {
		bench_run(p, bench);
	} else if (name) {
		payload_refuse(p, "this guest image does not know that bench");
		bench_refused(p);
	} else if (payload_option(p->boot, "serve")) {
		workload_serve(p);
	} else {
		payload_goodbye(p, 0, 0, 0);
	}
}
