/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan decides by: what it means, what is wrong with it and where, and how it is stored. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <unistd.h>

#include "harness/plan_internal.h"
#include "tests/unit/sample_result.h"

struct named {
	const char *name;
};

static const struct named items[] = {
	{"kvm"},      {"native"},	       /* platforms */
	{"exit_pio"}, {"mem_copy"},	       /* benches */
	{"hang"},     {"spin"},		       /* faults */
	{"restart"},  {"exits"},    {"memory"} /* a recovery, groups */
};
static const void *const entries[] = {&items[0], &items[1], &items[2], &items[3], &items[4],
				      &items[5], &items[6], &items[7], &items[8]};
static int unit_of(const char *bench)
{
	return !strcmp(bench, "exit_pio") ? NANOSECONDS : BYTES_PER_SECOND;
}

static const struct plan_names names = {
	.unit_of = unit_of,
	.platforms = {entries, 2},
	.benches = {entries + 2, 2},
	.faults = {entries + 4, 2},
	.recoveries = {entries + 6, 1},
	.groups = {entries + 7, 2},
};
static char error[512];

#define HEAD "benches:\n- match: all\n" /* two lines */

static struct plan *parse(const char *text)
{
	error[0] = '\0';
	return plan_parse(text, strlen(text), "p.yaml", &names, error, sizeof(error));
}

static const char whole[] = HEAD "gate: [\"exit_*\", mem_copy/kvm]\n"
				 "limits:\n"
				 "- match: exit_pio\n"
				 "  platform: [kvm, native]\n"
				 "  figure: p99\n"
				 "  at_most: 2.5us\n"
				 "- match: mem_*\n"
				 "  at_least: 10GB/s\n"
				 "  at_most: 20GB/s\n"
				 "  execution: any\n"
				 "- {match: all, figure: native-ratio, at_most: 120%}\n"
				 "- {match: hang+restart, figure: time-to-recover, quantile: 90%, "
				 "at_most: 2s}\n"
				 "- {match: spin, figure: recovered, at_least: 95%}\n"
				 "require:\n"
				 "- exit_pio/kvm\n"
				 "- {match: [hang, \"mem_*\"], trials: 20, platform: kvm}\n"
				 "weights: {exits: 2, \"mem_*\": 0.5}\n"
				 "reference: native\n";

static void check_whole(const struct plan *p)
{
	const struct plan_criterion *c = p->criteria;

	assert_int_equal(p->criterion_count, 11);
	for (size_t i = 0; i < p->criterion_count; i++, c++) {
		if (c->kind == CRITERION_GATE)
			assert_int_equal(c->match.count, 2);
		if (c->kind != CRITERION_LIMIT)
			continue;
		if (c->figure == LIMIT_P99) {
			assert_true(c->high == 2500 && isnan(c->low) && c->unit == NANOSECONDS);
			assert_true(c->platforms.count == 2 && c->execution == EXECUTION_HARDWARE);
		} else if (c->figure == LIMIT_MEDIAN) {
			assert_true(c->low == 1e10 && c->high == 2e10 && c->execution == -1);
			assert_int_equal(c->unit, BYTES_PER_SECOND);
		} else if (c->figure == LIMIT_NATIVE_RATIO) {
			assert_true(c->high == 1.2 && c->unit == -1);
		} else if (c->figure == LIMIT_TIME_TO_RECOVER) {
			assert_true(c->quantile == 0.9 && c->high == 2e9);
		} else {
			assert_true(c->figure == LIMIT_RECOVERED && c->low == 0.95);
		}
	}
}

static void everything_is_read_and_reads_back(void **state)
{
	struct plan *p = parse(whole), *again;
	char *text, *text_again;

	(void)state;
	if (!p)
		fail_msg("%s", error);
	check_whole(p);
	text = plan_text(p);
	again = parse(text);
	if (!again)
		fail_msg("%s: %s", error, text);
	check_whole(again);
	text_again = plan_text(again);
	assert_string_equal(text, text_again);
	free(text);
	free(text_again);
	plan_free(p);
	plan_free(again);
}

static void defaults(void **state)
{
	struct plan *p = parse(HEAD "limits:\n- {match: hang, figure: downtime, at_most: 1s}\n"
				    "require: all\n");

	(void)state;
	if (!p)
		fail_msg("%s", error);
	assert_true(p->criteria[0].quantile == 0.5); /* the median */
	assert_int_equal(p->criteria[1].trials, 6);
	assert_int_equal(p->criteria[1].execution, EXECUTION_HARDWARE);
	plan_free(p);
}

