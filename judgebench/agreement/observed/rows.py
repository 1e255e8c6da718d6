"""Plain verdicts as columns, for what they show by themselves; differences of shares on different rows of them.

Of a pair ``said`` and ``gold`` are -1 for the first response, 1 for the second, 0 for neither, in the item's own order;
of a check 0 and 1; of ratings the values.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated, share_bounds, shown
from judgebench.agreement.policies import sign_of
from judgebench.agreement.probing.rows import value_of
from judgebench.domain.items import majority
from judgebench.stats.inference.intervals import Interval
from judgebench.stats.inference.paired import Difference, correlation
from judgebench.stats.influence import Clusters, Influences, combine, mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from judgebench.domain import Estimate, Scale, Verdict
    from judgebench.domain.scale import Code
    from judgebench.stats.crosstab import Flags, Floats

    Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Observed:
    """Columns of plain verdicts, a row each: what was said and what is right (NaN: nothing), and of what.

    ``ahead`` is by how many characters the second response is longer, NaN where that is not known, ``longest`` the
    length of the longest; ``systems`` are the authors of the responses, in the item's own order.
    """

    said: Floats
    gold: Floats
    swapped: Flags
    cluster: npt.NDArray[np.int64]
    item: npt.NDArray[np.int64]
    ahead: Floats
    longest: Floats
    systems: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, verdicts: Iterable[Verdict], scale: Scale) -> Observed:
        """Read the first verdicts on unchanged cases."""
        number = _number(scale)
        said: list[float] = []
        gold: list[float] = []
        swapped: list[bool] = []
        ahead: list[float] = []
        longest: list[float] = []
        systems: list[tuple[str, ...]] = []
        clusters: dict[str, int] = {}
        items: dict[str, int] = {}
        places: list[tuple[int, int]] = []
        for one in verdicts:
            if one.probe or one.repeat:
                continue
            said.append(number(one.code))
            gold.append(number(majority(code for _, code in one.gold)))
            swapped.append(one.order != tuple(range(len(one.order))))
            ahead.append(float(one.lengths[1] - one.lengths[0]) if len(one.lengths) == 2 else np.nan)
            longest.append(float(max(one.lengths, default=0)))
            systems.append(one.systems)
            cluster = clusters.setdefault(one.cluster or one.item, len(clusters))
            places.append((cluster, items.setdefault(one.item, len(items))))
        of = np.array(places, np.int64).reshape(-1, 2)
        return cls(
            np.array(said), np.array(gold), np.array(swapped, np.bool_), of[:, 0], of[:, 1], np.array(ahead),
            np.array(longest), tuple(systems),
        )  # fmt: skip

    @property
    def known(self) -> Rows:
        """Rows with a verdict and with gold."""
        return np.flatnonzero(~np.isnan(self.said) & ~np.isnan(self.gold))

    @property
    def shown(self) -> Floats:
        """What was said of pairs, by place: -1 for the first one shown."""
        return np.where(self.swapped, -self.said, self.said)

    def clusters(self, rows: Rows) -> Clusters:
        """Questions that rows belong to."""
        return Clusters.of(self.cluster[rows])


def _number(scale: Scale) -> Callable[[Code | None], float]:
    """Say how a code becomes a number: a sign on pairs, its value elsewhere; NaN where there is none."""
    if scale.kind == "pair":
        signs = sign_of(np.arange(len(scale.labels)), scale).astype(np.float64).tolist()
        return lambda code: signs[code] if isinstance(code, int) else np.nan
    return lambda code: value_of(code, scale)


def share_among(values: Floats, rows: Rows, clusters: Clusters) -> Influences | None:
    """Take the share (or mean) among some rows, on the clusters that these have; None without rows."""
    return mean(values[rows], clusters.take(rows)) if rows.size else None


def tested(one: Influences, two: Influences) -> tuple[Estimate, float | None]:
    """Difference of two shares of different rows that may be about the same questions, with its p.

    Of rows that stand alone it is Newcombe's: the intervals of both shares, put together by the correlation that they
    have through shared questions. Source: Newcombe (1998), Interval estimation for the difference between independent
    proportions; Zou & Donner (2008), Construction of confidence limits about effect measures.
    """
    whole = combine([one, two], [1.0, -1.0])
    found = [share_bounds(side, side.n) for side in (one, two)]
    if found[0] is None or found[1] is None:
        return weighed(whole)
    ids = np.union1d(one.ids, two.ids)
    told = Difference.moved(whole, one.on(ids), two.on(ids), (found[0], found[1]), 0.95)
    return shown(whole, whole.n, Interval(told.low, told.high, whole.se, "mover")), told.p


def share_of_two(one: Influences, two: Influences) -> Estimate:
    """Estimate ``one / (one + two)`` of two shares of different rows, with the delta method's error.

    Its bounds are those of the ratio of both shares, which may be 0. Source: Donner & Zou (2012), Closed-form
    confidence intervals for functions of the normal mean and standard deviation.
    """
    from judgebench.stats.inference.score_path import mover_ratio  # noqa: PLC0415 - loads scipy

    total = one.value + two.value
    whole = combine([one, two], [two.value / total**2, -one.value / total**2], one.value / total)
    first, second = (share_bounds(side, side.n) for side in (one, two))
    if first is None or second is None:
        return estimated(whole, low=0.0, high=1.0)
    ids = np.union1d(one.ids, two.ids)
    r = correlation(one.on(ids), two.on(ids), whole.shares)
    ends = [(float(below), float(above)) for below, above in (first(level=0.95), second(level=0.95))]
    low, high = 0.0, 1.0
    if (ratio := mover_ratio(one.value, ends[0], two.value, ends[1], r)) is not None:
        low, high = (max(0.0, bound) / (1 + max(0.0, bound)) for bound in ratio)
    elif (ratio := mover_ratio(two.value, ends[1], one.value, ends[0], r)) is not None:
        high, low = (1 / (1 + max(0.0, bound)) for bound in ratio)
    return shown(whole, whole.n, Interval(low, high, whole.se, "mover-ratio"))


def weighed(whole: Influences, *, low: float = -1.0, high: float = 1.0) -> tuple[Estimate, float | None]:
    """Give a sum of estimates its interval of t, and the p of the hypothesis that it is 0."""
    return estimated(whole, low=low, high=high), Difference.of(whole).p


def mirrored(found: Estimate, middle: float) -> Estimate:
    """Measure how far a figure is from the middle, in the direction in which it lies."""
    if found.value is None:
        return found
    low, high = (None if one is None else one - middle for one in (found.low, found.high))
    value = found.value - middle
    if value >= 0:
        return replace(found, value=value, low=low, high=high)
    return replace(found, value=-value, low=None if high is None else -high, high=None if low is None else -low)
