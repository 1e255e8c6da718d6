"""How first answers put a figure, and the difference of two, in a sentence and in a cell."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.domain import HUMAN_SOURCES
from judgebench.report.document.text import NONE, decimal, figure, interval, text_width
from judgebench.report.said import brief_name, is_share, ranged

if TYPE_CHECKING:
    from judgebench.domain import Estimate
    from judgebench.report.document.text import Bounded

__all__ = ["Written", "broken", "same_as"]

#: A difference smaller than this would vanish among two digits.
_SMALL = 0.02
#: A longer name takes two lines above a column.
_ONE_LINE = 14


def same_as(gold: str, annotators: int = 1, policy: str = "majority") -> str:
    """Say what it is to be right, by who gave the gold, and by its policy.

    >>> same_as("human", 3), same_as("human", 3, "each"), same_as("crowd"), same_as("verifier")
    ('the same as the majority', 'the same as a person', 'the same as people', 'right')
    """
    if gold not in HUMAN_SOURCES:
        return "right"
    one = {"majority": "the majority", "each": "a person"}.get(policy, "people")
    return f"the same as {one if annotators > 1 else 'people'}"


def broken(name: str) -> tuple[str, ...]:
    """Break a judge's name above a column in two lines, where it is long.

    >>> broken("GPT-4|Metrics_Reference"), broken("gpt-4o")
    (('GPT-4|Metrics_', 'Reference'), ())
    """
    ends = [one.end() for one in re.finditer(r"[\s/|_:-]+", name) if one.end() < len(name)]
    if text_width(name) <= _ONE_LINE or not ends:
        return ()
    at = min(ends, key=lambda end: abs(2 * end - len(name)))
    return name[:at].rstrip(), name[at:]


@dataclass(frozen=True, slots=True)
class Written:
    """How a metric's figures are written: shares in whole percent, others as fractions, with so many digits.

    ``right`` is what a share of right answers is called.
    """

    metric: str
    digits: int
    right: str = "right"

    @classmethod
    def of(cls, metric: str, difference: Estimate, right: str = "right") -> Written:
        """Take as many digits as a difference needs to be told from none."""
        scale = 100 if is_share(metric) else 1
        digits = 0 if scale == 100 else 2
        known = [one for one in (difference.value, difference.low, difference.high) if one is not None]
        small = any(one and round(scale * one, digits) == 0 for one in known)
        if small or (scale == 1 and known and 0 < abs(known[0]) < _SMALL):
            digits += 1
        return cls(metric, digits, right)

    @property
    def counts(self) -> bool:
        """Whether it is the share of right answers."""
        return self.metric in {"percent_agreement", "accuracy"}

    @property
    def name(self) -> str:
        """The metric's name as a row has it."""
        return self.right.removeprefix("the ") if self.counts else brief_name(self.metric)

    def number(self, value: float) -> str:
        """Write a value without its unit."""
        return figure(100 * value, self.digits) if is_share(self.metric) else decimal(value, self.digits)

    def signed(self, value: float) -> str:
        """Write a value with its sign."""
        text = self.number(value)
        return text if text.startswith("-") or not float(text) else f"+{text}"

    def cell(self, one: Bounded) -> str:
        """Write a figure with its interval: ``.50 [.43, .56]``, ``71 % [67, 75]``."""
        return interval(one, self.number, unit=self._unit(" %"))

    def plain(self, one: Bounded) -> str:
        """Write a figure alone: ``.50``, ``71 %``."""
        return NONE if one.value is None else self.number(one.value) + self._unit(" %")

    def apart(self, one: Bounded, unit: str = " points") -> str:
        """Write a difference with its interval: ``+.06 [-.03, +.15]``, ``+4 points [-1, +9]``."""
        return interval(one, self.signed, unit=self._unit(unit))

    def _unit(self, share: str) -> str:
        return share if is_share(self.metric) else ""

    def difference(self, one: Bounded) -> str:
        """Say a difference: ``+.06 (-.03 to +.15)``, ``+4 points (-1 to +9)``."""
        alone = NONE if one.value is None else f"{self.signed(one.value)}{self._unit(' points')}"
        return f"{alone} {ranged(one, self.signed).partition(' ')[2]}".strip()

    def against(self, first: Bounded, second: Bounded, count: int, unit: str) -> str:
        """Say two figures of so many items or judgments: ``kappa .50 against .44``, ``right on 87 of 100 items …``."""
        if self.counts:
            one, two = (NONE if each.value is None else self.number(each.value) for each in (first, second))
            if count < 100:
                return f"{self.right} on {one} % of the {unit} against {two} %"
            return f"{self.right} on {one} of 100 {unit} against {two}"
        return f"{brief_name(self.metric)} {self.plain(first)} against {self.plain(second)}"
