/* SPDX-License-Identifier: Apache-2.0 */
/* The text formats: well-formed, nothing left out, nothing of a file's text taken for markup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/core/command.h"
#include "harness/core/text.h"
#include "report/number.h"
#include "report/output.h"
#include "report/report.h"
#include "report/table.h"
#include "tests/unit/sample_files.h"
#include "tests/unit/sample_full.h"

static struct report *sample; /* two files, compared by version */

static int set_up(void **state)
{
	struct sample_options options = {
		.version = "1", .host = "h", .exit_pio_factor = 1, .mem_copy_factor = 1};
	char error[512];

	if (sample_files_begin(state))
		return -1;
	options.uuid = "u-a";
	options.seed = 1;
	sample_write(paths[0], &options);
	options.uuid = "u-b";
	options.seed = 2;
	options.exit_pio_factor = 1.2;
	sample_write(paths[1], &options);
	sample = sample_load(2);
	return report_compare(sample, BY_VERSION, error, sizeof(error));
}

static int tear_down(void **state)
{
	report_free(sample);
	return sample_files_end(state);
}

/* A report as one string, to be freed. */
static char *print(const char *format, const struct report *r)
{
	const struct format *f = registry_find(REGISTRY(formats), format);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(f);
	assert_non_null(out);
	assert_int_equal(f->print(r, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strlen(text), size);
	return text;
}

static size_t count(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *s = text; (s = strstr(s, what)); s += strlen(what))
		n++;
	return n;
}

/* A file whose names are longer than any label, in letters of two bytes. */
static void write_long_names(const char *path)
{
	static char even[1001], odd[1001] = "x";
	struct result *r = sample_create(path);
	int64_t run = sample_run(r, "u-long", "1");
	struct result_trial t;

	for (size_t i = 0; i + 1 < sizeof(even); i += 2)
		memcpy(even + i, "ü", 2);
	memcpy(odd + 1, even, sizeof(odd) - 3);
	sample_must(r, result_begin(r));
	sample_platform(r, run, "kvm", odd);
	sample_bench(r, run, even, NANOSECONDS);
	for (uint32_t i = 0; i < 2; i++) {
		t = sample_trial(run, i, even, "kvm");
		t.variant = odd;
		t.status = TRIAL_FAILED;
		t.reason = odd;
		sample_must(r, result_add_trial(r, &t));
	}
	sample_must(r, result_commit(r));
	sample_must(r, result_end_run(r, run, 0));
	result_close(r);
}

/* What is cut is cut between letters: JSON would lose it, and a reader of XML refuse it. */
static void test_long_names(void **state)
{
	char path[80], error[512];
	const char *const list[] = {path};
	struct report *r;

	(void)state;
	snprintf(path, sizeof(path), "%s/long.vq", directory);
	write_long_names(path);
	r = report_load(list, 1, error, sizeof(error));
	assert_non_null(r);
	for_each_registered (struct format, f, REGISTRY(formats)) {
		char *text = print(f->name, r), *clean = malloc(TEXT_CLEAN_SIZE(strlen(text)));

		assert_non_null(clean);
		text_clean(clean, text, strlen(text), true);
		assert_null(strstr(clean, "\xef\xbf\xbd"));
		if (!strcmp(f->name, "json"))
			assert_int_equal(count(text, "\"what\": \"ü"), 1);
		free(clean);
		free(text);
	}
	report_free(r);
	remove(path);
}

/* ---- JSON ---- */

static json_t *metric_of(json_t *root, size_t run, const char *bench, const char *platform)
{
	const char *uuid = json_string_value(
		json_object_get(json_array_get(json_object_get(root, "runs"), run), "id"));
	json_t *m;
	size_t i;

	json_array_foreach(json_object_get(root, "metrics"), i,
			   m) if (!strcmp(json_string_value(json_object_get(m, "run")), uuid) &&
				  !strcmp(json_string_value(json_object_get(m, "bench")), bench) &&
				  !strcmp(json_string_value(json_object_get(m, "platform")),
					  platform)) return m;
	fail();
	return NULL;
}

