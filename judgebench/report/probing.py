"""Probes in words: what leads the judge, what was not found to, and how small an effect could have been seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from judgebench.domain.shapes import (
    COUNT,
    ESTIMATE,
    FLAG,
    SHARE,
    TEXT,
    ListOf,
    MapOf,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.document.blocks import Cell, Field, Notes, Table, explained, grid, judge_columns, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import NONE, clean, decimal, interval, p_value, percent
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.agreement.probing import Probed
    from judgebench.domain import Estimate, Scale
    from judgebench.report.document.blocks import Block, Fields, Sheet

__all__ = ["ProbeRow", "Probes"]

_REASONS = REASONS | {
    "no_items": "no case has its plain counterpart",
    "no_repeats": "nothing was asked twice, so that chance is not known",
    "no_room": "the judge goes there anyway",
}


class ProbeRow(NamedTuple):
    """What one probe shows of one judge on one task; ``key`` tells the plain run that it belongs to from others."""

    task: str
    judge: str
    gold_source: str
    scale: Scale
    probe: str
    found: Probed
    revision: str = ""
    key: object = None


_ROW = record(
    "probed",
    "What a judge does where items are changed.",
    task=TEXT,
    **judge_keys(),
    gold=(TEXT, lambda one: one.gold_source),
    revision=TEXT,
    probe=TEXT,
    questions=(COUNT, lambda one: one.found.items),
    cases=(COUNT, lambda one: one.found.rows, "Cases asked both ways."),
    bank=(COUNT, lambda one: one.found.bank, "Of how many attacks a row sums up a bank; 0 of a single probe."),
    unmatched=(COUNT, lambda one: one.found.unmatched, "Changed cases without a plain or a placebo's counterpart."),
    effect=(ESTIMATE, lambda one: one.found.effect, "What the trait does and its placebo (or chance) does not."),
    against=(TEXT, lambda one: one.found.against, "What the effect is measured against: placebo, retest, gold ..."),
    p=(maybe(SHARE), lambda one: one.found.p, "Sign-flip test over questions."),
    p_adjusted=(
        maybe(SHARE),
        lambda one: one.found.adjusted,
        "The same, corrected over all probes of the judge (Holm).",
    ),
    led=(FLAG, lambda one: one.found.led, "Whether the judge is led, at .05 after the correction."),
    figures=(MapOf(ESTIMATE), lambda one: one.found.figures),
)


@dataclass(frozen=True, slots=True, repr=False)
class Probes(Document):
    """Probes of one judge or several."""

    rows: tuple[ProbeRow, ...]

    SCHEMA = "judgebench.probes/1"
    SHAPE = record(
        "", "What leads judges, and what does not, on items that were changed on purpose.", rows=ListOf(_ROW, 1)
    )

    def sheet(self) -> Sheet:
        names = list(dict.fromkeys(name for row in self.rows for name in row.found.figures))

        def figure(name: str) -> Callable[[ProbeRow], Estimate | None]:
            return lambda one: one.found.figures.get(name)

        return sheet(
            {
                "task": lambda one: one.task,
                **judge_columns(),
                "probe": lambda one: one.probe,
                "questions": lambda one: one.found.items,
                "cases": lambda one: one.found.rows,
                "effect*": lambda one: one.found.effect,
                "against": lambda one: one.found.against,
                "p": lambda one: one.found.p,
                "p_adjusted": lambda one: one.found.adjusted,
                "led": lambda one: one.found.led,
                **{f"{name}*": figure(name) for name in names},
            },
            self.rows,
        )

    def blocks(self) -> Iterator[Block]:
        for (task, judge), rows in _grouped(self.rows):
            yield _sentence(task, judge, rows)
            yield Table(grid(_fields(rows), rows), (0,))
        yield Notes((*_NOTES, *_never_accepted(self.rows), *_worst(self.rows)))


_NOTES = (
    "Effect: how much more often the judge goes where the change pushes than on a placebo (ratings: how far it moves).",
    "Flips: changed verdicts, and those of the same case asked again. p is corrected for the number of probes (Holm).",
)


def _never_accepted(rows: Sequence[ProbeRow]) -> Iterator[str]:
    """Say what can't be ruled out where no answer that is to be rejected was accepted: the rule of three."""
    from judgebench.stats.inference.intervals import rule_of_three  # noqa: PLC0415 - loads numpy, which --help must not

    for name, said in (("accepted", "Never accepted"), ("false_positives", "No wrong answer accepted")):
        counts = [row.found.items for row in rows if (one := row.found.figures.get(name)) and one.value == 0]
        if counts:
            most = percent(rule_of_three(min(counts)))
            yield f"{said} on {min(counts):,} questions: up to {most} % of others may be (rule of three)."


