/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper of a private libvirtd: makes its files, starts it, waits, and clears away. */
#include "harness/platform/libvirt/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/host.h"
#include "harness/journal.h"
#include "harness/platform/directory.h"
#include "harness/platform/orphan.h"
#include "harness/stop.h"

#define QEMU_USER "libvirt-qemu" /* as Debian builds it */
#define READY_MS  10000
#define TERM_MS	  3000
#define REAP_MS	  60000 /* all that is left was killed: a busy host takes its time */
#define MS	  1000000ll

struct keeper {
	struct journal *journal;
	struct directory directory;
	struct keeper_report report;
	int daemon; /* pidfd */
};

static int fail(struct keeper *k, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int fail(struct keeper *k, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(k->report.error, sizeof(k->report.error), format, args);
	va_end(args);
	return -1;
}

/* ---- Its files ---- */

static int make_directories(struct keeper *k)
{
	static const char *const names[] = {"etc",   "etc/libvirt",   "run",	"run/libvirt",
					    "lib",   "lib/libvirt",   "log",	"log/libvirt",
					    "cache", "cache/libvirt", "drivers"};
	char path[700];

	if (directory_make(&k->directory, k->journal, DIRECTORY_PRIVATE, k->report.error,
			   sizeof(k->report.error)))
		return -1;
	/* Who kills us orphans a QEMU that has left us and its libvirtd: it still has its mounts.
	 */
	if (journal_add(k->journal, "kill-mounted", k->directory.path))
		return fail(k, "%.500s", journal_error(k->journal));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", k->directory.path, names[i]);
		if (mkdir(path, 0755))
			return fail(k, "%.300s: %s", path, strerror(errno));
	}
	memcpy(k->report.directory, k->directory.path, sizeof(k->report.directory));
	snprintf(path, sizeof(path), "%s/run/libvirt/libvirt-sock", k->directory.path);
	if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return fail(k,
			    "%.300s is too long for a socket; set VIRT_QUALIFY_STATE to a "
			    "shorter directory",
			    path);
	memcpy(k->report.socket, path, sizeof(k->report.socket));
	return 0;
}

static int write_file(struct keeper *k, const char *name, const char *text, const char *more)
{
	char path[700];
	FILE *f;
	int bad;

	snprintf(path, sizeof(path), "%s/%s", k->directory.path, name);
	f = fopen(path, "wxe");
	if (!f)
		return fail(k, "%.300s: %s", path, strerror(errno));
	bad = fputs(text, f) < 0 || fputs(more ? more : "", f) < 0;
	if (fclose(f) || bad)
		return fail(k, "%.300s: cannot be written", path);
	return 0;
}

/* Only the drivers asked for: others would set up networks, or fail for want of a user. */
static int link_drivers(struct keeper *k, const char *const *drivers)
{
	char from[256], to[700];

	for (; *drivers; drivers++) {
		if (!libvirt_find_driver(*drivers, from, sizeof(from)))
			return fail(k, "libvirt's %s driver is gone", *drivers);
		snprintf(to, sizeof(to), "%s/drivers/libvirt_driver_%s.so", k->directory.path,
			 *drivers);
		if (symlink(from, to))
			return fail(k, "%.300s: %s", to, strerror(errno));
	}
	return 0;
}

/*
 * Its qemu driver wants the user that it would run QEMU as, though qemu.conf says root; packages
 * make one, but not each of them, and not each container has it. Number and home do not matter.
 */
static int add_to(struct keeper *k, const char *from, const char *name, const char *line)
{
	char path[700], part[4096];
	FILE *in = fopen(from, "re"), *out;
	size_t n;
	int bad;

	snprintf(path, sizeof(path), "%s/%s", k->directory.path, name);
	out = fopen(path, "wxe");
	while (in && out && (n = fread(part, 1, sizeof(part), in)) > 0)
		fwrite(part, 1, n, out);
	bad = !in || !out || fputs(line, out) < 0;
	if (in)
		fclose(in);
	if (out && fclose(out))
		bad = 1;
	return bad ? fail(k, "%.300s: cannot be made", path) : 0;
}

static int make_user(struct keeper *k)
{
	if (!getpwnam(QEMU_USER) &&
	    add_to(k, "/etc/passwd", "passwd",
		   QEMU_USER ":x:64055:64055::/nonexistent:/usr/sbin/nologin\n"))
		return -1;
	if (!getgrnam(QEMU_USER) && add_to(k, "/etc/group", "group", QEMU_USER ":x:64055:\n"))
		return -1;
	return 0;
}

