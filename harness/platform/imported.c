/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `imported`: anything that boots our image and shows its console. Nothing is started
 * here; what the console said becomes a result file by `virt-qualify import` (harness/import.c).
 */
#include <stdlib.h>

#include "harness/platform.h"

static bool works(char *why, size_t size)
{
	(void)why;
	(void)size;
	return true;
}

static const char *label(void)
{
	return PLATFORM_IMPORTED;
}

static const char *version(void)
{
	return NULL;
}

static unsigned int capabilities(void)
{
	return 0;
}

/* Each log tells its own: see harness/import.c. */
static enum execution execution(int ring)
{
	(void)ring;
	return EXECUTION_HARDWARE;
}

static const char *lacks(enum capability one)
{
	(void)one;
	return "it is booted elsewhere, from the image that make iso builds, and its console is "
	       "taken in by virt-qualify import";
}

static void guest_process(struct machine *m)
{
	(void)m;
	abort(); /* no machine of this platform is ever opened */
}

PLATFORM_CALLED(imported, PLATFORM_IMPORTED,
		.summary = "booted elsewhere (make iso), taken in by virt-qualify import",
		.imported = true, .works = works, .label = label, .version = version,
		.capabilities = capabilities, .execution = execution, .lacks = lacks,
		.guest_process = guest_process);
