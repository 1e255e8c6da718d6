"""What holds for every line of the table of metrics, and what other libraries say."""

from __future__ import annotations

import functools
import warnings
from dataclasses import replace

import numpy as np
import pytest
from agreement_cases import expand, quick, se_iid, table
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.coefficients.classes import class_f1, class_precision, class_recall
from judgebench.stats.coefficients.krippendorff import krippendorff_alpha_nominal
from judgebench.stats.coefficients.metric_sets import fits, metrics_for
from judgebench.stats.crosstab import Crosstab

ALL = sorted(METRICS)
#: For what runs once per metric.
brief = settings(max_examples=12, deadline=None)
ALPHAS = [name for name in ALL if name.startswith("krippendorff")]


@st.composite
def counts(draw, *, most=5, top=30, least=0):
    """Counts of a square table, gaps and constant sides included."""
    q = draw(st.integers(2, most))
    cells = draw(st.lists(st.integers(least, top), min_size=q * q, max_size=q * q))
    found = np.array(cells).reshape(q, q)
    assume(found.sum() >= 3)
    return found


def build(found, *, extra=0, level="nominal"):
    """Build a table with a tie in the middle; the last ``extra`` categories agree with nothing, on the judge's side."""
    declared = len(found) - extra
    found = found.copy()
    found[declared:, :] = 0
    assume(found.sum() >= 3)
    tie = declared // 2 if declared % 2 else None
    return table(found, declared=declared, level=level, positive=1 if declared == 2 else None, tie=tie)


@pytest.mark.parametrize("name", ALL)
@brief
@given(found=counts(), level=st.sampled_from(["nominal", "ordinal", "interval"]), extra=st.integers(0, 1))
def test_a_value_within_bounds_or_a_reason(name, found, level, extra):
    assume(len(found) - extra >= 2)
    outcome = METRICS[name](build(found, extra=extra, level=level))
    assert (outcome.value is None) != (outcome.reason is None)
    if outcome.value is not None:
        low = METRICS[name].low if outcome.low is None else outcome.low
        high = METRICS[name].high if outcome.high is None else outcome.high
        assert np.isfinite([low, high]).all()
        assert low - 1e-9 <= outcome.value <= high + 1e-9
        assert outcome.gradient is not None
        assert np.isfinite(outcome.gradient).all()


@pytest.mark.parametrize("name", [name for name in ALL if METRICS[name].symmetric])
@brief
@given(found=counts(), level=st.sampled_from(["nominal", "ordinal", "interval"]))
def test_trading_places(name, found, level):
    ours, theirs = METRICS[name](build(found, level=level)), METRICS[name](build(found.T, level=level))
    assert ours.reason == theirs.reason
    assert ours.value == pytest.approx(theirs.value)


# The ratio level knows a zero, from which a reversal moves the labels.
@pytest.mark.parametrize("name", [name for name in ALL if not METRICS[name].binary and not name.endswith("ratio")])
@brief
@given(data=st.data(), found=counts())
def test_renaming_labels(name, data, found):
    metric = METRICS[name]
    sign = -1 if name == "mean_signed_error" else 1
    if metric.relabels or metric.name == "krippendorff_alpha":
        turn = data.draw(st.permutations(range(len(found))))
    else:
        # What needs an order only stands its reversal.
        turn = list(range(len(found)))[::-1]
    ours, theirs = metric(build(found)), metric(build(found[np.ix_(turn, turn)]))
    assert ours.reason == theirs.reason
    assert ours.value is None or ours.value == pytest.approx(sign * theirs.value)


@pytest.mark.parametrize("name", [name for name in ALL if METRICS[name].perfect is not None])
@brief
@given(shares=st.lists(st.integers(1, 30), min_size=2, max_size=5), level=st.sampled_from(["nominal", "ordinal"]))
def test_perfect_agreement_is_known(name, shares, level):
    assume(sum(shares) >= 3)
    outcome = METRICS[name](build(np.diag(shares), level=level))
    assert outcome.reason in {None, "not_binary", "no_tie_label"}
    assert outcome.value is None or outcome.value == pytest.approx(METRICS[name].perfect)


