"""The gate's decisions: against the reference's table, on clusters, and where there is next to nothing to decide on."""

from __future__ import annotations

import importlib.util
import math
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from judgebench.agreement.gate.decision import gate
from judgebench.agreement.gate.operations import Spent
from judgebench.agreement.gate.rules import Limits, Rules
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.power import Power
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale
from judgebench.errors import UnknownNameError, UsageError
from judgebench.stats.inference.gates import Decider, one_sided
from judgebench.stats.inference.multiplicity import holm
from judgebench.stats.influence import Clusters, mean

CHECK, PAIR = Scale.check(), Scale.pair()


@pytest.fixture(scope="module")
def simulated():
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "gate.py"
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location("benchmarks_gate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["benchmarks_gate"] = module
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before
    del sys.modules["benchmarks_gate"]
    sys.modules.pop("power", None)


def held(first, second, gold, metrics=("accuracy",), *, scale=CHECK, policies=None, **more):
    """The gate on two columns of codes."""
    shape = {name: more.pop(name) for name in ("cluster", "item", "swapped") if name in more}
    subset = more.pop("subset", None)
    scores = more.pop("scores", None)
    judged = []
    for place, codes in enumerate((first, second)):
        own = from_codes(scale, codes, gold, **shape)
        if subset is not None:
            names = tuple(dict.fromkeys(subset))
            own = replace(own, subset=np.array([names.index(name) for name in subset]), subsets=names)
        if scores is not None:
            own = replace(own, score=scores[place], has_score=np.ones(own.judge.size, bool), score_kind="probability")
        names = range(int(own.item.max()) + 1)
        judged.append(Judged("t", "ab"[place], own, names, names, policies or Policies()))
    return gate(match(judged), metrics, **more)


def worse_by(n: int, only_first: int, only_second: int, wrong: int = 0):
    """Two judges of n items whose gold is 1: right but for these."""
    first, second = np.ones(n, int), np.ones(n, int)
    second[:only_first] = 0
    first[only_first : only_first + only_second] = 0
    first[n - wrong :] = second[n - wrong :] = 0
    return first, second, np.ones(n, int)


#: statistics.md 2.4 (20,000 simulations, kappa .6, balanced, discordance .10): A, B and C by n and true drop.
TABLE = {
    (100, 0.0): (0.211, 0.056, 0.212),
    (100, 0.1): (0.787, 0.503, 0.011),
    (200, 0.05): (0.492, 0.304, 0.059),
    (500, 0.0): (0.037, 0.050, 0.548),
    (500, 0.05): (0.499, 0.553, 0.053),
    (500, 0.1): (0.966, 0.979, 0.000),
    (1000, 0.0): (0.006, 0.050, 0.807),
}
SIMS = 300


@pytest.mark.parametrize(("n", "drop"), sorted(TABLE))
def test_the_gate_decides_as_the_reference_says(simulated, n, drop):
    seen = simulated.cell(np.random.default_rng([n, int(100 * drop)]), n, drop, SIMS).shares()
    for share, told in zip(seen[:3], TABLE[n, drop], strict=True):
        assert share == pytest.approx(told, abs=4 * math.sqrt(max(told * (1 - told), 0.01) / SIMS))
    # Passing goes first: a small drop that is sure does not fail.
    assert seen[4] == seen[2]
    assert seen[3] <= seen[1]


@pytest.mark.parametrize("questions", [10, 40])
def test_false_alarms_stay_at_alpha_with_clusters(simulated, questions):
    found = simulated.clustered(np.random.default_rng(questions), questions, SIMS)
    assert found == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / SIMS))
    blind = simulated.clustered(np.random.default_rng(questions), questions, SIMS, blind=True)
    assert blind > 0.09, "items of a question taken as independent ones"


@pytest.mark.parametrize("n", [60, 100, 200])
def test_lost_answers_at_the_limit_pass_no_more_often_than_alpha(simulated, n):
    fails, passes = simulated.one_way(np.random.default_rng(n), n, 0.05, SIMS)
    assert passes <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / SIMS)
    assert fails <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / SIMS)


