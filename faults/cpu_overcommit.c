/* SPDX-License-Identifier: Apache-2.0 */
#include "faults/cpu_overcommit.h"

#include <math.h>
#include <signal.h>

enum {
	STEAL_BEFORE, /* run-queue wait of all guests until then */
	STEAL_AFTER,  /* and when they were stopped again */
	HEALED,
};

static uint64_t all_waits(const struct fault_trial *f)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < f->trial->cast; i++)
		sum += fault_wait_ns(&f->trial->machine[i]);
	return sum;
}

static int signal_others(struct fault_trial *f, int signal)
{
	for (uint32_t i = 1; i < f->trial->cast; i++)
		if (machine_signal(&f->trial->machine[i], signal))
			return trial_fail(f->trial, TRIAL_FAILED, "signal to guest %u: %m", i);
	return 0;
}

int overcommit_arm(struct fault_trial *f)
{
	return signal_others(f, SIGSTOP);
}

static uint64_t at_fire[TRIAL_MAX_CAST]; /* this process runs one trial */
static uint64_t done[TRIAL_MAX_CAST];

int overcommit_fire(struct fault_trial *f)
{
	for (uint32_t i = 0; i < f->trial->cast; i++)
		at_fire[i] = f->oracle.guest[i].operations;
	f->private[STEAL_BEFORE] = all_waits(f);
	return signal_others(f, SIGCONT);
}

/* All of them have done something since. */
bool overcommit_active(struct fault_trial *f)
{
	for (uint32_t i = 1; i < f->trial->cast; i++)
		if (f->oracle.guest[i].operations == at_fire[i])
			return false;
	return true;
}

int overcommit_heal(struct fault_trial *f)
{
	if (f->private[HEALED])
		return 0;
	f->private[HEALED] = 1;
	f->private[STEAL_AFTER] = all_waits(f);
	for (uint32_t i = 0; i < f->trial->cast; i++)
		done[i] = f->oracle.guest[i].operations - at_fire[i];
	return signal_others(f, SIGSTOP);
}

/* Jain's fairness index (Jain, Chiu, Hawe 1984): 1 where all got the same, 1/n where one got all.
 */
static double fairness(uint32_t n)
{
	double sum = 0, squares = 0;

	for (uint32_t i = 0; i < n; i++) {
		sum += (double)done[i];
		squares += (double)done[i] * (double)done[i];
	}
	return squares > 0 ? sum * sum / (n * squares) : NAN;
}

int overcommit_finish(struct fault_trial *f, struct result_fault_trial *out)
{
	if (!f->private[HEALED])
		return 0;
	out->fairness = fairness(f->trial->cast);
	out->steal_ns = (int64_t)(f->private[STEAL_AFTER] - f->private[STEAL_BEFORE]);
	return 0;
}
