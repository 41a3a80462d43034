/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/cpu_watch.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/host.h"

#define TEXT_SIZE (256u << 10)
#define NO_FILE	  -2 /* tried, and not there */

static const struct {
	const char *name, *scope, *unit;
} counters[CPU_COUNTERS] = {
	[CPU_OUTER_STEAL] = {"outer_steal", "cpu", "ns"},
	[CPU_INTERRUPTS] = {"interrupts", "cpu", "count"},
	[CPU_HEAT] = {"heat_throttled", "cpu", "count"},
	[CPU_THROTTLED] = {"quota_throttled", "cgroup", "count"},
	[CPU_THROTTLED_NS] = {"quota_throttled_time", "cgroup", "ns"},
};

const char *cpu_counter_name(enum cpu_counter which)
{
	return counters[which].name;
}

const char *cpu_counter_scope(enum cpu_counter which)
{
	return counters[which].scope;
}

const char *cpu_counter_unit(enum cpu_counter which)
{
	return counters[which].unit;
}

/* ---- Texts ---- */

bool cpu_watch_parse_steal(const char *text, int cpu, uint64_t *ticks)
{
	unsigned long long v[8];
	const char *line;
	char key[24];

	snprintf(key, sizeof(key), "\ncpu%d ", cpu);
	line = strstr(text, key);
	if (!line || sscanf(line + strlen(key), "%llu %llu %llu %llu %llu %llu %llu %llu", &v[0],
			    &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7]) != 8)
		return false;
	*ticks = v[7];
	return true;
}

/* The column of a CPU: offline ones have none. -1: it is not there. */
static int find_column(const char *header, const char *end, int cpu)
{
	int column = 0;

	for (const char *at = header; (at = strstr(at, "CPU")) && at < end; column++) {
		at += 3;
		if (atoi(at) == cpu)
			return column;
	}
	return -1;
}

/* The number in that column of a line, from behind its colon; 0 where it ends before. */
static uint64_t number_in_column(const char *at, int column)
{
	char *end;

	for (;; column--) {
		uint64_t v = strtoull(at, &end, 10);

		if (end == at || *end == '\n')
			return end != at && !column ? v : 0;
		if (!column)
			return v;
		at = end;
	}
}

bool cpu_watch_parse_interrupts(const char *text, int cpu, uint64_t *count)
{
	const char *end = strchr(text, '\n');
	int column = end ? find_column(text, end, cpu) : -1;

	*count = 0;
	if (column < 0)
		return false;
	for (const char *line = end + 1; *line; line = end + 1) {
		const char *colon = strchr(line, ':');

		end = strchr(line, '\n');
		if (!end)
			return false; /* cut off */
		if (colon && colon < end)
			*count += number_in_column(colon + 1, column);
	}
	return true;
}

/* The number after a key at the start of a line. */
static bool find_number(const char *text, const char *key, uint64_t *value)
{
	const char *at = strstr(text, key);

	if (!at || (at != text && at[-1] != '\n'))
		return false;
	*value = strtoull(at + strlen(key), NULL, 10);
	return true;
}

/* ---- Files ---- */

/* Open at the first use, then read again and again. */
static bool read_again(int *fd, const char *path, char *text, size_t size)
{
	size_t filled = 0;
	ssize_t n;

	if (*fd == -1)
		*fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*fd < 0) {
		*fd = NO_FILE;
		return false;
	}
	while (filled < size - 1 &&
	       (n = pread(*fd, text + filled, size - 1 - filled, (off_t)filled)) > 0)
		filled += (size_t)n;
	text[filled] = '\0';
	return filled > 0 && filled < size - 1;
}

struct files {
	int stat, interrupts, heat, cgroup;
	int heat_cpu;
	char *text;
};

static bool read_steal(struct files *f, int cpu, uint64_t *ns)
{
	static long hertz;

	if (!hertz)
		hertz = sysconf(_SC_CLK_TCK);
	if (!read_again(&f->stat, "/proc/stat", f->text, TEXT_SIZE) ||
	    !cpu_watch_parse_steal(f->text, cpu, ns))
		return false;
	*ns = (uint64_t)((double)*ns * 1e9 / (double)hertz);
	return true;
}

static bool read_interrupts(struct files *f, int cpu, uint64_t *count)
{
	return read_again(&f->interrupts, "/proc/interrupts", f->text, TEXT_SIZE) &&
	       cpu_watch_parse_interrupts(f->text, cpu, count);
}

static bool read_heat(struct files *f, int cpu, uint64_t *count)
{
	char path[96];

	if (cpu != f->heat_cpu && f->heat >= 0)
		close(f->heat);
	if (cpu != f->heat_cpu)
		f->heat = -1;
	f->heat_cpu = cpu;
	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%d/thermal_throttle/core_throttle_count", cpu);
	if (!read_again(&f->heat, path, f->text, TEXT_SIZE))
		return false;
	*count = strtoull(f->text, NULL, 10);
	return true;
}

/* Version 2 has microseconds, version 1 nanoseconds. */
static void read_quota(struct files *f, const char *path, struct cpu_reading *out)
{
	uint64_t *ns = &out->value[CPU_THROTTLED_NS];

	if (!read_again(&f->cgroup, path, f->text, TEXT_SIZE))
		return;
	out->known[CPU_THROTTLED] =
		find_number(f->text, "nr_throttled ", &out->value[CPU_THROTTLED]);
	out->known[CPU_THROTTLED_NS] = find_number(f->text, "throttled_time ", ns);
	if (out->known[CPU_THROTTLED_NS] || !find_number(f->text, "throttled_usec ", ns))
		return;
	*ns *= 1000;
	out->known[CPU_THROTTLED_NS] = true;
}

void cpu_watch_read(const struct cpu_watch *w, int cpu, struct cpu_reading *out)
{
	static __thread struct files f = {.stat = -1, .interrupts = -1, .heat = -1, .cgroup = -1};

	memset(out, 0, sizeof(*out));
	if (!f.text)
		f.text = malloc(TEXT_SIZE); /* as long as the thread, which is the process's end */
	if (!f.text || cpu < 0)
		return;
	if (w->usable[CPU_OUTER_STEAL])
		out->known[CPU_OUTER_STEAL] = read_steal(&f, cpu, &out->value[CPU_OUTER_STEAL]);
	if (w->usable[CPU_INTERRUPTS])
		out->known[CPU_INTERRUPTS] = read_interrupts(&f, cpu, &out->value[CPU_INTERRUPTS]);
	if (w->usable[CPU_HEAT])
		out->known[CPU_HEAT] = read_heat(&f, cpu, &out->value[CPU_HEAT]);
	if (w->usable[CPU_THROTTLED])
		read_quota(&f, w->cgroup, out);
}

void cpu_watch_since(const struct cpu_reading *begin, struct cpu_reading *now)
{
	for (int i = 0; i < CPU_COUNTERS; i++) {
		now->known[i] =
			now->known[i] && begin->known[i] && now->value[i] >= begin->value[i];
		now->value[i] = now->known[i] ? now->value[i] - begin->value[i] : 0;
	}
}
