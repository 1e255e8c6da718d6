"""Published figures of a benchmark, as data: what ``reproduce`` holds ours against.

They are in ``published.toml`` beside the card, and in files of the same form beside the data.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, cast, get_args

from judgebench.errors import DataError, argument
from judgebench.files.content import find
from judgebench.files.toml import TomlTable, read_toml
from judgebench.reproduce.printed import folders, printed_table, same_in_print, stated_figure
from judgebench.reproduce.rules import read_rules
from judgebench.tasks.card import card_names, load_card, policies_of, recorded_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from judgebench.reproduce.printed import Printed, PrintedTable
    from judgebench.reproduce.rules import Rule
    from judgebench.tasks.card import Card, Recorded

__all__ = [
    "PUBLISHED", "Published", "PublishedFigure", "given_published", "listed_figures", "load_published", "own_published",
]  # fmt: skip

#: The file of published figures, beside a card or beside the data.
PUBLISHED = "published.toml"

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
    or how it was computed, ``note`` what it estimates where that isn't plain. ``expected`` is ours where it is known to
    be another, and ``note`` then says why; ``own``: nobody published it, and ``value`` is what we once found.
    ``origin`` is the file beside the data that says so, or empty for the card's, and ``at`` the table in it.
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
    expected: float | None = None
    own: bool = False
    origin: str = ""
    at: str = ""

    @property
    def judged(self) -> bool:
        """Whether it is about a recorded judge."""
        return self.kind in {"cell", "alt_test"}

    @property
    def conditions(self) -> str:
        """What it was measured under, where that isn't what the card says."""
        if self.kind == "alt_test":
            return f"epsilon {self.epsilon:g}, {self.scoring}"
        return ", ".join(f"{name} {policy}" for name, policy in self.policies.items())

    @property
    def question(self) -> tuple[object, ...]:
        """What is measured, whoever the judge is."""
        return (self.kind, self.split, self.subset, self.metric, self.conditions)

    @property
    def fraction(self) -> float:
        """The figure as a fraction."""
        return self.value / 100.0 if self.unit == "percent" else self.value

    def shown(self, ours: float) -> float:
        """Return our figure, a fraction, in the printed unit."""
        return 100.0 * ours if self.unit == "percent" else ours

    def matches(self, ours: float) -> bool:
        """Whether our figure, a fraction, is the printed one at the printed precision.

        >>> figure = PublishedFigure("cell", "gpt-3.5-turbo", "accuracy", 71.07, 2)
        >>> figure.matches(0.710711), figure.matches(0.6977)
        (True, False)
        """
        return same_in_print(self.shown(ours), self.value, self.decimals)

    def is_expected(self, ours: float) -> bool:
        """Whether our figure, a fraction, is the other one that is known, at the printed precision."""
        return self.expected is not None and same_in_print(self.shown(ours), self.expected, self.decimals)

    def unknown(self, key: str, message: str) -> str:
        """Say what nobody knows: as the reason of a card's figure, as a DataError of one from a file of one's own."""
        if self.origin:
            raise DataError(message, file=self.origin, field=f"{self.at}{key}")
        return message

    def __str__(self) -> str:
        """Name it in a line."""
        if self.kind == "annotators":
            return f"{self.judge}: {self.metric}"
        if self.kind == "alt_test":
            return f"{self.judge} ({self.split}): alternative annotator test"
        return f"{self.judge} ({self.split}), {self.subset}: {self.metric}"


@dataclass(frozen=True, slots=True)
class Published:
    """A benchmark's published figures, and those that can't be recomputed with the reason of each.

    ``listed`` are figures of judges whose verdicts are not public. ``printed`` are published tables beside the data,
    ``stated`` figures like those in them that are typed here; ``rules`` say how both are recomputed, and ``tables``
    what the rules share. ``recorded`` are verdicts that the card doesn't know, ``origin`` is the file, empty for the
    card's.
    """

    task: str
    figures: tuple[PublishedFigure, ...] = ()
    unmatched: tuple[tuple[str, str], ...] = ()
    listed: tuple[PublishedFigure, ...] = ()
    recorded: tuple[Recorded, ...] = ()
    printed: tuple[PrintedTable, ...] = ()
    stated: tuple[Printed, ...] = ()
    rules: tuple[Rule, ...] = ()
    tables: Mapping[str, dict[str, Any]] = field(default_factory=dict[str, "dict[str, Any]"])
    origin: str = ""


def load_published(name: str, root: Path | None = None) -> Published:
    """Read ``published.toml`` beside a card; empty where there is none.

    DataError where the file says what nobody reads, or names a judge or split that the card doesn't know.
    """
    card = load_card(name, root)
    path = card.folder / PUBLISHED
    return _published(TomlTable(read_toml(path)[0], str(path)), card, "") if path.is_file() else Published(name)


