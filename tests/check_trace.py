#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compute a traced figure again from nothing but what the trace prints.

    check_trace.py json TRACE REPORT.json    from histograms and stamps
    check_trace.py text TRACE                from trials and batches
"""
import hashlib
import json
import math
import pathlib
import re
import statistics
import sys


def same(name, ours, theirs):
    if ours is None or theirs is None:
        if ours is not theirs:
            sys.exit(f"{name}: {ours} here, {theirs} there")
    elif not math.isclose(ours, theirs, rel_tol=1e-9, abs_tol=1e-9):
        sys.exit(f"{name}: {ours} here, {theirs} there")


# ---- From JSON ----

def quantile(buckets, share):
    total = sum(count for _, _, count in buckets)
    rank, seen = max(1, math.ceil(share[0] * total / share[1])), 0
    for low, width, count in sorted(buckets):
        seen += count
        if seen >= rank:
            return low + width // 2
    return None


def in_unit(about, trial, ticks):
    exact = about["execution"] == "deterministic"
    ns = (ticks - trial["overhead_ticks"]) * (1 if exact else trial["tick_ns"])
    if about["unit"] in ("ns", "instructions"):
        return ns
    return trial["work"] / (ns * 1e-9)


def check_bench_trial(about, trial):
    buckets = {}
    for batch in trial["batches"]:
        for low, width, count in batch["histogram"]:
            buckets[low, width] = buckets.get((low, width), 0) + count
        if sum(count for _, _, count in batch["histogram"]) != batch["count"]:
            sys.exit(f"trial {trial['ordinal']}: a histogram does not hold its batch's count")
    buckets = [(low, width, count) for (low, width), count in buckets.items()]
    ticks = sum(b["sum_ticks"] for b in trial["batches"]) / sum(b["count"] for b in trial["batches"])
    if about["execution"] == "deterministic":
        median = statistics.median(b["sum_ticks"] / b["count"] for b in trial["batches"])
    else:
        median = quantile(buckets, (1, 2))
    name = f"trial {trial['ordinal']}"
    same(name + " median", in_unit(about, trial, median), trial["median"])
    same(name + " p99", in_unit(about, trial, quantile(buckets, (99, 100))), trial["p99"])
    same(name + " mean", in_unit(about, trial, ticks), trial["mean"])


def check_bench(about, trials, reported):
    used = [t for t in trials if t["used"]]
    for trial in used:
        check_bench_trial(about, trial)
    for trial in trials:
        if trial["used"] == (trial["why_not"] is not None):
            sys.exit(f"trial {trial['ordinal']}: used, or why not?")
    figure = about["figure"]
    for name in ("median", "mean", "p99"):
        same(name, statistics.median(t[name] for t in used), figure[name])
    if len(used) != figure["trials"]:
        sys.exit("another number of trials")
    matches = [m for m in reported["metrics"] if m["run"] == about["source"]["run"] and
               all(m[k] == about[k] for k in ("bench", "platform", "variant", "parameter",
                                              "execution", "unit"))]
    if len(matches) != 1:
        sys.exit("the report has no such figure, or more than one")
    for name in ("median", "low", "high", "mean", "p99", "overhead", "trials", "discarded"):
        same("reported " + name, matches[0][name], figure[name])
    values = [t["median"] for t in used]
    if len(values) != len(matches[0]["values"]):
        sys.exit("the report has another number of values")
    for ours, theirs in zip(values, matches[0]["values"]):
        same("a value", ours, theirs)


LOST = ("auto-recovered", "assisted-recovered", "hang", "crash", "detected-corruption",
        "silent-corruption")


def kaplan_meier(times):
    """The least time by which half have been seen; times are (time, censored)."""
    at_risk, left = len(times), 1.0
    for time in sorted({t for t, censored in times if not censored}):
        at_risk = sum(1 for t, _ in times if t >= time)
        left *= 1 - sum(1 for t, censored in times if t == time and not censored) / at_risk
        if left <= 0.5 + 1e-12:
            return time
    return None


def check_fault(about, trials, reported):
    used = [t for t in trials if t["used"]]
    lost = [t for t in used if t["outcome"] in LOST]
    times = []
    for trial in lost:
        stamps = trial["stamp_ns"]
        recovered = trial["outcome"].endswith("-recovered")
        times.append((stamps["t4_first_service"] - stamps["t0_injected"], False) if recovered
                     else (trial["horizon_ns"], True))
    figure = about["figure"]
    if times and sum(not censored for _, censored in times) != figure["ttr"]["count"]:
        sys.exit("another number of recovered trials")
    median = kaplan_meier(times)
    if all(not censored for _, censored in times) and times:
        median = None if figure["ttr"]["median"] is None else median
    same("ttr", median, figure["ttr"]["median"])
    matches = [f for f in reported["faults"] if f["run"] == about["source"]["run"] and
               all(f[k] == about[k] for k in ("fault", "recovery", "platform", "detector"))]
    if len(matches) != 1 or matches[0]["ttr"] != figure["ttr"]:
        sys.exit("the report says something else")


def check_source(source, reported):
    run = [r for r in reported["runs"] if r["id"] == source["run"]][0]
    facts = "".join(f"{name}={run['host'][name] or ''}\n"
                    for name in sorted(run["host"], key=lambda n: n.encode()))
    if hashlib.sha256(facts.encode()).hexdigest() != source["host_sha256"]:
        sys.exit("the hash of the host's facts is another")
    for key in ("command", "seed", "started", "version", "plan", "plan_name", "delta"):
        if run[key] != source[key]:
            sys.exit(f"{key} is another")
    if source["sha256"] not in [f["sha256"] for f in reported["files"]]:
        sys.exit("the file is another")


def check_json(trace, report):
    data, reported = json.loads(trace), json.loads(report)
    if not data["figures"]:
        sys.exit("it holds no figure")
    for figure in data["figures"]:
        about = figure["about"]
        check = check_bench if about["kind"] == "bench" else check_fault
        check(about, figure["trials"], reported)
        check_source(about["source"], reported)


# ---- From text ----

def check_text(trace):
    figure = dict(re.findall(r"^  (median|mean|p99) +(\S+) \S+$", trace, re.M))
    unit = re.search(r"^  median +\S+ (\S+)$", trace, re.M)[1]
    trials = re.split(r"^  trial [0-9]+: ", trace, flags=re.M)[1:]
    used = [t for t in trials if "not used" not in t]
    each = [re.search(r"median (\S+), mean (\S+), p99 (\S+)$", t, re.M) for t in used]
    for i, name in enumerate(("median", "mean", "p99")):
        same(name, statistics.median(float(m[i + 1]) for m in each), float(figure[name]))
    for trial, m in zip(used, each):
        batches = re.findall(r"batch [0-9]+: ([0-9]+) operations in ([0-9]+) ticks", trial)
        overhead, tick, work = re.search(
            r"overhead (-?[0-9]+) ticks of (\S+) ns, work ([^\s,]+)", trial).groups()
        ticks = sum(int(b[1]) for b in batches) / sum(int(b[0]) for b in batches)
        ns = (ticks - int(overhead)) * float(tick)
        same("a trial's mean", ns if unit == "ns" else float(work) / (ns * 1e-9), float(m[2]))


if __name__ == "__main__":
    texts = [pathlib.Path(p).read_text(encoding="utf-8") for p in sys.argv[2:]]
    if sys.argv[1] == "json":
        check_json(*texts)
    else:
        check_text(*texts)
