/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A container with nothing in it: no capabilities, no network, a read-only root with the program
 * alone, and no seccomp filter, whose cost would be its own.
 */
#include "harness/platform/oci_bundle.h"

#include <jansson.h>

static json_t *process(const struct oci_bundle *b)
{
	json_t *arguments = json_array();

	for (const char *const *a = b->arguments; *a; a++)
		json_array_append_new(arguments, json_string(*a));
	return json_pack("{s:b, s:{s:i, s:i}, s:o, s:[], s:s, s:b, s:{s:[], s:[], s:[]}}",
			 "terminal", 0, "user", "uid", 0, "gid", 0, "args", arguments, "env", "cwd",
			 "/", "noNewPrivileges", 1, "capabilities", "bounding", "effective",
			 "permitted");
}

/* /proc is where runtimes look for the file descriptors that they close; on /dev they make nodes,
 * which must not end up in the root's directory. */
static json_t *mounts(void)
{
	return json_pack("[{s:s, s:s, s:s, s:[s,s,s]}, {s:s, s:s, s:s, s:[s,s,s,s]}]",
			 "destination", "/proc", "type", "proc", "source", "proc", "options",
			 "nosuid", "noexec", "nodev", "destination", "/dev", "type", "tmpfs",
			 "source", "tmpfs", "options", "nosuid", "strictatime", "mode=755",
			 "size=64k");
}

static json_t *namespaces(const struct oci_bundle *b)
{
	json_t *all = json_pack("[{s:s}, {s:s}, {s:s}, {s:s}, {s:s}]", "type", "pid", "type",
				"network", "type", "ipc", "type", "uts", "type", "mount");

	if (b->user_namespace)
		json_array_append_new(all, json_pack("{s:s}", "type", "user"));
	return all;
}

static json_t *mapping(uint32_t id)
{
	return json_pack("[{s:i, s:I, s:i}]", "containerID", 0, "hostID", (json_int_t)id, "size",
			 1);
}

static json_t *resources(const struct oci_bundle *b)
{
	json_t *r = json_pack("{s:[{s:b, s:s}]}", "devices", "allow", 0, "access", "rwm");

	if (b->memory_limit) {
		json_t *memory = json_pack("{s:I}", "limit", (json_int_t)b->memory_limit);

		if (b->limit_swap)
			json_object_set_new(memory, "swap",
					    json_integer((json_int_t)b->memory_limit));
		json_object_set_new(r, "memory", memory);
	}
	if (b->realtime_us)
		json_object_set_new(
			r, "cpu",
			json_pack("{s:I}", "realtimeRuntime", (json_int_t)b->realtime_us));
	return r;
}

static json_t *linux_part(const struct oci_bundle *b)
{
	json_t *l = json_pack("{s:o}", "namespaces", namespaces(b));

	if (b->user_namespace) {
		json_object_set_new(l, "uidMappings", mapping(b->uid));
		json_object_set_new(l, "gidMappings", mapping(b->gid));
	}
	if (b->cgroup) {
		json_object_set_new(l, "cgroupsPath", json_string(b->cgroup));
		json_object_set_new(l, "resources", resources(b));
	}
	return l;
}

char *oci_bundle_text(const struct oci_bundle *b)
{
	json_t *root =
		json_pack("{s:s, s:o, s:{s:s, s:b}, s:s, s:o, s:o}", "ociVersion", "1.0.2",
			  "process", process(b), "root", "path", "rootfs", "readonly", 1,
			  "hostname", b->hostname, "mounts", mounts(), "linux", linux_part(b));
	char *text = root ? json_dumps(root, JSON_INDENT(1)) : NULL;

	json_decref(root);
	return text;
}
