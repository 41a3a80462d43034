/* SPDX-License-Identifier: Apache-2.0 */
/* The emulator: started, watched, ended. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/lab/lab.h"

#define S	     1000000000ll
#define CONSOLE_TAIL 8192
#define PANIC	     "Kernel panic - not syncing: "

void lab_argument(struct lab_arguments *a, const char *format, ...)
{
	va_list args;

	if (a->count == LAB_MAX_ARGUMENTS)
		return;
	va_start(args, format);
	if (vasprintf(&a->argument[a->count], format, args) >= 0)
		a->count++;
	va_end(args);
}

void lab_show(const struct lab_run *r, const char *format, ...)
{
	char text[160];
	va_list args;

	if (!r->progress)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?'; /* some of it comes from inside */
	fprintf(stderr, "\r%s: %s\033[K", r->host->name, text);
	fflush(stderr);
}

struct watch {
	struct lab_run *run;
	struct lab_stream *stream;
	int64_t start_ns;
	char panic[256];
};

static void take(void *context, const char *bytes, size_t n)
{
	struct watch *w = context;

	lab_stream_feed(w->stream, bytes, n);
}

static void show(const struct watch *w)
{
	const struct lab_stream *s = w->stream;
	long long seconds = (host_now_ns() - w->start_ns) / S;

	if (s->total)
		lab_show(w->run, "[%llu/%llu] %.60s, %lld:%02lld", (unsigned long long)s->done,
			 (unsigned long long)s->total, s->say, seconds / 60, seconds % 60);
	else
		lab_show(w->run, "%.80s, %lld:%02lld", *s->say ? s->say : "the host boots",
			 seconds / 60, seconds % 60);
}

/* A kernel that panics says so on its console and then does nothing more. */
static bool look_for_panic(struct watch *w)
{
	char path[LAB_PATH], text[CONSOLE_TAIL + 1], *at;
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "%s/console", w->run->work);
	in = fopen(path, "re");
	if (!in)
		return false;
	if (fseek(in, -CONSOLE_TAIL, SEEK_END))
		rewind(in);
	n = fread(text, 1, CONSOLE_TAIL, in);
	fclose(in);
	for (size_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = '?';
	text[n] = '\0';
	at = strstr(text, PANIC);
	if (!at || !strchr(at, '\n'))
		return false;
	at += strlen(PANIC);
	snprintf(w->panic, sizeof(w->panic), "%.*s", (int)strcspn(at, "\r\n"), at);
	return true;
}

static bool tick(void *context)
{
	struct watch *w = context;

	show(w);
	return w->stream->fail[0] || w->stream->error[0] || look_for_panic(w);
}

static int explain(const struct watch *w, const struct lab_program *p, enum lab_end end,
		   char *error, size_t size)
{
	const struct lab_stream *s = w->stream;
	char line[300];

	lab_last_line(w->run, "emulator.err", line, sizeof(line));
	if (end == LAB_STOPPED)
		snprintf(error, size, "interrupted");
	else if (s->fail[0])
		snprintf(error, size, "%.400s", s->fail);
	else if (s->error[0])
		snprintf(error, size, "%.400s", s->error);
	else if (w->panic[0])
		snprintf(error, size, "its kernel panicked: %s", w->panic);
	else if (end == LAB_TIMED_OUT)
		snprintf(error, size,
			 "not done after %lld s (it was at: %.200s); --timeout gives it more",
			 (long long)(w->run->timeout_ns / S), *s->say ? s->say : "booting");
	else if (end == LAB_NOT_STARTED)
		snprintf(error, size, "its emulator could not be started: %s", strerror(errno));
	else if (!*s->say && p->code)
		snprintf(error, size, "its emulator ended with code %d: %s", p->code,
			 *line ? line : "it does not say why");
	else
		snprintf(error, size, "it went down without a result (it was at: %.200s)",
			 *s->say ? s->say : "booting");
	return -1;
}

int lab_emulate(struct lab_run *r, struct lab_stream *s, char *error, size_t size)
{
	struct watch w = {.run = r, .stream = s, .start_ns = host_now_ns()};
	struct lab_arguments a = {0};
	struct lab_program p = {
		.argv = a.argument,
		.stderr_name = "emulator.err",
		.alone = r->host->alone,
		.deadline_ns = w.start_ns + r->timeout_ns,
		.take = take,
		.tick = tick,
		.context = &w,
	};
	enum lab_end end;

	if (r->host->arguments(r, &a)) {
		snprintf(error, size, "%s: %s", r->work, strerror(errno));
		return -1;
	}
	end = lab_spawn(r, &p);
	for (size_t i = 0; i < a.count; i++)
		free(a.argument[i]);
	/* What it exits with tells nothing: Bochs takes a normal power-off for a failure. */
	if (s->ended && !s->error[0] && end != LAB_STOPPED)
		return 0;
	if (!w.panic[0])
		look_for_panic(&w);
	return explain(&w, &p, end, error, size);
}
