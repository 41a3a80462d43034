/* SPDX-License-Identifier: Apache-2.0 */
/* Facts about the host: their form everywhere, and those whose truth can be had another way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sched.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/cgroup.h"
#include "harness/host.h"
#include "harness/host_internal.h"

static void test_every_fact_has_a_value_or_a_reason(void **state)
{
	static const char *const always[] = {"cpu.model",	 "kernel.release", "tsc.invariant",
					     "host.hypervisor",	 "kvm.device",	   "memory.total",
					     "topology.summary", "topology.xml",   "limit.memlock",
					     "cpu.online",	 "pmu.usable"};
	struct host_facts *f = host_gather();

	(void)state;
	for (size_t i = 0; i < f->count; i++) {
		const struct host_fact *fact = &f->fact[i];

		if (!*fact->name || (!fact->value && (!fact->why || !*fact->why)))
			fail_msg("fact %zu \"%s\" says nothing", i, fact->name);
		if (fact->advice && (!fact->value || !fact->why || !*fact->why))
			fail_msg("\"%s\" gives advice without saying how", fact->name);
		for (size_t k = 0; k < i; k++) {
			if (!strcmp(f->fact[k].name, fact->name))
				fail_msg("\"%s\" is stated twice", fact->name);
		}
	}
	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
		if (!host_value(f, always[i]))
			fail_msg("\"%s\" is not disclosed", always[i]);
	}
	assert_null(host_value(f, "no such fact"));
	host_free(f);
}

static void test_facts_are_true(void **state)
{
	struct host_facts *f = host_gather();
	struct utsname name;

	(void)state;
	assert_int_equal(uname(&name), 0);
	assert_string_equal(host_value(f, "kernel.release"), name.release);
	assert_string_equal(host_value(f, "tsc.invariant"), host_tsc_khz() ? "yes" : "no");
	assert_int_equal(!strcmp(host_value(f, "host.hypervisor"), "none"), !host_is_guest());
	assert_int_equal(!strcmp(host_value(f, "kvm.device"), "usable"),
			 !access("/dev/kvm", R_OK | W_OK));
	assert_non_null(strstr(host_value(f, "topology.xml"), "<topology"));
	host_free(f);
}

static void test_own_list(void **state)
{
	struct host_facts f = {0};
	char name[48];

	(void)state;
	fact_advise(&f, "nothing to advise on"); /* no fact yet */
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		fact_set(&f, name, "%d", i);
	}
	assert_int_equal(f.count, 100);
	assert_string_equal(host_value(&f, "n73"), "73");
	fact_set(&f, "dirty",
		 "a\x01"
		 "b\xff"
		 "c\xc3\xa4\xed\xa0\x80\nd\x7f");
	assert_string_equal(host_value(&f, "dirty"), "a?b?c\xc3\xa4???\nd?");
	fact_advise(&f, "by %d%%", 3);
	assert_int_equal(f.fact[100].advice, 1);
	assert_string_equal(f.fact[100].why, "by 3%");
	fact_missing(&f, "gone", "away");
	fact_advise(&f, "not on what is missing");
	assert_int_equal(f.fact[101].advice, 0);
	assert_string_equal(f.fact[101].why, "away");
	fact_set(&f, "a name far longer than the sixty-four characters it may have, which is cut",
		 "x");
	assert_int_equal(strlen(f.fact[102].name), sizeof(f.fact[102].name) - 1);
	for (size_t i = 0; i < f.count; i++) {
		free(f.fact[i].value);
		free(f.fact[i].why);
	}
	free(f.fact);
}

/* ---- Features ---- */

static void check_feature(const char *flag, const char *parameter, const char *value,
			  const char *expected)
{
	static const char flags[] = "vnmi ept vpid";
	char text[128] = "not told";

	assert_int_equal(host_feature_of(flags, flag, parameter, value, text, sizeof(text)),
			 expected ? 0 : -1);
	assert_string_equal(text, expected ? expected : "not told");
}

