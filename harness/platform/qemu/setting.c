/* SPDX-License-Identifier: Apache-2.0 */
/* What a variant sets of QEMU: another program, another machine type. */
#include "harness/setting.h"

#include <stdio.h>
#include <string.h>

#include "harness/platform/qemu/emulator.h"

const char *qemu_program(const struct machine *m)
{
	const char *program = variant_value(m->config.variant, setting_qemu.name);

	return program ? program : qemu_path();
}

const char *qemu_machine_type(const struct machine *m, const char *otherwise)
{
	const char *type = variant_value(m->config.variant, setting_machine.name);

	return type ? type : otherwise;
}

/* A plan means the same wherever it is read. */
static int check_path(const char *key, const char *value, char *why, size_t size)
{
	(void)key;
	if (*value == '/')
		return 0;
	snprintf(why, size, "\"%.200s\" is no absolute path; begin it with /", value);
	return -1;
}

static bool program_works(const char *key, const char *value, char *why, size_t size)
{
	char version[QEMU_VERSION_SIZE];

	(void)key;
	if (!qemu_is_program(value)) {
		snprintf(why, size, "%.200s is no program; name a " QEMU_PROGRAM, value);
		return false;
	}
	qemu_version_of(value, version);
	if (!strncmp(version, "QEMU ", 5))
		return true;
	snprintf(why, size, "%.200s does not say that it is QEMU (--version)", value);
	return false;
}

static void describe_program(const char *key, const char *value, char *text, size_t size)
{
	char version[QEMU_VERSION_SIZE] = "";

	(void)key;
	if (qemu_is_program(value))
		qemu_version_of(value, version);
	snprintf(text, size, "%s%s%s", value, *version ? ": " : "", version);
}

static int check_type(const char *key, const char *value, char *why, size_t size)
{
	(void)key;
	if (!value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789._-")])
		return 0;
	snprintf(why, size, "\"%.40s\" is no machine type; see " QEMU_PROGRAM " -machine help",
		 value);
	return -1;
}

static void describe_type(const char *key, const char *value, char *text, size_t size)
{
	(void)key;
	snprintf(text, size, "machine %s", value);
}

const struct setting_key setting_qemu = {
	.name = "qemu",
	.value = "PATH",
	.summary = "another QEMU",
	.check = check_path,
	.works = program_works,
	.describe = describe_program,
};

const struct setting_key setting_machine = {
	.name = "machine",
	.value = "TYPE",
	.summary = "another of QEMU's machine types",
	.check = check_type,
	.describe = describe_type,
};
