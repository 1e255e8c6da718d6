"""People beside people over all pairs of labels, and a judge in the place of one of them."""

from __future__ import annotations

import csv
import itertools
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import given
from hypothesis import strategies as st

from judgebench.agreement.measure import measure
from judgebench.agreement.people.ceiling import behind, ceiling
from judgebench.agreement.people.humans import among_humans, measure_humans
from judgebench.agreement.people.pool import Pool, shared_items, shared_pairs
from judgebench.agreement.policies import never_gold
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.pooled import LabelCounts

KAPPA, SHARE = METRICS["cohen_kappa"], METRICS["percent_agreement"]


def labels(n=80, m=4, q=3, gaps=0.4, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, q, n)
    gold = np.where(rng.random((n, m)) < 0.7, truth[:, None], rng.integers(0, q, (n, m)))
    gold[rng.random((n, m)) < gaps] = -1
    judge = np.where(rng.random(n) < 0.6, truth, rng.integers(0, q, n))
    return judge, gold


def pairs_of(gold):
    """Every ordered pair of labels of one item, with the item."""
    return [
        (i, a, b)
        for i, unit in enumerate(gold)
        for a, b in itertools.permutations([label for label in unit if label >= 0], 2)
    ]


@quick
@given(
    gold=st.lists(st.lists(st.integers(-1, 4), min_size=3, max_size=3), min_size=1, max_size=20),
    labels_=st.sampled_from([5, 60]),
)
def test_counts_hold_every_pair(gold, labels_):
    """Sixty labels of three people are too many for one number."""
    codes = np.array(gold)
    counts = LabelCounts.of(codes, labels_)
    table = np.zeros((labels_, labels_))
    for _, a, b in pairs_of(gold):
        table[a, b] += 1
    assert np.array_equal(counts.pairs(), table)
    cell = np.random.default_rng(1).random((labels_, labels_))
    sums = np.zeros(len(gold))
    for i, a, b in pairs_of(gold):
        sums[i] += cell[a, b]
    assert counts.over_pairs(cell) == pytest.approx(sums)
    assert counts.size.tolist() == (codes >= 0).sum(axis=1).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_the_pooled_labels(seed):
    from sklearn.metrics import cohen_kappa_score

    judge, gold = labels(seed=seed)
    found = ceiling(ratings(judge, gold), Policies())
    _, one, other = zip(*pairs_of(gold), strict=True)
    assert found["percent_agreement"].value == pytest.approx(np.mean(np.equal(one, other)))
    assert found["percent_agreement"].n == len(one) / 2
    assert found["cohen_kappa"].value == pytest.approx(cohen_kappa_score(one, other))
    assert found["cohen_kappa"].value == pytest.approx(found["scott_pi"].value)
    places, one, _ = zip(*pairs_of(gold), strict=True)
    said = [judge[i] for i in places]
    assert found["judge_vs_each_cohen_kappa"].value == pytest.approx(cohen_kappa_score(one, said))
    assert found["judge_vs_each_cohen_kappa"].n == sum((unit >= 0).sum() for unit in gold if (unit >= 0).sum() > 1)
    ratio = found["judge_vs_each_cohen_kappa"].value / found["cohen_kappa"].value
    assert found["ratio_cohen_kappa"].value == pytest.approx(ratio)


def test_a_person_as_the_judge_reaches_what_people_reach():
    """Like stands beside like: whoever is as close to people as they are to each other reaches the ceiling."""
    rng = np.random.default_rng(4)
    truth = rng.integers(0, 3, 4000)
    wide = np.where(rng.random((4000, 4)) < 0.7, truth[:, None], rng.integers(0, 3, (4000, 4)))
    gold = np.where(rng.random((4000, 3)) < 0.4, -1, wide[:, :3])
    found = ceiling(ratings(wide[:, 3], gold), Policies())
    assert found["ratio_cohen_kappa"].low < 1 < found["ratio_cohen_kappa"].high
    assert found["ratio_cohen_kappa"].high - found["ratio_cohen_kappa"].low < 0.12


