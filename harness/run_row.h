/* SPDX-License-Identifier: Apache-2.0 */
/* What every run writes about itself, whether it measured or took in what others did. */
#ifndef VQ_RUN_ROW_H
#define VQ_RUN_ROW_H

#include "harness/bench.h"
#include "harness/core/result.h"

#define RUN_UUID_SIZE 37
#define RUN_TIME_SIZE 32
#define RUN_FILE_SIZE 80

/* A random UUID (RFC 4122 version 4); now, in UTC, as ISO 8601. */
void run_uuid(char text[RUN_UUID_SIZE]);
void run_now(char text[RUN_TIME_SIZE]);
/* A result file by date, and by what it is of (NULL: nothing): "virt-qualify-20261120-101500.vq",
 * "virt-qualify-import-20261120-101500.vq" */
void run_file_name(char path[RUN_FILE_SIZE], const char *of);

/* A bench as its descriptor says it; the strings are the descriptor's. */
struct result_bench run_bench_row(int64_t run, const struct bench *b);

#endif
