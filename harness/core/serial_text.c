/* SPDX-License-Identifier: Apache-2.0 */
/* Console text to records; see serial_text.h. */
#include "harness/core/serial_text.h"

#include <string.h>

#define BEGIN	      VQ_LINE_BEGIN
#define BEGIN_LENGTH  (sizeof(BEGIN) - 1)
#define LEAST_FRAME   (VQ_LINE_HEADER + 1 + 4)
#define LIKELY_LENGTH 12 /* bytes: so much of a damaged line is hardly anybody else's */
#define NO_DIGIT      0xff
#define BLANK	      0xfe /* means nothing inside of a line */
#define ESCAPE	      0xfd

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

struct alphabet {
	uint8_t value[256];
};

static struct alphabet make_alphabet(void)
{
	struct alphabet a;

	for (int c = 0; c < 256; c++)
		a.value[c] = c <= ' ' || c == 0x7f ? BLANK : NO_DIGIT;
	a.value[033] = ESCAPE;
	for (uint8_t i = 0; i < 64; i++)
		a.value[(uint8_t)digits[i]] = i;
	return a;
}

void serial_text_init(struct serial_text *t, const struct serial_sink *sink)
{
	memset(&t->counts, 0, sizeof(t->counts));
	t->sink = *sink;
	t->carried = 0;
	t->begun = false;
	t->base = t->end = 0;
	memset(t->present, 0, sizeof(t->present));
	record_reader_init(&t->reader);
}

/* ---- The stream: bytes by offset ---- */

static void drain_reader(struct serial_text *t)
{
	uint64_t missing = t->reader.missing;
	enum record_status s;

	while ((s = record_next(&t->reader, &t->record)) != RECORD_NONE) {
		if (s != RECORD_OK)
			continue;
		if (t->sink.record)
			t->sink.record(t->sink.context, &t->record, t->reader.missing - missing);
		missing = t->reader.missing;
	}
}

static void deliver(struct serial_text *t, const uint8_t *bytes, uint32_t length)
{
	while (length) {
		uint32_t taken = record_feed(&t->reader, bytes, length);

		bytes += taken;
		length -= taken;
		drain_reader(t);
	}
}

static bool is_present(const struct serial_text *t, uint64_t at)
{
	uint32_t i = (uint32_t)(at % SERIAL_WINDOW);

	return t->present[i / 8] >> i % 8 & 1;
}

static void mark(struct serial_text *t, uint64_t at, bool present)
{
	uint32_t i = (uint32_t)(at % SERIAL_WINDOW);

	if (present)
		t->present[i / 8] |= (uint8_t)(1u << i % 8);
	else
		t->present[i / 8] &= (uint8_t) ~(1u << i % 8);
}

/* Hand on what follows without a gap. */
static void deliver_present(struct serial_text *t)
{
	while (t->base < t->end && is_present(t, t->base)) {
		uint32_t from = (uint32_t)(t->base % SERIAL_WINDOW), n = 0;

		while (t->base < t->end && from + n < SERIAL_WINDOW && is_present(t, t->base)) {
			mark(t, t->base++, false);
			n++;
		}
		deliver(t, t->window + from, n);
	}
}

/* Wait no longer for what lies before `to`. */
static void give_up_before(struct serial_text *t, uint64_t to)
{
	while (t->base < to) {
		if (t->base >= t->end) {
			t->counts.lost += to - t->base;
			t->base = to;
		} else if (is_present(t, t->base)) {
			deliver_present(t);
		} else {
			t->counts.lost++;
			t->base++;
		}
	}
	if (t->end < t->base)
		t->end = t->base;
	deliver_present(t);
}

static void end_stream(struct serial_text *t)
{
	if (!t->begun)
		return;
	give_up_before(t, t->end);
	t->counts.passed += t->reader.corrupt_bytes + (t->reader.filled - t->reader.start);
	t->counts.missing += t->reader.missing;
	t->begun = false;
}

static void begin_stream(struct serial_text *t, uint32_t boot)
{
	end_stream(t);
	record_reader_init(&t->reader);
	t->boot = boot;
	t->base = t->end = 0;
	t->begun = true;
	t->counts.boots++;
	if (t->sink.boot)
		t->sink.boot(t->sink.context, boot);
}

