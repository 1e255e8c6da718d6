"""Charts: safe, the same bytes every time, and with the figures that were measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import matplotlib as mpl
import numpy as np
import pytest
from reported_runs import HOSTILE, Made, noisy, people, recorded, reported

from judgebench.agreement.bias import length_preference
from judgebench.agreement.policies import apply
from judgebench.agreement.systems.systems import rank_systems
from judgebench.domain import Estimate, Scale, Usage
from judgebench.report.document.text import clean
from judgebench.report.page.charts.groups import subsets, systems
from judgebench.report.page.charts.judges import forest, pareto
from judgebench.report.page.charts.markup import ROLES
from judgebench.report.page.charts.verdicts import calibration, confusion, length, position

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.report.page.parts import Chart, Reported

_KNOWN = {"svg", "title", "desc", "g", "path", "text"}
_ATTRIBUTES = {
    "svg": {"class", "viewBox", "role", "aria-labelledby", "font-size", "stroke-linejoin"},
    "title": {"id"},
    "desc": {"id"},
    "g": set(),
}
_DRAWN = {
    *("d", "transform", "x", "y", "fill", "stroke", "opacity", "fill-opacity", "stroke-opacity", "stroke-width"),
    *("stroke-dasharray", "font-size", "font-weight", "text-anchor"),
}


@pytest.fixture(scope="module")
def pairs() -> list[Reported]:
    """Two judges of pairs in both orders, under names that must stay text."""
    truth, gold = people(240, 3, 0.9, labels=3)
    rng = np.random.default_rng(5)
    shared = {
        "gold": [tuple(map(int, row)) for row in gold],
        "scale": Scale.pair(),
        "systems": [((HOSTILE, "b"), ("b", "c"), (HOSTILE, "c"))[i % 3] for i in range(240)],
        "subsets": [(f"easy {HOSTILE}", "hard")[i % 2] for i in range(240)],
        "lengths": [tuple(map(int, rng.integers(10, 900, 2))) for _ in range(240)],
        "task": HOSTILE,
        "probabilities": [tuple(p) for p in rng.dirichlet([1, 1, 1], 240)],
    }
    found = []
    for i, (name, right, usd) in enumerate(((HOSTILE, 0.8, 0.01), ("plain", 0.6, 0.0001))):
        codes = noisy(truth, right, labels=3, seed=10 + i)
        turned = noisy(truth, right, labels=3, seed=20 + i)
        found.append(reported(Made(judge=codes, swapped=turned, name=name, usage=Usage(500, 20, usd), **shared)))
    return found


def _all(runs: list[Reported]) -> list[Chart]:
    run = runs[0]
    row, scored = run.rows[0], apply(run.ratings, run.policies)
    ahead = np.array([v.lengths[1] - v.lengths[0] for v in run.verdicts()][:240], dtype=float)
    ranked = rank_systems(run.ratings, policies=run.policies, draws=100)
    rows = [one.rows[0] for one in runs]
    check = reported(
        Made(
            gold=[(i % 2,) for i in range(100)],
            judge=[i % 2 for i in range(100)],
            probabilities=[(0.3, 0.7) if i % 3 else (0.9, 0.1) for i in range(100)],
            name=HOSTILE,
        )
    )
    found = [
        forest(rows),
        forest([replace(row, metrics={**row.metrics, row.headline: Estimate.missing("no_items")}) for row in rows]),
        pareto(rows),
        confusion(run.ratings, run.policies, judge=row.judge, gold=row.gold),
        calibration(check.ratings, check.policies, judge=HOSTILE),
        position(run.rows),
        length(length_preference(scored, ahead), judge=row.judge, gold=row.gold),
        subsets([one.rows for one in runs]),
        systems(ranked, judge=row.judge, gold=row.gold),
    ]
    assert all(chart is not None for chart in found)
    return [chart for chart in found if chart is not None]


def _parsed(chart: Chart) -> ET.Element:
    return ET.fromstring(chart.svg)  # noqa: S314 - written by this program a moment ago


def test_nothing_but_known_shapes_in_the_colours_of_the_page(pairs: list[Reported]) -> None:
    roles = {f"var(--{role}, {colour})" for role, colour in ROLES.items()} | {"none"}
    for chart in _all(pairs):
        root = _parsed(chart)
        for part in root.iter():
            kind = part.tag.removeprefix("{http://www.w3.org/2000/svg}")
            assert kind in _KNOWN, (chart.name, kind)
            assert set(part.attrib) <= _ATTRIBUTES.get(kind, _DRAWN), (chart.name, kind, part.attrib)
            assert {part.attrib[name] for name in ("fill", "stroke") if name in part.attrib} <= roles
        lowered = chart.svg.lower()
        # The hostile name stands there, escaped; nothing of it is an element, an attribute or an address.
        assert "&lt;script&gt;" in lowered
        assert "href" not in lowered
        assert "url(" not in lowered
        assert chart.svg.count("http") == 1
        assert "\x1b" not in chart.svg
        assert "\u202e" not in chart.svg


def test_what_is_read_aloud_is_there(pairs: list[Reported]) -> None:
    for chart in _all(pairs):
        root = _parsed(chart)
        assert root.get("role") == "img"
        assert root.get("aria-labelledby") == f"{chart.name}-title {chart.name}-desc"
        assert root[0].text == chart.title
        assert root[1].text == chart.summary
        assert chart.rows
        assert {len(row) for row in chart.rows} == {len(chart.header)}
        ids = [part.get("id") for part in root.iter() if part.get("id")]
        assert all(str(one).startswith(chart.name) for one in ids)


def test_no_text_is_smaller_than_11_or_leaves_the_drawing(pairs: list[Reported]) -> None:
    for chart in _all(pairs):
        root = _parsed(chart)
        _, _, width, height = map(float, str(root.get("viewBox")).split())
        for part in root.iter("{http://www.w3.org/2000/svg}text"):
            assert float(part.get("font-size", "0")) >= 11, chart.name
            room = 6.0 * len(part.text or "") * float(part.get("font-size", "12")) / 12
            x, y = float(part.get("x", "nan")), float(part.get("y", "nan"))
            left = x - {"start": 0, "middle": room / 2, "end": room}[part.get("text-anchor", "start")]
            assert left >= -12, (chart.name, part.text)
            assert left + room <= width + 24, (chart.name, part.text)
            assert 0 < y < height, (chart.name, part.text)


def test_the_same_bytes_whatever_a_program_set(pairs: list[Reported]) -> None:
    first = _all(pairs)
    with mpl.rc_context({"svg.hashsalt": None, "font.size": 30, "axes.facecolor": "red", "lines.linewidth": 9}):
        assert _all(pairs) == first
        assert mpl.rcParams["font.size"] == 30


def test_undefined_figures_are_told_and_never_drawn(pairs: list[Reported]) -> None:
    row = pairs[0].rows[0]
    blank = replace(row, metrics={**row.metrics, row.headline: Estimate.missing("no_variation")}, ceiling={})
    drawn = forest([blank, pairs[1].rows[0]])
    assert drawn.rows[0][1].startswith("undefined: one side gives the same label")
    assert drawn.rows[0][2] == "–"  # noqa: RUF001 - the dash of tables
    assert drawn.svg.count("undefined: one side") >= 1
    one = forest([pairs[1].rows[0]])
    marks = [chart.svg.count("translate(") for chart in (drawn, one)]
    # A second judge without a figure adds no mark.
    assert marks[0] == marks[1]


def test_ceiling_and_majority_of_a_forest(pairs: list[Reported]) -> None:
    row = pairs[0].rows[0]
    people_ = row.ceiling["percent_agreement"]
    chart = forest([one.rows[0] for one in pairs], "percent_agreement")
    assert f"People reach {100 * (people_.value or 0):.1f} %" in chart.summary
    constant = max(row.base_rates["gold"].values())
    assert f"most frequent label would reach {100 * constant:.1f} %" in chart.summary
    assert forest([replace(one.rows[0], ceiling={}) for one in pairs]).summary.count("People reach") == 0


def test_costs_that_are_not_known(pairs: list[Reported]) -> None:
    rows = [one.rows[0] for one in pairs]
    unpriced = [replace(row, usage=Usage(1000 * (i + 1), 10, None)) for i, row in enumerate(rows)]
    in_tokens = pareto(unpriced)
    assert in_tokens is not None
    assert in_tokens.summary.startswith("Prices are not known, so tokens stand for them.")
    assert "tokens per judgment" in in_tokens.header
    assert pareto([replace(row, usage=Usage()) for row in rows]) is None
    # One known price among two judges is no comparison.
    assert pareto([rows[0], replace(rows[1], usage=Usage())]) is None


def test_dollars_per_thousand_judgments(pairs: list[Reported]) -> None:
    chart = pareto([one.rows[0] for one in pairs])
    assert chart is not None
    assert [row[1] for row in chart.rows] == ["10", "0.1"]
    assert [row[4] for row in chart.rows] == ["yes", "yes"]


def test_charts_without_a_subject(pairs: list[Reported]) -> None:
    check = reported(Made(gold=[(0,), (1,)] * 20, judge=[0, 1] * 20))
    assert calibration(check.ratings, check.policies) is None
    assert position(check.rows) is None
    assert subsets([check.rows]) is None
    many = reported(
        Made(gold=[(i,) for i in range(30)], judge=list(range(30)), scale=Scale.parse("rate:1-30"), name="many")
    )
    assert confusion(many.ratings, many.policies) is None
    nothing = length_preference(apply(pairs[0].ratings, pairs[0].policies), np.full(240, np.nan))
    assert nothing.judge.undefined == "no_items"
    assert length(nothing) is None


@pytest.mark.data
def test_figures_of_real_runs(data_dir: Path, tmp_path: Path) -> None:
    runs = recorded(data_dir, tmp_path, "pandalm", "replay:gpt-3.5-turbo", "replay:pandalm-7b")
    firsts = [run.rows[0] for run in runs]
    chart = forest(firsts)
    for row, line in zip(firsts, chart.rows, strict=True):
        kappa = row.metrics["cohen_kappa"]
        assert kappa.value is not None
        assert kappa.low is not None
        assert kappa.high is not None
        shown = [f"{value:.3f}".removeprefix("0") for value in (kappa.value, kappa.low, kappa.high)]
        assert line[:3] == (row.judge, shown[0], f"{shown[1]} to {shown[2]}")
    gpt = next(run for run in runs if "gpt" in run.run.judge)
    table = confusion(gpt.ratings, gpt.policies, judge="gpt", gold="human")
    assert table is not None
    # The published table of gpt-3.5-turbo, 25 unusable answers counted as ties.
    assert [line[1:] for line in table.rows] == [
        ("332 (79 %)", "19 (5 %)", "71 (17 %)", "422"),
        ("42 (40 %)", "18 (17 %)", "45 (43 %)", "105"),
        ("86 (18 %)", "26 (6 %)", "360 (76 %)", "472"),
    ]
    ranked = rank_systems(gpt.ratings, policies=gpt.policies, draws=50)
    drawn = systems(ranked, judge="gpt", gold="human")
    assert drawn is not None
    assert [row[0] for row in drawn.rows] == [clean(one.name) for one in ranked.systems]
