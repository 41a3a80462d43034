/* SPDX-License-Identifier: Apache-2.0 */
/* Cells, columns and reasons of the side-by-side matrix in words. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"
#include "report/number.h"

static bool has_several_hosts(const struct report *r)
{
	const struct matrix *m = r->matrix;

	for (size_t i = 1; i < m->column_count; i++)
		if (m->columns[i].run != m->columns[0].run)
			return true;
	return false;
}

const char *label_column(char *s, const struct report *r, const struct matrix_column *c)
{
	char run[16], platform[LABEL_SIZE];

	label_platform(platform, c->platform, c->variant);
	if (r->run_count < 2)
		text_print(s, LABEL_SIZE, "%s", platform);
	else
		text_print(s, LABEL_SIZE, "%.200s [%s]%s%.100s", platform,
			   label_run(run, r, c->run), has_several_hosts(r) && c->host ? " " : "",
			   has_several_hosts(r) && c->host ? c->host : "");
	return s;
}

static size_t add_metric(char *s, size_t used, const struct metric *m)
{
	char figure[NUMBER_SIZE], ratio[NUMBER_SIZE];
	bool hardware = m->execution == EXECUTION_HARDWARE;

	if (used >= LABEL_SIZE)
		return used;
	used += text_print(s + used, LABEL_SIZE - used, "%s%s%s%s", used ? "; " : "",
			   number_figure(figure, m->median, m->interval, m->unit),
			   hardware ? "" : " ", hardware ? "" : execution_name(m->execution));
	if (isfinite(m->native_ratio) && used < LABEL_SIZE)
		used += text_print(s + used, LABEL_SIZE - used, " %s×",
				   number_ratio(ratio, m->native_ratio, m->native_interval));
	return used;
}

static const char *empty(char *s, const struct matrix_cell *c)
{
	static const char *const words[] = {
		[CELL_NOT_ASKED] = "–",
		[CELL_FIGURES] = "",
		[CELL_SKIPPED] = "skipped",
		[CELL_NO_FIGURE] = "no figure",
	};

	if (c->reason)
		text_print(s, LABEL_SIZE, "%s (%zu)", words[c->state], c->reason);
	else
		text_print(s, LABEL_SIZE, "%s", words[c->state]);
	return s;
}

const char *label_cell(char *s, const struct matrix_cell *c)
{
	size_t used = 0;

	s[0] = '\0';
	if (c->state != CELL_FIGURES)
		return empty(s, c);
	for (size_t i = 0; c->metrics && i < c->count; i++)
		used = add_metric(s, used, &c->metrics[i]);
	return s;
}

static size_t print_rows(FILE *out, const struct report *r, const struct matrix_row *rows,
			 size_t count, size_t column, size_t reason, size_t told)
{
	char s[LABEL_SIZE];

	for (size_t i = 0; i < count; i++) {
		if (rows[i].cells[column].reason != reason)
			continue;
		if (!told)
			fprintf(out, "%s%s:", ftell(out) ? "; " : "",
				label_column(s, r, &r->matrix->columns[column]));
		fprintf(out, "%s %s", told++ ? "," : "", rows[i].name);
	}
	return told;
}

char *label_where(const struct report *r, size_t reason)
{
	const struct matrix *m = r->matrix;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool any = false;

	if (!out)
		return NULL;
	for (size_t c = 0; c < m->column_count; c++) {
		size_t told = print_rows(out, r, m->benches, m->bench_count, c, reason, 0);

		any |= print_rows(out, r, m->faults, m->fault_count, c, reason, told) != 0;
	}
	if (!any)
		fputs("figures without a ratio to native", out);
	return fclose(out) ? NULL : text;
}
