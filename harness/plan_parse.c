/* SPDX-License-Identifier: Apache-2.0 */
/* A plan's YAML nodes to struct plan: what each key holds, and what to say where it does not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "harness/core/words.h"
#include "harness/plan_yaml.h"

#define MAX_NAME   PLAN_MAX_NAME
#define MAX_TARGET 400 /* "NAME:ARGUMENT": a URI */

#define fail(r, node, ...) plan_fail(r, plan_line(node), __VA_ARGS__)

/* ---- Scalars ---- */

static int read_batches(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return plan_read_count(r, key, node, 1000, out);
}

static int read_samples(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return plan_read_count(r, key, node, 1000000, out);
}

static int read_placement(struct reader *r, const char *key, const yaml_node_t *node,
			  uint32_t *mask)
{
	const char *text = plan_scalar(r, key, node, "same-core");
	char shown[48];
	int placement;

	if (!text)
		return -1;
	placement = placement_from_name(text);
	if (placement < 0)
		return fail(
			r, node,
			"%s: \"%s\" is none; write any, same-core, same-cache, other-node, or a "
			"list of them",
			key, plan_show(text, shown, sizeof(shown)));
	if (*mask & 1u << placement)
		return fail(r, node, "%s has \"%s\" twice; keep one", key, text);
	*mask |= 1u << placement;
	return 0;
}

/* One placement or a list of them. */
static int read_placements(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return read_placement(r, key, node, out);
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++)
		if (read_placement(r, key, yaml_document_get_node(r->document, *i), out))
			return -1;
	if (!*(uint32_t *)out)
		return fail(r, node, "%s is an empty list; leave it out, or write any", key);
	return 0;
}

static int read_horizon(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	const char *text = plan_scalar(r, key, node, "2s");
	char shown[48];
	uint64_t ns;

	if (!text)
		return -1;
	if (plan_duration(text, &ns))
		return fail(r, node,
			    "%s: \"%s\" is no duration; write a number and its unit, one of ns, "
			    "us, ms, s, min, h, as in 2s",
			    key, plan_show(text, shown, sizeof(shown)));
	if (ns < 10000000 || ns > 3600000000000u)
		return fail(r, node, "%s: \"%s\" is out of range; write 10ms to 1h", key,
			    plan_show(text, shown, sizeof(shown)));
	*(uint64_t *)out = ns;
	return 0;
}

static int read_delta(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	const char *text = plan_scalar(r, key, node, "3%");
	char shown[48];
	double share;

	if (!text)
		return -1;
	if (plan_share(text, &share))
		return fail(r, node, "%s: \"%s\" is no share; write 3%% or 0.03", key,
			    plan_show(text, shown, sizeof(shown)));
	if (!(share >= 0.0001 && share <= 1))
		return fail(r, node, "%s: \"%s\" is out of range; write 0.01%% to 100%%", key,
			    plan_show(text, shown, sizeof(shown)));
	*(double *)out = share;
	return 0;
}

static int read_seed(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	const char *text = plan_scalar(r, key, node, "7");
	struct plan *p = out;
	char shown[48];

	if (!text)
		return -1;
	if (plan_count(text, &p->seed))
		return fail(r, node,
			    "%s: \"%s\" is out of range; write a whole number from 0 to %llu", key,
			    plan_show(text, shown, sizeof(shown)), (unsigned long long)UINT64_MAX);
	p->seed_given = 1;
	return 0;
}

static const char name_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._-";

static int read_name(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	const char *text = plan_scalar(r, key, node, "smoke");
	char shown[48];

	if (!text)
		return -1;
	if (strlen(text) > MAX_NAME || text[strspn(text, name_characters)])
		return fail(r, node,
			    "%s: \"%s\" is no name; write at most %d letters, digits, spaces, "
			    "dots, - and _",
			    key, plan_show(text, shown, sizeof(shown)), MAX_NAME);
	free(*(char **)out);
	*(char **)out = strdup(text);
	return *(char **)out ? 0 : fail(r, node, PLAN_NO_MEMORY);
}

/* ---- Globs ---- */

static int read_glob(struct reader *r, const char *key, const char *kind, const char *kinds,
		     struct registry names, const yaml_node_t *node, struct plan_globs *out)
{
	const char *text = plan_scalar(r, key, node, "\"exit_*\"");
	char shown[48], advice[160];
	int known, targets = !strcmp(key, "platforms");
	size_t longest = targets ? MAX_TARGET : MAX_NAME;

	if (!text)
		return -1;
	plan_show(text, shown, sizeof(shown));
	if (!plan_glob_sound(text, longest))
		return fail(r, node,
			    "%s: \"%s\" is no glob over names; write at most %d characters without "
			    "spaces, %d of them *",
			    key, shown, (int)longest, PLAN_MAX_STARS);
	if (!strcmp(text, "none"))
		return fail(r, node,
			    "%s: none leaves nothing to do; leave the entry out, or name %s", key,
			    kinds);
	known = targets ? plan_platform_known(names, text) : plan_glob_known(names, text);
	if (names.count && !r->built_in && !known) {
		plan_advise(names, text, kinds, advice, sizeof(advice));
		return fail(r, node, "no %s matches \"%s\"; %s", kind, shown, advice);
	}
	return plan_add_glob(r, node, text, out);
}

