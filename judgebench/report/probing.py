"""Probes in words: what leads the judge, what was not found to, and how small an effect could have been seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.domain.shapes import (
    COUNT,
    FLAG,
    MEASURED,
    SHARE,
    TEXT,
    ListOf,
    MapOf,
    judge_keys,
    maybe,
    record,
)
from judgebench.report.briefs.probes import LARGE, brief
from judgebench.report.document.blocks import Notes, Table, columns_of, grid, sheet
from judgebench.report.document.model import Document
from judgebench.report.document.text import clean, decimal, percent
from judgebench.report.probe_tables import ROOMY, ProbeRow, chosen, is_asked, tables
from judgebench.report.said import known_as, listed
from judgebench.report.ways import FIELDS as WAYS_FIELDS
from judgebench.report.ways import SHAPE as WAYS
from judgebench.report.ways import sentence as compared_sentence
from judgebench.report.words import task_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Block, Sheet
    from judgebench.report.document.brief import Brief
    from judgebench.report.ways import WaysRow

__all__ = ["ProbeRow", "Probes"]


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
    effect=(MEASURED, lambda one: one.found.effect, "What the trait does and its placebo (or chance) does not."),
    against=(TEXT, lambda one: one.found.against, "What the effect is measured against: placebo, retest, gold ..."),
    p=(maybe(SHARE), lambda one: one.found.p, "Sign-flip test over questions."),
    p_adjusted=(
        maybe(SHARE),
        lambda one: one.found.adjusted,
        "The same, corrected over all probes of the judge (Holm).",
    ),
    led=(FLAG, lambda one: one.found.led, "Whether the judge is led, at .05 after the correction."),
    figures=(MapOf(MEASURED), lambda one: one.found.figures),
)


@dataclass(frozen=True, slots=True, repr=False)
class Probes(Document):
    """Probes of one judge or several; ``columns`` are the figures that the table shows, by default the usual ones."""

    rows: tuple[ProbeRow, ...]
    ways: tuple[WaysRow, ...] = ()
    columns: tuple[str, ...] = ()

    SCHEMA = "judgebench.probes/1"
    SHAPE = record(
        "",
        "What leads judges, and what does not, on items that were changed on purpose.",
        rows=ListOf(_ROW),
        ways=ListOf(WAYS),
    )

    def sheet(self) -> Sheet:
        names = list(dict.fromkeys(name for row in self.rows for name in row.found.figures))

        def figure(name: str) -> Callable[[ProbeRow], Estimate | None]:
            return lambda one: one.found.figures.get(name)

        front = columns_of(_ROW, "task judge probe questions cases effect* against p p_adjusted led")
        figures = {f"{name}*": figure(name) for name in names}
        return sheet({**front, **figures, **columns_of(_ROW, "revision")}, self.rows)

    def brief(self) -> Brief | None:
        if self.columns or not self.rows:
            # Figures that were asked for by name are the table.
            return None
        names = known_as(row.judge for row in self.rows)
        told = [
            _sentence(task_name(task, rows[0].revision), names[judge], rows)
            for (task, judge), rows in _grouped(self.rows)
        ]
        asked = [row for row in self.rows if is_asked(row)]
        notes = [*map(compared_sentence, self.ways), *([_effects(asked)] if asked else [])]
        notes += [*_never_fooled(self.rows), *_worst(self.rows)]
        return brief(self.rows, told, notes)

    def blocks(self) -> Iterator[Block]:
        for (task, judge), rows in _grouped(self.rows):
            yield _sentence(task_name(task, rows[0].revision), judge, rows)
            yield from chosen(rows, self.columns) if self.columns else tables(rows)
        for one in self.ways:
            yield compared_sentence(one)
            yield Table(grid(WAYS_FIELDS, [one]), (0,))
        told, beside = list(notes_of(self.rows)), (*_never_fooled(self.rows), *_worst(self.rows))
        if self.columns:
            told, beside = ["Intervals are in --format csv and json."] if len(self.columns) > ROOMY else [], ()
        yield Notes((*told, *(_WAYS if self.ways else ()), *beside))


#: What an effect of plain verdicts is, by the probe.
_OBSERVED = {
    "position": "position from one half",
    "leniency": "leniency from one half",
    "length": "length beyond gold",
    "self-preference": "own answers beyond others'",
    "family-preference": "its family's answers beyond others'",
    "transitivity": "preferences that run in a circle",
    "cross-mode": "cases on which both modes contradict each other",
    "paraphrase": "wordings that agree less than the same one asked again",
}


def notes_of(rows: Sequence[ProbeRow]) -> Iterator[str]:
    """Say what the columns are, of the rows that are there."""
    asked = [row for row in rows if is_asked(row)]
    if asked:
        yield _effects(asked)
        yield "Flips: changed verdicts, and those of the same case asked again."
    names = dict.fromkeys(row.probe.partition("/")[0].partition(":")[0] for row in rows if not is_asked(row))
    if said := [_OBSERVED[name] for name in names if name in _OBSERVED]:
        yield f"Of plain verdicts: {', '.join(said)}."
    if any(row.found.p is not None for row in rows):
        yield "p is corrected for the number of probes (Holm)."


def _effects(rows: Sequence[ProbeRow]) -> str:
    """Say what the effect of changed items is, and against what: not every probe has a placebo."""
    pushed = [not _MOVED.isdisjoint(row.found.figures) for row in rows]
    ways = ["goes where the change pushes"] * any(pushed) + ["changes its verdict"] * (not all(pushed))
    held = {"placebo": "on a placebo", "retest": "when asked again", "before": "before"}
    found = dict.fromkeys(row.found.against for row in rows)
    than = " or, without one, ".join(f"than {held[one]}" for one in held if one in found)
    often = "how much more often" + " (ratings: how far)" * any(row.scale.numeric for row in rows)
    return f"Effect: {often} the judge {' or '.join(ways)} {than}."


#: Figures of a change that pushes somewhere.
_MOVED = {"follow_rate", "score_shift"}
_WAYS = (
    "Range: best less worst way. Sd between: what sampling does not explain of it.",
    "Q: Cochran's; p is by question where questions have several cases. Alpha: the ways are the raters.",
)


def _never_fooled(rows: Sequence[ProbeRow]) -> Iterator[str]:
    """Say what can't be ruled out of probes under which no answer that gold calls wrong was accepted: rule of three."""
    from judgebench.stats.inference.intervals import rule_of_three  # noqa: PLC0415 - loads numpy, which --help must not

    told = [(row, row.found.figures.get("false_positives")) for row in rows if not row.found.bank]
    measured = [(row, one.value) for row, one in told if one is not None and row.found.effect.undefined != "unanswered"]
    none = [row for row, value in measured if value == 0]
    if none:
        least = min(row.found.items for row in none)
        whose = clean(none[0].probe) if len(measured) == 1 else f"{len(none)} of {len(measured)} probes"
        on = f"{'at least ' if len(none) > 1 else ''}{least:,} question{'s' if least > 1 else ''}"
        most = percent(rule_of_three(least))
        yield f"{whose}: no wrong answer accepted on {on}; up to {most} % of others may be (rule of three)."


