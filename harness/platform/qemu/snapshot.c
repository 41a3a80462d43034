/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Snapshots of a guest whose RAM is a shared file: QEMU writes the state of its devices and vCPUs
 * as a migration that leaves shared RAM out (capability x-ignore-shared), and we copy the RAM.
 *
 * m->snapshot holds a header page, the state, and the RAM; the state is QEMU's to judge.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/qemu/guest.h"

#define STATE_ROOM (1u << 20) /* 48 KiB for a microvm of one vCPU, 4 KiB a vCPU more */

struct header {
	uint64_t state_size; /* 0: no snapshot */
};

size_t qemu_snapshot_room(const struct machine_config *c)
{
	return VQ_PAGE_SIZE + STATE_ROOM + c->memory;
}

static uint8_t *state_of(struct machine *m)
{
	return (uint8_t *)m->snapshot + VQ_PAGE_SIZE;
}

static uint8_t *ram_of(struct machine *m)
{
	return state_of(m) + STATE_ROOM;
}

static int fail(struct qemu_guest *g, const char *what)
{
	snprintf(g->m->error, sizeof(g->m->error), "%s: %s", what, strerror(errno));
	return -1;
}

static int64_t soon(void)
{
	return host_now_ns() + QEMU_COMMAND_NS;
}

/* 1: through, 0: not yet, -1: it failed, with m->error; `status` is QEMU's word. */
static int ask_migrated(struct qemu_guest *g, char *status, size_t size)
{
	json_t *answer = qmp_call(&g->qmp, soon(), "query-migrate", NULL);
	const char *said = json_string_value(json_object_get(answer, "status"));
	const char *why = json_string_value(json_object_get(answer, "error-desc"));
	int ret = 0;

	if (!answer)
		return qemu_guest_failed(g, "QEMU's migration");
	snprintf(status, size, "%.30s", said ? said : "not begun");
	if (!strcmp(status, "completed")) {
		ret = 1;
	} else if (!strcmp(status, "failed") || !strcmp(status, "cancelled")) {
		snprintf(g->m->error, sizeof(g->m->error), "QEMU's migration failed: %.300s",
			 why ? why : "no reason given");
		ret = -1;
	}
	json_decref(answer);
	return ret;
}

/* QEMU says so a moment before its guest may run again. */
static int await_final(struct qemu_guest *g)
{
	static const struct timespec moment = {.tv_nsec = 100000};
	int64_t deadline = soon();
	bool final = false;

	while (!final && host_now_ns() < deadline) {
		json_t *status = qmp_call(&g->qmp, deadline, "query-status", NULL);
		const char *is = json_string_value(json_object_get(status, "status"));

		if (!status)
			return qemu_guest_failed(g, "QEMU's migration");
		final = is && strcmp(is, "finish-migrate");
		json_decref(status);
		if (!final)
			nanosleep(&moment, NULL);
	}
	return 0;
}

int qemu_guest_migrated(struct qemu_guest *g)
{
	static const struct timespec moment = {.tv_nsec = 300000};
	int64_t deadline = soon();
	char status[32];

	for (;;) {
		int done = ask_migrated(g, status, sizeof(status));

		if (done)
			return done > 0 ? await_final(g) : -1;
		if (host_now_ns() > deadline)
			break;
		nanosleep(&moment, NULL);
	}
	snprintf(g->m->error, sizeof(g->m->error),
		 "QEMU's migration is not through in time; its status is: %s", status);
	return -1;
}

static int leave_ram_out(struct qemu_guest *g)
{
	return qemu_guest_will_migrate(g, true, PRECOPY);
}

static int keep_state(struct qemu_guest *g, int fd)
{
	struct header *header = g->m->snapshot;
	off_t size = lseek(fd, 0, SEEK_END);

	if (size <= 0 || size > (off_t)STATE_ROOM) {
		errno = EFBIG;
		return fail(g, "the snapshot's state");
	}
	if (pread(fd, state_of(g->m), (size_t)size, 0) != size)
		return fail(g, "the snapshot's state");
	header->state_size = (uint64_t)size;
	return 0;
}

int qemu_snapshot_take(struct qemu_guest *g)
{
	int fd = memfd_create("virt-qualify state", MFD_CLOEXEC);
	int ret = -1;

	if (fd < 0)
		return fail(g, "memory for the snapshot");
	((struct header *)g->m->snapshot)->state_size = 0;
	memcpy(ram_of(g->m), g->m->memory, g->m->memory_size);
	if (leave_ram_out(g) || qmp_send_fd(&g->qmp, soon(), "snapshot", fd) ||
	    qmp_run(&g->qmp, soon(), "migrate", "{s:s}", "uri", "fd:snapshot"))
		qemu_guest_failed(g, "QEMU's snapshot");
	else
		ret = qemu_guest_migrated(g) || keep_state(g, fd) ? -1 : 0;
	close(fd);
	return ret;
}

/* All but the pages in which host and guest have said to each other what came since. */
static void put_ram_back(struct machine *m)
{
	struct vq_ring *ring = (struct vq_ring *)(m->memory + VQ_RING_OFFSET);
	size_t after = VQ_HEARTBEAT_OFFSET + VQ_PAGE_SIZE;

	_Static_assert(VQ_HEARTBEAT_OFFSET == VQ_CONTROL_OFFSET + VQ_PAGE_SIZE, "they touch");
	memcpy(m->memory, ram_of(m), VQ_CONTROL_OFFSET);
	memcpy(m->memory + after, ram_of(m) + after, m->memory_size - after);
	/* A doorbell on its way when the guest was paused was dealt with by an earlier driver. */
	ring->answered = ring->rung;
}

static int lend_state(struct qemu_guest *g, int fd)
{
	const struct header *header = g->m->snapshot;
	uint64_t size = header->state_size;

	if (!size || size > STATE_ROOM) {
		snprintf(g->m->error, sizeof(g->m->error), "there is no snapshot to go back to");
		return -1;
	}
	if (write(fd, state_of(g->m), size) != (ssize_t)size || lseek(fd, 0, SEEK_SET))
		return fail(g, "the snapshot's state");
	return 0;
}

int qemu_snapshot_load(struct qemu_guest *g)
{
	int fd = memfd_create("virt-qualify state", MFD_CLOEXEC);
	int ret = -1;

	if (fd < 0)
		return fail(g, "memory for the snapshot");
	if (lend_state(g, fd))
		goto out;
	put_ram_back(g->m);
	if (leave_ram_out(g) || qmp_send_fd(&g->qmp, soon(), "snapshot", fd) ||
	    qmp_run(&g->qmp, soon(), "migrate-incoming", "{s:s}", "uri", "fd:snapshot"))
		qemu_guest_failed(g, "QEMU's return to the snapshot");
	else
		ret = qemu_guest_migrated(g);
out:
	close(fd);
	return ret;
}
