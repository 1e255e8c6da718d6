"""Where judges err: regressions against statsmodels, strata against published counts."""

from __future__ import annotations

import csv
import gzip
import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import given
from hypothesis import strategies as st
from own_tables import load

from judgebench.agreement.analysis.effects import Feature, columns_of, explain
from judgebench.agreement.analysis.judges import difficulty, label_use, own_answers, slices
from judgebench.agreement.policies import apply
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError, UsageError
from judgebench.stats.inference.paired import Homogeneity, bhapkar, stuart_maxwell, wald
from judgebench.stats.influence import Clusters
from judgebench.stats.logistic import logistic, marginal_effects, usable_columns

if TYPE_CHECKING:
    from pathlib import Path

CHECK = Scale.check()
FILE = "judging_the_judges/TriviaQA_Judges_w_HumanJudgement_V1.csv.gz"


@pytest.fixture(scope="module")
def umass(data_dir: Path):
    return load(
        data_dir / FILE,
        ["GPT-4", "Contains", "JudgeLM"],
        ["HumanJudgement"],
        cluster_col="question",
        system_col="model",
    ).judges


def test_logistic_regression_has_the_coefficients_and_errors_of_statsmodels() -> None:
    import statsmodels.api as sm

    rng = np.random.default_rng(3)
    n = 400
    groups = rng.integers(60, size=n)
    design = np.c_[np.ones(n), rng.normal(size=n), rng.random(n) < 0.4].astype(float)
    outcome = (
        rng.random(n) < 1 / (1 + np.exp(0.5 - 0.8 * design[:, 1] - design[:, 2] + rng.normal(size=60)[groups]))
    ) * 1.0
    fit = logistic(outcome, design, Clusters.of(groups))
    theirs = sm.Logit(outcome, design).fit(disp=0, cov_type="cluster", cov_kwds={"groups": groups})
    assert not isinstance(fit, str)
    assert fit.coefficients == pytest.approx(theirs.params, abs=1e-8)
    assert fit.se == pytest.approx(theirs.bse, abs=1e-8)
    effects, errors = marginal_effects(fit, design, [False, False, True])
    margins = theirs.get_margeff(dummy=True)
    assert effects[1:] == pytest.approx(margins.margeff, abs=1e-8)
    assert errors[1:] == pytest.approx(margins.margeff_se, abs=1e-7)


@pytest.mark.data
def test_what_predicts_the_errors_of_gpt_4_on_triviaqa(data_dir: Path) -> None:
    # statistics.md, section 8: contains -.995844 (.170935), chat or instruct +.922090 (.152977), log references
    # -.518016 (.158989), clustered by question.
    with gzip.open(data_dir / FILE) as stream:
        rows = [
            row for row in csv.DictReader(io.TextIOWrapper(stream, "utf-8")) if row["GPT-4"] and row["HumanJudgement"]
        ]
    chatty = {"gpt-4t"} | {row["model"] for row in rows if "chat" in row["model"]}
    design = np.array(
        [
            [1.0, row["Contains"] == "True", row["model"] in chatty, math.log1p(len(row["references"].split("\n")))]
            for row in rows
        ]
    )
    questions: dict[str, int] = {}
    groups = np.array([questions.setdefault(row["question"], len(questions)) for row in rows])
    outcome = np.array([float(row["GPT-4"] != row["HumanJudgement"]) for row in rows])
    fit = logistic(outcome, design, Clusters.of(groups))
    assert not isinstance(fit, str)
    assert fit.coefficients[1:] == pytest.approx([-0.995844, 0.922090, -0.518016], abs=5e-7)
    assert fit.se[1:] == pytest.approx([0.170935, 0.152977, 0.158989], abs=5e-7)


