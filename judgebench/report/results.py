"""The folder of published leaderboards: figures only, byte for byte the same whenever it is rebuilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.errors import UsageError
from judgebench.report.leaderboard import rank, to_csv, to_markdown
from judgebench.report.scores import markdown_table

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from judgebench.domain import Agreement

__all__ = ["results", "write_results"]

_INTRODUCTION = """\
# Results

Every baseline and every judge whose verdicts are public, measured on real benchmark data under each benchmark's own
policies. These are figures only; the benchmarks' texts stay where they were published.

`nox -s results` rebuilds this folder from `JUDGEBENCH_DATA`, byte for byte (`nox -s results -- --check` compares).
Replayed judges are called `replay/…`: they were asked by others, once, and are measured again here. Do not edit these
files.

Each CSV holds a row per judge and subset: fractions with 95 % intervals, the policies, what pins the data (`revision`),
and warnings. An empty cell is a figure that is undefined or does not apply.
"""


def results(rows: Iterable[Agreement]) -> dict[str, str]:
    """Build the files of the results folder.

    Parameters
    ----------
    rows : iterable of Agreement
        What was measured, in any order; splits of one task go into one file.

    Returns
    -------
    dict of str to str
        File name to content: ``<task>.csv`` per task, and ``README.md``.

    Raises
    ------
    UsageError
        If there are no rows, or a task's name is no file name.
    """
    tasks: dict[str, list[Agreement]] = {}
    for row in rows:
        name = row.task.partition(":")[0]
        if not name.replace("-", "").replace("_", "").isalnum():
            raise UsageError(f"the task {name!r} can't name a file")
        tasks.setdefault(name, []).append(row)
    if not tasks:
        raise UsageError("there are no results to write")
    files: dict[str, str] = {}
    contents: list[list[str]] = []
    tables: list[str] = []
    for name in sorted(tasks):
        entries = rank(tasks[name])
        files[f"{name}.csv"] = to_csv(entries)
        whole = [entry for entry in entries if entry.row.subset == "all"]
        for task in dict.fromkeys(entry.row.task for entry in whole):
            own = [entry.row for entry in whole if entry.row.task == task]
            items = max(row.items for row in own)
            contents.append([f"{name}.csv", task, str(items), str(len(own)), ", ".join(sorted({r.gold for r in own}))])
        tables.append(to_markdown(whole))
    overview = markdown_table(["file", "task", "items", "judges", "gold"], contents, right=(2, 3))
    files["README.md"] = "\n".join((_INTRODUCTION, overview, *tables))
    return files


def write_results(rows: Iterable[Agreement], folder: Path) -> list[Path]:
    """Write the results folder; files of the same names are replaced, others are left alone.

    Returns
    -------
    list of Path
        The files, sorted.

    Raises
    ------
    UsageError
        As `results`, and if the folder can't be written.
    """
    files = results(rows)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"can't write {folder}: {error.strerror}") from None
    return sorted(folder / name for name in files)
