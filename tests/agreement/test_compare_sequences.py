"""Two judges' rankings and checks of steps on the same items: statsmodels, jackknives and scipy as witnesses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import quick
from hypothesis import given
from hypothesis import strategies as st
from test_compare_rows import jackknife, lines
from test_ratings import item, verdict

from judgebench.agreement.compare.compare import compare
from judgebench.agreement.compare.differing import differing
from judgebench.agreement.compare.standings import compare_all
from judgebench.agreement.matching import judged_verdicts, match
from judgebench.agreement.pilots import pilot
from judgebench.agreement.witness.comparisons import verify_matched
from judgebench.domain import Policies, Scale, Status
from judgebench.errors import UsageError
from judgebench.stats.coefficients import sequence_scores
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.paired import sign_flip

seeds = st.integers(0, 9999)


def run_of(name, scale, rows, *, policies=None):
    """Verdicts of one judge: name of the question, gold labels, verdict."""
    given = []
    for i, (question, golds, said) in enumerate(rows):
        one = item(f"i{i}", *golds, responses="wxyz"[: 4 if scale.kind == "rank" else 1], cluster=question)
        order = tuple(range(len(one.responses)))
        given.append(verdict(one, said, scale, order=order, status=Status.OK if said else Status.UNPARSED))
    return judged_verdicts(given, scale, task="t", judge=name, policies=policies or Policies())


def shuffled(rng, order, swaps):
    found = list(order)
    for _ in range(swaps):
        i, j = rng.integers(0, len(found), 2)
        found[i], found[j] = found[j], found[i]
    return tuple(found)


def rank_pair(seed, n=60, annotators=1):
    rng = np.random.default_rng(seed)
    scale = Scale.rank(4)
    rows = []
    for i in range(n):
        best = tuple(rng.permutation(4).tolist())
        golds = [best, *(shuffled(rng, best, 1) for _ in range(annotators - 1))]
        said = [None if rng.random() < 0.05 else shuffled(rng, best, swaps) for swaps in (1, 2)]
        rows.append((f"q{i // 3}", golds, said))
    return [run_of(name, scale, [(q, g, said[j]) for q, g, said in rows]) for j, name in enumerate("ab")], rows


@quick
@given(seed=seeds)
def test_orders_are_compared_by_clustered_regressions(seed):
    import statsmodels.api as sm

    judges, rows = rank_pair(seed)
    found = compare(match(judges), draws=200, interval="cr1")
    assert [line.metric for line in found.lines] == [
        "kendall_tau",
        "top_1_agreement",
        "levenshtein_distance",
        "footrule_distance",
    ]
    assert set(found.errors) == {"levenshtein_distance", "footrule_distance"}
    cluster = np.arange(60) // 3
    for name, function, worst in (
        ("kendall_tau", sequence_scores.kendall_tau, -1.0),
        ("top_1_agreement", sequence_scores.top_1_agreement, 0.0),
        ("levenshtein_distance", sequence_scores.levenshtein_distance, 1.0),
    ):
        first, second = (
            np.array([worst if s[j] is None else function(np.array([g[0]]), np.array([s[j]]))[0] for _, g, s in rows])
            for j in (0, 1)
        )
        gap = first - second
        if np.ptp(gap) == 0:
            continue
        fitted = sm.OLS(gap, np.ones(60)).fit(cov_type="cluster", cov_kwds={"groups": cluster}, use_t=True)
        line = lines(found)[name]
        assert line.difference.value == pytest.approx(gap.mean())
        assert line.difference.se == pytest.approx(fitted.bse[0], rel=1e-9)
        assert line.p == pytest.approx(fitted.pvalues[0], abs=1e-9)
        if name == "kendall_tau":
            sums = np.bincount(cluster, gap).round(12)
            assert found.tests.label_swap == sign_flip(sums, draws=200).p
    four = found.fourfold
    assert four.n == 60
    assert four.both + four.first_only == sum(g[0] == s[0] for _, g, s in rows)
    assert found.power.design_effect > 0


def test_several_annotators_orders_are_right_in_part():
    judges, rows = rank_pair(5, annotators=2)
    matched = match(judges)
    found = compare(matched)
    assert found.policies.gold == "each"
    assert found.fourfold is None
    assert found.tests.sign_flip is not None
    listed = list(differing(matched))
    assert len(listed) == found.differ == sum(s[0] != s[1] for _, _, s in rows)
    golds = next(g for _, g, s in rows if s[0] != s[1] and g[0] != g[1])
    text = [" > ".join(str(code + 1) for code in order) for order in golds]
    assert any(one.gold == " | ".join(text) for one in listed)
    assert any(one.first == "invalid" for one in listed) == any(s[0] is None and s[1] for _, _, s in rows)
    verify_matched(matched, ("kendall_tau", "mean_spearman_rho", "footrule_distance", "percent_agreement"), METRICS)


def step_rows(seed, n=80):
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(n):
        gold = tuple(int(x) for x in rng.random(int(rng.integers(2, 6))) < 0.85)
        said = []
        for noise in (0.08, 0.25):
            flips = rng.random(len(gold)) < noise
            own = tuple(int(g ^ f) for g, f in zip(gold, flips, strict=True))
            said.append(None if rng.random() < 0.03 else own + (1,) * int(rng.random() < 0.1))
        rows.append((f"q{i // 2}", [gold], said))
    return rows


def step_pair(rows):
    scale = Scale.steps()
    return [run_of(name, scale, [(q, g, said[j]) for q, g, said in rows]) for j, name in enumerate("ab")]


def first_f1(rows, j):
    def first(labels, n):
        return next((k for k, one in enumerate(labels[:n]) if one == 0), n) if len(labels) >= n else -1

    hits = {True: [], False: []}
    for _, (gold,), said in rows:
        n = len(gold)
        truth = first(gold, n)
        own = said[j] or ()
        # A check that stops short of the first error names none; one that has it names it.
        named = next((k for k, one in enumerate(own[:n]) if one == 0), n if len(own) >= n else -1)
        hits[truth < n].append(truth == named)
    parts = [np.mean(one) for one in hits.values()]
    return 2 * parts[0] * parts[1] / sum(parts)


def test_steps_are_compared_as_the_cluster_jackknife_has_it():
    rows = step_rows(3, n=300)
    found = compare(match(step_pair(rows)))
    assert found.headline == "first_error_f1"
    assert found.main.difference.value == pytest.approx(first_f1(rows, 0) - first_f1(rows, 1))
    cluster = np.arange(300) // 2
    theirs = jackknife(
        cluster, lambda kept: first_f1([rows[i] for i in kept], 0) - first_f1([rows[i] for i in kept], 1)
    )
    assert found.main.difference.se == pytest.approx(theirs, rel=0.05)
    assert found.outcome == "first"
    assert found.tests.label_swap is None
    flawed = lines(found)["first_error_accuracy"]
    assert flawed.first.n == sum(0 in gold for _, (gold,), _ in rows)


@quick
@given(seed=seeds)
def test_every_figure_of_steps_has_a_witness_and_turns_with_the_judges(seed):
    judges = step_pair(step_rows(seed))
    matched = match(judges)
    every = (
        *("percent_agreement", "step_agreement", "step_kappa", "error_precision", "error_recall", "error_f1"),
        *("first_error_accuracy", "flawless_accuracy", "first_error_f1"),
    )
    verify_matched(matched, every, METRICS)
    here, there = compare(matched, every), compare(match(judges[::-1]), every)
    for one, other in zip(here.lines, there.lines, strict=True):
        assert (one.difference.value is None) == (other.difference.value is None)
        if one.difference.value is not None:
            assert one.difference.value == pytest.approx(-other.difference.value)
            assert one.difference.se == pytest.approx(other.difference.se)


def test_steps_that_differ_are_written_out():
    rows = [("p", [(1, 0)], [(1, 0), (1, 1, 1)]), ("q", [(1, 1)], [None, (1, 1)])]
    found = match(step_pair(rows))
    assert [(one.gold, one.first, one.second, one.right) for one in differing(found)] == [
        ("1 0", "1 0", "1 1 1", "first"),
        ("1 1", "invalid", "1 1", "second"),
    ]


def test_judgments_without_a_verdict_are_dropped_for_both():
    rows = step_rows(1)
    judges = [replace(one, policies=Policies(invalid="drop")) for one in step_pair(rows)]
    found = match(judges)
    gone = sum(None in said for _, _, said in rows)
    assert gone > 0
    assert (found.scored[0].size, found.incomplete) == (80 - gone, gone - sum(s == [None, None] for _, _, s in rows))


def test_sequences_have_no_metrics_of_labels():
    judges, _ = rank_pair(2)
    with pytest.raises(UsageError, match="cohen_kappa means nothing on the rank scale"):
        compare(match(judges), ["cohen_kappa"])
    with pytest.raises(UsageError, match="steps"):
        compare(match(judges), ["step_kappa"])
    three = [*judges, replace(judges[0], judge="c")]
    assert {one.judge for one in compare_all(match(three)).standings} == {"a", "b", "c"}


def test_a_pilot_of_two_judges_measures_steps():
    found = pilot(step_pair(step_rows(2)), "", METRICS, drop=0.05)
    assert (found.metric, found.measured) == ("first_error_f1", True)
