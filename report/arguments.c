/* SPDX-License-Identifier: Apache-2.0 */
#include "report/arguments.h"

#include <stdlib.h>

#include "harness/core/command.h"

int arguments_begin(struct report_arguments *a, int argc)
{
	*a = (struct report_arguments){.format = "text"};
	a->files = calloc((size_t)argc + 1, sizeof(*a->files));
	return a->files ? 0 : -1;
}

void arguments_end(struct report_arguments *a)
{
	free(a->files);
}

error_t arguments_parse(struct report_arguments *a, int key, char *value, struct argp_state *state,
			const char *no_files)
{
	switch (key) {
	case 'F':
		a->format = value;
		return 0;
	case 'o':
		a->output = command_file(value, state);
		return 0;
	case OPTION_ANONYMIZE:
		a->anonymize = true;
		return 0;
	case OPTION_LIMITS:
		a->limits = command_file(value, state);
		return 0;
	case OPTION_NOISE:
		a->noise = command_file(value, state);
		return 0;
	case OPTION_FAIL_ON:
		command_fail_on(value, state);
		a->fail_on_inconclusive = 1;
		return 0;
	case ARGP_KEY_ARG:
		a->files[a->count++] = value;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_failure(state, EXIT_USAGE, 0, "%s", no_files);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct report *arguments_load(const struct report_arguments *a, char *error, size_t size)
{
	struct report *r = a->anonymize ? report_load_anonymous(a->files, a->count, error, size)
					: report_load(a->files, a->count, error, size);

	if (!r)
		return NULL;
	if ((!a->noise || !report_add_noise(r, a->noise, error, size)) &&
	    (!a->limits || !report_judge_by(r, a->limits, error, size)))
		return r;
	report_free(r);
	return NULL;
}
