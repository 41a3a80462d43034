/* SPDX-License-Identifier: Apache-2.0 */
/* Places of this user's. */
#ifndef VQ_HOME_H
#define VQ_HOME_H

#include <stddef.h>

/* $HOME where that is an absolute path, else what the system knows; static. NULL: none. */
const char *home_directory(void);

/* What is worth keeping, and can be had again: $XDG_CACHE_HOME/virt-qualify where that is an
 * absolute path, else ~/.cache/virt-qualify. It need not be there. 0, or -1: no place, or too long
 * a path, and `path` is "". */
int home_cache(char *path, size_t size);

#endif
