"""Sample sizes: the reference's table to the item, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from agreement_cases import benchmark, ratings
from scipy.special import bdtr as binomial

from judgebench.agreement.matching import Judged
from judgebench.agreement.pilots import pilot, pilot_single
from judgebench.agreement.policies import apply
from judgebench.agreement.power import Power, from_figures
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.kappa_drops import (
    Rates,
    equal_rates,
    kappa_drop_variance,
    kappa_of,
    quantiles,
    rates_of,
)


# Reference 2.3: one-sided 5 %, power 80 %.
@pytest.mark.parametrize(
    ("drop", "sides", "expected"),
    [(0.05, 1, (122, 246, 493, 740)), (0.025, 1, (493, 988, 1977, 2966)), (0.05, 2, (155, 312, 626, 940))],
)
def test_paired_accuracy(drop, sides, expected):
    found = tuple(benchmark("power").accuracy_drop_items(drop, d, sides=sides) for d in (0.05, 0.1, 0.2, 0.3))
    assert found == expected


# Reference 2.3: a drop of .05, by base rate and kappa, at discordance 5, 10 and 20 %.
@pytest.mark.parametrize(
    ("base", "kappa", "expected"),
    [
        (0.5, 0.6, (489, 984, 1973)),
        (0.5, 0.8, (489, 984, 1973)),
        (0.7, 0.6, (537, 1080, 2167)),
        (0.7, 0.8, (603, 1212, None)),
        (0.9, 0.6, (1142, 2297, 4607)),
        (0.9, 0.8, (2066, None, None)),
    ],
)
def test_paired_kappa(base, kappa, expected):
    for discordance, items in zip((0.05, 0.1, 0.2), expected, strict=True):
        if items is None:
            with pytest.raises(ValueError, match="no judges with kappas"):
                kappa_drop_variance(base, kappa, 0.05, discordance)
            continue
        variance = kappa_drop_variance(base, kappa, 0.05, discordance)
        assert Power("cohen_kappa", None, variance, 1.0, discordance, measured=False).items_for(0.05) == items


def test_a_tiny_level_has_a_finite_quantile():
    """Normal quantiles of 1e-20 (R: ``qnorm(1e-20, lower.tail = FALSE)``) and .8."""
    assert quantiles(alpha=1e-20) == pytest.approx(9.262340089798408 + 0.8416212335729143, abs=1e-9)


def test_few_clusters_take_the_quantiles_of_the_test_that_is_run():
    """Three questions: t with 2 degrees of freedom, 4.3027 + 1.0607, where the normal has 2.80."""
    one = Power("cohen_kappa", 200, 0.4, 1.0, 0.1, measured=True, clusters=3)
    found = one.detectable(sides=2)
    assert found == pytest.approx((4.302652729749462 + 1.060660171779821) * math.sqrt(0.4 / 200), rel=1e-9)
    assert one.items_for(found, sides=2) == 200
    assert one.items_for(found * 0.99, sides=2) > 200
    # With many questions the two agree.
    many = Power("cohen_kappa", 10**6, 0.4, 1.0, 0.1, measured=True, clusters=10**6)
    alone = Power("cohen_kappa", 10**6, 0.4, 1.0, 0.1, measured=True)
    assert many.items_for(0.05) == pytest.approx(alone.items_for(0.05), rel=0.01)


def test_few_questions_show_nothing_that_there_can_be():
    """With 2 degrees of freedom t asks for more than the whole range of a share, or of kappa above chance."""
    gold = np.array([1, 0, 1, 0, 1, 0, 1, 0])
    said = [np.array([1, 0, 1, 0, 1, 0, 0, 0]), np.array([0, 1, 1, 0, 0, 1, 0, 1])]
    sides = [ratings(one, gold, scale=Scale.check(), cluster=np.arange(8) % 3) for one in said]
    judged = [Judged("t", name, one, range(8), "012", Policies()) for name, one in zip("ab", sides, strict=True)]
    for metric in ("cohen_kappa", "percent_agreement"):
        found = pilot(judged, metric, METRICS, drop=0.1)
        assert found.reach == 1
        assert found.detectable(sides=2) > 1
        assert found.possible(found.detectable(sides=2)) is None
        assert found.possible(found.detectable(800, sides=2)) == found.detectable(800, sides=2)


def test_two_sided_and_clusters_multiply():
    one = Power("cohen_kappa", 500, 0.4, 1.0, 0.1, measured=False)
    assert one.items_for(0.05, sides=2) / one.items_for(0.05) == pytest.approx(1.27, abs=0.01)
    assert Power("cohen_kappa", 500, 0.4, 2.0, 0.1, measured=False).items_for(0.05) == pytest.approx(
        2 * one.items_for(0.05), abs=1
    )
    assert one.detectable(one.items_for(0.05)) == pytest.approx(0.05, abs=1e-4)
    assert Power("cohen_kappa", None, 0.4, 1.0, 0.1, measured=False).detectable() is None


def test_the_items_asked_for_find_the_drop_in_simulation():
    """Base rate .7, kappa .6 to .55, discordance 10 %: 1,080 items find the drop in about 80 % of 600 runs."""
    base, d, n, runs = 0.7, 0.1, 1080, 600
    better, worse = equal_rates(base, 0.6).tpr, equal_rates(base, 0.55).tpr
    only_a, only_b = (d + better - worse) / 2, (d - better + worse) / 2
    cells = np.array([better - only_a, only_a, only_b, 1 - better - only_b])
    rng = np.random.default_rng(5)
    counts = rng.multinomial(n, np.concatenate([base * cells, (1 - base) * cells]), runs)
    joint = counts.reshape(runs, 2, 2, 2) / n  # class (correct first), first wrong, second wrong

    def kappa_and_influence(wrong_axis):
        right = joint.sum(axis=5 - wrong_axis)[:, :, 0]
        po, gold = right.sum(axis=1), joint.sum(axis=(2, 3))[:, 0]
        said = right[:, 0] + (1 - gold - right[:, 1])
        pe = gold * said + (1 - gold) * (1 - said)
        influences = np.empty((runs, 2, 2))
        for c in (0, 1):
            for w in (0, 1):
                judge = c ^ w
                dpe = (said if c == 0 else 1 - said) + (gold if judge == 0 else 1 - gold) - 2 * pe
                influences[:, c, w] = (((w == 0) - po) * (1 - pe) - (1 - po) * dpe) / (1 - pe) ** 2
        return (po - pe) / (1 - pe), influences

    (k_a, a), (k_b, b) = kappa_and_influence(2), kappa_and_influence(3)
    gap = a[:, :, :, None] - b[:, :, None, :]
    se = np.sqrt((joint * gap**2).sum(axis=(1, 2, 3)) / n)
    power = float(((k_a - k_b) / se > 1.6449).mean())
    assert power == pytest.approx(0.8, abs=3.5 * math.sqrt(0.16 / runs))


def test_both_natural_judges_are_there_where_one_can_not_differ_as_often_as_is_assumed():
    """Base rate .05, kappa .6: a judge with gold's margins errs on 3.8 %, and one a little worse on 4.3 %."""
    found = from_figures(0.05, 0.6, 0.05)
    assert (found.model, found.other.model) == ("equal-margins", "equal-rates")
    assert (found.discordance, found.other.discordance) == (pytest.approx(0.081, abs=0.002), 0.1)
    assert found.items_for(0.05) > 4 * found.other.items_for(0.05)
    # Where the discordance is said, a judge who can't have it is not meant.
    assert from_figures(0.05, 0.6, 0.05, 0.1).other is None


