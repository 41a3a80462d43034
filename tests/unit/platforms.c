/* SPDX-License-Identifier: Apache-2.0 */
/* Platforms side by side: nothing is left out, nothing unlike is set against another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <time.h>
#include <unistd.h>

#include "report/report.h"
#include "tests/unit/sample_files.h"
#include "tests/unit/sample_platforms.h"

static struct report *load_three(uint32_t trials, int hostile)
{
	const char *const list[] = {paths[0], paths[1], paths[2]};

	sample_write_three(list, trials, hostile);
	return sample_load(3);
}

static size_t column(const struct matrix *m, const char *uuid, const char *name)
{
	for (size_t c = 0; c < m->column_count; c++)
		if (!strcmp(m->columns[c].run->uuid, uuid) &&
		    !strcmp(m->columns[c].platform_name, name))
			return c;
	fail_msg("no column %s of %s", name, uuid);
	return 0;
}

static const struct matrix_row *row(const struct matrix_row *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	fail_msg("no row %s", name);
	return NULL;
}

static void test_columns(void **state)
{
	struct report *r = load_three(8, 0);
	const struct matrix *m = r->matrix;
	size_t figures = 0;

	(void)state;
	assert_non_null(m);
	assert_int_equal(m->column_count, 10);
	assert_string_equal(m->columns[0].platform_name, "native");
	for (size_t c = 0; c < 10; c++) {
		if (c) /* like beside like */
			assert_true(m->columns[c].execution >= m->columns[c - 1].execution);
		for (int e = 0; e < EXECUTIONS; e++)
			figures += m->columns[c].figures[e];
	}
	assert_int_equal(figures, r->metric_count + r->fault_count);
	assert_string_equal(m->columns[column(m, "p-xen", "xen")].host, "xen lab");
	assert_int_equal(m->columns[column(m, "p-amd", "kvm")].execution, EXECUTION_DETERMINISTIC);
	/* On ring 3 alone in hardware: most figures, not all. */
	assert_int_equal(m->columns[column(m, "p-host", "kvm")].execution, EXECUTION_HARDWARE);
	assert_int_equal(m->columns[column(m, "p-host", "kvm")].figures[EXECUTION_INTERPRETED], 7);
	assert_int_equal(m->columns[column(m, "p-host", "lxc")].skipped, 13);
	assert_int_equal(m->bench_count, SAMPLE_BENCH_ROWS);
	assert_int_equal(m->fault_count, 2);
	report_free(r);
}

/* Each figure in one cell, its own; each empty cell with the very reason of the file. */
static void test_cells(void **state)
{
	struct report *r = load_three(6, 0);
	const struct matrix *m = r->matrix;
	size_t metrics = 0, faults = 0, skipped = 0, skips = 0;

	(void)state;
	for (size_t i = 0; i < m->bench_count; i++)
		for (size_t c = 0; c < m->column_count; c++) {
			const struct matrix_cell *cell = &m->benches[i].cells[c];

			for (size_t k = 0; k < cell->count; k++, metrics++) {
				assert_ptr_equal(cell->metrics[k].run, m->columns[c].run);
				assert_string_equal(cell->metrics[k].platform_name,
						    m->columns[c].platform_name);
				assert_string_equal(cell->metrics[k].bench->name,
						    m->benches[i].name);
			}
			skipped += cell->state == CELL_SKIPPED;
			assert_int_equal(!cell->count, cell->state != CELL_FIGURES);
			assert_true(cell->state == CELL_FIGURES || cell->reason);
		}
	for (size_t i = 0; i < m->fault_count; i++)
		for (size_t c = 0; c < m->column_count; c++) {
			faults += m->faults[i].cells[c].count;
			skipped += m->faults[i].cells[c].state == CELL_SKIPPED;
		}
	assert_int_equal(metrics, r->metric_count);
	assert_int_equal(faults, r->fault_count);
	for (size_t i = 0; i < r->skip_count; i++) {
		const struct result_skip *s = r->skips[i];
		const struct matrix_cell *cell;
		bool bench = !strcmp(s->kind, "bench");

		if (!s->platform)
			continue;
		skips++;
		cell = bench ? row(m->benches, m->bench_count, s->what)->cells
			     : row(m->faults, m->fault_count, s->what)->cells;
		cell += column(m, "p-host", s->platform);
		assert_int_equal(cell->state, CELL_SKIPPED);
		assert_string_equal(m->reasons[cell->reason - 1], s->why);
	}
	assert_int_equal(skips, skipped);
	report_free(r);
}

