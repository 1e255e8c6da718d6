"""A gate's decision in two lines, or a line for each of its figures; the first is what a CI system's page shows."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from judgebench.report.document.blocks import Cell, Field, grid
from judgebench.report.document.brief import MOST_NOTES, WIDEST, Brief, Next
from judgebench.report.document.text import decimal, interval, many
from judgebench.report.gate.words import STATES, amount, change, on_part, reason, safe, title, value
from judgebench.report.said import brief_name, first_up, known_as

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from judgebench.agreement.gate.rules import Gate, GateLine, State
    from judgebench.report.document.blocks import Fields, Grid, Tone

__all__ = ["brief", "figure_of", "sentence"]

_TONES: dict[State, Tone] = {"pass": "good", "fail": "bad", "undecided": "doubt"}
_ORDER = ("fail", "undecided", "pass")
#: So many figures are shown.
_MOST = 20
#: Larger numbers of items are rounded.
_ROUNDED = 100


def brief(found: Gate, cautions: Sequence[str], compare: str = "") -> Brief:
    """Say the decision; ``cautions`` in words, ``compare`` is the command that shows what changed."""
    head = Cell(STATES[found.state], tone=_TONES[found.state])
    same = found.state == "pass" and all(line.reason == "unchanged" for line in found.lines)
    if same:
        return Brief((sentence(found, found.lines[0], of_all=True), _others(found)), notes=(*cautions[:2],), head=head)
    steps = (Next(compare),) if compare and found.state == "fail" else ()
    if len(found.lines) == 1:
        (line,) = found.lines
        answer = tuple(filter(None, (sentence(found, line), " ".join(_more(found, line)))))
        # What doesn't end with its line goes on in the next one.
        answer = answer if len(answer[0]) <= WIDEST - len(head.text) - 2 else (" ".join(answer),)
        return Brief(answer, None, tuple(cautions[:MOST_NOTES]), steps, head)
    notes = list(cautions[: MOST_NOTES - 1])
    if (left := len(found.lines) - _MOST) > 0:
        notes.append(f"{many(left, 'more figure')}: --explain.")
    return Brief((_together(found), f"{_differ(found)}."), _lines(found), tuple(notes), steps, head)


def sentence(found: Gate, line: GateLine, *, of_all: bool = False) -> str:  # noqa: PLR0911 - one a state and reason
    """Say what became of one figure."""
    run = known_as([found.baseline, found.run])[found.run]
    name = figure_of(line)
    values = f"{name} {value(line, line.run)} against {value(line, line.baseline)}"
    worse, limit, sure = line.worse, amount(line, line.limit), f"{100 * (1 - found.rules.alpha):g} % sure"
    if line.state == "fail":
        known = "" if worse.low is None else f", at least {amount(line, worse.low)}"
        return f"{run} is worse than the baseline: {values}, by {amount(line, worse.value)}{known}."
    if line.state == "undecided":
        if worse.low is None or worse.high is None:
            return f"{first_up(values)}: {reason(line) or 'too few questions'}."
        known = f"{change(line, worse.low)} to {change(line, worse.high)}"
        return f"{name} {value(line, line.run)}, baseline {value(line, line.baseline)}: {known}; allowed {limit}."
    if line.reason == "unchanged":
        where = "" if of_all or line.subset == "all" else f" on {safe(line.subset)}"
        count = f"{found.judgments:,} " if not where else ""
        return f"All {count}verdicts{where} are the same as the baseline's."
    if line.reason == "unmoved":
        return f"{_differ(found)}, but {name} stays {value(line, line.run)}."
    if line.reason or worse.high is None:
        return f"{first_up(values)}: {reason(line)}."
    if worse.high < 0:
        return f"{run} is better than the baseline: {values}, by at least {amount(line, -worse.high)} ({sure})."
    return f"Not worse than allowed: {values}, worse by {amount(line, worse.high)} at most ({sure}; allowed {limit})."


def figure_of(line: GateLine) -> str:
    """Name a line's figure, and its part of the data."""
    return on_part(title(line) if line.operation else safe(brief_name(line.figure)), line)


def _others(found: Gate) -> str:
    from judgebench.stats.inference.intervals import rule_of_three  # noqa: PLC0415 - loads numpy, which --help must not

    share = rule_of_three(found.clusters, 1 - found.rules.alpha)
    return f"This says nothing about other items: up to {100 * share:.1f} % of those may still change."


def _more(found: Gate, line: GateLine) -> Iterator[str]:
    worse = line.worse
    counts = f"{_differ(found)}."
    if line.state == "pass" and not line.reason and worse.high is not None and worse.high >= 0:
        yield counts
    if line.state == "fail":
        limit = amount(line, line.limit)
        if line.strict and worse.high is not None and worse.high < line.limit:
            yield f"That is within the {limit} allowed; --strict fails any clear drop."
        else:
            # A comparison's interval has two sides, and may leave open what fails here.
            level = "" if worse.low is None else f" (one-sided, at {100 * found.rules.alpha:g} %)"
            yield f"Allowed: {limit}{level}."
        if not line.operation:
            yield counts
    if line.state == "undecided" and worse.low is not None and worse.high is not None:
        yield f"{many(found.items, 'item')} are too few for that."
        near = -1 if (line.needed or 0) >= _ROUNDED else 0
        ways = [] if line.needed is None else [f"About {round(line.needed, near):,}"]
        if not line.operation and (margin := math.floor(100 * worse.high + 1) / 100) < 1:
            ways.append(f"--margin {decimal(margin, 2)}")
        if ways:
            yield f"{' would do, or '.join(ways)}{' would do' * (len(ways) < 2)}."


def _differ(found: Gate) -> str:
    return f"{found.differ:,} of {many(found.judgments, 'verdict')} differ{'s' * (found.differ == 1)}"


def _together(found: Gate) -> str:
    """Say how many figures decide, and name some."""
    those = [line for line in found.lines if line.state == found.state]
    total = many(len(found.lines), "figure")
    if found.state == "pass":
        return f"None of {total} is worse than allowed."
    names = ", ".join(figure_of(line) for line in those[:3]) + (", …" if len(those) > 3 else "")
    if found.state == "fail":
        return f"{len(those)} of {total} {'is' if len(those) == 1 else 'are'} worse than the baseline's: {names}."
    needed = "" if found.needed is None else f" About {many(found.needed, 'item')} would do."
    return f"No figure is clearly worse, but {len(those)} of {total} can't be told on these items: {names}.{needed}"


def _lines(found: Gate) -> Grid:
    """Set the figures below each other, those that decide first."""
    level = f"{100 * (1 - found.rules.alpha):g} % each"
    fields: Fields[GateLine] = (
        Field("result", lambda line: Cell(STATES[line.state], tone=_TONES[line.state]), right=False),
        Field("figure", figure_of, right=False),
        Field("baseline", lambda line: value(line, line.baseline)),
        Field("run", lambda line: value(line, line.run)),
        Field(f"worse by [{level}]", lambda line: interval(line.worse, partial(amount, line)), right=False),
        Field("allowed", lambda line: amount(line, line.limit)),
    )
    return grid(fields, sorted(found.lines, key=lambda line: _ORDER.index(line.state))[:_MOST])
