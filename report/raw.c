/* SPDX-License-Identifier: Apache-2.0 */
/* report --raw: every sample of a figure's trials, in the order in which they were taken, as CSV.
 */
#include <errno.h>
#include <inttypes.h>

#include "report/trace.h"

struct printing {
	FILE *out;
	size_t samples;
};

/* As figures are computed: the stamp's cost taken off, never clamped. */
static void print_batch(FILE *out, const struct trace_trial *from, const struct result_raw *raw)
{
	const struct result_trial *t = from->trial;

	for (uint32_t i = 0; i < raw->count; i++) {
		double net = (double)raw->ticks[i] - (double)t->overhead_ticks;

		fprintf(out, "%zu,%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%.15g\r\n",
			from->block + 1, t->ordinal, raw->batch, i, raw->ticks[i],
			net * t->tick_ns);
	}
}

static int print_trial(void *context, const struct trace_trial *t)
{
	struct printing *p = context;
	const struct result_raw *raw;
	size_t count;

	if (!t->used)
		return 0;
	if (result_raw(t->result, t->trial->id, &raw, &count)) {
		errno = EIO;
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		print_batch(p->out, t, &raw[i]);
		p->samples += raw[i].count;
	}
	return 0;
}

static int print_raw(const struct report *r, FILE *out)
{
	struct printing p = {.out = out};

	fputs("block,trial,batch,index,ticks,ns\r\n", out);
	for (size_t i = 0; i < r->metric_count; i++)
		if (r->trace->metrics[i] &&
		    trace_metric_trials(r, &r->metrics[i], (struct trace_each){print_trial, &p}))
			return -1;
	return ferror(out) ? -1 : 0;
}

const struct format trace_raw_format = {.name = "raw", .print = print_raw};

int trace_raw_check(const struct report *r, char *error, size_t size)
{
	const struct result_trial *trials;
	const struct result_raw *raw;
	size_t figures = 0, found = 0, count, n;

	for (size_t i = 0; i < r->metric_count; i++)
		figures += r->trace->metrics[i];
	if (figures != 1) {
		snprintf(error, size,
			 "\"%s\" is %zu figures of benches; raw samples are of one: name it as "
			 "BENCH/PLATFORM, and give one file",
			 r->trace->metric, figures);
		return -1;
	}
	for (size_t f = 0; f < r->file_count; f++) {
		if (result_trials(r->files[f].result, &trials, &count))
			count = 0;
		for (size_t i = 0; i < count && !found; i++)
			if (trials[i].bench &&
			    !result_raw(r->files[f].result, trials[i].id, &raw, &n))
				found += n;
	}
	if (found)
		return 0;
	snprintf(error, size, "no raw samples here: they are kept by run --raw");
	return -1;
}
