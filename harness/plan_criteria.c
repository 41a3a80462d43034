/* SPDX-License-Identifier: Apache-2.0 */
/* What a plan decides by: gate:, limits:, require:, weights: and reference:. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plan_yaml.h"

#define MAX_CRITERIA	1000
#define MAX_KNOWN	1024 /* names that advice is sought among */
#define REQUIRED_TRIALS 6    /* where an entry gives none: fewer have no 95 % interval */

#define fail(r, node, ...) plan_fail(r, plan_line(node), __VA_ARGS__)

/* What a glob may be over. */
enum { OVER_BENCHES = 1, OVER_FAULTS = 2, OVER_GROUPS = 4, NO_PLATFORM = 8 };

/* ---- Globs ---- */

/* "hang+restart" names a fault and a recovery. */
static int fault_known(const struct plan_names *n, const char *text)
{
	char fault[PLAN_MAX_NAME + 1];
	const char *plus = strchr(text, '+');

	if (!plus)
		return plan_glob_known(n->faults, text);
	snprintf(fault, sizeof(fault), "%.*s", (int)(plus - text), text);
	return plan_glob_known(n->faults, fault) && plan_glob_known(n->recoveries, plus + 1);
}

static void merge(struct registry r, const void *all[], size_t *count)
{
	for (size_t i = 0; i < r.count && *count < MAX_KNOWN; i++)
		all[(*count)++] = r.entries[i];
}

/* Does the part that names what was measured match anything? */
static int check_what(struct reader *r, const char *key, const yaml_node_t *node, const char *text,
		      int over)
{
	const struct plan_names *n = r->names;
	const void *all[MAX_KNOWN];
	char shown[48], advice[160];
	size_t count = 0;

	if (over & OVER_BENCHES)
		merge(n->benches, all, &count);
	if (over & OVER_FAULTS)
		merge(n->faults, all, &count);
	if (over & OVER_GROUPS)
		merge(n->groups, all, &count);
	if (r->built_in || !count)
		return 0;
	if ((over & OVER_BENCHES && plan_glob_known(n->benches, text)) ||
	    (over & OVER_FAULTS && fault_known(n, text)) ||
	    (over & OVER_GROUPS && plan_glob_known(n->groups, text)))
		return 0;
	plan_advise((struct registry){all, count}, text, "names", advice, sizeof(advice));
	return fail(r, node, "%s: nothing matches \"%s\"; %s", key,
		    plan_show(text, shown, sizeof(shown)), advice);
}

static int check_platform(struct reader *r, const char *key, const yaml_node_t *node,
			  const char *text)
{
	char shown[48], advice[160];

	if (r->built_in || !r->names->platforms.count || plan_glob_known(r->names->platforms, text))
		return 0;
	plan_advise(r->names->platforms, text, "platforms", advice, sizeof(advice));
	return fail(r, node, "%s: no platform matches \"%s\"; %s", key,
		    plan_show(text, shown, sizeof(shown)), advice);
}

/* "exit_*", "hang+restart", "exit_*" "/" "kvm" */
static int read_what(struct reader *r, const char *key, const yaml_node_t *node, int over,
		     struct plan_globs *out)
{
	const char *text = plan_scalar(r, key, node, "\"exit_*\""), *slash;
	char what[PLAN_MAX_NAME + 1], shown[48];

	if (!text)
		return -1;
	slash = strchr(text, '/');
	if (!plan_glob_sound(text, PLAN_MAX_NAME) || !strcmp(text, "none") || slash == text ||
	    (slash && (over & NO_PLATFORM || !slash[1] || strchr(slash + 1, '/'))))
		return fail(r, node,
			    "%s: \"%s\" is no glob over names; write a name%s, with * for what may "
			    "differ",
			    key, plan_show(text, shown, sizeof(shown)),
			    over & NO_PLATFORM ? "" : ", or NAME/PLATFORM");
	snprintf(what, sizeof(what), "%.*s", slash ? (int)(slash - text) : PLAN_MAX_NAME, text);
	if (check_what(r, key, node, what, over) ||
	    (slash && check_platform(r, key, node, slash + 1)))
		return -1;
	return plan_add_glob(r, node, text, out);
}

/* One or a list of them. */
static int read_whats(struct reader *r, const char *key, const yaml_node_t *node, int over,
		      struct plan_globs *out)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return read_what(r, key, node, over, out);
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++)
		if (read_what(r, key, yaml_document_get_node(r->document, *i), over, out))
			return -1;
	if (!out->count)
		return fail(r, node, "%s is an empty list; leave it out, or name something", key);
	return 0;
}

