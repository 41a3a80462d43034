/* SPDX-License-Identifier: Apache-2.0 */
/* What a result file holds beside batches: counters, places, raw samples, what a plan decides by;
 * and files of earlier versions, which lack it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <sqlite3.h>
#include <unistd.h>

#include "harness/core/result_private.h"
#include "tests/unit/sample_files.h"
#include "tests/unit/sample_result.h"

static char *const path = paths[0];

static const uint64_t ticks[] = {100, 7, 511, 100, 1ull << 39, 0};
#define TICKS (sizeof(ticks) / sizeof(ticks[0]))

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

/* A trial of one batch that holds `ticks`, with everything that can be measured beside it. */
struct measured {
	struct histogram histogram;
	struct result_batch batch;
	struct result_raw raw;
	struct result_count counts[3];
	struct result_place place;
	struct result_trial trial;
};

static void make(struct measured *m, int64_t run, uint32_t ordinal)
{
	sample_batch_clear(&m->batch, &m->histogram, 0);
	for (size_t i = 0; i < TICKS; i++)
		sample_record(&m->batch, ticks[i], 1);
	m->raw = (struct result_raw){.batch = 0, .count = TICKS, .ticks = ticks};
	m->counts[0] = (struct result_count){.batch = 0, .counter = 1, .value = 1234567};
	m->counts[1] = (struct result_count){.batch = RESULT_WHOLE_TRIAL, .counter = 2, .value = 9};
	m->counts[2] = (struct result_count){.batch = 0, .counter = 2, .value = INT64_MAX};
	m->place = (struct result_place){.placement = "any", .cpus = "0 1, -", .observer = "1"};
	m->trial = sample_trial(run, ordinal, "exit", "kvm");
	m->trial.batches = &m->batch;
	m->trial.batch_count = 1;
	m->trial.counts = m->counts;
	m->trial.count_count = 3;
	m->trial.place = &m->place;
	m->trial.raw = &m->raw;
	m->trial.raw_count = 1;
}

static struct result *begin(int64_t *run)
{
	struct result *r = sample_create(path);
	struct result_counter counters[] = {
		{.source = "perf", .name = "task_clock", .scope = "thread", .unit = "ns"},
		{.source = "kvm", .name = "exits", .scope = "guest", .unit = "count"},
		{.source = "perf",
		 .name = "cycles",
		 .scope = "guest",
		 .unit = "count",
		 .why_not = "ENOENT: no such event on this machine"},
	};

	*run = sample_run(r, "u-1", "1.0");
	sample_platform(r, *run, "kvm", "kvm");
	sample_bench(r, *run, "exit", NANOSECONDS);
	for (size_t i = 0; i < 3; i++) {
		counters[i].run = *run;
		sample_must(r, result_add_counter(r, &counters[i]));
		assert_int_equal(counters[i].id, i + 1);
	}
	return r;
}

static void write_sample(void)
{
	static struct measured m;
	int64_t run;
	struct result *r = begin(&run);

	make(&m, run, 0);
	sample_must(r, result_add_trial(r, &m.trial));
	sample_flat(r, sample_trial(run, 1, "exit", "kvm"), 100, 10);
	result_close(r);
}

