/* SPDX-License-Identifier: Apache-2.0 */
/* What the benches of live migration share: precopy and postcopy are measured alike. */
#ifndef VQ_MIGRATION_H
#define VQ_MIGRATION_H

#include "harness/trial.h"

/* All of it: from the command until the guest runs at the destination, whose start is part of it,
 * has all of its RAM there, and the source is gone. */
int migration_measure(struct trial *t, enum machine_migration how);

/*
 * How long nobody served: from the last progress of the heartbeat in the source's memory to the
 * first beyond it in the destination's, both watched from outside.
 */
int migration_measure_downtime(struct trial *t, enum machine_migration how);

#endif
