/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/lxc_domain.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/platform/container.h"
#include "harness/platform/libvirt/xml.h"

#define MEMORY_KIB (64ull << 20) /* LXC domains must have a limit: one that does not matter */

char *lxc_domain_xml(const struct lxc_domain *d)
{
	size_t length;
	char *text = NULL;
	FILE *f = open_memstream(&text, &length);

	if (!f)
		return NULL;
	fputs("<domain type='lxc'>\n", f);
	xml_put_element(f, "name", d->name);
	fprintf(f, "<memory unit='KiB'>%llu</memory>\n<vcpu>%u</vcpu>\n", MEMORY_KIB, d->cpus);
	fputs("<resource><partition>/", f);
	xml_put_escaped(f, d->partition);
	fputs("</partition></resource>\n<os><type>exe</type><init>/init</init>\n", f);
	for (size_t i = 0; i < sizeof(d->arguments) / sizeof(d->arguments[0]); i++)
		xml_put_element(f, "initarg", d->arguments[i]);
	fputs("</os>\n<features><privnet/><capabilities policy='deny'/></features>\n"
	      "<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot>"
	      "<on_crash>destroy</on_crash>\n<devices><filesystem type='mount'><source dir='",
	      f);
	xml_put_escaped(f, d->rootfs);
	fputs("'/><target dir='/'/><readonly/></filesystem><console "
	      "type='pty'/></devices>\n</domain>\n",
	      f);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

pid_t lxc_find_init(pid_t controller)
{
	char path[96];
	pid_t init = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", controller, controller);
	f = controller > 0 ? fopen(path, "re") : NULL;
	if (f && fscanf(f, "%d", &init) != 1)
		init = 0;
	if (f)
		fclose(f);
	return init;
}

/* In the process that joins. */
static int join_cgroups(pid_t init)
{
	struct cgroup_own theirs;
	char path[600];
	int fd, ret;

	cgroup_find(&theirs, init);
	for (size_t i = 0; i < theirs.count; i++) {
		snprintf(path, sizeof(path), "%s/cgroup.procs", theirs.place[i].path);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		ret = fd < 0 || write(fd, "0", 1) != 1;
		if (fd >= 0)
			close(fd);
		if (ret)
			return -1;
	}
	return 0;
}

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)

static void run(pid_t init, int init_fd, pid_t parent)
{
	int status;
	pid_t pid;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (join_cgroups(init))
		_exit(126);
	if (setns(init_fd, NAMESPACES))
		_exit(125);
	/* A PID namespace is for children. */
	pid = fork();
	if (pid == 0) {
		execl("/init", "/init", INIT_EXEC, (char *)NULL);
		_exit(124);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(123);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 122);
}

int lxc_run_beside(pid_t init, int init_fd)
{
	pid_t parent = getpid(), pid = fork();
	int status;

	if (pid == 0)
		run(init, init_fd, parent);
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
