/* SPDX-License-Identifier: Apache-2.0 */
#include "report/trace.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/command.h"
#include "harness/core/sha256.h"
#include "harness/core/text.h"
#include "report/label.h"

const char *const trace_bench_method[] = {
	"The histograms of all batches of a trial are added up. Its quantile q is the middle of "
	"the "
	"bucket that holds the operation of rank ceil(q * count); the middle is low + width / 2, "
	"rounded down.",
	"A trial's median and p99 are (quantile - overhead_ticks) * tick_ns, its mean is "
	"(sum of sum_ticks / sum of count - overhead_ticks) * tick_ns: nanoseconds of one "
	"operation. "
	"Where the unit is a rate, they are work / (nanoseconds * 1e-9).",
	"The figure's median, mean and p99 are the medians over the trials used of these. low and "
	"high are the distribution-free 95 % interval of the median.",
	NULL,
};

const char *const trace_exact_method[] = {
	"A tick is one instruction of virtual time. A trial's median is the median over its "
	"batches of "
	"(sum_ticks / count), less overhead_ticks: the sums are exact, buckets are not.",
	"Its mean is sum of sum_ticks / sum of count - overhead_ticks; its p99 is the quantile of "
	"its "
	"histograms, less overhead_ticks. Where the unit is a rate, they are work / (instructions "
	"* "
	"1e-9).",
	"The figure's median, mean and p99 are the medians over the trials used of these. low and "
	"high are the distribution-free 95 % interval of the median.",
	NULL,
};

const char *const trace_fault_method[] = {
	"Of each trial used, time to detect is t2 - t0, time to recover t4 - t0, repair t4 - t2, "
	"full "
	"recovery t5 - t0; what did not happen by the horizon is censored there.",
	"The figure is the Kaplan-Meier median over these times, of the trials that lost service "
	"(to "
	"detect and full recovery: also of those that were slowed). Downtime is over all trials "
	"whose "
	"fault was active.",
	NULL,
};

/* ---- What is asked for ---- */

static const char *platform_name(const struct report *r, const struct fault_figure *f)
{
	for (size_t i = 0; i < r->platform_count; i++)
		if (label_run_of_platform(r, i) == f->run &&
		    !strcmp(r->platforms[i]->label, f->platform))
			return r->platforms[i]->name;
	return f->platform;
}

static bool is_place(const char *wanted, const char *platform, const char *variant)
{
	char s[LABEL_SIZE];

	return !strcmp(wanted, platform) || !strcmp(wanted, label_platform(s, platform, variant));
}

static bool is_metric(const struct metric *m, const char *what, const char *place)
{
	char label[LABEL_SIZE], brief[LABEL_SIZE];

	text_print(brief, sizeof(brief), "%s:%lld", m->bench->name, (long long)m->parameter);
	if (strcmp(what, m->bench->name) != 0 && strcmp(what, label_metric(label, m)) != 0 &&
	    (!m->bench->parameter_name || strcmp(what, brief) != 0))
		return false;
	return !place || is_place(place, m->platform_name, m->variant) ||
	       is_place(place, m->platform, m->variant);
}

static bool is_fault(const struct report *r, const struct fault_figure *f, const char *what,
		     const char *place)
{
	char label[LABEL_SIZE];

	if (strcmp(what, f->fault->name) != 0 && strcmp(what, label_fault(label, f)) != 0)
		return false;
	return !place || is_place(place, f->platform, f->variant) ||
	       is_place(place, platform_name(r, f), f->variant);
}

/* The name most like what was asked for. */
static void nearest(const struct report *r, const char *metric, char name[2 * LABEL_SIZE])
{
	unsigned int least = (unsigned int)strlen(metric) / 2 + 1;
	char label[LABEL_SIZE], one[2 * LABEL_SIZE];

	name[0] = '\0';
	for (size_t i = 0; i < r->metric_count + r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i - r->metric_count];
		unsigned int distance;

		if (i < r->metric_count)
			text_print(one, sizeof(one), "%s/%s", label_metric(label, &r->metrics[i]),
				   r->metrics[i].platform_name);
		else
			text_print(one, sizeof(one), "%s/%s", label_fault(label, f),
				   platform_name(r, f));
		distance = edit_distance(metric, one);
		if (distance < least) {
			least = distance;
			strcpy(name, one);
		}
	}
}