static void test_features(void **state)
{
	(void)state;
	check_feature("ept", "ept", "Y", "yes (ept=Y)");
	check_feature("ept", "ept", "N", "no: ept=N");
	check_feature("ept", "", NULL, "yes");
	check_feature("ept", "ept", NULL, NULL); /* KVM may be too old to use it */
	check_feature("ple", "ple_gap", "0", "no: the processor shows no ple");
	check_feature("vpid", "ple_gap", "0", "no: ple_gap=0");
	check_feature("vpid", "ple_gap", "128", "yes (ple_gap=128)");
	check_feature("", "nested", "1", "yes (nested=1)");
	check_feature("", "nested", NULL, NULL); /* no module: nobody tells */
	check_feature("", "", NULL, "yes, as always on this vendor's processors");
	check_feature("ep", "", NULL, "no: the processor shows no ep"); /* whole words */
}

static void test_matrix_is_whole(void **state)
{
	struct host_facts *f = host_gather();
	size_t features = 0, capabilities = 0;

	(void)state;
	for (size_t i = 0; i < f->count; i++) {
		features += !strncmp(f->fact[i].name, "feature.", 8);
		capabilities += !strncmp(f->fact[i].name, "kvm.capability", 14);
	}
	assert_true(features > 20);
	assert_true(capabilities > (access("/dev/kvm", R_OK | W_OK) ? 0 : 20));
	host_free(f);
}

static void test_what_names_the_host(void **state)
{
	char xml[] = "<a><info name=\"HostName\" value=\"secret\"/><info name=\"OSName\" "
		     "value=\"Linux\"/><info name=\"DMIProductSerial\" value=\"secret\"/>"
		     "<info name=\"DMIProductUUID\" value=\"secret\"/></a>";
	char cut[] = "<info name=\"HostName";
	struct host_facts *f = host_gather();

	(void)state;
	host_clean_xml(xml);
	assert_string_equal(xml, "<a><info name=\"OSName\" value=\"Linux\"/></a>");
	host_clean_xml(cut);
	assert_null(strstr(host_value(f, "topology.xml"), "HostName"));
	host_free(f);
	assert_true(host_is_sensitive("host.name"));
	assert_true(host_is_sensitive("dmi.product_serial"));
	assert_true(host_is_sensitive("dmi.product_uuid"));
	assert_true(host_is_sensitive("dmi.chassis_asset_tag"));
	assert_false(host_is_sensitive("dmi.product_name"));
	assert_false(host_is_sensitive("cpu.model"));
}

/* ---- Files ---- */

static char directory[] = "/tmp/vq-host-XXXXXX";

