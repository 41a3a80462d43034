/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A platform hosts guests; a machine is one guest on a platform. Every machine has a process of
 * its own, so that whatever happens in it stays there: the guest process. Where another process
 * hosts the guest (QEMU, the init of a container), the guest process only drives that one, and
 * hands its pidfd on (machine_hosted_by).
 *
 *	trial process ── machine_open ──> guest process (VMM, plain process; or driver of QEMU, …)
 *	      │                                  │
 *	      └── guest memory (shared file) ────┘   records, heartbeat, control
 *	      └── struct machine_status (shared) ┘   stamps and counters of the host side
 *	      └── control socket ────────────────┘   pause, resume, snapshot, restore, …
 */
#ifndef VQ_PLATFORM_H
#define VQ_PLATFORM_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "guests/abi.h"
#include "harness/core/registry.h"
#include "harness/core/words.h"
#include "harness/cpu_watch.h"
#include "harness/events.h"

#define MACHINE_MAX_BATCHES 1024u
#define MACHINE_MAX_STATS   256u

/* What a platform can do; benches and faults say what they need. */
enum capability {
	CAN_GUEST = 1u << 0,	/* boots the guest image: has a ring 0 of its own */
	CAN_SNAPSHOT = 1u << 1, /* snapshot and restore in place */
	CAN_PAUSE = 1u << 2,
	CAN_RING0 = 1u << 3,	      /* ring 0 of the guest works (perhaps interpreted) */
	CAN_HYPERCALL = 1u << 4,      /* VMCALL or VMMCALL returns to the guest */
	CAN_KERNEL_DEVICES = 1u << 5, /* ioeventfd, irqfd */
	CAN_APIC = 1u << 6,	      /* local APIC: timer and IPIs */
	CAN_NOTIFY = 1u << 7,	      /* one member can wake another */
	CAN_WINDOW = 1u << 8,	      /* the guests of a cast can share a page */
	CAN_PRIVATE_RAM = 1u << 9,    /* RAM from 2 MiB on can be private to its process */
	CAN_CGROUP = 1u << 10,	      /* can be started inside a given cgroup */
	CAN_MEMORY_LIMIT = 1u << 11,  /* has a memory cgroup of its own, and a limit for it */
	CAN_EXEC = 1u << 12,	      /* a process can be run beside the payload */
	CAN_HOST_TSC = 1u << 13,      /* the guest reads the host's TSC */
	CAN_PROCESS = 1u << 14,	      /* a process of the host hosts the guest */
	CAN_USER_DEVICES = 1u << 15,  /* and answers for its devices */
	CAN_LAZY_RAM = 1u << 16,      /* RAM is given when it is first touched */
	CAN_PVPANIC = 1u << 17,	      /* a device that the guest tells of its panic */
	CAN_WATCHDOG = 1u << 18,      /* a device that the guest has to feed */
	CAN_MANAGEMENT = 1u << 19,    /* a daemon of ours manages guests, and can be killed */
	CAN_MIGRATE = 1u << 20,	      /* live migration to another process that hosts it */
	CAN_DISK = 1u << 21,	      /* an IDE disk that can be made to fail, or slow */
	CAN_SIGHT = 1u << 22,	 /* what the guest acknowledges is seen at once: memory is shared */
	CAN_POSTCOPY = 1u << 23, /* with CAN_MIGRATE: its RAM may follow the guest */
	CAN_RESET = 1u << 24,	 /* the guest starts anew in the process that hosts it */
	CAN_DESTROY = 1u << 25,	 /* its management may destroy it, and tells of it */
	CAN_SAVE = 1u << 26,	 /* its management saves it to a file, and starts it from there */
	CAN_TSC_ADJUST = 1u << 27, /* its CPU may have IA32_TSC_ADJUST: the guest knows */
};

/* Devices that a machine has only where its config asks for them. */
#define CAN_DEVICES (CAN_PVPANIC | CAN_WATCHDOG | CAN_DISK)

/* What comes with a process below the guest; see struct platform's `type1`. */
#define CAN_BY_PROCESS (CAN_PROCESS | CAN_USER_DEVICES | CAN_LAZY_RAM)

/* What all have that do not say how fast their guests' TSC ticks; see its `tsc_khz`. */
#define CAN_BY_MEMORY CAN_SIGHT

const char *capability_name(enum capability one); /* for sentences: "an in-kernel local APIC" */

/*
 * What guest RAM from 2 MiB on lies on. Below, and by default all of it, it is the shared file that
 * the observer reads; what a bench of memory works on is private to the guest process, as a plain
 * process's memory is.
 */
