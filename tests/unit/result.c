/* SPDX-License-Identifier: Apache-2.0 */
/* The result file: what is written is what is read; what is damaged or foreign is refused by name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/core/result_private.h"
#include "harness/core/text.h"
#include "tests/unit/sample_files.h"
#include "tests/unit/sample_full.h"

static char *const path = paths[0];
static char journal[80];

static const struct sample_options options = {.uuid = "u-1",
					      .version = "1.0",
					      .host = "alpha",
					      .seed = 3,
					      .exit_pio_factor = 1,
					      .mem_copy_factor = 1};

static int set_up(void **state)
{
	if (sample_files_begin(state) || chmod(directory, 0777))
		return -1;
	snprintf(journal, sizeof(journal), "%s-journal", path);
	return 0;
}

static int tear_down(void **state)
{
	remove(journal);
	return sample_files_end(state);
}

/* The file must not open, and the error must hold these words. */
static void assert_refused(const char *words)
{
	struct result *r = result_open(path);

	if (r)
		print_error("opened, though \"%s\"\n", words);
	assert_null(r);
	if (!strstr(result_error(NULL), words))
		print_error("\"%s\" is not in \"%s\"\n", words, result_error(NULL));
	assert_non_null(strstr(result_error(NULL), words));
	assert_non_null(strstr(result_error(NULL), path));
	assert_null(strchr(result_error(NULL), '\n'));
}

