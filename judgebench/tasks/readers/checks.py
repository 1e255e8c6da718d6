"""Checks of a rubric, each an item: does an output satisfy it? Tables of checks, or objects that hold them inside.

A row of the main table is a check, or holds checks at any depth: objects with the field ``check``. Further parts of the
split are joined, by the output's name or, where they have checks, by that and the check's. ``[form]`` names fields of
the main table, or of a part as ``part.field``:

- ``item``: names of the field with the output's name, of which each table has one; ``check``: the check's name;
- ``gold``: whether it is satisfied, in words for correct and incorrect; ``text``: what is checked;
- ``question``, ``answer``: what was asked and what came out, a text or an agent's messages; ``subset``;
- ``score = "balanced"``: the benchmark's headline is the mean of the subsets' balanced accuracies;
- ``judge``, ``reason``: in a file of verdicts, of the same form as the labels, who judged an output, and why. A check
  that has no name there is known by its text.

Where texts of outputs or of checks are not here an item is named, and no judge can be asked about it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from judgebench.domain import Estimate, Item, Label, Reply, Response, Turn
from judgebench.domain.items import UNANSWERED
from judgebench.files.records import Row
from judgebench.files.rows import value_of
from judgebench.labels.vocabulary import CHECK
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.chat import cut, is_chat, last_words, turns_of
from judgebench.tasks.forms import one_of, whole
from judgebench.tasks.readers.official import figure, gold_of
from judgebench.tasks.recordings import Heard, picked
from judgebench.tasks.texts import TEXTLESS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from judgebench.domain import Verdict
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Recording
    from judgebench.tasks.sources import Source

#: A rubric of a rubric is nobody's.
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Form:
    """Names of fields, as the module says."""

    item: tuple[str, ...]
    check: tuple[str, ...]
    gold: tuple[str, ...]
    text: tuple[str, ...] = ()
    question: tuple[str, ...] = ()
    answer: tuple[str, ...] = ()
    subset: tuple[str, ...] = ()
    judge: tuple[str, ...] = ()
    reason: tuple[str, ...] = ()
    score: str = one_of("", "balanced")


class Reader(base.Reader):
    """Reads checks with what is joined to them, and verdicts on them."""

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        self._said = whole(Form, self.form)
        self.recorded_fields = frozenset(name.partition(".")[0] for name in self._said.judge)
        # Items by their output and what is checked.
        self._told: dict[tuple[str, str], str] = {}

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the checks in the order of the main table."""
        form = self._said
        parts = {
            name: _Part.of(source.rows(name), form)
            for name in self.card.split(self.split).parts
            if name not in source.lacking
        }
        for row in _rows(source.rows(), form):
            output = _named(row, form.item)
            for check in _checks(row, form):
                name = _named(check, form.check)
                found = {part: one.beside(output, name) for part, one in parts.items()}
                told = _Told(check, found)
                item = self._item(told, form, output, name)
                self._told[output, _plain(told.value(form.text))] = item.id
                yield Located(item, check)

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the judges of a file of verdicts, where it names them."""
        form = self._said
        found = (_first(row, form.judge) for row in _rows(source.rows(), form))
        return {name: name for name in found if name}

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one judge's verdicts; those on outputs that are not in the data are left out."""
        form, names = self._said, self.judges(source)
        who = picked(column, names, source.name) if names else ""
        outputs = {item.cluster for item in items.values()}

        def heard() -> Iterator[Heard]:
            for row in _rows(source.rows(), form):
                output = _named(row, form.item)
                if output not in outputs or (names and _first(row, form.judge) != who):
                    continue
                for data in _inside(list(row.data.values()), (*form.check, *form.text)):
                    check = replace(row, data=data)
                    said = _first(check, form.gold)
                    reply = Reply.read(CHECK.get(said.casefold()), text=_first(check, form.reason) or said)
                    yield Heard(check, form.gold[0], self._about(check, output, form, items), reply)

        return self.gathered(who, heard(), items, source)

    def _about(self, check: Row, output: str, form: Form, items: Mapping[str, Item]) -> str:
        """Find the item of a verdict, by the check's name or by its text."""
        text = next((name for name in form.text if value_of(check, name) is not None), "")
        if name := _first(check, form.check):
            found = name if name.startswith(output) else f"{output}/{name}"
        else:
            found = self._told.get((output, _plain(value_of(check, text))), "")
        if found not in items:
            check.fail(f"output {output!r} has no such check in the data", form.check[0] if name else text)
        return found

    def _item(self, told: _Told, form: Form, output: str, check: str) -> Item:
        statement = told.place(form.text)
        asked, response = _shown(told.place(form.question), told.place(form.answer))
        word = told.main.require(form.gold[0]) if value_of(told.main, form.gold[0]) is None else told.value(form.gold)
        code = CHECK.get(str(word).strip().casefold())
        if code is None:
            told.main.fail(f"expected success or fail, true or false, 1 or 0, got {word!r:.60}", form.gold[0])
        whole = statement is not None and bool(response.text or response.turns)
        named = [("criterion", str(statement[0].data[statement[1]]))] if whole and statement else []
        return Item(
            id=check if check.startswith(output) else f"{output}/{check}",
            conversation=asked if whole else (Turn.of("user", TEXTLESS),),
            responses=(response if whole else Response(""),),
            gold=(Label("annotators", code),),
            gold_source=self.gold_source,
            cluster=output,
            subset=str(told.value(form.subset) or ""),
            attributes=tuple(sorted([*named, *([] if whole else [UNANSWERED])])),
        )

    def official(self, verdicts: Iterable[Verdict]) -> Mapping[str, Mapping[str, Estimate]]:
        """Compute the mean of the subsets' balanced accuracies, where the card says so, for all items."""
        if self._said.score != "balanced":
            return {}
        return {"all": {"official_score": balanced(list(verdicts))}}


