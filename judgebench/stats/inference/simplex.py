"""Orders of systems that a judge's scores leave possible, where there is no gold.

A judge of k levels is a confusion matrix C, row by row what it says of a true level; a system is a point pi in the
simplex of true levels; what one sees is ``q = C' pi``. With two levels and one judge for all, the order of the systems
survives any C better than chance. With three or more it does not: other judges, all of them mostly right, explain the
same scores with another order. So one asks which orders are possible, and how often each comes out, over all judges of
a prior that can have produced the scores. Scores of s systems are counted by level, worst first, in shape (s, k), or by
cluster too in shape (g, s, k); ``values``, shape (k,), are what levels are worth.

Source: Vossler et al. (2025), LLMs judging LLMs: a simplex perspective (arXiv 2505.21972).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.stats.crosstab import Floats

    Counts = npt.NDArray[np.integer]

#: The priors that a report sweeps over: the least share of each true level that the judge calls by its name.
DIAGONALS = (0.9, 0.8, 0.7, 0.6, 0.5)
#: Steps from the perfect judge to a draw from the prior: this many, and never fewer passes over all pairs of cells.
_STEPS, _PASSES = 270, 4
#: Below this a slope is none: dividing by it would overflow.
_FLAT = 1e-250
DRAWS = 1000
#: Pseudo-counts per system, spread over its levels.
_PSEUDO = 0.5
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class PosteriorRanking:
    """What one prior leaves of the order of s systems.

    The prior holds every judge that calls at least the share ``diagonal`` of each true level by its name, all of them
    alike; 1 is the perfect judge, with sampling error only. ``mean``, ``low`` and ``high`` are the posterior mean and
    central 95 % interval of each true mean score, ``best`` and ``worst`` that of its rank, ``first`` the probability
    that it ranks first. ``flips``, shape (s, s), is the probability that the column's system truly scores above the
    row's where the judge's means put the row ahead; ``any_flip`` that of at least one.
    """

    diagonal: float
    mean: Floats
    low: Floats
    high: Floats
    best: npt.NDArray[np.int64]
    worst: npt.NDArray[np.int64]
    first: Floats
    flips: Floats
    any_flip: float

    @property
    def flip_share(self) -> float:
        """Expected share of the pairs of systems that are the other way round, in [0, 1]."""
        systems = len(self.mean)
        return float(self.flips.sum()) / (systems * (systems - 1) / 2)


def rank_under(
    counts: Counts,
    values: Floats,
    diagonal: float,
    *,
    common: bool = True,
    sampling: bool = True,
    draws: int = DRAWS,
    seed: int = 0,
) -> PosteriorRanking:
    """Rank systems by a judge's scores, over all the judges of a prior that can have given them.

    Draws of the observable shares q come from their posterior (Dirichlet; a Bayesian bootstrap of clusters where
    systems share questions). For each, the judge is drawn from the prior, flat over the confusion matrices whose
    diagonal is at least ``diagonal``, among those that can produce q: no true share may be negative. Scores say nothing
    else about the judge, so the prior is not updated further; what is shown moves with it, and is meant to. The judge
    is drawn by Gibbs steps that start from the perfect one and move mass between two cells of a row, with the feasible
    range in closed form.

    ``diagonal`` lies in (0, 1]: above one half every such judge is invertible; below, only judges that can be reached
    from the perfect one without passing chance level. Without ``common`` each system draws its own matrix, which doubts
    more; without ``sampling`` q is taken as observed (what the judge alone can turn round). ValueError for fewer than
    two systems or levels, a system without a score, or a ``diagonal`` out of range.
    Source: Moon & Schorfheide (2012), Bayesian and frequentist inference in partially identified models, for the prior
    that data can't update.
    """
    if not 0 < diagonal <= 1:
        raise ValueError(f"the diagonal of a judge lies in (0, 1], got {diagonal}")
    totals = counts.reshape(-1, *counts.shape[-2:]).sum(axis=0)
    if len(totals) < 2 or totals.shape[1] < 2 or not totals.sum(axis=1).all():
        raise ValueError("a ranking needs two systems, two levels, and a score for every system")
    rng = np.random.default_rng(seed)
    observed = totals / totals.sum(axis=1, keepdims=True)
    q = _observables(counts, draws, rng) if sampling else np.broadcast_to(observed, (draws, *observed.shape)).copy()
    if diagonal < 1:
        # A judge of its own for each system: the same chains, one system at a time.
        groups = [slice(None)] if common else [slice(s, s + 1) for s in range(len(totals))]
        q = np.concatenate([_behind(q[:, group], diagonal, rng) for group in groups], axis=1)
    return _ranking(diagonal, q @ values, observed @ values)


def sweep(
    counts: Counts,
    values: Floats,
    diagonals: tuple[float, ...] = DIAGONALS,
    *,
    common: bool = True,
    draws: int = DRAWS,
    seed: int = 0,
) -> list[PosteriorRanking]:
    """Rank systems under one prior after the other, the perfect judge first."""
    return [
        rank_under(counts, values, diagonal, common=common, draws=draws, seed=seed) for diagonal in (1.0, *diagonals)
    ]


def _observables(counts: Counts, draws: int, rng: np.random.Generator) -> Floats:
    """Draw the shares of the judge's scores from their posterior, shape (draws, s, k)."""
    if counts.ndim == 2:
        drawn = rng.standard_gamma(np.broadcast_to(counts + _PSEUDO / counts.shape[1], (draws, *counts.shape)))
    else:
        flat = counts.reshape(len(counts), -1).astype(np.float64)
        step = max(1, _CHUNK // len(flat))
        parts = [
            # einsum's own loop, not BLAS: the same digits whatever the number of threads.
            np.einsum("bg,gf->bf", rng.standard_exponential((min(step, draws - done), len(flat))), flat)
            for done in range(0, draws, step)
        ]
        pseudo = rng.standard_gamma(_PSEUDO / counts.shape[2], (draws, *counts.shape[1:]))
        drawn = np.concatenate(parts).reshape(draws, *counts.shape[1:]) + pseudo
    shares: Floats = drawn / drawn.sum(axis=2, keepdims=True)
    return shares


def _behind(q: Floats, diagonal: float, rng: np.random.Generator) -> Floats:
    """Draw a judge for each q and return the true shares behind it, shape (draws, s, k).

    Moving mass delta from cell b to cell a of row i changes C' by the rank-one ``delta (e_a - e_b) e_i'``. By the
    Sherman-Morrison identity, with ``v = C'^-1 (e_a - e_b)``, the true shares become
    ``pi_j - delta pi_i v_j / (1 + delta v_i)``: not negative on an interval of delta with closed bounds.
    """
    draws, _, k = q.shape
    confusion = np.broadcast_to(np.eye(k), (draws, k, k)).copy()
    inverse, pi = confusion.copy(), q.copy()
    floor = np.eye(k) * diagonal
    pairs = [(i, a, b) for i in range(k) for a in range(k) for b in range(a)]
    for _ in range(max(_PASSES, _STEPS // len(pairs))):
        for i, a, b in pairs:
            v = inverse[:, :, a] - inverse[:, :, b]
            low = -(confusion[:, i, a] - floor[i, a])
            high = confusion[:, i, b] - floor[i, b]
            # Each true share stays at or above 0 where pi_j + delta slope_j does.
            slope = pi * v[:, None, i, None] - pi[:, :, i, None] * v[:, None, :]
            room = np.divide(-pi, slope, out=np.zeros_like(pi), where=np.abs(slope) > _FLAT)
            low = np.maximum(low, np.where(slope > _FLAT, room, -np.inf).max(axis=(1, 2)))
            high = np.minimum(high, np.where(slope < -_FLAT, room, np.inf).min(axis=(1, 2)))
            # The determinant is scaled by 1 + delta v_i and must not pass 0.
            edge = np.divide(-1.0, v[:, i], out=np.zeros(draws), where=np.abs(v[:, i]) > _FLAT)
            low = np.where(v[:, i] > _FLAT, np.maximum(low, edge), low)
            high = np.where(v[:, i] < -_FLAT, np.minimum(high, edge), high)
            # Rounding may leave the present judge a hair outside its own range.
            delta = np.minimum(low, 0.0) + rng.random(draws) * (np.maximum(high, 0.0) - np.minimum(low, 0.0))
            scale = delta / (1 + delta * v[:, i])
            pi = np.maximum(pi - (scale[:, None] * v)[:, None, :] * pi[:, :, i, None], 0.0)
            inverse -= scale[:, None, None] * v[:, :, None] * inverse[:, i, None, :]
            confusion[:, i, a] += delta
            confusion[:, i, b] -= delta
        # Rank-one updates gather rounding; one inversion a pass keeps them exact.
        inverse = np.asarray(np.linalg.inv(confusion.transpose(0, 2, 1)), dtype=np.float64)
        pi = np.maximum(np.einsum("bkm,bsm->bsk", inverse, q), 0.0)
    return np.asarray(pi / pi.sum(axis=2, keepdims=True), dtype=np.float64)


def _ranking(diagonal: float, scores: Floats, seen: Floats) -> PosteriorRanking:
    """Sum up draws of the true means, shape (draws, s), beside the judge's own means."""
    draws = len(scores)
    above = scores[:, None, :] > scores[:, :, None]
    ahead = seen[:, None] > seen[None, :]
    reversed_pairs = above & ahead
    # Ties share the better rank.
    ranks = 1 + above.sum(axis=2)
    best, worst = (np.quantile(ranks, at, axis=0, method="inverted_cdf").astype(np.int64) for at in (0.025, 0.975))
    low, high = np.quantile(scores, [0.025, 0.975], axis=0)
    return PosteriorRanking(
        diagonal=diagonal,
        mean=scores.mean(axis=0),
        low=low,
        high=high,
        best=best,
        worst=worst,
        first=(ranks == 1).sum(axis=0) / draws,
        flips=reversed_pairs.sum(axis=0) / draws,
        any_flip=float(np.count_nonzero(reversed_pairs.any(axis=(1, 2)))) / draws,
    )
