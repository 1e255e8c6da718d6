"""Rankings of systems: published figures, hand loops, and what can't be ranked."""

from __future__ import annotations

import csv
import gzip
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick, ratings
from hypothesis import given
from hypothesis import strategies as st

from judgebench.agreement.policies import apply
from judgebench.agreement.systems.scores import Opponents, scoreboard
from judgebench.agreement.systems.systems import _profiles, _resampled, rank_systems
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError, UnknownNameError, UsageError
from judgebench.stats.coefficients.orderings import compare_orders, decisiveness, ranks

FEW = 200


@pytest.fixture(scope="module")
def pandalm(data_dir):
    """People's votes and two recorded judges on 999 pairs of five systems: verdicts, gold, names of the pairings."""

    def read(name):
        return json.loads(gzip.decompress((data_dir / "pandalm" / f"{name}.json.gz").read_bytes()))

    items = read("testset-v1")
    codes = {"1": 0, "2": 2, "0": 1, "tie": 1, "garbage": -1, "none": -1}
    gold = [[codes[str(row[f"annotator{j}"])] for j in (1, 2, 3)] for row in items]
    judges = {
        name: np.array([codes[str(row[field]).lower()] for row in read(file)])
        for name, field, file in (
            ("gpt-3.5", "gpt_result", "gpt-3.5-turbo-testset-v1"),
            ("pandalm-7b", "pandalm_result", "pandalm-7b-testset-v1"),
        )
    }
    return judges, np.array(gold), [" vs ".join(row["cmp_key"].split("_")) for row in items]


@pytest.fixture(scope="module")
def triviaqa(data_dir):
    """Nine exam takers' answers to 400 questions, checked by people and by eleven judges."""
    path = data_dir / "judging_the_judges" / "TriviaQA_Judges_w_HumanJudgement_V1.csv.gz"
    return list(csv.DictReader(io.StringIO(gzip.decompress(path.read_bytes()).decode())))


def checked(rows, judge):
    code = {"True": 1, "False": 0}
    question = {name: i for i, name in enumerate(dict.fromkeys(row["question"] for row in rows))}
    return ratings(
        [code.get(row[judge], -1) for row in rows],
        [code[row["HumanJudgement"]] for row in rows],
        scale=Scale.check(),
        cluster=[question[row["question"]] for row in rows],
        system=[row["model"] for row in rows],
    )


# Reference §5; the strengths in the order bloom, cerebras, llama, opt, pythia.
PEOPLE = [-0.018194814, -0.536752753, 0.724316319, -0.242982818, 0.073614066]
JUDGES = {
    # r with the 25 games without a verdict as wins of the wrong system: scipy's fit of the likelihood.
    "gpt-3.5": ([0.068646790, -0.568667338, 0.697843969, -0.211964088, 0.014140666], 0.987480),
    "pandalm-7b": ([0.117326498, -0.418775185, 0.392155152, -0.145155396, 0.054448931], 0.962115),
}


@pytest.mark.data
@pytest.mark.parametrize("judge", JUDGES)
def test_five_systems_of_pandalm(pandalm, judge):
    verdicts, gold, pairings = pandalm
    table = ratings(verdicts[judge], gold, system=pairings)
    found = rank_systems(table)
    own = {system.name: system for system in found.systems}
    strengths, pearson = JUDGES[judge]
    assert sorted(own) == ["bloom-7b", "cerebras-gpt-6.7B", "llama-7b", "opt-7b", "pythia-6.9b"]
    assert [own[name].gold.value for name in sorted(own)] == pytest.approx(PEOPLE, abs=1e-9)
    # The reference has the judge's strengths by the games that it decided.
    answered = {one.name: one.judge.value for one in rank_systems(table, policies=Policies(invalid="drop")).systems}
    assert [answered[name] for name in sorted(own)] == pytest.approx(strengths, abs=1e-9)
    tau = found.agreement["kendall_tau"]
    assert (tau.value, found.agreement["spearman_rho"].value) == pytest.approx((0.8, 0.9))
    assert (tau.low, tau.high) == pytest.approx((0.6, 1.0))
    assert found.agreement["pearson_r"].value == pytest.approx(pearson, abs=5e-7)
    assert found.agreement["top_1_agreement"].value == 1
    assert found.agreement["largest_rank_error"].value == 1
    assert "phantom" not in found.warnings


