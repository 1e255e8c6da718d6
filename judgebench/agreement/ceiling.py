"""The human ceiling: how far annotators agree among themselves, by the functions that measure the judge."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.estimates import Counted, Figure, along_tables, combined, estimate, estimated, shown
from judgebench.agreement.people import Pool, shared_items
from judgebench.agreement.policies import apply, never_gold
from judgebench.domain import Estimate, Policies
from judgebench.stats.cluster_errors import design_effect, spread
from judgebench.stats.coefficients.catalog import METRICS, Metric
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
from judgebench.stats.inference.paired import correlation
from judgebench.stats.inference.score_path import mover_ratio
from judgebench.stats.influence import Clusters, Influences, RowOutcome, combine, influence, resting_on

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.people import Measured
    from judgebench.domain import People, Ratings, Scale
    from judgebench.stats.crosstab import Floats

#: A pair of annotators with fewer shared items than this says little.
ENOUGH = 10
#: So many pairs of annotators are measured one by one; nobody reads the 124,750 of 500 annotators.
MOST_PAIRS = 10_000


def ceiling(
    ratings: Ratings,
    policies: Policies,
    metrics: Mapping[str, Metric] | None = None,
    void: tuple[int, ...] | None = None,
) -> dict[str, Estimate]:
    """Measure annotators against each other, and the judge in the place of one of them; ``void`` as for `Pool.of`.

    Under a metric's name is its value over all pairs of labels that two people gave the same item (`people`); under
    ``judge_vs_each_<metric>`` the judge's, in the place of one of the two, which asks the same question (a majority
    that includes the annotator does not); under ``ratio_<metric>`` the second over the first; under
    ``krippendorff_alpha_joint`` alpha over all annotators at once, gaps allowed. Empty where no item has two labels.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability, for the joint alpha; Fleiss (1971),
    Measuring nominal scale agreement among many raters, whose kappa it is where all people labelled all items.
    """
    people = one_per_item(ratings)
    pool = Pool.of(people, policies, void)
    among = pool.among()
    if not among.total:
        return {}
    chosen = METRICS if metrics is None else metrics
    beside = pool.beside(pool.judged(ratings))
    found: dict[str, Estimate] = {}
    judged: dict[str, Estimate] = {}
    for name, metric in chosen.items():
        if metric.binary:
            continue
        human, judge = among.measured(metric), beside.measured(metric)
        found[name], judged[f"judge_vs_each_{name}"] = human[0], judge[0]
        if metric.chance_corrected:
            judged[f"ratio_{name}"] = ratio_of(judge, human)
    if "krippendorff_alpha" in chosen:
        found["krippendorff_alpha_joint"] = joint_alpha(people.gold, people.scale, people.cluster)[0]
    return found | judged


def behind(ratings: Ratings) -> People | None:
    """Count the people behind a ceiling of labels, their items and pairs; None where no item has two labels."""
    if not ratings.scale.listed:
        return None
    found = Pool.of(one_per_item(ratings), Policies()).facts()
    return found if found.pairs else None


def pairwise(ratings: Ratings, metric: Metric, policies: Policies | None = None) -> dict[tuple[str, str], Estimate]:
    """Measure every two annotators against each other; where the metric is not symmetric, the first one is gold."""
    people = one_per_item(ratings)
    names = ratings.annotators
    rules = policies or Policies()
    return {
        (names[i], names[j]): estimate(metric, between(people, i, j, rules)[0])[0]
        for i, j in combinations(range(len(names)), 2)
    }


def select(ratings: Ratings, rows: np.ndarray) -> Ratings:
    """Keep some rows of ratings."""
    names = ("judge", "gold", "item", "cluster", "game", "swapped", "subset", "system")
    optional = ("stratum", "score", "has_score", "sequence", "gold_sequence", "order")
    present = [*names, *(name for name in optional if getattr(ratings, name) is not None)]
    return replace(ratings, **{name: getattr(ratings, name)[rows] for name in present})


def one_per_item(ratings: Ratings) -> Ratings:
    """Keep the first row of each item: people label an item once, however often a judge saw it."""
    _, first = np.unique(ratings.item, return_index=True)
    return ratings if first.size == ratings.item.size else select(ratings, first)


def shared_pairs(people: Ratings, shared: Floats | None = None) -> list[tuple[int, int]]:
    """List the pairs of annotators with enough shared items: `ENOUGH`, or all items where these are fewer.

    None where these pairs hold less than half of all pairs of labels: people rotate, and a few of their pairs say
    nothing of the others. ``shared`` are their `shared_items`, where these are known.
    """
    shared = shared_items(people.gold) if shared is None else shared
    enough = np.triu(shared) >= min(ENOUGH, max(people.item.size, 1))
    if 4 * float(shared[enough].sum()) < float(shared.sum()):
        return []
    return [(int(i), int(j)) for i, j in zip(*np.nonzero(enough), strict=True)]


def paired(
    people: Ratings, pairs: Sequence[tuple[int, int]], policies: Policies, *, both: bool
) -> Iterator[tuple[tuple[int, int], list[Counted]]]:
    """Count annotators `between` each other, pair by pair; none where there are more than `MOST_PAIRS`."""
    for i, of_one in groupby(pairs if len(pairs) <= MOST_PAIRS else (), key=itemgetter(0)):
        mine = select(people, np.flatnonzero(people.gold[:, i] >= 0))
        yield from (((i, j), between(mine, i, j, policies, both=both)) for _, j in of_one)


def between(people: Ratings, i: int, j: int, policies: Policies, *, both: bool = True) -> list[Counted]:
    """Count annotator j as a judge of annotator i's gold, and the other way round.

    The second way matters where a metric or policy tells the sides apart (``both``).
    """
    rules = Policies(order="single", tie=policies.tie, invalid="wrong", gold="majority")
    two = replace(people, gold=people.gold[:, [i, j]], annotators=(people.annotators[i], people.annotators[j]))
    met = select(two, np.flatnonzero((two.gold >= 0).all(axis=1)))
    sides: list[Counted] = []
    for gold, judge in ((0, 1), (1, 0)) if both else ((0, 1),):
        one = replace(met, judge=met.gold[:, judge], gold=met.gold[:, [gold]], annotators=(met.annotators[gold],))
        sides.append(Counted.of(apply(one, rules)))
    return sides


def against_each(ratings: Ratings, policies: Policies) -> list[list[Counted]]:
    """Count the judge against each annotator alone."""
    rules = replace(policies, gold="majority")
    labelled = [select(ratings, np.flatnonzero(ratings.gold[:, j] >= 0)) for j in range(len(ratings.annotators))]
    return [
        [Counted.of(apply(replace(mine, gold=mine.gold[:, [j]], annotators=(name,)), rules))]
        for j, (name, mine) in enumerate(zip(ratings.annotators, labelled, strict=True))
    ]


def two_sided(metric: Metric, policies: Policies) -> bool:
    """Whether it matters which of two annotators is gold."""
    # Dropping gold ties, or voiding a judge's, tells the two sides apart.
    return not metric.symmetric or policies.tie in {"drop", "wrong"}


def mean_over(metric: Metric, groups: Sequence[Sequence[Counted]], *, both: bool) -> tuple[Estimate, Influences | None]:
    """Average a metric over tables; undefined only where it is undefined on all of them.

    Each group holds both ways to count a pair, or the one there is; ``both`` counts the second one too.
    """
    found: list[Influences] = []
    reason = "no_items"
    for counted in (one for group in groups for one in group[: None if both else 1]):
        figure = Figure.of_table(metric, counted)
        if (influences := figure.influences()) is None:
            reason = figure.outcome.reason or reason
        else:
            found.append(influences)
    if not found:
        return Estimate.missing(reason), None
    total = combine(found, [1 / len(found)] * len(found))
    return combined(metric, total), total


def ratio_of(judge: Measured, human: Measured) -> Estimate:
    """Divide a judge's figure by that of people, on the clusters of both; the interval is made of both intervals.

    ``no_ceiling`` where people agree no better than chance, ``undefined_part`` without one of the two. Where people may
    agree no better than chance (their interval reaches 0) no ratio is too large, and there is no interval.
    Source: `judgebench.stats.inference.score_path.mover_ratio`.
    """
    (above, one), (below, two) = judge, human
    if one is None or two is None:
        return Estimate.missing("undefined_part")
    if two.value <= TINY:
        return Estimate.missing("no_ceiling")
    share = one.value / two.value
    influences = combine([one, two], [1 / two.value, -share / two.value], share)
    bounds = None
    if above.low is not None and above.high is not None and below.low is not None and below.high is not None:
        r = correlation(one.on(influences.ids), two.on(influences.ids), influences.shares)
        bounds = mover_ratio(one.value, (above.low, above.high), two.value, (below.low, below.high), r)
    if bounds is None:
        return shown(influences, influences.n, Interval(None, None, influences.se, ""), "ceiling_near_chance")
    return shown(influences, influences.n, Interval(*bounds, influences.se, "mover-ratio"))


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
