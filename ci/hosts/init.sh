# shellcheck shell=dash
# SPDX-License-Identifier: Apache-2.0
# After lab.sh, on a host with KVM: brings it up, runs the plan, sends the result file out through
# port 0xe9 and powers off.
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
ip link set lo up 2>/dev/null

# Settings: MODULE, MODULE_OPTIONS, SEED, ADDRESS, PEER. Nothing else of this run: a deterministic host must not
# feel its name or date.
# shellcheck disable=SC1091
. /lab/run/settings

say "the host is up: Linux $(uname -r), $(nproc) CPU(s)"
while read -r module; do
	options=
	# shellcheck disable=SC2153 # from the settings
	[ "$module" != "$MODULE.ko" ] || options=$MODULE_OPTIONS
	# shellcheck disable=SC2086 # a list
	insmod "/lab/modules/$module" $options 2>>/tmp/insmod
done </lab/modules.list

# The host's own peer, for plans that need two hosts.
if [ -n "$ADDRESS" ]; then
	if ! ip addr add "$ADDRESS/24" dev eth0 || ! ip link set eth0 up; then
		fail "no network: this kernel has no virtio_net, neither built in nor among its modules"
	fi
	tries=120
	until ping -c 1 -W 1 "$PEER" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "the other host ($PEER) did not answer in time"
		sleep 0.5
	done
	say "the other host answers: $PEER"
fi

if [ ! -e /dev/kvm ]; then
	why=$(dmesg | grep -i 'kvm\|svm\|vmx\|RT requires' | tail -n 1 | cut -d ']' -f 2-)
	[ -n "$why" ] || why=$(tail -n 1 /tmp/insmod)
	case $why in
	*CONSTANT_TSC*) why="$why, which this host's processor has not; take lab vt-x" ;;
	esac
	if [ -d "/sys/module/kvm" ]; then
		fail "the kernel has KVM, but no /dev/kvm came up: ${why:-no reason given}"
	elif grep -q . /lab/modules.list; then
		fail "KVM's modules do not load (were they built for another kernel?): ${why:-no reason given}"
	else
		# shellcheck disable=SC2153
		fail "this kernel has no KVM built in, and no modules were given: build it with CONFIG_KVM and $MODULE, or add --modules DIR"
	fi
fi

# Addresses vary from trial to trial by the kernel's random numbers: other seed, other layouts.
echo "$SEED" >/dev/urandom
run_plan
