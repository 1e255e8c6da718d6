"""Two judges and more on the same items: published differences, witnesses, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import public_umass
import pytest
from agreement_cases import judged, quick, random_case, two
from hypothesis import given
from hypothesis import strategies as st
from public_pandalm import PandaLM, answered

from judgebench.agreement.compare.compare import compare
from judgebench.agreement.compare.differing import differing
from judgebench.agreement.compare.standings import compare_all
from judgebench.agreement.matching import match
from judgebench.agreement.pilots import pilot_single
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError, UnknownNameError, UsageError
from judgebench.report.compare import TwoJudges
from judgebench.stats.coefficients.catalog import METRICS

FEW = 200
UMASS = [
    *("Llama3-70B", "GPT-4", "Llama-70B", "Mistral-7B", "Contains", "Llama-7B"),
    *("Llama3-8B", "JudgeLM", "Llama-13B", "EM", "Gemma-2B"),
]


@pytest.fixture(scope="module")
def umass(data_dir):
    """Eleven judges of Judging the Judges, V1; an empty cell is left out, as the paper leaves it out."""
    return public_umass.judged(data_dir, UMASS)


@pytest.mark.data
def test_rank_sets_of_eleven_judges(umass):
    """Reference 2.1: 3,465 complete cases, 400 questions; its critical value 3.138 is the normal one, ours is t's."""
    found = compare_all(match(umass), "cohen_kappa")
    assert (found.judgments, found.clusters) == (3465, 400)
    assert len(found.pairs) == 55
    # Reference 0.3: 42 significant by question and Holm.
    assert sum(pair.p_holm < 0.05 for pair in found.pairs) == 42
    assert found.critical == pytest.approx(3.188, abs=0.03)
    sets = [(one.judge, one.best, one.worst) for one in found.standings]
    assert sets == [
        ("Llama3-70B", 1, 2),
        ("GPT-4", 1, 4),
        ("Llama-70B", 2, 5),
        ("Mistral-7B", 2, 5),
        ("Contains", 3, 8),
        ("Llama-7B", 5, 8),
        ("Llama3-8B", 5, 8),
        ("JudgeLM", 5, 9),
        ("Llama-13B", 8, 9),
        ("EM", 10, 11),
        ("Gemma-2B", 10, 11),
    ]


@pytest.mark.data
def test_fifty_five_pairs_without_clusters(umass):
    """Reference 0.3: 51 significant with independent rows and no correction."""
    independent = [replace(one, ratings=replace(one.ratings, cluster=one.ratings.item)) for one in umass]
    assert sum(pair.p < 0.05 for pair in compare_all(match(independent), "cohen_kappa").pairs) == 51


@pytest.mark.data
@pytest.mark.parametrize(("judge", "effect"), [("Gemma-2B", 1.3), ("GPT-4", 1.8), ("Contains", 5.2)])
def test_design_effects(umass, judge, effect):
    """Reference 2.3."""
    one = umass[UMASS.index(judge)]
    from judgebench.agreement.policies import apply

    found = pilot_single(apply(one.ratings, one.policies), METRICS["cohen_kappa"], drop=0.05)
    assert found.design_effect == pytest.approx(effect, abs=0.1)


@pytest.fixture(scope="module")
def pandalm(data_dir):
    found = PandaLM.read(data_dir)
    return found.gpt, found.panda, found.votes, found.grouped("instruction")


