/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The platform `libvirt`: whatever a URI of libvirt's leads to (-p libvirt:URI), be it ESX,
 * VirtualBox, OpenVZ, a QEMU elsewhere or libvirt's own test driver. Its domains are the smallest
 * that the driver takes, and no guest of ours is in them: what is measured is the life cycle, by
 * the driver's own word.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guests/payload.h"
#include "harness/host.h"
#include "harness/platform.h"
#include "harness/platform/libvirt/any_domain.h"
#include "harness/platform/libvirt/events.h"

#define PROBE_MS 20000 /* to connect, and to try a domain's whole life */
#define SLACK_MS 20000 /* a daemon elsewhere */
#define MAX_URI	 300

static char uri[MAX_URI + 1]; /* "": none was given */

/* ---- The URI ---- */

static int refuse(char *error, size_t size, const char *why)
{
	snprintf(error, size, "-p libvirt:URI: %s", why);
	return -1;
}

/* Who may say so: a plan, too, which may come from a stranger. */
static const char *objection(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789+-._~:/?#[]@!$&()*,;=%";
	const char *host = strstr(text, "://"), *end, *at;

	if (!*text)
		return "the URI is missing; write, say, libvirt:qemu:///system";
	if (strlen(text) > MAX_URI)
		return "the URI is too long; 300 characters at most";
	if (text[strspn(text, plain)])
		return "the URI holds a character that belongs in none; write it as %XX";
	if (!host || host == text || strcspn(text, "+-._~:/?#[]@!$&()*,;=%0123456789") == 0)
		return "that is no URI; write DRIVER[+TRANSPORT]://[USER@][HOST][:PORT]/PATH";
	host += strlen("://");
	end = host + strcspn(host, "/?#");
	at = memrchr(host, '@', (size_t)(end - host));
	if (at && memchr(host, ':', (size_t)(at - host)))
		return "a password does not belong in a URI; libvirt reads it from its auth.conf";
	if (host[0] == '-' || (at && at[1] == '-'))
		return "a host's name does not begin with -";
	if (memmem(text, (size_t)(host - text), "+ext:", 5) || strcasestr(end, "command="))
		return "a URI that runs a program of its own is not taken; use another transport";
	return NULL;
}

static int take(const char *text, char *error, size_t size)
{
	const char *why = objection(text);

	if (why)
		return refuse(error, size, why);
	if (uri[0] && strcmp(uri, text))
		return refuse(error, size, "two different URIs; a run takes one of them");
	snprintf(uri, sizeof(uri), "%s", text);
	return 0;
}

/* ---- What the driver takes ---- */

struct found {
	bool ok;
	struct any_domain_shape shape;
	char kind[32]; /* "QEMU", "Test", … */
	char error[ANY_DOMAIN_ERROR];
};

static struct found found;

static virConnectPtr connect_guard(const struct libvirt_api *lib)
{
	return lib->virConnectOpen(uri);
}

static void look(int report, pid_t parent)
{
	static struct any_domain d = {.guard = -1};
	static struct found f;
	const char *kind;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	any_domain_never_ask();
	if (!any_domain_connect(&d, uri, 0)) {
		kind = d.lib->virConnectGetType(d.connection);
		snprintf(f.kind, sizeof(f.kind), "%s", kind ? kind : "?");
		f.ok = !any_domain_find_shape(&d, connect_guard, &f.shape);
	}
	memcpy(f.error, d.error, sizeof(f.error));
	any_domain_close(&d);
	(void)!write(report, &f, sizeof(f));
	_exit(0);
}

/* A daemon's words: one line, and no control characters. */
static void flatten(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = ' ';
}

