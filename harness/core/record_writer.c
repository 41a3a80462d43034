/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's end of the record stream: a ring with one producer and one consumer. Each side
 * writes its own counter only: bytes are visible before the head that announces them (release),
 * and are overwritten only after the tail that gives them up was seen (acquire). Guest CPUs that
 * share a writer take a lock around record_write.
 */
#include "harness/core/record.h"

static uint64_t space_left(const struct vq_ring *ring, uint64_t head)
{
	uint64_t used = head - __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE);

	/* Counters that make no sense: the host will see it and reset the ring. */
	if (used > VQ_RING_DATA_SIZE)
		return 0;
	return VQ_RING_DATA_SIZE - used;
}

static void wait_for(struct record_writer *w, uint64_t head, uint64_t need)
{
	while (space_left(w->ring, head) < need) {
		if (w->wait_for_space)
			w->wait_for_space(w->context);
		else
			__builtin_ia32_pause();
	}
}

static void copy_in(struct vq_ring *ring, uint64_t at, const void *from, uint32_t length)
{
	uint32_t offset = (uint32_t)(at % VQ_RING_DATA_SIZE);
	uint32_t first = VQ_RING_DATA_SIZE - offset;

	if (first > length)
		first = length;
	__builtin_memcpy(ring->data + offset, from, first);
	__builtin_memcpy(ring->data, (const uint8_t *)from + first, length - first);
}

void record_write(struct record_writer *w, uint16_t type, uint16_t cpu, const void *payload,
		  uint32_t length)
{
	struct vq_record header = {
		.magic = VQ_RECORD_MAGIC,
		.type = type,
		.cpu = cpu,
		.sequence = w->sequence,
		.length = length,
	};
	uint64_t head = __atomic_load_n(&w->ring->head, __ATOMIC_RELAXED);

	if (length > VQ_RECORD_MAX_PAYLOAD)
		return;
	header.checksum = vq_record_checksum(&header, payload);
	wait_for(w, head, sizeof(header) + length);

	copy_in(w->ring, head, &header, sizeof(header));
	if (length)
		copy_in(w->ring, head + sizeof(header), payload, length);
	__atomic_store_n(&w->ring->head, head + sizeof(header) + length, __ATOMIC_RELEASE);
	w->sequence++;
}
