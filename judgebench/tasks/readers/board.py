"""Boards of systems without gold for single answers: an item is a system's standing, by people and by a judge.

The card's ``[form.gold]`` says how the gold board is read, ``[form.recorded]`` how a judge's is, each from

- a row per system: ``system``, and ``scores``, columns that are criteria;
- a row per judged answer: ``system``, and ``score``, of which a system's is the mean;
- battles: ``sides``, the columns of two systems, and ``verdict``, whose ``words`` mean A, B or tie (see `sayings`); the
  standing is a win rate, or with ``standing = "bradley-terry"`` a strength, where a tie is half a win for both.

``judge`` are the columns that name the judge of a row. Agreement of two boards is a correlation: of ranks where their
units differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.domain import Item, Label, Reply, Response, Scale, Turn
from judgebench.domain.items import UNANSWERED
from judgebench.errors import UsageError
from judgebench.files.records import shown
from judgebench.labels.vocabulary import number_of
from judgebench.stats.coefficients import bradley_terry as bt
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.forms import filled, one_of
from judgebench.tasks.readers.sayings import Saying
from judgebench.tasks.recordings import Recording, picked, stem
from judgebench.tasks.texts import named_by, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.files.records import Row
    from judgebench.files.toml import TomlTable
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

#: By criterion, which is empty where there is one: every system's standing.
Board = dict[str, dict[str, float]]
_ORDER = (0,)


@dataclass(frozen=True, slots=True)
class Form:
    """How a board is read off a table; see the module."""

    system: str = ""
    scores: tuple[str, ...] = ()
    score: str = ""
    sides: tuple[str, ...] = ()
    standing: str = one_of("win-rate", "bradley-terry")
    judge: tuple[str, ...] = ()
    winner: Saying = Saying()  # noqa: RUF009 - frozen

    @classmethod
    def of(cls, table: TomlTable) -> Form:
        """Take a card's table; DataError where it describes no board, or two."""
        form = filled(cls, table, winner=Saying())
        # Scores are the board's own, and so aren't how a battle is said.
        form = replace(form, winner=Saying.take(table))
        table.done()
        kinds = [key for key in ("scores", "score", "sides") if getattr(form, key)]
        if len(kinds) != 1:
            table.fail("scores", f"a board is of scores, score, or sides; got {', '.join(kinds) or 'none'}")
        if form.sides and (len(form.sides) != 2 or not form.winner.verdict):
            table.fail("sides", "a battle has two sides and a verdict")
        if not form.sides and not form.system:
            table.fail("system", "name the column of the systems")
        return form

    def of_judges(self, rows: Iterable[Row]) -> dict[str, list[Row]]:
        """Sort rows by who judged; one without a name where the form names no judge."""
        found: dict[str, list[Row]] = {}
        for row in rows:
            found.setdefault(" / ".join(named_by(row, name) for name in self.judge), []).append(row)
        return found

    def board(self, rows: Sequence[Row]) -> Board:
        """Read the board."""
        if self.sides:
            return {"": self._battles(rows)}
        sums: dict[str, dict[str, list[float]]] = {}
        for row in rows:
            system = named_by(row, self.system)
            for name in self.scores or (self.score,):
                number = _number(row, name)
                own = sums.setdefault(name if len(self.scores) > 1 else "", {}).setdefault(system, [])
                if own and self.scores:
                    row.fail(f"system {system!r} appears twice", self.system)
                if number is not None:
                    own.append(number)
        return {
            criterion: {system: math.fsum(own) / len(own) for system, own in systems.items() if own}
            for criterion, systems in sums.items()
        }

    def _battles(self, rows: Sequence[Row]) -> dict[str, float]:
        pairs = [tuple(named_by(row, name) for name in self.sides) for row in rows]
        names = sorted({name for pair in pairs for name in pair})
        code = {name: place for place, name in enumerate(names)}
        wins, ties = np.zeros((2, len(names), len(names)))
        scale = Scale.pair()
        for row, (first, second) in zip(rows, pairs, strict=True):
            verdict = self.winner.code(row, scale, (first, second))
            if verdict is None or first == second:
                continue
            left, right = code[first], code[second]
            if verdict == scale.tie:
                ties[left, right] += 1
                ties[right, left] += 1
            else:
                wins[(left, right) if verdict == 0 else (right, left)] += 1
        if self.standing == "bradley-terry":
            games = bt.Games.of(wins, ties)
            # Strengths of systems that only won or only lost are infinite without a prior.
            fit = bt.bradley_terry(games, phantom=not bool(bt.connected(games).all()))
            return dict(zip(names, fit.strengths.tolist(), strict=True))
        played = (wins + wins.T + ties).sum(axis=1)
        won = (wins + ties / 2).sum(axis=1)
        return {name: float(won[place] / played[place]) for name, place in code.items() if played[place]}


class Reader(base.Reader):
    """Reads the gold board as items, and a judge's board as verdicts on them."""

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        form = self.form
        self._gold = Form.of(form.table("gold"))
        self._recorded = Form.of(form.table("recorded")) if "recorded" in form.data else self._gold
        form.done()
        if self.scale.kind != "number" or self.scale.open:
            form.fail("gold", f"a board needs a scale of numbers such as number:0-1, not {self.scale.spec}")

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item for each system, and each criterion of several."""
        rows = list(source.rows())
        for criterion, systems in self._gold.board(rows).items():
            for system, value in systems.items():
                code = self.scale.code(repr(value))
                if code is None:
                    rows[0].fail(f"the standing of {system!r} is {value:g}, beyond the scale {self.scale.spec}")
                attributes = (("criterion", criterion),) if criterion else ()
                item = Item(
                    id=f"{criterion}/{system}" if criterion else system,
                    conversation=(Turn.of("user", "A system's standing; there is no text to judge."),),
                    responses=(Response("", system),),
                    gold=(Label("board", code),),
                    gold_source=self.gold_source,
                    cluster=system,
                    subset=criterion,
                    attributes=(*attributes, UNANSWERED),
                )
                yield Located(item, rows[0])

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read a judge's board; systems of which the gold board knows nothing are passed over."""
        judges = self._recorded.of_judges(source.rows())
        judge = picked(column if self._recorded.judge else None, judges, source.name)
        replies: Replies = {}
        for criterion, systems in self._recorded.board(judges[judge]).items():
            for system, value in systems.items():
                name = f"{criterion}/{system}" if criterion else system
                if name in items:
                    code = self.scale.code(repr(value))
                    if code is None:
                        judges[judge][0].fail(f"the standing of {system!r} is {value:g}, beyond {self.scale.spec}")
                    replies[name, _ORDER] = Reply.ok(code, text=f"{value:.12g}")
        if not replies:
            raise UsageError(f"{source.name}: it has none of the systems of {self.card.name}:{self.split}")
        return Recording(judge or stem(source.name), replies, (_ORDER,))

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges of a file of boards."""
        if not self._recorded.judge:
            return super().judges(source)
        return {name: name for name in self._recorded.of_judges(source.rows())}


def _number(row: Row, name: str) -> float | None:
    text = text_of(row, name).strip()
    if not text:
        return None
    number = number_of(text)
    return row.fail(f"expected a number, got {shown(text)}", name) if number is None else number
