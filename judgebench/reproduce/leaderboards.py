"""The folder of published leaderboards: figures only, byte for byte the same whenever it is rebuilt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from judgebench.domain import Agreement, Estimate
from judgebench.errors import UsageError
from judgebench.files.content import find
from judgebench.report.document.as_md import markdown_grid, markdown_table, markdown_text
from judgebench.report.leaderboard.board import Leaderboard
from judgebench.report.leaderboard.ranks import rank
from judgebench.reproduce.printed import folders
from judgebench.tasks.card import load_card

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Policies
    from judgebench.report.leaderboard.entries import Entry, Key
    from judgebench.report.reproduction import Reproduction

__all__ = ["figures", "results", "write_results"]

_REPRODUCTION = "reproduction.csv"
#: So many judges of a task stand on the front page.
_FIRST = 8

_INTRODUCTION = """\
# Results

Every baseline and every judge whose verdicts are public, measured on real benchmark data under each benchmark's own
policies. These are figures only; the benchmarks' texts stay where they were published.

`nox -s results` rebuilds this folder from `JUDGEBENCH_DATA`, byte for byte (`nox -s results -- --check` compares).
Replayed judges are called `replay/…`: they were asked by others, once, and are measured again here. Do not edit these
files.

Each CSV holds a row per judge and subset: fractions with 95 % intervals, the policies, what pins the data (`revision`),
and warnings. An empty cell is a figure that is undefined or does not apply. The last columns hold the tier, the
commonest gold label with what always saying it reaches, and what judgments cost and how long they take, where judges
were asked. Below are the first eight judges of each task.
"""


def results(
    rows: Iterable[Agreement],
    reproduction: Reproduction | None = None,
    judged: Mapping[Key, Callable[[Policies], Judged]] | None = None,
) -> dict[str, str]:
    """Build the files of the results folder, by name: ``<task>.csv`` per task, and ``README.md``.

    Splits of one task go into one file. ``judged`` are the judgments behind the rows, as `report.leaderboard.rank`
    takes them.
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
    everywhere: list[Entry] = []
    for name in sorted(tasks):
        entries = rank(tasks[name], judged=judged)
        files[f"{name}.csv"] = Leaderboard(tuple(entries)).render("csv")
        whole = [entry for entry in entries if entry.row.subset == "all"]
        for task in dict.fromkeys(entry.row.task for entry in whole):
            first = [entry for entry in whole if entry.row.task == task]
            own = [entry.row for entry in first]
            everywhere += first[:_FIRST]
            items = max(row.items for row in own)
            contents.append([f"{name}.csv", task, str(items), str(len(own)), ", ".join(sorted({r.gold for r in own}))])
    overview = markdown_table(["file", "task", "items", "judges", "gold"], contents, right=(2, 3))
    blocks = [_INTRODUCTION, overview, Leaderboard(tuple(everywhere), overview=False).render("md")]
    if reproduction is not None:
        files[_REPRODUCTION] = reproduction.render("csv")
        blocks.append(_reproduced(reproduction))
    files["README.md"] = "\n".join(blocks)
    return files


def _reproduced(reproduction: Reproduction) -> str:
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in reproduction.unmatched:
        reasons.setdefault((one.task, one.reason), []).append(one.figure)
    lines = [
        f"- {task}: {markdown_text(_named(some))}: {markdown_text(reason)}\n"
        for (task, reason), some in reasons.items()
    ]
    text = f"`{_REPRODUCTION}` holds our figures beside the published ones: {reproduction.summary}."
    return f"## Published figures\n\n{text}\n\n{markdown_grid(reproduction.counted())}\n{''.join(lines)}"


def _named(figures: Sequence[str]) -> str:
    return figures[0] if len(figures) == 1 else f"{len(figures):,} figures, such as {figures[0]}"


def figures(data: Path) -> list[Agreement]:
    """Collect recorded judges of which only accuracies per subset are public (RewardBench).

    A row per subset has Wilson's interval, those per section and for the score have none: the verdicts behind them are
    not public, so that coverage is not known either (a warning says so). Empty where the folder holds no such file.
    """
    from judgebench.stats.inference.intervals import wilson  # noqa: PLC0415 - loads numpy
    from judgebench.tasks.readers.rewardbench import EXAMPLE_COUNTS, PRM_ITEMS, Reader  # noqa: PLC0415 - loaded on use

    card = load_card("rewardbench")
    rows: list[Agreement] = []
    for recorded in (r for r in card.recorded if r.kind == "figures"):
        path = find(next(iter(folders(card, data)), data), recorded.file)
        if path is None:
            continue
        for subset, value in Reader(card, recorded.split).figures(path).items():
            n = PRM_ITEMS if subset == "math-prm" else EXAMPLE_COUNTS.get(subset, 0)
            low, high = wilson(value, n) if n else (None, None)
            rows.append(
                Agreement(
                    task=card.name,
                    judge=f"replay/{recorded.name}",
                    subset="all" if subset == "score" else subset,
                    gold="mixed",
                    items=n or sum(EXAMPLE_COUNTS.values()) - EXAMPLE_COUNTS["math-prm"] + PRM_ITEMS,
                    coverage=1.0,
                    policies=replace(card.policies, order="single"),
                    metrics={"accuracy": Estimate(value, low, high, n, method="wilson" if n else "")},
                    warnings=("published_figures",),
                    revision="figures",
                )
            )
    return rows


def write_results(
    rows: Iterable[Agreement],
    folder: Path,
    reproduction: Reproduction | None = None,
    judged: Mapping[Key, Callable[[Policies], Judged]] | None = None,
) -> list[Path]:
    """Write the results folder and return the files, sorted; files of the same names are replaced, others stay."""
    files = results(rows, reproduction, judged)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(f"can't write {folder}: {error.strerror}") from None
    return sorted(folder / name for name in files)
