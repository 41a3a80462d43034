/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a result file: read, analysed, compared and printed.
 *
 *	clang -std=gnu17 -D_GNU_SOURCE -I. -g -O1 -fsanitize=fuzzer,address,undefined \
 *		-o build/tests/fuzz-result tests/fuzz/fuzz_result.c all of harness/core and report \
 *		-lsqlite3 -ljansson -lm
 *	build/tests/make-sample corpus/a.vq corpus/b.vq   (a seed corpus)
 *	build/tests/fuzz-result -max_len=300000 corpus
 *
 * Most damage is caught by SQLite's integrity check, so half of the work is done by a mutator that
 * changes values where rows are, and leaves the structure of the file as it is.
 */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/report.h"
#include "report/trace.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* report_load takes paths. SQLite resolves links, so a memfd will not do: a file in memory. */
static void as_file(const uint8_t *data, size_t size, char *path, size_t path_size)
{
	FILE *f;

	snprintf(path, path_size, "/dev/shm/vq-fuzz-%d.vq", (int)getpid());
	f = fopen(path, "wb");
	if (!f || fwrite(data, 1, size, f) != size || fclose(f))
		abort();
}

static void print_all(const struct report *r, FILE *null)
{
	struct registry formats = REGISTRY(formats);

	for_each_registered (struct format, f, formats)
		if (f->print(r, null))
			abort();
}

static void trace(struct report *r, const char *name, FILE *null)
{
	char error[512];

	if (trace_select(r, name, error, sizeof(error)) || trace_text_format.print(r, null) ||
	    trace_json_format.print(r, null))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *null;
	struct report *r;
	struct result *direct;
	char path[64], error[512];
	const char *const paths[] = {path};

	if (!null)
		null = fopen("/dev/null", "w");
	direct = result_open_memory("memory", data, size);
	as_file(data, size, path, sizeof(path));
	r = report_load(paths, 1, error, sizeof(error));
	/* What cannot be opened must not be reported on; and the file must have been looked at. */
	if (!null || (r && !direct) || (!r && strstr(error, "cannot be")))
		abort();
	result_close(direct);
	if (r) {
		report_compare(r, BY_PLATFORM, error, sizeof(error));
		print_all(r, null);
		/* A name with a slash in it would be taken for one with a platform. */
		if (r->metric_count && !strchr(r->metrics[0].bench->name, '/'))
			trace(r, r->metrics[0].bench->name, null);
		if (r->fault_count && !strchr(r->faults[0].fault->name, '/'))
			trace(r, r->faults[0].fault->name, null);
	}
	report_free(r);
	r = report_load_anonymous(paths, 1, error, sizeof(error));
	if (r)
		print_all(r, null);
	report_free(r);
	unlink(path);
	return 0;
}

/* ---- Mutating rows through SQL ---- */