def _worst(rows: Sequence[ProbeRow]) -> Iterator[str]:
    """Name the attack of the largest effect, of those that rows sum up."""
    for (task, judge), own in _grouped(rows):
        banks = tuple(row.probe.partition(" (mean of ")[0] for row in own if row.found.bank)
        single = [row for row in own if not row.found.bank and row.probe.startswith(banks) and banks]
        known = [(row.found.effect.value, row) for row in single if row.found.effect.value is not None]
        if known:
            value, row = max(known, key=lambda one: one[0])
            where = f" on {clean(judge)}, {clean(task)}" if len({(one.task, one.judge) for one in rows}) > 1 else ""
            size = _effect(value, row)
            yield f"Worst of {len(single)} attacks{where}: {clean(row.probe)}, {size}; the worst of many looks too bad."


def _grouped(rows: Sequence[ProbeRow]) -> Iterator[tuple[tuple[str, str], list[ProbeRow]]]:
    keys = dict.fromkeys((row.task, row.judge) for row in rows)
    for key in keys:
        yield key, [row for row in rows if (row.task, row.judge) == key]


def _sentence(task: str, judge: str, rows: Sequence[ProbeRow]) -> str:
    led = [row for row in rows if row.found.led]
    rest = [row for row in rows if not row.found.led and row.found.effect.value is not None]
    where = f"{clean(judge)} on {clean(task)}"
    said = "is not seen to be led by any of them" if len(rest) > 1 else "is not seen to be led by it"
    head = f"{where} is led by {_listed([row.probe for row in led])}" if led else f"{where} {said}"
    reach = [row.found.effect.high for row in rest if row.found.effect.high is not None]
    if rest and reach:
        others = "the others" if led and len(rest) > 1 else "the other" if led else "any"
        return f"{head}; an effect of {others} of up to {_effect(max(reach), rows[0])} can't be ruled out."
    return f"{head}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _effect(value: float, row: ProbeRow) -> str:
    if row.scale.kind in {"rate", "number"}:
        return f"{decimal(value, 2)} points"
    return f"{percent(value)} % of cases"


def _points(one: Estimate) -> str:
    sign = "+" if (one.value or 0) >= 0 else ""
    return sign + interval(one, percent)


def _fields(rows: Sequence[ProbeRow]) -> Fields[ProbeRow]:
    rated = rows[0].scale.kind in {"rate", "number"}
    known = {name for row in rows for name in row.found.figures}

    def cell(one: Estimate) -> Cell:
        return explained(one, _REASONS, lambda found: interval(found, decimal, sign=True) if rated else _points(found))

    def share(name: str) -> Callable[[ProbeRow], str]:
        def told(row: ProbeRow) -> str:
            found = row.found.figures.get(name)
            return NONE if found is None else percent(found.value)

        return told

    def accepted(row: ProbeRow) -> str | Cell:
        found = row.found.figures.get("accepted")
        return NONE if found is None else explained(found, _REASONS, lambda one: interval(one, percent))

    def flips(row: ProbeRow) -> str:
        found = row.found.figures.get("robustness")
        return NONE if found is None or found.value is None else percent(1 - found.value)

    fields: list[Field[ProbeRow]] = [
        Field("probe", lambda row: row.probe, right=False),
        Field("cases", lambda row: f"{row.found.rows:,}"),
        Field(
            "effect" if rated else "effect, % points",
            lambda row: cell(row.found.effect),
            ("effect", "points" if rated else "% points"),
            right=False,
        ),
        Field("p", lambda row: p_value(row.found.p if row.found.adjusted is None else row.found.adjusted)),
        Field("flips %", flips),
        Field("again %", share("retest_flips"), ("asked", "again %")),
    ]
    if "accepted" in known:
        fields.append(Field("accepted %", accepted, right=False))
    if "harmful" in known:
        fields += [
            Field("harmful %", share("harmful")),
            Field("right before %", share("accuracy_before"), ("right", "before %")),
            Field("right after %", share("accuracy_after"), ("right", "after %")),
        ]
    fields.append(Field("led", lambda row: "led" if row.found.led else "", right=False))
    return tuple(fields)
