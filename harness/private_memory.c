/* SPDX-License-Identifier: Apache-2.0 */
/* Anonymous memory on pages of a chosen size, for what benches of memory work on. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/platform.h"

#define HUGE_PAGE (2ull << 20)

bool machine_has_huge_pages(pid_t pid, uint64_t size)
{
	unsigned long long begin, end, kib;
	bool this_size = false, found = false;
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps", pid);
	f = fopen(path, "re");
	while (f && !found && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%llx-%llx ", &begin, &end) == 2)
			this_size = end - begin == size;
		else if (this_size && sscanf(line, "AnonHugePages: %llu kB", &kib) == 1)
			found = kib << 10 >= size;
	}
	if (f)
		fclose(f);
	return found;
}

int machine_without_huge_pages(struct machine *m)
{
	m->status->unsupported = 1;
	snprintf(m->error, sizeof(m->error),
		 "the host gives no transparent huge pages for guest RAM "
		 "(/sys/kernel/mm/transparent_hugepage/enabled)");
	return -1;
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
		*huge = machine_has_huge_pages(getpid(), size);
	return region;
}
