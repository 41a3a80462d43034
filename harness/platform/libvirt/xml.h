/* SPDX-License-Identifier: Apache-2.0 */
/* Domain descriptions are written as text; what comes from elsewhere goes through these. */
#ifndef VQ_LIBVIRT_XML_H
#define VQ_LIBVIRT_XML_H

#include <stdio.h>

void xml_put_escaped(FILE *f, const char *text);

/* <NAME>TEXT</NAME> */
void xml_put_element(FILE *f, const char *name, const char *text);

#endif
