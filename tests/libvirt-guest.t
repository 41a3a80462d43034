#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The platform `libvirt` with our guest: booted from the image of make iso by a libvirtd of QEMU's
# that belongs to somebody else, heard over its console. And a daemon that dies meanwhile.
# shellcheck disable=SC2317 # much is called through until_true and trap
. "${0%/*}/tap.sh"
cd "$work" || exit 1

needs sqlite3 virsh qemu-system-x86_64 grub-mkrescue xorriso mformat
driver=$(find /usr/lib /usr/lib64 -name libvirt_driver_qemu.so 2>/dev/null | head -n 1)
if ! libvirtd=$(command -v libvirtd || ls /usr/sbin/libvirtd 2>/dev/null) || [ -z "$driver" ]; then
	skip_all "needs libvirtd and its qemu driver; run: ci/install.sh test"
fi

# ---- A libvirtd of a user without privileges, and the image ----

mkdir d d/run d/home d/drivers d/pool
storage=${driver%qemu.so}storage.so
ln -s "$driver" d/drivers/
[ ! -r "$storage" ] || ln -s "$storage" d/drivers/
printf '%s\n' 'auth_unix_rw = "none"' "log_outputs = \"3:file:$work/d/log\"" >d/conf
socket=$work/d/run/libvirt/libvirt-sock
uri="qemu+unix:///session?socket=$socket"
is_root && chown -R 65534 d

# libvirtd waits long for a QEMU that is gone and that nobody reaps: perl does, as their subreaper
# (prctl 36). It is there, where prove is.
# shellcheck disable=SC2016 # they are perl's
reaping='syscall(157, 36, 1, 0, 0, 0); $p = fork; exec @ARGV unless $p; 1 while wait != $p;'
start_daemon() {
	BOUND=300 unprivileged env HOME="$work/d/home" XDG_RUNTIME_DIR="$work/d/run" \
		XDG_CONFIG_HOME="$work/d/home" XDG_CACHE_HOME="$work/d/home" \
		LIBVIRT_DRIVER_DIR="$work/d/drivers" \
		perl -e "$reaping" "$libvirtd" -f "$work/d/conf" -p "$work/d/pid" >daemon.out 2>&1 &
	until_true connects
}

connects() {
	timeout 10 virsh -c "$uri" version >virsh.out 2>&1
}

domains() {
	timeout 10 virsh -c "$uri" list --all --name 2>/dev/null | grep -c '^virt-qualify-'
}

no_domains() {
	[ "$(domains)" -eq 0 ]
}

end_all() {
	for name in $(timeout 10 virsh -c "$uri" list --name 2>/dev/null); do
		timeout 10 virsh -c "$uri" destroy "$name" >virsh.out 2>&1
	done
	kill -KILL "$(cat d/pid)" 2>/dev/null # its domains are gone
	rm -rf "$work"
}
trap end_all EXIT

query() { # SQL
	sqlite3 -readonly x.vq "$1"
}

if ! start_daemon; then
	skip_all "libvirtd does not start for a user: $(head -n 1 d/log daemon.out)"
fi
image=$work/iso/virt-qualify.iso
(cd "$root" && bounded make -s B="$B" ISO="$work/iso" "$image") >make.out 2>&1
ok $? "there is an image"
show make.out
where="libvirt:$uri#image=$image,type=qemu"

# ---- Benches and life cycle ----

printf '%s\n' "platforms: [\"$where\"]" 'benches:' \
	'  - match: [exit_cpuid, exit_ipi, life_first_service, life_resume]' '    trials: 1' >plan.yaml
run_vq run plan.yaml -o x.vq
ok $code "a plan runs on guests booted by a URI"
[ $code -eq 0 ] || show err
[ "$(query "SELECT group_concat(bench || ' ' || status || ' ' || execution, ', ') FROM
	(SELECT * FROM trial ORDER BY bench)")" = "exit_cpuid ok interpreted, exit_ipi ok \
interpreted, life_first_service ok interpreted" ]
ok $? "each trial is a boot with figures, and labelled by what runs the guest"
[ "$(query "SELECT count(*) FROM batch WHERE count > 0 AND sum_ticks > 0 AND
	trial IN (SELECT id FROM trial WHERE bench = 'exit_cpuid')")" -eq 4 ]
ok $? "the batches are there"
[ "$(query "SELECT label = 'libvirt ($uri, qemu)' AND version LIKE '%QEMU TCG%MHz (%' FROM
	platform")" = 1 ]