def test_columns_without_a_coefficient_are_named() -> None:
    rng = np.random.default_rng(0)
    outcome = (rng.random(200) < 0.5).astype(float)
    noise = rng.normal(size=200)
    group = (outcome == 1) & (rng.random(200) < 0.2)
    found = usable_columns(outcome, [np.full(200, 3.0), noise, 2 * noise + 1, group.astype(float)])
    assert found == {0: "constant", 2: "collinear", 3: "separated"}
    apart = np.c_[np.ones(200), outcome * 2 - 1 + 0.01 * noise]
    assert logistic(outcome, apart, Clusters.of(np.arange(200))) == "separated"
    assert logistic(outcome, apart, Clusters.of(np.zeros(200, dtype=int))) == "few_clusters"


@quick
@given(st.lists(st.integers(0, 40), min_size=9, max_size=9).filter(lambda cells: sum(cells) > 20))
def test_marginal_homogeneity_has_the_figures_of_statsmodels(cells: list[int]) -> None:
    from statsmodels.stats.contingency_tables import SquareTable

    counts = np.array(cells, dtype=float).reshape(3, 3)
    lower = [counts[i, j] + counts[j, i] for i, j in ((0, 1), (0, 2), (1, 2))]
    if sum(value > 0 for value in lower) < 2:
        # Labels that are never mixed up make their matrix singular; ours then counts the rank.
        assert not isinstance(found := stuart_maxwell(counts), Homogeneity) or found.df < 3
        return
    theirs = SquareTable(counts, shift_zeros=False)
    ours = stuart_maxwell(counts)
    assert isinstance(ours, Homogeneity)
    assert ours.statistic == pytest.approx(theirs.homogeneity().statistic, rel=1e-7, abs=1e-9)
    if ours.statistic < 0.9 * counts.sum():
        one = bhapkar(counts)
        assert isinstance(one, Homogeneity)
        # Bhapkar's own identity, W / (1 - W / n).
        assert one.statistic == pytest.approx(ours.statistic / (1 - ours.statistic / counts.sum()), rel=1e-6)
        assert one.statistic == pytest.approx(theirs.homogeneity(method="bhapkar").statistic, rel=1e-6)


def test_errors_are_explained_by_what_makes_them() -> None:
    rng = np.random.default_rng(5)
    n = 1200
    gold = rng.integers(2, size=n)
    hard = rng.random(n) < 0.3
    judge = np.where(rng.random(n) < np.where(hard, 0.45, 0.05), 1 - gold, gold)
    found = ratings(judge, gold, scale=CHECK)
    features = {"hard": Feature.of_words("hard", ["yes" if flag else "no" for flag in hard])}
    explanation = explain(found, apply(found, Policies()), features=features)
    first = explanation.effects[0]
    assert (first.feature, first.level, first.against, first.rows) == ("hard", "yes", "no", int(hard.sum()))
    assert first.effect.low is not None
    assert first.effect.low < 0.40 < first.effect.high
    assert first.p_holm < 1e-6
    assert explanation.errors == int((judge != gold).sum())


def test_explanations_say_why_there_is_none() -> None:
    perfect = ratings([0, 1] * 20, [0, 1] * 20, scale=CHECK)
    assert explain(perfect, apply(perfect, Policies())).undefined == "no_errors"
    wrong = ratings([1, 0] * 20, [0, 1] * 20, scale=CHECK)
    assert explain(wrong, apply(wrong, Policies())).undefined == "only_errors"
    dull = ratings([1] * 30 + [0] * 10, [1] * 40, scale=CHECK)
    assert explain(dull, apply(dull, Policies())).undefined == "no_features"
    graded = ratings([0, 1, 2], [[0, 1], [1, 1], [2, 2]], scale=Scale.rate(1, 3))
    with pytest.raises(UsageError, match="gold=mean"):
        explain(graded, apply(graded, Policies(gold="mean")))


