/* SPDX-License-Identifier: Apache-2.0 */
/* The list of facts: how one is stated, found and freed. Who states which: host_internal.h. */
#include "harness/host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/host_internal.h"

/* ---- Text ---- */

/* The length of the UTF-8 character at s, 0 where there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	}
	/* Too long for their value, surrogates, and what lies above U+10FFFF. */
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void clean(char *text)
{
	unsigned char *s = (unsigned char *)text;

	while (*s) {
		size_t n = utf8_length(s);

		if (!n || (*s < ' ' && *s != '\n') || *s == 0x7f)
			*s = '?';
		s += n ? n : 1;
	}
}

__attribute__((format(printf, 1, 0))) static char *clean_text(const char *format, va_list args)
{
	char *text;

	if (vasprintf(&text, format, args) < 0)
		return NULL;
	clean(text);
	return text;
}

/* ---- Stating facts ---- */

/* A new fact, or NULL where there is no memory for it. The list doubles as it fills. */
static struct host_fact *add(struct host_facts *f, const char *name)
{
	struct host_fact *new;

	if (!(f->count & (f->count - 1))) {
		size_t room = f->count ? 2 * f->count : 1;

		new = realloc(f->fact, room * sizeof(*new));
		if (!new)
			return NULL;
		f->fact = new;
	}
	new = &f->fact[f->count++];
	*new = (struct host_fact){0};
	snprintf(new->name, sizeof(new->name), "%s", name);
	return new;
}

void fact_set(struct host_facts *f, const char *name, const char *format, ...)
{
	struct host_fact *new = add(f, name);
	va_list args;

	if (!new)
		return;
	va_start(args, format);
	new->value = clean_text(format, args);
	va_end(args);
}

void fact_missing(struct host_facts *f, const char *name, const char *format, ...)
{
	struct host_fact *new = add(f, name);
	va_list args;

	if (!new)
		return;
	va_start(args, format);
	new->why = clean_text(format, args);
	va_end(args);
}

void fact_advise(struct host_facts *f, const char *format, ...)
{
	struct host_fact *last = f->count ? &f->fact[f->count - 1] : NULL;
	va_list args;

	if (!last || !last->value)
		return;
	free(last->why);
	va_start(args, format);
	last->why = clean_text(format, args);
	va_end(args);
	last->advice = 1;
}

static const char *last_value(const struct host_facts *f)
{
	return f->count ? f->fact[f->count - 1].value : NULL;
}

static const char *unreadable(struct host_facts *f, const char *name, const char *path,
			      const char *absent)
{
	if (errno == ENOENT && absent)
		fact_missing(f, name, "%s", absent);
	else
		fact_missing(f, name, "%s: %s", path, strerror(errno));
	return NULL;
}

const char *fact_file(struct host_facts *f, const char *name, const char *path, const char *absent)
{
	char text[4096];

	if (host_read(path, text, sizeof(text)))
		return unreadable(f, name, path, absent);
	/* "(null)" is how the kernel prints a CPU mask that it never made. */
	fact_set(f, name, "%s", *text && strcmp(text, "(null)") ? text : "none");
	return last_value(f);
}

const char *fact_choice(struct host_facts *f, const char *name, const char *path,
			const char *absent)
{
	char text[256], *from, *to;

	if (host_read(path, text, sizeof(text)))
		return unreadable(f, name, path, absent);
	from = strchr(text, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to)
		fact_set(f, name, "%.*s", (int)(to - from - 1), from + 1);
	else
		fact_set(f, name, "%s", text);
	return last_value(f);
}

/* ---- Reading ---- */

int host_read(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	size_t filled = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (filled < size - 1 && (n = read(fd, out + filled, size - 1 - filled)) > 0)
		filled += (size_t)n;
	if (n < 0) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	close(fd);
	while (filled && strchr(" \n\t", out[filled - 1]))
		filled--;
	out[filled] = '\0';
	return 0;
}

int host_has_word(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = list; (s = strstr(s, word)); s += n) {
		if ((s == list || s[-1] == ' ') && (!s[n] || s[n] == ' '))
			return 1;
	}
	return 0;
}

char *host_field(const char *path, const char *key)
{
	FILE *in = fopen(path, "re");
	char *line = NULL, *value = NULL;
	size_t size = 0, n = strlen(key);

	if (!in)
		return NULL;
	while (!value && getline(&line, &size, in) >= 0) {
		char *colon = strchr(line, ':');

		if (!colon || strncmp(line, key, n) || line + n + strspn(line + n, " \t") != colon)
			continue;
		colon += 1 + strspn(colon + 1, " \t");
		colon[strcspn(colon, "\n")] = '\0';
		value = strdup(colon);
	}
	free(line);
	fclose(in);
	return value;
}

/* ---- The list ---- */

static struct host_facts nothing; /* where there is not even memory for an empty list */

struct host_facts *host_gather(void)
{
	static void (*const gatherers[])(struct host_facts * f) = {
		host_gather_system, host_gather_emulation,   host_gather_hypervisor,
		host_gather_cpu,    host_gather_topology,    host_gather_memory,
		host_gather_kernel, host_gather_confinement, host_gather_kvm,
		host_gather_xen,    host_gather_features,    host_gather_pmu,
		host_gather_tools,  host_gather_fingerprint,
	};
	struct host_facts *f = calloc(1, sizeof(*f));

	if (!f)
		return &nothing;
	for (size_t i = 0; i < sizeof(gatherers) / sizeof(gatherers[0]); i++)
		gatherers[i](f);
	return f;
}

void host_free(struct host_facts *f)
{
	if (!f || f == &nothing)
		return;
	for (size_t i = 0; i < f->count; i++) {
		free(f->fact[i].value);
		free(f->fact[i].why);
	}
	free(f->fact);
	free(f);
}

int host_is_sensitive(const char *name)
{
	return !strcmp(name, "host.name") || strstr(name, "serial") || strstr(name, "uuid") ||
	       strstr(name, "asset_tag");
}

const char *host_value(const struct host_facts *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++) {
		if (!strcmp(f->fact[i].name, name))
			return f->fact[i].value;
	}
	return NULL;
}