@pytest.mark.data
@pytest.mark.parametrize(
    ("judge", "rho", "tau"),
    [
        ("GPT-4", 1.0, 1.0),
        ("Contains", 0.9833, 0.9444),
        ("JudgeLM", 0.9833, 0.9444),
        ("Llama3-70B", 0.9333, 0.8333),
        ("Mistral-7B", 0.9167, 0.7778),
        ("EM", 0.7833, 0.6111),
        ("Llama-7B", 0.5833, 0.5000),
        # With the five answers that no judge has a verdict on as wrong ones; .1172 and .1409 without them.
        ("Gemma-2B", 0.2176, 0.1972),
    ],
)
def test_nine_exam_takers_of_judging_the_judges(triviaqa, judge, rho, tau):
    found = rank_systems(checked(triviaqa, judge), draws=FEW)
    assert found.clusters == 400
    assert found.agreement["spearman_rho"].value == pytest.approx(rho, abs=5e-5)
    assert found.agreement["kendall_tau"].value == pytest.approx(tau, abs=5e-5)


@pytest.mark.data
def test_bias_is_clustered_and_adjusted_over_systems(triviaqa):
    found = rank_systems(checked(triviaqa, "Contains"), draws=FEW)
    first = found.systems[0]
    rows = [row for row in triviaqa if row["model"] == first.name]
    gap = np.array([(row["Contains"] == "True") - (row["HumanJudgement"] == "True") for row in rows], dtype=float)
    assert first.bias.value == pytest.approx(gap.mean())
    assert first.bias.se == pytest.approx(gap.std(ddof=1) / np.sqrt(gap.size), rel=1e-9)
    plain, holm = sorted(system.p for system in found.systems), sorted(system.p_holm for system in found.systems)
    assert holm[0] == pytest.approx(plain[0] * 9)
    assert all(system.p <= system.p_bh <= system.p_holm for system in found.systems)


scores = st.integers(3, 8).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 6), min_size=k, max_size=k) for _ in range(2)])
)


@quick
@given(scores)
def test_orders_are_compared_as_scipy_does(pair):
    from scipy import stats

    gold, judge = (np.array(side, dtype=float) / 7 for side in pair)
    found = compare_orders(gold[None], judge[None])
    assert ranks(gold) == pytest.approx(stats.rankdata(-gold))
    same = np.ptp(gold) == 0 or np.ptp(judge) == 0
    for name, witness in (
        ("kendall_tau", stats.kendalltau),
        ("spearman_rho", stats.spearmanr),
        ("pearson_r", stats.pearsonr),
    ):
        assert bool(found[name].defined[0]) != same
        if not same:
            assert found[name].values[0] == pytest.approx(witness(gold, judge).statistic, abs=1e-9)
    credit = [
        (1 + np.sign((gold[i] - gold[j]) * (judge[i] - judge[j]))) / 2
        for i in range(gold.size)
        for j in range(i)
        if gold[i] != gold[j]
    ]
    assert bool(found["pairwise_accuracy"].defined[0]) == bool(credit)
    if credit:
        assert found["pairwise_accuracy"].values[0] == pytest.approx(np.mean(credit))


@quick
@given(scores)
def test_decisiveness_is_a_least_squares_line(pair):
    from scipy import stats

    gold, judge = (np.array(side, dtype=float) for side in pair)
    found, residuals = decisiveness(gold[None], judge[None], np.array([True]))
    assert bool(found["decisiveness"].defined[0]) == (np.ptp(gold) > 0)
    if np.ptp(gold) > 0:
        line = stats.linregress(gold, judge)
        assert found["decisiveness"].values[0] == pytest.approx(line.slope, abs=1e-9)
        assert residuals[0] == pytest.approx(judge - line.intercept - line.slope * gold, abs=1e-9)