def test_features_are_numbers_or_few_categories() -> None:
    assert Feature.of_words("length", ["3", "", "4.5"]).levels == ()
    assert Feature.of_words("kind", ["a", "", "b"]).levels == ("a", "b")
    with pytest.raises(DataError, match="empty on every row"):
        Feature.of_words("void", ["", " "])
    with pytest.raises(DataError, match="at most 40 categories"):
        Feature.of_words("name", [f"n{i}" for i in range(60)])
    columns, left_out = columns_of([Feature("kind", np.array([0] * 30 + [1] * 20 + [2] * 3), ("a", "b", "c"))], 53)
    assert [(column.level, column.against) for column in columns] == [("b", "a")]
    assert left_out == {"kind: c": "few_rows"}


@pytest.mark.data
def test_own_answers_decide_how_well_gpt_4_judges_others(umass) -> None:
    # statistics.md, section 8.
    gpt4 = umass["GPT-4"]
    found = own_answers(gpt4, apply(gpt4, Policies(invalid="drop")), "gpt-4t")
    right, wrong = found.slices

    def figures(part) -> list[float]:
        names = ("percent_agreement", "cohen_kappa", "true_positive_rate", "true_negative_rate", "base_rate")
        return [part.metrics[name].value for name in names]

    assert (right.items, wrong.items, found.left_out) == (2915, 280, 0)
    assert figures(right) == pytest.approx([0.917324, 0.790684, 0.946201, 0.840452, 0.7269], abs=5e-5)
    assert figures(wrong) == pytest.approx([0.803571, 0.233220, 0.590909, 0.821705, 0.0786], abs=5e-5)
    assert found.difference is not None
    # With CR1, as there, .043652.
    assert (found.difference.value, found.difference.se) == pytest.approx((0.113753, 0.043905), abs=5e-7)
    with pytest.raises(DataError, match="no judged system"):
        own_answers(gpt4, apply(gpt4, Policies()), "gpt-5")


@pytest.mark.data
def test_the_leaning_of_judgelm_is_found(umass) -> None:
    judge = umass["JudgeLM"]
    labels, test = label_use(apply(judge, Policies(invalid="drop")))
    accepts = next(one for one in labels if one.label == "correct")
    assert accepts.difference.value == pytest.approx(accepts.judge - accepts.gold)
    assert accepts.difference.high is not None
    assert accepts.difference.high < -0.1
    assert isinstance(test, Homogeneity)
    assert test.df == 1


def test_difficulty_leaves_the_judge_out() -> None:
    gold = np.zeros(40, dtype=int)
    judge = ratings(np.r_[np.zeros(30, int), np.ones(10, int)], gold, scale=CHECK)
    other = ratings(np.r_[np.ones(10, int), np.zeros(30, int)], gold, scale=CHECK)
    scored, others = apply(judge, Policies()), [apply(other, Policies())]
    found = difficulty(scored, others)
    assert [(part.name, part.items) for part in found.slices] == [("all others right", 30), ("all others wrong", 10)]
    assert [part.metrics["percent_agreement"].value for part in found.slices] == pytest.approx([20 / 30, 1.0])
    with pytest.raises(UsageError, match="other judges"):
        difficulty(scored, [])


def test_small_slices_are_drawn_in_and_not_ranked() -> None:
    rng = np.random.default_rng(1)
    sizes = [200, 200, 200, 5]
    place = np.repeat(np.arange(4), sizes)
    right = rng.random(place.size) < np.array([0.9, 0.8, 0.7, 0.0])[place]
    gold = rng.integers(2, size=place.size)
    scored = apply(ratings(np.where(right, gold, 1 - gold), gold, scale=CHECK), Policies())
    found = slices(scored, [Feature("part", place, ("a", "b", "c", "tiny"))])
    assert [part.name for part in found] == ["c", "b", "a", "tiny"]
    assert [part.rank for part in found] == [1, 2, 3, None]
    tiny = found[-1]
    assert tiny.metrics["percent_agreement"].value == 0.0
    assert tiny.shrunken is not None
    assert tiny.shrunken > 0.05
    for part in found[:3]:
        assert part.shrunken == pytest.approx(part.metrics["percent_agreement"].value, abs=0.02)


