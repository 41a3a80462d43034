/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of the design as types: units, execution labels, disturbances, outcomes. Each has a
 * name that stands in result files and reports; names never change, numbers may.
 */
#ifndef VQ_WORDS_H
#define VQ_WORDS_H

#include <stdbool.h>
#include <stdint.h>

/* The platform that others are set against: a plain process on the host. */
#define BASELINE_PLATFORM "native"

enum unit {
	NANOSECONDS,	       /* a time for one operation */
	OPERATIONS_PER_SECOND, /* a rate */
	BYTES_PER_SECOND,      /* a rate */
	UNITS,		       /* that a bench may declare and a file may hold */
	/* The same in virtual time, which counts instructions; units of figures alone. */
	INSTRUCTIONS = UNITS,
	OPERATIONS_PER_GIGAINSTRUCTION, /* in 10^9 instructions */
	BYTES_PER_GIGAINSTRUCTION,
	FIGURE_UNITS
};

enum better { LOWER, HIGHER, BETTERS };

/* How the measured operation ran. Only like is compared with like. */
enum execution {
	EXECUTION_HARDWARE,	 /* by the processor, under hardware or ring-3 virtualization */
	EXECUTION_INTERPRETED,	 /* guest code was emulated by the hypervisor */
	EXECUTION_EMULATED,	 /* the host itself is emulated */
	EXECUTION_DETERMINISTIC, /* virtual time counts instructions */
	EXECUTIONS
};

/* Recorded reasons to doubt a batch: a bit mask. */
enum disturbance {
	DISTURBED_STEAL = 1u << 0,	 /* the vCPU waited on a run queue */
	DISTURBED_SWITCHES = 1u << 1,	 /* it was switched out against its will */
	DISTURBED_THROTTLED = 1u << 2,	 /* its cgroup ran out of quota, or the host throttled */
	DISTURBED_INTERRUPTED = 1u << 3, /* the run was asked to stop during the batch */
	DISTURBED_MIGRATED = 1u << 4,	 /* it moved to another CPU */
	DISTURBED_INTERRUPTS = 1u << 5,	 /* its CPU took more interrupts than in other batches */
	DISTURBANCES = 6
};

/* How far a trial got. Only TRIAL_OK yields figures; everything else is kept with its reason. */
enum trial_status {
	TRIAL_OK,
	TRIAL_INVALID,	   /* it ran, but the workload was not proved to be what it claims */
	TRIAL_FAILED,	   /* the guest or platform failed: crash, hang, garbage */
	TRIAL_UNSUPPORTED, /* the guest said why it cannot run this here */
	TRIAL_INTERRUPTED, /* the user stopped the run */
	TRIAL_STATUSES
};

/* What a fault did to one guest. */
enum outcome {
	OUTCOME_NOT_ACTIVATED,
	OUTCOME_MASKED,		     /* active, yet no service was lost */
	OUTCOME_DEGRADED,	     /* service went on, slower than baseline */
	OUTCOME_AUTO_RECOVERED,	     /* lost and regained without our recovery */
	OUTCOME_ASSISTED_RECOVERED,  /* regained by the recovery under test */
	OUTCOME_HANG,		     /* not regained by the horizon, guest still there */
	OUTCOME_CRASH,		     /* not regained by the horizon, guest gone */
	OUTCOME_DETECTED_CORRUPTION, /* a checksum or protocol check caught it */
	OUTCOME_SILENT_CORRUPTION,   /* only the log of acknowledged operations shows it */
	OUTCOME_COLLATERAL,	     /* a neighbour lost more than under the sham injection */
	OUTCOME_HARNESS_ERROR,	     /* our own failure: says nothing about the platform */
	OUTCOMES
};

/* Where the vCPUs of a bench run, relative to each other. */
enum placement {
	PLACEMENT_ANY,
	PLACEMENT_SAME_CORE,  /* hardware threads of one core */
	PLACEMENT_SAME_CACHE, /* cores of their own that share the last cache before memory */
	PLACEMENT_OTHER_NODE, /* vCPU 0 alone on its memory node */
	PLACEMENTS
};

/* What a plan decides by. */
enum criterion {
	CRITERION_GATE,	     /* these metrics alone can make a comparison red */
	CRITERION_LIMIT,     /* a figure that must not lie beyond a value */
	CRITERION_REQUIRE,   /* must have been measured, or broken, in so many trials */
	CRITERION_WEIGHT,    /* what a group or bench counts in a score */
	CRITERION_REFERENCE, /* the platform that scores are over */
	CRITERIA
};

/* The figures that a limit may be about. */
enum limit_figure {
	LIMIT_MEDIAN, /* of a bench, over trials: of each trial's median, 99th percentile, mean */
	LIMIT_P99,
	LIMIT_MEAN,
	LIMIT_NATIVE_RATIO,
	LIMIT_TIME_TO_DETECT, /* of a fault: a quantile over trials */
	LIMIT_TIME_TO_RECOVER,
	LIMIT_REPAIR,
	LIMIT_FULL_RECOVERY,
	LIMIT_DOWNTIME,
	LIMIT_RECOVERED, /* the share, of the trials that lost service, that regained it */
	LIMIT_FIGURES
};

/* The stamps of a fault trial, CLOCK_MONOTONIC_RAW. */
enum fault_stamp {
	T0_INJECTED,
	T1_ACTIVE,
	T2_DETECTED,
	T3_RECOVERY_STARTED,
	T4_FIRST_SERVICE,
	T5_BASELINE,
	FAULT_STAMPS
};

/* Names as stored and printed; "?" for a value out of range. All static. */
const char *unit_name(enum unit u);	      /* "ns", "op/s", "B/s", "instructions", … */
const char *better_name(enum better b);	      /* "lower", "higher" */
const char *execution_name(enum execution e); /* "hardware", "interpreted", … */
const char *trial_status_name(enum trial_status s);
const char *outcome_name(enum outcome o);	    /* "not-activated", "masked", … */
const char *placement_name(enum placement p);	    /* "any", "same-core", … */
const char *disturbance_name(unsigned int bit);	    /* bit: 0 to DISTURBANCES - 1 */
const char *criterion_name(enum criterion c);	    /* "gate", "limit", … */
const char *limit_figure_name(enum limit_figure f); /* "median", "time-to-detect", … */

/* From a name; -1 where there is none such. No unit of virtual time: no bench declares one. */
int unit_from_name(const char *s);
int better_from_name(const char *s);
int execution_from_name(const char *s);
int trial_status_from_name(const char *s);
int outcome_from_name(const char *s);
int placement_from_name(const char *s);
int criterion_from_name(const char *s);
int limit_figure_from_name(const char *s);
int figure_unit_from_name(const char *s); /* those of virtual time, too */

/* The unit of figures of a bench that declares `u`, by how it ran. */
enum unit unit_of_figure(enum unit u, enum execution e);

/* Was service regained? (masked and degraded never lost it) */
bool outcome_recovered(enum outcome o);

#endif
