/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record stream's two ends. The writer is compiled into the guest, the reader into the host.
 * One framing (struct vq_record in guests/abi.h), whether the bytes come from a shared ring or
 * from a serial line.
 */
#ifndef VQ_RECORD_H
#define VQ_RECORD_H

#include "guests/abi.h"

/* ---- Writer (guest): no C library, no floating point ---- */

struct record_writer {
	struct vq_ring *ring;
	uint32_t sequence;
	void (*wait_for_space)(void *context); /* called while the ring is too full */
	void *context;
};

/* Append one record; waits for space. `length` is at most VQ_RECORD_MAX_PAYLOAD, else dropped. */
void record_write(struct record_writer *w, uint16_t type, uint16_t cpu, const void *payload,
		  uint32_t length);

/* ---- Reader (host) ---- */

struct record {
	struct vq_record header;
	uint8_t payload[VQ_RECORD_MAX_PAYLOAD] __attribute__((aligned(8)));
};

enum record_status {
	RECORD_NONE,	/* no complete record yet */
	RECORD_OK,	/* `out` holds one */
	RECORD_CORRUPT, /* bytes that are no record were passed over; `error` says what */
};

struct record_reader {
	uint8_t buffer[2 * (sizeof(struct vq_record) + VQ_RECORD_MAX_PAYLOAD)];
	uint32_t start;	 /* of what is not yet decoded, in buffer */
	uint32_t filled; /* end of what was fed */
	uint32_t next_sequence;
	uint32_t in_gap;	/* the last bytes were passed over, and that was reported */
	uint64_t corrupt_bytes; /* passed over so far */
	uint64_t missing;	/* records that the sequence numbers say were lost */
	char error[128];	/* of the last RECORD_CORRUPT */
};

void record_reader_init(struct record_reader *r);

/* Give the reader up to `length` bytes of a stream; returns how many it took (its buffer is
 * finite: call record_next until RECORD_NONE, then feed the rest). */
uint32_t record_feed(struct record_reader *r, const void *bytes, uint32_t length);

/*
 * Take the next record out of what was fed. Bytes that do not form a record (bad magic, length
 * over the limit, checksum) are skipped up to the next magic: RECORD_CORRUPT once per such gap.
 * A record whose sequence number does not follow is delivered, and the gap counted in `missing`;
 * one that goes back is RECORD_CORRUPT.
 */
enum record_status record_next(struct record_reader *r, struct record *out);

/*
 * Move what a shared ring holds into the reader, as much as fits. The ring is memory that a
 * guest can write at any moment: each field is read once, bytes are copied before they are looked
 * at. Returns bytes moved, or -1 with `error` set where head and tail make no sense (the ring is
 * then reset to empty).
 */
int record_feed_ring(struct record_reader *r, struct vq_ring *ring);

/* A record's name for messages: "hello", "batch", …; "record 77" for an unknown one (static). */
const char *record_type_name(uint16_t type);

#endif
