/* SPDX-License-Identifier: Apache-2.0 */
/* A trace to read: numbers have all their digits, so that what is computed from them agrees. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"
#include "report/trace.h"

static void number(FILE *out, const char *name, double v, const char *unit)
{
	if (isfinite(v))
		fprintf(out, "  %-20s %.15g%s%s\n", name, v, unit[0] ? " " : "", unit);
	else
		fprintf(out, "  %-20s n/a\n", name);
}

static void print_source(const struct report *r, const struct result_run *run, bool fault,
			 const char *name, FILE *out)
{
	const struct report_file *file = label_file(r, run);
	char *entry = trace_plan_entry(run, fault, name), hash[65] = "", plan[65];

	trace_host_hash(r, run, hash);
	fputs("\nWhere it comes from\n", out);
	if (file)
		fprintf(out, "  %-20s %s\n  %-20s %s\n", "file", file->path, "sha256",
			file->sha256);
	fprintf(out, "  %-20s %s, started %s\n", "run", run->uuid, run->started);
	fprintf(out, "  %-20s %s\n", "virt-qualify", run->version);
	fprintf(out, "  %-20s %s\n", "command", run->command);
	fprintf(out, "  %-20s %s, sha256 %s, seed %llu, delta %.15g\n", "plan", run->plan_name,
		label_plan_hash(plan, run), (unsigned long long)run->seed, run->delta);
	fprintf(out, "  %-20s sha256 %s, over the facts of report -F json\n", "host", hash);
	fprintf(out, "  %-20s not stored: the guest is told its bench, and the batches below\n",
		"guest command line");
	fprintf(out, "  the plan's entry\n%s\n", entry ? entry : "  (none is found)");
	free(entry);
}

static void print_method(const char *const *sentences, FILE *out)
{
	fputs("\nHow it comes about\n", out);
	for (; *sentences; sentences++)
		fprintf(out, "  - %s\n", *sentences);
}

/* ---- Trials ---- */

static void print_batch(const struct result_batch *b, bool watched, FILE *out)
{
	char why[LABEL_SIZE];

	label_disturbances(why, b->disturbances);
	fprintf(out, "    batch %u: %u operations in %llu ticks", b->number, b->count,
		(unsigned long long)b->sum_ticks);
	if (b->plain_count)
		fprintf(out, "; without stamps %u in %llu", b->plain_count,
			(unsigned long long)b->plain_ticks);
	if (!watched) {
		fputs("; nobody watched for disturbances\n", out);
		return;
	}
	fprintf(out, "; waited %llu ns, switched %llu times, %llu of them forced; %s%s\n",
		(unsigned long long)b->wait_ns, (unsigned long long)(b->voluntary + b->involuntary),
		(unsigned long long)b->involuntary, why[0] ? "disturbed: " : "undisturbed", why);
}

static void print_head(const struct trace_trial *t, FILE *out)
{
	const struct result_trial *x = t->trial;

	fprintf(out, t->blocks > 1 ? "  trial %u of block %zu: " : "  trial %u: ", x->ordinal,
		t->block + 1);
	fprintf(out, "seed %llu, started at %lld ns, took %lld ns, %s\n",
		(unsigned long long)x->seed, (long long)x->started_ns, (long long)x->duration_ns,
		execution_name(x->execution));
	if (!t->used)
		fprintf(out, "    not used, %s: %s\n", trial_status_name(x->status), t->why_not);
}

static int print_bench_trial(void *context, const struct trace_trial *t)
{
	const struct result_trial *x = t->trial;
	FILE *out = context;

	print_head(t, out);
	if (!t->used)
		return 0;
	fprintf(out, "    median %.15g, ", t->f.median);
	if (isfinite(t->f.mean)) /* a rate has none where its stamps cost more than the mean */
		fprintf(out, "mean %.15g, ", t->f.mean);
	fprintf(out, "p99 %.15g\n", t->f.p99);
	fprintf(out, "    overhead %lld ticks of %.15g ns, work %.15g",
		(long long)x->overhead_ticks, x->tick_ns, x->work);
	if (isfinite(x->exits_per_op))
		fprintf(out, ", exits an operation %.15g", x->exits_per_op);
	if (isfinite(x->emulated_per_op))
		fprintf(out, ", emulated %.15g", x->emulated_per_op);
	fputc('\n', out);
	for (size_t i = 0; i < t->batch_count; i++)
		print_batch(&t->batches[i], t->watched, out);
	return 0;
}