int plan_read_faults(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return read_whats(r, key, node, OVER_FAULTS | NO_PLATFORM, out);
}

static int read_platform(struct reader *r, const char *key, const yaml_node_t *node,
			 struct plan_globs *out)
{
	const char *text = plan_scalar(r, key, node, "kvm");
	char shown[48];

	if (!text)
		return -1;
	if (!plan_glob_sound(text, PLAN_MAX_NAME) || strchr(text, '/') || !strcmp(text, "none"))
		return fail(r, node, "%s: \"%s\" is no glob over platforms; write a name", key,
			    plan_show(text, shown, sizeof(shown)));
	return check_platform(r, key, node, text) ? -1 : plan_add_glob(r, node, text, out);
}

static int read_platforms(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	if (node->type != YAML_SEQUENCE_NODE)
		return read_platform(r, key, node, out);
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++)
		if (read_platform(r, key, yaml_document_get_node(r->document, *i), out))
			return -1;
	return 0;
}

/* ---- Other values ---- */

static int read_figure(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	struct named {
		const char *name;
	} names[LIMIT_FIGURES];
	const void *all[LIMIT_FIGURES];
	const char *text = plan_scalar(r, key, node, "p99");
	char shown[48], advice[160];
	int figure;

	if (!text)
		return -1;
	figure = limit_figure_from_name(text);
	if (figure < 0) {
		for (int i = 0; i < LIMIT_FIGURES; i++) {
			names[i].name = limit_figure_name((enum limit_figure)i);
			all[i] = &names[i];
		}
		plan_advise((struct registry){all, LIMIT_FIGURES}, text, "figures", advice,
			    sizeof(advice));
		return fail(r, node, "%s: \"%s\" is none; %s", key,
			    plan_show(text, shown, sizeof(shown)), advice);
	}
	*(enum limit_figure *)out = (enum limit_figure)figure;
	return 0;
}

static int read_execution(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	const char *text = plan_scalar(r, key, node, "hardware");
	char shown[48];

	if (!text)
		return -1;
	*(int *)out = execution_from_name(text);
	if (*(int *)out < 0 && strcmp(text, "any") != 0)
		return fail(r, node,
			    "%s: \"%s\" is none; write hardware, interpreted, emulated, "
			    "deterministic, or any",
			    key, plan_show(text, shown, sizeof(shown)));
	return 0;
}

static int read_quantile(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	const char *text = plan_scalar(r, key, node, "90%");
	char shown[48];

	if (!text)
		return -1;
	if (plan_share(text, out) || !(*(double *)out >= 0.01 && *(double *)out <= 0.999))
		return fail(r, node, "%s: \"%s\" is out of range; write 1%% to 99.9%%", key,
			    plan_show(text, shown, sizeof(shown)));
	return 0;
}

/* An end of a limit and its unit, while the entry is read. */
struct end {
	double value;
	int unit;
	const yaml_node_t *node; /* NULL: not given */
};

static int read_end(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	const char *text = plan_scalar(r, key, node, "2us");
	struct end *e = out;
	char shown[48];

	if (!text)
		return -1;
	e->node = node;
	if (plan_amount(text, &e->value, &e->unit))
		return fail(r, node,
			    "%s: \"%s\" is no value with a unit; write it as 2us, 10GB/s, 5Mop/s, "
			    "900instructions, 95%% or 1.2x",
			    key, plan_show(text, shown, sizeof(shown)));
	return 0;
}

/* ---- The list of criteria ---- */

static struct plan_criterion *add(struct reader *r, const yaml_node_t *node, struct plan *p,
				  enum criterion kind, int execution)
{
	struct plan_criterion *grown;

	if (p->criterion_count == MAX_CRITERIA) {
		fail(r, node, "more than %d entries that decide; match several names with one",
		     MAX_CRITERIA);
		return NULL;
	}
	grown = realloc(p->criteria, (p->criterion_count + 1) * sizeof(*grown));
	if (!grown) {
		fail(r, node, PLAN_NO_MEMORY);
		return NULL;
	}
	p->criteria = grown;
	grown += p->criterion_count++;
	*grown = (struct plan_criterion){.kind = kind,
					 .execution = execution,
					 .quantile = NAN,
					 .low = NAN,
					 .high = NAN,
					 .unit = -1,
					 .weight = NAN,
					 .line = (int)plan_line(node)};
	return grown;
}

static int keep_node(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	(void)r;
	(void)key;
	*(yaml_node_t **)out = node;
	return 0;
}

