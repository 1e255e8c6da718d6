"""Answers to one question that an annotator rated together, each by its own number.

The card's ``[form]`` names the fields of a row: ``question``, ``criterion`` (what the ratings are of), ``answers``, a
list of records with ``text`` and ``system``, and ``ratings``, a list of records beside it with ``system`` and
``rating``; without it ``rating`` is in the answers' own records. ``range`` is that of the ratings, such as
``rate:1-5``, ``unrated`` the words in place of one, and ``na`` what such a word is: the ``lowest`` rating, or ``none``.
``listed`` may name a list of the systems, which must be those of the answers.

On a scale of picks an item is a row: the highest rated answers are right, and the ratings an attribute. On the range
itself each answer is an item.
"""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, Any

from judgebench.domain import Item, Label, Reply, Response, Scale, Status, Turn, digest
from judgebench.errors import UsageError
from judgebench.files.paths import ABSENT, inside
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.readers.official import figure
from judgebench.tasks.recordings import Recording, rows_of_judge, stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Estimate, Verdict
    from judgebench.files.records import Row
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Replies
    from judgebench.tasks.sources import Source

#: The attribute that holds the ratings of an item's answers, in their own order.
RATINGS = "ratings"
#: Fields of an annotator's own file: what was said of the answers, in the order in which they were shown.
_LISTED = ("ratings", "rationales", "order")


