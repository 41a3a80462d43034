/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lab: a whole host under an emulator, booted to run a plan inside on the hypervisor of real
 * VT-x or AMD-V.
 *
 *	command_lab.c ─ image.c ── ci/hosts/image.sh     kernel, initrd, boot image
 *	      │         emulate.c ─ host_*.c             the emulator: started, watched, ended
 *	      └──────── stream.c ◄═ port 0xe9 ═ port.c ─ ci/hosts/lab.sh, inside
 *
 * A host is one descriptor. To add one, write harness/lab/host_NAME.c with a LAB_HOST(): its
 * emulator's command line, what it needs installed, which modules come up inside. A host that boots
 * otherwise (Xen: a hypervisor below, more than one program) gives a script, which makes in $WORK
 * what `arguments` then names, and an init of its own; the rest stays as it is.
 */
#ifndef VQ_LAB_H
#define VQ_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/core/registry.h"
#include "harness/lab/stream.h"

#define LAB_PATH 512u
struct lab_host;

/* One run of a host, as asked for. */
struct lab_run {
	const struct lab_host *host;
	bool deterministic;
	unsigned int cpus;	      /* of a host in real time */
	const char *kernel, *modules; /* the user's own; NULL: Debian's */
	const char *net, *peer;	      /* sockets of this and of the other host; NULL: no network */
	const char *plan;	      /* YAML */
	const char *command;	      /* as it is recorded in the result file */
	uint64_t seed;
	int64_t timeout_ns;
	int64_t started; /* seconds since 1970 */
	bool progress;	 /* on stderr, which is a terminal */
	int stop;	 /* readable when the user wants out */
	char cache[LAB_PATH / 2];
	char work[LAB_PATH - 64]; /* of this run, in the cache: all that goes away */
	int lock;		  /* held while it is in use */
	char append[LAB_PATH];	  /* the kernel's command line */
};

#define LAB_MAX_ARGUMENTS 64

/* An emulator's command line. */
struct lab_arguments {
	char *argument[LAB_MAX_ARGUMENTS + 1];
	size_t count;
};

/* Add a word, printf-style. Memory that is short, or too many: the list stays short by it, and
 * starting the emulator fails. */
void lab_argument(struct lab_arguments *a, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Text to file NAME in the work directory. 0, or -1 with errno. */
int lab_write(const struct lab_run *r, const char *name, const char *text, size_t size);

/* A text that the linker put into the program from a file of ci/. */
#define LAB_EMBEDDED(symbol)                                                                       \
	extern const char _binary_ci_##symbol##_start[];                                           \
	extern const char _binary_ci_##symbol##_end[]
#define LAB_TEXT(symbol) _binary_ci_##symbol##_start
#define LAB_TEXT_LENGTH(symbol)                                                                    \
	((size_t)((uintptr_t)_binary_ci_##symbol##_end - (uintptr_t)_binary_ci_##symbol##_start))

struct lab_host {
	const char *name; /* as on the command line */
	const char *summary;
	const char *module;	     /* what makes /dev/kvm inside */
	const char *const *programs; /* that it needs here, NULL-terminated … */
	const char *const *files;    /* … and files, NULL-terminated; NULL: none */
	const char *packages;	     /* that have them, in Debian */
	const char *module_options;  /* for the module, "NAME=VALUE", or NULL */
	bool iso;		     /* boots from a CD image, not from kernel and initrd */
	bool always_deterministic;   /* its clock cannot follow the time of day */
	bool always_real_time;	     /* or can do nothing else */
	const char *preset;	     /* plan where none is given; NULL: lab */
	const char *kernel_console;  /* NULL: ttyS0 */
	/* Texts in place of what others have: read by ci/hosts/image.sh (NULL: nothing), and what
	 * the first process inside does after ci/hosts/lab.sh (NULL: ci/hosts/init.sh). */
	const char *script, *script_end, *init, *init_end;
	bool network;
	bool alone;    /* its emulator opens ports: keep it off the network */
	int timeout_s; /* unless the user says */
	/* The emulator's command line: console to $WORK/console, port 0xe9 to standard output.
	 * Files that it wants are written by it. 0, or -1 with errno. */
	int (*arguments)(const struct lab_run *r, struct lab_arguments *a);
};

REGISTRY_DECLARE(lab_hosts);
#define LAB_HOST(id, ...)                                                                          \
	static const struct lab_host id##_lab_host = {__VA_ARGS__};                                \
	REGISTER(lab_hosts, id##_lab_host)

/* ---- harness/lab/image.c; each 0, or -1 with `error` ---- */

/* The cache, and a work directory in it; what runs that were killed left there is removed. */
int lab_open_work(struct lab_run *r, char *error, size_t size);
void lab_close_work(struct lab_run *r);

/* Is all installed? Installs it where that is allowed. */
int lab_install(const struct lab_run *r, char *error, size_t size);

/* Kernel, initrd and boot image into the work directory. */
int lab_make_image(struct lab_run *r, char *error, size_t size);

/* ---- harness/lab/net.c ---- */

/* May r->net be made? Not in place of a file, or of another host's. 0, or -1 with `error`. */
int lab_check_net(const struct lab_run *r, char *error, size_t size);

/* Once nobody has it. */
void lab_clear_net(const struct lab_run *r);

/* ---- harness/lab/emulate.c ---- */

/* Run the emulator until the host is done, the bound is over or the user wants out. 0: the result
 * file is in the work directory, whole; else -1 with `error`. */
int lab_emulate(struct lab_run *r, struct lab_stream *s, char *error, size_t size);

/* ---- harness/lab/spawn.c ---- */

/* How a program that ran for us ended. */
enum lab_end {
	LAB_EXITED,	 /* by itself; see code */
	LAB_NOT_STARTED, /* errno says why */
	LAB_STOPPED,	 /* the user wanted out */
	LAB_TIMED_OUT,	 /* its bound was over */
	LAB_CALLED_BACK, /* tick() said that it is enough */
};

struct lab_program {
	char *const *argv;
	const char *stderr_name; /* file in the work directory that takes its stderr */
	bool alone;		 /* in a network of its own, where the kernel allows it */
	int64_t deadline_ns;
	void (*take)(void *context, const char *bytes, size_t n); /* of its stdout */
	bool (*tick)(void *context); /* several times a second; true: end it. NULL: none */
	void *context;
	int code; /* exit code, 128 + signal where it died of one */
};

/* Run it to its end. It leads a process group of its own, so that the terminal's Ctrl-C reaches us
 * alone; all of the group is killed when we end it, and it dies with us. */
enum lab_end lab_spawn(const struct lab_run *r, struct lab_program *p);

/* The last line of a file in the work directory that is not empty, cleaned for a message; "" */
void lab_last_line(const struct lab_run *r, const char *name, char *line, size_t size);

/* One line on the terminal that stays there until the next. */
void lab_show(const struct lab_run *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