static void a_row_is_stored_for_each_glob(void **state)
{
	char path[] = "/tmp/vq-plan-criteria.XXXXXX";
	const struct result_criterion *c;
	struct plan *p = parse(whole);
	struct result *r;
	size_t n;
	int fd = mkstemp(path);

	(void)state;
	assert_non_null(p);
	close(fd);
	r = sample_create(path);
	sample_must(r, plan_store_criteria(p, r, sample_run(r, "stored", "1")));
	result_close(r);
	r = result_open(path);
	assert_non_null(r);
	assert_int_equal(result_criteria(r, &c, &n), 0);
	assert_int_equal(n, 2 + 2 + 1 + 1 + 1 + 1 + 1 + 2 + 2 + 1);
	assert_string_equal(c[1].what, "mem_copy");
	assert_string_equal(c[1].platform, "kvm");
	assert_null(c[0].platform);
	assert_true(c[2].entry == 0 && c[3].entry == 0 && c[4].entry == 1);
	assert_string_equal(c[3].platform, "native");
	assert_string_equal(c[5].what, "*"); /* all */
	assert_string_equal(c[6].what, "hang+restart");
	assert_true(c[8].kind == CRITERION_REQUIRE && c[8].entry == 0 && c[8].trials == 6);
	assert_true(c[10].kind == CRITERION_REQUIRE && c[10].entry == 1 && c[10].trials == 20);
	assert_true(c[12].kind == CRITERION_WEIGHT && c[12].weight == 0.5);
	assert_string_equal(c[13].what, "native");
	result_close(r);
	plan_free(p);
	unlink(path);
}

static const struct {
	const char *text, *where, *what;
} wrongs[] = {
	{"gate: exit_poi\n", "p.yaml:3: ", "did you mean \"exit_pio\"?"},
	{"gate: hang\n", "p.yaml:3: ", "nothing matches \"hang\""}, /* faults are not compared */
	{"gate: []\n", "p.yaml:3: ", "empty list"},
	{"gate: none\n", "p.yaml:3: ", "no glob over names"},
	{"gate: exit_pio/kvn\n", "p.yaml:3: ", "did you mean \"kvm\"?"},
	{"gate: exit_pio/\n", "p.yaml:3: ", "NAME/PLATFORM"},
	{"gate: a/b/c\n", "p.yaml:3: ", "NAME/PLATFORM"},
	{"gates: exit_pio\n", "p.yaml:3: ", "did you mean \"gate\"?"},
	{"limits: exit_pio\n", "p.yaml:3: ", "write a list"},
	{"limits:\n- {match: exit_pio}\n", "p.yaml:4: ", "limits nothing"},
	{"limits:\n- {at_most: 2us}\n", "p.yaml:4: ", "add match:"},
	{"limits:\n- {match: exit_pio, at_most: 2}\n", "p.yaml:4: ", "median takes a time"},
	{"limits:\n- {match: exit_pio, at_most: 2 us}\n", "p.yaml:4: ", "no value with a unit"},
	{"limits:\n- {match: exit_pio, at_most: -2us}\n", "p.yaml:4: ", "no value with a unit"},
	{"limits:\n- {match: exit_pio, at_most: 9999999999999s}\n", "p.yaml:4: ", "no value"},
	{"limits:\n- {match: exit_pio, at_most: 2GB/s}\n", "p.yaml:4: ", "measured in ns"},
	{"limits:\n- {match: [exit_pio/kvm], at_least: 2Mop/s}\n", "p.yaml:4: ", "never fail"},
	{"limits:\n- {match: mem_*, figure: p99, at_most: 2us}\n", "p.yaml:4: ", "measured in B/s"},
	{"limits:\n- match: exit_pio\n  at_least: 3us\n  at_most: 2us\n",
	 "p.yaml:5: ", "nothing lies between"},
	{"limits:\n- match: exit_pio\n  at_least: 3us\n  at_most: 2GB/s\n",
	 "p.yaml:5: ", "nothing lies between"},
	{"limits:\n- match: exit_pio\n  figure: p90\n  at_most: 2us\n", "p.yaml:5: ", "\"p99\"?"},
	{"limits:\n- {match: hang, at_most: 2s}\n", "p.yaml:4: ", "nothing matches \"hang\""},
	{"limits:\n- {match: exit_pio, figure: repair, at_most: 2s}\n",
	 "p.yaml:4: ", "nothing matches \"exit_pio\""},
	{"limits:\n- {match: hang+restrat, figure: repair, at_most: 2s}\n",
	 "p.yaml:4: ", "nothing matches \"hang+restrat\""},
	{"limits:\n- {match: hang, figure: repair, at_most: 2x}\n", "p.yaml:4: ", "takes a time"},
	{"limits:\n- {match: hang, figure: repair, at_least: 2s}\n", "p.yaml:4: ", "at_most:"},
	{"limits:\n- {match: hang, figure: recovered, at_least: 2s}\n",
	 "p.yaml:4: ", "a ratio or a share"},
	{"limits:\n- {match: exit_pio, quantile: 90%, at_most: 2us}\n", "p.yaml:4: ", "has none"},
	{"limits:\n- {match: hang, figure: repair, quantile: 100%, at_most: 2s}\n",
	 "p.yaml:4: ", "1% to 99.9%"},
	{"limits:\n- {match: exit_pio, execution: hard, at_most: 2us}\n",
	 "p.yaml:4: ", "write hardware"},
	{"limits:\n- {match: exit_pio, atmost: 2us}\n", "p.yaml:4: ", "did you mean \"at_most\"?"},
	{"require:\n- exit_pi\n", "p.yaml:4: ", "did you mean \"exit_pio\"?"},
	{"require:\n- trials: 3\n", "p.yaml:4: ", "requires nothing"},
	{"require:\n- {match: hang, trials: 0}\n", "p.yaml:4: ", "from 1 to"},
	{"weights: 3\nreference: kvm\n", "p.yaml:3: ", "{exits: 2}"},
	{"weights: {exist: 3}\nreference: kvm\n", "p.yaml:3: ", "did you mean \"exits\"?"},
	{"weights: {exits: 0}\nreference: kvm\n", "p.yaml:3: ", "0.001 to 1000000"},
	{"weights: {exits: many}\nreference: kvm\n", "p.yaml:3: ", "\"many\""},
	{"weights:\n  exits: 1\n  exits: 2\nreference: kvm\n", "p.yaml:5: ", "twice"},
	{"weights: {exits: 1}\n", "p.yaml:1: ", "add reference:"},
	{"reference: kvm\n", "p.yaml:3: ", "goes with weights:"},
	{"weights: {exits: 1}\nreference: \"k*\"\n", "p.yaml:4: ", "one platform"},
	{"weights: {exits: 1}\nreference: kvn\n", "p.yaml:4: ", "did you mean \"kvm\"?"},
};

