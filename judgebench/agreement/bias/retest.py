"""Whether a judge says the same when it is asked the same again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.bias.position import share_of
from judgebench.agreement.estimates import free
from judgebench.domain import Estimate
from judgebench.stats.influence import Clusters, mean

if TYPE_CHECKING:
    from judgebench.domain import Ratings

__all__ = ["retest_agreement"]


def retest_agreement(ratings: Ratings) -> Estimate:
    """Measure how often two askings of one case give one verdict.

    A case is an item in one order. Its agreement is the share of pairs of its valid verdicts that are the same,
    ``sum_k c_k (c_k - 1) / (m (m - 1))``; the figure is the mean over cases, which ``n`` counts. It bounds the
    agreement with anybody else: a judge who does not agree with itself can't agree with people. ``no_repeats`` where no
    case has two valid verdicts. Source: Fleiss (1971), Measuring nominal scale agreement among many raters: observed
    agreement of a subject. Three cases asked twice, one of which came out differently:

    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Scale
    >>> twice = from_codes(Scale.check(), [1, 1, 0, 0, 1, 0], np.ones(6), item=[0, 0, 1, 1, 2, 2])
    >>> round(retest_agreement(twice).value, 4), retest_agreement(twice).n
    (0.6667, 3)
    """
    said = ratings.judge
    if ratings.sequence is not None:
        _, codes = np.unique(ratings.sequence, axis=0, return_inverse=True)
        said = np.where((ratings.sequence >= 0).any(axis=1), codes.reshape(-1), -1)
    rows = np.flatnonzero(said >= 0)
    case = 2 * ratings.item[rows] + ratings.swapped[rows]
    _, first, place, asked = np.unique(case, return_index=True, return_inverse=True, return_counts=True)
    width = int(said.max(initial=0)) + 1
    cells, counts = np.unique(place * width + said[rows], return_counts=True)
    alike = np.bincount(cells // width, weights=counts * (counts - 1), minlength=asked.size)
    again = np.flatnonzero(asked > 1)
    if not again.size:
        return Estimate.missing("no_repeats")
    clusters = Clusters.of(ratings.cluster[rows[first[again]]])
    shares = alike[again] / (asked[again] * (asked[again] - 1))
    if (asked[again] == 2).all():
        return share_of(shares > 0.5, clusters)
    return free(mean(shares, clusters), low=0.0, high=1.0)
