#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Does a gate built on variants hold, on this machine's KVM? Runs of the exit group with two equal
# variants, none of which ought to be red, and runs with a slowness of 5 % planted into the second,
# all of which ought to be.
#
#	GATE_AA=200 GATE_PLANTED=30 make check-gate
#
#	GATE_AA		short runs of two equal variants (5)
#	GATE_TRIALS	trials of each bench and variant in those (20)
#	GATE_BENCHES	a list of globs, where it is not to be the whole group ("exit_*")
#	GATE_PLANTED	runs with a planted slowness, of the ci preset (3)
#	GATE_PLANTED_TRIALS	trials of each bench and variant in those (as the preset has it)
#	GATE_PLANT	how much that is (5%)
#	GATE_KEEP	directory to keep the result files in; else they are removed
#
# As few runs as by default only show that this script works: shares are held against their bounds
# from 100 runs of equal variants and 30 planted ones on.
. "${0%/*}/../tap.sh"
BOUND=1800
aa=${GATE_AA:-5} trials=${GATE_TRIALS:-20} planted=${GATE_PLANTED:-3} plant=${GATE_PLANT:-5%}
keep=${GATE_KEEP:-$work}

if ! kvm_is_here || ! command -v python3 >/dev/null; then
	echo "1..0 # SKIP it needs /dev/kvm and python3"
	exit 0
fi

printf '%s\n' 'plan: gate' "variants: {base: {}, same: {}}" 'platforms: kvm' 'benches:' \
	"  - match: [${GATE_BENCHES:-\"exit_*\"}]" "    trials: $trials" >"$work/aa.yaml"

# One run and its comparison: a line of numbers into a table, or nothing where it failed.
one() { # TABLE FILE ARGUMENT...
	_table=$1 _file=$2
	shift 2
	_begin=$(date +%s)
	run_vq run "$@" -o "$_file"
	if [ $code -ne 0 ]; then
		show "$work/err"
		return 1
	fi
	_seconds=$(($(date +%s) - _begin))
	run_vq compare "$_file" --by variant -F json
	[ $code -eq 0 ] || [ $code -eq 1 ] || return 1
	python3 - "$work/out" "$code" "$_seconds" "$(cut -d' ' -f1 /proc/loadavg)" >>"$_table" <<'END'
import json, sys
r = json.load(open(sys.argv[1]))
rows = [c["verdict"] for c in r["comparisons"] if c["verdict"] and c["p"] is not None]
trials = {m["variant"]: m["trials"] for m in r["metrics"]}
shares = [m["disturbed_share"] for m in r["metrics"]]
print(sys.argv[2], len(rows), *(rows.count(v) for v in
      ("regressed", "improved", "equivalent", "inconclusive")),
      sys.argv[3], sys.argv[4], sum(shares) / len(shares), sum(m["discarded"] for m in r["metrics"]))
END
	[ -n "${GATE_KEEP:-}" ] || rm -f "$_file"
}

# Red runs with the one-sided 95 % bounds of Clopper and Pearson, and what the metrics said.
summary() { # TABLE NAME
	python3 - "$1" "$2" <<'END'
import math, sys
rows = [[float(x) for x in line.split()] for line in open(sys.argv[1])]
n = len(rows)
red = sum(r[0] == 1 for r in rows)

def at_most(k, n, p):
    return sum(math.comb(n, i) * p ** i * (1 - p) ** (n - i) for i in range(k + 1))

def bisect(f):
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) else (low, middle)
    return low

upper = 1.0 if red == n else bisect(lambda p: at_most(red, n, p) > 0.05)
lower = 0.0 if not red else bisect(lambda p: 1 - at_most(red - 1, n, p) < 0.05)
total = [sum(r[i] for r in rows) for i in range(1, 6)]
mean = [sum(r[i] for r in rows) / n for i in (6, 7, 8)] if n else [0, 0, 0]
print(f"# {sys.argv[2]}")
print(f"#   runs           {n}")
print(f"#   red            {red} ({100 * red / max(n, 1):.1f} %; 95 % bounds, each one-sided: "
      f"at least {100 * lower:.1f} %, at most {100 * upper:.1f} %)")
print(f"#   metrics        {total[0]:.0f}: {total[1]:.0f} regressed, {total[2]:.0f} improved, "
      f"{total[3]:.0f} equivalent, {total[4]:.0f} inconclusive")
print(f"#   a run          {mean[0]:.0f} s, at a load of {mean[1]:.1f}; "
      f"{100 * mean[2]:.0f} % of batches disturbed, {sum(r[9] for r in rows):.0f} trials discarded")
print(n, red, upper, file=open(sys.argv[1] + ".summary", "w"))
END
	read -r runs red upper <"$1.summary"
}

many() { # NAME COUNT ARGUMENT...
	_name=$1 _count=$2 _failed=0
	shift 2
	: >"$work/$_name"
	for i in $(seq "$_count"); do
		one "$work/$_name" "$keep/$_name-$i.vq" "$@" --seed "$i" || _failed=$((_failed + 1))
	done
	[ "$_failed" -eq 0 ] && [ "$(wc -l <"$work/$_name")" -eq "$_count" ]
	ok $? "$_name: $_count runs came to an end"
}

echo "# $(nproc) CPUs, Linux $(uname -r)"
many equal "$aa" "$work/aa.yaml"
summary "$work/equal" "two equal variants, $trials trials of each bench: none ought to be red"
if [ "$runs" -ge 100 ]; then
	awk "BEGIN { exit !($upper < 0.1) }"
	ok $? "at most one in ten of such runs is red, at 95 % confidence"
else
	skip "the share of red runs" "$runs runs bound it by $upper; from 100 on it is judged"
fi

if [ -n "${GATE_PLANTED_TRIALS:-}" ]; then
	sed "s/trials: .*/trials: $GATE_PLANTED_TRIALS/" "$work/aa.yaml" >"$work/planted.yaml"
	set -- "$work/planted.yaml"
else
	set -- -p kvm -b 'exit_*' -f none --preset ci
fi
many planted "$planted" "$@" --variant base --variant "slow:plant=$plant"
summary "$work/planted" "$plant planted into the second, trials: ${GATE_PLANTED_TRIALS:-as the ci preset}: \
all ought to be red"
if [ "$runs" -ge 30 ]; then
	[ $((red * 30)) -ge $((runs * 28)) ]
	ok $? "$red of $runs runs found it"
else
	skip "how many found it" "$red of $runs did; from 30 runs on it is judged"
fi
done_testing
