"""Figures as pages write them: true minus signs, no leading zero, an interval from low to high."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.report.document.text import decimal, figure, words_of
from judgebench.report.page.forest import minus
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Estimate

__all__ = ["estimate", "fraction", "points"]


def fraction(value: float, *, sign: bool = False) -> str:
    """Write a coefficient.

    >>> fraction(0.789), fraction(0.06, sign=True), fraction(-0.25) == "\N{MINUS SIGN}.250"
    ('.789', '+.060', True)
    """
    text = decimal(value)
    return minus(text if not sign or text.startswith("-") else f"+{text}")


def points(value: float) -> str:
    """Write a difference of two shares in points.

    >>> points(0.107), points(0.0)
    ('+11', '0')
    """
    text = figure(100 * value, 0)
    return text if text == "0" else minus(text if value < 0 else f"+{text}")


def estimate(one: Estimate, write: Callable[[float], str] = fraction) -> dict[str, Any]:
    """Write an estimate as pages take it: texts for readers (why there is no value, if so), numbers for drawings."""
    if one.value is None:
        text = words_of(one.undefined or "", REASONS)
        return {"text": text, "value": None, "low": None, "high": None, "interval": ""}
    bounds = "" if one.low is None or one.high is None else f"{write(one.low)} to {write(one.high)}"
    # Of a share the sign stands once, behind the higher bound.
    bounds = bounds.replace(" % to", " to")
    return {"text": write(one.value), "value": one.value, "low": one.low, "high": one.high, "interval": bounds}
