/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of host changes: that it heals what was changed and only that, whatever is in the
 * file. The value changed is this process's own name (/proc/self/comm), which anyone may set.
 * Cgroups: see journal_remove.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/journal_state.h"

#define COMM "/proc/self/comm"

/* ---- Helpers ---- */

static void set_comm(const char *name)
{
	assert_int_equal(prctl(PR_SET_NAME, name), 0);
}

static void assert_comm(const char *expected)
{
	char name[17] = "";

	assert_int_equal(prctl(PR_GET_NAME, name), 0);
	assert_string_equal(name, expected);
}

static void put_text(const char *path, int flags, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | flags, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, length), length);
	close(fd);
}

static void boot_id(char id[64])
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	assert_non_null(f);
	assert_non_null(fgets(id, 64, f));
	fclose(f);
	id[strcspn(id, "\n")] = '\0';
}

/* A dead run's journal: the header, then `text` (printf-style would eat its escapes). */
static void plant(char path[PATH_MAX], const char *text)
{
	static unsigned int count;
	char id[64], header[128];

	boot_id(id);
	snprintf(path, PATH_MAX, "%s/run-1-%u.journal", state_dir, count++);
	snprintf(header, sizeof(header), "virt-qualify-journal 1 %s\n", id);
	put_text(path, O_CREAT | O_EXCL, header, strlen(header));
	put_text(path, O_APPEND, text, strlen(text));
}

struct seen {
	size_t dead, live, unreadable, healed, failed;
	char line[4][512]; /* the first that failed */
};

static void visit(void *context, enum journal_state state, const char *path, struct journal *j,
		  const char *why)
{
	struct seen *s = context;

	assert_non_null(path);
	if (state == JOURNAL_LIVE)
		s->live++;
	if (state == JOURNAL_UNREADABLE) {
		assert_non_null(why);
		s->unreadable++;
	}
	if (state != JOURNAL_DEAD)
		return;
	s->dead++;
	s->failed += journal_heal(j);
	for (size_t i = 0; i < 4 && journal_failed(j, i); i++)
		snprintf(s->line[i], sizeof(s->line[i]), "%s", journal_failed(j, i));
	for (size_t i = 0; journal_healed(j, i); i++)
		s->healed++;
	journal_close(j);
}

static struct seen scan(void)
{
	struct seen s = {0};
	char error[512] = "";

	if (journal_scan(visit, &s, error, sizeof(error)))
		fail_msg("%s", error);
	return s;
}

static void assert_refused(struct journal *j, const char *action, const char *path)
{
	if (!journal_add(j, action, path))
		fail_msg("%s %s was taken", action, path);
	assert_true(*journal_error(j));
}

/* ---- What a run does ---- */

static void heals_last_change_first(void **state)
{
	struct journal *j = open_journal();
	char path[PATH_MAX];

	(void)state;
	snprintf(path, sizeof(path), "%s", journal_path(j));
	set_comm("first");
	assert_int_equal(journal_add_write(j, COMM, "first"), 0);
	set_comm("second");
	assert_int_equal(journal_add_write(j, COMM, "second"), 0);
	set_comm("third");
	assert_heals(j);
	/* The other way round it would now be "second". */
	assert_comm("first");
	assert_non_null(strstr(journal_healed(j, 0), "second"));
	assert_non_null(strstr(journal_healed(j, 1), "first"));
	assert_null(journal_healed(j, 2));
	/* What is healed is healed: a later change is not touched by it. */
	set_comm("fourth");
	assert_heals(j);
	assert_comm("fourth");
	assert_null(journal_healed(j, 0));
	journal_close(j);
	assert_int_equal(access(path, F_OK), -1);
}

