/* SPDX-License-Identifier: Apache-2.0 */
/* One section for each group of benches: a table of figures, and a plot for each unit in it. */
#include "report/html.h"
#include "report/label.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct place { /* where a metric belongs: groups and benches in order of their first metric */
	const struct metric *m;
	size_t group, bench, platform, index;
};

static const struct html_column columns[] = {
	{"Platform", "h"},  {"Median [95\xc2\xa0% interval]", "n"},
	{"p99", "n"},	    {"Trials", "n"},
	{"Exits/op", "n"},  {"Emulated/op", "n"},
	{"Disturbed", "n"}, {"\xc3\x97\xc2\xa0native", "n"},
};

static int by_place(const void *a, const void *b)
{
	const struct place *p = a, *q = b;

	if (p->group != q->group)
		return p->group < q->group ? -1 : 1;
	if (p->bench != q->bench)
		return p->bench < q->bench ? -1 : 1;
	if (p->m->parameter != q->m->parameter)
		return p->m->parameter < q->m->parameter ? -1 : 1;
	/* The runs of one platform side by side. */
	if (p->platform != q->platform)
		return p->platform < q->platform ? -1 : 1;
	return p->index < q->index ? -1 : p->index > q->index;
}

enum part { PART_GROUP, PART_BENCH, PART_PLATFORM };

static const char *part_of(const struct metric *m, enum part part)
{
	return part == PART_GROUP   ? m->bench->group
	       : part == PART_BENCH ? m->bench->name
				    : m->platform;
}

static size_t first_like(const struct report *r, const struct metric *m, enum part part)
{
	size_t i = 0;

	while (i < r->metric_count && strcmp(part_of(&r->metrics[i], part), part_of(m, part)))
		i++;
	return i;
}

int html_metrics_init(struct html *h)
{
	const struct report *r = h->r;
	struct place *p = calloc(r->metric_count + 1, sizeof(*p));

	h->metrics = calloc(r->metric_count + 1, sizeof(*h->metrics));
	if (!p || !h->metrics) {
		free(p);
		return -1;
	}
	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];

		p[i] = (struct place){m, first_like(r, m, PART_GROUP), first_like(r, m, PART_BENCH),
				      first_like(r, m, PART_PLATFORM), i};
	}
	qsort(p, r->metric_count, sizeof(*p), by_place);
	for (size_t i = 0; i < r->metric_count; i++)
		h->metrics[i] = p[i].m;
	free(p);
	return 0;
}

/* ---- The table ---- */

static void bench_heading(const struct html *h, const struct result_bench *b)
{
	fputs("<code>", h->out);
	html_text(h, "%s", b->name);
	fputs("</code> <span class=\"summary\">", h->out);
	html_text(h, "%s", b->summary);
	html_text(h, b->better == LOWER ? " \xe2\x80\x94 lower is better"
					: " \xe2\x80\x94 higher is better");
	fputs("</span>", h->out);
}

static void median_cell(const struct html *h, const struct metric *m)
{
	char s[FIGURE_SIZE];

	fputs("<strong>", h->out);
	html_text(h, "%s", number_figure(s, m->median, m->interval, m->unit));
	fputs("</strong> <span class=\"interval\">", h->out);
	if (m->trials && m->trials < 6 && isnan(m->interval.low))
		html_text(h, "no interval: under 6 trials");
	else
		html_text(h, "%s", html_interval(s, m->median, m->interval, m->unit));
	fputs("</span>", h->out);
	if (m->loop_disagrees) {
		fputs("<span class=\"note\">", h->out);
		html_text(h, "un-instrumented loop: %s, over 2 %% apart",
			  number_beside(s, m->plain_mean, m->median, m->interval, m->unit));
		fputs("</span>", h->out);
	}
}

static void trials_cell(const struct html *h, const struct metric *m)
{
	html_text(h, "%zu", m->trials);
	if (!m->discarded)
		return;
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%zu discarded", m->discarded);
	fputs("</span>", h->out);
}

static void count_cell(const struct html *h, double v)
{
	char s[FIGURE_SIZE];

	if (isnan(v)) {
		fputs("<span class=\"none\">not counted</span>", h->out);
		return;
	}
	if (fabs(v - round(v)) < 5e-4 && fabs(v) < 1e6)
		html_text(h, "%.0f", fabs(round(v)));
	else
		html_text(h, "%s", number_plain(s, v));
}

