/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fault: one way to break something. Its file in faults/ holds the descriptor and what arms,
 * fires and heals it; a recovery (faults/recovery/) is what brings service back.
 *
 * A fault trial (harness/trial_fault.c), times in CLOCK_MONOTONIC_RAW:
 *
 *	open the cast, arm, let it serve, take its baseline
 *	t0  fire                t1  active, as the guest or the host shows
 *	t2  a detector noticed  t3  the recovery began
 *	t4  first valid service t5  back at baseline
 *
 * The oracle alone says when service was lost and regained (harness/oracle.h).
 */
#ifndef VQ_FAULT_H
#define VQ_FAULT_H

#include "harness/oracle.h"
#include "harness/trial.h"

/* What a recovery does, and so which faults it can mend: a mask. */
enum recovery_kind {
	FRESH_GUEST = 1u << 0,	 /* the guest starts anew, its state is lost */
	EARLIER_GUEST = 1u << 1, /* the guest goes on from an earlier state */
	REMOVE_CAUSE = 1u << 2,	 /* the cause is taken away, the guest is left alone */
	ANEW_MANAGED = 1u << 3,	 /* what manages the guest comes back, the guest is left alone */
	RESET_GUEST = 1u << 4,	 /* as FRESH_GUEST, in the process that hosts it */
};

/*
 * What notices a fault. One for each fault, so that its times to detect are of one kind; the
 * first three are our own and are never ranked against a platform's.
 */
enum detector {
	DETECT_WATCHDOG,     /* a watched guest shows no heartbeat for a while */
	DETECT_DEADLOCK,     /* a cycle in the wait-for graph stands still */
	DETECT_RATE,	     /* throughput fell well below its baseline */
	DETECT_GUEST_END,    /* the platform reports the end of the guest */
	DETECT_PROCESS_EXIT, /* the host reports the end of the guest process */
	DETECT_PVPANIC,	     /* the platform reports what the guest told its pvpanic device */
	DETECT_DEVICE,	     /* the platform reports that the guest's watchdog device ran out */
	DETECT_DISK,	     /* the platform reports an error of the guest's disk */
	DETECT_DESTROYED,    /* the platform reports that the domain was destroyed */
	DETECT_CONNECTION,   /* the connection to the daemon that manages the guest is closed */
};

struct fault_trial {
	struct trial *trial;
	const struct fault *fault;
	const struct recovery *recovery;
	struct oracle oracle;
	uint32_t victim; /* the member that is broken and recovered */
	int window_fd;	 /* the window that the cast shares, -1: none */
	uint8_t *window;
	bool process_lost;     /* the guest process is gone or does not answer: snapshot recovery
				* needs a new one */
	char cgroup[256];      /* directory made for this trial, "": none */
	uint64_t memory_limit; /* of each machine, bytes, where it has a cgroup of its own; 0: none
				*/
	uint64_t private[4];   /* the fault's own */
};

struct fault {
	const char *name;
	const char *group; /* "guest", "deadlock", "vmm", "overcommit", "management", "disk" */
	const char *summary;
	unsigned int needs;	    /* mask of enum capability */
	unsigned int recovered_by;  /* mask of enum recovery_kind */
	uint32_t cast;		    /* guests; 0: 1 */
	uint32_t cpus;		    /* vCPUs each; 0: 1 */
	uint64_t memory, untouched; /* of each guest, bytes; 0: 2 MiB, 0 */
	bool one_cpu;		    /* the whole cast shares one host CPU */
	bool share_window;
	bool management;   /* guests are to go on serving; what is lost and regained (t4, t5) is
			    * command of them. Masked: no service was lost */
	bool realtime;	   /* it sets the guests' threads to SCHED_FIFO */
	bool ends_process; /* the guest process does not survive it, or does not answer */
	enum detector detector;
	uint32_t unwatched; /* bit n: the service of member n does not count */
	int64_t hold_ms;    /* the fault is left in place at least so long, however early it is
			     * detected: its effect is what is measured */
	int64_t horizon_ms; /* default; 0: 1000 */
	/* Why it cannot run on a platform that has all it needs. */
	bool (*refuses)(const struct platform *p, char *why, size_t size);
	/* Each 0, or -1 after trial_fail(). NULL: nothing to do. */
	int (*prepare)(struct fault_trial *f); /* before the cast is opened: cgroups */
	int (*arm)(struct fault_trial *f);     /* the cast serves; no baseline yet */
	int (*fire)(struct fault_trial *f);    /* t0 is stamped just before */
	/* Is it active? NULL: the guest says so in its heartbeat. */
	bool (*active)(struct fault_trial *f);
	int (*heal)(struct fault_trial *f); /* take the cause away; also after the trial */
	/* What a guest that is replaced leaves behind, to be put right before it comes back. */
	int (*before_recovery)(struct fault_trial *f);
	int (*finish)(struct fault_trial *f, struct result_fault_trial *out); /* extra figures */
};

REGISTRY_DECLARE(faults);
#define FAULT(id, ...)                                                                             \
	static const struct fault id##_fault = {.name = #id, __VA_ARGS__};                         \
	REGISTER(faults, id##_fault)

struct recovery {
	const char *name;
	const char *summary;
	enum recovery_kind kind;
	unsigned int needs;		       /* mask of enum capability */
	int (*recover)(struct fault_trial *f); /* t3 is stamped just before */
};

REGISTRY_DECLARE(recoveries);
#define RECOVERY(id, ...)                                                                          \
	static const struct recovery id##_recovery = {.name = #id, __VA_ARGS__};                   \
	REGISTER(recoveries, id##_recovery)

/* The machine that is broken. */
struct machine *fault_victim(struct fault_trial *f);

/* Ask a member's guest for a fault (enum vq_request); it acts after its current operation. */
int fault_request(struct fault_trial *f, uint32_t member, uint32_t request, uint32_t argument);

/* Withdraw what was requested and open a new epoch, so that the guest's next life is told from
 * the last. */
void fault_new_epoch(struct fault_trial *f, uint32_t member);

/* Run-queue wait of a machine's vCPU threads so far, nanoseconds (schedstat); 0: unknown. */
uint64_t fault_wait_ns(struct machine *m);

/* The longest that a fault trial may take. */
int64_t fault_bound_ns(const struct trial_spec *s);

#endif
