/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of real machines share. Include after <cmocka.h>. */
#ifndef VQ_TEST_MACHINES_H
#define VQ_TEST_MACHINES_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform.h"

#define MEMORY	 (2ull << 20)
#define BOUND_NS (20 * 1000000000ll) /* for what takes milliseconds: a slow host is not broken */

static inline void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
}

/* Poll for a condition. The value is whether it came true in time. */
#define within_bound(condition)                                                                    \
	({                                                                                         \
		int64_t end_ = host_now_ns() + BOUND_NS;                                           \
		while (!(condition) && host_now_ns() < end_)                                       \
			nap();                                                                     \
		(condition);                                                                       \
	})

/* Do those that can be opened work? NULL, or why this platform is skipped. */
static inline const char *skip_reason(const struct platform *p)
{
	static char why[512];

	if (!strcmp(p->name, "kvm") && access("/dev/kvm", R_OK | W_OK)) {
		p->works(why, sizeof(why));
		return why;
	}
	return NULL;
}

static inline const struct platform *find_platform(const char *name)
{
	return registry_find(REGISTRY(platforms), name);
}

/* The last whole heartbeat of a vCPU; all zero where it wrote none yet. */
static inline struct vq_heartbeat heartbeat(const uint8_t *memory, uint32_t cpu)
{
	const volatile struct vq_heartbeat *cell =
		(const volatile struct vq_heartbeat *)(memory + VQ_HEARTBEAT_OFFSET) + cpu;
	struct vq_heartbeat h;

	for (int i = 0; i < 1000; i++) {
		h = *cell;
		if (h.checksum == vq_heartbeat_checksum(&h))
			return h;
	}
	return (struct vq_heartbeat){0};
}

static inline uint64_t sequence(const uint8_t *memory, uint32_t cpu)
{
	return heartbeat(memory, cpu).sequence;
}

/* Does that vCPU acknowledge another `n` operations? */
static inline bool goes_on(const uint8_t *memory, uint32_t cpu, uint64_t n)
{
	uint64_t from;

	if (!within_bound(sequence(memory, cpu)))
		return false;
	from = sequence(memory, cpu);
	return within_bound(sequence(memory, cpu) >= from + n);
}

static inline bool all_go_on(const uint8_t *memory, uint32_t cpus)
{
	for (uint32_t i = 0; i < cpus; i++)
		if (!goes_on(memory, i, 20))
			return false;
	return true;
}

/* Does no vCPU acknowledge anything for a time in which a running one does thousands? */
static inline bool all_stand_still(const uint8_t *memory, uint32_t cpus)
{
	uint64_t before[VQ_MAX_CPUS];

	for (uint32_t i = 0; i < cpus; i++)
		before[i] = sequence(memory, i);
	for (int n = 0; n < 60; n++) {
		nap();
		for (uint32_t i = 0; i < cpus; i++)
			if (sequence(memory, i) != before[i])
				return false;
	}
	return true;
}

/* Ask the guest for a fault, as the harness does; returns the ticket. */
static inline uint32_t request(uint8_t *memory, uint32_t what, uint32_t argument)
{
	struct vq_control *c = (struct vq_control *)(memory + VQ_CONTROL_OFFSET);

	c->request = what;
	c->argument = argument;
	return __atomic_add_fetch(&c->ticket, 1, __ATOMIC_ACQ_REL);
}

static inline void open_machine(struct machine *m, const struct platform *p, const char *command,
				uint32_t cpus, bool snapshots)
{
	struct machine_config c = {
		.cpus = cpus,
		.memory = MEMORY,
		.command = command,
		.snapshots = snapshots,
		.shared_fd = -1,
		.notify_fd = -1,
		.wake_fd = -1,
	};

	if (machine_open(m, p, &c))
		fail_msg("machine_open: %s", m->error);
}

#endif
