"""Which labels a judge overuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import free
from judgebench.stats.coefficients.homogeneity import Homogeneity, stuart_maxwell, wald
from judgebench.stats.inference.multiplicity import holm
from judgebench.stats.influence import mean

if TYPE_CHECKING:
    from judgebench.agreement.policies import Scored
    from judgebench.domain import Estimate


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
