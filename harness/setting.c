/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of variants: who takes them, whether they can be had, what they come to in words. */
#include "harness/setting.h"

#include <stdio.h>
#include <string.h>

#include "harness/bench.h"
#include "harness/plan_internal.h"

static bool names(const struct setting_key *k, const char *key)
{
	size_t length = strlen(k->name);

	if (k->name[length - 1] == '.')
		return !strncmp(key, k->name, length) && key[length];
	return !strcmp(key, k->name);
}

const struct setting_key *setting_find(const struct platform *p, const char *key)
{
	for (size_t i = 0; p->settings && p->settings[i]; i++)
		if (names(p->settings[i], key))
			return p->settings[i];
	return NULL;
}

bool setting_is_taken(const struct platform *p, const struct setting_key *k)
{
	for (size_t i = 0; p->settings && p->settings[i]; i++)
		if (p->settings[i] == k)
			return true;
	return false;
}

size_t setting_keys(const struct plan *plan, const void *keys[SETTING_KEYS_MAX])
{
	size_t n = 0;

	for_each_registered (struct platform, p, REGISTRY(platforms)) {
		if (plan && !plan_has_platform(plan, p->name))
			continue;
		for (size_t i = 0; p->settings && p->settings[i] && n < SETTING_KEYS_MAX; i++) {
			size_t k = 0;

			while (k < n && keys[k] != p->settings[i])
				k++;
			if (k == n)
				keys[n++] = p->settings[i];
		}
	}
	return n;
}

/* ---- A plan's ---- */

static int fail_unknown(const struct plan *plan, const struct variant *v, const char *key,
			char *error, size_t size)
{
	const void *keys[SETTING_KEYS_MAX];
	struct registry all = {keys, setting_keys(plan, keys)};
	char advice[160];

	plan_advise(all, key, "keys", advice, sizeof(advice));
	snprintf(error, size, "variant %s: no platform of the plan takes the key \"%.64s\"; %s",
		 v->name, key, all.count ? advice : "none of them takes any");
	return -1;
}

static int check_setting(const struct plan *plan, const struct variant *v, const struct setting *s,
			 char *error, size_t size)
{
	const void *keys[SETTING_KEYS_MAX];
	size_t n = setting_keys(plan, keys);
	char why[256];

	for (size_t i = 0; i < n; i++) {
		const struct setting_key *k = keys[i];

		if (!names(k, s->key))
			continue;
		if (!k->check || !k->check(s->key, s->value, why, sizeof(why)))
			return 0;
		snprintf(error, size, "variant %s: %s: %s", v->name, s->key, why);
		return -1;
	}
	return fail_unknown(plan, v, s->key, error, size);
}

int settings_check(const struct plan *plan, char *error, size_t size)
{
	for (size_t i = 0; i < plan->variants.count; i++) {
		const struct variant *v = &plan->variants.variant[i];

		for (size_t k = 0; k < v->count; k++)
			if (check_setting(plan, v, &v->settings[k], error, size))
				return -1;
	}
	return 0;
}

/* ---- Here ---- */

bool setting_fits_platform(const struct variant *v, const struct platform *p, bool host_faults,
			   char *why, size_t size)
{
	for (size_t i = 0; v && i < v->count; i++) {
		const struct setting *s = &v->settings[i];
		const struct setting_key *k = setting_find(p, s->key);

		if (!k) {
			snprintf(why, size, "%s does not take the variant's key %s", p->name,
				 s->key);
			return false;
		}
		if (k->changes_host && !host_faults) {
			snprintf(why, size, "%s changes the host; give --allow-host-faults",
				 s->key);
			return false;
		}
		if (k->works && !k->works(s->key, s->value, why, size))
			return false;
	}
	return true;
}

bool setting_fits_bench(const struct variant *v, const struct platform *p, const struct bench *b,
			char *why, size_t size)
{
	for (size_t i = 0; v && i < v->count; i++) {
		const struct setting_key *k = setting_find(p, v->settings[i].key);

		if (!k || !k->of_guest_operations || (b && !b->measure))
			continue;
		snprintf(why, size,
			 "variant %s: %s is about operations that the guest times by itself, and "
			 "this is %s",
			 v->name, k->name, b ? "measured from the host" : "a fault");
		return false;
	}
	return true;
}

/* Of any platform: a key means the same wherever it is taken. */
static const struct setting_key *find_anywhere(const char *key)
{
	for_each_registered (struct platform, p, REGISTRY(platforms)) {
		const struct setting_key *k = setting_find(p, key);

		if (k)
			return k;
	}
	return NULL;
}

void setting_describe(const struct variant *v, char *text, size_t size)
{
	size_t used = 0;

	snprintf(text, size, "as it is");
	for (size_t i = 0; i < v->count && used < size; i++) {
		const struct setting *s = &v->settings[i];
		const struct setting_key *k = find_anywhere(s->key);
		char one[512];

		if (k && k->describe)
			k->describe(s->key, s->value, one, sizeof(one));
		else
			snprintf(one, sizeof(one), "%s=%s", s->key, s->value);
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "", one);
	}
}

void setting_tell_guest(const struct variant *v, const struct platform *p, char *command,
			size_t size)
{
	for (size_t i = 0; v && i < v->count; i++) {
		const struct setting_key *k = setting_find(p, v->settings[i].key);
		size_t used = strlen(command);

		if (k && k->tell_guest)
			k->tell_guest(v->settings[i].value, command + used, size - used);
	}
}

int setting_apply(const struct setting *s, const struct platform *p, struct journal *j, char *text,
		  size_t size)
{
	const struct setting_key *k = setting_find(p, s->key);

	*text = '\0';
	return k && k->apply ? k->apply(j, s->key, s->value, text, size) : 0;
}
