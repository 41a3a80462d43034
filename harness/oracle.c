/* SPDX-License-Identifier: Apache-2.0 */
/* Watching heartbeats from outside. Everything read here was written by a guest that may be broken.
 */
#include "harness/oracle.h"

#include <stdio.h>
#include <string.h>

#define READ_ATTEMPTS	64	  /* a cell being written is whole again in nanoseconds */
#define BAD_SAMPLES_MAX 20	  /* so many samples in a row without a checksum: corruption */
#define TORN_NS		200000000 /* eight guests take turns on a CPU in some 30 ms */
#define MAX_CHAIN_STEPS 1000000u  /* bounds what a forged sequence number can cost */

void oracle_init(struct oracle *o, int64_t loss_ns)
{
	memset(o, 0, sizeof(*o));
	o->loss_ns = loss_ns;
}

uint32_t oracle_add(struct oracle *o, const uint8_t *memory, uint32_t cpus, bool watched)
{
	struct oracle_guest *g = &o->guest[o->guests];

	g->memory = memory;
	g->cpus = cpus < VQ_MAX_CPUS ? cpus : VQ_MAX_CPUS;
	g->watched = watched;
	return o->guests++;
}

/* Copy a cell out of guest memory; false where no try gave a valid checksum. */
static bool read_cell(const struct oracle_guest *g, uint32_t cpu, struct vq_heartbeat *out)
{
	const volatile struct vq_heartbeat *cell =
		(const volatile struct vq_heartbeat *)(g->memory + VQ_HEARTBEAT_OFFSET) + cpu;

	for (int i = 0; i < READ_ATTEMPTS; i++) {
		*out = *cell;
		if (out->checksum == vq_heartbeat_checksum(out))
			return true;
	}
	return false;
}

static bool is_blank(const struct vq_heartbeat *c)
{
	static const struct vq_heartbeat blank;

	return memcmp(c, &blank, sizeof(blank)) == 0;
}

/* Does the digest follow from the last cell by exactly the operations in between? */
static bool chain_follows(const struct vq_heartbeat *from, const struct vq_heartbeat *to)
{
	uint64_t chain = from->chain;

	if (to->sequence - from->sequence > MAX_CHAIN_STEPS)
		return false;
	/* Counted down, as a forged sequence may be the greatest there is. */
	for (uint64_t s = from->sequence, n = to->sequence - from->sequence; n; n--)
		chain = vq_chain_next(chain, ++s);
	return chain == to->chain;
}

/*
 * When an acknowledgement with that stamp was made. The stamp is the guest's word: it only chooses
 * a place between the two samples that prove the progress, and outside them it counts for nothing.
 */
static int64_t served_at(const struct oracle *o, uint64_t tsc)
{
	uint64_t now = __builtin_ia32_rdtsc();
	int64_t at;

	if (!o->tsc_khz || tsc > now)
		return o->previous_ns;
	at = o->sampled_ns - (int64_t)((double)(now - tsc) * 1e6 / o->tsc_khz);
	return at >= o->previous_ns && at <= o->sampled_ns ? at : o->previous_ns;
}

static void note_lost(struct oracle_guest *g, uint64_t fewer)
{
	/* Bounded: the numbers are the guest's, and sums of them must not wrap. */
	g->lost_operations += fewer < INT32_MAX ? (int64_t)fewer + 1 : INT32_MAX;
}

static void take_progress(struct oracle *o, struct oracle_guest *g, struct oracle_cpu *c,
			  const struct vq_heartbeat *now)
{
	struct vq_heartbeat origin = {0};
	bool same_life = c->seen && now->epoch == c->cell.epoch;

	if (same_life && now->sequence < c->cell.sequence) {
		g->corrupt = g->corrupt_silently = true; /* operations vanished within a life */
	} else if (same_life) {
		if (!chain_follows(&c->cell, now))
			g->corrupt = g->corrupt_silently = true;
		g->operations += now->sequence - c->cell.sequence;
	} else {
		if (!c->seen && now->sequence <= MAX_CHAIN_STEPS && !chain_follows(&origin, now))
			g->corrupt = g->corrupt_silently = true;
		if (c->seen && now->sequence <= c->cell.sequence)
			note_lost(g, c->cell.sequence - now->sequence);
		g->operations += 1;
	}
	c->before_ns = o->previous_ns;
	c->progress_ns = o->sampled_ns;
	c->served_ns = served_at(o, now->tsc);
}

