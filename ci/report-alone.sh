#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Build and test core/ and report/ where including a KVM, libvirt, hwloc or libpfm header is an
# error: a directory of headers that refuse stands first in the search path.
set -eu
B=${B:-build-report}
traps=$B/refused-headers

rm -rf "$traps"
for header in linux/kvm.h libvirt/libvirt.h hwloc.h perfmon/pfmlib.h yaml.h; do
	mkdir -p "$traps/$(dirname "$header")"
	echo "#error \"the report half includes <$header>\"" > "$traps/$header"
done
make --no-print-directory -j2 B="$B" CPPFLAGS="-isystem $traps -I. -D_GNU_SOURCE" check-report
