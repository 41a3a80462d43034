/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Console logs into a result file. Each log is read twice: once to learn what machine it is from,
 * up to where it says so, and once for its trials.
 */
#include "harness/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/core/command.h"
#include "harness/import_internal.h"
#include "harness/run_row.h"

#define PIECE	  (1u << 20)
#define MAX_LOG	  (4ull << 30) /* what standard input may hold */
#define DELTA	  0.03	       /* as in the presets */
#define FACT_SIZE 256

/* ---- Logs ---- */

/* Standard input cannot be read twice: copy it. */
static int copy_input(struct import *m)
{
	int to = memfd_create("virt-qualify import", MFD_CLOEXEC);
	uint64_t total = 0;
	ssize_t n = 1;

	while (to >= 0 && n > 0 && total <= MAX_LOG) {
		n = copy_file_range(STDIN_FILENO, NULL, to, NULL, PIECE, 0);
		if (n < 0) { /* no file: a pipe, a terminal */
			static char piece[PIECE];

			n = read(STDIN_FILENO, piece, sizeof(piece));
			if (n > 0 && write(to, piece, (size_t)n) != n)
				n = -1;
		}
		total += n > 0 ? (uint64_t)n : 0;
	}
	if (to < 0 || n < 0 || total > MAX_LOG) {
		import_fail(m, EXIT_USAGE, "standard input: %s",
			    total > MAX_LOG ? "over 4 GiB; give the log as a file"
					    : strerror(errno));
		if (to >= 0)
			close(to);
		return -1;
	}
	return to;
}

static int open_log(struct import *m, const char *path)
{
	struct stat st;
	int fd;

	if (!strcmp(path, "-"))
		return copy_input(m);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st)) {
		import_fail(m, EXIT_USAGE, "%s: %s", path, strerror(errno));
	} else if (!S_ISREG(st.st_mode)) {
		import_fail(m, EXIT_USAGE,
			    "%s: not a file; give a pipe or a terminal as -, on "
			    "standard input",
			    path);
		close(fd);
		return -1;
	}
	return fd;
}

/* Feed a log through the decoder, as long as `goes_on` says so. */
static void read_log(struct import *m, int fd, const char *path,
		     bool (*goes_on)(const struct import *m))
{
	static char piece[PIECE];
	uint64_t at = 0;

	while (goes_on(m)) {
		ssize_t n = pread(fd, piece, sizeof(piece), (off_t)at);

		if (n < 0)
			import_fail(m, EXIT_USAGE, "%s: %s", path, strerror(errno));
		if (n <= 0)
			break;
		serial_text_feed(&m->text, piece, (size_t)n);
		at += (uint64_t)n;
	}
	serial_text_end(&m->text);
}

/* ---- First reading: what machine is it? ---- */

static void look_at_record(void *context, const struct record *r, uint64_t missing)
{
	const struct vq_plan *plan = (const void *)r->payload;
	struct import *m = context;

	(void)missing;
	if (r->header.type == VQ_RECORD_TRIAL)
		m->trial_known = true;
	if (r->header.type == VQ_RECORD_PLAN && !m->plan_known &&
	    r->header.length >= sizeof(*plan)) {
		m->plan_known = true;
		m->seed = plan->seed;
	}
	if (r->header.type != VQ_RECORD_MACHINE || r->header.length != sizeof(m->machine) ||
	    m->machine_known)
		return;
	memcpy(&m->machine, r->payload, sizeof(m->machine));
	m->machine_known = true;
}

static bool nothing_known(const struct import *m)
{
	return !m->failed && !(m->machine_known && m->trial_known && m->plan_known);
}

static bool not_failed(const struct import *m)
{
	return !m->failed;
}

static void look_at_logs(struct import *m, const int *fd)
{
	const struct serial_sink sink = {.record = look_at_record, .context = m};

	for (size_t i = 0; i < m->options->log_count && nothing_known(m); i++) {
		serial_text_init(&m->text, &sink);
		read_log(m, fd[i], m->options->logs[i], nothing_known);
	}
}

/* ---- What the file says beside the trials ---- */

static void decide_execution(struct import *m, char why[FACT_SIZE])
{
	char name[64];
	int told = import_execution(&m->machine, why, FACT_SIZE);

	import_host_name(&m->machine, name, sizeof(name));
	snprintf(m->summary->label, sizeof(m->summary->label), PLATFORM_IMPORTED " (%s)",
		 m->options->platform ? m->options->platform
		 : m->machine_known   ? name
				      : "unknown");
	m->execution = m->options->execution >= 0 ? m->options->execution
		       : m->machine_known	  ? told
						  : -1;
	if (!m->machine_known)
		snprintf(why, FACT_SIZE, "the log does not say what machine it is from");
	if (m->execution < 0) {
		import_fail(m, EXIT_USAGE,
			    "%s: whether it runs guests on hardware is not known; say so by "
			    "--execution hardware or --execution emulated",
			    why);
		return;
	}
	if (m->options->execution >= 0)
		snprintf(why + strlen(why), FACT_SIZE - strlen(why), "; --execution says %s",
			 execution_name((enum execution)m->execution));
}

