/* SPDX-License-Identifier: Apache-2.0 */
/* A machine's memory: the guest's RAM and what trial and guest process share about it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/machine_internal.h"

static void *map_shared(int fd, size_t size)
{
	int flags = MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0);
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	return p == MAP_FAILED ? NULL : p;
}

static bool prefault_range(struct machine *m, uint64_t from, uint64_t to)
{
	if (to <= from || mlock(m->memory + from, to - from) == 0)
		return true;
	madvise(m->memory + from, to - from, MADV_POPULATE_WRITE);
	return false;
}

/*
 * Pre-fault and lock what the guest will use, so that no timed operation pays for a page fault of
 * the host: the fixed areas up to the ring's header, the image, and what a bench asked for beyond.
 * Records are written outside the timed part. Where RLIMIT_MEMLOCK forbids the lock, memory is
 * pre-faulted only, and that is told.
 */
static void prefault(struct machine *m)
{
	uint64_t shared = m->config.pages == PAGES_SHARED ? m->memory_size : MACHINE_LOWER_RAM;
	uint64_t used = shared - m->config.untouched;
	bool fixed = prefault_range(m, 0, VQ_RING_OFFSET + VQ_PAGE_SIZE);
	bool image = prefault_range(m, VQ_IMAGE_OFFSET, VQ_IMAGE_OFFSET + VQ_IMAGE_ROOM);
	bool rest = prefault_range(m, MACHINE_LOWER_RAM, used);

	m->status->locked = fixed && image && rest;
}

/* What its doorbells shall count. Found out here: the guest process may be another program. */
static void describe_watch(struct machine_status *s)
{
	const struct event_counter *list;
	size_t count = events_catalog(&list);

	for (size_t i = 0; i < count; i++)
		s->event[i] = list[i].event;
	s->event_count = (uint32_t)count;
	s->watch = *cpu_watch_probe();
}

static int make_destination(struct machine *m)
{
	m->destination_fd = memfd_create("virt-qualify destination", MFD_CLOEXEC);
	if (m->destination_fd < 0 || ftruncate(m->destination_fd, (off_t)m->memory_size))
		return machine_fail(m, "memory for the destination");
	m->destination = map_shared(m->destination_fd, m->memory_size);
	return m->destination ? 0 : machine_fail(m, "mapping the destination's memory");
}

int machine_make_memory(struct machine *m)
{
	m->memory_size = m->config.memory;
	m->memory_fd = memfd_create("virt-qualify guest", MFD_CLOEXEC);
	if (m->memory_fd < 0 || ftruncate(m->memory_fd, (off_t)m->memory_size))
		return machine_fail(m, "guest memory");
	m->memory = map_shared(m->memory_fd, m->memory_size);
	if (!m->memory)
		return machine_fail(m, "mapping guest memory");
	if (m->config.migrates && make_destination(m))
		return -1;
	m->status_fd = memfd_create("virt-qualify status", MFD_CLOEXEC);
	if (m->status_fd < 0 || ftruncate(m->status_fd, sizeof(*m->status)))
		return machine_fail(m, "memory for the machine's status");
	m->status = map_shared(m->status_fd, sizeof(*m->status));
	if (!m->status)
		return machine_fail(m, "mapping the machine's status");
	if (m->config.watch)
		describe_watch(m->status);
	if (m->config.snapshots && m->platform->snapshot_room) {
		m->snapshot_size = m->platform->snapshot_room(&m->config);
		m->snapshot_fd = memfd_create("virt-qualify snapshot", MFD_CLOEXEC);
		if (m->snapshot_fd < 0 || ftruncate(m->snapshot_fd, (off_t)m->snapshot_size))
			return machine_fail(m, "memory for the snapshot");
		m->snapshot = map_shared(m->snapshot_fd, m->snapshot_size);
		if (!m->snapshot)
			return machine_fail(m, "mapping the snapshot");
	}
	prefault(m);
	return 0;
}

static struct vq_control *control_page(struct machine *m)
{
	return (struct vq_control *)(m->memory + VQ_CONTROL_OFFSET);
}

/* Requests are taken when their ticket changes: it comes last but for the epoch. */
static void write_control(struct machine *m, const struct vq_control *c)
{
	struct vq_control *to = control_page(m);

	to->request = c->request;
	to->argument = c->argument;
	__atomic_store_n(&to->ticket, c->ticket, __ATOMIC_RELEASE);
	__atomic_store_n(&to->epoch, c->epoch, __ATOMIC_RELEASE);
}

int machine_map_memory(struct machine *m)
{
	struct vq_control control = *control_page(m);
	uint64_t whose = m->status->memory_of;

	if (m->platform->map_memory(m))
		return -1;
	write_control(m, &control);
	m->memory_of = whose;
	return 0;
}

static bool map_over(uint8_t *at, int fd, size_t size)
{
	return mmap(at, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
}

/* The file again in place of a guest's areas: they are kept from the next life, and as long as they
 * are mapped, from the hypervisor. */
void machine_unmap_memory(struct machine *m)
{
	struct vq_control control;

	if (!m->memory_of)
		return;
	control = *control_page(m);
	m->memory_of = 0;
	if (!map_over(m->memory, m->memory_fd, m->memory_size))
		_exit(1); /* there is nothing at m->memory any more */
	write_control(m, &control);
}

int machine_swap_memory(struct machine *m)
{
	int source = m->memory_fd;

	if (!m->destination) {
		snprintf(m->error, sizeof(m->error), "this machine has no room for a destination");
		return -1;
	}
	if (!map_over(m->memory, m->destination_fd, m->memory_size) ||
	    !map_over(m->destination, source, m->memory_size))
		_exit(1); /* there is nothing at one of them any more */
	m->memory_fd = m->destination_fd;
	m->destination_fd = source;
	return 0;
}

/* The part that was not pre-faulted goes back to the host: it may be charged to a cgroup that is
 * full. */
void machine_forget_memory(struct machine *m)
{
	uint64_t untouched = m->config.untouched;

	memset(m->memory + VQ_HEARTBEAT_OFFSET, 0, VQ_PAGE_SIZE);
	memset(m->memory + VQ_RING_OFFSET, 0, 128);
	if (untouched)
		fallocate(m->memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			  (off_t)(m->memory_size - untouched), (off_t)untouched);
}

uint8_t *machine_map_window(const struct machine *m)
{
	return m->config.shared_fd < 0 ? NULL
				       : map_shared(m->config.shared_fd, m->config.shared_size);
}

void machine_free_memory(struct machine *m)
{
	if (m->memory)
		munmap(m->memory, m->memory_size);
	if (m->status)
		munmap(m->status, sizeof(*m->status));
	if (m->snapshot)
		munmap(m->snapshot, m->snapshot_size);
	if (m->destination)
		munmap(m->destination, m->memory_size);
	if (m->memory_fd >= 0)
		close(m->memory_fd);
	if (m->status_fd >= 0)
		close(m->status_fd);
	if (m->snapshot_fd >= 0)
		close(m->snapshot_fd);
	if (m->destination_fd >= 0)
		close(m->destination_fd);
}
