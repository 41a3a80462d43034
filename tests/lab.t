#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# virt-qualify lab, quick: what is refused, and that nothing is left. Hosts are booted by
# tests/long/lab-*.t.
# shellcheck source-path=SCRIPTDIR source=tap.sh
. "${0%/*}/tap.sh"
cd "$work" || exit 1
export XDG_CACHE_HOME="$work/cache"

# What a test leaves in the cache beside what is worth keeping.
nothing_left() { # NAME
	find cache -path '*/run-*' 2>/dev/null | grep . >left
	[ ! -s left ]
	ok $? "$1: nothing is left"
	show left
}

# A host's script is read by image.sh: a function of the same name would take the place of its own.
for script in $(cd "$root/ci/hosts" && grep -l 'image\.sh does otherwise' ./*.sh); do
	sed -n 's/^\([a-z_]*\)() .*/\1/p' "$root/ci/hosts/image.sh" "$root/ci/hosts/$script" |
		sort | uniq -d >twice
	[ ! -s twice ]
	ok $? "${script#./} takes the place of no function of image.sh"
	show twice
done

refuses 2 'no host given' "no host" lab
refuses 2 'no host "amd"' "an unknown host" lab amd
refuses 2 'did you mean "amd-v"' "the nearest host" lab amd-w
refuses 2 'no\.yaml' "a plan that is not there" lab amd-v no.yaml
refuses 2 '--kernel nowhere: No such file' "a kernel that is not there" lab amd-v --kernel nowhere
refuses 2 'it goes with --kernel' "modules of no kernel" lab amd-v --modules .
refuses 2 'vt-x has no network' "a network where there is none" lab vt-x --net a,b
refuses 2 'no clock but its instructions' "real time where there is none" lab vt-x --real-time
touch there.vq
refuses 2 'counts instructions has one CPU' "CPUs where instructions are counted" lab amd-v --cpus 2
refuses 2 'has two, always' "CPUs of Xen's host" lab xen --cpus 1
for bad in 0 17 x -1 ''; do
	refuses 2 "--cpus $bad" "--cpus '$bad'" lab amd-v --real-time --cpus "$bad"
done
refuses 4 'exists already' "an existing result file" lab amd-v -o there.vq
for bad in 0 -1 x 100000; do
	run_vq lab amd-v --timeout "$bad"
	[ "$code" -eq 2 ]
	ok $? "--timeout $bad"
done
for bad in a 'a,' ',b' 'a,b,c' 'a,a'; do
	run_vq lab amd-v --net "$bad"
	[ "$code" -eq 2 ]
	ok $? "--net $bad"
done

if ! command -v qemu-system-x86_64 >/dev/null || [ ! -x /bin/busybox ] || ! command -v cpio >/dev/null; then
	skip "booting" "qemu-system-x86, busybox-static or cpio is not installed (ci/install.sh lab)"
	done_testing
fi

# What ci/kernel.sh left when it was killed, and what it has now.
mkdir -p cache/virt-qualify/fetch-dead cache/virt-qualify/fetch-live
touch cache/virt-qualify/fetch-dead/lock cache/virt-qualify/fetch-dead/other
exec 8>cache/virt-qualify/fetch-live/lock
flock -n 8
echo nonsense >nonsense
refuses 4 'no x86 kernel that can boot' "a file that is no kernel" lab amd-v --kernel nonsense
nothing_left "a file that is no kernel"
[ ! -e cache/virt-qualify/fetch-dead ] && [ -e cache/virt-qualify/fetch-live/lock ]
ok $? "what fetched a kernel and died is cleared away, and what fetches one is not"
exec 8>&-

# It has the header of a kernel (boot protocol 2.15), and its code is zeros, which go on for ever.
{
	head -c 514 /dev/zero
	printf 'HdrS\017\002'
	head -c 36 /dev/zero
	printf '\377\377\377\177' # the initrd may lie anywhere
	head -c 100000 /dev/zero
} >empty-kernel
refuses 4 'not done after 5 s.*said nothing' "a kernel that does nothing" lab \
	amd-v --kernel empty-kernel --timeout 5
nothing_left "a kernel that does nothing"

# QEMU makes the socket in place of whatever has its name, and leaves it there.
refuses 4 'not done after 3 s' "a host on a network" lab amd-v --kernel empty-kernel --timeout 3 --net a,b
[ ! -e a ]
ok $? "its socket is gone with it"
echo dear >a
refuses 2 '--net a: File exists' "a network in place of a file" lab amd-v --kernel empty-kernel --net a,b
[ "$(cat a)" = dear ]
ok $? "the file is as it was"
rm a
refuses 2 '--net .*: File name too long' "a name too long for a socket" lab amd-v --kernel empty-kernel \
	--net "$work/$(printf '%0100d' 0),b"

# The boot code of these, at 0x200 in the file, jumps to 0x270 and writes the text at 0x290, byte by
# byte, to the serial port: mov $0x90,%si; mov $0x3f8,%dx; 1: cs lodsb; test %al,%al; jz 2f;
# out %al,(%dx); jmp 1b; 2: hlt; jmp 2b.
talking_kernel() { # TEXT
	head -c 512 empty-kernel
	printf '\353\156'
	head -c 624 empty-kernel | tail -c 110
	printf '\276\220\000\272\370\003\056\254\204\300\164\003\356\353\367\364\353\375'
	head -c 14 /dev/zero
	printf '%b\0' "$1"
	head -c 100000 /dev/zero
}
talking_kernel '[ 1.0] Kernel panic - not syncing: no hope\r\n' >kernel
refuses 4 'its kernel panicked: no hope$' "a kernel that panics" lab amd-v --kernel kernel --timeout 100
talking_kernel 'x\nlab: no such program\r\n[ 2.0] reboot: Power down\n' >kernel
refuses 4 'not done after 8 s \(no such program\)' "a kernel whose init gives up" lab \
	amd-v --kernel kernel --timeout 8
talking_kernel '\n\nXZ-compressed data is corrupt\n\n -- System halted' >kernel
refuses 4 'halted before it started: XZ-compressed data is corrupt' "a damaged kernel" lab \
	amd-v --kernel kernel --timeout 100
talking_kernel 'what\001 now?\n' >kernel
refuses 4 'last words: what\? now\?' "a kernel that gets stuck" lab amd-v --kernel kernel --timeout 8
nothing_left "a kernel that dies"

XDG_CACHE_HOME=/dev/full refuses 4 '/dev/full' "a cache that cannot be made" lab amd-v --kernel empty-kernel
refuses 4 'nowhere/x.vq: its directory: No such file' "no directory for the result" lab amd-v \
	--kernel empty-kernel -o nowhere/x.vq
if can_mount; then
	mkdir full
	# shellcheck disable=SC2016
	with_mounts sh -c 'mount -t tmpfs -o size=1m none full && XDG_CACHE_HOME=$PWD/full "$0" lab amd-v --kernel empty-kernel' \
		"$vq" 2>err
	code=$?
	[ $code -eq 4 ] && one_line 'full/virt-qualify only 0 MB are free'
	ok $? "a cache that is full"
	show err
else
	skip "a cache that is full" "only root may mount"
fi
# shellcheck disable=SC2016
unprivileged env XDG_CACHE_HOME=/ HOME=/ "$vq" lab amd-v --kernel /dev/null -o /tmp/x.vq 2>err
code=$?
[ $code -eq 4 ] && one_line '/virt-qualify: Permission denied'
ok $? "a cache that may not be made"
show err

# Not even as a zombie that its new parent is slow to reap.
# shellcheck disable=SC2317
is_gone() { # PID
	case $(sed 's/.*) //; s/ .*//' "/proc/$1/stat" 2>/dev/null) in
	'' | Z | X) return 0 ;;
	esac
	return 1
}

