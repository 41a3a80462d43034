/* SPDX-License-Identifier: Apache-2.0 */
/* From result files to a report: open, hash, index, then every figure. */
#include "report/analysis.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/core/sha256.h"
#include "harness/core/text.h"
#include "report/anonymous.h"
#include "report/label.h"

#define MAX_VARIANTS 256u /* of a run; more than any plan can have */

int analysis_fail(struct analysis *a, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(a->error, a->error_size, format, args);
	va_end(args);
	return -1;
}

int analysis_no_memory(struct analysis *a)
{
	return analysis_fail(a, "no memory for the report");
}

/* ---- Files ---- */

const char *analysis_path(struct analysis *a, const char *path)
{
	size_t length = strlen(path);
	char *clean;

	if (a->anonymous)
		return anonymous_path(a->anonymous, path);
	clean = arena_alloc(&a->arena, TEXT_CLEAN_SIZE(length));
	if (clean)
		text_clean(clean, path, length, false);
	return clean;
}

int analysis_given(struct analysis *a, enum given which, const char *path, const char *sha256)
{
	struct given_file *given = &a->report.given[which];

	given->path = analysis_path(a, path);
	text_print(given->sha256, sizeof(given->sha256), "%s", sha256);
	return given->path ? 0 : analysis_no_memory(a);
}

/* Read while SQLite holds its lock: the hash is of the bytes that the figures come from. */
static int hash_file(struct analysis *a, int fd, const char *path, char sha256[65])
{
	static char buffer[1 << 16];
	struct sha256 sha;
	ssize_t n;

	sha256_begin(&sha);
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		sha256_add(&sha, buffer, (size_t)n);
	if (n < 0)
		return analysis_fail(a, "%s: cannot be read: %s", path, strerror(errno));
	sha256_end(&sha, sha256);
	return 0;
}

/* NULL with the error line. */
static struct result *open_result(struct analysis *a, const char *path)
{
	struct result_filter filter = {0};
	struct result *result = result_open(path);

	if (!result) {
		analysis_fail(a, "%s", result_error(NULL));
		return NULL;
	}
	if (a->anonymous)
		filter = anonymous_filter(a->anonymous);
	result_set_filter(result, &filter);
	return result;
}

static int open_file(struct analysis *a, struct source *s, const char *path)
{
	s->file->path = analysis_path(a, path);
	if (!s->file->path)
		return analysis_no_memory(a);
	s->file->result = open_result(a, path);
	if (!s->file->result)
		return -1;
	s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0)
		return analysis_fail(a, "%s: cannot be read: %s", s->file->path, strerror(errno));
	return hash_file(a, s->fd, s->file->path, s->file->sha256);
}

/* ---- Rows ---- */

static int by_key(const void *x, const void *y)
{
	const struct row_key *a = x, *b = y;

	if (a->run != b->run)
		return a->run < b->run ? -1 : 1;
	return strcmp(a->name, b->name);
}

const void *source_find(const struct row_index *index, int64_t run, const char *name)
{
	const struct row_key wanted = {run, name, NULL};
	const struct row_key *found = NULL;

	if (index->count)
		found = bsearch(&wanted, index->keys, index->count, sizeof(wanted), by_key);
	return found ? found->row : NULL;
}

