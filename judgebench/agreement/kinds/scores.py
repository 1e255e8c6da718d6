"""Judges that give scores or probabilities beside a label: what these are worth.

``ratings`` are all judgments, of which those with numbers are measured; ``scored`` are their rows that count. ``among``
are the scored rows to keep in figures that leave out rows without a number: those where all judges of a comparison gave
one, so that a difference is about the same rows; by default this judge's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from judgebench.agreement.estimates import Counted, Figure
from judgebench.agreement.policies import sign_of
from judgebench.stats.coefficients import calibration
from judgebench.stats.coefficients.calibration import auc
from judgebench.stats.coefficients.continuous import FIGURES
from judgebench.stats.influence import RowOutcome
from judgebench.stats.withheld import completed

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from judgebench.agreement.policies import Scored
    from judgebench.domain import Ratings
    from judgebench.stats.crosstab import Flags, Floats
    from judgebench.stats.influence import Clusters

#: What a printed table shows beside the scale's own columns.
COMPANIONS = ("auc", "brier", "ece", "score_lin_ccc", "score_pearson_r")


@dataclass(frozen=True, slots=True)
class ScoredNumbers:
    """A judge's numbers on the r rows that count, as the policies have them, beside gold (``positive``).

    ``ranked`` are numbers to rank by, infinite where a missing one loses; ``filled`` are probabilities, a missing one
    at its price; ``values`` are the numbers as they were given. ``given``: the judge gave a number, and, where missing
    ones are left out, so did the others that it is held against; ``lost``: it gave none, and that is wrong. ``named``:
    the number names a side at all, which one half on a pair does not. ``independent``: no two rows with a number share
    a cluster.
    """

    rows: npt.NDArray[np.intp]
    positive: Flags
    ranked: Floats
    filled: Floats
    given: Flags
    lost: Flags
    values: Floats
    named: Flags
    probable: bool
    independent: bool


@dataclass(frozen=True, slots=True)
class RatedNumbers:
    """A judge's numbers between the levels of a scale, beside gold, on ``rows``; ``given``: there is one.

    ``low`` and ``high`` are the ends of the scale; ``same_unit``: no number is beyond them.
    """

    rows: npt.NDArray[np.intp]
    gold: Floats
    values: Floats
    given: Flags
    low: float
    high: float
    same_unit: bool

    def judge(self, name: str) -> Floats:
        """Give the judge's numbers, missing ones as they are least favourable to a figure."""
        return completed(name, self.gold, self.values, self.given, self.low, self.high)


def score_figures(ratings: Ratings, scored: Scored, counted: Counted, among: Flags | None = None) -> dict[str, Figure]:
    """Measure a judge's numbers against gold; empty without numbers.

    A row without a number counts, under the policy ``invalid=wrong``, as the least favourable one: it loses all its
    pairs in ``auc``, is sure and wrong in ``brier`` and ``log_loss``, a gap of 1 of its own in ``ece``, misses in
    ``threshold_accuracy``, and in figures of ratings is the worst number that the scale has. Figures without a worst
    value (``missing_numbers``: the calibration line, its test, bins of equal mass, ranks) are undefined then. Under
    ``tie`` it is undecided (one half) in ``auc``, ``brier`` and ``threshold_accuracy``, and left out of the rest; under
    ``drop`` it is left out.

    On ``check`` and ``pair`` (gold ties left out): ``auc``; for probabilities also ``brier``, ``log_loss``, ``ece`` (10
    right-closed bins of equal width), ``ece_equal_mass`` (10 bins), ``calibration_slope``, ``calibration_intercept``,
    ``spiegelhalter_z`` and ``threshold_accuracy``. On ``rate``: ``score_pearson_r``, ``score_spearman_rho`` and, for
    numbers within the scale's range (``other_unit`` else), ``score_lin_ccc``, ``score_icc_a1``,
    ``score_mean_absolute_error`` and ``score_mean_signed_error``.

    Source: DeLong, DeLong & Clarke-Pearson (1988) for AUC; Brier (1950); Guo et al. (2017), On calibration of modern
    neural networks; Cox (1958) for slope and intercept; Spiegelhalter (1986).
    """
    if ratings.score is None or not scored.size:
        return {}
    if scored.scale.kind == "rate":
        return _ratings(counted, rated(ratings, scored, among))
    numbers = numbers_of(ratings, scored, among)
    return {} if numbers is None else _binary(counted, numbers)


def given_scores(ratings: Ratings, scored: Scored) -> Flags:
    """Whether each scored row has a number, shape (n,)."""
    if ratings.has_score is None:
        return np.zeros(scored.size, dtype=np.bool_)
    return numbers_per_row(ratings, scored)[1]


def missing_scores(ratings: Ratings, scored: Scored) -> bool:
    """Whether rows that count lack the number that others have."""
    return ratings.has_score is not None and not bool(given_scores(ratings, scored).all())


