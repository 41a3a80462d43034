/* SPDX-License-Identifier: Apache-2.0 */
/* Where tests have their result files: a directory that is theirs, and gone when they are over. */
#ifndef VQ_SAMPLE_FILES_H
#define VQ_SAMPLE_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "report/report.h"

#define SAMPLE_FILES 4

static char directory[] = "/tmp/vq-sample.XXXXXX";
static char paths[SAMPLE_FILES][64]; /* a.vq, b.vq, …: not made yet */

/* Of a group of tests. */
static inline int sample_files_begin(void **state)
{
	(void)state;
	if (!mkdtemp(directory))
		return -1;
	for (int i = 0; i < SAMPLE_FILES; i++)
		snprintf(paths[i], sizeof(paths[i]), "%s/%c.vq", directory, 'a' + i);
	return 0;
}

/* Anything else that a test has left there fails it. */
static inline int sample_files_end(void **state)
{
	(void)state;
	for (int i = 0; i < SAMPLE_FILES; i++)
		remove(paths[i]);
	return rmdir(directory);
}

/* The first so many of them. */
static inline struct report *sample_load(size_t count)
{
	const char *const list[SAMPLE_FILES] = {paths[0], paths[1], paths[2], paths[3]};
	char error[512] = "";
	struct report *r = report_load(list, count, error, sizeof(error));

	if (!r)
		fail_msg("%s", error);
	return r;
}

#endif
