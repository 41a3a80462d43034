/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ELF program of a kernel file: what is packed there comes out, of each format; and whatever is
 * wrong with a file of the user's is one line that names it, in bounded time.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/host.h"
#include "harness/lab/stream.h"
#include "harness/platform/linux_boot.h"

#define SECTOR 512u
#define SETUP  (2 * SECTOR) /* of an image of ours: one sector after the first */
#define PLAIN  100000u	    /* bytes of what is packed */

static char place[] = "/tmp/vq-linux.XXXXXX";
static char kernel[64];
static uint8_t plain[PLAIN];

/* ---- An image ---- */

struct image {
	uint8_t *bytes;
	size_t size;
};

static void put16(uint8_t *at, uint16_t value)
{
	memcpy(at, &value, sizeof(value));
}

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* As Documentation/arch/x86/boot.rst has it, with `payload` right behind the setup. */
static struct image image_of(const uint8_t *payload, size_t size)
{
	struct image i = {calloc(1, SETUP + size + 1), SETUP + size};

	assert_non_null(i.bytes);
	i.bytes[0x1f1] = 1;
	memcpy(i.bytes + 0x202, "HdrS", 4);
	put16(i.bytes + 0x206, 0x20f);
	put32(i.bytes + 0x248, 0);
	put32(i.bytes + 0x24c, (uint32_t)size);
	memcpy(i.bytes + SETUP, payload, size);
	return i;
}

static void put_file(const char *path, const uint8_t *bytes, size_t size)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* What `command` makes of `plain`, and, where the kernel's build adds that, its length. */
static struct image packed_by(const char *command, bool with_length, uint32_t length)
{
	static uint8_t packed[PLAIN + 4096];
	char line[256];
	size_t n;
	FILE *f;

	snprintf(line, sizeof(line), "%s <%s/plain 2>/dev/null", command, place);
	f = popen(line, "re");
	assert_non_null(f);
	n = fread(packed, 1, sizeof(packed) - 4, f);
	if (pclose(f))
		n = 0;
	if (with_length)
		n += 4;
	if (n > 4)
		put32(packed + n - 4, length);
	return image_of(packed, n);
}

/* ---- What becomes of it ---- */

struct result {
	bool ok, again; /* and the same a second time */
	size_t size;
	char why[400];
	uint8_t bytes[PLAIN];
};

static struct result *outcome;

static void look(void)
{
	char why[sizeof(outcome->why)] = "";
	int fd = linux_program(why, sizeof(why));
	struct stat st;

	memcpy(outcome->why, why, sizeof(why));
	outcome->ok = fd >= 0;
	outcome->again = linux_program(why, sizeof(why)) == fd;
	if (fd < 0 || fstat(fd, &st))
		return;
	outcome->size = (size_t)st.st_size;
	if (outcome->size <= PLAIN &&
	    pread(fd, outcome->bytes, outcome->size, 0) != (ssize_t)outcome->size)
		outcome->size = 0;
}

/* In a process of its own, as it is found out but once. */
static void try_path(const char *path)
{
	int status = -1;
	pid_t pid;

	memset(outcome, 0, sizeof(*outcome));
	pid = fork();
	if (pid == 0) {
		alarm(60); /* a hang is a failure */
		setenv(LINUX_KERNEL, path, 1);
		look();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	assert_true(outcome->again);
	assert_true(outcome->ok || (outcome->why[0] && !strchr(outcome->why, '\n')));
}

static void try_image(struct image i)
{
	put_file(kernel, i.bytes, i.size);
	free(i.bytes);
	try_path(kernel);
}

static void refuses(struct image i, const char *why)
{
	try_image(i);
	assert_false(outcome->ok);
	if (!strstr(outcome->why, why) || !strstr(outcome->why, kernel))
		fail_msg("\"%s\", in place of: %s", outcome->why, why);
}

/* ---- Tests ---- */

static void what_is_packed_comes_out(void **state)
{
	static const struct {
		const char *command;
		bool with_length;
	} kinds[] = {
		{"gzip -c", false},
		{"xz -c --check=crc32", true},
		{"lz4 -l -c", true},
		{"zstd -c", true},
	};

	(void)state;
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		struct image i = packed_by(kinds[k].command, kinds[k].with_length, PLAIN);

		if (i.size < SETUP + 100) {
			printf("# not installed: %s\n", kinds[k].command);
			free(i.bytes);
			continue;
		}
		try_image(i);
		if (!outcome->ok)
			fail_msg("%s: %s", kinds[k].command, outcome->why);
		assert_int_equal(outcome->size, PLAIN);
		assert_memory_equal(outcome->bytes, plain, PLAIN);
	}
}

