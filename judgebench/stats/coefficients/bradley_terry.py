"""Strengths of systems from games between two of them: Bradley-Terry by Newton's method, with ties.

A system i beats j with log-odds ``theta_i - theta_j``. Strengths have no zero of their own: here they sum to 0. Many
tables of games are fitted at once, which makes resampling cheap: leading axes, b where there is one, are tables of the
same p pairings of k systems. A tie counts as half a win for both under ``half``, or has a parameter of its own under
``davidson`` and ``rao-kupper``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from judgebench.stats.crosstab import TINY

if TYPE_CHECKING:
    from collections.abc import Callable

    from judgebench.stats.crosstab import Flags, Floats, Ints
    from judgebench.stats.influence import Clusters

TieModel: TypeAlias = Literal["half", "davidson", "rao-kupper"]

_STEPS = 100
#: Newton's error is about the square of its last step.
_CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Games:
    """Counts of games, shape (..., p): those that the first system of a pairing won, lost, tied.

    Every pairing appears once, with ``first < second``, both of shape (p,).
    """

    systems: int
    first: Ints
    second: Ints
    wins: Floats
    losses: Floats
    ties: Floats

    @classmethod
    def of(cls, wins: npt.ArrayLike, ties: npt.ArrayLike | None = None) -> Games:
        """Read square tables, shape (k, k): how often the row's system beat the column's, and how often the two tied.

        Raises ValueError if a table is not square, not finite or has a negative count, or the ties are not symmetric.
        The diagonal is not read.
        """
        won = np.asarray(wins, dtype=np.float64)
        tied = np.zeros_like(won) if ties is None else np.asarray(ties, dtype=np.float64)
        if won.ndim != 2 or won.shape[0] != won.shape[1] or tied.shape != won.shape:
            raise ValueError(f"wins and ties are square tables of one size, not {won.shape} and {tied.shape}")
        if not (np.isfinite(won).all() and np.isfinite(tied).all() and (won >= 0).all() and (tied >= 0).all()):
            raise ValueError("counts of games are finite and not negative")
        if not np.array_equal(tied, tied.T):
            raise ValueError("ties are symmetric")
        first, second = np.triu_indices(len(won), 1)
        return cls(len(won), first, second, won[first, second], won[second, first], tied[first, second])

    def at(self, tables: Ints | Flags) -> Games:
        """Take some of many tables, along the first axis."""
        return replace(self, wins=self.wins[tables], losses=self.losses[tables], ties=self.ties[tables])

    def with_phantom(self) -> Games:
        """Add one system that wins half a game and loses half a game against every other."""
        k = self.systems
        pad = [(0, 0)] * (self.wins.ndim - 1) + [(0, k)]
        return Games(
            k + 1,
            np.concatenate([self.first, np.arange(k)]),
            np.concatenate([self.second, np.full(k, k)]),
            np.pad(self.wins, pad, constant_values=0.5),
            np.pad(self.losses, pad, constant_values=0.5),
            np.pad(self.ties, pad),
        )


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted strengths, log-odds of shape (k,) that sum to 0, and their covariance for independent games.

    ``log_tie`` is what makes ties likely, on the scale of the fit; None under ``half`` and where no game was tied.
    ``to_strengths``, shape (k, k + 1), is the inverse information from the scores (a column per system, one for the tie
    parameter) to strengths.
    """

    strengths: Floats
    covariance: Floats
    log_tie: float | None
    model: TieModel
    to_strengths: Floats

    @property
    def tie(self) -> float | None:
        """Davidson's nu or Rao and Kupper's theta; None under ``half`` and where no game was tied."""
        if self.log_tie is None:
            return None
        # Rao and Kupper's own logarithm is what stays positive.
        return math.exp(self.log_tie if self.model == "davidson" else math.exp(self.log_tie))

    @property
    def se(self) -> Floats:
        """Standard errors of the strengths around their mean, shape (k,)."""
        error: Floats = np.sqrt(np.maximum(np.diag(self.covariance), 0.0))
        return error

    def relative_to(self, reference: int) -> tuple[Floats, Floats]:
        """Strengths less that of the system ``reference``, and their standard errors, each of shape (k,)."""
        variances = np.diag(self.covariance)
        variance = variances + variances[reference] - 2 * self.covariance[reference]
        return self.strengths - self.strengths[reference], np.sqrt(np.maximum(variance, 0.0))


