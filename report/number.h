/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures in words: engineering units, and never more digits than the interval supports. The last
 * digit printed is worth no less than the first digit of the interval's half width; without an
 * interval there are three digits.
 */
#ifndef VQ_NUMBER_H
#define VQ_NUMBER_H

#include "harness/core/stats.h"
#include "harness/core/words.h"

#define NUMBER_SIZE 64 /* every function below fills so much at most, and returns it */
#define NUMBER_NONE "n/a"

const char *number_figure(char *s, double v, struct interval i, enum unit unit); /* "1.23 µs" */
/* "1.21 – 1.25 µs", in the figure's own scale and digits; "n/a" where there is none. */
const char *number_interval(char *s, double v, struct interval i, enum unit unit);
/* A figure whose precision is that of another: a p99 beside its median. */
const char *number_beside(char *s, double v, double median, struct interval i, enum unit unit);
const char *number_share(char *s, double share);		    /* "3.1 %" */
const char *number_ratio(char *s, double ratio, struct interval i); /* "1.04" */
const char *number_exact(char *s, double v, enum unit unit);	    /* "2 µs": as a plan says it */
const char *number_plain(char *s, double v);			    /* three digits */
const char *number_p(char *s, double p);			    /* "0.012", "< 0.001" */
/* "0.9987"; none where all points lie on one level. */
const char *number_r_squared(char *s, double r_squared);

#endif
