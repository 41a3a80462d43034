/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a container in its guest process, whatever makes it. */
#include <stdio.h>
#include <string.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform/container.h"

struct life {
	struct container *c;
	const struct container_driver *driver;
	struct machine_commands commands;
};

static int set_paused(struct life *l, bool paused)
{
	if (l->driver->set_paused(l->c, paused))
		return -1;
	l->c->paused = paused;
	return 0;
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct life *l = context;

	switch (command) {
	case COMMAND_PAUSE:
		return set_paused(l, true);
	case COMMAND_RESUME:
		return set_paused(l, false);
	case COMMAND_EXEC:
		return l->driver->exec(l->c);
	case COMMAND_SNAPSHOT:
	case COMMAND_RESTORE:
	case COMMAND_MIGRATE:
	case COMMAND_DISK:
	case COMMAND_RESET:
	case COMMAND_SAVE:
	case COMMAND_START:
	case COMMAND_DESTROY:
		break;
	}
	snprintf(m->error, sizeof(m->error), "%s", container_lacks(CAN_SNAPSHOT));
	return -1;
}

/* What cannot be done here is left to the journal. */
static void end(void *context, struct machine *m)
{
	struct life *l = context;

	(void)m;
	if (l->c->paused)
		set_paused(l, false);
	l->driver->destroy(l->c);
	container_remove(l->c);
}

static void on_life(void *context, struct machine *m)
{
	struct life *l = context;

	(void)m;
	l->commands.fd = -1;
	container_init_gone(l->c);
}

static int start(struct life *l)
{
	struct machine *m = l->c->m;

	if (l->driver->prepare(l->c))
		return -1;
	/* So far it was bookkeeping; what the platform costs begins here. */
	m->status->stamp_ns[STAMP_OPEN] = host_now_ns();
	if (l->driver->create(l->c))
		return -1;
	m->status->ready = 1;
	m->status->start_tsc = rdtsc();
	m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	return l->driver->start(l->c) || container_wait_started(l->c) ? -1 : 0;
}

void container_serve(struct container *c, struct machine *m, const struct container_driver *driver)
{
	struct life l = {.c = c, .driver = driver};

	if (container_make(c, m))
		container_failed(m);
	if (start(&l)) {
		char why[sizeof(m->error)];

		memcpy(why, m->error, sizeof(why));
		end(&l, m);
		memcpy(m->error, why, sizeof(why));
		container_failed(m);
	}
	l.commands = (struct machine_commands){
		.act = act, .end = end, .fd = c->life, .on_fd = on_life, .context = &l};
	machine_serve(m, &l.commands);
}

enum execution container_execution(int ring)
{
	(void)ring;
	return EXECUTION_HARDWARE;
}
