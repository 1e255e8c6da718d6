"""`Leaderboard`: judges in one order, task by task, as a document; a page and LaTeX have shapes of their own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from judgebench.domain.shapes import (
    COUNT,
    ERROR,
    ESTIMATE,
    FLAG,
    NUMBER,
    TEXT,
    ListOf,
    Scalar,
    choice,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.document.as_tex import latex_name
from judgebench.report.document.blocks import Notes, Table, columns_of, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean
from judgebench.report.leaderboard.aggregate import FIGURES, SHEET
from judgebench.report.leaderboard.entries import by_task, silent, usd_per_1000
from judgebench.report.leaderboard.paper import paper_grid, paper_sheet
from judgebench.report.leaderboard.ranks import NOTE
from judgebench.report.leaderboard.tables import LEAD_WITH_MEAN, board, boards_page, marked, matrix, sections
from judgebench.report.row_table import room_plan
from judgebench.report.rows import ROW, estimate_columns, policy_columns
from judgebench.report.words import caption_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from judgebench.report.document.blocks import Block, Grid, Sheet
    from judgebench.report.document.brief import Brief
    from judgebench.report.leaderboard.aggregate import Aggregate
    from judgebench.report.leaderboard.entries import Baseline, Entry, Unmeasured
    from judgebench.report.leaderboard.paper import Paper

__all__ = ["Leaderboard"]

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
#: Tasks beside each other in one table of LaTeX; a page holds no more.
_BESIDE = 3
#: A judge's name is broken into pieces of so many characters before a column of a paper's table goes.
_NAME = 20
_RANK = maybe(Scalar({"type": "integer", "minimum": 1}))
_ENTRY = replace(
    record(
        "row",
        "A row of judgebench.scores/1 with its rank; headline is the metric by which the task is sorted.",
        rank=(
            _RANK,
            None,
            "By the point estimates; null off subset all and for rows that can't be compared with the task's others.",
        ),
        rank_best=(_RANK, lambda e: e.best, "The best rank that stays open at 95 %; null without an interval."),
        rank_worst=(_RANK, lambda e: e.worst, "The worst rank that stays open at 95 %; null without an interval."),
        rank_method=(
            maybe(choice("max-t", "overlap")),
            lambda e: None if e.best is None else "max-t" if e.paired else "overlap",
            "How the range was found: by joint paired differences, or by overlapping intervals.",
        ),
        # The task's headline stands for the row's own, which a policy may have changed.
        **{**ROW.within(lambda e: e.row), **record(headline=(TEXT, None, "", False)).keys},
        tier=(
            _RANK,
            None,
            (
                "No judge of a tier is clearly ahead of another one of it; each of a lower tier is clearly behind one "
                "of the tier above. Null without an interval."
            ),
        ),
        usd_per_1000=(
            maybe(ERROR),
            lambda e: usd_per_1000(e.row),
            "US dollars for 1,000 judgments; null where the price is not known.",
        ),
        seconds=(
            maybe(record(median=ERROR, p95=ERROR)),
            lambda e: e.pace,
            "How long a judgment took; null for recorded verdicts, rules, and where it is not known.",
        ),
    ),
    says={
        "if": {"properties": {"rank_best": {"type": "null"}}},
        "then": {"properties": {"rank_worst": {"type": "null"}, "rank_method": {"type": "null"}}},
        "else": {
            "properties": {
                "rank": {"type": "integer"},
                "rank_worst": {"type": "integer"},
                "rank_method": {"type": "string"},
            }
        },
    },
)
_BASELINE = record(
    "baseline",
    task=TEXT,
    label=(TEXT, None, "The commonest gold label; empty where it is not known."),
    source=(
        choice("run", "gold", "base_rates"),
        None,
        (
            "Measured in a run of baseline/majority, on the gold of the judges' runs, or read off the shares of the "
            "gold labels."
        ),
    ),
    figure=(choice("percent_agreement", "accuracy"), None, "The metric of agreement."),
    agreement=maybe(ESTIMATE),
    headline=(maybe(ESTIMATE), None, "The metric that the task is ranked by."),
)


_LISTED = record(
    "published",
    "A published figure, a fraction.",
    task=TEXT,
    judge=TEXT,
    subset=TEXT,
    metric=TEXT,
    value=NUMBER,
    decimals=(COUNT, None, "Of the printed number."),
    unit=(choice("percent", "fraction"), None, "Of the printed number.", False),
    source=TEXT,
    recorded=(FLAG, None, "Whether the judge's verdicts are public, too."),
)


@dataclass(frozen=True, slots=True, repr=False)
class Leaderboard(Document):
    """Judges with their ranks, and one figure a judge over all tasks where that is asked for.

    ``overview`` puts judges by tasks first where there are several tasks; a terminal has no room for it. ``paper``
    makes one table of it all, with published figures beside where there are some. ``unmeasured`` are judges that never
    answered; what they left of rows is in no table.
    """

    entries: tuple[Entry, ...]
    overall: Aggregate | None = None
    overview: bool = True
    paper: Paper | None = None
    unmeasured: tuple[Unmeasured, ...] = ()

    SCHEMA = "judgebench.leaderboard/1"
    SHAPE = record(
        "",
        "Rows of judgebench.scores/1 with their ranks, task by task. Fields may be added within version 1; none is "
        "removed or changes its meaning.",
        note=(TEXT, lambda _: NOTE, "What a rank is, in words."),
        rows=(ListOf(_ENTRY), lambda board: board.entries),
        baselines=(ListOf(_BASELINE), None, "What always saying the commonest label reaches, a task each.", False),
        aggregate=(
            FIGURES,
            lambda board: board.overall,
            "One figure a judge over all tasks; there only where it was asked for.",
            False,
        ),
        unmeasured=(
            ListOf(record(**judge_keys(), task=TEXT, why=TEXT)),
            lambda board: board.unmeasured or None,
            "Judges that never answered; rows of calls that all failed say nothing of them.",
            False,
        ),
        published=(
            ListOf(_LISTED),
            lambda board: (board.paper and board.paper.published) or None,
            "Figures that others published, where they were asked for.",
            False,
        ),
    )

    @property
    def baselines(self) -> list[Baseline]:
        """The tasks' baselines, one a task."""
        return list({entry.row.task: entry.baseline for entry in self.entries if entry.baseline is not None}.values())

    def __repr__(self) -> str:
        judges, tasks = ({getattr(e.row, name) for e in self.entries} for name in ("judge", "task"))
        return f"<Leaderboard: {len(judges)} judges on {len(tasks)} tasks; print() shows it>"

    def sheet(self) -> Sheet:
        if self.paper is not None:
            return paper_sheet(self.entries, self.paper)
        if self.overall is not None:
            return sheet(SHEET, self.overall.lines)
        estimates = estimate_columns([entry.row for entry in self.entries], metrics=METRICS)
        figures = {f"{name}*": lambda e, get=get: get(e.row) for name, get in estimates.items()}
        return sheet({**_FRONT, **figures, **_BACK}, self.entries)

    def brief(self) -> Brief | None:
        # One table of named columns is asked for as it is.
        if self.paper is not None:
            return None
        from judgebench.report.leaderboard.in_brief import brief  # noqa: PLC0415 - loaded on use

        return brief(self._heard, self.overall, self.unmeasured)

    @property
    def _heard(self) -> list[Entry]:
        return [entry for entry in self.entries if not silent(entry.row)]

    @property
    def _unheard(self) -> tuple[str, ...]:
        told = (f"{clean(one.judge)} on {clean(one.task)} ({clean(one.why)})" for one in self.unmeasured)
        return (f"Not measured: {', '.join(told)}.",) if self.unmeasured else ()

    def blocks(self) -> Iterator[Block]:
        return self.parts("table")

    def parts(self, form: str) -> Iterator[Block]:
        if self.paper is not None:
            yield self._one_table(self.paper, form)
            return
        tex, entries = form == "tex", self._heard
        tables: list[Block] = []
        if self.overall is not None:
            tables.append(Table(self.overall.grid(), (0,), caption=self.overall.title, label="judgebench-overall"))
        if len({entry.row.task for entry in entries}) > 1 and self.overview and form != "table":
            whole = matrix(entries)
            tables += _parted(whole.grid, whole.title) if tex else [Table(whole.grid, caption=whole.title)]
        if tex:
            from judgebench.report.leaderboard.in_brief import paper_tables  # noqa: PLC0415 - loaded on use

            tables += paper_tables(entries)
        else:
            subsets = any(entry.row.subset != "all" for entry in entries)
            for one in sections(entries):
                tables.append(Table(one.grid, (2, 3), _plan(one.grid, subsets=subsets), one.title))
        yield from tables
        if self._unheard:
            yield Notes(self._unheard, listed=False)
        if not tex:
            yield Notes((NOTE,), listed=False) if tables or form != "table" else "no rows"

    def _one_table(self, how: Paper, form: str) -> Table:
        tasks = by_task(self.entries)
        named = [marked(task, own) for task, own in tasks.items()]
        title = f"{', '.join(named)}: {caption_words(entry.row.gold for entry in self.entries)}"
        layout = paper_grid(self.entries, how, bold=form != "table")
        # What was asked for by name is never left out for want of room.
        spare = () if how.columns else range(len(layout.columns) - 1, 1, -1)
        return Table(
            layout,
            (0,),
            ((_NAME, spare), (8, ())),
            caption=title,
            label=f"judgebench-{latex_name('-'.join(tasks))}",
        )

    def page(self) -> str:
        if self.paper is not None:
            table = self._one_table(self.paper, "html")
            return boards_page((), more=(board(table.grid, name="paper", title=table.caption, short=""),))
        if self.overall is None:
            return boards_page(self._heard, notes=self._unheard)
        first = board(self.overall.grid(), name="overall", title=self.overall.title, short="Over all tasks")
        return boards_page(self._heard, lead=(LEAD_WITH_MEAN,), more=(first,), notes=self._unheard)


