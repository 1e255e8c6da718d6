"""One worked example of each analysis, most of them published."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from judgebench.agreement.alt_test.codes import alt_test
from judgebench.agreement.alt_test.judges import advantage_difference
from judgebench.agreement.analysis.effects import explain
from judgebench.agreement.analysis.judges import label_use, own_answers
from judgebench.agreement.bias import biases, retest_agreement
from judgebench.agreement.cautions import cautions
from judgebench.agreement.compare.compare import compare
from judgebench.agreement.compare.standings import compare_all
from judgebench.agreement.context import always, sensitivity
from judgebench.agreement.correct.correction import correct
from judgebench.agreement.correct.labelled import Sample, ppi
from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.gate.decision import gate
from judgebench.agreement.intervals import estimated
from judgebench.agreement.kinds.scores import score_figures
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.measure import measure
from judgebench.agreement.people.ceiling import ceiling
from judgebench.agreement.people.humans import measure_humans
from judgebench.agreement.people.raters import all_at_once
from judgebench.agreement.pilots import pilot
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import from_codes
from judgebench.agreement.systems.systems import rank_systems, system_places
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.krippendorff import CANONICAL
from judgebench.stats.influence import Clusters, mean

BINARY = ([0, 0, 1, 1], [0, 1, 0, 1])


def checks(cells, **rest):
    """Ratings of a check with so many rows of gold 0 and 1 (rows) by verdict 0 and 1 (columns)."""
    gold, judge = (np.repeat(codes, cells) for codes in BINARY)
    return from_codes(Scale.check(), judge, gold, **rest)


def scored(ratings):
    return apply(ratings, Policies())


@pytest.fixture
def gpt4():
    """GPT-4 on TriviaQA (Thakur et al. 2024): of 1,089 wrong answers it accepts 186, of 2,506 right ones 2,374."""
    return checks([903, 186, 132, 2374])


@pytest.fixture
def approval():
    """Agresti (1990, p. 350): of 1,600 items 150 convince only the first of two judges, and 86 only the second."""
    codes = (np.repeat(side, [794, 150, 86, 570]) for side in ([1, 1, 0, 0], [1, 0, 1, 0]))
    names = range(1600)
    return [
        Judged("approval", name, from_codes(Scale.check(), judge, np.ones(1600)), names, names, Policies())
        for name, judge in zip(("first", "second"), codes, strict=True)
    ]


def test_two_advantage_probabilities():
    """Of 74 items a first judge wins or ties 57, as GPT-4o does against MT-Bench's first author, and a second 60."""
    people = np.zeros((74, 2), dtype=int)
    one, two = (alt_test((np.arange(74) >= won).astype(int), people, np.eye(2)) for won in (57, 60))
    found, p = advantage_difference(one, two)
    assert (round(found.value, 4), round(p, 4)) == (-0.0405, 0.0832)


def test_an_odds_ratio_is_the_tables(gpt4):
    (effect,) = explain(gpt4, scored(gpt4)).effects
    assert effect.level == "incorrect"
    assert round(effect.odds_ratio.value, 6) == round(186 / 903 / (132 / 2374), 6) == 3.70452


def test_with_two_labels_marginal_homogeneity_is_mcnemars(gpt4):
    labels, test = label_use(scored(gpt4))
    assert round(labels[1].difference.value, 6) == 0.015021
    assert round(test.statistic, 6) == round(54**2 / 318, 6) == 9.169811


def test_own_answers():
    """GPT-4 on the answers of others: right on 2,674 of 2,915 where its own is right, on 225 of 280 where it is not."""
    cells = [669, 127, 114, 2005, 212, 46, 9, 13]
    gold, judge = (np.repeat(codes * 2, cells) for codes in BINARY)
    own, question = np.repeat([1, 0], [2915, 280]), np.arange(3195)
    names = ["other"] * 3195 + ["gpt-4"] * 3195
    sides, clusters = (np.r_[judge, own], np.r_[gold, own]), np.r_[question, question]
    ratings = from_codes(Scale.check(), *sides, cluster=clusters, system=names)
    found = own_answers(ratings, scored(ratings), "gpt-4")
    assert [(one.name, round(one.metrics["cohen_kappa"].value, 6)) for one in found.slices] == [
        ("right", 0.790684),
        ("wrong", 0.23322),
    ]


