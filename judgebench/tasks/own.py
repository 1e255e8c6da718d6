"""Items read by roles: a table of one's own, or a task whose card says its columns; no Python is needed.

What was said of a table (`Reading`) is filled up by what the names of its columns say. The reading that comes out is
part of the task's revision: the same file read in another way has other gold, or other items.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from judgebench.domain import Item, Label, Reference, Response, Turn, digest
from judgebench.domain.items import Part
from judgebench.errors import DataError, UsageError, argument
from judgebench.files.opening import Opening
from judgebench.files.rows import RowTable, leads_nowhere, value_of
from judgebench.files.table import cell
from judgebench.labels.cells import Cells
from judgebench.labels.columns import Column, Raw, encode
from judgebench.labels.roles import Roles
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.chat import cut, image_of, is_chat, last_words, turns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from judgebench.domain import Code, Scale
    from judgebench.files.records import Row
    from judgebench.labels.columns import Coded
    from judgebench.tasks.card import Card
    from judgebench.tasks.sources import Source

_CRITERION = "{criterion}"
#: The column, and the attribute, that says in words what an item's images show; the probe ``captions`` takes it.
_CAPTION = "caption"
_PREFERRED = ("chosen", "rejected")
#: How many criteria a message names.
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """What was said of a table of items; what wasn't is found out.

    ``columns`` has roles by field of `Roles`; an empty one is nobody's. ``gold`` is who gave the gold labels, ``where``
    the rows to keep, ``tool`` whose export the file is.
    """

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    scale: str = ""
    gold: str = ""
    file: Opening = Opening()  # noqa: RUF009 - frozen
    cells: Cells = field(default_factory=Cells)
    where: tuple[str, ...] = ()
    tool: str = ""

    def over(self, other: Reading) -> Reading:
        """Put what is said here over what is said there."""
        return Reading(
            {**other.columns, **self.columns},
            self.scale or other.scale,
            self.gold or other.gold,
            self.file if self.file != Opening() else other.file,
            self.cells if self.cells != Cells() else other.cells,
            self.where or other.where,
            self.tool or other.tool,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of what is said."""
        said = {
            "columns": {role: list(names) for role, names in sorted(self.columns.items())},
            "scale": self.scale,
            "gold": self.gold,
            "file": _said(self.file),
            "cells": _said(self.cells),
            "where": list(self.where),
            "tool": self.tool,
        }
        return {name: value for name, value in said.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what ``to_json`` wrote; KeyError, TypeError or ValueError where it is something else."""
        columns = {str(role): tuple(map(str, names)) for role, names in data.get("columns", {}).items()}
        Roles(**columns)
        return cls(
            columns,
            str(data.get("scale", "")),
            str(data.get("gold", "")),
            Opening(**_tuples(data.get("file", {}))),
            Cells(**_tuples(data.get("cells", {}))),
            tuple(map(str, data.get("where", ()))),
            str(data.get("tool", "")),
        )


def _said(one: Any) -> dict[str, Any]:
    """Give the fields of a frozen dataclass that are not as they would be by themselves."""
    usual = type(one)()
    return {f.name: value for f in fields(one) if (value := getattr(one, f.name)) != getattr(usual, f.name)}


def _tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


class Place(NamedTuple):
    """A row, its number in its table, whose name is ``part`` where a split has several, and where images lie."""

    row: Row
    number: int
    part: str
    folder: Path | None


class Reader(base.Reader):
    """Reads rows by the roles of their columns; items without gold are items, too."""

    needs_gold = False

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        self._coded: dict[str, Coded] = {}

    @property
    def roles(self) -> Roles:
        """The roles that the split gives, or else the card."""
        found = self.card.split(self.split).columns or self.card.columns
        if found is None:
            raise RuntimeError(f"{self.card.name} has no columns")
        return found

    def items(self, source: Source) -> Iterator[Located]:
        """Yield those of each table; where a split has several, a table's name is before the ids, and a subset."""
        main, *others = self.card.split(self.split).of or ("",)
        for part in (main, *others):
            table = replace(source, load=source.parts[part]) if part in others else source
            yield from self.of_table(table, part)

    def of_table(self, source: Source, part: str) -> Iterator[Located]:
        """Yield an item a row, or one for each criterion of a row."""
        roles = self.roles
        golds = [name for names in golds_of(roles.gold, self._known(source)).values() for _, name in names]
        if part not in self._coded and golds:
            first = next(source.rows())
            table = RowTable(first.file if part else source.name, source.rows, "", golds, first.unit)
            cells = self.card.split(self.split).cells or self.card.cells or Cells()
            self._coded[part] = encoded(table, golds, self.scale, cells)
        coded = self._coded.get(part)
        by_criterion = golds_of(roles.gold, list(coded.labels) if coded else [])
        for number, row in enumerate(source.rows()):
            for criterion, names in by_criterion.items():
                gold = tuple(Label(who, _label(coded, name, number)) for who, name in names)
                for item in self.of_row(Place(row, number, part, source.folder), gold, criterion):
                    yield Located(_stepped(item, row, roles, self.scale) if self.scale.kind == "steps" else item, row)

    def of_row(self, place: Place, gold: tuple[Label, ...], criterion: str) -> Iterable[Item]:
        """Make what is judged of a row by one criterion: an item, or several by a reader to whom it is several."""
        return (self.item(place, gold, self.roles, criterion),)

    def _known(self, source: Source) -> Sequence[str]:
        """Name the columns that a pattern may stand for."""
        if not any(_CRITERION in name for name in self.roles.gold):
            return ()
        return tuple(next(iter(source.rows())).data)

    def item(self, place: Place, gold: tuple[Label, ...], roles: Roles, criterion: str = "") -> Item:
        """Make an item of a row by the roles of its columns."""
        row, part = place.row, f"{place.part}/" if place.part else ""
        if lost := [one for one in roles.answers if "." in one and leads_nowhere(row, one)]:
            row.fail("there is no answer here", lost[0], f"the row has {', '.join(row.data)}")
        conversation, responses = self._said(row, roles, place.folder)
        if roles.criterion:
            criterion = " / ".join(named_by(row, name) for name in roles.criterion)
        name = "/".join(named_by(row, one) for one in roles.id) or str(place.number + 1)
        if not gold and roles.answers == _PREFERRED and not roles.gold:
            gold = (Label("chosen", 0),)
        asked = "\n\n".join(turn.text for turn in conversation)
        # What a criterion is judged of is one thing, however often it is asked about.
        same = [asked, [one.text for one in responses]] if criterion else asked
        attributes = {one: text_of(row, one) for one in roles.attributes}
        if criterion:
            attributes["criterion"] = criterion
        if roles.images and _CAPTION in row.data:
            attributes[_CAPTION] = text_of(row, _CAPTION)
        return Item(
            id=f"{part}{name}/{criterion}" if criterion else f"{part}{name}",
            conversation=conversation,
            responses=responses,
            gold=gold,
            gold_source=self.gold_source,
            cluster="/".join(named_by(row, one) for one in roles.cluster)
            or (f"{part}{name}" if criterion and roles.id else f"q-{digest(same, 16)}"),
            subset=criterion or " / ".join(named_by(row, one) for one in roles.subset) or place.part,
            references=tuple(Reference(text) for one in roles.reference for text in texts_in(row, one)),
            context=tuple(text for one in roles.context for text in texts_in(row, one)),
            attributes=tuple(sorted(attributes.items())),
        )

    def _plain(self, row: Row, name: str, system: str | None) -> list[Response]:
        """Take the answer of a cell; in steps, where there may be several, each is one."""
        texts = texts_in(row, name) if self.scale.kind == "steps" else [_one(row, name)]
        return [Response(text, system) for text in texts]

    def images(self, row: Row, column: str, folder: Path | None, *homes: str) -> list[str]:
        """Find the images of a cell: one, or a list; ``homes`` are folders below the data's in which they may lie."""
        found = _value(row, column)
        several = found if isinstance(found, list) else [found] if isinstance(found, dict) else texts_in(row, column)
        return [image_of(row, column, one, folder, *homes) for one in several if one]

    def _said(self, row: Row, roles: Roles, folder: Path | None) -> tuple[tuple[Turn, ...], tuple[Response, ...]]:
        """Read what was asked and what was answered."""
        conversation = [turn for name in roles.turns for turn in turns_of(row, name, folder)]
        chats = [name for name in roles.question if is_chat(_value(row, name))]
        conversation += [turn for name in chats for turn in turns_of(row, name, folder)]
        if plain := [name for name in roles.question if name not in chats]:
            question = "\n\n".join(text for name in plain if (text := _one(row, name)).strip())
            conversation.append(Turn.of("user", question))
        systems: list[str | None] = [text_of(row, name) or None for name in roles.systems]
        systems = systems or [None] * len(roles.answers)
        responses: list[Response] = []
        leads: list[tuple[Turn, ...]] = []
        for name, system in zip(roles.answers, systems, strict=True):
            if is_chat(_value(row, name)):
                turns = turns_of(row, name, folder)
                lead, rest = ((), turns) if conversation else cut(turns)
                leads.append(lead)
                shown = rest if len(rest) > 1 or _pictured(rest) else ()
                responses.append(Response(last_words(rest), system, turns=shown))
            else:
                responses += self._plain(row, name, system)
        if leads and any(leads):
            if len(set(leads)) > 1:
                row.fail("the answers' conversations begin differently", roles.answers[-1])
            conversation = list(leads[0])
        if not roles.answers:
            begun, answer = _answered(row, conversation, roles.turns[-1])
            conversation = list(begun)
            responses.append(replace(answer, model=systems[0] if systems else None))
        images = tuple(image for name in roles.images for image in self.images(row, name, folder))
        return _asked(conversation, images), tuple(responses)


def _asked(conversation: list[Turn], images: Sequence[str]) -> tuple[Turn, ...]:
    """Put images into what the user said last."""
    if images:
        parts = tuple(Part(image=image) for image in images)
        at = next((n for n in range(len(conversation) - 1, -1, -1) if conversation[n].role == "user"), None)
        if at is None:
            conversation.append(Turn("user", parts))
        else:
            conversation[at] = replace(conversation[at], parts=(*conversation[at].parts, *parts))
    return tuple(conversation)


def _pictured(turns: Iterable[Turn]) -> bool:
    """Whether any turn shows an image: then their order among the words is kept."""
    return any(part.image is not None for turn in turns for part in turn.parts)


def _answered(row: Row, conversation: Sequence[Turn], column: str) -> tuple[Sequence[Turn], Response]:
    """Cut a conversation before what is judged: the last answer, or of an agent all that it did."""
    if any(turn.role in {"call", "tool"} for turn in conversation):
        lead, rest = cut(conversation)
        return lead, Response(last_words(rest), turns=rest)
    if not conversation or conversation[-1].role != "assistant":
        row.fail("the conversation doesn't end with the assistant's answer", column)
    last = conversation[-1]
    return conversation[:-1], Response(last.text, turns=(last,) if _pictured((last,)) else ())


def _label(coded: Coded | None, column: str, number: int) -> Code | None:
    if coded is None:
        return None
    code = int(coded.labels[column][number])
    if code < 0 or coded.sequences is None:
        return code if code >= 0 else None
    return tuple(int(one) for one in coded.sequences[code] if one >= 0)


def _stepped(item: Item, row: Row, roles: Roles, scale: Scale) -> Item:
    """Refuse labels of steps that are not shown; one that names no wrong step gets the length of what is."""
    steps = len(item.responses)
    shown = f"{steps} {'is' if steps == 1 else 'are'} shown"
    golds: list[Label] = []
    for label in item.gold:
        code = label.code
        if isinstance(code, tuple) and scale.first_error:
            code = code if 0 in code else (1,) * steps
            if len(code) > steps:
                first = code.index(0)
                row.fail(
                    f"{label.annotator} names step {first} (the first is 0), and {shown}",
                    roles.gold[0] if len(roles.gold) == 1 else None,
                )
        elif isinstance(code, tuple) and len(code) != steps:
            row.fail(
                f"{label.annotator} checks {len(code)} steps, and {shown}",
                roles.answers[0] if len(roles.answers) == 1 else None,
                'an answer in steps is a list of texts, ["…", "…"], or has a column for each step',
            )
        golds.append(replace(label, code=code))
    return replace(item, gold=tuple(golds))


def golds_of(patterns: Sequence[str], columns: Sequence[str]) -> dict[str, list[tuple[str, str]]]:
    """Find the columns of gold by criterion: annotator and column; a name without a criterion is of none.

    >>> golds_of(["ann"], ["ann"]), golds_of(["h_{criterion}"], ["h_tone", "h_style", "x"])
    ({'': [('ann', 'ann')]}, {'tone': [('h', 'h_tone')], 'style': [('h', 'h_style')]})
    """
    if not any(_CRITERION in name for name in patterns):
        return {"": [(name, name) for name in patterns]}
    found: dict[str, list[tuple[str, str]]] = {}
    for pattern in patterns:
        if _CRITERION not in pattern:
            raise UsageError(f"{argument('gold')} {pattern}: write {_CRITERION} in all names of gold, or in none")
        before, _, after = pattern.partition(_CRITERION)
        who = f"{before}{after}".strip(" _-.:") or "gold"
        for column in columns:
            if match := re.fullmatch(f"{re.escape(before)}(.+){re.escape(after)}", column):
                found.setdefault(match[1], []).append((who, column))
    if not found:
        raise UsageError(f"{argument('gold')} {patterns[0]}: no column is named so, whatever the criterion")
    return found


def encoded(table: RowTable, golds: Sequence[str], scale: Scale | None, cells: Cells) -> Coded:
    """Read the labels of gold as `score` reads those of a table; without a scale the one that all labels fit."""
    columns = {name: Column() for name in golds}
    lines: list[npt.NDArray[np.int32]] = []
    for block in table.blocks(golds, nested=scale is not None and not scale.listed):
        lines.append(np.asarray(block.lines, np.int32))
        for (_, column), texts in zip(columns.items(), block.columns, strict=True):
            column.blocks.append(column.words.take(texts))
    if not lines:
        raise table.error("no rows")
    cells = replace(cells, unlisted=scale is not None and not scale.listed)
    return encode(table, Raw(columns, {}, np.concatenate(lines)), (), scale, cells)


def encoded_together(table: RowTable, roles: Roles, golds: Sequence[str], scale: Scale | None, cells: Cells) -> Coded:
    """Read labels as `encoded` does; UsageError where criteria have scales of their own."""
    try:
        return encoded(table, golds, scale, cells)
    except (DataError, UsageError):
        if scale is None and (apart := _scales_apart(table, roles, cells)):
            raise UsageError(f"{table.name}: {apart}") from None
        raise


def _scales_apart(table: RowTable, roles: Roles, cells: Cells) -> str:
    """Say that criteria have scales of their own, and how each is judged; empty where that is not what is wrong."""
    parts: dict[str, tuple[RowTable, list[str], str]] = {}
    # Where one criterion is left no id repeats, by which it is known.
    ids = "".join(f" {argument('id')} {name}" for name in roles.id)
    for name in roles.criterion[:1]:
        for one in dict.fromkeys(text_of(row, name) for row in table.rows()):

            def rows(one: str = one, name: str = name) -> Iterator[Row]:
                return (row for row in table.rows() if text_of(row, name) == one)

            part = RowTable(table.name, rows, "", table.columns, table.unit)
            parts[one] = part, list(roles.gold), f"{argument('where')} '{name} = {one}'{ids}"
    if not parts:
        for one, golds in golds_of(roles.gold, table.columns).items():
            names = [column for _, column in golds]
            parts[one] = table, names, " ".join(f"{argument('gold')} {column}" for column in names)
    try:
        specs = {one: encoded(part, names, None, cells).scale.spec for one, (part, names, _) in parts.items()}
    except (DataError, UsageError):
        return ""
    if len(set(specs.values())) < 2:
        return ""
    each = ", ".join(f"{one} {spec} ({parts[one][2]})" for one, spec in list(specs.items())[:_NAMED])
    return f"its criteria have scales of their own, and a task has one: judge each by itself, {each}"


def _value(row: Row, column: str) -> Any:
    found = value_of(row, column)
    # What is in no column of the row is missing, not empty.
    return row.require(column) if found is None and "." not in column else found


def named_by(row: Row, column: str) -> str:
    """Take the text of a cell that names something, and so can't be empty."""
    text = text_of(row, column).strip()
    if not text:
        row.fail("this is empty, and names the item", column)
    return text


def text_of(row: Row, column: str) -> str:
    """Take the text of a cell, as its file has it; a list as JSON."""
    value = _value(row, column)
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False)
    # A column of whole numbers with gaps is one of floats in Parquet.
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None if value != value else value  # noqa: PLR0124 - NaN
    return cell(value)


def _one(row: Row, column: str) -> str:
    """Take the one text of a cell; one that holds several is not read as their JSON."""
    value = _value(row, column)
    if isinstance(value, (list, dict)):
        inside = [str(step) for step in (value if isinstance(value, dict) else range(len(value)))][:3]
        row.fail(
            f"{'an object' if isinstance(value, dict) else 'a list'} where one text was expected",
            column,
            f"what is inside has a name: {', '.join(f'{column}.{step}' for step in inside)}" if inside else "",
        )
    return text_of(row, column)


def texts_in(row: Row, column: str) -> list[str]:
    """Take the texts of a cell, which may hold a list; what isn't there must not be shown as an empty text."""
    value = _value(row, column)
    several = value if isinstance(value, list) else None
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            several = json.loads(value)
        except ValueError:
            several = None
    if isinstance(several, list) and all(isinstance(one, str) for one in several):
        return [one for one in several if one.strip()]
    text = text_of(row, column)
    return [text] if text.strip() else []
