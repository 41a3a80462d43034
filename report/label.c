/* SPDX-License-Identifier: Apache-2.0 */
#include "report/label.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/number.h"

const char *label_metric(char *s, const struct metric *m)
{
	if (m->bench->parameter_name)
		snprintf(s, LABEL_SIZE, "%s %s=%lld", m->bench->name, m->bench->parameter_name,
			 (long long)m->parameter);
	else
		snprintf(s, LABEL_SIZE, "%s", m->bench->name);
	return s;
}

const char *label_platform(char *s, const char *platform, const char *variant)
{
	snprintf(s, LABEL_SIZE, "%s%s%s", platform, variant[0] ? "/" : "", variant);
	return s;
}

const char *label_fault(char *s, const struct fault_figure *f)
{
	snprintf(s, LABEL_SIZE, "%s+%s", f->fault->name, f->recovery);
	return s;
}

const char *label_outcomes(char *s, const struct fault_figure *f)
{
	size_t n = 0;

	s[0] = '\0';
	for (int o = 0; o < OUTCOMES && n < LABEL_SIZE; o++)
		if (f->outcomes[o])
			n += (size_t)snprintf(s + n, LABEL_SIZE - n, "%s%zu %s", n ? ", " : "",
					      f->outcomes[o], outcome_name((enum outcome)o));
	return s;
}

const char *label_recovered(char *s, const struct fault_figure *f)
{
	size_t lost = f->recovered + f->censored;
	char low[NUMBER_SIZE], high[NUMBER_SIZE];

	if (!lost)
		return strcpy(s, "none lost service");
	snprintf(s, LABEL_SIZE, "%zu of %zu (%s – %s)", f->recovered, lost,
		 number_share(low, f->recovered_share.low),
		 number_share(high, f->recovered_share.high));
	return s;
}

static void open_interval(char range[NUMBER_SIZE], const struct time_figure *t)
{
	char end[NUMBER_SIZE];

	if (isnan(t->high))
		snprintf(range, NUMBER_SIZE, "%.24s – ?", number_time(end, t->low, NAN, NAN));
	else
		snprintf(range, NUMBER_SIZE, "? – %.24s", number_time(end, t->high, NAN, NAN));
}

const char *label_time(char *s, const struct time_figure *t, size_t of)
{
	char median[NUMBER_SIZE], range[NUMBER_SIZE];
	struct interval i = {t->low, t->high};

	if (isnan(t->median)) {
		snprintf(s, LABEL_SIZE, "n/a (%zu of %zu seen)", t->count, of);
		return s;
	}
	number_time(median, t->median, t->low, t->high);
	number_interval(range, t->median, i, NANOSECONDS);
	if (isnan(t->low) != isnan(t->high)) /* censoring leaves one end open */
		open_interval(range, t);
	if (!strcmp(range, NUMBER_NONE))
		snprintf(s, LABEL_SIZE, "%s", median);
	else
		snprintf(s, LABEL_SIZE, "%s (%s)", median, range);
	return s;
}

const char *label_disturbances(char *s, uint32_t mask)
{
	size_t n = 0;

	s[0] = '\0';
	for (unsigned int bit = 0; bit < DISTURBANCES && n < LABEL_SIZE; bit++)
		if (mask & 1u << bit)
			n += (size_t)snprintf(s + n, LABEL_SIZE - n, "%s%s", n ? ", " : "",
					      disturbance_name(bit));
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

const struct report_file *label_file(const struct report *r, const struct result_run *run)
{
	for (size_t f = 0; f < r->file_count; f++) {
		const struct result_run *runs;
		size_t count;

		if (!result_runs(r->files[f].result, &runs, &count) &&
		    (uintptr_t)run - (uintptr_t)runs < count * sizeof(*runs))
			return &r->files[f];
	}
	return NULL;
}

const char *label_fact(const struct report *r, const struct result_run *run, const char *name)
{
	const struct report_file *file = label_file(r, run);
	const struct result_fact *facts;
	size_t count;

	if (!file || result_facts(file->result, &facts, &count))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (facts[i].run == run->id && !strcmp(facts[i].name, name))
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
