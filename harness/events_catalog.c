/* SPDX-License-Identifier: Apache-2.0 */
/* Which performance events open here: libpfm4 names and encodes them, opening proves them. */
#include <errno.h>
#include <linux/perf_event.h>
#include <perfmon/pfmlib.h>
#include <perfmon/pfmlib_perf_event.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/events.h"
#include "harness/host_internal.h"

/* Does it mean the same without the kernel's part? Its scope then says so, or nothing at all. */
enum without_kernel { NOTHING, ITS_USER_PART, THE_SAME };

enum side { THREAD, GUEST, HOST };

static const struct known {
	const char *name;
	const char *event; /* as libpfm4 calls it */
	const char *unit;
	enum side side;
	enum without_kernel without_kernel;
	uint32_t set;
} known[] = {
	{"task_clock", "perf::TASK-CLOCK", "ns", THREAD, THE_SAME, 0},
	{"context_switches", "perf::CONTEXT-SWITCHES", "count", THREAD, NOTHING, 0},
	{"cpu_migrations", "perf::CPU-MIGRATIONS", "count", THREAD, NOTHING, 0},
	{"page_faults", "perf::PAGE-FAULTS", "count", THREAD, ITS_USER_PART, 0},
	{"cycles", "perf::CYCLES", "count", GUEST, ITS_USER_PART, 1},
	{"instructions", "perf::INSTRUCTIONS", "count", GUEST, ITS_USER_PART, 1},
	{"cycles", "perf::CYCLES", "count", HOST, ITS_USER_PART, 1},
	{"instructions", "perf::INSTRUCTIONS", "count", HOST, ITS_USER_PART, 1},
	{"dtlb_load_misses", "perf::DTLB-LOAD-MISSES", "count", GUEST, ITS_USER_PART, 2},
	{"itlb_load_misses", "perf::ITLB-LOAD-MISSES", "count", GUEST, ITS_USER_PART, 2},
	{"cache_misses", "perf::CACHE-MISSES", "count", GUEST, ITS_USER_PART, 2},
	{"dtlb_load_misses", "perf::DTLB-LOAD-MISSES", "count", HOST, ITS_USER_PART, 3},
	{"itlb_load_misses", "perf::ITLB-LOAD-MISSES", "count", HOST, ITS_USER_PART, 3},
	{"cache_misses", "perf::CACHE-MISSES", "count", HOST, ITS_USER_PART, 3},
};

#define KNOWN (sizeof(known) / sizeof(known[0]))
_Static_assert(KNOWN <= EVENTS_MAX, "all events have a place");

static struct event_counter catalog[KNOWN];

static const char *scope_of(enum side side, bool user)
{
	static const char *const scopes[][2] = {
		[THREAD] = {"thread", "thread, user"},
		[GUEST] = {"guest", "guest, user"},
		[HOST] = {"host", "host, user"},
	};

	return scopes[side][user];
}

static int try_open(const struct event *e)
{
	struct event_session s = {0};
	struct event copy = *e;
	int error;

	copy.usable = true;
	errno = 0;
	events_begin(&s, &copy, 1, 0);
	error = s.set[e->set].count || s.software[0].count ? 0 : errno;
	events_close(&s);
	return error;
}

static int encode(const char *event, struct event *out, char *why, size_t size)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	pfm_perf_encode_arg_t encoding = {.attr = &attr, .size = sizeof(encoding)};
	int status =
		pfm_get_os_event_encoding(event, PFM_PLM0 | PFM_PLM3, PFM_OS_PERF_EVENT, &encoding);

	if (status != PFM_SUCCESS) {
		snprintf(why, size, "libpfm4: %s", pfm_strerror(status));
		return -1;
	}
	out->type = attr.type;
	out->config = attr.config;
	return 0;
}

static void find(const struct known *k, struct event_counter *c)
{
	int error;

	c->name = k->name;
	c->unit = k->unit;
	c->scope = scope_of(k->side, false);
	c->event.set = k->set;
	c->event.exclude_guest = k->side == HOST;
	c->event.exclude_host = k->side == GUEST;
	if (encode(k->event, &c->event, c->why_not, sizeof(c->why_not)))
		return;
	error = try_open(&c->event);
	if ((error == EACCES || error == EPERM) && k->without_kernel != NOTHING) {
		c->event.exclude_kernel = true;
		c->scope = scope_of(k->side, k->without_kernel == ITS_USER_PART);
		error = try_open(&c->event);
	}
	c->event.usable = !error;
	if (error)
		host_event_reason(error, c->why_not, sizeof(c->why_not));
}

/*
 * The first event of a task makes the kernel change its scheduler's code, and wait for all CPUs:
 * one that stays open as long as the harness spares each trial that.
 */
static void hold_one(void)
{
	static struct event_session held;

	if (catalog[0].event.usable)
		events_begin(&held, &catalog[0].event, 1, 0);
}

static void find_all(void)
{
	int status = pfm_initialize();

	for (size_t i = 0; i < KNOWN; i++) {
		if (status == PFM_SUCCESS) {
			find(&known[i], &catalog[i]);
			continue;
		}
		catalog[i].name = known[i].name;
		catalog[i].unit = known[i].unit;
		catalog[i].scope = scope_of(known[i].side, false);
		snprintf(catalog[i].why_not, sizeof(catalog[i].why_not), "libpfm4: %s",
			 pfm_strerror(status));
	}
	if (status == PFM_SUCCESS)
		pfm_terminate();
	hold_one();
}

size_t events_catalog(const struct event_counter **list)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_all);
	*list = catalog;
	return KNOWN;
}
