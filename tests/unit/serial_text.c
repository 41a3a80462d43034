/* SPDX-License-Identifier: Apache-2.0 */
/* Records as lines of a console: whatever happens to them, none comes out wrong, and what is
 * missing is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/core/serial_text.h"
#include "harness/core/stats.h"

#define BOOT	    0x1234abcdu
#define MAX_LINES   4000
#define CONSOLE_MAX (4u << 20)

static struct vq_ring ring;
static struct record_writer writer;
static struct serial_text text;
static char lines[MAX_LINES][SERIAL_LINE_SIZE];
static uint32_t line_count;
static char console[CONSOLE_MAX];
static size_t console_size;

/* What came out. */
static uint32_t next_number, delivered, boots;
static uint64_t missing_before;
static char noise[1 << 16];
static size_t noise_size;

static uint32_t make_payload(uint8_t *payload, uint32_t number)
{
	struct random r;
	uint32_t length;

	random_seed(&r, number);
	length = (uint32_t)random_below(&r, number % 20 ? 200 : 3000);
	for (uint32_t i = 0; i < length; i++)
		payload[i] = (uint8_t)random_next(&r);
	return length;
}

static void take_record(void *context, const struct record *r, uint64_t missing)
{
	static uint8_t payload[VQ_RECORD_MAX_PAYLOAD];
	uint32_t number = r->header.sequence;

	(void)context;
	assert_true(number >= next_number);
	assert_int_equal(missing, number - next_number);
	assert_int_equal(r->header.length, make_payload(payload, number));
	assert_memory_equal(r->payload, payload, r->header.length);
	next_number = number + 1;
	missing_before += missing;
	delivered++;
}

static void take_boot(void *context, uint32_t number)
{
	(void)context;
	(void)number;
	next_number = 0;
	boots++;
}

static void take_noise(void *context, const char *bytes, size_t size)
{
	(void)context;
	if (size > sizeof(noise) - noise_size)
		size = sizeof(noise) - noise_size;
	memcpy(noise + noise_size, bytes, size);
	noise_size += size;
}

static int fresh(void **state)
{
	static const struct serial_sink sink = {
		.boot = take_boot, .record = take_record, .noise = take_noise};

	(void)state;
	memset(&ring, 0, sizeof(ring));
	writer = (struct record_writer){.ring = &ring};
	serial_text_init(&text, &sink);
	line_count = 0;
	console_size = 0;
	next_number = delivered = boots = 0;
	missing_before = 0;
	noise_size = 0;
	return 0;
}

/* The lines that a guest would send for so many records; they must fit the ring. */
static void make_lines(uint32_t records)
{
	static uint8_t payload[VQ_RECORD_MAX_PAYLOAD];

	for (uint32_t i = 0; i < records; i++) {
		uint32_t length = make_payload(payload, i);

		record_write(&writer, 3, 0, payload, length);
	}
	for (uint64_t at = 0; at < ring.head; at += VQ_LINE_DATA)
		serial_line(lines[line_count++], BOOT, (uint32_t)at, ring.data + at,
			    ring.head - at < VQ_LINE_DATA ? (uint32_t)(ring.head - at)
							  : VQ_LINE_DATA);
}

static void say(const char *s, size_t size)
{
	assert_true(console_size + size <= CONSOLE_MAX);
	memcpy(console + console_size, s, size);
	console_size += size;
}

static void say_line(uint32_t i)
{
	say(lines[i], strlen(lines[i]));
}

static void listen(void)
{
	serial_text_feed(&text, console, console_size);
	serial_text_end(&text);
}

static void test_lines_fit_a_console(void **state)
{
	(void)state;
	make_lines(50);
	for (uint32_t i = 0; i < line_count; i++) {
		assert_true(strlen(lines[i]) - 1 <= 76);
		for (const char *c = lines[i]; *c != '\n'; c++)
			assert_true(*c >= ' ' && *c < 0x7f);
	}
}

