/* SPDX-License-Identifier: Apache-2.0 */
/* What a dead run's containers leave: trees of files and processes in cgroups of ours, and that
 * nothing beyond them is touched. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/cgroup.h"
#include "tests/unit/journal_state.h"

static const char *below(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned int next;
	char *p = path[next++ % 4];

	snprintf(p, PATH_MAX, "%s/%s", state_dir, name);
	return p;
}

static void put_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static bool is_there(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

/* ---- Trees ---- */

static void removes_a_tree_and_follows_nothing(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	assert_int_equal(mkdir(below("outside"), 0700), 0);
	put_file(below("outside/kept"));
	assert_int_equal(journal_add(j, "remove-tree", below("virt-qualify-t")), 0);
	assert_int_equal(mkdir(below("virt-qualify-t"), 0700), 0);
	assert_int_equal(mkdir(below("virt-qualify-t/a"), 0700), 0);
	put_file(below("virt-qualify-t/a/file"));
	put_file(below("virt-qualify-t/odd\nname"));
	assert_int_equal(symlink(below("outside"), below("virt-qualify-t/link")), 0);
	assert_int_equal(symlink("../../outside/kept", below("virt-qualify-t/a/link")), 0);
	assert_heals(j);
	assert_false(is_there(below("virt-qualify-t")));
	assert_true(is_there(below("outside/kept")));
	/* Noted, and never made; or a link in its place. */
	assert_int_equal(journal_add(j, "remove-tree", below("virt-qualify-t")), 0);
	assert_heals(j);
	assert_int_equal(journal_add(j, "remove-tree", below("virt-qualify-t")), 0);
	assert_int_equal(symlink("outside", below("virt-qualify-t")), 0);
	assert_int_equal(journal_heal(j), 1);
	assert_true(is_there(below("outside/kept")));
	assert_int_equal(unlink(below("virt-qualify-t")), 0);
	assert_heals(j);
	assert_int_equal(unlink(below("outside/kept")), 0);
	assert_int_equal(rmdir(below("outside")), 0);
	journal_close(j);
}

static void only_names_of_ours(void **state)
{
	struct journal *j = open_journal();

	(void)state;
	assert_int_equal(journal_add(j, "remove-tree", "/tmp"), -1);
	assert_int_equal(journal_add(j, "remove-tree", "/tmp/virt-qualify-x/.."), -1);
	assert_int_equal(journal_add(j, "remove-tree", "virt-qualify-x"), -1);
	assert_int_equal(journal_add(j, "kill-cgroup", "/tmp/virt-qualify-x"), -1);
	assert_int_equal(journal_add(j, "kill-cgroup", "/sys/fs/cgroup"), -1);
	assert_int_equal(journal_add(j, "kill-mounted", "/"), -1);
	assert_int_equal(journal_add(j, "kill-mounted", "/run"), -1);
	assert_heals(j);
	journal_close(j);
}

/* Who waits for a reader of a FIFO that goes away must not wait for ever. */
static void who_waits_at_a_fifo_is_let_go(void **state)
{
	struct journal *j = open_journal();
	char fifo[PATH_MAX];
	pid_t pid;

	(void)state;
	snprintf(fifo, sizeof(fifo), "%s", below("virt-qualify-t/fifo"));
	assert_int_equal(journal_add(j, "remove-tree", below("virt-qualify-t")), 0);
	assert_int_equal(mkdir(below("virt-qualify-t"), 0700), 0);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		alarm(60);
		_exit(open(fifo, O_WRONLY | O_CLOEXEC) < 0 && errno != EINTR);
	}
	/* Asleep in open(2), as far as can be told from here. */
	usleep(100000);
	assert_heals(j);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_false(is_there(fifo));
	journal_close(j);
}

/* ---- Cgroups ---- */

