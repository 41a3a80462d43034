/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the embedded VMM does for its guests and no boot loader does: the boot page, from the
 * command line and the loader's memory map, and the other CPUs. Runs in ring 0 before the payload.
 */
#include "guests/boot.h"
#include "guests/payload_private.h"

#define MAX_MEMORY    (1ull << 30) /* the shared window lies above */
#define AP_WAIT_TICKS 4000000000ull
#define TICKS_10_US   50000u /* at 5 GHz; longer does no harm */

/* PVH: xen/include/public/arch-x86/hvm/start_info.h, version 1. */
struct pvh_start_info {
	uint32_t magic, version, flags, modules;
	uint64_t modules_at, command_at, rsdp_at, memory_map_at;
	uint32_t memory_map_entries, reserved;
};

struct pvh_memory {
	uint64_t address, size;
	uint32_t type, reserved;
};

#define PVH_MAGIC      0x336ec578u
#define PVH_MEMORY_RAM 1u

/* Multiboot2 specification 2.0, section 3.6. */
struct multiboot2_tag {
	uint32_t type, size;
};

#define MULTIBOOT2_END	   0u
#define MULTIBOOT2_COMMAND 1u
#define MULTIBOOT2_MEMORY  4u

uint32_t boot_loader, boot_information;
volatile uint32_t boot_cpus_up;
uint32_t boot_cpus_wanted;

static struct vq_boot boot; /* the boot page as it will be; the loader's data may lie there */

static const void *physical(uint64_t address)
{
	return (const void *)(uintptr_t)address;
}

static void take_command(const char *s)
{
	uint32_t n = 0;

	for (; s && s[n] && n + 1 < sizeof(boot.command); n++)
		boot.command[n] = s[n];
	boot.command[n] = '\0';
}

static void take_memory(uint64_t end)
{
	boot.memory_size = end < MAX_MEMORY ? end : MAX_MEMORY;
}

/* The RAM that the image lies in. */
static void take_pvh_memory(const struct pvh_start_info *s)
{
	const struct pvh_memory *m = physical(s->memory_map_at);

	for (uint32_t i = 0; s->version && m && i < s->memory_map_entries; i++)
		if (m[i].type == PVH_MEMORY_RAM && m[i].address <= VQ_IMAGE_OFFSET &&
		    m[i].address + m[i].size > VQ_IMAGE_OFFSET)
			take_memory(m[i].address + m[i].size);
}

static void take_pvh(void)
{
	const struct pvh_start_info *s = physical(boot_information);

	if (s->magic != PVH_MAGIC)
		return;
	take_pvh_memory(s);
	take_command(physical(s->command_at));
}

static void take_multiboot2(void)
{
	const uint32_t *info = physical(boot_information);
	uint32_t at = 8;

	while (at + sizeof(struct multiboot2_tag) <= info[0]) {
		const struct multiboot2_tag *tag = physical(boot_information + at);
		const uint32_t *body = (const uint32_t *)(tag + 1);

		if (tag->type == MULTIBOOT2_END || tag->size < sizeof(*tag))
			return;
		if (tag->type == MULTIBOOT2_COMMAND)
			take_command((const char *)body);
		else if (tag->type == MULTIBOOT2_MEMORY) /* KiB below, KiB from 1 MiB on */
			take_memory(VQ_IMAGE_OFFSET + (uint64_t)body[1] * 1024);
		at += (tag->size + 7) & ~7u;
	}
}

static uint32_t number(const char *key, uint32_t otherwise)
{
	return payload_number(&boot, key, otherwise);
}

static void take_options(void)
{
	boot.magic = VQ_BOOT_MAGIC;
	boot.cpus = number("cpus", 1);
	if (!boot.cpus || boot.cpus > VQ_MAX_CPUS)
		boot.cpus = 1;
	boot.tsc_khz = number("tsc_khz", 0);
	boot.interpreted = number("interpreted", 0);
	boot.member = number("member", 0);
	boot.doorbell = number("doorbell", VQ_DOORBELLS_NONE);
	boot.untouched = (uint64_t)number("untouched", 0) << 10;
}

/* The areas of abi.h, which firmware may have used as its own. The control page is the host's. */
static void clear_areas(void)
{
	uint8_t *heartbeat = (uint8_t *)(uintptr_t)VQ_HEARTBEAT_OFFSET;
	uint8_t *ring = (uint8_t *)(uintptr_t)VQ_RING_OFFSET;

	__builtin_memset(heartbeat, 0, VQ_PAGE_SIZE);
	__builtin_memset(ring, 0, sizeof(struct vq_ring) - VQ_RING_DATA_SIZE);
	if (boot.doorbell == VQ_DOORBELLS_NONE)
		__builtin_memset((uint8_t *)(uintptr_t)VQ_CONTROL_OFFSET, 0, VQ_PAGE_SIZE);
}

static void wait_ticks(uint64_t ticks)
{
	uint64_t begin = rdtsc();

	while (rdtsc() - begin < ticks)
		cpu_pause();
}

static uint8_t apic_id_here(void)
{
	return (uint8_t)(*(volatile uint32_t *)(uintptr_t)(VQ_MMIO_APIC + APIC_ID) >> 24);
}

void boot_other(uint32_t cpu)
{
	apic_id[cpu] = apic_id_here();
	__atomic_add_fetch(&boot_cpus_up, 1u << 16, __ATOMIC_ACQ_REL);
}

/*
 * INIT and two start-up IPIs to all but this CPU (Intel SDM vol. 3A, 9.4.4; no processor since the
 * P6 needs the 10 ms after INIT). Those beyond what was asked for halt in the trampoline.
 */
static void start_others(void)
{
	uint64_t begin;

	__builtin_memcpy((void *)(uintptr_t)BOOT_TRAMPOLINE, boot_trampoline,
			 (unsigned long)(boot_trampoline_end - boot_trampoline));
	boot_cpus_wanted = boot.cpus;
	boot_cpus_up = 1;
	apic_enable();
	apic_write(APIC_ICR_LOW, APIC_ALL_OTHERS | APIC_INIT);
	wait_ticks(TICKS_10_US);
	for (int i = 0; i < 2; i++) {
		apic_write(APIC_ICR_LOW, APIC_ALL_OTHERS | APIC_STARTUP | BOOT_TRAMPOLINE >> 12);
		wait_ticks(TICKS_10_US);
	}
	begin = rdtsc();
	while (boot_cpus_up >> 16 < boot.cpus - 1 && rdtsc() - begin < AP_WAIT_TICKS)
		cpu_pause();
	boot.cpus = (boot_cpus_up >> 16) + 1;
}

void boot_main(void)
{
	if (boot_loader == BOOT_PVH)
		take_pvh();
	else
		take_multiboot2();
	take_options();
	clear_areas();
	apic_id[0] = apic_id_here();
	*(struct vq_boot *)(uintptr_t)VQ_BOOT_OFFSET = boot;
	if (boot.cpus > 1) {
		start_others();
		((struct vq_boot *)(uintptr_t)VQ_BOOT_OFFSET)->cpus = boot.cpus;
	}
	if (boot.doorbell == VQ_DOORBELLS_ANSWERED)
		outb(VQ_PORT_DOORBELL, VQ_DOORBELL_READY);
}
