/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What groups of benches cost on each platform: a bar from the reference's 1 to the geometric mean
 * of ratios, on a logarithmic axis, so that twice as dear and half as dear are equally long. A
 * panel holds one group, one way of execution and one reference: nothing unlike shares an axis.
 */
#include "report/axis.h"
#include "report/html.h"

#include <math.h>
#include <string.h>

#define ROW   34.0
#define SCALE 24.0

static int same_panel(const struct matrix_mean *a, const struct matrix_mean *b)
{
	return a->execution == b->execution && a->reference == b->reference &&
	       !strcmp(a->group, b->group);
}

/* As far to the left as the cheapest needs, at least a little to both sides. */
static struct axis axis_for(const struct matrix_mean *m, size_t n)
{
	double low = 1 / 1.1, high = 1.1;
	struct axis a;

	for (size_t i = 0; i < n; i++) {
		low = fmin(low, m[i].ratio);
		high = fmax(high, m[i].ratio);
	}
	a = axis_logarithmic(low, high);
	a.from = 0.01;
	a.to = 0.99;
	return a;
}

static void scale(const struct svg *s, const struct axis *a, double bottom)
{
	double ticks[AXIS_TICKS], x[AXIS_TICKS], last = -1;
	size_t n = axis_ticks(a, 4, ticks);

	axis_places(a, ticks, n, x);
	svg_rules(s, x, n, 4, bottom + 2, INK_GRID, NULL);
	for (size_t i = 0; i < n; i++) {
		char text[FIGURE_SIZE];

		if (x[i] < last + 0.12)
			continue;
		last = x[i];
		snprintf(text, sizeof(text), "%.4g\xc3\x97", ticks[i]);
		svg_text(s, x[i], bottom + 17, ANCHOR_MIDDLE, INK_MUTED, 0, text);
	}
}

static const char *column_name(const struct html *h, char *s, size_t column, size_t letters)
{
	const struct matrix_column *c = &h->r->matrix->columns[column];

	return html_platform(h, s, c->run, c->platform, c->variant, letters);
}

static const char *ratio_text(char *s, const struct matrix_mean *m)
{
	char ratio[NUMBER_SIZE];
	const struct interval none = {NAN, NAN};

	number_ratio(ratio, m->ratio, none);
	if (isnan(m->ratio))
		snprintf(s, FIGURE_SIZE, "too few (%zu of %zu)", m->benches, m->of);
	else if (m->benches < m->of)
		snprintf(s, FIGURE_SIZE, "%.30s\xc3\x97 (%zu of %zu)", ratio, m->benches, m->of);
	else
		snprintf(s, FIGURE_SIZE, "%.30s\xc3\x97", ratio);
	return s;
}

/* A mean over fewer benches than the reference's is only outlined: it is another figure. */
static void bar(const struct html *h, const struct svg *s, const struct axis *a,
		const struct matrix_mean *m, double top)
{
	const struct matrix_column *c = &h->r->matrix->columns[m->column];
	enum ink ink = html_ink(html_series(h, c->run, c->platform, c->variant));
	double one = axis_place(a, 1), x = axis_place(a, m->ratio);
	char name[NAME_SIZE], ratio[FIGURE_SIZE];
	enum fill fill = m->benches < m->of		      ? FILL_OUTLINE
			 : m->execution == EXECUTION_HARDWARE ? FILL_SOLID
							      : FILL_HATCHED;

	svg_text(s, a->from, top + 12, ANCHOR_START, INK_TEXT, 0,
		 column_name(h, name, m->column, 20));
	svg_text(s, a->to, top + 12, ANCHOR_END, INK_TEXT, 0, ratio_text(ratio, m));
	if (isfinite(m->ratio))
		svg_box(s, fmin(one, x), fmax(one, x), top + 17, 9, ink, fill);
	svg_line(s, one, top + 15, one, top + 28, INK_TEXT, 1.6, NULL);
}

static void describe(const struct html *h, const struct matrix_mean *m, size_t n, char *text,
		     size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < n && used + 1 < size; i++) {
		char name[NAME_SIZE], ratio[FIGURE_SIZE];

		used += (size_t)snprintf(text + used, size - used, "%s%s: %s", i ? "; " : "",
					 column_name(h, name, m[i].column, NAME_WHOLE),
					 ratio_text(ratio, &m[i]));
	}
}

static int has_mean(const struct matrix_mean *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (isfinite(m[i].ratio))
			return 1;
	return 0;
}

static void panel(struct html *h, const struct matrix_mean *m, size_t n)
{
	static const char *const names[EXECUTIONS] = {"in hardware", "interpreted",
						      "in an emulated host", "in instructions"};
	struct axis a = axis_for(m, n);
	double height = (double)n * ROW + SCALE;
	char title[500], group[200], name[NAME_SIZE], text[3000] = "";
	struct svg s;

	snprintf(title, sizeof(title), "%s, %s", html_cut(group, sizeof(group), m->group, 32),
		 names[m->execution % EXECUTIONS]);
	describe(h, m, n, text, sizeof(text));
	html_figure_begin(h, title);
	fputs("<p class=\"tight\">", h->out);
	html_execution(h, m->execution, 1);
	html_text(h, " 1\xc3\x97 is %s, over %zu %s.",
		  column_name(h, name, m->reference, NAME_WHOLE), m->of,
		  m->of == 1 ? "bench" : "benches");
	fputs("</p>\n", h->out);
	if (has_mean(m, n)) {
		svg_begin(&s, h->out, ++h->plots, height, title, text);
		scale(&s, &a, height - SCALE);
		for (size_t i = 0; i < n; i++)
			bar(h, &s, &a, &m[i], (double)i * ROW);
		svg_end(&s);
	} else {
		fputs("<p class=\"tight\">No bar: ", h->out);
		html_text(h, "%s.", text);
		fputs("</p>\n", h->out);
	}
	html_figure_end(h, NULL);
}

void html_means(struct html *h)
{
	const struct matrix *m = h->r->matrix;

	if (!m->mean_count)
		return;
	fputs("<h3 id=\"matrix-groups\">What a group of benches costs</h3>\n<p>Geometric mean of "
	      "the "
	      "benches\xe2\x80\x99 ratios to one platform, only among figures that ran alike; to "
	      "the right is "
	      "dearer. An outlined bar is a mean over fewer benches than that platform has, and "
	      "not "
	      "to be ranked with the others.</p>\n<div class=\"multiples\">\n",
	      h->out);
	for (size_t i = 0, end; i < m->mean_count; i = end) {
		for (end = i + 1; end < m->mean_count && same_panel(&m->means[i], &m->means[end]);)
			end++;
		panel(h, m->means + i, end - i);
	}
	fputs("</div>\n", h->out);
}
