/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's end of the record stream. Whatever the bytes are, it reads inside its own buffer,
 * ends, and delivers only records whose checksum holds.
 *
 * There is no escape code: a record begins where magic, length and checksum agree. Where they do
 * not, the search goes on one byte later, so that a damaged length loses one record, not the next
 * 32 KiB.
 */
#include "harness/core/record.h"

#include <stdio.h>
#include <string.h>

#define HEADER ((uint32_t)sizeof(struct vq_record))

/* A damaged length makes the reader wait for bytes that never come, while good records queue up
 * behind it. It then looks ahead, but tries only so many places: the work stays bounded. */
#define LOOK_AHEAD 16

enum candidate {
	CANDIDATE_NONE,	      /* no record can begin here */
	CANDIDATE_INCOMPLETE, /* one may: the bytes so far do not say */
	CANDIDATE_GOOD,
};

void record_reader_init(struct record_reader *r)
{
	r->start = 0;
	r->filled = 0;
	r->next_sequence = 0;
	r->in_gap = 0;
	r->corrupt_bytes = 0;
	r->missing = 0;
	r->error[0] = '\0';
}

/* Move what is not yet decoded to the front, so that there is room behind it. */
static void make_room(struct record_reader *r)
{
	if (!r->start)
		return;
	memmove(r->buffer, r->buffer + r->start, r->filled - r->start);
	r->filled -= r->start;
	r->start = 0;
}

uint32_t record_feed(struct record_reader *r, const void *bytes, uint32_t length)
{
	uint32_t room;

	make_room(r);
	room = (uint32_t)sizeof(r->buffer) - r->filled;
	if (length > room)
		length = room;
	if (length)
		memcpy(r->buffer + r->filled, bytes, length);
	r->filled += length;
	return length;
}

int record_feed_ring(struct record_reader *r, struct vq_ring *ring)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);
	uint64_t tail = __atomic_load_n(&ring->tail, __ATOMIC_RELAXED);
	uint64_t used = head - tail;
	uint32_t offset = (uint32_t)(tail % VQ_RING_DATA_SIZE);
	uint32_t first, moved;

	if (used > VQ_RING_DATA_SIZE) {
		snprintf(r->error, sizeof(r->error),
			 "record ring: head %#llx and tail %#llx cannot be; ring reset",
			 (unsigned long long)head, (unsigned long long)tail);
		__atomic_store_n(&ring->tail, head, __ATOMIC_RELEASE);
		return -1;
	}

	first = VQ_RING_DATA_SIZE - offset;
	if (first > used)
		first = (uint32_t)used;
	moved = record_feed(r, ring->data + offset, first);
	if (moved == first)
		moved += record_feed(r, ring->data, (uint32_t)used - first);
	__atomic_store_n(&ring->tail, tail + moved, __ATOMIC_RELEASE);
	return (int)moved;
}

/* What begins at `at`? `header` is filled as far as CANDIDATE_GOOD says; `why` says what is wrong
 * with CANDIDATE_NONE. */
static enum candidate examine(const struct record_reader *r, uint32_t at, struct vq_record *header,
			      const char **why)
{
	static const uint32_t magic = VQ_RECORD_MAGIC;
	uint32_t have = r->filled - at;

	*why = "no magic number";
	if (memcmp(r->buffer + at, &magic, have < sizeof(magic) ? have : sizeof(magic)))
		return CANDIDATE_NONE;
	if (have < HEADER)
		return CANDIDATE_INCOMPLETE;
	memcpy(header, r->buffer + at, HEADER);
	*why = "length over the limit";
	if (header->length > VQ_RECORD_MAX_PAYLOAD)
		return CANDIDATE_NONE;
	if (have - HEADER < header->length)
		return CANDIDATE_INCOMPLETE;
	*why = "wrong checksum";
	if (vq_record_checksum(header, r->buffer + at + HEADER) != header->checksum)
		return CANDIDATE_NONE;
	return CANDIDATE_GOOD;
}