def test_holm_keeps_the_false_alarms_of_nine_lines_at_alpha(simulated):
    adjusted, alone = simulated.family(np.random.default_rng(5), 400, 8, 150)
    assert adjusted <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 150)
    assert alone > 0.15


@pytest.mark.parametrize(("only_first", "only_second", "closer"), [(9, 5, "fail"), (8, 7, "pass")])
def test_the_items_asked_for_are_the_fewest_that_decide_8_times_in_10(only_first, only_second, closer):
    found = held(*worse_by(100, only_first, only_second), rules=Rules(margin=0.07))
    drop = (only_first - only_second) / 100
    distance = {"fail": drop, "pass": 0.07 - drop}
    assert distance[closer] == max(distance.values())
    differences = np.repeat([1.0, -1.0, 0.0], [only_first, only_second, 100 - only_first - only_second])

    def decides(n: int) -> bool:
        quantiles = student.ppf(0.95, n - 1) + student.ppf(0.8, n - 1)
        return quantiles * math.sqrt(differences.var(ddof=1) / n) <= distance[closer]

    assert (found.state, decides(found.needed), decides(found.needed - 1)) == ("undecided", True, False)


def test_three_states():
    assert held(*worse_by(500, 60, 10)).state == "fail"
    assert held(*worse_by(500, 10, 60)).state == "pass", "an improvement never fails"
    assert held(*worse_by(2000, 50, 50)).state == "pass"
    found = held(*worse_by(100, 7, 3))
    assert found.state == "undecided"
    assert found.needed > 100
    # As many items of the same kind do decide.
    times = math.ceil(found.needed / 100)
    assert held(*worse_by(100 * times, 7 * times, 3 * times)).state == "fail"


def test_bounds_are_those_of_the_paired_interval():
    found = held(*worse_by(400, 40, 20)).lines[0]
    d = np.repeat([1.0, -1.0, 0.0], [40, 20, 340])
    se = d.std(ddof=1) / math.sqrt(400)
    assert (found.worse.value, found.worse.se) == pytest.approx((0.05, se))
    assert found.worse.low == pytest.approx(0.05 - 1.6486819 * se)
    assert found.worse.high == pytest.approx(0.05 + 1.6486819 * se)
    rest = Power("accuracy", 400, se * se * 400, 1.0, 0.15, measured=True, clusters=400)
    assert found.odds.detectable == pytest.approx(rest.detectable(), rel=1e-9)
    assert found.odds.false_alarm == pytest.approx(0.05)
    assert found.odds.false_pass == pytest.approx(0.05)


def test_strict_and_min_effect_ask_for_more():
    drop = worse_by(2000, 90, 30)  # .03, surely above 0, surely below .05
    assert held(*drop).state == "pass"
    assert held(*drop, rules=Rules(strict=True)).state == "fail"
    assert held(*drop, rules=Rules(strict=True, min_effect=0.04)).state == "pass"
    assert held(*drop, rules=Rules(strict=True, min_effect=0.02)).state == "fail"
    large = worse_by(2000, 120, 40)  # .04, surely above 0, not surely below .05
    assert held(*large).state == "fail"
    assert held(*large, rules=Rules(min_effect=0.045)).state == "undecided"
    odds = held(*large).lines[0].odds
    assert odds.false_pass == pytest.approx(0.05)
    # With many items what is no worse passes; only --strict may fail it.
    many = worse_by(40_000, 800, 400), Rules(strict=True)
    assert (held(*many[0]).state, held(*many[0], rules=many[1]).state) == ("pass", "fail")
    assert held(*many[0]).lines[0].odds.false_alarm < 1e-6
    assert held(*many[0], rules=many[1]).lines[0].odds.false_alarm == pytest.approx(0.05)


def test_silence_beyond_the_margin_fails_whatever_the_policy():
    first, second, gold = worse_by(1000, 0, 0, wrong=200)
    silent = np.where(second == gold, second, -1)
    found = held(first, silent, gold)
    assert [(line.figure, line.state) for line in found.lines] == [("accuracy", "pass"), ("coverage", "fail")]
    assert [line.figure for line in held(first, np.where(np.arange(1000) < 970, second, -1), gold).lines] == [
        "accuracy"
    ]