@pytest.mark.data
def test_kappa_difference_of_pandalm(pandalm):
    """Reference 9.3: b = 145, c = 115, kappa .0401526644631637, label-swap p about .145."""
    gpt, panda, gold, cluster = pandalm
    # The reference counts no verdict as an answer of its own, which it is on a scale of four labels.
    gpt, own = answered(gpt), Scale.categories(["1", "tie", "2", "none"])
    found = compare(two(gpt, panda, gold, scale=own), ["cohen_kappa", "accuracy"])
    gap = found.main.difference
    assert gap.value == pytest.approx(0.0401526644631637, abs=1e-12)
    assert gap.se * np.sqrt(998 / 999) == pytest.approx(0.0269718584901181, abs=1e-12)
    assert found.main.p == pytest.approx(0.136569717, abs=2e-3)
    # The reference takes the normal quantile and n.
    plain = compare(two(gpt, panda, gold, scale=own), ["cohen_kappa"], interval="cr1", draws=FEW)
    assert plain.main.p == pytest.approx(0.136569717, abs=1e-3)
    assert found.tests.label_swap == pytest.approx(0.145, abs=0.015)
    assert (found.fourfold.first_only, found.fourfold.second_only) == (145, 115)
    assert found.tests.mcnemar_exact == pytest.approx(0.0718929718549155, abs=1e-12)
    assert found.tests.sign_flip == pytest.approx(0.0718929718549155, abs=1e-12)
    assert found.tests.mcnemar_mid_p == pytest.approx(0.0631108724023883, abs=1e-12)
    assert found.tests.agresti_min == pytest.approx((-0.001607993, 0.061548053), abs=1e-9)
    clustered = compare(two(gpt, panda, gold, cluster=cluster, scale=own), ["cohen_kappa"], draws=FEW)
    assert clustered.clusters == 170
    assert clustered.main.difference.se == pytest.approx(0.0424223243820941, rel=4e-3)
    assert clustered.power.design_effect == pytest.approx((0.0424223 / 0.0269719) ** 2, rel=1e-2)


@quick
@given(seed=st.integers(0, 9999))
def test_the_difference_is_a_clustered_regression(seed):
    """statsmodels on the paired differences of the accuracies; kappa's by a jackknife over clusters."""
    import statsmodels.api as sm

    first, second, gold, cluster = random_case(seed)
    found = compare(
        two(first, second, gold, scale=Scale.parse("check"), cluster=cluster), ["accuracy", "cohen_kappa"], draws=20
    )
    gap = (first == gold).astype(float) - (second == gold)
    fitted = sm.OLS(gap, np.ones(gap.size)).fit(cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True)
    line = found.main
    assert line.difference.value == pytest.approx(gap.mean())
    # CR2, where statsmodels has CR1: the same for clusters of one size.
    assert line.difference.se == pytest.approx(fitted.bse[0], rel=0.05)
    assert line.p == pytest.approx(fitted.pvalues[0], abs=0.05)


def test_kappas_difference_against_scikit_learn_and_the_cluster_jackknife():
    from sklearn.metrics import cohen_kappa_score

    first, second, gold, cluster = random_case(7, n=600, groups=100)
    found = compare(two(first, second, gold, scale=Scale.parse("check"), cluster=cluster), ["cohen_kappa"], draws=20)

    def gap(rows):
        return cohen_kappa_score(gold[rows], first[rows]) - cohen_kappa_score(gold[rows], second[rows])

    assert found.main.difference.value == pytest.approx(gap(np.arange(600)), abs=1e-12)
    left = np.array([gap(np.flatnonzero(cluster != g)) for g in range(100)])
    assert found.main.difference.se == pytest.approx(np.sqrt(99 / 100 * ((left - left.mean()) ** 2).sum()), rel=0.03)


def test_the_same_judge_twice_has_a_difference_of_zero_and_no_interval():
    first, _, gold, _ = random_case(1)
    found = compare(two(first, first, gold, scale=Scale.parse("check")), draws=20)
    gap = found.main.difference
    assert (gap.value, gap.low, gap.high, found.main.p, found.power) == (0.0, None, None, None, None)
    assert (found.differ, found.outcome) == (0, "undecided")
    both = compare_all(two(first, first, gold, scale=Scale.parse("check")))
    assert [(one.best, one.worst) for one in both.standings] == [(1, 2), (1, 2)]
    assert both.pairs[0].p_holm is None


def test_an_undefined_coefficient_has_no_difference():
    gold = np.zeros(30, int)
    found = compare(two(gold, gold, gold, scale=Scale.parse("check")), ["cohen_kappa", "percent_agreement"], draws=20)
    line = found.lines[0]
    assert (line.difference.value, line.difference.undefined, line.p) == (None, "no_variation", None)
    assert found.headline == "percent_agreement"
    assert found.tests.label_swap == 1.0


