/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest in a QEMU, as its driver (the guest process of machine_open) sees it: what all platforms
 * that use QEMU share. The driver answers doorbells in place of the VMM: the byte comes through a
 * character device, and the guest waits until vq_ring.answered says that it was dealt with.
 */
#ifndef VQ_QEMU_GUEST_H
#define VQ_QEMU_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "harness/platform.h"
#include "harness/platform/qemu/qmp.h"

/* What QEMU is given for a command; a start has the platform's slack beside it. */
#define QEMU_COMMAND_NS 4000000000ll

/*
 * In about one trial of ten, more on a busy host, one batch sees a burst of 22 to 30 exits that the
 * guest did nothing for: a change of QEMU's address space by one of its threads, after which KVM
 * builds its view of guest memory anew. (The guest's working set is some 25 pages.)
 */
#define QEMU_AMBIENT_EXITS 32

struct qemu_guest {
	struct machine *m;
	bool kvm;
	int epoll;    /* what the driver waits for, beside commands */
	int doorbell; /* what the guest writes to VQ_PORT_DOORBELL; -1: not connected */
	int console;  /* and to VQ_PORT_CONSOLE */
	int messages; /* QEMU's standard error */
	int pidfd;    /* of QEMU */
	pid_t pid;
	bool quiet;    /* libvirt tells how it ends, not QEMU */
	bool gone;     /* QEMU is: set where quiet */
	bool ours;     /* QEMU is our child: its exit status is ours to take */
	bool paused;   /* by us */
	bool stopped;  /* not by us: QEMU has to say why */
	bool over;     /* its end was told */
	bool leaving;  /* a migration has begun */
	bool followed; /* it migrated, and its RAM follows */
	enum machine_disk disk;
	bool uncounted; /* QEMU or KVM has no statistics of vCPUs */
	uint64_t kicks; /* of vCPU 0, by reading statistics at doorbells */
	char cpu0[128]; /* QOM path of vCPU 0 */
	char said[256]; /* the end of what it wrote to standard error */
	struct qmp qmp;
};

/* Zeroed but for descriptors. 0, or -1 with m->error. */
int qemu_guest_init(struct qemu_guest *g, struct machine *m, bool kvm);

/* The guest's command line: what only the host knows, then what the trial wants. */
void qemu_guest_command(const struct qemu_guest *g, char *text, size_t size);

/* Keep this process, and what it starts, off the CPU of the first vCPU where there is another one:
 * the driver and QEMU's own threads would be measured as the guest's slowness. */
void qemu_guest_keep_off(const struct machine *m);

/* The same for a QEMU of ours that has started, and whose vCPUs are known: it started wherever
 * there was room, as nothing is measured in it yet. */
void qemu_guest_confine(const struct qemu_guest *g);

/* Watch a descriptor of `g` (-1 is passed over). */
int qemu_guest_watch(struct qemu_guest *g, int fd);

/* QMP is there: learn the vCPU threads, pin them. 0, or -1 with m->error. */
int qemu_guest_cpus(struct qemu_guest *g);

/* For machine_commands: deal with all that has come. */
void qemu_guest_events(void *context, struct machine *m);

/* Pause and resume through QMP; 0, or -1 with m->error. */
int qemu_guest_pause(struct qemu_guest *g);
int qemu_guest_resume(struct qemu_guest *g);

/*
 * A reset, of a guest in whichever state: in between it is paused, and what its former life had
 * said is dropped. First qemu_guest_to_reset(), of a paused guest, then the platform's own command
 * for it, then qemu_guest_reset_done(), which waits for it; the guest stays paused. Each 0, or -1
 * with m->error.
 */
int qemu_guest_to_reset(struct qemu_guest *g);
int qemu_guest_reset_done(struct qemu_guest *g);

/* QEMU did not do what it should: m->error says what, and what QEMU wrote. Returns -1. */
int qemu_guest_failed(struct qemu_guest *g, const char *what);

/* The guest ended; only the first end counts. */
void qemu_guest_over(struct qemu_guest *g, enum machine_end end, const char *why);

/* Kill and reap our QEMU, close what led to it. */
void qemu_guest_close(struct qemu_guest *g);

/* For struct platform. */
enum execution qemu_kvm_execution(int ring);
enum execution qemu_tcg_execution(int ring);
const char *qemu_kvm_lacks(enum capability one);
const char *qemu_tcg_lacks(enum capability one);

/* Wait until QEMU's migration, in whichever direction, is through. 0, or -1 with m->error. */
int qemu_guest_migrated(struct qemu_guest *g);

/* What the next migration of QEMU's is to be; an earlier one may have been another. 0, or -1 with
 * g->qmp.error. */
int qemu_guest_will_migrate(struct qemu_guest *g, bool without_shared_ram,
			    enum machine_migration how);

/* Did its RAM really follow the guest that left this QEMU? 0, or -1 with m->error. */
int qemu_guest_followed(struct qemu_guest *from);

/* Mask with CAN_POSTCOPY where this host lets QEMU fetch a shared page at its first touch. */
unsigned int qemu_postcopy(void);

/* MiB a second until the guest goes: else all of a small RAM would be there before. */
#define QEMU_POSTCOPY_RATE 1u

/*
 * Live migration of `from`, which runs, to `to`: a QEMU of the same machine on RAM of its own,
 * started with `-incoming defer` and without -S. They talk over a pair of sockets, with QEMU's own
 * limits. 0 when the guest runs in `to`, and all of its RAM is there; -1 with m->error, and it may
 * still run in `from`.
 */
int qemu_migrate(struct qemu_guest *from, struct qemu_guest *to, enum machine_migration how);

/* ---- Snapshots: device state by migration into a file, RAM by copying (it is shared) ---- */

size_t qemu_snapshot_room(const struct machine_config *c);

/* Of a paused guest into m->snapshot. 0, or -1 with m->error. */
int qemu_snapshot_take(struct qemu_guest *g);

/* Into a QEMU that was started with `-incoming defer`; the guest is left paused. */
int qemu_snapshot_load(struct qemu_guest *g);

#endif
