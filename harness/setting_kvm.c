/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kvm.PARAM=VALUE: a parameter of one of KVM's modules, set around each trial of a variant. The
 * journal holds what it was before. KVM reads most of them when a VM is made; one that it reads
 * only as its module is loaded is not writable either.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "harness/journal.h"
#include "harness/setting.h"

#define PREFIX	  "kvm."
#define MAX_VALUE 256

const char *setting_kvm_modules = "/sys/module";

/* Its file, in whichever of the modules kvm, kvm_intel, kvm_amd, … has it. false: none has. */
static bool find_file(const char *key, char *path, size_t size)
{
	const char *name = key + strlen(PREFIX);
	DIR *modules = opendir(setting_kvm_modules);
	const struct dirent *d;
	bool found = false;

	while (modules && !found && (d = readdir(modules))) {
		if (strncmp(d->d_name, "kvm", 3))
			continue;
		snprintf(path, size, "%s/%s/parameters/%s", setting_kvm_modules, d->d_name, name);
		found = !access(path, F_OK);
	}
	if (modules)
		closedir(modules);
	return found;
}

static int check(const char *key, const char *value, char *why, size_t size)
{
	(void)value;
	if (strspn(key + strlen(PREFIX), "abcdefghijklmnopqrstuvwxyz0123456789_") ==
	    strlen(key + strlen(PREFIX)))
		return 0;
	snprintf(why, size, "no parameter of a kernel module is called so");
	return -1;
}

static bool works(const char *key, const char *value, char *why, size_t size)
{
	char path[512];
	struct stat st;

	(void)value;
	if (!find_file(key, path, sizeof(path))) {
		snprintf(why, size,
			 "no module of KVM has a parameter %s here; see %s/kvm*/parameters",
			 key + strlen(PREFIX), setting_kvm_modules);
		return false;
	}
	if (geteuid()) {
		snprintf(why, size, "%s can be written by root alone; run as root", path);
		return false;
	}
	/* Root may open what nobody may write. */
	if (!stat(path, &st) && st.st_mode & S_IWUSR && !access(path, W_OK))
		return true;
	snprintf(why, size,
		 "%s cannot be written while its module is loaded; load the module with "
		 "that value, and make a run of its own (run --append)",
		 path);
	return false;
}

/* The names of a module's parameters that can be written, behind those that stand there. */
static void add_writable(const char *module, char *text, size_t size)
{
	char path[512];
	const struct dirent *d;
	struct stat st;
	DIR *all;

	snprintf(path, sizeof(path), "%s/%s/parameters", setting_kvm_modules, module);
	all = opendir(path);
	while (all && (d = readdir(all))) {
		size_t used = strlen(text);

		snprintf(path, sizeof(path), "%s/%s/parameters/%s", setting_kvm_modules, module,
			 d->d_name);
		if (!stat(path, &st) && S_ISREG(st.st_mode) && st.st_mode & S_IWUSR &&
		    !access(path, W_OK))
			snprintf(text + used, size - used, "%s%s", used ? ", " : "", d->d_name);
	}
	if (all)
		closedir(all);
}

static bool here(char *text, size_t size)
{
	DIR *modules = opendir(setting_kvm_modules);
	const struct dirent *d;

	*text = '\0';
	while (modules && (d = readdir(modules)))
		if (!strncmp(d->d_name, "kvm", 3))
			add_writable(d->d_name, text, size);
	if (modules)
		closedir(modules);
	if (*text && !geteuid())
		return true;
	snprintf(text, size, "%s",
		 geteuid() ? "parameters of a module can be written by root alone; run as root"
			   : "no parameter of KVM's modules can be written while they are loaded; "
			     "load them with other values, and make a run of each (run --append), "
			     "or take lab amd-v");
	return false;
}

/* Without the end of its line. */
static int read_value(const char *path, char text[MAX_VALUE])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, MAX_VALUE - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return 0;
}

/* The kernel shows a flag as Y or N, however it was written. */
static bool is_same(const char *shown, const char *value)
{
	if (!strcmp(shown, value))
		return true;
	if (!strcmp(shown, "Y"))
		return !strcmp(value, "1") || !strcasecmp(value, "y") || !strcasecmp(value, "on");
	if (!strcmp(shown, "N"))
		return !strcmp(value, "0") || !strcasecmp(value, "n") || !strcasecmp(value, "off");
	return false;
}

static int write_value(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, value, strlen(value));
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
	return n == (ssize_t)strlen(value) ? 0 : -1;
}

/* Write it, and read it back: what the module made of it is what is measured. */
static int set_value(const char *path, const char *value, char *text, size_t size)
{
	char after[MAX_VALUE];

	if (write_value(path, value)) {
		snprintf(text, size, "%s does not take \"%s\": %s", path, value, strerror(errno));
		return -1;
	}
	if (!read_value(path, after) && is_same(after, value))
		return 0;
	snprintf(text, size, "%s was set to \"%s\" and reads otherwise", path, value);
	return -1;
}

static int apply(struct journal *j, const char *key, const char *value, char *text, size_t size)
{
	char path[512], before[MAX_VALUE];

	if (!find_file(key, path, sizeof(path)) || read_value(path, before)) {
		snprintf(text, size, "%s cannot be read: %s", key, strerror(errno));
		return -1;
	}
	if (is_same(before, value)) {
		snprintf(text, size, "%s is %s, as it was", key, before);
		return 0;
	}
	if (journal_add_write(j, path, before)) {
		snprintf(text, size, "%s", journal_error(j));
		return -1;
	}
	if (set_value(path, value, text, size))
		return -1;
	snprintf(text, size, "%s is %s, and was %s", key, value, before);
	return 0;
}

const struct setting_key setting_kvm = {
	.name = PREFIX,
	.value = "VALUE",
	.summary = "a parameter of KVM's modules, set around each trial",
	.changes_host = true,
	.check = check,
	.works = works,
	.here = here,
	.apply = apply,
};
