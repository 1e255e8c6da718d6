"""Published figures of a benchmark, as data: what ``reproduce`` holds ours against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast, get_args

from judgebench.domain import Policies
from judgebench.errors import UsageError
from judgebench.tasks.card import Table, card_dir, load_card, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = [
    "AltTestRow",
    "AnnotatorCell",
    "Cell",
    "HumansCell",
    "Published",
    "Scoring",
    "Unit",
    "Unmatched",
    "load_published",
]

Unit = Literal["percent", "fraction"]
Scoring = Literal["accuracy", "neg-rmse"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One published figure of a recorded judge, a ``[[recorded]]`` entry of the card, in the printed unit.

    ``subset`` is a subset, an aggregate of the card, or ``all``; ``policies`` are given where they differ from the
    card's. ``source`` says where the figure is printed or how it was computed, ``note`` what it estimates where that
    isn't plain.
    """

    judge: str
    metric: str
    value: float
    decimals: int
    unit: Unit = "percent"
    split: str = ""
    subset: str = "all"
    policies: Mapping[str, str] = field(default_factory=dict[str, str])
    source: str = ""
    note: str = ""

    def shown(self, ours: float) -> float:
        """Return our figure, a fraction, in the printed unit."""
        return _shown(ours, self.unit)

    def matches(self, ours: float) -> bool:
        """Whether our figure, a fraction, is the printed one at the printed precision.

        >>> cell = Cell("gpt-3.5-turbo", "accuracy", 71.07, 2)
        >>> cell.matches(0.710711), cell.matches(0.6977)
        (True, False)
        """
        return _matches(ours, self.value, self.unit, self.decimals)


@dataclass(frozen=True, slots=True)
class AnnotatorCell:
    """One published figure between two annotators ``a`` and ``b``; fields as in `Cell`."""

    a: str
    b: str
    metric: str
    value: float
    decimals: int
    unit: Unit = "fraction"
    split: str = ""
    source: str = ""
    note: str = ""

    def shown(self, ours: float) -> float:
        """Return our figure, a fraction, in the printed unit."""
        return _shown(ours, self.unit)

    def matches(self, ours: float) -> bool:
        """Whether our figure, a fraction, is the printed one at the printed precision."""
        return _matches(ours, self.value, self.unit, self.decimals)


@dataclass(frozen=True, slots=True)
class AltTestRow:
    """A published result of the alternative annotator test: ``winning_rate`` and ``advantage_probability`` as printed.

    ``scoring`` says how labels were compared; the rest is as in `Cell`.
    """

    judge: str
    epsilon: float
    scoring: Scoring
    figures: Mapping[str, float]
    decimals: int
    split: str = ""
    source: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class HumansCell:
    """One published figure among all annotators of a subset; fields as in `Cell`, ``value`` is a fraction."""

    metric: Literal["krippendorff_alpha"]
    value: float
    decimals: int
    split: str = ""
    subset: str = "all"
    source: str = ""
    note: str = ""

    def matches(self, ours: float) -> bool:
        """Whether our figure is the printed one at the printed precision."""
        return _matches(ours, self.value, "fraction", self.decimals)


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A published figure that can't be recomputed, and why."""

    figure: str
    reason: str


@dataclass(frozen=True, slots=True)
class Published:
    """All that is known of a benchmark's published figures."""

    task: str
    cells: tuple[Cell, ...] = ()
    annotators: tuple[AnnotatorCell, ...] = ()
    alt_tests: tuple[AltTestRow, ...] = ()
    humans: tuple[HumansCell, ...] = ()
    unmatched: tuple[Unmatched, ...] = ()


