/* SPDX-License-Identifier: Apache-2.0 */
#include "report/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/text.h"

/* The light palette; the page's style sheet holds the dark one under the same class names. Each
 * keeps a contrast of at least 4.5:1 against its paper, the grid excepted. */
static const struct {
	const char *name, *colour;
} inks[INKS] = {
	[INK_TEXT] = {"text", "#1b232d"},     [INK_MUTED] = {"muted", "#586473"},
	[INK_GRID] = {"grid", "#d5dbe3"},     [INK_PAPER] = {"paper", "#ffffff"},
	[INK_GOOD] = {"good", "#1a7447"},     [INK_BAD] = {"bad", "#b3261e"},
	[INK_WARN] = {"warn", "#8f5b00"},     [INK_NEUTRAL] = {"neutral", "#66717f"},
	[INK_SERIES] = {"s1", "#1d5c9e"},     [INK_SERIES + 1] = {"s2", "#a85200"},
	[INK_SERIES + 2] = {"s3", "#0f7365"}, [INK_SERIES + 3] = {"s4", "#7a3d96"},
	[INK_SERIES + 4] = {"s5", "#5b6614"}, [INK_SERIES + 5] = {"s6", "#9c2f54"},
};

/* ---- Text ---- */

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void svg_escape(FILE *out, const char *text)
{
	size_t length = text ? strlen(text) : 0;
	char *clean = malloc(TEXT_CLEAN_SIZE(length));

	if (!clean)
		return;
	text_clean(clean, text ? text : "", length, true);
	for (const char *p = clean; *p; p++)
		if (entity(*p))
			fputs(entity(*p), out);
		else
			fputc(*p, out);
	free(clean);
}

/* ---- Drawing ---- */

/* Hostile files hold any double; markup takes only finite ones near the plot. */
static double percent(double x)
{
	if (!isfinite(x))
		return 0;
	return fmin(fmax(x, -1), 2) * 100;
}

static double pixel(double y)
{
	if (!isfinite(y))
		return 0;
	return fmin(fmax(y, -1e5), 1e5);
}

static void put_fill(FILE *out, enum ink ink)
{
	fprintf(out, " class=\"f-%s\" fill=\"%s\"", inks[ink].name, inks[ink].colour);
}

#define NO_FILL "fill=\"none\" "

/* `fill`: NO_FILL for what has an inside, else "". */
/* `fill=\"none\" " for what has an inside. */
static void put_stroke(FILE *out, enum ink ink, double width, const char *dash, const char *fill)
{
	fprintf(out, " class=\"o-%s\" %sstroke=\"%s\" stroke-width=\"%g\"", inks[ink].name, fill,
		inks[ink].colour, width);
	if (dash)
		fprintf(out, " stroke-dasharray=\"%s\"", dash);
}

void svg_begin(struct svg *s, FILE *out, unsigned int id, double height, const char *title,
	       const char *description)
{
	s->out = out;
	s->id = id;
	s->height = height;
	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100%%\" height=\"%g\" "
		"role=\"img\" aria-labelledby=\"g%ut g%ud\" font-size=\"12\">"
		"<title id=\"g%ut\">",
		height, id, id, id);
	svg_escape(out, title);
	fprintf(out, "</title><desc id=\"g%ud\">", id);
	svg_escape(out, description);
	fprintf(out,
		"</desc><defs><pattern id=\"g%uh\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
		"<rect width=\"2.4\" height=\"6\"",
		id);
	put_fill(out, INK_PAPER);
	fputs("/></pattern></defs>\n", out);
}

void svg_end(struct svg *s)
{
	fputs("</svg>\n", s->out);
	s->out = NULL;
}

void svg_line(const struct svg *s, double x1, double y1, double x2, double y2, enum ink ink,
	      double width, const char *dash)
{
	fprintf(s->out, "<line x1=\"%.2f%%\" y1=\"%.1f\" x2=\"%.2f%%\" y2=\"%.1f\"", percent(x1),
		pixel(y1), percent(x2), pixel(y2));
	put_stroke(s->out, ink, width, dash, "");
	fputs("/>\n", s->out);
}

static void put_rect(const struct svg *s, double x1, double x2, double y, double height)
{
	fprintf(s->out, "<rect x=\"%.2f%%\" y=\"%.1f\" width=\"%.2f%%\" height=\"%.1f\"",
		percent(x1), pixel(y), percent(x2) - percent(x1), pixel(height));
}

