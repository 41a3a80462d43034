/* SPDX-License-Identifier: Apache-2.0 */
/* Noise: what several runs of the same differ by, held against the analysis of variance by hand;
 * how it is stored, and read back; runs that are added to a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <unistd.h>

#include "report/noise.h"
#include "tests/unit/sample_files.h"
#include "tests/unit/sample_result.h"
#include "tests/unit/simulate.h"

#define RUNS	4u
#define TRIALS	8u
#define BATCHES 3u

static char *const path = paths[0];

/* ---- A file of runs ---- */

struct written {
	double log[RUNS][TRIALS][BATCHES]; /* as the histogram has it */
};

/* A batch of equal samples, about exp(log_ns) long; its median's log, as a histogram tells it. */
static double add_batch(struct result_batch *b, struct histogram *h, uint32_t number, double log_ns)
{
	sample_batch_clear(b, h, number);
	sample_record(b, (uint64_t)(60 + exp(log_ns) / 0.5), 5);
	return log((double)histogram_quantile(h, 1, 2) - 60);
}

static void add_run(uint32_t run, struct random *r, struct written *w, const char *fingerprint)
{
	static struct histogram h[BATCHES];
	struct result *file = run ? result_append(path) : sample_create(path);
	char uuid[16];
	int64_t id;
	double of_run = log(20000) + 0.03 * normal(r);

	if (!file)
		print_error("%s\n", result_error(NULL));
	assert_non_null(file);
	snprintf(uuid, sizeof(uuid), "run-%u", run);
	id = sample_run(file, uuid, "1");
	sample_platform(file, id, "kvm", "kvm");
	sample_bench(file, id, "b", NANOSECONDS);
	sample_must(file, result_add_fact(file, &(struct result_fact){.run = id,
								      .name = "host.fingerprint",
								      .value = fingerprint}));
	for (uint32_t i = 0; i < TRIALS; i++) {
		struct result_trial t = sample_trial(id, i, "b", "kvm");
		struct result_batch b[BATCHES];
		double of_trial = of_run + 0.02 * normal(r);

		for (uint32_t k = 0; k < BATCHES; k++)
			w->log[run][i][k] = add_batch(&b[k], &h[k], k, of_trial + 0.01 * normal(r));
		t.batches = b;
		t.batch_count = BATCHES;
		sample_must(file, result_add_trial(file, &t));
	}
	sample_must(file, result_end_run(file, id, 0));
	result_close(file);
}

static struct written write_runs(const char *last_fingerprint)
{
	struct written w;
	struct random r;

	remove(path);
	random_seed(&r, 51);
	for (uint32_t run = 0; run < RUNS; run++)
		add_run(run, &r, &w, run == RUNS - 1 ? last_fingerprint : "f1");
	return w;
}

static double variance(const double *x, size_t n)
{
	return pow(stats_deviation(x, n), 2);
}

/* The balanced analysis of variance, as any textbook has it. */
static void check_components(const struct written *w, const struct result_noise *n)
{
	double runs[RUNS], within = 0, trials = 0, of_runs;

	for (size_t i = 0; i < RUNS; i++) {
		double means[TRIALS];

		for (size_t j = 0; j < TRIALS; j++) {
			means[j] = stats_mean(w->log[i][j], BATCHES);
			within += variance(w->log[i][j], BATCHES) / (RUNS * TRIALS);
		}
		runs[i] = stats_mean(means, TRIALS);
		trials += variance(means, TRIALS) / RUNS;
	}
	of_runs = variance(runs, RUNS);
	assert_near(n->within, sqrt(within), 1e-9);
	assert_near(n->between_trials, sqrt(trials - within / BATCHES), 1e-9);
	assert_near(n->between_runs, sqrt(of_runs - trials / TRIALS), 1e-9);
	/* The figures compared are medians over all samples, not means over batches: close to it.
	 */
	assert_near(n->run_deviation, sqrt(of_runs), 0.002);
	assert_near(n->trial_deviation, sqrt(trials), 0.004);
}

