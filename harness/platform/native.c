/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `native`: the payload as a plain process of this host, a thread for each CPU. It
 * is the baseline; where this host is itself a guest it says so.
 */
#include <stdio.h>
#include <sys/utsname.h>

#include "harness/host.h"
#include "harness/platform/process.h"
#include "harness/setting.h"

static bool works(char *why, size_t size)
{
	(void)why;
	(void)size;
	return true;
}

static const char *label(void)
{
	return host_is_guest() ? "native (nested)" : "native";
}

static const char *version(void)
{
	static struct utsname kernel;
	static char text[160];

	uname(&kernel);
	snprintf(text, sizeof(text), "Linux %s", kernel.release);
	return text;
}

static unsigned int capabilities(void)
{
	return CAN_NOTIFY | CAN_WINDOW | CAN_PRIVATE_RAM | CAN_CGROUP | CAN_HOST_TSC;
}

static enum execution execution(int ring)
{
	(void)ring;
	return EXECUTION_HARDWARE;
}

static const char *lacks(enum capability one)
{
	if (one == CAN_SNAPSHOT)
		return "a plain process has no snapshot";
	if (one == CAN_MIGRATE)
		return "a plain process does not migrate";
	if (one == CAN_DISK)
		return "a plain process has its host's files, and no disk of its own";
	return NULL;
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	(void)context;
	snprintf(m->error, sizeof(m->error), "a plain process knows no command %d", command);
	return -1;
}

static void guest_process(struct machine *m)
{
	struct machine_commands commands = {.act = act, .fd = -1};

	process_write_boot(m);
	m->status->ready = 1;
	process_start(m, machine_map_window(m), false);
	machine_serve(m, &commands);
}

PLATFORM(native, .summary = "a plain process on this host: the baseline", .works = works,
	 .label = label, .version = version, .capabilities = capabilities, .execution = execution,
	 .lacks = lacks, .settings = SETTINGS(&setting_plant), .guest_process = guest_process);
