/* SPDX-License-Identifier: Apache-2.0 */
/* The record stream: what the guest writes arrives; what is no record does not, and is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/core/record.h"
#include "harness/core/stats.h"

#define HEADER sizeof(struct vq_record)

static struct vq_ring ring;
static struct record_writer writer;
static struct record_reader reader;
static struct record record;

static int fresh(void **state)
{
	(void)state;
	memset(&ring, 0, sizeof(ring));
	writer = (struct record_writer){.ring = &ring};
	record_reader_init(&reader);
	return 0;
}

/* A payload that its number and length determine. */
static uint32_t make_payload(uint8_t *payload, uint32_t number)
{
	struct random r;
	uint32_t length;

	random_seed(&r, number);
	length = (uint32_t)random_below(&r, number % 10 ? 200 : VQ_RECORD_MAX_PAYLOAD + 1);
	for (uint32_t i = 0; i < length; i++)
		payload[i] = (uint8_t)random_next(&r);
	return length;
}

static void write_numbered(uint32_t number)
{
	static uint8_t payload[VQ_RECORD_MAX_PAYLOAD];
	uint32_t length = make_payload(payload, number);

	record_write(&writer, (uint16_t)(1 + number % 7), (uint16_t)(number % 32), payload, length);
}

static void assert_is_numbered(uint32_t number)
{
	static uint8_t payload[VQ_RECORD_MAX_PAYLOAD];
	uint32_t length = make_payload(payload, number);

	assert_int_equal(record.header.type, 1 + number % 7);
	assert_int_equal(record.header.cpu, number % 32);
	assert_int_equal(record.header.length, length);
	assert_memory_equal(record.payload, payload, length);
}

/* The bytes that `count` records make, taken out of the ring. */
static uint32_t stream_of(uint8_t *bytes, uint32_t count)
{
	uint32_t length;

	for (uint32_t i = 0; i < count; i++)
		write_numbered(i + 1);
	length = (uint32_t)(ring.head - ring.tail);
	assert_true(length <= VQ_RING_DATA_SIZE);
	memcpy(bytes, ring.data, length);
	return length;
}

/* Far more than a ring, written and read in turns of random size: all arrive, in order. */
static void ring_round_trip_wraps(void **state)
{
	uint32_t written = 0, got = 0;
	enum record_status status;
	struct random r;

	(void)state;
	random_seed(&r, 4);
	while (got < 3000) {
		while (written < 3000 && VQ_RING_DATA_SIZE - (ring.head - ring.tail) >
						 HEADER + VQ_RECORD_MAX_PAYLOAD) {
			write_numbered(written++);
			if (!random_below(&r, 40))
				break;
		}
		assert_true(record_feed_ring(&reader, &ring) >= 0);
		while ((status = record_next(&reader, &record)) != RECORD_NONE) {
			assert_int_equal(status, RECORD_OK);
			assert_int_equal(record.header.sequence, got);
			assert_is_numbered(got++);
		}
	}
	assert_true(ring.head > 10ull * VQ_RING_DATA_SIZE);
	assert_int_equal(ring.head, ring.tail);
	assert_int_equal(reader.corrupt_bytes, 0);
	assert_int_equal(reader.missing, 0);
}

static void drain_one(void *context)
{
	uint32_t *got = context;
	enum record_status status;

	record_feed_ring(&reader, &ring);
	while ((status = record_next(&reader, &record)) != RECORD_NONE) {
		assert_int_equal(status, RECORD_OK);
		assert_is_numbered((*got)++);
	}
}

static void full_ring_waits_for_the_host(void **state)
{
	uint32_t got = 0;

	(void)state;
	writer.wait_for_space = drain_one;
	writer.context = &got;
	for (uint32_t i = 0; i < 1000; i++)
		write_numbered(i);
	assert_true(got > 0);
	while (ring.head != ring.tail)
		drain_one(&got);
	assert_int_equal(got, 1000);
}

static void serial_byte_by_byte(void **state)
{
	static uint8_t bytes[VQ_RING_DATA_SIZE];
	uint32_t length = stream_of(bytes, 25), got = 0;

	(void)state;
	for (uint32_t i = 0; i < length; i++) {
		assert_int_equal(record_feed(&reader, bytes + i, 1), 1);
		if (record_next(&reader, &record) == RECORD_OK)
			assert_is_numbered(++got);
	}
	assert_int_equal(got, 25);
	assert_int_equal(reader.corrupt_bytes, 0);
}

