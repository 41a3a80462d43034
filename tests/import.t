#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# virt-qualify import: console logs, whole, noisy, cut, damaged, and none at all.
set -u
. "${0%/*}/tap.sh"

make_log=$B/tests/make-log
if [ ! -x "$make_log" ]; then
	skip_all "$make_log is not built"
fi

count() { # FILE STATUS
	sqlite3 -readonly "$1" "SELECT count(*) FROM trial WHERE status = '$2'"
}

fact() { # FILE NAME
	sqlite3 -readonly "$1" "SELECT value FROM fact WHERE name = '$2'"
}

# 3 benches measured in each of 5 rounds, and one that the guest refuses.
"$make_log" 5 >"$work/whole.log"
accepts 'a whole log is taken in' import "$work/whole.log" -o "$work/whole.vq"
[ "$(count "$work/whole.vq" ok)" = 15 ] && [ "$(count "$work/whole.vq" unsupported)" = 1 ] &&
	[ "$(trials_in "$work/whole.vq")" = 16 ]
ok $? 'with all of its trials'
grep -q '15 ok, 1 refused by the guest' "$work/err"
ok $? 'and the numbers are told'
accepts 'its report can be made' report "$work/whole.vq"
grep -q 'imported (bare metal)  *hardware' "$work/out"
ok $? 'without a hypervisor it is bare metal, and hardware'
grep -q '97.0 ns' "$work/out"
ok $? 'the figures are those that the guest sent: (224 + 0.5 - 30) ticks of half a nanosecond'
grep -Eq '^cpu_integer .* not known$' "$work/out" && ! grep -q ' 0 %' "$work/out"
ok $? 'whether anything disturbed them is not known, and no share of zero'
for format in csv json tap14 junit openmetrics kcidb html md; do
	run_vq report "$work/whole.vq" -F $format
	case $format in
	csv) ! grep -E 'disturbed_share",[0-9]|median_undisturbed",[0-9]' "$work/out" &&
		grep -q 'disturbed_share",,.*not known' "$work/out" ;;
	json) grep -q '"disturbed_share": null' "$work/out" ;;
	html | md) grep -q 'not known' "$work/out" ;;
	*) grep -q cpu_integer "$work/out" &&
		! grep -Eq 'disturbed_(share|ratio).*[0-9]$|undisturbed: ' "$work/out" ;;
	esac
	ok $? "$format: nor is it said there"
done
run_vq report "$work/whole.vq" --trace cpu_integer
grep -q 'nobody watched' "$work/out" && ! grep -q 'waited 0 ns' "$work/out"
ok $? 'nor in a trace'
[ "$(sqlite3 -readonly "$work/whole.vq" 'SELECT console FROM trial WHERE ordinal = 0' |
	grep -c SeaBIOS)" = 1 ]
ok $? 'what else the console said is kept with the trial'
[ "$(fact "$work/whole.vq" cpu.model)" = 'A processor that is none' ] &&
	[ "$(fact "$work/whole.vq" tsc.mhz)" = 2000.000 ]
ok $? 'the facts are the guest'\''s, not this host'\''s'

run_vq import - -o "$work/pipe.vq" <"$work/whole.log"
bounded "$vq" import - -o "$work/stdin.vq" <"$work/whole.log" >"$work/out" 2>"$work/err"
ok $? 'a log on standard input'
[ "$(count "$work/stdin.vq" ok)" = 15 ]
ok $? 'is taken in as well'
# shellcheck disable=SC2002
cat "$work/whole.log" | bounded "$vq" import - -o "$work/cat.vq" >"$work/out" 2>"$work/err"
ok $? 'and on a pipe'

# ---- Noise ----

"$make_log" 5 3000000 KVMKVMKVM >"$work/noisy.log"
accepts 'a log of 3 MB of other things' import "$work/noisy.log" -o "$work/noisy.vq" \
	--platform 'a cloud'
[ "$(count "$work/noisy.vq" ok)" = 15 ]
ok $? 'has all of its trials'
[ "$(sqlite3 -readonly "$work/noisy.vq" 'SELECT label FROM platform')" = 'imported (a cloud)' ]
ok $? 'and the label that the user gave'

# ---- Damage ----

# A byte in the middle of a line, the begin cut off, the end cut off, lines gone.
sed '300s/A/B/; 300s/Q/R/2; 301s/\(.\{40\}\).*/\1/' "$work/whole.log" >"$work/damaged.log"
accepts 'a damaged log' import "$work/damaged.log" -o "$work/damaged.vq"
n_ok=$(count "$work/damaged.vq" ok)
[ "$(trials_in "$work/damaged.vq")" = 16 ] && [ "$n_ok" -lt 15 ] && [ "$n_ok" -ge 12 ]
ok $? 'has fewer good trials, and none is missing'
sqlite3 -readonly "$work/damaged.vq" \
	"SELECT reason FROM trial WHERE status = 'invalid'" | grep -q 'records.*lost on the way'
