/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the HTML format share. Markup is written with fputs and fprintf from
 * literals and numbers only; whatever comes from a result file goes through html_text or an SVG
 * function, which escape it. Nothing else reaches the page.
 */
#ifndef VQ_REPORT_HTML_H
#define VQ_REPORT_HTML_H

#include <stdio.h>

#include "report/axis.h"
#include "report/number.h"
#include "report/report.h"
#include "report/svg.h"

/* A platform as plotted: the same colour and shape wherever it appears on the page. */
struct html_series {
	const struct result_run *run;
	const char *platform, *variant;
};

enum html_term { /* explained once, where first used */
		 TERM_VERDICT,
		 TERM_EXACT,
		 TERM_INTERVAL,
		 TERM_EXECUTION,
		 TERM_COLUMNS,
		 TERM_DISTRIBUTION,
		 TERM_CUMULATIVE,
		 TERM_TRIALS,
		 TERM_FIT,
		 TERM_OUTCOME,
		 TERM_CENSORED,
		 TERM_RECOVERY,
		 TERM_STAMPS,
		 TERMS
};

struct html {
	FILE *out;
	const struct report *r;
	unsigned int plots; /* drawn so far: the next one's id */
	int lean;	    /* so many figures that what is folded is left out, and said to be */
	int explained[TERMS];
	struct html_series *series;
	size_t series_count;
	const struct metric *
		*metrics; /* in the order of the page: group, bench, parameter, platform */
};

/* ---- html_text.c: text, figures in words ---- */

