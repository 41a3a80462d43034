/* SPDX-License-Identifier: Apache-2.0 */
/* How fast does the TSC tick? Asked of whoever knows, else measured. In ring 0, before anything. */
#include "guests/boot.h"
#include "guests/payload_private.h"

#define KHZ_LEAST 100000u
#define KHZ_MOST  10000000u

#define LEAF_HYPERVISOR	     0x40000000u
#define LEAF_HYPERVISOR_TIME 0x40000010u /* VMware's, which KVM and others answer, too */
#define LEAF_XEN_TIME	     3u		 /* from Xen's base */
#define LEAF_HYPER_V	     0x40000003u
#define HYPER_V_FREQUENCIES  (1u << 11)
#define HYPER_V_TSC	     0x40000022u
#define KVM_FEATURES	     0x40000001u
#define KVM_CLOCK	     (1u << 3)
#define KVM_CLOCK_MSR	     0x4b564d01u

/* The PC's interval timer, channel 0 (Intel 82C54): counts down once, and can be read. */
#define PIT_HZ	     1193182u
#define PIT_CHANNEL  0x40
#define PIT_COMMAND  0x43
#define PIT_MODE_0   0x30
#define PIT_LATCH    0x00
#define PIT_BEGIN    0xffffu
#define PIT_COUNTS   0xc000u   /* 41 ms */
#define PIT_STEP     10000000u /* ticks: less than 14 ms on every TSC of 750 MHz and more */
#define PIT_READINGS 8
#define PIT_TICKS    8000000000ull /* seconds, where nothing counts, or a host is so busy */

/* A reading of the timer, and the TSC around it. */
struct reading {
	uint32_t count;
	uint64_t before, after;
};

static bool is_plausible(uint64_t khz)
{
	return khz >= KHZ_LEAST && khz <= KHZ_MOST;
}

static uint64_t from_cpuid(void)
{
	struct cpuid c;

	if (cpuid(0, 0).eax < 0x15)
		return 0;
	c = cpuid(0x15, 0);
	return c.eax && c.ebx && c.ecx ? (uint64_t)c.ecx * c.ebx / c.eax / 1000 : 0;
}

static uint64_t from_nominal(void)
{
	return cpuid(0, 0).eax < 0x16 ? 0 : (uint64_t)(cpuid(0x16, 0).eax & 0xffff) * 1000;
}

static bool has_hypervisor(void)
{
	return cpuid(1, 0).ecx >> 31;
}

static uint64_t from_hypervisor(void)
{
	return cpuid(LEAF_HYPERVISOR, 0).eax < LEAF_HYPERVISOR_TIME
		       ? 0
		       : cpuid(LEAF_HYPERVISOR_TIME, 0).eax;
}

static uint64_t from_xen(void)
{
	for (uint32_t base = LEAF_HYPERVISOR; base < LEAF_HYPERVISOR + 0x10000; base += 0x100)
		if (cpuid(base, 0).ebx == 0x566e6558) /* "XenV" */
			return cpuid(base + LEAF_XEN_TIME, 0).ecx;
	return 0;
}

static uint64_t from_hyper_v(void)
{
	if (cpuid(LEAF_HYPERVISOR, 0).ebx != 0x7263694d || /* "Micr" */
	    !(cpuid(LEAF_HYPER_V, 0).eax & HYPER_V_FREQUENCIES))
		return 0;
	return rdmsr(HYPER_V_TSC) / 1000;
}

/* Linux, arch/x86/include/asm/pvclock-abi.h. */
static uint64_t from_kvm_clock(void)
{
	static struct {
		uint32_t version, pad;
		uint64_t tsc, system;
		uint32_t multiplier;
		int8_t shift;
		uint8_t flags, pad2[2];
	} clock __attribute__((aligned(64)));
	volatile uint32_t *multiplier = &clock.multiplier;
	uint64_t khz;

	if (cpuid(LEAF_HYPERVISOR, 0).ebx != 0x4b4d564b || /* "KVMK" */
	    !(cpuid(KVM_FEATURES, 0).eax & KVM_CLOCK))
		return 0;
	wrmsr(KVM_CLOCK_MSR, (uintptr_t)&clock | 1);
	cpuid(0, 0); /* leave, so that it is written */
	wrmsr(KVM_CLOCK_MSR, 0);
	if (!*multiplier)
		return 0;
	khz = (1000000ull << 32) / *multiplier;
	return clock.shift < 0 ? khz << (-clock.shift & 31) : khz >> (clock.shift & 31);
}

static struct reading pit_read(void)
{
	struct reading r = {.before = rdtsc()};

	outb(PIT_COMMAND, PIT_LATCH);
	r.after = rdtsc();
	r.count = inb(PIT_CHANNEL);
	r.count |= (uint32_t)inb(PIT_CHANNEL) << 8;
	return r;
}

/* The one of several that took the least time: it knows best when it was. */
static struct reading pit_read_well(void)
{
	struct reading best = pit_read();

	for (int i = 1; i < PIT_READINGS; i++) {
		struct reading r = pit_read();

		if (r.after - r.before < best.after - best.before)
			best = r;
	}
	return best;
}

static uint64_t middle(const struct reading *r)
{
	return (r->before + r->after) / 2;
}

/*
 * 0 where nothing counts. On a busy host there are times in which we do not run; after 55 ms of
 * them the counter has gone all the way round, unseen, and the TSC would look twice as fast. So
 * what is added up are short steps alone, in which it cannot have.
 */
static uint64_t from_pit(void)
{
	uint64_t counts = 0, ticks = 0, least;
	struct reading first, last, now;

	outb(PIT_COMMAND, PIT_MODE_0);
	outb(PIT_CHANNEL, PIT_BEGIN & 0xff);
	outb(PIT_CHANNEL, PIT_BEGIN >> 8);
	first = last = pit_read_well();
	least = first.after - first.before;
	while (counts < PIT_COUNTS) {
		now = pit_read();
		if (now.after - first.before > PIT_TICKS)
			return 0;
		if (now.after - now.before > 4 * least)
			continue; /* who knows when that was */
		if (now.count <= last.count && now.after - last.before < PIT_STEP) {
			counts += last.count - now.count;
			ticks += middle(&now) - middle(&last);
		}
		last = now;
	}
	return ticks * PIT_HZ / counts / 1000;
}

uint32_t boot_tsc_khz(uint32_t *source)
{
	static const struct {
		uint64_t (*ask)(void);
		uint32_t source;
		bool virtual; /* a hypervisor's */
	} ways[] = {
		{from_hyper_v, VQ_TSC_HYPER_V, true},  {from_hypervisor, VQ_TSC_HYPERVISOR, true},
		{from_xen, VQ_TSC_HYPERVISOR, true},   {from_kvm_clock, VQ_TSC_KVM_CLOCK, true},
		{from_cpuid, VQ_TSC_CPUID, false},     {from_pit, VQ_TSC_PIT, false},
		{from_nominal, VQ_TSC_NOMINAL, false},
	};

	for (uint32_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		uint64_t khz;

		if (ways[i].virtual && !has_hypervisor())
			continue;
		khz = ways[i].ask();
		if (is_plausible(khz)) {
			*source = ways[i].source;
			return (uint32_t)khz;
		}
	}
	*source = VQ_TSC_UNKNOWN;
	return 0;
}
