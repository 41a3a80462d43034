/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A private libvirtd: with a run, config and log directory of its own in mounts of its own, so
 * that neither it nor the user's notices the other. Root's alone.
 *
 *	harness ── pipe ──> keeper ──> libvirtd ──> QEMU, libvirt_lxc, …
 *
 * The keeper is no child of the harness, which reaps all of those after a trial. It is the
 * subreaper of what libvirtd leaves (else the death of an orphaned QEMU is noticed late), starts a
 * libvirtd that was killed anew, as a host's service manager would, and ends all when told, or when
 * the last process of the run is gone. Guests outlive a libvirtd, and autodestroy is forgotten with
 * it: a guest that its driver does not end then is ended by the keeper. Who kills the keeper kills
 * libvirtd; the harness, or `recover`, then finds by their mounts what both have left, as the
 * keeper's journal says.
 */
#ifndef VQ_LIBVIRT_DAEMON_H
#define VQ_LIBVIRT_DAEMON_H

#include <stddef.h>
#include <sys/types.h>

struct libvirt_daemon {
	char directory[512]; /* all of it: etc/, run/, log/, …, libvirtd.log */
	char socket[512];    /* for URIs: "lxc:///system?socket=…" */
	char journal[512];   /* of what its keeper clears away */
	pid_t pid;	     /* of libvirtd, until it is killed or the keeper ends */
	int keeper;	     /* pidfd of the keeper */
	int lifeline;	     /* our end of the pipe */
	int report;	     /* what the keeper of one that is starting will say; -1: it has */
};

struct libvirt_daemon_options {
	const char *const *drivers;   /* "lxc", "qemu", …; NULL at the end */
	const char *conf;	      /* further lines of libvirtd.conf; NULL: none */
	const char *qemu_conf;	      /* qemu.conf; NULL: none */
	const char *const *arguments; /* of libvirtd, "--listen"; NULL: none */
};

/* Could one be started here? false with one sentence: what is missing, how to get it. */
int libvirt_daemon_missing(const struct libvirt_daemon_options *o, char *why, size_t size);

/* Start one and wait until it takes connections (10 s at most). 0, or -1 with one line. */
int libvirt_daemon_start(struct libvirt_daemon *d, const struct libvirt_daemon_options *o,
			 char *error, size_t size);

/* The same in two steps, so that several start side by side. Each 0, or -1 with one line. */
int libvirt_daemon_launch(struct libvirt_daemon *d, const struct libvirt_daemon_options *o,
			  char *error, size_t size);
int libvirt_daemon_await(struct libvirt_daemon *d, char *error, size_t size);

/* SIGKILL to that libvirtd, by its keeper, which starts it anew. What it ran goes on. 0, or -1 with
 * errno. */
int libvirt_daemon_kill(const struct libvirt_daemon *d);

/* End it with all that it left; 10 s at most. Safe where it was never started but zeroed. */
void libvirt_daemon_stop(struct libvirt_daemon *d);

#endif
