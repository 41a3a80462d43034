#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# QEMU's platforms for real: some of each kind of trial, two runs at once, a harness that is killed,
# and a QEMU that is absent or breaks.
# shellcheck disable=SC2317 # much is called through until_true and trap
. "${0%/*}/tap.sh"
cd "$work" || exit 1

needs sqlite3 setsid jq

run_vq list -F json platforms
platforms=$(jq -r '.platforms[] | select(.works and (.name | test("^qemu-.*(kvm|tcg|microvm)$"))) | .name' "$work/out")
if [ -z "$platforms" ]; then
	skip_all "no platform with QEMU works here"
fi

# Every process that sees a private libvirtd's directory mounted: libvirt starts QEMU in a session of
# its own, and asks one what it can do that names none of our files.
of_libvirt() {
	grep -ls "/${work##*/}/state/virt-qualify-" /proc/[0-9]*/mountinfo | cut -d/ -f3
}

# ---- Some of each kind of trial ----

smoke_plan() { # PLATFORM
	printf '%s\n' 'seed: 1' "platforms: $1" 'benches:' \
		'  - {match: [cpu_integer, exit_pio_user, exit_ipi, life_pause, life_snapshot], trials: 1}' \
		'  - {match: "life_migrate*", trials: 1}' \
		'  - {match: [mem_latency_4k, mem_latency_2m], trials: 1}' \
		'faults:' \
		'  - {match: [guest_hang, triple_fault, vmm_killed, deadlock_vcpus], trials: 1, horizon: 60s}' \
		'  - {match: [guest_panic, guest_hang_watchdog], trials: 1, horizon: 60s}'
}

# Some hosts keep userfaultfd to themselves; list says so.
run_vq list -F json benches
postcopy=$(jq '[.benches[] | select(.name == "life_migrate_postcopy") |
	.platforms["qemu-tcg-microvm"].runs | select(.)] | length' "$work/out")
migrations=$((2 + 2 * postcopy))

for platform in $platforms; do
	smoke_plan "$platform" >plan.yaml
	rm -f x.vq
	accepts "$platform: a plan runs" run plan.yaml -o x.vq
	[ "$(sqlite3 x.vq "SELECT count(*) FROM trial WHERE status != 'ok'")" = 0 ]
	ok $? "$platform: every trial is ok"
	sqlite3 x.vq "SELECT '# ' || coalesce(bench, fault) || ': ' || status || ': ' || reason
		FROM trial WHERE status != 'ok'"
	[ "$(sqlite3 x.vq "SELECT count(*) = 15 AND min(t4_first_service_ns) > 0
		FROM fault_trial WHERE outcome = 'assisted-recovered'")" = 1 ]
	ok $? "$platform: every fault is detected and recovered"
	sqlite3 x.vq "SELECT '# ' || fault || ' + ' || recovery || ': ' || outcome
		FROM trial, fault_trial WHERE trial.id = trial AND outcome != 'assisted-recovered'"
	[ "$(sqlite3 x.vq "SELECT count(*) FROM fault_trial f JOIN trial t ON t.id = f.trial
		WHERE NOT detector_ours AND
		(fault = 'guest_panic' AND detector LIKE 'platform: pvpanic%' OR
		fault = 'guest_hang_watchdog' AND detector LIKE 'platform: watchdog device%'
		AND t2_detected_ns - t0_injected_ns > 1500000000)")" = 5 ]
	ok $? "$platform: pvpanic tells of a panic, and the watchdog device of a hang, in its own time"
	case $platform in
	qemu-kvm*) counted="min(exits_per_op) BETWEEN 0.98 AND 1.5" label=hardware ;;
	*) counted="max(exits_per_op) IS NULL" label=interpreted ;;
	esac
	[ "$(sqlite3 x.vq "SELECT $counted AND min(execution = '$label') FROM trial
		WHERE bench = 'exit_pio_user'")" = 1 ]
	ok $? "$platform: exits are KVM's, or not counted; the label is \"$label\""
	[ "$(sqlite3 x.vq "SELECT count(*) FROM trial WHERE bench LIKE 'life_migrate%'")" = "$migrations" ]
	ok $? "$platform: guests migrate, before their RAM too"
done

# ---- A libvirtd that is killed ----

