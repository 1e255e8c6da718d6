"""What a run knows of its items beside their task: ``items.jsonl`` in its folder, a line an item.

The reference that it was made to show and how that came about, and whether the judge itself can answer the question.
Of neither depends what a verdict means, so that a run is measured without it, too, and told of it later.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from judgebench.domain import Reference, Usage
from judgebench.domain.replies import CAN_ANSWER, STRATA
from judgebench.errors import DataError
from judgebench.files.lines import CHANGED, UNREADABLE, checksum, dumps, loads, replace_file, seal
from judgebench.store.lines import REWRITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from judgebench.domain import Item, Verdict

BESIDE = "items.jsonl"


@dataclass(frozen=True, slots=True)
class Beside:
    """What is known of one item.

    ``references`` were made for the run, and ``how`` says in which way; ``usage`` is what the judge's own answer among
    them cost, told of one of the items that share it. ``can_answer`` is yes, no or unknown, ``by`` what told so, and
    ``answer`` the judge's own answer that was looked at.
    """

    references: tuple[Reference, ...] = ()
    how: str = ""
    usage: Usage = field(default_factory=Usage)
    can_answer: str = ""
    by: str = ""
    answer: str = ""

    def shown(self, item: Item) -> Item:
        """Give the item with the references that were made for it."""
        return replace(item, references=(*item.references, *self.references)) if self.references else item

    def beyond(self, before: Beside) -> Beside:
        """Keep what was known before of whether the judge can answer, where nothing newer is."""
        if self.can_answer or not before.can_answer:
            return self
        return replace(self, can_answer=before.can_answer, by=before.by, answer=before.answer)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, without what is empty."""
        usage = self.usage
        data = {
            "references": [[one.text, one.kind, one.turn] for one in self.references],
            "how": self.how,
            "usage": [] if usage == Usage() else [usage.input_tokens, usage.output_tokens, usage.usd],
            "can_answer": self.can_answer,
            "by": self.by,
            "answer": self.answer,
        }
        return {name: value for name, value in data.items() if value}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Beside:
        """Read what ``to_json`` wrote."""
        texts = {name: data.get(name, "") for name in ("how", "can_answer", "by", "answer")}
        if not all(isinstance(one, str) for one in texts.values()) or texts["can_answer"] not in {"", *STRATA}:
            raise TypeError("not what is known of an item")
        references = tuple(
            Reference(str(text), str(kind), int(turn)) for text, kind, turn in data.get("references", ())
        )
        return cls(references, usage=Usage(*data["usage"]).plain() if "usage" in data else Usage(), **texts)


def read_beside(path: Path) -> dict[str, Beside]:
    """Read what a run knows of its items, by id; empty where it has no such file.

    DataError where that is not what was written: strata and references are not guessed.
    """
    file = path / BESIDE
    try:
        lines = file.read_bytes().splitlines(keepends=True)
    except FileNotFoundError:
        return {}
    found: dict[str, Beside] = {}
    for number, line in enumerate(lines, 1):
        try:
            if not checksum(line):
                raise ValueError(CHANGED)
            read = loads(line)
            found[read["item"]] = Beside.from_json(read)
        except UNREADABLE as error:
            raise DataError(f"not what was written ({error})", file=str(file), line=number, hint=REWRITE) from None
    return found


def write_beside(path: Path, known: Mapping[str, Beside]) -> None:
    """Write what a run knows of its items, and keep what it knew before of what can be answered."""
    if not known:
        return
    try:
        before = read_beside(path)
    except DataError:
        before = {}
    kept = {item: one for item, one in before.items() if item not in known}
    merged = kept | {item: one.beyond(before.get(item, Beside())) for item, one in known.items()}
    if merged != before:
        replace_file(
            path / BESIDE, (seal(dumps({"item": item} | one.to_json())) for item, one in sorted(merged.items()))
        )


def judged_beside(verdicts: Iterable[Verdict], known: Mapping[str, Beside]) -> Iterator[Verdict]:
    """Tell verdicts whether their judge can answer the item, and the first of each item what its own answer cost."""
    nothing, counted = Beside(), set[str]()
    for verdict in verdicts:
        one = known.get(verdict.item, nothing)
        told = ((CAN_ANSWER, one.can_answer),) if one.can_answer else ()
        usage = verdict.usage if verdict.item in counted else verdict.usage + one.usage
        counted.add(verdict.item)
        yield replace(verdict, usage=usage, attributes=(*verdict.attributes, *told))
