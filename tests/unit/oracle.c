/* SPDX-License-Identifier: Apache-2.0 */
/* The oracle on heartbeat pages made by hand, in a time made by hand: service, loss, corruption,
 * deadlock. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/oracle.h"

#define MS	1000000ll
#define LOSS_NS (20 * MS)
#define GUESTS	3u

static uint8_t memory[GUESTS][VQ_HEARTBEAT_OFFSET + VQ_PAGE_SIZE] __attribute__((aligned(4096)));
static struct oracle oracle;
static int64_t now;

/* ---- A guest made by hand ---- */

static struct vq_heartbeat *cell(uint32_t guest, uint32_t cpu)
{
	return (struct vq_heartbeat *)(memory[guest] + VQ_HEARTBEAT_OFFSET) + cpu;
}

static void publish(uint32_t guest, uint32_t cpu)
{
	cell(guest, cpu)->checksum = vq_heartbeat_checksum(cell(guest, cpu));
}

static void acknowledge(uint32_t guest, uint32_t cpu, uint32_t operations)
{
	struct vq_heartbeat *c = cell(guest, cpu);

	for (uint32_t i = 0; i < operations; i++)
		c->chain = vq_chain_next(c->chain, ++c->sequence);
	publish(guest, cpu);
}

static void want(uint32_t guest, uint32_t cpu, uint32_t held, uint32_t wanted)
{
	cell(guest, cpu)->lock_held = held;
	cell(guest, cpu)->lock_wanted = wanted;
	publish(guest, cpu);
}

static void sample_at(int64_t at_ns)
{
	now = at_ns;
	oracle_sample(&oracle, now);
}

static void sample_next(void)
{
	sample_at(now + MS);
}

/* So many guests of so many vCPUs, each of which has acknowledged one operation at 1 ms. */
static void serve(uint32_t guests, uint32_t cpus)
{
	memset(memory, 0, sizeof(memory));
	oracle_init(&oracle, LOSS_NS);
	for (uint32_t g = 0; g < guests; g++) {
		assert_int_equal(oracle_add(&oracle, memory[g], cpus, true), g);
		for (uint32_t c = 0; c < cpus; c++) {
			cell(g, c)->lock_wanted = VQ_LOCK_NONE;
			acknowledge(g, c, 1);
		}
	}
	sample_at(MS);
}

/* A sample each millisecond up to `to_ns`; all vCPUs but one acknowledge before each. */
static void run_until(int64_t to_ns, int except_guest, int except_cpu)
{
	while (now + MS <= to_ns) {
		for (uint32_t g = 0; g < oracle.guests; g++)
			for (uint32_t c = 0; c < oracle.guest[g].cpus; c++)
				if ((int)g != except_guest || (int)c != except_cpu)
					acknowledge(g, c, 3);
		sample_next();
	}
}

/* ---- Service ---- */

static void serves_once_every_cpu_has_acknowledged(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	oracle_init(&oracle, LOSS_NS);
	oracle_add(&oracle, memory[0], 2, true);
	sample_at(MS);
	assert_false(oracle_serves(&oracle, 0));
	acknowledge(0, 0, 5);
	sample_at(2 * MS);
	assert_false(oracle_serves(&oracle, 0));
	acknowledge(0, 1, 5);
	sample_at(3 * MS);
	assert_true(oracle_serves(&oracle, 0));
	assert_int_equal(oracle_last_progress(&oracle, 0), 2 * MS); /* the slower of the two */
	assert_false(oracle.guest[0].corrupt);
}

static void counts_acknowledged_operations(void **state)
{
	uint64_t before;

	(void)state;
	serve(2, 2);
	before = oracle.guest[1].operations;
	acknowledge(1, 0, 1000);
	acknowledge(1, 1, 234);
	sample_next();
	assert_int_equal(oracle.guest[1].operations - before, 1234);
	sample_next();
	assert_int_equal(oracle.guest[1].operations - before, 1234);
}

static void a_gap_that_is_short_is_no_loss(void **state)
{
	(void)state;
	serve(1, 1);
	for (int i = 0; i < 10; i++) {
		acknowledge(0, 0, 1);
		sample_at(now + LOSS_NS);
		assert_true(oracle_serves(&oracle, 0));
	}
	assert_int_equal(oracle.lost_count, 0);
	assert_int_equal(oracle_downtime(&oracle, 0, now), 0);
}

