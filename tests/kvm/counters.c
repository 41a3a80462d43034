/* SPDX-License-Identifier: Apache-2.0 */
/* What real trials count beside their samples: performance events, the host CPU's counters, KVM's
 * statistics; held against what is known of the work. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness/intake.h"
#include "harness/trial.h"
#include "tests/kvm/machines.h"

#define SAMPLES 40u
#define BATCHES 5u

static unsigned int cpus[64], cpu_count;
static const struct platform *kvm, *native, *microvm;

static struct trial_result *run(const struct platform *p, const char *bench)
{
	const struct trial_spec spec = {
		.platform = p,
		.bench = registry_find(REGISTRY(benches), bench),
		.batches = BATCHES,
		.samples = SAMPLES,
		.seed = 1,
		.cpus = cpus,
		.cpu_count = cpu_count,
	};
	struct trial_result *r = trial_result_new();

	assert_non_null(r);
	assert_non_null(spec.bench);
	trial_run(&spec, r, -1);
	if (r->status != TRIAL_OK)
		fail_msg("%s on %s: %s", bench, p->name, r->reason);
	return r;
}

static size_t rows_of(const struct trial_result *r, enum count_source source)
{
	size_t n = 0;

	for (uint32_t i = 0; i < r->count_count; i++)
		n += r->count[i].source == source;
	return n;
}

static const struct trial_count *find(const struct trial_result *r, enum count_source source,
				      uint32_t index, int32_t batch)
{
	for (uint32_t i = 0; i < r->count_count; i++) {
		const struct trial_count *n = &r->count[i];

		if (n->source == source && n->index == index && n->batch == batch)
			return n;
	}
	return NULL;
}

/* Every batch has each software event that opens here, and none that does not. */
static void check_events(const struct trial_result *r)
{
	const struct event_counter *list;
	size_t count = events_catalog(&list);

	for (uint32_t i = 0; i < count; i++) {
		if (list[i].event.set)
			continue;
		for (int32_t b = 0; b < (int32_t)BATCHES; b++) {
			const struct trial_count *n = find(r, COUNT_PERF, i, b);

			assert_int_equal(n != NULL, list[i].event.usable);
			if (n && !strcmp(list[i].name, "task_clock"))
				assert_true(n->value > 1000 && n->value < 20000000000ull);
		}
	}
}

static void check_cpu(const struct trial_result *r)
{
	for (uint32_t i = 0; i < CPU_COUNTERS; i++)
		for (int32_t b = 0; b < (int32_t)BATCHES; b++)
			if (!cpu_watch_why_not(i) && i != CPU_HEAT)
				assert_non_null(find(r, COUNT_HOST, i, b));
			else if (cpu_watch_why_not(i))
				assert_null(find(r, COUNT_HOST, i, b));
}

static uint64_t statistic(const struct trial_result *r, const char *name)
{
	for (uint32_t i = 0; i < r->count_count; i++) {
		const struct machine_stat *s = &r->stat[r->count[i].index];

		if (r->count[i].source == COUNT_KVM && !strcmp(s->name, name)) {
			assert_int_equal(r->count[i].batch, RESULT_WHOLE_TRIAL);
			return r->count[i].value;
		}
	}
	return 0;
}

static void a_process_counts_events(void **state)
{
	struct trial_result *r = run(native, "cpu_integer");

	(void)state;
	check_events(r);
	check_cpu(r);
	assert_int_equal(rows_of(r, COUNT_KVM), 0);
	trial_result_free(r);
}

static void a_guest_counts_events_and_statistics(void **state)
{
	struct trial_result *r;

	(void)state;
	if (skip_reason(kvm))
		skip();
	r = run(kvm, "exit_pio_user");
	check_events(r);
	check_cpu(r);
	if (isnan(r->exits_per_op)) /* a kernel without binary statistics */
		assert_int_equal(rows_of(r, COUNT_KVM), 0);
	else /* warm-up, stamped operations and the bare loop: an exit each */
		assert_true(statistic(r, "exits") >= SAMPLES * (2 * BATCHES + 1));
	trial_result_free(r);
}

/* QEMU reads them for us; old ones do not. */
static void a_guest_in_qemu_has_statistics(void **state)
{
	struct trial_result *r;

	(void)state;
	if (!microvm || skip_reason(microvm))
		skip();
	r = run(microvm, "exit_pio_user");
	if (isnan(r->exits_per_op)) {
		assert_int_equal(rows_of(r, COUNT_KVM), 0);
	} else {
		assert_true(statistic(r, "exits") >= SAMPLES * (2 * BATCHES + 1));
		assert_true(statistic(r, "exits") < 1000000);
		for (uint32_t i = 0; i < r->count_count; i++)
			if (r->count[i].source == COUNT_KVM)
				assert_true(*r->stat[r->count[i].index].unit);
	}
	trial_result_free(r);
}

/* As on a busy host. */
static int count_slowly(void *context, uint64_t *exits, uint64_t *emulated)
{
	uint64_t *calls = context;

	usleep(5000);
	*exits = 100 * ++*calls;
	*emulated = 0;
	return 0;
}

/* What the host's interrupts may have caused meanwhile is judged by that time. */
static void a_slow_count_lies_within_its_window(void **state)
{
	static struct machine_status status;
	struct machine m = {.status = &status};
	uint64_t calls = 0;

	(void)state;
	for (int i = 0; i < 2; i++)
		machine_batch_doorbell_of(&m, getpid(), gettid(), count_slowly, &calls);
	assert_int_equal(status.batches, 1);
	assert_true(status.batch[0].counted);
	assert_int_equal(status.batch[0].exits, 100);
	assert_true(status.batch[0].count_ns >= status.batch[0].span_ns + 9900000);
}