def test_position_bias():
    """GPT-4 on LLMBar's 419 pairs, shown both ways: 19 times the first slot twice, 18 times the second."""
    plain, turned = np.repeat([0, 2, 0], [19, 18, 382]), np.repeat([2, 0, 0], [19, 18, 382])
    shown = {"item": np.tile(np.arange(419), 2), "swapped": np.arange(838) >= 419}
    ratings = from_codes(Scale.pair(), np.r_[plain, turned], np.zeros(838), **shown)
    found = biases(ratings, scored(ratings))
    assert [round(found[name].value, 6) for name in ("position_consistency", "position_preference")] == [
        0.911695,
        -0.002387,
    ]


def test_retest_agreement():
    """Three cases asked twice, one of which came out differently."""
    twice = from_codes(Scale.check(), [1, 1, 0, 0, 1, 0], np.ones(6), item=[0, 0, 1, 1, 2, 2])
    found = retest_agreement(twice)
    assert (round(found.value, 4), found.n) == (0.6667, 3)


@pytest.mark.parametrize(("cells", "codes"), [([40, 9, 6, 45], ()), ([80, 10, 5, 5], ("prevalence_paradox",))])
def test_the_paradox_of_prevalence(cells, codes):
    """Feinstein & Cicchetti (1990): agreement .85 in both tables, kappa .70 and .32."""
    rows = scored(checks(cells))
    counted = Counted.of(rows)
    figures = {name: estimate(METRICS[name], counted)[0] for name in ("percent_agreement", "cohen_kappa", "gwet_ac1")}
    assert cautions(rows, counted, figures, coverage=1.0) == codes


def test_krippendorffs_observers():
    """Four observers on twelve units (ordinal alpha .815), beside a judge who repeats the first."""
    found = ceiling(from_codes(Scale.rate(1, 5), CANONICAL[:, 0], CANONICAL), Policies())
    assert round(found["krippendorff_alpha_joint"].value, 3) == 0.815
    people = measure_humans(from_codes(Scale.rate(1, 5), np.full(12, -1), CANONICAL))
    assert round(people.coefficients["krippendorff_alpha"].value, 3) == 0.815
    assert [one.items for one in people.annotators] == [9, 10, 11, 11]


def test_shrout_and_fleiss():
    """Four judges of six targets (1979, table 4)."""
    judges = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    found = all_at_once(from_codes(Scale.rate(1, 10), np.full(6, -1), judges - 1))
    assert [round(found[name].value, 2) for name in ("icc_1", "icc_a1", "icc_c1")] == [0.17, 0.29, 0.71]


def test_two_judges(approval):
    found = compare(match(approval), ["accuracy"])
    assert round(found.main.difference.value, 6) == 0.04
    assert f"{found.tests.mcnemar_exact:.6e}" == "3.715936e-05"
    all_of_them = compare_all(match(approval), "accuracy")
    assert [(each.judge, each.best, each.worst) for each in all_of_them.standings] == [
        ("first", 1, 1),
        ("second", 2, 2),
    ]
    assert round(all_of_them.pairs[0].difference.value, 6) == 0.04


def test_a_gate(approval):
    """A drop of .04 with a standard error of .0095: z = 4.2, one-sided p 1.4e-5."""
    found = gate(match(approval), ["accuracy"])
    line = found.lines[0]
    assert (found.state, round(line.worse.value, 4), round(line.worse.low, 4)) == ("fail", 0.04, 0.0243)
    assert f"{line.p:.1e}" == "1.5e-05"


def test_a_pilot(approval):
    found = pilot(approval, "accuracy", METRICS, drop=0.05)
    assert (round(found.discordance, 6), found.measured) == (0.1475, True)


def test_pandalm_under_each_convention():
    """PandaLM's published gpt-3.5 verdicts: 25 of 999 are unusable; as ties (as published) .7107."""
    counts = [332, 13, 71, 6, 42, 5, 45, 13, 86, 20, 360, 6]
    gold, judge = np.repeat([0, 1, 2], [422, 105, 472]), np.repeat([0, 1, 2, -1] * 3, counts)
    found = sensitivity(from_codes(Scale.pair(), judge, gold))
    assert {rules.invalid: round(one["accuracy"].value, 4) for rules, _, one in found if rules.tie == "class"} == {
        "wrong": 0.6977,
        "drop": 0.7156,
        "tie": 0.7107,
    }


def test_a_constant_judge():
    gold = np.repeat([0, 1], [30, 70])
    found = always(from_codes(Scale.check(), gold, gold), Policies(), ["percent_agreement", "cohen_kappa"])
    assert found.label == "correct"
    assert {name: one.value for name, one in found.metrics.items()} == {"percent_agreement": 0.7, "cohen_kappa": 0.0}


