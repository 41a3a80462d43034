/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm.PARAM: that a parameter is journaled before it is set, is read back, and that what cannot be
 * set says so. Modules are directories of this test's own, and so is the journal: it keeps what it
 * was given, and what the file held then. That the real one heals is tests/kvm-parameters.t's.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/journal.h"
#include "harness/setting.h"

static char modules[] = "/tmp/vq-modules-XXXXXX";
static char text[512];

/* ---- A journal ---- */

static struct {
	char path[PATH_MAX], value[256], held[256];
	unsigned int count;
	int refuses;
} journaled;

static void read_file(const char *path, char *value, size_t size)
{
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	value[fread(value, 1, size - 1, f)] = '\0';
	fclose(f);
}

int journal_add_write(struct journal *j, const char *path, const char *value)
{
	(void)j;
	if (journaled.refuses)
		return -1;
	journaled.count++;
	snprintf(journaled.path, sizeof(journaled.path), "%s", path);
	snprintf(journaled.value, sizeof(journaled.value), "%s", value);
	read_file(path, journaled.held, sizeof(journaled.held));
	return 0;
}

const char *journal_error(const struct journal *j)
{
	(void)j;
	return "the journal is full";
}

/* ---- Modules ---- */

static void path_of(char path[PATH_MAX], const char *module, const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s%s%s", modules, module, name ? "/parameters/" : "",
		 name ? name : "");
}

/* As a read gives it, with the end of its line. */
static void put(const char *module, const char *name, const char *value, mode_t mode)
{
	char path[PATH_MAX];
	FILE *f;

	path_of(path, module, name);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs(value, f);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static void assert_holds(const char *module, const char *name, const char *value)
{
	char path[PATH_MAX], held[256];

	path_of(path, module, name);
	read_file(path, held, sizeof(held));
	assert_string_equal(held, value);
}

static void add_module(const char *name)
{
	char path[PATH_MAX];

	path_of(path, name, NULL);
	assert_int_equal(mkdir(path, 0755), 0);
	path_of(path, name, "");
	assert_int_equal(mkdir(path, 0755), 0);
}

static int set_up(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(modules));
	setting_kvm_modules = modules;
	add_module("kvm");
	add_module("kvm_any");
	add_module("other");
	put("kvm", "halt_poll_ns", "200000\n", 0644);
	put("kvm", "flag", "N\n", 0644);
	put("kvm_any", "npt", "Y\n", 0444);
	put("other", "depth", "3\n", 0644);
	return 0;
}

static int tear_down(void **state)
{
	static const char *const files[][2] = {
		{"kvm", "halt_poll_ns"}, {"kvm", "flag"},   {"kvm_any", "npt"},
		{"other", "depth"},	 {"kvm", ""},	    {"kvm", NULL},
		{"kvm_any", ""},	 {"kvm_any", NULL}, {"other", ""},
		{"other", NULL},
	};
	char path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		path_of(path, files[i][0], files[i][1]);
		remove(path);
	}
	return rmdir(modules);
}

static int apply(const char *key, const char *value)
{
	memset(&journaled, 0, sizeof(journaled));
	return setting_kvm.apply(NULL, key, value, text, sizeof(text));
}

/* ---- Tests ---- */

static void is_journaled_and_set(void **state)
{
	char path[PATH_MAX];

	(void)state;
	path_of(path, "kvm", "halt_poll_ns");
	assert_int_equal(apply("kvm.halt_poll_ns", "150000"), 0);
	assert_string_equal(text, "kvm.halt_poll_ns is 150000, and was 200000");
	assert_int_equal(journaled.count, 1);
	assert_string_equal(journaled.path, path);
	assert_string_equal(journaled.value, "200000");
	assert_string_equal(journaled.held, "200000\n"); /* it was not set yet */
	assert_holds("kvm", "halt_poll_ns", "150000\n");
	put("kvm", "halt_poll_ns", "200000\n", 0644);
}

static void what_is_so_is_left_alone(void **state)
{
	(void)state;
	assert_int_equal(apply("kvm.halt_poll_ns", "200000"), 0);
	assert_string_equal(text, "kvm.halt_poll_ns is 200000, as it was");
	assert_int_equal(journaled.count, 0);
	assert_int_equal(apply("kvm.flag", "0"), 0);
	assert_string_equal(text, "kvm.flag is N, as it was");
	assert_int_equal(apply("kvm.npt", "on"), 0);
	assert_int_equal(journaled.count, 0);
}

static void nothing_is_set_without_a_journal(void **state)
{
	(void)state;
	memset(&journaled, 0, sizeof(journaled));
	journaled.refuses = 1;
	assert_int_equal(setting_kvm.apply(NULL, "kvm.halt_poll_ns", "7", text, sizeof(text)), -1);
	assert_string_equal(text, "the journal is full");
	assert_holds("kvm", "halt_poll_ns", "200000\n");
}

/* A module may take a value and make another of it, as this file does, which keeps what stood
 * behind: then the trial is not what it is called. */
static void what_reads_otherwise_fails(void **state)
{
	(void)state;
	assert_int_equal(apply("kvm.halt_poll_ns", "17"), -1);
	assert_int_equal(journaled.count, 1);
	assert_non_null(strstr(text, "reads otherwise"));
	put("kvm", "halt_poll_ns", "200000\n", 0644);
}

static void what_cannot_be_had_says_why(void **state)
{
	(void)state;
	assert_false(setting_kvm.works("kvm.depth", "4", text, sizeof(text)));
	assert_non_null(strstr(text, "no module of KVM has a parameter depth here"));
	assert_false(setting_kvm.works("kvm.npt", "N", text, sizeof(text)));
	assert_non_null(strstr(text, geteuid() ? "run as root" : "while its module is loaded"));
	assert_int_equal(setting_kvm.works("kvm.halt_poll_ns", "4", text, sizeof(text)),
			 !geteuid());
	assert_int_equal(apply("kvm.depth", "4"), -1);
	assert_holds("other", "depth", "3\n");
}

static void what_can_be_set_is_listed(void **state)
{
	(void)state;
	assert_int_equal(setting_kvm.here(text, sizeof(text)), !geteuid());
	if (geteuid())
		return;
	assert_true(!strcmp(text, "halt_poll_ns, flag") || !strcmp(text, "flag, halt_poll_ns"));
	put("kvm", "flag", "N\n", 0444);
	put("kvm", "halt_poll_ns", "200000\n", 0444);
	assert_false(setting_kvm.here(text, sizeof(text)));
	assert_non_null(strstr(text, "while they are loaded"));
	put("kvm", "flag", "N\n", 0644);
	put("kvm", "halt_poll_ns", "200000\n", 0644);
}

static void names_lead_nowhere_else(void **state)
{
	static const char *const bad[] = {"kvm.../../other/parameters/depth", "kvm.a/b", "kvm.A",
					  "kvm.a.b"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(setting_kvm.check(bad[i], "1", text, sizeof(text)), -1);
	assert_int_equal(setting_kvm.check("kvm.halt_poll_ns", "1", text, sizeof(text)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_journaled_and_set),
		cmocka_unit_test(what_is_so_is_left_alone),
		cmocka_unit_test(nothing_is_set_without_a_journal),
		cmocka_unit_test(what_reads_otherwise_fails),
		cmocka_unit_test(what_cannot_be_had_says_why),
		cmocka_unit_test(what_can_be_set_is_listed),
		cmocka_unit_test(names_lead_nowhere_else),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
