/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is given back all at once: what a result file or a report holds. */
#ifndef VQ_ARENA_H
#define VQ_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena { /* all zero: empty */
	struct arena_chunk *chunks;
};

/* Zeroed memory, aligned for anything; NULL where there is none. */
void *arena_alloc(struct arena *a, size_t size);
/* The same for an array; NULL too where count * size overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_printf(struct arena *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

void arena_free(struct arena *a);

#endif
