/* SPDX-License-Identifier: Apache-2.0 */
/* From a plan to trials in random order, and on into the result file. */
#include "harness/runner.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/budget.h"
#include "harness/core/command.h"
#include "harness/core/stats.h"
#include "harness/fault.h"
#include "harness/fit.h"
#include "harness/journal.h"
#include "harness/noise_known.h"
#include "harness/progress.h"
#include "harness/run_row.h"
#include "harness/setting.h"
#include "harness/store.h"

#define MAX_CPUS      256
#define MAX_PLATFORMS 32u

/* What is repeated: one bench at one parameter, or one fault with one recovery, on a platform. */
struct cell {
	struct trial_spec spec;
	uint32_t trials;
	size_t ok, tried;
	int64_t took_ns;		  /* its last trial */
	unsigned int *placed;		  /* CPUs of the spec, where they are placed */
	char form[VARIANT_MAX_NAME + 32]; /* the spec's: "slow", "slow, same-core" */
	bool unsupported;		  /* the guest says it cannot run this here: a skip, once */
	char last_reason[128];
};

struct run {
	const struct run_options *options;
	struct run_summary *summary;
	struct result *result;
	struct result_run row;
	struct journal *journal;
	struct counters counters;
	struct cell *cell;
	size_t cells;
	size_t *order;	      /* [planned] cell of each trial */
	bool *block_ends;     /* [planned]: it is the last of its block */
	size_t planned, next; /* the next trial's ordinal */
	struct noise_known noise;
	char fingerprint[32]; /* of this host */
	unsigned int cpus[MAX_CPUS];
	unsigned int cpu_count;
	const struct platform *begun[MAX_PLATFORMS]; /* their end() is due */
	size_t begun_count;
	int64_t start_ns;
	char *error;
	size_t error_size;
};

static int fail(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct run *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->error, r->error_size, format, args);
	va_end(args);
	return -1;
}

static int result_failed(struct run *r)
{
	return fail(r, "%s", result_error(r->result));
}

/* ---- Cells ---- */

static struct cell *add_cell(struct run *r)
{
	struct cell *grown = realloc(r->cell, (r->cells + 1) * sizeof(*grown));

	if (!grown) {
		fail(r, "out of memory");
		return NULL;
	}
	r->cell = grown;
	memset(&grown[r->cells], 0, sizeof(*grown));
	grown[r->cells].spec.cpus = r->cpus;
	grown[r->cells].spec.cpu_count = r->cpu_count;
	grown[r->cells].spec.journal = r->journal;
	return &grown[r->cells++];
}

static int add_skip(struct run *r, const char *kind, const char *what, const char *platform,
		    const char *why)
{
	struct result_skip skip = {
		.run = r->row.id, .kind = kind, .what = what, .platform = platform, .why = why};

	if (!r->summary->skipped++)
		snprintf(r->summary->skip, sizeof(r->summary->skip), "%s%s%s: %s", what,
			 platform ? " on " : "", platform ? platform : "", why);
	return result_add_skip(r->result, &skip) ? result_failed(r) : 0;
}

/* CPUs that a bench's vCPUs would have for themselves. */
static unsigned int cpus_needed(const struct bench *b, uint32_t parameter)
{
	uint32_t cast = b->cast_is_parameter ? parameter : b->cast;

	return (cast ? cast : 1) * (b->cpus ? b->cpus : 1);
}

/* 0; 1 with a sentence where it cannot be; -1. */
static int place_cell(struct run *r, struct cell *c, enum placement p, char *why, size_t size)
{
	const struct bench *b = c->spec.bench;
	unsigned int need = cpus_needed(b, c->spec.parameter);

	c->spec.placement = p;
	if (p == PLACEMENT_ANY)
		return 0;
	if (b->one_cpu || need < 2) {
		snprintf(why, size,
			 "placed %s: it uses one CPU, which has no other to be placed by",
			 placement_name(p));
		return 1;
	}
	if (!platform_pins(c->spec.platform)) {
		snprintf(why, size, "placed %s: its vCPUs' host may be another, and none is pinned",
			 placement_name(p));
		return 1;
	}
	c->placed = calloc(MAX_CPUS, sizeof(*c->placed));
	if (!c->placed)
		return fail(r, "out of memory");
	c->spec.cpus = c->placed;
	c->spec.cpu_count = host_placed_cpus(p, need, c->placed, MAX_CPUS, why, size);
	return !c->spec.cpu_count;
}

