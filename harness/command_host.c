/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify host: the facts about this host, as stored with every run. */
#include <argp.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/core/command.h"
#include "harness/host.h"

struct options {
	const char *format;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *o = state->input;

	if (key == ARGP_KEY_ARG)
		exit(complain(EXIT_USAGE,
			      "host: \"%s\" is not expected; see virt-qualify host --help", value));
	if (key != 'F')
		return ARGP_ERR_UNKNOWN;
	if (strcmp(value, "text") && strcmp(value, "json"))
		exit(complain(EXIT_USAGE, "host: no format \"%s\"; write -F text or -F json",
			      value));
	o->format = value;
	return 0;
}

/* ---- Text ---- */

struct colours {
	const char *doubt, *faint, *off;
};

static struct colours choose_colours(void)
{
	const char *no_colour = getenv("NO_COLOR");

	if ((no_colour && *no_colour) || !isatty(STDOUT_FILENO))
		return (struct colours){"", "", ""};
	return (struct colours){"\033[33m", "\033[2m", "\033[0m"};
}

static void print_text(const struct host_facts *f)
{
	const struct colours c = choose_colours();
	size_t doubts = 0;
	int width = 0;

	for (size_t i = 0; i < f->count; i++) {
		int length = (int)strlen(f->fact[i].name);

		width = length > width ? length : width;
	}
	for (size_t i = 0; i < f->count; i++) {
		const struct host_fact *fact = &f->fact[i];

		printf("%s%c %-*s%s  ", fact->advice ? c.doubt : "", fact->advice ? '!' : ' ',
		       width, fact->name, fact->advice ? c.off : "");
		if (!fact->value)
			printf("%sNOT DISCLOSED%s%s%s\n", c.faint, fact->why ? ": " : "",
			       fact->why ? fact->why : "", c.off);
		else if (strchr(fact->value, '\n'))
			printf("%zu bytes, see -F json\n", strlen(fact->value));
		else
			printf("%s\n", fact->value);
		if (!fact->advice)
			continue;
		doubts++;
		printf("  %*s  %s%s%s\n", width, "", c.doubt, fact->why ? fact->why : "", c.off);
	}
	if (doubts)
		printf("\n%zu setting%s marked ! make%s figures from this host doubtful.\n", doubts,
		       doubts > 1 ? "s" : "", doubts > 1 ? "" : "s");
}

/* ---- JSON ---- */

static json_t *fact_json(const struct host_fact *fact)
{
	return json_pack("{s:s, s:s?, s:s?, s:b, s:b}", "name", fact->name, "value", fact->value,
			 "why", fact->why, "advice", fact->advice, "sensitive",
			 host_is_sensitive(fact->name));
}

static int print_json(const struct host_facts *f)
{
	json_t *list = json_array(), *root;
	int status;

	for (size_t i = 0; i < f->count; i++) {
		if (json_array_append_new(list, fact_json(&f->fact[i])))
			goto fail;
	}
	root = json_pack("{s:o}", "facts", list);
	if (!root)
		goto fail;
	status = json_dumpf(root, stdout, JSON_INDENT(2));
	json_decref(root);
	putchar('\n');
	return status;
fail:
	json_decref(list);
	return -1;
}

static int host_main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{"format", 'F', "FORMAT", 0, "text (as it is without this option) or json", 0},
		{0},
	};
	static const struct argp argp = {
		options,
		parse_option,
		NULL,
		"Print what this host is and can do, as it is stored with every run. What could "
		"not be read prints as NOT DISCLOSED, with the reason; a setting that makes "
		"figures doubtful is marked with an exclamation mark, and how.",
		NULL,
		NULL,
		NULL};
	struct options o = {.format = "text"};
	struct host_facts *f;
	int status = 0;

	if (argp_parse(&argp, argc, argv, 0, NULL, &o))
		return EXIT_USAGE;
	f = host_gather();
	if (!strcmp(o.format, "json"))
		status = print_json(f);
	else
		print_text(f);
	host_free(f);
	if (status)
		return complain(EXIT_HARNESS,
				"host: the facts cannot be written as JSON; try -F text");
	return EXIT_OK;
}

COMMAND(host, .summary = "print what this host is and can do", .order = 60, .main = host_main);
