"""Two judges' scores and probabilities on the same items: DeLong, statsmodels, jackknives and scipy as witnesses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from judgebench.agreement.compare.compare import compare
from judgebench.agreement.compare.standings import compare_all
from judgebench.agreement.matching import Judged, match
from judgebench.agreement.pilots import pilot
from judgebench.agreement.witness.comparisons import verify_matched
from judgebench.domain import Policies, Scale
from judgebench.errors import UnknownNameError, UsageError
from judgebench.stats.coefficients import calibration, continuous
from judgebench.stats.coefficients.calibration import auc, delong_test
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.influence import Clusters

seeds = st.integers(0, 9999)
NUMBERS = ("auc", "brier", "log_loss", "ece", "calibration_slope")


def judge_of(values, gold, name="a", *, given=None, kind="probability", scale=None, policies=None, **rest):
    values = np.asarray(values, dtype=float)
    given = np.ones(values.size, dtype=bool) if given is None else np.asarray(given)
    said = np.where(given, values >= 0.5, -1) if scale is None else np.clip(np.rint(values), 0, 4).astype(int)
    own = replace(
        ratings(said, gold, scale=scale or Scale.check(), **rest),
        score=np.where(given, values, 0.0),
        has_score=given,
        score_kind=kind,
    )
    clusters = [f"q{code}" for code in range(int(own.cluster.max()) + 1)]
    names = [f"i{code}" for code in range(int(own.item.max()) + 1)]
    return Judged("t", name, own, names, clusters, policies or Policies())


def probabilities(seed, n=160, groups=40):
    rng = np.random.default_rng(seed)
    cluster = np.sort(rng.integers(0, groups, n))
    hard = rng.normal(size=groups)[cluster]
    gold = (rng.random(n) < expit(hard)).astype(int)
    first, second = (expit(k * (2 * gold - 1) + hard + rng.normal(size=n)) for k in (1.0, 0.6))
    return first, second, gold, cluster


def pair(seed, **rest):
    first, second, gold, cluster = probabilities(seed)
    rest = {"cluster": cluster} | rest
    return match([judge_of(first, gold, "a", **rest), judge_of(second, gold, "b", **rest)])


def lines(found, subset="all"):
    return {line.metric: line for line in found.lines if line.subset == subset}


def jackknife(cluster, value):
    """Standard error of a difference from its values without one cluster each."""
    groups = np.unique(cluster)
    left = np.array([value(np.flatnonzero(cluster != one)) for one in groups])
    return np.sqrt((groups.size - 1) / groups.size * ((left - left.mean()) ** 2).sum())


@quick
@given(seed=seeds)
def test_the_difference_of_areas_is_delongs_where_rows_are_independent(seed):
    first, second, gold, _ = probabilities(seed)
    gold[:4] = [0, 1, 0, 1]
    found = compare(match([judge_of(first, gold, "a"), judge_of(second, gold, "b")]), ["auc"])
    theirs = delong_test(first, second, gold == 1)
    gap = found.main.difference
    assert gap.value == pytest.approx(theirs.difference, abs=1e-12)
    assert gap.se == pytest.approx(theirs.se, rel=1e-9)
    assert gap.method == "cr2-t-paired"


def test_where_items_share_questions_the_area_has_obuchowskis_error():
    """Obuchowski (1997): placement values summed by cluster, both classes in one cluster together."""
    first, second, gold, cluster = probabilities(5, n=900, groups=150)
    found = compare(
        match([judge_of(one, gold, n, cluster=cluster) for one, n in ((first, "a"), (second, "b"))]), ["auc"]
    )
    positive = gold == 1
    m, k, groups = positive.sum(), (~positive).sum(), np.unique(cluster).size
    parts = np.zeros(groups)
    codes = np.unique(cluster, return_inverse=True)[1]
    for sign, scores in ((1, first), (-1, second)):
        wins = (scores[positive][:, None] > scores[~positive]) + 0.5 * (scores[positive][:, None] == scores[~positive])
        value = wins.mean()
        parts += sign * np.bincount(codes[positive], wins.mean(axis=1) - value, groups) / m
        parts += sign * np.bincount(codes[~positive], wins.mean(axis=0) - value, groups) / k
    assert found.main.difference.se == pytest.approx(np.sqrt(groups / (groups - 1) * (parts**2).sum()), rel=5e-3)
    alone = compare(match([judge_of(one, gold, n) for one, n in ((first, "a"), (second, "b"))]), ["auc"])
    assert found.main.difference.se != pytest.approx(alone.main.difference.se, rel=0.02)


@quick
@given(seed=seeds)
def test_brier_and_log_loss_are_clustered_regressions(seed):
    import statsmodels.api as sm

    first, second, gold, cluster = probabilities(seed)
    found = lines(compare(pair(seed), ["brier", "log_loss"]))
    for name, loss in (
        ("brier", lambda p: (p - gold) ** 2),
        ("log_loss", lambda p: -np.where(gold == 1, np.log(p), np.log1p(-p))),
    ):
        gap = loss(first) - loss(second)
        fitted = sm.OLS(gap, np.ones(gap.size)).fit(cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True)
        assert found[name].difference.value == pytest.approx(gap.mean())
        # CR2, where statsmodels has CR1: the same for clusters of one size.
        assert found[name].difference.se == pytest.approx(fitted.bse[0], rel=0.05)
        assert found[name].p == pytest.approx(fitted.pvalues[0], abs=0.05)


def test_differences_of_slopes_and_areas_are_the_cluster_jackknifes():
    first, second, gold, cluster = probabilities(11, n=1200, groups=300)
    judges = [judge_of(one, gold, n, cluster=cluster) for one, n in ((first, "a"), (second, "b"))]
    found = lines(compare(match(judges), NUMBERS))
    y = gold == 1
    for name, value in (
        ("calibration_slope", lambda p, y: calibration.calibration_line(p, y)[0].value),
        ("auc", lambda p, y: auc(p, y).value),
    ):
        theirs = jackknife(
            cluster, lambda rows, value=value: value(first[rows], y[rows]) - value(second[rows], y[rows])
        )
        assert found[name].difference.se == pytest.approx(theirs, rel=0.05), name


def test_the_interval_of_a_calibration_error_holds_where_its_influence_alone_does_not():
    """One overconfident judge, one calibrated: the second's error is lifted by chance, and plain intervals miss."""
    rng = np.random.default_rng(2)

    def draw(n):
        z = 1.5 * rng.normal(size=n)
        return expit(2 * z), expit(z), (rng.random(n) < expit(z)).astype(int)

    def error(p, y):
        return calibration.expected_calibration_error(p, y == 1).value

    first, second, gold = draw(1_000_000)
    truth = error(first, gold) - error(second, gold)
    covered = plain = 0
    for _ in range(60):
        first, second, gold = draw(400)
        line = compare(match([judge_of(first, gold, "a"), judge_of(second, gold, "b")]), ["ece"], draws=10).main
        gap = line.difference
        assert gap.method == "cr2-t-paired-bias"
        assert (gap.low > 0 or gap.high < 0) == (line.p < 0.05)
        covered += gap.low <= truth <= gap.high
        plain += abs(gap.value - truth) <= 1.966 * gap.se
    assert covered >= 57
    assert plain < 54


