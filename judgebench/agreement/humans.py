"""The humans behind the gold: how far each agrees with the others, and where a judge stands among them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from judgebench.agreement.ceiling import (
    ENOUGH,
    against_each,
    between,
    joint_alpha,
    mean_over,
    one_per_item,
    ratio_of,
    select,
    shared_pairs,
    two_sided,
)
from judgebench.agreement.estimates import Counted, combined, estimate, free
from judgebench.agreement.inference.intervals import interval, t_interval
from judgebench.agreement.inference.spreads import Clusters, Spread, combine, of_fewer
from judgebench.agreement.metrics.catalog import METRICS
from judgebench.agreement.metrics.icc import Form, complete, icc, icc_interval, spearman_brown
from judgebench.agreement.metrics.raters import (
    UnitOutcome,
    brennan_prediger,
    conger_kappa,
    fleiss_kappa,
    gwet_ac,
    light_kappa,
    mean_agreement,
    weight_matrix,
)
from judgebench.agreement.metrics.table import TINY, Outcome
from judgebench.agreement.policies import apply, plurality
from judgebench.domain import Estimate, Policies
from judgebench.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.metrics.catalog import Metric
    from judgebench.domain import Ratings, Scale

Resampling: TypeAlias = Literal["influence", "bootstrap", "jackknife"]

_FEW_CLUSTERS = 20
_ICC: dict[str, tuple[Form, bool]] = {
    "icc_1": ("one-way", False),
    "icc_a1": ("agreement", False),
    "icc_c1": ("consistency", False),
    "icc_1k": ("one-way", True),
    "icc_ak": ("agreement", True),
    "icc_ck": ("consistency", True),
}


@dataclass(frozen=True, slots=True)
class Rest:
    """Someone against what the other annotators say.

    Parameters
    ----------
    items : int
        Items that the annotator labelled and on which the others have a strict majority.
    percent_agreement, kappa : Estimate
        Against that majority.
    rho : Estimate, optional
        Spearman's rho with the mean of the others' ratings, over all items that one of them rated too; on rating
        scales only.
    """

    items: int
    percent_agreement: Estimate
    kappa: Estimate
    rho: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Annotator:
    """One annotator among the others.

    Parameters
    ----------
    name : str
        The name.
    items : int
        Items labelled.
    percent_agreement, kappa : Estimate
        Mean over the pairs with each other annotator.
    rest : Rest
        Against the others together, the annotator left out.
    """

    name: str
    items: int
    percent_agreement: Estimate
    kappa: Estimate
    rest: Rest


@dataclass(frozen=True, slots=True)
class Humans:
    """How far the annotators of one task agree.

    Parameters
    ----------
    metric : str
        The kappa that is meant: ``cohen_kappa``, or ``cohen_kappa_quadratic`` on rating scales.
    items : int
        Items with a label.
    annotators : tuple of Annotator
        Everyone.
    pairs : mapping of (str, str) to Estimate
        Kappa of every two annotators that share enough items.
    percent_agreement, kappa : Estimate
        Means over these pairs; the latter is the human ceiling.
    coefficients : mapping of str to Estimate
        Coefficients of all annotators at once.
    warnings : tuple of str
        Machine-readable codes: ``few_clusters``, ``few_shared_items``.
    """

    metric: str
    items: int
    annotators: tuple[Annotator, ...]
    pairs: Mapping[tuple[str, str], Estimate]
    percent_agreement: Estimate
    kappa: Estimate
    coefficients: Mapping[str, Estimate]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AmongHumans:
    """One judge among the annotators.

    Parameters
    ----------
    coverage : float
        Share of judgments with a verdict.
    each : mapping of str to Estimate
        Kappa with each annotator.
    percent_agreement, kappa : Estimate
        Means over annotators: what the ceiling is for people.
    ratio : Estimate
        Mean kappa over the ceiling, with the joint interval of both.
    z : Estimate
        Mean kappa minus the mean of the pairs of annotators, in standard deviations of these pairs.
    rest : mapping of str to Rest
        On the items of each annotator's `Rest`, against the same labels.
    alpha_without, alpha_with, alpha_difference : Estimate
        Krippendorff's alpha of the annotators, of annotators and judge, and the second minus the first.
    """

    coverage: float
    each: Mapping[str, Estimate]
    percent_agreement: Estimate
    kappa: Estimate
    ratio: Estimate
    z: Estimate
    rest: Mapping[str, Rest]
    alpha_without: Estimate
    alpha_with: Estimate
    alpha_difference: Estimate
    policies: Policies = field(default_factory=Policies)


def kappa_of(scale: Scale) -> str:
    """Name the kappa that suits a scale: with quadratic weights where labels are levels, else unweighted.

    Parameters
    ----------
    scale : Scale
        The scale.

    Examples
    --------
    >>> from judgebench.domain import Scale
    >>> kappa_of(Scale.pair()), kappa_of(Scale.rate(1, 5))
    ('cohen_kappa', 'cohen_kappa_quadratic')
    """
    return "cohen_kappa_quadratic" if scale.values and scale.level != "nominal" else "cohen_kappa"


def measure_humans(
    ratings: Ratings, policies: Policies | None = None, *, alpha: Resampling = "influence", seed: int = 0
) -> Humans:
    """Measure the annotators against each other.

    Parameters
    ----------
    ratings : Ratings
        Gold labels of two annotators or more; verdicts are not looked at.
    policies : Policies, optional
        The tie policy holds between two people too; coefficients of all at once take the labels as they are.
    alpha : {'influence', 'bootstrap', 'jackknife'}, optional
        How alpha's interval is made.
    seed : int, optional
        Seed of the bootstrap.

    Returns
    -------
    Humans
        An annotator's figures, pairs, and coefficients of all at once.

    Raises
    ------
    DataError
        If no two annotators labelled the same item.

    References
    ----------
    Krippendorff (2011), Computing Krippendorff's alpha-reliability; Light (1971), Measures of response agreement for
    qualitative data.

    Examples
    --------
    Krippendorff's four observers on twelve units, as levels from 1 to 5 (ordinal alpha .815):

    >>> from judgebench.agreement.metrics.krippendorff import CANONICAL
    >>> from judgebench.domain import Ratings, Scale
    >>> rows, none = np.arange(12), np.zeros(12, dtype=int)
    >>> ratings = Ratings(
    ...     scale=Scale.rate(1, 5), judge=none - 1, gold=CANONICAL, annotators=("A", "B", "C", "D"), item=rows,
    ...     cluster=rows, game=none, swapped=none > 0, subset=none, subsets=("",), system=none, systems=("",),
    ... )
    >>> found = measure_humans(ratings)
    >>> round(found.coefficients["krippendorff_alpha"].value, 3), [one.items for one in found.annotators]
    (0.815, [9, 10, 11, 11])
    """
    rules = policies or Policies()
    people = one_per_item(ratings)
    people = select(people, np.flatnonzero((people.gold >= 0).any(axis=1)))
    pairs = shared_pairs(people)
    if not pairs:
        raise DataError(
            "no two annotators labelled the same items, so nothing says how far people agree",
            hint="give one --gold-col per annotator, or a task with several annotators",
        )
    names = people.annotators
    metric, share = METRICS[kappa_of(people.scale)], METRICS["percent_agreement"]
    both = two_sided(metric, rules)
    tables = {pair: between(people, *pair, rules, both=both) for pair in pairs}
    kappas, shares = (
        {pair: mean_over(one, [sides], both=both) for pair, sides in tables.items()} for one in (metric, share)
    )
    annotators = tuple(
        Annotator(
            name,
            int((people.gold[:, j] >= 0).sum()),
            _mean(share, [one for pair, one in shares.items() if j in pair]),
            _mean(metric, [one for pair, one in kappas.items() if j in pair]),
            _rest_of(people, people.gold[:, j], people, j, replace(rules, order="single", invalid="wrong")),
        )
        for j, name in enumerate(names)
    )
    return Humans(
        metric=metric.name,
        items=people.item.size,
        annotators=annotators,
        pairs={(names[i], names[j]): one for (i, j), (one, _) in kappas.items()},
        percent_agreement=_mean(share, list(shares.values())),
        kappa=_mean(metric, list(kappas.values())),
        coefficients=_coefficients(people, alpha, seed),
        warnings=_warnings(people),
    )


def among_humans(ratings: Ratings, policies: Policies | None = None) -> AmongHumans:
    """Measure a judge as if it were one more annotator.

    Parameters
    ----------
    ratings : Ratings
        Verdicts, and gold labels of two annotators or more.
    policies : Policies, optional
        The conventions. Alpha counts every verdict that the order policy leaves as a rating by one more annotator,
        with ties as a label of their own; what agrees with nothing (undecided, invalid) keeps a category of its own.

    Returns
    -------
    AmongHumans
        Means over annotators, their ratio to the ceiling, the z-score, and alpha without and with the judge.

    Notes
    -----
    The z-score is ``(mean kappa of the judge - mean kappa of the pairs) / sd`` with the sample standard deviation of
    the pairs' kappas; it needs three pairs. Its proposers call ``|z| < 1`` human-like and ``z > 1`` more consistent
    than people. Its interval is for other items, not for other annotators: with three annotators the standard
    deviation rests on three numbers.

    References
    ----------
    Han, Titericz Junior, Balough & Zhou (2025), Judge's Verdict: a comprehensive analysis of LLM judge capability
    through human agreement.
    """
    rules = policies or Policies()
    people = one_per_item(ratings)
    metric = METRICS[kappa_of(ratings.scale)]
    tables = against_each(ratings, rules)
    share, _ = mean_over(METRICS["percent_agreement"], tables, both=True)
    kappa, judged = mean_over(metric, tables, both=True)
    both = two_sided(metric, rules)
    pairs = [
        mean_over(metric, [between(people, *pair, rules, both=both)], both=both)[1] for pair in shared_pairs(people)
    ]
    defined = [one for one in pairs if one is not None]
    human = combine(defined, [1 / len(defined)] * len(defined)) if defined else None
    each_rules = replace(rules, gold="majority")
    without, extended, difference = _alpha_beside(ratings, people, rules)
    return AmongHumans(
        coverage=float((ratings.judge >= 0).mean()) if ratings.judge.size else 0.0,
        each={name: estimate(metric, table[0])[0] for name, table in zip(ratings.annotators, tables, strict=True)},
        percent_agreement=share,
        kappa=kappa,
        ratio=ratio_of(judged, human),
        z=_z(judged, defined),
        rest={
            name: _rest_of(ratings, ratings.judge, people, j, each_rules) for j, name in enumerate(ratings.annotators)
        },
        alpha_without=without,
        alpha_with=extended,
        alpha_difference=difference,
        policies=rules,
    )


def _mean(metric: Metric, pairs: Sequence[tuple[Estimate, Spread | None]]) -> Estimate:
    """Mean over pairs of annotators; a pair without a figure is left out."""
    found = [spread for _, spread in pairs if spread is not None]
    if not found:
        return Estimate.missing(next((one.undefined for one, _ in pairs if one.undefined), "no_pairs"))
    return combined(metric, combine(found, [1 / len(found)] * len(found)))


def _z(judged: Spread | None, pairs: Sequence[Spread]) -> Estimate:
    if judged is None:
        return Estimate.missing("undefined_part")
    if len(pairs) < 3:
        return Estimate.missing("too_few_pairs")
    values = np.array([one.value for one in pairs])
    spread, middle = float(values.std(ddof=1)), float(values.mean())
    if spread < TINY:
        return Estimate.missing("no_spread")
    z = (judged.value - middle) / spread
    by_pair = [-1 / len(pairs) - z * (one.value - middle) / ((len(pairs) - 1) * spread) for one in pairs]
    return free(combine([judged, *pairs], [1 / spread, *(weight / spread for weight in by_pair)], z))


def _alpha_beside(ratings: Ratings, people: Ratings, rules: Policies) -> tuple[Estimate, Estimate, Estimate]:
    """Alpha without the judge, with it, and the difference."""
    scale = ratings.scale
    # A gold label that every row with a label has, and that is no tie: the policies then reach the verdicts only.
    labelled = np.where((ratings.gold >= 0).any(axis=1), 0, -1)
    scored = apply(
        replace(ratings, gold=labelled[:, None], annotators=("any",)), replace(rules, tie="class", gold="majority")
    )
    unheard = np.setdiff1d(people.item, scored.item)
    _, first = np.unique(ratings.item, return_index=True)
    left = first[np.isin(ratings.item[first], unheard)]
    rows = np.concatenate([scored.row, left])
    verdicts = np.concatenate([scored.judge.astype(np.int64), np.full(left.size, -1, dtype=np.int64)])
    alone = joint_alpha(people.gold, scale, people.cluster)
    joined = joint_alpha(np.column_stack([ratings.gold[rows], verdicts]), scale, ratings.cluster[rows])
    shown = [Estimate.missing(one) if isinstance(one, str) else free(one, low=-1, high=1) for one in (alone, joined)]
    if isinstance(alone, str) or isinstance(joined, str):
        return shown[0], shown[1], Estimate.missing("undefined_part")
    return shown[0], shown[1], free(combine([joined, alone], [1.0, -1.0]))


def _rest_of(rated: Ratings, judge: npt.NDArray[np.int64], people: Ratings, left: int, policies: Policies) -> Rest:
    """Hold codes against the annotators but one, on the items that this one labelled too."""
    scale = people.scale
    others = np.delete(people.gold, left, axis=1)
    mine = people.gold[:, left] >= 0
    label, share, _ = plurality(others, np.arange(people.item.size), len(scale.labels))
    sure = mine & (share > 0.5)
    place = np.full(int(rated.item.max(initial=-1)) + 1, -1)
    place[people.item] = np.arange(people.item.size)

    def against(gold: npt.NDArray[np.int64], names: tuple[str, ...], rules: Policies) -> Counted:
        at = place[rated.item]
        rows = np.where((at >= 0)[:, None], gold[at], -1)
        return Counted.of(apply(replace(rated, judge=judge, gold=rows, annotators=names), rules))

    majority = against(
        np.where(sure, label, -1)[:, None].astype(np.int64), ("the others",), replace(policies, gold="majority")
    )
    found = [estimate(METRICS[name], majority)[0] for name in ("percent_agreement", kappa_of(scale))]
    rho = None
    if scale.kind == "rate":
        names = tuple(name for j, name in enumerate(people.annotators) if j != left)
        graded = against(np.where(mine[:, None], others, -1), names, replace(policies, gold="mean"))
        rho, _ = estimate(METRICS["spearman_rho"], graded)
    return Rest(int(sure.sum()), found[0], found[1], rho)


def _coefficients(people: Ratings, alpha: Resampling, seed: int) -> dict[str, Estimate]:
    """Coefficients of all annotators at once."""
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
    pulls = clusters.sums(outcome.influence / len(outcome.influence))
    total = of_fewer(Spread(outcome.value, n, clusters.ids, pulls), np.unique(clusters.codes[paired]).size)
    bounds = interval(Outcome(outcome.value, chance=outcome.chance), total, lone=clusters.lone, low=low)
    return Estimate(outcome.value, bounds.low, bounds.high, n, None, bounds.se, bounds.method)


def _alpha(people: Ratings, how: Resampling, seed: int) -> Estimate:
    found = joint_alpha(people.gold, people.scale, people.cluster)
    if isinstance(found, str):
        return Estimate.missing(found)
    if how == "influence":
        return free(found, low=-1.0, high=1.0)
    from judgebench.agreement.inference.alpha import alpha_bootstrap, alpha_jackknife  # noqa: PLC0415 - loaded on use

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
        own = of_fewer(Spread(outcome.value, n, clusters.ids, clusters.sums(outcome.influence / len(numbers))), groups)
        if clusters.lone:
            bounds = icc_interval(numbers, form, average=average)
            low, high, method = (*bounds, "f") if bounds else (None, None, "")
        else:
            one = Spread(single.value, n, clusters.ids, clusters.sums(single.influence / len(numbers)))
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


def _warnings(people: Ratings) -> tuple[str, ...]:
    found: list[str] = []
    present = (people.gold >= 0).astype(np.float64)
    if np.unique(people.cluster[present.sum(axis=1) >= 2]).size < _FEW_CLUSTERS:
        found.append("few_clusters")
    shared = present.T @ present
    off = shared[~np.eye(len(shared), dtype=bool)]
    if (off < ENOUGH).any():
        found.append("few_shared_items")
    return tuple(found)