def test_errors_count_the_other_way_round():
    rng = np.random.default_rng(0)
    gold = rng.integers(0, 2, 400)
    good = np.where(gold == 1, 0.8, 0.2)
    poor = np.clip(good + rng.normal(0, 0.2, 400), 0.01, 0.99)
    codes = (good > 0.5).astype(int)
    worse = held(codes, codes, gold, ["brier"], scores=(good, poor), rules=Rules(strict=True)).lines[0]
    better = held(codes, codes, gold, ["brier"], scores=(poor, good)).lines[0]
    assert worse.worse.value == pytest.approx(worse.run.value - worse.baseline.value)
    assert worse.worse.value > 0.03
    assert (worse.error, worse.state, better.state) == (True, "fail", "pass")
    assert better.worse.value == pytest.approx(-worse.worse.value)
    ece = held(codes, codes, gold, ["ece"], scores=(good, poor)).lines[0]
    # Chance lifts a calibration error, so neither its bounds nor its needs are those of an error alone.
    assert ece.worse.low is not None
    assert ece.worse.value - ece.worse.low > 1.6487 * ece.worse.se
    with pytest.raises(UsageError, match="neither better nor worse"):
        held(codes, codes, gold, ["calibration_slope"], scores=(good, poor))


def test_a_few_losses_among_few_items_are_not_excluded():
    assert held(*worse_by(60, 1, 0)).state == "undecided"
    assert held(*worse_by(100, 2, 0)).state == "undecided"
    assert held(*worse_by(100, 1, 0)).state == "pass"  # Clopper-Pearson: at most .0466
    items = Clusters.of(np.arange(400))
    both = one_sided(mean(np.repeat([1.0, -1.0, 0.0], [40, 20, 340]), items), margin=0.05)
    assert both.se == both.se_high, "where the judges differ both ways, the error that is seen"


@pytest.mark.parametrize(("changed", "state"), [(3, "undecided"), (4, "undecided"), (5, "fail"), (6, "fail")])
def test_so_few_changed_verdicts_can_not_fail(changed, state):
    """Of k questions that changed, one sign of 2^k is all that speaks against chance: 1/16 for four of them."""
    gold = np.array([0, 1] * 10)
    second = gold.copy()
    second[:changed] = 1 - gold[:changed]
    found = held(gold, second, gold, ("cohen_kappa",))
    (line,) = found.lines
    assert line.state == state
    assert line.p >= 0.5**changed
    assert (line.worse.low > 0) is (state == "fail")


@pytest.mark.parametrize("metric", ["cohen_kappa", "accuracy", "gwet_ac1", "krippendorff_alpha"])
@pytest.mark.parametrize("n", [1, 2, 3, 30])
def test_identical_runs_pass(metric, n):
    gold = np.arange(n) % 2
    found = held(gold, gold, gold, [metric])
    assert (found.state, found.lines[0].reason, found.differ) == ("pass", "unchanged", 0)


def test_a_constant_judge_fails_and_is_no_error():
    rng = np.random.default_rng(1)
    gold = rng.integers(0, 2, 300)
    good = np.where(rng.random(300) < 0.9, gold, 1 - gold)
    found = held(good, np.ones(300, int), gold, ["cohen_kappa"])
    assert (found.state, found.lines[0].run.value) == ("fail", 0.0)
    # Without a value there is no decision; another figure has one.
    gold = np.ones(300, int)
    found = held(np.where(rng.random(300) < 0.9, 1, 0), gold, gold, ["cohen_kappa", "accuracy"])
    assert [line.state for line in found.lines] == ["undecided", "pass"]
    assert (found.state, found.needed, found.lines[0].reason) == ("undecided", None, "no_variation")


def test_all_answers_lost():
    gold = np.arange(200) % 2
    found = held(gold, np.full(200, -1), gold, ["cohen_kappa", "accuracy"], limits=Limits(coverage=0.02))
    assert [line.state for line in found.lines] == ["fail"] * 3
    assert "low_coverage" in found.warnings