def check_table(seed=0, n=240, k=4, cluster=None):
    rng = np.random.default_rng(seed)
    system = rng.integers(0, k, n)
    gold = (rng.random(n) < 0.2 + 0.2 * system).astype(int)
    judge = np.where(rng.random(n) < 0.85, gold, 1 - gold)
    return ratings(judge, gold, scale=Scale.check(), system=[f"s{code}" for code in system], cluster=cluster)


def test_resampling_is_that_of_whole_questions():
    """The draws of clusters against a plain loop that redraws rows question by question."""
    rng = np.random.default_rng(7)
    table = check_table(cluster=rng.integers(0, 40, 240))
    found = rank_systems(table, draws=4000)
    values = []
    for _ in range(600):
        drawn = rng.integers(0, 40, 40)
        rows = np.concatenate([np.flatnonzero(table.cluster == code) for code in drawn])
        names, gold, judge = table.system[rows], table.gold[rows, 0], table.judge[rows]
        both = np.array([[side[names == code].mean() for code in range(4)] for side in (gold, judge)])
        values.append(np.corrcoef(both)[0, 1])
    pearson = found.agreement["pearson_r"]
    assert pearson.se == pytest.approx(np.std(values), rel=0.15)
    assert pearson.low == pytest.approx(np.quantile(values, 0.025), abs=3 * np.std(values) / 10)


def test_same_seed_same_figures_and_order_of_rows_does_not_matter():
    table = check_table()
    first, again = rank_systems(table, draws=FEW), rank_systems(table, draws=FEW)
    assert first == again
    assert rank_systems(table, draws=FEW, seed=1).agreement["pearson_r"] != first.agreement["pearson_r"]
    turn = np.random.default_rng(3).permutation(table.judge.size)
    names = ("judge", "gold", "item", "cluster", "game", "swapped", "subset", "system")
    turned = rank_systems(replace(table, **{name: getattr(table, name)[turn] for name in names}), draws=FEW)
    for name, estimate in first.agreement.items():
        other = turned.agreement[name]
        assert (other.value, other.low, other.high) == pytest.approx((estimate.value, estimate.low, estimate.high))
    assert [system.name for system in turned.systems] == [system.name for system in first.systems]


@quick
@given(st.integers(0, 50))
def test_a_judge_that_is_gold_ranks_as_gold(seed):
    table = check_table(seed)
    found = rank_systems(replace(table, judge=table.gold[:, 0]), draws=20)
    assert found.agreement["pearson_r"].value == pytest.approx(1)
    assert found.agreement["pairwise_accuracy"].value == 1
    assert found.agreement["largest_score_error"].value == 0
    assert all(system.bias.value == 0 and system.p is None for system in found.systems)
    assert found.agreement["decisiveness"].value == pytest.approx(1)


def pair_table(seed=0, n=300, k=4):
    rng = np.random.default_rng(seed)
    first = rng.integers(0, k, n)
    second = (first + rng.integers(1, k, n)) % k

    def votes(noise):
        gap = (first - second) * 0.6 + rng.logistic(size=n) * noise
        return np.where(gap > 0.4, 0, np.where(gap < -0.4, 2, 1))

    return (
        ratings(votes(1), votes(1.5), system=[f"m{a} vs m{b}" for a, b in zip(first, second, strict=True)]),
        first,
        second,
    )


@pytest.mark.parametrize("score", ["win-rate", "bradley-terry"])
def test_swapping_the_sides_of_pairs_changes_nothing(score):
    table, first, second = pair_table()
    turned = ratings(
        2 - table.judge, 2 - table.gold, system=[f"m{b} vs m{a}" for a, b in zip(first, second, strict=True)]
    )
    left, right = (rank_systems(one, score=score, draws=FEW) for one in (table, turned))
    for a, b in zip(left.systems, right.systems, strict=True):
        assert (a.name, a.rows) == (b.name, b.rows)
        assert a.bias.value == pytest.approx(b.bias.value, abs=1e-9)
        assert a.bias.se == pytest.approx(b.bias.se, rel=1e-6)


