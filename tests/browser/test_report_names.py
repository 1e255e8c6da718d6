"""A report of judges with long names: nothing leaves its panel, and no word is broken that would fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from report_runs import command

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONG = ("router/maker/some-model-405b-instruct-turbo-fp8-2024-07-23-preview-extended", "onewordwithoutanyend" * 4)


@pytest.mark.parametrize("width", [1366, 1024, 760, 390])
def test_long_names_stay_in_their_panels(new_page: Callable[..., Any], tmp_path: Path, width: int) -> None:
    rows = [f"{'pass' if i % 2 else 'fail'},pass,fail" for i in range(30)]
    (tmp_path / "t.csv").write_text("\n".join([f"gold,{LONG[0]},{LONG[1]}", *rows]), "utf-8")
    judges = [word for name in LONG for word in ("--judge-col", name)]
    command("report", "--csv", "t.csv", *judges, "--gold-col", "gold", "--output", "report.html", cwd=tmp_path)
    tab, seen = new_page(viewport={"width": width, "height": 900})
    tab.goto((tmp_path / "report.html").as_uri())
    tab.wait_for_selector("html[data-ready]")
    tab.evaluate("document.querySelectorAll('details').forEach((fold) => { fold.open = true })")
    assert tab.locator(".verd tbody tr").count() == len(LONG)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator("#item").evaluate("panel => panel.scrollWidth <= panel.clientWidth")
    seen.nothing_wrong()
