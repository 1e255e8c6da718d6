"""Systems' scores by gold and by a judge: means of verdicts, win rates, Bradley-Terry strengths."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.agreement.estimates import estimated
from judgebench.agreement.systems.silence import games_for, verdicts_for
from judgebench.errors import DataError, UnknownNameError, UsageError, argument
from judgebench.stats.coefficients import bradley_terry as bt
from judgebench.stats.influence import Clusters, Influences, mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Estimate, Ratings
    from judgebench.stats.crosstab import Flags, Floats

Ints: TypeAlias = npt.NDArray[np.integer]
ScoreKind: TypeAlias = Literal["mean", "win-rate", "bradley-terry"]

_UNNAMED = frozenset({"", "(none)"})


@dataclass(frozen=True, slots=True)
class Opponents:
    """Whose responses every row of pair ratings compares: codes into ``names``, -1 where that isn't known."""

    names: tuple[str, ...]
    first: Ints
    second: Ints

    @classmethod
    def of(cls, first: Ints, firsts: Sequence[str], second: Ints, seconds: Sequence[str]) -> Opponents:
        """Join two columns of codes with names of their own."""
        names = tuple(sorted({*firsts, *seconds} - _UNNAMED))
        code = {name: i for i, name in enumerate(names)}
        to = [np.array([code.get(name, -1) for name in column], dtype=np.int64) for column in (firsts, seconds)]
        return cls(names, to[0][first], to[1][second])


def opponents_of(ratings: Ratings) -> Opponents:
    """Read the two systems of a pairing off its name, ``first vs second``.

    DataError if a name holds `` vs `` more than once, so that it can be read in two ways.
    """
    parts = [name.split(" vs ") for name in ratings.systems]
    if unclear := [name for name, part in zip(ratings.systems, parts, strict=True) if len(part) > 2]:
        raise DataError(
            f"the pairing {unclear[0]!r} can be read in two ways",
            hint=f"with {argument('csv')} give a column for each side: "
            f"{argument('system')} FIRST {argument('system')} SECOND",
        )
    both = [part if len(part) == 2 else ["", ""] for part in parts]
    return Opponents.of(ratings.system, [a for a, _ in both], ratings.system, [b for _, b in both])


