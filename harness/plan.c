/* SPDX-License-Identifier: Apache-2.0 */
/* A plan once it is read: asking it, narrowing it, letting go of it. */
#include "harness/plan.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plan_internal.h"

int plan_globs_add(struct plan_globs *g, const char *glob)
{
	char **grown = realloc(g->glob, (g->count + 1) * sizeof(*grown));

	if (!grown)
		return -1;
	g->glob = grown;
	g->glob[g->count] = strdup(glob);
	if (!g->glob[g->count])
		return -1;
	g->count++;
	return 0;
}

void plan_globs_free(struct plan_globs *g)
{
	for (size_t i = 0; i < g->count; i++)
		free(g->glob[i]);
	free(g->glob);
	*g = (struct plan_globs){0};
}

void plan_bench_free(struct plan_bench *b)
{
	plan_globs_free(&b->match);
}

void plan_fault_free(struct plan_fault *f)
{
	plan_globs_free(&f->match);
	plan_globs_free(&f->recoveries);
}

void plan_limit_free(struct plan_limit *l)
{
	plan_globs_free(&l->match);
	plan_globs_free(&l->skip_benches);
	plan_globs_free(&l->skip_faults);
}

void plan_criterion_free(struct plan_criterion *c)
{
	plan_globs_free(&c->match);
	plan_globs_free(&c->platforms);
}

static const struct plan_limit *find_limit(const struct plan *p, const char *platform)
{
	for (size_t i = 0; i < p->limit_count; i++)
		if (plan_globs_match(&p->limits[i].match, platform))
			return &p->limits[i];
	return NULL;
}

static uint32_t at_most(uint32_t trials, uint32_t limit)
{
	return limit && limit < trials ? limit : trials;
}

uint32_t plan_bench_trials(const struct plan *p, const char *platform, uint32_t trials)
{
	const struct plan_limit *l = find_limit(p, platform);

	return l ? at_most(trials, l->benches) : trials;
}

uint32_t plan_fault_trials(const struct plan *p, const char *platform, uint32_t trials)
{
	const struct plan_limit *l = find_limit(p, platform);

	return l ? at_most(trials, l->faults) : trials;
}

static bool skipped(const struct plan *p, char *why, size_t size)
{
	snprintf(why, size, "the plan \"%s\" leaves it out on this platform (at_most)", p->name);
	return true;
}

bool plan_skips_bench(const struct plan *p, const char *platform, const char *bench, char *why,
		      size_t size)
{
	const struct plan_limit *l = find_limit(p, platform);

	return l && plan_globs_match(&l->skip_benches, bench) && skipped(p, why, size);
}

bool plan_skips_fault(const struct plan *p, const char *platform, const char *fault,
		      const char *recovery, char *why, size_t size)
{
	const struct plan_limit *l = find_limit(p, platform);
	char label[2 * PLAN_MAX_NAME + 2];

	snprintf(label, sizeof(label), "%s+%s", fault, recovery);
	return l &&
	       (plan_globs_match(&l->skip_faults, fault) ||
		plan_globs_match(&l->skip_faults, label)) &&
	       skipped(p, why, size);
}

void plan_free(struct plan *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->bench_count; i++)
		plan_bench_free(&p->benches[i]);
	for (size_t i = 0; i < p->fault_count; i++)
		plan_fault_free(&p->faults[i]);
	for (size_t i = 0; i < p->limit_count; i++)
		plan_limit_free(&p->limits[i]);
	for (size_t i = 0; i < p->criterion_count; i++)
		plan_criterion_free(&p->criteria[i]);
	plan_globs_free(&p->platforms);
	free(p->criteria);
	variants_free(&p->variants);
	free(p->limits);
	free(p->benches);
	free(p->faults);
	free(p->name);
	free(p->file);
	free(p);
}

static int glob_match(const char *glob, const char *name)
{
	if (!strcmp(glob, "none"))
		return 0;
	return !strcmp(glob, "all") || !fnmatch(glob, name, FNM_NOESCAPE);
}

int plan_globs_match(const struct plan_globs *g, const char *name)
{
	for (size_t i = 0; i < g->count; i++) {
		if (glob_match(g->glob[i], name))
			return 1;
	}
	return 0;
}

int plan_glob_known(struct registry r, const char *glob)
{
	if (!strcmp(glob, "all"))
		return 1;
	for (size_t i = 0; i < r.count; i++) {
		if (glob_match(glob, registry_name(r.entries[i])))
			return 1;
	}
	return 0;
}

const char *plan_platform_argument(const char *text, const char *name)
{
	size_t length = strlen(name);

	return !strncmp(text, name, length) && text[length] == ':' ? text + length + 1 : NULL;
}