def _parted(layout: Grid, title: str) -> list[Table]:
    """Put judges by tasks in tables of a few tasks."""
    tasks = range(1, len(layout.columns))
    parts = [tasks[i : i + _BESIDE] for i in range(0, len(tasks), _BESIDE)]
    return [
        Table(
            layout.only((0, *part)),
            caption=title + (f", part {number} of {len(parts)}" if len(parts) > 1 else ""),
            label=f"judgebench-matrix-{number}",
        )
        for number, part in enumerate(parts, 1)
    ]


def _plan(layout: Grid, *, subsets: bool) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """Let companions give way before what only a leaderboard has: tiers, cost and time."""
    own = {i for i, column in enumerate(layout.columns) if column.title.startswith(("tier", "USD", "seconds"))}
    return tuple((least, tuple(sorted(some, key=own.__contains__))) for least, some in room_plan(layout, subsets))


_FRONT = columns_of(
    _ENTRY, "task subset rank rank_best rank_worst judge headline gold items coverage"
) | policy_columns(attrgetter("row.policies"))
_BACK: dict[str, Callable[[Entry], Any]] = {
    "usd": attrgetter("row.usage.usd"),
    **columns_of(_ENTRY, "revision warnings tier"),
    "majority_label": lambda e: e.baseline and e.baseline.label,
    "majority_agreement*": lambda e: e.baseline and e.baseline.agreement,
    "majority_headline": lambda e: e.baseline and e.baseline.headline and e.baseline.headline.value,
    **columns_of(_ENTRY, "usd_per_1000"),
    "seconds_median": lambda e: e.pace and e.pace.median,
    "seconds_p95": lambda e: e.pace and e.pace.p95,
}
