/* SPDX-License-Identifier: Apache-2.0 */
/* The harness's side of a private libvirtd. */
#include "harness/platform/libvirt/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "harness/journal.h"
#include "harness/platform/libvirt/keeper.h"
#include "harness/platform/orphan.h"

#define START_MS 12000
#define STOP_MS	 10000

const char *libvirt_find_daemon(void)
{
	static const char *const paths[] = {"/usr/sbin/libvirtd", "/usr/local/sbin/libvirtd"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!access(paths[i], X_OK))
			return paths[i];
	return NULL;
}

const char *libvirt_find_driver(const char *name, char *path, size_t size)
{
	static const char *const places[] = {"/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib",
					     "/usr/local/lib"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, size, "%s/libvirt/connection-driver/libvirt_driver_%s.so", places[i],
			 name);
		if (!access(path, R_OK))
			return path;
	}
	return NULL;
}

int libvirt_daemon_missing(const struct libvirt_daemon_options *o, char *why, size_t size)
{
	char path[256];

	if (geteuid()) {
		snprintf(why, size, "it takes a private libvirtd, and that root; run as root");
		return -1;
	}
	if (!libvirt_find_daemon() || access("/etc/libvirt", F_OK)) {
		snprintf(why, size,
			 "libvirtd is not installed (Debian: apt-get install libvirt-daemon "
			 "libvirt-clients)");
		return -1;
	}
	for (const char *const *d = o->drivers; *d; d++) {
		if (libvirt_find_driver(*d, path, sizeof(path)))
			continue;
		snprintf(why, size,
			 "libvirt's %s driver is not installed (Debian: apt-get install "
			 "libvirt-daemon-driver-%s)",
			 *d, *d);
		return -1;
	}
	return 0;
}

struct keep {
	const struct libvirt_daemon_options *o;
	int report, lifeline;
};

static void keep(void *context)
{
	const struct keep *k = context;

	libvirt_keep(k->o, k->report, k->lifeline);
}

static int fork_keeper(const struct libvirt_daemon_options *o, int report, int lifeline)
{
	struct keep k = {o, report, lifeline};

	return orphan_fork(keep, &k);
}

static int take_report(struct libvirt_daemon *d, char *error, size_t size)
{
	struct pollfd ready = {.fd = d->report, .events = POLLIN};
	struct keeper_report r;

	if (poll(&ready, 1, START_MS) != 1 || read(d->report, &r, sizeof(r)) != sizeof(r)) {
		snprintf(error, size, "a private libvirtd did not start within %d ms", START_MS);
		return -1;
	}
	if (r.error[0]) {
		snprintf(error, size, "%s", r.error);
		return -1;
	}
	memcpy(d->directory, r.directory, sizeof(d->directory));
	memcpy(d->socket, r.socket, sizeof(d->socket));
	memcpy(d->journal, r.journal, sizeof(d->journal));
	d->pid = r.daemon;
	/* It waits for the end of the pipe that we hold: the number is its own. */
	d->keeper = (int)syscall(SYS_pidfd_open, r.keeper, 0);
	return 0;
}

int libvirt_daemon_launch(struct libvirt_daemon *d, const struct libvirt_daemon_options *o,
			  char *error, size_t size)
{
	int report[2] = {-1, -1}, lifeline[2] = {-1, -1}, ret = -1;

	memset(d, 0, sizeof(*d));
	d->keeper = d->lifeline = d->report = -1;
	if (libvirt_daemon_missing(o, error, size))
		return -1;
	if (pipe2(report, O_CLOEXEC) || pipe2(lifeline, O_CLOEXEC)) {
		snprintf(error, size, "pipe to a keeper: %s", strerror(errno));
		goto out;
	}
	d->report = report[0];
	d->lifeline = lifeline[1];
	/* Its copy of our end would keep it waiting for itself: it closes that first. */
	ret = fork_keeper(o, report[1], lifeline[0]);
	if (ret)
		snprintf(error, size, "fork of a keeper: %s", strerror(errno));
out:
	if (report[1] >= 0)
		close(report[1]);
	if (lifeline[0] >= 0)
		close(lifeline[0]);
	if (d->report < 0 && report[0] >= 0)
		close(report[0]);
	if (ret)
		libvirt_daemon_stop(d);
	return ret;
}

int libvirt_daemon_await(struct libvirt_daemon *d, char *error, size_t size)
{
	int ret = take_report(d, error, size);

	close(d->report);
	d->report = -1;
	if (ret)
		libvirt_daemon_stop(d);
	return ret;
}

int libvirt_daemon_start(struct libvirt_daemon *d, const struct libvirt_daemon_options *o,
			 char *error, size_t size)
{
	return libvirt_daemon_launch(d, o, error, size) || libvirt_daemon_await(d, error, size) ? -1
												: 0;
}

int libvirt_daemon_kill(const struct libvirt_daemon *d)
{
	if (d->keeper <= 0) {
		errno = ESRCH;
		return -1;
	}
	return (int)syscall(SYS_pidfd_send_signal, d->keeper, KEEPER_KILL, NULL, 0);
}

static void heal_own(void *context, enum journal_state state, const char *path, struct journal *j,
		     const char *why)
{
	const struct libvirt_daemon *d = context;

	(void)why;
	if (state != JOURNAL_DEAD)
		return;
	if (!strcmp(path, d->journal))
		journal_heal(j);
	journal_close(j);
}

/* What a keeper leaves that somebody killed; what fails here, `recover` does. */
static void clear_after_keeper(struct libvirt_daemon *d)
{
	char error[512];

	if (d->journal[0] && !access(d->journal, F_OK))
		journal_scan(heal_own, d, error, sizeof(error));
}

void libvirt_daemon_stop(struct libvirt_daemon *d)
{
	struct pollfd gone = {.fd = d->keeper, .events = POLLIN};

	if (d->lifeline > 0)
		close(d->lifeline);
	if (d->report > 0)
		close(d->report);
	if (d->keeper > 0) {
		if (poll(&gone, 1, STOP_MS) == 1)
			clear_after_keeper(d);
		close(d->keeper);
	}
	memset(d, 0, sizeof(*d));
	d->keeper = d->lifeline = d->report = -1;
}
