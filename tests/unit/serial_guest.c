/* SPDX-License-Identifier: Apache-2.0 */
/* A guest behind a console: what it says stands where a trial looks for it, whoever says it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/platform/serial_guest.h"

#define BOOT 0x1234abcdu

static struct machine machine;
static struct machine_status status;
static uint8_t *memory;
static struct serial_guest guest;
static struct vq_ring said; /* by the guest, before it becomes lines */
static struct record_writer writer;
static uint64_t sent;

static int fresh(void **state)
{
	(void)state;
	if (!memory)
		memory = malloc(VQ_IMAGE_OFFSET);
	memset(memory, 0, VQ_IMAGE_OFFSET);
	memset(&status, 0, sizeof(status));
	memset(&said, 0, sizeof(said));
	if (machine.event > 0)
		close(machine.event);
	machine = (struct machine){.memory = memory,
				   .memory_size = VQ_IMAGE_OFFSET,
				   .status = &status,
				   .event = eventfd(0, EFD_CLOEXEC),
				   .config = {.cpus = 2, .command = "bench=x seed=1"}};
	writer = (struct record_writer){.ring = &said};
	sent = 0;
	serial_guest_begin(&guest, &machine);
	return 0;
}

/* What was written since, as lines of a boot's. */
static void say(uint32_t boot)
{
	while (sent < said.head) {
		uint64_t left = said.head - sent;
		uint32_t n = left < VQ_LINE_DATA ? (uint32_t)left : VQ_LINE_DATA;
		char line[SERIAL_LINE_SIZE];
		size_t length = serial_line(line, boot, (uint32_t)sent, said.data + sent, n);

		serial_guest_feed(&guest, line, length);
		sent += n;
	}
}

static void write_goodbye(void)
{
	const struct vq_goodbye bye = {.batches = 1};

	record_write(&writer, VQ_RECORD_GOODBYE, 0, &bye, sizeof(bye));
}

/* Of records of that type, how many reach the trial? */
static unsigned int heard(uint16_t type)
{
	static struct record_reader reader;
	static struct record r;
	unsigned int n = 0;

	record_reader_init(&reader);
	assert_true(record_feed_ring(&reader, (struct vq_ring *)(memory + VQ_RING_OFFSET)) >= 0);
	while (record_next(&reader, &r) == RECORD_OK)
		n += r.header.type == type;
	return n;
}

static void test_records(void **state)
{
	const struct vq_hello hello = {.abi_version = VQ_ABI_VERSION};
	static const char grub[] = "Booting `virt-qualify'\n\x1b[31m";

	(void)state;
	record_write(&writer, VQ_RECORD_HELLO, 0, &hello, sizeof(hello));
	serial_guest_feed(&guest, grub, sizeof(grub) - 1);
	assert_int_equal(status.ready, 0);
	say(BOOT);
	assert_int_equal(status.ready, 1);
	assert_int_equal(status.end, MACHINE_RUNNING);
	assert_int_equal(heard(VQ_RECORD_HELLO), 1);
	write_goodbye();
	say(BOOT);
	assert_int_equal(status.end, MACHINE_GOODBYE);
	assert_non_null(strstr(status.console, "Booting"));
	assert_null(strchr(status.console, '\x1b'));
}

static void test_heartbeats(void **state)
{
	const struct vq_heartbeat *page = (const void *)(memory + VQ_HEARTBEAT_OFFSET);
	struct vq_heartbeat cells[3] = {{.sequence = 7}, {.sequence = 8}, {.sequence = 9}};

	(void)state;
	record_write(&writer, VQ_RECORD_HEARTBEAT, 0, cells, 2 * sizeof(cells[0]));
	say(BOOT);
	assert_int_equal(page[0].sequence, 7);
	assert_int_equal(page[1].sequence, 8);
	/* One that is for another number of CPUs changes nothing, and none is a trial's record. */
	cells[0].sequence = 10;
	record_write(&writer, VQ_RECORD_HEARTBEAT, 0, cells, sizeof(cells));
	record_write(&writer, VQ_RECORD_HEARTBEAT, 0, cells, sizeof(cells[0]) - 1);
	say(BOOT);
	assert_int_equal(page[0].sequence, 7);
	assert_int_equal(page[2].sequence, 0);
	assert_int_equal(heard(VQ_RECORD_HEARTBEAT), 0);
}

/* Another boot's records are not this trial's. */
static void test_second_boot(void **state)
{
	const struct vq_hello hello = {.abi_version = VQ_ABI_VERSION};

	(void)state;
	record_write(&writer, VQ_RECORD_HELLO, 0, &hello, sizeof(hello));
	say(BOOT);
	sent = 0;
	say(BOOT + 1);
	assert_int_equal(status.end, MACHINE_SHUTDOWN);
	assert_non_null(strstr(status.error, "second time"));
	assert_int_equal(heard(VQ_RECORD_HELLO), 1);
}

static void test_noise(void **state)
{
	static uint8_t bytes[20000];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 2654435761u >> 13);
	serial_guest_feed(&guest, bytes, sizeof(bytes));
	serial_guest_feed(&guest, "the last word", 13);
	assert_int_equal(status.ready, 0);
	assert_true(strlen(status.console) < sizeof(status.console));
	assert_non_null(strstr(status.console, "the last word"));
}

static void test_command(void **state)
{
	char text[200];

	(void)state;
	serial_guest_command(&machine, 2300000, text, sizeof(text));
	assert_non_null(strstr(text, "transport=serial"));
	assert_non_null(strstr(text, "tsc_khz=2300000"));
	assert_non_null(strstr(text, "cpus=2"));
	assert_non_null(strstr(text, "bench=x seed=1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_records, fresh),
		cmocka_unit_test_setup(test_heartbeats, fresh),
		cmocka_unit_test_setup(test_second_boot, fresh),
		cmocka_unit_test_setup(test_noise, fresh),
		cmocka_unit_test_setup(test_command, fresh),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("serial_guest", tests, NULL, NULL);
}
