/* SPDX-License-Identifier: Apache-2.0 */
/* A reset from outside. One that a guest makes ends it: that is QEMU's action otherwise. */
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "harness/host.h"
#include "harness/platform/qemu/guest.h"

static int64_t soon(void)
{
	return host_now_ns() + QEMU_COMMAND_NS;
}

static int set_action(struct qemu_guest *g, const char *on_reboot)
{
	if (qmp_run(&g->qmp, soon(), "set-action", "{s:s}", "reboot", on_reboot))
		return qemu_guest_failed(g, "what QEMU does at a reset");
	return 0;
}

/* It was rung in the life that is over. */
static void drop_doorbells(struct qemu_guest *g)
{
	uint8_t value[64];

	while (g->doorbell >= 0 && recv(g->doorbell, value, sizeof(value), MSG_DONTWAIT) > 0)
		;
}

int qemu_guest_to_reset(struct qemu_guest *g)
{
	drop_doorbells(g);
	g->m->status->ready = 0;
	machine_forget_memory(g->m);
	return set_action(g, "reset");
}

/* Only a machine that has not yet run is in this state. */
static int await_prelaunch(struct qemu_guest *g)
{
	static const struct timespec moment = {.tv_nsec = 200000};
	int64_t deadline = soon();
	bool done = false;

	while (!done && host_now_ns() < deadline) {
		json_t *status = qmp_call(&g->qmp, deadline, "query-status", NULL);
		const char *is = json_string_value(json_object_get(status, "status"));

		if (!status)
			return qemu_guest_failed(g, "the reset of the guest");
		done = is && !strcmp(is, "prelaunch");
		json_decref(status);
		if (!done)
			nanosleep(&moment, NULL);
	}
	if (done)
		return 0;
	snprintf(g->m->error, sizeof(g->m->error), "QEMU was told to reset the guest, and did not");
	return -1;
}

int qemu_guest_reset_done(struct qemu_guest *g)
{
	if (await_prelaunch(g) || set_action(g, "shutdown"))
		return -1;
	g->over = g->stopped = false;
	g->m->status->batches = 0;
	g->m->status->end = MACHINE_RUNNING;
	return 0;
}
