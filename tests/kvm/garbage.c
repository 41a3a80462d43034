/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hostile guest: it writes random bytes over its record ring and its heartbeats, for as long as
 * it lives, while the host reads both. The readers must neither crash nor believe it, and the
 * machine must be as good as new after a restart.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness/core/record.h"
#include "harness/oracle.h"
#include "tests/kvm/machines.h"

#define LOSS_NS (20 * 1000000ll)
/* Garbage may cost a reader a second of CPU for each full ring, and the guest refills it: what is
 * read is bounded, not what there is. */
#define ROUNDS	      200
#define BYTES_TO_READ (64u << 10)

static struct oracle oracle;
static struct record_reader reader;
static struct record record;

static void watch(struct machine *m)
{
	oracle_init(&oracle, LOSS_NS);
	oracle_add(&oracle, m->memory, m->config.cpus, true);
}

static bool sample(void)
{
	oracle_sample(&oracle, host_now_ns());
	return true;
}

static void open_serving(struct machine *m, const struct platform *p, uint32_t cpus)
{
	open_machine(m, p, "serve=1", cpus, false);
	watch(m);
	assert_true(within_bound(sample() && oracle_serves(&oracle, 0)));
	assert_false(oracle.guest[0].corrupt);
}

/* The whole ring, as the harness drains it: it must be told that head and tail make no sense, or
 * that what lies between them is no record. */
static void drain_the_ring(struct machine *m)
{
	struct vq_ring *ring = (struct vq_ring *)(m->memory + VQ_RING_OFFSET);
	uint32_t refused = 0, corrupt = 0, good = 0;

	record_reader_init(&reader);
	for (int i = 0; i < ROUNDS; i++) {
		int moved = record_feed_ring(&reader, ring);

		if (moved < 0) {
			refused++;
			assert_true(memchr(reader.error, '\0', sizeof(reader.error)) &&
				    reader.error[0]);
		}
		/* At most what a buffer can hold of empty records. */
		for (int n = 0; n < 16; n++) {
			enum record_status status = record_next(&reader, &record);

			corrupt += status == RECORD_CORRUPT;
			good += status == RECORD_OK;
			if (status == RECORD_NONE)
				break;
		}
		nap();
	}
	assert_true(refused + corrupt > 0);
	assert_int_equal(good, 0);
}

/* Where head and tail are believed, what they enclose is still garbage. */
static void decode_what_is_in_it(struct machine *m)
{
	const struct vq_ring *ring = (const void *)(m->memory + VQ_RING_OFFSET);
	uint32_t corrupt = 0, good = 0, at = 0;

	record_reader_init(&reader);
	while (at < BYTES_TO_READ) {
		uint32_t taken = record_feed(&reader, ring->data + at, BYTES_TO_READ - at);
		enum record_status status;

		at += taken;
		while ((status = record_next(&reader, &record)) != RECORD_NONE) {
			corrupt += status == RECORD_CORRUPT;
			good += status == RECORD_OK;
		}
		if (!taken)
			break;
	}
	assert_int_equal(good, 0);
	assert_true(corrupt > 0);
	assert_true(reader.corrupt_bytes > 0);
	assert_true(reader.corrupt_bytes <= BYTES_TO_READ);
}

static void look_for_deadlocks(void)
{
	struct oracle_cycle cycle = {0};
	char text[128];

	for (int i = 0; i < 100; i++) {
		sample();
		assert_false(oracle_deadlock(&oracle, &cycle, text, sizeof(text)));
	}
}

static void survive_garbage(const struct platform *p, uint32_t cpus)
{
	struct machine m;

	open_serving(&m, p, cpus);
	request(m.memory, VQ_REQUEST_GARBAGE, 0);
	assert_true(within_bound(sample() && oracle.guest[0].corrupt));
	look_for_deadlocks();
	drain_the_ring(&m);
	decode_what_is_in_it(&m);
	assert_true(within_bound(sample() && !oracle_serves(&oracle, 0)));
	assert_true(oracle.lost_count > 0);

	/* All that it harmed is itself. */
	assert_true(machine_alive(&m));
	assert_int_equal(m.status->end, MACHINE_RUNNING);
	if (p->capabilities() & CAN_PAUSE) {
		assert_int_equal(machine_pause(&m), 0);
		assert_int_equal(machine_resume(&m), 0);
	}
	if (machine_restart(&m, false))
		fail_msg("machine_restart: %s", m.error);
	watch(&m);
	assert_true(within_bound(sample() && oracle_serves(&oracle, 0)));
	assert_true(all_go_on(m.memory, cpus));
	for (int i = 0; i < 100; i++, nap())
		sample();
	assert_false(oracle.guest[0].corrupt);
	machine_close(&m);
}

static void a_restored_guest_is_clean(const struct platform *p)
{
	struct machine m;

	open_machine(&m, p, "serve=1", 1, true);
	assert_true(all_go_on(m.memory, 1));
	assert_int_equal(machine_pause(&m), 0);
	assert_int_equal(machine_snapshot(&m), 0);
	assert_int_equal(machine_resume(&m), 0);
	watch(&m);
	assert_true(within_bound(sample() && oracle_serves(&oracle, 0)));
	request(m.memory, VQ_REQUEST_GARBAGE, 0);
	assert_true(within_bound(sample() && oracle.guest[0].corrupt));
	((struct vq_control *)(m.memory + VQ_CONTROL_OFFSET))->request = VQ_REQUEST_NONE;
	if (machine_restore(&m))
		fail_msg("machine_restore: %s", m.error);
	assert_true(all_go_on(m.memory, 1));
	machine_close(&m);
}

static void on_kvm(void **state)
{
	(void)state;
	if (skip_reason(find_platform("kvm"))) {
		print_message("%s\n", skip_reason(find_platform("kvm")));
		skip();
	}
	survive_garbage(find_platform("kvm"), 1);
	survive_garbage(find_platform("kvm"), 2);
}

static void on_kvm_after_a_restore(void **state)
{
	(void)state;
	if (skip_reason(find_platform("kvm")))
		skip();
	a_restored_guest_is_clean(find_platform("kvm"));
}

static void on_native(void **state)
{
	(void)state;
	survive_garbage(find_platform("native"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(on_kvm),
		cmocka_unit_test(on_kvm_after_a_restore),
		cmocka_unit_test(on_native),
	};

	alarm(300); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
