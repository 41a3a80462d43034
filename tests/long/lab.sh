# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# What the tests of emulated hosts share, beside tap.sh, which they read before. An emulated host is
# booted for each run_lab: some 15 s for AMD-V, a minute for VT-x, three times that on a slow machine.
cd "$work" || exit 1
BOUND=900

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

# A whole Linux came up in the embedded VMM by PVH, served and measured.
boots_linux() { # FILE.vq EXECUTION
	[ "$(query "$1" "SELECT count(*) >= 2 AND sum(status = 'ok' AND execution = '$2') = count(*)
		FROM trial WHERE platform = 'kvm-linux'")" = 1 ]
	ok $? "$1: Linux boots by PVH, serves and measures"
	query "$1" "SELECT '# ' || status || ': ' || reason FROM trial WHERE status != 'ok'"
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
	_start=$(date +%s)
	run_vq lab "$@" -o "$_out"
	ok "$code" "lab $1 runs: ${_out%.vq}"
	echo "# $_out: $(($(date +%s) - _start)) s"
	[ "$code" -eq 0 ] || show err
}

# What a file says of its host.
has_fact() { # FILE.vq NAME VALUE
	_value=$(query "$1" "SELECT coalesce(value, 'not disclosed: ' || why) FROM fact WHERE name = '$2'")
	[ "$_value" = "$3" ]
	ok $? "$1: $2: $3"
	[ "$_value" = "$3" ] || echo "# it says: $_value"
}

# The plan of both vendors: all that only a real hypervisor proves.
full() { # NAME HOST
	# shellcheck disable=SC2046,SC2086
	run_lab "$1.vq" "$2" $(globs -b $ring0 $others) $(globs -f $faults)
}

# Benches of both rings and faults, each proved.
all_is_proved() { # FILE.vq
	# shellcheck disable=SC2086
	proved "$1" deterministic $ring0 $others
	exits_are_counted "$1"
	nothing_is_hardware "$1"
	[ "$(query "$1" "SELECT count(DISTINCT fault) FROM trial JOIN fault_trial ON fault_trial.trial = trial.id
		WHERE status = 'ok' AND outcome = 'assisted-recovered' AND platform = 'kvm'")" = 2 ]
	ok $? "$1: faults of ring 0 are recovered from"
}

# Without nested paging.
shadow() { # NAME HOST
	# shellcheck disable=SC2046,SC2086
	run_lab "$1.vq" "$2" $(globs -b $ring0 $others) -f none -p kvm
	# shellcheck disable=SC2086
	proved "$1.vq" deterministic $ring0 $others
}