static void test_what_is_sent_arrives(void **state)
{
	(void)state;
	make_lines(300);
	for (uint32_t i = 0; i < line_count; i++)
		say_line(i);
	listen();
	assert_int_equal(delivered, 300);
	assert_int_equal(boots, 1);
	assert_int_equal(text.counts.lines, line_count);
	assert_int_equal(text.counts.damaged + text.counts.lost + text.counts.missing +
				 text.counts.passed,
			 0);
	assert_int_equal(noise_size, 0);
}

static void test_any_piece_size(void **state)
{
	for (size_t piece = 1; piece < 200; piece += 7) {
		fresh(state);
		make_lines(30);
		for (uint32_t i = 0; i < line_count; i++) {
			say_line(i);
			say("VQ1 VQ", 6);
		}
		for (size_t at = 0; at < console_size; at += piece)
			serial_text_feed(&text, console + at,
					 console_size - at < piece ? console_size - at : piece);
		serial_text_end(&text);
		assert_int_equal(delivered, 30);
	}
}

/* Prefixes, carriage returns, wraps, escapes and zero bytes in the middle of lines. */
static void test_what_consoles_do(void **state)
{
	(void)state;
	make_lines(100);
	for (uint32_t i = 0; i < line_count; i++) {
		size_t length = strlen(lines[i]) - 1, cut = 5 + i % 60;

		if (cut > length - 1)
			cut = length - 1;
		say("[   12.345678] ", 15);
		say(lines[i], cut);
		say(i % 4 == 0	 ? "\r\n"
		    : i % 4 == 1 ? "\0\0"
		    : i % 4 == 2 ? "\033[1;33m"
				 : "\n",
		    i % 4 == 0	 ? 2
		    : i % 4 == 1 ? 2
		    : i % 4 == 2 ? 7
				 : 1);
		say(lines[i] + cut, length - cut);
		say("\r\r\n", 3);
	}
	listen();
	assert_int_equal(delivered, 100);
	assert_int_equal(text.counts.damaged, 0);
}

static void test_a_repetition_heals(void **state)
{
	(void)state;
	make_lines(100);
	for (uint32_t i = 0; i < line_count; i++) {
		if (i % 5 == 2)
			lines[i][20] ^= 1;
		say_line(i);
		if (i % 5 == 2)
			lines[i][20] ^= 1;
	}
	for (uint32_t i = line_count; i-- > 0;)
		say_line(i);
	listen();
	assert_int_equal(delivered, 100);
	assert_int_equal(text.counts.lost, 0);
	assert_true(text.counts.damaged > 0);
	assert_true(text.counts.repeated > 0);
}

static void test_what_is_lost_is_counted(void **state)
{
	(void)state;
	make_lines(100);
	for (uint32_t i = 0; i < line_count; i++)
		if (i != line_count / 2)
			say_line(i);
	listen();
	assert_true(delivered < 100 && delivered > 90);
	assert_int_equal(missing_before, 100 - delivered);
	assert_int_equal(text.counts.missing, missing_before);
	assert_int_equal(text.counts.lost, VQ_LINE_DATA);
	assert_true(text.counts.passed > 0);
}

/* As a cloud keeps only the last of a console. */
static void test_a_log_without_its_begin(void **state)
{
	(void)state;
	make_lines(400);
	for (uint32_t i = line_count / 2; i < line_count; i++)
		say_line(i);
	listen();
	assert_true(delivered > 100);
	assert_int_equal(missing_before + delivered, 400);
}

static void test_two_boots(void **state)
{
	(void)state;
	make_lines(50);
	for (uint32_t i = 0; i < line_count / 2; i++)
		say_line(i);
	for (uint64_t at = 0; at < ring.head; at += VQ_LINE_DATA) {
		char line[SERIAL_LINE_SIZE];
		uint64_t left = ring.head - at;

		say(line, serial_line(line, BOOT + 1, (uint32_t)at, ring.data + at,
				      left < VQ_LINE_DATA ? (uint32_t)left : VQ_LINE_DATA));
	}
	listen();
	assert_int_equal(boots, 2);
	assert_int_equal(next_number, 50);
	assert_true(delivered > 50 && delivered < 100);
}

