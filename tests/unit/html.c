/* SPDX-License-Identifier: Apache-2.0 */
/* The HTML format on a report filled by hand: every text hostile, every number odd. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "report/axis.h"
#include "report/report.h"
#include "report/svg.h"

#define HOSTILE                                                                                    \
	"\"'><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m\xff&\n\xe2\x80\xae"

static struct result_run runs[2];
static struct result_bench benches[3];
static struct result_fault fault;
static struct result_fact facts[2];
static struct result_skip skip;
static struct result_platform platform;
static struct result_noise noise = {.run = 1, .bench = HOSTILE, .floor = 0.08};
static const struct result_noise *noise_list[] = {&noise};
static struct result_trial example;
static struct result_fault_trial fault_trial;
static struct result_progress progress[40];
static struct result_event event;
static struct histogram histogram;
static struct metric metrics[4];
static struct metric_fit fit;
static struct fault_figure fault_figure;
static struct problem problem;
static struct comparison_row comparisons[4];
static struct fact_difference difference;
static double values[7] = {1200, 1300, NAN, -1, 0, INFINITY, 1234.5};
static double warm_up[4] = {1.2, 1, NAN, INFINITY};
static struct survival_time recoveries[3] = {{3e6, false}, {9e6, true}, {NAN, true}};
static struct report_file file;
static const struct result_run *run_list[] = {&runs[0], &runs[1]};
static const struct result_fact *fact_list[] = {&facts[0], &facts[1]};
static const struct result_skip *skip_list[] = {&skip};
static const struct result_platform *platform_list[] = {&platform};

static void fill_benches(void)
{
	for (int i = 0; i < 3; i++)
		benches[i] = (struct result_bench){.run = 1,
						   .name = i ? "plain" : HOSTILE,
						   .group = HOSTILE,
						   .summary = HOSTILE,
						   .parameter_name = i == 2 ? HOSTILE : NULL,
						   .unit = (enum unit)i};
	histogram_clear(&histogram);
	for (uint64_t v = 1; v < 1000; v++)
		histogram_record(&histogram, v * v);
	for (int i = 0; i < 4; i++)
		metrics[i] = (struct metric){
			.run = &runs[i % 2],
			.bench = &benches[i % 3],
			.platform = i ? "kvm" : HOSTILE,
			.platform_name = "kvm",
			.variant = i == 3 ? HOSTILE : "",
			.parameter = i,
			.execution = (enum execution)i,
			.unit = unit_of_figure((enum unit)(i % 3), (enum execution)i),
			.trials = 7,
			.discarded = 1,
			.median = 1234.5,
			.interval = {1200, 1300},
			.mean = 1240,
			.p99 = 2000,
			.exits_per_op = 1,
			.emulated_per_op = NAN,
			.overhead = 60,
			.disturbed_share = 0.25,
			.disturbances = ~0u,
			.median_undisturbed = NAN,
			.loop_disagrees = 1,
			.plain_mean = 1300,
			.values = values,
			.warm_up = warm_up,
			.warm_up_count = 4,
			.histogram = &histogram,
			.tick_ns = 0.5,
			.native_ratio = NAN,
			.native_interval = {NAN, NAN},
			.native_why = HOSTILE};
}

static void fill_faults(void)
{
	fault = (struct result_fault){
		.run = 1, .name = HOSTILE, .summary = HOSTILE, .group = "guest"};
	fault_trial =
		(struct result_fault_trial){.detector = HOSTILE,
					    .outcome = OUTCOME_HANG,
					    .stamp_ns = {1000000, 1000100, 3000000, -1, -1, -1},
					    .uncertainty_ns = {0, 0, 500000, 0, 0, 0},
					    .horizon_ns = 9000000,
					    .downtime_ns = 9000000};
	for (uint32_t i = 0; i < 40; i++)
		progress[i] = (struct result_progress){i % 8, (int64_t)i * 250000, i * 10};
	event = (struct result_event){1, 1, HOSTILE, HOSTILE};
	example = (struct result_trial){.console = "boot\n" HOSTILE,
					.fault_trial = &fault_trial,
					.progress = progress,
					.progress_count = 40,
					.events = &event,
					.event_count = 1};
	fault_figure = (struct fault_figure){.run = &runs[0],
					     .fault = &fault,
					     .platform = HOSTILE,
					     .recovery = HOSTILE,
					     .variant = HOSTILE,
					     .detector = HOSTILE,
					     .trials = 4,
					     .outcomes = {[OUTCOME_HANG] = 3, [OUTCOME_MASKED] = 1},
					     .activated = 4,
					     .recovered = 0,
					     .censored = 3,
					     .recovered_share = {0, 0.7},
					     .recoveries = recoveries,
					     .recovery_count = 3,
					     .ttd = {2e6, 1.5e6, NAN, 3, 3, NULL, NULL},
					     .ttr = {NAN, NAN, NAN, 0, 0, NULL, NULL},
					     .repair = {NAN, NAN, NAN, 0, 0, NULL, NULL},
					     .full = {NAN, NAN, NAN, 0, 0, NULL, NULL},
					     .downtime = {NAN, NAN, NAN, 1, 0, NULL, NULL},
					     .lost_operations = 3,
					     .rate_ratio = NAN,
					     .neighbour_ratio = INFINITY,
					     .fairness = NAN,
					     .worst_wait = NAN,
					     .steal = NAN,
					     .example = &example};
}

static void fill_comparisons(void)
{
	comparisons[0] = (struct comparison_row){.base = &metrics[1],
						 .other = &metrics[1],
						 .base_name = HOSTILE,
						 .other_name = HOSTILE,
						 .test = {1.2, {1.1, INFINITY}, 0.001, 0.0001, NAN},
						 .delta = 0.03,
						 .adjusted_p = 0.01,
						 .verdict = VERDICT_REGRESSED,
						 .why = HOSTILE};
	comparisons[1] = comparisons[0];
	comparisons[1].test = (struct comparison){NAN, {NAN, NAN}, NAN, NAN, NAN};
	comparisons[2] = comparisons[1];
	comparisons[2].base = NULL;
	/* metrics[3] is deterministic */
	comparisons[3] = comparisons[1];
	comparisons[3].base = comparisons[3].other = &metrics[3];
	comparisons[3].test.ratio = 1.02;
	comparisons[3].exact =
		(struct exact_difference){5, 5, 1, true, -1e300, 50, INFINITY, 0.01, 0.02, NAN};
	difference = (struct fact_difference){&runs[0], &runs[1], HOSTILE, HOSTILE, NULL};
}

