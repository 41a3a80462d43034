/* SPDX-License-Identifier: Apache-2.0 */
#include "report/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/text.h"

/* Names of inks in the style sheet, which holds their colours: f-good fills, o-good outlines,
 * h-good hatches. */
static const char *const inks[INKS] = {
	[INK_TEXT] = "text",	 [INK_MUTED] = "muted",	    [INK_GRID] = "grid",
	[INK_PAPER] = "paper",	 [INK_GOOD] = "good",	    [INK_BAD] = "bad",
	[INK_WARN] = "warn",	 [INK_NEUTRAL] = "neutral", [INK_SERIES] = "s1",
	[INK_SERIES + 1] = "s2", [INK_SERIES + 2] = "s3",   [INK_SERIES + 3] = "s4",
	[INK_SERIES + 4] = "s5", [INK_SERIES + 5] = "s6",
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

/* ---- Numbers ---- */

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

/* In the fewest characters: a page holds a hundred thousand of these. */
static const char *shortest(char *s, size_t size, double v, int decimals)
{
	char *end;

	snprintf(s, size, "%.*f", decimals, v);
	end = s + strlen(s);
	if (strchr(s, '.'))
		while (end[-1] == '0')
			*--end = 0;
	if (end[-1] == '.')
		end[-1] = 0;
	return strcmp(s, "-0") ? s : "0";
}

/* Zero is what each of these is where it is not said. */
static void put_percent(FILE *out, const char *name, double x)
{
	char s[40];
	const char *text = shortest(s, sizeof(s), percent(x), 2);

	if (strcmp(text, "0"))
		fprintf(out, " %s=\"%s%%\"", name, text);
}

static void put_pixel(FILE *out, const char *name, double y)
{
	char s[40];
	const char *text = shortest(s, sizeof(s), pixel(y), 1);

	if (strcmp(text, "0"))
		fprintf(out, " %s=\"%s\"", name, text);
}

/* What a class cannot say: the width of a line if it is not 1, and its dashes. */
static void put_pen(FILE *out, double width, const char *dash)
{
	if (width != 1)
		fprintf(out, " stroke-width=\"%g\"", width);
	if (dash)
		fprintf(out, " stroke-dasharray=\"%s\"", dash);
}

/* ---- Drawing ---- */

static const char *const shape_paths[SHAPE_COUNT] = {
	[SHAPE_CIRCLE] = "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z",
	[SHAPE_SQUARE] = "M-4,-4h8v8h-8z",
	[SHAPE_TRIANGLE] = "M0,-5l5,9h-10z",
	[SHAPE_DIAMOND] = "M0,-5.5l5,5.5l-5,5.5l-5,-5.5z",
	[SHAPE_CROSS] = "M-5,-2h3v-3h4v3h3v4h-3v3h-4v-3h-3z",
	[SHAPE_DOWN] = "M0,5l5,-9h-10z",
};

void svg_definitions(FILE *out)
{
	fputs("<svg class=\"definitions\" aria-hidden=\"true\" width=\"0\" height=\"0\"><defs>\n",
	      out);
	for (int i = 0; i < SHAPE_COUNT; i++)
		fprintf(out, "<path id=\"m%d\" d=\"%s\"/>\n", i, shape_paths[i]);
	for (int i = 0; i < INKS; i++)
		fprintf(out,
			"<pattern id=\"h-%s\" width=\"6\" height=\"6\" "
			"patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
			"<path class=\"f-%s\" d=\"M2.4,0h3.6v6h-3.6z\"/></pattern>\n",
			inks[i], inks[i]);
	fputs("</defs></svg>\n", out);
}

void svg_begin(struct svg *s, FILE *out, unsigned int id, double height, const char *title,
	       const char *description)
{
	s->out = out;
	s->height = height;
	s->stretched = 0;
	fprintf(out,
		"<svg role=\"img\" height=\"%g\" aria-labelledby=\"g%ut g%ud\"><title id=\"g%ut\">",
		height, id, id, id);
	svg_escape(out, title);
	fprintf(out, "</title><desc id=\"g%ud\">", id);
	svg_escape(out, description);
	fputs("</desc>\n", out);
}

void svg_end(struct svg *s)
{
	fputs("</svg>\n", s->out);
	s->out = NULL;
}

void svg_line(const struct svg *s, double x1, double y1, double x2, double y2, enum ink ink,
	      double width, const char *dash)
{
	fputs("<line", s->out);
	put_percent(s->out, "x1", x1);
	put_percent(s->out, "x2", x2);
	put_pixel(s->out, "y1", y1);
	put_pixel(s->out, "y2", y2);
	fprintf(s->out, " class=\"o-%s\"", inks[ink]);
	put_pen(s->out, width, dash);
	fputs("/>\n", s->out);
}

static void put_fill(FILE *out, enum ink ink, enum fill fill)
{
	switch (fill) {
	case FILL_SOLID:
		fprintf(out, " class=\"f-%s\"", inks[ink]);
		break;
	case FILL_FAINT:
		fprintf(out, " class=\"f-%s faint\"", inks[ink]);
		break;
	case FILL_EDGED:
		fprintf(out, " class=\"f-%s faint o-%s\"", inks[ink], inks[ink]);
		break;
	case FILL_HATCHED:
		fprintf(out, " class=\"h-%s o-%s\"", inks[ink], inks[ink]);
		break;
	case FILL_OUTLINE:
		fprintf(out, " class=\"void o-%s\"", inks[ink]);
	}
}

void svg_box(const struct svg *s, double x1, double x2, double y, double height, enum ink ink,
	     enum fill fill)
{
	if (x2 < x1)
		return;
	/* A hairline: a box too narrow to see is still there. */
	if (fill != FILL_OUTLINE && x2 - x1 < 0.004) {
		svg_line(s, x1, y, x1, y + height, ink, 1, NULL);
		if (x2 - x1 < 0.001)
			return;
	}
	fputs("<rect", s->out);
	put_percent(s->out, "x", x1);
	put_pixel(s->out, "y", y);
	put_percent(s->out, "width", x2 - x1);
	put_pixel(s->out, "height", height);
	put_fill(s->out, ink, fill);
	fputs("/>\n", s->out);
}

/* Without a class text is muted and starts where it stands: so do the names of most ticks. */
static void put_text_class(FILE *out, enum ink ink, enum anchor anchor, int bold)
{
	static const char *const anchors[] = {"", " mid", " end"};
	char class[64];

	snprintf(class, sizeof(class), "%s%s%s%s", ink == INK_MUTED ? "" : " f-",
		 ink == INK_MUTED ? "" : inks[ink], anchors[anchor], bold ? " bold" : "");
	if (*class)
		fprintf(out, " class=\"%s\">", class + 1);
	else
		fputc('>', out);
}

void svg_text(const struct svg *s, double x, double y, enum anchor anchor, enum ink ink, int bold,
	      const char *text)
{
	if (anchor == ANCHOR_MIDDLE && x < 0.045)
		anchor = ANCHOR_START;
	if (anchor == ANCHOR_MIDDLE && x > 0.955)
		anchor = ANCHOR_END;
	fputs("<text", s->out);
	put_percent(s->out, "x", x);
	put_pixel(s->out, "y", y);
	put_text_class(s->out, ink, anchor, bold);
	svg_escape(s->out, text);
	fputs("</text>\n", s->out);
}

static void put_mark(FILE *out, enum shape shape, enum ink ink, int hollow)
{
	fprintf(out, "<use href=\"#m%d\" class=\"%s-%s %s\"", (int)(shape % SHAPE_COUNT),
		hollow ? "o" : "f", inks[ink], hollow ? "hollow" : "o-paper");
}

void svg_mark(const struct svg *s, double x, double y, enum shape shape, enum ink ink, int hollow,
	      const char *tip)
{
	put_mark(s->out, shape, ink, hollow);
	put_percent(s->out, "x", x);
	put_pixel(s->out, "y", y);
	if (tip) {
		fputs("><title>", s->out);
		svg_escape(s->out, tip);
		fputs("</title></use>\n", s->out);
		return;
	}
	fputs("/>\n", s->out);
}

/* ---- Curves ---- */

#define UNITS 1000 /* across a plot: paths know no percentages, so theirs are stretched */

struct pen { /* where a path has come to, in units and tenths of a pixel */
	long x, y;
};

/* One step, relative to the last point as it was written, so that rounding does not add up. */
static void put_step(FILE *out, struct pen *pen, double x, double y)
{
	long to_x = lround(percent(x) * UNITS / 100), to_y = lround(pixel(y) * 10);
	char s[40];

	fprintf(out, "%ld", to_x - pen->x);
	fprintf(out, ",%s", shortest(s, sizeof(s), (double)(to_y - pen->y) / 10, 1));
	*pen = (struct pen){to_x, to_y};
}

static void put_path(const struct svg *s, const double *x, const double *y, size_t n, double base,
		     int closed)
{
	struct pen pen = {0, 0};

	fputs("<path d=\"m", s->out);
	if (closed)
		put_step(s->out, &pen, x[0], base);
	for (size_t i = 0; i < n; i++) {
		if (i || closed)
			fputc(' ', s->out);
		put_step(s->out, &pen, x[i], y[i]);
	}
	if (closed) {
		fputc(' ', s->out);
		put_step(s->out, &pen, x[n - 1], base);
	}
	fputs(closed ? "z\"" : "\"", s->out);
}

#define CURVE_POINTS 512u
#define CURVE_PIXEL  0.3 /* nobody sees less */

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

static void stretch_begin(const struct svg *s)
{
	if (!s->stretched)
		fprintf(s->out, "<svg viewBox=\"0 0 %d %g\" preserveAspectRatio=\"none\">", UNITS,
			s->height);
}

static void stretch_end(const struct svg *s)
{
	fputs(s->stretched ? "/>" : "/></svg>\n", s->out);
}

void svg_curves_begin(struct svg *s)
{
	stretch_begin(s);
	s->stretched = 1;
}

void svg_curves_end(struct svg *s)
{
	s->stretched = 0;
	fputs("</svg>\n", s->out);
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
	stretch_begin(s);
	put_path(s, x, y, n, base, fill != FILL_OUTLINE);
	put_fill(s->out, ink, fill == FILL_FAINT ? FILL_EDGED : fill);
	put_pen(s->out, 1, dash);
	stretch_end(s);
}

void svg_rules(const struct svg *s, const double *x, size_t n, double from, double to, enum ink ink,
	       const char *dash)
{
	struct pen pen = {0, 0};
	char length[40];

	if (!n)
		return;
	shortest(length, sizeof(length), pixel(to) - pixel(from), 1);
	stretch_begin(s);
	fputs("<path d=\"", s->out);
	for (size_t i = 0; i < n; i++) {
		fputc('m', s->out);
		put_step(s->out, &pen, x[i], from);
		fprintf(s->out, "v%s", length);
		pen.y = lround(pixel(from) * 10) + lround((pixel(to) - pixel(from)) * 10);
	}
	fprintf(s->out, "\" class=\"rule o-%s\"", inks[ink]);
	put_pen(s->out, 1, dash);
	stretch_end(s);
}

void svg_levels(const struct svg *s, const double *y, size_t n, enum ink ink)
{
	struct pen pen = {0, 0};

	if (!n)
		return;
	stretch_begin(s);
	fputs("<path d=\"", s->out);
	for (size_t i = 0; i < n; i++) {
		fputc('m', s->out);
		put_step(s->out, &pen, 0, y[i]);
		fprintf(s->out, "h%d", UNITS);
		pen.x = UNITS;
	}
	fprintf(s->out, "\" class=\"rule o-%s\"", inks[ink]);
	stretch_end(s);
}

void svg_dots(const struct svg *s, const double *x, const double *y, size_t n, enum ink ink)
{
	struct pen pen = {0, 0};

	if (!n)
		return;
	stretch_begin(s);
	fputs("<path d=\"", s->out);
	for (size_t i = 0; i < n; i++) {
		fputc('m', s->out);
		put_step(s->out, &pen, x[i], y[i]);
		fputs("h0", s->out);
	}
	fprintf(s->out, "\" class=\"dots o-%s\"", inks[ink]);
	stretch_end(s);
}

void svg_whisker(const struct svg *s, double low, double high, double y, enum ink ink)
{
	struct pen pen = {0, 0};

	stretch_begin(s);
	fputs("<path d=\"m", s->out);
	put_step(s->out, &pen, low, y - 5);
	fputs("v10m0,-5", s->out);
	pen.y += 50;
	fprintf(s->out, "h%ld", lround(percent(high) * UNITS / 100) - pen.x);
	fprintf(s->out, "m0,-5v10\" class=\"whisker o-%s\"", inks[ink]);
	stretch_end(s);
}

/* ---- Legends ---- */

void svg_swatch(FILE *out, enum ink ink, enum shape shape, int hollow)
{
	fputs("<svg class=\"swatch\" width=\"14\" height=\"14\" viewBox=\"-7 -7 14 14\" "
	      "aria-hidden=\"true\">",
	      out);
	put_mark(out, shape, ink, hollow);
	fputs("/></svg>", out);
}

void svg_swatch_line(FILE *out, enum ink ink, const char *dash)
{
	struct svg s = {.out = out};

	fputs("<svg class=\"swatch\" width=\"26\" height=\"12\" aria-hidden=\"true\">", out);
	svg_line(&s, 0, 6, 1, 6, ink, 2, dash);
	fputs("</svg>", out);
}

void svg_swatch_box(FILE *out, enum ink ink, enum fill fill)
{
	struct svg s = {.out = out, .height = 12};

	fputs("<svg class=\"swatch\" width=\"16\" height=\"12\" aria-hidden=\"true\">", out);
	svg_box(&s, 0.04, 0.96, 1, 10, ink, fill);
	fputs("</svg>", out);
}
