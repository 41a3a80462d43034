#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
# The first process of an emulated host (virt-qualify lab): brings KVM up, runs the plan, sends the
# result file out through port 0xe9 and powers off. It is started with, in /lab:
#
#	modules/NAME.ko, modules.list   in the order to load them
#	run/plan.yaml, run/settings     of this run; see ci/hosts/image.sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
ip link set lo up 2>/dev/null

# Settings: MODULE, MODULE_OPTIONS, SEED, ADDRESS, PEER. Nothing else of this run: a deterministic host must not
# feel its name or date.
# shellcheck disable=SC1091
. /lab/run/settings

say() {
	virt-qualify lab --say "$*"
}

# Out it goes by the emulator's debug port; the serial console is for the kernel and for troubles.
power_off() {
	sync
	poweroff -f
	sleep 60
}

fail() {
	virt-qualify lab --fail "$*"
	echo "lab: $*"
	power_off
}

say "the host is up: Linux $(uname -r), $(nproc) CPU(s)"
while read -r module; do
	options=
	# shellcheck disable=SC2153 # from the settings
	[ "$module" != "$MODULE.ko" ] || options=$MODULE_OPTIONS
	# shellcheck disable=SC2086 # a list
	insmod "/lab/modules/$module" $options 2>>/tmp/insmod
done </lab/modules.list

# The host's own peer, for plans that need two hosts.
if [ -n "$ADDRESS" ]; then
	if ! ip addr add "$ADDRESS/24" dev eth0 || ! ip link set eth0 up; then
		fail "no network: this kernel has no virtio_net, neither built in nor among its modules"
	fi
	tries=120
	until ping -c 1 -W 1 "$PEER" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "the other host ($PEER) did not answer in time"
		sleep 0.5
	done
	say "the other host answers: $PEER"
fi

if [ ! -e /dev/kvm ]; then
	why=$(dmesg | grep -i 'kvm\|svm\|vmx\|RT requires' | tail -n 1 | cut -d ']' -f 2-)
	[ -n "$why" ] || why=$(tail -n 1 /tmp/insmod)
	case $why in
	*CONSTANT_TSC*) why="$why, which this host's processor has not; take lab vt-x" ;;
	esac
	if [ -d "/sys/module/kvm" ]; then
		fail "the kernel has KVM, but no /dev/kvm came up: ${why:-no reason given}"
	elif grep -q . /lab/modules.list; then
		fail "KVM's modules do not load (were they built for another kernel?): ${why:-no reason given}"
	else
		# shellcheck disable=SC2153
		fail "this kernel has no KVM built in, and no modules were given: build it with CONFIG_KVM and $MODULE, or add --modules DIR"
	fi
fi

# Addresses vary from trial to trial by the kernel's random numbers: other seed, other layouts.
echo "$SEED" >/dev/urandom
export VIRT_QUALIFY_LAB=1 VIRT_QUALIFY_STATE=/tmp/state HOME=/tmp
cd /tmp || power_off
# This host is thrown away: nothing on it needs protection.
virt-qualify run /lab/run/plan.yaml --allow-host-faults -o /tmp/result.vq >/tmp/out 2>/tmp/err
code=$?
if [ -s /tmp/result.vq ]; then
	virt-qualify lab --send /tmp/result.vq "$code" || fail "the result file could not be sent"
else
	fail "$(tail -n 1 /tmp/err)"
fi
power_off
