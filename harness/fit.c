/* SPDX-License-Identifier: Apache-2.0 */
/* What a bench or fault needs, held against what a platform and this host have. */
#include "harness/fit.h"

#include <stdarg.h>
#include <stdio.h>

#include "harness/host.h"

#define MAX_HOST_CPUS 1024

static bool refuse(char *why, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Always false, so that a check can end with it. */
static bool refuse(char *why, size_t size, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return false;
}

static bool has_all(unsigned int needs, const struct platform *p, char *why, size_t size)
{
	unsigned int missing = needs & ~(p->capabilities() | (p->type1 ? 0 : CAN_BY_PROCESS) |
					 (p->tsc_khz ? 0 : CAN_BY_MEMORY));
	enum capability first = missing & -missing;
	const char *sentence;

	if (!missing)
		return true;
	sentence = p->lacks ? p->lacks(first) : NULL;
	if (sentence)
		return refuse(why, size, "%s", sentence);
	return refuse(why, size, "it needs %s, which %s lacks", capability_name(first), p->name);
}

static unsigned int needs_of_bench(const struct bench *b)
{
	return b->needs | (b->share_window ? CAN_WINDOW : 0) |
	       (b->pages != PAGES_SHARED ? CAN_PRIVATE_RAM : 0);
}

static unsigned int needs_of_fault(const struct fault *f)
{
	/* What is timed is seen by the oracle, to the millisecond. */
	return f->needs | CAN_SIGHT | (f->share_window ? CAN_WINDOW : 0);
}

static bool is_legal(const struct bench *b, const struct platform *p, char *why, size_t size)
{
	if (b->native || (p->capabilities() & CAN_GUEST))
		return true;
	if (b->measure)
		return refuse(why, size, "it is about a guest, and %s has none", p->name);
	return refuse(why, size, "its operation is not legal in a process, and %s has no guest",
		      p->name);
}

static uint32_t or_one(uint32_t n)
{
	return n ? n : 1;
}

static uint32_t smallest_cast(const struct bench *b)
{
	uint32_t least = or_one(b->cast);

	if (!b->cast_is_parameter || !b->parameters[0])
		return least;
	least = b->parameters[0];
	for (size_t i = 1; i < MAX_PARAMETERS && b->parameters[i]; i++)
		if (b->parameters[i] < least)
			least = b->parameters[i];
	return least;
}

/* Topology does not change under us; asking hwloc once per bench would be felt. */
static unsigned int usable_cpus(void)
{
	static unsigned int count;
	unsigned int cpus[MAX_HOST_CPUS];

	if (!count)
		count = host_cpus(cpus, MAX_HOST_CPUS);
	return count;
}

static bool has_cpus(const struct bench *b, char *why, size_t size)
{
	uint64_t needed = (uint64_t)or_one(b->cpus) * smallest_cast(b);
	unsigned int usable = usable_cpus();

	if (b->one_cpu || needed <= usable)
		return true;
	return refuse(why, size, "it needs %llu host CPUs and may use %u here",
		      (unsigned long long)needed, usable);
}

unsigned int bench_placed_cpus(const struct bench *b, uint32_t parameter, char *why, size_t size)
{
	uint32_t cpus = or_one(b->cpus) * or_one(b->cast_is_parameter ? parameter : b->cast);

	if (cpus > 1 && !b->one_cpu)
		return cpus;
	refuse(why, size,
	       cpus > 1 ? "its guests share one CPU, which has no other to be placed by"
			: "it uses one CPU, which has no other to be placed by");
	return 0;
}

bool bench_fits(const struct bench *b, const struct platform *p, char *why, size_t size)
{
	if (size)
		why[0] = '\0';
	if (p->imported)
		return refuse(why, size, "%s", p->lacks(CAN_GUEST));
	if (!platform_has_guest(p) && !b->no_guest_too)
		return refuse(why, size, "%s", p->lacks(CAN_GUEST));
	/* Of a bench without an operation the capability that is missing says more. */
	if (b->measure && !has_all(needs_of_bench(b), p, why, size))
		return false;
	if (!is_legal(b, p, why, size) || !has_all(needs_of_bench(b), p, why, size) ||
	    !has_cpus(b, why, size))
		return false;
	return !b->refuses || !b->refuses(p, why, size);
}

bool fault_takes(const struct fault *f, const struct recovery *r)
{
	return f->recovered_by & r->kind;
}

bool fault_fits(const struct fault *f, const struct recovery *r, const struct platform *p,
		char *why, size_t size)
{
	if (size)
		why[0] = '\0';
	if (!platform_has_guest(p))
		return refuse(why, size, "%s", p->lacks(CAN_GUEST));
	if (!fault_takes(f, r))
		return refuse(why, size, "%s is not mended by %s", f->name, r->name);
	if (!has_all(needs_of_fault(f), p, why, size) || !has_all(r->needs, p, why, size))
		return false;
	return !f->refuses || !f->refuses(p, why, size);
}