int plan_read_gate(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	struct plan_criterion *c = add(r, node, out, CRITERION_GATE, -1);

	return c ? read_whats(r, key, node, OVER_BENCHES, &c->match) : -1;
}

/* ---- limits: ---- */

static int is_time(enum limit_figure f)
{
	return f >= LIMIT_TIME_TO_DETECT && f <= LIMIT_DOWNTIME;
}

/* The unit must be one that the figure can have. */
static int check_end(struct reader *r, const char *key, const struct end *e, enum limit_figure f)
{
	const char *wants = f <= LIMIT_MEAN ? "a time, a rate or instructions, as 2us or 10GB/s"
			    : is_time(f)    ? "a time, as 50ms"
					    : "a ratio or a share, as 1.2x or 95%";
	int fits = f <= LIMIT_MEAN ? e->unit >= 0
		   : is_time(f)	   ? e->unit == NANOSECONDS
				   : e->unit < 0;

	if (!e->node || fits)
		return 0;
	return fail(r, e->node, "%s: %s takes %s", key, limit_figure_name(f), wants);
}

struct limit_entry {
	struct plan_criterion c;
	struct end low, high;
	yaml_node_t *match;
};

static int take_ends(struct reader *r, const yaml_node_t *entry, struct limit_entry *e)
{
	const struct end *low = &e->low, *high = &e->high;

	if (!low->node && !high->node)
		return fail(r, entry, "this entry limits nothing; write at_most: or at_least:");
	if (check_end(r, "at_least", low, e->c.figure) ||
	    check_end(r, "at_most", high, e->c.figure))
		return -1;
	if (low->node && high->node && (low->unit != high->unit || low->value > high->value))
		return fail(r, low->node, "at_least: nothing lies between it and at_most:");
	e->c.unit = low->node ? low->unit : high->unit;
	if (low->node)
		e->c.low = low->value;
	if (high->node)
		e->c.high = high->value;
	if (!is_time(e->c.figure) && !isnan(e->c.quantile))
		return fail(r, entry, "quantile: is of a fault's times; figure: %s has none",
			    limit_figure_name(e->c.figure));
	if (is_time(e->c.figure) && low->node)
		return fail(r, low->node, "at_least: %s is a time to be kept below; write at_most:",
			    limit_figure_name(e->c.figure));
	if (is_time(e->c.figure) && isnan(e->c.quantile))
		e->c.quantile = 0.5;
	return 0;
}

static int check_unit(struct reader *r, const struct limit_entry *e)
{
	const struct plan_criterion *c = &e->c;
	int own = c->figure <= LIMIT_MEAN ? plan_limit_unit(r->names, &c->match, c->unit) : -1;

	if (own < 0)
		return 0;
	return fail(r, e->high.node ? e->high.node : e->low.node,
		    "%s: is in %s, and what it is about is measured in %s; it could never fail",
		    e->high.node ? "at_most" : "at_least", unit_name((enum unit)c->unit),
		    unit_name((enum unit)own));
}

static int add_limit(struct reader *r, const yaml_node_t *node, struct plan *p)
{
	static const struct plan_field fields[] = {
		{"match", keep_node, offsetof(struct limit_entry, match)},
		{"platform", read_platforms, offsetof(struct limit_entry, c.platforms)},
		{"figure", read_figure, offsetof(struct limit_entry, c.figure)},
		{"quantile", read_quantile, offsetof(struct limit_entry, c.quantile)},
		{"execution", read_execution, offsetof(struct limit_entry, c.execution)},
		{"at_least", read_end, offsetof(struct limit_entry, low)},
		{"at_most", read_end, offsetof(struct limit_entry, high)},
	};
	struct plan_criterion *c = add(r, node, p, CRITERION_LIMIT, EXECUTION_HARDWARE);
	struct limit_entry e = {0};
	int failed;

	if (!c)
		return -1;
	e.c = *c;
	failed = plan_read_mapping(r, node, "an entry of limits", fields,
				   sizeof(fields) / sizeof(fields[0]), &e);
	if (!failed && !e.match)
		failed = fail(r, node, "this entry is about nothing; add match: with a glob");
	if (!failed)
		failed = take_ends(r, node, &e);
	if (!failed) /* only now is it known over what the glob is */
		failed = read_whats(r, "match", e.match,
				    e.c.figure <= LIMIT_NATIVE_RATIO ? OVER_BENCHES : OVER_FAULTS,
				    &e.c.match);
	if (!failed)
		failed = check_unit(r, &e);
	*c = e.c;
	return failed;
}

