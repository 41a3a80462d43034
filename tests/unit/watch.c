/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted around batches, and when that marks one: the rules on numbers that are known, the
 * readings against work whose counts are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/cpu_watch.h"
#include "harness/disturbance.h"
#include "harness/events.h"

/* ---- Texts of the kernel ---- */

static void steal_of_a_cpu(void **state)
{
	static const char text[] = "cpu  1 2 3 4 5 6 7 99 9 10\n"
				   "cpu0 1 2 3 4 5 6 7 11 9 10\n"
				   "cpu1 1 2 3 4 5 6 7 22 9 10\n"
				   "cpu12 1 2 3 4 5 6 7 33 9 10\n"
				   "cpu13 1 2 3\n"
				   "intr 5 0 0\n";
	uint64_t ticks;

	(void)state;
	assert_true(cpu_watch_parse_steal(text, 0, &ticks));
	assert_int_equal(ticks, 11);
	assert_true(cpu_watch_parse_steal(text, 1, &ticks));
	assert_int_equal(ticks, 22);
	assert_true(cpu_watch_parse_steal(text, 12, &ticks));
	assert_int_equal(ticks, 33);
	assert_false(cpu_watch_parse_steal(text, 2, &ticks));
	assert_false(cpu_watch_parse_steal("", 0, &ticks));
}

static void interrupts_of_a_cpu(void **state)
{
	/* CPU 1 is offline: columns are not CPU numbers. ERR has one number for all. */
	static const char text[] =
		"            CPU0       CPU2       CPU10\n"
		"   0:         10         20         30   IO-APIC 2-edge timer\n"
		" LOC:       1000       2000       3000   Local timer interrupts\n"
		" ERR:          7\n"
		" MIS:          0\n";
	uint64_t count;

	(void)state;
	assert_true(cpu_watch_parse_interrupts(text, 0, &count));
	assert_int_equal(count, 1017);
	assert_true(cpu_watch_parse_interrupts(text, 2, &count));
	assert_int_equal(count, 2020);
	assert_true(cpu_watch_parse_interrupts(text, 10, &count));
	assert_int_equal(count, 3030);
	assert_false(cpu_watch_parse_interrupts(text, 1, &count));
	assert_false(cpu_watch_parse_interrupts("", 0, &count));
	assert_false(cpu_watch_parse_interrupts("CPU0", 0, &count));
	/* What was cut off would be too small a number. */
	assert_false(cpu_watch_parse_interrupts("  CPU0\n  0:  5 timer\n LOC:  6", 0, &count));
}

/* Every counter is read, or says why not. */
static void each_is_usable_or_says_why_not(void **state)
{
	const struct cpu_watch *w = cpu_watch_probe();
	struct cpu_reading begin, end;

	(void)state;
	cpu_watch_read(w, sched_getcpu(), &begin);
	cpu_watch_read(w, sched_getcpu(), &end);
	for (unsigned int i = 0; i < CPU_COUNTERS; i++) {
		assert_int_equal(w->usable[i], !cpu_watch_why_not(i));
		if (!w->usable[i])
			assert_true(strlen(cpu_watch_why_not(i)) > 10);
		else if (i != CPU_HEAT) /* some CPUs may lack it */
			assert_true(begin.known[i]);
	}
	cpu_watch_since(&begin, &end);
	for (unsigned int i = 0; i < CPU_COUNTERS; i++)
		assert_true(end.value[i] < 1000000000000ull);
	cpu_watch_read(w, 100000, &end);
	assert_false(end.known[CPU_OUTER_STEAL]);
	assert_false(end.known[CPU_INTERRUPTS]);
}

static void what_goes_back_is_not_known(void **state)
{
	struct cpu_reading begin = {.value = {5, 9}, .known = {true, true}};
	struct cpu_reading end = {.value = {8, 3}, .known = {true, true}};

	(void)state;
	cpu_watch_since(&begin, &end);
	assert_true(end.known[0]);
	assert_int_equal(end.value[0], 3);
	assert_false(end.known[1]);
	assert_int_equal(end.value[1], 0);
	assert_false(end.known[2]);
}

