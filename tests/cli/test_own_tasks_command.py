"""Items of one's own on the command line: from a file to a number, a report, labels and a gate."""

from __future__ import annotations

import csv
import io
import json
import shlex
from typing import TYPE_CHECKING

import pytest
import yaml
from servers.forms_llm import FormsLLM
from task_files import card

from judgebench.errors import UsageError
from judgebench.tasks.own import Reading
from judgebench.tasks.tables import open_own
from judgebench.view.labelling import Selection, Session
from judgebench.view.run_table import RunTable
from judgebench.view.sessions import LabelTasks, Sessions

if TYPE_CHECKING:
    from pathlib import Path

TICKETS = "id,question,answer,human_1,human_2\n" + "".join(
    f"t{n},Question {n}?,{'A long answer that says much' if n % 3 else 'Short'} {n},"
    f"{'pass' if n % 3 else 'fail'},{'fail' if n % 4 == 0 else 'pass'}\n"
    for n in range(1, 25)
)
JUDGE = """\
def long(item):
    return "pass" if len(item.responses[0].text) > 10 else "no"


def odd(item):
    return "sure"
"""


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "tickets.csv").write_text(TICKETS)
    (tmp_path / "own_judges_here.py").write_text(JUDGE)
    return tmp_path


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_an_error_about_something_else_comes_alone(here: Path, judgebench) -> None:
    wrong = judgebench("run", "--task", "tickets.csv", "--judge", "own_judges_here:nobody")
    assert (wrong.code, "by the names of its columns" in wrong.err) == (2, False)
    # Of two tasks the one is named that has no references to show.
    wrong = judgebench("run", "--task", "triviaqa", "--task", "bff-bench", "--sample", "--judge", "contains")
    assert (wrong.code, wrong.err.partition(": ")[2].partition(":")[0]) == (2, "bff-bench")


def test_a_table_is_judged_measured_reported_and_gated(here: Path, judgebench) -> None:
    asked = ("run", "--task", "tickets.csv", "--judge", "own_judges_here:long", "--format", "csv")
    done = judgebench(*asked)
    assert done.code == 0, done.err
    (row,) = rows_of(done.out)
    assert (row["task"], row["items"], row["gold"]) == ("tickets", "14", "human")
    assert "by the names of its columns" in done.err
    again = judgebench(*asked, "--gold-col", "human_1", "-q")
    assert (rows_of(again.out)[0]["cohen_kappa"], len(list((here / "runs").glob("t*")))) == ("1.000000", 2)
    assert judgebench("report", "runs").code == 0
    assert "no texts" not in judgebench("report", "runs", "--task", "tickets.csv").err
    (run, *_) = sorted((here / "runs").glob("tickets--*"))
    assert judgebench("gate", str(run), "--against", "base.json", "--update").code == 0
    assert judgebench("gate", str(run), "--against", "base.json", "--task", "tickets.csv").code == 0
    other = judgebench("gate", str(run), "--against", "base.json", "--task", "other.csv")
    assert (other.code, "no run here is about other" in other.err) == (2, True)


def test_texts_that_changed_are_not_shown(here: Path, judgebench) -> None:
    assert judgebench("run", "--task", "tickets.csv", "--judge", "own_judges_here:long", "-q").code == 0
    (here / "tickets.csv").write_text(TICKETS.replace("Short", "Brief"))
    done = judgebench("report", "runs")
    assert (done.code, "has changed since it was judged" in done.err) == (0, True)
    (here / "tickets.csv").unlink()
    assert "is not where it was; --data says where it is" in judgebench("report", "runs").err


