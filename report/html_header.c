/* SPDX-License-Identifier: Apache-2.0 */
/* The head of the page: what was run, when, where. */
#include "report/html.h"
#include "report/label.h"

#include <string.h>

/* "Example CPU, Linux 6.1, 8 CPUs": what the host says of itself, as far as it is known. */
static void host_line(const struct html *h, const struct result_run *run)
{
	static const char *const names[] = {"host.name", "cpu.model", "kernel.release",
					    "kvm.module"};
	int told = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = html_fact(h->r, run, names[i]);

		if (value && *value)
			html_text(h, "%s%s%s", told++ ? " \xc2\xb7 " : "",
				  strcmp(names[i], "kernel.release") ? "" : "kernel ", value);
	}
	if (!told)
		html_text(h, "host not disclosed");
}

/* 2026-11-21T01:43:44Z as 2026-11-21 01:43:44 UTC; anything else as it is. */
static void moment(const struct html *h, const char *when)
{
	size_t n = strlen(when);

	if (n == 20 && when[10] == 'T' && when[19] == 'Z')
		html_text(h, "%.10s %.8s\xc2\xa0UTC", when, when + 11);
	else
		html_text(h, "%s", when);
}

static void runs(const struct html *h)
{
	fputs("<ul class=\"runs\">\n", h->out);
	for (size_t i = 0; i < h->r->run_count; i++) {
		const struct result_run *run = h->r->runs[i];
		const struct report_file *file = html_file_of(h->r, run);
		char letter[8], variants[LABEL_SIZE], block[LABEL_SIZE];

		fputs("<li>", h->out);
		if (h->r->run_count > 1) {
			fputs("<b class=\"letter\">", h->out);
			html_text(h, "%s", html_run_letter(h, letter, run));
			fputs("</b> ", h->out);
		}
		fputs("<span>", h->out);
		host_line(h, run);
		fputs("<span class=\"note\">", h->out);
		moment(h, run->started);
		html_text(h, " \xc2\xb7 plan %s \xc2\xb7 virt-qualify %s%s%s", run->plan_name,
			  run->version, file ? " \xc2\xb7 " : "",
			  file ? html_base_name(file->path) : "");
		if (*label_block(block, h->r, run))
			html_text(h, " \xc2\xb7 %s", block);
		if (*label_all_variants(variants, h->r, run))
			html_text(h, " \xc2\xb7 variants: %s", variants);
		fputs("</span></span></li>\n", h->out);
	}
	fputs("</ul>\n", h->out);
}

void html_header(struct html *h)
{
	const struct report *r = h->r;

	fputs("<header><p class=\"mark\">virt-qualify</p>\n<h1>", h->out);
	if (r->comparison_count)
		html_text(h, "Comparison by %s", r->compared_by ? r->compared_by : "side");
	else if (r->run_count == 1)
		html_text(h, "What virtualization costs here: %s", r->runs[0]->plan_name);
	else
		html_text(h, "What virtualization costs, in %zu runs", r->run_count);
	fputs("</h1>\n", h->out);
	runs(h);
	html_headline(h);
	fputs("</header>\n", h->out);
	html_trust(h);
}
