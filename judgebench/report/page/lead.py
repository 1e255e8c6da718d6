"""The answer of a page: a heading and at most two sentences, by what is known of its judges."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from judgebench.report.document.text import clean, many
from judgebench.report.page.forest import short, value_text
from judgebench.report.said import brief_name, either, first_up, in_words, is_share, listed
from judgebench.report.stand_in import MARGIN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.domain import Estimate
    from judgebench.report.page.measured import Judge, Measured

__all__ = ["Lead", "crosses", "lead_of", "leads_of", "times", "which_is_best"]

#: Names in a sentence.
_MOST = 3
#: An interval that is so much wider than its distance from the bar is not settled by any number of items we'd name.
_FARTHEST = 5.0


class Lead(NamedTuple):
    """A heading, and the sentences below it."""

    heading: str
    text: str


def lead_of(one: Measured) -> Lead:
    """Answer for one task."""
    if not one.judges:
        return Lead(f"No judge was reached on {clean(one.task)}", _silent(one))
    if one.sample:
        who = one.judges[0].name if len(one.judges) == 1 else "a judge"
        return Lead(f"Sample rows can't say whether {who} can take a person's place", _sample(one))
    if one.alike:
        return _beside_people(one)
    return _by_gold(one)


def leads_of(tasks: Sequence[Measured]) -> Lead:
    """Answer for a page."""
    if not tasks:
        return Lead("There is no run to report", "")
    # Beside the data themselves a sample has nothing to say.
    own = {one.task for one in tasks if not one.sample}
    tasks = [one for one in tasks if not one.sample or one.task not in own]
    if len(tasks) == 1:
        return lead_of(tasks[0])
    told = [one for one in tasks if one.alike and not one.sample]
    yes = [one for one in told if one.of("yes")]
    no = [one for one in told if one.judges and len(one.of("no")) == len(one.judges)]
    unsure = [one for one in told if one not in yes and one not in no]
    if not told:
        why = "no task here has several people's labels"
        return Lead(
            f"{first_up(in_words(len(tasks)))} tasks, each with its own answer",
            f"Nothing tells whether a judge can take a person's place: {why}.",
        )
    names = [clean(one.task) for one in yes]
    if yes:
        heading = f"A judge can take a person's place on {in_words(len(yes))} of {in_words(len(tasks))} tasks"
    elif unsure:
        heading = f"Not sure whether a judge can take a person's place{_on_any(told)}"
    else:
        heading = f"No judge can take a person's place{_on_any(told)}"
    parts = [f"Yes on {listed(names)}" if yes else "", f"no on {listed([clean(one.task) for one in no])}" if no else ""]
    parts.append(f"not sure on {listed([clean(one.task) for one in unsure])}" if unsure else "")
    rest = len(tasks) - len(told)
    parts.append(f"nothing tells on the other{f' {in_words(rest)}' if rest > 1 else ''}" if rest else "")
    return Lead(heading, f"{first_up('; '.join(filter(None, parts)))}.")


def _on_any(tasks: Sequence[Measured]) -> str:
    """Name the only task, or count them."""
    return f" on {clean(tasks[0].task)}" if len(tasks) == 1 else f" on any of {in_words(len(tasks))} tasks"


def _beside_people(one: Measured) -> Lead:
    judges, yes, unsure, no = one.judges, one.of("yes"), one.of("open"), one.of("no")
    total = len(judges)
    first = judges[0]
    text = _same(one, yes or unsure or judges)
    if total == 1:
        heading = {
            "yes": f"{first.name} can take a person's place here",
            "no": f"{first.name} can't take a person's place here",
        }.get(first.state, f"Not sure whether {first.name} can take a person's place here")
        return Lead(heading, text + (f" {_hangs(one, unsure)}" if unsure else ""))
    if yes:
        heading = "can take a person's place here"
        heading = f"{_all_of(len(yes), total)} {heading}"
        rest = f" {_hangs(one, unsure, whose=True)}" if unsure else ""
        return Lead(heading, text + rest)
    if not unsure:
        none = "Neither judge" if total == 2 else f"None of {in_words(total)} judges"
        return Lead(f"{none} can take a person's place here", text)
    if no:
        return Lead(
            f"{_all_of(len(no), total)} can't take a person's place here", f"{text} {_hangs(one, unsure, whose=True)}"
        )
    which = "either judge" if total == 2 else f"any of {in_words(total)} judges"
    return Lead(f"Not sure whether {which} can take a person's place here", f"{text} {_hangs(one, unsure)}")


def _same(one: Measured, judges: Sequence[Judge]) -> str:
    """Say how often a judge gives the same label as a person, and how often two people do."""
    first, people = judges[0], one.people_share
    if people is None or people.value is None or first.share is None or first.share.value is None:
        kappa = brief_name(one.metric)
        return (
            f"{first.name} reaches a {kappa} of {value_text(one.metric, first.figure.value)} with a person, "
            f"two people {value_text(one.metric, one.people.value if one.people else None)}."
        )
    said = f"{first.name} {one.nouns.does} a person {times(first.share.value, one.items)}"
    second = judges[1] if len(judges) == 2 and len(one.judges) == 2 else None
    if second is not None and second.share is not None and second.share.value is not None:
        said += f", {second.name} {times(second.share.value, one.items, again=True)}"
    return f"{said}; two people do so {times(people.value, one.items, again=True)}."


def times(share: float, count: int, *, again: bool = False) -> str:
    """Put a share of so many items into a sentence, shorter where one was said just before.

    >>> times(0.594, 999), times(0.594, 999, again=True), times(0.594, 26)
    ('59 times in 100', '59 times', '59 % of the time')
    """
    number = f"{100 * share:.0f}"
    return f"{number} % of the time" if count < 100 else f"{number} times" if again else f"{number} times in 100"


def _hangs(one: Measured, judges: Sequence[Judge], *, whose: bool = False) -> str:
    """Say what an answer hangs on, and what would settle it."""
    if not judges:
        return ""
    rest = "others" if whose and len(judges) > 1 else ""
    who = "" if not whose else f"For {judges[0].name} " if len(judges) == 1 else f"For the {rest} "
    names = list(dict.fromkeys(name for judge in judges for name in judge.deciding))
    if names:
        on = f", {clean(names[0])} above all" if len(names) == 1 else ""
        return f"{who}{'it' if who else 'It'} depends on which annotators you ask{on}."
    groups = f" about {many(one.questions, 'question')}" if one.questions < one.items else ""
    if crosses(judges[0]):
        needed = _needed(one, judges[0])
        more = f" About {needed:,} {one.nouns.item}s would settle it, if the figure holds." if needed else ""
        left = f"{many(one.items, one.nouns.item)}{groups} leave it open."
        return f"{who}{left[:1] if who else first_up(left[:1])}{left[1:]}{more}"
    answer = judges[0].answer
    whys = () if answer is None else answer.whys
    return f"{who}{whys[0] if who else first_up(whys[0])}." if whys else ""


def crosses(judge: Judge) -> bool:
    """Whether the interval of a judge's share of people's figure reaches both sides of what it takes."""
    ratio = judge.ratio
    return ratio.low is not None and ratio.high is not None and ratio.low < 1 - MARGIN <= ratio.high


def _needed(one: Measured, judge: Judge) -> int | None:
    """Items that would narrow the interval of the ratio down to where it is clear of the bar."""
    ratio = judge.ratio
    if ratio.value is None or ratio.low is None or ratio.high is None:
        return None
    bar, half = 1 - MARGIN, (ratio.high - ratio.low) / 2
    gap = abs(ratio.value - bar)
    if gap * _FARTHEST < half:
        return None
    exact = one.items * (half / gap) ** 2
    unit = 10 ** max(0, len(str(int(exact))) - 2)
    return int(-(-exact // unit) * unit)


def _by_gold(one: Measured) -> Lead:
    found = one.leaders
    first = one.judges[0]
    why = first.unasked
    if len(one.judges) == 1 or found is None:
        best = "" if len(one.judges) == 1 else ", the highest figure here"
        return Lead(f"{_reaches(one, first)}{best}", why)
    ordered = [judge for judge in one.judges if judge.name in found.first]
    if len(found.first) == 1:
        second = one.judges[1]
        better = "better than the others" if len(one.judges) > 2 else f"better than {second.name}"
        gap = _gap(one, found.difference)
        figures = f"{first.name} reaches {_value(one, first)}, {second.name} {_value(one, second)}{gap}."
        return Lead(f"{first.name} is {better}", f"{figures} {why}")
    if len(ordered) <= _MOST:
        heading = f"{either([judge.name for judge in ordered])}: these data can't say which is best"
    else:
        heading = f"Any of {in_words(len(ordered))} judges may be best: these data can't say which"
    return Lead(heading, f"{_reaches(one, first)}. {why}")


def _gap(one: Measured, gap: Estimate | None) -> str:
    if gap is None or gap.low is None or gap.high is None:
        return ""
    unit = " points" if is_share(one.metric) else ""
    text = value_text(one.metric, gap.value).removesuffix(" %")
    ends = short(one.metric, gap.low, gap.high).replace(" %", "")
    return f", {text}{unit} apart ({ends})"


def _value(one: Measured, judge: Judge) -> str:
    return value_text(one.metric, judge.figure.value)


def _reaches(one: Measured, judge: Judge) -> str:
    if judge.share is not None and judge.share.value is not None and judge.row.gold not in {"verifier", "mixed"}:
        return f"{judge.name} {one.nouns.does} {one.whom} {times(judge.share.value, one.items)}"
    if judge.share is not None and judge.share.value is not None:
        return f"{judge.name} is right {times(judge.share.value, one.items)}"
    return f"{judge.name} reaches {_value(one, judge)} ({brief_name(one.metric)})"


def _sample(one: Measured) -> str:
    what = f"{many(one.items, one.nouns.item)} written to show how it works"
    return f"{what}: the figures try the plumbing and say nothing about a judge."


def _silent(one: Measured) -> str:
    return f"{listed([judge.name for judge in one.silent])} gave no usable answer; the same run command asks again."


def which_is_best(one: Measured) -> str:
    """Say which judge is best, if that is settled; empty for one judge."""
    found = one.leaders
    if found is None:
        return ""
    two = len(one.judges) == 2
    figure = {judge.name: value_text(one.metric, judge.figure.value) for judge in one.judges}
    first = list(found.first)
    if two and len(first) == 2:
        return f"{first[0]} may be; these {many(one.items, one.nouns.item)} can't say so."
    if len(first) == 1:
        others = "the others" if not two else found.behind[0]
        against = f": {figure[first[0]]} against {figure[found.behind[0]]}" if found.behind else ""
        return f"{first[0]} is better than {others}{against}{_gap(one, found.difference)}."
    which = either(first) if len(first) <= _MOST else f"any of {in_words(len(first))}"
    ahead = f"; {first[0]} is clearly ahead of {found.behind[0]}" if found.behind else ""
    return f"{which}: these data can't say which{ahead}."


def _all_of(some: int, total: int) -> str:
    if some == total:
        return "Both judges" if total == 2 else f"All {in_words(total)} judges"
    return f"{first_up(in_words(some))} of {in_words(total)} judges"
