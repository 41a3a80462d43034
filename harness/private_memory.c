/* SPDX-License-Identifier: Apache-2.0 */
/* Anonymous memory on pages of a chosen size, for what benches of memory work on. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/platform.h"

#define HUGE_PAGE (2ull << 20)

/* Bytes of this mapping that really are huge pages. */
static uint64_t huge_bytes(const void *address)
{
	unsigned long long begin, kib;
	bool ours = false;
	char line[256];
	FILE *f = fopen("/proc/self/smaps", "re");
	uint64_t found = 0;

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-", &begin) == 1 && strchr(line, '-'))
			ours = begin == (uintptr_t)address;
		else if (ours && sscanf(line, "AnonHugePages: %llu kB", &kib) == 1)
			found = kib << 10;
	}
	if (f)
		fclose(f);
	return found;
}

void *machine_private_memory(uint64_t size, enum machine_pages pages, bool *huge)
{
	uint8_t *all = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *region;

	if (all == MAP_FAILED)
		return NULL;
	region = (uint8_t *)(((uintptr_t)all + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1));
	if (region > all)
		munmap(all, (size_t)(region - all));
	if (all + HUGE_PAGE > region)
		munmap(region + size, (size_t)(all + HUGE_PAGE - region));
	madvise(region, size, pages == PAGES_HUGE ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	memset(region, 0, size);
	if (huge)
		*huge = huge_bytes(region) >= size;
	return region;
}
