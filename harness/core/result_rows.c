/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One row of a result file into its struct. Every value is checked for type, range and spelling;
 * the first bad one is noted in the cursor, and the load ends there.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/result_private.h"
#include "harness/core/text.h"

static void wrong(struct cursor *c, const char *what)
{
	if (c->wrong)
		return;
	c->wrong = what;
	c->wrong_column = sqlite3_column_name(c->s, c->column);
}

static int64_t take_integer(struct cursor *c, int64_t low, int64_t high)
{
	int64_t v = sqlite3_column_int64(c->s, c->column);

	if (sqlite3_column_type(c->s, c->column) != SQLITE_INTEGER)
		wrong(c, "is not a whole number");
	else if (v < low || v > high)
		wrong(c, "is out of range");
	c->column++;
	return v;
}

static int64_t take_any(struct cursor *c)
{
	return take_integer(c, INT64_MIN, INT64_MAX);
}

static bool take_null(struct cursor *c)
{
	if (sqlite3_column_type(c->s, c->column) != SQLITE_NULL)
		return false;
	c->column++;
	return true;
}

/* NULL reads as -1, "not known"; a stored -1 is a mistake. */
static int64_t take_integer_or_null(struct cursor *c)
{
	return take_null(c) ? -1 : take_integer(c, 0, INT64_MAX);
}

static double take_real(struct cursor *c)
{
	int type = sqlite3_column_type(c->s, c->column);
	double v = sqlite3_column_double(c->s, c->column);

	if ((type != SQLITE_FLOAT && type != SQLITE_INTEGER) || !isfinite(v))
		wrong(c, "is not a finite number");
	c->column++;
	return v;
}

static double take_real_or_null(struct cursor *c)
{
	return take_null(c) ? NAN : take_real(c);
}

/* As the file's reader wants to see it. */
static const char *filtered(const struct cursor *c, const char *text)
{
	const struct result_filter *f = &c->r->filter;

	if (!f->text)
		return text;
	return f->text(f->context, sqlite3_column_name(c->s, c->column), c->about, text);
}

static const char *take_clean(struct cursor *c, bool lines)
{
	const char *text, *copy = "";

	if (sqlite3_column_type(c->s, c->column) != SQLITE_TEXT) {
		wrong(c, "is not text");
	} else {
		/* Text first, then its length: SQLite converts in between. */
		text = (const char *)sqlite3_column_text(c->s, c->column);
		size_t length = (size_t)sqlite3_column_bytes(c->s, c->column);
		char *clean = text ? malloc(TEXT_CLEAN_SIZE(length)) : NULL;

		if (clean) {
			text_clean(clean, text, length, lines);
			text = filtered(c, clean);
			copy = text ? arena_strdup(c->texts, text) : NULL;
			free(clean);
		}
		if (!clean || !copy) {
			wrong(c, "does not fit into memory");
			copy = "";
		}
	}
	c->column++;
	return copy;
}

static const char *take_line(struct cursor *c)
{
	return take_clean(c, false);
}

/* A name that rows are found and grouped by. */
static const char *take_name(struct cursor *c)
{
	const char *s = take_clean(c, false);

	if (!s[0]) {
		c->column--;
		wrong(c, "is empty");
		c->column++;
	}
	return s;
}

static const char *take_line_or_null(struct cursor *c)
{
	return take_null(c) ? NULL : take_line(c);
}

static const char *take_name_or_null(struct cursor *c)
{
	return take_null(c) ? NULL : take_name(c);
}

static const char *take_lines(struct cursor *c)
{
	return take_clean(c, true);
}

static int take_word(struct cursor *c, int (*from_name)(const char *))
{
	const char *text = (const char *)sqlite3_column_text(c->s, c->column);
	int v = text ? from_name(text) : -1;

	if (v < 0)
		wrong(c, "is no word that this version knows");
	c->column++;
	return v < 0 ? 0 : v;
}

static int take_flag(struct cursor *c)
{
	return (int)take_integer(c, 0, 1);
}

