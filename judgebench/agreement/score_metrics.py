"""Judges that give scores or probabilities beside a label: what these are worth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.inference.intervals import interval
from judgebench.agreement.inference.spreads import Clusters
from judgebench.agreement.metrics import calibration, continuous
from judgebench.agreement.metrics.discrimination import auc
from judgebench.agreement.metrics.rows import RowOutcome
from judgebench.agreement.metrics.table import Outcome
from judgebench.agreement.policies import side_of
from judgebench.domain import Estimate

if TYPE_CHECKING:
    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Ratings

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

#: What a printed table shows beside the scale's own columns.
COMPANIONS = ("auc", "brier", "ece", "score_lin_ccc", "score_pearson_r")
_ANY = (-math.inf, math.inf)


def score_metrics(ratings: Ratings, scored: Scored) -> dict[str, Estimate]:
    """Measure a judge's numbers against gold.

    A row without a number earns nothing under the policy ``invalid=wrong``: it loses all its pairs in ``auc``, costs
    1 in ``brier`` and misses in ``threshold_accuracy``; under ``tie`` it is undecided (one half); under ``drop`` it
    is left out. The other figures have no worst value and are taken over the rows with a number, as their ``n`` says.

    Parameters
    ----------
    ratings : Ratings
        All judgments; measured are those with numbers.
    scored : Scored
        The rows that count, taken from these ratings.

    Returns
    -------
    dict of str to Estimate
        On ``check`` and ``pair`` (gold ties left out): ``auc``; for probabilities also ``brier``, ``log_loss``,
        ``ece`` (10 right-closed bins of equal width), ``ece_equal_mass`` (10 bins), ``calibration_slope``,
        ``calibration_intercept``, ``spiegelhalter_z`` and ``threshold_accuracy``. On ``rate``: ``score_pearson_r``,
        ``score_spearman_rho`` and, for numbers within the scale's range (``other_unit`` else), ``score_lin_ccc``,
        ``score_icc_a1``, ``score_mean_absolute_error`` and ``score_mean_signed_error``. Empty without numbers.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988) for AUC; Brier (1950); Guo et al. (2017), On calibration of modern neural
    networks; Cox (1958) for slope and intercept; Spiegelhalter (1986).

    Examples
    --------
    Ten probabilities of the reference: Brier .1305, log loss .386596, ECE .27, Spiegelhalter's z -.153863.

    >>> from dataclasses import replace
    >>> from judgebench.agreement.policies import apply
    >>> from judgebench.agreement.ratings import from_codes
    >>> from judgebench.domain import Policies, Scale
    >>> p = np.array([0.1, 0.1, 0.3, 0.4, 0.6, 0.65, 0.8, 0.9, 0.95, 1])
    >>> plain = from_codes(Scale.check(), p >= 0.5, [0, 0, 1, 0, 1, 0, 1, 1, 1, 1])
    >>> ratings = replace(plain, score=p, has_score=p >= 0, score_kind="probability")
    >>> found = score_metrics(ratings, apply(ratings, Policies()))
    >>> [round(found[name].value, 6) for name in ("brier", "log_loss", "ece", "spiegelhalter_z")]
    [0.1305, 0.386596, 0.27, -0.153863]
    """
    if ratings.score is None or ratings.has_score is None or not scored.size:
        return {}
    values, given = _per_row(ratings, scored)
    if scored.scale.kind == "rate":
        return _ratings(scored, values, given)
    if scored.scale.kind not in {"check", "pair"}:
        return {}
    side = side_of(scored.gold, scored.scale) if scored.scale.kind == "pair" else 2 * scored.gold - 1
    kept = side != 0
    if scored.policies.invalid == "drop":
        kept &= given
    rows = np.flatnonzero(kept)
    return _binary(scored, rows, values[rows], given[rows], side[rows] > 0, ratings.score_kind == "probability")


def missing_scores(ratings: Ratings, scored: Scored) -> bool:
    """Whether rows that count lack the number that others have."""
    return ratings.has_score is not None and not bool(_per_row(ratings, scored)[1].all())


def finished(outcome: RowOutcome, clusters: Clusters, *, low: float, high: float, proportion: bool = False) -> Estimate:
    """Give a figure of rows its interval.

    Parameters
    ----------
    outcome : RowOutcome
        The figure.
    clusters : Clusters
        Cluster of each row.
    low, high : float
        Bounds of its range; infinite for none.
    proportion : bool, optional
        Whether it is a plain share of rows, for which Wilson's interval holds.

    Returns
    -------
    Estimate
        Undefined with the outcome's reason; without bounds where it has no influences.

    References
    ----------
    Wilson (1927), Probable inference, the law of succession, and statistical inference; Cameron & Miller (2015).

    Examples
    --------
    Eight of ten, by Wilson:

    >>> rows = np.repeat([1.0, 0.0], [8, 2])
    >>> found = finished(RowOutcome.mean(rows), Clusters.of(np.arange(10)), low=0, high=1, proportion=True)
    >>> round(found.low, 6), round(found.high, 6)
    (0.490162, 0.943318)
    """
    n = clusters.codes.size
    if outcome.value is None:
        return Estimate.missing(outcome.reason or "undefined", n)
    if outcome.influence is None:
        return Estimate(outcome.value, None, None, n)
    pulls = outcome.spread(clusters)
    found = interval(Outcome(outcome.value, n=n), pulls, lone=clusters.lone, proportion=proportion, low=low, high=high)
    below = None if found.low is None else max(low, found.low)
    return Estimate(outcome.value, below, found.high, n, None, found.se, found.method)


def _per_row(ratings: Ratings, scored: Scored) -> tuple[Floats, Flags]:
    """Give each scored row its number: of its game, or the mean of the item's games that a policy made one verdict."""
    score, given = ratings.score, ratings.has_score
    if score is None or given is None:
        raise ValueError("these ratings have no numbers")
    if scored.policies.order in {"single", "mean"}:
        return score[scored.row], given[scored.row]
    games = np.bincount(ratings.item)
    complete = np.bincount(ratings.item, weights=given) == games
    means = np.bincount(ratings.item, weights=score) / np.maximum(games, 1)
    return means[scored.item], complete[scored.item]


