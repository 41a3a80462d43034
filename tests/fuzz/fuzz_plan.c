/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer over plan_parse. Beyond not crashing: a refused plan leaves one line with the file's
 * name, an accepted one reads back from its own text as the same text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct named {
	const char *name;
};

static const struct named kvm = {"kvm"}, native = {"native"}, pio = {"exit_pio"},
			  copy = {"mem_copy"}, hang = {"hang"}, restart = {"restart"};
static const void *const platforms[] = {&kvm, &native}, *const benches[] = {&pio, &copy},
			 *const faults[] = {&hang}, *const recoveries[] = {&restart};
static const struct plan_names names = {
	.platforms = {platforms, 2},
	.benches = {benches, 2},
	.faults = {faults, 1},
	.recoveries = {recoveries, 1},
};

static void demand(int holds, const char *what, const char *text)
{
	if (holds)
		return;
	fprintf(stderr, "%s:\n%s\n", what, text);
	abort();
}

static void check_accepted(struct plan *p)
{
	char error[512] = "", *text = plan_text(p), *bench = "exit_*", *none = "none";
	struct plan *again;
	char *text_again;

	demand(text != NULL, "no text", "");
	again = plan_parse(text, strlen(text), "again", &names, error, sizeof(error));
	demand(again != NULL, error, text);
	text_again = plan_text(again);
	demand(text_again && !strcmp(text, text_again), "another text", text);
	/* Fails where the plan leaves that bench out; then it changes nothing. */
	if (!plan_narrow(again, NULL, 0, &bench, 1, &none, 1, &names, error, sizeof(error)))
		demand(plan_find_bench(again, "exit_pio") && !plan_find_bench(again, "mem_copy") &&
			       !plan_find_fault(again, "hang"),
		       "not narrowed", text);
	free(text);
	free(text_again);
	plan_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char error[512] = "";
	struct plan *p = plan_parse((const char *)data, size, "f", &names, error, sizeof(error));

	if (p)
		check_accepted(p);
	else
		demand(!strncmp(error, "f:", 2) && strchr(error, ';') && !strpbrk(error, "\n\r\t"),
		       "no error line", error);
	plan_free(p);
	return 0;
}
