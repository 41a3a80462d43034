/* SPDX-License-Identifier: Apache-2.0 */
/* What KVM can do on this host, found out by asking and by booting a guest for a moment. */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/vmm/vmm.h"

#define PROBE_MEMORY	 (2ull << 20)
#define PROBE_TIMEOUT_MS 2000
/* The guest's entry path alone has more instructions than this in ring 0; a processor that runs
 * them itself leaves at most the doorbells to be emulated. */
#define INTERPRETED_AT_LEAST 12u

static struct vmm_host host;

static int fail(const char *what)
{
	snprintf(host.why_not, sizeof(host.why_not), "%s", what);
	return -1;
}

static int open_device(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	switch (errno) {
	case EACCES:
	case EPERM:
		return fail("/dev/kvm: permission denied; join the group that owns it "
			    "(usually: sudo usermod -aG kvm $USER, then log in again)");
	case ENOENT:
	case ENODEV:
	case ENXIO:
		return fail(
			"/dev/kvm is not there; enable VT-x or AMD-V in the firmware (or nested "
			"virtualization of the outer hypervisor) and load kvm_intel or kvm_amd");
	default:
		snprintf(host.why_not, sizeof(host.why_not), "/dev/kvm: %s", strerror(errno));
		return -1;
	}
}

static int check_capabilities(int fd)
{
	static const struct {
		int capability;
		const char *name;
	} needed[] = {
		{KVM_CAP_SPLIT_IRQCHIP, "KVM_CAP_SPLIT_IRQCHIP"},
		{KVM_CAP_IOEVENTFD, "KVM_CAP_IOEVENTFD"},
		{KVM_CAP_IRQFD, "KVM_CAP_IRQFD"},
		{KVM_CAP_IMMEDIATE_EXIT, "KVM_CAP_IMMEDIATE_EXIT"},
		{KVM_CAP_XSAVE, "KVM_CAP_XSAVE"},
	};

	if (ioctl(fd, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return fail("/dev/kvm answers, but not as KVM's API version 12");
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (ioctl(fd, KVM_CHECK_EXTENSION, needed[i].capability) > 0)
			continue;
		snprintf(host.why_not, sizeof(host.why_not),
			 "this kernel's KVM has no %s; Linux 4.14 or newer has", needed[i].name);
		return -1;
	}
	host.statistics = ioctl(fd, KVM_CHECK_EXTENSION, KVM_CAP_BINARY_STATS_FD) > 0;
	return 0;
}

static void find_module(void)
{
	static const char *const modules[] = {"kvm_intel", "kvm_amd", "kvm_pvm"};
	char path[64];

	snprintf(host.module, sizeof(host.module), "built in");
	for (size_t i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		snprintf(path, sizeof(path), "/sys/module/%s", modules[i]);
		if (access(path, F_OK) == 0)
			snprintf(host.module, sizeof(host.module), "%s", modules[i]);
	}
}

/* x87, SSE, AVX and AVX-512 where the host has them enabled; not AMX or PKRU. */
static void find_xcr0(void)
{
	unsigned int a, b, c, d;
	uint32_t lo, hi;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	host.xcr0 = lo & 0xe7;
}

/* Boot the guest: it says hello and goodbye. Were its ring-0 instructions emulated? */
static int boot(uint8_t *memory, int event)
{
	struct vm_config config = {
		.memory = memory,
		.memory_size = PROBE_MEMORY,
		.cpus = 1,
		.end_event = event,
		.notify_fd = -1,
		.wake_fd = -1,
	};
	struct pollfd wait = {.fd = event, .events = POLLIN};
	struct vm_counters counters;
	struct vm *vm = vm_create(&config, "", 0, 0, host.why_not, sizeof(host.why_not));

	if (!vm)
		return -1;
	if (vm_start(vm) || poll(&wait, 1, PROBE_TIMEOUT_MS) != 1) {
		snprintf(host.why_not, sizeof(host.why_not),
			 "a guest was created but did nothing for %d s", PROBE_TIMEOUT_MS / 1000);
	} else if (vm_end(vm) != VM_GOODBYE) {
		snprintf(host.why_not, sizeof(host.why_not), "a first guest ended badly: %.200s",
			 vm->error);
	} else {
		host.usable = true;
		if (host.statistics && vm_counters(vm, 0, &counters) == 0)
			host.hardware_ring0 = counters.emulated < INTERPRETED_AT_LEAST;
		else
			host.hardware_ring0 = !strcmp(host.module, "kvm_intel") ||
					      !strcmp(host.module, "kvm_amd");
		/* VMCALL is not among what KVM's emulator can return from (MACHINE: kvm_pvm). */
		host.hypercalls = host.hardware_ring0;
	}
	vm_destroy(vm);
	return host.usable ? 0 : -1;
}

static int boot_once(void)
{
	int memory_fd = memfd_create("virt-qualify probe", MFD_CLOEXEC);
	int event = eventfd(0, EFD_CLOEXEC);
	uint8_t *memory = MAP_FAILED;
	int ret = -1;

	if (memory_fd < 0 || event < 0 || ftruncate(memory_fd, PROBE_MEMORY))
		goto out;
	memory = mmap(NULL, PROBE_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, memory_fd, 0);
	if (memory == MAP_FAILED)
		goto out;
	ret = boot(memory, event);
out:
	if (ret && !host.why_not[0])
		snprintf(host.why_not, sizeof(host.why_not), "cannot make guest memory: %s",
			 strerror(errno));
	if (memory != MAP_FAILED)
		munmap(memory, PROBE_MEMORY);
	if (memory_fd >= 0)
		close(memory_fd);
	if (event >= 0)
		close(event);
	return ret;
}

const struct vmm_host *vmm_probe(void)
{
	static bool probed;
	int fd;

	if (probed)
		return &host;
	probed = true; /* vm_create asks us for xcr0 while we boot */
	find_module();
	find_xcr0();
	host.tsc_khz = host_tsc_khz();
	fd = open_device();
	if (fd < 0)
		return &host;
	if (check_capabilities(fd) == 0)
		boot_once();
	close(fd);
	return &host;
}
