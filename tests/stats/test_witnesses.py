"""A second witness, under Hypothesis, for coefficients of two raters that other files hold against one only."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from agreement_cases import counts, expand, quick, table, value
from hypothesis import assume, given
from hypothesis import strategies as st

from judgebench.stats.coefficients.catalog import METRICS, class_metric
from judgebench.stats.coefficients.krippendorff import alpha_units

LEVELS = ("nominal", "ordinal", "interval", "ratio")


@quick
@given(found=counts())
def test_agreement_and_accuracy(found):
    from sklearn.metrics import accuracy_score

    gold, judge = expand(found)
    for name in ("percent_agreement", "accuracy"):
        assert value(name, found) == pytest.approx(accuracy_score(gold, judge), abs=1e-12)
        assert value(name, found) == pytest.approx(np.mean(gold == judge), abs=1e-12)


@quick
@given(found=counts())
def test_pi_of_alpha_and_of_both_directions(found):
    """Alpha is pi with a small-sample term; kappa of both sides in both roles has the common margins."""
    import krippendorff
    from sklearn.metrics import cohen_kappa_score

    gold, judge = expand(found)
    ours, n = value("scott_pi", found), gold.size
    alpha = krippendorff.alpha(np.vstack([gold, judge]), value_domain=range(len(found)), level_of_measurement="nominal")
    assert ours == pytest.approx((2 * n * alpha - 1) / (2 * n - 1), abs=1e-9)
    assert ours == pytest.approx(cohen_kappa_score(np.r_[gold, judge], np.r_[judge, gold]), abs=1e-9)


@quick
@given(found=counts())
def test_ac1_and_brennan_prediger_of_statsmodels(found):
    """statsmodels has no AC1, but its Fleiss' kappa holds the sum of squared shares that AC1's chance is made of."""
    from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

    gold, judge = expand(found)
    q = len(found)
    units = aggregate_raters(np.c_[gold, judge], q)[0]
    agreed = np.mean(gold == judge)
    assert value("brennan_prediger", found) == pytest.approx(fleiss_kappa(units, method="uniform"), abs=1e-9)
    assume(agreed < 1 and value("scott_pi", found) < 1)
    kappa = fleiss_kappa(units)
    squares = (agreed - kappa) / (1 - kappa)
    chance = (1 - squares) / (q - 1)
    assert value("gwet_ac1", found) == pytest.approx((agreed - chance) / (1 - chance), abs=1e-9)


def distance(level, sizes, i, j):
    """Krippendorff's squared distances as he writes them, category by category; labels are their own values."""
    if i == j:
        return 0.0
    if level == "nominal":
        return 1.0
    if level == "interval":
        return float(i - j) ** 2
    if level == "ratio":
        return ((i - j) / (i + j)) ** 2
    between = range(min(i, j), max(i, j) + 1)
    return (sum(sizes[k] for k in between) - (sizes[i] + sizes[j]) / 2) ** 2


def alpha_by_pairs(units, level, q):
    """Observed and expected distance by loops over pairs of ratings."""
    pairable = [unit for unit in ([one for one in row if one >= 0] for row in units) if len(unit) > 1]
    every = [one for unit in pairable for one in unit]
    sizes = np.bincount(every, minlength=q)
    observed = sum(
        distance(level, sizes, a, b) / (len(unit) - 1) for unit in pairable for a, b in itertools.permutations(unit, 2)
    )
    expected = sum(distance(level, sizes, a, b) for a, b in itertools.permutations(every, 2)) / (len(every) - 1)
    return 1 - observed / expected


@pytest.mark.parametrize("level", LEVELS)
@quick
@given(found=counts(top=5))
def test_alpha_of_two(level, found):
    import evalica
    import krippendorff
    import pandas as pd

    gold, judge = expand(found)
    ours = value(f"krippendorff_alpha_{level}", found)
    rows = np.vstack([gold, judge]).astype(float)
    assert ours == pytest.approx(alpha_by_pairs(rows.T.astype(int), level, len(found)), abs=1e-9)
    theirs = krippendorff.alpha(rows, value_domain=range(len(found)), level_of_measurement=level)
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert ours == pytest.approx(evalica.alpha(pd.DataFrame(rows), distance=level).alpha, abs=1e-9)


