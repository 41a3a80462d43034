/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform `libvirt` makes of a driver's capabilities, whoever wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/platform/libvirt/any_domain.h"

#define GUEST(os, arch, type)                                                                      \
	"<guest><os_type>" os "</os_type><arch name='" arch "'><domain type='" type                \
	"'/></arch></guest>"

static void test_first_machine(void **state)
{
	struct any_domain_shape s;

	(void)state;
	assert_int_equal(any_domain_parse("<capabilities>" GUEST("exe", "x86_64", "lxc")
						  GUEST("hvm", "i686", "vbox")
							  GUEST("hvm", "x86_64", "vmware"),
					  &s),
			 0);
	assert_string_equal(s.type, "vmware");
	assert_string_equal(s.arch, "x86_64");
	assert_int_equal(
		any_domain_parse(GUEST("hvm", "aarch64", "qemu") GUEST("hvm", "i686", "a"), &s), 0);
	assert_string_equal(s.arch, "i686");
	assert_string_equal(s.type, "a");
}

static void test_none(void **state)
{
	static const char *const none[] = {
		"",
		"<guest>",
		"<guest><os_type>hvm</os_type><arch name='x86_64'><domain type='kvm'/>",
		GUEST("exe", "x86_64", "openvz"),
		GUEST("hvm", "x86_64", ""),
		GUEST("hvm", "x86_64", "a&b"),
		GUEST("hvm", "x86_64", "a234567890123456789012345678901234567890"),
		/* Its parts stand in two guests. */
		"<guest><os_type>hvm</os_type></guest><guest><arch name='x86_64'><domain "
		"type='kvm'/></guest>",
	};
	struct any_domain_shape s;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(any_domain_parse(none[i], &s), -1);
}

static void test_description(void **state)
{
	struct any_domain_shape s = {.type = "x'y", .arch = "i686"};
	char *text = any_domain_xml("a<b", &s);

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "<domain type='x&#39;y'>"));
	assert_non_null(strstr(text, "<name>a&#60;b</name>"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_machine),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_description),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("any_domain", tests, NULL, NULL);
}
