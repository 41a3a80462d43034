#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Install what is missing, and nothing else: ci/install.sh [run|iso|test|ci|lab]
#
#   run   what building and running needs (as without an argument)
#   iso   and what make iso needs
#   test  and what the tests need
#   ci    and what the checks of style and of errors need, and lab
#   lab   what emulated hosts need (virt-qualify lab), and nothing else
#
# Never asks. Where it may not install, it says what to install and goes on with what is there, so
# it exits 0 unless the set is unknown: the build says best what it cannot do without.
set -u

run='gcc make pkg-config libsqlite3-dev libjansson-dev libyaml-dev libhwloc-dev libpfm4-dev libvirt-dev'
run="$run qemu-system-x86 runc libvirt-daemon libvirt-daemon-driver-lxc libvirt-daemon-driver-qemu libvirt-clients kmod lz4"
lab='qemu-system-x86 bochs bochsbios vgabios grub-common grub-pc-bin xorriso busybox-static cpio kmod
	binutils xz-utils zstd lz4'
iso='grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools xz-utils qemu-utils binutils'
test='libcmocka-dev libgsl-dev perl scdoc man-db sqlite3 jq chromium libxml2-utils clang lld'
test="$test ovmf python3-jsonschema python3-prometheus-client podman"
ci='clang-format clang-tidy cppcheck libclang-rt-14-dev shellcheck'

say() {
	printf 'install.sh: %s\n' "$*" >&2
}

# Those of "$@" that are not installed. One query for all: it is most of the time this takes.
missing() {
	installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null |
		sed -n 's/^installed //p' | tr '\n' ' ')
	for package in "$@"; do
		case " $installed" in
		*" $package "*) ;;
		*) printf '%s ' "$package" ;;
		esac
	done
}

# apt-get as root, quiet: what it printed appears where it fails. Prompts have nowhere to go.
apt() {
	printed=$($become env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
		-o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold "$@" \
		2>&1 </dev/null) && return 0
	printf '%s\n' "$printed" | tail -n 20 >&2
	return 1
}

install_packages() {
	updated=
	# Package lists may be absent, as in fresh containers ...
	if ! apt-get -q -s install --no-install-recommends "$@" >/dev/null 2>&1; then
		apt update || return 1
		updated=1
	fi
	apt install --no-install-recommends "$@" && return 0
	# ... or so old that what they name is gone.
	[ -z "$updated" ] || return 1
	say 'once more, with new package lists'
	apt update && apt install --no-install-recommends "$@"
}

case "${1-run}" in
run) wanted=$run ;;
iso) wanted="$run $iso" ;;
test) wanted="$run $iso $test" ;;
lab) wanted=$lab ;;
ci) wanted="$run $iso $test $ci $lab" ;;
*)
	say "no set \"$1\"; write run, iso, test, ci or lab"
	exit 2
	;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
	say "this is no Debian; it needs what Debian 12 calls: $wanted"
	exit 0
fi

# shellcheck disable=SC2086 # lists of words, here and below
wanted=$(missing $wanted)
[ -n "$wanted" ] || exit 0
wanted=${wanted% }

if [ "$(id -u)" = 0 ]; then
	become=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
	become='sudo -n'
else
	say 'some packages are missing, and only root may install them; as root, run:'
	printf 'apt-get install --no-install-recommends %s\n' "$wanted" >&2
	exit 0
fi

say "installing $wanted"
# shellcheck disable=SC2086
install_packages $wanted || say "not everything could be installed; going on with what is there"
exit 0
