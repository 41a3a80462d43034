/* SPDX-License-Identifier: Apache-2.0 */
/* One row of a result file into its struct, column by column in the order of the schema. */
#include <stdlib.h>
#include <string.h>

#include "harness/core/result_cursor.h"

void result_fetch_run(struct cursor *c, void *row)
{
	struct result_run *run = row;

	run->id = cursor_any(c);
	run->uuid = cursor_name(c);
	run->started = cursor_line(c);
	run->finished = cursor_line_or_null(c);
	run->version = cursor_line(c);
	run->command = cursor_line(c);
	run->plan_name = cursor_line(c);
	run->plan = cursor_lines(c);
	run->seed = (uint64_t)cursor_any(c);
	run->delta = cursor_real(c);
	run->interrupted = cursor_flag(c);
	if (!c->wrong)
		c->wrong = result_check_run(run);
}

/* A document by its name ("topology.xml") has lines; any other fact is one, whatever it holds. */
static bool is_document(const char *name)
{
	size_t length = strlen(name);

	return length > 4 && !strcmp(name + length - 4, ".xml");
}

void result_fetch_fact(struct cursor *c, void *row)
{
	struct result_fact *f = row;

	cursor_any(c);
	f->run = cursor_any(c);
	f->name = cursor_name(c);
	c->about = f->name;
	f->value = cursor_null(c) ? NULL : cursor_text(c, is_document(f->name));
	c->about = NULL;
	f->why = cursor_line_or_null(c);
}

void result_fetch_platform(struct cursor *c, void *row)
{
	struct result_platform *p = row;

	cursor_any(c);
	p->run = cursor_any(c);
	p->name = cursor_name(c);
	p->label = cursor_name(c);
	p->why_not = cursor_line_or_null(c);
	p->version = cursor_line_or_null(c);
}

void result_fetch_bench(struct cursor *c, void *row)
{
	struct result_bench *b = row;

	cursor_any(c);
	b->run = cursor_any(c);
	b->name = cursor_name(c);
	b->group = cursor_line(c);
	b->summary = cursor_line(c);
	b->parameter_name = cursor_name_or_null(c);
	b->unit = (enum unit)cursor_word(c, unit_from_name);
	b->better = (enum better)cursor_word(c, better_from_name);
	b->traps = cursor_flag(c);
	b->disturbance_exempt = cursor_flag(c);
	b->fit_line = cursor_flag(c);
}

void result_fetch_fault(struct cursor *c, void *row)
{
	struct result_fault *f = row;

	cursor_any(c);
	f->run = cursor_any(c);
	f->name = cursor_name(c);
	f->summary = cursor_line(c);
	f->group = cursor_line(c);
}

void result_fetch_skip(struct cursor *c, void *row)
{
	struct result_skip *s = row;

	cursor_any(c);
	s->run = cursor_any(c);
	s->kind = cursor_name(c);
	s->what = cursor_name(c);
	s->platform = cursor_name_or_null(c);
	s->why = cursor_line(c);
}

static void fetch_fault_trial(struct cursor *c, struct result_fault_trial *f)
{
	f->detector = cursor_line(c);
	f->detector_ours = cursor_flag(c);
	f->outcome = (enum outcome)cursor_word(c, outcome_from_name);
	for (int i = 0; i < FAULT_STAMPS; i++) {
		f->stamp_ns[i] = cursor_integer_or_null(c);
		f->uncertainty_ns[i] = cursor_integer(c, 0, INT64_MAX);
	}
	f->horizon_ns = cursor_integer(c, 0, INT64_MAX);
	f->downtime_ns = cursor_integer(c, 0, INT64_MAX);
	f->lost_operations = cursor_integer_or_null(c);
	f->baseline_rate = cursor_real_or_null(c);
	f->fault_rate = cursor_real_or_null(c);
	f->neighbour_ratio = cursor_real_or_null(c);
	f->fairness = cursor_real_or_null(c);
	f->worst_wait_ns = cursor_integer_or_null(c);
	f->steal_ns = cursor_integer_or_null(c);
	if (!c->wrong)
		c->wrong = result_check_fault_trial(f);
}