def test_a_win_rate_counts_games_and_evalica_averages_opponents():
    """Nine of ten games won against b, the only one against c lost: 9 of 11 games, or the mean of .9 and 0."""
    import evalica

    first = np.zeros(11, int)
    table = ratings(first, [0] * 9 + [2, 2], system=["a vs b"] * 10 + ["a vs c"])
    found = {one.name: one.gold.value for one in rank_systems(table, score="win-rate", draws=FEW).systems}
    assert found["a"] == pytest.approx(9 / 11)
    winners = [evalica.Winner.X] * 9 + [evalica.Winner.Y] * 2
    assert evalica.average_win_rate(["a"] * 11, ["b"] * 10 + ["c"], winners).scores["a"] == pytest.approx(0.45)


def test_win_rates_count_ties_half_and_an_anchor_is_whom_all_are_against():
    table, first, second = pair_table()
    found = rank_systems(table, score="win-rate", draws=FEW)
    for system in found.systems:
        code = int(system.name[1:])
        credit = [
            {0: 1.0, 1: 0.5, 2: 0.0}[gold if a == code else 2 - gold]
            for a, b, gold in zip(first, second, table.gold[:, 0].tolist(), strict=True)
            if code in {a, b}
        ]
        assert system.gold.value == pytest.approx(np.mean(credit))
        assert system.rows == len(credit)
    against = rank_systems(table, anchor="m0", draws=FEW)
    assert sorted(system.name for system in against.systems) == ["m1", "m2", "m3"]
    for system in against.systems:
        code = int(system.name[1:])
        met = ((first == code) & (second == 0)) | ((first == 0) & (second == code))
        gold = np.where(first == code, 2 - table.gold[:, 0], table.gold[:, 0])[met]
        assert system.gold.value == pytest.approx(gold.mean() / 2)
        assert system.rows == met.sum()


@pytest.mark.parametrize("score", ["win-rate", "bradley-terry"])
def test_errors_of_bias_are_those_of_the_bootstrap(score):
    table, *_ = pair_table(n=600)
    table = replace(table, cluster=np.arange(600) % 150)
    found = rank_systems(table, score=score, draws=FEW)
    board, _, _ = scoreboard(table, apply(table, Policies()), score=score)
    profiles, counts = _profiles(board)
    draws = [board.scores(sums) for sums in _resampled(profiles, counts, 2000, 0)]
    bias = np.concatenate([judge - gold for gold, judge, _ in draws])
    own = {system.name: system.bias.se for system in found.systems}
    assert [own[name] for name in board.names] == pytest.approx(bias.std(axis=0), rel=0.1)


def test_sides_of_their_own_are_as_names_of_pairings():
    table, first, second = pair_table()
    names = ("m0", "m1", "m2", "m3")
    given = rank_systems(
        ratings(table.judge, table.gold), opponents=Opponents.of(first, names, second, names), draws=FEW
    )
    assert given == rank_systems(table, draws=FEW)


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper"])
def test_tie_models_rank_alike(ties):
    table, *_ = pair_table()
    found, half = rank_systems(table, ties=ties, draws=FEW), rank_systems(table, draws=FEW)
    assert [system.name for system in found.systems] == [system.name for system in half.systems]
    assert found.systems[0].gold.value > half.systems[0].gold.value
    assert found.agreement["kendall_tau"].low is not None


def test_an_undefeated_system_gets_a_stated_prior():
    table, first, second = pair_table()
    always = np.where(first == 3, 0, np.where(second == 3, 2, table.gold[:, 0]))
    found = rank_systems(replace(table, gold=always[:, None]), draws=FEW)
    assert "phantom" in found.warnings
    assert found.systems[0].name == "m3"
    assert found.systems[0].gold.value < 10
    assert "phantom" not in rank_systems(table, draws=FEW).warnings


