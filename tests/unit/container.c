/* SPDX-License-Identifier: Apache-2.0 */
/* What containers are described by: the bundle's config.json, and libvirt's XML. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <jansson.h>

#include "harness/platform/lxc_domain.h"
#include "harness/platform/oci_bundle.h"

static const char *const arguments[] = {"/init", "0,-1", "0,1", NULL};

static json_t *parse(const struct oci_bundle *b)
{
	char *text = oci_bundle_text(b);
	json_error_t error;
	json_t *root;

	assert_non_null(text);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		fail_msg("line %d: %s", error.line, error.text);
	free(text);
	return root;
}

/* "linux.resources.memory"; NULL where a part is missing. */
static json_t *at(json_t *node, const char *path)
{
	char part[64];

	while (node && *path) {
		size_t n = strcspn(path, ".");

		assert_true(n < sizeof(part));
		memcpy(part, path, n);
		part[n] = '\0';
		node = json_object_get(node, part);
		path += n + (path[n] == '.');
	}
	return node;
}

static void assert_text(json_t *root, const char *path, const char *expected)
{
	const char *text = json_string_value(at(root, path));

	assert_non_null(text);
	assert_string_equal(text, expected);
}

static bool has_namespace(json_t *root, const char *type)
{
	json_t *all = at(root, "linux.namespaces"), *one;
	size_t i;

	json_array_foreach(all, i, one) if (!strcmp(json_string_value(json_object_get(one, "type")),
						    type)) return true;
	return false;
}

static void is_confined(void **state)
{
	static const char *const sets[] = {"bounding", "effective", "permitted", "inheritable",
					   "ambient"};
	static const char *const types[] = {"pid", "network", "ipc", "uts", "mount"};
	struct oci_bundle b = {.hostname = "h", .arguments = arguments, .cgroup = "virt-qualify-1"};
	json_t *root = parse(&b);

	(void)state;
	assert_text(root, "ociVersion", "1.0.2");
	assert_text(root, "root.path", "rootfs");
	assert_true(json_is_true(at(root, "root.readonly")));
	assert_true(json_is_true(at(root, "process.noNewPrivileges")));
	assert_true(json_is_false(at(root, "process.terminal")));
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		assert_int_equal(
			json_array_size(json_object_get(at(root, "process.capabilities"), sets[i])),
			0);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_true(has_namespace(root, types[i]));
	assert_false(has_namespace(root, "user"));
	assert_null(at(root, "linux.uidMappings"));
	assert_text(root, "linux.cgroupsPath", "virt-qualify-1");
	json_decref(root);
}

static void has_its_arguments(void **state)
{
	struct oci_bundle b = {.hostname = "h", .arguments = arguments};
	json_t *root = parse(&b), *args = at(root, "process.args");

	(void)state;
	assert_int_equal(json_array_size(args), 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(json_string_value(json_array_get(args, i)), arguments[i]);
	/* Each mount point must exist in a root that is read-only. */
	assert_int_equal(json_array_size(at(root, "mounts")), 2);
	json_decref(root);
}

static void a_user_is_root_inside(void **state)
{
	struct oci_bundle b = {.hostname = "h",
			       .arguments = arguments,
			       .user_namespace = true,
			       .uid = 4000000000u,
			       .gid = 65534};
	json_t *root = parse(&b);
	json_t *uid = json_array_get(at(root, "linux.uidMappings"), 0);
	json_t *gid = json_array_get(at(root, "linux.gidMappings"), 0);

	(void)state;
	assert_true(has_namespace(root, "user"));
	assert_int_equal(json_integer_value(json_object_get(uid, "containerID")), 0);
	assert_int_equal(json_integer_value(json_object_get(uid, "hostID")), 4000000000u);
	assert_int_equal(json_integer_value(json_object_get(gid, "hostID")), 65534);
	assert_int_equal(json_integer_value(json_object_get(uid, "size")), 1);
	/* No cgroup: nothing that needs one. */
	assert_null(at(root, "linux.cgroupsPath"));
	assert_null(at(root, "linux.resources"));
	json_decref(root);
}

static void limits_are_those_asked_for(void **state)
{
	struct oci_bundle b = {.hostname = "h", .arguments = arguments, .cgroup = "c"};
	json_t *root = parse(&b);

	(void)state;
	assert_null(at(root, "linux.resources.memory"));
	assert_null(at(root, "linux.resources.cpu"));
	json_decref(root);
	b.memory_limit = 24ull << 20;
	b.realtime_us = 100000;
	root = parse(&b);
	assert_int_equal(json_integer_value(at(root, "linux.resources.memory.limit")), 24 << 20);
	assert_null(at(root, "linux.resources.memory.swap"));
	assert_int_equal(json_integer_value(at(root, "linux.resources.cpu.realtimeRuntime")),
			 100000);
	json_decref(root);
	b.limit_swap = true;
	root = parse(&b);
	assert_int_equal(json_integer_value(at(root, "linux.resources.memory.swap")), 24 << 20);
	json_decref(root);
}

static void odd_text_stays_text(void **state)
{
	static const char *const odd[] = {"/init", "\"],\"x\":[\"\\", "\n", NULL};
	struct oci_bundle b = {.hostname = "\"", .arguments = odd};
	json_t *root = parse(&b);

	(void)state;
	assert_text(root, "hostname", "\"");
	assert_string_equal(json_string_value(json_array_get(at(root, "process.args"), 1)), odd[1]);
	assert_null(json_object_get(at(root, "process"), "x"));
	json_decref(root);
}

static void no_utf8_is_refused(void **state)
{
	struct oci_bundle b = {.hostname = "\xff\xfe", .arguments = arguments};

	(void)state;
	assert_null(oci_bundle_text(&b));
}

static void xml_is_escaped(void **state)
{
	struct lxc_domain d = {.name = "virt-qualify-1",
			       .partition = "p.partition",
			       .rootfs = "/tmp/it's <here> & \"there\"",
			       .arguments = {"0", "0,1"},
			       .cpus = 2};
	char *xml = lxc_domain_xml(&d);

	(void)state;
	assert_non_null(xml);
	assert_non_null(strstr(xml, "<name>virt-qualify-1</name>"));
	assert_non_null(strstr(xml, "<partition>/p.partition</partition>"));
	assert_non_null(strstr(xml, "<initarg>0,1</initarg>"));
	assert_non_null(strstr(xml, "dir='/tmp/it&#39;s &#60;here&#62; &#38; &#34;there&#34;'"));
	free(xml);
}

static void no_controller_has_no_init(void **state)
{
	(void)state;
	assert_int_equal(lxc_find_init(0), 0);
	assert_int_equal(lxc_find_init(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_confined),
		cmocka_unit_test(has_its_arguments),
		cmocka_unit_test(a_user_is_root_inside),
		cmocka_unit_test(limits_are_those_asked_for),
		cmocka_unit_test(odd_text_stays_text),
		cmocka_unit_test(no_utf8_is_refused),
		cmocka_unit_test(xml_is_escaped),
		cmocka_unit_test(no_controller_has_no_init),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