int plan_platform_known(struct registry r, const char *text)
{
	for (size_t i = 0; i < r.count; i++) {
		if (plan_platform_argument(text, registry_name(r.entries[i])))
			return 1;
	}
	return plan_glob_known(r, text);
}

int plan_has_platform(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->platforms.count; i++) {
		if (plan_platform_argument(p->platforms.glob[i], name))
			return 1;
	}
	return plan_globs_match(&p->platforms, name);
}

const char *plan_show(const char *text, char *out, size_t size)
{
	size_t n = strnlen(text, size);
	int cut = n >= size;

	if (cut) {
		n = size - sizeof("...");
		while (n && ((unsigned char)text[n] & 0xc0) == 0x80)
			n--; /* not through the middle of a character */
	}
	for (size_t i = 0; i < n; i++)
		out[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	memcpy(out + n, cut ? "..." : "", cut ? sizeof("...") : 1);
	return out;
}

/* The name whose beginning is most like a glob's literal beginning: "exot_*" means exit_cpuid. */
static const char *nearest_to_glob(struct registry r, const char *glob)
{
	size_t length = strcspn(glob, "*?[");
	char stem[64], start[64];
	const char *best = NULL;
	unsigned int least;

	if (!glob[length])
		return registry_nearest(r, glob);
	if (length < 3 || length >= sizeof(stem))
		return NULL;
	memcpy(stem, glob, length);
	stem[length] = '\0';
	least = (unsigned int)length / 3 + 1;
	for (size_t i = 0; i < r.count; i++) {
		const char *name = registry_name(r.entries[i]);
		unsigned int distance;

		snprintf(start, length + 1, "%s", name);
		distance = edit_distance(stem, start);
		if (distance < least) {
			least = distance;
			best = name;
		}
	}
	return best;
}

void plan_advise(struct registry r, const char *glob, const char *kinds, char *out, size_t size)
{
	const char *nearest = nearest_to_glob(r, glob);
	size_t n;

	if (nearest) {
		snprintf(out, size, "did you mean \"%s\"?", nearest);
		return;
	}
	if (!r.count) {
		snprintf(out, size, "this build has no %s", kinds);
		return;
	}
	n = (size_t)snprintf(out, size, "the %s are", kinds);
	for (size_t i = 0; i < r.count && n < size; i++)
		n += (size_t)snprintf(out + n, size - n, "%s %s", i ? "," : "",
				      registry_name(r.entries[i]));
	/* Dozens of benches do not fit a line: then this is a sample. */
	if (n >= size)
		memcpy(out + size - sizeof("..."), "...", sizeof("..."));
}

const struct plan_bench *plan_find_bench(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->bench_count; i++) {
		if (plan_globs_match(&p->benches[i].match, name))
			return &p->benches[i];
	}
	return NULL;
}

const struct plan_fault *plan_find_fault(const struct plan *p, const char *name)
{
	for (size_t i = 0; i < p->fault_count; i++) {
		if (plan_globs_match(&p->faults[i].match, name))
			return &p->faults[i];
	}
	return NULL;
}

/* ---- Narrowing ---- */

/* One list of entries with its names: benches and faults narrow alike. */
struct narrowing {
	const char *option; /* "-b" */
	const char *kind, *kinds;
	struct registry names;
	struct plan_globs filter;
	const struct plan *plan;
	const void *(*find)(const struct plan *p, const char *name);
};

static const void *find_bench(const struct plan *p, const char *name)
{
	return plan_find_bench(p, name);
}

static const void *find_fault(const struct plan *p, const char *name)
{
	return plan_find_fault(p, name);
}

static int out_of_memory(char *error, size_t size)
{
	snprintf(error, size, "out of memory; close something and try again");
	return -1;
}

/* A glob of the command line must match a known name. */
static int check_known(const char *option, const char *kind, const char *kinds,
		       struct registry names, const char *glob, char *error, size_t size)
{
	char shown[64], advice[160];

	if (!strcmp(kind, "platform") ? plan_platform_known(names, glob)
				      : plan_glob_known(names, glob))
		return 0;
	plan_advise(names, glob, kinds, advice, sizeof(advice));
	snprintf(error, size, "%s %s: no such %s; %s", option,
		 plan_show(glob, shown, sizeof(shown)), kind, advice);
	return -1;
}

/* ... and one that the plan covers: what the user named must not be left out without a word. */
static int check_covered(const struct narrowing *n, const char *glob, char *error, size_t size)
{
	char shown[64], file[160];

	for (size_t i = 0; i < n->names.count; i++) {
		const char *name = registry_name(n->names.entries[i]);

		if (glob_match(glob, name) && n->find(n->plan, name))
			return 0;
	}
	snprintf(error, size, "%s %s: %s leaves that %s out; add it to the plan's %s", n->option,
		 plan_show(glob, shown, sizeof(shown)),
		 plan_show(n->plan->file, file, sizeof(file)), n->kind, n->kinds);
	return -1;
}

