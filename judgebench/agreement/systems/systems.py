"""Does the judge rank the systems as gold does? Scores per system by gold and by the judge, and how alike they are.

The systems are what they are; chance lies in the items. So intervals resample items (clusters of them, jointly for gold
and judge), never systems: few systems make a coarse figure, not a wide interval.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.cautions import FEW_CLUSTERS
from judgebench.agreement.compare.standings import ranks_of
from judgebench.agreement.intervals import estimated, within
from judgebench.agreement.kinds.unlisted import levels_of
from judgebench.agreement.policies import apply
from judgebench.agreement.systems.boards import PairBoard
from judgebench.agreement.systems.scores import coverage, scoreboard
from judgebench.domain import Estimate, Policies
from judgebench.errors import DataError, UsageError, argument
from judgebench.stats.coefficients.orderings import compare_orders, decisiveness, ranks
from judgebench.stats.inference.multiplicity import benjamini_hochberg, holm, of_known, tiers
from judgebench.stats.inference.paired import Difference
from judgebench.stats.influence import Clusters, Influences, combine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from judgebench.agreement.systems.boards import MeanBoard
    from judgebench.agreement.systems.scores import Opponents, ScoreKind
    from judgebench.domain import Ratings
    from judgebench.stats.coefficients.bradley_terry import TieModel
    from judgebench.stats.coefficients.orderings import Figures
    from judgebench.stats.crosstab import Flags, Floats, Ints

DRAWS = 2000
#: Share of draws that must have a figure before the others' quantiles are its interval.
_ENOUGH = 0.95
_FEW_SYSTEMS = 10
#: Coverage that differs more than this between systems is warned about.
_UNEQUAL = 0.05
#: Figures in memory at a time.
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class SystemScore:
    """One system as gold and as the judge see it.

    Gold's score is of so many ``rows``, the judge's of the ``judged`` ones among them, without games that contradict
    each other; ``coverage`` is the share of the judgments on it that gave a verdict, whatever the policies make of the
    others. Scores are fractions, ratings or log-odds, as `SystemsAgreement.score` says; rank 1 is best, and equal
    scores share their mean rank. ``bias`` is judge's score less gold's, missing verdicts being those that take it
    farther from 0; ``p`` whether that is 0, adjusted over systems by Holm (any false mark) and by Benjamini and
    Hochberg (share of false marks), None without a standard error. ``residual`` are the log-odds that the judge gives
    the system beyond the line of decisiveness.
    """

    name: str
    rows: int
    judged: int
    coverage: float
    gold: Estimate
    judge: Estimate
    gold_rank: float
    judge_rank: float
    bias: Estimate
    p: float | None
    p_holm: float | None
    p_bh: float | None
    residual: Estimate


@dataclass(frozen=True, slots=True)
class SystemsAgreement:
    """How far a judge's ranking of systems, best by gold first, is gold's.

    ``score`` says what a system's score is, ``ties`` how ties count in Bradley-Terry, ``anchor`` the system that win
    rates are against, empty for all. ``unjudged`` systems are left out, since all games on them contradict each other.
    ``agreement`` is named as `compare_orders` and `decisiveness` do. ``warnings`` are codes: ``few_systems``,
    ``few_clusters``, ``unequal_coverage``, ``phantom``, ``unjudged_systems``, ``unnamed_systems``, ``lost_draws``.
    """

    score: ScoreKind
    ties: TieModel
    anchor: str
    systems: tuple[SystemScore, ...]
    unjudged: tuple[str, ...]
    agreement: Mapping[str, Estimate]
    rows: int
    clusters: int
    coverage: float
    policies: Policies
    draws: int
    seed: int
    warnings: tuple[str, ...]


def rank_systems(
    ratings: Ratings,
    *,
    policies: Policies | None = None,
    score: ScoreKind | None = None,
    anchor: str = "",
    ties: TieModel = "half",
    opponents: Opponents | None = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> SystemsAgreement:
    """Compare the judge's ranking of the systems with gold's.

    Both score a system on all its rows with gold, and the judge errs where it gives no verdict (``invalid=drop`` leaves
    such rows out of both). Intervals of scores and biases are cluster-robust t intervals; those of comparisons are
    percentiles over draws that resample clusters for both rankings at once. A draw carries the noise of the data twice,
    so its rankings are less alike than they are: in simulations (``benchmarks/systems.py``; 8 systems, nominal 95 %)
    intervals of tau and rho always covered, those of Pearson's r in some 84 % with 200 questions and in 93 % with 800.

    Score, anchor, ties and opponents are as for `scoreboard`, as are the errors. Comparisons are undefined
    (``too_few_systems``) below 3 systems. Source: Gera et al. (2025), JuStRank: benchmarking LLM judges for system
    ranking; Efron & Tibshirani (1993), An introduction to the bootstrap, chapter 13.
    """
    if draws < 1:
        raise UsageError(f"{argument('draws')} {draws}: resampling takes 1 draw or more")
    ratings, policies = _as_levels(ratings, policies or Policies())
    scored = apply(ratings, policies)
    if not scored.size:
        raise DataError("there is nothing to score", hint=f"check the labels, the policies and {argument('limit')}")
    board, unjudged, unnamed = scoreboard(ratings, scored, score=score, anchor=anchor, ties=ties, opponents=opponents)
    if not board.names:
        raise DataError(
            "the judge contradicts itself on every system", hint=f"{argument('policy')} order=mean keeps every game"
        )
    profiles, counts = _profiles(board)
    groups = int(counts.sum())
    point = _Compared.of(board, (counts @ profiles)[None])
    parts = [_Compared.of(board, some) for some in _resampled(profiles, counts, draws, seed)] if groups > 1 else []
    kept = all(part.fine.all() for part in parts)
    systems = _systems(board, point, parts, coverage(ratings, anchor=anchor, opponents=opponents))
    few = len(systems) < 3
    n = board.cluster.size
    agreement = {
        name: Estimate.missing("too_few_systems", n)
        if few
        else _interval(figures, [part.figures[name] for part in parts], n)
        for name, figures in point.figures.items()
    }
    shares = [one.coverage for one in systems]
    codes = {
        "few_systems": len(systems) < _FEW_SYSTEMS,
        "few_clusters": groups < FEW_CLUSTERS,
        "unequal_coverage": max(shares) - min(shares) > _UNEQUAL,
        "phantom": isinstance(board, PairBoard) and board.strengths and board.phantom,
        "unjudged_systems": bool(unjudged),
        "unnamed_systems": unnamed > 0,
        "lost_draws": not kept,
    }
    return SystemsAgreement(
        score="mean" if not isinstance(board, PairBoard) else "bradley-terry" if board.strengths else "win-rate",
        ties=ties,
        anchor=anchor,
        systems=systems,
        unjudged=unjudged,
        agreement=agreement,
        rows=n,
        clusters=groups,
        coverage=float((ratings.judge >= 0).mean()),
        policies=scored.policies,
        draws=draws,
        seed=seed,
        warnings=tuple(code for code, holds in codes.items() if holds),
    )


@dataclass(frozen=True, slots=True)
class _Compared:
    """Scores and comparisons of b sets of sums."""

    gold: Floats
    judge: Floats
    fine: Flags
    figures: dict[str, Figures]
    residuals: Floats

    @classmethod
    def of(cls, board: MeanBoard | PairBoard, totals: Floats) -> _Compared:
        gold, judge, fine = board.scores(totals)
        figures = compare_orders(gold, judge)
        (gold_odds, finite), (judge_odds, also) = board.log_odds(gold), board.log_odds(judge)
        slopes, residuals = decisiveness(gold_odds, judge_odds, finite & also)
        figures |= slopes
        figures = {name: one._replace(defined=one.defined & fine) for name, one in figures.items()}
        return cls(gold, judge, fine, figures, residuals)


def _profiles(board: MeanBoard | PairBoard) -> tuple[Floats, Ints]:
    """Find what clusters add to the sums, shape (d, c), and how many clusters add each, shape (d,).

    Clusters that add the same are one cell of a multinomial, which makes independent items cheap.
    """
    clusters = Clusters.of(board.cluster)
    rows, columns, values = board.cells()
    codes, width = clusters.codes[rows], board.width
    # A random projection tells different sums apart without a table of all clusters.
    key = np.bincount(codes, values * np.random.default_rng(0).random(width)[columns], clusters.count)
    # Rounded, since the order of a cluster's rows shows in the last digits of its sum.
    _, first, kind, counts = np.unique(key.round(12), return_index=True, return_inverse=True, return_counts=True)
    kept = np.flatnonzero(first[kind[codes]] == codes)
    flat = np.bincount(kind[codes[kept]] * width + columns[kept], values[kept], first.size * width)
    return np.asarray(flat, dtype=np.float64).reshape(first.size, width), counts


def _resampled(profiles: Floats, counts: Ints, draws: int, seed: int) -> Iterator[Floats]:
    """Draw clusters with replacement and sum what they add, in chunks of shape (b, c)."""
    rng = np.random.default_rng(seed)
    groups = int(counts.sum())
    size = max(1, _CHUNK // (4 * profiles.shape[1] + groups))
    kinds = len(profiles)
    each = np.repeat(np.arange(kinds), counts)
    for start in range(0, draws, size):
        now = min(size, draws - start)
        if kinds * 8 < groups:
            weights = rng.multinomial(groups, counts / groups, size=now)
        else:
            # Where few clusters are alike, to draw them one by one is the quicker way to the same distribution.
            drawn = each[rng.integers(0, groups, size=(now, groups))] + kinds * np.arange(now)[:, None]
            weights = np.bincount(drawn.ravel(), minlength=now * kinds).reshape(now, kinds)
        yield weights.astype(np.float64) @ profiles


def _interval(point: Figures, drawn: Sequence[Figures], n: int) -> Estimate:
    """Percentiles of the draws; none where too many of them have no figure."""
    if not point.defined[0]:
        return Estimate.missing(point.reason, n)
    value = float(point.values[0])
    if not drawn:
        return Estimate.alone(value, n, "one_cluster")
    defined = np.concatenate([one.defined for one in drawn])
    if defined.mean() < _ENOUGH:
        return Estimate.alone(value, n, "lost_draws")
    values = np.concatenate([one.values for one in drawn])[defined]
    low, high = np.quantile(values, [0.025, 0.975])
    # Draws of a figure at its edge (tau of 1) may all lie on one side of it.
    return Estimate(
        value,
        min(float(low), value),
        max(float(high), value),
        n,
        None,
        float(values.std()),
        "cluster-bootstrap-percentile",
    )


def _systems(
    board: MeanBoard | PairBoard, point: _Compared, parts: Sequence[_Compared], shares: Mapping[str, float]
) -> tuple[SystemScore, ...]:
    gold, judge = board.influences(judge=False), board.influences(judge=True)
    erring = board.influences(judge=True, bias=True)
    biases = [_difference(theirs, own) for theirs, own in zip(erring, gold, strict=True)]
    chances = [Difference.of(one).p for one in biases]
    by_holm, by_bh = (of_known(adjust, chances) for adjust in (holm, benjamini_hochberg))
    gold_ranks, judge_ranks = ranks(point.gold)[0], ranks(point.judge)[0]
    names = [board.names[code] for code in board.scored]
    found: list[SystemScore] = []
    for i, (name, (rows, judged)) in enumerate(zip(names, board.counts(), strict=True)):
        line = point.figures["decisiveness"]
        residual = _interval(
            line._replace(values=point.residuals[:, i]),
            [part.figures["decisiveness"]._replace(values=part.residuals[:, i]) for part in parts],
            judged,
        )
        found.append(
            SystemScore(
                name=name,
                rows=rows,
                judged=judged,
                coverage=shares[name],
                gold=board.estimate(gold[i]),
                judge=board.estimate(judge[i]),
                gold_rank=float(gold_ranks[i]),
                judge_rank=float(judge_ranks[i]),
                bias=within(estimated(biases[i]), board.reach),
                p=chances[i],
                p_holm=by_holm[i],
                p_bh=by_bh[i],
                residual=residual if len(names) >= 3 else Estimate.missing("too_few_systems", judged),
            )
        )
    return tuple(sorted(found, key=lambda one: (one.gold_rank, one.name)))


def _difference(judge: Influences, gold: Influences) -> Influences:
    """Judge less gold, with the influences of clusters that both have."""
    found = combine([judge, gold], [1.0, -1.0])
    return replace(found, n=judge.n)


@dataclass(frozen=True, slots=True)
class Place:
    """Ranks that one side leaves open for a system, and its tier; None with fewer than two independent questions."""

    best: int | None
    worst: int | None
    tier: int | None


def _as_levels(ratings: Ratings, policies: Policies) -> tuple[Ratings, Policies]:
    """Put numbers on the levels of a rating, and their annotators' mean for gold where a majority would be."""
    if ratings.scale.kind != "number":
        return ratings, policies
    mean = replace(policies, gold="mean") if policies.gold == "majority" else policies
    return levels_of(ratings), mean


def system_places(
    ratings: Ratings, policies: Policies, *, score: ScoreKind | None = None, seed: int = 0
) -> dict[str, tuple[Place, Place]]:
    """Rank the systems by gold and by the judge, each side with joint confidence (95 %).

    Each system has a place by gold and one by the judge. Differences are tested among the systems of one side at once,
    clustered by question; the two sides are not tested against each other (`rank_systems` does that). Arguments and
    errors are those of `scoreboard`. Source: Mogstad, Romano, Shaikh & Wilhelm (2024), Inference for ranks with
    applications to mobility across neighbourhoods and academic achievement across countries.
    """
    ratings, policies = _as_levels(ratings, policies)
    board, _, _ = scoreboard(ratings, apply(ratings, policies), score=score)
    sides: list[list[Place]] = []
    for judge in (False, True):
        found = ranks_of(board.influences(judge=judge), seed=seed)
        levels = tiers(len(found.ranks), found.ahead)
        sides.append(
            [
                Place(best, worst, None if best is None else tier)
                for (best, worst), tier in zip(found.ranks, levels, strict=True)
            ]
        )
    return dict(zip((board.names[code] for code in board.scored), zip(*sides, strict=True), strict=True))
