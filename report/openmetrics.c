/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as OpenMetrics 1.0 text, for Prometheus and its kin: gauges in base units (seconds,
 * not nanoseconds), a family for each unit. A figure that does not exist is left out; none is NaN.
 */
#include <math.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"
#include "report/openmetrics.h"

/* ---- Runs ---- */

static void print_runs(struct openmetrics *m, const struct report *r)
{
	openmetrics_family(m, "virt_qualify_run", "info", NULL,
			   "The runs that this report is made from.");
	for (size_t i = 0; i < r->run_count; i++) {
		const struct result_run *run = r->runs[i];
		const struct report_file *file = label_file(r, run);
		char seed[32];
		const struct openmetrics_label labels[OPENMETRICS_LABELS] = {
			{"run", run->uuid},
			{"host", label_fact(r, run, "host.name")},
			{"kernel", label_fact(r, run, "kernel.release")},
			{"plan", run->plan_name},
			{"seed", seed},
			{"started", run->started},
			{"version", run->version},
			{"file", file ? file->path : NULL},
			{"sha256", file ? file->sha256 : NULL},
		};

		snprintf(seed, sizeof(seed), "%llu", (unsigned long long)run->seed);
		openmetrics_sample(m, "_info", labels, 1);
	}
}

/* Limits that came later may have been chosen in sight of the figures. */
static void print_given(struct openmetrics *m, const struct report *r)
{
	char note[LABEL_SIZE];

	openmetrics_family(m, "virt_qualify_given", "info", NULL,
			   "What was given after the runs: limits, noise between runs.");
	for (int i = 0; i < GIVEN; i++) {
		const struct openmetrics_label labels[OPENMETRICS_LABELS] = {
			{"kind", given_name((enum given)i)},
			{"file", r->given[i].path},
			{"sha256", r->given[i].sha256},
			{"note", label_given(note, r, (enum given)i)},
		};

		if (r->given[i].path)
			openmetrics_sample(m, "_info", labels, 1);
	}
}

/* ---- Benches ---- */

struct unit_family { /* a unit of ours in OpenMetrics' words */
	enum unit unit;
	const char *name, *unit_name;
	double scale;
};

static const struct unit_family bench_families[] = {
	{NANOSECONDS, "virt_qualify_bench_seconds", "seconds", 1e-9},
	{OPERATIONS_PER_SECOND, "virt_qualify_bench_operations_per_second", "operations_per_second",
	 1},
	{BYTES_PER_SECOND, "virt_qualify_bench_bytes_per_second", "bytes_per_second", 1},
	{INSTRUCTIONS, "virt_qualify_bench_instructions", "instructions", 1},
	{OPERATIONS_PER_GIGAINSTRUCTION, "virt_qualify_bench_operations_per_gigainstruction",
	 "operations_per_gigainstruction", 1},
	{BYTES_PER_GIGAINSTRUCTION, "virt_qualify_bench_bytes_per_gigainstruction",
	 "bytes_per_gigainstruction", 1},
};

static const struct unit_family fault_families[] = {
	{NANOSECONDS, "virt_qualify_fault_seconds", "seconds", 1e-9},
	{INSTRUCTIONS, "virt_qualify_fault_instructions", "instructions", 1},
};

/* "bytes=4096"; "" where the bench takes none */
static const char *parameter_of(char s[LABEL_SIZE], const struct metric *m)
{
	s[0] = '\0';
	if (m->bench->parameter_name)
		text_print(s, LABEL_SIZE, "%s=%lld", m->bench->parameter_name,
			   (long long)m->parameter);
	return s;
}

struct metric_labels {
	struct openmetrics_label list[OPENMETRICS_LABELS];
	char parameter[LABEL_SIZE];
};

