#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A whole Linux as the guest: it starts, measures, is lost and comes back.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

needs sqlite3 jq
run_vq list -F json platforms
why=$(jq -r '.platforms[] | select(.name == "qemu-tcg-linux" and (.works | not)) | .why_not' out)
if [ -n "$why" ]; then
	skip_all "$why"
fi

# A busy host takes long to boot a whole Linux: the horizon bounds it, and is no part of what is tested.
printf '%s\n' 'platforms: qemu-tcg-linux' 'benches:' \
	'  - {match: [cpu_integer, switch_guests, life_first_service, life_pause, life_migrate], trials: 1}' \
	'faults:' '  - {match: vmm_killed, trials: 1, horizon: 200s}' >plan.yaml
accepts "a bench of each kind, and a fault" run plan.yaml -o x.vq
[ "$(sqlite3 x.vq "SELECT count(*) FROM trial WHERE status = 'ok'")" -ge 5 ]
ok $? "trials are ok"
[ "$(sqlite3 x.vq "SELECT count(*) FROM trial WHERE status != 'ok' OR execution != 'interpreted'")" = 0 ]
ok $? "all of them, and labelled as translated code"
sqlite3 x.vq "SELECT '# ' || coalesce(bench, fault) || ': ' || status || ': ' || reason
	FROM trial WHERE status != 'ok'"
[ "$(sqlite3 x.vq "SELECT group_concat(outcome) FROM fault_trial")" = assisted-recovered ]
ok $? "a killed one is started anew, and serves"
sqlite3 x.vq "SELECT what FROM skip" | grep -q .
ok $? "what it cannot run is a skip"

# ---- A kernel that is none ----

echo 'no kernel' >nothing
env VIRT_QUALIFY_LINUX="$work/nothing" timeout 60 "$vq" run -p qemu-tcg-linux -b cpu_integer -f none \
	-o y.vq >out 2>err
[ $? = 4 ] && [ "$(sqlite3 y.vq "SELECT count(*) FROM trial WHERE status = 'ok'")" = 0 ]
ok $? "a file that is no kernel fails in bounded time, and not silently"
sed 's/^/# /' err
env VIRT_QUALIFY_LINUX="$work/absent" "$vq" list -F json platforms >out
[ "$(jq -r '.platforms[] | select(.name == "qemu-tcg-linux") | .works' out)" = false ]
ok $? "a kernel that is not there is why it does not work"

done_testing
