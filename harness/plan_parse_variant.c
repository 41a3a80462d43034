/* SPDX-License-Identifier: Apache-2.0 */
/* A plan's `variants:` — a mapping of names to settings. */
#include <string.h>

#include "harness/plan_yaml.h"

#define WHY 256

/* The text of a scalar without NUL; NULL: it is none. */
static const char *text_of(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	text = (const char *)node->data.scalar.value;
	return strlen(text) == node->data.scalar.length ? text : NULL;
}

static int read_setting(struct reader *r, const yaml_node_pair_t *pair, struct variants *all)
{
	const yaml_node_t *key = yaml_document_get_node(r->document, pair->key);
	const yaml_node_t *value = yaml_document_get_node(r->document, pair->value);
	char why[WHY];

	if (!text_of(key) || !text_of(value))
		return plan_fail(
			r, plan_line(key),
			"a setting of variant %s is no word and value; write KEY: VALUE, as in "
			"plant: 5%%",
			all->variant[all->count - 1].name);
	if (variants_set(all, text_of(key), text_of(value), why, sizeof(why)))
		return plan_fail(r, plan_line(key), "variant %s: %s",
				 all->variant[all->count - 1].name, why);
	return 0;
}

/* Nothing behind the name is a variant without settings. */
static int read_settings(struct reader *r, const yaml_node_t *node, struct variants *all)
{
	const char *text = text_of(node);

	if (text && !*text)
		return 0;
	if (node->type != YAML_MAPPING_NODE)
		return plan_fail(r, plan_line(node),
				 "variant %s holds no settings; write KEY: VALUE, or {} for none",
				 all->variant[all->count - 1].name);
	for (yaml_node_pair_t *i = node->data.mapping.pairs.start; i < node->data.mapping.pairs.top;
	     i++)
		if (read_setting(r, i, all))
			return -1;
	return 0;
}

int plan_read_variants(struct reader *r, const yaml_node_t *node, struct variants *all)
{
	char why[WHY];

	if (node->type != YAML_MAPPING_NODE)
		return plan_fail(r, plan_line(node),
				 "variants holds no mapping; write a name and its settings, as in "
				 "slow: {plant: 5%%}");
	for (yaml_node_pair_t *i = node->data.mapping.pairs.start; i < node->data.mapping.pairs.top;
	     i++) {
		const yaml_node_t *key = yaml_document_get_node(r->document, i->key);
		const char *name = text_of(key);

		if (!name)
			return plan_fail(
				r, plan_line(key),
				"the name of a variant is no word; write NAME: {KEY: VALUE}");
		if (variants_add(all, name, (int)plan_line(key), why, sizeof(why)))
			return plan_fail(r, plan_line(key), "variants: %s", why);
		if (read_settings(r, yaml_document_get_node(r->document, i->value), all))
			return -1;
	}
	return 0;
}
