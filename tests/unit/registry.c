/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors find themselves in their registry, sorted; two of one name stop the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/core/registry.h"

struct thing {
	const char *name;
	int value;
};

REGISTRY_DECLARE(things);
REGISTRY_DECLARE(twins);
REGISTRY_DECLARE(nothings);

static const struct thing compare = {"compare", 3};
static const struct thing run = {"run", 1};
static const struct thing aa = {"aa", 2};
REGISTER(things, compare);
REGISTER(things, run);
REGISTER(things, aa);

static const struct thing romulus = {"twin", 1};
static const struct thing remus = {"twin", 2};
REGISTER(twins, romulus);
REGISTER(twins, remus);

static void sorted_by_name(void **state)
{
	struct registry r = REGISTRY(things);
	int sum = 0;

	(void)state;
	assert_int_equal(r.count, 3);
	assert_string_equal(registry_name(r.entries[0]), "aa");
	assert_string_equal(registry_name(r.entries[1]), "compare");
	assert_string_equal(registry_name(r.entries[2]), "run");
	for_each_registered (struct thing, t, r)
		sum += t->value;
	assert_int_equal(sum, 6);
}

static void opened_once(void **state)
{
	struct registry first = REGISTRY(things), second = REGISTRY(things);

	(void)state;
	assert_ptr_equal(first.entries, second.entries);
	assert_int_equal(second.count, 3);
}

static void empty_kind_links_and_is_empty(void **state)
{
	struct registry r = REGISTRY(nothings);

	(void)state;
	assert_int_equal(r.count, 0);
	assert_null(registry_find(r, "run"));
	assert_null(registry_nearest(r, "run"));
}

static void found_by_exact_name(void **state)
{
	struct registry r = REGISTRY(things);

	(void)state;
	assert_ptr_equal(registry_find(r, "run"), &run);
	assert_null(registry_find(r, "ru"));
	assert_null(registry_find(r, "runs"));
	assert_null(registry_find(r, ""));
}

static void nearest_is_near(void **state)
{
	struct registry r = REGISTRY(things);

	(void)state;
	assert_string_equal(registry_nearest(r, "rnu"), "run");
	assert_string_equal(registry_nearest(r, "comapre"), "compare");
	assert_string_equal(registry_nearest(r, "cmpre"), "compare");
	assert_string_equal(registry_nearest(r, "run"), "run");
	assert_null(registry_nearest(r, "xyz"));
	assert_null(registry_nearest(r, "b"));
	assert_null(registry_nearest(r, ""));
	assert_null(registry_nearest(r, "report"));
}

static void distances(void **state)
{
	char a[200], b[200];

	(void)state;
	assert_int_equal(edit_distance("", ""), 0);
	assert_int_equal(edit_distance("", "abc"), 3);
	assert_int_equal(edit_distance("kitten", "sitting"), 3);
	assert_int_equal(edit_distance("ab", "ba"), 1);
	assert_int_equal(edit_distance("ca", "abc"), 3); /* restricted: 2 were unrestricted */

	memset(a, 'x', sizeof(a));
	memset(b, 'x', sizeof(b));
	a[199] = b[150] = '\0';
	assert_int_equal(edit_distance(a, b), 0); /* equal in their first 64 */
	b[63] = 'y';
	assert_int_equal(edit_distance(a, b), 1);
}

static void two_of_a_name_abort(void **state)
{
	const struct rlimit no_core = {0, 0};
	char line[256] = "";
	int fds[2], status;
	pid_t child;

	(void)state;
	assert_int_equal(pipe(fds), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		setrlimit(RLIMIT_CORE, &no_core);
		dup2(fds[1], STDERR_FILENO);
		REGISTRY(twins);
		_exit(0);
	}
	close(fds[1]);
	assert_true(read(fds[0], line, sizeof(line) - 1) > 0);
	close(fds[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(line, "two twins named \"twin\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sorted_by_name),
		cmocka_unit_test(opened_once),
		cmocka_unit_test(empty_kind_links_and_is_empty),
		cmocka_unit_test(found_by_exact_name),
		cmocka_unit_test(nearest_is_near),
		cmocka_unit_test(distances),
		cmocka_unit_test(two_of_a_name_abort),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