def test_ratings_are_means_on_their_own_scale():
    rng = np.random.default_rng(2)
    system = np.repeat(np.arange(3), 40)
    gold = np.clip(rng.integers(0, 3, 120) + system, 0, 4)
    judge = np.clip(gold + rng.integers(-1, 2, 120), 0, 4)
    found = rank_systems(
        ratings(judge, gold, scale=Scale.rate(1, 5), system=[f"s{code}" for code in system]), draws=FEW
    )
    best = found.systems[0]
    assert best.name == "s2"
    assert best.gold.value == pytest.approx(1 + gold[system == 2].mean())
    assert best.gold.low < best.gold.value < best.gold.high <= 5


def test_a_verdict_that_is_missing_is_a_wrong_one():
    table = check_table()
    wrong = np.flatnonzero(table.judge != table.gold[:, 0])
    judge = table.judge.copy()
    judge[wrong[::2]] = -1
    found, plain = (rank_systems(one, draws=FEW) for one in (replace(table, judge=judge), table))
    assert found.coverage == pytest.approx((judge >= 0).mean())
    assert found.agreement == plain.agreement
    for one, other in zip(found.systems, plain.systems, strict=True):
        assert replace(one, coverage=1.0) == other
    left = rank_systems(replace(table, judge=judge), policies=Policies(invalid="drop"), draws=FEW)
    assert left.rows == (judge >= 0).sum()
    assert [one.coverage for one in left.systems] == [one.coverage for one in found.systems]
    gone = rank_systems(replace(table, judge=np.where(table.system == 1, -1, table.judge)), draws=FEW)
    own = {one.name: one for one in gone.systems}[table.systems[1]]
    assert (own.coverage, own.judge.value) == (0.0, pytest.approx(1 - own.gold.value))
    # Nothing said is all wrong, not a reason to leave the judge out.
    silent = rank_systems(replace(table, judge=np.full_like(table.judge, -1)), draws=FEW)
    assert silent.agreement["kendall_tau"].value == pytest.approx(-1)


def test_games_without_a_verdict_go_to_the_wrong_system():
    table, first, second = pair_table()
    judge = table.judge.copy()
    judge[::7] = -1
    gold = table.gold[:, 0]
    won = np.zeros(4)
    for side, sign in ((first, 1), (second, -1)):
        np.add.at(won, side, sign * (1 - gold) / np.bincount(np.concatenate([first, second]))[side])
    for i in range(0, judge.size, 7):
        # Where gold is a tie, whom gold has lower overall.
        judge[i] = 2 - gold[i] if gold[i] != 1 else 2 if won[first[i]] > won[second[i]] else 0
    silent = np.where(np.arange(judge.size) % 7 == 0, -1, table.judge)
    given, filled = (rank_systems(replace(table, judge=one), draws=FEW) for one in (silent, judge))
    assert given.agreement == filled.agreement
    assert [one.judge for one in given.systems] == [one.judge for one in filled.systems]


