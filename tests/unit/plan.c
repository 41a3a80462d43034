/* SPDX-License-Identifier: Apache-2.0 */
/* Plans: what they mean, what is wrong with them and in which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/core/words.h"
#include "harness/plan.h"
#include "harness/plan_internal.h"

/* Names as a build would register them: whatever begins with a name is a descriptor. */
struct named {
	const char *name;
};

static const struct named items[] = {
	{"kvm"},	{"native"},    {"qemu-kvm"}, /* platforms: 0 to 2 */
	{"exit_cpuid"}, {"exit_mmio"}, {"exit_pio"}, /* benches: 3 to 8 */
	{"life_start"}, {"mem_copy"},  {"switch_process"},
	{"deadlock"},	{"hang"},      {"triple_fault"}, /* faults: 9 to 11 */
	{"restart"},	{"snapshot"},			 /* recoveries: 12, 13 */
};

static const void *entries[sizeof(items) / sizeof(items[0])];
static struct plan_names names;
static const struct plan_names no_names;
static char error[512];

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		entries[i] = &items[i];
	names.platforms = (struct registry){entries, 3};
	names.benches = (struct registry){entries + 3, 6};
	names.faults = (struct registry){entries + 9, 3};
	names.recoveries = (struct registry){entries + 12, 2};
	return 0;
}

static struct plan *parse(const char *text)
{
	error[0] = '\0';
	return plan_parse(text, strlen(text), "p.yaml", &names, error, sizeof(error));
}

static struct plan *must_parse(const char *text)
{
	struct plan *p = parse(text);

	if (!p)
		fail_msg("%s", error);
	return p;
}

static const char whole[] = "plan: a whole one\n"
			    "seed: 7\n"
			    "delta: 2.5%\n"
			    "platforms: [native, \"qemu-*\"]\n"
			    "at_most:\n"
			    "  - match: qemu-kvm\n"
			    "    benches: 5\n"
			    "  - match: [\"qemu-*\", kvm]\n"
			    "    benches: 7\n"
			    "    faults: 2\n"
			    "    skip_benches: mem_*\n"
			    "    skip_faults: [hang+restart]\n"
			    "variants:\n"
			    "  base:\n"
			    "  slow-1: {plant: 5%, kvm.halt_poll_ns: \"0\"}\n"
			    "benches:\n"
			    "  - match: \"exit_*\"\n"
			    "    trials: 12\n"
			    "    batches: 4\n"
			    "    samples: 100\n"
			    "    placement: [same-cache, any]\n"
			    "  - match: [switch_*, mem_*]\n"
			    "    trials: 10\n"
			    "faults:\n"
			    "  - match: \"*\"\n"
			    "    recoveries: [restart, snapshot]\n"
			    "    trials: 6\n"
			    "    horizon: 1.5s\n";

static void check_whole(const struct plan *p)
{
	assert_string_equal(p->name, "a whole one");
	assert_true(p->seed == 7 && p->seed_given);
	assert_true(p->delta == 0.025);
	assert_int_equal(p->platforms.count, 2);
	assert_string_equal(p->platforms.glob[1], "qemu-*");
	assert_int_equal(p->limit_count, 2);
	assert_int_equal(p->limits[0].benches, 5);
	assert_int_equal(p->limits[0].faults, 0);
	assert_int_equal(p->limits[1].match.count, 2);
	assert_int_equal(p->variants.count, 2);
	assert_string_equal(p->variants.variant[0].name, "base");
	assert_int_equal(p->variants.variant[0].count, 0);
	assert_int_equal(p->variants.variant[1].count, 2);
	assert_string_equal(variant_value(&p->variants.variant[1], "plant"), "5%");
	assert_null(variant_value(&p->variants.variant[0], "plant"));
	assert_int_equal(p->bench_count, 2);
	assert_int_equal(p->benches[0].trials, 12);
	assert_int_equal(p->benches[0].batches, 4);
	assert_int_equal(p->benches[0].samples, 100);
	assert_int_equal(p->benches[0].placements,
			 1u << PLACEMENT_ANY | 1u << PLACEMENT_SAME_CACHE);
	assert_int_equal(p->benches[1].placements, 0);
	assert_int_equal(p->benches[1].match.count, 2);
	assert_int_equal(p->benches[1].batches, 0);
	assert_int_equal(p->fault_count, 1);
	assert_int_equal(p->faults[0].recoveries.count, 2);
	assert_int_equal(p->faults[0].trials, 6);
	assert_true(p->faults[0].horizon_ns == 1500000000);
}