static void check_first(struct result *r, int64_t trial)
{
	const struct result_count *counts;
	const struct result_place *place;
	const struct result_raw *raw;
	size_t n;

	assert_int_equal(result_counts(r, trial, &counts, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(counts[0].batch, RESULT_WHOLE_TRIAL);
	assert_int_equal(counts[0].value, 9);
	assert_int_equal(counts[1].counter, 1);
	assert_int_equal(counts[1].value, 1234567);
	assert_true(counts[2].value == INT64_MAX);
	assert_int_equal(result_place(r, trial, &place), 0);
	assert_string_equal(place->cpus, "0 1, -");
	assert_int_equal(result_raw(r, trial, &raw, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(raw[0].count, TICKS);
	assert_memory_equal(raw[0].ticks, ticks, sizeof(ticks));
}

static void round_trip(void **state)
{
	const struct result_counter *counters;
	const struct result_trial *trials;
	const struct result_count *counts;
	const struct result_place *place;
	const struct result_raw *raw;
	struct result *r;
	size_t n;

	(void)state;
	write_sample();
	r = result_open(path);
	assert_non_null(r);
	assert_int_equal(result_counters(r, &counters, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(counters[0].name, "task_clock");
	assert_null(counters[0].why_not);
	assert_non_null(strstr(counters[2].why_not, "ENOENT"));
	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_int_equal(n, 2);
	check_first(r, trials[0].id);
	assert_int_equal(result_counts(r, trials[1].id, &counts, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(result_place(r, trials[1].id, &place), 0);
	assert_null(place);
	assert_int_equal(result_raw(r, trials[1].id, &raw, &n), 0);
	assert_int_equal(n, 0);
	result_close(r);
}

/* Raw samples that are not what the histogram holds would be a second truth. */
static void raw_samples_agree_with_the_histogram(void **state)
{
	static struct measured m;
	uint64_t others[TICKS];
	int64_t run;
	struct result *r = begin(&run);

	(void)state;
	memcpy(others, ticks, sizeof(ticks));
	make(&m, run, 0);
	m.raw.ticks = others;
	assert_null(result_trial_refusal(&m.trial));
	others[0] = 101; /* another bucket */
	assert_non_null(strstr(result_trial_refusal(&m.trial), "raw samples are not"));
	others[0] = 100;
	others[4] += 1; /* the same bucket, another sum */
	assert_non_null(strstr(result_trial_refusal(&m.trial), "raw samples are not"));
	others[4] -= 1;
	m.raw.count--;
	assert_non_null(strstr(result_trial_refusal(&m.trial), "raw samples are not"));
	m.raw.count++;
	m.raw.batch = 1;
	assert_non_null(strstr(result_trial_refusal(&m.trial), "no batch"));
	m.raw.batch = 0;
	m.counts[0].batch = -2;
	assert_non_null(strstr(result_trial_refusal(&m.trial), "batch is out of range"));
	m.counts[0].batch = 0;
	m.counts[0].value = UINT64_MAX;
	assert_non_null(strstr(result_trial_refusal(&m.trial), "value is out of range"));
	result_close(r);
}

/* A file as version 1 wrote it reads as before. */
static void version_1_stays_readable(void **state)
{
	const struct result_counter *counters;
	const struct result_trial *trials;
	const struct result_batch *batches;
	const struct result_count *counts;
	const struct result_place *place;
	const struct result_raw *raw;
	struct result *r;
	size_t n;

	(void)state;
	write_sample();
	tamper("DROP TABLE count; DROP TABLE counter; DROP TABLE place; DROP TABLE raw; "
	       "DROP TABLE criterion; DROP TABLE noise; DROP TABLE variant; PRAGMA user_version = "
	       "1; VACUUM");
	r = result_open(path);
	if (!r)
		print_error("%s\n", result_error(NULL));
	assert_non_null(r);
	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(result_batches(r, trials[0].id, &batches, &n), 0);
	assert_int_equal(batches[0].count, TICKS);
	assert_int_equal(result_counters(r, &counters, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(result_counts(r, trials[0].id, &counts, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(result_place(r, trials[0].id, &place), 0);
	assert_null(place);
	assert_int_equal(result_raw(r, trials[0].id, &raw, &n), 0);
	assert_int_equal(n, 0);
	result_close(r);
}

/* What came with version 3 is all that is taken away: the rest reads as before. */
static void version_2_stays_readable(void **state)
{
	const struct result_criterion *criteria;
	const struct result_counter *counters;
	const struct result_raw *raw;
	struct result *r;
	size_t n;

	(void)state;
	write_sample();
	tamper("DROP TABLE criterion; DROP TABLE noise; DROP TABLE variant; PRAGMA user_version = "
	       "2; VACUUM");
	r = result_open(path);
	if (!r)
		print_error("%s\n", result_error(NULL));
	assert_non_null(r);
	assert_int_equal(result_criteria(r, &criteria, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(result_counters(r, &counters, &n), 0);
	assert_true(n > 0);
	assert_int_equal(result_raw(r, 1, &raw, &n), 0);
	assert_true(n > 0);
	result_close(r);
}

static const struct result_criterion limit = {.kind = CRITERION_LIMIT,
					      .what = "exit_*",
					      .platform = "kvm",
					      .execution = EXECUTION_HARDWARE,
					      .figure = LIMIT_P99,
					      .quantile = NAN,
					      .low = NAN,
					      .high = 2000,
					      .unit = NANOSECONDS,
					      .weight = NAN};

/* A file of a run, and one row of each kind of criterion but for `c`, where it is not NULL. */
static struct result *write_criteria(const struct result_criterion *c)
{
	struct result_criterion rows[] = {
		{.kind = CRITERION_GATE, .what = "exit_cpuid", .execution = -1, .weight = NAN},
		limit,
		{.kind = CRITERION_LIMIT,
		 .entry = 1,
		 .what = "hang+restart",
		 .execution = -1,
		 .figure = LIMIT_TIME_TO_RECOVER,
		 .quantile = 0.9,
		 .low = NAN,
		 .high = 2e9,
		 .unit = NANOSECONDS},
		{.kind = CRITERION_REQUIRE, .what = "hang", .execution = -1, .trials = 6},
		{.kind = CRITERION_WEIGHT, .what = "exits", .execution = -1, .weight = 2.5},
		{.kind = CRITERION_REFERENCE, .what = "native", .execution = -1},
	};
	struct result *r = sample_create(path);
	int64_t run = sample_run(r, "criteria", "1");

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) && !c; i++) {
		rows[i].run = run;
		sample_must(r, result_add_criterion(r, &rows[i]));
	}
	if (c) {
		rows[0] = *c;
		rows[0].run = run;
		assert_int_equal(result_add_criterion(r, &rows[0]), -1);
	}
	return r;
}

static void criteria_round_trip(void **state)
{
	const struct result_criterion *c;
	struct result *r;
	size_t n;

	(void)state;
	result_close(write_criteria(NULL));
	r = result_open(path);
	assert_non_null(r);
	assert_int_equal(result_criteria(r, &c, &n), 0);
	assert_int_equal(n, 6);
	assert_true(c[0].kind == CRITERION_GATE && !c[0].platform && c[0].execution == -1);
	assert_true(isnan(c[0].high) && isnan(c[0].weight) && c[0].unit == -1);
	assert_true(c[1].figure == LIMIT_P99 && c[1].high == 2000 && isnan(c[1].low));
	assert_string_equal(c[1].platform, "kvm");
	assert_true(c[1].execution == EXECUTION_HARDWARE && c[1].unit == NANOSECONDS);
	assert_true(c[2].quantile == 0.9 && c[2].entry == 1);
	assert_int_equal(c[3].trials, 6);
	assert_true(c[4].weight == 2.5);
	assert_string_equal(c[5].what, "native");
	result_close(r);
}

static void senseless_criteria_are_refused(void **state)
{
	struct result_criterion c[10];

	(void)state;
	for (size_t i = 0; i < 10; i++)
		c[i] = limit;
	c[0].high = NAN;
	c[1].high = -1;
	c[2].low = 3000; /* above high */
	c[3].unit = -1;
	c[4].quantile = 0.5; /* over trials it is always the median */
	c[5].figure = LIMIT_DOWNTIME;
	c[6].figure = LIMIT_RECOVERED;
	c[7].what = "";
	c[8] = (struct result_criterion){.kind = CRITERION_WEIGHT, .what = "x", .weight = 0};
	c[9] = (struct result_criterion){.kind = CRITERION_REQUIRE, .what = "x"};
	for (size_t i = 0; i < 10; i++) {
		struct result *r = write_criteria(&c[i]);

		assert_non_null(strstr(result_error(r), "table criterion was not stored"));
		result_close(r);
	}
}

static void assert_refused(const char *words)
{
	struct result *r = result_open(path);

	assert_null(r);
	if (!strstr(result_error(NULL), words))
		print_error("\"%s\" is not in \"%s\"\n", words, result_error(NULL));
	assert_non_null(strstr(result_error(NULL), words));
}

static void versions_have_their_own_tables(void **state)
{
	(void)state;
	write_sample();
	tamper("PRAGMA user_version = 1");
	assert_refused("its schema is not that of version 1");
	write_sample();
	tamper("DROP TABLE raw");
	assert_refused("table raw is missing");
}

static void bad_criteria(void **state)
{
	static const struct {
		const char *sql, *error;
	} cases[] = {
		{"UPDATE criterion SET kind = 'wish'", "kind is no word"},
		{"UPDATE criterion SET what = ''", "what is empty"},
		{"UPDATE criterion SET what = '*a*a*a*a*a*a*a*a*'", "no glob that a plan"},
		{"UPDATE criterion SET platform = hex(zeroblob(33))", "no glob that a plan"},
		{"UPDATE criterion SET figure = NULL WHERE id = 2", "a limit of no figure"},
		{"UPDATE criterion SET high = 9e999 WHERE id = 2", "high is not a finite"},
		{"UPDATE criterion SET unit = 'furlong' WHERE id = 2", "unit is no word"},
		{"UPDATE criterion SET quantile = 1 WHERE id = 3", "its quantile does not go"},
		{"UPDATE criterion SET weight = -1 WHERE id = 5", "weight is not above zero"},
		{"UPDATE criterion SET trials = -1 WHERE id = 4", "trials is out of range"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct result_criterion *c;
		struct result *r;
		size_t n;

		result_close(write_criteria(NULL));
		tamper(cases[i].sql);
		r = result_open(path);
		assert_non_null(r);
		assert_int_equal(result_criteria(r, &c, &n), -1);
		if (!strstr(result_error(r), cases[i].error))
			print_error("%s: %s\n", cases[i].sql, result_error(r));
		assert_non_null(strstr(result_error(r), cases[i].error));
		result_close(r);
	}
}

static void bad_rows(void **state)
{
	static const struct {
		const char *sql, *error;
	} cases[] = {
		{"UPDATE raw SET count = 5", "ticks does not hold as many"},
		{"UPDATE raw SET count = 7", "ticks does not hold as many"},
		{"UPDATE raw SET count = 1048577", "count is out of range"},
		{"UPDATE raw SET count = 1000000", "ticks does not hold as many"},
		{"UPDATE raw SET batch = -1", "batch is out of range"},
		{"UPDATE raw SET ticks = 'abcdef'", "ticks does not hold as many"},
		{"UPDATE raw SET ticks = x'ffffffffffffffffff7f0000000000'",
		 "ticks does not hold as many"},
		{"UPDATE raw SET ticks = x'800000000000'", "ticks does not hold as many"},
		{"UPDATE count SET value = -1", "value is out of range"},
		{"UPDATE count SET value = 'x'", "value is not a whole number"},
		{"UPDATE count SET batch = -7 WHERE batch = -1", "batch is out of range"},
		{"UPDATE place SET placement = ''", "placement is empty"},
		{"UPDATE place SET cpus = x'00'", "cpus is not text"},
		{"UPDATE counter SET name = ''", "name is empty"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct result_counter *counters;
		const struct result_count *counts;
		const struct result_place *place;
		const struct result_raw *raw;
		struct result *r;
		size_t n;

		write_sample();
		tamper(cases[i].sql);
		r = result_open(path);
		assert_non_null(r);
		assert_int_not_equal(
			result_counters(r, &counters, &n) || result_counts(r, 1, &counts, &n) ||
				result_place(r, 1, &place) || result_raw(r, 1, &raw, &n),
			0);
		if (!strstr(result_error(r), cases[i].error))
			print_error("%s: %s\n", cases[i].sql, result_error(r));
		assert_non_null(strstr(result_error(r), cases[i].error));
		result_close(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(raw_samples_agree_with_the_histogram),
		cmocka_unit_test(version_1_stays_readable),
		cmocka_unit_test(version_2_stays_readable),
		cmocka_unit_test(criteria_round_trip),
		cmocka_unit_test(senseless_criteria_are_refused),
		cmocka_unit_test(bad_criteria),
		cmocka_unit_test(versions_have_their_own_tables),
		cmocka_unit_test(bad_rows),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
