"""Figures that can be worked out by hand or are printed in a source, each at the function that makes it."""

from __future__ import annotations

import numpy as np
import pytest

from judgebench.agreement.alt_test.ratings import similarity
from judgebench.agreement.analysis.effects import Feature, explain, others_wrong
from judgebench.agreement.analysis.judges import slices
from judgebench.agreement.compare.standings import ranks_of, shared
from judgebench.agreement.contrasts import contrast, groups
from judgebench.agreement.correct.labelled import Sample, drift, naive, post_stratified
from judgebench.agreement.gate.operations import coverage_drop, flip_increase
from judgebench.agreement.intervals import combined, two_way_influences, within
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.pilots import pilot_pair
from judgebench.agreement.policies import apply
from judgebench.agreement.ratings import from_codes, unfinished
from judgebench.domain import Estimate, Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.kappa_drops import quantiles
from judgebench.stats.influence import Clusters, RowOutcome, combine, mean


def judged(scale, codes, gold, items=None, **shown):
    """Judges called by their position."""
    items = range(len(gold)) if items is None else items
    return [
        Judged("t", str(i), from_codes(scale, one, gold, **shown), items, items, Policies())
        for i, one in enumerate(codes)
    ]


@pytest.fixture
def approval():
    """Agresti (1990, p. 350): of 1,600 items 150 convince only the first judge, and 86 only the second."""
    codes = (np.repeat(one, [794, 150, 86, 570]) for one in ([1, 1, 0, 0], [1, 0, 1, 0]))
    return judged(Scale.check(), codes, np.ones(1600))


def test_two_judges(approval):
    _, judges = next(groups(match(approval)))
    found = contrast(*judges, METRICS["accuracy"])
    assert (found.test.value, found.test.se) == (pytest.approx(0.04), pytest.approx(0.00955, abs=5e-6))
    assert [one.value for one in shared(approval, METRICS["accuracy"]).influences] == pytest.approx([0.59, 0.55])
    power = pilot_pair(judges, "accuracy", METRICS["accuracy"])
    assert power.variance * 1599 / 1600 == pytest.approx(236 / 1600 - 0.04**2)
    assert power.design_effect == pytest.approx(1)


def test_gpt_4_on_triviaqa():
    """Thakur et al. (2024): of 1,089 wrong answers it accepts 186, of 2,506 right ones it rejects 132."""
    gold, judge = (np.repeat(codes, [903, 186, 132, 2374]) for codes in ([0, 0, 1, 1], [0, 1, 0, 1]))
    ratings = from_codes(Scale.check(), judge, gold)
    scored = apply(ratings, Policies())
    (effect,) = explain(ratings, scored).effects
    assert effect.effect.value == pytest.approx(186 / 1089 - 132 / 2506)
    wrong, right = slices(scored, [Feature("gold", gold, ("wrong", "right"))])
    assert (wrong.name, wrong.rank, right.name, right.rank) == ("wrong", 1, "right", 2)
    assert wrong.shrunken - wrong.metrics["percent_agreement"].value == pytest.approx(0.0011, abs=5e-5)


def test_llama3_on_triviaqa():
    """300 labelled rows and 3,295 others, of which the judge accepts 2,466."""
    gold, said = (np.repeat(codes, [78, 20, 8, 194]) for codes in ([0.0, 0, 1, 1], [0.0, 1, 0, 1]))
    sample = Sample.of(gold, said, np.repeat([0.0, 1.0], [829, 2466]))
    assert naive(sample).value == pytest.approx(2680 / 3595)
    assert post_stratified(sample).value == pytest.approx((915 * 8 / 86 + 2680 * 194 / 214) / 3595)
    assert drift(sample) == pytest.approx(-1.2854, abs=5e-5)


def test_three_judges_of_which_one_is_clearly_the_worst():
    items = Clusters.of(np.arange(100))
    found = ranks_of([mean((np.arange(100) * 7 % 100 < right).astype(float), items) for right in (90, 89, 40)])
    assert found.ranks == ((1, 2), (1, 2), (3, 3))
    assert found.ahead == {(0, 2), (1, 2)}


def test_how_hard_an_item_is_the_other_judges_say():
    one, two, three = (
        apply(from_codes(Scale.check(), said, [1, 1, 0]), Policies()) for said in ([1, 1, 1], [0, 0, 0], [0, 1, 0])
    )
    assert others_wrong(one, [two, three]).tolist() == [1, 0.5, 0]


def test_one_answer_of_four_is_lost_and_one_item_of_two_flips():
    lost = match(judged(Scale.check(), ([1, 1, 1, 0], [1, 1, -1, 0]), [1, 0, 1, 0]))
    assert coverage_drop(lost).worse.value == 0.25
    shown = {"item": [0, 0, 1, 1], "swapped": [False, True, False, True]}
    flipped = match(judged(Scale.pair(), ([0, 0, 2, 2], [0, 2, 2, 2]), [0, 0, 2, 2], "ij", **shown))
    assert flip_increase(flipped).worse.value == 0.5


def test_intervals_of_sums_and_differences():
    four = Clusters.of(np.arange(4))
    both = [mean(np.array(right), four) for right in ([1.0, 1, 1, 0], [1.0, 0, 1, 0])]
    found = combined(METRICS["percent_agreement"], combine(both, [0.5, 0.5]))
    assert (found.value, found.method) == (0.625, "cr2-t-logit")
    assert within(Estimate(0.9, 0.7, 1.1, 20), 1.0) == Estimate(0.9, 0.7, 1.0, 20)
    share = RowOutcome.mean(np.array([1.0, 1, 1, 0, 1, 0, 0, 0]))
    ways = [share.influences(Clusters.of(codes)) for codes in (np.arange(8) // 2, np.arange(8) % 2, np.arange(8))]
    question, system, independent = (way.cr1**2 for way in ways)
    assert two_way_influences(*ways).se ** 2 == pytest.approx(question + system - independent)


def test_bloom_s_multipliers():
    assert (quantiles(), quantiles(sides=2)) == pytest.approx((2.4865, 2.8016), abs=5e-5)
    assert quantiles(sides=2, df=2) == pytest.approx(5.3633, abs=5e-5)


def test_closeness_of_ratings():
    assert similarity(Scale.rate(1, 3), "neg-rmse")[0, 2] == -4


def test_a_run_with_fewer_verdicts_than_its_manifest_counts():
    counts = {"items": 2, "cases": 4}
    assert [unfinished(counts, 3, 2), unfinished(counts, 4, 2), unfinished({}, 4, 2)] == [True, False, False]
