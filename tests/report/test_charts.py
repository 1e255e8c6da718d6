"""Drawings: safe, the same bytes every time, with the figures that were measured."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from reported_runs import HOSTILE, Made, noisy, people, reported

from judgebench.agreement.systems.systems import rank_systems
from judgebench.domain import Estimate, Scale, Usage
from judgebench.report.document.text import clean
from judgebench.report.page.charts.inline import forest
from judgebench.report.page.costs import Cost, cost_of
from judgebench.report.page.forest import axis_of, band, place
from judgebench.report.page.measured import by_task
from judgebench.report.page.rankings import rankings
from judgebench.report.said import told

if TYPE_CHECKING:
    from judgebench.domain import Ratings
    from judgebench.report.page.parts import Reported

_ATTRIBUTES = {
    *("class", "viewBox", "width", "height", "role", "aria-label", "font-family", "font-size", "x", "y", "x1", "x2"),
    *("y1", "y2", "cx", "cy", "r", "fill", "stroke", "stroke-width", "text-anchor"),
}


@pytest.fixture(scope="module")
def judges() -> list[Reported]:
    """Two judges of pairs under names that must stay text, on games of ten systems."""
    truth, gold = people(240, 3, 0.9, labels=3)
    names = [f"system {i} {HOSTILE}" for i in range(10)]
    shared = {
        "gold": [tuple(map(int, row)) for row in gold],
        "scale": Scale.pair(),
        "systems": [(names[i % 10], names[(i + 1 + i // 10 % 8) % 10]) for i in range(240)],
        "task": HOSTILE,
        "usage": Usage(500, 20, 0.01),
    }
    return [
        reported(Made(judge=noisy(truth, right, labels=3, seed=i), name=name, **shared))  # type: ignore[arg-type]  # a test's own fields
        for i, (name, right) in enumerate(((HOSTILE, 0.8), ("plain", 0.6)))
    ]


def test_a_notebook_s_drawing_is_safe_and_holds_what_was_measured(judges: list[Reported]) -> None:
    rows = [one.rows[0] for one in judges]
    drawn = forest(rows)
    assert forest(rows) == drawn
    root = ET.fromstring(drawn)  # noqa: S314 - our own drawing
    for element in root.iter():
        assert element.tag.rpartition("}")[2] in {"svg", "g", "title", "line", "rect", "circle", "text"}
        assert set(element.attrib) <= _ATTRIBUTES
    assert not re.search(r"(?i)<script|javascript:|href|style=|\x1b", drawn)
    titles = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}title")]
    row = rows[0]
    assert f"{clean(row.judge)} {told(row.headline, row.metrics[row.headline])}, {row.items:,} judgments" in titles
    assert any(title.startswith("people with each other: ") for title in titles)


def test_undefined_figures_are_told_and_never_drawn(judges: list[Reported]) -> None:
    row = judges[0].rows[0]
    blank = replace(row, metrics={**row.metrics, row.headline: Estimate.missing("no_variation")}, ceiling={})
    drawn = forest([blank, judges[1].rows[0]])
    assert "undefined: one side gives the same label" in drawn
    assert drawn.count("<circle") == 1
    axis = axis_of("cohen_kappa", [None])
    assert place(axis, "cohen_kappa", blank.metrics[row.headline], "x").figure == "–"  # noqa: RUF001 - the dash
    assert band(axis, None) is None


def test_an_axis_begins_where_the_data_are_and_is_the_same_for_all() -> None:
    axis = axis_of("cohen_kappa", [Estimate(0.7, 0.62, 0.81, 9), Estimate(0.66, 0.6, 0.7, 9)])
    assert (axis.marks[0][1], axis.marks[-1][1], axis.chance) == (".6", "1", None)
    assert (axis.at(axis.low), axis.at(axis.high)) == ("0.00%", "100.00%")
    below = axis_of("cohen_kappa", [Estimate(0.1, -0.2, 0.4, 9)])
    assert below.chance == 0.0
    assert axis_of("percent_agreement", [Estimate(0.6, 0.5, 0.7, 9)]).marks[0][1] == "50 %"
    errors = axis_of("mean_absolute_error", [Estimate(12.0, 10.0, 14.0, 9)])
    assert errors.low <= 10.0
    assert errors.high >= 14.0


def test_ten_systems_are_drawn_and_their_names_are_text(judges: list[Reported]) -> None:
    (one,) = by_task(judges)
    [fold] = rankings(one)
    found = rank_systems(judges[0].ratings, policies=judges[0].policies)
    assert len(fold.scatters[0].dots) == len(found.systems) == 10
    assert [row[1] for row in fold.tables[0].rows] == [clean(system.name) for system in found.systems]
    few = [replace(run, judged=replace(run.judged, ratings=_three(run))) for run in judges]
    (small,) = by_task(few)
    [told_] = rankings(small)
    assert not told_.scatters
    assert told_.texts[0].startswith("By the labels: ")


def _three(run: Reported) -> Ratings:
    names = ("a vs b", "b vs c", "a vs c")
    return replace(run.ratings, system=run.ratings.item % 3, systems=names)


def test_costs_are_those_of_the_answers(judges: list[Reported]) -> None:
    row = judges[0].rows[0]
    assert cost_of(row).usd == pytest.approx(1000 * (row.usage.usd or 0) / sum(row.statuses.values()))
    assert cost_of(replace(row, usage=Usage(), judge="replay/x")) == Cost(
        None, None, "verdicts were recorded without their cost"
    )
