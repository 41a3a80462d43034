/* SPDX-License-Identifier: Apache-2.0 */
/* How every command reports an error: one line on stderr. */
#include "harness/core/command.h"

#include <stdarg.h>
#include <stdio.h>

int complain(int code, const char *format, ...)
{
	char line[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);

	/* File names and guest text reach this line: they must not break or colour it. */
	for (unsigned char *p = (unsigned char *)line; *p; p++)
		if (*p < ' ' || *p == 0x7f)
			*p = '?';
	fprintf(stderr, "virt-qualify: %s\n", line);
	return code;
}

const char *virt_qualify_version(void)
{
	return VQ_VERSION;
}
