# shellcheck shell=sh disable=SC2034,SC2154
# SPDX-License-Identifier: Apache-2.0
# What image.sh does otherwise for the host under Xen, which reads this: Debian's full kernel as
# dom0's (the cloud kernel is none), and a base below program and plan, with Xen's tools, libvirt and
# all libraries that these load, and nothing else. Makes $WORK/xen, the hypervisor, too.
kernel_package=linux-image-amd64
kernel_kept='kernel-linux-image-*[0-9]-amd64-*'
kernel_modules='xen_evtchn xen_privcmd xen_gntdev xen_gntalloc xenfs'

packages='xen-hypervisor-4.17-amd64 xen-utils-4.17 xenstore-utils libvirt-daemon
	libvirt-daemon-driver-xen libvirt0 qemu-system-xen'
multiarch=usr/lib/x86_64-linux-gnu
xen_bin=usr/lib/xen-4.17/bin

# Debian's packages and all they depend on, as if nothing were installed here.
get() { # APT-GET'S ARGUMENTS
	# shellcheck disable=SC2086
	apt-get -q -y --no-install-recommends -o Dir::State::status="$WORK/apt/status" \
		-o Dir::Cache::archives="$WORK/apt/archives" -o Dir::Cache::pkgcache= \
		-o Dir::Cache::srcpkgcache= -o Debug::NoLocking=1 "$@" install $packages 2>"$WORK/apt/err"
}

fetch_packages() {
	echo "downloading Xen and libvirt"
	get --download-only >/dev/null ||
		fail "Debian 12's packages of Xen could not be had: $(tail -n 1 "$WORK/apt/err")"
	echo "unpacking Xen and libvirt"
	for package in "$WORK"/apt/archives/*.deb; do
		case ${package##*/} in
		perl* | python3* | libpython3* | systemd* | udev*) continue ;;
		esac
		dpkg-deb --fsys-tarfile "$package" | tar -x -C "$WORK/all"
	done
}

find_library() {
	for directory in $multiarch lib/x86_64-linux-gnu; do
		[ ! -e "$WORK/all/$directory/$1" ] || { echo "$directory/$1"; return; }
	done
}

take_needed() { # FILE
	readelf -d "$WORK/all/$1" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
		while read -r library; do
			case $library in
			ld-linux*) take lib64/"$library" ;;
			*) take "$(find_library "$library")" ;;
			esac
		done
}

# A file of the packages into the base, with the libraries that it loads.
take() { # FILE
	[ -n "$1" ] && [ ! -e "$WORK/base/$1" ] || return 0
	mkdir -p "$WORK/base/${1%/*}"
	cp -L "$WORK/all/$1" "$WORK/base/$1"
	take_needed "$1"
}

make_base() {
	mkdir -p "$WORK/all" "$WORK/base"
	fetch_packages
	for file in xl xenstored xenconsoled xen-init-dom0 libxl-save-helper; do
		take "$xen_bin/$file"
	done
	take usr/sbin/libvirtd
	# HVM: the device model, and what it and libxl read.
	for file in usr/libexec/xen-qemu-system-i386 usr/lib/xen-4.17/boot/hvmloader \
		usr/share/seabios/bios-256k.bin usr/share/qemu/keymaps/en-us; do
		take "$file"
	done
	take "$multiarch/libvirt/connection-driver/libvirt_driver_libxl.so"
	for library in libvirt.so.0 libvirt-lxc.so.0 libvirt-qemu.so.0 libxenforeignmemory.so.1; do
		take "$(find_library "$library")"
	done
	mkdir -p "$WORK/base/usr/share"
	cp -R "$WORK/all/usr/share/libvirt" "$WORK/base/usr/share/"
	# libvirt's Xen driver asks for a flag that this host's CPU has not.
	sed -i '/vme/d' "$WORK/base/usr/share/libvirt/cpu_map/x86_486.xml"
	mkdir "$WORK/kept"
	pack "$WORK/base" "$WORK/kept/base"
	gzip -dc "$WORK"/all/boot/xen-4.17-amd64.gz >"$WORK/kept/xen"
	mv -T "$WORK/kept" "$1" 2>/dev/null || rm -rf "$WORK/kept"
	rm -rf "$WORK/all" "$WORK/base"
}

# The versions that apt knows now name it; without apt's word, the newest that is kept.
take_base() {
	mkdir -p "$WORK/apt/archives/partial"
	: >"$WORK/apt/status"
	if versions=$(get --print-uris | sed -n "s/^'[^']*' \([^ ]*\) .*/\1/p") && [ -n "$versions" ]; then
		kept=$CACHE/xen-$({ echo "$versions" && cat "$WORK/host.sh"; } | sha256sum | cut -c 1-32)
	else
		kept=$(find "$CACHE" -maxdepth 1 -name 'xen-*' -printf '%T@ %p\n' | sort -n | tail -n 1 |
			cut -d ' ' -f 2-)
		[ -n "$kept" ] || fail "apt knows no Xen of Debian 12: $(tail -n 1 "$WORK/apt/err"); as root, run apt-get update"
	fi
	[ -f "$kept/xen" ] || make_base "$kept"
	# One is kept beside it: each is some 100 MB.
	touch "$kept"
	find "$CACHE" -maxdepth 1 -name 'xen-*' -printf '%T@ %p\n' | sort -rn | tail -n +3 |
		cut -d ' ' -f 2- | xargs -r rm -rf
	cp "$kept/xen" "$WORK/xen"
	base=$kept/base
}
take_base
