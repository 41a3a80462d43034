#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What an emulated host boots: $WORK/vmlinuz and $WORK/initrd, and $WORK/boot.iso where ISO=1.
#
#	CACHE    directory for what is worth keeping: kernels, and the initrd's larger part
#	WORK     directory of this run, in CACHE; has plan.yaml, settings, init
#	PROGRAM  virt-qualify itself
#	KERNEL   bzImage, or empty: Debian's cloud kernel
#	MODULES  directory with KERNEL's modules, or empty
#	WANTED   modules to load, with all they need
#	APPEND   the kernel's command line (for the ISO)
#	GUEST    bzImage for guests with a whole Linux, or empty: KERNEL
#	ONLY_KERNEL  not empty: fetch the kernel into CACHE, and that is all
#
# A host that boots otherwise has a script of its own, $WORK/host.sh, which is read before anything
# is made: it may set what stands under "Unless", and makes what else the host needs.
#
# Prints what it is doing, a line each. What fails says so on stderr; its last line is the reason.
set -eu
export LC_ALL=C

fail() {
	echo "$*" >&2
	exit 1
}

# Unless a host has others:
kernel_package=linux-image-cloud-amd64
kernel_kept='kernel-*-cloud-*' # its name in the cache
kernel_modules='kvm_amd kvm_intel virtio_pci virtio_net'
base= # initrd that lies below

# ---- The kernel ----

# The package that kernel_package stands for now, and its version.
newest_package() {
	package=$(apt-cache depends "$kernel_package" 2>/dev/null |
		sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\)$/\1/p' | head -n 1)
	[ -n "$package" ] || return 1
	version=$(apt-cache show "$package" | sed -n 's/^Version: //p' | head -n 1)
	[ -n "$version" ]
}

