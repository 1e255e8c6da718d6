"""JUnit files held against Jenkins' schema, which `nox -s gate` takes from pytest's source distribution."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from report.gate_rows import HOSTILE, RUN, planted, verdicts

from judgebench.agreement.gate.decision import gate as decide
from judgebench.report.gate import baseline
from judgebench.report.gate.paired import pair
from judgebench.report.gate.words import to_junit


@pytest.mark.parametrize("name", ["plain", HOSTILE], ids=["plain", "hostile"])
@pytest.mark.parametrize(
    ("n", "drop", "discordance", "state"),
    [(2000, 0.0, 0.1, "pass"), (500, 0.05, 0.1, "fail"), (40, 0.05, 0.2, "undecided")],
)
def test_junit_is_valid(name, n, drop, discordance, state):
    file = os.environ.get("JUNIT_XSD")
    if not file:
        pytest.skip("no schema here: `nox -s gate` fetches it and sets JUNIT_XSD")
    xmlschema = pytest.importorskip("xmlschema")
    schema = xmlschema.XMLSchema(Path(file))
    gold, first, second = planted(n, drop=drop, discordance=discordance)
    run = replace(RUN, task=name, judge=name)
    subsets = list(np.where(np.arange(n) < n // 2, name, f"{name} b"))
    before = baseline.record(run, verdicts(gold, first, subsets=subsets), run.policies)
    matched = pair(before, run, lambda: verdicts(gold, second, subsets=subsets), run.policies)
    found = decide(matched)
    assert found.state == state
    schema.validate(to_junit(found))
    schema.validate(to_junit(decide(matched, ["cohen_kappa", "accuracy"], subsets=["all"])))
    # The schema does refuse what it should.
    assert not schema.is_valid(to_junit(found).replace("<testcase ", "<test ").replace("</testcase>", "</test>"))
