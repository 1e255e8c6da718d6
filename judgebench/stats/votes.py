"""Several judges' labels of one thing made one: counts of votes, weights, and the EM of Dawid and Skene.

``votes``, shape (n, k), are the codes of k judges on n things, -1 for none; ``labels`` counts the labels there are.
Verdicts, shape (n,), are codes, -1 where the judges come to none. A judge without a vote has no say.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from judgebench.stats.crosstab import TINY, count_units
from judgebench.stats.influence import RowOutcome

if TYPE_CHECKING:
    from judgebench.stats.crosstab import Flags, Floats, Ints

#: What becomes of votes that no label wins: the label "tie", no verdict, or the vote of the first judge among the tied.
Ties: TypeAlias = Literal["tie", "none", "first"]

#: Scores nearer to each other than this are tied.
_TIED = 1e-9
#: Least probability that EM reckons with.
_LEAST = 1e-300
_STEPS = 2000


class Outcome(NamedTuple):
    """Verdicts, and which of them a tie rule had to decide."""

    verdicts: npt.NDArray[np.int64]
    tied: Flags


def majority(votes: Ints, labels: int, ties: Ties, tie: int | None = None) -> Outcome:
    """Label with most votes; ``tie`` is the code of the label "tie", which the tie rule of that name needs.

    Votes for "tie" count as any other. With ``ties="tie"`` every mode that is not unique is a tie, which is what the
    code of Fellowship of the LLMs (2024) does.

    >>> majority(np.array([[0, 0, 2], [0, 2, -1], [-1, -1, -1]]), 3, "tie", tie=1).verdicts.tolist()
    [0, 1, -1]
    """
    return decided(count_units(votes, labels), votes, ties, tie)


def decided(scores: Floats, votes: Ints, ties: Ties, tie: int | None = None) -> Outcome:
    """Take the label with the highest score, shape (n, labels), of those things that anybody voted on."""
    if ties == "tie" and tie is None:
        raise ValueError("the tie rule 'tie' needs a label for it")
    best = scores >= scores.max(axis=1, keepdims=True) - _TIED
    voted = (votes >= 0).any(axis=1)
    tied = voted & (best.sum(axis=1) > 1)
    found = np.where(voted, best.argmax(axis=1), -1)
    if ties == "first":
        among = np.take_along_axis(best, np.maximum(votes, 0), axis=1) & (votes >= 0)
        first = np.take_along_axis(votes, among.argmax(axis=1)[:, None], axis=1)[:, 0]
        # Weights may tie labels that nobody named.
        found = np.where(tied & among.any(axis=1), first, found)
    else:
        found = np.where(tied, tie if ties == "tie" and tie is not None else -1, found)
    return Outcome(found.astype(np.int64, copy=False), tied)


@dataclass(frozen=True, slots=True)
class Confusions:
    """What is known of judges: shares of the true labels, shape (q,), and P(vote | truth), shape (k, q, q).

    A judge's weight in a vote is what its table says of a label: with two labels and errors alike it is the log-odds
    of being right.
    """

    prior: Floats
    tables: Floats

    @property
    def accuracy(self) -> Floats:
        """How likely each judge is right, shape (k,)."""
        found: Floats = (self.prior * np.diagonal(self.tables, axis1=1, axis2=2)).sum(axis=1)
        return found

    def log_likelihoods(self, votes: Ints) -> Floats:
        """Log of prior times likelihood of each label, shape (n, q): naive Bayes, as if judges erred independently."""
        q = self.prior.size
        found: Floats = np.repeat(np.log(np.maximum(self.prior, _LEAST))[None], len(votes), axis=0)
        for table, own in zip(np.log(np.maximum(self.tables, _LEAST)), votes.T, strict=True):
            # A judge without a vote says nothing of any label.
            found += np.column_stack([table, np.zeros(q)]).T[own]
        return found


def confusions(votes: Ints, gold: Ints, labels: int, *, one_coin: bool = False) -> Confusions:
    """Learn judges' tables from things of known labels (-1: unknown), one more of each cell than was seen.

    ``one_coin``: a judge is right equally often whatever the truth, and errs towards all labels alike.
    Source: Nitzan & Paroush (1982), Optimal decision rules in uncertain dichotomous choice situations; Laplace's rule
    of succession for cells that were never seen.
    """
    known = gold >= 0
    weights = np.zeros((int(known.sum()), labels))
    weights[np.arange(len(weights)), gold[known]] = 1.0
    return _maximised(indicators(votes[known], labels), weights, np.ones(len(weights)), one_coin=one_coin, more=1.0)


def weighted(votes: Ints, gold: Ints, folds: Ints, labels: int, *, one_coin: bool = False) -> Floats:
    """Scores of labels, shape (n, labels), from weights that were learned on the other folds only.

    ``gold``, shape (n,), is -1 where it is unknown, and ``folds`` keep together what must not be parted.
    """
    found = np.zeros((len(votes), labels))
    for fold in np.unique(folds):
        own = folds == fold
        found[own] = confusions(votes[~own], gold[~own], labels, one_coin=one_coin).log_likelihoods(votes[own])
    return found


@dataclass(frozen=True, slots=True)
class DawidSkene:
    """Converged EM: P(label) of each thing, shape (n, q), what it learned of judges, and the log-likelihood."""

    posterior: Floats
    judges: Confusions
    log_likelihood: float
    steps: int
    converged: bool


def dawid_skene(counts: Ints, *, one_coin: bool = False, tolerance: float = 1e-10) -> DawidSkene:
    """Estimate true labels and judges' errors together, without gold: EM from shares of votes.

    ``counts``, shape (n, k, q), say how often each judge gave each label to each thing. E: ``P(y_i = l) ~ p_l prod_jm
    pi_jlm ^ n_ijm``; M: ``p`` and ``pi`` are shares under these. It stops where the log-likelihood gains less than
    ``tolerance`` of itself. It takes judges' errors for independent given the truth; where they are not, it is the
    more overconfident the more they share.
    Source: Dawid & Skene (1979), Maximum likelihood estimation of observer error-rates using the EM algorithm.

    >>> votes = np.array([[0, 0, 1], [1, 1, 1], [0, 0, 0], [1, 1, 0], [1, 1, 1]])
    >>> dawid_skene(indicators(votes, 2)).posterior.argmax(axis=1).tolist()
    [0, 1, 0, 1, 1]
    """
    n, k, q = counts.shape
    # Things with the same votes are one thing, several times.
    kinds, place, times = np.unique(counts.reshape(n, k * q), axis=0, return_inverse=True, return_counts=True)
    own = kinds.reshape(-1, k, q).astype(np.float64)
    weight = times.astype(np.float64)
    given = own.sum(axis=1)
    voted = given.sum(axis=1, keepdims=True)
    posterior = np.where(voted > 0, given / np.maximum(voted, 1.0), 1 / q)
    before, step, done = -math.inf, 0, False
    while True:
        judges = _maximised(own, posterior, weight, one_coin=one_coin, more=0.0)
        tables = np.log(np.maximum(judges.tables, _LEAST))
        # Not a matrix product, whose last digits depend on threads.
        log = np.log(np.maximum(judges.prior, _LEAST)) + np.einsum("ikm,klm->il", own, tables)
        top = log.max(axis=1, keepdims=True)
        total = np.exp(log - top).sum(axis=1, keepdims=True)
        posterior = np.exp(log - top) / total
        found = float((weight * (top + np.log(total))[:, 0]).sum())
        step += 1
        done = found - before <= tolerance * max(1.0, abs(found))
        if done or step >= _STEPS:
            return DawidSkene(posterior[place.reshape(-1)], judges, found, step, done)
        before = found


def indicators(votes: Ints, labels: int) -> Ints:
    """Spell votes as counts, shape (n, k, labels)."""
    return np.asarray(votes[:, :, None] == np.arange(labels), dtype=np.int64)


def _maximised(counts: Floats | Ints, truth: Floats, times: Floats, *, one_coin: bool, more: float) -> Confusions:
    """Shares under P(label) of each thing, ``truth``, shape (n, q), each thing counted so many ``times``."""
    q = truth.shape[1]
    carried = truth * times[:, None]
    mass = carried.sum(axis=0) + more
    cells = np.einsum("il,ikm->klm", carried, counts) + more
    if one_coin:
        right = np.einsum("kll->k", cells) / np.maximum(cells.sum(axis=(1, 2)), TINY)
        eye = np.eye(q, dtype=np.bool_)
        tables = np.where(eye, right[:, None, None], ((1 - right) / max(q - 1, 1))[:, None, None])
    else:
        rows = cells.sum(axis=2, keepdims=True)
        # Of a label that nothing has, a judge's answers are unknown: all alike.
        tables = np.where(rows > 0, cells / np.maximum(rows, _LEAST), 1 / q)
    return Confusions(mass / mass.sum(), tables)


def effective_votes(judges: int, correlation: float) -> float:
    """How many judges with independent errors would be worth as much: ``k / (1 + (k - 1) r)``.

    It is the ratio of variances of one judge's error and of the mean of k whose errors correlate at r.
    Source: Kish (1965), Survey sampling, for the design effect.

    >>> round(effective_votes(9, 0.255), 2), effective_votes(1, 0.0)
    (2.96, 1.0)
    """
    return judges / (1 + (judges - 1) * correlation)


@dataclass(frozen=True, slots=True)
class Errors:
    """Judges' errors, standardised, shape (n, k), their correlations, (k, k), and which judges' errors vary at all."""

    scores: Floats
    correlations: Floats
    vary: Flags

    @classmethod
    def of(cls, errors: Floats) -> Errors:
        """Standardise errors, shape (n, k)."""
        centred = errors - errors.mean(axis=0)
        spread = np.sqrt(np.square(centred).mean(axis=0))
        vary = spread > TINY
        scores = np.where(vary, centred / np.where(vary, spread, 1.0), 0.0)
        # Not a matrix product: BLAS would start threads for it.
        return cls(scores, np.einsum("ij,ik->jk", scores, scores) / max(len(errors), 1), vary)

    def mean(self, judges: Ints) -> tuple[RowOutcome, int]:
        """Mean correlation of two of those judges whose errors vary, and how many they are.

        The influence of a row is the mean of those on Pearson's r, ``z_i z_j - r_ij (z_i^2 + z_j^2) / 2``.
        """
        own = judges[self.vary[judges]]
        pairs = own.size * (own.size - 1) // 2
        if not pairs:
            return RowOutcome.undefined("no_pairs"), own.size
        z, r = self.scores[:, own], self.correlations[np.ix_(own, own)]
        squares = np.square(z)
        each = r.sum(axis=1) - np.diagonal(r)
        value = float(each.sum()) / 2 / pairs
        products = (np.square(z.sum(axis=1)) - squares.sum(axis=1)) / 2
        return RowOutcome(value, (products - (squares * each).sum(axis=1) / 2) / pairs), own.size
