/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify NAME …: find the command and run it. */
#include "harness/core/command.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_order(const void *a, const void *b)
{
	const struct command *x = *(const struct command *const *)a;
	const struct command *y = *(const struct command *const *)b;

	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void print_commands(FILE *out, struct registry commands)
{
	const void **sorted = malloc((commands.count + 1) * sizeof(*sorted));
	int width = 0;

	if (!sorted)
		return;
	for (size_t i = 0; i < commands.count; i++) {
		int length = (int)strlen(registry_name(commands.entries[i]));

		sorted[i] = commands.entries[i];
		if (length > width)
			width = length;
	}
	qsort(sorted, commands.count, sizeof(*sorted), by_order);
	for (size_t i = 0; i < commands.count; i++) {
		const struct command *c = sorted[i];

		fprintf(out, "  %-*s  %s\n", width, c->name, c->summary);
	}
	free(sorted);
}

static void print_usage(FILE *out, struct registry commands)
{
	fputs("Usage: virt-qualify COMMAND [ARGUMENT]...\n"
	      "       virt-qualify --help | --version\n"
	      "\n"
	      "Measure what virtualization costs on a host, break it on purpose, and compare\n"
	      "platforms, hosts and versions with a stated confidence.\n"
	      "\n"
	      "Commands:\n",
	      out);
	print_commands(out, commands);
	fputs("\n"
	      "\"virt-qualify COMMAND --help\" explains a command.\n",
	      out);
}

static int unknown(struct registry commands, const char *name)
{
	const char *nearest = registry_nearest(commands, name);
	const char *kind = name[0] == '-' ? "option" : "command";

	if (nearest && name[0] != '-')
		return complain(EXIT_USAGE, "no command \"%s\"; did you mean \"%s\"?", name,
				nearest);
	return complain(EXIT_USAGE, "no %s \"%s\"; see virt-qualify --help", kind, name);
}

static int run_command(const struct command *c, int argc, char **argv)
{
	char *name;
	int code;

	if (asprintf(&name, "virt-qualify %s", c->name) < 0)
		return complain(EXIT_HARNESS, "no memory to start \"%s\"", c->name);
	argv[0] = name;
	code = c->main(argc, argv);
	argv[0] = NULL;
	free(name);
	return code;
}

/*
 * A report that did not reach its reader is a failure: a full disk shows only when the last bytes
 * are flushed. At exit, because argp ends the process itself after --help. A stdout that was
 * closed from the start and never written to is no error.
 */
static void close_stdout(void)
{
	int pending = __fpending(stdout) != 0;
	int failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) && (pending || errno != EBADF))
		failed = 1;
	if (!failed)
		return;
	complain(EXIT_HARNESS, "standard output: %s; the output is not complete",
		 errno ? strerror(errno) : "write error");
	_exit(EXIT_HARNESS);
}

int main(int argc, char **argv)
{
	struct registry commands = REGISTRY(commands);
	const struct command *c;

	/* A file at the size limit (ulimit -f) is an error to report, as a full disk is. */
	signal(SIGXFSZ, SIG_IGN);
	argp_err_exit_status = EXIT_USAGE;
	if (atexit(close_stdout))
		return complain(EXIT_HARNESS, "cannot register an exit handler");

	if (argc < 2) {
		print_usage(stderr, commands);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_usage(stdout, commands);
		return EXIT_OK;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("virt-qualify " VQ_VERSION);
		return EXIT_OK;
	}
	c = registry_find(commands, argv[1]);
	if (!c)
		return unknown(commands, argv[1]);
	return run_command(c, argc - 1, argv + 1);
}
