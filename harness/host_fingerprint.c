/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What makes two hosts comparable, as one short word: figures of hosts with the same one may be
 * set against each other as versions of software. It says what the machine is, not how it is set
 * up: kernel, microcode and settings are what versions differ in, and stand beside as facts. Two
 * machines of one type and size have the same one.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/core/sha256.h"
#include "harness/host_internal.h"

#define DIGITS 16 /* of SHA-256: 64 bits, enough to tell hosts apart */

#define MEMORY_DIRECTORY "/sys/devices/system/memory/"

/* Memory in MiB by its blocks: unlike what the kernel leaves free, the same at each boot. In GiB
 * by what the kernel tells where it has no blocks. */
static void describe_memory(char *text, size_t size)
{
	char bytes[32];
	glob_t blocks;
	char *total;

	if (!host_read(MEMORY_DIRECTORY "block_size_bytes", bytes, sizeof(bytes)) &&
	    !glob(MEMORY_DIRECTORY "memory[0-9]*", 0, NULL, &blocks)) {
		snprintf(text, size, "%llu MiB",
			 (strtoull(bytes, NULL, 16) >> 20) * blocks.gl_pathc);
		globfree(&blocks);
		return;
	}
	total = host_field("/proc/meminfo", "MemTotal");
	snprintf(text, size, "%llu GiB", total ? (strtoull(total, NULL, 10) + (1 << 19)) >> 20 : 0);
	free(total);
}

static void add(struct sha256 *s, const char *name, const char *value)
{
	sha256_add(s, name, strlen(name) + 1);
	sha256_add(s, value ? value : "", strlen(value ? value : "") + 1);
}

void host_gather_fingerprint(struct host_facts *f)
{
	static const char *const facts[] = {"cpu.vendor",   "cpu.family", "cpu.model_number",
					    "cpu.stepping", "cpu.model",  "host.hypervisor",
					    "host.emulated"};
	char text[64], hex[65];
	struct sha256 s;

	sha256_begin(&s);
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++)
		add(&s, facts[i], host_value(f, facts[i]));
	describe_memory(text, sizeof(text));
	add(&s, "memory", text);
	snprintf(text, sizeof(text), "%ld", sysconf(_SC_NPROCESSORS_CONF));
	add(&s, "cpus", text);
	sha256_end(&s, hex);
	hex[DIGITS] = '\0';
	fact_set(f, "host.fingerprint", "%s", hex);
}
