/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The workload that a fault disturbs: each vCPU does a fixed unit of work, acknowledges it in its
 * heartbeat cell, and looks whether the host asks for a fault. The cell's digest chains all
 * acknowledged operations, so that a lost or altered one shows from outside.
 */
#include "guests/payload_private.h"

#define DEFAULT_WORK 2000u /* rounds of vq_mix an operation: about 10 us */
#define FIRST_LOCK   0u
#define SECOND_LOCK  1u
#define DIRTY_FROM   (2ull << 20) /* the image lies below */

/* At the start of the window that a cast shares. */
struct shared_window {
	uint32_t lock[VQ_MAX_LOCKS - VQ_SHARED_LOCK_BASE];
	uint32_t holds_first[2]; /* guest n holds its first lock of an ABBA pair */
};

static uint32_t guest_lock[VQ_SHARED_LOCK_BASE];
static uint32_t cpu_holds_first[2];

struct worker {
	struct payload *p;
	struct vq_heartbeat cell; /* what is published next */
	struct vq_heartbeat *published;
	uint32_t seen_ticket;
	uint32_t work;
	uint32_t dirty, next_dirty; /* pages, see dirty_page() */
	uint64_t last_tsc;
	uint64_t state; /* of the work */
	bool feeds;	/* a watchdog device, while it serves */
	bool reads;	/* a block of its disk in each operation */
	uint64_t fed_tsc;
	bool reports; /* all heartbeats by record: nobody sees this memory */
	uint64_t reported_tsc;
};

static void publish(struct worker *w)
{
	w->cell.tsc = rdtsc();
	w->cell.checksum = vq_heartbeat_checksum(&w->cell);
	/* A reader that meets a half-written cell sees a bad checksum and looks again. */
	*(volatile struct vq_heartbeat *)w->published = w->cell;
}

static void acknowledge(struct worker *w)
{
	uint64_t now = rdtsc();

	w->cell.sequence++;
	w->cell.chain = vq_chain_next(w->cell.chain, w->cell.sequence);
	if (now - w->last_tsc > w->cell.slowest)
		w->cell.slowest = now - w->last_tsc;
	w->last_tsc = now;
	w->cell.epoch = __atomic_load_n(&w->p->control->epoch, __ATOMIC_ACQUIRE);
	publish(w);
}

/* One page an operation, of so many from 2 MiB on in turn: what a live migration has to send again.
 */
static void dirty_page(struct worker *w)
{
	uint64_t at = DIRTY_FROM + (uint64_t)w->next_dirty * VQ_PAGE_SIZE;

	*(volatile uint64_t *)(w->p->memory + at) = w->cell.sequence + 1;
	if (++w->next_dirty == w->dirty)
		w->next_dirty = 0;
}

/* Of a random block. An operation whose read fails, or brings other bytes, is no service. */
static bool read_disk(const struct worker *w)
{
	uint32_t block = (uint32_t)(w->state % VQ_DISK_BLOCKS);

	return payload_disk_read(block, payload_block) && vq_disk_block_is(block, payload_block);
}

static void one_operation(struct worker *w)
{
	uint64_t x = w->state;

	for (uint32_t i = 0; i < w->work; i++)
		x = vq_mix(x + i);
	w->state = x;
	if (w->dirty)
		dirty_page(w);
	__asm__ volatile("" ::"r"(x));
	if (!w->reads || read_disk(w))
		acknowledge(w);
}

static uint32_t *lock_word(struct worker *w, uint32_t lock)
{
	if (lock < VQ_SHARED_LOCK_BASE)
		return &guest_lock[lock];
	return &((struct shared_window *)w->p->shared)->lock[lock - VQ_SHARED_LOCK_BASE];
}

static void lock_take(struct worker *w, uint32_t lock)
{
	w->cell.lock_wanted = lock;
	publish(w);
	while (__atomic_exchange_n(lock_word(w, lock), 1, __ATOMIC_ACQUIRE))
		payload_relax();
	w->cell.lock_wanted = VQ_LOCK_NONE;
	w->cell.lock_held |= 1u << lock;
	publish(w);
}

