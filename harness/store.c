/* SPDX-License-Identifier: Apache-2.0 */
/* A trial's findings, checked and handed to the result file. */
#include "harness/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/fault.h"
#include "harness/place.h"

#define END(text) ((text)[sizeof(text) - 1] = '\0')

static void bound_counts(struct trial_result *t)
{
	if (t->batch_count > TRIAL_MAX_BATCHES)
		t->batch_count = TRIAL_MAX_BATCHES;
	if (t->bucket_count > TRIAL_MAX_BUCKETS)
		t->bucket_count = TRIAL_MAX_BUCKETS;
	if (t->event_count > TRIAL_MAX_EVENTS)
		t->event_count = TRIAL_MAX_EVENTS;
	if (t->progress_count > TRIAL_MAX_PROGRESS)
		t->progress_count = TRIAL_MAX_PROGRESS;
	if (t->status >= TRIAL_STATUSES)
		t->status = TRIAL_FAILED;
	END(t->reason);
	END(t->detector);
	END(t->console);
}

/* One histogram a batch, filled from the list of buckets. NULL: out of memory. */
static struct histogram *make_histograms(struct trial_result *t)
{
	struct histogram *h = calloc(t->batch_count ? t->batch_count : 1, sizeof(*h));

	if (!h)
		return NULL;
	for (uint32_t i = 0; i < t->bucket_count; i++) {
		const struct trial_bucket *b = &t->bucket[i];

		if (b->batch < t->batch_count)
			histogram_add_bucket(&h[b->batch], b->bucket, b->count);
	}
	for (uint32_t i = 0; i < t->batch_count; i++)
		t->batch[i].histogram = &h[i];
	return h;
}

/* Raw samples where the batches have them; returns how many rows. What lies outside is left out. */
static size_t make_raw(const struct trial_result *t, struct result_raw *rows)
{
	size_t n = 0;

	for (uint32_t i = 0; i < t->batch_count; i++) {
		uint32_t start = t->raw_start[i], count = t->raw_count[i];

		if (count && count <= TRIAL_MAX_RAW && start <= TRIAL_MAX_RAW - count)
			rows[n++] = (struct result_raw){t->batch[i].number, count, &t->raw[start]};
	}
	return n;
}

static void make_events(struct trial_result *t, struct result_event *out)
{
	for (uint32_t i = 0; i < t->event_count; i++) {
		END(t->event[i].subject);
		END(t->event[i].what);
		out[i] = (struct result_event){
			.at_ns = t->event[i].at_ns,
			.uncertainty_ns = t->event[i].uncertainty_ns,
			.subject = t->event[i].subject,
			.what = t->event[i].what,
		};
	}
}

/* What was found contradicts itself: keep that there was such a trial and why it counts for
 * nothing, in values that are ours. */
static void keep_only_reason(struct result_trial *row, const char *refusal)
{
	if (row->status == TRIAL_OK) {
		row->status = TRIAL_INVALID;
		row->reason = refusal;
	}
	row->tick_ns = row->work = 1;
	row->overhead_ticks = 0;
	row->exits_per_op = row->emulated_per_op = NAN;
	row->memory_locked = -1;
	if (row->started_ns < 0)
		row->started_ns = 0;
	if (row->duration_ns < 0)
		row->duration_ns = 0;
	row->batch_count = row->event_count = row->progress_count = row->count_count = 0;
	row->raw_count = 0;
	row->fault_trial = NULL;
}

int store_trial(struct result *result, int64_t run, uint32_t ordinal, int64_t run_start_ns,
		const struct trial_spec *s, struct trial_result *t, struct counters *counters)
{
	struct result_event events[TRIAL_MAX_EVENTS];
	static struct result_raw raw[TRIAL_MAX_BATCHES];
	struct place_text place;
	struct result_count *counts;
	struct histogram *histograms;
	struct result_trial row;
	const char *refusal;
	size_t count = 0;
	int ret;

	bound_counts(t);
	counts = calloc(TRIAL_MAX_COUNTS, sizeof(*counts));
	if (counters && counts && counters_collect(counters, result, t, counts, &count)) {
		free(counts);
		return -1;
	}
	histograms = make_histograms(t);
	if (!histograms) /* the file is whole; this trial's figures are lost, and it says so */
		t->status = TRIAL_FAILED, t->batch_count = 0;
	make_events(t, events);
	t->fault.detector = t->detector;
	row = (struct result_trial){
		.run = run,
		.ordinal = ordinal,
		.bench = s->bench ? s->bench->name : NULL,
		.fault = s->fault ? s->fault->name : NULL,
		.recovery = s->recovery ? s->recovery->name : NULL,
		.platform = s->platform->name,
		.variant = s->form ? s->form : "",
		.parameter = s->parameter,
		.status = t->status,
		.reason = t->reason,
		.execution = t->execution < EXECUTIONS ? t->execution : EXECUTION_HARDWARE,
		.seed = s->seed,
		.started_ns = t->started_ns - run_start_ns,
		.duration_ns = t->ended_ns - t->started_ns,
		.tick_ns = t->tick_ns > 0 ? t->tick_ns : 1,
		.work = t->work > 0 ? t->work : 1,
		.overhead_ticks = t->overhead_ticks,
		.exits_per_op = t->exits_per_op,
		.emulated_per_op = t->emulated_per_op,
		.memory_locked = t->memory_locked,
		.console = t->console,
		.batches = t->batch,
		.batch_count = t->batch_count,
		.events = events,
		.event_count = t->event_count,
		.progress = t->progress,
		.progress_count = t->progress_count,
		.counts = counts,
		.count_count = count,
		.place = place_describe(s, t, &place) ? &place.row : NULL,
		.raw = raw,
		.raw_count = make_raw(t, raw),
		.fault_trial = t->has_fault ? &t->fault : NULL,
	};
	refusal = result_trial_refusal(&row);
	if (refusal)
		keep_only_reason(&row, refusal);
	ret = result_add_trial(result, &row);
	free(histograms);
	free(counts);
	return ret;
}
