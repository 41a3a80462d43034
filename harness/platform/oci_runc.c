/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/oci_runc.h"

#include <stdio.h>
#include <unistd.h>

#include "harness/platform/namespaces.h"
#include "harness/platform/program.h"

/* ---- Where it is ---- */

static const char *find_program(void)
{
	static char path[512];

	return path[0] || program_find("runc", path, sizeof(path)) ? path : NULL;
}

const char *runc_version(void)
{
	static char version[128];

	if (!version[0] && find_program())
		program_version(find_program(), version, sizeof(version));
	return version;
}

/* ---- What it needs of the host ---- */

/* Who may make no device nodes gets the host's own; runc fails where one is missing. */
static const char *missing_device(void)
{
	static const char *const devices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
					      "/dev/random", "/dev/urandom", "/dev/tty"};

	for (size_t i = 0; geteuid() && i < sizeof(devices) / sizeof(devices[0]); i++)
		if (access(devices[i], F_OK))
			return devices[i];
	return NULL;
}

static bool look(char *why, size_t size)
{
	const char *device = missing_device();

	if (!find_program() || !runc_version()[0]) {
		snprintf(why, size, "runc is not in PATH (Debian: apt-get install runc)");
		return false;
	}
	if (device) {
		snprintf(why, size,
			 "%s is not there, and runc needs it where it is not root; run "
			 "as root, or make it",
			 device);
		return false;
	}
	return namespaces_work(why, size);
}

bool runc_works(char *why, size_t size)
{
	static bool asked, works;
	static char because[256];

	if (!asked)
		works = look(because, sizeof(because));
	asked = true;
	if (!works)
		snprintf(why, size, "%s", because);
	return works;
}

/* ---- A call ---- */

int runc_run(const char *state, const char *const *arguments, char *error, size_t size)
{
	const char *options[] = {"--root", state, NULL};
	struct program_call call = {.path = find_program(),
				    .name = "runc",
				    .options = options,
				    .arguments = arguments,
				    .wait_ms = RUNC_MS};

	return program_call(&call, error, size);
}
