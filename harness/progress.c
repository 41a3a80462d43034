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
	p->start_ns = host_now_ns();
	p->shown_ns = 0;
}

void progress_show(struct progress *p, size_t done, const char *what, const char *where)
{
	int64_t now = host_now_ns();
	int64_t left;

	if (p->where == PROGRESS_NONE || now - p->shown_ns < INTERVAL_NS)
		return;
	p->shown_ns = now;
	if (p->where == PROGRESS_LAB) {
		lab_port_line("progress %zu %zu %s on %s", done, p->total, what, where);
		return;
	}
	left = done ? (now - p->start_ns) / (int64_t)done * (int64_t)(p->total - done) : 0;
	fprintf(stderr, "\r[%zu/%zu] %s on %s", done, p->total, what, where);
	if (done)
		fprintf(stderr, ", %lld:%02lld left", (long long)(left / 60000000000ll),
			(long long)(left / 1000000000ll % 60));
	fprintf(stderr, "\033[K");
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->where == PROGRESS_TERMINAL)
		fprintf(stderr, "\r\033[K");
}
