#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The platform `libvirt`: URIs that lead somewhere (libvirt's test driver), nowhere, or that nobody
# should follow; and a domain whose harness is killed.
# shellcheck disable=SC2317 # much is called through until_true and trap
. "${0%/*}/tap.sh"
cd "$work" || exit 1

needs sqlite3 jq virsh
timeout 10 virsh -c test:///default version >virsh.out 2>&1 ||
	skip_all "virsh has no test driver: $(tail -n 1 virsh.out)"

life() { # URI
	rm -f x.vq
	run_vq run --preset smoke -p "libvirt:$1" -b 'life_*' -f none -o x.vq
}

query() { # SQL
	sqlite3 x.vq "$1"
}

# ---- The test driver ----

life test:///default
ok $code "test:///default: a plan runs"
[ "$(query "SELECT count(DISTINCT bench) = 4 AND min(status = 'ok') AND
	min(execution = 'emulated') FROM trial")" = 1 ]
ok $? "its domains' life cycle is measured, and not said to be hardware"
[ "$(query "SELECT label FROM platform")" = "libvirt (test:///default), no guest" ]
ok $? "the label names the URI, and that no guest is there"
[ "$(query "SELECT count(*) > 3 AND min(why LIKE '%make iso%') FROM skip")" = 1 ]
ok $? "what needs a guest is skipped, and the way to have it told"
query "SELECT plan FROM run" | grep -q 'platforms: \["libvirt:test:///default"\]'
ok $? "the plan that is kept has the URI"

rm -f x.vq
printf '%s\n' 'platforms: ["libvirt:test:///default"]' 'benches:' '  - match: life_create' \
	'    trials: 2' >plan.yaml
accepts "a plan names a URI" run plan.yaml -o x.vq

rm -f x.vq
run_vq run --preset smoke -p libvirt:test:///default -f guest_hang -b none -o x.vq
[ $code -eq 77 ] && grep -q 'make iso' err
ok $? "a fault in an empty domain is a skip"

# ---- None, and some that are refused ----

run_vq list -F json platforms
[ "$(jq -r '.platforms[] | select(.name == "libvirt") | .works, (.why_not | test("-p libvirt:URI"))' \
	out | xargs)" = "false true" ]
ok $? "without a URI, list says how to give one"
rm -f x.vq
run_vq run --preset smoke -p libvirt -b 'life_*' -f none -o x.vq
[ $code -eq 77 ] && grep -q 'no URI was given' err
ok $? "a run without one has nothing to do"

bad() { # PATTERN URI NAME
	refuses 2 "$1" "$3" run --preset smoke -p "libvirt:$2" -o y.vq
}

bad 'missing' '' "no URI behind the colon"
bad 'no URI' nonsense "what is no URI"
bad 'character' 'test:///a b' "a space"
bad 'character' "$(printf 'test:///\033[31m')" "an escape sequence"
bad 'character' "test:///'><x/>" "quotes and marks of XML"
bad 'too long' "test:///$(printf '%0400d' 0)" "a long one"
bad 'auth.conf' 'esx://root:hunter2@host/' "a password"
! grep -rq hunter2 "$work/err" "$work/out"
ok $? "which is not repeated"
bad 'runs a program' 'qemu+ext:///system?command=/bin/true' "a program as transport"
bad 'runs a program' 'qemu+ssh://host/system?command=/bin/true' "a program as ssh"
bad 'begin with -' 'qemu+ssh://-oProxyCommand=true/system' "an option as a host"
refuses 2 'two different URIs' "two URIs" run --preset smoke -p libvirt:test:///default \
	-p libvirt:nosuch:/// -o y.vq
refuses 2 'nothing may follow' "a URI for another platform" run --preset smoke -p kvm:test:/// -o y.vq
[ ! -e y.vq ]
ok $? "none of them leaves a file"

nowhere() { # URI PATTERN
	life "$1"
	[ $code -eq 77 ] && grep -Eq "^virt-qualify: .*$2" err && [ "$(wc -l <err)" -eq 3 ]
	ok $? "$1: skipped, with the reason"
	[ $code -eq 77 ] || show err
}

nowhere qemu+tcp://127.0.0.1:1/system 'refused'
nowhere nosuch:/// 'does not connect'
nowhere test:///nonexistent 'does not connect'

# ---- A driver that keeps domains, and a harness that is killed ----

if [ "$(id -u)" -ne 0 ] || ! daemon=$(command -v libvirtd || ls /usr/sbin/libvirtd 2>/dev/null); then
	skip "a killed harness leaves no domain" "needs root and libvirtd"
	done_testing
