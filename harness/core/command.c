/* SPDX-License-Identifier: Apache-2.0 */
/* How every command reports an error: one line on stderr. */
#include "harness/core/command.h"

#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/core/text.h"

int complain(int code, const char *format, ...)
{
	char line[4096], clean[TEXT_CLEAN_SIZE(sizeof(line))];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);

	/* File names and guest text reach this line: they must not break or colour it. */
	for (unsigned char *p = (unsigned char *)line; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
	text_clean(clean, line, strlen(line), false);
	fprintf(stderr, "virt-qualify: %s\n", clean);
	return code;
}

void command_fail_on(const char *value, const struct argp_state *state)
{
	if (strcmp(value, "inconclusive"))
		argp_failure(state, EXIT_USAGE, 0, "cannot fail on \"%s\"; only on inconclusive",
			     value);
}

/* As a script's variable that is not set makes it. */
const char *command_file(const char *name, const struct argp_state *state)
{
	if (!*name)
		argp_failure(state, EXIT_USAGE, 0, "the name of a file is empty; give one");
	return name;
}

const char *virt_qualify_version(void)
{
	return VQ_VERSION;
}

static void print_quoted(FILE *out, const char *text)
{
	if (*text && !text[strcspn(text, " \t\n*?[]{}()<>|&;~#!'\"$`\\")]) {
		fputs(text, out);
		return;
	}
	fputc('\'', out);
	for (; *text; text++)
		fputs(*text == '\'' ? "'\\''" : (char[]){*text, '\0'}, out);
	fputc('\'', out);
}

char *command_join(int argc, char **argv)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs(argv[0], out); /* "virt-qualify run" */
	for (int i = 1; i < argc; i++) {
		fputc(' ', out);
		print_quoted(out, argv[i]);
	}
	return fclose(out) ? NULL : text;
}