/* The truth lies between two samples on either side: the interval must hold it, and no more. */
static void a_loss_lasts_from_one_acknowledgement_to_the_next(void **state)
{
	(void)state;
	serve(1, 1);
	run_until(10 * MS, -1, -1);
	run_until(50 * MS, 0, 0);
	assert_false(oracle_serves(&oracle, 0));
	assert_int_equal(oracle.lost_count, 1);
	assert_int_equal(oracle.lost[0].to_ns, 0);
	assert_in_range(oracle_downtime(&oracle, 0, now), 40 * MS, 41 * MS);
	run_until(80 * MS, -1, -1);
	assert_true(oracle_serves(&oracle, 0));
	assert_int_equal(oracle.lost_count, 1);
	assert_in_range(oracle.lost[0].from_ns, 9 * MS, 10 * MS);
	assert_in_range(oracle.lost[0].to_ns, 50 * MS, 51 * MS);
	assert_in_range(oracle_downtime(&oracle, 0, now), 40 * MS, 42 * MS);
}

static void one_cpu_that_stands_still_is_a_loss(void **state)
{
	(void)state;
	serve(2, 2);
	run_until(10 * MS, -1, -1);
	run_until(60 * MS, 1, 1);
	assert_true(oracle_serves(&oracle, 0));
	assert_false(oracle_serves(&oracle, 1));
	assert_int_equal(oracle.lost_count, 1);
	assert_int_equal(oracle.lost[0].guest, 1);
}

static void a_loss_noticed_early_counts_from_the_last_acknowledgement(void **state)
{
	(void)state;
	serve(1, 1);
	run_until(10 * MS, -1, -1);
	sample_at(12 * MS);
	oracle_note_loss(&oracle, 0);
	oracle_note_loss(&oracle, 0);
	assert_int_equal(oracle.lost_count, 1);
	assert_in_range(oracle.lost[0].from_ns, 9 * MS, 10 * MS);
	sample_at(13 * MS);
	assert_int_equal(oracle.lost[0].to_ns, 0);
	acknowledge(0, 0, 1);
	sample_at(14 * MS);
	assert_in_range(oracle.lost[0].to_ns, 13 * MS, 14 * MS);
	assert_int_equal(oracle.lost_count, 1);
}

static void downtime_is_a_union(void **state)
{
	static const struct oracle_interval lost[] = {
		{.guest = 1, .from_ns = 40 * MS, .to_ns = 50 * MS},
		{.guest = 0, .from_ns = 10 * MS, .to_ns = 20 * MS},
		{.guest = 1, .from_ns = 15 * MS, .to_ns = 30 * MS},
		{.guest = 0, .from_ns = 16 * MS, .to_ns = 17 * MS},
		{.guest = 0, .from_ns = 30 * MS, .to_ns = 31 * MS},
		{.guest = 2, .from_ns = 1 * MS, .to_ns = 99 * MS}, /* not watched */
		{.guest = 0, .from_ns = 90 * MS},		   /* still lost */
	};

	(void)state;
	serve(3, 1);
	oracle.guest[2].watched = false;
	memcpy(oracle.lost, lost, sizeof(lost));
	oracle.lost_count = sizeof(lost) / sizeof(lost[0]);
	assert_int_equal(oracle_downtime(&oracle, 0, 100 * MS), 41 * MS);
	assert_int_equal(oracle_downtime(&oracle, 12 * MS, 45 * MS), 24 * MS);
	assert_int_equal(oracle_downtime(&oracle, 16 * MS, 17 * MS), MS);
	assert_int_equal(oracle_downtime(&oracle, 60 * MS, 80 * MS), 0);
	assert_int_equal(oracle_downtime(&oracle, 95 * MS, 96 * MS), MS);
	assert_int_equal(oracle_downtime(&oracle, 100 * MS, 90 * MS), 0);
}

