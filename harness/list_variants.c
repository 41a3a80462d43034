/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify list variants: what a variant may set, on which platforms, and whether it can here.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/list.h"
#include "harness/setting.h"

/* A key, what can be set here, or why it cannot. */
struct key {
	const struct setting_key *k;
	char name[64]; /* as a command line has it: "kvm.PARAM=VALUE" */
	char summary[160];
	bool works;
	char text[LIST_WHY];
};

static int by_name(const void *x, const void *y)
{
	const struct setting_key *const *a = x, *const *b = y;

	return strcmp((*a)->name, (*b)->name);
}

static void describe(struct key *key, const struct setting_key *k)
{
	key->k = k;
	snprintf(key->name, sizeof(key->name), "%s%s=%s", k->name,
		 k->name[strlen(k->name) - 1] == '.' ? "PARAM" : "", k->value);
	snprintf(key->summary, sizeof(key->summary), "%s%s", k->summary,
		 k->changes_host ? " (--allow-host-faults)" : "");
	key->text[0] = '\0';
	key->works = !k->here || k->here(key->text, sizeof(key->text));
}

static size_t find_keys(struct key keys[SETTING_KEYS_MAX])
{
	const void *found[SETTING_KEYS_MAX];
	size_t n = setting_keys(NULL, found);

	qsort(found, n, sizeof(*found), by_name);
	for (size_t i = 0; i < n; i++)
		describe(&keys[i], found[i]);
	return n;
}

/* ---- Text ---- */

/* The platforms that work here and take the key, or those that do not: "lxc, native". */
static void name_platforms(const struct key *key, const struct places *all, bool taking, char *text,
			   size_t size)
{
	size_t used = 0;

	*text = '\0';
	for (size_t i = 0; i < all->count && used < size; i++) {
		const struct platform *p = all->place[i].platform;

		if (all->place[i].works && setting_is_taken(p, key->k) == taking)
			used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
						 p->name);
	}
}

static void print_key(const struct key *key, const struct places *all, size_t name, size_t summary)
{
	char platforms[LIST_WHY];

	printf("  ");
	list_cell(key->name, name);
	list_cell(key->summary, summary);
	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];
		bool runs = key->works && setting_is_taken(here->platform, key->k);

		list_mark(all, i, !here->works ? "-" : runs ? "yes" : "no");
	}
	if (key->works && *key->text)
		list_explain(4, "can be set here", key->text);
	name_platforms(key, all, true, platforms, sizeof(platforms));
	if (!key->works && *platforms)
		list_explain(4, platforms, key->text);
	name_platforms(key, all, false, platforms, sizeof(platforms));
	if (*platforms)
		list_explain(4, "not taken by", platforms);
}

void list_variants(const struct places *all)
{
	static struct key keys[SETTING_KEYS_MAX];
	size_t n = find_keys(keys), name = 0, summary = 0;

	for (size_t i = 0; i < n; i++) {
		name = list_wider(name, keys[i].name);
		summary = list_wider(summary, keys[i].summary);
	}
	list_heading("VARIANTS", 2 + name + 2 + summary, all);
	for (size_t i = 0; i < n; i++)
		print_key(&keys[i], all, name, summary);
}

/* ---- JSON ---- */

static json_t *json_answers(const struct key *key, const struct places *all)
{
	json_t *object = json_object();

	for (size_t i = 0; i < all->count; i++) {
		const struct place *here = &all->place[i];
		bool takes = setting_is_taken(here->platform, key->k);
		char why[LIST_WHY];

		snprintf(why, sizeof(why), "%s does not take the key %s", here->platform->name,
			 key->k->name);
		json_object_set_new(
			object, here->platform->name,
			list_answer(here->works && takes && key->works, !here->works ? here->why
									: !takes     ? why
										     : key->text));
	}
	return object;
}

json_t *list_variants_json(const struct places *all)
{
	static struct key keys[SETTING_KEYS_MAX];
	size_t n = find_keys(keys);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++) {
		const struct key *key = &keys[i];

		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b, s:s?, s:o}", "key",
						      key->k->name, "value", key->k->value,
						      "summary", key->k->summary, "changes_host",
						      key->k->changes_host, "can_be_set",
						      key->works && *key->text ? key->text : NULL,
						      "platforms", json_answers(key, all)));
	}
	return list;
}
