/* SPDX-License-Identifier: Apache-2.0 */
/*
 * switch_ring: SYSCALL into the guest's ring 0 and SYSRET back, with nothing in between. Where ring
 * 0 is interpreted there is no SYSRET: IRET then.
 */
#include "harness/bench.h"

#define IA32_STAR  0xc0000081u
#define IA32_LSTAR 0xc0000082u
#define IA32_FMASK 0xc0000084u

#ifdef VQ_GUEST
extern const char syscall_sysret[], syscall_iret[];

GUEST_FN void set_syscall(void *a, void *b)
{
	const struct payload *p = a;

	(void)b;
	wrmsr(IA32_STAR,
	      (uint64_t)(SELECTOR_USER_DATA - 8) << 48 | (uint64_t)SELECTOR_KERNEL_CODE << 32);
	wrmsr(IA32_LSTAR, (uintptr_t)(p->boot->interpreted ? syscall_iret : syscall_sysret));
	/*
	 * No flag is masked: an interrupt on the payload's stack does no harm (it has no red zone),
	 * and where ring 0 is interpreted (kvm_pvm) IRET does not bring a masked interrupt flag
	 * back: the payload would never see an interrupt again.
	 */
	wrmsr(IA32_FMASK, 0);
}

GUEST_FN bool setup(struct payload *p)
{
	ring0_call(set_syscall, p, 0);
	return true;
}
#else
GUEST_FN bool setup(struct payload *p)
{
	return payload_refuse(p, "a process cannot set where SYSCALL goes");
}
#endif

GUEST_OP(switch_ring, RING0, .from_ring3 = true, .setup = setup)
{
	__asm__ volatile("syscall" ::: "rcx", "rdx", "r11", "memory");
}

BENCH(switch_ring, .group = "switches", .summary = "guest ring switch (SYSCALL, SYSRET)",
      .unit = NANOSECONDS, .better = LOWER, .needs = CAN_GUEST | CAN_RING0,
      .exits_per_op = {0, 0.05}, .exits_interpreted = {0, 8});
