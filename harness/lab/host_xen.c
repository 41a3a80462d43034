/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host under Xen: Debian's hypervisor with QEMU's AMD-V below it, Debian's kernel as dom0, in
 * real time. Xen is what QEMU boots; kernel and initrd are its modules.
 */
#include "harness/lab/lab.h"

LAB_EMBEDDED(hosts_xen_sh);
LAB_EMBEDDED(hosts_xen_init_sh);

#define PROGRAM "qemu-system-x86_64"
#define XEN_OPTIONS                                                                                \
	"console=com1 com1=115200,8n1 dom0_mem=1024M dom0_vcpus_pin noreboot clocksource=tsc "     \
	"tsc=stable:socket"

/*
 * Without SMAP, or dom0 dies; without AVX, which QEMU 7.2 loses below Xen: guests that find it get
 * #UD. dom0's vCPUs stay where they are, so that its numbers of CPUs are Xen's.
 *
 * Time is the TSC's on all CPUs, which QEMU gives one TSC and, 7.2, no way to say so but by force.
 * Else Xen calibrates each CPU by a slower clock each second. Where this host is busy, and stops
 * QEMU's threads between a reading and the next, its CPUs' times were seen to go apart by tenths of
 * a second, and a CPU of dom0's to wait for its next timer for minutes, and all with it.
 */
static int arguments(const struct lab_run *r, struct lab_arguments *a)
{
	static const char *const always[] = {"-nodefaults",
					     "-no-user-config",
					     "-no-reboot",
					     "-display",
					     "none",
					     "-machine",
					     "q35",
					     "-accel",
					     "tcg",
					     "-cpu",
					     "max,+svm,-smap,-avx,+invtsc,x-force-features=on",
					     "-smp",
					     "2",
					     "-m",
					     "2048",
					     "-append",
					     XEN_OPTIONS,
					     "-chardev",
					     "stdio,id=port,signal=off",
					     "-device",
					     "isa-debugcon,iobase=0xe9,chardev=port"};

	lab_argument(a, PROGRAM);
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		lab_argument(a, "%s", always[i]);
	lab_argument(a, "-serial");
	lab_argument(a, "file:%s/console", r->work);
	lab_argument(a, "-kernel");
	lab_argument(a, "%s/xen", r->work);
	lab_argument(a, "-initrd");
	lab_argument(a, "%s/vmlinuz %s,%s/initrd", r->work, r->append, r->work);
	return 0;
}

static const char *const programs[] = {PROGRAM, "apt-get", "dpkg-deb", "readelf", NULL};

LAB_HOST(xen, .name = "xen",
	 .summary = "Xen 4.17 with AMD-V below it, dom0, PVH and HVM domains, QEMU TCG",
	 .module = "xen_evtchn xen_privcmd xen_gntdev xen_gntalloc xenfs", .programs = programs,
	 .packages = "qemu-system-x86", .kernel_console = "hvc0", .preset = "lab-xen",
	 .script = LAB_TEXT(hosts_xen_sh), .script_end = _binary_ci_hosts_xen_sh_end,
	 .init = LAB_TEXT(hosts_xen_init_sh), .init_end = _binary_ci_hosts_xen_init_sh_end,
	 .always_real_time = true, .timeout_s = 1800, .arguments = arguments);
