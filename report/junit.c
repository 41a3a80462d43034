/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as JUnit XML, as Jenkins, GitLab, GitHub actions and others read it: a suite for the
 * comparison and for each run with its blocks, a case for every test point. A regression, a limit
 * or requirement that failed is a failure; trials that failed, are invalid or were cut off are an
 * error; what could not run is skipped.
 *
 * There is no standard; this keeps to what the schemas of Jenkins' xUnit plugin and of Surefire
 * have in common. Everything from a file goes through svg_escape, which is XML's, and leaves no
 * character that XML 1.0 forbids.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/core/text.h"
#include "report/label.h"
#include "report/point.h"
#include "report/svg.h"

static void attribute(FILE *out, const char *name, const char *value)
{
	fprintf(out, " %s=\"", name);
	svg_escape(out, value);
	fputc('"', out);
}

static bool is_error(const struct point *p)
{
	return p->result == POINT_BROKEN || p->result == POINT_CUT_OFF;
}

/* "virt-qualify.exits.kvm": dots part packages, so names have none. */
static void class_name(FILE *out, const struct point *p)
{
	char *parts[] = {strdup(p->group), strdup(p->platform)};

	fprintf(out, " classname=\"virt-qualify.%s", point_kind_name(p->kind));
	for (size_t i = 0; i < 2; i++) {
		for (char *s = parts[i]; s && *s; s++)
			if (*s == '.')
				*s = '_';
		if (parts[i] && parts[i][0]) {
			fputc('.', out);
			svg_escape(out, parts[i]);
		}
		free(parts[i]);
	}
	fputc('"', out);
}

static void message(FILE *out, const char *element, const char *type, const char *text,
		    const char *body)
{
	fprintf(out, "      <%s", element);
	if (type)
		attribute(out, "type", type);
	attribute(out, "message", text);
	if (!body) {
		fputs("/>\n", out);
		return;
	}
	fputc('>', out);
	svg_escape(out, body);
	fprintf(out, "</%s>\n", element);
}

static void test_case(FILE *out, const struct point *p)
{
	fputs("    <testcase", out);
	class_name(out, p);
	attribute(out, "name", p->name);
	fprintf(out, " time=\"%.3f\">\n", isfinite(p->seconds) ? p->seconds : 0);
	if (p->result == POINT_FAILED)
		message(out, "failure", p->kind == POINT_COMPARISON ? "regressed" : "failed",
			p->text, p->text);
	else if (is_error(p))
		message(out, "error", p->result == POINT_BROKEN ? "broken" : "cut off", p->why,
			p->text);
	else if (p->result == POINT_SKIPPED)
		message(out, "skipped", NULL, p->why, NULL);
	fputs("      <system-out>", out);
	svg_escape(out, p->text);
	for (size_t i = 0; i < p->figure_count; i++)
		fprintf(out, "\n%s: %.15g%s%s", p->figures[i].name, p->figures[i].value,
			p->figures[i].unit[0] ? " " : "", p->figures[i].unit);
	fputs("</system-out>\n    </testcase>\n", out);
}

/* ---- Suites ---- */

struct counts {
	size_t tests, failures, errors, skipped;
	double seconds;
};

static void count(struct counts *c, const struct point *p)
{
	c->tests++;
	c->failures += p->result == POINT_FAILED;
	c->errors += is_error(p);
	c->skipped += p->result == POINT_SKIPPED;
	c->seconds += isfinite(p->seconds) ? p->seconds : 0;
}

static void count_attributes(FILE *out, const struct counts *c)
{
	fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"",
		c->tests, c->failures, c->errors, c->skipped, c->seconds);
}

static void property(FILE *out, const char *name, const char *value)
{
	fputs("      <property", out);
	attribute(out, "name", name);
	attribute(out, "value", value);
	fputs("/>\n", out);
}

static void file_properties(FILE *out, const struct report_file *f)
{
	if (!f)
		return;
	property(out, "file", f->path);
	property(out, "sha256", f->sha256);
}

