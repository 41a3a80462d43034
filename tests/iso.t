#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The image of make iso: boots by BIOS and UEFI, as CD and as disk, runs its plan under QEMU's TCG,
# and what it says can be imported.
set -u
. "${0%/*}/tap.sh"

needs grub-mkrescue xorriso mformat qemu-img qemu-system-x86_64

plan='plan=exit_cpuid,cpu_integer,exit_ipi,exit_pio_kernel rounds=2 end=poweroff repeat=2'
image=$work/iso/virt-qualify
# The guest that is built already, and an image of its own.
(cd "$root" && bounded make -s B="$B" ISO="$work/iso" PLAN="$plan" iso) >"$work/make" 2>&1
status=$?
ok $status 'make iso builds the image and its variants'
[ $status -eq 0 ] || show "$work/make"

for format in iso raw qcow2 vmdk vhd vdi; do
	[ -s "$image.$format" ]
	ok $? "there is a $format"
done
[ $(($(stat -c %s "$image.raw") % 1048576)) -eq 0 ]
ok $? 'the raw disk is a whole number of MiB'

if (cd "$root" && bounded make -s B="$B" ISO="$work/bad" PLAN='plan=*; reboot' iso) \
	>"$work/make" 2>&1; then
	ok 1 'a plan that GRUB would take for more is refused'
else
	grep -q 'PLAN may hold' "$work/make"
	ok $? 'a plan that GRUB would take for more is refused'
fi

# Boot it, import what it said: three benches measured twice, one refused.
boots() { # NAME ARGUMENT...
	_name=$1
	shift
	bounded qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 256 -display none -net none \
		-no-reboot -serial "file:$work/log" "$@" >"$work/out" 2>"$work/err" </dev/null
	grep -aq 'virt-qualify: done: 7 trials' "$work/log"
	_done=$?
	ok $_done "$_name: boots and runs its plan"
	[ $_done -eq 0 ] || show "$work/err"
	rm -f "$work/boot.vq"
	run_vq import "$work/log" -o "$work/boot.vq"
	[ $code -eq 0 ] && grep -q '7 trials: 6 ok, 1 refused by the guest$' "$work/err"
	_imported=$?
	ok $_imported "$_name: all of it can be imported"
	[ $_imported -eq 0 ] || show "$work/err"
}

boot_fact() {
	sqlite3 -readonly "$work/boot.vq" "SELECT value FROM fact WHERE name = '$1'"
}

boots 'BIOS, CD' -cdrom "$image.iso"
[ "$(boot_fact guest.boot)" = 'multiboot2, BIOS' ] && [ "$(boot_fact guest.cpus)" = 2 ]
ok $? 'it knows that it came by BIOS, and has a second CPU'
[ "$(boot_fact host.hypervisor)" = 'QEMU TCG' ] &&
	[ "$(sqlite3 -readonly "$work/boot.vq" "SELECT DISTINCT execution FROM trial
		WHERE status = 'ok'")" = emulated ]
ok $? 'and that it is emulated'
[ -n "$(boot_fact tsc.mhz)" ]
ok $? 'it found out how fast its TSC ticks'
boots 'BIOS, disk' -drive "file=$image.vdi,format=vdi"

firmware=
for file in /usr/share/OVMF/OVMF_CODE.fd /usr/share/OVMF/OVMF_CODE_4M.fd; do
	[ -z "$firmware" ] && [ -r $file ] && firmware=$file
done
if [ -n "$firmware" ]; then
	flash="if=pflash,unit=0,format=raw,readonly=on,file=$firmware"
	boots 'UEFI, CD' -drive "$flash" -cdrom "$image.iso"
	[ "$(boot_fact guest.boot)" = 'multiboot2, UEFI' ]
	ok $? 'it knows that it came by UEFI'
	boots 'UEFI, disk' -drive "$flash" -drive "file=$image.qcow2,format=qcow2"
else
	skip 'UEFI, CD' 'no OVMF; run: ci/install.sh test'
	skip 'UEFI, disk' 'no OVMF; run: ci/install.sh test'
fi

# Without any serial port it must not hang: it ends, and the debug port has what it said.
bounded qemu-system-x86_64 -accel tcg -M microvm -cpu max -m 64 -display none -nodefaults \
	-no-reboot -debugcon "file:$work/log" -kernel "$B/guest.elf" \
	-append 'plan=exit_cpuid rounds=2 transport=serial,serial2,debugcon end=reboot' \
	>"$work/out" 2>"$work/err" </dev/null
grep -aq 'virt-qualify: done: 2 trials' "$work/log"
ok $? 'a machine without a serial port does not hang it; the debug port serves as well'
rm -f "$work/boot.vq"
accepts 'which can be imported' import "$work/log" -o "$work/boot.vq"

# One bench must not take from the next what it needs (interrupts, after SYSCALLs), and one that does
# not end is told, not tried again, and not the end of the others.
alone() { # NAME ACCELERATOR CPU
	_plan='plan=switch_ring,exit_apic_timer,cpu_integer stall=cpu_integer bound=3 rounds=2'
	bounded qemu-system-x86_64 -accel "$2" -M microvm,acpi=off -cpu "$3" -smp 2 -m 64 -display none \
		-nodefaults -no-reboot -debugcon "file:$work/log" -kernel "$B/guest.elf" \
		-append "$_plan transport=debugcon end=reboot" >"$work/out" 2>"$work/err" </dev/null
	grep -aq 'virt-qualify: done: 5 trials' "$work/log"
	ok $? "$1: benches follow each other, and a stalled one is stopped"
	show "$work/err"
	rm -f "$work/boot.vq"
	run_vq import "$work/log" -o "$work/boot.vq" -p alone --execution emulated
	[ "$(sqlite3 -readonly "$work/boot.vq" "SELECT status || ': ' || reason FROM trial
		WHERE bench = 'cpu_integer'")" = \
		'unsupported: it did not come to an end here, and was stopped' ]
	ok $? "$1: which its result says"
	show "$work/err"
}
alone 'QEMU without KVM' tcg max
if [ -w /dev/kvm ]; then
	alone 'QEMU with KVM' kvm host
else
	skip 'QEMU with KVM: benches follow each other' 'no /dev/kvm that may be used'
fi

done_testing
