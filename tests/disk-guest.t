#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The guest's disk: reads of it, a disk that fails and one that is slow, on every platform with QEMU.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

needs sqlite3 jq
run_vq list -F json platforms
platforms=$(jq -r '.platforms[] | select(.works and (.name | test("^qemu-.*(kvm|tcg|microvm)$"))) | .name' out)
if [ -z "$platforms" ]; then
	skip_all "no platform with QEMU works here"
fi
printf '%s\n' 'seed: 1' "platforms: [native, $(echo "$platforms" | paste -sd, -)]" 'benches:' \
	'  - {match: disk_read, trials: 1}' 'faults:' \
	'  - {match: [disk_error, disk_throttled], trials: 1, horizon: 60s}' >plan.yaml
accepts 'a plan runs' run plan.yaml -o x.vq

query() { # SQL
	sqlite3 -readonly x.vq "$1"
}

n=$(echo "$platforms" | wc -l)
[ "$(query "SELECT count(*) FROM trial WHERE status = 'ok'")" = $((3 * n)) ]
ok $? "every trial on $n platforms is ok"
query "SELECT '# ' || platform || ', ' || coalesce(bench, fault) || ': ' || status || ': ' || reason
	FROM trial WHERE status != 'ok'"

# Seven ports and the data, at the least.
[ "$(query "SELECT count(*) FROM trial WHERE bench = 'disk_read' AND platform LIKE 'qemu-kvm%'
	AND (exits_per_op IS NULL OR exits_per_op < 8)")" = 0 ]
ok $? 'a read takes as many exits as its ports, where they are counted'

# A read that fails is no service: none for as long as the fault was left in place.
[ "$(query "SELECT count(*) FROM fault_trial f JOIN trial t ON t.id = f.trial
	WHERE fault = 'disk_error' AND outcome = 'assisted-recovered' AND NOT detector_ours
	AND t2_detected_ns >= t1_active_ns AND t4_first_service_ns > t3_recovery_started_ns
	AND downtime_ns > 40000000")" = "$n" ]
ok $? 'a disk that fails is told by the platform, takes the service, and gives it back'
[ "$(query "SELECT count(*) FROM event WHERE what LIKE '%errors of the disk were told' AND
	what NOT LIKE '0 %'")" = "$n" ]
ok $? 'and the errors are counted'

# Twenty a second and what is saved up; on a busy host it may have done no more before.
[ "$(query "SELECT count(*) FROM fault_trial f JOIN trial t ON t.id = f.trial
	WHERE fault = 'disk_throttled' AND t1_active_ns > 0 AND
	(fault_rate < 200 OR outcome = 'masked') AND outcome != 'not-activated'")" = "$n" ]
ok $? 'a throttled disk is as slow as it is told'
query "SELECT '# ' || platform || ', ' || fault || ': ' || outcome || ', baseline ' || baseline_rate ||
	', then ' || coalesce(fault_rate, '-') || ', down ' || coalesce(downtime_ns, '-')
	FROM fault_trial f JOIN trial t ON t.id = f.trial"

[ "$(query "SELECT count(*) FROM skip WHERE platform = 'native'")" = 3 ] &&
	query "SELECT why FROM skip WHERE platform = 'native'" | grep -q 'no disk of its own'
ok $? 'a process has no disk, and that is said'
[ -z "$(ls -A "$VIRT_QUALIFY_STATE")" ]
ok $? 'nothing is left behind'

done_testing
