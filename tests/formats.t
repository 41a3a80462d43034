#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Formats for machines: each keeps to its specification, for real results, for samples with
# everything in them, and for files whose texts are meant to break it.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

for python in /usr/bin/python3 python3 none; do
	"$python" -c 'import jsonschema, prometheus_client' 2>/dev/null && break
done
lacks='python3-jsonschema and python3-prometheus-client are not installed'

conforms() { # FORMAT FILE NAME
	if [ "$1" = junit ] && ! command -v xmllint >/dev/null; then
		skip "$3" "libxml2-utils is not installed"
	elif [ "$1" = junit ]; then
		xmllint --noout --schema "$root/tests/junit.xsd" "$2" >why 2>&1
		valid=$?
		ok $valid "$3"
		[ $valid -eq 0 ] || show why
	elif [ "$python" = none ]; then
		skip "$3" "$lacks"
	else
		bounded "$python" "$root/tests/check_formats.py" "$1" "$2" >why 2>&1
		ok $? "$3"
		show why
	fi
}

# ---- What is reported ----

"$B/tests/make-sample" base.vq other.vq
cp base.vq hostile.vq
ugly="a\"b'c\\d{e=\"f\"},g # SKIP \$h <i> &amp; ]]> --- ... \r= 1..0 \\\\"
if command -v sqlite3 >/dev/null; then
	sqlite3 hostile.vq "BEGIN;
		UPDATE bench SET name = '$(echo "$ugly" | sed "s/'/''/g")' || char(10) || 'not ok 1' ||
			char(0x1f, 0x85, 0xfffe, 0xd7ff) || name, category = name, parameter_name = name;
		UPDATE trial SET bench = (SELECT name FROM bench WHERE
			substr(bench.name, -length(trial.bench)) = trial.bench) WHERE bench IS NOT NULL;
		UPDATE platform SET label = 'same', version = label || char(9, 10, 13);
		UPDATE run SET uuid = 'u:' || char(34, 92, 10) || '}', started = 'yesterday';
		INSERT INTO skip (run, kind, what, platform, why) SELECT run, kind, what, platform, why
			FROM skip;
		INSERT INTO skip (run, kind, what, platform, why) VALUES
			(1, 'kind', 'what' || char(34, 10), NULL, char(92) || '# EOF');
		COMMIT" 2>why
	ok $? "a hostile file is made"
	show why
else
	skip "a hostile file is made" "sqlite3 is not installed"
fi
accepts "the hostile file is read" report hostile.vq
printf '%s\n' 'plan: small' 'platforms: native' 'benches:' '  - match: guest_rdtsc' \
	'    trials: 3' >plan.yaml
accepts "a real run" run plan.yaml -o real.vq
printf '%s\n' 'plan: small' 'platforms: native' 'faults:' '  - match: guest_hang' \
	'    recoveries: restart' '    trials: 1' >fault.yaml
accepts "a real run without a bench" run fault.yaml -o fault.vq

"$B/tests/make-sample" --criteria kept.vq failed.vq
"$B/tests/make-sample" --full blocks.vq other2.vq
for format in junit tap14 openmetrics kcidb hdr; do
	for file in base hostile real kept blocks; do
		accepts "$format of $file" report $file.vq -F $format -o $file.$format
		conforms $format $file.$format "$format of $file: keeps to its specification"
	done
	run_vq compare base.vq other.vq -F $format -o compare.$format
	[ $code -eq 1 ] # one metric regressed
	ok $? "$format of a comparison"
	conforms $format compare.$format "$format of a comparison: keeps to its specification"
done
for format in junit tap14 openmetrics kcidb; do
	accepts "$format without a bench" report fault.vq -F $format -o fault.$format
	conforms $format fault.$format "$format without a bench: keeps to its specification"
done

[ "$(grep -c '<testsuite ' blocks.junit)" -eq 1 ] && grep -q '<testsuite .*, 2 blocks"' blocks.junit &&
	[ "$(grep -c '<property name="run"' blocks.junit)" -eq 2 ]
