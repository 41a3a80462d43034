/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a guest that ran its plan elsewhere, into trials: whole, refused, damaged or lost. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "harness/core/command.h"
#include "harness/import.h"
#include "harness/import_internal.h"
#include "harness/store.h"

#define MOST_NS (INT64_MAX / 4)

void import_fail(struct import *m, int code, const char *format, ...)
{
	va_list args;

	if (m->failed)
		return;
	va_start(args, format);
	vsnprintf(m->error, sizeof(m->error), format, args);
	va_end(args);
	m->failed = true;
	m->code = code;
}

/* ---- The plan ---- */

static struct import_bench *find_bench(struct import_boot *b, const struct bench *bench)
{
	for (size_t i = 0; i < b->bench_count; i++)
		if (b->bench[i].bench == bench)
			return &b->bench[i];
	return NULL;
}

static struct import_bench *add_bench(struct import_boot *b, const struct bench *bench)
{
	struct import_bench *known = find_bench(b, bench);

	if (known || b->bench_count == IMPORT_BENCHES)
		return known;
	b->bench[b->bench_count] = (struct import_bench){.bench = bench};
	return &b->bench[b->bench_count++];
}

/* A bench that this program does not know has no unit: it is told once, and left out. */
static void tell_unknown(struct import *m, const char *name)
{
	struct result_skip skip = {.run = m->run,
				   .kind = "bench",
				   .what = name,
				   .platform = PLATFORM_IMPORTED,
				   .why = "this version of virt-qualify does not know that bench"};

	for (size_t i = 0; i < m->unknown_count; i++)
		if (!strncmp(m->unknown[i], name, sizeof(m->unknown[i]) - 1))
			return;
	if (m->unknown_count == IMPORT_BENCHES)
		return;
	snprintf(m->unknown[m->unknown_count++], sizeof(m->unknown[0]), "%s", name);
	if (result_add_skip(m->result, &skip))
		import_fail(m, EXIT_HARNESS, "%s", result_error(m->result));
}

static const struct bench *bench_called(struct import *m, const char *name)
{
	const struct bench *b = registry_find(REGISTRY(benches), name);

	if (!b)
		tell_unknown(m, name);
	return b;
}

static void take_plan(struct import *m, const struct record *r)
{
	const struct vq_plan *p = (const void *)r->payload;
	const char *name = (const char *)(p + 1),
		   *end = (const char *)r->payload + r->header.length;

	if (r->header.length < sizeof(*p) || !p->rounds || p->rounds > VQ_MAX_ROUNDS) {
		m->boot.stray++;
		return;
	}
	if (m->boot.planned)
		return;
	m->boot.planned = true;
	m->boot.rounds = p->rounds;
	for (uint32_t i = 0; i < p->benches && i < IMPORT_BENCHES && name < end; i++) {
		const char *stop = memchr(name, '\0', (size_t)(end - name));
		const struct bench *b;

		if (!stop)
			break;
		b = bench_called(m, name);
		if (b)
			add_bench(&m->boot, b);
		name = stop + 1;
	}
}

/* ---- Trials ---- */

static int64_t ns_since_boot(const struct import_boot *b, uint64_t tsc)
{
	double ns = ((double)tsc - (double)b->first_tsc) * b->tick_ns;

	return ns > 0 && ns < (double)MOST_NS ? (int64_t)ns : 0;
}

static void take_console(struct import *m)
{
	const uint64_t room = sizeof(m->noise) - 1;
	uint64_t n = m->noise_size < room ? m->noise_size : room;
	char *out = m->found->console;

	for (uint64_t i = 0; i < n; i++) {
		char c = m->noise[(m->noise_size - n + i) % sizeof(m->noise)];

		out[i] = c ? c : ' ';
	}
	out[n] = '\0';
	m->noise_size = 0;
}

static void begin_result(struct import *m)
{
	struct trial_result *r = m->found;

	r->status = TRIAL_OK;
	r->reason[0] = r->console[0] = r->detector[0] = '\0';
	r->execution = EXECUTION_HARDWARE;
	r->tick_ns = r->work = 1;
	r->overhead_ticks = 0;
	r->exits_per_op = r->emulated_per_op = NAN;
	r->memory_locked = -1;
	r->batch_count = r->bucket_count = r->event_count = 0;
	m->trial.result = r;
	m->trial.start_ns = 0;
	intake_begin(&m->intake);
}

static void count_status(struct import_summary *s, uint32_t status)
{
	s->trials++;
	s->ok += status == TRIAL_OK;
	s->unsupported += status == TRIAL_UNSUPPORTED;
	s->invalid += status == TRIAL_INVALID;
	s->failed += status != TRIAL_OK && status != TRIAL_UNSUPPORTED && status != TRIAL_INVALID;
}