static void test_everything_is_read(void **state)
{
	struct plan *p = must_parse(whole);

	(void)state;
	check_whole(p);
	assert_string_equal(p->file, "p.yaml");
	assert_int_equal(p->variants.variant[1].line, 15);
	assert_int_equal(p->benches[0].line, 17);
	assert_int_equal(p->benches[1].line, 22);
	assert_int_equal(p->faults[0].line, 25);
	plan_free(p);
}

static void test_defaults(void **state)
{
	struct plan *p = must_parse("benches:\n- match: all\nfaults:\n- match: hang\n");

	(void)state;
	assert_string_equal(p->name, "p"); /* after its file */
	assert_false(p->seed_given);
	assert_true(p->delta == 0.03);
	assert_true(plan_globs_match(&p->platforms, "native"));
	assert_int_equal(p->benches[0].trials, 20);
	assert_int_equal(p->faults[0].trials, 20);
	assert_true(p->faults[0].horizon_ns == 0);
	assert_true(plan_globs_match(&p->faults[0].recoveries, "snapshot"));
	plan_free(p);
}

static void test_anchors_work(void **state)
{
	struct plan *p = must_parse("benches:\n"
				    "  - match: &these [exit_pio, mem_copy]\n"
				    "    trials: &n 5\n"
				    "  - match: all\n"
				    "    trials: *n\n"
				    "faults:\n"
				    "  - match: hang\n");

	(void)state;
	assert_int_equal(p->benches[1].trials, 5);
	plan_free(p);
}

static void test_first_entry_governs(void **state)
{
	struct plan *p = must_parse(
		"benches:\n- {match: exit_pio, trials: 3}\n- {match: 'exit_*', trials: 4}\n");

	(void)state;
	assert_int_equal(plan_find_bench(p, "exit_pio")->trials, 3);
	assert_int_equal(plan_find_bench(p, "exit_cpuid")->trials, 4);
	assert_null(plan_find_bench(p, "mem_copy"));
	assert_null(plan_find_fault(p, "hang"));
	plan_free(p);
}

static int narrow(struct plan *p, char *platform, char *bench, char *fault)
{
	error[0] = '\0';
	return plan_narrow(p, &platform, platform != NULL, &bench, bench != NULL, &fault,
			   fault != NULL, &names, error, sizeof(error));
}

static void test_first_limit_holds(void **state)
{
	struct plan *p = must_parse(whole);

	(void)state;
	assert_int_equal(plan_bench_trials(p, "native", 100), 100);
	assert_int_equal(plan_bench_trials(p, "qemu-kvm", 100), 5);
	assert_int_equal(plan_bench_trials(p, "qemu-kvm", 3), 3);
	assert_int_equal(plan_fault_trials(p, "qemu-kvm", 100), 100);
	assert_int_equal(plan_bench_trials(p, "qemu-tcg", 100), 7);
	assert_int_equal(plan_fault_trials(p, "kvm", 100), 2);
	plan_free(p);
}

