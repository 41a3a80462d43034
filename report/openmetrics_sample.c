/* SPDX-License-Identifier: Apache-2.0 */
/* OpenMetrics' families and samples, each series but once. */
#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "report/openmetrics.h"

struct series {
	char *labels;
	unsigned int count; /* rows that have them */
};

/* Label values escape backslash, quote and line feed, and nothing else. */
static void quoted(FILE *out, const char *s)
{
	fputc('"', out);
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			fputc('\\', out);
		if (*s == '\n')
			fputs("\\n", out);
		else
			fputc(*s, out);
	}
	fputc('"', out);
}

static char *join(const struct openmetrics_label *labels)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (; labels->name; labels++) {
		if (!labels->value || !labels->value[0])
			continue;
		fprintf(out, "%s%s=", ftell(out) ? "," : "", labels->name);
		quoted(out, labels->value);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int by_labels(const void *x, const void *y)
{
	return strcmp(((const struct series *)x)->labels, ((const struct series *)y)->labels);
}

static void free_series(void *x)
{
	free(((struct series *)x)->labels);
	free(x);
}

/* How many rows with these labels there were, this one included; 0: no memory. Takes `labels`. */
static unsigned int count_series(struct openmetrics *m, char *labels)
{
	struct series *s = calloc(1, sizeof(*s));
	struct series **found = NULL;

	if (s) {
		s->labels = labels;
		found = tsearch(s, &m->seen, by_labels);
	}
	if (!found) {
		free(labels);
		free(s);
		return 0;
	}
	if (*found != s)
		free_series(s);
	return ++(*found)->count;
}

void openmetrics_sample(struct openmetrics *m, const char *suffix,
			const struct openmetrics_label *labels, double value)
{
	char *text;
	unsigned int count;

	if (!isfinite(value))
		return;
	text = join(labels);
	if (!text) {
		m->failed = true;
		return;
	}
	fprintf(m->out, "%s%s{%s", m->family, suffix, text);
	count = count_series(m, strdup(text));
	if (count > 1)
		fprintf(m->out, "%sduplicate=\"%u\"", text[0] ? "," : "", count);
	m->failed |= !count;
	fprintf(m->out, "} %.15g\n", value);
	free(text);
}

void openmetrics_end(struct openmetrics *m)
{
	tdestroy(m->seen, free_series);
	m->seen = NULL;
}

void openmetrics_family(struct openmetrics *m, const char *name, const char *type, const char *unit,
			const char *help)
{
	openmetrics_end(m);
	m->family = name;
	fprintf(m->out, "# TYPE %s %s\n", name, type);
	if (unit)
		fprintf(m->out, "# UNIT %s %s\n", name, unit);
	fprintf(m->out, "# HELP %s %s\n", name, help);
}

void openmetrics_sample_with(struct openmetrics *m, const struct openmetrics_label *labels,
			     const char *name, const char *value, const char *statistic, double v)
{
	struct openmetrics_label all[OPENMETRICS_LABELS];
	size_t n = 0;

	for (; n < OPENMETRICS_LABELS - 3 && labels[n].name; n++)
		all[n] = labels[n];
	all[n++] = (struct openmetrics_label){name, value};
	if (statistic)
		all[n++] = (struct openmetrics_label){"statistic", statistic};
	all[n] = (struct openmetrics_label){NULL, NULL};
	openmetrics_sample(m, "", all, v);
}