static void more_losses_than_there_is_room_for(void **state)
{
	(void)state;
	serve(1, 1);
	for (uint32_t i = 0; i < 2 * ORACLE_MAX_INTERVALS; i++) {
		sample_at(now + 2 * LOSS_NS);
		acknowledge(0, 0, 1);
		sample_next();
	}
	assert_int_equal(oracle.lost_count, ORACLE_MAX_INTERVALS);
	assert_int_equal(oracle.guests, 1);
	/* None is forgotten: it was down for all but the samples that showed it serve. */
	assert_in_range(oracle_downtime(&oracle, 0, now), 2ll * ORACLE_MAX_INTERVALS * 2 * LOSS_NS,
			now);
	for (uint32_t i = 0; i < 10; i++) {
		acknowledge(0, 0, 1);
		sample_next();
	}
	assert_int_equal(oracle.lost[ORACLE_MAX_INTERVALS - 1].to_ns, now - 10 * MS);
}

/* ---- Epochs and lost operations ---- */

static void an_epoch_counts_once_every_cpu_is_in_it(void **state)
{
	(void)state;
	serve(1, 2);
	assert_true(oracle_in_epoch(&oracle, 0, 0));
	cell(0, 0)->epoch = 1;
	acknowledge(0, 0, 1);
	sample_next();
	assert_false(oracle_in_epoch(&oracle, 0, 1));
	assert_false(oracle_in_epoch(&oracle, 0, 0));
	cell(0, 1)->epoch = 1;
	acknowledge(0, 1, 1);
	sample_next();
	assert_true(oracle_in_epoch(&oracle, 0, 1));
	assert_false(oracle.guest[0].corrupt);
}

/* Restored to the state of operation 60 when 100 were acknowledged: 61 to 100 are lost. */
static void operations_after_the_snapshot_are_lost(void **state)
{
	struct vq_heartbeat saved;

	(void)state;
	serve(1, 1);
	acknowledge(0, 0, 59);
	sample_next();
	saved = *cell(0, 0);
	acknowledge(0, 0, 40);
	sample_next();
	assert_int_equal(cell(0, 0)->sequence, 100);
	assert_int_equal(oracle.guest[0].lost_operations, 0);
	*cell(0, 0) = saved;
	cell(0, 0)->epoch = 1;
	acknowledge(0, 0, 1);
	sample_next();
	assert_int_equal(oracle.guest[0].lost_operations, 40);
	assert_false(oracle.guest[0].corrupt);
	run_until(now + 20 * MS, -1, -1);
	assert_int_equal(oracle.guest[0].lost_operations, 40);
	assert_false(oracle.guest[0].corrupt);
}

static void a_fresh_guest_has_lost_everything(void **state)
{
	(void)state;
	serve(1, 1);
	acknowledge(0, 0, 99);
	sample_next();
	memset(cell(0, 0), 0, sizeof(struct vq_heartbeat));
	sample_next();
	cell(0, 0)->epoch = 1;
	acknowledge(0, 0, 1);
	sample_next();
	assert_int_equal(oracle.guest[0].lost_operations, 100);
	assert_false(oracle.guest[0].corrupt);
}

static void a_guest_that_goes_on_in_a_new_epoch_has_lost_nothing(void **state)
{
	(void)state;
	serve(1, 1);
	acknowledge(0, 0, 99);
	sample_next();
	cell(0, 0)->epoch = 1;
	acknowledge(0, 0, 1);
	sample_next();
	assert_int_equal(oracle.guest[0].lost_operations, 0);
	assert_false(oracle.guest[0].corrupt);
}

/* ---- Corruption ---- */

static void a_blank_page_is_not_corrupt(void **state)
{
	(void)state;
	memset(memory, 0, sizeof(memory));
	oracle_init(&oracle, LOSS_NS);
	oracle_add(&oracle, memory[0], VQ_MAX_CPUS, true);
	for (int i = 1; i < 1000; i++)
		sample_at(i * MS);
	assert_false(oracle.guest[0].corrupt);
	assert_false(oracle_serves(&oracle, 0));
}