/* A trial with its fault half, if there is one, in the same row. */
void result_fetch_trial(struct cursor *c, void *row)
{
	struct result_trial *t = row;

	t->id = cursor_any(c);
	t->run = cursor_any(c);
	t->ordinal = (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	t->bench = cursor_name_or_null(c);
	t->fault = cursor_name_or_null(c);
	t->recovery = cursor_name_or_null(c);
	t->platform = cursor_name(c);
	t->variant = cursor_line(c);
	t->parameter = cursor_any(c);
	t->status = (enum trial_status)cursor_word(c, trial_status_from_name);
	t->reason = cursor_line(c);
	t->execution = (enum execution)cursor_word(c, execution_from_name);
	t->seed = (uint64_t)cursor_any(c);
	t->started_ns = cursor_any(c);
	t->duration_ns = cursor_any(c);
	t->tick_ns = cursor_real(c);
	t->work = cursor_real(c);
	t->overhead_ticks = cursor_any(c);
	t->exits_per_op = cursor_real_or_null(c);
	t->emulated_per_op = cursor_real_or_null(c);
	t->memory_locked = (int)cursor_integer(c, -1, 1);
	t->console = cursor_lines(c);
	if (!cursor_null(c)) {
		struct result_fault_trial *f = arena_alloc(c->texts, sizeof(*f));

		if (!f) {
			cursor_wrong(c, "does not fit into memory");
			return;
		}
		cursor_any(c);
		fetch_fault_trial(c, f);
		t->fault_trial = f;
	}
	if (!c->wrong)
		c->wrong = result_check_trial(t);
}

/* "steal,migrated" */
static uint32_t take_disturbances(struct cursor *c)
{
	const char *s = (const char *)sqlite3_column_text(c->s, c->column);
	uint32_t mask = 0;

	while (s && *s) {
		size_t length = strcspn(s, ",");
		unsigned int bit = 0;

		while (bit < DISTURBANCES && (strlen(disturbance_name(bit)) != length ||
					      memcmp(disturbance_name(bit), s, length)))
			bit++;
		if (bit == DISTURBANCES)
			break;
		mask |= 1u << bit;
		s += length;
		s += *s == ',';
	}
	if (!s || *s)
		cursor_wrong(c, "holds a word that this version does not know");
	c->column++;
	return mask;
}

static void empty(struct histogram *h)
{
	uint64_t left = h->total;

	for (uint32_t i = 0; left; i++) {
		i = histogram_next(h, i);
		if (i == HISTOGRAM_BUCKETS)
			break;
		left -= h->count[i];
		h->count[i] = 0;
	}
	h->total = h->sum = 0;
}

/* An empty one, until the next result_batches; NULL: no memory. */
static struct histogram *new_histogram(struct result *r)
{
	if (r->spares_used < r->spares) {
		empty(r->spare[r->spares_used]);
		return r->spare[r->spares_used++];
	}
	if (r->spares == RESULT_SPARES)
		return arena_alloc(&r->details, sizeof(struct histogram));
	r->spare[r->spares] = calloc(1, sizeof(struct histogram));
	if (!r->spare[r->spares])
		return NULL;
	r->spares_used = ++r->spares;
	return r->spare[r->spares - 1];
}

static struct histogram *take_histogram(struct cursor *c)
{
	struct histogram *h;

	if (cursor_null(c))
		return NULL;
	h = new_histogram(c->r);
	if (!h)
		cursor_wrong(c, "does not fit into memory");
	else if (sqlite3_column_type(c->s, c->column) != SQLITE_BLOB ||
		 result_decode_histogram(h, sqlite3_column_blob(c->s, c->column),
					 (size_t)sqlite3_column_bytes(c->s, c->column)))
		cursor_wrong(c, "is not a histogram");
	c->column++;
	return h;
}

void result_fetch_batch(struct cursor *c, void *row)
{
	struct result_batch *b = row;

	cursor_any(c);
	cursor_any(c);
	b->number = (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	b->count = (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	b->sum_ticks = (uint64_t)cursor_integer(c, 0, INT64_MAX);
	b->plain_count = (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	b->plain_ticks = (uint64_t)cursor_integer(c, 0, INT64_MAX);
	b->wait_ns = (uint64_t)cursor_integer(c, 0, INT64_MAX);
	b->voluntary = (uint64_t)cursor_integer(c, 0, INT64_MAX);
	b->involuntary = (uint64_t)cursor_integer(c, 0, INT64_MAX);
	b->disturbances = take_disturbances(c);
	b->histogram = take_histogram(c);
	if (!c->wrong)
		c->wrong = result_check_batch(b, c->valid_trial);
}

void result_fetch_counter(struct cursor *c, void *row)
{
	struct result_counter *n = row;

	n->id = cursor_any(c);
	n->run = cursor_any(c);
	n->source = cursor_name(c);
	n->name = cursor_name(c);
	n->scope = cursor_name(c);
	n->unit = cursor_name(c);
	n->why_not = cursor_line_or_null(c);
}

void result_fetch_variant(struct cursor *c, void *row)
{
	struct result_variant *v = row;

	cursor_any(c);
	v->run = cursor_any(c);
	v->name = cursor_name(c);
	v->settings = cursor_line(c);
	v->label = cursor_line(c);
}

void result_fetch_criterion(struct cursor *c, void *row)
{
	struct result_criterion *x = row;
	int figure;

	cursor_any(c);
	x->run = cursor_any(c);
	x->kind = (enum criterion)cursor_word(c, criterion_from_name);
	x->entry = (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	x->what = cursor_name(c);
	x->platform = cursor_name_or_null(c);
	x->execution = cursor_word_or_null(c, execution_from_name);
	figure = cursor_word_or_null(c, limit_figure_from_name);
	x->quantile = cursor_real_or_null(c);
	x->low = cursor_real_or_null(c);
	x->high = cursor_real_or_null(c);
	x->unit = cursor_word_or_null(c, figure_unit_from_name);
	x->weight = cursor_real_or_null(c);
	x->trials = cursor_null(c) ? 0 : (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	if (!c->wrong && x->kind == CRITERION_LIMIT && figure < 0)
		c->wrong = "it is a limit of no figure";
	x->figure = figure < 0 ? LIMIT_MEDIAN : (enum limit_figure)figure;
	if (!c->wrong)
		c->wrong = result_check_criterion(x);
}

void result_fetch_noise(struct cursor *c, void *row)
{
	struct result_noise *n = row;

	cursor_any(c);
	n->run = cursor_any(c);
	n->origin = cursor_name(c);
	n->fingerprint = cursor_line(c);
	n->bench = cursor_name(c);
	n->parameter = cursor_any(c);
	n->platform = cursor_name(c);
	n->variant = cursor_line(c);
	n->execution = (enum execution)cursor_word(c, execution_from_name);
	n->runs = (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	n->trials = cursor_real_or_null(c);
	n->batches = cursor_real_or_null(c);
	n->within = cursor_real_or_null(c);
	n->between_trials = cursor_real_or_null(c);
	n->between_runs = cursor_real_or_null(c);
	n->trial_deviation = cursor_real_or_null(c);
	n->run_deviation = cursor_real_or_null(c);
	n->batch_ns = cursor_real_or_null(c);
	n->trial_ns = cursor_real_or_null(c);
	n->run_ns = cursor_real_or_null(c);
	n->floor = cursor_real_or_null(c);
	n->detectable = cursor_real_or_null(c);
	n->detectable_runs = cursor_real_or_null(c);
	if (!c->wrong)
		c->wrong = result_check_noise(n);
}

void result_fetch_count(struct cursor *c, void *row)
{
	struct result_count *n = row;

	cursor_any(c);
	n->batch = (int32_t)cursor_integer(c, INT32_MIN, INT32_MAX);
	n->counter = cursor_any(c);
	n->value = (uint64_t)cursor_integer(c, 0, INT64_MAX);
	if (!c->wrong)
		c->wrong = result_check_count(n);
}

void result_fetch_place(struct cursor *c, void *row)
{
	struct result_place *p = row;

	cursor_any(c);
	p->placement = cursor_name(c);
	p->cpus = cursor_line(c);
	p->observer = cursor_line(c);
}

static const uint64_t *take_ticks(struct cursor *c, uint32_t count)
{
	/* A sample takes a byte at least: what a small file claims must not take much memory. */
	bool fits = sqlite3_column_type(c->s, c->column) == SQLITE_BLOB &&
		    (uint32_t)sqlite3_column_bytes(c->s, c->column) >= count;
	uint64_t *ticks =
		fits ? arena_array(&c->r->details, count ? count : 1, sizeof(*ticks)) : NULL;

	if (fits && !ticks)
		cursor_wrong(c, "does not fit into memory");
	else if (!fits || result_decode_raw(ticks, count, sqlite3_column_blob(c->s, c->column),
					    (size_t)sqlite3_column_bytes(c->s, c->column)))
		cursor_wrong(c, "does not hold as many samples as count says");
	c->column++;
	return ticks;
}

void result_fetch_raw(struct cursor *c, void *row)
{
	struct result_raw *raw = row;

	cursor_any(c);
	raw->batch = (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	raw->count = (uint32_t)cursor_integer(c, 0, RESULT_MAX_RAW);
	if (c->wrong)
		return;
	raw->ticks = take_ticks(c, raw->count);
	if (!c->wrong)
		c->wrong = result_check_raw(raw);
}

void result_fetch_event(struct cursor *c, void *row)
{
	struct result_event *e = row;

	cursor_any(c);
	cursor_any(c);
	cursor_any(c);
	e->at_ns = cursor_any(c);
	e->uncertainty_ns = cursor_any(c);
	e->subject = cursor_line(c);
	e->what = cursor_line(c);
	if (!c->wrong)
		c->wrong = result_check_event(e);
}

void result_fetch_progress(struct cursor *c, void *row)
{
	struct result_progress *p = row;

	cursor_any(c);
	cursor_any(c);
	cursor_any(c);
	p->member = (uint32_t)cursor_integer(c, 0, UINT32_MAX);
	p->at_ns = cursor_any(c);
	p->operations = (uint64_t)cursor_integer(c, 0, INT64_MAX);
	if (!c->wrong)
		c->wrong = result_check_progress(p);
}
