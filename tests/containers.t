#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Containers: they measure and break as native does, and whatever happens to a run, nothing of its
# containers stays on the host: no process, cgroup, mount or directory.
# shellcheck disable=SC2317 # much is called through until_true and trap
. "${0%/*}/tap.sh"
cd "$work" || exit 1

needs sqlite3 setsid

# All that a run makes on the host is named for it and listed here; other runs have other names, so
# only what this test's runs noted in their journals counts.
noted() {
	sed -n 's/^do [a-z-]* \([^ ]*\)$/\1/p' "$VIRT_QUALIFY_STATE"/run-*.journal 2>/dev/null
}

works() { # PLATFORM
	"$vq" list platforms 2>/dev/null | grep -Eq "^  $1 .* works "
}

why_not() { # PLATFORM
	"$vq" list platforms 2>/dev/null | tr -s ' \n' ' ' | grep -o "  *$1 .*" | cut -c 1-300
}

query() { # FILE.vq SQL
	sqlite3 -readonly "$1" "$2" 2>&1
}

# ---- What must not be left ----

is_clean() {
	[ -z "$(ls "$VIRT_QUALIFY_STATE")" ]
}

# Cgroups are named for their container, containers for the guest process that drives them.
gone() { # FILE of paths
	while read -r path; do
		[ ! -e "$path" ] || return 1
	done <"$1"
}

# ---- A run in the background, in a session of its own ----

session=
start_run() { # OUTPUT ARGUMENT...
	rm -f "$1"
	setsid timeout -s KILL "$BOUND" "$vq" run -o "$@" >out 2>err </dev/null &
	session=$!
	until_true find_harness
}

find_harness() {
	harness=$(ps -o pid=,comm= --ppid "$session" | awk '$2 == "virt-qualify" { print $1 }')
	[ -n "$harness" ]
}

has_container() {
	pgrep -s "$session" -x vq-guest >/dev/null && noted | grep -q /sys/fs/cgroup/
}

members() {
	ps -o pid=,stat= --sid "$session" | awk '$2 !~ /^Z/ { print $1 }'
}

is_over() {
	[ -z "$(members)" ]
}

stop_run() {
	[ -n "$session" ] && for pid in $(members); do
		kill -KILL "$pid" 2>/dev/null
	done
	"$vq" recover >/dev/null 2>&1
	session=
}
trap 'stop_run; rm -rf "$work"' EXIT

cat >plan.yaml <<'PLAN'
plan: containers
platforms: all
benches:
  - match: [guest_rdtsc, life_create, life_pause, life_exec, switch_guests, mem_latency_4k]
    trials: 1
faults:
  - match: [vmm_killed, vmm_stopped, guest_hang, memory_overcommit, time_slice_overrun, deadlock_guests]
    recoveries: all
    trials: 1
PLAN

