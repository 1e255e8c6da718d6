"""From ratings to a corrected score: which estimator is chosen, on which scale, with which warning."""

from __future__ import annotations

import numpy as np
import pytest
from agreement_cases import ratings

from judgebench.agreement.correct.correction import correct
from judgebench.agreement.correct.judge_only import judge_only
from judgebench.agreement.correct.rogan_gladen import Calibration, rogan_gladen
from judgebench.agreement.measure import measure
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError, UsageError


def judged(rng, n, *, tpr=0.9, tnr=0.8, share=0.6, labelled=None):
    gold = (rng.random(n) < share).astype(int)
    judge = np.where(gold == 1, rng.random(n) < tpr, rng.random(n) >= tnr).astype(int)
    seen = np.ones(n, bool) if labelled is None else np.arange(n) < labelled
    return judge, np.where(seen, gold, -1), gold


def check(judge, gold, **more):
    return ratings(judge, gold, scale=Scale.check(), **more)


def test_a_random_labelled_subset_is_post_stratified():
    judge, gold, truth = judged(np.random.default_rng(0), 2000, labelled=200)
    (found,) = correct(check(judge, gold))
    assert (found.chosen, found.items, found.labelled, found.calibration) == ("post-strat", 2000, 200, 0)
    assert list(found.estimates) == ["post-strat", "labels", "naive"]
    best = found.estimates["post-strat"]
    assert best.low < truth.mean() < best.high
    assert best.high - best.low < found.estimates["labels"].high - found.estimates["labels"].low
    assert found.rates["youden"].value == pytest.approx(0.7, abs=0.15)
    assert found.warnings == ()


def test_a_calibration_set_means_rogan_gladen():
    rng = np.random.default_rng(1)
    judge, _, truth = judged(rng, 1500, share=0.8)
    other, gold, _ = judged(rng, 400, share=0.5)
    (found,) = correct(check(judge, np.full(1500, -1)), calibration=check(other, gold))
    assert (found.chosen, found.calibration, found.labelled) == ("rogan-gladen", 400, 0)
    tnr, tpr = (other[gold == 0] == 0).mean(), (other[gold == 1] == 1).mean()
    negatives = int((gold == 0).sum())
    expected = rogan_gladen(judge.mean(), 1500, Calibration(tnr, negatives, tpr, 400 - negatives))
    assert found.estimates["rogan-gladen"] == expected
    assert expected.low < truth.mean() < expected.high
    (every,) = correct(check(judge, np.full(1500, -1)), calibration=check(other, gold), estimator="all")
    assert every.chosen == "rogan-gladen"
    assert every.estimates["bayes"].value == pytest.approx(expected.value, abs=expected.se / 3)
    assert every.estimates["bayes"].se == pytest.approx(expected.se, rel=0.15)
    assert every.estimates["ppi"].undefined == every.estimates["post-strat"].undefined == "no_labels"
    assert found.estimates["labels"].undefined == "no_labels"


def test_rogan_gladen_respects_clusters():
    rng = np.random.default_rng(2)
    judge, _, _ = judged(rng, 600)
    other, gold, _ = judged(rng, 300)
    twice = check(np.tile(judge, 2), np.full(1200, -1), cluster=np.tile(np.arange(600), 2))
    known = check(np.tile(other, 2), np.tile(gold, 2), cluster=np.tile(np.arange(300), 2))
    alone = correct(check(judge, np.full(600, -1)), calibration=check(other, gold))[0].estimates["rogan-gladen"]
    found = correct(twice, calibration=known)[0].estimates["rogan-gladen"]
    assert found.method == "delta-clusters"
    assert found.value == pytest.approx(alone.value)
    # Rows that come twice bring no new evidence: the error stays, about.
    assert found.se == pytest.approx(alone.se, rel=0.1)


def test_the_matrix_method_respects_clusters():
    rng = np.random.default_rng(12)
    gold = rng.integers(0, 3, 900)
    judge = np.where(rng.random(900) < 0.8, gold, rng.integers(0, 3, 900))
    scale = Scale.rate(1, 3)
    other, test = (judge[:300], gold[:300]), judge[300:]
    alone = correct(ratings(test, np.full(600, -1), scale=scale), calibration=ratings(*other, scale=scale))[0]
    twice = correct(
        ratings(np.tile(test, 2), np.full(1200, -1), scale=scale, cluster=np.tile(np.arange(600), 2)),
        calibration=ratings(
            np.tile(other[0], 2), np.tile(other[1], 2), scale=scale, cluster=np.tile(np.arange(300), 2)
        ),
    )[0]
    one, two = alone.estimates["matrix"], twice.estimates["matrix"]
    assert two.method == "delta-clusters"
    assert two.value == pytest.approx(one.value)
    assert two.se == pytest.approx(one.se, rel=0.1)
    assert sum(share.value for share in twice.shares.values()) == pytest.approx(1)


