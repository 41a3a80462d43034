/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what an emulated host tells. */
#include "harness/lab/stream.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void lab_stream_begin(struct lab_stream *s, FILE *file)
{
	memset(s, 0, sizeof(*s));
	s->file = file;
	sha256_begin(&s->sum);
}

/* The first complaint stands. */
static void wrong(struct lab_stream *s, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void wrong(struct lab_stream *s, const char *format, ...)
{
	va_list args;

	if (s->error[0])
		return;
	va_start(args, format);
	vsnprintf(s->error, sizeof(s->error), format, args);
	va_end(args);
}

static int digit(char c)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Bytes of a base64 text (RFC 4648), or -1. */
static int decode(const char *text, unsigned char *out)
{
	size_t length = strlen(text);
	int n = 0;

	if (!length || length % 4)
		return -1;
	for (size_t i = 0; i < length; i += 4) {
		int pad = text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
		int a = digit(text[i]), b = digit(text[i + 1]);
		int c = pad > 1 ? 0 : digit(text[i + 2]), d = pad ? 0 : digit(text[i + 3]);

		if (a < 0 || b < 0 || c < 0 || d < 0 || (pad && i + 4 < length))
			return -1;
		out[n++] = (unsigned char)(a << 2 | b >> 4);
		if (pad < 2)
			out[n++] = (unsigned char)(b << 4 | c >> 2);
		if (pad < 1)
			out[n++] = (unsigned char)(c << 6 | d);
	}
	return n;
}

static void take_data(struct lab_stream *s, const char *text)
{
	unsigned char bytes[LAB_MAX_LINE];
	int n = decode(text, bytes);

	if (n < 0) {
		wrong(s, "a piece of the result file is garbled, after %" PRIu64 " bytes",
		      s->bytes);
		return;
	}
	if (s->ended || s->bytes + (uint64_t)n > LAB_MAX_FILE) {
		wrong(s, "the result file has no end");
		return;
	}
	sha256_add(&s->sum, bytes, (size_t)n);
	s->bytes += (uint64_t)n;
	if (fwrite(bytes, 1, (size_t)n, s->file) != (size_t)n)
		wrong(s, "the result file cannot be kept: %m");
}

static void take_end(struct lab_stream *s, const char *text)
{
	unsigned long long bytes;
	char promised[65], seen[65];
	int code, end = 0;

	if (sscanf(text, "%20llu %64[0-9a-f] %3d%n", &bytes, promised, &code, &end) != 3 ||
	    text[end] || s->ended || code < 0 || code > 255) {
		wrong(s, "the end of the result file is garbled");
		return;
	}
	sha256_end(&s->sum, seen);
	if (bytes != s->bytes || strcmp(promised, seen)) {
		wrong(s,
		      "the result file came out damaged: %" PRIu64
		      " bytes of %llu, or another checksum",
		      s->bytes, bytes);
		return;
	}
	s->code = code;
	s->ended = true;
}

static void take_progress(struct lab_stream *s, const char *text)
{
	unsigned long long done, total;
	int end = 0;

	if (sscanf(text, "%20llu %20llu %n", &done, &total, &end) < 2 || !end)
		return;
	s->done = done;
	s->total = total;
	snprintf(s->say, sizeof(s->say), "%.*s", (int)sizeof(s->say) - 1, text + end);
}

static void take_line(struct lab_stream *s)
{
	static const struct {
		const char *word;
		void (*take)(struct lab_stream *s, const char *text);
	} kinds[] = {{"data ", take_data}, {"end ", take_end}, {"progress ", take_progress}};
	const char *line;

	s->line[s->length] = '\0';
	/* The emulator's own words may stand before it on the line. */
	line = strstr(s->line, "@vq ");
	if (!line)
		return;
	line += 4;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(line, kinds[i].word, strlen(kinds[i].word)))
			kinds[i].take(s, line + strlen(kinds[i].word));
	if (!strncmp(line, "say ", 4))
		snprintf(s->say, sizeof(s->say), "%.*s", (int)sizeof(s->say) - 1, line + 4);
	if (!strncmp(line, "fail ", 5) && !s->fail[0])
		snprintf(s->fail, sizeof(s->fail), "%.*s", (int)sizeof(s->fail) - 1, line + 5);
}

void lab_stream_feed(struct lab_stream *s, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n') {
			if (!s->overlong)
				take_line(s);
			s->length = 0;
			s->overlong = false;
		} else if (s->length + 1 < sizeof(s->line)) {
			s->line[s->length++] = bytes[i] ? bytes[i] : '?';
		} else {
			s->overlong = true;
		}
	}
}
