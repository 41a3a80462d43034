/* SPDX-License-Identifier: Apache-2.0 */
/* virt-qualify lab: a plan, run inside an emulated host. */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "harness/core/command.h"
#include "harness/core/result.h"
#include "harness/host.h"
#include "harness/lab/lab.h"
#include "harness/plan_arguments.h"
#include "harness/run_row.h"
#include "harness/stop.h"

#define DEFAULT_SEED 1 /* the same layouts each time, unless asked for others */
#define MAX_TIMEOUT  86400
#define DEFAULT_CPUS 2 /* in real time: some benches need them */
#define MAX_CPUS     16

enum option_key { KERNEL = 256, MODULES, REAL_TIME, CPUS, TIMEOUT, NET, KEEP, SAY, FAIL, SEND };

struct arguments {
	struct plan_arguments plan;
	const char *host;
	struct lab_run run;
	char kernel[PATH_MAX], modules[PATH_MAX]; /* the user's own, absolute */
	const char *say, *fail, *send;		  /* used inside */
	int timeout_s;
	int output; /* the file that the results go to, empty until they are there */
};

static const struct argp_option options[] = {
	{"kernel", KERNEL, "BZIMAGE", 0, "Boot this kernel (Debian's cloud kernel)", 0},
	{"modules", MODULES, "DIR", 0, "Its modules, where KVM is not built in", 0},
	{"real-time", REAL_TIME, NULL, 0,
	 "Two CPUs and a clock that follows the time of day (one CPU; instructions are counted)",
	 0},
	{"cpus", CPUS, "N", 0, "So many CPUs, in real time (2)", 0},
	{"net", NET, "OWN,PEER", 0, "Reach another host by these two sockets (implies --real-time)",
	 0},
	{"timeout", TIMEOUT, "SECONDS", 0, "End the host after so long", 0},
	{"say", SAY, "TEXT", OPTION_HIDDEN, NULL, 0},
	{"fail", FAIL, "TEXT", OPTION_HIDDEN, NULL, 0},
	{"send", SEND, "FILE", OPTION_HIDDEN, NULL, 0},
	{0},
};

static void parse_net(struct argp_state *state, struct lab_run *r, char *text)
{
	char *comma = strchr(text, ',');

	if (!comma || comma == text || !comma[1] || strchr(comma + 1, ',') || strlen(text) >= 200)
		argp_failure(state, EXIT_USAGE, 0,
			     "--net %s: not two socket paths with a comma between", text);
	*comma = '\0';
	r->net = text;
	r->peer = comma + 1;
	if (!strcmp(r->net, r->peer))
		argp_failure(state, EXIT_USAGE, 0, "--net: a host cannot be its own peer");
}

static unsigned int parse_cpus(struct argp_state *state, const char *text)
{
	uint64_t n = plan_number(state, "--cpus", text);

	if (!n || n > MAX_CPUS)
		argp_failure(state, EXIT_USAGE, 0, "--cpus %s: not from 1 to %d", text, MAX_CPUS);
	return (unsigned int)n;
}

static int parse_timeout(struct argp_state *state, const char *text)
{
	uint64_t n = plan_number(state, "--timeout", text);

	if (!n || n > MAX_TIMEOUT)
		argp_failure(state, EXIT_USAGE, 0, "--timeout %s: not from 1 to %d seconds", text,
			     MAX_TIMEOUT);
	return (int)n;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &a->plan;
		return 0;
	case KERNEL:
		a->run.kernel = text;
		return 0;
	case MODULES:
		a->run.modules = text;
		return 0;
	case REAL_TIME:
		a->run.deterministic = false;
		return 0;
	case CPUS:
		a->run.cpus = parse_cpus(state, text);
		return 0;
	case NET:
		parse_net(state, &a->run, text);
		a->run.deterministic = false;
		return 0;
	case TIMEOUT:
		a->timeout_s = parse_timeout(state, text);
		return 0;
	case SAY:
		a->say = text;
		return 0;
	case FAIL:
		a->fail = text;
		return 0;
	case SEND:
		a->send = text;
		return 0;
	case ARGP_KEY_ARG:
		if (a->host)
			return ARGP_ERR_UNKNOWN; /* the plan, then */
		a->host = text;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = {{&plan_argp, 0, NULL, 0}, {0}};

static char *list_hosts(int key, const char *text, void *input)
{
	struct registry hosts = REGISTRY(lab_hosts);
	char *list = NULL;
	size_t size;
	FILE *out;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&list, &size);
	if (!out)
		return NULL;
	fputs("Hosts:\n", out);
	for_each_registered (struct lab_host, h, hosts)
		fprintf(out, "  %-13s %s\n", h->name, h->summary);
	fclose(out);
	return list;
}

