/* SPDX-License-Identifier: Apache-2.0 */
/* An import of a console log of 100 MB (900 rounds of three benches in a kernel's chatter), against
 * the 2 s that it may take; what merely counting the log's lines takes stands below. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/perf/perf.h"

#define LOG_BYTES "100000000"
#define ROUNDS	  "900"
#define LIMIT_NS  2e9
#define LIMIT_S	  60
#define RUNS	  7u

struct files {
	char log[300], result[300];
};

/* By tests/make_log.c's program, which lies beside this one's. */
static void write_log(struct perf *p, struct perf_row *row, const char *log)
{
	const char *slash = strrchr(p->virt_qualify, '/');
	char command[800];
	char *argv[] = {"sh", "-c", command, NULL};
	double ns;

	snprintf(command, sizeof(command),
		 "%.*s/tests/make-log " ROUNDS " " LOG_BYTES " KVMKVMKVM > '%s'",
		 slash ? (int)(slash - p->virt_qualify) : 1, slash ? p->virt_qualify : ".", log);
	if (perf_spawn(argv, LIMIT_S, &ns, NULL, 0))
		perf_fail(row, "tests/make-log could not write %s", log);
}

static double take_in(struct perf *p, struct perf_row *row, struct files *f)
{
	char *argv[] = {(char *)p->virt_qualify, "import", f->log, "-o", f->result, NULL};
	double ns;

	unlink(f->result);
	return perf_spawn(argv, LIMIT_S, &ns, NULL, 0)
		       ? perf_fail(row, "virt-qualify import ended with an error")
		       : ns;
}

static double count_lines(struct perf_row *row, struct files *f)
{
	char *argv[] = {"wc", "-l", f->log, NULL};
	double ns;

	return perf_spawn(argv, LIMIT_S, &ns, NULL, 0) ? perf_fail(row, "wc ended with an error")
						       : ns;
}

void perf_import(struct perf *p, struct perf_row *row)
{
	double ns[RUNS], ratio[RUNS], count[RUNS];
	struct files f;

	snprintf(f.log, sizeof(f.log), "%s/console.log", p->directory);
	snprintf(f.result, sizeof(f.result), "%s/console.vq", p->directory);
	write_log(p, row, f.log);
	for (uint32_t i = 0; i < RUNS && !row->failed[0]; i++) {
		ns[i] = take_in(p, row, &f);
		count[i] = count_lines(row, &f);
		ratio[i] = ns[i] / LIMIT_NS;
	}
	unlink(f.log);
	unlink(f.result);
	if (row->failed[0])
		return;
	row->ours = stats_median(ns, RUNS);
	row->baseline = LIMIT_NS;
	row->ratio = stats_median(ratio, RUNS);
	row->interval = stats_median_interval(ratio, RUNS, PERF_CONFIDENCE);
	row->target = 1;
	row->below = true;
	snprintf(row->note, sizeof(row->note), "wc -l of the same log: %.0f ms",
		 stats_median(count, RUNS) / 1e6);
}
