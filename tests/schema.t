#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/report.schema.json: reports as JSON are valid by it, and one with a key that is missing,
# misspelt, new or of another type is not. A key that is added to report/json.c belongs there.
. "${0%/*}/tap.sh"
cd "$work" || exit 1

for python in /usr/bin/python3 python3 none; do
	"$python" -c 'import jsonschema; jsonschema.Draft202012Validator' 2>/dev/null && break
done
if [ "$python" = none ]; then
	skip "reports are valid by the schema" "python3-jsonschema is not installed"
	done_testing
fi

cat >validate.py <<'EOF'
"""validate.py SCHEMA REPORT...: each is valid; --strict: and no more with any one change."""
import copy, json, sys
import jsonschema

strict = sys.argv[1] == "--strict"
schema = json.load(open(sys.argv[1 + strict]))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

# Keys that only some have; maps whose keys are names.
OPTIONAL = {"exits_per_op", "emulated_per_op", "compared_by"}
MAPS = {"host", "host_why", "outcomes", "figures"}


def must_fail(report, what):
    if validator.is_valid(report):
        sys.exit(f"it is still valid with {what}")


def objects(value, path=()):
    """Every object of a report, the first of each list alone."""
    if isinstance(value, dict):
        if not path or path[-1] not in MAPS:
            yield path, value
        for key, inner in value.items():
            yield from objects(inner, path + (key,))
    elif isinstance(value, list) and value:
        yield from objects(value[0], path + (0,))


def at(report, path):
    for step in path:
        report = report[step]
    return report


def small(report):
    """What is left is one of each kind: a validation for each change takes its time."""
    for key, value in report.items():
        if isinstance(value, list):
            report[key] = value[:1]
    return report


count = 0
for name in sys.argv[2 + strict:]:
    report = json.load(open(name))
    for error in validator.iter_errors(report):
        where = "/".join(map(str, error.absolute_path))
        sys.exit(f"{name}: {where}: {error.message[:300]}")
    if not strict:
        continue
    report = small(report)
    for path, found in list(objects(report)):
        for key in list(found):
            where = "/".join(map(str, path + (key,)))
            changed = copy.deepcopy(report)
            value = at(changed, path).pop(key)
            if key not in OPTIONAL:
                must_fail(changed, f"{where} removed")
            at(changed, path)[key + "_"] = value
            must_fail(changed, f"{where} misspelt")
            changed = copy.deepcopy(report)
            at(changed, path)[key] = {"an": "object"} if not isinstance(value, dict) else 1
            if not isinstance(value, dict) or key not in MAPS:
                must_fail(changed, f"{where} of another type")
            count += 3
if strict:
    assert count > 300, count
    print(f"# {count} changes, each noticed")
EOF

valid() { # NAME FILE
	bounded "$python" validate.py "$root/docs/report.schema.json" "$2" >why 2>&1
	ok $? "$1: valid"
	show why
}

"$B/tests/make-sample" base.vq other.vq
accepts "a report" report base.vq -F json -o report.json
valid "a report" report.json
accepts "of two files" report base.vq other.vq -F json -o two.json
valid "a report of two files" two.json
"$B/tests/make-sample" --criteria kept.vq failed.vq
run_vq report kept.vq failed.vq -F json -o criteria.json
valid "a report with limits and scores" criteria.json
run_vq compare kept.vq failed.vq --by host -F json -o fleet.json
valid "a fleet's limits" fleet.json
for by in version host platform; do
	run_vq compare base.vq other.vq --by $by -F json -o compare-$by.json
	valid "a comparison by $by" compare-$by.json
done
accepts "anonymized" report base.vq -F json --anonymize -o anonymous.json
valid "an anonymized report" anonymous.json
printf '%s\n' 'plan: small' 'platforms: native' 'benches:' '  - match: [guest_rdtsc, cpu_*]' \
	'    trials: 3' 'faults:' '  - match: guest_hang' '    recoveries: restart' '    trials: 1' \
	>plan.yaml
accepts "a real run" run plan.yaml -o real.vq
accepts "its report" report real.vq -F json -o real.json
valid "a real report" real.json
if command -v sqlite3 >/dev/null; then
	sqlite3 base.vq "UPDATE trial SET execution = 'deterministic', tick_ns = 1;
		UPDATE trial SET status = 'interrupted' WHERE ordinal = 3"
	run_vq report base.vq -F json -o virtual.json
	valid "a report in virtual time" virtual.json
	sqlite3 other.vq "UPDATE trial SET execution = 'deterministic', tick_ns = 1"
	run_vq compare base.vq other.vq -F json -o exact.json
	valid "an exact comparison" exact.json
	sqlite3 base.vq 'DELETE FROM progress; DELETE FROM event; DELETE FROM batch;
		DELETE FROM fault_trial; DELETE FROM trial'
	accepts "of a run without a trial" report base.vq -F json -o empty.json
	valid "a report of a run without a trial" empty.json
else
	skip "reports of changed files" "sqlite3 is not installed"
fi

bounded "$python" validate.py --strict "$root/docs/report.schema.json" report.json \
	compare-version.json >why 2>&1
strict=$?
grep '^# ' why
ok $strict "each key that is removed, misspelt or of another type is noticed"
[ $strict -eq 0 ] || show why
done_testing