static void too_long_is_dropped_by_the_writer(void **state)
{
	static uint8_t payload[VQ_RECORD_MAX_PAYLOAD + 1];

	(void)state;
	record_write(&writer, VQ_RECORD_EVENT, 0, payload, VQ_RECORD_MAX_PAYLOAD + 1);
	assert_int_equal(ring.head, 0);
	record_write(&writer, VQ_RECORD_EVENT, 0, payload, VQ_RECORD_MAX_PAYLOAD);
	record_write(&writer, VQ_RECORD_GOODBYE, 0, NULL, 0);
	assert_int_equal(record_feed_ring(&reader, &ring), 2 * HEADER + VQ_RECORD_MAX_PAYLOAD);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_int_equal(record.header.length, VQ_RECORD_MAX_PAYLOAD);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_int_equal(record.header.type, VQ_RECORD_GOODBYE);
	assert_int_equal(record_next(&reader, &record), RECORD_NONE);
}

/* Every byte of the second of three records, damaged in turn: it alone is lost. A damaged magic
 * or length must not take the third with it. */
static void any_damaged_byte_loses_one_record(void **state)
{
	uint32_t begin, end;

	(void)state;
	write_numbered(1);
	begin = (uint32_t)ring.head;
	write_numbered(2);
	end = (uint32_t)ring.head;
	write_numbered(3);

	for (uint32_t i = begin; i < end; i++) {
		uint32_t gaps = 0, good = 0;
		enum record_status status;

		for (int bit = 0; bit < 8; bit++) {
			record_reader_init(&reader);
			ring.tail = 0;
			gaps = good = 0;
			ring.data[i] ^= (uint8_t)(1u << bit);
			assert_int_equal(record_feed_ring(&reader, &ring), ring.head);
			ring.data[i] ^= (uint8_t)(1u << bit);
			while ((status = record_next(&reader, &record)) != RECORD_NONE) {
				if (status == RECORD_CORRUPT) {
					assert_int_not_equal(reader.error[0], '\0');
					gaps++;
					continue;
				}
				assert_is_numbered(good++ ? 3 : 1);
			}
			assert_int_equal(good, 2);
			assert_int_equal(gaps, 1);
			assert_int_equal(reader.corrupt_bytes, end - begin);
			assert_int_equal(reader.missing, 1);
		}
	}
}

static void cut_off_bytes_resynchronise(void **state)
{
	static uint8_t bytes[VQ_RING_DATA_SIZE];
	struct vq_record first;
	uint32_t length;

	(void)state;
	stream_of(bytes, 3);
	memcpy(&first, bytes, sizeof(first));
	length = (uint32_t)HEADER + first.length;
	/* All but the last 5 bytes of the first record, then the others. */
	record_feed(&reader, bytes, length - 5);
	assert_int_equal(record_next(&reader, &record), RECORD_NONE);
	record_feed(&reader, bytes + length, (uint32_t)ring.head - length);
	assert_int_equal(record_next(&reader, &record), RECORD_CORRUPT);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_is_numbered(2);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_is_numbered(3);
	assert_int_equal(reader.corrupt_bytes, length - 5);
	assert_int_equal(reader.missing, 1);
}

/* A megabyte of noise is one gap, and the record behind it arrives. */
static void noise_is_one_gap(void **state)
{
	uint64_t noise = 0;
	uint32_t gaps = 0;
	struct random r;
	int got = 0;

	(void)state;
	random_seed(&r, 5);
	while (noise < 1000000) {
		uint8_t bytes[997];

		for (size_t i = 0; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)random_next(&r);
		assert_int_equal(record_feed(&reader, bytes, sizeof(bytes)), sizeof(bytes));
		noise += sizeof(bytes);
		while (record_next(&reader, &record) != RECORD_NONE)
			gaps++;
	}
	assert_int_equal(gaps, 1);
	write_numbered(1);
	assert_true(record_feed_ring(&reader, &ring) > 0);
	while (!got) {
		enum record_status status = record_next(&reader, &record);

		assert_int_not_equal(status, RECORD_NONE);
		got = status == RECORD_OK;
	}
	assert_is_numbered(1);
	assert_true(reader.corrupt_bytes == noise);
}

static void length_over_the_limit_is_refused(void **state)
{
	struct vq_record header = {.magic = VQ_RECORD_MAGIC, .length = VQ_RECORD_MAX_PAYLOAD + 1};

	(void)state;
	header.checksum = vq_checksum(0xcbf29ce484222325ull, &header, 16);
	record_feed(&reader, &header, sizeof(header));
	assert_int_equal(record_next(&reader, &record), RECORD_CORRUPT);
	assert_non_null(strstr(reader.error, "length"));
	assert_int_equal(record_next(&reader, &record), RECORD_NONE);
	assert_int_equal(reader.corrupt_bytes, sizeof(header));
}