/* Variant and placement: in another form, it is another figure. */
static void name_form(struct cell *c)
{
	const char *variant = c->spec.variant ? c->spec.variant->name : "";
	const char *placement =
		c->spec.placement == PLACEMENT_ANY ? "" : placement_name(c->spec.placement);

	snprintf(c->form, sizeof(c->form), "%s%s%s", variant, *variant && *placement ? ", " : "",
		 placement);
}

/* A platform in one of its forms. */
struct form {
	const struct platform *platform;
	const struct variant *variant; /* NULL: as it is */
	bool again;		       /* what it lacks was said of another form */
};

static int add_bench_cell(struct run *r, const struct bench *b, const struct plan_bench *entry,
			  const struct form *f, uint32_t parameter, enum placement placement)
{
	struct cell *c = add_cell(r);
	char why[512];
	int ret;

	if (!c)
		return -1;
	c->spec.platform = f->platform;
	c->spec.variant = f->variant;
	c->spec.bench = b;
	c->spec.parameter = parameter;
	c->spec.batches = entry->batches;
	c->spec.samples = entry->samples;
	c->spec.raw = r->options->raw;
	c->trials = plan_bench_trials(r->options->plan, f->platform->name, entry->trials);
	ret = place_cell(r, c, placement, why, sizeof(why));
	name_form(c);
	if (ret <= 0)
		return ret;
	free(c->placed);
	r->cells--;
	return add_skip(r, "bench", b->name, f->platform->name, why);
}

static int add_bench_cells(struct run *r, const struct bench *b, const struct plan_bench *entry,
			   const struct form *f)
{
	uint32_t placements = entry->placements ? entry->placements : 1u << PLACEMENT_ANY;
	char why[512];
	size_t i = 0;

	if (!bench_fits(b, f->platform, why, sizeof(why)))
		return f->again ? 0 : add_skip(r, "bench", b->name, f->platform->name, why);
	if (!setting_fits_bench(f->variant, f->platform, b, why, sizeof(why)))
		return add_skip(r, "bench", b->name, f->platform->name, why);
	do {
		for (int k = 0; k < PLACEMENTS; k++)
			if (placements & 1u << k &&
			    add_bench_cell(r, b, entry, f, b->parameters[i], (enum placement)k))
				return -1;
	} while (++i < MAX_PARAMETERS && b->parameters[i]);
	return 0;
}

static int add_fault_cell(struct run *r, const struct fault *f, const struct recovery *y,
			  const struct plan_fault *entry, const struct form *form)
{
	const struct platform *p = form->platform;
	char why[512], what[128];
	struct cell *c;

	if (!fault_takes(f, y) || !plan_globs_match(&entry->recoveries, y->name))
		return 0;
	snprintf(what, sizeof(what), "%s+%s", f->name, y->name);
	if (!fault_fits(f, y, p, why, sizeof(why)))
		return form->again ? 0 : add_skip(r, "fault", what, p->name, why);
	if (!setting_fits_bench(form->variant, p, NULL, why, sizeof(why)))
		return add_skip(r, "fault", what, p->name, why);
	c = add_cell(r);
	if (!c)
		return -1;
	c->spec.platform = p;
	c->spec.variant = form->variant;
	c->spec.fault = f;
	c->spec.recovery = y;
	c->spec.horizon_ns = (int64_t)entry->horizon_ns;
	c->trials = plan_fault_trials(r->options->plan, p->name, entry->trials);
	name_form(c);
	return 0;
}

