/* SPDX-License-Identifier: Apache-2.0 */
/* What the rows of a result file may hold: the writer refuses the rest, the reader reports it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/result_private.h"

#define MAX_TICK_NS 1e9 /* a clock that ticks once a second is none of ours */
#define MAX_WORK    1e18
#define MAX_RATE    1e18

static bool is_within(double v, double low, double high)
{
	return v >= low && v <= high; /* false for NaN */
}

/* NaN stands for "not known". */
static bool is_unknown_or_within(double v, double low, double high)
{
	return isnan(v) || is_within(v, low, high);
}

static bool is_flag(int v)
{
	return v == 0 || v == 1;
}

const char *result_check_run(const struct result_run *run)
{
	if (!run->uuid[0])
		return "uuid is empty";
	if (!is_within(run->delta, 0, 10))
		return "delta is not between 0 and 10";
	if (!is_flag(run->interrupted))
		return "interrupted is neither 0 nor 1";
	return NULL;
}

#define MAX_GLOB  64 /* as in plans: bounds the time that fnmatch(3) takes */
#define MAX_STARS 8

static bool is_quick_glob(const char *glob)
{
	size_t stars = 0;

	for (const char *s = glob; s && *s; s++)
		stars += *s == '*';
	return !glob || (strlen(glob) <= MAX_GLOB && stars <= MAX_STARS);
}

/* A limit bounds something, and says of what. */
static const char *check_limit(const struct result_criterion *c)
{
	bool of_bench = c->figure <= LIMIT_MEAN,
	     of_time = c->figure >= LIMIT_TIME_TO_DETECT && c->figure <= LIMIT_DOWNTIME;

	if (c->figure >= LIMIT_FIGURES)
		return "figure is out of range";
	if (isnan(c->low) && isnan(c->high))
		return "it is a limit without low and high";
	if (!is_unknown_or_within(c->low, 0, MAX_RATE) ||
	    !is_unknown_or_within(c->high, 0, MAX_RATE) || c->low > c->high)
		return "low or high is out of range";
	if ((of_bench && c->unit < 0) || (of_time && c->unit != NANOSECONDS) ||
	    (!of_bench && !of_time && c->unit >= 0) || c->unit >= FIGURE_UNITS)
		return "its unit is not that of its figure";
	if (of_time ? !(c->quantile > 0 && c->quantile < 1) : !isnan(c->quantile))
		return "its quantile does not go with its figure";
	return NULL;
}

const char *result_check_criterion(const struct result_criterion *c)
{
	if (!c->what[0])
		return "what is empty";
	if (!is_quick_glob(c->what) || !is_quick_glob(c->platform))
		return "what or platform is no glob that a plan could hold";
	if (c->execution < -1 || c->execution >= EXECUTIONS)
		return "execution is out of range";
	if (c->kind == CRITERION_LIMIT)
		return check_limit(c);
	if (c->kind == CRITERION_WEIGHT && !(c->weight > 0 && c->weight <= MAX_RATE))
		return "weight is not above zero";
	if (c->kind == CRITERION_REQUIRE && !c->trials)
		return "trials is zero";
	return NULL;
}

#define MAX_DEVIATION 100.0 /* of logs: beyond e^100 nothing is a noise */
#define MAX_EFFECT    1e18
#define MAX_NS	      1e15 /* eleven days */

const char *result_check_noise(const struct result_noise *n)
{
	if (n->runs < 2)
		return "it is of fewer than two runs";
	if (!is_within(n->trials, 1, UINT32_MAX) || !is_within(n->batches, 1, RESULT_MAX_BATCHES))
		return "trials or batches is out of range";
	if (!is_unknown_or_within(n->within, 0, MAX_DEVIATION) ||
	    !is_unknown_or_within(n->between_trials, 0, MAX_DEVIATION) ||
	    !is_unknown_or_within(n->between_runs, 0, MAX_DEVIATION) ||
	    !is_within(n->trial_deviation, 0, MAX_DEVIATION) ||
	    !is_within(n->run_deviation, 0, MAX_DEVIATION))
		return "a standard deviation is out of range";
	if (!is_unknown_or_within(n->batch_ns, 0, MAX_NS) ||
	    !is_unknown_or_within(n->trial_ns, 0, MAX_NS) ||
	    !is_unknown_or_within(n->run_ns, 0, MAX_NS))
		return "a time is out of range";
	if (!is_within(n->floor, 0, MAX_EFFECT) ||
	    !is_unknown_or_within(n->detectable, 0, MAX_EFFECT) ||
	    !is_unknown_or_within(n->detectable_runs, 0, MAX_EFFECT))
		return "floor, detectable or detectable_runs is out of range";
	return NULL;
}

