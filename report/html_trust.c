/* SPDX-License-Identifier: Apache-2.0 */
/* The trust box: what stands behind the figures, and what speaks against them. */
#include "report/analysis.h"
#include "report/html.h"
#include "report/noise.h"

#include <math.h>
#include <stdlib.h>

#include "harness/core/stats.h"

struct trust {
	size_t trials, discarded, figures, soft[EXECUTIONS];
	double disturbed, weight, worst;
	size_t unwatched; /* figures of which nobody knows the disturbances */
	size_t unfinished;
	double scatter;	   /* from trial to trial, one standard deviation; NaN */
	double detectable; /* NaN: none */
	double floor;	   /* as aa measured it; NaN: it did not */
	size_t measured;   /* figures of which it did */
	size_t blind;	   /* figures that cannot show any change */
	size_t judged;	   /* figures that noise can hide a change of */
};

/* ---- Noise ---- */

/* The standard deviation of the logs of a figure's trials; NaN where there is none. */
static double scatter_of(const struct metric *m)
{
	double *logs, deviation;

	if (m->trials < 2 || !m->values)
		return NAN;
	logs = calloc(m->trials, sizeof(*logs));
	if (!logs)
		return NAN;
	for (size_t i = 0; i < m->trials; i++)
		logs[i] = log(m->values[i]);
	deviation = stats_deviation(logs, m->trials);
	free(logs);
	return deviation;
}

/* What the trials of a figure find against as many others, interleaved with them. */
static double change_of(const struct metric *m, double deviation)
{
	return stats_paired_detectable(deviation, (double)m->trials - 1, m->trials, 1 - CONFIDENCE);
}

static void judge_figures(const struct report *r, struct trust *t, double *scatter,
			  double *detectable)
{
	size_t scatters = 0, seen = 0;

	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];
		double deviation = scatter_of(m);

		if (m->execution == EXECUTION_DETERMINISTIC)
			continue;
		t->judged++;
		if (isfinite(deviation))
			scatter[scatters++] = expm1(deviation);
		if (isfinite(change_of(m, deviation)))
			detectable[seen++] = change_of(m, deviation);
	}
	t->blind = t->judged - seen;
	t->scatter = stats_median(scatter, scatters);
	t->detectable = stats_median(detectable, seen);
}

/* A comparison's own tests know better: they allow for what its sides differ in anyhow. */
static void judge_rows(const struct report *r, struct trust *t, double *detectable)
{
	size_t rows = 0, seen = 0;

	for (size_t i = 0; i < r->comparison_count; i++) {
		const struct comparison_row *c = &r->comparisons[i];

		if (!report_is_compared(c) || c->exact.layouts)
			continue;
		rows++;
		if (isfinite(c->test.detectable))
			detectable[seen++] = c->test.detectable;
	}
	t->judged = rows;
	t->blind = rows - seen;
	t->detectable = stats_median(detectable, seen);
}

/* What runs differ in from one to the next, where `aa` measured it. */
static void judge_runs(const struct report *r, struct trust *t, double *floors)
{
	for (size_t i = 0; i < r->metric_count && r->noise_count; i++) {
		const struct result_noise *n = noise_find(r, &r->metrics[i]);

		if (n && isfinite(n->floor))
			floors[t->measured++] = n->floor;
	}
	t->floor = stats_median(floors, t->measured);
}

/* Medians over the figures of a report. */
static void judge_noise(const struct report *r, struct trust *t)
{
	size_t most = r->metric_count + r->comparison_count + r->noise_count + 1;
	double *a = calloc(most, sizeof(*a)), *b = calloc(most, sizeof(*b));

	t->scatter = t->detectable = t->floor = NAN;
	if (a && b) {
		judge_figures(r, t, a, b);
		judge_runs(r, t, a);
	}
	if (a && b && r->comparison_count)
		judge_rows(r, t, b);
	free(a);
	free(b);
}

/* ---- The rest ---- */

/* Trials without a figure, of cells that have none at all, too. */
static size_t count_discarded(const struct report *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *p = &r->problems[i];

		if (p->status != TRIAL_OK && p->status != TRIAL_UNSUPPORTED)
			n += p->count;
	}
	return n;
}

static struct trust judge(const struct report *r)
{
	struct trust t = {0};

	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];

		t.figures++;
		t.trials += m->trials;
		t.soft[(unsigned int)m->execution % EXECUTIONS]++;
		t.unwatched += isnan(m->disturbed_share) && !m->bench->disturbance_exempt;
		if (isnan(m->disturbed_share))
			continue;
		t.disturbed += m->disturbed_share * (double)m->trials;
		t.weight += (double)m->trials;
		t.worst = fmax(t.worst, m->disturbed_share);
	}
	for (size_t i = 0; i < r->fault_count; i++) {
		t.figures++;
		t.trials += r->faults[i].trials;
		t.soft[(unsigned int)r->faults[i].execution % EXECUTIONS]++;
	}
	for (size_t i = 0; i < r->run_count; i++)
		t.unfinished += !r->runs[i]->finished || r->runs[i]->interrupted;
	t.discarded = count_discarded(r);
	judge_noise(r, &t);
	return t;
}

static void tile_begin(const struct html *h, const char *name, int doubtful)
{
	fprintf(h->out, "<div%s><dt>%s</dt><dd>", doubtful ? " class=\"doubt\"" : "", name);
}