/* ---- Rows, column by column in the order of the schema ---- */

void result_fetch_run(struct cursor *c, void *row)
{
	struct result_run *run = row;

	run->id = take_any(c);
	run->uuid = take_name(c);
	run->started = take_line(c);
	run->finished = take_line_or_null(c);
	run->version = take_line(c);
	run->command = take_line(c);
	run->plan_name = take_line(c);
	run->plan = take_lines(c);
	run->seed = (uint64_t)take_any(c);
	run->delta = take_real(c);
	run->interrupted = take_flag(c);
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

	take_any(c);
	f->run = take_any(c);
	f->name = take_name(c);
	c->about = f->name;
	f->value = take_null(c) ? NULL : take_clean(c, is_document(f->name));
	c->about = NULL;
	f->why = take_line_or_null(c);
}

void result_fetch_platform(struct cursor *c, void *row)
{
	struct result_platform *p = row;

	take_any(c);
	p->run = take_any(c);
	p->name = take_name(c);
	p->label = take_name(c);
	p->why_not = take_line_or_null(c);
	p->version = take_line_or_null(c);
}

void result_fetch_bench(struct cursor *c, void *row)
{
	struct result_bench *b = row;

	take_any(c);
	b->run = take_any(c);
	b->name = take_name(c);
	b->group = take_line(c);
	b->summary = take_line(c);
	b->parameter_name = take_name_or_null(c);
	b->unit = (enum unit)take_word(c, unit_from_name);
	b->better = (enum better)take_word(c, better_from_name);
	b->traps = take_flag(c);
	b->disturbance_exempt = take_flag(c);
	b->fit_line = take_flag(c);
}

void result_fetch_fault(struct cursor *c, void *row)
{
	struct result_fault *f = row;

	take_any(c);
	f->run = take_any(c);
	f->name = take_name(c);
	f->summary = take_line(c);
	f->group = take_line(c);
}

void result_fetch_skip(struct cursor *c, void *row)
{
	struct result_skip *s = row;

	take_any(c);
	s->run = take_any(c);
	s->kind = take_name(c);
	s->what = take_name(c);
	s->platform = take_name_or_null(c);
	s->why = take_line(c);
}

static void fetch_fault_trial(struct cursor *c, struct result_fault_trial *f)
{
	f->detector = take_line(c);
	f->detector_ours = take_flag(c);
	f->outcome = (enum outcome)take_word(c, outcome_from_name);
	for (int i = 0; i < FAULT_STAMPS; i++) {
		f->stamp_ns[i] = take_integer_or_null(c);
		f->uncertainty_ns[i] = take_integer(c, 0, INT64_MAX);
	}
	f->horizon_ns = take_integer(c, 0, INT64_MAX);
	f->downtime_ns = take_integer(c, 0, INT64_MAX);
	f->lost_operations = take_integer_or_null(c);
	f->baseline_rate = take_real_or_null(c);
	f->fault_rate = take_real_or_null(c);
	f->neighbour_ratio = take_real_or_null(c);
	f->fairness = take_real_or_null(c);
	f->worst_wait_ns = take_integer_or_null(c);
	f->steal_ns = take_integer_or_null(c);
	if (!c->wrong)
		c->wrong = result_check_fault_trial(f);
}

