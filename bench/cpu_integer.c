/* SPDX-License-Identifier: Apache-2.0 */
/* cpu_integer: a chain of 64-bit multiplications, shifts and exclusive ors in registers. */
#include "harness/bench.h"

#define ROUNDS 2048

GUEST_OP(cpu_integer, RING3, .native = true)
{
	uint64_t x = p->scratch[0];

	for (uint32_t i = 0; i < ROUNDS; i++)
		x = vq_mix(x + i);
	p->scratch[0] = x;
}

BENCH(cpu_integer, .group = "throughput", .summary = "64-bit integer rounds (multiply, shift, xor)",
      .unit = OPERATIONS_PER_SECOND, .better = HIGHER, .native = true, .work = ROUNDS,
      .samples = 50);
