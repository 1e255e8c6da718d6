"""All of the analysis for the judges of one task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from judgebench.agreement.analysis.effects import Explanation, explain
from judgebench.agreement.analysis.features import common_features
from judgebench.agreement.analysis.labels import LabelUse, label_use
from judgebench.agreement.analysis.strata import Slice, Strata, difficulty, own_answers, slices
from judgebench.agreement.contrasts import sequences
from judgebench.agreement.matching import match
from judgebench.agreement.policies import apply
from judgebench.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.agreement.analysis.features import Feature
    from judgebench.agreement.matching import Judged
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Policies, Ratings
    from judgebench.stats.coefficients.homogeneity import Homogeneity


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
            raise UsageError(f"this can't be done on the {kind!r} scale, whose verdicts are no single labels")
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
