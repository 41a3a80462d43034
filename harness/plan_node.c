/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes of a plan's YAML: what each kind holds, whatever it is about. */
#include <stdio.h>
#include <string.h>

#include "harness/plan_yaml.h"

#define MAX_ENTRIES 1000 /* of one list */

#define fail(r, node, ...) plan_fail(r, plan_line(node), __VA_ARGS__)

const char *plan_node_kind(const yaml_node_t *node)
{
	if (node->type == YAML_SEQUENCE_NODE)
		return "a list";
	if (node->type == YAML_MAPPING_NODE)
		return "a mapping";
	return node->data.scalar.length ? "a single value" : "nothing";
}

/* The text of a scalar, or NULL with the error left. */
const char *plan_scalar(struct reader *r, const char *key, const yaml_node_t *node,
			const char *example)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE || !node->data.scalar.length) {
		fail(r, node, "%s holds %s; write one value, as in %s: %s", key,
		     plan_node_kind(node), key, example);
		return NULL;
	}
	text = (const char *)node->data.scalar.value;
	if (strlen(text) != node->data.scalar.length) {
		fail(r, node, "%s holds a NUL character; leave it out", key);
		return NULL;
	}
	return text;
}

int plan_read_count(struct reader *r, const char *key, const yaml_node_t *node, uint64_t max,
		    uint32_t *out)
{
	const char *text = plan_scalar(r, key, node, "20");
	char shown[48];
	uint64_t value;

	if (!text)
		return -1;
	if (plan_count(text, &value) || value < 1 || value > max)
		return fail(r, node,
			    "%s: \"%s\" is out of range; write a whole number from 1 to %llu", key,
			    plan_show(text, shown, sizeof(shown)), (unsigned long long)max);
	*out = (uint32_t)value;
	return 0;
}

int plan_read_trials(struct reader *r, const char *key, yaml_node_t *node, void *out)
{
	return plan_read_count(r, key, node, 100000, out);
}

int plan_glob_sound(const char *text, size_t longest)
{
	unsigned int stars = 0;

	if (strlen(text) > longest)
		return 0;
	for (const char *s = text; *s; s++) {
		if (*s <= ' ' || *s >= 0x7f)
			return 0;
		stars += *s == '*';
	}
	return stars <= PLAN_MAX_STARS;
}

int plan_add_glob(struct reader *r, const yaml_node_t *node, const char *text,
		  struct plan_globs *out)
{
	if (++r->globs > PLAN_MAX_GLOBS_IN_ALL)
		return fail(r, node, "more than %d globs in all; use * and ?",
			    PLAN_MAX_GLOBS_IN_ALL);
	return plan_globs_add(out, text) ? fail(r, node, PLAN_NO_MEMORY) : 0;
}

static int fail_unknown_key(struct reader *r, const yaml_node_t *node, const char *text,
			    const char *what, const struct plan_field *fields, size_t count)
{
	const void *keys[PLAN_MAX_KEYS];
	char shown[48], advice[160];

	for (size_t i = 0; i < count; i++)
		keys[i] = &fields[i];
	plan_advise((struct registry){keys, count}, text, "keys", advice, sizeof(advice));
	return fail(r, node, "%s has no key \"%s\"; %s", what,
		    plan_show(text, shown, sizeof(shown)), advice);
}

int plan_read_mapping(struct reader *r, const yaml_node_t *node, const char *what,
		      const struct plan_field *fields, size_t count, void *out)
{
	size_t seen[PLAN_MAX_KEYS] = {0}; /* the line of each field */

	if (node->type != YAML_MAPPING_NODE)
		return fail(r, node, "%s holds %s; write keys and values, as in %s: VALUE", what,
			    plan_node_kind(node), fields[0].key);
	for (yaml_node_pair_t *i = node->data.mapping.pairs.start; i < node->data.mapping.pairs.top;
	     i++) {
		yaml_node_t *key = yaml_document_get_node(r->document, i->key);
		yaml_node_t *value = yaml_document_get_node(r->document, i->value);
		const char *text;
		size_t f;

		if (key->type != YAML_SCALAR_NODE)
			return fail(r, key, "%s has %s for a key; write a word", what,
				    plan_node_kind(key));
		text = (const char *)key->data.scalar.value;
		for (f = 0; f < count && strcmp(text, fields[f].key); f++)
			;
		if (f == count || strlen(text) != key->data.scalar.length)
			return fail_unknown_key(r, key, text, what, fields, count);
		if (seen[f])
			return fail(r, key, "%s has \"%s\" twice, first in line %zu; keep one",
				    what, text, seen[f]);
		seen[f] = plan_line(key);
		if (fields[f].read(r, text, value, (char *)out + fields[f].offset))
			return -1;
	}
	return 0;
}

/* A list of entries of one kind: each is appended to the plan, then filled. */
int plan_read_entries(struct reader *r, const char *key, const yaml_node_t *node, struct plan *p,
		      int (*add)(struct reader *r, const yaml_node_t *entry, struct plan *p))
{
	if (node->type != YAML_SEQUENCE_NODE)
		return fail(r, node, "%s holds %s; write a list, as in - match: \"*\"", key,
			    plan_node_kind(node));
	if (node->data.sequence.items.top - node->data.sequence.items.start > MAX_ENTRIES)
		return fail(r, node, "%s has more than %d entries; match several names with one",
			    key, MAX_ENTRIES);
	for (yaml_node_item_t *i = node->data.sequence.items.start;
	     i < node->data.sequence.items.top; i++) {
		if (add(r, yaml_document_get_node(r->document, *i), p))
			return -1;
	}
	return 0;
}