/* ---- Marks ---- */

static uint32_t marks(const struct batch_counters *c, double window_ns)
{
	struct result_batch b = {0};

	disturbance_mark(&b, c, window_ns, false);
	assert_int_equal(b.wait_ns, c->wait_ns);
	return b.disturbances;
}

static void one_mark_for_each_cause(void **state)
{
	const struct batch_counters calm = {.wait_ns = 50000, .voluntary = 100};
	struct batch_counters c = calm;
	struct result_batch exempt = {0};

	(void)state;
	assert_int_equal(marks(&calm, 5e6), 0);
	c.wait_ns = 50001;
	assert_int_equal(marks(&c, 1e9), DISTURBED_STEAL);
	c.wait_ns = 11000;
	assert_int_equal(marks(&c, 1e6), DISTURBED_STEAL); /* over 1 % of the batch */
	assert_int_equal(marks(&c, 2e6), 0);
	c = calm;
	c.involuntary = 1;
	assert_int_equal(marks(&c, 5e6), DISTURBED_SWITCHES);
	c = calm;
	c.migrated = 1;
	assert_int_equal(marks(&c, 5e6), DISTURBED_MIGRATED);
	for (unsigned int i = 0; i < CPU_COUNTERS; i++) {
		c = calm;
		c.cpu.value[i] = 1;
		assert_int_equal(marks(&c, 5e6), 0); /* not known: it says nothing */
		c.cpu.known[i] = true;
		assert_int_equal(marks(&c, 5e6), i == CPU_OUTER_STEAL  ? DISTURBED_STEAL
						 : i == CPU_INTERRUPTS ? 0
								       : DISTURBED_THROTTLED);
	}
	c.involuntary = c.wait_ns = 1000000;
	disturbance_mark(&exempt, &c, 1, true);
	assert_int_equal(exempt.disturbances, 0);
	assert_int_equal(exempt.involuntary, 1000000);
}

static void set_interrupts(struct batch_counters *c, const int *value, size_t n)
{
	memset(c, 0, n * sizeof(*c));
	for (size_t i = 0; i < n; i++) {
		c[i].cpu.known[CPU_INTERRUPTS] = value[i] >= 0;
		c[i].cpu.value[CPU_INTERRUPTS] = value[i] > 0 ? (uint64_t)value[i] : 0;
	}
}

/* What the bench itself causes is in all of its batches; one that stands out is marked. */
static void interrupts_that_stand_out(void **state)
{
	static const struct {
		int value[4];
		uint32_t marked; /* bit n: batch n */
	} cases[] = {
		{{1, 0, 2, 1}, 0},	    {{1, 0, 12, 1}, 1u << 2},
		{{1, 0, 11, 1}, 0},	    {{0, 0, 11, 1}, 1u << 2},
		{{400, 410, 405, 790}, 0},  {{400, 410, 405, 900}, 1u << 3},
		{{50, 60, 900, 900}, 12},   {{-1, -1, 900, 1}, 0},
		{{-1, 1, 900, 1}, 1u << 2}, {{0, 0, 0, 0}, 0},
		{{900, 900, 900, 900}, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct batch_counters c[4];
		struct result_batch b[4] = {0};
		uint32_t marked = 0;

		set_interrupts(c, cases[i].value, 4);
		disturbance_mark_interrupts(b, c, 4);
		for (uint32_t k = 0; k < 4; k++)
			marked |= (b[k].disturbances == DISTURBED_INTERRUPTS) << k;
		if (marked != cases[i].marked)
			fail_msg("case %zu: marked %#x", i, marked);
	}
}

/* ---- Performance events ---- */

#define PAGES 64

static void touch_pages(void)
{
	size_t size = PAGES * 4096;
	volatile char *p =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	madvise((void *)p, size, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < size; i += 4096)
		p[i] = 1;
	munmap((void *)p, size);
}

static size_t find_event(const char *name, const char *scope)
{
	const struct event_counter *list;
	size_t count = events_catalog(&list);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i].name, name) && !strncmp(list[i].scope, scope, strlen(scope)))
			return i;
	fail_msg("%s of %s is not in the catalog", name, scope);
	return 0;
}

