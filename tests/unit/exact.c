/* SPDX-License-Identifier: Apache-2.0 */
/* Virtual time: counts of instructions, compared to the instruction, layout by layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <ctype.h>
#include <unistd.h>

#include "report/label.h"
#include "report/report.h"
#include "tests/unit/sample_files.h"
#include "tests/unit/sample_full.h"

#define LAYOUTS 5

/* A lab's file: `trials` trials, the k-th with seed first_seed + k, all instructions of one. */
struct lab {
	const char *uuid, *kernel;
	enum unit unit;
	enum execution execution;
	uint64_t first_seed;
	size_t trials;
	uint64_t instructions[LAYOUTS]; /* of one operation, the stamp's not among them */
	uint64_t interrupt; /* one batch of four takes so many more, as a timer of the host does */
};

static const struct lab base = {.uuid = "u-a",
				.kernel = "6.1.0-18",
				.execution = EXECUTION_DETERMINISTIC,
				.first_seed = 7000021,
				.trials = LAYOUTS,
				.instructions = {3066, 3066, 3071, 3066, 3090}};

static void add_trial(struct result *r, int64_t run, const struct lab *lab, size_t k)
{
	static struct histogram h[4];
	struct result_trial t = sample_trial(run, (uint32_t)k, "exit", "kvm");
	struct result_batch b[4];

	for (uint32_t i = 0; i < 4; i++) {
		sample_batch_clear(&b[i], &h[i], i);
		sample_record(&b[i], lab->instructions[k] + 60 + (i == 2 ? lab->interrupt : 0), 50);
	}
	t.seed = lab->first_seed + k;
	t.execution = lab->execution;
	t.tick_ns = 0.99999; /* what a guest takes the clock for does not matter */
	t.work = 1000;
	t.batches = b;
	t.batch_count = 4;
	sample_must(r, result_add_trial(r, &t));
}

static void write_lab(const char *path, const struct lab *lab)
{
	struct result *r = sample_create(path);
	int64_t run = sample_run(r, lab->uuid, "1.0");
	const struct result_fact facts[] = {
		{run, "kernel.release", lab->kernel, NULL},
		{run, "lab", "amd-v", NULL},
	};

	for (size_t i = 0; i < 2; i++)
		sample_must(r, result_add_fact(r, &facts[i]));
	sample_platform(r, run, "kvm", "kvm");
	sample_bench(r, run, "exit", lab->unit);
	for (size_t k = 0; k < lab->trials; k++)
		add_trial(r, run, lab, k);
	sample_must(r, result_end_run(r, run, 0));
	result_close(r);
}

static struct report *compare(const struct lab *a, const struct lab *b)
{
	struct report *report;
	char error[512];

	write_lab(paths[0], a);
	write_lab(paths[1], b);
	report = sample_load(2);
	assert_int_equal(report_compare(report, BY_VERSION, error, sizeof(error)), 0);
	assert_int_equal(report->comparison_count, 1);
	return report;
}

/* The same, the other side `more` instructions dearer in each layout. */
static struct lab dearer(const int64_t more[LAYOUTS])
{
	struct lab b = base;

	b.uuid = "u-b";
	for (size_t i = 0; i < LAYOUTS; i++)
		b.instructions[i] = (uint64_t)((int64_t)base.instructions[i] + more[i]);
	return b;
}

static void assert_exact(const struct report *report, enum verdict verdict, const char *text,
			 int code)
{
	const struct comparison_row *c = &report->comparisons[0];
	char s[LABEL_SIZE];

	assert_true(report_is_compared(c));
	assert_true(isnan(c->test.p));
	assert_string_equal(label_exact(s, c), text);
	assert_string_equal(verdict_name(c->verdict), verdict_name(verdict));
	assert_int_equal(report_exit_code(report, 0), code);
}

/* 3066 lies in a bucket eight wide: the figure is from the exact sums all the same. */
static void test_figures(void **state)
{
	struct lab lab = base;
	struct report *report;

	(void)state;
	write_lab(paths[0], &base);
	report = sample_load(1);
	assert_int_equal(report->metrics[0].unit, INSTRUCTIONS);
	for (size_t i = 0; i < LAYOUTS; i++)
		assert_true(report->metrics[0].values[i] == (double)base.instructions[i]);
	assert_true(report->metrics[0].median == 3066);
	assert_true(report->metrics[0].overhead == 60);
	assert_true(report->metrics[0].p99 == 3066); /* not 3064, the bucket's */
	report_free(report);

	lab.interrupt = 9000; /* it shows in the mean, and moves no figure */
	write_lab(paths[0], &lab);
	report = sample_load(1);
	assert_true(report->metrics[0].median == 3066);
	assert_true(report->metrics[0].mean > 5000);
	report_free(report);

	lab = base; /* 1000 bytes in 3066 instructions: so many in 10^9 */
	lab.unit = BYTES_PER_SECOND;
	write_lab(paths[0], &lab);
	report = sample_load(1);
	assert_int_equal(report->metrics[0].unit, BYTES_PER_GIGAINSTRUCTION);
	assert_true(fabs(report->metrics[0].median - 1000e9 / 3066) < 1e-3);
	report_free(report);
}

