/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One trial from inside: calibrate, warm up, then batches of stamped operations and of a bare
 * loop, a doorbell before and after each, the records outside the timed part.
 */
#include "guests/payload_private.h"
#include "harness/core/histogram.h"

#define CHUNK	    VQ_RAW_MAX /* samples taken before they are folded into the histogram */
#define CALIBRATION 256u

static uint64_t ticks[CHUNK];
static struct histogram histogram;
static volatile uint32_t others_stop, others_ready;

/* The empty operation, stamped like any other of its ring. */
static inline __attribute__((always_inline)) void stamp_nothing(uint64_t *t, uint32_t n,
								enum ring ring)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t begin = stamp_begin();

		__asm__ volatile("" ::: "memory");
		t[i] = stamp_end_in(ring) - begin;
	}
}

static void nothing_ring0(struct payload *p, uint64_t *t, uint32_t n)
{
	(void)p;
	stamp_nothing(t, n, RING0);
}

static void nothing_ring3(struct payload *p, uint64_t *t, uint32_t n)
{
	(void)p;
	stamp_nothing(t, n, RING3);
}

struct loop {
	const struct guest_bench *bench;
	void (*stamped)(struct payload *p, uint64_t *t, uint32_t n);
	void (*plain)(struct payload *p, uint32_t n);
	struct payload *p;
	uint32_t n;
};

static void ring0_stamped(void *a, void *b)
{
	struct loop *l = a;

	l->stamped(l->p, b, l->n);
}

static void ring0_plain(void *a, void *b)
{
	struct loop *l = a;

	(void)b;
	l->plain(l->p, l->n);
}

static bool in_ring0(const struct guest_bench *b)
{
	return b->ring == RING0 && !b->from_ring3;
}

static void run_stamped(struct loop *l, uint64_t *t)
{
	if (in_ring0(l->bench))
		ring0_call(ring0_stamped, l, t);
	else
		l->stamped(l->p, t, l->n);
}

static void run_plain(struct loop *l)
{
	if (in_ring0(l->bench))
		ring0_call(ring0_plain, l, 0);
	else
		l->plain(l->p, l->n);
}

/* Returns what the stamp of an empty operation takes. */
static uint64_t calibrate(struct payload *p, const struct guest_bench *b)
{
	struct loop l = {
		.bench = b, .stamped = b->ring == RING0 ? nothing_ring0 : nothing_ring3, .p = p};
	struct vq_calibration c = {.min_ticks = ~0ull};
	/* Interpreted stamps are slow: fewer will do, their median is as steady. */
	uint32_t count = in_ring0(b) ? CALIBRATION / 8 : CALIBRATION;

	if (b->sample && !b->stamps) /* what it takes is no stamped operation */
		count = 0;
	l.n = count;
	histogram_clear(&histogram);
	run_stamped(&l, ticks);
	for (uint32_t i = 0; i < count; i++) {
		histogram_record(&histogram, ticks[i]);
		if (ticks[i] < c.min_ticks)
			c.min_ticks = ticks[i];
	}
	c.count = count;
	c.median_ticks = count ? histogram_quantile(&histogram, 1, 2) : 0;
	record_write(p->writer, VQ_RECORD_CALIBRATION, 0, &c, sizeof(c));
	return c.median_ticks;
}

/* Take n samples in chunks; their sum, and the histogram, grow. */
static uint64_t take_samples(struct payload *p, const struct guest_bench *b, uint32_t n)
{
	struct loop l = {.bench = b,
			 .stamped = b->sample  ? b->sample
				    : p->spins ? b->planted
					       : b->stamped,
			 .p = p};
	uint64_t sum = 0;

	while (n) {
		l.n = n < CHUNK ? n : CHUNK;
		run_stamped(&l, ticks);
		for (uint32_t i = 0; i < l.n; i++) {
			histogram_record(&histogram, ticks[i]);
			sum += ticks[i];
		}
		n -= l.n;
	}
	return sum;
}

#define MAX_ENTRIES                                                                                \
	((VQ_RECORD_MAX_PAYLOAD - sizeof(struct vq_histogram)) / sizeof(struct vq_histogram_entry))

static union {
	uint64_t aligned;
	struct vq_histogram header;
	uint8_t bytes[VQ_RECORD_MAX_PAYLOAD];
} sparse;

static void write_entries(struct payload *p, uint32_t batch, uint32_t entries)
{
	sparse.header.batch = batch;
	sparse.header.entries = entries;
	record_write(p->writer, VQ_RECORD_HISTOGRAM, 0, &sparse,
		     (uint32_t)(sizeof(struct vq_histogram) +
				entries * sizeof(struct vq_histogram_entry)));
}

/* As many records as it takes: the host adds up those of one batch. */
static void write_histogram(struct payload *p, uint32_t batch)
{
	struct vq_histogram_entry *entry = (void *)(sparse.bytes + sizeof(struct vq_histogram));
	uint32_t n = 0;

	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		if (!histogram.count[i])
			continue;
		entry[n].bucket = i;
		entry[n].count = histogram.count[i];
		if (++n == MAX_ENTRIES) {
			write_entries(p, batch, n);
			n = 0;
		}
	}
	if (n)
		write_entries(p, batch, n);
}

/* Those of a batch that is one chunk are still there: keeping them costs it nothing. */
static void write_raw(struct payload *p, uint32_t batch, uint32_t samples)
{
	struct vq_raw *raw = (void *)&sparse;
	uint64_t *to = (void *)(raw + 1);

	if (samples > VQ_RAW_MAX)
		return;
	raw->batch = batch;
	raw->count = samples;
	for (uint32_t i = 0; i < samples; i++)
		to[i] = ticks[i];
	record_write(p->writer, VQ_RECORD_RAW, 0, raw,
		     (uint32_t)(sizeof(*raw) + samples * sizeof(*to)));
}

