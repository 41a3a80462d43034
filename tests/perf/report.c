/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long pages take: of ten platforms (28 benches of 20 trials each, three files), of a thousand
 * figures, and how long two results of the preset qualify take to compare (150 figures of 100
 * trials a side).
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/perf/perf.h"
#include "tests/unit/sample_platforms.h"

#define LIMIT_NS     2e9
#define COMPARE_NS   1e9
#define RUNS	     7u
#define ARGUMENTS    10
#define THOUSAND     985u /* extra benches: the sample has 15 figures of its own */
#define QUALIFY	     135u
#define QUALIFY_EACH 100u

/* What one row runs, over and over: virt-qualify's arguments, and the files that they name. */
struct job {
	const char *arguments[ARGUMENTS];
	char files[4][300]; /* removed at the end; the last is the page */
	double limit_ns;
};

static void name_files(struct perf *p, struct job *j)
{
	for (int i = 0; i < 4; i++)
		snprintf(j->files[i], sizeof(j->files[i]), "%s/%d.%s", p->directory, i,
			 i < 3 ? "vq" : "html");
}

static double once(struct perf *p, struct perf_row *row, const struct job *j)
{
	char *argv[ARGUMENTS + 2] = {(char *)p->virt_qualify};
	double ns;
	int code;

	for (int i = 0; i < ARGUMENTS; i++)
		argv[i + 1] = (char *)j->arguments[i];
	code = perf_spawn(argv, 60, &ns, NULL, 0);
	/* 1: a comparison that found a regression */
	return code < 0 || code > 1
		       ? perf_fail(row, "virt-qualify %s ended with code %d", argv[1], code)
		       : ns;
}

static void run(struct perf *p, struct perf_row *row, const struct job *j)
{
	double ns[RUNS], ratio[RUNS];

	for (uint32_t i = 0; i < RUNS && !row->failed[0]; i++) {
		ns[i] = once(p, row, j);
		ratio[i] = ns[i] / j->limit_ns;
	}
	for (int i = 0; i < 4; i++)
		unlink(j->files[i]);
	if (row->failed[0])
		return;
	row->ours = stats_median(ns, RUNS);
	row->baseline = j->limit_ns;
	row->ratio = stats_median(ratio, RUNS);
	row->interval = stats_median_interval(ratio, RUNS, PERF_CONFIDENCE);
	row->target = 1;
	row->below = true;
}

void perf_report(struct perf *p, struct perf_row *row)
{
	struct job j = {.limit_ns = LIMIT_NS};
	const char *const paths[] = {j.files[0], j.files[1], j.files[2]};
	const char *const arguments[] = {"report", j.files[0], j.files[1], j.files[2],
					 "-F",	   "html",     "-o",	   j.files[3]};

	memcpy(j.arguments, arguments, sizeof(arguments));
	name_files(p, &j);
	sample_write_three(paths, 20, 0);
	run(p, row, &j);
}

static void write_one(const char *path, const char *uuid, uint64_t seed, unsigned int benches,
		      unsigned int trials)
{
	struct sample_options options = {.uuid = uuid,
					 .version = "1.0-sample",
					 .host = "alpha",
					 .seed = seed,
					 .exit_pio_factor = 1,
					 .mem_copy_factor = 1,
					 .extra_benches = benches,
					 .extra_trials = trials};

	sample_write(path, &options);
}

void perf_thousand(struct perf *p, struct perf_row *row)
{
	struct job j = {.limit_ns = LIMIT_NS};
	const char *const arguments[] = {"report", j.files[0], "-F", "html", "-o", j.files[3]};

	memcpy(j.arguments, arguments, sizeof(arguments));
	name_files(p, &j);
	write_one(j.files[0], "5a3c1e10-0000-4000-8000-000000000001", 1, THOUSAND, 6);
	run(p, row, &j);
}

void perf_compare(struct perf *p, struct perf_row *row)
{
	struct job j = {.limit_ns = COMPARE_NS};
	const char *const arguments[] = {"compare", j.files[0], j.files[1], "-F",
					 "html",    "-o",	j.files[3]};

	memcpy(j.arguments, arguments, sizeof(arguments));
	name_files(p, &j);
	write_one(j.files[0], "5a3c1e10-0000-4000-8000-000000000001", 1, QUALIFY, QUALIFY_EACH);
	write_one(j.files[1], "5a3c1e10-0000-4000-8000-000000000002", 2, QUALIFY, QUALIFY_EACH);
	run(p, row, &j);
}