@dataclass(frozen=True, slots=True)
class MeanBoard:
    """Rows that are about one system each: a score is a mean of verdicts.

    ``judge`` and ``biased`` differ where there is no verdict: what stands for it in scores, and in biases.
    """

    names: tuple[str, ...]
    system: Ints
    gold: Floats
    judge: Floats
    biased: Floats
    judged: Flags
    cluster: Ints
    low: float
    high: float
    #: Whether a score is a share: of ones among zeros and ones, not a mean of what lies between.
    share: bool

    def cells(self) -> tuple[Ints, Ints, Floats]:
        """Row, column and value of what is summed: counts and sums, of gold and of the judge."""
        k, n = len(self.names), len(self.system)
        rows, seen = np.arange(n), np.flatnonzero(self.judged)
        about = self.system[seen]
        return (
            np.concatenate([rows, rows, seen, seen]),
            np.concatenate([self.system, k + self.system, 2 * k + about, 3 * k + about]),
            np.concatenate([np.ones(n), self.gold, np.ones(seen.size), self.judge[seen]]),
        )

    @property
    def scored(self) -> list[int]:
        """Codes of the systems that have a score: all."""
        return list(range(len(self.names)))

    @property
    def width(self) -> int:
        """Sums in all."""
        return 4 * len(self.names)

    @property
    def reach(self) -> float:
        """Largest difference of two scores."""
        return self.high - self.low

    def scores(self, totals: Floats) -> tuple[Floats, Floats, Flags]:
        """Scores by gold and judge, shape (b, k), and where all are there, from sums of shape (b, 4 k)."""
        count, total, seen, said = np.moveaxis(totals.reshape(len(totals), 4, -1), 1, 0)
        there = np.asarray(((count > 0) & (seen > 0)).all(axis=1))
        return total / np.maximum(count, 1), said / np.maximum(seen, 1), there

    def log_odds(self, scores: Floats) -> tuple[Floats, Flags]:
        """Take scores of shape (b, k) to log-odds, and say for which sets all are finite."""
        return _log_odds((scores - self.low) / (self.high - self.low))

    def influences(self, *, judge: bool, bias: bool = False) -> list[Influences]:
        """Carry every system's score by one side with the influence of each cluster; the judge's also for a bias."""
        values = (self.biased if bias else self.judge) if judge else self.gold
        found: list[Influences] = []
        for code in range(len(self.names)):
            own = np.flatnonzero((self.system == code) & (self.judged | (not judge)))
            found.append(mean(values[own], Clusters.of(self.cluster[own])))
        return found

    def estimate(self, influences: Influences) -> Estimate:
        """Give a system's score its interval."""
        independent = influences.ids.size == influences.n
        return estimated(influences, independent=independent, proportion=self.share, low=self.low, high=self.high)

    def counts(self) -> list[tuple[int, int]]:
        """Count every system's rows, and those of them with a verdict."""
        k = len(self.names)
        every = np.bincount(self.system, minlength=k)
        return list(zip(every.tolist(), np.bincount(self.system[self.judged], minlength=k).tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class PairBoard:
    """Rows that compare two systems: a score is a strength or a win rate.

    ``gold`` and ``judge`` hold 1 where the first system wins, -1 where the second does, 0 for a tie. With an ``anchor``
    (a code) all games are against it, and it has no score.
    """

    names: tuple[str, ...]
    first: Ints
    second: Ints
    gold: Ints
    judge: Ints
    cluster: Ints
    ties: bt.TieModel
    strengths: bool
    phantom: bool
    anchor: int | None = None

    @property
    def scored(self) -> list[int]:
        """Codes of the systems that have a score."""
        return [code for code in range(len(self.names)) if code != self.anchor]

    @property
    def reach(self) -> float:
        """Largest difference of two scores."""
        return math.inf if self.strengths else 1.0

    @property
    def width(self) -> int:
        """Counts in all."""
        return 6 * len(self.pairings[0])

    @property
    def pairings(self) -> tuple[Ints, Ints, Ints]:
        """The lower and the higher code of the systems of every pairing that occurs, and the pairing of each row."""
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        found, row = np.unique(low * len(self.names) + high, return_inverse=True)
        return found // len(self.names), found % len(self.names), row

    def cells(self) -> tuple[Ints, Ints, Floats]:
        """Row, column and value of what is counted: wins, losses and ties of each pairing, by gold and judge."""
        low, _, code = self.pairings
        turned = self.first > self.second
        rows: list[Ints] = []
        columns: list[Ints] = []
        for side, result in enumerate((self.gold, self.judge)):
            lead = np.where(turned, -result, result)
            place = np.where(lead > 0, 0, np.where(lead < 0, 1, 2))
            rows.append(np.arange(len(code)))
            columns.append((3 * side + place) * len(low) + code)
        return np.concatenate(rows), np.concatenate(columns), np.ones(sum(map(len, rows)))

    def games(self, totals: Floats) -> tuple[bt.Games, bt.Games]:
        """Read games by gold and judge off sums of shape (b, 6 p)."""
        low, high, _ = self.pairings
        parts = totals.reshape(len(totals), 6, -1)
        # Wins, losses and ties of gold, then of the judge.
        return (
            bt.Games(len(self.names), low, high, parts[:, 0], parts[:, 1], parts[:, 2]),
            bt.Games(len(self.names), low, high, parts[:, 3], parts[:, 4], parts[:, 5]),
        )

    def scores(self, totals: Floats) -> tuple[Floats, Floats, Flags]:
        """Scores by gold and judge, shape (b, k), and where all have one, from counts of shape (b, 6 p)."""
        (gold, fine), (judge, good) = (self._side(games) for games in self.games(totals))
        return gold, judge, fine & good

    def _side(self, games: bt.Games) -> tuple[Floats, Flags]:
        if self.strengths:
            return bt.strengths(games, ties=self.ties, phantom=self.phantom)
        k, pairs = games.systems, np.arange(len(games.first))
        first, second = np.zeros((2, len(pairs), k))
        first[pairs, games.first], second[pairs, games.second] = 1.0, 1.0
        half, every = games.ties / 2, games.wins + games.losses + games.ties
        won = ((games.wins + half) @ first + (games.losses + half) @ second)[:, self.scored]
        played = (every @ (first + second))[:, self.scored]
        return won / np.maximum(played, 1), np.asarray((played > 0).all(axis=1))

    def log_odds(self, scores: Floats) -> tuple[Floats, Flags]:
        """Take scores of shape (b, k) to log-odds, and say for which sets all are finite."""
        return (scores, np.ones(len(scores), dtype=np.bool_)) if self.strengths else _log_odds(scores)

    def influences(self, *, judge: bool, bias: bool = False) -> list[Influences]:  # noqa: ARG002 - games have one way
        """Carry every system's score by one side with the influence of each cluster."""
        first, second, cluster, result = self.first, self.second, self.cluster, self.judge if judge else self.gold
        if not self.strengths:
            found: list[Influences] = []
            for code in self.scored:
                own = np.flatnonzero((first == code) | (second == code))
                credit = (1 + np.where(first[own] == code, result[own], -result[own])) / 2
                found.append(mean(credit, Clusters.of(cluster[own])))
            return found
        k = len(self.names)
        counts = np.zeros((3, k, k))
        np.add.at(
            counts, (np.abs(result) - 1, np.where(result < 0, second, first), np.where(result < 0, first, second)), 1
        )
        fit = bt.bradley_terry(bt.Games.of(counts[0], counts[2] + counts[2].T), ties=self.ties, phantom=self.phantom)
        clusters = Clusters.of(cluster)
        influences = bt.strength_influences(fit, first, second, result, clusters)
        played = np.bincount(first, minlength=k) + np.bincount(second, minlength=k)
        return [
            Influences(
                float(fit.strengths[code]), int(played[code]), clusters.ids, influences[:, code], clusters.shares
            )
            for code in range(k)
        ]

    def estimate(self, influences: Influences) -> Estimate:
        """Give a system's score its interval."""
        return estimated(influences) if self.strengths else estimated(influences, low=0.0, high=1.0)

    def counts(self) -> list[tuple[int, int]]:
        """Count every system's games, which gold and judge both decide."""
        k = len(self.names)
        played = (np.bincount(self.first, minlength=k) + np.bincount(self.second, minlength=k)).tolist()
        return [(played[code], played[code]) for code in self.scored]


def coverage(ratings: Ratings, *, anchor: str = "", opponents: Opponents | None = None) -> dict[str, float]:
    """Share of the judgments on each system that gave a verdict, whatever the policies make of the others.

    ``anchor`` counts pairs with this system only.
    """
    valid = ratings.judge >= 0
    if ratings.scale.kind != "pair":
        names, codes = ratings.systems, ratings.system
    else:
        opponents = opponents or opponents_of(ratings)
        names = opponents.names
        use = (opponents.first >= 0) & (opponents.second >= 0) & (opponents.first != opponents.second)
        if anchor:
            code = names.index(anchor)
            use &= (opponents.first == code) | (opponents.second == code)
        codes = np.concatenate([opponents.first[use], opponents.second[use]])
        valid = np.tile(valid[use], 2)
    every = np.bincount(codes, minlength=len(names))
    given = np.bincount(codes[valid], minlength=len(names))
    return dict(zip(names, (given / np.maximum(every, 1)).tolist(), strict=True))


def scoreboard(
    ratings: Ratings,
    scored: Scored,
    *,
    score: ScoreKind | None = None,
    anchor: str = "",
    ties: bt.TieModel = "half",
    opponents: Opponents | None = None,
) -> tuple[MeanBoard | PairBoard, tuple[str, ...], int]:
    """Sort rows by the systems they are about.

    Systems on which all of a judge's games contradict each other are left out and named; rows that name no system are
    counted. Check and rating scales are about one system a row, whose score is a mean; ``pair`` scales are about two,
    with Bradley-Terry strengths by default, in which ``ties`` count as `bradley_terry` says, or win rates, against an
    ``anchor`` only where there is one. On 5 and 7 steps a win is a win, by however much; *both bad* and games that
    contradict each other are ties. Under ``invalid=wrong`` a row without a verdict counts as wrong
    (`judgebench.agreement.systems.silence`). The ``opponents`` of pairs are by default read off the names of the
    pairings. UsageError if the scale has no score of this kind, or there is no such anchor; DataError if no row names
    its system.
    """
    scale = ratings.scale
    games = scale.kind == "pair"
    if not games and scale.kind not in {"check", "rate"}:
        raise UsageError(f"systems are ranked on check, rating and pair scales, not on {scale.spec}")
    kinds = ("bradley-terry", "win-rate") if games else ("mean",)
    kind = score or ("win-rate" if anchor else kinds[0])
    if kind not in kinds or (anchor and kind != "win-rate"):
        what = "pairs" if games else "one system a row"
        beside = f" and {argument('anchor')}" if anchor else ""
        better = "win-rate" if anchor and games else " or ".join(kinds)
        raise UsageError(f"{argument('score')} {kind} doesn't go with {what}{beside}; use {better}")
    # Rows without a verdict are only left where they count as wrong.
    silent = scored.judge == len(scale.labels) + 1
    if not games:
        return _means(ratings, scored, silent)
    board, unnamed = _games(scored, silent, opponents or opponents_of(ratings), ties, anchor)
    if kind == "bradley-terry":
        # Without a chain of wins either way a strength is infinite; both sides take the same prior then.
        totals = np.bincount(board.cells()[1], minlength=board.width).astype(np.float64)[None]
        fine = board.scores(totals)[2]
        board = board if fine.all() else replace(board, phantom=True)
    else:
        board = replace(board, strengths=False)
    return board, (), unnamed


def _means(ratings: Ratings, scored: Scored, silent: Flags) -> tuple[MeanBoard, tuple[str, ...], int]:
    values = np.asarray(ratings.scale.values, dtype=np.float64)
    judged = scored.judge != len(values)
    gold = (values if scored.gold_values is None else scored.gold_values)[scored.gold]
    judge = np.append(values, [0.0, 0.0])[scored.judge]
    named = np.array([name not in _UNNAMED for name in ratings.systems])[scored.system]
    if not named.any():
        raise DataError(
            "no row says whose response it judges",
            hint=f"name the column with {argument('system')}; a task must give its responses' models",
        )
    seen = np.bincount(scored.system[named & judged], minlength=len(ratings.systems)) > 0
    present = np.bincount(scored.system[named], minlength=len(ratings.systems)) > 0
    rows = np.flatnonzero(named & seen[scored.system])
    # In the order of their names, so that the order of the rows decides nothing.
    names = sorted(name for name, there in zip(ratings.systems, seen, strict=True) if there)
    code = {name: i for i, name in enumerate(names)}
    system = np.array([code.get(name, -1) for name in ratings.systems])[scored.system[rows]]
    by_order, by_bias = verdicts_for(judge[rows], gold[rows], system, silent[rows], values)
    ends = values.min(), values.max()
    shares = ends == (0.0, 1.0) and np.isin(np.append(gold[rows], by_order), ends).all()
    board = MeanBoard(
        names=tuple(names),
        system=system,
        gold=gold[rows],
        judge=by_order,
        biased=by_bias,
        judged=judged[rows],
        cluster=scored.cluster[rows],
        low=float(ends[0]),
        high=float(ends[1]),
        share=bool(shares),
    )
    unjudged = tuple(name for name, here, said in zip(ratings.systems, present, seen, strict=True) if here and not said)
    return board, unjudged, int(np.count_nonzero(~named))


def _games(
    scored: Scored, silent: Flags, opponents: Opponents, ties: bt.TieModel, anchor: str
) -> tuple[PairBoard, int]:
    first, second = opponents.first[scored.row], opponents.second[scored.row]
    named = (first >= 0) & (second >= 0)
    if not named.any():
        raise DataError(
            "no row names two systems",
            hint=f"a run's task must give both responses' models; with {argument('csv')} give "
            f"{argument('sides')} or {argument('system')} twice, a column for each "
            "side (or one column of `first vs second`)",
        )
    # A system's game against itself says nothing of systems.
    use = named & (first != second)
    code = None
    if anchor:
        if anchor not in opponents.names:
            raise UnknownNameError("system", anchor, opponents.names, hint=f"(there are {', '.join(opponents.names)})")
        code = opponents.names.index(anchor)
        use &= (first == code) | (second == code)
    rows = np.flatnonzero(use)
    first, second = first[rows], second[rows]
    seen = np.bincount(np.concatenate([first, second]), minlength=len(opponents.names)) > 0
    if not seen.any():
        raise DataError(
            "no row is about two different systems",
            hint=f"check {argument('system')}, {argument('anchor')} and the run",
        )
    to, steps = np.cumsum(seen) - 1, len(scored.scale.values)
    first, second = to[first], to[second]
    gold, judge = _winner(scored.gold[rows], steps), _winner(scored.judge[rows], steps)
    board = PairBoard(
        names=tuple(name for name, there in zip(opponents.names, seen, strict=True) if there),
        first=first,
        second=second,
        gold=gold,
        judge=games_for(judge, gold, first, second, silent[rows]),
        cluster=scored.cluster[rows],
        ties=ties,
        strengths=True,
        phantom=False,
        anchor=None if code is None else int(to[code]),
    )
    return board, int(np.count_nonzero(~named))


def _winner(codes: Ints, steps: int) -> Ints:
    """1 where the first response is better, -1 where the second is, 0 elsewhere; labels run from first to second."""
    return np.where(codes < steps, np.sign(steps - 1 - 2 * codes.astype(np.int64)), 0)


def _log_odds(shares: Floats) -> tuple[Floats, Flags]:
    """Log-odds, and whether those of a set are all finite."""
    inside = (shares > 0) & (shares < 1)
    safe = np.where(inside, shares, 0.5)
    return np.log(safe / (1 - safe)), np.asarray(inside.all(axis=-1))