static void store(struct import *m)
{
	if (m->summary->trials >= IMPORT_MAX_TRIALS) {
		import_fail(m, EXIT_USAGE,
			    "the log tells of more than %u trials: it is damaged or no log of ours",
			    IMPORT_MAX_TRIALS);
		return;
	}
	if (m->failed)
		return;
	if (store_trial(m->result, m->run, m->ordinal++, 0, &m->spec, m->found, NULL)) {
		import_fail(m, EXIT_HARNESS, "%s", result_error(m->result));
		return;
	}
	count_status(m->summary, m->found->status);
}

static void label(struct import *m)
{
	struct trial_result *r = m->found;
	bool interpreted = m->told.flags & VQ_MACHINE_INTERPRETED && m->told.ring == 0;

	r->execution = m->execution == EXECUTION_HARDWARE && interpreted
			       ? EXECUTION_INTERPRETED
			       : (uint32_t)(m->execution < 0 ? EXECUTION_EMULATED : m->execution);
	r->work = m->spec.bench->work > 0 ? m->spec.bench->work : 1;
	if (m->told.tsc_khz)
		r->tick_ns = 1e6 / m->told.tsc_khz /
			     (m->spec.bench->divide_by ? m->spec.bench->divide_by : 1);
	trial_event(&m->trial, 0, 0, "import",
		    "no counter of the hypervisor's stands beside: what the operations did is not "
		    "proved");
}

/* Is it whole, and does it say what it must? */
static void judge(struct import *m)
{
	struct intake *in = &m->intake;
	struct trial *t = &m->trial;

	if (m->missing)
		trial_fail(t, TRIAL_INVALID,
			   "%llu of its records, or of those right after it, were lost on the way; "
			   "%u batches had arrived",
			   (unsigned long long)m->missing, m->found->batch_count);
	else if (!in->goodbye)
		trial_fail(t, TRIAL_INVALID, "the log ends within it; %u batches had arrived",
			   m->found->batch_count);
	else if (in->failed || in->batches != m->found->batch_count)
		trial_fail(t, TRIAL_FAILED, "the guest did %u batches and says %u%s",
			   m->found->batch_count, in->batches,
			   in->failed ? ", and that it failed" : "");
	else if (!m->found->batch_count)
		trial_fail(t, TRIAL_FAILED, "the guest ended without a batch");
	else if (!m->told.tsc_khz)
		trial_fail(t, TRIAL_INVALID,
			   "the guest did not find out how fast its TSC ticks, so its ticks are no "
			   "time; give tsc_khz= on its command line");
	else if (in->interrupts < in->operations)
		trial_fail(t, TRIAL_INVALID, "only %llu of %llu interrupts were seen to arrive",
			   (unsigned long long)in->interrupts, (unsigned long long)in->operations);
}

static void close_trial(struct import *m)
{
	if (!m->open)
		return;
	m->open = false;
	label(m);
	judge(m);
	if (m->missing || !m->intake.goodbye) /* which are its own is not known any more */
		m->found->batch_count = m->found->bucket_count = 0;
	take_console(m);
	m->found->started_ns = m->boot.start_ns + ns_since_boot(&m->boot, m->told.tsc);
	m->found->ended_ns = m->found->started_ns;
	if (m->end_tsc > m->told.tsc)
		m->found->ended_ns = m->boot.start_ns + ns_since_boot(&m->boot, m->end_tsc);
	if (m->found->ended_ns > m->boot.end_ns)
		m->boot.end_ns = m->found->ended_ns;
	store(m);
}

static void set_spec(struct import *m, const struct bench *b, uint64_t seed)
{
	static const struct platform *platform;

	if (!platform)
		platform = registry_find(REGISTRY(platforms), PLATFORM_IMPORTED);
	m->spec = (struct trial_spec){
		.platform = platform, .bench = b, .seed = seed, .parameter = b->parameters[0]};
	m->trial.spec = &m->spec;
}

static void begin_trial(struct import *m, const struct record *r)
{
	const struct bench *b;
	struct import_bench *known;

	memcpy(&m->told, r->payload, sizeof(m->told));
	m->told.bench[sizeof(m->told.bench) - 1] = '\0';
	if (m->told.abi_version != VQ_ABI_VERSION) {
		import_fail(m, EXIT_USAGE,
			    "the log's guest speaks version %u and this virt-qualify version %u; "
			    "import it with the version that made the image",
			    m->told.abi_version, VQ_ABI_VERSION);
		return;
	}
	b = bench_called(m, m->told.bench);
	if (!b || m->told.round >= VQ_MAX_ROUNDS || (m->told.ring != 0 && m->told.ring != 3)) {
		m->boot.stray++;
		return;
	}
	known = add_bench(&m->boot, b);
	if (known)
		known->seen[m->told.round / 8] |= (uint8_t)(1u << m->told.round % 8);
	if (!m->boot.rounds && m->told.rounds <= VQ_MAX_ROUNDS)
		m->boot.rounds = m->told.rounds;
	if (!m->boot.first_tsc) {
		m->boot.first_tsc = m->told.tsc;
		m->boot.tick_ns = m->told.tsc_khz ? 1e6 / m->told.tsc_khz : 0;
	}
	set_spec(m, b, m->told.seed);
	begin_result(m);
	m->intake.hello = true;
	m->intake.ring = m->told.ring;
	m->missing = 0;
	m->end_tsc = 0;
	m->open = true;
}