def test_differing_items_are_named_with_their_labels():
    found = two([0, 1, 2, -1], [0, 2, 2, 1], [0, 1, 2, 1])
    rows = list(differing(found))
    assert [(row.item, row.gold, row.first, row.second, row.right) for row in rows] == [
        ("i1", Scale.pair().labels[1], Scale.pair().labels[1], Scale.pair().labels[2], "first"),
        ("i3", Scale.pair().labels[1], "invalid", Scale.pair().labels[1], "second"),
    ]


def test_subsets_get_lines_and_holm_runs_over_all_lines():
    first, second, gold, _ = random_case(3)
    subset = ["x" if i % 2 else "y" for i in range(gold.size)]
    found = compare(two(first, second, gold, scale=Scale.parse("check"), subset=subset), ["cohen_kappa", "accuracy"])
    assert [(line.subset, line.metric) for line in found.lines] == [
        (s, m) for s in ("all", "y", "x") for m in ("cohen_kappa", "accuracy")
    ]
    from statsmodels.stats.multitest import multipletests

    p = np.array([line.p for line in found.lines])
    adjusted = np.array([line.p_holm for line in found.lines])
    assert ((p <= adjusted) & (adjusted <= multipletests(p, method="holm")[1])).all()
    # Kappa and accuracy of a group are nearly one figure.
    assert 3 < found.effective_tests < 4.5


def test_dropped_judgments_are_dropped_for_both():
    gold = np.array([0, 1] * 20)
    first, second = gold.copy(), gold.copy()
    first[:3], second[2:5] = -1, -1
    found = match([judged(c, gold, n, policies=Policies(invalid="drop")) for c, n in ((first, "a"), (second, "b"))])
    assert (found.scored[0].size, found.incomplete, found.warnings) == (35, 4, ("incomplete_rows_dropped",))
    kept = match([judged(c, gold, n) for c, n in ((first, "a"), (second, "b"))])
    assert (kept.scored[0].size, kept.incomplete) == (40, 0)


def test_unequal_coverage_is_warned_about():
    gold = np.array([0, 1] * 50)
    holes = gold.copy()
    holes[:3] = -1
    assert two(gold, holes, gold).warnings == ("unequal_coverage",)
    holes[:2] = gold[:2]
    assert two(gold, holes, gold).warnings == ()


def test_items_are_matched_by_name_not_by_place():
    first, second, gold, cluster = random_case(11)
    scale = Scale.parse("check")
    straight = compare(two(first, second, gold, scale=scale, cluster=cluster), draws=FEW)
    order = np.random.default_rng(0).permutation(gold.size)
    _, codes = np.unique(cluster[order], return_inverse=True)
    turned = judged(second[order], gold[order], "b", scale=scale, cluster=codes)
    turned = replace(turned, items=[f"i{i}" for i in order])
    mixed = compare(match([judged(first, gold, "a", scale=scale, cluster=cluster), turned]), draws=FEW)
    assert mixed.lines == straight.lines
    assert mixed.tests == straight.tests


def test_both_orders_are_judgments_of_one_item():
    gold, item = np.repeat([0, 1, 0, 1, 1, 0], 2), np.repeat(np.arange(6), 2)
    first = np.array([0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0])
    second = np.array([0, 1, 1, 1, 1, 0, 1, 0, 0, 1, 1, 0])
    found = compare(two(first, second, gold, item=item, scale=Scale.parse("check")), draws=FEW)
    assert (found.items, found.judgments, found.clusters) == (6, 12, 6)
    assert found.tests.mcnemar_exact is None
    assert "few_clusters" in found.warnings
    right = match(
        [
            judged(c, gold, n, item=item, scale=Scale.parse("check"), policies=Policies(order="both-right"))
            for c, n in ((first, "a"), (second, "b"))
        ]
    )
    assert compare(right, draws=FEW).judgments == 6


