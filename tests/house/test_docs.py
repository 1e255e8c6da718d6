"""What the documents say: links lead somewhere, CI runs the README's commands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
_TABLE = re.compile(r"^`([^`\s]+)`:\n\n```\w*\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def marked(repo: Path, name: str) -> str:
    """The fenced block that `.ci/run` reads: between `<!-- ci:NAME -->` and `<!-- /ci -->`."""
    block = re.search(
        rf"^<!-- ci:{name} -->\n```\w*\n(.*?)```\n<!-- /ci -->$",
        (repo / "README.md").read_text("utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert block, f"README.md has no fenced command between <!-- ci:{name} --> and <!-- /ci -->"
    return block[1]


def test_ci_runs_the_readme(repo: Path) -> None:
    script = (repo / ".ci" / "run").read_text("utf-8")
    for name, must in {"demo": "judgebench demo", "tests": "nox -s tests"}.items():
        assert must in marked(repo, name)
        assert f"readme {name}" in script


def anchors(path: Path) -> set[str]:
    """The anchors that a Markdown file's headings get."""
    headings = re.findall(r"^#+\s+(.*)$", path.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_local_links_resolve(repo: Path, tracked: tuple[Path, ...]) -> None:
    dead = []
    for path in tracked:
        if path.suffix != ".md":
            continue
        text = _FENCE.sub("", path.read_text("utf-8"))
        for link in _LINK.findall(text):
            if re.match(r"[a-z][a-z+.-]*:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
                dead.append(f"{path.relative_to(repo)}: {link}")
    assert not dead


def test_every_room_is_documented(repo: Path) -> None:
    text = (repo / "docs" / "contribute" / "architecture.md").read_text("utf-8")
    rooms = {path.parent.name for path in (repo / "judgebench").glob("*/__init__.py")}
    assert len(rooms) > 8
    assert not {room for room in rooms if f"`{room}`" not in text}


def test_pages_that_messages_name_exist(repo: Path, tracked: tuple[Path, ...]) -> None:
    named = {
        name: path.relative_to(repo)
        for path in tracked
        if path.suffix in {".py", ".toml", ".yml"}
        for name in re.findall(r"\bdocs/[a-z/-]+\.md\b", path.read_text("utf-8"))
    }
    assert len(named) > 5
    assert not {f"{path}: {name}" for name, path in named.items() if not (repo / name).is_file()}


def test_a_table_of_one_name_is_one_table(repo: Path) -> None:
    """Commands are tried in one folder that holds the tables of all pages."""
    shown: dict[str, str] = {}
    for path in sorted((repo / "docs").rglob("*.md")):
        for name, table in _TABLE.findall(path.read_text("utf-8")):
            assert shown.setdefault(name, table) == table, f"{path.relative_to(repo)}: {name}"