static void no_file_at_all(void **state)
{
	char path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s/absent", place);
	try_path(path);
	assert_false(outcome->ok);
	try_path(place); /* a directory */
	assert_false(outcome->ok);
	/* One that nobody ever writes to must not be waited for. */
	snprintf(path, sizeof(path), "%s/pipe", place);
	assert_int_equal(mkfifo(path, 0600), 0);
	try_path(path);
	assert_false(outcome->ok);
	unlink(path);
}

static void says_what_is_wrong_with_the_path(void **state)
{
	char why[300];

	(void)state;
	setenv(LINUX_KERNEL, "/nowhere/bzImage", 1);
	assert_false(linux_has_kernel("x-linux", why, sizeof(why)));
	assert_non_null(strstr(why, LINUX_KERNEL " is /nowhere/bzImage: No such file"));
	setenv(LINUX_KERNEL, place, 1);
	assert_false(linux_has_kernel("x-linux", why, sizeof(why)));
	assert_non_null(strstr(why, "Is a directory"));
	assert_null(linux_kernel());
	assert_string_equal(linux_version(), "?");
	unsetenv(LINUX_KERNEL);
}

/* It is looked for but once: this test alone may see what is found. */
static void says_how_to_get_one(void **state)
{
	char why[300];

	(void)state;
	setenv("XDG_CACHE_HOME", place, 1);
	if (linux_kernel()) {
		printf("# this host has one: %s\n", linux_kernel());
		skip();
	}
	assert_false(linux_has_kernel("x-linux", why, sizeof(why)));
	assert_non_null(strstr(why, "ci/kernel.sh"));
	/* In a lab there is neither that script nor a network. */
	setenv("VIRT_QUALIFY_LAB", "1", 1);
	lab_port_redirect(stdout);
	assert_false(linux_has_kernel("x-linux", why, sizeof(why)));
	assert_null(strstr(why, "ci/kernel.sh"));
	assert_non_null(strstr(why, "-p x-linux"));
	lab_port_redirect(NULL);
	unsetenv("VIRT_QUALIFY_LAB");
}

static void no_kernel(void **state)
{
	static const uint8_t nothing[SECTOR];
	struct image i;

	(void)state;
	put_file(kernel, nothing, 0);
	try_path(kernel);
	assert_non_null(strstr(outcome->why, "no x86 kernel"));
	i = image_of(nothing, sizeof(nothing));
	i.size = 0x250; /* its header, and not a byte more */
	refuses(i, "no x86 kernel");
	i = image_of(nothing, sizeof(nothing));
	i.bytes[0x202] = 'h';
	refuses(i, "no x86 kernel");
	i = image_of(nothing, sizeof(nothing));
	put16(i.bytes + 0x206, 0x207); /* before there were payloads */
	refuses(i, "no x86 kernel");
	refuses(image_of(nothing, sizeof(nothing)), "not packed by");
	refuses(image_of(nothing, 0), "not packed by");
	refuses(image_of((const uint8_t *)"\x1f\x8b", 2), "not packed by");
}

static void its_words_lead_out_of_it(void **state)
{
	static const uint32_t odd[] = {SECTOR + 1, 0x7fffffff, 0x80000000, 0xfffffc00, 0xffffffff};
	static const uint8_t nothing[SECTOR];
	struct image i;

	(void)state;
	for (size_t n = 0; n < sizeof(odd) / sizeof(odd[0]); n++)
		for (uint32_t at = 0x248; at <= 0x24c; at += 4) {
			i = image_of(nothing, sizeof(nothing));
			put32(i.bytes + at, odd[n]);
			refuses(i, "cut off");
		}
	i = image_of(nothing, sizeof(nothing));
	i.bytes[0x1f1] = 255;
	refuses(i, "cut off");
	i = image_of(nothing, sizeof(nothing));
	i.bytes[0x1f1] = 0; /* stands for 4 */
	refuses(i, "cut off");
}

