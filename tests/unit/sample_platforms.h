/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ten platforms over three files, as a host and two labs give them: figures in hardware,
 * interpreted, emulated and deterministic; skips; faults with censored recoveries, noticed by our
 * detector on some platforms and by the platform's own on others.
 */
#ifndef VQ_SAMPLE_PLATFORMS_H
#define VQ_SAMPLE_PLATFORMS_H

#include "tests/unit/sample_full.h"

enum platform_kind { KIND_NATIVE, KIND_CONTAINER, KIND_RING3, KIND_TCG, KIND_LAB };

struct sample_platform_row {
	const char *name, *label;
	enum platform_kind kind;
	double cost;	 /* of what the processor runs, over native */
	double exit;	 /* of an exit, ns */
	int ours;	 /* our detector notices failures */
	size_t censored; /* of six trials of a fault */
};

static const struct sample_platform_row sample_host_platforms[] = {
	{"native", "native (nested)", KIND_NATIVE, 1, 1200, 1, 0},
	{"kvm", "kvm", KIND_RING3, 1.01, 9000, 1, 0},
	{"lxc", "lxc", KIND_CONTAINER, 1.002, 1200, 0, 0},
	{"oci", "oci", KIND_CONTAINER, 1.004, 1200, 0, 2},
	{"qemu-kvm", "qemu-kvm", KIND_RING3, 1.02, 14000, 0, 1},
	{"qemu-kvm-microvm", "qemu-kvm-microvm", KIND_RING3, 1.02, 13500, 0, 0},
	{"qemu-tcg", "qemu-tcg", KIND_TCG, 9, 700, 0, 4},
	{"qemu-tcg-microvm", "qemu-tcg-microvm", KIND_TCG, 8.5, 650, 0, 6},
};

static const struct sample_platform_row sample_amd_platforms[] = {
	{"kvm", "kvm", KIND_LAB, 1.05, 3066, 1, 0},
};

static const struct sample_platform_row sample_xen_platforms[] = {
	{"xen", "xen", KIND_LAB, 1.3, 41000, 0, 3},
};

enum bench_kind { BENCH_PORT, BENCH_EXIT, BENCH_RING0, BENCH_CPU, BENCH_RATE, BENCH_LIFE };

struct sample_bench_row {
	const char *name, *group;
	enum bench_kind kind;
	double ns; /* natively; of an exit, over that of the platform */
};

static const struct sample_bench_row sample_bench_rows[] = {
	{"exit_cpuid", "exits", BENCH_EXIT, 1},
	{"exit_page_touch", "exits", BENCH_EXIT, 1.4},
	{"exit_pio_user", "exits", BENCH_PORT, 2},
	{"exit_pio_kernel", "exits", BENCH_PORT, 1.2},
	{"exit_mmio_user", "exits", BENCH_PORT, 2.1},
	{"exit_mmio_kernel", "exits", BENCH_PORT, 1.3},
	{"exit_hypercall", "exits", BENCH_RING0, 0.8},
	{"exit_msr_write", "exits", BENCH_RING0, 0.9},
	{"exit_apic_timer", "exits", BENCH_RING0, 1.9},
	{"exit_ipi", "exits", BENCH_RING0, 2.4},
	{"exit_hlt_wake", "exits", BENCH_RING0, 3},
	{"guest_rdtsc", "exits", BENCH_CPU, 17},
	{"switch_guests", "switches", BENCH_EXIT, 1.7},
	{"switch_ring", "switches", BENCH_RING0, 0.4},
	{"switch_address_space", "switches", BENCH_RING0, 0.5},
	{"cpu_integer", "throughput", BENCH_RATE, 370},
	{"cpu_vector", "throughput", BENCH_RATE, 330},
	{"mem_bandwidth", "throughput", BENCH_RATE, 510},
	{"mem_latency_4k", "throughput", BENCH_CPU, 390},
	{"mem_latency_2m", "throughput", BENCH_CPU, 380},
	{"life_create", "life cycle", BENCH_LIFE, 1.8e6},
	{"life_destroy", "life cycle", BENCH_LIFE, 4.8e5},
	{"life_first_instruction", "life cycle", BENCH_LIFE, 4e6},
	{"life_first_service", "life cycle", BENCH_LIFE, 5e6},
	{"life_pause", "life cycle", BENCH_LIFE, 6.9e4},
	{"life_resume", "life cycle", BENCH_LIFE, 7e4},
	{"life_snapshot", "life cycle", BENCH_LIFE, 3.1e5},
	{"life_restore", "life cycle", BENCH_LIFE, 3e5},
};

#define SAMPLE_BENCH_ROWS (sizeof(sample_bench_rows) / sizeof(sample_bench_rows[0]))

