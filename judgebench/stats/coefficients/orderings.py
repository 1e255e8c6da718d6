"""How alike two sets of scores order the same systems; many sets at once, for resampling.

Scores have shape (b, k): b sets of k systems, of which there are at least 2.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Flags, Floats

#: Scores nearer than this are one score: fitted strengths are not more exact.
_SAME = 1e-9


class Figures(NamedTuple):
    """One figure for each of b sets of scores, 0 where it is undefined, and the reason for it."""

    values: Floats
    defined: Flags
    reason: str


def ranks(scores: Floats) -> Floats:
    """Rank systems, 1 for the highest score; equal scores share the mean of their ranks."""
    return _ranks(_signs(scores))


def compare_orders(gold: Floats, judge: Floats) -> dict[str, Figures]:
    """Compare two sets of scores of the same k systems.

    - ``kendall_tau``: Kendall's tau-b, ``sum s_g s_j / sqrt(sum s_g^2 sum s_j^2)`` over pairs of systems, s the sign of
      a difference;
    - ``spearman_rho``: Pearson's r of the mean ranks;
    - ``pearson_r``: of the scores themselves;
    - ``pairwise_accuracy``: share of the pairs that gold tells apart which the judge orders alike; one that the judge
      does not tell apart counts half, as a coin would;
    - ``top_1_agreement``: share of the judge's best systems (one, where no two are level) that are gold's best;
    - ``largest_rank_error``, ``largest_score_error``: the largest absolute difference over systems.

    ``no_variation`` where all systems of a side have one score.
    Source: Kendall (1945), The treatment of ties in ranking problems; Kocmi et al. (2021), To ship or not to ship
    (pairwise accuracy); Gera et al. (2025), JuStRank: benchmarking LLM judges for system ranking.

    Five systems of PandaLM's test set: strengths by people's votes and by gpt-3.5's.

    >>> people = np.array([[-0.018194814, -0.536752753, 0.724316319, -0.242982818, 0.073614066]])
    >>> judge = np.array([[0.068646790, -0.568667338, 0.697843969, -0.211964088, 0.014140666]])
    >>> found = compare_orders(people, judge)
    >>> [round(float(found[name].values[0]), 6) for name in ("kendall_tau", "spearman_rho", "pearson_r")]
    [0.8, 0.9, 0.992131]
    """
    gold_signs, judge_signs = _signs(gold), _signs(judge)
    everywhere = np.ones(len(gold), dtype=np.bool_)
    gold_ranks, judge_ranks = _ranks(gold_signs), _ranks(judge_signs)
    gold_best, judge_best = (place == place.min(axis=1, keepdims=True) for place in (gold_ranks, judge_ranks))
    told = np.square(gold_signs).sum(axis=(1, 2))
    product = (gold_signs * judge_signs).sum(axis=(1, 2))
    return {
        "kendall_tau": _quotient(product, told, np.square(judge_signs).sum(axis=(1, 2))),
        "spearman_rho": _correlation(gold_ranks, judge_ranks),
        "pearson_r": _correlation(gold, judge),
        "pairwise_accuracy": Figures((1 + product / np.maximum(told, 1)) / 2, told > 0, "no_variation"),
        "top_1_agreement": Figures(
            # Where gold has all systems level, each is its best, and any judge would be right.
            (gold_best & judge_best).sum(axis=1) / judge_best.sum(axis=1),
            told > 0,
            "no_variation",
        ),
        "largest_rank_error": Figures(np.abs(judge_ranks - gold_ranks).max(axis=1), everywhere, "no_variation"),
        "largest_score_error": Figures(np.abs(judge - gold).max(axis=1), everywhere, "no_variation"),
    }


def decisiveness(gold: Floats, judge: Floats, finite: Flags) -> tuple[dict[str, Figures], Floats]:
    """Fit a line to the judge's scores by gold's, both in log-odds, by least squares.

    A slope (``decisiveness``) above 1: the judge sets systems further apart than gold does; below 1: nearer together,
    which is also what noise in gold's scores makes of any slope. ``residual_sd`` has k - 2 degrees of freedom; the
    residuals, shape (b, k), are what the judge gives a system beyond the line. ``finite`` marks the sets that don't
    stand in for infinite log-odds. This is a plain stand-in for the decisiveness and bias of JuStRank (Gera et al.
    2025), which fits the distribution function of a symmetric beta distribution to win rates; the figures differ.
    """
    x, y = gold - gold.mean(axis=1, keepdims=True), judge - judge.mean(axis=1, keepdims=True)
    variation = np.square(x).sum(axis=1)
    varied = variation > TINY
    slope = (x * y).sum(axis=1) / np.where(varied, variation, 1.0)
    residuals = y - slope[:, None] * x
    sd = np.sqrt(np.square(residuals).sum(axis=1) / max(gold.shape[1] - 2, 1))
    # Without variation there is no slope, whether the log-odds are finite or not.
    reason = "no_variation" if not varied.all() and finite.all() else "score_at_bound"
    return {
        "decisiveness": Figures(slope, finite & varied, reason),
        "residual_sd": Figures(sd, finite & varied, reason),
    }, residuals


def _signs(scores: Floats) -> Floats:
    """Sign of every difference, shape (..., k, k); 0 between equal scores."""
    difference = scores[..., :, None] - scores[..., None, :]
    return np.sign(np.where(np.abs(difference) <= _SAME, 0.0, difference))


def _ranks(signs: Floats) -> Floats:
    found: Floats = (signs.shape[-1] + 1 - signs.sum(axis=-1)) / 2
    return found


def _correlation(left: Floats, right: Floats) -> Figures:
    x, y = left - left.mean(axis=1, keepdims=True), right - right.mean(axis=1, keepdims=True)
    return _quotient((x * y).sum(axis=1), np.square(x).sum(axis=1), np.square(y).sum(axis=1))


def _quotient(product: Floats, left: Floats, right: Floats) -> Figures:
    defined = (left > TINY) & (right > TINY)
    scale = np.sqrt(np.where(defined, left * right, 1.0))
    return Figures(np.where(defined, np.clip(product / scale, -1.0, 1.0), 0.0), defined, "no_variation")
