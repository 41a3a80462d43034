/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that registered themselves, sorted, and found by name. */
#include "harness/core/registry.h"

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_COMPARED 64 /* bytes of a name that edit_distance looks at */

/* A sorted section; there are as many as there are kinds, so a list will do. */
struct sorted {
	struct sorted *next;
	const char *kind;
	const void *const *start;
	size_t count;
	const void *entries[];
};

static struct sorted *all_sorted;
static pthread_mutex_t all_sorted_lock = PTHREAD_MUTEX_INITIALIZER;

const char *registry_name(const void *descriptor)
{
	/* A descriptor's first member is its name (registry.h). */
	return *(const char *const *)descriptor;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(registry_name(*(const void *const *)a),
		      registry_name(*(const void *const *)b));
}

static struct sorted *sort_section(const char *kind, const void *const *start, size_t count)
{
	struct sorted *s = malloc(sizeof(*s) + count * sizeof(s->entries[0]));

	if (!s) {
		fprintf(stderr, "virt-qualify: no memory to sort the registered %s\n", kind);
		abort();
	}
	s->kind = kind;
	s->start = start;
	s->count = count;
	for (size_t i = 0; i < count; i++)
		s->entries[i] = start[i];
	if (count)
		qsort(s->entries, count, sizeof(s->entries[0]), by_name);

	for (size_t i = 1; i < count; i++) {
		if (by_name(&s->entries[i - 1], &s->entries[i]))
			continue;
		fprintf(stderr, "virt-qualify: this build registers two %s named \"%s\"\n", kind,
			registry_name(s->entries[i]));
		abort();
	}
	return s;
}

struct registry registry_open(const char *kind, const void *const *start, const void *const *stop)
{
	struct sorted *s;

	pthread_mutex_lock(&all_sorted_lock);
	for (s = all_sorted; s; s = s->next)
		if (s->start == start && !strcmp(s->kind, kind))
			break;
	if (!s) {
		/* Both bounds are NULL where the section is empty: they are weak. */
		s = sort_section(kind, start, start ? (size_t)(stop - start) : 0);
		s->next = all_sorted;
		all_sorted = s;
	}
	pthread_mutex_unlock(&all_sorted_lock);
	return (struct registry){.entries = s->entries, .count = s->count};
}

const void *registry_find(struct registry r, const char *name)
{
	for (size_t i = 0; i < r.count; i++)
		if (!strcmp(registry_name(r.entries[i]), name))
			return r.entries[i];
	return NULL;
}

const char *registry_nearest(struct registry r, const char *name)
{
	size_t length = strlen(name);
	size_t limit = 1 + length / 3; /* further away is no slip of the finger */
	const char *nearest = NULL;

	for (size_t i = 0; i < r.count; i++) {
		const char *candidate = registry_name(r.entries[i]);
		size_t distance = edit_distance(name, candidate);

		/* At the distance of the whole word nothing of it is left. */
		if (distance > limit || distance >= length || distance >= strlen(candidate))
			continue;
		nearest = candidate;
		if (!distance)
			break;
		limit = distance - 1;
	}
	return nearest;
}

static unsigned int least(unsigned int a, unsigned int b)
{
	return a < b ? a : b;
}

/* Optimal string alignment: Damerau 1964, by the dynamic programme of Wagner and Fischer 1974. */
unsigned int edit_distance(const char *a, const char *b)
{
	unsigned int d[MAX_COMPARED + 1][MAX_COMPARED + 1];
	size_t na = strnlen(a, MAX_COMPARED), nb = strnlen(b, MAX_COMPARED);

	for (size_t i = 0; i <= na; i++)
		d[i][0] = (unsigned int)i;
	for (size_t j = 0; j <= nb; j++)
		d[0][j] = (unsigned int)j;

	for (size_t i = 1; i <= na; i++) {
		for (size_t j = 1; j <= nb; j++) {
			unsigned int cost = a[i - 1] != b[j - 1];
			unsigned int here = d[i - 1][j - 1] + cost;

			here = least(here, d[i - 1][j] + 1);
			here = least(here, d[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				here = least(here, d[i - 2][j - 2] + 1);
			d[i][j] = here;
		}
	}
	return d[na][nb];
}
