/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the loader of a kernel does: the image, the initrd, the words that PVH has for it, and the
 * ACPI tables without which a kernel believes in one CPU and no timer. They describe a
 * "hardware-reduced" machine: no PIT, RTC, PIC, keyboard or power-management block is looked for.
 *
 * References: xen/include/public/arch-x86/hvm/start_info.h; ACPI 6.4, by section.
 */
#include <stdio.h>
#include <string.h>

#include "harness/vmm/vmm.h"

/* In the first MiB, where the kernel puts nothing before it has read them. */
#define START_INFO   0x6000u
#define COMMAND	     0x7000u
#define COMMAND_ROOM 0x1000u
#define ACPI	     0xe0000u

#define LOW_RAM	  0xa0000ull
#define ONE_MIB	  0x100000ull
#define PAGE_MASK 0xfffull

#define START_MAGIC	0x336ec578u
#define MEMORY_RAM	1u
#define MEMORY_RESERVED 2u

struct start_info {
	uint32_t magic, version, flags, modules;
	uint64_t modules_at, command_at, rsdp_at, memory_at;
	uint32_t memory_entries, reserved;
};

struct start_module {
	uint64_t at, size, command_at, reserved;
};

struct start_memory {
	uint64_t at, size;
	uint32_t type, reserved;
};

struct start {
	struct start_info info;
	struct start_module initrd;
	struct start_memory memory[4];
};

_Static_assert(sizeof(struct start_info) == 56 && sizeof(struct start_module) == 32 &&
		       sizeof(struct start_memory) == 24,
	       "the layout of version 1");

static uint64_t initrd_at(const struct vm_kernel *k)
{
	return (k->ram_size - k->initrd.size) & ~PAGE_MASK;
}

static void write_start(const struct vm *vm, uint8_t *ram)
{
	const struct vm_kernel *k = vm->config.kernel;
	struct start s = {
		.info = {.magic = START_MAGIC,
			 .version = 1,
			 .modules = 1,
			 .modules_at = START_INFO + offsetof(struct start, initrd),
			 .command_at = COMMAND,
			 .rsdp_at = ACPI,
			 .memory_at = START_INFO + offsetof(struct start, memory),
			 .memory_entries = 4},
		.initrd = {.at = initrd_at(k), .size = k->initrd.size},
		.memory = {{0, LOW_RAM, MEMORY_RAM, 0},
			   {ACPI, ONE_MIB - ACPI, MEMORY_RESERVED, 0},
			   {ONE_MIB, k->ram_size - ONE_MIB, MEMORY_RAM, 0},
			   {VM_KERNEL_AREAS, vm->config.memory_size, MEMORY_RESERVED, 0}},
	};

	memcpy(ram + START_INFO, &s, sizeof(s));
}

/* ---- ACPI ---- */

#define TABLE_HEADER 36u	 /* 5.2.6 */
#define LOCAL_APIC   0xfee00000u /* where a processor has it */
#define IO_APIC	     0xfec00000u /* where KVM has it */
#define REDUCED	     (1u << 20)	 /* 5.2.9, flags: hardware-reduced */
#define NO_VGA	     0x04u	 /* 5.2.9.3, boot architecture */
#define NO_CMOS	     0x20u

struct table {
	uint8_t *at;
	uint32_t length;
};

static void put(struct table *t, const void *bytes, uint32_t size)
{
	memcpy(t->at + t->length, bytes, size);
	t->length += size;
}

static uint8_t checksum(const uint8_t *bytes, uint32_t size)
{
	uint8_t sum = 0;

	while (size--)
		sum += *bytes++;
	return (uint8_t)-sum;
}

static struct table begin(uint8_t *at, const char *signature, uint8_t revision)
{
	struct table t = {.at = at, .length = TABLE_HEADER};

	memset(at, 0, TABLE_HEADER);
	memcpy(at, signature, 4);
	at[8] = revision;
	memcpy(at + 10, "VIRTQUVQMACHIN", 14);
	at[24] = 1;
	memcpy(at + 28, "VQVQ", 4);
	at[32] = 1;
	return t;
}

/* Returns where the next may begin. */
static uint8_t *finish(const struct table *t)
{
	memcpy(t->at + 4, &t->length, sizeof(t->length));
	t->at[9] = checksum(t->at, t->length);
	return t->at + ((t->length + 15) & ~15u);
}