static const struct openmetrics_label *labels_of(struct metric_labels *l, const struct metric *m)
{
	memset(l->list, 0, sizeof(l->list));
	l->list[0] = (struct openmetrics_label){"run", m->run->uuid};
	l->list[1] = (struct openmetrics_label){"bench", m->bench->name};
	l->list[2] = (struct openmetrics_label){"parameter", parameter_of(l->parameter, m)};
	l->list[3] = (struct openmetrics_label){"platform", m->platform};
	l->list[4] = (struct openmetrics_label){"variant", m->variant};
	l->list[5] = (struct openmetrics_label){"execution", execution_name(m->execution)};
	return l->list;
}

static void print_bench_unit(struct openmetrics *m, const struct report *r,
			     const struct unit_family *u)
{
	struct metric_labels l;

	openmetrics_family(
		m, u->name, "gauge", u->unit_name,
		"Figures of benches: medians over trials of each trial's median, mean, p99.");
	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *x = &r->metrics[i];
		const struct {
			const char *statistic;
			double value;
		} figures[] = {
			{"median", x->median},
			{"low", x->interval.low},
			{"high", x->interval.high},
			{"mean", x->mean},
			{"p99", x->p99},
			{"median_undisturbed", x->median_undisturbed},
			{"plain_mean", x->plain_mean},
		};

		if (x->unit != u->unit)
			continue;
		for (size_t k = 0; k < sizeof(figures) / sizeof(figures[0]); k++)
			openmetrics_sample_with(m, labels_of(&l, x), "statistic",
						figures[k].statistic, NULL,
						figures[k].value * u->scale);
	}
}

static double overhead_of(const struct metric *m)
{
	return m->execution == EXECUTION_DETERMINISTIC ? NAN : m->overhead * 1e-9;
}

static double overhead_instructions_of(const struct metric *m)
{
	return m->execution == EXECUTION_DETERMINISTIC ? m->overhead : NAN;
}

static double native_ratio_of(const struct metric *m)
{
	return m->native_ratio;
}

static double disturbed_of(const struct metric *m)
{
	return m->disturbed_share;
}

static double exits_of(const struct metric *m)
{
	return m->exits_per_op;
}

static double emulated_of(const struct metric *m)
{
	return m->emulated_per_op;
}

static double trials_of(const struct metric *m)
{
	return (double)m->trials;
}

static double discarded_of(const struct metric *m)
{
	return (double)m->discarded;
}

static void print_benches(struct openmetrics *m, const struct report *r)
{
	static const struct {
		const char *name, *unit, *help;
		double (*value)(const struct metric *m);
	} others[] = {
		{"virt_qualify_bench_overhead_seconds", "seconds",
		 "Cost of a stamp, which was subtracted.", overhead_of},
		{"virt_qualify_bench_overhead_instructions", "instructions",
		 "Cost of a stamp, which was subtracted.", overhead_instructions_of},
		{"virt_qualify_bench_native_ratio", "ratio",
		 "Cost against native; above 1 is slower. Absent where none is claimed.",
		 native_ratio_of},
		{"virt_qualify_bench_disturbed_ratio", "ratio", "Share of disturbed batches.",
		 disturbed_of},
		{"virt_qualify_bench_exits_per_operation", NULL,
		 "Exits for each operation, by the hypervisor's counters.", exits_of},
		{"virt_qualify_bench_emulated_per_operation", NULL,
		 "Emulated instructions for each operation, by the hypervisor's counters.",
		 emulated_of},
		{"virt_qualify_bench_trials", "trials", "Valid trials.", trials_of},
		{"virt_qualify_bench_discarded_trials", "trials",
		 "Trials that yield no figure: invalid, failed, cut off.", discarded_of},
	};
	struct metric_labels l;

	for (size_t u = 0; u < sizeof(bench_families) / sizeof(bench_families[0]); u++)
		print_bench_unit(m, r, &bench_families[u]);
	for (size_t k = 0; k < sizeof(others) / sizeof(others[0]); k++) {
		openmetrics_family(m, others[k].name, "gauge", others[k].unit, others[k].help);
		for (size_t i = 0; i < r->metric_count; i++)
			openmetrics_sample(m, "", labels_of(&l, &r->metrics[i]),
					   others[k].value(&r->metrics[i]));
	}
}

/* ---- Faults ---- */

