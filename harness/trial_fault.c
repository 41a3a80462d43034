/* SPDX-License-Identifier: Apache-2.0 */
/* A fault's trial: baseline, injection, detection, recovery, and the stamps t0 to t5. */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/trial_fault.h"

#define MS		   1000000ll
#define START_BOUND_NS	   (1000 * MS)
#define BASELINE_NS	   (40 * MS)
#define ACTIVATION_NS	   (500 * MS) /* not active by then: not activated */
#define LOSS_NS		   (20 * MS)
#define SLOW_LOSS_NS	   (200 * MS) /* where slowness is expected, only a long gap is a loss */
#define BASELINE_SHARE	   0.9	      /* at or above it: back at baseline */
#define PROGRESS_NS	   (2 * MS)
#define DEFAULT_HORIZON_MS 1000
#define DEFAULT_MEMORY	   (2ull << 20)
#define WINDOW_SIZE	   4096u

static struct machine *member(struct fault_trial *f, uint32_t i)
{
	return &f->trial->machine[i];
}

struct machine *fault_victim(struct fault_trial *f)
{
	return member(f, f->victim);
}

static struct vq_control *control(struct fault_trial *f, uint32_t i)
{
	return (struct vq_control *)(member(f, i)->memory + VQ_CONTROL_OFFSET);
}

int fault_request(struct fault_trial *f, uint32_t i, uint32_t request, uint32_t argument)
{
	struct vq_control *c = control(f, i);

	c->request = request;
	c->argument = argument;
	__atomic_add_fetch(&c->ticket, 1, __ATOMIC_RELEASE);
	return 0;
}

void fault_new_epoch(struct fault_trial *f, uint32_t i)
{
	struct vq_control *c = control(f, i);

	c->request = VQ_REQUEST_NONE;
	__atomic_add_fetch(&c->epoch, 1, __ATOMIC_RELEASE);
}

uint64_t fault_wait_ns(struct machine *m)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->config.cpus; i++) {
		unsigned long long ran, waited;
		char path[64];
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/task/%d/schedstat", machine_host(m),
			 m->status->vcpu_tid[i]);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%llu %llu", &ran, &waited) == 2)
			sum += waited;
		fclose(file);
	}
	return sum;
}

static int64_t horizon_of(const struct trial_spec *s)
{
	if (s->horizon_ns)
		return s->horizon_ns;
	return ((s->fault->horizon_ms ? s->fault->horizon_ms : DEFAULT_HORIZON_MS) +
		s->platform->horizon_ms) *
	       MS;
}

int64_t fault_bound_ns(const struct trial_spec *s)
{
	/* The cast starts, and is recovered. */
	return START_BOUND_NS + BASELINE_NS + horizon_of(s) + 4000 * MS +
	       2 * s->platform->slack_ms * MS;
}

/* ---- The cast ---- */

bool watch_counts(const struct fault *f, uint32_t i)
{
	return !(f->unwatched >> i & 1);
}

static int open_member(struct fault_trial *f, uint32_t i)
{
	const struct fault *fault = f->fault;
	struct trial *t = f->trial;
	int pin[VQ_MAX_CPUS];
	struct machine_config c = {
		.cpus = fault->cpus ? fault->cpus : 1,
		.memory = fault->memory ? fault->memory : DEFAULT_MEMORY,
		.untouched = fault->untouched,
		.command = "serve=1",
		.member = i,
		.pin = pin,
		.snapshots = f->recovery->kind == EARLIER_GUEST,
		.shared_fd = f->window_fd,
		.shared_size = WINDOW_SIZE,
		.notify_fd = -1,
		.wake_fd = -1,
		.cgroup = f->cgroup[0] ? f->cgroup : NULL,
		.memory_limit = f->memory_limit,
		.realtime = fault->realtime,
		.devices = fault->needs & CAN_DEVICES,
	};

	for (uint32_t cpu = 0; cpu < c.cpus; cpu++)
		pin[cpu] = trial_cpu(t->spec, fault->one_cpu ? 0 : i * c.cpus + cpu);
	if (trial_open(t, i, &c))
		return -1;
	oracle_add(&f->oracle, t->machine[i].memory, c.cpus, watch_counts(fault, i));
	return 0;
}