GOLD = np.array([0, 1, 2, 0, 1, 2])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda one: replace(one, task="u"), "different tasks"),
        (lambda one: replace(one, revision="data:2"), "different data"),
        (lambda one: replace(one, gold_source="model"), "different gold sources"),
        (lambda one: replace(one, policies=Policies(tie="half")), "different policies .*tie=half"),
        (lambda one: replace(one, ratings=replace(one.ratings, scale=Scale.parse("rate:1-3"))), "different scales"),
        (lambda one: replace(one, labels=[(9,), *one.labels[1:]]), "different gold on 1 item .'i0'"),
        (lambda one: replace(one, items=["x", *one.items[1:]]), "has no judgment of 1 item .*give shared"),
        (lambda one: replace(one, items=[f"x{i}" for i in range(6)]), "no item in common"),
    ],
)
def test_what_differs_is_refused_and_named(change, says):
    with pytest.raises(DataError, match=says):
        match([judged(GOLD, GOLD, "a"), change(judged(GOLD, GOLD, "b"))])


def test_shared_items_on_request():
    other = judged(GOLD, GOLD, "b")
    found = match([judged(GOLD, GOLD, "a"), replace(other, items=["x", *other.items[1:]])], shared=True)
    assert (len(found.items), found.left_out) == (5, 2)
    assert "shared_items_only" in found.warnings


def test_judges_asked_another_number_of_times_are_refused():
    twice = judged(np.repeat(GOLD, 2), np.repeat(GOLD, 2), "b", item=np.repeat(np.arange(6), 2))
    with pytest.raises(DataError, match=r"asked 1 times .* order=single"):
        match([judged(GOLD, GOLD, "a"), twice])
    single = Policies(order="single")
    found = match([replace(judged(GOLD, GOLD, "a"), policies=single), replace(twice, policies=single)])
    assert found.scored[1].size == 6


def test_wrong_use():
    with pytest.raises(UsageError, match="two judges"):
        match([judged(GOLD, GOLD)])
    with pytest.raises(UnknownNameError, match="cohen_kappa"):
        compare(two(GOLD, GOLD, GOLD), ["cohen_kapa"])
    assert match([judged(GOLD, GOLD), judged(GOLD, GOLD)]).judges == ("a #1", "a #2")


def test_a_difference_of_shares_is_no_larger_than_1():
    """Three questions, t with 2 degrees of freedom: the plain bound is 1.37."""
    first, second = [1, 1, 1, 1, 0, 1, 1, 1], [0, 0, 0, 0, 0, 0, 1, 0]
    matched = two(first, second, [1] * 8, scale=Scale.check(), cluster=[0, 0, 0, 1, 1, 1, 2, 2])
    gap = compare(matched, ["percent_agreement"], interval="cr1").main.difference
    assert (gap.low, gap.high) == (pytest.approx(0.13383650552546), 1.0)
    (pair,) = compare_all(matched, "percent_agreement").pairs
    assert pair.difference.high <= 1.0


@quick
@given(
    seed=st.integers(0, 9999), rare=st.sampled_from((0.5, 0.1)), n=st.sampled_from((12, 40, 120)), kind=st.booleans()
)
def test_a_difference_mirrors_itself_and_its_interval_and_p_agree(seed, rare, n, kind):
    rng = np.random.default_rng(seed)
    gold = (rng.random(n) < rare).astype(int)
    gold[:2] = 0, 1
    first, second = (np.where(rng.random(n) < right, gold, 1 - gold) for right in rng.uniform(0.3, 1, 2))
    cluster = rng.integers(0, 8, n) if kind else None
    names = ("cohen_kappa", "percent_agreement", "true_positive_rate", "youden_j", "gwet_ac1")
    one, other = (
        compare(two(*pair, gold, scale=Scale.check(), cluster=cluster), names, draws=1)
        for pair in ((first, second), (second, first))
    )
    mirrored = {"first": "second", "second": "first"}
    assert one.outcome == mirrored.get(other.outcome, other.outcome)
    assert one.fourfold.first_only == other.fourfold.second_only
    for line, back in zip(one.lines, other.lines, strict=True):
        gap, turned = line.difference, back.difference
        assert (gap.low is None) == (line.p is None) == (back.p is None)
        if gap.low is None:
            continue
        assert gap.value == pytest.approx(-turned.value, abs=1e-12)
        assert (gap.low, gap.high) == pytest.approx((-turned.high, -turned.low), abs=1e-9)
        assert line.p == pytest.approx(back.p, abs=1e-9)
        assert line.p <= line.p_holm <= 1
        reach = 2 if METRICS[line.metric].low < 0 else 1
        assert -reach <= gap.low <= gap.value <= gap.high <= reach
        assert (line.p < 0.05) == (gap.low > 0 or gap.high < 0)


