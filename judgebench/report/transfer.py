"""Transfer of attacks in words: the attack that is best on one judge, and what it does to each of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import COUNT, ESTIMATE, FLAG, SHARE, TEXT, ListOf, MapOf, maybe, record
from judgebench.report.document.blocks import Cell, Field, Notes, Table, explained, grid, sheet
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, decimal, interval, many, percent
from judgebench.report.said import known_as
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.agreement.probing import Probed
    from judgebench.domain import Estimate, Scale
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["TransferRow", "Transfers"]


class TransferRow(NamedTuple):
    """What an attack that is best on one judge's half of the questions does to a judge on the other half."""

    task: str
    revision: str
    gold_source: str
    scale: Scale
    bank: str
    chosen_on: str
    measured_on: str
    attack: str
    found: Probed


_ROW = record(
    "transferred",
    "What the attack that is best on one judge does to another.",
    task=TEXT,
    revision=TEXT,
    gold=(TEXT, lambda one: one.gold_source),
    bank=TEXT,
    attacks=(COUNT, lambda one: one.found.bank, "Attacks of the bank, of which one was chosen."),
    chosen_on=(TEXT, lambda one: one.chosen_on, "The judge on which the attack was chosen, on half of the questions."),
    measured_on=(TEXT, lambda one: one.measured_on, "The judge that it is measured on, on the other half."),
    attack=TEXT,
    questions=(COUNT, lambda one: one.found.items),
    cases=(COUNT, lambda one: one.found.rows),
    effect=(ESTIMATE, lambda one: one.found.effect, "What the attack does and its placebo (or chance) does not."),
    p=(maybe(SHARE), lambda one: one.found.p, "Sign-flip test over questions."),
    p_adjusted=(maybe(SHARE), lambda one: one.found.adjusted, "The same, corrected over the bank's matrix (Holm)."),
    led=(FLAG, lambda one: one.found.led, "Whether the judge is led, at .05 after the correction."),
    figures=(MapOf(ESTIMATE), lambda one: one.found.figures),
)


@dataclass(frozen=True, slots=True, repr=False)
class Transfers(Document):
    """A matrix of judges for each bank of attacks."""

    rows: tuple[TransferRow, ...]

    SCHEMA = "judgebench.transfer/1"
    SHAPE = record("", "Whether attacks that lead one judge lead others.", rows=ListOf(_ROW, 1))

    def sheet(self) -> Sheet:
        return sheet(
            {
                "task": lambda one: one.task,
                "bank": lambda one: one.bank,
                "chosen_on": lambda one: one.chosen_on,
                "measured_on": lambda one: one.measured_on,
                "attack": lambda one: one.attack,
                "questions": lambda one: one.found.items,
                "effect*": lambda one: one.found.effect,
                "p": lambda one: one.found.p,
                "p_adjusted": lambda one: one.found.adjusted,
                "led": lambda one: one.found.led,
            },
            self.rows,
        )

    def brief(self) -> Brief:
        keys = dict.fromkeys((row.task, row.revision, row.bank) for row in self.rows)
        answer = [_sentence([row for row in self.rows if (row.task, row.revision, row.bank) == key]) for key in keys]
        names = known_as(name for row in self.rows for name in (row.chosen_on, row.measured_on))
        rows = sorted(self.rows, key=lambda row: (not row.found.led, -(row.found.effect.value or 0.0)))[:_MOST]
        fields: Fields[TransferRow] = (
            Field("best on", lambda row: names[row.chosen_on], right=False),
            Field("attack", lambda row: clean(row.attack), right=False),
            Field("tried on", lambda row: names[row.measured_on], right=False),
            Field(
                "led?",
                lambda row: Cell("led" if row.found.led else "not seen", tone="bad" if row.found.led else ""),
                right=False,
            ),
            Field("effect [95 %]", _effect, right=False),
            Field("cases", lambda row: f"{row.found.rows:,}"),
        )
        notes = [_NOTES[0]]
        if len(self.rows) > len(rows):
            notes.append(f"{many(len(self.rows) - len(rows), 'more row')}: --explain.")
        return Brief(tuple(answer[:MOST_NOTES]), grid(fields, rows), tuple(notes))

    def blocks(self) -> Iterator[Block]:
        keys = dict.fromkeys((row.task, row.revision, row.bank) for row in self.rows)
        for key in keys:
            own = [row for row in self.rows if (row.task, row.revision, row.bank) == key]
            yield _sentence(own)
            judges = list(dict.fromkeys(row.measured_on for row in own))
            chosen = list(dict.fromkeys(row.chosen_on for row in own))
            lines = [{row.measured_on: row for row in own if row.chosen_on == one} for one in chosen]
            yield Table(grid(_fields(judges), lines), (0, 1))
        yield Notes(_NOTES)


#: Rows of the first table.
_MOST = 12


def _effect(row: TransferRow) -> str:
    rated = row.scale.kind in {"rate", "number"}
    return interval(row.found.effect, lambda value: decimal(value, 2) if rated else percent(value, 0), sign=True)


_NOTES = (
    "A line's attack is the best of the bank on that judge, on half of the questions; effects are of the other half.",
    "* led, at .05 after Holm's correction over the matrix.",
)


def _sentence(rows: Sequence[TransferRow]) -> str:
    one = rows[0]
    others = [row for row in rows if row.chosen_on != row.measured_on]
    led = sum(row.found.led for row in others)
    own = [row for row in rows if row.chosen_on == row.measured_on]
    head = f"{clean(one.bank)} on {clean(one.task)}"
    at_home = f"{sum(row.found.led for row in own)} of {len(own)} judges are led by the attack that is best on them"
    return f"{head}: {at_home}, and {led} of {len(others)} times by the one that is best on another."


def _fields(judges: Sequence[str]) -> tuple[Field[dict[str, TransferRow]], ...]:
    def first(line: dict[str, TransferRow]) -> TransferRow:
        return next(iter(line.values()))

    def effect(judge: str) -> Callable[[dict[str, TransferRow]], str | Cell]:
        def told(line: dict[str, TransferRow]) -> str | Cell:
            row = line.get(judge)
            if row is None:
                return NONE
            rated = row.scale.kind in {"rate", "number"}
            mark = " *" if row.found.led else ""

            def write(found: Estimate) -> str:
                return interval(found, decimal if rated else percent, sign=True) + mark

            return explained(row.found.effect, REASONS, write)

        return told

    return (
        Field("chosen on", lambda line: first(line).chosen_on, right=False),
        Field("attack", lambda line: first(line).attack.partition("/")[2], right=False),
        *(Field(f"on {judge}", effect(judge), right=False) for judge in judges),
    )
