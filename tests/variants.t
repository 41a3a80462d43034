#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Variants: forms of a platform in one run, interleaved, compared as pairs.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

query() { # FILE SQL
	bounded sqlite3 -readonly "$1" "$2"
}

is() { # EXPECTED ACTUAL NAME
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || echo "# expected $1, got $2"
}

refuses 2 'key "plnt"; did you mean "plant"' "a key that nobody takes" \
	run -p native --variant base --variant a:plnt=5% -o no.vq
refuses 2 "0.1% to 100%" "a slowness that is none" run -p native --variant a:plant=5 -o no.vq
refuses 2 "absolute path" "a QEMU without its directory" \
	run -p qemu-kvm-microvm --variant a:qemu=qemu-system-x86_64 -o no.vq
refuses 2 "no machine type" "a machine type with options" \
	run -p qemu-kvm -b none --variant 'a:machine=pc;accel=tcg' -o no.vq
refuses 2 "two variants" "a name twice" run -p native --variant a --variant a -o no.vq
printf '%s\n' 'variants:' '  a: {plnt: 5%}' 'benches:' '  - match: all' >bad.yaml
refuses 2 'variant a.*"plnt"' "the same in a plan" run bad.yaml -p native -o no.vq
[ ! -e no.vq ]
ok $? "nothing is measured then"

printf '%s\n' 'plan: variants' 'seed: 5' 'platforms: native' 'variants:' '  zero:' \
	'  slow: {plant: 100%}' 'benches:' '  - match: [cpu_integer, exit_cpuid]' '    trials: 8' >plan.yaml
accepts "native in two variants" run plan.yaml -o v.vq
is "zero||as it is slow|plant=100%|planted 100 %" \
	"$(query v.vq 'SELECT name, settings, label FROM variant ORDER BY id' | tr '\n' ' ' | sed 's/ $//')" \
	"the file says what they are"
is 32 "$(query v.vq "SELECT count(DISTINCT (ordinal / 4) || bench || variant) FROM trial")" "each block has a trial of each bench and variant"
is 0 "$(query v.vq "SELECT count(*) FROM trial JOIN event ON event.trial = trial.id
	WHERE variant = 'zero' AND what LIKE 'planted%'")" "nothing is planted into the base"
is 16 "$(query v.vq "SELECT count(*) FROM trial JOIN event ON event.trial = trial.id
	WHERE variant = 'slow' AND what LIKE 'planted%'")" "and something into each trial of the other"

# A share of 100 % is twice the time, give or take what a busy machine does to it.
run_vq compare v.vq -F json
if command -v python3 >/dev/null; then
	bounded python3 - "$work/out" >why 2>&1 <<'END'
import json, sys
r = json.load(open(sys.argv[1]))
assert r["compared_by"] == "variant", r["compared_by"]
rows = {c["bench"]: c for c in r["comparisons"]}
assert set(rows) == {"cpu_integer", "exit_cpuid"}, rows
for c in rows.values():
    assert c["base"] == "zero" and c["other"] == "slow (planted 100 %)", c
    assert c["least_p"] == 2 / 2 ** 8, c["least_p"]  # pairs: signs are flipped
    slower = c["ratio"] if c["better"] == "lower" else 1 / c["ratio"]
    assert 1.3 < slower < 3, c
END
	ok $? "one file with variants is compared by them, as pairs, and the slowness is seen"
	show why
else
	skip "the comparison" "python3 is not installed"
fi

run_vq report v.vq
grep -q "variants: zero, slow (planted 100 %)" out
ok $? "a report says what was planted"

# Five pairs cannot tell.
echo '{plan: few, platforms: native, benches: [{match: cpu_integer, trials: 5}]}' >few.yaml
accepts "few trials" run few.yaml --variant a --variant b -s 1 -o few.vq
run_vq compare few.vq
grep -q "none" out
ok $? "five pairs detect nothing"

accepts "what a platform does not take is skipped" run -p native -p oci -b cpu_integer -f none \
	--variant a --variant 'b:plant=5%' -o skip.vq
accepts "and a setting that its host has not" run -p native -p kvm -b cpu_integer -f none \
	--variant a --variant b:kvm.halt_poll_ns=0 -o skip2.vq
if kvm_is_here; then
	is "kvm/b native/b" "$(query skip2.vq "SELECT what FROM skip WHERE kind = 'platform' AND
		what LIKE '%/b' ORDER BY 1" | tr '\n' ' ' | sed 's/ $//')" "with its reason"
	is 0 "$(query skip2.vq "SELECT count(*) FROM trial WHERE variant = 'b'")" \
		"and is not run as the base"
	accepts "guests in two variants" run -p kvm -b exit_cpuid -b exit_msr_write -f none \
		--variant a --variant 'b:plant=50%' -o kvm.vq
	# One may fail on a busy machine; none may turn out not to be what it claims.
	is "0 1" "$(query kvm.vq "SELECT sum(status = 'invalid') || ' ' || (sum(status = 'ok') > 0) FROM trial")" \
		"proved to be what they claim"
	[ "$(query kvm.vq "SELECT count(*) FROM event WHERE what LIKE 'planted%'")" -gt 0 ]
	ok $? "with a slowness planted"
else
	skip "guests in variants" "/dev/kvm cannot be opened"
fi
done_testing
