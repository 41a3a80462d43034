#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# A disk that is full, a file at its size limit, a directory that cannot be written: the run ends
# with 4 and one line, and the trials that were finished are in the file.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

# More trials than any of the limits below has room for.
cat >plan.yaml <<'PLAN'
plan: many
seed: 1
platforms: native
benches:
  - match: guest_rdtsc
    trials: 20000
    batches: 1000
    samples: 4
PLAN

# Is what a run that broke off left behind readable, unfinished, and without a hole?
is_kept() { # FILE.vq NAME
	accepts "$2: the file opens" report "$1"
	grep -q 'it has no end' out
	ok $? "$2: the report says that the run was cut off"
	rows=$(sqlite3 -readonly "$1" "SELECT count(*) > 0 AND max(ordinal) = count(*) - 1
		AND sum(status = 'ok') > 0 FROM trial")
	[ "$rows" = 1 ]
	ok $? "$2: the finished trials are in it, without a gap"
	[ ! -e "$1-journal" ]
	ok $? "$2: no journal is left beside it"
}

ended_well() { # PATTERN NAME
	[ "$code" -eq 4 ] && one_line "$1" && [ ! -s out ]
	ok $? "$2: ends with 4 and one line"
	[ "$code" -eq 4 ] || echo "# ended with $code"
	show err
}

needs sqlite3

# ---- A full disk ----

if can_mount; then
	mkdir small
	# shellcheck disable=SC2016
	with_mounts sh -c 'mount -t tmpfs -o size=1m none small && cd small &&
		"$1" run ../plan.yaml -o full.vq >../out 2>../err
		echo $? >../ended
		"$1" report full.vq >../report 2>&1
		echo $? >>../ended
		cp full.vq* ..' sh "$vq"
	{ read -r code && read -r opened; } <ended
	ended_well 'small/full.vq: .*the disk is full|full.vq: cannot write: the disk is full' \
		"a full disk"
	[ "$opened" -eq 0 ]
	ok $? "a full disk: the file opens where it is"
	is_kept full.vq "a full disk"

	# shellcheck disable=SC2016
	with_mounts sh -c 'mount -t tmpfs -o size=16k none small &&
		"$1" run plan.yaml -o small/none.vq >out 2>err
		echo $? >ended
		ls -A small >left' sh "$vq"
	read -r code <ended
	ended_well 'small/none.vq: .*the disk is full' "a disk that has no room for the first row"
	[ ! -s left ]
	ok $? "a disk that has no room for the first row: nothing is left there"

	# Where runs note what they change: without that, nothing may be changed.
	# shellcheck disable=SC2016
	with_mounts sh -c 'mount -t tmpfs -o size=4k,mode=700 none "$VIRT_QUALIFY_STATE" &&
		head -c 4096 /dev/zero >"$VIRT_QUALIFY_STATE/filler"
		"$1" run plan.yaml -o unnoted.vq >out 2>err
		echo $? >ended' sh "$vq"
	read -r code <ended
	ended_well "$VIRT_QUALIFY_STATE.*(No space left on device|full)" \
		"no room for the journal of changes"
	[ ! -e unnoted.vq ]
	ok $? "no room for the journal of changes: no result file is made"
else
	skip "a full disk" "needs root, and mounts of our own (unshare -m)"
fi

# ---- A file at its size limit ----

# Guests of 2 MiB are files too, so the limit is above that: 3 MiB in blocks of 512 bytes.
(
	ulimit -f 6144
	bounded "$vq" run plan.yaml -o limited.vq >out 2>err
	echo $? >ended
)
read -r code <ended
ended_well 'limited.vq: cannot write: .*ulimit -f' "a size limit"
is_kept limited.vq "a size limit"

# ---- A directory that cannot be written ----

mkdir -m 555 locked
mkdir -m 700 state-of-another
cp "$vq" vq
if unprivileged test -x "$work/vq"; then
	is_root && chown 65534 state-of-another
	unprivileged env VIRT_QUALIFY_STATE="$work/state-of-another" ./vq run plan.yaml \
		-o locked/x.vq >out 2>err
	code=$?
	ended_well 'locked/x.vq: cannot be created: Permission denied; choose a place' \
		"a directory without permission"
	unprivileged env VIRT_QUALIFY_STATE="$work/locked/state" ./vq run plan.yaml \
		-o state-of-another/x.vq >out 2>err
	code=$?
	ended_well 'locked/state cannot be made: Permission denied; set VIRT_QUALIFY_STATE' "no permission to note changes"
	[ ! -e state-of-another/x.vq ]
	ok $? "no permission to note changes: no result file is made"
else
	skip "a directory without permission" "cannot run as another user here"
fi
if can_mount; then
	mkdir readonly
	# shellcheck disable=SC2016
	with_mounts sh -c 'mount -t tmpfs -o ro none readonly &&
		"$1" run plan.yaml -o readonly/x.vq >out 2>err
		echo $? >ended' sh "$vq"
	read -r code <ended
	ended_well 'readonly/x.vq: cannot be created: Read-only file system; choose a place' \
		"a read-only file system"

	# A result file on read-only media is still good for a report.
	mkdir media && cp limited.vq media/
	# shellcheck disable=SC2016
	with_mounts sh -c 'mount --bind media media && mount -o remount,ro,bind media &&
		! touch media/x 2>err && "$1" report media/limited.vq >out 2>err' sh "$vq"
	ok $? "a report of a file on a read-only file system"
else
	skip "a read-only file system" "needs root, and mounts of our own (unshare -m)"
fi
done_testing
