"""What a hostile hand does to ``gate``: files over files, forged numbers, limits that nothing can exceed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report.gate_rows import HOSTILE, NEW, RUN, forged, planted, store, verdicts

from judgebench.domain import Policies
from judgebench.report.gate import baseline

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def held(judgebench, tmp_path: Path) -> tuple[Path, Path, Path]:
    """Two runs, and the first one's baseline."""
    gold, first, second = planted(40)
    old, new = store(tmp_path / "a", RUN, verdicts(gold, first)), store(tmp_path / "a", NEW, verdicts(gold, second))
    file = tmp_path / "line.json"
    assert judgebench("gate", old, "--against", file, "--update").code == 0
    return old, new, file


def test_no_output_goes_over_the_baseline_or_another_output(judgebench, held, tmp_path):
    _, new, file = held
    before = file.read_bytes()
    link = tmp_path / "link.json"
    link.symlink_to(file)
    for option in ("--output", "--junit"):
        for name in (file, link, tmp_path / "a" / ".." / "line.json"):
            done = judgebench("gate", new, "--against", file, option, name)
            assert (done.code, "overwrite the baseline" in done.err) == (2, True), done.err
    done = judgebench("gate", new, "--against", file, "--output", tmp_path / "x", "--junit", tmp_path / "x")
    assert (done.code, "name one file" in done.err) == (2, True), done.err
    assert file.read_bytes() == before


@pytest.mark.parametrize("option", ["--output", "--junit"])
def test_an_update_that_should_write_a_decision_is_refused(judgebench, held, tmp_path, option):
    _, new, file = held
    before = file.read_bytes()
    done = judgebench("gate", new, "--against", file, "--update", option, tmp_path / "x")
    assert (done.code, "decides nothing" in done.err) == (2, True), done.err
    assert file.read_bytes() == before


def test_an_update_keeps_a_link(judgebench, held, tmp_path):
    _, new, file = held
    link = tmp_path / "link.json"
    link.symlink_to(file)
    assert judgebench("gate", new, "--against", link, "--update").code == 0
    assert link.is_symlink()
    assert json.loads(file.read_text("utf-8"))["judge"] == "server/new"


@pytest.mark.parametrize(
    "fields",
    [
        {"policies": {"order": "mean"}},
        {"policies": {"order": "odd", "tie": "class", "invalid": "wrong", "gold": "majority"}},
        {"verdicts": {"item 0000": {"x": "correct"}}},
        {"verdicts": {"item 0000": {"0": 1}}},
        {"verdicts": {"item 0000": {"0": ["lost"]}}},
        {"verdicts": []},
        {"usage": {"item 0000": [1, 2]}},
        {"usage": {"item 0000": [None, 0, 0, 0]}},
        {"numbers": {"item 0000": {"0": {"scores": ["x"]}}}},
        {"numbers": {"item 0000": {"0": {"odds": [1]}}}},
        {"items": 3},
        {"task": 3},
        {"strange": 3},
        {"judge": None},
        {"usage": {"item 0000": [10**400, 0, 0, 0]}},
        {"usage": {"item 0000": [-1, 0, None, 0]}},
        {"usage": {"item 0000": [1, 0, -0.5, 0]}},
        {"usage": {"item 0000": [1, 0, 0.5, True]}},
        {"numbers": {"item 0000": {"0": {"scores": [10**400]}}}},
        {"verdicts": {"item 0000": {"0": ["ok"]}}},
    ],
)
def test_a_forged_baseline_is_refused_without_a_traceback(judgebench, held, fields):
    old, _, file = held
    forged(file, **fields)
    done = judgebench("gate", old, "--against", file)
    assert (done.code, "not a baseline" in done.err, len(done.err.splitlines()) <= 2) == (3, True, True), done.err


def test_a_word_off_the_scale_is_named(judgebench, held):
    old, _, file = held
    said = json.loads(file.read_text("utf-8"))["verdicts"]
    forged(file, verdicts=said | {"item 0001": {"0": "maybe"}})
    done = judgebench("gate", old, "--against", file)
    assert (done.code, "item 'item 0001': 'maybe' is not a verdict on the scale check" in done.err) == (3, True)


def test_a_renewal_refuses_a_file_of_another_version_without_a_command(judgebench, held):
    old, _, file = held
    forged(file, schema="judgebench.baseline/9::error::x##[error]y")
    before = file.read_bytes()
    done = judgebench("gate", old, "--against", file, "--update")
    assert (done.code, file.read_bytes() == before) == (3, True), done.err
    assert "judgebench.baseline/9" in done.err
    assert "::" not in done.err
    assert "##[" not in done.err


