"""Juries, cascades and calibration over recorded verdicts: published figures, witnesses, refusals."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import public_umass
import pytest
from agreement_cases import judged, quick
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import cohen_kappa_score

import judgebench
from judgebench.agreement.jury.cascade import measure_cascade
from judgebench.agreement.jury.jury import families_of, measure_jury
from judgebench.agreement.jury.rules import Rule
from judgebench.agreement.matching import Judged
from judgebench.agreement.ratings import from_codes
from judgebench.agreement.recalibrated import calibrate
from judgebench.domain import Policies, Scale
from judgebench.errors import DataError, UsageError
from judgebench.stats.inference.selective import risk_bound, threshold
from judgebench.stats.influence import Clusters
from judgebench.stats.recalibration import fit, logits

NINE = ["Llama3-70B", "GPT-4", "Llama-70B", "Mistral-7B", "Llama-7B", "Llama3-8B", "JudgeLM", "Llama-13B", "Gemma-2B"]
TOP = NINE[:3]
WEAK = ["Mistral-7B", "Llama-7B", "Llama3-8B", "Gemma-2B", "JudgeLM"]


@pytest.fixture(scope="module")
def nine(data_dir):
    return public_umass.judged(data_dir, NINE)


def of(judges, names):
    # Complete cases are those of all nine: reference 6.
    whole = (np.column_stack([one.ratings.judge for one in judges]) >= 0).all(axis=1)
    return [
        replace(one, ratings=replace(one.ratings, judge=np.where(whole, one.ratings.judge, -1)))
        for one in judges
        if one.judge in names
    ]


@pytest.mark.data
@pytest.mark.parametrize(
    ("names", "rule", "kappa", "correlation", "votes"),
    [
        (NINE, "majority", 0.8187, 0.255, 2.96),
        (NINE, "dawid-skene", 0.8133, 0.255, 2.96),
        (NINE, "weighted", 0.8352, 0.255, 2.96),
        (TOP, "majority", 0.8286, 0.446, 1.59),
        (TOP, "dawid-skene", 0.8286, 0.446, 1.59),
        (WEAK, "majority", 0.7784, None, None),
        (WEAK, "dawid-skene", 0.7780, None, None),
    ],
)
def test_juries_of_judging_the_judges(nine, names, rule, kappa, correlation, votes):
    """Reference 6, on the 3,465 complete cases."""
    found = measure_jury(of(nine, names), Rule(rule))
    assert (found.judgments, found.clusters, found.silent) == (3465, 400, 0)
    assert found.value.value == pytest.approx(kappa, abs=1e-3 if rule == "weighted" else 6e-5)
    assert found.value.low < found.value.value < found.value.high
    if votes:
        assert found.together.correlation.value == pytest.approx(correlation, abs=6e-4)
        assert found.together.votes.value == pytest.approx(votes, abs=5e-3)
        assert found.together.votes.low < found.together.votes.value < found.together.votes.high


@pytest.mark.data
def test_all_juries_of_nine(nine):
    sweep = measure_jury(nine, Rule(), sweep=True).sweep
    assert len(sweep.juries) == 511
    assert all(one.value.low < one.value.value < one.value.high for one in sweep.juries)
    values = [one.value.value for one in sweep.juries]
    assert values == sorted(values, reverse=True)
    # Chosen on other questions the best juries are worth less than the best seems to be.
    assert sweep.held_out.value < values[0]


def pandalm(data_dir):
    with gzip.open(data_dir / "pandalm" / "testset-v1.json.gz") as file:
        rows = json.load(file)
    # The scale is A, tie, B; an annotator says 0 tie, 1, 2.
    code = [1, 0, 2]
    return np.array([[code[row[f"annotator{j}"]] for j in (1, 2, 3)] for row in rows])


def verdicts(file):
    scores = pd.read_csv(file)
    return {
        name: (1 + np.sign(own.score_2 - own.score_1)).astype(int).to_numpy()
        for name, own in scores.sort_values("position").groupby("judge")
    }


@pytest.mark.data
def test_the_juries_of_fellowship_of_the_llms(data_dir):
    """MA-PO: 6 judges, all of their 57 juries, and the debate at hand, published to 12 digits."""
    folder, gold = data_dir / "mapo_juries", pandalm(data_dir)
    published = json.loads((folder / "published.json").read_text())
    own = [one for one in published if one["split"] == "pandalm test" and one["match"]]
    given = verdicts(folder / "pandalm_scores.csv.gz")
    judges = [judged(codes, gold, name, scale=Scale.pair()) for name, codes in given.items()]
    sweep = measure_jury(judges, Rule(ties="tie"), sweep=True).sweep
    ours = {frozenset(one.judges): one.value.value for one in sweep.juries}
    wanted = {frozenset(one["judge"].split(" + ")): one["value"] for one in own if one.get("note")}
    assert len(wanted) == 63
    assert {names: ours[names] for names in wanted} == pytest.approx(wanted, abs=1e-11)
    debate = next(one for one in own if not one.get("note"))
    said = verdicts(folder / "pandalm_debate_scores.csv.gz")["gemma-2-27b-it"]
    counts = np.stack([(gold == label).sum(axis=1) for label in range(3)], axis=1)
    clear = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1) == 1
    kappa = cohen_kappa_score(counts.argmax(axis=1)[clear], said[clear])
    assert kappa == pytest.approx(debate["value"], abs=1e-11)


def escalating(data_dir):
    judges = []
    for name in ("mistral-7b-instruct", "gpt-3.5-turbo"):
        with gzip.open(data_dir / "trust_or_escalate" / f"{name}.calibration.jsonl.gz") as file:
            rows = [json.loads(line) for line in file]
        p = np.array([row["probs"][1] / sum(row["probs"]) for row in rows])
        gold = np.array([row["preferences"]["human"] - 1 for row in rows])
        judges.append(probable(p, gold, Scale.pair(2), name))
    return judges


def probable(p, gold, scale, name="a", cluster=None):
    own = from_codes(scale, (p > 0.5).astype(int), gold, cluster=cluster)
    names = [f"i{at}" for at in range(p.size)]
    full = replace(own, score=p, has_score=np.ones(p.size, dtype=bool), score_kind="probability")
    return Judged("t", name, full, names, names, Policies(), "human")


@pytest.mark.data
@pytest.mark.parametrize("alpha", [0.1, 0.15, 0.2])
def test_the_guarantee_on_trust_or_escalate(data_dir, alpha):
    """benchmarks/cascade.py has all 200 splits."""
    found = measure_cascade(escalating(data_dir), alpha=alpha, delta=0.1, splits=60)
    assert found.held >= 0.9 * found.splits
    assert found.mean_coverage > 0.05


def test_a_guarantee_is_kept_where_the_truth_is_known():
    """Among judges whose confidence says nothing, a risk beyond alpha is let through in at most delta of the splits."""
    rng = np.random.default_rng(5)
    risky = 0
    for _ in range(300):
        sure, right = rng.random(200) / 2 + 0.5, rng.random(200) < 0.84
        one = threshold(sure, right, Clusters.of(np.arange(200)), alpha=0.15, delta=0.1)
        risky += one.value is not None
    assert risky <= 30


def test_the_bound_is_exact():
    right = np.arange(45) >= 5
    found = risk_bound(right, Clusters.of(np.arange(45)), 0.1)
    # At that risk so few wrong answers have the probability delta.
    assert binom.cdf(5, 45, found) == pytest.approx(0.1)
    # Rows that are all alike within a question are worth that question.
    alike = risk_bound(np.repeat(right, 4), Clusters.of(np.repeat(np.arange(45), 4)), 0.1)
    assert alike == pytest.approx(found, abs=0.01)


def test_a_cascade_step_by_step():
    rng = np.random.default_rng(1)
    gold = rng.integers(0, 2, 400)
    sure = np.where(rng.random(400) < 0.5, 0.97, 0.6)
    right = rng.random(400) < sure
    p = np.where(right == (gold == 1), sure, 1 - sure)
    cheap, dear = probable(p, gold, Scale.check(), "cheap"), probable(0.02 + 0.96 * gold, gold, Scale.check(), "dear")
    found = measure_cascade([cheap, dear], alpha=0.1, delta=0.1, costs={"cheap": 1.0, "dear": 20.0})
    first, last = found.stages
    assert (first.threshold.value, last.threshold.value) == (0.605, 0.005)
    assert found.coverage == 1.0 == first.answered + last.answered
    assert last.reached == pytest.approx(1 - first.answered)
    assert found.cost == pytest.approx(1 + 20 * last.reached)
    assert found.cost_alone == 20.0
    assert found.holds
    assert measure_cascade([cheap, dear], alpha=0.001, delta=0.01).coverage == 0.0


@quick
@given(st.integers(0, 10_000))
def test_calibration_against_the_libraries(seed):
    rng = np.random.default_rng(seed)
    p = rng.random(80).round(2)
    y = rng.random(80) < p**2
    assume(0 < y.sum() < y.size)
    wanted = IsotonicRegression(y_min=1 / 82, y_max=81 / 82, out_of_bounds="clip").fit(p, y)
    assert fit("isotonic", p, y, probable=True).apply(p) == pytest.approx(wanted.predict(p))
    platt = fit("platt", p, y, probable=True)
    target = np.where(y, (y.sum() + 1) / (y.sum() + 2), 1 / ((~y).sum() + 2))
    # At the maximum of the likelihood both scores are nil.
    gap = platt.apply(p) - target
    assert [gap.sum(), (gap * logits(p)).sum()] == pytest.approx([0, 0], abs=1e-3)
    cold = 1 / fit("temperature", p, y, probable=True).learned["temperature"]
    x = logits(p)
    if 0.011 < cold < 99:
        assert ((1 / (1 + np.exp(-cold * x)) - y) * x).sum() == pytest.approx(0, abs=1e-2)


def test_an_overconfident_judge_is_calibrated():
    rng = np.random.default_rng(2)
    x = rng.normal(0, 1.5, 2000)
    gold = (rng.random(2000) < 1 / (1 + np.exp(-x))).astype(int)
    found = calibrate(probable(1 / (1 + np.exp(-3 * x)), gold, Scale.check()))
    raw, *others = found.methods
    assert others[0].learned["temperature"] == pytest.approx(3, abs=0.4)
    for one in others:
        assert one.figures["ece"].value < raw.figures["ece"].value / 2
        assert one.changes["brier"].high < 0
        assert one.changes["log_loss"].high < 0
    assert found.fitted + found.measured == 2000


FRAME = pd.DataFrame(
    {
        "question": np.arange(60) // 2,
        "lab/one": ["good", "bad", "good"] * 20,
        "lab/two": ["good", "good", "bad"] * 20,
        "other": ["bad", "bad", "good"] * 20,
        "gold": ["good", "bad", "bad"] * 20,
        "stars": [1, 2, 3] * 20,
        "more": [1, 3, 5] * 20,
        "most": [2, 3, 5] * 20,
        "ranks": [1, 3, 4] * 20,
    }
)  # fmt: skip
THREE = {"judge": ["lab/one", "lab/two", "other"], "gold": "gold", "cluster": "question", "scale": "bad,good"}


def test_a_jury_is_a_judge_beside_others(tmp_path):
    file = tmp_path / "jury.csv"
    with pytest.warns(UserWarning, match="judgebench score --csv"):
        found = judgebench.jury(FRAME, **THREE, verdicts=file).juries[0]
    table = pd.read_csv(file)
    assert table.jury.tolist() == ["good", "bad", "good"] * 20
    scores = judgebench.score(
        file, judge=["jury", "other"], gold="gold", id="item", cluster="cluster", scale="bad,good"
    )
    beside = {row.judge: row.metrics[found.metric].value for row in scores.rows}
    assert beside["jury"] == pytest.approx(found.value.value)
    assert beside["other"] == pytest.approx(found.members[2].value.value)
    assert found.members[2].gain.value == pytest.approx(beside["jury"] - beside["other"])


def test_a_jury_without_gold():
    said = {**THREE, "gold": None, "rule": "dawid-skene"}
    found = judgebench.jury(FRAME, **said).juries[0]
    assert found.value.undefined == "no_gold"
    assert found.ballot.header == ("item", "cluster", *THREE["judge"], "jury")
    assert all(0 <= one.learned <= 1 for one in found.members)
    with pytest.raises(DataError, match="no item has a label"):
        judgebench.jury(FRAME, **said, sweep=True)
    with pytest.raises(DataError, match="learned from gold"):
        judgebench.jury(FRAME, **(said | {"rule": "weighted"}))


def test_ratings_have_their_mean():
    found = judgebench.jury(FRAME, judge=["stars", "more", "most"], gold="ranks", scale="rate:1-5", rule="mean").juries[
        0
    ]
    # Of 1, 1, 2 and of 2, 3, 3 the nearest levels; of 3, 5, 5 the one below 4.33.
    assert [row[-1] for row in found.ballot.rows[:3]] == ["1", "3", "4"]
    numbers = judgebench.jury(FRAME, judge=["stars", "more", "most"], gold="ranks", scale="number:0-5").juries[0]
    assert numbers.rule.name == "mean"
    assert float(numbers.ballot.rows[0][-1]) == pytest.approx(4 / 3)


def test_families_are_left_out():
    left = judgebench.jury(FRAME, **THREE, leave_out="family", ties="first").juries[0].left_out
    assert {one.family: one.judges for one in left} == {"lab": ("lab/one", "lab/two"), "other": ("other",)}
    assert left[1].loss.value is not None
    assert families_of(["a", "b"], {}, "judge") == {"a": ("a",), "b": ("b",)}
    assert families_of(["a", "b", "c"], {"x": ["a", "c"]}, "family") == {"x": ("a", "c"), "b": ("b",)}


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_every_form_of_the_answers():
    p = {
        "scores": ["p", "q"],
        "score_means": "correct",
        "judge": ["lab/one", "other"],
        "gold": "gold",
        "scale": "check",
    }
    words = {"good": "correct", "bad": "incorrect"}
    frame = FRAME.replace(words).assign(p=np.linspace(0, 1, 60), q=np.linspace(1, 0, 60))
    answers = [
        judgebench.jury(FRAME, **THREE, sweep=True, leave_out="judge", rule="dawid-skene"),
        judgebench.cascade(frame, **p, splits=3, cost={"other": 2.0, "lab/one": 1.0}),
        judgebench.calibrate(frame, **p),
    ]
    for answer in answers:
        texts = [answer.render(form) for form in ("table", "json", "csv", "md", "html", "tex")]
        assert all(texts)
        assert len(pd.read_csv(io.StringIO(texts[2]))) > 2


@pytest.mark.parametrize(
    ("said", "error", "words"),
    [
        ({"ties": "tie"}, UsageError, "needs a scale with a tie"),
        ({"rule": "mean", "scale": "nominal:good,bad"}, UsageError, "a mean takes ratings"),
        ({"rule": "mean", "ties": "first"}, UsageError, "a mean has no ties"),
        ({"one_coin": True}, UsageError, "weighted or dawid-skene"),
        ({"family": "x=lab/one"}, UsageError, "goes with"),
        ({"leave_out": "family", "family": "x=nobody"}, UsageError, "not one of the judges"),
        ({"leave_out": "family", "family": "x"}, UsageError, "write NAME=JUDGE"),
        ({"leave_out": "family", "family": "x=lab/one,lab/two,other"}, UsageError, "all judges are of one family"),
        ({"judge": "other"}, UsageError, "two judges or more"),
    ],
)
def test_what_a_jury_refuses(said, error, words):
    with pytest.raises(error, match=words):
        judgebench.jury(FRAME, **(THREE | said))


@pytest.mark.parametrize(
    ("question", "said", "words"),
    [
        ("cascade", {}, "gives no probabilities"),
        ("calibrate", {"judge": "other"}, "gives no probabilities or scores"),
    ],
)
def test_what_needs_probabilities(question, said, words):
    frame = FRAME.replace({"good": "correct", "bad": "incorrect"})
    with pytest.raises(DataError, match=words):
        getattr(judgebench, question)(frame, **(THREE | {"scale": "check"} | said))
