#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Variants that set a parameter of KVM's modules: set for their trials alone, written down before,
# restored after each, and by `recover` after a crash of everything. KVM's own may be read-only, and
# are everybody's: in mounts and a network of this test's own, the attributes of its loopback device
# stand in their place.
if [ -z "$VQ_PARAMETERS" ]; then
	if ! [ -d /sys/module/kvm/parameters ] || ! unshare -m -n --propagation private \
		sh -c 'mount -t sysfs none /mnt && test -w /mnt/class/net/lo/tx_queue_len' 2>/dev/null; then
		skip_all "needs root, mounts and network namespaces, and the module kvm"
	fi
	VQ_PARAMETERS=1 exec unshare -m -n --propagation private "$0"
fi
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${0%/*}/tap.sh"
cd "$work" || exit 1
mkdir sys && mount -t sysfs none sys && mount --bind sys/class/net/lo /sys/module/kvm/parameters &&
	umount sys || exit 1
file=/sys/module/kvm/parameters/tx_queue_len
before=$(cat $file)

query() { # FILE.vq SQL
	bounded sqlite3 -readonly "$1" "$2" | tr '\n' ' ' | sed 's/ $//'
}

is() { # EXPECTED ACTUAL NAME
	[ "$1" = "$2" ]
	ok $? "$3"
	[ "$1" = "$2" ] || echo "# expected $1, got $2"
}

if ! kvm_is_here; then
	skip "parameters" "/dev/kvm cannot be opened"
	done_testing
fi

run_vq list variants
grep -q '^    can be set here: ' out && grep -q 'tx_queue_len' out && grep '^  kvm.PARAM=VALUE ' out | grep -q ' yes '
ok $? "list says what can be set"
cat >plan.yaml <<'END'
plan: parameters
platforms: kvm
variants:
  base: {}
  long: {kvm.tx_queue_len: 1777}
benches:
  - match: exit_cpuid
    trials: 6
END
accepts "without leave" run plan.yaml -o asked.vq
is "long changes the host" "$(query asked.vq "SELECT 'long changes the host' FROM skip
	WHERE what = 'kvm/long' AND why LIKE '%--allow-host-faults'")" "nothing is set, and that is said"
accepts "with leave" run plan.yaml --allow-host-faults -o v.vq
# One may fail on a busy machine.
is "base long" "$(query v.vq "SELECT DISTINCT variant FROM trial WHERE status = 'ok' ORDER BY 1")" \
	"both variants are measured"
is "long kvm.tx_queue_len is 1777, and was $before" "$(query v.vq "SELECT DISTINCT variant || ' ' || what
	FROM event JOIN trial ON event.trial = trial.id WHERE subject = 'host'")" \
	"each of its trials says what was set, and no other"
is 6 "$(query v.vq "SELECT count(*) FROM event WHERE subject = 'host'")" "once"
is "$before" "$(cat $file)" "it is restored"
run_vq compare v.vq --by variant
grep -q 'kvm.tx_queue_len=1777' out
ok $? "they are compared"
show err

# A value that the kernel does not take.
sed 's/1777/none/' plan.yaml >bad.yaml
run_vq run bad.yaml --allow-host-faults -o bad.vq
[ $code -eq 4 ] && grep -q 'without one valid trial, the first: .*does not take "none"' err
ok $? "a value that is none: no trial, and why"
is "$before" "$(cat $file)" "nothing is changed then"
refuses 2 "no parameter of a kernel module is called so" "a name that leads elsewhere" \
	run -p kvm --variant a:kvm.a.b=1 --allow-host-faults -o no.vq

# Killed while it is set: everything, so that nobody is left to heal.
# shellcheck disable=SC2317
is_set() {
	[ "$(cat $file)" = 1777 ]
}
# By thread: a process may seem a zombie while its other threads still end, and hold the journal.
# shellcheck disable=SC2317
is_gone() {
	[ -z "$(ps -L -o stat= --sid "$session" | awk '!/^Z/')" ]
}
sed 's/trials: 6/trials: 100000/' plan.yaml >endless.yaml
setsid "$vq" run endless.yaml --allow-host-faults -o killed.vq >/dev/null 2>&1 &
session=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	until_true is_set
	# shellcheck disable=SC2046
	kill -STOP $(ps -o pid= --sid $session) 2>/dev/null
	is_set && break # else it was restored between the look and the signal
	# shellcheck disable=SC2046
	kill -CONT $(ps -o pid= --sid $session) 2>/dev/null
done
is 1777 "$(cat $file)" "it is set while a trial runs"
# shellcheck disable=SC2046
kill -KILL $(ps -o pid= --sid $session)
wait $session 2>/dev/null
until_true is_gone
is 1777 "$(cat $file)" "killed, the run leaves it"
run_vq recover
[ $code -eq 0 ] && grep -q "$file" out
ok $? "recover says what it wrote back"
show out err
is "$before" "$(cat $file)" "and it is restored"
accepts "recover again has nothing to do" recover
done_testing