@pytest.mark.parametrize("name", [name for name in ALL if METRICS[name].chance_corrected])
@brief
@given(
    gold=st.lists(st.integers(1, 9), min_size=3, max_size=3),
    judge=st.lists(st.integers(1, 9), min_size=3, max_size=3),
)
def test_an_independent_judge_is_worth_nothing(name, gold, judge):
    q = 2 if METRICS[name].binary else 3
    if name.startswith(("gwet", "brennan")):
        # Chance of even shares.
        gold = judge = [1, 1, 1]
    elif name.startswith(("krippendorff", "scott", "icc")):
        # One distribution for both sides, and a small-sample term.
        judge = gold
    assert METRICS[name](build(np.outer(gold[:q], judge[:q]) * 10_000)).value == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("name", ALL)
@brief
@given(values=st.lists(st.integers(-50, 50), min_size=2, max_size=4, unique=True), found=counts(least=1))
def test_recoding_the_values(name, values, found):
    """Rank statistics see the order only; the others don't see the values at all, or up to their scale."""
    q = min(len(values), len(found))
    found = found[:q, :q]
    shape = functools.partial(
        table, found, level="ordinal", positive=1 if q == 2 else None, tie=q // 2 if q % 2 else None
    )
    plain = METRICS[name](shape())
    unit = 1.0
    if name.endswith(("linear", "quadratic", "interval")) or name in {"pearson_r", "lin_ccc", "icc_a1", "icc_c1"}:
        recoded = METRICS[name](shape(values=3.5 * np.arange(q) - 2))
    elif name in {"mean_absolute_error", "mean_signed_error"}:
        unit = 3.5
        recoded = METRICS[name](shape(values=unit * np.arange(q) - 2))
    elif name == "krippendorff_alpha_ratio":
        recoded = METRICS[name](shape(values=3.5 * np.arange(q)))
    else:
        recoded = METRICS[name](shape(values=sorted(values[:q])))
    assert recoded.reason == plain.reason
    assert plain.value is None or recoded.value == pytest.approx(unit * plain.value)


#: Those of a class beside those of the whole table.
FIGURES = METRICS | {one.__name__: functools.partial(one, label=1) for one in (class_precision, class_recall, class_f1)}


@pytest.mark.parametrize("name", FIGURES)
@brief
@given(
    found=counts(most=4, least=1),
    level=st.sampled_from(["nominal", "ordinal", "interval"]),
    extra=st.integers(0, 1),
    seed=st.integers(0, 2**16),
)
def test_the_gradient_is_the_derivative(name, found, level, extra, seed):
    if name in METRICS and METRICS[name].binary:
        found, extra = found[:2, :2], 0
    if len(found) - extra < 2:
        extra = 0
    one = build(found, extra=extra, level=level)
    # The small-sample factor of alpha is no part of its influence function.
    one = _moved(one, one.joint, n=10**15)
    outcome = FIGURES[name](one)
    assume(outcome.value is not None)
    direction = np.random.default_rng(seed).normal(size=one.joint.shape) * (one.joint > 0)
    direction -= direction.sum() * one.joint
    step = 1e-5 * one.joint[one.joint > 0].min()
    ends = [FIGURES[name](_moved(one, one.joint + sign * step * direction, one.n)).value for sign in (1, -1)]
    numeric = (ends[0] - ends[1]) / (2 * step)
    assert (outcome.gradient * direction).sum() == pytest.approx(numeric, rel=1e-4, abs=1e-5)


def _moved(one, joint, n):
    return replace(one, joint=joint, n=n)


@pytest.mark.parametrize("name", ALL)
def test_every_metric_answers_an_empty_table(name):
    outcome = METRICS[name](Crosstab(np.zeros((4, 4)), 0, 2, np.arange(2.0)))
    assert (outcome.value, outcome.reason) == (None, "no_items")


