"""Corrected scores: published and reference figures, what must hold for any data, and coverage on real error rates."""

from __future__ import annotations

import csv
import gzip
import io
import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from agreement_cases import benchmark, quick
from hypothesis import given
from hypothesis import strategies as st

from judgebench.agreement.correct.labelled import (
    Sample,
    drift,
    join_strata,
    labels_only,
    naive,
    post_stratified,
    ppi,
    ppi_weight,
)
from judgebench.agreement.correct.matrix import matrix_influence, matrix_mean, matrix_shares
from judgebench.agreement.correct.rogan_gladen import Calibration, bayes_rogan_gladen, rogan_gladen
from judgebench.stats.inference.score_path import share_interval
from judgebench.stats.influence import Clusters

if TYPE_CHECKING:
    from pathlib import Path

# Lee et al. (arXiv 2511.21140): the example of their code.
LEE = Calibration(tnr=0.7, negatives=200, tpr=0.9, positives=200)
Z = 1.959963984540054


def test_rogan_gladen_has_the_interval_of_lee_et_al():
    found = rogan_gladen(0.4, 1000, LEE)
    assert found.value == pytest.approx(0.16666666666666680, abs=1e-12)
    assert (found.low, found.high) == pytest.approx((0.05635072484160894, 0.2627330257859588), abs=1e-12)


@pytest.mark.parametrize(
    ("accepted", "calibration", "mean", "sd", "quantiles"),
    [
        (400, LEE, 0.161552583665, 0.05260547, (0.05107576, 0.16400702, 0.25810112)),
        (840, Calibration(0.8, 100, 0.95, 200), 0.856343746, 0.025937, (0.80720297, 0.85563725, 0.90954845)),
    ],
)
def test_bayesian_rogan_gladen(accepted, calibration, mean, sd, quantiles):
    found = bayes_rogan_gladen(accepted, 1000, calibration)
    assert (found.mean, found.sd) == pytest.approx((mean, sd), abs=1e-6)
    assert (found.low, found.median, found.high) == pytest.approx(quantiles, abs=1e-6)


def test_bayesian_rogan_gladen_by_sampling():
    # Draw all three rates from their priors' posteriors, weigh by the likelihood of what was seen.
    rng = np.random.default_rng(0)
    q0, q1, theta = rng.beta(19, 4, 400_000), rng.beta(25, 7, 400_000), rng.random(400_000)
    accepts = theta * q1 + (1 - theta) * (1 - q0)
    weight = accepts**33 * (1 - accepts) ** 27
    mean = (weight * theta).sum() / weight.sum()
    found = bayes_rogan_gladen(33, 60, Calibration(18 / 21, 21, 24 / 30, 30))
    assert found.mean == pytest.approx(mean, abs=2e-3)
    assert found.low < found.median < found.high


@quick
@given(
    share=st.floats(0, 1),
    tnr=st.floats(0.3, 1),
    tpr=st.floats(0.3, 1),
    n=st.integers(1, 500),
    negatives=st.integers(1, 300),
    positives=st.integers(1, 300),
)
def test_rogan_gladen_stays_a_share_or_says_why_not(share, tnr, tpr, n, negatives, positives):
    calibration = Calibration(tnr, negatives, tpr, positives)
    found = rogan_gladen(share, n, calibration)
    if calibration.youden <= 0:
        assert found.undefined == "weak_judge"
    if found.value is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_a_judge_no_better_than_a_coin_is_refused():
    assert rogan_gladen(0.4, 100, Calibration(0.5, 50, 0.5, 50)).undefined == "weak_judge"
    with pytest.raises(ValueError, match="both classes"):
        Calibration(0.5, 0, 0.5, 3)