@quick
@given(st.integers(0, 10**6))
def test_no_bias_is_nearer_to_0_where_wrong_ratings_are_withheld(seed):
    rng = np.random.default_rng(seed)
    system = rng.integers(0, 4, 60)
    gold = np.clip(rng.integers(0, 4, 60) + system // 2, 0, 4)
    judge = np.where(rng.random(60) < 0.5, gold, rng.integers(0, 5, 60))
    silent = np.where((judge != gold) & (rng.random(60) < 0.5), -1, judge)
    said, withheld = (
        rank_systems(ratings(one, gold, scale=Scale.rate(1, 5), system=[f"s{code}" for code in system]), draws=1)
        for one in (judge, silent)
    )
    for one, other in zip(said.systems, withheld.systems, strict=True):
        assert abs(other.bias.value) >= abs(one.bias.value) - 1e-9


def test_coverage_of_pairs_is_told_whatever_an_invalid_verdict_counts_as():
    table, first, second = pair_table()
    judge = np.where((first == 0) & (np.arange(300) % 2 == 0), -1, table.judge)
    for invalid in ("wrong", "drop", "tie"):
        found = rank_systems(replace(table, judge=judge), policies=Policies(invalid=invalid), draws=FEW)
        own = {system.name: system.coverage for system in found.systems}
        assert found.coverage == pytest.approx((judge >= 0).mean())
        assert own["m0"] == pytest.approx((judge >= 0)[(first == 0) | (second == 0)].mean())
        assert "unequal_coverage" in found.warnings


def test_two_systems_are_scored_and_not_ranked():
    found = rank_systems(check_table(k=2), draws=FEW)
    assert {estimate.undefined for estimate in found.agreement.values()} == {"too_few_systems"}
    assert all(system.gold.value is not None and system.bias.low is not None for system in found.systems)
    assert {system.residual.undefined for system in found.systems} == {"too_few_systems"}


def test_a_judge_who_says_yes_to_all_tells_no_systems_apart():
    table = check_table()
    found = rank_systems(replace(table, judge=np.ones_like(table.judge)), draws=FEW)
    assert {found.agreement[name].undefined for name in ("kendall_tau", "spearman_rho", "pearson_r")} == {
        "no_variation"
    }
    assert found.agreement["decisiveness"].undefined == "score_at_bound"
    assert found.agreement["pairwise_accuracy"].value == 0.5
    assert found.agreement["top_1_agreement"].value == 0.25


def test_one_question_gives_no_interval():
    found = rank_systems(check_table(cluster=np.zeros(240, dtype=int)), draws=FEW)
    assert found.clusters == 1
    assert "few_clusters" in found.warnings
    assert all(estimate.low is None and estimate.se is None for estimate in found.agreement.values())


def test_what_is_no_ranking():
    table, *_ = pair_table()
    plain = check_table()
    with pytest.raises(UsageError, match="not on pick:3"):
        rank_systems(ratings([0, 1, 2], [0, 1, 2], scale=Scale.pick(3), system=["a", "b", "c"]))
    with pytest.raises(UsageError, match="use mean"):
        rank_systems(plain, score="win-rate")
    with pytest.raises(UsageError, match="anchor; use win-rate"):
        rank_systems(table, score="bradley-terry", anchor="m0")
    with pytest.raises(UsageError, match="use mean"):
        rank_systems(plain, anchor="s0")
    with pytest.raises(UnknownNameError, match="Did you mean m0"):
        rank_systems(table, anchor="m00")
    with pytest.raises(UsageError, match="1 draw or more"):
        rank_systems(plain, draws=0)
    with pytest.raises(DataError, match="no row says whose response"):
        rank_systems(replace(plain, system=np.zeros(240, dtype=int), systems=("",)))
    with pytest.raises(DataError, match="no row names two systems"):
        rank_systems(ratings([0, 1, 2], [0, 1, 2]))
    with pytest.raises(DataError, match="read in two ways"):
        rank_systems(ratings([0, 1, 2], [0, 1, 2], system=["a vs b vs c"] * 3))
    with pytest.raises(DataError, match="nothing to score"):
        rank_systems(replace(plain, judge=np.full_like(plain.judge, -1)), policies=Policies(invalid="drop"))
    with pytest.raises(DataError, match="no row is about two different systems"):
        rank_systems(ratings([0, 1, 2], [0, 1, 2], system=["a vs a"] * 3))


def test_a_bias_of_shares_is_no_larger_than_1():
    judge, gold = [1, 1, 1, 1, 0, 1, 1, 1] + [0, 1] * 4, [0, 0, 0, 0, 0, 0, 1, 0] + [0, 1] * 4
    given = ratings(
        judge, gold, scale=Scale.check(), cluster=[0, 0, 0, 1, 1, 1, 2, 2] * 2, system=["a"] * 8 + ["b"] * 8
    )
    bias = {one.name: one.bias for one in rank_systems(given, draws=20).systems}["a"]
    assert (bias.value, bias.low > 0, bias.high) == (0.75, True, 1.0)


def test_no_judge_finds_the_best_of_level_systems():
    found = compare_orders(np.array([[0.5, 0.5, 0.5], [0.2, 0.5, 0.4]]), np.array([[0.1, 0.2, 0.3], [0.2, 0.2, 0.2]]))
    top = found["top_1_agreement"]
    assert (top.defined.tolist(), top.reason) == ([False, True], "no_variation")
    assert top.values[1] == pytest.approx(1 / 3)