int plan_read_limits(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return plan_read_entries(r, key, node, out, add_limit);
}

/* ---- require: ---- */

static int read_required(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return read_whats(r, key, node, OVER_BENCHES | OVER_FAULTS, out);
}

static int add_required(struct reader *r, const yaml_node_t *node, struct plan *p)
{
	static const struct plan_field fields[] = {
		{"match", read_required, offsetof(struct plan_criterion, match)},
		{"platform", read_platforms, offsetof(struct plan_criterion, platforms)},
		{"trials", plan_read_trials, offsetof(struct plan_criterion, trials)},
		{"execution", read_execution, offsetof(struct plan_criterion, execution)},
	};
	struct plan_criterion *c = add(r, node, p, CRITERION_REQUIRE, EXECUTION_HARDWARE);

	if (!c)
		return -1;
	c->trials = REQUIRED_TRIALS;
	if (node->type != YAML_MAPPING_NODE)
		return read_what(r, "require", node, OVER_BENCHES | OVER_FAULTS, &c->match);
	if (plan_read_mapping(r, node, "an entry of require", fields,
			      sizeof(fields) / sizeof(fields[0]), c))
		return -1;
	if (!c->match.count)
		return fail(r, node, "this entry requires nothing; add match: with a glob");
	return 0;
}

int plan_read_require(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	if (node->type == YAML_SCALAR_NODE)
		return add_required(r, node, out);
	return plan_read_entries(r, key, node, out, add_required);
}

/* ---- weights:, reference: ---- */

static int add_weight(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
		      struct plan *p)
{
	struct plan_criterion *c = add(r, key, p, CRITERION_WEIGHT, -1);
	const char *name = plan_scalar(r, "weights", key, "exits"), *text;
	char shown[48];

	if (!c || !name)
		return -1;
	for (size_t i = 0; i + 1 < p->criterion_count; i++)
		if (p->criteria[i].kind == CRITERION_WEIGHT && p->criteria[i].match.count &&
		    !strcmp(p->criteria[i].match.glob[0], name))
			return fail(r, key, "weights has \"%s\" twice; keep one",
				    plan_show(name, shown, sizeof(shown)));
	if (strlen(name) > PLAN_MAX_NAME || strchr(name, '/'))
		return fail(r, key,
			    "weights: \"%s\" is neither a group nor a glob over benches; see list "
			    "benches",
			    plan_show(name, shown, sizeof(shown)));
	if (check_what(r, "weights", key, name, OVER_BENCHES | OVER_GROUPS) ||
	    plan_add_glob(r, key, name, &c->match))
		return -1;
	text = plan_scalar(r, "weights", value, "2");
	if (!text)
		return -1;
	if (plan_share(text, &c->weight) || !(c->weight >= 0.001 && c->weight <= 1e6))
		return fail(r, value, "weights: \"%s\" is out of range; write 0.001 to 1000000",
			    plan_show(text, shown, sizeof(shown)));
	return 0;
}

int plan_read_weights(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	if (node->type != YAML_MAPPING_NODE)
		return fail(r, node, "%s holds %s; write groups and weights, as in {exits: 2}", key,
			    plan_node_kind(node));
	for (yaml_node_pair_t *i = node->data.mapping.pairs.start; i < node->data.mapping.pairs.top;
	     i++)
		if (add_weight(r, yaml_document_get_node(r->document, i->key),
			       yaml_document_get_node(r->document, i->value), out))
			return -1;
	return 0;
}

int plan_read_reference(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	struct plan_criterion *c = add(r, node, out, CRITERION_REFERENCE, -1);

	if (!c || read_platform(r, key, node, &c->match))
		return -1;
	if (strpbrk(c->match.glob[0], "*?["))
		return fail(r, node, "%s: scores are over one platform; name it", key);
	return 0;
}

int plan_check_criteria(struct reader *r, const yaml_node_t *root, const struct plan *p)
{
	const struct plan_criterion *weight = NULL, *reference = NULL;

	for (size_t i = 0; i < p->criterion_count; i++) {
		if (p->criteria[i].kind == CRITERION_WEIGHT)
			weight = &p->criteria[i];
		if (p->criteria[i].kind == CRITERION_REFERENCE)
			reference = &p->criteria[i];
	}
	if (weight && !reference)
		return fail(r, root,
			    "weights: need the platform that scores are over; add reference: NAME");
	if (reference && !weight)
		return plan_fail(r, (size_t)reference->line,
				 "reference: goes with weights:; add what the score is made of");
	return 0;
}
