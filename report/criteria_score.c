/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scores: a weighted geometric mean of ratios, which ranks alike whatever the reference (Fleming
 * and Wallace, CACM 29, 1986). Each part, a group or the benches of a glob, is the geometric mean
 * over its tests; only like is compared with like, and where one test is missing there is no score:
 * a mean over what happens to be there would rise as tests fail.
 *
 * Its interval is the percentile bootstrap (Efron and Tibshirani 1993, 13.3) over trials, the unit
 * of replication: each test's trials are drawn again with replacement, on both sides.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/criteria.h"

#define ROUNDS	    1000u
#define LEAST	    6u	   /* trials: fewer vary too little when drawn again */
#define MOST_VALUES 400000 /* trials to draw in each round: more are no run of ours */

/* One bench at one parameter: what both sides measured. */
struct test {
	const struct result_bench *bench;
	int64_t parameter;
	const struct metric *here, *there; /* the platform's and the reference's; NULL: none */
	double share;			   /* of the logarithm of the score */
};

struct scoring {
	struct judging *j;
	const char *reference;
	const char *platform, *variant; /* that a score is being made of; as in plans */
	struct test *tests;		/* each once, though several parts may hold it */
	size_t count, room;
	FILE *why; /* what is missing */
	size_t missing;
};

static bool is_about(const struct result_criterion *weight, const struct result_bench *b)
{
	return !strcmp(weight->what, b->group) || criterion_is_about(weight, b->name, NULL);
}

/* ---- The tests of one platform ---- */

/* The metric of a test on a platform: what ran as `like` did, else any; NULL: none. */
static const struct metric *find(const struct scoring *s, const struct test *t,
				 const char *platform, const char *variant,
				 const struct metric *like)
{
	const struct report *r = &s->j->a->report;
	const struct metric *found = NULL;

	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];

		if (m->run != s->j->run || m->bench != t->bench || m->parameter != t->parameter ||
		    strcmp(m->platform_name, platform) != 0 || strcmp(m->variant, variant) != 0)
			continue;
		if (!found || (like && m->execution == like->execution))
			found = m;
	}
	return found;
}

static void find_sides(const struct scoring *s, struct test *t)
{
	t->there = find(s, t, s->reference, s->variant, NULL);
	if (!t->there)
		t->there = find(s, t, s->reference, "", NULL);
	t->here = find(s, t, s->platform, s->variant, t->there);
}

static int add_test(struct scoring *s, const struct result_bench *b, int64_t parameter)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->tests[i].bench == b && s->tests[i].parameter == parameter)
			return 0;
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		struct test *longer = reallocarray(s->tests, room, sizeof(*longer));

		if (!longer)
			return analysis_no_memory(s->j->a);
		s->tests = longer;
		s->room = room;
	}
	s->tests[s->count++] = (struct test){.bench = b, .parameter = parameter};
	return 0;
}

/* A bench is tested at every parameter that any platform of the run measured it at. */
static int add_bench(struct scoring *s, const struct result_bench *b)
{
	const struct report *r = &s->j->a->report;
	bool any = false;

	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];

		if (m->run != s->j->run || m->bench != b)
			continue;
		any = true;
		if (add_test(s, b, m->parameter))
			return -1;
	}
	return any ? 0 : add_test(s, b, 0);
}

/* All tests that a weight is about. */
static int list_tests(struct scoring *s)
{
	const struct judging *j = s->j;
	const struct result_bench *b;
	size_t count;

	if (result_benches(j->file->result, &b, &count))
		return analysis_fail(j->a, "%s", result_error(j->file->result));
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < j->count && b[i].run == j->run->id; k++)
			if (j->rows[k].run == j->run->id && j->rows[k].kind == CRITERION_WEIGHT &&
			    is_about(&j->rows[k], &b[i]) && add_bench(s, &b[i]))
				return -1;
	return 0;
}