measures() { # PLATFORM
	touch "$1.vq" outcomes out err
	before=$(echo ./*)
	rm "$1.vq"
	run_vq run -p "$1" plan.yaml -o "$1.vq"
	ok $code "$1: the plan runs"
	[ $code -eq 0 ] || show err
	[ -z "$(query "$1.vq" "SELECT * FROM trial WHERE status != 'ok'")" ]
	ok $? "$1: every trial is valid"
	query "$1.vq" "SELECT bench, fault, reason FROM trial WHERE status != 'ok'" | sed 's/^/# /'
	[ -z "$(query "$1.vq" "SELECT * FROM trial WHERE execution != 'hardware'")" ]
	ok $? "$1: it ran on the hardware, as a process does"
	[ "$(query "$1.vq" "SELECT count(DISTINCT bench) FROM trial WHERE bench IN
		('guest_rdtsc', 'life_create', 'life_exec', 'switch_guests', 'mem_latency_4k')")" -eq 5 ]
	ok $? "$1: benches of a process run in a container"
	[ "$(query "$1.vq" "SELECT count(*) FROM trial, fault_trial WHERE trial.id = trial
		AND outcome = 'assisted-recovered' AND fault IN
		('vmm_killed', 'vmm_stopped', 'guest_hang', 'deadlock_guests')")" -eq 4 ]
	ok $? "$1: a new container mends what was broken"
	query "$1.vq" "SELECT fault, outcome FROM trial, fault_trial WHERE trial.id = trial" >outcomes
	sed 's/^/# /' outcomes
	if grep -q '^memory_overcommit' outcomes; then
		grep -q '^memory_overcommit|assisted-recovered' outcomes
		ok $? "$1: one without memory is killed, and comes back"
	else
		skip "$1: one without memory is killed, and comes back" "no memory cgroup here"
	fi
	[ -z "$(query "$1.vq" "SELECT * FROM skip WHERE why = ''")" ] &&
		[ "$(query "$1.vq" "SELECT why FROM skip WHERE what = 'vmm_killed+snapshot'" |
			grep -c 'no snapshot')" -eq 1 ]
	ok $? "$1: what it cannot do is skipped, with the reason"
	is_clean && [ "$(echo ./*)" = "$before" ]
	ok $? "$1: nothing is left"
}

# The harness, its trial and the guest process, in the middle: each leaves it to the others. A run
# may be between two of its containers just then, but hardly each time.
survives_kill() { # PLATFORM ROUNDS
	healed=0
	for round in $(seq "$2"); do
		start_run killed.vq -p "$1" -b 'life_*' -f memory_overcommit
		until_true has_container
		kill -KILL "$harness"
		noted >paths
		wait "$session"
		until_true is_over
		ok $? "$1, killed $round: all of its processes are gone"
		[ "$(wc -l <paths)" -le 1 ] || healed=$((healed + 1))
		run_vq recover
		ok $code "$1, killed $round: recover heals"
		[ $code -eq 0 ] || show out err
		gone paths && is_clean
		ok $? "$1, killed $round: its cgroups and directories are gone"
	done
	[ $healed -gt 0 ]
	ok $? "$1: there was something to heal"
	echo "# in $healed of $2 rounds"
}

side_by_side() { # PLATFORM
	rm -f one.vq two.vq
	bounded "$vq" run -p "$1" -b life_create -b guest_rdtsc -f none -o one.vq >out1 2>err1 &
	one=$!
	bounded "$vq" run -p "$1" -b life_create -b guest_rdtsc -f none -o two.vq >out2 2>err2
	code2=$?
	wait $one
	code1=$?
	[ $code1 -eq 0 ] && [ $code2 -eq 0 ] &&
		[ -z "$(query one.vq "SELECT * FROM trial WHERE status != 'ok'")" ] &&
		[ -z "$(query two.vq "SELECT * FROM trial WHERE status != 'ok'")" ]
	ok $? "$1: two runs at once"
	echo "# they ended with $code1 and $code2"
	show err1 err2
	is_clean
	ok $? "$1: two runs at once leave nothing"
}

for platform in oci podman docker lxc; do
	if ! works $platform; then
		skip "$platform" "$(why_not $platform)"
		continue
	fi
	measures $platform
	case $platform in
	podman | docker) # their calls take their time
		survives_kill $platform 2
		;;
	*)
		survives_kill $platform 3
		side_by_side $platform
		;;
	esac
done

# ---- Where it cannot run ----

refused() { # NAME PLATFORM PATTERN COMMAND...
	name=$1 platform=$2 pattern=$3
	shift 3
	"$@" run -p "$platform" -b guest_rdtsc -f none -o refused.vq >out 2>err </dev/null
	[ $? -eq 77 ]
	ok $? "$name: $platform does not run"
	tail -n 1 err | grep -Eq "^virt-qualify: .*$platform: .*$pattern"
	ok $? "$name: it says why, and what to do"
	show err
	rm -f refused.vq theirs/refused.vq
}

without_programs() {
	mkdir -p bin
	PATH=$work/bin bounded_here "$@"
}

# PATH may not hold timeout itself.
timeout=$(command -v timeout)
bounded_here() {
	"$timeout" -s KILL "$BOUND" "$vq" "$@"
}
refused "no runc" oci 'apt-get install runc' without_programs
refused "no podman" podman 'apt-get install podman' without_programs
refused "no docker" docker 'apt-get install docker.io' without_programs

# A podman that says no, or nothing at all.
mkdir -p odd
cat >odd/podman <<'PODMAN'
#!/bin/sh
case "$*" in
*--version) echo podman version 4.3.1 ;;
*) echo 'Error: runc: error setting rlimits: operation not permitted: OCI permission denied' >&2 && exit 126 ;;
esac
PODMAN
chmod +x odd/podman
if works podman; then
	PATH=$work/odd:$PATH run_vq run -p podman -b guest_rdtsc -f none -o odd.vq
	[ $code -ne 0 ] && [ "$(query odd.vq "SELECT count(*) FROM trial WHERE status = 'ok'")" -eq 0 ] &&
		query odd.vq "SELECT reason FROM trial" | grep -q 'podman ps: error setting rlimits'
	ok $? "a podman that refuses: its trials fail with what it says"
	query odd.vq "SELECT reason FROM trial" | sed -n '1s/^/# /p'
	is_clean
	ok $? "a podman that refuses: nothing is left"
fi

# A dockerd that ends at once.
cat >odd/dockerd <<'DOCKERD'
#!/bin/sh
case "$*" in
*--version) echo 'Docker version 20.10.24, build 1' ;;
*) echo 'failed to start daemon: not today' >&2 && exit 1 ;;
esac
DOCKERD
printf '#!/bin/sh\nexit 1\n' >odd/docker
cp odd/docker odd/containerd
chmod +x odd/*
PATH=$work/odd:$PATH run_vq list platforms
if grep -Eq '^  docker .* works ' out; then
	PATH=$work/odd:$PATH run_vq run -p docker -b guest_rdtsc -f none -o daemon.vq
	[ $code -ne 0 ] && grep -q 'a private dockerd did not start: failed to start daemon: not today' err
	ok $? "a dockerd that does not start: it is said, with its words"
	show err
	until_true is_clean
	ok $? "a dockerd that does not start: nothing is left"
fi

mkdir -m 700 theirs
cp "$vq" theirs/vq
chmod 755 theirs "$work"
if is_root; then
	chown -R 65534:65534 theirs
fi
somebody() {
	(cd theirs && unprivileged env VIRT_QUALIFY_STATE="$work/theirs/state" ./vq "$@")
}
if ! is_root && works lxc; then
	skip "not root: lxc" "this user has what it takes"
else
	refused "not root" lxc 'run as root' somebody
fi

# Without root a container has no cgroups, but for delegated ones: then it cannot be paused.
somebody list platforms >out 2>err </dev/null
if grep -Eq '^  oci .* works ' out; then
	somebody run -p oci -b guest_rdtsc -b life_create -b life_pause -f vmm_killed \
		-o theirs.vq >out 2>err </dev/null
	ok $? "not root: oci runs in a user namespace"
	[ -z "$(query theirs/theirs.vq "SELECT * FROM trial WHERE status != 'ok'")" ]
	ok $? "not root: every trial of oci is valid"
	query theirs/theirs.vq "SELECT bench, fault, reason FROM trial WHERE status != 'ok'" |
		sed 's/^/# /'
	[ -n "$(query theirs/theirs.vq "SELECT * FROM trial WHERE bench = 'life_pause'")" ] ||
		query theirs/theirs.vq "SELECT why FROM skip WHERE what = 'life_pause'" |
		grep -q 'run as root, or in a delegated cgroup'
	ok $? "not root: a pause is made, or it says what that takes"
	[ -z "$(ls theirs/state)" ]
	ok $? "not root: nothing is left"
else
	skip "not root: oci" "$(tr -s ' \n' ' ' <out | grep -o ' oci .*' | cut -c 1-300)"
fi
done_testing
