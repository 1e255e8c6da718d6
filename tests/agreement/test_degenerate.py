"""Degenerate input through the front door: a reason or a flag, never NaN, never a silent 0 or 1 (reference §1.3)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass

import numpy as np
import pytest
from agreement_cases import expand, ratings

from judgebench.agreement.alt_test.ratings import alt_test_ratings
from judgebench.agreement.analysis.judges import analyze_judges
from judgebench.agreement.compare.compare import compare
from judgebench.agreement.correct.correction import correct
from judgebench.agreement.gate.decision import gate
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.measure import measure
from judgebench.agreement.people.humans import among_humans, measure_humans
from judgebench.agreement.systems.systems import rank_systems
from judgebench.domain import Aggregate, Estimate, Policies, Scale
from judgebench.errors import DataError
from judgebench.report.rows import ROW

FIVE = Scale.rate(1, 5)


def row(judge, gold, scale=None, **rest):
    found = measure(ratings(judge, gold, scale=scale or Scale.check()), task="t", judge="j", **rest)[0]
    # The invariant of `Estimate` and a strict JSON writer keep NaN out of every field.
    json.dumps(ROW.plain(found), allow_nan=False)
    return found


def reasons(found, *names):
    return {name: found.metrics[name].undefined for name in names}


def test_both_constant_and_equal():
    found = row([1] * 30, [1] * 30)
    none = ("cohen_kappa", "scott_pi", "krippendorff_alpha", "spearman_rho", "matthews_corrcoef")
    assert set(reasons(found, *none).values()) == {"no_variation"}
    assert {name: found.metrics[name].value for name in ("percent_agreement", "gwet_ac1", "brennan_prediger")} == {
        "percent_agreement": 1.0,
        "gwet_ac1": 1.0,
        "brennan_prediger": 1.0,
    }
    assert reasons(found, "youden_j", "true_negative_rate", "balanced_accuracy") == {
        "youden_j": "no_negatives",
        "true_negative_rate": "no_negatives",
        "balanced_accuracy": "one_class",
    }
    assert {"constant_judge", "constant_gold"} <= set(found.warnings)


def test_one_constant_and_the_other_varies():
    found = row([1] * 40, [0, 1] * 20)
    assert found.metrics["cohen_kappa"].value == pytest.approx(0)
    assert found.metrics["youden_j"].value == pytest.approx(0)
    # A 0 would hide that there is nothing to correlate.
    assert reasons(found, "matthews_corrcoef", "spearman_rho") == {
        "matthews_corrcoef": "no_variation",
        "spearman_rho": "no_variation",
    }
    assert found.warnings == ("constant_judge",)


def test_constant_but_different():
    found = row([1] * 30, [0] * 30)
    assert found.metrics["cohen_kappa"].value == pytest.approx(0)
    assert {"constant_judge", "constant_gold", "disjoint_labels"} <= set(found.warnings)


def test_nothing_to_score():
    with pytest.raises(DataError, match="no judgment"):
        row(np.zeros(0, dtype=int), np.zeros((0, 1), dtype=int))


def test_missing_labels_follow_a_policy():
    judge, gold = [0, 1, -1, 1] * 10, [0, 1, 1, -1] * 10
    own = row(judge, gold)
    dropped = row(judge, gold, policies=Policies(invalid="drop"))
    assert (own.metrics["accuracy"].value, own.metrics["accuracy"].n) == (pytest.approx(2 / 3), 30)
    assert (dropped.metrics["accuracy"].value, dropped.metrics["accuracy"].n) == (1.0, 20)
    assert "low_coverage" in own.warnings


def test_a_missing_middle_level_still_counts():
    gold, judge = [0, 1, 3, 4, 1], [0, 3, 3, 4, 1]
    assert row(judge, gold, FIVE).metrics["cohen_kappa_quadratic"].value == pytest.approx(0.8214285714285714)


def test_constant_ratings():
    found = row([2] * 12, [2] * 12, FIVE)
    none = ("cohen_kappa_quadratic", "krippendorff_alpha", "kendall_tau_b", "pearson_r", "lin_ccc", "icc_a1", "icc_c1")
    assert set(reasons(found, *none, "spearman_rho").values()) == {"no_variation"}
    assert found.metrics["mean_absolute_error"].value == 0
    one_sided = row([2] * 40, [0, 4] * 20, FIVE)
    none = ("kendall_tau_b", "pearson_r", "spearman_rho")
    assert set(reasons(one_sided, *none).values()) == {"no_variation"}
    assert one_sided.metrics["lin_ccc"].value == pytest.approx(0)
    assert "constant_judge" in one_sided.warnings


def test_two_items_are_refused_and_nine_are_warned_about():
    two = row([0, 4], [0, 4], FIVE)
    none = ("pearson_r", "spearman_rho", "kendall_tau_b", "lin_ccc", "icc_a1", "icc_c1")
    assert set(reasons(two, *none).values()) == {"too_few_items"}
    assert two.metrics["percent_agreement"].value == 1
    assert {"few_items", "few_clusters"} <= set(two.warnings)
    nine, ten = (row(np.arange(n) % 5, np.arange(n) % 5, FIVE) for n in (9, 10))
    assert nine.metrics["pearson_r"].value == pytest.approx(1)
    assert ("few_items" in nine.warnings, "few_items" in ten.warnings) == (True, False)


@pytest.mark.parametrize(("right", "low", "high"), [(0, 0, 0.3882366894301119), (10, 0.6117633105698881, 1)])
def test_no_hit_and_all_hits(right, low, high):
    """The exact bound at 0 of 10 and 10 of 10, with t of nine degrees of freedom."""
    found = row([1] * right + [0] * (10 - right), [1] * 10).metrics["accuracy"]
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_no_answer_is_the_worst_answer():
    found = row([-1] * 20, [0, 1, 2, 3] * 5, FIVE)
    assert found.metrics["mean_absolute_error"].value == pytest.approx((4 + 3 + 2 + 3) / 4)
    assert found.metrics["mean_signed_error"].value == pytest.approx((4 + 3 + 2 + 1) / 4)
    # Gold turned round: 3, 2, 1, 0.
    assert [found.metrics[name].value for name in ("pearson_r", "spearman_rho", "kendall_tau_b")] == pytest.approx(
        [-1] * 3
    )
    assert found.metrics["adjacent_agreement"].value == 0
    assert found.metrics["cohen_kappa_quadratic"].value < -0.9


def test_a_judge_without_errors_leans_nowhere():
    found = row([0, 1] * 20, [0, 1] * 20)
    assert reasons(found, "leniency_p_plus") == {"leniency_p_plus": "no_errors"}


def test_only_ties():
    found = row([1] * 20, [0, 1] * 10, Scale.pair())
    assert reasons(found, "agreement_s2") == {"agreement_s2": "only_ties"}
    for tie in ("drop", "wrong"):
        found = row([0, 1, 2] * 10, [0, 2, 2] * 10, Scale.pair(), policies=Policies(tie=tie))
        assert set(reasons(found, "agreement_s1", "agreement_s2", "judge_tie_rate").values()) == {"no_tie_label"}


# -- what a scale calls for, and what a statistician points out --------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "headline", "has", "lacks"),
    [
        (Scale.check(), "cohen_kappa", {"true_positive_rate", "gwet_ac1"}, {"adjacent_agreement", "agreement_s2"}),
        (Scale.pair(), "cohen_kappa", {"agreement_s2", "judge_tie_rate", "kendall_tau_b"}, {"youden_j", "pearson_r"}),
        (Scale.pair(2), "cohen_kappa", {"gwet_ac1"}, {"agreement_s2", "cohen_kappa_linear", "kendall_tau_b"}),
        (FIVE, "cohen_kappa_quadratic", {"adjacent_agreement", "mean_signed_error"}, {"agreement_s1", "youden_j"}),
        (Scale.pick(4), "accuracy", {"matthews_corrcoef"}, {"kendall_tau_b", "cohen_kappa_quadratic"}),
        (Scale.categories(["a", "b", "c"]), "cohen_kappa", {"macro_f1"}, {"kendall_tau_b", "mean_absolute_error"}),
        (Scale("rate", ("x", "y", "z"), "interval", (0.0, 1.0, 5.0)), "lin_ccc", {"icc_a1"}, {"judge_tie_rate"}),
    ],
    ids=lambda given: getattr(given, "spec", None),
)
def test_the_scale_chooses(scale, headline, has, lacks):
    q = len(scale.labels)
    found = row(np.arange(60) % q, np.arange(60) // 2 % q, scale)
    assert (found.headline, found.scale) == (headline, scale.spec)
    assert {found.headline, *found.companions} <= set(found.metrics)
    assert has <= set(found.metrics)
    assert not lacks & set(found.metrics)
    contract = {"percent_agreement", "cohen_kappa", "krippendorff_alpha", "spearman_rho", "scott_pi"}
    assert contract | {"macro_precision", "macro_recall", "macro_f1"} <= set(found.metrics)


def test_a_mean_gold_is_a_number():
    gold = np.column_stack([np.arange(40) % 5, (np.arange(40) + 1) % 5])
    found = row(np.arange(40) % 5, gold, FIVE, policies=Policies(gold="mean"), verify=True)
    assert found.headline == "lin_ccc"
    both = np.c_[gold.mean(axis=1), np.arange(40) % 5] + 1
    assert found.metrics["pearson_r"].value == pytest.approx(np.corrcoef(both.T)[0, 1])
    assert found.metrics["mean_absolute_error"].value == pytest.approx(np.abs(both[:, 0] - both[:, 1]).mean())
    product = np.cov(both.T, ddof=0)
    apart = (both[:, 0].mean() - both[:, 1].mean()) ** 2
    assert found.metrics["lin_ccc"].value == pytest.approx(2 * product[0, 1] / (product.trace() + apart))
    assert found.metrics["cohen_kappa"].undefined == "graded_gold"
    assert found.classes == {}


def test_classes_and_their_counts():
    gold, judge = expand([[298, 40, 84], [35, 32, 38], [100, 35, 337]])
    found = row(judge, gold, Scale.pair()).classes
    assert {label: (one.support, one.named) for label, one in found.items()} == {
        "A": (422, 433),
        "tie": (105, 107),
        "B": (472, 459),
    }
    tie = found["tie"]
    assert (tie.precision.value, tie.recall.value) == (pytest.approx(32 / 107), pytest.approx(32 / 105))
    assert (tie.precision.n, tie.precision.method) == (107, "share")
    assert tie.f1.value == pytest.approx(64 / 212)
    assert tie.f1.low < tie.f1.value < tie.f1.high
    never = row([0] * 20, [0, 1] * 10).classes["correct"]
    assert (never.precision.undefined, never.recall.value, never.f1.value) == ("class_not_named", 0, 0)
    assert "neither" not in row([0, 1], [0, 1], Scale.categories(["x", "y", "neither"])).classes
    assert row([0, 1], [0, 1], Scale.rate(1, 30)).classes == {}


def test_the_prevalence_paradox():
    """Feinstein and Cicchetti's two tables: .85 agreement in both, kappa .70 and .32."""
    for counts, warned in (([[40, 9], [6, 45]], False), ([[80, 10], [5, 5]], True)):
        gold, judge = expand(counts)
        assert ("prevalence_paradox" in row(judge, gold).warnings) == warned


