/* SPDX-License-Identifier: Apache-2.0 */
/* A line on the terminal that says how far a long step is, and what is left. */
#ifndef VQ_PROGRESS_H
#define VQ_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum progress_where {
	PROGRESS_NONE,
	PROGRESS_TERMINAL, /* stderr is one */
	PROGRESS_LAB,	   /* to the outside of an emulated host */
};

struct progress {
	size_t total;
	int64_t shown_ns;
	enum progress_where where;
};

void progress_begin(struct progress *p, size_t total, enum progress_where where);
/* Not more than ten times a second. */
bool progress_is_due(const struct progress *p);
/* Before step `done` (from 0); `left_ns`: what is left will take so long, 0: not known. */
void progress_show(struct progress *p, size_t done, int64_t left_ns, const char *what,
		   const char *where);
/* Clear the line. */
void progress_end(struct progress *p);

#endif
