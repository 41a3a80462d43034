/* SPDX-License-Identifier: Apache-2.0 */
/* Text and figures for the page: everything that leaves here has been escaped or is digits. */
#include "report/html.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define NBSP "\xc2\xa0"

void html_text(const struct html *h, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vasprintf(&text, format, args);
	va_end(args);
	if (n < 0)
		return;
	svg_escape(h->out, text);
	free(text);
}

void html_code(const struct html *h, const char *name)
{
	fputs("<code>", h->out);
	while (*name) {
		size_t n = strcspn(name, "_");

		n += name[n] == '_';
		html_text(h, "%.*s", (int)n, name);
		name += n;
		if (*name)
			fputs("<wbr>", h->out);
	}
	fputs("</code>", h->out);
}

static const struct interval none = {NAN, NAN};

const char *html_figure(char *s, double v, enum unit unit)
{
	return v == 0 ? strcpy(s, "0") : number_figure(s, v, none, unit);
}

/* 1.50 as 1.5, and 2.00 as 2: the zeros of a round number say nothing. */
static void drop_zeros(char *s)
{
	char *space = strchr(s, ' '), *point = memchr(s, '.', space ? (size_t)(space - s) : 0);
	char *end = space;

	if (!point)
		return;
	while (end > point && (end[-1] == '0' || end[-1] == '.'))
		if (*--end == '.')
			break;
	memmove(end, space, strlen(space) + 1);
}

const char *html_tick(char *s, double v, double step, enum unit unit)
{
	struct interval i = {v - fabs(step) / 10, v + fabs(step) / 10};

	if (v == 0)
		return strcpy(s, "0");
	/* Beside an axis there is no room for the word: its figure says it. */
	if (unit == INSTRUCTIONS) {
		static const struct {
			double by;
			const char *prefix;
		} scales[] = {{1e9, "\xc2\xa0G"}, {1e6, "\xc2\xa0M"}, {1e4, "\xc2\xa0k"}, {0, ""}};
		size_t k = 0;

		while (fabs(v) < scales[k].by)
			k++;
		snprintf(s, FIGURE_SIZE, "%.6g%s",
			 v / (k < 2    ? scales[k].by
			      : k == 2 ? 1e3
				       : 1),
			 scales[k].prefix);
		return s;
	}
	number_figure(s, v, i, unit);
	drop_zeros(s);
	return s;
}

const char *html_ratio(char *s, double ratio, struct interval i)
{
	number_ratio(s, ratio, i);
	if (isfinite(ratio))
		strcat(s, "\xc3\x97");
	return s;
}

const char *html_interval(char *s, double v, struct interval i, enum unit unit)
{
	char end[NUMBER_SIZE];

	if (!isfinite(v) || (!isfinite(i.low) && !isfinite(i.high))) {
		snprintf(s, FIGURE_SIZE, "no interval");
	} else if (isfinite(i.low) && isfinite(i.high)) {
		snprintf(s, FIGURE_SIZE, "[%s]", number_interval(end, v, i, unit));
	} else {
		int low = isfinite(i.low);

		number_figure(end, low ? i.low : i.high, none, unit);
		snprintf(s, FIGURE_SIZE, low ? "[%s \xe2\x80\x93 ?]" : "[? \xe2\x80\x93 %s]", end);
	}
	return s;
}

const char *html_ratio_interval(char *s, double ratio, struct interval i)
{
	struct interval own = i;
	char low[NUMBER_SIZE], high[NUMBER_SIZE];

	if (!isfinite(ratio) || (!isfinite(i.low) && !isfinite(i.high))) {
		snprintf(s, FIGURE_SIZE, "no interval");
		return s;
	}
	snprintf(s, FIGURE_SIZE, "[%.30s \xe2\x80\x93 %.30s]",
		 isfinite(i.low) ? number_ratio(low, i.low, own) : "?",
		 isfinite(i.high) ? number_ratio(high, i.high, own) : "?");
	return s;
}

const char *html_platform(const struct html *h, char *s, const struct result_run *run,
			  const char *platform, const char *variant, size_t letters)
{
	char letter[8], platform_cut[124], variant_cut[124];
	int n;

	html_cut(platform_cut, sizeof(platform_cut), platform, letters);
	html_cut(variant_cut, sizeof(variant_cut), variant, letters);
	n = snprintf(s, NAME_SIZE, "%s%s%s", platform_cut, *variant_cut ? " \xc2\xb7 " : "",
		     variant_cut);
	if (h->r->run_count > 1 && n > 0)
		snprintf(s + n, NAME_SIZE - (size_t)n, NBSP "[%s]",
			 html_run_letter(h, letter, run));
	return s;
}

const char *html_bench_name(char *s, size_t size, const struct metric *m)
{
	char name[200], parameter[120];

	html_cut(name, sizeof(name), m->bench->name, 48);
	if (!m->bench->parameter_name) {
		snprintf(s, size, "%s", name);
		return s;
	}
	html_cut(parameter, sizeof(parameter), m->bench->parameter_name, 24);
	snprintf(s, size, "%s, %s" NBSP "=" NBSP "%lld", name, parameter, (long long)m->parameter);
	return s;
}

const char *html_cut(char *s, size_t size, const char *text, size_t letters)
{
	size_t n = 0, bytes = 0;

	if (!text)
		text = "";
	for (; text[bytes]; bytes++) {
		int starts = (text[bytes] & 0xc0) != 0x80;

		if (starts && (n == letters || bytes + 8 > size))
			break;
		n += (size_t)starts;
		if (bytes + 4 >= size)
			break;
	}
	memcpy(s, text, bytes);
	s[bytes] = 0;
	if (text[bytes])
		memcpy(s + bytes, "\xe2\x80\xa6", 4);
	return s;
}
