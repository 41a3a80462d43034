/* SPDX-License-Identifier: Apache-2.0 */
/* Where a report goes: standard output, or a file that appears whole or not at all. */
#ifndef VQ_OUTPUT_H
#define VQ_OUTPUT_H

#include "report/report.h"

/* The format of that name, or NULL with one line of complaint. */
const struct format *output_format(const char *name);

/* One line that names all formats, for --help; allocated. */
char *output_formats(void);

/* Print the report; `path` NULL is standard output. Returns an enum exit_code, EXIT_OK or with one
 * line of complaint. */
int output_report(const struct report *r, const struct format *format, const char *path);

#endif
