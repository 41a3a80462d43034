/* SPDX-License-Identifier: Apache-2.0 */
/* The payload's environment in a guest: doorbells, waiting, and what only ring 0 can do. */
#include "guests/payload_private.h"
#include "guests/plan.h"
#include "guests/transport.h"

void payload_main(uint32_t cpu);
void payload_exception(uint64_t vector, uint64_t error, uint64_t address);
void *memset(void *to, int value, unsigned long n);
void *memcpy(void *to, const void *from, unsigned long n);

/* The compiler may call these two; REP forms need no vectors. */
void *memset(void *to, int value, unsigned long n)
{
	void *at = to;

	__asm__ volatile("rep stosb" : "+D"(at), "+c"(n) : "a"(value) : "memory");
	return to;
}

void *memcpy(void *to, const void *from, unsigned long n)
{
	void *at = to;

	__asm__ volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(n)::"memory");
	return to;
}

static struct payload payloads[VQ_MAX_CPUS];
static struct record_writer writer; /* one stream a guest; only CPU 0 writes it */

void payload_doorbell(struct payload *p, uint8_t reason)
{
	if (p->boot->doorbell != VQ_DOORBELLS_NONE)
		payload_ring(p, reason);
	else if (reason == VQ_DOORBELL_RING_FULL ||
		 (reason == VQ_DOORBELL_GOODBYE && !payload_option(p->boot, "plan")))
		transport_drain(p); /* a plan does, after its trial */
}

void payload_relax(void)
{
	cpu_pause();
}

void payload_notify(struct payload *p)
{
	(void)p;
	outb(VQ_PORT_NOTIFY, 0);
}

static void halt_until_interrupt(void *count, void *seen)
{
	while (__atomic_load_n((uint64_t *)count, __ATOMIC_ACQUIRE) == *(uint64_t *)seen)
		kernel_halt();
}

void payload_wait(struct payload *p)
{
	static uint64_t seen;

	if (interrupts_taken(VQ_VECTOR_WAKE) == seen)
		ring0_call(halt_until_interrupt, &interrupt_count[VQ_VECTOR_WAKE], &seen);
	seen++;
	(void)p;
}

static void hang(void *a, void *b)
{
	(void)a;
	(void)b;
	for (;;)
		__asm__ volatile("cli; hlt");
}

void environment_hang(void)
{
	ring0_call(hang, 0, 0);
}

static void triple_fault(void *a, void *b)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) no_idt = {0, 0};

	(void)a;
	(void)b;
	/* Not INT3: where ring 0 is interpreted, that ends in an error of the interpreter. */
	__asm__ volatile("lidt %0; ud2" ::"m"(no_idt));
}

void environment_triple_fault(void)
{
	ring0_call(triple_fault, 0, 0);
}

static void panic(void *a, void *b)
{
	uint8_t takes = inb(VQ_PORT_PANIC);

	/* Where there is no device, all bits are set. */
	if (takes != 0xff && (takes & 1))
		outb(VQ_PORT_PANIC, 1);
	hang(a, b);
}

void environment_panic(void)
{
	ring0_call(panic, 0, 0);
}

static void feed_watchdog(void *a, void *b)
{
	(void)a;
	(void)b;
	outb(VQ_PORT_WATCHDOG, (30 - VQ_WATCHDOG_SECONDS) / 2);
}

/* By ring 0: the port is beyond what the payload may use. */
void environment_feed_watchdog(void)
{
	ring0_call(feed_watchdog, 0, 0);
}

/* Where small pages of a region are mapped; nothing else uses these addresses. */
#define REGION_WINDOW 0x80000000ull
#define REGION_TABLES 8u /* of 2 MiB each */

static uint64_t region_table[REGION_TABLES][512] __attribute__((aligned(4096)));

/* The window was never touched, but a processor may have looked ahead. */
static void flush(void *a, void *b)
{
	(void)a;
	(void)b;
	__asm__ volatile("mov %%cr3, %%rax; mov %%rax, %%cr3" ::: "rax", "memory");
}

/* Page tables are plain memory to ring 3 here. */
static uint8_t *map_small(uint64_t physical, uint64_t size)
{
	uint64_t *directory = (uint64_t *)(uintptr_t)LAYOUT_PD + (REGION_WINDOW >> 21);

	for (uint64_t page = 0; page < size >> 12; page++)
		region_table[page >> 9][page & 511] = (physical + (page << 12)) | 7;
	for (uint64_t i = 0; i < (size + (2ull << 20) - 1) >> 21; i++)
		directory[i] = (uintptr_t)region_table[i] | 7;
	ring0_call(flush, 0, 0);
	return (uint8_t *)(uintptr_t)REGION_WINDOW;
}

uint8_t *payload_region(struct payload *p, uint64_t size, bool huge)
{
	const struct vq_boot *b = p->boot;
	uint64_t begin = b->work_begin ? b->work_begin : 2ull << 20; /* the image ends below */
	uint64_t end = b->work_begin ? b->work_end : b->memory_size;

	if (begin + size > end || size > (uint64_t)REGION_TABLES << 21) {
		payload_refuse(p, "the guest has not enough memory for this bench");
		return 0;
	}
	return huge ? (uint8_t *)(uintptr_t)begin : map_small(begin, size);
}

static void print(const char *s)
{
	while (*s)
		outb(VQ_PORT_CONSOLE, (uint8_t)*s++);
}

static void print_hex(uint64_t x)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		outb(VQ_PORT_CONSOLE, (uint8_t) "0123456789abcdef"[x >> shift & 15]);
}

extern uint8_t kernel_stacks[], user_stacks[];

/* An exception keeps the stack that it happened on. */
static uint32_t cpu_of_stack(uintptr_t at)
{
	if (at >= (uintptr_t)user_stacks)
		return (uint32_t)((at - (uintptr_t)user_stacks) >> USER_STACK_SHIFT);
	return (uint32_t)((at - (uintptr_t)kernel_stacks) >> KERNEL_STACK_SHIFT);
}

/*
 * An exception that nobody asked for ends the guest with a record that says which; in a plan, the
 * trial.
 */
void payload_exception(uint64_t vector, uint64_t error, uint64_t address)
{
	uint32_t cpu = cpu_of_stack((uintptr_t)__builtin_frame_address(0));
	struct payload *p = &payloads[0];

	print("exception ");
	print_hex(vector);
	print(" error ");
	print_hex(error);
	print(" at ");
	print_hex(address);
	print("\n");
	if (!cpu)
		plan_exception(p, vector, error);
	payload_event(p, VQ_EVENT_EXCEPTION, vector << 32 | (uint32_t)error);
	payload_goodbye(p, 0, 2, 0);
	if (p->boot->doorbell == VQ_DOORBELLS_NONE)
		transport_drain(p);
	for (;;)
		cpu_pause();
}

static void halt(void *a, void *b)
{
	(void)a;
	(void)b;
	for (;;)
		__asm__ volatile("sti; hlt");
}

void payload_main(uint32_t cpu)
{
	struct payload *p = &payloads[cpu];

	payload_init(p, (uint8_t *)0, cpu, &writer);
	if (p->boot->shared_window)
		p->shared = (uint8_t *)(uintptr_t)VQ_SHARED_WINDOW;
	if (!(p->boot->flags & VQ_MACHINE_NO_APIC))
		apic_enable();
	if (!cpu && p->boot->doorbell == VQ_DOORBELLS_NONE)
		transport_begin(p);
	if (payload_option(p->boot, "plan"))
		plan_run(p);
	else
		payload_run(p);
	ring0_call(halt, 0, 0);
}
