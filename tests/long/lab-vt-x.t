#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The VT-x host, booted: every operation of ring 0 runs there on real code and is proved. With LONG
# set (make test-long) it is booted again, to repeat its figures, and without nested paging; and a
# whole Linux runs in the embedded VMM.
# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

if ! can_run bochs-bin grub-mkrescue xorriso busybox cpio modinfo; then
	skip "VT-x hosts" "$why"
	done_testing
fi
full vt-x-1 vt-x
all_is_proved vt-x-1.vq
has_fact vt-x-1.vq feature.second_level_paging 'yes (ept=Y)'
has_fact vt-x-1.vq feature.apicv 'no: the processor shows no apicv'
has_fact vt-x-1.vq feature.avic 'no: VT-x has no such thing'

if [ -n "${LONG-}" ]; then
	full vt-x-2 vt-x
	agree vt-x-1.vq vt-x-2.vq
	shadow vt-x-noept vt-x-noept
	has_fact vt-x-noept.vq feature.second_level_paging 'no: ept=N'
	run_lab linux.vq vt-x -b cpu_integer -f none -p kvm-linux
	boots_linux linux.vq deterministic
else
	skip "VT-x repeats its figures; VT-x without nested paging; Linux in the embedded VMM" \
		"quick tier: make test-long runs it"
fi
done_testing