static void measure_batch(struct payload *p, const struct guest_bench *b, uint32_t number,
			  uint32_t samples)
{
	struct vq_batch batch = {.number = number, .count = samples};
	struct loop plain = {
		.bench = b, .plain = p->spins ? b->planted_plain : b->plain, .p = p, .n = samples};

	histogram_clear(&histogram);
	payload_doorbell(p, VQ_DOORBELL_BATCH);
	batch.begin_tsc = rdtsc();
	batch.sum_ticks = take_samples(p, b, samples);
	if (b->plain) {
		uint64_t begin = stamp_begin();

		run_plain(&plain);
		batch.plain_ticks = stamp_end() - begin;
		batch.plain_count = samples;
	}
	batch.end_tsc = rdtsc();
	payload_doorbell(p, VQ_DOORBELL_BATCH);
	record_write(p->writer, VQ_RECORD_BATCH, 0, &batch, sizeof(batch));
	write_histogram(p, number);
	if (payload_number(p->boot, "raw", 0))
		write_raw(p, number, samples);
}

void bench_prepare(void)
{
	others_stop = others_ready = 0;
}

void bench_stop_others(void)
{
	others_stop = 1;
}

uint64_t bench_last_median(void)
{
	return histogram_quantile(&histogram, 1, 2);
}

void bench_refused(struct payload *p)
{
	record_write(p->writer, VQ_RECORD_UNSUPPORTED, (uint16_t)p->cpu, p->why,
		     (uint32_t)payload_strlen(p->why));
	payload_goodbye(p, 0, 1, 0);
}

static void wait_for_others(const struct payload *p, const struct guest_bench *b)
{
	if (!b->other)
		return;
	while (__atomic_load_n(&others_ready, __ATOMIC_ACQUIRE) + 1 < p->boot->cpus)
		payload_relax();
}

#define PLANT_SAMPLES 33u
#define PLANT_LEAST   9u /* operations: a disturbed one moves not their median */

/* That make up the median which a slowness to be planted is a share of; 0: none is planted. */
static uint32_t plant_samples(const struct payload *p)
{
	if (!payload_number(p->boot, "plant", 0))
		return 0;
	return p->samples > PLANT_LEAST ? p->samples : PLANT_LEAST;
}

/* All that it takes beforehand. */
static uint64_t plant_operations(const struct payload *p, const struct guest_bench *b)
{
	return (uint64_t)plant_samples(p) * (b->plain ? 3 : 2);
}

/* The median of stamped spins of so many turns. */
static uint64_t measure_spin(struct payload *p, const struct guest_bench *b, uint32_t turns)
{
	struct loop l = {.bench = b,
			 .stamped = b->ring == RING0 ? plant_stamped_ring0 : plant_stamped_ring3,
			 .p = p,
			 .n = PLANT_SAMPLES};

	p->spins = turns;
	histogram_clear(&histogram);
	run_stamped(&l, ticks);
	for (uint32_t i = 0; i < l.n; i++)
		histogram_record(&histogram, ticks[i]);
	return histogram_quantile(&histogram, 1, 2);
}

/*
 * After the warm-up, whose operations are slower than those of batches, as some after it still are:
 * a share of these would be more than what was asked for. So there is a batch that nobody sees, and
 * the median of as many operations as a batch has then says what a steady one takes.
 */
static uint64_t steady_median(struct payload *p, const struct guest_bench *b)
{
	struct loop plain = {.bench = b, .plain = b->plain, .p = p, .n = plant_samples(p)};

	take_samples(p, b, plant_samples(p));
	if (b->plain)
		run_plain(&plain);
	histogram_clear(&histogram);
	take_samples(p, b, plant_samples(p));
	return histogram_quantile(&histogram, 1, 2);
}

static bool plant(struct payload *p, const struct guest_bench *b, uint64_t nothing)
{
	uint32_t turns = in_ring0(b) ? PLANT_MANY_RING0 : PLANT_MANY;
	uint64_t median, few;

	if (b->sample && !b->plants)
		return payload_refuse(p,
				      "it takes its own samples: nothing can be planted in them");
	median = steady_median(p, b);
	few = measure_spin(p, b, PLANT_FEW);
	return plant_choose(p, median - nothing, nothing, few, measure_spin(p, b, turns), turns);
}

void bench_run(struct payload *p, const struct guest_bench *b)
{
	uint64_t operations = 0, nothing;

	p->planned = p->warmup + plant_operations(p, b) +
		     (uint64_t)p->batches * p->samples * (b->plain ? 2 : 1);
	wait_for_others(p, b);
	if (b->setup && !b->setup(p)) {
		bench_refused(p);
		return;
	}
	nothing = calibrate(p, b);
	histogram_clear(&histogram);
	take_samples(p, b, p->warmup);
	if (plant_samples(p) && !plant(p, b, nothing)) {
		bench_stop_others();
		bench_refused(p);
		return;
	}
	for (uint32_t i = 0; i < p->batches; i++) {
		measure_batch(p, b, i, p->samples);
		operations += p->samples;
	}
	bench_stop_others();
	if (b->finish)
		b->finish(p);
	payload_goodbye(p, p->batches, 0, operations);
}

/* The other CPUs: help the bench where it wants help. */
void bench_assist(struct payload *p, const struct guest_bench *b)
{
	if (b && b->other) {
		__atomic_add_fetch(&others_ready, 1, __ATOMIC_ACQ_REL);
		b->other(p, &others_stop);
	}
}
