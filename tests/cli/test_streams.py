"""Streams and settings as newcomers have them: odd encodings, closed pipes, full disks, wrong configurations."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = f"{sys.executable} -m judgebench"
SAMPLE = ("run", "--judge", "baseline/longest", "--task", "pandalm", "--sample", "--limit", 3)


def test_an_encoding_without_our_marks_gets_plainer_ones(apart) -> None:
    done = apart(*SAMPLE, "--explain", env={"PYTHONIOENCODING": "ascii"})
    assert done.code == 0
    assert done.out.isascii()
    # A superscript as a bare digit would change the figure in front of it.
    assert "-^1" in done.out


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_a_reader_that_left_is_no_failure(tmp_path: Path) -> None:
    done = shell(f"{COMMAND} list judges | true; echo ${{PIPESTATUS[0]}}", tmp_path)
    assert (done.stdout, done.stderr) == ("0\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("command", ["list judges", "--help"])
def test_a_full_disk_is_said(tmp_path: Path, command: str) -> None:
    done = shell(f"{COMMAND} {command} > /dev/full", tmp_path)
    assert done.returncode == 2
    assert "No space left" in done.stderr


def test_closed_streams(tmp_path: Path) -> None:
    assert "standard output is closed" in shell(f"{COMMAND} list judges >&-", tmp_path).stderr
    # Without a stderr, print would put the error into the result.
    assert shell(f"{COMMAND} show nothing 2>&-", tmp_path).stdout == ""


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("run = 3", "run is not a section"),
        ("[rum]\nlimit = 1", "Did you mean run"),
        ("[run]\nlimits = 1", "no option 'limits'"),
        ("[run", "not TOML"),
    ],
)
def test_a_wrong_configuration_is_told(judgebench, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "jb.toml").write_text(text)
    done = judgebench(*SAMPLE, "--config", "jb.toml")
    assert done.code in {2, 3}
    assert says in done.err


def test_one_judge_in_a_configuration_needs_no_list(judgebench, tmp_path: Path) -> None:
    (tmp_path / "jb.toml").write_text('[run]\njudge = "baseline/longest"\ntask = "pandalm"\nsample = true\n')
    done = judgebench("run", "--config", "jb.toml")
    assert done.code == 0, done.err
    assert "baseline/longest" in done.out


def test_a_run_that_never_started_keeps_none_of_the_others_from_being_measured(judgebench) -> None:
    keyless = judgebench("run", "--judge", "gpt-4o", "--task", "pandalm", "--sample", env={"OPENAI_API_KEY": ""})
    assert (keyless.code, "OPENAI_API_KEY" in keyless.err) == (4, True)
    alone = judgebench("score", "runs")
    assert (alone.code, len(alone.err.splitlines())) == (3, 1)
    assert judgebench(*SAMPLE).code == 0
    for command in (("score", "runs"), ("leaderboard", "runs"), ("score", "runs", "--sensitivity")):
        done = judgebench(*command)
        assert done.code == 0, done.err
        assert "baseline/longest" in done.out.replace("\n", "")


def test_columns_of_a_table_are_not_ignored_on_runs(judgebench) -> None:
    judgebench(*SAMPLE)
    done = judgebench("score", "runs", "--scale", "check")
    assert (done.code, "--csv" in done.err) == (2, True)


def test_no_output_goes_over_what_is_read_and_no_option_is_dropped(judgebench, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("judge,gold\nyes,no\nyes,yes\n")
    columns = ("--judge-col", "judge", "--gold-col", "gold")
    over = judgebench("score", "--csv", "own.csv", *columns, "--output", "own.csv")
    assert (over.code, over.err) == (
        2,
        "judgebench: --output own.csv would overwrite what is read; name another file.\n",
    )
    assert (tmp_path / "own.csv").read_text().startswith("judge,gold")
    dropped = judgebench("score", "--csv", "own.csv", *columns, "--sensitivity", "--verify")
    assert (dropped.code, dropped.err) == (2, "judgebench: --verify doesn't go with --sensitivity.\n")
    judge = ("--judge", "baseline/longest", "--task", "pandalm", "--sample")
    nowhere = judgebench("run", *judge, "--dry-run", "--runs", "own.csv")
    assert (nowhere.code, nowhere.err) == (2, "judgebench: --runs needs a folder, and own.csv is a file.\n")
