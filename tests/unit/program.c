/* SPDX-License-Identifier: Apache-2.0 */
/* One bounded call of a program of others: how it ends, and which of its words are shown. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness/host_internal.h"
#include "harness/platform/program.h"

static const char *version_line;

int host_program_version(const char *program, int wait_ms, char *out, size_t size)
{
	(void)program;
	(void)wait_ms;
	snprintf(out, size, "%s", version_line ? version_line : "");
	return version_line ? 0 : -1;
}

static int call(const char *script, int wait_ms, char *error, size_t size)
{
	const char *const arguments[] = {"-c", script, NULL};
	const char *const environment[] = {"WORD=theirs", NULL};
	struct program_call c = {.path = "/bin/sh",
				 .name = "sh",
				 .arguments = arguments,
				 .environment = environment,
				 .directory = "/",
				 .wait_ms = wait_ms};

	return program_call(&c, error, size);
}

static void assert_says(const char *script, const char *expected)
{
	char error[512] = "";

	assert_int_equal(call(script, 60000, error, sizeof(error)), -1);
	assert_string_equal(error, expected);
}

static void what_it_says_last_is_shown(void **state)
{
	char error[512] = "";

	(void)state;
	assert_int_equal(call("exit 0", 60000, error, sizeof(error)), 0);
	assert_string_equal(error, "");
	assert_says("exit 3", "sh -c: it said nothing");
	assert_says("echo no; echo yes >&2; echo; exit 1", "sh -c: yes");
	assert_says("echo 'time=\"now\" level=error msg=\"exec failed: gone\"'; exit 1",
		    "sh -c: gone");
	assert_says("echo 'Error: runc: no rights: OCI permission denied'; exit 126",
		    "sh -c: no rights: OCI permission denied");
	/* Who only says that another failed. */
	assert_says(
		"echo 'level=error msg=\"unable to freeze\"'; echo 'Error: `runc pause` failed: "
		"exit status 1'; exit 125",
		"sh -c: unable to freeze");
	assert_says("echo 'Error: `runc pause` failed: exit status 1'; exit 125",
		    "sh -c: `runc pause` failed: exit status 1");
}

static void it_is_bounded(void **state)
{
	char error[512] = "";

	(void)state;
	assert_int_equal(call("sleep 1000", 20, error, sizeof(error)), -1);
	assert_string_equal(error, "sh -c: it did not end within its bound");
	/* What it wrote without end is cut, not followed. */
	assert_int_equal(call("i=0; while [ $i -lt 3000 ]; do echo abcdefghij; i=$((i + 1)); done; "
			      "exit 1",
			      60000, error, sizeof(error)),
			 -1);
	assert_string_equal(error, "sh -c: abcdefghij");
}

static void it_has_what_it_is_given(void **state)
{
	(void)state;
	assert_says("echo $WORD$HOME; exit 1", "sh -c: theirs");
	assert_says("pwd; exit 1", "sh -c: /");
}

static void assert_version(const char *line, const char *expected)
{
	char version[16];

	version_line = line;
	program_version("/bin/sh", version, sizeof(version));
	assert_string_equal(version, expected);
}

static void its_version_is_found(void **state)
{
	(void)state;
	assert_version("runc version 1.1.5+ds1", "1.1.5+ds1");
	assert_version("Docker version 20.10.24+dfsg1, build 297e128", "20.10.24+dfsg1");
	assert_version("1.0", "1.0");
	assert_version(NULL, "");
	assert_version("x version 0123456789abcdefghij", "0123456789abcde");
}

static void it_is_found_along_the_path(void **state)
{
	char path[64];

	(void)state;
	assert_true(program_find("/bin/sh", path, sizeof(path)));
	assert_string_equal(path, "/bin/sh");
	assert_true(program_find("sh", path, sizeof(path)));
	assert_non_null(strstr(path, "/sh"));
	assert_false(program_find("no-such-program-here", path, sizeof(path)));
	assert_false(program_find("/no/such/program", path, sizeof(path)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says_last_is_shown),
		cmocka_unit_test(it_is_bounded),
		cmocka_unit_test(it_has_what_it_is_given),
		cmocka_unit_test(its_version_is_found),
		cmocka_unit_test(it_is_found_along_the_path),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
