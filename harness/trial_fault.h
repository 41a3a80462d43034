/* SPDX-License-Identifier: Apache-2.0 */
/* Between trial_fault.c, which drives a fault's trial, trial_detect.c and trial_judge.c. */
#ifndef VQ_TRIAL_FAULT_H
#define VQ_TRIAL_FAULT_H

#include "harness/fault.h"

#define WATCH_SAMPLE_NS (500 * 1000ll) /* the oracle looks at least this often */
#define WATCH_RATE_NS	(20 * 1000000ll)

/* Rate of acknowledged operations over a sliding window, one ring of samples. */
#define WATCH_RATE_SAMPLES 64
struct rate_window {
	int64_t at_ns[WATCH_RATE_SAMPLES];
	uint64_t operations[WATCH_RATE_SAMPLES];
	uint32_t count;
};

struct watch {
	struct fault_trial *f;
	struct result_fault_trial *out;
	int64_t stamp[FAULT_STAMPS]; /* host_now_ns(); 0: not yet */
	int64_t horizon_ns;
	double baseline;		      /* operations a second, watched members */
	uint64_t operations_at[FAULT_STAMPS]; /* as sampled at counted_ns */
	int64_t counted_ns[FAULT_STAMPS];
	struct rate_window window;
	struct oracle_cycle cycle;
	int64_t next_progress_ns;
	uint32_t ticket;
	uint32_t epoch;
};

/* Does the service of member `i` count? */
bool watch_counts(const struct fault *f, uint32_t i);

/* Note when something happened, a time of host_now_ns(); the event says `what` of `subject`. */
void watch_stamp(struct watch *w, enum fault_stamp which, int64_t at, int64_t uncertainty,
		 const char *subject, const char *what);

/* How long before the oracle's last look its look before that was. */
int64_t watch_since_last_sample(const struct watch *w);

/* Operations a second over about WATCH_RATE_NS, all of it after `since`; NaN: too early. */
double watch_recent_rate(const struct rate_window *win, int64_t since);

/* Ask the fault's detector: T2_DETECTED is stamped when it noticed. */
void watch_detect(struct watch *w, int64_t now);

/* Is every watched guest serving again, with what it did after `since`? */
bool watch_serves_again(const struct watch *w, int64_t since);

/* At the end of the watch: fill w->out. */
void watch_conclude(struct watch *w, int64_t now);

#endif
