/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/podman_store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "harness/cgroup.h"
#include "harness/platform/namespaces.h"
#include "harness/platform/program.h"

/* ---- What is here ---- */

static const char *find_podman(void)
{
	static char path[512];

	return path[0] || program_find("podman", path, sizeof(path)) ? path : NULL;
}

/* podman's own choice is crun, which refuses cgroups of version 1 with an empty version 2 beside
 * them, as much else boots; there, and where crun is not, it is runc. */
const char *podman_runtime(void)
{
	static const char *runtime;
	static struct cgroup_own own;
	char path[512];

	if (runtime)
		return runtime;
	cgroup_find(&own, 0);
	runtime = own.count == 1 && own.place[0].v2 && program_find("crun", path, sizeof(path))
			  ? "crun"
			  : "runc";
	return runtime;
}

static bool look(char *why, size_t size)
{
	char path[512];

	if (!find_podman())
		snprintf(why, size, "podman is not in PATH (Debian: apt-get install podman)");
	else if (!program_find(podman_runtime(), path, sizeof(path)))
		snprintf(why, size,
			 "%s, which podman calls, is not in PATH (Debian: apt-get "
			 "install %s)",
			 podman_runtime(), podman_runtime());
	else if (geteuid())
		snprintf(why, size,
			 "podman is driven with cgroups of its own; run as root (oci "
			 "needs no root)");
	else
		return namespaces_work(why, size);
	return false;
}

bool podman_works(char *why, size_t size)
{
	static bool asked, works;
	static char because[256];

	if (!asked)
		works = look(because, sizeof(because));
	asked = true;
	if (!works)
		snprintf(why, size, "%s", because);
	return works;
}

/* The first line that `runc --version` and `crun --version` print ends with it. */
const char *podman_version(void)
{
	static char text[256];
	char path[512], podman[64] = "", runtime[64] = "";

	if (text[0])
		return text;
	if (find_podman())
		program_version(find_podman(), podman, sizeof(podman));
	if (program_find(podman_runtime(), path, sizeof(path)))
		program_version(path, runtime, sizeof(runtime));
	snprintf(text, sizeof(text), "podman %s, %s %s", podman[0] ? podman : "(none)",
		 podman_runtime(), runtime[0] ? runtime : "(none)");
	return text;
}

/* ---- Its settings ---- */

/* TOML's strings are JSON's. */
static void put(FILE *f, const char *key, const char *directory, const char *below)
{
	char value[700];
	json_t *string;
	char *text;

	snprintf(value, sizeof(value), "%s%s", directory, below);
	string = json_string(value);
	text = string ? json_dumps(string, JSON_ENCODE_ANY) : NULL;
	fprintf(f, "%s = %s\n", key, text ? text : "");
	free(text);
	json_decref(string);
}

static FILE *create(const char *path, char *error, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		snprintf(error, size, "%.400s: %s", path, strerror(errno));
	return f;
}

static int finish(FILE *f, const char *path, char *error, size_t size)
{
	if (!fclose(f))
		return 0;
	snprintf(error, size, "%.400s: %s", path, strerror(errno));
	return -1;
}

/* Locks in files: those in shared memory are one set for all of a host's podmans. */
static int write_settings(const char *path, const char *directory, char *error, size_t size)
{
	FILE *f = create(path, error, size);

	if (!f)
		return -1;
	fputs("[containers]\ndefault_ulimits = []\n[engine]\ncgroup_manager = \"cgroupfs\"\n"
	      "events_logger = \"none\"\nlock_type = \"file\"\n",
	      f);
	put(f, "runtime", podman_runtime(), "");
	put(f, "static_dir", directory, "/podman/static");
	put(f, "tmp_dir", directory, "/podman/tmp");
	put(f, "volume_path", directory, "/podman/volumes");
	return finish(f, path, error, size);
}

/* A container of a directory has no layers: the plainest driver does. */
static int write_storage(const char *path, const char *directory, char *error, size_t size)
{
	FILE *f = create(path, error, size);

	if (!f)
		return -1;
	fputs("[storage]\ndriver = \"vfs\"\n", f);
	put(f, "graphroot", directory, "/podman/storage");
	put(f, "runroot", directory, "/podman/run");
	return finish(f, path, error, size);
}

#define SETTINGS_KEY "CONTAINERS_CONF="
#define STORAGE_KEY  "CONTAINERS_STORAGE_CONF="

int podman_store_make(struct podman_store *s, const char *directory, char *error, size_t size)
{
	static const char *const list[] = {"ps", NULL};
	const char *all = getenv("PATH");

	snprintf(s->settings, sizeof(s->settings), SETTINGS_KEY "%s/containers.conf", directory);
	snprintf(s->storage, sizeof(s->storage), STORAGE_KEY "%s/storage.conf", directory);
	snprintf(s->path, sizeof(s->path), "PATH=%s", all ? all : "/usr/sbin:/usr/bin");
	snprintf(s->directory, sizeof(s->directory), "%s", directory);
	snprintf(s->home, sizeof(s->home), "HOME=%s", directory);
	snprintf(s->scratch, sizeof(s->scratch), "TMPDIR=%s", directory);
	snprintf(s->runtime_root, sizeof(s->runtime_root), "root=%s/runtime", directory);
	if (write_settings(s->settings + strlen(SETTINGS_KEY), directory, error, size) ||
	    write_storage(s->storage + strlen(STORAGE_KEY), directory, error, size))
		return -1;
	/* The first call makes its data base, and that of the first container needs not pay. */
	return podman_run(s, list, error, size);
}

int podman_run(struct podman_store *s, const char *const *arguments, char *error, size_t size)
{
	const char *const environment[] = {s->settings, s->storage, s->path,
					   s->home,	s->scratch, NULL};
	const char *const options[] = {"--runtime-flag", s->runtime_root, NULL};
	struct program_call call = {.path = find_podman(),
				    .name = "podman",
				    .options = options,
				    .arguments = arguments,
				    .environment = environment,
				    .directory = s->directory, /* conmon leaves files there */
				    .wait_ms = PODMAN_MS};

	return program_call(&call, error, size);
}
