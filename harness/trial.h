/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trial: one fresh cast for one bench or one fault cell. It runs in a process of its own,
 * forked from the harness; what it found lies in shared memory, so that a trial that crashes
 * half-way loses nothing that it had.
 */
#ifndef VQ_TRIAL_H
#define VQ_TRIAL_H

#include "harness/bench.h"
#include "harness/core/result.h"
#include "harness/platform.h"

#define TRIAL_MAX_CAST	   16u
#define TRIAL_MAX_BATCHES  MACHINE_MAX_BATCHES
#define TRIAL_MAX_EVENTS   64u
#define TRIAL_MAX_PROGRESS 4096u
#define TRIAL_MAX_BUCKETS  (1u << 18)
#define TRIAL_MAX_RAW	   (TRIAL_MAX_BATCHES * VQ_RAW_MAX)
#define TRIAL_MAX_COUNTS   (1u << 15)

struct fault;
struct recovery;
struct journal;

/* What is to be run; fixed before the fork. */
struct trial_spec {
	const struct platform *platform;
	const struct bench *bench; /* or */
	const struct fault *fault;
	const struct recovery *recovery;
	uint32_t parameter;
	uint32_t batches, samples; /* 0: the bench's own */
	bool raw;		   /* keep every sample: at most VQ_RAW_MAX of a batch */
	uint64_t seed;
	int64_t horizon_ns;
	enum placement placement;
	const struct variant *variant; /* NULL: the platform as it is */
	const char *form;	       /* what result_trial.variant says: that, and the placement */
	const unsigned int *cpus;      /* usable host CPUs, best first, or as placed */
	unsigned int cpu_count;
	struct journal *journal; /* of changes to the host; see harness/journal.h */
};

struct trial_bucket {
	uint32_t batch, bucket, count;
};

/* Something counted beside the samples: see struct result_count. */
enum count_source {
	COUNT_PERF, /* index: in events_catalog() */
	COUNT_HOST, /* index: enum cpu_counter */
	COUNT_KVM,  /* index: in trial_result.stat */
	COUNT_SOURCES
};

struct trial_count {
	uint16_t source, index;
	int32_t batch;
	uint64_t value;
};

struct trial_event {
	int64_t at_ns, uncertainty_ns;
	char subject[24];
	char what[104];
};

/* What was found; shared between the trial process and the harness. Strings are NUL-terminated by
 * the reader before use. */
struct trial_result {
	bool complete;	 /* all below is there; what is left is to close the machines */
	uint32_t status; /* enum trial_status */
	char reason[512];
	uint32_t execution;
	double tick_ns, work;
	int64_t overhead_ticks;
	double exits_per_op, emulated_per_op;
	int32_t memory_locked;
	bool pinned[TRIAL_MAX_CAST]; /* members that were opened */
	uint32_t vcpus[TRIAL_MAX_CAST];
	int16_t pin[TRIAL_MAX_CAST][VQ_MAX_CPUS]; /* host CPU of each vCPU; -1: anywhere */
	cpu_set_t observer;			  /* CPUs that the trial itself kept to */
	int64_t started_ns, ended_ns;		  /* CLOCK_MONOTONIC_RAW */
	uint32_t batch_count;
	struct result_batch batch[TRIAL_MAX_BATCHES]; /* histogram: NULL, see buckets */
	uint32_t bucket_count;
	struct trial_bucket bucket[TRIAL_MAX_BUCKETS];
	uint32_t raw_used;
	uint32_t raw_start[TRIAL_MAX_BATCHES], raw_count[TRIAL_MAX_BATCHES]; /* in `raw` */
	uint64_t raw[TRIAL_MAX_RAW];
	uint32_t count_count;
	struct trial_count count[TRIAL_MAX_COUNTS];
	struct machine_stat stat[MACHINE_MAX_STATS];
	uint32_t event_count;
	struct trial_event event[TRIAL_MAX_EVENTS];
	uint32_t progress_count;
	struct result_progress progress[TRIAL_MAX_PROGRESS];
	bool has_fault;
	struct result_fault_trial fault;
	char detector[128];
	char console[4096];
};

/* The trial process's own view. */
struct trial {
	const struct trial_spec *spec;
	struct trial_result *result;
	struct machine machine[TRIAL_MAX_CAST];
	uint32_t cast;
	int64_t start_ns; /* all stamps count from here */
	int64_t deadline_ns;
	cpu_set_t usable; /* the CPUs of the spec; the trial itself keeps off the first */
};

/*
 * Run one trial in a child process and wait for it: at most its bound, then it is killed. `stop`
 * is a file descriptor that becomes readable when the user wants out (-1: none); the trial is
 * then ended and marked interrupted. Always leaves a complete `result` (status and reason), and no
 * process behind.
 */
void trial_run(const struct trial_spec *spec, struct trial_result *result, int stop);

/* A result area for trial_run, and its release. NULL where memory is short. */
struct trial_result *trial_result_new(void);
void trial_result_free(struct trial_result *r);

/* ---- Inside the trial process ---- */

/* End with that status; the first one that is not TRIAL_OK stands. Returns -1. */
int trial_fail(struct trial *t, enum trial_status status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Add a sample to the batch, in ticks (benches measured by the host: nanoseconds). */
void trial_sample(struct trial *t, uint32_t batch, uint64_t ticks);

/* Keep samples of a batch in their order, where the spec asks for it; those of one batch come
 * without others in between. -1: there is no room, or they do not. */
int trial_raw(struct trial *t, uint32_t batch, const uint64_t *ticks, uint32_t count);

/* Note something that happened, at a time of host_now_ns(). */
void trial_event(struct trial *t, int64_t at_ns, int64_t uncertainty_ns, const char *subject,
		 const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Keep a count; those beyond the room for them are lost. */
void trial_count(struct trial *t, enum count_source source, uint32_t index, int32_t batch,
		 uint64_t value);

/* The same for all that was counted around a batch. */
void trial_count_batch(struct trial *t, uint32_t batch, const struct batch_counters *c);

/*
 * For batches that are measured from the host: read the counters just before the operation, and
 * just after it, when its sample is there; that marks the batch. An end is a begin, too.
 * trial_watch_finish does what takes all batches.
 */
void trial_watch_begin(struct trial *t);
void trial_watch_end(struct trial *t, uint32_t batch);
void trial_watch_finish(struct trial *t);

/* Open machine `member` of the cast with defaults for this trial's spec. */
int trial_open(struct trial *t, uint32_t member, const struct machine_config *c);

/* harness/trial_bench.c, harness/trial_fault.c */
int trial_bench(struct trial *t);
int trial_fault(struct trial *t);

/* Close all machines. */
void trial_close(struct trial *t);

/* Pin lists: host CPU for vCPU `i` of a cast; wraps where there are fewer CPUs. */
int trial_cpu(const struct trial_spec *s, uint32_t i);

#endif