struct sample_file {
	const char *path, *uuid, *host, *kernel;
	const struct sample_platform_row *platforms;
	size_t platform_count;
	enum execution lab; /* of a lab's figures */
	uint32_t trials;
	uint64_t seed;
	double extra; /* instructions that a patch added to each exit */
	int hostile;  /* names and reasons that try to be markup */
};

/* NULL: it runs. */
static inline const char *sample_skip(const struct sample_file *f,
				      const struct sample_platform_row *p,
				      const struct sample_bench_row *b)
{
	bool process = p->kind == KIND_NATIVE || p->kind == KIND_CONTAINER;

	if (process && b->kind == BENCH_PORT)
		return f->hostile ? SAMPLE_HOSTILE : "a process may not touch I/O ports";
	if (process && b->kind == BENCH_RING0)
		return "a process has no ring 0 of its own";
	if (p->kind == KIND_CONTAINER && b->ns == 3.1e5)
		return "criu is not installed: no snapshot of a container";
	if (p->kind == KIND_TCG && !strcmp(b->name, "exit_hypercall"))
		return "TCG is no hypervisor to call";
	return NULL;
}

static inline enum execution sample_execution(const struct sample_file *f,
					      const struct sample_platform_row *p,
					      const struct sample_bench_row *b)
{
	if (p->kind == KIND_LAB)
		return f->lab;
	if (p->kind == KIND_TCG || (p->kind == KIND_RING3 && b->kind == BENCH_RING0))
		return EXECUTION_INTERPRETED;
	return EXECUTION_HARDWARE;
}

static inline double sample_ns(const struct sample_file *f, const struct sample_platform_row *p,
			       const struct sample_bench_row *b)
{
	bool exits = b->kind == BENCH_EXIT || b->kind == BENCH_PORT || b->kind == BENCH_RING0;

	return exits ? b->ns * p->exit + f->extra : b->ns * p->cost;
}

static inline void sample_matrix_trial(struct sample *s, const struct sample_file *f,
				       const struct sample_platform_row *p,
				       const struct sample_bench_row *b)
{
	static struct histogram h;
	bool exact = sample_execution(f, p, b) == EXECUTION_DETERMINISTIC;
	struct result_trial t = sample_trial(s->run, s->ordinal, b->name, p->name);
	double tick = exact ? 1 : 0.5, layout = exact ? (double)(s->ordinal % 7) : 0;
	double ns = sample_ns(f, p, b) * (exact ? 1 : 1 + 0.03 * sample_noise(s)) + layout;
	struct result_batch batch;

	sample_batch_clear(&batch, &h, 0);
	for (int i = 0; i < 10; i++)
		sample_record(&batch,
			      (uint64_t)(60 + ns * (exact ? 1 : 1 + 0.02 * sample_noise(s)) / tick),
			      1);
	t.tick_ns = tick;
	t.seed = f->seed * 1000003 + s->ordinal++;
	t.work = b->kind == BENCH_RATE ? 1000 : 1;
	t.execution = sample_execution(f, p, b);
	t.batches = &batch;
	t.batch_count = 1;
	sample_must(s->r, result_add_trial(s->r, &t));
}

static inline void sample_matrix_benches(struct sample *s, const struct sample_file *f)
{
	for (size_t i = 0; i < SAMPLE_BENCH_ROWS; i++) {
		const struct sample_bench_row *b = &sample_bench_rows[i];
		enum unit unit = b->kind == BENCH_RATE ? OPERATIONS_PER_SECOND : NANOSECONDS;
		const struct result_bench row = {.run = s->run,
						 .name = b->name,
						 .group = b->group,
						 .summary = "a bench of the tests",
						 .unit = unit,
						 .better = unit == NANOSECONDS ? LOWER : HIGHER,
						 .traps = b->kind <= BENCH_RING0};

		sample_must(s->r, result_add_bench(s->r, &row));
		for (size_t k = 0; k < f->platform_count; k++) {
			const char *why = sample_skip(f, &f->platforms[k], b);
			const struct result_skip skip = {s->run, "bench", b->name,
							 f->platforms[k].name, why};

			if (why)
				sample_must(s->r, result_add_skip(s->r, &skip));
		}
	}
	for (uint32_t n = 0; n < f->trials; n++)
		for (size_t i = 0; i < SAMPLE_BENCH_ROWS * f->platform_count; i++) {
			const struct sample_bench_row *b =
				&sample_bench_rows[i % SAMPLE_BENCH_ROWS];
			const struct sample_platform_row *p = &f->platforms[i / SAMPLE_BENCH_ROWS];

			if (!sample_skip(f, p, b))
				sample_matrix_trial(s, f, p, b);
		}
}