ok $? "junit of two blocks: one suite, which names both"
[ "$(grep -c '^# Subtest' blocks.tap14)" -eq 1 ] && ! grep -q 'holds nothing' blocks.tap14
ok $? "tap14 of two blocks: one subtest"
[ "$(grep -c '^    ok .*qemu-kvm.*SKIP' blocks.tap14)" -eq 1 ]
ok $? "tap14 of two blocks: what both skip is skipped once"

# ---- Could these checks fail? ----

breaks() { # FORMAT NAME SED-SCRIPT
	sed "$3" "compare.$1" >broken
	if cmp -s broken "compare.$1"; then
		ok 1 "$1: a broken one is noticed: $2: nothing was broken"
	elif [ "$1" = junit ]; then
		! command -v xmllint >/dev/null ||
			! xmllint --noout --schema "$root/tests/junit.xsd" broken >/dev/null 2>&1
		ok $? "$1: a broken one is noticed: $2"
	else
		[ "$python" = none ] ||
			! "$python" "$root/tests/check_formats.py" "$1" broken >/dev/null 2>&1
		ok $? "$1: a broken one is noticed: $2"
	fi
}

breaks junit "an attribute" 's/ classname=/ class=/'
breaks junit "an entity" 's/&lt;/</'
breaks junit "a count" 's/ failures="[0-9]*"/ failures=""/'
breaks tap14 "a number" 's/^    ok 2 -/    ok 3 -/'
breaks tap14 "an escape" 's/\\#/#/'
breaks tap14 "YAML" 's/^      group: "/      group: ""/'
breaks tap14 "the outcome of a subtest" 's/^not ok/ok/'
breaks openmetrics "the end" '/^# EOF/d'
breaks openmetrics "a unit" 's/^# UNIT \(.*\)seconds$/# UNIT \1minutes/'
breaks openmetrics "a series twice" '/^virt_qualify_run_info/p'
breaks openmetrics "a quote" 's/why="/why=""/'
breaks kcidb "a status" 's/"DONE"/"DONT"/'
breaks kcidb "a key" 's/"build_id"/"build"/'
breaks kcidb "a null" 's/"misc": {/"misc": {"a": null, /'
breaks hdr "an order" '0,/ 0.500000000000/s// 1.500000000000/'
breaks hdr "a footer" 's/^#\[Max/#[Least/'

# ---- The same outcome in each ----

# A regression is red in all of them; so are trials that failed.
if command -v xmllint >/dev/null && command -v jq >/dev/null; then
	red=$(xmllint --xpath 'string(/testsuites/@failures)' compare.junit)
	broke=$(xmllint --xpath 'string(/testsuites/@errors)' compare.junit)
	left_out=$(xmllint --xpath 'string(/testsuites/@skipped)' compare.junit)
	cases=$(xmllint --xpath 'string(/testsuites/@tests)' compare.junit)
	run_vq compare base.vq other.vq -F json
	regressed=$(jq '[.comparisons[] | select(.verdict == "regressed")] | length' out)
	[ "$regressed" -ge 1 ] && [ "$red" -eq "$regressed" ] && [ "$broke" -ge 1 ]
	ok $? "junit: as many failures as regressions: $regressed"
	[ "$(xmllint --xpath 'count(//failure)' compare.junit)" = "$red" ] &&
		[ "$(xmllint --xpath 'count(//error)' compare.junit)" = "$broke" ] &&
		[ "$(xmllint --xpath 'count(//skipped[string-length(@message) > 10])' compare.junit)" = \
			"$left_out" ] && [ "$(xmllint --xpath 'count(//testcase)' compare.junit)" = "$cases" ]
	ok $? "junit: its counts are those of its elements, and every skip says why"
	[ "$(jq '[.tests[] | select(.status == "FAIL")] | length' compare.kcidb)" -eq "$red" ] &&
		[ "$(jq '[.tests[] | select(.status == "ERROR" or .status == "MISS")] | length' \
			compare.kcidb)" -eq "$broke" ]
	ok $? "kcidb: the same failures and errors"
	[ "$(grep -c '^    not ok' compare.tap14)" -eq $((red + broke)) ]
	ok $? "tap14: the same points are not ok"
	run_vq compare base.vq other.vq -F tap
	[ "$(grep -c '^not ok' out)" -eq $((red + broke)) ]
	ok $? "tap: the same points are not ok"
	[ "$(grep -c '^virt_qualify_comparison_verdict.*="regressed"} 1$' compare.openmetrics)" -eq \
		"$regressed" ]
	ok $? "openmetrics: the same metrics regressed"
	jq -e '[.tests[] | select(.path == "virt-qualify.bench.exit_cpuid")] | length == 4 and
		all(.status == "DONE" and .number.unit == "s" and .number.value < 1e-4 and
		.number.value > 1e-7)' compare.kcidb >/dev/null
	ok $? "kcidb: a bench by its path, its figure in seconds"
