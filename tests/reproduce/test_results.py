"""The results folder."""

from __future__ import annotations

import csv
import io
import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
from report.report_rows import one_row

from judgebench.api.asking import ask_and_measure
from judgebench.api.planning import named_apart, plan_run
from judgebench.api.reproduce import results as rebuild
from judgebench.api.run_sources import stored_sources
from judgebench.api.source import judgments
from judgebench.catalog import JudgeSettings, make_judge
from judgebench.errors import DataError, UsageError
from judgebench.report.reproduction import Cell, Reproduction, Unmatched
from judgebench.reproduce.leaderboards import figures, results, write_results
from judgebench.run.engine import Options
from judgebench.tasks.base import open_task

ROWS = [
    replace(one_row(), judge=judge, task=task, subset=subset)
    for judge in ("baseline/first", "replay/gpt-3.5-turbo")
    for task in ("pandalm", "judgebench", "judgebench:claude")
    for subset in ("all", "math")
]


def test_a_file_per_task_and_a_readme():
    files = results(ROWS)
    assert set(files) == {"README.md", "judgebench.csv", "pandalm.csv"}
    assert "judgebench:claude" in files["judgebench.csv"]
    assert "nox -s results" in files["README.md"]
    assert "| judgebench.csv | judgebench:claude | 999 | 2 | human |" in files["README.md"]
    assert "math" not in files["README.md"]
    assert files["pandalm.csv"].count("\n") == 5


def test_the_bytes_do_not_depend_on_the_order_of_runs(tmp_path):
    mixed = list(ROWS)
    random.Random(3).shuffle(mixed)
    one, two = tmp_path / "one", tmp_path / "two"
    for rows, folder in ((ROWS, one), (mixed, two)):
        names = write_results(rows, folder)
        assert [path.name for path in names] == ["README.md", "judgebench.csv", "pandalm.csv"]
    assert {p.name: p.read_bytes() for p in one.iterdir()} == {p.name: p.read_bytes() for p in two.iterdir()}
    assert b"\r" not in (one / "pandalm.csv").read_bytes()


def test_rebuilding_replaces_its_own_files_only(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "pandalm.csv").write_text("stale")
    write_results(ROWS, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert "stale" not in (tmp_path / "pandalm.csv").read_text()


def test_nothing_and_names_that_leave_the_folder_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no results"):
        results([])
    with pytest.raises(UsageError, match="can't name a file"):
        write_results([replace(one_row(), task="../evil")], tmp_path / "in")
    assert not (tmp_path / "evil.csv").exists()


def test_a_folder_that_can_not_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="can't write"):
        write_results(ROWS, tmp_path / "file")


def test_published_figures_stand_beside_ours():
    cell = Cell("pandalm", "test", "=gpt", "all", "accuracy", 0.71, 71.0, 1, "percent", True, "a table")
    files = results(ROWS, Reproduction((cell,), (Unmatched("pandalm", "a figure", "not public"),)))
    assert "'=gpt,all,accuracy,71.000000,71.000000,1,percent,yes" in files["reproduction.csv"]
    assert "1 of 1 published figures match" in files["README.md"]
    assert "- pandalm: a figure: not public" in files["README.md"]


@pytest.mark.data
def test_recorded_figures_are_rows_that_say_what_they_are(data_dir):
    rows = figures(data_dir)
    assert {row.judge for row in rows} >= {"replay/general-preference/GPM-Gemma-2-9B"}
    assert all(row.warnings == ("published_figures",) for row in rows)
    files = results(rows)
    best = files["README.md"].split("| 1 (?) | ")[1].split("\n")[0]
    assert best.startswith(" | replay/general-preference/GPM-Gemma-2-9B | all | mixed | 2985 |")
    assert "92.3" in best
    assert "the verdicts are not public" in files["README.md"]


def test_a_folder_without_recorded_figures(tmp_path):
    assert figures(tmp_path) == []


def test_data_of_no_recorded_task_are_named_as_such(tmp_path):
    with pytest.raises(DataError, match="no data here for any task whose recorded verdicts are public"):
        rebuild(data=tmp_path, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_published_folder_is_whole():
    folder = Path(__file__).resolve().parents[2] / "results"
    files = sorted(path.name for path in folder.glob("*.csv"))
    if not files:
        pytest.skip("results are not built yet: nox -s results")
    readme = (folder / "README.md").read_text("utf-8")
    for name in files:
        assert name in readme
        assert b"\r" not in (folder / name).read_bytes()


def test_runs_of_one_judge_under_several_conditions_are_each_paired_with_their_own_row(tmp_path: Path) -> None:
    task = open_task("pandalm", sample=True)
    recorded = tmp_path / "r.jsonl"
    rows = [
        {"id": item.id, "verdict": word, "judge_name": "gpt", "cond": condition}
        for condition, word in (("ref", "A"), ("noref", "tie"))
        for item in task.items()
    ]
    recorded.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    judges = [make_judge(f"replay:{recorded}#{condition}", task, JudgeSettings()) for condition in ("ref", "noref")]
    plans = [plan_run(task, judge) for judge in judges]
    found, stopped = ask_and_measure(named_apart(plans), tmp_path / "runs", Options())
    assert not stopped
    names = ["replay/gpt (cond ref)", "replay/gpt (cond noref)"]
    assert [row.judge for row in found] == names
    judged = judgments(stored_sources([tmp_path / "runs"]))
    assert sorted(judged) == sorted((row.task, row.judge, row.revision) for row in found)
    for row in found:
        verdicts = judged[row.task, row.judge, row.revision](row.policies).ratings.judge
        assert set(verdicts.tolist()) == {0 if row.judge == names[0] else 1}
    text = results(found, judged=judged)["pandalm.csv"]
    assert sorted(line["conditions"] for line in csv.DictReader(io.StringIO(text))) == ["cond=noref", "cond=ref"]
