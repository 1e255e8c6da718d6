"""How small a difference a test can find: from a pilot, or from a base rate, a kappa and a discordance.

A ``discordance`` is the share of items on which exactly one judge is right, a ``drop`` how much lower the second judge
is. ValueError for figures out of their range, and where no two judges can be like that.

Source: Connor (1987), Sample size for testing differences in proportions for the paired-sample design; Kish (1965),
Survey sampling, section 5.4 (design effects).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from judgebench.agreement.contrasts import (
    chosen,
    contrast,
    contrast_by_item,
    credits_of,
    default_metrics,
    groups,
    hits_of,
)
from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.matching import match
from judgebench.agreement.policies import apply
from judgebench.errors import DataError, UnknownNameError, UsageError, argument
from judgebench.stats.coefficients.catalog import ROW_METRICS
from judgebench.stats.influence import Clusters, influences_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.contrasts import JudgeRows, PairedInterval
    from judgebench.agreement.matching import Judged
    from judgebench.agreement.policies import Scored
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.influence import Influences

#: The discordance assumed where only one judge's verdicts are at hand.
DISCORDANCE = 0.1
#: More items than anyone will ever have.
_MOST_ITEMS = 1e30


def quantiles(*, alpha: float = 0.05, power: float = 0.8, sides: int = 1, df: float | None = None) -> float:
    """Sum of the quantiles that a test's level and power ask for: normal, or Student's t (Bloom's multiplier).

    ``z_(1 - alpha / sides) + z_power``, or the same of t with ``df``, clusters less one. One side asks for a drop only,
    two for a difference either way.
    Source: Bloom (1995), Minimum detectable effects: a simple way to report the statistical power of experimental
    designs.
    """
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415 - loaded on use

    if not 0 < alpha < power < 1 or sides not in {1, 2}:
        raise ValueError("alpha lies between 0 and the power, the power below 1, and a test has 1 or 2 sides")
    if df is not None:
        return float(stdtrit(df, power) - stdtrit(df, alpha / sides))
    # One less a tiny alpha is 1, whose quantile is infinite; the normal distribution is symmetric.
    return float(ndtri(power) - ndtri(alpha / sides))


def kappa_drop_variance(base_rate: float, kappa: float, drop: float, discordance: float) -> float:
    """Variance per item, ``Var(IF_A - IF_B)``, of the difference of two judges' kappas on the same items.

    A right-or-wrong task is assumed, and judges that accept correct items as often as they reject incorrect ones.
    Discordant items fall on both classes in proportion; ``kappa`` is that of the better judge. The influence function
    of kappa is Fleiss, Cohen & Everitt's (1969). Balanced classes: 4 (d - (drop / 2)^2), the variance of a paired
    accuracy on kappa's scale.

    >>> round(kappa_drop_variance(0.5, 0.6, 0.05, 0.1), 6)
    0.3975
    """
    if not (0 < base_rate < 1 and 0 < discordance <= 1 and drop > 0 and kappa <= 1 and kappa - drop > -1):
        raise ValueError("base rate and discordance lie between 0 and 1, kappa is at most 1 and the drop above 0")
    better, worse = (_accuracy(base_rate, k) for k in (kappa, kappa - drop))
    shares: list[float] = []
    differences: list[float] = []
    for gold, weight in ((1, base_rate), (0, 1 - base_rate)):
        only = (discordance + better - worse) / 2, (discordance - better + worse) / 2
        cells = (better - only[0], only[0], only[1], 1 - better - only[1])
        if min(cells) < -1e-12:
            raise ValueError(
                f"no judges with kappas {kappa:g} and {kappa - drop:g} at base rate {base_rate:g} differ on "
                f"{discordance:g} of the items"
            )
        for share, first, second in zip(cells, (1, 1, 0, 0), (1, 0, 1, 0), strict=True):
            shares.append(weight * share)
            differences.append(_influence(base_rate, better, gold, first) - _influence(base_rate, worse, gold, second))
    mean = sum(s * g for s, g in zip(shares, differences, strict=True))
    return sum(s * g * g for s, g in zip(shares, differences, strict=True)) - mean * mean


def _accuracy(base_rate: float, kappa: float) -> float:
    """Sensitivity and specificity alike that give this kappa: the root of a quadratic."""
    # With accuracy a the judge's share of "correct" is b a + (1 - b)(1 - a); kappa (1 - pe) = a - pe is linear in a.
    b = base_rate
    imbalance = (2 * b - 1) ** 2
    chance = (1 - imbalance) / 2
    # pe = chance + imbalance a, so kappa (1 - chance - imbalance a) = a - chance - imbalance a.
    return (chance + kappa * (1 - chance)) / (1 - imbalance + kappa * imbalance)


def _influence(base_rate: float, accuracy: float, gold: int, right: int) -> float:
    said = gold if right else 1 - gold
    positive = base_rate * accuracy + (1 - base_rate) * (1 - accuracy)
    chance = base_rate * positive + (1 - base_rate) * (1 - positive)
    margins = (positive if gold else 1 - positive) + (base_rate if said else 1 - base_rate) - 2 * chance
    return ((right - accuracy) * (1 - chance) - (1 - accuracy) * margins) / (1 - chance) ** 2


@dataclass(frozen=True, slots=True)
class Power:
    """What a paired test of one metric can find.

    ``variance`` is that of the difference per item, for independent items; ``design_effect`` is
    ``(SE_cluster / SE_iid)^2``. Both and ``discordance`` are ``measured`` on two judges' verdicts, or assumed.
    ``items`` and ``clusters`` (questions, which give the test its degrees of freedom) are those of the pilot; without
    one, quantiles are normal. ``base_rate`` and ``value`` are the share of correct items and the judge's own value,
    where they enter.
    """

    metric: str
    items: int | None
    variance: float
    design_effect: float
    discordance: float
    measured: bool
    base_rate: float | None = None
    value: float | None = None
    clusters: int | None = None

    def _quantiles(self, items: float, *, alpha: float, power: float, sides: int) -> float:
        """Quantiles of a test on a number of items with as many questions per item as the pilot has."""
        df = None if self.clusters is None or not self.items else max(1.0, self.clusters * items / self.items - 1)
        return quantiles(alpha=alpha, power=power, sides=sides, df=df)

    def items_for(self, drop: float, *, alpha: float = 0.05, power: float = 0.8, sides: int = 1) -> int:
        """Items that find a drop with the given power; ``z^2 Var deff / drop^2``, of t where clusters are known.

        ValueError if the drop is not above 0, or so small that no number of items finds it.
        """
        if not drop > 0:
            raise ValueError("the drop to find lies above 0")
        z = quantiles(alpha=alpha, power=power, sides=sides)
        # Divided twice: the square of a tiny drop is 0.
        items = z * z * self.variance * self.design_effect / drop / drop
        if not items < _MOST_ITEMS:
            raise ValueError(
                f"no number of items finds a drop of {drop:g} here; a larger one, or a smaller design effect, can be"
            )
        if self.clusters is None:
            return max(2, math.ceil(items - 1e-9))
        # More items bring more questions and smaller quantiles, so the items left over grow with the items.
        low, high = math.floor(items), 2 * math.ceil(items) + 2
        unit = items / z / z

        def enough(n: int) -> bool:
            return n >= unit * self._quantiles(n, alpha=alpha, power=power, sides=sides) ** 2

        while not enough(high):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if enough(middle) else (middle, high)
        return max(2, high)

    def detectable(
        self, items: int | None = None, *, alpha: float = 0.05, power: float = 0.8, sides: int = 1
    ) -> float | None:
        """Smallest difference that a number of items finds; None without items."""
        n = items or self.items
        if not n:
            return None
        z = self._quantiles(n, alpha=alpha, power=power, sides=sides)
        return z * math.sqrt(self.variance * self.design_effect / n)


def design_effect(clustered: Influences, independent: Influences) -> float | None:
    """How many times more items clusters make necessary: ``(SE_cluster / SE_iid)^2``.

    None where a standard error is 0 or unknown.
    """
    one, other = clustered.se, independent.se
    return None if not one or not other else (one / other) ** 2


def influences_by_cluster_and_item(scored: Scored, metric: Metric) -> tuple[Influences, Influences] | None:
    """One estimate with its influences by cluster and by item; None where it is undefined."""
    counted = Counted.of(scored)
    outcome = metric(counted.table)
    if outcome.value is None:
        return None
    independent = influences_of(counted.table, outcome, counted.cells, Clusters.of(scored.item))
    _, clustered = estimate(metric, counted)
    return None if clustered is None else (clustered, independent)


def pilot_pair(
    judges: Sequence[JudgeRows], name: str, metric: Metric | str, interval: PairedInterval = "default"
) -> Power | None:
    """Take variance, discordance and design effect from two judges' verdicts on the same items.

    ``Var(IF_A - IF_B)`` per item, its ratio to the clustered variance, and how often exactly one judge is right; for
    accuracies the variance is ``d - difference^2``. None where the difference is undefined or never moves, and where
    its interval is more than its error: a bias does not shrink with items as an error does.
    """
    first, second = judges[:2]
    found, independent = contrast(first, second, metric, interval=interval), contrast_by_item(first, second, metric)
    if found is None or independent is None or found.method.endswith("bias"):
        return None
    effect, se = design_effect(found.test.influences, independent), independent.se
    if effect is None or se is None:
        return None
    # All items: those that a rate of one class is about are a part of them, in the next sample, too.
    items = Clusters.of(first.scored.item).count
    # Where right is a matter of degree, by its degree; where gold is a number, by what the judges say.
    said = hits_of(judges[:2]) or credits_of(judges[:2]) or [first.scored.judge, second.scored.judge]
    split = float((said[0] != said[1]).mean())
    value = first.figure(metric).outcome.value
    clusters = found.test.influences.sums.size
    return Power(name, items, se * se * items, effect, split, measured=True, value=value, clusters=clusters)


def pilot_single(scored: Scored, metric: Metric, *, drop: float, discordance: float = DISCORDANCE) -> Power | None:
    """Take base rate, kappa and design effect from one judge's verdicts, and assume the discordance.

    The variance is worked out for a ``drop`` of ``cohen_kappa`` on a check; else it is that of a paired accuracy,
    scaled by the metric's own spread. None where the metric is undefined.
    """
    found = influences_by_cluster_and_item(scored, metric)
    if found is None:
        return None
    clustered, independent = found
    effect, se = design_effect(clustered, independent), independent.se
    if effect is None or se is None:
        return None
    items = Clusters.of(scored.item).count
    if scored.scale.kind == "check" and metric.name == "cohen_kappa" and scored.gold_values is None:
        base = float((scored.gold == 1).mean())
        variance = kappa_drop_variance(base, independent.value, drop, discordance)
        return Power(
            metric.name,
            items,
            variance,
            effect,
            discordance,
            measured=False,
            base_rate=base,
            value=independent.value,
            clusters=clustered.sums.size,
        )
    # Two judges that agree on all but the discordant items differ where either errs: their influences share the rest.
    wrong = float((scored.gold != scored.judge).mean())
    if wrong <= 0:
        return None
    errors = 2 * wrong * (1 - wrong)
    # A judge that is wrong throughout leaves nothing to share.
    variance = 2 * se * se * items * (min(1.0, discordance / errors) if errors else 1.0)
    clusters = clustered.sums.size
    return Power(
        metric.name, items, variance, effect, discordance, measured=False, value=independent.value, clusters=clusters
    )


def from_figures(
    base_rate: float, kappa: float, drop: float, discordance: float | None = None, *, design_effect: float = 1.0
) -> Power:
    """Work out the power of a paired test of kappa without any data, so with normal quantiles.

    Source: Cantor (1996), Sample-size calculations for Cohen's kappa.

    >>> from_figures(0.7, 0.6, 0.05, 0.1).items_for(0.05)
    1080
    """
    share = DISCORDANCE if discordance is None else discordance
    variance = kappa_drop_variance(base_rate, kappa, drop, share)
    return Power("cohen_kappa", None, variance, design_effect, share, measured=False, base_rate=base_rate, value=kappa)


def pilot(
    judged: Sequence[Judged],
    metric: str,
    known: Mapping[str, Metric],
    *,
    drop: float,
    discordance: float | None = None,
    design_effect: float | None = None,
) -> Power:
    """Take from a pilot what can be measured: everything with two judges, all but the discordance with one.

    The work is done by `pilot_pair` or `pilot_single`; the metric is by default the scale's headline. ``discordance``
    and ``design_effect`` replace what would be assumed or measured. UsageError for more than two judges, or a
    discordance for two; UnknownNameError if the metric is not known, DataError if it is undefined on the pilot,
    ValueError if no two judges can be like that.
    """
    if len(judged) > 2:
        raise UsageError(f"a pilot has one judge or two, not {len(judged)}")
    if len(judged) == 2:
        if discordance is not None:
            raise UsageError(f"with two judges the discordance is measured; leave {argument('discordance')} out")
        matched = match(judged)
        figures = chosen(matched, (metric,) if metric else (), known)
        name = next(iter(figures))
        _, judges = next(groups(matched))
        found = pilot_pair(judges, name, figures[name])
    else:
        scored = apply(judged[0].ratings, judged[0].policies)
        if not scored.size:
            raise DataError("there is nothing to score in the pilot", hint="check the labels and the policies")
        name = metric or default_metrics(scored, known)[0]
        if name not in known:
            if name in ROW_METRICS:
                raise UsageError(f"a pilot for {name} takes two judges")
            raise UnknownNameError("metric", name, known)
        share = DISCORDANCE if discordance is None else discordance
        found = pilot_single(scored, known[name], drop=drop, discordance=share)
    if found is None:
        raise DataError(
            f"{name} is undefined on the pilot, nothing moves it, or all items share one question",
            hint=f"choose another {argument('metric')}, or name the question with {argument('cluster')}",
        )
    return found if design_effect is None else replace(found, design_effect=design_effect)
