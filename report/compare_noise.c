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
#include "report/noise.h"

/* Standard deviation of logs that is assumed. Single processes on a shared host were seen to vary
 * by so much from one to the next. */
#define ASSUMED 0.08

static struct run_noise of_side(const struct result_noise *n, const struct metric *m)
{
	const struct result_noise assumed = {
		.run_deviation = ASSUMED, .trials = 0, .runs = 1, .trial_deviation = 0};
	struct run_noise noise = noise_of_side(n ? n : &assumed, m);

	if (!n)
		noise.freedom = INFINITY;
	return noise;
}

bool compare_noise(const struct report *r, struct comparison_row *row, struct run_noise *base,
		   struct run_noise *other)
{
	const struct result_noise *a, *b;

	if (!row->base || !row->other || row->base->run == row->other->run)
		return false;
	a = noise_find(r, row->base);
	b = noise_find(r, row->other);
	*base = of_side(a, row->base);
	*other = of_side(b, row->other);
	row->between_runs = (struct between_runs){
		.counts = true,
		.assumed = !a || !b,
		.base = a ? a->run_deviation : ASSUMED,
		.other = b ? b->run_deviation : ASSUMED,
		.runs = !a || !b	    ? 0
			: a->runs < b->runs ? a->runs
					    : b->runs,
		.trials_p = NAN,
	};
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
	if (!a || !b || !strcmp(a, b))
		return NULL;
	return "the hosts are not of one kind (host.fingerprint differs): the difference may be "
	       "theirs; compare --by host compares hosts";
}
