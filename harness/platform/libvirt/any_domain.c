/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/any_domain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/platform/libvirt/xml.h"

/* What any firmware starts in, and GRUB with our guest; multiples of 4 MiB, as ESX wants it. */
#define MEMORY	     (32ull << 20)
#define GUEST_MEMORY (64ull << 20)
#define MEMORY_STEP  (4ull << 20)
#define PIECE	     (256u << 10) /* of an upload; libvirt takes as much at once */

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

static int take_type(const char *from, const char *end, const char *wanted, char *out, size_t size)
{
	static const char mark[] = "<domain type='";
	const char *preferred = *wanted ? wanted : "kvm";
	char first[sizeof(((struct any_domain_shape *)0)->type)] = "";

	for (const char *at = from; (at = strstr(at, mark)) && at < end; at += strlen(mark)) {
		if (take_word(at, end, mark, out, size))
			continue;
		if (!strcmp(out, preferred))
			return 0;
		if (!first[0])
			snprintf(first, sizeof(first), "%s", out);
	}
	snprintf(out, size, "%s", first);
	return *wanted || !first[0] ? -1 : 0;
}

static int find_guest(const char *capabilities, const char *arch, const char *wanted,
		      struct any_domain_shape *shape)
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
		    !take_type(guest, end, wanted, shape->type, sizeof(shape->type)))
			return 0;
	}
	return -1;
}

int any_domain_parse(const char *capabilities, const char *wanted, struct any_domain_shape *shape)
{
	if (!find_guest(capabilities, "x86_64", wanted, shape))
		return 0;
	return find_guest(capabilities, "i686", wanted, shape);
}

/* As much of a processor as there is: a default model may lack what benches measure. */
static const char *cpu_mode(const char *type)
{
	if (!strcmp(type, "kvm"))
		return "<cpu mode='host-passthrough'/>";
	return strcmp(type, "qemu") ? "" : "<cpu mode='maximum'/>";
}

/* QEMU's newer machines have no IDE, and Xen has no SATA. */
static void put_guest(FILE *f, const struct any_domain_shape *shape,
		      const struct any_domain_guest *guest)
{
	bool ide = !strcmp(shape->type, "xen");

	fprintf(f,
		"<features><acpi/><apic/></features>%s\n<devices>\n"
		"<disk type='file' device='cdrom'><source file='",
		cpu_mode(shape->type));
	xml_put_escaped(f, guest->image);
	fprintf(f,
		"'/><target dev='%s' bus='%s'/><readonly/></disk>\n"
		"<serial type='pty'><target port='0'/></serial>\n"
		"<console type='pty'><target type='serial' port='0'/></console>\n</devices>\n",
		ide ? "hdc" : "sda", ide ? "ide" : "sata");
}

static uint64_t memory_of(const struct any_domain_guest *guest)
{
	uint64_t bytes = guest ? GUEST_MEMORY + guest->memory : MEMORY;

	return (bytes + MEMORY_STEP - 1) / MEMORY_STEP * MEMORY_STEP;
}

char *any_domain_xml(const char *name, const struct any_domain_shape *shape,
		     const struct any_domain_guest *guest)
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
	fprintf(f, "<memory unit='KiB'>%llu</memory>\n<vcpu>%u</vcpu>\n<os><type arch='",
		(unsigned long long)memory_of(guest) >> 10, guest ? guest->cpus : 1);
	xml_put_escaped(f, shape->arch);
	fprintf(f,
		"'>hvm</type>%s</os>\n<on_poweroff>destroy</on_poweroff>"
		"<on_reboot>destroy</on_reboot><on_crash>destroy</on_crash>\n",
		guest ? "<boot dev='cdrom'/>" : "");
	if (guest)
		put_guest(f, shape, guest);
	fputs("</domain>\n", f);
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

/* ---- What it boots from, on its host ---- */

static virStorageVolPtr make_volume(struct any_domain *d, size_t size)
{
	virStoragePoolPtr pool = d->lib->virStoragePoolLookupByName(d->connection, d->pool);
	virStorageVolPtr volume = NULL;
	char xml[300];

	if (!pool) {
		snprintf(d->error, sizeof(d->error),
			 "the image has to be uploaded, and there is no storage pool called %s "
			 "(%.150s); name one: -p 'libvirt:URI#pool=NAME'",
			 d->pool, libvirt_error());
		return NULL;
	}
	snprintf(xml, sizeof(xml),
		 "<volume><name>%s</name><capacity unit='bytes'>%zu</capacity>"
		 "<target><format type='raw'/></target></volume>",
		 d->volume, size);
	volume = d->lib->virStorageVolCreateXML(pool, xml, 0);
	if (!volume)
		fail(d, "a volume for the image");
	d->lib->virStoragePoolFree(pool);
	return volume;
}