fi
mkdir drivers
printf '%s\n' "unix_sock_dir = \"$work\"" 'auth_unix_rw = "none"' 'auth_unix_ro = "none"' \
	"log_outputs = \"3:file:$work/log\"" >conf
env XDG_RUNTIME_DIR="$work" XDG_CONFIG_HOME="$work" XDG_CACHE_HOME="$work" \
	LIBVIRT_DRIVER_DIR="$work/drivers" timeout "$BOUND" "$daemon" -f conf -p "$work/pid" \
	>daemon.out 2>&1 &
daemon=$!
trap 'kill $daemon $holder 2>/dev/null; rm -rf "$work"' EXIT
holder=
until_true test -S libvirt-sock
uri="test+unix:///default?socket=$work/libvirt-sock"
# The test driver forgets its domains when nobody is connected.
mkfifo hold
timeout "$BOUND" virsh -c "$uri" <hold >holder.out 2>&1 &
holder=$!
exec 9>hold
echo list >&9

domains() {
	timeout 10 virsh -c "$uri" list --all --name | grep -c '^virt-qualify-'
}

# A trial that is held while its domain is there.
hold_trial() {
	# shellcheck disable=SC2013 # words are wanted
	for trial in $(cat "/proc/$harness/task/$harness/children" 2>/dev/null); do
		kill -STOP "$trial" 2>/dev/null || continue
		[ "$(domains)" -ne 1 ] || return 0
		kill -CONT "$trial" 2>/dev/null
	done
	! kill -0 "$harness" 2>/dev/null # it is over, and so is the wait
}

printf '%s\n' "platforms: [\"libvirt:$uri\"]" 'benches:' '  - match: life_pause' \
	'    trials: 100000' >plan.yaml
"$vq" run plan.yaml -o k.vq >out 2>err </dev/null &
harness=$!
until_true hold_trial
[ "$(domains)" -eq 1 ]
ok $? "a domain is there"
show err
kill -KILL $harness
no_domains() {
	[ "$(domains)" -eq 0 ]
}
until_true no_domains
ok $? "a killed harness leaves no domain"

# ---- Interrupted before its first trial ----

# It takes a connection, and says nothing.
cat >silent.pl <<'EOF'
use IO::Socket::UNIX;
my $s = IO::Socket::UNIX->new(Type => SOCK_STREAM, Local => "silent", Listen => 5) or die;
my $c = $s->accept;
open my $f, ">", "accepted";
close $f;
sleep 300;
EOF
perl silent.pl &
silent=$!
until_true test -S silent
rm -f k.vq
"$vq" run --preset smoke -p "libvirt:qemu+unix:///system?socket=$work/silent" -b life_create -f none \
	-o k.vq >out 2>err </dev/null &
harness=$!
until_true test -e accepted
kill -INT $harness
wait $harness
code=$?
kill $silent
[ $code -eq 4 ] && grep -q '^virt-qualify: interrupted' err
ok $? "Ctrl-C while a URI is tried: interrupted, and no mere skip"
[ $code -eq 4 ] || show err
[ "$(sqlite3 k.vq 'SELECT interrupted FROM run')" = 1 ]
ok $? "and so the file says"

# ---- Domains that exist already ----

# In a PID namespace of its own a guest process is one of the first few hundred.
i=0
while [ $i -lt 400 ]; do
	i=$((i + 1))
	printf "<domain type='test'><name>virt-qualify-%d-1</name><memory>4096</memory><os>\
<type arch='i686'>hvm</type></os></domain>\n" $i >theirs.$i.xml
	echo "define $work/theirs.$i.xml"
done >define
timeout "$BOUND" virsh -c "$uri" <define >virsh.out 2>&1
timeout 10 virsh -c "$uri" list --all --uuid | sort >before
if [ "$(domains)" -eq 400 ] && unshare --pid --fork --mount-proc true 2>/dev/null; then
	rm -f k.vq
	printf '%s\n' "platforms: [\"libvirt:$uri\"]" 'benches:' '  - match: life_create' \
		'    trials: 3' >plan.yaml
	bounded unshare --pid --fork --mount-proc "$vq" run plan.yaml -o k.vq >out 2>err </dev/null
	[ "$(sqlite3 k.vq "SELECT count(*) = 3 AND min(status = 'failed') AND
		min(reason LIKE '%there is a domain called virt-qualify-%') FROM trial")" = 1 ]
	ok $? "a name that is somebody's domain is not taken"
	timeout 10 virsh -c "$uri" list --all --uuid | sort | cmp -s - before
	ok $? "which is left alone"
else
	skip "a name that is somebody's domain is not taken" "needs a PID namespace"
fi
exec 9>&-

done_testing
