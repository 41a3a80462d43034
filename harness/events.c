/* SPDX-License-Identifier: Apache-2.0 */
/* Counting performance events around batches: perf_event_open(2), a group for each set. */
#include "harness/events.h"

#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a group's read begins with. */
enum { READ_COUNT, READ_ENABLED, READ_RUNNING, READ_VALUES };

static int open_event(const struct event *e, pid_t tid, int leader)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = e->type,
		.config = e->config,
		.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED |
			       PERF_FORMAT_TOTAL_TIME_RUNNING,
		/* Hardware sets are let go one at a time, software counts from now on. */
		.disabled = e->set != 0 && leader < 0,
		.exclude_guest = e->exclude_guest,
		.exclude_host = e->exclude_host,
		.exclude_kernel = e->exclude_kernel,
		.exclude_hv = e->exclude_kernel,
	};

	return (int)syscall(SYS_perf_event_open, &attr, tid, -1, leader, PERF_FLAG_FD_CLOEXEC);
}

static void add_to_group(struct event_group *g, const struct event *e, uint32_t index, pid_t tid)
{
	int fd = open_event(e, tid, g->count ? g->fd[0] : -1);

	if (fd < 0)
		return; /* it has no value then */
	g->fd[g->count] = fd;
	g->open[g->count++] = index;
}

static void open_all(struct event_session *s, const struct event *events, size_t count, pid_t tid)
{
	memset(s, 0, sizeof(*s));
	s->begun = true;
	s->next = 1;
	for (uint32_t i = 0; i < count && i < EVENTS_MAX; i++)
		if (events[i].usable && events[i].set < EVENT_SETS)
			add_to_group(events[i].set ? &s->set[events[i].set] : &s->software[i],
				     &events[i], i, tid);
}

static bool read_group(const struct event_group *g, uint64_t *values)
{
	size_t size = (READ_VALUES + g->count) * sizeof(*values);

	return g->count && read(g->fd[0], values, size) == (ssize_t)size &&
	       values[READ_COUNT] == g->count;
}

/* The hardware set whose turn it is; set 0 where there is none. */
static uint32_t turn(const struct event_session *s)
{
	for (uint32_t i = 0; i + 1 < EVENT_SETS; i++) {
		uint32_t set = 1 + (s->next - 1 + i) % (EVENT_SETS - 1);

		if (s->set[set].count)
			return set;
	}
	return 0;
}

static void begin_group(struct event_group *g)
{
	if (!read_group(g, g->begin))
		g->begin[READ_COUNT] = 0;
}

void events_begin(struct event_session *s, const struct event *events, size_t count, pid_t tid)
{
	uint32_t set;

	if (!s->begun)
		open_all(s, events, count, tid);
	set = turn(s);
	s->next = set ? set : 1;
	if (set) {
		ioctl(s->set[set].fd[0], PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
		begin_group(&s->set[set]);
	}
	for (uint32_t i = 0; i < EVENTS_MAX; i++)
		begin_group(&s->software[i]);
}

static void end_group(const struct event_group *g, struct event_values *out)
{
	uint64_t now[READ_VALUES + EVENTS_MAX];
	uint64_t enabled, running;

	if (!read_group(g, now) || !g->begin[READ_COUNT])
		return;
	enabled = now[READ_ENABLED] - g->begin[READ_ENABLED];
	running = now[READ_RUNNING] - g->begin[READ_RUNNING];
	/* Counted for a part of the time only: that is no count of the batch. */
	if (!enabled || running != enabled)
		return;
	for (uint32_t i = 0; i < g->count; i++) {
		out->known |= 1u << g->open[i];
		out->value[g->open[i]] = now[READ_VALUES + i] - g->begin[READ_VALUES + i];
	}
}

void events_end(struct event_session *s, struct event_values *out)
{
	uint32_t set = s->next;

	memset(out, 0, sizeof(*out));
	if (!s->begun)
		return;
	for (uint32_t i = 0; i < EVENTS_MAX; i++)
		end_group(&s->software[i], out);
	if (!s->set[set].count)
		return;
	end_group(&s->set[set], out);
	ioctl(s->set[set].fd[0], PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
	s->next = 1 + set % (EVENT_SETS - 1);
}

static void close_group(const struct event_group *g)
{
	for (uint32_t i = 0; i < g->count; i++)
		close(g->fd[i]);
}

void events_close(struct event_session *s)
{
	for (uint32_t set = 1; set < EVENT_SETS; set++)
		close_group(&s->set[set]);
	for (uint32_t i = 0; i < EVENTS_MAX; i++)
		close_group(&s->software[i]);
	memset(s, 0, sizeof(*s));
}
