"""All of the analysis for the judges of one task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.analysis.effects import Explanation, common_features, explain
from judgebench.agreement.analysis.strata import Slice, Strata, difficulty, own_answers, slices
from judgebench.agreement.contrasts import sequences
from judgebench.agreement.estimates import free
from judgebench.agreement.matching import match
from judgebench.agreement.policies import apply
from judgebench.errors import DataError, UsageError
from judgebench.stats.inference.multiplicity import holm
from judgebench.stats.inference.paired import Homogeneity, stuart_maxwell, wald
from judgebench.stats.influence import mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.analysis.effects import Feature
    from judgebench.agreement.matching import Judged
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Estimate, Policies, Ratings
    from judgebench.stats.inference.paired import Homogeneity


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
    (1970), Comparing the classification of subjects by two independent judges. GPT-4 on TriviaQA (Thakur et al. 2024):
    with two labels the test is McNemar's, (186 - 132)^2 / (186 + 132):

    >>> from judgebench.agreement.policies import apply
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> gold, judge = (np.repeat(codes, [903, 186, 132, 2374]) for codes in ([0, 0, 1, 1], [0, 1, 0, 1]))
    >>> labels, test = label_use(apply(from_codes(Scale.check(), judge, gold), Policies()))
    >>> round(labels[1].difference.value, 6), round(test.statistic, 6), round(54**2 / 318, 6)
    (0.015021, 9.169811, 9.169811)
    """
    if scored.gold_values is not None:
        return (), "graded_gold"
    labels = len(scored.scale.labels)
    clusters = scored.clusters()
    judge = np.minimum(scored.judge, labels)
    names = (*scored.scale.labels, *(("no verdict",) if (judge == labels).any() else ()))
    found: list[LabelUse] = []
    parts = []
    for code, name in enumerate(names):
        said, true = judge == code, scored.gold == code
        part = mean(said.astype(np.float64) - true, clusters)
        parts.append(part)
        found.append(LabelUse(name, float(true.mean()), float(said.mean()), free(part, low=-1.0, high=1.0), None))
    groups = clusters.count
    p = [_p(one.difference, groups - 1) for one in found]
    known = {i: value for i, value in enumerate(p) if value is not None}
    for i, value in zip(known, holm(list(known.values())), strict=True):
        one = found[i]
        found[i] = LabelUse(one.label, one.gold, one.judge, one.difference, float(value))
    if clusters.independent and len(names) == labels:
        counts = np.bincount(scored.gold * labels + judge, minlength=labels * labels).reshape(labels, labels)
        return tuple(found), stuart_maxwell(counts.astype(np.float64))
    if groups < 2:
        return tuple(found), "few_clusters"
    sums = np.stack([part.sums for part in parts])
    covariance = groups / (groups - 1) * sums @ sums.T
    return tuple(found), wald(np.array([part.value for part in parts]), covariance, groups)


def _p(difference: Estimate, df: int) -> float | None:
    from scipy.special import stdtr  # noqa: PLC0415 - loaded on use

    if difference.value is None or not difference.se:
        return None
    return float(2 * stdtr(df, -abs(difference.value / difference.se)))


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
        if sequences(matched):
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
