/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What platforms of containers share: the guest process drives a container whose init
 * (guests/init.c) is the payload. It starts that container by the platform's own tools, and hands
 * its pidfd on.
 *
 *	guest process ── runc, libvirt ──> init of the container: the payload's threads
 *	      └──────────── socket ────────────┘   what it works on, and the end of either side
 *
 * On disk a container is one directory, named for it. Nothing else is handed to init: whatever can
 * start a container of a directory can start this one.
 *
 *	rootfs/init, rootfs/proc, rootfs/dev	all that is in it
 *	rootfs/host				the socket where init calls (INIT_SOCKET)
 *	…					what the platform adds
 */
#ifndef VQ_CONTAINER_H
#define VQ_CONTAINER_H

#include "harness/cgroup.h"
#include "harness/platform.h"
#include "harness/platform/directory.h"
#include "harness/platform/process.h"

#define CONTAINER_START_MS 5000 /* until its init must have shown up */

struct container {
	struct machine *m;
	struct directory directory;	/* its name is the container's */
	int listener;			/* where init calls */
	int life;			/* the connection to init; -1: not yet */
	char pins[256], affinity[2048]; /* its two arguments */
	pid_t init;			/* as seen from here; 0: not started */
	int init_fd;			/* its pidfd; -1: not known yet */
	bool paused;
	char memory_cgroup[600]; /* "": none of its own */
};

/*
 * Name it, make its directory, its rootfs and the socket in there; all of it is in the journal.
 * `c` is zeroed. 0, or -1 with m->error.
 */
int container_make(struct container *c, struct machine *m);

/* In a directory: rootfs, with the program and the mount points. 0, or -1 with one line in `error`.
 */
int container_make_rootfs(const char *directory, char *error, size_t size);

/* Note in the journal that a cgroup of that path will exist. `kill`: with processes that must be
 * killed first. 0, or -1 with m->error. */
int container_note_cgroup(struct container *c, const char *path, bool kill);

/* The number of its init, in the file where `program` was to write it. 0, or -1 with m->error. */
int container_read_pid(struct container *c, const char *program, const char *path, pid_t *pid);

/* Its init is process `pid`, which cannot be another by now: who calls this is its parent, or
 * holds what keeps the number. 0, or -1 with m->error. */
int container_has_init(struct container *c, pid_t pid);

/* Wait until init is there, which is the one of container_has_init(), or else is told to that; then
 * give it what it works on: it starts its threads. 0, or -1 with m->error. */
int container_wait_there(struct container *c);
int container_go(struct container *c);

/* How init ended, " (signal 9)", where we are its parent: it is reaped. Else "". */
void container_describe_end(struct container *c, char *text, size_t size);

/* For container_make(): bind the socket where init calls. 0, or -1 with m->error. */
int container_listen(struct container *c);

/* Wait until the payload's threads run, and find their ids. 0, or -1 with m->error. */
int container_wait_started(struct container *c);

/* For machine_commands.on_fd of c->life: its init is gone. */
void container_init_gone(struct container *c);

/* Kill init and wait for its end; safe to repeat. */
void container_kill(struct container *c);

/* Remove its directory and close what is open. */
void container_remove(struct container *c);

/* The end of a guest process that could not start its container. */
void container_failed(struct machine *m) __attribute__((noreturn));

/* Why a container lacks a capability; NULL: no sentence of its own. */
const char *container_lacks(enum capability one);

/* Its processes are processes of the host. */
enum execution container_execution(int ring);

/* ---- Its life, in the guest process ---- */

/* How a platform works its containers; `c` is the first member of what it keeps for one. Each
 * returns 0, or -1 with m->error. */
struct container_driver {
	int (*prepare)(struct container *c);	      /* bookkeeping, no part of its creation */
	int (*create)(struct container *c);	      /* until there is an init */
	int (*start)(struct container *c);	      /* let its payload begin */
	int (*set_paused)(struct container *c, bool); /* NULL: no pause */
	int (*exec)(struct container *c);	      /* a process beside the payload, to its end */
	/* Kill it and take back what prepare and create made, as far as they came. */
	void (*destroy)(struct container *c);
};

/* Make the container of a guest process, and serve the trial's commands until it lets go. */
void container_serve(struct container *c, struct machine *m, const struct container_driver *driver)
	__attribute__((noreturn));

#endif