@pytest.mark.parametrize("name", ALL)
def test_a_numeric_gold_has_rank_statistics_only(name):
    one = Crosstab(np.eye(3) / 3, 3, 3, np.arange(3.0), graded=True, gold_values=np.arange(3.0))
    assert (METRICS[name](one).reason == "graded_gold") == (not METRICS[name].graded)


@pytest.mark.parametrize("name", [name for name in ALL if METRICS[name].ordered])
def test_labels_without_an_order(name):
    assert METRICS[name](table([[5, 1], [2, 4]], values=[])).reason == "no_order"


@pytest.mark.parametrize(
    "name", ["cohen_kappa", "cohen_kappa_linear", "cohen_kappa_quadratic", "scott_pi", "spearman_rho", *ALPHAS]
)
def test_one_label_throughout_says_nothing(name):
    assert METRICS[name](table([[9, 0], [0, 0]])).reason == "no_variation"


def test_a_constant_judge_is_worth_nothing():
    assert METRICS["cohen_kappa"](table([[6, 0], [4, 0]])).value == pytest.approx(0.0)
    assert METRICS["cohen_kappa"](table([[0, 9], [0, 0]])).value == pytest.approx(0.0)


def test_ac1_is_defined_for_constant_raters():
    assert METRICS["gwet_ac1"](table([[9, 0], [0, 0]])).value == pytest.approx(1.0)


def test_two_items_are_too_few_for_a_correlation():
    assert METRICS["spearman_rho"](table([[1, 0], [0, 1]])).reason == "too_few_items"


def test_rates_need_their_class():
    assert METRICS["true_positive_rate"](table([[3, 1], [0, 0]], positive=1)).reason == "no_positives"
    assert METRICS["true_negative_rate"](table([[0, 0], [3, 1]], positive=1)).reason == "no_negatives"


@quick
@given(found=counts())
def test_pi_and_alpha_differ_by_the_small_sample_term(found):
    one = table(found)
    pi, alpha = METRICS["scott_pi"](one), krippendorff_alpha_nominal(one)
    assume(pi.value is not None)
    assert alpha.value == pytest.approx(pi.value + (1 - pi.value) / (2 * one.n))


@quick
@given(found=counts())
def test_a_failing_judge_earns_nothing(found):
    """Turning right answers into unusable ones never raises agreement, accuracy, recall or rho's numerator."""
    q = len(found)
    wide = np.zeros((q + 1, q + 1), dtype=int)
    wide[:q, :q] = found
    before = table(wide, declared=q)
    wide = wide.copy()
    hits = wide.diagonal()[:q].copy()
    wide[range(q), range(q)] = 0
    wide[:q, q] = hits
    after = table(wide, declared=q)
    for name in ("percent_agreement", "accuracy", "macro_recall"):
        assert METRICS[name](after).value <= METRICS[name](before).value + 1e-12
    assert METRICS["percent_agreement"](after).value == 0


def test_one_failure_does_not_raise_ac1():
    """A category of its own for one failure among 100 would make chance smaller and lift 0.60 to 0.72."""
    before = METRICS["gwet_ac1"](table([[40, 10, 0], [10, 40, 0], [0, 0, 0]], declared=2)).value
    right = METRICS["gwet_ac1"](table([[39, 10, 1], [10, 40, 0], [0, 0, 0]], declared=2)).value
    wrong = METRICS["gwet_ac1"](table([[40, 9, 1], [10, 40, 0], [0, 0, 0]], declared=2)).value
    assert before == pytest.approx(0.6)
    assert right < before
    assert wrong == pytest.approx(before, abs=0.001)


