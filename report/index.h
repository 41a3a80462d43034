/* SPDX-License-Identifier: Apache-2.0 */
/* Things found again by a number and two texts, in logarithmic time. */
#ifndef VQ_INDEX_H
#define VQ_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "harness/core/arena.h"

struct index_key {
	uint64_t number;
	const char *name, *other; /* the caller's, as long as the index is used */
	size_t at;		  /* what is found */
};

struct index {
	struct index_key *keys;
	size_t count;
};

/* Room for so many keys, in the arena. 0, or -1: no memory. */
int index_begin(struct index *i, struct arena *arena, size_t room);
void index_add(struct index *i, uint64_t number, const char *name, const char *other, size_t at);
/* No more keys: sort them. Only then may they be looked for. */
void index_end(struct index *i);
/* The one of its kind with the least `at`, or NULL. */
struct index_key *index_find(const struct index *i, uint64_t number, const char *name,
			     const char *other);
/* Keep of each kind the one with the least `at`. */
void index_unique(struct index *i);

#endif
