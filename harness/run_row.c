/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/run_row.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

void run_uuid(char text[RUN_UUID_SIZE])
{
	uint8_t b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		memset(b, 0, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40); /* version 4 */
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	snprintf(text, RUN_UUID_SIZE,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
}

void run_now(char text[RUN_TIME_SIZE])
{
	time_t now = time(NULL);
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(text, RUN_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &tm);
}

void run_file_name(char path[RUN_FILE_SIZE], const char *of)
{
	time_t now = time(NULL);
	char date[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &tm);
	snprintf(path, RUN_FILE_SIZE, "virt-qualify-%s%s%s.vq", of ? of : "", of ? "-" : "", date);
}

struct result_bench run_bench_row(int64_t run, const struct bench *b)
{
	return (struct result_bench){
		.run = run,
		.name = b->name,
		.group = b->group,
		.summary = b->summary,
		.parameter_name = b->parameter_name,
		.unit = b->unit,
		.better = b->better,
		.traps = b->traps,
		.disturbance_exempt = b->disturbance_exempt,
		.fit_line = b->fit_line,
	};
}
