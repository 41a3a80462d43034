/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/orphan.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

int orphan_fork(void (*run)(void *context), void *context)
{
	int was_subreaper = 0, status = 0;
	pid_t pid;

	prctl(PR_GET_CHILD_SUBREAPER, &was_subreaper);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			run(context);
		_exit(pid < 0);
	}
	if (pid > 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	prctl(PR_SET_CHILD_SUBREAPER, was_subreaper);
	return pid < 0 || status ? -1 : 0;
}

void orphan_close_others(int one, int other)
{
	unsigned int low = (unsigned int)(one < other ? one : other);
	unsigned int high = (unsigned int)(one < other ? other : one);

	if (low > 3)
		close_range(3, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0u, 0);
}
