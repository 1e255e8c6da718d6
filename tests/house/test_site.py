"""The docs site without Sphinx: what is generated, the order of pages, links; `nox -s docs` builds it."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from judgebench.cli.registry import COMMANDS
from judgebench.report.schemas import KINDS

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


@pytest.fixture
def site(repo: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(repo / "docs" / "site"))
    for name in ("build", "pages"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module("build")


def test_every_page_has_a_place(repo: Path, site: ModuleType) -> None:
    there = {path.relative_to(repo / "docs").with_suffix("").as_posix() for path in (repo / "docs").rglob("*.md")}
    elsewhere = {page.removesuffix(".md") for page in site.ELSEWHERE.values()}
    placed = {"index"}
    for page, below in site.NAVIGATION.items():
        folder = page.rpartition("/")[0]
        placed |= {f"{folder}/{name}".lstrip("/") for name in (one.rpartition("<")[2].rstrip(">") for one in below)}
    assert placed == there | elsewhere


def test_what_is_generated_is_all_there_is(site: ModuleType) -> None:
    made = {name: one() for name, one in site.GENERATED.items()}
    assert not {name for name in COMMANDS if f"## {name}\n" not in made["commands"]}
    assert not {kind for kind in KINDS if f"## {kind}/" not in made["schemas"]}
    assert "| `cohen_kappa` |" in made["metrics"]
    assert "## gate\n" in made["api"]


def test_pages_are_staged(repo: Path, site: ModuleType) -> None:
    for path in sorted((repo / "docs").rglob("*.md")):
        page = path.relative_to(repo / "docs").as_posix()
        assert "<!-- generated:" not in site.staged(path.read_text("utf-8"), page, f"docs/{page}")


def test_search_leads_words_to_the_glossary(repo: Path, site: ModuleType) -> None:
    page = "reference/glossary.md"
    text = site.staged((repo / "docs" / page).read_text("utf-8"), page, f"docs/{page}")
    assert text.count("```{index} ! kappa, ! cohen_kappa, ") == text.count("```{index}") == 1
