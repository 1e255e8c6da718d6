"""Transfer of attacks in words: the attack that is best on one judge, and what it does to each of the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import COUNT, ESTIMATE, FLAG, SHARE, TEXT, ListOf, MapOf, maybe, record
from judgebench.report.briefs.probes import NOT_SURE, effect, largest_first, told
from judgebench.report.document.blocks import Cell, Field, Notes, Table, columns_of, explained, grid, sheet
from judgebench.report.document.brief import Brief
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, decimal, interval, many, percent
from judgebench.report.said import known_as, task_column
from judgebench.report.words import REASONS, samples_note, task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.agreement.probing.measure import Probed
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
        names = "task bank chosen_on measured_on attack questions effect* p p_adjusted led"
        return sheet(columns_of(_ROW, names), self.rows)

    def brief(self) -> Brief:
        names = known_as(name for row in self.rows for name in (row.chosen_on, row.measured_on))
        rows = sorted(self.rows, key=largest_first)[:_MOST]
        fields: list[Field[TransferRow]] = [
            *task_column(self.rows),
            Field("best on", lambda row: names[row.chosen_on], right=False),
            Field("attack", lambda row: clean(row.attack), right=False),
            Field("tried on", lambda row: names[row.measured_on], right=False),
            Field("led?", told, right=False),
            Field("effect [95 %]", effect, right=False),
            Field("cases", lambda row: f"{row.found.rows:,}", spare=True),
        ]
        notes = [_NOTES[0], _EFFECT]
        if len(names) == 1:
            notes[0] = "Whether attacks transfer takes two judges or more."
        if len(self.rows) > len(rows):
            notes[0] += f" {many(len(self.rows) - len(rows), 'more row')}: --explain."
        notes += samples_note(self.rows)
        groups = {(row.task, row.revision, row.bank) for row in self.rows}
        where = _group(self.rows[0]) if len(groups) == 1 else f"{many(len(groups), 'bank')} of attacks"
        return Brief((_sentence(self.rows, where),), grid(fields, rows), tuple(notes))

    def blocks(self) -> Iterator[Block]:
        keys = dict.fromkeys((row.task, row.revision, row.bank) for row in self.rows)
        for key in keys:
            own = [row for row in self.rows if (row.task, row.revision, row.bank) == key]
            yield _sentence(own, _group(own[0]))
            judges = list(dict.fromkeys(row.measured_on for row in own))
            chosen = list(dict.fromkeys(row.chosen_on for row in own))
            lines = [{row.measured_on: row for row in own if row.chosen_on == one} for one in chosen]
            yield Table(grid(_fields(judges), lines), (0, 1))
        yield Notes(_NOTES)


#: Rows of the first table.
_MOST = 12

_NOTES = (
    "The best attack on a judge is chosen on half of the questions; effects are those of the other half.",
    "* led, at .05 after Holm's correction over the matrix.",
)
_EFFECT = "Effect: how much more often (ratings: how far) a judge goes where the attack pushes than on its placebo."


def _group(row: TransferRow) -> str:
    return f"{clean(row.bank)} on {task_of(row)}"


def _sentence(rows: Sequence[TransferRow], where: str) -> str:
    """Say whether attacks transfer: how often what is best on a judge leads it, and how often another one."""
    own, others = ([row for row in rows if (row.chosen_on == row.measured_on) is same] for same in (True, False))
    led, carried = (sum(row.found.led for row in some) for some in (own, others))
    at_home = f"the attack that is best on a judge leads it {led} of {many(len(own), 'time')}"
    if not others:
        return f"{where}: {at_home}."
    verdict = "no attack is seen to transfer"
    if carried:
        verdict = "attacks transfer"
    elif any(told(row).text == NOT_SURE for row in others):
        verdict += ", and these items are too few to rule it out"
    return f"{where}: {verdict}; {at_home}, and another judge {carried} of {many(len(others), 'time')}."


def _fields(judges: Sequence[str]) -> Fields[dict[str, TransferRow]]:
    def first(line: dict[str, TransferRow]) -> TransferRow:
        return next(iter(line.values()))

    def on(judge: str) -> Callable[[dict[str, TransferRow]], str | Cell]:
        def told(line: dict[str, TransferRow]) -> str | Cell:
            row = line.get(judge)
            if row is None:
                return NONE
            rated = row.scale.numeric
            mark = " *" if row.found.led else ""

            def write(found: Estimate) -> str:
                return interval(found, decimal if rated else percent, sign=True) + mark

            return explained(row.found.effect, REASONS, write)

        return told

    return (
        Field("chosen on", lambda line: first(line).chosen_on, right=False),
        Field("attack", lambda line: first(line).attack.partition("/")[2], right=False),
        *(Field(f"on {judge}", on(judge), right=False) for judge in judges),
    )