static void test_what_a_limit_skips(void **state)
{
	struct plan *p = must_parse(whole);
	char why[128] = "", hang[] = "hang", copy[] = "mem_copy";

	(void)state;
	assert_true(plan_skips_bench(p, "kvm", "mem_copy", why, sizeof(why)));
	assert_non_null(strstr(why, "\"a whole one\" leaves it out"));
	assert_false(plan_skips_bench(p, "kvm", "exit_pio", why, sizeof(why)));
	assert_false(plan_skips_bench(p, "qemu-kvm", "mem_copy", why, sizeof(why)));
	assert_false(plan_skips_bench(p, "native", "mem_copy", why, sizeof(why)));
	assert_true(plan_skips_fault(p, "kvm", "hang", "restart", why, sizeof(why)));
	assert_false(plan_skips_fault(p, "kvm", "hang", "snapshot", why, sizeof(why)));
	/* What the command line asks for is run, and nothing else is. */
	assert_int_equal(narrow(p, NULL, copy, NULL), 0);
	assert_false(plan_skips_bench(p, "kvm", "mem_copy", why, sizeof(why)));
	assert_true(plan_skips_fault(p, "kvm", "hang", "restart", why, sizeof(why)));
	assert_int_equal(narrow(p, NULL, NULL, hang), 0);
	assert_false(plan_skips_fault(p, "kvm", "hang", "restart", why, sizeof(why)));
	plan_free(p);
}

static void test_a_fault_is_skipped_with_all_its_recoveries(void **state)
{
	struct plan *p = must_parse("at_most:\n- {match: kvm, skip_faults: h*g}\n"
				    "faults:\n- match: all\n");
	char why[128];

	(void)state;
	assert_true(plan_skips_fault(p, "kvm", "hang", "restart", why, sizeof(why)));
	assert_true(plan_skips_fault(p, "kvm", "hang", "snapshot", why, sizeof(why)));
	assert_false(plan_skips_fault(p, "kvm", "deadlock", "restart", why, sizeof(why)));
	assert_int_equal(plan_fault_trials(p, "kvm", 7), 7);
	plan_free(p);
}

static void test_text_reads_back(void **state)
{
	struct plan *p = must_parse(whole), *again;
	char *text = plan_text(p), *text_again;

	(void)state;
	assert_non_null(text);
	again = must_parse(text);
	check_whole(again);
	text_again = plan_text(again);
	assert_string_equal(text, text_again);
	free(text);
	free(text_again);
	plan_free(p);
	plan_free(again);
}

static void test_globs_match(void **state)
{
	char *all[] = {"all"}, *none[] = {"none"}, *two[] = {"mem_*", "exit_[cp]*"};

	(void)state;
	assert_true(plan_globs_match(&(struct plan_globs){all, 1}, "anything"));
	assert_false(plan_globs_match(&(struct plan_globs){none, 1}, "none"));
	assert_true(plan_globs_match(&(struct plan_globs){two, 2}, "exit_pio"));
	assert_false(plan_globs_match(&(struct plan_globs){two, 2}, "exit_mmio"));
	assert_false(plan_globs_match(&(struct plan_globs){NULL, 0}, "x"));
}

static void test_values(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} durations[] = {
		{"20ms", 20000000}, {"2s", 2000000000},	     {"1h", 3600000000000u},
		{"500us", 500000},  {"1.5s", 1500000000},    {"0.25ms", 250000},
		{"7ns", 7},	    {"2min", 120000000000u}, {"0s", 0},
	};
	static const char *const bad[] = {"",	    "2",  "s",	  "2 s",   "-2s",
					  "+2s",    "2S", "1e3s", ".5s",   "5.s",
					  "1.2.3s", "2m", "2ss",  "0x10s", "1234567890123456s"};
	uint64_t ns = 1, n;
	double share;

	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		assert_int_equal(plan_duration(durations[i].text, &ns), 0);
		assert_true(ns == durations[i].ns);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!plan_duration(bad[i], &ns))
			fail_msg("\"%s\" passed for a duration", bad[i]);
	}
	assert_true(!plan_share("3%", &share) && share == 0.03);
	assert_true(!plan_share("0.03", &share) && share == 0.03);
	assert_true(!plan_share("12.5%", &share) && share == 0.125);
	assert_true(plan_share("3%%", &share) && plan_share("%", &share) &&
		    plan_share("x", &share));
	assert_true(!plan_count("18446744073709551615", &n) && n == UINT64_MAX);
	assert_true(plan_count("18446744073709551616", &n) && plan_count("", &n) &&
		    plan_count("-1", &n) && plan_count("1.0", &n));
}

