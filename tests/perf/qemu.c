/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole trial without its samples on QEMU's microvm, against QEMU alone with the same machine and
 * the same guest: from its exec to the guest's first byte.
 */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/qemu/emulator.h"
#include "harness/trial.h"
#include "harness/vmm/vmm.h"
#include "tests/perf/perf.h"

#define PAIRS	 40u
#define MEMORY	 (2u << 20)
#define LIMIT_MS 5000

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

static double trial(struct perf *p, struct perf_row *row, uint32_t pair)
{
	static const struct bench bench = {.name = "boot_only", .measure = perf_boot_only};
	const struct trial_spec spec = {
		.platform = registry_find(REGISTRY(platforms), "qemu-kvm-microvm"),
		.bench = &bench,
		.seed = pair,
		.cpus = p->cpus,
		.cpu_count = p->cpu_count,
	};
	int64_t begin = host_now_ns();
	struct trial_result *r = trial_result_new();

	if (!r)
		return perf_fail(row, "no memory for a trial's result");
	trial_run(&spec, r, -1);
	if (r->status != TRIAL_OK)
		perf_fail(row, "%.200s", r->reason);
	trial_result_free(r);
	return (double)(host_now_ns() - begin);
}

static void build(struct qemu_arguments *a, int ram, int image, int doorbell)
{
	static const char *const fixed[] = {
		QEMU_PROGRAM,
		"-machine",
		"microvm,accel=kvm,memory-backend=ram,acpi=off,pit=off,pic=off,rtc=off,"
		"isa-serial=off,auto-kernel-cmdline=off",
		"-cpu",
		"host",
		"-smp",
		"1",
		"-m",
		"2M",
		"-nodefaults",
		"-no-user-config",
		"-display",
		"none",
		"-device",
		"isa-debugcon,iobase=0xe0,chardev=doorbell",
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		qemu_argument(a, "%s", fixed[i]);
	qemu_argument(a, "-object");
	qemu_argument(a, "memory-backend-file,id=ram,size=%u,mem-path=/proc/self/fd/%d,share=on",
		      MEMORY, ram);
	qemu_argument(a, "-kernel");
	qemu_argument(a, "/proc/self/fd/%d", image);
	qemu_argument(a, "-append");
	qemu_argument(a, "cpus=1 doorbell=1 tsc_khz=%u interpreted=%d", host_tsc_khz(),
		      !vmm_probe()->hardware_ring0);
	qemu_argument(a, "-chardev");
	qemu_argument(a, "socket,id=doorbell,fd=%d", doorbell);
}

/* Until the guest's first byte; what then ends QEMU is not timed. */
static double to_first_byte(struct perf_row *row, int ram, int image, const int *doorbell)
{
	static struct qemu_arguments a;
	struct pollfd byte = {.fd = doorbell[0], .events = POLLIN};
	int64_t begin = host_now_ns();
	double ns = NAN;
	int pidfd;
	pid_t pid;

	a = (struct qemu_arguments){.program = qemu_path()};
	build(&a, ram, image, doorbell[1]);
	if (qemu_spawn(&a, (int[]){ram, image, doorbell[1]}, 3, 2, NULL, &pid, &pidfd))
		return perf_fail(row, "starting QEMU: %s", strerror(errno));
	if (poll(&byte, 1, LIMIT_MS) == 1)
		ns = (double)(host_now_ns() - begin);
	else
		perf_fail(row, "QEMU's guest sent nothing within %d ms", LIMIT_MS);
	kill(pid, SIGKILL); /* our child, not yet reaped */
	waitpid(pid, NULL, 0);
	close(pidfd);
	return ns;
}

static double qemu_alone(struct perf *p, struct perf_row *row, uint32_t pair)
{
	int ram = memfd_create("perf ram", MFD_CLOEXEC);
	int image = memfd_create("perf image", MFD_CLOEXEC);
	int doorbell[2] = {-1, -1};
	double ns = NAN;

	(void)p;
	(void)pair;
	if (ram < 0 || image < 0 || ftruncate(ram, MEMORY) ||
	    write(image, guest_image_start, guest_image_size) != (ssize_t)guest_image_size ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, doorbell))
		perf_fail(row, "files for QEMU: %s", strerror(errno));
	else
		ns = to_first_byte(row, ram, image, doorbell);
	close(ram);
	close(image);
	close(doorbell[0]);
	close(doorbell[1]);
	return ns;
}

void perf_qemu_trial(struct perf *p, struct perf_row *row)
{
	row->target = 1.2;
	if (!qemu_works(true, row->failed, sizeof(row->failed))) {
		row->skipped = true;
		return;
	}
	perf_before_trials();
	perf_pairs(p, row, PAIRS, trial, qemu_alone);
}