managed=$(echo "$platforms" | grep -Ex 'qemu-(kvm|tcg)' | paste -sd, -)
if [ -n "$managed" ]; then
	printf '%s\n' 'seed: 1' "platforms: [$managed]" 'benches:' '  - {match: cpu_integer, trials: 2}' \
		'  - {match: "life_managed_*", trials: 1}' 'faults:' '  - {match: libvirtd_killed, trials: 2}' \
		'  - {match: domain_destroyed, recoveries: restart, trials: 1, horizon: 60s}' >killed.yaml
	rm -f x.vq
	accepts "libvirtd is killed: a plan runs" run killed.yaml -o x.vq
	[ "$(sqlite3 x.vq "SELECT count(*) > 0 AND min(status = 'ok') FROM trial")" = 1 ]
	ok $? "libvirtd is killed: every trial is ok, those after it too"
	sqlite3 x.vq "SELECT '# ' || coalesce(bench, fault) || ': ' || status || ': ' || reason
		FROM trial WHERE status != 'ok'"
	[ "$(sqlite3 x.vq "SELECT count(*) FROM trial WHERE bench IN ('life_managed_save',
		'life_managed_start') AND (SELECT sum(count) FROM batch WHERE trial = trial.id) = 3")" = \
		$((2 * $(echo "$managed" | tr , '\n' | wc -l))) ]
	ok $? "managed save: libvirt saves each guest, and starts it again where it was"
	# On a busy host a guest may lose its CPU for long enough to count; its life it may not lose.
	[ "$(sqlite3 x.vq "SELECT min(outcome IN ('masked', 'assisted-recovered')) AND
		min(t2_detected_ns >= t0_injected_ns) AND
		min(t4_first_service_ns > t2_detected_ns) AND max(detector_ours) = 0
		FROM fault_trial")" = 1 ]
	ok $? "libvirtd is killed: the guest goes on, and obeys the next one"
	[ "$(sqlite3 x.vq "SELECT count(*) > 0 AND min(outcome = 'assisted-recovered') AND
		min(t2_detected_ns >= t1_active_ns) AND min(detector GLOB '*event, domain destroyed')
		FROM fault_trial JOIN trial ON trial.id = trial WHERE fault = 'domain_destroyed'")" = 1 ]
	ok $? "a domain is destroyed: libvirt tells, a new one takes over"
	sqlite3 x.vq "SELECT '# ' || outcome || ' ' || coalesce(t2_detected_ns, '-') || ' ' ||
		coalesce(t4_first_service_ns, '-') FROM fault_trial"
	[ -z "$(ls -A "$VIRT_QUALIFY_STATE")$(of_libvirt)" ]
	ok $? "libvirtd is killed: nothing is left behind"
else
	skip "libvirtd is killed" "no platform with QEMU and libvirt works here"
fi

# ---- No QEMU in PATH, and one that breaks ----

mkdir empty broken
# Only what is asked of it before it is started succeeds.
printf '%s\n' '#!/bin/sh' 'case $* in *--version*) echo "QEMU emulator version 9.9.9"; exit ;; esac' \
	'printf "no such machine\n\033[31mtoday\n" >&2' 'exit 3' >broken/qemu-system-x86_64
chmod +x broken/qemu-system-x86_64

env PATH="$work/empty" "$vq" list -F json platforms >out 2>err
[ "$(jq -r '.platforms[] | select(.name == "qemu-tcg-microvm") | .works' out)" = false ] &&
	jq -r '.platforms[] | select(.name == "qemu-tcg-microvm") | .why_not' out |
	grep -q 'qemu-system-x86_64.*install'
ok $? "without QEMU: list says why, and how to get it"
show err

printf '%s\n' 'platforms: qemu-tcg-microvm' 'benches:' '  - {match: cpu_integer, trials: 2}' >one.yaml
bounded env PATH="$work/empty" "$vq" run one.yaml -o none.vq >out 2>err
[ $? -eq 77 ]
ok $? "without QEMU: a run ends with 77"
bounded env PATH="$work/broken:$PATH" "$vq" run one.yaml -o broken.vq >out 2>err
sqlite3 broken.vq "SELECT DISTINCT status || ': ' || reason FROM trial" >reasons
[ "$(wc -l <reasons)" = 1 ] &&
	grep -q '^failed: guest 0: starting QEMU: QEMU ended with code 3: no such machine .*today' reasons &&
	! grep -q "$(printf '\033')" reasons
ok $? "a QEMU that ends at once: trials fail with what it said, in one printable line"
show reasons

# ---- Killed, and two at once ----

session=
harness=
members() {
	ps -L -o pid=,stat=,comm= --sid "$session" |
		awk '$2 !~ /^Z/ && $3 != "timeout" { print $1, $3 }' | sort -u
}

is_empty() {
	[ -z "$(members)$(of_libvirt)" ]
}

find_harness() {
	harness=$(ps -o pid=,comm= --ppid "$session" | awk '$2 == "virt-qualify" { print $1 }')
	[ -n "$harness" ]
}

has_qemu() {
	members | grep -q ' qemu-system' || [ -n "$(of_libvirt)" ]
}

is_clean() {
	[ -z "$(find "$VIRT_QUALIFY_STATE" -mindepth 1 -maxdepth 1 -type d)" ]
}

has_trials() {
	[ "$(trials_in x.vq)" -ge 2 ] 2>/dev/null
}

stop_run() {
	[ -n "$session" ] && for pid in $(members | cut -d' ' -f1); do
		kill -KILL "$pid" 2>/dev/null
	done
	session=
}
trap 'stop_run; rm -rf "$work"' EXIT

