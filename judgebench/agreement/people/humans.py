"""The humans behind the gold: how far each agrees with the others, and where a judge stands among them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.cautions import FEW_CLUSTERS
from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.intervals import estimated, within
from judgebench.agreement.people.ceiling import against_each, mean_over, paired, ratio_of, two_sided
from judgebench.agreement.people.pool import ENOUGH, MOST_PAIRS, Pool, shared_items, shared_pairs
from judgebench.agreement.people.raters import all_at_once, joint_alpha
from judgebench.agreement.people.unlisted_ceiling import headline_of
from judgebench.agreement.policies import apply, plurality, verdicts_alone
from judgebench.agreement.ratings import one_per_item, places_of, select
from judgebench.domain import Estimate, People, Policies
from judgebench.errors import DataError, argument
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.krippendorff import least_alpha
from judgebench.stats.crosstab import TINY
from judgebench.stats.influence import Influences, combine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from judgebench.agreement.people.pool import Measured, Verdicts
    from judgebench.agreement.people.raters import Resampling
    from judgebench.domain import Ratings, Scale
    from judgebench.stats.coefficients.catalog import Metric
    from judgebench.stats.crosstab import Floats


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
    """One annotator among the others: against every label that others gave the same items, and against their majority.

    ``without`` is the kappa of the others with each other.
    """

    name: str
    items: int
    percent_agreement: Estimate
    kappa: Estimate
    rest: AgainstRest
    without: Estimate


@dataclass(frozen=True, slots=True)
class Humans:
    """How far the annotators of one task agree.

    ``metric`` is the kappa that is meant: ``cohen_kappa``, or ``cohen_kappa_quadratic`` on rating scales; of numbers
    ``lin_ccc``, of sets ``krippendorff_alpha_masi``. ``percent_agreement`` and ``kappa`` are over all pairs of labels
    (`judgebench.agreement.people.pool`), the latter the human ceiling; ``level`` is that of measurement, at which alpha
    was taken; ``people`` counts whom they are about. ``pairs`` holds the kappa of every two annotators, empty where
    most share few items or there are more than `MOST_PAIRS`. ``coefficients`` are of all annotators at once.
    ``pulling`` names the annotator without whom kappa leaves its own interval by most, and is empty where there is
    none. ``warnings`` are codes, ``few_clusters`` and ``few_shared_items``.
    """

    metric: str
    level: str
    items: int
    people: People
    annotators: tuple[Annotator, ...]
    pairs: Mapping[tuple[str, str], Estimate]
    percent_agreement: Estimate
    kappa: Estimate
    coefficients: Mapping[str, Estimate]
    pulling: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Without:
    """What is left where one annotator is left out: the kappa of the others, a judge's in their place, their ratio."""

    people: Estimate
    judge: Estimate
    ratio: Estimate

    @classmethod
    def of(cls, human: Measured, judge: Measured) -> Without:
        """Put a judge's figure beside that of people."""
        return cls(human[0], judge[0], ratio_of(judge, human))


@dataclass(frozen=True, slots=True)
class AmongHumans:
    """One judge among the annotators.

    ``percent_agreement`` and ``kappa`` are the judge's in the place of one of two people, over all pairs of labels:
    what the ceiling is for people. ``ratio`` is kappa over the ceiling, with the joint interval of both, ``without``
    the same where each annotator in turn is left out. ``each`` is kappa with each annotator; ``z`` is its mean minus
    the mean of the pairs of annotators, in standard deviations of these pairs; ``rest`` is on the items of each
    annotator's `AgainstRest`, against the same labels. ``alpha_difference`` is Krippendorff's alpha of annotators and
    judge less that of annotators.
    """

    coverage: float
    each: Mapping[str, Estimate]
    percent_agreement: Estimate
    kappa: Estimate
    ratio: Estimate
    without: Mapping[str, Without]
    z: Estimate
    rest: Mapping[str, AgainstRest]
    alpha_without: Estimate
    alpha_with: Estimate
    alpha_difference: Estimate
    policies: Policies = field(default_factory=Policies)


