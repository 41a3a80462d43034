/* SPDX-License-Identifier: Apache-2.0 */
/* From a plan to trials, and on into the result file. */
#include "harness/runner.h"

#include <math.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/budget.h"
#include "harness/core/command.h"
#include "harness/core/stats.h"
#include "harness/fault.h"
#include "harness/runner_internal.h"

int run_fail(struct run *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, r->error_size, format, args);
	va_end(args);
	return -1;
}

int run_result_failed(struct run *r)
{
	return run_fail(r, "%s", result_error(r->result));
}

/* ---- Trials ---- */

static void count_trial(struct run *r, struct cell *c, const struct trial_result *t)
{
	static const struct {
		size_t offset;
	} counter[] = {
		[TRIAL_OK] = {offsetof(struct run_summary, ok)},
		[TRIAL_INVALID] = {offsetof(struct run_summary, invalid)},
		[TRIAL_FAILED] = {offsetof(struct run_summary, failed)},
		[TRIAL_UNSUPPORTED] = {offsetof(struct run_summary, unsupported)},
	};

	r->summary->done++;
	if (t->status == TRIAL_INTERRUPTED) {
		r->summary->interrupted = 1;
		return;
	}
	if (t->status < sizeof(counter) / sizeof(counter[0]))
		++*(size_t *)((char *)r->summary + counter[t->status].offset);
	c->tried++;
	if (t->status == TRIAL_UNSUPPORTED)
		c->unsupported = true;
	if (t->status == TRIAL_OK)
		c->ok++;
	else
		snprintf(c->last_reason, sizeof(c->last_reason), "%.120s", t->reason);
}

/* A guest that says it cannot run this makes a skip, once, as if the host had known. */
static int note_unsupported(struct run *r, const struct cell *c, const struct trial_result *t)
{
	char why[sizeof(t->reason) + sizeof(c->form) + 2];

	if (t->status != TRIAL_UNSUPPORTED)
		return 0;
	snprintf(why, sizeof(why), "%s%s%s", c->form, c->form[0] ? ": " : "", t->reason);
	return run_add_skip(r, c->spec.bench ? "bench" : "fault",
			    c->spec.bench ? c->spec.bench->name : c->spec.fault->name,
			    c->spec.platform->name, why);
}

/* What stood so as the trial began. */
static void note_setting(struct trial_result *t, const char *what)
{
	struct trial_event *e = &t->event[t->event_count];

	if (!*what || t->event_count >= TRIAL_MAX_EVENTS)
		return;
	snprintf(e->subject, sizeof(e->subject), "host");
	snprintf(e->what, sizeof(e->what), "%.*s", (int)sizeof(e->what) - 1, what);
	t->event_count++;
}

/* What its variant sets of the host is undone with all that the trial did, by the journal. */
static int apply_settings(struct run *r, const struct trial_spec *spec, struct trial_result *t)
{
	const struct variant *v = spec->variant;

	for (size_t i = 0; v && i < v->count; i++) {
		char text[sizeof(t->reason)];

		if (setting_apply(&v->settings[i], spec->platform, r->journal, text,
				  sizeof(text))) {
			memcpy(t->reason, text, sizeof(t->reason));
			return -1;
		}
		note_setting(t, text);
	}
	return 0;
}

static void run_in_form(struct run *r, const struct trial_spec *spec, struct trial_result *t)
{
	if (!apply_settings(r, spec, t)) {
		trial_run(spec, t, r->options->stop);
		return;
	}
	t->status = TRIAL_FAILED;
	t->memory_locked = -1;
	t->started_ns = t->ended_ns = host_now_ns();
}

static int run_trial(struct run *r, size_t ordinal)
{
	struct cell *c = &r->cell[r->order[ordinal]];
	struct trial_result *t = trial_result_new();
	struct trial_spec spec = c->spec;
	int64_t begun = host_now_ns();
	size_t unhealed;
	int ret = -1;

	if (!t)
		return run_fail(r, "out of memory for a trial's result");
	spec.seed = r->options->plan->seed * 1000003 + ordinal;
	spec.form = c->form;
	run_in_form(r, &spec, t);
	unhealed = journal_heal(r->journal);
	count_trial(r, c, t);
	if (store_trial(r->result, r->row.id, (uint32_t)ordinal, r->start_ns, &spec, t,
			&r->counters)) {
		run_result_failed(r);
		goto out;
	}
	if (unhealed) {
		run_fail(r, "a change to the host could not be undone; run: virt-qualify recover");
		goto out;
	}
	c->took_ns = host_now_ns() - begun;
	c->sum_ns += c->took_ns;
	ret = note_unsupported(r, c, t);
out:
	trial_result_free(t);
	return ret;
}

