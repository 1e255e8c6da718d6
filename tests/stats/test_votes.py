"""Votes made one: tie rules, weights, and the EM of Dawid and Skene beside its plain definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from judgebench.stats.votes import (
    Errors,
    confusions,
    dawid_skene,
    effective_votes,
    indicators,
    majority,
    weighted,
)

#: Fitness of 45 patients by five anaesthetists, the first of whom looked three times (the first three digits).
#: Source: Dawid & Skene (1979), Maximum likelihood estimation of observer error-rates using the EM algorithm, table 1,
#: as in CRAN's `rater`; other copies give patient 7 another 2, and log-likelihood -192.890881.
ANAESTHETISTS = (
    "1111111 3334334 1122122 2223121 2223222 2223322 1122111 3333433 2222223 2322223 4444444 2223343 "
    "1111111 2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 "
    "1111111 1111111 2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 "
    "2212232 2323233 3333432 1111111 1111111 1212111 2322222 1211111 2222222 "
)

#: Few examples, and no clocks: machines that test are busy ones.
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VOTES = arrays.arrays(np.int64, st.tuples(st.integers(1, 12), st.integers(1, 5)), elements=st.integers(-1, 2))


def test_the_anaesthetists():
    counts = np.zeros((45, 5, 4), dtype=np.int64)
    for patient, labels in enumerate(ANAESTHETISTS.split()):
        for observer, label in zip((0, 0, 0, 1, 2, 3, 4), labels, strict=True):
            counts[patient, observer, int(label) - 1] += 1
    found = dawid_skene(counts, tolerance=1e-14)
    assert found.converged
    assert found.log_likelihood == pytest.approx(-190.7309965948793, abs=1e-9)
    assert found.judges.prior == pytest.approx([0.399969, 0.421576, 0.111788, 0.066667], abs=1e-6)
    first = [[0.907426, 0.092574, 0, 0], [0.070332, 0.87658, 0.053088, 0], [0, 0.338786, 0.661214, 0]]
    assert found.judges.tables[0] == pytest.approx(np.array([*first, [0, 0, 0.555556, 0.444444]]), abs=1e-6)
    modes = counts.sum(axis=1).argmax(axis=1)
    assert (np.flatnonzero(found.posterior.argmax(axis=1) != modes) + 1).tolist() == [2, 12, 36]


@pytest.mark.parametrize(
    ("ties", "tie", "wanted"),
    [("tie", 1, [0, 1, 1, -1]), ("none", None, [0, -1, -1, -1]), ("first", None, [0, 2, 1, -1])],
)
def test_rules_for_tied_votes(ties, tie, wanted):
    votes = np.array([[0, 0, 2], [2, 0, -1], [1, 0, 2], [-1, -1, -1]])
    found = majority(votes, 3, ties, tie)
    assert found.verdicts.tolist() == wanted
    assert found.tied.tolist() == [False, True, True, False]


def test_a_tie_needs_its_label():
    with pytest.raises(ValueError, match="needs a label"):
        majority(np.array([[0, 1]]), 2, "tie")


@few
@given(VOTES)
def test_majority_is_the_mode(votes):
    found = majority(votes, 3, "none")
    for row, verdict, tied in zip(votes, found.verdicts, found.tied, strict=True):
        own = [label for label in range(3) if label in row]
        most = max((list(row).count(label) for label in own), default=0)
        modes = [label for label in own if list(row).count(label) == most]
        assert tied == (len(modes) > 1)
        assert verdict == (modes[0] if len(modes) == 1 else -1)


@few
@given(VOTES)
def test_dawid_skene_by_its_definition(votes):
    """Bayes' rule by loops, and steps that never lose likelihood."""
    found = dawid_skene(indicators(votes, 3), tolerance=1e-6)
    prior, tables = found.judges.prior, found.judges.tables
    for row, posterior in zip(votes, found.posterior, strict=True):
        likely = [prior[y] * math.prod(tables[j][y][v] for j, v in enumerate(row) if v >= 0) for y in range(3)]
        assert posterior == pytest.approx(np.array(likely) / sum(likely), abs=1e-9)
    assert found.log_likelihood >= dawid_skene(indicators(votes, 3), tolerance=1e-2).log_likelihood - 1e-9


def test_weights_are_learned_on_other_folds():
    gold = np.array([0, 1] * 10)
    votes = np.column_stack([gold, 1 - gold, np.zeros(20, dtype=np.int64)])
    # The second judge is always wrong: what it says counts for the other label.
    assert weighted(votes, gold, np.arange(20) % 5, 2).argmax(axis=1).tolist() == gold.tolist()
    # Of a fold whose gold contradicts all others, nothing may be known.
    odd = np.where(np.arange(20) < 4, 1 - gold, gold)
    folds = np.arange(20) // 4
    assert weighted(votes, odd, folds, 2)[:4].argmax(axis=1).tolist() == gold[:4].tolist()


def test_one_coin_weights_are_log_odds():
    gold = np.repeat([0, 1], 50)
    votes = np.column_stack([np.where(np.arange(100) % 50 < wrong, 1 - gold, gold) for wrong in (5, 10, 20)])
    scores = confusions(votes, gold, 2, one_coin=True).log_likelihoods(np.array([[1, -1, -1], [-1, -1, 1]]))
    right = (np.array([90, 60]) + 2) / 104
    assert scores[:, 1] - scores[:, 0] == pytest.approx(np.log(right / (1 - right)))


@few
@given(arrays.arrays(np.int64, st.tuples(st.integers(4, 12), st.integers(2, 5)), elements=st.integers(0, 1)))
def test_error_correlation_is_the_mean_of_pearsons(errors):
    found = Errors.of(errors.astype(np.float64))
    mean, varying = found.mean(np.arange(errors.shape[1]))
    own = [errors[:, j] for j in range(errors.shape[1]) if np.unique(errors[:, j]).size > 1]
    each = [np.corrcoef(own[i], own[j])[0, 1] for i in range(len(own)) for j in range(i)]
    assert varying == len(own)
    assert mean.value == (pytest.approx(np.mean(each), abs=1e-9) if each else None)
    if mean.influence is not None:
        assert mean.influence.mean() == pytest.approx(0, abs=1e-9)


def test_influence_of_the_correlation_is_its_derivative():
    rng = np.random.default_rng(3)
    errors = (rng.random((40, 3)) < [0.3, 0.5, 0.4]).astype(float)
    mean, _ = Errors.of(errors).mean(np.arange(3))
    step = 1e-6
    weights = np.full(40, 1 / 40) * (1 - step)
    weights[7] += step

    def at(w):
        x = errors - w @ errors
        c = (x * w[:, None]).T @ x
        r = c / np.sqrt(np.outer(np.diag(c), np.diag(c)))
        return r[np.triu_indices(3, 1)].mean()

    assert (at(weights) - at(np.full(40, 1 / 40))) / step == pytest.approx(mean.influence[7], abs=1e-4)


def test_effective_votes():
    assert [round(effective_votes(9, 0.255), 2), round(effective_votes(3, 0.446), 2)] == [2.96, 1.59]
