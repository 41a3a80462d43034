/* SPDX-License-Identifier: Apache-2.0 */
/* The built-in plans: harness/presets/NAME.yaml, put into the program by the linker. */
#include <stdio.h>
#include <string.h>

#include "harness/plan_internal.h"

#define DECLARE(preset)                                                                            \
	extern const char _binary_harness_presets_##preset##_yaml_start[];                         \
	extern const char _binary_harness_presets_##preset##_yaml_end[]
#define PRESET(name, preset)                                                                       \
	{                                                                                          \
		name, _binary_harness_presets_##preset##_yaml_start,                               \
			_binary_harness_presets_##preset##_yaml_end                                \
	}

DECLARE(smoke);
DECLARE(ci);
DECLARE(qualify);
DECLARE(lab);
DECLARE(lab_xen);

struct preset {
	const char *name, *start, *end;
};

static const struct preset presets[] = {PRESET("smoke", smoke), PRESET("ci", ci),
					PRESET("qualify", qualify), PRESET("lab", lab),
					PRESET("lab-xen", lab_xen)};

#define PRESETS (sizeof(presets) / sizeof(presets[0]))

struct plan *plan_preset(const char *preset, const struct plan_names *names, char *error,
			 size_t size)
{
	const void *entries[PRESETS];
	char file[32], shown[48], advice[160];

	for (size_t i = 0; i < PRESETS; i++) {
		const struct preset *p = &presets[i];

		entries[i] = p;
		if (strcmp(p->name, preset))
			continue;
		snprintf(file, sizeof(file), "preset %s", p->name);
		return plan_parse_text(p->start, (size_t)(p->end - p->start), file, names, 1, error,
				       size);
	}
	plan_advise((struct registry){entries, PRESETS}, preset, "presets", advice, sizeof(advice));
	snprintf(error, size, "--preset %s: no such preset; %s",
		 plan_show(preset, shown, sizeof(shown)), advice);
	return NULL;
}
