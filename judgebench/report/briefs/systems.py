"""In brief whether judges put systems in the order in which people put them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.blocks import Cell, Field, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief
from judgebench.report.document.text import NONE, clean, figure
from judgebench.report.said import clear, differ, known_as, listed, share_cell, two, whom
from judgebench.report.words import FEW_QUESTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.systems.systems import SystemsAgreement, SystemScore
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Fields, Grid

__all__ = ["Ordered", "brief"]

#: Of fewer systems a rank correlation says next to nothing.
_ENOUGH = 8
_MOST = 25
_NAMED = 3
#: Warnings that change what a reader does, and what is said of the judges.
_NOTES = {
    "unequal_coverage": "{who} answers for some systems more often than for others: see --policy invalid=drop.",
    "unjudged_systems": "{who} contradicts itself on some systems, which are left out.",
    "few_clusters": FEW_QUESTIONS,
    "lost_draws": "Some resamples gave no order; where many did, there is no interval.",
    "unnamed_systems": "Rows that name no system are left out.",
}


class Ordered(NamedTuple):
    """One judge's order of the systems of a task, and who gave the gold."""

    task: str
    judge: str
    gold: str
    found: SystemsAgreement


def brief(rankings: Sequence[Ordered], reasons: Mapping[str, str]) -> Brief:
    """Say how much of the order is the same, then the systems of one judge, or a line for each judge."""
    names = known_as(one.judge for one in rankings)
    rankings = [one._replace(judge=names[one.judge]) for one in rankings]
    tasks = dict.fromkeys(one.task for one in rankings)
    answer = tuple(_answer([one for one in rankings if one.task == task], reasons) for task in tasks)
    table = _systems(rankings[0]) if len(rankings) == 1 else _judges(rankings)
    return Brief(answer, table, tuple(_notes(rankings))[:MOST_NOTES])


def _answer(those: Sequence[Ordered], reasons: Mapping[str, str]) -> str:
    known = [one for one in those if _alike(one).value is not None]
    task, people = clean(those[0].task), whom(those[0].gold)
    if not known:
        why = reasons.get(_alike(those[0]).undefined or "", _alike(those[0]).undefined)
        return f"The order of {len(those[0].found.systems)} systems on {task} can't be compared: {why}."
    order = f"of 100 pairs of systems in the order in which {people} {'do' if people == 'people' else 'does'}"
    shares = [figure(100 * (_alike(one).value or 0.0), 0) for one in known]
    if len(known) == 1:
        bounds = share_cell(_alike(known[0])).partition(" [")[2].replace(", ", " to ").removesuffix("]")
        told = f"{known[0].judge} puts {shares[0]} {order}{bounds and f' ({bounds})'}"
        return f"On {task}, {told}; {_top(known[0], people)}."
    who = listed([one.judge for one in known]) if len(known) <= _NAMED else f"{len(known)} judges"
    low, high = min(shares, key=float), max(shares, key=float)
    return f"On {task}, {who} put {low if low == high else f'{low} to {high}'} {order}."


def _alike(one: Ordered) -> Estimate:
    return one.found.agreement["pairwise_accuracy"]


def _firsts(one: Ordered) -> tuple[list[str], list[str]]:
    """Name the systems that gold, and the judge, put first."""
    systems = one.found.systems
    gold, judge = min(each.gold_rank for each in systems), min(each.judge_rank for each in systems)
    return (
        [clean(each.name) for each in systems if each.gold_rank == gold],
        [clean(each.name) for each in systems if each.judge_rank == judge],
    )


def _top(one: Ordered, people: str) -> str:
    gold, judge = _firsts(one)
    if gold == judge:
        return f"both put {listed(gold)} first"
    return f"it puts {listed(judge)} first, {people} {listed(gold)}"


def _judges(rankings: Sequence[Ordered]) -> Grid:
    enough = min(len(one.found.systems) for one in rankings) >= _ENOUGH
    fields: Fields[Ordered] = (
        *when(differ(rankings, "task"), Field("task", lambda one: one.task, right=False)),
        Field("judge", lambda one: one.judge, right=False),
        Field("systems", lambda one: len(one.found.systems)),
        Field("same order [95 %]", lambda one: share_cell(_alike(one)), right=False),
        Field("same first", lambda one: len(set(map(tuple, _firsts(one)))) == 1),
        *when(enough, Field("rank correlation", lambda one: two(one.found.agreement["kendall_tau"]), right=False)),
        Field("favours", lambda one: _sure(one, 1), right=False, spare=True),
        Field("is hard on", lambda one: _sure(one, -1), right=False, spare=True),
    )

    def place(one: Ordered) -> tuple[str, float]:
        value = _alike(one).value
        return one.task, 2.0 if value is None else -value

    return grid(fields, sorted(rankings, key=place))


def _sure(one: Ordered, way: int) -> str:
    those = [clean(each.name) for each in one.found.systems if _bias(each) == way]
    return listed(those, 2) if those else NONE


def _bias(one: SystemScore) -> int:
    value = one.bias.value
    return 0 if value is None or not clear(one.p_holm) else 1 if value > 0 else -1


def _systems(one: Ordered) -> Grid:
    people = whom(one.gold)
    words = {1: Cell("too high", tone="bad"), 0: Cell(""), -1: Cell("too low", tone="bad")}
    fields: Fields[SystemScore] = (
        Field("system", lambda each: each.name, right=False),
        Field(("place by", people), lambda each: f"{each.gold_rank:g}"),
        Field(("place by", "judge"), lambda each: f"{each.judge_rank:g}"),
        Field(f"score by {people}", lambda each: two(each.gold), right=False),
        Field("score by judge", lambda each: two(each.judge), right=False),
        Field("judge - " + people, lambda each: two(each.bias), right=False),
        *when(any(map(_bias, one.found.systems)), Field("", lambda each: words[_bias(each)], right=False)),
    )
    return grid(fields, sorted(one.found.systems, key=lambda each: each.gold_rank)[:_MOST])


def _notes(rankings: Sequence[Ordered]) -> Iterator[str]:
    for anchor in dict.fromkeys(one.found.anchor for one in rankings if one.found.anchor):
        yield f"Win rates are against {clean(anchor)} only."
    fewest = min(len(one.found.systems) for one in rankings)
    if fewest < _ENOUGH:
        yield f"{fewest} systems are few: a single swap moves these figures a lot."
    for code, text in _NOTES.items():
        if those := [one.judge for one in rankings if code in one.found.warnings]:
            yield text.format(who=listed(list(dict.fromkeys(those))))
    if len(rankings) == 1 and (left := len(rankings[0].found.systems) - _MOST) > 0:
        yield f"{left} more systems: --explain."
