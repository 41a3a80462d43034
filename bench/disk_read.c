/* SPDX-License-Identifier: Apache-2.0 */
/*
 * disk_read: 4 KiB from the guest's IDE disk, by programmed I/O: seven ports, polling, the data.
 * Blocks in a random order, each held against what must be in it, outside of the timed part. The
 * disk is a file in the host's memory: what is timed is the way there and back, not a device.
 */
#include "harness/bench.h"

enum { NEXT, BAD };

GUEST_FN void finish(struct payload *p)
{
	payload_event(p, VQ_EVENT_DISK_BAD, p->scratch[BAD]);
}

GUEST_SAMPLES(disk_read, RING3, .stamps = true, .setup = payload_disk_open, .finish = finish)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t block = (uint32_t)(vq_mix(p->seed + p->scratch[NEXT]++) % VQ_DISK_BLOCKS);
		uint64_t begin = stamp_begin();
		bool done = payload_disk_read(block, payload_block);

		ticks[i] = stamp_end() - begin;
		p->scratch[BAD] += !done || !vq_disk_block_is(block, payload_block);
	}
}

/* How often the disk is asked whether it is ready depends on how fast the host is. */
BENCH(disk_read, .group = "disk", .summary = "4 KiB read from an IDE disk, in the host's memory",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST | CAN_DISK, .samples = 25,
      .exits_per_op = {8, 2000}, .emulated_per_op = {0, 2000});
