/* SPDX-License-Identifier: Apache-2.0 */
/* The QMP client against a server that sends anything: greeting, answers and events alike. */
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/platform/qemu/qmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int64_t host_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void on_event(void *context, const char *name, const json_t *data)
{
	*(size_t *)context += name[0] + (data ? json_object_size(data) : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct qmp q;
	size_t events = 0;
	int pair[2];

	if (size > 60000 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return 0;
	if (send(pair[1], data, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && size) {
		close(pair[0]);
		close(pair[1]);
		return 0;
	}
	/* No more will come: what waits for more sees the end, and not the deadline. */
	shutdown(pair[1], SHUT_WR);
	qmp_init(&q, pair[0], on_event, &events);
	if (!qmp_greet(&q, host_now_ns() + 1000000000)) {
		json_decref(qmp_call(&q, host_now_ns() + 1000000000, "query-status", NULL));
		qmp_run(&q, host_now_ns() + 1000000000, "migrate", "{s:s}", "uri", "fd:x");
	}
	qmp_pump(&q);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