def balanced(verdicts: Sequence[Verdict]) -> Estimate:
    """Mean of the balanced accuracies of the subsets; a check without a verdict counts as misjudged."""
    hits: dict[str, dict[int, list[bool]]] = {}
    for verdict in verdicts:
        if isinstance(gold := gold_of(verdict), int):
            hits.setdefault(verdict.subset, {0: [], 1: []})[gold].append(verdict.code == gold)
    if not hits or not all(side for sides in hits.values() for side in sides.values()):
        return Estimate.missing("one_class", len(verdicts))
    recalls = [sum(side) / len(side) for sides in hits.values() for side in sides.values()]
    return figure(sum(recalls) / len(recalls), len(verdicts))


@dataclass(frozen=True, slots=True)
class _Part:
    """A further table: rows by the output's name, and what its checks say by both names."""

    outputs: Mapping[str, Row]
    checks: Mapping[tuple[str, str], Row]

    @classmethod
    def of(cls, rows: Iterator[Row], form: Form) -> _Part:
        outputs: dict[str, Row] = {}
        checks: dict[tuple[str, str], Row] = {}
        for row in _rows(rows, form):
            output = _named(row, form.item)
            for check in _checks(row, form, needed=False):
                checks[output, _named(check, form.check)] = check
            outputs.setdefault(output, row)
        return cls(outputs, checks)

    def beside(self, output: str, check: str) -> list[Row]:
        """Give what it says of a check, before what it says of the output."""
        found = (self.checks.get((output, check)), self.outputs.get(output))
        return [row for row in found if row is not None]


@dataclass(frozen=True, slots=True)
class _Told:
    """A check's own fields, and those that are joined to it."""

    main: Row
    parts: Mapping[str, list[Row]]

    def place(self, names: tuple[str, ...]) -> tuple[Row, str] | None:
        """Find the first of some fields that says something: its row and its name there."""
        for name in names:
            part, _, field = name.partition(".")
            rows = self.parts.get(part, []) if field else []
            for row, key in [*((row, field) for row in rows), (self.main, name)]:
                if (value := value_of(row, key)) not in (None, ""):
                    return (row, key) if key in row.data else (Row({key: value}, row.file, row.line, "", row.unit), key)
        return None

    def value(self, names: tuple[str, ...]) -> Any:
        found = self.place(names)
        return None if found is None else found[0].data[found[1]]


def _plain(value: Any) -> str:
    return "" if value is None else str(value).strip()


def _first(row: Row, names: tuple[str, ...]) -> str:
    """Take the first of some fields that says something."""
    return next((_plain(found) for name in names if (found := value_of(row, name)) is not None), "")


def _named(row: Row, names: tuple[str, ...]) -> str:
    """Take a name; a dotted one leads inside."""
    for name in names:
        if (found := value_of(row, name)) is not None:
            return row.as_name(found, name)
    return row.fail(f"this field is missing; the row has {', '.join(map(repr, row.data))}", names[0])


def _checks(row: Row, form: Form, *, needed: bool = True) -> Iterator[Row]:
    """Find the checks of a row: itself, or objects inside it."""
    found = list(_inside(row.data, form.check))
    if needed and not found:
        row.fail(f"no check is in this row, nor inside it: {', '.join(map(repr, row.data))}", form.check[0])
    for data in found:
        yield replace(row, data=data)


def _rows(rows: Iterator[Row], form: Form) -> Iterator[Row]:
    """Give the rows of a table, which may be one object that holds them."""
    for row in rows:
        if any(value_of(row, name) is not None for name in form.item):
            yield row
            continue
        found = list(_inside(row.data, form.item))
        if not found:
            _named(row, form.item)
        for number, data in enumerate(found, 1):
            yield Row(data, row.file, number, row.note, "row")


def _inside(value: Any, names: tuple[str, ...], depth: int = 0) -> Iterator[dict[str, Any]]:
    """Find objects with one of some fields, at any depth."""
    if isinstance(value, dict):
        if any(value.get(name) is not None for name in names):
            yield value
            return
        value = list(value.values())
    if isinstance(value, list) and depth < _DEEPEST:
        for one in value:
            yield from _inside(one, names, depth + 1)


def _shown(asked: tuple[Row, str] | None, answer: tuple[Row, str] | None) -> tuple[tuple[Turn, ...], Response]:
    """Give what was asked, a text or several, and what came out, a text or all that an agent did."""
    question: tuple[Turn, ...] = ()
    if asked is not None:
        row, name = asked
        value = row.data[name]
        texts = isinstance(value, list) and all(isinstance(one, str) for one in value)
        question = (Turn.of("user", "\n\n".join(value)),) if texts else turns_of(row, name, None)
    if answer is None:
        return question, Response("")
    row, name = answer
    if not is_chat(row.data[name]):
        return question, Response(row.text(name))
    lead, turns = cut(turns_of(row, name, None))
    # An agent's messages begin with what it was asked.
    return lead or question, Response(last_words(turns), turns=turns)
