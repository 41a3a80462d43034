#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run --raw and report --raw: every sample in its order, the same that the histograms hold.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

printf '%s\n' 'plan: raw' 'seed: 5' 'platforms: [native, kvm]' 'benches:' \
	'  - match: cpu_integer' '    trials: 3' '    batches: 2' '    samples: 7' \
	'  - match: exit_cpuid' '    trials: 2' '    batches: 3' '    samples: 1024' >plan.yaml

accepts "a run that keeps its samples" run plan.yaml --raw -f none -o raw.vq
accepts "the same without" run plan.yaml -f none -p native -b cpu_integer -o plain.vq

recomputed() { # METRIC ROWS: the histograms of its trace are those of its samples
	run_vq report raw.vq --raw "$1" -o samples.csv
	[ "$code" -eq 0 ] && [ "$(wc -l <samples.csv)" -eq $(($2 + 1)) ]
	ok $? "$1: a line for each of $2 samples, and one of names"
	run_vq report raw.vq --trace "$1" -F json -o trace.json
	bounded python3 - >why 2>&1 <<'EOF'
import collections, csv, json
trials = {t["ordinal"]: t for t in json.load(open("trace.json"))["figures"][0]["trials"]}
ticks = collections.defaultdict(list)
for row in csv.DictReader(open("samples.csv")):
    trial, batch, value = int(row["trial"]), int(row["batch"]), int(row["ticks"])
    assert int(row["index"]) == len(ticks[trial, batch]), row
    ticks[trial, batch].append(value)
    net = (value - trials[trial]["overhead_ticks"]) * trials[trial]["tick_ns"]
    assert abs(net - float(row["ns"])) <= 1e-9 * abs(net), row
for n, t in trials.items():
    for b in t["batches"]:
        own = ticks.pop((n, b["number"]))
        assert sum(own) == b["sum_ticks"], (n, b["number"])
        for low, width, count in b["histogram"]:
            assert sum(low <= x < low + width for x in own) == count, (n, low)
        assert len(own) == b["count"] == sum(c for _, _, c in b["histogram"])
assert not ticks and trials
EOF
	ok $? "$1: the histograms hold these samples and no others"
	show why
}

if command -v python3 >/dev/null; then
	recomputed cpu_integer/native $((3 * 2 * 7))
	if kvm_is_here; then
		recomputed exit_cpuid/kvm $((2 * 3 * 1024))
	else
		skip "exit_cpuid/kvm" "/dev/kvm cannot be opened"
	fi
else
	skip "histograms from samples" "python3 is not installed"
fi

refuses 2 "no raw samples here" "a file without samples" report plain.vq --raw cpu_integer
refuses 2 "no figure" "a figure that is none" report raw.vq --raw nonsense
if kvm_is_here; then
	refuses 2 "is 2 figures" "two figures are not one table" report raw.vq --raw cpu_integer
fi
sed 's/samples: 7/samples: 1025/' plan.yaml >large.yaml
refuses 2 "up to 1024 samples, and cpu_integer has 1025" "batches too large to keep" \
	run large.yaml --raw -f none -o large.vq
[ ! -e large.vq ]
ok $? "nothing is measured that would not be kept"
done_testing