/* ---- What is wrong, and where ---- */

struct wrong {
	const char *text;
	const char *where; /* how the error begins */
	const char *what;  /* and what it says somewhere */
};

static const struct wrong wrongs[] = {
	/* Not YAML, or not one plan. */
	{"", "p.yaml:1: ", "empty"},
	{"# only a remark\n", "p.yaml:1: ", "empty"},
	{"benches: [\n", "p.yaml:2: ", "not YAML"},
	{"plan: x\n\tdelta: 3%\n", "p.yaml:2: ", "indent with spaces"},
	{"plan: x\ndelta: %3\n", "p.yaml:2: ", "quote values"},
	{"benches:\n- match: *\n", "p.yaml:2: ", "in quotes"},
	{"benches:\n- match: *_pio\n", "p.yaml:2: ", "in quotes"},
	{"plan: x\nplan2: \x01\n", "p.yaml:2: ", "control characters"},
	{"plan: x\n\n# \xff\n", "p.yaml:3: ", "UTF-8"},
	{"benches:\n- match: all\n---\nplan: b\n", "p.yaml:3: ", "second document"},
	{"benches: &a [*a]\n", "p.yaml:1: ", "an entry of benches holds a list"},
	{"&a {benches: [{match: *a}]}\n", "p.yaml:1: ", "match holds a mapping"},
	{"plan:\n- [[[[[[[[1]]]]]]]]\n", "p.yaml:2: ", "nested more than 8"},
	{"- a\n- b\n", "p.yaml:1: ", "the plan holds a list"},
	{"---\n", "p.yaml:2: ", "the plan holds nothing"},
	/* Keys. */
	{"plan: x\nbenchs:\n- match: all\n", "p.yaml:2: ", "did you mean \"benches\"?"},
	{"plan: x\nzzz: 1\n", "p.yaml:2: ",
	 "the keys are plan, seed, delta, platforms, at_most, variants, benches, faults"},
	{"benches:\n- match: all\n  trails: 3\n", "p.yaml:3: ", "did you mean \"trials\"?"},
	{"benches:\n- match: all\n  horizon: 3s\n",
	 "p.yaml:3: ", "the keys are match, trials, batches, samples, placement"},
	{"benches:\n- match: all\n  placement: same-cores\n",
	 "p.yaml:3: ", "\"same-cores\" is none; write any, same-core"},
	{"benches:\n- match: all\n  placement: [any, any]\n", "p.yaml:3: ", "\"any\" twice"},
	{"benches:\n- match: all\n  placement: []\n", "p.yaml:3: ", "empty list"},
	{"benches:\n- match: all\n  placement: {a: b}\n", "p.yaml:3: ", "a mapping"},
	{"plan: x\nseed: 1\nplan: y\n", "p.yaml:3: ", "twice, first in line 1"},
	{"benches:\n- trials: 1\n  match: all\n  trials: 1\n", "p.yaml:4: ", "twice"},
	{"? [a]\n: b\n", "p.yaml:1: ", "a list for a key"},
	{"\"plan\\0\": x\n", "p.yaml:1: ", "no key"},
	/* Variants. */
	{"variants: [a]\n", "p.yaml:1: ", "no mapping"},
	{"variants:\n  a: 5\n", "p.yaml:2: ", "holds no settings"},
	{"variants:\n  a b: {}\n", "p.yaml:2: ", "no name of a variant"},
	{"variants:\n  a:\n  a:\n", "p.yaml:3: ", "two variants \"a\""},
	{"variants:\n  [a]: {}\n", "p.yaml:2: ", "is no word"},
	{"variants:\n  a: {plant: [5%]}\n", "p.yaml:2: ", "write KEY: VALUE"},
	{"variants:\n  a:\n    plant:\n", "p.yaml:3: ", "plant has no value"},
	{"variants:\n  a:\n    x: 1\n    x: 2\n", "p.yaml:4: ", "x twice"},
	{"variants:\n  a: {\"x y\": 1}\n", "p.yaml:2: ", "\"x y\" is no key"},
	{"variants:\n  a: {x: \"1,2\"}\n", "p.yaml:2: ", "without commas"},
	/* Shapes. */
	{"at_most:\n- match: kvm\nbenches:\n- match: all\n", "p.yaml:2: ", "limits nothing"},
	{"at_most:\n- benches: 2\nbenches:\n- match: all\n", "p.yaml:2: ", "limits nothing"},
	{"at_most: 3\n", "p.yaml:1: ", "write a list"},
	{"at_most:\n- {match: kvm, skip_benches: []}\n", "p.yaml:2: ", "empty list"},
	{"at_most:\n- {match: kvm, skip_benches: mem_cop}\n", "p.yaml:2: ", "\"mem_copy\"?"},
	{"at_most:\n- {match: kvm, skip_faults: hang+restrat}\n", "p.yaml:2: ", "nothing matches"},
	{"at_most:\n- {match: kvm, skip_faults: hang/kvm}\n", "p.yaml:2: ", "no glob over names"},
	{"at_most:\n- {match: kvm, benches: 0}\n", "p.yaml:2: ", "from 1 to 100000"},
	{"at_most:\n- {match: kvn, benches: 1}\n", "p.yaml:2: ", "did you mean \"kvm\"?"},
	{"plan: x\nbenches:\n", "p.yaml:2: ", "benches holds nothing"},
	{"plan: x\nbenches: all\n", "p.yaml:2: ", "write a list"},
	{"benches:\n- exit_pio\n", "p.yaml:2: ", "match: VALUE"},
	{"benches:\n\n- trials: 3\n", "p.yaml:3: ", "matches nothing; add match:"},
	{"benches:\n- match: []\n", "p.yaml:2: ", "empty list"},
	{"benches:\n- match:\n  - exit_pio\n  - [mem_copy]\n", "p.yaml:4: ", "match holds a list"},
	{"plan: x\n", "p.yaml:1: ", "nothing to run"},
	{"plan: x\nbenches: []\n", "p.yaml:1: ", "nothing to run"},
	{"plan: [x]\n", "p.yaml:1: ", "plan holds a list"},
	{"plan: \"a\\nb\"\n", "p.yaml:1: ", "\"a?b\" is no name"},
	{"plan: \"a\\0b\"\n", "p.yaml:1: ", "NUL"},
	/* Numbers. */
	{"seed: -1\n", "p.yaml:1: ", "seed: \"-1\""},
	{"seed: 18446744073709551616\n", "p.yaml:1: ", "out of range"},
	{"benches:\n- match: all\n  trials: 0\n", "p.yaml:3: ", "from 1 to 100000"},
	{"benches:\n- match: all\n  trials: 100001\n", "p.yaml:3: ", "from 1 to 100000"},
	{"benches:\n- match: all\n  trials: 4294967297\n", "p.yaml:3: ", "out of range"},
	{"benches:\n- match: all\n  trials: few\n", "p.yaml:3: ", "\"few\""},
	{"benches:\n- match: all\n  batches: 1001\n", "p.yaml:3: ", "from 1 to 1000"},
	{"benches:\n- match: all\n  samples: 1000001\n", "p.yaml:3: ", "from 1 to 1000000"},
	{"delta: 3\n", "p.yaml:1: ", "0.01% to 100%"},
	{"delta: 0%\n", "p.yaml:1: ", "out of range"},
	{"delta: nan\n", "p.yaml:1: ", "no share"},
	{"faults:\n- match: all\n  horizon: 2\n", "p.yaml:3: ", "its unit"},
	{"faults:\n- match: all\n  horizon: 9ms\n", "p.yaml:3: ", "10ms to 1h"},
	{"faults:\n- match: all\n  horizon: 61min\n", "p.yaml:3: ", "10ms to 1h"},
	/* Names. */
	{"platforms: [native, kvn]\n", "p.yaml:1: ",
	 "no platform matches \"kvn\"; did you mean "
	 "\"kvm\"?"},
	{"platforms:\n- native\n- xen\n", "p.yaml:3: ", "the platforms are kvm, native, qemu-kvm"},
	{"platforms: none\n", "p.yaml:1: ", "none leaves nothing"},
	{"benches:\n- match: exit_cpuuid\n", "p.yaml:2: ", "did you mean \"exit_cpuid\"?"},
	{"benches:\n- match: \"exot_*\"\n", "p.yaml:2: ", "did you mean \"exit_"},
	{"benches:\n- match: all\n- match: [mem_copy, zz*]\n",
	 "p.yaml:3: ", "no bench matches \"zz*\""},
	{"benches:\n- match: hang\n", "p.yaml:2: ", "no bench matches"},
	{"faults:\n- match: hnag\n", "p.yaml:2: ", "did you mean \"hang\"?"},
	{"faults:\n- match: all\n  recoveries: restrat\n",
	 "p.yaml:3: ", "did you mean \"restart\"?"},
	{"faults:\n- match: all\n  recoveries: [none]\n", "p.yaml:3: ", "none leaves nothing"},
	{"benches:\n- match: a b\n", "p.yaml:2: ", "no glob"},
	{"benches:\n- match: \"*a*a*a*a*a*a*a*a*a\"\n", "p.yaml:2: ", "no glob"},
};

