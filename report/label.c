/* SPDX-License-Identifier: Apache-2.0 */
#include "report/label.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/core/sha256.h"
#include "harness/core/text.h"
#include "report/number.h"

const char *label_bench(char *s, const struct result_bench *b, int64_t parameter)
{
	if (b->parameter_name)
		text_print(s, LABEL_SIZE, "%s %s=%lld", b->name, b->parameter_name,
			   (long long)parameter);
	else
		text_print(s, LABEL_SIZE, "%s", b->name);
	return s;
}

const char *label_metric(char *s, const struct metric *m)
{
	return label_bench(s, m->bench, m->parameter);
}

const char *label_platform(char *s, const char *platform, const char *variant)
{
	text_print(s, LABEL_SIZE, "%s%s%s", platform, variant[0] ? "/" : "", variant);
	return s;
}

const char *label_fault(char *s, const struct fault_figure *f)
{
	text_print(s, LABEL_SIZE, "%s+%s", f->fault->name, f->recovery);
	return s;
}

const char *label_outcomes(char *s, const struct fault_figure *f)
{
	size_t n = 0;

	s[0] = '\0';
	for (int o = 0; o < OUTCOMES && n < LABEL_SIZE; o++)
		if (f->outcomes[o])
			n += text_print(s + n, LABEL_SIZE - n, "%s%zu %s", n ? ", " : "",
					f->outcomes[o], outcome_name((enum outcome)o));
	return s;
}

const char *label_recovered(char *s, const struct fault_figure *f)
{
	size_t lost = f->recovered + f->censored;
	char low[NUMBER_SIZE], high[NUMBER_SIZE];

	if (!lost)
		return strcpy(s, "none lost service");
	text_print(s, LABEL_SIZE, "%zu of %zu (%s – %s)", f->recovered, lost,
		   number_share(low, f->recovered_share.low),
		   number_share(high, f->recovered_share.high));
	return s;
}

static void open_interval(char range[NUMBER_SIZE], const struct time_figure *t, enum unit unit)
{
	const struct interval none = {NAN, NAN};
	char end[NUMBER_SIZE];

	if (isnan(t->high))
		snprintf(range, NUMBER_SIZE, "%.24s – ?", number_figure(end, t->low, none, unit));
	else
		snprintf(range, NUMBER_SIZE, "? – %.24s", number_figure(end, t->high, none, unit));
}

const char *label_time(char *s, const struct time_figure *t, enum unit unit, size_t of)
{
	char median[NUMBER_SIZE], range[NUMBER_SIZE];
	struct interval i = {t->low, t->high};

	if (isnan(t->median)) {
		text_print(s, LABEL_SIZE, "n/a (%zu of %zu seen)", t->count, of);
		return s;
	}
	number_figure(median, t->median, i, unit);
	number_interval(range, t->median, i, unit);
	if (isnan(t->low) != isnan(t->high)) /* censoring leaves one end open */
		open_interval(range, t, unit);
	if (!strcmp(range, NUMBER_NONE))
		text_print(s, LABEL_SIZE, "%s", median);
	else
		text_print(s, LABEL_SIZE, "%s (%s)", median, range);
	return s;
}

size_t label_repairable(const struct fault_figure *f)
{
	size_t waiting = f->ttd.count > f->repair.count ? f->ttd.count - f->repair.count : 0;

	return f->repair.count + (waiting < f->censored ? waiting : f->censored);
}

const char *label_ratio_interval(char *s, double ratio, struct interval i)
{
	char low[NUMBER_SIZE], high[NUMBER_SIZE];

	s[0] = '\0';
	if (!isfinite(ratio) || (!isfinite(i.low) && !isfinite(i.high)))
		return s;
	text_print(s, LABEL_SIZE, "%s – %s", isfinite(i.low) ? number_ratio(low, i.low, i) : "?",
		   isfinite(i.high) ? number_ratio(high, i.high, i) : "?");
	return s;
}

