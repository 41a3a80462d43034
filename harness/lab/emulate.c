/* SPDX-License-Identifier: Apache-2.0 */
/* The emulator: started, watched, ended. */
#include <ctype.h>
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

/* What a kernel says last, and then does nothing more; what comes before or after it is why. */
#define PANIC  "Kernel panic - not syncing: "
#define HALTED " -- System halted"

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
	char died[256]; /* "its kernel …", "": it did not */
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

/* The end of the console, as text. false: none, or empty. */
static bool read_console(const struct lab_run *r, char text[CONSOLE_TAIL + 1])
{
	char path[LAB_PATH];
	FILE *in;
	size_t n;

	snprintf(path, sizeof(path), "%s/console", r->work);
	in = fopen(path, "re");
	if (!in)
		return false;
	if (fseek(in, -CONSOLE_TAIL, SEEK_END))
		rewind(in);
	n = fread(text, 1, CONSOLE_TAIL, in);
	fclose(in);
	for (size_t i = 0; i < n; i++)
		if (!isprint((unsigned char)text[i]) && text[i] != '\r' && text[i] != '\n')
			text[i] = '?';
	text[n] = '\0';
	return n;
}

/* Its last line that is not empty. */
static const char *last_line(char *text)
{
	size_t n = strlen(text);

	while (n && strchr("\r\n", text[n - 1]))
		text[--n] = '\0';
	while (n && !strchr("\r\n", text[n - 1]))
		n--;
	return text + n;
}

static bool look_for_death(struct watch *w)
{
	char text[CONSOLE_TAIL + 1], *at;

	if (!read_console(w->run, text))
		return false;
	at = strstr(text, PANIC);
	if (at && strchr(at, '\n')) {
		at += strlen(PANIC);
		snprintf(w->died, sizeof(w->died), "its kernel panicked: %.*s",
			 (int)strcspn(at, "\r\n"), at);
		return true;
	}
	/* The boot code unpacks the kernel, and ends so where it cannot. */
	at = strstr(text, HALTED);
	if (!at)
		return false;
	*at = '\0';
	snprintf(w->died, sizeof(w->died), "its kernel halted before it started: %.200s",
		 last_line(text));
	return true;
}

static bool tick(void *context)
{
	struct watch *w = context;

	show(w);
	return w->stream->fail[0] || w->stream->error[0] || look_for_death(w);
}

/* What it was doing, as far as it told. */
static void where(const struct watch *w, char *out, size_t size)
{
	char text[CONSOLE_TAIL + 1], *own;

	/* What ci/hosts/lab.sh says where it has no other way. */
	own = read_console(w->run, text) ? strstr(text, "\nlab: ") : NULL;
	if (own)
		snprintf(out, size, "%.*s", (int)strcspn(own + 6, "\r\n"), own + 6);
	else if (*w->stream->say)
		snprintf(out, size, "it was at: %.200s", w->stream->say);
	else if (read_console(w->run, text))
		snprintf(out, size, "it was booting; its kernel's last words: %.200s",
			 last_line(text));
	else
		snprintf(out, size,
			 "it was booting; its kernel said nothing, as one without "
			 "CONFIG_SERIAL_8250_CONSOLE does");
}

static int explain(const struct watch *w, const struct lab_program *p, enum lab_end end,
		   char *error, size_t size)
{
	const struct lab_stream *s = w->stream;
	char line[300], at[300];

	where(w, at, sizeof(at));
	lab_last_line(w->run, "emulator.err", line, sizeof(line));
	if (end == LAB_STOPPED)
		snprintf(error, size, "interrupted");
	else if (s->fail[0])
		snprintf(error, size, "%.400s", s->fail);
	else if (s->error[0])
		snprintf(error, size, "%.400s", s->error);
	else if (w->died[0])
		snprintf(error, size, "%s", w->died);
	else if (end == LAB_TIMED_OUT)
		snprintf(error, size, "not done after %lld s (%s); --timeout gives it more",
			 (long long)(w->run->timeout_ns / S), at);
	else if (end == LAB_NOT_STARTED)
		snprintf(error, size, "its emulator could not be started: %s", strerror(errno));
	else if (!*s->say && p->code)
		snprintf(error, size, "its emulator ended with code %d: %s", p->code,
			 *line ? line : "it does not say why");
	else
		snprintf(error, size, "it went down without a result (%s)", at);
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
	lab_clear_net(r);
	for (size_t i = 0; i < a.count; i++)
		free(a.argument[i]);
	/* What it exits with tells nothing: Bochs takes a normal power-off for a failure. */
	if (s->ended && !s->error[0] && end != LAB_STOPPED)
		return 0;
	if (!w.died[0])
		look_for_death(&w);
	return explain(&w, &p, end, error, size);
}