static void test_wrong_plans(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
		const struct wrong *w = &wrongs[i];
		struct plan *p = parse(w->text);

		if (p)
			fail_msg("was read: %s", w->text);
		if (strncmp(error, w->where, strlen(w->where)) || !strstr(error, w->what))
			fail_msg("expected %s…%s, got %s", w->where, w->what, error);
		/* What is wrong; what to do about it. All in one line. */
		if (!strchr(error, ';') || strpbrk(error, "\n\r\t"))
			fail_msg("no advice, or more than a line: %s", error);
	}
}

/* Text made of a head and many copies of a part. */
static struct plan *parse_many(const char *head, const char *part, size_t count, const char *tail)
{
	size_t length = strlen(head) + strlen(part) * count + strlen(tail);
	char *text = malloc(length + 1), *to = text;
	struct plan *p;

	assert_non_null(text);
	to = stpcpy(to, head);
	for (size_t i = 0; i < count; i++)
		to = stpcpy(to, part);
	stpcpy(to, tail);
	p = parse(text);
	free(text);
	return p;
}

static void test_bounds(void **state)
{
	(void)state;
	assert_null(parse_many("plan: ", "x", 1u << 20, "\n"));
	assert_non_null(strstr(error, "larger than 1048576 bytes"));
	assert_null(parse_many("plan: ", "[", 500000, "\n"));
	assert_non_null(strstr(error, "nested more than"));
	assert_null(parse_many("plan: &a x\nbenches: [", "*a,", 300000, "]\n"));
	assert_non_null(strstr(error, "more than 100 aliases"));
	assert_null(parse_many("benches:\n", "- match: all\n", 1001, ""));
	assert_non_null(strstr(error, "more than 1000 entries"));
	assert_null(parse_many("benches:\n- match: [", "all,", 4097, "]\n"));
	assert_non_null(strstr(error, "more than 4096 globs"));
	/* A hundred aliases of a list of a hundred: bounded by what they expand to. */
	assert_null(parse_many("benches:\n- &e {match: [all,all,all,all,all,all,all,all,all,all,"
			       "all,all,all,all,all,all,all,all,all,all,all,all,all,all,all,all,"
			       "all,all,all,all,all,all,all,all,all,all,all,all,all,all,all,all,"
			       "all,all,all]}\n",
			       "- *e\n", 100, ""));
	assert_non_null(strstr(error, "more than 4096 globs"));
}

