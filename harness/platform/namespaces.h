/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VQ_NAMESPACES_H
#define VQ_NAMESPACES_H

#include <stdbool.h>
#include <stddef.h>

/* May this user make the namespaces of a container, and mount its /proc? It is tried, in a child.
 * false with one sentence. */
bool namespaces_work(char *why, size_t size);

#endif