/* A hierarchy that can freeze and where we may make a cgroup; NULL: none. */
static const struct cgroup_place *usable_place(void)
{
	static struct cgroup_own own;
	const struct cgroup_place *place;

	cgroup_find(&own, 0);
	place = cgroup_controlled_by(&own, "freezer");
	if (!place && own.count == 1)
		place = &own.place[0];
	if (place && !access(place->path, W_OK))
		return place;
	print_message("# SKIP no cgroup that can freeze, where this user can make one\n");
	return NULL;
}

/* A path for one; false where there is none to be made, and that is said: cmocka 1.1.5 prints a
 * skip() as "not ok", which prove takes for a failure. */
static bool cgroup_path_or_skip(char path[PATH_MAX])
{
	const struct cgroup_place *place = usable_place();

	if (place)
		snprintf(path, PATH_MAX, "%s/virt-qualify-test-%d", place->path, getpid());
	return place;
}

static void removes_nested_cgroups(void **state)
{
	char outer[PATH_MAX], inner[PATH_MAX + 32], file[PATH_MAX + 96], name[PATH_MAX];
	struct journal *j;

	(void)state;
	if (!cgroup_path_or_skip(outer))
		return;
	snprintf(inner, sizeof(inner), "%s/virt-qualify-inner", outer);
	snprintf(file, sizeof(file), "%s/cgroup.procs", inner);
	j = open_journal();
	snprintf(name, sizeof(name), "%s", journal_path(j));
	assert_int_equal(journal_add(j, "rmdir-cgroup", outer), 0);
	assert_int_equal(mkdir(outer, 0755), 0);
	assert_int_equal(journal_add(j, "rmdir-cgroup", inner), 0);
	assert_int_equal(mkdir(inner, 0755), 0);
	/* Only the inner one first lets the outer one go. */
	assert_heals(j);
	assert_int_equal(access(outer, F_OK), -1);
	assert_heals(j);
	/* Noted, and the run died before it was made, or after it removed it itself; with a
	 * value noted inside of it. */
	assert_int_equal(journal_add(j, "rmdir-cgroup", outer), 0);
	assert_int_equal(mkdir(outer, 0755), 0);
	assert_int_equal(journal_add(j, "rmdir-cgroup", inner), 0);
	assert_int_equal(mkdir(inner, 0755), 0);
	assert_int_equal(journal_add_write(j, file, ""), 0);
	assert_int_equal(rmdir(inner), 0);
	assert_int_equal(rmdir(outer), 0);
	assert_heals(j);
	journal_close(j);
	assert_int_equal(access(name, F_OK), -1);
}

/* Somebody in it: waited for while it is about to go, never signalled, reported if it stays. */
static void waits_for_a_cgroup_to_empty(void **state)
{
	char path[PATH_MAX], file[PATH_MAX + 32];
	struct journal *j;
	pid_t pid;

	(void)state;
	if (!cgroup_path_or_skip(path))
		return;
	snprintf(file, sizeof(file), "%s/cgroup.procs", path);
	j = open_journal();
	assert_int_equal(journal_add(j, "rmdir-cgroup", path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int fd = open(file, O_WRONLY | O_CLOEXEC);

		if (fd < 0 || write(fd, "0", 1) != 1)
			_exit(1);
		raise(SIGSTOP);
		usleep(300000);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, WUNTRACED), pid);
	assert_int_equal(journal_heal(j), 1);
	assert_non_null(strstr(journal_failed(j, 0), "1 process is still in it"));
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_heals(j);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	journal_close(j);
}

static int put_text(const char *directory, const char *name, const char *text)
{
	char path[PATH_MAX];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return ret;
}

static pid_t sleeper(const char *cgroup)
{
	pid_t pid = fork();
	char text[16];

	assert_true(pid >= 0);
	if (!pid)
		for (;;)
			pause();
	snprintf(text, sizeof(text), "%d", pid);
	if (cgroup)
		assert_int_equal(put_text(cgroup, "cgroup.procs", text), 0);
	return pid;
}

static void freeze(const char *cgroup)
{
	if (put_text(cgroup, "freezer.state", "FROZEN"))
		assert_int_equal(put_text(cgroup, "cgroup.freeze", "1"), 0);
}