static void test_variants_of_a_command_line(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "no name"},      {":", "no name"},
		{"a b", "no name"},   {"v", "two variants"},
		{"b:", "no setting"}, {"c:x", "no setting"},
		{"d:=1", "no key"},   {"e:x=1,,y=2", "no setting"},
		{"f:x=", "no value"}, {"g:x=1,x=1", "twice"},
	};
	struct variants all = {0};
	char why[256], *text;

	(void)state;
	assert_int_equal(variants_add_text(&all, "base", why, sizeof(why)), 0);
	assert_int_equal(variants_add_text(&all, "v:plant=5%,kvm.x=a:b=c", why, sizeof(why)), 0);
	assert_int_equal(all.count, 2);
	assert_string_equal(variant_value(&all.variant[1], "plant"), "5%");
	assert_string_equal(variant_value(&all.variant[1], "kvm.x"), "a:b=c");
	assert_null(variant_value(NULL, "plant"));
	text = variant_settings_text(&all.variant[1]);
	assert_string_equal(text, "plant=5%,kvm.x=a:b=c");
	free(text);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!variants_add_text(&all, bad[i].text, why, sizeof(why)))
			fail_msg("\"%s\" passed for a variant", bad[i].text);
		if (!strstr(why, bad[i].why))
			fail_msg("\"%s\": expected %s, got %s", bad[i].text, bad[i].why, why);
	}
	variants_free(&all);
	assert_int_equal(all.count, 0);
}

