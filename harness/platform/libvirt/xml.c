/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/xml.h"

#include <string.h>

void xml_put_escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		if (strchr("<>&'\"", *text))
			fprintf(f, "&#%d;", *text);
		else
			fputc(*text, f);
	}
}

void xml_put_element(FILE *f, const char *name, const char *text)
{
	fprintf(f, "<%s>", name);
	xml_put_escaped(f, text);
	fprintf(f, "</%s>\n", name);
}