def test_every_question_alike_is_decided_by_their_number():
    gold = np.ones(8, int)
    wrong = np.zeros(8, int)
    assert held(gold, wrong, gold).state == "fail"  # 2^-8
    few = held(gold[:3], wrong[:3], gold[:3])
    assert (few.state, few.needed, few.lines[0].p) == ("undecided", 5, 0.125)
    single = held(gold, wrong, gold, cluster=np.zeros(8, int))
    assert (single.state, single.lines[0].reason, single.needed) == ("undecided", "one_question", None)


def test_a_figure_that_moves_nowhere_passes():
    gold = np.zeros(40, int)
    first, second = np.ones(40, int), np.full(40, 2)
    found = held(first, second, gold, scale=PAIR)
    assert (found.state, found.lines[0].reason, found.differ) == ("pass", "unmoved", 40)


def test_subsets_have_lines_of_their_own():
    first, second, gold = worse_by(400, 100, 0)
    subset = ["hard"] * 200 + ["easy"] * 200
    found = held(first, second, gold, subset=subset, subsets=["all"])
    assert [(line.subset, line.state) for line in found.lines] == [("all", "fail"), ("hard", "fail"), ("easy", "pass")]
    assert len(held(first, second, gold, subset=subset, subsets=["easy"]).lines) == 2
    assert len(held(first, second, gold, subset=subset).lines) == 1
    with pytest.raises(UnknownNameError, match="Did you mean hard"):
        held(first, second, gold, subset=subset, subsets=["hart"])
    named = held(first, second, gold, subset=["all"] * 200 + ["none"] * 200, subsets=["all"])
    assert [line.subset for line in named.lines] == ["all", "(all)", "none"]


def test_one_criterion_alone_is_decided():
    first, second, gold = worse_by(400, 100, 0)
    for asked in ([], ["tone"]):
        found = held(first, second, gold, subset=["tone"] * 400, subsets=asked, criteria=True)
        assert [(line.subset, line.state) for line in found.lines] == [("tone", "fail")]
    two = held(first, second, gold, subset=["tone"] * 200 + ["facts"] * 200, criteria=True)
    assert [line.subset for line in two.lines] == ["tone", "facts"]


def test_holm_goes_over_all_lines():
    first, second, gold = worse_by(300, 20, 8)
    found = held(first, second, gold, ["accuracy", "gwet_ac1", "cohen_kappa"], limits=Limits(coverage=0.01))
    p = [1.0 if line.p is None else line.p for line in found.lines]
    assert len(p) == 4
    told = [1.0 if line.p_holm is None else line.p_holm for line in found.lines]
    assert told == pytest.approx(holm(p).tolist())
    alone = held(first, second, gold).lines[0]
    assert alone.state == "fail"
    assert found.lines[0].p == alone.p
    assert found.lines[0].odds.false_alarm == pytest.approx(0.05 / 4)


