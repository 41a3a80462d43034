/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest domain that a driver of libvirt's takes, whichever it is: empty, or with our guest's
 * image as its CD and a serial console. */
#ifndef VQ_LIBVIRT_ANY_DOMAIN_H
#define VQ_LIBVIRT_ANY_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/platform/libvirt/api.h"
#include "harness/platform/libvirt/guard.h"

#define ANY_DOMAIN_ERROR 400

/* What a driver was found to take; found once, before anything is timed. */
struct any_domain_shape {
	char type[32]; /* of the domain, and its processor: from the driver's capabilities */
	char arch[32];
	bool defines;	   /* it starts only what was defined before (ESX, VirtualBox) */
	bool autodestroys; /* it destroys a domain when the connection that made it goes */
	bool pauses;	   /* it suspends and resumes */
};

/* What a domain that boots our guest has more than an empty one. */
struct any_domain_guest {
	const char *image; /* a path of the host that runs it */
	uint32_t cpus;
	uint64_t memory; /* bytes for the guest's benches, beside what firmware and loader take */
};

struct any_domain {
	const struct libvirt_api *lib;
	virConnectPtr connection;
	virDomainPtr domain;
	char name[64];
	char pool[64], volume[64]; /* what it boots from, where that was uploaded; "": nothing */
	virStorageVolPtr uploaded;
	int guard; /* -1: none */
	char error[ANY_DOMAIN_ERROR];
};

/*
 * The first guest among a connection's capabilities (hostile XML) that is a machine (hvm) of
 * x86_64, else of i686. Of its domains' types the one that is `wanted`, or, where that is "", kvm,
 * else the first. 0, or -1: there is none.
 */
int any_domain_parse(const char *capabilities, const char *wanted, struct any_domain_shape *shape);

/* Its description; allocated, NULL: no memory. `guest` NULL: it stays empty. */
char *any_domain_xml(const char *name, const struct any_domain_shape *shape,
		     const struct any_domain_guest *guest);

/* This process will ask nobody for a password: it loses its terminal, and what else could ask. */
void any_domain_never_ask(void);

/* Connect, and name a domain that does not exist: virt-qualify-PID-NUMBER. All of these: 0, or -1
 * with d->error. */
int any_domain_connect(struct any_domain *d, const char *uri, unsigned int number);

/* What the driver takes: makes an empty domain as `d` names it, of the `wanted` type ("": see
 * any_domain_parse), and tries it; any_domain_close() ends it. */
int any_domain_find_shape(struct any_domain *d, libvirt_guard_connect *connect, const char *wanted,
			  struct any_domain_shape *shape);

/* Fork the guard: before anything is timed, before threads. One that autodestroys has it, too: a
 * daemon that dies forgets that. */
int any_domain_prepare(struct any_domain *d, libvirt_guard_connect *connect);

/* Upload what it is to boot from to d->pool, as the volume d->volume, whose path on its host goes
 * to `path`. */
int any_domain_upload(struct any_domain *d, const void *bytes, size_t size, char *path,
		      size_t path_size);

/* It runs, when this returns. */
int any_domain_create(struct any_domain *d, const struct any_domain_shape *shape,
		      const struct any_domain_guest *guest);
int any_domain_pause(struct any_domain *d);
int any_domain_resume(struct any_domain *d);

/* Destroy it, and let go of all; safe after any failure of the above. */
void any_domain_close(struct any_domain *d);

#endif
