"""Charts in a real browser: in the page's colours, legible, with labels that neither overlap nor leave the drawing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from report_runs import command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.data

_BOXES = """() => [...document.querySelectorAll('svg.chart')].map(svg => ({
  name: svg.getAttribute('aria-labelledby'),
  frame: svg.getBoundingClientRect().toJSON(),
  texts: [...svg.querySelectorAll('text')].map(t => ({
    words: t.textContent, size: parseFloat(getComputedStyle(t).fontSize) * svg.getScreenCTM().a,
    box: t.getBoundingClientRect().toJSON()})),
}))"""
_COLOURS = """() => {
  const ink = document.querySelector('svg.chart text');
  const body = getComputedStyle(document.body);
  const dot = document.querySelector('svg.chart path[transform]');
  return [getComputedStyle(ink).fill, body.backgroundColor, getComputedStyle(dot).fill];
}"""


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Path:
    """Write a report with a chart of every kind that recorded judges can have."""
    folder = tmp_path_factory.mktemp("charts")
    for task, *judges in (
        ("pandalm", "replay:gpt-3.5-turbo", "replay:pandalm-7b", "baseline/majority"),
        ("judgebench:gpt", "replay:o1-mini-2024-09-12", "replay:Skywork-Reward-Gemma-2-27B"),
        ("alttest:wax", "replay:gpt-4o", "replay:gpt-4o-mini"),
    ):
        named = [word for judge in judges for word in ("--judge", judge)]
        command("run", *named, "--task", task, "--data", data_dir, "--runs", folder / "runs", cwd=folder)
    command("report", folder / "runs", "--no-texts", "--output", folder / "report.html", cwd=folder)
    return folder / "report.html"


@pytest.mark.parametrize("width", [1280, 390])
def test_labels_are_legible_and_apart(drawn: Path, new_page: Callable[..., Any], width: int) -> None:
    tab, seen = new_page(viewport={"width": width, "height": 900})
    tab.goto(drawn.as_uri())
    charts = tab.evaluate(_BOXES)
    assert len(charts) >= 15
    for chart in charts:
        frame = chart["frame"]
        for text in chart["texts"]:
            assert text["size"] >= 9.5, (chart["name"], text)
            assert text["box"]["left"] >= frame["left"] - 1, (chart["name"], text)
            assert text["box"]["right"] <= frame["right"] + 1, (chart["name"], text)
        boxes = [(text["words"], text["box"]) for text in chart["texts"] if text["words"]]
        for i, (words, one) in enumerate(boxes):
            for other, two in boxes[i + 1 :]:
                across = min(one["right"], two["right"]) - max(one["left"], two["left"])
                down = min(one["bottom"], two["bottom"]) - max(one["top"], two["top"])
                # Boxes of lines below each other share some leading; letters must not touch.
                assert across <= 1 or down <= 0.45 * min(one["height"], two["height"]), (chart["name"], words, other)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    seen.nothing_wrong()
    assert seen.left() == []


def test_colours_are_the_pages(drawn: Path, new_page: Callable[..., Any]) -> None:
    found = {}
    for scheme in ("light", "dark"):
        tab, _ = new_page(color_scheme=scheme)
        tab.goto(drawn.as_uri())
        found[scheme] = tab.evaluate(_COLOURS)
    assert found["light"][1:] == ["rgb(255, 255, 255)", "rgb(26, 86, 176)"]
    assert found["dark"][1:] == ["rgb(19, 22, 26)", "rgb(143, 186, 255)"]
    assert found["light"][0] != found["dark"][0]


def test_a_mark_tells_its_figures(drawn: Path, new_page: Callable[..., Any]) -> None:
    tab, _ = new_page()
    tab.goto(drawn.as_uri())
    told = tab.evaluate("[...document.querySelectorAll('svg.chart g > title')].map(t => t.textContent)")
    assert "replay/gpt-3.5-turbo: .496 (.428 to .560), 999 judgments" in told


def test_charts_have_no_barriers(
    drawn: Path, new_page: Callable[..., Any], violations: Callable[[Any], list[str]]
) -> None:
    for scheme in ("light", "dark"):
        tab, _ = new_page(bypass_csp=True, color_scheme=scheme)
        tab.goto(drawn.as_uri())
        assert violations(tab) == []