enum machine_pages {
	PAGES_SHARED,
	PAGES_SMALL, /* private, 4 KiB each */
	PAGES_HUGE,  /* private, 2 MiB each where the host gives them */
};

struct machine;

#define MACHINE_LOWER_RAM (2ull << 20) /* bytes of RAM that always are the shared file */

/* Anonymous memory of that kind, aligned to 2 MiB and pre-faulted. NULL: none. `huge` (may be
 * NULL): are all of its pages huge, as the kernel tells? */
void *machine_private_memory(uint64_t size, enum machine_pages pages, bool *huge);

/* Has that process a mapping of just that size, all of it on huge pages? */
bool machine_has_huge_pages(pid_t pid, uint64_t size);

/* A machine with PAGES_HUGE gets none: a skip, with m->error. Returns -1. */
int machine_without_huge_pages(struct machine *m);

struct journal;
struct setting_key;
struct variant;

struct machine_config {
	uint32_t cpus;
	uint64_t memory; /* bytes of RAM, 2 MiB at least */
	enum machine_pages pages;
	uint64_t untouched;	   /* bytes at the end of RAM that are not pre-faulted */
	const char *command;	   /* the guest's command line */
	uint32_t member;	   /* index in the cast */
	const int *pin;		   /* [cpus] host CPU of each vCPU, -1: anywhere; NULL: anywhere */
	const cpu_set_t *affinity; /* CPUs for the guest process's other threads; NULL: inherited */
	bool kernel_devices;	   /* VQ_PORT_KERNEL and VQ_MMIO_KERNEL will be used */
	bool snapshots;		   /* machine_snapshot will be used */
	bool migrates;		   /* machine_migrate will be used */
	bool saves;		   /* machine_save will be used */
	int shared_fd;		   /* memfd of the window the cast shares, -1: none */
	uint64_t shared_size;
	int notify_fd, wake_fd; /* eventfds of the ring of notifications, -1: none */
	const char *cgroup;	/* directory whose cgroup.procs the guest process joins; NULL */
	uint64_t memory_limit;	/* of what hosts the guest, bytes; 0: none (CAN_MEMORY_LIMIT) */
	unsigned int devices;	/* mask of CAN_DEVICES: what it is to have beside the usual */
	bool watch;    /* keep the host CPU's counters of each batch, the hypervisor's statistics */
	bool events;   /* and performance events: they make each switch of a thread dearer */
	bool realtime; /* its vCPU threads may be given SCHED_FIFO later */
	struct journal *journal;       /* of changes to the host */
	const struct variant *variant; /* what is set of the platform; NULL: nothing */
};

/* What the host counted around one batch, at its doorbells. */
struct batch_counters {
	uint64_t span_ns;		 /* from doorbell to doorbell */
	uint64_t wait_ns;		 /* run-queue wait of the vCPU thread (schedstat) */
	uint64_t voluntary, involuntary; /* its context switches */
	uint64_t exits, emulated;	 /* KVM's statistics, … */
	uint64_t count_ns; /* … between whose readings lie so many, spans and more */
	uint32_t migrated; /* it began and ended on different CPUs */
	uint32_t counted;  /* exits and emulated are real */
	struct event_values events;
	struct cpu_reading cpu; /* what grew */
};

/* A statistic of the hypervisor, over the guest's life. */
struct machine_stat {
	char name[48];
	char unit[16]; /* as struct result_counter's */
	char scope[8]; /* "vcpus": added up over them; "vm" */
	uint64_t value;
};

enum machine_stamp {
	STAMP_OPEN,    /* before anything was done */
	STAMP_STARTED, /* just before the first vCPU was let go */
	STAMP_ENDED,   /* the guest ended, by itself or not */
	STAMP_COMMAND, /* the last command was taken up */
	STAMP_DONE,    /* the last command had its effect */
	MACHINE_STAMPS
};

enum machine_end {
	MACHINE_RUNNING,
	MACHINE_GOODBYE,   /* the guest said goodbye */
	MACHINE_SHUTDOWN,  /* triple fault or its like */
	MACHINE_ERROR,	   /* the platform could not go on; see `error` */
	MACHINE_PANICKED,  /* the guest told its pvpanic device */
	MACHINE_UNFED,	   /* its watchdog device was not fed */
	MACHINE_DESTROYED, /* its management ended it, by somebody's order */
};