def test_llama_on_triviaqa_corrected():
    """300 labelled rows and 3,295 others, of which it accepts 2,466: the labels say .673, the judge .745."""
    gold, judge = (
        np.repeat(codes, [78, 20, 8, 194, 829, 2466]) for codes in ([0, 0, 1, 1, -1, -1], [0, 1, 0, 1, 0, 1])
    )
    (found,) = correct(from_codes(Scale.check(), judge, gold))
    assert found.chosen == "post-strat"
    assert {name: round(one.value, 6) for name, one in found.estimates.items()} == {
        "post-strat": 0.699485,
        "labels": 0.673333,
        "naive": 0.74548,
    }
    sample = Sample.of(gold[:300].astype(float), judge[:300].astype(float), judge[300:].astype(float))
    # ppi_py 0.2.3 gives .7084066767830045 at weight 1.
    assert round(ppi(sample, weight=1.0).value, 12) == 0.708406676783
    assert round(ppi(sample).value, 8) == 0.7016044


def test_pandalm_7b():
    """On its own test set (gold A, tie, B)."""
    counts = [298, 40, 84, 35, 32, 38, 100, 35, 337]
    gold, judge = np.repeat([0, 1, 2], [422, 105, 472]), np.repeat([0, 1, 2] * 3, counts)
    found, _ = estimate(METRICS["cohen_kappa"], Counted.of(scored(from_codes(Scale.pair(), judge, gold))))
    assert (round(found.value, 6), round(found.low, 3), round(found.high, 3)) == (0.435355, 0.387, 0.482)
    assert found.method == "score-path"


def test_darwins_plants():
    """Fifteen pairs, in eighths of an inch: Fisher (1935) gives a mean of 20.93 and t = 2.148."""
    pairs = np.array([49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48])
    found = estimated(mean(pairs.astype(float), Clusters.of(np.arange(15))))
    assert (round(found.value, 2), round(found.value / found.se, 3)) == (20.93, 2.148)


def test_order_policies():
    """One order says A, the other a tie: right by JudgeBench's rule, and not by the strict one."""
    ratings = from_codes(Scale.pair(), [0, 1], [0, 0], item=[0, 0], swapped=[False, True])
    rules = ("sum-of-signs", "both-right", "inconsistent-tie")
    assert [apply(ratings, Policies(order=rule)).judge.tolist() for rule in rules] == [[0], [3], [1]]


def test_ten_probabilities():
    p = np.array([0.1, 0.1, 0.3, 0.4, 0.6, 0.65, 0.8, 0.9, 0.95, 1])
    plain = from_codes(Scale.check(), p >= 0.5, [0, 0, 1, 0, 1, 0, 1, 1, 1, 1])
    ratings = replace(plain, score=p, has_score=p >= 0, score_kind="probability")
    rows = scored(ratings)
    found = {name: one.estimate()[0] for name, one in score_figures(ratings, rows, Counted.of(rows)).items()}
    assert [round(found[name].value, 6) for name in ("brier", "log_loss", "ece", "spiegelhalter_z")] == [
        0.1305,
        0.386596,
        0.27,
        -0.153863,
    ]


def test_two_orders():
    """Four responses ranked by a person and by a judge who swaps the first two: tau is 1 - 2/6."""
    plain = from_codes(Scale.rank(4), [1], [0])
    ratings = replace(plain, sequence=np.array([[1, 0, 2, 3]]), gold_sequence=np.array([[[0, 1, 2, 3]]]))
    (row,) = measure(ratings, policies=Policies(gold="each"), task="t", judge="j")
    assert (round(row.metrics["kendall_tau"].value, 6), row.metrics["top_1_agreement"].value) == (0.666667, 0.0)


def test_three_systems():
    """Two check judgments on each; the judge is wrong about one answer of the last."""
    gold, judge = [1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 1, 0]
    found = rank_systems(from_codes(Scale.check(), judge, gold, system=list("aabbcc")), draws=200)
    assert round(found.agreement["kendall_tau"].value, 4) == 0.8165
    assert round(found.agreement["pairwise_accuracy"].value, 4) == 0.8333


def test_places_of_two_systems():
    """By gold the first is right on 36 of 40 answers, the second on 4; the judge calls every one correct."""
    gold = np.repeat([1, 0, 1, 0], [36, 4, 4, 36])
    table = from_codes(Scale.check(), np.ones(80, dtype=int), gold, system=["a"] * 40 + ["b"] * 40)
    found = system_places(table, Policies())
    assert [(name, gold.best, gold.worst, judge.best, judge.worst) for name, (gold, judge) in found.items()] == [
        ("a", 1, 1, 1, 2),
        ("b", 2, 2, 1, 2),
    ]
