/* SPDX-License-Identifier: Apache-2.0 */
/* Life-cycle benches are measured from the host; what their files share. */
#ifndef VQ_LIFE_CYCLE_H
#define VQ_LIFE_CYCLE_H

#include "harness/host.h"
#include "harness/trial.h"

#define LIFE_SERVICE 50 /* operations between two commands: half a millisecond or so */
#define LIFE_REPEATS 10 /* of a command within a trial, unless the plan says how many batches */
#define LIFE_SAVES   3	/* the same, of one that ends a process and starts another */

/* Open the trial's one guest, 2 MiB, one vCPU. */
int life_open(struct trial *t, const char *command, bool snapshots);

/* The same, to be saved by its platform's management. */
int life_open_saving(struct trial *t);

/* How often a command is timed in a trial, each time a batch; what ends a guest is once a trial. */
uint32_t life_repeats(const struct trial *t);
uint32_t life_saves(const struct trial *t);

/* Open it for a migration: 16 MiB, of which it writes 8 MiB again and again as it serves. */
int life_open_migrating(struct trial *t);

/* A stamp of the guest process (enum machine_stamp), host_now_ns(). */
int64_t life_stamp(const struct trial *t, enum machine_stamp which);

/* Wait until the guest process has set it. */
int life_wait_stamp(struct trial *t, enum machine_stamp which);

/* Acknowledged operations so far. */
uint64_t life_sequence(struct trial *t);

/* Wait until more than `before` operations are acknowledged; when that was seen goes to `at` (may
 * be NULL). From a first operation on this looks every 10 us or so, later it spins. */
int life_wait_service(struct trial *t, uint64_t before, int64_t *at);

/* Wait until the acknowledged sequence differs from what it is now. */
int life_wait_change(struct trial *t);

/* The guest's TSC at its first instruction, from its first record. */
int life_first_tsc(struct trial *t, uint64_t *tsc);

int64_t life_ticks_ns(uint64_t ticks);

/* One sample, from `begin` to `end`; refuses one that makes no sense. */
int life_add(struct trial *t, uint32_t batch, int64_t begin, int64_t end);
int life_sample(struct trial *t, int64_t begin, int64_t end);

/* The last command's time, from taken up to done; `ret` is what the command returned. */
int life_command(struct trial *t, int ret, uint32_t batch);

#endif
