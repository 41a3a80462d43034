/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The driver of one guest in QEMU through libvirt: what its files share. It talks to the daemon
 * that has the guest; to the other one only where the guest is to migrate.
 */
#ifndef VQ_LIBVIRT_QEMU_DRIVER_H
#define VQ_LIBVIRT_QEMU_DRIVER_H

#include <stdbool.h>

#include "harness/platform.h"
#include "harness/platform/libvirt/api.h"
#include "harness/platform/libvirt/qemu_daemons.h"
#include "harness/platform/qemu/guest.h"

/* Sockets on which we wait for QEMU. */
enum qemu_socket { QEMU_DOORBELL, QEMU_CONSOLE, QEMU_MONITOR, QEMU_SOCKETS };

struct qemu_driver {
	struct machine *m;
	bool kvm;
	struct qemu_guest *guest; /* one of the two: where the guest runs */
	struct qemu_guest room[2];
	struct machine_commands commands;
	const struct libvirt_api *lib;
	unsigned int home;			/* the daemon that has the guest */
	virConnectPtr connection[QEMU_DAEMONS]; /* NULL: none */
	virDomainPtr domain;			/* at home */
	int guard[QEMU_DAEMONS];		/* see guard.h; -1: none */
	int events;				/* struct libvirt_event; -1: none */
	bool stopped;				/* libvirt has said so */
	bool saved;				/* libvirt has the guest in a file, and no QEMU */
	bool ending;				/* somebody ends QEMU, and libvirt may do so */
	char name[64], uuid[40];
	int disk; /* the file that its disk is; -1: it has none */
	int listening[QEMU_SOCKETS];
	char path[QEMU_SOCKETS][600];
};

/* m->error from `what` and libvirt's last error, or errno. -1. */
int qemu_driver_failed(struct qemu_driver *d, const char *what);
int qemu_driver_failed_here(struct qemu_driver *d, const char *what);

/* ---- qemu_connection.c. Each 0, or -1 with m->error. ---- */

/* Name the domain, have it destroyed should we die, connect to its home, and where it is to
 * migrate, to the other daemon: safe where all that is done. */
int qemu_driver_connect(struct qemu_driver *d);

/* A connection to one of the daemons, whose events are heard. */
int qemu_driver_open_connection(struct qemu_driver *d, unsigned int which);

/*
 * The daemon was lost at `lost_ns`: until one is there again, the trial wants something, or time
 * is up; then libvirt is no longer asked, and the guest is ended by its pidfd.
 */
void qemu_driver_reconnect(struct qemu_driver *d, int64_t lost_ns);

/* The domain is gone: nobody needs to destroy it. */
void qemu_driver_dismiss_guards(struct qemu_driver *d);

/* ---- qemu_start.c. Each 0, or -1 with m->error. ---- */

/* Where the guest that is started goes on. */
enum qemu_origin { QEMU_RESET, QEMU_SNAPSHOT, QEMU_SAVED };

/* A QEMU with the guest in it, paused there, before its first instruction. */
int qemu_driver_start(struct qemu_driver *d, enum qemu_origin origin);

/* The domain's description; `pinned`: with its vCPUs' CPUs. Allocated; NULL: no memory. */
char *qemu_driver_describe(const struct qemu_driver *d, bool pinned);

/* Have sockets ready for a QEMU that is about to start, then take its connections. */
int qemu_driver_listen(struct qemu_driver *d);
int qemu_driver_take_connections(struct qemu_driver *d);
void qemu_driver_stop_listening(struct qemu_driver *d);

/* Watch all that d->guest tells. */
int qemu_driver_watch(struct qemu_driver *d);

int qemu_driver_pin(struct qemu_driver *d);
int qemu_driver_join_cgroup(struct qemu_driver *d);

/* The trial's memfd, as libvirtd can open it. */
void qemu_driver_snapshot_path(const struct qemu_driver *d, char *path, size_t size);

/* ---- qemu_save.c ---- */

/* A managed save: the guest is in libvirt's own file then, and QEMU is gone. 0, or -1 with
 * m->error. */
int qemu_driver_save(struct qemu_driver *d);

/* libvirt's word on a life that is over must not be taken for one on the next. */
void qemu_driver_await_stopped(struct qemu_driver *d);

/* Of a domain that may be saved: libvirt is to know it also while no QEMU runs it. 0, or -1 with
 * m->error. */
int qemu_driver_define(struct qemu_driver *d);

/* And is to forget it, with what it saved. */
void qemu_driver_undefine(struct qemu_driver *d);

/* ---- qemu_migrate.c ---- */

/* How long one may take, milliseconds: libvirt knows no bound, and a trial waits a little longer.
 * For tests to shorten. */
extern int qemu_driver_migrate_ms;

/* Live migration to a QEMU of the other daemon, on the destination's memory. 0, or -1 with
 * m->error, and the guest goes on at home where it can. */
int qemu_driver_migrate(struct qemu_driver *d);

#endif
