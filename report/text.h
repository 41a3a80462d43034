/* SPDX-License-Identifier: Apache-2.0 */
/* What the text format is made of. */
#ifndef VQ_TEXT_FORMAT_H
#define VQ_TEXT_FORMAT_H

#include <stdbool.h>
#include <stdio.h>

#include "report/report.h"

/* text_criteria.c: limits, requirements, scores. 0, or -1: no memory. */
int text_criteria(const struct report *r, FILE *out, bool colour);

/* text_matrix.c: platforms side by side. 0, or -1: no memory. */
int text_matrix(const struct report *r, FILE *out, bool colour);

#endif
