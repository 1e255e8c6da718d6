"""Rows about systems, and the scores that follow from them: means of verdicts, win rates, Bradley-Terry strengths."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.intervals import estimated
from judgebench.stats.coefficients import bradley_terry as bt
from judgebench.stats.influence import Clusters, Influences, mean

if TYPE_CHECKING:
    from judgebench.domain import Estimate
    from judgebench.stats.crosstab import Flags, Floats, Ints


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


def _log_odds(shares: Floats) -> tuple[Floats, Flags]:
    """Log-odds, and whether those of a set are all finite."""
    inside = (shares > 0) & (shares < 1)
    safe = np.where(inside, shares, 0.5)
    return np.log(safe / (1 - safe)), np.asarray(inside.all(axis=-1))
