"""The data of the alternative annotator test: several annotators per item, recorded verdicts of several models."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from judgebench.domain import Item, Label, Reply, Response, Turn
from judgebench.domain.items import UNANSWERED
from judgebench.tasks import base
from judgebench.tasks.annotated import read_annotations
from judgebench.tasks.base import Located
from judgebench.tasks.readers.shape import Shape, Shown, fill
from judgebench.tasks.recordings import Heard, picked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from judgebench.files.records import Row
    from judgebench.tasks.card import Card
    from judgebench.tasks.recordings import Recording
    from judgebench.tasks.sources import Source

#: Fields of a text in ``prompts.json`` that hold no part of it, but what models were sent.
_SENT = ("text_id", "str_prompt", "chat_prompt")


class Reader(base.Reader):
    """Reads ``human_annotations.json``, the texts of ``prompts.json`` if it is here, and ``llm_annotations.json``.

    ``[form]`` has the keys of `Shape`, whose fields are those of a text and the named groups of ``name``, a pattern of
    items' names; ``conversations``, the fields that hold messages, of which ``{first}`` is the question that all begin
    with; ``unanswered``, where something that people saw isn't in the files; and the test's own ``epsilon`` and
    ``scoring``. By default a text is the item's name up to ``__``, and so is the cluster.
    """

    def __init__(self, card: Card, split: str) -> None:
        super().__init__(card, split)
        form = self.form
        try:
            self.name = re.compile(form.text("name", ""))
        except re.error as error:
            form.fail("name", f"this is not a pattern: {error}")
        self.conversations = form.texts("conversations")
        self.unanswered = form.take("unanswered", bool, default=False)
        form.take("epsilon", float, 0.0)
        form.choice("scoring", ("accuracy", "neg-rmse"), "accuracy")
        self.shape = Shape.of(form)
        form.done()

    def items(self, source: Source) -> Iterator[Located]:
        """Yield the items in the order in which annotators met them."""
        rows = list(source.rows())
        people = read_annotations(rows)
        texts: dict[str, Any] = {}
        # To measure recorded verdicts takes no texts.
        textless = "prompts" in source.lacking or "prompts" not in source.parts
        for row in () if textless else source.rows("prompts"):
            texts |= row.data
        count = 2 if self.scale.kind == "pair" else 1
        for name in dict.fromkeys(item for labels in people.values() for item in labels):
            row, said = rows[0], self._said(name, rows[0])
            fields = said if textless else {**self._text(name, texts, row), **said}
            cluster, subset = self.shape.groups(said, row, name)
            shown = self._unshown(said, row, name) if textless else self._shown(fields, row, name, count, source.folder)
            about = () if textless else self.shape.about(fields, row, name)
            attributes = (*about, UNANSWERED) if textless or self.unanswered else about
            yield Located(
                Item(
                    id=name,
                    conversation=shown.conversation,
                    responses=shown.responses,
                    gold=tuple(
                        Label(who, self._code(row, who, name, labels[name]))
                        for who, labels in people.items()
                        if name in labels
                    ),
                    gold_source=self.gold_source,
                    cluster=cluster or name.partition("__")[0],
                    subset=subset,
                    references=shown.references,
                    attributes=attributes,
                ),
                row,
            )

    def recorded(self, source: Source, column: str | None, items: Mapping[str, Item]) -> Recording:
        """Read one model's verdicts; a label that is not on the scale is a reply that could not be parsed."""
        models = read_annotations(source.rows())
        model, row = picked(column, models, source.name), next(source.rows())
        # Upstream keeps verdicts on items that no kept annotator labelled.
        heard = (
            Heard(row, model, name, Reply.read(self.scale.code(label), text=label))
            for name, label in models[model].items()
        )
        return self.gathered(model, heard, items, source)

    def judges(self, source: Source) -> Mapping[str, str]:
        """Name the models."""
        return {name: name for row in source.rows() for name in row.data}

    def _code(self, row: Row, who: str, name: str, label: str) -> int:
        code = self.scale.code(label)
        if code is None:
            row.fail(f"label {label!r} is not on the scale {self.scale.spec}", f"{who}.{name}")
        return code

    def _said(self, name: str, row: Row) -> dict[str, Any]:
        """Read the parts of an item's name."""
        if not self.name.pattern:
            return {}
        if (found := self.name.fullmatch(name)) is None:
            row.fail(f"an item's name is not of the form {self.name.pattern}, which the card gives", name)
        return found.groupdict()

    def _text(self, name: str, texts: Mapping[str, Any], row: Row) -> dict[str, Any]:
        entry = texts.get(name, texts.get(name.partition("__")[0]))
        if not isinstance(entry, dict):
            row.fail(f"item {name!r} has no text in prompts.json", name)
        own = {field: value for field, value in entry.items() if field not in _SENT}
        if missing := [field for field in self.conversations if field not in own]:
            row.fail(f"the text of this item has no {missing[0]}", name)
        begun = {field: _turns(own[field], row, f"{name}.{field}") for field in self.conversations}
        if len({turns[0] for turns in begun.values()}) > 1:
            row.fail("expected conversations that begin with one question", name)
        for field, turns in begun.items():
            own |= {"first": turns[0][1], field: "\n\n".join(f"[{role}]\n{text}" for role, text in turns[1:])}
        return own or {"text": entry.get("str_prompt", "")}

    def _unshown(self, said: Mapping[str, Any], row: Row, name: str) -> Shown:
        """Make an item without its texts, which can be measured and not judged."""
        question = "The texts are not here (prompts.json)."
        systems = [fill(one, said, row, name) for one in self.shape.systems] or [""] * len(self.conversations or (0,))
        responses = tuple(Response("", system) for system in systems)
        return Shown(question, (Turn.of("user", question),), responses, ())

    def _shown(self, fields: Mapping[str, Any], row: Row, name: str, count: int, folder: Path | None) -> Shown:
        if self.unanswered and not self.shape.answers:
            asked = fill(self.shape.question, fields, row, name)
            return Shown(asked, (Turn.of("user", asked),), (Response(""),), ())
        return self.shape.show(fields, row, name, answers=count, folder=folder)


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
