/* SPDX-License-Identifier: Apache-2.0 */
/* The reader of hwloc's XML: what it takes, what it passes over, and what no text makes it do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/topology.h"

#define ROOM 8

static struct topology_object objects[ROOM];

static void assert_object(size_t i, enum topology_kind kind, unsigned int depth, int64_t index,
			  uint64_t bytes)
{
	assert_int_equal(objects[i].kind, kind);
	assert_int_equal(objects[i].depth, depth);
	assert_int_equal(objects[i].index, index);
	assert_int_equal(objects[i].bytes, bytes);
}

static void test_reads(void **state)
{
	(void)state;
	assert_int_equal(
		topology_read("<?xml version=\"1.0\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">"
			      "<topology><object type=\"Machine\" os_index=\"0\">"
			      "<info name=\"a\" value=\"<object type='PU'>\"/>"
			      "<object type=\"NUMANode\" os_index=\"1\" local_memory=\"4096\"/>"
			      "<object\n type=\"L3Cache\" gp_index=\"9\" cache_size=\"1024\">"
			      "<object type=\"PU\" os_index=\"7\"></object></object>"
			      "<object type=\"Core\" os_index=\"2\"/></object></topology>",
			      objects, ROOM),
		5);
	assert_object(0, TOPOLOGY_MACHINE, 0, 0, 0);
	assert_object(1, TOPOLOGY_MEMORY, 1, 1, 4096);
	assert_object(2, TOPOLOGY_L3, 1, -1, 1024);
	assert_object(3, TOPOLOGY_CPU, 2, 7, 0);
	assert_object(4, TOPOLOGY_CORE, 1, 2, 0);
}

/* What is inside a device is no part of the drawing; what follows it is. */
static void test_passes_over(void **state)
{
	(void)state;
	assert_int_equal(topology_read("<object type=\"Machine\"><object type=\"Bridge\">"
				       "<object type=\"PCIDev\"><object type=\"PU\"/></object>"
				       "</object><object type=\"Package\"/></object>",
				       objects, ROOM),
			 2);
	assert_object(1, TOPOLOGY_PACKAGE, 1, -1, 0);
}

static void test_hostile(void **state)
{
	static const char *const texts[] = {
		"",
		"no markup",
		"<",
		"<object",
		"<object ",
		"<object >",
		"<object type=",
		"<object type=\"",
		"<object type=\"PU",
		"<object type=\"PU\"",
		"<object type=\"PUX\"/>",
		"<object type=\"PU' a='>",
		"</object></object></object>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(topology_read(texts[i], objects, ROOM), 0);
	assert_int_equal(topology_read("</object><object type=\"PU\" os_index=\"-3\" "
				       "cache_size=\"99999999999999999999999\"/></object>"
				       "<object type=\"PU\" os_index=\"x\"/>",
				       objects, ROOM),
			 2);
	assert_object(0, TOPOLOGY_CPU, 0, -1, UINT64_MAX);
	assert_object(1, TOPOLOGY_CPU, 0, -1, 0);
}

/* More objects than there is room for are counted; nesting has a bottom. */
static void test_bounds(void **state)
{
	const char *one = "<object type=\"Group\">";
	size_t n = 5000, length = strlen(one);
	char *text = malloc(n * length + 1);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < n; i++)
		memcpy(text + i * length, one, length);
	text[n * length] = 0;
	assert_int_equal(topology_read(text, objects, ROOM), TOPOLOGY_DEPTH);
	for (unsigned int i = 0; i < ROOM; i++)
		assert_object(i, TOPOLOGY_GROUP, i, -1, 0);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_passes_over),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_bounds),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
