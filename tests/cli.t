#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The command line: what it refuses, in one line that says what, where and what to do; what it
# prints; how it ends.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

escapes=$(printf '\033')

# ---- Names that do not exist ----

refuses 2 'no command "lits"; did you mean "list"' "unknown command, a near one" lits
refuses 2 'no command "xyzzy"; see virt-qualify --help' "unknown command, none near" xyzzy
refuses 2 'no option "--frobnicate"' "unknown option before the command" --frobnicate
refuses 2 '-p kvn: no such platform; did you mean "kvm"' "unknown platform" run -p kvn
refuses 2 '-b exit_pio_usr: no such bench; did you mean "exit_pio_user"' "unknown bench" \
	run -b exit_pio_usr
refuses 2 '-f triple_falt: no such fault; did you mean "triple_fault"' "unknown fault" \
	run -f triple_falt
refuses 2 'preset smok: no such preset; did you mean "smoke"' "unknown preset" run --preset smok
refuses 2 'the presets are smoke, ci, qualify, lab, lab-xen' "unknown preset, none near" run --preset xyzzy
refuses 2 'no format "htlm"; did you mean "html"' "unknown report format" report x.vq -F htlm
refuses 2 'no format "htlm"; did you mean "html"' "unknown compare format" compare x.vq -F htlm
refuses 2 'no format "yaml"' "unknown host format" host -F yaml
refuses 2 'no format "yaml"' "unknown list format" list -F yaml
refuses 2 'no "bences" to list; did you mean "benches"' "unknown word to list" list bences
refuses 2 'cannot compare by "colour"' "unknown side to compare by" compare x.vq --by colour
refuses 2 'cannot fail on "everything"' "unknown verdict to fail on" compare x.vq --fail-on=everything

# ---- Arguments that are missing or too many ----

refuses 2 'name at least one result file' "report without a file" report
refuses 2 'name the result files' "compare without a file" compare
refuses 2 '"extra" is not expected' "host with an argument" host extra
refuses 2 'a plan and a preset' "a plan and a preset" run --preset ci plan.yaml

run_vq
[ $code -eq 2 ] && grep -q '^Usage: virt-qualify COMMAND' err && [ ! -s out ]
ok $? "no argument at all: usage on standard error, and 2"

refuses 2 'one plan at a time' "two plans" run a.yaml b.yaml
for seed in ten -1 1x 18446744073709551616; do
	refuses 2 "seed $seed: not a number" "seed $seed" run --seed "$seed"
done
run_vq recover extra
[ $code -eq 2 ] && grep -q 'Too many arguments' err && [ ! -s out ]
ok $? "recover with an argument"

# ---- Plans ----

# The line that is to blame is the last one written.
plan() { # LINE...
	printf '%s\n' "$@" >plan.yaml
}

bad_plan() { # PATTERN NAME LINE...
	pattern=$1 what=$2
	shift 2
	plan "$@"
	refuses 2 "plan.yaml:$#: $pattern" "plan: $what" run plan.yaml
}

bad_plan 'an entry of benches has no key "trails"; did you mean "trials"' "unknown key" \
	'benches:' '  - match: exit_cpuid' '    trails: 3'
bad_plan 'the plan has no key "bneches"; did you mean "benches"' "unknown top key" 'bneches: []'
bad_plan 'no bench matches "exit_cpud"; did you mean "exit_cpuid"' "unknown bench" \
	'benches:' '  - match: exit_cpud'
bad_plan 'no fault matches "guest_spni"; did you mean "guest_spin"' "unknown fault" \
	'faults:' '  - match: guest_spni'
bad_plan 'no recovery matches "restrat"; did you mean "restart"' "unknown recovery" \
	'faults:' '  - match: all' '    recoveries: restrat'
bad_plan 'no platform matches "kvn"; did you mean "kvm"' "unknown platform" \
	'benches:' '  - match: all' 'platforms: kvn'