@quick
@given(found=counts(most=4, least=1), data=st.data())
def test_failing_a_right_answer_never_raises_ac1(found, data):
    q = len(found)
    wide = np.zeros((q + 1, q + 1), dtype=int)
    wide[:q, :q] = found
    before = METRICS["gwet_ac1"](table(wide, declared=q)).value
    label = data.draw(st.integers(0, q - 1))
    wide[label, label] -= 1
    wide[label, q] += 1
    assert METRICS["gwet_ac1"](table(wide, declared=q)).value < before


# -- other libraries --------------------------------------------------------------------------------------------------


def _columns(found):
    gold, judge = expand(found)
    return gold, judge


@quick
@given(found=counts())
def test_kappas_are_scikit_learns(found):
    from sklearn.metrics import cohen_kappa_score

    gold, judge = _columns(found)
    for name, weights in (("", None), ("_linear", "linear"), ("_quadratic", "quadratic")):
        ours = METRICS[f"cohen_kappa{name}"](table(found))
        assume(ours.value is not None)
        theirs = cohen_kappa_score(gold, judge, labels=range(len(found)), weights=weights)
        assert ours.value == pytest.approx(theirs, abs=1e-9)


@quick
@given(found=counts())
def test_macro_scores_are_scikit_learns(found):
    from sklearn.metrics import precision_recall_fscore_support

    gold, judge = _columns(found)
    theirs = precision_recall_fscore_support(gold, judge, average="macro", zero_division=0)
    for name, expected in zip(("macro_precision", "macro_recall", "macro_f1"), theirs, strict=False):
        assert METRICS[name](table(found)).value == pytest.approx(expected, abs=1e-12)


@quick
@given(found=counts(top=12), level=st.sampled_from(["nominal", "ordinal", "interval"]))
def test_alphas_are_krippendorffs(found, level):
    import krippendorff

    gold, judge = _columns(found)
    ours = METRICS[f"krippendorff_alpha_{level}"](table(found))
    assume(ours.value is not None)
    theirs = krippendorff.alpha(np.vstack([gold, judge]), value_domain=range(len(found)), level_of_measurement=level)
    assert ours.value == pytest.approx(theirs, abs=1e-9)


@quick
@given(found=counts())
def test_rho_is_scipys(found):
    from scipy.stats import spearmanr

    gold, judge = _columns(found)
    ours = METRICS["spearman_rho"](table(found))
    assume(ours.value is not None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert ours.value == pytest.approx(spearmanr(gold, judge).statistic, abs=1e-9)


@quick
@given(found=counts(least=1))
def test_kappas_and_standard_errors_are_statsmodels(found):
    from statsmodels.stats.inter_rater import cohens_kappa

    for name, wt in (("cohen_kappa", None), ("cohen_kappa_linear", "linear"), ("cohen_kappa_quadratic", "quadratic")):
        one = table(found)
        outcome = METRICS[name](one)
        theirs = cohens_kappa(found, wt=wt)
        assert outcome.value == pytest.approx(theirs.kappa, abs=1e-9)
        # statsmodels takes the root of a difference that may round below 0.
        if theirs.std_kappa > 1e-6:
            assert se_iid(one, outcome) == pytest.approx(theirs.std_kappa, rel=1e-6)


@quick
@given(found=counts(least=1))
def test_pi_is_statsmodels_fleiss(found):
    from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa

    gold, judge = _columns(found)
    theirs = fleiss_kappa(aggregate_raters(np.c_[gold, judge])[0])
    assert METRICS["scott_pi"](table(found)).value == pytest.approx(theirs)


def test_a_scale_calls_for_its_metrics():
    assert metrics_for("rate", "ordinal").headline == "cohen_kappa_quadratic"
    assert metrics_for("rate", "ordinal", places=2).headline == "cohen_kappa"
    assert metrics_for("rate", "interval").headline == metrics_for("rate", "ordinal", graded=True).headline == "lin_ccc"
    assert not fits(METRICS["adjacent_agreement"], "check", places=2)
    assert not fits(METRICS["kendall_tau_b"], "label")
