/* SPDX-License-Identifier: Apache-2.0 */
/* What the platforms of the embedded VMM share, whatever it boots. */
#ifndef VQ_EMBEDDED_H
#define VQ_EMBEDDED_H

#include "harness/platform.h"
#include "harness/vmm/vmm.h"

/* For struct platform. */
const char *embedded_version(void); /* of the host's KVM */
enum execution embedded_execution(int ring);
const char *embedded_lacks(enum capability one);

/* For struct vm_config; its context is the machine. */
void embedded_doorbell(void *context, struct vm *vm, uint32_t cpu, uint8_t value);

/* In the guest process: start what was created, with an `end_event`, and obey the trial. NULL: it
 * could not be, for the reason in m->error. */
void embedded_serve(struct machine *m, struct vm *vm) __attribute__((noreturn));

#endif
