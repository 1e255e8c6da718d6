"""What the figures of some runs do not establish: read off what was asked, of whom, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.domain import HUMAN_SOURCES
from judgebench.report.document.text import clean, many, some
from judgebench.report.page.charts.groups import division
from judgebench.report.page.parts import Section
from judgebench.report.said import name_of, percent, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.report.page.parts import Reported
    from judgebench.report.stand_in import Answer

__all__ = ["limits"]

#: Subsets of fewer items say too little to be held against each other.
_ENOUGH = 30
_LEAD = "Beside what the intervals leave open, the data and the runs themselves can't tell:"
_MOST = 5
_UNUSABLE = {"wrong": "counts as wrong", "tie": "counts as a tie", "drop": "is left out"}


class Caveat(NamedTuple):
    """What is not established, as a clause, and what of it is a judge's own."""

    text: str
    detail: str = ""


def limits(runs: Sequence[Reported], answers: Sequence[Answer], *, name: str) -> Section:
    """Say what the figures of one task do not establish: a note per caveat, with the judges that it is about."""
    judges = [run for run in runs if not run.run.judge.startswith("baseline/")] or list(runs)
    whose: dict[str, dict[str, str]] = {}
    for run in judges:
        for text, detail in _caveats(run, [other for other in judges if _model(other) == _model(run)]):
            whose.setdefault(text, {})[clean(run.rows[0].judge)] = detail
    notes = [_note(text, details, len(judges)) for text, details in whose.items()]
    notes += [f"{text}." for text in _elsewhere(judges[0])]
    if len(judges) > 1:
        notes.append(
            "Which of these judges is better: intervals that overlap don't tell; judgebench compare pairs them."
        )
    helps = dict.fromkeys(help_ for one in answers for help_ in one.missing if one.state == "open")
    notes += [f"What would help to tell whether a judge may stand in for people: {help_}." for help_ in helps]
    return Section(name, "What these figures do not establish", _LEAD, notes=tuple(notes))


def _note(text: str, details: Mapping[str, str], judges: int) -> str:
    """Name the judges that a caveat is about, where it is not about all of them."""
    told = [f"{name} {detail}" for name, detail in details.items() if detail]
    if told:
        return f"{text}: {some(told, _MOST)}."
    return f"{text}." if len(details) == judges else f"{some(list(details), _MOST)}: {text[:1].lower()}{text[1:]}."


def _model(run: Reported) -> tuple[object, ...]:
    settings = run.run.settings
    return (settings.get("backend"), settings["model"]) if settings.get("model") else (run.run.judge,)


def _caveats(run: Reported, ways: Sequence[Reported]) -> Iterator[Caveat]:
    """Yield the caveats of a run; ``ways`` are all in which its model was asked, this one among them."""
    yield from _about_gold(run)
    yield from _about_items(run)
    yield from _about_verdicts(run)
    if run.run.reference != "none" and all(one.run.reference != "none" for one in ways):
        yield Caveat(
            f"How judges do without reference answers: they were shown them (reference {clean(run.run.reference)})"
        )
    yield from _about_judge(run, ways)


def _about_gold(run: Reported) -> Iterator[Caveat]:
    row, people = run.rows[0], len(run.ratings.annotators)
    if row.gold not in HUMAN_SOURCES:
        yield Caveat(
            {
                "verifier": "Anything about people: gold is what a program or an answer key says, and nobody was asked",
                "model": "Anything about people: gold is a model's, and a judge may share its errors",
                "mixed": "How far judges agree with people: gold comes from several kinds of sources",
            }.get(row.gold, "How far judges agree with people: nobody says who gave the gold labels")
        )
    elif people > 1 and not row.ceiling:
        yield Caveat("How far people agree with each other: nothing here measures it")
    elif people < 2:
        yield Caveat(
            "How far people would agree: every item has one person's label, so that a disagreement may be the judge's "
            "error or the person's"
        )
    elif people == 2:
        yield Caveat(
            "Whether a judge could take an annotator's place: that test needs three annotators, and there are two"
        )
    if "left_out" in row.warnings:
        yield Caveat("How judges do on items without a common label: they are left out, and may be the hard ones")
    for code, text in (
        ("constant_gold", "Agreement beyond chance: gold gives one and the same label throughout"),
        ("prevalence", "How judges do on the rarest label: fewer than 10 items have it, and kappa's interval is rough"),
    ):
        if code in row.warnings:
            yield Caveat(text)


