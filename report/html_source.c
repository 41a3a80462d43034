/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which run and file something came from. Rows name their run by a number that is unique in their
 * own file only, so with several files a row's file is found by who holds its memory.
 */
#include "report/html.h"

#include <stdlib.h>
#include <string.h>

static int within(const void *row, const void *rows, size_t count, size_t size)
{
	uintptr_t at = (uintptr_t)row, from = (uintptr_t)rows;

	return rows && at >= from && at - from < count * size;
}

/* The run of that number in one file, or NULL. */
static const struct result_run *run_in_file(const struct report *r, const struct report_file *f,
					    int64_t id)
{
	for (size_t i = 0; i < r->run_count; i++)
		if (r->runs[i]->id == id && html_file_of(r, r->runs[i]) == f)
			return r->runs[i];
	return NULL;
}

static const struct result_run *run_by_id(const struct report *r, int64_t id)
{
	for (size_t i = 0; i < r->run_count; i++)
		if (r->runs[i]->id == id)
			return r->runs[i];
	return NULL;
}

const struct report_file *html_file_of(const struct report *r, const struct result_run *run)
{
	for (size_t i = 0; i < r->file_count; i++) {
		const struct result_run *rows;
		size_t count;

		if (r->files[i].result && !result_runs(r->files[i].result, &rows, &count) &&
		    within(run, rows, count, sizeof(*rows)))
			return &r->files[i];
	}
	return r->file_count == 1 ? &r->files[0] : NULL;
}

/* The run of a row that one of the files' loaders returned. */
#define RUN_OF(row, loader)                                                                        \
	do {                                                                                       \
		for (size_t i = 0; i < r->file_count; i++) {                                       \
			size_t count;                                                              \
                                                                                                   \
			if (r->files[i].result && !loader(r->files[i].result, &rows, &count) &&    \
			    within(row, rows, count, sizeof(*rows)))                               \
				return run_in_file(r, &r->files[i], (row)->run);                   \
		}                                                                                  \
		return run_by_id(r, (row)->run);                                                   \
	} while (0)

const struct result_run *html_run_of_fact(const struct report *r, const struct result_fact *f)
{
	const struct result_fact *rows;

	RUN_OF(f, result_facts);
}

const struct result_run *html_run_of_skip(const struct report *r, const struct result_skip *s)
{
	const struct result_skip *rows;

	RUN_OF(s, result_skips);
}

const struct result_run *html_run_of_platform(const struct report *r,
					      const struct result_platform *p)
{
	const struct result_platform *rows;

	RUN_OF(p, result_platforms);
}

const char *html_fact(const struct report *r, const struct result_run *run, const char *name)
{
	for (size_t i = 0; i < r->fact_count; i++)
		if (!strcmp(r->facts[i]->name, name) && html_run_of_fact(r, r->facts[i]) == run)
			return r->facts[i]->value;
	return NULL;
}

const char *html_host(const struct report *r, const struct result_run *run)
{
	const char *name = html_fact(r, run, "host.name");

	return name ? name : html_fact(r, run, "cpu.model");
}

const char *html_base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

const char *html_run_letter(const struct html *h, char *s, const struct result_run *run)
{
	size_t i = 0;

	while (i < h->r->run_count && h->r->runs[i] != run)
		i++;
	if (i == h->r->run_count)
		strcpy(s, "?");
	else if (i < 26)
		snprintf(s, 8, "%c", (char)('A' + i));
	else
		snprintf(s, 8, "%c%zu", (char)('A' + i % 26), i / 26 % 100000);
	return s;
}

/* ---- Series ---- */

static int same(const struct html_series *s, const struct result_run *run, const char *platform,
		const char *variant)
{
	return s->run == run && !strcmp(s->platform, platform) && !strcmp(s->variant, variant);
}

static void add_series(struct html *h, const struct result_run *run, const char *platform,
		       const char *variant)
{
	for (size_t i = 0; i < h->series_count; i++)
		if (same(&h->series[i], run, platform, variant))
			return;
	h->series[h->series_count++] = (struct html_series){run, platform, variant};
}

int html_series_init(struct html *h)
{
	h->series = calloc(h->r->metric_count + h->r->fault_count + 1, sizeof(*h->series));
	if (!h->series)
		return -1;
	for (size_t i = 0; i < h->r->metric_count; i++)
		add_series(h, h->r->metrics[i].run, h->r->metrics[i].platform,
			   h->r->metrics[i].variant);
	for (size_t i = 0; i < h->r->fault_count; i++)
		add_series(h, h->r->faults[i].run, h->r->faults[i].platform,
			   h->r->faults[i].variant);
	return 0;
}

size_t html_series(const struct html *h, const struct result_run *run, const char *platform,
		   const char *variant)
{
	for (size_t i = 0; i < h->series_count; i++)
		if (same(&h->series[i], run, platform, variant))
			return i;
	return h->series_count;
}

enum ink html_ink(size_t series)
{
	return (enum ink)(INK_SERIES + series % INK_SERIES_COUNT);
}

/* Shapes turn at another pace than colours, so that thirty series differ in one or the other. */
enum shape html_shape(size_t series)
{
	return (enum shape)((series + series / INK_SERIES_COUNT) % SHAPE_COUNT);
}

/* As many as a panel has lines, so that none is told apart by its colour alone. */
const char *html_dash(size_t series)
{
	static const char *const dashes[] = {NULL,  "7 3",	"2 3",	"9 3 2 3",
					     "4 4", "1 5",	"12 4", "6 2 1 2 1 2",
					     "3 6", "10 2 4 2", "1 2",	"14 3 2 3 2 3"};

	return dashes[series % (sizeof(dashes) / sizeof(*dashes))];
}