bad_plan '' "trials that are no number" 'benches:' '  - match: all' '    trials: many'
bad_plan '' "no trials" 'benches:' '  - match: all' '    trials: 0'
bad_plan '' "a horizon without a unit" 'faults:' '  - match: all' '    horizon: 3'
bad_plan '' "delta of 200 %" 'benches:' '  - match: all' 'delta: 200%'
bad_plan '' "a key twice" 'seed: 1' 'seed: 2'

plan 'benches: ['
refuses 2 'plan.yaml:[0-9]+: not YAML' "plan: not YAML" run plan.yaml
plan 'seed: 1'
refuses 2 'plan.yaml:[0-9]+: ' "plan: nothing to run" run plan.yaml
: >empty.yaml
refuses 2 'empty.yaml:1: empty' "plan: empty" run empty.yaml
refuses 2 'virt-qualify:[0-9]*: |virt-qualify: cannot' "plan: a program" run "$vq"
refuses 2 'nope.yaml: cannot be read: No such file' "plan: missing" run nope.yaml
refuses 2 "$work: cannot be read: Is a directory" "plan: a directory" run "$work"

cp "$vq" vq && plan 'benches:' '  - match: all' && chmod 0 plan.yaml
if unprivileged test -x "$work/vq"; then
	unprivileged ./vq run plan.yaml -o /dev/null/x.vq >out 2>err
	[ $? -eq 2 ] && one_line 'plan.yaml: cannot be read: Permission denied'
	ok $? "plan: unreadable"
else
	skip "plan: unreadable" "cannot run as another user here"
fi
rm -f plan.yaml

# A name goes to the terminal as text, whatever is in it.
ugly=$(printf 'a\033[31m\nb.yaml')
refuses 2 'cannot be read' "a hostile file name makes one line" run "$ugly"
! grep -q "$escapes" err
ok $? "a hostile file name colours nothing"

# ---- Help, version, manual ----

run_vq --version
[ $code -eq 0 ] && [ ! -s err ] && grep -Eq '^virt-qualify [^ ]+$' out && [ "$(wc -l <out)" -eq 1 ]
ok $? "--version"
run_vq --help
[ $code -eq 0 ] && [ ! -s err ] && grep -q '^Commands:' out
ok $? "--help"
commands=$(sed -n 's/^  \([a-z]*\)  .*/\1/p' out)
[ "$(echo "$commands" | wc -w)" -ge 6 ]
ok $? "--help names the commands"

manual=$root/docs/virt-qualify.1.scd
for c in $commands; do
	run_vq "$c" --help
	[ $code -eq 0 ] && [ ! -s err ] && grep -q "^Usage: virt-qualify $c" out
	ok $? "$c --help"
	! grep -q "$escapes" out
	ok $? "$c --help: no colour without a terminal"
	grep -Eq "^\\*virt-qualify\\* \\*$c\\*" "$manual"
	ok $? "$c: in the manual"
	grep -o -- ' --[a-z][a-z-]*' out | sort -u | while read -r option; do
		case $option in --help | --usage | --version) continue ;; esac
		grep -q -- "\\*$option\\*" "$manual" || echo "# $c: the manual has no $option"
	done >missing
	cat missing
	[ ! -s missing ]
	ok $? "$c: the manual has its options"
	run_vq "$c" --frobnicate
	[ $code -eq 2 ] && grep -q -- "--frobnicate" err && [ ! -s out ]
	ok $? "$c: unknown option"
done

if command -v scdoc >/dev/null; then
	scdoc <"$manual" >virt-qualify.1 && grep -q '^\.TH' virt-qualify.1
	ok $? "the manual builds"
	if command -v groff >/dev/null; then
		bounded groff -man -ww -z virt-qualify.1 2>warnings
		[ ! -s warnings ]
		ok $? "the manual is sound"
		show warnings
	fi
else
	skip "the manual builds" "scdoc is not installed"
