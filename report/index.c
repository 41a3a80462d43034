/* SPDX-License-Identifier: Apache-2.0 */
#include "report/index.h"

#include <stdlib.h>
#include <string.h>

static int by_key(const void *x, const void *y)
{
	const struct index_key *a = x, *b = y;
	int order = (a->number > b->number) - (a->number < b->number);

	if (!order)
		order = strcmp(a->name, b->name);
	return order ? order : strcmp(a->other, b->other);
}

static int by_place(const void *x, const void *y)
{
	const struct index_key *a = x, *b = y;
	int order = by_key(x, y);

	return order ? order : (a->at > b->at) - (a->at < b->at);
}

int index_begin(struct index *i, struct arena *arena, size_t room)
{
	i->keys = arena_array(arena, room + 1, sizeof(*i->keys));
	i->count = 0;
	return i->keys ? 0 : -1;
}

void index_add(struct index *i, uint64_t number, const char *name, const char *other, size_t at)
{
	i->keys[i->count++] = (struct index_key){number, name, other, at};
}

void index_end(struct index *i)
{
	if (i->count)
		qsort(i->keys, i->count, sizeof(*i->keys), by_place);
}

struct index_key *index_find(const struct index *i, uint64_t number, const char *name,
			     const char *other)
{
	const struct index_key wanted = {number, name, other, 0};
	size_t low = 0, high = i->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (by_key(&i->keys[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < i->count && !by_key(&i->keys[low], &wanted) ? &i->keys[low] : NULL;
}

void index_unique(struct index *i)
{
	size_t n = 0;

	for (size_t k = 0; k < i->count; k++)
		if (!n || by_key(&i->keys[n - 1], &i->keys[k]))
			i->keys[n++] = i->keys[k];
	i->count = n;
}