static int check_filter(const struct narrowing *n, char *error, size_t size)
{
	for (size_t i = 0; i < n->filter.count; i++) {
		const char *glob = n->filter.glob[i];

		if (!strcmp(glob, "none") || !strcmp(glob, "all"))
			continue;
		if (check_known(n->option, n->kind, n->kinds, n->names, glob, error, size) ||
		    check_covered(n, glob, error, size))
			return -1;
	}
	return 0;
}

/* The names that an entry governs and the filter lets through, in place of the entry's globs. */
static int names_left(const struct narrowing *n, const void *entry, struct plan_globs *left)
{
	for (size_t i = 0; i < n->names.count; i++) {
		const char *name = registry_name(n->names.entries[i]);

		if (!plan_globs_match(&n->filter, name) || n->find(n->plan, name) != entry)
			continue;
		if (plan_globs_add(left, name))
			return -1;
	}
	return 0;
}

/*
 * Replace each entry's globs by what is left of them. All are worked out before any is replaced:
 * which entry governs a name depends on the entries before it. Where there is no memory an entry
 * loses names, but the plan stays sound.
 */
static int narrow_entries(const struct narrowing *n, char *entries, size_t count, size_t stride,
			  size_t match_offset)
{
	struct plan_globs *left = calloc(count ? count : 1, sizeof(*left));
	int status = left ? 0 : -1;

	for (size_t i = 0; !status && i < count; i++)
		status = names_left(n, entries + i * stride, &left[i]);
	for (size_t i = 0; left && i < count; i++) {
		struct plan_globs *match = (void *)(entries + i * stride + match_offset);

		if (!status) {
			plan_globs_free(match);
			*match = left[i];
		} else {
			plan_globs_free(&left[i]);
		}
	}
	free(left);
	return status;
}

static void drop_empty(struct plan *p)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->bench_count; i++) {
		if (p->benches[i].match.count)
			p->benches[kept++] = p->benches[i];
		else
			plan_bench_free(&p->benches[i]);
	}
	p->bench_count = kept;
	kept = 0;
	for (size_t i = 0; i < p->fault_count; i++) {
		if (p->faults[i].match.count)
			p->faults[kept++] = p->faults[i];
		else
			plan_fault_free(&p->faults[i]);
	}
	p->fault_count = kept;
}

/* What is asked for by name is run. */
static void drop_skips(struct plan *p, bool benches, bool faults)
{
	for (size_t i = 0; i < p->limit_count; i++) {
		if (benches)
			plan_globs_free(&p->limits[i].skip_benches);
		if (faults)
			plan_globs_free(&p->limits[i].skip_faults);
	}
}

static int replace_platforms(struct plan *p, char *const *globs, size_t count,
			     struct registry names, char *error, size_t size)
{
	struct plan_globs fresh = {0};

	for (size_t i = 0; i < count; i++) {
		if (check_known("-p", "platform", "platforms", names, globs[i], error, size))
			goto fail;
		if (plan_globs_add(&fresh, globs[i])) {
			out_of_memory(error, size);
			goto fail;
		}
	}
	plan_globs_free(&p->platforms);
	p->platforms = fresh;
	return 0;
fail:
	plan_globs_free(&fresh);
	return -1;
}

int plan_narrow(struct plan *p, char *const *platforms, size_t platform_count, char *const *benches,
		size_t bench_count, char *const *faults, size_t fault_count,
		const struct plan_names *names, char *error, size_t size)
{
	const struct narrowing bench = {
		"-b", "bench",	 "benches", names->benches, {(char **)benches, bench_count},
		p,    find_bench};
	const struct narrowing fault = {
		"-f", "fault",	 "faults", names->faults, {(char **)faults, fault_count},
		p,    find_fault};
	char file[160];

	if (check_filter(&bench, error, size) || check_filter(&fault, error, size))
		return -1;
	if (platform_count &&
	    replace_platforms(p, platforms, platform_count, names->platforms, error, size))
		return -1;
	if (bench_count && narrow_entries(&bench, (char *)p->benches, p->bench_count,
					  sizeof(*p->benches), offsetof(struct plan_bench, match)))
		return out_of_memory(error, size);
	if (fault_count && narrow_entries(&fault, (char *)p->faults, p->fault_count,
					  sizeof(*p->faults), offsetof(struct plan_fault, match)))
		return out_of_memory(error, size);
	drop_empty(p);
	drop_skips(p, bench_count, fault_count);
	if (p->bench_count || p->fault_count)
		return 0;
	snprintf(error, size, "%s: -b and -f leave nothing to run; let one of them match more",
		 plan_show(p->file, file, sizeof(file)));
	return -1;
}