fi

# ---- list and host ----

accepts "list" list
for heading in PLATFORMS BENCHES FAULTS VARIANTS; do
	grep -q "^$heading" out || echo "# no $heading"
done >missing
cat missing
[ ! -s missing ] && ! grep -q "$escapes" out
ok $? "list: four sections, no colour without a terminal"
grep -Eq '^  native .* works ' out
ok $? "list: native works everywhere"
if kvm_is_here; then
	grep -Eq '^  kvm .* works ' out
	ok $? "list: kvm works where its device can be opened"
else
	grep -A 2 '^  kvm ' out | grep -q 'why not: .*/dev/kvm'
	ok $? "list: kvm does not work, and why"
fi
mv out all
for word in platforms benches faults variants; do
	accepts "list $word" list "$word"
	mv out "only-$word"
done
{ cat only-platforms && echo && cat only-benches && echo && cat only-faults && echo && cat only-variants; } |
	cmp -s - all
ok $? "list: the sections are the whole"
sed -n '/^  plant=SHARE /p' only-variants | grep -q ' yes ' && grep -q '^  kvm.PARAM=VALUE .*--allow-host-faults' only-variants
ok $? "list: keys of variants, and who takes them"
accepts "host" host
grep -q '  kernel.release  *[0-9]' out && ! grep -q "$escapes" out
ok $? "host: facts, no colour without a terminal"

if command -v jq >/dev/null; then
	accepts "list -F json" list -F json
	mv out list.json
	jq -e '[.platforms[].name] as $p | ($p | index("native") != null and index("kvm") != null)
		and ([.benches[], .faults[].recoveries[], .variants[]] | length > 20
		and all((.platforms | keys) == ($p | sort)))' list.json >/dev/null
	ok $? "list -F json: every bench and recovery has an answer for every platform"
	jq -e '[.platforms[] | if .works then .why_not == null else (.why_not | length > 10) end] +
		[.benches[].platforms[], .faults[].recoveries[].platforms[], .variants[].platforms[] |
		if .runs then .why_not == null else (.why_not | length > 10) end] | all' \
		list.json >/dev/null
	ok $? "list -F json: a reason where something cannot run, and only there"
	jq -e '[.benches[] | (.better == "lower" or .better == "higher") and (.unit | length > 0)
		and (.summary | length > 5)] | all' list.json >/dev/null
	ok $? "list -F json: benches have unit, direction and summary"
	jq -r '.benches[].name, .faults[].name' list.json | sort >names
	[ -s names ] && [ -z "$(uniq -d names)" ] && while read -r name; do
		grep -Eq "^    $name " all || exit 1
	done <names
	ok $? "list: the text names what the JSON names"
	accepts "list benches -F json" list benches -F json
	jq -e 'keys == ["benches"]' out >/dev/null
	ok $? "list benches -F json: benches alone"
	accepts "list variants -F json" list variants -F json
	jq -e '[.variants[] | .key, .value, .summary] | length >= 12 and all(length > 0)' out >/dev/null &&
		jq -e '.variants[] | select(.key == "plant") | .platforms.native.runs' out >/dev/null
	ok $? "list variants -F json: keys, and who takes them"
	accepts "host -F json" host -F json
	jq -e '[.facts[] | (.name | length > 0) and (.value != null or (.why | length > 0))]
		| length > 30 and all' out >/dev/null
	ok $? "host -F json: every fact has a value or a reason"
else
	skip "list and host as JSON" "jq is not installed"
fi

# ---- Result files that are none, or no longer ----

plan 'plan: small' 'platforms: native' 'benches:' '  - match: guest_rdtsc' '    trials: 3'
accepts "a small run" run plan.yaml -o good.vq
accepts "report of it" report good.vq
grep -q '^guest_rdtsc' out
ok $? "report: shows the bench"
plan 'platforms: native' 'at_most:' '  - {match: native, skip_benches: "cpu_*"}' \
	'benches:' '  - {match: [guest_rdtsc, cpu_integer], trials: 1}'
