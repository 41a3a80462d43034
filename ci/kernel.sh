#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Fetch Debian's cloud kernel into the cache, where the platforms qemu-*-linux and the labs look for
# it. Nothing is installed. Says why where it cannot, and exits 1.
set -u
here=$(cd "$(dirname "$0")" && pwd)
case ${XDG_CACHE_HOME-} in # as harness/home.c
/*) CACHE=$XDG_CACHE_HOME/virt-qualify ;;
*) CACHE=${HOME:?is not set}/.cache/virt-qualify ;;
esac

for kernel in "$CACHE"/kernel-*/vmlinuz; do
	[ ! -r "$kernel" ] || exit 0
done
mkdir -p "$CACHE" && WORK=$(mktemp -d "$CACHE/fetch-XXXXXX") || exit 1
# As long as it is held, no lab takes the directory for a dead one's and removes it.
exec 9>"$WORK/lock" && flock -n 9 || exit 1
trap 'rm -rf "$WORK"' EXIT
trap 'exit 1' INT TERM HUP
export CACHE WORK
ONLY_KERNEL=1 KERNEL='' MODULES='' sh "$here/hosts/image.sh" >&2
