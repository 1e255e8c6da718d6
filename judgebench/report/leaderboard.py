"""Leaderboards: rows of many runs in one order, with ranks that say how sure they are.

A rank is given within one task, on subset ``all``, among judges measured on the same data and under
the same policies (`NOTE` says it in full). Beside it stands the range of ranks that the data leave open. Where the
verdicts are at hand, all pairs of judges are tested at once on their paired, clustered differences (max-t); else a
judge is surely ahead of another only where their intervals don't overlap, which is cautious, since the judges
answer the same items.
"""

from __future__ import annotations

import json
from collections import Counter
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias, get_args

from judgebench.agreement.metrics.catalog import METRICS as METRICS_BY_NAME
from judgebench.errors import UsageError
from judgebench.report.scores import (
    clean,
    estimate_columns,
    gold_words,
    markdown_grid,
    markdown_text,
    write_csv,
    write_json,
)
from judgebench.report.scores import json_schema as scores_schema
from judgebench.report.table import Cell, Column, Grid, draw, fill, grid, room_plan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from judgebench.agreement.matching import Judged
    from judgebench.domain import Agreement, Estimate, Policies

__all__ = ["SCHEMA", "Entry", "LeaderboardFormat", "json_schema", "rank", "render", "to_csv", "to_json", "to_markdown"]

SCHEMA = "judgebench.leaderboard/1"
#: Task, judge and revision of a row.
Key: TypeAlias = tuple[str, str, str]
LeaderboardFormat: TypeAlias = Literal["csv", "md", "json", "table"]
_LATER = ("html", "tex")

#: The headline where a task's scale names none that is defined for a judge: the first of these that is.
HEADLINES = ("cohen_kappa", "percent_agreement", "accuracy")
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
#: Two computations of one figure.
_SAME = 1e-9
#: Share of the items that a judge must have been measured on to be ranked: a few gaps are no other test.
_ENOUGH = 0.95
NOTE = (
    "Ranks hold within a task on all of its items, among judges measured on the same data (at least 95 % of the items) "
    "under the same policies; the order policy may differ where verdicts were recorded in one order only. The range "
    "behind a rank holds the ranks that stay open at 95 % (a question mark: there is no interval): by paired "
    "differences of all judges at once, clustered by question, where their verdicts are at hand, else by overlapping "
    "intervals, which are wider. judgebench compare tests two judges pair by pair."
)


class Entry(NamedTuple):
    """A row of a leaderboard.

    Parameters
    ----------
    row : Agreement
        What was measured.
    headline : str
        The metric that the task's rows are sorted by.
    rank, best, worst : int or None
        The rank by the point estimates, and the ranks that the intervals leave open; None off subset
        ``all`` and for rows that can't be compared with the task's others; a row without an interval has a
        rank and no range.
    paired : bool
        Whether the range comes from paired differences, and not from overlapping intervals.
    """

    row: Agreement
    headline: str
    rank: int | None = None
    best: int | None = None
    worst: int | None = None
    paired: bool = False

    @property
    def ranks(self) -> str:
        """The rank as it is printed, with the range that is left open; nothing where there is none."""
        if self.rank is None:
            return ""
        if self.best is None:
            return f"{self.rank} (?)"
        return str(self.rank) if self.best == self.worst else f"{self.rank} ({self.best}–{self.worst})"  # noqa: RUF001 - a range


