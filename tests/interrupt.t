#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A run that is interrupted or killed, copied while it goes on, or not alone: what was measured
# is kept, no guest outlives the run, and what the run changed on the host can be undone.
# shellcheck disable=SC2317 # much is called through until_true and trap
. "${0%/*}/tap.sh"
cd "$work" || exit 1

needs sqlite3 setsid

platforms=native
kvm_is_here && platforms="kvm native"

# ---- A run in the background, as the leader's child in a session of its own ----

session=
harness=

# Guests and trials too stay in that session, so it names them all, and nothing of anybody else's.
start_run() { # OUTPUT ARGUMENT...
	stop_run # what a failed test left
	rm -f "$1"
	setsid timeout -s KILL "$BOUND" "$vq" run -o "$@" >out 2>err </dev/null &
	session=$!
	until_true find_harness
}

find_harness() {
	harness=$(ps -o pid=,comm= --ppid "$session" | awk '$2 == "virt-qualify" { print $1 }')
	[ -n "$harness" ]
}

# What lives of the session, beside timeout: PID NAME. By thread: a process may seem a zombie while
# its other threads still end, and hold what it had open.
members() {
	ps -L -o pid=,stat=,comm= --sid "$session" |
		awk '$2 !~ /^Z/ && $3 != "timeout" { print $1, $3 }' | sort -u
}

has_guest() {
	members | grep -q ' vq-guest$'
}

is_empty() {
	[ -z "$(members)" ]
}

end_run() { # leaves $code
	wait "$session"
	code=$?
}

# Should a test fail half-way, its run goes with it.
stop_run() {
	[ -n "$session" ] && for pid in $(members | cut -d' ' -f1); do
		kill -KILL "$pid" 2>/dev/null
	done
	session=
}
trap 'stop_run; rm -rf "$work"' EXIT

# A copy of the file that holds some trials. Copied while it is written, one may be half of this
# and half of that: then it is refused like any damaged file, and the next one will do.
copy_has_trials() { # FILE.vq
	cp "$1" copy.vq 2>/dev/null || return 1
	bounded "$vq" report copy.vq >/dev/null 2>refusal
	case $? in
	0) ;;
	2)
		[ "$(wc -l <refusal)" -eq 1 ] || cat refusal >>strange
		return 1
		;;
	*)
		echo "report ended neither with 0 nor with 2" >>strange
		return 1
		;;
	esac
	[ "$(trials_in copy.vq)" -ge 3 ]
}

plan() { # PLATFORM
	printf '%s\n' 'plan: endless' 'seed: 1' "platforms: $1" 'benches:' \
		'  - match: cpu_integer' '    trials: 100000' >endless.yaml
}

# Is the file whole, does it hold as many good trials as were seen, without a gap?
holds() { # FILE.vq AT-LEAST NAME
	accepts "$3: the file opens" report "$1"
	rows=$(sqlite3 "$1" "SELECT count(*) >= $2 AND max(ordinal) = count(*) - 1
		AND sum(status = 'ok') > 0 FROM trial")
	[ "$rows" = 1 ]
	ok $? "$3: the finished trials are in it, without a gap"
}

# ---- Interrupted ----

interrupted() { # PLATFORM HOW NAME COMMAND...
	name="$3 ($1)"
	plan "$1"
	shift 3
	start_run x.vq endless.yaml
	until_true copy_has_trials x.vq
	ok $? "$name: a plain copy of the file in the middle of the run is whole and has trials"
	seen=$(trials_in copy.vq)
	until_true has_guest
	ok $? "$name: there is a guest"
	"$@"
	end_run
	[ $code -eq 4 ]
	ok $? "$name: ends with 4"
	[ $code -eq 4 ] || echo "# ended with $code"
	grep -Eq '^virt-qualify: interrupted: what was measured until then is in x.vq$' err
	ok $? "$name: says so, and where the trials are"
	show err
	is_empty
	ok $? "$name: no process is left"
	members | sed 's/^/# left: /'
	[ "$(sqlite3 x.vq 'SELECT interrupted, finished IS NOT NULL FROM run')" = "1|1" ]
	ok $? "$name: the file says that the run was interrupted"
	holds x.vq "$seen" "$name"
	grep -q 'interrupted' "$work/out"
	ok $? "$name: the report says so too"
	[ -z "$(ls -A "$VIRT_QUALIFY_STATE")" ]
	ok $? "$name: nothing is left to recover"
}

# As a terminal does it: to the whole foreground group.
press_ctrl_c() {
	kill -INT "-$session"
}

# As a terminal does it that is closed.
hang_up() {
	kill -HUP "-$session"
}

terminate() {
	kill -TERM "$harness"
}

for platform in $platforms; do
	interrupted "$platform" x "Ctrl-C" press_ctrl_c
done
interrupted native x "SIGTERM" terminate
interrupted native x "SIGHUP" hang_up

# ---- Killed ----

# Stopped, they cannot end by themselves: what ends them is the death of the harness.
stop_trial_and_guest() {
	for pid in $(members | awk '$2 ~ /^vq-/ { print $1 }'); do
		kill -STOP "$pid" 2>/dev/null
	done
	stopped=$(ps -o stat=,comm= --sid "$session" | awk '$1 ~ /^T/ { print $2 }')
	case $stopped in
	*vq-trial*vq-guest*) ;;
	*) return 1 ;;
	esac
}