static int make_directory(void **state)
{
	(void)state;
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

/* A file of that name in the directory; the path is valid until the next call. */
static const char *write_file(const char *name, const char *text, mode_t mode)
{
	static char path[128];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", directory, name);
	out = fopen(path, "w");
	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void test_reading_files(void **state)
{
	struct host_facts *f = calloc(1, sizeof(*f));
	const char *path = write_file("a", "always [madvise] never\n", 0600);
	char text[8], *value;

	(void)state;
	assert_non_null(f);
	assert_string_equal(fact_choice(f, "choice", path, NULL), "madvise");
	assert_string_equal(fact_file(f, "whole", path, NULL), "always [madvise] never");
	assert_int_equal(host_read(path, text, sizeof(text)), 0);
	assert_string_equal(text, "always"); /* cut to size, then trimmed */
	unlink(path);
	assert_null(fact_file(f, "absent", path, "it is not there"));
	assert_string_equal(f->fact[2].why, "it is not there");
	assert_null(fact_file(f, "directory", directory, "unused"));
	assert_non_null(strstr(f->fact[3].why, "directory"));
	assert_string_equal(fact_file(f, "empty", "/dev/null", NULL), "none");

	path = write_file("b", "modelx: 1\nmodel\t: 85\nmodel name : X\n\nmodel : 86\n", 0600);
	value = host_field(path, "model");
	assert_string_equal(value, "85");
	free(value);
	assert_null(host_field(path, "mode"));
	unlink(path);
	assert_null(host_field(path, "model"));
	host_free(f);
}

static void test_words(void **state)
{
	(void)state;
	assert_true(host_has_word("a bb c", "bb"));
	assert_true(host_has_word("bb", "bb"));
	assert_true(host_has_word("bbb bb", "bb"));
	assert_false(host_has_word("bbb abb", "bb"));
	assert_false(host_has_word("", "bb"));
}

/* ---- Programs ---- */

static void test_versions_of_programs(void **state)
{
	const char *path = write_file("speaks", "#!/bin/sh\necho \"speaks $1\"\necho more\n", 0700);
	int64_t began;
	char text[128];

	(void)state;
	assert_int_equal(host_program_version(path, 5000, text, sizeof(text)), 0);
	assert_string_equal(text, "speaks --version");
	unlink(path);
	assert_int_equal(host_program_version(path, 5000, text, sizeof(text)), -1);
	assert_non_null(strstr(text, "not on PATH"));

	path = write_file("silent", "#!/bin/sh\nexit 0\n", 0700);
	assert_int_equal(host_program_version(path, 5000, text, sizeof(text)), -1);
	assert_non_null(strstr(text, "printed nothing"));
	unlink(path);

	/* Neither one that says nothing nor one that does not end keeps us waiting. */
	path = write_file("hangs", "#!/bin/sh\nexec sleep 1000\n", 0700);
	began = host_now_ns();
	assert_int_equal(host_program_version(path, 100, text, sizeof(text)), -1);
	assert_non_null(strstr(text, "within 100 ms"));
	unlink(path);
	path = write_file("stays", "#!/bin/sh\necho here\nexec sleep 1000\n", 0700);
	assert_int_equal(host_program_version(path, 500, text, sizeof(text)), 0);
	assert_string_equal(text, "here");
	unlink(path);
	path = write_file("pours", "#!/bin/sh\nwhile :; do printf x; done\n", 0700);
	assert_int_equal(host_program_version(path, 5000, text, sizeof(text)), 0);
	assert_int_equal(strlen(text), sizeof(text) - 1);
	unlink(path);
	assert_true(host_now_ns() - began < INT64_C(30000000000));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left */
}

static void test_what_a_program_prints(void **state)
{
	const char *path = write_file("info", "#!/bin/sh\necho \"a : $1\"\necho 'b : 2 '\n", 0700);
	const char *const command[] = {path, "info", NULL};
	char text[128], value[16], few[8];

	(void)state;
	assert_int_equal(host_program_output(command, 5000, text, sizeof(text)), 0);
	assert_string_equal(text, "a : info\nb : 2 \n");
	assert_int_equal(host_program_output(command, 5000, few, sizeof(few)), 0);
	assert_string_equal(few, "a : inf");
	unlink(path);
	assert_int_equal(host_program_output(command, 5000, text, sizeof(text)), -1);
	assert_non_null(strstr(text, "not on PATH"));

	assert_int_equal(host_xen_field("a : info\nb : 2 \n", "b", value, sizeof(value)), 0);
	assert_string_equal(value, "2");
	assert_int_equal(host_xen_field("ab : 1\n\na\t: x : y", "a", value, sizeof(value)), 0);
	assert_string_equal(value, "x : y");
	assert_int_equal(host_xen_field("a  :\nb : 1", "a", value, sizeof(value)), 0);
	assert_string_equal(value, "");
	assert_int_equal(host_xen_field("c : a : 1\na\n", "a", value, sizeof(value)), -1);
	assert_int_equal(host_xen_field("", "a", value, sizeof(value)), -1);
	assert_int_equal(host_xen_field("a : much longer than the room", "a", few, sizeof(few)), 0);
	assert_string_equal(few, "much lo");
}

/* ---- Time ---- */

/* TSC ticks against the clock over 50 ms, as a share of what host_tsc_khz promises. */
static double tsc_ratio(uint32_t khz)
{
	struct timespec pause = {0, 50000000};
	int64_t from = host_now_ns(), ns;
	uint64_t tsc = __builtin_ia32_rdtsc();

	nanosleep(&pause, NULL);
	tsc = __builtin_ia32_rdtsc() - tsc;
	ns = host_now_ns() - from;
	assert_true(ns >= 50000000);
	return (double)tsc / khz * 1e6 / (double)ns;
}

static void test_clock_and_tsc(void **state)
{
	uint32_t khz = host_tsc_khz();
	double ratio = 0;

	(void)state;
	assert_int_equal(host_tsc_khz(), khz); /* kept */
	if (!khz)
		skip();
	/* Another way to measure the same agrees within a percent, unless we are switched out
	 * between the two stamps: not five times in a row. */
	for (int i = 0; i < 5 && (ratio < 0.99 || ratio > 1.01); i++)
		ratio = tsc_ratio(khz);
	assert_true(ratio > 0.99 && ratio < 1.01);
}

/* ---- Which CPUs ---- */

static void check_order(const char *synthetic, const char *allowed, const char *expected)
{
	hwloc_cpuset_t set = hwloc_bitmap_alloc();
	hwloc_topology_t t;
	unsigned int cpus[64], n;
	char got[256] = "";
	size_t length = 0;

	assert_int_equal(hwloc_topology_init(&t), 0);
	assert_int_equal(hwloc_topology_set_synthetic(t, synthetic), 0);
	assert_int_equal(hwloc_topology_load(t), 0);
	assert_int_equal(hwloc_bitmap_list_sscanf(set, allowed), 0);
	n = host_order_cpus(t, set, cpus, 64);
	for (unsigned int i = 0; i < n; i++)
		length += (size_t)snprintf(got + length, sizeof(got) - length, "%s%u", i ? " " : "",
					   cpus[i]);
	assert_string_equal(got, expected);
	/* A short array gets the best ones. */
	if (n > 1) {
		unsigned int first = cpus[0];

		assert_int_equal(host_order_cpus(t, set, cpus, 1), 1);
		assert_int_equal(cpus[0], first);
	}
	hwloc_bitmap_free(set);
	hwloc_topology_destroy(t);
}

static void test_order_of_cpus(void **state)
{
	(void)state;
	/* One of each core before any sibling. */
	check_order("pack:1 core:4 pu:2", "0-7", "0 2 4 6 1 3 5 7");
	check_order("pack:2 core:2 pu:1", "0-3", "0 1 2 3");
	/* Siblings numbered as Linux often does: 0 and 2 share a core. */
	check_order("core:2 pu:2(indexes=0,2,1,3)", "0-3", "0 1 2 3");
	/* What is not allowed is not offered, and a lone sibling stands for its core. */
	check_order("pack:1 core:4 pu:2", "1,4-7", "1 4 6 5 7");
	check_order("pack:1 core:4 pu:2", "3", "3");
	check_order("pack:1 core:2 pu:1", "9", "");
}

/* Where the first CPUs of the order go; "" where there are none such. */
static void check_place(const char *synthetic, const char *allowed, enum placement p,
			unsigned int need, const char *expected)
{
	hwloc_cpuset_t set = hwloc_bitmap_alloc();
	unsigned int cpus[64], n;
	hwloc_topology_t t;
	char got[256] = "";
	size_t length = 0;

	assert_int_equal(hwloc_topology_init(&t), 0);
	assert_int_equal(hwloc_topology_set_synthetic(t, synthetic), 0);
	assert_int_equal(hwloc_topology_load(t), 0);
	assert_int_equal(hwloc_bitmap_list_sscanf(set, allowed), 0);
	n = host_order_cpus(t, set, cpus, 64);
	if (!host_place(t, p, need, cpus, n))
		for (unsigned int i = 0; i < n; i++)
			length += (size_t)snprintf(got + length, sizeof(got) - length, "%s%u",
						   i ? " " : "", cpus[i]);
	if (strcmp(got, expected) != 0)
		fail_msg("%s of %s, %s: got \"%s\", not \"%s\"", allowed, synthetic,
			 placement_name(p), got, expected);
	hwloc_bitmap_free(set);
	hwloc_topology_destroy(t);
}

static void test_placement(void **state)
{
	static const char two_nodes[] = "numa:2 l3:1 core:2 pu:2",
			  no_smt[] = "numa:1 l3:1 core:2 pu:1",
			  caches[] = "numa:1 l3:2 core:2 pu:1";

	(void)state;
	check_place(two_nodes, "0-7", PLACEMENT_ANY, 2, "0 2 4 6 1 3 5 7");
	check_place(two_nodes, "0-7", PLACEMENT_SAME_CORE, 2, "0 1 2 4 6 3 5 7");
	check_place(two_nodes, "0-7", PLACEMENT_SAME_CACHE, 2, "0 2 4 6 1 3 5 7");
	check_place(two_nodes, "0-7", PLACEMENT_OTHER_NODE, 2, "0 4 2 6 1 3 5 7");
	check_place(two_nodes, "0-7", PLACEMENT_OTHER_NODE, 3, "0 4 6 2 1 3 5 7");
	/* The best CPU has no such partner: another one has. */
	check_place(two_nodes, "0,2-7", PLACEMENT_SAME_CORE, 2, "2 3 0 4 6 5 7");
	check_place(caches, "0,2,3", PLACEMENT_SAME_CACHE, 2, "2 3 0");
	/* There are none. */
	check_place(no_smt, "0-1", PLACEMENT_SAME_CORE, 2, "");
	check_place(no_smt, "0-1", PLACEMENT_OTHER_NODE, 2, "");
	check_place(no_smt, "0-1", PLACEMENT_SAME_CACHE, 2, "0 1");
	check_place(no_smt, "0-1", PLACEMENT_SAME_CACHE, 3, "");
	check_place(two_nodes, "0-7", PLACEMENT_SAME_CORE, 3, "");
	check_place(two_nodes, "0-7", PLACEMENT_SAME_CACHE, 3, ""); /* siblings are one core */
	check_place("numa:2 core:1 pu:1", "0", PLACEMENT_OTHER_NODE, 2, "");
	check_place(caches, "0,2", PLACEMENT_SAME_CACHE, 2, "");
}

static void test_cpus_of_this_host(void **state)
{
	unsigned int cpus[1024], n = host_cpus(cpus, 1024);
	cpu_set_t allowed, one;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
	assert_in_range(n, 1, 1024);
	for (unsigned int i = 0; i < n; i++) {
		assert_true(CPU_ISSET(cpus[i], &allowed));
		for (unsigned int k = 0; k < i; k++)
			assert_int_not_equal(cpus[i], cpus[k]);
	}
	CPU_ZERO(&one);
	CPU_SET(cpus[n - 1], &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	n = host_cpus(cpus, 1024);
	assert_int_equal(sched_setaffinity(0, sizeof(allowed), &allowed), 0);
	assert_int_equal(n, 1);
	assert_true(CPU_ISSET(cpus[0], &one));
	assert_int_equal(host_cpus(cpus, 0), 0);
}

static void emulated_hosts_are_told_from_real_ones(void **state)
{
	(void)state;
	assert_int_equal(host_emulation_of("quiet", "", "Dell Inc."), HOST_HARDWARE);
	assert_int_equal(host_emulation_of("quiet", "KVMKVMKVM", "SeaBIOS"), HOST_HARDWARE);
	assert_int_equal(host_emulation_of("", "TCGTCGTCGTCG", "SeaBIOS"), HOST_EMULATED);
	assert_int_equal(host_emulation_of("", "", "The Bochs Project"), HOST_EMULATED);
	assert_int_equal(host_emulation_of("a virt_qualify.host=emulated b", "", ""),
			 HOST_EMULATED);
	assert_int_equal(
		host_emulation_of("virt_qualify.host=deterministic", "TCGTCGTCGTCG", "SeaBIOS"),
		HOST_DETERMINISTIC);
	assert_int_equal(host_emulation_of("virt_qualify.host=determined", "", ""), HOST_HARDWARE);
}

static void hypervisors_are_known_by_all_of_their_signature(void **state)
{
	static const char short_one[12] = "KVMKVMKVM", one_less[12] = " lrpepyh vr";

	(void)state;
	assert_string_equal(host_known_hypervisor(short_one)->name, "KVM");
	assert_string_equal(host_known_hypervisor("Microsoft Hv")->name, "Hyper-V");
	assert_string_equal(host_known_hypervisor(" lrpepyh  vr")->name, "Parallels");
	assert_null(host_known_hypervisor(one_less));
	assert_true(host_known_hypervisor("TCGTCGTCGTCG")->emulator);
	assert_false(host_known_hypervisor("XenVMMXenVMM")->emulator);
	assert_null(host_known_hypervisor("KVMKVMKVM\0\0x"));
	assert_null(host_known_hypervisor("\0\0\0\0\0\0\0\0\0\0\0"));
}

/* A process is held by the quota of any cgroup that it is below. */
static void a_quota_is_found_above(void **state)
{
	struct cgroup_place place = {.v2 = true};
	char found[512], above[64], own[80], path[128];

	(void)state;
	snprintf(above, sizeof(above), "%s/above", directory);
	snprintf(own, sizeof(own), "%s/own", above);
	assert_int_equal(mkdir(above, 0700) | mkdir(own, 0700), 0);
	snprintf(place.mount, sizeof(place.mount), "%s", directory);
	snprintf(place.path, sizeof(place.path), "%s", own);
	/* What is of the other version of cgroups tells nothing. */
	write_file("above/own/cpu.max", "max 100000\n", 0600);
	write_file("above/cpu.cfs_quota_us", "50000\n", 0600);
	assert_false(cgroup_find_quota(&place, found, sizeof(found)));
	assert_string_equal(found, own);
	write_file("above/cpu.max", "50000 100000\n", 0600);
	assert_true(cgroup_find_quota(&place, found, sizeof(found)));
	assert_string_equal(found, above);
	write_file("above/own/cpu.max", "20000 100000\n", 0600);
	assert_true(cgroup_find_quota(&place, found, sizeof(found)));
	assert_string_equal(found, own);
	place.v2 = false;
	assert_true(cgroup_find_quota(&place, found, sizeof(found)));
	assert_string_equal(found, above);
	write_file("above/cpu.cfs_quota_us", "-1\n", 0600);
	assert_false(cgroup_find_quota(&place, found, sizeof(found)));
	snprintf(path, sizeof(path), "%s/cpu.cfs_quota_us", above);
	unlink(path);

	snprintf(path, sizeof(path), "%s/cpu.max", own);
	unlink(path);
	snprintf(path, sizeof(path), "%s/cpu.max", above);
	unlink(path);
	assert_int_equal(rmdir(own) | rmdir(above), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_fact_has_a_value_or_a_reason),
		cmocka_unit_test(test_facts_are_true),
		cmocka_unit_test(test_own_list),
		cmocka_unit_test(test_features),
		cmocka_unit_test(test_matrix_is_whole),
		cmocka_unit_test(test_what_names_the_host),
		cmocka_unit_test(test_reading_files),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_versions_of_programs),
		cmocka_unit_test(test_what_a_program_prints),
		cmocka_unit_test(test_clock_and_tsc),
		cmocka_unit_test(test_order_of_cpus),
		cmocka_unit_test(test_placement),
		cmocka_unit_test(test_cpus_of_this_host),
		cmocka_unit_test(emulated_hosts_are_told_from_real_ones),
		cmocka_unit_test(hypervisors_are_known_by_all_of_their_signature),
		cmocka_unit_test(a_quota_is_found_above),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("host", tests, make_directory, remove_directory);
}
