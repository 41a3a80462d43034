/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle: the outside observer of the cast's heartbeats. It reads the heartbeat pages through
 * shared memory, so it needs nothing of the guest, the VMM or libvirt; it alone says when service
 * was lost and regained, each time with the interval in which the truth lies.
 *
 * Service of a guest is lost when one of its vCPUs acknowledges no operation for longer than
 * `loss_ns`; the loss counts from its last acknowledgement seen to the next one.
 */
#ifndef VQ_ORACLE_H
#define VQ_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guests/abi.h"

#define ORACLE_MAX_GUESTS    16u
#define ORACLE_MAX_INTERVALS 64u

struct oracle_cpu {
	struct vq_heartbeat cell; /* last valid one */
	bool seen;
	int64_t progress_ns;  /* when its progress was last seen */
	int64_t before_ns;    /* the sample before that: progress came after it */
	int64_t served_ns;    /* the last acknowledgement, between the two */
	uint32_t bad_samples; /* in a row without a valid checksum, each unlike the one before */
	struct vq_heartbeat torn; /* the last of them */
	int64_t torn_ns;	  /* first seen */
};

struct oracle_guest {
	const uint8_t *memory; /* hostile: read once, checked, copied */
	uint32_t cpus;
	bool watched; /* its service counts for downtime */
	bool foreign; /* at the moment the guest does not write its page: firmware may, or nobody */
	struct oracle_cpu cpu[VQ_MAX_CPUS];
	uint64_t operations;	 /* acknowledged, over all vCPUs and epochs */
	bool corrupt;		 /* a checksum or digest was wrong: see corrupt_silently */
	bool corrupt_silently;	 /* the checksum held, the digest of operations did not */
	int64_t lost_operations; /* acknowledged before, missing after an epoch changed */
};

struct oracle_interval {
	int64_t from_ns, to_ns; /* to_ns 0: still lost */
	int64_t noticed_ns;	/* it ends with progress of every vCPU after this */
	uint32_t guest;
};

struct oracle {
	struct oracle_guest guest[ORACLE_MAX_GUESTS];
	uint32_t guests;
	int64_t loss_ns;
	/* Where guest and host share the TSC: its ticks a millisecond, so that the guest's own
	 * stamp places an acknowledgement between two samples. 0: unknown, the earlier sample
	 * stands. */
	uint32_t tsc_khz;
	int64_t sampled_ns, previous_ns; /* the last two samples */
	/* Where they are more, a guest's last one goes on. */
	struct oracle_interval lost[ORACLE_MAX_INTERVALS];
	uint32_t lost_count;
};

void oracle_init(struct oracle *o, int64_t loss_ns);

/* Watch a guest's heartbeat page (the start of its shared memory). Returns its index. */
uint32_t oracle_add(struct oracle *o, const uint8_t *memory, uint32_t cpus, bool watched);

/* Look at all cells now. */
void oracle_sample(struct oracle *o, int64_t now_ns);

/* Does every vCPU of the guest serve: did it acknowledge within loss_ns? */
bool oracle_serves(const struct oracle *o, uint32_t guest);

/* Somebody knows that service is lost before loss_ns is over (a dead process, a proved deadlock):
 * the loss counts from the last acknowledgement seen. */
void oracle_note_loss(struct oracle *o, uint32_t guest);

/* When the guest's slowest vCPU was last seen to acknowledge: the sample that showed it. */
int64_t oracle_last_progress(const struct oracle *o, uint32_t guest);

/* Has each vCPU of the guest acknowledged in that epoch? */
bool oracle_in_epoch(const struct oracle *o, uint32_t guest, uint32_t epoch);

/* The union of all lost intervals of watched guests within [from, to]. */
int64_t oracle_downtime(const struct oracle *o, int64_t from_ns, int64_t to_ns);

/* The longest loss of one guest within [from, to]. */
int64_t oracle_longest_loss(const struct oracle *o, uint32_t guest, int64_t from_ns, int64_t to_ns);

/*
 * A cycle in the wait-for graph over all vCPUs of all guests: each waits for a lock that the next
 * holds. Fills `text` with the cycle ("guest 0 cpu 0 -> lock 1 -> guest 0 cpu 1 -> lock 0").
 * It counts only if no vCPU in it has acknowledged anything between two calls; `state` carries
 * that from call to call (zero it first).
 */
struct oracle_cycle {
	uint64_t fingerprint;
	uint32_t times;
};

bool oracle_deadlock(const struct oracle *o, struct oracle_cycle *state, char *text, size_t size);

#endif
