/* SPDX-License-Identifier: Apache-2.0 */
/* A domain destroyed as by somebody else, while its driver goes on listening. */
#ifndef VQ_LIBVIRT_DESTROY_H
#define VQ_LIBVIRT_DESTROY_H

#include "harness/platform/libvirt/api.h"

/* Begin to destroy the domain, which may be let go of before it is done. 0, or -1 with errno; what
 * libvirt itself refuses shows in the domain, which goes on. */
int libvirt_destroy(const struct libvirt_api *lib, virDomainPtr domain);

#endif
