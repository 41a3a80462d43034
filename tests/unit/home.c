/* SPDX-License-Identifier: Apache-2.0 */
/* Where the cache is, whatever the environment says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/home.h"

static void expect(const char *wanted)
{
	char path[64];

	assert_int_equal(home_cache(path, sizeof(path)), 0);
	assert_string_equal(path, wanted);
}

static void the_environment_names_it(void **state)
{
	(void)state;
	setenv("HOME", "/home/x", 1);
	setenv("XDG_CACHE_HOME", "/var/cache/x", 1);
	expect("/var/cache/x/virt-qualify");
	unsetenv("XDG_CACHE_HOME");
	expect("/home/x/.cache/virt-qualify");
	setenv("XDG_CACHE_HOME", "", 1);
	expect("/home/x/.cache/virt-qualify");
	/* "If an implementation encounters a relative path … it should … ignore it." */
	setenv("XDG_CACHE_HOME", "relative", 1);
	expect("/home/x/.cache/virt-qualify");
}

/* Not a directory that anybody may make in /tmp. */
static void without_home_the_system_knows(void **state)
{
	char path[4096];

	(void)state;
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", "nowhere", 1);
	if (!home_directory()) {
		assert_int_equal(home_cache(path, sizeof(path)), -1);
		skip();
	}
	assert_int_equal(home_directory()[0], '/');
	assert_int_equal(home_cache(path, sizeof(path)), 0);
	assert_null(strstr(path, "nowhere"));
	assert_int_equal(strncmp(path, home_directory(), strlen(home_directory())), 0);
}

static void too_long_is_none(void **state)
{
	char path[30] = "x";

	(void)state;
	setenv("XDG_CACHE_HOME", "/var/cache/of/somebody", 1);
	assert_int_equal(home_cache(path, sizeof(path)), -1);
	assert_string_equal(path, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_names_it),
		cmocka_unit_test(without_home_the_system_knows),
		cmocka_unit_test(too_long_is_none),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("home", tests, NULL, NULL);
}
