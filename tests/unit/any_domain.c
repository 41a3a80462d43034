/* SPDX-License-Identifier: Apache-2.0 */
/* What the platform `libvirt` makes of a driver's capabilities, whoever wrote them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/platform/libvirt/any_domain.h"
#include "harness/platform/libvirt/boot_image.h"
#include "harness/platform/libvirt/uri.h"

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
					  "", &s),
			 0);
	assert_string_equal(s.type, "vmware");
	assert_string_equal(s.arch, "x86_64");
	assert_int_equal(
		any_domain_parse(GUEST("hvm", "aarch64", "qemu") GUEST("hvm", "i686", "a"), "", &s),
		0);
	assert_string_equal(s.arch, "i686");
	assert_string_equal(s.type, "a");
}

static void test_types(void **state)
{
	static const char both[] =
		"<guest><os_type>hvm</os_type><arch name='x86_64'><domain type='qemu'/>"
		"<domain type='kvm'><machine>pc</machine></domain></arch></guest>";
	struct any_domain_shape s;

	(void)state;
	assert_int_equal(any_domain_parse(both, "", &s), 0);
	assert_string_equal(s.type, "kvm");
	assert_int_equal(any_domain_parse(both, "qemu", &s), 0);
	assert_string_equal(s.type, "qemu");
	assert_int_equal(any_domain_parse(both, "xen", &s), -1);
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
		("<guest><os_type>hvm</os_type></guest><guest><arch name='x86_64'><domain "
		 "type='kvm'/></guest>"),
	};
	struct any_domain_shape s;

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(any_domain_parse(none[i], "", &s), -1);
}

static void test_description(void **state)
{
	struct any_domain_shape s = {.type = "x'y", .arch = "i686"};
	char *text = any_domain_xml("a<b", &s, NULL);

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "<domain type='x&#39;y'>"));
	assert_non_null(strstr(text, "<name>a&#60;b</name>"));
	assert_null(strstr(text, "<disk"));
	free(text);
}

static void test_guest(void **state)
{
	const struct any_domain_shape s = {.type = "kvm", .arch = "x86_64"};
	const struct any_domain_guest guest = {
		.image = "/tmp/a'b", .cpus = 2, .memory = (2ull << 20) + 1};
	char *text = any_domain_xml("a", &s, &guest);

	(void)state;
	assert_non_null(text);
	assert_non_null(strstr(text, "<source file='/tmp/a&#39;b'/>"));
	assert_non_null(strstr(text, "<vcpu>2</vcpu>"));
	assert_non_null(strstr(text, "<memory unit='KiB'>69632</memory>")); /* 68 MiB */
	free(text);
}

static void test_uris(void **state)
{
	static const char *const bad[] = {
		"test:///default#",	     "test:///default#image=",
		"test:///default#type=kvm,", "test:///default#type=a b",
		"test:///default#pools=a",   "test:///default#image=a#type=b",
		"test:///#default,type=kvm", "#image=a",
	};
	struct libvirt_uri u;
	char error[200];

	(void)state;
	assert_int_equal(libvirt_uri_parse("qemu:///system#image=/a/b.iso,type=qemu", &u, error,
					   sizeof(error)),
			 0);
	assert_string_equal(u.uri, "qemu:///system");
	assert_string_equal(u.image, "/a/b.iso");
	assert_string_equal(u.type, "qemu");
	assert_string_equal(u.pool, "");
	assert_int_equal(libvirt_uri_parse("qemu+ssh://a/system", &u, error, sizeof(error)), 0);
	assert_string_equal(u.pool, "default");
	assert_int_equal(libvirt_uri_parse("test:///default#pool=b", &u, error, sizeof(error)), 0);
	assert_string_equal(u.pool, "b");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(libvirt_uri_parse(bad[i], &u, error, sizeof(error)), -1);
}

/* An image that keeps room for a command line, and those that do not. */
static void write_image(const char *path, size_t room)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs("ISO\n#virt-qualify{", f);
	for (size_t i = 0; i < room; i++)
		fputc('#', f);
	fputs("}#\nmenuentry\n", f);
	assert_int_equal(fclose(f), 0);
}

static void test_image(void **state)
{
	static const char menu[] = "ISO\n#virt-qualify{\nset timeout=0\n"
				   "menuentry \"virt-qualify\" {\n"
				   "\tmultiboot2 /boot/guest.elf bench=x seed=1\n}\n####";
	char path[] = "/tmp/vq-image.XXXXXX", error[400];
	struct boot_image i;

	(void)state;
	close(mkstemp(path));
	assert_int_equal(boot_image_read(&i, path, error, sizeof(error)), -1);
	write_image(path, 100);
	assert_int_equal(boot_image_read(&i, path, error, sizeof(error)), -1);
	assert_non_null(strstr(error, "make iso"));
	write_image(path, 2048);
	assert_int_equal(boot_image_read(&i, path, error, sizeof(error)), 0);
	assert_int_equal(boot_image_command(&i, "a; reboot", error, sizeof(error)), -1);
	/* The second overwrites the first, and nothing grows. */
	assert_int_equal(boot_image_command(&i, "bench=longer seed=12345", error, sizeof(error)),
			 0);
	assert_int_equal(boot_image_command(&i, "bench=x seed=1", error, sizeof(error)), 0);
	assert_memory_equal(i.bytes, menu, sizeof(menu) - 1);
	assert_memory_equal(i.bytes + i.size - 13, "}#\nmenuentry\n", 13);
	boot_image_free(&i);
	unlink(path);
	assert_int_equal(boot_image_read(&i, path, error, sizeof(error)), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_machine), cmocka_unit_test(test_none),
		cmocka_unit_test(test_description),   cmocka_unit_test(test_types),
		cmocka_unit_test(test_guest),	      cmocka_unit_test(test_uris),
		cmocka_unit_test(test_image),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("any_domain", tests, NULL, NULL);
}