static void lock_release(struct worker *w, uint32_t lock)
{
	__atomic_store_n(lock_word(w, lock), 0, __ATOMIC_RELEASE);
	w->cell.lock_held &= ~(1u << lock);
	publish(w);
}

/*
 * One side of an ABBA deadlock: take the first lock, wait until the other side has its own, then
 * want it. The wait makes the deadlock certain, not likely.
 */
static void deadlock_side(struct worker *w, uint32_t first, uint32_t second, uint32_t *mine,
			  const uint32_t *other)
{
	lock_take(w, first);
	__atomic_store_n(mine, 1, __ATOMIC_RELEASE);
	while (!__atomic_load_n(other, __ATOMIC_ACQUIRE))
		payload_relax();
	w->cell.fault_ticket = w->seen_ticket;
	lock_take(w, second);
	/* Only a broken lock lets us come here: go on serving. */
	__atomic_store_n(mine, 0, __ATOMIC_RELEASE);
	lock_release(w, second);
	lock_release(w, first);
}

static void deadlock_cpus(struct worker *w)
{
	uint32_t side = w->p->cpu;

	if (side > 1)
		return;
	deadlock_side(w, side ? SECOND_LOCK : FIRST_LOCK, side ? FIRST_LOCK : SECOND_LOCK,
		      &cpu_holds_first[side], &cpu_holds_first[!side]);
}

static void deadlock_guests(struct worker *w)
{
	struct shared_window *s = (struct shared_window *)w->p->shared;
	uint32_t side = w->p->boot->member;

	if (!s || side > 1 || w->p->cpu)
		return;
	deadlock_side(w, VQ_SHARED_LOCK_BASE + side, VQ_SHARED_LOCK_BASE + !side,
		      &s->holds_first[side], &s->holds_first[!side]);
}

static void mark_active(struct worker *w)
{
	w->cell.fault_ticket = w->seen_ticket;
	publish(w);
}

static void spin(struct worker *w)
{
	mark_active(w);
	for (;;)
		cpu_pause();
}

/* Touch memory page by page, working in between, so that slowness shows before the end does. */
static void dirty_memory(struct worker *w, uint32_t mib)
{
	volatile uint8_t *page = w->p->memory + w->p->boot->untouched;
	uint64_t room = w->p->boot->memory_size - w->p->boot->untouched;
	uint64_t bytes = (uint64_t)mib << 20;

	mark_active(w);
	if (!w->p->boot->untouched)
		return;
	if (bytes > room)
		bytes = room;
	for (uint64_t offset = 0; offset < bytes; offset += VQ_PAGE_SIZE) {
		page[offset] = (uint8_t)(offset >> 12 | 1);
		if (offset % (64 * VQ_PAGE_SIZE) == 0)
			one_operation(w);
	}
}

/* Hostile bytes over all that the host reads, for as long as we live. */
static void write_garbage(struct worker *w)
{
	uint8_t *heartbeats = w->p->memory + VQ_HEARTBEAT_OFFSET;
	uint8_t *ring = w->p->memory + VQ_RING_OFFSET;
	uint64_t x = rdtsc();

	mark_active(w);
	for (;;) {
		for (uint32_t i = 0; i < VQ_PAGE_SIZE; i += 8) {
			x = vq_mix(x + 1);
			*(volatile uint64_t *)(heartbeats + i) = x;
		}
		for (uint32_t i = 0; i + 8 <= sizeof(struct vq_ring); i += 8) {
			x = vq_mix(x + 1);
			*(volatile uint64_t *)(ring + i) = x;
		}
	}
}

static void overrun(struct worker *w, uint32_t milliseconds)
{
	uint64_t until = rdtsc() + (uint64_t)milliseconds * w->p->boot->tsc_khz;

	mark_active(w);
	while (rdtsc() < until)
		;
}

