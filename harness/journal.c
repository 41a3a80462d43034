/* SPDX-License-Identifier: Apache-2.0 */
/* The journal's file: who holds it, what is added to it, and how it is healed. */
#include "harness/journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_NOTED 256 /* lines kept of one healing */

struct notes {
	char *line[MAX_NOTED];
	size_t count; /* of all, kept or not */
};

struct journal {
	int fd;	       /* locked; shared with forked children */
	int directory; /* of the file */
	pid_t owner;
	char *path;
	struct notes healed, failed;
	char error[512];
};

/* ---- Lines about a healing ---- */

static void note(struct notes *n, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(struct notes *n, const char *format, ...)
{
	va_list args;
	char *line;

	va_start(args, format);
	if (vasprintf(&line, format, args) < 0)
		line = NULL;
	va_end(args);
	if (n->count < MAX_NOTED)
		n->line[n->count] = line;
	else
		free(line);
	n->count++;
}

static void notes_clear(struct notes *n)
{
	for (size_t i = 0; i < n->count && i < MAX_NOTED; i++)
		free(n->line[i]);
	memset(n, 0, sizeof(*n));
}

static const char *notes_line(const struct notes *n, size_t i)
{
	if (i >= n->count || i >= MAX_NOTED)
		return NULL;
	return n->line[i] ? n->line[i] : "(no memory for this line)";
}

/* ---- Reading and writing the file ---- */

/* `write` whole or not at all: what got in of a line that did not fit is cut off again. */
static int append(struct journal *j, const char *line, size_t length)
{
	struct stat before, after;
	ssize_t n;
	int error;

	if (fstat(j->fd, &before))
		return journal_refuse(j->error, sizeof(j->error), "%s: %s", j->path,
				      strerror(errno));
	if ((size_t)before.st_size + length > JOURNAL_MAX_FILE)
		return journal_refuse(j->error, sizeof(j->error),
				      "%s: too many host changes at once", j->path);
	n = write(j->fd, line, length);
	if (n == (ssize_t)length && !fsync(j->fd))
		return 0;
	error = n < 0 || n == (ssize_t)length ? errno : ENOSPC;
	if (n > 0 && !fstat(j->fd, &after) && after.st_size == before.st_size + n &&
	    ftruncate(j->fd, before.st_size))
		error = errno;
	return journal_refuse(j->error, sizeof(j->error), "%s: %s; make room there", j->path,
			      strerror(error));
}

static void read_boot_id(char *id, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!f || !fgets(id, (int)size, f))
		snprintf(id, size, "-");
	if (f)
		fclose(f);
	id[strcspn(id, " \n")] = '\0';
}

static int write_header(struct journal *j)
{
	char boot[48], line[96];

	read_boot_id(boot, sizeof(boot));
	snprintf(line, sizeof(line), "virt-qualify-journal 1 %s\n", boot);
	return append(j, line, strlen(line));
}

/* The whole file; NULL with j->error. */
static char *read_text(struct journal *j, size_t *length)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(j->fd, &st)) {
		journal_refuse(j->error, sizeof(j->error), "%s: %s", j->path, strerror(errno));
		return NULL;
	}
	if (st.st_size > JOURNAL_MAX_FILE) {
		journal_refuse(j->error, sizeof(j->error), "%s: longer than any journal of ours",
			       j->path);
		return NULL;
	}
	text = malloc((size_t)st.st_size + 1);
	n = text ? pread(j->fd, text, (size_t)st.st_size, 0) : -1;
	if (n < 0) {
		journal_refuse(j->error, sizeof(j->error), "%s: %s", j->path,
			       text ? strerror(errno) : "out of memory");
		free(text);
		return NULL;
	}
	*length = (size_t)n;
	return text;
}

static int read_image(struct journal *j, struct journal_image *image, size_t *length)
{
	char *text = read_text(j, length);
	int ret;

	memset(image, 0, sizeof(*image));
	if (!text)
		return -1;
	ret = journal_parse(text, *length, image);
	free(text);
	if (ret)
		journal_refuse(j->error, sizeof(j->error), "%s: out of memory", j->path);
	return ret;
}

/* ---- Opening ---- */