def test_the_error_is_that_of_leaving_out_clusters():
    judge, gold = labels(n=240, seed=7)
    cluster = np.arange(240) // 3
    whole, *less = (
        ceiling(ratings(judge[kept], gold[kept], cluster=cluster[kept]), Policies())
        for kept in (cluster != group for group in (-1, *range(80)))
    )
    for name in ("cohen_kappa", "percent_agreement", "judge_vs_each_cohen_kappa"):
        values = np.array([one[name].value for one in less])
        jackknife = math.sqrt(79 / 80 * np.square(values - values.mean()).sum())
        assert whole[name].se == pytest.approx(jackknife, rel=0.05), name


@pytest.mark.parametrize("tie", ["class", "drop", "wrong", "half"])
def test_the_tie_policy_holds_for_people(tie):
    judge, gold = labels(seed=3)
    found = ceiling(ratings(judge, gold, scale=Scale.pair(3)), Policies(tie=tie))
    rows = [(a, b) for _, a, b in pairs_of(gold) if not (tie == "drop" and a == 1)]
    credit = {"half": 0.5}.get(tie, 0.0)
    void = tie in {"drop", "wrong"}
    right = [0.0 if void and b == 1 else float(a == b) for a, b in rows]
    halves = [credit if (a == 1) != (b == 1) else hit for (a, b), hit in zip(rows, right, strict=True)]
    assert found["accuracy"].value == pytest.approx(np.mean(halves))


def test_games_share_the_weight_of_an_item():
    judge, gold = labels(n=30, gaps=0.2)
    once = ceiling(ratings(judge, gold), Policies())
    item = np.r_[np.arange(30), np.arange(10)]
    twice = ratings(judge[item], gold[item], item=item, cluster=item)
    found = ceiling(twice, Policies(order="mean"))
    for name in ("cohen_kappa", "judge_vs_each_cohen_kappa", "ratio_cohen_kappa"):
        assert found[name].value == pytest.approx(once[name].value)


def test_leaving_one_out_is_as_if_they_had_never_labelled():
    judge, gold = labels(seed=11)
    given_rows = ratings(judge, gold)
    pool = Pool.of(given_rows, Policies())
    for j in range(4):
        other = ratings(judge, np.delete(gold, j, axis=1))
        expected = ceiling(other, Policies())
        less = pool.without(j)
        assert less.among().measured(KAPPA)[0] == pytest.approx(expected["cohen_kappa"])
        beside = less.beside(less.judged(given_rows)).measured(KAPPA)[0]
        assert beside == pytest.approx(expected["judge_vs_each_cohen_kappa"])
        found = among_humans(given_rows).without[f"h{j + 1}"]
        assert found.ratio == pytest.approx(expected["ratio_cohen_kappa"])


def test_perfect_agreement_of_people_has_an_interval():
    gold = np.repeat(np.arange(60)[:, None] % 3, 3, axis=1)
    found = ceiling(ratings(np.arange(60) % 3, gold), Policies())
    for name in ("cohen_kappa", "percent_agreement", "judge_vs_each_cohen_kappa"):
        assert found[name].value == pytest.approx(1.0)
        assert 0.8 < found[name].low < 1


def test_items_without_a_majority_are_counted_and_are_hard():
    gold = np.array([[0, 0, 1], [0, 1, -1], [0, 1, 2], [1, 1, 1], [2, -1, -1], [0, 1, -1]])
    found = behind(ratings(np.zeros(6, dtype=int), gold))
    assert (found.people, found.items, found.pairs, found.split, found.differ) == (3, 5, 11, 3, 4)
    assert found.split_agreement.value == 0.0
    assert found.split_agreement.n == 5
    assert behind(ratings([0, 1], [[0, -1], [-1, 1]])) is None
    even = behind(ratings([0, 0], [[0, 0, 1, 1], [1, 1, 1, 0]]))
    assert (even.split, even.split_agreement.value) == (1, pytest.approx(2 / 6))


def test_pairs_of_people_are_listed_where_they_hold_most_labels():
    gold = np.full((200, 60), -1)
    gold[:10, :2] = 1
    for i in range(10, 200):
        gold[i, [i % 60, (7 * i + 1) % 60]] = i % 2
    given_rows = ratings(np.zeros(200, dtype=int), gold)
    assert shared_items(gold)[0, 1] >= 10
    assert shared_pairs(given_rows) == []
    found = measure_humans(given_rows)
    assert (dict(found.pairs), found.coefficients["light_kappa"].undefined) == ({}, "rotating")
    assert "few_shared_items" in found.warnings
    few = ratings([0, 1, 2], [[0, 0], [1, 1], [2, 1]])
    assert shared_pairs(few) == [(0, 1)]


