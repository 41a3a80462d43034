#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# placement: in a plan. What list says that this host has is measured so, everything else is skipped
# with its reason; nothing is measured as if it had been placed.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

if ! command -v sqlite3 >/dev/null || ! command -v jq >/dev/null; then
	echo "1..0 # SKIP needs sqlite3 and jq"
	exit 0
fi

query() { # SQL
	bounded sqlite3 -readonly p.vq "$1"
}

cat >plan.yaml <<'END'
plan: placed
platforms: native
benches:
  - match: [switch_guests, switch_guests_apart]
    trials: 2
    placement: [any, same-core, same-cache, other-node]
END
accepts "a plan with placements" run plan.yaml -o p.vq
run_vq list benches -F json
mv out list.json

# Of two guests on one CPU, and of two that have one each.
for bench in switch_guests switch_guests_apart; do
	for placement in any same-core same-cache other-node; do
		form=$placement
		[ $placement != any ] || form=
		runs=$(jq -r ".benches[] | select(.name == \"$bench\") | .platforms.native.runs and
			.placements[\"$placement\"].runs" list.json)
		trials=$(query "SELECT count(*) FROM trial WHERE bench = '$bench' AND variant = '$form' AND status <> 'invalid'")
		if [ "$runs" = true ]; then
			[ "$trials" -eq 2 ]
			ok $? "$bench, $placement: measured"
		else
			[ "$trials" -eq 0 ] && [ "$(query "SELECT count(*) FROM skip WHERE what = '$bench'")" -gt 0 ]
			ok $? "$bench, $placement: skipped"
		fi
	done
done
[ "$(query "SELECT count(*) FROM skip WHERE what = 'switch_guests' AND why LIKE
	'placed same-c%: its guests share one CPU, which has no other to be placed by'")" -eq 2 ]
ok $? "what shares one CPU cannot be placed, and says so"
[ "$(query "SELECT count(*) FROM place JOIN trial ON place.trial = trial.id
	WHERE placement <> CASE variant WHEN '' THEN 'any' ELSE variant END")" -eq 0 ]
ok $? "each trial says how it was placed"
[ "$(query "SELECT count(*) FROM place JOIN trial ON place.trial = trial.id
	WHERE bench = 'switch_guests_apart' AND cpus IN ('0, 0', '1, 1')")" -eq 0 ]
ok $? "two guests apart have a CPU each"
accepts "list benches" list benches
[ "$(grep -c '^      no placement: its guests share one CPU' out)" -eq 3 ] &&
	grep -A 1 '^    switch_guests_apart ' out | grep -q '^      placement: any'
ok $? "list says which benches can be placed"
done_testing