/* One glob or a list of them. */
static int read_globs(struct reader *r, const char *key, const char *kind, const char *kinds,
		      struct registry names, yaml_node_t *node, struct plan_globs *out)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return read_glob(r, key, kind, kinds, names, node, out);
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++) {
		yaml_node_t *item = yaml_document_get_node(r->document, *i);

		if (read_glob(r, key, kind, kinds, names, item, out))
			return -1;
	}
	if (!out->count)
		return fail(r, node, "%s is an empty list; name %s, or write all", key, kinds);
	return 0;
}

static int read_platforms(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return read_globs(r, key, "platform", "platforms", r->names->platforms, node, out);
}

static int read_bench_match(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return read_globs(r, key, "bench", "benches", r->names->benches, node, out);
}

static int read_fault_match(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return read_globs(r, key, "fault", "faults", r->names->faults, node, out);
}

static int read_recoveries(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return read_globs(r, key, "recovery", "recoveries", r->names->recoveries, node, out);
}

/* ---- Entries ---- */

static int add_bench(struct reader *r, const yaml_node_t *entry, struct plan *p)
{
	static const struct plan_field fields[] = {
		{"match", read_bench_match, offsetof(struct plan_bench, match)},
		{"trials", plan_read_trials, offsetof(struct plan_bench, trials)},
		{"batches", read_batches, offsetof(struct plan_bench, batches)},
		{"samples", read_samples, offsetof(struct plan_bench, samples)},
		{"placement", read_placements, offsetof(struct plan_bench, placements)},
	};
	struct plan_bench *grown = realloc(p->benches, (p->bench_count + 1) * sizeof(*grown));
	struct plan_bench *b;

	if (!grown)
		return fail(r, entry, PLAN_NO_MEMORY);
	p->benches = grown;
	b = &grown[p->bench_count++];
	*b = (struct plan_bench){.trials = PLAN_DEFAULT_TRIALS, .line = (int)plan_line(entry)};
	if (plan_read_mapping(r, entry, "an entry of benches", fields,
			      sizeof(fields) / sizeof(fields[0]), b))
		return -1;
	if (!b->match.count)
		return fail(r, entry,
			    "this entry matches nothing; add match: with a glob, as in "
			    "match: \"exit_*\"");
	return 0;
}

static int add_fault(struct reader *r, const yaml_node_t *entry, struct plan *p)
{
	static const struct plan_field fields[] = {
		{"match", read_fault_match, offsetof(struct plan_fault, match)},
		{"recoveries", read_recoveries, offsetof(struct plan_fault, recoveries)},
		{"trials", plan_read_trials, offsetof(struct plan_fault, trials)},
		{"horizon", read_horizon, offsetof(struct plan_fault, horizon_ns)},
	};
	struct plan_fault *grown = realloc(p->faults, (p->fault_count + 1) * sizeof(*grown));
	struct plan_fault *f;

	if (!grown)
		return fail(r, entry, PLAN_NO_MEMORY);
	p->faults = grown;
	f = &grown[p->fault_count++];
	*f = (struct plan_fault){.trials = PLAN_DEFAULT_TRIALS, .line = (int)plan_line(entry)};
	if (plan_read_mapping(r, entry, "an entry of faults", fields,
			      sizeof(fields) / sizeof(fields[0]), f))
		return -1;
	if (!f->match.count)
		return fail(r, entry,
			    "this entry matches nothing; add match: with a glob, as in "
			    "match: \"*\"");
	if (!f->recoveries.count && plan_globs_add(&f->recoveries, "all"))
		return fail(r, entry, PLAN_NO_MEMORY);
	return 0;
}

static int add_limit(struct reader *r, const yaml_node_t *entry, struct plan *p)
{
	static const struct plan_field fields[] = {
		{"match", read_platforms, offsetof(struct plan_limit, match)},
		{"benches", plan_read_trials, offsetof(struct plan_limit, benches)},
		{"faults", plan_read_trials, offsetof(struct plan_limit, faults)},
		{"skip_benches", read_bench_match, offsetof(struct plan_limit, skip_benches)},
		{"skip_faults", plan_read_faults, offsetof(struct plan_limit, skip_faults)},
	};
	struct plan_limit *grown = realloc(p->limits, (p->limit_count + 1) * sizeof(*grown));
	struct plan_limit *l;

	if (!grown)
		return fail(r, entry, PLAN_NO_MEMORY);
	p->limits = grown;
	l = &grown[p->limit_count++];
	*l = (struct plan_limit){.line = (int)plan_line(entry)};
	if (plan_read_mapping(r, entry, "an entry of at_most", fields,
			      sizeof(fields) / sizeof(fields[0]), l))
		return -1;
	if (!l->match.count ||
	    (!l->benches && !l->faults && !l->skip_benches.count && !l->skip_faults.count))
		return fail(r, entry,
			    "this entry limits nothing; write match: PLATFORM and benches: or "
			    "faults: with a number of trials, or skip_benches: or skip_faults:");
	return 0;
}

