"""One judge asked in k ways that should not matter, as prompts of other lengths: how far its verdicts hang on it.

Only cases that every way has are looked at, by item and order. What is compared is being right, or the rating where
there is none: n cases, k ways.

Source: Thakur et al. (2024), Judging the judges (arXiv:2406.12624), who ask with four lengths of a prompt; Cochran
(1950), The comparison of percentages in matched samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import share_of
from judgebench.agreement.people.raters import joint_alpha
from judgebench.agreement.probing.rows import is_right, value_of
from judgebench.agreement.ratings import clusters_named
from judgebench.domain import Estimate
from judgebench.domain.items import majority
from judgebench.stats.inference.paired import wald

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from judgebench.domain import Scale, Verdict
    from judgebench.stats.crosstab import Floats
    from judgebench.stats.influence import Clusters


@dataclass(frozen=True, slots=True)
class Across:
    """How verdicts differ between ways of asking.

    ``values`` are accuracies, or mean ratings, by way; ``between`` is their standard deviation beyond what the
    sampling of questions explains, ``sqrt(max(0, s² - tr(C V) / (k - 1)))`` with V the covariance of the values and C
    centring. ``q`` is Cochran's, of right and wrong alone; ``p`` is that of Q where every question is one row, and else
    of Hotelling's test by question. ``alpha`` is Krippendorff's, the ways being the raters; ``unanimous`` is the share
    of cases with one verdict in all ways, of which no answer is never one.
    """

    values: Mapping[str, float]
    rows: int
    items: int
    between: float | None
    q: float | None
    p: float | None
    alpha: Estimate
    unanimous: Estimate

    @property
    def range(self) -> float | None:
        """From the worst way to the best."""
        return max(self.values.values()) - min(self.values.values()) if self.values else None


def across(ways: Mapping[str, Iterable[Verdict]], scale: Scale) -> Across | None:
    """Compare ways of asking; None where no case was asked in all of them."""
    asked = [{(one.item, one.order): one for one in said if not one.repeat and not one.probe} for said in ways.values()]
    keys = [key for key in asked[0] if all(key in one for one in asked)]
    if not keys:
        return None
    rows = [[one[key] for one in asked] for key in keys]
    clusters = clusters_named(row[0].cluster or row[0].item for row in rows)
    kinds: dict[object, int] = {}
    codes = np.array(
        [[-1 if one.code is None else kinds.setdefault(one.code, len(kinds)) for one in row] for row in rows], np.int64
    )
    same = (codes == codes[:, :1]).all(axis=1) & (codes >= 0).all(axis=1)
    scores = _scores(rows, scale)
    known = np.flatnonzero(~np.isnan(scores).any(axis=1))
    values, between, q, p = dict[str, float](), None, None, None
    if known.size:
        own = clusters.take(known)
        values = dict(zip(ways, scores[known].mean(axis=0).tolist(), strict=True))
        between, p = _between(scores[known], own)
        if not scale.numeric:
            q = cochran_q(scores[known])
            if own.independent and q is not None:
                p = _chi_square(q, len(ways) - 1)
    return Across(
        values, len(rows), clusters.count, between, q, p, _alpha(rows, scale, clusters), share_of(same, clusters)
    )


def cochran_q(right: Floats) -> float | None:
    """Cochran's Q of n cases by k ways of 0 and 1; None where every case is right in all ways or in none.

    ``(k - 1) (k sum_j C_j² - N²) / (k N - sum_i R_i²)`` with sums of columns C, of rows R, and N of all.

    >>> round(cochran_q(np.array([[1.0, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 0], [0, 1, 0]])), 4)
    4.5
    """
    k, total = right.shape[1], right.sum()
    below = k * total - (right.sum(axis=1) ** 2).sum()
    if below < 0.5:  # a whole number
        return None
    return float((k - 1) * (k * (right.sum(axis=0) ** 2).sum() - total**2) / below)


def _chi_square(statistic: float, df: int) -> float:
    from scipy.special import chdtrc

    return float(chdtrc(df, statistic))


def _scores(rows: Sequence[Sequence[Verdict]], scale: Scale) -> Floats:
    """Say what each case is worth in each way, shape (n, k): right or not, or its rating; NaN where that is unknown."""
    if scale.numeric:
        return np.array([[value_of(one.code, scale) for one in row] for row in rows])
    if scale.kind == "set":
        return np.full((len(rows), len(rows[0])), np.nan)
    gold = [majority(code for _, code in row[0].gold) for row in rows]
    return np.array(
        [
            [np.nan if true is None else float(is_right(one.code, true, scale)) for one in row]
            for true, row in zip(gold, rows, strict=True)
        ]
    )


def _between(scores: Floats, clusters: Clusters) -> tuple[float | None, float | None]:
    """Give the deviation between ways beyond sampling, and the p of Hotelling's test that there is none."""
    (n, k), count = scores.shape, clusters.count
    means = scores.mean(axis=0)
    if count < 2 or k < 2:
        return None, None
    sums = np.array([clusters.sums(column) for column in (scores - means).T]) / n
    covariance = sums @ sums.T * count / (count - 1)
    centring = np.eye(k) - 1 / k
    chance = float(np.trace(centring @ covariance)) / (k - 1)
    found = wald(centring @ means, centring @ covariance @ centring, count)
    deviation = float(np.sqrt(max(0.0, float(means.var(ddof=1)) - chance)))
    return deviation, None if isinstance(found, str) else found.p


def _alpha(rows: Sequence[Sequence[Verdict]], scale: Scale, clusters: Clusters) -> Estimate:
    """Alpha of labels in a list; what is none has no table of labels."""
    if not scale.listed or scale.sequential or scale.kind == "set":
        return Estimate.missing("not_defined_here")
    codes = np.array([[one.code if isinstance(one.code, int) else -1 for one in row] for row in rows], np.int64)
    return joint_alpha(codes, scale, clusters.codes)[0]