static void a_torn_cell_is_read_again(void **state)
{
	(void)state;
	serve(1, 1);
	for (int i = 0; i < 100; i++) {
		acknowledge(0, 0, 1);
		cell(0, 0)->checksum ^= 1; /* half written */
		sample_next();
		publish(0, 0);
		sample_next();
	}
	assert_false(oracle.guest[0].corrupt);
	assert_true(oracle_serves(&oracle, 0));
	assert_int_equal(oracle.guest[0].operations, 101);
	assert_int_equal(oracle.lost_count, 0);
}

static void a_cell_that_stays_torn_is_corrupt_and_serves_no_more(void **state)
{
	(void)state;
	serve(2, 1);
	for (int i = 0; i < 100; i++) {
		acknowledge(0, 0, 1);
		acknowledge(1, 0, 1);
		cell(0, 0)->checksum ^= 1;
		sample_next();
	}
	assert_true(oracle.guest[0].corrupt);
	assert_false(oracle.guest[0].corrupt_silently);
	assert_false(oracle_serves(&oracle, 0));
	assert_false(oracle.guest[1].corrupt);
	assert_true(oracle_serves(&oracle, 1));
}

/* Its vCPU was descheduled half-way, and goes on. */
static void a_cell_that_is_torn_for_some_slices_is_not_corrupt(void **state)
{
	(void)state;
	serve(1, 1);
	cell(0, 0)->checksum ^= 1;
	for (int i = 0; i < 60; i++)
		sample_next();
	assert_false(oracle.guest[0].corrupt);
	acknowledge(0, 0, 1);
	sample_next();
	assert_false(oracle.guest[0].corrupt);
}

static void one_flipped_bit_anywhere_is_seen(void **state)
{
	const size_t covered[] = {
		offsetof(struct vq_heartbeat, epoch),
		offsetof(struct vq_heartbeat, fault_ticket),
		offsetof(struct vq_heartbeat, sequence),
		offsetof(struct vq_heartbeat, tsc),
		offsetof(struct vq_heartbeat, lock_wanted),
		offsetof(struct vq_heartbeat, lock_held),
		offsetof(struct vq_heartbeat, chain),
		offsetof(struct vq_heartbeat, slowest),
		offsetof(struct vq_heartbeat, checksum),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(covered) / sizeof(covered[0]); i++) {
		serve(1, 1);
		((uint8_t *)cell(0, 0))[covered[i]] ^= 0x10;
		for (int n = 0; n < 1000; n++)
			sample_next();
		assert_true(oracle.guest[0].corrupt);
	}
}

static void a_digest_that_does_not_follow_is_silent_corruption(void **state)
{
	(void)state;
	serve(1, 1);
	run_until(10 * MS, -1, -1);
	assert_false(oracle.guest[0].corrupt);
	cell(0, 0)->chain ^= 1ull << 63;
	acknowledge(0, 0, 1);
	sample_next();
	assert_true(oracle.guest[0].corrupt);
	assert_true(oracle.guest[0].corrupt_silently);
}

static void a_lost_operation_within_a_life_is_silent_corruption(void **state)
{
	(void)state;
	serve(1, 1);
	run_until(10 * MS, -1, -1);
	cell(0, 0)->sequence++; /* counted and never done */
	acknowledge(0, 0, 1);
	sample_next();
	assert_true(oracle.guest[0].corrupt_silently);
}

static void a_sequence_that_goes_back_is_silent_corruption(void **state)
{
	struct vq_heartbeat saved;

	(void)state;
	serve(1, 1);
	saved = *cell(0, 0);
	run_until(10 * MS, -1, -1);
	*cell(0, 0) = saved;
	sample_next();
	assert_true(oracle.guest[0].corrupt_silently);
}

/* A forged sequence number must not cost the observer its time: this ends, or the test hangs. */
static void a_forged_sequence_is_bounded(void **state)
{
	(void)state;
	serve(1, 1);
	cell(0, 0)->sequence = UINT64_MAX;
	publish(0, 0);
	sample_next();
	assert_true(oracle.guest[0].corrupt);
}

