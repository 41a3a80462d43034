/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as TAP. Not ok: a regression, a limit or requirement that failed, and trials that
 * failed or were cut off. TAP 13 is flat,
 * as every consumer reads it; TAP 14 has a subtest for each run with its blocks and for the
 * comparison, and every point its figures as YAML.
 */
#include <errno.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"
#include "report/point.h"

/* "#" begins a directive and a backslash escapes it. */
static void escaped(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '#' || *s == '\\')
			fputc('\\', out);
		fputc(*s, out);
	}
}

static bool is_ok(const struct point *p)
{
	return p->result != POINT_FAILED && p->result != POINT_BROKEN && p->result != POINT_CUT_OFF;
}

static void test_line(FILE *out, const char *indent, size_t number, const struct point *p)
{
	fprintf(out, "%s%sok %zu - ", indent, is_ok(p) ? "" : "not ", number);
	escaped(out, p->text);
	if (p->result == POINT_SKIPPED) {
		fputs(" # SKIP ", out);
		escaped(out, p->why);
	}
	fputc('\n', out);
}

/* Where the figures come from, and doubts: no test points, and to be read all the same. */
static void comments(const struct report *r, FILE *out)
{
	char from[LABEL_SIZE];

	for (size_t i = 0; i < r->file_count; i++)
		fprintf(out, "# file: %s, sha256 %s\n", r->files[i].path, r->files[i].sha256);
	for (int i = 0; i < GIVEN; i++)
		if (label_given(from, r, (enum given)i)[0])
			fprintf(out, "# %s\n", from);
	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *x = &r->problems[i];

		if (x->status == TRIAL_OK)
			fprintf(out, "# doubt: %s%s%s: %s\n", x->what, x->platform[0] ? " on " : "",
				x->platform, x->why);
	}
}

static int print_tap13(const struct report *r, FILE *out)
{
	struct points points;

	if (points_collect(&points, r))
		return -1;
	fputs("TAP version 13\n", out);
	comments(r, out);
	/* A plan must come first or last; a TAP consumer takes "1..0" for "nothing could run". */
	fprintf(out, "1..%zu\n", points.count);
	for (size_t i = 0; i < points.count; i++)
		test_line(out, "", i + 1, &points.list[i]);
	points_free(&points);
	return ferror(out) ? -1 : 0;
}

/* ---- TAP 14 ---- */

static void yaml_text(FILE *out, const char *key, const char *value)
{
	fprintf(out, "      %s: \"", key);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', out);
		fputc(*value, out);
	}
	fputs("\"\n", out);
}

static void yaml(FILE *out, const struct point *p)
{
	fputs("      ---\n", out);
	yaml_text(out, "kind", point_kind_name(p->kind));
	if (p->group[0])
		yaml_text(out, "group", p->group);
	yaml_text(out, "name", p->name);
	if (p->platform[0])
		yaml_text(out, "platform", p->platform);
	if (p->execution)
		yaml_text(out, "execution", p->execution);
	if (p->why)
		yaml_text(out, "why", p->why);
	for (size_t i = 0; i < p->figure_count; i++)
		if (p->figures[i].unit[0])
			fprintf(out, "      %s: {value: %.15g, unit: \"%s\"}\n", p->figures[i].name,
				p->figures[i].value, p->figures[i].unit);
		else
			fprintf(out, "      %s: {value: %.15g}\n", p->figures[i].name,
				p->figures[i].value);
	fputs("      ...\n", out);
}

static void subtest(const struct points *points, const struct result_run *run, size_t number,
		    const char *name, FILE *out)
{
	size_t count = 0, done = 0;
	bool all_ok = true;

	for (size_t i = 0; i < points->count; i++)
		count += point_is_of(&points->list[i], run);
	fputs("# Subtest: ", out);
	escaped(out, name);
	fprintf(out, "\n    1..%zu\n", count);
	for (size_t i = 0; i < points->count; i++) {
		const struct point *p = &points->list[i];

		if (!point_is_of(p, run))
			continue;
		test_line(out, "    ", ++done, p);
		yaml(out, p);
		all_ok &= is_ok(p);
	}
	fprintf(out, "%sok %zu - ", all_ok ? "" : "not ", number);
	escaped(out, name);
	fputs(count ? "\n" : " # SKIP it holds nothing\n", out);
}

static int print_tap14(const struct report *r, FILE *out)
{
	struct points points;
	size_t number = 0, sides = 0;
	char name[2 * LABEL_SIZE], letter[16];

	if (points_collect(&points, r))
		return -1;
	fputs("TAP version 14\n", out);
	comments(r, out);
	for (size_t i = 0; i < r->run_count; i++)
		sides += report_side(r, r->runs[i]) == r->runs[i];
	fprintf(out, "1..%zu\n", sides + (r->compared_by != NULL));
	if (r->compared_by) {
		text_print(name, sizeof(name), "comparison by %s", r->compared_by);
		subtest(&points, NULL, ++number, name, out);
	}
	for (size_t i = 0; i < r->run_count; i++) {
		size_t blocks = report_blocks(r, r->runs[i]);
		size_t n;

		if (report_side(r, r->runs[i]) != r->runs[i])
			continue;
		n = text_print(name, sizeof(name), "run %s: plan %.200s, %.100s",
			       label_run(letter, r, r->runs[i]), r->runs[i]->plan_name,
			       r->runs[i]->uuid);
		if (blocks > 1)
			text_print(name + n, sizeof(name) - n, ", %zu blocks", blocks);
		subtest(&points, r->runs[i], ++number, name, out);
	}
	points_free(&points);
	return ferror(out) ? -1 : 0;
}

FORMAT(tap, .summary = "TAP 13: a test point for every figure and verdict", .suffix = ".tap",
       .print = print_tap13);
FORMAT(tap14, .summary = "TAP 14: the same with subtests, and figures as YAML", .suffix = ".tap",
       .print = print_tap14);
