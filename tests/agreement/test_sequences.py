"""Rankings and steps: scipy and brute force as witnesses, worked examples, misses that earn nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from agreement_cases import quick
from documents import document
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau, spearmanr
from sklearn.metrics import cohen_kappa_score, precision_recall_fscore_support
from test_ratings import item, verdict

from judgebench.agreement.measure import measure
from judgebench.agreement.ratings import from_verdicts
from judgebench.domain import Aggregate, Policies, Scale, Status
from judgebench.errors import DataError, UsageError
from judgebench.report.scores import Scores
from judgebench.stats.coefficients import sequence_scores
from judgebench.stats.influence import Clusters

seeds = st.integers(0, 10_000)
FIGURES = (
    sequence_scores.levenshtein_distance,
    sequence_scores.kendall_tau,
    sequence_scores.spearman_rank,
    sequence_scores.footrule_distance,
    sequence_scores.top_1_agreement,
)


def orders(seed, n=12):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 7))
    return tuple(np.argsort(rng.random((n, k)), axis=1) for _ in range(2))


def edits(a, b):
    """Levenshtein's recursion as it is written."""
    if not a or not b:
        return len(a) + len(b)
    if a[0] == b[0]:
        return edits(a[1:], b[1:])
    return 1 + min(edits(a[1:], b), edits(a, b[1:]), edits(a[1:], b[1:]))


@quick
@given(seed=seeds)
def test_correlations_of_orders_are_scipys_and_by_definition(seed):
    first, second = orders(seed)
    k = first.shape[1]
    tau, rho, foot = sequence_scores.kendall_tau(first, second), sequence_scores.spearman_rank(first, second), []
    for i, (a, b) in enumerate(zip(first.tolist(), second.tolist(), strict=True)):
        x, y = [a.index(r) for r in range(k)], [b.index(r) for r in range(k)]
        assert tau[i] == pytest.approx(kendalltau(x, y).statistic)
        assert rho[i] == pytest.approx(spearmanr(x, y).statistic)
        signs = [np.sign((x[p] - x[q]) * (y[p] - y[q])) for p in range(k) for q in range(p)]
        assert tau[i] == pytest.approx(np.mean(signs))
        foot.append(sum(abs(p - q) for p, q in zip(x, y, strict=True)))
    most = max(sum(abs(i - p) for i, p in enumerate(order)) for order in permutations(range(k)))
    assert sequence_scores.footrule_distance(first, second).tolist() == pytest.approx([f / most for f in foot])


@quick
@given(seed=seeds)
def test_edit_distance_is_the_recursion(seed):
    first, second = (side[:4, :] for side in orders(seed))
    expected = [edits(a, b) / len(a) for a, b in zip(first.tolist(), second.tolist(), strict=True)]
    assert sequence_scores.levenshtein_distance(first, second).tolist() == pytest.approx(expected)


@quick
@given(seed=seeds)
@pytest.mark.parametrize("figure", FIGURES)
def test_names_of_responses_and_sides_do_not_matter(figure, seed):
    first, second = orders(seed)
    names = np.random.default_rng(seed).permutation(first.shape[1])
    value = figure(first, second)
    assert figure(second, first).tolist() == pytest.approx(value.tolist())
    assert figure(names[first], names[second]).tolist() == pytest.approx(value.tolist())
    assert set(figure(first, first).tolist()) == {0.0 if "distance" in figure.__name__ else 1.0}


@pytest.mark.parametrize("figure", FIGURES)
def test_what_is_no_order_is_refused(figure):
    with pytest.raises(ValueError, match="permutation"):
        figure(np.array([[0, 0, 1]]), np.array([[0, 1, 2]]))
    with pytest.raises(ValueError, match="shape"):
        figure(np.array([[0, 1]]), np.array([[0, 1, 2]]))


def rank_rows(*pairs, golds=None):
    scale = Scale.rank(4)
    golds = golds or [(gold,) for gold, _ in pairs]
    given = []
    for i, ((_, said), gold) in enumerate(zip(pairs, golds, strict=True)):
        one = item(f"i{i}", *gold, responses="wxyz")
        status = Status.OK if said is not None else Status.UNPARSED
        given.append(verdict(one, said, scale, order=(0, 1, 2, 3), status=status))
    return from_verdicts(given, scale)


def test_rankings_end_to_end():
    best = (2, 3, 0, 1)
    rows = rank_rows((best, best), (best, (2, 3, 1, 0)), (best, None))
    all_rows = measure(rows, task="t", judge="j", policies=Policies())
    found = all_rows[0]
    assert (found.headline, found.scale, found.items) == ("kendall_tau", "rank:4", 3)
    assert found.coverage == pytest.approx(2 / 3)
    values = {name: one.value for name, one in found.metrics.items()}
    # A missing verdict has distance 1, tau -1 and agrees with nothing.
    assert values["levenshtein_distance"] == pytest.approx((0 + 0.5 + 1) / 3)
    assert values["kendall_tau"] == pytest.approx((1 + 2 / 3 - 1) / 3)
    assert values["top_1_agreement"] == pytest.approx(2 / 3)
    assert values["percent_agreement"] == pytest.approx(1 / 3)
    assert found.metrics["top_1_agreement"].method == "share-few-events"
    assert "low_coverage" in found.warnings
    dropped = measure(rows, task="t", judge="j", policies=Policies(invalid="drop"))[0]
    assert dropped.metrics["top_1_agreement"].value == 1.0
    assert dropped.coverage == found.coverage


