/* SPDX-License-Identifier: Apache-2.0 */
/* Live migration between two QEMUs of one driver, RAM included. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/qemu/guest.h"

#define RATE 128u /* MiB a second: QEMU's own, 1 Gbit/s */

/* userfaultfd for faults of the kernel too, on shared memory: what QEMU asks for. */
static bool fetches_shared_pages(void)
{
	struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_MISSING_SHMEM};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	bool can = fd >= 0 && !ioctl(fd, UFFDIO_API, &api);

	if (fd >= 0)
		close(fd);
	return can;
}

static int64_t soon(void)
{
	return host_now_ns() + QEMU_COMMAND_NS;
}

int qemu_guest_will_migrate(struct qemu_guest *g, bool without_shared_ram,
			    enum machine_migration how)
{
	return qmp_run(&g->qmp, soon(), "migrate-set-capabilities",
		       "{s:[{s:s, s:b}, {s:s, s:b}, {s:s, s:b}]}", "capabilities", "capability",
		       "x-ignore-shared", "state", without_shared_ram, "capability", "postcopy-ram",
		       "state", how == POSTCOPY, "capability", "events", "state", 1);
}

/* `command` of QMP on one end of the connection. */
static int put_on(struct qemu_guest *g, enum machine_migration how, int fd, const char *command)
{
	if (qemu_guest_will_migrate(g, false, how) ||
	    qmp_send_fd(&g->qmp, soon(), "migration", fd) ||
	    qmp_run(&g->qmp, soon(), command, "{s:s}", "uri", "fd:migration"))
		return qemu_guest_failed(g, "QEMU's migration");
	return 0;
}

static int set_rate(struct qemu_guest *g, unsigned int mebibytes)
{
	if (qmp_run(&g->qmp, soon(), "migrate-set-parameters", "{s:I}", "max-bandwidth",
		    (json_int_t)mebibytes << 20))
		return qemu_guest_failed(g, "the rate of QEMU's migration");
	return 0;
}

/* Let the guest go, before its RAM. */
static int go_ahead(struct qemu_guest *g)
{
	if (qmp_run(&g->qmp, soon(), "migrate-start-postcopy", NULL))
		return qemu_guest_failed(g, "QEMU's switch to postcopy");
	return 0;
}

int qemu_guest_followed(struct qemu_guest *from)
{
	qmp_pump(&from->qmp);
	if (from->followed)
		return 0;
	snprintf(from->m->error, sizeof(from->m->error),
		 "the guest was migrated, and its RAM before it: this was no postcopy");
	return -1;
}

unsigned int qemu_postcopy(void)
{
	static int can = -1;

	if (can < 0)
		can = fetches_shared_pages();
	return can ? CAN_POSTCOPY : 0;
}

/* It runs by itself once all has come. */
static int await_running(struct qemu_guest *g)
{
	static const struct timespec moment = {.tv_nsec = 300000};
	int64_t deadline = soon();

	while (host_now_ns() < deadline) {
		json_t *status = qmp_call(&g->qmp, deadline, "query-status", NULL);
		bool running = json_is_true(json_object_get(status, "running"));

		json_decref(status);
		if (!status)
			return qemu_guest_failed(g, "the destination of the migration");
		if (running)
			return 0;
		nanosleep(&moment, NULL);
	}
	snprintf(g->m->error, sizeof(g->m->error),
		 "the guest was migrated, and the destination does not run it");
	return -1;
}

static int transfer(struct qemu_guest *from, struct qemu_guest *to, enum machine_migration how,
		    const int pair[2])
{
	if (set_rate(from, how == POSTCOPY ? QEMU_POSTCOPY_RATE : RATE) ||
	    put_on(to, how, pair[0], "migrate-incoming") || put_on(from, how, pair[1], "migrate"))
		return -1;
	return how == POSTCOPY ? go_ahead(from) : 0;
}

int qemu_migrate(struct qemu_guest *from, struct qemu_guest *to, enum machine_migration how)
{
	int pair[2];
	int ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		snprintf(from->m->error, sizeof(from->m->error), "sockets for the migration: %s",
			 strerror(errno));
		return -1;
	}
	ret = transfer(from, to, how, pair);
	/* While it is open here, neither would notice that the other one is gone. */
	close(pair[0]);
	close(pair[1]);
	if (ret || qemu_guest_migrated(from) || (how == POSTCOPY && qemu_guest_followed(from)))
		return -1;
	return await_running(to);
}