static void test_verdicts(void **state)
{
	static const struct {
		int64_t more[LAYOUTS];
		enum verdict verdict;
		const char *text;
		int code;
	} cases[] = {
		{{0, 0, 0, 0, 0}, VERDICT_EQUIVALENT, "no difference on all 5 layouts", 0},
		/* 50 of 3066 is 1.6 %: within delta, and said all the same */
		{{50, 50, 50, 50, 50},
		 VERDICT_EQUIVALENT,
		 "+50 instructions (+1.63 %) on all 5 layouts",
		 0},
		{{300, 300, 300, 300, 300},
		 VERDICT_REGRESSED,
		 "+300 instructions (+9.78 %) on all 5 layouts",
		 1},
		{{-300, -310, -300, -300, -300},
		 VERDICT_IMPROVED,
		 "-300 instructions (-9.78 %), from -310 instructions to -300 instructions, on all "
		 "5 layouts",
		 0},
		{{0, 0, 300, 0, 0},
		 VERDICT_INCONCLUSIVE,
		 "0 instructions (+0 %), from 0 instructions to +300 instructions, on 1 of 5 "
		 "layouts",
		 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lab b = dearer(cases[i].more);
		struct report *report = compare(&base, &b);

		assert_exact(report, cases[i].verdict, cases[i].text, cases[i].code);
		assert_int_equal(!report->comparisons[0].why,
				 cases[i].verdict != VERDICT_INCONCLUSIVE);
		report_free(report);
	}
}

/* More instructions for the same work is a lower rate, and that is worse. */
static void test_rates(void **state)
{
	static const int64_t more[LAYOUTS] = {300, 300, 300, 300, 300};
	struct lab a = base, b = dearer(more);
	struct report *report;

	(void)state;
	a.unit = b.unit = BYTES_PER_SECOND;
	report = compare(&a, &b);
	assert_int_equal(report->comparisons[0].verdict, VERDICT_REGRESSED);
	assert_true(report->comparisons[0].exact.most_share < -0.03);
	report_free(report);
}

/* Swapping the sides turns the difference round; whatever the seeds' order. */
static void test_mirrored(void **state)
{
	struct random random;

	(void)state;
	random_seed(&random, 3);
	for (int i = 0; i < 30; i++) {
		struct exact_difference d;
		struct report *report;
		int64_t more[LAYOUTS];
		struct lab b;

		for (size_t k = 0; k < LAYOUTS; k++)
			more[k] = (int64_t)random_below(&random, 400) - 200;
		b = dearer(more);
		report = compare(&base, &b);
		d = report->comparisons[0].exact;
		assert_int_equal(d.layouts, LAYOUTS);
		assert_true(d.least <= d.median && d.median <= d.most);
		report_free(report);
		report = compare(&b, &base);
		assert_true(report->comparisons[0].exact.median == -d.median);
		assert_true(report->comparisons[0].exact.least == -d.most);
		assert_int_equal(report->comparisons[0].exact.differing, d.differing);
		report_free(report);
	}
}

/* Only equal seeds are pairs: a shifted list pairs what is common, and nothing else. */
static void test_seeds(void **state)
{
	static const int64_t more[LAYOUTS] = {0, 0, 0, 0, 0};
	struct lab b = dearer(more);
	struct report *report;

	(void)state;
	/* Seeds 1 to 4 of the base are 0 to 3 here, with the same costs. */
	b.first_seed++;
	memmove(b.instructions, b.instructions + 1, 4 * sizeof(b.instructions[0]));
	report = compare(&base, &b);
	assert_exact(report, VERDICT_EQUIVALENT, "no difference on all 4 layouts", 0);
	assert_int_equal(report->comparisons[0].exact.unmatched, 2);
	report_free(report);

	b.first_seed = 1;
	report = compare(&base, &b);
	assert_false(report_is_compared(&report->comparisons[0]));
	assert_non_null(strstr(report->comparisons[0].why, "--seed"));
	assert_int_equal(report_exit_code(report, 0), 0);
	assert_int_equal(report_exit_code(report, 1), 3);
	report_free(report);

	b = dearer(more);
	b.trials = 1;
	report = compare(&base, &b);
	assert_exact(report, VERDICT_INCONCLUSIVE, "no difference on the only layout", 0);
	assert_non_null(strstr(report->comparisons[0].why, "one memory layout"));
	report_free(report);
}

static void test_refused(void **state)
{
	static const enum execution others[] = {EXECUTION_HARDWARE, EXECUTION_EMULATED,
						EXECUTION_INTERPRETED};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct lab b = base;
		struct report *report;

		b.uuid = "u-b";
		b.execution = others[i];
		report = compare(&base, &b);
		assert_false(report_is_compared(&report->comparisons[0]));
		assert_non_null(strstr(report->comparisons[0].why, "never compared"));
		assert_true(isnan(report->comparisons[0].test.ratio));
		report_free(report);
	}
}