void svg_box(const struct svg *s, double x1, double x2, double y, double height, enum ink ink,
	     enum fill fill)
{
	if (x2 < x1)
		return;
	/* A hairline: a box too narrow to see is still there. */
	if (fill != FILL_OUTLINE && x2 - x1 < 0.004)
		svg_line(s, x1, y, x1, y + height, ink, 1, NULL);
	put_rect(s, x1, x2, y, height);
	if (fill == FILL_OUTLINE)
		put_stroke(s->out, ink, 1.2, NULL, NO_FILL);
	else
		put_fill(s->out, ink);
	fputs(fill == FILL_FAINT ? " fill-opacity=\"0.13\"/>\n" : "/>\n", s->out);
	if (fill != FILL_HATCHED)
		return;
	put_rect(s, x1, x2, y, height);
	fprintf(s->out, " fill=\"url(#g%uh)\"/>\n", s->id);
	put_rect(s, x1, x2, y, height);
	put_stroke(s->out, ink, 1, NULL, NO_FILL);
	fputs("/>\n", s->out);
}

void svg_text(const struct svg *s, double x, double y, enum anchor anchor, enum ink ink, int bold,
	      const char *text)
{
	static const char *const names[] = {"start", "middle", "end"};

	if (anchor == ANCHOR_MIDDLE && x < 0.045)
		anchor = ANCHOR_START;
	if (anchor == ANCHOR_MIDDLE && x > 0.955)
		anchor = ANCHOR_END;
	fprintf(s->out, "<text x=\"%.2f%%\" y=\"%.1f\" text-anchor=\"%s\"", percent(x), pixel(y),
		names[anchor]);
	/* A halo of paper around the letters, where lines and boxes run beneath; only the page's
	 * style knows it, as every text would be twice as long with it. */
	if (ink == INK_PAPER)
		put_fill(s->out, ink);
	else
		fprintf(s->out, " class=\"f-%s halo\" fill=\"%s\"", inks[ink].name,
			inks[ink].colour);
	fputs(bold ? " font-weight=\"600\">" : ">", s->out);
	svg_escape(s->out, text);
	fputs("</text>\n", s->out);
}

static const char *const shape_paths[SHAPE_COUNT] = {
	[SHAPE_CIRCLE] = "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z",
	[SHAPE_SQUARE] = "M-4,-4h8v8h-8z",
	[SHAPE_TRIANGLE] = "M0,-5l5,9h-10z",
	[SHAPE_DIAMOND] = "M0,-5.5l5,5.5l-5,5.5l-5,-5.5z",
	[SHAPE_CROSS] = "M-5,-2h3v-3h4v3h3v4h-3v3h-4v-3h-3z",
	[SHAPE_DOWN] = "M0,5l5,-9h-10z",
};

static void put_shape(FILE *out, enum shape shape, enum ink ink, int hollow)
{
	fprintf(out, "<path d=\"%s\" class=\"%s-%s o-%s\" fill=\"%s\" stroke=\"%s\"",
		shape_paths[shape % SHAPE_COUNT], "f", hollow ? "paper" : inks[ink].name,
		hollow ? inks[ink].name : "paper", inks[hollow ? INK_PAPER : ink].colour,
		inks[hollow ? ink : INK_PAPER].colour);
	fprintf(out, " stroke-width=\"%g\"", hollow ? 1.8 : 1.0);
}

void svg_mark(const struct svg *s, double x, double y, enum shape shape, enum ink ink, int hollow,
	      const char *tip)
{
	fprintf(s->out, "<svg x=\"%.2f%%\" y=\"%.1f\" overflow=\"visible\">", percent(x), pixel(y));
	put_shape(s->out, shape, ink, hollow);
	if (tip) {
		fputs("><title>", s->out);
		svg_escape(s->out, tip);
		fputs("</title></path></svg>\n", s->out);
		return;
	}
	fputs("/></svg>\n", s->out);
}

