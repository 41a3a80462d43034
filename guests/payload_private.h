/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the payload. */
#ifndef VQ_PAYLOAD_PRIVATE_H
#define VQ_PAYLOAD_PRIVATE_H

#include "guests/payload.h"

REGISTRY_DECLARE(guest_benches);

int payload_strlen(const char *s);
uint32_t payload_number(const struct vq_boot *boot, const char *key, uint32_t otherwise);
/* The text after "key=", up to the next blank (payload_word_length), or NULL. */
const char *payload_option(const struct vq_boot *boot, const char *key);
int payload_word_length(const char *s);
void payload_init(struct payload *p, uint8_t *memory, uint32_t cpu, struct record_writer *writer);
void payload_wait_for_space(void *context);
void payload_goodbye(struct payload *p, uint32_t batches, uint32_t status, uint64_t operations);

/* Ring by the doorbell's port, for environments that may use it; waits for the answer. */
void payload_ring(struct payload *p, uint8_t reason);

/* Do what the command line says. Returns when done, where the environment lets it. */
void payload_run(struct payload *p);

/* guests/measure.c */
void bench_run(struct payload *p, const struct guest_bench *b);
void bench_assist(struct payload *p, const struct guest_bench *b);
void bench_prepare(void); /* before each of several in one boot */
void bench_stop_others(void);
uint64_t bench_last_median(void); /* of the last batch, ticks, raw */
void bench_refused(struct payload *p);

/*
 * guests/plant.c: `n` stamped turns of plant_spin(p->spins) alone, as the ring stamps. And, from
 * the medians of those with PLANT_FEW and with `many` turns, how many turns make an operation of
 * `operation` ticks longer by option plant= (parts per million): into p->spins, told to the host.
 * false: it cannot be planted evenly, p->why says why.
 */
#define PLANT_FEW	 1u
#define PLANT_MANY	 1024u
#define PLANT_MANY_RING0 128u /* interpreted, a turn takes near a microsecond */
void plant_stamped_ring0(struct payload *p, uint64_t *t, uint32_t n);
void plant_stamped_ring3(struct payload *p, uint64_t *t, uint32_t n);
bool plant_choose(struct payload *p, uint64_t operation, uint64_t nothing, uint64_t few,
		  uint64_t many, uint32_t turns);

/* guests/workload.c: never returns but for a fault that ends it */
void workload_serve(struct payload *p);

/* Each environment: do what a request asks of this vCPU that only ring 0 can; may not return. */
void environment_hang(void);
void environment_triple_fault(void);
void environment_panic(void);
void environment_feed_watchdog(void);

#endif
