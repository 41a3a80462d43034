/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a machine (machine*.c) share; the functions are the trial's. */
#ifndef VQ_MACHINE_INTERNAL_H
#define VQ_MACHINE_INTERNAL_H

#include "harness/platform.h"

/* "WHAT: errno in words" to m->error; returns -1. */
int machine_fail(struct machine *m, const char *what);

/* ---- machine_memory.c ---- */

/* All that machine_open() maps, by its config. 0, or -1 with m->error; machine_free_memory() takes
 * back whatever there is. */
int machine_make_memory(struct machine *m);
void machine_free_memory(struct machine *m);

/* The file again in place of a guest's areas, before the next life. */
void machine_unmap_memory(struct machine *m);

/* ---- machine_command.c ---- */

/* What has ended before is not what ends next. */
void machine_drain_event(struct machine *m);

#endif