def connected(games: Games, ties: TieModel = "half") -> Flags:
    """Whether strengths exist, shape (...): from every system a chain of wins or ties leads to every other.

    Where none does, some systems won all their games against the rest (or never met them) and their strength has no
    finite value. A tie model also needs, where there are ties, a chain that comes back to its start with more wins than
    ties in it; else ever larger strengths and an ever larger tie parameter fit better and better.
    Source: Ford (1957), Solution of a ranking problem from binary comparisons.
    """
    lead = games.wins.shape[:-1]
    beats = np.zeros((*lead, games.systems, games.systems), dtype=np.float32)
    beats[..., games.first, games.second] = games.wins + games.ties > 0
    beats[..., games.second, games.first] = games.losses + games.ties > 0
    fine = _reaches_all(beats) & _reaches_all(np.swapaxes(beats, -1, -2))
    if ties == "half":
        return fine
    return fine & (_wins_come_round(games) | ~games.ties.any(axis=-1))


def _wins_come_round(games: Games) -> Flags:
    """Whether some cycle has more wins than ties, shape (...): by Floyd and Warshall's longest chains."""
    k = games.systems
    chain = np.full((*games.wins.shape[:-1], k, k), -np.inf)
    drawn = np.where(games.ties > 0, -1.0, -np.inf)
    chain[..., games.first, games.second] = np.where(games.wins > 0, 1.0, drawn)
    chain[..., games.second, games.first] = np.where(games.losses > 0, 1.0, drawn)
    for via in range(k):
        # Bounded, since round a winning cycle chains grow without end.
        longer = np.minimum(chain[..., :, via, None] + chain[..., None, via, :], k)
        chain = np.maximum(chain, longer)
    return np.asarray((np.diagonal(chain, axis1=-2, axis2=-1) > 0).any(axis=-1))


def _reaches_all(beats: npt.NDArray[np.float32]) -> Flags:
    """Whether every system can be reached from the first, shape (...)."""
    reached = np.zeros(beats.shape[:-1], dtype=np.bool_)
    reached[..., :1] = True
    while True:
        step = (reached[..., None, :].astype(np.float32) @ beats)[..., 0, :] > 0
        if not (step & ~reached).any():
            return np.asarray(reached.all(axis=-1))
        reached |= step


def bradley_terry(games: Games, *, ties: TieModel = "half", phantom: bool = False) -> Fit:
    """Fit strengths to one table of games by maximum likelihood.

    Without ties, or with each tie as half a win for both: ``P(i beats j) = 1 / (1 + exp(theta_j - theta_i))``. With
    ``pi = exp(theta)``, Davidson's model gives a tie the probability
    ``nu sqrt(pi_i pi_j) / (pi_i + pi_j + nu sqrt(pi_i pi_j))``; in Rao and Kupper's
    ``P(i beats j) = pi_i / (pi_i + theta pi_j)`` with theta of 1 or more, and the rest is ties.

    With ``phantom``, a prior, every system also wins and loses half a game against one phantom system: strengths are
    finite whatever the games are, and a little nearer together. Without it, games that are not `connected` raise
    ValueError.

    Source: Bradley & Terry (1952), Rank analysis of incomplete block designs; Davidson (1970), On extending the
    Bradley-Terry model to accommodate ties; Rao & Kupper (1967), Ties in paired-comparison experiments. Citations among
    four journals (Stigler 1994), relative to Biometrika, as in BradleyTerry2:

    >>> cited = [[0, 730, 498, 221], [33, 0, 68, 17], [320, 813, 0, 142], [284, 276, 325, 0]]
    >>> values, errors = bradley_terry(Games.of(cited)).relative_to(0)
    >>> [round(float(value), 6) for value in values[1:]]
    [-2.949072, -0.47957, 0.268954]
    >>> [round(float(error), 6) for error in errors[1:]]
    [0.102545, 0.060589, 0.07083]
    """
    if ties not in get_args(TieModel):
        raise ValueError(f"ties count as one of {', '.join(get_args(TieModel))}, not {ties!r}")
    k = games.systems
    played = games.with_phantom() if phantom else games
    if not connected(played, ties):
        raise ValueError("no finite strengths: the games don't lead from every system to every other and back")
    alone = replace(played, wins=played.wins[None], losses=played.losses[None], ties=played.ties[None])
    theta, tie = _fitted(alone, ties)
    information = _derivatives(alone, ties, theta, tie)[1][0]
    m = played.systems
    # The mean of the strengths is free: a constant on its block makes the information invertible and
    # leaves what it says of differences alone.
    information[:m, :m] += 1.0
    if math.isnan(tie[0]) and len(information) > m:
        information[m, m] = 1.0
    inverse = np.linalg.inv(information)
    center = np.eye(k, len(inverse))
    center[:, :k] -= 1 / k
    to_strengths = center @ inverse
    own = np.zeros((k, k + 1))
    own[:, :k], own[:, k] = to_strengths[:, :k], to_strengths[:, -1] if len(inverse) > m else 0.0
    strength = theta[0, :k] - theta[0, :k].mean()
    value = None if math.isnan(tie[0]) else float(tie[0])
    return Fit(strength, to_strengths @ center.T, value, ties, own)


