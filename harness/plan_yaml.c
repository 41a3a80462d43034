/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile text to YAML nodes. It is walked twice: first as events, which cost nothing to bound,
 * then as libyaml's document nodes, whose marks give each error its line.
 */
#include "harness/plan_yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MAX_DEPTH   8	/* a plan needs 4 */
#define MAX_ANCHORS 100 /* and as many aliases: each may stand for a whole list */

int plan_fail(struct reader *r, size_t line, const char *format, ...)
{
	char file[160];
	va_list args;
	int n;

	n = snprintf(r->error, r->size, "%s:%zu: ", plan_show(r->file, file, sizeof(file)), line);
	if (n < 0 || (size_t)n >= r->size)
		return -1;
	va_start(args, format);
	vsnprintf(r->error + n, r->size - (size_t)n, format, args);
	va_end(args);
	return -1;
}

/* What to do about what libyaml says. */
static const char *yaml_advice(const char *problem, const char *context)
{
	if (strstr(problem, "alias") || (context && strstr(context, "alias")))
		return "put a glob that begins with * in quotes";
	if (strstr(problem, "start any token") || strstr(problem, "tab character"))
		return "indent with spaces, and quote values that begin with %, @ or `";
	if (strstr(problem, "UTF-8") || strstr(problem, "control characters"))
		return "save the plan as plain UTF-8 text";
	return "check indentation, colons, quotes and brackets";
}

static int fail_yaml(struct reader *r, const yaml_parser_t *parser, const char *text, size_t length)
{
	const char *problem = parser->problem ? parser->problem : "unknown problem";
	const char *context = parser->context;
	size_t line = parser->problem_mark.line + 1;

	if (parser->error == YAML_MEMORY_ERROR)
		return plan_fail(r, 1, PLAN_NO_MEMORY);
	if (parser->error == YAML_READER_ERROR) {
		/* The reader knows where it is in the text, not in which line. */
		line = 1;
		for (size_t i = 0; i < length && i < parser->problem_offset; i++)
			line += text[i] == '\n';
	}
	return plan_fail(r, line, "not YAML: %s%s%s; %s", problem, context ? " " : "",
			 context ? context : "", yaml_advice(problem, context));
}

struct bounds {
	unsigned int depth, anchors, aliases, documents;
};

static int check_event(struct reader *r, struct bounds *b, const yaml_event_t *e)
{
	const yaml_char_t *anchor = NULL;
	size_t line = e->start_mark.line + 1;

	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (b->documents++)
			return plan_fail(r, line, "a second document; keep one plan a file");
		break;
	case YAML_ALIAS_EVENT:
		if (++b->aliases > MAX_ANCHORS)
			return plan_fail(r, line, "more than %d aliases; write the values out",
					 MAX_ANCHORS);
		break;
	case YAML_SCALAR_EVENT:
		anchor = e->data.scalar.anchor;
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = e->data.sequence_start.anchor;
		b->depth++;
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = e->data.mapping_start.anchor;
		b->depth++;
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		b->depth--;
		break;
	default:
		break;
	}
	if (b->depth > MAX_DEPTH)
		return plan_fail(r, line, "nested more than %d deep; a plan needs 4", MAX_DEPTH);
	if (anchor && ++b->anchors > MAX_ANCHORS)
		return plan_fail(r, line, "more than %d anchors; write the values out",
				 MAX_ANCHORS);
	return 0;
}

static int start_parser(yaml_parser_t *parser, const char *text, size_t length)
{
	if (!yaml_parser_initialize(parser))
		return -1;
	yaml_parser_set_input_string(parser, (const unsigned char *)text, length);
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	return 0;
}

static int check_bounds(struct reader *r, const char *text, size_t length)
{
	struct bounds bounds = {0};
	yaml_parser_t parser;
	yaml_event_t event;
	int status = 0, more = 1;

	if (length > PLAN_MAX_BYTES)
		return plan_fail(r, 1, "larger than %u bytes; a plan needs a few hundred",
				 PLAN_MAX_BYTES);
	if (start_parser(&parser, text, length))
		return plan_fail(r, 1, PLAN_NO_MEMORY);
	while (more && !status) {
		if (!yaml_parser_parse(&parser, &event)) {
			status = fail_yaml(r, &parser, text, length);
			break;
		}
		status = check_event(r, &bounds, &event);
		more = event.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	if (!status && !bounds.documents)
		return plan_fail(r, 1, "empty; start with benches: or faults:");
	return status;
}

int plan_load(struct reader *r, const char *text, size_t length,
	      int (*read)(struct reader *r, void *out), void *out)
{
	yaml_document_t document;
	yaml_parser_t parser;
	int status = -1;

	if (check_bounds(r, text, length))
		return -1;
	if (start_parser(&parser, text, length))
		return plan_fail(r, 1, PLAN_NO_MEMORY);
	if (!yaml_parser_load(&parser, &document)) {
		fail_yaml(r, &parser, text, length);
		goto out;
	}
	r->document = &document;
	status = read(r, out);
	r->document = NULL;
	yaml_document_delete(&document);
out:
	yaml_parser_delete(&parser);
	return status;
}
