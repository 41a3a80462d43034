#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What a plan decides by, through the command line: limits and requirements end report and run with
# 1, in every format alike; gates keep the rest from being red; scores; what is wrong with a plan.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

ends() { # CODE NAME ARGUMENT...
	_code=$1 _name=$2
	shift 2
	run_vq "$@"
	[ $code -eq "$_code" ]
	ok $? "$_name"
	[ $code -eq "$_code" ] || show "$work/out" "$work/err"
}

says() { # PATTERN NAME
	grep -Eq -- "$1" "$work/out"
	_found=$?
	ok $_found "$2"
	[ $_found -eq 0 ] || show "$work/out"
}

"$B/tests/make-sample" --criteria kept.vq failed.vq

# ---- Limits and requirements ----

ends 0 "a file that keeps its limits" report kept.vq -F verdicts
says '^passed +limit +exit_cpuid +kvm +median at most 12 µs +9\.[01]' "the limit, what was found, its verdict"
says '^inconclusive +limit +kernel_ipi.*interpreted, and the limit is meant for hardware' \
	"an interpreted figure cannot pass"
says 'nothing that it is about was measured' "a limit on nothing has a row"
says '^inconclusive +limit +hang\+restart.*7 of 8 trials' "a fault's time: the share that kept it"
says '^passed +require +exit_cpuid' "a requirement"
says '^0 failed, 3 inconclusive, 2 passed$' "how many of each"
ends 3 "inconclusive ones, where asked to fail on them" report kept.vq --fail-on=inconclusive
refuses 2 'only on inconclusive' "--fail-on something else" report kept.vq --fail-on=everything

run_vq report --help
sed -n '/^Formats:/,$s/^  \([a-z0-9]*\) .*/\1/p' out >formats
while read -r format; do
	ends 0 "$format: kept" report kept.vq -F "$format"
	ends 1 "$format: failed" report failed.vq -F "$format"
	[ "$format" = hdr ] || says '12 µs|5 µs|12000|5000|failed' "$format: shows the limit"
done <formats
for format in tap tap14 junit kcidb; do
	run_vq report kept.vq -F $format
	red='^ *not ok.*(limit|exit_cpuid)|<failure|"FAIL"'
	! grep -Eq "$red" out
	ok $? "$format: nothing is red where the limits are kept"
	run_vq report failed.vq -F $format
	[ "$(grep -Ec "$red" out)" -eq 1 ] || [ "$(grep -Eo '<failure|"FAIL"' out | wc -l)" -eq 1 ]
	ok $? "$format: one point is red"
done
run_vq report kept.vq --anonymize -F verdicts
says 'exit_cpuid' "anonymized, a limit keeps what it is about"
ends 0 "--trace judges nothing" report failed.vq --trace exit_cpuid/kvm

# ---- Limits that came later ----

printf '%s\n' 'limits:' '  - {match: exit_cpuid, platform: kvm, at_most: 5us}' 'require: [exit_pio/kvm]' \
	>later.yaml
ends 1 "limits of another plan decide" report kept.vq --limits later.yaml -F verdicts
says '^failed +limit +exit_cpuid +kvm +median at most 5 µs' "... in place of the run's own"
says '^passed +require +exit_pio' "... also on benches that this build has not, and the file has"
says '^1 failed, 0 inconclusive, 1 passed$' "... and nothing else decides"
hash=$(sha256sum later.yaml | cut -d' ' -f1)
while read -r format; do
	ends 1 "$format: limits of another plan" report kept.vq --limits later.yaml -F "$format"
	says "$hash" "$format: says that they came later, with the plan's hash"
	ends 1 "$format: the same of compare" compare kept.vq failed.vq --limits later.yaml -F "$format"
	says "$hash" "... says so, too"
done <formats
run_vq report kept.vq --limits later.yaml -F html
sed -n '/<header>/,/<\/header>/p' out | grep -q 'limits were given after the runs'
ok $? "html: its head says so, too"
printf '%s\n' 'limits:' '  - {match: exit_cpuid, figure: p99, at_most: 1s}' \
	'  - {match: exit_cpuid, figure: native-ratio, at_most: 1000}' \
	'  - {match: hang, figure: recovered, at_least: 0.01}' \
	'  - {match: exit_cpuid, at_most: 1s}' 'gate: [mem_*]' >later.yaml
while read -r format; do
	case $format in
	hdr | openmetrics) continue ;;
	esac
	run_vq report kept.vq --limits later.yaml -F "$format"
	[ "$(grep -o 'variation between runs not included' out | wc -l)" -ge 3 ]
	ok $? "$format: limits on other figures than medians hold nothing between runs, and say so"
done <formats
run_vq report kept.vq --limits later.yaml -F openmetrics
grep -q '^virt_qualify_criterion_between_runs_held{.*what="exit_cpuid".*p99.* 0$' out &&
	grep -q '^virt_qualify_criterion_between_runs_held{.*what="hang.* 0$' out &&
	grep -q '^virt_qualify_criterion_between_runs_held{.*median.* 1$' out
ok $? "openmetrics: the same"
run_vq compare kept.vq failed.vq --limits later.yaml -F tap
grep -Eq '^not ok.*exit_pio' out
ok $? "what gates stays as the runs declared it: criteria given later cannot let go of a metric"
printf '%s\n' 'limits: [{match: exit_cpuid, at_most: 1s}]' >later.yaml
ends 0 "a limit that is kept" report failed.vq --limits later.yaml
ends 1 "without it the run's own decides" report failed.vq
refuses 2 'did you mean "exit_cpuid"' "a name that neither build nor file has" \
	report kept.vq --limits "$(printf 'limits: [{match: exit_cpuit, at_most: 1s}]\n' >slip.yaml; echo slip.yaml)"