static struct report fill(void)
{
	for (int i = 0; i < 2; i++)
		runs[i] = (struct result_run){.id = i + 1,
					      .uuid = HOSTILE,
					      .started = HOSTILE,
					      .version = HOSTILE,
					      .command = HOSTILE,
					      .plan_name = HOSTILE,
					      .plan = HOSTILE,
					      .delta = 0.03};
	fill_benches();
	fill_faults();
	fill_comparisons();
	fit = (struct metric_fit){.run = &runs[0],
				  .bench = &benches[2],
				  .platform = "kvm",
				  .variant = "",
				  .execution = EXECUTION_EMULATED,
				  .fit = {NAN, 1.5, {NAN, NAN}, NAN, NAN}};
	facts[0] = (struct result_fact){1, HOSTILE, HOSTILE, HOSTILE};
	facts[1] = (struct result_fact){1, "cpu.model", NULL, HOSTILE};
	skip = (struct result_skip){1, HOSTILE, HOSTILE, NULL, HOSTILE};
	platform = (struct result_platform){1, HOSTILE, HOSTILE, HOSTILE, NULL};
	problem = (struct problem){&runs[0], HOSTILE, HOSTILE, 2, TRIAL_FAILED, HOSTILE};
	file = (struct report_file){"some/where/" HOSTILE, "", NULL};
	return (struct report){.files = &file,
			       .file_count = 1,
			       .runs = run_list,
			       .run_count = 2,
			       .metrics = metrics,
			       .metric_count = 4,
			       .fits = &fit,
			       .fit_count = 1,
			       .faults = &fault_figure,
			       .fault_count = 1,
			       .skips = skip_list,
			       .skip_count = 1,
			       .facts = fact_list,
			       .fact_count = 2,
			       .platforms = platform_list,
			       .platform_count = 1,
			       .noise = noise_list,
			       .noise_count = 1,
			       .problems = &problem,
			       .problem_count = 1,
			       .comparisons = comparisons,
			       .comparison_count = 4,
			       .compared_by = HOSTILE,
			       .differences = &difference,
			       .difference_count = 1};
}

