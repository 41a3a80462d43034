/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest that ran its plan elsewhere said it on a console; what was kept of that becomes a result
 * file. Every trial that the guest planned is in it: measured, refused by the guest, or damaged or
 * lost on the way, with numbers.
 */
#ifndef VQ_IMPORT_H
#define VQ_IMPORT_H

#include <stddef.h>
#include <stdint.h>

struct import_options {
	char *const *logs; /* files; "-" is standard input */
	size_t log_count;
	const char *output;
	const char *platform; /* what to call it: "aws m7i"; NULL: as its CPUID says */
	int execution;	      /* enum execution; -1: as its CPUID says */
	const char *command;  /* the command line that asked for it */
	int show_progress;
};

struct import_summary {
	size_t trials, ok, unsupported, invalid, failed; /* the first is their sum */
	uint64_t bytes, lines, damaged, lost;		 /* see struct serial_counts */
	uint64_t boots;
	char label[160];
};

/*
 * Take in all logs, one after the other, into a new file. Returns an enum exit_code: EXIT_OK,
 * EXIT_USAGE (no log can be read, nothing of ours is in it, it does not say what is needed),
 * EXIT_HARNESS (the file cannot be written); then with one line in `error`, and no file is left.
 */
int import_logs(const struct import_options *o, struct import_summary *s, char *error, size_t size);

/* ---- harness/import_machine.c: what hosted the guest, by its CPUID ---- */

struct vq_machine;

/* One word or two: "KVM", "bare metal", or the signature itself; written to `name`. */
void import_host_name(const struct vq_machine *m, char *name, size_t size);

/*
 * How that hypervisor executes guests: an enum execution, or -1 where it is not known; `why` says
 * what was taken for what, in a sentence.
 */
int import_execution(const struct vq_machine *m, char *why, size_t size);

/* "measured against the PC's interval timer", …; static. */
const char *import_tsc_source(uint32_t source);

#endif