static void noise_is_measured_and_stored(void **state)
{
	struct written w = write_runs("f1");
	struct result_noise row;
	struct report *r;
	char error[512];
	size_t count;

	(void)state;
	if (noise_store(path, &count, error, sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(count, 1);
	r = sample_load(1);
	assert_int_equal(r->noise_count, 1);
	row = *r->noise[0];
	assert_int_equal(row.run, RUNS);
	assert_string_equal(row.origin, "run-0");
	assert_string_equal(row.fingerprint, "f1");
	assert_string_equal(row.bench, "b");
	assert_string_equal(row.platform, "kvm");
	assert_int_equal(row.runs, RUNS);
	assert_true(row.trials == TRIALS && row.batches == BATCHES);
	check_components(&w, &row);
	assert_near(row.floor, expm1(3.182446305284 * M_SQRT2 * row.run_deviation), 1e-9);
	assert_near(
		row.detectable,
		stats_paired_detectable(row.trial_deviation, RUNS * (TRIALS - 1.0), TRIALS, 0.05),
		1e-9);
	assert_true(row.detectable_runs > row.detectable);
	assert_near(row.batch_ns, 5 * 60 * 0.5 + 5 * 20000, 20000);
	assert_near(row.trial_ns + BATCHES * row.batch_ns, 18e6, 1);
	assert_near(row.run_ns, 0, 0);
	report_free(r);
}

/* A run on a host of another kind is none of these; two runs are needed. */
static void other_hosts_are_left_out(void **state)
{
	struct result_noise *rows;
	struct report *r;
	char error[512];
	size_t count;

	(void)state;
	write_runs("f2");
	r = sample_load(1);
	assert_int_equal(noise_measure(r, &rows, &count, error, sizeof(error)), 0);
	assert_int_equal(count, 0); /* the last is alone with its kind */
	report_free(r);
}

/* A run of a rate of 1000 operations in 20 us; `hidden`: in one trial a batch's stamps outlast it.
 */
static void add_rate_run(uint32_t run, bool hidden)
{
	static struct histogram h[BATCHES];
	struct result *file = run ? result_append(path) : sample_create(path);
	int64_t id;

	assert_non_null(file);
	id = sample_run(file, run ? "second" : "first", "1");
	sample_platform(file, id, "kvm", "kvm");
	sample_bench(file, id, "b", OPERATIONS_PER_SECOND);
	for (uint32_t i = 0; i < TRIALS; i++) {
		struct result_trial t = sample_trial(id, i, "b", "kvm");
		struct result_batch b[BATCHES];

		for (uint32_t k = 0; k < BATCHES; k++)
			add_batch(&b[k], &h[k], k, log(hidden && !i && !k ? 1 : 20000));
		t.work = 1000;
		t.overhead_ticks = 70;
		t.batches = b;
		t.batch_count = BATCHES;
		sample_must(file, result_add_trial(file, &t));
	}
	sample_must(file, result_end_run(file, id, 0));
	result_close(file);
}

/* All trials are alike, whether they stand there by their batches or by their own figure. */
static void a_rate_is_one_unit(void **state)
{
	struct result_noise *rows;
	struct report *r;
	char error[512];
	size_t count;

	(void)state;
	add_rate_run(0, false);
	add_rate_run(1, true);
	r = sample_load(1);
	assert_int_equal(noise_measure(r, &rows, &count, error, sizeof(error)), 0);
	assert_int_equal(count, 1);
	assert_true(rows[0].between_trials < 0.01);
	report_free(r);
}

/* ---- Where time is best spent ---- */

static void time_is_spent_where_it_helps(void **state)
{
	struct result_noise n = sample_aa(1, "f", "b", "kvm", 0.05);

	(void)state;
	n.between_runs = 0.05;
	assert_string_equal(noise_best_spent(&n), "runs");
	n.between_runs = 0;
	assert_string_equal(noise_best_spent(&n), "trials");
	n.within = 0.2;
	n.between_trials = 0.001;
	assert_string_equal(noise_best_spent(&n), "batches");
	n.between_runs = n.between_trials = n.within = 0;
	assert_null(noise_best_spent(&n));
	n = sample_aa(1, "f", "b", "kvm", 0.05);
	n.trial_ns = NAN;
	assert_null(noise_best_spent(&n));
}

/* ---- Rows ---- */

static void tamper(const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_exec(db, sql, NULL, NULL, &error);
	if (error)
		print_error("%s: %s\n", sql, error);
	assert_null(error);
	sqlite3_close(db);
}

static void write_row(const struct result_noise *n)
{
	struct result *r;
	struct result_noise row = *n;

	remove(path);
	r = sample_create(path);
	row.run = sample_run(r, "u", "1");
	sample_must(r, result_add_noise(r, &row));
	result_close(r);
}

static void bad_rows(void **state)
{
	static const struct {
		const char *sql, *error;
	} cases[] = {
		{"UPDATE noise SET runs = 1", "fewer than two runs"},
		{"UPDATE noise SET trials = 0", "trials or batches"},
		{"UPDATE noise SET batches = 1e9", "trials or batches"},
		{"UPDATE noise SET run_deviation = -1", "a standard deviation"},
		{"UPDATE noise SET within = 1e9", "a standard deviation"},
		{"UPDATE noise SET run_deviation = 'x'", "run_deviation"},
		{"UPDATE noise SET trial_ns = -1", "a time"},
		{"UPDATE noise SET floor = -0.5", "floor"},
		{"UPDATE noise SET execution = 'x'", "execution"},
		{"UPDATE noise SET bench = ''", "bench"},
		{"UPDATE noise SET origin = x'00'", "origin"},
	};
	struct result_noise good = sample_aa(0, "f", "b", "kvm", 0.05);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct result_noise *rows;
		struct result *r;
		size_t n;

		write_row(&good);
		tamper(cases[i].sql);
		r = result_open(path);
		assert_non_null(r);
		assert_int_equal(result_noise(r, &rows, &n), -1);
		if (!strstr(result_error(r), cases[i].error))
			print_error("%s: %s\n", cases[i].sql, result_error(r));
		assert_non_null(strstr(result_error(r), cases[i].error));
		result_close(r);
	}
}

static void senseless_rows_are_refused(void **state)
{
	struct result_noise n = sample_aa(0, "f", "b", "kvm", 0.05);
	struct result *r;

	(void)state;
	remove(path);
	r = sample_create(path);
	n.run = sample_run(r, "u", "1");
	n.runs = 1;
	assert_int_equal(result_add_noise(r, &n), -1);
	assert_non_null(strstr(result_error(r), "fewer than two runs"));
	n.runs = 5;
	n.run_deviation = NAN;
	assert_int_equal(result_add_noise(r, &n), -1);
	n.run_deviation = 0.1;
	n.within = n.between_runs = n.detectable = NAN; /* these may be unknown */
	assert_int_equal(result_add_noise(r, &n), 0);
	result_close(r);
}

/* ---- Adding to a file ---- */

static void only_our_files_are_added_to(void **state)
{
	struct result_noise n = sample_aa(0, "f", "b", "kvm", 0.05);
	FILE *f;

	(void)state;
	remove(path);
	assert_null(result_append(path));
	assert_non_null(strstr(result_error(NULL), "cannot be read"));
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("no database\n", f);
	fclose(f);
	assert_null(result_append(path));
	assert_non_null(strstr(result_error(NULL), "not a virt-qualify result file"));
	write_row(&n);
	tamper("DROP TABLE noise; DROP TABLE criterion; DROP TABLE variant; PRAGMA user_version = "
	       "2; VACUUM");
	assert_null(result_append(path));
	assert_non_null(strstr(result_error(NULL), "schema version 2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(noise_is_measured_and_stored),
		cmocka_unit_test(other_hosts_are_left_out),
		cmocka_unit_test(a_rate_is_one_unit),
		cmocka_unit_test(time_is_spent_where_it_helps),
		cmocka_unit_test(bad_rows),
		cmocka_unit_test(senseless_rows_are_refused),
		cmocka_unit_test(only_our_files_are_added_to),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
