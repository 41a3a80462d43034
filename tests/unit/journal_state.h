/* SPDX-License-Identifier: Apache-2.0 */
/* A journal for tests: in a state directory of their own, which is gone when they are over. */
#ifndef VQ_JOURNAL_STATE_H
#define VQ_JOURNAL_STATE_H

#include <stdlib.h>
#include <unistd.h>

#include "harness/journal.h"

static char state_dir[] = "/tmp/vq-state.XXXXXX";

/* Of a group of tests. */
static inline int journal_state_begin(void **state)
{
	(void)state;
	return !mkdtemp(state_dir) || setenv("VIRT_QUALIFY_STATE", state_dir, 1);
}

/* What a test has left there fails it. */
static inline int journal_state_end(void **state)
{
	(void)state;
	return rmdir(state_dir);
}

static inline struct journal *open_journal(void)
{
	char error[512];
	struct journal *j = journal_open(error, sizeof(error));

	if (!j)
		fail_msg("%s", error);
	return j;
}

static inline void assert_heals(struct journal *j)
{
	if (journal_heal(j))
		fail_msg("%s", journal_failed(j, 0));
}

#endif
