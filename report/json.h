/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON format is made of: every function makes an object that its caller releases. */
#ifndef VQ_JSON_FORMAT_H
#define VQ_JSON_FORMAT_H

#include <jansson.h>
#include <math.h>

#include "report/report.h"

/* null where there is no such number. */
static inline json_t *js_number(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

/* null for NULL. */
static inline json_t *js_text(const char *s)
{
	return s ? json_string(s) : json_null();
}

/* The i-th of a list of the report. json_comparison.c */
json_t *js_comparison(const struct report *r, size_t i);
json_t *js_difference(const struct report *r, size_t i);

/* json_criteria.c */
json_t *js_judgement(const struct report *r, size_t i);
json_t *js_score(const struct report *r, size_t i);
/* Where they are from, if they were given beside the runs. */
json_t *js_limits_from(const struct report *r, size_t i);
json_t *js_noise_from(const struct report *r, size_t i);

/* json_matrix.c; only where the report has a matrix */
json_t *js_column(const struct report *r, size_t i);
json_t *js_group(const struct report *r, size_t i);

#endif
