#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Emulated hosts, booted: every operation of ring 0 runs there on real AMD-V and VT-x code and is
# proved; deterministic runs repeat; two hosts reach each other.
# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"
cd "$work" || exit 1
BOUND=600

# Benches that a guest runs in ring 0, or that ring 0 takes part in.
ring0='exit_apic_timer exit_hypercall exit_msr_write guest_exception switch_address_space switch_ring'
others='exit_cpuid exit_mmio_kernel exit_mmio_user exit_page_touch exit_pio_kernel exit_pio_user'
faults='triple_fault guest_hang'

can_run() { # PROGRAM...
	for _program; do
		command -v "$_program" >/dev/null && continue
		why="$_program is not installed (ci/install.sh lab)"
		return 1
	done
	why=$(cd / && apt-cache show linux-image-cloud-amd64 2>&1 >/dev/null | tail -n 1)
	[ -z "$why" ] || [ -d "${XDG_CACHE_HOME:-$HOME/.cache}/virt-qualify" ]
}

globs() { # OPTION NAME...
	_option=$1
	shift
	for _name; do
		printf '%s %s ' "$_option" "$_name"
	done
}

query() { # FILE.vq SQL
	sqlite3 -readonly "$1" "$2"
}

# Every trial of a bench is ok, labelled as it must be, and KVM counted exits where there must be.
proved() { # FILE.vq EXECUTION BENCH...
	_file=$1 _execution=$2
	shift 2
	for _bench; do
		[ "$(query "$_file" "SELECT count(*) > 0 AND sum(status = 'ok') = count(*) AND
			sum(execution = '$_execution') = count(*) FROM trial
			WHERE bench = '$_bench' AND platform = 'kvm'")" = 1 ]
		_passed=$?
		ok $_passed "$_file: $_bench, $_execution"
		[ $_passed -eq 0 ] || query "$_file" "SELECT '# ' || status || ' ' || execution || ' ' || reason
			FROM trial WHERE bench = '$_bench' UNION SELECT '# ' || why FROM skip WHERE what = '$_bench'"
	done
}

# Counted, and no fewer than one each.
exits_are_counted() { # FILE.vq
	[ "$(query "$1" "SELECT count(*) > 5 AND min(exits_per_op) > 0.9 FROM trial
		WHERE bench GLOB 'exit_*' AND platform = 'kvm' AND bench NOT IN ('exit_ipi', 'exit_hlt_wake')")" = 1 ]
	ok $? "$1: exits were counted"
}

nothing_is_hardware() { # FILE.vq
	[ "$(query "$1" "SELECT count(*) FROM trial WHERE execution IN ('hardware', 'interpreted')")" = 0 ]
	ok $? "$1: nothing is labelled hardware"
}

# Figures of two runs that differ by more than 0.1 %.
agree() { # A.vq B.vq
	for _file; do
		"$vq" report "$_file" -F json | jq -r '.metrics[] | select(.bench | test("^(exit|guest|switch_ring|switch_addr)"))
			| [.bench, .platform, .median] | @tsv' | sort >"$_file.tsv"
	done
	[ -s "$1.tsv" ] && paste "$1.tsv" "$2.tsv" | awk -F '\t' '
		$1 != $4 || $2 != $5 { print "# other metrics: " $0; bad = 1; next }
		{ d = $3 - $6; if (d < 0) d = -d; if (d > $3 / 1000) { print "# " $0; bad = 1 } }
		END { exit bad }'
	ok $? "$1 and $2 agree within 0.1 %"
}

run_lab() { # NAME.vq HOST ARGUMENT...
	_out=$1
	shift
	# shellcheck disable=SC2046,SC2086
	run_vq lab "$@" -o "$_out"
	ok $code "lab $1 runs"
	[ $code -eq 0 ] || show err
}

deterministic_pair() { # HOST
	for _run in 1 2; do
		# shellcheck disable=SC2046,SC2086
		run_lab "$1-$_run.vq" "$1" $(globs -b $ring0 $others) $(globs -f $faults)
	done
	# shellcheck disable=SC2086
	proved "$1-1.vq" deterministic $ring0 $others
	exits_are_counted "$1-1.vq"
	nothing_is_hardware "$1-1.vq"
	[ "$(query "$1-1.vq" "SELECT count(DISTINCT fault) FROM trial JOIN fault_trial ON fault_trial.trial = trial.id
		WHERE status = 'ok' AND outcome = 'assisted-recovered' AND platform = 'kvm'")" = 2 ]
	ok $? "$1: faults of ring 0 are recovered from"
	agree "$1-1.vq" "$1-2.vq"
}

if can_run qemu-system-x86_64 busybox cpio modinfo; then
	deterministic_pair amd-v
	# shellcheck disable=SC2046,SC2086
	run_lab shadow.vq amd-v-shadow $(globs -b $ring0 $others) -f none -p kvm
	# shellcheck disable=SC2086
	proved shadow.vq deterministic $ring0 $others

	# Two CPUs, as the time of day goes.
	run_lab real.vq amd-v --real-time -b exit_ipi -b exit_hlt_wake -b exit_cpuid -f none -p kvm
	proved real.vq emulated exit_ipi exit_hlt_wake exit_cpuid

	# Two hosts: each waits for the other before it runs its plan.
	bounded "$vq" lab amd-v -b exit_cpuid -f none -p kvm --net "$work/a,$work/b" -o a.vq 2>err.a &
	first=$!
	run_lab b.vq amd-v -b exit_cpuid -f none -p kvm --net "$work/b,$work/a"
	wait $first
	ok $? "its peer runs"
	show err.a
	proved a.vq emulated exit_cpuid
else
	skip "AMD-V hosts" "$why"
fi

if can_run bochs-bin grub-mkrescue xorriso busybox cpio modinfo; then
	deterministic_pair vt-x
	# shellcheck disable=SC2046,SC2086
	run_lab noept.vq vt-x-noept $(globs -b $ring0 $others) -f none -p kvm
	# shellcheck disable=SC2086
	proved noept.vq deterministic $ring0 $others
else
	skip "VT-x hosts" "$why"
fi
done_testing