static inline void sample_matrix_fault(struct sample *s, const struct sample_file *f,
				       const struct sample_platform_row *p, const char *fault,
				       size_t n)
{
	bool lost = n < p->censored;
	struct result_fault_trial ft =
		sample_outcome(lost ? OUTCOME_HANG : OUTCOME_ASSISTED_RECOVERED);
	struct result_event events[FAULT_STAMPS];
	struct result_progress progress[80];
	struct result_trial t;

	ft.detector_ours = p->ours;
	ft.detector = p->ours	   ? "watchdog: no beat for 25 ms"
		      : f->hostile ? SAMPLE_HOSTILE
				   : "libvirt: life-cycle event";
	sample_recovered(&ft, (int64_t)((p->ours ? 26e6 : 2e6) * (1 + 0.1 * sample_noise(s))),
			 (int64_t)(40e6 * p->cost * (1 + 0.1 * sample_noise(s))));
	if (lost) {
		for (int k = T3_RECOVERY_STARTED; k < FAULT_STAMPS; k++)
			ft.stamp_ns[k] = -1;
		ft.downtime_ns = ft.horizon_ns;
	}
	t = sample_fault_trial(s->run, s->ordinal++, fault, "restart", p->name, &ft);
	t.execution = p->kind == KIND_LAB   ? f->lab
		      : p->kind == KIND_TCG ? EXECUTION_INTERPRETED
					    : EXECUTION_HARDWARE;
	sample_timeline(&t, events, progress);
	sample_must(s->r, result_add_trial(s->r, &t));
}

static inline void sample_matrix_faults(struct sample *s, const struct sample_file *f)
{
	static const char *const faults[] = {"guest_hang", "vmm_killed"};

	for (size_t i = 0; i < 2; i++) {
		sample_fault(s->r, s->run, faults[i]);
		for (size_t k = 0; k < f->platform_count; k++) {
			const struct sample_platform_row *p = &f->platforms[k];
			const struct result_skip skip = {s->run, "fault", "vmm_killed+restart",
							 p->name, "it has no monitor to kill"};

			if (i && p->kind == KIND_CONTAINER) {
				sample_must(s->r, result_add_skip(s->r, &skip));
				continue;
			}
			for (size_t n = 0; n < 6; n++)
				sample_matrix_fault(s, f, p, faults[i], n);
		}
	}
}

static inline void sample_matrix_surroundings(struct sample *s, const struct sample_file *f)
{
	const struct result_fact facts[] = {
		{s->run, "host.name", f->host, NULL},
		{s->run, "kernel.release", f->kernel, NULL},
		{s->run, "cpu.model", "Sample CPU @ 2.00GHz", NULL},
	};
	const struct result_platform broken = {s->run, "libvirt-esx", "libvirt-esx",
					       "no such driver: install libvirt-daemon-driver-esx",
					       NULL};
	const struct result_skip skip = {s->run, "platform", "libvirt-esx", NULL, broken.why_not};

	for (size_t i = 0; i < 3; i++)
		sample_must(s->r, result_add_fact(s->r, &facts[i]));
	for (size_t i = 0; i < f->platform_count; i++)
		sample_platform(s->r, s->run, f->platforms[i].name,
				f->hostile && !i ? SAMPLE_HOSTILE : f->platforms[i].label);
	sample_must(s->r, result_add_platform(s->r, &broken));
	sample_must(s->r, result_add_skip(s->r, &skip));
}

static inline void sample_write_platforms(const struct sample_file *f)
{
	struct sample s = {.r = sample_create(f->path), .random = vq_mix(f->seed)};

	s.run = sample_run(s.r, f->uuid, "1.0");
	sample_must(s.r, result_begin(s.r));
	sample_matrix_surroundings(&s, f);
	sample_matrix_benches(&s, f);
	sample_matrix_faults(&s, f);
	sample_must(s.r, result_commit(s.r));
	sample_must(s.r, result_end_run(s.r, s.run, 0));
	result_close(s.r);
}

/* All three: a host with eight platforms, an AMD-V lab in virtual time, an emulated Xen host. */
static inline void sample_write_three(const char *const to[3], uint32_t trials, int hostile)
{
	const struct sample_file files[] = {
		{to[0], "p-host", "alpha", "6.18.0", sample_host_platforms, 8, EXECUTION_HARDWARE,
		 trials, 1, 0, hostile},
		{to[1], "p-amd", "amd-v lab", "6.1.0-18", sample_amd_platforms, 1,
		 EXECUTION_DETERMINISTIC, trials, 1, 0, hostile},
		{to[2], "p-xen", "xen lab", "6.1.0-18", sample_xen_platforms, 1, EXECUTION_EMULATED,
		 trials, 1, 0, hostile},
	};

	for (size_t i = 0; i < 3; i++)
		sample_write_platforms(&files[i]);
}

#endif
