/* SPDX-License-Identifier: Apache-2.0 */
/* Live migration between two QEMUs of one driver: precopy, RAM included. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/qemu/guest.h"

static int64_t soon(void)
{
	return host_now_ns() + QEMU_COMMAND_NS;
}

/* An earlier snapshot of this guest may have left it out. */
static int take_ram_along(struct qemu_guest *g)
{
	return qmp_run(&g->qmp, soon(), "migrate-set-capabilities", "{s:[{s:s, s:b}]}",
		       "capabilities", "capability", "x-ignore-shared", "state", 0);
}

/* `command` of QMP on one end of the connection. */
static int put_on(struct qemu_guest *g, int fd, const char *command)
{
	if (take_ram_along(g) || qmp_send_fd(&g->qmp, soon(), "migration", fd) ||
	    qmp_run(&g->qmp, soon(), command, "{s:s}", "uri", "fd:migration"))
		return qemu_guest_failed(g, "QEMU's migration");
	return 0;
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

int qemu_migrate(struct qemu_guest *from, struct qemu_guest *to)
{
	int pair[2];
	int ret;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) {
		snprintf(from->m->error, sizeof(from->m->error), "sockets for the migration: %s",
			 strerror(errno));
		return -1;
	}
	ret = put_on(to, pair[0], "migrate-incoming") || put_on(from, pair[1], "migrate") ? -1 : 0;
	/* While it is open here, neither would notice that the other one is gone. */
	close(pair[0]);
	close(pair[1]);
	if (ret || qemu_guest_migrated(from))
		return -1;
	return await_running(to);
}