/* Shared between the trial and the guest process; written by the latter. */
struct machine_status {
	int64_t stamp_ns[MACHINE_STAMPS]; /* CLOCK_MONOTONIC_RAW; 0: not yet */
	uint64_t start_tsc;		  /* TSC at STAMP_STARTED */
	uint32_t end;			  /* enum machine_end */
	uint32_t batches;		  /* completed doorbell pairs */
	uint32_t locked;		  /* guest memory is locked */
	uint32_t unsupported;		  /* with an error: not a failure, it cannot be had here */
	uint32_t from_snapshot;		  /* to the guest process: go on from m->snapshot */
	uint32_t disk;			  /* to the guest process: enum machine_disk wanted */
	uint32_t migration;		  /* the same: enum machine_migration */
	uint32_t disk_errors;		  /* of the guest's disk, that the platform told of */
	uint32_t ready;			  /* ring and heartbeat are the guest's, not firmware's */
	int32_t host_pid;		  /* who hosts the guest, 0: the guest process itself */
	int32_t host_pidfd;		  /* its pidfd, in the guest process's own table */
	uint32_t oom_kills;		  /* in memory cgroups of its own that are gone by now */
	uint32_t host_changes;		  /* counts machine_hosted_by */
	int64_t unmanaged_ns;		  /* the connection to the daemon was lost; 0: never */
	int64_t managed_ns;		  /* the daemon obeyed again, after that; 0: not yet */
	uint64_t memory_of;		  /* whose memory map_memory maps; 0: nobody's yet */
	int32_t vcpu_tid[VQ_MAX_CPUS];	  /* threads of the vCPUs, 0: none */
	struct batch_counters batch[MACHINE_MAX_BATCHES];
	struct cpu_watch watch; /* what batches shall count, as the harness found it usable */
	struct event event[EVENTS_MAX];
	uint32_t event_count;
	uint32_t stat_count; /* set last: the hypervisor's statistics are there */
	struct machine_stat stat[MACHINE_MAX_STATS];
	char error[512];
	char console[4096];
};

/* How the guest's disk is; it is made well. */
enum machine_disk {
	DISK_WELL,
	DISK_FAILS, /* each operation ends with an error of the device */
	DISK_SLOW,  /* it does DISK_SLOW_RATE operations a second, and no more */
};

#define DISK_SLOW_RATE 20

struct platform;

struct machine {
	const struct platform *platform;
	struct machine_config config; /* its pointers point to the copies below */
	int pin[VQ_MAX_CPUS];
	cpu_set_t affinity;
	char command[VQ_COMMAND_LENGTH];
	pid_t pid;   /* guest process; 0: none */
	int pidfd;   /* readable when it is gone */
	int host_fd; /* the same of the process that hosts the guest; -1: not known, or pidfd */
	uint32_t host_changes; /* when host_fd was taken */
	int control;	       /* socket for commands, -1: none */
	int event;	       /* eventfd: the guest ended */
	int memory_fd;
	uint8_t *memory;      /* guest RAM as mapped here */
	int destination_fd;   /* with config.migrates: RAM of whoever takes the guest next */
	uint8_t *destination; /* and that, mapped here; NULL: none */
	uint64_t memory_size;
	uint64_t memory_of; /* whose areas lie over it (status->memory_of); 0: it is the file */
	struct machine_status *status;
	int status_fd;	/* the file that it is mapped from */
	void *snapshot; /* shared with the guest process; survives it */
	size_t snapshot_size;
	int snapshot_fd; /* the file that it is mapped from */
	char error[512];
};