/* "NAME:ARGUMENT" is one of the platforms, and neither a glob nor a bench. */
static void test_platform_argument(void **state)
{
	static const char text[] = "platforms: [\"kvm:x://*?\"]\nbenches:\n- match: exit_*\n";
	char *const wrong[] = {"xen:///"}, *const right[] = {"native:a"},
		    *const bench[] = {"kvm:a"};
	struct plan *p;

	(void)state;
	p = plan_parse(text, strlen(text), "p.yaml", &names, error, sizeof(error));
	assert_non_null(p);
	assert_true(plan_has_platform(p, "kvm"));
	assert_false(plan_has_platform(p, "native"));
	assert_string_equal(plan_platform_argument(p->platforms.glob[0], "kvm"), "x://*?");
	assert_null(plan_platform_argument("kvm", "kvm"));
	assert_null(plan_platform_argument("kvmx:", "kvm"));
	assert_int_equal(plan_narrow(p, wrong, 1, NULL, 0, NULL, 0, &names, error, sizeof(error)),
			 -1);
	assert_int_equal(plan_narrow(p, NULL, 0, bench, 1, NULL, 0, &names, error, sizeof(error)),
			 -1);
	assert_int_equal(plan_narrow(p, right, 1, NULL, 0, NULL, 0, &names, error, sizeof(error)),
			 0);
	assert_true(plan_has_platform(p, "native"));
	plan_free(p);
}

static void test_without_names_nothing_is_checked(void **state)
{
	static const char text[] = "platforms: vms\nbenches:\n- match: anything\n";
	struct plan *p;

	(void)state;
	p = plan_parse(text, strlen(text), "p.yaml", &no_names, error, sizeof(error));
	assert_non_null(p);
	plan_free(p);
}

static void test_files(void **state)
{
	char path[] = "/tmp/vq-plan-XXXXXX";
	int fd = mkstemp(path);
	struct plan *p;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, whole, strlen(whole)), strlen(whole));
	close(fd);
	p = plan_read(path, &names, error, sizeof(error));
	assert_non_null(p);
	check_whole(p);
	assert_string_equal(p->file, path);
	plan_free(p);
	unlink(path);

	assert_null(plan_read(path, &names, error, sizeof(error)));
	assert_non_null(strstr(error, "No such file"));
	assert_null(plan_read("/tmp", &names, error, sizeof(error)));
	assert_non_null(strstr(error, "directory"));
}