def test_a_judge_that_guesses_is_not_corrected_for():
    rng = np.random.default_rng(3)
    judge, _, _ = judged(rng, 500, tpr=0.5, tnr=0.5)
    other, gold, _ = judged(rng, 100, tpr=0.5, tnr=0.5)
    found = correct(check(judge, np.full(500, -1)), calibration=check(other, gold))[0]
    assert found.estimates["rogan-gladen"].undefined == "weak_judge"
    assert "weak_judge" in found.warnings
    # With labels of its own the score falls back on them.
    labelled = np.where(np.arange(500) < 60, 1, -1)
    assert correct(check(judge, labelled), calibration=check(other, gold))[0].chosen == "labels"


def test_a_failed_verdict_is_a_stratum_of_its_own():
    judge, gold, truth = judged(np.random.default_rng(4), 2000, labelled=400)
    # The judge fails on hard items only: to leave them out, or call them wrong, would bias the score.
    judge = np.where((truth == 0) & (np.arange(2000) % 2 == 0), -1, judge)
    (found,) = correct(check(judge, gold), estimator="all")
    for name in ("post-strat", "ppi++", "ppi", "matrix"):
        assert found.estimates[name].low < truth.mean() < found.estimates[name].high, name
    assert found.estimates["naive"].value > truth.mean() + 0.1
    assert found.estimates["naive"].n == int((judge >= 0).sum())


def test_each_scale_has_its_score():
    rng = np.random.default_rng(5)
    gold = rng.integers(0, 3, 900)
    judge = np.where(rng.random(900) < 0.8, gold, rng.integers(0, 3, 900))
    partly = np.where(np.arange(900) < 250, gold, -1)
    pair = correct(ratings(judge, partly, scale=Scale.pair()))[0]
    assert pair.score == "win rate of A, ties half"
    truth = ((gold == 0) + (gold == 1) / 2).mean()
    assert pair.estimates[pair.chosen].low < truth < pair.estimates[pair.chosen].high
    assert list(pair.shares) == ["A", "tie", "B"]
    assert sum(one.value for one in pair.shares.values()) == pytest.approx(1)
    rate = correct(ratings(judge, partly, scale=Scale.rate(1, 3)))[0]
    best = rate.estimates[rate.chosen]
    assert best.low < 1 + gold.mean() < best.high
    target = correct(ratings(judge, partly, scale=Scale.pair()), target="tie")[0]
    assert target.estimates[target.chosen].value == pytest.approx(pair.shares["tie"].value)
    known = ratings(judge[:300], gold[:300], scale=Scale.rate(1, 3))
    matrix = correct(ratings(judge[300:], np.full(600, -1), scale=Scale.rate(1, 3)), calibration=known)[0]
    assert matrix.chosen == "matrix"
    assert matrix.estimates["matrix"].low < 1 + gold[300:].mean() < matrix.estimates["matrix"].high
    assert matrix.condition > 1


def test_mean_gold_is_corrected_by_ppi():
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 5, 600)
    two = np.column_stack([truth, np.clip(truth + rng.integers(-1, 2, 600), 0, 4)])
    two[150:] = -1
    judge = np.clip(truth + rng.integers(-1, 2, 600), 0, 4)
    found = correct(ratings(judge, two, scale=Scale.rate(1, 5)), policies=Policies(gold="mean"), estimator="all")[0]
    assert found.estimates["ppi++"].low < 1 + truth.mean() < found.estimates["ppi++"].high
    assert found.estimates["matrix"].undefined == "graded_gold"
    assert found.shares == {}


def test_systems_have_rows_of_their_own():
    judge, gold, _ = judged(np.random.default_rng(7), 900, labelled=900)
    gold = np.where(np.random.default_rng(8).random(900) < 0.3, gold, -1)
    names = ["a", "b", "c"] * 300
    found = correct(check(judge, gold, system=names), by_system=True)
    assert [one.system for one in found] == ["all", "a", "b", "c"]
    assert [one.items for one in found] == [900, 300, 300, 300]


def test_what_a_statistician_would_say():
    judge, gold, truth = judged(np.random.default_rng(9), 1000, labelled=20)
    assert "few_labels" in correct(check(judge, gold))[0].warnings
    easy = np.where((judge == 1) & (np.arange(1000) < 400), truth, -1)
    assert "subset_not_random" in correct(check(judge, easy))[0].warnings
    full = correct(check(judge, truth))[0]
    assert (full.chosen, "all_labelled" in full.warnings) == ("labels", True)
    groups = correct(check(judge, np.where(np.arange(1000) < 300, truth, -1), cluster=np.arange(1000) % 5))[0]
    assert "few_clusters" in groups.warnings


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"policies": Policies(gold="each")}, "gold=each"),
        ({"policies": Policies(tie="drop")}, "tie=drop"),
        ({"policies": Policies(invalid="drop")}, "write policy invalid=wrong"),
        ({"target": "perfect"}, "not a label of check"),
        ({"estimator": "best"}, "estimator 'best'"),
    ],
)
def test_what_makes_no_sense_is_refused(change, says):
    judge, gold, _ = judged(np.random.default_rng(0), 50, labelled=20)
    with pytest.raises(UsageError, match=says):
        correct(check(judge, gold), **change)


