"""Published figures from the recorded verdicts themselves (JUDGEBENCH_DATA)."""

from __future__ import annotations

import csv
import gzip
import io
import json
from itertools import product

import numpy as np
import pytest
from agreement_cases import ratings
from public_pandalm import PandaLM
from sklearn.metrics import cohen_kappa_score

from judgebench.agreement.measure import measure
from judgebench.agreement.people.ceiling import pairwise
from judgebench.domain import Aggregate, Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS

pytestmark = pytest.mark.data


def lines(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


@pytest.fixture(scope="module")
def pandalm(data_dir):
    found = PandaLM.read(data_dir)
    cluster = found.grouped("instruction", "input")
    return {
        "gpt": ratings(found.gpt, found.votes),
        "panda": ratings(found.panda, found.votes),
        "clustered": ratings(found.gpt, found.votes, cluster=cluster),
    }


@pytest.mark.parametrize(
    ("judge", "published"), [("gpt", (71.07, 58.79, 57.36, 57.55)), ("panda", (66.77, 57.38, 57.50, 57.43))]
)
def test_pandalm(pandalm, judge, published):
    row = measure(pandalm[judge], task="pandalm", judge=judge, policies=Policies(invalid="tie"), verify=True)[0]
    names = ("accuracy", "macro_precision", "macro_recall", "macro_f1")
    assert tuple(round(100 * row.metrics[name].value, 2) for name in names) == published


def test_pandalm_other_conventions(pandalm):
    def row(**policies):
        return measure(pandalm["gpt"], task="pandalm", judge="gpt", policies=Policies(**policies))[0].metrics

    assert row()["accuracy"].value == pytest.approx(0.697698, abs=1e-6)
    kappa = least_kappa(pandalm["gpt"].judge, majority(pandalm["gpt"].gold))
    assert row()["cohen_kappa"].value == pytest.approx(kappa, abs=1e-12)
    # As a category of its own, .475507589283386, silence would earn a point of kappa.
    assert 0.46 < kappa < 0.475507589283386
    assert row(invalid="drop")["cohen_kappa"].value == pytest.approx(0.492864715302892, abs=1e-12)
    assert row(invalid="drop", tie="drop")["accuracy"].value == pytest.approx(0.784580, abs=1e-6)
    assert row(invalid="drop", tie="half")["accuracy"].value == pytest.approx(0.777207, abs=1e-6)


def majority(gold):
    """Most frequent label of three annotators; -1 where they have three."""
    votes = (gold[:, :, None] == np.arange(3)).sum(axis=1)
    return np.where(votes.max(axis=1) > 1, votes.argmax(axis=1), -1)


def least_kappa(judge, gold):
    """Kappa where the rows without a verdict are wrong in the least favourable way: each gold label's on one label."""
    kept = gold >= 0
    judge, gold = judge[kept], gold[kept]
    ways = product(*([label for label in range(3) if label != own] for own in range(3)))
    said = (np.where(judge < 0, np.asarray(way)[gold], judge) for way in ways)
    return min(cohen_kappa_score(gold, one) for one in said)


def test_pandalm_ceiling(pandalm):
    kappas = pairwise(pandalm["gpt"], METRICS["cohen_kappa"])
    assert [one.value for one in kappas.values()] == pytest.approx(
        [0.8520226785167025, 0.8789438112500384, 0.8616614540762908], abs=1e-12
    )
    for judge in ("gpt", "panda"):
        given = pandalm[judge]
        mean = np.mean([least_kappa(given.judge, given.gold[:, j]) for j in range(3)])
        ratio = mean / 0.8642093146143438
        found = measure(pandalm[judge], task="pandalm", judge=judge)[0].ceiling
        # All labelled all: Fleiss' kappa. The means over pairs and over annotators are within .0001 of these.
        assert found["cohen_kappa"].value == pytest.approx(0.864175364997549, abs=1e-12)
        assert (found["cohen_kappa"].low, found["cohen_kappa"].high) == pytest.approx((0.840, 0.886), abs=2e-3)
        assert found["krippendorff_alpha_joint"].value == pytest.approx(0.8642206851960816, abs=1e-12)
        assert found["judge_vs_each_cohen_kappa"].value == pytest.approx(mean, abs=1e-4)
        assert found["ratio_cohen_kappa"].value == pytest.approx(ratio, abs=1e-4)
    assert mean == pytest.approx(0.42404859, abs=1e-8)
    assert (found["ratio_cohen_kappa"].low, found["ratio_cohen_kappa"].high) == pytest.approx((0.438, 0.544), abs=4e-3)


def test_pandalm_against_the_others(pandalm):
    """Annotator 1 left out: 917 items with a majority of the others, gpt-3.5 right on .709924 of them."""
    first = pandalm["gpt"]
    others = np.where(first.gold[:, 1] == first.gold[:, 2], first.gold[:, 1], -1)
    found = measure(ratings(first.judge, others), task="pandalm", judge="gpt")[0]
    assert (found.items, found.warnings) == (917, ("left_out",))
    assert found.metrics["accuracy"].value == pytest.approx(0.709924, abs=1e-6)
    stacked = measure(first, task="pandalm", judge="gpt", policies=Policies(gold="leave-one-out"))[0]
    assert stacked.metrics["accuracy"].n > 2 * 917


def games_of(rows):
    code = {"A>B": 0, "A=B": 1, "B>A": 2}
    judge, gold, subset = [], [], []
    for row in rows:
        one, two = (code.get(game["decision"], -1) for game in row["games"])
        judge += [one, -1 if two < 0 else 2 - two]
        gold += [code[row["label"]]] * 2
        subset += [row["source"].split("-")[0] if "mmlu" in row["source"] else row["source"]] * 2
    n = len(rows)
    return ratings(judge, gold, item=np.repeat(np.arange(n), 2), swapped=[False, True] * n, subset=subset)


@pytest.fixture(scope="module")
def judgebench(data_dir):
    rows = lines(data_dir / "judgebench" / "judgments.jsonl.gz")
    models: dict[tuple[str, str], list] = {}
    for row in rows:
        models.setdefault((row["split"], row["judge_model"]), []).append(row)
    raw = lines(data_dir / "judgebench" / "raw" / "gpt__arena_hard__o1-mini-2024-09-12.jsonl.gz")
    models["gpt", "o1-mini"] = [
        {"source": row["source"], "label": row["label"], "games": row["judgments"]} for row in raw
    ]
    return {key: games_of(found) for key, found in models.items()}


#: Where the authors' judge gave no verdict, their game counts for neither side.
JUDGEBENCH = Policies(order="sum-of-signs", invalid="tie")


@pytest.mark.parametrize(("order", "value"), [("both-right", 0.58), ("sum-of-signs", 0.657143), ("mean", 0.727143)])
def test_judgebench_order_policies(judgebench, order, value):
    row = measure(
        judgebench["gpt", "o1-mini"], task="judgebench", judge="o1-mini", policies=Policies(order=order), verify=True
    )[0]
    assert row.metrics["accuracy"].value == pytest.approx(value, abs=1e-6)
    assert row.items == 350
    bias = row.bias
    assert bias["position_consistency"].value == pytest.approx(0.685714, abs=1e-6)
    assert bias["position_preference"].value == pytest.approx(-0.108571, abs=1e-6)
    assert (bias["primacy"].value * 350, bias["recency"].value * 350) == pytest.approx((74, 36))


@pytest.mark.parametrize(
    ("split", "judge", "published"),
    [
        ("gpt", "Skywork_Skywork-Reward-Gemma-2-27B", (59.74, 66.33, 83.93, 50.00, 64.29)),
        ("gpt", "Ray2333_GRM-Gemma-2B-rewardmodel-ft", (62.99, 53.06, 64.29, 54.76, 59.43)),
        ("gpt", "o1-mini", (58.44, 62.24, 82.14, 78.57, 65.71)),
        ("claude", "claude-3-haiku-20240307", (37.66, 29.41, 32.35, 9.68, 32.22)),
    ],
)
def test_judgebench_by_subset(judgebench, split, judge, published):
    rows = measure(judgebench[split, judge], task="judgebench", judge=judge, policies=JUDGEBENCH)
    found = {row.subset: round(100 * row.metrics["accuracy"].value, 2) for row in rows}
    names = ("mmlu", "livebench-reasoning", "livebench-math", "livecodebench", "all")
    assert tuple(found[name] for name in names) == published


def triviaqa(data_dir, version, judge, human):
    path = data_dir / "judging_the_judges" / f"TriviaQA_Judges_w_HumanJudgement_{version}.csv.gz"
    code = {"True": 1, "False": 0}
    csv.field_size_limit(10_000_000)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(io.StringIO(file.read())) if row[human] in code]
    questions: dict[str, int] = {}
    return ratings(
        [code.get(row[judge], -1) for row in rows],
        [code[row[human]] for row in rows],
        scale=Scale.check(),
        cluster=[questions.setdefault(row["question"], len(questions)) for row in rows],
        system=[row["model"] for row in rows],
    )


