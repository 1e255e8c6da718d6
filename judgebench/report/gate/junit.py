"""A gate's decision as JUnit XML, which GitLab, Jenkins and many others show beside the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from judgebench.report.gate.words import line_name, phrase, safe

if TYPE_CHECKING:
    from judgebench.agreement.gate.rules import Gate

__all__ = ["to_junit"]


def to_junit(found: Gate) -> str:
    """Write one test case a line of the gate.

    A line that fails is a failure; one that can't tell is an error, as JUnit calls a test that could not be carried
    out. Without times and host names, so that the same decision gives the same bytes; XML 1.0 in the form of Jenkins'
    ``junit-10.xsd``.
    """
    counts = {state: sum(line.state == state for line in found.lines) for state in ("fail", "undecided")}
    totals = {"tests": str(len(found.lines)), "failures": str(counts["fail"]), "errors": str(counts["undecided"])}
    name = f"judgebench gate: {safe(found.run)} on {safe(found.task)}"
    suites = ET.Element("testsuites", {"name": "judgebench", **totals})
    suite = ET.SubElement(suites, "testsuite", {"name": name, **totals, "skipped": "0", "time": "0"})
    facts = {
        "baseline": safe(found.baseline),
        "run": safe(found.run),
        "items": str(found.items),
        "margin": f"{found.rules.margin:g}",
        "alpha": f"{found.rules.alpha:g}",
    }
    properties = ET.SubElement(suite, "properties")
    for key, value in facts.items():
        ET.SubElement(properties, "property", {"name": key, "value": value})
    for line in found.lines:
        case = ET.SubElement(
            suite,
            "testcase",
            {"name": line_name(line), "classname": f"judgebench.gate.{safe(found.task)}", "time": "0"},
        )
        said = phrase(line, found.rules.alpha)
        if line.state == "fail":
            ET.SubElement(case, "failure", {"type": "worse", "message": said}).text = said
        elif line.state == "undecided":
            ET.SubElement(case, "error", {"type": "undecided", "message": said}).text = said
        else:
            ET.SubElement(case, "system-out").text = said
    ET.indent(suites)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suites, encoding="unicode")}\n'
