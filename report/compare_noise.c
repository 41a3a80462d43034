/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Separate runs of the same code differ by more than their trials let expect: memory, processes and
 * daemons are laid out anew, the host does something else. `aa` measures by how much; a comparison
 * of separate runs allows for it. Where nobody measured it, a default is assumed that errs on the
 * side of no verdict, and the row says so.
 */
#include <math.h>
#include <string.h>

#include "report/compare.h"

/* Standard deviation of logs that is assumed. Single processes on a shared host were seen to vary
 * by so much from one to the next. */
#define ASSUMED 0.08

static bool is_same(const char *a, const char *b)
{
	return !strcmp(a, b);
}

static bool is_about(const struct result_noise *n, const struct metric *m, const char *fingerprint)
{
	return n->parameter == m->parameter && n->execution == m->execution &&
	       is_same(n->bench, m->bench->name) && is_same(n->platform, m->platform_name) &&
	       is_same(n->fingerprint, fingerprint);
}

/* The noise of a metric on its host: of its variant before that of the plain platform, of many
 * runs before that of few. NULL: nobody measured it. */
static const struct result_noise *find_noise(const struct report *r, const struct metric *m)
{
	const char *fingerprint = label_fact(r, m->run, "host.fingerprint");
	const struct result_noise *best = NULL;

	for (size_t i = 0; fingerprint && i < r->noise_count; i++) {
		const struct result_noise *n = r->noise[i];
		bool own = is_same(n->variant, m->variant), best_own;

		if (!is_about(n, m, fingerprint) || (!own && n->variant[0]))
			continue;
		best_own = best && is_same(best->variant, m->variant);
		if (!best || own > best_own || (own == best_own && n->runs > best->runs))
			best = n;
	}
	return best;
}

static struct run_noise noise_of(const struct result_noise *n)
{
	if (!n)
		return (struct run_noise){.deviation = ASSUMED, .freedom = INFINITY};
	return (struct run_noise){.deviation = n->run_deviation,
				  .trials = n->trials,
				  .trial_deviation = n->trial_deviation,
				  .freedom = n->runs - 1.0};
}

/* A side of k runs, its blocks: their mean varies by a k-th of the variance of one. */
static void over_blocks(struct run_noise *n, const struct metric *m)
{
	double blocks = m->block_count ? (double)m->block_count : 1;

	n->deviation /= sqrt(blocks);
	n->trials *= blocks;
}

bool compare_noise(const struct report *r, struct comparison_row *row, struct run_noise *base,
		   struct run_noise *other)
{
	const struct result_noise *a, *b;

	if (!row->base || !row->other || row->base->run == row->other->run)
		return false;
	a = find_noise(r, row->base);
	b = find_noise(r, row->other);
	*base = noise_of(a);
	*other = noise_of(b);
	row->between_runs = (struct between_runs){
		.counts = true,
		.assumed = !a || !b,
		.base = base->deviation,
		.other = other->deviation,
		.runs = !a || !b	    ? 0
			: a->runs < b->runs ? a->runs
					    : b->runs,
		.trials_p = NAN,
	};
	over_blocks(base, row->base);
	over_blocks(other, row->other);
	return true;
}

const char *compare_hosts(const struct report *r, const struct comparison_row *row,
			  enum compare_by by)
{
	const char *a, *b;

	if (by == BY_HOST || !row->base || !row->other || row->base->run == row->other->run)
		return NULL;
	a = label_fact(r, row->base->run, "host.fingerprint");
	b = label_fact(r, row->other->run, "host.fingerprint");
	if (!a || !b || is_same(a, b))
		return NULL;
	return "the hosts are not of one kind (host.fingerprint differs): the difference may be "
	       "theirs; compare --by host compares hosts";
}

int report_add_noise(struct report *r, const char *path, char *error, size_t size)
{
	struct analysis *a = (struct analysis *)r;
	const struct result_noise *rows;
	size_t count;

	a->error = error;
	a->error_size = size;
	a->noise_file = result_open(path);
	if (!a->noise_file)
		return analysis_fail(a, "%s", result_error(NULL));
	if (result_noise(a->noise_file, &rows, &count))
		return analysis_fail(a, "%s", result_error(a->noise_file));
	if (!count)
		return analysis_fail(a, "%s: holds no noise; virt-qualify aa makes such a file",
				     path);
	APPEND(a, r->noise, r->noise_count, rows, count);
	return analysis_noise(a);
}