static int none_such(const struct report *r, const char *metric, char *error, size_t size)
{
	char name[2 * LABEL_SIZE];

	nearest(r, metric, name);
	if (name[0])
		snprintf(error, size, "no figure \"%s\" here; did you mean \"%s\"?", metric, name);
	else
		snprintf(error, size,
			 "no figure \"%s\" here; name one as BENCH/PLATFORM or "
			 "FAULT+RECOVERY/PLATFORM, as report -F brief lists them",
			 metric);
	return -1;
}

int trace_select(struct report *r, const char *metric, char *error, size_t size)
{
	struct analysis *a = (struct analysis *)r;
	struct trace *t = arena_alloc(&a->arena, sizeof(*t));
	char *what = arena_strdup(&a->arena, metric), *place = what ? strchr(what, '/') : NULL;
	size_t found = 0;

	if (t) {
		t->metric = metric;
		t->metrics = arena_array(&a->arena, r->metric_count + 1, sizeof(bool));
		t->faults = arena_array(&a->arena, r->fault_count + 1, sizeof(bool));
	}
	if (!t || !what || !t->metrics || !t->faults) {
		snprintf(error, size, "no memory for the trace");
		return -1;
	}
	if (place)
		*place++ = '\0';
	for (size_t i = 0; i < r->metric_count; i++)
		found += t->metrics[i] = is_metric(&r->metrics[i], what, place);
	for (size_t i = 0; i < r->fault_count; i++)
		found += t->faults[i] = is_fault(r, &r->faults[i], what, place);
	if (!found)
		return none_such(r, metric, error, size);
	r->trace = t;
	return 0;
}

const struct format *trace_format(const char *name)
{
	if (!strcmp(name, "text"))
		return &trace_text_format;
	if (!strcmp(name, "json"))
		return &trace_json_format;
	complain(EXIT_USAGE, "a trace is printed as text or json, not as \"%s\"", name);
	return NULL;
}

/* ---- Trials ---- */

static int details(const struct report *r, struct result *result, const struct metric *m,
		   struct trial_space *space, struct trace_trial *t)
{
	struct analysis *a = (struct analysis *)r;
	char error[256];
	int none;

	a->error = error; /* what goes wrong here went right when the report was made */
	a->error_size = sizeof(error);
	none = analysis_trial(a, result, t->trial, m->bench, space, &t->f, &t->why_not);
	a->error = NULL;
	if (none < 0 || result_batches(result, t->trial->id, &t->batches, &t->batch_count)) {
		errno = EIO;
		return -1;
	}
	t->watched = analysis_is_watched(result, t->trial->id, t->batches, t->batch_count);
	t->used = !none;
	return 0;
}

/* Of which block of the side is it? false: of none. */
static bool find_block(const struct report *r, const struct result_run *side, struct trace_trial *t)
{
	t->run = report_block_of(r, side, t->trial->run);
	t->blocks = 0;
	for (size_t i = 0; i < r->run_count; i++) {
		if (r->runs[i] == t->run)
			t->block = t->blocks;
		t->blocks += r->sides[i] == side;
	}
	return t->run;
}

int trace_metric_trials(const struct report *r, const struct metric *m, struct trace_each each)
{
	const struct report_file *file = label_file(r, m->run);
	struct trial_space *space = malloc(sizeof(*space));
	const struct result_trial *trials;
	size_t count;
	int failed = -1;

	if (!space || !file || result_trials(file->result, &trials, &count))
		goto out;
	failed = 0;
	for (size_t i = 0; i < count && !failed; i++) {
		const struct result_trial *x = &trials[i];
		struct trace_trial t = {.trial = x, .result = file->result};

		if (!find_block(r, m->run, &t) || !x->bench ||
		    strcmp(x->bench, m->bench->name) != 0 ||
		    strcmp(x->platform, m->platform_name) != 0 ||
		    strcmp(x->variant, m->variant) != 0 || x->parameter != m->parameter)
			continue;
		if (x->status != TRIAL_OK)
			t.why_not = x->reason[0] ? x->reason : "no reason is stored";
		else if (x->execution != m->execution)
			t.why_not = "it ran otherwise: its figure is another";
		else
			failed = details(r, file->result, m, space, &t);
		if (!failed)
			failed = each.visit(each.context, &t);
	}
out:
	free(space);
	return failed;
}

