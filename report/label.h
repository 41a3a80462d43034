/* SPDX-License-Identifier: Apache-2.0 */
/* How formats in text name what a figure is about. Every function returns its buffer. */
#ifndef VQ_LABEL_H
#define VQ_LABEL_H

#include <stdbool.h>

#include "report/report.h"

#define LABEL_SIZE 512

/* "mem_copy bytes=4096" */
const char *label_metric(char *s, const struct metric *m);
const char *label_bench(char *s, const struct result_bench *b, int64_t parameter);
/* "kvm" or "kvm/pinned" */
const char *label_platform(char *s, const char *platform, const char *variant);
/* "hang+restart" */
const char *label_fault(char *s, const struct fault_figure *f);
/* "7 assisted-recovered, 1 hang" */
const char *label_outcomes(char *s, const struct fault_figure *f);
/* "7 of 8 (47 % – 99.7 %)", "none lost service" */
const char *label_recovered(char *s, const struct fault_figure *f);
/* "24.1 ms (23.8 – 24.5 ms)", or "n/a (5 of 6 not seen)" where censoring leaves no median;
 * `of`: the trials that could have shown the time. */
const char *label_time(char *s, const struct time_figure *t, enum unit unit, size_t of);
/* "1.21 – 1.25", "1.21 – ?"; "" where there is no interval */
const char *label_ratio_interval(char *s, double ratio, struct interval i);
/* "+50 instructions (+1.6 %) on all 5 layouts", "no difference on all 5 layouts"; "" where the
 * comparison is no exact one. */
const char *label_exact(char *s, const struct comparison_row *c);
/* "allows for 2.1 % between runs, measured over 5", "… assumed"; "" within one run. */
const char *label_between_runs(char *s, const struct comparison_row *c);
/* The same, why the row has no better verdict, or has none, and whether it is only shown; "" where
 * there is nothing to say. */
const char *label_note(char *s, const struct comparison_row *c);
/* "1 regressed, 2 improved, …": of what gates, and how many more are shown */
const char *label_verdicts(char *s, const struct report *r);

/* label_criteria.c: "1 failed, 0 inconclusive, 3 passed", of limits and requirements. */
const char *label_judged(char *s, const struct report *r);
/* Where limits or noise are from that were given beside the runs, a sentence; "" where none were.
 */
const char *label_given(char *s, const struct report *r, enum given which);
const char *given_name(enum given which); /* "limits", "noise" */
/* Whether the intervals of limits hold what runs differ in by themselves, a sentence or two; ""
 * where there is no such limit. */
const char *label_limits_runs(char *s, const struct report *r);
/* Is it that a run did not come to its end? Otherwise it is about trials or figures. */
bool label_is_unfinished(const struct problem *x);
/* A line for each such run, in formats that list no problems. */
void label_unfinished(const struct report *r, FILE *out);
/* "0.79 – 0.86", or why a score has none; "" where there is no score */
const char *label_score_interval(char *s, const struct score *x);
/* "exits 0.82"; "" where there is no score */
const char *label_worst(char *s, const struct score *x);
/* "exits 0.82 (7 tests), throughput 0.99 (3 tests)"; "" where there is no score */
const char *label_parts(char *s, const struct score *x);
/* Is it the first score by its formula? Then the formula is to be printed. */
bool label_is_new_formula(const struct report *r, size_t score);
/* What a score's parts are made of, to stand after its formula. */
const char *label_score_rule(char *s, const struct score *x);

/* Trials with something to repair: detected, and not back before that. */
size_t label_repairable(const struct fault_figure *f);
/* "steal, migrated"; "" for none */
const char *label_disturbances(char *s, uint32_t mask);
/* "12 % (steal)", "0 %", "exempt", "not known": the share of batches that were disturbed */
const char *label_disturbed(char *s, const struct metric *m);
/* Why no ratio to native is claimed; "over native/base" where native did not run in the variant
 * itself; else "" */
const char *label_native(char *s, const struct metric *m);
/* "block 2 of run A"; "" where the run is none, or the only one, of its side */
const char *label_block(char *s, const struct report *r, const struct result_run *run);
/* "A", "B", …, "AA": a run's place in the report */
const char *label_run(char *s, const struct report *r, const struct result_run *run);

/* label_matrix.c: platforms side by side. "kvm [B] amd-v lab": the run where there are several, the
 * host where there are several. */
const char *label_column(char *s, const struct report *r, const struct matrix_column *c);
/* "9.1 µs 7.55×", "3.1 µs interpreted", "skipped (4)" with the number of the reason, "–" */
const char *label_cell(char *s, const struct matrix_cell *c);
/* Which cells a reason is about: "lxc: exit_pio, exit_mmio; oci: exit_pio"; malloc'd, NULL: no
 * memory. */
char *label_where(const struct report *r, size_t reason);

/* Is it as our files write a time, "2026-11-20T10:00:00Z"? Anything else came from a stranger. */
bool label_is_time(const char *s);

/* The run that a row refers to: skips, facts and platforms hold only its number in their file. */
const struct result_run *label_run_of_skip(const struct report *r, size_t skip);
const struct result_run *label_run_of_fact(const struct report *r, size_t fact);
const struct result_run *label_run_of_platform(const struct report *r, size_t platform);
/* A fact's value, or NULL. */
const char *label_fact(const struct report *r, const struct result_run *run, const char *name);
/* A fact's value for a table in text: "not disclosed", "81 lines (report -F json has them)". */
const char *label_value(char *s, const char *value);
/* What a host is called: its name, else its processor; NULL where neither is disclosed. */
const char *label_host(const struct report *r, const struct result_run *run);
/* The version of a platform in a run, by its name; NULL where it is not disclosed. */
const char *label_version(const struct report *r, const struct result_run *run, const char *name);
/* The variants of a run, in the plan's order; NULL: it compared none. */
const struct result_variant *label_variants(const struct report *r, const struct result_run *run,
					    size_t *count);
/* Which of them a trial's or metric's `variant` ("slow, same-core") is of; NULL: none. */
const struct result_variant *label_variant(const struct report *r, const struct result_run *run,
					   const char *variant);
/* "slow (planted 5 %)", "base" */
const char *label_variant_name(char *s, const struct result_variant *v);
/* All of a run: "base, slow (planted 5 %)"; "" for none */
const char *label_all_variants(char *s, const struct report *r, const struct result_run *run);
/* SHA-256 of the plan that a run carried out, as its file holds it; s holds 65. */
const char *label_plan_hash(char *s, const struct result_run *run);
/* The file that holds a run. */
const struct report_file *label_file(const struct report *r, const struct result_run *run);

#endif
