"""Figures at their worst and best over missing answers, and accuracy on the surest ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import given
from hypothesis import strategies as st

from judgebench.agreement.bounds import missing, selective
from judgebench.agreement.compare.compare import compare
from judgebench.agreement.compare.standings import compare_all
from judgebench.agreement.gate.decision import gate
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.measure import measure
from judgebench.agreement.policies import apply
from judgebench.domain import Policies, Scale
from judgebench.errors import UsageError


def checks(judge, gold, p=None):
    made = ratings(judge, gold, scale=Scale.check())
    if p is None:
        return made
    return replace(made, score=np.asarray(p, dtype=float), has_score=made.judge >= 0, score_kind="probability")


def test_worst_answered_and_best():
    made = checks([1, 1, 0, 0, 0, -1, -1], [1, 1, 0, 0, 1, 1, 0])
    found = missing(made, Policies())
    assert (found.rows, found.answered) == (7, 5)
    accuracy = found.figures["accuracy"]
    assert (accuracy.worst, accuracy.answered, accuracy.best) == pytest.approx((4 / 7, 4 / 5, 6 / 7))
    row = measure(made, task="t", judge="j")[0]
    assert {name: one.worst for name, one in found.figures.items()} == {
        name: one.value for name, one in row.metrics.items()
    }
    whole = measure(checks([1, 1, 0, 0, 0, 1, 0], [1, 1, 0, 0, 1, 1, 0]), task="t", judge="j")[0]
    assert found.figures["cohen_kappa"].best == pytest.approx(whole.metrics["cohen_kappa"].value)


def test_the_curve_by_hand():
    """Sure of .9 and right, of .8 and wrong, of .7 twice and right once, and one without a verdict."""
    made = checks([1, 1, 0, 0, -1], [1, 0, 0, 1, 1], [0.9, 0.8, 0.3, 0.3, 0.0])
    found = missing(made, Policies()).selective
    assert found.ranked
    # Errors among the k surest: 0, 1, 1.5 (either of the two), 2, 3.
    assert found.area == pytest.approx(np.mean([0, 1 / 2, 1.5 / 3, 2 / 4, 3 / 5]))
    assert dict(found.points)[1.0] == pytest.approx(2 / 5)
    assert dict(found.points)[0.4] == pytest.approx(1 / 2)


def test_who_abstains_has_a_curve_and_who_answers_all_alike_has_none():
    found = missing(checks([1, 0, -1, -1], [1, 0, 1, 0]), Policies()).selective
    assert not found.ranked
    assert found.area == pytest.approx((0 + 0 + 1 / 3 + 2 / 4) / 4)
    assert missing(checks([1, 0], [1, 1]), Policies()).selective is None


@quick
@given(seed=st.integers(0, 10_000))
def test_the_area_is_between_the_best_and_the_worst_order(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(5, 40))
    gold, p = rng.integers(0, 2, n), rng.random(n)
    made = checks((p >= 0.5).astype(int), gold, p)
    found = selective(made, apply(made, Policies()))
    errors = np.sort(((p >= 0.5) != gold).astype(float))
    steps = np.arange(1, n + 1)
    best, worst = (float((np.cumsum(one) / steps).mean()) for one in (errors, errors[::-1]))
    assert best - 1e-12 <= found.area <= worst + 1e-12


def test_sequences_have_no_labels_to_complete():
    with pytest.raises(UsageError, match="not single labels"):
        missing(replace(checks([1], [1]), scale=Scale.steps()), Policies())


@pytest.mark.parametrize(("scale", "level"), [(Scale.check(), "nominal"), (Scale.rate(1, 5), "ordinal")])
def test_the_level_that_alpha_is_taken_at_is_told(scale, level):
    names = tuple(map(str, range(24)))
    gold = np.arange(24) % 2
    judges = [
        Judged("t", name, ratings(said, gold, scale=scale), names, names, Policies())
        for name, said in zip("abc", (gold, 1 - gold, gold), strict=True)
    ]
    matched = match(judges[:2])
    told = [compare(matched), gate(matched), compare_all(match(judges)), missing(matched.ratings[0], Policies())]
    assert [found.level for found in told] == [level] * 4
