/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/uri_probe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/core/command.h"
#include "harness/core/serial_text.h"
#include "harness/host.h"
#include "harness/import.h"
#include "harness/journal.h"
#include "harness/platform/libvirt/boot_image.h"
#include "harness/platform/libvirt/guest_domain.h"
#include "harness/stop.h"

#define PROBE_MS 60000 /* to connect, and to try a domain's whole life */
#define BOOT_MS	 60000 /* from then on until our guest speaks: firmware, GRUB, a busy host */
/* A plan of no benches: the guest says hello and what it runs on. */
#define HELLO "transport=serial plan=- rounds=1"

void uri_flatten(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

/* ---- A guest of ours ---- */

struct listener {
	struct serial_text text;
	struct uri_found *found;
	bool heard;
};

/* Figures need a rate of the TSC, and a label that says how they came about. */
static void judge(struct uri_found *f)
{
	char why[200];

	f->no_guest[0] = '\0';
	if (!f->machine.tsc_khz)
		snprintf(f->no_guest, sizeof(f->no_guest),
			 "a guest there cannot find out how fast its TSC ticks");
	else if (import_execution(&f->machine, why, sizeof(why)) < 0)
		snprintf(f->no_guest, sizeof(f->no_guest),
			 "%s: whether it runs guests on hardware is not known", why);
	f->guest = !f->no_guest[0];
}

static void take_record(void *context, const struct record *r, uint64_t missing)
{
	const struct vq_hello *hello = (const void *)r->payload;
	struct listener *l = context;
	struct uri_found *f = l->found;

	(void)missing;
	if (r->header.type == VQ_RECORD_HELLO && r->header.length == sizeof(*hello) &&
	    hello->abi_version != VQ_ABI_VERSION) {
		snprintf(f->no_guest, sizeof(f->no_guest),
			 "the image %.200s is another version's; make one with make iso", f->image);
		l->heard = true;
	}
	if (l->heard || r->header.type != VQ_RECORD_MACHINE ||
	    r->header.length != sizeof(f->machine))
		return;
	memcpy(&f->machine, r->payload, sizeof(f->machine));
	l->heard = true;
	judge(f);
}

static void listen(const struct guest_domain *g, struct uri_found *f)
{
	static struct listener l; /* large */
	const struct serial_sink sink = {.record = take_record, .context = &l};
	int64_t deadline = host_now_ns() + BOOT_MS * 1000000ll;
	struct pollfd word = {.fd = g->console.fd, .events = POLLIN};
	char bytes[4096];
	ssize_t n = 1;

	l.found = f;
	serial_text_init(&l.text, &sink);
	while (!l.heard && n > 0 && host_now_ns() < deadline) {
		if (poll(&word, 1, 100) != 1)
			continue;
		n = read(word.fd, bytes, sizeof(bytes));
		if (n > 0)
			serial_text_feed(&l.text, bytes, (size_t)n);
	}
	if (l.heard)
		return;
	snprintf(f->no_guest, sizeof(f->no_guest),
		 n > 0 ? "our guest, booted there from %.200s in a domain of type %s, did not "
			 "speak on its console within %d s (another type: #type=…)"
		       : "our guest, booted there from %.200s in a domain of type %s, did not "
			 "come up: its console ended",
		 f->image, f->shape.type, BOOT_MS / 1000);
}

static void boot(const struct libvirt_uri *u, libvirt_guard_connect *connect, struct journal *j,
		 struct uri_found *f)
{
	static struct guest_domain g;

	guest_domain_init(&g, u, &f->shape);
	g.image = f->image;
	g.command = HELLO;
	g.guest.cpus = 1;
	if (guest_domain_prepare(&g, j, connect) || guest_domain_connect(&g) ||
	    guest_domain_start(&g) || guest_domain_listen(&g))
		snprintf(f->no_guest, sizeof(f->no_guest), "%s", g.domain.error);
	else
		listen(&g, f);
	guest_domain_close(&g);
}

static bool find_image(const struct libvirt_uri *u, struct uri_found *f)
{
	const char *path = u->image[0] ? u->image : boot_image_find();
	struct boot_image image;

	if (!strcmp(u->image, "none")) {
		snprintf(f->no_guest, sizeof(f->no_guest),
			 "its domains are empty, as image=none asks");
		return false;
	}
	if (!path) {
		snprintf(
			f->no_guest, sizeof(f->no_guest),
			"its domains are empty: no image to boot is there; make one with make iso, "
			"or name one: -p 'libvirt:URI#image=FILE'");
		return false;
	}
	snprintf(f->image, sizeof(f->image), "%s", path);
	if (boot_image_read(&image, path, f->no_guest, sizeof(f->no_guest)))
		return false;
	boot_image_free(&image);
	return true;
}

/* ---- The process ---- */

static void look_at_life(const struct libvirt_uri *u, libvirt_guard_connect *connect,
			 struct uri_found *f)
{
	static struct any_domain d = {.guard = -1};
	const char *kind;

	if (!any_domain_connect(&d, u->uri, 0)) {
		kind = d.lib->virConnectGetType(d.connection);
		snprintf(f->kind, sizeof(f->kind), "%s", kind ? kind : "?");
		f->ok = !any_domain_find_shape(&d, connect, u->type, &f->shape);
	}
	memcpy(f->error, d.error, sizeof(f->error));
	any_domain_close(&d);
}

/* What is known is told twice: without a guest, and, where one can be tried, with it. */
static void look(const struct libvirt_uri *u, libvirt_guard_connect *connect, struct journal *j,
		 int report, pid_t parent)
{
	static struct uri_found f;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	stop_ignore_signals();
	any_domain_never_ask();
	look_at_life(u, connect, &f);
	if (f.ok && find_image(u, &f)) {
		snprintf(f.no_guest, sizeof(f.no_guest),
			 "our guest was tried there, and libvirt did not answer within %d s",
			 (PROBE_MS + BOOT_MS) / 1000);
		(void)!write(report, &f, sizeof(f));
		f.no_guest[0] = '\0';
		boot(u, connect, j, &f);
	}
	(void)!write(report, &f, sizeof(f));
	_exit(0);
}

static bool hear(int report, int bound_ms, struct uri_found *f)
{
	struct pollfd word = {.fd = report, .events = POLLIN};
	struct uri_found told;
	int n = poll(&word, 1, bound_ms);

	if (n < 0)
		snprintf(f->ok ? f->no_guest : f->error, ANY_DOMAIN_ERROR, "interrupted");
	if (n != 1 || read(report, &told, sizeof(told)) != sizeof(told))
		return false;
	*f = told;
	f->error[sizeof(f->error) - 1] = f->no_guest[sizeof(f->no_guest) - 1] = '\0';
	f->kind[sizeof(f->kind) - 1] = '\0';
	uri_flatten(f->error);
	uri_flatten(f->no_guest);
	uri_flatten(f->kind);
	return true;
}

static void hear_all(int report, pid_t child, struct uri_found *f)
{
	int64_t begun = host_now_ns();

	if (hear(report, PROBE_MS, f))
		hear(report, PROBE_MS + BOOT_MS, f); /* it may end without another word */
	else if (!f->error[0])
		snprintf(f->error, sizeof(f->error),
			 host_now_ns() - begun < PROBE_MS * 1000000ll
				 ? "libvirt's client crashed"
				 : "there was no answer within %d s; is the host up, and does it "
				   "want a password?",
			 PROBE_MS / 1000);
	kill(-child, SIGKILL); /* and an ssh of its */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void probe(const struct libvirt_uri *u, libvirt_guard_connect *connect, struct journal *j,
		  struct uri_found *found)
{
	pid_t parent = getpid(), child;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC)) {
		snprintf(found->error, sizeof(found->error), "pipe: %s", strerror(errno));
		return;
	}
	child = fork();
	if (child == 0)
		look(u, connect, j, pipes[1], parent);
	close(pipes[1]);
	if (child > 0)
		hear_all(pipes[0], child, found);
	else
		snprintf(found->error, sizeof(found->error), "fork: %s", strerror(errno));
	close(pipes[0]);
}

/* The journal is ours, as the process may be given up: its files are cleared away here. */
void uri_probe(const struct libvirt_uri *u, libvirt_guard_connect *connect, struct uri_found *found)
{
	struct journal *j;

	memset(found, 0, sizeof(*found));
	j = journal_open(found->error, sizeof(found->error));
	if (!j)
		return;
	probe(u, connect, j, found);
	if (journal_heal(j)) /* the journal stays, for recover */
		complain(EXIT_HARNESS, "cannot undo: %s", journal_failed(j, 0));
	journal_close(j);
}