static void kills_what_is_in_it_frozen_or_below(void **state)
{
	const struct cgroup_place *place = usable_place();
	char path[PATH_MAX], inner[PATH_MAX + 16];
	pid_t bystander, one, two;
	struct journal *j;
	int status;

	(void)state;
	if (!place)
		return;
	snprintf(path, sizeof(path), "%s/virt-qualify-remove-%d", place->path, getpid());
	snprintf(inner, sizeof(inner), "%s/inner", path);
	j = open_journal();
	assert_int_equal(journal_add(j, "rmdir-cgroup", path), 0);
	assert_int_equal(journal_add(j, "kill-cgroup", path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(mkdir(inner, 0755), 0);
	bystander = sleeper(NULL);
	one = sleeper(path);
	two = sleeper(inner);
	freeze(path);
	if (journal_heal(j))
		fail_msg("%s", journal_failed(j, 0));
	assert_false(is_there(path));
	assert_int_equal(waitpid(one, &status, 0), one);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(waitpid(two, &status, 0), two);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(waitpid(bystander, NULL, WNOHANG), 0);
	kill(bystander, SIGKILL);
	waitpid(bystander, NULL, 0);
	journal_close(j);
}

/* ---- Processes that see a directory of ours mounted ---- */

/* A process with mounts of its own: `from`, at `at`. It sleeps once it said that all is ready, and
 * leaves no name behind that would tell whose it is. */
static pid_t mounter(const char *from, const char *at)
{
	int ready[2];
	char byte = 'n';
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		alarm(60);
		if (!unshare(CLONE_NEWNS) && !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
		    !mount(from, at, NULL, MS_BIND, NULL))
			byte = 'y';
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	if (byte == 'y')
		return pid;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return -1;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void kills_what_has_it_mounted(void **state)
{
	struct journal *j;
	pid_t ours, stopped, stranger;
	int status;

	(void)state;
	if (mkdir(below("virt-qualify-m"), 0700) || mkdir(below("virt-qualify-m/run"), 0700) ||
	    mkdir(below("virt-qualify-mm"), 0700) || mkdir(below("at"), 0700))
		fail_msg("directories: %s", strerror(errno));
	ours = mounter(below("virt-qualify-m/run"), below("at"));
	stopped = ours < 0 ? -1 : mounter(below("virt-qualify-m"), below("at"));
	stranger = ours < 0 ? -1 : mounter(below("virt-qualify-mm"), below("at"));
	j = open_journal();
	assert_int_equal(journal_add(j, "remove-tree", below("virt-qualify-m")), 0);
	assert_int_equal(journal_add(j, "kill-mounted", below("virt-qualify-m")), 0);
	if (ours > 0) {
		kill(stopped, SIGSTOP);
		/* Zombies until we reap them: they count for nothing. */
		assert_heals(j);
		assert_int_equal(waitpid(ours, &status, 0), ours);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		assert_int_equal(waitpid(stopped, &status, 0), stopped);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		assert_int_equal(waitpid(stranger, NULL, WNOHANG), 0);
		end(stranger);
	} else {
		assert_heals(j);
	}
	assert_false(is_there(below("virt-qualify-m")));
	assert_int_equal(rmdir(below("virt-qualify-mm")), 0);
	assert_int_equal(rmdir(below("at")), 0);
	journal_close(j);
	if (ours < 0) {
		print_message("# SKIP this user may have no mounts of its own\n");
		skip();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(removes_a_tree_and_follows_nothing),
		cmocka_unit_test(only_names_of_ours),
		cmocka_unit_test(who_waits_at_a_fifo_is_let_go),
		cmocka_unit_test(removes_nested_cgroups),
		cmocka_unit_test(waits_for_a_cgroup_to_empty),
		cmocka_unit_test(kills_what_is_in_it_frozen_or_below),
		cmocka_unit_test(kills_what_has_it_mounted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, journal_state_begin, journal_state_end);
}
