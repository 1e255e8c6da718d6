"""The humans behind gold that is numbers or sets: as `judgebench.agreement.people.humans` has it of labels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.agreement.kinds.unlisted import Pairs, common, unlisted_rows
from judgebench.agreement.people.ceiling import ratio_of
from judgebench.agreement.people.humans import (
    AgainstRest,
    AmongHumans,
    Annotator,
    Humans,
    Without,
    alpha_change,
    need_pairs,
    pulling,
    warnings,
    z_among,
)
from judgebench.agreement.people.pool import MOST_PAIRS, shared_items, shared_pairs
from judgebench.agreement.people.raters import correlations
from judgebench.agreement.people.unlisted_ceiling import headline_of, joint, measured
from judgebench.agreement.ratings import one_per_item, select
from judgebench.domain import Estimate, People, Policies
from judgebench.stats.coefficients.continuous import spearman
from judgebench.stats.influence import Clusters, combine

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from judgebench.agreement.people.pool import Measured
    from judgebench.domain import Ratings

    Codes = npt.NDArray[np.int64]

_NO_SHARE = Estimate.missing("numbers")


def measure_unlisted(ratings: Ratings) -> Humans:
    """Measure annotators against each other, as `judgebench.agreement.people.humans.measure_humans` does.

    In kappa's place is Lin's concordance of numbers, and alpha with MASI's distance of sets; the rest come to their
    mean, or to the labels that most gave. DataError if no two annotators labelled the same item.
    """
    people = one_per_item(ratings)
    people = select(people, np.flatnonzero((people.gold >= 0).any(axis=1)))
    among, name = Pairs.among(people), headline_of(people.scale)
    need_pairs(among.gold.size)
    whole, shared = measured(among), shared_items(people.gold)
    pairs = shared_pairs(people, shared)
    annotators = tuple(_annotator(people, j) for j in range(len(people.annotators)))
    coefficients = {"krippendorff_alpha": joint(people)[0]}
    if people.scale.kind == "number":
        numbers = np.where(people.gold < 0, np.nan, people.scale.numbers(people.gold))
        coefficients |= correlations(numbers, Clusters.of(people.cluster))
    else:
        coefficients["percent_agreement"] = _share(whole)
    return Humans(
        metric=name,
        level=people.scale.level,
        items=people.item.size,
        people=_facts(people, among),
        annotators=annotators,
        pairs={
            (people.annotators[i], people.annotators[j]): _of(people, people.gold[:, i], people.gold[:, j])[name][0]
            for i, j in (pairs if len(pairs) <= MOST_PAIRS else ())
        },
        percent_agreement=_share(whole),
        kappa=whole[name][0],
        coefficients=coefficients,
        pulling=pulling(whole[name][0], annotators),
        warnings=warnings(people, shared),
    )


def among_unlisted(ratings: Ratings, policies: Policies | None = None) -> AmongHumans:
    """Measure a judge as if it were one more annotator, as `judgebench.agreement.people.humans.among_humans` does."""
    rules = replace(policies or Policies(), gold="majority")
    people, name = one_per_item(ratings), headline_of(ratings.scale)
    scored = unlisted_rows(ratings, rules)
    beside = measured(Pairs.beside(scored, ratings, people))
    each = [_of(ratings, ratings.gold[:, j], ratings.judge)[name] for j in range(len(ratings.annotators))]
    known = [one for _, one in each if one is not None]
    judged = combine(known, [1 / len(known)] * len(known)) if known else None
    pairs = shared_pairs(people)
    many = len(pairs) > MOST_PAIRS
    found = [_of(people, people.gold[:, i], people.gold[:, j])[name][1] for i, j in (() if many else pairs)]
    z = z_among(judged, [one for one in found if one is not None])
    plain = joint(people)
    extended = joint(replace(ratings, gold=np.column_stack([ratings.gold, _heard(ratings, rules)]), annotators=()))
    return AmongHumans(
        coverage=float((ratings.judge >= 0).mean()) if ratings.judge.size else 0.0,
        each={who: one for who, (one, _) in zip(ratings.annotators, each, strict=True)},
        percent_agreement=_share(beside),
        kappa=beside[name][0],
        ratio=ratio_of(beside[name], measured(Pairs.among(people))[name]),
        without={who: without(ratings, rules, j) for j, who in enumerate(ratings.annotators)},
        z=Estimate.missing("too_many_pairs") if many else z,
        rest={who: _rest(ratings, ratings.judge, j) for j, who in enumerate(ratings.annotators)},
        alpha_without=plain[0],
        alpha_with=extended[0],
        alpha_difference=alpha_change(plain, extended),
        policies=policies or Policies(),
    )


def _heard(ratings: Ratings, policies: Policies) -> Codes:
    """Give verdicts as ratings by one more annotator; silence, where it is wrong, lies far from what people say."""
    if policies.invalid != "wrong":
        return ratings.judge
    scale, said = ratings.scale, common(ratings.gold, ratings.scale)
    top = scale.size - 1
    far = top - said if scale.kind == "set" else np.where(2 * said > top, 0, top)
    return np.where((ratings.judge < 0) & (said >= 0), far, ratings.judge)


def without(ratings: Ratings, policies: Policies, j: int) -> Without:
    """Leave out an annotator: what others reach, the judge in the place of one of them, and the ratio."""
    less, name = _without(ratings, j), headline_of(ratings.scale)
    people, scored = one_per_item(less), unlisted_rows(less, replace(policies, gold="majority"))
    beside = measured(Pairs.beside(scored, less, people))
    return Without.of(measured(Pairs.among(people))[name], beside[name])


def unlisted_ratios(ratings: Ratings, policies: Policies, names: Sequence[str]) -> list[tuple[str, Estimate]]:
    """Divide a judge's figure by that of people, where each of these annotators in turn is left out."""
    return [(name, without(ratings, policies, ratings.annotators.index(name)).ratio) for name in names]


