/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Criteria from elsewhere than a result file: whoever can read such a file (plans, in harness/)
 * registers a reader, and report/ asks whatever is registered. The report half alone has none.
 */
#ifndef VQ_CRITERIA_READER_H
#define VQ_CRITERIA_READER_H

#include "harness/core/arena.h"
#include "harness/core/registry.h"
#include "harness/core/result.h"

struct criteria_given {
	struct arena arena; /* owns the rows and their texts */
	struct result_criterion *rows;
	size_t count;	 /* of kinds and entries as a run would store them; their `run` is 0 */
	char sha256[65]; /* of the file's bytes */
};

/* Names that the result files have, beside those that the reader itself knows: what is neither is
 * an error, most likely a slip of the finger. */
struct criteria_names {
	struct registry platforms, benches, faults, recoveries, groups;
};

struct criteria_reader {
	const char *name; /* "plan" */
	/* 0, or -1 with one line in `error`; give the arena back either way. */
	int (*read)(const char *path, const struct criteria_names *known,
		    struct criteria_given *out, char *error, size_t size);
};

REGISTRY_DECLARE(criteria_readers);
#define CRITERIA_READER(id, ...)                                                                   \
	static const struct criteria_reader id##_criteria_reader = {.name = #id, __VA_ARGS__};     \
	REGISTER(criteria_readers, id##_criteria_reader)

#endif
