#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The main job of `make run`: the smoke plan on every platform that works here, a short table, and
# where the report is.
set -u
B=${B:-build}
vq=$B/virt-qualify
out=$B/results
name=smoke-$(date -u +%Y%m%d-%H%M%S)-$$

mkdir -p "$out" || exit 4
# For the guests that are a whole Linux; without it they are skipped, and that is said.
"${0%/*}/kernel.sh" || echo 'smoke.sh: no Linux kernel for guests; going on without' >&2
# What can run here, and why the rest cannot, before the time is spent.
"$vq" list platforms || exit 4
# Ctrl-C ends the run; what it measured until then is reported.
trap : INT TERM
"$vq" run --preset smoke -o "$out/$name.vq"
code=$?
if [ ! -f "$out/$name.vq" ]; then
	exit "$code"
fi
"$vq" report "$out/$name.vq" -F brief &&
	"$vq" report "$out/$name.vq" -F html -o "$out/$name.html" || code=4
echo
echo "result file: $out/$name.vq"
if [ -f "$out/$name.html" ]; then
	echo "report:      $(cd "$out" && pwd)/$name.html"
fi
exit "$code"