/* The next place from `at` on where a magic number begins, whole or cut off by the buffer's end. */
static uint32_t find_magic(const struct record_reader *r, uint32_t at)
{
	static const uint32_t magic = VQ_RECORD_MAGIC;

	while (at < r->filled) {
		const uint8_t *p = memchr(r->buffer + at, *(const uint8_t *)&magic, r->filled - at);
		uint32_t have;

		if (!p)
			return r->filled;
		at = (uint32_t)(p - r->buffer);
		have = r->filled - at;
		if (!memcmp(p, &magic, have < sizeof(magic) ? have : sizeof(magic)))
			return at;
		at++;
	}
	return r->filled;
}

/* A whole record, in sequence, behind the incomplete one at `at`? Returns its place, or `at`. */
static uint32_t look_ahead(const struct record_reader *r, uint32_t at)
{
	struct vq_record header;
	uint32_t next = at;
	const char *why;

	for (int tries = 0; tries < LOOK_AHEAD; tries++) {
		next = find_magic(r, next + 1);
		if (next == r->filled)
			return at;
		if (examine(r, next, &header, &why) == CANDIDATE_GOOD &&
		    (int32_t)(header.sequence - r->next_sequence) >= 0)
			return next;
	}
	return at;
}

/* Pass over bytes up to `to`. True where they begin a gap: the caller reports each gap once. */
static int pass_over(struct record_reader *r, uint32_t to, const char *why)
{
	int begins = !r->in_gap;

	if (begins)
		snprintf(r->error, sizeof(r->error), "record %u expected, found other bytes: %s",
			 r->next_sequence, why);
	r->corrupt_bytes += to - r->start;
	r->start = to;
	r->in_gap = 1;
	return begins;
}

static void deliver(struct record_reader *r, const struct vq_record *header, struct record *out)
{
	out->header = *header;
	memcpy(out->payload, r->buffer + r->start + HEADER, header->length);
	r->missing += header->sequence - r->next_sequence;
	r->next_sequence = header->sequence + 1;
	r->start += HEADER + header->length;
	r->in_gap = 0;
}

enum record_status record_next(struct record_reader *r, struct record *out)
{
	while (r->start < r->filled) {
		struct vq_record header;
		const char *why;
		uint32_t to;

		switch (examine(r, r->start, &header, &why)) {
		case CANDIDATE_GOOD:
			/* Serial-number arithmetic (RFC 1982), so that 2^32 may be passed. */
			if ((int32_t)(header.sequence - r->next_sequence) >= 0) {
				deliver(r, &header, out);
				return RECORD_OK;
			}
			why = "a sequence number that goes back";
			to = r->start + HEADER + header.length;
			break;
		case CANDIDATE_INCOMPLETE:
			to = look_ahead(r, r->start);
			if (to == r->start)
				return RECORD_NONE;
			why = "a record cut short by another";
			break;
		default:
			to = find_magic(r, r->start + 1);
			break;
		}
		if (pass_over(r, to, why))
			return RECORD_CORRUPT;
	}
	return RECORD_NONE;
}

const char *record_type_name(uint16_t type)
{
	static const char *const names[] = {
		[VQ_RECORD_HELLO] = "hello",	     [VQ_RECORD_CALIBRATION] = "calibration",
		[VQ_RECORD_BATCH] = "batch",	     [VQ_RECORD_HISTOGRAM] = "histogram",
		[VQ_RECORD_EVENT] = "event",	     [VQ_RECORD_UNSUPPORTED] = "unsupported",
		[VQ_RECORD_GOODBYE] = "goodbye",     [VQ_RECORD_MACHINE] = "machine",
		[VQ_RECORD_PLAN] = "plan",	     [VQ_RECORD_TRIAL] = "trial",
		[VQ_RECORD_DONE] = "done",	     [VQ_RECORD_RAW] = "raw",
		[VQ_RECORD_HEARTBEAT] = "heartbeat",
	};
	static _Thread_local char other[16];

	if (type < sizeof(names) / sizeof(names[0]) && names[type])
		return names[type];
	snprintf(other, sizeof(other), "record %u", type);
	return other;
}
