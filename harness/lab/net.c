/* SPDX-License-Identifier: Apache-2.0 */
/* The socket by which a host reaches another one: QEMU makes it, in place of whatever has its name,
 * and leaves it there. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "harness/lab/lab.h"

/* Who has it answers no more: 0. Else an errno. */
static int why_taken(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), ret = errno;
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0)
		ret = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno
										: EADDRINUSE;
	if (fd >= 0)
		close(fd);
	return ret == ECONNREFUSED ? 0 : ret;
}

int lab_check_net(const struct lab_run *r, char *error, size_t size)
{
	struct stat st;
	int why = 0;

	if (!r->net)
		return 0;
	if (strlen(r->net) >= sizeof(((struct sockaddr_un *)0)->sun_path) ||
	    strlen(r->peer) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		why = ENAMETOOLONG;
	else if (!lstat(r->net, &st))
		why = S_ISSOCK(st.st_mode) ? why_taken(r->net) : EEXIST;
	if (!why)
		return 0;
	snprintf(error, size, "--net %.200s: %s; give another name", r->net, strerror(why));
	return -1;
}

void lab_clear_net(const struct lab_run *r)
{
	struct stat st;

	if (r->net && !lstat(r->net, &st) && S_ISSOCK(st.st_mode) && !why_taken(r->net))
		unlink(r->net);
}
