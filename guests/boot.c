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
#define MULTIBOOT2_MAP	   6u
#define MULTIBOOT2_SCREEN  8u
#define MULTIBOOT2_EFI32   11u
#define MULTIBOOT2_EFI64   12u

struct multiboot2_map {
	struct multiboot2_tag tag;
	uint32_t entry_size, version;
};

struct multiboot2_memory {
	uint64_t address, size;
	uint32_t type, reserved;
};

struct multiboot2_screen {
	struct multiboot2_tag tag;
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits, type;
};

#define MULTIBOOT2_RAM	  1u
#define MULTIBOOT2_PIXELS 1u /* type of screen */
#define MULTIBOOT2_TEXT	  2u

#define WORK_ALIGN (2ull << 20)
#define WORK_LEAST (2ull << 20) /* the image lies below */

#define IA32_APIC_BASE 0x1bu
#define APIC_ENABLED   (1u << 11)
#define APIC_X2	       (1u << 10)

#define NOPS_TICKS 6400u /* for 64 of them: 100 each; an interpreter takes 500 and more */

#define PLAN_CPUS 2u /* what benches want at the most */

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

/* The largest piece of RAM for benches to work on; and how far that of the image goes. */
static void take_multiboot2_map(const struct multiboot2_map *map)
{
	for (uint32_t at = sizeof(*map);
	     map->entry_size && at + sizeof(struct multiboot2_memory) <= map->tag.size;
	     at += map->entry_size) {
		const struct multiboot2_memory *m = (const void *)((const uint8_t *)map + at);
		uint64_t begin = (m->address + WORK_ALIGN - 1) & ~(WORK_ALIGN - 1);
		uint64_t end = m->address + m->size;

		if (m->type != MULTIBOOT2_RAM)
			continue;
		if (m->address <= VQ_IMAGE_OFFSET && end > VQ_IMAGE_OFFSET)
			take_memory(end);
		if (begin < WORK_LEAST)
			begin = WORK_LEAST;
		if (end > MAX_MEMORY)
			end = MAX_MEMORY;
		if (end > begin && end - begin > boot.work_end - boot.work_begin) {
			boot.work_begin = begin;
			boot.work_end = end;
		}
	}
}

static void take_multiboot2_screen(const struct multiboot2_screen *s)
{
	boot.screen = (struct vq_screen){
		.kind = s->type == MULTIBOOT2_TEXT     ? VQ_SCREEN_TEXT
			: s->type == MULTIBOOT2_PIXELS ? VQ_SCREEN_PIXELS
						       : VQ_SCREEN_NONE,
		.pitch = s->pitch,
		.width = s->width,
		.height = s->height,
		.bytes = s->bits / 8u,
		.address = s->address,
	};
}

static void take_multiboot2_tag(const struct multiboot2_tag *tag)
{
	const uint32_t *body = (const uint32_t *)(tag + 1);

	switch (tag->type) {
	case MULTIBOOT2_COMMAND:
		take_command((const char *)body);
		break;
	case MULTIBOOT2_MEMORY: /* KiB below, KiB from 1 MiB on */
		take_memory(VQ_IMAGE_OFFSET + (uint64_t)body[1] * 1024);
		break;
	case MULTIBOOT2_MAP:
		take_multiboot2_map((const void *)tag);
		break;
	case MULTIBOOT2_SCREEN:
		take_multiboot2_screen((const void *)tag);
		break;
	case MULTIBOOT2_EFI32:
	case MULTIBOOT2_EFI64:
		boot.flags |= VQ_MACHINE_EFI;
		break;
	}
}

static void take_multiboot2(void)
{
	const uint32_t *info = physical(boot_information);
	uint32_t at = 8;

	boot.flags |= VQ_MACHINE_LOADED;
	while (at + sizeof(struct multiboot2_tag) <= info[0]) {
		const struct multiboot2_tag *tag = physical(boot_information + at);

		if (tag->type == MULTIBOOT2_END || tag->size < sizeof(*tag))
			break;
		take_multiboot2_tag(tag);
		at += (tag->size + 7) & ~7u;
	}
	/* A BIOS without a word about the screen has the VGA's, in text. */
	if (boot.screen.kind == VQ_SCREEN_NONE && !(boot.flags & VQ_MACHINE_EFI))
		boot.screen = (struct vq_screen){
			.kind = VQ_SCREEN_TEXT, .width = 80, .height = 25, .address = 0xb8000};
}

