/* SPDX-License-Identifier: Apache-2.0 */
/* How long a page over ten platforms takes: 28 benches of 20 trials each, three files. */
#include <stdio.h>
#include <unistd.h>

#include "tests/perf/perf.h"
#include "tests/unit/sample_platforms.h"

#define LIMIT_NS 2e9
#define RUNS	 7u

static double one_report(struct perf *p, struct perf_row *row, const char *const paths[3],
			 char *page)
{
	char *argv[] = {(char *)p->virt_qualify,
			"report",
			(char *)paths[0],
			(char *)paths[1],
			(char *)paths[2],
			"-F",
			"html",
			"-o",
			page,
			NULL};
	double ns;
	int code = perf_spawn(argv, 60, &ns, NULL, 0);

	return code ? perf_fail(row, "virt-qualify report ended with code %d", code) : ns;
}

void perf_report(struct perf *p, struct perf_row *row)
{
	char files[4][300];
	const char *const paths[] = {files[0], files[1], files[2]};
	double ns[RUNS], ratio[RUNS];

	for (int i = 0; i < 4; i++)
		snprintf(files[i], sizeof(files[i]), "%s/%d.%s", p->directory, i,
			 i < 3 ? "vq" : "html");
	sample_write_three(paths, 20, 0);
	for (uint32_t i = 0; i < RUNS && !row->failed[0]; i++) {
		ns[i] = one_report(p, row, paths, files[3]);
		ratio[i] = ns[i] / LIMIT_NS;
	}
	for (int i = 0; i < 4; i++)
		unlink(files[i]);
	if (row->failed[0])
		return;
	row->ours = stats_median(ns, RUNS);
	row->baseline = LIMIT_NS;
	row->ratio = stats_median(ratio, RUNS);
	row->interval = stats_median_interval(ratio, RUNS, PERF_CONFIDENCE);
	row->target = 1;
	row->below = true;
}
