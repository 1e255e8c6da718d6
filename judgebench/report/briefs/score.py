"""Scores in brief: whether judges can take a person's place, a table of them, and what to be careful with."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from judgebench.report.briefs.score_sentences import sentences, why
from judgebench.report.document.blocks import Cell, Field, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief, Next
from judgebench.report.document.text import NONE, many, percent
from judgebench.report.line import Line, same_as
from judgebench.report.said import (
    brief_name,
    differ,
    figure_cell,
    is_function,
    is_recorded,
    is_rule,
    known_as,
    listed,
    reason,
    two,
    unfinished,
    whole,
    whom,
)
from judgebench.report.stand_in import SAID
from judgebench.report.words import FEW_QUESTIONS, SAMPLES, UNUSABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from judgebench.domain import Agreement
    from judgebench.report.document.blocks import Grid
    from judgebench.report.line import Source

__all__ = ["brief", "odd", "usable"]

#: What makes figures mean something else than they seem to, worst first, and what is said of the judges.
_ODD = {
    "reversed": "{who}: far below chance, as if one side were the wrong way round; look at its words and columns.",
    "disjoint_labels": "{who}: no label in common with gold; say what the words mean (--word OLD=NEW).",
    "constant_judge": "{who}: one and the same verdict throughout.",
    "constant_gold": "Gold is one and the same label throughout: nothing tells agreement from chance.",
    "other_units": "{who}: gold's order on other levels; if the unit is another one, say so (--word OLD=NEW).",
    "few_items": "Fewer than 10 items: these figures say next to nothing.",
    "few_clusters": FEW_QUESTIONS,
    "prevalence": "Few examples of the rarest label: kappa can be low although agreement is high.",
}
#: What is said where cases failed, by the first kind that a judge is of; a rule fails where it has nothing to look at.
_FAILED: tuple[tuple[Callable[[str], bool], str, str], ...] = (
    (is_recorded, "verdict", "Incomplete: {count} of {every} of {who} are not in the recording."),
    (is_rule, "case", "{count} of {every} of {who} have no reference to compare with, so that no verdict is possible."),
    (
        is_function,
        "call",
        "Incomplete: {count} of {every} of {who} failed. Mend the function or the items; the same run command goes on.",
    ),
    (lambda _: True, "call", "Incomplete: {count} of {every} of {who} failed. The same run command asks those again."),
)


def brief(
    rows: Sequence[Agreement],
    sources: Sequence[Source],
    unmeasured: Sequence[str],
    labels: Sequence[str] | None = (),
) -> Brief:
    """Say in brief how far judges agree, and whether they can take a person's place.

    ``labels`` are the options that join the runs with labels; None where a command can't.
    """
    lines = _lines(rows, sources)
    # What is missing is the answer; what brings it is a note.
    missing = [(f"{what}.", how) for what, dot, how in (text.partition(". ") for text in unmeasured) if dot]
    said = [what for what, _ in missing] or unmeasured
    return Brief(
        (*said, *_incomplete([(one.name, one.row) for one in lines]), *sentences(lines)),
        _table(lines) if lines else None,
        (*(how for _, how in missing), *(_notes(rows, lines) if lines else ()))[:MOST_NOTES],
        tuple(_next(sources, labels)) if lines and labels is not None else (),
    )


def _lines(rows: Sequence[Agreement], sources: Sequence[Source]) -> list[Line]:
    """Take each judge's row of all items, or its criteria where it has none, under the benchmark's own policies."""
    behind = {(one.task, one.judge, one.revision): one for one in sources}
    names = known_as(row.judge for row in rows)
    own: dict[tuple[str, str, str], dict[str, Agreement]] = {}
    for row in rows:
        own.setdefault((row.task, row.judge, row.revision), {}).setdefault(row.subset, row)
    found = [
        Line(row, names[row.judge], behind[key].ratings if key in behind else None)
        for key, parts in own.items()
        for row in ([parts["all"]] if "all" in parts else parts.values())
    ]
    states = [*SAID, ""]

    def place(one: Line) -> tuple[str, str, int, float, str]:
        value = one.figure.value
        return one.row.task, one.row.revision, states.index(one.state), -1.0 if value is None else -value, one.name

    if any(one.part for one in found):
        return sorted(found, key=lambda one: (one.row.task, one.row.revision, one.name))
    return sorted(found, key=place)


def _table(lines: Sequence[Line]) -> Grid:
    names = dict.fromkeys(brief_name(one.metric) for one in lines)
    title, alone = next(iter(names)) if len(names) == 1 else "value", len(lines) == 1

    sames = {one.same_as for one in lines}
    same = sames.pop() if len(sames) == 1 else ("same",)

    def people(one: Line) -> str:
        found = one.people
        return two(found) if alone or found is None or found.value is None else two(found).partition(" ")[0]

    def there(get: Callable[[Line], object]) -> bool:
        return any(get(one) for one in lines)

    fields: list[Field[Line]] = [
        *when(differ(lines, "task"), Field("task", lambda one: one.task, right=False)),
        Field("judge", lambda one: one.name, right=False),
        *when(there(lambda one: one.part), Field("part", lambda one: one.part, right=False)),
        *when(there(lambda one: one.state), Field(("in a person's", "place?"), _placed, right=False)),
        *when(len(names) > 1, Field("figure", lambda one: brief_name(one.metric), right=False)),
        Field((title, "[95 % interval]"), _figure, right=False),
        *when(there(lambda one: one.same is not None), Field(same, _same)),
        *when(there(lambda one: one.people), Field("people", people, right=not alone)),
        *when(there(lambda one: one.flips is not None), Field("flips", lambda one: whole(one.flips), spare=True)),
        Field("items", lambda one: f"{one.items:,}", spare=True),
        Field("usable", lambda one: usable(one.row)),
        *when(there(lambda one: one.incomplete), Field("", lambda one: one.incomplete * "incomplete", right=False)),
    ]
    return grid(fields, lines, apart=lambda one: one.task)


def _figure(one: Line) -> str:
    # Of a judge that gave no verdict, every figure is about what a missing one counts as.
    return figure_cell(one.metric, one.figure) if one.row.coverage else NONE


def _same(one: Line) -> str:
    return whole(one.same) if one.row.coverage else NONE


def usable(row: Agreement) -> str:
    """Print the share of answers that are verdicts."""
    return f"{percent(row.coverage, 0 if row.coverage in {0, 1} else 1)} %"


def _placed(one: Line) -> Cell:
    return Cell(SAID[one.state].word, tone=SAID[one.state].tone) if one.state and one.row.coverage else Cell(NONE)


def _incomplete(rows: Sequence[tuple[str, Agreement]]) -> Iterator[str]:
    """Say what is missing of runs, and how to get it."""
    failed = [(judge, row) for judge, row in rows if row.statuses.get("failed")]
    for first, (_, thing, words) in enumerate(_FAILED):
        some = [(judge, row) for judge, row in failed if _kind(row.judge) == first]
        if some:
            count = sum(row.statuses["failed"] for _, row in some)
            every = many(sum(sum(row.statuses.values()) for _, row in some), thing)
            yield words.format(
                count=f"{count:,}", every=every, who=listed(list(dict.fromkeys(name for name, _ in some)))
            )
    yield from unfinished((judge, row.warnings) for judge, row in rows)


def _kind(judge: str) -> int:
    return next(i for i, (is_one, _, _) in enumerate(_FAILED) if is_one(judge))


def odd(rows: Sequence[tuple[str, Agreement]]) -> Iterator[str]:
    """Say what makes figures mean something else than they seem to, the worst first."""
    for code, words in _ODD.items():
        who = list(dict.fromkeys(judge for judge, row in rows if code in row.warnings))
        if who:
            yield words.format(who=listed(who))


def _notes(rows: Sequence[Agreement], lines: Sequence[Line]) -> Iterator[str]:
    if any(one.held and one.row.gold == "unspecified" for one in lines):
        yield "Nobody says who gave the labels: with --gold human the table says who can take a person's place."
    if all(one.sampled for one in lines):
        yield SAMPLES
        return
    if len({one.state for one in lines}) > 1:
        whys: dict[str, list[str]] = {}
        for one in lines:
            if one.state == "open":
                whys.setdefault(why(one), []).append(one.name)
        yield from (f"{listed(who)}: {text}." for text, who in whys.items())
    if undefined := [one for one in lines if one.figure.value is None and one.row.coverage]:
        who, first = listed([one.name for one in undefined]), undefined[0]
        yield f"No {brief_name(first.metric)} of {who}: {reason(first.figure)}."
    heard = [one for one in lines if one.row.coverage]
    # What is odd about a rule's verdicts goes without saying, unless nobody else is here.
    yield from odd([(one.name, one.row) for one in [one for one in heard if one.asked] or heard])
    yield from _unusable(rows, lines)
    if any(not one.in_turn for one in lines):
        yield "There are too many labels to check here whether an answer hangs on one person."
    if any(one.row.scale.startswith(("pair", "pick")) and one.flips is None and one.asked for one in lines):
        yield "Shown in one order only: whether the order decides can't be told."
    parts = len({(row.task, row.subset) for row in rows if row.subset != "all"})
    if parts > 1 and not any(one.part for one in lines):
        yield f"--explain has the figures of {many(parts, 'part')} of the data."


def _unusable(rows: Sequence[Agreement], lines: Sequence[Line]) -> Iterator[str]:
    """Say whose answers can't be used, what they count as, and what they would come to elsewhere."""
    if found := [one for one in lines if one.unusable]:
        ways = {one.row.policies.invalid for one in found}
        counted = UNUSABLE[ways.pop()] if len(ways) == 1 else "count as each benchmark has it"
        who = listed([f"{one.name} {one.unusable:,}" for one in found])
        yield f"Answers that can't be read {counted}: {who}.{_stricter(rows, found[0])}"


def _stricter(rows: Sequence[Agreement], line: Line) -> str:
    """Say what the same answers come to where they count as wrong, where a benchmark forgives them."""
    own = line.row
    if own.policies.invalid == "wrong":
        return ""
    key = (own.task, own.judge, own.revision, own.subset)
    for row in rows:
        if (row.task, row.judge, row.revision, row.subset) == key and row.policies.invalid == "wrong":
            now, then = (one.metrics.get("percent_agreement") for one in (own, row))
            if now is not None and then is not None and now.value is not None and then.value is not None:
                who = " ".join(same_as(own)).removeprefix("same as ")
                side = whom(own.gold) if who == "same" else who
                return (
                    f" Counted as wrong, {line.name} agrees with {side} on {percent(then.value)} % instead of "
                    f"{percent(now.value)} %."
                )
    return ""


def _next(sources: Sequence[Source], labels: Sequence[str]) -> Iterator[Next]:
    folders: list[Path] = list(dict.fromkeys(one.folder for one in sources if one.folder is not None))
    if folders:
        named = shlex.join(("judgebench", "report", *map(str, folders[:3]), *labels))
        yield Next(named, "every item, with what the judges said")
