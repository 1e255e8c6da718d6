"""Always saying the commonest label: figures by hand, and the same as a run of the baseline that says it."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, cohen_kappa_score

from judgebench.agreement.context import always
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale


def test_the_commonest_label_is_measured_whatever_the_judge_said() -> None:
    gold = np.repeat([0, 1, 2], [20, 50, 30])
    rng = np.random.default_rng(4)
    scale = Scale.parse("pair")
    found = [
        always(from_codes(scale, judge, gold), Policies("single"), ("percent_agreement", "cohen_kappa", "nonsense"))
        for judge in (gold, rng.integers(0, 3, 100), np.full(100, -1))
    ]
    assert found[0] == found[1] == found[2]
    one = found[0]
    assert one is not None
    assert one.label == scale.labels[1]
    assert one.metrics["percent_agreement"].value == accuracy_score(gold, np.full(100, 1)) == 0.5
    assert one.metrics["cohen_kappa"].value == cohen_kappa_score(gold, np.full(100, 1)) == 0
    assert one.metrics["percent_agreement"].low is not None
    assert set(one.metrics) == {"percent_agreement", "cohen_kappa"}


def test_of_equally_frequent_labels_the_lowest_is_said() -> None:
    gold = np.array([1, 0, 1, 0])
    found = always(from_codes(Scale.check(), gold, gold), Policies(), ("accuracy",))
    assert found is not None
    assert found.label == "incorrect"


def test_quadratic_kappa_of_a_constant_rating_is_0() -> None:
    gold = np.array([0, 1, 1, 2, 4, 1])
    found = always(from_codes(Scale.parse("rate:1-5"), gold, gold), Policies(), ("cohen_kappa_quadratic",))
    assert found is not None
    assert found.label == "2"
    assert found.metrics["cohen_kappa_quadratic"].value == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("spec", ["pick:3"])
def test_where_a_verdict_is_no_common_label_nothing_is_said(spec: str) -> None:
    gold = np.array([0, 1, 2])
    assert always(from_codes(Scale.parse(spec), gold, gold), Policies(), ("accuracy",)) is None


def test_without_gold_nothing_is_said() -> None:
    none = np.full(4, -1)
    assert always(from_codes(Scale.check(), np.ones(4, int), none), Policies(), ("accuracy",)) is None
