"""Retrieval systems under two label sets: measures, runs as trec_eval orders them, boards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau
from sklearn.metrics import average_precision_score, ndcg_score

from judgebench.agreement.systems.retrieval import Graded, measure_named, ranked_systems
from judgebench.errors import DataError, UsageError
from judgebench.files.trec import runs_of
from judgebench.stats.coefficients.retrieval import average_precision, ndcg, precision

if TYPE_CHECKING:
    from pathlib import Path

GRADES = st.lists(st.integers(0, 3), min_size=2, max_size=30)


@given(GRADES, st.integers(1, 12))
def test_measures_are_those_of_scikit_learn(grades: list[int], depth: int) -> None:
    order = [-float(place) for place in range(len(grades))]
    assert math.isclose(ndcg(grades, grades, depth), ndcg_score([grades], [order], k=depth), abs_tol=1e-12)
    if any(grades):
        wanted = average_precision_score([grade >= 1 for grade in grades], order)
        assert math.isclose(average_precision(grades, grades), wanted, abs_tol=1e-12)
    assert precision(grades, grades, depth) == sum(grade >= 1 for grade in grades[:depth]) / depth


def test_documents_that_were_not_found_count() -> None:
    # One of two relevant documents is found, at rank 2.
    assert average_precision([0, 1], [1, 1, 0]) == 0.25
    assert math.isclose(ndcg([0, 2], [2, 3]), (2 / math.log2(3)) / (3 + 2 / math.log2(3)))
    assert ndcg([], [1]) == ndcg([0], [0]) == average_precision([], []) == 0.0
    assert ndcg([-1, 1], [1, -1], 10) == 1 / math.log2(3)


@pytest.mark.parametrize("name", ["dcg", "ndcg@0", "p", "ndcg@", "recall@5"])
def test_a_measure_that_is_not_there_is_named(name: str) -> None:
    with pytest.raises(UsageError, match="not a measure of a ranking: write ndcg@10"):
        measure_named(name)


def test_runs_are_ordered_as_trec_eval_does(tmp_path: Path) -> None:
    (tmp_path / "a.run").write_text("q Q0 d1 9 1.5 A\nq Q0 d2 1 1.5 A\nq Q0 d3 2 7e1 A\n", encoding="utf-8")
    (tmp_path / "b.run").write_text("q Q0 d1 1 2 B\nq Q0 d9 2 1 B\n", encoding="utf-8")
    files = sorted(tmp_path.iterdir())
    assert runs_of(files) == {"A": {"q": ["d3", "d2", "d1"]}, "B": {"q": ["d1", "d9"]}}
    (tmp_path / "b.run").write_text("q Q0 d1 1 2 A\nq Q0 d9 2 1 A\n", encoding="utf-8")
    assert list(runs_of(files)) == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("q 0 d1 1\nq 0 d2 0\n", "this is not a run: expected lines of query, Q0, document, rank, score, run"),
        ("q Q0 d1 1 2 A\nq Q0 d2 2 1 A\nq Q0 d3 3 A\n", "a.run:3: expected 6 fields"),
        ("q Q0 d1 1 2 A\nq Q0 d1 2 1 A\n", "a.run:2, field 'doc_id': 'd1' is ranked twice for 'q'"),
        ("q Q0 d1 1 2 A\nq Q0 d2 2 1.1.1 A\n", "a.run:2, field 'score': expected a number, got '1.1.1'"),
    ],
)
def test_a_wrong_run_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "a.run").write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=said):
        runs_of([tmp_path / "a.run"])


def collection() -> tuple[Graded, dict[str, dict[str, list[str]]]]:
    rng = np.random.default_rng(4)
    queries, documents = [f"q{n}" for n in range(25)], [f"d{n}" for n in range(12)]
    gold = {q: {d: float(rng.integers(0, 4)) for d in documents[:10]} for q in queries}
    judge = {q: {d: float(np.clip(g + rng.integers(-1, 2), 0, 3)) for d, g in own.items()} for q, own in gold.items()}
    runs = {
        f"s{skill}": {
            q: sorted(documents, key=lambda d, q=q, skill=skill: -(skill * gold[q].get(d, 0) + rng.normal(0, 4)))
            for q in queries[: 25 - skill]
        }
        for skill in range(6)
    }
    return Graded(gold, judge), runs


@pytest.mark.parametrize("measure", ["ndcg@10", "map"])
def test_systems_are_ranked_by_means_over_judged_queries(measure: str) -> None:
    from judgebench.agreement.systems.systems import rank_systems

    grades, runs = collection()
    found = rank_systems(ranked_systems(grades, runs, measure), draws=50)
    function = measure_named(measure)
    means = {
        name: [
            sum(function([own[q].get(d, 0) for d in run.get(q, [])], list(own[q].values())) for q in own) / len(own)
            for own in grades
        ]
        for name, run in runs.items()
    }
    for system in found.systems:
        assert [system.gold.value, system.judge.value] == pytest.approx(means[system.name], abs=1e-9)
    gold, judge = zip(*means.values(), strict=True)
    assert found.agreement["kendall_tau"].value == pytest.approx(kendalltau(gold, judge).statistic)
    assert (found.clusters, found.rows) == (25, 150)


def test_two_qrels_files_rank_the_runs_of_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import judgebench

    monkeypatch.chdir(tmp_path)
    grades, runs = collection()
    for name, own, mark in (("nist", grades.gold, "0"), ("umbrela", grades.judge, "Q0")):
        lines = (f"{q} {mark} {d} {int(g)}\n" for q, docs in own.items() for d, g in docs.items())
        (tmp_path / f"{name}.txt").write_text("".join(lines), encoding="utf-8")
    folder = tmp_path / "runs-of-systems"
    folder.mkdir()
    for name, run in runs.items():
        lines = (f"{q} Q0 {d} {n} {-n} {name}\n" for q, docs in run.items() for n, d in enumerate(docs, 1))
        (folder / f"{name}.run").write_text("".join(lines), encoding="utf-8")
    asked: dict[str, Any] = {"source": ["nist.txt", "umbrela.txt"], "scale": "rate:0-3"}
    (board,) = judgebench.systems(**asked, trec_run=folder, draws=20).rankings
    assert board.measure == "ndcg@10"
    assert board.found.agreement["kendall_tau"].value == pytest.approx(
        kendalltau(*zip(*((s.gold.value, s.judge.value) for s in board.found.systems), strict=True)).statistic
    )
    with pytest.raises(UsageError, match="policy"):
        judgebench.systems(**asked, trec_run=folder, policy=["invalid=drop"])
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(DataError, match="there is no run in this folder"):
        judgebench.systems(**asked, trec_run=empty)
