/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Performance events of a vCPU's thread, counted per batch: which there are (found out once, in
 * the harness), and reading them (at the doorbells, wherever these are answered).
 */
#ifndef VQ_EVENTS_H
#define VQ_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define EVENTS_MAX 16u

/*
 * Software events are counted in every batch. Hardware has few counters: its events come in sets
 * that fit at once, and batches take turns, so that nothing is ever scaled up from a part of the
 * time.
 */
#define EVENT_SETS 4u /* set 0: software */

/* How to open one; plain bytes, so that it can be shared with who does. */
struct event {
	bool usable;
	bool exclude_guest, exclude_host, exclude_kernel;
	uint32_t set;
	uint32_t type; /* as in struct perf_event_attr */
	uint64_t config;
};

/* An event as stored. */
struct event_counter {
	const char *name;  /* "cycles" */
	const char *scope; /* "thread", "guest", "host"; ends in ", user" where the kernel's part is
			    * not permitted */
	const char *unit;
	char why_not[160]; /* where it is not usable */
	struct event event;
};

/* All that we know, whether usable here or not; EVENTS_MAX at the most. Found out at the first
 * call, in some milliseconds. */
size_t events_catalog(const struct event_counter **list);

/* ---- Reading: knows nothing of the above but the descriptions ---- */

struct event_group {
	int fd[EVENTS_MAX];	   /* of each event; -1: not open */
	uint32_t open[EVENTS_MAX]; /* which events, in the order of reading */
	uint32_t count;
	uint64_t begin[3 + EVENTS_MAX];
};

struct event_session {
	bool begun;
	uint32_t next;				 /* hardware set of the next batch */
	struct event_group set[EVENT_SETS];	 /* [0] is not used: */
	struct event_group software[EVENTS_MAX]; /* one each; grouped behind a clock, page faults
						  * read as 0 (Linux 6.18) */
};

/* What one batch counted. */
struct event_values {
	uint32_t known; /* bit n: event n was there all the time */
	uint64_t value[EVENTS_MAX];
};

/* Around a batch of thread `tid` (0: this one). The first call opens the events. */
void events_begin(struct event_session *s, const struct event *events, size_t count, pid_t tid);
void events_end(struct event_session *s, struct event_values *out);

/* Close them: the thread is another one from now on. */
void events_close(struct event_session *s);

#endif