/* Into the window, bytes that are there already left alone. Was there anything new? */
static bool keep(struct serial_text *t, uint64_t at, const uint8_t *data, uint32_t length)
{
	bool is_new = false;

	for (uint32_t i = 0; i < length; i++) {
		if (at + i < t->base || is_present(t, at + i))
			continue;
		t->window[(at + i) % SERIAL_WINDOW] = data[i];
		mark(t, at + i, true);
		is_new = true;
	}
	if (at + length > t->end)
		t->end = at + length;
	return is_new;
}

static void take_data(struct serial_text *t, uint32_t offset, const uint8_t *data, uint32_t length)
{
	/* Offsets are told modulo 2^32: the nearest to what is expected is meant. */
	int64_t distance = (int32_t)(offset - (uint32_t)t->base);
	uint64_t at = t->base + (uint64_t)distance;

	if (distance < 0 && (uint64_t)-distance > t->base) /* before the begin of all */
		at = offset, distance = (int64_t)(at - t->base);
	if (distance == 0 && t->base == t->end) {
		t->base = t->end = at + length;
		deliver(t, data, length);
		return;
	}
	if (distance + (int64_t)length <= 0) {
		t->counts.repeated++;
		return;
	}
	if (at + length > t->base + SERIAL_WINDOW)
		give_up_before(t, at + length - SERIAL_WINDOW);
	if (keep(t, at, data, length))
		deliver_present(t);
	else
		t->counts.repeated++;
}

/* ---- Lines ---- */

enum line { LINE_BAD, LINE_GOOD, LINE_CUT };