def test_another_unit():
    gold = np.tile([0, 1, 2, 3, 4], 8)
    assert "other_units" in row(2 * gold + 1, gold, Scale.rate(1, 10)).warnings
    assert "other_units" not in row(np.minimum(gold + 1, 4), gold, FIVE).warnings
    assert "other_units" not in row(gold[::-1].copy(), gold, FIVE).warnings


def test_a_side_turned_round():
    gold = np.tile([0, 1, 1, 0, 1], 8)
    assert "reversed" in row(1 - gold, gold).warnings
    assert "reversed" not in row(gold, gold).warnings
    ratings_ = np.tile([0, 1, 2, 3, 4], 8)
    assert "reversed" in row(4 - ratings_, ratings_, FIVE).warnings
    assert "reversed" not in row(1 - gold[:8], gold[:8]).warnings
    gold, judge = expand([[1, 4], [4, 2]])
    few = row(judge, gold)
    kappa = few.metrics["cohen_kappa"]
    assert kappa.value < -0.4
    assert kappa.high > 0
    assert "reversed" not in few.warnings


def test_skewed_ties():
    gold = np.array([0, 1, 2, 2] * 50)
    half_ties = np.where(np.arange(200) % 2, 1, gold)
    assert "skewed_ties" in row(half_ties, gold, Scale.pair()).warnings
    assert "skewed_ties" not in row(gold, gold, Scale.pair()).warnings
    # Eight items leave it open, and a policy that voids ties leaves nothing to compare.
    assert "skewed_ties" not in row([1, 1, 0, 2, 2, 0, 2, 0], [0, 2, 0, 2, 1, 0, 2, 0], Scale.pair()).warnings
    assert "skewed_ties" not in row(half_ties, gold, Scale.pair(), policies=Policies(tie="wrong")).warnings


