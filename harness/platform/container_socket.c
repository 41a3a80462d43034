/* SPDX-License-Identifier: Apache-2.0 */
/* The socket where a container's init calls, and what it gets there. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness/platform/container.h"

static int fail(struct container *c, const char *what)
{
	snprintf(c->m->error, sizeof(c->m->error), "%s: %s", what, strerror(errno));
	return -1;
}

/* By way of its directory: an address has room for 107 bytes, and a path may be longer. */
static int bind_below(int listener, int directory)
{
	struct sockaddr_un here = {.sun_family = AF_UNIX};

	snprintf(here.sun_path, sizeof(here.sun_path), "/proc/self/fd/%d" INIT_SOCKET, directory);
	return bind(listener, (struct sockaddr *)&here, sizeof(here)) || listen(listener, 1);
}

int container_listen(struct container *c)
{
	char path[600];
	int directory, ret;

	snprintf(path, sizeof(path), "%s/rootfs", c->directory.path);
	directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	c->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = directory < 0 || c->listener < 0 || bind_below(c->listener, directory);
	if (ret)
		fail(c, "socket for the container's init");
	if (directory >= 0)
		close(directory);
	return ret ? -1 : 0;
}

/* Whose number it is cannot be another's: it holds its end of the connection. */
static int know_caller(struct container *c)
{
	struct ucred caller;
	socklen_t size = sizeof(caller);

	if (getsockopt(c->life, SOL_SOCKET, SO_PEERCRED, &caller, &size))
		return fail(c, "who called as the container's init");
	if (c->init_fd < 0)
		return container_has_init(c, caller.pid);
	if (caller.pid == c->init)
		return 0;
	snprintf(c->m->error, sizeof(c->m->error),
		 "process %d called as the container's init, which is process %d", caller.pid,
		 c->init);
	return -1;
}

int container_wait_there(struct container *c)
{
	struct pollfd either[] = {{.fd = c->listener, .events = POLLIN},
				  {.fd = c->init_fd, .events = POLLIN}};
	char how[64];

	if (poll(either, 2, CONTAINER_START_MS) < 1) {
		snprintf(c->m->error, sizeof(c->m->error),
			 "the container's init did not show up within %d ms", CONTAINER_START_MS);
		return -1;
	}
	if (!either[0].revents) {
		container_describe_end(c, how, sizeof(how));
		snprintf(c->m->error, sizeof(c->m->error), "the container's init ended at once%s",
			 how);
		return -1;
	}
	c->life = accept4(c->listener, NULL, NULL, SOCK_CLOEXEC);
	return c->life < 0 ? fail(c, "call of the container's init") : know_caller(c);
}

/* In the order of enum init_file; what the guest does not have is `null`. */
static void list_files(const struct machine *m, int null, int file[INIT_FILES])
{
	const struct machine_config *config = &m->config;

	file[INIT_MEMORY] = m->memory_fd;
	file[INIT_STATUS] = m->status_fd;
	file[INIT_EVENT] = m->event;
	file[INIT_WINDOW] = config->shared_fd >= 0 ? config->shared_fd : null;
	file[INIT_NOTIFY] = config->notify_fd >= 0 ? config->notify_fd : null;
	file[INIT_WAKE] = config->wake_fd >= 0 ? config->wake_fd : null;
}

static int send_files(int to, const int file[INIT_FILES])
{
	union {
		char room[CMSG_SPACE(INIT_FILES * sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	char byte = 0;
	struct iovec data = {&byte, 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = control.room,
				 .msg_controllen = sizeof(control.room)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(INIT_FILES * sizeof(int));
	memcpy(CMSG_DATA(c), file, INIT_FILES * sizeof(int));
	return sendmsg(to, &message, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

int container_go(struct container *c)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), file[INIT_FILES], ret;

	if (null < 0)
		return fail(c, "/dev/null");
	list_files(c->m, null, file);
	ret = send_files(c->life, file);
	if (ret)
		fail(c, "files for the container's init");
	close(null);
	return ret;
}
