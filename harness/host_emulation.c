/* SPDX-License-Identifier: Apache-2.0 */
/* Is this host's processor hardware, or itself a program? */
#include <pthread.h>
#include <string.h>

#include "harness/host_internal.h"

#define COMMAND_LINE "/proc/cmdline"
/* SMBIOS type 0 of Bochs' own firmware; QEMU has not used it since 2010, and tells by CPUID. */
#define BOCHS_VENDOR "The Bochs Project"

enum host_emulation host_emulation_of(const char *command_line, const char *signature,
				      const char *firmware)
{
	if (host_has_word(command_line, HOST_EMULATION_KEY "deterministic"))
		return HOST_DETERMINISTIC;
	if (host_has_word(command_line, HOST_EMULATION_KEY "emulated"))
		return HOST_EMULATED;
	if (!strcmp(signature, "TCGTCGTCGTCG") || !strcmp(firmware, BOCHS_VENDOR))
		return HOST_EMULATED;
	return HOST_HARDWARE;
}

static enum host_emulation found;

static void find(void)
{
	char command_line[4096] = "", firmware[64] = "", signature[13] = "";

	host_read(COMMAND_LINE, command_line, sizeof(command_line));
	host_read("/sys/class/dmi/id/bios_vendor", firmware, sizeof(firmware));
	if (host_is_guest())
		host_hypervisor_signature(0x40000000, signature);
	found = host_emulation_of(command_line, signature, firmware);
}

enum host_emulation host_emulation(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find);
	return found;
}

int64_t host_patience(int64_t time)
{
	return host_emulation() == HOST_EMULATED ? 10 * time : time;
}

void host_gather_emulation(struct host_facts *f)
{
	static const char *const names[] = {
		[HOST_HARDWARE] = "no",
		[HOST_EMULATED] = "yes",
		[HOST_DETERMINISTIC] = "deterministic: a nanosecond is an instruction",
	};

	fact_set(f, "host.emulated", "%s", names[host_emulation()]);
	if (host_emulation() == HOST_EMULATED)
		fact_advise(f, "an emulator runs this host: its times are the emulator's, not a "
			       "processor's");
}
