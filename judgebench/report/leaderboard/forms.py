"""Leaderboards as CSV, JSON (``judgebench.leaderboard/1``), Markdown and the terminal's table."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from judgebench.report.document.as_csv import write_csv
from judgebench.report.document.as_md import markdown_grid, markdown_text
from judgebench.report.document.as_table import draw, fill
from judgebench.report.leaderboard.beside import usd_per_1000
from judgebench.report.leaderboard.grids import matrix, sections
from judgebench.report.leaderboard.ranks import NOTE
from judgebench.report.scores import estimate_columns
from judgebench.report.scores import json_schema as scores_schema
from judgebench.report.table import room_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.domain import Estimate
    from judgebench.report.document.grid import Grid
    from judgebench.report.leaderboard.aggregate import Aggregate
    from judgebench.report.leaderboard.beside import Baseline
    from judgebench.report.leaderboard.ranks import Entry

__all__ = ["SCHEMA", "json_schema", "to_csv", "to_json", "to_markdown", "to_table"]

SCHEMA = "judgebench.leaderboard/1"
#: Metrics that a leaderboard's CSV always has.
METRICS = (
    "percent_agreement",
    "accuracy",
    "cohen_kappa",
    "cohen_kappa_quadratic",
    "gwet_ac1",
    "krippendorff_alpha",
    "scott_pi",
    "spearman_rho",
    "lin_ccc",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "mean_signed_error",
)


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.leaderboard/1``, that of the scores it refers to inside."""
    text = resources.files("judgebench.report").joinpath("leaderboard.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    schema["$defs"]["scores"] = scores_schema()
    return schema


def to_csv(entries: Sequence[Entry]) -> str:
    """Write a leaderboard as CSV, byte-stable."""
    rows = [entry.row for entry in entries]
    estimates = estimate_columns(rows, metrics=METRICS)
    header = ["task", "subset", "rank", "rank_best", "rank_worst", "judge", "headline", "gold", "items", "coverage"]
    header += ["order", "tie", "invalid", "gold_policy"]
    for column, _, _ in estimates:
        header += [column, f"{column}_low", f"{column}_high"]
    header += ["usd", "revision", "warnings"]
    header += ["tier", "majority_label", "majority_agreement", "majority_agreement_low", "majority_agreement_high"]
    header += ["majority_headline", "usd_per_1000", "seconds_median", "seconds_p95"]
    table: list[list[str | float | None]] = []
    for entry in entries:
        row, policies = entry.row, entry.row.policies
        cells: list[str | float | None] = [row.task, row.subset, entry.rank, entry.best, entry.worst, row.judge]
        cells += [entry.headline, row.gold, row.items, row.coverage]
        cells += [policies.order, policies.tie, policies.invalid, policies.gold]
        for _, attribute, key in estimates:
            cells += _three(getattr(row, attribute).get(key))
        cells += [row.usage.usd, row.revision, " ".join(row.warnings), entry.tier]
        floor = entry.baseline
        cells += [None] * 5 if floor is None else [floor.label, *_three(floor.agreement), _three(floor.headline)[0]]
        cells += [usd_per_1000(row), *(entry.pace or (None, None))]
        table.append(cells)
    return write_csv(header, table)


def _three(estimate: Estimate | None) -> list[float | None]:
    return [None] * 3 if estimate is None else [estimate.value, estimate.low, estimate.high]


def to_json(entries: Sequence[Entry], overall: Aggregate | None = None) -> dict[str, Any]:
    """Build the JSON document: the rows of ``judgebench.scores/1`` with their ranks."""
    document = {
        "schema": SCHEMA,
        "note": NOTE,
        "rows": [
            # The task's headline stands for the row's own, which a policy may have changed.
            {
                "rank": e.rank,
                "rank_best": e.best,
                "rank_worst": e.worst,
                "rank_method": None if e.best is None else "max-t" if e.paired else "overlap",
                **e.row.to_json(),
                "headline": e.headline,
                "tier": e.tier,
                "usd_per_1000": usd_per_1000(e.row),
                "seconds": None if e.pace is None else e.pace._asdict(),
            }
            for e in entries
        ],
        "baselines": [
            {
                "task": one.task,
                "label": one.label,
                "source": one.source,
                "figure": one.figure,
                "agreement": None if one.agreement is None else one.agreement.to_json(),
                "headline": None if one.headline is None else one.headline.to_json(),
            }
            for one in baselines(entries)
        ],
    }
    return document if overall is None else document | {"aggregate": overall.to_json()}


def baselines(entries: Iterable[Entry]) -> list[Baseline]:
    """List the tasks' baselines, one a task."""
    return list({entry.row.task: entry.baseline for entry in entries if entry.baseline is not None}.values())


def to_markdown(
    entries: Sequence[Entry], *, level: int = 2, overview: bool = False, overall: Aggregate | None = None
) -> str:
    """Write a leaderboard as Markdown, one table per task under a heading of the given level.

    With ``overview``, judges by tasks come first where there are several tasks.
    """
    head = "#" * level
    blocks = [f"{head} {markdown_text(one.title)}\n\n{markdown_grid(one.grid)}" for one in sections(entries)]
    if overview and len(blocks) > 1:
        whole = matrix(entries)
        blocks.insert(0, f"{head} {markdown_text(whole.title)}\n\n{markdown_grid(whole.grid)}")
    if overall is not None:
        blocks.insert(0, f"{head} {markdown_text(overall.title)}\n\n{markdown_grid(overall.grid())}")
    return "\n".join((*blocks, f"{NOTE}\n"))


def _plan(layout: Grid, subsets: bool) -> tuple[tuple[int, tuple[int, ...]], ...]:  # noqa: FBT001 - one question, one answer
    """Let companions give way before what only a leaderboard has: tiers, cost and time."""
    own = {i for i, column in enumerate(layout.columns) if column.title.startswith(("tier", "USD", "seconds"))}
    return tuple((least, tuple(sorted(some, key=own.__contains__))) for least, some in room_plan(layout, subsets))


def to_table(entries: Sequence[Entry], *, width: int = 120, overall: Aggregate | None = None) -> str:
    """Draw a leaderboard for the terminal."""
    subsets = any(entry.row.subset != "all" for entry in entries)
    blocks = [
        f"{one.title}\n\n{draw(one.grid, width=width, names=(2, 3), plan=_plan(one.grid, subsets))}"
        for one in sections(entries)
    ]
    if overall is not None:
        blocks.insert(0, f"{overall.title}\n\n{draw(overall.grid(), width=width, names=(0,))}")
    note = "\n".join(fill(NOTE, width))
    return "\n".join((*blocks, f"{note}\n")) if blocks else "no rows\n"
