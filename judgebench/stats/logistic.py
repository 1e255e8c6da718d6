"""Logistic regression: a fit and the influence of its rows, standard errors that know clusters, marginal effects.

``outcome``, shape (n,), is 0 or 1; a ``design``, shape (n, k), has the constant among its columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.stats.crosstab import TINY, Floats

if TYPE_CHECKING:
    from collections.abc import Sequence

    from judgebench.stats.influence import Clusters

_STEPS = 100
_CONVERGED = 1e-10
#: With less information than this per row in some direction the maximum of the likelihood lies at infinity there.
_FLAT = 1e-12
#: Share of a column's length that must be its own, or it counts as a sum of earlier columns.
_OWN = 1e-8


@dataclass(frozen=True, slots=True)
class Fit:
    """Log odds ratios in the order of the columns, shape (k,), and what they rest on.

    ``influence``, shape (n, k), is what each row adds to their error: ``H^-1 x (y - p)`` with ``H = X' diag(p (1 - p))
    X``. ``inverse`` is ``H^-1``, the covariance of independent rows if the model is true.
    """

    coefficients: Floats
    influence: Floats
    inverse: Floats


def maximum_likelihood(outcome: Floats, design: Floats) -> Fit | str:
    """Fit ``logit P(y = 1) = X b`` by Newton's method, or say why there is no fit.

    Reasons: ``separated`` (columns tell the outcome apart for sure, so that a coefficient is infinite), ``collinear``.
    Source: Albert & Anderson (1984), On the existence of maximum likelihood estimates in logistic regression models.
    """
    n, k = design.shape
    # Columns at right angles and of one length, so that a column's unit changes neither the steps nor their end.
    unit = np.sqrt(np.square(design).mean(axis=0))
    if not unit.all():
        return "collinear"
    try:
        turn = np.linalg.inv(np.linalg.cholesky((design / unit).T @ (design / unit) / n)).T / unit[:, None]
    except np.linalg.LinAlgError:
        return "collinear"
    level = design @ turn
    beta = np.zeros(k)
    for _ in range(_STEPS):
        chance, hessian = _information(level, beta)
        # A large predictor alone is none: an answer may be that long. Here a direction has run out of doubtful rows.
        if float(np.linalg.eigvalsh(hessian)[0]) < _FLAT * n:
            return "separated"
        step = np.linalg.solve(hessian, level.T @ (outcome - chance))
        # Near the maximum likelihoods differ by rounding only, and whole steps are the exact ones.
        least = _likelihood(outcome, level @ beta) * (1 + 1e-9)
        while _likelihood(outcome, level @ (beta + step)) < least:
            step = step / 2
        beta = beta + step
        if np.abs(step).max() < _CONVERGED * (1 + np.abs(beta).max()):
            break
    else:
        return "separated"
    chance, hessian = _information(level, beta)
    bread = np.linalg.inv(hessian)
    influence = level * (outcome - chance)[:, None] @ bread @ turn.T
    return Fit(turn @ beta, influence, turn @ bread @ turn.T)


@dataclass(frozen=True, slots=True)
class Logistic:
    """A fitted logistic regression: log odds ratios in the order of the columns, with their covariance, shape (k, k).

    It is cluster-robust; ``plain`` is that of independent rows and a true model.
    """

    coefficients: Floats
    covariance: Floats
    plain: Floats
    clusters: int

    @property
    def se(self) -> Floats:
        """Standard errors, shape (k,)."""
        found: Floats = np.sqrt(np.diag(self.covariance))
        return found


def logistic(outcome: Floats, design: Floats, clusters: Clusters) -> Logistic | str:
    """Fit ``logit P(y = 1) = X b`` by maximum likelihood, with a cluster-robust covariance, or say why there is no fit.

    ``V = c sum_g s_g s_g'`` with ``s_g`` the cluster's sum of influences, and ``c = G / (G - 1) (n - 1) / (n - k)``.
    Reasons: ``few_clusters`` (not more clusters than columns), and those of `maximum_likelihood`.
    Source: Liang & Zeger (1986), Longitudinal data analysis using generalized linear models; Cameron & Miller (2015), A
    practitioner's guide to cluster-robust inference.

    One binary column: the coefficient is the log odds ratio of the 2 x 2 table, log(3 * 3 / (1 * 1)).

    >>> from judgebench.stats.influence import Clusters
    >>> x = np.repeat([0.0, 1.0], 4)
    >>> y = np.array([0.0, 0, 0, 1, 1, 1, 1, 0])
    >>> fit = logistic(y, np.c_[np.ones(8), x], Clusters.of(np.arange(8)))
    >>> [round(float(b), 6) for b in fit.coefficients], round(float(np.log(9)), 6)
    ([-1.098612, 2.197225], 2.197225)
    """
    (n, k), groups = design.shape, clusters.count
    if groups <= k:
        return "few_clusters"
    fit = maximum_likelihood(outcome, design)
    if isinstance(fit, str):
        return fit
    sums = np.stack([clusters.sums(column) for column in fit.influence.T], axis=1)
    factor = groups / (groups - 1) * (n - 1) / (n - k)
    return Logistic(fit.coefficients, factor * sums.T @ sums, fit.inverse, groups)


def marginal_effects(fit: Logistic, design: Floats, binary: Sequence[bool]) -> tuple[Floats, Floats]:
    """Average marginal effect of each column: how many points the probability moves, over the rows as they are.

    For a 0/1 (``binary``) column the mean of ``P(y | x = 1) - P(y | x = 0)``, else the mean slope ``b p (1 - p)``; a
    constant has no effect that means anything. Standard errors, of shape (k,) too, are by the delta method from the
    coefficients' covariance, rows held fixed. Source: Williams (2012), Using the margins command to estimate and
    interpret adjusted predictions and marginal effects.
    """
    beta = fit.coefficients
    k = beta.size
    effects, slopes = np.zeros(k), np.zeros((k, k))
    linear = design @ beta
    for j in range(k):
        if binary[j]:
            on, off = (linear + (value - design[:, j]) * beta[j] for value in (1.0, 0.0))
            p_on, p_off = _expit(on), _expit(off)
            effects[j] = float((p_on - p_off).mean())
            x_on, x_off = design.copy(), design.copy()
            x_on[:, j], x_off[:, j] = 1.0, 0.0
            slope = x_on * (p_on * (1 - p_on))[:, None] - x_off * (p_off * (1 - p_off))[:, None]
            slopes[j] = slope.mean(axis=0)
        else:
            chance = _expit(linear)
            weight = chance * (1 - chance)
            effects[j] = float(beta[j] * weight.mean())
            slopes[j] = beta[j] * (design * (weight * (1 - 2 * chance))[:, None]).mean(axis=0)
            slopes[j, j] += weight.mean()
    variances = np.einsum("jk,kl,jl->j", slopes, fit.covariance, slopes)
    return effects, np.sqrt(np.maximum(variances, 0.0))


def usable_columns(outcome: Floats, columns: Sequence[Floats]) -> dict[int, str]:
    """Find columns that can't have a coefficient, before they make one up: their positions, and why to leave them out.

    ``constant``; ``separated``, where rows with (or without) a 0/1 column all have one outcome; ``collinear``, a
    weighted sum of the constant and earlier columns. Source: Albert & Anderson (1984), On the existence of maximum
    likelihood estimates in logistic regression models.
    """
    left_out: dict[int, str] = {}
    basis = [np.ones(outcome.size) / np.sqrt(outcome.size)]
    for j, column in enumerate(columns):
        if np.ptp(column) < TINY:
            left_out[j] = "constant"
            continue
        levels = np.unique(column)
        if levels.size == 2 and any(np.ptp(outcome[column == level]) < TINY for level in levels):
            left_out[j] = "separated"
            continue
        rest = column.astype(np.float64)
        for _ in range(2):
            for unit in basis:
                rest = rest - (unit @ rest) * unit
        size = float(np.linalg.norm(rest))
        if size <= _OWN * float(np.linalg.norm(column)):
            left_out[j] = "collinear"
            continue
        basis.append(rest / size)
    return left_out


def _information(design: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Chances of the rows, shape (n,), and the information that they hold, shape (k, k)."""
    chance = _expit(design @ beta)
    return chance, (design * (chance * (1 - chance))[:, None]).T @ design


def _likelihood(outcome: Floats, linear: Floats) -> float:
    return float((outcome * linear - np.logaddexp(0.0, linear)).sum())


def _expit(linear: Floats) -> Floats:
    # exp of a large positive number would overflow; of a negative one it can't.
    small = np.exp(-np.abs(linear))
    found: Floats = np.where(linear >= 0, 1 / (1 + small), small / (1 + small))
    return found