/* Every field hostile, every checksum right, which a guest that wants to can do. */
static void hostile_cells_with_good_checksums_harm_nothing(void **state)
{
	struct oracle_cycle cycle = {0};
	uint64_t x = 1;
	char text[64];

	(void)state;
	memset(memory, 0, sizeof(memory));
	oracle_init(&oracle, LOSS_NS);
	for (uint32_t g = 0; g < GUESTS; g++)
		oracle_add(&oracle, memory[g], VQ_MAX_CPUS + 7, true);
	for (int i = 1; i < 2000; i++) {
		for (uint32_t g = 0; g < GUESTS; g++)
			for (uint32_t c = 0; c < VQ_MAX_CPUS; c++) {
				for (size_t w = 0; w < sizeof(struct vq_heartbeat) / 8; w++)
					((uint64_t *)cell(g, c))[w] = x = vq_mix(x + i);
				cell(g, c)->epoch &= 1;
				cell(g, c)->lock_wanted &= x & 1 ? 31 : ~0u;
				publish(g, c);
			}
		sample_at(i * MS);
		oracle_deadlock(&oracle, &cycle, text, sizeof(text));
		assert_non_null(memchr(text, '\0', sizeof(text)));
	}
	assert_true(oracle.guest[0].corrupt);
	assert_true(oracle_downtime(&oracle, 0, now) >= 0);
}

/* ---- Deadlock ---- */

static char text[256];

/* As the harness asks: after each sample. */
static bool deadlocked(struct oracle_cycle *cycle)
{
	sample_next();
	return oracle_deadlock(&oracle, cycle, text, sizeof(text));
}

static void two_cpus_that_wait_for_each_other(void **state)
{
	struct oracle_cycle cycle = {0};

	(void)state;
	serve(1, 2);
	want(0, 0, 1u << 0, 1);
	assert_false(deadlocked(&cycle)); /* waits, but for nobody who holds */
	assert_false(deadlocked(&cycle));
	want(0, 1, 1u << 1, 0);
	assert_false(deadlocked(&cycle)); /* once may be a moment */
	assert_true(deadlocked(&cycle));
	assert_non_null(strstr(text, "guest 0 cpu 0"));
	assert_non_null(strstr(text, "guest 0 cpu 1"));
	assert_non_null(strstr(text, "lock 0"));
	assert_non_null(strstr(text, "lock 1"));
	assert_true(deadlocked(&cycle));
}

static void two_guests_over_shared_locks(void **state)
{
	struct oracle_cycle cycle = {0};

	(void)state;
	serve(3, 1);
	want(0, 0, 1u << VQ_SHARED_LOCK_BASE, VQ_SHARED_LOCK_BASE + 1);
	want(2, 0, 1u << (VQ_SHARED_LOCK_BASE + 1), VQ_SHARED_LOCK_BASE);
	assert_false(deadlocked(&cycle));
	assert_true(deadlocked(&cycle));
	assert_non_null(strstr(text, "guest 0"));
	assert_non_null(strstr(text, "guest 2"));
	assert_null(strstr(text, "guest 1"));
}

/* Lock 0 of one guest is not lock 0 of another. */
static void private_locks_of_two_guests_make_no_cycle(void **state)
{
	struct oracle_cycle cycle = {0};

	(void)state;
	serve(2, 1);
	want(0, 0, 1u << 0, 1);
	want(1, 0, 1u << 1, 0);
	for (int i = 0; i < 10; i++)
		assert_false(deadlocked(&cycle));
}

static void a_ring_of_three_and_one_that_waits_for_it(void **state)
{
	struct oracle_cycle cycle = {0};

	(void)state;
	serve(1, 4);
	want(0, 0, 0, 3); /* waits for the ring, and is not in it */
	want(0, 1, 1u << 3, 4);
	want(0, 2, 1u << 4, 5);
	want(0, 3, 1u << 5, 3);
	assert_false(deadlocked(&cycle));
	assert_true(deadlocked(&cycle));
	assert_null(strstr(text, "cpu 0"));
	assert_non_null(strstr(text, "cpu 1"));
	assert_non_null(strstr(text, "cpu 2"));
	assert_non_null(strstr(text, "cpu 3"));
}

static void a_chain_of_waiters_is_no_cycle(void **state)
{
	struct oracle_cycle cycle = {0};

	(void)state;
	serve(1, 3);
	want(0, 0, 0, 1);
	want(0, 1, 1u << 1, 2);
	want(0, 2, 1u << 2, VQ_LOCK_NONE);
	for (int i = 0; i < 10; i++)
		assert_false(deadlocked(&cycle));
}