static void take_own(struct import *m, const struct record *r)
{
	const struct vq_batch *batch = (const void *)r->payload;

	memcpy(&m->intake.record.header, &r->header, sizeof(r->header));
	memcpy(m->intake.record.payload, r->payload, r->header.length);
	/* A record that makes no sense, or that says why there is nothing, decides the trial's
	 * status; it stays open up to its goodbye. */
	intake_record(&m->trial, &m->intake);
	if (r->header.type == VQ_RECORD_BATCH && r->header.length == sizeof(*batch))
		m->end_tsc = batch->end_tsc;
	if (m->found->status == TRIAL_UNSUPPORTED) {
		struct import_bench *known = find_bench(&m->boot, m->spec.bench);

		if (known)
			known->refused = true;
	}
	if (r->header.type == VQ_RECORD_GOODBYE)
		close_trial(m);
}

void import_take_record(void *context, const struct record *r, uint64_t missing)
{
	struct import *m = context;

	if (m->failed)
		return;
	m->missing += missing;
	switch (r->header.type) {
	case VQ_RECORD_HELLO:
	case VQ_RECORD_MACHINE: /* taken before any trial: see import.c */
		return;
	case VQ_RECORD_PLAN:
		take_plan(m, r);
		return;
	case VQ_RECORD_DONE:
		close_trial(m);
		m->boot.done = true;
		return;
	case VQ_RECORD_TRIAL:
		close_trial(m);
		if (r->header.length == sizeof(m->told))
			begin_trial(m, r);
		return;
	default:
		if (m->open)
			take_own(m, r);
		else
			m->boot.stray++;
	}
}

void import_take_noise(void *context, const char *bytes, size_t size)
{
	struct import *m = context;

	if (size > sizeof(m->noise)) {
		m->noise_size += size - sizeof(m->noise);
		bytes += size - sizeof(m->noise);
		size = sizeof(m->noise);
	}
	for (size_t i = 0; i < size; i++)
		m->noise[m->noise_size++ % sizeof(m->noise)] = bytes[i];
}

/* ---- What is not in the log ---- */

static void store_lost(struct import *m, const struct import_bench *b, const char *which)
{
	set_spec(m, b->bench, 0);
	begin_result(m);
	trial_fail(&m->trial, TRIAL_FAILED, "%s in the log, which %s", which,
		   m->boot.done ? "goes to the end of the plan: lost on the way"
				: "ends before the plan did, or was cut");
	m->found->execution = (uint32_t)(m->execution < 0 ? EXECUTION_EMULATED : m->execution);
	m->found->started_ns = m->found->ended_ns = m->boot.end_ns;
	store(m);
}

static bool is_seen(const struct import_bench *b, uint32_t round)
{
	return b->seen[round / 8] >> round % 8 & 1;
}

/* A bench that was never seen may have been refused, and then was tried only once: one row. */
static void store_lost_rounds(struct import *m, const struct import_bench *b)
{
	uint32_t rounds = m->boot.rounds, seen = 0;
	char which[80];

	for (uint32_t i = 0; i < rounds; i++)
		seen += is_seen(b, i);
	if (!seen) {
		snprintf(which, sizeof(which), "none of up to %u rounds is", rounds);
		store_lost(m, b, which);
		return;
	}
	for (uint32_t i = 0; i < rounds && !m->failed; i++) {
		if (is_seen(b, i) || (b->refused && i))
			continue;
		snprintf(which, sizeof(which), "nothing of round %u of %u is", i + 1, rounds);
		store_lost(m, b, which);
	}
}

void import_end_boot(struct import *m)
{
	struct import_boot *b = &m->boot;
	int64_t end_ns;

	close_trial(m);
	for (size_t i = 0; i < b->bench_count && !m->failed; i++)
		store_lost_rounds(m, &b->bench[i]);
	end_ns = b->end_ns;
	memset(b, 0, sizeof(*b));
	b->start_ns = b->end_ns = end_ns;
}

void import_take_boot(void *context, uint32_t number)
{
	struct import *m = context;

	(void)number;
	import_end_boot(m);
	m->missing = 0;
}
