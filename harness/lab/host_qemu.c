/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AMD-V hosts under QEMU's TCG, with and without nested paging.
 *
 * Deterministic: -icount shift=0 makes each instruction a nanosecond of the host's clocks and
 * sleep=off lets idle time pass at once. One CPU: QEMU's virtual time is one for all, so that a
 * second one's instructions would count as the first one's time (and Linux does not come up on two
 * with icount). No RDRAND: its numbers would come from the outer world.
 *
 * In real time one thread runs all CPUs. QEMU 7.2 enters a block that it translated into the list
 * of its page after it has read the code (tb_gen_code(), tb_link_page()): what another CPU's thread
 * writes there in between goes unnoticed, and the stale block stays. Linux changes its code all the
 * time: KVM's first guest and its last switch a branch in the scheduler, where Linux plants an INT3
 * for a moment. In one of some hundred guests it was run for ever: both CPUs hung in an endless
 * #BP.
 */
#include "harness/lab/lab.h"

#define PROGRAM "qemu-system-x86_64"

static void add_clock(const struct lab_run *r, struct lab_arguments *a)
{
	if (!r->deterministic) {
		lab_argument(a, "-smp");
		lab_argument(a, "%u", r->cpus);
		return;
	}
	lab_argument(a, "-icount");
	lab_argument(a, "shift=0,sleep=off");
	lab_argument(a, "-rtc");
	lab_argument(a, "base=2026-01-01,clock=vm");
}

/* Datagrams of one Ethernet frame each, between two sockets: either host may come first, die and
 * come back. */
static void add_network(const struct lab_run *r, struct lab_arguments *a)
{
	if (!r->net)
		return;
	lab_argument(a, "-netdev");
	lab_argument(a,
		     "dgram,id=lan,local.type=unix,local.path=%s,remote.type=unix,remote.path=%s",
		     r->net, r->peer);
	lab_argument(a, "-device");
	lab_argument(a, "virtio-net-pci,netdev=lan,romfile=");
}

static int arguments(const struct lab_run *r, struct lab_arguments *a, const char *cpu)
{
	static const char *const always[] = {"-nodefaults",
					     "-no-user-config",
					     "-no-reboot",
					     "-display",
					     "none",
					     "-machine",
					     "pc",
					     "-accel",
					     "tcg,thread=single",
					     "-m",
					     "1024",
					     "-chardev"};

	lab_argument(a, PROGRAM);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		lab_argument(a, "%s", always[i]);
	lab_argument(a, "stdio,id=port,signal=off");
	lab_argument(a, "-device");
	lab_argument(a, "isa-debugcon,iobase=0xe9,chardev=port");
	lab_argument(a, "-serial");
	lab_argument(a, "file:%s/console", r->work);
	lab_argument(a, "-cpu");
	lab_argument(a, "%s%s", cpu, r->deterministic ? ",-rdrand,-rdseed" : "");
	add_clock(r, a);
	add_network(r, a);
	lab_argument(a, "-kernel");
	lab_argument(a, "%s/vmlinuz", r->work);
	lab_argument(a, "-initrd");
	lab_argument(a, "%s/initrd", r->work);
	lab_argument(a, "-append");
	lab_argument(a, "%s", r->append);
	return 0;
}

static int amd_v_arguments(const struct lab_run *r, struct lab_arguments *a)
{
	return arguments(r, a, "max,+svm");
}

static int amd_v_shadow_arguments(const struct lab_run *r, struct lab_arguments *a)
{
	return arguments(r, a, "max,+svm,-npt");
}

static const char *const programs[] = {PROGRAM, NULL};

LAB_HOST(amd_v, .name = "amd-v", .summary = "AMD-V with nested paging, QEMU TCG",
	 .module = "kvm_amd", .programs = programs, .packages = "qemu-system-x86", .network = true,
	 .timeout_s = 600, .arguments = amd_v_arguments);
LAB_HOST(amd_v_shadow, .name = "amd-v-shadow", .summary = "AMD-V with shadow paging, QEMU TCG",
	 .module = "kvm_amd", .programs = programs, .packages = "qemu-system-x86", .network = true,
	 .timeout_s = 600, .arguments = amd_v_shadow_arguments);
