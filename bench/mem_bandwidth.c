/* SPDX-License-Identifier: Apache-2.0 */
/* mem_bandwidth: read 16 MiB in order with 16-byte loads. */
#include "harness/bench.h"

#define BYTES (16ull << 20)

enum { BUFFER };

GUEST_FN bool setup(struct payload *p)
{
	uint8_t *region = payload_region(p, BYTES, false);

	if (!region)
		return false;
	for (uint64_t i = 0; i < BYTES; i += VQ_PAGE_SIZE)
		*(volatile uint8_t *)(region + i) = 1;
	p->scratch[BUFFER] = (uintptr_t)region;
	return true;
}

GUEST_OP(mem_bandwidth, RING3, .native = true, .setup = setup)
{
	const char *at = (const char *)(uintptr_t)p->scratch[BUFFER], *end = at + BYTES;

	__asm__ volatile("1: movaps (%[at]), %%xmm0\n"
			 "movaps 16(%[at]), %%xmm1\n"
			 "movaps 32(%[at]), %%xmm2\n"
			 "movaps 48(%[at]), %%xmm3\n"
			 "movaps 64(%[at]), %%xmm4\n"
			 "movaps 80(%[at]), %%xmm5\n"
			 "movaps 96(%[at]), %%xmm6\n"
			 "movaps 112(%[at]), %%xmm7\n"
			 "add $128, %[at]\n"
			 "cmp %[end], %[at]\n"
			 "jne 1b"
			 : [at] "+r"(at)
			 : [end] "r"(end)
			 : "memory", "cc");
}

/* The first two passes take twice as long: what they bring in, a third finds in the caches. */
BENCH(mem_bandwidth, .group = "throughput", .summary = "sequential read of 16 MiB, 4 KiB pages",
      .unit = BYTES_PER_SECOND, .better = HIGHER, .native = true, .work = 1.0 * BYTES,
      .pages = PAGES_SMALL, .memory = (2ull << 20) + BYTES, .batches = 2, .samples = 3,
      .warmup = 4);