static const struct argp parser = {
	.options = options,
	.parser = parse_option,
	.children = children,
	.args_doc = "HOST [PLAN]",
	.doc = "Boot a whole host under an emulator and run a plan inside, on KVM with real VT-x "
	       "or AMD-V code; the result file comes out.\vHosts:",
	.help_filter = list_hosts,
};

/* ---- Inside ---- */

static int tell(const struct arguments *a)
{
	if (lab_port_open())
		return complain(EXIT_HARNESS,
				"port %#x: %m; the kernel needs CONFIG_X86_IOPL_IOPERM", LAB_PORT);
	if (a->say)
		lab_port_line("say %s", a->say);
	if (a->fail)
		lab_port_line("fail %s", a->fail);
	/* In place of the host, the exit code of the run. */
	if (a->send && lab_port_send(a->send, a->host ? atoi(a->host) : EXIT_HARNESS))
		return complain(EXIT_HARNESS, "%s: %m", a->send);
	return EXIT_OK;
}

/* ---- Outside ---- */

static int find_host(struct arguments *a)
{
	struct registry hosts = REGISTRY(lab_hosts);
	const char *near;

	if (!a->host)
		return complain(EXIT_USAGE, "lab: no host given; see virt-qualify lab --help");
	a->run.host = registry_find(hosts, a->host);
	near = registry_nearest(hosts, a->host);
	if (!a->run.host && near)
		return complain(EXIT_USAGE, "no host \"%s\"; did you mean \"%s\"?", a->host, near);
	if (!a->run.host)
		return complain(EXIT_USAGE, "no host \"%s\"; see virt-qualify lab --help", a->host);
	if (a->run.net && !a->run.host->network)
		return complain(EXIT_USAGE, "--net: %s has no network", a->host);
	if (!a->run.deterministic && a->run.host->always_deterministic)
		return complain(EXIT_USAGE, "--real-time: %s has no clock but its instructions",
				a->host);
	if (a->run.cpus && a->run.host->always_real_time)
		return complain(EXIT_USAGE, "--cpus: %s has two, always", a->host);
	if (a->run.cpus && a->run.deterministic)
		return complain(EXIT_USAGE,
				"--cpus: a host that counts instructions has one CPU; it goes with "
				"--real-time");
	if (a->run.host->always_real_time)
		a->run.deterministic = false;
	if (!a->run.cpus)
		a->run.cpus = DEFAULT_CPUS;
	if (a->run.host->preset)
		a->plan.otherwise = a->run.host->preset;
	if (a->run.modules && !a->run.kernel)
		return complain(EXIT_USAGE, "--modules: whose? it goes with --kernel");
	return EXIT_OK;
}

/* Known before the host boots: a result that took minutes has to go somewhere. */
static int check_directory(const char *output)
{
	char *copy = strdup(output);
	int ret = copy ? access(dirname(copy), W_OK | X_OK) : -1;

	free(copy);
	return ret ? complain(EXIT_HARNESS, "%s: its directory: %m; give another name with -o",
			      output)
		   : EXIT_OK;
}

