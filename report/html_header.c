/* SPDX-License-Identifier: Apache-2.0 */
/* The head of the page: what was run, when, where, and how far it can be trusted. */
#include "report/html.h"

#include <math.h>
#include <string.h>

struct trust {
	size_t trials, discarded, figures, soft[EXECUTIONS];
	double disturbed, weight, worst;
	size_t unfinished;
};

static struct trust judge(const struct report *r)
{
	struct trust t = {0};

	for (size_t i = 0; i < r->metric_count; i++) {
		const struct metric *m = &r->metrics[i];

		t.figures++;
		t.trials += m->trials;
		t.discarded += m->discarded;
		t.soft[(unsigned int)m->execution % EXECUTIONS]++;
		if (m->bench->disturbance_exempt || isnan(m->disturbed_share))
			continue;
		t.disturbed += m->disturbed_share * (double)m->trials;
		t.weight += (double)m->trials;
		t.worst = fmax(t.worst, m->disturbed_share);
	}
	for (size_t i = 0; i < r->fault_count; i++) {
		t.figures++;
		t.trials += r->faults[i].trials;
		t.discarded += r->faults[i].outcomes[OUTCOME_HARNESS_ERROR];
	}
	for (size_t i = 0; i < r->run_count; i++)
		t.unfinished += !r->runs[i]->finished || r->runs[i]->interrupted;
	return t;
}

static void tile_begin(const struct html *h, const char *name, int doubtful)
{
	fprintf(h->out, "<div%s><dt>%s</dt><dd>", doubtful ? " class=\"doubt\"" : "", name);
}

static void tile_note(const struct html *h)
{
	fputs("<span class=\"note\">", h->out);
}

static void tile_end(const struct html *h)
{
	fputs("</span></dd></div>\n", h->out);
}

static void trust_box(const struct html *h)
{
	struct trust t = judge(h->r);
	size_t soft = t.soft[EXECUTION_INTERPRETED] + t.soft[EXECUTION_EMULATED] +
		      t.soft[EXECUTION_DETERMINISTIC];
	const char *separator = "";
	char s[FIGURE_SIZE];

	fputs("<section class=\"trust\" aria-labelledby=\"trust\"><h2 id=\"trust\">What stands "
	      "behind "
	      "these figures</h2>\n<dl>\n",
	      h->out);
	tile_begin(h, "Trials", t.discarded != 0);
	html_text(h, "%zu", t.trials);
	tile_note(h);
	html_text(h, "for %zu figures; %zu more discarded, each with a reason", t.figures,
		  t.discarded);
	tile_end(h);

	tile_begin(h, "Disturbed batches", t.worst > 0.1);
	html_text(h, "%s", t.weight > 0 ? number_share(s, t.disturbed / t.weight) : "n/a");
	tile_note(h);
	html_text(h, "marked, not deleted; the worst figure: %s", number_share(s, t.worst));
	tile_end(h);

	tile_begin(h, "Not in hardware", soft != 0);
	html_text(h, "%zu", soft);
	tile_note(h);
	if (!soft)
		html_text(h, "every figure comes from hardware execution");
	for (int e = EXECUTION_INTERPRETED; e < EXECUTIONS; e++)
		if (t.soft[e]) {
			html_text(h, "%s%zu %s", separator, t.soft[e],
				  execution_name((enum execution)e));
			separator = ", ";
		}
	if (soft)
		html_text(h, " of %zu; hatched in plots", t.figures - h->r->fault_count);
	tile_end(h);

	tile_begin(h, "Skipped", h->r->skip_count != 0);
	html_text(h, "%zu", h->r->skip_count);
	tile_note(h);
	fputs("<a href=\"#skipped\">what, and why</a>", h->out);
	tile_end(h);

	tile_begin(h, "Problems", h->r->problem_count != 0);
	html_text(h, "%zu", h->r->problem_count);
	tile_note(h);
	fputs("<a href=\"#problems\">invalid trials and doubts</a>", h->out);
	tile_end(h);

	tile_begin(h, h->r->run_count > 1 ? "Runs" : "Run", t.unfinished != 0);
	html_text(h, "%s", t.unfinished ? "incomplete" : "complete");
	tile_note(h);
	if (t.unfinished)
		html_text(h, "%zu of %zu stopped before the end", t.unfinished, h->r->run_count);
	else
		html_text(h, "the plan was carried out to its end");
	tile_end(h);
	fputs("</dl></section>\n", h->out);
}

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
		char letter[8];

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
	if (r->comparison_count)
		html_verdicts(h);
	fputs("</header>\n", h->out);
	trust_box(h);
}