def _binary(
    scored: Scored,
    rows: npt.NDArray[np.intp],
    values: Floats,
    given: Flags,
    positive: Flags,
    probable: bool,  # noqa: FBT001 - one question, one answer
) -> dict[str, Estimate]:
    every, sure = Clusters.of(scored.cluster[rows]), Clusters.of(scored.cluster[rows][given])
    undecided = scored.policies.invalid == "tie"
    worst = np.where(positive, -np.inf, np.inf)
    blank = np.full(values.size, 0.5 if probable else 0.0) if undecided else worst
    found = {"auc": finished(auc(np.where(given, values, blank), positive), every, low=0.0, high=1.0)}
    if not probable:
        return found
    p, y = values[given], positive[given]
    filled = np.where(given, values, 0.5 if undecided else 1.0 - positive)
    # One half names nobody on a pair; on a check it is "correct", as `threshold_accuracy` has it.
    named = filled != 0.5 if scored.scale.kind == "pair" else given
    right = given & named & ((filled >= 0.5) == positive)
    slope, intercept = calibration.calibration_line(p, y)
    z = calibration.spiegelhalter_z(p, y) if sure.lone else RowOutcome.undefined("not_independent")
    ece = calibration.expected_calibration_error
    return found | {
        "brier": finished(calibration.brier(filled, positive), every, low=0.0, high=1.0),
        "log_loss": finished(calibration.log_loss(p, y), sure, low=0.0, high=math.inf),
        "ece": finished(ece(p, y), sure, low=0.0, high=1.0),
        "ece_equal_mass": finished(ece(p, y, by="mass"), sure, low=0.0, high=1.0),
        "calibration_slope": finished(slope, sure, low=_ANY[0], high=_ANY[1]),
        "calibration_intercept": finished(intercept, sure, low=_ANY[0], high=_ANY[1]),
        "spiegelhalter_z": finished(z, sure, low=_ANY[0], high=_ANY[1]),
        "threshold_accuracy": finished(
            RowOutcome.mean(right.astype(np.float64)), every, low=0.0, high=1.0, proportion=True
        ),
    }


def _ratings(scored: Scored, values: Floats, given: Flags) -> dict[str, Estimate]:
    levels = np.asarray(scored.scale.values)
    gold = (levels if scored.gold_values is None else scored.gold_values)[scored.gold[given]]
    judge = values[given]
    clusters = Clusters.of(scored.cluster[given])
    found = {
        "score_pearson_r": finished(continuous.pearson(gold, judge), clusters, low=-1.0, high=1.0),
        "score_spearman_rho": finished(continuous.spearman(gold, judge), clusters, low=-1.0, high=1.0),
    }
    same_unit = judge.size == 0 or (levels.min() <= judge.min() and judge.max() <= levels.max())
    for name, function, low, high in (
        ("score_lin_ccc", continuous.concordance, -1.0, 1.0),
        ("score_icc_a1", continuous.icc_agreement, -1.0, 1.0),
        ("score_mean_absolute_error", continuous.mean_absolute_error, 0.0, math.inf),
        ("score_mean_signed_error", continuous.mean_signed_error, -math.inf, math.inf),
    ):
        outcome = function(gold, judge) if same_unit else RowOutcome.undefined("other_unit")
        found[name] = finished(outcome, clusters, low=low, high=high)
    return found
