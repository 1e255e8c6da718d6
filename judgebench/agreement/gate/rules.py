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
    """When a figure of agreement fails and when it passes; UsageError if a value is out of its range.

    ``margin``, above 0, is the drop that would be too much: below it the run passes. ``alpha`` is one-sided: the chance
    to fail a run that is no worse, over all lines together, and to pass one that is worse by the margin. ``strict``
    fails where there surely is a drop, even if it surely is below the margin. ``min_effect`` is the smallest drop seen
    that may fail.
    """

    margin: float = 0.05
    alpha: float = 0.05
    strict: bool = False
    min_effect: float = 0.0

    def __post_init__(self) -> None:
        """Refuse rules under which nothing, or everything, could happen."""
        if not 0 < self.margin < math.inf:
            raise UsageError(f"{argument('margin')} {self.margin:g}: it must be above 0, for example .05")
        if not 1e-6 <= self.alpha < 0.5:
            raise UsageError(f"{argument('alpha')} {self.alpha:g}: it must be between 0 and .5, for example .05")
        if not 0 <= self.min_effect <= self.margin:
            raise UsageError(
                f"{argument('min_effect')} {self.min_effect:g}: it must be between 0 and the margin ({self.margin:g}), "
                "or a drop between them could neither fail nor pass"
            )


@dataclass(frozen=True, slots=True)
class Limits:
    """How much worse the rest may get: surely more fails, surely less passes. None is not looked at.

    Coverage and flips are shares of judgments and of items, cost and latency parts of the baseline's mean. UsageError
    if a limit is not above 0, or is a share that nothing can exceed.
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
                raise UsageError(f"{argument(f'max_{name}')} {value:g}: it must be above 0, for example .02")
        for name, value in zip(names[:2], values[:2], strict=True):
            # Nothing could fail it: most likely it was meant in percent.
            if value is not None and value >= 1:
                raise UsageError(
                    f"{argument(f'max_{name}')} {value:g}: it must be a share below 1, for example .02 for 2 %"
                )


@dataclass(frozen=True, slots=True)
class Odds:
    """How often a line decides, with as many items as there are and judges that differ as these do.

    ``false_alarm`` and ``passes`` are the chances to fail and to pass where nothing got worse, ``power`` and
    ``false_pass`` where it got worse by the limit; ``detectable`` is the worsening that fails 8 times in 10.
    """

    false_alarm: float
    power: float
    passes: float
    false_pass: float
    detectable: float


@dataclass(frozen=True, slots=True)
class GateLine:
    """One figure of the gate, on one subset; an ``operation`` is about answers, flips, money or time.

    ``baseline`` and ``run`` are the figure before and after, with 95 % intervals of their own; ``worse`` is above 0 for
    worse whichever way the figure counts (``error``: less is better), its bounds one-sided, each at level alpha.
    ``limit`` is what would be too much; a ``strict`` line fails below it, too. ``reason`` is why
    there is nothing to test: ``unchanged``, ``one_question``, or why a figure is undefined; then there is no p either.
    ``p`` is one-sided, of "no worse", or of an operation "no worse than the limit", ``p_holm`` adjusted for all lines.
    ``odds`` are None where nothing moves. ``needed`` items would decide (8 times in 10), if the worsening is as seen;
    None where no number is known to.
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
    """A run held against its baseline on what both share; lines of agreement first, all items first.

    ``effective`` is how many clusters of one size would tell as much as these; ``rules`` are those of the lines of
    agreement; the verdicts ``differ`` on so many judgments.
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
    #: Of measurement, at which alpha is taken.
    level: str = ""
    #: What pins the data.
    revision: str = ""
    #: So many items are left out because people split on them.
    split: int = 0

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
