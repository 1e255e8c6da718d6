"""Test cases as JUnit XML, for CI systems: XML 1.0 in the form of Jenkins' ``junit-10.xsd``."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Case(NamedTuple):
    """One test case; ``error`` is one that could not be carried out, ``kind`` what went wrong, in a word."""

    name: str
    classname: str
    state: Literal["pass", "failure", "error", "skipped"]
    said: str
    kind: str = ""


def to_junit(name: str, facts: Mapping[str, str], cases: Sequence[Case]) -> str:
    """Write one suite. Without times and host names, so that the same decisions give the same bytes."""
    counts = {state: sum(case.state == state for case in cases) for state in ("failure", "error", "skipped")}
    totals = {"tests": str(len(cases)), "failures": str(counts["failure"]), "errors": str(counts["error"])}
    suites = ET.Element("testsuites", {"name": "judgebench", **totals})
    suite = ET.SubElement(suites, "testsuite", {"name": name, **totals, "skipped": str(counts["skipped"]), "time": "0"})
    properties = ET.SubElement(suite, "properties")
    for key, value in facts.items():
        ET.SubElement(properties, "property", {"name": key, "value": value})
    for case in cases:
        node = ET.SubElement(suite, "testcase", {"name": case.name, "classname": case.classname, "time": "0"})
        if case.state in {"failure", "error"}:
            ET.SubElement(node, case.state, {"type": case.kind, "message": case.said}).text = case.said
        elif case.state == "skipped":
            ET.SubElement(node, "skipped", {"message": case.said})
        else:
            ET.SubElement(node, "system-out").text = case.said
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'
