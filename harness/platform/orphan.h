/* SPDX-License-Identifier: Apache-2.0 */
/* A process that outlives the trials of a run, and clears up after a run that was killed. */
#ifndef VQ_ORPHAN_H
#define VQ_ORPHAN_H

/* Fork one that is nobody's child of ours (trial.c reaps every child that a trial leaves); `run`
 * does not return. 0, or -1 with errno. */
int orphan_fork(void (*run)(void *context), void *context);

/* In it: close what the harness has open but for standard files and these two: its journal's lock,
 * the other ends of pipes. */
void orphan_close_others(int one, int other);

#endif