/* "+50 instructions": the unit once, the sign always. */
static const char *signed_figure(char *s, double v, enum unit unit)
{
	const struct interval none = {NAN, NAN};
	char figure[NUMBER_SIZE];

	snprintf(s, NUMBER_SIZE, "%s%.60s", v > 0 ? "+" : "", number_figure(figure, v, none, unit));
	return s;
}

static const char *signed_percent(char *s, double share)
{
	snprintf(s, NUMBER_SIZE, "%+.3g %%", share * 100);
	return s;
}

/* "on all 5 layouts", "on the only layout", "on 5 layouts, 2 of them without any" */
static void name_layouts(char *s, size_t size, const struct exact_difference *e)
{
	const char *what = e->by_seed ? "layout" : "pair";

	if (e->layouts == 1)
		snprintf(s, size, "on the only %s", what);
	else if (e->differing && e->differing < e->layouts)
		snprintf(s, size, "on %zu of %zu %ss", e->differing, e->layouts, what);
	else
		snprintf(s, size, "on all %zu %ss", e->layouts, what);
}

const char *label_exact(char *s, const struct comparison_row *c)
{
	const struct exact_difference *e = &c->exact;
	char least[NUMBER_SIZE], most[NUMBER_SIZE], median[NUMBER_SIZE], share[NUMBER_SIZE];
	char layouts[64];
	enum unit unit;

	s[0] = '\0';
	if (!e->layouts)
		return s;
	unit = c->base->unit;
	name_layouts(layouts, sizeof(layouts), e);
	signed_figure(median, e->median, unit);
	signed_percent(share, e->median_share);
	if (!e->differing)
		text_print(s, LABEL_SIZE, "no difference %s", layouts);
	else if (e->least == e->most)
		text_print(s, LABEL_SIZE, "%s (%s) %s", median, share, layouts);
	else
		text_print(s, LABEL_SIZE, "%s (%s), from %s to %s, %s", median, share,
			   signed_figure(least, e->least, unit), signed_figure(most, e->most, unit),
			   layouts);
	return s;
}

const char *label_between_runs(char *s, const struct comparison_row *c)
{
	const struct between_runs *x = &c->between_runs;
	char base[NUMBER_SIZE], other[NUMBER_SIZE], measured[48];

	s[0] = '\0';
	if (!x->counts)
		return s;
	number_share(base, x->base);
	number_share(other, x->other);
	snprintf(measured, sizeof(measured), "measured over %u", x->runs);
	text_print(s, LABEL_SIZE, "allows for %s%s%s between runs, %s", base,
		   strcmp(base, other) ? " and " : "", strcmp(base, other) ? other : "",
		   x->assumed ? "assumed" : measured);
	return s;
}

const char *label_note(char *s, const struct comparison_row *c)
{
	size_t used;

	label_exact(s, c);
	used = strlen(s);
	if (c->why)
		text_print(s + used, LABEL_SIZE - used, "%s%s", used ? "; " : "", c->why);
	if (c->between_runs.counts) {
		char allows[LABEL_SIZE];

		used = strlen(s);
		text_print(s + used, LABEL_SIZE - used, "%s%s", used ? "; " : "",
			   label_between_runs(allows, c));
	}
	if (c->exact.layouts && c->exact.unmatched) {
		used = strlen(s);
		text_print(s + used, LABEL_SIZE - used, "; %zu trials without a partner",
			   c->exact.unmatched);
	}
	if (!c->gates) {
		used = strlen(s);
		text_print(s + used, LABEL_SIZE - used, "%sdoes not gate", used ? "; " : "");
	}
	return s;
}

const char *label_verdicts(char *s, const struct report *r)
{
	struct verdict_counts n = report_verdict_counts(r);
	size_t used;

	text_print(
		s, LABEL_SIZE,
		"%zu regressed, %zu improved, %zu equivalent, %zu inconclusive, %zu not compared",
		n.of[VERDICT_REGRESSED], n.of[VERDICT_IMPROVED], n.of[VERDICT_EQUIVALENT],
		n.of[VERDICT_INCONCLUSIVE], n.not_compared);
	used = strlen(s);
	if (n.shown)
		text_print(s + used, LABEL_SIZE - used,
			   "; %zu more shown that the plan does not gate on, %zu of them worse",
			   n.shown, n.shown_worse);
	return s;
}

