/* SPDX-License-Identifier: Apache-2.0 */
/* A slowness that is planted: of what it is a share. The operation's ticks and those of a turn are
 * made up here, so that nothing hangs on how long anything takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guests/payload_private.h"

#define COLD	5000000u /* ticks of an operation that finds nothing in the caches */
#define STEADY	1000000u
#define TURN	3u /* ticks of a turn */
#define FENCE	40u
#define BATCHES 2u
#define PLANTED 100000u		       /* of STEADY: plant=10% */
#define NEAR	(PLANTED / 512 + TURN) /* a histogram's bucket, and a turn */

static uint8_t *memory;
static uint32_t cold;	   /* operations that are */
static uint32_t disturbed; /* the operation that a busy host makes slow, from 1; 0: none */
static uint32_t taken;
static uint64_t doorbells;

/* ---- The environment of the payload, and what its operation takes ---- */

void payload_doorbell(struct payload *p, uint8_t reason)
{
	(void)p;
	doorbells += reason == VQ_DOORBELL_BATCH;
}

void payload_relax(void)
{
}

void workload_serve(struct payload *p)
{
	(void)p;
}

void __wrap_plant_stamped_ring3(struct payload *p, uint64_t *t, uint32_t n);

void __wrap_plant_stamped_ring3(struct payload *p, uint64_t *t, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		t[i] = FENCE + (uint64_t)TURN * p->spins;
}

static void sample(struct payload *p, uint64_t *ticks, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		taken++;
		ticks[i] = taken <= cold || taken == disturbed ? COLD : STEADY;
		if (p->spins)
			ticks[i] += FENCE + (uint64_t)TURN * p->spins;
	}
}

static const struct guest_bench synthetic = {
	.name = "synthetic", .ring = RING3, .sample = sample, .plants = true};

/* ---- A trial ---- */

struct seen {
	uint64_t planted; /* 0: nothing was */
	uint64_t sum, count;
	char refused[160];
};

static void look_at(const struct record *r, struct seen *seen)
{
	const struct vq_event *event = (const void *)r->payload;
	const struct vq_batch *batch = (const void *)r->payload;

	if (r->header.type == VQ_RECORD_EVENT && event->code == VQ_EVENT_PLANTED)
		seen->planted = event->value;
	if (r->header.type == VQ_RECORD_UNSUPPORTED)
		memcpy(seen->refused, r->payload, r->header.length);
	if (r->header.type != VQ_RECORD_BATCH)
		return;
	seen->sum += batch->sum_ticks;
	seen->count += batch->count;
}

static struct seen run(const struct guest_bench *b, const char *command)
{
	static struct record_writer writer;
	static struct record_reader reader;
	static struct record record;
	struct vq_boot *boot = (struct vq_boot *)(memory + VQ_BOOT_OFFSET);
	struct payload p = {0};
	struct seen seen = {0};

	memset(memory, 0, 1 << 20);
	writer = (struct record_writer){0};
	snprintf(boot->command, sizeof(boot->command), "%s", command);
	boot->cpus = 1;
	taken = 0;
	doorbells = 0;
	payload_init(&p, memory, 0, &writer);
	bench_run(&p, b);
	record_reader_init(&reader);
	assert_true(record_feed_ring(&reader, writer.ring) > 0);
	while (record_next(&reader, &record) == RECORD_OK)
		look_at(&record, &seen);
	return seen;
}

#define TRIAL "bench=synthetic batches=2 samples=3 warmup=2"

/* ---- Tests ---- */

static void a_share_of_the_steady_operation(void **state)
{
	struct seen base, slow;

	(void)state;
	disturbed = 0;
	for (cold = 0; cold <= 2; cold++) {
		base = run(&synthetic, TRIAL);
		assert_int_equal(base.planted, 0);
		assert_int_equal(base.sum, base.count * STEADY);
		slow = run(&synthetic, TRIAL " plant=100000");
		assert_in_range(slow.planted, PLANTED - NEAR, PLANTED + NEAR);
		assert_int_equal(slow.count, base.count);
		assert_in_range(slow.sum - base.sum, slow.count * (PLANTED - NEAR),
				slow.count * (PLANTED + NEAR));
		assert_int_equal(doorbells, 2 * BATCHES);
	}
}

/* A warm-up that was too short takes some of the first batch with it, not what is planted. */
static void nor_of_what_comes_after_a_short_warm_up(void **state)
{
	(void)state;
	for (cold = 2; cold <= 11; cold++) {
		struct seen slow = run(&synthetic, TRIAL " plant=100000");

		assert_in_range(slow.planted, PLANTED - NEAR, PLANTED + NEAR);
	}
}

/* With batches of three, too: its share is not of one that a neighbour made slow. */
static void of_no_disturbed_one(void **state)
{
	(void)state;
	cold = 2;
	for (disturbed = 1; disturbed < 24; disturbed++) {
		struct seen slow = run(&synthetic, TRIAL " plant=100000");

		assert_in_range(slow.planted, PLANTED - NEAR, PLANTED + NEAR);
	}
	disturbed = 0;
}

/* What it takes beforehand is planned: a bench whose operations are limited counts them. */
static bool planned_is_enough(struct payload *p)
{
	return p->planned > 2 + BATCHES * 3 || payload_refuse(p, "too few planned");
}

static void its_operations_are_planned(void **state)
{
	struct guest_bench b = synthetic;
	struct seen seen;

	(void)state;
	cold = 0;
	b.setup = planned_is_enough;
	seen = run(&b, TRIAL " plant=100000");
	assert_string_equal(seen.refused, "");
	assert_int_equal(seen.count, BATCHES * 3);
	seen = run(&b, TRIAL);
	assert_string_equal(seen.refused, "too few planned");
}

static void what_cannot_be_planted_is_refused(void **state)
{
	struct guest_bench b = synthetic;
	struct seen seen;

	(void)state;
	seen = run(&synthetic, TRIAL " plant=20"); /* 20 ticks: shorter than the fence */
	assert_non_null(strstr(seen.refused, "too short"));
	assert_int_equal(seen.count, 0);
	seen = run(&synthetic, TRIAL " plant=44"); /* a turn of 43 or of 46 ticks: even enough */
	assert_string_equal(seen.refused, "");
	b.plants = false;
	seen = run(&b, TRIAL " plant=100000");
	assert_non_null(strstr(seen.refused, "its own samples"));
	assert_int_equal(taken, 2); /* of the warm-up alone */
}

static int make_memory(void **state)
{
	(void)state;
	memory = aligned_alloc(VQ_PAGE_SIZE, 1 << 20);
	return memory ? 0 : -1;
}

static int free_memory(void **state)
{
	(void)state;
	free(memory);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_share_of_the_steady_operation),
		cmocka_unit_test(nor_of_what_comes_after_a_short_warm_up),
		cmocka_unit_test(of_no_disturbed_one),
		cmocka_unit_test(its_operations_are_planned),
		cmocka_unit_test(what_cannot_be_planted_is_refused),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, make_memory, free_memory);
}
