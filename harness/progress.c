/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/progress.h"

#include <stdio.h>

#include "harness/host.h"
#include "harness/lab/stream.h"

#define INTERVAL_NS 100000000

void progress_begin(struct progress *p, size_t total, enum progress_where to)
{
	p->total = total;
	p->where = to;
	p->shown_ns = 0;
}

bool progress_is_due(const struct progress *p)
{
	return p->where != PROGRESS_NONE && host_now_ns() - p->shown_ns >= INTERVAL_NS;
}

void progress_show(struct progress *p, size_t done, int64_t left_ns, const char *what,
		   const char *where)
{
	p->shown_ns = host_now_ns();
	if (p->where == PROGRESS_LAB) {
		lab_port_line("progress %zu %zu %s on %s", done, p->total, what, where);
		return;
	}
	fprintf(stderr, "\r[%zu/%zu] %s on %s", done, p->total, what, where);
	if (left_ns) {
		long long s = (long long)(left_ns + 500000000) / 1000000000;

		fprintf(stderr, ", %lld:%02lld left", s / 60, s % 60);
	}
	fprintf(stderr, "\033[K");
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->where == PROGRESS_TERMINAL)
		fprintf(stderr, "\r\033[K");
}
