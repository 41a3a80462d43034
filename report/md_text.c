/* SPDX-License-Identifier: Apache-2.0 */
/* Markdown's cells, folds and tables. */
#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "report/label.h"
#include "report/md.h"

/* An underscore inside a word is one; elsewhere it begins emphasis. */
static bool is_inside_word(const char *text, const char *s)
{
	return s > text && isalnum((unsigned char)s[-1]) && isalnum((unsigned char)s[1]);
}

void md_escaped(FILE *out, const char *text)
{
	for (const char *s = text; *s; s++) {
		if (*s == '<')
			fputs("&lt;", out);
		else if (*s == '>')
			fputs("&gt;", out);
		else if (*s == '&')
			fputs("&amp;", out);
		else if (strchr("@\\`*[]#|~$", *s) || (*s == '_' && !is_inside_word(text, s)) ||
			 (*s == ':' && s[1] == '/' && s[2] == '/'))
			fprintf(out, "&#%d;", *s);
		else
			fputc(*s, out);
	}
}

void md_cell(FILE *out, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	fputs(" ", out);
	md_escaped(out, text ? text : "(no memory)");
	fputs(" |", out);
	free(text);
}

void md_fold(FILE *out, const char *title)
{
	fprintf(out, "\n<details><summary>%s</summary>\n\n", title);
}

void md_fold_end(FILE *out)
{
	fputs("\n</details>\n", out);
}

bool md_begin(FILE *out, const struct report *r, const char *heading, size_t rows,
	      const char *columns, const char *rule)
{
	bool folded = r->compared_by || rows > MD_MOST_ROWS;

	if (folded)
		fprintf(out, "\n<details><summary>%s (%zu)</summary>\n", heading, rows);
	else
		fprintf(out, "\n### %s\n", heading);
	fprintf(out, "\n%s\n%s\n", columns, rule);
	return folded;
}

void md_end(FILE *out, bool folded)
{
	if (folded)
		md_fold_end(out);
}

void md_run_cell(FILE *out, const struct report *r, const struct result_run *run)
{
	char s[LABEL_SIZE];

	fputc('|', out);
	md_cell(out, "%s", run ? label_run(s, r, run) : "");
}
