/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deadlock_guests: two guests take two locks in a page they share, in opposite order. One of them
 * is recovered; what it held is broken, as for a robust lock whose owner died.
 */
#include <signal.h>

#include "harness/fault.h"

static int fire(struct fault_trial *f)
{
	fault_request(f, 1, VQ_REQUEST_DEADLOCK_GUESTS, 0);
	return fault_request(f, 0, VQ_REQUEST_DEADLOCK_GUESTS, 0);
}

/*
 * The window begins with a word for each shared lock; the victim, guest 0, holds the first. It
 * must stand still from here on: with the lock gone, guest 1 would let it finish.
 */
static int break_lock(struct fault_trial *f)
{
	struct machine *m = fault_victim(f);

	if (m->platform->capabilities() & CAN_PAUSE ? machine_pause(m) : machine_signal(m, SIGSTOP))
		return trial_fail(f->trial, TRIAL_FAILED, "holding the victim still: %s", m->error);
	__atomic_store_n((uint32_t *)f->window, 0, __ATOMIC_RELEASE);
	return 0;
}

FAULT(deadlock_guests, .group = "deadlock",
      .summary = "two guests take two locks in shared memory in opposite order", .cast = 2,
      .detector = DETECT_DEADLOCK, .share_window = true,
      .recovered_by = FRESH_GUEST | EARLIER_GUEST, .fire = fire, .before_recovery = break_lock);