def test_a_ranking_is_held_against_each_annotator():
    a, b = (0, 1, 2, 3), (3, 2, 1, 0)
    rows = rank_rows((a, a), (a, b), golds=[(a, b), (a, None)])
    found = measure(rows, task="t", judge="j")[0]
    assert found.policies.gold == "each"
    assert found.metrics["kendall_tau"].value == pytest.approx(((1 - 1) / 2 + -1) / 2)
    assert found.ceiling["kendall_tau"].value == pytest.approx(-1.0)
    # In the place of either annotator of the first item.
    assert found.ceiling["judge_vs_each_kendall_tau"].value == pytest.approx(0.0)


def test_a_ceiling_of_rankings_is_over_all_pairs_of_labels():
    """Three people rank one item (tau 1, -1, -1), two others two items alike: 5 pairs, not 4 people."""
    a, b = (0, 1, 2, 3), (3, 2, 1, 0)
    golds = [(a, a, b, None), (a, None, None, a), (b, None, None, b)]
    found = measure(rank_rows((a, a), (a, None), (b, b), golds=golds), task="t", judge="j", verify=True)[0].ceiling
    assert (found["kendall_tau"].value, found["kendall_tau"].n) == (pytest.approx((1 - 1 - 1 + 1 + 1) / 5), 5)
    assert found["kendall_tau"].low is not None
    # Against a, a and b, each for two pairs; no verdict on the second item.
    judge = ((1 + 1 - 1) + -1 + 1) / 5
    assert found["judge_vs_each_kendall_tau"].value == pytest.approx(judge)
    assert found["judge_vs_each_top_1_agreement"].value == pytest.approx((2 + 0 + 1) / 5)


def test_a_ceiling_of_steps_is_over_all_pairs_of_labels_of_a_step():
    rows = step_rows((((1, 0), (1, 0), (0, 0)), (1, 1)), (((1,), (1,)), None))
    found = measure(rows, task="t", judge="j", verify=True)[0].ceiling
    assert (found["step_agreement"].value, found["step_agreement"].n) == (pytest.approx((1 + 3 + 1) / 7), 7)
    # Two of three people say 1 of the first step; each stands beside two others.
    assert found["judge_vs_each_step_agreement"].value == pytest.approx((2 * 2 / 2 + 0 + 0) / 7)


def test_coverage_is_of_all_judgments_as_of_labels():
    """It was of those with gold that the order policy keeps."""
    a = (0, 1, 2, 3)
    rows = rank_rows((a, a), (a, None), golds=[(a,), (None,)])
    assert measure(rows, task="t", judge="j")[0].coverage == 0.5
    again = replace(rows, item=rows.item * 0, game=rows.item, gold_sequence=rows.gold_sequence[[0, 0]])
    assert measure(again, task="t", judge="j", policies=Policies(order="single"))[0].coverage == 0.5


def test_aggregates_and_parts_without_gold_are_rows_as_of_labels():
    a, b = (0, 1, 2, 3), (1, 0, 2, 3)
    rows = rank_rows((a, a), (a, b), (a, a), golds=[(a,), (a,), (None,)])
    rows = replace(rows, subset=rows.item, subsets=("x", "y", "z"))
    found = {
        row.subset: row.metrics["kendall_tau"]
        for row in measure(
            rows, task="t", judge="j", aggregates=[Aggregate("mean", ("x", "y"), (1.0, 3.0))], verify=True
        )
    }
    assert found["mean"].value == pytest.approx((found["x"].value + 3 * found["y"].value) / 4)
    assert found["z"].undefined == "no_items"


@quick
@given(seed=seeds)
def test_step_figures_are_sklearns(seed):
    rng = np.random.default_rng(seed)
    length = rng.integers(1, 6, 30)
    there = np.arange(5) < length[:, None]
    gold = np.where(there, rng.integers(0, 2, (30, 5)), -1)
    judge = np.where(there, rng.integers(0, 2, (30, 5)), -1)
    y, said = gold[there], judge[there]
    precision, recall, f1, _ = precision_recall_fscore_support(y, said, labels=[0], zero_division=0)
    found = sequence_scores.error_scores(gold, judge)
    assert [one.value for one in found] == pytest.approx([precision[0], recall[0], f1[0]])
    assert sequence_scores.step_agreement(gold, judge).value == pytest.approx((y == said).mean())
    firsts = sequence_scores.first_errors(gold, length).tolist()
    assert firsts == [row[:n].index(0) if 0 in row[:n] else -1 for row, n in zip(gold.tolist(), length, strict=True)]


def step_rows(*pairs):
    scale = Scale.steps()
    given = []
    for i, (labels, said) in enumerate(pairs):
        golds = labels if isinstance(labels[0], tuple) else (labels,)
        one = item(f"i{i}", *golds, responses="x")
        status = Status.OK if said is not None else Status.UNPARSED
        given.append(verdict(one, said, scale, order=(0,), status=status))
    return from_verdicts(given, scale)