/* All vCPUs' statistics are added up, though only one says goodbye. */
static void all_vcpus_are_counted(void **state)
{
	struct trial_result *r;

	(void)state;
	if (skip_reason(kvm))
		skip();
	r = run(kvm, "exit_ipi");
	if (!isnan(r->exits_per_op))
		assert_true(statistic(r, "exits") >= SAMPLES * BATCHES);
	trial_result_free(r);
}

/* Where switches are what is timed, nothing makes them dearer. */
static void no_events_where_switches_are_timed(void **state)
{
	struct trial_result *r = run(native, "switch_guests");

	(void)state;
	assert_int_equal(rows_of(r, COUNT_PERF), 0);
	check_cpu(r);
	trial_result_free(r);
}

/* Measured from the host: each batch has been looked at. */
static void life_cycle_batches_are_watched(void **state)
{
	struct trial_result *r;
	uint64_t switches = 0;

	(void)state;
	if (skip_reason(kvm))
		skip();
	r = run(kvm, "life_pause");
	assert_int_equal(r->batch_count, BATCHES); /* as often as it was told */
	for (uint32_t i = 0; i < r->batch_count; i++) {
		switches += r->batch[i].voluntary;
		for (uint32_t k = 0; k < CPU_COUNTERS; k++)
			if (!cpu_watch_why_not(k) && k != CPU_HEAT)
				assert_non_null(find(r, COUNT_HOST, k, (int32_t)i));
	}
	assert_true(switches > 0); /* a pause makes the vCPU's thread sleep */
	trial_result_free(r);
}

/* Who watches does not stand where the guest runs, where there is room. */
static void the_observer_stands_apart(void **state)
{
	struct trial_result *r = run(native, "cpu_integer");
	unsigned int others = 0;

	(void)state;
	assert_true(r->pinned[0]);
	assert_false(r->pinned[1]);
	assert_int_equal(r->vcpus[0], 1);
	assert_int_equal(r->pin[0][0], cpus[0]);
	for (unsigned int i = 1; i < cpu_count; i++)
		others += !host_share_core(cpus[0], cpus[i]);
	assert_true(CPU_COUNT(&r->observer) > 0);
	if (cpu_count > 1)
		assert_false(CPU_ISSET(cpus[0], &r->observer));
	for (unsigned int i = 1; others && i < cpu_count; i++)
		assert_int_equal(CPU_ISSET(cpus[i], &r->observer) != 0,
				 !host_share_core(cpus[0], cpus[i]));
	trial_result_free(r);
}

/* One raw record as a guest may send it: is it taken? */
static bool takes_raw(struct trial *t, uint32_t batch, uint32_t count, uint32_t length)
{
	static struct intake in;
	struct vq_raw *raw = (struct vq_raw *)in.record.payload;

	in.record.header = (struct vq_record){.type = VQ_RECORD_RAW, .length = length};
	*raw = (struct vq_raw){.batch = batch, .count = count};
	return intake_record(t, &in) == 0;
}

#define LENGTH(count) (uint32_t)(sizeof(struct vq_raw) + (count) * sizeof(uint64_t))

static void raw_records_that_make_no_sense_fail_a_trial(void **state)
{
	struct trial_spec asked = {.raw = true}, not_asked = {0};
	struct trial_result *r = trial_result_new();
	static struct trial t;

	(void)state;
	assert_non_null(r);
	r->batch_count = 2;
	t.result = r;
	t.spec = &not_asked;
	assert_false(takes_raw(&t, 0, 3, LENGTH(3)));
	t.spec = &asked;
	assert_true(takes_raw(&t, 0, 3, LENGTH(3)));
	assert_false(takes_raw(&t, 0, 3, LENGTH(3))); /* the same batch again */
	assert_false(takes_raw(&t, 2, 3, LENGTH(3))); /* no such batch */
	assert_false(takes_raw(&t, 1, 3, LENGTH(2)));
	assert_false(takes_raw(&t, 1, 3, LENGTH(4)));
	assert_false(takes_raw(&t, 1, UINT32_MAX, LENGTH(3)));
	assert_false(takes_raw(&t, 1, VQ_RAW_MAX + 1, LENGTH(VQ_RAW_MAX + 1)));
	assert_false(takes_raw(&t, 1, 0, 4));
	assert_int_equal(r->status, TRIAL_FAILED);
	assert_int_equal(r->raw_used, 3);
	assert_true(takes_raw(&t, 1, VQ_RAW_MAX, LENGTH(VQ_RAW_MAX)));
	trial_result_free(r);
}

static int find_platforms(void **state)
{
	const struct event_counter *list;
	char why[512];

	(void)state;
	kvm = find_platform("kvm");
	native = find_platform("native");
	microvm = find_platform("qemu-kvm-microvm");
	cpu_count = host_cpus(cpus, 64);
	events_catalog(&list);
	if (kvm && !skip_reason(kvm))
		kvm->works(why, sizeof(why));
	if (microvm && !microvm->works(why, sizeof(why)))
		microvm = NULL;
	return !kvm || !native;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_counts_events),
		cmocka_unit_test(a_guest_counts_events_and_statistics),
		cmocka_unit_test(a_guest_in_qemu_has_statistics),
		cmocka_unit_test(a_slow_count_lies_within_its_window),
		cmocka_unit_test(all_vcpus_are_counted),
		cmocka_unit_test(no_events_where_switches_are_timed),
		cmocka_unit_test(life_cycle_batches_are_watched),
		cmocka_unit_test(the_observer_stands_apart),
		cmocka_unit_test(raw_records_that_make_no_sense_fail_a_trial),
	};

	alarm(300); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, find_platforms, NULL);
}
