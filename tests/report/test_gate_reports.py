"""What a gate prints for people, for JUnit readers and for GitHub, with names as an enemy would choose them."""

from __future__ import annotations

import functools
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from documents import document
from hypothesis import given, settings
from hypothesis import strategies as st
from report.gate_rows import HOSTILE, RUN, planted, verdicts

from judgebench.agreement.gate.decision import gate as decide
from judgebench.agreement.gate.rules import Limits, Rules
from judgebench.domain import Scale, Status
from judgebench.errors import DataError
from judgebench.report.gate import baseline, cases
from judgebench.report.gate.gate import Decision
from judgebench.report.gate.github import annotate
from judgebench.report.gate.paired import pair
from judgebench.report.gate.words import line_name, phrase, to_junit, verdict

#: What GitHub's runner takes for a command: at the start of a line, or (the old form) anywhere in it.
COMMAND = re.compile(r"^\s*::|##\[")


@functools.cache
def decided(name: str = "j", n: int = 60, drop: float = 0.05, **how):
    """A gate with a line for each state, on names of one's choice."""
    gold, first, second = planted(n, drop=drop, discordance=0.2)
    run = replace(RUN, task=name, judge=name)
    subsets = [f"{name} {half}" for half in "ab" for _ in range(n // 2)]
    before = baseline.record(run, verdicts(gold, first, subsets=subsets), run.policies)
    said = verdicts(gold, np.where(np.arange(n) < 30, -1, second), subsets=subsets)
    matched = pair(before, run, lambda: said, run.policies)
    return decide(
        matched, ["cohen_kappa", "gwet_ac1"], subsets=["all"], rules=Rules(**how), limits=Limits(coverage=0.9)
    )


def parsed(found) -> ET.Element:
    return ET.fromstring(to_junit(found))  # noqa: S314 - our own output


def test_all_states_are_here():
    found = decided()
    assert {line.state for line in found.lines} == {"fail", "pass", "undecided"}


def test_hostile_names_break_nothing():
    found = replace(decided(HOSTILE), baseline=HOSTILE, run=HOSTILE)
    decision = Decision(found)
    assert document(decision.render("json"))["run"] == HOSTILE
    for text in (decision.render(), decision.render(width=80), decision.render("md"), verdict(found)):
        assert not [line for line in text.splitlines() if COMMAND.search(line)]
        assert not {"\x1b", "\r", "\u202e", "\ufffe", "\ud800"} & set(text)
    markdown = decision.render("summary")
    assert "<script>" not in markdown
    assert "](http" not in markdown.replace("\\](", "")
    for line in decision.render("md").splitlines():
        if line.startswith("| "):
            assert len(re.findall(r"(?<!\\)\|", line)) in {7, 10}
    commands = annotate(found)
    assert commands
    for command in commands:
        assert "\n" not in command
        level, rest = command.removeprefix("::").split(" title=", 1)
        title, message = rest.split("::", 1)
        assert level in {"error", "warning"}
        assert not {":", ","} & set(title)
        assert "::" not in message
        assert not re.search(r"%(?!25|0D|0A)", message)
    cases = parsed(found)[0].findall("testcase")
    assert [case.get("name") for case in cases] == [line_name(line) for line in found.lines]
    assert len(parsed(found).findall(".//script")) == 0


@settings(max_examples=40, deadline=None)
@given(name=st.text(st.characters(exclude_categories=()), min_size=1, max_size=40))
def test_any_name_gives_xml_json_and_quiet_logs(name):
    found = replace(decided(), task=name, run=name, baseline=name)
    found = replace(found, lines=tuple(replace(line, subset=name) for line in found.lines))
    tree = parsed(found)
    assert int(tree.get("tests")) == len(found.lines)
    assert json.loads(Decision(found).render("json"))["task"] == name
    for text in (Decision(found).render(), Decision(found).render("md")):
        assert not [line for line in text.splitlines() if COMMAND.search(line)]
    assert all(len(command.splitlines()) == 1 for command in annotate(found))


def test_junit_counts_and_kinds():
    found = decided()
    root = parsed(found)
    (suite,) = root
    states = [line.state for line in found.lines]
    counts = {"tests": len(states), "failures": states.count("fail"), "errors": states.count("undecided")}
    for one in (root, suite):
        assert {name: int(one.get(name)) for name in counts} == counts
    kinds = {"fail": "failure", "undecided": "error", "pass": "system-out"}
    for line, case in zip(found.lines, suite.findall("testcase"), strict=True):
        (inside,) = case
        assert inside.tag == kinds[line.state]
        assert inside.text == phrase(line, 0.05)
        assert case.get("time") == "0"
    assert to_junit(found) == to_junit(found)


def test_github_shows_ten_of_a_kind_at_most():
    found = decided()
    many = replace(found, lines=found.lines * 20)
    commands = annotate(many)
    assert [sum(one.startswith(f"::{level}") for one in commands) for level in ("error", "warning")] == [10, 10]
    assert annotate(replace(found, lines=tuple(line for line in found.lines if line.state == "pass"))) == []


def test_the_sentence_names_three_lines_and_counts_the_rest():
    found = decided()
    many = replace(found, lines=tuple(replace(line, state="fail") for line in found.lines))
    assert f"; and {len(found.lines) - 3} lines more." in verdict(many)
    assert verdict(many).startswith("FAIL: j against the baseline j on j, 60 items.")


@pytest.mark.parametrize(
    ("spec", "codes"),
    [
        ("check", [0, 1]),
        ("pair:3", [0, 1, 2]),
        ("pair:5+bad", [0, 5]),
        ("rate:1-5", [0, 4]),
        ("pick:4", [0, 3, 6]),
        ("nominal:red,green", [1]),
        ("rank:3", [(2, 0, 1)]),
        ("steps", [(1, 0, 1), (1,)]),
    ],
)
def test_words_of_every_scale_come_back(spec, codes):
    scale = Scale.parse(spec)
    for code in codes:
        word = cases.word_of(code, Status.OK, scale)
        assert cases.code_of(word, scale, "i") == (code, Status.OK)
    for status in list(Status)[1:]:
        assert cases.code_of(cases.word_of(None, status, scale), scale, "i") == (None, status)
    for wrong in ("", "what?", "1 >", ["lost"]):
        with pytest.raises(DataError, match="is not a verdict on the scale"):
            cases.code_of(wrong, scale, "i")


def test_a_label_named_like_a_status_is_a_label():
    scale = Scale.parse("nominal:failed,ok")
    assert cases.code_of(cases.word_of(0, Status.OK, scale), scale, "i") == (0, Status.OK)
    assert cases.code_of(cases.word_of(None, Status.FAILED, scale), scale, "i") == (None, Status.FAILED)


@settings(max_examples=40, deadline=None)
@given(names=st.lists(st.text(st.characters(exclude_categories=()), min_size=1), min_size=1, max_size=8, unique=True))
def test_any_item_name_comes_back_from_the_file(names, tmp_path_factory):
    gold, first, _ = planted(len(names))
    made = baseline.record(RUN, verdicts(gold, first, names=names), RUN.policies)
    file = tmp_path_factory.mktemp("base") / "line.json"
    baseline.write(made, file)
    text = file.read_bytes()
    assert text.isascii()
    assert text.count(b"\n") == len(baseline.render(made).splitlines())
    back = baseline.read(file)
    assert replace(back, labels=made.labels) == made
    document(text)
