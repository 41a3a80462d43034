/* SPDX-License-Identifier: Apache-2.0 */
/* What a result file says of a run beside its trials. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/command.h"
#include "harness/fault.h"
#include "harness/run_row.h"
#include "harness/runner_internal.h"

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
	return ret ? run_result_failed(r) : 0;
}

static int store_facts(struct run *r)
{
	const struct host_facts *facts = r->facts;
	int ret = 0;

	for (size_t i = 0; i < facts->count && !ret; i++) {
		struct result_fact row = {.run = r->row.id,
					  .name = facts->fact[i].name,
					  .value = facts->fact[i].value,
					  .why = facts->fact[i].why};

		ret = result_add_fact(r->result, &row) ? run_result_failed(r) : 0;
	}
	return ret;
}

/* Where there is something to tell. */
static int store_left_over(struct run *r)
{
	char count[32];
	const struct result_fact row = {
		.run = r->row.id,
		.name = "host.left_over",
		.value = count,
		.why = "runs that died before left changes of this host undone, which may disturb "
		       "this one; virt-qualify recover undoes them",
	};

	snprintf(count, sizeof(count), "%zu", r->left_over);
	return r->left_over && result_add_fact(r->result, &row) ? run_result_failed(r) : 0;
}

static int store_descriptors(struct run *r)
{
	for_each_registered (struct bench, b, REGISTRY(benches)) {
		struct result_bench row = run_bench_row(r->row.id, b);

		if (plan_find_bench(r->options->plan, b->name) && result_add_bench(r->result, &row))
			return run_result_failed(r);
	}
	for_each_registered (struct fault, f, REGISTRY(faults)) {
		struct result_fault row = {.run = r->row.id,
					   .name = f->name,
					   .group = f->group,
					   .summary = f->summary};

		if (plan_find_fault(r->options->plan, f->name) && result_add_fault(r->result, &row))
			return run_result_failed(r);
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
			return run_fail(r, "out of memory");
		ret = result_add_variant(r->result, &row) ? run_result_failed(r) : 0;
		free(settings);
	}
	return ret;
}

/* One transaction: these are many small rows, and none is worth anything without the others. */
int run_describe(struct run *r)
{
	if (begin_run(r))
		return -1;
	if (result_begin(r->result))
		return run_result_failed(r);
	if (counters_describe(&r->counters, r->result, r->row.id))
		return run_result_failed(r);
	if (store_facts(r) || store_left_over(r) || store_descriptors(r) || store_variants(r) ||
	    run_add_platforms(r))
		return -1;
	/* Declared beforehand: it stands in the file before the first trial. */
	if (plan_store_criteria(r->options->plan, r->result, r->row.id))
		return run_result_failed(r);
	if (noise_copy(&r->noise, r->result, r->row.id, r->fingerprint))
		return run_result_failed(r);
	return result_commit(r->result) ? run_result_failed(r) : 0;
}
