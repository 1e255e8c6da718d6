"""What a ranking of systems by a judge alone is worth, from ratings without gold.

Source: Vossler et al. (2025), LLMs judging LLMs: a simplex perspective (arXiv 2505.21972).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.correct.rows import rows_of, score_of
from judgebench.domain import Policies
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.inference.simplex import DIAGONALS, DRAWS, sweep
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from judgebench.domain import Ratings
    from judgebench.stats.crosstab import Floats
    from judgebench.stats.inference.simplex import PosteriorRanking

#: More levels than this are a continuous score: nobody could mean a confusion matrix of them as a prior.
MOST_LEVELS = 20


@dataclass(frozen=True, slots=True)
class JudgeOnly:
    """What a judge's mean scores alone say about the order of systems, the judge's favourite first.

    ``rows`` counts the verdicts on each. ``score`` says what the mean is of, ``levels`` counts those of the scale;
    ``common`` takes one confusion matrix to hold for all systems. ``rankings`` are under a perfect judge first, then
    under one prior after the other. ``dropped`` judgments hold no verdict.
    """

    systems: tuple[str, ...]
    rows: tuple[int, ...]
    means: Floats
    score: str
    levels: int
    common: bool
    rankings: tuple[PosteriorRanking, ...]
    dropped: int

    @property
    def identified(self) -> bool:
        """Whether the order of the true scores follows from the judge's: two levels, one judge for all."""
        return self.levels == 2 and self.common


def judge_only(
    ratings: Ratings,
    *,
    policies: Policies | None = None,
    target: str | None = None,
    diagonals: tuple[float, ...] = (),
    common: bool = True,
    draws: int = DRAWS,
    seed: int = 0,
) -> JudgeOnly:
    """Rank systems by a judge without gold, under priors of judges that are less and less perfect.

    A prior (``diagonals``, by default `DIAGONALS`) is the least share of each true level that the judge calls by its
    name. ``target`` ranks by the share of a label instead of the mean score; all levels still count in the judge's
    errors. Of the policies, order and invalid hold. DataError if there are not two systems with verdicts, UsageError on
    scales whose verdicts compare systems, on very long ones, and for a prior outside (0, 1).
    """
    scale = ratings.scale
    if scale.kind in {"pair", "pick"}:
        raise UsageError(
            f"{argument('no_gold')} ranks systems by their own scores, and {scale.spec} compares responses"
        )
    if len(scale.labels) > MOST_LEVELS:
        raise UsageError(
            f"{argument('no_gold')} takes at most {MOST_LEVELS} levels, and {scale.spec} has {len(scale.labels)}"
        )
    if wrong := [diagonal for diagonal in diagonals if not 0 < diagonal < 1]:
        raise UsageError(f"{argument('diagonal')} {wrong[0]:g}: write a share between 0 and 1, such as 0.7")
    score = score_of(scale, target)
    rows = rows_of(ratings, policies or Policies(), score)
    valid = np.flatnonzero(rows.judge < score.classes)
    asked = rows.judge.size
    rows = rows.take(valid)
    present = np.unique(rows.system)
    if present.size < 2:
        raise DataError(
            f"a ranking needs two systems or more, and there {'is' if present.size else 'are'} {present.size}",
            hint=f"name their column with {argument('system')}",
        )
    clusters = Clusters.of(rows.cluster)
    system = np.searchsorted(present, rows.system)
    groups, codes = (1, np.zeros(system.size, int)) if clusters.independent else (clusters.count, clusters.codes)
    shape = (groups, present.size, score.classes)
    cells = (codes * shape[1] + system) * shape[2] + rows.judge
    counts = np.bincount(cells, minlength=int(np.prod(shape))).reshape(shape)
    totals = counts.sum(axis=0)
    means = totals @ score.values / totals.sum(axis=1)
    order = np.argsort(-means, kind="stable")
    counts = counts[:, order]
    told = counts[0] if clusters.independent else counts
    rankings = sweep(told, score.values, diagonals or DIAGONALS, common=common, draws=draws, seed=seed)
    return JudgeOnly(
        systems=tuple(ratings.systems[code] or "(none)" for code in present[order].tolist()),
        rows=tuple(totals.sum(axis=1)[order].tolist()),
        means=means[order],
        score=score.words,
        levels=score.classes,
        common=common,
        rankings=tuple(rankings),
        dropped=asked - valid.size,
    )
