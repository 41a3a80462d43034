/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schema of result files, as docs/result-file.md describes it. A new table makes a new version:
 * RESULT_SCHEMA_VERSION goes up, and reading the older ones, which lack it, stays. Tables that a
 * version has are never changed.
 *
 * SQLite keeps these texts in the file to the letter; the reader compares them, so that nothing
 * that only looks like our table (a view, a virtual table, a computed column) is ever run.
 */
#include "harness/core/result_private.h"

const struct result_schema result_schema[RESULT_TABLES] = {
	[TABLE_RUN] =
		{
			"run",
			"CREATE TABLE run (id INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, "
			"started TEXT NOT NULL, finished TEXT, version TEXT NOT NULL, command TEXT "
			"NOT NULL, "
			"plan_name TEXT NOT NULL, plan TEXT NOT NULL, seed INTEGER NOT NULL, "
			"delta REAL NOT NULL, interrupted INTEGER NOT NULL)",
			"INSERT INTO run VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_FACT] =
		{
			"fact",
			"CREATE TABLE fact (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"name TEXT NOT NULL, value TEXT, why TEXT)",
			"INSERT INTO fact VALUES (?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_PLATFORM] =
		{
			"platform",
			"CREATE TABLE platform (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"name TEXT NOT NULL, label TEXT NOT NULL, why_not TEXT, version TEXT, "
			"UNIQUE (run, name))",
			"INSERT INTO platform VALUES (?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_BENCH] =
		{
			"bench",
			"CREATE TABLE bench (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"name TEXT NOT NULL, category TEXT NOT NULL, summary TEXT NOT NULL, "
			"parameter_name TEXT, unit TEXT NOT NULL, better TEXT NOT NULL, "
			"traps INTEGER NOT NULL, disturbance_exempt INTEGER NOT NULL, "
			"fit_line INTEGER NOT NULL, UNIQUE (run, name))",
			"INSERT INTO bench VALUES (?,?,?,?,?,?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_FAULT] =
		{
			"fault",
			"CREATE TABLE fault (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"name TEXT NOT NULL, summary TEXT NOT NULL, category TEXT NOT NULL, "
			"UNIQUE (run, name))",
			"INSERT INTO fault VALUES (?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_SKIP] =
		{
			"skip",
			"CREATE TABLE skip (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"kind TEXT NOT NULL, what TEXT NOT NULL, platform TEXT, why TEXT NOT NULL)",
			"INSERT INTO skip VALUES (?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_TRIAL] =
		{
			"trial",
			"CREATE TABLE trial (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"ordinal INTEGER NOT NULL, bench TEXT, fault TEXT, recovery TEXT, "
			"platform TEXT NOT NULL, variant TEXT NOT NULL, parameter INTEGER NOT "
			"NULL, "
			"status TEXT NOT NULL, reason TEXT NOT NULL, execution TEXT NOT NULL, "
			"seed INTEGER NOT NULL, started_ns INTEGER NOT NULL, duration_ns INTEGER "
			"NOT NULL, "
			"tick_ns REAL NOT NULL, work REAL NOT NULL, overhead_ticks INTEGER NOT "
			"NULL, "
			"exits_per_op REAL, emulated_per_op REAL, memory_locked INTEGER NOT NULL, "
			"console TEXT NOT NULL, "
			"UNIQUE (run, ordinal), "
			"FOREIGN KEY (run, bench) REFERENCES bench (run, name), "
			"FOREIGN KEY (run, fault) REFERENCES fault (run, name), "
			"FOREIGN KEY (run, platform) REFERENCES platform (run, name))",
			"INSERT INTO trial VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_BATCH] =
		{
			"batch",
			"CREATE TABLE batch (id INTEGER PRIMARY KEY, trial INTEGER NOT NULL "
			"REFERENCES trial, "
			"number INTEGER NOT NULL, count INTEGER NOT NULL, sum_ticks INTEGER NOT "
			"NULL, "
			"plain_count INTEGER NOT NULL, plain_ticks INTEGER NOT NULL, "
			"wait_ns INTEGER NOT NULL, voluntary INTEGER NOT NULL, involuntary INTEGER "
			"NOT NULL, "
			"disturbances TEXT NOT NULL, histogram BLOB, UNIQUE (trial, number))",
			"INSERT INTO batch VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_EVENT] =
		{
			"event",
			"CREATE TABLE event (id INTEGER PRIMARY KEY, trial INTEGER NOT NULL "
			"REFERENCES trial, "
			"number INTEGER NOT NULL, at_ns INTEGER NOT NULL, uncertainty_ns INTEGER "
			"NOT NULL, "
			"subject TEXT NOT NULL, what TEXT NOT NULL, UNIQUE (trial, number))",
			"INSERT INTO event VALUES (?,?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_PROGRESS] =
		{
			"progress",
			"CREATE TABLE progress (id INTEGER PRIMARY KEY, "
			"trial INTEGER NOT NULL REFERENCES trial, number INTEGER NOT NULL, "
			"member INTEGER NOT NULL, at_ns INTEGER NOT NULL, operations INTEGER NOT "
			"NULL, "
			"UNIQUE (trial, number))",
			"INSERT INTO progress VALUES (?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_FAULT_TRIAL] =
		{
			"fault_trial",
			"CREATE TABLE fault_trial (trial INTEGER PRIMARY KEY REFERENCES trial, "
			"detector TEXT NOT NULL, detector_ours INTEGER NOT NULL, outcome TEXT NOT "
			"NULL, "
			"t0_injected_ns INTEGER, t0_uncertainty_ns INTEGER NOT NULL, "
			"t1_active_ns INTEGER, t1_uncertainty_ns INTEGER NOT NULL, "
			"t2_detected_ns INTEGER, t2_uncertainty_ns INTEGER NOT NULL, "
			"t3_recovery_started_ns INTEGER, t3_uncertainty_ns INTEGER NOT NULL, "
			"t4_first_service_ns INTEGER, t4_uncertainty_ns INTEGER NOT NULL, "
			"t5_baseline_ns INTEGER, t5_uncertainty_ns INTEGER NOT NULL, "
			"horizon_ns INTEGER NOT NULL, downtime_ns INTEGER NOT NULL, "
			"lost_operations INTEGER, "
			"baseline_rate REAL, fault_rate REAL, neighbour_ratio REAL, fairness REAL, "
			"worst_wait_ns INTEGER, steal_ns INTEGER)",
			"INSERT INTO fault_trial VALUES "
			"(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			.since = 1,
		},
	[TABLE_COUNTER] =
		{
			"counter",
			"CREATE TABLE counter (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"source TEXT NOT NULL, name TEXT NOT NULL, scope TEXT NOT NULL, "
			"unit TEXT NOT NULL, why_not TEXT, UNIQUE (run, source, name, scope))",
			"INSERT INTO counter VALUES (?,?,?,?,?,?,?)",
			.since = 2,
		},
	[TABLE_COUNT] =
		{
			"count",
			"CREATE TABLE count (trial INTEGER NOT NULL REFERENCES trial, "
			"batch INTEGER NOT NULL, counter INTEGER NOT NULL REFERENCES counter, "
			"value INTEGER NOT NULL, PRIMARY KEY (trial, batch, counter)) WITHOUT "
			"ROWID",
			"INSERT INTO count VALUES (?,?,?,?)",
			.since = 2,
		},
	[TABLE_PLACE] =
		{
			"place",
			"CREATE TABLE place (trial INTEGER PRIMARY KEY REFERENCES trial, "
			"placement TEXT NOT NULL, cpus TEXT NOT NULL, observer TEXT NOT NULL)",
			"INSERT INTO place VALUES (?,?,?,?)",
			.since = 2,
		},
	[TABLE_RAW] =
		{
			"raw",
			"CREATE TABLE raw (trial INTEGER NOT NULL REFERENCES trial, "
			"batch INTEGER NOT NULL, count INTEGER NOT NULL, ticks BLOB NOT NULL, "
			"PRIMARY KEY (trial, batch)) WITHOUT ROWID",
			"INSERT INTO raw VALUES (?,?,?,?)",
			.since = 2,
		},
	[TABLE_CRITERION] =
		{
			"criterion",
			"CREATE TABLE criterion (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"kind TEXT NOT NULL, entry INTEGER NOT NULL, what TEXT NOT NULL, "
			"platform TEXT, execution TEXT, figure TEXT, quantile REAL, "
			"low REAL, high REAL, unit TEXT, weight REAL, trials INTEGER)",
			"INSERT INTO criterion VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			.since = 3,
		},
	[TABLE_NOISE] =
		{
			"noise",
			"CREATE TABLE noise (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"origin TEXT NOT NULL, fingerprint TEXT NOT NULL, bench TEXT NOT NULL, "
			"parameter INTEGER NOT NULL, platform TEXT NOT NULL, variant TEXT NOT "
			"NULL, "
			"execution TEXT NOT NULL, runs INTEGER NOT NULL, trials REAL NOT NULL, "
			"batches REAL NOT NULL, within REAL, between_trials REAL, between_runs "
			"REAL, trial_deviation REAL NOT NULL, run_deviation REAL NOT NULL, "
			"batch_ns REAL, trial_ns REAL, run_ns REAL, floor REAL NOT NULL, "
			"detectable REAL, detectable_runs REAL)",
			"INSERT INTO noise VALUES "
			"(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
			.since = 3,
		},
	[TABLE_VARIANT] =
		{
			"variant",
			"CREATE TABLE variant (id INTEGER PRIMARY KEY, run INTEGER NOT NULL "
			"REFERENCES run, "
			"name TEXT NOT NULL, settings TEXT NOT NULL, label TEXT NOT NULL, "
			"UNIQUE (run, name))",
			"INSERT INTO variant VALUES (?,?,?,?,?)",
			.since = 3,
		},
};
