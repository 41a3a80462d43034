/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A podman of our own: its storage, state and settings lie in one directory, so that neither it
 * nor the user's sees the other's containers, and all that it leaves goes with the directory.
 */
#ifndef VQ_PODMAN_STORE_H
#define VQ_PODMAN_STORE_H

#include <stdbool.h>
#include <stddef.h>

#define PODMAN_MS 20000 /* bound of a call */

struct podman_store {
	char settings[600], storage[600]; /* environment: where the two files below are */
	char path[1100], home[600], scratch[600], directory[512];
	char runtime_root[600]; /* --runtime-flag of each call: state of runc or crun */
};

/* Can it make containers here? false with one sentence. Asked once. */
bool podman_works(char *why, size_t size);

/* "podman 4.3.1, runc 1.1.5+ds1". */
const char *podman_version(void);

/* The runtime that it calls: "runc", or "crun". */
const char *podman_runtime(void);

/* Write its settings into `directory`, and have it make the rest. 0, or -1 with one line. */
int podman_store_make(struct podman_store *s, const char *directory, char *error, size_t size);

/* Run `podman ARGUMENT…` there to its end, at most PODMAN_MS. 0, or -1 with the last thing that it
 * said. */
int podman_run(struct podman_store *s, const char *const *arguments, char *error, size_t size);

#endif