static void act(struct worker *w, uint32_t request, uint32_t argument)
{
	switch (request) {
	case VQ_REQUEST_HANG:
		if (w->p->cpu != argument)
			return;
		mark_active(w);
		environment_hang();
		return;
	case VQ_REQUEST_SPIN:
		if (w->p->cpu == argument)
			spin(w);
		return;
	case VQ_REQUEST_TRIPLE_FAULT:
		if (w->p->cpu)
			return;
		mark_active(w);
		environment_triple_fault();
		return;
	case VQ_REQUEST_PANIC:
		if (w->p->cpu)
			return;
		mark_active(w);
		environment_panic();
		return;
	case VQ_REQUEST_DEADLOCK_CPUS:
		deadlock_cpus(w);
		return;
	case VQ_REQUEST_DEADLOCK_GUESTS:
		deadlock_guests(w);
		return;
	case VQ_REQUEST_GARBAGE:
		if (!w->p->cpu)
			write_garbage(w);
		return;
	case VQ_REQUEST_DIRTY_MEMORY:
		if (!w->p->cpu)
			dirty_memory(w, argument);
		return;
	case VQ_REQUEST_OVERRUN:
		if (!w->p->cpu)
			overrun(w, argument);
		return;
	}
}

static void obey(struct worker *w)
{
	struct vq_control *c = w->p->control;
	uint32_t ticket = __atomic_load_n(&c->ticket, __ATOMIC_ACQUIRE);

	if (ticket == w->seen_ticket)
		return;
	w->seen_ticket = ticket;
	act(w, c->request, c->argument);
}

static void feed(struct worker *w)
{
	w->fed_tsc = rdtsc();
	environment_feed_watchdog();
}

static bool feeding_is_due(const struct worker *w)
{
	return w->feeds &&
	       rdtsc() - w->fed_tsc >= (uint64_t)VQ_WATCHDOG_FED_MS * w->p->boot->tsc_khz;
}

static void report(struct worker *w)
{
	struct payload *p = w->p;

	w->reported_tsc = rdtsc();
	record_write(p->writer, VQ_RECORD_HEARTBEAT, 0, p->heartbeat,
		     p->boot->cpus * (uint32_t)sizeof(*p->heartbeat));
	payload_doorbell(p, VQ_DOORBELL_RING_FULL); /* where nobody answers, it is sent */
}

static bool report_is_due(const struct worker *w)
{
	return w->reports &&
	       rdtsc() - w->reported_tsc >= (uint64_t)VQ_HEARTBEAT_MS * w->p->boot->tsc_khz;
}

void workload_serve(struct payload *p)
{
	struct worker w = {
		.p = p,
		.published = &p->heartbeat[p->cpu],
		.cell = {.lock_wanted = VQ_LOCK_NONE},
		.work = payload_number(p->boot, "work", DEFAULT_WORK),
		.feeds = !p->cpu && payload_number(p->boot, "watchdog", 0),
		.dirty = payload_number(p->boot, "dirty", 0),
		.reports = !p->cpu && p->boot->doorbell == VQ_DOORBELLS_NONE,
	};

	w.reads = !p->cpu && payload_number(p->boot, "disk", 0);
	if (w.reads && !payload_disk_open(p))
		return; /* nobody is told of a service that cannot be */
	if (p->boot->memory_size < DIRTY_FROM + (uint64_t)w.dirty * VQ_PAGE_SIZE)
		w.dirty = 0;

	/* Requests made before this life began are not ours. */
	w.seen_ticket = __atomic_load_n(&p->control->ticket, __ATOMIC_ACQUIRE);
	w.last_tsc = rdtsc();
	/* The first one starts the device: before any service is seen. */
	if (w.feeds)
		feed(&w);
	for (;;) {
		one_operation(&w);
		if (feeding_is_due(&w))
			feed(&w);
		if (report_is_due(&w))
			report(&w);
		obey(&w);
	}
}
