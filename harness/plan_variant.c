/* SPDX-License-Identifier: Apache-2.0 */
/* Variants: names, keys and values, from a plan or a command line. */
#include "harness/variant.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plan_internal.h"

static const char name_characters[] =
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

static int refuse(char *why, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return -1;
}

static int no_memory(char *why, size_t size)
{
	return refuse(why, size, "out of memory; close something and try again");
}

const char *variant_value(const struct variant *v, const char *key)
{
	for (size_t i = 0; v && i < v->count; i++)
		if (!strcmp(v->settings[i].key, key))
			return v->settings[i].value;
	return NULL;
}

static int is_word(const char *text, size_t longest)
{
	size_t length = strlen(text);

	return length && length <= longest && !text[strspn(text, name_characters)];
}

int variants_add(struct variants *all, const char *name, int line, char *why, size_t size)
{
	struct variant *grown;
	char shown[48];

	if (!is_word(name, VARIANT_MAX_NAME))
		return refuse(why, size,
			      "\"%s\" is no name of a variant; write at most %d letters, digits, "
			      "dots, - and _",
			      plan_show(name, shown, sizeof(shown)), VARIANT_MAX_NAME);
	for (size_t i = 0; i < all->count; i++)
		if (!strcmp(all->variant[i].name, name))
			return refuse(why, size, "there are two variants \"%s\"; keep one", name);
	if (all->count == VARIANTS_MAX)
		return refuse(why, size, "more than %d variants; make two runs of them",
			      VARIANTS_MAX);
	grown = realloc(all->variant, (all->count + 1) * sizeof(*grown));
	if (!grown)
		return no_memory(why, size);
	all->variant = grown;
	grown[all->count] = (struct variant){.name = strdup(name), .line = line};
	if (!grown[all->count].name)
		return no_memory(why, size);
	all->count++;
	return 0;
}

static int check_value(const char *key, const char *value, char *why, size_t size)
{
	if (!*value || strlen(value) > VARIANT_MAX_VALUE)
		return refuse(why, size, "%s has no value, or a long one; write 1 to %d characters",
			      key, VARIANT_MAX_VALUE);
	for (const char *s = value; *s; s++)
		if (*s < ' ' || *s >= 0x7f || *s == ',')
			return refuse(why, size,
				      "the value of %s holds a character that cannot be there; "
				      "write printable ASCII without commas",
				      key);
	return 0;
}

int variants_set(struct variants *all, const char *key, const char *value, char *why, size_t size)
{
	struct variant *v = &all->variant[all->count - 1];
	struct setting *grown, *s;
	char shown[48];

	if (!is_word(key, VARIANT_MAX_KEY))
		return refuse(why, size, "\"%s\" is no key; write KEY=VALUE",
			      plan_show(key, shown, sizeof(shown)));
	if (check_value(key, value, why, size))
		return -1;
	if (variant_value(v, key))
		return refuse(why, size, "it has %s twice; keep one", key);
	if (v->count == VARIANT_MAX_SETTINGS)
		return refuse(why, size, "more than %d settings; leave some out",
			      VARIANT_MAX_SETTINGS);
	grown = realloc(v->settings, (v->count + 1) * sizeof(*grown));
	if (!grown)
		return no_memory(why, size);
	v->settings = grown;
	s = &grown[v->count];
	*s = (struct setting){strdup(key), strdup(value)};
	v->count++; /* freed with the others, even where half of it is missing */
	return s->key && s->value ? 0 : no_memory(why, size);
}

/* "KEY=VALUE,KEY=VALUE", which is taken apart. */
static int set_all(struct variants *all, char *text, char *why, size_t size)
{
	while (text) {
		char *next = strchr(text, ','), *value;

		if (next)
			*next++ = '\0';
		value = strchr(text, '=');
		if (!value)
			return refuse(why, size, "\"%.40s\" is no setting; write KEY=VALUE", text);
		*value++ = '\0';
		if (variants_set(all, text, value, why, size))
			return -1;
		text = next;
	}
	return 0;
}

int variants_add_text(struct variants *all, const char *text, char *why, size_t size)
{
	char *copy = strdup(text), *settings;
	int ret;

	if (!copy)
		return no_memory(why, size);
	settings = strchr(copy, ':');
	if (settings)
		*settings++ = '\0';
	ret = variants_add(all, copy, 0, why, size);
	if (!ret && settings)
		ret = set_all(all, settings, why, size);
	free(copy);
	return ret;
}

void variants_free(struct variants *all)
{
	for (size_t i = 0; i < all->count; i++) {
		struct variant *v = &all->variant[i];

		for (size_t k = 0; k < v->count; k++) {
			free(v->settings[k].key);
			free(v->settings[k].value);
		}
		free(v->settings);
		free(v->name);
	}
	free(all->variant);
	*all = (struct variants){0};
}

char *variant_settings_text(const struct variant *v)
{
	size_t length;
	char *text = NULL;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		return NULL;
	for (size_t i = 0; i < v->count; i++)
		fprintf(out, "%s%s=%s", i ? "," : "", v->settings[i].key, v->settings[i].value);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