static const struct metric *native_of(const struct report *r, const struct metric *m)
{
	for (size_t i = 0; i < r->metric_count; i++)
		if (r->metrics[i].run == m->run && r->metrics[i].bench == m->bench &&
		    r->metrics[i].parameter == m->parameter &&
		    !strcmp(r->metrics[i].platform_name, "native"))
			return &r->metrics[i];
	return NULL;
}

static void test_ratios(void **state)
{
	struct report *r = load_three(12, 0);
	size_t claimed = 0;

	(void)state;
	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i], *native = native_of(r, m);

		assert_int_equal(isnan(m->native_ratio), m->native_why != NULL);
		if (isnan(m->native_ratio))
			continue;
		claimed++;
		assert_non_null(native);
		assert_int_equal(m->execution, native->execution);
		assert_false(m->bench->traps); /* native is nested here */
		assert_true(m->native_interval.low <= m->native_ratio);
		assert_true(m->native_interval.high >= m->native_ratio);
		/* Above 1 is slower, for rates as for times: 1 to 2 % and noise. */
		assert_true(m->native_ratio > 0.95 && m->native_ratio < 1.1);
	}
	/* Five platforms in hardware, 14 benches that do not trap; two without a snapshot. */
	assert_int_equal(claimed, 5 * 14 - 2);
	report_free(r);
}

/* A rate's ratio is native over guest, and its interval turns round with it. */
static void test_rate_interval(void **state)
{
	struct report *r = load_three(12, 0);

	(void)state;
	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i], *native = native_of(r, m);
		double expected;

		if (isnan(m->native_ratio) || strcmp(m->bench->name, "cpu_integer"))
			continue;
		expected = native->median / m->median;
		assert_true(fabs(m->native_ratio / expected - 1) < 0.03); /* pairs, not medians */
		assert_true(m->native_interval.low < expected * 1.03);
		assert_true(m->native_interval.high > expected * 0.97);
	}
	report_free(r);
}

static const struct matrix_mean *mean(const struct matrix *m, const char *group, enum execution e,
				      size_t c)
{
	for (size_t i = 0; i < m->mean_count; i++)
		if (!strcmp(m->means[i].group, group) && m->means[i].execution == e &&
		    m->means[i].column == c)
			return &m->means[i];
	return NULL;
}

static double median_of(const struct matrix *m, const char *bench, size_t c)
{
	return row(m->benches, m->bench_count, bench)->cells[c].metrics->median;
}