static void add_fact(struct import *m, const char *name, const char *value, const char *why)
{
	struct result_fact f = {.run = m->run, .name = name, .value = value, .why = why};

	if (!m->failed && result_add_fact(m->result, &f))
		import_fail(m, EXIT_HARNESS, "%s", result_error(m->result));
}

/* Text of the guest's: what cannot be printed is a question mark. */
static const char *clean(char out[FACT_SIZE], const char *text, size_t size)
{
	size_t n = 0;

	for (; n < size && text[n] && n + 1 < FACT_SIZE; n++)
		out[n] = text[n] >= ' ' && text[n] < 0x7f ? text[n] : '?';
	while (n && out[n - 1] == ' ')
		n--;
	out[n] = '\0';
	return out[0] ? out : NULL;
}

static void add_machine(struct import *m, const char *execution)
{
	const struct vq_machine *k = &m->machine;
	const char *none =
		m->machine_known ? "the guest's CPUID does not tell" : "the log does not say";
	char text[FACT_SIZE];
	bool loaded = k->flags & VQ_MACHINE_LOADED;

	import_host_name(k, text, sizeof(text));
	add_fact(m, "host.hypervisor", m->machine_known ? text : NULL, none);
	add_fact(m, "import.execution", execution_name((enum execution)m->execution), execution);
	add_fact(m, "import.proof", "none",
		 "no counter of the hypervisor's stands beside an imported log: how many exits an "
		 "operation took is not known");
	add_fact(m, "cpu.model", clean(text, k->cpu, sizeof(k->cpu)), none);
	add_fact(m, "cpu.vendor", clean(text, k->vendor, 12), none);
	snprintf(text, sizeof(text), "%#x", k->signature);
	add_fact(m, "cpu.signature", m->machine_known ? text : NULL, none);
	snprintf(text, sizeof(text), "%u", k->cpus);
	add_fact(m, "guest.cpus", m->machine_known ? text : NULL, none);
	snprintf(text, sizeof(text), "%" PRIu64 " kB", k->memory >> 10);
	add_fact(m, "guest.work_memory", m->machine_known ? text : NULL, none);
	add_fact(m, "guest.boot",
		 !m->machine_known	     ? NULL
		 : k->flags & VQ_MACHINE_EFI ? "multiboot2, UEFI"
		 : loaded		     ? "multiboot2, BIOS"
					     : "PVH",
		 none);
	add_fact(m, "guest.ring0", k->flags & VQ_MACHINE_INTERPRETED ? "interpreted" : "executed",
		 k->flags & VQ_MACHINE_INTERPRETED
			 ? "its instructions take hundreds of nanoseconds each"
			 : NULL);
	snprintf(text, sizeof(text), "%u.%03u", k->tsc_khz / 1000, k->tsc_khz % 1000);
	add_fact(m, "tsc.mhz", k->tsc_khz ? text : NULL, "nobody told, and no timer to measure by");
	add_fact(m, "tsc.source", import_tsc_source(k->tsc_source), NULL);
	add_fact(m, "tsc.invariant", k->flags & VQ_MACHINE_INVARIANT ? "yes" : "no",
		 k->flags & VQ_MACHINE_INVARIANT
			 ? NULL
			 : "the guest's CPUID does not promise it: ticks may be no steady time");
}

static void add_log_facts(struct import *m)
{
	const struct serial_counts *c = &m->text.counts;
	const struct import_summary *s = m->summary;
	char text[FACT_SIZE];

	(void)c;
	snprintf(text, sizeof(text), "%" PRIu64 " bytes, %" PRIu64 " boots", s->bytes, s->boots);
	add_fact(m, "import.log", text, NULL);
	snprintf(text, sizeof(text), "%" PRIu64 " whole, %" PRIu64 " damaged", s->lines,
		 s->damaged);
	add_fact(m, "import.lines", text,
		 s->damaged ? "damaged lines are lost unless they came "
			      "again (repeat=2)"
			    : NULL);
	snprintf(text, sizeof(text), "%" PRIu64 " bytes", s->lost);
	add_fact(m, "import.lost", text,
		 s->lost ? "of the guest's records, by their offsets" : NULL);
}

