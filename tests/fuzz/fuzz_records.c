/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The record reader under libFuzzer: any bytes, fed in pieces, and any bytes as a shared ring with
 * its counters. The first byte chooses; sanitizers watch the memory.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct record_reader reader;
static struct record record;
static struct vq_ring ring;

static void require(int holds)
{
	if (!holds)
		abort();
}

/* Take out all there is; the reader must come to an end, and account for no more than it got. */
static uint64_t drain(uint64_t fed, uint64_t delivered)
{
	enum record_status status;

	/* Each turn uses up at least one byte of the buffer. */
	for (size_t turns = 0; (status = record_next(&reader, &record)) != RECORD_NONE; turns++) {
		require(turns <= sizeof(reader.buffer));
		if (status == RECORD_CORRUPT) {
			require(memchr(reader.error, '\0', sizeof(reader.error)) != NULL);
			continue;
		}
		require(status == RECORD_OK);
		require(record.header.length <= VQ_RECORD_MAX_PAYLOAD);
		require(record.header.checksum ==
			vq_record_checksum(&record.header, record.payload));
		require(record_type_name(record.header.type)[0] != '\0');
		delivered += sizeof(record.header) + record.header.length;
	}
	require(reader.start <= reader.filled && reader.filled <= sizeof(reader.buffer));
	/* What was fed was delivered, passed over, or waits. */
	require(reader.corrupt_bytes + delivered + (reader.filled - reader.start) == fed);
	return delivered;
}

/* A stream in pieces of the sizes that a byte in front of each gives. */
static void fuzz_stream(const uint8_t *data, size_t size)
{
	uint64_t fed = 0, delivered = 0;

	while (size > 1) {
		uint32_t piece = data[0] < 255 ? data[0] : (uint32_t)size;
		uint32_t taken;

		data++;
		size--;
		if (piece > size)
			piece = (uint32_t)size;
		taken = record_feed(&reader, data, piece);
		require(taken <= piece);
		fed += taken;
		delivered = drain(fed, delivered);
		data += taken;
		size -= taken;
	}
}

/* Head and tail as they come, then the bytes, repeated over the whole ring from the place that the
 * reader will begin at. */
static void fuzz_ring(const uint8_t *data, size_t size)
{
	uint64_t fed = 0, delivered = 0;

	if (size <= 16)
		return;
	memcpy(&ring.head, data, 8);
	memcpy(&ring.tail, data + 8, 8);
	/* Mutations alone seldom make a head that is near the tail: half of all inputs get one. */
	if (data[0] & 1)
		ring.head = ring.tail + ring.head % (VQ_RING_DATA_SIZE + 1);
	data += 16;
	size -= 16;
	for (size_t i = 0; i < VQ_RING_DATA_SIZE && i < 4 * size; i++)
		ring.data[(ring.tail + i) % VQ_RING_DATA_SIZE] = data[i % size];

	/* A ring holds at most four readers' buffers; an empty one ends it. */
	for (int turns = 0;; turns++) {
		uint64_t used = ring.head - ring.tail;
		int moved = record_feed_ring(&reader, &ring);

		require(turns < 1000);
		if (moved < 0) {
			require(used > VQ_RING_DATA_SIZE && ring.head == ring.tail);
			continue;
		}
		require((uint64_t)moved <= used && ring.head - ring.tail == used - (uint64_t)moved);
		if (!moved)
			break;
		fed += (uint64_t)moved;
		delivered = drain(fed, delivered);
	}
	require(ring.head == ring.tail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	record_reader_init(&reader);
	memset(&ring, 0, sizeof(ring));
	if (data[0] & 1)
		fuzz_ring(data + 1, size - 1);
	else
		fuzz_stream(data + 1, size - 1);
	return 0;
}