static void test_means(void **state)
{
	static const char *const rates[] = {"cpu_integer", "cpu_vector", "mem_bandwidth"};
	static const char *const times[] = {"mem_latency_4k", "mem_latency_2m"};
	struct report *r = load_three(8, 0);
	const struct matrix *m = r->matrix;
	size_t native = column(m, "p-host", "native"), kvm = column(m, "p-host", "kvm");
	const struct matrix_mean *x;
	double sum = 0;

	(void)state;
	for (size_t i = 0; i < m->mean_count; i++) {
		const struct matrix_column *a = &m->columns[m->means[i].column];
		const struct matrix_column *b = &m->columns[m->means[i].reference];

		assert_true(a != b);
		assert_true(a->figures[m->means[i].execution] && b->figures[m->means[i].execution]);
		if (m->means[i].execution != EXECUTION_DETERMINISTIC)
			assert_ptr_equal(a->run, b->run);
		assert_int_equal(isnan(m->means[i].ratio),
				 m->means[i].benches < m->means[i].of &&
					 2 * m->means[i].benches <= m->means[i].of);
	}
	for (size_t i = 0; i < 3; i++)
		sum += log(median_of(m, rates[i], native) / median_of(m, rates[i], kvm));
	for (size_t i = 0; i < 2; i++)
		sum += log(median_of(m, times[i], kvm) / median_of(m, times[i], native));
	x = mean(m, "throughput", EXECUTION_HARDWARE, kvm);
	assert_non_null(x);
	assert_int_equal(x->reference, native);
	assert_int_equal(x->benches, 5);
	assert_int_equal(x->of, 5);
	assert_true(fabs(x->ratio - exp(sum / 5)) < 1e-12);

	/* Exits trap on this host natively, too: native is no reference for them, and the one
	 * bench of the group that does not trap does not stand for the rest. */
	x = mean(m, "exits", EXECUTION_HARDWARE, native);
	assert_non_null(x);
	assert_int_equal(x->reference, kvm);
	assert_int_equal(x->benches, 1);
	assert_true(isnan(x->ratio));
	/* Nobody else ran emulated: there is nothing to set it against. */
	assert_null(mean(m, "exits", EXECUTION_EMULATED, column(m, "p-xen", "xen")));
	report_free(r);
}

/*
 * Where exits trap natively, too, and only containers stand beside native, RDTSC is all that may be
 * compared: it is one of three, and no mean of exits.
 */
static void test_nothing_else_to_compare(void **state)
{
	const struct sample_platform_row two[] = {sample_host_platforms[0],
						  sample_host_platforms[2]};
	const struct sample_file host = {paths[0],	     "p-host", "h", "6.1", two, 2,
					 EXECUTION_HARDWARE, 6,	       1,   0,	   0};
	const struct matrix_mean *x;
	struct report *r;

	(void)state;
	sample_write_platforms(&host);
	r = sample_load(1);
	assert_non_null(r->matrix);
	x = mean(r->matrix, "exits", EXECUTION_HARDWARE, column(r->matrix, "p-host", "lxc"));
	assert_non_null(x);
	assert_int_equal(x->benches, 1);
	assert_int_equal(x->of, 3);
	assert_true(isnan(x->ratio));
	report_free(r);
}

/* Instructions are the same on any host: two labs have a common reference. */
static void test_labs(void **state)
{
	const struct sample_file labs[] = {
		{paths[0], "p-amd", "amd-v", "6.1.0-18", sample_amd_platforms, 1,
		 EXECUTION_DETERMINISTIC, 6, 1, 0, 0},
		{paths[1], "p-vtx", "vt-x", "6.1.0-18", sample_amd_platforms, 1,
		 EXECUTION_DETERMINISTIC, 6, 1, 50, 0},
	};
	const struct matrix_mean *x;
	struct report *r;

	(void)state;
	sample_write_platforms(&labs[0]);
	sample_write_platforms(&labs[1]);
	r = sample_load(2);
	assert_non_null(r->matrix);
	x = mean(r->matrix, "exits", EXECUTION_DETERMINISTIC, column(r->matrix, "p-vtx", "kvm"));
	assert_non_null(x);
	assert_true(x->ratio > 1 && x->ratio < 1.02);
	report_free(r);
}

static void test_one_platform(void **state)
{
	const struct sample_file lab = {
		paths[0], "p-amd", "h", "6.1", sample_amd_platforms, 1, EXECUTION_DETERMINISTIC,
		6,	  1,	   0,	0};
	struct report *r;

	(void)state;
	sample_write_platforms(&lab);
	r = sample_load(1);
	assert_null(r->matrix);
	assert_null(r->matrix_why);
	report_free(r);
}

