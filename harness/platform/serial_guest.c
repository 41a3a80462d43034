/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/serial_guest.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/core/text.h"
#include "harness/host.h"

#define SPACE_NS 5000000000ll /* the trial drains its ring every 20 ms */

void serial_guest_command(const struct machine *m, uint32_t tsc_khz, char *text, size_t size)
{
	snprintf(text, size, "transport=serial doorbell=%d cpus=%u tsc_khz=%u member=%u %s",
		 VQ_DOORBELLS_NONE, m->config.cpus, tsc_khz, m->config.member, m->config.command);
}

void serial_guest_over(struct serial_guest *g, enum machine_end end, const char *why)
{
	if (!g->over)
		machine_ended(g->m, end, why);
	g->over = true;
}

/* ---- Records ---- */

static bool wait_for_space(struct vq_ring *ring, uint64_t head, uint32_t length)
{
	int64_t deadline = host_now_ns() + SPACE_NS;

	while (VQ_RING_DATA_SIZE - (head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE)) <
	       length) {
		if (host_now_ns() > deadline)
			return false;
		usleep(200);
	}
	return true;
}

static void put(struct serial_guest *g, const struct record *r)
{
	struct vq_ring *ring = (struct vq_ring *)(g->m->memory + VQ_RING_OFFSET);
	uint64_t head = ring->head;
	uint32_t length = (uint32_t)sizeof(r->header) + r->header.length;
	const uint8_t *from = (const uint8_t *)&r->header;

	/* The payload follows its header without a gap. */
	_Static_assert(offsetof(struct record, payload) == sizeof(struct vq_record), "a record");
	if (!wait_for_space(ring, head, length)) {
		serial_guest_over(g, MACHINE_ERROR, "nobody takes in the guest's records");
		return;
	}
	for (uint32_t i = 0; i < length; i++)
		ring->data[(head + i) % VQ_RING_DATA_SIZE] = from[i];
	__atomic_store_n(&ring->head, head + length, __ATOMIC_RELEASE);
}

/* Each cell has its checksum, which the observer holds against it. */
static void take_heartbeat(struct serial_guest *g, const struct record *r)
{
	uint8_t *cells = g->m->memory + VQ_HEARTBEAT_OFFSET;
	uint32_t size = g->m->config.cpus * (uint32_t)sizeof(struct vq_heartbeat);

	if (r->header.length == size && size <= VQ_PAGE_SIZE)
		memcpy(cells, r->payload, size);
}

static void take_record(void *context, const struct record *r, uint64_t missing)
{
	struct serial_guest *g = context;

	(void)missing; /* the trial sees that by the numbers of those that come */
	if (g->over)
		return;
	if (r->header.type == VQ_RECORD_HEARTBEAT)
		take_heartbeat(g, r);
	else
		put(g, r);
	__atomic_store_n(&g->m->status->ready, 1, __ATOMIC_RELEASE);
	if (r->header.type == VQ_RECORD_GOODBYE)
		serial_guest_over(g, MACHINE_GOODBYE, "");
}

static void take_boot(void *context, uint32_t number)
{
	struct serial_guest *g = context;

	(void)number;
	if (g->text.counts.boots > 1)
		serial_guest_over(g, MACHINE_SHUTDOWN, "the guest has booted a second time");
}

/* ---- What is no record ---- */

/* The last of it is kept: a reason stands at the end. */
static void take_noise(void *context, const char *bytes, size_t size)
{
	struct serial_guest *g = context;
	size_t room = sizeof(g->said) - 1;

	if (size > room) {
		bytes += size - room;
		size = room;
	}
	if (g->said_length + size > room) {
		size_t drop = g->said_length + size - room;

		memmove(g->said, g->said + drop, g->said_length - drop);
		g->said_length -= drop;
	}
	memcpy(g->said + g->said_length, bytes, size);
	g->said_length += size;
}

/* Each bad byte may become three. */
static void show_noise(struct serial_guest *g)
{
	static char clean[TEXT_CLEAN_SIZE(sizeof(g->said))];
	size_t room = sizeof(g->m->status->console) - 1, length, skip;

	length = text_clean(clean, g->said, g->said_length, true);
	skip = length > room ? length - room : 0;
	memcpy(g->m->status->console, clean + skip, length - skip);
	g->m->status->console[length - skip] = '\0';
}

void serial_guest_begin(struct serial_guest *g, struct machine *m)
{
	const struct serial_sink sink = {
		.boot = take_boot, .record = take_record, .noise = take_noise, .context = g};

	g->m = m;
	g->over = false;
	g->said_length = 0;
	serial_text_init(&g->text, &sink);
}

void serial_guest_feed(struct serial_guest *g, const void *bytes, size_t size)
{
	size_t before = g->said_length;

	serial_text_feed(&g->text, bytes, size);
	if (g->said_length != before || before == sizeof(g->said) - 1)
		show_noise(g);
}