static void test_json(void **state)
{
	static const char *const lists[] = {"runs",    "metrics",  "fits",	  "faults",
					    "skipped", "problems", "comparisons", "files"};
	static const size_t counts[] = {2, 30, 2, 6, 6, 8, 15, 2};
	char *text = print("json", sample);
	json_error_t error;
	json_t *root = json_loads(text, JSON_REJECT_DUPLICATES, &error), *m, *f;

	(void)state;
	if (!root)
		print_error("line %d: %s\n", error.line, error.text);
	assert_non_null(root);
	assert_int_equal(json_integer_value(json_object_get(root, "schema")), 1);
	assert_true(json_is_string(json_object_get(root, "version")));
	assert_string_equal(json_string_value(json_object_get(root, "compared_by")), "version");
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		assert_int_equal(json_array_size(json_object_get(root, lists[i])), counts[i]);

	m = metric_of(root, 0, "kernel_ipi", "kvm");
	assert_string_equal(json_string_value(json_object_get(m, "execution")), "interpreted");
	assert_true(json_is_null(json_object_get(m, "native_ratio")));
	assert_true(json_is_string(json_object_get(m, "native_why")));
	assert_true(json_real_value(json_object_get(m, "emulated_per_op")) == 9.5);
	assert_true(json_is_null(json_object_get(m, "parameter")));
	assert_int_equal(json_array_size(json_object_get(m, "disturbances")), 2);
	m = metric_of(root, 0, "syscall", "native (nested)");
	assert_null(json_object_get(m, "exits_per_op")); /* it has none */
	assert_int_equal(json_array_size(json_object_get(m, "values")), SAMPLE_TRIALS);
	assert_true(json_real_value(json_object_get(m, "median")) == sample->metrics[13].median);

	f = json_array_get(json_object_get(root, "faults"), 0);
	assert_string_equal(json_string_value(json_object_get(f, "recovery")), "none");
	assert_true(json_is_null(json_object_get(json_object_get(f, "ttr"), "median")));
	assert_true(json_is_null(json_object_get(json_object_get(f, "downtime"), "median")));
	assert_int_equal(json_integer_value(json_object_get(f, "censored")), 6);
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(f, "outcomes"), "hang")), 5);
	assert_int_equal(strlen(json_string_value(json_object_get(
				 json_array_get(json_object_get(root, "files"), 1), "sha256"))),
			 64);
	assert_null(strstr(text, "nan"));
	assert_null(strstr(text, "inf"));
	assert_null(strchr(text, '\x1b'));
	json_decref(root);
	free(text);
}

/* ---- CSV ---- */

/* The number of fields of the line at *s, which moves to the next; quoted line ends are data. */
static size_t csv_fields(const char **s)
{
	size_t fields = 1;
	bool quoted = false;

	for (; **s && (quoted || **s != '\n'); ++*s) {
		if (**s == '"')
			quoted = !quoted;
		else if (**s == ',' && !quoted)
			fields++;
	}
	assert_false(quoted);
	*s += **s == '\n';
	return fields;
}

static void test_csv(void **state)
{
	char *text = print("csv", sample);
	const char *s = text;
	size_t lines = 0;

	(void)state;
	for (; *s; lines++)
		assert_int_equal(csv_fields(&s), 15);
	assert_int_equal(lines, count(text, "\r\n"));
	assert_int_equal(count(text, ",\"trial\","), 30 * SAMPLE_TRIALS);
	assert_int_equal(count(text, "\"skip\""), 6);
	assert_int_equal(count(text, "\"problem\""), 8);
	assert_int_equal(count(text, "\"ratio\""), 15);
	/* A censored median is empty, never 0. */
	assert_non_null(
		strstr(text, "\"hang+none\",\"\",,\"kvm\",\"\",\"hardware\",\"ttr\",,,,\"ns\",0"));
	assert_null(strstr(text, "nan"));
	free(text);
}

/* ---- TAP ---- */

static void test_tap(void **state)
{
	char *text = print("tap", sample), *line, *rest;
	size_t points = 0, planned = 0, not_ok = 0, skipped = 0;

	(void)state;
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t number = 0;
		bool bad = !strncmp(line, "not ok ", 7);

		if (sscanf(line, "1..%zu", &planned) == 1 || line[0] == '#')
			continue;
		if (!points && !strcmp(line, "TAP version 13"))
			continue;
		assert_int_equal(sscanf(line, bad ? "not ok %zu - " : "ok %zu - ", &number), 1);
		assert_int_equal(number, ++points);
		not_ok += bad;
		skipped += strstr(line, " # SKIP ") != NULL;
		/* No other "#" than a directive's may be bare. */
		for (const char *s = line; (s = strchr(s, '#')); s++)
			assert_true(s[-1] == '\\' || !strncmp(s, "# SKIP ", 7));
	}
	assert_int_equal(points, planned);
	assert_int_equal(points, 30 + 6 + 15 + 6 + 8);
	assert_int_equal(skipped, 6 + 2);    /* skips, and what the guest did not support */
	assert_int_equal(not_ok, 1 + 2 * 3); /* exit_pio regressed; three sets of bad trials */
	free(text);
}

/* ---- Text and Markdown ---- */

