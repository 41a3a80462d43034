/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/guest_domain.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/libvirt/boot_image.h"
#include "harness/platform/libvirt/events.h"

void guest_domain_init(struct guest_domain *g, const struct libvirt_uri *uri,
		       const struct any_domain_shape *shape)
{
	memset(g, 0, sizeof(*g));
	g->uri = uri;
	g->shape = shape;
	g->domain.guard = g->events = g->console.fd = -1;
}

static int make_image(struct guest_domain *g, struct boot_image *image)
{
	char *error = g->domain.error;
	const size_t size = sizeof(g->domain.error);

	if (boot_image_read(image, g->image, error, size))
		return -1;
	if (!boot_image_command(image, g->command, error, size))
		return 0;
	boot_image_free(image);
	return -1;
}

/* The daemon's QEMU is seldom the user that we are. */
static int write_copy(struct guest_domain *g, struct journal *j)
{
	char *error = g->domain.error;
	const size_t size = sizeof(g->domain.error);
	struct boot_image image;
	int ret;

	if (directory_make(&g->directory, j, DIRECTORY_READABLE, error, (unsigned int)size) ||
	    make_image(g, &image))
		return -1;
	snprintf(g->copy, sizeof(g->copy), "%s/boot.iso", g->directory.path);
	ret = boot_image_write(&image, g->copy, error, size);
	boot_image_free(&image);
	return ret;
}

/* A name that is nobody else's, even where we are killed before it is known whether it was. */
static void name_volume(struct guest_domain *g)
{
	unsigned long long number = 0;

	if (getrandom(&number, sizeof(number), 0) < 0)
		number = (unsigned long long)host_now_ns();
	snprintf(g->domain.pool, sizeof(g->domain.pool), "%s", g->uri->pool);
	snprintf(g->domain.volume, sizeof(g->domain.volume), "virt-qualify-%d-%016llx.iso",
		 getpid(), number);
}

static int upload(struct guest_domain *g)
{
	struct boot_image image;
	int ret;

	if (make_image(g, &image))
		return -1;
	ret = any_domain_upload(&g->domain, image.bytes, image.size, g->copy, sizeof(g->copy));
	boot_image_free(&image);
	return ret;
}

int guest_domain_prepare(struct guest_domain *g, struct journal *j, libvirt_guard_connect *connect)
{
	struct any_domain *d = &g->domain;

	d->lib = libvirt_api(d->error, sizeof(d->error));
	snprintf(d->name, sizeof(d->name), "virt-qualify-%d-1", getpid());
	g->guest.image = g->copy;
	if (!d->lib)
		return -1;
	if (g->command && g->uri->pool[0])
		name_volume(g);
	else if (g->command && write_copy(g, j))
		return -1;
	return any_domain_prepare(d, connect);
}

/* Not all drivers have events: then a domain that stopped by itself shows when it is asked for
 * something, or when its guest is silent. */
int guest_domain_connect(struct guest_domain *g)
{
	struct any_domain *d = &g->domain;

	if (libvirt_events_begin(d->lib, &g->events))
		g->events = -1;
	if (any_domain_connect(d, g->uri->uri, 1))
		return -1;
	if (g->events >= 0)
		libvirt_events_of(d->lib, d->connection, d->name);
	return d->volume[0] ? upload(g) : 0;
}

int guest_domain_start(struct guest_domain *g)
{
	return any_domain_create(&g->domain, g->shape, g->command ? &g->guest : NULL);
}

int guest_domain_listen(struct guest_domain *g)
{
	struct any_domain *d = &g->domain;

	if (!g->command)
		return 0;
	return libvirt_console_open(&g->console, d->lib, d->connection, d->domain, d->error,
				    sizeof(d->error));
}

void guest_domain_close(struct guest_domain *g)
{
	libvirt_console_close(&g->console);
	any_domain_close(&g->domain);
	directory_remove(&g->directory);
}
