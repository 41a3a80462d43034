/* SPDX-License-Identifier: Apache-2.0 */
/* What comes out of an emulated host: whole files pass, whatever else does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/lab/stream.h"

struct sent {
	char *text;
	size_t size;
};

/* What a host sends for a file of that many bytes. */
static struct sent send_file(size_t bytes)
{
	char path[] = "/tmp/lab-stream-XXXXXX";
	struct sent s = {0};
	FILE *file = fdopen(mkstemp(path), "w"), *out = open_memstream(&s.text, &s.size);

	for (size_t i = 0; i < bytes; i++)
		fputc((int)(i * 7 + i / 251), file);
	fclose(file);
	lab_port_redirect(out);
	lab_port_line("say it works");
	lab_port_line("progress 3 7 exit_cpuid on kvm");
	assert_int_equal(lab_port_send(path, 1), 0);
	lab_port_redirect(NULL);
	fclose(out);
	unlink(path);
	return s;
}

static void receive(struct lab_stream *s, const char *text, size_t size, size_t step)
{
	lab_stream_begin(s, tmpfile());
	for (size_t at = 0; at < size; at += step)
		lab_stream_feed(s, text + at, at + step < size ? step : size - at);
}

static void files_pass(void **state)
{
	static const size_t sizes[] = {0, 1, 2, 3, 1535, 1536, 1537, 100000};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct sent sent = send_file(sizes[i]);
		static struct lab_stream s;

		receive(&s, sent.text, sent.size, 1 + i * 13);
		assert_string_equal(s.error, "");
		assert_true(s.ended);
		assert_int_equal(s.code, 1);
		assert_int_equal(s.bytes, sizes[i]);
		assert_int_equal(s.total, 7);
		assert_string_equal(s.say, "exit_cpuid on kvm");
		rewind(s.file);
		for (size_t at = 0; at < sizes[i]; at++)
			assert_int_equal(fgetc(s.file), (int)(at * 7 + at / 251) & 0xff);
		assert_int_equal(fgetc(s.file), EOF);
		fclose(s.file);
		free(sent.text);
	}
}

/* One byte of the data changed, any: never a whole file. */
static void damage_is_seen(void **state)
{
	struct sent sent = send_file(3000);
	size_t from = (size_t)(strstr(sent.text, "@vq data") - sent.text);
	size_t to = (size_t)(strstr(sent.text, "@vq end") - sent.text);
	static struct lab_stream s;

	(void)state;
	assert_true(from < to);
	for (size_t at = from; at < to; at++) {
		char saved = sent.text[at];

		sent.text[at] = saved == 'x' ? 'y' : 'x';
		receive(&s, sent.text, sent.size, sent.size);
		assert_false(s.ended);
		fclose(s.file);
		sent.text[at] = saved;
	}
	free(sent.text);
}

/* 256 would be 0 to whoever waits for us: all is well. */
static void an_exit_code_is_one(void **state)
{
	static const char *const codes[] = {"256", "512", "999", "-1", "x", ""};
	struct sent sent = send_file(10);
	static struct lab_stream s;
	char *code = strstr(sent.text, "@vq end");

	(void)state;
	assert_non_null(code);
	code = strrchr(code, ' ') + 1;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		lab_stream_begin(&s, tmpfile());
		lab_stream_feed(&s, sent.text, (size_t)(code - sent.text));
		lab_stream_feed(&s, codes[i], strlen(codes[i]));
		lab_stream_feed(&s, "\n", 1);
		assert_false(s.ended);
		assert_string_not_equal(s.error, "");
		fclose(s.file);
	}
	free(sent.text);
}

static void nonsense_is_survived(void **state)
{
	static const char *const lines[] = {
		"@vq data ====\n", "@vq data A\n",	"@vq data A===\n", "@vq data \n",
		"@vq end \n",	   "@vq end 1 xyz 0\n", "@vq end 0 0 0\n", "@vq data QQ==QQ==\n",
	};
	static struct lab_stream s;
	char *longest = malloc(100000);

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		receive(&s, lines[i], strlen(lines[i]), 1);
		assert_string_not_equal(s.error, "");
		assert_false(s.ended);
		fclose(s.file);
	}
	memset(longest, 'A', 100000);
	memcpy(longest, "@vq say ", 8);
	longest[99990] = '\n';
	memcpy(longest + 99991, "@vq say b", 9);
	receive(&s, longest, 100000, 4096);
	lab_stream_feed(&s, "\n", 1);
	assert_string_equal(s.say, "b");
	fclose(s.file);
	free(longest);
}

static void other_output_is_passed_over(void **state)
{
	struct sent sent = send_file(10);
	static struct lab_stream s;

	(void)state;
	lab_stream_begin(&s, tmpfile());
	lab_stream_feed(&s, "Bochs says this without an end: ", 32);
	lab_stream_feed(&s, sent.text, sent.size);
	lab_stream_feed(&s, "\n@vq fail why\n@vq fail later\n", 30);
	assert_true(s.ended);
	assert_string_equal(s.fail, "why");
	fclose(s.file);
	free(sent.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_pass),
		cmocka_unit_test(damage_is_seen),
		cmocka_unit_test(an_exit_code_is_one),
		cmocka_unit_test(nonsense_is_survived),
		cmocka_unit_test(other_output_is_passed_over),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("lab_stream", tests, NULL, NULL);
}
