"""Published figures of a benchmark, as data: what ``reproduce`` holds ours against."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast, get_args

from judgebench.tasks.card import Table, load_card, policies_of, read_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from judgebench.tasks.card import Card

__all__ = ["Published", "PublishedFigure", "load_published"]

#: What a figure is about, as its table in ``published.toml`` is called: a recorded judge, two annotators, the
#: alternative annotator test of a recorded judge, all annotators.
Kind = Literal["cell", "annotators", "alt_test", "humans"]
Unit = Literal["percent", "fraction"]
Scoring = Literal["accuracy", "neg-rmse"]


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One published figure, ``value`` in the printed unit.

    ``judge`` is a ``[[recorded]]`` entry of the card, or says which annotators were compared; ``pair`` are two of them.
    ``subset`` is a subset, an aggregate of the card, or ``all``; ``policies`` are given where they differ from the
    card's, ``epsilon`` and ``scoring`` with the alternative annotator test. ``source`` says where the figure is printed
    or how it was computed, ``note`` what it estimates where that isn't plain.
    """

    kind: Kind
    judge: str
    metric: str
    value: float
    decimals: int
    unit: Unit = "percent"
    split: str = ""
    subset: str = "all"
    policies: Mapping[str, str] = field(default_factory=dict[str, str])
    pair: tuple[str, str] = ("", "")
    epsilon: float = 0.0
    scoring: Scoring = "accuracy"
    source: str = ""
    note: str = ""

    def shown(self, ours: float) -> float:
        """Return our figure, a fraction, in the printed unit."""
        return 100.0 * ours if self.unit == "percent" else ours

    def matches(self, ours: float) -> bool:
        """Whether our figure, a fraction, is the printed one at the printed precision.

        >>> figure = PublishedFigure("cell", "gpt-3.5-turbo", "accuracy", 71.07, 2)
        >>> figure.matches(0.710711), figure.matches(0.6977)
        (True, False)
        """
        return abs(self.shown(ours) - self.value) <= 0.5 * 10.0**-self.decimals + 1e-9

    def __str__(self) -> str:
        """Name it in a line."""
        if self.kind == "annotators":
            return f"{self.judge}: {self.metric}"
        if self.kind == "alt_test":
            return f"{self.judge} ({self.split}): alternative annotator test"
        return f"{self.judge} ({self.split}), {self.subset}: {self.metric}"


@dataclass(frozen=True, slots=True)
class Published:
    """A benchmark's published figures, and those that can't be recomputed with the reason of each."""

    task: str
    figures: tuple[PublishedFigure, ...] = ()
    unmatched: tuple[tuple[str, str], ...] = ()


def load_published(name: str, root: Path | None = None) -> Published:
    """Read ``published.toml`` beside a card; empty where there is none.

    DataError where the file says what nobody reads, or names a judge or split that the card doesn't know.
    """
    card = load_card(name, root)
    path = card.folder / "published.toml"
    if not path.is_file():
        return Published(name)
    table = Table(read_toml(path)[0], str(path))
    entries = ((kind, entry) for kind in get_args(Kind) for entry in table.tables(kind))
    figures = [figure for kind, entry in entries for figure in _figures(kind, entry, card)]
    unmatched: list[tuple[str, str]] = []
    for entry in table.tables("unmatched"):
        unmatched.append((entry.text("figure"), entry.text("reason")))
        entry.done()
    table.done()
    return Published(name, tuple(figures), tuple(unmatched))


def _figures(kind: Kind, table: Table, card: Card) -> list[PublishedFigure]:
    """Read an entry: one figure, or the two of an alternative annotator test."""
    pair = (table.text("a"), table.text("b")) if kind == "annotators" else ("", "")
    judge = {"annotators": " and ".join(pair), "humans": "all annotators"}.get(kind) or table.text("judge")
    epsilon, scoring, note = 0.0, "accuracy", ""
    if kind == "alt_test":
        metrics = {name: name for name in ("winning_rate", "advantage_probability")}
        epsilon, scoring = _number(table, "epsilon"), table.choice("scoring", get_args(Scoring))
        note = f"epsilon {epsilon:g}, {scoring}"
    elif kind == "humans":
        metrics = {"value": table.choice("metric", ("krippendorff_alpha",))}
    else:
        metrics = {"value": table.text("metric")}
    unit = table.choice("unit", get_args(Unit), "percent" if kind == "cell" else "fraction")
    decimals = table.take("decimals", int)
    if not 0 <= decimals <= 12:
        table.fail("decimals", "expected 0 to 12")
    policies = table.table("policies")
    policies_of(policies)
    split, subset = table.choice("split", tuple(card.splits), card.default_split), table.text("subset", "all")
    source, note = table.text("source"), table.text("note", "") or note
    found = [
        PublishedFigure(
            kind,
            judge,
            metric,
            _number(table, key),
            decimals,
            cast("Unit", unit),
            split,
            subset,
            {name: str(policy) for name, policy in policies.data.items()},
            pair,
            epsilon,
            cast("Scoring", scoring),
            source,
            note,
        )
        for key, metric in metrics.items()
    ]
    table.done()
    if kind in {"cell", "alt_test"} and not any((r.name, r.split) == (judge, split) for r in card.recorded):
        table.fail("judge", f"the card has no [[recorded]] {judge!r} in split {split!r}")
    return found


def _number(table: Table, key: str) -> float:
    return float(table.take(key, float if isinstance(table.data.get(key), float) else int))