static void test_noise_is_kept(void **state)
{
	(void)state;
	make_lines(3);
	say("Booting\r\n", 9);
	say_line(0);
	say("kernel: VQ1 is no line\n", 23);
	say_line(1);
	listen();
	assert_int_equal(noise_size, 32);
	assert_memory_equal(noise, "Booting\r\nkernel: VQ1 is no line\n", 32);
	assert_int_equal(text.counts.damaged, 0);
}

/* Offsets at the end of 32 bits, and any that an enemy may choose: it ends, and nothing is wrong.
 */
static void test_wild_offsets(void **state)
{
	static const uint32_t offsets[] = {0xffffffff, 0, 0x80000000, 5, 0x7fffffff, 0xfffffff0, 1};
	uint8_t data[VQ_LINE_DATA] = {0x43, 0x52, 0x51, 0x56};
	char line[SERIAL_LINE_SIZE];

	(void)state;
	for (int turn = 0; turn < 100; turn++)
		for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++)
			say(line, serial_line(line, BOOT, offsets[i] + (uint32_t)turn, data,
					      1 + (uint32_t)(turn % VQ_LINE_DATA)));
	listen();
	assert_int_equal(delivered, 0);
	assert_int_equal(text.counts.lines, 700);
}

/* ---- Random damage ---- */

static void damage(struct random *r)
{
	size_t at = random_below(r, console_size), n = 1 + random_below(r, 200);

	if (n > console_size - at)
		n = console_size - at;
	switch (random_below(r, 5)) {
	case 0: /* a flipped bit */
		console[at] ^= (char)(1 << random_below(r, 8));
		break;
	case 1: /* cut out */
		memmove(console + at, console + at + n, console_size - at - n);
		console_size -= n;
		break;
	case 2: /* somebody else spoke */
		if (console_size + n > CONSOLE_MAX)
			break;
		memmove(console + at + n, console + at, console_size - at);
		for (size_t i = 0; i < n; i++)
			console[at + i] = (char)random_next(r);
		console_size += n;
		break;
	case 3: /* overwritten */
		memset(console + at, 0, n);
		break;
	default: /* the same again, elsewhere */
		if (at + 2 * n < console_size)
			memcpy(console + at + n, console + at, n);
		break;
	}
}

static void test_random_damage(void **state)
{
	struct random r;
	uint32_t least = UINT32_MAX, most = 0;

	random_seed(&r, 20);
	for (int turn = 0; turn < 300; turn++) {
		uint32_t wounds = (uint32_t)random_below(&r, 100);

		fresh(state);
		make_lines(150);
		for (uint32_t i = 0; i < line_count; i++)
			say_line(i);
		for (uint32_t i = 0; i < wounds; i++)
			damage(&r);
		for (size_t at = 0; at < console_size;) {
			size_t piece = 1 + random_below(&r, 5000);

			if (piece > console_size - at)
				piece = console_size - at;
			serial_text_feed(&text, console + at, piece);
			at += piece;
		}
		serial_text_end(&text);
		/* take_record has held each against what was sent. */
		assert_true(delivered + missing_before <= 150 * (uint64_t)boots);
		least = delivered < least ? delivered : least;
		most = delivered > most ? delivered : most;
	}
	assert_true(most > 100 && least < most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lines_fit_a_console, fresh),
		cmocka_unit_test_setup(test_what_is_sent_arrives, fresh),
		cmocka_unit_test_setup(test_any_piece_size, fresh),
		cmocka_unit_test_setup(test_what_consoles_do, fresh),
		cmocka_unit_test_setup(test_a_repetition_heals, fresh),
		cmocka_unit_test_setup(test_what_is_lost_is_counted, fresh),
		cmocka_unit_test_setup(test_a_log_without_its_begin, fresh),
		cmocka_unit_test_setup(test_two_boots, fresh),
		cmocka_unit_test_setup(test_noise_is_kept, fresh),
		cmocka_unit_test_setup(test_wild_offsets, fresh),
		cmocka_unit_test_setup(test_random_damage, fresh),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("serial_text", tests, NULL, NULL);
}