static int make_window(struct fault_trial *f)
{
	f->window_fd = -1;
	if (!f->fault->share_window)
		return 0;
	f->window_fd = memfd_create("virt-qualify window", MFD_CLOEXEC);
	if (f->window_fd < 0 || ftruncate(f->window_fd, WINDOW_SIZE))
		return trial_fail(f->trial, TRIAL_FAILED, "the window that the cast shares: %m");
	f->window = mmap(NULL, WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, f->window_fd, 0);
	if (f->window == MAP_FAILED)
		return trial_fail(f->trial, TRIAL_FAILED, "mapping the cast's window: %m");
	return 0;
}

static int open_cast(struct fault_trial *f)
{
	uint32_t n = f->fault->cast ? f->fault->cast : 1;

	oracle_init(&f->oracle, f->fault->detector == DETECT_RATE ? SLOW_LOSS_NS : LOSS_NS);
	if (f->trial->spec->platform->capabilities() & CAN_HOST_TSC)
		f->oracle.tsc_khz = host_tsc_khz();
	if (make_window(f))
		return -1;
	for (uint32_t i = 0; i < n; i++)
		if (open_member(f, i))
			return -1;
	return 0;
}

/* ---- Looking ---- */

static uint64_t operations(const struct fault_trial *f)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < f->oracle.guests; i++)
		if (watch_counts(f->fault, i))
			sum += f->oracle.guest[i].operations;
	return sum;
}

static void note_progress(struct watch *w, int64_t now)
{
	struct trial *t = w->f->trial;
	struct trial_result *r = t->result;

	if (now < w->next_progress_ns)
		return;
	w->next_progress_ns = now + PROGRESS_NS * (int64_t)t->cast;
	for (uint32_t i = 0; i < t->cast && r->progress_count < TRIAL_MAX_PROGRESS; i++)
		r->progress[r->progress_count++] = (struct result_progress){
			.member = i,
			.at_ns = now - t->start_ns,
			.operations = w->f->oracle.guest[i].operations,
		};
}

/* Sleep until the next sample is due, or something ends. */
static void sleep_until_event(struct fault_trial *f)
{
	struct timespec wait = {.tv_nsec = WATCH_SAMPLE_NS};
	struct pollfd fds[2 * TRIAL_MAX_CAST];
	nfds_t n = 0;

	for (uint32_t i = 0; i < f->trial->cast; i++) {
		struct machine *m = member(f, i);

		/* What is known to have ended would wake us for ever. */
		if (m->status->end != MACHINE_RUNNING || !machine_alive(m))
			continue;
		fds[n++] = (struct pollfd){.fd = m->event, .events = POLLIN};
		fds[n++] = (struct pollfd){.fd = machine_host_fd(m), .events = POLLIN};
	}
	ppoll(fds, n, &wait, NULL);
}

/* A cell that was half written when its guest was stopped is not corrupt: it is not finished. */
static bool nobody_writes(struct fault_trial *f, uint32_t i)
{
	const struct oracle_guest *g = &f->oracle.guest[i];
	bool torn = false;

	for (uint32_t cpu = 0; cpu < g->cpus; cpu++)
		torn |= g->cpu[cpu].bad_samples > 0;
	return !machine_ready(member(f, i)) || (torn && machine_stopped(member(f, i)));
}

static int64_t look(struct watch *w)
{
	struct rate_window *win = &w->window;
	int64_t now = host_now_ns();

	for (uint32_t i = 0; i < w->f->oracle.guests; i++)
		w->f->oracle.guest[i].foreign = nobody_writes(w->f, i);
	oracle_sample(&w->f->oracle, now);
	win->at_ns[win->count % WATCH_RATE_SAMPLES] = now;
	win->operations[win->count % WATCH_RATE_SAMPLES] = operations(w->f);
	win->count++;
	note_progress(w, now);
	return now;
}

double watch_recent_rate(const struct rate_window *win, int64_t since)
{
	uint32_t last = win->count - 1;
	int64_t end = win->at_ns[last % WATCH_RATE_SAMPLES];

	for (uint32_t back = 1; back < WATCH_RATE_SAMPLES && back <= last; back++) {
		uint32_t i = (last - back) % WATCH_RATE_SAMPLES;

		if (win->at_ns[i] < since)
			return NAN;
		if (end - win->at_ns[i] >= WATCH_RATE_NS)
			return (double)(win->operations[last % WATCH_RATE_SAMPLES] -
					win->operations[i]) *
			       1e9 / (double)(end - win->at_ns[i]);
	}
	return NAN;
}

static bool all_serve(const struct fault_trial *f)
{
	for (uint32_t i = 0; i < f->oracle.guests; i++)
		if (!oracle_serves(&f->oracle, i))
			return false;
	return true;
}

