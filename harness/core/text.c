/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/core/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* The character at s and its length, 0 where the bytes are no UTF-8 (RFC 3629: no overlong
 * forms, no surrogates, nothing above U+10FFFF). */
static size_t decode(const unsigned char *s, size_t left, uint32_t *letter)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;
	uint32_t c;

	if (!n || n > left)
		return 0;
	c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*letter = c;
	return n;
}

/* Controls, and what could make a line look like another one. */
static bool is_harmful(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x200e && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x061c ||
	       c == 0xfeff || (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
}

size_t text_clean(char *to, const char *from, size_t length, bool lines)
{
	const unsigned char *s = (const unsigned char *)from;
	size_t out = 0, i = 0;

	while (i < length) {
		uint32_t c = 0;
		size_t n = decode(s + i, length - i, &c);
		bool keep = n && !is_harmful(c);

		if (lines && c == '\r' && i + 1 < length && s[i + 1] == '\n') {
			i++;
			continue;
		}
		if (lines && (c == '\n' || c == '\t'))
			keep = true;
		if (keep) {
			memcpy(to + out, s + i, n);
			out += n;
		} else {
			memcpy(to + out, REPLACEMENT, 3);
			out += 3;
		}
		i += n ? n : 1;
	}
	to[out] = '\0';
	return out;
}

/* Leave out bytes that are no character: the beginnings of those that were cut. */
static size_t leave_out_halves(char *s)
{
	size_t left = strlen(s), out = 0;
	const char *from = s;

	while (left) {
		uint32_t c;
		size_t n = decode((const unsigned char *)from, left, &c);

		memmove(s + out, from, n);
		out += n;
		from += n ? n : 1;
		left -= n ? n : 1;
	}
	s[out] = '\0';
	return out;
}

size_t text_print(char *to, size_t size, const char *format, ...)
{
	va_list args;

	to[0] = '\0';
	va_start(args, format);
	vsnprintf(to, size, format, args);
	va_end(args);
	return leave_out_halves(to);
}

static bool is_wide(uint32_t c)
{
	return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) ||
	       (c >= 0xac00 && c <= 0xd7a3) || (c >= 0xf900 && c <= 0xfaff) ||
	       (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
	       (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) ||
	       (c >= 0x20000 && c <= 0x3fffd);
}

static bool is_mark(uint32_t c)
{
	return (c >= 0x300 && c <= 0x36f) || (c >= 0x200b && c <= 0x200d) ||
	       (c >= 0xfe00 && c <= 0xfe0f);
}

size_t text_width(const char *s)
{
	size_t left = strlen(s), width = 0;

	while (left) {
		uint32_t c = 0;
		size_t n = decode((const unsigned char *)s, left, &c);

		if (!n)
			n = 1;
		if (!is_mark(c))
			width += is_wide(c) ? 2 : 1;
		s += n;
		left -= n;
	}
	return width;
}