def test_signed_error_is_one_figure():
    found = row([0, 2, -1, 3] * 10, [0, 1, 4, 4] * 10, FIVE)
    assert found.metrics["mean_signed_error"] == found.bias["mean_signed_error"]


def test_a_mean_error_of_groups_is_not_below_zero():
    """A benchmark's figure over groups knows no longest error, but it knows the least."""
    judge, gold = [0, 1, 2, 4, 0, 1, 2, 3], [0, 1, 2, 3] * 2
    given = ratings(judge, gold, scale=FIVE, subset=["a", "b"] * 4, cluster=np.repeat([0, 1], 4))
    rows = measure(given, task="t", judge="j", aggregates=[Aggregate("mean")])
    found = rows[-1].metrics["mean_absolute_error"]
    assert (rows[-1].subset, found.value) == ("mean", 0.125)
    assert found.low == 0 < found.value < found.high


def estimates(one):
    """Every estimate in a result, however deep."""
    if isinstance(one, Estimate):
        yield one
    elif is_dataclass(one) and not isinstance(one, type):
        for part in fields(one):
            yield from estimates(getattr(one, part.name))
    elif isinstance(one, Mapping):
        for part in one.values():
            yield from estimates(part)
    elif isinstance(one, (tuple, list)):
        for part in one:
            yield from estimates(part)