static void hear(int report, pid_t child)
{
	struct pollfd word = {.fd = report, .events = POLLIN};
	bool in_time = poll(&word, 1, PROBE_MS) == 1;

	if (!in_time || read(report, &found, sizeof(found)) != sizeof(found)) {
		memset(&found, 0, sizeof(found));
		snprintf(found.error, sizeof(found.error),
			 in_time ? "libvirt's client crashed"
				 : "there was no answer within %d s; is the host up, and does it "
				   "want a password?",
			 PROBE_MS / 1000);
	}
	found.error[sizeof(found.error) - 1] = found.kind[sizeof(found.kind) - 1] = '\0';
	flatten(found.error);
	flatten(found.kind);
	kill(-child, SIGKILL); /* and an ssh of its */
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void find(void)
{
	pid_t parent = getpid(), child;
	int pipes[2];

	if (pipe2(pipes, O_CLOEXEC)) {
		snprintf(found.error, sizeof(found.error), "pipe: %s", strerror(errno));
		return;
	}
	child = fork();
	if (child == 0)
		look(pipes[1], parent);
	close(pipes[1]);
	if (child > 0)
		hear(pipes[0], child);
	else
		snprintf(found.error, sizeof(found.error), "fork: %s", strerror(errno));
	close(pipes[0]);
}

static bool works(char *why, size_t size)
{
	static bool asked;

	if (!libvirt_api(why, size))
		return false;
	if (!uri[0]) {
		snprintf(why, size,
			 "no URI was given; say where: run -p libvirt:URI, for instance "
			 "-p libvirt:qemu+ssh://root@HOST/system");
		return false;
	}
	if (!asked)
		find();
	asked = true;
	if (!found.ok)
		snprintf(why, size, "%s: %.350s (virsh -c URI list tells more)", uri, found.error);
	return found.ok;
}

static const char *label(void)
{
	static char text[MAX_URI + 32];

	if (!uri[0])
		return "libvirt";
	snprintf(text, sizeof(text), "libvirt (%s), no guest", uri);
	return text;
}

static const char *version(void)
{
	static char text[256];

	if (!found.ok)
		return NULL;
	snprintf(text, sizeof(text), "libvirt %s, driver %s, domains of type %s, %s",
		 libvirt_version(), found.kind, found.shape.type, found.shape.arch);
	return text;
}

static unsigned int capabilities(void)
{
	return found.shape.pauses ? CAN_PAUSE : 0;
}

static const char *lacks(enum capability one)
{
	if (one == CAN_PAUSE)
		return "this driver of libvirt's does not suspend and resume a domain";
	return "its domains are empty: by a libvirt URI only the life cycle of a domain is "
	       "measured; "
	       "a guest is booted there from the image of make iso, and its console taken in by "
	       "virt-qualify import";
}

/* No guest of ours runs; what is known is that some drivers have no hardware below them. */
static enum execution execution(int ring)
{
	(void)ring;
	if (!strcmp(found.shape.type, "test"))
		return EXECUTION_EMULATED;
	return strcmp(found.shape.type, "qemu") ? EXECUTION_HARDWARE : EXECUTION_INTERPRETED;
}

/* ---- The guest process ---- */

struct driver {
	struct any_domain domain;
	struct machine *m;
	int events;
	bool over;
};

static void over(struct driver *d, enum machine_end end, const char *why)
{
	if (!d->over)
		machine_ended(d->m, end, why);
	d->over = true;
}

static int fail(struct driver *d)
{
	flatten(d->domain.error);
	snprintf(d->m->error, sizeof(d->m->error), "%s", d->domain.error);
	return -1;
}

static int act(void *context, struct machine *m, enum machine_command command)
{
	struct driver *d = context;

	if (command == COMMAND_PAUSE)
		return any_domain_pause(&d->domain) ? fail(d) : 0;
	if (command == COMMAND_RESUME)
		return any_domain_resume(&d->domain) ? fail(d) : 0;
	snprintf(m->error, sizeof(m->error), "%s", lacks(CAN_SNAPSHOT));
	return -1;
}

static void on_event(void *context, struct machine *m)
{
	struct driver *d = context;
	struct libvirt_event e;

	(void)m;
	while (read(d->events, &e, sizeof(e)) == sizeof(e)) {
		if (e.event == -1)
			over(d, MACHINE_ERROR, "libvirt: the connection is gone");
		else if (e.event == VIR_DOMAIN_EVENT_STOPPED || e.event == VIR_DOMAIN_EVENT_CRASHED)
			over(d, MACHINE_ERROR, "libvirt: the domain stopped by itself");
	}
}

static void end(void *context, struct machine *m)
{
	struct driver *d = context;

	(void)m;
	any_domain_close(&d->domain);
}

/* The events' thread comes after the guard's fork; its loop, before the connection. Not all
 * drivers have events: then a domain that stopped by itself shows when it is asked for something.
 */
static int start(struct driver *d)
{
	struct any_domain *domain = &d->domain;

	any_domain_never_ask();
	domain->lib = libvirt_api(domain->error, sizeof(domain->error));
	snprintf(domain->name, sizeof(domain->name), "virt-qualify-%d-1", getpid());
	if (!domain->lib || any_domain_prepare(domain, connect_guard, &found.shape))
		return fail(d);
	if (libvirt_events_begin(domain->lib, &d->events))
		d->events = -1;
	if (any_domain_connect(domain, uri, 1))
		return fail(d);
	if (d->events >= 0)
		libvirt_events_of(domain->lib, domain->connection, domain->name);
	/* So far it was bookkeeping; what the platform costs begins here. */
	d->m->status->stamp_ns[STAMP_OPEN] = host_now_ns();
	if (any_domain_create(domain, &found.shape))
		return fail(d);
	d->m->status->start_tsc = rdtsc();
	d->m->status->stamp_ns[STAMP_STARTED] = host_now_ns();
	return 0;
}

static void guest_process(struct machine *m)
{
	static struct driver d = {.events = -1, .domain = {.guard = -1}};
	struct machine_commands commands = {
		.act = act, .end = end, .on_fd = on_event, .context = &d};

	d.m = m;
	if (start(&d)) {
		over(&d, MACHINE_ERROR, m->error);
		any_domain_close(&d.domain);
		_exit(1);
	}
	commands.fd = d.events;
	machine_serve(m, &commands);
}

PLATFORM(libvirt, .summary = "empty domains by any URI of libvirt's: run -p libvirt:URI",
	 .works = works, .label = label, .version = version, .capabilities = capabilities,
	 .execution = execution, .lacks = lacks, .slack_ms = SLACK_MS, .tidies = true,
	 .type1 = true, .no_guest = true, .take = take, .guest_process = guest_process);
