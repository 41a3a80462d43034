/* SPDX-License-Identifier: Apache-2.0 */
/*
 * exit_page_touch: the first write to a page that the host has not yet given: a nested page fault
 * and the host's allocation of a zeroed page.
 */
#include "harness/bench.h"

#define PAGES 2048u

enum { NEXT };

GUEST_FN bool setup(struct payload *p)
{
	/* A page is touched first only once: running out would measure something else. */
	if (p->planned > PAGES)
		return payload_refuse(p, "more samples planned than untouched pages (2048)");
	return true;
}

GUEST_OP(exit_page_touch, RING3, .native = true, .setup = setup)
{
	volatile uint8_t *page = p->memory + p->boot->untouched;

	page[p->scratch[NEXT]++ * VQ_PAGE_SIZE] = 1;
}

BENCH(exit_page_touch, .group = "exits", .summary = "first write to a page the host must provide",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_LAZY_RAM, .native = true, .traps = true,
      .memory = (2ull << 20) + PAGES * VQ_PAGE_SIZE, .untouched = PAGES * VQ_PAGE_SIZE,
      .exits_per_op = {0.9, 2});