const char *label_disturbances(char *s, uint32_t mask)
{
	size_t n = 0;

	s[0] = '\0';
	for (unsigned int bit = 0; bit < DISTURBANCES && n < LABEL_SIZE; bit++)
		if (mask & 1u << bit)
			n += text_print(s + n, LABEL_SIZE - n, "%s%s", n ? ", " : "",
					disturbance_name(bit));
	return s;
}

const char *label_disturbed(char *s, const struct metric *m)
{
	char share[NUMBER_SIZE], why[LABEL_SIZE];

	if (m->bench->disturbance_exempt)
		return strcpy(s, "exempt");
	if (isnan(m->disturbed_share))
		return strcpy(s, "not known");
	label_disturbances(why, m->disturbances);
	text_print(s, LABEL_SIZE, why[0] ? "%s (%s)" : "%s",
		   number_share(share, m->disturbed_share), why);
	return s;
}

const char *label_native(char *s, const struct metric *m)
{
	s[0] = '\0';
	if (m->native_why)
		text_print(s, LABEL_SIZE, "%s", m->native_why);
	else if (m->native_variant && strcmp(m->native_variant, m->variant) != 0)
		text_print(s, LABEL_SIZE, "over native%s%s",
			   m->native_variant[0] ? "/" : " as it is", m->native_variant);
	return s;
}

const char *label_run(char *s, const struct report *r, const struct result_run *run)
{
	char reversed[16] = {0};
	size_t i = 0, n = 0;

	while (i < r->run_count && r->runs[i] != run)
		i++;
	for (i++; i && n < sizeof(reversed); i = (i - 1) / 26)
		reversed[n++] = (char)('A' + (i - 1) % 26);
	for (size_t k = 0; k < n; k++)
		s[k] = reversed[n - 1 - k];
	s[n] = '\0';
	return s;
}

const char *label_block(char *s, const struct report *r, const struct result_run *run)
{
	const struct result_run *side = report_side(r, run);
	size_t number = 0, count = 0;
	char letter[16];

	for (size_t i = 0; i < r->run_count && r->sides; i++) {
		count += r->sides[i] == side;
		if (r->runs[i] == run)
			number = count;
	}
	s[0] = '\0';
	if (count > 1)
		text_print(s, LABEL_SIZE, "block %zu of run %s", number,
			   label_run(letter, r, side));
	return s;
}

bool label_is_time(const char *s)
{
	static const char shape[] = "0000-00-00T00:00:00Z";
	size_t i = 0;

	for (; shape[i]; i++)
		if (shape[i] == '0' ? s[i] < '0' || s[i] > '9' : s[i] != shape[i])
			return false;
	return !s[i];
}

/* ---- Which run a row belongs to: a file's rows are in the report as pointers into its array ----
 */

/* Does this file's array hold the row, and which run of it has that number? */
#define FIND_RUN(r, loader, type, wanted)                                                          \
	do {                                                                                       \
		for (size_t f_ = 0; f_ < (r)->file_count; f_++) {                                  \
			struct result *result_ = (r)->files[f_].result;                            \
			const struct result_run *runs_;                                            \
			const type *rows_;                                                         \
			size_t run_count_, count_;                                                 \
			if (loader(result_, &rows_, &count_) ||                                    \
			    result_runs(result_, &runs_, &run_count_))                             \
				continue;                                                          \
			if ((uintptr_t)(wanted) - (uintptr_t)rows_ >= count_ * sizeof(*rows_))     \
				continue;                                                          \
			for (size_t i_ = 0; i_ < run_count_; i_++)                                 \
				if (runs_[i_].id == (wanted)->run)                                 \
					return &runs_[i_];                                         \
		}                                                                                  \
		return NULL;                                                                       \
	} while (0)

const struct result_run *label_run_of_skip(const struct report *r, size_t skip)
{
	FIND_RUN(r, result_skips, struct result_skip, r->skips[skip]);
}