static int read_limits(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return plan_read_entries(r, key, node, out, add_limit);
}

static int read_benches(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return plan_read_entries(r, key, node, out, add_bench);
}

static int read_faults(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return plan_read_entries(r, key, node, out, add_fault);
}

static int read_variants(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	(void)key;
	return plan_read_variants(r, node, out);
}

static int read_plan(struct reader *r, void *out)
{
	static const struct plan_field fields[] = {
		{"plan", read_name, offsetof(struct plan, name)},
		{"seed", read_seed, 0},
		{"delta", read_delta, offsetof(struct plan, delta)},
		{"platforms", read_platforms, offsetof(struct plan, platforms)},
		{"at_most", read_limits, 0},
		{"variants", read_variants, offsetof(struct plan, variants)},
		{"benches", read_benches, 0},
		{"faults", read_faults, 0},
		{"gate", plan_read_gate, 0},
		{"limits", plan_read_limits, 0},
		{"require", plan_read_require, 0},
		{"weights", plan_read_weights, 0},
		{"reference", plan_read_reference, 0},
	};
	struct plan *p = out;
	const yaml_node_t *root = yaml_document_get_root_node(r->document);

	_Static_assert(sizeof(fields) / sizeof(fields[0]) <= PLAN_MAX_KEYS,
		       "all keys are remembered");
	if (plan_read_mapping(r, root, "the plan", fields, sizeof(fields) / sizeof(fields[0]), p))
		return -1;
	if (r->only_criteria && !p->criterion_count)
		return fail(r, root, "the plan decides nothing; add limits:, require: or weights:");
	if (!p->bench_count && !p->fault_count && !r->only_criteria)
		return fail(r, root,
			    "the plan has nothing to run; add entries to benches: or faults:");
	if (!p->platforms.count && plan_globs_add(&p->platforms, "all"))
		return fail(r, root, PLAN_NO_MEMORY);
	return plan_check_criteria(r, root, p);
}

/* ---- From text ---- */

/* A plan that does not name itself is called after its file. */
static char *name_from_file(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;
	char name[MAX_NAME + 1];
	size_t n = 0;

	for (; base[n] && base[n] != '.' && n < MAX_NAME; n++)
		name[n] = strchr(name_characters, base[n]) ? base[n] : '_';
	name[n] = '\0';
	return strdup(n ? name : "unnamed");
}

static uint64_t seed_from_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	/* 32 bits: short enough to type again after --seed, and exact in JSON. */
	return ((uint64_t)now.tv_sec * 1000000007u ^ (uint64_t)now.tv_nsec) & UINT32_MAX;
}

static struct plan *parse(struct reader *r, const char *text, size_t length)
{
	struct plan *p = calloc(1, sizeof(*p));

	if (!p) {
		plan_fail(r, 1, PLAN_NO_MEMORY);
		return NULL;
	}
	p->delta = 0.03;
	p->seed = seed_from_clock();
	p->file = strdup(r->file);
	if (plan_load(r, text, length, read_plan, p))
		goto fail;
	if (!p->name)
		p->name = name_from_file(r->file);
	if (p->name && p->file)
		return p;
	plan_fail(r, 1, PLAN_NO_MEMORY);
fail:
	plan_free(p);
	return NULL;
}

struct plan *plan_parse_text(const char *text, size_t length, const char *file,
			     const struct plan_names *names, int built_in, char *error, size_t size)
{
	struct reader r = {
		.file = file, .names = names, .built_in = built_in, .error = error, .size = size};

	return parse(&r, text, length);
}

struct plan *plan_parse_criteria(const char *text, size_t length, const char *file,
				 const struct plan_names *names, char *error, size_t size)
{
	struct reader r = {
		.file = file, .names = names, .only_criteria = 1, .error = error, .size = size};

	return parse(&r, text, length);
}

struct plan *plan_parse(const char *text, size_t length, const char *file,
			const struct plan_names *names, char *error, size_t size)
{
	return plan_parse_text(text, length, file, names, 0, error, size);
}

char *plan_read_text(const char *path, const char *hint, size_t *length, char *error, size_t size)
{
	char *text = malloc(PLAN_MAX_BYTES + 1); /* one more, to see that there is too much */
	char shown[160];
	FILE *in = fopen(path, "re");

	if (text && in)
		*length = fread(text, 1, PLAN_MAX_BYTES + 1, in);
	if (!text || !in || ferror(in)) {
		snprintf(error, size, "%s: cannot be read: %s; %s",
			 plan_show(path, shown, sizeof(shown)), strerror(errno), hint);
		free(text);
		text = NULL;
	}
	if (in)
		fclose(in);
	return text;
}

struct plan *plan_read(const char *path, const struct plan_names *names, char *error, size_t size)
{
	size_t length = 0;
	char *text = plan_read_text(path, "give a plan file, or --preset and a name", &length,
				    error, size);
	struct plan *p = text ? plan_parse(text, length, path, names, error, size) : NULL;

	free(text);
	return p;
}
