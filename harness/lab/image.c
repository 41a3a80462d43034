/* SPDX-License-Identifier: Apache-2.0 */
/* The cache, the work directory, and what ci/hosts/image.sh makes there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "harness/home.h"
#include "harness/host.h"
#include "harness/lab/lab.h"
#include "harness/platform/linux_boot.h"

LAB_EMBEDDED(hosts_image_sh);
LAB_EMBEDDED(hosts_init_sh);
LAB_EMBEDDED(hosts_lab_sh);
LAB_EMBEDDED(install_sh);

#define RUN_PREFIX     "run-"
#define FETCH_PREFIX   "fetch-" /* ci/kernel.sh's */
#define IMAGE_BOUND_NS (600ll * 1000000000)
#define LITTLE_ROOM    (64ull << 20)

static int fail(char *error, size_t size, const char *what)
{
	snprintf(error, size, "%s: %s", what, strerror(errno));
	return -1;
}

int lab_write(const struct lab_run *r, const char *name, const char *text, size_t size)
{
	char path[LAB_PATH];
	FILE *out;
	size_t n;

	snprintf(path, sizeof(path), "%s/%s", r->work, name);
	out = fopen(path, "we");
	if (!out)
		return -1;
	n = fwrite(text, 1, size, out);
	return fclose(out) || n != size ? -1 : 0;
}

/* ---- Directories ---- */

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *where)
{
	(void)s;
	(void)kind;
	(void)where;
	return remove(path);
}

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int make_directories(char *path)
{
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST) {
			int saved = errno;

			*slash = '/';
			errno = saved;
			return -1;
		}
		*slash = '/';
	}
	return mkdir(path, 0755) && errno != EEXIST ? -1 : 0;
}

static int lock_of(const char *directory, int flags)
{
	char path[LAB_PATH];
	int fd;

	snprintf(path, sizeof(path), "%s/lock", directory);
	fd = open(path, O_RDWR | O_CLOEXEC | flags, 0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		close(fd);
		errno = EWOULDBLOCK;
		return -1;
	}
	return fd;
}

static bool is_work(const char *name)
{
	return !strncmp(name, RUN_PREFIX, strlen(RUN_PREFIX)) ||
	       !strncmp(name, FETCH_PREFIX, strlen(FETCH_PREFIX));
}

/* Work directories whose owner is gone without having removed them: it was killed. */
static void remove_left_behind(const struct lab_run *r)
{
	DIR *cache = opendir(r->cache);
	struct dirent *e;

	while (cache && (e = readdir(cache))) {
		char path[LAB_PATH];
		int lock;

		if (!is_work(e->d_name) || (size_t)snprintf(path, sizeof(path), "%s/%s", r->cache,
							    e->d_name) >= sizeof(path))
			continue;
		lock = lock_of(path, 0);
		if (lock < 0)
			continue;
		remove_tree(path);
		close(lock);
	}
	if (cache)
		closedir(cache);
}

int lab_open_work(struct lab_run *r, char *error, size_t size)
{
	r->lock = -1;
	if (home_cache(r->cache, sizeof(r->cache))) {
		snprintf(error, size,
			 "no place for its cache, or too long a path; set XDG_CACHE_HOME to a "
			 "directory of yours");
		return -1;
	}
	if (make_directories(r->cache))
		return fail(error, size, r->cache);
	remove_left_behind(r);
	snprintf(r->work, sizeof(r->work), "%s/" RUN_PREFIX "XXXXXX", r->cache);
	if (!mkdtemp(r->work)) {
		r->work[0] = '\0';
		return fail(error, size, r->cache);
	}
	r->lock = lock_of(r->work, O_CREAT);
	return r->lock < 0 ? fail(error, size, r->work) : 0;
}

void lab_close_work(struct lab_run *r)
{
	if (r->work[0])
		remove_tree(r->work);
	if (r->lock >= 0)
		close(r->lock);
	r->lock = -1;
	r->work[0] = '\0';
}

/* ---- What has to be installed ---- */

