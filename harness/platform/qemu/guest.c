/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/qemu/guest.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/core/text.h"
#include "harness/host.h"
#include "harness/platform/qemu/statistics.h"
#include "harness/vmm/vmm.h"

#define END_MS 300 /* QEMU closed its monitor: it ends very soon */

static void on_event(void *context, const char *name, const json_t *data);

int qemu_guest_init(struct qemu_guest *g, struct machine *m, bool kvm)
{
	memset(g, 0, offsetof(struct qemu_guest, qmp));
	g->m = m;
	g->kvm = kvm;
	g->doorbell = g->console = g->messages = g->pidfd = -1;
	qmp_init(&g->qmp, -1, on_event, g);
	g->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (g->epoll >= 0)
		return 0;
	snprintf(m->error, sizeof(m->error), "epoll_create1: %s", strerror(errno));
	return -1;
}

void qemu_guest_command(const struct qemu_guest *g, char *text, size_t size)
{
	const struct machine *m = g->m;
	uint64_t untouched = m->config.untouched ? m->memory_size - m->config.untouched : 0;

	snprintf(text, size,
		 "cpus=%u doorbell=%d tsc_khz=%u interpreted=%d member=%u untouched=%llu %s%s%s",
		 m->config.cpus, VQ_DOORBELLS_ANSWERED, host_tsc_khz(),
		 g->kvm && !vmm_probe()->hardware_ring0, m->config.member,
		 (unsigned long long)untouched >> 10, m->config.command,
		 m->config.devices & CAN_WATCHDOG ? " watchdog=1" : "",
		 m->config.devices & CAN_DISK ? " disk=1" : "");
}

/* false: there is none. */
static bool other_cpus(const struct machine *m, cpu_set_t *others)
{
	const struct machine_config *c = &m->config;

	if (sched_getaffinity(0, sizeof(*others), others))
		return false;
	if (c->pin && c->pin[0] >= 0)
		CPU_CLR((size_t)c->pin[0], others);
	return CPU_COUNT(others);
}

void qemu_guest_keep_off(const struct machine *m)
{
	cpu_set_t others;

	if (other_cpus(m, &others))
		sched_setaffinity(0, sizeof(others), &others);
}

static bool is_vcpu(const struct machine *m, pid_t tid)
{
	for (uint32_t i = 0; i < m->config.cpus; i++)
		if (m->status->vcpu_tid[i] == tid)
			return true;
	return false;
}

void qemu_guest_confine(const struct qemu_guest *g)
{
	char path[64];
	struct dirent *entry;
	cpu_set_t others;
	DIR *tasks;

	snprintf(path, sizeof(path), "/proc/%d/task", g->pid);
	tasks = other_cpus(g->m, &others) ? opendir(path) : NULL;
	while (tasks && (entry = readdir(tasks))) {
		pid_t tid = atoi(entry->d_name);

		if (tid > 0 && !is_vcpu(g->m, tid))
			sched_setaffinity(tid, sizeof(others), &others);
	}
	if (tasks)
		closedir(tasks);
}

int qemu_guest_watch(struct qemu_guest *g, int fd)
{
	struct epoll_event e = {.events = EPOLLIN, .data.fd = fd};

	if (fd < 0 || epoll_ctl(g->epoll, EPOLL_CTL_ADD, fd, &e) == 0)
		return 0;
	snprintf(g->m->error, sizeof(g->m->error), "epoll_ctl: %s", strerror(errno));
	return -1;
}

static int64_t soon(void)
{
	return host_now_ns() + QEMU_COMMAND_NS;
}

/* ---- The end ---- */

void qemu_guest_over(struct qemu_guest *g, enum machine_end end, const char *why)
{
	if (g->over)
		return;
	g->over = true;
	machine_ended(g->m, end, why);
}