struct platform {
	const char *name;
	const char *summary;
	/* Can it run here? true, or false with one sentence: why not, and how to get it. */
	bool (*works)(char *why, size_t size);
	/* As shown to the user, e.g. "native (nested)"; static. */
	const char *(*label)(void);
	const char *(*version)(void);	    /* of what hosts the guest, or NULL */
	unsigned int (*capabilities)(void); /* mask of enum capability, but for CAN_BY_PROCESS … */
	bool type1; /* … which all have but for these: a hypervisor below the host runs the guest */
	/* How code in that ring (0 or 3) of a guest is executed, this host taken for real; for
	 * labels, ask platform_execution(). */
	enum execution (*execution)(int ring);
	/* Why a capability is missing: a sentence, or NULL for a general one. */
	const char *(*lacks)(enum capability one);
	/* Nothing is started here: its results come by virt-qualify import. */
	bool imported;
	/* True: no guest of ours is in what it starts, so that nothing answers: only what is
	 * asked of the platform itself is measured (struct bench's `no_guest_too`). Needs `lacks`.
	 * NULL: there is one. */
	bool (*no_guest)(void);
	/* Its guests are alone with their memory, what they say comes by a line (serial_guest.h),
	 * and their TSC ticks that fast, which need not be this host's. NULL: memory is shared,
	 * and the TSC's rate the host's. */
	uint32_t (*tsc_khz)(void);
	/* What a user says behind "NAME:"; called before works(), perhaps more than once. 0, or -1
	 * with one line in `error`. NULL: nothing may stand there. */
	int (*take)(const char *argument, char *error, size_t size);
	/* Keys that a variant of it may set, a NULL last: SETTINGS() of harness/setting.h. NULL:
	 * none. */
	const struct setting_key *const *settings;
	/* How much longer than the embedded VMM's a start or a command may take (firmware, a
	 * daemon), milliseconds. */
	int slack_ms;
	/* Let go of, the guest process takes back what it made, and ends by itself. */
	bool tidies;
	/* Added to the horizon of a fault whose plan gives none: its recoveries take that much
	 * longer. */
	int horizon_ms;
	/* Exits beside the guest's own that may fall into a trial's batches: what else goes on in
	 * the process that hosts it. */
	unsigned int ambient_exits;
	/* What must be there for as long as a run lasts (a daemon of our own): called once in the
	 * harness before the platform's first trial, and after the last. NULL: nothing. 0, or -1
	 * with one line in `error`. */
	int (*begin)(char *error, size_t size);
	void (*end)(void);
	/* SIGKILL to the daemon of ours that manages guests (CAN_MANAGEMENT), which is started
	 * anew by whoever keeps it. 0, or -1 with errno. */
	int (*kill_management)(void);
	/* Room that a snapshot of this shape takes; NULL: no snapshots. */
	size_t (*snapshot_room)(const struct machine_config *config);
	/*
	 * Where guest RAM cannot be the shared file: lay the guest's areas (abi.h, up to
	 * MACHINE_AREAS) over m->memory, in place and at the same address, of the guest that
	 * m->status->memory_of names. Called in the trial and in the guest process, each for
	 * itself, by machine_map_memory(). NULL: RAM is the file. 0, or -1 with m->error.
	 */
	int (*map_memory)(struct machine *m);
	/* The guest process: runs in the child of machine_open and does not return. */
	void (*guest_process)(struct machine *m);
};

/* How code in that ring of a guest is executed, as figures are labelled: what the platform says,
 * unless this host is itself emulated. */
enum execution platform_execution(const struct platform *p, int ring);

/* Which virt-qualify import stores its trials under. */
#define PLATFORM_IMPORTED "imported"

/* How fast the TSC of that platform's guests ticks; 0: not known, or not steadily. */
uint32_t platform_tsc_khz(const struct platform *p);

bool platform_has_guest(const struct platform *p);

/* Are vCPUs pinned to CPUs of this host? Not where their host may be another. */
bool platform_pins(const struct platform *p);