for platform in $platforms; do
	printf '%s\n' "platforms: $platform" 'benches:' \
		'  - {match: cpu_integer, trials: 100000}' >endless.yaml
	rm -f x.vq
	setsid timeout -s KILL "$BOUND" "$vq" run -o x.vq endless.yaml >out 2>err </dev/null &
	session=$!
	until_true find_harness && until_true has_trials && until_true has_qemu
	ok $? "SIGKILL ($platform): there are trials, and a QEMU"
	kill -KILL "$harness"
	wait "$session" 2>/dev/null
	until_true is_empty
	ok $? "SIGKILL ($platform): no process outlives the harness"
	{ members && of_libvirt; } | sed 's/^/# left: /'
	until_true is_clean # the keeper of a libvirtd clears away
	accepts "SIGKILL ($platform): recover" recover
	[ -z "$(ls -A "$VIRT_QUALIFY_STATE")" ]
	ok $? "SIGKILL ($platform): nothing is left to recover"
	stop_run
done

# ---- The keepers of its libvirtds are killed, too ----

# Nobody is left who would end a QEMU of libvirt's then: recover has to find it.
keepers() {
	members | awk '$2 == "vq-keeper" { print $1 }'
}

guests_of_libvirt() {
	pgrep -f "^[^ ]*qemu-system-x86_64 .*guest=virt-qualify-.*$VIRT_QUALIFY_STATE"
}

all_but_keepers() { # SIGNAL
	for pid in $(members | awk '$2 ~ /^(virt-qualify|vq-trial|vq-guest|libvirtd)$/ { print $1 }'); do
		kill "-$1" "$pid" 2>/dev/null
	done
}

# With all that are stopped nobody ends that QEMU; one that was about to go goes meanwhile.
stop_with_qemu() {
	all_but_keepers STOP
	guests_of_libvirt >/dev/null && sleep 1 && guests_of_libvirt >/dev/null && return 0
	all_but_keepers CONT
	return 1
}

has_no_daemon() {
	! pgrep -f "^[^ ]*libvirtd .*$VIRT_QUALIFY_STATE" >/dev/null && [ -z "$(members)" ]
}

platform=$(echo "$managed" | tr , '\n' | tail -n 1)
if [ -n "$platform" ]; then
	printf '%s\n' "platforms: $platform" 'benches:' \
		'  - {match: life_pause, trials: 100000}' >endless.yaml
	rm -f x.vq
	setsid timeout -s KILL "$BOUND" "$vq" run -o x.vq endless.yaml >out 2>err </dev/null &
	session=$!
	until_true find_harness && until_true has_trials && until_true stop_with_qemu
	ok $? "SIGKILL of all ($platform): there is a QEMU"
	# shellcheck disable=SC2046 # each is a number
	kill -KILL $(keepers) "$harness"
	wait "$session" 2>/dev/null
	until_true has_no_daemon
	ok $? "SIGKILL of all ($platform): each libvirtd dies with its keeper"
	guests_of_libvirt >/dev/null && [ -n "$(of_libvirt)" ]
	ok $? "SIGKILL of all ($platform): a QEMU is left"
	accepts "SIGKILL of all ($platform): recover" recover
	grep -q '^killed what used ' "$work/out"
	ok $? "SIGKILL of all ($platform): recover says that it ended what was left"
	[ -z "$(of_libvirt)$(ls -A "$VIRT_QUALIFY_STATE")" ]
	ok $? "SIGKILL of all ($platform): then nothing is left"
	for pid in $(of_libvirt); do # whatever went wrong above
		kill -KILL "$pid"
	done
	stop_run

	rm -f x.vq
	setsid timeout -s KILL "$BOUND" "$vq" run -o x.vq endless.yaml >out 2>err </dev/null &
	session=$!
	until_true find_harness && until_true has_trials && until_true has_qemu
	ok $? "SIGKILL of the keepers ($platform): there are trials, and a QEMU"
	# shellcheck disable=SC2046
	kill -KILL $(keepers)
	kill -INT "$harness"
	wait "$session" 2>/dev/null
	[ -z "$(members)$(of_libvirt)$(ls -A "$VIRT_QUALIFY_STATE")" ]
	ok $? "SIGKILL of the keepers ($platform): the harness ends all that they left, and clears away"
	stop_run
else
	skip "SIGKILL of all" "no platform with QEMU and libvirt works here"
fi

printf '%s\n' 'seed: 1' "platforms: [$(echo "$platforms" | paste -sd, -)]" 'benches:' \
	'  - {match: cpu_integer, trials: 2}' >both.yaml
bounded "$vq" run both.yaml -o one.vq >out1 2>err1 &
first=$!
bounded "$vq" run both.yaml -o two.vq >out2 2>err2 &
second=$!
wait $first
one=$?
wait $second
two=$?
[ $one -eq 0 ] && [ $two -eq 0 ]
ok $? "two runs at once: both end well"
show err1 err2
for file in one.vq two.vq; do
	[ "$(sqlite3 $file "SELECT count(*) FROM trial WHERE status = 'ok'")" = \
		$((2 * $(echo "$platforms" | wc -l))) ]
	ok $? "two runs at once: $file has all its trials"
done
done_testing
