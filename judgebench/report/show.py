"""What stands behind a name, as `show` has it: a task, a judge, a judge's card, a prompt, what is sent by one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

from judgebench.domain.shapes import (
    COUNT,
    FLAG,
    NUMBER,
    POLICIES,
    TEXT,
    TEXTS,
    Key,
    ListOf,
    MapOf,
    Scalar,
    choice,
    maybe,
    record,
)
from judgebench.report.document.blocks import Field, Sheet, Table, grid
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.report.document.blocks import Block, Fields

__all__ = ["FACTS", "CardFacts", "JudgeFacts", "PromptFacts", "RequestFacts", "ShownFacts", "TaskFacts"]

#: A fact a row.
FACTS: Fields[tuple[str, str]] = (
    Field("what", itemgetter(0), right=False),
    Field("value", itemgetter(1), right=False),
)


@dataclass(frozen=True, slots=True, repr=False)
class ShownFacts(Document):
    """One thing: ``text`` as a terminal shows it, and ``said``, what its JSON is made of."""

    text: str
    said: Any

    def unwrapped(self, *, explain: bool) -> list[str]:  # noqa: ARG002 - there is no shorter form
        return self.text.split("\n")

    def data(self) -> Any:
        return self.said

    def sentences(self) -> list[str]:
        return [self.text.partition("\n")[0]]

    def sheet(self) -> Sheet:
        return Sheet(["what", "value"], self._facts())

    def blocks(self) -> Iterator[Block]:
        yield clean(self.sentences()[0])
        yield Table(grid(FACTS, self._facts()))

    def _facts(self) -> list[tuple[str, str]]:
        """Give the keys of its JSON, each with a text."""
        return [(name, _text(value)) for name, value in self.SHAPE.plain(self.said).items() if value]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


_OBJECT = Scalar({"type": "object"})
#: What only some of a kind have.
_SOME_TEXT, _SOME_TEXTS = Key(TEXT, required=False), Key(TEXTS, required=False)
_SPLIT = record(
    "split",
    split=TEXT,
    items=(maybe(COUNT), None, "How many are published, where the card knows it."),
    scale=TEXT,
    labels=(TEXTS, None, "Worst first."),
    gold_source=TEXT,
    hub=(TEXT, None, "The data set on the Hugging Face hub; empty where it is not there."),
    revision=TEXT,
    url=TEXT,
    files=(TEXTS, None, "Names of the file below --data, the preferred one first."),
    recorded=(TEXTS, None, "Judges whose public verdicts can be replayed (--judge replay:NAME)."),
    figures=(TEXTS, None, "Judges of whom only figures are public."),
)


class TaskFacts(ShownFacts):
    """What the card of a task says; one of a person's own may say less."""

    __slots__ = ()
    SCHEMA = "judgebench.task/1"
    SHAPE = record(
        "",
        "A task, as its card describes it; a card of one's own leaves out what it doesn't say.",
        task=TEXT,
        title=TEXT,
        summary=TEXT,
        licence=TEXT,
        scale=_SOME_TEXT,
        labels=Key(TEXTS, None, "Worst first.", required=False),
        gold_source=_SOME_TEXT,
        annotators=Key(TEXT, None, "What they were asked.", required=False),
        metric=Key(TEXT, None, "The headline metric, in the benchmark's words.", required=False),
        policies=Key(POLICIES, required=False),
        default_split=_SOME_TEXT,
        splits=Key(ListOf(_SPLIT), required=False),
        subsets=_SOME_TEXTS,
        clusters=_SOME_TEXT,
        systems=_SOME_TEXT,
        references=_SOME_TEXTS,
        default_reference=_SOME_TEXT,
        paper=_SOME_TEXT,
        homepage=_SOME_TEXT,
        citation=_SOME_TEXT,
        unchecked_fields=_SOME_TEXTS,
        notes=_SOME_TEXTS,
        digest=Key(TEXT, None, "Of the card's text.", required=False),
        files=Key(TEXTS, None, "Of a card of one's own: its tables.", required=False),
        columns=Key(MapOf(TEXTS), None, "Of a card of one's own: columns by role.", required=False),
        where=Key(TEXTS, None, "Of a card of one's own: conditions on the rows that are kept.", required=False),
        plugin=Key(TEXT, None, "Of a plugin's task: its entry point.", required=False),
    )