def load_published(name: str, root: Path | None = None) -> Published:
    """Read ``published.toml`` beside a card; empty where there is none.

    DataError where the file says what nobody reads, or names a judge or split that the card doesn't know.
    """
    card = load_card(name, root)
    path = (card_dir() if root is None else root) / name / "published.toml"
    if not path.is_file():
        return Published(name)
    table = Table(read_toml(path)[0], str(path))
    judges = {(recorded.name, recorded.split) for recorded in card.recorded}
    splits = tuple(card.splits)
    published = Published(
        name,
        tuple(_cell(t, judges, splits, card.default_split) for t in table.tables("cell")),
        tuple(_annotators(t, splits, card.default_split) for t in table.tables("annotators")),
        tuple(_alt_test(t, judges, splits, card.default_split) for t in table.tables("alt_test")),
        tuple(_humans(t, splits, card.default_split) for t in table.tables("humans")),
        tuple(_unmatched(t) for t in table.tables("unmatched")),
    )
    table.done()
    return published


def _shown(ours: float, unit: Unit) -> float:
    return 100.0 * ours if unit == "percent" else ours


def _matches(ours: float, value: float, unit: Unit, decimals: int) -> bool:
    return abs(_shown(ours, unit) - value) <= 0.5 * 10.0**-decimals + 1e-9


def _value(table: Table) -> tuple[float, int]:
    return _number(table, "value"), _decimals(table)


def _number(table: Table, key: str) -> float:
    return float(table.take(key, float if isinstance(table.data.get(key), float) else int))


def _decimals(table: Table) -> int:
    decimals = table.take("decimals", int)
    if not 0 <= decimals <= 12:
        table.fail("decimals", "expected 0 to 12")
    return decimals


def _unit(table: Table, default: Unit) -> Unit:
    return cast("Unit", table.choice("unit", get_args(Unit), default))


def _cell(table: Table, judges: set[tuple[str, str]], splits: tuple[str, ...], default: str) -> Cell:
    value, decimals = _value(table)
    policies = table.table("policies")
    try:
        Policies.from_json(policies.data)
    except UsageError as error:
        policies.fail("", str(error))
    cell = Cell(
        judge=table.text("judge"),
        metric=table.text("metric"),
        value=value,
        decimals=decimals,
        unit=_unit(table, "percent"),
        split=table.choice("split", splits, default),
        subset=table.text("subset", "all"),
        policies={key: str(policy) for key, policy in policies.data.items()},
        source=table.text("source"),
        note=table.text("note", ""),
    )
    table.done()
    _known(table, cell.judge, cell.split, judges)
    return cell


def _known(table: Table, judge: str, split: str, judges: set[tuple[str, str]]) -> None:
    if (judge, split) not in judges:
        table.fail("judge", f"the card has no [[recorded]] {judge!r} in split {split!r}")


def _alt_test(table: Table, judges: set[tuple[str, str]], splits: tuple[str, ...], default: str) -> AltTestRow:
    row = AltTestRow(
        judge=table.text("judge"),
        epsilon=_number(table, "epsilon"),
        scoring=cast("Scoring", table.choice("scoring", get_args(Scoring))),
        figures={name: _number(table, name) for name in ("winning_rate", "advantage_probability")},
        decimals=_decimals(table),
        split=table.choice("split", splits, default),
        source=table.text("source"),
        note=table.text("note", ""),
    )
    table.done()
    _known(table, row.judge, row.split, judges)
    return row


def _humans(table: Table, splits: tuple[str, ...], default: str) -> HumansCell:
    value, decimals = _value(table)
    cell = HumansCell(
        metric=cast('Literal["krippendorff_alpha"]', table.choice("metric", ("krippendorff_alpha",))),
        value=value,
        decimals=decimals,
        split=table.choice("split", splits, default),
        subset=table.text("subset", "all"),
        source=table.text("source"),
        note=table.text("note", ""),
    )
    table.done()
    return cell


def _annotators(table: Table, splits: tuple[str, ...], default: str) -> AnnotatorCell:
    value, decimals = _value(table)
    cell = AnnotatorCell(
        a=table.text("a"),
        b=table.text("b"),
        metric=table.text("metric"),
        value=value,
        decimals=decimals,
        unit=_unit(table, "fraction"),
        split=table.choice("split", splits, default),
        source=table.text("source"),
        note=table.text("note", ""),
    )
    table.done()
    return cell


def _unmatched(table: Table) -> Unmatched:
    entry = Unmatched(table.text("figure"), table.text("reason"))
    table.done()
    return entry
