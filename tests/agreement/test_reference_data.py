"""Values of reference/statistics.md that stand in no other file, from the recorded verdicts (JUDGEBENCH_DATA)."""

from __future__ import annotations

import gzip
import json

import numpy as np
import public_umass
import pytest
from agreement_cases import ratings, se_iid, table
from public_pandalm import PandaLM, answered

from judgebench.agreement.correct.labelled import Sample, ppi
from judgebench.agreement.measure import measure
from judgebench.domain import Policies, Scale
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.paired import mcnemar, sign_flip
from judgebench.stats.inference.resampling import Parts, resampled
from judgebench.stats.influence import Clusters, influences_of, mean
from judgebench.stats.logistic import logistic

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def llmbar(data_dir):
    with gzip.open(data_dir / "llmbar" / "verdicts.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    return [row for row in rows if row["strategy"] == "Vanilla_NoRules" and row["subset"].startswith("LLMBar/")]


def both_orders(rows):
    code = {"1": 0, "2": 1, None: -1}
    n = len(rows)
    return ratings(
        [code[row[name]] for row in rows for name in ("winner", "winner_swap")],
        [int(row["label"]) - 1 for row in rows for _ in range(2)],
        scale=Scale.pair(2),
        item=np.repeat(np.arange(n), 2),
        swapped=[False, True] * n,
    )


@pytest.mark.parametrize(
    ("judge", "n", "consistency", "primacy", "recency", "preference"),
    [
        ("GPT-4", 419, 0.911695, 19, 18, -0.002387),
        ("ChatGPT", 419, 0.610979, 159, 4, -0.369928),
        ("LLaMA2", 418, 0.772727, 77, 18, -0.141148),
    ],
)
def test_position_on_llmbar(llmbar, judge, n, consistency, primacy, recency, preference):
    """statistics.md 7; its "vanilla" are the published files named Vanilla_NoRules."""
    rows = [row for row in llmbar if row["base"] == judge]
    assert len(rows) == 419
    given = both_orders(rows)
    ours = measure(given, task="llmbar", judge=judge, policies=Policies(order="mean"), verify=True)[0].bias
    assert ours["position_consistency"].value == pytest.approx(consistency * n / 419, abs=5e-7)
    # As published, without the item that LLaMA2 gave no verdict on.
    found = measure(given, task="llmbar", judge=judge, policies=Policies(order="mean", invalid="drop"))[0].bias
    assert found["position_consistency"].n == n
    assert found["position_consistency"].value == pytest.approx(consistency, abs=5e-7)
    assert (found["primacy"].value * n, found["recency"].value * n) == pytest.approx((primacy, recency))
    assert found["position_preference"].value == pytest.approx(preference, abs=5e-7)
    moved, share = (primacy + recency) / n, found["position_preference"]
    assert share.se == pytest.approx(np.sqrt((moved - share.value**2) / (n - 1)))


def test_two_games_of_an_item_are_a_cluster(llmbar):
    """statistics.md 6: GPT-4's error on LLMBar, clustered .019426, as 838 independent games .014649."""
    rows = [row for row in llmbar if row["base"] == "GPT-4"]
    given = both_orders(rows)
    found = measure(given, task="llmbar", judge="GPT-4", policies=Policies(order="mean"), verify=True)[0]
    accuracy = found.metrics["accuracy"]
    assert accuracy.se == pytest.approx(0.019426, abs=5e-7)
    assert np.sqrt(accuracy.value * (1 - accuracy.value) / 838) == pytest.approx(0.014649, abs=5e-7)


def test_the_kappa_that_llmbar_s_own_script_missed(llmbar):
    """statistics.md 0: GPT-4 on Natural, in the original order; published .2517 compares labels of two sets."""
    rows = [row for row in llmbar if row["base"] == "GPT-4" and row["subset"] == "LLMBar/Natural"]
    given = ratings(
        [int(row["winner"]) - 1 for row in rows], [int(row["label"]) - 1 for row in rows], scale=Scale.pair(2)
    )
    kappa = measure(given, task="llmbar", judge="GPT-4", verify=True)[0].metrics["cohen_kappa"]
    assert kappa.value == pytest.approx(0.8369, abs=5e-5)


@pytest.mark.parametrize(("order", "value"), [("both-right", 0.140741), ("sum-of-signs", 0.322222), ("mean", 0.312963)])
def test_orders_of_claude_3_haiku_on_judgebench(data_dir, order, value):
    """statistics.md 6: 270 Claude pairs, 13 games without a verdict."""
    path = data_dir / "judgebench" / "raw" / "claude__arena_hard__claude-3-haiku-20240307.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    code = {"A>B": 0, "A=B": 1, "B>A": 2}
    games = [[code.get((game or {}).get("decision"), -1) for game in row["judgments"]] for row in rows]
    given = ratings(
        [said for one, two in games for said in (one, two if two < 0 else 2 - two)],
        [code[row["label"]] for row in rows for _ in range(2)],
        item=np.repeat(np.arange(len(rows)), 2),
        swapped=[False, True] * len(rows),
    )
    assert (len(rows), int((given.judge < 0).sum())) == (270, 13)
    # A game without a verdict counts for neither side, as its authors have it.
    policies = Policies(order=order, invalid="tie" if order == "sum-of-signs" else "wrong")
    found = measure(given, task="judgebench", judge="haiku", policies=policies, verify=True)[0]
    assert found.metrics["accuracy"].value == pytest.approx(value, abs=5e-7)


def test_o1_mini_s_first_slot_is_no_chance():
    """statistics.md 7: 74 primacies against 36 recencies, exact binomial."""
    assert mcnemar(74, 36) == pytest.approx(0.000371251, abs=5e-10)


@pytest.fixture(scope="module")
def umass(data_dir):
    return public_umass.read(data_dir)


def sides(rows, judge):
    kept = [row for row in rows if row[judge] in {"True", "False"}]
    gold, said = (np.array([row[name] == "True" for row in kept], dtype=int) for name in ("HumanJudgement", judge))
    questions = Clusters.of(np.unique([row["question"] for row in kept], return_inverse=True)[1])
    return gold, said, questions


def cross(gold, said):
    return table(np.bincount(2 * gold + said, minlength=4).reshape(2, 2), positive=1)


def test_error_of_leniency(umass):
    """statistics.md 7: JudgeLM's P+; GPT-4's figures of the first labels."""
    one = cross(*sides(umass[0], "JudgeLM")[:2])
    assert se_iid(one, METRICS["leniency_p_plus"](one)) == pytest.approx(0.019150, abs=5e-7)
    one = cross(*sides(umass[0], "GPT-4")[:2])
    assert METRICS["youden_j"](one).value == pytest.approx(0.776528, abs=5e-7)
    assert METRICS["leniency_p_plus"](one).value == pytest.approx(0.764295, abs=5e-7)


def test_accuracy_without_the_factor_of_clusters(umass):
    """statistics.md 2.1: statsmodels without and with its correction."""
    gold, said, questions = sides(umass[0], "GPT-4")
    found = mean((gold == said).astype(float), questions)
    assert float(np.sqrt(np.square(found.sums).sum())) == pytest.approx(0.006553443542778, abs=1e-12)
    assert found.cr1 == pytest.approx(0.006561650738909, abs=1e-12)


@pytest.mark.parametrize(("judge", "effect"), [("GPT-4", 1.8), ("Contains", 5.2)])
def test_design_effects(umass, judge, effect):
    """statistics.md 2.3. Gemma-2B's, 1.3 there, is 1.38 on all its rows and 1.33 on those that all judged."""
    gold, said, questions = sides(umass[0], judge)
    one = cross(gold, said)
    kappa = METRICS["cohen_kappa"](one)
    growth = influences_of(one, kappa, 2 * gold + said, questions).cr1 / se_iid(one, kappa)
    assert growth**2 == pytest.approx(effect, abs=0.05)
    # statistics.md 0 has the roots: 1.36 and 2.29.
    assert growth == pytest.approx({"GPT-4": 1.36, "Contains": 2.29}[judge], abs=0.005)


def test_own_system_is_favoured_where_it_is_wrong(umass):
    """statistics.md 7: GPT-4 on gpt-4t's answers and on the others'."""
    rates = []
    for own in (True, False):
        one = cross(*sides([row for row in umass[0] if (row["model"] == "gpt-4t") == own], "GPT-4")[:2])
        rates.append((METRICS["true_positive_rate"](one).value, 1 - METRICS["true_negative_rate"](one).value))
    assert np.ravel(rates).tolist() == pytest.approx([0.975342, 0.371429, 0.942550, 0.164137], abs=5e-7)
    assert np.subtract(*rates).tolist() == pytest.approx([0.032793, 0.207292], abs=1e-6)


def test_ppi_with_the_library_s_weight(umass):
    """statistics.md 4: ppi_py's weight is .8034, ours .8061, so its normal interval is met to a thousandth.

    Our own interval is of the t distribution and on the logit scale, [.6652, .7359].
    """
    gold, said, _ = sides(umass[0], "Llama3-70B")
    order = np.random.RandomState(0).permutation(gold.size)
    ours, rest = order[:300], order[300:]
    found = ppi(Sample.of(gold[ours].astype(float), said[ours].astype(float), said[rest].astype(float)))
    normal = (found.value - 1.959964 * found.se, found.value + 1.959964 * found.se)
    assert (found.value, *normal) == pytest.approx((0.70151016, 0.66650266, 0.73651766), abs=1e-3)


@pytest.fixture(scope="module")
def pandalm(data_dir):
    found = PandaLM.read(data_dir)
    # Some responses are a bare true or false in the file.
    longer = np.array([len(str(row["response2"])) - len(str(row["response1"])) for row in found.rows], dtype=float)
    return found.votes, found.majority, answered(found.gpt), answered(found.panda), longer


def test_annotators_against_a_majority_of_their_own_votes(pandalm):
    """statistics.md 1.5: never to be compared with the honest .9199 over pairs."""
    votes, gold = pandalm[:2]
    assert [round(float((votes[:, j] == gold).mean()), 3) for j in range(3)] == [0.962, 0.951, 0.967]


def test_flipped_signs_of_pandalm_s_judges(pandalm):
    """statistics.md 9.3: .0709 by drawn flips, to .002; all flips counted give McNemar's exact p."""
    _, gold, first, second, _ = pandalm
    assert sign_flip((first == gold).astype(float) - (second == gold)).p == pytest.approx(0.0709, abs=0.002)


def test_bootstrap_of_a_paired_kappa(pandalm):
    """statistics.md 9.3: .0274 to .0005, from the joint cells of gold and both judges."""
    _, gold, first, second, _ = pandalm
    parts = Parts.of(gold * 16 + first * 4 + second, (4, 16), Clusters.of(np.arange(999)))

    def gap(counts):
        cells = counts.reshape(4, 4, 4)
        one, two = (METRICS["cohen_kappa"](table(cells.sum(axis=k), declared=3)).value for k in (2, 1))
        return one - two

    assert resampled(parts, gap, "bootstrap", draws=4_000).se == pytest.approx(0.0274, abs=1e-3)


@pytest.mark.parametrize(
    ("judge", "n", "slope", "error"),
    [(2, 936, 0.0841755239828, 0.0916222239972), (3, 892, -0.0217251726987, 0.0835477330332)],
)
def test_no_leaning_to_the_longer_response(pandalm, judge, n, slope, error):
    """statistics.md 7, R's glm: gold dummies, and the difference in characters standardised over the rows in use."""
    import statsmodels.api as sm

    gold, said, longer = pandalm[1], pandalm[judge], pandalm[4]
    kept = np.isin(said, [0, 2])
    design = np.c_[np.ones(kept.sum()), gold[kept] == 1, gold[kept] == 2, longer[kept] / longer[kept].std(ddof=1)]
    outcome = (said[kept] == 2).astype(float)
    fit = logistic(outcome, design, Clusters.of(np.arange(n)))
    assert kept.sum() == n
    assert fit.coefficients[-1] == pytest.approx(slope, abs=1e-9)
    # R's error takes the model's variance, before its last step; ours is the sandwich, .10 instead of .08 for the
    # second judge, because a few responses are six standard deviations longer.
    assert sm.Logit(outcome, design).fit(disp=0).bse[-1] == pytest.approx(error, abs=1e-7)
    robust = sm.Logit(outcome, design).fit(disp=0, cov_type="cluster", cov_kwds={"groups": np.arange(n)})
    assert fit.se[-1] == pytest.approx(robust.bse[-1], abs=1e-9)