static int wait_for_service(struct watch *w)
{
	int64_t bound = START_BOUND_NS + w->f->trial->spec->platform->slack_ms * MS;
	int64_t deadline = host_now_ns() + bound;

	while (host_now_ns() < deadline) {
		look(w);
		if (all_serve(w->f))
			return 0;
		for (uint32_t i = 0; i < w->f->trial->cast; i++) {
			struct machine_status *s = member(w->f, i)->status;

			s->error[sizeof(s->error) - 1] = '\0';
			if (s->end == MACHINE_ERROR || s->end == MACHINE_DESTROYED)
				return trial_fail(w->f->trial, TRIAL_FAILED, "guest %u: %s", i,
						  s->error);
		}
		sleep_until_event(w->f);
	}
	return trial_fail(w->f->trial, TRIAL_FAILED,
			  "the cast did not begin to serve within %lld ms",
			  (long long)(bound / MS));
}

/* ---- Before the fault ---- */

static int take_snapshot(struct fault_trial *f)
{
	struct machine *m = fault_victim(f);

	if (f->recovery->kind != EARLIER_GUEST)
		return 0;
	if (machine_pause(m) || machine_snapshot(m) || machine_resume(m))
		return trial_fail(f->trial, TRIAL_FAILED, "snapshot before the fault: %s",
				  m->error);
	return 0;
}

static void take_baseline(struct watch *w)
{
	int64_t begin = look(w), now = begin;
	uint64_t first = operations(w->f);

	while (now - begin < BASELINE_NS) {
		sleep_until_event(w->f);
		now = look(w);
	}
	w->baseline = (double)(operations(w->f) - first) * 1e9 / (double)(now - begin);
	w->out->baseline_rate = w->baseline;
}

/* ---- Stamps ---- */

void watch_stamp(struct watch *w, enum fault_stamp which, int64_t at, int64_t uncertainty,
		 const char *subject, const char *what)
{
	w->stamp[which] = at;
	w->operations_at[which] = operations(w->f);
	w->counted_ns[which] = w->f->oracle.sampled_ns;
	w->out->stamp_ns[which] = at - w->f->trial->start_ns;
	w->out->uncertainty_ns[which] = uncertainty;
	trial_event(w->f->trial, at, uncertainty, subject, "%s", what);
}

int64_t watch_since_last_sample(const struct watch *w)
{
	return w->f->oracle.sampled_ns - w->f->oracle.previous_ns;
}

static bool is_active(struct watch *w)
{
	struct fault_trial *f = w->f;
	const struct oracle_guest *g = &f->oracle.guest[f->victim];

	if (f->fault->active)
		return f->fault->active(f);
	for (uint32_t i = 0; i < g->cpus; i++)
		if (g->cpu[i].seen && g->cpu[i].cell.fault_ticket == w->ticket)
			return true;
	return false;
}

static int begin_recovery(struct watch *w)
{
	struct fault_trial *f = w->f;
	int64_t now = host_now_ns();

	watch_stamp(w, T3_RECOVERY_STARTED, now, 0, "recovery", f->recovery->name);
	if (f->fault->before_recovery && f->fault->before_recovery(f))
		return -1;
	if (f->recovery->kind & (FRESH_GUEST | EARLIER_GUEST | RESET_GUEST)) {
		fault_new_epoch(f, f->victim);
		w->epoch++;
	}
	f->process_lost = f->fault->ends_process;
	/* A recovery that fails is a finding: the trial is watched to its horizon and counts as not
	 * recovered. Dropping it would flatter the share that is. */
	if (f->recovery->recover(f))
		trial_event(f->trial, host_now_ns(), 0, "recovery", "failed: %.80s",
			    fault_victim(f)->error);
	return 0;
}

/* Command of the guest is regained; its service never counted as lost. */
static bool managed_again(struct watch *w)
{
	int64_t at = fault_victim(w->f)->status->managed_ns;

	if (at && all_serve(w->f))
		watch_stamp(w, T4_FIRST_SERVICE, at, 0, "platform",
			    "the guest obeys the daemon again");
	return w->stamp[T4_FIRST_SERVICE];
}

static void stamp_active(struct watch *w, int64_t now)
{
	/* A daemon was gone before its clients were told, and they tell when that was. */
	int64_t told = w->f->fault->management ? fault_victim(w->f)->status->unmanaged_ns : 0;

	if (told)
		watch_stamp(w, T1_ACTIVE, told, told - w->stamp[T0_INJECTED], "fault", "active");
	else
		watch_stamp(w, T1_ACTIVE, now, watch_since_last_sample(w), "fault", "active");
}

