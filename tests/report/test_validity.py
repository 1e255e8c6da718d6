"""A judge's validation: what holds it against people, and that a task's majority or recording makes no other judge."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report.report_rows import one_row

import judgebench
from judgebench.agreement.probing.measure import Probed
from judgebench.agreement.validity import Evidence, Limits, Line, validate
from judgebench.domain import Estimate, Usage
from judgebench.report.validity import JudgeValidation, Validated

if TYPE_CHECKING:
    from pathlib import Path


def line(about: str, each: float, *, scale: str = "pair:3") -> Line:
    """Validate a judge of a kappa of .50 with the majority, and of another one with each of two people."""
    found = Estimate(each, each - 0.05, each + 0.05, 99)
    row = one_row()
    row = replace(row, scale=scale, headline="cohen_kappa", ceiling={**row.ceiling, "judge_vs_each_cohen_kappa": found})
    lines = validate([Evidence("pandalm", row, 3, both_orders=True, probes={})], Limits())
    return next(one for one in lines if one.about == about)


@pytest.mark.parametrize(("each", "state"), [(0.85, "pass"), (0.6, "warn")])
def test_a_judge_is_held_against_people_as_one_of_two(each: float, state: str) -> None:
    assert line("human ceiling", each).state == state


def test_nobody_is_in_the_place_of_one_of_two_people() -> None:
    row = replace(one_row(), headline="cohen_kappa")
    lines = validate([Evidence("pandalm", row, 3, both_orders=True, probes={})], Limits())
    found = next(one for one in lines if one.about == "human ceiling")
    assert (found.state, found.reason) == ("open", "not_measured")


@pytest.mark.parametrize(
    ("low", "high", "p", "state", "about"),
    [
        (-0.45, -0.2, 0.01, "fail", "led by leniency"),
        (-0.5, 0.05, 0.2, "warn", "other probes"),
        (-0.05, 0.05, 0.9, "pass", "probes"),
    ],
)
def test_a_judge_may_be_led_either_way(low: float, high: float, p: float, state: str, about: str) -> None:
    """A judge that rejects what it doesn't know is as unfair as one that accepts it."""
    effect = Estimate((low + high) / 2, low, high, 99)
    probes = {"leniency": Probed(99, 99, effect, p, "half", {}, either=True)}
    lines = validate([Evidence("pandalm", one_row(), 3, both_orders=True, probes=probes)], Limits())
    assert [one.state for one in lines if one.about == about] == [state]


@pytest.mark.parametrize(
    ("scale", "unit"), [("check", "share"), ("rate:1-5", "points"), ("levels:bad,fair,good", "points")]
)
def test_how_far_a_judge_is_led_has_the_unit_of_its_scale(scale: str, unit: str) -> None:
    probes = {"authority": Probed(99, 99, Estimate(1.3, 1.1, 1.5, 99), 0.001, "placebo", {})}
    lines = validate([Evidence("own", replace(one_row(), scale=scale), 3, both_orders=True, probes=probes)], Limits())
    assert [one.unit for one in lines if one.about == "led by authority"] == [unit]


def test_a_rule_that_looks_at_gold_is_one_judge_on_two_tasks(tmp_path: Path) -> None:
    tasks = ["pandalm", "triviaqa"]
    found = judgebench.validate_judge(
        judge="baseline/majority", task=tasks, sample=True, limit=6, probe="bandwagon", runs=tmp_path
    )
    [one] = json.loads(found.render("json"))["judges"]
    assert [each["state"] for each in one["lines"] if each["about"] == "tasks"] == ["pass"]
    for form in ("table", "md", "html", "tex"):
        text = " ".join(found.render(form).split())
        assert all(f"SAMPLE {name}" in text for name in tasks), form


def test_what_fails_is_named_with_its_tasks_and_people_beside_the_judge() -> None:
    fails = Line("agreement", "a", "fail", Estimate(0.1, 0.0, 0.2, 9), "below", 0.4, unit="coefficient")
    warns = line("human ceiling", 0.6)
    found = JudgeValidation(
        (Validated("m", (fails, fails._replace(task="b"), warns), "d", (), 9, Usage(), "2026-11-30"),)
    )
    assert str(found.failure) == "m fails 2 questions: agreement on a and b"
    assert ".60; people " in str(found)
    page = found.render("html")
    assert "<h1>Is m fit for use? (2026-11-30)</h1>" in page
    for text in (page, str(found)):
        assert "human line" in text
        assert "human ceiling" not in text
    assert "human ceiling" in found.render("junit")