accepts "a plan that leaves a bench out on a platform" run plan.yaml -o left-out.vq
run_vq report left-out.vq
grep -q 'cpu_integer.*native.*leaves it out on this platform' out
ok $? "says so in its report"
accepts "but not where the command line asks for it" run plan.yaml -b cpu_integer -o asked.vq
run_vq report asked.vq
! grep -q 'leaves it out' out
ok $? "nothing is left out there"
refuses 2 'name each file once' "compare: a file with itself" compare good.vq good.vq
accepts "another small run" run plan.yaml -o other-run.vq
accepts "compare the two" compare good.vq other-run.vq
run_vq compare good.vq asked.vq
[ $code -eq 77 ] && grep -q 'not one of 2 metrics could be compared' err
ok $? "compare: nothing that both measured is no pass"
cp good.vq before.vq
refuses 2 'good.vq: is a result file' "report: over its result file" report good.vq -o good.vq
refuses 2 'good.vq: is a result file' "compare: the same" compare good.vq other-run.vq -o good.vq
refuses 4 'good.vq: exists already; remove it or choose another name' \
	"an existing result file is refused" run plan.yaml -o good.vq
cmp -s good.vq before.vq
ok $? "an existing result file is left alone"

size=$(wc -c <good.vq)
: >empty.vq
printf 'not a result file\n' >short.vq
seq 10000 >text.vq
cp "$vq" program.vq
mkdir directory.vq
mkfifo fifo.vq
for at in 50 100 512 4096 $((size / 2)) $((size - 1)); do
	head -c "$at" good.vq >"cut-$at.vq"
done
cp good.vq newer.vq
printf '\0\0\0\143' | dd of=newer.vq bs=1 seek=60 conv=notrunc 2>/dev/null # its user_version
cp good.vq overwritten.vq
seq 1000 | dd of=overwritten.vq bs=4096 seek=2 conv=notrunc 2>/dev/null

# Whichever command is to read it; and nothing is made or written then.
refuse_file() { # FILE PATTERN NAME
	refuses 2 "$1: $2" "report: $3" report "$1"
	refuses 2 "$1: $2" "compare: $3" compare good.vq "$1"
	refuses 2 "$1: $2" "compare --noise: $3" compare good.vq other-run.vq --noise "$1"
	refuses 2 "$1: $2" "run --noise: $3" run plan.yaml --noise "$1" -o made.vq
	refuses 2 "$1: $2" "run --append: $3" run --append "$1"
}

refuse_file missing.vq 'cannot be read: No such file' "a missing file"
refuse_file empty.vq 'is empty' "an empty file"
refuse_file short.vq 'is not a virt-qualify result file' "a short text"
refuse_file text.vq 'is not a virt-qualify result file' "a long text"
refuse_file program.vq 'is not a virt-qualify result file' "a program"
refuse_file directory.vq 'is a directory' "a directory"
refuse_file fifo.vq 'is not a regular file' "a pipe"
refuse_file newer.vq 'was made by a newer version: its schema is 99' "a newer schema"
refuse_file overwritten.vq 'is damaged' "a file partly overwritten"
for at in 50 100 512 4096 $((size / 2)) $((size - 1)); do
	refuse_file "cut-$at.vq" 'is ' "cut to $at bytes of $size"
done
if command -v sqlite3 >/dev/null; then
	sqlite3 other.vq 'CREATE TABLE run (id INTEGER); INSERT INTO run VALUES (1)'
	refuse_file other.vq 'is not a virt-qualify result file' "another program's database"
else
	skip "another program's database" "sqlite3 is not installed"
fi
refuses 2 'missing.vq' "report: a good file and a missing one" report good.vq missing.vq
[ ! -e made.vq ] && cmp -s good.vq before.vq
ok $? "what was refused made and changed nothing"