static int make_files(struct keeper *k, const struct libvirt_daemon_options *o)
{
	char conf[1024];

	snprintf(conf, sizeof(conf),
		 "unix_sock_rw_perms = \"0700\"\nauth_unix_ro = \"none\"\nauth_unix_rw = \"none\"\n"
		 "log_level = 3\nlog_outputs = \"3:file:%s/libvirtd.log\"\n",
		 k->directory.path);
	if (make_directories(k) || write_file(k, "libvirtd.conf", conf, o->conf) ||
	    link_drivers(k, o->drivers))
		return -1;
	if (!o->qemu_conf)
		return 0;
	return make_user(k) || write_file(k, "etc/libvirt/qemu.conf", o->qemu_conf, NULL) ? -1 : 0;
}

/* ---- libvirtd ---- */

#define MAX_ARGUMENTS 8

/* Where libvirtd would complain itself. */
static void complain_for_it(const struct keeper *k, const char *what, int error)
{
	char path[700];
	FILE *f;

	snprintf(path, sizeof(path), "%s/libvirtd.log", k->directory.path);
	f = fopen(path, "ae");
	if (!f)
		return;
	fprintf(f, ": error : it cannot be given %s: %s%s\n", what, strerror(error),
		error == EINVAL ? "; in a chroot, let / be a mount (pivot_root)" : "");
	fclose(f);
}

static void become_daemon(struct keeper *k, const struct libvirt_daemon_options *o, pid_t parent)
{
	const char *all[MAX_ARGUMENTS + 8] = {libvirt_find_daemon(), "--config"};
	char conf[600], pid_file[600], drivers[600];
	const char *failed;
	sigset_t none;
	size_t n = 2;
	int null;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || !all[0])
		_exit(127);
	snprintf(conf, sizeof(conf), "%s/libvirtd.conf", k->directory.path);
	snprintf(pid_file, sizeof(pid_file), "%s/libvirtd.pid", k->directory.path);
	snprintf(drivers, sizeof(drivers), "%s/drivers", k->directory.path);
	all[n++] = conf;
	all[n++] = "--pid-file";
	all[n++] = pid_file;
	for (size_t i = 0; o->arguments && i < MAX_ARGUMENTS && o->arguments[i]; i++)
		all[n++] = o->arguments[i];
	failed = libvirt_private_mounts(k->directory.path);
	if (failed)
		complain_for_it(k, failed, errno);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (failed || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(null, 2) < 0)
		_exit(126);
	setenv("LIBVIRT_DRIVER_DIR", drivers, 1);
	/* It is nobody's service. */
	setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent", 1);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execv(all[0], (char *const *)all);
	_exit(127);
}

static int start_daemon(struct keeper *k, const struct libvirt_daemon_options *o)
{
	pid_t parent = getpid(), pid = fork();

	if (pid == 0)
		become_daemon(k, o, parent);
	if (pid < 0)
		return fail(k, "fork of libvirtd: %s", strerror(errno));
	k->report.daemon = pid;
	k->daemon = (int)syscall(SYS_pidfd_open, pid, 0);
	return k->daemon < 0 ? fail(k, "pidfd_open of libvirtd: %s", strerror(errno)) : 0;
}

static bool takes_connections(const struct keeper *k)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool ok;

	snprintf(address.sun_path, sizeof(address.sun_path), "%.107s", k->report.socket);
	ok = fd >= 0 && !connect(fd, (struct sockaddr *)&address, sizeof(address));
	if (fd >= 0)
		close(fd);
	return ok;
}

/* The last complaint in its log, without the time and number before it. */
static void last_complaint(const struct keeper *k, char *out, size_t size)
{
	char path[700], line[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/libvirtd.log", k->directory.path);
	snprintf(out, size, "it wrote no log");
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		const char *error = strstr(line, ": error : ");

		line[strcspn(line, "\n")] = '\0';
		if (error)
			snprintf(out, size, "%.200s", error + strlen(": error : "));
	}
	if (f)
		fclose(f);
}

static int wait_until_ready(struct keeper *k)
{
	int64_t deadline = host_now_ns() + READY_MS * MS;
	char said[256];

	while (host_now_ns() < deadline) {
		if (takes_connections(k))
			return 0;
		if (poll(&(struct pollfd){.fd = k->daemon, .events = POLLIN}, 1, 5) == 1) {
			last_complaint(k, said, sizeof(said));
			return fail(k, "a private libvirtd ended at once: %s", said);
		}
	}
	last_complaint(k, said, sizeof(said));
	return fail(k, "a private libvirtd takes no connections: %s", said);
}