def test_a_clear_calibration_error_has_no_excess():
    p, y = np.repeat([0.2, 0.8], 500), np.repeat([True, False], 500)
    assert calibration.calibration_excess(p, y, Clusters.of(np.arange(1000))) == 0.0
    assert calibration.calibration_excess(p[:0], y[:0], Clusters.of(np.arange(0))) == 0.0
    # A bin with one row is no proof, however far it is off.
    one = calibration.calibration_excess(np.array([0.9]), np.array([False]), Clusters.of(np.array([0])))
    assert one == pytest.approx(0.9 * np.sqrt(2 / np.pi))


def test_scores_stand_beside_the_scales_own_lines_unasked():
    found = compare(pair(3))
    assert [line.metric for line in found.lines][-5:] == list(NUMBERS)
    assert found.headline == "cohen_kappa"
    assert set(found.errors) == {"brier", "log_loss", "ece"}
    assert all(line.p <= line.p_holm for line in found.lines)
    assert "auc" not in lines(
        compare(
            match(
                [
                    replace(one, ratings=replace(one.ratings, score=None, has_score=None)) if i else one
                    for i, one in enumerate(
                        [judge_of(*probabilities(3)[::2], "a"), judge_of(*probabilities(3)[1:3], "b")]
                    )
                ]
            )
        )
    )