ok $? 'what was damaged says so, in numbers'
grep -Eq 'lines? (was|were) damaged' "$work/err"
ok $? 'and so does the command'

tail -c 20000 "$work/whole.log" >"$work/tail.log"
accepts 'the last 20 kB of a log' import "$work/tail.log" -o "$work/tail.vq"
[ "$(trials_in "$work/tail.vq")" = 16 ] && [ "$(count "$work/tail.vq" ok)" -ge 3 ] &&
	[ "$(count "$work/tail.vq" failed)" -ge 8 ]
ok $? 'tells of the trials that are not in it'
head -c 20000 "$work/whole.log" >"$work/head.log"
accepts 'the first 20 kB of a log' import "$work/head.log" -o "$work/head.vq"
[ "$(trials_in "$work/head.vq")" = 16 ] && [ "$(count "$work/head.vq" ok)" -ge 3 ]
ok $? 'tells of those that are not in it'
cat "$work/damaged.log" "$work/whole.log" >"$work/twice.log"
accepts 'damaged lines that come again' import "$work/twice.log" -o "$work/twice.vq"
[ "$(count "$work/twice.vq" ok)" = 15 ]
ok $? 'are healed'

"$make_log" 3 >"$work/again.log"
accepts 'two logs of one platform' import "$work/whole.log" "$work/again.log" -o "$work/two.vq"
[ "$(count "$work/two.vq" ok)" = 24 ]
ok $? 'add up'

# ---- What is not known is not claimed ----

"$make_log" 2 0 TCGTCGTCGTCG >"$work/tcg.log"
accepts 'under QEMU TCG' import "$work/tcg.log" -o "$work/tcg.vq"
[ "$(sqlite3 -readonly "$work/tcg.vq" \
	"SELECT DISTINCT execution FROM trial WHERE status = 'ok'")" = emulated ]
ok $? 'it is emulated'
"$make_log" 2 0 WhoAmIWhoAmI >"$work/who.log"
refuses 2 'WhoAmIWhoAmI.*--execution' 'an unknown hypervisor is not taken for hardware' \
	import "$work/who.log" -o "$work/who.vq"
[ ! -e "$work/who.vq" ]
ok $? 'and leaves no file'
accepts 'unless the user says so' import "$work/who.log" -o "$work/who.vq" -x hardware
"$make_log" 2 0 '' 0 >"$work/clock.log"
run_vq import "$work/clock.log" -o "$work/clock.vq"
[ $code -eq 2 ] && [ "$(count "$work/clock.vq" ok)" = 0 ] &&
	sqlite3 -readonly "$work/clock.vq" 'SELECT reason FROM trial' | grep -q 'tsc_khz='
ok $? 'ticks of an unknown length are no time'

# ---- Nothing ----

seq 100000 >"$work/other.log"
refuses 2 'no trial of ours' 'a log of something else' import "$work/other.log" -o "$work/no.vq"
: >"$work/empty.log"
refuses 2 'no trial of ours' 'an empty log' import "$work/empty.log" -o "$work/no.vq"
mkfifo "$work/pipe.log"
BOUND=60 refuses 2 'not a file; give a pipe' 'a pipe that nobody writes to' import "$work/pipe.log" -o "$work/no.vq"
refuses 2 'No such file' 'a log that is not there' import "$work/nowhere.log" -o "$work/no.vq"
refuses 2 'not a file' 'a directory' import "$work" -o "$work/no.vq"
refuses 2 'no log' 'no log at all' import
refuses 2 'no execution' 'a wrong word' import "$work/whole.log" -x fast
refuses 4 'whole.vq' 'a result file that is there already' import "$work/whole.log" \
	-o "$work/whole.vq"
[ "$(count "$work/whole.vq" ok)" = 15 ]
ok $? 'which is left alone'
[ ! -e "$work/no.vq" ]
ok $? 'no file is left of what failed'

run_vq list platforms
grep -Eq '^  imported .* works ' "$work/out"
ok $? 'list shows imported as a platform'
run_vq run -p imported -b exit_cpuid -f none -o "$work/run.vq"
[ $code -eq 77 ] && grep -q 'import' "$work/err"
ok $? 'run says that it is imported'

done_testing
