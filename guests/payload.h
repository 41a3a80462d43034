/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a bench's guest half may use. The same source is compiled three times: into the guest
 * (VQ_GUEST), into the harness for the `native` platform (VQ_NATIVE), and with the descriptor on
 * the host, where it is only checked and dropped.
 *
 * Compiled with general registers only and without a C library: operations that want vectors use
 * assembly (see bench/cpu_vector.c).
 */
#ifndef VQ_PAYLOAD_H
#define VQ_PAYLOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/abi.h"
#include "guests/layout.h"
#include "harness/core/record.h"
#include "harness/core/registry.h"

#if !defined(VQ_GUEST) && !defined(VQ_NATIVE)
#define VQ_HOST 1
#endif

/* A helper function of a guest half; not every build of the file uses it. */
#define GUEST_FN static __attribute__((unused))

enum ring { RING0 = 0, RING3 = 3 };

struct guest_bench;

/* One vCPU's view of the world. */
struct payload {
	uint8_t *memory; /* start of the areas of abi.h: 0 in a guest */
	struct vq_boot *boot;
	struct vq_control *control;
	struct vq_heartbeat *heartbeat;	   /* of all CPUs */
	uint8_t *shared;		   /* window shared by the cast, NULL: none */
	uint32_t cpu;			   /* this one */
	uint32_t parameter;		   /* of the bench */
	uint32_t batches, samples, warmup; /* of a trial */
	uint64_t seed;			   /* of the trial: layouts differ from trial to trial */
	uint64_t planned;		   /* operations, warm-up and bare loops included */
	uint32_t spins; /* of plant_spin() in each operation; 0: none is planted */
	struct record_writer *writer;
	char why[160];	     /* a setup that returns false says here why it cannot run */
	uint64_t scratch[8]; /* the bench's own, zero at start, one set for each CPU */
};

/* A bench's guest half; GUEST_OP fills it. */
struct guest_bench {
	const char *name;
	enum ring ring;	 /* the deepest that takes part: how it is executed, and labelled */
	bool from_ring3; /* ring 0 takes part (a handler, HLT), but ring 3 does the operation */
	bool native;	 /* the operation is legal in a process, and means the same there */
	/* Before calibration, in ring 3; false: cannot run, p->why says why. */
	bool (*setup)(struct payload *p);
	/* Runs on every other CPU while CPU 0 measures, until *stop. */
	void (*other)(struct payload *p, volatile uint32_t *stop);
	/* CPU 0 of every other member of the cast does this for ever, while member 0 measures. */
	void (*peer)(struct payload *p);
	/* After the last batch, in ring 3: events to report, things to put back. */
	void (*finish)(struct payload *p);
	bool plants; /* its own samples call plant_spin() where p->spins asks for it */
	bool stamps; /* its own samples are taken by stamp_begin and stamp_end, and cost as much */
	/* In place of stamping each operation: the bench takes its own samples. */
	void (*sample)(struct payload *p, uint64_t *ticks, uint32_t n);
	/* Filled by GUEST_OP: n stamped operations, and n in a bare loop. */
	void (*stamped)(struct payload *p, uint64_t *ticks, uint32_t n);
	void (*plain)(struct payload *p, uint32_t n);
	/* The same, each operation made longer by plant_spin(): apart, so that the others stay as
	 * they are. */
	void (*planted)(struct payload *p, uint64_t *ticks, uint32_t n);
	void (*planted_plain)(struct payload *p, uint32_t n);
};

/* ---- Stamps (Intel SDM vol. 2B RDTSC, RDTSCP: what the fences order) ---- */

static inline uint64_t stamp_begin(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t stamp_end(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtscp; lfence" : "=a"(lo), "=d"(hi)::"rcx", "memory");
	return (uint64_t)hi << 32 | lo;
}

/* The same with RDTSC, for ring 0: its interpreter knows no RDTSCP. */
static inline uint64_t stamp_end_ring0(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(lo), "=d"(hi)::"memory");
	return (uint64_t)hi << 32 | lo;
}

