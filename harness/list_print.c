/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/list.h"

#include <stdio.h>
#include <string.h>

#include "harness/core/text.h"

#define COLUMNS 100

size_t list_wider(size_t width, const char *s)
{
	size_t w = text_width(s);

	return w > width ? w : width;
}

void list_cell(const char *s, size_t width)
{
	printf("%s%*s", s, (int)(width - text_width(s) + 2), "");
}

void list_explain(size_t indent, const char *label, const char *text)
{
	size_t start = indent + text_width(label) + 2, at = start;

	printf("%*s%s:", (int)indent, "", label);
	while (*text) {
		size_t length = strcspn(text, " ");
		char word[LIST_WHY];

		snprintf(word, sizeof(word), "%.*s", (int)length, text);
		if (at > start && at + text_width(word) > COLUMNS) {
			printf("\n%*s", (int)start - 1, "");
			at = start;
		}
		printf(" %s", word);
		at += text_width(word) + 1;
		text += length;
		text += strspn(text, " ");
	}
	putchar('\n');
}

void list_heading(const char *title, size_t width, const struct places *all)
{
	printf("%s%*s", title, (int)(width - text_width(title)), "");
	for (size_t i = 0; i < all->count; i++)
		printf("  %s", all->place[i].platform->name);
	putchar('\n');
}

void list_mark(const struct places *all, size_t i, const char *mark)
{
	size_t width = text_width(all->place[i].platform->name);

	if (i + 1 < all->count)
		list_cell(mark, list_wider(width, mark));
	else
		printf("%s\n", mark);
}

json_t *list_answer(bool runs, const char *why)
{
	return json_pack("{s:b, s:s?}", "runs", runs, "why_not", runs ? NULL : why);
}
