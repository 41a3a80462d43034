/* SPDX-License-Identifier: Apache-2.0 */
#include "report/analysis_item.h"

#include <stdlib.h>

int item_by_number(uintptr_t a, uintptr_t b)
{
	return (a > b) - (a < b);
}

int item_by_run(const struct item *a, const struct item *b)
{
	int order = item_by_number(a->source->first_run, b->source->first_run);

	return order ? order : item_by_number((uintptr_t)a->run, (uintptr_t)b->run);
}

int item_by_side(const struct item *a, const struct item *b)
{
	int order = item_by_number(a->source->first_run, b->source->first_run);

	return order ? order : item_by_number((uintptr_t)a->side, (uintptr_t)b->side);
}

/* Each block has its own row for the same bench; a figure stands on that of its side. */
static void take_rows_of_side(const struct analysis *a, struct item *item)
{
	const struct source *s = item->source;
	const struct result_trial *t = item->trial;
	const void *platform, *subject;

	item->side = a->report.sides[s->first_run + (size_t)(item->run - s->runs)];
	if (item->side == item->run)
		return;
	platform = source_find(&s->platforms, item->side->id, t->platform);
	subject = t->bench ? source_find(&s->benches, item->side->id, t->bench)
			   : source_find(&s->faults, item->side->id, t->fault);
	if (!platform || !subject)
		return;
	item->platform = platform;
	if (t->bench)
		item->bench = subject;
	else
		item->fault = subject;
}

/* The rows that a trial refers to. 0, or -1 where the file does not hold them. */
static int find_rows(struct analysis *a, struct item *item)
{
	const struct source *s = item->source;
	const struct result_trial *t = item->trial;

	item->run = source_run(s, t->run);
	item->platform = source_find(&s->platforms, t->run, t->platform);
	if (t->bench)
		item->bench = source_find(&s->benches, t->run, t->bench);
	else
		item->fault = source_find(&s->faults, t->run, t->fault);
	if (item->run && item->platform && (item->bench || item->fault)) {
		take_rows_of_side(a, item);
		return 0;
	}
	return analysis_fail(a, "%s: is damaged: trial %lld has no %s or platform", s->file->path,
			     (long long)t->id, t->bench ? "bench" : "fault");
}

static int collect(struct analysis *a, enum item_kind kind, struct item *items, size_t *count)
{
	for (size_t k = 0; k < a->source_count; k++) {
		const struct source *s = &a->sources[k];

		for (size_t i = 0; i < s->trial_count; i++) {
			struct item item = {.source = s, .trial = &s->trials[i]};

			if (!item.trial->bench != (kind == ITEMS_OF_FAULTS))
				continue;
			if (find_rows(a, &item))
				return -1;
			items[(*count)++] = item;
		}
	}
	return 0;
}

int analysis_items(struct analysis *a, enum item_kind kind,
		   int (*order)(const void *x, const void *y), struct item **items, size_t *count)
{
	*count = 0;
	*items = calloc(a->trial_count + 1, sizeof(**items));
	if (!*items)
		return analysis_no_memory(a);
	if (collect(a, kind, *items, count)) {
		free(*items);
		*items = NULL;
		return -1;
	}
	if (*count)
		qsort(*items, *count, sizeof(**items), order);
	return 0;
}
