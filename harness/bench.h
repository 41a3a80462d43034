/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bench: one measurement. Its file in bench/ holds the descriptor and the guest half, and is
 * all there is to it:
 *
 *	#include "harness/bench.h"
 *
 *	GUEST_OP(exit_cpuid, RING3, .native = true)
 *	{
 *		cpuid(0, 0);
 *	}
 *
 *	BENCH(exit_cpuid, .group = "exits", .summary = "CPUID, answered by the hypervisor",
 *	      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST, .exits_per_op = {1, 1});
 */
#ifndef VQ_BENCH_H
#define VQ_BENCH_H

#include "guests/payload.h"
#include "harness/core/words.h"

#ifndef VQ_NATIVE

#include "harness/platform.h" /* types only, where this is compiled into the guest */

struct trial;

struct range {
	double low, high; /* {0, 0}: none */
};

#define MAX_PARAMETERS 8

struct bench {
	const char *name;
	const char *group;   /* "exits", "switches", "throughput", "life cycle" */
	const char *summary; /* one line for list and reports */
	enum unit unit;
	enum better better;
	unsigned int needs; /* mask of enum capability */
	bool native;	    /* the guest half is legal in a process (as GUEST_OP says) */
	bool traps;	    /* a nested native would trap as well: no overhead is claimed then */
	bool disturbance_exempt;
	bool sleeps; /* a vCPU sleeps in each operation: its switches are a part of what is timed */
	bool fit_line;		   /* over the parameter */
	struct range exits_per_op; /* held against KVM's own counter */
	/* The same where ring 0 is interpreted; {0, 0}: as exits_per_op. */
	struct range exits_interpreted;
	/* Instructions that KVM may emulate for one operation, where it interprets nothing: an
	 * access to a device or to the local APIC, or, on AMD-V without NRIP saving, any
	 * intercepted instruction, which must be decoded to be stepped over. */
	struct range emulated_per_op;
	uint32_t divide_by; /* one op holds so many of what is counted (0: 1): 2 switches … */
	double work;	    /* bytes or operations of one op, for rates */
	uint32_t cpus;	    /* vCPUs; 0: 1 */
	uint32_t cast;	    /* guests; 0: 1. With a parameter and cast_is_parameter: that many */
	bool cast_is_parameter;
	bool one_cpu;		  /* all vCPUs of the cast share one host CPU */
	bool share_window;	  /* the cast shares a page */
	uint64_t memory;	  /* guest RAM, bytes; 0: 2 MiB */
	enum machine_pages pages; /* what RAM from 2 MiB on lies on; see harness/platform.h */
	uint64_t untouched;	  /* of it, bytes not pre-faulted */
	uint32_t batches, samples, warmup; /* defaults of a trial; 0: 4, 50, samples */
	int64_t timeout_ms;		   /* wall-clock bound of a trial, 0: 2000 */
	const char *parameter_name;
	uint32_t parameters[MAX_PARAMETERS]; /* 0 ends the list */
	/* Why it cannot run on a platform that has all it needs; NULL or false: it can. */
	bool (*refuses)(const struct platform *p, char *why, size_t size);
	bool boots;	   /* measured from the host, and ring 0 of a guest takes part in it */
	bool no_guest_too; /* measured where no guest of ours answers, too: to the command's end */
	/* Measured from the host instead of by a guest half: fill trial_sample()s. */
	int (*measure)(struct trial *t);
};

REGISTRY_DECLARE(benches);
#define BENCH(id, ...)                                                                             \
	static const struct bench id##_bench = {.name = #id, __VA_ARGS__};                         \
	REGISTER(benches, id##_bench)

#else

/* The native build of a file keeps only its guest half; the guest, which may run a plan of its own
 * (guests/plan.c), the descriptor as well, but for what is measured from the host. */
#define BENCH(id, ...) _Static_assert(1, #id)

#endif

#endif