static void each_event_opens_or_says_why_not(void **state)
{
	const struct event_counter *list;
	size_t count = events_catalog(&list);

	(void)state;
	assert_true(count > 0 && count <= EVENTS_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_true(list[i].event.set < EVENT_SETS);
		if (list[i].event.usable)
			assert_string_equal(list[i].why_not, "");
		else
			assert_true(strlen(list[i].why_not) > 5);
		if (!strncmp(list[i].scope, "guest", 5))
			assert_true(list[i].event.exclude_host && !list[i].event.exclude_guest);
		if (!strncmp(list[i].scope, "host", 4))
			assert_true(list[i].event.exclude_guest && !list[i].event.exclude_host);
	}
}

static void describe(struct event *events, size_t *count)
{
	const struct event_counter *list;

	*count = events_catalog(&list);
	for (size_t i = 0; i < *count; i++)
		events[i] = list[i].event;
}

static void software_events_count_a_batch(void **state)
{
	size_t faults = find_event("page_faults", "thread"),
	       clock = find_event("task_clock", "thread");
	struct event events[EVENTS_MAX];
	struct event_session s = {0};
	struct event_values v;
	size_t count;

	(void)state;
	describe(events, &count);
	if (!events[faults].usable || !events[clock].usable)
		skip();
	events_end(&s, &v); /* without a begin: nothing is known */
	assert_int_equal(v.known, 0);
	for (int round = 0; round < 6; round++) {
		events_begin(&s, events, count, 0);
		touch_pages();
		events_end(&s, &v);
		assert_true(v.known & 1u << faults);
		assert_true(v.known & 1u << clock);
		if (v.value[faults] < PAGES || v.value[faults] > PAGES + 16)
			fail_msg("%d pages, %llu faults", PAGES,
				 (unsigned long long)v.value[faults]);
		assert_true(v.value[clock] > 0);
		touch_pages(); /* between batches: in none of them */
	}
	events_close(&s);
}

/* Sets that share the hardware take turns: here two of software stand in for them. */
static void sets_take_turns(void **state)
{
	struct event events[3] = {
		{.usable = true, .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_TASK_CLOCK},
		{.usable = true, .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS},
		{.usable = true, .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_PAGE_FAULTS},
	};
	struct event_session s = {0};
	struct event_values v;

	(void)state;
	events[1].set = 1;
	events[2].set = 3; /* there is no set 2 */
	if (!({
		    events_begin(&s, events, 3, 0);
		    s.software[0].count;
	    }))
		skip();
	events_end(&s, &v);
	for (int round = 0; round < 5; round++) {
		uint32_t other = round % 2 ? 1 : 2, none = round % 2 ? 2 : 1;

		events_begin(&s, events, 3, 0);
		touch_pages();
		events_end(&s, &v);
		assert_true(v.known & 1u);
		assert_true(v.known & 1u << other);
		assert_false(v.known & 1u << none);
		assert_true(v.value[other] >= PAGES && v.value[other] <= PAGES + 16);
	}
	events_close(&s);
}

static void an_event_that_does_not_open_is_not_known(void **state)
{
	struct event events[2] = {
		{.usable = true, .type = 0xffff, .config = 1}, /* no such PMU */
		{.usable = true, .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_TASK_CLOCK},
	};
	struct event_session s = {0};
	struct event_values v;

	(void)state;
	events_begin(&s, events, 2, 0);
	touch_pages();
	events_end(&s, &v);
	assert_false(v.known & 1);
	events_close(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(steal_of_a_cpu),
		cmocka_unit_test(interrupts_of_a_cpu),
		cmocka_unit_test(each_is_usable_or_says_why_not),
		cmocka_unit_test(what_goes_back_is_not_known),
		cmocka_unit_test(one_mark_for_each_cause),
		cmocka_unit_test(interrupts_that_stand_out),
		cmocka_unit_test(each_event_opens_or_says_why_not),
		cmocka_unit_test(software_events_count_a_batch),
		cmocka_unit_test(sets_take_turns),
		cmocka_unit_test(an_event_that_does_not_open_is_not_known),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
