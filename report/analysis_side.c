/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs of one file are blocks of one side where they measured the same thing: the same plan, by the
 * same virt-qualify, on the same host, kernel and platforms (run --append). Their trials make one
 * figure, which knows of each trial the block that it is of. A run that differs (another kernel,
 * after a reboot) is a side of its own.
 */
#include <string.h>

#include "report/analysis.h"
#include "report/label.h"

static bool is_same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Two lines on: each run has a seed of its own. */
static bool is_seed(const char *line)
{
	return !strncmp(line, "seed:", 5);
}

static bool is_same_plan(const char *a, const char *b)
{
	while (*a || *b) {
		size_t m = strcspn(a, "\n"), n = strcspn(b, "\n");

		if (!(is_seed(a) && is_seed(b)) && (m != n || memcmp(a, b, n) != 0))
			return false;
		a += m + (a[m] == '\n');
		b += n + (b[n] == '\n');
	}
	return true;
}

static bool has_same_facts(const struct report *r, const struct result_run *a,
			   const struct result_run *b)
{
	static const char *const facts[] = {
		"host.fingerprint", "host.name",      "cpu.model",	    "cpu.microcode",
		"kernel.release",   "kernel.version", "kernel.command_line"};

	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		if (!is_same(label_fact(r, a, facts[i]), label_fact(r, b, facts[i])))
			return false;
	return true;
}

/* Every platform of either is one of the other, in the same version. */
static bool has_same_platforms(const struct source *s, const struct result_run *a,
			       const struct result_run *b)
{
	size_t count[2] = {0};

	for (size_t i = 0; i < s->platforms.count; i++) {
		const struct row_key *k = &s->platforms.keys[i];
		const struct result_platform *p = k->row, *q;

		count[0] += k->run == a->id;
		count[1] += k->run == b->id;
		if (k->run != a->id)
			continue;
		q = source_find(&s->platforms, b->id, k->name);
		if (!q || !is_same(p->version, q->version) || strcmp(p->label, q->label) != 0 ||
		    !p->why_not != !q->why_not)
			return false;
	}
	return count[0] == count[1];
}

static bool is_block(const struct report *r, const struct source *s, const struct result_run *a,
		     const struct result_run *b)
{
	return is_same(a->version, b->version) && is_same(a->plan_name, b->plan_name) &&
	       is_same_plan(a->plan, b->plan) && has_same_facts(r, a, b) &&
	       has_same_platforms(s, a, b);
}

int analysis_sides(struct analysis *a)
{
	const struct report *r = &a->report;
	const struct result_run **sides = arena_array(&a->arena, r->run_count, sizeof(*sides));

	if (!sides)
		return analysis_no_memory(a);
	a->report.sides = sides;
	for (size_t k = 0; k < a->source_count; k++) {
		const struct source *s = &a->sources[k];

		for (size_t i = 0; i < s->run_count; i++) {
			size_t first = 0;

			while (first < i && (sides[s->first_run + first] != &s->runs[first] ||
					     !is_block(r, s, &s->runs[first], &s->runs[i])))
				first++;
			sides[s->first_run + i] = &s->runs[first];
		}
	}
	return 0;
}

const struct result_run *report_side(const struct report *r, const struct result_run *run)
{
	for (size_t i = 0; i < r->run_count && r->sides; i++)
		if (r->runs[i] == run)
			return r->sides[i];
	return run;
}

size_t report_blocks(const struct report *r, const struct result_run *run)
{
	const struct result_run *side = report_side(r, run);
	size_t count = 0;

	for (size_t i = 0; i < r->run_count; i++)
		count += report_side(r, r->runs[i]) == side;
	return count;
}

const struct result_run *report_block_of(const struct report *r, const struct result_run *side,
					 int64_t id)
{
	for (size_t i = 0; i < r->run_count; i++)
		if ((r->sides ? r->sides[i] : r->runs[i]) == side && r->runs[i]->id == id)
			return r->runs[i];
	return NULL;
}

/* ---- What every block says ---- */

static bool is_same_skip(const struct report *r, size_t i, size_t k)
{
	const struct result_skip *a = r->skips[i], *b = r->skips[k];

	return is_same(a->kind, b->kind) && is_same(a->what, b->what) &&
	       is_same(a->platform, b->platform) && is_same(a->why, b->why) &&
	       report_side(r, label_run_of_skip(r, i)) == report_side(r, label_run_of_skip(r, k));
}

/* The blocks of a side skip the same things for the same reasons: once is enough. */
void analysis_side_skips(struct analysis *a)
{
	struct report *r = &a->report;
	size_t kept = 0;

	for (size_t i = 0; i < r->skip_count; i++) {
		/* Only a later block can repeat anything. */
		const struct result_run *run = label_run_of_skip(r, i);
		size_t k = run && report_side(r, run) == run ? kept : 0;

		while (k < kept && !is_same_skip(r, k, i))
			k++;
		if (k == kept)
			r->skips[kept++] = r->skips[i];
	}
	r->skip_count = kept;
}
