"""How small a difference a test can find: of a pilot, or from a base rate, a kappa and a discordance.

A ``discordance`` is the share of items on which exactly one judge is right, a ``drop`` how much lower the second judge
is. ValueError for figures out of their range, and where no two judges can be like that.

Source: Connor (1987), Sample size for testing differences in proportions for the paired-sample design; Kish (1965),
Survey sampling, section 5.4 (design effects).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.cluster_errors import cr2
from judgebench.stats.crosstab import TINY
from judgebench.stats.inference.gates import least_variance
from judgebench.stats.inference.kappa_drops import (
    Rates,
    equal_rates,
    kappa_drop_variance,
    kappa_of,
    most_discordance,
    quantiles,
    rates_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Influences

#: The discordance assumed where only one judge's verdicts are at hand.
DISCORDANCE = 0.1
#: More items than anyone will ever have.
_MOST_ITEMS = 1e30
#: Samples of a pilot that are drawn, as long as they hold no more questions than this in all.
_DRAWS, _LEAST_DRAWS, _CELLS = 2000, 200, 20_000_000
#: How often the items are raised at most, and what share of samples is noise.
_ROUNDS, _NOISE = 6, 0.02


@dataclass(frozen=True, slots=True)
class Power:
    """What a paired test of one metric can find.

    ``variance`` is that of the difference per item, for independent items; ``design_effect`` is
    ``(SE_cluster / SE_iid)^2``. Both and ``discordance`` are ``measured`` on two judges' verdicts, or assumed.
    ``items`` and ``clusters`` (one more than the test has degrees of freedom) are those of the pilot; without one,
    quantiles are normal. Judges of a pilot that hardly differ may not be able to differ by a drop: a question that
    moves does so by ``move``, and more of them have to (`judgebench.stats.inference.gates.least_variance`); it is 0
    where that isn't known. ``base_rate`` and ``value`` are the share of correct items and the judge's own value,
    where they enter; ``rates`` are the better judge's, assumed (``model``: equal-rates, or equal-margins where it
    accepts as often as gold does), given or measured. Where two models are natural, ``other`` is the one that needs
    fewer items. ``pulls`` are those of a pilot's questions on the difference of its two judges. ``reach`` is how far
    apart two judges can be that are no worse than chance, infinite for no bound.
    """

    metric: str
    items: int | None
    variance: float
    design_effect: float
    discordance: float
    measured: bool
    base_rate: float | None = None
    value: float | None = None
    clusters: float | None = None
    move: float = 0.0
    rates: Rates | None = None
    model: str = ""
    other: Power | None = None
    reach: float = math.inf
    pulls: Influences | None = field(default=None, compare=False, repr=False)

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
        variance = max(self.variance * self.design_effect, self._least(drop))
        # Divided twice: the square of a tiny drop is 0.
        items = z * z * variance / drop / drop
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
        questions = n / self._per_question()
        least = z * z * self.move / (questions + z * z)
        return max(least, z * math.sqrt(self.variance * self.design_effect / n))

    def possible(self, difference: float | None) -> float | None:
        """Give a difference back; None where no two judges can be that far apart."""
        return None if difference is None or difference > self.reach else difference

    def _least(self, drop: float) -> float:
        """Least variance per item with which questions that move as the pilot's do can make a drop."""
        return least_variance(self.move, drop) * self._per_question()

    def _per_question(self) -> float:
        """Items to a question of the pilot."""
        return 1.0 if self.pulls is None or not self.items else self.items / self.pulls.sums.size

    def simulated(self, drop: float, items: int, *, alpha: float = 0.05, sides: int = 1, seed: int = 0) -> float | None:
        """Share of the samples of a pilot's questions, drawn with replacement, in which the test finds a drop.

        The test is the one that is run: the drop less its sampling error, over the error that the sample shows (CR2,
        Satterthwaite's degrees of freedom). Where the pilot's judges differ too little for the drop, questions move to
        one side only, as many as make it. None without a pilot of two judges. Source: Efron & Tibshirani (1993), An
        introduction to the bootstrap, chapter 25 (power).
        """
        from scipy.special import stdtrit

        if self.pulls is None or not self.items:
            return None
        drawn = max(2, round(items / self._per_question()))
        draws = max(_LEAST_DRAWS, min(_DRAWS, _CELLS // drawn))
        rng, hits = np.random.default_rng(seed), 0
        for start in range(0, draws, step := max(1, _CELLS // 10 // drawn)):
            seen, variance, df = self._sampled(rng, drop, (min(step, draws - start), drawn))
            # A sample in which nothing moves finds nothing.
            size = np.where(variance > TINY**2, np.abs(seen) if sides == 2 else seen, -math.inf)
            hits += int(np.count_nonzero(size > -stdtrit(df, alpha / sides) * np.sqrt(variance)))
        return hits / draws

    def _sampled(self, rng: np.random.Generator, drop: float, shape: tuple[int, int]) -> tuple[Floats, ...]:
        """Draw samples of so many questions: the differences seen, their variances, and degrees of freedom."""
        known, (draws, drawn) = self.pulls, shape
        if known is None:
            raise ValueError("samples are drawn from a pilot")
        if self._least(drop) > self.variance * self.design_effect:
            lost = rng.binomial(drawn, min(1.0, drop / self.move), draws) / drawn
            return self.move * lost, self.move**2 * lost * (1 - lost) / (drawn - 1), np.array(drawn - 1.0)
        groups = known.sums.size
        picked = rng.integers(0, groups, shape)
        sums, sizes = (
            known.sums[picked],
            (np.full(groups, 1 / groups) if known.shares is None else known.shares)[picked],
        )
        whole = sizes.sum(axis=1, keepdims=True)
        off, share = sums.sum(axis=1, keepdims=True) / whole, sizes / whole
        variance, df, _ = cr2(sums / whole - off * share, share)
        return drop + off[:, 0], variance, df

    def items_simulated(
        self, drop: float, *, alpha: float = 0.05, power: float = 0.8, sides: int = 1
    ) -> tuple[int, float | None]:
        """Items that find a drop as `items_for` has them, more where a pilot's samples find it less often; how often.

        Questions of very unequal sizes leave the estimate fewer degrees of freedom than their number says.
        """
        items = self.items_for(drop, alpha=alpha, power=power, sides=sides)
        seen = self.simulated(drop, items, alpha=alpha, sides=sides)
        for _ in range(_ROUNDS):
            if seen is None or seen >= power - _NOISE:
                break
            wanted, had = (quantiles(alpha=alpha, power=p, sides=sides) for p in (power, max(seen, 2 * alpha)))
            items = math.ceil(items * max(1.05, (wanted / had) ** 2))
            seen = self.simulated(drop, items, alpha=alpha, sides=sides)
        return items, seen


def from_figures(
    base_rate: float,
    kappa: float | None,
    drop: float,
    discordance: float | None = None,
    *,
    design_effect: float = 1.0,
    rates: Rates | None = None,
    said: float | None = None,
) -> Power:
    """Work out the power of a paired test of kappa without any data, so with normal quantiles.

    ``rates`` of the better judge stand in for its kappa; with ``said``, the share that it accepts, kappa gives them.
    With neither it is the more demanding of both natural models: a judge as often right on correct items as on
    incorrect ones, and one that accepts as often as gold does (up to 8 times the items where a class is rare).
    ValueError if no two judges can be like that.
    Source: Cantor (1996), Sample-size calculations for Cohen's kappa.

    >>> equal = from_figures(0.7, 0.6, 0.05, 0.1).other
    >>> equal.model, equal.items_for(0.05), from_figures(0.7, 0.6, 0.05, 0.1).items_for(0.05)
    ('equal-rates', 1080, 1435)
    """
    if not 0 < base_rate < 1 or not all(0 <= one <= 1 for one in rates or ()) or not 0 <= (said or 0) <= 1:
        raise ValueError("base rate, rates and shares lie between 0 and 1")
    share = DISCORDANCE if discordance is None else discordance
    models: dict[str, Callable[[], Rates]]
    if rates is not None:
        known = rates
        models = {"given": lambda: known}
        kappa = kappa_of(base_rate, rates)
    elif kappa is None:
        raise ValueError("kappa, or both rates of the judge, are needed")
    elif said is not None:
        models = {"given": lambda: rates_of(base_rate, kappa, said)}
    else:
        models = {
            "equal-rates": lambda: equal_rates(base_rate, kappa),
            "equal-margins": lambda: rates_of(base_rate, kappa, base_rate),
        }
    found: list[Power] = []
    errors: list[ValueError] = []
    for name, make in models.items():
        try:
            own = make()
            # What is only assumed is no more than such judges can have: rare classes leave little to err on.
            split = share if discordance is not None else min(share, most_discordance(base_rate, own, kappa - drop))
            variance = kappa_drop_variance(base_rate, kappa, drop, split, own)
        except ValueError as error:
            errors.append(error)
            continue
        found.append(
            Power(
                "cohen_kappa", None, variance, design_effect, split, measured=False, base_rate=base_rate, value=kappa,
                rates=own, model=name, reach=1.0,
            )
        )  # fmt: skip
    if not found:
        raise errors[0]
    most = max(found, key=lambda one: one.variance)
    return replace(most, other=next((one for one in found if one is not most), None))
