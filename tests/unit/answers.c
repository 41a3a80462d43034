/* SPDX-License-Identifier: Apache-2.0 */
/* A libvirtd that takes a connection and says nothing keeps nobody; one that is not there is told
 * of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/platform/libvirt/answers.h"
#include "harness/platform/libvirt/api.h"

static char place[] = "/tmp/vq-answers.XXXXXX";
static char uri[200], path[100];

static int begin(void **state)
{
	(void)state;
	if (!mkdtemp(place))
		return -1;
	snprintf(path, sizeof(path), "%s/sock", place);
	snprintf(uri, sizeof(uri), "qemu+unix:///system?socket=%s", path);
	return 0;
}

static int end(void **state)
{
	(void)state;
	return rmdir(place);
}

static void needs_libvirt(void)
{
	char why[300];

	if (libvirt_api(why, sizeof(why)))
		return;
	printf("# %s\n", why);
	skip();
}

static void nobody_is_there(void **state)
{
	char why[300] = "";

	(void)state;
	needs_libvirt();
	assert_false(libvirt_answers(uri, 60000, why, sizeof(why)));
	assert_non_null(strstr(why, path));
	assert_null(strchr(why, '\n'));
}

static void it_hangs(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char why[300] = "";

	(void)state;
	needs_libvirt();
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_false(libvirt_answers(uri, 300, why, sizeof(why)));
	assert_non_null(strstr(why, "did not answer within 0.3 s"));
	/* And no process of ours waits on. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	close(fd);
	unlink(path);
}

/* libvirt's test driver is in its client. */
static void it_answers(void **state)
{
	char why[300] = "";

	(void)state;
	needs_libvirt();
	if (!libvirt_answers("test:///default", 60000, why, sizeof(why))) {
		printf("# %s\n", why);
		skip();
	}
	assert_string_equal(why, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_there),
		cmocka_unit_test(it_hangs),
		cmocka_unit_test(it_answers),
	};

	alarm(200); /* a hang is a failure */
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("answers", tests, begin, end);
}