def test_columns_are_said_and_only_of_tables(here: Path, judgebench) -> None:
    (here / "t.csv").write_text("a,b,c\nQ?,A,good\nR?,B,bad\n")
    asked = ["run", "--judge", "own_judges_here:long", "--format", "csv"]
    wrong = judgebench(*asked, "--task", "t.csv")
    assert (wrong.code, "name it with --answer-col" in wrong.err) == (2, True)
    said = ["--question-col", "a", "--answer-col", "b", "--gold-col", "c", "--word", "good=pass", "--word", "bad=fail"]
    done = judgebench(*asked, "--task", "t.csv", *said, "--gold", "expert")
    assert (done.code, rows_of(done.out)[0]["gold"]) == (0, "expert")
    other = judgebench(*asked, "--task", "pandalm", "--sample", "--question-col", "a")
    assert (other.code, "--question-col describe a table of items" in other.err) == (2, True)
    missing = judgebench(*asked, "--task", "t.csv", "--question-col", "x", "--answer-col", "b")
    assert (missing.code, "no column is named 'x'" in missing.err) == (3, True)
    assert judgebench(*asked, "--task", "nothing.csv").code == 3
    assert "named by its file" in judgebench(*asked, "--task", "nothing").err


def test_items_without_labels_are_labelled_later_by_any_table(here: Path, judgebench) -> None:
    (here / "plain.csv").write_text("\n".join(line.rsplit(",", 2)[0] for line in TICKETS.splitlines()))
    done = judgebench("run", "--task", "plain.csv", "--judge", "own_judges_here:long", "--scale", "check")
    assert (done.code, "nothing can be measured yet: no item has a label" in " ".join(done.out.split())) == (0, True)
    assert "judgebench view runs --task plain.csv" in " ".join(done.out.split())
    again = judgebench("score", "runs", "--format", "json")
    assert (again.code, again.document()["rows"]) == (0, [])
    for more in (["report", "runs"], ["leaderboard", "runs"], ["gate", "runs", "--against", "b.json", "--update"]):
        none = judgebench(*more)
        assert (none.code, "no item has a gold label yet: label some" in none.err) == (3, True)
    wide = "ticket_id,ann,bob\n" + "".join(f"t{n},{'good' if n % 3 else 'bad'},good\n" for n in range(1, 20))
    (here / "wide.csv").write_text(wide)
    refused = judgebench("score", "runs", "--labels", "wide.csv")
    assert (refused.code, "name each with --gold-col" in refused.err) == (2, True)
    said = ["--gold-col", "ann", "--word", "good=pass", "--word", "bad=fail", "--format", "csv"]
    (row,) = rows_of(judgebench("score", "runs", "--labels", "wide.csv", *said).out)
    assert (row["items"], row["cohen_kappa"], row["gold"]) == ("19", "1.000000", "human")
    long = "item,annotator,label\n" + "".join(f"t{n},{who},pass\n" for n in range(1, 9) for who in ("ann", "bob"))
    (here / "long.csv").write_text(long)
    (row,) = rows_of(judgebench("score", "runs", "--labels", "long.csv", "--format", "csv").out)
    assert (row["items"], row["percent_agreement"]) == ("8", f"{6 / 8:.6f}")
    (here / "twice.csv").write_text(long + "t1,ann,fail\n")
    twice = judgebench("score", "runs", "--labels", "twice.csv")
    assert (twice.code, "'ann' labels item 't1' here and on line 2" in twice.err) == (3, True)
    (here / "odd.csv").write_text(long.replace("t2,ann,pass", "t2,ann,maybe"))
    odd = judgebench("score", "runs", "--labels", "odd.csv")
    assert (odd.code, "'maybe' is not on the scale check" in odd.err) == (3, True)


