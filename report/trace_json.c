/* SPDX-License-Identifier: Apache-2.0 */
/* A trace as JSON: all that is needed to compute the figure again. */
#include <errno.h>
#include <jansson.h>
#include <math.h>

#include "harness/core/command.h"
#include "report/label.h"
#include "report/trace.h"

static void set_text(json_t *o, const char *key, const char *value)
{
	json_object_set_new(o, key, value ? json_string(value) : json_null());
}

static void set_real(json_t *o, const char *key, double value)
{
	json_object_set_new(o, key, isfinite(value) ? json_real(value) : json_null());
}

static void set_integer(json_t *o, const char *key, int64_t value)
{
	json_object_set_new(o, key, json_integer(value));
}

/* As text: a seed takes all 64 bits, and many readers have 53. */
static void set_seed(json_t *o, uint64_t seed)
{
	json_object_set_new(o, "seed", json_sprintf("%llu", (unsigned long long)seed));
}

/* ---- Trials ---- */

static json_t *disturbances(uint32_t mask)
{
	json_t *list = json_array();

	for (unsigned int bit = 0; bit < DISTURBANCES; bit++)
		if (mask & 1u << bit)
			json_array_append_new(list, json_string(disturbance_name(bit)));
	return list;
}

/* [low, width, count] of each bucket that is not empty. */
static json_t *histogram(const struct histogram *h)
{
	json_t *list = json_array();

	for (uint32_t i = 0; h && i < HISTOGRAM_BUCKETS; i++)
		if (h->count[i])
			json_array_append_new(list, json_pack("[I, I, I]",
							      (json_int_t)histogram_bucket_low(i),
							      (json_int_t)histogram_bucket_width(i),
							      (json_int_t)h->count[i]));
	return list;
}

static json_t *batch(const struct trace_trial *t, const struct result_batch *b)
{
	const struct {
		const char *name;
		uint64_t value;
	} seen[] = {{"wait_ns", b->wait_ns},
		    {"voluntary", b->voluntary},
		    {"involuntary", b->involuntary}};
	json_t *o = json_object();

	set_integer(o, "number", b->number);
	set_integer(o, "count", b->count);
	set_integer(o, "sum_ticks", (int64_t)b->sum_ticks);
	set_integer(o, "plain_count", b->plain_count);
	set_integer(o, "plain_ticks", (int64_t)b->plain_ticks);
	for (size_t i = 0; i < sizeof(seen) / sizeof(seen[0]); i++)
		json_object_set_new(o, seen[i].name,
				    t->watched ? json_integer((json_int_t)seen[i].value)
					       : json_null());
	json_object_set_new(o, "disturbances",
			    t->watched ? disturbances(b->disturbances) : json_null());
	json_object_set_new(o, "counts", trace_counts(t, (int32_t)b->number));
	json_object_set_new(o, "histogram", histogram(b->histogram));
	return o;
}

static json_t *trial(const struct trace_trial *t)
{
	const struct result_trial *x = t->trial;
	json_t *o = json_object();

	set_text(o, "run", t->run->uuid);
	set_integer(o, "ordinal", x->ordinal);
	set_seed(o, x->seed);
	set_integer(o, "started_ns", x->started_ns);
	set_integer(o, "duration_ns", x->duration_ns);
	set_text(o, "status", trial_status_name(x->status));
	set_text(o, "execution", execution_name(x->execution));
	json_object_set_new(o, "used", json_boolean(t->used));
	set_text(o, "why_not", t->why_not);
	set_integer(o, "memory_locked", x->memory_locked);
	return o;
}

static json_t *bench_trial(const struct trace_trial *t)
{
	const struct result_trial *x = t->trial;
	json_t *o = trial(t), *batches = json_array();

	set_real(o, "tick_ns", x->tick_ns);
	set_real(o, "work", x->work);
	set_integer(o, "overhead_ticks", x->overhead_ticks);
	set_real(o, "exits_per_op", x->exits_per_op);
	set_real(o, "emulated_per_op", x->emulated_per_op);
	set_real(o, "median", t->used ? t->f.median : NAN);
	set_real(o, "mean", t->used ? t->f.mean : NAN);
	set_real(o, "p99", t->used ? t->f.p99 : NAN);
	set_real(o, "undisturbed", t->used ? t->f.undisturbed : NAN);
	for (size_t i = 0; i < t->batch_count; i++)
		json_array_append_new(batches, batch(t, &t->batches[i]));
	json_object_set_new(o, "place", trace_place(t));
	json_object_set_new(o, "counts", trace_counts(t, RESULT_WHOLE_TRIAL));
	json_object_set_new(o, "batches", batches);
	return o;
}

