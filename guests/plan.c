/* SPDX-License-Identifier: Apache-2.0 */
/* Many trials in one boot: choose, shuffle, run, say what cannot be run and why. */
#include "guests/plan.h"
#include "guests/payload_private.h"
#include "guests/transport.h"
#include "harness/bench.h"

#define MAX_BENCHES	64u
#define DEFAULT_ROUNDS	20u
#define DEFAULT_BATCHES 4u
#define DEFAULT_SAMPLES 50u
#define NMI		2u
#define MACHINE_EVERY	32u /* trials: a log whose begin is lost still says where it is from */
#define OTHERS_TICKS	20000000000ull
#define WAKE_TICKS	1000000u
#define STALL_LOOK	100000000u /* of the APIC timer, between two looks at a trial */
#define DEFAULT_BOUND	30u	   /* seconds for a trial */
#define DEFAULT_KHZ	2000000u   /* where nobody knows how fast the TSC ticks */

struct choice {
	const struct bench *bench;
	const struct guest_bench *guest;
	bool refused;
};

static struct choice choices[MAX_BENCHES];
static uint32_t choice_count, rounds;
static volatile uint32_t trials;

/* For the other CPUs. */
static const struct guest_bench *volatile current;
static volatile uint32_t generation, others_back;

static void *recovery[5]; /* __builtin_setjmp's */
static volatile bool in_trial;
static volatile bool stopped; /* by the other CPU */

/* ---- Choosing ---- */

static bool glob_matches(const char *glob, const char *end, const char *name)
{
	while (glob < end && *glob != '*') {
		if (!*name || (*glob != '?' && *glob != *name))
			return false;
		glob++;
		name++;
	}
	if (glob == end)
		return !*name;
	for (; *name; name++)
		if (glob_matches(glob + 1, end, name))
			return true;
	return glob_matches(glob + 1, end, name);
}