/* Cells are read one after the other: a cycle among vCPUs that go on was never there. */
static void no_cycle_where_progress_is_made(void **state)
{
	struct oracle_cycle cycle = {0};

	(void)state;
	serve(1, 2);
	want(0, 0, 1u << 0, 1);
	want(0, 1, 1u << 1, 0);
	for (int i = 0; i < 100; i++) {
		acknowledge(0, i & 1, 1);
		assert_false(deadlocked(&cycle));
	}
	assert_false(oracle.guest[0].corrupt);
	/* Both stand still now, and that is seen. */
	assert_true(deadlocked(&cycle));
}

static void a_cycle_that_goes_away_is_forgotten(void **state)
{
	struct oracle_cycle cycle = {0};

	(void)state;
	serve(1, 2);
	for (int i = 0; i < 10; i++) {
		want(0, 0, 1u << 0, 1);
		want(0, 1, 1u << 1, 0);
		assert_false(deadlocked(&cycle));
		want(0, 1, 1u << 1, VQ_LOCK_NONE);
		assert_false(deadlocked(&cycle));
	}
}

static void a_cycle_is_cut_to_the_room_there_is(void **state)
{
	struct oracle_cycle cycle = {0};
	char room[24];

	(void)state;
	serve(1, 2);
	want(0, 0, 1u << 0, 1);
	want(0, 1, 1u << 1, 0);
	for (int i = 0; i < 2; i++) {
		memset(room, 'x', sizeof(room));
		sample_next();
		oracle_deadlock(&oracle, &cycle, room, 16);
		assert_non_null(memchr(room, '\0', 16));
		assert_memory_equal(room + 16, "xxxxxxxx", 8);
	}
	assert_int_equal(cycle.times, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serves_once_every_cpu_has_acknowledged),
		cmocka_unit_test(counts_acknowledged_operations),
		cmocka_unit_test(a_gap_that_is_short_is_no_loss),
		cmocka_unit_test(a_loss_lasts_from_one_acknowledgement_to_the_next),
		cmocka_unit_test(one_cpu_that_stands_still_is_a_loss),
		cmocka_unit_test(a_loss_noticed_early_counts_from_the_last_acknowledgement),
		cmocka_unit_test(downtime_is_a_union),
		cmocka_unit_test(more_losses_than_there_is_room_for),
		cmocka_unit_test(an_epoch_counts_once_every_cpu_is_in_it),
		cmocka_unit_test(operations_after_the_snapshot_are_lost),
		cmocka_unit_test(a_fresh_guest_has_lost_everything),
		cmocka_unit_test(a_guest_that_goes_on_in_a_new_epoch_has_lost_nothing),
		cmocka_unit_test(a_blank_page_is_not_corrupt),
		cmocka_unit_test(a_torn_cell_is_read_again),
		cmocka_unit_test(a_cell_that_stays_torn_is_corrupt_and_serves_no_more),
		cmocka_unit_test(a_cell_that_is_torn_for_some_slices_is_not_corrupt),
		cmocka_unit_test(one_flipped_bit_anywhere_is_seen),
		cmocka_unit_test(a_digest_that_does_not_follow_is_silent_corruption),
		cmocka_unit_test(a_lost_operation_within_a_life_is_silent_corruption),
		cmocka_unit_test(a_sequence_that_goes_back_is_silent_corruption),
		cmocka_unit_test(a_forged_sequence_is_bounded),
		cmocka_unit_test(hostile_cells_with_good_checksums_harm_nothing),
		cmocka_unit_test(two_cpus_that_wait_for_each_other),
		cmocka_unit_test(two_guests_over_shared_locks),
		cmocka_unit_test(private_locks_of_two_guests_make_no_cycle),
		cmocka_unit_test(a_ring_of_three_and_one_that_waits_for_it),
		cmocka_unit_test(a_chain_of_waiters_is_no_cycle),
		cmocka_unit_test(no_cycle_where_progress_is_made),
		cmocka_unit_test(a_cycle_that_goes_away_is_forgotten),
		cmocka_unit_test(a_cycle_is_cut_to_the_room_there_is),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