/* The page as a string; the caller frees. */
static char *print(const struct report *r)
{
	const struct format *f = registry_find(REGISTRY(formats), "html");
	char *page = NULL;
	size_t size;
	FILE *out = open_memstream(&page, &size);

	assert_non_null(f);
	assert_non_null(out);
	assert_int_equal(f->print(r, out), 0);
	fclose(out);
	return page;
}

static void test_escapes(void **state)
{
	struct report r = fill();
	char *page = print(&r);

	(void)state;
	assert_null(strstr(page, "<script"));
	assert_null(strstr(page, "<img"));
	assert_null(strstr(page, "\x1b"));
	assert_null(strstr(page, "\xff"));
	assert_null(strstr(page, "\xe2\x80\xae"));
	assert_null(strstr(page, "some/where"));
	assert_non_null(strstr(page, "&lt;script&gt;alert(1)"));
	free(page);
}

static void test_numbers(void **state)
{
	struct report r = fill();
	char *page = print(&r);

	(void)state;
	assert_null(strstr(page, "\"nan"));
	assert_null(strstr(page, "\"-nan"));
	assert_null(strstr(page, "nan%"));
	assert_null(strstr(page, "\"inf"));
	assert_null(strstr(page, ">nan"));
	assert_null(strstr(page, "[nan"));
	assert_non_null(strstr(page, "censored (3"));
	assert_non_null(strstr(page, "NOT DISCLOSED"));
	assert_non_null(strstr(page, "interpreted"));
	assert_non_null(strstr(page, "the run was cut off"));
	/* Both trials that failed, and each once, though they are no figure's. */
	assert_non_null(strstr(page, "2 more discarded"));
	free(page);
}

static void test_ids_are_unique(void **state)
{
	struct report r = fill();
	char *page = print(&r);

	(void)state;
	for (char *p = page; (p = strstr(p, " id=\"")); p++) {
		size_t length = strcspn(p + 5, "\"") + 6;
		char id[64];

		assert_true(length < sizeof(id));
		memcpy(id, p, length);
		id[length] = 0;
		assert_null(strstr(p + 1, id));
	}
	free(page);
}

static void test_no_resource(void **state)
{
	static const char *const forbidden[] = {"url(http", "@import", "<link", "<iframe",
						"javascript:"};
	struct report r = fill();
	char *page;

	(void)state;
	r.comparison_count = 0;
	page = print(&r);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(*forbidden); i++)
		assert_null(strstr(page, forbidden[i]));
	free(page);
}

static void test_empty(void **state)
{
	struct report r = {0};
	char *page = print(&r);

	(void)state;
	assert_non_null(strstr(page, "</html>"));
	free(page);
}

