"""Answers of other runs are taken from the version of the model that answers now, and from no other."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from test_dispatch import Toy

from judgebench.domain import Case, Policies, Reply, Scale, Status
from judgebench.errors import RetryableError
from judgebench.judges.own import Own
from judgebench.probes.orders import Plain
from judgebench.run.engine import Options
from judgebench.run.execute import execute
from judgebench.run.plans import Conventions, Selection, plan
from judgebench.store.runs import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from judgebench.run.summary import Summary


class Versioned(Own):
    """A judge whose model has a version; it fails on some items."""

    name = "versioned"
    settings: dict[str, object] = {}  # noqa: RUF012 - read only

    def __init__(self, version: str, fails: frozenset[str] = frozenset()) -> None:
        self.version = version
        self.fails = fails
        self.asked: list[str] = []

    async def reply(self, case: Case, scale: Scale) -> Reply:
        self.asked.append(case.item.id)
        if case.item.id in self.fails:
            raise RetryableError("HTTP 500")
        return Reply.ok(0, model=self.version)


def run(
    tmp_path: Path, judge: Versioned, limit: int | None = None, concurrency: int = 4
) -> tuple[Summary, Counter[str], Path]:
    selection = Selection(Plain("original"), orders="original", limit=limit)
    planned = plan(Toy("toy", 30), judge, selection, Conventions(Policies()))
    path, summary = execute(planned, tmp_path, Options(concurrency, attempts=1))
    stored = read_run(path)
    models = Counter(verdict.model for verdict in stored.verdicts())
    assert stored.run.models == {model: n for model, n in models.items() if model}
    return summary, models, path


@pytest.mark.parametrize("concurrency", [1, 4])
def test_the_same_version_serves_and_the_first_missing_case_is_asked_first(tmp_path: Path, concurrency: int) -> None:
    run(tmp_path, Versioned("m-1"), limit=20)
    judge = Versioned("m-1")
    summary, models, _ = run(tmp_path, judge, concurrency=concurrency)
    assert judge.asked[0] == "i20"
    assert sorted(judge.asked) == sorted(f"i{i}" for i in range(20, 30))
    assert (summary.cases, summary.asked, summary.reused) == (30, 10, 20)
    assert summary.statuses == {Status.OK: 30}
    assert models == {"m-1": 30}


def test_answers_of_another_version_are_asked_again(tmp_path: Path) -> None:
    run(tmp_path, Versioned("m-1"), limit=20)
    judge = Versioned("m-2")
    summary, models, _ = run(tmp_path, judge)
    assert sorted(judge.asked) == sorted(f"i{i}" for i in range(30))
    assert (summary.cases, summary.asked, summary.reused) == (30, 30, 0)
    assert models == {"m-2": 30}


def test_where_nothing_is_asked_the_stored_version_serves(tmp_path: Path) -> None:
    run(tmp_path, Versioned("m-1"))
    judge = Versioned("m-2")
    summary, models, _ = run(tmp_path, judge, limit=20)
    assert not judge.asked
    assert (summary.asked, summary.reused, models) == (0, 20, Counter({"m-1": 20}))


def test_where_stored_versions_differ_the_common_one_serves_and_the_others_are_asked(tmp_path: Path) -> None:
    run(tmp_path, Versioned("m-1", fails=frozenset(f"i{i}" for i in range(5))), limit=12)
    # The failed ones are asked again, by now of another version: that run says so in its manifest.
    _, models, path = run(tmp_path, Versioned("m-2"), limit=12)
    assert models == {"m-1": 7, "m-2": 5}
    assert read_run(path).run.models == {"m-1": 7, "m-2": 5}
    judge = Versioned("m-1")
    summary, models, _ = run(tmp_path, judge, limit=10)
    assert sorted(judge.asked) == [f"i{i}" for i in range(5)]
    assert (summary.reused, models) == (5, Counter({"m-1": 10}))


def test_a_scout_that_fails_leaves_it_to_the_next(tmp_path: Path) -> None:
    run(tmp_path, Versioned("m-1"), limit=20)
    judge = Versioned("m-1", fails=frozenset({"i20", "i21"}))
    summary, models, _ = run(tmp_path, judge, concurrency=1)
    assert judge.asked[:3] == ["i20", "i21", "i22"]
    assert summary.statuses == {Status.OK: 28, Status.FAILED: 2}
    assert (summary.cases, summary.reused) == (30, 20)
    assert models == {"m-1": 28, "": 2}


def test_judges_without_versions_share_their_answers(tmp_path: Path) -> None:
    run(tmp_path, Versioned(""), limit=20)
    judge = Versioned("")
    assert run(tmp_path, judge)[0].reused == 20