/* A trial that yields figures: everything they are computed from must make sense. */
static const char *check_valid_trial(const struct result_trial *t)
{
	if (!is_within(t->tick_ns, 1e-9, MAX_TICK_NS))
		return "tick_ns is not above zero";
	if (t->overhead_ticks < 0 || t->overhead_ticks >> HISTOGRAM_MAX_BITS)
		return "overhead_ticks is out of range";
	return NULL;
}

const char *result_check_trial(const struct result_trial *t)
{
	if (!t->bench == !t->fault)
		return "it is of neither or both of a bench and a fault";
	if (!t->fault != !t->recovery)
		return "fault and recovery do not come together";
	if (t->bench && t->fault_trial)
		return "it is of a bench, yet has a fault half (table fault_trial)";
	/* What failed before the fault began has none. */
	if (t->fault && !t->fault_trial && t->status == TRIAL_OK)
		return "its fault half (table fault_trial) is missing";
	if (t->started_ns < 0 || t->duration_ns < 0)
		return "started_ns or duration_ns is negative";
	if (!is_within(t->tick_ns, 0, MAX_TICK_NS))
		return "tick_ns is out of range";
	if (!is_within(t->work, 0, MAX_WORK))
		return "work is out of range";
	if (!is_unknown_or_within(t->exits_per_op, 0, MAX_RATE) ||
	    !is_unknown_or_within(t->emulated_per_op, 0, MAX_RATE))
		return "exits_per_op or emulated_per_op is out of range";
	if (t->memory_locked < -1 || t->memory_locked > 1)
		return "memory_locked is none of -1, 0, 1";
	if (t->bench && t->status == TRIAL_OK)
		return check_valid_trial(t);
	return NULL;
}

const char *result_check_fault_trial(const struct result_fault_trial *f)
{
	for (int i = 0; i < FAULT_STAMPS; i++)
		if (f->stamp_ns[i] < -1 || f->uncertainty_ns[i] < 0)
			return "a stamp or its uncertainty is negative";
	if (!is_flag(f->detector_ours))
		return "detector_ours is neither 0 nor 1";
	if (f->horizon_ns < 0 || f->downtime_ns < 0)
		return "horizon_ns or downtime_ns is negative";
	if (f->lost_operations < -1 || f->worst_wait_ns < -1 || f->steal_ns < -1)
		return "lost_operations, worst_wait_ns or steal_ns is negative";
	if (!is_unknown_or_within(f->baseline_rate, 0, MAX_RATE) ||
	    !is_unknown_or_within(f->fault_rate, 0, MAX_RATE))
		return "baseline_rate or fault_rate is out of range";
	if (!is_unknown_or_within(f->neighbour_ratio, 0, MAX_RATE))
		return "neighbour_ratio is out of range";
	if (!is_unknown_or_within(f->fairness, 0, 1))
		return "fairness is not between 0 and 1";
	return NULL;
}

/* Can values in these buckets add up to that sum? The last bucket has no upper end. */
static bool is_possible_sum(const struct histogram *h, uint64_t sum)
{
	unsigned __int128 low = 0, high = 0;
	uint64_t left = h->total;

	for (uint32_t i = 0; left; i++) {
		uint64_t from;

		i = histogram_next(h, i);
		if (i == HISTOGRAM_BUCKETS)
			return false; /* its total is not that of its buckets */
		left -= h->count[i];
		from = histogram_bucket_low(i);
		low += (unsigned __int128)h->count[i] * from;
		high += (unsigned __int128)h->count[i] * (from + histogram_bucket_width(i) - 1);
	}
	return sum >= low && (sum <= high || h->count[HISTOGRAM_BUCKETS - 1]);
}