static void end_daemon(struct keeper *k)
{
	struct pollfd gone = {.fd = k->daemon, .events = POLLIN};

	if (k->daemon < 0)
		return;
	syscall(SYS_pidfd_send_signal, k->daemon, SIGTERM, NULL, 0);
	if (poll(&gone, 1, TERM_MS) == 1)
		return;
	syscall(SYS_pidfd_send_signal, k->daemon, SIGKILL, NULL, 0);
	poll(&gone, 1, TERM_MS);
}

/* Guests go with their trials; one that did not, as its libvirtd was gone, is a child of ours. */
static void kill_children(void)
{
	char path[64];
	pid_t pid;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", getpid());
	f = fopen(path, "re");
	while (f && fscanf(f, "%d", &pid) == 1)
		kill(pid, SIGKILL); /* not yet reaped: the number is its */
	if (f)
		fclose(f);
}

/* What libvirtd started, and left to us. One that was just being started comes to us only when who
 * did that is dead: so more than once. */
static void end_children(void)
{
	int64_t deadline = host_now_ns() + REAP_MS * MS;

	while (host_now_ns() < deadline) {
		pid_t pid;

		kill_children();
		do {
			pid = waitpid(-1, NULL, WNOHANG);
		} while (pid > 0);
		if (pid < 0 && errno == ECHILD)
			return;
		usleep(1000);
	}
}

/* Only one that we were told to kill: what ends by itself would do so again. */
static void start_anew(struct keeper *k, const struct libvirt_daemon_options *o)
{
	syscall(SYS_pidfd_send_signal, k->daemon, SIGKILL, NULL, 0);
	poll(&(struct pollfd){.fd = k->daemon, .events = POLLIN}, 1, TERM_MS);
	close(k->daemon);
	k->daemon = -1;
	start_daemon(k, o); /* where it fails, nobody answers: clients see that */
}

/*
 * Until the last process of the run that holds the other end is gone, or says so. Orphans are
 * reaped as they die: libvirt takes one that is not for alive, and waits.
 */
static void wait_for_end(struct keeper *k, const struct libvirt_daemon_options *o, int lifeline,
			 int signals)
{
	struct pollfd fds[2] = {
		{.fd = lifeline, .events = POLLIN},
		{.fd = signals, .events = POLLIN},
	};
	struct signalfd_siginfo seen = {0};

	while (!fds[0].revents) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			; /* libvirtd too: its pidfd stays readable */
		if (poll(fds, 2, -1) <= 0 || !fds[1].revents)
			continue;
		if (read(signals, &seen, sizeof(seen)) < 0)
			fds[1].fd = -1; /* it cannot happen; then only the end matters */
		else if (seen.ssi_signo == KEEPER_KILL && k->daemon >= 0)
			start_anew(k, o);
	}
}

/* ---- Its life ---- */

static int start(struct keeper *k, const struct libvirt_daemon_options *o)
{
	k->journal = journal_open(k->report.error, sizeof(k->report.error));
	if (!k->journal)
		return -1;
	snprintf(k->report.journal, sizeof(k->report.journal), "%s", journal_path(k->journal));
	return make_files(k, o) || start_daemon(k, o) || wait_until_ready(k) ? -1 : 0;
}

/* Of deaths, and of what we are told. */
static int watch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, KEEPER_KILL);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

void libvirt_keep(const struct libvirt_daemon_options *o, int report, int lifeline)
{
	static struct keeper k;

	int signals;

	setpgid(0, 0); /* what kills all of the run must leave who clears up after it */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	prctl(PR_SET_NAME, "vq-keeper");
	stop_ignore_signals();
	signal(SIGPIPE, SIG_IGN);
	orphan_close_others(report, lifeline);
	signals = watch_signals();
	k.daemon = -1;
	k.report.keeper = getpid();
	if (start(&k, o) && !k.report.error[0])
		fail(&k, "a private libvirtd could not be started");
	if (write(report, &k.report, sizeof(k.report)) == sizeof(k.report) && !k.report.error[0])
		wait_for_end(&k, o, lifeline, signals);
	end_daemon(&k);
	end_children();
	if (k.journal)
		journal_heal(k.journal);
	journal_close(k.journal);
	_exit(0);
}
