/* SPDX-License-Identifier: Apache-2.0 */
/* Making files that hold what a plan decides by, and what it decides about. */
#ifndef VQ_CRITERIA_FILE_H
#define VQ_CRITERIA_FILE_H

#include "tests/unit/sample_files.h"
#include "tests/unit/sample_result.h"

struct file {
	struct result *r;
	int64_t run;
	uint32_t ordinal;
};

static inline struct file begin(int which)
{
	struct file f = {.r = sample_create(paths[which])};

	f.run = sample_run(f.r, which ? "second" : "first", "1");
	sample_platform(f.r, f.run, "native", "native");
	sample_platform(f.r, f.run, "kvm", "kvm");
	return f;
}

static inline void finish(struct file *f)
{
	sample_must(f->r, result_end_run(f->r, f->run, 0));
	result_close(f->r);
}

/* Trials whose medians are `ns`, ns + 1, … ns + 3, ns, … : below 200 they are exact. */
static inline void trials(struct file *f, const char *bench, const char *platform, unsigned int ns,
			  uint32_t count, enum execution execution)
{
	for (uint32_t i = 0; i < count; i++) {
		struct result_trial t = sample_trial(f->run, f->ordinal++, bench, platform);

		t.execution = execution;
		sample_flat(f->r, t, 60 + 2 * (ns + i % 4), 10);
	}
}

static inline void criterion(struct file *f, struct result_criterion c)
{
	c.run = f->run;
	sample_must(f->r, result_add_criterion(f->r, &c));
}

static inline void limit(struct file *f, const char *what, const char *platform,
			 enum limit_figure figure, double low, double high)
{
	bool of_time = figure >= LIMIT_TIME_TO_DETECT && figure <= LIMIT_DOWNTIME;
	static uint32_t entry;

	criterion(f, (struct result_criterion){.kind = CRITERION_LIMIT,
					       .entry = entry++,
					       .what = what,
					       .platform = platform,
					       .execution = EXECUTION_HARDWARE,
					       .figure = figure,
					       .quantile = of_time ? 0.9 : NAN,
					       .low = low,
					       .high = high,
					       .unit = figure <= LIMIT_MEAN || of_time ? NANOSECONDS
										       : -1,
					       .weight = NAN});
}

#endif
