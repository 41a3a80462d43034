/* SPDX-License-Identifier: Apache-2.0 */
/* What a fault's trial comes to, on heartbeats and stamps made by hand: downtime beside the time to
 * recover. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "harness/trial_fault.h"

#define MS	1000000ll
#define LOSS_NS (20 * MS)
#define T0	(50 * MS)

static uint8_t memory[VQ_HEARTBEAT_OFFSET + VQ_PAGE_SIZE] __attribute__((aligned(4096)));
static const struct fault fault = {.name = "made", .detector = DETECT_GUEST_END};
static struct trial trial;
static struct fault_trial f;
static struct result_fault_trial out;
static struct watch w;
static int64_t now;

/* The trial's, which needs all the rest of the harness. */
bool watch_counts(const struct fault *of, uint32_t i)
{
	return !(of->unwatched >> i & 1);
}

bool machine_alive(struct machine *m)
{
	(void)m;
	return true;
}

/* ---- A guest made by hand, looked at each millisecond ---- */

static void acknowledge(uint32_t epoch)
{
	struct vq_heartbeat *c = (struct vq_heartbeat *)(memory + VQ_HEARTBEAT_OFFSET);

	if (c->epoch != epoch)
		*c = (struct vq_heartbeat){.epoch = epoch};
	c->lock_wanted = VQ_LOCK_NONE;
	c->chain = vq_chain_next(c->chain, ++c->sequence);
	c->checksum = vq_heartbeat_checksum(c);
}

static void sample(void)
{
	now += MS;
	oracle_sample(&f.oracle, now);
	if (w.stamp[T3_RECOVERY_STARTED] && !w.stamp[T4_FIRST_SERVICE] &&
	    watch_serves_again(&w, w.stamp[T3_RECOVERY_STARTED]))
		w.stamp[T4_FIRST_SERVICE] = now;
}

static void serve_until(int64_t at, uint32_t epoch)
{
	while (now < at) {
		acknowledge(epoch);
		sample();
	}
}

static void be_silent_until(int64_t at)
{
	while (now < at)
		sample();
}

/* It served until t0, ended there, was noticed after 2 ms, and is booted anew by `back`. */
static void break_and_restart(int64_t back)
{
	now = 0;
	memset(memory, 0, sizeof(memory));
	f = (struct fault_trial){.trial = &trial, .fault = &fault};
	w = (struct watch){.f = &f, .out = &out, .horizon_ns = 1000 * MS};
	trial.cast = 1;
	oracle_init(&f.oracle, LOSS_NS);
	oracle_add(&f.oracle, memory, 1, true);
	serve_until(T0, 0);
	w.stamp[T0_INJECTED] = w.stamp[T1_ACTIVE] = T0;
	be_silent_until(T0 + 2 * MS);
	oracle_note_loss(&f.oracle, 0);
	w.stamp[T2_DETECTED] = w.stamp[T3_RECOVERY_STARTED] = now;
	w.epoch = 1;
	be_silent_until(back);
	serve_until(back + 5 * MS, 1);
	assert_true(w.stamp[T4_FIRST_SERVICE] > 0);
}

static int64_t time_to_recover(void)
{
	return w.stamp[T4_FIRST_SERVICE] - T0;
}

static void conclude(void)
{
	w.stamp[T5_BASELINE] = now;
	watch_conclude(&w, now);
	assert_int_equal(out.outcome, OUTCOME_ASSISTED_RECOVERED);
}

static void downtime_ends_with_the_first_service(void **state)
{
	(void)state;
	for (int64_t back = T0 + 3 * MS; back < T0 + 200 * MS; back += 7 * MS) {
		break_and_restart(back);
		serve_until(now + 40 * MS, 1);
		conclude();
		assert_int_equal(out.downtime_ns, time_to_recover());
	}
}

/* A guest that was back and stands still again, before it is at its baseline: that is no service
 * either, though it had recovered. */
static void lost_again_it_is_longer(void **state)
{
	(void)state;
	break_and_restart(T0 + 30 * MS);
	be_silent_until(now + 60 * MS);
	serve_until(now + 40 * MS, 1);
	conclude();
	assert_in_range(out.downtime_ns, time_to_recover() + 60 * MS, time_to_recover() + 62 * MS);
	assert_true(out.downtime_ns < now - T0);
}

/* Shorter than what counts as a loss, it is none. */
static void a_pause_is_no_loss(void **state)
{
	(void)state;
	break_and_restart(T0 + 30 * MS);
	be_silent_until(now + LOSS_NS - 2 * MS);
	serve_until(now + 40 * MS, 1);
	conclude();
	assert_int_equal(out.downtime_ns, time_to_recover());
}

/* Not back at its baseline by the end of the watch: down until then. */
static void down_to_the_end(void **state)
{
	(void)state;
	break_and_restart(T0 + 30 * MS);
	be_silent_until(now + 60 * MS);
	watch_conclude(&w, now);
	assert_in_range(out.downtime_ns, time_to_recover() + 60 * MS, time_to_recover() + 62 * MS);
	assert_int_equal(out.horizon_ns, w.horizon_ns);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(downtime_ends_with_the_first_service),
		cmocka_unit_test(lost_again_it_is_longer),
		cmocka_unit_test(a_pause_is_no_loss),
		cmocka_unit_test(down_to_the_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
