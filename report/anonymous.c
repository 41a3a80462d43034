/* SPDX-License-Identifier: Apache-2.0 */
#include "report/anonymous.h"

#include <ctype.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAME_LEAST 2u
#define NAME_MOST  255u
#define BLANKS	   " \t\r\n"
#define WORD_MOST  2048u /* matching a word takes time with the square of its length */
#define NAMES_MOST 256u	 /* of hosts and users; a file with more is no run of ours */

struct word { /* what stands for a text of a kind */
	enum anonymous_kind kind;
	char *text;
	char shown[48];
};

struct name { /* of a host or a user, wherever it stands */
	enum anonymous_kind kind;
	char *text;
	size_t length;
};

struct anonymous {
	void *words; /* tree of struct word */
	unsigned int counts[ANONYMOUS_KINDS];
	struct name names[NAMES_MOST];
	size_t name_count;
	char *out; /* the last text, valid until the next */
	bool failed;
};

/* ---- Words ---- */

static int by_text(const void *x, const void *y)
{
	const struct word *a = x, *b = y;

	return a->kind == b->kind ? strcmp(a->text, b->text) : (int)a->kind - (int)b->kind;
}

static void free_word(void *x)
{
	free(((struct word *)x)->text);
	free(x);
}

static void show(struct word *w, unsigned int number)
{
	static const char *const kinds[ANONYMOUS_KINDS] = {
		[ANONYMOUS_HOST] = "host",	 [ANONYMOUS_USER] = "user",
		[ANONYMOUS_ADDRESS] = "address", [ANONYMOUS_MAC] = "mac",
		[ANONYMOUS_SERIAL] = "serial",	 [ANONYMOUS_PATH] = "path",
		[ANONYMOUS_URL] = "url",	 [ANONYMOUS_ID] = "id",
	};

	if (w->kind == ANONYMOUS_UUID) /* still one, for whoever reads it as such */
		snprintf(w->shown, sizeof(w->shown), "00000000-0000-4000-8000-%012u", number);
	else
		snprintf(w->shown, sizeof(w->shown), "%s-%u", kinds[w->kind], number);
}

static const char *word_for(struct anonymous *a, enum anonymous_kind kind, const char *text,
			    size_t length)
{
	struct word *w = calloc(1, sizeof(*w)), **found = NULL;

	if (w) {
		w->kind = kind;
		w->text = strndup(text, length);
		if (w->text)
			found = tsearch(w, &a->words, by_text);
	}
	if (!found) {
		if (w)
			free_word(w);
		a->failed = true;
		return "";
	}
	if (*found != w)
		free_word(w);
	else
		show(w, ++a->counts[kind]);
	return (*found)->shown;
}

/* ---- Names ---- */

/* A host called "vm" must not take the word from every sentence. */
static bool is_ordinary(const char *s, size_t length)
{
	static const char *const words[] = {
		"localhost", "native", "kvm",	 "vm",	   "guest", "host",  "xen",   "lxc",
		"oci",	     "qemu",   "linux",	 "debian", "root",  "user",  "admin", "runc",
		"bench",     "fault",  "run",	 "test",   "exit",  "lab",   "none",  "kernel",
		"cpu",	     "memory", "sample", "trial",  "all",   "smoke", "ci",    "amd",
		"intel",     "docker", "node",	 "server",
	};

	if (length < NAME_LEAST || length > NAME_MOST)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i]) == length && !strncasecmp(words[i], s, length))
			return true;
	return strspn(s, "0123456789.-_") >= length;
}

static void add_name(struct anonymous *a, enum anonymous_kind kind, const char *s, size_t length)
{
	struct name *n = &a->names[a->name_count];

	if (is_ordinary(s, length) || a->name_count == NAMES_MOST)
		return;
	for (size_t i = 0; i < a->name_count; i++)
		if (a->names[i].length == length && !strncasecmp(a->names[i].text, s, length))
			return;
	*n = (struct name){kind, strndup(s, length), length};
	a->failed |= !n->text;
	a->name_count += n->text != NULL;
}

/* The name at the start of a text; its boundaries are letters and digits alone. */
static const struct name *name_at(const struct anonymous *a, const char *s, char before)
{
	const struct name *longest = NULL;

	if (isalnum((unsigned char)before))
		return NULL;
	for (size_t i = 0; i < a->name_count; i++) {
		const struct name *n = &a->names[i];

		if (strncasecmp(s, n->text, n->length) || isalnum((unsigned char)s[n->length]))
			continue;
		if (!longest || n->length > longest->length)
			longest = n;
	}
	return longest;
}

/* ---- Texts ---- */