static void fault_labels(struct openmetrics_label l[OPENMETRICS_LABELS],
			 const struct fault_figure *f)
{
	memset(l, 0, OPENMETRICS_LABELS * sizeof(*l));
	l[0] = (struct openmetrics_label){"run", f->run->uuid};
	l[1] = (struct openmetrics_label){"fault", f->fault->name};
	l[2] = (struct openmetrics_label){"recovery", f->recovery};
	l[3] = (struct openmetrics_label){"platform", f->platform};
	l[4] = (struct openmetrics_label){"variant", f->variant};
	l[5] = (struct openmetrics_label){"execution", execution_name(f->execution)};
	l[6] = (struct openmetrics_label){"detector", f->detector};
}

static void print_time(struct openmetrics *m, const struct openmetrics_label *l, const char *name,
		       const struct time_figure *t, double scale)
{
	openmetrics_sample_with(m, l, "time", name, "median", t->median * scale);
	openmetrics_sample_with(m, l, "time", name, "low", t->low * scale);
	openmetrics_sample_with(m, l, "time", name, "high", t->high * scale);
}

static void print_fault_times(struct openmetrics *m, const struct report *r,
			      const struct unit_family *u)
{
	struct openmetrics_label l[OPENMETRICS_LABELS];

	openmetrics_family(m, u->name, "gauge", u->unit_name,
			   "Times of faults. Absent where censoring leaves no median.");
	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];

		if (f->unit != u->unit)
			continue;
		fault_labels(l, f);
		print_time(m, l, "detect", &f->ttd, u->scale);
		print_time(m, l, "recover", &f->ttr, u->scale);
		print_time(m, l, "repair", &f->repair, u->scale);
		print_time(m, l, "full_recovery", &f->full, u->scale);
		print_time(m, l, "downtime", &f->downtime, u->scale);
		openmetrics_sample_with(m, l, "time", "worst_wait", "median",
					f->worst_wait * u->scale);
		openmetrics_sample_with(m, l, "time", "steal", "median", f->steal * u->scale);
	}
}

static void print_fault_trials(struct openmetrics *m, const struct report *r)
{
	struct openmetrics_label l[OPENMETRICS_LABELS];

	openmetrics_family(m, "virt_qualify_fault_trials", "gauge", "trials",
			   "Trials of faults by outcome.");
	for (size_t i = 0; i < r->fault_count; i++) {
		fault_labels(l, &r->faults[i]);
		for (int o = 0; o < OUTCOMES; o++)
			if (r->faults[i].outcomes[o])
				openmetrics_sample_with(m, l, "outcome",
							outcome_name((enum outcome)o), NULL,
							(double)r->faults[i].outcomes[o]);
	}
	openmetrics_family(m, "virt_qualify_fault_censored_trials", "gauge", "trials",
			   "Trials that lost service and had not recovered by their horizon.");
	for (size_t i = 0; i < r->fault_count; i++) {
		fault_labels(l, &r->faults[i]);
		openmetrics_sample(m, "", l, (double)r->faults[i].censored);
	}
	openmetrics_family(m, "virt_qualify_fault_effect", "gauge", NULL,
			   "What faults cost while they lasted: medians over trials.");
	for (size_t i = 0; i < r->fault_count; i++) {
		const struct fault_figure *f = &r->faults[i];

		fault_labels(l, f);
		openmetrics_sample_with(m, l, "effect", "lost_operations", NULL,
					f->lost_operations);
		openmetrics_sample_with(m, l, "effect", "rate_ratio", NULL, f->rate_ratio);
		openmetrics_sample_with(m, l, "effect", "neighbour_ratio", NULL,
					f->neighbour_ratio);
		openmetrics_sample_with(m, l, "effect", "fairness", NULL, f->fairness);
	}
}

/* ---- Comparisons ---- */

