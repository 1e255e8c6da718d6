"""Several judges in one run: one that can't go on hides none of the others, and one that is named twice is one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_TABLE = "id,question,answer,reference,ann,ben\n" + "".join(
    f"q{i},q{i},a{i},{'' if i < 3 else f'a{i}'},{('pass', 'fail')[i % 2]},{('pass', 'fail')[i % 3 == 0]}\n"
    for i in range(12)
)
_JUDGES = """
from judgebench.errors import UsageError


def stops(item):
    if item.id == "q5":
        raise UsageError("q5 is not for me")
    return "pass"


def compares(item):
    return "pass" if item.references[0].text in item.responses[0].text else "fail"
"""
RUN = ("run", "--task", "t.csv", "--gold-col", "ann")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "t.csv").write_text(_TABLE)
    (tmp_path / "side_by_side.py").write_text(_JUDGES)
    monkeypatch.syspath_prepend(str(tmp_path))


def judges(*names: str) -> list[str]:
    return [word for name in names for word in ("--judge", name)]


def test_a_judge_that_stops_hides_none_of_the_others(judgebench) -> None:
    done = judgebench(*RUN, *judges("replay:t.csv#ben", "side_by_side:stops"), "--format", "json")
    assert (done.code, "q5 is not for me" in done.err) == (2, True), done.err
    assert {row["judge"] for row in json.loads(done.out)["rows"]} == {"replay/ben"}


def test_a_rule_that_is_shown_nothing_to_compare_with_says_so_before_anything_is_asked(
    judgebench, tmp_path: Path
) -> None:
    # The first items have no reference anyway.
    done = judgebench(*RUN, *judges("replay:t.csv#ben", "contains"), "--reference", "none")
    assert (done.code, "pass --reference human" in done.err) == (2, True), done.err
    assert not (tmp_path / "runs").exists()


def test_a_judge_that_is_named_twice_is_one(judgebench, tmp_path: Path) -> None:
    (tmp_path / "again.toml").write_text('judge = "baseline/random"\n')
    done = judgebench(*RUN, *judges("baseline/random", "again.toml"), "--format", "json")
    assert [row["judge"] for row in json.loads(done.out)["rows"]] == ["baseline/random"]
    assert done.err.count("12 asked") == 1


def test_where_asking_again_helps_nobody_it_is_not_promised(judgebench, tmp_path: Path) -> None:
    (tmp_path / "none.csv").write_text("\n".join(_TABLE.splitlines()[:4]))
    rule = judgebench("run", "--task", "none.csv", "--gold-col", "ann", *judges("contains"))
    assert (rule.code, "give the items what they lack" in " ".join(rule.err.split())) == (5, True), rule.err
    own = judgebench(*RUN, *judges("side_by_side:compares"), "--runs", "own")
    assert (own.code, "end the function" in own.err) == (5, True), own.err
    assert "Mend the function" in own.out
    assert "Mend the function" in judgebench("score", "own").out