static void put_path(const struct svg *s, const double *x, const double *y, size_t n, double base,
		     int closed)
{
	fprintf(s->out, "<path vector-effect=\"non-scaling-stroke\" d=\"M%.1f,%.1f",
		percent(x[0]) * 10, closed ? base : pixel(y[0]));
	for (size_t i = closed ? 0 : 1; i < n; i++)
		fprintf(s->out, "L%.1f,%.1f", percent(x[i]) * 10, pixel(y[i]));
	if (closed)
		fprintf(s->out, "L%.1f,%.1fZ", percent(x[n - 1]) * 10, base);
	fputs("\"", s->out);
}

#define CURVE_POINTS 512u
#define CURVE_PIXEL  0.15 /* nobody sees less */

/* Do all points between i and k lie on the straight line from one to the other? */
static int is_straight(const double *x, const double *y, size_t i, size_t k)
{
	for (size_t j = i + 1; j < k; j++) {
		double span = x[k] - x[i];
		double line = span > 0 ? y[i] + (y[k] - y[i]) * (x[j] - x[i]) / span : y[i];

		if (!(fabs(y[j] - line) < CURVE_PIXEL))
			return 0;
	}
	return 1;
}

/* The points that shape the curve: a page with a hundred of them has to stay small. */
static size_t thin_out(const double *x, const double *y, size_t n, double *thin_x, double *thin_y)
{
	size_t kept = 0, last = 0;

	for (size_t i = 0; i < n; i++) {
		if (i && i + 1 < n && is_straight(x, y, last, i + 1))
			continue;
		thin_x[kept] = x[i];
		thin_y[kept++] = y[i];
		last = i;
	}
	return kept;
}

void svg_curve(const struct svg *s, const double *x, const double *y, size_t n, double base,
	       enum ink ink, enum fill fill, const char *dash)
{
	double thin_x[CURVE_POINTS], thin_y[CURVE_POINTS];

	if (!n)
		return;
	if (n <= CURVE_POINTS) {
		n = thin_out(x, y, n, thin_x, thin_y);
		x = thin_x;
		y = thin_y;
	}
	/* Paths know no percentages: stretch a box of 1000 units over the width instead. */
	fprintf(s->out,
		"<svg width=\"100%%\" height=\"%g\" viewBox=\"0 0 1000 %g\" "
		"preserveAspectRatio=\"none\" overflow=\"visible\">",
		s->height, s->height);
	if (fill != FILL_OUTLINE) {
		put_path(s, x, y, n, base, 1);
		put_fill(s->out, ink);
		fputs(fill == FILL_FAINT ? " fill-opacity=\"0.16\"/>\n" : "/>\n", s->out);
	}
	if (fill == FILL_HATCHED) {
		put_path(s, x, y, n, base, 1);
		fprintf(s->out, " fill=\"url(#g%uh)\"/>\n", s->id);
	}
	put_path(s, x, y, n, base, 0);
	put_stroke(s->out, ink, 1.6, dash, NO_FILL);
	fputs(" stroke-linejoin=\"round\"/></svg>\n", s->out);
}

void svg_swatch(FILE *out, enum ink ink, enum shape shape, int hollow)
{
	fputs("<svg class=\"swatch\" width=\"14\" height=\"14\" viewBox=\"-7 -7 14 14\" "
	      "aria-hidden=\"true\">",
	      out);
	put_shape(out, shape, ink, hollow);
	fputs("/></svg>", out);
}

void svg_swatch_line(FILE *out, enum ink ink, const char *dash)
{
	struct svg s = {.out = out};

	fputs("<svg class=\"swatch\" width=\"26\" height=\"12\" aria-hidden=\"true\">", out);
	svg_line(&s, 0, 6, 1, 6, ink, 2, dash);
	fputs("</svg>", out);
}

void svg_swatch_box(FILE *out, unsigned int id, enum ink ink, enum fill fill)
{
	struct svg s = {.out = out, .id = id, .height = 12};

	fputs("<svg class=\"swatch\" width=\"16\" height=\"12\" aria-hidden=\"true\">", out);
	if (fill == FILL_HATCHED) {
		fprintf(out,
			"<defs><pattern id=\"g%uh\" width=\"6\" height=\"6\" "
			"patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
			"<rect width=\"2.4\" height=\"6\"",
			id);
		put_fill(out, INK_PAPER);
		fputs("/></pattern></defs>", out);
	}
	svg_box(&s, 0.04, 0.96, 1, 10, ink, fill);
	fputs("</svg>", out);
}