def test_a_pilot_of_one_judge():
    rng = np.random.default_rng(2)
    gold = (rng.random(2000) < 0.7).astype(int)
    judge = np.where(rng.random(2000) < 0.821, gold, 1 - gold)
    scored = apply(ratings(judge, gold, scale=Scale.parse("check"), cluster=np.arange(2000)), Policies())
    found = pilot_single(scored, METRICS["cohen_kappa"], drop=0.05)
    assert not found.measured
    assert found.design_effect == pytest.approx(1.0)
    assert found.items_for(0.05) == pytest.approx(1080, rel=0.1)
    doubled = apply(
        ratings(np.tile(judge, 2), np.tile(gold, 2), scale=Scale.parse("check"), cluster=np.tile(np.arange(2000), 2)),
        Policies(),
    )
    assert pilot_single(doubled, METRICS["cohen_kappa"], drop=0.05).design_effect == pytest.approx(2.0, rel=1e-3)
    labels = apply(ratings(judge, gold, scale=Scale.parse("nominal:a,b,c")), Policies())
    assert pilot_single(labels, METRICS["accuracy"], drop=0.05).items_for(0.05) > 0
    # A tenth of the items, the discordance assumed, makes no drop of .2; a fifth of them does (Connor: 29 items).
    assert pilot_single(labels, METRICS["accuracy"], drop=0.2).items_for(0.2) == pytest.approx(25, abs=4)
    perfect = apply(ratings(gold, gold, scale=Scale.parse("check")), Policies())
    assert pilot_single(perfect, METRICS["cohen_kappa"], drop=0.05) is None