static inline uint64_t stamp_end_in(enum ring ring)
{
	return ring == RING0 ? stamp_end_ring0() : stamp_end();
}

static inline uint64_t rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return (uint64_t)hi << 32 | lo;
}

/*
 * A slowness on purpose, of n (at least 1) turns of an empty loop. The fence keeps it from running
 * beside the operation, which would hide it.
 */
static inline void plant_spin(uint32_t n)
{
	__asm__ volatile("lfence\n1: dec %0\n jnz 1b" : "+r"(n)::"cc", "memory");
}

/* ---- Instructions ---- */

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf)
			 : "memory");
	return r;
}

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "d"(port) : "memory");
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port) : "memory");
	return value;
}

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr));
	return (uint64_t)hi << 32 | lo;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"a"((uint32_t)value), "d"((uint32_t)(value >> 32)), "c"(msr)
			 : "memory");
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" ::: "memory");
}

static inline void mmio_write(uintptr_t address, uint32_t value)
{
	__asm__ volatile("movl %0, (%1)" ::"r"(value), "r"(address) : "memory");
}

/* ---- Local APIC, xAPIC mode: its registers are mapped for ring 3 (SDM vol. 3A, 11.4) ---- */

#define APIC_ID		 0x20u
#define APIC_SPURIOUS	 0xf0u
#define APIC_ICR_LOW	 0x300u
#define APIC_ICR_HIGH	 0x310u
#define APIC_LVT_TIMER	 0x320u
#define APIC_TIMER_INIT	 0x380u
#define APIC_TIMER_DIV	 0x3e0u
#define APIC_DIVIDE_BY_1 0xbu
#define APIC_MASKED	 0x10000u /* in an LVT register */
#define APIC_NMI	 0x400u	  /* in ICR_LOW: delivery mode */
#define APIC_INIT	 0x4500u  /* in ICR_LOW: delivery mode and level */
#define APIC_STARTUP	 0x4600u
#define APIC_ALL_OTHERS	 0xc0000u

extern uint8_t apic_id[VQ_MAX_CPUS]; /* of each CPU; its index where nobody said otherwise */

static inline void apic_write(uint32_t reg, uint32_t value)
{
	mmio_write(VQ_MMIO_APIC + reg, value);
}

static inline void apic_enable(void)
{
	apic_write(APIC_SPURIOUS, 0x100u | VECTOR_SPURIOUS);
}

static inline void apic_send_ipi(uint32_t cpu, uint32_t vector)
{
	apic_write(APIC_ICR_HIGH, (uint32_t)apic_id[cpu] << 24);
	apic_write(APIC_ICR_LOW, vector); /* fixed, edge, physical */
}

/* Interrupts taken on a vector so far, counted by its handler (guest only). */
extern uint64_t interrupt_count[256];

static inline uint64_t interrupts_taken(uint32_t vector)
{
	return __atomic_load_n(&interrupt_count[vector], __ATOMIC_ACQUIRE);
}

/*
 * Call a function in ring 0 with interrupts off (guest only). It must use general registers and
 * the stack only, and little of that (2 KiB).
 */
static inline void ring0_call(void (*function)(void *, void *), void *a, void *b)
{
	__asm__ volatile("int3"
			 : "+a"(function), "+D"(a), "+S"(b)
			 :
			 : "rcx", "rdx", "r8", "r9", "r10", "r11", "cc", "memory");
}

/* In ring 0 with interrupts off: halt until an interrupt came, none is slept through (guest). */
void kernel_halt(void);

/* ---- Services of the payload (guests/payload.c, and one file for each environment) ---- */

/* Tell the host to look; the guest waits until it has. */
void payload_doorbell(struct payload *p, uint8_t reason);

/* Wake the next guest of the cast's ring; wait to be woken by the one before. */
void payload_notify(struct payload *p);
void payload_wait(struct payload *p);

/* Give up the CPU for a moment (native: sched_yield; guest: PAUSE). */
void payload_relax(void);

/*
 * Memory for a bench to work on, aligned to 2 MiB, mapped in pages of 2 MiB if `huge`, else of
 * 4 KiB; pre-faulted by the host. NULL with p->why where it cannot be had.
 */
