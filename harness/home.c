/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/home.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *home_directory(void)
{
	const char *set = getenv("HOME");
	const struct passwd *user;

	if (set && *set == '/')
		return set;
	user = getpwuid(geteuid());
	return user && user->pw_dir && *user->pw_dir == '/' ? user->pw_dir : NULL;
}

int home_cache(char *path, size_t size)
{
	const char *base = getenv("XDG_CACHE_HOME"), *below = "";
	int n;

	if (!base || *base != '/') {
		base = home_directory();
		below = "/.cache";
	}
	n = base ? snprintf(path, size, "%s%s/virt-qualify", base, below) : -1;
	if (n >= 0 && (size_t)n < size)
		return 0;
	*path = '\0';
	return -1;
}