def test_the_clustered_test_of_marginal_homogeneity_keeps_its_level() -> None:
    """Chi-square would reject 27 % here: ten clusters say little about the covariance of five labels."""
    rng = np.random.default_rng(1)
    groups, labels, rejected = 10, 5, 0
    cluster = np.repeat(np.arange(groups), 6)
    for _ in range(400):
        shares = rng.dirichlet(np.full(labels, 2.0), size=groups).cumsum(axis=1)[cluster]
        said, true = ((rng.random(cluster.size)[:, None] > shares).sum(axis=1) for _ in range(2))
        judge = np.where(rng.random(cluster.size) < 0.6, true, said)
        gaps = np.stack([(judge == label) - 1.0 * (true == label) for label in range(labels)], axis=1)
        influences = np.stack([np.bincount(cluster, gap - gap.mean(), groups) for gap in gaps.T]) / cluster.size
        found = wald(gaps.mean(axis=0), groups / (groups - 1) * influences @ influences.T, groups)
        assert isinstance(found, Homogeneity)
        rejected += found.p < 0.05
    assert 0.02 < rejected / 400 < 0.08


def test_two_labels_in_clusters_are_the_t_test_of_one_difference() -> None:
    rng = np.random.default_rng(2)
    gold, judge, cluster = rng.integers(2, size=60), rng.integers(2, size=60), np.repeat(np.arange(12), 5)
    labels, test = label_use(apply(ratings(judge, gold, scale=Scale.check(), cluster=cluster), Policies()))
    assert isinstance(test, Homogeneity)
    assert (test.df, test.denominator) == (1, 11)
    assert test.p == pytest.approx(labels[0].p_holm / 2 if labels[0].p_holm < 1 else test.p)
    assert test.statistic == pytest.approx((labels[1].difference.value / labels[1].difference.se) ** 2)


def test_as_many_clusters_as_labels_give_no_test() -> None:
    rng = np.random.default_rng(3)
    five = Scale.rate(1, 5)
    given = ratings(rng.integers(5, size=20), rng.integers(5, size=20), scale=five, cluster=np.repeat(np.arange(5), 4))
    assert label_use(apply(given, Policies()))[1] == "few_clusters"


@pytest.mark.filterwarnings("error")
def test_a_very_long_answer_is_no_separation() -> None:
    import statsmodels.api as sm

    # Lengths as they come: the longest lies hundreds of logits out, and yet the maximum is finite.
    rng = np.random.default_rng(4)
    length = np.exp(rng.normal(5.0, 2.0, 300))
    outcome = (rng.random(300) < 1 / (1 + np.exp(1 - 0.004 * length))).astype(float)
    design = np.c_[np.ones(300), length]
    fit = logistic(outcome, design, Clusters.of(np.arange(300)))
    assert not isinstance(fit, str)
    assert np.abs(design @ fit.coefficients).max() > 30
    theirs = sm.Logit(outcome, design).fit(disp=0, maxiter=200, cov_type="cluster", cov_kwds={"groups": np.arange(300)})
    assert fit.coefficients == pytest.approx(theirs.params, rel=1e-7)
    assert fit.se == pytest.approx(theirs.bse, rel=1e-6)
    assert logistic(outcome, np.c_[design, np.zeros(300)], Clusters.of(np.arange(300))) == "collinear"
    assert logistic((length > 100).astype(float), design, Clusters.of(np.arange(300))) == "separated"


def test_odds_per_a_unit_longer_than_the_data_are_finite() -> None:
    rng = np.random.default_rng(6)
    share = rng.random(400) * 1e-4
    judge = (rng.random(400) < 1 / (1 + np.exp(-4e4 * (share - 5e-5)))).astype(int)
    given = ratings(judge, np.zeros(400, dtype=int), scale=CHECK)
    found = explain(given, apply(given, Policies()), features={"share": Feature("share", share)})
    odds = found.effects[0].odds_ratio
    assert 1 < odds.low <= odds.value <= odds.high < math.inf