/* Does one of the globs, parted by commas, match? */
static bool is_chosen(const char *list, const char *name)
{
	const char *end = list + payload_word_length(list);

	while (list < end) {
		const char *comma = list;

		while (comma < end && *comma != ',')
			comma++;
		if (glob_matches(list, comma, name))
			return true;
		list = comma + 1;
	}
	return false;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static const struct bench *descriptor_of(const struct guest_bench *g)
{
	for (const void *const *b = __start_benches; b < __stop_benches; b++)
		if (same(((const struct bench *)*b)->name, g->name))
			return *b;
	return 0;
}

static void choose(const char *globs)
{
	for (const void *const *b = __start_guest_benches; b < __stop_guest_benches; b++) {
		const struct guest_bench *g = *b;
		const struct bench *d = descriptor_of(g);

		if (d && is_chosen(globs, g->name) && choice_count < MAX_BENCHES)
			choices[choice_count++] = (struct choice){d, g, false};
	}
}

/* What this guest, alone on a machine, cannot do; NULL: it can try. */
static const char *lacks(const struct payload *p, const struct bench *b)
{
	uint32_t flags = p->boot->flags;

	if (b->cast > 1 || b->cast_is_parameter || b->share_window || b->needs & CAN_NOTIFY)
		return "it needs several guests, and this one is alone";
	if (b->needs & CAN_KERNEL_DEVICES)
		return "it needs devices that only a VMM of ours has";
	if (b->needs & CAN_DISK)
		return "it needs a disk of its own, and those of this machine are not touched";
	if (b->untouched)
		return "it needs RAM that the host has not given yet, and none is known to be";
	if (b->needs & CAN_APIC && flags & VQ_MACHINE_NO_APIC)
		return "the firmware left the local APIC off or in x2APIC mode";
	if (b->cpus > p->boot->cpus)
		return "it needs a second CPU, and none came up";
	if (b->needs & CAN_HYPERCALL && !(flags & VQ_MACHINE_HYPERVISOR))
		return "there is no hypervisor to call";
	if (b->needs & CAN_HYPERCALL && flags & VQ_MACHINE_INTERPRETED)
		return "ring 0 is interpreted here, and a hypercall may never return";
	return 0;
}

/* ---- Saying what this is ---- */

static void put_registers(char *to, uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	const uint32_t r[4] = {a, b, c, d};

	__builtin_memcpy(to, r, sizeof(r));
}

static void say_machine(struct payload *p)
{
	struct vq_machine m = {
		.signature = cpuid(1, 0).eax,
		.flags = p->boot->flags,
		.cpus = p->boot->cpus,
		.tsc_khz = p->boot->tsc_khz,
		.tsc_source = p->boot->tsc_source,
		.memory = p->boot->work_begin ? p->boot->work_end - p->boot->work_begin
					      : p->boot->memory_size,
	};
	struct cpuid c = cpuid(0, 0);

	put_registers(m.vendor, c.ebx, c.edx, c.ecx, 0);
	if (m.flags & VQ_MACHINE_HYPERVISOR) {
		c = cpuid(0x40000000, 0);
		put_registers(m.hypervisor, c.ebx, c.ecx, c.edx, 0);
	}
	for (uint32_t i = 0; i < 3 && cpuid(0x80000000, 0).eax >= 0x80000004; i++) {
		c = cpuid(0x80000002 + i, 0);
		put_registers(m.cpu + 16 * i, c.eax, c.ebx, c.ecx, c.edx);
	}
	record_write(p->writer, VQ_RECORD_MACHINE, 0, &m, sizeof(m));
}

static void say_plan(struct payload *p, uint64_t seed)
{
	static struct {
		struct vq_plan plan;
		char names[MAX_BENCHES * 32];
	} r;
	uint32_t at = 0;

	r.plan = (struct vq_plan){.rounds = rounds, .benches = choice_count, .seed = seed};
	for (uint32_t i = 0; i < choice_count; i++)
		for (const char *s = choices[i].guest->name;; s++) {
			r.names[at++] = *s;
			if (!*s)
				break;
		}
	record_write(p->writer, VQ_RECORD_PLAN, 0, &r, (uint32_t)sizeof(r.plan) + at);
}

static void say_trial(struct payload *p, const struct choice *c, uint32_t round)
{
	struct vq_trial t = {
		.number = trials,
		.round = round,
		.rounds = rounds,
		.ring = c->guest->ring,
		.flags = p->boot->flags,
		.tsc_khz = p->boot->tsc_khz,
		.tsc_source = p->boot->tsc_source,
		.abi_version = VQ_ABI_VERSION,
		.seed = p->seed,
		.tsc = rdtsc(),
	};

	for (uint32_t i = 0; c->guest->name[i] && i + 1 < sizeof(t.bench); i++)
		t.bench[i] = c->guest->name[i];
	if (trials % MACHINE_EVERY == MACHINE_EVERY - 1)
		say_machine(p);
	record_write(p->writer, VQ_RECORD_TRIAL, 0, &t, sizeof(t));
}

static void print_time(const struct payload *p, uint64_t ticks)
{
	if (!p->boot->tsc_khz) {
		transport_print_number(ticks);
		transport_print(" ticks");
		return;
	}
	transport_print_number(ticks * 1000000 / p->boot->tsc_khz);
	transport_print(" ns");
}

static void print_trial(const struct payload *p, const struct choice *c, uint32_t round)
{
	transport_print("virt-qualify: round ");
	transport_print_number(round + 1);
	transport_print(" of ");
	transport_print_number(rounds);
	transport_print(": ");
	transport_print(c->guest->name);
	if (c->refused) {
		transport_print(": not here: ");
		transport_print(p->why);
	} else {
		transport_print(" ");
		print_time(p, bench_last_median());
	}
	transport_print("\n");
}

/* ---- Trials ---- */

static void reset(struct payload *p)
{
	for (uint32_t i = 0; i < 8; i++)
		p->scratch[i] = 0;
	for (uint32_t i = 0; i < 256; i++)
		interrupt_count[i] = 0;
	bench_prepare();
}

static void wake_others(const struct payload *p)
{
	for (uint32_t cpu = 1; cpu < p->boot->cpus; cpu++)
		apic_send_ipi(cpu, VECTOR_IPI + cpu);
}

static void call_others(const struct payload *p, const struct guest_bench *g)
{
	if (!g->other)
		return;
	others_back = 0;
	current = g;
	__atomic_add_fetch(&generation, 1, __ATOMIC_ACQ_REL);
	wake_others(p);
}

/* They may be halted: wake them until all are back. false: one is lost. */
static bool gather_others(const struct payload *p)
{
	uint64_t begin = rdtsc();

	bench_stop_others();
	while (others_back < p->boot->cpus - 1) {
		uint64_t now = rdtsc();

		if (now - begin > OTHERS_TICKS)
			return false;
		wake_others(p);
		while (rdtsc() - now < WAKE_TICKS)
			cpu_pause();
	}
	return true;
}

static void measure(struct payload *p, const struct choice *c)
{
	const char *stalls = payload_option(p->boot, "stall");

	stopped = false;
	in_trial = true;
	if (!__builtin_setjmp(recovery)) {
		/* So that what stops it can be tested. */
		if (stalls && is_chosen(stalls, c->guest->name))
			environment_hang();
		bench_run(p, c->guest);
	}
	in_trial = false;
}

static void run_trial(struct payload *p, struct choice *c, uint32_t round)
{
	const struct bench *b = c->bench;
	const char *why = lacks(p, b);

	reset(p);
	p->seed = vq_mix(payload_number(p->boot, "seed", 1) + trials);
	p->batches = payload_number(p->boot, "batches", b->batches ? b->batches : DEFAULT_BATCHES);
	p->samples = payload_number(p->boot, "samples", b->samples ? b->samples : DEFAULT_SAMPLES);
	p->warmup = b->warmup ? b->warmup : p->samples;
	p->why[0] = '\0';
	say_trial(p, c, round);
	trials++;
	if (why) {
		payload_refuse(p, why);
		bench_refused(p);
	} else {
		call_others(p, c->guest);
		measure(p, c);
		if (c->guest->other && !gather_others(p)) {
			transport_print("virt-qualify: a CPU does not come back\n");
			p->boot->cpus = 1;
		}
	}
	c->refused = p->why[0];
	print_trial(p, c, round);
	transport_drain(p);
}

/* Each stamp ends with RDTSCP: without it there is nothing to be measured. */
static const char *unknown_instruction(void)
{
	if (cpuid(0x80000000, 0).eax < 0x80000001 || !(cpuid(0x80000001, 0).edx & 1u << 27))
		return "this CPU has no RDTSCP, which every measurement needs; give the guest its "
		       "host's CPU (QEMU: -cpu host, or -cpu max under TCG)";
	return "the machine does not know the instruction (#UD)";
}

void plan_exception(struct payload *p, uint64_t vector, uint64_t error)
{
	if (!in_trial)
		return;
	in_trial = false;
	if (vector == NMI && stopped) {
		payload_refuse(p, "it did not come to an end here, and was stopped");
		bench_refused(p);
		__builtin_longjmp(recovery, 1);
	}
	/* #UD, #GP: the operation is not to be had here. Anything else is a failure. */
	if (vector == 6 || vector == 13) {
		payload_refuse(p, vector == 6 ? unknown_instruction()
					      : "the machine refuses the instruction (#GP)");
		bench_refused(p);
	} else {
		payload_event(p, VQ_EVENT_EXCEPTION, vector << 32 | (uint32_t)error);
		payload_goodbye(p, 0, 2, 0);
	}
	__builtin_longjmp(recovery, 1);
}

/* Each round holds every bench once, in an order of its own (Fisher and Yates). */
static void run_round(struct payload *p, uint32_t round, uint64_t *random)
{
	uint8_t order[MAX_BENCHES];

	for (uint32_t i = 0; i < choice_count; i++)
		order[i] = (uint8_t)i;
	for (uint32_t i = choice_count; i > 1; i--) {
		uint32_t j = (uint32_t)((*random = vq_mix(*random + i)) % i);
		uint8_t swapped = order[i - 1];

		order[i - 1] = order[j];
		order[j] = swapped;
	}
	for (uint32_t i = 0; i < choice_count; i++)
		if (!choices[order[i]].refused)
			run_trial(p, &choices[order[i]], round);
}

/* ---- The end ---- */

static void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" ::"a"(value), "d"(port) : "memory");
}