@pytest.mark.parametrize("wrong", [{"alpha": 0}, {"power": 1}, {"power": 0.01}, {"sides": 3}])
def test_impossible_figures(wrong):
    with pytest.raises(ValueError, match="alpha"):
        quantiles(**wrong)
    with pytest.raises(ValueError, match="drop"):
        Power("x", 5, 0.1, 1.0, 0.1, measured=True).items_for(0)
    with pytest.raises(ValueError, match="at least the drop"):
        benchmark("power").accuracy_drop_items(0.2, 0.1)


def test_items_are_all_items_where_a_rate_is_about_some():
    judge, gold = [1, 0, 1, 0, 0, 0, 0, 1] * 10, [1, 1, 1, 0, 0, 0, 0, 0] * 10
    found = pilot_single(
        apply(ratings(judge, gold, scale=Scale.check()), Policies()), METRICS["true_positive_rate"], drop=0.1
    )
    assert found.items == 80


def test_a_pilot_that_is_wrong_throughout():
    scored = apply(ratings([2, 2, 0, 0, 1], [1, 0, 1, 2, 2], scale=Scale.parse("rate:1-3")), Policies())
    assert pilot_single(scored, METRICS["cohen_kappa_quadratic"], drop=0.05).variance > 0


@pytest.mark.parametrize(("base", "kappa", "discordance"), [(0.7, 0.6, 0.1), (0.9, 0.6, 0.1), (0.9, 0.8, 0.05)])
def test_judges_with_golds_margins_find_what_was_promised(base, kappa, discordance):
    """With the items for judges as often right on both classes it is .70, .37 and .56."""
    found = from_figures(base, kappa, 0.05, discordance)
    assert (found.model, found.other.model) == ("equal-margins", "equal-rates")
    rng, bench, sims = np.random.default_rng(7), benchmark("power"), 1500
    for n, told in ((found.items_for(0.05), 0.8), (found.other.items_for(0.05), None)):
        drop, se = bench.drops(rng, sims, n, base, found.rates, 0.05, discordance)
        seen = float((drop > 1.6448536 * se).mean())
        assert seen == pytest.approx(told, abs=0.04) if told else seen < 0.72


@pytest.mark.parametrize("base", [0.5, 0.7, 0.95])
@pytest.mark.parametrize("kappa", [0.2, 0.6, 0.9])
def test_rates_give_the_kappa_they_are_of(base, kappa):
    for rates in (equal_rates(base, kappa), rates_of(base, kappa, base)):
        assert kappa_of(base, rates) == pytest.approx(kappa)
    matched = rates_of(base, kappa, base)
    assert matched == pytest.approx((base + kappa * (1 - base), 1 - base + kappa * base))
    assert base * matched.tpr + (1 - base) * (1 - matched.tnr) == pytest.approx(base)
    split = 1.5 * (equal_rates(base, kappa).tpr - equal_rates(base, kappa - 0.01).tpr)
    told = kappa_drop_variance(base, kappa, 0.01, split, equal_rates(base, kappa))
    assert told == pytest.approx(kappa_drop_variance(base, kappa, 0.01, split))


def test_rates_that_are_given_leave_no_range():
    for found in (from_figures(0.8, None, 0.05, rates=Rates(0.9, 0.7)), from_figures(0.8, 0.6, 0.05, said=0.75)):
        assert (found.model, found.other) == ("given", None)
    assert from_figures(0.8, None, 0.05, rates=Rates(0.9, 0.7)).value == pytest.approx(kappa_of(0.8, Rates(0.9, 0.7)))
    with pytest.raises(ValueError, match="no judge accepts"):
        from_figures(0.9, 0.9, 0.05, said=0.2)


