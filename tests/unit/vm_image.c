/* SPDX-License-Identifier: Apache-2.0 */
/* An image of the user's is not believed: cut off, or with any of its words damaged. */
#include <elf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/vmm/vmm.h"

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

#define RAM (2u << 20)

/* A copy of just that size: what is read beyond it, a sanitizer sees. */
static int load(const uint8_t *bytes, size_t size, uint32_t *pvh)
{
	uint8_t *copy = malloc(size + !size), *ram = malloc(RAM);
	struct vm_image image = {.bytes = copy, .size = size};
	char error[128] = "";
	uint64_t entry;
	int ret;

	assert_non_null(copy);
	assert_non_null(ram);
	memcpy(copy, bytes, size);
	*pvh = image_pvh_entry_elf(&image);
	ret = image_load_elf(&image, ram, RAM, &entry, error, sizeof(error));
	assert_true(ret == 0 || (error[0] && !strchr(error, '\n')));
	free(ram);
	free(copy);
	return ret;
}

static void a_whole_one_has_an_entry(void **state)
{
	uint32_t pvh;

	(void)state;
	assert_int_equal(load(guest_image_start, guest_image_size, &pvh), 0);
	assert_int_equal(pvh, image_pvh_entry());
	assert_int_not_equal(pvh, 0);
}

static void one_that_is_cut_off_is_refused(void **state)
{
	uint32_t pvh;

	(void)state;
	for (size_t size = 0; size < 4096; size += 13)
		assert_int_equal(load(guest_image_start, size, &pvh), -1);
}

static void damaged_headers_are_survived(void **state)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)guest_image_start;
	size_t headers = eh->e_phoff + eh->e_phnum * sizeof(Elf64_Phdr);
	uint8_t *bytes = malloc(guest_image_size);
	uint32_t pvh;

	(void)state;
	assert_non_null(bytes);
	for (size_t at = 0; at + 4 <= headers; at += 4) {
		memcpy(bytes, guest_image_start, guest_image_size);
		memset(bytes + at, 0xff, 4);
		load(bytes, guest_image_size, &pvh);
	}
	free(bytes);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_one_has_an_entry),
		cmocka_unit_test(one_that_is_cut_off_is_refused),
		cmocka_unit_test(damaged_headers_are_survived),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
