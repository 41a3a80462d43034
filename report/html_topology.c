/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's topology as nested boxes: lists in lists, which a style sheet draws, a screen reader
 * reads and any width breaks. What stands alone in what holds it shares its box: "L2 2 MiB, L1 48
 * KiB, core 0, CPU 0".
 */
#include "report/html.h"
#include "report/topology.h"

#include <stdlib.h>
#include <string.h>

#define OBJECTS 1500 /* of one host; beyond that a page only says how many */
#define FACT	"topology.xml"

struct tree {
	struct topology_object *objects;
	size_t count;
};

/* The object after the i-th and all inside it. */
static size_t after(const struct tree *t, size_t i)
{
	size_t k = i + 1;

	while (k < t->count && t->objects[k].depth > t->objects[i].depth)
		k++;
	return k;
}

/* Is there one object, and no more, right inside the i-th? */
static int has_one(const struct tree *t, size_t i)
{
	return after(t, i) > i + 1 && after(t, i + 1) == after(t, i);
}

static void size(const struct html *h, uint64_t bytes)
{
	static const struct {
		unsigned int shift;
		const char *name;
	} units[] = {{40, "TiB"}, {30, "GiB"}, {20, "MiB"}, {10, "KiB"}, {0, "B"}};
	size_t k = 0;

	while (units[k].shift && bytes >> units[k].shift == 0)
		k++;
	html_text(h, " %.3g\xc2\xa0%s", (double)bytes / (double)(1ull << units[k].shift),
		  units[k].name);
}

static void name(const struct html *h, const struct topology_object *o)
{
	html_text(h, "%s", topology_names[o->kind]);
	if (o->index >= 0 && o->kind != TOPOLOGY_MACHINE && o->kind != TOPOLOGY_L1 &&
	    o->kind != TOPOLOGY_L2 && o->kind != TOPOLOGY_L3)
		html_text(h, "\xc2\xa0%lld", (long long)o->index);
	if (o->bytes)
		size(h, o->bytes);
}

/* The boxes [from, to), which are neighbours. The depth is bounded by the reader's. */
static void boxes(const struct html *h, const struct tree *t, size_t from, size_t to)
{
	fputs("<ul>", h->out);
	for (size_t i = from, next; i < to; i = next) {
		size_t last = i;

		next = after(t, i);
		fputs(t->objects[i].kind == TOPOLOGY_MEMORY ? "<li class=\"memory\">"
		      : next == i + 1			    ? "<li class=\"leaf\">"
							    : "<li>",
		      h->out);
		name(h, &t->objects[i]);
		while (has_one(t, last)) {
			fputs(", ", h->out);
			name(h, &t->objects[++last]);
		}
		if (last + 1 < next)
			boxes(h, t, last + 1, next);
		fputs("</li>", h->out);
	}
	fputs("</ul>\n", h->out);
}

static void draw(const struct html *h, const struct result_run *run, const char *xml)
{
	struct tree t = {calloc(OBJECTS, sizeof(*t.objects)), 0};
	size_t all = t.objects ? topology_read(xml, t.objects, OBJECTS) : 0;
	char letter[8];

	t.count = all < OBJECTS ? all : OBJECTS;
	fputs("<figure class=\"topology\">", h->out);
	if (t.count)
		boxes(h, &t, 0, t.count);
	else
		fputs("<p>Not drawn: the stored topology holds nothing that this page knows.</p>",
		      h->out);
	fputs("<figcaption>", h->out);
	if (h->r->run_count > 1)
		html_text(h, "[%s] ", html_run_letter(h, letter, run));
	fputs("What holds what, as hwloc saw it. CPUs are numbered as the kernel does.", h->out);
	if (all > t.count)
		html_text(h, " %zu more are in the result file.", all - t.count);
	fputs("</figcaption></figure>\n", h->out);
	free(t.objects);
}

int html_is_topology(const char *fact)
{
	return !strcmp(fact, FACT);
}

void html_topologies(struct html *h)
{
	int begun = 0;

	for (size_t i = 0; i < h->r->run_count; i++) {
		const char *xml = html_fact(h->r, h->r->runs[i], FACT);

		if (!xml)
			continue;
		if (!begun++)
			fputs("<h3 id=\"topology\">Topology</h3>\n", h->out);
		draw(h, h->r->runs[i], xml);
	}
}
