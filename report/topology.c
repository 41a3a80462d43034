/* SPDX-License-Identifier: Apache-2.0 */
#include "report/topology.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

const char *const topology_names[TOPOLOGY_KINDS] = {
	[TOPOLOGY_MACHINE] = "machine", [TOPOLOGY_PACKAGE] = "package", [TOPOLOGY_DIE] = "die",
	[TOPOLOGY_MEMORY] = "memory",	[TOPOLOGY_GROUP] = "group",	[TOPOLOGY_L3] = "L3",
	[TOPOLOGY_L2] = "L2",		[TOPOLOGY_L1] = "L1",		[TOPOLOGY_CORE] = "core",
	[TOPOLOGY_CPU] = "CPU",
};

/* hwloc's names of the kinds. */
static const char *const types[TOPOLOGY_KINDS] = {
	[TOPOLOGY_MACHINE] = "Machine", [TOPOLOGY_PACKAGE] = "Package", [TOPOLOGY_DIE] = "Die",
	[TOPOLOGY_MEMORY] = "NUMANode", [TOPOLOGY_GROUP] = "Group",	[TOPOLOGY_L3] = "L3Cache",
	[TOPOLOGY_L2] = "L2Cache",	[TOPOLOGY_L1] = "L1Cache",	[TOPOLOGY_CORE] = "Core",
	[TOPOLOGY_CPU] = "PU",
};

struct reader {
	unsigned int open;   /* <object> elements around this place */
	unsigned int shown;  /* of these, the ones that are drawn */
	unsigned int hidden; /* the outermost that is not: all inside it is passed over; 0: none */
};

static bool begins(const char *text, const char *word)
{
	return !strncmp(text, word, strlen(word));
}

/* Past the tag that begins at p; NULL: it never ends. A '>' within quotes does not end it. */
static const char *end_of_tag(const char *p)
{
	char quote = 0;

	for (; *p; p++)
		if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '\'')
			quote = *p;
		else if (*p == '>')
			return p + 1;
	return NULL;
}

/* The value of an attribute of the tag [p, end), or NULL. */
static const char *attribute(const char *p, const char *end, const char *name)
{
	size_t length = strlen(name);

	for (; p + length + 2 < end; p++) {
		if (*p == '"') { /* over a value */
			p = memchr(p + 1, '"', (size_t)(end - p - 1));
			if (!p)
				return NULL;
		} else if ((p[0] == ' ' || p[0] == '\n' || p[0] == '\t') &&
			   !strncmp(p + 1, name, length) && p[length + 1] == '=' &&
			   p[length + 2] == '"') {
			return p + length + 3;
		}
	}
	return NULL;
}

static uint64_t number(const char *p, const char *end, const char *name, uint64_t otherwise)
{
	const char *value = attribute(p, end, name);

	return value && *value >= '0' && *value <= '9' ? strtoull(value, NULL, 10) : otherwise;
}

static enum topology_kind kind_of(const char *p, const char *end)
{
	const char *type = attribute(p, end, "type");
	int k = 0;

	while (type && k < TOPOLOGY_KINDS &&
	       !(begins(type, types[k]) && type[strlen(types[k])] == '"'))
		k++;
	return type ? (enum topology_kind)k : TOPOLOGY_KINDS;
}

static struct topology_object object_of(const char *p, const char *end, enum topology_kind kind,
					unsigned int depth)
{
	uint64_t index = number(p, end, "os_index", UINT32_MAX);

	return (struct topology_object){
		.kind = kind,
		.depth = depth,
		.index = index < UINT32_MAX ? (int64_t)index : -1,
		.bytes =
			number(p, end, kind == TOPOLOGY_MEMORY ? "local_memory" : "cache_size", 0)};
}

static void leave(struct reader *r)
{
	if (!r->open)
		return;
	r->open--;
	if (r->hidden > r->open)
		r->hidden = 0;
	else if (!r->hidden && r->shown)
		r->shown--;
}

/* One <object ...>: is it one to draw? */
static bool enter(struct reader *r, enum topology_kind kind)
{
	bool draw = !r->hidden && kind != TOPOLOGY_KINDS && r->shown < TOPOLOGY_DEPTH;

	r->open++;
	if (draw)
		r->shown++;
	else if (!r->hidden)
		r->hidden = r->open;
	return draw;
}

size_t topology_read(const char *xml, struct topology_object *objects, size_t room)
{
	struct reader r = {0};
	size_t count = 0;

	for (const char *p = strchr(xml, '<'), *end; p; p = strchr(end, '<')) {
		enum topology_kind kind;

		end = end_of_tag(p);
		if (!end)
			break;
		if (begins(p, "</object>"))
			leave(&r);
		if (!begins(p, "<object ") && !begins(p, "<object\n"))
			continue;
		kind = kind_of(p, end);
		if (enter(&r, kind)) {
			if (count < room)
				objects[count] = object_of(p, end, kind, r.shown - 1);
			count++;
		}
		if (end[-2] == '/')
			leave(&r);
	}
	return count;
}