@pytest.mark.parametrize("named", [[], ["tickets.csv"]])
def test_items_of_a_run_are_labelled_on_the_page_as_they_were_read(here: Path, judgebench, monkeypatch, named) -> None:
    text = "\n".join(line.rsplit(",", 2)[0] for line in TICKETS.splitlines())
    (here / "tickets.csv").write_text(text)
    judged = ["run", "--task", "tickets.csv", "--judge", "own_judges_here:long", "--scale", "check", "-q"]
    assert judgebench(*judged).code == 0
    monkeypatch.chdir(here)
    offered = LabelTasks(RunTable(here / "runs", lambda stored: None), named, {}, data=None, sample=False)
    assert offered.names() == ["tickets"]
    sessions = Sessions(offered.names, offered.open, here / "labels", Selection(), lambda stored: None)
    session = sessions.session("tickets", "ann")
    assert session.overview()["total"] == 24
    shown = session.show(0)
    session.save(0, shown["mark"], 1, seconds=1.0, attempt="a")
    sessions.close()
    done = judgebench("score", "runs", "--labels", "labels", "--format", "csv")
    assert [(row["items"], row["gold"]) for row in rows_of(done.out)] == [("1", "human")], done.err


@pytest.mark.parametrize(
    ("scale", "said", "shown", "kept", "wrong"),
    [
        ("number:0-10", "7.25", "7.25", "7.25", ["11", "", "nan", 3, "[]"]),
        ("set:a,b c", '["b c", "a"]', [0, 1], "a|b c", ["x", '["x"]', "", 1]),
    ],
)
def test_numbers_and_sets_are_labelled_as_they_are_written(here: Path, scale, said, shown, kept, wrong) -> None:
    (here / "t.csv").write_text("id,question,answer\nx,Q?,A\n")
    session = Session(open_own(here / "t.csv", Reading(scale=scale)), "ann", here / "labels", Selection())
    mark = session.show(0)["mark"]
    for one in wrong:
        with pytest.raises(UsageError, match="not a label of this item"):
            session.save(0, mark, one)
    session.save(0, mark, said)
    assert (session.show(0)["said"], session.writer.lines[-1].label) == (shown, kept)
    session.close()
    with pytest.raises(UsageError, match="no labels tell the range of"):
        open_own(here / "t.csv", Reading(scale=scale.partition(":")[0]))


def test_what_a_function_returned_wrongly_is_said(here: Path, judgebench) -> None:
    done = judgebench("run", "--task", "tickets.csv", "--judge", "own_judges_here:odd")
    assert "own_judges_here:odd, 24 of 24 verdicts: returned 'sure', which is not on the scale check" in done.err


def test_criteria_have_figures_of_their_own_and_no_average(here: Path, judgebench) -> None:
    text = "item_id,question,answer,criterion,label\n" + "".join(
        f"{n},Q{n}?,A{n},{name},{1 + (n + place) % 5}\n"
        for n in range(1, 12)
        for place, name in enumerate(("tone", "style"))
    )
    (here / "c.csv").write_text(text)
    done = judgebench("run", "--task", "c.csv", "--judge", "baseline/random", "--format", "csv")
    assert [(row["subset"], row["items"]) for row in rows_of(done.out)] == [("style", "11"), ("tone", "11")]
    assert judgebench("report", "runs").code == 0
    assert judgebench("leaderboard", "runs").code == 0
    # A gate decides on each, or on those that were asked for; the baseline shows the figures of each.
    assert judgebench("gate", "runs", "--against", "b.json", "--update").code == 0
    assert {"style: coverage", "tone: coverage"} <= set(json.loads((here / "b.json").read_text())["figures"])
    gate = ["gate", "runs", "--against", "b.json", "--format", "json"]
    both, one = (judgebench(*gate, *more).document() for more in ([], ["--subset", "tone"]))
    assert ([line["subset"] for line in both["lines"]], sorted(both["criteria"])) == (["style", "tone"],) * 2
    assert ([line["subset"] for line in one["lines"]], one["beside"] is None) == (["tone"], False)


CRITERIA_CARD = card(
    "graded",
    """

[columns]
id = "no"
question = "question"
answers = "answer"
gold = ["human_{criterion}"]

[splits.test]
files = ["graded.jsonl"]
count = 24
""",
    scale="rate:1-5",
    metric="cohen_kappa_quadratic",
)


