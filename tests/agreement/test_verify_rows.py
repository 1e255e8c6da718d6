"""The witnesses of scores, rankings and steps: they agree under every convention, and tell a wrong figure."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import assume, given
from hypothesis import strategies as st
from test_sequences import orders, rank_rows, step_rows

from judgebench.agreement.estimates import Counted
from judgebench.agreement.figures import row_figures, scored_rows
from judgebench.agreement.kinds.scores import score_figures
from judgebench.agreement.measure import measure
from judgebench.agreement.policies import apply
from judgebench.agreement.witness.rows import verify_numbers, verify_sequences
from judgebench.domain import Estimate, Policies, Scale
from judgebench.errors import MismatchError
from judgebench.stats.coefficients.catalog import ROW_METRICS

seeds = st.integers(0, 9999)


def numbers(seed, scale, kind, n=90, *, missing=0.1):
    rng = np.random.default_rng(seed)
    top = len(scale.labels) - 1
    gold = rng.integers(0, top + 1, n)
    given = rng.random(n) >= missing
    if scale.kind == "rate":
        values = np.clip(gold + rng.normal(size=n), 0, top) + scale.values[0]
        said = np.clip(np.rint(values - scale.values[0]), 0, top).astype(int)
    else:
        # A coarse grid has ties, edges of bins, and certain answers.
        values = np.clip(np.round(0.5 + 0.3 * (gold / top * 2 - 1) + 0.3 * rng.normal(size=n), 1), 0, 1)
        said = np.where(values >= 0.5, top, 0)
    own = ratings(np.where(given, said, -1), gold, scale=scale)
    return replace(own, score=np.where(given, values, 0.0), has_score=given, score_kind=kind)


def measured(own, scored):
    return {name: one.estimate()[0] for name, one in score_figures(own, scored, Counted.of(scored)).items()}


@quick
@given(seed=seeds, invalid=st.sampled_from(["wrong", "drop"]), missing=st.sampled_from([0.0, 0.2]))
@pytest.mark.parametrize("scale", [Scale.check(), Scale.pair(), Scale.pair(2)], ids=lambda one: one.spec)
def test_probabilities_have_a_witness_each(scale, seed, invalid, missing):
    own = numbers(seed, scale, "probability", missing=missing)
    scored = apply(own, Policies(invalid=invalid))
    found = measured(own, scored)
    assert not verify_numbers(own, scored, found)
    assert {name for name, line in ROW_METRICS.items() if line.numbers and scale.kind in line.kinds} == found.keys()


@quick
@given(seed=seeds)
def test_undecided_numbers_have_witnesses_too(seed):
    own = numbers(seed, Scale.pair(), "probability", missing=0.3)
    scored = apply(own, Policies(invalid="tie"))
    found = measured(own, scored)
    assert {"auc", "brier", "threshold_accuracy"} <= found.keys()
    assert not verify_numbers(own, scored, found)


@quick
@given(seed=seeds)
def test_ratings_between_the_levels_have_a_witness_each(seed):
    own = numbers(seed, Scale.rate(1, 5), "score")
    scored = apply(own, Policies())
    found = measured(own, scored)
    assert not verify_numbers(own, scored, found)
    assert found.keys() == {name for name, line in ROW_METRICS.items() if "rate" in line.kinds}


@quick
@given(seed=seeds)
def test_orders_have_a_witness_each(seed):
    rng = np.random.default_rng(seed)
    golds, said = (tuple(map(tuple, side.tolist())) for side in orders(seed, 8))
    if len(golds[0]) != 4:
        golds, said = (tuple(tuple(rng.permutation(4).tolist()) for _ in range(8)) for _ in range(2))
    rows = rank_rows(*((g, None if rng.random() < 0.1 else s) for g, s in zip(golds, said, strict=True)))
    found = measure(rows, task="t", judge="j", verify=True)[0]
    kept = scored_rows(rows, Policies())
    figures = row_figures(rows, kept, Counted.of(kept))
    assert figures.keys() == {name for name, line in ROW_METRICS.items() if "rank" in line.kinds}
    assert found.metrics.keys() == figures.keys()
    assert not found.unverified


@pytest.mark.parametrize("gold", ["majority", "unanimous"])
def test_steps_have_a_witness_each(gold):
    rows = step_rows(
        (((1, 0, 1), (1, 0, 0), (0, 0, 1)), (1, 0, 1)),
        (((0, 1), (1, 1), (0, 1)), (1, 1)),
        (((1, 1), (1, 1), (1, 1)), (1, 1, 0)),
        (((1, 1), (1, 1), (1, 1)), (1, 1)),
        (((1, 0), (1, 0), (1, 0)), None),
        (((1, 0, 1), (1, 0, 1), (1, 0, 1)), (1, 0)),
    )
    policies = Policies(gold=gold)
    found = measure(rows, task="t", judge="j", policies=policies, verify=True)[0]
    assert found.unverified == verify_sequences(rows, policies, found.metrics) == {}
    assert found.metrics.keys() == {name for name, line in ROW_METRICS.items() if "steps" in line.kinds}


@quick
@given(seed=seeds, missing=st.sampled_from([0.0, 0.1]))
@pytest.mark.parametrize("name", [name for name, line in ROW_METRICS.items() if "check" in line.kinds])
def test_a_wrong_figure_of_numbers_is_named(name, seed, missing):
    own = numbers(seed, Scale.check(), "probability", missing=missing)
    scored = apply(own, Policies())
    true = measured(own, scored)[name]
    assume(true.value is not None)
    wrong = {name: Estimate(true.value + 1e-5, None, None, true.n)}
    with pytest.raises(MismatchError, match=rf"here: {name} is .* here and .* by"):
        verify_numbers(own, scored, wrong, where="here")


def test_a_wrong_figure_of_sequences_is_named():
    orders_of = rank_rows(((0, 1, 2, 3), (0, 2, 1, 3)), ((3, 1, 2, 0), (3, 1, 2, 0)))
    checks = step_rows(((1, 0), (1, 0)), ((1, 1), (1, 0)), ((0, 1), (1, 1)))
    for rows in (orders_of, checks):
        found = measure(rows, task="t", judge="j")[0].metrics
        for name, one in found.items():
            with pytest.raises(MismatchError, match=f"^{name} is"):
                verify_sequences(rows, Policies(), {name: Estimate(one.value + 1e-6, None, None, one.n)})


def test_without_numbers_nobody_is_heard():
    plain = ratings([0, 1], [0, 1], scale=Scale.check())
    assert verify_numbers(plain, apply(plain, Policies()), {}) == {}
    picks = replace(ratings([0, 1], [0, 1], scale=Scale.pick(3)), score=np.zeros(2), has_score=np.ones(2, dtype=bool))
    assert verify_numbers(picks, apply(picks, Policies()), {}) == {}