uint8_t *payload_region(struct payload *p, uint64_t size, bool huge);

/*
 * The guest's disk (CAN_DISK), in blocks of VQ_PAGE_SIZE. Open: false with p->why where there is
 * none; it may be opened again. Read: false where the disk says that it failed.
 * There is no write: string output costs KVM an exit for every two bytes, and nothing else would be
 * measured.
 */
extern uint64_t payload_block[VQ_DISK_WORDS]; /* for whoever uses the disk: one at a time */

bool payload_disk_open(struct payload *p);
bool payload_disk_read(uint32_t block, void *to);

void payload_event(struct payload *p, uint32_t code, uint64_t value);

/* Say why this bench cannot run here; always false, for `return payload_refuse(p, "…")`. */
bool payload_refuse(struct payload *p, const char *why);

/* ---- Declaring an operation ----
 *
 *	GUEST_OP(exit_cpuid, RING3, .native = true)
 *	{
 *		cpuid(0, 0);
 *	}
 *
 * defines the operation (`p` is its struct payload) and the two loops around it, inlined.
 */
#ifdef VQ_HOST
#define GUEST_OP(id, privilege, ...)                                                               \
	static inline                                                                              \
		__attribute__((unused)) void id##_op(struct payload *p __attribute__((unused)))
#else
#define GUEST_OP(id, privilege, ...)                                                               \
	static inline __attribute__((always_inline)) void id##_op(struct payload *p);              \
	static void id##_stamped(struct payload *p, uint64_t *ticks, uint32_t n)                   \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			uint64_t begin = stamp_begin();                                            \
                                                                                                   \
			id##_op(p);                                                                \
			ticks[i] = stamp_end_in(privilege) - begin;                                \
		}                                                                                  \
	}                                                                                          \
	static void id##_plain(struct payload *p, uint32_t n)                                      \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++)                                                   \
			id##_op(p);                                                                \
	}                                                                                          \
	static void id##_planted(struct payload *p, uint64_t *ticks, uint32_t n)                   \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			uint64_t begin = stamp_begin();                                            \
                                                                                                   \
			id##_op(p);                                                                \
			plant_spin(p->spins);                                                      \
			ticks[i] = stamp_end_in(privilege) - begin;                                \
		}                                                                                  \
	}                                                                                          \
	static void id##_planted_plain(struct payload *p, uint32_t n)                              \
	{                                                                                          \
		for (uint32_t i = 0; i < n; i++) {                                                 \
			id##_op(p);                                                                \
			plant_spin(p->spins);                                                      \
		}                                                                                  \
	}                                                                                          \
	static const struct guest_bench id##_guest = {.name = #id,                                 \
						      .ring = privilege,                           \
						      .stamped = id##_stamped,                     \
						      .plain = id##_plain,                         \
						      .planted = id##_planted,                     \
						      .planted_plain = id##_planted_plain,         \
						      __VA_ARGS__};                                \
	REGISTER(guest_benches, id##_guest);                                                       \
	static inline __attribute__((always_inline)) void id##_op(struct payload *p                \
								  __attribute__((unused)))
#endif

/* For a bench that takes its own samples: no loops around an operation. */
#ifdef VQ_HOST
#define GUEST_SAMPLES(id, privilege, ...)                                                          \
	static inline __attribute__((unused)) void id##_samples(                                   \
		struct payload *p __attribute__((unused)),                                         \
		uint64_t *ticks __attribute__((unused)), uint32_t n __attribute__((unused)))
#else
#define GUEST_SAMPLES(id, privilege, ...)                                                          \
	static void id##_samples(struct payload *p, uint64_t *ticks, uint32_t n);                  \
	static const struct guest_bench id##_guest = {                                             \
		.name = #id, .ring = privilege, .sample = id##_samples, __VA_ARGS__};              \
	REGISTER(guest_benches, id##_guest);                                                       \
	static void id##_samples(struct payload *p __attribute__((unused)),                        \
				 uint64_t *ticks __attribute__((unused)),                          \
				 uint32_t n __attribute__((unused)))
#endif

#endif