def need_pairs(pairs: int) -> None:
    """Refuse people of whom no two labelled the same item; DataError."""
    if not pairs:
        raise DataError(
            "no two annotators labelled the same items, so nothing says how far people agree",
            hint=f"give one {argument('gold')} per annotator, or a task with several annotators",
        )


def kappa_of(scale: Scale) -> str:
    """Name the kappa that suits a scale, with quadratic weights where labels are levels; its kin where none are."""
    if not (scale.listed or scale.sequential):
        return headline_of(scale)
    return "cohen_kappa_quadratic" if scale.values and scale.level != "nominal" else "cohen_kappa"


def measure_humans(
    ratings: Ratings, policies: Policies | None = None, *, alpha: Resampling = "influence", seed: int = 0
) -> Humans:
    """Measure the annotators against each other; verdicts are not looked at.

    Coefficients of all at once take the labels as they are, whatever the tie policy; ``alpha`` says how alpha's
    interval is made. DataError if no two annotators labelled the same item.

    Source: Krippendorff (2011), Computing Krippendorff's alpha-reliability; Light (1971), Measures of response
    agreement for qualitative data, for the pairs of annotators.
    """
    rules = policies or Policies()
    people = one_per_item(ratings)
    people = select(people, np.flatnonzero((people.gold >= 0).any(axis=1)))
    pool = Pool.of(people, rules)
    facts, shared = pool.facts(), shared_items(people.gold)
    need_pairs(facts.pairs)
    names = people.annotators
    metric, share = METRICS[kappa_of(people.scale)], METRICS["percent_agreement"]
    both = two_sided(metric, rules)
    against = replace(rules, order="single", invalid="wrong")

    def annotator(j: int) -> Annotator:
        mine = pool.person(j)
        return Annotator(
            names[j],
            int(given[j]),
            mine.measured(share)[0],
            mine.measured(metric)[0],
            _rest_of(people, people.gold[:, j], pool, j, against),
            pool.without(j).among().measured(metric)[0],
        )

    among, given = pool.among(), (people.gold >= 0).sum(axis=0)
    kappa, _ = among.measured(metric)
    annotators = tuple(map(annotator, range(len(names))))
    return Humans(
        metric=metric.name,
        level=people.scale.level,
        items=people.item.size,
        people=facts,
        annotators=annotators,
        pairs={
            (names[i], names[j]): mean_over(metric, [counted], both=both)[0]
            for (i, j), counted in paired(people, shared_pairs(people, shared), rules, both=both)
        },
        percent_agreement=among.measured(share)[0],
        kappa=kappa,
        coefficients=all_at_once(people, alpha, seed, shared),
        pulling=pulling(kappa, annotators),
        warnings=warnings(people, shared),
    )


def pulling(kappa: Estimate, annotators: Sequence[Annotator]) -> str:
    """Name the annotator without whom kappa is out of its interval, and farthest from where it is."""
    if kappa.value is None or kappa.low is None or kappa.high is None:
        return ""
    apart = {
        one.name: abs(one.without.value - kappa.value)
        for one in annotators
        if one.without.value is not None and not kappa.low <= one.without.value <= kappa.high
    }
    return max(apart, key=lambda name: apart[name], default="")


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
    metric, share = METRICS[kappa_of(ratings.scale)], METRICS["percent_agreement"]
    pool = Pool.of(people, rules)
    verdicts = pool.judged(ratings)
    beside = pool.beside(verdicts)
    kappa = beside.measured(metric)
    tables = against_each(ratings, rules)
    _, judged = mean_over(metric, tables, both=True)
    both = two_sided(metric, rules)
    pairs = shared_pairs(people)
    found = [mean_over(metric, [counted], both=both)[1] for _, counted in paired(people, pairs, rules, both=both)]
    defined = [one for one in found if one is not None]
    each_rules = replace(rules, gold="majority")
    without, extended, difference = _alpha_beside(ratings, people, rules)
    return AmongHumans(
        coverage=float((ratings.judge >= 0).mean()) if ratings.judge.size else 0.0,
        each={name: estimate(metric, table[0])[0] for name, table in zip(ratings.annotators, tables, strict=True)},
        percent_agreement=beside.measured(share)[0],
        kappa=kappa[0],
        ratio=ratio_of(kappa, pool.among().measured(metric)),
        without={name: _without(pool.without(j), verdicts, metric) for j, name in enumerate(ratings.annotators)},
        z=Estimate.missing("too_many_pairs") if len(pairs) > MOST_PAIRS else z_among(judged, defined),
        rest={name: _rest_of(ratings, ratings.judge, pool, j, each_rules) for j, name in enumerate(ratings.annotators)},
        alpha_without=without,
        alpha_with=extended,
        alpha_difference=difference,
        policies=rules,
    )