def table_of(path, item, rater, label, judge):
    """Read a long table by hand."""
    with path.open(encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    words = {word: code for code, word in enumerate(sorted({row[label] for row in rows}))}
    items = {name: i for i, name in enumerate(dict.fromkeys(row[item] for row in rows))}
    people = {name: i for i, name in enumerate(dict.fromkeys(row[rater] for row in rows if row[rater] != judge))}
    gold, said = np.full((len(items), len(people)), -1), np.full(len(items), -1)
    for row in rows:
        if row[rater] == judge:
            said[items[row[item]]] = words[row[label]]
        else:
            gold[items[row[item]], people[row[rater]]] = words[row[label]]
    return ratings(said, gold, scale=Scale.check())


@pytest.fixture
def cases(data_dir):
    found = data_dir.parent / "cases"
    if not found.is_dir():
        pytest.skip("the cases are not here")
    return found


@pytest.mark.data
def test_fifty_crowd_workers_of_whom_no_two_share_ten_items(cases):
    """328 of 450 pairs of labels agree, alpha .457; one pair of workers that shares four items agrees on all."""
    given_rows = table_of(cases / "33-crowd-ceiling" / "t.csv", "item", "worker", "label", "gpt-4o")
    found = ceiling(given_rows, Policies())
    assert (found["percent_agreement"].value * 450, found["percent_agreement"].n) == (pytest.approx(328), 450)
    assert found["krippendorff_alpha_joint"].value == pytest.approx(0.457, abs=5e-4)
    assert found["cohen_kappa"].value == pytest.approx(0.457, abs=2e-3)
    assert found["cohen_kappa"].low < found["krippendorff_alpha_joint"].value < found["cohen_kappa"].high
    assert measure_humans(given_rows).coefficients["light_kappa"].undefined == "rotating"


@pytest.mark.data
def test_one_pair_of_people_that_shares_most(cases):
    """Twenty pairs share 9 items and agree on 5 of them, one shares 10 and agrees on all: 110 of 190, alpha .151."""
    given_rows = table_of(cases / "60-one-pair-decides-the-ceiling" / "t.csv", "item", "rater", "label", "gpt")
    found = ceiling(given_rows, Policies())
    assert (found["percent_agreement"].value * 190, found["percent_agreement"].n) == (pytest.approx(110), 190)
    assert found["krippendorff_alpha_joint"].value == pytest.approx(0.151, abs=5e-4)
    assert found["cohen_kappa"].value == pytest.approx(0.151, abs=4e-3)


@pytest.mark.data
@pytest.mark.parametrize(("turn", "all_", "without"), [(1, (0.63, 721), (0.81, 479)), (2, (0.67, 707), (0.82, 474))])
def test_mt_bench_people_by_the_papers_counts(data_dir, turn, all_, without):
    """Zheng et al. (2023), table 5: two experts on one pair of answers, by turn, with and without ties."""
    found = ceiling(mt_bench(data_dir, turn), Policies())
    for name, (share, n) in (("agreement_s1", all_), ("agreement_s2", without)):
        assert (round(found[name].value, 2), found[name].n) == (share, n)


@pytest.mark.data
def test_all_pairs_of_mt_benchs_experts(data_dir):
    found = ceiling(mt_bench(data_dir, None), Policies())
    assert (round(found["percent_agreement"].value, 3), found["percent_agreement"].n) == (0.648, 1428)
    assert behind(mt_bench(data_dir, None)).people == 58


def mt_bench(data_dir, turn):
    """Votes of the experts, by question, models in the order of their names, and turn."""
    votes: dict[tuple[object, ...], dict[str, int]] = {}
    with (data_dir / "mt_bench_human" / "human.jsonl").open(encoding="utf-8") as opened:
        for row in map(json.loads, opened):
            if not row["judge"].startswith("expert") or turn not in {None, row["turn"]}:
                continue
            flipped = row["model_a"] > row["model_b"]
            key = (row["question_id"], *sorted((row["model_a"], row["model_b"])), row["turn"])
            code = {"model_a": 2 if flipped else 0, "model_b": 0 if flipped else 2}.get(row["winner"], 1)
            votes.setdefault(key, {})[row["judge"]] = code
    names = sorted({name for one in votes.values() for name in one})
    gold = np.array([[one.get(name, -1) for name in names] for one in votes.values()])
    questions = [key[0] for key in votes]
    return ratings(
        np.full(len(gold), -1), gold, scale=Scale.pair(3), cluster=np.unique(questions, return_inverse=True)[1]
    )


def test_hundreds_of_people_who_hardly_meet_are_measured():
    rng = np.random.default_rng(0)
    gold = np.full((6000, 400), -1)
    truth = rng.integers(0, 2, 6000)
    for _ in range(3):
        gold[np.arange(6000), rng.integers(0, 400, 6000)] = np.where(rng.random(6000) < 0.8, truth, 1 - truth)
    given_rows = ratings(truth, gold, scale=Scale.check())
    # Two people are right alike or wrong alike: .8 * .8 + .2 * .2, which is .36 beyond chance.
    assert ceiling(given_rows, Policies())["percent_agreement"].value == pytest.approx(0.68, abs=0.02)
    assert measure_humans(given_rows).coefficients["krippendorff_alpha"].value == pytest.approx(0.36, abs=0.03)
    # The judge says what is true: .6 beyond chance, beside .36.
    assert among_humans(given_rows).alpha_difference.value > 0


def test_the_tie_that_gold_never_is_counts_in_no_chance_term():
    """With gold always a side, AC1 and PABAK are those of two labels, whatever the scale declares."""
    rng = np.random.default_rng(2)
    side = rng.integers(0, 2, 300)
    said = np.where(rng.random(300) < 0.8, side, 1 - side)
    three, two = ratings(2 * said, 2 * side, scale=Scale.pair(3)), ratings(said, side, scale=Scale.pair(2))
    rows = [measure(one, task="t", judge="j", verify=True)[0].metrics for one in (three, two)]
    for name in ("gwet_ac1", "brennan_prediger"):
        assert rows[0][name].value == pytest.approx(rows[1][name].value)
    names = ("h1", "h2")
    both = [replace(one, gold=np.c_[one.gold, one.gold[:, 0]], annotators=names) for one in (three, two)]
    people = [measure_humans(one) for one in both]
    for name in ("gwet_ac1", "brennan_prediger"):
        assert people[0].coefficients[name].value == people[1].coefficients[name].value
    assert never_gold(three) == (1,)
    one_tie = three.gold.copy()
    one_tie[0] = 1
    assert never_gold(replace(three, gold=one_tie)) == ()


def test_levels_count_although_nobody_took_them():
    stars = ratings([0, 1, 2], [0, 1, 2], scale=Scale.rate(1, 5))
    assert never_gold(stars) == ()
    assert never_gold(ratings([1, 1], [1, 1], scale=Scale.check())) == ()
    assert never_gold(ratings([0, 1, 2], [0, 1, 1], scale=Scale.categories(["a", "b", "c"]))) == (2,)
    assert never_gold(ratings([0, 1, 2], [0, 0, 0], scale=Scale.categories(["a", "b", "c"]))) == ()


def test_kappas_null_error_is_fleiss_cohen_and_everitts():
    """Cohen's table of 1960: .0519789363565954 (vcd, irrCAC); on [[80, 10], [5, 5]] it is .097 and not .133."""
    gold, judge = np.repeat(np.indices((3, 3)).reshape(2, -1), [88, 14, 18, 10, 40, 10, 2, 6, 12], axis=1)
    row = measure(ratings(judge, gold, scale=Scale.categories(["a", "b", "c"])), task="t", judge="j")[0]
    found = row.against_chance["cohen_kappa"]
    assert found.se == pytest.approx(0.0519789363565954, abs=1e-12)
    assert found.z == pytest.approx(0.4915254237288136 / 0.0519789363565954)
    clustered = ratings(judge, gold, scale=Scale.categories(["a", "b", "c"]), cluster=np.arange(200) // 2)
    assert measure(clustered, task="t", judge="j")[0].against_chance == {}
    assert (row.level, row.people) == ("nominal", None)