static json_t *stamps(const int64_t *ns)
{
	static const char *const names[FAULT_STAMPS] = {"t0_injected",	    "t1_active",
							"t2_detected",	    "t3_recovery_started",
							"t4_first_service", "t5_baseline"};
	json_t *o = json_object();

	for (int i = 0; i < FAULT_STAMPS; i++)
		if (ns[i] < 0)
			json_object_set_new(o, names[i], json_null());
		else
			set_integer(o, names[i], ns[i]);
	return o;
}

static json_t *events(struct result *result, const struct result_trial *t)
{
	const struct result_event *e;
	json_t *list = json_array();
	size_t count;

	if (result_events(result, t->id, &e, &count))
		return list;
	for (size_t i = 0; i < count; i++) {
		json_t *o = json_object();

		set_integer(o, "at_ns", e[i].at_ns);
		set_integer(o, "uncertainty_ns", e[i].uncertainty_ns);
		set_text(o, "subject", e[i].subject);
		set_text(o, "what", e[i].what);
		json_array_append_new(list, o);
	}
	return list;
}

static json_t *fault_trial(struct result *result, const struct trace_trial *t)
{
	const struct result_fault_trial *f = t->trial->fault_trial;
	json_t *o = trial(t);

	if (!f)
		return o;
	set_text(o, "detector", f->detector);
	set_text(o, "outcome", outcome_name(f->outcome));
	json_object_set_new(o, "stamp_ns", stamps(f->stamp_ns));
	json_object_set_new(o, "uncertainty_ns", stamps(f->uncertainty_ns));
	set_integer(o, "horizon_ns", f->horizon_ns);
	set_integer(o, "downtime_ns", f->downtime_ns);
	set_real(o, "lost_operations", f->lost_operations < 0 ? NAN : (double)f->lost_operations);
	set_real(o, "baseline_rate", f->baseline_rate);
	set_real(o, "fault_rate", f->fault_rate);
	json_object_set_new(o, "events", events(result, t->trial));
	return o;
}

/* ---- Figures ---- */

static json_t *method(const char *const *sentences)
{
	json_t *list = json_array();

	for (; *sentences; sentences++)
		json_array_append_new(list, json_string(*sentences));
	return list;
}

static json_t *source(const struct report *r, const struct result_run *run, bool fault,
		      const char *name)
{
	const struct report_file *file = label_file(r, run);
	char *entry = trace_plan_entry(run, fault, name), hash[65] = "";
	json_t *o = json_object();

	trace_host_hash(r, run, hash);
	set_text(o, "file", file ? file->path : NULL);
	set_text(o, "sha256", file ? file->sha256 : NULL);
	set_text(o, "run", run->uuid);
	set_text(o, "started", run->started);
	set_text(o, "version", run->version);
	set_text(o, "command", run->command);
	set_text(o, "plan_name", run->plan_name);
	set_text(o, "plan_entry", entry);
	set_text(o, "plan", run->plan);
	set_seed(o, run->seed);
	set_real(o, "delta", run->delta);
	set_text(o, "host_sha256", hash);
	free(entry);
	return o;
}

static json_t *metric(const struct report *r, const struct metric *m)
{
	json_t *o = json_object(), *figure = json_object();

	set_text(o, "kind", "bench");
	set_text(o, "bench", m->bench->name);
	set_text(o, "summary", m->bench->summary);
	set_text(o, "platform", m->platform);
	set_text(o, "platform_name", m->platform_name);
	set_text(o, "platform_version", label_version(r, m->run, m->platform_name));
	set_text(o, "variant", m->variant);
	set_text(o, "parameter_name", m->bench->parameter_name);
	json_object_set_new(o, "parameter",
			    m->bench->parameter_name ? json_integer(m->parameter) : json_null());
	set_text(o, "unit", unit_name(m->unit));
	set_text(o, "better", better_name(m->bench->better));
	set_text(o, "execution", execution_name(m->execution));
	set_real(figure, "median", m->median);
	set_real(figure, "low", m->interval.low);
	set_real(figure, "high", m->interval.high);
	set_real(figure, "mean", m->mean);
	set_real(figure, "p99", m->p99);
	set_real(figure, "overhead", m->overhead);
	set_real(figure, "disturbed_share", m->disturbed_share);
	set_real(figure, "median_undisturbed", m->median_undisturbed);
	set_integer(figure, "trials", (int64_t)m->trials);
	set_integer(figure, "discarded", (int64_t)m->discarded);
	json_object_set_new(o, "figure", figure);
	json_object_set_new(o, "method",
			    method(m->execution == EXECUTION_DETERMINISTIC ? trace_exact_method
									   : trace_bench_method));
	json_object_set_new(o, "source", source(r, m->run, false, m->bench->name));
	return o;
}