else
	skip "the same outcome in each" "xmllint or jq is not installed"
fi

# What reads TAP 13 can make do with TAP 14, but for its version.
if command -v prove >/dev/null; then
	sed '1s/14/13/' real.tap14 >real.13 && prove -Q --exec cat ./real.13 >why 2>&1
	ok $? "tap14: a reader of TAP 13 passes the real run"
	sed '1s/14/13/' compare.tap14 >compare.13
	! prove -Q --exec cat ./compare.13 >/dev/null 2>&1
	ok $? "tap14: a reader of TAP 13 fails the comparison"
else
	skip "tap14: read by prove" "prove is not installed"
fi

# ---- Every format names the bytes that its figures come from ----

sha=$(sha256sum <base.vq | cut -d' ' -f1)
run_vq report --help
sed -n '/^Formats:/,$s/^  \([a-z0-9]*\) .*/\1/p' out >formats
[ "$(wc -l <formats)" -ge 12 ]
ok $? "there are 12 formats or more"
while read -r format; do
	run_vq report base.vq -F "$format"
	grep -q "$sha" out
	ok $? "$format: holds the SHA-256 of the result file"
	run_vq compare base.vq other.vq -F "$format"
	grep -q "$sha" out && grep -q "$(sha256sum <other.vq | cut -d' ' -f1)" out
	ok $? "$format: a comparison holds those of both"
done <formats
run_vq report fault.vq -F hdr
grep -q "$(sha256sum <fault.vq | cut -d' ' -f1)" out
ok $? "hdr: without a metric, too"

# ---- CSV is tidy ----

cat >tidy.py <<'EOF'
import csv, io, sys
text = open(sys.argv[1], newline="").read()
assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", ""), "line ends"
rows = list(csv.DictReader(io.StringIO(text), strict=True))
assert list(rows[0]) == ("run,kind,name,parameter_name,parameter,platform,variant,execution,"
                         "quantity,value,low,high,unit,trials,note").split(","), "header"
for row in rows:
    assert None not in row and None not in row.values(), row
    for number in ("value", "low", "high", "parameter", "trials"):
        assert row[number] == "" or float(row[number]) == float(row[number]), row
    assert row["low"] == "" or row["high"] == "" or float(row["low"]) <= float(row["high"]), row
figures = [tuple(row[k] for k in list(row)[:9]) for row in rows
           if row["quantity"] != "trial" and row["kind"] not in ("skip", "problem", "comparison")]
assert len(figures) == len(set(figures)), "a figure is there twice"
EOF
for file in base real kept; do
	run_vq report $file.vq -F csv -o $file.csv
	python3 tidy.py $file.csv >why 2>&1
	ok $? "csv of $file: a figure a row, a header that stays, numbers where there should be"
	show why
done
done_testing
