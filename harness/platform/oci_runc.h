/* SPDX-License-Identifier: Apache-2.0 */
/* The program runc: where it is, whether it can work here, and one bounded call of it. */
#ifndef VQ_OCI_RUNC_H
#define VQ_OCI_RUNC_H

#include <stdbool.h>
#include <stddef.h>

/* Can it make containers here? false with one sentence. Asked once. */
bool runc_works(char *why, size_t size);

/* "1.1.5+ds1"; "": there is none. */
const char *runc_version(void);

/* Run `runc --root STATE ARGUMENT…` to its end, at most RUNC_MS. 0, or -1 with the last thing that
 * it said in `error`. */
#define RUNC_MS 10000
int runc_run(const char *state, const char *const *arguments, char *error, size_t size);

#endif