def json_schema() -> dict[str, Any]:
    """Read the JSON Schema (draft 2020-12) of ``judgebench.leaderboard/1``, that of the scores it refers to inside."""
    text = resources.files("judgebench.report").joinpath("leaderboard.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    schema["$defs"]["scores"] = scores_schema()
    return schema


def rank(
    rows: Iterable[Agreement],
    headlines: Mapping[str, str] | None = None,
    judged: Mapping[Key, Callable[[Policies], Judged]] | None = None,
) -> list[Entry]:
    """Sort rows by task, subset (``all`` first) and headline (highest first), and rank them.

    Parameters
    ----------
    rows : iterable of Agreement
        Rows of any number of runs, in any order.
    headlines : mapping of str to str, optional
        The headline metric by task; by default the one that the task's scale calls for (quadratic kappa on
        ratings), or percent agreement (then accuracy) in a task where no judge has it.
    judged : mapping of (str, str, str) to callable, optional
        The judgments behind the rows, by task, judge and revision, under policies. A task whose ranked judges are
        all there gets ranges from paired differences.

    Returns
    -------
    list of Entry
        The same list for the same rows, whatever their order.

    Raises
    ------
    UsageError
        If a headline names a metric that no row of its task has.
    """
    known = list(rows)
    tasks: dict[str, list[Agreement]] = {}
    for row in known:
        tasks.setdefault(row.task, []).append(row)
    entries: list[Entry] = []
    for task in sorted(tasks):
        headline = _headline(task, tasks[task], (headlines or {}).get(task))
        ordered = sorted(tasks[task], key=lambda row: _place(row, headline))
        ranked = _ranked(ordered, headline)
        sets = _paired([row for row in ordered if id(row) in ranked], headline, judged or {})
        for row in ordered:
            place, best, worst = ranked.get(id(row), (None, None, None))
            # A rank without an interval has no range, however its pairs turn out.
            if paired := best is not None and id(row) in sets:
                best, worst = sets[id(row)]
            entries.append(Entry(row, headline, place, best, worst, paired))
    return entries


def _paired(
    rows: Sequence[Agreement], headline: str, judged: Mapping[Key, Callable[[Policies], Judged]]
) -> dict[int, tuple[int, int]]:
    """Rank sets by joint paired differences, by ``id``; empty where not every judge's verdicts are at hand."""
    from judgebench.agreement.standings import ranks_of, shared_spreads  # noqa: PLC0415 - loads numpy

    keys = [(row.task, row.judge, row.revision) for row in rows]
    if len(rows) < 2 or len(set(keys)) < len(keys) or not all(key in judged for key in keys):
        return {}
    metric = METRICS_BY_NAME.get(headline)
    if metric is None:
        return {}
    spreads = shared_spreads([judged[key](row.policies) for key, row in zip(keys, rows, strict=True)], metric)
    known = [one for one in spreads if one is not None]
    # Figures that a benchmark computes its own way must not be ranked by other ones.
    if len(known) < len(rows) or any(
        abs(one.value - (_value(row, headline) or 0.0)) > _SAME for one, row in zip(known, rows, strict=True)
    ):
        return {}
    return {
        id(row): (best, worst)
        for row, (best, worst) in zip(rows, ranks_of(known).ranks, strict=True)
        if best is not None and worst is not None
    }


def _headline(task: str, rows: Sequence[Agreement], wanted: str | None) -> str:
    own = Counter(row.headline for row in rows if row.headline)
    # Most rows of a task share a scale's headline; the name breaks a draw.
    names = (*sorted(own, key=lambda name: (-own[name], name)), *HEADLINES) if wanted is None else (wanted,)
    for name in names:
        if any(_value(row, name) is not None for row in rows):
            return name
    if wanted is not None:
        raise UsageError(f"no row of {task} has the metric {wanted!r}; judgebench list metrics shows what there is")
    return names[0]


def _value(row: Agreement, metric: str) -> float | None:
    estimate = row.metrics.get(metric)
    return None if estimate is None else estimate.value


def _place(row: Agreement, headline: str) -> tuple[Any, ...]:
    value = _value(row, headline)
    # The last key makes the order independent of the order in which runs were found.
    return (
        row.subset != "all",
        row.subset,
        value is None,
        -round(value or 0.0, 9),
        row.judge,
        json.dumps(row.to_json(), sort_keys=True),
    )


def _ranked(rows: Sequence[Agreement], headline: str) -> dict[int, tuple[int, int | None, int | None]]:
    """Rank the rows of subset ``all`` that can be compared with each other, by ``id``."""
    # A judge that gave no verdict at all has a kappa of 0, which must not rank above one that answered and was wrong.
    group = [row for row in rows if row.subset == "all" and row.coverage > 0 and _value(row, headline) is not None]
    if not group:
        return {}

    def ground(row: Agreement) -> tuple[Any, ...]:
        policies = row.policies
        return row.gold, row.revision, policies.tie, policies.invalid, policies.gold

    sizes = Counter(map(ground, group))
    largest = max(sizes, key=lambda key: (sizes[key], key))
    group = [row for row in group if ground(row) == largest]
    enough = _ENOUGH * max(row.items for row in group)
    bounds: dict[int, tuple[float, float, float]] = {}
    for row in group:
        if row.items >= enough:
            estimate: Estimate = row.metrics[headline]
            value = estimate.value or 0.0
            low = value if estimate.low is None else estimate.low
            high = value if estimate.high is None else estimate.high
            # Nine digits: sums in another order on another machine must not break a tie.
            bounds[id(row)] = (round(value, 9), round(low, 9), round(high, 9))
    ranks: dict[int, tuple[int, int | None, int | None]] = {}
    vague = {id(row) for row in group if row.metrics[headline].low is None}
    for key, (value, low, high) in bounds.items():
        others = [b for other, b in bounds.items() if other != key]
        place = 1 + sum(v > value for v, _, _ in others)
        best = 1 + sum(other_low > high for _, other_low, _ in others)
        worst = 1 + sum(other_high >= low for _, _, other_high in others)
        ranks[key] = (place, None, None) if key in vague else (place, best, worst)
    return ranks


def to_csv(entries: Sequence[Entry]) -> str:
    """Write a leaderboard as CSV, byte-stable."""
    rows = [entry.row for entry in entries]
    estimates = estimate_columns(rows, metrics=METRICS)
    header = ["task", "subset", "rank", "rank_best", "rank_worst", "judge", "headline", "gold", "items", "coverage"]
    header += ["order", "tie", "invalid", "gold_policy"]
    for column, _, _ in estimates:
        header += [column, f"{column}_low", f"{column}_high"]
    header += ["usd", "revision", "warnings"]
    table: list[list[str | float | None]] = []
    for entry in entries:
        row, policies = entry.row, entry.row.policies
        cells: list[str | float | None] = [row.task, row.subset, entry.rank, entry.best, entry.worst, row.judge]
        cells += [entry.headline, row.gold, row.items, row.coverage]
        cells += [policies.order, policies.tie, policies.invalid, policies.gold]
        for _, attribute, key in estimates:
            estimate: Estimate | None = getattr(row, attribute).get(key)
            cells += [None] * 3 if estimate is None else [estimate.value, estimate.low, estimate.high]
        cells += [row.usage.usd, row.revision, " ".join(row.warnings)]
        table.append(cells)
    return write_csv(header, table)


def to_json(entries: Sequence[Entry]) -> dict[str, Any]:
    """Build the JSON document: the rows of ``judgebench.scores/1`` with their ranks."""
    return {
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
            }
            for e in entries
        ],
    }