def strengths(games: Games, *, ties: TieModel = "half", phantom: bool = False) -> tuple[Floats, Flags]:
    """Fit strengths, shape (b, k), to many tables at once, 0 where not finite; and whether they are, shape (b,)."""
    played = games.with_phantom() if phantom else games
    fine = connected(played, ties)
    found = np.zeros((len(fine), games.systems))
    if fine.any():
        theta = _fitted(played.at(fine), ties)[0][:, : games.systems]
        found[fine] = theta - theta.mean(axis=1, keepdims=True)
    return found, fine


def strength_influences(fit: Fit, first: Ints, second: Ints, result: Ints, clusters: Clusters) -> Floats:
    """Influence of every cluster of games at every strength, shape (G, k), for errors that respect repeated questions.

    The inverse information times the score of the cluster's games, so that ``G / (G - 1)`` times the sum of the squared
    influences is the sandwich variance. Each of n games has its two systems and a ``result``: 1 where the first won, -1
    where it lost, 0 for a tie.
    """
    k = len(fit.strengths)
    tied = result == 0
    kind = np.stack([result > 0, result < 0, tied]).astype(np.float64)
    difference = fit.strengths[first] - fit.strengths[second]
    model: TieModel = "half" if fit.log_tie is None else fit.model
    if model == "half":
        kind = kind[:2] + kind[2] / 2
        kind = np.stack([*kind, np.zeros(len(result))])
    at = np.full(1, 0.0 if fit.log_tie is None else fit.log_tie)
    slope, by_tie = _MODELS[model](difference, at, *kind)[:2]
    scores = np.zeros((clusters.count, k + 1))
    size = scores[:, :k].size
    flat = np.bincount(clusters.codes * k + first, slope, size) - np.bincount(clusters.codes * k + second, slope, size)
    scores[:, :k] = flat.reshape(-1, k)
    scores[:, k] = clusters.sums(by_tie)
    found: Floats = scores @ fit.to_strengths.T
    return found


def _fitted(games: Games, ties: TieModel) -> tuple[Floats, Floats]:
    """Maximise each likelihood: strengths, shape (b, k), and log tie parameters, shape (b,), else NaN."""
    count = len(games.wins)
    theta, tie = np.zeros((count, games.systems)), np.full(count, np.nan)
    if ties != "half":
        # Without a tie the parameter runs off to no ties at all, which is the plain model.
        tie[games.ties.any(axis=-1)] = 0.0
    likelihood = _likelihood(games, ties, theta, tie)
    active = np.arange(count)
    for _ in range(_STEPS):
        some = games.at(active)
        gradient, information = _derivatives(some, ties, theta[active], tie[active])
        information[:, : games.systems, : games.systems] += 1.0
        free = np.isnan(tie[active])
        if information.shape[1] > games.systems:
            information[free, -1, -1] = 1.0
        step: Floats = np.linalg.solve(information, gradient[..., None])[..., 0].astype(np.float64, copy=False)
        reached = _step(some, ties, theta[active], tie[active], likelihood[active], step)
        theta[active], tie[active], likelihood[active] = reached
        active = active[np.abs(step).max(axis=1) > _CLOSE * (1 + np.abs(reached[0]).max(axis=1))]
        if not active.size:
            break
    return theta, tie


def _step(
    games: Games, ties: TieModel, theta: Floats, tie: Floats, likelihood: Floats, step: Floats
) -> tuple[Floats, Floats, Floats]:
    """Go a step, or less where it would lead down: strengths, tie parameters and likelihoods there."""
    size = np.ones(len(theta))
    while True:
        ahead = theta + size[:, None] * step[:, : games.systems]
        ahead_tie = tie + size * step[:, -1] if step.shape[1] > games.systems else tie
        reached = _likelihood(games, ties, ahead, ahead_tie)
        worse = (reached < likelihood - 1e-9 * (1 + np.abs(likelihood))) & (size > TINY)
        if not worse.any():
            return ahead, ahead_tie, reached
        size[worse] /= 2