static const struct openmetrics_label *comparison_labels(struct metric_labels *l,
							 const struct comparison_row *c)
{
	labels_of(l, c->other ? c->other : c->base);
	if (c->base && c->other && c->base->execution != c->other->execution)
		l->list[5].value = "unlike";
	l->list[6] = (struct openmetrics_label){"base", c->base ? c->base_name : "nothing"};
	l->list[7] = (struct openmetrics_label){"other", c->other ? c->other_name : "nothing"};
	return l->list;
}

static void print_verdict(struct openmetrics *m, const struct openmetrics_label *labels,
			  const char *verdict)
{
	static const char *const states[] = {"regressed", "improved", "equivalent", "inconclusive",
					     "not compared"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		openmetrics_sample_with(m, labels, m->family, states[i], NULL,
					!strcmp(states[i], verdict));
}

static void print_comparisons(struct openmetrics *m, const struct report *r)
{
	struct metric_labels l;

	openmetrics_family(
		m, "virt_qualify_comparison_ratio", "gauge", "ratio",
		"The other side over the base, its 95 % interval, and what could be detected.");
	for (size_t i = 0; i < r->comparison_count; i++) {
		const struct comparison_row *c = &r->comparisons[i];
		const struct openmetrics_label *labels = comparison_labels(&l, c);

		openmetrics_sample_with(m, labels, "statistic", "ratio", NULL, c->test.ratio);
		openmetrics_sample_with(m, labels, "statistic", "low", NULL,
					c->test.ratio_interval.low);
		openmetrics_sample_with(m, labels, "statistic", "high", NULL,
					c->test.ratio_interval.high);
		openmetrics_sample_with(m, labels, "statistic", "detectable", NULL,
					c->test.detectable);
		openmetrics_sample_with(m, labels, "statistic", "adjusted_p", NULL, c->adjusted_p);
		if (c->between_runs.counts) {
			openmetrics_sample_with(m, labels, "statistic", "between_runs", NULL,
						fmax(c->between_runs.base, c->between_runs.other));
			openmetrics_sample_with(m, labels, "statistic", "between_runs_assumed",
						NULL, c->between_runs.assumed);
		}
		if (!c->exact.layouts)
			continue;
		openmetrics_sample_with(m, labels, "statistic", "difference", NULL,
					c->exact.median_share);
		openmetrics_sample_with(m, labels, "statistic", "difference_least", NULL,
					c->exact.least_share);
		openmetrics_sample_with(m, labels, "statistic", "difference_most", NULL,
					c->exact.most_share);
	}
	openmetrics_family(m, "virt_qualify_comparison_verdict", "stateset", NULL,
			   "Verdict of a comparison.");
	for (size_t i = 0; i < r->comparison_count; i++) {
		const struct comparison_row *c = &r->comparisons[i];

		print_verdict(m, comparison_labels(&l, c),
			      report_is_compared(c) ? verdict_name(c->verdict) : "not compared");
	}
}

/* ---- Limits, requirements, scores ---- */

static void judged_labels(struct openmetrics_label l[OPENMETRICS_LABELS], const struct judgement *x)
{
	memset(l, 0, OPENMETRICS_LABELS * sizeof(*l));
	l[0] = (struct openmetrics_label){"run", x->run->uuid};
	l[1] = (struct openmetrics_label){"kind", criterion_name(x->criterion->kind)};
	l[2] = (struct openmetrics_label){"what", x->what};
	l[3] = (struct openmetrics_label){"platform", x->platform};
	l[4] = (struct openmetrics_label){"wanted", x->wanted};
}

static void print_judgements(struct openmetrics *m, const struct report *r)
{
	struct openmetrics_label l[OPENMETRICS_LABELS];

	if (!r->judgement_count)
		return;
	openmetrics_family(m, "virt_qualify_criterion_verdict", "stateset", NULL,
			   "Verdict on a limit or requirement of the plan.");
	for (size_t i = 0; i < r->judgement_count; i++) {
		const struct judgement *x = &r->judgements[i];

		judged_labels(l, x);
		for (int k = 0; k <= JUDGED_FAILED; k++)
			openmetrics_sample_with(m, l, m->family, judged_name((enum judged)k), NULL,
						x->result == (enum judged)k);
	}
}

/* Does the interval behind a limit's verdict hold what runs differ in, and how much is it? */
static void print_held(struct openmetrics *m, const struct report *r)
{
	struct openmetrics_label l[OPENMETRICS_LABELS];

	if (!r->judgement_count)
		return;
	openmetrics_family(m, "virt_qualify_criterion_between_runs_held", "gauge", NULL,
			   "Does the interval of the limit's figure hold what runs differ in by "
			   "themselves?");
	for (size_t i = 0; i < r->judgement_count; i++) {
		const struct judgement *x = &r->judgements[i];

		judged_labels(l, x);
		if (x->why_not_held || !isnan(x->between_runs))
			openmetrics_sample(m, "", l, !x->why_not_held);
	}
	openmetrics_family(m, "virt_qualify_criterion_between_runs_ratio", "gauge", "ratio",
			   "What it holds: a standard deviation of logarithms.");
	for (size_t i = 0; i < r->judgement_count; i++) {
		judged_labels(l, &r->judgements[i]);
		openmetrics_sample(m, "", l, r->judgements[i].between_runs);
	}
}

static void print_scores(struct openmetrics *m, const struct report *r)
{
	if (!r->score_count)
		return;
	openmetrics_family(
		m, "virt_qualify_score_ratio", "gauge", "ratio",
		"Weighted geometric mean over the reference, above 1 is better, and its 95 % "
		"interval.");
	for (size_t i = 0; i < r->score_count; i++) {
		const struct score *x = &r->scores[i];
		const struct openmetrics_label l[OPENMETRICS_LABELS] = {{"run", x->run->uuid},
									{"platform", x->platform},
									{"variant", x->variant},
									{"reference", x->reference},
									{"formula", x->formula}};

		openmetrics_sample_with(m, l, "statistic", "score", NULL, x->score);
		openmetrics_sample_with(m, l, "statistic", "low", NULL, x->interval.low);
		openmetrics_sample_with(m, l, "statistic", "high", NULL, x->interval.high);
	}
}

/* ---- What has no figure ---- */

static void print_missing(struct openmetrics *m, const struct report *r)
{
	openmetrics_family(m, "virt_qualify_skip", "info", NULL, "What could not run, and why.");
	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_skip *x = r->skips[i];
		const struct result_run *run = label_run_of_skip(r, i);
		const struct openmetrics_label labels[OPENMETRICS_LABELS] = {
			{"run", run ? run->uuid : NULL}, {"kind", x->kind}, {"what", x->what},
			{"platform", x->platform},	 {"why", x->why},
		};

		openmetrics_sample(m, "_info", labels, 1);
	}
	openmetrics_family(m, "virt_qualify_problem_trials", "gauge", "trials",
			   "Trials that yield no figure, and doubts about figures.");
	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *x = &r->problems[i];
		const struct openmetrics_label labels[OPENMETRICS_LABELS] = {
			{"run", x->run->uuid},
			{"what", x->what},
			{"platform", x->platform},
			{"status", x->status == TRIAL_OK ? "doubt" : trial_status_name(x->status)},
			{"why", x->why},
		};

		openmetrics_sample(m, "", labels, (double)x->count);
	}
}

static int print_openmetrics(const struct report *r, FILE *out)
{
	struct openmetrics m = {.out = out};

	print_runs(&m, r);
	print_given(&m, r);
	print_benches(&m, r);
	for (size_t u = 0; u < sizeof(fault_families) / sizeof(fault_families[0]); u++)
		print_fault_times(&m, r, &fault_families[u]);
	print_fault_trials(&m, r);
	print_judgements(&m, r);
	print_held(&m, r);
	print_scores(&m, r);
	if (r->compared_by)
		print_comparisons(&m, r);
	print_missing(&m, r);
	fputs("# EOF\n", out);
	openmetrics_end(&m);
	return m.failed || ferror(out) ? -1 : 0;
}

FORMAT(openmetrics, .summary = "OpenMetrics 1.0 gauges, for Prometheus and its kin",
       .suffix = ".om", .print = print_openmetrics);