static void what_is_wrong_has_its_line(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		struct plan *p;

		snprintf(text, sizeof(text), HEAD "%s", wrongs[i].text);
		p = parse(text);
		if (p)
			fail_msg("accepted:\n%s", text);
		if (strncmp(error, wrongs[i].where, strlen(wrongs[i].where)) != 0 ||
		    !strstr(error, wrongs[i].what))
			fail_msg("%s\nis said of:\n%s", error, text);
	}
}

static void amounts(void **state)
{
	static const struct {
		const char *text;
		double value;
		int unit;
	} good[] = {
		{"2us", 2000, NANOSECONDS},
		{"1.5min", 90e9, NANOSECONDS},
		{"10GB/s", 1e10, BYTES_PER_SECOND},
		{"1KiB/s", 1024, BYTES_PER_SECOND},
		{"5Mop/s", 5e6, OPERATIONS_PER_SECOND},
		{"900instructions", 900, INSTRUCTIONS},
		{"95%", 0.95, -1},
		{"1.2x", 1.2, -1},
		{"0ns", 0, NANOSECONDS},
	};
	static const char *const bad[] = {"",	 "us",	  "2 us", "2uss", "1e3ns", "-1ns",
					  "2Us", "2Gb/s", "nan",  "inf",  "2x%"};
	double value;
	int unit;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(plan_amount(good[i].text, &value, &unit), 0);
		assert_true(value == good[i].value && unit == good[i].unit);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (!plan_amount(bad[i], &value, &unit))
			fail_msg("\"%s\" passed", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_is_read_and_reads_back),
		cmocka_unit_test(defaults),
		cmocka_unit_test(a_row_is_stored_for_each_glob),
		cmocka_unit_test(what_is_wrong_has_its_line),
		cmocka_unit_test(amounts),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