def test_nothing_to_correct_with_is_an_error():
    judge, _, truth = judged(np.random.default_rng(0), 50)
    nothing = check(judge, np.full(50, -1))
    with pytest.raises(DataError, match="see no_gold"):
        correct(nothing)
    with pytest.raises(DataError, match="calibration set has no gold"):
        correct(nothing, calibration=nothing)
    with pytest.raises(DataError, match="on the scale"):
        correct(nothing, calibration=ratings(judge, truth, scale=Scale.rate(1, 2)))
    with pytest.raises(UsageError, match="with target LABEL"):
        correct(ratings(judge, truth, scale=Scale.parse("nominal:red,green")))


def test_judge_only_takes_the_judges_order_and_its_doubts():
    judge = np.repeat([0, 1, 2, 0, 1, 2], [300, 400, 300, 200, 580, 220])
    systems = ["first"] * 1000 + ["second"] * 1000
    table = ratings(judge, np.full(2000, -1), scale=Scale.rate(1, 3), system=systems)
    found = judge_only(table, diagonals=(0.5,), draws=400)
    assert found.systems == ("second", "first")
    assert found.means.tolist() == pytest.approx([2.02, 2.0])
    assert not found.identified
    assert found.rankings[1].flip_share > 0.3
    two = judge_only(check(judge // 2, np.full(2000, -1), system=systems), diagonals=(0.5,), draws=200)
    assert two.identified
    assert not judge_only(check(judge // 2, judge // 2, system=systems), common=False, diagonals=(0.5,)).identified


def test_judge_only_says_what_it_can_not_rank():
    judge = np.array([0, 1, 1, 0])
    with pytest.raises(DataError, match="two systems"):
        judge_only(check(judge, judge))
    with pytest.raises(UsageError, match="compares responses"):
        judge_only(ratings(judge, judge))
    with pytest.raises(UsageError, match="at most 20 levels"):
        judge_only(ratings(judge, judge, scale=Scale.rate(0, 100)))
    with pytest.raises(UsageError, match="between 0 and 1"):
        judge_only(check(judge, judge), diagonals=(1.5,))


def test_a_judge_without_an_error_on_four_questions_is_known_from_four():
    """Its rates pull nowhere, so each question counts as one item; 100 rows would bound J at .904."""
    gold = np.tile([0, 1], 50)
    known = check(gold, gold, cluster=np.repeat(np.arange(4), 25))
    (found,) = correct(check(np.tile([0, 1, 1], 40), np.full(120, -1)), calibration=known)
    power = found.rates["youden"]
    assert (power.high, power.n) == (1.0, 100)
    assert power.low < 0.6


@pytest.mark.parametrize("clustered", [False, True])
@pytest.mark.parametrize("said", [1, -1])
def test_j_and_its_rates_are_those_of_score(clustered, said):
    """Ten of ten positives and 189 of 190 negatives right; `score` and `correct` once gave J different intervals."""
    gold = np.repeat([1, 0], [10, 190])
    judge = gold.copy()
    judge[-1] = said
    more = {"cluster": np.arange(200) % 25} if clustered else {}
    (found,) = correct(check(judge, gold, **more))
    row = measure(check(judge, gold, **more), task="t", judge="j")[0]
    for name, figure in (("youden", "youden_j"), ("tpr", "true_positive_rate"), ("tnr", "true_negative_rate")):
        one, other = found.rates[name], row.metrics[figure]
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high), rel=1e-9)
        assert one.method == other.method


def test_labels_alone_where_their_interval_is_narrower():
    """With 98 % correct a fair judge adds more doubt than it takes away; with one half it helps."""
    rng = np.random.default_rng(3)
    for wrong, chosen in ((2, "labels"), (50, "post-strat")):
        gold = (np.tile(np.arange(100), 10) >= wrong).astype(int)
        judge = np.where(rng.random(1000) < 0.8, gold, 1 - gold)
        known = np.where(np.arange(1000) < 100, gold, -1)
        found = correct(check(judge, known), estimator="all")[0]
        assert found.chosen == chosen
        widths = {name: one.high - one.low for name, one in found.estimates.items() if name in {"labels", "post-strat"}}
        assert min(widths, key=widths.get) == chosen
