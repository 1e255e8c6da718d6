"""A published site from the disk: index, systems, links; nothing leaves the folder."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def called(*arguments: str) -> int:
    """Run a command in a process of its own: the browser's driver has this one's event loop."""
    command = [sys.executable, "-m", "judgebench", *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=120).returncode


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    judges = ("--judge", "baseline/longest", "--judge", "baseline/random", "--judge", "baseline/shortest")
    runs = str(folder / "runs")
    assert called("run", *judges, "--task", "pandalm", "--task", "judgebench", "--sample", "--runs", runs) == 0
    assert called("publish", runs, "--output", str(folder / "site"), "--allow-samples") == 0
    assert called("leaderboard", runs, "--systems", "--output", str(folder / "systems.html")) == 0
    assert called("leaderboard", runs, "--aggregate", "rank", "--output", str(folder / "overall.html")) == 0
    return folder


def test_every_link_of_the_page_opens_and_stays_inside(site: Path, new_page: Callable[..., Any]) -> None:
    page, seen = new_page()
    page.goto((site / "site" / "index.html").as_uri())
    addresses = page.evaluate("Array.from(document.links, (one) => one.href)")
    root = (site / "site").as_uri()
    for address in addresses:
        assert address.startswith(f"{root}/"), address
        name = address.removeprefix(f"{root}/")
        file, _, part = name.partition("#")
        assert (site / "site" / file).is_file(), address
        if part:
            assert page.locator(f"[id='{part}']").count() == 1, address
    assert len(addresses) >= 8
    seen.nothing_wrong()
    assert seen.left() == []


@pytest.mark.parametrize("name", ["site/index.html", "systems.html", "overall.html"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_quiet(site: Path, new_page: Callable[..., Any], violations, name, scheme) -> None:
    page, seen = new_page(bypass_csp=True, color_scheme=scheme)
    page.goto((site / name).as_uri())
    assert violations(page) == []
    seen.nothing_wrong()
    assert seen.left() == []


def test_systems_sort_by_gold_and_by_a_judge(site: Path, new_page: Callable[..., Any]) -> None:
    page, seen = new_page(viewport={"width": 390, "height": 800})
    page.goto((site / "systems.html").as_uri())
    table = page.locator("table").first
    for head in ("rank by humans", "rank by baseline/longest"):
        table.get_by_role("columnheader", name=head).get_by_role("button").click()
        at = [text.strip() for text in table.locator("thead th").all_inner_texts()].index(head)
        ranks = [float(row.split("\t")[at].split(" ")[0]) for row in table.locator("tbody").inner_text().splitlines()]
        assert ranks == sorted(ranks)
        assert len(ranks) >= 4
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    seen.nothing_wrong()


def test_the_overall_table_comes_first_where_it_was_asked_for(site: Path, new_page: Callable[..., Any]) -> None:
    page, _ = new_page()
    page.goto((site / "overall.html").as_uri())
    assert page.locator("h2").first.inner_text() == "Over 2 tasks, as asked for: mean rank"
    assert "No figure is averaged" not in page.inner_text("header")
