#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The HTML report in a real browser: whole, offline, escaped, well-formed, and not blank.
B=${B:-build}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
n=0

ok() { # STATUS NAME
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

skip() { # NAME WHY
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

if [ -x "$B/virt-qualify-report" ]; then
	vq=$B/virt-qualify-report
elif [ -x "$B/virt-qualify" ]; then
	vq=$B/virt-qualify
else
	echo "1..0 # SKIP $B/virt-qualify is not built"
	exit 0
fi
if [ ! -x "$B/tests/make-sample" ]; then
	echo "1..0 # SKIP $B/tests/make-sample is not built"
	exit 0
fi

"$B/tests/make-sample" "$work/base.vq" "$work/other.vq" 60
"$vq" report "$work/base.vq" -F html -o "$work/report.html" >/dev/null
ok $? "a report is made"
"$vq" compare "$work/base.vq" "$work/other.vq" -F html -o "$work/compare.html" >/dev/null
status=$?
[ $status -le 1 ] && [ -s "$work/compare.html" ]
ok $? "a comparison is made"

# One report over three files: a host with eight platforms and two labs, names and reasons hostile.
"$B/tests/make-sample" --hostile "$work/host.vq" "$work/amd.vq" "$work/xen.vq" 8
"$vq" report "$work/host.vq" "$work/amd.vq" "$work/xen.vq" -F html -o "$work/platforms.html" >/dev/null
ok $? "a report over several files is made"

# ---- The file as it is ----

external='src=|<link|<script|<iframe|@import|url\((https?:)?//|href="[^#]'
for page in report compare platforms; do
	! grep -Eq "$external" "$work/$page.html"
	ok $? "$page: refers to nothing outside and holds no script"
	[ "$(wc -c <"$work/$page.html")" -lt 2000000 ]
	ok $? "$page: is smaller than 2 MB"

	# A heading is at most one level below the one before it, and there is one h1.
	grep -o '<h[1-6]' "$work/$page.html" | tr -dc '1-6\n' |
		awk '$1 == 1 { tops++ } $1 > last + 1 { bad++ } { last = $1 } END { exit bad || tops != 1 }'
	ok $? "$page: headings are in order"

	plots=$(grep -o '<svg role="img"' "$work/$page.html" | wc -l)
	named=$(grep -o '<title id=.*</title><desc id=' "$work/$page.html" | wc -l)
	[ "$plots" -gt 5 ] && [ "$plots" -eq "$named" ]
	ok $? "$page: every plot has a title and a description"

	if command -v xmllint >/dev/null; then
		{
			echo '<plots>'
			awk '/<svg role/ { sub(/.*<svg role/, "<svg role"); inside = 1 }
				inside { print } /^<\/svg>/ { if (inside) inside = 0 }' "$work/$page.html" |
				sed 's,^</svg>.*,</svg>,'
			echo '</plots>'
		} >"$work/plots.xml"
		xmllint --noout "$work/plots.xml"
		ok $? "$page: plots are well-formed XML"
	else
		skip "$page: plots are well-formed XML" "xmllint is not installed"
	fi
done

# ---- In a browser ----

browser=
for name in chromium chromium-browser google-chrome; do
	command -v $name >/dev/null && browser=$name && break
done

browse() { # ARGUMENT...
	timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic \
		--no-first-run --disable-background-networking --disable-component-update \
		--disable-sync --user-data-dir="$work/profile" --hide-scrollbars "$@" 2>"$work/log"
}

if [ -z "$browser" ]; then
	skip "the page in a browser" "chromium is not installed"
elif ! browse --dump-dom about:blank >/dev/null; then
	skip "the page in a browser" "$browser does not start here: $(tail -n 1 "$work/log" | tr -d '#')"
else
	browse --dump-dom "file://$work/report.html" >"$work/dom"
	ok $? "the browser loads the page"
	[ -s "$work/dom" ] && ! grep -Eq "$external" "$work/dom"
	ok $? "the document holds no script and no external resource"
	grep -q '&lt;script&gt;alert(1)&lt;/script&gt;' "$work/dom"
	ok $? "a hostile name is text"
	for id in measurements distributions fits faults skipped problems hosts reproduce; do
		grep -q "<h2 id=\"$id\"" "$work/dom" || echo "# no heading $id"
	done >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
	ok $? "every section has its heading"
	browse --dump-dom "file://$work/platforms.html" >"$work/dom"
	[ -s "$work/dom" ] && ! grep -Eq "$external" "$work/dom"
	ok $? "platforms: the document holds no script and no external resource"
	for id in matrix-groups matrix-benches matrix-faults; do
		grep -q "<h3 id=\"$id\"" "$work/dom" || echo "# no heading $id"
	done >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ]
	ok $? "platforms: the section has its parts"
	# Each number of a reason leads to its reason.
	grep -o 'href="#why[0-9]*"' "$work/dom" | sort -u | tr -dc '0-9\n' | while read -r number; do
		grep -q "id=\"why$number\"" "$work/dom" || echo "# no reason $number"
	done >"$work/missing"
	cat "$work/missing"
	[ ! -s "$work/missing" ] && grep -q 'id="why1"' "$work/dom"
	ok $? "platforms: every number leads to its reason"

	for page in report platforms; do
		for width in 1200 400; do
			browse --window-size=$width,2400 --screenshot="$work/shot.png" \
				"file://$work/$page.html"
			# A blank picture of this size has about 10 kB.
			[ "$(wc -c <"$work/shot.png")" -gt 60000 ]
			ok $? "$page: a picture $width pixels wide shows something"
		done
	done
	cp "$work/shot.png" "$work/light.png"
	browse --window-size=400,2400 --blink-settings=preferredColorScheme=0 \
		--screenshot="$work/shot.png" "file://$work/platforms.html"
	[ "$(wc -c <"$work/shot.png")" -gt 60000 ] && ! cmp -s "$work/shot.png" "$work/light.png"
	ok $? "platforms: a dark picture shows something else"
fi
echo "1..$n"