def _about_items(run: Reported) -> Iterator[Caveat]:
    row, items = run.rows[0], run.rows[0].items
    if run.run.revision.startswith("sample"):
        yield Caveat(
            "Anything about the benchmark: these rows were written to show how it works, and are none of its own"
        )
    questions = int(np.unique(run.ratings.cluster).size)
    if "few_clusters" in row.warnings or "few_items" in row.warnings:
        yield Caveat(f"How sure all this is: {many(questions, 'independent question')} make a rough interval")
    elif questions < items:
        sizes = f"{many(items, 'item')} belong to {many(questions, 'question')}"
        yield Caveat(f"That other questions would give the same: {sizes}, and the intervals count questions")
    if run.run.limit is not None:
        yield Caveat(f"How judges do on the rest of the task: only the first {many(run.run.limit, 'item')} were taken")
    systems = sorted({name for pair in run.ratings.systems for name in pair.split(" vs ") if name})
    if systems:
        named = ", ".join(clean(name) for name in systems[:4]) + (" and others" if len(systems) > 4 else "")
        yield Caveat(
            f"How judges do on answers of other systems: these are of {many(len(systems), 'system')} ({named}), and "
            "better ones may be harder to tell apart"
        )


def _elsewhere(run: Reported) -> Iterator[str]:
    """Say how the best judge differs between parts, which is the best hint at what it may be elsewhere."""
    row = run.rows[0]
    parts = [
        (estimate.value, part.subset)
        for part in run.rows
        if division(part) == "subset"
        and part.items >= _ENOUGH
        and (estimate := part.metrics.get(row.headline)) is not None
        and estimate.value is not None
    ]
    if len(parts) < 2:
        yield f"How judges do on other data: nothing here goes beyond {clean(row.task)}"
        return
    (low, worst), (high, best) = min(parts), max(parts)
    yield (
        f"How judges do on other data: already here the {name_of(row.headline)} of {clean(row.judge)} runs from "
        f"{shown(row.headline, low)} ({clean(worst)}) to {shown(row.headline, high)} ({clean(best)})"
    )


def _about_verdicts(run: Reported) -> Iterator[Caveat]:
    row = run.rows[0]
    if "incomplete_run" in row.warnings:
        held, due = sum(row.statuses.values()), run.run.counts.get("cases", 0)
        yield Caveat(
            "How judges do on what is missing (the same run command resumes a run); verdicts that are here",
            f"{held:,} of {due:,}",
        )
    if row.coverage < 1:
        yield Caveat(
            "What judges would have said where they gave no usable verdict, which "
            f"{_UNUSABLE[row.policies.invalid]}; judgments without one",
            f"{percent(1 - row.coverage)}{_stricter(run)}",
        )
    if run.run.scale.kind in {"pair", "pick"} and "position_consistency" not in row.bias:
        yield Caveat("Whether verdicts depend on the order of the responses: each item was shown in one order only")
    if run.run.repeats < 2:
        yield Caveat("Whether a judge would say the same again: each case was asked once")


def _stricter(run: Reported) -> str:
    """Give the headline under the strict policy, where the benchmark's own forgives."""
    first = run.rows[0]
    other = next((row for row in run.rows[1:] if row.subset == "all" and row.policies.invalid == "wrong"), None)
    found = None if other is None else other.metrics.get(first.headline)
    if first.policies.invalid == "wrong" or found is None or found.value is None:
        return ""
    return f" ({name_of(first.headline)} {shown(first.headline, found.value)} if they count as wrong)"


def _about_judge(run: Reported, ways: Sequence[Reported]) -> Iterator[Caveat]:
    settings = run.run.settings
    backend = settings.get("backend")
    if backend == "replay":
        yield Caveat(
            "What a judge says today: verdicts were recorded by others, with their prompt, settings and model version"
        )
    elif "prompts" in settings:
        tried = "one of each was tried" if len(ways) == 1 else f"{len(ways)} ways of asking were tried"
        yield Caveat(f"What a judge would say to another prompt or with other settings: {tried}")
    if len(run.run.models) > 1:
        yield Caveat("What one model version does; versions that answered", str(len(run.run.models)))
    if backend not in {"baseline", "lexical"}:
        yield Caveat(
            "That a judge had not seen the answers: these items, or their labels, may have been in a model's training"
        )
