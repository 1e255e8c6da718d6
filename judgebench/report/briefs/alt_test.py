"""The alternative annotator test in brief: who passes it, and on whom that hangs."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Literal, NamedTuple

from judgebench.report.document.blocks import Cell, Field, grid, when
from judgebench.report.document.brief import MOST_NOTES, Brief, again
from judgebench.report.document.text import NONE, clean, decimal
from judgebench.report.said import differ, known_as, listed, share_cell, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from judgebench.agreement.alt_test.codes import AltTest, Replaced
    from judgebench.domain import Estimate
    from judgebench.report.document.blocks import Fields, Grid, Tone

__all__ = ["brief"]

State = Literal["yes", "open", "no", "untested"]
_STATES: tuple[State, ...] = ("yes", "open", "no", "untested")
#: The test's own words: whether a judge can take a person's place is another question, which `score` answers.
_SAID: dict[State, tuple[str, Tone]] = {
    "yes": ("passes", "good"), "open": ("not sure", "doubt"), "no": ("doesn't pass", "bad"), "untested": (NONE, "")
}  # fmt: skip
#: What makes a pass say little, and what is said of it.
_EMPTY = {
    "majority_passes": "A judge who always gives the commonest label passes, too: the labels are too alike.",
    "few_annotators": "Fewer than 3 people: that so many are level with the judge says little.",
    "few_items": "Fewer than 50 items: the test finds little.",
}
_NOTES = _EMPTY | {
    "unanswered": "Items without a verdict count against the judge; --policy invalid=drop leaves them out.",
    "left_out_annotators": "People with too few items are left out: --min-items N, or --small wilcoxon.",
    "no_spread": "On every item judge and person differ by the same, so there is no test: below epsilon it is level.",
}
_MOST = 20


class _Line(NamedTuple):
    task: str
    judge: str
    result: AltTest

    @property
    def state(self) -> State:
        """Whether the judge passes, also where items that belong together count as one, and without each person."""
        found = self.result
        if found.passed is None:
            return "untested"
        # Of so few people the test alone says no more than that.
        if found.deciding or "few_annotators" in found.warnings:
            return "open"
        doubts = found.passed_clustered is False or not _EMPTY.keys().isdisjoint(found.warnings)
        return "no" if not found.passed else "open" if doubts else "yes"


def brief(
    tests: Sequence[tuple[str, str, AltTest]],
    sweeps: Sequence[Sequence[tuple[float, Estimate]]] = (),
    margin: str = "",
) -> Brief:
    """Say of each judge whether it passes, then show all of them, or the people of one.

    ``sweeps`` are winning rates by epsilon, which are shown instead where there are any; ``margin`` says which epsilon
    was taken, and why.
    """
    names = known_as(judge for _, judge, _ in tests)
    lines = [_Line(task, names[judge], result) for task, judge, result in tests]
    tasks = list(dict.fromkeys(one.task for one in lines))
    answer = tuple(said for task in tasks for said in _answer(task, [one for one in lines if one.task == task]))
    codes = dict.fromkeys(code for one in lines if one.state != "untested" for code in one.result.warnings)
    notes = [*filter(None, [margin]), *(text for code, text in _NOTES.items() if code in codes)]
    hanging = next((one.result.deciding[0] for one in lines if one.result.deciding), "")
    steps = again("alt-test", f"ask again without {clean(hanging)}", "--without", hanging) if hanging else ()
    table = _people(lines[0].result) if len(lines) == 1 else _judges(lines)
    if any(sweeps):
        table = _swept(lines, sweeps)
    return Brief(answer, table, tuple(notes[:MOST_NOTES]), steps)


def _answer(task: str, lines: Sequence[_Line]) -> list[str]:
    groups: list[tuple[State, list[_Line]]] = [
        (state, [one for one in lines if one.state == state]) for state in _STATES
    ]
    names = itertools.chain([f"the alternative annotator test on {clean(task)}"], itertools.repeat("it"))
    return [
        f"{_said(state, sorted(those, key=lambda one: -one.result.level[0]), name)}."
        for (state, those), name in zip([group for group in groups if group[1]], names, strict=False)
    ]


def _said(state: State, those: Sequence[_Line], test: str) -> str:
    who, level = listed([one.judge for one in those]), f"level with {_span(those)}"
    passes, does = ("pass", "don't") if len(those) > 1 else ("passes", "doesn't")
    if state == "untested":
        return f"Nothing can be said of {who} by {test}: nobody has enough items (--min-items)"
    if state == "open" and all(one.result.deciding for one in those):
        return f"Whether {who} {passes} {test} depends on which people you ask: {level}{_hangs(those)}"
    if state == "open":
        return f"Not sure whether {who} {passes} {test}: {level}"
    return f"{who} {passes if state == 'yes' else f'{does} pass'} {test}: {level}"


def _span(those: Sequence[_Line]) -> str:
    wins, people = (sorted(set(counts)) for counts in zip(*(one.result.level for one in those), strict=True))
    of = f" of {people[0]} people" if len(people) == 1 else " people"
    return (f"{wins[0]} to {wins[-1]}" if len(wins) > 1 else f"{wins[0]}") + of


def _hangs(those: Sequence[_Line]) -> str:
    """Name the person on whom it hangs, where there is one judge to tell."""
    if len(those) > 1:
        return ""
    found = those[0].result
    rest = next(one for one in found.without if one.name == found.deciding[0])
    wins = round((rest.winning_rate.value or 0.0) * rest.winning_rate.n)
    return f", without {clean(rest.name)} with {wins} of {rest.winning_rate.n}"


def _judges(lines: Sequence[_Line]) -> Grid:
    fields: list[Field[_Line]] = [
        *when(differ(lines, "task"), Field("task", lambda one: one.task, right=False)),
        Field("judge", lambda one: one.judge, right=False),
        Field("the test", lambda one: Cell(_SAID[one.state][0], tone=_SAID[one.state][1]), right=False),
        Field("level with", lambda one: "{} of {}".format(*one.result.level) if one.result.winning_rate.n else NONE),
        Field("but not without", lambda one: _names(one.result.deciding), right=False),
        Field(("as close as", "the person [95 %]"), lambda one: share_cell(one.result.advantage), right=False),
    ]
    rows = sorted(lines, key=lambda one: (one.task, _STATES.index(one.state), -(one.result.advantage.value or 0.0)))
    made = grid(fields, rows)
    return made if any(one.result.deciding for one in lines) else made.without("but not without")


def _swept(lines: Sequence[_Line], sweeps: Sequence[Sequence[tuple[float, Estimate]]]) -> Grid:
    """Set the share of people with whom each judge is level below the epsilons."""

    def rate(at: int) -> Callable[[tuple[_Line, Sequence[tuple[float, Estimate]]]], str]:
        return lambda one: whole(one[1][at][1].value)

    steps = [epsilon for epsilon, _ in next(sweep for sweep in sweeps if sweep)]
    fields: Fields[tuple[_Line, Sequence[tuple[float, Estimate]]]] = (
        Field("level, give or take", lambda one: one[0].judge, right=False),
        *(Field(decimal(epsilon, 2), rate(at)) for at, epsilon in enumerate(steps)),
    )
    return grid(fields, zip(lines, sweeps, strict=True))


def _names(deciding: Sequence[str]) -> str:
    more = f" +{len(deciding) - 1}" if len(deciding) > 1 else ""
    return f"{clean(deciding[0])}{more}" if deciding else ""


def _people(found: AltTest) -> Grid:
    """List the people whose place one judge would take, those first with whom it isn't level."""

    def level(one: Replaced) -> Cell:
        words = {True: Cell("yes", tone="good"), False: Cell("no", tone="bad"), None: Cell("left out")}
        return words[one.wins]

    fields: Fields[Replaced] = (
        Field("person", lambda one: one.name, right=False),
        Field("items", lambda one: f"{one.n:,}"),
        Field("judge as close", lambda one: whole(one.judge)),
        Field("person as close", lambda one: whole(one.human)),
        Field(f"level, give or take {decimal(found.epsilon, 2)}?", level, right=False),
    )
    rows = sorted(found.annotators, key=lambda one: (one.wins is True, one.wins is None, one.judge or 0.0))
    return grid(fields, rows[:_MOST])