static void child_adds_parent_heals(void **state)
{
	struct journal *j = open_journal();
	int status;
	pid_t pid;

	(void)state;
	set_comm("before");
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		journal_close(j);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(access(journal_path(j), F_OK), 0); /* it was a child's handle only */
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int failed = journal_add_write(j, COMM, "before");

		journal_close(j);
		_exit(failed ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(access(journal_path(j), F_OK), 0);
	set_comm("after");
	assert_heals(j);
	assert_comm("before");
	journal_close(j);
}

static void is_on_disk_before_the_change(void **state)
{
	struct journal *j = open_journal();
	char text[1024];
	FILE *f;
	size_t n;

	(void)state;
	assert_int_equal(journal_add_write(j, COMM, "a b%\n"), 0);
	f = fopen(journal_path(j), "re");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	assert_non_null(strstr(text, "\ndo write " COMM " a%20b%25%0A\n"));
	set_comm("x");
	assert_heals(j);
	journal_close(j);
}

static void refuses_what_it_could_not_undo(void **state)
{
	struct journal *j = open_journal();
	char text[JOURNAL_MAX_PATH + 64], file[PATH_MAX];

	(void)state;
	assert_refused(NULL, "unlink", "/tmp/virt-qualify-x");
	assert_refused(j, "format-disk", "/tmp/virt-qualify-x");
	assert_refused(j, "write", COMM); /* it has no value */
	assert_refused(j, "unlink", "/etc/passwd");
	assert_refused(j, "unlink", "virt-qualify-x");
	assert_refused(j, "unlink", "/tmp/../virt-qualify-x");
	assert_refused(j, "unlink", "/tmp/./virt-qualify-x");
	assert_refused(j, "unlink", "/tmp//virt-qualify-x");
	assert_refused(j, "unlink", "/tmp/virt-qualify-x/");
	assert_refused(j, "unlink", "");
	assert_refused(j, "rmdir-cgroup", "/tmp/virt-qualify-x");
	assert_refused(j, "rmdir-cgroup", "/virt-qualify-x");
	assert_refused(j, "rmdir-cgroup", "/sys/fs/cgroup");
	memset(text, 'x', sizeof(text));
	memcpy(text, "/tmp/virt-qualify-", 18);
	text[JOURNAL_MAX_PATH + 1] = '\0';
	assert_refused(j, "unlink", text);
	text[JOURNAL_MAX_PATH] = '\0';
	assert_int_equal(journal_add(j, "unlink", text), 0);
	snprintf(file, sizeof(file), "%s/plain", state_dir);
	put_text(file, O_CREAT, "1", 1);
	assert_int_not_equal(journal_add_write(j, file, "0"), 0);
	assert_int_not_equal(journal_add_write(j, "/proc/self/no-such-file", "0"), 0);
	memset(text, 'x', sizeof(text));
	text[JOURNAL_MAX_VALUE + 1] = '\0';
	assert_int_not_equal(journal_add_write(j, COMM, text), 0);
	unlink(file);
	/* None of all that may have got in, save the one that was taken. */
	assert_int_equal(journal_heal(j), 1); /* its name is too long for the file system */
	assert_null(journal_failed(j, 1));
	snprintf(file, sizeof(file), "%s", journal_path(j));
	journal_close(j);
	assert_int_equal(access(file, F_OK), 0); /* not healed: kept */
	unlink(file);
}

/* A line that got in by half is cut off again, or the next one would be glued to it. */
static void a_full_disk_fails_the_change(void **state)
{
	struct journal *j = open_journal();
	struct rlimit old, small;
	struct stat st;

	(void)state;
	set_comm("before");
	assert_int_equal(stat(journal_path(j), &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){.rlim_cur = (rlim_t)st.st_size + 10, .rlim_max = old.rlim_max};
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(journal_add_write(j, COMM, "lost"), -1);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_non_null(strstr(journal_error(j), "make room"));
	assert_int_equal(journal_add_write(j, COMM, "before"), 0);
	set_comm("after");
	assert_heals(j);
	assert_comm("before");
	assert_null(journal_healed(j, 1));
	journal_close(j);
}

/* A file that is not ours by name or kind stays, and so does the entry. */
static void what_cannot_be_undone_is_kept(void **state)
{
	char path[PATH_MAX], dir[PATH_MAX], line[2 * PATH_MAX];
	struct seen s;

	(void)state;
	snprintf(dir, sizeof(dir), "%s/virt-qualify-dir", state_dir);
	assert_int_equal(mkdir(dir, 0700), 0);
	set_comm("changed");
	snprintf(line, sizeof(line), "do unlink %s\ndo write " COMM " original\n", dir);
	plant(path, line);
	s = scan();
	assert_int_equal(s.dead, 1);
	assert_int_equal(s.failed, 1);
	assert_int_equal(s.healed, 1); /* the one failure does not keep the other from it */
	assert_comm("original");
	assert_int_equal(access(path, F_OK), 0);
	/* The healed one is not done again when the rest is. */
	set_comm("later");
	assert_int_equal(rmdir(dir), 0);
	s = scan();
	assert_int_equal(s.dead, 1);
	assert_int_equal(s.failed, 0);
	assert_int_equal(s.healed, 1);
	assert_comm("later");
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(scan().dead, 0);
}

static void unlinks_files_of_ours(void **state)
{
	struct journal *j = open_journal();
	char file[PATH_MAX], target[PATH_MAX];

	(void)state;
	snprintf(file, sizeof(file), "%s/virt-qualify-odd \n%%\xff name", state_dir);
	snprintf(target, sizeof(target), "%s/target", state_dir);
	assert_int_equal(journal_add(j, "unlink", file), 0);
	put_text(target, O_CREAT, "1", 1);
	assert_int_equal(symlink(target, file), 0);
	assert_heals(j);
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(access(target, F_OK), 0); /* the link went, not what it points to */
	unlink(target);
	journal_close(j);
}

/* ---- What crashed runs leave ---- */

static void a_truncated_last_line_was_never_done(void **state)
{
	char path[PATH_MAX];
	struct seen s;

	(void)state;
	set_comm("kept");
	plant(path, "do write " COMM " wrong");
	s = scan();
	assert_int_equal(s.dead, 1);
	assert_int_equal(s.failed, 0);
	assert_int_equal(s.healed, 0);
	assert_comm("kept");
	assert_int_equal(access(path, F_OK), -1);
	/* A healing that fails marks lines; the half one must not be glued to a mark. */
	plant(path, "do write " COMM " right\nnonsense\ndo write " COMM " wro");
	assert_int_equal(scan().failed, 1);
	assert_comm("right");
	set_comm("kept");
	s = scan();
	assert_int_equal(s.failed, 1);
	assert_int_equal(s.healed, 0);
	assert_comm("kept");
	unlink(path);
}

static void hostile_lines_do_nothing(void **state)
{
	static const char *const lines[] = {
		"do\n",
		"do \n",
		"\n",
		"do write " COMM "\n",
		"do write  " COMM " hostile\n",
		"do write " COMM " hostile again\n",
		"do write " COMM " hostile%\n",
		"do write " COMM " hostile%0\n",
		"do write " COMM " hostile%0a\n",
		"do write " COMM " hostile%00\n",
		"do write " COMM " hostile\xff\n",
		"do write " COMM " hostile\r\n",
		"Do write " COMM " hostile\n",
		"do Write " COMM " hostile\n",
		"do write /proc/self/../self/comm hostile\n",
		"do write /proc/self/task/../comm hostile\n",
		"do write proc/self/comm hostile\n",
		"do write %2Fproc%2F.%2Fself%2Fcomm hostile\n",
		"do write /proc/sysrq-trigger hostile\n",
		"do write /proc/self hostile\n",
		"do rmdir-cgroup /tmp\n",
		"do rmdir-cgroup /tmp/virt-qualify-nowhere\n",
		"do rmdir-cgroup /sys/fs/cgroup/virt-qualify-x/../../..\n",
		"do unlink /etc/passwd\n",
		"do unlink /tmp/virt-qualify-x/..\n",
		"undone\n",
		"undone 1\n",
		"undone 3\n",
		"undone -1\n",
		"undone 99999999999999999999\n",
		"virt-qualify-journal 1 x\n",
	};

	(void)state;
	set_comm("untouched");
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char path[PATH_MAX];
		struct seen s;

		plant(path, lines[i]);
		s = scan();
		if (s.dead != 1 || s.failed != 1 || s.healed)
			fail_msg("%s: dead %zu, failed %zu, healed %zu", lines[i], s.dead, s.failed,
				 s.healed);
		for (const char *p = s.line[0]; *p; p++)
			if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
				fail_msg("%s: an odd byte in the complaint", lines[i]);
		assert_comm("untouched");
		assert_int_equal(access(path, F_OK), 0);
		unlink(path);
	}
}

static void hostile_files_do_nothing(void **state)
{
	char path[PATH_MAX], *big;
	struct seen s;

	(void)state;
	set_comm("untouched");
	/* NUL bytes; a line that is too long; a file that is; the wrong header; none. */
	plant(path, "");
	put_text(path, O_APPEND, "do write " COMM " a\0b\n", 9 + strlen(COMM) + 5);
	assert_int_equal(scan().failed, 1);
	unlink(path);

	big = malloc(JOURNAL_MAX_FILE + 1);
	assert_non_null(big);
	memset(big, 'x', JOURNAL_MAX_FILE);
	big[JOURNAL_MAX_FILE] = '\0';
	memcpy(big, "do write " COMM " ", strlen("do write " COMM " "));
	plant(path, big);
	assert_int_equal(scan().failed, 1);
	unlink(path);
	big[100000] = '\n';
	big[100001] = '\0';
	plant(path, big);
	assert_int_equal(scan().failed, 1);
	unlink(path);
	free(big);

	snprintf(path, sizeof(path), "%s/run-x.journal", state_dir);
	put_text(path, O_CREAT, "virt-qualify-journal 2 x\ndo write " COMM " hostile\n",
		 strlen("virt-qualify-journal 2 x\ndo write " COMM " hostile\n"));
	s = scan();
	assert_int_equal(s.failed, 1);
	assert_int_equal(s.healed, 0);
	unlink(path);

	/* Cut off before its header was whole: nothing can have been done under it. */
	put_text(path, O_CREAT, "virt-qual", 9);
	assert_int_equal(scan().failed, 0);
	assert_int_equal(access(path, F_OK), -1);

	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(scan().unreadable, 1);
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(scan().unreadable, 1);
	unlink(path);
	plant(path, "do write " COMM " hostile\n");
	assert_int_equal(chmod(path, 0666), 0); /* anybody can have written it */
	assert_int_equal(scan().unreadable, 1);
	unlink(path);
	assert_comm("untouched");
}

static void a_directory_open_to_others_is_refused(void **state)
{
	struct seen s = {0};
	char path[PATH_MAX], error[512] = "";

	(void)state;
	set_comm("untouched");
	plant(path, "do write " COMM " hostile\n");
	assert_int_equal(chmod(state_dir, 0770), 0);
	assert_null(journal_open(error, sizeof(error)));
	assert_non_null(strstr(error, "chmod 700"));
	assert_int_equal(journal_scan(visit, &s, error, sizeof(error)), -1);
	assert_int_equal(s.dead, 0);
	assert_int_equal(chmod(state_dir, 0700), 0);
	assert_comm("untouched");
	unlink(path);
	assert_int_equal(setenv("VIRT_QUALIFY_STATE", "relative/path", 1), 0);
	assert_null(journal_open(error, sizeof(error)));
	assert_int_equal(setenv("VIRT_QUALIFY_STATE", state_dir, 1), 0);
}

static void another_boot_took_its_changes_along(void **state)
{
	char path[PATH_MAX], file[PATH_MAX], text[2 * PATH_MAX];
	struct seen s;

	(void)state;
	set_comm("of this boot");
	snprintf(path, sizeof(path), "%s/run-1-old.journal", state_dir);
	snprintf(file, sizeof(file), "%s/virt-qualify-file", state_dir);
	put_text(file, O_CREAT, "1", 1);
	snprintf(text, sizeof(text),
		 "virt-qualify-journal 1 00000000-dead-beef\ndo write " COMM " old\n"
		 "do unlink %s\n",
		 file);
	put_text(path, O_CREAT, text, strlen(text));
	s = scan();
	assert_int_equal(s.failed, 0);
	assert_int_equal(s.healed, 2);
	assert_comm("of this boot");
	assert_int_equal(access(file, F_OK), -1); /* files do outlive it */
	assert_int_equal(access(path, F_OK), -1);
}

static void write_byte(int fd)
{
	if (write(fd, "", 1) != 1)
		_exit(2);
}

/* A run: the harness has a child of its own, and both hold the journal. */
static void be_a_run(int ready, pid_t *grandchild)
{
	char error[512];
	struct journal *j = journal_open(error, sizeof(error));
	pid_t pid;

	if (!j || journal_add_write(j, COMM, "healed"))
		_exit(1);
	pid = fork();
	if (pid < 0)
		_exit(1);
	if (pid) { /* the grandchild must not write its 0 there */
		*grandchild = pid;
		write_byte(ready);
	}
	for (;;)
		pause();
}

static void a_live_run_is_left_alone(void **state)
{
	pid_t *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int ready[2];
	struct seen s;
	char byte;
	pid_t pid;

	(void)state;
	assert_true(shared != MAP_FAILED);
	set_comm("live");
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		be_a_run(ready[1], shared);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	assert_true(*shared > 0);
	s = scan();
	assert_int_equal(s.live, 1);
	assert_int_equal(s.dead, 0);
	assert_comm("live");
	/* The harness is gone, its trial is not: still live. */
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	s = scan();
	assert_int_equal(s.live, 1);
	assert_int_equal(s.dead, 0);
	kill(*shared, SIGKILL);
	assert_int_equal(waitpid(*shared, NULL, 0), *shared);
	s = scan();
	assert_int_equal(s.live, 0);
	assert_int_equal(s.dead, 1);
	assert_int_equal(s.failed, 0);
	assert_comm("healed");
	assert_int_equal(scan().dead, 0);
	munmap(shared, sizeof(*shared));
}

/* Many at once: each journal is healed by exactly one, and none is left. */
static void two_recovers_at_once(void **state)
{
	enum { FILES = 40, HEALERS = 4 };
	pid_t pid[HEALERS];
	char path[PATH_MAX];

	(void)state;
	for (int i = 0; i < FILES; i++)
		plant(path, "do write " COMM " once\n");
	for (int i = 0; i < HEALERS; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (!pid[i]) {
			struct seen s = {0};
			int ret = journal_scan(visit, &s, path, sizeof(path));

			_exit(ret || s.failed || s.unreadable ? 255 : (int)s.healed);
		}
	}
	for (int i = 0, healed = 0; i < HEALERS; i++) {
		int status;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_true(WIFEXITED(status));
		assert_int_not_equal(WEXITSTATUS(status), 255);
		healed += WEXITSTATUS(status);
		if (i == HEALERS - 1)
			assert_int_equal(healed, FILES);
	}
	assert_int_equal(scan().dead, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heals_last_change_first),
		cmocka_unit_test(child_adds_parent_heals),
		cmocka_unit_test(is_on_disk_before_the_change),
		cmocka_unit_test(refuses_what_it_could_not_undo),
		cmocka_unit_test(a_full_disk_fails_the_change),
		cmocka_unit_test(what_cannot_be_undone_is_kept),
		cmocka_unit_test(unlinks_files_of_ours),
		cmocka_unit_test(a_truncated_last_line_was_never_done),
		cmocka_unit_test(hostile_lines_do_nothing),
		cmocka_unit_test(hostile_files_do_nothing),
		cmocka_unit_test(a_directory_open_to_others_is_refused),
		cmocka_unit_test(another_boot_took_its_changes_along),
		cmocka_unit_test(a_live_run_is_left_alone),
		cmocka_unit_test(two_recovers_at_once),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, journal_state_begin, journal_state_end);
}
