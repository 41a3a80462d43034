/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch_address_space: CR3 to another page table and back: two switches. With nested paging the
 * guest does not leave; with shadow paging the hypervisor follows each one.
 */
#include "harness/bench.h"

static uint64_t other_table[512] __attribute__((aligned(4096)));

GUEST_FN void load_table(uint64_t physical)
{
	__asm__ volatile("mov %0, %%cr3" ::"r"(physical) : "memory");
}

GUEST_FN bool setup(struct payload *p)
{
	const uint64_t *table = (const uint64_t *)(uintptr_t)LAYOUT_PML4;

	(void)p;
	for (int i = 0; i < 512; i++)
		other_table[i] = table[i];
	return true;
}

GUEST_OP(switch_address_space, RING0, .setup = setup)
{
	load_table((uintptr_t)other_table);
	load_table(LAYOUT_PML4);
}

BENCH(switch_address_space, .group = "switches", .summary = "guest address-space switch (CR3)",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST | CAN_RING0, .divide_by = 2,
      .exits_per_op = {0, 4}, .emulated_per_op = {0, 2});
