"""Items read by roles: a table of one's own, or a task whose card says its columns; no Python is needed.

What was said of a table (`Reading`) is filled up by what the names of its columns say. The reading that comes out is
part of the task's revision: the same file read in another way has other gold, or other items.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from judgebench.domain import Item, Label, Reference, Response, Turn, digest
from judgebench.domain.items import Part
from judgebench.domain.quick import new_item, new_part, new_response, new_turn
from judgebench.errors import spoken_as
from judgebench.files.opening import Opening
from judgebench.files.rows import leads_nowhere
from judgebench.labels.cells import Cells
from judgebench.labels.roles import Roles
from judgebench.tasks import base
from judgebench.tasks.base import Located
from judgebench.tasks.chat import cut, is_chat, last_words, turns_of
from judgebench.tasks.gold import CRITERION, Gold, golds_of
from judgebench.tasks.texts import (
    images_in,
    named_by,
    names_in,
    one_text,
    plain_texts,
    taker,
    text_of,
    texts_in,
    value_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from judgebench.domain import Scale
    from judgebench.files.records import Row
    from judgebench.tasks.card import Card
    from judgebench.tasks.sources import Source

#: The column, and the attribute, that says in words what an item's images show; the probe ``captions`` takes it.
_CAPTION = "caption"
_PREFERRED = ("chosen", "rejected")
#: What messages call what a benchmark's card says; a table's options say nothing of it.
_IN_CARD = {
    "words": "[columns.words]", "missing": "an empty meaning there for", "scale": "scale", "gold": "[columns] gold",
}  # fmt: skip


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
            Opening(**tuples(data.get("file", {}))),
            Cells(**tuples(data.get("cells", {}))),
            tuple(map(str, data.get("where", ()))),
            str(data.get("tool", "")),
        )


def _said(one: Any) -> dict[str, Any]:
    """Give the fields of a frozen dataclass that are not as they would be by themselves."""
    usual = type(one)()
    return {f.name: value for f in fields(one) if (value := getattr(one, f.name)) != getattr(usual, f.name)}


def tuples(data: Mapping[str, Any]) -> dict[str, Any]:
    """Make tuples of lists, as the fields of frozen dataclasses are."""
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
        self._gold: dict[str, Gold] = {}
        #: Of an item with a row for each criterion: the cluster of the first.
        self._clusters: dict[str, str] = {}
        self.by_criterion = bool(self.roles.criterion) or any(CRITERION in name for name in self.roles.gold)

    @cached_property
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
        roles, folder = self.roles, source.folder
        if part not in self._gold and self.card.citation:
            self._check_columns(next(source.rows()))
        # Where a benchmark's card says the columns, it must say what is in them, too.
        with spoken_as(lambda: _IN_CARD) if self.card.citation else nullcontext():
            by_criterion = golds_of(roles.gold, self._known(source))
            if part not in self._gold:
                cells = self.cells or Cells()
                name = next(source.rows()).file if part else source.name
                self._gold[part] = Gold(by_criterion, source, name, self.scale, cells)
        gold, criteria, steps = self._gold[part], list(by_criterion), self.scale.kind == "steps"
        for number, row in enumerate(source.rows()):
            place = Place(row, number, part, folder)
            for criterion in criteria:
                for item in self.of_row(place, gold.of(row, criterion), criterion):
                    yield Located(_stepped(item, row, roles, self.scale) if steps else item, row)

    def _check_columns(self, row: Row) -> None:
        """Refuse columns of the card that its rows lack, by the key that names them; what is in one may be absent."""
        for role, names in self.roles.named().items():
            for name in names:
                if "." not in name and CRITERION not in name and name not in row.data:
                    row.fail(
                        f"this field is missing; the row has {', '.join(map(repr, row.data)) or 'none'}",
                        name,
                        f"it is {role} under [columns] of the card",
                    )

    def of_row(self, place: Place, gold: tuple[Label, ...], criterion: str) -> Iterable[Item]:
        """Make what is judged of a row by one criterion: an item, or several by a reader to whom it is several."""
        return (self.item(place, gold, self.roles, criterion),)

    def _known(self, source: Source) -> Sequence[str]:
        """Name the columns that a pattern may stand for."""
        if not any(CRITERION in name for name in self.roles.gold):
            return ()
        return tuple(next(iter(source.rows())).data)

    def item(self, place: Place, gold: tuple[Label, ...], roles: Roles, criterion: str = "") -> Item:
        """Make an item of a row by the roles of its columns."""
        row = place.row
        conversation, responses = self._said(row, roles, place.folder)
        if roles.criterion:
            criterion = " / ".join(named_by(row, name) for name in roles.criterion)
        name = names_in(row, roles.id) if roles.id else str(place.number + 1)
        if place.part:
            name = f"{place.part}/{name}"
        if not gold and roles.answers == _PREFERRED and not roles.gold:
            gold = (Label("chosen", 0),)
        if roles.cluster:
            cluster = names_in(row, roles.cluster)
        else:
            cluster = _question(conversation, responses)
            if roles.criterion and roles.id:
                # What is asked of an item may say the criterion, too.
                cluster = self._clusters.setdefault(name, cluster)
        beside = roles.reference or roles.context or roles.attributes or roles.images or criterion
        references, context, attributes = self._around(row, roles, criterion) if beside else ((), (), ())
        # In the order of its fields: a million calls by name take a fifth of a second more.
        return new_item(
            f"{name}/{criterion}" if criterion else name,
            conversation,
            responses,
            gold,
            self.gold_source,
            cluster,
            criterion or (names_in(row, roles.subset, " / ") if roles.subset else place.part),
            references,
            context,
            attributes,
        )

    @staticmethod
    def _around(
        row: Row, roles: Roles, criterion: str
    ) -> tuple[tuple[Reference, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Read what stands beside question and answers: references, documents, attributes."""
        attributes = {one: text_of(row, one) for one in roles.attributes}
        if criterion:
            attributes["criterion"] = criterion
        if roles.images and _CAPTION in row.data:
            attributes[_CAPTION] = text_of(row, _CAPTION)
        return (
            tuple(Reference(text) for one in roles.reference for text in texts_in(row, one)),
            tuple(text for one in roles.context for text in texts_in(row, one)),
            tuple(sorted(attributes.items())),
        )

    @cached_property
    def _texts(self) -> Callable[[Mapping[str, Any]], tuple[Any, ...]] | None:
        """What takes the question and its answers, where a row has nothing else to show."""
        roles = self.roles
        more = roles.turns or roles.images or roles.systems or self.scale.kind == "steps" or len(roles.question) != 1
        return None if more else taker([*roles.question, *roles.answers])

    def _plain(self, row: Row, name: str, system: str | None) -> list[Response]:
        """Take the answer of a cell; in steps, where there may be several, each is one."""
        texts = texts_in(row, name) if self.scale.kind == "steps" else [one_text(row, name)]
        return [Response(text, system) for text in texts]

    def images(self, row: Row, column: str, folder: Path | None, *homes: str) -> list[str]:
        """Find the images of a cell, as `images_in` does."""
        return images_in(row, column, folder, *homes)

    def _said(self, row: Row, roles: Roles, folder: Path | None) -> tuple[tuple[Turn, ...], tuple[Response, ...]]:
        """Read what was asked and what was answered."""
        if roles is self.roles and self._texts and (texts := plain_texts(row, self._texts)):
            question, *answers = texts
            return (new_turn("user", (new_part(question),)),), tuple(map(new_response, answers))
        if lost := [one for one in roles.answers if "." in one and leads_nowhere(row, one)]:
            row.fail("there is no answer here", lost[0], f"the row has {', '.join(row.data)}")
        return self._told(row, roles, folder)

    def _told(self, row: Row, roles: Roles, folder: Path | None) -> tuple[tuple[Turn, ...], tuple[Response, ...]]:
        """Read conversations, answers in turns or in steps, and images."""
        conversation = [turn for name in roles.turns for turn in turns_of(row, name, folder)]
        chats = [name for name in roles.question if is_chat(value_in(row, name))]
        conversation += [turn for name in chats for turn in turns_of(row, name, folder)]
        if plain := [name for name in roles.question if name not in chats]:
            question = "\n\n".join(text for name in plain if (text := one_text(row, name)).strip())
            conversation.append(Turn.of("user", question))
        systems: list[str | None] = [text_of(row, name) or None for name in roles.systems]
        systems = systems or [None] * len(roles.answers)
        responses: list[Response] = []
        leads: list[tuple[Turn, ...]] = []
        for name, system in zip(roles.answers, systems, strict=True):
            if is_chat(value_in(row, name)):
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


def _question(conversation: Sequence[Turn], responses: Sequence[Response]) -> str:
    """Name the cluster of what shares a question: where no words ask, its images are it, or else the answers."""
    asked = conversation[0].text if len(conversation) == 1 else "\n\n".join(one.text for one in conversation)
    if asked:
        return f"q-{digest(asked, 16)}"
    images = [part.image for turn in conversation for part in turn.parts if part.image is not None]
    return f"q-{digest(images or [one.text for one in responses], 16)}"


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
