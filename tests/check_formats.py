#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does a report keep to what its format's specification says?

    check_formats.py FORMAT FILE      0: it does; else what is wrong, on standard error

FORMAT is tap14, openmetrics, kcidb or hdr. JUnit is checked by xmllint with tests/junit.xsd.
"""
import json
import math
import pathlib
import re
import sys


def fail(line, what):
    sys.exit(f"line {line}: {what}")


# ---- TAP 14 (testanything.org/tap-version-14-specification.html) ----

POINT = re.compile(r"^(not )?ok ([1-9][0-9]*) - ((?:[^\\#]|\\[\\#])+?)( # SKIP .*)?$")
YAML_TEXT = re.compile(r'^[a-z0-9_]+: "(?:[^"\\]|\\["\\])*"$')
YAML_FIGURE = re.compile(r'^[a-z0-9_]+: \{value: -?[0-9.]+(?:e[+-][0-9]+)?(?:, unit: "[^"\\]*")?\}$')


def tap_stream(lines, at, indent):
    """A plan, then its points, each with its YAML and before it its subtest; all ok?"""
    while lines[at].startswith(indent + "# ") and not lines[at].startswith(indent + "# Subtest"):
        at += 1
    plan = re.match(r"^1\.\.([0-9]+)$", lines[at][len(indent):])
    if not plan:
        fail(at + 1, "no plan")
    at, number, all_ok = at + 1, 0, True
    while number < int(plan[1]):
        child_ok, name = None, None
        if lines[at].startswith(indent + "# Subtest: "):
            name = lines[at][len(indent) + len("# Subtest: "):]
            at, child_ok = tap_stream(lines, at + 1, indent + "    ")
        point = POINT.match(lines[at][len(indent):])
        if not lines[at].startswith(indent) or not point:
            fail(at + 1, "no test point")
        number += 1
        if int(point[2]) != number:
            fail(at + 1, f"its number is not {number}")
        if name is not None and point[3] != name:
            fail(at + 1, "it is not named like its subtest")
        if child_ok is not None and child_ok != (point[1] is None):
            fail(at + 1, "it contradicts its subtest")
        all_ok &= point[1] is None
        at = tap_yaml(lines, at + 1, indent + "  ")
    return at, all_ok


def tap_yaml(lines, at, indent):
    if lines[at] != indent + "---":
        return at
    keys = set()
    for at in range(at + 1, len(lines)):
        entry = lines[at][len(indent):]
        if lines[at] == indent + "...":
            return at + 1
        if not YAML_TEXT.match(entry) and not YAML_FIGURE.match(entry):
            fail(at + 1, "no entry of YAML")
        key = entry.split(":")[0]
        if key in keys:
            fail(at + 1, f"{key} is there twice")
        keys.add(key)
    fail(at + 1, "the YAML has no end")


def tap14(text):
    lines = text.split("\n")
    if lines.pop() != "":
        sys.exit("the last line has no end")
    if lines[0] != "TAP version 14":
        fail(1, "no version")
    at, _ = tap_stream(lines + [""], 1, "")
    if at != len(lines):
        fail(at + 1, "something follows the last point")


# ---- OpenMetrics 1.0: the parser of Prometheus' own client ----

def openmetrics(text):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families
    if not text.endswith("# EOF\n"):
        sys.exit("it does not end with # EOF")
    lines = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    if len(lines) != len(set(lines)):
        sys.exit("a series is there twice")
    families = 0
    for family in text_string_to_metric_families(text):
        families += 1
        if not family.name.startswith("virt_qualify_"):
            sys.exit(f"{family.name} is not ours")
        if family.unit and not family.name.endswith("_" + family.unit):
            sys.exit(f"{family.name} does not end with its unit")
        if not family.documentation:
            sys.exit(f"{family.name} has no help")
        for sample in family.samples:
            if not math.isfinite(sample.value):
                sys.exit(f"{sample.name} {sample.labels} is {sample.value}")
    if not families:
        sys.exit("no family at all")


# ---- KCIDB 5.3: the rules of github.com/kernelci/kcidb-io, v05_03.py, that concern us ----

ID = {"type": "string", "pattern": "^[a-z0-9_]+:[^\\0]*$"}
ORIGIN = {"type": "string", "pattern": "^[a-z0-9_]+$"}
TEXT = {"type": "string", "pattern": "^[^\\0]*$"}
TIME = {"type": "string", "format": "date-time"}


def rows(required, **properties):
    return {"type": "array", "items": {
        "type": "object", "additionalProperties": False, "required": required,
        "properties": dict(properties, id=ID, origin=ORIGIN, comment=TEXT, start_time=TIME,
                           misc={"type": "object"})}}


KCIDB = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version"],
    "properties": {
        "version": {
            "type": "object", "additionalProperties": False, "required": ["major"],
            "properties": {"major": {"const": 5}, "minor": {"enum": [0, 1, 2, 3]}}},
        "checkouts": rows(["id", "origin"]),
        "builds": rows(["id", "origin", "checkout_id"], checkout_id=ID,
                       architecture={"type": "string", "pattern": "^[a-z0-9_]*$"}),
        "tests": rows(
            ["id", "origin", "build_id"], build_id=ID,
            environment={"type": "object", "additionalProperties": False,
                         "properties": {"comment": TEXT, "misc": {"type": "object"}}},
            path={"type": "string", "pattern": "^([a-zA-Z0-9_-]+(\\.[a-zA-Z0-9_-]+)*)?$"},
            status={"enum": ["FAIL", "ERROR", "MISS", "PASS", "DONE", "SKIP"]},
            number={"type": "object", "additionalProperties": False, "required": ["value"],
                    "properties": {"value": {"type": "number"}, "unit": TEXT,
                                   "prefix": {"enum": ["metric", "binary"]}}},
            duration={"type": "number"}),
    },
}


def no_null(value, where):
    if value is None:
        sys.exit(f"{where} is null")
    pairs = value.items() if isinstance(value, dict) else enumerate(value) \
        if isinstance(value, list) else []
    for key, inner in pairs:
        no_null(inner, f"{where}.{key}")


def kcidb(text):
    import jsonschema
    data = json.loads(text)
    jsonschema.validate(data, KCIDB, format_checker=jsonschema.FormatChecker())
    no_null(data, "data")
    for name in ("checkouts", "builds", "tests"):
        ids = [row["id"] for row in data[name]]
        if len(set(ids)) != len(ids) or not ids:
            sys.exit(f"{name}: an id is there twice, or there is none")
    for key, name, target in (("checkout_id", "builds", "checkouts"),
                              ("build_id", "tests", "builds")):
        known = {row["id"] for row in data[target]}
        if not {row[key] for row in data[name]} <= known:
            sys.exit(f"{name}: a {key} leads nowhere")


# ---- HdrHistogram's percentile text ----

FOOTER = (r"#\[Mean +=\s+(-?[0-9.]+), StdDeviation +=\s+([0-9.]+)\]",
          r"#\[Max +=\s+(-?[0-9.]+), Total count +=\s+([0-9]+)\]",
          r"#\[Buckets +=\s+([0-9]+), SubBuckets +=\s+([0-9]+)\]")


def hdr_section(lines, at):
    """From its heading to its footer."""
    at += 1
    if lines[at] != "":
        fail(at + 1, "no empty line after the heading")
    value, share, total = -math.inf, -1.0, 0
    while not lines[at + 1].startswith("#"):
        at += 1
        columns = lines[at].split()
        if len(columns) != 4:
            fail(at + 1, "not four columns")
        v, p, n = float(columns[0]), float(columns[1]), int(columns[2])
        if v < value or p <= share or n < total or not 0 <= p <= 1:
            fail(at + 1, "it goes back")
        if p < 1 and abs(float(columns[3]) * (1 - p) - 1) > 0.01:
            fail(at + 1, "1/(1-Percentile) is something else")
        if p == 1 and columns[3] != "inf":
            fail(at + 1, "1/(1-1) is not inf")
        value, share, total = v, p, n
    if share != 1:
        fail(at + 1, "it does not reach 100 %")
    footer = [re.fullmatch(f, lines[at + 1 + i]) for i, f in enumerate(FOOTER)]
    if not all(footer):
        fail(at + 2, "no footer")
    if float(footer[1][1]) != value or int(footer[1][2]) != total:
        fail(at + 2, "the footer contradicts the lines")
    return at + 4


def hdr(text):
    lines, at, sections = text.split("\n"), 0, 0
    while at < len(lines):
        if lines[at].split() == ["Value", "Percentile", "TotalCount", "1/(1-Percentile)"]:
            if not lines[at - 1].startswith("#[File: "):
                fail(at, "the section does not say what file it comes from")
            at, sections = hdr_section(lines, at), sections + 1
        elif lines[at] == "" or lines[at].startswith("#["):
            at += 1
        else:
            fail(at + 1, "no part of a section")
    if not sections:
        sys.exit("no section at all")


if __name__ == "__main__":
    checks = {"tap14": tap14, "openmetrics": openmetrics, "kcidb": kcidb, "hdr": hdr}
    if len(sys.argv) != 3 or sys.argv[1] not in checks:
        sys.exit(__doc__)
    checks[sys.argv[1]](pathlib.Path(sys.argv[2]).read_bytes().decode("utf-8"))