static void add_descriptors(struct import *m)
{
	for_each_registered (struct bench, b, REGISTRY(benches)) {
		struct result_bench row = run_bench_row(m->run, b);

		if (!b->measure && result_add_bench(m->result, &row))
			import_fail(m, EXIT_HARNESS, "%s", result_error(m->result));
	}
}

static void begin_file(struct import *m)
{
	char uuid[RUN_UUID_SIZE], now[RUN_TIME_SIZE], why[FACT_SIZE], host[64];
	struct result_run run = {
		.uuid = uuid,
		.started = now,
		.version = virt_qualify_version(),
		.command = m->options->command,
		.plan_name = PLATFORM_IMPORTED,
		.plan = "# The plan stood on the guest's command line; see docs/import.md.\n",
		.seed = m->seed,
		.delta = DELTA,
	};
	struct result_platform platform = {.name = PLATFORM_IMPORTED, .label = m->summary->label};

	decide_execution(m, why);
	if (m->failed)
		return;
	import_host_name(&m->machine, host, sizeof(host));
	platform.version = m->machine_known ? host : NULL;
	run_uuid(uuid);
	run_now(now);
	m->result = result_create(m->options->output);
	if (!m->result) {
		import_fail(m, EXIT_HARNESS, "%s", result_error(NULL));
		return;
	}
	if (result_begin_run(m->result, &run) || result_begin(m->result)) {
		import_fail(m, EXIT_HARNESS, "%s", result_error(m->result));
		return;
	}
	m->run = platform.run = run.id;
	if (result_add_platform(m->result, &platform))
		import_fail(m, EXIT_HARNESS, "%s", result_error(m->result));
	add_descriptors(m);
	add_machine(m, why);
}

/* ---- Second reading: the trials ---- */

static void add_counts(struct import_summary *s, const struct serial_counts *c)
{
	s->bytes += c->bytes;
	s->lines += c->lines;
	s->damaged += c->damaged;
	s->lost += c->lost;
	s->boots += c->boots;
}

static void take_logs(struct import *m, const int *fd)
{
	const struct serial_sink sink = {.boot = import_take_boot,
					 .record = import_take_record,
					 .noise = import_take_noise,
					 .context = m};

	for (size_t i = 0; i < m->options->log_count && !m->failed; i++) {
		serial_text_init(&m->text, &sink);
		read_log(m, fd[i], m->options->logs[i], not_failed);
		import_end_boot(m);
		m->noise_size = 0;
		add_counts(m->summary, &m->text.counts);
	}
}

static void end_file(struct import *m)
{
	add_log_facts(m);
	if (m->failed)
		return;
	if (result_commit(m->result) || result_end_run(m->result, m->run, 0))
		import_fail(m, EXIT_HARNESS, "%s", result_error(m->result));
}

static void nothing_found(struct import *m)
{
	const struct serial_counts *c = &m->text.counts;

	import_fail(m, EXIT_USAGE,
		    "%s%s: no trial of ours is in it (%" PRIu64
		    " lines that begin with \"VQ1\", %" PRIu64
		    " of them damaged); see docs/import.md for how to get a whole log",
		    m->options->logs[0], m->options->log_count > 1 ? " and the others" : "",
		    c->lines + c->damaged, c->damaged);
}

static void import_all(struct import *m, int *fd)
{
	for (size_t i = 0; i < m->options->log_count && !m->failed; i++)
		fd[i] = open_log(m, m->options->logs[i]);
	look_at_logs(m, fd);
	if (!m->failed && !m->trial_known)
		nothing_found(m);
	if (!m->failed)
		begin_file(m);
	if (!m->failed)
		take_logs(m, fd);
	if (!m->failed)
		end_file(m);
}

int import_logs(const struct import_options *o, struct import_summary *s, char *error, size_t size)
{
	struct import *m = calloc(1, sizeof(*m));
	int *fd = calloc(o->log_count, sizeof(*fd));
	int code;

	memset(s, 0, sizeof(*s));
	if (m)
		m->found = trial_result_new();
	if (!m || !fd || !m->found) {
		free(m);
		free(fd);
		snprintf(error, size, "out of memory");
		return EXIT_HARNESS;
	}
	for (size_t i = 0; i < o->log_count; i++)
		fd[i] = -1;
	m->options = o;
	m->summary = s;
	import_all(m, fd);
	for (size_t i = 0; i < o->log_count; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	if (m->result) {
		result_close(m->result);
		if (m->failed)
			unlink(o->output);
	}
	code = m->failed ? m->code : EXIT_OK;
	snprintf(error, size, "%s", m->error);
	trial_result_free(m->found);
	free(fd);
	free(m);
	return code;
}
