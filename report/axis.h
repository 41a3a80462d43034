/* SPDX-License-Identifier: Apache-2.0 */
/* Where a value lies on a plot's axis, and which round numbers are written beside it. */
#ifndef VQ_AXIS_H
#define VQ_AXIS_H

#include <stddef.h>

#define AXIS_TICKS 24 /* room for the marks of any axis */

struct axis {
	double low, high; /* low < high, both finite; both > 0 where logarithmic */
	int logarithmic;
	double from, to; /* the share of the plot's width (or height) that it covers */
};

/* A linear axis that holds [low, high], widened where they coincide. */
struct axis axis_linear(double low, double high);

/* A logarithmic axis over [low, high], both > 0, a little wider than they are. */
struct axis axis_logarithmic(double low, double high);

/* Place a value; beyond an end it lies at that end. */
double axis_place(const struct axis *a, double value);

/* The same for n of them. */
void axis_places(const struct axis *a, const double *values, size_t n, double *places);

/* The round numbers within the axis, about `wanted` of them, at most AXIS_TICKS. */
size_t axis_ticks(const struct axis *a, size_t wanted, double ticks[AXIS_TICKS]);

#endif
