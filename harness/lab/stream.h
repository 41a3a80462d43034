/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an emulated host tells the outside, byte by byte through port 0xe9, which QEMU
 * (isa-debugcon) and Bochs (port_e9_hack) hand on at once: no driver, no baud rate. Lines, so that
 * what the emulator itself prints in between does no harm:
 *
 *	@vq say TEXT                what it does now
 *	@vq progress DONE TOTAL TEXT
 *	@vq fail TEXT               why it cannot go on; the last word
 *	@vq data BASE64             the result file, piece by piece, in order
 *	@vq end BYTES SHA256 CODE   all of it, and the exit code of the run inside
 *
 * The reader takes every byte for hostile: lines, file and texts are bounded, and nothing but a
 * file of the promised size and checksum counts.
 */
#ifndef VQ_LAB_STREAM_H
#define VQ_LAB_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "harness/core/sha256.h"

#define LAB_PORT      0xe9
#define LAB_MAX_FILE  (1ull << 30)
#define LAB_MAX_LINE  4096u
#define LAB_TEXT_SIZE 512u

struct lab_stream {
	FILE *file; /* where the result file goes; the caller's */
	char line[LAB_MAX_LINE];
	size_t length;
	bool overlong; /* the line is, and is left out */
	uint64_t bytes;
	struct sha256 sum;
	bool ended;		   /* the whole file is there, as promised */
	int code;		   /* exit code of the run inside, once ended */
	char error[LAB_TEXT_SIZE]; /* what was wrong with the stream, "": nothing */
	char fail[LAB_TEXT_SIZE];  /* why the host gave up, "": it did not */
	char say[LAB_TEXT_SIZE];   /* what it does now */
	uint64_t done, total;	   /* trials; total 0: not yet known */
};

void lab_stream_begin(struct lab_stream *s, FILE *file);
void lab_stream_feed(struct lab_stream *s, const char *bytes, size_t size);

/* ---- Inside the emulated host ---- */

/* Was this program started by a lab's init, and may it use the port? */
bool lab_inside(void);

/* May this process use the port? 0, or -1 with errno. */
int lab_port_open(void);

void lab_port_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Send a file and the last line. 0, or -1 with errno. */
int lab_port_send(const char *path, int code);

/* For tests: where bytes for the port go instead; NULL: the port. */
void lab_port_redirect(FILE *out);

#endif
