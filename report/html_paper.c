/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a page is on paper: tables whole, but of many small plots the first ones only, and nothing
 * of what these fold. The page says so wherever it leaves something out; the style sheet does it.
 */
#include "report/html.h"

#define PAPER_PANELS 12 /* html_style says :nth-of-type(n+13) */

void html_multiples_begin(const struct html *h)
{
	fputs("<div class=\"multiples many\">\n", h->out);
}

void html_multiples_end(const struct html *h, size_t count)
{
	fputs("</div>\n", h->out);
	if (count > PAPER_PANELS)
		fprintf(h->out,
			"<p class=\"paper\">On paper: the first %d of %zu plots. The page on a "
			"screen has them all.</p>\n",
			PAPER_PANELS, count);
}

void html_paper(const struct html *h)
{
	fputs("<p class=\"paper\">On paper, tables are whole; what plots of single benches and "
	      "faults "
	      "fold (shares and percentiles, warm-ups, events and consoles) is left out. The page "
	      "on "
	      "a screen has it.</p>\n",
	      h->out);
}