/* What nobody could read is not drawn, and that is said. */
static void test_too_many(void **state)
{
	struct result *out = sample_create(paths[0]);
	int64_t run = sample_run(out, "u", "1");
	struct report *r;

	(void)state;
	sample_must(out, result_begin(out));
	for (int i = 0; i < 300; i++) {
		char name[32];

		snprintf(name, sizeof(name), "p%d", i);
		sample_platform(out, run, name, name);
	}
	sample_bench(out, run, "b", NANOSECONDS);
	sample_must(out, result_commit(out));
	sample_must(out, result_end_run(out, run, 0));
	result_close(out);
	r = sample_load(1);
	assert_null(r->matrix);
	assert_non_null(r->matrix_why);
	report_free(r);
}

/* ---- Formats ---- */

static char *print(const char *format, const struct report *r)
{
	static char *text; /* static: GCC 12 takes it for a dangling pointer otherwise */
	static size_t size;
	const struct format *f = registry_find(REGISTRY(formats), format);
	FILE *out = open_memstream(&text, &size);

	assert_non_null(f);
	assert_non_null(out);
	assert_int_equal(f->print(r, out), 0);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_formats(void **state)
{
	static const char *const formats[] = {"text", "md", "html"};
	struct report *r = load_three(6, 0);

	(void)state;
	for (size_t f = 0; f < 3; f++) {
		char *text = print(formats[f], r);

		assert_non_null(strstr(text, "Platforms side by side"));
		for (size_t i = 0; i < r->matrix->reason_count; i++)
			if (!strstr(text, r->matrix->reasons[i]))
				fail_msg("%s does not say: %s", formats[f], r->matrix->reasons[i]);
		assert_non_null(strstr(text, "amd-v lab"));
		assert_non_null(strstr(text, "3066"));
		assert_non_null(strstr(text, "too few"));
		assert_non_null(strstr(text, "never ranked against"));
		free(text);
	}
	report_free(r);
}

/* In a comparison, the verdicts are what the page is about. */
static void test_not_in_comparisons(void **state)
{
	struct report *r = load_three(6, 0);
	char error[512], *text;

	(void)state;
	assert_int_equal(report_compare(r, BY_PLATFORM, error, sizeof(error)), 0);
	text = print("html", r);
	assert_null(strstr(text, "Platforms side by side"));
	free(text);
	report_free(r);
}

static void test_hostile(void **state)
{
	static const char *const formats[] = {"text", "md", "html", "csv", "json", "tap", "brief"};
	struct report *r = load_three(6, 1);

	(void)state;
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		char *text = print(formats[f], r);

		assert_null(strchr(text, '\x1b'));
		if (!strcmp(formats[f], "html") || !strcmp(formats[f], "md")) {
			assert_null(strstr(text, "<script"));
			assert_non_null(strstr(text, "&lt;script&gt;"));
		}
		free(text);
	}
	report_free(r);
}

/* Ten platforms, 28 benches, 20 trials: under two seconds of processor time (ten where a sanitizer
 * watches every access), loaded and printed. */
static void test_fast(void **state)
{
#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
	const double limit = 10;
#else
	const double limit = 2;
#endif
	const char *const list[] = {paths[0], paths[1], paths[2]};
	struct report *r;
	clock_t start;
	char *page;

	(void)state;
	sample_write_three(list, 20, 0);
	start = clock();
	r = sample_load(3);
	page = print("html", r);
	assert_true((double)(clock() - start) / CLOCKS_PER_SEC < limit);
	assert_true(strlen(page) < 2000000);
	free(page);
	report_free(r);
}

/* What ran otherwise than in hardware is counted over faults, too. */
static void test_not_in_hardware(void **state)
{
	struct report *r = load_three(8, 0);
	char *page = print("html", r), of[64];

	(void)state;
	snprintf(of, sizeof(of), " of %zu; hatched in plots", r->metric_count + r->fault_count);
	assert_non_null(strstr(page, of));
	free(page);
	report_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_ratios),
		cmocka_unit_test(test_rate_interval),
		cmocka_unit_test(test_means),
		cmocka_unit_test(test_labs),
		cmocka_unit_test(test_one_platform),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_not_in_comparisons),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_fast),
		cmocka_unit_test(test_nothing_else_to_compare),
		cmocka_unit_test(test_not_in_hardware),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