/* What is inflated is neither more nor less than the file says, and never without end. */
static void lies_about_its_length(void **state)
{
	(void)state;
	refuses(packed_by("gzip -c", false, 0), "of a size that none is");
	refuses(packed_by("gzip -c", false, (256u << 20) + 1), "of a size that none is");
	refuses(packed_by("gzip -c", false, PLAIN - 1), "gzip cannot unpack it");
	refuses(packed_by("gzip -c", false, 1), "gzip cannot unpack it");
	refuses(packed_by("gzip -c", false, PLAIN + 1), "gzip cannot unpack it");
	/* It has a word for that, which gzip itself looks at; others have not. */
	if (system("command -v xz >/dev/null")) {
		printf("# not installed: xz\n");
		return;
	}
	refuses(packed_by("xz -c", true, PLAIN - 1), "xz cannot unpack it");
	refuses(packed_by("xz -c", true, PLAIN + 1), "shorter than it says");
	refuses(packed_by("xz -c", true, 256u << 20), "shorter than it says");
}

static void is_damaged(void **state)
{
	struct image i = packed_by("gzip -c", false, PLAIN);

	(void)state;
	memset(i.bytes + SETUP + 40, 0x55, 100);
	refuses(i, "gzip cannot unpack it");
	/* Cut off in the middle of what is packed, and its header made to match. */
	i = packed_by("gzip -c", false, PLAIN);
	i.size -= (i.size - SETUP) / 2;
	put32(i.bytes + 0x24c, (uint32_t)(i.size - SETUP));
	put32(i.bytes + i.size - 4, PLAIN);
	refuses(i, "gzip cannot unpack it");
}

static void the_program_is_missing_or_hangs(void **state)
{
	char *path = strdup(getenv("PATH")), tool[80];
	struct image i = packed_by("gzip -c", false, PLAIN);
	static const char script[] = "#!/bin/sh\nexec /bin/sleep 1000\n";
	int bound_ms = linux_inflate_ms;
	int64_t begun;

	(void)state;
	setenv("PATH", place, 1);
	put_file(kernel, i.bytes, i.size);
	try_path(kernel);
	assert_non_null(strstr(outcome->why, "gzip is needed to unpack it"));
	snprintf(tool, sizeof(tool), "%s/gzip", place);
	put_file(tool, (const uint8_t *)script, sizeof(script) - 1);
	assert_int_equal(chmod(tool, 0700), 0);
	linux_inflate_ms = 200;
	begun = host_now_ns();
	refuses(i, "gzip cannot unpack it");
	assert_true(host_now_ns() - begun >= 200000000);
	linux_inflate_ms = bound_ms;
	setenv("PATH", path, 1);
	unlink(tool);
	free(path);
}

static void version_is_text(void **state)
{
	static uint8_t bytes[4 * SECTOR];
	struct image i = image_of(bytes, sizeof(bytes));

	(void)state;
	put16(i.bytes + 0x20e, 0x300);
	memcpy(i.bytes + 0x500, "6.1.0\x1b[31m\n (somebody)", 22);
	put_file(kernel, i.bytes, i.size);
	setenv(LINUX_KERNEL, kernel, 1);
	assert_ptr_equal(strstr(linux_version(), "6.1.0"), linux_version());
	assert_null(strpbrk(linux_version(), "\x1b\n"));
	unsetenv(LINUX_KERNEL);
	free(i.bytes);
}

static int begin(void **state)
{
	char path[80];

	(void)state;
	outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		       -1, 0);
	if (outcome == MAP_FAILED || !mkdtemp(place))
		return -1;
	snprintf(kernel, sizeof(kernel), "%s/bzImage", place);
	snprintf(path, sizeof(path), "%s/plain", place);
	for (uint32_t i = 0; i < PLAIN; i++)
		plain[i] = (uint8_t)(i * 2654435761u >> 17 & (i & 512 ? 0xff : 3));
	put_file(path, plain, PLAIN);
	return 0;
}

static int end(void **state)
{
	char path[80];

	(void)state;
	snprintf(path, sizeof(path), "%s/plain", place);
	return unlink(path) || unlink(kernel) || rmdir(place); /* nothing else is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_comes_out),
		cmocka_unit_test(no_file_at_all),
		cmocka_unit_test(says_what_is_wrong_with_the_path),
		cmocka_unit_test(says_how_to_get_one),
		cmocka_unit_test(no_kernel),
		cmocka_unit_test(its_words_lead_out_of_it),
		cmocka_unit_test(lies_about_its_length),
		cmocka_unit_test(is_damaged),
		cmocka_unit_test(the_program_is_missing_or_hangs),
		cmocka_unit_test(version_is_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("linux_program", tests, begin, end);
}