class Reader(base.Reader):
    """Reads the rows; an annotator's ratings of them are recorded verdicts."""

    # A reply of an annotator may hold no rating that can be read.
    needs_gold = False

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        form = self.form
        self.question, self.criterion = form.text("question"), form.text("criterion", "")
        self.answers, self.text, self.system = form.text("answers"), form.text("text"), form.text("system", "")
        self.listed = form.text("listed", "")
        self.ratings, self.rating = form.text("ratings", "") or self.answers, form.text("rating")
        self.unrated = {one.casefold() for one in form.names("unrated")}
        self.lowest = form.choice("na", ("lowest", "none"), "none") == "lowest"
        self.annotator = form.text("annotator")
        spec = form.text("range")
        try:
            self.range = Scale.parse(spec)
        except UsageError as error:
            form.fail("range", str(error))
        if self.range.kind != "rate" or self.scale not in {self.range, Scale.pick(len(self.scale.labels))}:
            form.fail(
                "range", f"{spec} is not a scale of ratings, or the scale {self.scale.spec} is neither this nor pick:K"
            )
        form.done()

    def items(self, source: Source) -> Iterator[Located]:
        """Yield an item a row, or one for each of its answers."""
        for number, row in enumerate(source.rows(), 1):
            for item in self._items(row, str(number)):
                yield Located(item, row)

    def _items(self, row: Row, name: str) -> Iterator[Item]:
        question = row.text(self.question)
        about = row.text(self.criterion) if self.criterion else ""
        responses = self._responses(row)
        ratings = self._ratings(row, responses)
        attributes = {"criterion": about} if about else {}
        if self.scale.kind == "pick":
            highest = max((one for one in ratings if one is not None), default=None)
            best = tuple(place for place, one in enumerate(ratings) if one == highest)
            gold = None if None in ratings else best
            said = {RATINGS: " ".join("-" if one is None else f"{one:g}" for one in ratings)}
            judged: list[tuple[str, tuple[Response, ...], Any]] = [(name, tuple(responses), gold)]
        else:
            said = {}
            codes = [None if one is None else self.scale.values.index(one) for one in ratings]
            judged = [
                (f"{name}/{place}", (response,), code)
                for place, (response, code) in enumerate(zip(responses, codes, strict=True), 1)
            ]
        for own, shown, code in judged:
            yield Item(
                id=own,
                conversation=(Turn.of("user", question),),
                responses=shown,
                gold=(Label(self.annotator, code),),
                gold_source=self.gold_source,
                cluster=f"q-{digest(question, 16)}",
                subset=about,
                attributes=tuple(sorted((attributes | said).items())),
            )

    def _responses(self, row: Row) -> list[Response]:
        return [
            Response(_text(row, self.answers, one, self.text), _text(row, self.answers, one, self.system) or None)
            for one in _records(row, self.answers)
        ]

    def _ratings(self, row: Row, responses: Sequence[Response]) -> list[float | None]:
        """Find the rating of each answer, by its system where ratings name them, else by its place."""
        found = _records(row, self.ratings)
        wanted = [response.model or "" for response in responses]
        if len(found) != len(wanted):
            row.fail(f"{len(found)} ratings for {len(wanted)} answers", self.ratings)
        if self.listed in row.data and sorted(listed := row.texts(self.listed)) != sorted(wanted):
            row.fail(f"it names {', '.join(listed)}, and the answers are of {', '.join(wanted)}", self.listed)
        if self.system and all(self.system in one for one in found):
            systems = [_text(row, self.ratings, one, self.system) for one in found]
            if sorted(systems) != sorted(wanted):
                row.fail(f"ratings of {', '.join(systems)}, and answers of {', '.join(wanted)}", self.ratings)
            if len(set(systems)) == len(systems):
                found = [found[systems.index(one)] for one in wanted]
        return [self._number(row, self.ratings, inside(one, tuple(self.rating.split(".")))) for one in found]

    def _number(self, row: Row, column: str, given: object) -> float | None:
        """Read a rating; None where there is none."""
        said = "" if given is None or given is ABSENT else str(given).strip()
        if said.casefold() in self.unrated:
            return self.range.values[0] if self.lowest else None
        if not said:
            return None
        code = self.range.code(said.removesuffix(".0"))
        if code is None:
            others = f", or one of {', '.join(sorted(self.unrated))}" if self.unrated else ""
            row.fail(f"expected a rating on {self.range.spec}{others}, got {said!r}", column)
        return self.range.values[code]

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read an annotator's ratings, row by row as the task's.

        They are written as in the task's own rows, or as lists, ``ratings`` and ``rationales``, in the ``order`` in
        which the answers were shown; empty ones could not be read.
        """
        rated: dict[str, list[Item]] = {}
        for item in items.values():
            rated.setdefault(item.id.partition("/")[0], []).append(item)
        replies: Replies = {}
        rows, judge = rows_of_judge(source.rows(), column, source.name)
        for number, row in enumerate(rows, 1):
            own = rated.get(str(number)) or row.fail(f"the task has {len(rated)} rows, and this is number {number}")
            order, ratings, text = self._heard(row, own)
            if self.scale.kind == "pick":
                known = [one for one in ratings if one is not None]
                whole = len(known) == len(order)
                replies[own[0].id, order] = (
                    Reply.ok(known.index(max(known)), scores=tuple(known), text=text)
                    if whole
                    else Reply(Status.UNPARSED, text=text, error="a response was not rated")
                )
                continue
            for slot, place in enumerate(order):
                one = ratings[slot] if ratings else None
                replies[own[place].id, (0,)] = (
                    Reply(Status.UNPARSED, text=text, error="it was not rated")
                    if one is None
                    else Reply.ok(self.scale.values.index(one), text=text)
                )
        return Recording(judge or stem(source.name), replies, ())

    def _heard(self, row: Row, own: Sequence[Item]) -> tuple[tuple[int, ...], list[float | None], str]:
        """Read the order in which answers were shown, their ratings in it (none where unread), and what was said."""
        answers = [response for item in own for response in item.responses]
        if not row.data.keys() >= {_LISTED[0], _LISTED[2]}:
            asked = row.data.get(self.question)
            if asked is not None and asked != own[0].question:
                row.fail(
                    "another question than the task has in this row", self.question, "rows are in the task's order"
                )
            said = [_text(row, self.ratings, one, "rationale") for one in _records(row, self.ratings)]
            return tuple(range(len(answers))), self._ratings(row, answers), "\n\n".join(filter(None, said))
        order: Any = row.data["order"]
        if not isinstance(order, list) or sorted(map(str, order)) != sorted(map(str, range(len(answers)))):
            row.fail(f"expected an order of {len(answers)} answers such as [1, 0, …], got {order!r:.60}", "order")
        ratings, reasons = (row.data.get(name) or [] for name in _LISTED[:2])
        if not isinstance(ratings, list) or len(ratings) not in {0, len(order)}:
            row.fail(f"expected {len(order)} ratings, or none, got {ratings!r:.60}", "ratings")
        text = "\n\n".join(map(str, reasons)) if isinstance(reasons, list) else str(reasons)
        return tuple(map(int, order)), [self._number(row, "ratings", one) for one in ratings], text

    def official(self, verdicts: Iterable[Verdict]) -> dict[str, dict[str, Estimate]]:
        """Compute the mean rating that a judge gave by criterion, and their mean over criteria, as ``official_score``.

        Beside it how its ratings go with the annotator's, answer by answer: of items whose answers were all rated.
        """
        judged: dict[str, list[tuple[float, float]]] = {}
        for verdict in verdicts:
            said = dict(verdict.attributes).get(RATINGS, "").split()
            if said and "-" not in said and len(said) == len(verdict.scores):
                judged.setdefault(verdict.subset, []).extend(zip(verdict.scores, map(float, said), strict=True))
        rows = {name: _figures(pairs, statistics.fmean(one for one, _ in pairs)) for name, pairs in judged.items()}
        if rows:
            means = [found["official_score"].value or 0.0 for found in rows.values()]
            every = [pair for pairs in judged.values() for pair in pairs]
            rows["all"] = _figures(every, math.fsum(means) / len(means))
        return rows


def _figures(pairs: Sequence[tuple[float, float]], mean: float) -> dict[str, Estimate]:
    ours, theirs = zip(*pairs, strict=True)
    found = {"official_score": mean, "score_mean_absolute_error": statistics.fmean(abs(a - b) for a, b in pairs)}
    if len(set(ours)) > 1 and len(set(theirs)) > 1:
        found["score_pearson_r"] = statistics.correlation(ours, theirs)
    return {name: figure(one, len(pairs)) for name, one in found.items()}


def _records(row: Row, column: str) -> list[dict[str, Any]]:
    value = row.require(column)
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        row.fail(f"expected a list of records, got {value!r:.60}", column)
    return list(value)


def _text(row: Row, column: str, record: Mapping[str, Any], name: str) -> str:
    """Take a text of a record; one without a name is none."""
    if not name:
        return ""
    value = record.get(name)
    if name not in record and name != "rationale":
        row.fail(f"a record without {name!r}; it has {', '.join(record)}", column)
    return value if isinstance(value, str) else "" if value is None else str(value)