const char *result_check_batch(const struct result_batch *b, bool valid)
{
	if (b->sum_ticks > INT64_MAX || b->plain_ticks > INT64_MAX)
		return "sum_ticks or plain_ticks is out of range";
	if (b->wait_ns > INT64_MAX || b->voluntary > INT64_MAX || b->involuntary > INT64_MAX)
		return "wait_ns or a count of switches is out of range";
	if (b->disturbances >> DISTURBANCES)
		return "disturbances holds an unknown one";
	if (!valid || !b->histogram)
		return NULL;
	if (b->histogram->total != b->count)
		return "its histogram does not hold as many operations as it counts";
	if (!is_possible_sum(b->histogram, b->sum_ticks))
		return "sum_ticks is not the sum of what its histogram holds";
	return NULL;
}

const char *result_check_event(const struct result_event *e)
{
	return e->uncertainty_ns < 0 ? "uncertainty_ns is negative" : NULL;
}

const char *result_check_progress(const struct result_progress *p)
{
	return p->operations > INT64_MAX ? "operations is out of range" : NULL;
}

const char *result_check_count(const struct result_count *c)
{
	if (c->batch < RESULT_WHOLE_TRIAL || c->batch >= (int32_t)RESULT_MAX_BATCHES)
		return "batch is out of range";
	return c->value > INT64_MAX ? "value is out of range" : NULL;
}

const char *result_check_raw(const struct result_raw *raw)
{
	if (raw->batch >= RESULT_MAX_BATCHES)
		return "batch is out of range";
	return raw->count > RESULT_MAX_RAW ? "count is out of range" : NULL;
}

/* Raw samples and the histogram are two tellings of one thing. */
static const char *check_raw_of(const struct result_trial *t, const struct result_raw *raw,
				struct histogram *space)
{
	const struct result_batch *b = NULL;
	uint64_t sum = 0;

	for (size_t i = 0; i < t->batch_count; i++)
		if (t->batches[i].number == raw->batch)
			b = &t->batches[i];
	if (!b || !b->histogram)
		return "raw samples are of no batch of it";
	histogram_clear(space);
	for (uint32_t i = 0; i < raw->count; i++) {
		histogram_record(space, raw->ticks[i]);
		sum += raw->ticks[i];
	}
	if (sum != b->sum_ticks || memcmp(space->count, b->histogram->count, sizeof(space->count)))
		return "raw samples are not those of the batch's histogram";
	return NULL;
}

static const char *check_all_raw(const struct result_trial *t)
{
	struct histogram *space = t->raw_count ? malloc(sizeof(*space)) : NULL;
	const char *why = t->raw_count && !space ? "no memory" : NULL;

	for (size_t i = 0; i < t->raw_count && !why; i++) {
		why = result_check_raw(&t->raw[i]);
		if (!why && t->status == TRIAL_OK)
			why = check_raw_of(t, &t->raw[i], space);
	}
	free(space);
	return why;
}

const char *result_trial_refusal(const struct result_trial *t)
{
	const char *why = result_check_trial(t);

	if (!why && t->fault_trial)
		why = result_check_fault_trial(t->fault_trial);
	if (!why && t->batch_count > RESULT_MAX_BATCHES)
		why = "it has more batches than fit";
	for (size_t i = 0; i < t->batch_count && !why; i++)
		why = result_check_batch(&t->batches[i], t->status == TRIAL_OK);
	for (size_t i = 0; i < t->event_count && !why; i++)
		why = result_check_event(&t->events[i]);
	for (size_t i = 0; i < t->progress_count && !why; i++)
		why = result_check_progress(&t->progress[i]);
	for (size_t i = 0; i < t->count_count && !why; i++)
		why = result_check_count(&t->counts[i]);
	return why ? why : check_all_raw(t);
}
