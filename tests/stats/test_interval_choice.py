"""The interval asked for: made where it can be, else the default, and always called by its name."""

from __future__ import annotations

import csv
import gzip
import io

import numpy as np
import pytest
from agreement_cases import expand, ratings

from judgebench.agreement.measure import measure
from judgebench.domain import Policies, Scale
from judgebench.errors import UsageError
from judgebench.stats.coefficients.catalog import METRICS
from judgebench.stats.inference.intervals import clopper_pearson

FEW = {name: METRICS[name] for name in ("percent_agreement", "cohen_kappa", "krippendorff_alpha")}
COUNTS = np.array([[40, 9], [6, 45]])


def row(method, counts=COUNTS, **columns):
    gold, judge = expand(counts)
    given = ratings(judge, gold, scale=Scale.check(), **columns)
    return measure(given, task="t", judge="j", metrics=FEW, interval=method)[0]


@pytest.mark.parametrize(
    ("method", "agreement", "kappa"),
    [
        ("default", "share", "score-path"),
        ("cr1", "wilson", "cr1-t-fisher-z"),
        ("clopper-pearson", "clopper-pearson", "score-path"),
        ("bca", "bca", "bca"),
        ("bootstrap", "bootstrap", "bootstrap"),
        ("jackknife", "jackknife-t", "jackknife-t"),
    ],
)
def test_each_interval_has_its_name(method, agreement, kappa):
    plain, found = row("default").metrics, row(method).metrics
    assert (found["percent_agreement"].method, found["cohen_kappa"].method) == (agreement, kappa)
    for name in FEW:
        assert found[name].value == plain[name].value
        assert found[name].low == pytest.approx(plain[name].low, abs=0.05)
        assert found[name].high == pytest.approx(plain[name].high, abs=0.05)


def test_clopper_pearson_counts_rows():
    found = row("clopper-pearson").metrics["percent_agreement"]
    assert (found.low, found.high) == pytest.approx(clopper_pearson(85, 100))
    clustered = row("clopper-pearson", cluster=np.arange(100) // 2).metrics["percent_agreement"]
    assert clustered.method == "share"


def test_clusters_are_resampled_whole():
    cluster = np.arange(100) // 5
    found = row("bootstrap", cluster=cluster).metrics["cohen_kappa"]
    assert found.method == "bootstrap-clusters"
    assert found.se > 1.3 * row("bootstrap").metrics["cohen_kappa"].se


def test_where_nothing_moves_the_default_stands():
    found = row("bca", np.diag([20, 20])).metrics["cohen_kappa"]
    assert (found.method, found.high) == ("score-path-few-events", 1.0)


def test_two_ways_need_systems():
    with pytest.raises(UsageError, match="two systems: system"):
        row("two-way")


def test_two_ways():
    found = row("two-way", cluster=np.arange(100) // 4, system=[f"s{i % 4}" for i in range(100)])
    assert found.metrics["cohen_kappa"].method == "two-way-cr1-t-fisher-z"
    assert "few_systems" in found.warnings
    many = row("two-way", cluster=np.arange(100) // 4, system=[f"s{i % 25}" for i in range(100)])
    assert "few_systems" not in many.warnings


@pytest.mark.data
def test_umass_in_two_ways(data_dir):
    """statistics.md 2.1: GPT-4's kappa on the answers that all eleven judges judged."""
    path = data_dir / "judging_the_judges" / "TriviaQA_Judges_w_HumanJudgement_V1.csv.gz"
    code = {"True": 1, "False": 0}
    csv.field_size_limit(10_000_000)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(io.StringIO(file.read())))
    judges = [name for name, value in rows[0].items() if value in code]
    rows = [one for one in rows if all(one[name] in code for name in judges)]
    questions: dict[str, int] = {}
    given = ratings(
        [code[one["GPT-4"]] for one in rows],
        [code[one["HumanJudgement"]] for one in rows],
        scale=Scale.check(),
        cluster=[questions.setdefault(one["question"], len(questions)) for one in rows],
        system=[one["model"] for one in rows],
    )
    found = measure(given, task="t", judge="j", policies=Policies(), metrics=FEW, interval="two-way")[0]
    # Errors .015613, .077717 and .011543, with the factors of 400 questions, 9 systems and 3,465 answers.
    variance = 0.0156132**2 * 400 / 399 + 0.0777174**2 * 9 / 8 - 0.0115431**2 * 3465 / 3464
    assert found.metrics["cohen_kappa"].se == pytest.approx(variance**0.5, abs=2e-6)
    assert "few_systems" in found.warnings


def test_unequal_clusters_count_as_fewer():
    giant = row("default", cluster=np.r_[np.zeros(50, dtype=int), np.arange(1, 51)]).metrics["percent_agreement"]
    # By rows 3.9; the giant has more of the rare rows than of the rows.
    assert 3 < giant.effective < 4
    even = row("default", cluster=np.arange(100) // 5).metrics["percent_agreement"]
    assert even.effective == pytest.approx(20, abs=0.7)


def test_what_has_no_interval_says_why():
    found = row("default", cluster=np.zeros(100, dtype=int)).metrics["cohen_kappa"]
    assert (found.low, found.no_interval, found.undefined) == (None, "one_cluster", None)
    errors = row("default", np.diag([20, 20])).bias["positive_rate_difference"]
    assert (errors.value, errors.low, errors.no_interval) == (0.0, None, "no_spread")


def test_a_withheld_answer_has_the_interval_of_a_wrong_one():
    gold, judge = expand([[40, 8], [12, 40]])
    silent = np.where(gold == judge, judge, -1)
    wrong, withheld = (
        measure(ratings(one, gold, scale=Scale.check()), task="t", judge="j")[0].metrics for one in (judge, silent)
    )
    for name, one in withheld.items():
        if name != "leniency_p_plus":
            assert (one.low, one.high) == (pytest.approx(wrong[name].low), pytest.approx(wrong[name].high)), name
