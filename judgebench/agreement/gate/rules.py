"""The words of a gate: its rules, its lines, its decision; and what a judge costs beside its agreement.

Answers, flips, money and time are worsenings from the first run to the second, clustered by question.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np

from judgebench.agreement.bias import share_of, turned
from judgebench.agreement.estimates import estimated
from judgebench.domain import Estimate
from judgebench.errors import UsageError, argument
from judgebench.stats.influence import Clusters, Influences, combine, mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from judgebench.agreement.matching import Matched
    from judgebench.domain import InvalidPolicy, Policies, Ratings

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


class Spent(NamedTuple):
    """What one item's judgments took, on average: price, None if unknown, and time of the call that answered."""

    usd: float | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Worse:
    """How much worse a figure got from one run to the next; None, for a coded reason, where it has no value."""

    first: Estimate
    second: Estimate
    worse: Influences | None
    reason: str = ""


def coverage_drop(matched: Matched) -> Worse:
    """How many fewer judgments hold a verdict, whatever the policies make of those that don't.

    The difference of two shares of the same judgments, ``mean(answered before - answered after)``.
    Source: Miller (2024), Adding error bars to evals, for paired differences of clustered means.
    """
    answered = [one.judge >= 0 for one in matched.ratings]
    clusters = Clusters.of(matched.ratings[0].cluster)
    lost = mean(answered[0].astype(np.float64) - answered[1], clusters)
    return Worse(share_of(answered[0], clusters), share_of(answered[1], clusters), lost)


def flip_increase(matched: Matched) -> Worse:
    """How many more items get another verdict when their responses trade places.

    Each run's share is of its own items that were shown in both orders, as ``position_consistency`` is: one without a
    verdict in both is a flip, unless the policies leave it out. ``no_items`` where one run has none. UsageError if no
    item was shown in both orders.
    Source: Zheng et al. (2023), Judging LLM-as-a-judge with MT-Bench and Chatbot Arena, for position consistency.
    """
    invalid = matched.scored[0].policies.invalid
    one, two = (_flips(ratings, invalid) for ratings in matched.ratings[:2])
    if one is None or two is None:
        missing = Estimate.missing("no_items")
        return Worse(missing if one is None else one[0], missing if two is None else two[0], None, "no_items")
    return Worse(one[0], two[0], combine([two[1], one[1]], [1.0, -1.0]))


def _flips(ratings: Ratings, invalid: InvalidPolicy) -> tuple[Estimate, Influences] | None:
    found = turned(ratings, invalid)
    if found is None:
        raise UsageError("flips need pairs (or picks) that were shown in both orders: ask with --order both")
    if not found.rows.size:
        return None
    clusters = Clusters.of(ratings.cluster[found.rows])
    flipped = ~found.consistent
    return share_of(flipped, clusters), mean(flipped.astype(np.float64), clusters)


def increase(matched: Matched, spent: tuple[Mapping[str, Spent], Mapping[str, Spent]], what: str) -> Worse:
    """By which part judgments got dearer (``usd``), or slower (``seconds``).

    The ratio of the mean per judgment after to the mean before, less 1, on the same items; its influence is
    ``(after - ratio before) / mean(before)``. ``unknown_price`` where a price is missing, ``nothing_before`` where the
    mean before is 0 and that after is not.
    Source: Cochran (1977), Sampling techniques, chapter 6, for the ratio of two means on the same units.
    """
    one, two = (_means(matched, each, what) for each in spent)
    if one is None or two is None:
        missing = Estimate.missing("unknown_price")
        shown = [missing if each is None else _shown(each) for each in (one, two)]
        return Worse(shown[0], shown[1], None, "unknown_price")
    first, second = _shown(one), _shown(two)
    if one.value <= 0:
        same = two.value <= 0
        return Worse(first, second, combine([one], [0.0]) if same else None, "" if same else "nothing_before")
    ratio = two.value / one.value
    worse = combine([two, one], [1 / one.value, -ratio / one.value], ratio - 1)
    return Worse(first, second, worse)


def _shown(one: Influences) -> Estimate:
    found = estimated(one)
    return found if found.low is None else replace(found, low=max(0.0, found.low))


def _means(matched: Matched, spent: Mapping[str, Spent], what: str) -> Influences | None:
    each = [getattr(spent[name], what) for name in matched.items]
    if any(one is None for one in each):
        return None
    cluster = np.zeros(len(each), np.int64)
    ratings = matched.ratings[0]
    cluster[ratings.item] = ratings.cluster
    return mean(np.array(each, dtype=np.float64), Clusters.of(cluster))