const struct result_run *label_run_of_fact(const struct report *r, size_t fact)
{
	FIND_RUN(r, result_facts, struct result_fact, r->facts[fact]);
}

const struct result_run *label_run_of_platform(const struct report *r, size_t platform)
{
	FIND_RUN(r, result_platforms, struct result_platform, r->platforms[platform]);
}

const char *label_plan_hash(char *s, const struct result_run *run)
{
	struct sha256 sha;

	sha256_begin(&sha);
	sha256_add(&sha, run->plan, strlen(run->plan));
	sha256_end(&sha, s);
	return s;
}

const struct report_file *label_file(const struct report *r, const struct result_run *run)
{
	for (size_t f = 0; f < r->file_count; f++) {
		const struct result_run *runs;
		size_t count;

		if (r->files[f].result && !result_runs(r->files[f].result, &runs, &count) &&
		    (uintptr_t)run - (uintptr_t)runs < count * sizeof(*runs))
			return &r->files[f];
	}
	return NULL;
}

const char *label_value(char *s, const char *value)
{
	size_t lines = 0;

	if (!value)
		return "not disclosed";
	if (!strchr(value, '\n'))
		return value;
	for (const char *at = value; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		lines += *at != '\0';
	}
	text_print(s, LABEL_SIZE, "%zu lines (report -F json has them)", lines);
	return s;
}

/* The first fact of a run: they come sorted by runs. */
static size_t first_fact(const struct result_fact *facts, size_t count, int64_t run)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (facts[middle].run < run)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *label_fact(const struct report *r, const struct result_run *run, const char *name)
{
	const struct report_file *file = label_file(r, run);
	const struct result_fact *facts;
	size_t count;

	if (!file || result_facts(file->result, &facts, &count))
		return NULL;
	for (size_t i = first_fact(facts, count, run->id); i < count && facts[i].run == run->id;
	     i++)
		if (!strcmp(facts[i].name, name))
			return facts[i].value;
	return NULL;
}

const char *label_host(const struct report *r, const struct result_run *run)
{
	const char *name = label_fact(r, run, "host.name");

	return name ? name : label_fact(r, run, "cpu.model");
}

const char *label_version(const struct report *r, const struct result_run *run, const char *name)
{
	const struct report_file *file = label_file(r, run);
	const struct result_platform *platforms;
	size_t count;

	if (!file || result_platforms(file->result, &platforms, &count))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (platforms[i].run == run->id && !strcmp(platforms[i].name, name))
			return platforms[i].version;
	return NULL;
}

/* ---- Variants ---- */

const struct result_variant *label_variants(const struct report *r, const struct result_run *run,
					    size_t *count)
{
	const struct report_file *file = label_file(r, run);
	const struct result_variant *rows;
	size_t all, first = 0;

	*count = 0;
	if (!file || result_variants(file->result, &rows, &all))
		return NULL;
	while (first < all && rows[first].run != run->id)
		first++;
	while (first + *count < all && rows[first + *count].run == run->id)
		++*count;
	return *count ? &rows[first] : NULL;
}

const struct result_variant *label_variant(const struct report *r, const struct result_run *run,
					   const char *variant)
{
	size_t count;
	const struct result_variant *v = label_variants(r, run, &count);

	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(v[i].name);

		if (!strncmp(variant, v[i].name, length) &&
		    (!variant[length] || !strncmp(variant + length, ", ", 2)))
			return &v[i];
	}
	return NULL;
}

const char *label_variant_name(char *s, const struct result_variant *v)
{
	text_print(s, LABEL_SIZE, v->settings[0] ? "%s (%s)" : "%s", v->name, v->label);
	return s;
}

const char *label_all_variants(char *s, const struct report *r, const struct result_run *run)
{
	char one[LABEL_SIZE];
	size_t count, n = 0;
	const struct result_variant *v = label_variants(r, run, &count);

	s[0] = '\0';
	for (size_t i = 0; i < count && n < LABEL_SIZE; i++)
		n += text_print(s + n, LABEL_SIZE - n, "%s%s", n ? ", " : "",
				label_variant_name(one, &v[i]));
	return s;
}
