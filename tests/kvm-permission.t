#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# /dev/kvm is there and this user may not open it, or it is not there at all: the user reads why,
# and what to do; everything that needs no KVM runs.
# shellcheck disable=SC2317 # much is called by name
. "${0%/*}/tap.sh"
cd "$work" || exit 1

mkdir -m 700 outside outside/state
cp "$vq" vq
cat >plan.yaml <<'PLAN'
plan: both
platforms: all
benches:
  - match: guest_rdtsc
    trials: 3
faults:
  - match: guest_spin
    recoveries: restart
    trials: 1
PLAN

# Somebody who may not open the device: nobody where we are root, else who we are.
if is_root; then
	chown -R 65534 outside
	if ! unprivileged test -x "$work/vq"; then
		skip_all "cannot run as another user here"
	fi
fi
outsider() {
	(cd outside && unprivileged env VIRT_QUALIFY_STATE="$work/outside/state" ../vq "$@") \
		>out 2>err </dev/null
	code=$?
}

# Root can shut the device for others in mounts of its own, whatever its permissions are.
shut() { # the device's replacement, or "gone"; COMMAND...
	_with=$1
	shift
	# shellcheck disable=SC2016
	with_mounts sh -c 'case $1 in
		gone) mount -t tmpfs -o mode=755 none /dev && mknod -m 666 /dev/null c 1 3 &&
			mknod -m 666 /dev/urandom c 1 9 ;;
		*) mount --bind "$1" /dev/kvm ;;
		esac && cd "$2/outside" && shift 2 && exec setpriv --reuid=65534 --regid=65534 \
			--clear-groups env VIRT_QUALIFY_STATE="$PWD/state" ../vq "$@"' \
		sh "$_with" "$work" "$@" >out 2>err </dev/null
	code=$?
}

check() { # NAME REASON COMMAND...
	name=$1 reason=$2
	shift 2
	rm -f outside/*.vq

	"$@" list platforms
	[ "$code" -eq 0 ] && grep -A 3 '^  kvm ' out | tr -s ' \n' ' ' | grep -q "why not: $reason"
	ok $? "$name: list says why not, and what to do"
	show err

	"$@" run -p kvm ../plan.yaml -o kvm.vq
	[ "$code" -eq 77 ]
	ok $? "$name: run -p kvm ends with 77"
	[ "$code" -eq 77 ] || echo "# ended with $code"
	tail -n 1 err >last
	grep -q "^virt-qualify: .*$reason" last
	ok $? "$name: run -p kvm says why not, and what to do"
	show err

	"$@" run ../plan.yaml -o all.vq
	[ "$code" -eq 0 ]
	ok $? "$name: a run on all platforms ends with 0"
	[ "$code" -eq 0 ] || show err
	"$@" report all.vq
	[ "$code" -eq 0 ] && grep -q '^guest_rdtsc *native' out && ! grep -q '^guest_rdtsc *kvm' out
	ok $? "$name: the report has native's figures, and none of kvm"
	tr -s ' \n' ' ' <out | grep -q "kvm .*$reason"
	ok $? "$name: the report lists kvm as skipped, with the reason"
	"$@" report kvm.vq
	[ "$code" -eq 0 ] && tr -s ' \n' ' ' <out | grep -q "kvm .*$reason"
	ok $? "$name: so does the report of the run that could not run"
}

denied='/dev/kvm: permission denied; join the group'
if is_root; then
	if can_mount && [ -e /dev/kvm ]; then
		: >device && chmod 600 device
		check "no permission" "$denied" shut "$work/device"
	else
		skip "no permission" "needs /dev/kvm and mounts of our own (unshare -m)"
	fi
	if can_mount; then
		check "no device" '/dev/kvm is not there; enable VT-x or AMD-V' shut gone
	else
		skip "no device" "needs mounts of our own (unshare -m)"
	fi
	if [ -e /dev/kvm ] && ! unprivileged test -r /dev/kvm; then
		check "device of root alone" "$denied" outsider
	else
		skip "device of root alone" "everybody may open /dev/kvm here, or it is not there"
	fi
elif [ -e /dev/kvm ] && ! kvm_is_here; then
	check "no permission" "$denied" outsider
elif [ ! -e /dev/kvm ]; then
	check "no device" '/dev/kvm is not there; enable VT-x or AMD-V' outsider
else
	skip "no permission" "this user may open /dev/kvm; run as root to test with another user"
fi
done_testing
