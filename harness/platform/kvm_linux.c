/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `kvm-linux`: Debian's cloud kernel with the native payload as its init, in the
 * embedded VMM. There is no firmware and no boot loader: the kernel is entered by PVH, with next to
 * no device. What the observer reads is memory that the kernel is told to leave alone, and that
 * init maps by /dev/mem.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guests/init_guest.h"
#include "harness/host.h"
#include "harness/platform/embedded.h"
#include "harness/platform/linux_boot.h"
#include "harness/platform/process.h"
#include "harness/setting.h"

#define NAME "kvm-linux"

#define RAM_MIB	   128u
#define SLACK_MS   60000 /* a whole kernel, perhaps on an emulated host */
#define HORIZON_MS 45000 /* a recovery starts it anew */

/* Its exits beside the payload's: a tick of the guest's clock, at 250 Hz, is a few. */
#define AMBIENT_EXITS_OF_LINUX 32

/* The kernel's own words go to the serial line, and into the trial's console where they matter.
 * What it does not know, it hands to init in the environment. */
#define APPEND                                                                                     \
	"earlyprintk=serial,0x3f8,115200,keep quiet panic=-1 reboot=t nokaslr mitigations=off "    \
	"tsc=reliable no_timer_check nowatchdog pci=off rdinit=/init " INIT_AREAS "=%#llx,%#llx"

/*
 * QEMU's TCG (at least to 7.2) does not forget the interrupt that VMRUN injects: where it leaves
 * its loop for something else, it comes once more, to a kernel that has interrupts off, and locks
 * it up. That is so where it counts instructions, and where its one thread turns to another CPU.
 */
static bool repeats_interrupts(const struct vmm_host *h)
{
	if (strcmp(h->module, "kvm_amd") != 0)
		return false;
	return host_emulation() == HOST_DETERMINISTIC ||
	       (host_emulation() == HOST_EMULATED && sysconf(_SC_NPROCESSORS_ONLN) > 1);
}

static bool works(char *why, size_t size)
{
	const struct vmm_host *h = vmm_probe();

	if (!h->usable)
		snprintf(why, size, "%s", h->why_not);
	else if (!h->hardware_ring0)
		snprintf(why, size, "%s", LINUX_NEEDS_RING0);
	else if (repeats_interrupts(h))
		snprintf(why, size,
			 "an emulated AMD-V host that counts instructions or has more than one CPU "
			 "repeats interrupts, and Linux does not survive that; give lab "
			 "--real-time --cpus 1");
	else
		return linux_has_kernel(NAME, why, size) && linux_program(why, size) >= 0;
	return false;
}

static const char *label(void)
{
	return "kvm (Linux guest)";
}

static const char *version(void)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s, guest %s", embedded_version(), linux_version());
	return text;
}

static unsigned int capabilities(void)
{
	return CAN_PAUSE | CAN_PRIVATE_RAM | CAN_HOST_TSC;
}

static const char *lacks(enum capability one)
{
	switch (one) {
	case CAN_GUEST:
	case CAN_RING0:
	case CAN_APIC:
	case CAN_HYPERCALL:
	case CAN_KERNEL_DEVICES:
		return "the payload is a process of the guest's Linux; kvm has a ring 0 of ours";
	case CAN_SNAPSHOT:
		return "a snapshot would leave out the devices that KVM emulates for a whole "
		       "Linux; kvm has snapshots";
	case CAN_CGROUP:
		return "a whole Linux takes more memory than such a cgroup has";
	case CAN_WINDOW:
	case CAN_NOTIFY:
		return "the guest's Linux shares nothing with other guests";
	default:
		return embedded_lacks(one);
	}
}

/* ---- The guest process ---- */

static int map_file(struct machine *m, int fd, struct vm_image *out)
{
	struct stat st;
	void *p = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &st) == 0)
		p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED) {
		snprintf(m->error, sizeof(m->error), "making the guest's files: %s",
			 strerror(errno));
		return -1;
	}
	*out = (struct vm_image){.bytes = p, .size = (size_t)st.st_size};
	return 0;
}

/* Given when it is first touched, but for huge pages. */
static int make_ram(struct machine *m, struct vm_kernel *k)
{
	bool huge = false;
	void *ram;

	k->ram_size = (uint64_t)RAM_MIB << 20;
	if (m->config.pages == PAGES_HUGE)
		ram = machine_private_memory(k->ram_size, PAGES_HUGE, &huge);
	else
		ram = mmap(NULL, k->ram_size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (!ram || ram == MAP_FAILED) {
		snprintf(m->error, sizeof(m->error), "no memory for the guest's RAM");
		return -1;
	}
	k->ram = ram;
	return m->config.pages == PAGES_HUGE && !huge ? machine_without_huge_pages(m) : 0;
}

static struct vm *make_vm(struct machine *m)
{
	static struct vm_kernel kernel;
	static char append[512];
	struct vm_config config = {
		.memory = m->memory,
		.memory_size = m->memory_size,
		.cpus = m->config.cpus,
		.pin = m->config.pin,
		.kernel = &kernel,
		.statistics = m->config.watch,
		.doorbell = embedded_doorbell,
		.context = m,
		.end_event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
		.notify_fd = -1,
		.wake_fd = -1,
	};
	int program = linux_program(m->error, sizeof(m->error));

	if (program < 0 || map_file(m, program, &kernel.image) ||
	    map_file(m, linux_initrd(), &kernel.initrd) || make_ram(m, &kernel))
		return NULL;
	snprintf(append, sizeof(append), APPEND, (unsigned long long)VM_KERNEL_AREAS,
		 (unsigned long long)m->memory_size);
	kernel.command = append;
	return vm_create(&config, "", 0, 0, m->error, sizeof(m->error));
}

static void guest_process(struct machine *m)
{
	process_write_boot_outside(m);
	embedded_serve(m, make_vm(m));
}

PLATFORM_CALLED(kvm_linux, NAME,
		.summary = "Debian's kernel with the payload as init, our own VMM on /dev/kvm",
		.works = works, .label = label, .version = version, .capabilities = capabilities,
		.execution = embedded_execution, .lacks = lacks, .slack_ms = SLACK_MS,
		.horizon_ms = HORIZON_MS, .ambient_exits = AMBIENT_EXITS_OF_LINUX,
		.settings = SETTINGS(&setting_plant, &setting_kvm), .guest_process = guest_process);
