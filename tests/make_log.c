/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A console log as a guest with a plan leaves it, for tests: make-log ROUNDS [NOISE [SIGNATURE
 * [KHZ]]] writes it to standard output, with so many bytes of a kernel's chatter between the lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/histogram.h"
#include "harness/core/serial_text.h"
#include "harness/core/stats.h"

#define SAMPLES 50u
#define BATCHES 4u

static const char *const benches[] = {"exit_cpuid", "cpu_integer", "switch_ring", "exit_hypercall"};

#define BENCHES (sizeof(benches) / sizeof(benches[0]))

static struct vq_ring ring;
static struct record_writer writer = {.ring = &ring};
static struct random dice;
static uint32_t trials, boot_number;
static unsigned long noise_left;
static unsigned long noise_a_line;

static void chatter(void)
{
	static const char *const words[] = {"systemd[1]:", "Started", "VQ1", "eth0:",  "link",
					    "becomes",	   "ready",   "usb", "device", "number"};
	unsigned long n = noise_a_line < noise_left ? noise_a_line : noise_left;

	noise_left -= n;
	while (n > 80) {
		int w = printf("[%5u.%06u] %s %s %s %s\r\n", trials,
			       (unsigned int)random_below(&dice, 1000000),
			       words[random_below(&dice, 10)], words[random_below(&dice, 10)],
			       words[random_below(&dice, 10)], words[random_below(&dice, 10)]);

		n -= w > 0 && (unsigned long)w < n ? (unsigned long)w : n;
	}
}

static void drain(void)
{
	char line[SERIAL_LINE_SIZE];
	uint8_t data[VQ_LINE_DATA];

	while (ring.tail < ring.head) {
		uint64_t left = ring.head - ring.tail;
		uint32_t n = left < VQ_LINE_DATA ? (uint32_t)left : VQ_LINE_DATA;

		for (uint32_t i = 0; i < n; i++)
			data[i] = ring.data[(ring.tail + i) % VQ_RING_DATA_SIZE];
		serial_line(line, boot_number, (uint32_t)ring.tail, data, n);
		fputs(line, stdout);
		ring.tail += n;
		chatter();
	}
}

static void put(uint16_t type, const void *payload, size_t length)
{
	record_write(&writer, type, 0, payload, (uint32_t)length);
}

static void put_histogram(uint32_t batch)
{
	struct {
		struct vq_histogram h;
		struct vq_histogram_entry e[SAMPLES];
	} r = {.h = {.batch = batch, .entries = SAMPLES}};

	for (uint32_t i = 0; i < SAMPLES; i++) {
		uint64_t ticks = 200 + i; /* each in a bucket of its own */

		r.e[i] = (struct vq_histogram_entry){histogram_bucket(ticks), 1};
	}
	put(VQ_RECORD_HISTOGRAM, &r, sizeof(r));
}

static void put_batch(uint32_t number, uint64_t tsc)
{
	struct vq_batch b = {.number = number,
			     .count = SAMPLES,
			     .plain_count = SAMPLES,
			     .plain_ticks = SAMPLES * 210,
			     .begin_tsc = tsc,
			     .end_tsc = tsc + 100000};

	for (uint32_t i = 0; i < SAMPLES; i++)
		b.sum_ticks += 200 + i;
	put(VQ_RECORD_BATCH, &b, sizeof(b));
}

static void put_trial(uint32_t bench, uint32_t round, uint32_t rounds, const struct vq_machine *m)
{
	struct vq_trial t = {.number = trials,
			     .round = round,
			     .rounds = rounds,
			     .ring = 3,
			     .flags = m->flags,
			     .tsc_khz = m->tsc_khz,
			     .tsc_source = m->tsc_source,
			     .abi_version = VQ_ABI_VERSION,
			     .seed = trials,
			     .tsc = 1000000ull * trials};
	struct vq_calibration c = {.median_ticks = 30, .min_ticks = 28, .count = 256};
	struct vq_goodbye bye = {.batches = BATCHES, .operations = (uint64_t)BATCHES * SAMPLES};
	static const char why[] = "there is no hypervisor to call";

	strcpy(t.bench, benches[bench]);
	trials++;
	put(VQ_RECORD_TRIAL, &t, sizeof(t));
	if (bench == 3) {
		put(VQ_RECORD_UNSUPPORTED, why, sizeof(why) - 1);
		bye = (struct vq_goodbye){.status = 1};
	} else {
		put(VQ_RECORD_CALIBRATION, &c, sizeof(c));
		for (uint32_t i = 0; i < BATCHES; i++) {
			put_batch(i, t.tsc + 100000 * i);
			put_histogram(i);
		}
	}
	put(VQ_RECORD_GOODBYE, &bye, sizeof(bye));
	drain();
	printf("virt-qualify: round %u of %u: %s\r\n", round + 1, rounds, benches[bench]);
}

static void put_plan(uint32_t rounds)
{
	struct {
		struct vq_plan p;
		char names[256];
	} r = {.p = {.rounds = rounds, .benches = BENCHES, .seed = 1}};
	size_t at = 0;

	for (size_t i = 0; i < BENCHES; i++) {
		strcpy(r.names + at, benches[i]);
		at += strlen(benches[i]) + 1;
	}
	put(VQ_RECORD_PLAN, &r, sizeof(r.p) + at);
}

int main(int argc, char **argv)
{
	uint32_t rounds = argc > 1 ? (uint32_t)atoi(argv[1]) : 5;
	struct vq_machine m = {.vendor = "GenuineIntel",
			       .cpu = "A processor that is none",
			       .cpus = 1,
			       .tsc_khz = argc > 4 ? (uint32_t)atoi(argv[4]) : 2000000,
			       .tsc_source = VQ_TSC_CPUID,
			       .flags = VQ_MACHINE_INVARIANT};
	struct vq_hello hello = {.abi_version = VQ_ABI_VERSION, .ring = 3, .tsc_khz = m.tsc_khz};
	struct vq_done done = {0};

	noise_left = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	noise_a_line = noise_left / (rounds * 30 + 1) / 3 + 100;
	if (argc > 3 && argv[3][0]) {
		m.flags |= VQ_MACHINE_HYPERVISOR;
		snprintf(m.hypervisor, sizeof(m.hypervisor), "%s", argv[3]);
	}
	random_seed(&dice, 1);
	boot_number = 0x5eed0000u + rounds;
	printf("SeaBIOS (version 1)\r\nBooting from Hard Disk...\r\n");
	put(VQ_RECORD_HELLO, &hello, sizeof(hello));
	put(VQ_RECORD_MACHINE, &m, sizeof(m));
	put_plan(rounds);
	for (uint32_t round = 0; round < rounds; round++)
		for (uint32_t i = 0; i < BENCHES; i++)
			if (i != 3 || !round)
				put_trial(i, round, rounds, &m);
	put_plan(rounds);
	put(VQ_RECORD_MACHINE, &m, sizeof(m));
	done.trials = trials;
	put(VQ_RECORD_DONE, &done, sizeof(done));
	drain();
	while (noise_left > 100)
		chatter();
	return 0;
}