@quick
@given(seed=seeds)
def test_trading_places_turns_the_sign_of_every_figure(seed):
    first, second, gold, cluster = probabilities(seed)
    judges = [judge_of(one, gold, n, cluster=cluster) for one, n in ((first, "a"), (second, "b"))]
    here, there = (compare(match(order), draws=50) for order in (judges, judges[::-1]))
    for one, other in zip(here.lines, there.lines, strict=True):
        assert one.difference.value == pytest.approx(-other.difference.value)
        assert one.difference.low == pytest.approx(-other.difference.high)
        assert one.p == pytest.approx(other.p)


@quick
@given(seed=seeds)
def test_a_rising_change_of_scores_moves_no_area_and_units_may_differ(seed):
    first, second, gold, cluster = probabilities(seed)
    plain = compare(pair(seed), ["auc"]).main
    raw = match(
        [
            judge_of(first, gold, "a", cluster=cluster),
            judge_of(np.exp(second) * 9, gold, "b", cluster=cluster, kind="score"),
        ]
    )
    assert compare(raw, ["auc"]).main.difference == plain.difference
    with pytest.raises(UsageError, match="brier needs probabilities of every judge"):
        compare(raw, ["brier"])


def test_a_missing_score_is_a_miss_or_missing_for_both():
    first, second, gold, cluster = probabilities(8)
    given = np.arange(gold.size) % 10 > 0
    judges = [judge_of(first, gold, "a", cluster=cluster), judge_of(second, gold, "b", cluster=cluster, given=given)]
    found = compare(match(judges))
    assert "missing_scores" in found.warnings
    by = lines(found)
    assert by["auc"].difference.n == by["brier"].difference.n == gold.size
    assert by["brier"].second.value == pytest.approx(np.where(given, (second - gold) ** 2, 1.0).mean())
    # A number that is missing has its price; where it has none, there is nothing to compare.
    assert by["log_loss"].first.n == by["log_loss"].second.n == gold.size
    assert by["ece"].first.n == by["ece"].second.n == gold.size
    assert by["calibration_slope"].second.undefined == "missing_numbers"
    # Left out, both figures are about the rows on which both judges gave one.
    dropped = lines(compare(match([replace(one, policies=Policies(invalid="drop")) for one in judges])))
    both = [judge_of(one[given], gold[given], n, cluster=cluster[given]) for one, n in ((first, "a"), (second, "b"))]
    alone = lines(compare(match(both)))
    for name in ("log_loss", "ece", "calibration_slope"):
        assert dropped[name].difference == alone[name].difference
    verify_matched(match(judges), (), METRICS)


def test_ratings_between_the_levels():
    rng = np.random.default_rng(3)
    gold = rng.integers(0, 5, 300)
    first, second = (np.clip(gold + s * rng.normal(size=300), 0, 4) for s in (0.5, 1.0))
    scale = Scale.levels(("a", "b", "c", "d", "e"))
    judges = [judge_of(one, gold, n, scale=scale, kind="score") for one, n in ((first, "a"), (second, "b"))]
    found = lines(compare(match(judges)))
    assert {"score_lin_ccc", "score_pearson_r"} <= found.keys()
    gap = found["score_lin_ccc"].difference
    y = gold.astype(float)
    concordance = continuous.concordance
    assert gap.value == pytest.approx(concordance(y, first).value - concordance(y, second).value)
    theirs = jackknife(
        np.arange(300), lambda rows: concordance(y[rows], first[rows]).value - concordance(y[rows], second[rows]).value
    )
    assert gap.se == pytest.approx(theirs, rel=0.05)
    verify_matched(match(judges), ("score_icc_a1", "score_mean_absolute_error", "score_spearman_rho"), METRICS)


def test_a_lean_is_neither_better_nor_worse():
    found = compare(pair(3), ["calibration_slope"])
    assert (found.directional, found.lower_is_better) == (True, False)
    gold = np.repeat(np.arange(5), 40)
    own = np.clip(gold + np.tile([0, 1], 100), 0, 4)
    scale = Scale.rate(1, 5)
    sides = [
        Judged(
            "t",
            name,
            ratings(said, gold, scale=scale),
            [f"i{i}" for i in range(200)],
            [f"i{i}" for i in range(200)],
            Policies(),
        )
        for name, said in (("a", own), ("b", gold))
    ]
    found = compare(match(sides), ["mean_signed_error"])
    assert (found.main.difference.value > 0, found.outcome, found.lower_is_better) == (True, "first", False)


