"""The terminal's table: plain text that fits the terminal, with footnotes in words."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.report.document.as_table import draw
from judgebench.report.document.grid import Cell, Column, Grid
from judgebench.report.document.text import clean, figure, spread
from judgebench.report.scores import arrange, gold_word, gold_words
from judgebench.report.words import REASONS, SHORT, WARNINGS
from judgebench.stats.coefficients.catalog import METRICS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from judgebench.domain import Agreement, Estimate

__all__ = ["grid", "room_plan", "to_table"]

_NONE = "–"  # noqa: RUF001 - a dash means "no figure"; a hyphen would read as a minus
_METHOD = (
    "Brackets hold 95 % intervals. Kappa and its kin correct for agreement by chance: read them beside % agreement and "
    "the human ceiling."
)


#: What is shown of a row whose scale is not known.
_PLAIN = ("cohen_kappa", ("krippendorff_alpha", "spearman_rho"))


def _calls(row: Agreement) -> tuple[str, tuple[str, ...]]:
    """Headline and companions of a row."""
    return (row.headline, row.companions) if row.headline else _PLAIN


def _name(metric: str) -> tuple[str, ...]:
    return SHORT.get(metric) or (metric.replace("_", " "),)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which metrics the columns of a table show.

    Several scales in one table add up their columns.
    """

    headlines: tuple[str, ...]
    companions: tuple[str, ...]
    positions: bool

    @classmethod
    def of(cls, rows: Sequence[Agreement]) -> _Choice:
        headlines = dict.fromkeys(_calls(row)[0] for row in rows)
        companions = dict.fromkeys(name for row in rows for name in _calls(row)[1])
        shown = {"percent_agreement", *headlines}
        return cls(
            tuple(headlines) or _PLAIN[:1],
            tuple(name for name in companions if name not in shown),
            # Only pairs and picks have an order of responses.
            any(not row.scale or row.scale.startswith(("pair", "pick")) for row in rows),
        )

    def columns(self, rows: Sequence[Agreement]) -> tuple[Column, ...]:
        golds = {gold_word(row.gold) for row in rows}
        whom = golds.pop() if len(golds) == 1 else "gold"
        named = _name(self.headlines[0]) if len(self.headlines) == 1 else ("headline",)
        return (
            Column("task", right=False),
            Column("judge", right=False),
            Column("subset", right=False),
            Column("gold", right=False),
            Column("items"),
            Column("coverage", ("cover-", "age %")),
            Column(f"% agreement with {whom}", ("% agree", "with", whom)),
            *(
                Column(f"{' '.join(_name(name))} [95 % interval]", (*_name(name), "[95 % interval]"), right=False)
                for name in self.headlines
            ),
            *(Column(" ".join(_name(name)), _name(name), spare=True) for name in self.companions),
            Column(f"human ceiling: {' '.join(named)}", ("human", "ceiling", *named)),
            *([Column("position consistency %", ("same", "when", "swapped"))] if self.positions else []),
        )


def grid(rows: Sequence[Agreement]) -> Grid:
    """Turn rows into cells, headings and notes.

    Parameters
    ----------
    rows : sequence of Agreement
        The rows, in the order in which they are shown.

    Returns
    -------
    Grid
        Task, judge, subset, gold, items, coverage, percent agreement, the headline of the rows' scale with its
        interval, the companions that the scale calls for, the human ceiling of the headline and, where responses
        have an order, position consistency.
    """
    choice = _Choice.of(rows)
    usual = _usual(rows)
    people = {row.task for row in rows if row.ceiling}
    turned = {(row.task, row.judge) for row in rows if "position_consistency" in row.bias}
    table = [
        (
            *_front(row, usual[row.task]),
            *_figures(row, choice),
            _plain(row.ceiling.get(_calls(row)[0]), "not_here" if row.task in people else "one_annotator"),
            *([_position(row, (row.task, row.judge) in turned)] if choice.positions else []),
        )
        for row in rows
    ]
    return Grid(choice.columns(rows), tuple(table), _remarks(rows))


def _front(row: Agreement, usual: str) -> tuple[Cell, ...]:
    own = _policies(row)
    special = () if own == usual else (f"measured under {own}",)
    return (
        Cell(clean(row.task)),
        Cell(clean(row.judge), special),
        Cell(clean(row.subset)),
        Cell(clean(row.gold)),
        Cell(str(row.items)),
        Cell(figure(100 * row.coverage, 1)),
        _agreement(row),
    )


def _figures(row: Agreement, choice: _Choice) -> Iterable[Cell]:
    """Headlines, then companions; warnings stand at the row's own headline."""
    own, companions = _calls(row)
    warnings = tuple(_words(code, WARNINGS) for code in row.warnings)
    for name in choice.headlines:
        cell = kappa_cell(row.metrics.get(name), "not_measured" if name == own else "other_scale")
        yield Cell(cell.text, cell.notes + warnings) if name == own else cell
    for name in choice.companions:
        yield _companion(row, name, "not_measured" if name in companions else "other_scale")