def test_steps_end_to_end():
    rows = step_rows(
        ((1, 1, 0), (1, 1, 0)),  # found
        ((1, 0, 1), (1, 1, 0)),  # too late
        ((0, 1), None),  # no verdict: wrong at both steps
        ((1, 1), (1, 1)),
        ((1, 1, 1), (1, 0, 1)),  # no error there
    )
    found = measure(rows, task="t", judge="j")[0]
    values = {name: one.value for name, one in found.metrics.items()}
    assert (found.headline, found.scale) == ("first_error_f1", "steps")
    assert (values["first_error_accuracy"], found.metrics["first_error_accuracy"].n) == (pytest.approx(1 / 3), 3)
    assert (values["flawless_accuracy"], found.metrics["flawless_accuracy"].n) == (0.5, 2)
    assert values["first_error_f1"] == pytest.approx(2 * (1 / 3) * 0.5 / (1 / 3 + 0.5))
    assert values["step_agreement"] == pytest.approx(8 / 13)
    assert values["error_precision"] == pytest.approx(1 / 4)
    assert values["error_recall"] == pytest.approx(1 / 3)
    assert values["percent_agreement"] == pytest.approx(2 / 5)
    gold = [1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1]
    said = [1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1]
    assert values["step_kappa"] == pytest.approx(cohen_kappa_score(gold, said))


def test_steps_of_several_annotators_go_by_majority_step_by_step():
    rows = step_rows(
        (((1, 0, 1), (1, 0, 0), (0, 0, 1)), (1, 0, 1)),
        (((0, 1), (1, 1)), (1, 1)),  # the first step is undecided
    )
    found = measure(rows, task="t", judge="j")[0]
    assert found.metrics["first_error_accuracy"].value == 1.0
    assert found.metrics["first_error_accuracy"].n == 1
    assert found.metrics["flawless_accuracy"].undefined == "no_correct_items"
    assert found.metrics["first_error_f1"].undefined == "no_correct_items"
    assert found.metrics["step_agreement"].value == 1.0
    assert found.ceiling["step_agreement"].value is not None


def test_steps_too_many_or_too_few_are_said_and_missed():
    rows = step_rows(((1, 1, 1), (1, 1)), ((1, 0), (1, 0, 0)))
    found = measure(rows, task="t", judge="j")[0]
    assert "length_mismatch" in found.warnings
    assert found.metrics["step_agreement"].value == pytest.approx(4 / 5)
    assert found.metrics["flawless_accuracy"].value == 0.0
    assert found.metrics["first_error_accuracy"].value == 1.0


@quick
@given(seed=seeds)
def test_influences_are_the_jackknifes(seed):
    """Infinitesimal and real jackknife agree on many solutions."""
    rng = np.random.default_rng(seed)
    gold, judge = rng.integers(-1, 4, 300), rng.integers(-1, 4, 300)
    judge = np.where(rng.random(300) < 0.4, gold, judge)
    found = sequence_scores.first_error_scores(gold, judge).f1
    left = np.array(
        [
            sequence_scores.first_error_scores(np.delete(gold, i), np.delete(judge, i)).f1.value
            for i in range(0, 300, 10)
        ]
    )
    assert 299 * (found.value - left) == pytest.approx(found.influence[::10], rel=0.1, abs=0.05)
    assert found.influences(Clusters.of(np.arange(300))).se > 0


def test_policies_and_empty_input_are_refused_in_words():
    rows = rank_rows(((0, 1, 2, 3), (0, 1, 2, 3)))
    with pytest.raises(UsageError, match="order=both-right makes no sense on the scale rank"):
        measure(rows, task="t", judge="j", policies=Policies(order="both-right"))
    with pytest.raises(DataError, match="no item has a gold label"):
        measure(rank_rows((None, (0, 1, 2, 3))), task="t", judge="j")
    with pytest.raises(DataError, match="no item has a gold label"):
        measure(from_verdicts([], Scale.steps()), task="t", judge="j")


def test_rows_of_sequences_are_scores_like_all_others():
    """The JSON fits its schema, the table and CSV can be drawn, and a run is measured as its verdicts are."""
    best = (2, 3, 0, 1)
    rows = measure(rank_rows((best, best), (best, None)), task="t", judge="j")
    rows += measure(step_rows(((1, 0), (1, 0)), ((1, 1), (1, 1))), task="s", judge="j")
    scores = Scores(tuple(rows))
    assert document(scores.render("json"))["rows"]
    for form in ("table", "csv", "md"):
        assert scores.render(form)
    text = scores.render(width=200)
    assert "tau" in text
    assert "first error" in text


def test_no_errors_no_recall():
    gold = np.array([[1, 1]])
    found = sequence_scores.error_scores(gold, gold)
    assert [one.reason for one in found] == ["no_predicted_errors", "no_gold_errors", "no_gold_errors"]
    assert sequence_scores.first_error_scores(np.array([-1]), np.array([-1])).wrong.reason == "no_gold_errors"
