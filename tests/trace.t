#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# report --trace: a figure is computed again from nothing but what the trace prints.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

"$B/tests/make-sample" base.vq other.vq
printf '%s\n' 'plan: small' 'seed: 5' 'platforms: native' 'benches:' \
	'  - match: [mem_bandwidth]' '    trials: 2' \
	'  - match: [guest_rdtsc, cpu_integer]' '    trials: 7' \
	'faults:' '  - match: guest_hang' '    recoveries: restart' '    trials: 1' >plan.yaml
accepts "a real run" run plan.yaml -o real.vq

if command -v python3 >/dev/null && command -v jq >/dev/null; then
	recomputed() { # FILE METRIC
		run_vq report "$1.vq" --trace "$2" -F json
		mv out trace.json
		[ $code -eq 0 ] && bounded python3 "$root/tests/check_trace.py" json trace.json "$1.json" \
			>why 2>&1
		ok $? "$1: $2: computed again from its histograms or stamps"
		show why
	}

	for file in base real; do
		run_vq report $file.vq -F json -o $file.json
		jq -r '.metrics[] | .bench + (if .parameter == null then "" else ":\(.parameter)" end) +
			"/" + .platform' $file.json >metrics
		jq -r '.faults[] | .fault + "+" + .recovery + "/" + .platform' $file.json >faults
		while read -r metric; do
			recomputed $file "$metric"
		done <metrics
		while read -r metric; do
			recomputed $file "$metric"
		done <faults
	done
	for metric in exit_cpuid/kvm mem_copy:4096/native; do
		accepts "$metric as text" report base.vq --trace $metric
		python3 "$root/tests/check_trace.py" text out >why 2>&1
		ok $? "$metric: computed again from the text"
		show why
	done

	# Could these checks fail?
	run_vq report base.vq --trace exit_cpuid/kvm
	for change in 's/^\(  median  *\)\([0-9]\)/\11\2/' 's/operations in /operations in 1/' \
		's/overhead [0-9]* ticks/overhead 1 ticks/'; do
		sed "$change" out >broken
		! cmp -s out broken && ! python3 "$root/tests/check_trace.py" text broken 2>/dev/null
		ok $? "a text that was changed is noticed: $change"
	done
	run_vq report base.vq --trace exit_cpuid/kvm -F json
	for change in 's/"median": 9/"median": 8/' 's/"overhead_ticks": 124/"overhead_ticks": 12/' \
		's/"sum_ticks": 1/"sum_ticks": 2/' 's/sample.yaml/simple.yaml/' 's/, 64, 1\]/, 64, 2]/'; do
		sed "$change" out >broken
		! cmp -s out broken &&
			! python3 "$root/tests/check_trace.py" json broken base.json 2>/dev/null
		ok $? "a JSON that was changed is noticed: $change"
	done

	run_vq report real.vq --trace guest_rdtsc/native -F json
	jq -e '.figures | length == 1 and .[0].about.source.plan_entry ==
		"  - match: [\"guest_rdtsc\", \"cpu_integer\"]\n    trials: 7" and
		(.[0].about.source.command | test("run .*real.vq")) and
		.[0].about.source.seed == "5" and (.[0].trials | length == 7)' out >/dev/null
	ok $? "the plan's entry is the one that the bench is under, with seed and command"
	run_vq report real.vq --trace guest_hang+restart/native -F json
	jq -e '.figures[0] | (.about.source.plan_entry | test("guest_hang")) and
		(.trials[0].events | length > 2)' out >/dev/null
	ok $? "a fault's entry, and its events"
else
	skip "traces computed again" "python3 or jq is not installed"
fi

# ---- What it names ----

accepts "without a platform: every one" report base.vq --trace exit_cpuid
[ "$(grep -c '^exit_cpuid on ' out)" -eq 2 ]
ok $? "both are there"
accepts "over two files" report base.vq other.vq --trace "mem_copy bytes=4096/kvm"
[ "$(grep -c '^mem_copy bytes=4096 on kvm' out)" -eq 2 ]
ok $? "one of each"
accepts "a figure with trials that were discarded" report base.vq --trace exit_pio/kvm
grep -q 'not used, invalid: 12.0 exits per operation counted' out
ok $? "says which are not used, and why"
grep -q "$(sha256sum <base.vq | cut -d' ' -f1)" out
ok $? "names the file's SHA-256"
refuses 2 'no figure "exit_cpid/kvm" here; did you mean "exit_cpuid/kvm"' "a near miss" \
	report base.vq --trace exit_cpid/kvm
refuses 2 'no figure "xyzzy" here; name one as' "nothing near" report base.vq --trace xyzzy
refuses 2 'no figure "exit_cpuid/lxc"' "another platform" report base.vq --trace exit_cpuid/lxc
refuses 2 'a trace is printed as text or json, not as "csv"' "another format" \
	report base.vq --trace exit_cpuid/kvm -F csv
accepts "anonymized" report real.vq --trace guest_rdtsc --anonymize
! grep -q 'real\.vq' out && grep -q 'path-1' out
ok $? "without the file's name"
done_testing