def _derivatives(games: Games, ties: TieModel, theta: Floats, tie: Floats) -> tuple[Floats, Floats]:
    """Gradient, shape (b, k [+ 1]), and information of the log-likelihood at strengths and tie parameters."""
    k, first, second = games.systems, games.first, games.second
    slope, by_tie, curve, cross, bend = _pieces(games, ties, theta, tie)
    size = k + (ties != "half")
    incidence = np.zeros((len(first), k))
    incidence[np.arange(len(first)), first], incidence[np.arange(len(first)), second] = 1.0, -1.0
    gradient = np.zeros((len(theta), size))
    information = np.zeros((len(theta), size, size))
    gradient[:, :k] = slope @ incidence
    information[:, first, second] = information[:, second, first] = -curve
    index = np.arange(k)
    information[:, index, index] = curve @ np.abs(incidence)
    if size > k:
        gradient[:, k] = by_tie.sum(axis=1)
        information[:, :k, k] = information[:, k, :k] = cross @ incidence
        information[:, k, k] = bend.sum(axis=1)
    return gradient, information


def _pieces(games: Games, ties: TieModel, theta: Floats, tie: Floats) -> tuple[Floats, ...]:
    """Differentiate per pairing: by the difference and the tie parameter, second derivatives with their sign turned."""
    difference = theta[:, games.first] - theta[:, games.second]
    half = games.ties / 2
    plain = _MODELS["half"](difference, tie[:, None], games.wins + half, games.losses + half, games.ties)
    if ties == "half":
        return plain
    there = ~np.isnan(tie)[:, None]
    at = np.where(there, tie[:, None], 0.0)
    rich = _MODELS[ties](difference, at, games.wins, games.losses, games.ties)
    return tuple(np.where(there, with_ties, without) for with_ties, without in zip(rich, plain, strict=True))


def _likelihood(games: Games, ties: TieModel, theta: Floats, tie: Floats) -> Floats:
    difference = theta[:, games.first] - theta[:, games.second]
    half = games.ties / 2
    plain = -(games.wins + half) * np.logaddexp(0, -difference) - (games.losses + half) * np.logaddexp(0, difference)
    if ties == "half":
        return np.asarray(plain.sum(axis=1))
    there = ~np.isnan(tie)[:, None]
    at = np.where(there, tie[:, None], 0.0)
    if ties == "davidson":
        total = np.logaddexp(np.logaddexp(difference / 2, -difference / 2), at)
        every = games.wins + games.losses + games.ties
        rich = (games.wins - games.losses) * difference / 2 + games.ties * at - every * total
    else:
        edge = np.exp(at)
        rich = (
            -(games.wins + games.ties) * np.logaddexp(0, edge - difference)
            - (games.losses + games.ties) * np.logaddexp(0, edge + difference)
            + games.ties * np.log(np.expm1(2 * edge))
        )
    return np.asarray(np.where(there, rich, plain).sum(axis=1))


def _half(difference: Floats, tie: Floats, wins: Floats, losses: Floats, ties: Floats) -> tuple[Floats, ...]:
    """Bradley and Terry's own model; ties are wins and losses by now."""
    del tie, ties
    expected = 1 / (1 + np.exp(-difference))
    every = wins + losses
    none = np.zeros_like(difference)
    return wins - every * expected, none, every * expected * (1 - expected), none, none


def _davidson(difference: Floats, tie: Floats, wins: Floats, losses: Floats, ties: Floats) -> tuple[Floats, ...]:
    """Take an exponential family: the difference goes with half of wins less losses, log nu with ties."""
    total = np.logaddexp(np.logaddexp(difference / 2, -difference / 2), tie)
    win, loss, draw = np.exp(difference / 2 - total), np.exp(-difference / 2 - total), np.exp(tie - total)
    every = wins + losses + ties
    lead = (win - loss) / 2
    return (
        (wins - losses) / 2 - every * lead,
        ties - every * draw,
        every * ((win + loss) / 4 - lead**2),
        -every * draw * lead,
        every * draw * (1 - draw),
    )


def _rao_kupper(difference: Floats, tie: Floats, wins: Floats, losses: Floats, ties: Floats) -> tuple[Floats, ...]:
    """Log theta = exp(tie) is the edge that a win takes; second derivatives are by the edge, where they are concave."""
    edge = np.exp(tie)
    win, loss = 1 / (1 + np.exp(edge - difference)), 1 / (1 + np.exp(edge + difference))
    for_first, for_second = wins + ties, losses + ties
    up, down = for_first * (1 - win), for_second * (1 - loss)
    curve_up, curve_down = up * win, down * loss
    draw = 2 * ties / -np.expm1(-2 * edge)
    return (
        up - down,
        edge * (draw - up - down),
        curve_up + curve_down,
        edge * (curve_down - curve_up),
        edge**2 * (curve_up + curve_down + draw * 2 / np.expm1(2 * edge)),
    )


_MODELS: dict[TieModel, Callable[..., tuple[Floats, ...]]] = {
    "half": _half,
    "davidson": _davidson,
    "rao-kupper": _rao_kupper,
}