static void run_properties(FILE *out, const struct report *r, const struct result_run *run)
{
	char seed[32], from[LABEL_SIZE];

	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)run->seed);
	property(out, "run", run->uuid);
	property(out, "virt-qualify", run->version);
	property(out, "command", run->command);
	property(out, "plan", run->plan_name);
	property(out, "seed", seed);
	file_properties(out, label_file(r, run));
	for (int i = 0; i < GIVEN; i++)
		if (label_given(from, r, (enum given)i)[0])
			property(out, given_name((enum given)i), from);
}

/* What nobody is sure of stands where a reader of the suite finds it. */
static void doubts(FILE *out, const struct report *r, const struct result_run *run)
{
	fputs("    <system-out>", out);
	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *x = &r->problems[i];

		if (x->status != TRIAL_OK || report_side(r, x->run) != run)
			continue;
		fputs("doubt: ", out);
		svg_escape(out, x->what);
		fputs(x->platform[0] ? " on " : "", out);
		svg_escape(out, x->platform);
		fputs(": ", out);
		svg_escape(out, x->why);
		fputc('\n', out);
	}
	fputs("</system-out>\n", out);
}

/* `run` NULL: the comparison. */
static void suite(FILE *out, const struct report *r, const struct points *points,
		  const struct result_run *run, size_t id, const char *name)
{
	struct counts c = {0};

	for (size_t i = 0; i < points->count; i++)
		if (point_is_of(&points->list[i], run))
			count(&c, &points->list[i]);
	fputs("  <testsuite", out);
	attribute(out, "name", name);
	fprintf(out, " id=\"%zu\"", id);
	count_attributes(out, &c);
	if (run && label_is_time(run->started)) /* without its zone: the schemas know none */
		fprintf(out, " timestamp=\"%.19s\"", run->started);
	if (run && label_fact(r, run, "host.name"))
		attribute(out, "hostname", label_fact(r, run, "host.name"));
	fputs(">\n    <properties>\n", out);
	for (size_t i = 0; i < r->run_count && run; i++)
		if (report_side(r, r->runs[i]) == run)
			run_properties(out, r, r->runs[i]);
	for (size_t i = 0; i < r->file_count && !run; i++)
		file_properties(out, &r->files[i]);
	fputs("    </properties>\n", out);
	for (size_t i = 0; i < points->count; i++)
		if (point_is_of(&points->list[i], run))
			test_case(out, &points->list[i]);
	if (run)
		doubts(out, r, run);
	fputs("  </testsuite>\n", out);
}

static int print_junit(const struct report *r, FILE *out)
{
	struct points points;
	struct counts all = {0};
	size_t id = 0;
	char name[2 * LABEL_SIZE], letter[16];

	if (points_collect(&points, r))
		return -1;
	for (size_t i = 0; i < points.count; i++)
		count(&all, &points.list[i]);
	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"virt-qualify\"", out);
	count_attributes(out, &all);
	fputs(">\n", out);
	if (r->compared_by) {
		text_print(name, sizeof(name), "comparison by %s", r->compared_by);
		suite(out, r, &points, NULL, id++, name);
	}
	for (size_t i = 0; i < r->run_count; i++) {
		size_t blocks = report_blocks(r, r->runs[i]);
		size_t n;

		if (report_side(r, r->runs[i]) != r->runs[i])
			continue;
		n = text_print(name, sizeof(name), "run %s: %.200s",
			       label_run(letter, r, r->runs[i]), r->runs[i]->plan_name);
		if (blocks > 1)
			text_print(name + n, sizeof(name) - n, ", %zu blocks", blocks);
		suite(out, r, &points, r->runs[i], id++, name);
	}
	fputs("</testsuites>\n", out);
	points_free(&points);
	return ferror(out) ? -1 : 0;
}

FORMAT(junit, .summary = "JUnit XML, for a CI's test page", .suffix = ".xml", .print = print_junit);
