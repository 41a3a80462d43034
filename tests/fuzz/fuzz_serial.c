/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder of console text under libFuzzer. The first byte chooses: any bytes as a console, fed
 * in pieces; or any bytes as frames with a checksum that holds, so that what lies behind it is met.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/serial_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct serial_text text;
static uint64_t noise, records;

static void require(int holds)
{
	if (!holds)
		abort();
}

static void take_record(void *context, const struct record *r, uint64_t missing)
{
	(void)context;
	(void)missing;
	require(r->header.length <= VQ_RECORD_MAX_PAYLOAD);
	require(r->header.checksum == vq_record_checksum(&r->header, r->payload));
	records++;
}

static void take_noise(void *context, const char *bytes, size_t size)
{
	static volatile char last;

	(void)context;
	require(size > 0);
	last = bytes[size - 1];
	noise += size;
}

/* Pieces of the sizes that a byte in front of each gives. */
static void fuzz_console(const uint8_t *data, size_t size)
{
	while (size > 1) {
		size_t piece = data[0] < 255 ? data[0] : size;

		data++;
		size--;
		if (piece > size)
			piece = size;
		serial_text_feed(&text, data, piece);
		data += piece;
		size -= piece;
	}
}

/* Boot, offset and length of each frame as the bytes say, near and far. */
static void fuzz_frames(const uint8_t *data, size_t size)
{
	char line[SERIAL_LINE_SIZE];
	uint32_t offset = 0;

	while (size > 6) {
		uint32_t length = 1 + data[0] % VQ_LINE_DATA, jump;

		memcpy(&jump, data + 1, 4);
		if (data[5] & 0x80)
			offset = jump;
		else if (data[5] & 0x40)
			offset += jump % 0x1000;
		else if (data[5] & 0x20)
			offset -= jump % 0x1000;
		if (length > size - 6)
			length = (uint32_t)size - 6;
		serial_text_feed(&text, line,
				 serial_line(line, data[5] & 3, offset, data + 6, length));
		offset += length;
		data += 6 + length;
		size -= 6 + length;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct serial_sink sink = {.record = take_record, .noise = take_noise};

	if (!size)
		return 0;
	noise = records = 0;
	serial_text_init(&text, &sink);
	if (data[0] & 1)
		fuzz_console(data + 1, size - 1);
	else
		fuzz_frames(data + 1, size - 1);
	serial_text_end(&text);
	require(noise <= text.counts.bytes && text.counts.repeated <= text.counts.lines);
	require(text.counts.lines || !records);
	return 0;
}
