/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTML report: one file without script, network or external resource. Its policy header lets
 * a browser load nothing but the styles in the page, whatever a result file smuggled in.
 */
#include "report/html.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void head(const struct html *h)
{
	const struct report *r = h->r;

	fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	      "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
	      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	      "<meta name=\"color-scheme\" content=\"light dark\">\n"
	      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
	      h->out);
	html_text(h, "virt-qualify: %s%s", r->comparison_count ? "comparison by " : "",
		  r->comparison_count ? (r->compared_by ? r->compared_by : "side")
		  : r->run_count      ? r->runs[0]->plan_name
				      : "empty report");
	fputs("</title>\n<style>\n", h->out);
	fputs(html_style, h->out);
	html_table_style(h);
	fputs("</style>\n</head>\n", h->out);
}

static void contents(const struct html *h)
{
	const struct report *r = h->r;
	const struct {
		const char *id, *name;
		int there;
	} parts[] = {
		{"criteria", "Limits and scores", r->judgement_count || r->score_count},
		{"comparison", "Comparison", r->comparison_count != 0},
		{"matrix", "Platforms", !r->compared_by && (r->matrix || r->matrix_why)},
		{"measurements", "Measurements", r->metric_count != 0},
		{"distributions", "Distributions", html_has_distributions(r)},
		{"trials", "Trials", html_has_trials(r)},
		{"fits", "Cost over a parameter", r->fit_count != 0},
		{"faults", "Faults", r->fault_count != 0},
		{"skipped", "Skipped", 1},
		{"problems", "Problems", 1},
		{"hosts", "Host", 1},
		{"reproduce", "How to reproduce", 1},
	};

	fputs("<nav aria-label=\"Contents\"><ul>", h->out);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (!strcmp(parts[i].id, "skipped"))
			html_sections_contents(h);
		if (parts[i].there)
			fprintf(h->out, "<li><a href=\"#%s\">%s</a></li>", parts[i].id,
				parts[i].name);
	}
	fputs("</ul></nav>\n", h->out);
}

static void release(struct html *h)
{
	free(h->series);
	free(h->metrics);
}

/* A page may take two megabytes: 7 kB a figure of one platform alone, 4 kB without what is folded.
 */
#define MANY_FIGURES 280

static int html_print(const struct report *r, FILE *out)
{
	struct html h = {.out = out, .r = r, .lean = r->metric_count > MANY_FIGURES};

	if (html_series_init(&h) || html_metrics_init(&h)) {
		release(&h);
		return -1;
	}
	head(&h);
	fputs("<body>\n<a class=\"skip\" href=\"#main\">Skip to the figures</a>\n", out);
	svg_definitions(out);
	html_header(&h);
	contents(&h);
	fputs("<main id=\"main\">\n", out);
	html_paper(&h);
	html_criteria(&h);
	html_comparison(&h);
	html_matrix(&h);
	html_benches(&h);
	html_distributions(&h);
	html_trials(&h);
	html_fits(&h);
	html_faults(&h);
	html_sections(&h);
	html_skips(&h);
	html_disclosure(&h);
	fputs("</main>\n<footer><p>Made by virt-qualify from the result files named above. This "
	      "page "
	      "loads nothing and runs nothing.</p></footer>\n</body>\n</html>\n",
	      out);
	release(&h);
	if (fflush(out) || ferror(out)) {
		errno = errno ? errno : EIO;
		return -1;
	}
	return 0;
}

FORMAT(html, .summary = "a page to read: tables and plots in one file, works offline",
       .suffix = ".html", .print = html_print);