def _without(ratings: Ratings, j: int) -> Ratings:
    names = tuple(name for i, name in enumerate(ratings.annotators) if i != j)
    return replace(ratings, gold=np.delete(ratings.gold, j, axis=1), annotators=names)


def _annotator(people: Ratings, j: int) -> Annotator:
    mine, name = measured(Pairs.person(people, j)), headline_of(people.scale)
    return Annotator(
        people.annotators[j],
        int((people.gold[:, j] >= 0).sum()),
        _share(mine),
        mine[name][0],
        _rest(people, people.gold[:, j], j),
        measured(Pairs.among(_without(people, j)))[name][0],
    )


def _rest(ratings: Ratings, judge: Codes, j: int) -> AgainstRest:
    """Hold codes against what the annotators but one come to, on the items that this one labelled too."""
    labelled = ratings.gold[:, j] >= 0
    gold = np.where(labelled, common(np.delete(ratings.gold, j, axis=1), ratings.scale), -1)
    found, rho = _of(ratings, gold, judge), None
    if ratings.scale.kind == "number":
        both = (gold >= 0) & (judge >= 0)
        one = spearman(ratings.scale.numbers(gold[both]), ratings.scale.numbers(judge[both]))
        rho = Estimate.missing(one.reason or "undefined", int(both.sum()))
        if one.value is not None and one.influence is not None:
            rho = estimated(one.influences(Clusters.of(ratings.cluster[both])), low=-1.0, high=1.0)
    items = int(np.unique(ratings.item[gold >= 0]).size)
    return AgainstRest(items, _share(found), found[headline_of(ratings.scale)][0], rho)


def _of(ratings: Ratings, gold: Codes, judge: Codes) -> dict[str, Measured]:
    """Measure two columns of codes where the first one is there."""
    rows = np.flatnonzero(gold >= 0)
    return measured(Pairs(ratings.scale, gold[rows], judge[rows], np.ones(rows.size), ratings.cluster[rows]))


def _share(found: dict[str, Measured]) -> Estimate:
    return found["percent_agreement"][0] if "percent_agreement" in found else _NO_SHARE


def _facts(people: Ratings, among: Pairs) -> People:
    several = (people.gold >= 0).sum(axis=1) >= 2
    return People(
        people=int((people.gold >= 0).any(axis=0).sum()),
        items=int(several.sum()),
        pairs=round(float(among.weight.sum())),
        split=0,
        split_agreement=Estimate.missing("no_items"),
    )
