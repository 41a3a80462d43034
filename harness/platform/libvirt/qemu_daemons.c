/* SPDX-License-Identifier: Apache-2.0 */
#include "harness/platform/libvirt/qemu_daemons.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/platform/qemu/emulator.h"

extern const uint8_t guest_image_start[];
extern const uint64_t guest_image_size;

#define QEMU_CONF                                                                                  \
	"user = \"root\"\ngroup = \"root\"\ndynamic_ownership = 0\nremember_owner = 0\n"           \
	"security_driver = \"none\"\nnamespaces = []\ncgroup_controllers = []\n"                   \
	"stdio_handler = \"file\"\n"

#define WARM_S 20

/* Two hosts, or libvirt would refuse to migrate from one to the other. */
#define HOST_UUID(n) "host_uuid = \"7671756c-0000-4000-9000-00000000000" #n "\"\n"

static const char *const drivers[] = {"qemu", NULL};
static const struct libvirt_daemon_options options[QEMU_DAEMONS] = {
	{.drivers = drivers, .conf = HOST_UUID(1), .qemu_conf = QEMU_CONF},
	{.drivers = drivers, .conf = HOST_UUID(2), .qemu_conf = QEMU_CONF},
};
static struct libvirt_daemon daemons[QEMU_DAEMONS]; /* the run's */
static unsigned int users;			    /* platforms that have begun */
static char image[600];

const char *qemu_daemons_firmware(void)
{
	static const char *const paths[] = {
		"/usr/share/qemu/qboot.rom", "/usr/share/qemu/bios-microvm.bin",
		"/usr/share/qboot/bios.bin", "/usr/local/share/qemu/qboot.rom"};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (!access(paths[i], R_OK))
			return paths[i];
	return NULL;
}

bool qemu_daemons_work(char *why, size_t size)
{
	if (libvirt_daemon_missing(&options[0], why, size))
		return false;
	if (qemu_daemons_firmware())
		return true;
	snprintf(why, size,
		 "no qboot.rom among QEMU's firmware; install QEMU 5.1 or later "
		 "(Debian: qemu-system-data)");
	return false;
}

static int write_image(char *error, size_t size)
{
	ssize_t n = -1;
	int fd;

	snprintf(image, sizeof(image), "%s/guest.elf", daemons[0].directory);
	fd = open(image, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd >= 0)
		n = write(fd, guest_image_start, guest_image_size);
	if (n != (ssize_t)guest_image_size)
		snprintf(error, size, "%s: %s", image, strerror(errno));
	if (fd >= 0)
		close(fd);
	return n == (ssize_t)guest_image_size ? 0 : -1;
}

virConnectPtr qemu_daemon_connect(const struct libvirt_api *lib, unsigned int which)
{
	char uri[600];

	snprintf(uri, sizeof(uri), "qemu+unix:///system?socket=%s", daemons[which].socket);
	return lib->virConnectOpen(uri);
}

void qemu_daemon_warm(const struct libvirt_api *lib, virConnectPtr connection)
{
	free(lib->virConnectGetDomainCapabilities(connection, qemu_path(), "x86_64", "q35", "qemu",
						  0));
}

/* The one that starts guests; where it fails, whoever starts one will say so. In a process of its
 * own: libvirt may not return. */
static void warm_first(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		char why[256];
		const struct libvirt_api *lib = libvirt_api(why, sizeof(why));
		virConnectPtr connection;

		alarm(WARM_S);
		connection = lib ? qemu_daemon_connect(lib, 0) : NULL;
		if (connection)
			qemu_daemon_warm(lib, connection);
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void stop_all(void)
{
	for (unsigned int i = 0; i < QEMU_DAEMONS; i++)
		libvirt_daemon_stop(&daemons[i]);
}

/* They start side by side. */
static int start_all(char *error, size_t size)
{
	int ret = 0;

	for (unsigned int i = 0; i < QEMU_DAEMONS && !ret; i++)
		ret = libvirt_daemon_launch(&daemons[i], &options[i], error, size);
	for (unsigned int i = 0; i < QEMU_DAEMONS && !ret; i++)
		ret = libvirt_daemon_await(&daemons[i], error, size);
	return ret;
}

int qemu_daemons_begin(char *error, size_t size)
{
	if (users++)
		return 0;
	if (start_all(error, size) == 0 && write_image(error, size) == 0) {
		warm_first();
		return 0;
	}
	users = 0;
	stop_all();
	return -1;
}

void qemu_daemons_end(void)
{
	if (users && --users == 0)
		stop_all();
}

int qemu_daemons_kill(void)
{
	return libvirt_daemon_kill(&daemons[0]);
}

const struct libvirt_daemon *qemu_daemon(unsigned int which)
{
	return &daemons[which];
}

const char *qemu_daemons_image(void)
{
	return image;
}
