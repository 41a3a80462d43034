/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a group of benches costs on one platform over another: geometric means of ratios, among
 * figures that ran alike alone. A mean over other benches is another figure, so each says over how
 * many of the reference's it is.
 */
#include "report/analysis_matrix.h"

#include <math.h>
#include <string.h>

/* The rows of one group, one way of execution, and the run that its columns must be of. */
struct scope {
	const struct matrix *m;
	size_t first, end; /* rows */
	enum execution execution;
	size_t run_order; /* SIZE_MAX: any run */
};

static bool is_baseline(const struct matrix_column *c)
{
	return !strcmp(c->platform_name, BASELINE_PLATFORM);
}

/* The figure of a cell that ran as the scope asks; NULL: there is none above zero. */
static const struct metric *measured(const struct scope *s, size_t row, size_t column)
{
	const struct matrix_cell *cell = &s->m->benches[row].cells[column];

	for (size_t i = 0; i < cell->count; i++)
		if (cell->metrics[i].execution == s->execution && cell->metrics[i].median > 0)
			return &cell->metrics[i];
	return NULL;
}

/*
 * The same where it may be set against another: what traps does so natively, too, where the host
 * is a guest.
 */
static const struct metric *figure(const struct scope *s, size_t row, size_t column)
{
	const struct metric *m = measured(s, row, column);

	return m && m->bench->traps && analysis_is_nested(m) ? NULL : m;
}

static bool is_in(const struct scope *s, size_t column)
{
	return s->run_order == SIZE_MAX || s->m->columns[column].run_order == s->run_order;
}

/* How many pairs of figures a reference would give. */
static size_t pairs_with(const struct scope *s, size_t reference)
{
	size_t n = 0;

	for (size_t row = s->first; row < s->end; row++)
		for (size_t c = 0; c < s->m->column_count; c++)
			n += c != reference && is_in(s, c) && figure(s, row, reference) &&
			     figure(s, row, c);
	return n;
}

/*
 * Whoever gives most pairs; native already where it gives half of them. Fewer would let a few
 * benches stand for the whole group: those of exits that do not trap, for its exits. SIZE_MAX:
 * nobody.
 */
static size_t find_reference(const struct scope *s)
{
	size_t best = SIZE_MAX, native = SIZE_MAX, most = 0, of_native = 0;

	for (size_t c = 0; c < s->m->column_count; c++) {
		size_t n = is_in(s, c) ? pairs_with(s, c) : 0;

		if (n && n > of_native && is_baseline(&s->m->columns[c])) {
			native = c;
			of_native = n;
		}
		if (n > most) {
			most = n;
			best = c;
		}
	}
	return of_native && 2 * of_native >= most ? native : best;
}

static double cost_ratio(const struct metric *m, const struct metric *reference)
{
	return m->bench->unit == NANOSECONDS ? m->median / reference->median
					     : reference->median / m->median;
}

static void add_mean(struct matrix *m, const struct scope *s, size_t reference, size_t column)
{
	struct matrix_mean mean = {.group = m->benches[s->first].bench->group,
				   .execution = s->execution,
				   .column = column,
				   .reference = reference};
	double sum = 0;

	for (size_t row = s->first; row < s->end; row++) {
		const struct metric *r = figure(s, row, reference);
		const struct metric *x = figure(s, row, column);

		/* Not of those alone that may be compared: RDTSC does not stand for exits. */
		mean.of += measured(s, row, reference) != NULL;
		if (!r || !x || r->bench->unit != x->bench->unit)
			continue;
		sum += log(cost_ratio(x, r));
		mean.benches++;
	}
	/* Two benches of seven do not stand for their group, nor does one of two. */
	mean.ratio = mean.benches < mean.of && 2 * mean.benches <= mean.of
			     ? NAN
			     : exp(sum / (double)mean.benches);
	if (mean.benches)
		m->means[m->mean_count++] = mean;
}

static void add_scope(struct matrix *m, const struct scope *s)
{
	size_t reference = find_reference(s);

	for (size_t c = 0; c < m->column_count && reference != SIZE_MAX; c++)
		if (c != reference && is_in(s, c))
			add_mean(m, s, reference, c);
}

static bool is_first_of_run(const struct matrix *m, size_t column)
{
	for (size_t c = 0; c < column; c++)
		if (m->columns[c].run_order == m->columns[column].run_order)
			return false;
	return true;
}

/* Times of different hosts are not set against each other; instructions are the same anywhere. */
static void add_group(struct matrix *m, size_t first, size_t end)
{
	for (int e = 0; e < EXECUTIONS; e++) {
		struct scope s = {m, first, end, (enum execution)e, SIZE_MAX};

		if (e == EXECUTION_DETERMINISTIC) {
			add_scope(m, &s);
			continue;
		}
		for (size_t c = 0; c < m->column_count; c++) {
			s.run_order = m->columns[c].run_order;
			if (is_first_of_run(m, c))
				add_scope(m, &s);
		}
	}
}

static size_t count_groups(const struct matrix *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->bench_count; i++)
		n += !i || strcmp(m->benches[i].bench->group, m->benches[i - 1].bench->group) != 0;
	return n;
}

int matrix_make_means(struct matrix_builder *b)
{
	struct matrix *m = b->m;

	m->means = arena_array(&b->a->arena, count_groups(m) * EXECUTIONS + 1,
			       m->column_count * sizeof(*m->means));
	if (!m->means)
		return analysis_no_memory(b->a);
	for (size_t i = 0, end; i < m->bench_count; i = end) {
		for (end = i + 1; end < m->bench_count && !strcmp(m->benches[i].bench->group,
								  m->benches[end].bench->group);)
			end++;
		add_group(m, i, end);
	}
	return 0;
}
