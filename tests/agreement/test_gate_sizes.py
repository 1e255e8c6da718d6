"""Gates on questions of very different sizes: the error of the jackknife, and degrees of freedom that are there."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from judgebench.agreement.gate.decision import gate
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale
from judgebench.stats.cluster_errors import effective_number
from judgebench.stats.coefficients.chance import cohen_kappa
from judgebench.stats.crosstab import Crosstab
from judgebench.stats.inference.gates import one_sided
from judgebench.stats.influence import Clusters, mean

SIMS = 400


def held(first, second, gold, metric, cluster):
    names = range(len(gold))
    judged = [
        Judged("t", name, from_codes(Scale.check(), codes, gold, cluster=cluster), names, names, Policies())
        for name, codes in (("a", first), ("b", second))
    ]
    return gate(match(judged), [metric])


@pytest.mark.parametrize(("shape", "questions"), [("half", 20), ("half", 60), ("pareto", 20), ("pareto", 60)])
def test_false_alarms_stay_near_alpha_where_questions_differ_in_size(shape, questions):
    rng = np.random.default_rng([questions, len(shape)])
    fails = 0
    for _ in range(SIMS):
        sizes = np.r_[questions * 5, np.full(questions - 1, 10)]
        if shape == "pareto":
            sizes = np.minimum((3 * rng.pareto(1.2, questions)).astype(int) + 1, 400)
        cluster = np.repeat(np.arange(questions), sizes)
        gold = rng.integers(0, 2, cluster.size)
        # Each question favours one of the judges, neither of them on the whole.
        tilt = rng.normal(0, 0.12, questions)[cluster]
        codes = (np.where(rng.random(cluster.size) < 0.8 + lean, gold, 1 - gold) for lean in (tilt, -tilt))
        fails += held(*codes, gold, "accuracy", cluster).state == "fail"
    # With the CR1 error and one degree less than questions: .10 to .15.
    assert fails / SIMS <= 0.06 + 2.5 * math.sqrt(0.06 * 0.94 / SIMS)


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=2, max_size=12), seed=st.integers(0, 999))
def test_the_error_is_that_of_a_jackknife_of_questions(sizes, seed):
    cluster = np.repeat(np.arange(len(sizes)), sizes)
    values = np.random.default_rng(seed).normal(size=cluster.size)
    found = one_sided(mean(values, Clusters.of(cluster)), margin=0.05, sizes=np.array(sizes))
    without = np.array([values[cluster != one].mean() for one in range(len(sizes))])
    # The jackknife around the estimate from all rows.
    g = len(sizes)
    assert found.se == pytest.approx(math.sqrt((g - 1) / g * ((without - values.mean()) ** 2).sum()), rel=1e-9)
    assert 1 <= found.df <= g - 1 or g == 2
    if len(set(sizes)) == 1:
        plain = one_sided(mean(values, Clusters.of(cluster)), margin=0.05)
        assert (plain.low, plain.high, plain.df) == (found.low, found.high, found.df)


def test_kappa_is_close_to_its_own_jackknife():
    rng = np.random.default_rng(4)
    sizes = rng.integers(1, 30, 60)
    cluster = np.repeat(np.arange(60), sizes)
    gold = rng.integers(0, 2, cluster.size)
    first, second = (np.where(rng.random(cluster.size) < right, gold, 1 - gold) for right in (0.85, 0.8))

    def drop(rows) -> float:
        kappas = []
        for codes in (first, second):
            counts = np.zeros((2, 2))
            np.add.at(counts, (gold[rows], codes[rows]), 1)
            kappas.append(cohen_kappa(Crosstab(counts / counts.sum(), int(counts.sum()), 2, np.arange(2.0))).value)
        return kappas[0] - kappas[1]

    whole = drop(np.arange(cluster.size))
    left = np.array([drop(np.flatnonzero(cluster != one)) for one in range(60)])
    found = held(first, second, gold, "cohen_kappa", cluster)
    line = found.lines[0]
    assert line.worse.value == pytest.approx(whole)
    assert line.worse.se == pytest.approx(math.sqrt(59 / 60 * ((left - whole) ** 2).sum()), rel=0.02)
    assert line.worse.method == "cr3-t-paired-one-sided"
    assert found.effective == pytest.approx(effective_number(sizes))
    assert found.effective < found.clusters == 60


def test_half_of_all_rows_in_one_cluster():
    assert effective_number(np.array([10] + 10 * [1])) == pytest.approx(400 / 110)
    assert effective_number(np.full(40, 3)) == 40