@pytest.mark.parametrize("level", LEVELS)
@quick
@given(data=st.lists(st.lists(st.integers(-1, 3), min_size=3, max_size=3), min_size=4, max_size=15))
def test_alpha_of_many_with_gaps(level, data):
    import evalica
    import pandas as pd

    codes = np.array(data)
    found = alpha_units(codes, 4, np.arange(4.0), level)
    assume(not isinstance(found, str))
    assert found[0] == pytest.approx(alpha_by_pairs(data, level, 4), abs=1e-9)
    # Raters who say nothing at all are no raters; evalica wants none of them.
    frame = pd.DataFrame(np.where(codes < 0, np.nan, codes).T).dropna(how="all")
    assert found[0] == pytest.approx(evalica.alpha(frame, distance=level).alpha, abs=1e-9)


@quick
@given(found=counts())
def test_rates_of_classes_by_their_definitions(found):
    """Class by class from rows, and macro figures over the labels that either side names."""
    gold, judge = expand(found)
    named = [label for label in range(len(found)) if label in gold or label in judge]
    rates = {"precision": [], "recall": [], "f1": []}
    for label in range(len(found)):
        hits = sum(1 for a, b in zip(gold, judge, strict=True) if a == b == label)
        said, there = int((judge == label).sum()), int((gold == label).sum())
        for name, part in (("precision", said), ("recall", there), ("f1", (said + there) / 2)):
            ours = class_metric(name, label)(table(found)).value
            assert ours is None if part == 0 else ours == pytest.approx(hits / part)
            if label in named:
                rates[name].append(hits / part if part else 0.0)
    for name, each in rates.items():
        assert value(f"macro_{name}", found) == pytest.approx(np.mean(each))


@quick
@given(found=counts(most=2))
def test_rates_of_the_two_sides(found):
    from sklearn.metrics import recall_score

    gold, judge = expand(found)
    for name, label in (("true_positive_rate", 1), ("true_negative_rate", 0)):
        if not (gold == label).any():
            assert METRICS[name](table(found, positive=1)).value is None
            continue
        ours = value(name, found, positive=1)
        assert ours == pytest.approx(recall_score(gold, judge, pos_label=label, zero_division=np.nan))
        assert ours == pytest.approx((judge[gold == label] == label).mean())


@quick
@given(found=counts(top=6))
def test_rho_is_pearson_on_mid_ranks(found):
    gold, judge = expand(found)
    ranks = [[np.sum(side < one) + (np.sum(side == one) + 1) / 2 for one in side] for side in (gold, judge)]
    ours = value("spearman_rho", found)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ours == pytest.approx(np.corrcoef(*ranks)[0, 1], abs=1e-9)


@quick
@given(found=counts())
def test_near_misses_and_lean_from_the_diagonals(found):
    n, q = found.sum(), len(found)
    assert value("adjacent_agreement", found) == pytest.approx(sum(np.trace(found, offset=k) for k in (-1, 0, 1)) / n)
    diagonals = {k: np.trace(found, offset=k) / n for k in range(1 - q, q)}
    assert value("mean_signed_error", found) == pytest.approx(sum(k * share for k, share in diagonals.items()))
    assert value("mean_absolute_error", found) == pytest.approx(sum(abs(k) * share for k, share in diagonals.items()))


@quick
@given(found=counts(least=3, most=3))
def test_agreement_and_ties_from_the_cells(found):
    """MT-Bench's two figures: the diagonal, and the four corners left when row and column of the tie are out."""
    n = found.sum()
    corners = found[np.ix_([0, 2], [0, 2])]
    assert value("agreement_s1", found, tie=1) == pytest.approx(found.trace() / n)
    assert value("gold_tie_rate", found, tie=1) == pytest.approx(found[1].sum() / n)
    assert value("judge_tie_rate", found, tie=1) == pytest.approx(found[:, 1].sum() / n)
    if corners.any():
        assert value("agreement_s2", found, tie=1) == pytest.approx(corners.trace() / corners.sum())
