/* SPDX-License-Identifier: Apache-2.0 */
#include "guests/payload.h"

#ifdef VQ_HOST

#include <string.h>
#include <sys/prctl.h>
#include <time.h>

#include "bench/life_cycle.h"

static int open_with(struct trial *t, struct machine_config c)
{
	int pin = trial_cpu(t->spec, 0);

	c.cpus = 1;
	c.pin = &pin;
	c.shared_fd = c.notify_fd = c.wake_fd = -1;
	prctl(PR_SET_TIMERSLACK, 1); /* give_way() sleeps for microseconds */
	trial_watch_begin(t);
	return trial_open(t, 0, &c);
}

int life_open(struct trial *t, const char *command, bool snapshots)
{
	return open_with(t, (struct machine_config){
				    .memory = 2ull << 20,
				    .command = command,
				    .snapshots = snapshots,
			    });
}

uint32_t life_repeats(const struct trial *t)
{
	return t->spec->batches ? t->spec->batches : LIFE_REPEATS;
}

uint32_t life_saves(const struct trial *t)
{
	return t->spec->batches ? t->spec->batches : LIFE_SAVES;
}

int life_open_saving(struct trial *t)
{
	const struct machine_config c = {.memory = 2ull << 20, .command = "serve=1", .saves = true};

	return open_with(t, c) || life_wait_service(t, 0, NULL) ? -1 : 0;
}

int life_open_migrating(struct trial *t)
{
	const struct machine_config c = {
		.memory = 16ull << 20, .command = "serve=1 dirty=2048", .migrates = true};

	/* Until it serves this sleeps; one that spins would keep the platform from its start. */
	if (open_with(t, c) || life_wait_service(t, 0, NULL))
		return -1;
	return life_wait_service(t, 2048, NULL);
}

int64_t life_stamp(const struct trial *t, enum machine_stamp which)
{
	return __atomic_load_n(&t->machine[0].status->stamp_ns[which], __ATOMIC_ACQUIRE);
}

static int check_guest(struct trial *t)
{
	struct machine_status *s = t->machine[0].status;

	s->error[sizeof(s->error) - 1] = '\0';
	if (s->end == MACHINE_ERROR || s->end == MACHINE_SHUTDOWN)
		return trial_fail(t, TRIAL_FAILED, "the guest: %s", s->error);
	if (host_now_ns() > t->deadline_ns)
		return trial_fail(t, TRIAL_FAILED, "the guest was not there in time");
	return 0;
}

/* Let the guest process have the CPU: one that spins here would be timed as its slowness. */
static int give_way(struct trial *t)
{
	static const struct timespec moment = {.tv_nsec = 10000};

	nanosleep(&moment, NULL);
	return check_guest(t);
}

int life_wait_stamp(struct trial *t, enum machine_stamp which)
{
	while (!life_stamp(t, which))
		if (give_way(t))
			return -1;
	return 0;
}

uint64_t life_sequence(struct trial *t)
{
	struct machine *m = &t->machine[0];
	const struct vq_heartbeat *h = (const void *)(m->memory + VQ_HEARTBEAT_OFFSET);

	return machine_ready(m) ? __atomic_load_n(&h->sequence, __ATOMIC_ACQUIRE) : 0;
}

/* Nobody serves there: the platform's own word is all there is. */
static int wait_no_guest(struct trial *t)
{
	return life_wait_stamp(t, STAMP_STARTED) || check_guest(t) ? -1 : 0;
}

int life_wait_service(struct trial *t, uint64_t before, int64_t *at)
{
	if (!platform_has_guest(t->spec->platform))
		return wait_no_guest(t);
	while (life_sequence(t) <= before)
		if (before ? check_guest(t) : give_way(t))
			return -1;
	if (at)
		*at = host_now_ns();
	else
		trial_watch_begin(t); /* a command comes next */
	return 0;
}

int life_wait_change(struct trial *t)
{
	uint64_t now = life_sequence(t);

	while (life_sequence(t) == now)
		if (check_guest(t))
			return -1;
	trial_watch_begin(t);
	return 0;
}

int life_first_tsc(struct trial *t, uint64_t *tsc)
{
	const struct vq_ring *ring = (const void *)(t->machine[0].memory + VQ_RING_OFFSET);
	struct vq_hello hello;

	while (__atomic_load_n(&ring->head, __ATOMIC_ACQUIRE) <
	       sizeof(struct vq_record) + sizeof(hello))
		if (give_way(t))
			return -1;
	memcpy(&hello, ring->data + sizeof(struct vq_record), sizeof(hello));
	if (hello.tsc < t->machine[0].status->start_tsc)
		return trial_fail(
			t, TRIAL_UNSUPPORTED,
			"the guest's TSC is not the host's: KVM_VCPU_TSC_OFFSET is needed "
			"(Linux 5.16)");
	*tsc = hello.tsc;
	return 0;
}

int64_t life_ticks_ns(uint64_t ticks)
{
	return (int64_t)((double)ticks * 1e6 / host_tsc_khz());
}

int life_add(struct trial *t, uint32_t batch, int64_t begin, int64_t end)
{
	if (!begin || end <= begin)
		return trial_fail(t, TRIAL_INVALID,
				  "the end of the operation lies before its begin");
	trial_sample(t, batch, (uint64_t)(end - begin));
	trial_watch_end(t, batch);
	return 0;
}

int life_sample(struct trial *t, int64_t begin, int64_t end)
{
	return life_add(t, 0, begin, end);
}

int life_command(struct trial *t, int ret, uint32_t batch)
{
	if (ret)
		return ret;
	return life_add(t, batch, life_stamp(t, STAMP_COMMAND), life_stamp(t, STAMP_DONE));
}

#endif