/* What emulators take for power-off; on real machines these ports may be anything. */
static void power_off(void *a, void *b)
{
	static const char bochs[] = "Shutdown";

	(void)a;
	(void)b;
	outw(0x604, 0x2000);  /* QEMU */
	outw(0xb004, 0x2000); /* Bochs, older QEMU */
	outw(0x4004, 0x3400); /* VirtualBox */
	for (const char *s = bochs; *s; s++)
		outb(0x8900, (uint8_t)*s);
}

static void reboot(void *a, void *b)
{
	(void)a;
	(void)b;
	outb(0xcf9, 0x02);
	outb(0xcf9, 0x06);
	outb(0x64, 0xfe);
}

static void end(const struct payload *p)
{
	const char *how = payload_option(p->boot, "end");

	if (how && *how == 'r') {
		ring0_call(reboot, 0, 0);
		environment_triple_fault();
	}
	if (how && *how == 'p' && p->boot->flags & VQ_MACHINE_HYPERVISOR)
		ring0_call(power_off, 0, 0);
}

static void lead(struct payload *p)
{
	uint64_t seed = payload_number(p->boot, "seed", 1), random = vq_mix(seed);
	struct vq_hello hello = {.abi_version = VQ_ABI_VERSION,
				 .cpus = p->boot->cpus,
				 .tsc = rdtsc(),
				 .vendor = cpuid(0, 0).ebx,
				 .ring = RING3,
				 .tsc_khz = p->boot->tsc_khz};
	struct vq_done done = {0};

	choose(payload_option(p->boot, "plan"));
	rounds = payload_number(p->boot, "rounds", DEFAULT_ROUNDS);
	if (!rounds || rounds > VQ_MAX_ROUNDS)
		rounds = VQ_MAX_ROUNDS;
	transport_print("\nvirt-qualify: ");
	transport_print_number(choice_count);
	transport_print(" benches, ");
	transport_print_number(rounds);
	transport_print(" rounds\n");
	record_write(p->writer, VQ_RECORD_HELLO, 0, &hello, sizeof(hello));
	say_machine(p);
	say_plan(p, seed);
	transport_drain(p);
	for (uint32_t i = 0; i < rounds; i++)
		run_round(p, i, &random);
	say_plan(p, seed);
	say_machine(p);
	done.trials = trials;
	done.tsc = rdtsc();
	record_write(p->writer, VQ_RECORD_DONE, 0, &done, sizeof(done));
	transport_drain(p);
	transport_print("virt-qualify: done: ");
	transport_print_number(trials);
	transport_print(" trials\n");
	end(p);
}