/* Paths of the user's are as seen from here, and the script runs elsewhere. */
static int check_files(struct arguments *a)
{
	if (a->run.kernel && access(a->run.kernel, R_OK))
		return complain(EXIT_USAGE, "--kernel %s: %m", a->run.kernel);
	if (a->run.modules && access(a->run.modules, R_OK | X_OK))
		return complain(EXIT_USAGE, "--modules %s: %m", a->run.modules);
	/* NULL would be Debian's own. */
	if (a->run.kernel && !(a->run.kernel = realpath(a->run.kernel, a->kernel)))
		return complain(EXIT_USAGE, "--kernel: %m");
	if (a->run.modules && !(a->run.modules = realpath(a->run.modules, a->modules)))
		return complain(EXIT_USAGE, "--modules: %m");
	return check_directory(a->plan.output);
}

/* Taken before the host boots: another run that takes it meanwhile would lose one of the two. */
static int take_output(struct arguments *a)
{
	a->output = open(a->plan.output, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (a->output >= 0)
		return EXIT_OK;
	if (errno == EEXIST)
		return complain(EXIT_HARNESS, "%s: exists already; give another name with -o",
				a->plan.output);
	return complain(EXIT_HARNESS, "%s: %m; give another name with -o", a->plan.output);
}

/* One that came to nothing goes. */
static void leave_output(const struct arguments *a)
{
	struct stat st;

	if (!fstat(a->output, &st) && !st.st_size)
		unlink(a->plan.output);
	close(a->output);
}

static void make_append(struct lab_run *r)
{
	snprintf(r->append, sizeof(r->append),
		 "console=%s quiet panic=0 nokaslr rdinit=/init " HOST_EMULATION_KEY "%s%s%s%s%s",
		 /* Early words, too: the kernel may be the user's own, and die of what is new. */
		 r->host->kernel_console ? r->host->kernel_console : "ttyS0 earlyprintk=ttyS0",
		 r->deterministic ? "deterministic" : "emulated",
		 /* Where it is built in: the command line is what it reads. */
		 r->host->module_options ? " " : "", r->host->module_options ? r->host->module : "",
		 r->host->module_options ? "." : "",
		 r->host->module_options ? r->host->module_options : "");
}

/* Figures of an emulated host must say so: a file that does not is not what was run. */
static int check_trials(const struct lab_run *r, struct result *file, size_t *ok, size_t *count,
			char *error, size_t size)
{
	enum execution expected = r->deterministic ? EXECUTION_DETERMINISTIC : EXECUTION_EMULATED;
	const struct result_trial *t;

	*ok = 0;
	if (result_trials(file, &t, count)) {
		snprintf(error, size, "%s", result_error(file));
		return -1;
	}
	for (size_t i = 0; i < *count; i++) {
		if (t[i].status != TRIAL_OK)
			continue;
		++*ok;
		if (t[i].execution == expected)
			continue;
		snprintf(error, size, "trial %u in the result file is labelled %s, not %s",
			 t[i].ordinal, execution_name(t[i].execution), execution_name(expected));
		return -1;
	}
	return 0;
}

static int copy_file(const char *from, int to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), saved;
	char bytes[65536];
	ssize_t n = -1;

	while (in >= 0 && (n = read(in, bytes, sizeof(bytes))) > 0) {
		errno = ENOSPC; /* where only a part of it fits */
		if (write(to, bytes, (size_t)n) == n)
			continue;
		n = -1;
		break;
	}
	if (!n)
		n = fsync(to);
	saved = errno;
	if (in >= 0)
		close(in);
	errno = saved;
	return n < 0 ? -1 : 0;
}

/* What came out, checked as any file of unknown origin, and put where the user wants it. */
static int accept_result(const struct lab_run *r, const char *path, const char *output, int to,
			 size_t *ok, size_t *count, char *error, size_t size)
{
	struct result *file = result_open(path);
	int ret;

	if (!file) {
		snprintf(error, size, "what came out is no result file: %s", result_error(NULL));
		return -1;
	}
	ret = check_trials(r, file, ok, count, error, size);
	result_close(file);
	if (ret || result_stamp(path, r->started, (int64_t)time(NULL), r->command, error, size))
		return -1;
	if (copy_file(path, to)) {
		snprintf(error, size, "%s: %s", output, strerror(errno));
		if (ftruncate(to, 0))
			unlink(output);
		return -1;
	}
	return 0;
}