/*
 * A vCPU that lost its CPU in the middle of a cell leaves it torn until it is scheduled again: what
 * does not change counts only once that is beyond any slice.
 */
static bool stays_bad(const struct oracle *o, struct oracle_cpu *c, const struct vq_heartbeat *now)
{
	if (!c->bad_samples || memcmp(now, &c->torn, sizeof(*now))) {
		c->torn = *now;
		c->torn_ns = o->sampled_ns;
		return ++c->bad_samples >= BAD_SAMPLES_MAX;
	}
	return o->sampled_ns - c->torn_ns > TORN_NS;
}

static void sample_cpu(struct oracle *o, struct oracle_guest *g, uint32_t cpu)
{
	struct oracle_cpu *c = &g->cpu[cpu];
	struct vq_heartbeat now;

	if (!read_cell(g, cpu, &now)) {
		if (!is_blank(&now) && stays_bad(o, c, &now))
			g->corrupt = true;
		return;
	}
	c->bad_samples = 0;
	if (!c->seen || now.sequence != c->cell.sequence || now.epoch != c->cell.epoch)
		take_progress(o, g, c, &now);
	c->seen = true;
	c->cell = now;
}

static struct oracle_interval *open_interval(struct oracle *o, uint32_t guest)
{
	for (uint32_t i = 0; i < o->lost_count; i++)
		if (o->lost[i].guest == guest && !o->lost[i].to_ns)
			return &o->lost[i];
	return NULL;
}

static int64_t last_served(const struct oracle *o, uint32_t guest)
{
	const struct oracle_guest *g = &o->guest[guest];
	int64_t oldest = INT64_MAX;

	for (uint32_t i = 0; i < g->cpus; i++)
		if (g->cpu[i].served_ns < oldest)
			oldest = g->cpu[i].served_ns;
	return oldest;
}

/* No room: the guest's loss before goes on instead, and the service in between is not counted. A
 * downtime that is too short would look like a better platform. */
static void prolong_last(struct oracle *o, uint32_t guest)
{
	for (uint32_t i = o->lost_count; i-- > 0;)
		if (o->lost[i].guest == guest) {
			o->lost[i].to_ns = 0;
			o->lost[i].noticed_ns = o->sampled_ns;
			return;
		}
}

void oracle_note_loss(struct oracle *o, uint32_t guest)
{
	if (open_interval(o, guest))
		return;
	if (o->lost_count == ORACLE_MAX_INTERVALS) {
		prolong_last(o, guest);
		return;
	}
	o->lost[o->lost_count++] = (struct oracle_interval){
		.from_ns = last_served(o, guest),
		.noticed_ns = o->sampled_ns,
		.guest = guest,
	};
}

static void update_loss(struct oracle *o, uint32_t guest)
{
	struct oracle_interval *open = open_interval(o, guest);

	if (open && oracle_last_progress(o, guest) > open->noticed_ns)
		open->to_ns = o->sampled_ns;
	else if (!open && !oracle_serves(o, guest))
		oracle_note_loss(o, guest);
}

void oracle_sample(struct oracle *o, int64_t now_ns)
{
	o->previous_ns = o->sampled_ns ? o->sampled_ns : now_ns;
	o->sampled_ns = now_ns;
	for (uint32_t i = 0; i < o->guests; i++) {
		for (uint32_t cpu = 0; cpu < o->guest[i].cpus && !o->guest[i].foreign; cpu++)
			sample_cpu(o, &o->guest[i], cpu);
		update_loss(o, i);
	}
}

int64_t oracle_last_progress(const struct oracle *o, uint32_t guest)
{
	const struct oracle_guest *g = &o->guest[guest];
	int64_t oldest = INT64_MAX;

	for (uint32_t i = 0; i < g->cpus; i++)
		if (g->cpu[i].progress_ns < oldest)
			oldest = g->cpu[i].progress_ns;
	return oldest;
}

bool oracle_serves(const struct oracle *o, uint32_t guest)
{
	int64_t last = oracle_last_progress(o, guest);

	return last && o->sampled_ns - last <= o->loss_ns;
}

bool oracle_in_epoch(const struct oracle *o, uint32_t guest, uint32_t epoch)
{
	const struct oracle_guest *g = &o->guest[guest];

	for (uint32_t i = 0; i < g->cpus; i++)
		if (!g->cpu[i].seen || g->cpu[i].cell.epoch != epoch)
			return false;
	return true;
}

