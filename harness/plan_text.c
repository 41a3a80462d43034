/* SPDX-License-Identifier: Apache-2.0 */
/* A plan back to YAML, such that reading it again gives the same plan. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/core/words.h"
#include "harness/plan.h"

/* Quoted always: "*" and "no" mean other things to YAML. Names and globs are printable ASCII. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(*text, out);
	}
	fputc('"', out);
}

static void put_globs(FILE *out, const char *before, const struct plan_globs *g)
{
	fprintf(out, "%s[", before);
	for (size_t i = 0; i < g->count; i++) {
		fputs(i ? ", " : "", out);
		put_quoted(out, g->glob[i]);
	}
	fputs("]\n", out);
}

static void put_duration(FILE *out, const char *before, uint64_t ns)
{
	if (ns % 1000000000 == 0)
		fprintf(out, "%s%" PRIu64 "s\n", before, ns / 1000000000);
	else if (ns % 1000000 == 0)
		fprintf(out, "%s%" PRIu64 "ms\n", before, ns / 1000000);
	else
		fprintf(out, "%s%" PRIu64 "ns\n", before, ns);
}

static void put_placements(FILE *out, uint32_t mask)
{
	const char *before = "    placement: [";

	for (int i = 0; i < PLACEMENTS; i++) {
		if (!(mask & 1u << i))
			continue;
		fprintf(out, "%s%s", before, placement_name((enum placement)i));
		before = ", ";
	}
	if (mask)
		fputs("]\n", out);
}

static void put_bench(FILE *out, const struct plan_bench *b)
{
	put_globs(out, "  - match: ", &b->match);
	fprintf(out, "    trials: %" PRIu32 "\n", b->trials);
	if (b->batches)
		fprintf(out, "    batches: %" PRIu32 "\n", b->batches);
	if (b->samples)
		fprintf(out, "    samples: %" PRIu32 "\n", b->samples);
	put_placements(out, b->placements);
}

static void put_fault(FILE *out, const struct plan_fault *f)
{
	put_globs(out, "  - match: ", &f->match);
	put_globs(out, "    recoveries: ", &f->recoveries);
	fprintf(out, "    trials: %" PRIu32 "\n", f->trials);
	if (f->horizon_ns)
		put_duration(out, "    horizon: ", f->horizon_ns);
}

static void put_limit(FILE *out, const struct plan_limit *l)
{
	put_globs(out, "  - match: ", &l->match);
	if (l->benches)
		fprintf(out, "    benches: %" PRIu32 "\n", l->benches);
	if (l->faults)
		fprintf(out, "    faults: %" PRIu32 "\n", l->faults);
	if (l->skip_benches.count)
		put_globs(out, "    skip_benches: ", &l->skip_benches);
	if (l->skip_faults.count)
		put_globs(out, "    skip_faults: ", &l->skip_faults);
}

/* ---- What decides ---- */

static void put_amount(FILE *out, const char *key, double value, int unit)
{
	if (!isnan(value))
		fprintf(out, "    %s: %.15g%s\n", key, value,
			unit < 0 ? "x" : unit_name((enum unit)unit));
}

static void put_criterion(FILE *out, const struct plan_criterion *c)
{
	put_globs(out, "  - match: ", &c->match);
	if (c->platforms.count)
		put_globs(out, "    platform: ", &c->platforms);
	if (c->kind == CRITERION_LIMIT)
		fprintf(out, "    figure: %s\n", limit_figure_name(c->figure));
	if (!isnan(c->quantile))
		fprintf(out, "    quantile: %.15g\n", c->quantile);
	put_amount(out, "at_least", c->low, c->unit);
	put_amount(out, "at_most", c->high, c->unit);
	if (c->trials)
		fprintf(out, "    trials: %" PRIu32 "\n", c->trials);
	fprintf(out, "    execution: %s\n",
		c->execution < 0 ? "any" : execution_name((enum execution)c->execution));
}

static void put_criteria_of(FILE *out, const struct plan *p, enum criterion kind, const char *key)
{
	for (size_t i = 0; i < p->criterion_count; i++) {
		const struct plan_criterion *c = &p->criteria[i];

		if (c->kind != kind)
			continue;
		if (key)
			fprintf(out, "%s:\n", key);
		key = NULL;
		if (kind == CRITERION_WEIGHT) {
			fputs("  ", out);
			put_quoted(out, c->match.glob[0]);
			fprintf(out, ": %.15g\n", c->weight);
		} else {
			put_criterion(out, c);
		}
	}
}

static void put_criteria(FILE *out, const struct plan *p)
{
	for (size_t i = 0; i < p->criterion_count; i++) {
		if (p->criteria[i].kind == CRITERION_GATE)
			put_globs(out, "gate: ", &p->criteria[i].match);
		if (p->criteria[i].kind == CRITERION_REFERENCE) {
			fputs("reference: ", out);
			put_quoted(out, p->criteria[i].match.glob[0]);
			fputc('\n', out);
		}
	}
	put_criteria_of(out, p, CRITERION_LIMIT, "limits");
	put_criteria_of(out, p, CRITERION_REQUIRE, "require");
	put_criteria_of(out, p, CRITERION_WEIGHT, "weights");
}

static void put_variant(FILE *out, const struct variant *v)
{
	fputs("  ", out);
	put_quoted(out, v->name);
	fputs(": {", out);
	for (size_t i = 0; i < v->count; i++) {
		fputs(i ? ", " : "", out);
		put_quoted(out, v->settings[i].key);
		fputs(": ", out);
		put_quoted(out, v->settings[i].value);
	}
	fputs("}\n", out);
}

char *plan_text(const struct plan *p)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	fputs("plan: ", out);
	put_quoted(out, p->name);
	fprintf(out, "\nseed: %" PRIu64 "\n", p->seed);
	/* 15 digits: what a plan may write, so that the way there and back changes nothing. */
	fprintf(out, "delta: %.15g\n", p->delta);
	put_globs(out, "platforms: ", &p->platforms);
	if (p->limit_count)
		fputs("at_most:\n", out);
	for (size_t i = 0; i < p->limit_count; i++)
		put_limit(out, &p->limits[i]);
	if (p->variants.count)
		fputs("variants:\n", out);
	for (size_t i = 0; i < p->variants.count; i++)
		put_variant(out, &p->variants.variant[i]);
	if (p->bench_count)
		fputs("benches:\n", out);
	for (size_t i = 0; i < p->bench_count; i++)
		put_bench(out, &p->benches[i]);
	if (p->fault_count)
		fputs("faults:\n", out);
	for (size_t i = 0; i < p->fault_count; i++)
		put_fault(out, &p->faults[i]);
	put_criteria(out, p);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
