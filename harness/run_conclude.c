/* SPDX-License-Identifier: Apache-2.0 */
/* What a run that has ended makes its command end with. */
#include "harness/core/command.h"
#include "harness/runner.h"

int run_conclude(const struct run_summary *s)
{
	if (!s->planned || (s->unsupported && s->unsupported == s->done))
		return complain(EXIT_NOTHING_RAN, "nothing in the plan can run here: %s%s",
				s->skipped ? s->skip : "it is empty",
				s->skipped > 1 ? " (virt-qualify list says why of all)" : "");
	if (s->empty_cells)
		return complain(EXIT_HARNESS, "%zu without one valid trial, the first: %s",
				s->empty_cells, s->empty);
	return EXIT_OK;
}