# Ctrl-C, and the death of the harness itself.
"$vq" lab amd-v --kernel empty-kernel --timeout 60 2>err &
pid=$!
tries=0
until pgrep -P $pid qemu >emulator || [ $tries -ge 300 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
kill -INT $pid
wait $pid
code=$?
[ $code -eq 4 ] && one_line 'interrupted'
ok $? "Ctrl-C ends it"
show err
[ -s emulator ] && until_true is_gone "$(cat emulator)"
ok $? "Ctrl-C: its emulator is gone"
nothing_left "Ctrl-C"

"$vq" lab amd-v --kernel empty-kernel --timeout 60 --net a,b -o taken.vq 2>err &
pid=$!
until_true test -S a
refuses 4 'taken.vq: exists already' "another one's result file" lab amd-v --kernel empty-kernel -o taken.vq
refuses 2 '--net a: Address already in use' "another host's socket" lab amd-v --kernel empty-kernel --net a,b
kill -INT $pid
wait $pid
[ ! -e a ] && [ ! -e taken.vq ]
ok $? "Ctrl-C: its socket is gone, and so is the name of its result file"

"$vq" lab amd-v --kernel empty-kernel --timeout 60 -o killed.vq 2>err &
pid=$!
tries=0
until pgrep -P $pid qemu >emulator || [ $tries -ge 300 ]; do
	sleep 0.1
	tries=$((tries + 1))
done
kill -KILL $pid
wait $pid 2>/dev/null
[ -s emulator ] && until_true is_gone "$(cat emulator)"
ok $? "killed: its emulator is gone with it"
refuses 4 'no x86 kernel' "the next run" lab amd-v --kernel nonsense
nothing_left "killed, once the next run came"
done_testing
