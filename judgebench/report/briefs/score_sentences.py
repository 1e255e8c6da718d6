"""Sentences that say whether judges can take a person's place, or how far they agree where nobody can say that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from judgebench.report.document.text import decimal, many
from judgebench.report.said import brief_name, from_to, is_share, listed, of_100, reason, spoken, whom

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.report.line import Line

__all__ = ["sentences", "why"]

#: Tasks that have a sentence each.
_TASKS = 2
#: Judges that are named with their figures each.
_EACH = 2


def sentences(lines: Sequence[Line]) -> Iterator[str]:
    """Say it in a sentence or two."""
    tasks: dict[str, list[Line]] = {}
    for one in lines:
        tasks.setdefault(one.task, []).append(one)
    if len(tasks) > _TASKS or any(one.part for one in lines):
        yield from _counted(lines, list(tasks))
        return
    for task, own in tasks.items():
        silent = [one for one in own if not one.row.coverage]
        if silent:
            yield f"{listed([one.name for one in silent])} gave no usable verdict on {task}."
        heard = [one for one in own if one.row.coverage]
        if placed := [one for one in heard if one.state]:
            yield _placed(task, placed)
        if others := [one for one in heard if not one.state]:
            yield _agreeing(task, others)
            if said := next((one.unasked for one in others if one.single), ""):
                yield said


def _counted(lines: Sequence[Line], tasks: Sequence[str]) -> Iterator[str]:
    """Say in how many cases a judge can take a person's place, where there are too many to say of each."""
    judges = list(dict.fromkeys(one.name for one in lines))
    criteria = any(one.part for one in lines)
    what = f"criteria of {tasks[0]}" if criteria and len(tasks) == 1 else "tasks" if not criteria else "criteria"
    counts = {state: sum(one.state == state for one in lines) for state in ("yes", "open", "no", "")}
    if counts[""] == len(lines):
        who = judges[0] if len(judges) == 1 else many(len(judges), "judge")
        same = [one.same for one in lines if one.same is not None]
        on = f"{len(lines) // len(judges)} {what}"
        agrees = "agrees" if len(judges) == 1 else "agree"
        yield (
            f"On {on}, {who} {agrees} with {_side(lines)} on {from_to(same, _count(lines))}."
            if same
            else f"{who} on {on}."
        )
        return
    known = {"yes": "yes", "open": "not sure", "no": "no", "": "not known"}
    said = [f"{word} {_times(counts[state])}" for state, word in known.items() if counts[state]]
    who = judges[0] if len(judges) == 1 else many(len(judges), "judge")
    on = f"{len({(one.task, one.part) for one in lines})} {what}"
    yield f"{who} in a person's place on {on}: {', '.join(said)}."


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _placed(task: str, own: Sequence[Line]) -> str:
    if len(own) == 1:
        return _one(task, own[0])
    every = {state: [one for one in own if one.state == state] for state in ("yes", "open", "no")}
    facts = _facts(own)
    count = len(own)
    if len(every["no"]) == count:
        who = "Neither judge" if count == 2 else f"None of {count} judges"
        return f"{who} can take a person's place on {task}: {facts}."
    if len(every["yes"]) == count:
        who = "Both judges" if count == 2 else f"All {count} judges"
        return f"{who} can take a person's place on {task}: {facts}."
    if len(every["open"]) == count:
        who = "either judge" if count == 2 else f"any of {count} judges"
        whys = list(dict.fromkeys(map(why, own)))
        because = f", and {whys[0]}" if len(whys) == 1 else ""
        return f"Not sure whether {who} can take a person's place on {task}: {facts}{because}."
    sure, open_, no = every["yes"], _few(every["open"]), _few(every["no"])
    if sure:
        clauses = [f"{listed([one.name for one in sure])} can take a person's place"]
        clauses += [f"{open_} may be able to"] if open_ else []
    else:
        clauses = [f"{open_} may be able to take a person's place"]
    clauses += [f"{no} can't"] if no else []
    return f"On {task}, {', '.join(clauses)}: {facts}."


def _few(some: Sequence[Line]) -> str:
    return some[0].name if len(some) == 1 else f"{len(some)} judges" if some else ""


def _one(task: str, one: Line) -> str:
    facts = _facts([one])
    if one.state == "yes":
        return f"{one.name} can take a person's place on {task}: {facts}."
    if one.state == "no":
        return f"{one.name} can't take a person's place on {task}: {facts}."
    return f"Not sure whether {one.name} can take a person's place on {task}: {facts}, and {why(one)}."


def _facts(own: Sequence[Line]) -> str:
    """Hold judges' likeness to a person against that of two people."""
    same = [one.same for one in own if one.same is not None]
    alike = [one.alike for one in own if one.alike is not None]
    if len(same) < len(own) or len(alike) < len(own):
        name = brief_name(own[0].metric)
        ours = _values([one.figure.value for one in own])
        theirs = _values([one.people.value for one in own if one.people is not None])
        return f"{'its' if len(own) == 1 else 'their'} {name} with a person is {ours}, that of two people {theirs}"
    count = _count(own)
    people = f"two people {'do' if len(own) < 3 else 'do so'} on {from_to(alike, count, '')}"
    if len(own) == 1:
        return f"it says the same as a person on {of_100(same[0], count)}, {people}"
    if len(own) == _EACH:
        first, second = own
        return (
            f"{first.name} says the same as a person on {of_100(same[0], count)}, {second.name} on "
            f"{of_100(same[1], count, '')}; {people}"
        )
    return f"they say the same as a person on {from_to(same, count)}; {people}"


def _count(own: Sequence[Line]) -> int:
    """Count the items of the line that has fewest."""
    return min(one.items for one in own)


def _values(values: Sequence[float | None]) -> str:
    known = [one for one in values if one is not None]
    if not known:
        return "not defined"
    low, high = decimal(min(known), 2), decimal(max(known), 2)
    return low if low == high else f"{low} to {high}"


def why(one: Line) -> str:
    """Say what an answer that is not sure hangs on."""
    return one.answer.whys[0] if one.answer is not None and one.answer.whys else "the figures leave it open"


def _side(own: Sequence[Line]) -> str:
    sides = {whom(one.row.gold) for one in own}
    return sides.pop() if len(sides) == 1 else "gold"


def _agreeing(task: str, own: Sequence[Line]) -> str:
    """Say how far judges agree with gold, where nobody's place is asked for."""
    side, name = _side(own), brief_name(own[0].metric)
    same = [one.same for one in own if one.same is not None]
    one = own[0]
    if len(own) == 1:
        if one.same is None:
            value = reason(one.figure) if one.figure.value is None else spoken(one.figure)
            return f"On {task}, the {name} of {one.name} with {side} is {value}."
        beside = "" if is_share(one.metric) or one.figure.value is None else f"; {name} {spoken(one.figure)}"
        return f"{one.name} agrees with {side} on {of_100(one.same, one.items)} of {task}{beside}."
    values = _values([each.figure.value for each in own])
    if len(same) < len(own):
        return f"On {task}, the {name} of {len(own)} judges with {side} is {values}."
    beside = "" if is_share(one.metric) else f"; {name} {values}"
    if len(own) == _EACH:
        first, second = of_100(same[0], _count(own)), of_100(same[1], _count(own), "")
        return f"On {task}, {one.name} agrees with {side} on {first}, {own[1].name} on {second}{beside}."
    return f"On {task}, {len(own)} judges agree with {side} on {from_to(same, _count(own))}{beside}."
