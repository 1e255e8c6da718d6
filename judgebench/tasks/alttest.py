"""The data of the alternative annotator test: several annotators per item, recorded verdicts of several models."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from judgebench.domain import Item, Label, Reply, Response, Status, Turn
from judgebench.errors import UsageError
from judgebench.tasks.annotations import read_annotations
from judgebench.tasks.base import Located, Recording

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from judgebench.domain import Scale
    from judgebench.files.records import Row, Source
    from judgebench.tasks.card import Card

__all__ = ["Reader"]

_PAIRS = "mtbench"
_LESIONS = "lesion"
#: The last digits of a review's number count its edits; those before name the original.
_EDITS = 6
_UNANSWERED = ("unanswered", "yes")


class Reader:
    """Reads ``human_annotations.json`` with the texts of ``prompts.json``, and ``llm_annotations.json``."""

    def __init__(self, card: Card, split: str) -> None:
        self.card = card
        self.split = split

    @property
    def scale(self) -> Scale:
        """The split's scale."""
        return self.card.split(self.split).scale or self.card.scale

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the items in the order in which annotators met them."""
        rows = list(source.rows())
        people = read_annotations(rows)
        texts: dict[str, Any] = {}
        for row in source.rows("prompts"):
            texts |= row.data
        source_of_gold = self.card.split(self.split).gold_source or self.card.gold_source
        for name in dict.fromkeys(item for labels in people.values() for item in labels):
            gold = tuple(
                Label(who, self._code(rows[0], who, name, labels[name]))
                for who, labels in people.items()
                if name in labels
            )
            question, answers, attributes = self._shown(name, texts, rows[0])
            cluster, subset = self._groups(name)
            yield Located(
                Item(
                    id=name,
                    conversation=(Turn.of("user", question),),
                    responses=answers,
                    gold=gold,
                    gold_source=source_of_gold,
                    cluster=cluster,
                    subset=subset,
                    attributes=attributes,
                ),
                rows[0],
            )

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one model's verdicts; a label that is not on the scale is a reply that could not be parsed."""
        models = read_annotations(source.rows())
        if column is None and len(models) == 1:
            column = next(iter(models))
        if column not in models:
            raise UsageError(f"{source.name}: name the model's column; there are {', '.join(models)}")
        order = (0, 1) if self.scale.kind == "pair" else (0,)
        replies: dict[tuple[str, tuple[int, ...]], Reply] = {}
        for name, label in models[column].items():
            code = self.scale.code(label)
            # Upstream keeps verdicts on items that no kept annotator labelled.
            if name in items:
                replies[name, order] = (
                    Reply(Status.UNPARSED, text=label) if code is None else Reply.ok(code, text=label)
                )
        return Recording(column, replies, (order,))

    def _code(self, row: Row, who: str, name: str, label: str) -> int:
        code = self.scale.code(label)
        if code is None:
            row.fail(f"label {label!r} is not on the scale {self.scale.spec}", f"{who}.{name}")
        return code

    def _groups(self, name: str) -> tuple[str, str]:
        """Cluster and subset, which the names of the items say."""
        first, _, rest = name.partition("__")
        if self.split.startswith("cebab"):
            return first[:-_EDITS], rest if self.split == "cebab_aspects" else ""
        return first, rest if self.split == _LESIONS else ""

    def _shown(
        self, name: str, texts: Mapping[str, Any], row: Row
    ) -> tuple[str, tuple[Response, ...], tuple[tuple[str, str], ...]]:
        key, _, rest = name.partition("__")
        entry = texts.get(name, texts.get(key))
        if not isinstance(entry, dict):
            row.fail(f"item {name!r} has no text in prompts.json", name)
        if self.split == _PAIRS:
            return _pair(name, entry, row)
        if self.split == _LESIONS:
            feature = rest.lower()
            # The pictures stay where they were published.
            return f"Rate the {feature} of the skin lesion.", (Response(""),), (("criterion", feature), _UNANSWERED)
        if self.split == "wax":
            asked = f"Cue: {entry.get('cue')}\nAssociation: {entry.get('association')}"
            criterion = "how the association is related to the cue, going by the explanation"
            return asked, (Response(str(entry.get("explanation", ""))),), (("criterion", criterion),)
        if self.split == "cebab_stars":
            criterion = "how many stars the review gives"
            return "A restaurant review.", (Response(str(entry.get("review", ""))),), (("criterion", criterion),)
        criterion = f"what the review says about the {rest}: Positive, Negative, or unknown where it says nothing"
        return "A restaurant review.", (Response(str(entry.get("review", ""))),), (("criterion", criterion),)


def _pair(
    name: str, entry: Mapping[str, Any], row: Row
) -> tuple[str, tuple[Response, ...], tuple[tuple[str, str], ...]]:
    """Read two conversations that begin with the same question; the name says which turn was marked."""
    sides = [_turns(entry.get(field), row, f"{name}.{field}") for field in ("conversation_a", "conversation_b")]
    models = name.split("__")[1:3]
    if len(models) != len(sides) or sides[0][0] != sides[1][0]:
        row.fail("expected a name of the form question__model__model__turn and one first question", name)
    answers = tuple(
        Response("\n\n".join(f"[{role}]\n{text}" for role, text in turns[1:]), model)
        for turns, model in zip(sides, models, strict=True)
    )
    return sides[0][0][1], answers, (("turn", name.rpartition("__")[2]),)


def _turns(value: object, row: Row, field: str) -> list[tuple[str, str]]:
    """Read a list of messages, which upstream wrote as Python prints it."""
    try:
        messages: Any = ast.literal_eval(value) if isinstance(value, str) else value
        turns = [(str(message["role"]), str(message["content"])) for message in messages]
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError):
        turns = []
    if len(turns) < 2:
        row.fail("expected a list of messages with role and content", field)
    return turns
