/* SPDX-License-Identifier: Apache-2.0 */
/* One row of what figures differ by where nothing changed, into a result file. */
#include "harness/core/result_insert.h"

int result_add_noise(struct result *r, const struct result_noise *n)
{
	const double figures[] = {n->within,	      n->between_trials, n->between_runs,
				  n->trial_deviation, n->run_deviation,	 n->batch_ns,
				  n->trial_ns,	      n->run_ns,	 n->floor,
				  n->detectable,      n->detectable_runs};
	struct insert i = insert_into(r, TABLE_NOISE);

	if (insert_allowed(r))
		return -1;
	i.wrong = result_check_noise(n);
	insert_null(&i);
	insert_integer(&i, n->run);
	insert_text(&i, n->origin);
	insert_text(&i, n->fingerprint);
	insert_text(&i, n->bench);
	insert_integer(&i, n->parameter);
	insert_text(&i, n->platform);
	insert_text(&i, n->variant);
	insert_word(&i, execution_name(n->execution));
	insert_integer(&i, n->runs);
	insert_real(&i, n->trials);
	insert_real(&i, n->batches);
	for (size_t k = 0; k < sizeof(figures) / sizeof(figures[0]); k++)
		insert_real(&i, figures[k]);
	return insert_row(&i);
}
