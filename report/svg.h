/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small plots as inline SVG that stay readable from a phone to a printed page.
 *
 * A plot has a height in pixels and no width of its own: x runs from 0 to 1 over whatever width
 * the page gives it (percentages in the markup), y is in pixels from the top. So text and marks
 * keep their size while the plot stretches, without a script and without a viewBox that would
 * shrink the letters.
 *
 * Colours are classes: the page's style sheet holds them, once for light and once for dark, and
 * a class is a fifth as long as the attributes that it stands for. Marks and hatches are drawn once
 * a page (svg_definitions) and referred to. All text is escaped here.
 */
#ifndef VQ_SVG_H
#define VQ_SVG_H

#include <stddef.h>
#include <stdio.h>

enum ink {
	INK_TEXT,
	INK_MUTED,
	INK_GRID,
	INK_PAPER,
	INK_GOOD,
	INK_BAD,
	INK_WARN,
	INK_NEUTRAL,
	INK_SERIES, /* the first of INK_SERIES_COUNT */
	INKS = INK_SERIES + 6
};

#define INK_SERIES_COUNT 6

enum shape { SHAPE_CIRCLE, SHAPE_SQUARE, SHAPE_TRIANGLE, SHAPE_DIAMOND, SHAPE_CROSS, SHAPE_DOWN };

#define SHAPE_COUNT 6

enum fill { FILL_SOLID, FILL_FAINT, FILL_EDGED /* faint, outlined */, FILL_HATCHED, FILL_OUTLINE };

enum anchor { ANCHOR_START, ANCHOR_MIDDLE, ANCHOR_END };

struct svg {
	FILE *out;
	double height;
	int stretched; /* between svg_curves_begin and _end */
};

/* Marks and hatches, once a page, before the first plot. */
void svg_definitions(FILE *out);

/* `id` is unique in the page; `title` is one line; `description` says in words what it shows. */
void svg_begin(struct svg *s, FILE *out, unsigned int id, double height, const char *title,
	       const char *description);
void svg_end(struct svg *s);

/* `dash` as stroke-dasharray, or NULL. */
void svg_line(const struct svg *s, double x1, double y1, double x2, double y2, enum ink ink,
	      double width, const char *dash);

/* Thin lines down from y = `from` to `to`, at each of x: a plot's grid, or its ticks. */
void svg_rules(const struct svg *s, const double *x, size_t n, double from, double to, enum ink ink,
	       const char *dash);

/* The same across the whole plot, at each of y. */
void svg_levels(const struct svg *s, const double *y, size_t n, enum ink ink);

/* Around several curves, rules, levels, dots and whiskers, and nothing else: it saves bytes. */
void svg_curves_begin(struct svg *s);
void svg_curves_end(struct svg *s);

/* Small round dots, all in one path. */
void svg_dots(const struct svg *s, const double *x, const double *y, size_t n, enum ink ink);

/* An interval: a line with a stroke across each end. */
void svg_whisker(const struct svg *s, double low, double high, double y, enum ink ink);

/* A box from x1 to x2, at least one pixel wide. */
void svg_box(const struct svg *s, double x1, double x2, double y, double height, enum ink ink,
	     enum fill fill);

/* Text with its baseline at y; near an edge the anchor is moved inwards. `bold` is 0 or 1. */
void svg_text(const struct svg *s, double x, double y, enum anchor anchor, enum ink ink, int bold,
	      const char *text);

/* A mark; `tip` (may be NULL) is shown while the pointer rests on it. */
void svg_mark(const struct svg *s, double x, double y, enum shape shape, enum ink ink, int hollow,
	      const char *tip);

/* A line through n points; an area down to y = `base` where fill is not FILL_OUTLINE. */
void svg_curve(const struct svg *s, const double *x, const double *y, size_t n, double base,
	       enum ink ink, enum fill fill, const char *dash);

/* A small drawing for a legend, hidden from screen readers: its meaning stands beside it. */
void svg_swatch(FILE *out, enum ink ink, enum shape shape, int hollow);
void svg_swatch_line(FILE *out, enum ink ink, const char *dash);
void svg_swatch_box(FILE *out, enum ink ink, enum fill fill);

/* Write text with every character that means something in HTML or XML escaped; control
 * characters, broken UTF-8 and direction overrides become U+FFFD. */
void svg_escape(FILE *out, const char *text);

#endif