static const char *const columns[][2] = {
	{"trial", "tick_ns"},
	{"trial", "work"},
	{"trial", "overhead_ticks"},
	{"trial", "status"},
	{"trial", "variant"},
	{"trial", "parameter"},
	{"trial", "execution"},
	{"trial", "reason"},
	{"trial", "console"},
	{"trial", "ordinal"},
	{"trial", "exits_per_op"},
	{"trial", "run"},
	{"trial", "platform"},
	{"trial", "bench"},
	{"trial", "fault"},
	{"trial", "recovery"},
	{"batch", "count"},
	{"batch", "sum_ticks"},
	{"batch", "histogram"},
	{"batch", "number"},
	{"batch", "plain_count"},
	{"batch", "plain_ticks"},
	{"batch", "disturbances"},
	{"bench", "name"},
	{"bench", "unit"},
	{"bench", "better"},
	{"bench", "parameter_name"},
	{"bench", "fit_line"},
	{"platform", "name"},
	{"platform", "label"},
	{"platform", "version"},
	{"run", "uuid"},
	{"run", "delta"},
	{"run", "finished"},
	{"run", "plan"},
	{"fact", "value"},
	{"fact", "name"},
	{"skip", "what"},
	{"skip", "why"},
	{"skip", "platform"},
	{"counter", "name"},
	{"count", "value"},
	{"count", "batch"},
	{"place", "cpus"},
	{"raw", "count"},
	{"raw", "ticks"},
	{"criterion", "kind"},
	{"criterion", "what"},
	{"criterion", "platform"},
	{"criterion", "execution"},
	{"criterion", "figure"},
	{"criterion", "low"},
	{"criterion", "high"},
	{"criterion", "weight"},
	{"criterion", "trials"},
	{"event", "at_ns"},
	{"event", "what"},
	{"progress", "operations"},
	{"progress", "at_ns"},
	{"progress", "member"},
	{"fault_trial", "outcome"},
	{"fault_trial", "detector"},
	{"fault_trial", "t0_injected_ns"},
	{"fault_trial", "t2_detected_ns"},
	{"fault_trial", "t4_first_service_ns"},
	{"fault_trial", "t4_uncertainty_ns"},
	{"fault_trial", "t5_baseline_ns"},
	{"fault_trial", "horizon_ns"},
	{"fault_trial", "downtime_ns"},
	{"fault_trial", "baseline_rate"},
	{"fault_trial", "fault_rate"},
	{"fault_trial", "fairness"},
};

static const char *const values[] = {
	"NULL",
	"0",
	"-1",
	"1",
	"9223372036854775807",
	"-9223372036854775808",
	"4294967296",
	"1e308",
	"-1e308",
	"9e999",
	"1e-300",
	"0.5",
	"''",
	"x'00'",
	"x'0100'",
	"'x'",
	"'ok'",
	"'failed'",
	"'hang'",
	"'assisted-recovered'",
	"'silent-corruption'",
	"'collateral'",
	"'hardware'",
	"'interpreted'",
	"'B/s'",
	"'higher'",
	"char(27)||'[31m'",
	"x'fffe41'",
	"zeroblob(70000)",
	"'steal,migrated'",
	"'native'",
	"'native (nested)'",
	"'kvm'",
	"2000000000",
	"100000000",
	"99999999",
	"1099511627775",
	"1000000000000000000",
};

#define PICK(list, seed) ((list)[(seed) % (sizeof(list) / sizeof((list)[0]))])

static unsigned int next(unsigned int *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static size_t mutate_rows(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	sqlite3_int64 length = 0;
	unsigned char *copy, *out;
	sqlite3 *db = NULL;

	if (sqlite3_open(":memory:", &db))
		abort();
	copy = sqlite3_malloc64(size);
	memcpy(copy, data, size);
	if (sqlite3_deserialize(db, "main", copy, (sqlite3_int64)size, (sqlite3_int64)size,
				SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE)) {
		sqlite3_close(db);
		return size;
	}
	for (unsigned int n = next(&seed) % 3 + 1; n; n--) {
		const char *const *c = PICK(columns, next(&seed));
		const char *value = PICK(values, next(&seed));
		const char *how = next(&seed) % 8 ? "= (SELECT rowid FROM %s ORDER BY random() "
						    "LIMIT 1)"
						  : "IS NOT NULL OR '%s'";
		char where[128], sql[512];

		snprintf(where, sizeof(where), how, c[0]);
		snprintf(sql, sizeof(sql), "UPDATE OR IGNORE %s SET %s = %s WHERE rowid %s", c[0],
			 c[1], value, where);
		sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	out = sqlite3_serialize(db, "main", &length, 0);
	if (out && (size_t)length <= max_size) {
		memcpy(data, out, (size_t)length);
		size = (size_t)length;
	}
	sqlite3_free(out);
	sqlite3_close(db);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	if (size > 100 && seed % 4)
		return mutate_rows(data, size, max_size, seed / 4);
	return LLVMFuzzerMutate(data, size, max_size);
}