/* Whole blocks alone are left out, for the time that they take and nothing else: so the sides of
 * a comparison stay of one size. */
static bool is_too_late(const struct run *r)
{
	int64_t budget = r->options->budget_ns;

	return budget && r->next && r->block_ends[r->next - 1] &&
	       host_now_ns() - r->start_ns + run_block_ns(r) > budget;
}

static void leave_out(struct run *r)
{
	r->summary->left_out = r->planned - r->next;
	for (size_t i = 0; i < r->cells; i++)
		r->cell[i].left = 0;
}

/* All that are planned and were not run. */
static int run_trials(struct run *r, struct progress *progress)
{
	progress->total = r->planned;
	while (r->next < r->planned && !r->summary->interrupted) {
		struct cell *c = &r->cell[r->order[r->next]];
		const struct trial_spec *s = &c->spec;

		if (is_too_late(r)) {
			leave_out(r);
			return 0;
		}
		if (progress_is_due(progress))
			progress_show(progress, r->next, run_left_ns(r),
				      s->bench ? s->bench->name : s->fault->name,
				      s->platform->name);
		if (!c->unsupported && run_trial(r, r->next))
			return -1;
		c->left--;
		r->next++;
	}
	return 0;
}

/* ---- A budget of time ---- */

/* What the median bench's trials will find. */
static void say_detectable(struct run *r)
{
	double *effect = calloc(r->cells + 1, sizeof(*effect));
	size_t n = 0;

	r->summary->detectable = NAN;
	r->summary->detectable_assumed = 0;
	for (size_t i = 0; effect && i < r->cells; i++) {
		const struct cell *c = &r->cell[i];
		double one;

		if (!c->spec.bench || c->unsupported)
			continue;
		one = noise_detectable(&r->noise, r->fingerprint, c->spec.bench->name,
				       c->spec.platform->name, c->spec.parameter,
				       (uint32_t)(c->tried + c->left),
				       &r->summary->detectable_assumed);
		effect[n++] = isnan(one) ? INFINITY : one;
	}
	if (n && isfinite(stats_median(effect, n)))
		r->summary->detectable = stats_median(effect, n);
	free(effect);
}

/* How many trials cells have, those to come included, and what that is good for. */
static void say_budget(struct run *r)
{
	struct run_summary *s = r->summary;

	s->fewest = UINT32_MAX;
	s->most = 0;
	for (size_t i = 0; i < r->cells; i++) {
		uint32_t trials = (uint32_t)(r->cell[i].tried + r->cell[i].left);

		s->fewest = trials < s->fewest ? trials : s->fewest;
		s->most = trials > s->most ? trials : s->most;
	}
	say_detectable(r);
	if (r->options->on_budget)
		r->options->on_budget(s);
}

/* How many trials more there will be, by what those before them took; `cells` and `trials` are
 * filled. false: none. */
static bool fill_budget(const struct run *r, struct budget_cell *cells, uint32_t *trials)
{
	int64_t left = r->options->budget_ns - (host_now_ns() - r->start_ns);
	bool any;

	for (size_t i = 0; i < r->cells; i++) {
		const struct cell *c = &r->cell[i];

		cells[i] = (struct budget_cell){
			.wanted = c->unsupported ? 0 : c->trials,
			.done = (uint32_t)c->tried,
			.ns = c->tried ? c->sum_ns / (int64_t)c->tried : 0,
		};
	}
	any = budget_fill(cells, r->cells, left);
	for (size_t i = 0; i < r->cells; i++)
		trials[i] = cells[i].more;
	return any;
}

/*
 * One trial of each cell, and then as many as fit, again and again until none does: first trials
 * take longer than later ones, and a neighbour of the host comes and goes.
 */
static int run_stages(struct run *r, struct budget_cell *cells, uint32_t *trials,
		      struct progress *progress)
{
	struct run_summary *s = r->summary;
	uint64_t seed = r->options->plan->seed, stage = 0;
	int64_t left;

	for (size_t i = 0; i < r->cells; i++)
		trials[i] = 1;
	if (run_add_order(r, trials, seed) || run_trials(r, progress))
		return -1;
	if (!r->cells || s->interrupted)
		return 0;
	left = r->options->budget_ns - (host_now_ns() - r->start_ns);
	s->over_ns = left < 0 ? -left : 0;
	while (!s->interrupted && !s->left_out && fill_budget(r, cells, trials)) {
		if (run_add_order(r, trials, seed + ++stage))
			return -1;
		if (stage == 1)
			say_budget(r);
		if (run_trials(r, progress))
			return -1;
	}
	if (stage != 1 || s->left_out)
		say_budget(r);
	return 0;
}