def test_operations_have_bounds_and_states():
    n = 120
    item, swapped = np.repeat(np.arange(n), 2), np.tile([False, True], n)
    rng = np.random.default_rng(2)
    gold = np.repeat(rng.choice([0, 2], n), 2)
    steady, turning = gold.copy(), gold.copy()
    turning[1 : 2 * 40 : 2] = 2 - turning[1 : 2 * 40 : 2]
    turning[-1] = -1
    base = {i: Spent(0.001, 1.0 + i / n) for i in range(n)}
    dear = {i: Spent(0.0015 + 0.0001 * (i % 3), (1.0 + i / n) * (1.02 if i % 2 else 0.99)) for i in range(n)}
    limits = Limits(coverage=0.05, flips=0.05, cost=0.2, latency=0.2)
    found = held(
        steady, turning, gold, ["accuracy"], scale=PAIR, item=item, swapped=swapped, limits=limits, spent=(base, dear)
    )
    lines = {line.figure: line for line in found.lines}
    assert {name: line.state for name, line in lines.items()} == {
        "accuracy": "fail",
        "coverage": "pass",
        "flip_rate": "fail",
        "cost": "fail",
        "latency": "pass",
    }
    assert lines["flip_rate"].worse.value == pytest.approx(41 / 120)
    assert lines["coverage"].worse.value == pytest.approx(1 / 240)
    assert lines["cost"].worse.value == pytest.approx(0.6)
    assert all(line.worse.low <= line.worse.value <= line.worse.high for line in found.lines)
    # A rise that is sure, and allowed, is no failure: it is a maximum that was named.
    small = held(
        steady, steady, gold, ["accuracy"], scale=PAIR, item=item, swapped=swapped,
        limits=Limits(latency=0.2), spent=(base, {i: Spent(None, 1.01 * one.seconds) for i, one in base.items()}),
    )  # fmt: skip
    assert (small.state, small.lines[1].worse.value) == ("pass", pytest.approx(0.01))
    unknown = {i: Spent(None, 1.0) for i in range(n)}
    priceless = held(
        steady, steady, gold, ["accuracy"], scale=PAIR, item=item, swapped=swapped,
        limits=Limits(cost=0.1), spent=(base, unknown),
    )  # fmt: skip
    assert (priceless.state, priceless.lines[1].reason) == ("undecided", "unknown_price")
    free = {i: Spent(0.0, 0.0) for i in range(n)}
    for before, after, state in ((free, free, "pass"), (free, base, "undecided")):
        cost = held(
            steady, steady, gold, ["accuracy"], scale=PAIR, item=item, swapped=swapped,
            limits=Limits(cost=0.1), spent=(before, after),
        ).lines[1]  # fmt: skip
        assert cost.state == state
    with pytest.raises(UsageError, match="both orders"):
        held(*worse_by(20, 1, 1), limits=Limits(flips=0.1))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Rules(margin=0), "^margin"),
        (lambda: Rules(margin=math.nan), "^margin"),
        (lambda: Rules(alpha=0.5), "^alpha"),
        (lambda: Rules(alpha=0), "^alpha"),
        (lambda: Rules(min_effect=0.06), "^min_effect"),
        (lambda: Limits(cost=0), "^max_cost_increase"),
        (lambda: Limits(flips=-0.1), "^max_flip_increase"),
        (lambda: Limits(latency=math.inf), "^max_latency_increase"),
        (lambda: Limits(coverage=math.nan), "^max_coverage_drop"),
    ],
)
def test_rules_that_make_no_sense_are_refused(make, says):
    with pytest.raises(UsageError, match=says):
        make()


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 40),
    seed=st.integers(0, 10_000),
    clusters=st.integers(1, 10),
    strict=st.booleans(),
    metric=st.sampled_from(["cohen_kappa", "accuracy", "macro_f1", "krippendorff_alpha"]),
)
def test_any_two_runs_are_decided(n, seed, clusters, strict, metric):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 2, n)
    first, second = rng.integers(-1, 2, (2, n))
    cluster = rng.integers(0, clusters, n)
    found = held(
        first, second, gold, [metric], cluster=cluster, rules=Rules(strict=strict), limits=Limits(coverage=0.1)
    )
    turned = held(
        second, first, gold, [metric], cluster=cluster, rules=Rules(strict=strict), limits=Limits(coverage=0.1)
    )
    again = held(
        first, second, gold, [metric], cluster=cluster, rules=Rules(strict=strict), limits=Limits(coverage=0.1)
    )
    assert found == again
    for line, other in zip(found.lines, turned.lines, strict=True):
        assert line.worse.value is None or line.worse.value == pytest.approx(-other.worse.value, abs=1e-12)
        assert {line.state, other.state} != {"fail"}, "no pair of runs is worse either way"
        assert line.state != "fail" or line.worse.value > 0
        if line.odds is not None:
            odds = line.odds
            assert all(-1e-9 <= one <= 1 + 1e-9 for one in (odds.false_alarm, odds.power, odds.passes, odds.false_pass))
            assert odds.false_alarm <= 0.05 + 1e-9
        assert line.needed is None or line.needed > n - 1


@settings(max_examples=60, deadline=None)
@given(se=st.floats(1e-4, 1), drop=st.floats(-1, 1), df=st.integers(1, 500), strict=st.booleans())
def test_states_are_probabilities(se, drop, df, strict):
    gate_ = Decider(se, 2 * se, 0.05, df=df, threshold=0.05 if strict else 0.0)
    found = gate_.states(drop)
    assert found.fails + found.passes + found.undecided == pytest.approx(1)
    assert gate_.states(gate_.detectable()).fails == pytest.approx(0.8)