/* Why a test yields no ratio; NULL where it does. */
static const char *why_none(const struct scoring *s, const struct test *t)
{
	const struct metric *a = t->there, *b = t->here;
	const char *skip;

	if (!a || !b) {
		const char *platform = b ? s->reference : s->platform;

		skip = criteria_skipped(s->j, t->bench->name, platform);
		return criteria_text(s->j, "not measured on %s%s%s", platform, skip ? ", " : "",
				     skip ? skip : "");
	}
	if (a->execution != b->execution)
		return criteria_text(s->j, "%s on %s, %s on %s: only like is compared with like",
				     execution_name(b->execution), s->platform,
				     execution_name(a->execution), s->reference);
	if (t->bench->traps && analysis_is_nested(a))
		return "this host is a guest: native traps here too";
	if (!(a->median > 0) || !(b->median > 0))
		return "a figure is not above zero";
	return NULL;
}

static void note_missing(struct scoring *s, const struct test *t, const char *why)
{
	fprintf(s->why, "%s%s", s->missing++ ? "; " : "", t->bench->name);
	if (t->bench->parameter_name)
		fprintf(s->why, " %s=%lld", t->bench->parameter_name, (long long)t->parameter);
	fprintf(s->why, ": %s", why ? why : "(no memory)");
}

/* ---- Ratios ---- */

/* Above 0 is better than the reference: of times the reference's over this one's, of rates the
 * other way round. */
static double log_ratio(const struct test *t, double here, double there)
{
	return t->bench->better == HIGHER ? log(here / there) : log(there / here);
}

/* The parts, and what each test contributes. */
static int make_parts(struct scoring *s, struct score *x)
{
	const struct judging *j = s->j;
	double weights = 0;

	x->parts = arena_array(&j->a->arena, j->count, sizeof(*x->parts));
	if (!x->parts)
		return analysis_no_memory(j->a);
	for (size_t i = 0; i < j->count; i++) {
		const struct result_criterion *c = &j->rows[i];
		struct score_part *p = &x->parts[x->part_count];

		if (c->run != j->run->id || c->kind != CRITERION_WEIGHT)
			continue;
		*p = (struct score_part){.name = c->what, .weight = c->weight};
		for (size_t k = 0; k < s->count; k++)
			p->tests += is_about(c, s->tests[k].bench);
		for (size_t k = 0; k < s->count; k++)
			if (is_about(c, s->tests[k].bench))
				s->tests[k].share += c->weight / (double)p->tests;
		weights += c->weight;
		x->part_count++;
		if (!p->tests) {
			fprintf(s->why, "%s%s: the run has no such bench", s->missing++ ? "; " : "",
				c->what);
		}
	}
	for (size_t k = 0; k < s->count; k++)
		s->tests[k].share /= weights;
	return 0;
}

static void rate_parts(const struct scoring *s, struct score *x)
{
	const struct judging *j = s->j;
	size_t part = 0;

	for (size_t i = 0; i < j->count; i++) {
		const struct result_criterion *c = &j->rows[i];
		struct score_part *p = &x->parts[part];
		double sum = 0;

		if (c->run != j->run->id || c->kind != CRITERION_WEIGHT)
			continue;
		for (size_t k = 0; k < s->count; k++) {
			const struct test *t = &s->tests[k];

			if (is_about(c, t->bench))
				sum += log_ratio(t, t->here->median, t->there->median);
		}
		p->ratio = exp(sum / (double)p->tests);
		if (!x->worst || p->ratio < x->worst->ratio)
			x->worst = p;
		part++;
	}
}

static double log_score(const struct scoring *s)
{
	double sum = 0;

	for (size_t k = 0; k < s->count; k++) {
		const struct test *t = &s->tests[k];

		sum += t->share * log_ratio(t, t->here->median, t->there->median);
	}
	return sum;
}

/* ---- Bootstrap ---- */

static int by_value(const void *x, const void *y)
{
	double a = *(const double *)x, b = *(const double *)y;

	return (a > b) - (a < b);
}

/* The median of n values drawn from n sorted ones with replacement: only how often each was drawn
 * matters. */