def triviaqa(data_dir: Path, judge: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    path = next(data_dir.glob("judging_the_judges/*V1.csv*"))
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    rows = [row for row in csv.DictReader(io.StringIO(text, newline="")) if row[judge]]
    gold, judged = (np.array([row[name] == "True" for row in rows], float) for name in ("HumanJudgement", judge))
    return gold, judged, np.unique([row["question"] for row in rows], return_inverse=True)[1]


@pytest.mark.data
def test_prediction_powered_inference_is_ppi_pys(data_dir):
    # ppi_py 0.2.3 on the rows that Llama3-70B judged, RandomState(0): 300 labelled, 3295 not.
    gold, judged, _ = triviaqa(data_dir, "Llama3-70B")
    order = np.random.RandomState(0).permutation(gold.size)
    ours, rest = order[:300], order[300:]
    sample = Sample.of(gold[ours], judged[ours], judged[rest])
    plain = ppi(sample, 1.0)
    assert plain.value == pytest.approx(0.7084066767830045, abs=1e-14)
    # ppi_py takes large-sample standard errors and the normal quantile: the first without n / (n - 1).
    errors = gold[ours] - judged[ours]
    parts = errors.var(ddof=1) / 300, judged[rest].var(ddof=1) / rest.size
    assert plain.se == pytest.approx(math.sqrt(sum(parts)), abs=1e-14)
    large = math.sqrt(parts[0] * 299 / 300 + parts[1] * (rest.size - 1) / rest.size)
    assert plain.value - Z * large == pytest.approx(0.6710683, abs=5e-8)
    assert plain.value + Z * large == pytest.approx(0.74574505, abs=5e-8)
    assert ppi(sample, 0.0).value == pytest.approx(0.67333333, abs=5e-9)
    assert labels_only(sample).value == pytest.approx(0.67333333, abs=5e-9)
    assert ppi_weight(sample) == pytest.approx(0.80606, abs=5e-6)
    assert ppi(sample).value == pytest.approx(0.70160440, abs=5e-9)
    assert ppi(sample).value == pytest.approx(0.70151016, abs=1e-3)


@pytest.mark.data
def test_the_benchmark_counts_what_is_published(data_dir):
    for judge, table in benchmark("correction").TABLES.items():
        gold, judged, _ = triviaqa(data_dir, judge)
        counts = np.bincount((2 * gold + judged).astype(int), minlength=4).reshape(2, 2)
        assert counts.tolist() == [list(row) for row in table]


@pytest.mark.parametrize("judge", ["Llama3-70B", "Contains", "Gemma-2B"])
def test_intervals_cover_and_the_naive_score_does_not(judge):
    found = benchmark("correction").simulate(
        benchmark("correction").TABLES[judge], simulations=300, labels=100, unlabelled=1000, seed=1
    )
    for name, (_, coverage, _) in found.items():
        # 300 simulations: two standard errors below and above 95 %, and what the reference saw on top.
        assert coverage < 0.2 if name == "naive" else 0.905 <= coverage <= 0.995, name
    best = min(found, key=lambda name: found[name][0])
    assert best in {"ppi++", "post-strat"}
    assert found["labels"][0] > found["post-strat"][0]
    if judge == "Gemma-2B":
        assert found["rogan-gladen"][0] > found["labels"][0]


def test_another_mix_needs_rogan_gladen():
    module = benchmark("correction")
    found = module.simulate(
        module.TABLES["Llama3-70B"], simulations=200, labels=200, unlabelled=1000, seed=2, transfer=True
    )
    assert 0.9 <= found["rogan-gladen"][1] <= 0.995


def test_clustered_rows_need_clustered_intervals():
    module = benchmark("correction")
    found = module.simulate_clusters(module.TABLES["Llama3-70B"], simulations=250, questions=200, labelled=40, seed=3)
    for name, (_, coverage, _) in found.items():
        assert (0.9 <= coverage <= 0.99) if "clustered" in name else coverage < 0.92, name


def drawn(rng, n=80, labels=40, groups=None):
    gold = rng.integers(0, 2, n).astype(float)
    judged = np.where(rng.random(n) < 0.8, gold, 1 - gold)
    labelled = np.zeros(n, bool)
    labelled[rng.permutation(n)[:labels]] = True
    cluster = np.arange(n) if groups is None else rng.integers(0, groups, n)
    return Sample(judged, gold, labelled, judged.astype(int), Clusters.of(cluster))


@quick
@given(seed=st.integers(0, 10_000))
def test_estimators_have_their_textbook_form(seed):
    sample = drawn(np.random.default_rng(seed))
    gold, judged, rest = sample.gold[sample.labelled], sample.judge[sample.labelled], sample.judge[~sample.labelled]
    weight = ppi_weight(sample)
    for w in (weight, 1.0, 0.3):
        found = ppi(sample, w)
        assert found.value == pytest.approx(min(1, max(0, w * rest.mean() + (gold - w * judged).mean())))
        assert found.se == pytest.approx(
            math.sqrt(w * w * rest.var(ddof=1) / rest.size + (gold - w * judged).var(ddof=1) / gold.size)
        )
    share = sample.judge.mean()
    expected = share * gold[judged == 1].mean() + (1 - share) * gold[judged == 0].mean()
    assert post_stratified(sample).value == pytest.approx(expected)
    plain = labels_only(sample)
    assert (plain.low, plain.high) == pytest.approx(share_interval(gold.sum(), gold.size))


@quick
@given(seed=st.integers(0, 10_000))
def test_gold_that_the_judge_copies_leaves_only_the_judges_sampling_error(seed):
    rng = np.random.default_rng(seed)
    sample = drawn(rng)
    sample = Sample(sample.gold, sample.gold, sample.labelled, sample.gold.astype(int), sample.clusters)
    assert post_stratified(sample).value == pytest.approx(sample.gold.mean())
    assert ppi(sample, 1.0).value == pytest.approx(sample.gold[~sample.labelled].mean())


def test_twins_in_a_cluster_are_no_new_evidence():
    once = drawn(np.random.default_rng(5))
    twice = Sample(
        np.repeat(once.judge, 2),
        np.repeat(once.gold, 2),
        np.repeat(once.labelled, 2),
        np.repeat(once.stratum, 2),
        Clusters.of(np.repeat(np.arange(80), 2)),
    )
    for estimator in (ppi, labels_only, naive):
        assert estimator(twice).value == pytest.approx(estimator(once).value, abs=0.02)
    one, two = ppi(once, 0.5), ppi(twice, 0.5)
    assert (two.value, two.se, two.low, two.high) == pytest.approx((one.value, one.se, one.low, one.high))


def test_clustered_errors_agree_with_resampling_clusters():
    rng = np.random.default_rng(8)
    quality = rng.random(60)
    cluster = np.repeat(np.arange(60), 8)
    gold = (rng.random(480) < quality[cluster]).astype(float)
    judged = np.where(rng.random(480) < 0.85, gold, 1 - gold)
    labelled = rng.random(480) < 0.3
    sample = Sample(judged, gold, labelled, judged.astype(int), Clusters.of(cluster))
    boots = {ppi: [], post_stratified: []}
    for _ in range(400):
        rows = np.concatenate([np.flatnonzero(cluster == g) for g in rng.integers(0, 60, 60)])
        again = Sample(judged[rows], gold[rows], labelled[rows], judged[rows].astype(int), Clusters.of(cluster[rows]))
        for estimator, values in boots.items():
            values.append(estimator(again).value)
    for estimator, values in boots.items():
        assert estimator(sample).se == pytest.approx(np.std(values), rel=0.12)


def test_thin_strata_are_joined_and_nothing_is_certain():
    judged = np.array([1.0, 1, 1, 1, 2, 3, 3, 3, 3, 3])
    labelled = np.array([1, 1, 1, 1, 0, 1, 1, 1, 0, 0], bool)
    sample = Sample(judged, np.ones(10), labelled, judged.astype(int), Clusters.of(np.arange(10)))
    assert join_strata(sample).tolist() == [1, 1, 1, 1, 1, 3, 3, 3, 3, 3]
    found = post_stratified(sample)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.9


def test_what_can_not_be_estimated_says_why():
    one = Sample.of(np.array([1.0]), np.array([1.0]), np.array([0.0, 1.0]))
    assert ppi(one).undefined == "too_few_labels"
    assert post_stratified(one).undefined == "too_few_labels"
    full = Sample.of(np.array([1.0, 0.0]), np.array([1.0, 1.0]), np.zeros(0))
    assert ppi(full).undefined == post_stratified(full).undefined == "all_labelled"
    assert naive(full, np.zeros(2, bool)).undefined == "no_items"
    with pytest.raises(ValueError, match="no row"):
        Sample.of(np.zeros(0), np.zeros(0), np.ones(3))


def test_labels_of_the_easy_rows_only_are_noticed():
    judged = np.r_[np.ones(60), np.zeros(40), np.ones(200), np.zeros(800)]
    sample = Sample.of(judged[:100], judged[:100], judged[100:])
    assert drift(sample) > 4
    fair = drawn(np.random.default_rng(3))
    assert abs(drift(fair)) < 3
    assert drift(Sample.of(np.ones(3), np.ones(3), np.ones(5))) is None


# --- several classes


@quick
@given(seed=st.integers(0, 10_000), k=st.integers(2, 5))
def test_the_matrix_method_finds_the_shares_that_made_the_verdicts(seed, k):
    rng = np.random.default_rng(seed)
    confusion = 0.6 * np.eye(k) + 0.4 * rng.dirichlet(np.ones(k), k)
    truth = rng.dirichlet(np.ones(k))
    found = matrix_shares(confusion, truth @ confusion)
    assert found.shares == pytest.approx(truth)
    assert found.condition >= 1
    # A column for "no verdict" keeps the system solvable.
    silent = np.column_stack([confusion * 0.9, np.full(k, 0.1)])
    assert matrix_shares(silent, truth @ silent).shares == pytest.approx(truth)


@quick
@given(tnr=st.integers(11, 20), tpr=st.integers(11, 20), accepted=st.integers(0, 100))
def test_with_two_classes_the_matrix_method_is_rogan_gladens(tnr, tpr, accepted):
    counts = np.array([[tnr, 20 - tnr], [20 - tpr, tpr]])
    found = matrix_shares(counts, np.array([100 - accepted, accepted]))
    expected = rogan_gladen(accepted / 100, 100, Calibration(tnr / 20, 20, tpr / 20, 20))
    assert found.shares[1] == pytest.approx(expected.value)


def test_matrix_interval_is_close_to_the_delta_method():
    found = matrix_mean(np.array([[140, 60], [20, 180]]), np.array([600, 400]), np.array([0.0, 1.0]))
    assert found.se == pytest.approx(0.052219267055865985, rel=0.1)
    again = matrix_mean(np.array([[140, 60], [20, 180]]), np.array([600, 400]), np.array([0.0, 1.0]))
    assert found == again


@quick
@given(seed=st.integers(0, 10_000))
def test_matrix_influence_is_the_derivative(seed):
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, 5, (3, 3)) + 40 * np.eye(3, dtype=int)
    values = rng.normal(size=3)
    # Shares that the judge can show, well inside the simplex.
    verdicts = 1e6 * (np.array([0.3, 0.3, 0.4]) @ (counts / counts.sum(axis=1, keepdims=True)))
    ours, theirs = matrix_influence(counts, verdicts, values)
    at, step = matrix_shares(counts, verdicts).shares @ values, 1e-6
    for i, j in np.ndindex(3, 3):
        more = counts.astype(float)
        more[i, j] += step * counts.sum()
        assert (matrix_shares(more, verdicts).shares @ values - at) / step == pytest.approx(theirs[i, j], abs=1e-3)
        shown = verdicts.copy()
        shown[j] += step * verdicts.sum()
        assert (matrix_shares(counts, shown).shares @ values - at) / step == pytest.approx(ours[j], abs=1e-3)