/* A trial with its fault half, if there is one, in the same row. */
void result_fetch_trial(struct cursor *c, void *row)
{
	struct result_trial *t = row;

	t->id = take_any(c);
	t->run = take_any(c);
	t->ordinal = (uint32_t)take_integer(c, 0, UINT32_MAX);
	t->bench = take_name_or_null(c);
	t->fault = take_name_or_null(c);
	t->recovery = take_name_or_null(c);
	t->platform = take_name(c);
	t->variant = take_line(c);
	t->parameter = take_any(c);
	t->status = (enum trial_status)take_word(c, trial_status_from_name);
	t->reason = take_line(c);
	t->execution = (enum execution)take_word(c, execution_from_name);
	t->seed = (uint64_t)take_any(c);
	t->started_ns = take_any(c);
	t->duration_ns = take_any(c);
	t->tick_ns = take_real(c);
	t->work = take_real(c);
	t->overhead_ticks = take_any(c);
	t->exits_per_op = take_real_or_null(c);
	t->emulated_per_op = take_real_or_null(c);
	t->memory_locked = (int)take_integer(c, -1, 1);
	t->console = take_lines(c);
	if (!take_null(c)) {
		struct result_fault_trial *f = arena_alloc(c->texts, sizeof(*f));

		if (!f) {
			wrong(c, "does not fit into memory");
			return;
		}
		take_any(c);
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
		wrong(c, "holds a word that this version does not know");
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

	if (take_null(c))
		return NULL;
	h = new_histogram(c->r);
	if (!h)
		wrong(c, "does not fit into memory");
	else if (sqlite3_column_type(c->s, c->column) != SQLITE_BLOB ||
		 result_decode_histogram(h, sqlite3_column_blob(c->s, c->column),
					 (size_t)sqlite3_column_bytes(c->s, c->column)))
		wrong(c, "is not a histogram");
	c->column++;
	return h;
}

void result_fetch_batch(struct cursor *c, void *row)
{
	struct result_batch *b = row;

	take_any(c);
	take_any(c);
	b->number = (uint32_t)take_integer(c, 0, UINT32_MAX);
	b->count = (uint32_t)take_integer(c, 0, UINT32_MAX);
	b->sum_ticks = (uint64_t)take_integer(c, 0, INT64_MAX);
	b->plain_count = (uint32_t)take_integer(c, 0, UINT32_MAX);
	b->plain_ticks = (uint64_t)take_integer(c, 0, INT64_MAX);
	b->wait_ns = (uint64_t)take_integer(c, 0, INT64_MAX);
	b->voluntary = (uint64_t)take_integer(c, 0, INT64_MAX);
	b->involuntary = (uint64_t)take_integer(c, 0, INT64_MAX);
	b->disturbances = take_disturbances(c);
	b->histogram = take_histogram(c);
	if (!c->wrong)
		c->wrong = result_check_batch(b, c->valid_trial);
}

void result_fetch_counter(struct cursor *c, void *row)
{
	struct result_counter *n = row;

	n->id = take_any(c);
	n->run = take_any(c);
	n->source = take_name(c);
	n->name = take_name(c);
	n->scope = take_name(c);
	n->unit = take_name(c);
	n->why_not = take_line_or_null(c);
}

/* NULL reads as -1. */
static int take_word_or_null(struct cursor *c, int (*from_name)(const char *))
{
	return take_null(c) ? -1 : take_word(c, from_name);
}

void result_fetch_variant(struct cursor *c, void *row)
{
	struct result_variant *v = row;

	take_any(c);
	v->run = take_any(c);
	v->name = take_name(c);
	v->settings = take_line(c);
	v->label = take_line(c);
}

void result_fetch_criterion(struct cursor *c, void *row)
{
	struct result_criterion *x = row;
	int figure;

	take_any(c);
	x->run = take_any(c);
	x->kind = (enum criterion)take_word(c, criterion_from_name);
	x->entry = (uint32_t)take_integer(c, 0, UINT32_MAX);
	x->what = take_name(c);
	x->platform = take_name_or_null(c);
	x->execution = take_word_or_null(c, execution_from_name);
	figure = take_word_or_null(c, limit_figure_from_name);
	x->quantile = take_real_or_null(c);
	x->low = take_real_or_null(c);
	x->high = take_real_or_null(c);
	x->unit = take_word_or_null(c, figure_unit_from_name);
	x->weight = take_real_or_null(c);
	x->trials = take_null(c) ? 0 : (uint32_t)take_integer(c, 0, UINT32_MAX);
	if (!c->wrong && x->kind == CRITERION_LIMIT && figure < 0)
		c->wrong = "it is a limit of no figure";
	x->figure = figure < 0 ? LIMIT_MEDIAN : (enum limit_figure)figure;
	if (!c->wrong)
		c->wrong = result_check_criterion(x);
}

void result_fetch_noise(struct cursor *c, void *row)
{
	struct result_noise *n = row;

	take_any(c);
	n->run = take_any(c);
	n->origin = take_name(c);
	n->fingerprint = take_line(c);
	n->bench = take_name(c);
	n->parameter = take_any(c);
	n->platform = take_name(c);
	n->variant = take_line(c);
	n->execution = (enum execution)take_word(c, execution_from_name);
	n->runs = (uint32_t)take_integer(c, 0, UINT32_MAX);
	n->trials = take_real_or_null(c);
	n->batches = take_real_or_null(c);
	n->within = take_real_or_null(c);
	n->between_trials = take_real_or_null(c);
	n->between_runs = take_real_or_null(c);
	n->trial_deviation = take_real_or_null(c);
	n->run_deviation = take_real_or_null(c);
	n->batch_ns = take_real_or_null(c);
	n->trial_ns = take_real_or_null(c);
	n->run_ns = take_real_or_null(c);
	n->floor = take_real_or_null(c);
	n->detectable = take_real_or_null(c);
	n->detectable_runs = take_real_or_null(c);
	if (!c->wrong)
		c->wrong = result_check_noise(n);
}

void result_fetch_count(struct cursor *c, void *row)
{
	struct result_count *n = row;

	take_any(c);
	n->batch = (int32_t)take_integer(c, INT32_MIN, INT32_MAX);
	n->counter = take_any(c);
	n->value = (uint64_t)take_integer(c, 0, INT64_MAX);
	if (!c->wrong)
		c->wrong = result_check_count(n);
}

void result_fetch_place(struct cursor *c, void *row)
{
	struct result_place *p = row;

	take_any(c);
	p->placement = take_name(c);
	p->cpus = take_line(c);
	p->observer = take_line(c);
}

static const uint64_t *take_ticks(struct cursor *c, uint32_t count)
{
	/* A sample takes a byte at least: what a small file claims must not take much memory. */
	bool fits = sqlite3_column_type(c->s, c->column) == SQLITE_BLOB &&
		    (uint32_t)sqlite3_column_bytes(c->s, c->column) >= count;
	uint64_t *ticks =
		fits ? arena_array(&c->r->details, count ? count : 1, sizeof(*ticks)) : NULL;

	if (fits && !ticks)
		wrong(c, "does not fit into memory");
	else if (!fits || result_decode_raw(ticks, count, sqlite3_column_blob(c->s, c->column),
					    (size_t)sqlite3_column_bytes(c->s, c->column)))
		wrong(c, "does not hold as many samples as count says");
	c->column++;
	return ticks;
}

void result_fetch_raw(struct cursor *c, void *row)
{
	struct result_raw *raw = row;

	take_any(c);
	raw->batch = (uint32_t)take_integer(c, 0, UINT32_MAX);
	raw->count = (uint32_t)take_integer(c, 0, RESULT_MAX_RAW);
	if (c->wrong)
		return;
	raw->ticks = take_ticks(c, raw->count);
	if (!c->wrong)
		c->wrong = result_check_raw(raw);
}

void result_fetch_event(struct cursor *c, void *row)
{
	struct result_event *e = row;

	take_any(c);
	take_any(c);
	take_any(c);
	e->at_ns = take_any(c);
	e->uncertainty_ns = take_any(c);
	e->subject = take_line(c);
	e->what = take_line(c);
	if (!c->wrong)
		c->wrong = result_check_event(e);
}

void result_fetch_progress(struct cursor *c, void *row)
{
	struct result_progress *p = row;

	take_any(c);
	take_any(c);
	take_any(c);
	p->member = (uint32_t)take_integer(c, 0, UINT32_MAX);
	p->at_ns = take_any(c);
	p->operations = (uint64_t)take_integer(c, 0, INT64_MAX);
	if (!c->wrong)
		c->wrong = result_check_progress(p);
}
