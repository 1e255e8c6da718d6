"""How a gate speaks, safe in the log of a CI system: in words, and as JUnit XML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from judgebench.report import junit
from judgebench.report.document.text import NONE, clean, decimal, many, words_of
from judgebench.report.words import REASONS
from judgebench.stats.coefficients.catalog import title_of

if TYPE_CHECKING:
    from judgebench.agreement.gate.rules import Gate, GateLine
    from judgebench.domain import Estimate

__all__ = [
    "STATES",
    "amount",
    "change",
    "line_name",
    "on_part",
    "phrase",
    "reason",
    "relative",
    "safe",
    "title",
    "to_junit",
    "value",
    "verdict",
]

#: The states, in words.
STATES = {"pass": "PASS", "fail": "FAIL", "undecided": "CAN'T TELL"}
_OPERATIONS = {
    "coverage": "coverage",
    "flip_rate": "position flips",
    "cost": "cost per judgment (USD)",
    "latency": "seconds per judgment",
}
_REASONS = REASONS | {
    "unchanged": "the same verdicts throughout",
    "unmoved": "verdicts differ, but the figure moves nowhere",
    "one_question": "all items share one question, so nothing can be tested",
    "no_error": "this figure carries no error",
    "unknown_price": "the price of some answers is not known",
    "nothing_before": "the baseline took nothing, so an increase has no measure",
}
#: How many lines a sentence names.
_NAMED = 3


def safe(text: str) -> str:
    r"""Make a name safe in the log of a CI system, which reads lines such as ``::error::`` as commands.

    >>> print(safe("x\n::error::y"), safe("##[debug]"))
    x\n:\x3aerror:\x3ay ##\x5bdebug]
    """
    return clean(text).replace("::", ":\\x3a")


def title(line: GateLine) -> str:
    """Name the figure of a line."""
    named = _OPERATIONS.get(line.figure) if line.operation else None
    return safe(named or title_of(line.figure))


def line_name(line: GateLine) -> str:
    """Name a line: the figure, and where it is not about all items."""
    return on_part(title(line), line)


def on_part(name: str, line: GateLine) -> str:
    """Say of which part of the data a name is, where it is not about all items."""
    return name if line.subset == "all" else f"{name} on {safe(line.subset)}"


def relative(line: GateLine) -> bool:
    """Whether its worsening is a part of the baseline's."""
    return line.operation and line.figure in {"cost", "latency"}


def amount(line: GateLine, worse: float | None) -> str:
    """Write a worsening: in the figure's unit, or as a part of the baseline's."""
    if worse is None:
        return NONE
    return f"{100 * worse:.1f} %" if relative(line) else decimal(worse)


def value(line: GateLine, one: Estimate) -> str:
    """Write a figure."""
    if one.value is None:
        return NONE
    # Dollars per judgment are small.
    return f"{one.value:.3g}" if relative(line) else decimal(one.value)


def change(line: GateLine, value: float | None) -> str:
    """Say a worsening in words."""
    if value is not None and value < 0:
        return f"better by {amount(line, -value)}"
    return f"worse by {amount(line, value)}"


def reason(line: GateLine) -> str:
    """Say why there is nothing to test."""
    return words_of(line.reason, _REASONS)


def phrase(line: GateLine, alpha: float) -> str:
    """Say in a few words what became of one line."""
    worse = line.worse
    values = f"{line_name(line)} {value(line, line.baseline)} before, {value(line, line.run)} now"
    sure, limit = f"{100 * (1 - alpha):g} % sure", amount(line, line.limit)
    if line.state == "fail":
        known = f", at least {amount(line, worse.low)} ({sure})" if worse.low is not None else ""
        return f"{values}: {change(line, worse.value)}{known}{f', allowed {limit}' if line.operation else ''}"
    if line.state == "pass":
        if line.reason or worse.high is None:
            return f"{values}: {reason(line)}"
        if worse.high < 0:
            return f"{values}: better by at least {amount(line, -worse.high)} ({sure})"
        least = f"{amount(line, worse.low)} or more, " if worse.low is not None and worse.low > 0 else ""
        return f"{values}: worse by {least}less than {amount(line, worse.high)} ({sure}), allowed {limit}"
    if worse.value is None or worse.low is None or worse.high is None:
        return f"{values}: {reason(line) or 'too few questions'}{_needs(line)}"
    span = f"{change(line, worse.low)} to {change(line, worse.high)}"
    return f"{values}: {change(line, worse.value)} ({span}), allowed {limit}{_needs(line)}"


def _needs(line: GateLine) -> str:
    return "" if line.needed is None else f"; about {many(line.needed, 'item')} would tell"


def verdict(found: Gate) -> str:
    """Say in a sentence or two whether the run may take the baseline's place."""
    shown = [line for line in found.lines if line.state == found.state]
    head = (
        f"{STATES[found.state]}: {safe(found.run)} against the baseline {safe(found.baseline)} on {safe(found.task)}, "
        f"{many(found.items, 'item')}."
    )
    parts = "; ".join(phrase(line, found.rules.alpha) for line in shown[:_NAMED])
    if len(shown) == 1:
        # The sentence after it says the same.
        parts = parts.removesuffix(_needs(shown[0]))
    parts = parts[0].upper() + parts[1:]
    more = f"; and {many(len(shown) - _NAMED, 'line')} more" if len(shown) > _NAMED else ""
    need = f" You need about {many(found.needed, 'item')}." if found.needed is not None else ""
    return f"{head} {parts}{more}.{need if found.state == 'undecided' else ''}"


def to_junit(found: Gate) -> str:
    """Write one test case a line of the gate.

    A line that fails is a failure; one that can't tell is an error, as JUnit calls a test that could not be carried
    out.
    """
    states: dict[str, tuple[Literal["pass", "failure", "error"], str]] = {
        "fail": ("failure", "worse"),
        "undecided": ("error", "undecided"),
    }
    facts = {
        "baseline": safe(found.baseline),
        "run": safe(found.run),
        "items": str(found.items),
        "margin": f"{found.rules.margin:g}",
        "alpha": f"{found.rules.alpha:g}",
    }
    place = f"judgebench.gate.{safe(found.task)}"
    cases = [
        junit.Case(line_name(line), place, state, phrase(line, found.rules.alpha), kind)
        for line in found.lines
        for state, kind in [states.get(line.state, ("pass", ""))]
    ]
    return junit.to_junit(f"judgebench gate: {safe(found.run)} on {safe(found.task)}", facts, cases)