static int64_t clip(int64_t x, int64_t low, int64_t high)
{
	return x < low ? low : x > high ? high : x;
}

int64_t oracle_downtime(const struct oracle *o, int64_t from_ns, int64_t to_ns)
{
	int64_t total = 0, covered = from_ns;

	/* A union: intervals of several guests may overlap. Take them by their beginning. */
	for (;;) {
		int64_t next = INT64_MAX, end = covered;

		for (uint32_t i = 0; i < o->lost_count; i++) {
			const struct oracle_interval *l = &o->lost[i];
			int64_t b = clip(l->from_ns, covered, to_ns);
			int64_t e = clip(l->to_ns ? l->to_ns : to_ns, covered, to_ns);

			if (!o->guest[l->guest].watched || e <= b)
				continue;
			if (b < next || (b == next && e > end)) {
				next = b;
				end = e;
			}
		}
		if (next == INT64_MAX)
			return total;
		total += end - next;
		covered = end;
	}
}

int64_t oracle_longest_loss(const struct oracle *o, uint32_t guest, int64_t from_ns, int64_t to_ns)
{
	int64_t longest = 0;

	for (uint32_t i = 0; i < o->lost_count; i++) {
		const struct oracle_interval *l = &o->lost[i];
		int64_t b = clip(l->from_ns, from_ns, to_ns);
		int64_t e = clip(l->to_ns ? l->to_ns : to_ns, from_ns, to_ns);

		if (l->guest == guest && e - b > longest)
			longest = e - b;
	}
	return longest;
}

/* ---- Deadlock: a cycle in the wait-for graph ---- */

struct node {
	uint32_t guest, cpu;
};

/* Locks below VQ_SHARED_LOCK_BASE belong to one guest, the others to the whole cast. */
static bool holds(const struct oracle *o, struct node n, uint32_t lock, uint32_t of_guest)
{
	if (lock < VQ_SHARED_LOCK_BASE && n.guest != of_guest)
		return false;
	return o->guest[n.guest].cpu[n.cpu].cell.lock_held >> lock & 1;
}

static bool find_holder(const struct oracle *o, struct node waiting, uint32_t lock,
			struct node *holder)
{
	for (uint32_t g = 0; g < o->guests; g++)
		for (uint32_t c = 0; c < o->guest[g].cpus; c++) {
			*holder = (struct node){g, c};
			if (o->guest[g].cpu[c].seen && holds(o, *holder, lock, waiting.guest))
				return true;
		}
	return false;
}

/* Follow who waits for whom from `start`; true where that leads back to it. */
static bool follow(const struct oracle *o, struct node start, uint64_t *fingerprint, char *text,
		   size_t size)
{
	struct node at = start;
	size_t used = 0;

	*fingerprint = 0;
	for (uint32_t steps = 0; steps < ORACLE_MAX_GUESTS * VQ_MAX_CPUS; steps++) {
		const struct oracle_cpu *c = &o->guest[at.guest].cpu[at.cpu];
		uint32_t lock = c->cell.lock_wanted;
		struct node next;

		if (!c->seen || lock >= VQ_MAX_LOCKS || !find_holder(o, at, lock, &next))
			return false;
		*fingerprint = vq_mix(*fingerprint ^ c->cell.sequence ^
				      ((uint64_t)at.guest << 40 | (uint64_t)at.cpu << 32 | lock));
		if (used < size)
			used += (size_t)snprintf(text + used, size - used,
						 "guest %u cpu %u waits for lock %u, held by ",
						 at.guest, at.cpu, lock);
		at = next;
		if (at.guest == start.guest && at.cpu == start.cpu) {
			if (used < size)
				snprintf(text + used, size - used, "guest %u cpu %u", at.guest,
					 at.cpu);
			return true;
		}
	}
	return false;
}

bool oracle_deadlock(const struct oracle *o, struct oracle_cycle *state, char *text, size_t size)
{
	for (uint32_t g = 0; g < o->guests; g++)
		for (uint32_t c = 0; c < o->guest[g].cpus; c++) {
			uint64_t fingerprint;

			if (!follow(o, (struct node){g, c}, &fingerprint, text, size))
				continue;
			state->times = state->fingerprint == fingerprint ? state->times + 1 : 1;
			state->fingerprint = fingerprint;
			return state->times >= 2;
		}
	state->times = 0;
	return false;
}