def numbers_of(ratings: Ratings, scored: Scored, among: Flags | None = None) -> ScoredNumbers | None:
    """Apply the policies to a judge's numbers on a check or pair scale; None on another."""
    if scored.scale.kind not in {"check", "pair"}:
        return None
    values, own = numbers_per_row(ratings, scored)
    wrong = scored.policies.invalid == "wrong"
    shared = own if among is None or wrong else own & among
    sign = sign_of(scored.gold, scored.scale)
    kept = sign != 0
    if scored.policies.invalid == "drop":
        kept &= shared
    rows = np.flatnonzero(kept)
    values, own, positive = values[rows], own[rows], sign[rows] > 0
    probable = ratings.score_kind == "probability"
    undecided = scored.policies.invalid == "tie"
    blank = np.full(rows.size, 0.5 if probable else 0.0) if undecided else np.where(positive, -np.inf, np.inf)
    filled = np.where(own, values, 0.5 if undecided else 1.0 - positive)
    # One half names nobody on a pair; on a check it is "correct", as `threshold_accuracy` has it.
    named = own & (filled != 0.5) if scored.scale.kind == "pair" else own
    clusters = scored.cluster[rows][shared[rows]]
    independent = np.unique(clusters).size == clusters.size
    ranked = np.where(own, values, blank)
    lost = ~own & wrong
    return ScoredNumbers(rows, positive, ranked, filled, shared[rows], lost, values, named, probable, independent)


def rated(ratings: Ratings, scored: Scored, among: Flags | None = None) -> RatedNumbers:
    """Find a judge's numbers between the levels of the scale, on the rows that count."""
    values, own = numbers_per_row(ratings, scored)
    wrong = scored.policies.invalid == "wrong"
    rows = np.flatnonzero(own | wrong if among is None else (own & among) | wrong)
    levels = np.asarray(scored.scale.values)
    gold = (levels if scored.gold_values is None else scored.gold_values)[scored.gold[rows]]
    low, high, given = float(levels.min()), float(levels.max()), values[own]
    same = bool(not given.size or (low <= given.min() and given.max() <= high))
    return RatedNumbers(rows, gold, values[rows], own[rows], low, high, same)


def numbers_per_row(ratings: Ratings, scored: Scored) -> tuple[Floats, Flags]:
    """Give each scored row its number, and whether it has one: of its game, or the mean of an item's games."""
    score, given = ratings.score, ratings.has_score
    if score is None or given is None:
        raise ValueError("these ratings have no numbers")
    if scored.policies.order in {"single", "mean"}:
        return score[scored.row], given[scored.row]
    games = np.bincount(ratings.item)
    complete = np.bincount(ratings.item, weights=given) == games
    means = np.bincount(ratings.item, weights=score) / np.maximum(games, 1)
    return means[scored.item], complete[scored.item]


def _binary(counted: Counted, numbers: ScoredNumbers) -> dict[str, Figure]:
    rows, positive = numbers.rows, numbers.positive
    found = {"auc": Figure.of_rows("auc", auc(numbers.ranked, positive), counted, rows)}
    if not numbers.probable:
        return found
    lost = np.flatnonzero(numbers.lost)
    given = ~numbers.lost if lost.size else numbers.given
    p, y, sure, priced = numbers.values[given], positive[given], rows[given], np.concatenate([rows[given], rows[lost]])
    right = numbers.named & ((numbers.filled >= 0.5) == positive)
    none = RowOutcome.undefined("missing_numbers")
    slope, intercept = (none, none) if lost.size else calibration.calibration_line(p, y)
    z = calibration.spiegelhalter_z(p, y) if numbers.independent else RowOutcome.undefined("not_independent")
    mass = calibration.expected_calibration_error(p, y, by="mass")
    all_said, all_true = np.concatenate([p, numbers.filled[lost]]), np.concatenate([y, positive[lost]])

    def excess(by: calibration.Binning) -> Callable[[Clusters], float]:
        share = p.size / max(priced.size, 1)
        return lambda clusters: (
            share
            * calibration.calibration_excess(p, y, clusters.take(np.arange(p.size)) if lost.size else clusters, by=by)
        )

    made = Figure.of_rows
    return found | {
        "brier": made("brier", calibration.brier(numbers.filled, positive), counted, rows, mean=True),
        "log_loss": made("log_loss", calibration.log_loss(all_said, all_true), counted, priced, mean=True),
        "ece": made("ece", _gaps(p, y, lost.size), counted, priced, bias=excess("width")),
        "ece_equal_mass": made("ece_equal_mass", none if lost.size else mass, counted, sure, bias=excess("mass")),
        "calibration_slope": made("calibration_slope", slope, counted, sure),
        "calibration_intercept": made("calibration_intercept", intercept, counted, sure),
        "spiegelhalter_z": made("spiegelhalter_z", none if lost.size else z, counted, sure),
        "threshold_accuracy": made(
            "threshold_accuracy", RowOutcome.mean(right.astype(np.float64)), counted, rows, proportion=True, mean=True
        ),
    }


def _gaps(p: Floats, y: Flags, lost: int) -> RowOutcome:
    """Calibration error where each number that was withheld is sure, wrong, and alone in its bin."""
    found = calibration.expected_calibration_error(p, y)
    if not lost:
        return found
    gaps = np.zeros(0) if found.value is None or found.influence is None else found.value + found.influence
    return RowOutcome.mean(np.concatenate([gaps, np.ones(lost)]))


def _ratings(counted: Counted, numbers: RatedNumbers) -> dict[str, Figure]:
    whole = bool(numbers.given.all())
    found: dict[str, Figure] = {}
    for name in ("pearson_r", "spearman_rho", "lin_ccc", "icc_a1", "mean_absolute_error", "mean_signed_error"):
        if not numbers.same_unit and name not in {"pearson_r", "spearman_rho"}:
            one = RowOutcome.undefined("other_unit")
        elif not whole and (name == "spearman_rho" or not numbers.same_unit):
            one = RowOutcome.undefined("missing_numbers")
        else:
            one = FIGURES[name](numbers.gold, numbers.values if whole else numbers.judge(name))
        shown = f"score_{name}"
        found[shown] = Figure.of_rows(shown, one, counted, numbers.rows, mean=name.startswith("mean_"))
    return found
