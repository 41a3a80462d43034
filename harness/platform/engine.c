/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/engine.h"

#include <stdio.h>
#include <sys/resource.h>

/* Room stays for the NULL at the end; there are fewer than that. */
void engine_add(struct engine_create *a, const char *first, const char *second)
{
	if (a->count + 2 >= ENGINE_MAX_ARGUMENTS)
		return;
	a->argument[a->count++] = first;
	if (second)
		a->argument[a->count++] = second;
}

/* What they would raise is refused where this host's limits must not be. */
static void limit(char *text, size_t size, const char *name, int resource)
{
	struct rlimit own = {.rlim_cur = 1024, .rlim_max = 4096};

	getrlimit(resource, &own);
	snprintf(text, size, "%s=%llu:%llu", name,
		 (unsigned long long)(own.rlim_cur < 1024 ? own.rlim_cur : 1024),
		 (unsigned long long)(own.rlim_max < 4096 ? own.rlim_max : 4096));
}

static void confine(struct engine_create *a)
{
	engine_add(a, "--network", "none");
	engine_add(a, "--ipc", "none");
	engine_add(a, "--cap-drop", "all");
	engine_add(a, "--read-only", NULL);
	engine_add(a, "--security-opt", "no-new-privileges");
	engine_add(a, "--security-opt", "seccomp=unconfined");
	engine_add(a, "--security-opt", "label=disable");
	engine_add(a, "--pids-limit", "0");
	engine_add(a, "--log-driver", "none");
	engine_add(a, "--hostname", "virt-qualify");
}

void engine_begin_create(struct engine_create *a, const struct container *c)
{
	uint64_t memory = c->m->config.memory_limit;

	snprintf(a->parent, sizeof(a->parent), "/%s", c->directory.name);
	snprintf(a->memory, sizeof(a->memory), "%llu", (unsigned long long)memory);
	limit(a->files, sizeof(a->files), "nofile", RLIMIT_NOFILE);
	limit(a->processes, sizeof(a->processes), "nproc", RLIMIT_NPROC);
	engine_add(a, "create", NULL);
	engine_add(a, "--name", c->directory.name);
	confine(a);
	engine_add(a, "--cgroup-parent", a->parent);
	engine_add(a, "--ulimit", a->files);
	engine_add(a, "--ulimit", a->processes);
	if (!memory)
		return;
	engine_add(a, "--memory", a->memory);
	engine_add(a, "--memory-swap", a->memory);
}

void engine_end_create(struct engine_create *a, const struct container *c, const char *image)
{
	engine_add(a, image, "/init");
	engine_add(a, c->pins, c->affinity);
	a->argument[a->count] = NULL;
}