def test_the_matrix_method_needs_calibration_rows_with_these_verdicts():
    """All measured verdicts are of a kind that no calibration row shows: nothing is behind them, and no NaN either."""
    calibration, verdicts = np.array([[8, 2, 0], [1, 9, 0]]), np.array([0, 0, 30])
    with pytest.raises(ValueError, match="no calibration row"):
        matrix_shares(calibration, verdicts)
    assert matrix_mean(calibration, verdicts, np.array([0.0, 1.0])).undefined == "too_few_labels"
    # One such verdict more or less in a resample is no reason to give up.
    assert matrix_mean(calibration, np.array([15, 20, 5]), np.array([0.0, 1.0])).high is not None


@pytest.mark.parametrize(("accuracy", "labels"), [(0.95, 60), (0.99, 60), (0.8, 60), (0.95, 200)])
def test_the_matrix_method_covers_where_labels_are_rare(accuracy, labels):
    """The percentile bootstrap covers .80 to .90 of the first two, where it is defined at all."""
    rng = np.random.default_rng(labels)
    shares, sims = np.array([0.05, 0.15, 0.8]), 400
    judge = np.full((3, 3), (1 - accuracy) / 2) + np.eye(3) * (1.5 * accuracy - 0.5)
    inside = undefined = 0
    for _ in range(sims):
        calibration = rng.multinomial(labels, (shares[:, None] * judge).ravel()).reshape(3, 3)
        found = matrix_mean(calibration, rng.multinomial(1000, shares @ judge), np.array([1.0, 0, 0]))
        # Nothing to go by: no item of the rare class, or one that is taken for another class as all of that are.
        none = not calibration[0].any() or found.low is None
        undefined += none
        inside += not none and found.low <= 0.05 <= found.high
    assert undefined < 0.1 * sims
    assert inside / (sims - undefined) >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / sims)


def test_matrix_method_says_what_it_can_not_do():
    twins = np.array([[50, 50], [50, 50]])
    assert matrix_mean(twins, np.array([10, 10]), np.array([0.0, 1])).undefined == "singular_matrix"
    assert matrix_mean(np.zeros((2, 2), int), np.array([10, 10]), np.array([0.0, 1])).undefined == "no_items"
    single = np.array([[1, 0, 0], [0, 50, 10], [0, 10, 50]])
    found = matrix_mean(single, np.array([5, 10, 10]), np.arange(3.0))
    assert 0 < found.low < found.value < found.high < 2
    assert matrix_mean(single[:1, :1], np.array([5]), np.ones(1)).undefined == "too_few_labels"
    gap = np.array([[40, 5, 5], [0, 0, 0], [5, 5, 40]])
    assert matrix_shares(gap, np.array([40, 5, 40])).unseen == (1,)
