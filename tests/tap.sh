# shellcheck shell=sh
# SPDX-License-Identifier: Apache-2.0
# What the test scripts share: TAP 13, bounded commands, a work directory that goes away.
#
#	. "${0%/*}/tap.sh"
#	...
#	done_testing
#
# Every command is bounded: a test that hangs is a test that failed.

BOUND=${BOUND:-400} # seconds
B=${B:-build}
case $B in
/*) ;;
*) B=$PWD/$B ;;
esac
# shellcheck disable=SC2034
root=$(cd "${0%/*}/.." && pwd)
vq=$B/virt-qualify
if [ ! -x "$vq" ]; then
	echo "1..0 # SKIP $vq is not built"
	exit 0
fi
if ! work=$(mktemp -d) || ! chmod 755 "$work"; then
	echo "Bail out! no directory for temporary files"
	exit 1
fi
trap 'rm -rf "$work"' EXIT
trap 'exit 1' INT TERM HUP

# Our own changes to the host are noted here, not where the user's real runs note theirs.
export VIRT_QUALIFY_STATE="$work/state"
export NO_COLOR=1
mkdir -m 700 "$VIRT_QUALIFY_STATE"

tests=0
failures=0
echo "TAP version 13"

# Lines of a file as TAP diagnostics.
show() { # FILE...
	for _file in "$@"; do
		[ -s "$_file" ] && head -c 4000 "$_file" | sed "s,^,# ${_file##*/}: ,"
	done
}

ok() { # STATUS NAME
	tests=$((tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tests - $2"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $2"
	fi
}

skip() { # NAME WHY
	tests=$((tests + 1))
	echo "ok $tests - $1 # SKIP $2"
}

# All of the script is one.
skip_all() { # WHY
	echo "1..0 # SKIP $1"
	exit 0
}

# It is, where one of these is not installed.
needs() { # PROGRAM...
	for _program in "$@"; do
		command -v "$_program" >/dev/null ||
			skip_all "needs $_program; run: ci/install.sh test"
	done
}

done_testing() {
	echo "1..$tests"
	exit $((failures > 0))
}

bounded() { # COMMAND...
	timeout -s KILL "$BOUND" "$@"
}

# Run virt-qualify; leaves $code, $work/out and $work/err.
run_vq() { # ARGUMENT...
	bounded "$vq" "$@" >"$work/out" 2>"$work/err" </dev/null
	code=$?
}

# Is standard error one line that begins as ours do and matches?
one_line() { # PATTERN
	[ "$(wc -l <"$work/err")" -eq 1 ] && grep -q '^virt-qualify' "$work/err" &&
		grep -Eq -- "$1" "$work/err"
}

# Ends with that code, one line on standard error that matches, and nothing on standard output.
refuses() { # CODE PATTERN NAME ARGUMENT...
	_code=$1 _pattern=$2 _name=$3
	shift 3
	run_vq "$@"
	if [ $code -eq "$_code" ] && one_line "$_pattern" && [ ! -s "$work/out" ]; then
		ok 0 "$_name"
	else
		ok 1 "$_name"
		echo "# virt-qualify $* ended with $code, expected $_code and: $_pattern"
		show "$work/out" "$work/err"
	fi
}

# Ends with 0.
accepts() { # NAME ARGUMENT...
	_name=$1
	shift
	run_vq "$@"
	ok $code "$_name"
	[ $code -eq 0 ] || show "$work/err"
}

# Poll until a command succeeds, for at most BOUND seconds.
until_true() { # COMMAND...
	_end=$(($(date +%s) + BOUND))
	until "$@"; do
		[ "$(date +%s)" -lt $_end ] || return 1
		sleep 0.02
	done
}

is_root() {
	[ "$(id -u)" -eq 0 ]
}

# Run as somebody without privileges: nobody where we are root, else who we are.
unprivileged() { # COMMAND...
	if is_root; then
		bounded setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		bounded "$@"
	fi
}

# Run with mounts of our own, which end with the command.
with_mounts() { # COMMAND...
	bounded unshare -m --propagation private "$@"
}

can_mount() {
	is_root && with_mounts mount -t tmpfs -o size=64k none "$work/state" 2>/dev/null
}

# Platforms that this user may use: a device that can be opened must then work.
kvm_is_here() {
	[ -r /dev/kvm ] && [ -w /dev/kvm ]
}

# How many trials a result file holds; nothing where it cannot be read.
trials_in() { # FILE.vq
	sqlite3 -readonly "$1" 'SELECT count(*) FROM trial' 2>/dev/null
}
