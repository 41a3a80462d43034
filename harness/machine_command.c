/* SPDX-License-Identifier: Apache-2.0 */
/* Commands to a guest process: sent and waited for by the trial, taken and answered there. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/machine_internal.h"

#define TIMEOUT_MS 2000

struct command_message {
	uint32_t command;
};

struct command_answer {
	int32_t ret;
	char error[512];
};

/* Does the answer come in time? `look` as it is waited for. */
static bool await_answer(struct machine *m, int bound_ms, void (*look)(void *context),
			 void *context)
{
	static const struct timespec moment = {.tv_nsec = MACHINE_LOOK_NS};
	struct pollfd wait = {.fd = m->control, .events = POLLIN};
	int64_t deadline = host_now_ns() + bound_ms * 1000000ll;

	if (!look)
		return poll(&wait, 1, bound_ms) == 1;
	while (poll(&wait, 1, 0) != 1) {
		if (host_now_ns() > deadline)
			return false;
		look(context);
		nanosleep(&moment, NULL);
	}
	return true;
}

static int send_watched(struct machine *m, enum machine_command command,
			void (*look)(void *context), void *context)
{
	struct command_message message = {.command = command};
	int bound_ms = TIMEOUT_MS + m->platform->slack_ms;
	struct command_answer answer = {0};

	if (send(m->control, &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message))
		return machine_fail(m, "the guest process takes no command");
	if (!await_answer(m, bound_ms, look, context)) {
		snprintf(m->error, sizeof(m->error),
			 "the guest process did not answer a command within %d ms", bound_ms);
		/* A late answer must not be taken for the next command's. */
		shutdown(m->control, SHUT_RDWR);
		return -1;
	}
	if (recv(m->control, &answer, sizeof(answer), 0) != sizeof(answer)) {
		snprintf(m->error, sizeof(m->error), "the guest process is gone");
		return -1;
	}
	answer.error[sizeof(answer.error) - 1] = '\0';
	if (answer.ret)
		snprintf(m->error, sizeof(m->error), "%s", answer.error);
	return answer.ret;
}

static int send_command(struct machine *m, enum machine_command command)
{
	return send_watched(m, command, NULL, NULL);
}

int machine_pause(struct machine *m)
{
	return send_command(m, COMMAND_PAUSE);
}

int machine_resume(struct machine *m)
{
	return send_command(m, COMMAND_RESUME);
}

int machine_snapshot(struct machine *m)
{
	return send_command(m, COMMAND_SNAPSHOT);
}

int machine_save(struct machine *m)
{
	return send_command(m, COMMAND_SAVE);
}

int machine_start(struct machine *m)
{
	return send_command(m, COMMAND_START);
}

int machine_exec(struct machine *m)
{
	return send_command(m, COMMAND_EXEC);
}

int machine_destroy(struct machine *m)
{
	return send_command(m, COMMAND_DESTROY);
}

int machine_disk(struct machine *m, enum machine_disk how)
{
	m->status->disk = how;
	return send_command(m, COMMAND_DISK);
}

int machine_migrate(struct machine *m, enum machine_migration how, void (*look)(void *context),
		    void *context)
{
	m->status->migration = how;
	if (send_watched(m, COMMAND_MIGRATE, look, context))
		return -1;
	return machine_swap_memory(m);
}

/* Who inherited it may have made it block: container runtimes do. */
void machine_drain_event(struct machine *m)
{
	struct pollfd ended = {.fd = m->event, .events = POLLIN};
	uint64_t drained;

	if (poll(&ended, 1, 0) == 1 && read(m->event, &drained, sizeof(drained)) < 0)
		return; /* somebody else was faster */
}

int machine_restore(struct machine *m)
{
	machine_drain_event(m);
	return send_command(m, COMMAND_RESTORE);
}

int machine_reset(struct machine *m)
{
	machine_drain_event(m);
	return send_command(m, COMMAND_RESET);
}

static void answer_command(struct machine *m, const struct machine_commands *c)
{
	struct command_message message;
	struct command_answer answer = {0};

	if (recv(m->control, &message, sizeof(message), 0) != sizeof(message)) {
		if (c->end)
			c->end(c->context, m);
		_exit(0); /* the trial closed its end */
	}
	m->status->stamp_ns[STAMP_COMMAND] = host_now_ns();
	answer.ret = c->act(c->context, m, message.command);
	m->status->stamp_ns[STAMP_DONE] = host_now_ns();
	if (answer.ret)
		snprintf(answer.error, sizeof(answer.error), "%s", m->error);
	if (send(m->control, &answer, sizeof(answer), MSG_NOSIGNAL) < 0)
		_exit(0);
}

void machine_serve(struct machine *m, const struct machine_commands *c)
{
	struct pollfd fds[2] = {
		{.fd = m->control, .events = POLLIN},
		{.events = POLLIN},
	};

	for (;;) {
		fds[1].fd = c->fd; /* another one after a command that replaced the guest's host */
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents)
			c->on_fd(c->context, m);
		if (fds[0].revents)
			answer_command(m, c);
	}
}