def _grid(entries: Sequence[Entry]) -> Grid:
    """Build the scores' grid with the rank in front and without the task, which the caption names."""
    layout = grid([entry.row for entry in entries])
    rows = tuple((Cell(entry.ranks), *cells[1:]) for entry, cells in zip(entries, layout.rows, strict=True))
    return Grid((Column("rank"), *layout.columns[1:]), rows, layout.remarks)


def _sections(entries: Sequence[Entry]) -> list[tuple[str, Grid]]:
    sections: dict[str, list[Entry]] = {}
    for entry in entries:
        sections.setdefault(entry.row.task, []).append(entry)
    return [
        (f"{clean(task)}: {gold_words(own[0].row.gold)}, by {own[0].headline}", _grid(own))
        for task, own in sections.items()
    ]


def to_markdown(entries: Sequence[Entry], *, level: int = 2) -> str:
    """Write a leaderboard as Markdown, one table per task under a heading of the given level."""
    head = "#" * level
    blocks = [f"{head} {markdown_text(title)}\n\n{markdown_grid(layout)}" for title, layout in _sections(entries)]
    return "\n".join((*blocks, f"{NOTE}\n"))


def to_table(entries: Sequence[Entry], *, width: int = 120) -> str:
    """Draw a leaderboard for the terminal."""
    subsets = any(entry.row.subset != "all" for entry in entries)
    blocks = [
        f"{title}\n\n{draw(g, width=width, names=(1, 2), plan=room_plan(g, subsets))}"
        for title, g in _sections(entries)
    ]
    note = "\n".join(fill(NOTE, width))
    return "\n".join((*blocks, f"{note}\n")) if blocks else "no rows\n"


def render(entries: Sequence[Entry], format: str = "csv", *, width: int = 120) -> str:  # noqa: A002 - as the option
    """Print a leaderboard.

    Parameters
    ----------
    entries : sequence of Entry
        What `rank` gave.
    format : {'csv', 'md', 'json', 'table'}
        The form.
    width : int, optional
        Columns of the terminal, for ``table``.

    Raises
    ------
    UsageError
        If the format is none of these.
    """
    if format in _LATER:
        raise UsageError(f"leaderboards as {format} come in a later version; write csv, md or json for now")
    if format == "csv":
        return to_csv(entries)
    if format == "json":
        return write_json(to_json(entries))
    if format == "md":
        return to_markdown(entries)
    if format == "table":
        return to_table(entries, width=width)
    raise UsageError(f"no leaderboard as {format!r}: write one of {', '.join(get_args(LeaderboardFormat))}")
