#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run --append: blocks of trials in one file, one side of a comparison.
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

printf '%s\n' 'plan: blocks' 'seed: 5' 'platforms: native' 'variants: {a: {}, b: {plant: 50%}}' \
	'benches:' '  - match: cpu_integer' '    trials: 4' >plan.yaml
accepts "a first block" run plan.yaml -o f.vq
accepts "a second one, of the plan in the file" run --append f.vq
accepts "a third one, of the same plan" run plan.yaml --append f.vq
accepts "a fourth one, by another seed" run --append f.vq --seed 99
is "5 6 7 99" "$(query f.vq 'SELECT seed FROM run ORDER BY id' | tr '\n' ' ' | sed 's/ $//')" \
	"each has a seed of its own"
is "4 8 8 8 8" "$(query f.vq 'SELECT count(DISTINCT run) FROM fact; SELECT count(*) FROM trial
	GROUP BY run' | tr '\n' ' ' | sed 's/ $//')" "its own facts, and its trials"

run_vq report f.vq -F json
if command -v python3 >/dev/null; then
	bounded python3 - out >why 2>&1 <<'END'
import json, sys
r = json.load(open(sys.argv[1]))
assert len(r["runs"]) == 4 and {x["block_of"] for x in r["runs"]} == {r["runs"][0]["id"]}
assert [(m["variant"], m["trials"]) for m in r["metrics"]] == [("a", 16), ("b", 16)], r["metrics"]
assert {m["run"] for m in r["metrics"]} == {r["runs"][0]["id"]}
END
	ok $? "a report takes them for blocks of one side"
	show why
else
	skip "the report" "python3 is not installed"
fi
accepts "a file that keeps its samples" run plan.yaml --raw -o raw.vq
accepts "a second block of it" run --append raw.vq --raw
run_vq report raw.vq --raw cpu_integer/native/b
head -n 1 out | grep -q '^block,trial,batch,' && [ "$(sed 1d out | cut -d, -f1 | sort -u | tr -d '\n')" = 12 ]
ok $? "raw samples say of which block they are"
run_vq compare f.vq
[ "$code" -eq 1 ] && grep -q "cpu_integer.*regressed" out
ok $? "its variants are compared over all blocks"
refuses 2 "blocks of one side" "it is no two versions" compare f.vq --by version
run_vq report f.vq --trace cpu_integer/native/b
[ "$code" -eq 0 ] && [ "$(grep -c '^  trial .* of block' out)" -eq 16 ] &&
	grep -q '^  trial [0-9]* of block 4: seed 99' out
ok $? "a figure leads back to the trials of all blocks"

sed 's/trials: 4/trials: 5/' plan.yaml >other.yaml
refuses 2 "not the one that it holds" "another plan" run other.yaml --append f.vq
refuses 2 "leave out -p" "a part of the plan" run -p native --append f.vq
refuses 2 "give one of them" "a new file and an old one" run --append f.vq -o g.vq
refuses 2 "No such file" "no file" run --append none.vq
printf 'text\n' >text.vq
refuses 2 "not a virt-qualify result file" "something else" run --append text.vq
cp f.vq old.vq
newer=$(query old.vq "SELECT 'DROP TABLE ' || name || ';' FROM sqlite_schema WHERE type = 'table' AND
	name NOT IN ('run', 'fact', 'platform', 'bench', 'fault', 'skip', 'trial', 'batch', 'event',
	'progress', 'fault_trial', 'counter', 'count', 'place', 'raw')")
sqlite3 old.vq "$newer PRAGMA user_version = 2; VACUUM"
refuses 2 "schema version 2.*choose a new file" "a file of an older schema" run --append old.vq
if command -v flock >/dev/null; then
	bounded flock f.vq "$vq" run --append f.vq >out 2>err </dev/null
	[ $? -eq 2 ] && one_line "being written by another run"
	ok $? "a file that another run is writing"
	show err
else
	skip "a file that another run is writing" "flock is not installed"
fi
is 4 "$(query f.vq 'SELECT count(*) FROM run')" "what is refused adds nothing"
done_testing
