/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registration without a list: a descriptor puts a pointer to itself into a linker section, and
 * whoever wants all descriptors of a kind walks that section. Adding a bench touches one file.
 *
 * `retain` keeps lld's --gc-sections from dropping what nothing refers to; the bounds are weak so
 * that a section nobody filled links as an empty one.
 */
#ifndef VQ_REGISTRY_H
#define VQ_REGISTRY_H

#include <stddef.h>

#if defined(__has_attribute) && __has_attribute(retain)
#define REGISTRY_KEEP used, retain
#else
#define REGISTRY_KEEP used
#endif

/* Register `object`, a descriptor whose first member is `const char *name`, as one of `kind`. */
#define REGISTER(kind, object)                                                                     \
	__attribute__((REGISTRY_KEEP,                                                              \
		       section(#kind))) static const void *const registered_##kind##_##object =    \
		&(object)

/* Declare the bounds of a kind; once, in the header that defines the descriptor. */
#define REGISTRY_DECLARE(kind)                                                                     \
	extern const void *const __start_##kind[] __attribute__((weak));                           \
	extern const void *const __stop_##kind[] __attribute__((weak))

struct registry {
	const void *const *entries; /* sorted by name after registry_open */
	size_t count;
};

#define REGISTRY(kind) registry_open(#kind, __start_##kind, __stop_##kind)

/*
 * All descriptors of a section, sorted by name. Aborts with a clear line where two share a name:
 * that is a mistake in the build, not in the input. The returned array is cached for the life of
 * the process and owned by the registry; `kind` must be a literal.
 */
struct registry registry_open(const char *kind, const void *const *start, const void *const *stop);

/* The name of a registered descriptor. */
const char *registry_name(const void *descriptor);

/* The descriptor of that name, or NULL. */
const void *registry_find(struct registry r, const char *name);

/* The registered name most like `name` (least edit distance), or NULL where none is near. */
const char *registry_nearest(struct registry r, const char *name);

/* Edit distance as insertions, deletions, substitutions and swaps of neighbours (restricted
 * Damerau-Levenshtein). Strings longer than 64 bytes are compared by their first 64. */
unsigned int edit_distance(const char *a, const char *b);

#define for_each_registered(type, item, reg)                                                       \
	for (size_t item##_i = 0; item##_i < (reg).count; item##_i++)                              \
		for (const type *item = (reg).entries[item##_i]; item; item = NULL)

#endif