def test_what_means_nothing_is_refused_in_words():
    matched = pair(1)
    for name, says in (
        ("spiegelhalter_z", "test statistic"),
        ("kendall_tau", "means nothing on the check scale; it is about rank"),
        ("official_score", r"\(rewardbench2\) is shown beside a run's figures; runs can't be compared or gated by it"),
        ("score_lin_ccc", "scores on rate"),
    ):
        with pytest.raises(UsageError, match=says):
            compare(matched, [name])
    with pytest.raises(UnknownNameError, match="auc"):
        compare(matched, ["auk"])
    with pytest.raises(UsageError, match="two systems: system"):
        compare(matched, interval="two-way")
    with pytest.raises(UsageError, match="two judges only"):
        compare_all(matched, "ece")


def test_several_judges_are_ranked_by_their_scores():
    first, second, gold, cluster = probabilities(4, n=600, groups=200)
    worst = 1 - first
    three = [judge_of(one, gold, n, cluster=cluster) for one, n in ((worst, "w"), (first, "a"), (second, "b"))]
    for name in ("auc", "brier"):
        found = compare_all(match(three), name)
        assert found.standings[0].judge == "a"
        assert found.standings[-1].judge == "w"
    two = compare(match(three[1:]), ["auc"]).main.difference
    gap = next(one for one in compare_all(match(three), "auc").pairs if {one.first, one.second} == {"a", "b"})
    assert (gap.difference.value, gap.difference.se) == pytest.approx((two.value, two.se), rel=1e-3)


# Two-way clusters.


def by_hand(rows, question, system):
    """Cameron, Gelbach and Miller's sandwich of a mean with one CR1 factor for each way."""

    def variance(codes):
        _, codes = np.unique(codes, return_inverse=True)
        sums = np.bincount(codes, rows - rows.mean()) / rows.size
        return sums.size / (sums.size - 1) * (sums**2).sum()

    return np.sqrt(variance(question) + variance(system) - variance(question * 1000 + system))


@quick
@given(seed=seeds)
def test_two_ways_in_a_comparison_are_the_sandwich_by_hand(seed):
    rng = np.random.default_rng(seed)
    question, system = np.repeat(np.arange(40), 6), np.tile(np.arange(6), 40)
    pull = rng.normal(size=6)[system]
    gold = rng.integers(0, 2, 240)
    first, second = (expit(k * (2 * gold - 1) + pull * k + rng.normal(size=240)) for k in (1.2, 0.6))
    names = [f"s{code}" for code in system]
    judges = [judge_of(one, gold, n, cluster=question, system=names) for one, n in ((first, "a"), (second, "b"))]
    found = compare(match(judges), ["accuracy", "brier"], interval="two-way", draws=10)
    assert (found.interval, found.systems, found.power) == ("two-way", 6, None)
    assert "few_systems" in found.warnings
    by = lines(found)
    right = ((first >= 0.5) == gold).astype(float) - ((second >= 0.5) == gold)
    loss = (first - gold) ** 2 - (second - gold) ** 2
    for name, rows in (("accuracy", right), ("brier", loss)):
        gap = by[name].difference
        if not gap.method.startswith("two-way"):
            continue
        assert gap.se == pytest.approx(by_hand(rows, question, system), rel=1e-9)
        from scipy.stats import t

        assert gap.high - gap.value == pytest.approx(t.ppf(0.975, 5) * gap.se)
        assert by[name].p == pytest.approx(2 * t.sf(abs(gap.value) / gap.se, 5))
    own = by["brier"].first
    if own.method.startswith("two-way"):
        assert own.se == pytest.approx(by_hand((first - gold) ** 2, question, system), rel=1e-9)
    else:
        # The parts' difference is a variance only where it is above 0; NaN is what the formula gives elsewhere.
        with np.errstate(invalid="ignore"):
            assert not by_hand((first - gold) ** 2, question, system) > 0


def test_many_systems_are_no_warning():
    first, second, gold, _ = probabilities(6)
    names = [f"s{i % 20}" for i in range(gold.size)]
    judges = [judge_of(one, gold, n, system=names) for one, n in ((first, "a"), (second, "b"))]
    assert "few_systems" not in compare(match(judges), ["auc"], interval="two-way").warnings


def test_a_pilot_of_two_judges_measures_any_figure():
    first, second, gold, cluster = probabilities(7)
    judges = [judge_of(one, gold, n, cluster=cluster) for one, n in ((first, "a"), (second, "b"))]
    assert pilot(judges, "auc", METRICS, drop=0.05).metric == "auc"
    with pytest.raises(UsageError, match="two judges"):
        pilot(judges[:1], "auc", METRICS, drop=0.05)
