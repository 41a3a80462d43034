/* SPDX-License-Identifier: Apache-2.0 */
/* Inside an emulated host: telling the outside through port 0xe9. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/io.h>

#include "harness/lab/stream.h"

#define PIECE 1536u /* bytes a line, 2048 characters of base64 */

static FILE *instead;

void lab_port_redirect(FILE *out)
{
	instead = out;
}

static int allow(int on)
{
	return instead ? 0 : ioperm(LAB_PORT, 1, on);
}

int lab_port_open(void)
{
	return allow(1) || allow(0) ? -1 : 0;
}

bool lab_inside(void)
{
	return getenv("VIRT_QUALIFY_LAB") && lab_port_open() == 0;
}

/* The permission is held no longer than needed: trials would inherit it, and the kernel pays for
 * it at each of their switches. */
static void put(const char *text, size_t size)
{
	if (instead)
		fwrite(text, 1, size, instead);
	else if (allow(1) == 0)
		outsb(LAB_PORT, text, size);
	allow(0);
}

void lab_port_line(const char *format, ...)
{
	char line[LAB_MAX_LINE] = "@vq ";
	va_list args;
	size_t n;

	va_start(args, format);
	vsnprintf(line + 4, sizeof(line) - 5, format, args);
	va_end(args);
	for (char *c = line; *c; c++)
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	n = strlen(line);
	line[n++] = '\n';
	put(line, n);
}

/* A line of data; its length. */
static size_t encode(const unsigned char *in, size_t n, char *out)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *at = stpcpy(out, "@vq data ");

	for (size_t i = 0; i < n; i += 3) {
		uint32_t b = (uint32_t)in[i] << 16 | (i + 1 < n ? in[i + 1] << 8 : 0) |
			     (i + 2 < n ? in[i + 2] : 0);

		*at++ = digits[b >> 18];
		*at++ = digits[b >> 12 & 63];
		*at++ = i + 1 < n ? digits[b >> 6 & 63] : '=';
		*at++ = i + 2 < n ? digits[b & 63] : '=';
	}
	*at++ = '\n';
	return (size_t)(at - out);
}

int lab_port_send(const char *path, int code)
{
	unsigned char piece[PIECE];
	char text[PIECE / 3 * 4 + 16], hex[65];
	FILE *in = fopen(path, "re");
	unsigned long long bytes = 0;
	struct sha256 sum;
	size_t n;

	if (!in)
		return -1;
	sha256_begin(&sum);
	put("\n", 1);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0) {
		sha256_add(&sum, piece, n);
		bytes += n;
		put(text, encode(piece, n, text));
	}
	n = (size_t)ferror(in);
	fclose(in);
	if (n) {
		errno = EIO;
		return -1;
	}
	sha256_end(&sum, hex);
	lab_port_line("end %llu %s %d", bytes, hex, code);
	return 0;
}
