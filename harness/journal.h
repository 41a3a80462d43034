/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The journal of changes to the host. Whoever changes something writes the inverse down first,
 * so that it can be undone by whoever is left: the trial, the harness, or, when all of that is
 * gone, `virt-qualify recover`.
 *
 *	if (journal_add(j, "rmdir-cgroup", path))	on disk now
 *		return trial_fail(…, journal_error(j));
 *	mkdir(path, 0755);				and only now done
 *
 * One file a run, in a state directory of this user's alone, under flock(2). The lock belongs to
 * the run's processes together (they inherit it): it is free once the last of them is gone. A
 * program that is exec'd does not inherit it.
 *
 *	virt-qualify-journal 1 BOOT-ID
 *	do rmdir-cgroup /sys/fs/cgroup/virt-qualify-1
 *	do write /sys/fs/cgroup/virt-qualify-1/cpu.max max%20100000
 *	undone 3
 *
 * Odd bytes are %XX. A last line without its end was never acted upon (the change comes after the
 * fsync), and is ignored. What a boot takes with it, another boot's journal need not undo.
 */
#ifndef VQ_JOURNAL_H
#define VQ_JOURNAL_H

#include <stddef.h>

/* Longest path and value of an entry, bytes; longest file. */
#define JOURNAL_MAX_PATH  1024
#define JOURNAL_MAX_VALUE 512
#define JOURNAL_MAX_FILE  (1 << 20)

struct journal;

/*
 * Start this run's journal, in the first of these that can be used:
 *
 *	$VIRT_QUALIFY_STATE		where set, nowhere else
 *	/run/virt-qualify		for root, nowhere else
 *	$XDG_RUNTIME_DIR/virt-qualify
 *	~/.local/state/virt-qualify
 *
 * NULL with one line in `error`: what, where, what to do.
 */
struct journal *journal_open(char *error, size_t size);

/* Where it lies; for messages. */
const char *journal_path(const struct journal *j);

/* The state directory that it lies in goes to `path`: a place of this user's alone. */
void journal_place(const struct journal *j, char *path, size_t size);

/*
 * Write an inverse down, durably. `action`:
 *
 *	"rmdir-cgroup"	remove a cgroup directory below a cgroup mount, named virt-qualify-…
 *	"kill-cgroup"	kill every process in a cgroup below a cgroup mount, named virt-qualify-…,
 *			and in those below it, which are removed: none is there that we did not
 *			start. The directory itself stays.
 *	"kill-mounted"	kill every process that has mounts of its own, and a directory of ours among
 *			them: named virt-qualify-…, or below it. None has it that a daemon of ours
 *			did not start.
 *	"unlink"	remove a file of ours, named virt-qualify-…
 *	"remove-tree"	remove a directory of ours, named virt-qualify-…, and all that is in it, but
 *			for other file systems that are mounted there
 *
 * Works in forked children too. 0, or -1 with journal_error(): then do not make the change. An
 * entry that would be refused when healing is refused here. `j` NULL fails.
 */
int journal_add(struct journal *j, const char *action, const char *path);

/* The same for "write": put `value` (what a read gives now) back into an existing file of sysfs,
 * a cgroup, /proc/sys, /proc/irq or /proc/self. */
int journal_add_write(struct journal *j, const char *path, const char *value);

/* Do at once what "remove-tree" would: for what is done with before its run is. 0, or -1 with a
 * sentence in `why`. */
int journal_remove_tree(const char *path, char *why, size_t size);

/* One line about the last failure in this process. */
const char *journal_error(const struct journal *j);

/*
 * Undo all entries that are not undone yet, last one first, and verify each. Returns how many
 * could not be undone or read; the file keeps those. Safe to repeat. The run's other processes
 * must not add entries meanwhile. May wait 2 s for each cgroup that is not empty yet, and 10 s for
 * processes that do not die.
 */
size_t journal_heal(struct journal *j);

/* What the last journal_heal() undid, and what it could not: line `i`, NULL past the last. */
const char *journal_healed(const struct journal *j, size_t i);
const char *journal_failed(const struct journal *j, size_t i);

/* Let go of it; its file is removed if nothing in it is left to undo. In a forked child: only
 * the child's handle. NULL is fine. */
void journal_close(struct journal *j);

/* A journal that was found lying about. */
enum journal_state {
	JOURNAL_DEAD,	    /* its run is gone: `j` is now the finder's, to heal and close */
	JOURNAL_LIVE,	    /* a run, or somebody else who heals, holds it; `j` is NULL */
	JOURNAL_UNREADABLE, /* `why` says what is wrong with it; `j` is NULL */
};

typedef void journal_visit(void *context, enum journal_state state, const char *path,
			   struct journal *j, const char *why);

/* Visit every journal in the state directories named above. 0, or -1 with one line in `error`. */
int journal_scan(journal_visit *visit, void *context, char *error, size_t size);

/* How many of them are of runs that are gone, and hold changes that nobody has undone; the first
 * one's path goes to `path`. Undoes nothing; those that hold none are removed. */
size_t journal_left_over(char *path, size_t size);

#endif