/* printf whose result is escaped. */
void html_text(const struct html *h, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A name as code, which may break after its underscores. */
void html_code(const struct html *h, const char *name);

#define FIGURE_SIZE (NUMBER_SIZE + 16)

/* Each fills `s` (FIGURE_SIZE) and returns it. Figures themselves are number.h's, so that they
 * read the same in every format; these are for the places where a page needs other ones. */
const char *html_figure(char *s, double v, enum unit unit); /* of no known precision */
/* "1 µs": a round number, `step` apart from the next. */
const char *html_tick(char *s, double v, double step, enum unit unit);
const char *html_ratio(char *s, double ratio, struct interval i); /* "1.04×" */
/* "[1.21 – 1.25 µs]", "no interval", a ? for an end that the trials cannot give. */
const char *html_interval(char *s, double v, struct interval i, enum unit unit);
const char *html_ratio_interval(char *s, double ratio, struct interval i);

#define NAME_SIZE  300
#define NAME_WHOLE 28 /* letters of a platform's name, or a variant's, where there is room */

/* "kvm · variant [B]"; names are cut to `letters`, the run's letter never. s holds NAME_SIZE. */
const char *html_platform(const struct html *h, char *s, const struct result_run *run,
			  const char *platform, const char *variant, size_t letters);

/* "exit_pio, bytes = 4" */
const char *html_bench_name(char *s, size_t size, const struct metric *m);

/* Cut a text to at most `letters` characters, with an ellipsis. */
const char *html_cut(char *s, size_t size, const char *text, size_t letters);

/* ---- html_source.c: which run and file something came from ---- */

/* "A", "B", …, "AA"; s holds 8. */
const char *html_run_letter(const struct html *h, char *s, const struct result_run *run);
const struct report_file *html_file_of(const struct report *r, const struct result_run *run);
const struct result_run *html_run_of_fact(const struct report *r, const struct result_fact *f);
const struct result_run *html_run_of_skip(const struct report *r, const struct result_skip *s);
const struct result_run *html_run_of_platform(const struct report *r,
					      const struct result_platform *p);
/* A fact's value of a run, or NULL. */
const char *html_fact(const struct report *r, const struct result_run *run, const char *name);
/* What a run's host is called: its name, else its processor; NULL where neither is disclosed. */
const char *html_host(const struct report *r, const struct result_run *run);
/* The last part of a path: a report names files, not somebody's directories. */
const char *html_base_name(const char *path);

int html_series_init(struct html *h);
int html_metrics_init(struct html *h); /* html_bench.c */
size_t html_series(const struct html *h, const struct result_run *run, const char *platform,
		   const char *variant);
enum ink html_ink(size_t series);
enum shape html_shape(size_t series);
const char *html_dash(size_t series); /* as svg_line takes it */

/* ---- html_alike.c: the figures of one operation, panel by panel ---- */

struct html_alike {
	const struct html *h;
	int (*drawable)(const struct metric *m);
	size_t next;
	const struct metric **m; /* of this panel */
	size_t count;
};

/* 0, or -1: no memory, and nothing to end. */
int html_alike_begin(struct html_alike *p, const struct html *h,
		     int (*drawable)(const struct metric *m));
int html_alike_next(struct html_alike *p); /* 0: that was the last one */
void html_alike_end(struct html_alike *p);

/* ---- html_table.c ---- */

struct html_column {
	const char *name;
	const char *class; /* "n": numbers, aligned right; "h": heads its row; "" */
};

struct html_table {
	const struct html *h;
	const struct html_column *columns;
	size_t count, next;
	int in_row, in_body, plain;
};

/* Rules of the style sheet by which the tables of this page become cards. */
void html_table_style(const struct html *h);

/* The caption is plain text, escaped. */
void html_table_begin(struct html_table *t, const struct html *h, const struct html_column *columns,
		      size_t count, const char *caption);
/* The same with a class for the style sheet, a literal: "plain" for one that is narrow enough for
 * any screen, else with "cards" among its words. */
void html_table_begin_class(struct html_table *t, const struct html *h,
			    const struct html_column *columns, size_t count, const char *caption,
			    const char *class);
/* A heading row over the rows that follow; the caller writes its content, then a row. */
void html_table_group(struct html_table *t);
void html_table_row(struct html_table *t);
void html_table_cell(struct html_table *t); /* ends the one before */
void html_table_end(struct html_table *t);

/* A badge with an execution's name; says nothing for hardware unless `always`. */
void html_execution(const struct html *h, enum execution e, int always);

/* What the lines of a plot mean: a list of the platforms, in their dashes. */
void html_line_legend(const struct html *h, const struct metric *const *m, size_t count);

/* Begin and end <figure>; the caption is markup-free text. */
void html_figure_begin(const struct html *h, const char *heading);
void html_figure_end(const struct html *h, const char *caption);

/* ---- html_paper.c ---- */

/* Begin and end many small plots, of which paper takes a few; `count`: how many there were. */
void html_multiples_begin(const struct html *h);
void html_multiples_end(const struct html *h, size_t count);
/* Say, on paper alone, what it leaves out. */
void html_paper(const struct html *h);

/* ---- The sections, in the order of the page ---- */

extern const char html_style[];

void html_term(struct html *h, enum html_term term); /* html_terms.c */
void html_header(struct html *h);
void html_trust(struct html *h);
void html_comparison(struct html *h);
void html_verdicts(struct html *h); /* the counts alone */
void html_skips(struct html *h);
void html_headline(struct html *h); /* these, what failed, and scores */
void html_criteria(struct html *h);
void html_matrix(struct html *h);
void html_means(struct html *h);	 /* its bars */
void html_forest(struct html *h);	 /* its ratios to native */
void html_matrix_faults(struct html *h); /* its faults */
void html_benches(struct html *h);
void html_bench_plot(struct html *h, const struct metric *const *m, size_t count);
void html_distributions(struct html *h);
/* The same as shares and percentiles, platforms atop each other; `a` is the axis of the cost. */
void html_cumulative(struct html *h, const struct metric *const *m, size_t count,
		     const struct axis *a);
void html_trials(struct html *h); /* each trial's own figure, and its batches' */
void html_fits(struct html *h);
void html_faults(struct html *h);
void html_recoveries(struct html *h);
void html_timelines(struct html *h);
void html_topologies(struct html *h);
int html_is_topology(const char *fact); /* the name of what that draws */
void html_sections(struct html *h);	/* html_section.c */
void html_sections_contents(const struct html *h);
void html_disclosure(struct html *h);

/* html_matrix.c: what an empty cell says; a column for the row's name, then one a platform, whose
 * names are to be freed as well as the columns. NULL: no memory. */
void html_matrix_empty(const struct html *h, const struct matrix_cell *cell);
struct html_column *html_matrix_columns(const struct html *h, const char *first,
					char (**names)[NAME_SIZE]);

/* html_fault.c: a small bar of outcomes */
void html_outcome_bar(struct html *h, const struct fault_figure *f);

/* Is there anything for that section? */
int html_has_distributions(const struct report *r);
int html_has_trials(const struct report *r);
int html_has_timelines(const struct report *r);

#endif