printf 'plan: nothing\n' >nothing.yaml
refuses 2 'decides nothing' "a plan without limits" report kept.vq --limits nothing.yaml
refuses 2 'No such file' "no plan" report kept.vq --limits none.yaml
refuses 2 'leave out one' "limits of a trace" report kept.vq --limits later.yaml --trace exit_cpuid
if [ -x "$B/virt-qualify-report" ]; then
	"$B/virt-qualify-report" report kept.vq --limits later.yaml >out 2>err
	[ $? -eq 2 ] && grep -q 'cannot read plans' err
	ok $? "the report half alone says that it cannot read plans"
else
	skip "the report half alone" "it is not built"
fi

# ---- Scores ----

run_vq report kept.vq -F verdicts
says '^kvm +0\.9[0-9]* +0\.9[0-9]* – [01]\.[0-9]+ .*mem_\* 0\.9[0-9]* \(2 tests\), syscall 0\.9' "a score"
says '^score = \(mem_\*\^2 × syscall\)\^\(1/3\)' "its formula"
says '^qemu-kvm +none .*not installed' "no score where nothing was measured"

# ---- Gates ----

ends 1 "a comparison of files with limits" compare kept.vq failed.vq
says 'exit_cpuid.*median at most 5 µs' "... shows them"
run_vq compare kept.vq failed.vq -F json
if command -v jq >/dev/null; then
	jq -e '[.comparisons[] | select(.gates)] | length > 0 and all(.bench | startswith("exit_"))' \
		out >/dev/null
	ok $? "only what the plan declared gates"
else
	skip "only what the plan declared gates" "jq is not installed"
fi
run_vq compare kept.vq failed.vq
says 'more shown that the plan does not gate on' "the others are counted apart"

run_vq compare kept.vq failed.vq --by host
says '^Limits by host' "by host: each limit on each host"
says '^hang\+restart +kvm +time-to-recover at most 1 s in 90 % of trials +beta +inconclusive' \
	"... by the name of the host"

# ---- Markdown for a pull request ----

# Rows outside of folded parts, of all tables.
"$B/tests/make-sample" many.vq other.vq 60
"$B/tests/make-sample" --platforms host.vq amd.vq xen.vq
run_vq compare host.vq --by platform -F md
awk '/<details>/ { deep++ } /<\/details>/ { deep-- }
	/^\|/ && !deep { rows++ } /^\| verdict/ || /^\|---/ { if (!deep) rows-- }
	END { exit !(rows == 20) }' out
ok $? "at most 20 rows of a comparison are unfolded"
[ "$(grep -c '<details>' out)" -eq "$(grep -c '</details>' out)" ] && grep -q '<summary>[0-9]* more<' out
ok $? "the rest is folded"
run_vq compare many.vq other.vq -F md
sed -n '/^| \*\*regressed/=;/^| equivalent/=;/^| inconclusive/=' out | sort -nc
ok $? "what regressed comes first"

# ---- A run ----

plan() { # LINE... ; the head is the same
	printf '%s\n' 'plan: small' 'platforms: native' 'benches:' '  - match: [guest_rdtsc, cpu_integer]' \
		'    trials: 6' "$@" >plan.yaml
	rm -f run.vq
}

plan 'limits:' '  - {match: guest_rdtsc, at_most: 1h, execution: any}' \
	'require:' '  - {match: guest_rdtsc/native, execution: any}'
ends 0 "a run that keeps its limits" run plan.yaml -o run.vq
says '^passed +limit +guest_rdtsc +native.*at most 3600 s' "says so"
plan 'limits:' '  - {match: guest_rdtsc, at_least: 1h, execution: any}'
ends 1 "a run that does not" run plan.yaml -o run.vq
says '^failed +limit +guest_rdtsc' "says so, too"
plan 'require:' '  - {match: guest_rdtsc/native, trials: 7, execution: any}'
ends 1 "a required bench with too few trials" run plan.yaml -o run.vq
says 'too few trials' "... is named"
plan 'require: [exit_pio_user]'
ends 1 "a required bench that the plan does not run" run plan.yaml -o run.vq
plan 'require: [guest_rdtsc]'
ends 1 "native alone is no virtualization" run plan.yaml -o run.vq
says 'no platform but native' "... and says so"
rm -f run.vq
ends 1 "as TAP: a failure" run plan.yaml --tap -o run.vq
says '^not ok .*guest_rdtsc' "... by a point"
plan 'limits:' '  - {match: guest_rdtsc, at_most: 1h, execution: emulated}'
ends 0 "an inconclusive limit" run plan.yaml -o run.vq
rm -f run.vq
ends 3 "... where asked to fail on it" run plan.yaml --fail-on=inconclusive -o run.vq
plan 'limits:' '  - {match: guest_rdstc, at_most: 1h}'
refuses 2 'plan.yaml:7: .*did you mean "guest_rdtsc"' "a limit on no bench" run plan.yaml -o run.vq
plan 'weights: {exist: 1}' 'reference: native'
refuses 2 'plan.yaml:6: .*did you mean "exits"' "a weight of no group" run plan.yaml -o run.vq

done_testing
