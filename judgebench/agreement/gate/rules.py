"""The words of a gate: its rules, its lines, its decision."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from judgebench.errors import UsageError, argument

if TYPE_CHECKING:
    from judgebench.domain import Estimate, Policies

State: TypeAlias = Literal["pass", "fail", "undecided"]


@dataclass(frozen=True, slots=True)
class Rules:
    """When a figure of agreement fails and when it passes.

    Parameters
    ----------
    margin : float
        Drop that would be too much: below it the run passes. Above 0.
    alpha : float
        One-sided level: the chance to fail a run that is no worse, over all lines together, and the chance to pass
        one that is worse by the margin.
    strict : bool
        Fail only where the drop is surely above the margin, not where it is surely above 0.
    min_effect : float
        Smallest drop seen that may fail.

    Raises
    ------
    UsageError
        If a value is out of its range.
    """

    margin: float = 0.05
    alpha: float = 0.05
    strict: bool = False
    min_effect: float = 0.0

    def __post_init__(self) -> None:
        """Refuse rules under which nothing, or everything, could happen."""
        if not 0 < self.margin < math.inf:
            raise UsageError(
                f"{argument('margin')} {self.margin:g}: a drop that would be too much lies above 0, for example .05"
            )
        if not 1e-6 <= self.alpha < 0.5:
            raise UsageError(
                f"{argument('alpha')} {self.alpha:g}: the level of a test lies between 0 and .5, for example .05"
            )
        if not 0 <= self.min_effect <= self.margin:
            raise UsageError(
                f"{argument('min_effect')} {self.min_effect:g}: it lies between 0 and the margin ({self.margin:g}), or "
                "a drop between them could neither fail nor pass"
            )


@dataclass(frozen=True, slots=True)
class Limits:
    """How much worse the rest may get: surely more fails, surely less passes. None is not looked at.

    Parameters
    ----------
    coverage, flips : float or None
        In shares of judgments and of items.
    cost, latency : float or None
        In parts of the baseline's mean.

    Raises
    ------
    UsageError
        If a limit is not above 0, or is a share that nothing can exceed.
    """

    coverage: float | None = None
    flips: float | None = None
    cost: float | None = None
    latency: float | None = None

    def __post_init__(self) -> None:
        """Refuse limits that no run could keep."""
        names = ("coverage_drop", "flip_increase", "cost_increase", "latency_increase")
        values = (self.coverage, self.flips, self.cost, self.latency)
        for name, value in zip(names, values, strict=True):
            if value is not None and not 0 < value < math.inf:
                raise UsageError(f"{argument(f'max_{name}')} {value:g}: what is allowed lies above 0, for example .02")
        for name, value in zip(names[:2], values[:2], strict=True):
            # Nothing could fail it: most likely it was meant in percent.
            if value is not None and value >= 1:
                raise UsageError(f"{argument(f'max_{name}')} {value:g}: a share lies below 1, for example .02 for 2 %")


@dataclass(frozen=True, slots=True)
class Odds:
    """How often a line decides, with as many items as there are and judges that differ as these do.

    Parameters
    ----------
    false_alarm : float
        Chance to fail where nothing got worse.
    power : float
        Chance to fail where it got worse by the limit.
    passes : float
        Chance to pass where nothing got worse.
    false_pass : float
        Chance to pass where it got worse by the limit.
    detectable : float
        Worsening that fails 8 times in 10.
    """

    false_alarm: float
    power: float
    passes: float
    false_pass: float
    detectable: float


@dataclass(frozen=True, slots=True)
class GateLine:
    """One figure of the gate.

    Parameters
    ----------
    subset, figure : str
        Where and what.
    operation : bool
        Whether it is about answers, flips, money or time and not about agreement.
    baseline, run : Estimate
        The figure before and after, with 95 % intervals of their own.
    worse : Estimate
        How much worse the run is, above 0 for worse whichever way the figure counts. Its bounds are one-sided, each
        at level alpha.
    limit : float
        What would be too much.
    strict : bool
        Whether it fails only where the limit is surely exceeded.
    error : bool
        Whether less of the figure is better.
    state : {'pass', 'fail', 'undecided'}
        The decision.
    reason : str
        Why there is nothing to test: ``unchanged``, ``one_question``, or why a figure is undefined. Empty otherwise.
    p, p_holm : float or None
        One-sided p-value of "no worse", or in strict lines "no worse than the limit"; alone and adjusted for all
        lines. None where there is nothing to test.
    odds : Odds or None
        None where nothing moves.
    needed : int or None
        Items that would decide (8 times in 10), if the worsening is as seen; None where no number is known to.
    """

    subset: str
    figure: str
    operation: bool
    baseline: Estimate
    run: Estimate
    worse: Estimate
    limit: float
    strict: bool
    error: bool
    state: State
    reason: str = ""
    p: float | None = None
    p_holm: float | None = None
    odds: Odds | None = None
    needed: int | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A run held against its baseline.

    Parameters
    ----------
    task, gold_source : str
        Of both.
    baseline, run : str
        The judges.
    policies : Policies
        What was applied.
    items, judgments, clusters : int
        What both share.
    effective : float
        How many clusters of one size would tell as much as these.
    coverage : tuple of float
        Of either.
    rules : Rules
        Of the lines of agreement.
    lines : tuple of GateLine
        Agreement first, all items first.
    warnings : tuple of str
        Codes.
    differ : int
        Judgments on which the verdicts differ.
    """

    task: str
    gold_source: str
    baseline: str
    run: str
    policies: Policies
    items: int
    judgments: int
    clusters: int
    effective: float
    coverage: tuple[float, float]
    rules: Rules
    lines: tuple[GateLine, ...]
    warnings: tuple[str, ...]
    differ: int

    @property
    def state(self) -> State:
        """Fail where any line fails, pass where all pass."""
        states = {line.state for line in self.lines}
        return "fail" if "fail" in states else "undecided" if "undecided" in states else "pass"

    @property
    def needed(self) -> int | None:
        """Items that would decide every line; None where that isn't known, or nothing is undecided."""
        open_lines = [line.needed for line in self.lines if line.state == "undecided"]
        known = [n for n in open_lines if n is not None]
        return max(known) if known and len(known) == len(open_lines) else None