/* Two platforms side by side, by hand: each state of a cell, each text hostile, numbers odd. */
static const struct matrix *fill_matrix(double odd)
{
	static struct matrix_column columns[2];
	static struct matrix_cell bench_cells[2], fault_cells[2], empty_cells[2];
	static struct matrix_row bench_rows[2], fault_row;
	static struct matrix_mean mean;
	static const char *reasons[] = {HOSTILE, HOSTILE "2"};
	static struct matrix matrix;

	for (int i = 0; i < 2; i++)
		columns[i] = (struct matrix_column){.run = &runs[i],
						    .run_order = (size_t)i,
						    .platform = HOSTILE,
						    .platform_name = i ? "kvm" : "native",
						    .variant = i ? HOSTILE : "",
						    .version = i ? HOSTILE : NULL,
						    .host = i ? HOSTILE : NULL,
						    .figures = {[EXECUTION_EMULATED] = 3},
						    .skipped = 2};
	metrics[1].native_ratio = metrics[3].native_ratio = odd;
	metrics[1].native_interval = (struct interval){odd, NAN};
	bench_cells[0] = (struct matrix_cell){CELL_FIGURES, metrics, NULL, 4, 0};
	bench_cells[1] = (struct matrix_cell){CELL_SKIPPED, NULL, NULL, 0, 2};
	empty_cells[0] = (struct matrix_cell){CELL_NO_FIGURE, NULL, NULL, 0, 0};
	empty_cells[1] = (struct matrix_cell){CELL_NOT_ASKED, NULL, NULL, 0, 0};
	fault_cells[0] = (struct matrix_cell){CELL_FIGURES, NULL, &fault_figure, 1, 0};
	fault_cells[1] = (struct matrix_cell){CELL_SKIPPED, NULL, NULL, 0, 2};
	bench_rows[0] = (struct matrix_row){HOSTILE "_x", &benches[2], 7, 1, NULL, bench_cells};
	bench_rows[1] = (struct matrix_row){"plain", &benches[1], 0, 0, NULL, empty_cells};
	fault_row = (struct matrix_row){HOSTILE, NULL, 0, 0, &fault, fault_cells};
	mean = (struct matrix_mean){HOSTILE, EXECUTION_EMULATED, 1, 0, odd, 1, 2};
	matrix = (struct matrix){columns, 2, bench_rows, 2, &fault_row, 1, reasons, 2, &mean, 1};
	return &matrix;
}

static void test_matrix(void **state)
{
	static const double odd[] = {1.5, 0, -1, 1e-300, 1e300, INFINITY, NAN};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		struct report r = fill();
		char *page;

		r.comparison_count = r.difference_count = 0;
		r.compared_by = NULL;
		r.matrix = fill_matrix(odd[i]);
		page = print(&r);
		assert_non_null(strstr(page, "Platforms side by side"));
		assert_null(strstr(page, "<script"));
		assert_null(strstr(page, "<img"));
		assert_null(strstr(page, "\x1b"));
		assert_null(strstr(page, "\"nan"));
		assert_null(strstr(page, "\"inf"));
		assert_null(strstr(page, "nan%"));
		assert_null(strstr(page, "inf%"));
		assert_non_null(strstr(page, "not in its plan"));
		assert_non_null(strstr(page, "href=\"#why2\""));
		assert_non_null(strstr(page, "id=\"why2\""));
		free(page);
	}
}

/* However many trials there are, a curve ends at the share that they end at. */
static void test_recovery_curve(void **state)
{
	static struct survival_time many[3000];
	struct report r = fill();
	double y = 0, dx, dy;
	char *page, *p;
	int used;

	(void)state;
	for (size_t i = 0; i < 3000; i++)
		many[i] = (struct survival_time){1e6 + 1e4 * (double)i, i % 3 == 2};
	fault_figure.recoveries = many;
	fault_figure.recovery_count = 2999; /* the last one recovered: so all would have */
	page = print(&r);
	p = strstr(page, "Share recovered over time");
	assert_non_null(p);
	p = strstr(p, "<path d=\"m");
	while (p && !memmem(p, strcspn(p, ">"), "void", 4)) /* over the grid, to the curve */
		p = strstr(p + 1, "<path d=\"m");
	assert_non_null(p);
	for (p += strlen("<path d=\"m"); sscanf(p, "%lf,%lf%n", &dx, &dy, &used) == 2; p += used)
		y += dy;
	assert_true(fabs(y - 14) < 0.5); /* the top of the plot */
	free(page);
}

