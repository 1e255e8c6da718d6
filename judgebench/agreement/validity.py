"""Is a judge fit for use? One line a question, each with a state and a reason.

The questions are those of a minimum protocol: agreement corrected for chance, both orders, repeated askings, more than
one kind of gold, stability that hides a bias, the human ceiling, and what leads the judge.

Source: Norman et al. (2026), Reliability without validity (arXiv:2606.19544).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from judgebench.domain import Estimate, Scale

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.probing.measure import Probed
    from judgebench.domain import Agreement

State: TypeAlias = Literal["pass", "warn", "fail", "open"]
#: What a figure is: a share of cases, a kappa or its kin, or points of a rating.
Unit: TypeAlias = Literal["share", "coefficient", "points"]
#: Worst first; ``open`` is what could not be looked at.
STATES: tuple[State, ...] = ("fail", "warn", "open", "pass")


@dataclass(frozen=True, slots=True)
class Limits:
    """What is asked of a judge.

    ``agreement`` is the least headline (a kappa or its like), ``answered`` the least share of cases with a verdict,
    ``itself`` the least agreement with itself, ``place`` the most that one place may gain over one half, ``led`` the
    most that a change may lead it, in shares of cases (on ratings in points), ``repeats`` the fewest askings.
    """

    agreement: float = 0.4
    answered: float = 0.95
    itself: float = 0.9
    place: float = 0.1
    led: float = 0.1
    repeats: int = 3


class Line(NamedTuple):
    """One answer: what about, of which task (empty: all), its state, the figure behind it, and the reason in a word.

    ``limit`` is what the figure was held against, in the same ``unit``; ``more`` names what the reason is about, and
    ``revision`` is the task's. Where the figure is people's, ``beside`` is the judge's.
    """

    about: str
    task: str
    state: State
    figure: Estimate | None
    reason: str
    limit: float | None = None
    more: tuple[str, ...] = ()
    unit: Unit = "share"
    revision: str = ""
    beside: Estimate | None = None


class Evidence(NamedTuple):
    """What is known of the judge on one task: its row of all items, how often it was asked, and the probes' findings.

    ``domain`` says what kind of gold and question the task has: two tasks that share it are one construct.
    """

    task: str
    row: Agreement
    repeats: int
    both_orders: bool
    probes: Mapping[str, Probed]
    domain: str = ""


def validate(evidence: Sequence[Evidence], limits: Limits, models: Sequence[str] = ()) -> list[Line]:
    """Answer every question for every task, then those about all of them; ``models`` are the versions that answered."""
    found: list[Line] = []
    for one in evidence:
        found += [line._replace(revision=one.row.revision) for line in _of_task(one, limits)]
    found += [_constructs(evidence), _version(models)]
    return found


def overall(lines: Sequence[Line]) -> State:
    """Give the worst state; what could not be looked at is a warning."""
    states = {line.state for line in lines}
    return "fail" if "fail" in states else "warn" if states & {"warn", "open"} else "pass"


def _of_task(one: Evidence, limits: Limits) -> Iterator[Line]:
    row = one.row
    headline = row.metrics.get(row.headline)
    if headline is not None:
        yield _held("agreement", one.task, headline, limits.agreement, "above")._replace(unit="coefficient")
    yield _covered(one, limits)
    yield from _orders(one, limits)
    yield from _itself(one, limits)
    # Agreement with a majority is not what two people have with each other: the judge is one of two as well.
    yield _ceiling(one.task, row.ceiling.get(f"judge_vs_each_{row.headline}"), row.ceiling.get(row.headline))
    unit: Unit = "points" if row.scale and Scale.parse(row.scale).numeric else "share"
    yield from (line._replace(unit=unit) for line in _led(one, limits))


def _held(about: str, task: str, figure: Estimate, limit: float, good: Literal["above", "below"]) -> Line:
    """Pass where the interval lies on the good side of a limit, fail where it lies on the other."""
    if figure.value is None:
        return Line(about, task, "open", figure, figure.undefined or "undefined", limit)
    low, high = figure.low, figure.high
    if low is None or high is None:
        return Line(about, task, "warn", figure, "no_interval", limit)
    passed, failed = (low >= limit, high < limit) if good == "above" else (high <= limit, low > limit)
    if passed:
        return Line(about, task, "pass", figure, good, limit)
    if failed:
        return Line(about, task, "fail", figure, "below" if good == "above" else "above", limit)
    return Line(about, task, "warn", figure, "unsure", limit)


def _covered(one: Evidence, limits: Limits) -> Line:
    share = Estimate.alone(one.row.coverage, one.row.items, "counted")
    state: State = "pass" if one.row.coverage >= limits.answered else "warn" if one.row.coverage >= 0.8 else "fail"
    return Line("answers", one.task, state, share, "answered" if state == "pass" else "silent", limits.answered)


def _orders(one: Evidence, limits: Limits) -> Iterator[Line]:
    """Whether the place of an answer counts: on pairs the share of the first slot, less one half."""
    first = one.row.bias.get("first_slot_rate")
    if first is None:
        return
    if not one.both_orders:
        yield Line("position", one.task, "open", None, "one_order")
    elif first.value is None:
        yield Line("position", one.task, "open", first, first.undefined or "undefined", limits.place)
    elif first.low is None or first.high is None:
        lean = Estimate.alone(abs(first.value - 0.5), first.n, first.no_interval or "no_interval")
        yield Line("position", one.task, "open", lean, "no_interval", limits.place)
    else:
        away = (abs(first.low - 0.5), abs(first.high - 0.5))
        # The furthest bound, and the nearest: none where the interval holds one half.
        near = 0.0 if first.low <= 0.5 <= first.high else min(away)
        lean = Estimate(abs(first.value - 0.5), near, max(away), first.n, method=first.method)
        yield _held("position", one.task, lean, limits.place, "below")


def _itself(one: Evidence, limits: Limits) -> Iterator[Line]:
    again = one.row.bias.get("retest_agreement")
    if again is None or one.repeats < 2:
        yield Line("repeats", one.task, "open", None, "asked_once", limits.itself)
        return
    line = surely = _held("repeats", one.task, again, limits.itself, "above")
    if one.repeats < limits.repeats and line.state == "pass":
        line = line._replace(state="warn", reason="few_repeats")
    yield line
    steady = again.value is not None and again.value >= limits.itself
    led = tuple(name for name, found in one.probes.items() if found.led)
    first = one.row.bias.get("first_slot_rate")
    if first is not None and first.low is not None and first.high is not None and not first.low <= 0.5 <= first.high:
        led = ("position", *(name for name in led if name != "position"))
    if steady and not led and surely.state != "pass":
        # It is not known to be stable, so that it says nothing that it is not seen to be led.
        yield surely._replace(about="stable but led")
    elif steady:
        yield Line("stable but led", one.task, "fail" if led else "pass", again, "led" if led else "stable", more=led)


def _ceiling(task: str, judge: Estimate | None, ceiling: Estimate | None) -> Line:
    """Whether the judge agrees with a person as far as two people do; what fails a judge are limits that were given."""
    if ceiling is None or ceiling.value is None:
        return Line("human ceiling", task, "open", None, "no_ceiling")
    if judge is None or judge.value is None:
        return Line("human ceiling", task, "open", ceiling, (judge and judge.undefined) or "not_measured")
    high = judge.high if judge.high is not None else judge.value
    within = high >= (ceiling.low if ceiling.low is not None else ceiling.value)
    reason = "at_ceiling" if within else "below_ceiling"
    state: State = "pass" if within else "warn"
    return Line("human ceiling", task, state, ceiling, reason, unit="coefficient", beside=judge)


def _led(one: Evidence, limits: Limits) -> Iterator[Line]:
    """One line for each probe that leads the judge, and one for all others."""
    rest: list[str] = []
    unsure: list[str] = []
    for name, found in one.probes.items():
        seen, most = _led_by(found)
        if found.led:
            state: State = "fail" if seen is not None and seen > limits.led else "warn"
            yield Line(f"led by {name}", one.task, state, found.effect, "beyond_placebo", limits.led)
        elif most is None or most > limits.led:
            unsure.append(name)
        else:
            rest.append(name)
    if unsure:
        yield Line("other probes", one.task, "warn", None, "not_ruled_out", limits.led, tuple(unsure))
    if rest:
        yield Line("probes", one.task, "pass", None, "ruled_out", limits.led, tuple(rest))
    if not one.probes:
        yield Line("probes", one.task, "open", None, "no_probes")


def _led_by(found: Probed) -> tuple[float | None, float | None]:
    """How far a judge is led, as seen and at most, in either direction where both count; None for unknown."""
    value, low, high = found.effect.value, found.effect.low, found.effect.high
    if value is None or low is None or high is None:
        return value, None
    return (abs(value), max(-low, high)) if found.either else (value, high)


def _constructs(evidence: Sequence[Evidence]) -> Line:
    kinds = tuple(dict.fromkeys(one.domain for one in evidence))
    if len(evidence) > 1 and len(kinds) > 1:
        return Line("tasks", "", "pass", None, "several_tasks", more=tuple(one.task for one in evidence))
    return Line("tasks", "", "warn", None, "one_task" if len(evidence) < 2 else "one_kind", more=kinds)


def _version(models: Sequence[str]) -> Line:
    """Whether one model version answered: another one may judge otherwise."""
    if not models:
        return Line("version", "", "open", None, "no_version")
    if len(models) > 1:
        return Line("version", "", "warn", None, "versions", more=tuple(models))
    return Line("version", "", "pass", None, "one_version", more=tuple(models))