ok $? "what hosts the guests is told"
here=$(query "SELECT value FROM fact WHERE name = 'tsc.mhz'")
there=$(query 'SELECT version FROM platform' | sed 's/.* a TSC of \([0-9.]*\) MHz.*/\1/')
if [ -n "$here" ]; then # QEMU's software CPU has the host's
	awk "BEGIN { exit !($there > 0.99 * $here && $there < 1.01 * $here) }"
	ok $? "the guest found out how fast its TSC ticks: $there MHz, the host says $here"
else
	skip "the guest found out how fast its TSC ticks" "the host does not say"
fi
query "SELECT why FROM skip WHERE what = 'life_resume'" | grep -q 'seen late'
ok $? "what needs sight of the guest's memory is skipped"
no_domains && [ -z "$(find /var/tmp -maxdepth 1 -name 'virt-qualify-*' -newer plan.yaml)" ]
ok $? "neither a domain nor a copy of the image is left"
[ -z "$(ls -A "$VIRT_QUALIFY_STATE")" ]
ok $? "nor anything to recover"

# ---- A host that does not have our files ----

volumes() {
	timeout 10 virsh -c "$uri" vol-list images | grep -c virt-qualify-
}

smoke() { # OPTIONS BENCH
	rm -f x.vq
	run_vq run --preset smoke -p "libvirt:$uri#$1" -b "$2" -f none -o x.vq
}

if timeout 10 virsh -c "$uri" pool-create-as images dir --target "$work/d/pool" >virsh.out 2>&1; then
	rm -f x.vq
	printf '%s\n' "platforms: [\"$where,pool=images\"]" 'benches:' '  - match: [exit_cpuid]' \
		'    trials: 1' >plan.yaml
	run_vq run plan.yaml -o x.vq
	[ $code -eq 0 ] && [ "$(query "SELECT group_concat(status) FROM trial")" = ok ]
	ok $? "the image is uploaded to a storage pool, and boots from there"
	[ $code -eq 0 ] || show err
	[ "$(volumes)" -eq 0 ]
	ok $? "and is deleted there"
	smoke "image=$image,type=qemu,pool=nosuch" exit_cpuid
	[ $code -eq 77 ] && grep -q 'no storage pool called nosuch.*#pool=NAME' err
	ok $? "a pool that is not there is a skip that says how"
else
	skip "the image is uploaded to a storage pool" "$(head -n 1 virsh.out)"
fi

# ---- What does not boot ----

printf 'no image' >bad.iso
smoke "image=$work/bad.iso,type=qemu" exit_cpuid
[ $code -eq 77 ] && grep -q 'bad.iso: no image of this version' err
ok $? "an image that is none is a skip that says so"
smoke type=vbox exit_cpuid
[ $code -eq 77 ] && grep -q 'no machine (hvm) of type vbox' err
ok $? "so is a type that the driver has not"
smoke image=none,type=qemu life_create
[ $code -eq 0 ] && query "SELECT label FROM platform" | grep -q ', no guest'
ok $? "without a guest the life cycle is left"

# ---- A daemon that dies ----

rm -f x.vq
printf '%s\n' "platforms: [\"$where\"]" 'benches:' '  - match: [exit_cpuid]' '    trials: 4' >plan.yaml
# Each of its trials may take half a minute, as may the next daemon's first look at QEMU.
timeout -s KILL 300 "$vq" run plan.yaml -o x.vq >out 2>err </dev/null &
run=$!
in_trial() { # after the first: what is there now is no try of before the run
	kill -0 "$run" 2>/dev/null || return 0
	[ "$(trials_in x.vq 2>/dev/null || echo 0)" -gt 0 ] && ! no_domains
}
until_true in_trial
kill -KILL "$(cat d/pid)"
sleep 1 # what is to be met is a daemon that is gone
start_daemon
ok $? "a daemon is killed amid a trial, and started anew"
wait $run
code=$?
[ $code -ne 137 ] && [ "$(query "SELECT count(*) > 0 AND min(reason LIKE 'guest 0: %') FROM trial
	WHERE status = 'failed'")" = 1 ]
ok $? "a trial failed and says why"
[ "$(query 'SELECT count(*) FROM trial')" -eq 4 ]
ok $? "the others were not given up"
until_true no_domains
ok $? "the domain that the daemon forgot to end is ended"
query "SELECT reason FROM trial WHERE status = 'failed'" >reasons
show err reasons

done_testing
