"""What the documents say can be done: commands parse, links lead somewhere, CI runs the README's commands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", flags=re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
#: A command that stands for others, not to be typed as it is: `--judge J`, `RUN...`, `[--flag]`.
_SCHEMATIC = re.compile(r"[\[\]…|]|\.\.\.")


def documents(repo: Path) -> list[Path]:
    return [repo / "README.md", repo / "CONTRIBUTING.md", *sorted((repo / "docs").rglob("*.md"))]


def marked(repo: Path, name: str) -> str:
    """The fenced block that `.ci/run` reads: between `<!-- ci:NAME -->` and `<!-- /ci -->`."""
    block = re.search(
        rf"^<!-- ci:{name} -->\n```\w*\n(.*?)```\n<!-- /ci -->$",
        (repo / "README.md").read_text("utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    assert block, f"README.md has no fenced command between <!-- ci:{name} --> and <!-- /ci -->"
    return block[1]


def commands(text: str) -> list[str]:
    """Every `judgebench ...` line of the shell blocks, continuation lines joined, comments gone."""
    found = []
    for language, block in _FENCE.findall(text):
        if language not in {"", "bash", "sh", "shell", "console"}:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            bare = re.sub(r"^\$ ", "", line.strip())
            for part in re.split(r"\s(?:&&|;|\||>)\s", f" {bare} "):
                words = re.sub(r"\s#\s.*", "", part).strip()
                if re.match(r"(?:\S*/bin/|python -m )?judgebench\s", words):
                    found.append(re.sub(r"^.*?judgebench\s+", "", words))
    return found


def test_commands_are_found() -> None:
    text = "```bash\n$ FOO=1\n.venv/bin/judgebench list tasks  # all\njudgebench run \\\n  --task x > out && ls\n```\n"
    assert commands(text) == ["list tasks", "run    --task x"]


def test_ci_runs_the_readme(repo: Path) -> None:
    script = (repo / ".ci" / "run").read_text("utf-8")
    for name, must in {"demo": "judgebench demo", "tests": "nox -s tests"}.items():
        assert must in marked(repo, name)
        assert f"readme {name}" in script


@pytest.mark.slow
def test_every_documented_command_parses(repo: Path) -> None:
    lines = {line for path in documents(repo) for line in commands(path.read_text("utf-8"))}
    assert "demo" in lines
    broken = {}
    for line in sorted(lines):
        if _SCHEMATIC.search(line):
            continue
        # --help answers after the whole line was parsed: an option that is not there still fails.
        done = subprocess.run(
            [sys.executable, "-m", "judgebench", *shlex.split(line), "--help"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        if done.returncode:
            broken[line] = done.stderr[-200:]
    assert not broken


def test_help_does_not_hide_an_unknown_option() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "judgebench", "run", "--no-such-option", "--help"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2


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
    text = (repo / "docs" / "architecture.md").read_text("utf-8")
    rooms = {path.parent.name for path in (repo / "judgebench").glob("*/__init__.py")}
    assert len(rooms) > 8
    assert not {room for room in rooms if f"`{room}`" not in text}
