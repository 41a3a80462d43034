/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/any_domain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/platform/libvirt/xml.h"

#define MEMORY_KIB 32768u /* what any firmware starts in; a multiple of 4 MiB, as ESX wants it */

static int fail(struct any_domain *d, const char *what)
{
	snprintf(d->error, sizeof(d->error), "%s: %.300s", what, libvirt_error());
	return -1;
}

/* ---- What the driver offers ---- */

/* The value of an attribute that follows `mark`, before `end`: a plain word. */
static int take_word(const char *from, const char *end, const char *mark, char *out, size_t size)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-";
	const char *at = strstr(from, mark);
	size_t length;

	if (!at || at >= end)
		return -1;
	at += strlen(mark);
	length = strspn(at, plain);
	if (!length || length >= size || (at[length] != '\'' && at[length] != '"'))
		return -1;
	memcpy(out, at, length);
	out[length] = '\0';
	return 0;
}

static int find_guest(const char *capabilities, const char *arch, struct any_domain_shape *shape)
{
	const char *guest = capabilities, *end;

	for (; (guest = strstr(guest, "<guest>")); guest = end) {
		const char *type = strstr(guest, "<os_type>hvm</os_type>");

		end = strstr(guest, "</guest>");
		if (!end)
			return -1;
		if (type && type < end &&
		    !take_word(guest, end, "<arch name='", shape->arch, sizeof(shape->arch)) &&
		    !strcmp(shape->arch, arch) &&
		    !take_word(guest, end, "<domain type='", shape->type, sizeof(shape->type)))
			return 0;
	}
	return -1;
}

int any_domain_parse(const char *capabilities, struct any_domain_shape *shape)
{
	if (!find_guest(capabilities, "x86_64", shape))
		return 0;
	return find_guest(capabilities, "i686", shape);
}

char *any_domain_xml(const char *name, const struct any_domain_shape *shape)
{
	char *text = NULL;
	size_t length;
	FILE *f = open_memstream(&text, &length);

	if (!f)
		return NULL;
	fputs("<domain type='", f);
	xml_put_escaped(f, shape->type);
	fputs("'>\n", f);
	xml_put_element(f, "name", name);
	fprintf(f, "<memory unit='KiB'>%u</memory>\n<vcpu>1</vcpu>\n<os><type arch='", MEMORY_KIB);
	xml_put_escaped(f, shape->arch);
	fputs("'>hvm</type></os>\n<on_poweroff>destroy</on_poweroff>"
	      "<on_reboot>destroy</on_reboot><on_crash>destroy</on_crash>\n</domain>\n",
	      f);
	if (fclose(f) == 0)
		return text;
	free(text);
	return NULL;
}

/* ---- A connection ---- */

void any_domain_never_ask(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	/* What libvirt and its helpers say by themselves, too, is not the user's. */
	for (int fd = 0; fd < 3 && null >= 0; fd++)
		dup2(null, fd);
	/* ssh would open a window. */
	unsetenv("SSH_ASKPASS");
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
}

int any_domain_connect(struct any_domain *d, const char *uri, unsigned int number)
{
	virDomainPtr other;

	snprintf(d->name, sizeof(d->name), "virt-qualify-%d-%u", getpid(), number);
	d->lib = libvirt_api(d->error, sizeof(d->error));
	if (!d->lib)
		return -1;
	if (!d->connection)
		d->connection = d->lib->virConnectOpen(uri);
	if (!d->connection)
		return fail(d, "libvirt does not connect");
	other = d->lib->virDomainLookupByName(d->connection, d->name);
	if (!other)
		return 0;
	d->lib->virDomainFree(other);
	snprintf(d->error, sizeof(d->error),
		 "there is a domain called %s already, which is not this run's; remove it (virsh "
		 "destroy, virsh undefine)",
		 d->name);
	return -1;
}

/* ---- Its life ---- */

static virDomainPtr define_and_start(struct any_domain *d, const char *xml)
{
	virDomainPtr domain = d->lib->virDomainDefineXML(d->connection, xml);

	if (domain && d->lib->virDomainCreate(domain)) {
		fail(d, "starting the domain"); /* before another error takes its place */
		d->lib->virDomainUndefine(domain);
		d->lib->virDomainFree(domain);
		domain = NULL;
	} else if (!domain) {
		fail(d, "defining the domain");
	}
	return domain;
}

