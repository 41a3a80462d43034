/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the page comes to, in its head: how many limits and requirements were kept, what makes the
 * job red, and the scores. Whoever opens the page of a red job sees why before anything else.
 */
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/label.h"
#include "report/number.h"

#define MOST 6u /* things named here; the sections below name all */

static void tile(const struct html *h, size_t n, const char *class, const char *what)
{
	fprintf(h->out, "<li class=\"%s%s\"><b>%zu</b> <span>%s</span></li>", class,
		n ? "" : " zero", n, what);
}

static void judged(const struct html *h)
{
	size_t counts[3] = {0};

	if (!h->r->judgement_count)
		return;
	for (size_t i = 0; i < h->r->judgement_count; i++)
		counts[h->r->judgements[i].result]++;
	fputs("<ul class=\"verdicts\" aria-label=\"Limits and requirements\">", h->out);
	tile(h, counts[JUDGED_FAILED], "v-bad", "\xe2\x9c\x97 limits or requirements failed");
	tile(h, counts[JUDGED_INCONCLUSIVE], "v-none", "? inconclusive");
	tile(h, counts[JUDGED_PASSED], "v-good", "\xe2\x9c\x93 passed");
	fputs("</ul>\n", h->out);
	if (h->r->given[GIVEN_LIMITS].path)
		fputs("<p class=\"after\">\xe2\x96\xb3 The limits were given after the runs.</p>\n",
		      h->out);
}

/* ---- What makes a job red ---- */

struct list {
	const struct html *h;
	size_t count;
};

/* A line of it: what, and where there is room for it, how it came out. */
static bool item(struct list *l, const char *what, const char *where)
{
	if (l->count++ >= MOST)
		return false;
	if (l->count == 1)
		fputs("<ul class=\"because\" aria-label=\"What failed\">\n", l->h->out);
	fputs("<li><span class=\"verdict v-bad\"><span aria-hidden=\"true\">\xe2\x9c\x97</span> ",
	      l->h->out);
	html_text(l->h, "%s", what);
	fputs("</span> ", l->h->out);
	html_text(l->h, "%s", where);
	return true;
}

static void regressed(struct list *l, const struct comparison_row *c)
{
	char name[LABEL_SIZE], platform[LABEL_SIZE], where[3 * LABEL_SIZE];
	char ratio[FIGURE_SIZE], interval[FIGURE_SIZE];

	snprintf(where, sizeof(where), "%s on %s:", label_metric(name, c->other),
		 label_platform(platform, c->other->platform, c->other->variant));
	if (!item(l, "regressed", where))
		return;
	if (c->exact.layouts)
		html_text(l->h, " %s", label_exact(where, c));
	else
		html_text(l->h, " %s %s", html_ratio(ratio, c->test.ratio, c->test.ratio_interval),
			  html_ratio_interval(interval, c->test.ratio, c->test.ratio_interval));
	fputs("</li>\n", l->h->out);
}

static void failed(struct list *l, const struct judgement *x)
{
	char where[3 * LABEL_SIZE], letter[8];

	snprintf(where, sizeof(where), "%.400s%s%.400s%s%s%s:", x->what,
		 x->platform[0] ? " on " : "", x->platform, l->h->r->run_count > 1 ? " [" : "",
		 l->h->r->run_count > 1 ? html_run_letter(l->h, letter, x->run) : "",
		 l->h->r->run_count > 1 ? "]" : "");
	if (!item(l, "failed", where))
		return;
	html_text(l->h, " %s%s%s%s%s", x->wanted, x->found[0] ? "; found " : "", x->found,
		  !x->found[0] && x->why ? "; " : "", !x->found[0] && x->why ? x->why : "");
	fputs("</li>\n", l->h->out);
}

static void because(const struct html *h)
{
	const struct report *r = h->r;
	/* That one platform costs more than another is no failure. */
	bool red = r->comparison_count && strcmp(r->compared_by, "platform") != 0;
	struct list l = {h, 0};

	for (size_t i = 0; i < r->comparison_count && red; i++) {
		const struct comparison_row *c = &r->comparisons[i];

		if (c->gates && report_is_compared(c) && c->verdict == VERDICT_REGRESSED)
			regressed(&l, c);
	}
	for (size_t i = 0; i < r->judgement_count; i++)
		if (r->judgements[i].result == JUDGED_FAILED)
			failed(&l, &r->judgements[i]);
	if (l.count > MOST)
		fprintf(h->out, "<li>and %zu more, below</li>\n", l.count - MOST);
	if (l.count)
		fputs("</ul>\n", h->out);
}

/* ---- Scores ---- */

static void scores(const struct html *h)
{
	const struct report *r = h->r;
	char platform[LABEL_SIZE], ratio[FIGURE_SIZE], interval[FIGURE_SIZE], letter[8];

	if (!r->score_count)
		return;
	fputs("<p>", h->out);
	html_text(h, "Score over %s, above 1 is better: ", r->scores[0].reference);
	for (size_t i = 0; i < r->score_count && i < MOST; i++) {
		const struct score *x = &r->scores[i];

		html_text(h, "%s%s", i ? "; " : "",
			  label_platform(platform, x->platform, x->variant));
		if (r->run_count > 1)
			html_text(h, " [%s]", html_run_letter(h, letter, x->run));
		if (x->why)
			html_text(h, " none");
		else
			html_text(h, " %s %s", number_ratio(ratio, x->score, x->interval),
				  html_ratio_interval(interval, x->score, x->interval));
	}
	fputs(r->score_count > MOST ? "; \xe2\x80\xa6 " : ". ", h->out);
	fputs("<a href=\"#criteria\">Formula, parts, and why none</a></p>\n", h->out);
}

void html_headline(struct html *h)
{
	if (h->r->comparison_count)
		html_verdicts(h);
	judged(h);
	because(h);
	scores(h);
}
