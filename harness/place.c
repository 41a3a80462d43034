/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/place.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct text {
	char *out;
	size_t size, used;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(t->out + t->used, t->size - t->used, format, args);
	va_end(args);
	t->used += n > 0 ? (size_t)n : 0;
	if (t->used >= t->size)
		t->used = t->size - 1;
}

/* "0 2, 1 3" */
static bool describe_cpus(const struct trial_result *r, struct text *t)
{
	bool any = false;

	for (uint32_t m = 0; m < TRIAL_MAX_CAST; m++) {
		if (!r->pinned[m])
			continue;
		add(t, "%s", any ? ", " : "");
		any = true;
		for (uint32_t i = 0; i < r->vcpus[m] && i < VQ_MAX_CPUS; i++)
			if (r->pin[m][i] < 0)
				add(t, "%s-", i ? " " : "");
			else
				add(t, "%s%d", i ? " " : "", r->pin[m][i]);
	}
	return any;
}

/* "1,3-5" */
static void describe_set(const cpu_set_t *set, struct text *t)
{
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int last = cpu;

		if (!CPU_ISSET(cpu, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		add(t, last > cpu ? "%s%d-%d" : "%s%d", t->used ? "," : "", cpu, last);
		cpu = last;
	}
}

bool place_describe(const struct trial_spec *s, const struct trial_result *t,
		    struct place_text *out)
{
	struct text cpus = {out->cpus, sizeof(out->cpus), 0};
	struct text observer = {out->observer, sizeof(out->observer), 0};

	out->cpus[0] = out->observer[0] = '\0';
	if (!describe_cpus(t, &cpus))
		return false;
	describe_set(&t->observer, &observer);
	out->row = (struct result_place){.placement = placement_name(s->placement),
					 .cpus = out->cpus,
					 .observer = out->observer};
	return true;
}