static bool is_program(const char *name)
{
	/* As root's PATH may lack, and modinfo is one of those. */
	static const char *const places[] = {
		"/usr/local/bin", "/usr/local/sbin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"};
	char path[LAB_PATH];

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", places[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static const char *missing(const struct lab_run *r)
{
	static const char *const common[] = {"busybox", "cpio", "modinfo", "ldd", "strip", NULL};

	for (size_t i = 0; common[i]; i++)
		if (!is_program(common[i]))
			return common[i];
	for (size_t i = 0; r->host->programs[i]; i++)
		if (!is_program(r->host->programs[i]))
			return r->host->programs[i];
	for (size_t i = 0; r->host->files && r->host->files[i]; i++)
		if (access(r->host->files[i], R_OK))
			return r->host->files[i];
	return NULL;
}

static int run_script(const struct lab_run *r, const char *name, const char *text, size_t size,
		      const char *argument, struct lab_program *p)
{
	char path[LAB_PATH];
	char *argv[] = {"/bin/sh", path, (char *)argument, NULL};

	snprintf(path, sizeof(path), "%s/%s", r->work, name);
	if (lab_write(r, name, text, size))
		return LAB_NOT_STARTED;
	p->argv = argv;
	p->stderr_name = "script.err";
	p->deadline_ns = host_now_ns() + IMAGE_BOUND_NS;
	return (int)lab_spawn(r, p);
}

int lab_install(const struct lab_run *r, char *error, size_t size)
{
	struct lab_program p = {0};
	const char *what = missing(r);

	if (!what)
		return 0;
	lab_show(r, "installing what it needs");
	run_script(r, "install.sh", LAB_TEXT(install_sh), LAB_TEXT_LENGTH(install_sh), "lab", &p);
	what = missing(r);
	if (!what)
		return 0;
	snprintf(error, size,
		 "%s is not there; as root, install Debian's %s busybox-static cpio kmod binutils",
		 what, r->host->packages);
	return -1;
}

/* ---- The image ---- */

static void put_setting(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s='", name);
	for (; *value; value++)
		fputs(*value == '\'' ? "'\\''" : (char[]){*value, '\0'}, out);
	fputs("'\n", out);
}

/* On a network of two, who has the lesser name is the first. */
static void put_addresses(FILE *out, const struct lab_run *r)
{
	bool first = r->net && strcmp(r->net, r->peer) < 0;

	put_setting(out, "ADDRESS", !r->net ? "" : first ? "10.94.0.1" : "10.94.0.2");
	put_setting(out, "PEER", !r->net ? "" : first ? "10.94.0.2" : "10.94.0.1");
}

static int write_settings(const struct lab_run *r)
{
	char number[32], path[LAB_PATH];
	FILE *out;

	snprintf(path, sizeof(path), "%s/settings", r->work);
	out = fopen(path, "we");
	if (!out)
		return -1;
	put_setting(out, "MODULE", r->host->module);
	put_setting(out, "MODULE_OPTIONS", r->host->module_options ? r->host->module_options : "");
	put_addresses(out, r);
	snprintf(number, sizeof(number), "%020llu", (unsigned long long)r->seed);
	put_setting(out, "SEED", number);
	return fclose(out) ? -1 : 0;
}

static void show_step(void *context, const char *bytes, size_t n)
{
	const struct lab_run *r = context;
	size_t length = strcspn(bytes, "\n");

	lab_show(r, "%.*s", (int)(length < n ? length : n), bytes);
}

static void set_environment(const struct lab_run *r)
{
	static char program[LAB_PATH];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char wanted[128];

	program[n > 0 ? n : 0] = '\0';
	snprintf(wanted, sizeof(wanted), "%s%s", r->host->module,
		 r->net ? " virtio_pci virtio_net" : "");
	setenv("PROGRAM", program, 1);
	setenv("CACHE", r->cache, 1);
	setenv("WORK", r->work, 1);
	setenv("KERNEL", r->kernel ? r->kernel : "", 1);
	setenv("MODULES", r->modules ? r->modules : "", 1);
	setenv("WANTED", wanted, 1);
	setenv("GUEST", linux_kernel() ? linux_kernel() : "", 1);
	setenv("APPEND", r->append, 1);
	setenv("ISO", r->host->iso ? "1" : "", 1);
	setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
}

/* What every host's first process begins with, and what is this one's. */
static int write_init(const struct lab_run *r, const char *own, size_t size)
{
	size_t common = LAB_TEXT_LENGTH(hosts_lab_sh);
	char *text = malloc(common + size);
	int ret;

	if (!text)
		return -1;
	memcpy(text, LAB_TEXT(hosts_lab_sh), common);
	memcpy(text + common, own, size);
	ret = lab_write(r, "init", text, common + size);
	free(text);
	return ret;
}

static int write_texts(const struct lab_run *r)
{
	const struct lab_host *h = r->host;

	if (h->script && lab_write(r, "host.sh", h->script, (size_t)(h->script_end - h->script)))
		return -1;
	if (h->init)
		return write_init(r, h->init, (size_t)(h->init_end - h->init));
	return write_init(r, LAB_TEXT(hosts_init_sh), LAB_TEXT_LENGTH(hosts_init_sh));
}

/* The most frequent cause, which not every tool names. */
static void mention_room(const struct lab_run *r, char *error, size_t size)
{
	size_t n = strlen(error);
	struct statvfs room;

	if (statvfs(r->cache, &room) || room.f_bavail * room.f_frsize >= LITTLE_ROOM)
		return;
	snprintf(error + n, size - n,
		 " (in %s only %llu MB are free, and it takes up to 300; XDG_CACHE_HOME may name "
		 "another place)",
		 r->cache, (unsigned long long)(room.f_bavail * room.f_frsize >> 20));
}

int lab_make_image(struct lab_run *r, char *error, size_t size)
{
	struct lab_program p = {.take = show_step, .context = r};
	char line[400];
	int end;

	set_environment(r);
	if (lab_write(r, "plan.yaml", r->plan, strlen(r->plan)) || write_settings(r) ||
	    write_texts(r))
		return fail(error, size, r->work);
	end = run_script(r, "image.sh", LAB_TEXT(hosts_image_sh), LAB_TEXT_LENGTH(hosts_image_sh),
			 NULL, &p);
	if (end == LAB_EXITED && p.code == 0)
		return 0;
	lab_last_line(r, "script.err", line, sizeof(line));
	if (end == LAB_STOPPED)
		snprintf(error, size, "interrupted");
	else if (end == LAB_TIMED_OUT)
		snprintf(error, size, "making its image took over %lld s",
			 IMAGE_BOUND_NS / 1000000000);
	else
		snprintf(error, size, "%s", *line ? line : "its image could not be made");
	if (end == LAB_EXITED)
		mention_room(r, error, size);
	return -1;
}