REGISTRY_DECLARE(platforms);
#define PLATFORM(id, ...) PLATFORM_CALLED(id, #id, __VA_ARGS__)
/* One whose name is no identifier: "qemu-kvm". */
#define PLATFORM_CALLED(id, called, ...)                                                           \
	static const struct platform id##_platform = {.name = called, __VA_ARGS__};                \
	REGISTER(platforms, id##_platform)

/*
 * Fork the guest process and start the guest. The config is copied, but for the name of its cgroup,
 * which must stay until machine_close. 0, or -1 with m->error.
 */
int machine_open(struct machine *m, const struct platform *p, const struct machine_config *c);

/* Wait until the guest ended or its process is gone. true: it did; false: time is up. */
bool machine_wait(struct machine *m, int64_t deadline_ns);

/* Commands; each returns when it had its effect, -1 with m->error otherwise (2 s bound). */
int machine_pause(struct machine *m);
int machine_resume(struct machine *m);
int machine_snapshot(struct machine *m); /* of a paused machine, into m->snapshot */
int machine_restore(struct machine *m);	 /* pauses, restores, lets it run; also after an end */
int machine_reset(struct machine *m);	 /* of one that hosts a guest, hung or not (CAN_RESET) */
int machine_save(struct machine *m);	 /* by its management, which ends its process (CAN_SAVE) */
int machine_start(struct machine *m);	 /* of one that is saved: it goes on where it was */
int machine_exec(struct machine *m);	 /* runs a process beside the payload, to its end */
int machine_destroy(struct machine *m);	 /* by its management, as somebody else would: begins it */
int machine_disk(struct machine *m, enum machine_disk how); /* of a guest with CAN_DISK */

/*
 * Live migration of a serving guest (config.migrates) to another process on this host, which has
 * RAM of its own. Until it is done, `look` (may be NULL) is called every MACHINE_LOOK_NS or so. It
 * may read the source's memory, m->memory_fd, and the destination's, m->destination_fd, by pread()
 * alone: a page that is touched in a mapping before it arrived would be there, with zeros, for
 * good. From then on m->memory, at the same address, is the destination's, and so is m->memory_fd;
 * where it failed, -1 with m->error, they still are the source's.
 */
#define MACHINE_LOOK_NS 10000
enum machine_migration {
	PRECOPY,  /* the guest goes when nearly all of its RAM is there */
	POSTCOPY, /* it goes at once, and what it misses is fetched (CAN_POSTCOPY) */
};
int machine_migrate(struct machine *m, enum machine_migration how, void (*look)(void *context),
		    void *context);

/* The process that hosts the guest: its number, and a pidfd that is readable when it is gone; the
 * machine owns it. */
pid_t machine_host(struct machine *m);
int machine_host_fd(struct machine *m);

/* Signal the process that hosts the guest, by pidfd. */
int machine_signal(struct machine *m, int signal);

/* Is it still there? */
bool machine_alive(struct machine *m);

/* Does a signal (SIGSTOP) hold the process that hosts the guest? */
bool machine_stopped(struct machine *m);

/* May ring and heartbeat be read? Firmware may use that memory before the guest does. */
bool machine_ready(struct machine *m);

/* Kill the guest process if it lives, reap it, and start a new one on the same memory file, as a
 * power cycle would; `from_snapshot`: it goes on from m->snapshot. */
int machine_restart(struct machine *m, bool from_snapshot);

/* Kill what hosts the guest and let its guest process tidy up, where it does, and end; before
 * machine_close, which waits for it. */
void machine_let_go(struct machine *m);

/* Kill, reap, unmap, close; safe on a machine that was never opened but zeroed. */
void machine_close(struct machine *m);

/* ---- For platforms ---- */

/* Wait for commands and act on them through `act`; ends the process when the trial lets go. */
enum machine_command {
	COMMAND_PAUSE = 1,
	COMMAND_RESUME,
	COMMAND_SNAPSHOT,
	COMMAND_RESTORE,
	COMMAND_EXEC,
	COMMAND_MIGRATE,
	COMMAND_DISK,
	COMMAND_RESET,
	COMMAND_SAVE,
	COMMAND_START,
	COMMAND_DESTROY, /* begin to destroy the domain, as somebody else would */
};

struct machine_commands {
	int (*act)(void *context, struct machine *m, enum machine_command command);
	/* Polled beside the control socket; called when readable. -1: none */
	int fd;
	void (*on_fd)(void *context, struct machine *m);
	void (*end)(void *context, struct machine *m); /* the trial let go; NULL: nothing to do */
	void *context;
};

void machine_serve(struct machine *m, const struct machine_commands *c) __attribute__((noreturn));

#define MACHINE_AREAS 0x90000u /* what map_memory maps: below the EBDA of any PC */

/* In the guest process of a platform with map_memory: see the areas of the guest that
 * status->memory_of names, with what the trial has written to its control page. 0, or -1 with
 * m->error. The trial does the same once the guest is ready. */
int machine_map_memory(struct machine *m);

/* In the guest process, of a machine that migrates: m->memory and m->memory_fd become those of the
 * destination, and the destination's those of the source. 0, or -1 with m->error. */
int machine_swap_memory(struct machine *m);

/* In the guest process: another process, whose pidfd this is, hosts the guest; from now on, where
 * it hosted another one before. */
void machine_hosted_by(struct machine *m, pid_t pid, int pidfd);

/* In whichever process: what a power cycle does to RAM, as far as the next life could tell. */
void machine_forget_memory(struct machine *m);

/* Map the window that the cast shares; NULL: there is none. */
uint8_t *machine_map_window(const struct machine *m);

/* The guest ended: note why, and wake the trial. */
void machine_ended(struct machine *m, enum machine_end end, const char *why);

/* At a doorbell, on the vCPU's own thread: begin or end a batch's counters. `count` may be NULL,
 * or fills exits and emulated. */
typedef int machine_count(void *context, uint64_t *exits, uint64_t *emulated);
void machine_batch_doorbell(struct machine *m, machine_count *count, void *context);

/* Run-queue wait and switches of a thread of process `host`; false: it is gone. */
bool machine_read_thread(pid_t host, pid_t tid, struct batch_counters *out);

/* The same from another process than the one whose thread `tid` the vCPU is. */
void machine_batch_doorbell_of(struct machine *m, pid_t host, pid_t tid, machine_count *count,
			       void *context);

#endif
