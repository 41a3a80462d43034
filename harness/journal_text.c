/* SPDX-License-Identifier: Apache-2.0 */
/* The journal as text. Writing escapes, reading believes nothing. */
#include "harness/journal_internal.h"

#include <stdio.h>
#include <string.h>

#define HEADER "virt-qualify-journal 1 "

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '%';
}

void journal_escape(char *out, const char *raw)
{
	static const char hex[] = "0123456789ABCDEF";

	for (const unsigned char *p = (const unsigned char *)raw; *p; p++) {
		if (is_plain(*p)) {
			*out++ = (char)*p;
			continue;
		}
		*out++ = '%';
		*out++ = hex[*p >> 4];
		*out++ = hex[*p & 15];
	}
	*out = '\0';
}

size_t journal_format(char *line, size_t size, const struct inverse *inverse, const char *path,
		      const char *value)
{
	char p[3 * JOURNAL_MAX_PATH + 1], v[3 * JOURNAL_MAX_VALUE + 1] = "";
	int n;

	if (strlen(path) > JOURNAL_MAX_PATH || strlen(value) > JOURNAL_MAX_VALUE)
		return 0;
	journal_escape(p, path);
	journal_escape(v, value);
	n = snprintf(line, size, "do %s %s%s%s\n", inverse->name, p, inverse->has_value ? " " : "",
		     inverse->has_value ? v : "");
	return n > 0 && (size_t)n < size && n <= JOURNAL_MAX_LINE ? (size_t)n : 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* NULL: not an escaped string, or longer than `max` without its escapes. */
static char *unescape(struct arena *a, const char *s, size_t length, size_t max)
{
	char *out = arena_alloc(a, length + 1);
	size_t n = 0;

	for (size_t i = 0; out && i < length; i++) {
		int high, low;

		if (is_plain((unsigned char)s[i])) {
			out[n++] = s[i];
			continue;
		}
		if (s[i] != '%' || length - i < 3)
			return NULL;
		high = hex_digit(s[i + 1]);
		low = hex_digit(s[i + 2]);
		if (high < 0 || low < 0 || !(high | low))
			return NULL;
		out[n++] = (char)(high << 4 | low);
		i += 2;
	}
	return n <= max ? out : NULL;
}

/* The word up to a space or the end; moves on past that space. */
static bool next_word(const char **at, const char *end, char *word, size_t size)
{
	const char *space = memchr(*at, ' ', (size_t)(end - *at));
	size_t length = (size_t)((space ? space : end) - *at);

	if (!length || length >= size)
		return false;
	memcpy(word, *at, length);
	word[length] = '\0';
	*at = space ? space + 1 : end;
	return strlen(word) == length;
}

static const char *parse_do(struct journal_image *image, const char *at, const char *end,
			    unsigned int line)
{
	struct journal_entry e = {.line = line, .value = ""};
	const char *space;
	char name[32];

	if (image->count >= JOURNAL_MAX_ENTRIES)
		return "is one entry too many";
	if (!next_word(&at, end, name, sizeof(name)))
		return "has no action";
	e.inverse = inverse_find(name);
	if (!e.inverse)
		return "has an action that this version does not know";
	space = e.inverse->has_value ? memchr(at, ' ', (size_t)(end - at)) : end;
	if (!space)
		return "has no value";
	e.path = unescape(&image->arena, at, (size_t)(space - at), JOURNAL_MAX_PATH);
	if (!e.path || !*e.path)
		return "has no valid path";
	if (e.inverse->has_value) {
		at = space + 1;
		e.value = unescape(&image->arena, at, (size_t)(end - at), JOURNAL_MAX_VALUE);
		if (!e.value)
			return "has no valid value";
	}
	image->entry[image->count++] = e;
	return NULL;
}

static const char *parse_undone(struct journal_image *image, const char *at, const char *end)
{
	unsigned int line = 0;

	if (at == end || end - at > 8)
		return "names no line";
	for (; at < end; at++) {
		if (*at < '0' || *at > '9')
			return "names no line";
		line = line * 10 + (unsigned int)(*at - '0');
	}
	for (size_t i = 0; i < image->count; i++)
		if (image->entry[i].line == line) {
			image->entry[i].undone = true;
			return NULL;
		}
	return "names a line that is no entry";
}

static const char *parse_header(struct journal_image *image, const char *at, const char *end)
{
	size_t prefix = strlen(HEADER), length = (size_t)(end - at);

	if (length <= prefix || memcmp(at, HEADER, prefix))
		return "is not the header of a journal of this version";
	at += prefix;
	if (!next_word(&at, end, image->boot, sizeof(image->boot)) || at != end) {
		image->boot[0] = '\0';
		return "names no boot";
	}
	image->header = length + 1;
	return NULL;
}

static const char *parse_line(struct journal_image *image, const char *at, const char *end,
			      unsigned int line)
{
	char word[16];

	if (line == 1)
		return parse_header(image, at, end);
	if (end - at > JOURNAL_MAX_LINE)
		return "is too long";
	if (!next_word(&at, end, word, sizeof(word)))
		return "is no entry";
	if (!strcmp(word, "do"))
		return parse_do(image, at, end, line);
	if (!strcmp(word, "undone"))
		return parse_undone(image, at, end);
	return "is no entry";
}

static size_t count_lines(const char *text, size_t length)
{
	size_t n = 0;

	for (size_t i = 0; i < length; i++)
		n += text[i] == '\n';
	return n;
}

int journal_parse(const char *text, size_t length, struct journal_image *image)
{
	size_t lines = count_lines(text, length);
	const char *at = text, *end;

	memset(image, 0, sizeof(*image));
	image->entry = arena_array(&image->arena, lines + 1, sizeof(*image->entry));
	image->bad = arena_array(&image->arena, lines + 1, sizeof(*image->bad));
	if (!image->entry || !image->bad)
		return -1;
	for (unsigned int line = 1; line <= lines; line++, at = end + 1) {
		const char *wrong;

		end = memchr(at, '\n', length - (size_t)(at - text));
		wrong = parse_line(image, at, end, line);
		image->whole = (size_t)(end - text) + 1;
		if (!wrong)
			continue;
		image->bad[image->bad_count] =
			arena_printf(&image->arena, "line %u %s", line, wrong);
		if (!image->bad[image->bad_count++])
			return -1;
		/* Without a header of ours nothing below it is ours either. */
		if (line == 1)
			break;
	}
	return 0;
}