for platform in $platforms; do
	name="SIGKILL of the harness ($platform)"
	plan "$platform"
	start_run x.vq endless.yaml
	until_true copy_has_trials x.vq
	ok $? "$name: trials were stored"
	seen=$(trials_in copy.vq)
	until_true stop_trial_and_guest
	ok $? "$name: there is a trial and a guest"
	kill -KILL "$harness"
	end_run
	until_true is_empty
	ok $? "$name: no process outlives it"
	members | sed 's/^/# left: /'
	holds x.vq "$seen" "$name"
	grep -q 'it has no end' "$work/out"
	ok $? "$name: the report says that the run was cut off"
	for format in brief verdicts; do
		bounded "$vq" report x.vq -F $format | grep -q '^incomplete: run A: it has no end'
		ok $? "$name: so does $format"
	done
	bounded "$vq" report x.vq -F tap | grep -q '^not ok .* run: it has no end'
	ok $? "$name: and is no pass to a CI"
	accepts "$name: recover" recover
	[ -z "$(ls -A "$VIRT_QUALIFY_STATE")" ]
	ok $? "$name: its journal is gone after recover"
done

# ---- Killed while something on the host is changed ----

cgroup= # of the run's journal, not undone yet
find_cgroup() {
	cgroup=$(awk '$1 == "do" { path[NR] = $3 } $1 == "undone" { delete path[$2] }
		END { for (i in path) print path[i] }' "$VIRT_QUALIFY_STATE"/*.journal 2>/dev/null)
	[ -n "$cgroup" ] && [ -d "$cgroup" ]
}

# A stopped harness heals nothing: what is there when it is stopped, stays.
stop_in_the_middle() {
	find_cgroup || return 1
	kill -STOP "$harness"
	until_true is_stopped && find_cgroup && return 0
	kill -CONT "$harness"
	return 1
}

is_stopped() {
	ps -o stat= -p "$harness" | grep -q '^T'
}

name="SIGKILL during memory_overcommit"
if ! "$vq" list faults | grep -A 4 '^    memory_overcommit ' | grep -q 'no permission\|no memory cgroup'; then
	accepts "recover: when there is nothing to do" recover
	grep -q '^nothing to recover' "$work/out"
	ok $? "recover: says that there is nothing to do"
	printf '%s\n' 'platforms: native' 'faults:' '  - match: memory_overcommit' \
		'    trials: 100000' >overcommit.yaml
	start_run x.vq overcommit.yaml
	until_true stop_in_the_middle
	ok $? "$name: there is a cgroup, and a journal that names it"
	accepts "$name: recover while the run is alive" recover
	[ -d "$cgroup" ] && grep -q 'in use by a run' "$work/out"
	ok $? "$name: recover leaves a living run alone"
	kill -KILL "$harness"
	end_run
	until_true is_empty
	ok $? "$name: no process outlives it"
	[ -d "$cgroup" ]
	ok $? "$name: the cgroup is left behind"
	accepts "$name: the next run" run -p native -b guest_rdtsc -f none -o next.vq
	[ -d "$cgroup" ] && [ "$(grep -c '^virt-qualify: 1 run .*; to undo them, run: virt-qualify recover$' err)" = 1 ]
	ok $? "$name: the next run tells of it, and touches nothing"
	show err
	[ "$(sqlite3 next.vq "SELECT value FROM fact WHERE name = 'host.left_over'")" = 1 ]
	ok $? "$name: so does its file"
	accepts "$name: recover" recover
	grep -qF "$cgroup" "$work/out"
	ok $? "$name: recover names the cgroup"
	[ ! -d "$cgroup" ]
	ok $? "$name: the cgroup is gone"
	[ -z "$(ls -A "$VIRT_QUALIFY_STATE")" ]
	ok $? "$name: the journal is gone"
	# Whatever went wrong above, leave nothing behind on the host.
	case $cgroup in
	*/virt-qualify-*) [ ! -d "$cgroup" ] || rmdir "$cgroup" ;;
	esac
else
	skip "$name" "memory cgroups cannot be made here"
fi

# ---- Two at once ----

printf '%s\n' 'seed: 1' "platforms: [$(echo "$platforms" | tr ' ' ,)]" 'benches:' \
	'  - match: [guest_rdtsc, cpu_integer]' '    trials: 10' >both.yaml
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
	wanted=$((20 * $(echo "$platforms" | wc -w)))
	[ "$(sqlite3 $file "SELECT count(*), count(DISTINCT ordinal), sum(status IN ('failed',
		'interrupted')) FROM trial")" = "$wanted|$wanted|0" ]
	ok $? "two runs at once: $file has all its trials, none failed"
	[ "$(sqlite3 $file 'SELECT finished IS NOT NULL, interrupted FROM run')" = "1|0" ]
	ok $? "two runs at once: $file is finished"
done
[ "$(sqlite3 one.vq 'SELECT uuid FROM run')" != "$(sqlite3 two.vq 'SELECT uuid FROM run')" ]
ok $? "two runs at once: they are told apart"
accepts "two runs at once: the two compare" compare one.vq two.vq
[ "$(sqlite3 one.vq "SELECT count(*) FROM fact WHERE name = 'host.left_over'")" = 0 ]
ok $? "two runs at once: neither takes the other for one that died"
[ -z "$(ls -A "$VIRT_QUALIFY_STATE")" ]
ok $? "two runs at once: nothing is left to recover"

# The loser of a race for one name must not touch the winner's file.
bounded "$vq" run both.yaml -o same.vq >out1 2>err1 &
first=$!
bounded "$vq" run both.yaml -o same.vq >out2 2>err2 &
second=$!
wait $first
one=$?
wait $second
two=$?
[ $((one + two)) -eq 4 ] && cat err1 err2 | grep -q 'same.vq: exists already'
ok $? "two runs into one file: one is refused"
holds same.vq $((20 * $(echo "$platforms" | wc -w))) "two runs into one file"

[ ! -s strange ]
ok $? "every copy was whole, or refused in one line"
show strange
done_testing