/*
 * Firmware leaves its interrupts on: the timer of a PC comes in by vector 8, which is an exception
 * to us. Nothing here wants a device's interrupt.
 */
static void silence_firmware(void)
{
	outb(0x21, 0xff); /* both 8259 */
	outb(0xa1, 0xff);
	if (!(boot.flags & VQ_MACHINE_NO_APIC))
		apic_write(APIC_LVT_TIMER, APIC_MASKED);
}

static bool ring0_is_interpreted(void)
{
	uint64_t least = ~0ull;

	for (int i = 0; i < 3; i++) {
		uint64_t begin = rdtsc(), ticks;

		__asm__ volatile(".rept 64; nop; .endr");
		ticks = rdtsc() - begin;
		if (ticks < least)
			least = ticks;
	}
	return least > NOPS_TICKS;
}

static bool has_apic(void)
{
	uint64_t base;

	if (!(cpuid(1, 0).edx >> 9 & 1))
		return false;
	base = rdmsr(IA32_APIC_BASE);
	return (base & APIC_ENABLED) && !(base & APIC_X2);
}

static void look_around(void)
{
	if (!has_apic())
		boot.flags |= VQ_MACHINE_NO_APIC;
	if (cpuid(1, 0).ecx >> 31)
		boot.flags |= VQ_MACHINE_HYPERVISOR;
	else if (inb(VQ_PORT_CONSOLE) == VQ_PORT_CONSOLE) /* Bochs, which does not say */
		boot.flags |= VQ_MACHINE_EMULATOR;
	if (cpuid(0x80000000, 0).eax >= 0x80000007 && cpuid(0x80000007, 0).edx >> 8 & 1)
		boot.flags |= VQ_MACHINE_INVARIANT;
}

static uint32_t number(const char *key, uint32_t otherwise)
{
	return payload_number(&boot, key, otherwise);
}

static void take_options(void)
{
	bool plan = payload_option(&boot, "plan"), alone;

	boot.magic = VQ_BOOT_MAGIC;
	boot.doorbell = number("doorbell", VQ_DOORBELLS_NONE);
	alone = boot.doorbell == VQ_DOORBELLS_NONE; /* no host tells it what it knows */
	boot.cpus = number("cpus", plan ? PLAN_CPUS : 1);
	if (!boot.cpus || boot.cpus > VQ_MAX_CPUS || boot.flags & VQ_MACHINE_NO_APIC)
		boot.cpus = 1;
	boot.tsc_khz = number("tsc_khz", 0);
	if (boot.tsc_khz)
		boot.tsc_source = VQ_TSC_TOLD;
	else if (alone)
		boot.tsc_khz = boot_tsc_khz(&boot.tsc_source);
	boot.interpreted = number("interpreted", alone && ring0_is_interpreted());
	if (boot.interpreted)
		boot.flags |= VQ_MACHINE_INTERPRETED;
	boot.member = number("member", 0);
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

/* Page 0 is absent, so that following a null pointer is an exception; loaders leave things there.
 */
static void map_page_0(bool present)
{
	*(volatile uint64_t *)(uintptr_t)LAYOUT_PT0 = present ? 3 : 0;
	__asm__ volatile("invlpg (%0)" ::"r"(0ull) : "memory");
}

void boot_main(void)
{
	map_page_0(true);
	if (boot_loader == BOOT_PVH)
		take_pvh();
	else
		take_multiboot2();
	map_page_0(false);
	look_around();
	silence_firmware();
	take_options();
	clear_areas();
	if (!(boot.flags & VQ_MACHINE_NO_APIC))
		apic_id[0] = apic_id_here();
	*(struct vq_boot *)(uintptr_t)VQ_BOOT_OFFSET = boot;
	if (boot.cpus > 1) {
		start_others();
		((struct vq_boot *)(uintptr_t)VQ_BOOT_OFFSET)->cpus = boot.cpus;
	}
	if (boot.doorbell == VQ_DOORBELLS_ANSWERED)
		outb(VQ_PORT_DOORBELL, VQ_DOORBELL_READY);
}