static void put_match(struct anonymous *a, FILE *out, const char *s,
		      const struct anonymous_match *m)
{
	const char *value = s + m->skip;

	fwrite(s, 1, m->skip, out);
	if (m->kind == ANONYMOUS_PATH && anonymous_is_common_path(value, m->length))
		fwrite(value, 1, m->length, out);
	else
		fputs(word_for(a, m->kind, value, m->length), out);
}

/* What begins a word that is longer than any of ours: its length, else 0. */
static size_t endless(const char *s, char before)
{
	size_t length;

	if (before && !strchr(BLANKS, before))
		return 0;
	length = strcspn(s, BLANKS);
	return length > WORD_MOST ? length : 0;
}

static void put_text(struct anonymous *a, FILE *out, const char *s, size_t length)
{
	char *copy = strndup(s, length); /* nothing is matched beyond its end */
	char before = '\0';

	if (!copy) {
		a->failed = true;
		return;
	}
	for (const char *at = copy; *at;) {
		size_t whole = endless(at, before);
		struct anonymous_match m = {ANONYMOUS_ID, 0, whole};
		const struct name *n;

		if (!whole)
			m = anonymous_match(at, before);
		n = m.length ? NULL : name_at(a, at, before);
		if (m.length) {
			put_match(a, out, at, &m);
			at += m.skip + m.length;
		} else if (n) {
			fputs(word_for(a, n->kind, n->text, n->length), out);
			at += n->length;
		} else {
			fputc(*at++, out);
		}
		before = at[-1];
	}
	free(copy);
}

/* ---- Columns that need more than that ---- */

static bool holds(const char *s, size_t length, const char *const *words)
{
	for (; *words; words++)
		for (size_t i = 0; i + strlen(*words) <= length; i++)
			if (!strncasecmp(s + i, *words, strlen(*words)))
				return true;
	return false;
}

/* Facts by their name whose value is nobody's business, as it is. */
static const char *const private_words[] = {"serial",	"uuid",	      "guid",	    "asset",
					    "hostname", "address",    "identifier", "wwn",
					    "owner",	"machine_id", "machine-id", NULL};

/* hwloc's XML: <info name="DMIProductSerial" value="..."/> */
static void put_xml(struct anonymous *a, FILE *out, const char *s)
{
	static const char key[] = "name=\"", value[] = " value=\"";
	const char *from = s, *name;

	while ((name = strstr(from, key))) {
		size_t length, hidden;
		const char *end;

		name += strlen(key);
		length = strcspn(name, "\"");
		end = name + length + (name[length] == '"');
		put_text(a, out, from, (size_t)(end - from));
		from = end;
		if (!holds(name, length, private_words) || strncmp(end, value, strlen(value)))
			continue;
		hidden = strcspn(end + strlen(value), "\"");
		fprintf(out, "%s%s", value,
			word_for(a, ANONYMOUS_SERIAL, end + strlen(value), hidden));
		from = end + strlen(value) + hidden;
	}
	put_text(a, out, from, strlen(from));
}

/* What the kernel was told that bears on figures; of the rest the key alone. */
static bool is_about_measuring(const char *s, size_t length)
{
	static const char *const words[] = {
		"mitigations", "isolcpus", "nohz",	  "rcu",     "irqaffinity", "intel_",
		"amd_",	       "iommu",	   "hugepage",	  "idle",    "processor.",  "nosmt",
		"cpus",	       "tsc",	   "clocksource", "kvm",     "spec",	    "retbleed",
		"l1tf",	       "mds",	   "tsx",	  "pti",     "watchdog",    "haltpoll",
		"acpi",	       "apic",	   "numa",	  "preempt", "skew_tick",   "threadirqs",
		"workqueue",   "swiotlb",  "psi",	  "panic",   "nested",	    "quiet",
		"cgroup",      "reboot",   NULL};

	return holds(s, length, words);
}

/* The next word of a line: skips blanks, copies them to `out`. */
static const char *next_word(FILE *out, const char *s, size_t *length)
{
	size_t blanks = strspn(s, " \t");

	fwrite(s, 1, blanks, out);
	*length = strcspn(s + blanks, " \t");
	return s + blanks;
}

static void put_kernel_command(struct anonymous *a, FILE *out, const char *s)
{
	size_t length;

	for (s = next_word(out, s, &length); length; s = next_word(out, s + length, &length)) {
		const char *value = memchr(s, '=', length);
		size_t key = value ? (size_t)(value - s) : length;

		if (length == 2 && !strncmp(s, "--", 2)) {
			fputs("-- removed", out); /* what init was told */
			return;
		}
		if (!value || is_about_measuring(s, key)) {
			put_text(a, out, s, length);
			continue;
		}
		put_text(a, out, s, key);
		fputs("=removed", out);
	}
}