class JudgeFacts(ShownFacts):
    """Who a judge is, by its name or its file."""

    __slots__ = ()
    SCHEMA = "judgebench.judge/1"
    SHAPE = record(
        "",
        "A judge by its name, or as its file describes it.",
        judge=(TEXT, None, "Its name, as --judge takes it; of a panel's file the file's name."),
        about=_SOME_TEXT,
        plugin=Key(TEXT, None, "Of a plugin's judge: its entry point.", required=False),
        name=Key(TEXT, None, "What tables call it.", required=False),
        family=_SOME_TEXT,
        settings=Key(_OBJECT, None, "What its file sets.", required=False),
        panel=Key(TEXT, None, "Of a panel: its kind.", required=False),
        says=Key(_OBJECT, None, "Of a panel: what its file says beside its members.", required=False),
        members=Key(
            ListOf(record("member", judge=TEXT, name=_SOME_TEXT, settings=_OBJECT, seat=_OBJECT)),
            None,
            "Of a panel: its members; one that is a file of its own is named.",
            required=False,
        ),
    )


class CardFacts(ShownFacts):
    """What the card of a published judge says."""

    __slots__ = ()
    SCHEMA = "judgebench.judge-card/1"
    SHAPE = record(
        "",
        "A published judge, as its card describes it.",
        card=(TEXT, attrgetter("name")),
        title=TEXT,
        source=TEXT,
        paper=TEXT,
        code=TEXT,
        weights=TEXT,
        models=ListOf(record("model", model=(TEXT, itemgetter(0)), licence=(TEXT, itemgetter(1)))),
        family=TEXT,
        order=TEXT,
        notes=TEXTS,
        layouts=ListOf(
            record(
                "layout",
                layout=(TEXT, attrgetter("name")),
                digest=TEXT,
                scale=TEXT,
                ties=FLAG,
                template=(choice("chat", "raw"), lambda one: "raw" if one.raw else "chat"),
                sampling=(_OBJECT, lambda one: dict(one.sampling)),
                parser=TEXT,
                strict=(TEXT, None, "The regular expression of --parser strict."),
                failure=(TEXT, lambda one: str(one.failure)),
                retry=COUNT,
                again=(maybe(TEXT), lambda one: one.again and one.again.turn),
                truncation=maybe(record("truncation", side=choice("left", "right"), context=COUNT)),
                samples=COUNT,
                needs=TEXTS,
                shortcut=TEXT,
                texts=(MapOf(TEXT), lambda one: {name: text for name, text in one.texts.items() if text}),
            )
        ),
    )


class PromptFacts(ShownFacts):
    """What a prompt says."""

    __slots__ = ()
    SCHEMA = "judgebench.prompt/1"
    SHAPE = record(
        "",
        "A prompt with all that it brings.",
        prompt=(TEXT, attrgetter("name")),
        kinds=(TEXTS, None, "Kinds of scale that it serves."),
        digest=TEXT,
        system=TEXT,
        user=TEXT,
        verdicts=(MapOf(TEXT), lambda one: dict(one.verdicts), "Its own words of verdicts, and the label of each."),
        levels=(MapOf(TEXT), lambda one: dict(one.levels), "What a verdict means."),
        criteria=ListOf(
            record(
                "criterion",
                name=TEXT,
                description=TEXT,
                weight=NUMBER,
                levels=(MapOf(TEXT), lambda one: dict(one.levels)),
            )
        ),
        calls=(TEXT, None, "Whether an item, or each criterion of it, takes a call."),
        examples=ListOf(
            record(
                "example",
                question=TEXT,
                answers=TEXTS,
                reference=TEXT,
                context=TEXT,
                criterion=TEXT,
                reason=TEXT,
                verdicts=(MapOf(TEXT), lambda one: dict(one.verdicts), "By criterion; by an empty name without one."),
            )
        ),
    )


class RequestFacts(ShownFacts):
    """What a judge is sent for an item."""

    __slots__ = ()
    SCHEMA = "judgebench.requests/1"
    SHAPE = record(
        "",
        "What a judge is sent for an item.",
        task=TEXT,
        item=TEXT,
        requests=ListOf(
            record(
                "request",
                messages=ListOf(
                    record(
                        "message",
                        role=TEXT,
                        parts=ListOf(
                            record(
                                "part",
                                text=Key(TEXT, lambda one: one.text if one.image is None else None, required=False),
                                image=Key(TEXT, None, "Its address, or its file.", required=False),
                            )
                        ),
                    )
                ),
                options=(_OBJECT, lambda one: dict(one.options)),
            )
        ),
    )
