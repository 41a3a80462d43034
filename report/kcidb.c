/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as KCIDB data, version 5.3 of the kernel community's I/O schema
 * (github.com/kernelci/kcidb-io, schema v05_03.py). A run is a checkout and a build of its own, for
 * a result file does not know which commit its kernel came from: whoever sends this puts the ids
 * of theirs in place. No property may be null: what is not known is left out.
 *
 *	DONE	a figure that nothing judges
 *	PASS	compared, and not worse; a limit or requirement kept
 *	FAIL	regressed; a limit or requirement failed
 *	ERROR	trials that failed or are invalid
 *	MISS	trials that were cut off
 *	SKIP	could not run here
 */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "report/label.h"
#include "report/point.h"

#define ORIGIN "virt_qualify"

static const char *status(const struct point *p)
{
	static const char *const names[] = {
		[POINT_MEASURED] = "DONE", [POINT_PASSED] = "PASS",  [POINT_FAILED] = "FAIL",
		[POINT_SKIPPED] = "SKIP",  [POINT_BROKEN] = "ERROR", [POINT_CUT_OFF] = "MISS",
	};

	return names[p->result];
}

static void set_text(json_t *o, const char *key, const char *value)
{
	if (value)
		json_object_set_new(o, key, json_string(value));
}

/* Checkout and build of a run have one id, as either lists its own. */
static json_t *run_id(const struct result_run *run)
{
	return json_sprintf(ORIGIN ":%s", run->uuid);
}

static json_t *begin(json_t *id)
{
	json_t *o = json_object();

	json_object_set_new(o, "id", id);
	set_text(o, "origin", ORIGIN);
	return o;
}

static json_t *checkout(const struct report *r, const struct result_run *run)
{
	const char *kernel = label_fact(r, run, "kernel.release");
	json_t *o = begin(run_id(run));

	json_object_set_new(o, "comment",
			    json_sprintf("kernel %s", kernel ? kernel : "not disclosed"));
	if (label_is_time(run->started))
		set_text(o, "start_time", run->started);
	return o;
}

/* What was given after the runs, under the name of its kind. */
static void set_given(json_t *o, const struct report *r)
{
	char s[LABEL_SIZE];

	for (int i = 0; i < GIVEN; i++)
		if (label_given(s, r, (enum given)i)[0])
			set_text(o, given_name((enum given)i), s);
}

static json_t *run_misc(const struct report *r, const struct result_run *run)
{
	const struct report_file *file = label_file(r, run);
	json_t *misc = json_object(), *host = json_object();

	set_text(misc, "virt_qualify", run->version);
	set_text(misc, "command", run->command);
	set_text(misc, "plan", run->plan);
	json_object_set_new(misc, "seed", json_sprintf("%llu", (unsigned long long)run->seed));
	set_text(misc, "file", file ? file->path : NULL);
	set_text(misc, "sha256", file ? file->sha256 : NULL);
	set_given(misc, r);
	for (size_t i = 0; i < r->fact_count; i++)
		if (label_run_of_fact(r, i) == run)
			set_text(host, r->facts[i]->name, r->facts[i]->value);
	json_object_set_new(misc, "host", host);
	return misc;
}

static json_t *build(const struct report *r, const struct result_run *run)
{
	json_t *o = begin(run_id(run));

	json_object_set_new(o, "checkout_id", run_id(run));
	set_text(o, "architecture", "x86_64");
	set_text(o, "comment", "the kernel of the host as it ran");
	json_object_set_new(o, "misc", run_misc(r, run));
	return o;
}

/* "virt-qualify.bench.exit_cpuid": letters, digits, - and _ between dots. */
static json_t *path(const struct point *p)
{
	char name[LABEL_SIZE];

	snprintf(name, sizeof(name), "%s", p->what);
	for (char *s = name; *s; s++)
		if (!isascii(*s) || (!isalnum((unsigned char)*s) && *s != '-' && *s != '_'))
			*s = '_';
	return json_sprintf("virt-qualify.%s.%s", point_kind_name(p->kind), name);
}

