/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The baseline of our VMM: the same guest image on the least code that boots it. One thread, one
 * vCPU, no doorbells, no errors explained, nothing checked that the kernel does not refuse.
 *
 *	bare MEMORY CPU TSC-KHZ INTERPRETED CPUID [COMMAND]
 *
 * MEMORY in bytes; CPU to be pinned to, -1: none; the two that follow go to the boot page; CPUID
 * is a file that keeps the table, made where it is not there. With a COMMAND, prints the ticks of
 *an operation: the median over batches of the bare loops' means.
 */
#include <fcntl.h>
#include <linux/kvm.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guests/layout.h"
#include "harness/core/histogram.h"
#include "harness/core/record.h"
#include "harness/vmm/vmm.h"

#define LIMIT_S 5

struct bare {
	int kvm, vm, vcpu;
	uint8_t *memory;
	uint64_t size;
	struct kvm_run *run;
	uint64_t entry;
};

static void need(long ret, const char *what)
{
	if (ret >= 0)
		return;
	perror(what);
	exit(1);
}

static void create(struct bare *b)
{
	struct kvm_enable_cap split = {.cap = KVM_CAP_SPLIT_IRQCHIP, .args = {24}};
	struct kvm_userspace_memory_region ram = {.memory_size = b->size};
	int run_size;

	b->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	need(b->kvm, "/dev/kvm");
	b->vm = ioctl(b->kvm, KVM_CREATE_VM, 0);
	need(b->vm, "KVM_CREATE_VM");
	need(ioctl(b->vm, KVM_ENABLE_CAP, &split), "KVM_CAP_SPLIT_IRQCHIP");
	b->memory = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ram.userspace_addr = (uintptr_t)b->memory;
	need(ioctl(b->vm, KVM_SET_USER_MEMORY_REGION, &ram), "KVM_SET_USER_MEMORY_REGION");
	run_size = ioctl(b->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	b->vcpu = ioctl(b->vm, KVM_CREATE_VCPU, 0);
	need(b->vcpu, "KVM_CREATE_VCPU");
	b->run = mmap(NULL, (size_t)run_size, PROT_READ | PROT_WRITE, MAP_SHARED, b->vcpu, 0);
}

static void load(struct bare *b, char **argv, const char *command)
{
	struct vq_boot *boot = (void *)(b->memory + VQ_BOOT_OFFSET);
	char error[128];

	need(image_load(b->memory, b->size, &b->entry, error, sizeof(error)), "guest image");
	boot->magic = VQ_BOOT_MAGIC;
	boot->memory_size = b->size;
	boot->cpus = 1;
	boot->tsc_khz = (uint32_t)atoi(argv[3]);
	boot->interpreted = (uint32_t)atoi(argv[4]);
	snprintf(boot->command, sizeof(boot->command), "%s", command);
}

/*
 * What KVM supports is the same for every VM: our harness asks once and its trials inherit it. So
 * that the baseline does not pay for asking, either, the first of these processes leaves the
 * table in a file to those that follow.
 */
static void set_cpuid(struct bare *b, const char *path)
{
	static struct {
		uint32_t nent, padding;
		struct kvm_cpuid_entry2 entries[256];
	} table = {.nent = 256};
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		need(ioctl(b->kvm, KVM_GET_SUPPORTED_CPUID, &table), "KVM_GET_SUPPORTED_CPUID");
		need(write(fd, &table, sizeof(table)), path);
	} else {
		need(read(fd, &table, sizeof(table)), path);
	}
	close(fd);
	need(ioctl(b->vcpu, KVM_SET_CPUID2, &table), "KVM_SET_CPUID2");
}

static struct kvm_segment flat(uint16_t selector, uint8_t type, uint8_t l)
{
	return (struct kvm_segment){.selector = selector,
				    .limit = 0xffffffff,
				    .type = type,
				    .present = 1,
				    .s = 1,
				    .l = l,
				    .db = !l,
				    .g = 1};
}

/* As guests/entry.S asks for it. */
static void set_registers(struct bare *b)
{
	struct kvm_regs regs = {.rip = b->entry, .rflags = 2};
	struct kvm_sregs s;

	need(ioctl(b->vcpu, KVM_GET_SREGS, &s), "KVM_GET_SREGS");
	s.cs = flat(SELECTOR_KERNEL_CODE, 11, 1);
	s.ds = s.es = s.fs = s.gs = s.ss = flat(SELECTOR_KERNEL_DATA, 3, 0);
	s.cr0 = 0x80010033; /* PG WP NE ET MP PE */
	s.cr3 = LAYOUT_PML4;
	s.cr4 = 0x620;	/* OSXMMEXCPT OSFXSR PAE */
	s.efer = 0xd01; /* NX LMA LME SCE */
	need(ioctl(b->vcpu, KVM_SET_SREGS, &s), "KVM_SET_SREGS");
	need(ioctl(b->vcpu, KVM_SET_REGS, &regs), "KVM_SET_REGS");
}

static void run(struct bare *b)
{
	const struct kvm_run *r = b->run;

	for (;;) {
		need(ioctl(b->vcpu, KVM_RUN, 0), "KVM_RUN");
		if (r->exit_reason != KVM_EXIT_IO) {
			fprintf(stderr, "exit reason %u\n", r->exit_reason);
			exit(1);
		}
		if (r->io.port == VQ_PORT_DOORBELL &&
		    ((const uint8_t *)r)[r->io.data_offset] == VQ_DOORBELL_GOODBYE)
			return;
	}
}

static void add(struct histogram *h, const struct record *r)
{
	const struct vq_histogram *sparse = (const void *)r->payload;
	const struct vq_histogram_entry *e = (const void *)(sparse + 1);

	for (uint32_t i = 0; i < sparse->entries; i++)
		histogram_add_bucket(h, e[i].bucket, e[i].count);
}

static void print_figure(struct bare *b)
{
	static struct record_reader reader;
	static struct record record;
	static struct histogram histogram;

	record_reader_init(&reader);
	while (record_feed_ring(&reader, (void *)(b->memory + VQ_RING_OFFSET)) > 0)
		while (record_next(&reader, &record) == RECORD_OK)
			if (record.header.type == VQ_RECORD_HISTOGRAM)
				add(&histogram, &record);
	printf("%llu %llu\n", (unsigned long long)histogram.total,
	       (unsigned long long)histogram_quantile(&histogram, 1, 2));
}

int main(int argc, char **argv)
{
	struct bare b = {0};
	cpu_set_t set;

	if (argc < 6)
		return 2;
	alarm(LIMIT_S);
	b.size = strtoull(argv[1], NULL, 10);
	if (atoi(argv[2]) >= 0) {
		CPU_ZERO(&set);
		CPU_SET(atoi(argv[2]), &set);
		need(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
	}
	create(&b);
	load(&b, argv, argc > 6 ? argv[6] : "");
	set_cpuid(&b, argv[5]);
	set_registers(&b);
	run(&b);
	if (argc > 6)
		print_figure(&b);
	return 0;
}
