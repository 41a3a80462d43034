#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The AMD-V host, booted: every operation of ring 0 runs there on real code and is proved;
# deterministic runs repeat; two hosts reach each other. With LONG a whole Linux runs in the embedded
# VMM, too.
# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

if ! can_run qemu-system-x86_64 busybox cpio modinfo; then
	skip "AMD-V hosts" "$why"
	done_testing
fi
full amd-v-1 amd-v
all_is_proved amd-v-1.vq
has_fact amd-v-1.vq feature.second_level_paging 'yes (npt=Y)'
has_fact amd-v-1.vq feature.nesting 'yes (nested=1)'
has_fact amd-v-1.vq feature.apicv 'no: AMD-V has no such thing'
full amd-v-2 amd-v
agree amd-v-1.vq amd-v-2.vq

shadow amd-v-shadow amd-v-shadow
has_fact amd-v-shadow.vq feature.second_level_paging 'no: the processor shows no npt'

# Two CPUs, as the time of day goes; and in one variant a parameter of KVM's, which is writable there.
run_lab real.vq amd-v --real-time -b exit_ipi -b exit_hlt_wake -b exit_cpuid -f none -p kvm \
	--variant base --variant poll:kvm.halt_poll_ns=50000
proved real.vq emulated exit_ipi exit_hlt_wake exit_cpuid
[ "$(query real.vq "SELECT group_concat(DISTINCT variant || ': ' || what) = 'poll: kvm.halt_poll_ns is 50000, and was 200000'
	AND count(*) = (SELECT count(*) FROM trial WHERE variant = 'poll')
	FROM trial JOIN event ON event.trial = trial.id WHERE subject = 'host'")" = 1 ]
ok $? "real.vq: each trial of the variant has its parameter set, and the others what it was"
run_vq compare real.vq
grep -q 'poll (kvm.halt_poll_ns=50000)' out
ok $? "real.vq: its variants are compared"

# A whole Linux in the embedded VMM, entered by PVH; it is lost, and starts anew.
if [ -n "${LONG-}" ]; then
	run_lab linux.vq amd-v --real-time --cpus 1 -b cpu_integer -f vmm_killed -p kvm-linux
	boots_linux linux.vq emulated
	[ "$(query linux.vq "SELECT group_concat(DISTINCT outcome) FROM fault_trial")" = assisted-recovered ]
	ok $? "killed, it is started anew"
else
	skip "Linux in the embedded VMM" "quick tier: make test-long runs it"
fi

# Two hosts: each waits for the other before it runs its plan.
bounded "$vq" lab amd-v -b exit_cpuid -f none -p kvm --net "$work/a,$work/b" -o a.vq 2>err.a &
first=$!
run_lab b.vq amd-v -b exit_cpuid -f none -p kvm --net "$work/b,$work/a"
wait $first
ok $? "its peer runs"
show err.a
proved a.vq emulated exit_cpuid
done_testing