static int run_host(struct lab_run *r, const char *output, int to, char *error, size_t size)
{
	static struct lab_stream stream; /* large */
	int64_t start = host_now_ns();
	char path[LAB_PATH];
	size_t ok, count;
	FILE *file;
	int ret;

	if (lab_open_work(r, error, size) || lab_install(r, error, size) ||
	    lab_make_image(r, error, size))
		return EXIT_HARNESS;
	snprintf(path, sizeof(path), "%s/result.vq", r->work);
	file = fopen(path, "we");
	if (!file) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return EXIT_HARNESS;
	}
	r->started = (int64_t)time(NULL);
	lab_stream_begin(&stream, file);
	ret = lab_emulate(r, &stream, error, size);
	if (fclose(file) && !ret) {
		snprintf(error, size, "%s: %s", path, strerror(errno));
		ret = -1;
	}
	if (ret || accept_result(r, path, output, to, &ok, &count, error, size))
		return EXIT_HARNESS;
	if (r->progress)
		fputs("\r\033[K", stderr);
	fprintf(stderr, "%s, %s: %zu of %zu trials ok, in %lld s\n%s\n", r->host->name,
		r->deterministic ? "deterministic" : "in real time", ok, count,
		(long long)((host_now_ns() - start) / 1000000000), output);
	return stream.code;
}

static int run_plan_inside(struct arguments *a, char *error, size_t size)
{
	char output[RUN_FILE_SIZE];
	int ret;

	run_file_name(output, a->host);
	if (!a->plan.output)
		a->plan.output = output;
	a->run.timeout_ns =
		(a->timeout_s ? a->timeout_s : a->run.host->timeout_s) * INT64_C(1000000000);
	a->run.progress = isatty(STDERR_FILENO);
	a->run.lock = -1;
	ret = check_files(a);
	if (ret)
		return ret;
	if (lab_check_net(&a->run, error, size))
		return EXIT_USAGE;
	make_append(&a->run);
	a->run.stop = stop_on_signals();
	if (!a->run.plan || !a->run.command || a->run.stop < 0)
		return complain(EXIT_HARNESS, "out of memory");
	ret = take_output(a);
	if (ret)
		return ret;
	ret = run_host(&a->run, a->plan.output, a->output, error, size);
	leave_output(a);
	lab_close_work(&a->run);
	return ret;
}

static int lab_main(int argc, char **argv)
{
	struct arguments a = {.plan = {.otherwise = "lab"}, .run = {.deterministic = true}};
	char error[1024] = "", *text, *command;
	struct plan *plan;
	int ret;

	argp_parse(&parser, argc, argv, ARGP_IN_ORDER, NULL, &a);
	if (a.say || a.fail || a.send)
		return tell(&a);
	ret = find_host(&a);
	if (ret)
		return ret;
	plan = plan_of_arguments(&a.plan, error, sizeof(error));
	if (!plan)
		return complain(EXIT_USAGE, "%s", error);
	if (!a.plan.seed_given && !plan->seed_given)
		plan->seed = DEFAULT_SEED;
	a.run.seed = plan->seed;
	a.run.plan = text = plan_text(plan);
	a.run.command = command = command_join(argc, argv);
	plan_free(plan);
	ret = run_plan_inside(&a, error, sizeof(error));
	free(text);
	free(command);
	if (*error && a.run.progress)
		fputs("\r\033[K", stderr);
	return *error ? complain(ret, "%s: %s", a.host, error) : ret;
}

COMMAND(lab, .summary = "run a plan inside an emulated host, with VT-x or AMD-V", .order = 25,
	.main = lab_main);