def test_figures_that_are_nearly_one_count_as_nearly_one_test():
    first, second, gold, _ = random_case(7, n=400)
    matched = two(first, second, gold, scale=Scale.check())
    found = compare(matched, ["cohen_kappa", "scott_pi", "krippendorff_alpha", "youden_j"], draws=1)
    assert found.effective_tests < 1.6
    assert all(line.p <= line.p_holm <= 1.6 * found.main.p + 1e-9 or line.p_holm == 1 for line in found.lines[:1])


def test_a_judge_that_withholds_its_errors_does_not_agree_more():
    rng = np.random.default_rng(3)
    gold = np.arange(1000) % 3 // 2
    wrong = rng.random(1000) < 0.2
    open_, silent = np.where(wrong, 1 - gold, gold), np.where(wrong, -1, gold)
    found = compare(two(open_, silent, gold, scale=Scale.check()), draws=1)
    assert found.outcome == "undecided"
    assert {line.difference.value for line in found.lines} == {0.0}
    verdict = TwoJudges(found).to_json()["verdict"]
    assert verdict.startswith("These 1,000 items can't say whether a or b is better")
    assert TwoJudges(found).brief().notes[0].startswith("b gives ")


@pytest.mark.parametrize("turned", [False, True])
def test_the_sentence_names_the_first_judges_figure_first(turned):
    gold = np.arange(200) % 2
    better, worse = gold.copy(), gold.copy()
    better[:10], worse[:60] = 1 - gold[:10], 1 - gold[:60]
    pair = (worse, better) if turned else (better, worse)
    found = compare(two(*pair, gold, scale=Scale.check()), draws=1)
    verdict = TwoJudges(found).to_json()["verdict"]
    said = "worse than b: kappa .40 against .90, -.50 (" if turned else "better than b: kappa .90 against .40, +.50 ("
    assert verdict.startswith(f"a is {said}")


def test_fewer_than_six_questions_order_nobody():
    gold = np.arange(100) % 2
    judges = [np.where(np.arange(100) < wrong, 1 - gold, gold) for wrong in (0, 50, 100)]
    cluster = np.arange(100) % 5
    named = [
        judged(one, gold, name, scale=Scale.check(), cluster=cluster) for one, name in zip(judges, "abc", strict=True)
    ]
    found = compare_all(match(named))
    assert found.swapped
    assert "too_few_to_rank" in found.warnings
    assert [(one.best, one.worst) for one in found.standings] == [(1, 3)] * 3


@quick
@given(seed=st.integers(0, 9999), clustered=st.booleans())
def test_ranks_by_trading_places_do_not_depend_on_the_judges_order(seed, clustered):
    rng = np.random.default_rng(seed)
    gold = rng.integers(0, 2, 60)
    cluster = rng.integers(0, 12, 60) if clustered else None
    columns = {
        name: np.where(rng.random(60) < right, gold, 1 - gold)
        for name, right in zip("abc", (0.9, 0.7, 0.6), strict=True)
    }

    def ranks(order):
        found = compare_all(match([judged(columns[n], gold, n, scale=Scale.check(), cluster=cluster) for n in order]))
        assert found.swapped
        return {one.judge: (one.best, one.worst) for one in found.standings}

    found = ranks("abc")
    assert found == ranks("cab")
    assert all(best <= worst for best, worst in found.values())