static void write_bytes(const char *to, const void *bytes, size_t size)
{
	FILE *f = fopen(to, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static unsigned char *read_bytes(const char *from, size_t *size)
{
	FILE *f = fopen(from, "rb");
	unsigned char *bytes;
	struct stat st;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*size = (size_t)st.st_size;
	bytes = malloc(*size + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, f), *size);
	fclose(f);
	return bytes;
}

/* Change a file behind our back, as a stranger with sqlite3 would. */
static void tamper(const char *sql)
{
	sqlite3 *db;
	char *error = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		print_error("%s: %s\n", sql, error);
	assert_null(error);
	sqlite3_close(db);
}

/* ---- Round trip ---- */

static void test_round_trip(void **state)
{
	const struct result_trial *trials;
	const struct result_batch *batches;
	const struct result_run *runs;
	const struct result_bench *benches;
	const struct result_skip *skips;
	const struct result_fact *facts;
	const struct result_platform *platforms;
	const struct result_fault *faults;
	const struct result_event *events;
	const struct result_progress *progress;
	struct result *r;
	size_t n, k;

	(void)state;
	sample_write(path, &options);
	r = result_open(path);
	assert_non_null(r);
	assert_int_equal(result_runs(r, &runs, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(runs[0].uuid, "u-1");
	assert_true(runs[0].seed == 0xfedcba9876543210u);
	assert_true(runs[0].delta == 0.03);
	assert_non_null(runs[0].finished);
	assert_non_null(strchr(runs[0].plan, '\n'));
	assert_int_equal(result_benches(r, &benches, &n), 0);
	assert_int_equal(n, 7);
	assert_string_equal(benches[3].name, "mem_copy");
	assert_string_equal(benches[3].parameter_name, "bytes");
	assert_int_equal(benches[3].unit, BYTES_PER_SECOND);
	assert_int_equal(benches[3].better, HIGHER);
	assert_null(benches[0].parameter_name);
	assert_int_equal(benches[0].traps, 1);
	assert_int_equal(benches[5].disturbance_exempt, 1);
	assert_int_equal(benches[4].fit_line, 1);
	assert_int_equal(result_platforms(r, &platforms, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(platforms[0].label, "native (nested)");
	assert_null(platforms[0].why_not);
	assert_non_null(platforms[2].why_not);
	assert_int_equal(result_faults(r, &faults, &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(result_facts(r, &facts, &n), 0);
	assert_int_equal(n, 8);
	assert_null(facts[3].value);
	assert_int_equal(result_skips(r, &skips, &n), 0);
	assert_int_equal(n, 3);
	assert_null(skips[0].platform);

	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_int_equal(n, 15 * SAMPLE_TRIALS + 4 + 24);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(trials[i].ordinal, i);
	assert_string_equal(trials[0].bench, "exit_cpuid");
	assert_null(trials[0].fault_trial);
	assert_true(isnan(trials[0].exits_per_op));
	assert_true(trials[1].exits_per_op == 1);
	assert_int_equal(trials[0].overhead_ticks, 124);
	assert_string_equal(trials[0].console, "hello from the guest\nready\n");

	assert_int_equal(result_batches(r, trials[0].id, &batches, &k), 0);
	assert_int_equal(k, SAMPLE_BATCHES);
	assert_int_equal(batches[2].number, 2);
	assert_int_equal(batches[0].count, SAMPLE_COUNT);
	assert_int_equal(batches[0].histogram->total, SAMPLE_COUNT);

	assert_string_equal(trials[184].fault, "hang");
	assert_string_equal(trials[184].recovery, "restart");
	assert_null(trials[184].bench);
	assert_int_equal(trials[184].fault_trial->outcome, OUTCOME_ASSISTED_RECOVERED);
	assert_int_equal(trials[184].fault_trial->stamp_ns[T0_INJECTED], 100000000);
	assert_int_equal(trials[184].fault_trial->uncertainty_ns[T4_FIRST_SERVICE], 100000);
	assert_int_equal(trials[191].fault_trial->stamp_ns[T4_FIRST_SERVICE], -1);
	assert_int_equal(trials[191].fault_trial->lost_operations, 17);
	assert_int_equal(trials[184].fault_trial->worst_wait_ns, -1);
	assert_true(isnan(trials[184].fault_trial->fairness));
	assert_int_equal(result_events(r, trials[184].id, &events, &k), 0);
	assert_int_equal(k, FAULT_STAMPS);
	assert_string_equal(events[2].subject, "detector");
	assert_int_equal(result_progress(r, trials[184].id, &progress, &k), 0);
	assert_int_equal(k, 80);
	assert_int_equal(progress[3].member, 1);
	assert_int_equal(result_batches(r, 99999, &batches, &k), -1);
	assert_non_null(strstr(result_error(r), "no trial 99999"));
	result_close(r);
}

static void test_text_is_clean(void **state)
{
	const struct result_trial *trials;
	const struct result_fact *facts;
	struct result *r;
	size_t n;

	(void)state;
	sample_write(path, &options);
	r = result_open(path);
	assert_non_null(r);
	assert_int_equal(result_facts(r, &facts, &n), 0);
	/* One line: escape, bad byte and line feed are each replaced. */
	assert_string_equal(facts[4].value,
			    "<script>alert(1)</script>\xef\xbf\xbd[31m\xef\xbf\xbd & | ` * "
			    "\"quoted\" # SKIP\xef\xbf\xbdsecond line");
	/* A document keeps its lines, and nothing else that could do harm. */
	assert_string_equal(facts[5].value, "<a>\n\t<b c='\xef\xbf\xbd[31m'/>\n</a>\n");
	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_non_null(strstr(trials[181].console, "Oops\n<script>"));
	assert_null(strchr(trials[181].console, '\x1b'));
	result_close(r);
}

static void test_text_clean(void **state)
{
	static const struct {
		const char *from;
		size_t length;
		const char *to;
	} cases[] = {
		{"plain", 5, "plain"},
		{"µ € 𝄞", 11, "µ € 𝄞"},
		{"a\0b", 3,
		 "a\xef\xbf\xbd"
		 "b"},
		{"\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd"},		     /* overlong */
		{"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* surrogate */
		{"\xf4\x90\x80\x80", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
		{"\xe2\x82", 2, "\xef\xbf\xbd\xef\xbf\xbd"}, /* cut short */
		{"\xe2\x80\xae"
		 "x",
		 4,
		 "\xef\xbf\xbd"
		 "x"},				 /* right-to-left override */
		{"\xc2\x9b", 2, "\xef\xbf\xbd"}, /* C1: a terminal's CSI */
		{"\x7f\t", 2, "\xef\xbf\xbd\xef\xbf\xbd"},
	};
	char to[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t n = text_clean(to, cases[i].from, cases[i].length, false);

		assert_string_equal(to, cases[i].to);
		assert_int_equal(n, strlen(to));
	}
	text_clean(to, "a\r\nb\tc\rd", 8, true);
	assert_string_equal(to, "a\nb\tc\xef\xbf\xbd"
				"d");
	assert_int_equal(text_width("µs"), 2);
	assert_int_equal(text_width("日本"), 4);
	assert_int_equal(text_width("e\xcc\x81"), 1);
}

static void test_text_print(void **state)
{
	char to[8];

	(void)state;
	assert_int_equal(text_print(to, sizeof(to), "%s-%d", "µs", 42), 6);
	assert_string_equal(to, "µs-42");
	/* Cut by the size, and by a precision in the middle: between letters. */
	assert_int_equal(text_print(to, sizeof(to), "µ€%s", "𝄞"), 5);
	assert_string_equal(to, "µ€");
	assert_int_equal(text_print(to, sizeof(to), "%.1s|%.3s|", "µ", "€"), 5);
	assert_string_equal(to, "|€|");
	assert_int_equal(text_print(to, 1, "x"), 0);
}

/* ---- Histograms ---- */

static void test_histogram_blob(void **state)
{
	struct histogram *h = calloc(1, sizeof(*h)), *back = calloc(1, sizeof(*back));
	unsigned char *blob = malloc(RESULT_HISTOGRAM_SPACE);
	size_t size;

	(void)state;
	assert_true(h && back && blob);
	h->count[0] = 1;
	h->count[7] = 300;
	h->count[HISTOGRAM_BUCKETS - 1] = UINT32_MAX;
	h->total = 301 + (uint64_t)UINT32_MAX;
	size = result_encode_histogram(blob, h);
	assert_int_equal(result_decode_histogram(back, blob, size), 0);
	assert_memory_equal(h->count, back->count, sizeof(h->count));
	assert_true(back->total == h->total);
	/* The documented bytes: version, 3 entries, bucket 0 once, 6 empty ones, 300 times. */
	assert_memory_equal(blob, "\x01\x03\x00\x01\x06\xac\x02", 7);

	/* Every shorter blob is none, and so is a longer one. */
	for (size_t n = 0; n < size; n++) {
		histogram_clear(back);
		assert_int_equal(result_decode_histogram(back, blob, n), -1);
	}
	blob[size] = 0;
	assert_int_equal(result_decode_histogram(back, blob, size + 1), -1);

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		h->count[i] = UINT32_MAX - i;
	size = result_encode_histogram(blob, h);
	assert_true(size <= RESULT_HISTOGRAM_SPACE);
	histogram_clear(back);
	assert_int_equal(result_decode_histogram(back, blob, size), 0);
	assert_memory_equal(h->count, back->count, sizeof(h->count));
	free(h);
	free(back);
	free(blob);
}

static void test_bad_blobs(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
	} bad[] = {
		{"\x02\x00", 2},			 /* another encoding */
		{"\x01\x01\x00\x00", 4},		 /* a count of zero */
		{"\x01\x01\x80\x00\x01", 5},		 /* not the shortest form */
		{"\x01\x01\x80\x42\x01", 5},		 /* bucket 8448 */
		{"\x01\x01\x00\xff\xff\xff\xff\x1f", 8}, /* above 32 bits */
		{"\x01\xff\xff\xff\xff\x0f", 6},	 /* more entries than buckets */
		{"\x01\x01\x00\x80\x80\x80\x80\x80\x01", 9},
	};
	struct histogram *h = calloc(1, sizeof(*h));

	(void)state;
	assert_non_null(h);
	assert_int_equal(result_decode_histogram(h, (const unsigned char *)"\x01\x00", 2), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(result_decode_histogram(h, (const unsigned char *)bad[i].bytes,
							 bad[i].size),
				 -1);
	free(h);
}

/* ---- Refusing to write ---- */

static void test_write_refusals(void **state)
{
	struct histogram *h = malloc(sizeof(*h));
	const struct result_trial *trials;
	struct result_batch b;
	struct result_trial t;
	struct result *r;
	int64_t run;
	size_t n;

	(void)state;
	assert_non_null(h);
	r = sample_create(path);
	assert_null(result_create(path));
	assert_non_null(strstr(result_error(NULL), "exists already"));
	run = sample_run(r, "u", "1");
	sample_platform(r, run, "kvm", "kvm");
	sample_bench(r, run, "b", NANOSECONDS);
	sample_batch_clear(&b, h, 0);
	sample_record(&b, 100, 10);

	t = sample_trial(run, 0, "b", "kvm");
	t.batches = &b;
	t.batch_count = 1;
	assert_null(result_trial_refusal(&t));
	b.sum_ticks = 1001; /* ten times 100 is not that */
	assert_non_null(strstr(result_trial_refusal(&t), "sum_ticks"));
	assert_int_equal(result_add_trial(r, &t), -1);
	assert_non_null(strstr(result_error(r), "sum_ticks"));
	b.sum_ticks = 1000;
	b.count = 11;
	assert_int_equal(result_add_trial(r, &t), -1);
	assert_non_null(strstr(result_error(r), "histogram"));
	b.count = 10;
	t.tick_ns = 0;
	assert_int_equal(result_add_trial(r, &t), -1);
	t.tick_ns = INFINITY;
	assert_int_equal(result_add_trial(r, &t), -1);
	t.tick_ns = 0.5;
	t.bench = "unknown";
	assert_int_equal(result_add_trial(r, &t), -1);
	assert_non_null(strstr(result_error(r), "FOREIGN KEY"));
	t.bench = "b";
	t.execution = EXECUTIONS;
	assert_int_equal(result_add_trial(r, &t), -1);
	t.execution = EXECUTION_HARDWARE;
	t.fault = "f";
	assert_int_equal(result_add_trial(r, &t), -1);
	t.fault = NULL;
	/* The last batch is bad: nothing of the trial may stay. */
	b.disturbances = 1u << DISTURBANCES;
	assert_int_equal(result_add_trial(r, &t), -1);
	b.disturbances = 0;
	assert_int_equal(result_add_trial(r, &t), 0);
	assert_int_equal(result_add_trial(r, &t), -1); /* the same ordinal twice */
	assert_int_equal(result_end_run(r, 77, 0), -1);
	assert_int_equal(result_trials(r, &trials, &n), -1);
	result_close(r);

	r = result_open(path);
	assert_non_null(r);
	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(result_add_trial(r, &t), -1);
	assert_non_null(strstr(result_error(r), "reading only"));
	result_close(r);
	free(h);
}

static void test_group_and_console(void **state)
{
	const struct result_trial *trials;
	char *console = malloc(3u << 20);
	struct result_trial t;
	struct result *r;
	int64_t run;
	size_t n;

	(void)state;
	assert_non_null(console);
	memset(console, 'x', 3u << 20);
	console[(3u << 20) - 1] = '\0';
	r = sample_create(path);
	run = sample_run(r, "u", "1");
	assert_int_equal(result_begin(r), 0);
	assert_int_equal(result_begin(r), -1);
	sample_platform(r, run, "kvm", "kvm");
	sample_bench(r, run, "b", NANOSECONDS);
	t = sample_trial(run, 0, "b", "kvm");
	t.console = console;
	assert_int_equal(result_add_trial(r, &t), 0);
	t.ordinal = 1;
	t.bench = "unknown"; /* undoes the trial, not the group */
	assert_int_equal(result_add_trial(r, &t), -1);
	assert_int_equal(result_commit(r), 0);
	assert_int_equal(result_commit(r), -1);
	/* A group that is never committed leaves nothing. */
	assert_int_equal(result_begin(r), 0);
	t.bench = "b";
	assert_int_equal(result_add_trial(r, &t), 0);
	result_close(r);

	r = result_open(path);
	assert_non_null(r);
	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(strlen(trials[0].console), (1u << 20) + strlen("\n[2097151 more bytes "
									"were not stored]"));
	result_close(r);
	free(console);
}

/* ---- Refusing to read ---- */

static void test_foreign_files(void **state)
{
	unsigned char *bytes;
	size_t size;

	(void)state;
	remove(path);
	assert_refused("No such file");
	write_bytes(path, "", 0);
	assert_refused("is empty");
	write_bytes(path, "hello, I am no database\n", 24);
	assert_refused("is not a virt-qualify result file");
	remove(path);
	tamper("CREATE TABLE t (x)");
	assert_refused("is not a virt-qualify result file");
	remove(path);
	assert_int_equal(mkdir(path, 0777), 0);
	assert_refused("is a directory");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0666), 0);
	assert_refused("not a regular file");

	sample_write(path, &options);
	bytes = read_bytes(path, &size);
	bytes[63] = RESULT_SCHEMA_VERSION + 1;
	write_bytes(path, bytes, size);
	assert_refused("newer version");
	bytes[63] = RESULT_SCHEMA_VERSION;
	for (size_t part = 1; part < 8; part++) {
		write_bytes(path, bytes, size * part / 8);
		assert_refused("is damaged");
	}
	write_bytes(path, bytes, 50);
	assert_refused("is not a virt-qualify result file");
	bytes[18] = bytes[19] = 2;
	write_bytes(path, bytes, size);
	assert_refused("journal mode");
	bytes[18] = bytes[19] = 1;
	memset(bytes + 8192, 0x5a, 4096);
	write_bytes(path, bytes, size);
	assert_refused("is damaged");
	free(bytes);
}

/* Load everything; the error line of the first failure, or NULL. */
static const char *load_all(struct result *r)
{
	const struct result_trial *trials;
	const void *rows;
	size_t n, k;

	if (result_runs(r, (const struct result_run **)&rows, &n) ||
	    result_facts(r, (const struct result_fact **)&rows, &n) ||
	    result_platforms(r, (const struct result_platform **)&rows, &n) ||
	    result_benches(r, (const struct result_bench **)&rows, &n) ||
	    result_faults(r, (const struct result_fault **)&rows, &n) ||
	    result_skips(r, (const struct result_skip **)&rows, &n) ||
	    result_trials(r, &trials, &n))
		return result_error(r);
	for (size_t i = 0; i < n; i++)
		if (result_batches(r, trials[i].id, (const struct result_batch **)&rows, &k) ||
		    result_events(r, trials[i].id, (const struct result_event **)&rows, &k) ||
		    result_progress(r, trials[i].id, (const struct result_progress **)&rows, &k))
			return result_error(r);
	return NULL;
}

static void test_bad_rows(void **state)
{
	static const struct {
		const char *sql, *error;
	} cases[] = {
		{"UPDATE trial SET tick_ns = -1 WHERE id = 5", "table trial, row 5: tick_ns"},
		{"UPDATE trial SET tick_ns = 0 WHERE id = 5", "table trial, row 5: tick_ns"},
		{"UPDATE trial SET tick_ns = 9e999 WHERE id = 5", "table trial, row 5: tick_ns"},
		{"UPDATE trial SET tick_ns = 'soon' WHERE id = 5",
		 "row 5: tick_ns is not a finite"},
		{"UPDATE trial SET status = 'fine' WHERE id = 3", "row 3: status is no word"},
		{"UPDATE trial SET execution = x'00' WHERE id = 3", "row 3: execution"},
		{"UPDATE trial SET ordinal = -4 WHERE id = 3", "row 3: ordinal is out of range"},
		{"UPDATE trial SET overhead_ticks = -4 WHERE id = 3", "row 3: overhead_ticks"},
		{"UPDATE trial SET bench = NULL WHERE id = 3", "row 3: it is of neither"},
		{"UPDATE trial SET seed = 0.5 WHERE id = 3", "row 3: seed is not a whole number"},
		{"UPDATE trial SET memory_locked = 2 WHERE id = 3", "row 3: memory_locked"},
		{"UPDATE bench SET unit = 'furlong' WHERE id = 1", "table bench, row 1: unit"},
		{"UPDATE bench SET name = x'41' WHERE id = 5", "refers to a row of table bench"},
		{"UPDATE run SET delta = -1", "table run, row 1: delta"},
		{"UPDATE run SET uuid = ''", "table run, row 1: uuid is empty"},
		{"UPDATE batch SET histogram = x'0101' WHERE id = 2",
		 "table batch, row 2: histogram"},
		{"UPDATE batch SET histogram = 'text' WHERE id = 2",
		 "table batch, row 2: histogram"},
		{"UPDATE batch SET count = 99 WHERE id = 2", "table batch, row 2: its histogram"},
		{"UPDATE batch SET sum_ticks = 5 WHERE id = 2", "table batch, row 2: sum_ticks"},
		{"UPDATE batch SET sum_ticks = -5 WHERE id = 2", "table batch, row 2: sum_ticks"},
		{"UPDATE batch SET disturbances = 'steal,ghost' WHERE id = 2",
		 "table batch, row 2: disturbances"},
		{"UPDATE event SET uncertainty_ns = -5 WHERE id = 2", "table event, row 2"},
		{"UPDATE progress SET operations = -5 WHERE id = 2", "table progress, row 2"},
		{"UPDATE fault_trial SET outcome = 'so-so' WHERE trial = 190", "row 190: outcome"},
		{"UPDATE fault_trial SET t4_first_service_ns = -1 WHERE trial = 190",
		 "row 190: t4_first_service_ns"},
		{"DELETE FROM fault_trial WHERE trial = 190", "row 190: its fault half"},
		{"UPDATE trial SET run = 9 WHERE id = 3", "refers to a row of table"},
		{"DELETE FROM platform WHERE name = 'kvm'", "refers to a row of table platform"},
		{"DROP TABLE skip", "table skip is missing"},
		{"ALTER TABLE run ADD COLUMN more", "schema is not that of version 3"},
		{"CREATE VIEW v AS SELECT 1", "schema is not that of version 3"},
		{"CREATE TRIGGER t AFTER INSERT ON run BEGIN SELECT 1; END", "schema is not"},
		{"DROP TABLE skip; CREATE VIEW skip AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL "
		 "SELECT x FROM c) SELECT x AS id, x, 'a', 'b', NULL, 'c' FROM c",
		 "schema is not"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *error = NULL;
		struct result *r;

		sample_write(path, &options);
		tamper(cases[i].sql);
		r = result_open(path);
		error = r ? load_all(r) : result_error(NULL);
		if (!error || !strstr(error, cases[i].error))
			print_error("%s: %s\n", cases[i].sql, error ? error : "no error");
		assert_non_null(error);
		assert_non_null(strstr(error, cases[i].error));
		assert_non_null(strstr(error, "damaged"));
		result_close(r);
	}
}

/* ---- Crashes, full disks, places one may not write to ---- */

/* Run in a child, so that limits and user ids are its own. Returns its exit code. */
static int in_child(int (*what)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(what());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Die in the middle of a transaction whose pages have reached the file. */
static int crash(void)
{
	struct result *r = sample_create(path);
	int64_t run = sample_run(r, "u", "1");
	struct result_trial t = sample_trial(run, 0, "b", "kvm");

	sample_platform(r, run, "kvm", "kvm");
	sample_bench(r, run, "b", NANOSECONDS);
	sample_flat(r, t, 100, 10);
	sqlite3_exec(r->db, "PRAGMA cache_size = 2", NULL, NULL, NULL);
	sqlite3_exec(r->db, "PRAGMA cache_spill = 1", NULL, NULL, NULL);
	result_begin(r);
	for (t.ordinal = 1; t.ordinal < 600; t.ordinal++)
		sample_flat(r, t, 100, 10);
	return 0; /* _exit: no close, no rollback */
}

static void test_hot_journal(void **state)
{
	const struct result_trial *trials;
	struct result *r;
	size_t n;

	(void)state;
	assert_int_equal(in_child(crash), 0);
	assert_int_equal(access(journal, F_OK), 0);
	r = result_open(path);
	if (!r)
		print_error("%s\n", result_error(NULL));
	assert_non_null(r);
	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_int_equal(n, 1);
	result_close(r);
	assert_int_not_equal(access(journal, F_OK), 0);
}

static int open_as_nobody(void)
{
	struct result *r;

	if (!geteuid() && (setgid(65534) || setuid(65534)))
		return 3;
	r = result_open(path);
	if (r)
		return 1;
	return strstr(result_error(NULL), "is incomplete: its writer died") ? 0 : 2;
}

static void test_hot_journal_read_only(void **state)
{
	(void)state;
	assert_int_equal(in_child(crash), 0);
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(journal, 0444), 0);
	assert_int_equal(chmod(directory, 0555), 0);
	assert_int_equal(in_child(open_as_nobody), 0);
	assert_int_equal(chmod(directory, 0777), 0);
	assert_int_equal(access(journal, F_OK), 0); /* untouched */
	assert_int_equal(chmod(path, 0644), 0);
	remove(journal);
}

/* A planted journal that names a file for SQLite to delete. */
static void test_planted_journal(void **state)
{
	static const unsigned char magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
	FILE *f;

	(void)state;
	assert_int_equal(in_child(crash), 0);
	f = fopen(journal, "ab");
	assert_non_null(f);
	fwrite(magic, 1, sizeof(magic), f);
	fclose(f);
	assert_refused("none of ours");
	assert_int_equal(access(journal, F_OK), 0);
	remove(journal);
}

static int create_as_nobody(void)
{
	struct result *r;

	if (!geteuid() && (setgid(65534) || setuid(65534)))
		return 3;
	r = result_create(path);
	if (r)
		return 1;
	return strstr(result_error(NULL), "cannot be created: Permission denied") ? 0 : 2;
}

static void test_create_refusals(void **state)
{
	(void)state;
	remove(path);
	assert_int_equal(chmod(directory, 0555), 0);
	assert_int_equal(in_child(create_as_nobody), 0);
	assert_int_equal(chmod(directory, 0777), 0);
	assert_null(result_create("/nonexistent/x.vq"));
	assert_non_null(strstr(result_error(NULL), "directory does not exist"));
	write_bytes(journal, "left", 4);
	assert_null(result_create(path));
	assert_non_null(strstr(result_error(NULL), "journal"));
	remove(journal);
}

/* A limit on file size stands in for a full disk: the same failing write. */
static int fill_disk(void)
{
	struct rlimit limit = {300000, 300000};
	struct result *r = sample_create(path);
	int64_t run = sample_run(r, "u", "1");
	struct result_trial t = sample_trial(run, 0, "b", "kvm");
	char *console = malloc(20000);

	signal(SIGXFSZ, SIG_IGN);
	memset(console, 'x', 20000);
	console[19999] = '\0';
	t.console = console;
	sample_platform(r, run, "kvm", "kvm");
	sample_bench(r, run, "b", NANOSECONDS);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		return 3;
	while (!result_add_trial(r, &t))
		if (++t.ordinal > 100)
			return 4;
	if (!strstr(result_error(r), "cannot write") || t.ordinal < 3)
		return 5;
	/* A small one may still fit, and must not lie about it. */
	result_close(r);
	return (int)(64 + t.ordinal);
}

static void test_disk_full(void **state)
{
	const struct result_trial *trials;
	struct result *r;
	int code;
	size_t n;

	(void)state;
	code = in_child(fill_disk);
	assert_true(code > 64);
	r = result_open(path);
	assert_non_null(r);
	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_int_equal(n, code - 64);
	result_close(r);
}

static void test_memory(void **state)
{
	const struct result_trial *trials;
	unsigned char *bytes;
	struct result *r;
	size_t size, n;

	(void)state;
	sample_write(path, &options);
	bytes = read_bytes(path, &size);
	r = result_open_memory("bytes", bytes, size);
	assert_non_null(r);
	assert_int_equal(result_trials(r, &trials, &n), 0);
	assert_int_equal(n, 15 * SAMPLE_TRIALS + 4 + 24);
	result_close(r);
	assert_null(result_open_memory("bytes", bytes, size / 2));
	assert_null(result_open_memory("bytes", bytes, 0));
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_text_is_clean),
		cmocka_unit_test(test_text_clean),
		cmocka_unit_test(test_text_print),
		cmocka_unit_test(test_histogram_blob),
		cmocka_unit_test(test_bad_blobs),
		cmocka_unit_test(test_write_refusals),
		cmocka_unit_test(test_group_and_console),
		cmocka_unit_test(test_foreign_files),
		cmocka_unit_test(test_bad_rows),
		cmocka_unit_test(test_hot_journal),
		cmocka_unit_test(test_hot_journal_read_only),
		cmocka_unit_test(test_planted_journal),
		cmocka_unit_test(test_create_refusals),
		cmocka_unit_test(test_disk_full),
		cmocka_unit_test(test_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
