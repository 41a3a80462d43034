/* SPDX-License-Identifier: Apache-2.0 */
/* The ELF program in a bzImage (Documentation/arch/x86/boot.rst): the kernel without its boot code.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/linux_boot.h"

extern char **environ;

#define SECTOR		512u
#define SETUP_SECTORS	0x1f1
#define HEADER_MAGIC	0x202 /* "HdrS" */
#define HEADER_PROTOCOL 0x206
#define PAYLOAD		0x248 /* offset from the setup's end, and length */
#define PROTOCOL_2_08	0x208 /* has a payload */
#define MAX_KERNEL	(256u << 20)

int linux_inflate_ms = 60000;

struct packed {
	const char *tool;
	uint8_t magic[4];
	size_t magic_size;
	size_t trailer; /* bytes behind it that are not part of the format: its length inflated */
};

static const struct packed formats[] = {
	{"lz4", {0x02, 0x21, 0x4c, 0x18}, 4, 4},
	{"xz", {0xfd, '7', 'z', 'X'}, 4, 4},
	{"zstd", {0x28, 0xb5, 0x2f, 0xfd}, 4, 4},
	{"gzip", {0x1f, 0x8b}, 2, 0},
};

static const struct packed *format_of(const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (size > 8 && !memcmp(bytes, formats[i].magic, formats[i].magic_size))
			return &formats[i];
	return NULL;
}

static int refuse(char *why, size_t size, const char *what)
{
	snprintf(why, size, "%s: %s", linux_kernel(), what);
	return -1;
}

/* Of `room` bytes, whoever writes there. */
static int bounded_file(size_t room)
{
	int fd = memfd_create("virt-qualify kernel", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd >= 0 && ftruncate(fd, (off_t)room) == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static int write_whole(int fd, const uint8_t *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pwrite(fd, bytes + done, size - done, (off_t)done);

		if (n <= 0)
			return -1;
		done += (size_t)n;
	}
	return 0;
}

static int start(const char *tool, int in, int out, pid_t *pid)
{
	char *const arguments[] = {(char *)tool, "-dc", NULL};
	posix_spawn_file_actions_t actions;
	int status = posix_spawn_file_actions_init(&actions);

	if (status)
		return status;
	status = posix_spawn_file_actions_adddup2(&actions, in, 0);
	if (!status)
		status = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!status)
		status = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	if (!status)
		status = posix_spawnp(pid, tool, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return status;
}

/* Until it ends, or time is up. */
static bool ends(int pidfd)
{
	int64_t deadline = host_now_ns() + linux_inflate_ms * 1000000ll, left;
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	int n;

	do {
		left = deadline - host_now_ns();
		n = poll(&ended, 1, left > 0 ? (int)(left / 1000000) : 0);
	} while (n < 0 && errno == EINTR);
	return n == 1;
}

/* 0: it did, and well. */
static int run(const char *tool, int in, int out)
{
	int status = -1, pidfd;
	pid_t pid;

	errno = start(tool, in, out, &pid);
	if (errno)
		return -1;
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (pidfd < 0 || !ends(pidfd))
		kill(pid, SIGKILL); /* our own child, not yet reaped: the number is its */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pidfd >= 0)
		close(pidfd);
	errno = EINVAL;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int inflate(const uint8_t *bytes, size_t size, char *why, size_t why_size)
{
	const struct packed *f = format_of(bytes, size);
	int in = -1, out = -1, ret = -1;
	uint32_t room;
	char what[96];

	if (!f)
		return refuse(why, why_size, "its kernel is not packed by lz4, xz, zstd or gzip");
	memcpy(&room, bytes + size - sizeof(room), sizeof(room));
	if (!room || room > MAX_KERNEL)
		return refuse(why, why_size, "it says that its kernel is of a size that none is");
	in = bounded_file(size - f->trailer);
	out = bounded_file(room);
	if (in < 0 || out < 0 || write_whole(in, bytes, size - f->trailer)) {
		snprintf(what, sizeof(what), "unpacking it: %s", strerror(errno));
		refuse(why, why_size, what);
	} else if (run(f->tool, in, out)) {
		snprintf(what, sizeof(what),
			 errno == ENOENT ? "%s is needed to unpack it" : "%s cannot unpack it",
			 f->tool);
		refuse(why, why_size, what);
	} else if (lseek(out, 0, SEEK_CUR) != (off_t)room) {
		refuse(why, why_size, "its kernel is shorter than it says");
	} else {
		ret = out;
	}
	if (in >= 0)
		close(in);
	if (ret < 0 && out >= 0)
		close(out);
	return ret;
}

static int unpack(const uint8_t *image, size_t size, char *why, size_t why_size)
{
	size_t setup = image[SETUP_SECTORS] ? image[SETUP_SECTORS] : 4;
	uint32_t payload[2];
	uint16_t protocol;

	memcpy(&protocol, image + HEADER_PROTOCOL, sizeof(protocol));
	if (memcmp(image + HEADER_MAGIC, "HdrS", 4) || protocol < PROTOCOL_2_08)
		return refuse(why, why_size, "no x86 kernel (bzImage)");
	memcpy(payload, image + PAYLOAD, sizeof(payload));
	setup = (setup + 1) * SECTOR;
	if (setup > size || payload[0] > size - setup || payload[1] > size - setup - payload[0])
		return refuse(why, why_size, "cut off");
	return inflate(image + setup + payload[0], payload[1], why, why_size);
}

static int read_program(char *why, size_t why_size)
{
	int fd = open(linux_kernel(), O_RDONLY | O_CLOEXEC), ret;
	void *image = MAP_FAILED;
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > PAYLOAD + 8 && st.st_size < MAX_KERNEL)
		image = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (fd >= 0)
		close(fd);
	if (image == MAP_FAILED)
		return refuse(why, why_size, fd < 0 ? strerror(errno) : "no x86 kernel (bzImage)");
	ret = unpack(image, (size_t)st.st_size, why, why_size);
	munmap(image, (size_t)st.st_size);
	return ret;
}

int linux_program(char *why, size_t size)
{
	static char reason[400] = "no Linux kernel to boot";
	static int program = -1;
	static bool tried;

	if (!tried && linux_kernel())
		program = read_program(reason, sizeof(reason));
	tried = true;
	if (program < 0)
		snprintf(why, size, "%s", reason);
	return program;
}
