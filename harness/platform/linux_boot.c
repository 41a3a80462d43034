/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/linux_boot.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/core/text.h"
#include "harness/home.h"
#include "harness/lab/stream.h"

extern const uint8_t init_image_start[];
extern const uint64_t init_image_size;

#define PATH_SIZE	512
#define HEADER_MAGIC	0x202 /* "HdrS" */
#define HEADER_VERSION	0x20e /* where the version's text lies, less 0x200 */
#define MODE_FILE	0100755u
#define MODE_DIRECTORY	0040755u
#define MODE_CHARACTERS 0020600u

/* ---- The kernel ---- */

/* What is no plain file may keep who opens it waiting, or never end. 0, or an errno. */
static int why_unreadable(const char *path)
{
	struct stat st;

	if (stat(path, &st) || access(path, R_OK))
		return errno;
	return S_ISREG(st.st_mode) ? 0 : S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
}

/* The last in the order of versions that can be read. */
static bool newest(const char *pattern, char *path, size_t size)
{
	const char *best = NULL;
	glob_t found;

	if (glob(pattern, GLOB_NOSORT, NULL, &found))
		return false;
	for (size_t i = 0; i < found.gl_pathc; i++)
		if ((!best || strverscmp(found.gl_pathv[i], best) > 0) &&
		    !why_unreadable(found.gl_pathv[i]))
			best = found.gl_pathv[i];
	if (best)
		snprintf(path, size, "%s", best);
	globfree(&found);
	return best;
}

static bool newest_in_cache(char *path, size_t size)
{
	char cache[PATH_SIZE - 32], pattern[PATH_SIZE];

	if (home_cache(cache, sizeof(cache)))
		return false;
	snprintf(pattern, sizeof(pattern), "%s/kernel-*/vmlinuz", cache);
	return newest(pattern, path, size);
}

const char *linux_kernel(void)
{
	const char *own = getenv(LINUX_KERNEL);
	static char path[PATH_SIZE];
	static bool looked;

	if (own && *own)
		return why_unreadable(own) ? NULL : own;
	if (!looked && !newest_in_cache(path, sizeof(path)) &&
	    !newest("/boot/vmlinuz-*-cloud-amd64", path, sizeof(path)))
		path[0] = '\0';
	looked = true;
	return path[0] ? path : NULL;
}

bool linux_has_kernel(const char *platform, char *why, size_t size)
{
	const char *own = getenv(LINUX_KERNEL);

	if (linux_kernel())
		return true;
	if (own && *own)
		snprintf(why, size, LINUX_KERNEL " is %.200s: %s; set it to a bzImage", own,
			 strerror(why_unreadable(own)));
	else if (lab_inside())
		snprintf(why, size,
			 "no Linux kernel to boot: a lab takes one along where its plan names the "
			 "platform, as -p %s does",
			 platform);
	else
		snprintf(why, size,
			 "no Linux kernel to boot: run ci/kernel.sh (it fetches Debian's), or "
			 "set " LINUX_KERNEL " to a bzImage");
	return false;
}

const char *linux_version(void)
{
	static char version[TEXT_CLEAN_SIZE(64)];
	int fd = linux_kernel() ? open(linux_kernel(), O_RDONLY | O_CLOEXEC) : -1;
	uint16_t at = 0;
	char magic[4] = "", text[64] = "";

	if (fd >= 0 && pread(fd, magic, 4, HEADER_MAGIC) == 4 && !memcmp(magic, "HdrS", 4) &&
	    pread(fd, &at, sizeof(at), HEADER_VERSION) == sizeof(at) &&
	    pread(fd, text, sizeof(text) - 1, at + 0x200) > 0) {
		text[strcspn(text, " ")] = '\0';
		text_clean(version, text, strlen(text), false);
	}
	if (fd >= 0)
		close(fd);
	return version[0] ? version : "?";
}

/* ---- The initrd: a cpio archive (Documentation/driver-api/early-userspace/buffer-format.rst) ----
 */

struct entry {
	const char *name;
	uint32_t mode, major, minor;
	const void *bytes;
	uint64_t size;
};

static bool pad(FILE *out)
{
	while (ftell(out) % 4)
		if (fputc(0, out) == EOF)
			return false;
	return true;
}

static bool put(FILE *out, const struct entry *e)
{
	fprintf(out, "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 0, e->mode, 0, 0,
		1, 0, (uint32_t)e->size, 0, 0, e->major, e->minor, (uint32_t)strlen(e->name) + 1,
		0);
	fwrite(e->name, strlen(e->name) + 1, 1, out);
	if (!pad(out))
		return false;
	if (e->size)
		fwrite(e->bytes, e->size, 1, out);
	return pad(out);
}

static bool put_all(FILE *out)
{
	const struct entry entries[] = {
		{.name = "dev", .mode = MODE_DIRECTORY},
		{.name = "dev/console", .mode = MODE_CHARACTERS, .major = 5, .minor = 1},
		{.name = "init",
		 .mode = MODE_FILE,
		 .bytes = init_image_start,
		 .size = init_image_size},
		{.name = "TRAILER!!!"},
	};

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (!put(out, &entries[i]))
			return false;
	return !ferror(out);
}

int linux_initrd(void)
{
	int fd = memfd_create("virt-qualify initrd", MFD_CLOEXEC);
	int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
	FILE *out = copy < 0 ? NULL : fdopen(copy, "w");
	bool done = out && put_all(out);

	if (out)
		done = fclose(out) == 0 && done;
	else if (copy >= 0)
		close(copy);
	if (done)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}