static void disturbed_cell(const struct html *h, const struct metric *m)
{
	const char *separator = "";
	char s[FIGURE_SIZE];

	if (m->bench->disturbance_exempt) {
		fputs("<span class=\"none\">exempt</span>", h->out);
		return;
	}
	if (isnan(m->disturbed_share)) {
		fputs("<span class=\"none\">not known</span><span class=\"note\">nobody watched "
		      "these batches</span>",
		      h->out);
		return;
	}
	html_text(h, "%s", number_share(s, m->disturbed_share));
	if (!(m->disturbed_share > 0))
		return;
	fputs("<span class=\"note\">", h->out);
	for (unsigned int bit = 0; bit < DISTURBANCES; bit++)
		if (m->disturbances & 1u << bit) {
			html_text(h, "%s%s", separator, disturbance_name(bit));
			separator = ", ";
		}
	if (!isnan(m->median_undisturbed) && m->disturbed_share >= 0.01)
		html_text(h, "; without them %s",
			  number_beside(s, m->median_undisturbed, m->median, m->interval, m->unit));
	fputs("</span>", h->out);
}

static void native_cell(const struct html *h, const struct metric *m)
{
	char s[FIGURE_SIZE], note[LABEL_SIZE];

	if (isnan(m->native_ratio)) {
		fputs("<span class=\"none\">none</span>", h->out);
	} else {
		html_text(h, "%s", html_ratio(s, m->native_ratio, m->native_interval));
		fputs(" <span class=\"interval\">", h->out);
		html_text(h, "%s", html_ratio_interval(s, m->native_ratio, m->native_interval));
		fputs("</span>", h->out);
	}
	if (label_native(note, m)[0]) {
		fputs("<span class=\"note\">", h->out);
		html_text(h, "%s", note);
		fputs("</span>", h->out);
	}
}

static void metric_row(struct html_table *t, const struct metric *m)
{
	const struct html *h = t->h;
	char s[FIGURE_SIZE], name[NAME_SIZE];

	html_table_row(t);
	html_table_cell(t);
	html_text(h, "%s", html_platform(h, name, m->run, m->platform, m->variant, NAME_WHOLE));
	if (m->bench->parameter_name)
		html_text(h, ", %s\xc2\xa0=\xc2\xa0%lld", m->bench->parameter_name,
			  (long long)m->parameter);
	fputs(" ", h->out);
	html_execution(h, m->execution, 1);
	html_table_cell(t);
	median_cell(h, m);
	html_table_cell(t);
	html_text(h, "%s", number_beside(s, m->p99, m->median, m->interval, m->unit));
	html_table_cell(t);
	trials_cell(h, m);
	html_table_cell(t);
	count_cell(h, m->exits_per_op);
	html_table_cell(t);
	count_cell(h, m->emulated_per_op);
	html_table_cell(t);
	disturbed_cell(h, m);
	html_table_cell(t);
	native_cell(h, m);
}

static void group_table(const struct html *h, const struct metric *const *m, size_t count)
{
	const struct result_bench *current = NULL;
	struct html_table t;
	char caption[200], name[160];

	snprintf(caption, sizeof(caption), "Figures of the group \xe2\x80\x9c%s\xe2\x80\x9d",
		 html_cut(name, sizeof(name), m[0]->bench->group, 32));
	html_table_begin(&t, h, columns, sizeof(columns) / sizeof(*columns), caption);
	for (size_t i = 0; i < count; i++) {
		if (!current || strcmp(current->name, m[i]->bench->name)) {
			current = m[i]->bench;
			html_table_group(&t);
			bench_heading(h, current);
		}
		metric_row(&t, m[i]);
	}
	html_table_end(&t);
}

/* ---- The group ---- */

/* One plot for each unit in the group: unlike units share no axis. */
static void group_plots(struct html *h, const struct metric *const *m, size_t count)
{
	const struct metric **alike = calloc(count, sizeof(*alike));

	if (!alike)
		return;
	for (int unit = 0; unit < FIGURE_UNITS; unit++) {
		size_t n = 0;

		for (size_t i = 0; i < count; i++)
			if (m[i]->unit == (enum unit)unit && isfinite(m[i]->median))
				alike[n++] = m[i];
		if (n)
			html_bench_plot(h, alike, n);
	}
	free(alike);
}

static void group(struct html *h, const struct metric *const *m, size_t count, size_t number)
{
	fprintf(h->out, "<section aria-labelledby=\"group%zu\"><h3 id=\"group%zu\">", number,
		number);
	html_text(h, "%s", m[0]->bench->group);
	fputs("</h3>\n", h->out);
	group_table(h, m, count);
	html_term(h, TERM_INTERVAL);
	html_term(h, TERM_EXECUTION);
	html_term(h, TERM_COLUMNS);
	group_plots(h, m, count);
	fputs("</section>\n", h->out);
}

void html_benches(struct html *h)
{
	const struct metric **m = h->metrics;
	size_t from = 0, number = 0;

	if (!h->r->metric_count)
		return;
	fputs("<section aria-labelledby=\"measurements\"><h2 "
	      "id=\"measurements\">Measurements</h2>\n",
	      h->out);
	for (size_t i = 1; i <= h->r->metric_count; i++)
		if (i == h->r->metric_count || strcmp(m[i]->bench->group, m[from]->bench->group)) {
			group(h, m + from, i - from, ++number);
			from = i;
		}
	fputs("</section>\n", h->out);
}