/* Our own command line: a word with a dot or a slash, or after -o, is a file. */
static void put_command(struct anonymous *a, FILE *out, const char *s)
{
	bool is_file = false;
	size_t length;

	for (s = next_word(out, s, &length); length; s = next_word(out, s + length, &length)) {
		const char *value = memchr(s, '=', length);
		size_t key = 0;

		if (s[0] == '-' && value)
			key = (size_t)(value - s) + 1;
		else if (!strncmp(s, "-o", 2) && length > 2)
			key = 2;
		is_file |= !strncmp(s, "-o", 2) && length > 2;
		is_file |= !strncmp(s, "--output=", 9);
		fwrite(s, 1, key, out);
		if (is_file || memchr(s + key, '/', length - key) ||
		    memchr(s + key, '.', length - key))
			fputs(word_for(a, ANONYMOUS_PATH, s + key, length - key), out);
		else
			put_text(a, out, s + key, length - key);
		is_file = (length == 2 && !strncmp(s, "-o", 2)) ||
			  (length == 8 && !strncmp(s, "--output", 8));
	}
}

static void put_fact(struct anonymous *a, FILE *out, const char *name, const char *s)
{
	size_t length = strlen(s);

	if (!strcmp(name, "host.name"))
		fputs(word_for(a, ANONYMOUS_HOST, s, length), out);
	else if (length && holds(name, strlen(name), private_words))
		fputs(word_for(a, ANONYMOUS_SERIAL, s, length), out);
	else if (!strcmp(name, "kernel.command_line"))
		put_kernel_command(a, out, s);
	else if (s[0] == '<')
		put_xml(a, out, s);
	else
		put_text(a, out, s, length);
}

static void put_column(struct anonymous *a, FILE *out, const char *column, const char *about,
		       const char *s)
{
	if (about)
		put_fact(a, out, about, s);
	else if (!strcmp(column, "uuid"))
		fputs(word_for(a, ANONYMOUS_UUID, s, strlen(s)), out);
	else if (!strcmp(column, "command"))
		put_command(a, out, s);
	else if (!strcmp(column, "console") && s[0])
		/* Whatever a guest says; no rule can tell what of it is a name. */
		fprintf(out, "(%zu bytes, removed)", strlen(s));
	else
		put_text(a, out, s, strlen(s));
}

static const char *filter(void *context, const char *column, const char *about, const char *text)
{
	struct anonymous *a = context;
	size_t size = 0;
	FILE *out;

	free(a->out);
	a->out = NULL;
	out = open_memstream(&a->out, &size);
	if (!out)
		return NULL;
	put_column(a, out, column ? column : "", about, text);
	return fclose(out) || a->failed ? NULL : a->out;
}

/* ---- Learning ---- */

/* "/home/jane", "jane@alpha" */
static void learn_users(struct anonymous *a, const char *s)
{
	static const char *const homes[] = {"/home/", "/Users/"};

	for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++)
		for (const char *at = s; (at = strstr(at, homes[i]));) {
			at += strlen(homes[i]);
			add_name(a, ANONYMOUS_USER, at, strcspn(at, "/ \t\n\"':;,)"));
		}
}

static const char *learn(void *context, const char *column, const char *about, const char *text)
{
	struct anonymous *a = context;

	(void)column;
	if (about && !strcmp(about, "host.name")) {
		add_name(a, ANONYMOUS_HOST, text, strlen(text));
		add_name(a, ANONYMOUS_HOST, text, strcspn(text, "."));
	} else if (about && holds(about, strlen(about), private_words)) {
		add_name(a, ANONYMOUS_SERIAL, text, strlen(text));
	}
	learn_users(a, text);
	return a->failed ? NULL : text;
}

int anonymous_learn(struct anonymous *a, const char *path)
{
	const struct result_filter learning = {learn, a};
	struct result *r = result_open(path);
	const struct result_run *runs;
	const struct result_fact *facts;
	const struct result_skip *skips;
	const struct result_trial *trials;
	size_t count;

	if (!r)
		return -1;
	result_set_filter(r, &learning);
	/* What is wrong with a row is said by who loads it to report on it. */
	if (!result_facts(r, &facts, &count) && !result_runs(r, &runs, &count) &&
	    !result_skips(r, &skips, &count))
		result_trials(r, &trials, &count);
	result_close(r);
	return 0;
}

struct result_filter anonymous_filter(struct anonymous *a)
{
	return (struct result_filter){filter, a};
}

const char *anonymous_path(struct anonymous *a, const char *path)
{
	const char *word = word_for(a, ANONYMOUS_PATH, path, strlen(path));

	return a->failed ? NULL : word;
}

struct anonymous *anonymous_new(void)
{
	return calloc(1, sizeof(struct anonymous));
}

void anonymous_free(struct anonymous *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->name_count; i++)
		free(a->names[i].text);
	tdestroy(a->words, free_word);
	free(a->out);
	free(a);
}
