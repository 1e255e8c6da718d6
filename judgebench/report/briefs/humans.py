"""Annotators in brief: how far they agree, and who agrees with nobody."""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

from judgebench.report.document.blocks import Cell, Field, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief, again
from judgebench.report.document.text import clean, decimal
from judgebench.report.said import brief_name, differ, first_up, in_words, listed, of_100, spoken, two, whole
from judgebench.report.words import FEW_QUESTIONS, REASONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.people.humans import Annotator, Humans
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Fields, Grid
    from judgebench.report.document.brief import Next

__all__ = ["brief"]

_LEVEL = 0.05
#: So many people are shown.
_MOST = 20


def brief(tasks: Sequence[tuple[str, Humans]]) -> Brief:
    """Say how far people agree on each task: one by person, several by task."""
    if len(tasks) == 1:
        return _one(*tasks[0])
    known = [humans.kappa.value for _, humans in tasks if humans.kappa.value is not None]
    said = f"People agree on {len(tasks)} tasks"
    if known:
        low, high = (decimal(one, 2) for one in (min(known), max(known)))
        said += f" at a kappa of {low} to {high}" if low != high else f" at a kappa of {low}"
    told = {task: _outside(humans) for task, humans in tasks}
    odd = [f"On {clean(task)}: {_odd(found)}." for task, found in told.items() if found]
    return Brief((f"{said}.",), _by_task(tasks), tuple(odd[:MOST_NOTES]))


def _one(task: str, humans: Humans) -> Brief:
    who = first_up(in_words(humans.people.people))
    name = brief_name(humans.metric)
    if humans.kappa.value is None:
        why = REASONS.get(humans.kappa.undefined or "", "undefined")
        said = f"How far {who.lower()} people agree on {clean(task)} can't be told: {why}."
        return Brief((said,), _by_person(humans, {}))
    agree = f"{who} people agree on {clean(task)} at {_a(name)} of {spoken(humans.kappa)}"
    outside = _outside(humans)
    if outside:
        answer = f"{agree}, but {_odd(outside)}."
    else:
        share = humans.percent_agreement.value
        pair = "they" if humans.people.people == 2 else "two of them"
        answer = f"{agree}" + (f": {pair} say the same on {of_100(share, humans.items)}." if share is not None else ".")
    pulling = next((one for one in humans.annotators if one.name == humans.pulling), None)
    if pulling is not None:
        only = "only " if (pulling.without.value or 0.0) < humans.kappa.value else ""
        answer += f" Without {clean(pulling.name)} it is {only}{spoken(pulling.without)}."
    notes = [FEW_QUESTIONS] if "few_clusters" in humans.warnings else []
    if len(humans.annotators) > _MOST:
        notes.append(f"The {_MOST} of {len(humans.annotators)} who agree least; --format csv has all.")
    steps: tuple[Next, ...] = ()
    if pulling is not None:
        steps = again("humans", f"ask again without {clean(pulling.name)}", "--without", pulling.name)
        notes.insert(0, f"Look at {clean(pulling.name)}'s labels before you trust any judge by them.")
    return Brief((answer,), _by_person(humans, outside), tuple(notes), steps)


def _a(name: str) -> str:
    return f"{'an' if name.startswith('a') else 'a'} {name}"


def _odd(outside: dict[str, Annotator]) -> str:
    names = [f"{clean(one.name)} ({decimal(one.kappa.value or 0.0, 2)})" for one in outside.values()]
    nobody = all(map(_nobody, outside.values()))
    verb = "agrees with nobody" if nobody else "is clearly apart from the others"
    if len(names) == 1:
        return f"one of them {verb}: {names[0]}"
    return f"{in_words(len(names))} of them {verb.replace('agrees', 'agree').replace('is', 'are', 1)}: {listed(names)}"


def _nobody(one: Annotator) -> bool:
    return one.kappa.low is not None and one.kappa.low <= 0


def _outside(humans: Humans) -> dict[str, Annotator]:
    """Find those who clearly agree less with the others than these do among themselves: at 95 % for all people at once.

    Two intervals, each at the level that is left for one of so many, that lie apart.
    """
    people = [one for one in humans.annotators if one.kappa.value is not None and one.without.value is not None]
    if len(people) < 3:
        # Of two nobody can say who is apart.
        return {}
    z = NormalDist().inv_cdf(1 - _LEVEL / len(people) / 2)
    return {one.name: one for one in sorted(people, key=_place) if _high(one.kappa, z) < _low(one.without, z)}


def _high(one: Estimate, z: float) -> float:
    return (one.value or 0.0) + z * one.se if one.se is not None else 1.0


def _low(one: Estimate, z: float) -> float:
    return (one.value or 0.0) - z * one.se if one.se is not None else -1.0


def _place(one: Annotator) -> tuple[bool, float]:
    return one.kappa.value is None, one.kappa.value or 0.0


def _by_person(humans: Humans, outside: dict[str, Annotator]) -> Grid | None:
    """List people, those first who agree least with the others."""
    name = brief_name(humans.metric)

    def flag(one: Annotator) -> Cell:
        if one.name not in outside:
            return Cell("")
        return Cell("agrees with nobody" if _nobody(one) else "apart", tone="bad")

    fields: list[Field[Annotator]] = [
        Field("person", lambda one: one.name, right=False),
        Field("items", lambda one: f"{one.items:,}"),
        Field("same as the others", lambda one: whole(one.percent_agreement.value)),
        Field(f"{name} with the others", lambda one: two(one.kappa), right=False),
        *when(outside, Field("", flag, right=False)),
    ]
    return grid(fields, sorted(humans.annotators, key=_place)[:_MOST]) if humans.annotators else None


def _by_task(tasks: Sequence[tuple[str, Humans]]) -> Grid:
    fields: Fields[tuple[str, Humans]] = (
        Field("task", lambda one: one[0], right=False),
        Field("people", lambda one: f"{one[1].people.people:,}"),
        Field("items", lambda one: f"{one[1].items:,}"),
        Field("same", lambda one: whole(one[1].percent_agreement.value)),
        Field("kappa [95 % interval]", lambda one: two(one[1].kappa), right=False),
        *when(differ((humans for _, humans in tasks), "metric"), Field("", _kind, right=False)),
    )
    return grid(fields, tasks)


def _kind(one: tuple[str, Humans]) -> str:
    name = brief_name(one[1].metric)
    return "" if name == "kappa" else name
