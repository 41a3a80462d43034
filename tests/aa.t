#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# aa: separate runs of one plan in one file, and what they differ by; compare takes it into account.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

printf '%s\n' 'plan: tiny' 'seed: 3' 'platforms: [native]' 'benches:' \
	'  - match: cpu_integer' '    trials: 6' '    batches: 3' >plan.yaml

accepts "three runs" aa plan.yaml --runs 3 -o aa.vq
grep -q '^run 3 of 3: 6 of 6 trials ok' err && grep -q '^Noise: ' out &&
	grep -Eq '^cpu_integer +native .* 3 +6 ' out
ok $? "it says what they differ by"
show err

accepts "a report of it" report aa.vq
grep -Eq '^cpu_integer +native .* 3 +6 ' out
ok $? "the noise stands there"
if command -v jq >/dev/null; then
	run_vq report aa.vq -F json
	jq -e '(.runs | length) == 3 and ([.runs[].seed] | unique | length) == 3 and
		([.runs[].host["host.fingerprint"]] | unique | length) == 1 and
		(.noise | length) == 1 and (.noise[0] | .bench == "cpu_integer" and .runs == 3 and
		.trials == 6 and .batches == 3 and .within > 0 and .run_deviation > 0 and
		.floor > .run_deviation and .detectable > 0 and .detectable_runs > 0 and
		.trial_ns > 0 and .run_ns > 0)' out >/dev/null
	ok $? "JSON: runs of their own, each with a seed of its own, and figures of the noise"
else
	skip "JSON: runs of their own, and figures of the noise" "jq is not installed"
fi

# ---- What never gave a figure is no skip ----

slow='    batches: 1000\n    samples: 1000000'
printf 'platforms: [native]\nbenches:\n  - match: cpu_integer\n    trials: 1\n%b\n' "$slow" \
	>slow.yaml
run_vq aa slow.yaml --runs 2 -o failed.vq
[ $code = 4 ] && grep -q '1 without one valid trial, the first: cpu_integer' err &&
	! grep -q '^run 2' err
ok $? "trials that all fail are our failure"
show err
printf '  - match: guest_rdtsc\n    trials: 2\n    batches: 3\n' >>slow.yaml
run_vq aa slow.yaml --runs 2 -o part.vq
[ $code = 4 ] && grep -q '^run 2 of 2: 2 of 3 trials ok' err &&
	grep -q '1 without one valid trial, the first: cpu_integer' err &&
	grep -Eq '^guest_rdtsc +native ' out
ok $? "the noise of the others is told, and the exit code tells of the one that failed"
show err

# Of the same host: what was measured is allowed for, in a file beside those compared, too.
accepts "a run" run plan.yaml -o one.vq
accepts "another run" run plan.yaml --seed 4 -o two.vq
run_vq compare one.vq two.vq
[ $code -le 1 ] && grep -q 'allows for 8 % between runs, assumed' out
ok $? "compare assumes a default, and says so"
run_vq compare one.vq two.vq --noise aa.vq
[ $code -le 1 ] && grep -q 'between runs, measured over 3' out && ! grep -q assumed out
ok $? "compare --noise"
run_vq compare one.vq two.vq --noise aa.vq --anonymize
[ $code -le 1 ] && grep -q 'between runs, measured over 3' out && ! grep -q 'aa\.vq' out
ok $? "... anonymized: it is still of the same kind of host"
printf 'limits: [{match: cpu_integer, at_least: 1op/s, execution: any}]\n' >limits.yaml
run_vq report one.vq --limits limits.yaml -F verdicts
grep -q 'variation between runs not included)' out
ok $? "a limit's interval holds nothing that nobody measured, and says so"
accepts "report --noise" report one.vq --limits limits.yaml --noise aa.vq -F verdicts
grep -q '% between runs)' out && grep -q "$(sha256sum aa.vq | cut -d' ' -f1)" out
ok $? "what aa measured is held then, and its file is named"
# Taken over by a run of the same kind of host, it stands in the run's own file.
accepts "run --noise" run plan.yaml --noise aa.vq -o three.vq
run_vq compare two.vq three.vq
[ $code -le 1 ] && grep -q 'between runs, measured over 3' out
ok $? "its noise counts"
# In the file of aa, in that of the run, and named once more: it is one measurement.
run_vq compare aa.vq three.vq --noise aa.vq
[ $code -le 1 ] && [ "$(sed -n '/^Noise: /,/^$/p' out | grep -c '^cpu_integer ')" -eq 1 ]
ok $? "what was copied is listed once"
refuses 2 'one.vq: holds no noise; virt-qualify aa makes' "run --noise of a file without" \
	run plan.yaml --noise one.vq -o four.vq
if command -v sqlite3 >/dev/null; then
	cp aa.vq elsewhere.vq && sqlite3 elsewhere.vq "UPDATE noise SET fingerprint = 'another'"
	refuses 2 'elsewhere.vq: holds no noise of a host of this kind' "run --noise of another kind of host" \
		run plan.yaml --noise elsewhere.vq -o four.vq
	refuses 2 'elsewhere.vq: holds no noise of a host of this kind' "compare --noise of another kind of host" \
		compare one.vq two.vq --noise elsewhere.vq
	refuses 2 'elsewhere.vq: holds no noise of a host of this kind' "report --noise of another kind of host" \
		report one.vq --noise elsewhere.vq
	before=$(trials_in one.vq)
	refuses 2 'holds no noise of a host of this kind' "the same for a file that is added to" \
		run --append one.vq --noise elsewhere.vq
	[ "$(trials_in one.vq)" = "$before" ]
	ok $? "nothing is added to it"
else
	skip "run --noise of another kind of host" "sqlite3 is not installed"
fi
[ ! -e four.vq ]
ok $? "no file is made"

# ---- A budget of time ----

accepts "run --budget" run plan.yaml --budget 3s --noise aa.vq -o budget.vq
grep -Eq '^budget: [0-9]+ trials? of each[^;]*; (the median bench finds a change of [0-9.]+ %|no change .*)$' err
ok $? "it says how many trials there will be, and what they can find"
show err
accepts "the same without noise" run plan.yaml --budget 1s -o assumed.vq
grep -Eq '^budget: .* as assumed: see aa and --noise$|no change can be found with so few' err
ok $? "it says what was assumed"
show err
refuses 2 'such as 90s, 5m or 1h' "a budget that is no time" run plan.yaml --budget 5

refuses 2 'holds no noise' "compare --noise of a file without" compare one.vq two.vq --noise one.vq
refuses 2 'from 2 to' "one run alone" aa plan.yaml --runs 1
refuses 2 'leave -f out' "faults" aa plan.yaml -f guest_hang
refuses 4 'exists already' "a file that is there" aa plan.yaml -o aa.vq
done_testing
