/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify recover: undo what runs that crashed left changed on this host. */
#include <argp.h>
#include <stdio.h>

#include "harness/core/command.h"
#include "harness/journal.h"

struct recovered {
	size_t dead, live, broken; /* journals; broken: not wholly healed, or unreadable */
};

static void print_leftovers(const char *path, struct journal *j, size_t failed)
{
	size_t i;

	for (i = 0; journal_failed(j, i); i++)
		complain(EXIT_HARNESS, "cannot undo: %s", journal_failed(j, i));
	if (failed > i)
		complain(EXIT_HARNESS, "and %zu more like these", failed - i);
	complain(EXIT_HARNESS, "%s is kept; put right what stands in the way and run this again",
		 path);
}

static void recover_one(struct recovered *r, const char *path, struct journal *j)
{
	size_t failed = journal_heal(j), i;

	r->dead++;
	for (i = 0; journal_healed(j, i); i++)
		printf("%s\n", journal_healed(j, i));
	if (!i && !failed)
		printf("%s: its run is gone and left nothing to undo\n", path);
	if (failed) {
		r->broken++;
		print_leftovers(path, j, failed);
	}
	journal_close(j);
}

static void visit(void *context, enum journal_state state, const char *path, struct journal *j,
		  const char *why)
{
	struct recovered *r = context;

	switch (state) {
	case JOURNAL_DEAD:
		recover_one(r, path, j);
		break;
	case JOURNAL_LIVE:
		r->live++;
		printf("%s: in use by a run (or another recover); left alone\n", path);
		break;
	case JOURNAL_UNREADABLE:
		r->broken++;
		complain(EXIT_HARNESS, "%s: %s; look at it and remove it", path, why);
		break;
	}
}

static int recover(int argc, char **argv)
{
	static const struct argp argp = {
		.doc = "Undo what crashed runs left changed on this host, and verify it. Changes "
		       "of a run that is still going are left alone."
		       "\v"
		       "Where runs note their changes: $VIRT_QUALIFY_STATE, else "
		       "/run/virt-qualify for root, else $XDG_RUNTIME_DIR/virt-qualify and "
		       "~/.local/state/virt-qualify. Exit: 0 all is well, 4 something is still "
		       "changed."};
	struct recovered r = {0};
	char error[512];

	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (journal_scan(visit, &r, error, sizeof(error)))
		return complain(EXIT_HARNESS, "%s", error);
	if (r.broken)
		return EXIT_HARNESS;
	if (!r.dead)
		printf("nothing to recover%s\n", r.live ? " from runs that are over" : "");
	return EXIT_OK;
}

COMMAND(recover, .summary = "undo what a crashed run left changed on this host", .order = 70,
	.main = recover);