static int send_all(struct any_domain *d, const char *bytes, size_t size)
{
	virStreamPtr stream = d->lib->virStreamNew(d->connection, 0);
	size_t at = 0;
	int n = 1, ret = -1;

	if (!stream)
		return -1;
	if (d->lib->virStorageVolUpload(d->uploaded, stream, 0, size, 0)) {
		d->lib->virStreamFree(stream);
		return -1;
	}
	while (at < size && n > 0) {
		n = d->lib->virStreamSend(stream, bytes + at,
					  size - at < PIECE ? size - at : PIECE);
		at += n > 0 ? (size_t)n : 0;
	}
	if (at == size)
		ret = d->lib->virStreamFinish(stream);
	else
		d->lib->virStreamAbort(stream);
	d->lib->virStreamFree(stream);
	return ret;
}

int any_domain_upload(struct any_domain *d, const void *bytes, size_t size, char *path,
		      size_t path_size)
{
	char *where;

	if (d->guard >= 0)
		libvirt_guard_arm(d->guard);
	d->uploaded = make_volume(d, size);
	if (!d->uploaded)
		return -1;
	if (send_all(d, bytes, size))
		return fail(d, "uploading the image");
	where = d->lib->virStorageVolGetPath(d->uploaded);
	if (!where)
		return fail(d, "where the image was uploaded to");
	snprintf(path, path_size, "%s", where);
	free(where);
	return 0;
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

int any_domain_create(struct any_domain *d, const struct any_domain_shape *shape,
		      const struct any_domain_guest *guest)
{
	char *xml = any_domain_xml(d->name, shape, guest);

	if (d->guard >= 0)
		libvirt_guard_arm(d->guard);
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

static bool delete_uploaded(struct any_domain *d)
{
	bool gone;

	if (!d->uploaded)
		return true;
	gone = !d->lib->virStorageVolDelete(d->uploaded, 0);
	d->lib->virStorageVolFree(d->uploaded);
	d->uploaded = NULL;
	return gone;
}

static bool is_gone(struct any_domain *d)
{
	int active = d->lib->virDomainIsActive(d->domain);

	return !active || (active < 0 && d->lib->virGetLastErrorCode() == VIR_ERR_NO_DOMAIN);
}

/* One that is defined stays, once it is destroyed. true: it is gone, or never was. */
static bool destroy(struct any_domain *d)
{
	bool gone;

	if (!d->domain)
		return delete_uploaded(d);
	gone = !d->lib->virDomainDestroy(d->domain) || is_gone(d);
	d->lib->virDomainUndefine(d->domain); /* it fails for one that was never defined */
	d->lib->virDomainFree(d->domain);
	d->domain = NULL;
	return delete_uploaded(d) && gone;
}

/* `needed`: it tries again, for as long as a daemon takes to start anew. Never where the domain of
 * that name is not ours. */
static void dismiss_guard(struct any_domain *d, bool needed)
{
	if (d->guard < 0)
		return;
	if (!needed)
		libvirt_guard_dismiss(d->guard);
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

int any_domain_prepare(struct any_domain *d, libvirt_guard_connect *connect)
{
	const struct libvirt_guarded what = {.domain = d->name,
					     .pool = d->volume[0] ? d->pool : NULL,
					     .volume = d->volume[0] ? d->volume : NULL};

	d->guard = libvirt_guard_start(&what, connect);
	if (d->guard >= 0)
		return 0;
	snprintf(d->error, sizeof(d->error), "a guard for the domain: %s", strerror(errno));
	return -1;
}

/* ---- What it takes ---- */

static int ask_capabilities(struct any_domain *d, const char *wanted,
			    struct any_domain_shape *shape)
{
	char *text = d->lib->virConnectGetCapabilities(d->connection);
	int ret;

	if (!text)
		return fail(d, "libvirt's capabilities");
	ret = any_domain_parse(text, wanted, shape);
	free(text);
	if (ret && *wanted)
		snprintf(d->error, sizeof(d->error),
			 "this driver offers no machine (hvm) of type %s for x86_64 or i686",
			 wanted);
	else if (ret)
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
	if (!any_domain_create(d, shape, NULL))
		return 0;
	shape->autodestroys = false;
	if (any_domain_prepare(d, connect))
		return -1;
	if (!any_domain_create(d, shape, NULL))
		return 0;
	if (d->lib->virGetLastErrorCode() != VIR_ERR_NO_SUPPORT)
		return -1;
	shape->defines = true;
	return any_domain_create(d, shape, NULL);
}

int any_domain_find_shape(struct any_domain *d, libvirt_guard_connect *connect, const char *wanted,
			  struct any_domain_shape *shape)
{
	memset(shape, 0, sizeof(*shape));
	if (ask_capabilities(d, wanted, shape))
		return -1;
	if (try_to_create(d, connect, shape))
		return -1;
	shape->pauses = !any_domain_pause(d) && !any_domain_resume(d);
	return 0; /* any_domain_close() destroys it */
}