# Unpack a kernel package into $1: the kernel, and the modules that any host may want.
unpack_kernel() {
	mkdir -p "$WORK/all"
	dpkg-deb --fsys-tarfile "$WORK"/*.deb | tar -x -C "$WORK/all"
	mkdir -p "$1/modules"
	cp "$WORK"/all/boot/vmlinuz-* "$1/vmlinuz"
	MODULES=$WORK/all/lib/modules
	# shellcheck disable=SC2086
	for module in $(in_order $kernel_modules); do
		cp "$(find_module "$module")" "$1/modules/"
	done
	rm -rf "$WORK/all" "$WORK"/*.deb
}

debian_kernel() {
	if newest_package; then
		kept=$CACHE/kernel-$package-$version
	else
		kept=$(find "$CACHE" -maxdepth 1 -name "$kernel_kept" | sort -V | tail -n 1)
		[ -n "$kept" ] || fail "no kernel: apt knows no $kernel_package; as root, run apt-get update, or give --kernel BZIMAGE"
	fi
	if [ ! -d "$kept" ]; then
		# Without it modules would be kept that lack what they need.
		command -v modinfo >/dev/null || fail "modinfo is missing; install kmod"
		echo "downloading $package $version"
		(cd "$WORK" && apt-get -q -o APT::Sandbox::User=root download "$package=$version") >/dev/null ||
			fail "$package could not be downloaded; is the network there? --kernel BZIMAGE needs none"
		echo "unpacking $package"
		mkdir "$WORK/kernel"
		unpack_kernel "$WORK/kernel"
		# Another run may have been faster.
		mv -T "$WORK/kernel" "$kept" 2>/dev/null || rm -rf "$WORK/kernel"
	fi
	KERNEL=$kept/vmlinuz
	MODULES=$kept/modules
}

check_kernel() {
	if [ ! -f "$KERNEL" ] || [ ! -r "$KERNEL" ]; then
		fail "$KERNEL: not a file that can be read"
	fi
	# Documentation/arch/x86/boot.rst: the header's magic number
	magic=$(dd if="$KERNEL" bs=1 skip=514 count=4 2>/dev/null | tr -d '\0')
	[ "$magic" = HdrS ] || fail "$KERNEL: no x86 kernel that can boot (bzImage)"
}

# ---- Modules ----

find_module() {
	find "$MODULES" -name "$(printf '%s' "$1" | sed 's/[-_]/[-_]/g').ko*" | head -n 1
}

# Those modules of "$@" that there are, each after all that it needs.
in_order() {
	for name; do
		file=$(find_module "$name")
		[ -n "$file" ] || continue
		# shellcheck disable=SC2046
		in_order $(modinfo -F depends "$file" | tr , ' ')
		echo "$name"
	done | awk '!seen[$0]++'
}

unpack_module() { # FILE TO
	case $1 in
	*.xz) xz -dc "$1" ;;
	*.zst) zstd -qdc "$1" ;;
	*.gz) gzip -dc "$1" ;;
	*) cat "$1" ;;
	esac >"$2"
}

take_modules() { # ROOT
	mkdir -p "$1/lab/modules"
	: >"$1/lab/modules.list"
	[ -n "$MODULES" ] || return 0
	# shellcheck disable=SC2086
	for module in $(in_order $WANTED); do
		unpack_module "$(find_module "$module")" "$1/lab/modules/$module.ko"
		echo "$module.ko" >>"$1/lab/modules.list"
	done
}

# ---- The initrd: what stays the same, then this run's plan ----

take_libraries() { # ROOT PROGRAM
	for library in $(ldd "$2" | grep -o '/[^ ]*'); do
		mkdir -p "$1/${library%/*}"
		cp -L "$library" "$1/$library"
	done
}

take_program() { # ROOT
	mkdir -p "$1/bin"
	cp /bin/busybox "$1/bin/busybox"
	strip -o "$1/bin/virt-qualify" "$PROGRAM" 2>/dev/null || cp "$PROGRAM" "$1/bin/virt-qualify"
	chmod 755 "$1/bin/virt-qualify"
	take_libraries "$1" "$PROGRAM"
}

pack() { # ROOT OUT
	(cd "$1" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) >"$2"
}

common_part() {
	root=$WORK/root
	mkdir -p "$root/dev" "$root/proc" "$root/sys" "$root/tmp"
	take_program "$root"
	take_modules "$root"
	cp "$WORK/init" "$root/init"
	chmod 755 "$root/init"
	key=$(cd "$root" && find . -type f | LC_ALL=C sort | xargs sha256sum | sha256sum | cut -c 1-32)
	common=$CACHE/initrd-$key
	if [ ! -f "$common" ]; then
		echo "packing the initrd"
		pack "$root" "$WORK/common"
		mv "$WORK/common" "$common"
		# The few newest are enough: each change of the program makes another.
		find "$CACHE" -maxdepth 1 -name 'initrd-*' -printf '%T@ %p\n' | sort -rn | tail -n +9 |
			cut -d ' ' -f 2- | xargs -r rm -f
	else
		touch "$common"
	fi
	rm -rf "$root"
}

# With libraries; where there is none, the host does without.
take_tool() { # ROOT NAME
	tool=$(command -v "$2") || return 0
	mkdir -p "$1/bin"
	cp -L "$tool" "$1/bin/$2"
	take_libraries "$1" "$tool"
}

# Only for plans that ask for it: it makes the initrd half as large again.
take_linux() { # ROOT
	grep -q -e '-linux' "$WORK/plan.yaml" || return 0
	cp "${GUEST:-$KERNEL}" "$1/lab/linux"
	# busybox has what else may unpack a kernel.
	take_tool "$1" lz4
	take_tool "$1" zstd
}

own_part() {
	mkdir -p "$WORK/own/lab/run"
	cp "$WORK/plan.yaml" "$WORK/settings" "$WORK/own/lab/run/"
	take_linux "$WORK/own"
	pack "$WORK/own" "$WORK/own.cpio"
}

make_iso() {
	echo "making the boot image"
	tree=$WORK/iso
	mkdir -p "$tree/boot/grub"
	cp "$WORK/vmlinuz" "$WORK/initrd" "$tree/boot/"
	cat >"$tree/boot/grub/grub.cfg" <<EOF
set timeout=0
menuentry lab {
	linux /boot/vmlinuz $APPEND
	initrd /boot/initrd
}
EOF
	grub-mkrescue -d /usr/lib/grub/i386-pc -o "$WORK/boot.iso" "$tree" >/dev/null 2>"$WORK/mkrescue" ||
		fail "grub-mkrescue: $(tail -n 1 "$WORK/mkrescue")"
	rm -rf "$tree"
}

if [ -f "$WORK/host.sh" ]; then
	# shellcheck source=/dev/null
	. "$WORK/host.sh"
fi
if [ -z "$KERNEL" ]; then
	debian_kernel
fi
check_kernel
[ -z "${ONLY_KERNEL-}" ] || exit 0
cp "$KERNEL" "$WORK/vmlinuz"
common_part
own_part
cat ${base:+"$base"} "$common" "$WORK/own.cpio" >"$WORK/initrd"
[ -z "${ISO-}" ] || make_iso