def criteria_card(folder: Path) -> Path:
    """Write a card of one's own with a column for each of two criteria, and its rows."""
    folder.mkdir()
    (folder / "task.toml").write_text(CRITERIA_CARD)
    rows = [
        {"no": n, "question": f"Q{n // 2}?", "answer": f"A{n}", "human_tone": 1 + n % 5, "human_style": 1 + n % 3}
        for n in range(12)
    ]
    for name in ("graded.jsonl", "sample.jsonl"):
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def test_a_judge_of_criteria_is_replayed_from_its_columns(here: Path, judgebench) -> None:
    criteria_card(here / "graded")
    rows = "".join(f"{n},{1 + n % 5},{1 + n % 3}\n" for n in range(12))
    (here / "v.csv").write_text("id,strict_tone,strict_style\n" + rows)
    run = ["run", "--task", "graded", "--format", "csv", "--judge"]
    done = judgebench(*run, "replay:v.csv#strict_{criterion}")
    assert [(row["judge"], row["percent_agreement"]) for row in rows_of(done.out)] == [
        ("replay/strict", "1.000000")
    ] * 2
    done = judgebench(*run, "replay:v.csv#strict_tone")
    assert done.code == 3
    assert "no verdict is about an item of graded" in done.err
    assert "{criterion}" in done.err


def test_a_card_of_criteria_has_no_average_of_them_either(here: Path, judgebench) -> None:
    criteria_card(here / "graded")
    done = judgebench("run", "--task", "graded", "--judge", "baseline/random", "--format", "csv")
    assert [(row["subset"], row["items"]) for row in rows_of(done.out)] == [("style", "12"), ("tone", "12")]
    for command in (["score"], ["leaderboard"], ["leaderboard", "--no-subsets"]):
        rows = rows_of(judgebench(*command, "runs", "--format", "csv").out)
        assert [row["subset"] for row in rows] == ["style", "tone"]


def test_sample_rows_are_marked_beside_others_and_where_they_are_all(here: Path, judgebench) -> None:
    judgebench("run", "--task", "pandalm", "--sample", "--judge", "baseline/random")
    assert judgebench("score", "runs").out.count("SAMPLE pandalm") == 1
    judgebench("run", "--task", "tickets.csv", "--judge", "baseline/random")
    for command in ("score", "leaderboard"):
        assert "SAMPLE pandalm" in judgebench(command, "runs").out
    judgebench("run", "--task", "tickets.csv", "--judge", "baseline/random", "--runs", "own")
    assert "SAMPLE" not in judgebench("score", "own").out


@pytest.mark.parametrize(
    ("scale", "head", "row", "gold"),
    [
        ("set:toxic,off topic", "answer", "A {n}", ("toxic|off topic", "[]")),
        ("rank:3", "answer_a,answer_b,answer_c", "A {n},B {n},C {n}", ("2>1>3", "1>2>3")),
        ("steps", "answer", '"[""first {n}"", ""then""]"', ("1;0", "1;1")),
        ("number:0-10", "answer", "A {n}", ("2.5", "8")),
    ],
)
def test_a_model_judges_sets_orders_steps_and_numbers(here: Path, judgebench, scale, head, row, gold) -> None:
    lines = [f"{n},Question {n}?,{row.format(n=n)},{gold[n % 2]},{gold[n % 3 % 2]}" for n in range(8)]
    (here / "t.csv").write_text("\n".join([f"id,question,{head},human_1,human_2", *lines]))
    with FormsLLM() as llm:
        words = ["run", "--task", "t.csv", "--judge", "server/m", "--base-url", llm.openai_url, "--format", "csv"]
        done = judgebench(*words, "--scale", scale)
    assert (done.code, [(one["items"], one["coverage"]) for one in rows_of(done.out)]) == (0, [("8", "1.000000")]), (
        done.err
    )
    assert "gold: human_1, human_2" in done.err
    assert judgebench("report", "runs").code == 0