int trace_fault_trials(const struct report *r, const struct fault_figure *f, struct trace_each each)
{
	const char *name = platform_name(r, f);
	const struct result_trial *trials;
	size_t count;

	if (result_trials(f->result, &trials, &count))
		return -1;
	for (size_t i = 0; i < count; i++) {
		const struct result_trial *x = &trials[i];
		struct trace_trial t = {.trial = x};

		if (!find_block(r, f->run, &t) || !x->fault ||
		    strcmp(x->fault, f->fault->name) != 0 ||
		    strcmp(x->recovery, f->recovery) != 0 || strcmp(x->platform, name) != 0 ||
		    strcmp(x->variant, f->variant) != 0 || x->execution != f->execution ||
		    (x->fault_trial && x->fault_trial->detector[0] &&
		     strcmp(x->fault_trial->detector, f->detector) != 0))
			continue;
		t.why_not = analysis_fault_no_figure(x);
		t.used = !t.why_not;
		if (each.visit(each.context, &t))
			return -1;
	}
	return 0;
}

/* ---- Where it comes from ---- */

/* Does a line of ours, `  - match: ["exit_*", "mem_*"]`, match a name? */
static bool line_matches(const char *line, size_t length, const char *name)
{
	const char *end = line + length;

	for (const char *s = line; s < end; s++) {
		const char *close = *s == '"' ? memchr(s + 1, '"', (size_t)(end - s - 1)) : NULL;
		char *glob;
		bool match;

		if (!close)
			continue;
		glob = strndup(s + 1, (size_t)(close - s - 1));
		match = glob && !fnmatch(glob, name, 0);
		free(glob);
		if (match)
			return true;
		s = close;
	}
	return false;
}

char *trace_plan_entry(const struct result_run *run, bool fault, const char *name)
{
	static const char item[] = "  - match:";
	const char *section = fault ? "faults:" : "benches:", *from = NULL;
	bool inside = false;

	for (const char *line = run->plan; *line;) {
		size_t length = strcspn(line, "\n");
		bool is_item = !strncmp(line, item, strlen(item));

		if (from && (is_item || line[0] != ' '))
			return strndup(from, (size_t)(line - from - 1));
		if (line[0] != ' ')
			inside = !strncmp(line, section, strlen(section));
		if (inside && is_item && line_matches(line, length, name))
			from = line;
		line += length + (line[length] == '\n');
	}
	if (!from)
		return NULL;
	return strndup(from, strlen(from) - (from[strlen(from) - 1] == '\n'));
}

static int by_name(const void *x, const void *y)
{
	const struct result_fact *a = *(const struct result_fact *const *)x;
	const struct result_fact *b = *(const struct result_fact *const *)y;

	return strcmp(a->name, b->name);
}

int trace_host_hash(const struct report *r, const struct result_run *run, char hex[65])
{
	const struct result_fact **facts = calloc(r->fact_count + 1, sizeof(struct result_fact *));
	struct sha256 sha;
	size_t count = 0;

	if (!facts)
		return -1;
	for (size_t i = 0; i < r->fact_count; i++)
		if (label_run_of_fact(r, i) == run)
			facts[count++] = r->facts[i];
	qsort(facts, count, sizeof(*facts), by_name);
	sha256_begin(&sha);
	for (size_t i = 0; i < count; i++) {
		const char *value = facts[i]->value ? facts[i]->value : "";

		sha256_add(&sha, facts[i]->name, strlen(facts[i]->name));
		sha256_add(&sha, "=", 1);
		sha256_add(&sha, value, strlen(value));
		sha256_add(&sha, "\n", 1);
	}
	sha256_end(&sha, hex);
	free(facts);
	return 0;
}
