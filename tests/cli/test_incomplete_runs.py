"""A run that was torn or stopped is measured, and every measuring command says that it is not whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from stored_cases import edited

if TYPE_CHECKING:
    from pathlib import Path

RUN = ("run", "--task", "pandalm", "--sample", "--order", "original", "--runs", "runs")
JUDGES = ("--judge", "baseline/first", "--judge", "baseline/longest")
WORDS = "fewer verdicts than its manifest counts"


def tear(folder: Path) -> None:
    """Cut the last verdict off, as an interrupted write leaves it, in a file that was never put in order."""
    (folder / "settled.json").unlink()
    file = folder / "verdicts.jsonl"
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]) + lines[-1][:20])


@pytest.fixture
def torn(judgebench, tmp_path: Path) -> str:
    assert judgebench(*RUN, *JUDGES).code == 0
    (folder,) = (tmp_path / "runs").glob("*first*")
    tear(folder)
    return folder.name


def documents(judgebench) -> dict[str, dict]:
    commands = {
        "score": ("score", "runs"),
        "leaderboard": ("leaderboard", "runs"),
        "sensitivity": ("score", "runs", "--sensitivity"),
        "compare": ("compare", "runs", "--shared"),
    }
    return {name: judgebench(*command, "--format", "json").document() for name, command in commands.items()}


def warned(document: dict) -> dict[str, bool]:
    told: dict[str, set[bool]] = {}
    for row in document["rows"]:
        told.setdefault(row["judge"], set()).add("incomplete_run" in row["warnings"])
    assert all(len(one) == 1 for one in told.values()), "every row of a run says it, or none"
    return {judge: one.pop() for judge, one in told.items()}


@pytest.mark.usefixtures("torn")
def test_a_torn_run_is_named_by_every_command(judgebench) -> None:
    found = documents(judgebench)
    for name in ("score", "leaderboard", "sensitivity"):
        assert warned(found[name]) == {"baseline/first": True, "baseline/longest": False}
    assert found["compare"]["warnings"].count("incomplete_run") == 1
    for command in (("score", "runs"), ("leaderboard", "runs"), ("score", "runs", "--sensitivity")):
        assert judgebench(*command).out.startswith("Incomplete: baseline/first ")
        assert " ".join(judgebench(*command, "--explain").out.split()).count(WORDS) == 1
    assert WORDS in " ".join(judgebench("compare", "runs", "--shared").out.split())
    assert judgebench("score", "runs", "--format", "csv").out.splitlines()[1].endswith("incomplete_run")
    # Resumed, it is whole again.
    assert "1 asked" in judgebench(*RUN, *JUDGES).err
    healed = documents(judgebench)
    assert not any(warned(healed["score"]).values())
    assert "incomplete_run" not in healed["compare"]["warnings"]


@pytest.mark.parametrize(
    ("counts", "short"),
    [
        # A killed run has only what was known before the first answer; older manifests knew no cases there.
        ({"items": 24, "cases": 24}, True),
        ({"items": 24}, True),
        ({}, False),
    ],
)
def test_what_a_manifest_counts_decides(judgebench, tmp_path: Path, torn: str, counts, short) -> None:
    manifest = tmp_path / "runs" / torn / "manifest.json"
    data = json.loads(manifest.read_text())
    assert data["counts"]["cases"] == data["counts"]["items"] == 24
    edited(manifest.parent, counts=counts)
    rows = judgebench("score", f"runs/{torn}", "--format", "json").document()["rows"]
    assert {"incomplete_run" in row["warnings"] for row in rows} == {short}


def test_a_run_of_which_every_case_failed_is_not_compared_with_two_that_answered(judgebench, tmp_path: Path) -> None:
    (tmp_path / "never_there.py").write_text("def judge(item):\n    raise OSError('down')\n")
    assert judgebench(*RUN, *JUDGES).code == 0
    assert judgebench(*RUN, "--judge", "never_there:judge").code == 5
    done = judgebench("compare", "runs", "--format", "json")
    assert (done.code, "every case failed: never_there:judge" in done.err) == (0, True), done.err
    assert "never_there" not in done.out


def test_a_run_that_stopped_is_not_compared_with_two_that_are_whole_and_beside_one_it_is_named(
    judgebench, tmp_path: Path
) -> None:
    assert judgebench(*RUN, *JUDGES).code == 0
    (folder,) = (tmp_path / "runs").glob("*first*")
    tear(folder)
    two = judgebench("compare", "runs")
    assert (two.code, "baseline/first has no judgment of 1 item" in two.err) == (3, True), two.err
    assert judgebench(*RUN, "--judge", "baseline/random").code == 0
    three = judgebench("compare", "runs", "--format", "json")
    assert (three.code, "some items are not judged yet" in three.err) == (0, True), three.err
    assert set(json.loads(three.out)["judges"]) == {"baseline/longest", "baseline/random"}
    shared = judgebench("compare", "runs", "--shared")
    assert (shared.code, "baseline/first" in shared.out) == (0, True), shared.err


FLAKY = """
from pathlib import Path

settings = {}


def judge(item):
    if item.id.endswith("1") and not Path("mended").exists():
        raise OSError("down")
    return "A"


judge.settings = {"version": 1}
"""
ASKING = {
    "scores": ("run", "--order", "original"),
    "probes": ("probe", "--probe", "verbosity", "--repeats", 1),
    "judge-validation": ("validate-judge", "--probe", "verbosity", "--repeats", 2, "--min-agreement", -1),
}


@pytest.mark.parametrize("kind", ASKING)
def test_a_command_of_which_calls_failed_answers_and_exits_5_until_they_are_asked_again(
    judgebench, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "flaky.py").write_text(FLAKY)
    command = (*ASKING[kind], "--judge", "flaky:judge", "--task", "pandalm", "--sample", "--runs", "runs")
    for form in ("json", "csv", "table"):
        done = judgebench(*command, "--format", form)
        assert done.code == 5, done.err
        said = [line for line in done.err.splitlines() if line.startswith("judgebench: ")]
        assert said
        assert "failed" in said[0]
        assert "flaky:judge" in done.out
        if form == "json":
            assert done.document()["schema"] == f"judgebench.{kind}/1"
    (tmp_path / "mended").touch()
    done = judgebench(*command)
    assert done.code in {0, 1}, done.err
    assert "failed, the last with" not in done.err


def test_a_rule_that_can_not_judge_an_item_is_not_promised_to_be_asked_again(judgebench, tmp_path: Path) -> None:
    rows = [f"{i},What is {i}?,It is {i}.,{'' if i < 3 else i},{('pass', 'fail')[i % 2]}" for i in range(20)]
    (tmp_path / "own.csv").write_text("\n".join(["id,question,answer,reference,anna", *rows]) + "\n")
    judgebench("run", "--task", "own.csv", "--gold-col", "anna", "--judge", "contains", "--runs", "rule")
    said = judgebench("score", "rule").out
    assert said.startswith("3 of 20 cases of contains have no reference to compare with")
    assert "The same run command" not in said
