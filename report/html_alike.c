/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures that share a panel: one operation, whatever platform ran it. They follow each other in
 * the order of the page, but for another unit (instructions) among them.
 */
#include "report/html.h"

#include <stdlib.h>
#include <string.h>

static int same_bench(const struct metric *a, const struct metric *b)
{
	return !strcmp(a->bench->name, b->bench->name) && a->parameter == b->parameter;
}

int html_alike_begin(struct html_alike *p, const struct html *h,
		     int (*drawable)(const struct metric *m))
{
	*p = (struct html_alike){.h = h, .drawable = drawable};
	p->m = calloc(h->r->metric_count + 1, sizeof(*p->m));
	return p->m ? 0 : -1;
}

/* Was there one of its unit before it in its stretch, so that its panel is drawn already? */
static int drawn(const struct html_alike *p, size_t i)
{
	const struct metric *const *all = p->h->metrics;

	for (size_t j = i; j-- && same_bench(all[j], all[i]);)
		if (all[j]->unit == all[i]->unit && p->drawable(all[j]))
			return 1;
	return 0;
}

int html_alike_next(struct html_alike *p)
{
	const struct metric *const *all = p->h->metrics;
	size_t count = p->h->r->metric_count, first = p->next;

	while (first < count && (!p->drawable(all[first]) || drawn(p, first)))
		first++;
	p->next = first + 1;
	p->count = 0;
	for (size_t i = first; i < count && same_bench(all[i], all[first]); i++)
		if (all[i]->unit == all[first]->unit && p->drawable(all[i]))
			p->m[p->count++] = all[i];
	return p->count != 0;
}

void html_alike_end(struct html_alike *p)
{
	free(p->m);
}
