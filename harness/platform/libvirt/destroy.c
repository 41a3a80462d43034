/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/destroy.h"

#include <errno.h>
#include <pthread.h>

static const struct libvirt_api *library;

static void *destroy(void *domain)
{
	library->virDomainDestroy(domain);
	library->virDomainFree(domain);
	return NULL;
}

/* In a thread: libvirt answers when all is gone, which is later than its event. */
int libvirt_destroy(const struct libvirt_api *lib, virDomainPtr domain)
{
	pthread_t thread;

	library = lib;
	if (!domain || lib->virDomainRef(domain)) {
		errno = ESRCH;
		return -1;
	}
	errno = pthread_create(&thread, NULL, destroy, domain);
	if (errno) {
		lib->virDomainFree(domain);
		return -1;
	}
	pthread_detach(thread);
	return 0;
}
