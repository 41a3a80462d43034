/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest whose memory nobody here shares: what it says on a console is put where a trial looks
 * for it, its records into the machine's ring, its heartbeats into the heartbeat page. So a trial
 * runs as on any platform; what it sees of service is late by VQ_HEARTBEAT_MS and the way here.
 */
#ifndef VQ_SERIAL_GUEST_H
#define VQ_SERIAL_GUEST_H

#include "harness/core/serial_text.h"
#include "harness/platform.h"

struct serial_guest {
	struct machine *m;
	struct serial_text text;
	bool over; /* machine_ended() was called */
	char said[sizeof(((struct machine_status *)0)->console)];
	size_t said_length;
};

/* What the guest has to be told beside its machine's own command line, as one for it to boot with:
 * to speak by serial line, and how fast its TSC ticks. */
void serial_guest_command(const struct machine *m, uint32_t tsc_khz, char *text, size_t size);

/* Large: to be kept off stacks. */
void serial_guest_begin(struct serial_guest *g, struct machine *m);

/* What the console said next: hostile. */
void serial_guest_feed(struct serial_guest *g, const void *bytes, size_t size);

/* The machine ended, for this reason; the first one counts. */
void serial_guest_over(struct serial_guest *g, enum machine_end end, const char *why);

#endif
