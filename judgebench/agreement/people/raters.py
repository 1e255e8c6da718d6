"""All annotators at once: coefficients of many raters, with the intervals of their items' clusters."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.estimates import along_tables
from judgebench.agreement.intervals import estimated, shown
from judgebench.agreement.people.pool import ENOUGH, shared_pairs
from judgebench.agreement.policies import never_gold
from judgebench.domain import Estimate
from judgebench.stats.cluster_errors import design_effect, spread
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.chance import weight_matrix
from judgebench.stats.coefficients.krippendorff import alpha_units, coincidence_table
from judgebench.stats.coefficients.pooled import LabelCounts, packed
from judgebench.stats.coefficients.raters import (
    Form,
    brennan_prediger,
    complete,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    icc,
    icc_interval,
    light_kappa,
    mean_agreement,
    spearman_brown,
)
from judgebench.stats.crosstab import TINY
from judgebench.stats.inference.intervals import Interval
from judgebench.stats.influence import Clusters, Influences, RowOutcome, influence, resting_on

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.agreement.people.pool import Measured
    from judgebench.domain import Ratings, Scale
    from judgebench.stats.crosstab import Floats


def joint_alpha(codes: npt.NDArray[np.integer], scale: Scale, cluster: npt.NDArray[np.integer]) -> Measured:
    """Krippendorff's alpha of many raters at the scale's level, gaps allowed, or why there is none.

    Codes, shape (n, m), are -1 for a gap; those past the scale's labels agree with nothing. Alpha is over the units
    with two ratings or more, and its interval that of the table of their coincidences.
    """
    codes = packed(codes)
    kept = np.flatnonzero((codes >= 0).sum(axis=1) >= 2)
    codes, clusters = codes[kept], Clusters.of(cluster[kept])
    categories = max(len(scale.labels), int(codes.max(initial=-1)) + 1)
    values = np.asarray(scale.values)
    found = alpha_units(codes, categories, values, scale.level)
    if isinstance(found, str):
        return Estimate.missing(found), None
    value, per_unit = found
    metric, table = METRICS["krippendorff_alpha"], coincidence_table(codes, categories, values, scale.level)
    outcome, counts = metric(table), LabelCounts.of(codes, categories)

    def add(cell: Floats) -> Floats:
        return clusters.sums(counts.over_pairs(cell) / (counts.size - 1)) / 2

    own = spread(table.joint, table.n, influence(table, outcome), add, add(np.ones_like(table.joint)))
    sums = clusters.sums(per_unit / len(codes))
    total = Influences(value, len(codes), clusters.ids, sums, own.shares, float(own.deff))
    along = along_tables(metric, outcome, table, total)
    if along is None or along.low is None or along.high is None:
        return estimated(total, low=-1.0, high=1.0), total
    return replace(along, n=total.n, low=min(along.low, value), high=max(along.high, value)), total


Resampling: TypeAlias = Literal["influence", "bootstrap", "jackknife"]

_ICC: dict[str, tuple[Form, bool]] = {
    "icc_1": ("one-way", False),
    "icc_a1": ("agreement", False),
    "icc_c1": ("consistency", False),
    "icc_1k": ("one-way", True),
    "icc_ak": ("agreement", True),
    "icc_ck": ("consistency", True),
}


def all_at_once(
    people: Ratings, alpha: Resampling = "influence", seed: int = 0, shared: Floats | None = None
) -> dict[str, Estimate]:
    """Coefficients of all annotators at once, one row per item.

    Each is ``(pa - pe) / (1 - pe)`` over items with two labels or more, pa the mean agreement of two labels of one
    item; alpha is ``1 - Do / De`` at the scale's level, and an ICC a ratio of variance components. The figures are
    agreement, Fleiss, Conger, Light, AC1, Brennan-Prediger and alpha; where labels are levels, also Conger and AC2 with
    quadratic weights; on ratings, also the six intraclass correlations. ``shared`` as for `shared_pairs`.

    Source: Gwet (2014), Handbook of inter-rater reliability, 4th edition; Krippendorff (2011), Computing Krippendorff's
    alpha-reliability; Shrout & Fleiss (1979), Intraclass correlations: uses in assessing rater reliability.
    """
    said, scale = people.gold, people.scale
    codes = packed(said)
    clusters = Clusters.of(people.cluster)
    q, values = len(scale.labels), np.asarray(scale.values, dtype=np.float64)
    paired = (codes >= 0).sum(axis=1) >= 2
    # As for two raters, chance counts the labels that anybody gave where others can't be given.
    kept = np.setdiff1d(np.arange(q), never_gold(people))
    heard = np.append(np.full(q, -1), -1)
    heard[kept] = np.arange(kept.size)
    rotating = not shared_pairs(people, shared)

    def done(outcome: RowOutcome, low: float = -1.0) -> Estimate:
        return _of_units(outcome, clusters, paired, low)

    found = {
        "percent_agreement": done(mean_agreement(codes, q), 0.0),
        "fleiss_kappa": done(fleiss_kappa(codes, q)),
        "conger_kappa": done(conger_kappa(said, q)),
        "light_kappa": Estimate.missing("rotating", int(paired.sum()))
        if rotating
        else done(light_kappa(said, q, least=min(ENOUGH, people.item.size))),
        "gwet_ac1": done(gwet_ac(heard[codes], kept.size)),
        "brennan_prediger": done(brennan_prediger(heard[codes], kept.size)),
        "krippendorff_alpha": _alpha(people, alpha, seed),
    }
    quadratic = weight_matrix(q, values, "quadratic")
    if quadratic is not None and scale.level != "nominal":
        found["conger_kappa_quadratic"] = done(conger_kappa(said, q, quadratic))
        found["gwet_ac2_quadratic"] = done(gwet_ac(codes, q, quadratic))
    if scale.kind == "rate":
        placed = (said >= 0) & (said < len(values))
        numbers = np.where(placed, values[np.clip(said, 0, len(values) - 1)], np.nan)
        found |= correlations(numbers, clusters)
    return found


def _of_units(outcome: RowOutcome, clusters: Clusters, paired: npt.NDArray[np.bool_], low: float) -> Estimate:
    n = int(paired.sum())
    if outcome.value is None or outcome.influence is None:
        return Estimate.missing(outcome.reason or "undefined", n)
    total = resting_on(outcome.influences(clusters), clusters.sums(paired.astype(np.float64)))
    # Mean agreement is a share of the pairs of labels, the others are coefficients.
    share, independent = low == 0.0, outcome.value * (1 - outcome.value) / max(1, n - 1)
    if share and total.se is not None and total.se > TINY:
        deff = design_effect(independent, total.se**2, n, total.effective, total.effective)
        total = replace(total, deff=float(deff))
    return estimated(total, low=low, high=1.0, n=n, proportion=share, chance=outcome.chance)


def _alpha(people: Ratings, how: Resampling, seed: int) -> Estimate:
    found, influences = joint_alpha(people.gold, people.scale, people.cluster)
    if how == "influence" or influences is None:
        return found
    from judgebench.stats.inference.resampling import alpha_resampled  # noqa: PLC0415 - loaded on use

    scale = people.scale
    units = (packed(people.gold), len(scale.labels), np.asarray(scale.values), scale.level, Clusters.of(people.cluster))
    bounds = alpha_resampled(*units, how, seed=seed)
    return shown(influences, found.n, bounds)


def correlations(numbers: npt.NDArray[np.float64], clusters: Clusters) -> dict[str, Estimate]:
    """Intraclass correlations of numbers, NaN for none: F intervals of independent items, else by cluster."""
    whole, k = complete(numbers), numbers.shape[1]
    n = int(whole.size)
    rows = clusters.sums(np.isin(np.arange(len(numbers)), whole).astype(np.float64))
    found: dict[str, Estimate] = {}
    for name, (form, average) in _ICC.items():
        single, outcome = icc(numbers, form), icc(numbers, form, average=average)
        if single.value is None or single.influence is None or outcome.value is None or outcome.influence is None:
            found[name] = Estimate.missing(outcome.reason or single.reason or "undefined", n)
            continue
        own = resting_on(outcome.influences(clusters), rows)
        if clusters.independent:
            bounds = icc_interval(numbers, form, average=average)
            low, high, method = (*bounds, "f") if bounds else (None, None, "")
        else:
            free_of = estimated(resting_on(single.influences(clusters), rows), low=-1.0, high=1.0)
            low, high, method = free_of.low, free_of.high, free_of.method
            if average and low is not None and high is not None:
                # The mean's correlation rises with a single rater's, and so do the bounds, as far as it is defined.
                lowest = 1 + (k - 1) * low
                low = spearman_brown(low, k) if lowest > TINY else None
                high = None if low is None else spearman_brown(high, k)
                method = method if low is not None else ""
        found[name] = shown(replace(own, value=outcome.value), n, Interval(low, high, own.se, method))
    return found
