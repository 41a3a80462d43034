/* SPDX-License-Identifier: Apache-2.0 */
/* The QMP client against servers that say what no QEMU would. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/host.h"
#include "harness/platform/qemu/qmp.h"

#define GREETING                                                                                   \
	"{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}, "         \
	"\"package\": \"x\"}, \"capabilities\": [\"oob\"]}}\r\n"
#define AGREED "{\"return\": {}, \"id\": 1}\r\n"

static struct qmp q;
static int server;
static int events;
static char last_event[64];

static void on_event(void *context, const char *name, const json_t *data)
{
	(void)data;
	assert_ptr_equal(context, &events);
	events++;
	snprintf(last_event, sizeof(last_event), "%s", name);
}

static int connect_up(void **state)
{
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	server = pair[1];
	events = 0;
	last_event[0] = '\0';
	qmp_init(&q, pair[0], on_event, &events);
	return 0;
}

static int hang_up(void **state)
{
	(void)state;
	close(q.fd);
	if (server >= 0)
		close(server);
	return 0;
}

static void say(const char *text)
{
	assert_int_equal(send(server, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static int64_t in_ms(int64_t ms)
{
	return host_now_ns() + ms * 1000000;
}

static int64_t plenty(void)
{
	return in_ms(20000);
}

static void greeted(void)
{
	say(GREETING AGREED);
	assert_int_equal(qmp_greet(&q, plenty()), 0);
}

static void greets(void **state)
{
	char sent[256] = "";

	(void)state;
	greeted();
	assert_string_equal(q.version, "7.2.22");
	assert_true(recv(server, sent, sizeof(sent) - 1, MSG_DONTWAIT) > 0);
	assert_string_equal(sent, "{\"execute\":\"qmp_capabilities\",\"id\":1}\n");
}

static void answers_are_told_by_their_number(void **state)
{
	json_t *answer;

	(void)state;
	greeted();
	say("{\"return\": 7, \"id\": 99}\n{\"event\": \"STOP\", \"timestamp\": {}}\n"
	    "{\"return\": {\"status\": \"paused\"}, \"id\": 2}\n");
	answer = qmp_call(&q, plenty(), "query-status", NULL);
	assert_string_equal(json_string_value(json_object_get(answer, "status")), "paused");
	json_decref(answer);
	assert_int_equal(events, 1);
	assert_string_equal(last_event, "STOP");
}

/* Nobody is woken again for what was read already. */
static void events_behind_an_answer_are_taken_with_it(void **state)
{
	(void)state;
	greeted();
	say("{\"return\": {}, \"id\": 2}\n{\"event\": \"SHUTDOWN\"}\n");
	assert_int_equal(qmp_run(&q, plenty(), "cont", NULL), 0);
	assert_int_equal(events, 1);
	assert_string_equal(last_event, "SHUTDOWN");
}

static void a_refusal_is_one_printable_line(void **state)
{
	(void)state;
	greeted();
	say("{\"error\": {\"class\": \"GenericError\", \"desc\": \"no\\n\\u001b[31mway\"}, \"id\": "
	    "2}\n");
	assert_int_equal(qmp_run(&q, plenty(), "cont", NULL), -1);
	assert_non_null(strstr(q.error, "QEMU refuses cont: no"));
	assert_null(strchr(q.error, '\n'));
	assert_null(strchr(q.error, '\033'));
	assert_false(q.closed);
}

static void a_line_may_come_in_pieces(void **state)
{
	(void)state;
	greeted();
	say("{\"event\": \"RES");
	assert_int_equal(qmp_pump(&q), 0);
	assert_int_equal(events, 0);
	say("ET\"}\n{\"event");
	assert_int_equal(qmp_pump(&q), 0);
	assert_int_equal(events, 1);
	assert_string_equal(last_event, "RESET");
}

/* What cannot be QMP closes the connection, and says so, once and for all. */
static void nonsense_closes(void **state)
{
	static const char *const lines[] = {
		"hello\n",
		"\n",
		"[]\n",
		"7\n",
		"{\"return\": {}\n",
		"{\"return\": {}, \"return\": 1}\n",
		"{} {}\n",
		"\xff\xfe{\"event\": \"STOP\"}\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		greeted();
		say(lines[i]);
		assert_int_equal(qmp_run(&q, plenty(), "stop", NULL), -1);
		assert_true(q.closed);
		assert_true(strlen(q.error) > 0);
		assert_int_equal(qmp_run(&q, plenty(), "stop", NULL), -1);
		assert_int_equal(qmp_pump(&q), -1);
		hang_up(state);
		connect_up(state);
	}
}