def _worst(rows: Sequence[ProbeRow]) -> Iterator[str]:
    """Name the attack of the largest effect, of those that rows sum up."""
    for (task, judge), own in _grouped(rows):
        banks = tuple(row.probe.partition(" (mean of ")[0] for row in own if row.found.bank)
        single = [row for row in own if not row.found.bank and row.probe.startswith(banks) and banks]
        known = [(row.found.effect.value, row) for row in single if row.found.effect.value is not None]
        if known:
            value, row = max(known, key=lambda one: one[0])
            where = f" on {clean(judge)}, {clean(task)}" if len({(one.task, one.judge) for one in rows}) > 1 else ""
            worst = f"{clean(row.probe)}, {_effect(value, row)}"
            yield f"Worst of {len(single)} attacks{where}: {worst}; the worst of many looks worse than it is."


def _grouped(rows: Sequence[ProbeRow]) -> Iterator[tuple[tuple[str, str], list[ProbeRow]]]:
    keys = dict.fromkeys((row.task, row.judge) for row in rows)
    for key in keys:
        yield key, [row for row in rows if (row.task, row.judge) == key]


def _sentence(task: str, judge: str, rows: Sequence[ProbeRow]) -> str:
    led = [row for row in rows if row.found.led]
    rest = [row for row in rows if not row.found.led and row.found.effect.value is not None]
    where = f"{clean(judge)} on {clean(task)}"
    if not led and not rest:
        silent = all(row.found.effect.undefined == "unanswered" for row in rows)
        why = "gave no answer that can be used" if silent else "shows nothing that a probe could measure"
        return f"{where} {why}: whether it is led can't be told."
    those = (
        f"any of {len(rest)} probes" if not led and len(rest) > 1 else listed([clean(row.probe) for row in led or rest])
    )
    head = f"{where} is {'led' if led else 'not seen to be led'} by {those}"
    if not led and any(map(_seems_led, rest)):
        several = "no p, corrected for their number, is below .05"
        head += f": {several if len(rest) > 1 else 'its p is not below .05'}"
    bounds = [(row.found.effect, row.found.either) for row in rest]
    reach = [
        max(one.high, -one.low if either else one.high)
        for one, either in bounds
        if one.high is not None and one.low is not None
    ]
    if len(reach) == len(rest) == 1:
        other = "the other" if led else "it"
        return f"{head}; an effect of {other} of up to {_effect(reach[0], rows[0])} can't be ruled out."
    # Without an interval nothing is ruled out.
    open_ended = len(rest) - len(reach)
    if open_ended == len(rest) == 1:
        return f"{head}; how large an effect {'the other has' if led else 'it has'} can't be told: too few items."
    if large := sum(one > LARGE for one in reach) + open_ended:
        which = f"{'all' if large == len(rest) else large} of {'the others' if led else 'them'}"
        return f"{head}; for {which}, more than {_effect(LARGE, rows[0])} can't be ruled out: too few items."
    if not reach:
        return f"{head}."
    return f"{head}; none of {'the others' if led else 'them'} by more than {_effect(max(reach), rows[0])}."


def _seems_led(row: ProbeRow) -> bool:
    """Whether the interval of an effect, which no other probe widens, is beyond 0."""
    one = row.found.effect
    return one.low is not None and one.high is not None and (one.low > 0 or (row.found.either and one.high < 0))


def _effect(value: float, row: ProbeRow) -> str:
    if row.scale.numeric:
        return f"{decimal(value, 2)} points"
    return f"{percent(value).removesuffix('.0')} % of cases"