@pytest.mark.parametrize("clusters", [1, 6])
@pytest.mark.parametrize("share", [1.0, 0.8])
def test_what_has_a_value_and_no_interval_says_why(clusters, share):
    """Two judges that are alike, right throughout or not, on one question or on six."""
    rng = np.random.default_rng(4)
    gold = np.tile([0, 1, 1], 20)
    judge = np.where(rng.random(60) < share, gold, 1 - gold)
    given = ratings(
        judge,
        np.column_stack([gold, gold, 1 - gold]),
        scale=Scale.check(),
        cluster=np.arange(60) % clusters,
        system=[f"s{i % 4}" for i in range(60)],
    )
    names = tuple(map(str, range(60)))
    both = [Judged("t", name, given, names, names[:clusters], Policies()) for name in "ab"]
    found = [
        compare(match(both)),
        gate(match(both)),
        analyze_judges(both, own_system="s0")[0],
        rank_systems(given, draws=50),
        alt_test_ratings(given, Policies(), epsilon=0.2, min_items=5),
        correct(given, estimator="all", policies=Policies()),
        measure_humans(given),
        among_humans(given),
    ]
    for one in found:
        silent = [each for each in estimates(one) if each.value is not None and each.low is None]
        assert [each for each in silent if not each.no_interval] == [], type(one)