int any_domain_create(struct any_domain *d, const struct any_domain_shape *shape)
{
	char *xml = any_domain_xml(d->name, shape);

	if (!xml) {
		snprintf(d->error, sizeof(d->error), "out of memory for a domain's description");
		return -1;
	}
	if (shape->defines) {
		d->domain = define_and_start(d, xml);
	} else {
		d->domain = d->lib->virDomainCreateXML(
			d->connection, xml, shape->autodestroys ? VIR_DOMAIN_START_AUTODESTROY : 0);
		if (!d->domain)
			fail(d, "creating the domain");
	}
	free(xml);
	return d->domain ? 0 : -1;
}

int any_domain_pause(struct any_domain *d)
{
	return d->lib->virDomainSuspend(d->domain) ? fail(d, "suspending the domain") : 0;
}

int any_domain_resume(struct any_domain *d)
{
	return d->lib->virDomainResume(d->domain) ? fail(d, "resuming the domain") : 0;
}

/* One that is defined stays, once it is destroyed. true: it is gone, or never was. */
static bool destroy(struct any_domain *d)
{
	bool gone;

	if (!d->domain)
		return true;
	d->lib->virDomainDestroy(d->domain);
	gone = d->lib->virDomainIsActive(d->domain) <= 0;
	d->lib->virDomainUndefine(d->domain); /* it fails for one that was never defined */
	d->lib->virDomainFree(d->domain);
	d->domain = NULL;
	return gone;
}

/* `needed`: it tries once more. Never where the domain of that name is not ours. */
static void dismiss_guard(struct any_domain *d, bool needed)
{
	if (d->guard < 0)
		return;
	if (!needed)
		(void)!write(d->guard, "", 1); /* it fails where the guard is gone */
	close(d->guard);
	d->guard = -1;
}

void any_domain_close(struct any_domain *d)
{
	dismiss_guard(d, !destroy(d));
	if (d->connection)
		d->lib->virConnectClose(d->connection);
	d->connection = NULL;
}

int any_domain_prepare(struct any_domain *d, libvirt_guard_connect *connect,
		       const struct any_domain_shape *shape)
{
	if (shape->autodestroys)
		return 0;
	d->guard = libvirt_guard_start(d->name, connect);
	if (d->guard >= 0)
		return 0;
	snprintf(d->error, sizeof(d->error), "a guard for the domain: %s", strerror(errno));
	return -1;
}

/* ---- What it takes ---- */

static int ask_capabilities(struct any_domain *d, struct any_domain_shape *shape)
{
	char *text = d->lib->virConnectGetCapabilities(d->connection);
	int ret;

	if (!text)
		return fail(d, "libvirt's capabilities");
	ret = any_domain_parse(text, shape);
	free(text);
	if (ret)
		snprintf(d->error, sizeof(d->error),
			 "this driver offers no machine (hvm) for x86_64 or i686, and what else it "
			 "may offer needs files of its own");
	return ret;
}

/* In turn: CreateXML that autodestroys, without, and Define. */
static int try_to_create(struct any_domain *d, libvirt_guard_connect *connect,
			 struct any_domain_shape *shape)
{
	shape->autodestroys = true;
	if (!any_domain_create(d, shape))
		return 0;
	shape->autodestroys = false;
	if (any_domain_prepare(d, connect, shape))
		return -1;
	if (!any_domain_create(d, shape))
		return 0;
	if (d->lib->virGetLastErrorCode() != VIR_ERR_NO_SUPPORT)
		return -1;
	shape->defines = true;
	return any_domain_create(d, shape);
}

int any_domain_find_shape(struct any_domain *d, libvirt_guard_connect *connect,
			  struct any_domain_shape *shape)
{
	memset(shape, 0, sizeof(*shape));
	if (ask_capabilities(d, shape))
		return -1;
	if (try_to_create(d, connect, shape))
		return -1;
	shape->pauses = !any_domain_pause(d) && !any_domain_resume(d);
	return 0; /* any_domain_close() destroys it */
}