static int print_fault_trial(void *context, const struct trace_trial *t)
{
	static const char *const names[FAULT_STAMPS] = {"t0 injected",	    "t1 active",
							"t2 detected",	    "t3 recovery started",
							"t4 first service", "t5 at baseline"};
	const struct result_fault_trial *f = t->trial->fault_trial;
	FILE *out = context;

	print_head(t, out);
	if (!f)
		return 0;
	fprintf(out, "    %s; horizon %lld ns, downtime %lld ns\n", outcome_name(f->outcome),
		(long long)f->horizon_ns, (long long)f->downtime_ns);
	for (int i = 0; i < FAULT_STAMPS; i++)
		if (f->stamp_ns[i] >= 0)
			fprintf(out, "    %s at %lld ns, at most %lld ns earlier\n", names[i],
				(long long)f->stamp_ns[i], (long long)f->uncertainty_ns[i]);
		else
			fprintf(out, "    %s: never\n", names[i]);
	return 0;
}

/* ---- Figures ---- */

static int print_metric(const struct report *r, const struct metric *m, FILE *out)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE];
	const char *unit = unit_name(m->unit);

	fprintf(out, "%s on %s, %s: %s\n", label_metric(name, m),
		label_platform(platform, m->platform, m->variant), execution_name(m->execution),
		m->bench->summary);
	number(out, "median", m->median, unit);
	number(out, "low", m->interval.low, unit);
	number(out, "high", m->interval.high, unit);
	number(out, "mean", m->mean, unit);
	number(out, "p99", m->p99, unit);
	number(out, "median_undisturbed", m->median_undisturbed, unit);
	number(out, "overhead", m->overhead, unit_name(unit_of_figure(NANOSECONDS, m->execution)));
	number(out, "disturbed_share", m->disturbed_share, "");
	number(out, "trials used", (double)m->trials, "");
	number(out, "trials discarded", (double)m->discarded, "");
	print_method(m->execution == EXECUTION_DETERMINISTIC ? trace_exact_method
							     : trace_bench_method,
		     out);
	print_source(r, m->run, false, m->bench->name, out);
	fputs("\nTrials, in the order they ran; their histograms are in -F json\n", out);
	return trace_metric_trials(r, m, (struct trace_each){print_bench_trial, out});
}

static void time_lines(FILE *out, const char *name, const struct time_figure *t, const char *unit)
{
	char line[64];

	number(out, name, t->median, unit);
	snprintf(line, sizeof(line), "%s low", name);
	number(out, line, t->low, unit);
	snprintf(line, sizeof(line), "%s high", name);
	number(out, line, t->high, unit);
}

static int print_fault(const struct report *r, const struct fault_figure *f, FILE *out)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE], outcomes[LABEL_SIZE];
	const char *unit = unit_name(f->unit);

	fprintf(out, "%s on %s, %s: %s\n", label_fault(name, f),
		label_platform(platform, f->platform, f->variant), execution_name(f->execution),
		f->fault->summary);
	fprintf(out, "  %-20s %s\n", "outcomes", label_outcomes(outcomes, f));
	fprintf(out, "  %-20s %s\n", "detector", f->detector);
	time_lines(out, "ttd", &f->ttd, unit);
	time_lines(out, "ttr", &f->ttr, unit);
	time_lines(out, "repair", &f->repair, unit);
	time_lines(out, "full", &f->full, unit);
	time_lines(out, "downtime", &f->downtime, unit);
	print_method(trace_fault_method, out);
	print_source(r, f->run, true, f->fault->name, out);
	fputs("\nTrials, in the order they ran; their events are in -F json\n", out);
	return trace_fault_trials(r, f, (struct trace_each){print_fault_trial, out});
}

static int print_text(const struct report *r, FILE *out)
{
	bool more = false;

	for (size_t i = 0; i < r->metric_count; i++) {
		if (!r->trace->metrics[i])
			continue;
		fputs(more ? "\n" : "", out);
		more = true;
		if (print_metric(r, &r->metrics[i], out))
			return -1;
	}
	for (size_t i = 0; i < r->fault_count; i++) {
		if (!r->trace->faults[i])
			continue;
		fputs(more ? "\n" : "", out);
		more = true;
		if (print_fault(r, &r->faults[i], out))
			return -1;
	}
	return ferror(out) ? -1 : 0;
}

const struct format trace_text_format = {.name = "text", .print = print_text};
