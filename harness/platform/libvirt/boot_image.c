/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/boot_image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SIZE (64u << 20)
#define BEGIN	 "#virt-qualify{" /* a comment of GRUB's; the room lies between the two */
#define END	 "}#\n"
#define FILLER	 '#'
#define LEAST	 1200 /* bytes of room: the longest command line, and what stands around it */
#define ADVICE	 "make one with make iso, and name it: -p 'libvirt:URI#image=FILE'"

const char *boot_image_find(void)
{
	static const char *const places[] = {"iso/virt-qualify.iso",
					     "../share/virt-qualify/virt-qualify.iso"};
	static char path[600];
	char self[500], *name;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	name = strrchr(self, '/');
	if (!name)
		return NULL;
	name[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", self, places[i]);
		if (!access(path, R_OK))
			return path;
	}
	return NULL;
}

/* The room in one copy of grub.cfg that begins at or after `from`; NULL: there is none. */
static unsigned char *find_room(const struct boot_image *i, size_t from, size_t *length)
{
	unsigned char *begin, *end, *limit = i->bytes + i->size;

	begin = memmem(i->bytes + from, i->size - from, BEGIN, strlen(BEGIN));
	if (!begin)
		return NULL;
	begin += strlen(BEGIN);
	end = memmem(begin, (size_t)(limit - begin), END, strlen(END));
	*length = end ? (size_t)(end - begin) : 0;
	return end ? begin : NULL;
}

static bool has_room(const struct boot_image *i)
{
	size_t length;

	return find_room(i, 0, &length) && length >= LEAST;
}

static int read_all(int fd, struct boot_image *i)
{
	struct stat st;
	size_t at = 0;

	if (fstat(fd, &st))
		return -1;
	errno = EFBIG;
	if (!S_ISREG(st.st_mode) || st.st_size > (off_t)MAX_SIZE)
		return -1;
	i->size = (size_t)st.st_size;
	i->bytes = malloc(i->size + 1);
	while (i->bytes && at < i->size) {
		ssize_t n = read(fd, i->bytes + at, i->size - at);

		if (n <= 0)
			return -1;
		at += (size_t)n;
	}
	return i->bytes ? 0 : -1;
}

int boot_image_read(struct boot_image *i, const char *path, char *error, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int ret = -1;

	memset(i, 0, sizeof(*i));
	if (fd < 0 || read_all(fd, i))
		snprintf(error, size, "%.300s: %s; " ADVICE, path, strerror(errno));
	else if (!has_room(i))
		snprintf(error, size, "%.300s: no image of this version of virt-qualify's; " ADVICE,
			 path);
	else
		ret = 0;
	if (fd >= 0)
		close(fd);
	if (ret)
		boot_image_free(i);
	return ret;
}

/* What GRUB would take for its own is in no command line of ours. */
static bool is_plain(const char *command)
{
	return !command[strspn(command, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_=*?,. -")];
}

int boot_image_command(struct boot_image *i, const char *command, char *error, size_t size)
{
	unsigned char *room;
	size_t length, from = 0;
	char text[LEAST + 1];
	int n = snprintf(text, sizeof(text),
			 "\nset timeout=0\nmenuentry \"virt-qualify\" {\n"
			 "\tmultiboot2 /boot/guest.elf %s\n}\n",
			 command);

	if (n < 0 || n >= (int)sizeof(text) || !is_plain(command)) {
		snprintf(error, size, "the guest's command line does not fit into its image");
		return -1;
	}
	while ((room = find_room(i, from, &length))) {
		from = (size_t)(room - i->bytes);
		if (length < (size_t)n)
			continue;
		memset(room, FILLER, length);
		memcpy(room, text, (size_t)n);
	}
	return 0;
}

int boot_image_write(const struct boot_image *i, const char *path, char *error, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	size_t at = 0;
	ssize_t n = 0;

	while (fd >= 0 && at < i->size && (n = write(fd, i->bytes + at, i->size - at)) > 0)
		at += (size_t)n;
	if (fd >= 0 && at == i->size && !fchmod(fd, 0644) && !close(fd))
		return 0;
	snprintf(error, size, "%.300s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

void boot_image_free(struct boot_image *i)
{
	free(i->bytes);
	memset(i, 0, sizeof(*i));
}
