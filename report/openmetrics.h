/* SPDX-License-Identifier: Apache-2.0 */
/* What an OpenMetrics exposition is made of. */
#ifndef VQ_OPENMETRICS_H
#define VQ_OPENMETRICS_H

#include <stdbool.h>
#include <stdio.h>

struct openmetrics { /* the exposition being written */
	FILE *out;
	const char *family;
	void *seen;  /* a tree of struct series of this family */
	bool failed; /* no memory */
};

/* A list of them ends with one that has no name. An empty value or NULL means no label. */
struct openmetrics_label {
	const char *name, *value;
};

#define OPENMETRICS_LABELS 12u

/* Begin a family of samples; `unit` NULL: it has none. */
void openmetrics_family(struct openmetrics *m, const char *name, const char *type, const char *unit,
			const char *help);

/* One sample; none where the value is no finite number. Rows of a hostile file may have the same
 * labels, which OpenMetrics forbids: they are numbered. */
void openmetrics_sample(struct openmetrics *m, const char *suffix,
			const struct openmetrics_label *labels, double value);

/* The same labels and one or two more; `statistic` NULL: one. */
void openmetrics_sample_with(struct openmetrics *m, const struct openmetrics_label *labels,
			     const char *name, const char *value, const char *statistic, double v);

/* Release what the last family held. */
void openmetrics_end(struct openmetrics *m);

#endif
