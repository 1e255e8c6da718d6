"""Values of reference/statistics.md that stand in no other file, from counts and from numbers printed there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import se_iid, table

from judgebench.agreement.correct.rogan_gladen import Calibration, rogan_gladen
from judgebench.stats.coefficients.calibration import auc, delong_covariance
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.krippendorff import CANONICAL
from judgebench.stats.coefficients.raters import icc, mean_agreement
from judgebench.stats.inference.intervals import agresti_min

Z = 1.959963984540054
#: R irr, `anxiety`: raters 1 and 2 on 20 subjects; and all three raters, subject by subject.
ANXIETY = [
    [1, 0, 1, 0, 0, 0],
    [0, 4, 2, 0, 0, 0],
    [0, 0, 1, 3, 0, 1],
    [0, 0, 1, 0, 0, 1],
    [0, 1, 2, 1, 0, 0],
    [0, 0, 1, 0, 0, 0],
]
SUBJECTS = "332 361 344 464 523 542 221 346 531 231 221 632 133 533 221 221 113 233 432 342"


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("cohen_kappa", 0.119496855345912),
        ("cohen_kappa_linear", 0.189189189189189),
        ("cohen_kappa_quadratic", 0.296765119549930),
    ],
)
def test_anxiety(metric, value):
    """statistics.md 9.2."""
    assert METRICS[metric](table(ANXIETY)).value == pytest.approx(value, abs=1e-12)


def test_anxiety_of_three_raters():
    """statistics.md 9.2: ICC, two-way, agreement; the figure is that of all three raters, not of the first two."""
    values = np.array([[float(one) for one in subject] for subject in SUBJECTS.split()])
    counts = np.zeros((6, 6), dtype=int)
    np.add.at(counts, tuple(values[:, :2].astype(int).T - 1), 1)
    assert counts.tolist() == ANXIETY
    assert icc(values).value == pytest.approx(0.197998259355962, abs=1e-12)


def test_delong_of_a_graded_marker():
    """statistics.md 9.3, pROC's aSAH: WFNS grades 1 to 5 of the 72 good and 41 poor outcomes."""
    good, poor = (37, 20, 3, 8, 4), (2, 12, 1, 8, 18)
    grades = np.concatenate([np.repeat(np.arange(1.0, 6), counts) for counts in (good, poor)])
    positive = np.arange(113) >= 72
    assert auc(grades, positive).value == pytest.approx(0.823678861788618, abs=1e-12)
    assert delong_covariance(grades[None], positive)[1][0, 0] == pytest.approx(0.00146991470882371, abs=1e-15)


def test_levels_that_nobody_declared():
    """statistics.md 0 and 9.1: what scikit-learn's defaults make of a missing level and of the alphabet."""
    used, gold, judge = [1, 2, 4, 5], [1, 2, 4, 5, 2], [1, 4, 4, 5, 2]
    counts = np.zeros((4, 4), dtype=int)
    np.add.at(counts, tuple([used.index(one) for one in side] for side in (gold, judge)), 1)
    assert METRICS["cohen_kappa_quadratic"](table(counts)).value == pytest.approx(0.9056603773584906, abs=1e-12)
    words = "low medium high high low medium low high", "low high high medium medium medium low high"
    counts = np.zeros((3, 3), dtype=int)
    np.add.at(counts, tuple([("high", "low", "medium").index(word) for word in side.split()] for side in words), 1)
    assert METRICS["cohen_kappa_linear"](table(counts)).value == pytest.approx(0.3103448, abs=5e-8)
    assert METRICS["cohen_kappa_quadratic"](table(counts)).value == pytest.approx(0.1818182, abs=5e-8)


def test_intervals_of_a_kappa_to_the_printed_digits():
    """statistics.md 2.1, PandaLM-7B: Wald and Fisher-z with the normal quantile and no n / (n - 1)."""
    one = table([[32, 35, 38], [40, 298, 84], [35, 100, 337]])
    kappa = METRICS["cohen_kappa"](one)
    reach = Z * se_iid(one, kappa)
    assert (kappa.value - reach, kappa.value + reach) == pytest.approx((0.38821, 0.48250), abs=5e-6)
    bounds = [math.tanh(math.atanh(kappa.value) + sign * reach / (1 - kappa.value**2)) for sign in (-1, 1)]
    assert bounds == pytest.approx([0.38704, 0.48129], abs=5e-6)
    assert METRICS["accuracy"](one).value == pytest.approx(0.667667667667668, abs=1e-12)


def test_ties_of_either_side_dropped():
    """statistics.md 1.4, gpt-3.5 on PandaLM: 849 of the parsed verdicts where neither side says tie."""
    parsed = np.array([[5, 42, 45], [13, 332, 71], [20, 86, 360]])
    # The tie in the middle, as on our scales.
    whole = table(parsed[np.ix_([1, 0, 2], [1, 0, 2])], tie=1)
    found = METRICS["agreement_s2"](whole)
    assert (found.value, found.n) == (pytest.approx(0.815077, abs=5e-7), 849)
    assert METRICS["cohen_kappa"](table(parsed[1:, 1:])).value == pytest.approx(0.629866, abs=5e-7)


def test_middle_of_agresti_and_min():
    """statistics.md 9.3: PandaLM's two judges."""
    low, high = agresti_min(145, 115, 999)
    assert ((low + high) / 2, low, high) == pytest.approx((0.029970030, -0.001607993, 0.061548053), abs=5e-10)


def test_plug_in_beside_the_bayesian_rogan_gladen():
    """statistics.md 4: 840 of 1,000 accepted, TNR 80/100, TPR 190/200."""
    assert rogan_gladen(0.84, 1000, Calibration(0.8, 100, 0.95, 200)).value == pytest.approx(0.8533333, abs=5e-8)


def test_share_agreed_by_four_observers():
    """statistics.md 9.2, irrCAC."""
    assert mean_agreement(CANONICAL, 5).value == pytest.approx(0.818181818, abs=5e-10)