static void test_facts(void **state)
{
	static const int64_t more[LAYOUTS] = {50, 50, 50, 50, 50};
	struct lab b = dearer(more);
	struct report *report;

	(void)state;
	b.kernel = "6.1.0-19";
	report = compare(&base, &b);
	assert_int_equal(report->difference_count, 1);
	assert_string_equal(report->differences[0].name, "kernel.release");
	assert_string_equal(report->differences[0].base_value, "6.1.0-18");
	assert_string_equal(report->differences[0].other_value, "6.1.0-19");
	report_free(report);
}

static char *print(const char *format, const struct report *r)
{
	const struct format *f = registry_find(REGISTRY(formats), format);
	static char *text; /* static: GCC 12 takes it for a dangling pointer otherwise */
	static size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(f);
	assert_non_null(out);
	assert_int_equal(f->print(r, out), 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(strlen(text), size);
	return text;
}

/* Is there a figure in a unit of time: digits, perhaps a space, and ns, us, ms or a bare s? */
static const char *find_time(const char *text)
{
	static const char *const units[] = {"ns", "\xc2\xb5s", "ms", "ps", "s"};

	for (const char *s = text; *s; s++) {
		const char *after = s + 1;

		if (*s < '0' || *s > '9')
			continue;
		after += *after == ' ';
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			size_t n = strlen(units[i]);

			if (!strncmp(after, units[i], n) && !(after[n] == '-' || after[n] == '_' ||
							      isalnum((unsigned char)after[n])))
				return s;
		}
	}
	return NULL;
}

static void check_units(const char *format, const char *text)
{
	/* A style sheet has lengths and ratios; the page begins after it. */
	const char *body = !strcmp(format, "html") ? strstr(text, "</style>") : text;
	const char *time = find_time(body);
	bool tables = strcmp(format, "brief") && strcmp(format, "json") && strcmp(format, "csv");

	if (time)
		print_error("%s: %.60s\n", format, time);
	assert_null(time);
	assert_null(strstr(body, "nanosecond"));
	assert_null(strstr(body, "\"ns\""));
	assert_non_null(strstr(body, "instructions"));
	if (tables)
		assert_non_null(strstr(body, "+50 instructions (+1.63 %) on all 5 layouts"));
	if (strcmp(format, "brief") && strcmp(format, "tap") && !strstr(body, "kernel.release"))
		fail_msg("%s says nothing of the kernel", format);
}

static void test_unit_in_every_format(void **state)
{
	static const char *const formats[] = {"text", "md", "csv", "json", "tap", "html", "brief"};
	static const int64_t more[LAYOUTS] = {50, 50, 50, 50, 50};
	struct lab b = dearer(more);
	struct report *report;

	(void)state;
	assert_non_null(find_time("x 12 ns,"));
	assert_non_null(find_time("3.1 ms"));
	assert_null(find_time("12 nsx 5 layouts"));
	b.kernel = "6.1.0-19";
	report = compare(&base, &b);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char *text = print(formats[i], report);

		check_units(formats[i], text);
		free(text);
	}
	report_free(report);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_figures), cmocka_unit_test(test_verdicts),
		cmocka_unit_test(test_rates),	cmocka_unit_test(test_mirrored),
		cmocka_unit_test(test_seeds),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_facts),	cmocka_unit_test(test_unit_in_every_format),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, sample_files_begin, sample_files_end);
}