/* The figure that the point is about, in a unit that takes prefixes. */
static json_t *main_figure(const struct point *p)
{
	const struct point_figure *f = p->figures;
	bool ns = p->figure_count && !strcmp(f->unit, "ns");
	json_t *o;

	if (!p->figure_count || p->kind == POINT_FAULT || p->kind == POINT_PROBLEM ||
	    p->result == POINT_SKIPPED)
		return NULL;
	o = json_object();
	json_object_set_new(o, "value", json_real(ns ? f->value * 1e-9 : f->value));
	if (f->unit[0]) {
		set_text(o, "unit", ns ? "s" : f->unit);
		set_text(o, "prefix", "metric");
	}
	return o;
}

static json_t *test_misc(const struct report *r, const struct point *p)
{
	json_t *misc = json_object(), *units = json_object();

	set_text(misc, "name", p->name);
	set_text(misc, "group", p->group);
	set_text(misc, "platform", p->platform);
	set_text(misc, "execution", p->execution);
	set_text(misc, "why", p->why);
	if (p->kind == POINT_LIMIT || p->kind == POINT_REQUIREMENT)
		set_given(misc, r); /* tests are read without their build */
	for (size_t i = 0; i < p->figure_count; i++) {
		json_object_set_new(misc, p->figures[i].name, json_real(p->figures[i].value));
		if (p->figures[i].unit[0])
			set_text(units, p->figures[i].name, p->figures[i].unit);
	}
	json_object_set_new(misc, "units", units);
	return misc;
}

static json_t *test(const struct report *r, const struct point *p, size_t number)
{
	const char *cpu = label_fact(r, p->run, "cpu.model");
	json_t *o = begin(
		json_sprintf(ORIGIN ":%s:%s.%zu", p->run->uuid, point_kind_name(p->kind), number));
	json_t *environment = json_object(), *figure = main_figure(p);

	json_object_set_new(environment, "comment",
			    json_sprintf("%s on %s", p->platform[0] ? p->platform : "host",
					 cpu ? cpu : "a processor that is not disclosed"));
	json_object_set_new(o, "build_id", run_id(p->run));
	json_object_set_new(o, "environment", environment);
	json_object_set_new(o, "path", path(p));
	set_text(o, "comment", p->text);
	set_text(o, "status", status(p));
	if (figure)
		json_object_set_new(o, "number", figure);
	if (label_is_time(p->run->started))
		set_text(o, "start_time", p->run->started);
	if (isfinite(p->seconds))
		json_object_set_new(o, "duration", json_real(p->seconds));
	json_object_set_new(o, "misc", test_misc(r, p));
	return o;
}

/* One element of a list, then away with it: a large report is never in memory twice. */
static int print_element(FILE *out, json_t *o, bool first)
{
	int failed = !o;

	fputs(first ? "\n    " : ",\n    ", out);
	if (!failed)
		failed = json_dumpf(o, out, JSON_REAL_PRECISION(15));
	json_decref(o);
	if (failed)
		errno = errno ? errno : ENOMEM;
	return failed ? -1 : 0;
}

static int print_runs(const struct report *r, FILE *out, const char *key,
		      json_t *(*element)(const struct report *r, const struct result_run *run))
{
	fprintf(out, ",\n  \"%s\": [", key);
	for (size_t i = 0; i < r->run_count; i++)
		if (print_element(out, element(r, r->runs[i]), !i))
			return -1;
	fputs("\n  ]", out);
	return 0;
}

static int print_kcidb(const struct report *r, FILE *out)
{
	struct points points;
	int failed;

	if (points_collect(&points, r))
		return -1;
	errno = 0;
	fputs("{\n  \"version\": {\"major\": 5, \"minor\": 3}", out);
	failed = print_runs(r, out, "checkouts", checkout) || print_runs(r, out, "builds", build);
	fputs(",\n  \"tests\": [", out);
	for (size_t i = 0; i < points.count && !failed; i++)
		failed = print_element(out, test(r, &points.list[i], i + 1), !i);
	fputs("\n  ]\n}\n", out);
	points_free(&points);
	return failed || ferror(out) ? -1 : 0;
}

FORMAT(kcidb, .summary = "KCIDB 5.3 data, for the kernel community's result database",
       .suffix = ".json", .print = print_kcidb);