static uint32_t little_endian(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Bytes that an escape sequence (ECMA-48) takes; 0: it is not all there. */
static size_t escape_length(const char *p, const char *end)
{
	const char *at = p + 1;

	if (at == end)
		return 0;
	if (*at++ != '[')
		return 2;
	while (at < end && (*at < 0x40 || *at > 0x7e))
		at++;
	return at == end ? 0 : (size_t)(at + 1 - p);
}

struct frame {
	uint8_t bytes[VQ_LINE_FRAME + 3];
	uint32_t length;
	size_t used; /* of the console */
};

static enum line check_frame(const struct frame *f, uint32_t count)
{
	/* A last digit that stands for no whole byte is none of ours. */
	if (count % 4 == 1 || f->length < LEAST_FRAME || f->length > VQ_LINE_FRAME)
		return LINE_BAD;
	if (vq_crc32(0, f->bytes, f->length - 4) != little_endian(f->bytes + f->length - 4))
		return LINE_BAD;
	return LINE_GOOD;
}

/* Is the blank at `at` the last of another BEGIN, after the one at `p`? */
static bool begins_again(const char *p, const char *at)
{
	return at - p >= 2 * (ptrdiff_t)BEGIN_LENGTH - 1 &&
	       !memcmp(at + 1 - BEGIN_LENGTH, BEGIN, BEGIN_LENGTH);
}

/* What begins with BEGIN at `p`? */
static enum line read_line(const struct alphabet *a, const char *p, const char *end,
			   struct frame *f)
{
	const char *at = p + BEGIN_LENGTH;
	const char *limit = end - p > (ptrdiff_t)SERIAL_LINE_BYTES ? p + SERIAL_LINE_BYTES : end;
	uint32_t bits = 0, count = 0;

	f->length = 0;
	while (at < limit) {
		uint8_t v = a->value[(uint8_t)*at];

		if (v < 64) {
			if (count == VQ_LINE_TEXT)
				return LINE_BAD;
			bits = bits << 6 | v;
			if (count++ % 4)
				f->bytes[f->length++] =
					(uint8_t)(bits >> (6 - 2 * ((count - 1) % 4)));
			at++;
		} else if (v == BLANK) {
			if (begins_again(p, at))
				return LINE_BAD;
			at++;
		} else if (v == ESCAPE) {
			size_t n = escape_length(at, limit);

			if (!n)
				break;
			at += n;
		} else if (*at == VQ_LINE_END) {
			f->used = (size_t)(at + 1 - p);
			return check_frame(f, count);
		} else {
			return LINE_BAD;
		}
	}
	return limit == end && end - p < (ptrdiff_t)SERIAL_LINE_BYTES ? LINE_CUT : LINE_BAD;
}

/* The next place where a line may begin, whole or cut off by the end; NULL: none. */
static const char *find_begin(const char *at, const char *end)
{
	while ((at = memchr(at, BEGIN[0], (size_t)(end - at)))) {
		size_t have = (size_t)(end - at);

		if (!memcmp(at, BEGIN, have < BEGIN_LENGTH ? have : BEGIN_LENGTH))
			return at;
		at++;
	}
	return NULL;
}

static void hand_noise(struct serial_text *t, const char *from, const char *to)
{
	if (t->sink.noise && to > from)
		t->sink.noise(t->sink.context, from, (size_t)(to - from));
}

static void take_frame(struct serial_text *t, const struct frame *f)
{
	uint32_t boot = little_endian(f->bytes), offset = little_endian(f->bytes + 4);

	t->counts.lines++;
	if (!t->begun || boot != t->boot)
		begin_stream(t, boot);
	take_data(t, offset, f->bytes + VQ_LINE_HEADER, f->length - VQ_LINE_HEADER - 4);
}

/* Returns how many bytes were dealt with: all, but for the begin of a line at the end. */
static size_t read_text(struct serial_text *t, const char *text, size_t size, bool last)
{
	const struct alphabet a = make_alphabet();
	const char *end = text + size, *done = text, *at = text;

	while ((at = find_begin(at, end))) {
		enum line line = LINE_CUT;
		struct frame f;

		f.length = 0;
		if ((size_t)(end - at) > BEGIN_LENGTH)
			line = read_line(&a, at, end, &f);
		if (line == LINE_CUT && !last) {
			hand_noise(t, done, at);
			return (size_t)(at - text);
		}
		if (line == LINE_GOOD) {
			hand_noise(t, done, at);
			take_frame(t, &f);
			at += f.used;
			at += at < end && *at == '\r';
			at += at < end && *at == '\n';
			done = at;
			continue;
		}
		t->counts.damaged += f.length >= LIKELY_LENGTH;
		at++;
	}
	hand_noise(t, done, end);
	return size;
}

void serial_text_feed(struct serial_text *t, const void *bytes, size_t size)
{
	const char *text = bytes;

	t->counts.bytes += size;
	while (t->carried && size) {
		size_t n = sizeof(t->carry) - t->carried, before = t->carried, used;

		if (n > size)
			n = size;
		memcpy(t->carry + t->carried, text, n);
		used = read_text(t, t->carry, before + n, false);
		if (used < before) { /* still not decided: then all of the new bytes are in */
			memmove(t->carry, t->carry + used, before + n - used);
			t->carried = (uint32_t)(before + n - used);
			return;
		}
		t->carried = 0;
		text += used - before;
		size -= used - before;
	}
	if (size) {
		size_t used = read_text(t, text, size, false);

		memcpy(t->carry, text + used, size - used);
		t->carried = (uint32_t)(size - used);
	}
}

void serial_text_end(struct serial_text *t)
{
	read_text(t, t->carry, t->carried, true);
	t->carried = 0;
	end_stream(t);
}

/* ---- The other way ---- */

size_t serial_line(char line[SERIAL_LINE_SIZE], uint32_t boot, uint32_t offset, const void *data,
		   uint32_t length)
{
	uint8_t frame[VQ_LINE_FRAME];
	uint32_t bits = 0, held = 0, crc;
	char *out = line + BEGIN_LENGTH;

	if (length > VQ_LINE_DATA)
		length = VQ_LINE_DATA;
	memcpy(line, BEGIN, BEGIN_LENGTH);
	memcpy(frame, &boot, 4);
	memcpy(frame + 4, &offset, 4);
	memcpy(frame + VQ_LINE_HEADER, data, length);
	crc = vq_crc32(0, frame, VQ_LINE_HEADER + length);
	memcpy(frame + VQ_LINE_HEADER + length, &crc, 4);
	for (uint32_t i = 0; i < VQ_LINE_HEADER + length + 4; i++) {
		bits = bits << 8 | frame[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = digits[bits >> (held - 6) & 63];
	}
	if (held)
		*out++ = digits[bits << (6 - held) & 63];
	*out++ = VQ_LINE_END;
	*out++ = '\n';
	*out = '\0';
	return (size_t)(out - line);
}