static void test_nothing_left_out(void **state)
{
	static const char *const formats[] = {"text", "md", "csv", "tap", "json"};
	static const char *const words[] = {
		"qemu-system-x86_64 is not installed", "a process may not touch I/O ports",
		"12.0 exits per operation counted",    "one CPU has nobody to send an IPI to",
		"the neighbour guest did not start",   "guest 1 wrote garbage",
	};

	(void)state;
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		char *text = print(formats[f], sample);

		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
			if (count(text, words[w]) < 2)
				print_error("%s: \"%s\"\n", formats[f], words[w]);
			assert_true(count(text, words[w]) >= 2); /* once a file */
		}
		assert_null(strchr(text, '\x1b')); /* no terminal, no colour; and none of a file */
		free(text);
	}
}

/* Wherever the interpreted figure stands, its line says that it is one. */
static void test_execution_is_said(void **state)
{
	static const char *const formats[] = {"text", "md", "tap", "csv"};

	(void)state;
	for (size_t f = 0; f < sizeof(formats) / sizeof(formats[0]); f++) {
		char *text = print(formats[f], sample), *line, *rest;
		size_t seen = 0;

		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			if (!strstr(line, "kernel_ipi") || !strstr(line, "kvm") ||
			    strstr(line, "native (nested)"))
				continue;
			seen++;
			if (!strstr(line, "interpreted"))
				print_error("%s: %s\n", formats[f], line);
			assert_non_null(strstr(line, "interpreted"));
		}
		assert_true(seen >= 3); /* in each run, and in the comparison */
		free(text);
	}
}

static void test_markdown(void **state)
{
	char *text = print("md", sample), *line, *rest;
	size_t bars = 0;

	(void)state;
	assert_null(strstr(text, "<script"));
	assert_non_null(strstr(text, "&lt;script&gt;"));
	assert_non_null(strstr(text, "**1 regressed**"));
	assert_non_null(strstr(text, "exit_pio")); /* readable as it is */
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		size_t here = count(line, "|");

		if (line[0] != '|') {
			bars = 0;
			continue;
		}
		if (bars)
			assert_int_equal(here, bars); /* every row of a table alike */
		bars = here;
	}
	free(text);
}

static void test_text_aligned(void **state)
{
	static const char *const headings[] = {"name", ">n", "empty", "last"};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	struct table t;

	(void)state;
	assert_non_null(out);
	table_begin(&t, headings, 4);
	table_cell(&t, STYLE_PLAIN, "µs");
	table_cell(&t, STYLE_PLAIN, "1");
	table_cell(&t, STYLE_PLAIN, "%s", "");
	table_cell(&t, STYLE_PLAIN, "a");
	table_cell(&t, STYLE_PLAIN, "日本語");
	table_cell(&t, STYLE_BAD, "234");
	table_cell(&t, STYLE_PLAIN, "%s", "");
	table_cell(&t, STYLE_PLAIN, "%s", "");
	assert_int_equal(table_end(&t, out, false), 0);
	fclose(out);
	assert_string_equal(text, "name      n  last\n"
				  "µs        1  a\n"
				  "日本語  234\n");
	free(text);
}

static void test_colour(void **state)
{
	FILE *out = tmpfile();

	(void)state;
	assert_non_null(out);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	assert_false(table_colour(out)); /* a file is no terminal */
	fclose(out);
	out = fopen("/dev/ptmx", "r+");
	if (!out) {
		skip();
		return;
	}
	assert_true(table_colour(out));
	setenv("NO_COLOR", "1", 1);
	assert_false(table_colour(out));
	unsetenv("NO_COLOR");
	setenv("TERM", "dumb", 1);
	assert_false(table_colour(out));
	fclose(out);
}

/* ---- Numbers ---- */

