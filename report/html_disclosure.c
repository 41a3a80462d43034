/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reader needs to doubt or repeat the figures: what went wrong, what the hosts were, and the
 * plan, seed, command and checksum of each run.
 */
#include "report/html.h"
#include "report/label.h"

#include <stdlib.h>
#include <string.h>

static void run_badge(const struct html *h, const struct result_run *run)
{
	char letter[8];

	if (h->r->run_count < 2)
		return;
	html_text(h, " [%s]", html_run_letter(h, letter, run));
}

/* ---- What went wrong ---- */

static void problems(struct html *h)
{
	static const struct html_column columns[] = {
		{"What", "h"}, {"Platform", ""}, {"State", ""}, {"Trials", "n"}, {"Why", "words"}};
	const struct report *r = h->r;
	struct html_table t;

	fputs("<section aria-labelledby=\"problems\"><h2 id=\"problems\">Problems</h2>\n", h->out);
	if (!r->problem_count) {
		fputs("<p>None: every trial yielded a figure, and no doubt was recorded.</p>"
		      "</section>\n",
		      h->out);
		return;
	}
	html_table_begin(&t, h, columns, 5, "Trials without a figure, and doubts about figures");
	for (size_t i = 0; i < r->problem_count; i++) {
		const struct problem *p = &r->problems[i];

		html_table_row(&t);
		html_table_cell(&t);
		html_text(h, "%s", p->what);
		run_badge(h, p->run);
		html_table_cell(&t);
		html_text(h, "%s", p->platform ? p->platform : "");
		html_table_cell(&t);
		html_text(h, "%s", p->status == TRIAL_OK ? "doubt" : trial_status_name(p->status));
		html_table_cell(&t);
		html_text(h, "%zu", p->count);
		html_table_cell(&t);
		html_text(h, "%s", p->why ? p->why : "");
	}
	html_table_end(&t);
	fputs("</section>\n", h->out);
}

/* ---- What it ran on ---- */

static void undisclosed(const struct html *h, const char *why)
{
	fputs("<span class=\"undisclosed\">NOT DISCLOSED</span>", h->out);
	if (!why || !*why)
		return;
	fputs("<span class=\"note\">", h->out);
	html_text(h, "%s", why);
	fputs("</span>", h->out);
}

static void platforms(const struct html *h)
{
	static const struct html_column columns[] = {
		{"Platform", "h"}, {"Version", ""}, {"State", ""}};
	const struct report *r = h->r;
	struct html_table t;

	if (!r->platform_count)
		return;
	fputs("<h3>Platforms</h3>\n", h->out);
	html_table_begin(&t, h, columns, 3, "Platforms, and why some cannot run here");
	for (size_t i = 0; i < r->platform_count; i++) {
		const struct result_platform *p = r->platforms[i];

		html_table_row(&t);
		html_table_cell(&t);
		html_text(h, "%s", p->label && *p->label ? p->label : p->name);
		run_badge(h, html_run_of_platform(r, p));
		html_table_cell(&t);
		if (p->version)
			html_text(h, "%s", p->version);
		else if (p->why_not)
			fputs("<span class=\"none\">\xe2\x80\x93</span>", h->out);
		else
			undisclosed(h, NULL);
		html_table_cell(&t);
		html_text(h, "%s%s", p->why_not ? "cannot run here: " : "works here",
			  p->why_not ? p->why_not : "");
	}
	html_table_end(&t);
}

/* One row a fact, one column a run, so that two hosts read side by side. */
static const struct result_fact *fact_of(const struct report *r, const struct result_run *run,
					 const char *name)
{
	for (size_t i = 0; i < r->fact_count; i++)
		if (!strcmp(r->facts[i]->name, name) && html_run_of_fact(r, r->facts[i]) == run)
			return r->facts[i];
	return NULL;
}

#define SHORT 400 /* letters of a fact that stands there unfolded */

static void value(const struct html *h, const struct result_fact *f)
{
	size_t length = strlen(f->value);

	if (html_is_topology(f->name)) {
		html_text(h, "drawn above; %zu bytes of XML in the result file", length);
	} else if (length <= SHORT) {
		html_text(h, "%s", f->value);
	} else {
		fprintf(h->out, "<details><summary>%zu letters</summary>", length);
		html_text(h, "%s", f->value);
		fputs("</details>", h->out);
	}
}

static void fact_row(struct html_table *t, const char *name)
{
	const struct html *h = t->h;

	html_table_row(t);
	html_table_cell(t);
	fputs("<code>", h->out);
	html_text(h, "%s", name);
	fputs("</code>", h->out);
	for (size_t i = 0; i < h->r->run_count; i++) {
		const struct result_fact *f = fact_of(h->r, h->r->runs[i], name);

		html_table_cell(t);
		if (!f || !f->value) {
			undisclosed(h, f ? f->why : "not recorded in this run");
			continue;
		}
		value(h, f);
		if (!f->why || !*f->why)
			continue;
		fputs("<span class=\"note warn\">\xe2\x96\xb3 ", h->out);
		html_text(h, "%s", f->why);
		fputs("</span>", h->out);
	}
}

