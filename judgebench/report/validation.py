"""What a task's card says, and whether it holds: a line for each thing that was looked at."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import TEXT, ListOf, choice, record
from judgebench.errors import DataError
from judgebench.report.document.blocks import Cell, Field, Sentences, Table, columns_of, grid, sheet
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, many

if TYPE_CHECKING:
    from collections.abc import Iterator

    from judgebench.errors import JudgebenchError
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["Finding", "Validation"]

_STATES = ("ok", "unchecked", "missing")


class Finding(NamedTuple):
    """One thing that was looked at, of a whole card where ``split`` is empty.

    ``state`` is ok, missing (it must be there, and ``said`` is what to do), or unchecked (nobody could see it here).
    """

    task: str
    split: str
    about: str
    state: str
    said: str


_FINDING = record(
    "finding", task=TEXT, split=(TEXT, None, "Empty where it is about the whole card."), about=TEXT,
    state=choice(*_STATES), said=(TEXT, None, "What was seen, or what to do."),
)  # fmt: skip
_FIELDS: Fields[Finding] = (
    Field("", lambda one: one.state, right=False),
    Field("card", lambda one: f"{one.task}:{one.split}" if one.split else one.task, right=False),
    Field("about", lambda one: one.about, right=False),
    Field("what was seen, or what to do", lambda one: one.said, right=False),
)


def _place(one: Finding) -> str:
    return " ".join(filter(None, (f"{one.task}:{one.split}" if one.split else one.task, one.about)))


@dataclass(frozen=True, slots=True, repr=False)
class Validation(Document):
    """What was looked at in one card, or in several."""

    findings: tuple[Finding, ...]

    SCHEMA = "judgebench.validation/1"
    SHAPE = record("", "Whether tasks' cards say what they must, and hold.", findings=ListOf(_FINDING))

    @property
    def missing(self) -> list[Finding]:
        """What must be mended."""
        return [one for one in self.findings if one.state == "missing"]

    @property
    def failure(self) -> JudgebenchError | None:
        if not self.missing:
            return None
        first = self.missing[0]
        more = f" (and {len(self.missing) - 1} more)" if len(self.missing) > 1 else ""
        return DataError(
            f"{first.said}{more}", file=first.task, field=" ".join(filter(None, (first.split, first.about)))
        )

    def sheet(self) -> Sheet:
        return sheet(columns_of(_FINDING, "task split about state said"), self.findings)

    def brief(self) -> Brief:
        counts = Counter(one.state for one in self.findings)
        tasks = list(dict.fromkeys(one.task for one in self.findings))
        what = clean(tasks[0]) if len(tasks) == 1 else f"{len(tasks)} cards"
        open_ = f", {counts['unchecked']} can't be checked here" if counts["unchecked"] else ""
        if not self.missing:
            verb = "is" if len(tasks) == 1 else "are"
            return Brief((f"{what} {verb} valid: {counts['ok']} things hold{open_}.",), head=Cell("VALID", tone="good"))
        lacking = [f"{_place(one)}: {one.said}" for one in self.missing]
        more = len(lacking) - MOST_NOTES
        notes = lacking if more <= 0 else [*lacking[: MOST_NOTES - 1], f"{many(more + 1, 'more thing')}: --explain"]
        answer = f"{what}: {many(len(lacking), 'thing')} to mend; {counts['ok']} hold{open_}."
        return Brief((answer,), None, tuple(notes), head=Cell("NOT VALID", tone="bad"))

    def blocks(self) -> Iterator[Block]:
        counts = Counter(one.state for one in self.findings)
        tasks = list(dict.fromkeys(one.task for one in self.findings))
        cards = f"the card of {tasks[0]}" if len(tasks) == 1 else f"{len(tasks)} cards"
        said = ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state])
        yield Sentences((f"{'Not valid' if self.missing else 'Valid'}: {cards}; {said}.",))
        yield Table(grid(_FIELDS, self.findings), names=(3,))