static double drawn_median(const double *sorted, uint32_t *drawn, size_t n, struct random *random)
{
	size_t low = (n - 1) / 2, high = n / 2, seen = 0, i = 0;
	double first;

	memset(drawn, 0, n * sizeof(*drawn));
	for (size_t k = 0; k < n; k++)
		drawn[random_below(random, n)]++;
	while ((seen += drawn[i]) <= low)
		i++;
	first = sorted[i];
	while (seen <= high)
		seen += drawn[++i];
	return (first + sorted[i]) / 2;
}

/* Sorted copies of all sides' trials, one after the other; NULL: too few, too many, no memory. */
static double *sort_trials(const struct scoring *s, size_t *longest)
{
	size_t all = 0;
	double *sorted, *at;

	*longest = 0;
	for (size_t k = 0; k < s->count; k++) {
		size_t here = s->tests[k].here->trials, there = s->tests[k].there->trials;

		if (here < LEAST || there < LEAST)
			return NULL;
		all += here + there;
		*longest = here > *longest ? here : *longest;
		*longest = there > *longest ? there : *longest;
	}
	at = sorted = all <= MOST_VALUES ? calloc(all, sizeof(*sorted)) : NULL;
	for (size_t k = 0; sorted && k < s->count; k++) {
		const struct metric *const sides[] = {s->tests[k].here, s->tests[k].there};

		for (int side = 0; side < 2; side++) {
			size_t n = sides[side]->trials;

			memcpy(at, sides[side]->values, n * sizeof(*at));
			qsort(at, n, sizeof(*at), by_value);
			if (!(at[0] > 0)) /* it has no logarithm */
				goto none;
			at += n;
		}
	}
	return sorted;
none:
	free(sorted);
	return NULL;
}

static double drawn_score(const struct scoring *s, const double *sorted, uint32_t *drawn,
			  struct random *random)
{
	double sum = 0;

	for (size_t k = 0; k < s->count; k++) {
		const struct test *t = &s->tests[k];
		double here = drawn_median(sorted, drawn, t->here->trials, random), there;

		sorted += t->here->trials;
		there = drawn_median(sorted, drawn, t->there->trials, random);
		sorted += t->there->trials;
		sum += t->share * log_ratio(t, here, there);
	}
	return sum;
}

static struct interval bootstrap(const struct scoring *s)
{
	struct interval i = {NAN, NAN};
	double scores[ROUNDS], *sorted;
	struct random random;
	uint32_t *drawn = NULL;
	size_t longest;

	sorted = sort_trials(s, &longest);
	if (sorted)
		drawn = calloc(longest, sizeof(*drawn));
	if (drawn) {
		random_seed(&random, s->j->run->seed);
		for (size_t k = 0; k < ROUNDS; k++)
			scores[k] = drawn_score(s, sorted, drawn, &random);
		i.low = exp(stats_quantile(scores, ROUNDS, (1 - CONFIDENCE) / 2));
		i.high = exp(stats_quantile(scores, ROUNDS, (1 + CONFIDENCE) / 2));
	}
	free(drawn);
	free(sorted);
	return i;
}

/* ---- One score ---- */

/* "(exits^2 × mem_*)^(1/3)" */
static const char *formula(struct scoring *s, const struct score *x)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	const char *kept = NULL;
	double weights = 0;

	if (!out)
		return NULL;
	fputc('(', out);
	for (size_t i = 0; i < x->part_count; i++) {
		fprintf(out, "%s%s", i ? " × " : "", x->parts[i].name);
		if (x->parts[i].weight != 1)
			fprintf(out, "^%.9g", x->parts[i].weight);
		weights += x->parts[i].weight;
	}
	fprintf(out, ")^(1/%.9g)", weights);
	if (!fclose(out))
		kept = criteria_text(s->j, "%s", text);
	free(text);
	return kept;
}