def test_a_pilots_own_rates_are_used():
    rng = np.random.default_rng(2)
    gold = (rng.random(2000) < 0.9).astype(int)
    judge = np.where(rng.random(2000) < np.where(gold == 1, 0.97, 0.7), gold, 1 - gold)
    scored = apply(ratings(judge, gold, scale=Scale.check()), Policies())
    found = pilot_single(scored, METRICS["cohen_kappa"], drop=0.05)
    assert found.rates == pytest.approx(((judge[gold == 1] == 1).mean(), (judge[gold == 0] == 0).mean()))
    assert found.variance > 1.5 * kappa_drop_variance(found.base_rate, found.value, 0.05, 0.1)


@pytest.mark.parametrize("metric", ["percent_agreement", "cohen_kappa"])
def test_judges_who_hardly_differ_have_to_differ_more_for_a_drop(metric):
    """Discordance .4 %, half to each side: a drop of .05 takes at least as many items as one loss in 20 (kappa 40).

    Connor (1987) for discordance and drop alike: 122 items (accuracy .05), 247 (kappa .05 is accuracy .025 here).
    """
    gold = np.arange(1000) % 2
    first, second = gold.copy(), gold.copy()
    # Both err on the same tenth; each alone on two more of either kind.
    first[:100] = second[:100] = 1 - gold[:100]
    first[200:202], second[300:302] = 1 - gold[200:202], 1 - gold[300:302]
    names = [str(i) for i in range(1000)]
    judged = [
        Judged("t", name, ratings(codes, gold, scale=Scale.check()), names, names, Policies())
        for name, codes in (("a", first), ("b", second))
    ]
    found = pilot(judged, metric, METRICS, drop=0.05)
    share, least = (0.05, 122) if metric == "percent_agreement" else (0.025, 247)
    (one, seen), (two, _) = (found.items_simulated(0.05, sides=sides) for sides in (1, 2))
    assert one == pytest.approx(least, rel=0.05)
    assert two > 1.2 * one
    assert seen >= 0.8
    # So few samples as have three losses.
    assert found.simulated(0.05, 20) == pytest.approx(1 - binomial(2, 20, share), abs=0.05)
    assert found.items_for(found.detectable(one)) == pytest.approx(one, rel=0.02)
    # A drop that these judges' own differences explain is as before.
    assert found.items_for(0.001) == pytest.approx(quantiles() ** 2 * found.variance / 0.001**2, rel=0.01)


@pytest.mark.parametrize("giant", [False, True])
def test_samples_of_a_pilots_questions_find_the_drop_as_promised(giant):
    """Questions that favour one judge; where one holds half of the rows t has the degrees of freedom that it leaves."""
    rng = np.random.default_rng(1)
    sizes = np.r_[300, np.full(30, 10)] if giant else np.full(60, 10)
    cluster = np.repeat(np.arange(sizes.size), sizes)
    tilt = (rng.normal(0, 0.1, sizes.size) * (sizes < 300))[cluster]
    gold = rng.integers(0, 2, cluster.size)
    sides = [np.where(rng.random(gold.size) < 0.8 + lean, gold, 1 - gold) for lean in (tilt, -tilt)]
    names = [str(i) for i in range(gold.size)]
    judged = [
        Judged("t", name, ratings(codes, gold, scale=Scale.check(), cluster=cluster), names, names, Policies())
        for name, codes in zip("ab", sides, strict=True)
    ]
    found = pilot(judged, "accuracy", METRICS, drop=0.05)
    items = found.items_for(0.05)
    seen = found.simulated(0.05, items)
    assert seen == found.simulated(0.05, items), "one seed"
    assert seen == pytest.approx(0.8, abs=0.05)
    assert (found.clusters < 6) if giant else found.clusters == pytest.approx(60, rel=0.02)
    more, promised = found.items_simulated(0.05)
    assert promised >= 0.78
    assert more > items if giant else more == items
    assert found.simulated(0.05, 4 * items) > seen > found.simulated(0.05, items // 4)
    assert found.simulated(1e-9, items) == pytest.approx(0.05, abs=0.04)
    assert from_figures(0.5, 0.6, 0.05).simulated(0.05, 100) is None
