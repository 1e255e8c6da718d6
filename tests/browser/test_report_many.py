"""A report with 20,000 items opens without unpacking them, and lets the browser breathe while it searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from report_runs import command, many_pairs, until, write_judges, write_pairs

from judgebench.store.runs import find_runs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ITEMS = 20_000
pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two judges on 20,000 pairs that were written for this test, in one order: the runs, and their report."""
    folder = tmp_path_factory.mktemp("many")
    write_judges(folder)
    write_pairs(folder / "many.jsonl", many_pairs(ITEMS))
    asked = ("--judge", "judging:longer", "--judge", "baseline/shortest", "--order", "original", "--task", "pandalm")
    command("run", *asked, "--data", "many.jsonl", "--runs", "runs", cwd=folder)
    command("report", "runs", "--data", "many.jsonl", "--output", "report.html", cwd=folder)
    return folder


def test_twenty_thousand_items_open_without_being_unpacked(many: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport={"width": 1280, "height": 900})
    tab.goto((many / "report.html").as_uri())
    tab.wait_for_selector("html[data-ready]")
    seen.nothing_wrong()
    assert seen.left() == []
    assert tab.evaluate("new Set(page.board.chunk).size") > 50
    # The texts of the item that is open.
    assert tab.evaluate("kept.size") <= 1
    assert f"of {ITEMS:,} items" in tab.text_content("#count")
    assert tab.locator(".row").count() < 40


def test_twenty_thousand_items_never_freeze_the_page(many: Path, new_page: Callable[..., Any]) -> None:
    tab, seen = new_page(viewport={"width": 1280, "height": 900})
    tab.goto((many / "report.html").as_uri())
    tab.wait_for_selector("html[data-ready]")
    assert tab.text_content("#count") == f"{ITEMS:,} of {ITEMS:,} items"
    # On a clock on which every chunk takes long, the page gives way after each one.
    tab.evaluate(
        """() => {
          window.breaths = 0;
          let now = 0;
          performance.now = () => (now += 200);
          breathe = () => new Promise((done) => { window.breaths += 1; setTimeout(done, 0); });
        }"""
    )
    tab.fill("#search", "repairs the violin")
    until(tab, "page.hits !== null && !document.getElementById('count').textContent.includes('searching')")
    wanted = {row["idx"] for row in many_pairs(ITEMS) if _has(row, "repairs", "the", "violin")}
    said = {verdict.item for run in find_runs(many / "runs") for verdict in run.verdicts() if _said(verdict.text)}
    found = tab.evaluate("page.list.found.map((place) => page.board.id[place])")
    assert set(found) == {str(number) for number in wanted} | said
    assert tab.evaluate("window.breaths") == tab.evaluate("new Set(page.board.chunk).size")
    tab.evaluate("document.getElementById('list').scrollTop = 1e9")
    until(tab, "document.querySelector('.row:last-child').dataset.position === String(page.list.found.length - 1)")
    tab.focus("#list")
    tab.keyboard.press("End")
    tab.keyboard.press("Enter")
    until(tab, f"document.querySelector('#item-title .id').textContent === '{found[-1]}'")
    seen.nothing_wrong()


def _has(row: dict[str, object], *words: str) -> bool:
    text = " ".join(str(row[name]) for name in ("instruction", "response1", "response2")).lower()
    return all(word in text or word == str(row["idx"]) for word in words)


def _said(text: str) -> bool:
    return all(word in text.lower() for word in ("repairs", "the", "violin"))