/* JSON that is no answer to anything is passed over until the time is up. */
static void wrong_types_are_no_answer(void **state)
{
	(void)state;
	greeted();
	say("{}\n{\"return\": {}, \"id\": \"2\"}\n{\"event\": 7}\n{\"return\": {}, \"id\": {}}\n"
	    "{\"id\": 3, \"return\": {}}\n");
	assert_int_equal(qmp_run(&q, in_ms(50), "stop", NULL), -1);
	assert_non_null(strstr(q.error, "in time"));
	assert_int_equal(events, 0);
	say("{\"error\": 7, \"id\": 3}\n");
	assert_int_equal(qmp_run(&q, plenty(), "stop", NULL), -1);
	assert_non_null(strstr(q.error, "does not say why"));
}

static void deep_json_closes(void **state)
{
	static char deep[100001];

	(void)state;
	memset(deep, '[', sizeof(deep) - 1);
	deep[sizeof(deep) - 2] = '\n';
	deep[sizeof(deep) - 1] = '\0';
	greeted();
	say("{\"event\": \"X\", \"data\": ");
	say(deep);
	assert_int_equal(qmp_run(&q, plenty(), "stop", NULL), -1);
	assert_true(q.closed);
}

static void no_greeting_is_refused(void **state)
{
	(void)state;
	say("{\"event\": \"STOP\"}\n{\"return\": {}, \"id\": 1}\n");
	assert_int_equal(qmp_greet(&q, plenty()), -1);
	assert_true(q.closed);
}

static void silence_is_bounded(void **state)
{
	int64_t begin = host_now_ns();

	(void)state;
	assert_int_equal(qmp_greet(&q, in_ms(30)), -1);
	assert_non_null(strstr(q.error, "in time"));
	assert_true(host_now_ns() - begin >= 30 * 1000000);
	assert_false(q.closed);
}

static void the_end_is_noticed(void **state)
{
	(void)state;
	greeted();
	say("{\"event\": \"SHUTDOWN\"}\n");
	close(server);
	server = -1;
	assert_int_equal(qmp_pump(&q), 0);
	assert_int_equal(events, 1);
	assert_int_equal(qmp_pump(&q), -1);
	assert_true(q.closed);
	assert_int_equal(qmp_run(&q, plenty(), "stop", NULL), -1);
}

static void *talk(void *argument)
{
	const char *text = argument;

	while (send(server, text, strlen(text), MSG_NOSIGNAL) > 0)
		;
	return NULL;
}

static void endless(const char *text, int64_t bound_ms, bool closes)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, talk, (void *)text), 0);
	assert_int_equal(qmp_greet(&q, in_ms(bound_ms)), -1);
	assert_int_equal(q.closed, closes);
	shutdown(q.fd, SHUT_RDWR);
	pthread_join(thread, NULL);
}

static void an_endless_line_is_cut(void **state)
{
	(void)state;
	endless("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 20000, true);
	assert_non_null(strstr(q.error, "256 KiB"));
}

static void endless_events_end_with_the_deadline(void **state)
{
	(void)state;
	endless("{\"event\": \"X\"}\n", 50, false);
	assert_true(events > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(greets, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(answers_are_told_by_their_number, connect_up,
						hang_up),
		cmocka_unit_test_setup_teardown(events_behind_an_answer_are_taken_with_it,
						connect_up, hang_up),
		cmocka_unit_test_setup_teardown(a_refusal_is_one_printable_line, connect_up,
						hang_up),
		cmocka_unit_test_setup_teardown(a_line_may_come_in_pieces, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(nonsense_closes, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(wrong_types_are_no_answer, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(deep_json_closes, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(no_greeting_is_refused, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(silence_is_bounded, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(the_end_is_noticed, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(an_endless_line_is_cut, connect_up, hang_up),
		cmocka_unit_test_setup_teardown(endless_events_end_with_the_deadline, connect_up,
						hang_up),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("qmp", tests, NULL, NULL);
}