static int run_budget(struct run *r, uint32_t *trials, struct progress *progress)
{
	struct budget_cell *cells = calloc(r->cells + 1, sizeof(*cells));
	int ret;

	if (!cells)
		return run_fail(r, "out of memory");
	ret = run_stages(r, cells, trials, progress);
	free(cells);
	return ret;
}

static int run_plan_of(struct run *r, uint32_t *trials, struct progress *progress)
{
	for (size_t i = 0; i < r->cells; i++)
		trials[i] = r->cell[i].trials;
	if (run_add_order(r, trials, r->options->plan->seed))
		return -1;
	return run_trials(r, progress);
}

static int run_all_trials(struct run *r)
{
	uint32_t *trials = calloc(r->cells + 1, sizeof(*trials));
	struct progress progress;
	int ret;

	if (!trials)
		return run_fail(r, "out of memory");
	progress_begin(&progress, 0, r->options->progress);
	ret = r->options->budget_ns ? run_budget(r, trials, &progress)
				    : run_plan_of(r, trials, &progress);
	progress_end(&progress);
	free(trials);
	return ret;
}

/* Before the first trial: what a platform is may take a minute to find out. */
static bool is_stopped(const struct run *r)
{
	struct pollfd asked = {.fd = r->options->stop, .events = POLLIN};

	return poll(&asked, 1, 0) == 1;
}

static void find_empty_cells(struct run *r)
{
	for (size_t i = 0; i < r->cells; i++) {
		const struct cell *c = &r->cell[i];

		if (!c->tried || c->ok || c->unsupported)
			continue;
		if (!r->summary->empty_cells++)
			snprintf(r->summary->empty, sizeof(r->summary->empty), "%s on %s: %s",
				 c->spec.bench ? c->spec.bench->name : c->spec.fault->name,
				 c->spec.platform->name, c->last_reason);
	}
}

static int run_all(struct run *r)
{
	r->cpu_count = host_cpus(r->cpus, RUN_MAX_CPUS);
	r->start_ns = host_now_ns();
	if (run_describe(r))
		return -1;
	r->summary->interrupted = is_stopped(r);
	if (!r->summary->interrupted && run_all_trials(r))
		return -1;
	find_empty_cells(r);
	if (result_end_run(r->result, r->row.id, r->summary->interrupted))
		return run_result_failed(r);
	return 0;
}

/* Refused before anything is made. */
static int open_noise(struct run *r)
{
	const char *fingerprint;

	r->facts = host_gather();
	fingerprint = host_value(r->facts, "host.fingerprint");
	snprintf(r->fingerprint, sizeof(r->fingerprint), "%s", fingerprint ? fingerprint : "");
	return noise_open(&r->noise, r->options->noise, r->fingerprint, r->error, r->error_size)
		       ? EXIT_USAGE
		       : EXIT_OK;
}

/* A file to add to that cannot be one is bad input; a place that cannot be written is not. */
static int open_result(struct run *r)
{
	const struct run_options *o = r->options;

	r->result = o->append ? result_append(o->output) : result_create(o->output);
	if (r->result)
		return EXIT_OK;
	run_fail(r, "%s", result_error(NULL));
	return o->append && !access(o->output, W_OK) ? EXIT_USAGE : EXIT_HARNESS;
}

/* What a killed run left may be in this one's way: an offline CPU, a guest that still spins. */
static void tell_left_over(struct run *r)
{
	static bool told; /* aa has several runs */
	char path[512];

	r->left_over = journal_left_over(path, sizeof(path));
	if (r->left_over && !told)
		complain(EXIT_OK,
			 "%zu run%s that died left changes of this host undone, which may disturb "
			 "this one (%s%s); to undo them, run: virt-qualify recover",
			 r->left_over, r->left_over == 1 ? "" : "s", path,
			 r->left_over == 1 ? "" : ", …");
	told = told || r->left_over;
}

static int open_all(struct run *r)
{
	int code = open_noise(r);

	if (code)
		return code;
	tell_left_over(r);
	r->journal = journal_open(r->error, r->error_size);
	return r->journal ? open_result(r) : EXIT_HARNESS;
}

static void close_all(struct run *r)
{
	run_end_platforms(r);
	result_close(r->result);
	journal_close(r->journal);
	noise_close(&r->noise);
	host_free(r->facts);
	for (size_t i = 0; i < r->cells; i++)
		free(r->cell[i].placed);
	free(r->cell);
	free(r->order);
	free(r->block_ends);
}

int run_plan(const struct run_options *o, struct run_summary *s, char *error, size_t size)
{
	struct run r = {.options = o, .summary = s, .error = error, .error_size = size};
	int code;

	memset(s, 0, sizeof(*s));
	code = open_all(&r);
	if (!code && run_all(&r))
		code = EXIT_HARNESS;
	close_all(&r);
	return code;
}