static int add_form_cells(struct run *r, const struct form *form)
{
	const struct plan *plan = r->options->plan;

	for_each_registered (struct bench, b, REGISTRY(benches)) {
		const struct plan_bench *entry = plan_find_bench(plan, b->name);

		if (entry && add_bench_cells(r, b, entry, form))
			return -1;
	}
	for_each_registered (struct fault, f, REGISTRY(faults)) {
		const struct plan_fault *entry = plan_find_fault(plan, f->name);

		if (!entry)
			continue;
		for_each_registered (struct recovery, y, REGISTRY(recoveries)) {
			if (add_fault_cell(r, f, y, entry, form))
				return -1;
		}
	}
	return 0;
}

/* Each variant of the plan; what a platform does not take is never run as if it had. */
static int add_platform_cells(struct run *r, const struct platform *p)
{
	const struct variants *all = &r->options->plan->variants;
	struct form form = {.platform = p};
	char why[512], what[128];

	if (!all->count)
		return add_form_cells(r, &form);
	for (size_t i = 0; i < all->count; i++) {
		form.variant = &all->variant[i];
		snprintf(what, sizeof(what), "%s/%s", p->name, form.variant->name);
		if (!setting_fits_platform(form.variant, p, r->options->host_faults, why,
					   sizeof(why))) {
			if (add_skip(r, "platform", what, NULL, why))
				return -1;
			continue;
		}
		if (add_form_cells(r, &form))
			return -1;
		form.again = true;
	}
	return 0;
}

static int begin_platform(struct run *r, const struct platform *p, char *why, size_t size)
{
	if (!p->begin)
		return 0;
	if (r->begun_count == MAX_PLATFORMS) {
		snprintf(why, size, "more than %u platforms in a run", MAX_PLATFORMS);
		return -1;
	}
	if (p->begin(why, size))
		return -1;
	r->begun[r->begun_count++] = p;
	return 0;
}

static void end_platforms(struct run *r)
{
	while (r->begun_count)
		r->begun[--r->begun_count]->end();
}

/* By itself, not by a glob that matches it among others. */
static bool is_named(const struct run *r, const char *platform)
{
	const struct plan_globs *g = &r->options->plan->platforms;

	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->glob[i], platform))
			return true;
	return false;
}

static int add_platforms(struct run *r)
{
	for_each_registered (struct platform, p, REGISTRY(platforms)) {
		struct result_platform row = {.run = r->row.id, .name = p->name};
		char why[512];

		if (!plan_has_platform(r->options->plan, p->name))
			continue;
		if (p->imported) {
			if (is_named(r, p->name) &&
			    add_skip(r, "platform", p->name, NULL, p->lacks(CAN_GUEST)))
				return -1;
			continue;
		}
		if (!p->works(why, sizeof(why)) || begin_platform(r, p, why, sizeof(why)))
			row.why_not = why;
		row.label = p->label();
		row.version = p->version();
		if (result_add_platform(r->result, &row))
			return result_failed(r);
		if (row.why_not ? add_skip(r, "platform", p->name, NULL, why)
				: add_platform_cells(r, p))
			return -1;
	}
	return 0;
}

/* ---- What the file says beside the trials ---- */

static int begin_run(struct run *r)
{
	const struct plan *plan = r->options->plan;
	char *text = plan_text(plan);
	char uuid[RUN_UUID_SIZE], started[RUN_TIME_SIZE];
	int ret;

	run_uuid(uuid);
	run_now(started);
	r->row = (struct result_run){
		.uuid = uuid,
		.started = started,
		.version = virt_qualify_version(),
		.command = r->options->command,
		.plan_name = plan->name,
		.plan = text ? text : "",
		.seed = plan->seed,
		.delta = plan->delta,
	};
	ret = result_begin_run(r->result, &r->row);
	free(text);
	r->row.uuid = r->row.started = r->row.plan = ""; /* they do not outlive this function */
	return ret ? result_failed(r) : 0;
}

