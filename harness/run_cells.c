/* SPDX-License-Identifier: Apache-2.0 */
/* What a run repeats: each bench and fault of the plan, in every form, on every platform. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/fault.h"
#include "harness/fit.h"
#include "harness/runner_internal.h"

static struct cell *add_cell(struct run *r)
{
	struct cell *grown = realloc(r->cell, (r->cells + 1) * sizeof(*grown));

	if (!grown) {
		run_fail(r, "out of memory");
		return NULL;
	}
	r->cell = grown;
	memset(&grown[r->cells], 0, sizeof(*grown));
	grown[r->cells].spec.cpus = r->cpus;
	grown[r->cells].spec.cpu_count = r->cpu_count;
	grown[r->cells].spec.journal = r->journal;
	return &grown[r->cells++];
}

int run_add_skip(struct run *r, const char *kind, const char *what, const char *platform,
		 const char *why)
{
	struct result_skip skip = {
		.run = r->row.id, .kind = kind, .what = what, .platform = platform, .why = why};

	if (!r->summary->skipped++)
		snprintf(r->summary->skip, sizeof(r->summary->skip), "%s%s%s: %s", what,
			 platform ? " on " : "", platform ? platform : "", why);
	return result_add_skip(r->result, &skip) ? run_result_failed(r) : 0;
}

/* 0; 1 with a sentence where it cannot be; -1. */
static int place_cell(struct run *r, struct cell *c, enum placement p, char *why, size_t size)
{
	unsigned int need;
	char one[160];

	c->spec.placement = p;
	if (p == PLACEMENT_ANY)
		return 0;
	need = bench_placed_cpus(c->spec.bench, c->spec.parameter, one, sizeof(one));
	if (!need) {
		snprintf(why, size, "placed %s: %s", placement_name(p), one);
		return 1;
	}
	if (!platform_pins(c->spec.platform)) {
		snprintf(why, size, "placed %s: its vCPUs' host may be another, and none is pinned",
			 placement_name(p));
		return 1;
	}
	c->placed = calloc(RUN_MAX_CPUS, sizeof(*c->placed));
	if (!c->placed)
		return run_fail(r, "out of memory");
	c->spec.cpus = c->placed;
	c->spec.cpu_count = host_placed_cpus(p, need, c->placed, RUN_MAX_CPUS, why, size);
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
	return run_add_skip(r, "bench", b->name, f->platform->name, why);
}

static int add_bench_cells(struct run *r, const struct bench *b, const struct plan_bench *entry,
			   const struct form *f)
{
	uint32_t placements = entry->placements ? entry->placements : 1u << PLACEMENT_ANY;
	char why[512];
	size_t i = 0;

	if (!bench_fits(b, f->platform, why, sizeof(why)) ||
	    plan_skips_bench(r->options->plan, f->platform->name, b->name, why, sizeof(why)))
		return f->again ? 0 : run_add_skip(r, "bench", b->name, f->platform->name, why);
	if (!setting_fits_bench(f->variant, f->platform, b, why, sizeof(why)))
		return run_add_skip(r, "bench", b->name, f->platform->name, why);
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
	if (!fault_fits(f, y, p, why, sizeof(why)) ||
	    plan_skips_fault(r->options->plan, p->name, f->name, y->name, why, sizeof(why)))
		return form->again ? 0 : run_add_skip(r, "fault", what, p->name, why);
	if (!setting_fits_bench(form->variant, p, NULL, why, sizeof(why)))
		return run_add_skip(r, "fault", what, p->name, why);
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
			if (run_add_skip(r, "platform", what, NULL, why))
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
	if (r->begun_count == RUN_MAX_PLATFORMS) {
		snprintf(why, size, "more than %u platforms in a run", RUN_MAX_PLATFORMS);
		return -1;
	}
	if (p->begin(why, size))
		return -1;
	r->begun[r->begun_count++] = p;
	return 0;
}

void run_end_platforms(struct run *r)
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

int run_add_platforms(struct run *r)
{
	for_each_registered (struct platform, p, REGISTRY(platforms)) {
		struct result_platform row = {.run = r->row.id, .name = p->name};
		char why[512];

		if (!plan_has_platform(r->options->plan, p->name))
			continue;
		if (p->imported) {
			if (is_named(r, p->name) &&
			    run_add_skip(r, "platform", p->name, NULL, p->lacks(CAN_GUEST)))
				return -1;
			continue;
		}
		if (!p->works(why, sizeof(why)) || begin_platform(r, p, why, sizeof(why)))
			row.why_not = why;
		row.label = p->label();
		row.version = p->version();
		if (result_add_platform(r->result, &row))
			return run_result_failed(r);
		if (row.why_not ? run_add_skip(r, "platform", p->name, NULL, why)
				: add_platform_cells(r, p))
			return -1;
	}
	return 0;
}