@pytest.mark.parametrize(("judge", "value"), [("Llama3-70B", 0.8763), ("Llama3-8B", 0.5935)])
def test_triviaqa_pooled(data_dir, judge, value):
    given = triviaqa(data_dir, "V2", judge, "Human-Eval")
    row = measure(given, task="triviaqa", judge=judge, policies=Policies(invalid="drop"), verify=True)[0]
    assert row.metrics["scott_pi"].value == pytest.approx(value, abs=5e-5)


@pytest.mark.parametrize(("judge", "macro", "pooled"), [("Contains", 0.64371, 0.6759), ("EM", 0.33883, 0.4113)])
def test_triviaqa_by_exam_taker(data_dir, judge, macro, pooled):
    given = triviaqa(data_dir, "V1", judge, "HumanJudgement")
    rows = {
        row.subset: row.metrics["scott_pi"].value
        for row in measure(
            given,
            task="triviaqa",
            judge=judge,
            policies=Policies(invalid="drop"),
            aggregates=[Aggregate("macro", by="system")],
        )
    }
    assert (rows["macro"], rows["all"]) == pytest.approx((macro, pooled), abs=5e-5)


def test_triviaqa_clustered_by_question(data_dir):
    """CR1 over 400 questions, as statsmodels gives it for accuracy."""
    for judge, kappa in (("GPT-4", 0.0153860166493382), ("Contains", 0.0271750104755024)):
        given = triviaqa(data_dir, "V1", judge, "HumanJudgement")
        rules = Policies(invalid="drop")
        row = measure(given, task="triviaqa", judge=judge, policies=rules, verify=True, interval="cr1")[0]
        assert row.metrics["cohen_kappa"].n == 3595
        assert row.metrics["cohen_kappa"].se == pytest.approx(kappa, abs=1e-12)
        if judge == "GPT-4":
            assert row.metrics["accuracy"].se == pytest.approx(0.0065616507389091, abs=1e-12)