static int store_facts(struct run *r)
{
	struct host_facts *facts = host_gather();
	int ret = 0;

	for (size_t i = 0; facts && i < facts->count && !ret; i++) {
		struct result_fact row = {.run = r->row.id,
					  .name = facts->fact[i].name,
					  .value = facts->fact[i].value,
					  .why = facts->fact[i].why};

		ret = result_add_fact(r->result, &row) ? result_failed(r) : 0;
	}
	if (facts && host_value(facts, "host.fingerprint"))
		snprintf(r->fingerprint, sizeof(r->fingerprint), "%s",
			 host_value(facts, "host.fingerprint"));
	host_free(facts);
	return ret;
}

static int store_descriptors(struct run *r)
{
	for_each_registered (struct bench, b, REGISTRY(benches)) {
		struct result_bench row = run_bench_row(r->row.id, b);

		if (plan_find_bench(r->options->plan, b->name) && result_add_bench(r->result, &row))
			return result_failed(r);
	}
	for_each_registered (struct fault, f, REGISTRY(faults)) {
		struct result_fault row = {.run = r->row.id,
					   .name = f->name,
					   .group = f->group,
					   .summary = f->summary};

		if (plan_find_fault(r->options->plan, f->name) && result_add_fault(r->result, &row))
			return result_failed(r);
	}
	return 0;
}

static int store_variants(struct run *r)
{
	const struct variants *all = &r->options->plan->variants;
	char label[512];
	int ret = 0;

	for (size_t i = 0; i < all->count && !ret; i++) {
		char *settings = variant_settings_text(&all->variant[i]);
		struct result_variant row = {.run = r->row.id,
					     .name = all->variant[i].name,
					     .settings = settings,
					     .label = label};

		setting_describe(&all->variant[i], label, sizeof(label));
		if (!settings)
			return fail(r, "out of memory");
		ret = result_add_variant(r->result, &row) ? result_failed(r) : 0;
		free(settings);
	}
	return ret;
}

/* One transaction: these are many small rows, and none is worth anything without the others. */
static int describe_run(struct run *r)
{
	if (begin_run(r))
		return -1;
	if (result_begin(r->result))
		return result_failed(r);
	if (counters_describe(&r->counters, r->result, r->row.id))
		return result_failed(r);
	if (store_facts(r) || store_descriptors(r) || store_variants(r) || add_platforms(r))
		return -1;
	/* Declared beforehand: it stands in the file before the first trial. */
	if (plan_store_criteria(r->options->plan, r->result, r->row.id))
		return result_failed(r);
	if (noise_copy(&r->noise, r->result, r->row.id, r->fingerprint, r->error, r->error_size))
		return -1;
	return result_commit(r->result) ? result_failed(r) : 0;
}

/* ---- Trials ---- */

/* Where a trial stands in the order. */
struct slot {
	size_t cell;
	uint64_t block;
	uint64_t key; /* random */
};

static int by_slot(const void *x, const void *y)
{
	const struct slot *a = x, *b = y;

	if (a->block != b->block)
		return a->block < b->block ? -1 : 1;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->cell > b->cell) - (a->cell < b->cell);
}

static uint32_t most_trials(const uint32_t *trials, size_t cells)
{
	uint32_t most = 1;

	for (size_t c = 0; c < cells; c++)
		if (trials[c] > most)
			most = trials[c];
	return most;
}

/*
 * Randomised complete blocks: as many as the largest cell has trials, smaller cells spread evenly
 * over them, the order within a block random. The k-th trials of two cells of one size are then in
 * one block: a drift of the host hits both alike, and they may be compared as pairs.
 */
static size_t fill_slots(const uint32_t *trials, size_t cells, uint64_t seed, struct slot *slots)
{
	uint64_t blocks = most_trials(trials, cells);
	struct random random;
	size_t n = 0;

	random_seed(&random, seed);
	for (size_t c = 0; c < cells; c++)
		for (uint64_t i = 0; i < trials[c]; i++)
			slots[n++] = (struct slot){
				.cell = c,
				.block = (2 * i + 1) * blocks / (2 * (uint64_t)trials[c]),
				.key = random_next(&random),
			};
	if (n)
		qsort(slots, n, sizeof(*slots), by_slot);
	return n;
}