static void test_presets(void **state)
{
	static const char *const presets[] = {"smoke", "ci", "qualify"};
	static const uint32_t bench_trials[] = {8, 40, 200}, fault_trials[] = {6, 20, 100};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct plan *p = plan_preset(presets[i], &names, error, sizeof(error));

		if (!p)
			fail_msg("%s", error);
		assert_string_equal(p->name, presets[i]);
		for (size_t n = 0; n < names.benches.count; n++)
			assert_non_null(plan_find_bench(p, items[3 + n].name));
		assert_int_equal(plan_find_bench(p, "exit_pio")->trials, bench_trials[i]);
		assert_int_equal(plan_find_fault(p, "hang")->trials, fault_trials[i]);
		plan_free(p);
	}
	assert_null(plan_preset("smok", &names, error, sizeof(error)));
	assert_non_null(strstr(error, "did you mean \"smoke\"?"));
	assert_null(plan_preset("everything", &names, error, sizeof(error)));
	assert_non_null(strstr(error, "smoke, ci, qualify"));
}

/* ---- Narrowing ---- */

static void test_narrow_keeps_the_first_entry(void **state)
{
	struct plan *p = must_parse("benches:\n- {match: exit_pio, trials: 3}\n"
				    "- {match: mem_copy, trials: 9}\n"
				    "- {match: \"*\", trials: 4}\nfaults:\n- match: all\n");

	(void)state;
	assert_int_equal(narrow(p, "kvm", "exit_*", "none"), 0);
	assert_int_equal(p->fault_count, 0);
	assert_int_equal(p->bench_count, 2);
	assert_int_equal(plan_find_bench(p, "exit_pio")->trials, 3);
	assert_int_equal(plan_find_bench(p, "exit_mmio")->trials, 4);
	assert_null(plan_find_bench(p, "mem_copy"));
	assert_null(plan_find_bench(p, "life_start"));
	assert_true(plan_globs_match(&p->platforms, "kvm"));
	assert_false(plan_globs_match(&p->platforms, "native"));
	plan_free(p);
}

static void test_narrow_with_nothing_changes_nothing(void **state)
{
	struct plan *p = must_parse(whole);
	char *before = plan_text(p), *after;

	(void)state;
	assert_int_equal(narrow(p, NULL, NULL, NULL), 0);
	after = plan_text(p);
	assert_string_equal(before, after);
	free(before);
	free(after);
	plan_free(p);
}

static void test_narrow_errors(void **state)
{
	static const struct {
		char *platform, *bench, *fault, *error;
	} cases[] = {
		{"kvn", NULL, NULL, "-p kvn: no such platform; did you mean \"kvm\"?"},
		{"none", NULL, NULL, "-p none: no such platform"},
		{NULL, "exit_cpiud", NULL,
		 "-b exit_cpiud: no such bench; did you mean "
		 "\"exit_cpuid\"?"},
		{NULL, NULL, "hag", "-f hag: no such fault; did you mean \"hang\"?"},
		{NULL, "life_start", NULL, "-b life_start: p.yaml leaves that bench out; add it"},
		{NULL, "none", "none", "p.yaml: -b and -f leave nothing to run; "},
	};
	struct plan *p = must_parse(whole);
	char *before = plan_text(p);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(narrow(p, cases[i].platform, cases[i].bench, cases[i].fault), -1);
		if (strncmp(error, cases[i].error, strlen(cases[i].error)))
			fail_msg("expected %s, got %s", cases[i].error, error);
		if (i + 1 < sizeof(cases) / sizeof(cases[0])) {
			char *after = plan_text(p);

			assert_string_equal(before, after); /* a failure changes nothing */
			free(after);
		}
	}
	free(before);
	plan_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_everything_is_read),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_anchors_work),
		cmocka_unit_test(test_first_entry_governs),
		cmocka_unit_test(test_first_limit_holds),
		cmocka_unit_test(test_what_a_limit_skips),
		cmocka_unit_test(test_a_fault_is_skipped_with_all_its_recoveries),
		cmocka_unit_test(test_text_reads_back),
		cmocka_unit_test(test_globs_match),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_wrong_plans),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_without_names_nothing_is_checked),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_presets),
		cmocka_unit_test(test_narrow_keeps_the_first_entry),
		cmocka_unit_test(test_narrow_with_nothing_changes_nothing),
		cmocka_unit_test(test_narrow_errors),
		cmocka_unit_test(test_platform_argument),
		cmocka_unit_test(test_variants_of_a_command_line),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("plan", tests, setup, NULL);
}
