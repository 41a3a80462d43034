/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: which benches and faults, on which platforms, how often. YAML, read by libyaml's
 * document nodes so that each error can name its line.
 *
 *	plan: smoke
 *	seed: 7                          # order and layouts; absent: from the clock, and recorded
 *	delta: 3%                        # smallest effect worth acting on
 *	platforms: [native, kvm]         # or: all; "libvirt:URI"
 *	at_most:                         # where a trial takes long
 *	  - match: qemu-*
 *	    benches: 5                   # trials of each
 *	    faults: 2
 *	    skip_benches: [life_migrate*]    # recorded as skipped, with this as the reason
 *	    skip_faults: ["*+snapshot"]
 *	variants:                        # forms of a platform, trials interleaved; the first is
 *	  base:                          # the base: see harness/setting.h for the keys
 *	  slow: {plant: 5%}
 *	benches:
 *	  - match: "exit_*"              # a glob over names
 *	    trials: 20
 *	    batches: 4                   # of each trial
 *	    samples: 100                 # stamped operations of each batch
 *	  - match: exit_ipi
 *	    placement: [same-core, same-cache]   # of its vCPUs: a variant each
 *	  - match: [switch_*, mem_*]
 *	    trials: 10
 *	faults:
 *	  - match: "*"
 *	    recoveries: [restart, snapshot]   # or: all
 *	    trials: 6
 *	    horizon: 2s                  # a trial not recovered by then is censored
 *	gate: ["exit_*"]                 # these alone can make a comparison red; absent: all
 *	limits:                          # what report judges
 *	  - match: exit_cpuid
 *	    platform: kvm
 *	    figure: p99                  # absent: median
 *	    at_most: 2us
 *	require: [exit_cpuid, hang+restart]  # skipped, failed or too few trials: not qualified
 *	weights: {exits: 2, "mem_*": 1}  # a score, by group or glob
 *	reference: native                # ... over that platform
 *
 * A name matched by several entries takes the first one. An entry that matches nothing is an error
 * that offers the nearest name; so is an unknown key.
 * Trials are 20 where an entry does not say; a plan without a name is called after its file.
 */
#ifndef VQ_PLAN_H
#define VQ_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/core/registry.h"
#include "harness/core/words.h"
#include "harness/variant.h"

struct plan_globs {
	char **glob;
	size_t count;
};

struct plan_bench {
	struct plan_globs match;
	uint32_t trials;     /* 1 to 100000 */
	uint32_t batches;    /* 1 to 1000; 0: the bench's own default */
	uint32_t samples;    /* 1 to 1000000; 0: the bench's own default */
	uint32_t placements; /* bit n: enum placement n; 0: any */
	int line;	     /* of the entry, for messages; 0: command line */
};

struct plan_fault {
	struct plan_globs match, recoveries;
	uint32_t trials;
	uint64_t horizon_ns; /* 10 ms to 1 h; 0: the fault's own default */
	int line;
};

/* At most so many trials of each bench, and of each fault with one recovery, on some platforms; of
 * some none at all. */
struct plan_limit {
	struct plan_globs match;
	uint32_t benches, faults;		     /* 1 to 100000; 0: as many as the entry says */
	struct plan_globs skip_benches, skip_faults; /* "hang", "hang+restart" */
	int line;
};

/*
 * What the plan decides by: gate: as a whole, an entry of limits:, require: or weights:, or the
 * reference. What each field means stands in core/result.h (struct result_criterion).
 */
struct plan_criterion {
	enum criterion kind;
	struct plan_globs match;     /* "exit_*", "hang+restart", "exit_*" "/" "kvm" */
	struct plan_globs platforms; /* none: any */
	int execution;		     /* -1: any */
	enum limit_figure figure;
	double quantile, low, high; /* NaN: none */
	int unit;		    /* -1: a ratio or a share */
	double weight;		    /* NaN: none */
	uint32_t trials;
	int line;
};

