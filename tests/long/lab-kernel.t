#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A kernel of the user's own in a lab: Debian's 6.12 from its backports beside the 6.1 that the lab
# takes by itself. The report names it, exits differ by exact instructions, and a kernel or modules
# that are damaged or another's are refused with the reason, in little time.
# shellcheck source-path=SCRIPTDIR source=../tap.sh
. "$(dirname "$0")/../tap.sh"
# shellcheck source-path=SCRIPTDIR source=lab.sh
. "$(dirname "$0")/lab.sh"

meta=linux-image-6.12-cloud-amd64

# Unpack the package into the user's cache, where it stays; sets $kernel and $modules.
fetch_kernel() {
	package=$(cd / && apt-cache depends "$meta" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
	if [ -z "$package" ]; then
		why="apt knows no $meta, of Debian 12's backports"
		return 1
	fi
	kept=${XDG_CACHE_HOME:-$HOME/.cache}/virt-qualify/test-$package
	if [ ! -d "$kept" ]; then
		mkdir -p "$work/download" "${kept%/*}"
		(cd "$work/download" && bounded apt-get -q download "$package" >/dev/null 2>&1 &&
			dpkg-deb -x ./*.deb "$work/package") || {
			why="$package could not be downloaded"
			return 1
		}
		mv -T "$work/package" "$kept"
	fi
	release=${package#linux-image-}
	kernel=$kept/boot/vmlinuz-$release
	modules=$kept/lib/modules/$release
}

# An error of one line, and soon.
dies() { # PATTERN NAME KERNEL MODULES
	refuses 4 "$1" "$2" lab amd-v --kernel "$3" --modules "$4" -b exit_cpuid -f none -p kvm --timeout 300
}

if ! can_run qemu-system-x86_64 busybox cpio modinfo zstd || ! fetch_kernel; then
	skip "a kernel of one's own" "$why"
	done_testing
fi
benches='-b exit_cpuid -b exit_hypercall -b exit_pio_user -f none -p kvm'
# shellcheck disable=SC2086
run_lab own.vq amd-v --kernel "$kernel" --modules "$modules" $benches
proved own.vq deterministic exit_cpuid exit_hypercall exit_pio_user
has_fact own.vq kernel.release "$release"

# As somebody who is not root and has an empty cache: Debian's own kernel comes from the network.
mkdir -m 777 user
# shellcheck disable=SC2086
(cd user && unprivileged env HOME="$work/user" XDG_CACHE_HOME="$work/user/cache" \
	"$vq" lab amd-v $benches -o "$work/user/debian.vq") >out 2>err
code=$?
ok $code "an ordinary user runs Debian's kernel"
[ $code -eq 0 ] || show err
run_vq compare user/debian.vq own.vq
grep -q "Linux $release.* instructions deterministic .*regressed" out && ! grep -q '[0-9] ns ' out
ok $? "the two are compared, in instructions"
show err

head -c 9000000 "$kernel" >short
dies 'its kernel halted|went down without a result' "a kernel cut short" short "$modules"
cp "$kernel" flipped
printf 'other bytes' | dd of=flipped bs=1 seek=9000000 conv=notrunc 2>/dev/null
dies 'its kernel halted before it started: .*corrupt' "a kernel with other bytes" flipped "$modules"
mkdir empty others
dies 'no KVM built in' "no modules" "$kernel" "$work/empty"
find "${kept%/*}" -path '*/kernel-linux-image-*/modules/*' -exec cp {} others/ ';'
dies "KVM's modules do not load \\(were they built for another kernel" "modules of another kernel" \
	"$kernel" "$work/others"
done_testing
