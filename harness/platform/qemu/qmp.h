/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A client of QEMU's machine protocol (QMP: docs/interop/qmp-spec.txt in QEMU's sources): one JSON
 * object a line. All that arrives is hostile: lines are bounded, every wait has a deadline, and
 * what makes no sense closes the connection.
 */
#ifndef VQ_QMP_H
#define VQ_QMP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/core/text.h"

#define QMP_MAX_LINE  (256u << 10)
#define QMP_MAX_ERROR 320

struct qmp {
	int fd;		 /* a stream socket; the owner's */
	bool closed;	 /* the other side is gone, or sent what makes no sense */
	uint32_t serial; /* of the last command */
	char version[64];
	char error[TEXT_CLEAN_SIZE(QMP_MAX_ERROR)]; /* one line about the last failure */
	/* Called for each event; `data` may be NULL, and both are the connection's. */
	void (*on_event)(void *context, const char *name, const json_t *data);
	void *context;
	size_t used;	  /* bytes in line[] */
	size_t looked_at; /* of these, so many have no end of line */
	char line[QMP_MAX_LINE];
};

/* Begin on a connected socket: zeroes `q` but for its line. */
void qmp_init(struct qmp *q, int fd, void (*on_event)(void *, const char *, const json_t *),
	      void *context);

/* Take QEMU's greeting and agree on no capabilities; fills q->version. 0, or -1 with q->error. */
int qmp_greet(struct qmp *q, int64_t deadline_ns);

/*
 * Execute a command: `format` and what follows make its arguments (json_pack(), an object), NULL:
 * none. Events that come meanwhile go to on_event. Returns what it returned, the caller's; NULL
 * with q->error.
 */
json_t *qmp_call(struct qmp *q, int64_t deadline_ns, const char *command, const char *format, ...);

/* The same for commands whose answer says nothing; 0, or -1 with q->error. */
int qmp_run(struct qmp *q, int64_t deadline_ns, const char *command, const char *format, ...);

/* Hand a file descriptor over, for commands that name it. */
int qmp_send_fd(struct qmp *q, int64_t deadline_ns, const char *name, int fd);

/* Take in what has arrived, without waiting. -1: the connection is closed. */
int qmp_pump(struct qmp *q);

#endif
