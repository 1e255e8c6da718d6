"""Judges with scores, end to end: misses earn nothing, n is stated, units are kept apart; real probabilities."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import ratings
from sklearn.metrics import brier_score_loss, roc_auc_score

from judgebench.agreement.measure import measure
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.calibration import auc, expected_calibration_error, log_loss


def scored(values, judge, gold, *, scale=None, kind="probability", given=None, **rest):
    values = np.asarray(values, dtype=float)
    given = np.ones(values.size, dtype=bool) if given is None else np.asarray(given)
    return replace(
        ratings(judge, gold, scale=scale or Scale.check(), **rest), score=values, has_score=given, score_kind=kind
    )


def row(given, **policies):
    return measure(given, task="t", judge="j", policies=Policies(**policies))[0]


P = [0.1, 0.1, 0.3, 0.4, 0.6, 0.65, 0.8, 0.9, 0.95, 1.0]
Y = [0, 0, 1, 0, 1, 0, 1, 1, 1, 1]


def test_a_check_with_probabilities():
    found = row(scored(P, [int(p >= 0.5) for p in P], Y))
    values = {name: one.value for name, one in found.metrics.items()}
    assert values["auc"] == pytest.approx(roc_auc_score(Y, P))
    assert values["brier"] == pytest.approx(0.1305)
    assert values["ece"] == pytest.approx(0.27)
    assert values["threshold_accuracy"] == values["accuracy"] == 0.8
    assert {"auc", "brier", "ece"} <= set(found.companions)
    assert all(found.metrics[name].low < values[name] < found.metrics[name].high for name in ("auc", "brier", "ece"))
    assert found.metrics["spiegelhalter_z"].low is None
    assert "missing_scores" not in found.warnings


def test_a_missing_score_is_a_miss_unless_dropped():
    given = [True] * 8 + [False] * 2
    judge = [int(p >= 0.5) for p in P[:8]] + [-1, -1]
    one = scored([*P[:8], 0, 0], judge, Y, given=given)
    found = row(one)
    # The last two items are correct: without a score they lose to every other.
    assert found.metrics["auc"].value == pytest.approx(roc_auc_score(Y, [*P[:8], -1, -1]))
    assert found.metrics["auc"].n == 10
    assert found.metrics["brier"].value == pytest.approx((8 * brier_score_loss(Y[:8], P[:8]) + 2) / 10)
    assert found.metrics["threshold_accuracy"].value == 0.6
    # Sure and wrong, and a gap of its own; where there is no worst number, the figure says so.
    assert found.metrics["log_loss"].n == found.metrics["ece"].n == 10
    sure = [*P[:8], 0, 0]
    assert found.metrics["log_loss"].value == pytest.approx(log_loss(np.array(sure), np.array(Y) > 0).value)
    answered = expected_calibration_error(np.array(P[:8]), np.array(Y[:8]) > 0).value
    assert found.metrics["ece"].value == pytest.approx((8 * answered + 2) / 10)
    for name in ("calibration_slope", "calibration_intercept", "spiegelhalter_z", "ece_equal_mass"):
        assert found.metrics[name].undefined == "missing_numbers"
    assert "missing_scores" in found.warnings
    dropped = row(one, invalid="drop")
    assert dropped.metrics["auc"].value == pytest.approx(roc_auc_score(Y[:8], P[:8]))
    assert dropped.metrics["auc"].n == 8


def test_never_answering_where_it_would_be_wrong_earns_nothing():
    gold = np.array([0, 1] * 20)
    p = np.where(gold == 1, 0.8, 0.2)
    p[:4] = 1 - p[:4]
    given = np.ones(40, dtype=bool)
    given[:4] = False
    full = row(scored(p, (p > 0.5).astype(int), gold))
    silent = row(scored(p, np.where(given, p > 0.5, -1), gold, given=given))
    for name, better in (("auc", 1), ("threshold_accuracy", 1), ("brier", -1)):
        assert better * silent.metrics[name].value <= better * full.metrics[name].value


def test_one_class_is_undefined_with_its_reason():
    found = row(scored(P, [1] * 10, [1] * 10))
    assert found.metrics["auc"].undefined == "one_class"
    assert found.metrics["calibration_slope"].undefined == "one_class"
    assert found.metrics["brier"].value is not None


def test_spiegelhalter_needs_independent_rows():
    found = row(scored(P, [1] * 10, Y, cluster=[0, 0, 1, 1, 2, 2, 3, 3, 4, 4]))
    assert found.metrics["spiegelhalter_z"].undefined == "not_independent"
    assert found.metrics["auc"].se is not None


def test_a_pair_leaves_gold_ties_out():
    gold = [0, 0, 1, 2, 2, 2]
    values = [-2.0, 1.0, 0.3, 0.5, 2.0, -0.1]
    found = row(scored(values, [0, 2, 1, 2, 2, 0], gold, scale=Scale.pair(), kind="score"))
    assert found.metrics["auc"].n == 5
    assert found.metrics["auc"].value == pytest.approx(roc_auc_score([0, 0, 1, 1, 1], [-2.0, 1.0, 0.5, 2.0, -0.1]))
    assert "brier" not in found.metrics


def test_one_half_names_nobody_on_a_pair():
    found = row(scored([0.5, 0.5, 0.9, 0.1], [0, 0, 1, 0], [1, 0, 1, 0], scale=Scale.pair(2)))
    assert found.metrics["threshold_accuracy"].value == 0.5


def test_games_that_make_one_verdict_make_one_number():
    item = [0, 0, 1, 1, 2, 2, 3, 3]
    values = [0.9, 0.3, 0.2, 0.2, 0.6, 0.8, 0.4, 0.1]
    gold = [2, 2, 0, 0, 2, 2, 0, 0]
    one = scored(values, [2, 0, 0, 0, 2, 2, 0, 0], gold, scale=Scale.pair(), item=item)
    found = row(one, order="both-right")
    assert found.metrics["auc"].n == 4
    assert found.metrics["brier"].value == pytest.approx(np.mean([0.4**2, 0.2**2, 0.3**2, 0.25**2]))
    assert row(one, order="mean").metrics["auc"].n == 8
    assert row(one, order="single").metrics["brier"].value == pytest.approx(np.mean([0.1**2, 0.2**2, 0.4**2, 0.4**2]))


def test_ratings_between_the_levels():
    gold = [0, 1, 2, 3, 4, 4]
    values = np.array([1.2, 1.9, 3.4, 3.6, 4.9, 4.1])
    judge = np.rint(values).astype(int) - 1
    found = row(scored(values, judge, gold, scale=Scale.rate(1, 5), kind="score"))
    assert found.metrics["score_pearson_r"].value == pytest.approx(np.corrcoef(np.array(gold) + 1, values)[0, 1])
    assert found.metrics["score_mean_signed_error"].value == pytest.approx(values.mean() - np.mean(gold) - 1)
    assert "score_lin_ccc" in found.companions
    foreign = row(scored(values * 10, judge, gold, scale=Scale.rate(1, 5), kind="score"))
    assert foreign.metrics["score_lin_ccc"].undefined == "other_unit"
    assert foreign.metrics["score_pearson_r"].value == pytest.approx(found.metrics["score_pearson_r"].value)


def test_subsets_have_their_own():
    one = scored(P * 2, [int(p >= 0.5) for p in P * 2], Y * 2, subset=["a"] * 10 + ["b"] * 10)
    rows = measure(one, task="t", judge="j")
    assert [r.subset for r in rows] == ["all", "a", "b"]
    assert len({round(r.metrics["auc"].value, 9) for r in rows}) == 1


def test_without_numbers_there_is_nothing_to_say():
    assert "auc" not in row(ratings([0, 1, 1], [0, 1, 0], scale=Scale.check())).metrics


# Figures that a first reading of these files computed with other code (their SOURCE.md): none are published.
@pytest.mark.data
@pytest.mark.parametrize(
    ("judge", "accuracy", "ece", "area"),
    [("gpt-3.5-turbo", 0.756, 0.0493, 0.7430), ("mistral-7b-instruct", 0.750, 0.0969, 0.7323)],
)
def test_confidence_of_real_judges(data_dir, judge, accuracy, ece, area):
    """Trust or Escalate (ICLR 2025), calibration split: is the judge right where it is confident?"""
    path = data_dir / "trust_or_escalate" / f"{judge}.calibration.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    p = np.array([one["probs"] for one in rows])
    right = p.argmax(axis=1) + 1 == np.array([one["preferences"]["human"] for one in rows])
    confidence = np.minimum(p.max(axis=1), 1.0)
    assert right.mean() == pytest.approx(accuracy)
    assert expected_calibration_error(confidence, right).value == pytest.approx(ece, abs=5e-5)
    assert auc(confidence, right).value == pytest.approx(area, abs=5e-5)