static int compute(struct scoring *s, struct score *x)
{
	for (size_t k = 0; k < s->count; k++) {
		const char *why;

		find_sides(s, &s->tests[k]);
		why = why_none(s, &s->tests[k]);
		if (why)
			note_missing(s, &s->tests[k], why);
	}
	if (make_parts(s, x))
		return -1;
	x->formula = formula(s, x);
	if (!x->formula)
		return analysis_no_memory(s->j->a);
	if (s->missing)
		return 0;
	rate_parts(s, x);
	x->score = exp(log_score(s));
	x->interval = bootstrap(s);
	return 0;
}

static int keep(struct judging *j, const struct score *x)
{
	struct report *r = &j->a->report;
	struct score *longer = arena_array(&j->a->arena, r->score_count + 1, sizeof(*longer));

	if (!longer)
		return analysis_no_memory(j->a);
	if (r->score_count)
		memcpy(longer, r->scores, r->score_count * sizeof(*longer));
	longer[r->score_count++] = *x;
	r->scores = longer;
	return 0;
}

/* Of a platform, or of a variant of it; a variant that lacks a test is of some benches alone. */
static int add_score(struct judging *j, const char *reference, const struct metric *of)
{
	struct scoring s = {.j = j,
			    .reference = reference,
			    .platform = of->platform_name,
			    .variant = of->variant};
	struct score x = {.run = j->run,
			  .platform = of->platform,
			  .variant = of->variant,
			  .reference = reference,
			  .score = NAN,
			  .interval = {NAN, NAN}};
	char *why = NULL;
	size_t size;
	int failed = -1;

	s.why = open_memstream(&why, &size);
	if (s.why)
		failed = list_tests(&s) || compute(&s, &x) ? -1 : 0;
	else
		analysis_no_memory(j->a);
	if (s.why && fclose(s.why))
		failed = analysis_no_memory(j->a);
	if (!failed && s.missing) {
		for (size_t i = 0; i < x.part_count; i++)
			x.parts[i].ratio = NAN;
		x.why = criteria_text(j, "%s", why);
	}
	if (!failed && (!s.missing || !of->variant[0]))
		failed = keep(j, &x);
	free(why);
	free(s.tests);
	return failed;
}

static const struct result_criterion *find_reference(const struct judging *j)
{
	for (size_t i = 0; i < j->count; i++)
		if (j->rows[i].run == j->run->id && j->rows[i].kind == CRITERION_REFERENCE)
			return &j->rows[i];
	return NULL;
}

static bool is_same_column(const struct metric *a, const struct metric *b)
{
	return a->run == b->run && !strcmp(a->platform_name, b->platform_name) &&
	       !strcmp(a->variant, b->variant);
}

/* What yielded nothing at all must not be missed for having no row. */
static int note_unmeasured(struct judging *j, const char *reference)
{
	const struct report *r = &j->a->report;
	const struct result_platform *p;
	size_t count;

	if (result_platforms(j->file->result, &p, &count))
		return analysis_fail(j->a, "%s", result_error(j->file->result));
	for (size_t i = 0; i < count; i++) {
		struct score x = {.run = j->run,
				  .platform = p[i].label,
				  .variant = "",
				  .reference = reference,
				  .formula = "",
				  .score = NAN,
				  .interval = {NAN, NAN}};
		bool measured = p[i].run != j->run->id || !strcmp(p[i].name, reference);

		for (size_t k = 0; k < r->metric_count && !measured; k++)
			measured = r->metrics[k].run == j->run &&
				   !strcmp(r->metrics[k].platform_name, p[i].name);
		x.why = p[i].why_not ? p[i].why_not : "nothing was measured on it";
		if (!measured && keep(j, &x))
			return -1;
	}
	return 0;
}

int criteria_scores(struct judging *j)
{
	const struct result_criterion *reference = find_reference(j);
	const struct report *r = &j->a->report;

	for (size_t i = 0; reference && i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];
		bool seen = m->run != j->run || !strcmp(m->platform_name, reference->what);

		for (size_t k = 0; k < i && !seen; k++)
			seen = is_same_column(&r->metrics[k], m);
		if (!seen && add_score(j, reference->what, m))
			return -1;
	}
	return reference ? note_unmeasured(j, reference->what) : 0;
}