def test_steps_are_shown_as_they_were_labelled(here: Path, judgebench) -> None:
    (here / "t.csv").write_text('id,question,answer,human_1\nx,Solve,"[""one"", ""two""]",1;0;1\n')
    words = ["run", "--task", "t.csv", "--judge", "own_judges_here:long", "--scale", "steps"]
    done = judgebench(*words)
    assert (done.code, "human_1 checks 3 steps, and 2 are shown" in done.err) == (3, True)
    (here / "t.csv").write_text('id,question,answer,human_1\nx,Solve,"[""one"", ""two""]",1;0\n')
    done = judgebench(*words, "--order", "both")
    assert (done.code, "steps follow from each other" in done.err) == (2, True)


def test_empty_answers_are_said_before_anything_is_asked(here: Path, judgebench) -> None:
    lines = ["id,question,answer,human", "a,Q?,,pass", "b,Q2?,  ,fail", "c,,A,pass", "d,Q4?,A,fail"]
    (here / "t.csv").write_text("\n".join(lines))
    words = ["run", "--task", "t.csv", "--judge", "own_judges_here:long"]
    said = judgebench(*words, "--dry-run").err
    assert "t.csv: answer is empty in 2 of 4 rows (a, b), which are judged as they are; --where 'answer is not" in said
    assert "question is empty in 1 of 4 rows (c)" in said
    (here / "t.csv").write_text("\n".join([*lines, "e,,,pass"]))
    done = judgebench(*words, "--dry-run")
    assert (done.code, "t.csv:6, field 'answer': neither a question nor an answer" in done.err) == (3, True)
    assert judgebench(*words, "--dry-run", "--where", "answer is not empty").code == 0


@pytest.mark.parametrize("wide", [True, False])
def test_criteria_on_scales_of_their_own_are_judged_apart(here: Path, judgebench, wide) -> None:
    words = ["run", "--task", "c.csv", "--judge", "baseline/random"]
    labels = [("5", "pass"), ("1", "fail"), ("3", "pass")]
    head = "item_id,question,answer," + ("h_tone,h_safety" if wide else "criterion,human")
    rows = [
        f"{n},Q{n}?,A{n},{tone},{safe}" if wide else f"{n},Q{n}?,A{n},tone,{tone}\n{n},Q{n}?,A{n},safety,{safe}"
        for n, (tone, safe) in enumerate(labels)
    ]
    (here / "c.csv").write_text("\n".join([head, *rows]))
    done = judgebench(*words, *(["--gold-col", "h_{criterion}"] if wide else []))
    option = "--gold-col h_safety" if wide else "--where 'criterion = safety' --id-col item_id"
    assert (done.code, "judge each by itself, tone rate:1-5 (" in done.err, option in done.err) == (2, True, True)
    assert judgebench(*words, *shlex.split(option)).code == 0


def test_init_writes_files_that_run_and_never_over_others(here: Path, judgebench) -> None:
    (here / "mine.csv").write_text(TICKETS.replace("question,answer,human_1,human_2", "ticket,text,ann,bob"))
    done = judgebench("init", "mine.csv", "--judge", "baseline/majority", "--yes")
    assert done.code == 0, done.err
    assert all(f'= "{name}"' in done.err for name in ("ticket", "text", "id"))
    assert ('["ann", "bob"]' in done.err, done.err.count("->")) == (True, 1)
    assert ("ann, bob; --gold-col" in done.err, "where the server is" in done.err) == (True, False)
    # A rule takes no prompt.
    assert sorted(path.name for path in here.glob("*.toml")) == ["judge.toml", "judgebench.toml", "task.toml"]
    again = judgebench("init", "mine.csv", "--yes")
    assert (again.code, "--force writes over" in again.err) == (2, True)
    asked = judgebench("run", "--format", "csv")
    assert (asked.code, [row["task"] for row in rows_of(asked.out)]) == (0, ["mine"]), asked.err
    assert "judgebench.toml gives --task, --judge" in asked.err
    ci = judgebench("init", "--ci")
    assert ci.code == 0
    steps = yaml.safe_load((here / ".github/workflows/judge.yml").read_text())["jobs"]["gate"]["steps"]
    [run, gate] = [step["run"] for step in steps if "runs-ci" in step.get("run", "")]
    assert judgebench(*run.split()[1:], "-q").code == 0
    assert judgebench("gate", "runs-ci", "--against", "baseline.json", "--update").code == 0
    assert "--against baseline.json --junit gate.xml" in gate
    assert judgebench("init").code == 2
    for words, told in (
        (["nofile.csv"], "check FILE"),
        (["mine.csv", "--yes", "--judge", "nosuch"], "no judge is named"),
    ):
        assert told in judgebench("init", *words, "--folder", "x").err
    assert 'JUDGEBENCH: ""' in (here / ".github/workflows/judge.yml").read_text()
    away = judgebench("init", "--ci", "--folder", "away", "--force")
    assert "away has no judgebench.toml" in away.err
    assert "Next, in away:  say in judge.yml where judgebench comes from" in away.err