def _companion(row: Agreement, name: str, absent: str) -> Cell:
    estimate = row.metrics.get(name)
    if name in METRICS and METRICS[name].proportion:
        return _percent(estimate, absent)
    if name in METRICS and METRICS[name].perfect == 0 and estimate is not None and estimate.value is not None:
        # An error is in the scale's units and no fraction.
        return Cell(figure(estimate.value, 2))
    return _plain(estimate, absent)


def _position(row: Agreement, turned: bool) -> Cell:  # noqa: FBT001 - one question, one answer
    return _percent(row.bias.get("position_consistency"), "not_here" if turned else "one_order")


def _words(code: str, known: dict[str, str]) -> str:
    return known.get(code) or clean(code).replace("_", " ")


def _missing(estimate: Estimate | None, absent: str) -> Cell:
    reason = absent if estimate is None or estimate.undefined is None else estimate.undefined
    return Cell(_NONE, (_words(reason, REASONS),))


def _percent(estimate: Estimate | None, absent: str) -> Cell:
    if estimate is None or estimate.value is None:
        return _missing(estimate, absent)
    return Cell(figure(100 * estimate.value, 1))


def _agreement(row: Agreement) -> Cell:
    accuracy = row.metrics.get("accuracy")
    if "percent_agreement" not in row.metrics and accuracy is not None and accuracy.value is not None:
        return Cell(figure(100 * accuracy.value, 1), ("accuracy",))
    return _percent(row.metrics.get("percent_agreement"), "not_measured")


def _plain(estimate: Estimate | None, absent: str) -> Cell:
    if estimate is None or estimate.value is None:
        return _missing(estimate, absent)
    return Cell(spread(estimate.value))


def kappa_cell(estimate: Estimate | None, absent: str = "not_measured") -> Cell:
    if estimate is None or estimate.value is None:
        return _missing(estimate, absent)
    text = spread(estimate.value)
    if estimate.low is None or estimate.high is None:
        return Cell(text)
    return Cell(f"{text} [{spread(estimate.low)}, {spread(estimate.high)}]")


def _policies(row: Agreement) -> str:
    return " ".join(f"{name}={value}" for name, value in row.policies.to_json().items())


def _usual(rows: Sequence[Agreement]) -> dict[str, str]:
    """Find the policies that most rows of a task share."""
    counts: dict[str, Counter[str]] = {}
    for row in rows:
        counts.setdefault(row.task, Counter())[_policies(row)] += 1
    return {task: max(count, key=lambda own: (count[own], own)) for task, count in counts.items()}


def _remarks(rows: Sequence[Agreement]) -> tuple[str, ...]:
    """Policies and base rates: what one has to know to read the figures."""
    remarks: dict[str, None] = dict.fromkeys([_METHOD] if rows else [])
    usual = _usual(rows)
    rated: dict[str, Agreement] = {}
    for row in rows:
        task = clean(row.task)
        remarks[f"{task}: {gold_words(row.gold)} ({clean(row.gold)} labels); {usual[row.task]}"] = None
        if row.subset == "all" and row.base_rates.get("gold"):
            # Policies leave out more items for one judge than for another; the fullest row speaks for gold.
            rated[row.task] = max(rated.get(row.task, row), row, key=lambda one: one.items)
    for task, row in rated.items():
        rates = ", ".join(f"{clean(label)} {100 * share:.1f}" for label, share in row.base_rates["gold"].items())
        remarks[f"{clean(task)}: gold labels in %: {rates}"] = None
    return tuple(remarks)


def to_table(rows: Iterable[Agreement], *, width: int = 120) -> str:
    """Draw rows as a plain-text table.

    Parameters
    ----------
    rows : iterable of Agreement
        What was measured.
    width : int, optional
        Columns of the terminal. Names wrap, and then the gold column and companions go, until the table
        fits; percent agreement, the headline and its human ceiling always stay together.
    """
    rows = arrange(rows)
    layout = grid(rows)
    return draw(layout, width=width, names=(0, 1, 2), plan=room_plan(layout, any(row.subset != "all" for row in rows)))


def room_plan(layout: Grid, subsets: bool) -> tuple[tuple[int, tuple[int, ...]], ...]:  # noqa: FBT001 - one question, one answer
    """Say what gives way, in turn, where a table is too wide; a subset column that only says "all" says nothing."""
    titles = [column.title for column in layout.columns]
    spare = tuple(i for i in reversed(range(len(titles))) if layout.columns[i].spare)
    # A companion less is easier to read than a judge's name in three pieces.
    return ((24, (titles.index("gold"),)), (18, spare if subsets else (titles.index("subset"), *spare)), (8, ()))
