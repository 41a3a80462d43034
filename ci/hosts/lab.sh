#!/bin/busybox sh
# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
# What the first process of every emulated host (virt-qualify lab) begins with; init.sh or
# xen-init.sh follows in the same file. It has, in /lab:
#
#	modules/NAME.ko, modules.list   in the order to load them
#	run/plan.yaml, run/settings     of this run; see ci/hosts/image.sh
#	linux                           for guests with a whole Linux, where the plan has some
/bin/busybox --install -s /bin

# Out it goes by the emulator's debug port; the serial console is for the kernel and for troubles.
say() {
	virt-qualify lab --say "$*"
}

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

# To the end: the result file is out, or what is wrong is said.
run_plan() {
	export VIRT_QUALIFY_LAB=1 VIRT_QUALIFY_STATE=/tmp/state HOME=/tmp
	[ ! -e /lab/linux ] || export VIRT_QUALIFY_LINUX=/lab/linux
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
}
