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

"$B/tests/make-sample" --full "$work/base.vq" "$work/other.vq"
"$vq" report "$work/base.vq" -F html -o "$work/report.html" >/dev/null
ok $? "a report is made"
"$vq" compare "$work/base.vq" "$work/other.vq" -F html -o "$work/compare.html" >/dev/null
status=$?
[ $status -le 1 ] && [ -s "$work/compare.html" ]
ok $? "a comparison is made"

# Why it is red stands in the head: the counts, what regressed, what failed, and by how much.
sed -n '/<header>/,/<\/header>/p' "$work/compare.html" | sed 's/<[^>]*>//g' >"$work/head"
grep -q 'regressed exit_pio on kvm: 1\.2' "$work/head" &&
	grep -q 'failed exit_cpuid on kvm.*median at most 5.µs; found 9\.' "$work/head" &&
	grep -q '3.* limits or requirements failed' "$work/head" &&
	grep -q 'Score over native.*kvm.*0\.9' "$work/head"
ok $? "the head of a red page says why it is red"
sed -n '/<header>/,/<\/header>/p' "$work/report.html" | grep -q 'class="because"'
[ $? -eq 1 ]
ok $? "that of a page without failures lists none"

"$vq" compare "$work/base.vq" --by variant -F html -o "$work/variants.html" >/dev/null
status=$?
[ $status -le 1 ] && [ -s "$work/variants.html" ]
ok $? "a comparison of variants is made"

# One report over three files: a host with eight platforms and two labs, names and reasons hostile.
"$B/tests/make-sample" --hostile "$work/host.vq" "$work/amd.vq" "$work/xen.vq" 8
"$vq" report "$work/host.vq" "$work/amd.vq" "$work/xen.vq" -F html -o "$work/platforms.html" >/dev/null
ok $? "a report over several files is made"

# One row for each reason, with all that it kept from running.
"$vq" report "$work/host.vq" -F html | sed -n '/id="skipped"/,/<\/section>/p' >"$work/skipped"
"$vq" report "$work/host.vq" -F csv | grep ',"skip",' | cut -d, -f3 | tr -d '"' | sort -u >"$work/names"
rows=$(grep -o '<tr' "$work/skipped" | wc -l)
[ "$rows" -gt 1 ] && [ "$rows" -lt "$("$vq" report "$work/host.vq" -F csv | grep -c ',"skip",')" ]
ok $? "what was skipped stands by its reason"
missing=0
while read -r name; do
	grep -qF "$name" "$work/skipped" || missing=1
done <"$work/names"
ok $missing "and none of it is missing"

# ---- The file as it is ----

external='src=|<link|<script|<iframe|@import|url\((https?:)?//|href="[^#]'
for page in report compare variants platforms; do
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

grep -q '&lt;script&gt;alert(1)&lt;/script&gt;' "$work/report.html"
ok $? "a hostile name is text"
for id in criteria matrix noise measurements distributions trials fits faults recoveries skipped problems hosts topology reproduce; do
	grep -q "<h[23] id=\"$id\"" "$work/report.html" || echo "# no heading $id"
done >"$work/missing"
cat "$work/missing"
[ ! -s "$work/missing" ]
ok $? "every section has its heading"
for id in matrix-groups forest matrix-benches matrix-faults; do
	grep -q "<h3 id=\"$id\"" "$work/platforms.html" || echo "# no heading $id"
done >"$work/missing"
cat "$work/missing"
[ ! -s "$work/missing" ]
ok $? "platforms: the section has its parts"

# What one more figure costs, on a page of its own platform alone and beside nine others.
"$B/tests/make-sample" "$work/less.vq" "$work/unused.vq" 8
"$vq" report "$work/less.vq" -F html -o "$work/less.html" >/dev/null
"$B/tests/make-sample" "$work/more.vq" "$work/unused.vq" 108
"$vq" report "$work/more.vq" -F html -o "$work/more.html" >/dev/null
each=$((($(wc -c <"$work/more.html") - $(wc -c <"$work/less.html")) / 100))
[ $each -gt 1000 ] && [ $each -lt 8000 ]
ok $? "a bench of one platform takes $each bytes, under 8000"
figures=$("$vq" report "$work/host.vq" "$work/amd.vq" "$work/xen.vq" -F json | jq '(.metrics | length) + (.faults | length)')
each=$(($(wc -c <"$work/platforms.html") / ${figures:-1}))
[ $each -gt 500 ] && [ $each -lt 5000 ]
ok $? "platforms: $figures figures take $each bytes each, under 5000"

# With very many figures a page leaves out what is folded, and says so.
"$B/tests/make-sample" "$work/many.vq" "$work/unused2.vq" 486
"$vq" report "$work/many.vq" -F html -o "$work/many.html" >/dev/null
[ "$(wc -c <"$work/many.html")" -lt 2000000 ] && grep -q 'report -F hdr prints them' "$work/many.html" &&
	! grep -q 'class="curves"' "$work/many.html"
ok $? "a page of 501 figures is smaller than 2 MB, and says what it leaves out"

# ---- In a browser ----

browser=
for name in chromium chromium-browser google-chrome; do
	command -v $name >/dev/null && browser=$name && break
done

if [ -z "$browser" ]; then
	skip "the pages in a browser" "chromium is not installed"
elif ! command -v python3 >/dev/null; then
	skip "the pages in a browser" "python3 is not installed"
else
	timeout 300 python3 -B "${0%/*}/check_page.py" "$browser" "$work" >"$work/checks"
	ok $? "a browser opens the pages"
	while read -r line; do
		case $line in
		"ok - "*) ok 0 "${line#*- }" ;;
		"not ok - "*) ok 1 "${line#*- }" ;;
		*) echo "$line" ;;
		esac
	done <"$work/checks"
fi
echo "1..$n"