static void set_time(json_t *o, const char *key, const struct time_figure *t)
{
	json_t *time = json_object();

	set_real(time, "median", t->median);
	set_real(time, "low", t->low);
	set_real(time, "high", t->high);
	set_integer(time, "count", (int64_t)t->count);
	json_object_set_new(o, key, time);
}

static json_t *fault(const struct report *r, const struct fault_figure *f)
{
	json_t *o = json_object(), *figure = json_object();

	set_text(o, "kind", "fault");
	set_text(o, "fault", f->fault->name);
	set_text(o, "recovery", f->recovery);
	set_text(o, "summary", f->fault->summary);
	set_text(o, "platform", f->platform);
	set_text(o, "variant", f->variant);
	set_text(o, "unit", unit_name(f->unit));
	set_text(o, "execution", execution_name(f->execution));
	set_text(o, "detector", f->detector);
	set_time(figure, "ttd", &f->ttd);
	set_time(figure, "ttr", &f->ttr);
	set_time(figure, "repair", &f->repair);
	set_time(figure, "full", &f->full);
	set_time(figure, "downtime", &f->downtime);
	set_integer(figure, "trials", (int64_t)f->trials);
	set_integer(figure, "activated", (int64_t)f->activated);
	set_integer(figure, "recovered", (int64_t)f->recovered);
	set_integer(figure, "censored", (int64_t)f->censored);
	json_object_set_new(o, "figure", figure);
	json_object_set_new(o, "method", method(trace_fault_method));
	json_object_set_new(o, "source", source(r, f->run, true, f->fault->name));
	return o;
}

/* ---- Printing: a trial at a time, for histograms are large ---- */

struct printing {
	FILE *out;
	struct result *result; /* NULL: benches */
	bool more;
};

static int dump(FILE *out, json_t *o)
{
	int failed = o ? json_dumpf(o, out, JSON_REAL_PRECISION(17)) : -1;

	json_decref(o);
	if (failed)
		errno = errno ? errno : ENOMEM;
	return failed ? -1 : 0;
}

static int print_trial(void *context, const struct trace_trial *t)
{
	struct printing *p = context;

	fputs(p->more ? ",\n      " : "\n      ", p->out);
	p->more = true;
	return dump(p->out, p->result ? fault_trial(p->result, t) : bench_trial(t));
}

/* One figure: what it is, then its trials. */
static int begin_figure(FILE *out, json_t *o, bool *more)
{
	fputs(*more ? ",\n    {\"about\": " : "\n    {\"about\": ", out);
	*more = true;
	if (dump(out, o))
		return -1;
	fputs(",\n     \"trials\": [", out);
	return 0;
}

static int print_json(const struct report *r, FILE *out)
{
	bool more = false;
	json_t *asked = json_string(r->trace->metric);

	errno = 0;
	fprintf(out, "{\n  \"schema\": 1,\n  \"version\": \"%s\",\n  \"trace\": ",
		virt_qualify_version());
	if (json_dumpf(asked, out, JSON_ENCODE_ANY))
		fputs("null", out); /* the command line was no UTF-8 */
	json_decref(asked);
	fputs(",\n  \"figures\": [", out);
	for (size_t i = 0; i < r->metric_count; i++) {
		struct printing p = {.out = out};

		if (!r->trace->metrics[i])
			continue;
		if (begin_figure(out, metric(r, &r->metrics[i]), &more) ||
		    trace_metric_trials(r, &r->metrics[i], (struct trace_each){print_trial, &p}))
			return -1;
		fputs("\n     ]}", out);
	}
	for (size_t i = 0; i < r->fault_count; i++) {
		struct printing p = {.out = out, .result = r->faults[i].result};

		if (!r->trace->faults[i])
			continue;
		if (begin_figure(out, fault(r, &r->faults[i]), &more) ||
		    trace_fault_trials(r, &r->faults[i], (struct trace_each){print_trial, &p}))
			return -1;
		fputs("\n     ]}", out);
	}
	fputs("\n  ]\n}\n", out);
	return ferror(out) ? -1 : 0;
}

const struct format trace_json_format = {.name = "json", .print = print_json};
