"""Figures as pages write them: true minus signs, no leading zero, an interval from low to high."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from judgebench.report.document.text import decimal, figure, words_of
from judgebench.report.page.forest import minus
from judgebench.report.words import REASONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.domain import Estimate

__all__ = ["estimate", "fraction", "points", "share"]


def fraction(value: float, *, sign: bool = False) -> str:
    """Write a coefficient.

    >>> fraction(0.789), fraction(0.06, sign=True), fraction(-0.25) == "\N{MINUS SIGN}.250"
    ('.789', '+.060', True)
    """
    return _signed(decimal(value), sign=sign)


def share(value: float, *, sign: bool = False) -> str:
    """Write a share in percent.

    >>> share(0.8712), share(-0.004)
    ('87 %', '0 %')
    """
    return f"{_signed(figure(100 * value, 0), sign=sign)} %"


def points(value: float, *, sign: bool = True) -> str:
    """Write a difference of two shares in points.

    >>> points(0.107), points(0.0)
    ('+11', '0')
    """
    text = figure(100 * value, 0)
    return "0" if text == "0" else _signed(text, sign=sign)


def _signed(text: str, *, sign: bool) -> str:
    return f"+{text}" if sign and not text.startswith("-") else minus(text)


def estimate(one: Estimate | None, write: Callable[..., str] = fraction) -> dict[str, Any] | None:
    """Write an estimate as pages take it: texts for readers, numbers for drawings; a text alone where it has no value.

    None where there is no estimate at all.
    """
    if one is None:
        return None
    if one.value is None:
        return {
            "text": words_of(one.undefined or "", REASONS),
            "value": None,
            "low": None,
            "high": None,
            "interval": "",
        }
    bounds = "" if one.low is None or one.high is None else f"{write(one.low)} to {write(one.high)}"
    # Of a share the sign stands once, behind the higher bound.
    bounds = bounds.replace(" % to", " to")
    return {"text": write(one.value), "value": one.value, "low": one.low, "high": one.high, "interval": bounds}