static void sequence_gap_counts_as_missing(void **state)
{
	(void)state;
	write_numbered(1);
	writer.sequence += 5;
	write_numbered(2);
	record_feed_ring(&reader, &ring);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_int_equal(record.header.sequence, 6);
	assert_is_numbered(2);
	assert_int_equal(reader.missing, 5);
	assert_int_equal(reader.corrupt_bytes, 0);
}

static void sequence_that_goes_back_is_refused(void **state)
{
	(void)state;
	write_numbered(1);
	write_numbered(2);
	writer.sequence = 1; /* again */
	write_numbered(3);
	write_numbered(4);
	record_feed_ring(&reader, &ring);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_int_equal(record_next(&reader, &record), RECORD_CORRUPT);
	assert_non_null(strstr(reader.error, "back"));
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_is_numbered(4);
	assert_int_equal(reader.missing, 0);
}

static void sequence_wraps(void **state)
{
	(void)state;
	writer.sequence = reader.next_sequence = UINT32_MAX;
	write_numbered(1);
	write_numbered(2);
	record_feed_ring(&reader, &ring);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_int_equal(record_next(&reader, &record), RECORD_OK);
	assert_int_equal(record.header.sequence, 0);
	assert_int_equal(reader.missing, 0);
}

/* A head that cannot be resets the ring; both sides then go on. */
static void senseless_head_resets_the_ring(void **state)
{
	static const uint64_t heads[] = {VQ_RING_DATA_SIZE + 1, UINT64_MAX, 1ull << 63};

	(void)state;
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		fresh(NULL);
		ring.head = heads[i];
		assert_int_equal(record_feed_ring(&reader, &ring), -1);
		assert_non_null(strstr(reader.error, "ring"));
		assert_int_equal(record_feed_ring(&reader, &ring), 0);
		write_numbered(1);
		assert_true(record_feed_ring(&reader, &ring) > 0);
		assert_int_equal(record_next(&reader, &record), RECORD_OK);
		assert_is_numbered(1);
	}
	fresh(NULL);
	ring.tail = 8; /* head behind tail */
	assert_int_equal(record_feed_ring(&reader, &ring), -1);
}

/* The reader takes what fits and leaves the rest in the ring. */
static void feed_is_finite(void **state)
{
	static uint8_t zeros[VQ_RING_DATA_SIZE];

	(void)state;
	assert_int_equal(record_feed(&reader, zeros, sizeof(zeros)), sizeof(reader.buffer));
	assert_int_equal(record_feed(&reader, zeros, 1), 0);
	ring.head = VQ_RING_DATA_SIZE;
	assert_int_equal(record_feed_ring(&reader, &ring), 0);
	assert_int_equal(ring.tail, 0);
	assert_int_equal(record_next(&reader, &record), RECORD_CORRUPT);
	assert_int_equal(record_next(&reader, &record), RECORD_NONE);
	assert_int_equal(reader.corrupt_bytes, sizeof(reader.buffer));
	assert_int_equal(record_feed_ring(&reader, &ring), sizeof(reader.buffer));
}

static void type_names(void **state)
{
	(void)state;
	assert_string_equal(record_type_name(VQ_RECORD_HELLO), "hello");
	assert_string_equal(record_type_name(VQ_RECORD_GOODBYE), "goodbye");
	assert_string_equal(record_type_name(0), "record 0");
	assert_string_equal(record_type_name(77), "record 77");
	assert_string_equal(record_type_name(65535), "record 65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ring_round_trip_wraps, fresh),
		cmocka_unit_test_setup(full_ring_waits_for_the_host, fresh),
		cmocka_unit_test_setup(serial_byte_by_byte, fresh),
		cmocka_unit_test_setup(too_long_is_dropped_by_the_writer, fresh),
		cmocka_unit_test_setup(any_damaged_byte_loses_one_record, fresh),
		cmocka_unit_test_setup(cut_off_bytes_resynchronise, fresh),
		cmocka_unit_test_setup(noise_is_one_gap, fresh),
		cmocka_unit_test_setup(length_over_the_limit_is_refused, fresh),
		cmocka_unit_test_setup(sequence_gap_counts_as_missing, fresh),
		cmocka_unit_test_setup(sequence_that_goes_back_is_refused, fresh),
		cmocka_unit_test_setup(sequence_wraps, fresh),
		cmocka_unit_test_setup(senseless_head_resets_the_ring, fresh),
		cmocka_unit_test_setup(feed_is_finite, fresh),
		cmocka_unit_test(type_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
