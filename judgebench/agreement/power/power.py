"""How small a difference a test can find: from a pilot, or from a base rate, a kappa and a discordance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.agreement.contrasts import credits_of, gap, hits_of, lone_gap
from judgebench.agreement.estimates import Counted, estimate
from judgebench.stats.influence import Clusters, spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.contrasts import Side
    from judgebench.agreement.policies import Scored
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.influence import Spread

#: The discordance assumed where only one judge's verdicts are at hand.
DISCORDANCE = 0.1
#: More items than anyone will ever have.
_MOST_ITEMS = 1e30


def quantiles(*, alpha: float = 0.05, power: float = 0.8, sides: int = 1, df: float | None = None) -> float:
    """Sum of the quantiles that a test's level and power ask for: normal, or Student's t (Bloom's multiplier).

    Parameters
    ----------
    alpha : float, optional
        Level of the test.
    power : float, optional
        Chance to find a difference that is there.
    sides : {1, 2}, optional
        A drop only, or a difference either way.
    df : float, optional
        Degrees of freedom of the test, clusters less one; normal without.

    Returns
    -------
    float
        ``z_(1 - alpha / sides) + z_power``, or the same of t.

    Raises
    ------
    ValueError
        If a figure is out of its range.

    References
    ----------
    Bloom (1995), Minimum detectable effects: a simple way to report the statistical power of experimental designs.

    Examples
    --------
    >>> round(quantiles(), 4), round(quantiles(sides=2), 4)
    (2.4865, 2.8016)
    >>> round(quantiles(sides=2, df=2), 4)
    5.3633
    """
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415 - loaded on use

    if not 0 < alpha < power < 1 or sides not in {1, 2}:
        raise ValueError("alpha lies between 0 and the power, the power below 1, and a test has 1 or 2 sides")
    if df is not None:
        return float(stdtrit(df, power) - stdtrit(df, alpha / sides))
    # One less a tiny alpha is 1, whose quantile is infinite; the normal distribution is symmetric.
    return float(ndtri(power) - ndtri(alpha / sides))


def kappa_drop_variance(base_rate: float, kappa: float, drop: float, discordance: float) -> float:
    """Variance per item of the difference of two judges' kappas on the same items.

    A right-or-wrong task is assumed, and judges that accept correct items as often as they reject incorrect ones.
    Discordant items (exactly one judge is right) fall on both classes in proportion.

    Parameters
    ----------
    base_rate : float
        Share of correct items.
    kappa : float
        Kappa of the better judge.
    drop : float
        How much lower the other one's is.
    discordance : float
        Share of items on which exactly one judge is right.

    Returns
    -------
    float
        ``Var(IF_A - IF_B)``, in squared units of kappa.

    Raises
    ------
    ValueError
        If no two judges can be like that.

    References
    ----------
    Connor (1987), Sample size for testing differences in proportions for the paired-sample design, for the idea;
    the influence function of kappa is Fleiss, Cohen & Everitt's (1969).

    Examples
    --------
    Balanced classes: 4 (d - (drop / 2)^2), the variance of a paired accuracy on kappa's scale.

    >>> round(kappa_drop_variance(0.5, 0.6, 0.05, 0.1), 6)
    0.3975
    """
    if not (0 < base_rate < 1 and 0 < discordance <= 1 and drop > 0 and kappa <= 1 and kappa - drop > -1):
        raise ValueError("base rate and discordance lie between 0 and 1, kappa is at most 1 and the drop above 0")
    better, worse = (_accuracy(base_rate, k) for k in (kappa, kappa - drop))
    shares: list[float] = []
    gaps: list[float] = []
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
            gaps.append(_influence(base_rate, better, gold, first) - _influence(base_rate, worse, gold, second))
    mean = sum(s * g for s, g in zip(shares, gaps, strict=True))
    return sum(s * g * g for s, g in zip(shares, gaps, strict=True)) - mean * mean


def _accuracy(base_rate: float, kappa: float) -> float:
    """Sensitivity and specificity alike that give this kappa: the root of a quadratic."""
    # With accuracy a the judge's share of "correct" is b a + (1 - b)(1 - a); kappa (1 - pe) = a - pe is linear in a.
    b = base_rate
    spread = (2 * b - 1) ** 2
    chance = (1 - spread) / 2
    # pe = chance + spread a, so kappa (1 - chance - spread a) = a - chance - spread a.
    return (chance + kappa * (1 - chance)) / (1 - spread + kappa * spread)


def _influence(base_rate: float, accuracy: float, gold: int, right: int) -> float:
    said = gold if right else 1 - gold
    positive = base_rate * accuracy + (1 - base_rate) * (1 - accuracy)
    chance = base_rate * positive + (1 - base_rate) * (1 - positive)
    pull = (positive if gold else 1 - positive) + (base_rate if said else 1 - base_rate) - 2 * chance
    return ((right - accuracy) * (1 - chance) - (1 - accuracy) * pull) / (1 - chance) ** 2


def accuracy_drop_items(
    drop: float, discordance: float, *, alpha: float = 0.05, power: float = 0.8, sides: int = 1
) -> int:
    """Items for a test of two paired accuracies.

    ``n = [z_a sqrt(d) + z_b sqrt(d - drop^2)]^2 / drop^2`` with discordance d.

    Parameters
    ----------
    drop : float
        Difference of the accuracies.
    discordance : float
        Share of items on which exactly one judge is right; at least the drop.
    alpha, power, sides : optional
        As in `quantiles`.

    Returns
    -------
    int
        Items, for independent items.

    Raises
    ------
    ValueError
        If the discordance can't hold the drop.

    References
    ----------
    Connor (1987), Sample size for testing differences in proportions for the paired-sample design.

    Examples
    --------
    >>> accuracy_drop_items(0.05, 0.1), accuracy_drop_items(0.05, 0.1, sides=2)
    (246, 312)
    """
    from scipy.special import ndtri  # noqa: PLC0415 - loaded on use

    if not 0 < drop <= discordance <= 1:
        raise ValueError("the discordance is at least the drop, and the drop above 0")
    quantiles(alpha=alpha, power=power, sides=sides)
    z_alpha, z_beta = -float(ndtri(alpha / sides)), float(ndtri(power))
    root = z_alpha * math.sqrt(discordance) + z_beta * math.sqrt(discordance - drop * drop)
    return math.ceil((root / drop) ** 2 - 1e-9)


@dataclass(frozen=True, slots=True)
class Power:
    """What a paired test of one metric can find.

    Parameters
    ----------
    metric : str
        The coefficient.
    items : int or None
        Items of the pilot; None where there is none.
    variance : float
        Variance per item of the difference, for independent items.
    design_effect : float
        ``(SE_cluster / SE_iid)^2``; 1 for independent items.
    discordance : float
        Share of judgments on which exactly one judge is right.
    measured : bool
        Whether variance and discordance come from two judges' verdicts, or are assumed.
    base_rate, value : float or None
        Share of correct items and the judge's own value, where they enter.
    clusters : int or None
        Questions of the pilot, which give the test its degrees of freedom; normal quantiles where None.
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

        Raises
        ------
        ValueError
            If the drop is not above 0, or so small that no number of items finds it.
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


def design_effect(clustered: Spread, lone: Spread) -> float | None:
    """How many times more items clusters make necessary: ``(SE_cluster / SE_iid)^2``.

    Parameters
    ----------
    clustered, lone : Spread
        One estimate, its influences summed in clusters and in items.

    Returns
    -------
    float or None
        None where a standard error is 0 or unknown.

    References
    ----------
    Kish (1965), Survey sampling, section 5.4.

    Examples
    --------
    Four items in two clusters that always agree inside:

    >>> import numpy as np
    >>> from judgebench.stats.influence import Clusters, mean
    >>> right = np.array([1.0, 1, 0, 0])
    >>> pairs, alone = Clusters.of(np.array([0, 0, 1, 1])), Clusters.of(np.arange(4))
    >>> round(design_effect(mean(right, pairs), mean(right, alone)), 6)
    3.0
    """
    one, other = clustered.se, lone.se
    return None if not one or not other else (one / other) ** 2


def spreads_of(scored: Scored, metric: Metric) -> tuple[Spread, Spread] | None:
    """One estimate with its influences by cluster and by item; None where it is undefined."""
    counted = Counted.of(scored)
    outcome = metric(counted.table)
    if outcome.value is None:
        return None
    lone = spread(counted.table, outcome, counted.cells, Clusters.of(scored.item))
    _, clustered = estimate(metric, counted)
    return None if clustered is None else (clustered, lone)


def pilot_pair(sides: Sequence[Side], name: str, metric: Metric | str) -> Power | None:
    """Take variance, discordance and design effect from two judges' verdicts on the same items.

    ``Var(IF_A - IF_B)`` per item, its ratio to the clustered variance, and how often exactly one judge is right.

    Parameters
    ----------
    sides : sequence of Side
        Two judges; more are left out.
    name : str
        The figure.
    metric : Metric or str
        How it is made.

    Returns
    -------
    Power or None
        None where the difference is undefined or never moves, and where its interval is more than its error: a bias
        does not shrink with items as an error does.

    References
    ----------
    Connor (1987), Sample size for testing differences in proportions for the paired-sample design: for accuracies the
    variance is d - (difference)^2; Kish (1965), Survey sampling, section 5.4.

    Examples
    --------
    Agresti (1990, p. 350): 150 items convince only the first of two judges, and 86 only the second:
    Connor's variance is 236/1600 - .04^2.

    >>> from judgebench.agreement.matching import Judged, match
    >>> from judgebench.stats.coefficients.catalog import METRICS
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.agreement.contrasts import groups
    >>> from judgebench.domain import Policies, Scale
    >>> import numpy as np
    >>> a, b = (np.repeat(codes, [794, 150, 86, 570]) for codes in ([1, 1, 0, 0], [1, 0, 1, 0]))
    >>> names = range(1600)
    >>> one, two = (
    ...     Judged("approval", name, from_codes(Scale.check(), codes, np.ones(1600)), names, names, Policies())
    ...     for name, codes in (("first", a), ("second", b))
    ... )
    >>> _, sides = next(groups(match([one, two])))
    >>> found = pilot_pair(sides, "accuracy", METRICS["accuracy"])
    >>> round(found.variance * 1599 / 1600, 6), round(236 / 1600 - 0.04**2, 6), round(found.design_effect, 6)
    (0.1459, 0.1459, 1.0)
    """
    first, second = sides[:2]
    found, lone = gap(first, second, metric), lone_gap(first, second, metric)
    if found is None or lone is None or found.method.endswith("bias"):
        return None
    effect, se = design_effect(found.test.spread, lone), lone.se
    if effect is None or se is None:
        return None
    # All items: those that a rate of one class is about are a part of them, in the next sample, too.
    items = Clusters.of(first.scored.item).count
    # Where right is a matter of degree, by its degree; where gold is a number, by what the judges say.
    said = hits_of(sides[:2]) or credits_of(sides[:2]) or [first.scored.judge, second.scored.judge]
    split = float((said[0] != said[1]).mean())
    value = first.figure(metric).outcome.value
    clusters = found.test.spread.pulls.size
    return Power(name, items, se * se * items, effect, split, measured=True, value=value, clusters=clusters)


def pilot_single(scored: Scored, metric: Metric, *, drop: float, discordance: float = DISCORDANCE) -> Power | None:
    """Take base rate, kappa and design effect from one judge's verdicts, and assume the discordance.

    Parameters
    ----------
    scored : Scored
        The judge's rows.
    metric : Metric
        ``cohen_kappa`` on a check, else the variance is that of a paired accuracy, scaled by the metric's own spread.
    drop : float
        The drop that the variance is worked out for.
    discordance : float, optional
        Share of items on which exactly one of the two judges to be compared is right.

    Returns
    -------
    Power or None
        None where the metric is undefined.

    Raises
    ------
    ValueError
        If no two judges can be like that.

    References
    ----------
    Connor (1987); Fleiss, Cohen & Everitt (1969), Large sample standard errors of kappa and weighted kappa.

    Examples
    --------
    GPT-4 on TriviaQA (Thakur et al. 2024): of 1,089 wrong answers it accepts 186, of 2,506 right ones 2,374.
    Kappa .7876 at base rate .697:

    >>> import numpy as np
    >>> from judgebench.stats.coefficients.catalog import METRICS
    >>> from judgebench.agreement.policies import apply
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> gold, judge = (np.repeat(codes, [903, 186, 132, 2374]) for codes in ([0, 0, 1, 1], [0, 1, 0, 1]))
    >>> scored = apply(from_codes(Scale.check(), judge, gold), Policies())
    >>> found = pilot_single(scored, METRICS["cohen_kappa"], drop=0.05)
    >>> round(found.value, 6), round(found.base_rate, 6)
    (0.787569, 0.697079)
    >>> found.variance == kappa_drop_variance(found.base_rate, found.value, 0.05, 0.1)
    True
    """
    found = spreads_of(scored, metric)
    if found is None:
        return None
    clustered, lone = found
    effect, se = design_effect(clustered, lone), lone.se
    if effect is None or se is None:
        return None
    items = Clusters.of(scored.item).count
    if scored.scale.kind == "check" and metric.name == "cohen_kappa" and scored.gold_values is None:
        base = float((scored.gold == 1).mean())
        variance = kappa_drop_variance(base, lone.value, drop, discordance)
        return Power(
            metric.name,
            items,
            variance,
            effect,
            discordance,
            measured=False,
            base_rate=base,
            value=lone.value,
            clusters=clustered.pulls.size,
        )
    # Two judges that agree on all but the discordant items differ where either errs: their influences share the rest.
    wrong = float((scored.gold != scored.judge).mean())
    if wrong <= 0:
        return None
    errors = 2 * wrong * (1 - wrong)
    variance = 2 * se * se * items * min(1.0, discordance / errors)
    clusters = clustered.pulls.size
    return Power(metric.name, items, variance, effect, discordance, measured=False, value=lone.value, clusters=clusters)


def from_figures(
    base_rate: float, kappa: float, drop: float, discordance: float | None = None, *, design_effect: float = 1.0
) -> Power:
    """Work out the power of a paired test of kappa without any data.

    Parameters
    ----------
    base_rate, kappa, drop, discordance : float
        As in `kappa_drop_variance`; the discordance is 10 % by default.
    design_effect : float, optional
        ``(SE_cluster / SE_iid)^2``.

    Returns
    -------
    Power
        Without a pilot, so with normal quantiles.

    Raises
    ------
    ValueError
        If no two judges can be like that.

    References
    ----------
    Connor (1987), Sample size for testing differences in proportions for the paired-sample design; Cantor (1996),
    Sample-size calculations for Cohen's kappa.

    Examples
    --------
    >>> from_figures(0.7, 0.6, 0.05, 0.1).items_for(0.05)
    1080
    """
    share = DISCORDANCE if discordance is None else discordance
    variance = kappa_drop_variance(base_rate, kappa, drop, share)
    return Power("cohen_kappa", None, variance, design_effect, share, measured=False, base_rate=base_rate, value=kappa)
