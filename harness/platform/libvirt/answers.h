/* SPDX-License-Identifier: Apache-2.0 */
/* Is there a libvirtd that answers? One that hangs keeps its clients for ever. */
#ifndef VQ_LIBVIRT_ANSWERS_H
#define VQ_LIBVIRT_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

/* Does libvirt connect to that URI within so long? Tried in a process that can be given up. true,
 * or false with what libvirt says, or that it says nothing. */
bool libvirt_answers(const char *uri, int bound_ms, char *why, size_t size);

#endif