/* One step of the watch; false: it is over. What was "noticed" before the fault was active would
 * be a false alarm, so nobody is asked until then. */
static bool step(struct watch *w, int64_t now)
{
	struct fault_trial *f = w->f;

	if (!w->stamp[T1_ACTIVE]) {
		if (is_active(w))
			stamp_active(w, now);
		else
			return now - w->stamp[T0_INJECTED] <= ACTIVATION_NS;
	}
	if (!w->stamp[T2_DETECTED]) {
		watch_detect(w, now);
		if (!w->stamp[T2_DETECTED])
			return true;
	}
	if (!w->stamp[T3_RECOVERY_STARTED]) {
		if (now - w->stamp[T0_INJECTED] < f->fault->hold_ms * MS)
			return true;
		if (begin_recovery(w))
			return false;
		now = look(w); /* recoveries take their time: service may be back */
	}
	if (f->fault->management)
		return !managed_again(w);
	if (!w->stamp[T4_FIRST_SERVICE]) {
		if (watch_serves_again(w, w->stamp[T3_RECOVERY_STARTED]))
			watch_stamp(w, T4_FIRST_SERVICE, now, watch_since_last_sample(w), "oracle",
				    "service regained");
		return true;
	}
	if (watch_recent_rate(&w->window, w->stamp[T4_FIRST_SERVICE]) >=
	    w->baseline * BASELINE_SHARE) {
		/* The rate is that of a window, and may have been regained at its beginning. */
		watch_stamp(w, T5_BASELINE, now, watch_since_last_sample(w) + WATCH_RATE_NS,
			    "oracle", "back at baseline");
		return false;
	}
	return true;
}

static int observe(struct watch *w)
{
	struct fault_trial *f = w->f;
	int64_t now;

	w->ticket = control(f, f->victim)->ticket + 1;
	watch_stamp(w, T0_INJECTED, host_now_ns(), 0, "fault", f->fault->name);
	if (f->fault->fire(f))
		return -1;
	do {
		sleep_until_event(f);
		now = look(w);
	} while (step(w, now) && now - w->stamp[T0_INJECTED] < w->horizon_ns);
	watch_conclude(w, host_now_ns());
	if (f->fault->finish)
		f->fault->finish(f, w->out);
	return 0;
}

static int run(struct watch *w)
{
	struct fault_trial *f = w->f;

	if (f->fault->prepare && f->fault->prepare(f))
		return -1;
	if (open_cast(f) || wait_for_service(w))
		return -1;
	if (f->fault->arm && f->fault->arm(f))
		return -1;
	if (take_snapshot(f))
		return -1;
	take_baseline(w);
	return observe(w);
}

static void clear_figures(struct result_fault_trial *out)
{
	for (int i = 0; i < FAULT_STAMPS; i++)
		out->stamp_ns[i] = -1;
	out->baseline_rate = out->fault_rate = out->neighbour_ratio = out->fairness = NAN;
	out->lost_operations = out->worst_wait_ns = out->steal_ns = -1;
	out->outcome = OUTCOME_HARNESS_ERROR;
}

/* A boot runs the guest's ring 0, and so does a fault that needs one. */
static bool ring0_takes_part(const struct trial_spec *s)
{
	return s->recovery->kind & (FRESH_GUEST | RESET_GUEST) || s->fault->needs & CAN_RING0;
}

int trial_fault(struct trial *t)
{
	static struct fault_trial f; /* large, and this process runs one trial */
	static struct watch w;
	int ret;

	f = (struct fault_trial){.trial = t,
				 .fault = t->spec->fault,
				 .recovery = t->spec->recovery,
				 .window_fd = -1};
	w = (struct watch){.f = &f, .out = &t->result->fault, .horizon_ns = horizon_of(t->spec)};
	t->result->has_fault = true;
	t->result->tick_ns = t->result->work = 1;
	t->result->exits_per_op = t->result->emulated_per_op = NAN;
	t->result->execution =
		platform_execution(t->spec->platform, ring0_takes_part(t->spec) ? 0 : 3);
	clear_figures(w.out);
	ret = run(&w);
	if (f.fault->heal && w.stamp[T0_INJECTED])
		f.fault->heal(&f);
	return ret;
}