/* So many trials of each cell more, after those that are planned. */
static int add_order(struct run *r, const uint32_t *trials, uint64_t seed)
{
	size_t more = 0, planned;
	struct slot *slots;

	for (size_t c = 0; c < r->cells; c++)
		more += trials[c];
	planned = r->planned + more;
	slots = calloc(more + 1, sizeof(*slots));
	r->order = reallocarray(r->order, planned + 1, sizeof(*r->order));
	r->block_ends = reallocarray(r->block_ends, planned + 1, sizeof(*r->block_ends));
	if (!r->order || !r->block_ends || !slots) {
		free(slots);
		return fail(r, "out of memory for %zu trials", planned);
	}
	fill_slots(trials, r->cells, seed, slots);
	for (size_t i = 0; i < more; i++) {
		r->order[r->planned + i] = slots[i].cell;
		r->block_ends[r->planned + i] =
			i + 1 == more || slots[i].block != slots[i + 1].block;
	}
	free(slots);
	r->summary->planned = r->planned = planned;
	return 0;
}

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
	return add_skip(r, c->spec.bench ? "bench" : "fault",
			c->spec.bench ? c->spec.bench->name : c->spec.fault->name,
			c->spec.platform->name, why);
}

/* What its variant sets of the host is undone with all that the trial did, by the journal. */
static void run_in_form(struct run *r, const struct trial_spec *spec, struct trial_result *t)
{
	if (!setting_apply(spec->variant, spec->platform, r->journal, t->reason,
			   sizeof(t->reason))) {
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
	int ret = -1;

	if (!t)
		return fail(r, "out of memory for a trial's result");
	spec.seed = r->options->plan->seed * 1000003 + ordinal;
	spec.form = c->form;
	run_in_form(r, &spec, t);
	if (journal_heal(r->journal)) {
		fail(r, "a change to the host could not be undone; run: virt-qualify recover");
		goto out;
	}
	count_trial(r, c, t);
	if (store_trial(r->result, r->row.id, (uint32_t)ordinal, r->start_ns, &spec, t,
			&r->counters)) {
		result_failed(r);
		goto out;
	}
	c->took_ns = host_now_ns() - begun;
	ret = note_unsupported(r, c, t);
out:
	trial_result_free(t);
	return ret;
}

/* Whole blocks alone are left out, for the time that they take and nothing else: so the sides of
 * a comparison stay of one size. */
static bool is_too_late(const struct run *r, int64_t longest_block)
{
	int64_t budget = r->options->budget_ns;

	return budget && r->next && r->block_ends[r->next - 1] &&
	       host_now_ns() - r->start_ns + longest_block > budget;
}

/* All that are planned and were not run. */
static int run_trials(struct run *r, struct progress *progress)
{
	int64_t block_began = host_now_ns(), longest_block = 0;

	progress->total = r->planned;
	while (r->next < r->planned && !r->summary->interrupted) {
		struct cell *c = &r->cell[r->order[r->next]];
		const struct trial_spec *s = &c->spec;

		if (is_too_late(r, longest_block)) {
			r->summary->left_out = r->planned - r->next;
			return 0;
		}
		progress_show(progress, r->next, s->bench ? s->bench->name : s->fault->name,
			      s->platform->name);
		if (!c->unsupported && run_trial(r, r->next))
			return -1;
		if (r->block_ends[r->next++]) {
			int64_t now = host_now_ns();

			if (now - block_began > longest_block)
				longest_block = now - block_began;
			block_began = now;
		}
	}
	return 0;
}

/* ---- A budget of time ---- */

/* What the median bench's trials will find. */
static void say_detectable(struct run *r, const struct budget_cell *cells)
{
	double *effect = calloc(r->cells + 1, sizeof(*effect));
	size_t n = 0;

	r->summary->detectable = NAN;
	for (size_t i = 0; effect && i < r->cells; i++) {
		const struct trial_spec *s = &r->cell[i].spec;
		double one;

		if (!s->bench || r->cell[i].unsupported)
			continue;
		one = noise_detectable(&r->noise, r->fingerprint, s->bench->name, s->platform->name,
				       s->parameter, cells[i].more + 1,
				       &r->summary->detectable_assumed);
		effect[n++] = isnan(one) ? INFINITY : one;
	}
	if (n && isfinite(stats_median(effect, n)))
		r->summary->detectable = stats_median(effect, n);
	free(effect);
}

/* One trial of each cell was run: their times say how many more there will be. */
static int plan_rest(struct run *r, struct budget_cell *cells, uint32_t *trials)
{
	struct run_summary *s = r->summary;

	for (size_t i = 0; i < r->cells; i++)
		cells[i] =
			(struct budget_cell){.wanted = r->cell[i].trials, .ns = r->cell[i].took_ns};
	budget_fill(cells, r->cells, r->options->budget_ns - (host_now_ns() - r->start_ns));
	s->fewest = UINT32_MAX;
	for (size_t i = 0; i < r->cells; i++) {
		trials[i] = cells[i].more;
		s->fewest = cells[i].more + 1 < s->fewest ? cells[i].more + 1 : s->fewest;
		s->most = cells[i].more + 1 > s->most ? cells[i].more + 1 : s->most;
	}
	say_detectable(r, cells);
	if (r->options->on_budget)
		r->options->on_budget(s);
	return add_order(r, trials, r->options->plan->seed + 1);
}

static int run_budget(struct run *r, uint32_t *trials, struct progress *progress)
{
	struct budget_cell *cells = calloc(r->cells + 1, sizeof(*cells));
	int ret = -1;

	if (!cells)
		return fail(r, "out of memory");
	for (size_t i = 0; i < r->cells; i++)
		trials[i] = 1;
	if (add_order(r, trials, r->options->plan->seed) || run_trials(r, progress))
		goto out;
	if (r->cells && !r->summary->interrupted && plan_rest(r, cells, trials))
		goto out;
	ret = run_trials(r, progress);
out:
	free(cells);
	return ret;
}

static int run_plan_of(struct run *r, uint32_t *trials, struct progress *progress)
{
	for (size_t i = 0; i < r->cells; i++)
		trials[i] = r->cell[i].trials;
	if (add_order(r, trials, r->options->plan->seed))
		return -1;
	return run_trials(r, progress);
}

static int run_all_trials(struct run *r)
{
	uint32_t *trials = calloc(r->cells + 1, sizeof(*trials));
	struct progress progress;
	int ret;

	if (!trials)
		return fail(r, "out of memory");
	progress_begin(&progress, 0, r->options->progress);
	ret = r->options->budget_ns ? run_budget(r, trials, &progress)
				    : run_plan_of(r, trials, &progress);
	progress_end(&progress);
	free(trials);
	return ret;
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
	r->cpu_count = host_cpus(r->cpus, MAX_CPUS);
	r->start_ns = host_now_ns();
	if (describe_run(r) || run_all_trials(r))
		return -1;
	find_empty_cells(r);
	if (result_end_run(r->result, r->row.id, r->summary->interrupted))
		return result_failed(r);
	return 0;
}

int run_plan(const struct run_options *o, struct run_summary *s, char *error, size_t size)
{
	struct run r = {.options = o, .summary = s, .error = error, .error_size = size};
	int ret;

	memset(s, 0, sizeof(*s));
	if (noise_open(&r.noise, o->noise, error, size))
		return -1;
	r.journal = journal_open(error, size);
	if (!r.journal) {
		noise_close(&r.noise);
		return -1;
	}
	r.result = o->append ? result_append(o->output) : result_create(o->output);
	if (!r.result) {
		journal_close(r.journal);
		noise_close(&r.noise);
		return fail(&r, "%s", result_error(NULL));
	}
	ret = run_all(&r);
	end_platforms(&r);
	result_close(r.result);
	journal_close(r.journal);
	noise_close(&r.noise);
	for (size_t i = 0; i < r.cells; i++)
		free(r.cell[i].placed);
	free(r.cell);
	free(r.order);
	free(r.block_ends);
	return ret;
}