/* Takes `fd` and `directory` over, also when it fails. */
struct journal *journal_new(int fd, int directory, const char *place, const char *name, char *error,
			    size_t size)
{
	struct journal *j = calloc(1, sizeof(*j));

	if (j && asprintf(&j->path, "%s/%s", place, name) > 0) {
		j->fd = fd;
		j->directory = directory;
		j->owner = getpid();
		return j;
	}
	journal_refuse(error, size, "out of memory for a journal");
	free(j);
	close(fd);
	close(directory);
	return NULL;
}

/* A file that is locked, in a directory that is: so nobody takes it for a dead run's before. */
static int create_locked(int directory, char *name, size_t size)
{
	uint64_t number = 0;
	int fd;

	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		number = (uint64_t)(uintptr_t)name;
	snprintf(name, size, JOURNAL_NAME_PREFIX "%ld-%016llx" JOURNAL_NAME_SUFFIX, (long)getpid(),
		 (unsigned long long)number);
	fd = openat(directory, name, O_RDWR | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW | O_CLOEXEC,
		    0600);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB)) {
		int saved = errno;

		unlinkat(directory, name, 0);
		close(fd);
		fd = -1;
		errno = saved;
	}
	return fd;
}

/* -1 with `error`. */
static int create_in(const char *place, int directory, char *name, size_t name_size, char *error,
		     size_t size)
{
	int fd, saved;

	if (journal_lock_directory(directory, place, error, size))
		return -1;
	fd = create_locked(directory, name, name_size);
	saved = errno;
	flock(directory, LOCK_UN);
	if (fd < 0)
		journal_refuse(error, size,
			       "cannot make a journal in %s: %s; set VIRT_QUALIFY_STATE to another "
			       "directory",
			       place, strerror(saved));
	return fd;
}

static struct journal *open_in(const char *place, char *error, size_t size)
{
	struct journal *j;
	char name[80];
	int directory, fd, why;

	why = journal_make_directory(place);
	directory = journal_open_directory(place, error, size);
	if (directory < 0) {
		if (errno == ENOENT && why)
			journal_refuse(
				error, size,
				"state directory %s cannot be made: %s; set VIRT_QUALIFY_STATE "
				"to another one",
				place, strerror(why));
		return NULL;
	}
	fd = create_in(place, directory, name, sizeof(name), error, size);
	if (fd < 0) {
		close(directory);
		return NULL;
	}
	j = journal_new(fd, directory, place, name, error, size);
	if (!j)
		return NULL;
	if (!write_header(j)) {
		/* The name too must survive; tmpfs and friends may not know how. */
		fsync(directory);
		return j;
	}
	journal_refuse(error, size, "%s", j->error);
	unlinkat(directory, name, 0);
	journal_close(j);
	return NULL;
}

struct journal *journal_open(char *error, size_t size)
{
	struct journal_directories *d = malloc(sizeof(*d));
	struct journal *j = NULL;

	if (!d) {
		journal_refuse(error, size, "out of memory for a journal");
		return NULL;
	}
	if (!journal_find_directories(d, error, size))
		for (size_t i = 0; i < d->count && !j; i++)
			j = open_in(d->path[i], error, size);
	free(d);
	return j;
}

const char *journal_path(const struct journal *j)
{
	return j->path;
}

void journal_place(const struct journal *j, char *path, size_t size)
{
	snprintf(path, size, "%.*s", (int)(strrchr(j->path, '/') - j->path), j->path);
}

const char *journal_error(const struct journal *j)
{
	return j ? j->error : "there is no journal of host changes";
}

/* ---- Adding ---- */

static int add(struct journal *j, const struct inverse *inverse, const char *path,
	       const char *value)
{
	char line[JOURNAL_MAX_LINE + 1], why[256];
	size_t length = journal_format(line, sizeof(line), inverse, path, value);

	if (!length)
		return journal_refuse(j->error, sizeof(j->error),
				      "%.64s... is too long for the journal", path);
	if (inverse->check(path, why, sizeof(why)))
		return journal_refuse(j->error, sizeof(j->error), "%.200s %s", path, why);
	return append(j, line, length);
}

int journal_add(struct journal *j, const char *action, const char *path)
{
	const struct inverse *inverse = inverse_find(action);

	if (!j)
		return -1;
	if (!inverse || inverse->has_value)
		return journal_refuse(j->error, sizeof(j->error), "the journal cannot undo \"%s\"",
				      action);
	return add(j, inverse, path, "");
}