def test_two_updates_and_one_that_is_killed_leave_a_whole_file(held):
    *runs, file = held
    command = [sys.executable, "-m", "judgebench", "gate"]
    both = [subprocess.Popen([*command, run, "--against", file, "--update"], stderr=subprocess.PIPE) for run in runs]
    for one in both:
        _, told = one.communicate(timeout=120)
        assert one.returncode == 0, told
    before = baseline.read(file).judge
    assert before in {"server/old", "server/new"}
    other = runs[before == "server/old"]
    for moment in ("fsync", "replace"):  # the new file is written, and isn't there yet
        code = f"import os, sys; os.{moment} = lambda *_, **__: os.kill(os.getpid(), 9)\n"
        code += "from judgebench.__main__ import main; sys.exit(main())"
        killed = [sys.executable, "-c", code, "gate", other, "--against", file, "--update"]
        assert subprocess.run(killed, stderr=subprocess.PIPE, check=False).returncode == -signal.SIGKILL
        assert baseline.read(file).judge == before


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--margin", 5), "--margin 5"),
        (("--margin", 1, "--metric", "accuracy"), "--margin 1"),
        (("--max-coverage-drop", 2), "--max-coverage-drop 2"),
        (("--max-flip-increase", 1), "--max-flip-increase 1"),
    ],
)
def test_a_limit_in_percent_is_refused(judgebench, held, options, says):
    _, new, file = held
    done = judgebench("gate", new, "--against", file, *options)
    assert (done.code, says in done.err, "share" in done.err) == (2, True, True), done.err


@pytest.mark.parametrize(
    ("lost", "code", "state"), [(0, 0, None), (1, 0, "pass"), (8, 6, "undecided"), (60, 1, "fail")]
)
def test_answers_that_a_policy_drops_are_not_lost_in_silence(judgebench, tmp_path, lost, code, state):
    gold, first, _ = planted(120)
    silent = first.copy()
    silent[:lost] = -1
    runs = [
        store(tmp_path, replace(run, policies=Policies(invalid="drop")), verdicts(gold, said))
        for run, said in ((RUN, first), (NEW, silent))
    ]
    done = judgebench("gate", runs[1], "--against", runs[0], "--format", "json")
    lines = done.document()["lines"]
    # What is left is the same in both, so agreement passes whatever was lost.
    assert (done.code, lines[0]["state"], lines[0]["reason"]) == (code, "pass", "unchanged"), done.err
    assert [line["state"] for line in lines[1:] if line["figure"] == "coverage"] == ([] if state is None else [state])
    assert len(lines) == 1 + (state is not None)
    # A limit of one's own stays.
    wide = judgebench("gate", runs[1], "--against", runs[0], "--max-coverage-drop", 0.9)
    assert wide.code == 0
    assert judgebench("gate", runs[0], "--against", runs[1]).code == 0, "more answers are no loss"


def test_hostile_names_give_no_command_to_a_log(judgebench, tmp_path, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    gold, first, second = planted(60, drop=0.1)
    names = [f"{HOSTILE} {place}" for place in range(60)]
    run = replace(RUN, judge=HOSTILE, task=HOSTILE)
    old = store(tmp_path / "a", run, verdicts(gold, first, names=names, subsets=[HOSTILE, "b"] * 30))
    new = store(tmp_path / "b", replace(run, judge=f"{HOSTILE}!"), verdicts(gold, second, names=names))
    other = store(tmp_path / "c", replace(run, judge="c"), verdicts(gold, second, names=[f"{n}?" for n in names]))
    assert judgebench("gate", old, "--against", "line.json", "--update").code == 0
    for command in (
        ("gate", new, "--against", "line.json"),
        ("gate", new, "--against", old, "--metric", "accuracy"),
        ("gate", other, "--against", "line.json"),
        ("gate", new, "--against", "line.json", "--update"),
        ("gate", new, "--against", "line.json", "--subset", HOSTILE),
    ):
        done = judgebench(*command)
        ours = ("::error title=judgebench gate%3A ", "::warning title=judgebench gate%3A ")
        for line in (done.out + done.err).splitlines():
            assert "##[" not in line
            assert not line.lstrip().startswith("::") or (line.startswith(ours) and line.count("::") == 2)
        assert not {"\x1b", "\r", "\u202e"} & set(done.out + done.err)