# P_c and P_+ (statistics.md 7). Thakur et al. print .68/.19, .38/.87, .63/.74 and .70/.87 of these four.
@pytest.mark.parametrize(
    ("judge", "known", "lenient"),
    [
        ("JudgeLM", 0.680694, 0.192682),
        ("Gemma-2B", 0.379968, 0.869353),
        ("Llama3-8B", 0.632421, 0.739457),
        ("Mistral-7B", 0.699984, 0.872313),
    ],
)
def test_triviaqa_leniency(data_dir, judge, known, lenient):
    given = triviaqa(data_dir, "V1", judge, "HumanJudgement")
    found = measure(given, task="triviaqa", judge=judge, policies=Policies(invalid="drop"), verify=True)[0].metrics
    assert found["youden_j"].value == pytest.approx(known, abs=5e-7)
    assert found["leniency_p_plus"].value == pytest.approx(lenient, abs=5e-7)


def test_mt_bench_with_and_without_ties(data_dir):
    """Votes of the alternative annotator test's MT-Bench sample (statistics.md 1.2): S1 143/246, S2 138/167."""

    def read(name):
        with gzip.open(data_dir / "alttest" / "mtbench" / name, "rt", encoding="utf-8") as file:
            return json.load(file)

    people, judge = read("human_annotations.json.gz"), read("llm_annotations.json.gz")["gpt-4o"]
    code = {"model_a": 0, "tie": 1, "model_b": 2}
    gold = [[code[own[item]] if item in own else -1 for own in people.values()] for item in judge]
    given = ratings([code[label] for label in judge.values()], gold)
    row = measure(given, task="mtbench", judge="gpt-4o", policies=Policies(gold="each"), verify=True)[0]
    with_ties, without = row.metrics["agreement_s1"], row.metrics["agreement_s2"]
    assert (with_ties.value, with_ties.n) == (pytest.approx(143 / 246), 246)
    assert (without.value, without.n) == (pytest.approx(138 / 167), 167)
    assert row.metrics["gold_tie_rate"].value == pytest.approx(76 / 246)
    # gpt-4o says tie on 4 of 120 items.
    assert "skewed_ties" in row.warnings
    among = np.concatenate([np.array(gold)[:, [i, j]] for i, j in ((0, 1), (0, 2), (1, 2))])
    among = among[(among >= 0).all(axis=1)]
    human = measure(ratings(among[:, 0], among[:, 1]), task="mtbench", judge="human")[0].metrics
    assert (human["agreement_s1"].value, human["agreement_s1"].n) == (pytest.approx(87 / 132), 132)
    assert (human["agreement_s2"].value, human["agreement_s2"].n) == (pytest.approx(66 / 73), 73)