struct plan {
	char *name;
	char *file; /* for messages; "preset smoke" for a built-in one */
	uint64_t seed;
	int seed_given;
	double delta;
	struct plan_globs platforms;
	struct variants variants; /* none: each platform as it is */
	struct plan_bench *benches;
	size_t bench_count;
	struct plan_fault *faults;
	size_t fault_count;
	struct plan_limit *limits;
	size_t limit_count;
	struct plan_criterion *criteria;
	size_t criterion_count;
};

/* Names that a plan is checked against; of a kind that is empty, none is checked. */
struct plan_names {
	struct registry platforms, benches, faults, recoveries, groups; /* groups: of benches */
	/* The unit of a bench; -1: not known. NULL: no limit's unit is checked. */
	int (*unit_of)(const char *bench);
};

/*
 * Read a plan. On failure returns NULL and one line in `error`: "FILE:LINE: what; what to do".
 * Input is hostile: size at most 1 MiB, depth and aliases bounded.
 */
struct plan *plan_read(const char *path, const struct plan_names *names, char *error, size_t size);
struct plan *plan_parse(const char *text, size_t length, const char *file,
			const struct plan_names *names, char *error, size_t size);
/* The same of one that is only to be judged by: it may have nothing to run, but must decide. */
struct plan *plan_parse_criteria(const char *text, size_t length, const char *file,
				 const struct plan_names *names, char *error, size_t size);

/*
 * A built-in plan: "smoke", "ci", "qualify", "lab". NULL with a line in `error` for another name.
 * Its globs may match nothing: a build without, say, any life-cycle bench still has all its
 * presets.
 */
struct plan *plan_preset(const char *preset, const struct plan_names *names, char *error,
			 size_t size);

void plan_free(struct plan *p);

/* Does any of the globs match (fnmatch(3))? "all" matches everything, "none" nothing. */
int plan_globs_match(const struct plan_globs *g, const char *name);

/*
 * Narrow by the command line: globs given with -p, -b, -f replace the plan's own list of
 * platforms, and restrict benches and faults to those that match: entries then list names in
 * place of globs, and what was asked for is not skipped. A glob that matches no known name fails
 * with the nearest one; one that matches nothing that the plan has fails, too, and so do globs that
 * leave nothing to run. Returns 0, or -1 with `error`.
 */
int plan_narrow(struct plan *p, char *const *platforms, size_t platform_count, char *const *benches,
		size_t bench_count, char *const *faults, size_t fault_count,
		const struct plan_names *names, char *error, size_t size);

/* Is a platform of that name among the plan's? By a glob, or as "NAME:ARGUMENT". */
int plan_has_platform(const struct plan *p, const char *name);

/* What stands behind "NAME:" in one of a plan's platforms; NULL: it does not begin so. */
const char *plan_platform_argument(const char *text, const char *name);

/* The entry that governs a bench or fault, or NULL where the plan leaves it out. */
const struct plan_bench *plan_find_bench(const struct plan *p, const char *name);
const struct plan_fault *plan_find_fault(const struct plan *p, const char *name);

/* How many trials of a bench, or of a fault and a recovery, `trials` by their entry, are run on
 * that platform: the first limit that matches it holds. */
uint32_t plan_bench_trials(const struct plan *p, const char *platform, uint32_t trials);
uint32_t plan_fault_trials(const struct plan *p, const char *platform, uint32_t trials);

/* Does that limit leave the bench, or the fault with that recovery, out? Then with a sentence in
 * `why` that says so. */
bool plan_skips_bench(const struct plan *p, const char *platform, const char *bench, char *why,
		      size_t size);
bool plan_skips_fault(const struct plan *p, const char *platform, const char *fault,
		      const char *recovery, char *why, size_t size);

struct result;
struct result_criterion;
/* Give each row of what the plan decides by, a row a glob, its `run` 0, until one is refused. 0, or
 * -1. */
int plan_each_criterion(const struct plan *p,
			int (*take)(void *context, const struct result_criterion *row),
			void *context);
/* Write what the plan decides by into a result file. 0, or -1 with result_error(r). */
int plan_store_criteria(const struct plan *p, struct result *r, int64_t run);

/* The plan as YAML with every default filled in; allocated, the caller frees it. */
char *plan_text(const struct plan *p);

#endif
