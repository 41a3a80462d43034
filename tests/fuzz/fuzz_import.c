/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The importer under libFuzzer: records whose checksums hold, with whatever in them, as a guest
 * that is out to do harm would send them. Trials are held against their bounds where they would be
 * stored.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/import.h"
#include "harness/import_internal.h"
#include "harness/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Two benches and the platform stand for all: their files want the whole harness. */
static const struct bench one_bench = {.name = "exit_cpuid", .divide_by = 2};
REGISTER(benches, one_bench);
static const struct bench two_bench = {.name = "exit_ipi", .work = 3, .cpus = 2};
REGISTER(benches, two_bench);
static const struct platform imported_platform = {.name = "imported", .imported = true};
REGISTER(platforms, imported_platform);

static uint64_t stored;

static void require(int holds)
{
	if (!holds)
		abort();
}

int trial_fail(struct trial *t, enum trial_status status, const char *format, ...)
{
	va_list args;

	if (t->result->status != TRIAL_OK)
		return -1;
	va_start(args, format);
	vsnprintf(t->result->reason, sizeof(t->result->reason), format, args);
	va_end(args);
	t->result->status = status;
	return -1;
}

int trial_raw(struct trial *t, uint32_t batch, const uint64_t *ticks, uint32_t count)
{
	require(batch < TRIAL_MAX_BATCHES && (ticks || !count));
	(void)t;
	return 0;
}

void trial_event(struct trial *t, int64_t at_ns, int64_t uncertainty_ns, const char *subject,
		 const char *format, ...)
{
	(void)at_ns;
	(void)uncertainty_ns;
	(void)subject;
	(void)format;
	t->result->event_count++;
}

int store_trial(struct result *result, int64_t run, uint32_t ordinal, int64_t run_start_ns,
		const struct trial_spec *s, struct trial_result *t, struct counters *counters)
{
	(void)result;
	(void)run;
	(void)counters;
	(void)run_start_ns;
	require(ordinal == stored++ && s->bench && s->platform);
	require(t->batch_count <= TRIAL_MAX_BATCHES && t->bucket_count <= TRIAL_MAX_BUCKETS);
	require(memchr(t->console, 0, sizeof(t->console)) != NULL);
	require((t->status == TRIAL_OK) == !t->reason[0]);
	require(t->status != TRIAL_OK || (t->batch_count && t->tick_ns > 0));
	require(t->started_ns >= 0);
	return 0;
}

static struct result *open_result(void)
{
	char directory[] = "/tmp/fuzz-import-XXXXXX", path[64];
	struct result_run run = {.uuid = "u",
				 .started = "",
				 .version = "",
				 .command = "",
				 .plan_name = "",
				 .plan = "",
				 .delta = 0.03};
	struct result *r;

	require(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/x.vq", directory);
	r = result_create(path);
	require(r && !result_begin_run(r, &run) && !result_begin(r));
	unlink(path);
	rmdir(directory);
	return r;
}

/* Most mutations of a trial's record would be none of ours: half of all are made to be. */
static void make_likely(struct record *r)
{
	struct vq_trial *t = (void *)r->payload;

	if (r->header.type != VQ_RECORD_TRIAL || t->number & 1)
		return;
	r->header.length = sizeof(*t);
	t->abi_version = VQ_ABI_VERSION;
	t->ring = t->number & 2 ? 3 : 0;
	strcpy(t->bench, t->number & 4 ? "exit_cpuid" : "exit_ipi");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct import_summary summary;
	static struct trial_result found;
	static struct result *result;
	static struct record record;
	static struct import *m;

	if (!m) {
		m = malloc(sizeof(*m));
		result = open_result();
	}
	require(m != NULL);
	memset(m, 0, sizeof(*m));
	memset(&summary, 0, sizeof(summary));
	stored = 0;
	m->summary = &summary;
	m->result = result;
	m->run = 1;
	m->found = &found;
	while (size > 3) {
		uint32_t length = (uint32_t)(data[1] | data[2] << 8) % 4096;

		if (length > size - 3)
			length = (uint32_t)size - 3;
		record.header.type = data[0] & 15;
		record.header.length = length;
		memcpy(record.payload, data + 3, length);
		make_likely(&record);
		if ((data[0] >> 4) == 15)
			import_take_boot(m, 0);
		import_take_noise(m, (const char *)data + 3, length);
		import_take_record(m, &record, (data[0] >> 4) == 7);
		data += 3 + length;
		size -= 3 + length;
	}
	import_end_boot(m);
	require(summary.trials == stored || m->failed);
	return 0;
}