def own_published(card: Card, data: Path, *, only: bool) -> list[Published]:
    """Read the files of the card's form in a task's folder of the data, and in the data folder itself.

    The one in the data folder says its ``task``, or else is this task's if no other is asked for (``only``) or the
    task's files lie beside it. Each may add ``[[recorded]]``
    entries to those of the card. A judge that nobody recorded isn't an error: other data may hold it.
    """
    found: list[Published] = []
    files = [recorded.file for recorded in card.recorded] + [
        file for s in card.splits.values() for file in s.main.files
    ]
    here = only or any(find(data, file) for file in files)
    for home in dict.fromkeys((*folders(card, data), data)):
        path = home / PUBLISHED
        if not path.is_file() or path.resolve() == (card.folder / PUBLISHED).resolve():
            continue
        table = TomlTable(read_toml(path)[0], str(path))
        task = table.text("task", "")
        if home == data and task != card.name and (task or not here):
            continue
        if task not in {"", card.name}:
            table.fail("task", f"{task!r} in the folder of {card.name!r}")
        one = _published(table, card, path.relative_to(data).as_posix())
        # What lies beside data came with them: it may name formulas of ours, and run nobody else's code.
        for number, rule in enumerate(one.rules):
            call = str(rule.said.get("call", "judgebench."))
            if not call.startswith("judgebench."):
                option = argument("published")
                raise DataError(
                    f"{call!r} is not judgebench's own, and a file that lies beside the data runs no code",
                    file=str(path),
                    field=f"rule[{number}].call",
                    hint=f"if it is yours, name the file: {option} {path}",
                )
        found.append(one)
    return found


def given_published(path: Path, card: Card, split: str = "") -> Published:
    """Read a file of the card's form wherever it lies; a figure without a split is of ``split``."""
    table = TomlTable(read_toml(path)[0], str(path))
    if (task := table.text("task", "")) not in {"", card.name}:
        table.fail("task", f"{task!r}, and {card.name!r} is asked for")
    return _published(table, replace(card, default_split=split or card.default_split), str(path))


def _published(table: TomlTable, card: Card, origin: str) -> Published:
    recorded: list[Recorded] = []
    known = {(entry.name, entry.split) for entry in card.recorded}
    for entry in table.tables("recorded") if origin else ():
        for one in recorded_of(entry, tuple(card.splits)):
            if (one.name, one.split) in known:
                entry.fail("name", f"{one.name!r} in split {one.split!r} is recorded already")
            known.add((one.name, one.split))
            recorded.append(one)
    entries = ((kind, entry) for kind in get_args(Kind) for entry in table.tables(kind))
    figures = [figure for kind, entry in entries for figure in _figures(kind, entry, card, origin)]
    unmatched: list[tuple[str, str]] = []
    for entry in table.tables("unmatched"):
        unmatched.append((entry.text("figure"), entry.text("reason")))
        entry.done()
    listed = tuple(figure for entry in table.tables("listed") for figure in _figures("cell", entry, card, "listed"))
    printed = tuple(printed_table(entry) for entry in table.tables("printed"))
    stated = tuple(stated_figure(entry, origin) for entry in table.tables("figure"))
    rules, tables = read_rules(table)
    table.done()
    return Published(
        card.name,
        tuple(figures),
        tuple(unmatched),
        listed,
        tuple(recorded),
        printed,
        stated,
        tuple(rules),
        tables,
        origin,
    )


def listed_figures(task: str) -> list[tuple[PublishedFigure, bool]]:
    """List the published figures of a task's card on one split, and whether the judge's verdicts are public."""
    name, _, split = task.partition(":")
    if name not in card_names():
        return []
    published, card = load_published(name), load_card(name)
    wanted = card.split(split).name
    every = [(one, True) for one in published.figures if one.kind == "cell" and not one.own]
    return [(one, known) for one, known in (*every, *((o, False) for o in published.listed)) if one.split == wanted]


def _figures(kind: Kind, table: TomlTable, card: Card, origin: str) -> list[PublishedFigure]:
    """Read an entry: one figure, or the two of an alternative annotator test."""
    pair = (table.text("a"), table.text("b")) if kind == "annotators" else ("", "")
    judge = {"annotators": " and ".join(pair), "humans": "all annotators"}.get(kind) or table.text("judge")
    epsilon, scoring = 0.0, "accuracy"
    if kind == "alt_test":
        metrics = {name: name for name in ("winning_rate", "advantage_probability")}
        epsilon, scoring = table.number("epsilon"), table.choice("scoring", get_args(Scoring))
    elif kind == "humans":
        metrics = {"value": table.text("metric", "krippendorff_alpha")}
    else:
        metrics = {"value": table.text("metric")}
    unit = table.choice("unit", get_args(Unit), "percent" if kind == "cell" else "fraction")
    decimals = table.take("decimals", int)
    if not 0 <= decimals <= 12:
        table.fail("decimals", "expected 0 to 12")
    policies = table.table("policies")
    policies_of(policies)
    split, subset = table.choice("split", tuple(card.splits), card.default_split), table.text("subset", "all")
    source, note = table.text("source"), table.text("note", "")
    expected = table.number("expected") if "expected" in table.data else None
    if expected is not None and not note:
        table.fail("note", "say why ours is another figure")
    own = table.take("own", bool, default=False)
    found = [
        PublishedFigure(
            kind,
            judge,
            metric,
            table.number(key),
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
            expected,
            own,
            origin,
            table.where,
        )
        for key, metric in metrics.items()
    ]
    table.done()
    if not origin and found[0].judged and not any((r.name, r.split) == (judge, split) for r in card.recorded):
        table.fail("judge", f"the card has no [[recorded]] {judge!r} in split {split!r}")
    return found
