# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
# After lab.sh, in dom0 on the host under Xen: brings Xen's tools and libvirt up, runs the plan, sends
# the result file out through port 0xe9 and powers off. See xen.sh.
export PATH=/bin:/usr/sbin:/usr/lib/xen-4.17/bin
mkdir -p /proc /sys /dev /tmp /run /var /etc
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
mount -t tmpfs run /run
ln -s /run /var/run
mkdir -p /dev/pts /run/xen /run/lock /run/libvirt /var/lib/xen /var/lib/xenstored /var/lib/libvirt \
	/var/log/xen /var/log/libvirt /var/cache/libvirt
mount -t devpts devpts /dev/pts
ip link set lo up 2>/dev/null
echo root:x:0:0:root:/:/bin/sh >/etc/passwd
echo root:x:0: >/etc/group

# Settings: SEED and more that matters to deterministic hosts
# shellcheck disable=SC1091
. /lab/run/settings

while read -r module; do
	insmod "/lab/modules/$module" 2>>/tmp/insmod
done </lab/modules.list
mount -t xenfs xenfs /proc/xen 2>/dev/null
grep -q control_d /proc/xen/capabilities 2>/dev/null ||
	fail "this kernel is no dom0, or its modules are missing: $(tail -n 1 /tmp/insmod)"
say "dom0 is up: Linux $(uname -r), $(nproc) CPU(s)"
xenstored --pid-file /run/xenstored.pid || fail "xenstored does not start"
xen-init-dom0 >/tmp/init-dom0 2>&1 || fail "xen-init-dom0: $(tail -n 1 /tmp/init-dom0)"
xenconsoled --pid-file=/run/xenconsoled.pid || fail "xenconsoled does not start"
xl info >/tmp/info 2>&1 || fail "xl info: $(tail -n 1 /tmp/info)"
say "Xen is up: $(sed -n 's/^xen_version *: //p' /tmp/info)"
cat /tmp/info

# It was seen to crash; a service manager would start it again, too.
(while :; do
	libvirtd >>/tmp/libvirtd 2>&1
	sleep 0.2
done) &
tries=100
until [ -S /run/libvirt/libvirt-sock ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || fail "libvirtd does not start: $(tail -n 1 /tmp/libvirtd)"
	sleep 0.2
done

run_plan
