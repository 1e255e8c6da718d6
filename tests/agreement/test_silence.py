"""Silence never pays: no figure gets better where a judge withholds answers that would have been wrong."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement, product

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from test_sequences import rank_rows, step_rows

from judgebench.agreement.bias import retest_agreement
from judgebench.agreement.compare.compare import compare
from judgebench.agreement.gate.decision import gate
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.measure import measure
from judgebench.agreement.policies import apply, table_of
from judgebench.agreement.ratings import from_codes
from judgebench.domain import Policies, Scale
from judgebench.stats import withheld
from judgebench.stats.coefficients import continuous
from judgebench.stats.coefficients.catalog import BIASES, CLASS_METRICS, METRICS, ROW_METRICS, class_metric
from judgebench.stats.coefficients.krippendorff import alpha_units, least_alpha
from judgebench.stats.coefficients.metric_sets import fits

seeds = st.integers(0, 2**32 - 1)
#: Rounding, and what a search for the least favourable completion may miss.
SLACK = 1e-9
FIVE, NAMES = Scale.rate(1, 5), Scale.categories(["red", "green", "blue", "grey"])
#: Scales, policies, games per item, and the numbers beside verdicts.
CASES = {
    "check": (Scale.check(), Policies(), 1, ""),
    "check, probabilities": (Scale.check(), Policies(), 1, "probability"),
    "check, both right": (Scale.check(), Policies(order="both-right"), 2, ""),
    "pair of two": (Scale.pair(2), Policies(), 2, ""),
    "pair": (Scale.pair(), Policies(), 2, ""),
    "pair, both right": (Scale.pair(), Policies(order="both-right"), 2, ""),
    "pair, a flip is a tie": (Scale.pair(), Policies(order="inconsistent-tie"), 2, ""),
    "pair, signs": (Scale.pair(), Policies(order="sum-of-signs"), 2, ""),
    "pair, no tie": (Scale.pair(), Policies(tie="drop"), 1, ""),
    "pair, wrong ties": (Scale.pair(), Policies(tie="wrong"), 1, ""),
    "pair, half ties": (Scale.pair(5, both_bad=True), Policies(tie="half"), 1, ""),
    "pair, probabilities": (Scale.pair(), Policies(), 1, "probability"),
    "pick": (Scale.pick(3), Policies(), 2, ""),
    "names": (NAMES, Policies(), 1, ""),
    "ratings": (FIVE, Policies(), 1, ""),
    "ratings, scores": (FIVE, Policies(), 1, "score"),
    "ratings, mean gold": (FIVE, Policies(gold="mean"), 1, "score"),
    "ratio": (Scale("rate", ("0", "1", "3", "9"), "ratio", (0.0, 1.0, 3.0, 9.0)), Policies(), 1, ""),
}


def judged(rng, scale, games, numbers, annotators=1):
    """A judge that is right more or less often, on items of which some labels are rare."""
    q, n = len(scale.labels), int(rng.integers(6, 30))
    weights = rng.dirichlet(np.full(q, rng.choice([0.5, 3.0])))
    gold = np.column_stack([rng.choice(q, n, p=weights) for _ in range(annotators)])
    truth = np.repeat(gold[:, 0], games)
    judge = np.where(rng.random(n * games) < rng.uniform(0.3, 1.0), truth, rng.integers(0, q, n * games))
    judge[rng.random(judge.size) < rng.choice([0.0, 0.1])] = -1
    made = ratings(
        judge,
        np.repeat(gold, games, axis=0),
        scale=scale,
        item=np.repeat(np.arange(n), games),
        swapped=[False, True] * n if games == 2 else None,
    )
    if not numbers:
        return made
    top = q - 1
    if numbers == "probability":
        side = np.where(judge >= 0, judge / top, 0.5)
        values = np.clip(np.round(side + rng.normal(0, 0.2, judge.size), 1), 0, 1)
    else:
        values = np.clip(np.round(judge + rng.normal(0, 0.5, judge.size), 1), 0, top) + scale.values[0]
    return replace(made, score=np.where(judge >= 0, values, 0.0), has_score=judge >= 0, score_kind=numbers)


def wrong_rows(made, policies):
    """Judgments that are wrong: the verdict, and the number where there is one."""
    gold = made.gold[:, 0] if policies.gold != "mean" else made.gold.mean(axis=1)
    wrong = (made.judge >= 0) & (made.judge != gold)
    if made.score_kind == "probability":
        side = np.sign(2 * gold - (len(made.scale.values) - 1))
        # A wrong number, too: one on gold's side earns something whatever the verdict is.
        wrong &= (made.score - 0.5) * side < 0
    if policies.order in {"inconsistent-tie", "sum-of-signs"}:
        # Two games that differ make a tie: where gold is one the judge is right, and a wrong label in its place could
        # raise a weighted kappa that is below chance.
        whole = apply(made, policies)
        wrong &= ~np.isin(made.item, whole.item[whole.judge == whole.gold])
    return np.flatnonzero(wrong)


def silenced(made, rows):
    judge = made.judge.copy()
    judge[rows] = -1
    if made.has_score is None:
        return replace(made, judge=judge)
    return replace(made, judge=judge, has_score=made.has_score & (judge >= 0))


def figures(made, policies):
    """Every figure of a row, with what is best: more (1), less (-1), or whichever is nearer to 0 (0)."""
    # Values alone are looked at: the interval that costs least.
    row = measure(made, task="t", judge="j", policies=policies, interval="cr1")[0]
    found = {}
    for name, one in {**row.metrics, **row.bias, "retest": retest_agreement(made)}.items():
        line = METRICS.get(name) or ROW_METRICS.get(name) or BIASES.get(name)
        if name in {"position_consistency", "retest"}:
            sense = 1
        elif name == "positive_rate_difference" and policies.order == "both-right":
            # Games that contradict each other say neither, and are left out.
            continue
        elif name in {"mean_signed_error", "score_mean_signed_error", "positive_rate_difference"}:
            sense = 0
        elif line.directional:
            continue
        else:
            sense = -1 if line.perfect == 0 else 1
        found[name] = sense, one
    for label, scores in row.classes.items():
        found |= {f"{name} of {label}": (1, getattr(scores, name)) for name in CLASS_METRICS}
    return found


def improved(before, after):
    """Figures that got better, and by how much."""
    found = {}
    for name, (sense, one) in before.items():
        other = after[name][1] if name in after else None
        if one.value is None or other is None or other.value is None:
            continue
        gain = abs(one.value) - abs(other.value) if sense == 0 else sense * (other.value - one.value)
        if gain > SLACK:
            found[name] = one.value, other.value
    return found


def drawn(case, seed):
    """Judgments of a case, the same with some wrong answers withheld, and the policies."""
    scale, policies, games, numbers = CASES[case]
    rng = np.random.default_rng(seed)
    made = judged(rng, scale, games, numbers, annotators=2 if policies.gold == "mean" else 1)
    assume(apply(made, policies).size > 0)
    wrong = wrong_rows(made, policies)
    return made, silenced(made, wrong[rng.random(wrong.size) < rng.choice([0.2, 0.5, 1.0])]), policies


@pytest.mark.parametrize("case", CASES)
@quick
@given(seed=seeds)
def test_wrong_answers_turned_into_silence_improve_nothing(case, seed):
    made, silent, policies = drawn(case, seed)
    assert improved(figures(made, policies), figures(silent, policies)) == {}


@pytest.mark.parametrize("case", CASES)
@settings(quick, max_examples=4)
@given(seed=seeds)
# Its tau-b is least beside tables on which it is undefined.
@example(seed=3983341)
def test_intervals_of_judges_that_withhold_hold_the_value(case, seed):
    _, silent, policies = drawn(case, seed)
    for one in measure(silent, task="t", judge="j", policies=policies)[0].metrics.values():
        assert one.low is None or one.low <= one.value <= one.high


@pytest.mark.parametrize("scale", [Scale.check(), Scale.pair(2)])
@pytest.mark.parametrize("sizes", ["ones", "threes", "giant"])
@settings(quick, max_examples=2)
@given(seed=seeds)
def test_on_two_labels_a_withheld_error_is_an_error_in_every_interval(scale, sizes, seed):
    rng = np.random.default_rng(seed)
    gold = (rng.random(90) < rng.uniform(0.1, 0.9)).astype(int)
    judge = np.where(rng.random(90) < 0.8, gold, 1 - gold)
    group = {"ones": np.arange(90), "threes": np.arange(90) // 3, "giant": np.maximum(np.arange(90) - 40, 0) // 2}
    said = ratings(judge, gold, scale=scale, cluster=group[sizes])
    withheld = silenced(said, np.flatnonzero(judge != gold)[::2])
    one, other = (measure(made, task="t", judge="j")[0] for made in (said, withheld))

    def shown(row):
        # P+ leaves them out: it is a direction.
        found = {name: one for name, one in row.metrics.items() if not METRICS[name].directional}
        found |= {(label, name): getattr(own, name) for label, own in row.classes.items() for name in CLASS_METRICS}
        parts = ("value", "low", "high", "effective", "n")
        return {(name, part): getattr(one, part) for name, one in found.items() for part in parts}

    assert shown(other) == pytest.approx(shown(one), abs=1e-9)


@pytest.mark.parametrize("kind", ["rank", "steps"])
@quick
@given(seed=seeds)
def test_the_same_of_orders_and_steps(kind, seed):
    rng = np.random.default_rng(seed)
    if kind == "rank":
        orders = [tuple(tuple(rng.permutation(4).tolist()) for _ in range(2)) for _ in range(12)]
        said, gold = [judge for judge, _ in orders], [[own] for _, own in orders]
    else:
        draws = [tuple((rng.random(3) < 0.7).astype(int).tolist() for _ in range(2)) for _ in range(12)]
        said, gold = [tuple(judge) for judge, _ in draws], [[tuple(own)] for _, own in draws]

    def wrong(one, own):
        return one != own if kind == "rank" else all(a != b for a, b in zip(one, own, strict=True))

    def made(verdicts):
        if kind == "rank":
            return rank_rows(*((own[0], one) for own, one in zip(gold, verdicts, strict=True)))
        return step_rows(*(((own[0],), one) for own, one in zip(gold, verdicts, strict=True)))

    silent = [
        # Any other order, or a check that is wrong at every step.
        None if wrong(one, own[0]) and rng.random() < 0.7 else one
        for one, own in zip(said, gold, strict=True)
    ]
    assert improved(figures(made(said), Policies()), figures(made(silent), Policies())) == {}


def every_completion(counts, column, free):
    """All ways to give silent rows wrong labels, row by row."""
    waiting = np.flatnonzero(counts[:, column])
    ways = [combinations_with_replacement(np.flatnonzero(free[gold]), int(counts[gold, column])) for gold in waiting]
    for way in product(*ways):
        found = counts.copy()
        found[:, column] = 0
        for gold, labels in zip(waiting, way, strict=True):
            np.add.at(found[gold], list(labels), 1)
        yield found


@pytest.mark.parametrize("scale", [Scale.check(), Scale.pair(), Scale.rate(1, 4), Scale.categories(["a", "b", "c"])])
@quick
@given(seed=seeds)
# MCC: the worst place leaves all verdicts alike, and the figure without a value.
@example(seed=69)
def test_no_completion_is_less_favourable(scale, seed):
    rng = np.random.default_rng(seed)
    q = len(scale.labels)
    counts = np.zeros((q + 2, q + 2), dtype=np.int64)
    gold = rng.integers(0, q, rng.integers(3, 14))
    judge = np.where(rng.random(gold.size) < rng.uniform(0.2, 1), gold, rng.integers(0, q, gold.size))
    np.add.at(counts, (gold, judge), 1)
    np.add.at(counts, (rng.integers(0, q, 3), q + 1), 1)
    free = np.zeros(counts.shape, dtype=bool)
    free[:, :q] = True
    np.fill_diagonal(free, val=False)
    policies = Policies()
    table = table_of(counts, scale, policies)
    others = [table_of(one, scale, policies) for one in every_completion(counts, q + 1, free)]
    metrics = {
        name: metric
        for name, metric in METRICS.items()
        if fits(metric, scale.kind, scale.level, places=len(scale.values), tie=scale.tie is not None)
        and not (metric.directional or metric.misses)
    }
    metrics |= {f"{name} {code}": class_metric(name, code) for name in ("precision", "f1") for code in range(q)}
    for name, metric in metrics.items():
        sense = -1 if metric.perfect == 0 else 1
        values = [sense * found for one in others if (found := metric(one).value) is not None]
        outcome = metric(table)
        if not values:
            continue
        assert sense * outcome.value <= min(values) + SLACK, name
        # The gradient by silent rows is that of the labels they take, and the value that of the completed table.
        whole = outcome.completion.table
        assert metric(whole).value == pytest.approx(outcome.value, abs=1e-12)
        assert (table.joint * outcome.gradient).sum() == pytest.approx((whole.joint * metric(whole).gradient).sum())
        if name in {"cohen_kappa", "scott_pi", "krippendorff_alpha_nominal", "cohen_kappa_quadratic", "lin_ccc"}:
            assert sense * outcome.value == pytest.approx(min(values), abs=1e-12), name


@quick
@given(seed=seeds)
def test_no_number_is_less_favourable(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 14))
    gold = rng.integers(1, 6, n).astype(float)
    share = rng.random()
    judge = np.clip(share * gold + (1 - share) * rng.uniform(1, 5, n), 1, 5)
    own = rng.random(n) < rng.choice([0.4, 0.8])
    for name, function in (
        ("score_pearson_r", continuous.pearson),
        ("score_lin_ccc", continuous.concordance),
        ("score_icc_a1", continuous.icc_agreement),
        ("score_mean_absolute_error", continuous.mean_absolute_error),
    ):
        found = withheld.completed(name, gold, judge, own, 1.0, 5.0)
        value = function(gold, found).value
        assert np.array_equal(found[own], judge[own])
        for _ in range(20):
            other = np.where(own, judge, rng.uniform(1, 5, n))
            tried = function(gold, other).value
            if value is not None and tried is not None:
                assert tried <= value + SLACK if "error" in name else tried >= value - SLACK


@quick
@given(seed=seeds)
def test_no_labels_make_alpha_with_the_judge_less(seed):
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 3, (8, 3))
    codes[rng.random(8) < 0.3, 0] = -1
    silent = np.arange(8) < 4
    level = rng.choice(["nominal", "interval"])
    found = alpha_units(least_alpha(codes, silent, 3, np.arange(3.0), level), 3, np.arange(3.0), level)
    said = alpha_units(codes, 3, np.arange(3.0), level)
    assert isinstance(said, str) or found[0] <= said[0] + SLACK


@pytest.fixture(scope="module")
def pair_of_judges():
    """The same 1,000 checks, 800 of them right; the second judge withholds its 200 errors."""
    gold = np.repeat([1, 0], [700, 300])
    said = gold.copy()
    wrong = np.r_[np.arange(130), np.arange(700, 770)]
    said[wrong] = 1 - gold[wrong]
    second = said.copy()
    second[wrong] = -1
    items = list(range(1000))
    return match(
        [
            Judged("t", name, from_codes(Scale.check(), codes, gold), items, items, Policies())
            for name, codes in (("answers", said), ("withholds", second))
        ]
    )


def test_a_judge_that_withholds_its_errors_is_no_better(pair_of_judges):
    first, second = pair_of_judges.ratings
    before, after = figures(first, Policies()), figures(second, Policies())
    assert {name: one.value for name, (_, one) in before.items()} == pytest.approx(
        {name: one.value for name, (_, one) in after.items()}
    )
    found = compare(pair_of_judges)
    assert found.outcome == "undecided"
    assert found.coverage == (1.0, 0.8)
    assert "unequal_coverage" in found.warnings
    assert all(line.difference.value == pytest.approx(0) for line in found.lines)


def test_the_gate_sees_what_was_withheld(pair_of_judges):
    found = gate(pair_of_judges)
    assert found.state == "fail"
    states = {line.figure: line.state for line in found.lines}
    assert states["coverage"] == "fail"
    assert states["cohen_kappa"] == "pass"


def test_silence_on_one_order_confirms_nothing():
    """Games A and nothing: not consistent, not right in both orders, nor by the sum of signs."""
    made = ratings([0, -1] * 20, [0, 0] * 20, item=np.repeat(np.arange(20), 2), swapped=[False, True] * 20)
    row = measure(made, task="t", judge="j")[0]
    assert row.bias["position_consistency"].value == 0
    for order in ("both-right", "sum-of-signs", "inconsistent-tie"):
        assert not (apply(made, Policies(order=order)).judge == 0).any()
