#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The emulated host under Xen, booted: domains run there, exits of theirs are measured in both rings,
# they are broken and come back; what Xen has not is skipped with its reason.
# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"
cd "$work" || exit 1
# shellcheck disable=SC2034 # tap.sh's
BOUND=2000

for program in qemu-system-x86_64 busybox cpio modinfo readelf apt-get sqlite3; do
	if ! command -v "$program" >/dev/null; then
		skip "the host under Xen" "$program is not installed (ci/install.sh lab)"
		done_testing
	fi
done
if ! (cd / && apt-cache show xen-hypervisor-4.17-amd64 >/dev/null 2>&1); then
	skip "the host under Xen" "apt knows no xen-hypervisor-4.17-amd64, of Debian 12"
	done_testing
fi

query() { # FILE.vq SQL
	sqlite3 -readonly "$1" "$2"
}

says() { # QUERY ANSWER NAME
	[ "$(query xen.vq "$1")" = "$2" ]
	ok $? "$3"
}

run_vq lab xen -o xen.vq
ok $code "lab xen runs its preset"
[ $code -eq 0 ] || show err
for bench in exit_cpuid exit_hypercall guest_exception switch_ring life_create life_pause life_resume \
	life_destroy life_first_service; do
	says "SELECT count(*) > 0 AND sum(status = 'ok') > 0 FROM trial
		WHERE platform = 'xen' AND bench = '$bench'" 1 "$bench has figures"
done
for fault in guest_hang deadlock_vcpus triple_fault domain_destroyed; do
	says "SELECT outcome FROM trial JOIN fault_trial ON fault_trial.trial = trial.id
		WHERE platform = 'xen' AND fault = '$fault'" assisted-recovered "$fault: the domain comes back"
done
says "SELECT detector FROM trial JOIN fault_trial ON fault_trial.trial = trial.id
	WHERE platform = 'xen' AND fault = 'domain_destroyed'" "platform: libvirt's event, domain destroyed" \
	"libvirt tells that the domain was destroyed"
says "SELECT count(*) FROM trial WHERE status = 'ok' AND execution != 'emulated'" 0 \
	"nothing is labelled but emulated"
says "SELECT value FROM fact WHERE name = 'host.hypervisor'" "Xen, and this is its dom0; Xen runs on QEMU TCG" \
	"what the host runs on, dom0 and Xen, is told"
says "SELECT count(*) FROM fact WHERE name = 'xen.version' AND value GLOB '4.17*'
	OR name = 'xen.virtualization' AND value GLOB '*hvm hap*' OR name = 'xen.memory_mib' AND value > 2000" 3 \
	"Xen's version and means are told, and the host's memory, not dom0's"
says "SELECT count(*) FROM skip WHERE platform = 'xen' AND why = ''" 0 "what is skipped has its reason"
says "SELECT count(*) > 0 FROM skip WHERE platform = 'xen' AND what = 'life_snapshot'" 1 \
	"snapshots are skipped"

# HVM, whose domains take their time: a few of each kind.
printf '%s\n' 'platforms: [xen, xen-hvm]' 'benches:' \
	'  - {match: [exit_cpuid, exit_pio_user, exit_mmio_user, life_pause], trials: 1, batches: 3, samples: 5}' \
	'faults:' '  - {match: [triple_fault, domain_destroyed], trials: 1, horizon: 600s}' >hvm.yaml
run_vq lab xen hvm.yaml -o hvm.vq
ok $code "lab xen runs a plan on HVM domains"
[ $code -eq 0 ] || show err
query hvm.vq "SELECT '# ' || platform || ': ' || coalesce(bench, fault) || ': ' || reason
	FROM trial WHERE status != 'ok'"
for bench in exit_cpuid exit_pio_user exit_mmio_user life_pause; do
	[ "$(query hvm.vq "SELECT count(*) FROM trial WHERE platform = 'xen-hvm' AND bench = '$bench' AND status = 'ok'")" = 1 ]
	ok $? "$bench of an HVM domain has figures"
done
[ "$(query hvm.vq "SELECT count(*) FROM trial JOIN fault_trial ON fault_trial.trial = trial.id
	WHERE platform = 'xen-hvm' AND outcome = 'assisted-recovered'")" = 2 ]
ok $? "an HVM domain comes back"
[ "$(query hvm.vq "SELECT count(*) FROM skip WHERE platform = 'xen' AND what IN ('exit_pio_user', 'exit_mmio_user')")" = 2 ]
ok $? "a PVH domain has no devices in user space"

run_vq lab xen --net a,b -o net.vq
[ $code -eq 2 ] && grep -q 'xen has no network' err
ok $? "it has no network, and says so"
done_testing