def ratios_without(ratings: Ratings, policies: Policies, names: Sequence[str]) -> list[tuple[str, Estimate]]:
    """Divide a judge's kappa by that of people, where each of these annotators in turn is left out."""
    pool, metric = Pool.of(one_per_item(ratings), policies), METRICS[kappa_of(ratings.scale)]
    verdicts = pool.judged(ratings)
    places = {name: j for j, name in enumerate(ratings.annotators)}
    return [(name, _without(pool.without(places[name]), verdicts, metric).ratio) for name in names]


def _without(pool: Pool, verdicts: Verdicts, metric: Metric) -> Without:
    return Without.of(pool.among().measured(metric), pool.beside(verdicts).measured(metric))


def z_among(judged: Influences | None, pairs: Sequence[Influences]) -> Estimate:
    """Place a judge's mean figure among those of the pairs of annotators, in their standard deviations."""
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
    scored = verdicts_alone(ratings, replace(rules, tie="class"))
    scored = scored.take(np.flatnonzero((ratings.gold[scored.row] >= 0).any(axis=1)))
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
    return alone[0], joined[0], alpha_change(alone, joined)


def alpha_change(alone: Measured, joined: Measured) -> Estimate:
    """How much higher alpha is with the judge than without it."""
    if alone[1] is None or joined[1] is None:
        return Estimate.missing("undefined_part")
    # Two figures of -1 to 1 lie at most 2 apart.
    return within(estimated(combine([joined[1], alone[1]], [1.0, -1.0])), 2.0)


def _rest_of(rated: Ratings, judge: npt.NDArray[np.int64], pool: Pool, left: int, policies: Policies) -> AgainstRest:
    """Hold codes against the annotators but one, on the items that this one labelled too."""
    scale = rated.scale
    mine, others = pool.others(left)
    label, share, _ = plurality(others, np.arange(mine.size), len(scale.labels))
    sure = share > 0.5
    place = places_of(rated.item, pool.ratings.item[mine])
    rows = np.flatnonzero(place >= 0)
    rated, judge, place = select(replace(rated, gold=rated.gold[:, :0]), rows), judge[rows], place[rows]

    def against(gold: npt.NDArray[np.integer], rules: Policies) -> Counted:
        names = tuple(map(str, range(gold.shape[1])))
        held = gold[place].astype(np.int64)
        return Counted.of(apply(replace(rated, judge=judge, gold=held, annotators=names), rules))

    majority = against(np.where(sure, label, -1)[:, None], replace(policies, gold="majority"))
    found = [estimate(METRICS[name], majority)[0] for name in ("percent_agreement", kappa_of(scale))]
    rho = None
    if scale.kind == "rate":
        graded = against(others, replace(policies, gold="mean"))
        rho, _ = estimate(METRICS["spearman_rho"], graded)
    return AgainstRest(int(sure.sum()), found[0], found[1], rho)


def warnings(people: Ratings, shared: Floats) -> tuple[str, ...]:
    """Say in codes why figures of these people are rough."""
    found: list[str] = []
    if np.unique(people.cluster[(people.gold >= 0).sum(axis=1) >= 2]).size < FEW_CLUSTERS:
        found.append("few_clusters")
    off = shared[~np.eye(len(shared), dtype=bool)]
    if (off < ENOUGH).any():
        found.append("few_shared_items")
    return tuple(found)
