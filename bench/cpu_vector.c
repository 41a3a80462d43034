/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cpu_vector: y = a * y + b over floats in the first-level cache, with the widest of AVX and SSE
 * that the guest has. Assembly: the rest of the payload is built without vector registers.
 */
#include "harness/bench.h"

#define FLOATS 4096
#define ROUNDS 4

enum { HAS_AVX };

static float data[FLOATS] __attribute__((aligned(64)));

GUEST_FN bool setup(struct payload *p)
{
	struct cpuid c = cpuid(1, 0);
	uint32_t lo, hi;

	for (uint32_t i = 0; i < FLOATS; i++)
		((uint32_t *)data)[i] = 0x3f800000; /* 1.0f, without a vector register */
	if (!(c.ecx >> 27 & 1))			    /* OSXSAVE */
		return true;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	p->scratch[HAS_AVX] = (c.ecx >> 28 & 1) && (lo & 6) == 6;
	return true;
}

/* A fixed point of the arithmetic (0.5 * 1 + 0.5 = 1): no denormals, ever. */
static const float half[8] __attribute__((aligned(32))) = {.5f, .5f, .5f, .5f, .5f, .5f, .5f, .5f};

GUEST_FN void pass_avx(void)
{
	const char *at = (const char *)data, *end = at + sizeof(data);

	__asm__ volatile("vmovaps %[half], %%ymm7\n"
			 "1: vmovaps (%[at]), %%ymm0\n"
			 "vmovaps 32(%[at]), %%ymm1\n"
			 "vmovaps 64(%[at]), %%ymm2\n"
			 "vmovaps 96(%[at]), %%ymm3\n"
			 "vmulps %%ymm7, %%ymm0, %%ymm0\n"
			 "vmulps %%ymm7, %%ymm1, %%ymm1\n"
			 "vmulps %%ymm7, %%ymm2, %%ymm2\n"
			 "vmulps %%ymm7, %%ymm3, %%ymm3\n"
			 "vaddps %%ymm7, %%ymm0, %%ymm0\n"
			 "vaddps %%ymm7, %%ymm1, %%ymm1\n"
			 "vaddps %%ymm7, %%ymm2, %%ymm2\n"
			 "vaddps %%ymm7, %%ymm3, %%ymm3\n"
			 "vmovaps %%ymm0, (%[at])\n"
			 "vmovaps %%ymm1, 32(%[at])\n"
			 "vmovaps %%ymm2, 64(%[at])\n"
			 "vmovaps %%ymm3, 96(%[at])\n"
			 "add $128, %[at]\n"
			 "cmp %[end], %[at]\n"
			 "jne 1b\n"
			 "vzeroupper"
			 : [at] "+r"(at)
			 : [end] "r"(end), [half] "m"(half)
			 : "memory", "cc");
}

GUEST_FN void pass_sse(void)
{
	const char *at = (const char *)data, *end = at + sizeof(data);

	__asm__ volatile("movaps %[half], %%xmm7\n"
			 "1: movaps (%[at]), %%xmm0\n"
			 "movaps 16(%[at]), %%xmm1\n"
			 "movaps 32(%[at]), %%xmm2\n"
			 "movaps 48(%[at]), %%xmm3\n"
			 "mulps %%xmm7, %%xmm0\n"
			 "mulps %%xmm7, %%xmm1\n"
			 "mulps %%xmm7, %%xmm2\n"
			 "mulps %%xmm7, %%xmm3\n"
			 "addps %%xmm7, %%xmm0\n"
			 "addps %%xmm7, %%xmm1\n"
			 "addps %%xmm7, %%xmm2\n"
			 "addps %%xmm7, %%xmm3\n"
			 "movaps %%xmm0, (%[at])\n"
			 "movaps %%xmm1, 16(%[at])\n"
			 "movaps %%xmm2, 32(%[at])\n"
			 "movaps %%xmm3, 48(%[at])\n"
			 "add $64, %[at]\n"
			 "cmp %[end], %[at]\n"
			 "jne 1b"
			 : [at] "+r"(at)
			 : [end] "r"(end), [half] "m"(half)
			 : "memory", "cc");
}

GUEST_OP(cpu_vector, RING3, .native = true, .setup = setup)
{
	for (uint32_t i = 0; i < ROUNDS; i++) {
		if (p->scratch[HAS_AVX])
			pass_avx();
		else
			pass_sse();
	}
}

/* A processor takes some 100 us to run wide vectors at their steady speed: the first 50 operations
 * are a tenth slower, and the 50 after them, too. */
BENCH(cpu_vector, .group = "throughput",
      .summary = "float multiply-adds with the widest of AVX and SSE",
      .unit = OPERATIONS_PER_SECOND, .better = HIGHER, .native = true,
      .work = 1.0 * FLOATS * ROUNDS, .samples = 50, .warmup = 400);
