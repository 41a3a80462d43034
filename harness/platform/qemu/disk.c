/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/qemu/disk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/qemu/guest.h"

#define GROUP	  "vq.disk.group"
#define NODE_FILE "vq.disk.file"
#define NODE_BAD  "vq.disk.bad"
#define NODE_TOP  "vq.disk"

int qemu_disk_file(struct machine *m)
{
	size_t size = (size_t)VQ_DISK_BLOCKS * VQ_PAGE_SIZE;
	int fd = memfd_create("virt-qualify disk", MFD_CLOEXEC);
	uint64_t *words = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, (off_t)size) == 0)
		words = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (words == MAP_FAILED) {
		snprintf(m->error, sizeof(m->error), "the guest's disk: %s", strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (uint32_t block = 0; block < VQ_DISK_BLOCKS; block++)
		for (uint32_t i = 0; i < VQ_DISK_WORDS; i++)
			words[block * VQ_DISK_WORDS + i] = vq_disk_word(block, i);
	munmap(words, size);
	return fd;
}

void qemu_disk_describe(const char *path, void (*put)(void *to, const char *argument), void *to)
{
	char file[320];

	snprintf(file, sizeof(file),
		 "driver=file,node-name=" NODE_FILE ",locking=off,filename=%.200s", path);
	put(to, "-object");
	put(to, "throttle-group,id=" GROUP);
	put(to, "-blockdev");
	put(to, file);
	put(to, "-blockdev");
	put(to, "driver=throttle,node-name=" NODE_TOP ",throttle-group=" GROUP ",file=" NODE_FILE);
	put(to, "-device");
	put(to, "isa-ide,id=vq.ide");
	/* What fails is told to the guest, which is what its disk would do. */
	put(to, "-device");
	put(to, "ide-hd,bus=vq.ide.0,drive=" NODE_TOP ",rerror=report,werror=report");
}

static int64_t soon(void)
{
	return host_now_ns() + QEMU_COMMAND_NS;
}

static int set_rate(struct qemu_guest *g, int rate)
{
	return qmp_run(&g->qmp, soon(), "qom-set", "{s:s, s:s, s:{s:i}}", "path", "/objects/" GROUP,
		       "property", "limits", "value", "iops-total", rate);
}

static int put_below_filter(struct qemu_guest *g, const char *node)
{
	return qmp_run(&g->qmp, soon(), "blockdev-reopen", "{s:[{s:s, s:s, s:s, s:s}]}", "options",
		       "driver", "throttle", "node-name", NODE_TOP, "throttle-group", GROUP, "file",
		       node);
}

/* Every operation from now on fails, as on a disk that is broken. */
static int break_it(struct qemu_guest *g)
{
	if (qmp_run(&g->qmp, soon(), "blockdev-add", "{s:s, s:s, s:s, s:[{s:s, s:i}]}", "driver",
		    "blkdebug", "node-name", NODE_BAD, "image", NODE_FILE, "inject-error", "event",
		    "none", "errno", EIO))
		return -1;
	return put_below_filter(g, NODE_BAD);
}

static int mend_it(struct qemu_guest *g)
{
	if (put_below_filter(g, NODE_FILE))
		return -1;
	return qmp_run(&g->qmp, soon(), "blockdev-del", "{s:s}", "node-name", NODE_BAD);
}

int qemu_disk_set(struct qemu_guest *g, enum machine_disk how)
{
	int ret = 0;

	if (how == g->disk)
		return 0;
	if (g->disk == DISK_FAILS)
		ret = mend_it(g);
	else if (g->disk == DISK_SLOW)
		ret = set_rate(g, 0);
	if (!ret && how == DISK_FAILS)
		ret = break_it(g);
	else if (!ret && how == DISK_SLOW)
		ret = set_rate(g, DISK_SLOW_RATE);
	if (ret)
		return qemu_guest_failed(g, "changing the guest's disk");
	g->disk = how;
	return 0;
}