const struct result_run *source_run(const struct source *s, int64_t id)
{
	size_t low = 0, high = s->run_count; /* rows come ordered by id */

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (s->runs[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->run_count && s->runs[low].id == id ? &s->runs[low] : NULL;
}

size_t analysis_run_order(const struct analysis *a, const struct result_run *run)
{
	for (size_t i = 0; i < a->source_count; i++) {
		const struct source *s = &a->sources[i];
		uintptr_t offset = (uintptr_t)run - (uintptr_t)s->runs;

		if (offset < s->run_count * sizeof(*run))
			return s->first_run + offset / sizeof(*run);
	}
	return SIZE_MAX;
}

#define INDEX(a, index, rows, n)                                                                   \
	do {                                                                                       \
		(index)->keys = arena_array(&(a)->arena, (n), sizeof(struct row_key));             \
		if (!(index)->keys)                                                                \
			return analysis_no_memory(a);                                              \
		for (size_t i_ = 0; i_ < (n); i_++)                                                \
			(index)->keys[i_] =                                                        \
				(struct row_key){(rows)[i_].run, (rows)[i_].name, &(rows)[i_]};    \
		(index)->count = (n);                                                              \
		qsort((index)->keys, (n), sizeof(struct row_key), by_key);                         \
	} while (0)

static int load_rows(struct analysis *a, struct source *s)
{
	struct result *r = s->file->result;
	const struct result_platform *platforms;
	const struct result_bench *benches;
	const struct result_fault *faults;
	size_t platform_count, bench_count, fault_count;

	if (result_runs(r, &s->runs, &s->run_count) ||
	    result_platforms(r, &platforms, &platform_count) ||
	    result_benches(r, &benches, &bench_count) || result_faults(r, &faults, &fault_count) ||
	    result_trials(r, &s->trials, &s->trial_count))
		return analysis_fail(a, "%s", result_error(r));
	if (!s->run_count)
		return analysis_fail(a, "%s: holds no run; it was cut off before it began",
				     s->file->path);
	INDEX(a, &s->platforms, platforms, platform_count);
	INDEX(a, &s->benches, benches, bench_count);
	INDEX(a, &s->faults, faults, fault_count);
	a->trial_count += s->trial_count;
	return 0;
}

/* ---- What the report lists as it is ---- */

/* Every metric's is looked for among them. */
static int check_variants(struct analysis *a, const struct source *s)
{
	const struct result_variant *v;
	size_t count, of_run = 0;

	if (result_variants(s->file->result, &v, &count))
		return analysis_fail(a, "%s", result_error(s->file->result));
	for (size_t i = 0; i < count; i++) {
		of_run = i && v[i].run == v[i - 1].run ? of_run + 1 : 1;
		if (of_run > MAX_VARIANTS)
			return analysis_fail(a,
					     "%s: table variant holds more than %u variants of a "
					     "run, beyond any plan",
					     s->file->path, MAX_VARIANTS);
	}
	return 0;
}

static int list_rows(struct analysis *a, struct source *s)
{
	struct report *p = &a->report;
	struct result *r = s->file->result;
	const struct result_platform *platforms;
	const struct result_fact *facts;
	const struct result_skip *skips;
	const struct result_noise *noise;
	size_t platform_count, fact_count, skip_count, noise_count;

	if (result_platforms(r, &platforms, &platform_count) ||
	    result_facts(r, &facts, &fact_count) || result_skips(r, &skips, &skip_count) ||
	    result_noise(r, &noise, &noise_count))
		return analysis_fail(a, "%s", result_error(r));
	s->first_run = p->run_count;
	APPEND(a, p->runs, p->run_count, s->runs, s->run_count);
	APPEND(a, p->platforms, p->platform_count, platforms, platform_count);
	APPEND(a, p->facts, p->fact_count, facts, fact_count);
	APPEND(a, p->skips, p->skip_count, skips, skip_count);
	APPEND(a, p->noise, p->noise_count, noise, noise_count);
	return 0;
}

static int by_uuid(const void *x, const void *y)
{
	const struct result_run *a = *(const struct result_run *const *)x;
	const struct result_run *b = *(const struct result_run *const *)y;

	return strcmp(a->uuid, b->uuid);
}

/* One run given twice would be compared with itself, and find that nothing changed. */
static int check_runs(struct analysis *a)
{
	size_t n = a->report.run_count;
	const struct result_run **sorted = arena_array(&a->arena, n, sizeof(*sorted));

	if (!sorted)
		return analysis_no_memory(a);
	memcpy(sorted, a->report.runs, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_uuid);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(sorted[i - 1]->uuid, sorted[i]->uuid))
			return analysis_fail(a, "the files hold run %s twice; name each file once",
					     sorted[i]->uuid);
	return 0;
}

static int note_unfinished(struct analysis *a)
{
	for (size_t i = 0; i < a->report.run_count; i++) {
		const struct result_run *run = a->report.runs[i];
		const char *why = NULL;

		if (run->interrupted)
			why = "it was stopped by its user; figures stand on the trials done by "
			      "then";
		else if (!run->finished)
			why = "it has no end: still going on, or cut off; figures stand on the "
			      "trials stored so far";
		if (why && analysis_problem(a, run, "run", "", TRIAL_OK, why))
			return -1;
	}
	return 0;
}

static int analyse(struct analysis *a, const char *const *paths, size_t count)
{
	a->report.files = arena_array(&a->arena, count, sizeof(*a->report.files));
	a->sources = arena_array(&a->arena, count, sizeof(*a->sources));
	if (!a->report.files || !a->sources)
		return analysis_no_memory(a);
	for (size_t i = 0; i < count && a->anonymous; i++)
		if (anonymous_learn(a->anonymous, paths[i]))
			return analysis_fail(a, "%s", result_error(NULL));
	for (size_t i = 0; i < count; i++) {
		struct source *s = &a->sources[i];

		s->file = &a->report.files[i];
		s->fd = -1;
		a->report.file_count = a->source_count = i + 1;
		if (open_file(a, s, paths[i]) || load_rows(a, s) || check_variants(a, s) ||
		    list_rows(a, s))
			return -1;
	}
	if (check_runs(a) || analysis_noise(a) || analysis_sides(a) || note_unfinished(a) ||
	    analysis_metrics(a) || analysis_fits(a) || analysis_faults(a))
		return -1;
	analysis_side_skips(a);
	analysis_native(a);
	return analysis_merge_problems(a) || analysis_criteria(a) || analysis_matrix(a) ? -1 : 0;
}

static struct report *load(const char *const *paths, size_t count, bool anonymous, char *error,
			   size_t size)
{
	struct analysis *a = calloc(1, sizeof(*a));

	if (a && anonymous)
		a->anonymous = anonymous_new();
	if (!a || (anonymous && !a->anonymous)) {
		free(a);
		snprintf(error, size, "no memory for the report");
		return NULL;
	}
	a->error = error;
	a->error_size = size;
	if (analyse(a, paths, count)) {
		report_free(&a->report);
		return NULL;
	}
	a->error = NULL;
	return &a->report;
}

struct report *report_load(const char *const *paths, size_t count, char *error, size_t size)
{
	return load(paths, count, false, error, size);
}

struct report *report_load_anonymous(const char *const *paths, size_t count, char *error,
				     size_t size)
{
	return load(paths, count, true, error, size);
}

/* ---- Noise of another file ---- */

static int hash_noise(struct analysis *a, const char *path)
{
	char sha256[65];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int failed;

	if (fd < 0)
		return analysis_fail(a, "%s: cannot be read: %s", path, strerror(errno));
	failed = hash_file(a, fd, path, sha256);
	close(fd);
	return failed ? -1 : analysis_given(a, GIVEN_NOISE, path, sha256);
}

/* Is any of it of a host that the runs are of? What is of another kind of host says nothing here.
 */
static bool is_of_runs(const struct report *r, const struct result_noise *rows, size_t count)
{
	for (size_t i = 0; i < r->run_count; i++) {
		const char *fingerprint = label_fact(r, r->runs[i], "host.fingerprint");

		for (size_t k = 0; fingerprint && k < count; k++)
			if (!strcmp(rows[k].fingerprint, fingerprint))
				return true;
	}
	return false;
}

int report_add_noise(struct report *r, const char *path, char *error, size_t size)
{
	struct analysis *a = (struct analysis *)r;
	const struct result_noise *rows;
	size_t count;

	a->error = error;
	a->error_size = size;
	if (a->anonymous && anonymous_learn(a->anonymous, path))
		return analysis_fail(a, "%s", result_error(NULL));
	a->noise_file = open_result(a, path);
	if (!a->noise_file || hash_noise(a, path))
		return -1;
	if (result_noise(a->noise_file, &rows, &count))
		return analysis_fail(a, "%s", result_error(a->noise_file));
	if (!count)
		return analysis_fail(a, "%s: holds no noise; virt-qualify aa makes such a file",
				     path);
	if (!is_of_runs(r, rows, count))
		return analysis_fail(
			a,
			"%s: holds no noise of a host of this kind (host.fingerprint "
			"differs, or is not disclosed); run aa on the host of the runs",
			path);
	APPEND(a, r->noise, r->noise_count, rows, count);
	/* The intervals of limits hold it. */
	return analysis_noise(a) || analysis_criteria(a) ? -1 : 0;
}

void report_free(struct report *r)
{
	struct analysis *a = (struct analysis *)r;

	if (!r)
		return;
	for (size_t i = 0; i < a->source_count; i++) {
		result_close(a->sources[i].file->result);
		if (a->sources[i].fd >= 0)
			close(a->sources[i].fd);
	}
	result_close(a->noise_file);
	anonymous_free(a->anonymous);
	free(a->problems);
	arena_free(&a->arena);
	free(a);
}