/* Keep the end of what QEMU writes: the reason of a failure stands last. */
static void read_messages(struct qemu_guest *g)
{
	char raw[sizeof(g->said)], clean[TEXT_CLEAN_SIZE(sizeof(raw))];
	ssize_t n = g->messages < 0 ? 0 : read(g->messages, raw, sizeof(raw) / 4);
	size_t length, had = strlen(g->said), room = sizeof(g->said) - 1;

	if (n <= 0) {
		if (n == 0 && g->messages >= 0) {
			close(g->messages);
			g->messages = -1;
		}
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		if (raw[i] == '\n' || raw[i] == '\r')
			raw[i] = ' ';
	length = text_clean(clean, raw, (size_t)n, false);
	if (length > room)
		length = room;
	if (had + length > room) {
		memmove(g->said, g->said + had + length - room, room - length);
		had = room - length;
	}
	memcpy(g->said + had, clean, length);
	g->said[had + length] = '\0';
}

static void describe_status(char *text, size_t size, int status)
{
	if (WIFSIGNALED(status))
		snprintf(text, size, "QEMU died of signal %d", WTERMSIG(status));
	else
		snprintf(text, size, "QEMU ended with code %d", WEXITSTATUS(status));
}

/* QEMU is gone, or is about to be; its last words. */
static void describe_end(struct qemu_guest *g, char *text, size_t size)
{
	struct pollfd gone = {.fd = g->pidfd, .events = POLLIN};
	char how[64] = "QEMU is gone";
	int status;

	if (g->pid && g->ours && poll(&gone, 1, END_MS) == 1 &&
	    waitpid(g->pid, &status, WNOHANG) == g->pid) {
		describe_status(how, sizeof(how), status);
		g->pid = 0;
	}
	for (int i = 0; i < 16 && g->messages >= 0; i++) {
		struct pollfd more = {.fd = g->messages, .events = POLLIN};

		if (poll(&more, 1, 0) != 1)
			break;
		read_messages(g);
	}
	snprintf(text, size, "%s%s%s", how, g->said[0] ? ": " : "", g->said);
}

static void on_exit_of_qemu(struct qemu_guest *g)
{
	char why[400];

	describe_end(g, why, sizeof(why));
	qemu_guest_over(g, MACHINE_ERROR, why);
}

int qemu_guest_failed(struct qemu_guest *g, const char *what)
{
	char why[400];

	if (g->qmp.closed) {
		describe_end(g, why, sizeof(why));
		snprintf(g->m->error, sizeof(g->m->error), "%s: %s", what, why);
	} else {
		snprintf(g->m->error, sizeof(g->m->error), "%s: %.400s", what, g->qmp.error);
	}
	return -1;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void qemu_guest_close(struct qemu_guest *g)
{
	if (g->pid && g->ours) {
		syscall(SYS_pidfd_send_signal, g->pidfd, SIGKILL, NULL, 0);
		while (waitpid(g->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	g->pid = 0;
	close_fd(&g->doorbell);
	close_fd(&g->console);
	close_fd(&g->messages);
	close_fd(&g->qmp.fd);
	close_fd(&g->pidfd);
	close_fd(&g->epoll);
}

/* ---- What QEMU tells ---- */

static bool text_is(const json_t *value, const char *text)
{
	const char *is = json_string_value(value);

	return is && !strcmp(is, text);
}

static void on_event(void *context, const char *name, const json_t *data)
{
	struct qemu_guest *g = context;
	const char *reason = json_string_value(json_object_get(data, "reason"));

	if (!g->quiet && !strcmp(name, "SHUTDOWN") &&
	    json_is_true(json_object_get(data, "guest"))) {
		char why[128];

		snprintf(why, sizeof(why), "the guest shut down (QEMU: %.40s)",
			 reason ? reason : "no reason");
		qemu_guest_over(g, MACHINE_SHUTDOWN, why);
	} else if (!g->quiet && !strcmp(name, "GUEST_PANICKED")) {
		qemu_guest_over(g, MACHINE_PANICKED, "QEMU: the guest panicked");
	} else if (!g->quiet && !strcmp(name, "WATCHDOG")) {
		qemu_guest_over(g, MACHINE_UNFED, "QEMU: the watchdog device ran out");
	} else if (!strcmp(name, "BLOCK_IO_ERROR")) {
		__atomic_add_fetch(&g->m->status->disk_errors, 1, __ATOMIC_RELEASE);
	} else if (!strcmp(name, "MIGRATION")) {
		g->leaving |= text_is(json_object_get(data, "status"), "active");
		g->followed |= text_is(json_object_get(data, "status"), "postcopy-active");
	} else if (!strcmp(name, "STOP") && !g->paused) {
		g->stopped = true;
	}
}

/* Of these ends whoever listens is told by libvirt. */
static bool is_told(const json_t *status)
{
	return text_is(status, "shutdown") || text_is(status, "guest-panicked") ||
	       text_is(status, "watchdog");
}

/* Stopped, and not by us: KVM gave up, or a device did. */
static void ask_why(struct qemu_guest *g)
{
	json_t *status;
	char why[400];

	g->stopped = false;
	if (g->over)
		return;
	status = qmp_call(&g->qmp, soon(), "query-status", NULL);
	if (!status || json_is_true(json_object_get(status, "running"))) {
		json_decref(status);
		return;
	}
	if (g->quiet && is_told(json_object_get(status, "status"))) {
		json_decref(status);
		return;
	}
	read_messages(g);
	snprintf(why, sizeof(why), "QEMU stopped the guest (%.40s)%s%s",
		 json_string_value(json_object_get(status, "status")) ?: "?",
		 g->said[0] ? ": " : "", g->said);
	json_decref(status);
	qemu_guest_over(g, MACHINE_ERROR, why);
}

/* ---- vCPUs ---- */

static void pin_thread(pid_t tid, int cpu)
{
	cpu_set_t set;

	if (cpu < 0)
		return;
	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	sched_setaffinity(tid, sizeof(set), &set);
}

/* Is that a thread of QEMU? Its number comes from QEMU, and is about to be acted upon. */
static bool is_thread(const struct qemu_guest *g, pid_t tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task/%d", g->pid, tid);
	return tid > 0 && access(path, F_OK) == 0;
}

static int take_cpu(struct qemu_guest *g, const json_t *cpu)
{
	json_int_t index = json_integer_value(json_object_get(cpu, "cpu-index"));
	json_int_t tid = json_integer_value(json_object_get(cpu, "thread-id"));
	const char *path = json_string_value(json_object_get(cpu, "qom-path"));
	struct machine *m = g->m;

	if (index < 0 || index >= m->config.cpus || tid <= 0 || tid > INT32_MAX ||
	    !is_thread(g, (pid_t)tid))
		return -1;
	if (index == 0)
		snprintf(g->cpu0, sizeof(g->cpu0), "%s", path ? path : "");
	m->status->vcpu_tid[index] = (int32_t)tid;
	if (g->ours)
		pin_thread((pid_t)tid, m->config.pin ? m->config.pin[index] : -1);
	return 0;
}

int qemu_guest_cpus(struct qemu_guest *g)
{
	json_t *cpus = qmp_call(&g->qmp, soon(), "query-cpus-fast", NULL);
	json_t *cpu;
	size_t i;

	if (!cpus)
		return qemu_guest_failed(g, "asking QEMU for its vCPUs");
	json_array_foreach(cpus, i, cpu)
	{
		if (take_cpu(g, cpu)) {
			json_decref(cpus);
			snprintf(g->m->error, sizeof(g->m->error),
				 "QEMU names a vCPU that cannot be");
			return -1;
		}
	}
	json_decref(cpus);
	return 0;
}

/* ---- Doorbells ---- */

static void answer(struct qemu_guest *g)
{
	struct vq_ring *ring = (struct vq_ring *)(g->m->memory + VQ_RING_OFFSET);

	__atomic_add_fetch(&ring->answered, 1, __ATOMIC_ACQ_REL);
}

static void take_doorbell(struct qemu_guest *g, uint8_t value)
{
	struct machine *m = g->m;

	switch (value) {
	case VQ_DOORBELL_READY: /* nobody waits for an answer to this one */
		__atomic_store_n(&m->status->ready, 1, __ATOMIC_RELEASE);
		return;
	case VQ_DOORBELL_GOODBYE:
		/* What was measured by commands alone has no figure for them to be held against,
		 * and to ask QEMU takes as long as some of these. */
		if (m->config.watch && m->status->batches)
			qemu_statistics_keep(g);
		qemu_guest_over(g, MACHINE_GOODBYE, "");
		return;
	case VQ_DOORBELL_BATCH:
		machine_batch_doorbell_of(m, g->pid, m->status->vcpu_tid[0], qemu_statistics_count,
					  g);
		break;
	case VQ_DOORBELL_RING_FULL:
		usleep(100); /* the trial drains the ring */
		break;
	default:
		return;
	}
	answer(g);
}

static void on_doorbell(struct qemu_guest *g)
{
	uint8_t value[64];
	ssize_t n = read(g->doorbell, value, sizeof(value));

	for (ssize_t i = 0; i < n; i++)
		take_doorbell(g, value[i]);
	if (n == 0)
		close_fd(&g->doorbell);
}

static void on_console(struct qemu_guest *g)
{
	struct machine_status *s = g->m->status;
	size_t used = strnlen(s->console, sizeof(s->console));
	size_t room = used < sizeof(s->console) ? sizeof(s->console) - 1 - used : 0;
	char text[512];
	ssize_t n = read(g->console, text, sizeof(text));

	if (n > 0)
		memcpy(s->console + used, text, (size_t)n < room ? (size_t)n : room);
	else if (n == 0)
		close_fd(&g->console);
}

/* ---- All that comes ---- */

static bool is_due(int fd, const struct epoll_event *e, int n)
{
	for (int i = 0; i < n && fd >= 0; i++)
		if (e[i].data.fd == fd)
			return true;
	return false;
}

void qemu_guest_events(void *context, struct machine *m)
{
	struct qemu_guest *g = context;
	struct epoll_event e[8];
	int n = epoll_wait(g->epoll, e, 8, 0);

	(void)m;
	/* The guest's own words first: QEMU's end must not overtake its goodbye. */
	if (is_due(g->doorbell, e, n))
		on_doorbell(g);
	if (is_due(g->console, e, n))
		on_console(g);
	if (is_due(g->qmp.fd, e, n) && qmp_pump(&g->qmp))
		epoll_ctl(g->epoll, EPOLL_CTL_DEL, g->qmp.fd, NULL);
	if (is_due(g->messages, e, n))
		read_messages(g);
	if (is_due(g->pidfd, e, n)) {
		epoll_ctl(g->epoll, EPOLL_CTL_DEL, g->pidfd, NULL);
		if (!g->quiet)
			on_exit_of_qemu(g);
		g->gone = true;
	}
	if (g->stopped)
		ask_why(g);
}

int qemu_guest_pause(struct qemu_guest *g)
{
	g->paused = true;
	if (qmp_run(&g->qmp, soon(), "stop", NULL))
		return qemu_guest_failed(g, "pausing the guest");
	return 0;
}

int qemu_guest_resume(struct qemu_guest *g)
{
	if (qmp_run(&g->qmp, soon(), "cont", NULL))
		return qemu_guest_failed(g, "resuming the guest");
	g->paused = false;
	return 0;
}