static void test_numbers(void **state)
{
	static const struct {
		double v, low, high;
		enum unit unit;
		const char *figure, *interval;
	} cases[] = {
		/* Half the interval's width is 0.02: its first digit is the last one shown. */
		{1234.5, 1210, 1250, NANOSECONDS, "1.23 µs", "1.21 – 1.25 µs"},
		{1234.5, 1234.4, 1234.6, NANOSECONDS, "1.234 µs", "1.234 – 1.235 µs"},
		{1234.5, 800, 1800, NANOSECONDS, "1.2 µs", "0.8 – 1.8 µs"},
		{1234.5, NAN, NAN, NANOSECONDS, "1.23 µs", "n/a"},
		{720000, 700000, 734000, NANOSECONDS, "720 µs", "700 – 730 µs"},
		{999.97, NAN, NAN, NANOSECONDS, "1.00 µs", "n/a"},
		{4.512e9, 4.4e9, 4.6e9, BYTES_PER_SECOND, "4.5 GB/s", "4.4 – 4.6 GB/s"},
		{24261, 23963, 24566, OPERATIONS_PER_SECOND, "24.3 kop/s", "24.0 – 24.6 kop/s"},
		{5, 0, 90, NANOSECONDS, "5 ns", "0 – 90 ns"},
		{-5, -6, -4, NANOSECONDS, "-5 ns", "-6 – -4 ns"},
		{0, 0, 0, NANOSECONDS, "0.000 ns", "0.000 – 0.000 ns"},
		{2.5e9, 2.5e9, 2.5e9, NANOSECONDS, "2.500 s", "2.500 – 2.500 s"},
		{0.25, NAN, NAN, NANOSECONDS, "250 ps", "n/a"},
		{NAN, NAN, NAN, NANOSECONDS, "n/a", "n/a"},
	};
	char s[NUMBER_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct interval interval = {cases[i].low, cases[i].high};

		assert_string_equal(number_figure(s, cases[i].v, interval, cases[i].unit),
				    cases[i].figure);
		assert_string_equal(number_interval(s, cases[i].v, interval, cases[i].unit),
				    cases[i].interval);
	}
	assert_string_equal(number_share(s, 0.0312), "3.1 %");
	assert_string_equal(number_share(s, 1), "100 %");
	assert_string_equal(number_share(s, 0.0001), "< 0.1 %");
	assert_string_equal(number_share(s, 0.99999), "> 99.9 %");
	assert_string_equal(number_share(s, 0), "0 %");
	/* Too large for digits, which must not be cut off; an interval without an end. */
	assert_string_equal(number_share(s, 1e100), "1e+102 %");
	assert_string_equal(number_plain(s, 1e100), "1e+100");
	assert_string_equal(number_ratio(s, 1.25, (struct interval){0, INFINITY}), "1.25");
	assert_string_equal(number_ratio(s, 125, (struct interval){0, INFINITY}), "125");
	assert_string_equal(number_figure(s, 1e45, (struct interval){NAN, NAN}, NANOSECONDS),
			    "1e+36 s");
	assert_string_equal(number_r_squared(s, 0.99871), "0.9987");
	assert_string_equal(number_r_squared(s, NAN), "n/a");
	assert_string_equal(number_p(s, 0.0001), "< 0.001");
	assert_string_equal(number_p(s, 0.0421), "0.042");
	assert_string_equal(number_plain(s, 0), "0");
	assert_string_equal(number_plain(s, 9.5), "9.50");
	/* A tail as vague as the median: 100 of 1000 is a tenth, of 5000 it is 500. */
	assert_string_equal(number_beside(s, 5234, 1000, (struct interval){900, 1100}, NANOSECONDS),
			    "5.2 µs");
}

/* ---- Where a report goes ---- */

static int failing_print(const struct report *r, FILE *out)
{
	(void)r;
	fputs("half a report", out);
	errno = ENOSPC;
	return -1;
}

static size_t entries(void)
{
	DIR *d = opendir(directory);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void test_output(void **state)
{
	static const struct format failing = {.name = "failing", .print = failing_print};
	const struct format *text = registry_find(REGISTRY(formats), "text");
	size_t before = entries();
	char path[96], byte;
	struct stat st;
	FILE *f;

	(void)state;
	snprintf(path, sizeof(path), "%s/out", directory);
	assert_int_equal(output_report(sample, text, directory), EXIT_USAGE);
	assert_int_equal(output_report(sample, text, "/nonexistent/out"), EXIT_HARNESS);
	assert_int_equal(output_report(sample, &failing, path), EXIT_HARNESS);
	assert_int_equal(entries(), before); /* nothing is left behind */

	f = fopen(path, "w");
	fputs("old", f);
	fclose(f);
	assert_int_equal(output_report(sample, &failing, path), EXIT_HARNESS);
	f = fopen(path, "r");
	assert_int_equal(fread(&byte, 1, 1, f), 1);
	fclose(f);
	assert_int_equal(byte, 'o'); /* what was there is still there */
	assert_int_equal(output_report(sample, text, path), EXIT_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 1000);

	/* Measurements are not replaced by their report. */
	f = fopen(path, "w");
	fwrite("SQLite format 3", 1, 16, f);
	fclose(f);
	assert_int_equal(output_report(sample, text, path), EXIT_USAGE);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, 16);
	assert_int_equal(output_report(sample, text, "/dev/full"), EXIT_HARNESS);
	assert_int_equal(output_report(sample, text, "/dev/null"), EXIT_OK);
	remove(path);
	assert_int_equal(entries(), before);

	assert_non_null(output_format("json"));
	assert_null(output_format("jsn"));
	assert_null(output_format("something else"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_names),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_csv),
		cmocka_unit_test(test_tap),
		cmocka_unit_test(test_nothing_left_out),
		cmocka_unit_test(test_execution_is_said),
		cmocka_unit_test(test_markdown),
		cmocka_unit_test(test_text_aligned),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_output),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