int journal_add_write(struct journal *j, const char *path, const char *value)
{
	return j ? add(j, inverse_find("write"), path, value) : -1;
}

/* ---- Healing ---- */

static bool same_boot(const struct journal_image *image)
{
	char now[48];

	read_boot_id(now, sizeof(now));
	return !strcmp(now, image->boot) || !strcmp(now, "-") || !strcmp(image->boot, "-");
}

/* "write /sys/… (to 1)" as it may be printed: bytes of a stranger stay escaped. */
static void describe(char *out, size_t size, const struct journal_entry *e)
{
	char path[3 * JOURNAL_MAX_PATH + 1], value[3 * JOURNAL_MAX_VALUE + 1];

	journal_escape(path, e->path);
	journal_escape(value, e->value);
	if (e->inverse->has_value)
		snprintf(out, size, "%s (to %s)", path, value);
	else
		snprintf(out, size, "%s", path);
}

static int heal_entry(struct journal *j, const struct journal_entry *e, bool rebooted)
{
	char what[JOURNAL_MAX_LINE + 16], why[512];
	const struct inverse *i = e->inverse;

	describe(what, sizeof(what), e);
	if (rebooted && !i->outlives_boot) {
		note(&j->healed, "%s: went with the last reboot", what);
		return 0;
	}
	if (i->check(e->path, why, sizeof(why)) || i->undo(e->path, e->value, why, sizeof(why)) ||
	    i->verify(e->path, e->value, why, sizeof(why))) {
		note(&j->failed, "%s: %s", what, why);
		return -1;
	}
	note(&j->healed, "%s %s", i->done, what);
	return 0;
}

/* Undoing again does no harm: it does not matter if this does not get in. */
static void mark_undone(struct journal *j, const struct journal_image *image)
{
	char line[32];

	for (size_t i = 0; i < image->count; i++) {
		if (!image->entry[i].healed)
			continue;
		snprintf(line, sizeof(line), "undone %u\n", image->entry[i].line);
		if (append(j, line, strlen(line)))
			return;
	}
}

static void heal_image(struct journal *j, struct journal_image *image)
{
	bool rebooted = image->count && !same_boot(image);

	for (size_t i = image->count; i-- > 0;) {
		struct journal_entry *e = &image->entry[i];

		if (!e->undone)
			e->healed = !heal_entry(j, e, rebooted);
	}
	for (size_t i = 0; i < image->bad_count; i++)
		note(&j->failed, "%s: %s; read it, put right what it means, then remove the file",
		     j->path, image->bad[i]);
}

static void heal(struct journal *j)
{
	struct journal_image image;
	size_t length;

	if (read_image(j, &image, &length)) {
		note(&j->failed, "%s", j->error);
		goto out;
	}
	heal_image(j, &image);
	/* All is well: start over. Else at least no new line may be glued to half a one. */
	if (!j->failed.count) {
		if (length > image.header && ftruncate(j->fd, (off_t)image.header))
			note(&j->failed, "%s: %s", j->path, strerror(errno));
	} else if (length > image.whole && ftruncate(j->fd, (off_t)image.whole)) {
		note(&j->failed, "%s: %s", j->path, strerror(errno));
	} else {
		mark_undone(j, &image);
	}
out:
	arena_free(&image.arena);
}

size_t journal_heal(struct journal *j)
{
	notes_clear(&j->healed);
	notes_clear(&j->failed);
	heal(j);
	return j->failed.count;
}

const char *journal_healed(const struct journal *j, size_t i)
{
	return notes_line(&j->healed, i);
}

const char *journal_failed(const struct journal *j, size_t i)
{
	return notes_line(&j->failed, i);
}

/* ---- Closing ---- */

static bool is_settled(struct journal *j)
{
	struct journal_image image;
	bool settled = false;
	size_t length;

	if (!read_image(j, &image, &length)) {
		settled = !image.bad_count;
		for (size_t i = 0; i < image.count; i++)
			settled = settled && image.entry[i].undone;
	}
	arena_free(&image.arena);
	return settled;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->owner == getpid() && is_settled(j))
		unlinkat(j->directory, strrchr(j->path, '/') + 1, 0);
	close(j->fd);
	close(j->directory);
	notes_clear(&j->healed);
	notes_clear(&j->failed);
	free(j->path);
	free(j);
}
