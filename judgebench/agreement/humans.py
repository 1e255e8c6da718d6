"""The humans behind the gold: how far each agrees with the others, and where a judge stands among them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.ceiling import (
    ENOUGH,
    against_each,
    all_at_once,
    between,
    joint_alpha,
    mean_over,
    one_per_item,
    ratio_of,
    select,
    shared_pairs,
    two_sided,
)
from judgebench.agreement.estimates import Counted, combined, estimate, estimated, within
from judgebench.agreement.policies import apply, plurality
from judgebench.domain import Estimate, Policies
from judgebench.errors import DataError, argument
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.krippendorff import least_alpha
from judgebench.stats.crosstab import TINY
from judgebench.stats.influence import Influences, combine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.ceiling import Resampling
    from judgebench.domain import Ratings, Scale
    from judgebench.stats.coefficients.catalog import Metric

_FEW_CLUSTERS = 20


@dataclass(frozen=True, slots=True)
class AgainstRest:
    """Someone against what the other annotators say.

    ``items`` are those that the annotator labelled and on which the others have a strict majority; agreement and kappa
    are against that. ``rho``, on rating scales only, is Spearman's with the mean of the others' ratings, over all items
    that one of them rated too.
    """

    items: int
    percent_agreement: Estimate
    kappa: Estimate
    rho: Estimate | None = None


@dataclass(frozen=True, slots=True)
class Annotator:
    """One annotator among the others: means over the pairs with each other one, and against the others together."""

    name: str
    items: int
    percent_agreement: Estimate
    kappa: Estimate
    rest: AgainstRest


@dataclass(frozen=True, slots=True)
class Humans:
    """How far the annotators of one task agree.

    ``metric`` is the kappa that is meant: ``cohen_kappa``, or ``cohen_kappa_quadratic`` on rating scales. ``pairs``
    holds that of every two annotators that share enough items; ``percent_agreement`` and ``kappa`` are means over
    these, the latter the human ceiling. ``coefficients`` are of all annotators at once; ``warnings`` are codes,
    ``few_clusters`` and ``few_shared_items``.
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

    ``each`` is kappa with each annotator, ``percent_agreement`` and ``kappa`` are means over them: what the ceiling is
    for people. ``ratio`` is mean kappa over the ceiling, with the joint interval of both; ``z`` is mean kappa minus the
    mean of the pairs of annotators, in standard deviations of these pairs; ``rest`` is on the items of each annotator's
    `AgainstRest`, against the same labels. ``alpha_difference`` is Krippendorff's alpha of annotators and judge less
    that of annotators.
    """

    coverage: float
    each: Mapping[str, Estimate]
    percent_agreement: Estimate
    kappa: Estimate
    ratio: Estimate
    z: Estimate
    rest: Mapping[str, AgainstRest]
    alpha_without: Estimate
    alpha_with: Estimate
    alpha_difference: Estimate
    policies: Policies = field(default_factory=Policies)


def kappa_of(scale: Scale) -> str:
    """Name the kappa that suits a scale: with quadratic weights where labels are levels, else unweighted."""
    return "cohen_kappa_quadratic" if scale.values and scale.level != "nominal" else "cohen_kappa"


def measure_humans(
    ratings: Ratings, policies: Policies | None = None, *, alpha: Resampling = "influence", seed: int = 0
) -> Humans:
    """Measure the annotators against each other; verdicts are not looked at.

    Coefficients of all at once take the labels as they are, whatever the tie policy; ``alpha`` says how alpha's
    interval is made. DataError if no two annotators labelled the same item.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability; Light (1971), Measures of response
    agreement for qualitative data.
    """
    rules = policies or Policies()
    people = one_per_item(ratings)
    people = select(people, np.flatnonzero((people.gold >= 0).any(axis=1)))
    pairs = shared_pairs(people)
    if not pairs:
        raise DataError(
            "no two annotators labelled the same items, so nothing says how far people agree",
            hint=f"give one {argument('gold')} per annotator, or a task with several annotators",
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
        coefficients=all_at_once(people, alpha, seed),
        warnings=_warnings(people),
    )


def among_humans(ratings: Ratings, policies: Policies | None = None) -> AmongHumans:
    """Measure a judge as if it were one more annotator, beside two annotators or more.

    Alpha counts every verdict that the order policy leaves as a rating by one more annotator, with ties as a label of
    their own; where games contradict each other, that is a category of its own, and no verdict, where it is wrong, the
    label that makes alpha least. The z-score is
    ``(mean kappa of the judge - mean kappa of the pairs) / sd`` with the sample standard deviation of the pairs'
    kappas; it needs three pairs. Its proposers call ``|z| < 1`` human-like and ``z > 1`` more consistent than people.
    Its interval is for other items, not for other annotators: with three annotators the standard deviation rests on
    three numbers.
    Source: Han, Titericz Junior, Balough & Zhou (2025), Judge's Verdict: a comprehensive analysis of LLM judge
    capability through human agreement.
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


def _mean(metric: Metric, pairs: Sequence[tuple[Estimate, Influences | None]]) -> Estimate:
    """Mean over pairs of annotators; a pair without a figure is left out."""
    found = [one for _, one in pairs if one is not None]
    if not found:
        return Estimate.missing(next((one.undefined for one, _ in pairs if one.undefined), "no_pairs"))
    return combined(metric, combine(found, [1 / len(found)] * len(found)))


def _z(judged: Influences | None, pairs: Sequence[Influences]) -> Estimate:
    if judged is None:
        return Estimate.missing("undefined_part")
    if len(pairs) < 3:
        return Estimate.missing("too_few_pairs")
    values = np.array([one.value for one in pairs])
    deviation, middle = float(values.std(ddof=1)), float(values.mean())
    if deviation < TINY:
        return Estimate.missing("no_spread")
    z = (judged.value - middle) / deviation
    by_pair = [-1 / len(pairs) - z * (one.value - middle) / ((len(pairs) - 1) * deviation) for one in pairs]
    return estimated(combine([judged, *pairs], [1 / deviation, *(weight / deviation for weight in by_pair)], z))


def _alpha_beside(ratings: Ratings, people: Ratings, rules: Policies) -> tuple[Estimate, Estimate, Estimate]:
    """Alpha without the judge, with it, and the difference."""
    scale = ratings.scale
    # A gold label that every row with a label has, and that is not a tie: the policies then reach the verdicts only.
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
    codes, values = np.column_stack([ratings.gold[rows], verdicts]), np.asarray(scale.values)
    silent = verdicts == len(scale.labels) + 1
    if rules.invalid == "wrong" and silent.any():
        codes = least_alpha(codes, silent, len(scale.labels), values, scale.level)
    joined = joint_alpha(codes, scale, ratings.cluster[rows])
    both = (alone, joined)
    shown = [Estimate.missing(one) if isinstance(one, str) else estimated(one, low=-1, high=1) for one in both]
    if isinstance(alone, str) or isinstance(joined, str):
        return shown[0], shown[1], Estimate.missing("undefined_part")
    # Two figures of -1 to 1 lie at most 2 apart.
    return shown[0], shown[1], within(estimated(combine([joined, alone], [1.0, -1.0])), 2.0)


def _rest_of(
    rated: Ratings, judge: npt.NDArray[np.int64], people: Ratings, left: int, policies: Policies
) -> AgainstRest:
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
    return AgainstRest(int(sure.sum()), found[0], found[1], rho)


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
