"""The alternative annotator test: published results, witnesses, edges."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests

from judgebench.agreement.alt_test.codes import alt_test
from judgebench.agreement.alt_test.judges import advantage_difference, aligned, differences
from judgebench.agreement.alt_test.ratings import (
    MOST_TURNS,
    SWEEP,
    alt_test_ratings,
    default_epsilon,
    default_scoring,
    epsilon_sweep,
    similarity,
)
from judgebench.agreement.ratings import from_codes
from judgebench.agreement.witness.alt_test import verify_alt_test
from judgebench.domain import Policies, Ratings, Scale
from judgebench.errors import MismatchError, UsageError
from judgebench.stats.inference.alternative import mean_below, mean_below_clustered, signed_rank_below
from judgebench.stats.influence import Clusters
from judgebench.tasks.annotated import read_folder

#: reference/golden.json, `alttest`: winning rate and advantage probability at the notebook's epsilon.
GOLDEN = {
    "wax|gemini_flash": (0.375, 0.6923117015237552), "wax|gemini_pro": (0.5, 0.737148232999707),
    "wax|gpt-4o": (0.5, 0.7300214903206385), "wax|llama-31": (0.0, 0.5730284799365712),
    "wax|gpt-4o-mini": (0.0, 0.5944934993309019), "wax|mistral-v03": (0.0, 0.49771377838950703),
    "mtbench|gemini_flash": (0.0, 0.7189023439023439), "mtbench|gemini_pro": (0.0, 0.7645128895128894),
    "mtbench|gpt-4o": (0.0, 0.7728101478101479), "mtbench|llama-31": (0.0, 0.6871611871611871),
    "mtbench|gpt-4o-mini": (0.0, 0.7354871104871106), "mtbench|mistral-v03": (0.0, 0.6831929331929332),
    "cebab_aspects|gemini_flash": (0.7, 0.9134572896161544), "cebab_aspects|gemini_pro": (0.9, 0.9355566752866388),
    "cebab_aspects|gpt-4o": (0.9, 0.9277370615344072), "cebab_aspects|llama-31": (0.6, 0.8911068366374245),
    "cebab_aspects|gpt-4o-mini": (0.5, 0.8962246498648152), "cebab_aspects|mistral-v03": (0.1, 0.8109817973529495),
    "cebab_stars|gemini_flash": (0.6, 0.8214660215872229), "cebab_stars|gemini_pro": (0.8, 0.8666235020616695),
    "cebab_stars|gpt-4o": (0.9, 0.8985877019326693), "cebab_stars|llama-31": (0.6, 0.8531833966306959),
    "cebab_stars|gpt-4o-mini": (0.9, 0.8941078511659228), "cebab_stars|mistral-v03": (0.5, 0.8290684214741388),
    "lesion|gemini_flash": (0.16666666666666666, 0.7108062106878162), "lesion|gemini_pro": (1.0, 0.8097509240096481),
    "lesion|gpt-4o": (0.0, 0.6170321760802888), "lesion|gpt-4o-mini": (0.6666666666666666, 0.7348577585568282),
}  # fmt: skip
EPSILON = {"wax": 0.1, "mtbench": 0.2, "cebab_aspects": 0.1, "cebab_stars": 0.1, "lesion": 0.15}
PLAIN = Policies()


@pytest.mark.data
@pytest.mark.parametrize("dataset", EPSILON)
def test_golden_values(data_dir, dataset):
    scale = Scale.rate(1, 5) if dataset == "cebab_stars" else None
    folder = read_folder(data_dir / "alttest" / dataset, scale)
    wanted = {name.partition("|")[2]: value for name, value in GOLDEN.items() if name.startswith(f"{dataset}|")}
    assert set(folder.judges) == set(wanted)
    for judge, (rate, advantage) in wanted.items():
        found = alt_test_ratings(folder.judges[judge], PLAIN, epsilon=EPSILON[dataset])
        assert found.winning_rate.value == pytest.approx(rate, abs=1e-9)
        assert found.advantage.value == pytest.approx(advantage, abs=1e-9)
        assert found.passed == (rate >= 0.5)
        assert found.advantage.low < advantage < found.advantage.high
        verify_alt_test(found, folder.judges[judge])


@pytest.mark.data
def test_each_annotator_of_mtbench_and_the_sweep(data_dir):
    # statistics.md section 3, the check by annotator.
    gpt = read_folder(data_dir / "alttest" / "mtbench").judges["gpt-4o"]
    found = alt_test_ratings(gpt, PLAIN, epsilon=0.2)
    rows = {row.name: (row.n, round(row.judge, 5), round(row.human, 5), round(row.p, 8)) for row in found.annotators}
    assert rows == {
        "author_0": (74, 0.77027, 0.81081, 0.01918244),
        "author_4": (84, 0.80952, 0.89286, 0.02600298),
        "expert_24": (88, 0.73864, 0.90909, 0.31454200),
    }
    rates = [alt_test_ratings(gpt, PLAIN, epsilon=epsilon).winning_rate.value for epsilon in (0.2, 0.25, 0.3)]
    assert rates == pytest.approx([0.0, 2 / 3, 1.0], abs=1e-9)
    assert found.warnings == ("many_ties",)


@pytest.mark.data
@pytest.mark.parametrize(
    ("judge", "epsilon", "rate", "advantage"),
    [
        *(("gpt-3.5-turbo", e, r, 0.7410744077410744) for e, r in ((0.1, 0.0), (0.2, 0.0), (0.3, 1.0))),
        *(("pandalm-7b", e, r, 0.7147147147147148) for e, r in ((0.1, 0.0), (0.2, 0.0), (0.3, 2 / 3))),
        ("majority", 0.1, 1.0, 1.0),
    ],
)
def test_golden_values_of_pandalm(pandalm, judge, epsilon, rate, advantage):
    own = pandalm(judge)
    # The reference takes the 25 answers that could not be parsed for a fourth label, which ties wherever an
    # annotator agrees with nobody. With us they lose there.
    codes = np.where(own.judge < 0, 3, own.judge)
    found = alt_test(codes, own.gold, np.eye(4), epsilon=epsilon)
    assert found.winning_rate.value == pytest.approx(rate, abs=1e-9)
    assert found.advantage.value == pytest.approx(advantage, abs=1e-9)
    ours = alt_test_ratings(own, Policies(invalid="wrong"), epsilon=epsilon)
    silent = own.judge < 0
    alone = sum(
        int((silent & (own.gold[:, [j]] != np.delete(own.gold, j, axis=1)).all(axis=1)).sum()) for j in range(3)
    )
    assert found.advantage.value - ours.advantage.value == pytest.approx(alone / own.gold.size, abs=1e-9)
    verify_alt_test(ours, own)


@pytest.mark.data
def test_unanswered_items_can_be_left_out(pandalm):
    own = pandalm("gpt-3.5-turbo")
    found = alt_test_ratings(own, Policies(invalid="drop"), epsilon=0.2)
    assert found.items == 974
    verify_alt_test(found, answered(own))


def answered(own: Ratings) -> Ratings:
    kept = own.judge >= 0
    names = ("judge", "gold", "item", "cluster", "game", "swapped", "subset", "system")
    return replace(own, **{name: getattr(own, name)[kept] for name in names})


@pytest.fixture(scope="module")
def pandalm(data_dir):
    from judgebench.agreement.ratings import from_verdicts
    from judgebench.reproduce.sources import recorded_verdicts
    from judgebench.tasks.base import open_task

    task = open_task("pandalm", data=data_dir)
    known = {recorded.name: recorded for recorded in task.recordings()}

    def opened(judge: str) -> Ratings:
        recorded = known.get(judge, known["pandalm-7b"])
        recording = task.recorded(task.recorded_path(recorded), recorded.column)
        own = from_verdicts(recorded_verdicts(task, recording), task.scale)
        if judge != "majority":
            return own
        counts = np.stack([(own.gold == code).sum(axis=1) for code in range(3)], axis=1)
        return replace(own, judge=counts.argmax(axis=1))

    return opened


@st.composite
def cases(draw):
    n, m, k = draw(st.integers(2, 40)), draw(st.integers(2, 5)), draw(st.integers(2, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    truth = rng.integers(0, k, n)
    people = np.where(rng.random((n, m)) < 0.6, truth[:, None], rng.integers(0, k, (n, m)))
    people[rng.random((n, m)) < 0.2] = -1
    people[0] = 0
    judge = np.where(rng.random(n) < 0.6, truth, rng.integers(-1, k, n))
    return ratings(judge, people, scale=Scale.rate(1, k)), draw(st.sampled_from([0.0, 0.1, 0.2, 0.5]))


@given(cases(), st.sampled_from(["accuracy", "neg-rmse"]))
@quick
def test_two_witnesses(case, scoring):
    own, epsilon = case
    found = alt_test_ratings(own, PLAIN, epsilon=epsilon, scoring=scoring, min_items=3)
    verify_alt_test(found, own, min_items=3)
    tested = [row for row in found.annotators if row.p is not None]
    if not tested:
        assert found.winning_rate.undefined == found.advantage.undefined == "no_annotators"
        assert found.passed is None
        return
    rejected, adjusted, *_ = multipletests([row.p for row in tested], 0.05, "fdr_by")
    assert [row.wins for row in tested] == rejected.tolist()
    assert [row.adjusted for row in tested] == pytest.approx(adjusted, abs=1e-12)
    assert found.winning_rate.value == pytest.approx(rejected.mean())
    assert 0 <= found.advantage.value <= 1


@given(cases())
@quick
def test_order_of_items_and_annotators_changes_nothing(case):
    own, epsilon = case
    found = alt_test_ratings(own, PLAIN, epsilon=epsilon, min_items=3)
    turned = replace(
        own, judge=own.judge[::-1].copy(), gold=own.gold[::-1, ::-1].copy(), annotators=own.annotators[::-1]
    )
    other = alt_test_ratings(turned, PLAIN, epsilon=epsilon, min_items=3)
    assert {row.name: row.n for row in found.annotators} == {row.name: row.n for row in other.annotators}
    for a, b in ((found.winning_rate, other.winning_rate), (found.advantage, other.advantage)):
        assert a.undefined == b.undefined
        assert a.value == (None if b.value is None else pytest.approx(b.value, abs=1e-12))


@given(cases())
@quick
def test_a_larger_epsilon_is_never_harder(case):
    own, _ = case
    rates = [alt_test_ratings(own, PLAIN, epsilon=e, min_items=3).winning_rate.value for e in (0.0, 0.2, 0.6)]
    if rates[0] is not None:
        assert rates == sorted(rates)


def test_the_interval_is_that_of_the_mean_of_means():
    """Cluster jackknife and the influence function say the same, to first order."""
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 400)
    people = np.where(rng.random((400, 3)) < 0.8, truth[:, None], 1 - truth[:, None])
    people[rng.random((400, 3)) < 0.2] = -1
    judge = np.where(rng.random(400) < 0.75, truth, 1 - truth)
    cluster = np.arange(400) // 4
    found = alt_test(judge, people, np.eye(2), cluster=cluster)
    without = [alt_test(judge[cluster != g], people[cluster != g], np.eye(2)).advantage.value for g in range(100)]
    spread = math.sqrt(99 / 100 * np.square(np.array(without) - np.mean(without)).sum())
    assert found.advantage.se == pytest.approx(spread, rel=0.02)
    assert found.advantage.n == found.items
    assert "clustered" in found.warnings
    assert found.clustered_rate.value is not None
    assert all(row.clustered is not None for row in found.annotators)


def test_without_shared_clusters_there_is_no_second_rate():
    people = np.random.default_rng(0).integers(0, 2, (60, 3))
    found = alt_test(people[:, 0], people, np.eye(2))
    assert found.clustered_rate.undefined == "no_clusters"
    assert all(row.clustered is None for row in found.annotators)


def test_no_annotator_with_items_enough_is_undefined_not_a_division_by_zero():
    people = np.zeros((29, 3), dtype=int)
    found = alt_test(people[:, 0], people, np.eye(2))
    assert found.winning_rate.undefined == found.advantage.undefined == "no_annotators"
    assert found.passed is None
    assert [row.test for row in found.annotators] == ["", "", ""]
    assert "left_out_annotators" in found.warnings
    empty = alt_test(np.zeros(0, dtype=int), np.zeros((0, 2), dtype=int), np.eye(2))
    assert empty.winning_rate.undefined == "no_annotators"
    assert empty.annotators[0].judge is None


def test_an_annotator_below_the_minimum_is_left_out_or_tested_by_ranks():
    people = np.zeros((60, 3), dtype=int)
    people[20:, 2] = -1
    judge = people[:, 0].copy()
    assert [row.test for row in alt_test(judge, people, np.eye(2)).annotators] == ["t", "t", ""]
    found = alt_test(judge, people, np.eye(2), small="wilcoxon")
    assert [row.test for row in found.annotators] == ["t", "t", "wilcoxon"]
    assert found.winning_rate.n == 3
    # Twenty differences of 0 against 0.2: every sign is negative.
    assert found.annotators[2].p == pytest.approx(0.5**20)


@pytest.mark.parametrize(("epsilon", "wins"), [(0.0, False), (0.1, True)])
def test_no_variance_is_decided_without_nan(epsilon, wins):
    people = np.zeros((40, 2), dtype=int)
    found = alt_test(people[:, 0], people, np.eye(2), epsilon=epsilon)
    assert [row.wins for row in found.annotators] == [wins, wins]
    assert "no_spread" in found.warnings
    assert found.advantage.low is None


def test_not_answering_wins_nothing():
    people = np.array([[0, 1]] * 40)
    silent = ratings(np.full(40, -1), people)
    found = alt_test_ratings(silent, PLAIN, epsilon=0.2)
    # Nobody agrees with anybody, so any answer at all would tie with both.
    assert found.advantage.value == 0.0
    assert found.winning_rate.value == 0.0
    assert "unanswered" in found.warnings
    assert alt_test_ratings(silent, Policies(invalid="drop"), epsilon=0.2).winning_rate.undefined == "no_annotators"
    verify_alt_test(found, silent)


def test_a_judge_of_the_majority_is_named_where_it_passes():
    rng = np.random.default_rng(5)
    skewed = (rng.random((200, 3)) < 0.03).astype(int)
    found = alt_test_ratings(ratings(np.zeros(200, dtype=int), skewed), PLAIN, epsilon=0.1)
    assert found.majority == (1.0, found.advantage.value)
    assert {"majority_passes", "many_ties"} <= set(found.warnings)
    even = rng.integers(0, 2, (200, 1)).repeat(3, axis=1) * 2
    assert "majority_passes" not in alt_test_ratings(ratings(even[:, 0], even), PLAIN, epsilon=0.1).warnings


def test_games_of_an_item_count_once():
    rng = np.random.default_rng(2)
    people = rng.integers(0, 3, (50, 3))
    judge = rng.integers(0, 3, 50)
    once = alt_test_ratings(ratings(judge, people), PLAIN, epsilon=0.2)
    twice = alt_test_ratings(
        ratings(np.r_[judge, judge], np.r_[people, people], item=np.r_[np.arange(50), np.arange(50)]),
        PLAIN,
        epsilon=0.2,
    )
    assert twice.annotators == once.annotators
    assert twice.advantage == once.advantage
    other = ratings(np.r_[judge, rng.integers(0, 3, 50)], np.r_[people, people], item=np.tile(np.arange(50), 2))
    mean = alt_test_ratings(other, PLAIN, epsilon=0.2)
    first, second = (alt_test_ratings(ratings(own, people), PLAIN, epsilon=0.2) for own in np.split(other.judge, 2))
    assert mean.advantage.value == pytest.approx((first.advantage.value + second.advantage.value) / 2)
    assert mean.items == 50


def test_two_judges_are_compared_on_their_items():
    rng = np.random.default_rng(8)
    truth = rng.integers(0, 2, 300)
    people = np.where(rng.random((300, 3)) < 0.85, truth[:, None], 1 - truth[:, None])
    good, bad = (np.where(rng.random(300) < share, truth, 1 - truth) for share in (0.95, 0.6))
    a, b = alt_test(good, people, np.eye(2)), alt_test(bad, people, np.eye(2))
    difference, p = advantage_difference(a, b)
    assert difference.value == pytest.approx(a.advantage.value - b.advantage.value)
    assert difference.low > 0
    assert p < 1e-6
    # No gaps, so the mean of means is a mean per item, and the test is the paired t test.
    wins = [np.mean([_at_least(own, people, j) for j in range(3)], axis=0) for own in (good, bad)]
    assert p == pytest.approx(stats.ttest_rel(*wins).pvalue, rel=1e-9)
    same, none = advantage_difference(a, a)
    assert (same.value, same.low, none) == (0.0, None, None)


def test_every_two_judges_of_a_task_are_compared_and_only_on_the_same_items():
    rng = np.random.default_rng(9)
    people = rng.integers(0, 3, (80, 3))
    judges = [ratings(rng.integers(0, 3, 80), people) for _ in range(3)]
    tests = [alt_test_ratings(own, PLAIN, epsilon=0.2) for own in judges]
    found = differences([("t", own, test) for own, test in zip(judges, tests, strict=True)])
    assert [(d.first, d.second) for d in found] == [(0, 1), (0, 2), (1, 2)]
    p = [d.p for d in found]
    assert [d.adjusted for d in found] == pytest.approx(multipletests(p, method="holm")[1])
    other = replace(judges[1], gold=(people + 1) % 3)
    assert not aligned(judges[0], other)
    assert not aligned(judges[0], replace(judges[1], annotators=("x", "y", "z")))
    assert differences([("t", judges[0], tests[0]), ("t", other, tests[1])]) == []
    assert differences([("t", judges[0], tests[0]), ("u", judges[1], tests[1])]) == []
    (same,) = differences([("t", judges[0], tests[0]), ("t", judges[0], tests[0])])
    assert (same.estimate.value, same.p, same.adjusted) == (0.0, None, None)


def test_the_sweep_is_the_test_at_each_epsilon():
    rng = np.random.default_rng(6)
    truth = rng.integers(0, 3, 90)
    own = ratings(truth, np.where(rng.random((90, 3)) < 0.7, truth[:, None], rng.integers(0, 3, (90, 3))))
    swept = epsilon_sweep(own, PLAIN)
    assert tuple(epsilon for epsilon, _ in swept) == SWEEP
    assert [rate for _, rate in swept] == [alt_test_ratings(own, PLAIN, epsilon=e).winning_rate for e in SWEEP]


def _at_least(judge, people, j):
    others = np.delete(people, j, axis=1)
    return (judge[:, None] == others).mean(axis=1) >= (people[:, [j]] == others).mean(axis=1)


def test_a_planted_difference_is_found_by_the_witness():
    rng = np.random.default_rng(1)
    own = ratings(rng.integers(0, 3, 60), rng.integers(0, 3, (60, 3)))
    found = alt_test_ratings(own, PLAIN, epsilon=0.2)
    wrong = replace(found, advantage=replace(found.advantage, value=found.advantage.value + 1e-6))
    with pytest.raises(MismatchError, match="by scipy"):
        verify_alt_test(wrong, own)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=2, max_size=11), st.sampled_from([0.0, 0.1, 0.2, 0.5]))
@quick
def test_signed_ranks_by_every_pattern_of_signs(values, bound):
    apart = np.array(values) - bound
    apart = apart[np.abs(apart) > 1e-12]
    ranks = stats.rankdata(np.abs(apart).round(12))
    seen = ranks[apart > 0].sum()
    sums = [
        sum(r for r, s in zip(ranks, signs, strict=True) if s) for signs in itertools.product((0, 1), repeat=len(ranks))
    ]
    assert signed_rank_below(np.array(values), bound) == pytest.approx(np.mean(np.array(sums) <= seen + 1e-9))


@given(st.integers(0, 2**32 - 1))
@quick
def test_signed_ranks_without_ties_are_scipy_s(seed):
    values = np.random.default_rng(seed).normal(0.1, 1, 15)
    theirs = stats.wilcoxon(values - 0.3, alternative="less", method="exact").pvalue
    assert signed_rank_below(values, 0.3) == pytest.approx(theirs, abs=1e-12)


def test_one_value_has_no_t():
    with pytest.raises(ValueError, match="two values"):
        mean_below(np.ones(1), 0.0)
    assert mean_below_clustered(np.ones(3), 0.0, Clusters.of(np.zeros(3, dtype=int))) is None
    assert mean_below_clustered(np.zeros(4), 0.2, Clusters.of(np.array([0, 0, 1, 1]))) == 0.0
    # Clusters that happen to be alike are not a certainty where their rows differ.
    alike = np.array([0.0, 1.0, -1.0, 0.0, 1.0, -1.0])
    assert mean_below_clustered(alike, 0.2, Clusters.of(np.repeat([0, 1], 3))) == mean_below(alike, 0.2) > 0.2


def test_clusters_of_one_row_give_the_t_test():
    values = np.random.default_rng(4).integers(-1, 2, 40).astype(float)
    assert mean_below_clustered(values, 0.2, Clusters.of(np.arange(40))) == pytest.approx(mean_below(values, 0.2))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"judge": np.zeros(3, dtype=int)}, "expected judge"),
        ({"annotators": np.full((4, 2), 2)}, "codes run from 0 to 1"),
        ({"epsilon": 1.5}, "epsilon"),
        ({"min_humans": 1}, "min_humans"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    given_ = {"judge": np.zeros(4, dtype=int), "annotators": np.zeros((4, 2), dtype=int), "closeness": np.eye(2)}
    with pytest.raises(ValueError, match=message):
        alt_test(**(given_ | change))


def test_defaults_by_who_labelled_and_on_which_scale():
    assert [default_epsilon(gold) for gold in ("expert", "human", "crowd", "unspecified", "mixed")] == [
        0.2, 0.15, 0.1, 0.1, 0.1,
    ]  # fmt: skip
    with pytest.raises(UsageError, match="labels by people"):
        default_epsilon("verifier")
    assert default_scoring(Scale.rate(0, 6)) == "neg-rmse"
    assert default_scoring(Scale.levels(["low", "high"])) == default_scoring(Scale.pair()) == "accuracy"
    with pytest.raises(UsageError, match="use accuracy"):
        similarity(Scale.categories(["a", "b"]), "neg-rmse")
    with pytest.raises(UsageError, match="two annotators"):
        alt_test_ratings(ratings([0, 1], [[0], [1]]), PLAIN, epsilon=0.1)
    with pytest.raises(UsageError, match=r"^epsilon"):
        alt_test_ratings(ratings([0, 1], [[0, 0], [1, 1]]), PLAIN, epsilon=-0.1)


@pytest.mark.data
def test_one_annotator_of_cebab_stars_decides_for_two_judges(data_dir):
    """All six judges pass; w40 agrees with nobody, and without w40 two fail; three pass without anyone in turn."""
    found = {
        name: alt_test_ratings(given, PLAIN, epsilon=0.1)
        for name, given in read_folder(data_dir / "alttest" / "cebab_stars").judges.items()
    }
    assert all(one.passed for one in found.values())
    assert {name for name, one in found.items() if "w40" in one.deciding} == {"gemini_flash", "mistral-v03"}
    assert {name for name, one in found.items() if one.stands} == {"gemini_pro", "gpt-4o", "gpt-4o-mini"}
    assert found["gemini_flash"].deciding[0] == "w40"
    assert all(("one_decides" in one.warnings) == bool(one.deciding) for one in found.values())


def test_leaving_out_is_the_test_without_the_column():
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 2, 200)
    gold = np.where(rng.random((200, 5)) < 0.8, truth[:, None], 1 - truth[:, None])
    gold[:, 4] = rng.integers(0, 2, 200)
    judge = np.where(rng.random(200) < 0.8, truth, 1 - truth)
    given = from_codes(Scale.check(), judge, gold)
    found = alt_test_ratings(given, Policies(), epsilon=0.1)
    assert [one.name for one in found.without] == list(given.annotators)
    for j, one in enumerate(found.without):
        other = alt_test_ratings(from_codes(Scale.check(), judge, np.delete(gold, j, axis=1)), Policies(), epsilon=0.1)
        assert (one.winning_rate, one.clustered_rate) == (other.winning_rate, other.clustered_rate)
    three = from_codes(Scale.check(), judge, gold[:, :3])
    assert (alt_test_ratings(three, Policies(), epsilon=0.1).without, found.stands is None) == ((), False)


def test_of_many_annotators_those_farthest_from_the_others_are_left_out():
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 2, 400)
    gold = np.where(rng.random((400, 40)) < 0.8, truth[:, None], 1 - truth[:, None])
    gold[:, 7] = 1 - truth
    found = alt_test_ratings(from_codes(Scale.check(), truth, gold), Policies(), epsilon=0.1)
    assert len(found.without) == MOST_TURNS
    assert "annotator 8" in {one.name for one in found.without}
    assert "some_turns" in found.warnings