/*
 * Has CPU 0 been at one trial for too long (what it says of it is printed later)? Then it is
 * stopped by the one interrupt that reaches it with its interrupts off. By this CPU's own clock:
 * another one's may be ahead.
 */
static void look_for_stall(uint64_t bound)
{
	static uint32_t looked_at;
	static uint64_t since;

	if (looked_at != trials || !in_trial) {
		looked_at = trials;
		since = rdtsc();
	} else if (!stopped && rdtsc() - since > bound) {
		stopped = true;
		apic_send_ipi(0, APIC_NMI);
	}
}

static void halt_until_called(void *seen, void *bound)
{
	while (__atomic_load_n(&generation, __ATOMIC_ACQUIRE) == *(uint32_t *)seen) {
		apic_write(APIC_TIMER_INIT, STALL_LOOK);
		kernel_halt();
		look_for_stall(*(uint64_t *)bound);
	}
	apic_write(APIC_TIMER_INIT, 0);
}

/* The other CPUs: a turn for each trial that wants them. Meanwhile they halt, so as not to take
 * from what is measured. */
static void help(struct payload *p)
{
	uint32_t khz = p->boot->tsc_khz ? p->boot->tsc_khz : DEFAULT_KHZ;
	uint64_t bound = 1000ull * khz * payload_number(p->boot, "bound", DEFAULT_BOUND);
	uint32_t seen = 0;

	apic_write(APIC_TIMER_DIV, APIC_DIVIDE_BY_1);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER + p->cpu); /* one-shot */
	for (;;) {
		ring0_call(halt_until_called, &seen, &bound);
		seen = generation;
		for (uint32_t i = 0; i < 8; i++)
			p->scratch[i] = 0;
		bench_assist(p, current);
		__atomic_add_fetch(&others_back, 1, __ATOMIC_ACQ_REL);
	}
}

void plan_run(struct payload *p)
{
	if (p->cpu)
		help(p);
	else
		lead(p);
}
