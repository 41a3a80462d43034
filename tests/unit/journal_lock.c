/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody sits on the state directory's lock: a run does not wait for ever, and says who it is. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/journal_internal.h"
#include "tests/unit/journal_state.h"

/* Returns once it has the lock. */
static pid_t holder(void)
{
	int told[2];
	pid_t pid;
	char byte;

	assert_int_equal(pipe(told), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		int fd = open(state_dir, O_RDONLY | O_DIRECTORY);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "sits\ntight");
		if (!flock(fd, LOCK_EX) && write(told[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	close(told[1]);
	assert_int_equal(read(told[0], &byte, 1), 1);
	close(told[0]);
	return pid;
}

static void expect_named(const char *error, pid_t pid)
{
	char who[64];

	assert_null(strchr(error, '\n'));
	assert_non_null(strstr(error, state_dir));
	assert_non_null(strstr(error, "VIRT_QUALIFY_STATE"));
	snprintf(who, sizeof(who), "process %d (sits", pid);
	if (strstr(error, "somebody")) /* not each file system's locks can be told apart there */
		printf("# not seen in /proc/locks: %s\n", error);
	else if (!strstr(error, who))
		fail_msg("%s", error);
}

static void visit(void *context, enum journal_state state, const char *path, struct journal *j,
		  const char *why)
{
	(void)path;
	(void)why;
	if (state == JOURNAL_DEAD) {
		journal_heal(j);
		journal_close(j);
	}
	++*(int *)context;
}

static void it_is_bounded(void **state)
{
	struct journal *j = open_journal(); /* for the scan to find */
	int bound_ms = journal_lock_ms, seen = 0;
	char error[512] = "";
	pid_t pid;

	(void)state;
	journal_lock_ms = 50;
	pid = holder();
	assert_null(journal_open(error, sizeof(error)));
	expect_named(error, pid);
	error[0] = '\0';
	assert_int_equal(journal_scan(visit, &seen, error, sizeof(error)), -1);
	assert_int_equal(seen, 0);
	expect_named(error, pid);
	/* What is open already goes on. */
	assert_int_equal(journal_add_write(j, "/proc/self/comm", "x"), 0);
	assert_heals(j);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	journal_lock_ms = bound_ms;
	assert_int_equal(journal_scan(visit, &seen, error, sizeof(error)), 0);
	assert_int_equal(seen, 1);
	journal_close(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_bounded),
	};

	alarm(60); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, journal_state_begin, journal_state_end);
}
