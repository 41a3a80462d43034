/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records out of what a console said: lines of text (guests/abi.h, "the stream as lines") among
 * anything else, damaged, cut, repeated, wrapped, interleaved. All of it is hostile input: memory
 *is bounded, and only bytes whose checksums hold come out, in order. What is missing is counted.
 *
 *	console bytes -> lines -> stream by offset -> record_reader -> sink
 */
#ifndef VQ_SERIAL_TEXT_H
#define VQ_SERIAL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/core/record.h"

#define SERIAL_WINDOW	  (1u << 19) /* how far lines may be out of order: twice the guest's ring */
#define SERIAL_LINE_BYTES 256u	     /* of a line on the console, breaks and escapes included */

/* Where it all goes; a function may be NULL. */
struct serial_sink {
	/* A guest's stream begins; its sequence numbers begin anew. */
	void (*boot)(void *context, uint32_t number);
	/* A whole record; `missing` were lost right before it. */
	void (*record)(void *context, const struct record *r, uint64_t missing);
	/* Anything that is no line of ours, in order with the records, as it stood there. */
	void (*noise)(void *context, const char *bytes, size_t size);
	void *context;
};

struct serial_counts {
	uint64_t bytes;	   /* of the console */
	uint64_t lines;	   /* whole ones, repeated ones included */
	uint64_t repeated; /* that held nothing new */
	uint64_t damaged;  /* begun, but not whole */
	uint64_t lost;	   /* bytes of streams that never came, as far as offsets tell */
	uint64_t passed;   /* bytes of streams that were part of no whole record */
	uint64_t missing;  /* records, as far as sequence numbers tell */
	uint64_t boots;
};

struct serial_text {
	struct serial_sink sink;
	struct serial_counts counts;
	char carry[4 * SERIAL_LINE_BYTES]; /* a line that is not all there yet */
	uint32_t carried;
	bool begun;
	uint32_t boot;
	uint64_t base; /* offset in the stream of what comes next */
	uint64_t end;  /* after the last byte in the window */
	struct record_reader reader;
	struct record record;
	uint8_t window[SERIAL_WINDOW]; /* by offset modulo its size */
	uint8_t present[SERIAL_WINDOW / 8];
};

/* Large: 700 KiB, to be kept off stacks. */
void serial_text_init(struct serial_text *t, const struct serial_sink *sink);

/* Take in what the console said next; records come out as soon as they are whole. */
void serial_text_feed(struct serial_text *t, const void *bytes, size_t size);

/* Nothing more will come: what was waited for is lost. */
void serial_text_end(struct serial_text *t);

/* For one who writes such lines: the line for up to VQ_LINE_DATA bytes at `offset`, with an end of
 * line and a NUL. Returns its length. */
#define SERIAL_LINE_SIZE 80u
size_t serial_line(char line[SERIAL_LINE_SIZE], uint32_t boot, uint32_t offset, const void *data,
		   uint32_t length);

#endif