/* Who takes interrupts: 5.2.12. */
static uint8_t *write_madt(uint8_t *at, uint32_t cpus)
{
	const uint32_t head[2] = {LOCAL_APIC, 0};
	const uint8_t io_apic[4] = {1, 12, 0, 0};
	const uint32_t where[2] = {IO_APIC, 0};
	struct table t = begin(at, "APIC", 4);

	put(&t, head, sizeof(head));
	for (uint32_t i = 0; i < cpus; i++) {
		const uint8_t processor[8] = {0, 8, (uint8_t)i, (uint8_t)i, 1};

		put(&t, processor, sizeof(processor));
	}
	put(&t, io_apic, sizeof(io_apic));
	put(&t, where, sizeof(where));
	return finish(&t);
}

/* 5.2.9, of revision 6. */
static uint8_t *write_fadt(uint8_t *at, uint64_t dsdt)
{
	static const uint8_t rest[276 - TABLE_HEADER];
	const uint16_t architecture = NO_VGA | NO_CMOS;
	const uint32_t flags = REDUCED, dsdt32 = (uint32_t)dsdt;
	struct table t = begin(at, "FACP", 6);

	put(&t, rest, sizeof(rest));
	memcpy(at + 40, &dsdt32, sizeof(dsdt32));
	memcpy(at + 109, &architecture, sizeof(architecture));
	memcpy(at + 112, &flags, sizeof(flags));
	memcpy(at + 140, &dsdt, sizeof(dsdt));
	return finish(&t);
}

/* 5.2.5.3 */
static void write_rsdp(uint8_t *at, uint64_t xsdt)
{
	const uint32_t length = 36;

	memset(at, 0, length);
	memcpy(at, "RSD PTR ", 8);
	memcpy(at + 9, "VIRTQU", 6);
	at[15] = 2;
	memcpy(at + 20, &length, sizeof(length));
	memcpy(at + 24, &xsdt, sizeof(xsdt));
	at[8] = checksum(at, 20);
	at[32] = checksum(at, length);
}

static void write_acpi(uint8_t *ram, uint32_t cpus)
{
	uint8_t *dsdt = ram + ACPI + 64, *fadt, *madt, *xsdt;
	struct table t = begin(dsdt, "DSDT", 2); /* no device at all */
	uint64_t at[2];

	fadt = finish(&t);
	madt = write_fadt(fadt, (uint64_t)(dsdt - ram));
	xsdt = write_madt(madt, cpus);
	t = begin(xsdt, "XSDT", 1);
	at[0] = (uint64_t)(fadt - ram);
	at[1] = (uint64_t)(madt - ram);
	put(&t, at, sizeof(at));
	finish(&t);
	write_rsdp(ram + ACPI, (uint64_t)(xsdt - ram));
}

/* ---- All of it ---- */

int pvh_load(struct vm *vm, uint32_t *entry, uint32_t *start_info)
{
	const struct vm_kernel *k = vm->config.kernel;
	size_t length = strlen(k->command) + 1;
	uint64_t entry64;

	*entry = image_pvh_entry_elf(&k->image);
	if (!*entry)
		return vm_fail(vm, "the kernel has no PVH entry (it was built without CONFIG_PVH)");
	if (k->ram_size > VM_KERNEL_AREAS || k->ram_size < 2 * ONE_MIB ||
	    k->initrd.size > k->ram_size - 2 * ONE_MIB || length > COMMAND_ROOM)
		return vm_fail(vm, "%llu MiB of RAM do not fit a kernel, its initrd and its words",
			       (unsigned long long)k->ram_size >> 20);
	if (image_load_elf(&k->image, k->ram, initrd_at(k), &entry64, vm->error, sizeof(vm->error)))
		return -1;
	memcpy(k->ram + initrd_at(k), k->initrd.bytes, k->initrd.size);
	memcpy(k->ram + COMMAND, k->command, length);
	write_acpi(k->ram, vm->config.cpus);
	write_start(vm, k->ram);
	*start_info = START_INFO;
	return 0;
}

/* ---- The serial line: PC16550D data sheet, section 8 ---- */

#define UART_DATA   0x3f8u
#define UART_STATUS 0x3fdu
#define UART_EMPTY  0x60u /* it takes characters, and has sent all */

uint8_t pvh_port_read(uint16_t port)
{
	return port == UART_STATUS ? UART_EMPTY : 0xff;
}

/* Setting the line's speed writes there, too, and no character. */
bool pvh_port_is_console(uint16_t port, uint8_t byte)
{
	return port == UART_DATA && (byte == '\n' || byte >= ' ');
}