static void tile_note(const struct html *h)
{
	fputs("<span class=\"note\">", h->out);
}

static void tile_end(const struct html *h)
{
	fputs("</span></dd></div>\n", h->out);
}

static void scatter_tile(const struct html *h, const struct trust *t)
{
	char s[FIGURE_SIZE];

	tile_begin(h, "Noise, trial to trial", 0);
	html_text(h, "%s", isfinite(t->scatter) ? number_share(s, t->scatter) : "unknown");
	tile_note(h);
	if (isfinite(t->scatter))
		html_text(h, "one standard deviation; half of the figures scatter less");
	else
		html_text(h, "single trials say nothing about noise");
	tile_end(h);
}

static void floor_tile(const struct html *h, const struct trust *t)
{
	char s[FIGURE_SIZE];

	tile_begin(h, "Noise floor, run to run", 0);
	html_text(h, "%s", t->measured ? number_share(s, t->floor) : "not measured");
	tile_note(h);
	if (t->measured)
		html_text(h,
			  "two runs of the same differ by no more in 95 of 100 cases; the median "
			  "of %zu figures, measured by aa",
			  t->measured);
	else
		html_text(h, "%sseparate runs differ by more than trials: virt-qualify aa",
			  h->r->judgement_count
				  ? "limits: one run, variation between runs not included; "
				  : "");
	tile_end(h);
}

static void noise_tiles(const struct html *h, const struct trust *t)
{
	char s[FIGURE_SIZE];

	if (!t->judged)
		return;
	scatter_tile(h, t);
	floor_tile(h, t);
	tile_begin(h, "Detectable change", t->blind * 2 > t->judged);
	html_text(h, "%s", isfinite(t->detectable) ? number_share(s, t->detectable) : "none");
	tile_note(h);
	html_text(h, h->r->comparison_count
			     ? "found 9 times in 10 between these sides; the median metric"
			     : "found 9 times in 10 by as many interleaved trials; the median "
			       "figure");
	if (t->blind)
		html_text(h, ". %zu of %zu have too few trials to show any", t->blind, t->judged);
	tile_end(h);
}

static void disturbed_tile(const struct html *h, const struct trust *t)
{
	char s[FIGURE_SIZE];

	tile_begin(h, "Disturbed batches", t->worst > 0.1 || t->unwatched);
	html_text(h, "%s",
		  t->weight > 0	 ? number_share(s, t->disturbed / t->weight)
		  : t->unwatched ? "not known"
				 : "n/a");
	tile_note(h);
	if (t->weight > 0)
		html_text(h, "marked, not deleted; the worst figure: %s",
			  number_share(s, t->worst));
	else
		html_text(h, t->unwatched ? "nobody watched" : "no batch was looked at");
	if (t->weight > 0 && t->unwatched)
		html_text(h, "; not known of %zu figures", t->unwatched);
	tile_end(h);
}

void html_trust(struct html *h)
{
	struct trust t = judge(h->r);
	size_t soft = t.soft[EXECUTION_INTERPRETED] + t.soft[EXECUTION_EMULATED] +
		      t.soft[EXECUTION_DETERMINISTIC];
	const char *separator = "";

	fputs("<section class=\"trust\" aria-labelledby=\"trust\"><h2 id=\"trust\">What stands "
	      "behind "
	      "these figures</h2>\n<dl>\n",
	      h->out);
	tile_begin(h, "Trials", t.discarded != 0);
	html_text(h, "%zu", t.trials);
	tile_note(h);
	html_text(h, "for %zu figures; %zu more discarded, each with a reason", t.figures,
		  t.discarded);
	tile_end(h);

	disturbed_tile(h, &t);
	noise_tiles(h, &t);
	tile_begin(h, "Not in hardware", soft != 0);
	html_text(h, "%zu", soft);
	tile_note(h);
	if (!soft)
		html_text(h, "every figure comes from hardware execution");
	for (int e = EXECUTION_INTERPRETED; e < EXECUTIONS; e++)
		if (t.soft[e]) {
			html_text(h, "%s%zu %s", separator, t.soft[e],
				  execution_name((enum execution)e));
			separator = ", ";
		}
	if (soft)
		html_text(h, " of %zu; hatched in plots", t.figures);
	tile_end(h);

	tile_begin(h, "Skipped", h->r->skip_count != 0);
	html_text(h, "%zu", h->r->skip_count);
	tile_note(h);
	fputs("<a href=\"#skipped\">what, and why</a>", h->out);
	tile_end(h);

	tile_begin(h, "Problems", h->r->problem_count != 0);
	html_text(h, "%zu", h->r->problem_count);
	tile_note(h);
	fputs("<a href=\"#problems\">invalid trials and doubts</a>", h->out);
	tile_end(h);

	tile_begin(h, h->r->run_count > 1 ? "Runs" : "Run", t.unfinished != 0);
	html_text(h, "%s", t.unfinished ? "incomplete" : "complete");
	tile_note(h);
	if (t.unfinished)
		html_text(h, "%zu of %zu stopped before the end", t.unfinished, h->r->run_count);
	else
		html_text(h, "the plan was carried out to its end");
	tile_end(h);
	fputs("</dl></section>\n", h->out);
}
