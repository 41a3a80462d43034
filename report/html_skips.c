/* SPDX-License-Identifier: Apache-2.0 */
/* What did not run: a row for each reason, with all that it kept from running on a platform. */
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

struct item {
	const struct result_skip *skip;
	const struct result_run *run;
	size_t order; /* in the report */
	size_t first; /* the order of the first one that is alike */
};

static const char *platform_of(const struct result_skip *s)
{
	return s->platform ? s->platform : s->what;
}

/* 0: the same is said of both. */
static int by_reason(const struct item *a, const struct item *b)
{
	int order = (a->run > b->run) - (a->run < b->run);

	if (!order)
		order = strcmp(a->skip->kind, b->skip->kind);
	if (!order)
		order = strcmp(platform_of(a->skip), platform_of(b->skip));
	return order ? order : strcmp(a->skip->why, b->skip->why);
}

static int by_number(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

static int by_reason_and_order(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = by_reason(a, b);

	return order ? order : by_number(a->order, b->order);
}

static int by_first(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int order = by_number(a->first, b->first);

	return order ? order : by_number(a->order, b->order);
}

/* Those alike stand together, in the order of the first of each. NULL: no memory. */
static struct item *sorted(const struct report *r)
{
	struct item *items = calloc(r->skip_count + 1, sizeof(*items));

	for (size_t i = 0; items && i < r->skip_count; i++)
		items[i] = (struct item){r->skips[i], html_run_of_skip(r, r->skips[i]), i, i};
	if (!items)
		return NULL;
	qsort(items, r->skip_count, sizeof(*items), by_reason_and_order);
	for (size_t i = 1; i < r->skip_count; i++)
		if (!by_reason(&items[i], &items[i - 1]))
			items[i].first = items[i - 1].first;
	qsort(items, r->skip_count, sizeof(*items), by_first);
	return items;
}

/* A row of items[0..n). */
static void row(struct html_table *t, const struct item *items, size_t n)
{
	const struct html *h = t->h;
	char letter[8];

	html_table_row(t);
	html_table_cell(t);
	html_text(h, "%s", platform_of(items->skip));
	if (h->r->run_count > 1)
		html_text(h, " [%s]", html_run_letter(h, letter, items->run));
	html_table_cell(t);
	html_text(h, "%s", items->skip->why);
	html_table_cell(t);
	html_text(h, "%zu %s%s", n, items->skip->kind,
		  n == 1			       ? ""
		  : strcmp(items->skip->kind, "bench") ? "s"
						       : "es");
	fputs("<span class=\"note\">", h->out);
	for (size_t i = 0; i < n; i++)
		html_text(h, "%s%s", i ? ", " : "", items[i].skip->what);
	fputs("</span>", h->out);
}

void html_skips(struct html *h)
{
	static const struct html_column columns[] = {
		{"Platform", "h"}, {"Why", "words"}, {"What", "words"}};
	const struct report *r = h->r;
	struct item *items = sorted(r);
	struct html_table t;

	fputs("<section aria-labelledby=\"skipped\"><h2 id=\"skipped\">Skipped</h2>\n", h->out);
	if (!r->skip_count)
		fputs("<p>Nothing: everything that the plan asked for was run.</p>\n", h->out);
	else if (!items)
		html_text(h, "%zu, and no memory to list them.", r->skip_count);
	if (r->skip_count && items) {
		html_table_begin(&t, h, columns, sizeof(columns) / sizeof(columns[0]),
				 "What the plan asked for and could not run");
		for (size_t i = 0, n; i < r->skip_count; i += n) {
			for (n = 1; i + n < r->skip_count && items[i + n].first == items[i].first;)
				n++;
			row(&t, items + i, n);
		}
		html_table_end(&t);
	}
	fputs("</section>\n", h->out);
	free(items);
}