# Held by another run.
if command -v flock >/dev/null; then
	cp good.vq held.vq
	bounded flock held.vq "$vq" run --append held.vq >out 2>err </dev/null
	[ $? -eq 2 ] && one_line 'held.vq: is being written by another run' && cmp -s good.vq held.vq
	ok $? "run --append: a file that another run writes"
	show err
else
	skip "run --append: a file that another run writes" "flock is not installed"
fi
for words in 'report good.vq -o' 'compare good.vq other-run.vq -o' 'run plan.yaml -o' 'run --append' \
	'run plan.yaml --noise' 'aa plan.yaml -o' 'import text.vq -o' 'lab amd-v plan.yaml -o'; do
	# shellcheck disable=SC2086
	run_vq $words ''
	[ $code -eq 2 ] && grep -q ': the name of a file is empty; give one$' err && [ ! -s out ]
	ok $? "$words: an empty name"
done

# ---- Places that cannot be written ----

refuses 4 'none/x.vq: cannot be created: its directory does not exist' \
	"run: into a directory that does not exist" run plan.yaml -o none/x.vq
refuses 4 'good.vq/x.vq: cannot be created' "run: below a file" run plan.yaml -o good.vq/x.vq
refuses 4 'directory.vq: exists already' "run: onto a directory" run plan.yaml -o directory.vq
refuses 4 'none/x.txt: cannot be written: No such file' "report: into a directory that does not exist" \
	report good.vq -o none/x.txt
refuses 4 'none/x.txt: cannot be written: No such file' "compare: into a directory that does not exist" \
	compare good.vq other-run.vq -o none/x.txt
refuses 4 'none/x.vq: cannot be created: its directory does not exist' "aa: into a directory that does not exist" \
	aa plan.yaml -o none/x.vq
refuses 4 'good.vq: exists already' "aa: onto an existing file" aa plan.yaml -o good.vq
refuses 2 'directory.vq: is a directory; name a file in it' "report: onto a directory" \
	report good.vq -o directory.vq
cp good.vq unwritable.vq && chmod 444 unwritable.vq
if unprivileged test -x "$work/vq" && ! unprivileged test -w unwritable.vq; then
	mkdir -m 700 own && { ! is_root || chown 65534 own; }
	unprivileged env VIRT_QUALIFY_STATE="$work/own" ./vq run --append unwritable.vq >out 2>err
	[ $? -eq 4 ] && one_line 'unwritable.vq: cannot be opened to write: Permission denied'
	ok $? "run --append: a file that may not be written"
	show err
else
	skip "run --append: a file that may not be written" "cannot run as another user here"
fi
for state in /dev/null /dev/full/x; do
	for words in 'run plan.yaml -o made.vq' recover; do
		# shellcheck disable=SC2086
		VIRT_QUALIFY_STATE=$state refuses 4 "state directory $state: .*set VIRT_QUALIFY_STATE to another" \
			"$words: no place for the journal ($state)" $words
	done
done
[ ! -e made.vq ]
ok $? "no file is made then"
refuses 4 '/dev/full: cannot be written: No space left' "report: onto a full device" \
	report good.vq -o /dev/full

if [ -c /dev/full ]; then
	for words in --help --version list 'list -F json' host 'host -F json' 'run --help' \
		'report good.vq' 'report good.vq -F json' 'report good.vq -F html' \
		'compare good.vq other-run.vq' recover "run plan.yaml -o tap.vq --tap"; do
		# shellcheck disable=SC2086
		bounded "$vq" $words >/dev/full 2>err
		code=$?
		[ $code -eq 4 ] && grep -Eq '^virt-qualify: standard output: (No space left on device|write error)' err
		ok $? "$words: a full standard output"
		[ $code -eq 4 ] || echo "# ended with $code"
	done
else
	skip "a full standard output" "/dev/full is not there"
fi
done_testing
