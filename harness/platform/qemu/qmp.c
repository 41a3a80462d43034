/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/qemu/qmp.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "harness/core/text.h"
#include "harness/host.h"

static int fail(struct qmp *q, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct qmp *q, const char *format, ...)
{
	char raw[QMP_MAX_ERROR];
	va_list args;

	va_start(args, format);
	vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	text_clean(q->error, raw, strlen(raw), false);
	return -1;
}

static int end(struct qmp *q, const char *why)
{
	q->closed = true;
	return fail(q, "QMP: %s", why);
}

void qmp_init(struct qmp *q, int fd, void (*on_event)(void *, const char *, const json_t *),
	      void *context)
{
	q->fd = fd;
	q->closed = false;
	q->serial = 0;
	q->version[0] = q->error[0] = '\0';
	q->on_event = on_event;
	q->context = context;
	q->used = q->looked_at = 0;
}

/* ---- Lines ---- */

/* Read what is there. 1: something, 0: nothing, -1: the end. */
static int receive(struct qmp *q)
{
	ssize_t n;

	if (q->used == sizeof(q->line))
		return end(q, "a line of over 256 KiB");
	do
		n = recv(q->fd, q->line + q->used, sizeof(q->line) - q->used, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return 0;
	if (n <= 0)
		return end(q, "QEMU closed the connection");
	q->used += (size_t)n;
	return 1;
}

/* The next whole line as JSON, NULL: none yet, or closed. */
static json_t *take_line(struct qmp *q)
{
	char *eol = memchr(q->line + q->looked_at, '\n', q->used - q->looked_at);
	json_error_t error;
	json_t *message;
	size_t length;

	if (!eol) {
		q->looked_at = q->used;
		return NULL;
	}
	length = (size_t)(eol - q->line) + 1;
	message = json_loadb(q->line, length, JSON_REJECT_DUPLICATES, &error);
	memmove(q->line, q->line + length, q->used - length);
	q->used -= length;
	q->looked_at = 0;
	if (!json_is_object(message)) {
		json_decref(message);
		end(q, "a line that is no JSON object");
		return NULL;
	}
	return message;
}

static bool take_event(struct qmp *q, const json_t *message)
{
	const char *name = json_string_value(json_object_get(message, "event"));

	if (!name)
		return false;
	if (q->on_event)
		q->on_event(q->context, name, json_object_get(message, "data"));
	return true;
}

/* The next message that is no event; NULL with q->error. */
static json_t *next_answer(struct qmp *q, int64_t deadline_ns)
{
	struct pollfd wait = {.fd = q->fd, .events = POLLIN};

	for (;;) {
		json_t *message = take_line(q);
		int64_t left;

		if (message && !take_event(q, message))
			return message;
		json_decref(message);
		if (q->closed)
			return NULL;
		left = (deadline_ns - host_now_ns() + 999999) / 1000000;
		if (left <= 0) {
			fail(q, "QMP: no answer from QEMU in time");
			return NULL;
		}
		if (message)
			continue;
		if (poll(&wait, 1, left < 1000 ? (int)left : 1000) > 0 && receive(q) < 0)
			return NULL;
	}
}

/* Of the lines that are there. An answer that comes now was given up on. */
static void take_events(struct qmp *q)
{
	json_t *message;

	while ((message = take_line(q))) {
		take_event(q, message);
		json_decref(message);
	}
}

int qmp_pump(struct qmp *q)
{
	int got = q->closed ? -1 : receive(q);

	take_events(q);
	return got < 0 || q->closed ? -1 : 0;
}

/* ---- Commands ---- */

static int send_text(struct qmp *q, const char *text, size_t length, int fd, int64_t deadline_ns)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {.header = {.cmsg_len = CMSG_LEN(sizeof(int)),
				.cmsg_level = SOL_SOCKET,
				.cmsg_type = SCM_RIGHTS}};
	struct pollfd wait = {.fd = q->fd, .events = POLLOUT};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	while (length) {
		struct iovec part = {.iov_base = (void *)text, .iov_len = length};
		struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
		ssize_t n;

		if (fd >= 0) {
			message.msg_control = &control;
			message.msg_controllen = sizeof(control.room);
		}
		n = sendmsg(q->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			text += n;
			length -= (size_t)n;
			fd = -1;
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return end(q, "QEMU closed the connection");
		if (host_now_ns() > deadline_ns)
			return fail(q, "QMP: QEMU takes no command");
		poll(&wait, 1, 100);
	}
	return 0;
}

/* Takes `arguments`. */
static int send_command(struct qmp *q, const char *command, json_t *arguments, int fd,
			int64_t deadline_ns)
{
	json_t *message = json_pack("{s:s, s:o*, s:i}", "execute", command, "arguments", arguments,
				    "id", (int)++q->serial);
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	int ret = -1;

	json_decref(message);
	if (!text)
		return fail(q, "QMP: out of memory");
	if (!q->closed)
		ret = send_text(q, text, strlen(text), fd, deadline_ns) ||
				      send_text(q, "\n", 1, -1, deadline_ns)
			      ? -1
			      : 0;
	else if (!q->error[0])
		fail(q, "QMP: the connection is closed");
	free(text);
	return ret;
}

static json_t *command_failed(struct qmp *q, const char *command, const json_t *error)
{
	const char *text = json_string_value(json_object_get(error, "desc"));

	fail(q, "QEMU refuses %s: %.240s", command, text ? text : "it does not say why");
	return NULL;
}

/* The answer to the last command; answers to those that were given up on are passed over. */
static json_t *await(struct qmp *q, const char *command, int64_t deadline_ns)
{
	json_t *message, *value;

	while ((message = next_answer(q, deadline_ns))) {
		if (json_integer_value(json_object_get(message, "id")) != q->serial) {
			/* An error about a line that QEMU could not read has no number. */
			value = json_object_get(message, "error");
			if (value && !json_object_get(message, "id")) {
				command_failed(q, command, value);
				json_decref(message);
				return NULL;
			}
			json_decref(message);
			continue;
		}
		value = json_incref(json_object_get(message, "return"));
		if (!value)
			command_failed(q, command, json_object_get(message, "error"));
		json_decref(message);
		/* Events that came with it: nothing more may follow that would wake anybody. */
		take_events(q);
		return value;
	}
	return NULL;
}

static json_t *pack(const char *format, va_list args)
{
	return format ? json_vpack_ex(NULL, 0, format, args) : NULL;
}

json_t *qmp_call(struct qmp *q, int64_t deadline_ns, const char *command, const char *format, ...)
{
	json_t *arguments;
	va_list args;

	va_start(args, format);
	arguments = pack(format, args);
	va_end(args);
	if (send_command(q, command, arguments, -1, deadline_ns))
		return NULL;
	return await(q, command, deadline_ns);
}

int qmp_run(struct qmp *q, int64_t deadline_ns, const char *command, const char *format, ...)
{
	json_t *arguments, *value;
	va_list args;

	va_start(args, format);
	arguments = pack(format, args);
	va_end(args);
	if (send_command(q, command, arguments, -1, deadline_ns))
		return -1;
	value = await(q, command, deadline_ns);
	json_decref(value);
	return value ? 0 : -1;
}

int qmp_send_fd(struct qmp *q, int64_t deadline_ns, const char *name, int fd)
{
	json_t *value;

	if (send_command(q, "getfd", json_pack("{s:s}", "fdname", name), fd, deadline_ns))
		return -1;
	value = await(q, "getfd", deadline_ns);
	json_decref(value);
	return value ? 0 : -1;
}

static void take_version(struct qmp *q, const json_t *greeting)
{
	const json_t *version = json_object_get(json_object_get(greeting, "QMP"), "version");
	const json_t *qemu = json_object_get(version, "qemu");

	snprintf(q->version, sizeof(q->version), "%d.%d.%d",
		 (int)json_integer_value(json_object_get(qemu, "major")),
		 (int)json_integer_value(json_object_get(qemu, "minor")),
		 (int)json_integer_value(json_object_get(qemu, "micro")));
}

int qmp_greet(struct qmp *q, int64_t deadline_ns)
{
	json_t *greeting = next_answer(q, deadline_ns);

	if (!greeting)
		return -1;
	if (!json_is_object(json_object_get(greeting, "QMP"))) {
		json_decref(greeting);
		return end(q, "no greeting");
	}
	take_version(q, greeting);
	json_decref(greeting);
	return qmp_run(q, deadline_ns, "qmp_capabilities", NULL);
}
