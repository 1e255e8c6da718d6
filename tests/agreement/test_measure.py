"""Rows of agreement: what is in them, what is warned about, what is refused."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from agreement_cases import expand, ratings
from test_ratings import item, verdict

from judgebench.agreement.context import sensitivity
from judgebench.agreement.estimates import Counted, estimate
from judgebench.agreement.measure import measure, measure_run
from judgebench.agreement.policies import apply
from judgebench.agreement.witness.tables import verify_scored
from judgebench.domain import Aggregate, Estimate, Policies, Run, Scale, Status, Usage
from judgebench.errors import DataError, MismatchError
from judgebench.report.rows import ROW
from judgebench.stats.coefficients.catalog import METRICS, Metric
from judgebench.stats.crosstab import Outcome
from judgebench.stats.inference.intervals import wilson
from judgebench.stats.inference.score_path import share_interval

RNG = np.random.default_rng(11)
PANDALM = [[298, 40, 84], [35, 32, 38], [100, 35, 337]]


def rows(given, **rest):
    return {row.subset: row for row in measure(given, task="t", judge="j", **rest)}


def noisy(n, scale, annotators=1, **columns):
    q = len(scale.labels)
    truth = RNG.integers(0, q, n)

    def blur(share):
        return np.where(RNG.random(n) < share, truth, RNG.integers(0, q, n))

    judge = np.where(RNG.random(n) < 0.05, -1, blur(0.7))
    gold = np.column_stack([blur(0.9) for _ in range(annotators)])
    return ratings(judge, gold, scale=scale, **columns)


def test_an_items_games_and_annotators_are_one_example():
    items = np.repeat(np.arange(40), 2)
    gold = np.repeat([0] * 33 + [2] * 7, 2)
    both = ratings(gold, gold, item=items, swapped=[False, True] * 40)
    assert "prevalence" in rows(both)["all"].warnings
    each = ratings(gold[::2], np.column_stack([gold[::2]] * 2))
    assert "prevalence" in rows(each, policies=Policies(gold="each"))["all"].warnings
    enough = ratings(np.repeat([0, 2], 20), np.repeat([0, 2], 20))
    assert "prevalence" not in rows(enough)["all"].warnings


def test_a_row_of_published_figures():
    gold, judge = expand(PANDALM)
    row = rows(ratings(judge, gold))["all"]
    assert {name: round(row.metrics[name].value, 4) for name in ("accuracy", "macro_f1", "cohen_kappa")} == {
        "accuracy": 0.6677,
        "macro_f1": 0.5743,
        "cohen_kappa": 0.4354,
    }
    assert (row.items, row.coverage, row.warnings) == (999, 1.0, ())
    assert row.policies.order == "single"
    assert row.base_rates["gold"]["tie"] == pytest.approx(105 / 999)
    assert row.bias.keys() == {"first_slot_rate"}
    json.dumps(ROW.plain(row), allow_nan=False)


@pytest.mark.parametrize(
    "scale",
    [
        Scale.check(),
        Scale.pair(2),
        Scale.pair(),
        Scale.pair(5, both_bad=True),
        Scale.rate(1, 5),
        Scale.pick(4),
        Scale.categories(["red", "green", "blue"]),
        Scale("rate", ("low", "mid", "high"), "interval", (0.0, 1.0, 5.0)),
    ],
    ids=lambda scale: scale.spec,
)
@pytest.mark.parametrize("invalid", ["wrong", "drop"])
def test_witnesses_agree_on_every_scale(scale, invalid):
    found = noisy(300, scale, 3, subset=["a", "b", "c"] * 100, cluster=np.arange(300) // 2)
    for gold in ("majority", "each", "leave-one-out"):
        result = rows(found, verify=True, policies=Policies(invalid=invalid, gold=gold))
        assert list(result) == ["all", "a", "b", "c"]
        for row in result.values():
            for name, one in row.metrics.items():
                assert one.undefined in {None, "no_order"}, name
                if one.low is not None:
                    assert one.low <= one.value <= one.high
        assert ("true_positive_rate" in result["all"].metrics) == (scale.kind == "check")


def test_witnesses_agree_on_a_mean_gold():
    found = rows(noisy(200, Scale.rate(1, 5), 3), verify=True, policies=Policies(gold="mean"))["all"]
    assert found.metrics["spearman_rho"].value > 0.5
    assert found.metrics["cohen_kappa"].undefined == "graded_gold"
    assert found.bias["mean_signed_error"].value is not None


@pytest.mark.parametrize("tie", ["class", "drop", "half", "wrong"])
@pytest.mark.parametrize("order", ["single", "both-right", "sum-of-signs", "inconsistent-tie", "mean"])
def test_witnesses_agree_under_every_policy(tie, order):
    found = noisy(200, Scale.pair(), item=np.repeat(np.arange(100), 2), swapped=[False, True] * 100)
    result = rows(found, verify=True, policies=Policies(order=order, tie=tie))["all"]
    assert result.bias["position_consistency"].value is not None
    assert result.items <= 100


def test_a_witness_that_differs_is_named():
    scored = apply(noisy(50, Scale.pair()), Policies())
    true = estimate(METRICS["cohen_kappa"], Counted.of(scored))[0]
    with pytest.raises(MismatchError, match=r"here: cohen_kappa is .* here and .* by scikit-learn"):
        verify_scored(scored, {"cohen_kappa": Estimate(true.value + 1e-6, None, None, 50)}, where="here")
    alone = verify_scored(scored, {"cohen_kappa": true, "mine": true, "undefined": Estimate.missing("no_items")})
    assert alone == {"mine": "nothing else computes it"}


def test_nothing_scored_is_an_error():
    for given, words in (
        (ratings(np.zeros(0, dtype=int), np.zeros((0, 1), dtype=int)), "no judgment"),
        (ratings([0, 1], [[-1], [-1]]), "no item has a gold label yet"),
        (ratings([-1, -1], [0, 1]), "leave no item"),
    ):
        with pytest.raises(DataError, match=words):
            rows(given, policies=Policies(invalid="drop"))


def test_a_judge_that_never_answers_scores_zero():
    row = rows(ratings([-1, -1, -1], [0, 1, 2]))["all"]
    assert (row.metrics["accuracy"].value, row.coverage) == (0.0, 0.0)
    assert {"low_coverage", "few_clusters", "prevalence"} <= set(row.warnings)


def test_warnings():
    plain = rows(noisy(400, Scale.check()))["all"]
    assert "prevalence" not in plain.warnings
    rare = rows(ratings([0, 1] * 50, [0] * 95 + [1] * 5, scale=Scale.check()))["all"]
    assert rare.warnings == ("prevalence",)
    constant = rows(ratings([0, 1] * 50, [0] * 100, scale=Scale.check()))["all"]
    assert constant.warnings == ("constant_gold",)
    left = rows(ratings([0, 1] * 50, [[0, 0]] * 49 + [[1, 1]] * 49 + [[0, 1]] * 2, scale=Scale.check()))["all"]
    assert left.warnings == ("left_out",)
    assert left.items == 98


def test_two_label_sets_that_never_meet_are_warned_about():
    """Labels 1 and 2 read against 0 and 1 gave wrong kappas in published files."""
    assert "disjoint_labels" in rows(ratings([2, 2, 1] * 20, [0] * 60))["all"].warnings


def test_half_credit_is_a_mean_and_no_proportion():
    found = rows(noisy(80, Scale.pair()), policies=Policies(tie="half"))["all"].metrics
    assert (found["accuracy"].method, found["percent_agreement"].method) == ("score-path", "share")


def test_an_empty_subset_is_said_to_be_empty():
    found = rows(ratings([0, 1, 2], [[0, 0], [1, 1], [0, 1]], subset=["a", "a", "b"]), verify=True)
    assert found["b"].items == 0
    assert {one.undefined for one in found["b"].metrics.values()} == {"no_items"}


def test_subsets_and_systems():
    given = noisy(60, Scale.check(), subset=["a", "b"] * 30, system=["m", "m", "n"] * 20)
    found = rows(given, by=("subset", "system"))
    assert list(found) == ["all", "a", "b", "system:m", "system:n"]
    assert found["system:m"].items == 40
    plain = rows(noisy(10, Scale.check()), by=("subset", "system"))
    assert list(plain) == ["all"]


def test_aggregates():
    given = noisy(300, Scale.check(), subset=["a", "b", "c"] * 100, system=["m"] * 100 + ["n"] * 200)
    found = rows(
        given,
        aggregates=[
            Aggregate("ab", ("a", "b"), (1.0, 3.0)),
            Aggregate("whole", ("ab", "c")),
            Aggregate("macro", by="system"),
            Aggregate("lost", ("a", "z")),
        ],
    )
    assert list(found) == ["all", "a", "b", "c", "ab", "whole", "macro", "lost"]
    kappa = {name: row.metrics["cohen_kappa"] for name, row in found.items()}
    assert kappa["ab"].value == pytest.approx((kappa["a"].value + 3 * kappa["b"].value) / 4)
    assert kappa["whole"].value == pytest.approx((kappa["ab"].value + kappa["c"].value) / 2)
    assert kappa["lost"].undefined == "missing_part"
    assert found["ab"].items == 200
    # Independent parts: their variances add up (but for the few-cluster factors).
    assert kappa["ab"].se == pytest.approx(np.hypot(kappa["a"].se, 3 * kappa["b"].se) / 4, rel=0.01)
    systems = rows(given, by=("system",))
    expected = (systems["system:m"].metrics["scott_pi"].value + systems["system:n"].metrics["scott_pi"].value) / 2
    assert found["macro"].metrics["scott_pi"].value == pytest.approx(expected)


def test_an_aggregate_over_shared_clusters_counts_them_once():
    """Two identical subsets on the same questions are no better than one."""
    half = noisy(100, Scale.check())
    judge, gold = np.tile(half.judge, 2), np.tile(half.gold[:, 0], 2)
    both = ratings(
        judge, gold, scale=Scale.check(), cluster=np.tile(np.arange(100), 2), subset=["a"] * 100 + ["b"] * 100
    )
    found = rows(both, aggregates=[Aggregate("mean")])
    assert found["mean"].metrics["accuracy"].se == pytest.approx(found["a"].metrics["accuracy"].se)


def test_the_order_of_items_does_not_matter():
    given = noisy(120, Scale.rate(1, 4), 2, cluster=np.arange(120) % 40)
    turn = RNG.permutation(120)
    moved = ratings(given.judge[turn], given.gold[turn], scale=given.scale, item=turn, cluster=given.cluster[turn])
    ours, theirs = rows(given)["all"], rows(moved)["all"]
    for name in ours.metrics:
        for bound in ("value", "low", "high"):
            assert getattr(ours.metrics[name], bound) == pytest.approx(getattr(theirs.metrics[name], bound))
    for name, one in ours.ceiling.items():
        assert one.value == pytest.approx(theirs.ceiling[name].value)


def test_one_more_metric_is_one_more_line():
    def miss(table):
        off = 1 - np.eye(len(table.joint))
        return Outcome(float((table.joint * off).sum()), off)

    found = rows(noisy(50, Scale.check()), metrics={"miss": Metric("miss", "disagreement", miss, low=0.0)}, verify=True)
    assert list(found["all"].metrics) == ["miss"]
    assert found["all"].metrics["miss"].low is not None


def test_a_run_brings_its_statuses_and_usage():
    scale = Scale.pair()
    run = Run(
        task="t", revision="r1", card_digest="", judge="j", settings={}, scale=scale, orders="both", repeats=1,
        reference="none", seed=0, limit=None, policies=Policies(order="both-right"), gold_source="expert",
    )  # fmt: skip
    said = []
    for i in range(30):
        one = item(f"i{i}", 2 * (i % 2), subset="s" if i < 20 else "", models=["m", "n"])
        said.append(verdict(one, 2 * (i % 2), scale))
        said.append(verdict(one, None, scale, order=(1, 0), status=Status.TRUNCATED if i < 3 else Status.FAILED))
    found = {row.subset: row for row in measure_run(run, iter(said), by_system=True, verify=True)}
    assert list(found) == ["all", "s", "(no subset)", "system:m vs n"]
    row = found["all"]
    assert row.statuses == {"ok": 30, "truncated": 3, "failed": 27}
    assert (row.coverage, row.gold, row.policies.order) == (0.5, "expert", "both-right")
    assert row.metrics["accuracy"].value == 0.0
    assert found["s"].statuses == {"ok": 20, "truncated": 3, "failed": 17}
    assert row.usage == Usage()
    again = [
        measure_run(run, iter(said), policies=Policies(order="sum-of-signs", invalid=one)) for one in ("tie", "wrong")
    ]
    assert [rows[0].metrics["accuracy"].value for rows in again] == [1.0, 0.0]


def test_sensitivity_lists_what_is_different():
    given = noisy(80, Scale.pair(), 3, item=np.repeat(np.arange(40), 2), swapped=[False, True] * 40)
    found = sensitivity(given)
    policies = [one for one, _, _ in found]
    assert len(set(policies)) == len(policies) == 5 * 4 * 3 * 4
    alone = sensitivity(noisy(40, Scale.check()))
    assert [(p.order, p.invalid) for p, _, _ in alone] == [("single", "wrong"), ("single", "drop")]
    assert list(alone[0][2]) == ["accuracy", "cohen_kappa"]
    rated = sensitivity(noisy(40, Scale.rate(1, 5)))
    assert list(rated[0][2]) == ["accuracy", "cohen_kappa", "cohen_kappa_quadratic"]


def test_names_load_no_numpy():
    code = (
        "import sys\nfrom judgebench.stats.coefficients.catalog import METRICS\n"
        "assert 'cohen_kappa' in METRICS\nassert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_measuring_loads_no_heavy_library():
    code = (
        "import sys\nimport judgebench.agreement.measure\n"
        "heavy = {'pandas', 'scipy', 'sklearn', 'krippendorff', 'datasets'}\nassert not heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_a_million_rows():
    import resource

    n = 1_000_000
    gold = RNG.integers(0, 2, n)
    judge = np.where(RNG.random(n) < 0.8, gold, 1 - gold)
    given = ratings(judge[:10], gold[:10], scale=Scale.check())
    rows(given)
    zeros = np.zeros(n, dtype=int)
    big = type(given)(
        given.scale, judge, gold[:, None], ("h",), np.arange(n), np.sort(RNG.integers(0, 200_000, n)),
        zeros, zeros.astype(bool), zeros, ("",), zeros, ("",),
    )  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert rows(big)["all"].items == n
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 * 1024


def test_a_faultless_mean_over_subsets_is_no_surer_than_its_small_ones():
    """Three items have half of the weight: the mean rests on 11 items' worth, not on 303."""
    gold = np.arange(303) % 2
    given = ratings(gold, gold, scale=Scale.check(), subset=["a"] * 3 + ["b"] * 300)
    macro = rows(given, aggregates=(Aggregate("macro"),), interval="cr1")["macro"].metrics["percent_agreement"]
    assert (macro.low, macro.high) == pytest.approx(wilson(1.0, 11))
    macro = rows(given, aggregates=(Aggregate("macro"),))["macro"].metrics["percent_agreement"]
    # Half of what three of three, and half of what 300 of 300 leave open.
    parts = share_interval(3, 3), share_interval(300, 300)
    reach = math.hypot(*(0.5 * (1 - low) for low, _ in parts))
    assert (macro.low, macro.high, macro.effective) == pytest.approx((1 - reach, 1.0, 11.88), abs=1e-3)
    even = ratings(gold[:300], gold[:300], scale=Scale.check(), subset=["a"] * 150 + ["b"] * 150)
    macro = rows(even, aggregates=(Aggregate("macro"),))["macro"].metrics["percent_agreement"]
    assert 1 - macro.low == pytest.approx(math.sqrt(0.5) * (1 - float(share_interval(150, 150)[0])))


def test_silence_is_neither_a_side_turned_round_nor_one_label():
    """It counts as wrong, and kappa is as far below 0 as that of a judge whose words are swapped."""
    gold = np.tile([0, 1], 20)

    def warned(judge):
        return set(measure(ratings(judge, gold, scale=Scale.check()), task="t", judge="j")[0].warnings)

    silent = np.full(40, -1)
    assert not {"reversed", "constant_judge"} & warned(silent)
    assert "reversed" not in warned(np.where(np.arange(40) < 14, gold, -1))
    assert "reversed" in warned(1 - gold)
    assert "reversed" in warned(np.where(np.arange(40) < 20, 1 - gold, -1))
