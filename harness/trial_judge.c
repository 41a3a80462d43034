/* SPDX-License-Identifier: Apache-2.0 */
/* What a fault came to: its outcome, and the figures beside the stamps. */
#include <math.h>

#include "harness/trial_fault.h"

bool watch_serves_again(const struct watch *w, int64_t since)
{
	const struct fault_trial *f = w->f;
	bool replaced = w->epoch > 0;

	for (uint32_t i = 0; i < f->oracle.guests; i++) {
		if (!watch_counts(f->fault, i))
			continue;
		/* Progress seen at a sample was made after the sample before it; where the guest
		 * was replaced, its new epoch proves as much. */
		for (uint32_t c = 0; c < f->oracle.guest[i].cpus; c++)
			if (!(replaced && i == f->victim) &&
			    f->oracle.guest[i].cpu[c].before_ns < since)
				return false;
		if (!oracle_serves(&f->oracle, i))
			return false;
	}
	return !watch_counts(f->fault, f->victim) ||
	       oracle_in_epoch(&f->oracle, f->victim, w->epoch);
}

static bool service_was_lost(const struct watch *w)
{
	const struct fault_trial *f = w->f;

	for (uint32_t i = 0; i < f->oracle.lost_count; i++) {
		const struct oracle_interval *l = &f->oracle.lost[i];

		if (f->oracle.guest[l->guest].watched &&
		    (!l->to_ns || l->to_ns > w->stamp[T0_INJECTED]))
			return true;
	}
	return false;
}

static enum outcome judge(const struct watch *w)
{
	const struct fault_trial *f = w->f;
	bool lost = service_was_lost(w) || w->stamp[T4_FIRST_SERVICE];

	if (!w->stamp[T1_ACTIVE] && !w->stamp[T2_DETECTED])
		return OUTCOME_NOT_ACTIVATED;
	for (uint32_t i = 0; i < f->oracle.guests; i++)
		if (f->oracle.guest[i].corrupt)
			return f->oracle.guest[i].corrupt_silently ? OUTCOME_SILENT_CORRUPTION
								   : OUTCOME_DETECTED_CORRUPTION;
	if (f->fault->management && !service_was_lost(w))
		return OUTCOME_MASKED;
	if (f->fault->detector == DETECT_RATE && !service_was_lost(w))
		return w->stamp[T2_DETECTED] ? OUTCOME_DEGRADED : OUTCOME_MASKED;
	if (!lost && !w->stamp[T2_DETECTED])
		return OUTCOME_MASKED;
	if (w->stamp[T4_FIRST_SERVICE])
		return OUTCOME_ASSISTED_RECOVERED;
	if (!w->stamp[T3_RECOVERY_STARTED] && watch_serves_again(w, w->stamp[T0_INJECTED]))
		return OUTCOME_AUTO_RECOVERED;
	for (uint32_t i = 0; i < f->trial->cast; i++)
		if (!machine_alive(&f->trial->machine[i]))
			return OUTCOME_CRASH;
	return OUTCOME_HANG;
}

static int64_t lost_operations(const struct fault_trial *f)
{
	int64_t sum = 0;

	for (uint32_t i = 0; i < f->oracle.guests; i++) {
		if (f->oracle.guest[i].corrupt)
			return -1;
		if (watch_counts(f->fault, i))
			sum += f->oracle.guest[i].lost_operations;
	}
	return sum;
}

static double rate_while_active(const struct watch *w)
{
	/* Where the guest is left alone, until it is commanded again. */
	enum fault_stamp end = w->f->fault->management ? T4_FIRST_SERVICE : T3_RECOVERY_STARTED;
	int64_t from = w->counted_ns[T1_ACTIVE], to = w->counted_ns[end];

	if (!w->stamp[T1_ACTIVE] || !w->stamp[end] || to <= from)
		return NAN;
	return (double)(w->operations_at[end] - w->operations_at[T1_ACTIVE]) * 1e9 /
	       (double)(to - from);
}

void watch_conclude(struct watch *w, int64_t now)
{
	struct result_fault_trial *out = w->out;
	const struct fault_trial *f = w->f;

	out->outcome = judge(w);
	out->horizon_ns = now - w->stamp[T0_INJECTED];
	if (!w->stamp[T4_FIRST_SERVICE] || (!w->stamp[T5_BASELINE] && !f->fault->management))
		out->horizon_ns = w->horizon_ns;
	out->downtime_ns = oracle_downtime(&w->f->oracle, w->stamp[T0_INJECTED], now);
	out->lost_operations = lost_operations(w->f);
	out->fault_rate = rate_while_active(w);
}
