"""What is found about the judges of one task: their use of labels, and where they agree less.

Slices are by feature, by difficulty, and by whether the judge could answer the question itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.analysis.effects import common_features, explain, others_wrong
from judgebench.agreement.contrasts import listed
from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.intervals import estimated, share_of
from judgebench.agreement.matching import match
from judgebench.agreement.policies import apply, plurality
from judgebench.domain import Estimate
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.intervals import t_quantile
from judgebench.stats.inference.multiplicity import holm, of_known
from judgebench.stats.inference.paired import Difference, stuart_maxwell, wald
from judgebench.stats.influence import combine, mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.agreement.analysis.effects import Explanation, Feature
    from judgebench.agreement.matching import Judged
    from judgebench.agreement.policies import Rows, Scored
    from judgebench.domain import Policies, Ratings
    from judgebench.stats.inference.paired import Homogeneity
    from judgebench.stats.influence import Influences


@dataclass(frozen=True, slots=True)
class LabelUse:
    """How often a label is used by gold and judge, as shares; ``no verdict`` stands for what agrees with nothing.

    ``p_holm`` is two-sided, corrected over the labels; None without a standard error.
    """

    label: str
    gold: float
    judge: float
    difference: Estimate
    p_holm: float | None


def label_use(scored: Scored) -> tuple[tuple[LabelUse, ...], Homogeneity | str]:
    """Compare how often judge and gold use each label, and test all of it at once.

    A label's difference is ``mean([judge = k] - [gold = k])`` with a cluster-robust interval. The test that no label
    differs is Stuart and Maxwell's for independent rows with a verdict each, else an F test with the clustered
    covariance; or ``no_disagreement``, ``few_clusters``, ``graded_gold``.

    Source: Stuart (1955), A test for homogeneity of the marginal distributions in a two-way classification; Maxwell
    (1970), Comparing the classification of subjects by two independent judges.
    """
    if scored.gold_values is not None:
        return (), "graded_gold"
    labels = len(scored.scale.labels)
    clusters = scored.clusters()
    judge = np.minimum(scored.judge, labels)
    names = (*scored.scale.labels, *(("no verdict",) if (judge == labels).any() else ()))
    found: list[LabelUse] = []
    parts: list[Influences] = []
    for code, name in enumerate(names):
        said, true = judge == code, scored.gold == code
        part = mean(said.astype(np.float64) - true, clusters)
        parts.append(part)
        found.append(LabelUse(name, float(true.mean()), float(said.mean()), estimated(part, low=-1.0, high=1.0), None))
    groups = clusters.count
    adjusted = of_known(holm, [Difference.of(part).p for part in parts])
    found = [replace(one, p_holm=p) for one, p in zip(found, adjusted, strict=True)]
    if clusters.independent and len(names) == labels:
        counts = np.bincount(scored.gold * labels + judge, minlength=labels * labels).reshape(labels, labels)
        return tuple(found), stuart_maxwell(counts.astype(np.float64))
    if groups < 2:
        return tuple(found), "few_clusters"
    sums = np.stack([part.sums for part in parts])
    covariance = groups / (groups - 1) * sums @ sums.T
    return tuple(found), wald(np.array([part.value for part in parts]), covariance, groups)


@dataclass(frozen=True, slots=True)
class JudgeAnalysis:
    """What was found about one judge: what predicts its errors, which labels it overuses, and where it agrees less.

    ``slices`` are by category of every feature, ``difficulty`` is by how many other judges are right (None for a judge
    alone), ``own_answers`` by whether its own answer is right (None where not asked for).
    """

    judge: str
    policies: Policies
    explanation: Explanation
    labels: tuple[LabelUse, ...]
    homogeneity: Homogeneity | str
    slices: tuple[Slice, ...]
    difficulty: Strata | None
    own_answers: Strata | None


def analyze_judges(
    judges: Sequence[Judged], features: Mapping[str, Feature] | None = None, own_system: str | None = None
) -> tuple[list[JudgeAnalysis], int]:
    """Analyse the errors of every judge of a task, in the order given, all under the same policies.

    Several judges are put side by side on the items that all of them have, so that each one's difficulty is told by the
    others; the second value counts the items left out. ``features`` have one value per item code of the first judge;
    ``own_system`` is the judged system that is the judge (see `own_answers`). DataError if nothing can be scored or the
    judges were not asked the same, UsageError if a policy makes no sense on this scale.
    """
    if len(judges) == 1:
        ratings, scored = [judges[0].ratings], [apply(judges[0].ratings, judges[0].policies)]
        left_out = 0
    else:
        matched = match(judges, shared=True)
        if not listed(matched):
            kind = matched.scored[0].scale.kind
            raise UsageError(f"this can't be done on the {kind!r} scale, whose verdicts are not single labels")
        ratings, scored, left_out = list(matched.ratings), list(matched.scored), matched.left_out
    if not scored[0].size:
        raise DataError("there is no judgment with gold to analyse", hint="check the labels and the policies")
    found: list[JudgeAnalysis] = []
    for i, judge in enumerate(judges):
        others = scored[:i] + scored[i + 1 :]
        found.append(_one(judge.judge, ratings[i], scored[i], others, features or {}, own_system))
    return found, left_out


def _one(
    name: str,
    ratings: Ratings,
    scored: Scored,
    others: Sequence[Scored],
    features: Mapping[str, Feature],
    own_system: str | None,
) -> JudgeAnalysis:
    labels, homogeneity = label_use(scored)
    known = [*common_features(ratings, scored), *(feature.on(scored.item) for feature in features.values())]
    return JudgeAnalysis(
        name,
        scored.policies,
        explain(ratings, scored, others=others, features=features),
        labels,
        homogeneity,
        slices(scored, known),
        difficulty(scored, others) if others else None,
        None if own_system is None else own_answers(ratings, scored, own_system),
    )


#: Slices with fewer items than this are shown and not ranked.
N_MIN = 30


@dataclass(frozen=True, slots=True)
class Slice:
    """Agreement on a part of the rows: a division and one of its parts.

    ``metrics`` has ``percent_agreement``, ``cohen_kappa``, on a check TPR and TNR, and ``base_rate`` (share of gold
    that is correct), without which kappas of different strata can't be compared. ``shrunken`` is agreement drawn
    towards the mean of the division's slices by how little is known of it, ``rank`` the place by it, worst first; None
    below 30 items.
    """

    division: str
    name: str
    items: int
    metrics: dict[str, Estimate]
    shrunken: float | None = None
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Strata:
    """Slices that answer one question, in order; ``left_out`` rows belong to none.

    ``difference`` is agreement of the first minus that of the last, clusters joined; None where either has no rows.
    """

    slices: tuple[Slice, ...]
    difference: Estimate | None = None
    left_out: int = 0


def slices(scored: Scored, features: Iterable[Feature]) -> tuple[Slice, ...]:
    """Measure agreement in every category of every feature, with empirical-Bayes shrinkage within a feature.

    A slice's agreement is drawn towards the mean of its division with weight ``tau^2 / (tau^2 + v)``: v is its sampling
    variance, tau^2 the variance between slices by the method of moments (DerSimonian and Laird). So a small slice does
    not look worst by chance. Slices are sorted by division, worst first, with unranked ones at its end; features that
    are numbers are passed over.
    Source: DerSimonian & Laird (1986), Meta-analysis in clinical trials; Efron & Morris (1975), Data analysis using
    Stein's estimator and its generalizations.
    """
    found: list[Slice] = []
    for feature in features:
        if not feature.levels:
            continue
        parts: list[Slice] = []
        agreements: list[Influences] = []
        for code, level in enumerate(feature.levels):
            rows = np.flatnonzero(feature.values == code)
            if rows.size:
                part, agreement = _slice(scored, rows, feature.name, level)
                parts.append(part)
                agreements.append(agreement)
        if len(parts) > 1:
            found += _shrunken(parts, agreements)
    return tuple(found)


def difficulty(scored: Scored, others: Sequence[Scored]) -> Strata:
    """Measure agreement by how many of the other judges, at least one, are right; this judge has no say in it.

    Strata are cut by the share of other judges that err, from "all others right" to "all others wrong", so this judge's
    own errors can't make an item hard. Source: Holland & Thayer (1988), Differential item performance and the
    Mantel-Haenszel procedure, for comparing within strata of a score.
    """
    if not others:
        raise UsageError("difficulty is measured by other judges; give their columns or runs too")
    wrong = others_wrong(scored, others)
    bounds = (
        ("all others right", wrong == 0),
        ("most others right", (wrong > 0) & (wrong < 0.5)),
        ("half or more wrong", (wrong >= 0.5) & (wrong < 1)),
        ("all others wrong", wrong == 1),
    )
    return _strata(scored, "difficulty", [(name, np.flatnonzero(flags)) for name, flags in bounds])


def own_answers(ratings: Ratings, scored: Scored, system: str) -> Strata:
    """Measure agreement where the judge answers the question rightly itself, and where it doesn't.

    The judge's own answers are those of one judged ``system`` of a check (the same model, as an exam taker); whether
    they are right is what gold says of them. Its own rows are left out: it shall not judge itself here. A question,
    which is a cluster, with several own answers counts as answered rightly where most of them are right; rows on
    questions without any are left out. UsageError if the scale is not a check, DataError if there is no such system or
    it shares no question with another.

    Source: Krumdick et al. (2025), No free labels: limitations of LLM-as-a-judge without human grounding.
    """
    if scored.scale.kind != "check":
        raise UsageError("own answers are right or wrong on a check scale only")
    if system not in ratings.systems:
        known = ", ".join(name for name in ratings.systems if name) or "none"
        raise DataError(f"no judged system is named {system!r}", hint=f"the systems are {known}")
    code = ratings.systems.index(system)
    own = np.flatnonzero(ratings.system == code)
    gold, _, sure = plurality(ratings.gold, own, len(ratings.scale.labels))
    size = int(ratings.cluster.max()) + 1
    votes = np.zeros(size)
    np.add.at(votes, ratings.cluster[own[sure]], np.where(gold[sure] == 1, 1.0, -1.0))
    rest = scored.system != code
    right = np.flatnonzero(rest & (votes[scored.cluster] > 0))
    wrong = np.flatnonzero(rest & (votes[scored.cluster] < 0))
    if not right.size and not wrong.size:
        raise DataError(
            f"{system!r} answers no question that another system answers",
            hint=f"{argument('cluster')} names the question that rows share",
        )
    return _strata(scored, f"own answer of {system}", [("right", right), ("wrong", wrong)], int(np.count_nonzero(rest)))


def _strata(scored: Scored, division: str, parts: Sequence[tuple[str, Rows]], total: int | None = None) -> Strata:
    found: list[Slice] = []
    agreements: list[Influences] = []
    for name, rows in parts:
        if rows.size:
            part, agreement = _slice(scored, rows, division, name)
            found.append(part)
            agreements.append(agreement)
    apart = None
    if len(found) > 1:
        apart = _apart(agreements[0], agreements[-1])
    inside = sum(rows.size for _, rows in parts)
    return Strata(tuple(found), apart, (scored.size if total is None else total) - inside)


def _apart(first: Influences, last: Influences) -> Estimate:
    """Difference of two strata; those that share no cluster are independent, and few clusters in one count as few."""
    if np.intersect1d(first.ids, last.ids).size:
        return estimated(combine([first, last], [1.0, -1.0]), low=-1.0, high=1.0)
    value, n = first.value - last.value, first.n + last.n
    if not first.se or not last.se:
        return Estimate.alone(value, n, "one_cluster" if None in {first.se, last.se} else "no_spread")
    variances = np.array([first.se, last.se]) ** 2
    total = float(variances.sum())
    # Welch and Satterthwaite: the degrees of freedom of a sum of two unequal variances.
    df = total**2 / float((variances**2 / [first.df, last.df]).sum())
    half = t_quantile(max(1, math.floor(df))) * math.sqrt(total)
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), n, None, math.sqrt(total), "cr2-t-welch")


def _slice(scored: Scored, rows: Rows, division: str, name: str) -> tuple[Slice, Influences]:
    part = scored.take(rows)
    counted = Counted.of(part)
    agreement, influences = estimate(METRICS["percent_agreement"], counted)
    if influences is None:
        raise ValueError("a slice has rows")
    metrics = {"percent_agreement": agreement}
    names = ["cohen_kappa"]
    if scored.scale.kind == "check":
        names += ["true_positive_rate", "true_negative_rate"]
        metrics["base_rate"] = share_of(part.gold == 1, counted.clusters)
    metrics |= {metric: estimate(METRICS[metric], counted)[0] for metric in names}
    if np.unique(part.gold).size == 1:
        # Where gold is one label, kappa is 0 for any judge, and says nothing of this one.
        metrics["cohen_kappa"] = Estimate.missing("constant_gold", part.size)
    return Slice(division, name, part.items, metrics), influences


def _shrunken(parts: Sequence[Slice], agreements: Sequence[Influences]) -> list[Slice]:
    n = np.array([one.n for one in agreements], dtype=np.float64)
    share = np.array([one.value for one in agreements])
    overall = float((n * share).sum() / n.sum())
    # A slice on which nothing varies is no more certain than its size allows.
    floor = max(overall * (1 - overall), 1 / (4 * float(n.sum()))) / n
    variance = np.maximum(np.array([(one.se or 0.0) ** 2 for one in agreements]), floor / 2)
    weight = 1 / variance
    center = float((weight * share).sum() / weight.sum())
    q = float((weight * (share - center) ** 2).sum())
    room = float(weight.sum() - (weight**2).sum() / weight.sum())
    between = max(0.0, (q - (len(parts) - 1)) / room) if room > 0 else 0.0
    trust = 1 / (variance + between)
    center = float((trust * share).sum() / trust.sum())
    drawn = center + between / (between + variance) * (share - center)
    ranked = sorted((i for i, part in enumerate(parts) if part.items >= N_MIN), key=lambda i: float(drawn[i]))
    place = {i: rank for rank, i in enumerate(ranked, 1)}
    order = sorted(range(len(parts)), key=lambda i: (place.get(i, math.inf), float(drawn[i])))
    return [replace(parts[i], shrunken=float(drawn[i]), rank=place.get(i)) for i in order]
