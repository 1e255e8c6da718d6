"""Names that want to be formulas, markup or commands, from the table to every form of every command that writes one."""

from __future__ import annotations

import csv
import io
import itertools
import json
import random
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from processes import python
from stored_cases import edited

import judgebench as jb
from judgebench.store.lines import decode, encode

#: Of judges, subsets and systems.
NAMES = (
    '=HYPERLINK("http://127.0.0.1:9","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "'=1",
    "\uff1d1+1",
    "  =2+2",
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "a|b\nc",
    r"\input{/etc/passwd}%$&#_^~",
)  # fmt: skip
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")
#: A link to a script, unless its bracket is held back.
_LINK = r"(?<!\\)\]\(javascript"
_NUMBER = re.compile(r"-?\d+(\.\d+)?$")


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


def formulas(text: str) -> list[str]:
    """Cells that a spreadsheet would run; a negative figure is none."""
    return [cell for cell in cells(text) if _FORMULA.match(cell) and not _NUMBER.match(cell)]


@pytest.fixture
def table(tmp_path: Path) -> list[str]:
    draw = random.Random(5)
    names = [name for name in NAMES if "\r" not in name]
    columns = ["id", "h1", "h2", "sub", "sys", *names[:4]]
    with (tmp_path / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        for i in range(len(names) * 12):
            name = names[i % len(names)]
            writer.writerow([i, *(draw.choice(["correct", "incorrect"]) for _ in range(2)), name, name,
                             *(draw.choice(["correct", "incorrect"]) for _ in range(4))])  # fmt: skip
    judges = itertools.chain.from_iterable(("--judge-col", name) for name in names[:4])
    return ["--csv", "labels.csv", *judges, "--id-col", "id", "--scale", "check"]


@pytest.mark.usefixtures("one_measuring")
@pytest.mark.parametrize("command", [
    ["score", "--gold-col", "h1", "--subset-col", "sub"],
    ["score", "--gold-col", "h1", "--sensitivity"],
    ["humans", "--gold-col", "h1", "--gold-col", "h2"],
    ["compare", "--gold-col", "h1", "--subset-col", "sub"],
    ["systems", "--gold-col", "h1", "--system-col", "sys"],
    ["analyze", "--gold-col", "h1", "--subset-col", "sub"],
    ["correct", "--gold-col", "h1"],
], ids=lambda command: " ".join(command[:1] + command[-1:]))  # fmt: skip
def test_no_csv_cell_is_a_formula_and_no_markdown_is_markup(judgebench, table, command) -> None:
    # Of people one judge is asked about.
    given = [*table[:4], *table[-4:]] if command[0] == "humans" else table
    done = judgebench(*command[:1], *given, *command[1:], "--format", "csv")
    assert done.code == 0, done.err
    assert formulas(done.out) == []
    assert any("HYPERLINK" in cell for cell in cells(done.out))
    marked = judgebench(*command[:1], *given, *command[1:], "--format", "md")
    assert marked.code == 0, marked.err
    assert "<script>" not in marked.out
    assert not re.search(_LINK, marked.out)


def hostile_runs(folder: Path) -> None:
    """Rename the judges, subsets and systems of stored runs: as a plugin, a judge file or a data set may call them."""
    for path in sorted(folder.iterdir()):
        if not (path / "manifest.json").exists():
            continue
        manifest = json.loads((path / "manifest.json").read_text("utf-8"))
        own = ("baseline/longest", "baseline/random", "baseline/shortest").index(manifest["judge"])
        # Half of the names in each task: what a subset costs is that of measuring it.
        parts, makers = (NAMES[:7], NAMES[6:9]) if manifest["task"] == "pandalm" else (NAMES[7:], NAMES[8:11])
        lines = []
        for i, line in enumerate((path / "verdicts.jsonl").read_bytes().splitlines(keepends=True)):
            verdict = decode(line)
            systems = tuple(makers[(i // 2 + k) % 3] for k in range(len(verdict.systems)))
            lines.append(encode(replace(verdict, subset=parts[i // 2 % len(parts)], systems=systems)))
        (path / "verdicts.jsonl").write_bytes(b"".join(lines))
        (path / "settled.json").unlink(missing_ok=True)
        edited(path, judge=NAMES[own])


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile") / "runs"
    judges = ["baseline/longest", "baseline/shortest"]
    jb.run(judges, ["pandalm", "judgebench"], sample=True, runs=folder)
    hostile_runs(folder)
    return folder


@pytest.fixture
def runs(asked: Path, tmp_path: Path) -> Path:
    return shutil.copytree(asked, tmp_path / "runs")


@pytest.mark.usefixtures("one_measuring")
@pytest.mark.parametrize("options", [[], ["--systems"], ["--aggregate", "rank"], ["--by-system"]], ids=str)
def test_leaderboards_of_hostile_names(judgebench, runs, options) -> None:
    texts = {}
    for form in ("csv", "md", "html", "tex", "json", "table"):
        done = judgebench("leaderboard", "runs", *options, "--format", form)
        assert done.code == 0, done.err
        texts[form] = done.out
    assert formulas(texts["csv"]) == []
    assert any("HYPERLINK" in cell for cell in cells(texts["csv"]))
    assert "<script>alert" not in texts["md"] + texts["html"]
    assert not re.search(_LINK, texts["md"])
    assert "\\input{" not in texts["tex"]
    assert "\x1b" not in texts["table"]


def test_a_site_of_hostile_names(judgebench, runs, tmp_path: Path) -> None:
    done = judgebench("publish", "runs", "--output", "site", "--allow-samples")
    assert done.code == 0, done.err
    for path in (tmp_path / "site").rglob("*"):
        assert re.fullmatch(r"[A-Za-z0-9._-]+", path.name), path.name
        if path.suffix == ".csv":
            assert formulas(path.read_text("utf-8")) == [], path
        elif path.suffix in {".md", ".html"}:
            assert "<script>alert" not in path.read_text("utf-8")


#: A board of judges and one of systems, in all forms, from one measuring.
_BOARDS = """
import sys
sys.path.append(sys.argv[1])
from judgebench.cli import main
from once import measured_once
folder = sys.argv[2]
with measured_once():
    for form in ("csv", "md", "html", "tex", "json", "table"):
        for options in ([], ["--systems"]):
            sys.argv = ["judgebench", "leaderboard", folder, *options, "--format", form]
            try:
                main()
            except SystemExit as ended:
                if ended.code:
                    raise
"""


def test_the_same_runs_give_the_same_bytes(runs: Path, tmp_path: Path) -> None:
    """Other hash seeds, another order in the folder: copies whose names sort the other way round."""
    turned = tmp_path / "turned"
    for number, path in enumerate(sorted(runs.iterdir(), reverse=True)):
        if path.is_dir():
            shutil.copytree(path, turned / f"{number:02d}")
    found = set()
    for seed, folder in (("0", "runs"), ("12345", "turned")):
        done = python(tmp_path, "-c", _BOARDS, Path(__file__).parents[1], folder, env={"PYTHONHASHSEED": seed})
        assert done.code == 0, done.err
        assert "judgebench.leaderboard/" in done.out
        assert "\\begin{tabular}" in done.out
        # The next command names the folder that was given.
        found.add(done.out.replace(f"leaderboard {folder} ", "leaderboard "))
    assert len(found) == 1
