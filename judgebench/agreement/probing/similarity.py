"""How alike several answers to one question are, by the cosine between their embeddings: consistency without a judge.

Source: Amirizaniani et al. (2024), AuditLLM (arXiv:2402.09334).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.agreement.intervals import estimated, share_of
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from judgebench.domain import Estimate


class Similarity(NamedTuple):
    """Answers to the same questions.

    ``mean`` is the mean over questions of the mean cosine of a question's pairs of answers, ``alike`` the share of
    questions in which that is at least the threshold, ``least`` the question with the lowest, and its mean.
    """

    questions: int
    pairs: int
    mean: Estimate
    alike: Estimate
    least: tuple[str, float]


def similarity(cosines: Mapping[str, Sequence[float]], threshold: float) -> Similarity:
    """Measure the cosines of pairs of answers by question, each of which has one or more."""
    means = np.array([np.mean(own) for own in cosines.values()], np.float64)
    clusters = Clusters.of(np.arange(means.size))
    least = min(zip(cosines, means.tolist(), strict=True), key=lambda one: one[1])
    return Similarity(
        means.size,
        sum(map(len, cosines.values())),
        estimated(mean(means, clusters), low=-1.0, high=1.0),
        share_of(means >= threshold, clusters),
        least,
    )
