/* SPDX-License-Identifier: Apache-2.0 */
#include "report/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/core/command.h"

const struct format *output_format(const char *name)
{
	struct registry formats = REGISTRY(formats);
	const struct format *f = registry_find(formats, name);
	const char *nearest;
	char *all;

	if (f)
		return f;
	nearest = registry_nearest(formats, name);
	all = output_formats();
	if (nearest)
		complain(EXIT_USAGE, "no format \"%s\"; did you mean \"%s\"?", name, nearest);
	else
		complain(EXIT_USAGE, "no format \"%s\"; choose one of %s", name,
			 all ? all : "those in --help");
	free(all);
	return NULL;
}

char *output_formats(void)
{
	struct registry formats = REGISTRY(formats);
	char *all = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&all, &size);

	if (!out)
		return NULL;
	for_each_registered (struct format, f, formats)
		fprintf(out, "%s%s", ftell(out) ? ", " : "", f->name);
	fclose(out);
	return all;
}

/* Finish writing: on the disk before the name appears. */
static int finish(FILE *out)
{
	int failed = fflush(out) || ferror(out) || (fsync(fileno(out)) && errno != EINVAL);
	int why = errno;

	if (fclose(out) && !failed) {
		failed = -1;
		why = errno;
	}
	errno = why;
	return failed;
}

/* A report over the measurements that it was made from would be the last of them. */
static bool is_database(const char *path)
{
	static const char magic[16] = "SQLite format 3";
	char head[sizeof(magic)];
	FILE *f = fopen(path, "re");
	bool is;

	if (!f)
		return false;
	is = fread(head, sizeof(head), 1, f) == 1 && !memcmp(head, magic, sizeof(head));
	fclose(f);
	return is;
}

/* What is there already must be a file; a device or pipe is written to as it is. */
static int check_target(const char *path, bool *special)
{
	struct stat st;

	*special = false;
	if (stat(path, &st))
		return 0;
	if (S_ISDIR(st.st_mode))
		return complain(EXIT_USAGE, "%s: is a directory; name a file in it", path);
	*special = !S_ISREG(st.st_mode);
	if (!*special && is_database(path))
		return complain(EXIT_USAGE,
				"%s: is a result file, which no report may replace; choose another "
				"name",
				path);
	return 0;
}

static int print_special(const struct report *r, const struct format *format, const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		return complain(EXIT_HARNESS, "%s: cannot be written: %s", path, strerror(errno));
	if (format->print(r, out)) {
		int why = errno;

		fclose(out);
		return complain(EXIT_HARNESS, "%s: cannot be written: %s", path, strerror(why));
	}
	if (finish(out))
		return complain(EXIT_HARNESS, "%s: cannot be written: %s", path, strerror(errno));
	return EXIT_OK;
}

/* Print to a file beside the target, then give it the name. */
static int print_beside(const struct report *r, const struct format *format, const char *path,
			char *temporary)
{
	mode_t mask = umask(0);
	int fd, failed, why;
	FILE *out;

	umask(mask);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return complain(EXIT_HARNESS, "%s: cannot be written: %s", path, strerror(errno));
	fchmod(fd, 0666 & ~mask);
	out = fdopen(fd, "w");
	if (!out) {
		close(fd);
		unlink(temporary);
		return complain(EXIT_HARNESS, "%s: %s", path, strerror(errno));
	}
	errno = 0;
	failed = format->print(r, out);
	why = errno;
	if (finish(out) && !failed) {
		failed = -1;
		why = errno;
	}
	if (!failed && rename(temporary, path)) {
		failed = -1;
		why = errno;
	}
	if (!failed)
		return EXIT_OK;
	unlink(temporary);
	return complain(EXIT_HARNESS, "%s: cannot be written: %s; nothing was left there", path,
			strerror(why ? why : EIO));
}

static int print_stdout(const struct report *r, const struct format *format)
{
	int why;

	errno = 0;
	if (!format->print(r, stdout) && !fflush(stdout))
		return EXIT_OK;
	why = errno;
	/* The handler at exit must not say it again. */
	__fpurge(stdout);
	clearerr(stdout);
	if (why == EPIPE) /* the reader had enough */
		return EXIT_OK;
	return complain(EXIT_HARNESS, "standard output: %s; the report is not complete",
			strerror(why ? why : EIO));
}

int output_report(const struct report *r, const struct format *format, const char *path)
{
	char *temporary;
	bool special;
	int code;

	if (!path)
		return print_stdout(r, format);
	code = check_target(path, &special);
	if (code)
		return code;
	if (special)
		return print_special(r, format, path);
	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return complain(EXIT_HARNESS, "no memory");
	code = print_beside(r, format, path, temporary);
	free(temporary);
	return code;
}
