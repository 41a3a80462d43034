/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plant=5%: a platform that is slower on purpose, to see whether a gate catches it. The guest spins
 * inside of each operation that it times, for that share of the operation's own median in the
 * trial's warm-up (guests/plant.c), so that it works whoever serves the operation.
 */
#include <stdio.h>

#include "harness/plan_internal.h"
#include "harness/setting.h"

#define LEAST 0.001
#define MOST  1.0

static int check(const char *key, const char *value, char *why, size_t size)
{
	double share;

	(void)key;
	if (!plan_share(value, &share) && share >= LEAST && share <= MOST)
		return 0;
	snprintf(why, size, "\"%.40s\" is no share to be slower by; write 0.1%% to 100%%", value);
	return -1;
}

static double share_of(const char *value)
{
	double share = 0;

	return plan_share(value, &share) ? 0 : share;
}

static void describe(const char *key, const char *value, char *text, size_t size)
{
	(void)key;
	snprintf(text, size, "planted %g %%", share_of(value) * 100);
}

static void tell_guest(const char *value, char *command, size_t size)
{
	snprintf(command, size, " plant=%u", (unsigned int)(share_of(value) * 1e6 + 0.5));
}

uint32_t setting_planted(const struct variant *v)
{
	const char *value = variant_value(v, setting_plant.name);

	return value ? (uint32_t)(share_of(value) * 1e6 + 0.5) : 0;
}

const struct setting_key setting_plant = {
	.name = "plant",
	.value = "SHARE",
	.summary = "a slowness put into every operation that the guest times",
	.of_guest_operations = true,
	.check = check,
	.describe = describe,
	.tell_guest = tell_guest,
};