@pytest.mark.parametrize("under", ["", "project"])
def test_a_workflow_lies_where_github_looks_for_it(here: Path, judgebench, under: str) -> None:
    (here / ".git").mkdir()
    table = here / under / "mine.csv"
    table.parent.mkdir(exist_ok=True)
    table.write_text(TICKETS)
    home = here / under / "gated"
    done = judgebench("init", str(table), "--yes", "--ci", "--judge", "baseline/majority", "--folder", str(home))
    assert done.code == 0, done.err
    job = yaml.safe_load((here / ".github/workflows/judge.yml").read_text())["jobs"]["gate"]
    inside = home.relative_to(here).as_posix()
    assert job["defaults"]["run"]["working-directory"] == inside
    assert [one["with"]["path"] for one in job["steps"] if "cache" in one.get("uses", "")] == [f"{inside}/runs-ci"]
    root = "../.." if under else ".."
    kept = f"baseline.json ../mine.csv {root}/.github/workflows/judge.yml"
    assert f"git add task.toml judge.toml judgebench.toml {kept}" in done.err


def test_on_a_terminal_init_asks_where_names_say_nothing(here: Path, judgebench, monkeypatch) -> None:
    (here / "mine.csv").write_text(TICKETS.replace("question,answer,human_1,human_2", "ticket,text,ann,bob"))
    monkeypatch.setattr("judgebench.api.init.somebody_answers", lambda: True)
    answers = ["", "no such", "bob", "y"]
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or answers.pop(0))
    done = judgebench("init", "mine.csv")
    assert (done.code, len(asked)) == (0, 4), done.err
    assert "no column is named no such" in done.err
    assert 'gold = "bob"' in (here / "task.toml").read_text()
    answers = [""] * 2 + ["n"]
    refused = judgebench("init", "mine.csv", "--force", "--folder", "other")
    assert (refused.code, (here / "other").exists(), "nothing was written" in refused.err) == (0, False, True)


def test_flags_and_a_named_file_win_over_the_folders_settings(here: Path, judgebench) -> None:
    (here / "judgebench.toml").write_text('[run]\ntask = "tickets.csv"\njudge = "baseline/majority"\nquiet = true\n')
    (here / "other.toml").write_text('[run]\njudge = "baseline/random"\n')
    for more, judge in (
        ([], "baseline/majority"),
        (["--config", "other.toml"], "baseline/random"),
        (["--judge", "own_judges_here:long"], "own_judges_here:long"),
    ):
        done = judgebench("run", "--format", "csv", *more)
        assert "judgebench.toml gives --task, --judge, --quiet" in done.err
        assert rows_of(done.out)[0]["judge"] == judge, done.err
    (here / "judgebench.toml").write_text("[rum]\n")
    wrong = judgebench("run", "--task", "tickets.csv", "--judge", "baseline/majority")
    assert (wrong.code, "no section is named rum" in wrong.err) == (2, True)