static int first_of_name(const struct report *r, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(r->facts[j]->name, r->facts[i]->name))
			return 0;
	return 1;
}

static void facts(const struct html *h)
{
	const struct report *r = h->r;
	struct html_column *columns = calloc(r->run_count + 1, sizeof(*columns));
	char(*names)[40] = calloc(r->run_count + 1, sizeof(*names));
	struct html_table t;

	if (!columns || !names || !r->fact_count || !r->run_count) {
		free(columns);
		free(names);
		return;
	}
	columns[0] = (struct html_column){"Fact", "h"};
	for (size_t i = 0; i < r->run_count; i++) {
		char letter[8];

		snprintf(names[i], sizeof(names[i]), r->run_count > 1 ? "Value [%s]" : "Value",
			 html_run_letter(h, letter, r->runs[i]));
		columns[i + 1] = (struct html_column){names[i], ""};
	}
	fputs("<h3>Host facts</h3>\n", h->out);
	html_table_begin(&t, h, columns, r->run_count + 1, "What the host said about itself");
	for (size_t i = 0; i < r->fact_count; i++)
		if (first_of_name(r, i))
			fact_row(&t, r->facts[i]->name);
	html_table_end(&t);
	free(columns);
	free(names);
}

/* ---- How to do it again ---- */

static void item(const struct html *h, const char *name, const char *value, int code)
{
	fprintf(h->out, "<dt>%s</dt><dd>", name);
	if (code)
		fputs("<code>", h->out);
	html_text(h, "%s", value);
	fputs(code ? "</code></dd>\n" : "</dd>\n", h->out);
}

/* Of virt-qualify, the kernel, and the platforms that could run. */
static void versions(const struct html *h, const struct result_run *run)
{
	const struct report *r = h->r;
	const char *kernel = html_fact(r, run, "kernel.release");

	fputs("<dt>Versions</dt><dd>", h->out);
	html_text(h, "virt-qualify %s; kernel %s", run->version, kernel ? kernel : "NOT DISCLOSED");
	for (size_t i = 0; i < r->platform_count; i++) {
		const struct result_platform *p = r->platforms[i];

		if (!p->why_not && html_run_of_platform(r, p) == run)
			html_text(h, "; %s %s", p->name, p->version ? p->version : "NOT DISCLOSED");
	}
	fputs("</dd>\n", h->out);
}

static void one_run(const struct html *h, const struct result_run *run)
{
	const struct report_file *file = html_file_of(h->r, run);
	char text[80], hash[65];

	if (h->r->run_count > 1) {
		fputs("<h3>Run", h->out);
		run_badge(h, run);
		fputs("</h3>\n", h->out);
	}
	fputs("<dl class=\"facts\">\n", h->out);
	item(h, "Command", run->command, 1);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)run->seed);
	item(h, "Seed", text, 1);
	item(h, "Plan\xe2\x80\x99s SHA-256", label_plan_hash(hash, run), 1);
	item(h, "Result file", file ? html_base_name(file->path) : "unknown", 1);
	item(h, "Its SHA-256", file && *file->sha256 ? file->sha256 : "unknown", 1);
	item(h, "Run", run->uuid, 1);
	versions(h, run);
	item(h, "Started", run->started, 0);
	item(h, "Finished", run->finished ? run->finished : "never: the run was cut off", 0);
	snprintf(text, sizeof(text), "%.3g\xc2\xa0%%", run->delta * 100);
	item(h, "Smallest effect worth acting on", text, 0);
	fputs("</dl>\n<details><summary>Plan \xe2\x80\x9c", h->out);
	html_text(h, "%s", run->plan_name);
	fputs("\xe2\x80\x9d, defaults filled in</summary><pre tabindex=\"0\">", h->out);
	html_text(h, "%s", run->plan);
	fputs("</pre></details>\n", h->out);
}

void html_disclosure(struct html *h)
{
	problems(h);
	fputs("<section aria-labelledby=\"hosts\"><h2 id=\"hosts\">Host and platforms</h2>\n",
	      h->out);
	platforms(h);
	html_topologies(h);
	facts(h);
	fputs("</section>\n<section aria-labelledby=\"reproduce\"><h2 id=\"reproduce\">How to "
	      "reproduce</h2>\n<p>The result file holds every sample behind this page. Run the "
	      "same "
	      "command with the same seed on the same host to repeat it; the plan below, saved as "
	      "it stands, has the SHA-256 beside it.</p>\n",
	      h->out);
	for (size_t i = 0; i < h->r->run_count; i++)
		one_run(h, h->r->runs[i]);
	for (int i = 0; i < GIVEN; i++) {
		char s[LABEL_SIZE];

		if (!label_given(s, h->r, (enum given)i)[0])
			continue;
		fputs("<p>", h->out);
		html_text(h, "%s", s);
		fputs("</p>\n", h->out);
	}
	fputs("</section>\n", h->out);
}
