"""Coefficients of all annotators at once: agreement corrected for chance, alpha, intraclass correlations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.estimates import free
from judgebench.agreement.humans.ceiling import ENOUGH, joint_alpha
from judgebench.domain import Estimate
from judgebench.stats.coefficients.icc import Form, complete, icc, icc_interval, spearman_brown
from judgebench.stats.coefficients.raters import (
    UnitOutcome,
    brennan_prediger,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    light_kappa,
    mean_agreement,
    weight_matrix,
)
from judgebench.stats.crosstab import TINY, Outcome
from judgebench.stats.inference.intervals import interval, t_interval
from judgebench.stats.influence import Clusters, Influences, of_fewer

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.domain import Ratings

Resampling: TypeAlias = Literal["influence", "bootstrap", "jackknife"]

_ICC: dict[str, tuple[Form, bool]] = {
    "icc_1": ("one-way", False),
    "icc_a1": ("agreement", False),
    "icc_c1": ("consistency", False),
    "icc_1k": ("one-way", True),
    "icc_ak": ("agreement", True),
    "icc_ck": ("consistency", True),
}


def all_at_once(people: Ratings, alpha: Resampling = "influence", seed: int = 0) -> dict[str, Estimate]:
    """Coefficients of all annotators at once, one row per item.

    Each is ``(pa - pe) / (1 - pe)`` over items with two labels or more, pa the mean agreement of two labels of one
    item; alpha is ``1 - Do / De`` at the scale's level, and an ICC a ratio of variance components. The figures are
    agreement, Fleiss, Conger, Light, AC1, Brennan-Prediger and alpha; where labels are levels, also Conger and AC2 with
    quadratic weights; on ratings, also the six intraclass correlations.

    Source: Gwet (2014), Handbook of inter-rater reliability, 4th edition; Krippendorff (2011), Computing Krippendorff's
    alpha-reliability; Shrout & Fleiss (1979), Intraclass correlations: uses in assessing rater reliability, with their
    four judges of six targets (table 4: .17, .29 and .71):

    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Scale
    >>> judges = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    >>> found = all_at_once(from_codes(Scale.rate(1, 10), np.full(6, -1), judges - 1))
    >>> [round(found[name].value, 2) for name in ("icc_1", "icc_a1", "icc_c1")]
    [0.17, 0.29, 0.71]
    """
    codes, scale = people.gold, people.scale
    clusters = Clusters.of(people.cluster)
    q, values = len(scale.labels), np.asarray(scale.values, dtype=np.float64)
    present = codes >= 0
    paired = present.sum(axis=1) >= 2
    shared = present.T.astype(np.float64) @ present
    np.fill_diagonal(shared, 0)

    def done(outcome: UnitOutcome, low: float = -1.0) -> Estimate:
        return _of_units(outcome, clusters, paired, low)

    found = {
        "percent_agreement": done(mean_agreement(codes, q), 0.0),
        "fleiss_kappa": done(fleiss_kappa(codes, q)),
        "conger_kappa": done(conger_kappa(codes, q)),
        "light_kappa": done(light_kappa(codes, q, least=int(min(ENOUGH, shared.max())))),
        "gwet_ac1": done(gwet_ac(codes, q)),
        "brennan_prediger": done(brennan_prediger(codes, q)),
        "krippendorff_alpha": _alpha(people, alpha, seed),
    }
    quadratic = weight_matrix(q, values, "quadratic")
    if quadratic is not None and scale.level != "nominal":
        found["conger_kappa_quadratic"] = done(conger_kappa(codes, q, quadratic))
        found["gwet_ac2_quadratic"] = done(gwet_ac(codes, q, quadratic))
    if scale.kind == "rate":
        found |= _correlations(codes, values, clusters)
    return found


def _of_units(outcome: UnitOutcome, clusters: Clusters, paired: npt.NDArray[np.bool_], low: float) -> Estimate:
    n = int(paired.sum())
    if outcome.value is None or outcome.influence is None:
        return Estimate.missing(outcome.reason or "undefined", n)
    influences = clusters.sums(outcome.influence / len(outcome.influence))
    total = of_fewer(Influences(outcome.value, n, clusters.ids, influences), np.unique(clusters.codes[paired]).size)
    bounds = interval(Outcome(outcome.value, chance=outcome.chance), total, independent=clusters.independent, low=low)
    return Estimate(outcome.value, bounds.low, bounds.high, n, None, bounds.se, bounds.method)


def _alpha(people: Ratings, how: Resampling, seed: int) -> Estimate:
    found = joint_alpha(people.gold, people.scale, people.cluster)
    if isinstance(found, str):
        return Estimate.missing(found)
    if how == "influence":
        return free(found, low=-1.0, high=1.0)
    from judgebench.stats.inference.resampling import alpha_bootstrap, alpha_jackknife  # noqa: PLC0415 - loaded on use

    scale = people.scale
    units = (people.gold, len(scale.labels), np.asarray(scale.values), scale.level, Clusters.of(people.cluster))
    bounds = alpha_bootstrap(*units, seed=seed) if how == "bootstrap" else alpha_jackknife(*units)
    return Estimate(found.value, bounds.low, bounds.high, found.n, None, bounds.se, bounds.method)


def _correlations(
    codes: npt.NDArray[np.int64], values: npt.NDArray[np.float64], clusters: Clusters
) -> dict[str, Estimate]:
    """Intraclass correlations: F intervals of independent items, else by cluster."""
    numbers = np.where((codes >= 0) & (codes < len(values)), values[np.clip(codes, 0, len(values) - 1)], np.nan)
    whole, k = complete(numbers), numbers.shape[1]
    n, groups = int(whole.size), np.unique(clusters.codes[whole]).size
    found: dict[str, Estimate] = {}
    for name, (form, average) in _ICC.items():
        single, outcome = icc(numbers, form), icc(numbers, form, average=average)
        if single.value is None or single.influence is None or outcome.value is None or outcome.influence is None:
            found[name] = Estimate.missing(outcome.reason or single.reason or "undefined", n)
            continue
        own = of_fewer(
            Influences(outcome.value, n, clusters.ids, clusters.sums(outcome.influence / len(numbers))), groups
        )
        if clusters.independent:
            bounds = icc_interval(numbers, form, average=average)
            low, high, method = (*bounds, "f") if bounds else (None, None, "")
        else:
            one = Influences(single.value, n, clusters.ids, clusters.sums(single.influence / len(numbers)))
            free_of = t_interval(of_fewer(one, groups))
            low, high, method = free_of.low, free_of.high, free_of.method
            if average and low is not None and high is not None:
                # The mean's correlation rises with a single rater's, and so do the bounds, as far as it is defined.
                lowest = 1 + (k - 1) * low
                low = spearman_brown(low, k) if lowest > TINY else None
                high = None if low is None else spearman_brown(high, k)
                method = method if low is not None else ""
        found[name] = Estimate(outcome.value, low, high, n, None, own.se, method)
    return found