static void test_full_disk(void **state)
{
	const struct format *f = registry_find(REGISTRY(formats), "html");
	FILE *out = fopen("/dev/full", "w");
	struct report r = fill();

	(void)state;
	if (!out)
		skip();
	assert_int_equal(f->print(&r, out), -1);
	fclose(out);
}

/* Numbers that only a damaged or hostile file holds must not reach the markup either. */
static void test_extremes(void **state)
{
	static const double odd[] = {0, -1, 1e-300, 1e300, -1e300, INFINITY, -INFINITY, NAN};
	struct report r = fill();

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++) {
		char *page;

		for (int k = 0; k < 4; k++) {
			metrics[k].median = metrics[k].p99 = metrics[k].interval.low = odd[i];
			metrics[k].overhead = odd[i];
			metrics[k].tick_ns = odd[(i + 1) % 8];
		}
		comparisons[0].test.ratio = odd[i];
		comparisons[0].test.ratio_interval = (struct interval){odd[i], odd[7 - i]};
		values[i % 7] = odd[i];
		noise.floor = odd[i];
		warm_up[i % 4] = odd[7 - i];
		recoveries[i % 3] = (struct survival_time){odd[i], i % 2};
		fault_figure.ttd =
			(struct time_figure){odd[i], odd[i], odd[7 - i], 1, 1, NULL, NULL};
		fit.fit.slope = fit.fit.intercept = odd[i];
		fault_trial.stamp_ns[T4_FIRST_SERVICE] = i % 2 ? INT64_MAX : INT64_MIN;
		fault_trial.stamp_ns[T0_INJECTED] = i % 3 ? INT64_MIN : INT64_MAX;
		progress[i].at_ns = INT64_MAX;
		progress[i].operations = UINT64_MAX;
		page = print(&r);
		assert_null(strstr(page, "\"nan"));
		assert_null(strstr(page, "\"-nan"));
		assert_null(strstr(page, "\"inf"));
		assert_null(strstr(page, "nan%"));
		assert_null(strstr(page, "inf%"));
		free(page);
	}
}

static void check_axis(struct axis a, size_t wanted)
{
	double ticks[AXIS_TICKS];
	size_t n = axis_ticks(&a, wanted, ticks);

	assert_true(n >= 2 && n <= AXIS_TICKS);
	for (size_t i = 0; i < n; i++) {
		assert_true(axis_place(&a, ticks[i]) >= -1e-9);
		assert_true(axis_place(&a, ticks[i]) <= 1 + 1e-9);
		assert_true(!i || ticks[i] > ticks[i - 1]);
	}
}

static void test_axis(void **state)
{
	(void)state;
	check_axis(axis_linear(0, 1), 5);
	check_axis(axis_linear(-3e9, 7e9), 5);
	check_axis(axis_linear(5, 5), 4);
	check_axis(axis_linear(1000.0, 1000.5), 6);
	check_axis(axis_logarithmic(1, 10), 5);
	check_axis(axis_logarithmic(900, 1100), 4);
	check_axis(axis_logarithmic(1, 1e9), 5);
	check_axis(axis_logarithmic(3, 3), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escapes),	       cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_ids_are_unique), cmocka_unit_test(test_no_resource),
		cmocka_unit_test(test_empty),	       cmocka_unit_test(test_full_disk),
		cmocka_unit_test(test_extremes),       cmocka_unit_test(test_axis),
		cmocka_unit_test(test_matrix),	       cmocka_unit_test(test_recovery_curve),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
